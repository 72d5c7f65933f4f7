/** A label, its control, help and error, tied together for assistive technology. */

import { CircleAlert } from "lucide-react";
import { type ReactNode, useId } from "react";

export interface ControlProps {
  readonly id: string;
  readonly "aria-describedby"?: string;
  readonly "aria-invalid"?: boolean;
}

export interface FieldProps {
  readonly label: string;
  readonly help?: string;
  readonly error?: string | undefined;
  readonly hideLabel?: boolean;
  readonly children: (control: ControlProps) => ReactNode;
}

export function Field({ label, help, error, hideLabel, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const described = error || help ? { "aria-describedby": noteId } : {};
  return (
    <div className="field">
      <label htmlFor={id} className={hideLabel ? "visually-hidden" : undefined}>
        {label}
      </label>
      {children({ id, ...described, ...(error ? { "aria-invalid": true } : {}) })}
      {error ? (
        <p id={noteId} className="field-error" role="alert">
          <CircleAlert size={13} aria-hidden />
          {error}
        </p>
      ) : (
        help && (
          <p id={noteId} className="field-help">
            {help}
          </p>
        )
      )}
    </div>
  );
}
