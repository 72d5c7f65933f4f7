/** Titles, groups and icons of a run's steps: the graph's own, else the catalogue's, else what the events say. */

import { useCallback, useEffect, useMemo, useState } from "react";
import { http } from "../api/http";
import { useLocale } from "../i18n/locale";
import { sideText } from "../panels/capture_guide/texts";
import type { LocalText } from "../panels/contracts";
import type { WholeRun } from "./load";
import { groupOf, textOf } from "./words";

interface PaletteComponent {
  readonly key: string;
  readonly title: LocalText;
  readonly icon: string;
}

export interface Names {
  readonly titleOf: (node: string) => string;
  readonly iconOf: (component: string) => string;
  readonly groupOfNode: (node: string) => string;
  /** A picture's label as its component wrote it, `<node>.<side>`, in words. */
  readonly labelOf: (label: string) => string;
}

export function useNames({ run, events }: WholeRun): Names {
  const locale = useLocale();
  const catalogue = useCatalogue();
  const nodes = useMemo(() => new Map(run.graph.nodes.map((node) => [node.id, node])), [run]);
  const told = useMemo(
    () =>
      new Map(events.flatMap((event) => (event.node ? [[event.node, event.title] as const] : []))),
    [events],
  );
  const titleOf = useCallback(
    (id: string) => {
      const node = nodes.get(id);
      const component = catalogue.get(node?.component ?? "");
      return (
        textOf(node?.title, locale) ||
        textOf(told.get(id), locale) ||
        textOf(component?.title, locale) ||
        id
      );
    },
    [nodes, told, catalogue, locale],
  );
  const iconOf = useCallback((key: string) => catalogue.get(key)?.icon ?? "", [catalogue]);
  const groupOfNode = useCallback((id: string) => groupOf(nodes.get(id)?.component ?? ""), [nodes]);
  const labelOf = useCallback(
    (label: string) => {
      const [node = "", ...side] = label.split(".");
      if (!nodes.has(node)) return label;
      return [titleOf(node), sideText(side.join("."), locale)].filter(Boolean).join(" · ");
    },
    [nodes, titleOf, locale],
  );
  return { titleOf, iconOf, groupOfNode, labelOf };
}

/** The catalogue decorates; a person who may not read it sees the same run without icons. */
function useCatalogue(): ReadonlyMap<string, PaletteComponent> {
  const [catalogue, setCatalogue] = useState<ReadonlyMap<string, PaletteComponent>>(new Map());
  useEffect(() => {
    const stop = new AbortController();
    http
      .get<{ readonly components: readonly PaletteComponent[] }>("palette", { signal: stop.signal })
      .then(({ components }) => setCatalogue(new Map(components.map((one) => [one.key, one]))))
      .catch(() => undefined);
    return () => stop.abort();
  }, []);
  return catalogue;
}
