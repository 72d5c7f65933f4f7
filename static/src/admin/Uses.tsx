/** The flows that use a connection, each a way to it. */

import { useMessages } from "../i18n/messages";
import type { Use } from "./connections";
import { adminTexts } from "./texts";

export function Uses({ uses }: { readonly uses: readonly Use[] }) {
  const t = useMessages(adminTexts);
  if (uses.length === 0) return <p className="connection-uses">{t("unused")}</p>;
  return (
    <p className="connection-uses">
      {t("used_by")}{" "}
      {uses.map((use) => (
        <span key={use.flow}>
          <a href={`/designer/${use.flow}/`}>{use.title}</a>{" "}
          <small>
            {[
              ...use.versions.map((n) => t("use_version", { n })),
              ...(use.draft ? [t("use_draft")] : []),
            ].join(", ")}
          </small>
        </span>
      ))}
    </p>
  );
}
