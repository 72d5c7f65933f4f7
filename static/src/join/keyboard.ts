/**
 * Marks the page while a phone's keyboard covers part of it, so that the call can shrink to what is left.
 * By the visual viewport, not by focus: focus moves before a press is finished, and a page that moves then loses it.
 */

/** A keyboard takes more than this share of the page; an address bar takes less. */
const COVERED = 0.25;

export function isCovered(visible_px: number, page_px: number): boolean {
  return visible_px < page_px * (1 - COVERED);
}

export function watchKeyboard(): void {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const root = document.documentElement;
  viewport.addEventListener("resize", () => {
    root.toggleAttribute("data-keyboard", isCovered(viewport.height, window.innerHeight));
    root.style.setProperty("--visible-height", `${Math.round(viewport.height)}px`);
  });
}
