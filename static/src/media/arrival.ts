/** Whether anything of a stream has come: a room names people's lines before their first packet is there. */

import { useCallback, useSyncExternalStore } from "react";

export function useHasCome(stream: MediaStream | null): boolean {
  const subscribe = useCallback(
    (tell: () => void) => {
      const tracks = stream?.getTracks() ?? [];
      for (const track of tracks) track.addEventListener("unmute", tell);
      return () => {
        for (const track of tracks) track.removeEventListener("unmute", tell);
      };
    },
    [stream],
  );
  return useSyncExternalStore(
    subscribe,
    () => stream?.getTracks().some((one) => !one.muted) === true,
  );
}
