/** Who is shown in a call beside the large picture, and what is only heard. Pure. */

import type { Person } from "../api/socket_types";

export interface Shown {
  /** A participant's id, or `<id>/2` for what they show beside their own picture. */
  readonly key: string;
  readonly person: Person;
  readonly isScreen: boolean;
}

export interface Company {
  readonly shown: readonly Shown[];
  /** Streams of nobody in the view: music, a played sound. */
  readonly heard: readonly string[];
}

export interface Around {
  readonly people: readonly Person[];
  readonly you: string;
  /** Ids of the streams that come. */
  readonly streams: readonly string[];
  /** Participants whose own picture is large elsewhere. */
  readonly large: readonly string[];
}

/** Screens first: they are what everybody looks at. Then people in the order in which they came. */
export function companyOf({ people, you, streams, large }: Around): Company {
  const known = new Map(people.map((person) => [person.id, person]));
  const screens = streams.flatMap((key): readonly Shown[] => {
    const person = known.get(key.split("/")[0] ?? "");
    return key.includes("/") && person ? [{ key, person, isScreen: true }] : [];
  });
  const others = people
    .filter((one) => one.present && one.id !== you && !large.includes(one.id))
    .map((person): Shown => ({ key: person.id, person, isScreen: false }));
  const heard = streams.filter((key) => !known.has(key.split("/")[0] ?? ""));
  return { shown: [...screens, ...others], heard };
}
