/** How a customer gets into a run: the token of the link, redeemed once, or this device's cookie on the way back. */

import { ApiError, http } from "../api/http";
import type { Locale } from "../i18n/locale";
import type { Brand } from "./brand";

export interface Session {
  readonly run: string;
  /** Path of the run socket. */
  readonly socket: string;
  /** This run is over for the device: the link, redeemed again, begins a new one. */
  readonly anew: boolean;
  readonly flow: string;
  readonly workspace: { readonly name: string; readonly brand: Brand };
}

export type Entered =
  | { readonly kind: "session"; readonly session: Session }
  /** The same for expired, used and forged: the site does not tell them apart, nor do we. */
  | { readonly kind: "unusable" }
  | { readonly kind: "unreachable" };

const TOKEN = "counterflow.join.token";
const REDEEMED = "counterflow.join.redeemed";

/** Takes the token out of the address at once: it must not be bookmarked, shared or read over a shoulder. */
export function takeToken(): string | null {
  const fresh = location.hash.slice(1);
  if (fresh !== "") {
    history.replaceState(null, "", location.pathname + location.search);
    sessionStorage.setItem(TOKEN, fresh);
    return fresh;
  }
  return sessionStorage.getItem(TOKEN);
}

async function fingerprint(token: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether this device has redeemed this very link before, so that it may go straight back. */
export async function wasRedeemed(token: string): Promise<boolean> {
  return localStorage.getItem(REDEEMED) === (await fingerprint(token));
}

export async function redeem(token: string, locale: Locale): Promise<Entered> {
  const entered = await enter(() => http.post<Session>("join", { token, locale }));
  if (entered.kind === "session") {
    localStorage.setItem(REDEEMED, await fingerprint(token));
    sessionStorage.removeItem(TOKEN);
  }
  if (entered.kind === "unusable") sessionStorage.removeItem(TOKEN);
  return entered;
}

export function resume(): Promise<Entered> {
  return enter(() => http.get<Session>("join"));
}

async function enter(ask: () => Promise<Session>): Promise<Entered> {
  try {
    return { kind: "session", session: await ask() };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const isAway = error.status === 0 || error.status >= 500 || error.status === 429;
    return { kind: isAway ? "unreachable" : "unusable" };
  }
}
