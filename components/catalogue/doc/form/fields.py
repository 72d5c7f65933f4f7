"""The fields of a form: what a value of each type must be, who may change it, who may read it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from components.catalogue.reading import Values, flag, integer, number, objects, text, texts
from flow.events import Role
from flow.graph import JsonObject, JsonValue, Privacy, ValueType
from flow.privacy import LIVE, Sight, seen

MAX_TEXT = 2_000
"""Characters of any one value."""

VALUE_TYPES: Mapping[str, ValueType] = {
    "text": ValueType.STRING,
    "number": ValueType.NUMBER,
    "date": ValueType.STRING,
    "choice": ValueType.STRING,
    "bool": ValueType.BOOL,
    "phone": ValueType.STRING,
    "email": ValueType.STRING,
}
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{4,24}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]{1,63}(?:\.[^@\s.]{1,63}){1,8}")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_FEBRUARY = 2
_DAYS = dict(enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1))


def by_name(settings: Values) -> Mapping[str, JsonObject]:
    """The form's fields in order."""
    return {text(one, "name"): one for one in objects(settings, "fields")}


def privacy(field: Values) -> Privacy:
    """Personal unless the form says otherwise: what a customer is asked for mostly is."""
    return Privacy(text(field, "privacy", Privacy.PERSONAL))


def is_masked(settings: Values, field: Values, role: Role) -> bool:
    """The customer gives the data and sees it; others are kept from what is not for them."""
    if role == "customer":
        return False
    is_hidden = LIVE[role][privacy(field)] is not Sight.WHOLE
    return is_hidden or text(field, "name") in texts(settings, "mask")


def may_edit(settings: Values, field: Values, role: Role) -> bool:
    """Nobody edits what they cannot read."""
    if role not in {"customer", "agent"} or is_masked(settings, field, role):
        return False
    who = text(field, "editable_by") or text(settings, "who_can_edit")
    return who in {"both", role}


def shown(settings: Values, field: Values, value: JsonValue, role: Role) -> JsonValue:
    """The value as `role` may see it: masked values keep at most their last four digits."""
    if value is None or not is_masked(settings, field, role):
        return value
    sight = LIVE[role][privacy(field)]
    return seen(value, Sight.TAIL if sight is Sight.WHOLE else sight)


def is_of_type(field: Values, value: JsonValue) -> bool:
    """Whether the value can be kept while somebody is still typing; None clears the field."""
    if value is None:
        return True
    match text(field, "type"):
        case "bool":
            return isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            return isinstance(value, str) and len(value) <= MAX_TEXT


def problem(field: Values, value: JsonValue) -> str | None:
    """What is wrong with the value, as a word of the panel's contract; None when nothing is."""
    if value is None or value == "" or (value is False and flag(field, "required")):
        return "required" if flag(field, "required") else None
    if not is_of_type(field, value):
        return "type"
    if isinstance(value, str):
        return _length_problem(field, value) or _text_problem(field, value)
    return _number_problem(field, value) if isinstance(value, int | float) else None


def _length_problem(field: Values, value: str) -> str | None:
    if len(value) < integer(field, "min_length"):
        return "too_short"
    return "too_long" if len(value) > integer(field, "max_length", MAX_TEXT) else None


def _number_problem(field: Values, value: float) -> str | None:
    if isinstance(value, bool):
        return None
    if "min" in field and value < number(field, "min"):
        return "too_small"
    return "too_large" if "max" in field and value > number(field, "max") else None


def _text_problem(field: Values, value: str) -> str | None:
    match text(field, "type"):
        case "choice":
            known = {text(one, "value") for one in objects(field, "options")}
            return None if value in known else "option"
        case "date":
            return None if _is_date(value) else "format"
        case "phone":
            return None if _PHONE.fullmatch(value) else "format"
        case "email":
            return None if _EMAIL.fullmatch(value) else "format"
        case _:
            mask = text(field, "format")
            return None if not mask or _fits(mask, value) else "format"


def _is_date(value: str) -> bool:
    """YYYY-MM-DD of the Gregorian calendar (ISO 8601)."""
    found = _DATE.fullmatch(value)
    if found is None:
        return False
    year, month, day = (int(part) for part in found.groups())
    return 1 <= day <= _days(year, month)


def _days(year: int, month: int) -> int:
    """Days of the month; 0 for a month there is not."""
    if month == _FEBRUARY and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
        return 29
    return _DAYS.get(month, 0)


def _fits(mask: str, value: str) -> bool:
    """Character by character: 9 a digit, A a letter, * either, anything else itself.

    No regular expressions from people: no pattern can take longer than its value.
    """
    return len(mask) == len(value) and all(map(_fits_one, mask, value))


def _fits_one(wanted: str, found: str) -> bool:
    match wanted:
        case "9":
            return found.isascii() and found.isdigit()
        case "A":
            return found.isalpha()
        case "*":
            return found.isalnum()
        case _:
            return found == wanted
