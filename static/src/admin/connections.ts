/** What a workspace may reach outside, as its admin sets it up. Pure but for what asks the site. */

import { http } from "../api/http";
import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type Row = Schemas["ConnectionRow"];
export type Connection = Schemas["Connection"];
export type Kind = Row["kind"];
export type Auth = Connection["auth"];
export type Use = Schemas["Use"];
export type Reachable = Schemas["Reachable"];

export const KINDS: readonly Kind[] = ["http", "core", "sms", "email", "webhook"];
const WEB: readonly Auth[] = ["none", "basic", "bearer", "header", "signature"];
/** A check may take as long as the longest call. */
const CHECK_LIMIT_MS = 30_000;

/** What the form holds: texts as typed, and a secret only when there is to be another one. */
export interface Form {
  readonly name: string;
  readonly kind: Kind;
  readonly base_url: string;
  readonly auth: Auth;
  readonly username: string;
  readonly secret: string;
  readonly sender: string;
  readonly seconds: string;
  readonly private: boolean;
  readonly allowed: boolean;
}

export const EMPTY: Form = {
  name: "",
  kind: "http",
  base_url: "",
  auth: "none",
  username: "",
  secret: "",
  sender: "",
  seconds: "5",
  private: false,
  allowed: true,
};

export const FIELDS = [
  "/name",
  "/base_url",
  "/username",
  "/secret",
  "/sender",
  "/timeout_ms",
] as const;

/** A mail server knows a name and a password, or nobody. */
export function authsOf(kind: Kind): readonly Auth[] {
  return kind === "email" ? ["none", "basic"] : WEB;
}

export function formOf(one: Connection): Form {
  const { name, kind, base_url, auth, username, sender, allowed } = one;
  const seconds = String(one.timeout_ms / 1000);
  return {
    ...{ name, kind, base_url, auth, username, sender, allowed },
    secret: "",
    seconds,
    private: one.private,
  };
}

/** What is sent: a kept secret is not; one that nothing needs any more goes. */
export function bodyOf(form: Form, isNew: boolean): Readonly<Record<string, unknown>> {
  const { name, kind, secret, seconds, ...rest } = form;
  const isOpen = form.auth === "none";
  return {
    ...rest,
    base_url: form.base_url.trim(),
    username: isOpen ? "" : form.username.trim(),
    sender: kind === "email" ? form.sender.trim() : "",
    timeout_ms: Math.round(Number(seconds) * 1000) || 0,
    ...(isNew ? { name: name.trim(), kind } : {}),
    ...(isOpen ? { secret: "" } : secret === "" && !isNew ? {} : { secret }),
  };
}

/** A kind that does not know this way of proving who we are goes back to none. */
export function withKind(form: Form, kind: Kind): Form {
  return { ...form, kind, auth: authsOf(kind).includes(form.auth) ? form.auth : "none" };
}

export function readConnections(signal: AbortSignal): Promise<readonly Row[]> {
  return http.get<readonly Row[]>("connections", { signal });
}

export function readConnection(id: string): Promise<Connection> {
  return http.get<Connection>(`connections/${id}`);
}

export function saveConnection(id: string | null, form: Form): Promise<Connection> {
  const body = bodyOf(form, id === null);
  return id === null
    ? http.post<Connection>("connections", body)
    : http.patch<Connection>(`connections/${id}`, body);
}

export function allowConnection(id: string, allowed: boolean): Promise<Connection> {
  return http.patch<Connection>(`connections/${id}`, { allowed });
}

export function removeConnection(id: string): Promise<null> {
  return http.delete<null>(`connections/${id}`);
}

export function checkConnection(id: string): Promise<Reachable> {
  return http.post<Reachable>(`connections/${id}/check`, {}, { timeoutMs: CHECK_LIMIT_MS });
}
