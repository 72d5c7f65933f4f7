/** The rows of the check: each says what was found, and the mark beside it never stands alone. */

import { AudioLines, Camera, Mic, Volume2, Wifi } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import type { Translate } from "../../i18n/messages";
import type { Line } from "../../media/network";
import { playTone } from "../../media/tone";
import type { MediaClient, MediaState } from "../../media/types";
import { PanelButton, Tick, Wave } from "../kit";
import { type Heard, rateText, soundOf } from "./report";
import type { texts } from "./texts";

type T = Translate<keyof (typeof texts)["en"]>;

export function Row(props: { icon: ReactNode; name: string; said: string; children?: ReactNode }) {
  return (
    <li className="p-row">
      <span className="p-row-icon" aria-hidden>
        {props.icon}
      </span>
      <span className="p-row-words">
        <b>{props.name}</b>
        <span role="status">{props.said}</span>
      </span>
      {props.children}
    </li>
  );
}

export function CameraRow({ media, t }: { media: MediaState; t: T }) {
  const words =
    media.camera === "on" ? "camera_ok" : media.camera === "asking" ? "asking" : "camera_off";
  return (
    <Row icon={<Camera size={20} />} name={t("camera")} said={t(words)}>
      {media.camera === "on" && <Tick />}
    </Row>
  );
}

/** Above this a person has spoken; room noise stays below. */
const SPOKEN = 0.35;

export function MicrophoneRow({
  client,
  media,
  t,
}: {
  client: MediaClient;
  media: MediaState;
  t: T;
}) {
  const [level, setLevel] = useState(0);
  const [heard, setHeard] = useState(false);
  useEffect(
    () =>
      client.onLevel((now) => {
        setLevel(now);
        if (now > SPOKEN) setHeard(true);
      }),
    [client],
  );
  const isOn = media.microphone === "on";
  const words = !isOn ? "asking" : heard ? "microphone_ok" : "microphone_say";
  return (
    <Row icon={<Mic size={20} />} name={t("microphone")} said={t(words)}>
      {isOn && <Wave level={level} />}
      {heard && <Tick />}
    </Row>
  );
}

const NAMES = {
  echo_cancellation: "echo",
  noise_suppression: "noise",
  auto_gain: "volume",
} as const;

/** What the browser does to the sound before it leaves: by its own account, not as it was asked to. */
export function SoundRow({ media, t }: { media: MediaState; t: T }) {
  if (media.microphone !== "on") return null;
  const { done, missing } = soundOf(media.profile, media.treatment);
  const list = (names: readonly (keyof typeof NAMES)[]) =>
    names.map((one) => t(NAMES[one])).join(t("comma"));
  const words = missing.length > 0 ? "sound_missing" : done.length > 0 ? "sound_done" : "sound_raw";
  const said = t(words, { list: list(missing.length > 0 ? missing : done) });
  return (
    <Row icon={<AudioLines size={20} />} name={t("sound")} said={said}>
      <Tick tone={missing.length > 0 ? "warn" : "good"}>
        {missing.length > 0 ? "!" : undefined}
      </Tick>
    </Row>
  );
}

interface SpeakerProps {
  readonly heard: Heard;
  readonly onHeard: (heard: Heard) => void;
  readonly t: T;
}

export function SpeakerRow({ heard, onHeard, t }: SpeakerProps) {
  const [play, setPlay] = useState<"idle" | "playing" | "played">("idle");
  const start = () => {
    setPlay("playing");
    void playTone("test").then(() => setPlay("played"));
  };
  if (play === "played" && heard !== "heard") {
    const said = heard === "not_heard" ? "speaker_not" : "did_you_hear";
    return (
      <Row icon={<Volume2 size={20} />} name={t("speaker")} said={t(said)}>
        <span className="p-pair">
          {heard === "not_heard" ? (
            <PanelButton onPress={start}>{t("play")}</PanelButton>
          ) : (
            <PanelButton onPress={() => onHeard("not_heard")}>{t("no")}</PanelButton>
          )}
          <PanelButton onPress={() => onHeard("heard")}>{t("yes")}</PanelButton>
        </span>
      </Row>
    );
  }
  const said = heard === "heard" ? "speaker_heard" : "speaker_ask";
  return (
    <Row icon={<Volume2 size={20} />} name={t("speaker")} said={t(said)}>
      {heard === "heard" ? (
        <Tick />
      ) : (
        <span className="p-pair">
          <PanelButton onPress={start} isBusy={play === "playing"}>
            {t(play === "playing" ? "playing" : "play")}
          </PanelButton>
        </span>
      )}
    </Row>
  );
}

interface NetworkProps {
  readonly line: Line | null;
  readonly min_kbps: number;
  readonly max_rtt_ms: number;
  readonly t: T;
}

export function NetworkRow({ line, min_kbps, max_rtt_ms, t }: NetworkProps) {
  const icon = <Wifi size={20} />;
  if (line === null) return <Row icon={icon} name={t("network")} said={t("measuring")} />;
  if (line.kbps === 0) {
    return (
      <Row icon={icon} name={t("network")} said={t("network_none")}>
        <Tick tone="warn">!</Tick>
      </Row>
    );
  }
  const isGood = line.kbps >= min_kbps && line.rtt_ms <= max_rtt_ms;
  const rate = `${rateText(line.kbps)}, ${line.rtt_ms} ms`;
  return (
    <Row
      icon={icon}
      name={t("network")}
      said={t(isGood ? "network_good" : "network_weak", { rate })}
    >
      <Tick tone={isGood ? "good" : "warn"}>{isGood ? undefined : "!"}</Tick>
    </Row>
  );
}
