import type { RunSocket, RunState, View } from "../api/socket";
import type { PageMedia } from "../media/client";
import type { MediaState } from "../media/types";

/** What the parts of a call share. */
export interface Call {
  readonly run: RunState;
  readonly view: View;
  readonly media: MediaState;
  readonly client: PageMedia;
  readonly socket: RunSocket;
  readonly now: () => number;
  readonly end: () => Promise<void>;
}
