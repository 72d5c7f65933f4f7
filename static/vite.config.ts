/** Two builds into one `dist`: the staff pages on React, then the customer page on Preact (`--mode join`). */

import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const PAGES = ["designer", "desk", "runs", "home", "admin"];
const MANIFEST = resolve(import.meta.dirname, "dist/.vite/manifest.json");

/** The second build must not lose the entries of the first: django-vite reads one manifest. */
function mergedManifest(): Plugin {
  const earlier = () => JSON.parse(readFileSync(MANIFEST, "utf8")) as Record<string, unknown>;
  let before: Record<string, unknown> = {};
  return {
    name: "merged-manifest",
    apply: "build",
    buildStart() {
      before = earlier();
    },
    closeBundle() {
      writeFileSync(MANIFEST, JSON.stringify({ ...before, ...earlier() }, null, 2));
    },
  };
}

const preactAliases = {
  "react/jsx-runtime": "preact/jsx-runtime",
  "react-dom/client": "preact/compat/client",
  "react-dom": "preact/compat",
  react: "preact/compat",
};

export default defineConfig(({ mode }) => {
  const isJoin = mode === "join";
  const entries = isJoin ? ["join"] : PAGES;
  return {
    base: "/static/",
    plugins: isJoin ? [mergedManifest()] : [react()],
    resolve: { alias: isJoin ? preactAliases : {} },
    define: { "process.env.NODE_ENV": JSON.stringify("production") },
    build: {
      outDir: "dist",
      emptyOutDir: !isJoin,
      manifest: true,
      target: isJoin ? "es2020" : "es2022",
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rolldownOptions: {
        input: Object.fromEntries(entries.map((page) => [page, `src/${page}/main.tsx`])),
        // Libraries mark modules "use client" for servers that render; every module of ours is a client's.
        onLog: (level, log, say) => {
          if (log.code !== "MODULE_LEVEL_DIRECTIVE") say(level, log);
        },
      },
    },
    test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"], environment: "node" },
  };
});
