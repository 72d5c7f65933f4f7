/** What is not yet saved, kept on this device, so that a closed tab or a lost network loses nothing. */

import { type Draft, readDraft } from "../flow/model";

export interface Entry {
  /** The server's revision the work began from, and that draft itself: the base of a merge. */
  readonly revision: number;
  readonly base: Draft;
  readonly draft: Draft;
}

const key = (flow: string) => `counterflow.draft.${flow}`;

/** False when the device refuses (full, or private mode): the save state then says so. */
export function keep(flow: string, entry: Entry): boolean {
  try {
    localStorage.setItem(key(flow), JSON.stringify(entry));
    return true;
  } catch {
    return false;
  }
}

export function find(flow: string): Entry | null {
  try {
    const text = localStorage.getItem(key(flow));
    const entry = text ? (JSON.parse(text) as Entry) : null;
    return (
      entry && {
        revision: entry.revision,
        base: readDraft(entry.base),
        draft: readDraft(entry.draft),
      }
    );
  } catch {
    return null;
  }
}

export function forget(flow: string): void {
  try {
    localStorage.removeItem(key(flow));
  } catch {
    // A device that refuses storage has nothing to forget.
  }
}
