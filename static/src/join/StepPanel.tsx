/** The panel of the customer's current step. */

import type { ViewActivity } from "../api/socket";
import { useLocale } from "../i18n/locale";
import type { MediaClient } from "../media/types";
import { customerPanels } from "../panels/customer";
import { PanelView } from "../panels/PanelView";
import type { Act } from "../panels/panel";

export interface StepPanelProps {
  readonly activity: ViewActivity;
  readonly client: MediaClient;
  readonly act: Act;
  readonly now: () => number;
}

const CUSTOMER = { panels: customerPanels, role: "customer" } as const;

export function StepPanel({ activity, client, act, now }: StepPanelProps) {
  const locale = useLocale();
  return (
    <PanelView
      {...CUSTOMER}
      kind={activity.panel}
      activity={activity}
      data={activity.data}
      act={act}
      locale={locale}
      media={client}
      now={now}
    />
  );
}
