/** The left column of a call: the customer, oneself, what the customer sees, the line, the call controls. */

import {
  Video as Camera,
  CameraOff,
  Mic,
  MicOff,
  PhoneOff,
  RefreshCw,
  VideoOff,
} from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Person } from "../api/socket";
import { useMessages } from "../i18n/messages";
import { useHasCome } from "../media/arrival";
import { Muted } from "../media/Muted";
import { Others } from "../media/Others";
import { Video } from "../media/Video";
import type { Call } from "./call";
import { DeviceHelp } from "./DeviceHelp";
import { EndDialog } from "./EndDialog";
import { GuestActions, HoldButton, InviteButton, ShareButton } from "./Guests";
import { LevelBars, LineRow, Meter, Resolution } from "./LineRow";
import { SeenNow } from "./SeenNow";
import { useTicking } from "./stores";
import { deskTexts } from "./texts";
import { WeakLine } from "./WeakLine";
import { clockText } from "./words";

export function Stage({ call }: { call: Call }) {
  const t = useMessages(deskTexts);
  const customer = call.view.people.find((person) => person.role === "customer");
  return (
    <section className="call-stage">
      <CustomerTile call={call} customer={customer} />
      <div className="call-pair">
        <SelfTile call={call} />
        <SeenNow call={call} isAway={customer?.present === false} />
      </div>
      <Others
        view={call.view}
        media={call.media}
        large={customer ? [customer.id] : []}
        actions={(person) => <GuestActions run={call.view.run.id} person={person} />}
      />
      <DeviceHelp call={call} />
      <WeakLine call={call} customer={customer} />
      <div className="call-lines">
        <LineRow name={t("you")} stats={call.media.stats} />
        {customer && (
          <LineRow
            name={customer.name || t("customer")}
            stats={call.run.network[customer.id] ?? null}
          />
        )}
      </div>
      <Controls call={call} />
    </section>
  );
}

interface CustomerTileProps {
  readonly call: Call;
  readonly customer: Person | undefined;
}

function CustomerTile({ call, customer }: CustomerTileProps) {
  const t = useMessages(deskTexts);
  const stream = customer ? (call.media.remote[customer.id] ?? null) : null;
  const hasCome = useHasCome(stream);
  const network = customer ? call.run.network[customer.id] : undefined;
  const name = customer?.name || t("customer");
  const reconnecting = call.view.room?.interrupted || call.media.call === "reconnecting";
  const isAway = customer !== undefined && !customer.present;
  const isUnseen = customer?.muted?.includes("video") === true;
  return (
    <figure className="call-tile call-customer" aria-label={name}>
      <Video stream={stream} label={name} />
      {isAway && <AwayCover since_ms={customer.since_ms} now={call.now} name={name} />}
      {!isAway && reconnecting && (
        <Cover icon={<RefreshCw size={28} aria-hidden />} title={t("interrupted")}>
          {t("interrupted_text")}
        </Cover>
      )}
      {!isAway && !reconnecting && (isUnseen || !hasCome) && (
        <Cover
          icon={<CameraOff size={28} aria-hidden />}
          title={t(isUnseen ? "camera_off" : "no_picture")}
        >
          {t(isUnseen ? "camera_off_text" : "no_picture_text")}
        </Cover>
      )}
      <figcaption className="call-plate call-tl">
        <Muted person={customer} />
        {name} {customer?.name && <small>{t("customer_word")}</small>}
      </figcaption>
      <span className="call-plate call-tr">
        <Meter level={network?.level ?? null} />
      </span>
      <Resolution stream={stream} />
    </figure>
  );
}

interface AwayProps {
  readonly since_ms: number;
  readonly now: () => number;
  readonly name: string;
}

function AwayCover({ since_ms, now, name }: AwayProps) {
  const t = useMessages(deskTexts);
  const at_ms = useTicking(now);
  return (
    <div className="call-cover" role="status">
      <b className="call-cover-time num" aria-hidden>
        {clockText(at_ms - since_ms)}
      </b>
      <span>{t("customer_away", { name })}</span>
      <small>{t("customer_away_text")}</small>
    </div>
  );
}

interface CoverProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly children: ReactNode;
}

function Cover({ icon, title, children }: CoverProps) {
  return (
    <div className="call-cover" role="status">
      {icon}
      <span>{title}</span>
      <small>{children}</small>
    </div>
  );
}

function SelfTile({ call }: { call: Call }) {
  const t = useMessages(deskTexts);
  const { media } = call;
  return (
    <figure className="call-tile call-self" aria-label={t("you")}>
      <Video stream={media.local} isOwn label={t("you")} />
      {!media.is_camera_on && (
        <div className="call-cover">
          <CameraOff size={22} aria-hidden />
          <small>{t("camera_off")}</small>
        </div>
      )}
      <figcaption className="call-plate call-bl">
        {media.is_muted ? <MicOff size={14} aria-hidden /> : <LevelBars client={call.client} />}
        {t("you")}
        <span className="visually-hidden">{t(media.is_muted ? "muted" : "listening")}</span>
      </figcaption>
    </figure>
  );
}

function Controls({ call }: { call: Call }) {
  const t = useMessages(deskTexts);
  const [ending, setEnding] = useState(false);
  const { is_muted, is_camera_on } = call.media;
  return (
    <div className="call-dock" role="toolbar" aria-label={t("controls")}>
      <button type="button" aria-pressed={is_muted} onClick={() => call.client.setMuted(!is_muted)}>
        {is_muted ? <MicOff size={20} aria-hidden /> : <Mic size={20} aria-hidden />}
        {t(is_muted ? "unmute" : "mute")}
      </button>
      <button
        type="button"
        aria-pressed={!is_camera_on}
        onClick={() => call.client.setCameraOn(!is_camera_on)}
      >
        {is_camera_on ? <Camera size={20} aria-hidden /> : <VideoOff size={20} aria-hidden />}
        {t(is_camera_on ? "camera" : "camera_on")}
      </button>
      <ShareButton client={call.client} isSharing={call.media.sharing !== null} />
      <HoldButton view={call.view} />
      <InviteButton run={call.view.run.id} />
      <button type="button" className="call-end" onClick={() => setEnding(true)}>
        <PhoneOff size={20} aria-hidden />
        {t("end")}
      </button>
      {ending && <EndDialog end={call.end} onClose={() => setEnding(false)} />}
    </div>
  );
}
