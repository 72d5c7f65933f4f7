/** What each panel is given (`Behaviour.present`) and which actions it may take: the seam between catalogue and screens. */

export type LocalText = Readonly<Record<string, string>>;

/** access.device_check, customer. Actions: `report` (DeviceReport) ends the step as ok, weak or blocked. */
export interface DeviceCheckData {
  readonly min_kbps: number;
  readonly max_rtt_ms: number;
  readonly need_rear_cam: boolean;
  readonly allow_audio_only: boolean;
}
export interface DeviceReport {
  readonly camera: "ok" | "refused" | "missing" | "busy";
  readonly microphone: "ok" | "refused" | "missing" | "busy";
  readonly speaker: "heard" | "not_heard" | "skipped";
  readonly kbps: number;
  readonly rtt_ms: number;
  readonly label_camera: string;
  readonly audio_only: boolean;
  /** True when the device lists a second, rear camera; asked for only when `need_rear_cam` is set. */
  readonly has_rear_cam?: boolean;
  /** What the browser does to the sound of the microphone, by its own account. */
  readonly echo_cancellation?: Treated;
  readonly noise_suppression?: Treated;
  readonly auto_gain?: Treated;
}
export type Treated = "on" | "off" | "unknown";

/** consent.ask, customer. Actions: `agree`, `decline`; `too_early` is refused before `min_view_ms` has passed. */
export interface ConsentData {
  readonly kind: string;
  readonly heading: LocalText;
  readonly text: LocalText;
  readonly points: readonly { readonly icon: string; readonly text: LocalText }[];
  readonly decline_note: LocalText;
  readonly text_id: string;
  readonly text_version: string;
  readonly shown_at_ms: number;
  readonly min_view_ms: number;
}

/** queue.wait, customer. Action: `leave` (outcome abandoned). */
export interface QueueData {
  readonly queue: string;
  readonly position: number | null;
  readonly eta_s: number | null;
  readonly since_ms: number;
  readonly max_wait_s: number;
}

/** people.connect. Customer: `connecting`. Agent: rings at the desk; actions `accept`, `decline`. */
export interface ConnectingData {
  readonly state: "ringing" | "connecting";
  readonly agent: { readonly name: string; readonly staff_no: string } | null;
  readonly since_ms: number;
}

/** rec.start, rec.stop: `progress` for both sides while the worker answers. int.*: `one_moment` for the customer. */
export interface ProgressData {
  readonly what: "recording_starts" | "recording_stops" | "picture" | "one_moment";
  readonly since_ms: number;
}

/** logic.wait, both sides. No actions: it ends by time or by an event from elsewhere. */
export interface WaitData {
  readonly text: LocalText;
  /** Epoch ms of the site; null when only an event ends it. */
  readonly until_ms: number | null;
  /** Name of the event, for staff. */
  readonly event?: string | null;
}

/** int.http, int.core, int.notify, agent: `integration`. Action: `go_on`, once it is declined or failed. */
export interface IntegrationData {
  readonly title: LocalText;
  /** unknown: an answer was lost, and it is being found out what became of it. */
  readonly state: "working" | "unknown" | "declined" | "failed";
  /** Why: a word of the house, `status_404`, or the other system's own. */
  readonly code: string;
  readonly attempts: number;
  readonly since_ms: number;
}

/** script.read, agent: `teleprompter`. Actions: `tick` {phrase}, `untick` {phrase}, `done`, `skip` {reason}. */
export interface TeleprompterData {
  readonly heading: LocalText;
  readonly phrases: readonly {
    readonly id: string;
    readonly text: string;
    readonly mandatory: boolean;
    readonly said: boolean;
  }[];
  readonly threshold: number;
  readonly score: number;
  /** No speech engine: the agent ticks what was said, and the screen says so. */
  readonly engine: "unavailable" | "local" | "simulated";
  readonly allow_manual_tick: boolean;
  readonly allow_skip: boolean;
  readonly since_ms: number;
}
/** script.read, customer: `script`. */
export interface ScriptData {
  readonly heading: LocalText;
  readonly caption: string | null;
}

/** media.snapshot and id.capture, agent: `capture`. Actions: `shoot`, `retake` {side}, `accept`, `give_up` {reason}, `unsupported`. */
export interface CaptureData {
  readonly heading: LocalText;
  readonly sides: readonly string[];
  readonly side: string | null;
  readonly busy: boolean;
  readonly shots: readonly {
    readonly side: string;
    readonly evidence: string;
    /** 0 (no edge at all) to 1; `min_sharpness` is on the same scale. */
    readonly sharpness: number;
    readonly width: number;
    readonly height: number;
    readonly at_ms: number;
    readonly blurred: boolean;
  }[];
  readonly problem: null | "no_video" | "timeout" | "blurred";
  readonly attempts_left: number;
  readonly min_sharpness: number;
}
/** The same, customer: `capture_guide`. No actions. */
export interface CaptureGuideData {
  readonly heading: LocalText;
  readonly side: string | null;
  readonly guide: "card" | "face" | "document" | "none";
  readonly state: "framing" | "taking" | "taken";
  readonly taken: readonly string[];
}

/** doc.form, both sides: `form`. Actions: `focus` {field|null}, `edit` {field, value}, `submit`, `cancel`. */
export interface FormData {
  readonly heading: LocalText;
  readonly fields: readonly FormField[];
  /** Masked for a role that may not see the value ("•••• 4471"). */
  readonly values: Readonly<Record<string, string | number | boolean | null>>;
  /**
   * Field name -> what is wrong with it, as a word the panel translates:
   * "required" | "type" | "option" | "too_short" | "too_long" | "too_small" | "too_large" | "format".
   * Only fields somebody has touched; the same for both sides.
   */
  readonly errors: Readonly<Record<string, string>>;
  /** Role -> name of the field that side is in, e.g. {"customer": "phone"}. */
  readonly focus: Readonly<Record<string, string>>;
  readonly can_submit: boolean;
  readonly can_cancel: boolean;
}
export interface FormField {
  readonly name: string;
  readonly label: LocalText;
  readonly help: LocalText;
  readonly type: "text" | "number" | "date" | "choice" | "bool" | "phone" | "email";
  readonly options: readonly { readonly value: string; readonly label: LocalText }[];
  readonly required: boolean;
  readonly editable: boolean;
  readonly masked: boolean;
}

/** logic.menu, both sides: `menu`. Actions: `choose` {item}, `finish`; refused for whoever may not choose. */
export interface MenuData {
  readonly heading: LocalText;
  readonly items: readonly MenuItem[];
  /** Of the service that would be chosen now, counted from 1. */
  readonly round: number;
  readonly max_rounds: number;
  /** When it is 0 only `finish` is left. */
  readonly rounds_left: number;
  readonly can_choose: boolean;
  readonly finish_label: LocalText;
}
export interface MenuItem {
  readonly id: string;
  readonly label: LocalText;
  /** How often it was chosen in this call. */
  readonly taken: number;
}
