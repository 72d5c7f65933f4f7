/** Reads a store in a component, on React and Preact alike. */

import { useSyncExternalStore } from "react";
import type { Store } from "../api/socket_store";

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get, store.get);
}
