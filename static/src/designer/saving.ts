/** Saves the draft after each pause, keeps it on this device meanwhile, and stops for a merge when another tab was first. */

import { ApiError } from "../api/http";
import type { Draft } from "../flow/model";
import { api, type StaleDraft } from "./data";
import { forget, keep } from "./journal";
import { draftNow, hasUnsaved, perform, useDocument } from "./store";

const PAUSE_MS = 700;
const RETRY_MS = 5_000;
/** The most that a crash of the browser could lose; writing down a large flow at every key press would be felt. */
const JOURNAL_MS = 200;
const { getState, setState, subscribe } = useDocument;

/** Returns what stops it. */
export function startSaving(flow: string): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const later = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => void save(flow).then((isDone) => isDone || later(RETRY_MS)), ms);
  };
  let writing: ReturnType<typeof setTimeout> | undefined;
  const write = () => {
    clearTimeout(writing);
    writing = undefined;
    if (draftNow() !== getState().savedDraft) journal(flow, draftNow());
  };
  const stop = subscribe((now, before) => {
    if (now.history.now === before.history.now) return;
    writing ??= setTimeout(write, JOURNAL_MS);
    later(PAUSE_MS);
  });
  const online = () => later(0);
  const leaving = (event: BeforeUnloadEvent) => {
    if (hasUnsaved() && getState().save.kind !== "conflict") event.preventDefault();
  };
  window.addEventListener("online", online);
  window.addEventListener("beforeunload", leaving);
  window.addEventListener("pagehide", write);
  if (getState().save.kind === "unsaved") later(PAUSE_MS);
  return () => {
    stop();
    clearTimeout(timer);
    clearTimeout(writing);
    window.removeEventListener("pagehide", write);
    window.removeEventListener("online", online);
    window.removeEventListener("beforeunload", leaving);
  };
}

function journal(flow: string, draft: Draft): void {
  const { revision, savedDraft } = getState();
  keep(flow, { revision, base: savedDraft, draft });
}

let running: Promise<boolean> | null = null;

/** True when there is nothing left to try again: saved, or waiting for a person's decision. One save at a time. */
export async function save(flow: string): Promise<boolean> {
  while (running) await running;
  if (getState().save.kind === "conflict") return true;
  if (!hasUnsaved()) {
    setState(({ save: was }) =>
      was.kind === "unsaved" ? { save: { kind: "saved", atMs: Date.now() } } : {},
    );
    forget(flow);
    return true;
  }
  running = attempt(flow);
  try {
    return await running;
  } finally {
    running = null;
  }
}

async function attempt(flow: string): Promise<boolean> {
  const draft = draftNow();
  setState({ save: { kind: "saving" } });
  try {
    const { revision } = await api.saveDraft(flow, getState().revision, draft);
    const isLatest = draftNow() === draft;
    setState({
      revision,
      savedDraft: draft,
      save: isLatest ? { kind: "saved", atMs: Date.now() } : { kind: "unsaved" },
    });
    if (isLatest) forget(flow);
    else journal(flow, draftNow());
    return isLatest;
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): boolean {
  const known = error instanceof ApiError ? error : new ApiError(0, "offline", "");
  const current = known.body.current as StaleDraft | undefined;
  if (known.status === 412 && current) {
    setState({ save: { kind: "conflict", current } });
    return true;
  }
  const isOffline = known.status === 0 || known.status >= 500;
  setState({
    save: { kind: "kept", reason: isOffline ? "offline" : "refused", message: known.message },
  });
  return !isOffline;
}

/** A person decided: `draft` goes on from the server's revision. */
export function settle(flow: string, draft: Draft, current: StaleDraft, theirs: Draft): void {
  setState({ revision: current.revision, savedDraft: theirs, save: { kind: "unsaved" } });
  perform({ kind: "replace", draft });
  void save(flow);
}
