/** Nothing drawn yet: three templates, or the first card. */

import { Link2 } from "lucide-react";
import { useEffect, useState } from "react";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { api, type Template } from "./data";
import { addAt } from "./editing";
import { useDocument } from "./store";
import { texts } from "./texts";

export function EmptyCanvas() {
  const t = useMessages(texts);
  const text = useLocalText();
  const [templates, setTemplates] = useState<readonly Template[]>([]);
  const entry = useDocument((document) => document.palette.components.find((one) => one.entry));
  useEffect(() => {
    // Without templates the first card is still offered.
    api.templates().then(setTemplates, () => undefined);
  }, []);
  const begin = async (template: Template) => {
    const flow = await api.createFlow(
      `${text(template.title)} ${new Date().toISOString().slice(0, 16).replace("T", " ")}`,
      template.key,
    );
    location.assign(`/designer/${flow.id}/`);
  };
  return (
    <div className="empty-canvas">
      <h2>{t("empty_canvas")}</h2>
      <p className="soft">{t("empty_canvas_text")}</p>
      {entry && (
        <Button
          kind="primary"
          icon={<Link2 size={16} />}
          onClick={() => addAt(entry, { x: 24, y: 32 })}
        >
          {t("start_with_link")}
        </Button>
      )}
      <ul>
        {templates.slice(0, 3).map((template) => (
          <li key={template.key}>
            <button type="button" onClick={() => void begin(template)}>
              <b>{text(template.title)}</b>
              <span className="soft">{text(template.summary)}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
