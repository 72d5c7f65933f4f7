/** Zoom, the whole flow, and Tidy: the only thing besides a person that moves cards. */

import { useReactFlow, useStore } from "@xyflow/react";
import { Maximize, Minus, Network, Plus } from "lucide-react";
import { useMessages } from "../i18n/messages";
import { IconButton } from "../ui/Button";
import { draftNow, perform } from "./store";
import { texts } from "./texts";
import { tidied } from "./tidy";
import { look } from "./view";

/** As long as the transition of cards in canvas.css. */
const TIDY_MS = 240;

function isStill(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

export function Controls() {
  const t = useMessages(texts);
  const zoom = useStore((state) => state.transform[2]);
  const width = useStore((state) => state.width);
  const { zoomIn, zoomOut, zoomTo, fitView } = useReactFlow();
  const tidy = async () => {
    const to = await tidied(draftNow(), Math.max(4, Math.floor((width - 16) / 208)));
    const duration = isStill() ? 0 : TIDY_MS;
    look({ isTidying: duration > 0 });
    perform({ kind: "move", to });
    await fitView({ duration, padding: 0.04, maxZoom: 1 });
    setTimeout(() => look({ isTidying: false }), duration);
  };
  return (
    <div className="strip-controls">
      <IconButton size="small" label={t("zoom_out")} onClick={() => zoomOut()}>
        <Minus size={14} />
      </IconButton>
      <button
        type="button"
        className="num strip-zoom"
        title={t("zoom_reset")}
        onClick={() => zoomTo(1, { duration: 160 })}
      >
        {Math.round(zoom * 100)} %
      </button>
      <IconButton size="small" label={t("zoom_in")} onClick={() => zoomIn()}>
        <Plus size={14} />
      </IconButton>
      <IconButton
        size="small"
        label={t("fit")}
        onClick={() => fitView({ duration: 160, padding: 0.06 })}
      >
        <Maximize size={14} />
      </IconButton>
      <IconButton size="small" label={t("tidy")} onClick={() => void tidy()}>
        <Network size={14} />
      </IconButton>
    </div>
  );
}
