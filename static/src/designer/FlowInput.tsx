/** Which flow a step runs: those of the workspace that are published and made to be called. */

import { useEffect, useState } from "react";
import { useMessages } from "../i18n/messages";
import type { ControlProps } from "../ui/Field";
import { api, type Flow } from "./data";
import type { InputProps } from "./inputs";
import { texts } from "./texts";

interface FlowInputProps extends InputProps {
  readonly box: ControlProps;
}

export function FlowInput({ value, onChange, box }: FlowInputProps) {
  const t = useMessages(texts);
  const flows = useCalledFlows();
  const chosen = typeof value === "string" ? value : "";
  const isGone = chosen !== "" && flows !== null && !flows.some((flow) => flow.key === chosen);
  return (
    <>
      <select
        {...box}
        className="input"
        value={chosen}
        onChange={(event) => onChange(event.currentTarget.value || undefined)}
      >
        <option value="">—</option>
        {(isGone || flows === null) && chosen !== "" && <option value={chosen}>{chosen}</option>}
        {flows?.map((flow) => (
          <option key={flow.key} value={flow.key}>
            {flow.name}
          </option>
        ))}
      </select>
      {flows?.length === 0 && <p className="faint">{t("no_called_flows")}</p>}
    </>
  );
}

/** Null until they are known; none when they cannot be read. */
function useCalledFlows(): readonly Flow[] | null {
  const [flows, setFlows] = useState<readonly Flow[] | null>(null);
  useEffect(() => {
    let isGone = false;
    const show = (found: readonly Flow[]) => {
      if (!isGone) setFlows(found.filter((flow) => flow.called));
    };
    api.flows().then(show, () => show([]));
    return () => {
      isGone = true;
    };
  }, []);
  return flows;
}
