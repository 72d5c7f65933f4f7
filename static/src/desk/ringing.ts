/** Makes an incoming call heard and seen outside the page: tone, title, notification. */

import { useEffect, useState } from "react";
import { createTone } from "./tone";

export const tone = createTone();

/** Rings until `ringing` is over; `title` alternates with the page's own, so a tab in the back is noticed. */
export function useRinging(ringing: boolean, title: string, body: string): void {
  useEffect(() => {
    if (!ringing) return;
    const before = document.title;
    const silence = tone.ring();
    const flash = window.setInterval(() => {
      document.title = document.title === title ? before : title;
    }, 1000);
    document.title = title;
    const note = notify(title, body);
    return () => {
      silence();
      window.clearInterval(flash);
      document.title = before;
      note?.close();
    };
  }, [ringing, title, body]);
}

function notify(title: string, body: string): Notification | null {
  if (!("Notification" in window) || Notification.permission !== "granted") return null;
  if (document.visibilityState === "visible") return null;
  const note = new Notification(title, { body, tag: "counterflow-ring" });
  note.onclick = () => window.focus();
  return note;
}

export type NotifyPermission = NotificationPermission | "unsupported";

/** Whether notifications are allowed, and the wish to allow them (needs a click). */
export function useNotifyPermission(): readonly [NotifyPermission, () => void] {
  const [permission, setPermission] = useState<NotifyPermission>(() =>
    "Notification" in window ? Notification.permission : "unsupported",
  );
  const ask = () => void Notification.requestPermission().then(setPermission);
  return [permission, ask];
}
