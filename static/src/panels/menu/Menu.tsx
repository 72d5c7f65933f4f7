/** The services of one call: choose the next, or finish. Both sides see what was chosen before. */

import { ChevronRight, CircleCheck } from "lucide-react";
import { useState } from "react";
import { type Locale, pickText } from "../../i18n/locale";
import { translate } from "../../i18n/messages";
import type { MenuData, MenuItem } from "../contracts";
import { PanelButton, Refusal, StepTitle, useAct } from "../kit";
import type { PanelProps } from "../panel";
import { texts } from "./texts";
import "./menu.css";

export function Menu({ data, act, locale, role }: PanelProps<MenuData>) {
  const t = translate(texts, locale);
  const { press, busy, refusal } = useAct(act, locale);
  const [chosen, setChosen] = useState("");
  const choose = (item: string) => {
    setChosen(item);
    void press("choose", { item });
  };
  const isOpen = data.can_choose && data.rounds_left > 0;
  return (
    <div className="p-sheet-body p-menu">
      <div className="p-scroll">
        <StepTitle>{pickText(data.heading, locale)}</StepTitle>
        <p className="p-soft p-small">{leftText(data.rounds_left, locale)}</p>
        <ul className="p-menu-items" aria-label={t("services")}>
          {data.items.map((item) => (
            <li key={item.id}>
              <Service
                item={item}
                locale={locale}
                isOff={!isOpen || busy !== null}
                isBusy={busy === "choose" && chosen === item.id}
                onPress={() => choose(item.id)}
              />
            </li>
          ))}
        </ul>
        {!data.can_choose && (
          <p className="p-small">{t(role === "customer" ? "agent_chooses" : "customer_chooses")}</p>
        )}
        <Refusal message={refusal} />
      </div>
      {data.can_choose && (
        <footer className="p-actions">
          <PanelButton
            kind={data.rounds_left > 0 ? "plain" : "main"}
            isBusy={busy === "finish"}
            isDisabled={busy !== null}
            onPress={() => void press("finish")}
          >
            {pickText(data.finish_label, locale)}
          </PanelButton>
        </footer>
      )}
    </div>
  );
}

interface ServiceProps {
  readonly item: MenuItem;
  readonly locale: Locale;
  readonly isOff: boolean;
  readonly isBusy: boolean;
  readonly onPress: () => void;
}

function Service({ item, locale, isOff, isBusy, onPress }: ServiceProps) {
  return (
    <PanelButton className="p-menu-item" isDisabled={isOff} isBusy={isBusy} onPress={onPress}>
      <span>{pickText(item.label, locale)}</span>
      {item.taken > 0 && (
        <span className="p-menu-taken">
          <CircleCheck size={15} aria-hidden /> {takenText(item.taken, locale)}
        </span>
      )}
      <ChevronRight size={18} aria-hidden />
    </PanelButton>
  );
}

function takenText(taken: number, locale: Locale): string {
  const t = translate(texts, locale);
  return taken === 1 ? t("taken_one") : t("taken", { n: taken });
}

function leftText(left: number, locale: Locale): string {
  const t = translate(texts, locale);
  if (left <= 0) return t("none_left");
  return left === 1 ? t("left_one") : t("left", { n: left });
}
