/** What the server keeps for the designer, and the calls that read and change it. */

import { http, request } from "../api/http";
import type { JsonObject, LocalText, Outcome, Variable } from "../flow/model";

export interface PaletteComponent {
  readonly key: string;
  readonly version: string;
  readonly group: string;
  readonly title: LocalText;
  readonly summary: LocalText;
  readonly icon: string;
  readonly outcomes: readonly Outcome[];
  readonly config_schema: JsonObject;
  readonly defaults: JsonObject;
  /** Role -> panel kind. */
  readonly panels: Readonly<Record<string, string>>;
  readonly span: string | null;
  readonly closes: string | null;
  readonly entry: boolean;
  readonly end: boolean;
  readonly bounded: boolean;
  readonly requires: readonly string[];
  readonly outputs: readonly Variable[];
}
export interface Palette {
  readonly groups: readonly { readonly id: string; readonly title: LocalText }[];
  readonly components: readonly PaletteComponent[];
}
export interface Version {
  readonly number: number;
  readonly hash: string;
  readonly published_at: string;
  readonly published_by: Person;
}
/** A name, or a record with one: staff are shown by name everywhere. */
export type Person = string | null | { readonly name: string };
export interface Flow {
  readonly id: string;
  readonly name: string;
  readonly summary: string;
  readonly updated_at: string;
  readonly updated_by: Person;
  readonly draft_revision: number;
  readonly versions: readonly Version[];
  readonly problems: number;
}
export interface Template {
  readonly key: string;
  readonly title: LocalText;
  readonly summary: LocalText;
}
export interface Finding {
  readonly rule: string;
  readonly severity: "error" | "warning";
  readonly message: LocalText;
  readonly node: string | null;
  readonly outcome: string | null;
  readonly field: string | null;
  readonly path: readonly string[];
}
export interface Verification {
  readonly findings: readonly Finding[];
  readonly outcomes: Readonly<Record<string, readonly Outcome[]>>;
  readonly outputs: Readonly<Record<string, readonly Variable[]>>;
  readonly summaries: Readonly<Record<string, LocalText>>;
}
export interface StoredDraft {
  readonly revision: number;
  readonly graph: unknown;
  readonly layout: unknown;
}
export interface StaleDraft extends StoredDraft {
  readonly saved_by: Person;
  readonly saved_at: string;
}
export interface Link {
  readonly url: string;
  readonly qr_svg: string;
  readonly expires_at: string;
  readonly max_uses: number;
}
export interface Published {
  readonly number: number;
  readonly hash: string;
  readonly link?: Link;
}

export function nameOf(person: Person): string {
  return typeof person === "string" ? person : (person?.name ?? "");
}

export const api = {
  palette: () => http.get<Palette>("palette"),
  templates: () =>
    http
      .get<readonly Template[] | { readonly results: readonly Template[] }>("templates")
      .then(listOf),
  flows: () =>
    http.get<readonly Flow[] | { readonly results: readonly Flow[] }>("flows").then(listOf),
  flow: (id: string) => http.get<Flow>(`flows/${id}`),
  createFlow: (name: string, template: string | null) =>
    http.post<Flow>("flows", template ? { name, template } : { name }),
  draft: (id: string) => http.get<StoredDraft>(`flows/${id}/draft`),
  saveDraft: async (
    id: string,
    revision: number,
    draft: { readonly graph: unknown; readonly layout: unknown },
  ) =>
    (
      await request<{ readonly revision: number }>("PUT", `flows/${id}/draft`, {
        body: draft,
        ifMatch: revision,
      })
    ).data,
  verify: (graph: unknown, signal: AbortSignal) =>
    http.post<Verification>("verify", { graph }, { signal }),
  publish: (id: string, revision: number, note: string) =>
    http.post<Published>(`flows/${id}/publish`, { revision, note }),
  link: (id: string, version?: number) =>
    http.post<Link>(`flows/${id}/links`, version === undefined ? {} : { version }),
};

function listOf<Item>(
  answer: readonly Item[] | { readonly results: readonly Item[] },
): readonly Item[] {
  return "results" in answer ? answer.results : answer;
}
