/** What was gone through, behind a chip of the rail: each step with how it was left, sub-flows that ended with theirs. */

import { Check, History } from "lucide-react";
import type { ReactNode } from "react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import type { ViewStep } from "../api/socket";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { deskTexts } from "./texts";

export interface DoneStepsProps {
  /** What is read on the list, as on the chip. */
  readonly label: string;
  readonly steps: readonly ViewStep[];
  /** It may come again, for all that. */
  readonly isNext?: boolean;
  readonly band?: string | undefined;
  readonly isWithin?: boolean;
}

export function DoneSteps({ label, steps, isNext = false, band, isWithin }: DoneStepsProps) {
  const t = useMessages(deskTexts);
  const Sign = isNext ? History : Check;
  return (
    <li
      className="call-chip"
      data-state={isNext ? "next" : "done"}
      data-band={band}
      data-within={isWithin || undefined}
    >
      <DialogTrigger>
        <Button className="call-chip-open" aria-label={t("done_open", { name: label })}>
          <Sign size={15} strokeWidth={2.2} aria-hidden /> <span>{label}</span>
        </Button>
        <Popover className="popover" placement="bottom start">
          <Dialog className="call-done" aria-label={label}>
            <List steps={steps} />
          </Dialog>
        </Popover>
      </DialogTrigger>
    </li>
  );
}

function List({ steps }: { readonly steps: readonly ViewStep[] }): ReactNode {
  const say = useLocalText();
  return (
    <ul>
      {steps.map((step) => (
        <li key={step.node}>
          <i className="polarity" data-polarity={step.polarity ?? "neutral"} aria-hidden />
          <span>{say(step.title)}</span>
          {step.steps && step.steps.length > 0 && <List steps={step.steps} />}
        </li>
      ))}
    </ul>
  );
}
