/** Light or dark: the system's wish unless the person chose; kept on this device. */

export type Theme = "light" | "dark";
const KEY = "counterflow.theme";
const DARK = "(prefers-color-scheme: dark)";
const listeners = new Set<() => void>();

function systemTheme(): Theme {
  return matchMedia(DARK).matches ? "dark" : "light";
}

/** `?theme=dark` wins for one page view, so a screen can be shown in either. */
function currentTheme(): Theme {
  const asked = new URLSearchParams(location.search).get("theme") ?? localStorage.getItem(KEY);
  return asked === "dark" || asked === "light" ? asked : systemTheme();
}

/** What the page shows at the moment. */
export function shownTheme(): Theme {
  return document.documentElement.dataset.theme === "dark" ? "dark" : "light";
}

function applyTheme(theme: Theme = currentTheme()): void {
  document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
}

/** Now, and whenever the system changes its mind: many do so at sunset. */
export function followTheme(): void {
  applyTheme();
  matchMedia(DARK).addEventListener("change", () => applyTheme());
}

/** Called after each change; the answer ends that. */
export function onTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme(theme);
}
