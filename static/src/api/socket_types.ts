/** The messages of the run and desk sockets as values (docs/protocol.md). No behaviour lives here. */

import type { MediaProfile } from "../flow/media";
import type { Locale, LocalText } from "../i18n/locale";

export type { Locale, LocalText };
export type Role =
  | "customer"
  | "agent"
  | "supervisor"
  | "auditor"
  | "expert"
  | "interpreter"
  | "co_customer";
/** How a person is in the call: who monitors or whispers is unseen by the others. */
export type Mode = "normal" | "monitor" | "whisper" | "hold" | "waiting";
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export interface Ending {
  readonly kind: "success" | "reject" | "abort" | "defer";
  readonly code: string;
  readonly message: LocalText;
  readonly next_step: LocalText;
  readonly at_ms: number;
}

export interface Person {
  readonly id: string;
  readonly role: Role;
  readonly name: string;
  readonly staff_no: string;
  readonly present: boolean;
  readonly since_ms: number;
  readonly mode?: Mode;
  /** `audio`, `video`: what the others do not get of them. */
  readonly muted?: readonly string[];
}

export interface ViewStep {
  readonly node: string;
  readonly title: LocalText;
  readonly group: string;
  readonly state: "done" | "current" | "next";
  readonly outcome: string | null;
  readonly polarity: "positive" | "neutral" | "negative" | null;
  /** Of the sub-flow that runs in its place. */
  readonly steps?: readonly ViewStep[];
}

export interface ViewActivity {
  readonly id: string;
  readonly node: string;
  readonly component: string;
  readonly title: LocalText;
  readonly group: string;
  readonly panel: string;
  readonly data: JsonObject;
  readonly started_at_ms: number;
  readonly outcomes: readonly {
    readonly id: string;
    readonly polarity: string;
    readonly label: LocalText;
    readonly target: LocalText | null;
  }[];
  /** Of a step that can become late, to staff: after how long, and whether it is. */
  readonly sla_s?: number;
  readonly late?: boolean;
}

/** What one role may see of one run, whole at each change. */
export interface View {
  readonly run: {
    readonly id: string;
    readonly number: string;
    readonly flow: string;
    readonly version: number;
    readonly status: "open" | "closed" | "incident" | "suspended" | "compensating";
    readonly started_at_ms: number;
    readonly at_ms: number;
    readonly ending: Ending | null;
    readonly sla_s?: number;
    readonly late?: boolean;
  };
  readonly you: {
    readonly participant: string;
    readonly role: Role;
    readonly name: string;
    /** The call is recorded, and this newcomer is not until they agree. */
    readonly must_consent?: boolean;
  };
  readonly people: readonly Person[];
  readonly steps: readonly ViewStep[];
  readonly activities: readonly ViewActivity[];
  readonly other: {
    readonly panel: string;
    readonly title: LocalText;
    readonly data: JsonObject;
  } | null;
  readonly spans: readonly {
    readonly name: string;
    readonly activity: string;
    readonly since_ms: number;
  }[];
  readonly room: { readonly generation: number; readonly interrupted: boolean } | null;
  /** What the flow says about the media of the call, as it is now. */
  readonly media: MediaProfile;
  readonly incident: ViewIncident | null;
  /** Events of other systems that no step has taken yet; for staff alone. */
  readonly early: readonly { readonly name: string; readonly at_ms: number }[];
}

/** What halted the run. Times and what can be done about it are for staff only. */
export interface ViewIncident {
  readonly code: string;
  readonly node: string | null;
  /** The sub-flow's run, when it is one that halted. */
  readonly run?: string;
  readonly at_ms?: number;
  readonly can?: readonly ("retry" | "skip" | "end")[];
  readonly outcomes?: ViewActivity["outcomes"];
}

export type RefusalReason =
  | "malformed"
  | "too_large"
  | "too_fast"
  | "unknown_type"
  | "not_allowed"
  | "unknown_activity"
  | "unknown_action"
  | "invalid_data"
  | "too_early"
  | "run_ended"
  | "no_room"
  | "no_capacity"
  | "busy"
  | "going_on"
  | "halted"
  | "suspended"
  | "undoing"
  | "again"
  /** Made here: the line ended or stayed away before an answer came. */
  | "no_answer";

export type ActResult =
  | { readonly ok: true; readonly seq: number }
  | {
      readonly ok: false;
      readonly reason: RefusalReason;
      /** In the person's language; "" when the refusal was made here. */
      readonly message: string;
      /** JSON pointer into the data of the act. */
      readonly field: string | null;
    };

/** What one participant's line was like, last told. Level 0 (nothing) to 4 (good). */
export interface Network {
  readonly rtt_ms: number;
  /** Share of packets, 0..1. */
  readonly loss: number;
  readonly kbps: number;
  readonly level: number;
  /** How speech sounds to this participant, 1 (bad) to 4.5; absent where it is not known. */
  readonly mos?: number | null;
  /** Lines of the picture that they send at most; 0 for single pictures; absent where it is not known. */
  readonly height?: number | null;
}

export interface Stats extends Network {
  readonly fps: number;
}

/** A media worker of one region, where a browser can ask for its own address. */
export interface Edge {
  readonly region: string;
  readonly url: string;
}

/** A media message of the site: an answer to ours, an offer of the worker, or news. */
export interface MediaMessage {
  readonly type: "media";
  readonly id: string | null;
  readonly op: string;
  readonly sdp?: string;
  readonly generation?: number;
  readonly reason?: string;
  /** Of `relays`: TURN servers, and ten minutes' leave to use them. */
  readonly servers?: readonly RelayServer[];
  /** Of `edges`: where the call could run, to be measured. */
  readonly edges?: readonly Edge[];
}

export interface RelayServer {
  readonly urls: readonly string[];
  readonly username: string;
  readonly credential: string;
}

export interface Refused {
  readonly type: "refused";
  readonly id: string | null;
  readonly reason: RefusalReason;
  readonly message: string;
  readonly field: string | null;
}

export interface Ack {
  readonly type: "ack";
  readonly id: string;
  readonly seq: number;
}

export type RunMessage =
  | {
      readonly type: "welcome";
      readonly protocol: number;
      readonly run: string;
      readonly you: { readonly participant: string; readonly role: Role };
      readonly seq: number;
      readonly heartbeat_s: number;
      /** The site's clock, when it tells it: timers on the screen follow it. */
      readonly now_ms?: number;
    }
  | { readonly type: "view"; readonly seq: number; readonly view: View }
  | Ack
  | Refused
  | MediaMessage
  | ({ readonly type: "network"; readonly participant: string } & Network)
  | { readonly type: "pong"; readonly at: number };

export type Presence = "available" | "away" | "ringing" | "in_call" | "wrap_up";

export interface Ring {
  readonly run: string;
  readonly activity: string;
  readonly flow: string;
  readonly reason: LocalText;
  readonly customer: string;
  readonly waited_ms: number;
  readonly expires_at_ms: number;
  readonly locale: string;
  readonly facts: readonly { readonly label: LocalText; readonly value: string | LocalText }[];
}

export interface Desk {
  readonly presence: Presence;
  readonly since_ms: number;
  readonly run: string | null;
  readonly ring: Ring | null;
  readonly waiting: readonly {
    readonly run: string;
    readonly flow: string;
    readonly queue: string;
    readonly queue_title: LocalText;
    readonly since_ms: number;
    readonly locale: string;
    readonly position: number;
    readonly late: boolean;
  }[];
  readonly handled_today: number;
  readonly queues: readonly string[];
  /** In the order of `queues`; {} for a queue nobody has named. */
  readonly queue_titles: readonly LocalText[];
}

export interface DeskYou {
  readonly user: string;
  readonly name: string;
  readonly staff_no: string;
  readonly roles: readonly string[];
}

export type DeskMessage =
  | {
      readonly type: "welcome";
      readonly you: DeskYou;
      readonly heartbeat_s: number;
      readonly now_ms?: number;
    }
  | { readonly type: "desk"; readonly desk: Desk }
  | Ack
  | Refused
  | { readonly type: "pong"; readonly at: number };
