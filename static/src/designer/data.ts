/** What the server keeps for the designer, and the calls that read and change it. */

import { http, request } from "../api/http";
import type { components } from "../api/schema";
import type { JsonObject, LocalText, Outcome, Variable } from "../flow/model";

type Schemas = components["schemas"];

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
export type Version = Schemas["VersionRef"];
export type Person = Schemas["PersonRef"] | null;
export type Flow = Schemas["Flow"];
export type Template = Schemas["Template"];
export type Finding = Schemas["Finding"];
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
export type Link = Schemas["Link"];
export type Published = Schemas["Published"];

export function nameOf(person: Person): string {
  return person?.name ?? "";
}

export const api = {
  palette: () => http.get<Palette>("palette"),
  templates: () => http.get<readonly Template[]>("templates"),
  flows: () => http.get<readonly Flow[]>("flows"),
  flow: (id: string) => http.get<Flow>(`flows/${id}`),
  createFlow: (name: string, template: string | null) =>
    http.post<Flow>("flows", template ? { name, template } : { name }),
  changeFlow: (id: string, to: Partial<Pick<Flow, "name" | "summary">>) =>
    http.patch<Flow>(`flows/${id}`, to),
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
