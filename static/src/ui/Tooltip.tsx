/** A short hint on hover and focus, for a control that already has a name. */

import type { ComponentProps } from "react";
import { Focusable, Tooltip as Tip, TooltipTrigger } from "react-aria-components";

export interface TooltipProps {
  readonly text: string;
  readonly children: ComponentProps<typeof Focusable>["children"];
}

export function Tooltip({ text, children }: TooltipProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={80}>
      <Focusable>{children}</Focusable>
      <Tip className="tooltip" offset={6}>
        {text}
      </Tip>
    </TooltipTrigger>
  );
}
