/** A run as the auditor reads it: the answers of `/api/v1/runs/…`, frozen. */

import type { components } from "../api/schema";
import type { LocalText } from "../panels/contracts";
import type { Decision } from "./decisions";

export type RunStatus = components["schemas"]["StatusEnum"];
export type Incident = components["schemas"]["Incident"];
export type RelatedRun = components["schemas"]["RelatedRun"];
/** A moment of the recording that has a name, on the run's clock. */
export type RecordedChapter = components["schemas"]["Chapter"];
export type EndingKind = "success" | "reject" | "abort" | "defer";

export interface RunRow {
  readonly id: string;
  readonly number: string;
  readonly flow: string;
  readonly version: number;
  readonly status: RunStatus;
  readonly ending: EndingKind | null;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly agent: string;
  readonly duration_ms: number | null;
  /** When its data was destroyed. */
  readonly erased_at: string | null;
  /** An administrator has asked for that, and another has yet to agree. */
  readonly to_be_erased: boolean;
  /** It, or a step of it, lasts longer than it should. */
  readonly late: boolean;
}

export interface RunList {
  readonly results: readonly RunRow[];
  readonly next: number | string | null;
}

export interface GraphNode {
  readonly id: string;
  readonly component: string;
  readonly title: LocalText;
  readonly config?: Readonly<Record<string, unknown>>;
}
export interface GraphEdge {
  readonly from: string;
  readonly outcome: string;
  readonly to: string;
}
export interface RunGraph {
  readonly start: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface Interval {
  readonly from_ms: number;
  readonly to_ms: number;
}

/** One file of a recording: one party, one unbroken connection. Times are on the run's clock. */
export interface RecordingFile {
  readonly id: string;
  readonly role: string;
  /** Of a party's second picture; empty for its voice and camera. */
  readonly label: string;
  /** Whether the second recorder made it. */
  readonly copy: boolean;
  readonly party: string;
  readonly name: string;
  readonly t0_ms: number;
  readonly duration_ms: number;
  readonly bytes: number;
  readonly mime: string;
  readonly gaps: readonly Interval[];
  readonly state: string;
}

export interface EvidenceItem {
  readonly id: string;
  readonly kind: string;
  readonly label: string;
  readonly at_ms: number;
  readonly url: string;
  readonly sha256: string;
  readonly width: number | null;
  readonly height: number | null;
}

export interface FormAnswers {
  readonly node: string;
  readonly title: LocalText | string;
  readonly fields: readonly {
    readonly label: LocalText | string;
    readonly value: string | number | boolean | null;
    /** The text of a chosen option. */
    readonly shown: LocalText | null;
  }[];
}

export interface RunVariable {
  readonly name: string;
  readonly value: unknown;
  readonly privacy: "none" | "personal" | "special" | "secret";
}

export interface RunPerson {
  readonly id: string;
  readonly role: string;
  readonly name: string;
  readonly staff_no?: string;
}

export interface RunEnding {
  readonly kind: EndingKind;
  readonly code: string;
}

export interface RunDetail {
  readonly id: string;
  readonly number: string;
  readonly flow: string;
  readonly version: number;
  readonly graph: RunGraph;
  readonly status: RunStatus;
  readonly ending: RunEnding | null;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly erased_at: string | null;
  readonly late: boolean;
  /** The run this one runs within. */
  readonly parent: RelatedRun | null;
  readonly children: readonly RelatedRun[];
  readonly people: readonly RunPerson[];
  readonly recordings: readonly {
    readonly recording: string;
    readonly chapters: readonly RecordedChapter[];
    readonly files: readonly RecordingFile[];
  }[];
  readonly evidence: readonly EvidenceItem[];
  readonly forms: readonly FormAnswers[];
  readonly variables: readonly RunVariable[];
  /** Steps the run is at; none once it has ended. */
  readonly current: readonly string[];
  /** What halted the run, as long as it does. */
  readonly incident: Incident | null;
  /** Events of other systems that no step has waited for yet. */
  readonly early: readonly { readonly name: string; readonly at: string }[];
  readonly suspended_at: string | null;
  /** How much of what was done for good is still to be undone. */
  readonly to_undo: number;
  /** What this person may decide about the run as it is now. */
  readonly decisions: readonly Decision[];
}

export interface RunEvent {
  readonly seq: number;
  readonly kind: string;
  readonly actor: string;
  readonly at_ms: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly node: string | null;
  readonly title: LocalText | string | null;
  readonly hash: string;
}

export interface Verification {
  readonly ok: boolean;
  readonly events: {
    readonly count: number;
    readonly ok: boolean;
    readonly broken_at: number | null;
  };
  readonly recordings: readonly {
    readonly id: string;
    readonly ok: boolean;
    readonly segments: number;
    readonly problem: string | null;
    /** Its bytes are gone; its chain was checked. */
    readonly erased: boolean;
  }[];
  readonly evidence: readonly {
    readonly id: string;
    readonly ok: boolean;
    readonly erased: boolean;
  }[];
  /** The logs of its sub-flows. */
  readonly children: readonly {
    readonly id: string;
    readonly number: string;
    readonly ok: boolean;
    readonly events: { readonly count: number; readonly broken_at: number | null };
  }[];
  readonly checked_at: string;
}
