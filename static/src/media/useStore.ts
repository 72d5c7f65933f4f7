/** Reads stores in components, on React and Preact alike. */

import { useSyncExternalStore } from "react";
import { makeStore, type Store } from "../api/socket_store";
import { type MediaClient, type MediaState, NO_MEDIA } from "./types";

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get, store.get);
}

const nothing: Store<MediaState> = makeStore(NO_MEDIA);

/** A preview has no client; it looks like a page before anything was asked. */
export function useMedia(client: MediaClient | null): MediaState {
  return useStore<MediaState>(client ?? nothing);
}
