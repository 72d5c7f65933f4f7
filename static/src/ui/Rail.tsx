/** The narrow strip of places at the left edge of every staff page. */

import type { ReactNode } from "react";
import { Brand } from "./Brand";

export interface RailPlace {
  readonly href: string;
  readonly label: string;
  readonly icon: ReactNode;
}

export interface RailProps {
  readonly label: string;
  readonly brandLabel: string;
  readonly places: readonly RailPlace[];
  readonly current: string;
  /** Stands at the foot: settings, the person. */
  readonly children?: ReactNode;
}

export function Rail({ label, brandLabel, places, current, children }: RailProps) {
  return (
    <nav className="rail" aria-label={label}>
      <a className="brand" href="/" aria-label={brandLabel}>
        <Brand />
      </a>
      {places.map((place) => (
        <a
          key={place.href}
          href={place.href}
          aria-label={place.label}
          title={place.label}
          aria-current={place.href === current ? "page" : undefined}
        >
          {place.icon}
        </a>
      ))}
      <span className="grow" />
      {children}
    </nav>
  );
}
