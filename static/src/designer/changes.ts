/** Changes between drafts in the words of the business. */

import type { Change } from "../flow/diff";
import { type Draft, findNode } from "../flow/model";
import { pickText, useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { outcomesOf, titleOf } from "./derive";
import { FLOW_PLACES, STEP_MEDIA } from "./media_schema";
import { labelOf, type Schema } from "./schema";
import { useDocument } from "./store";
import { texts } from "./texts";

/** A removed card is named by how it was in `before`. */
export function useChangeWords(before: Draft, after: Draft): (change: Change) => string {
  const t = useMessages(texts);
  const locale = useLocale();
  const components = useDocument((document) => document.components);
  const node = (id: string) => findNode(after.graph, id) ?? findNode(before.graph, id);
  const title = (id: string) => {
    const found = node(id);
    return found ? pickText(titleOf(found, components), locale) : id;
  };
  const outcome = (id: string, name: string) => {
    const found = node(id);
    const label =
      found && outcomesOf(found, components, null).find((one) => one.id === name)?.label;
    return pickText(label, locale) || name;
  };
  const setting = (id: string, key: string) => {
    if (key === "sla_s") return t("sla_s");
    const media = key.startsWith("media/") ? key.slice("media/".length) : "";
    if (media) return labelOf(STEP_MEDIA.properties?.[media] ?? {}, media, locale);
    const schema = components.get(node(id)?.component ?? "")?.config_schema as Schema | undefined;
    return labelOf(schema?.properties?.[key] ?? {}, key, locale);
  };
  const flowSetting = (key: string) => {
    if (key === "media") return t("media");
    return labelOf(FLOW_PLACES.properties?.[key] ?? {}, key, locale);
  };
  return (change) => {
    switch (change.kind) {
      case "node_added":
      case "node_removed":
      case "node_retitled":
      case "node_upgraded":
      case "start_changed":
        return t(`change_${change.kind}`, { step: title(change.node) });
      case "node_configured":
        return t("change_node_configured", {
          step: title(change.node),
          setting: setting(change.node, change.key),
        });
      case "edge_added":
      case "edge_moved":
      case "edge_removed":
        return t(`change_${change.kind}`, {
          step: title(change.node),
          outcome: outcome(change.node, change.outcome),
          to: title(change.to),
        });
      case "settings_changed":
        return t("change_settings_changed", { setting: flowSetting(change.key) });
      default:
        return t(`change_${change.kind}`);
    }
  };
}
