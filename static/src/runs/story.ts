/** What the log says of a run as a whole. Pure. */

import type { RunEvent } from "./types";
import { kindKey } from "./words";

/** Why the run was suspended the last time; "" when nobody has said. */
export function reasonOfSuspension(events: readonly RunEvent[]): string {
  const last = events.findLast((event) => kindKey(event.kind) === "run_suspended");
  return typeof last?.data.reason === "string" ? last.data.reason : "";
}
