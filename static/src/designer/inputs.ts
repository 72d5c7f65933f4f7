/** What every input of the config form is given. */

import type { Json, JsonObject } from "../flow/model";
import type { Schema } from "./schema";

export interface InputProps {
  readonly schema: Schema;
  readonly name: string;
  /** JSON pointer into the config. */
  readonly at: string;
  readonly value: Json | undefined;
  readonly onChange: (value: Json | undefined) => void;
}

export function withKey(object: JsonObject, key: string, value: Json | undefined): JsonObject {
  const { [key]: _, ...rest } = object;
  return value === undefined ? rest : { ...object, [key]: value };
}
