"""Who sees how much of what a run knows: one table, and the veil that keeps to it.

Two things are veiled: a variable, known by its name; and a text in which its value turns up, as
behaviours may have put it anywhere. The second is a net below the first and no proof: values of
fewer than SHORTEST characters, and single words like those of which panels are made, pass it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from types import MappingProxyType

from flow.events import Role
from flow.graph import JsonObject, JsonValue, Privacy

MASK = "••••"
SHORTEST = 4
_TAIL = 4
_LONG_ENOUGH_FOR_A_TAIL = 9
_WORD = re.compile(r"[a-z_]{1,24}")
_LIKE_AN_ID = re.compile(r"[0-9a-f]{1,11}")
_NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{4,40}")
"""As people write those of phones, cards, accounts; a date is too short to keep its tail."""


class Sight(StrEnum):
    """How much of a value somebody sees."""

    WHOLE = "whole"
    TAIL = "tail"
    """The last four digits of a long number, and nothing of anything else."""
    NOTHING = "nothing"


Sights = Mapping[Privacy, Sight]


def _sights(personal: Sight, special: Sight, secret: Sight = Sight.NOTHING) -> Sights:
    return MappingProxyType(
        {
            Privacy.NONE: Sight.WHOLE,
            Privacy.PERSONAL: personal,
            Privacy.SPECIAL: special,
            Privacy.SECRET: secret,
        }
    )


_OVERSEEN = _sights(Sight.TAIL, Sight.NOTHING)
_OUTSIDE = _sights(Sight.NOTHING, Sight.NOTHING)
LIVE: Mapping[Role, Sights] = {
    "customer": _sights(Sight.WHOLE, Sight.WHOLE, Sight.WHOLE),
    "agent": _sights(Sight.WHOLE, Sight.WHOLE),
    "supervisor": _OVERSEEN,
    "auditor": _OVERSEEN,
    "system": _OVERSEEN,
    "expert": _OUTSIDE,
    "interpreter": _OUTSIDE,
    "co_customer": _OUTSIDE,
}
"""While the run goes on: the customer's own data, what the agent needs to serve them, and else as
little as oversight takes."""
RECORD: Mapping[Role, Sights] = {
    "customer": _sights(Sight.NOTHING, Sight.NOTHING),
    "agent": _sights(Sight.WHOLE, Sight.NOTHING),
    "supervisor": _OVERSEEN,
    "auditor": _OVERSEEN,
    "system": _OVERSEEN,
    "expert": _OUTSIDE,
    "interpreter": _OUTSIDE,
    "co_customer": _OUTSIDE,
}
"""In the run's record: who served it is reminded of whom, but needs nothing special any more."""


def seen(value: JsonValue, sight: Sight) -> JsonValue:
    """The value as far as it may be seen; nothing stays nothing."""
    if sight is Sight.WHOLE or value is None:
        return value
    return _tail_of(str(value)) if sight is Sight.TAIL else MASK


def _tail_of(text: str) -> str:
    """`•••• 4471` of a long number (a phone's, an account's), `••••` of anything else."""
    tail = text[-_TAIL:]
    is_long = sum(one.isdigit() for one in text) >= _LONG_ENOUGH_FOR_A_TAIL
    return f"{MASK} {tail}" if is_long and tail.isdigit() and _NUMBER.fullmatch(text) else MASK


@dataclass(frozen=True, slots=True, kw_only=True)
class Veil:
    """What one reader does not see of one run. Made by `veil`."""

    sights: Sights
    classes: Mapping[str, Privacy]
    """Of each variable that is declared; any other is personal."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Hidden text -> what stands in its place."""
    pattern: re.Pattern[str] | None = None
    """Finds them within longer texts, but for single words."""

    def sight(self, name: str) -> Sight:
        return self.sights[self.classes.get(name, Privacy.PERSONAL)]

    def variable(self, name: str, value: JsonValue) -> JsonValue:
        return seen(value, self.sight(name))

    def variables(self, values: Mapping[str, JsonValue]) -> JsonObject:
        return {name: self.variable(name, value) for name, value in values.items()}

    def over(self, value: JsonValue) -> JsonValue:
        """The value with every hidden text in it replaced."""
        if not self.texts:
            return value
        match value:
            case str():
                return self._over_text(value)
            case list():
                return [self.over(one) for one in value]
            case dict():
                return {key: self.over(one) for key, one in value.items()}
            case int() | float() if not isinstance(value, bool):
                return self.texts.get(str(value), value)
            case _:
                return value

    def _over_text(self, text: str) -> str:
        if text in self.texts:
            return self.texts[text]
        if self.pattern is None:
            return text
        return self.pattern.sub(lambda found: self.texts[found[0]], text)


def veil(
    sights: Sights,
    classes: Mapping[str, Privacy],
    variables: Mapping[str, JsonValue],
    personal: Iterable[str] = (),
) -> Veil:
    """The veil over these variables, and over further personal texts (names of people)."""
    bare = Veil(sights=sights, classes=classes)
    texts: dict[str, str] = {}
    for name, value in variables.items():
        texts |= _hidden(value, bare.sight(name))
    for text in personal:
        texts |= _hidden(text, sights[Privacy.PERSONAL])
    inner = [one for one in texts if _WORD.fullmatch(one) is None]
    longest_first = map(_findable, sorted(inner, key=len, reverse=True))
    pattern = re.compile("|".join(longest_first)) if inner else None
    return Veil(sights=sights, classes=classes, texts=texts, pattern=pattern)


def _findable(text: str) -> str:
    """A few digits may be part of any id or hash, so they must stand alone."""
    found = re.escape(text)
    return rf"(?<![0-9a-f]){found}(?![0-9a-f])" if _LIKE_AN_ID.fullmatch(text) else found


def _hidden(value: JsonValue, sight: Sight) -> dict[str, str]:
    if sight is Sight.WHOLE:
        return {}
    return {one: str(seen(one, sight)) for one in _leaves(value) if _is_telling(one, sight)}


def _is_telling(text: str, sight: Sight) -> bool:
    """A personal value that is a single word may be one that a panel is made of."""
    is_word = _WORD.fullmatch(text) is not None
    return len(text) >= SHORTEST and (sight is Sight.NOTHING or not is_word)


def _leaves(value: JsonValue) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            yield from chain.from_iterable(map(_leaves, value))
        case dict():
            yield from chain.from_iterable(map(_leaves, value.values()))
        case int() | float() if len(str(value)) > SHORTEST and not isinstance(value, bool):
            yield str(value)
        case _:
            return
