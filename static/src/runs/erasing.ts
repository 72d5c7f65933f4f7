/** How erasing stands with a run, and the steps towards it. Pure but for what asks the site. */

import { http } from "../api/http";
import type { components } from "../api/schema";

export type Erasure = components["schemas"]["Erasure"];

export function readErasure(id: string, signal: AbortSignal): Promise<Erasure> {
  return http.get<Erasure>(`runs/${id}/erase`, { signal });
}

/** `wish` is the wish's own id: sent again, it is the same wish. */
export function askToErase(id: string, wish: string, reason: string): Promise<Erasure> {
  return http.post<Erasure>(`runs/${id}/erase`, { id: wish, reason });
}

export function agreeToErase(id: string, wish: string): Promise<Erasure> {
  return http.post<Erasure>(`runs/${id}/erase/agree`, { id: wish });
}

export function dropErasure(id: string): Promise<Erasure> {
  return http.delete<Erasure>(`runs/${id}/erase`);
}

export type Stand = "done" | "obstacle" | "asked_by_you" | "asked" | "open";

/** What can be done next, in the order in which it matters. */
export function standOf(erasure: Erasure): Stand {
  if (erasure.erased_at !== null) return "done";
  if (erasure.asked !== null) return erasure.asked.by_you ? "asked_by_you" : "asked";
  return erasure.obstacle === null ? "open" : "obstacle";
}

/** Whether what was typed is the number of the run, for what cannot be taken back. */
export function isNumber(typed: string, number: string): boolean {
  return typed.trim().toLowerCase() === number.toLowerCase();
}
