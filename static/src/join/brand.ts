/** The bank's colours on the page: from one colour per theme to the few the page needs, readable on each other. */

import { onTheme } from "../theme/theme";

export interface Brand {
  readonly name?: string;
  /** `#rrggbb` */
  readonly color?: string;
  readonly color_dark?: string;
}

type Rgb = readonly [number, number, number];
const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [10, 14, 20];
const SURFACE_DARK: Rgb = [22, 28, 37];

export function parseColor(hex: string | undefined): Rgb | null {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex ?? "");
  if (!found) return null;
  const [red = "0", green = "0", blue = "0"] = found.slice(1);
  return [Number.parseInt(red, 16), Number.parseInt(green, 16), Number.parseInt(blue, 16)];
}

function mix(color: Rgb, other: Rgb, share: number): Rgb {
  const part = (n: 0 | 1 | 2) => Math.round(color[n] * (1 - share) + other[n] * share);
  return [part(0), part(1), part(2)];
}

/** Relative luminance, WCAG 2.2. */
export function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const contrast = (a: Rgb, b: Rgb): number => {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};

const css = (color: Rgb): string => `rgb(${color.join(" ")})`;

/** Darkened or lightened until text in it is readable on the page (4.5 to 1). */
function readable(color: Rgb, isDark: boolean): Rgb {
  const ground = isDark ? SURFACE_DARK : WHITE;
  let shown = color;
  for (let n = 0; n < 12 && contrast(shown, ground) < 4.5; n += 1) {
    shown = mix(shown, isDark ? WHITE : BLACK, 0.12);
  }
  return shown;
}

/** The custom properties of a brand in one theme; {} keeps the page's own. */
export function brandColors(brand: Brand, isDark: boolean): Readonly<Record<string, string>> {
  const own = parseColor(isDark ? (brand.color_dark ?? brand.color) : brand.color);
  if (own === null) return {};
  const color = readable(own, isDark);
  const on = contrast(color, WHITE) >= contrast(color, BLACK) ? WHITE : BLACK;
  return {
    "--brand": css(color),
    "--brand-hover": css(mix(color, isDark ? WHITE : BLACK, 0.18)),
    "--brand-wash": css(mix(color, isDark ? SURFACE_DARK : WHITE, isDark ? 0.8 : 0.89)),
    "--on-brand": css(on),
  };
}

let shown: Brand = {};

export function applyBrand(brand: Brand): void {
  shown = brand;
  paint();
}

function paint(): void {
  const root = document.documentElement;
  const colors = brandColors(shown, root.dataset.theme === "dark");
  for (const [name, value] of Object.entries(colors)) root.style.setProperty(name, value);
}

onTheme(paint);
