/** A push button in four kinds and three sizes; an icon button always has a spoken name. */

import type { ComponentProps, ReactNode } from "react";

interface Look {
  readonly kind?: "plain" | "primary" | "ghost" | "danger";
  readonly size?: "small" | "medium" | "large";
  readonly icon?: ReactNode;
}
export type ButtonProps = Look & ComponentProps<"button">;

export function Button({
  kind = "plain",
  size = "medium",
  icon,
  children,
  className,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      data-kind={kind}
      data-size={size}
      className={`btn ${className ?? ""}`}
      {...rest}
    >
      {icon}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, "children" | "icon"> {
  readonly label: string;
  readonly children: ReactNode;
  readonly pressed?: boolean;
}

export function IconButton({ label, children, pressed, kind = "ghost", ...rest }: IconButtonProps) {
  return (
    <Button
      kind={kind}
      data-square=""
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      {...rest}
    >
      {children}
    </Button>
  );
}
