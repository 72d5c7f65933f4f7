/** Light or dark: the system's wish unless the person chose; kept on this device. */

export type Theme = "light" | "dark";
const KEY = "counterflow.theme";

function systemTheme(): Theme {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** `?theme=dark` wins for one page view, so a screen can be shown in either. */
export function currentTheme(): Theme {
  const asked = new URLSearchParams(location.search).get("theme") ?? localStorage.getItem(KEY);
  return asked === "dark" || asked === "light" ? asked : systemTheme();
}

export function applyTheme(theme: Theme = currentTheme()): void {
  document.documentElement.dataset.theme = theme;
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme(theme);
}
