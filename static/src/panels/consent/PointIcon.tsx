/** The pictures an analyst may name for a point of a consent text; an unknown name gets the plain one. */

import {
  Archive,
  CalendarClock,
  EyeOff,
  FileText,
  Fingerprint,
  Info,
  Lock,
  MapPin,
  Mic,
  Scale,
  ShieldCheck,
  UserRound,
  Video,
} from "lucide-react";

const ICONS = {
  video: Video,
  camera: Video,
  mic: Mic,
  lock: Lock,
  shield: ShieldCheck,
  "eye-off": EyeOff,
  eye_off: EyeOff,
  hidden: EyeOff,
  calendar: CalendarClock,
  clock: CalendarClock,
  archive: Archive,
  file: FileText,
  face: UserRound,
  person: UserRound,
  fingerprint: Fingerprint,
  place: MapPin,
  law: Scale,
} as const;

export function PointIcon({ name }: { readonly name: string }) {
  const Icon = name in ICONS ? ICONS[name as keyof typeof ICONS] : Info;
  return <Icon size={20} aria-hidden />;
}
