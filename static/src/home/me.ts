/** Who is signed in, as the page brought it, and their language and way out. */

import { http } from "../api/http";
import { type Locale, setLocale } from "../i18n/locale";

export interface Me {
  readonly user: {
    readonly id: string;
    readonly username: string;
    readonly name: string;
    readonly staff_no: string;
    readonly locale: string;
  };
  readonly workspace: { readonly id: string; readonly name: string } | null;
  readonly roles: readonly string[];
  /** Places this person may open: "designer", "desk", "runs", "admin". */
  readonly pages: readonly string[];
}

/** The server puts the person into every staff page, so nothing has to be fetched before the first paint. */
export function readMe(): Me {
  const page = document.getElementById("page")?.textContent;
  if (!page) throw new Error("the page brought no person");
  return (JSON.parse(page) as { readonly me: Me }).me;
}

/** The page switches at once; the server keeps it for the next visit. */
export function chooseLanguage(locale: Locale): void {
  setLocale(locale);
  void http.put("me", { locale }).catch(() => undefined);
}

export async function signOut(): Promise<void> {
  await http.post("logout");
  location.assign("/login");
}

export function loginAddress(): string {
  return `/login?next=${encodeURIComponent(location.pathname)}`;
}
