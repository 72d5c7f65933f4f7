/** What steps may reach outside: a list, whether each answers, who uses it; adding, changing, removing. */

import { Plug, Plus } from "lucide-react";
import { useState } from "react";
import { useLoaded } from "../api/useLoaded";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ConnectionForm } from "./ConnectionForm";
import { ConnectionRow } from "./ConnectionRow";
import { type Row, readConnections } from "./connections";
import { Page, WhenReady } from "./Page";
import { RemoveDialog } from "./RemoveDialog";
import { adminTexts } from "./texts";

/** What is open over the list. */
type Open =
  | { readonly what: "add" }
  | { readonly what: "change" | "remove"; readonly row: Row }
  | null;

export function ConnectionsPage() {
  const t = useMessages(adminTexts);
  const { loaded, reload } = useLoaded(readConnections);
  const [open, setOpen] = useState<Open>(null);
  const add = (
    <Button
      kind="primary"
      icon={<Plus size={15} aria-hidden />}
      onClick={() => setOpen({ what: "add" })}
    >
      {t("add")}
    </Button>
  );
  const isEmpty = loaded.state === "ready" && loaded.value.length === 0;
  return (
    <Page place="connections" action={isEmpty ? null : add}>
      <WhenReady loaded={loaded} reload={reload}>
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState
              icon={<Plug size={28} aria-hidden />}
              title={t("none")}
              text={t("none_text")}
            >
              {add}
            </EmptyState>
          ) : (
            <ul className="admin-panel admin-list">
              {rows.map((row) => (
                <ConnectionRow
                  key={row.id}
                  row={row}
                  onChange={() => setOpen({ what: "change", row })}
                  onRemove={() => setOpen({ what: "remove", row })}
                  onChanged={reload}
                />
              ))}
            </ul>
          )
        }
      </WhenReady>
      <Opened open={open} onClose={() => setOpen(null)} onChanged={reload} />
    </Page>
  );
}

interface OpenedProps {
  readonly open: Open;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}

function Opened({ open, onClose, onChanged }: OpenedProps) {
  switch (open?.what) {
    case "add":
      return <ConnectionForm row={null} onClose={onClose} onSaved={onChanged} />;
    case "change":
      return <ConnectionForm row={open.row} onClose={onClose} onSaved={onChanged} />;
    case "remove":
      return <RemoveDialog row={open.row} onClose={onClose} onRemoved={onChanged} />;
    default:
      return null;
  }
}
