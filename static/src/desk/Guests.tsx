/** Asking others into the call, holding it, showing the own screen: what an agent does beside the steps. */

import { MonitorUp, MonitorX, Pause, Play, UserMinus, UserPlus } from "lucide-react";
import { useState } from "react";
import { ApiError, http } from "../api/http";
import type { Person, View } from "../api/socket";
import { useMessages } from "../i18n/messages";
import type { MediaClient } from "../media/types";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Field } from "../ui/Field";
import { toast } from "../ui/Toast";
import { guestTexts } from "./guest_texts";

const GUESTS = ["expert", "interpreter", "co_customer"] as const;
type Guest = (typeof GUESTS)[number];

/** Whatever the site has against it is told in its own words. */
async function attempt<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast({ text: error.message, tone: "negative" });
    return null;
  }
}

export function ShareButton(props: { client: MediaClient; isSharing: boolean }) {
  const t = useMessages(guestTexts);
  const { client, isSharing } = props;
  const press = () => (isSharing ? client.stopSharing() : void client.share());
  return (
    <button type="button" aria-pressed={isSharing} onClick={press}>
      {isSharing ? <MonitorX size={20} aria-hidden /> : <MonitorUp size={20} aria-hidden />}
      {t(isSharing ? "stop_sharing" : "share")}
    </button>
  );
}

/** Holds the customer, who then hears music; pressed again takes them back. */
export function HoldButton({ view }: { readonly view: View }) {
  const t = useMessages(guestTexts);
  const customer = view.people.find((person) => person.role === "customer");
  if (customer === undefined || view.room === null) return null;
  const isHeld = customer.mode === "hold";
  const path = `runs/${view.run.id}/parties/${customer.id}`;
  const press = () => void attempt(http.post(path, { mode: isHeld ? "normal" : "hold" }));
  return (
    <button type="button" aria-pressed={isHeld} onClick={press}>
      {isHeld ? <Play size={20} aria-hidden /> : <Pause size={20} aria-hidden />}
      {t(isHeld ? "resume" : "hold")}
    </button>
  );
}

export function GuestActions({ run, person }: { readonly run: string; readonly person: Person }) {
  const t = useMessages(guestTexts);
  if (!GUESTS.some((role) => role === person.role)) return null;
  const label = t("send_away", { name: person.name || t(person.role as Guest) });
  const press = () => void attempt(http.delete(`runs/${run}/parties/${person.id}`));
  return (
    <button type="button" aria-label={label} title={label} onClick={press}>
      <UserMinus size={16} aria-hidden />
    </button>
  );
}

export function InviteButton({ run }: { readonly run: string }) {
  const t = useMessages(guestTexts);
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        <UserPlus size={20} aria-hidden />
        {t("invite")}
      </button>
      {isOpen && <InviteDialog run={run} onClose={() => setOpen(false)} />}
    </>
  );
}

interface Invitation {
  readonly url: string;
  readonly qr: string;
}

function InviteDialog({ run, onClose }: { readonly run: string; readonly onClose: () => void }) {
  const t = useMessages(guestTexts);
  const [role, setRole] = useState<Guest>("expert");
  const [name, setName] = useState("");
  const [link, setLink] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const make = async () => {
    setBusy(true);
    const made = await attempt(
      http.post<Invitation>(`runs/${run}/guests`, { role, name: name.trim() }),
    );
    setBusy(false);
    setLink(made?.url ?? null);
  };
  return (
    <Dialog
      title={t("invite_title")}
      closeLabel={t("close")}
      size="small"
      onClose={onClose}
      footer={
        link === null ? (
          <Button
            kind="primary"
            disabled={isBusy || name.trim() === ""}
            onClick={() => void make()}
          >
            {t("make_link")}
          </Button>
        ) : (
          <Button kind="primary" onClick={() => void navigator.clipboard.writeText(link)}>
            {t("copy")}
          </Button>
        )
      }
    >
      {link === null ? (
        <>
          <Field label={t("as")}>
            {(control) => (
              <select
                {...control}
                className="input"
                value={role}
                onChange={(event) => setRole(event.target.value as Guest)}
              >
                {GUESTS.map((one) => (
                  <option key={one} value={one}>
                    {t(one)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label={t("name")}>
            {(control) => (
              <input
                {...control}
                className="input"
                value={name}
                maxLength={120}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
        </>
      ) : (
        <Field label={t("link")} help={t("link_help")}>
          {(control) => <input {...control} className="input" readOnly value={link} />}
        </Field>
      )}
    </Dialog>
  );
}
