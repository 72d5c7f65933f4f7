/** How the parts of the desk change the agent's status. */
export interface DeskControl {
  readonly busy: boolean;
  readonly change: (status: "available" | "away") => Promise<void>;
}
