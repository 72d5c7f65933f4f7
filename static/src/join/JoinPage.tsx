/** The customer's way in: what stands in the way, the landing page, and then the run. */

import { useEffect, useState } from "react";
import { getLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { obstacle, surroundings } from "../media/problem";
import { applyBrand } from "./brand";
import { Landing } from "./Landing";
import { Notice, Opening } from "./Notice";
import { RunPage } from "./RunPage";
import { Shell } from "./Shell";
import { type Entered, redeem, resume, type Session, takeToken, wasRedeemed } from "./session";
import { texts } from "./texts";

type Phase =
  | { readonly kind: "opening" }
  | {
      readonly kind: "landing";
      readonly token: string;
      readonly state: "idle" | "starting" | "failed";
    }
  | { readonly kind: "unusable" }
  | { readonly kind: "unreachable" }
  | { readonly kind: "insecure" }
  | { readonly kind: "unsupported" }
  | { readonly kind: "run"; readonly session: Session };

/** Straight back into a run this device has begun; else the landing page of a fresh link. */
async function firstPhase(): Promise<Phase> {
  const blocked = obstacle(surroundings());
  const token = takeToken();
  if (blocked !== null) return { kind: blocked };
  if (token !== null && !(await wasRedeemed(token)))
    return { kind: "landing", token, state: "idle" };
  const entered = await resume();
  const isOver =
    entered.kind === "unusable" || (entered.kind === "session" && entered.session.anew);
  if (isOver && token !== null) return afterEntering(await redeem(token, getLocale()));
  return afterEntering(entered);
}

function afterEntering(entered: Entered): Phase {
  if (entered.kind !== "session") return { kind: entered.kind };
  applyBrand(entered.session.workspace.brand);
  return { kind: "run", session: entered.session };
}

export function JoinPage({ name }: { readonly name: string }) {
  const t = useMessages(texts);
  const [phase, setPhase] = useState<Phase>({ kind: "opening" });
  const open = () => {
    setPhase({ kind: "opening" });
    void firstPhase().then(setPhase);
  };
  useEffect(open, []);
  if (phase.kind === "run") return <RunPage session={phase.session} />;
  const start = async () => {
    if (phase.kind !== "landing") return;
    setPhase({ ...phase, state: "starting" });
    const entered = await redeem(phase.token, getLocale());
    const isAway = entered.kind === "unreachable";
    setPhase(isAway ? { ...phase, state: "failed" } : afterEntering(entered));
  };
  return (
    <Shell name={name}>
      {phase.kind === "opening" && <Opening title={t("opening")} text={t("usual_second")} />}
      {phase.kind === "landing" && (
        <Landing
          isStarting={phase.state === "starting"}
          isUnreachable={phase.state === "failed"}
          onStart={() => void start()}
        />
      )}
      {phase.kind === "unreachable" && <Notice kind="unreachable" onAct={open} />}
      {(phase.kind === "unusable" || phase.kind === "insecure" || phase.kind === "unsupported") && (
        <Notice kind={phase.kind} />
      )}
    </Shell>
  );
}
