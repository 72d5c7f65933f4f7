/** One connection in the list: what it is, where it leads, who uses it, whether it answers. */

import {
  Ellipsis,
  Globe,
  Landmark,
  Mail,
  MessageSquare,
  PencilLine,
  Power,
  Trash2,
  Webhook,
} from "lucide-react";
import { type ReactNode, useState } from "react";
import { useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Menu } from "../ui/Menu";
import { toast } from "../ui/Toast";
import {
  allowConnection,
  checkConnection,
  type Kind,
  type Reachable,
  type Row,
} from "./connections";
import { adminTexts } from "./texts";
import { Uses } from "./Uses";

const ICONS: Readonly<Record<Kind, ReactNode>> = {
  http: <Globe size={18} aria-hidden />,
  core: <Landmark size={18} aria-hidden />,
  sms: <MessageSquare size={18} aria-hidden />,
  email: <Mail size={18} aria-hidden />,
  webhook: <Webhook size={18} aria-hidden />,
};

export interface ConnectionRowProps {
  readonly row: Row;
  readonly onChange: () => void;
  readonly onRemove: () => void;
  readonly onChanged: () => void;
}

export function ConnectionRow({ row, onChange, onRemove, onChanged }: ConnectionRowProps) {
  const t = useMessages(adminTexts);
  const { name } = row;
  const turn = async () => {
    const isDone = await allowConnection(row.id, !row.allowed).then(
      () => true,
      () => false,
    );
    if (!isDone) toast({ text: t("failed_text"), tone: "negative" });
    else toast({ text: t(row.allowed ? "turned_off" : "turned_on", { name }) });
    onChanged();
  };
  return (
    <li className="connection" data-off={row.allowed ? undefined : ""}>
      <span className="connection-icon">{ICONS[row.kind]}</span>
      <div className="connection-words">
        <h2>
          <span className="mono">{name}</span> <small>{t(`kind_${row.kind}`)}</small>
          {!row.allowed && <Badge tone="warning">{t("is_off")}</Badge>}
        </h2>
        <p className="mono connection-address">{row.details?.base_url}</p>
        <Uses uses={row.details?.used_by ?? []} />
      </div>
      <Checked row={row} />
      <Menu
        label={t("more", { name })}
        trigger={<Ellipsis size={16} aria-hidden />}
        entries={[
          {
            id: "change",
            label: t("change"),
            icon: <PencilLine size={15} aria-hidden />,
            onAction: onChange,
          },
          {
            id: "turn",
            label: t(row.allowed ? "turn_off" : "turn_on"),
            icon: <Power size={15} aria-hidden />,
            onAction: () => void turn(),
          },
          {
            id: "remove",
            label: t("remove"),
            icon: <Trash2 size={15} aria-hidden />,
            tone: "danger",
            onAction: onRemove,
          },
        ]}
      />
    </li>
  );
}

const CODES = ["blocked", "unreachable", "no_answer", "refused", "broken", "keyring"] as const;

function Checked({ row }: { readonly row: Row }) {
  const t = useMessages(adminTexts);
  const [busy, setBusy] = useState(false);
  const [found, setFound] = useState<Reachable | null>(null);
  const test = async () => {
    setBusy(true);
    const nothing: Reachable = { ok: false, code: "", ms: 0, status: null };
    setFound(await checkConnection(row.id).catch(() => nothing));
    setBusy(false);
  };
  const code = CODES.find((one) => one === found?.code);
  return (
    <div className="connection-check">
      <p role="status">
        {found && !busy && (
          <Badge tone={found.ok ? "positive" : "negative"}>
            {found.ok
              ? t("check_ok", { ms: found.ms })
              : t(code ? `check_${code}` : "check_failed")}
          </Badge>
        )}
      </p>
      <Button
        size="small"
        disabled={busy}
        aria-label={t("test_label", { name: row.name })}
        onClick={() => void test()}
      >
        {t(busy ? "testing" : "test")}
      </Button>
    </div>
  );
}
