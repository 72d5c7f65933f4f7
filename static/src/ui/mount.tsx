/** Puts a page into `<div id="root">`, with its theme applied before the first paint. */

import { type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { followTheme } from "../theme/theme";

export function mount(page: ReactNode): void {
  followTheme();
  const root = document.getElementById("root");
  if (!root) throw new Error('the page has no element with id "root"');
  createRoot(root).render(<StrictMode>{page}</StrictMode>);
}
