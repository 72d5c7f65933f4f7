"""Expressions of analysts in CEL: parse, type-check against the run's variables, evaluate.

The language is CEL (github.com/google/cel-spec). One convenience beyond it: a whole number written
beside a `number` is read as a number with decimals, so `form.amount > 10` means `form.amount >
10.0`. Only here is the CEL library imported, and only the variables an expression reads are handed
to it, so cost does not grow with the flow.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from cel_expr_python import cel

from flow.errors import ExpressionError
from flow.graph import JsonValue, ValueType

MAX_SOURCE = 4_096
"""Characters of one expression; the library bounds nesting and iterations itself."""
_MAX_REPAIRS = 128
_STEPS_BOUND = "Iteration budget exceeded"

_CEL_TYPES: Mapping[ValueType, object] = {
    ValueType.STRING: cel.Type.STRING,
    ValueType.INT: cel.Type.INT,
    ValueType.NUMBER: cel.Type.DOUBLE,
    ValueType.BOOL: cel.Type.BOOL,
    ValueType.LIST: cel.Type.List(cel.Type.DYN),
    ValueType.OBJECT: cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
}
_RESULT_TYPES: Mapping[str, ValueType] = {
    "STRING": ValueType.STRING,
    "INT": ValueType.INT,
    "UINT": ValueType.INT,
    "DOUBLE": ValueType.NUMBER,
    "BOOL": ValueType.BOOL,
    "LIST": ValueType.LIST,
    "MAP": ValueType.OBJECT,
    "TIMESTAMP": ValueType.STRING,
    "DURATION": ValueType.STRING,
}

_TOKEN = re.compile(
    r"""(?P<text>[rRbB]{0,2}(?:'''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"))
      |(?P<comment>//[^\n]*)
      |(?P<name>\.?\s*[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)
      |(?P<decimal>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|0[xX][0-9a-fA-F]+[uU]?|\d+[uU])
      |(?P<whole>\d+)
      |(?P<other>\S)""",
    re.VERBOSE | re.DOTALL,
)
_PLACE = re.compile(r"<input>:(\d+):(\d+): ([^\n]*)")
_MIXED = re.compile(
    r"no matching overload for '_(\S{1,2})_' applied to '\((double, int|int, double)\)'"
)


@dataclass(frozen=True, slots=True)
class _Compiled:
    program: cel.Expression
    type: ValueType | None
    reads: tuple[str, ...]


def check(source: str, types: Mapping[str, ValueType]) -> ValueType | None:
    """The type it gives, or None when only evaluation can tell (a list's member, `null`).

    `types` are all variables it may read. Raises ExpressionError with a position.
    """
    return _compile_against(source, types).type


def evaluate(
    source: str,
    variables: Mapping[str, JsonValue],
    types: Mapping[str, ValueType] | None = None,
) -> JsonValue:
    """The value as JSON. Times become RFC 3339 text, durations seconds as text.

    Without `types` the type of each variable is taken from its value. Raises ExpressionError, also
    when a variable that is read has no value yet.
    """
    declared = types if types is not None else _types_of(source, variables)
    compiled = _compile_against(source, declared)
    data = {name: _bound_value(source, name, variables, declared[name]) for name in compiled.reads}
    try:
        value = compiled.program.eval(data=data)
        plain = value.plain_value()
    except (RuntimeError, ValueError, TypeError) as error:
        raise _evaluation_error(source, str(error)) from error
    if value.type() == cel.Type.ERROR:
        raise _evaluation_error(source, str(plain))
    return _json_value(source, plain)


def reads(source: str, known: Collection[str]) -> tuple[str, ...]:
    """The `known` variables it names, sorted; the longest name wins (`a.b` over `a`)."""
    found = {_longest(chain, known) for chain in _chains(source)}
    return tuple(sorted(name for name in found if name is not None))


@lru_cache(maxsize=4_096)
def _chains(source: str) -> tuple[str, ...]:
    """Every dotted name outside texts and comments, blanks removed."""
    matches = (one for one in _TOKEN.finditer(source) if one.lastgroup == "name")
    names = (re.sub(r"\s+", "", one.group()) for one in matches)
    return tuple(name for name in names if not name.startswith("."))


def _longest(chain: str, known: Collection[str]) -> str | None:
    while chain:
        if chain in known:
            return chain
        chain = chain.rpartition(".")[0]
    return None


def _compile_against(source: str, types: Mapping[str, ValueType]) -> _Compiled:
    if len(source) > MAX_SOURCE:
        raise ExpressionError(
            source=source, message=f"longer than {MAX_SOURCE} characters", position=MAX_SOURCE
        )
    if not source.strip():
        raise ExpressionError(source=source, message="nothing is written here", position=0)
    names = reads(source, types)
    try:
        return _compile(source, tuple((name, types[name]) for name in names))
    except ExpressionError as error:
        raise _with_suggestion(error, types) from None


@lru_cache(maxsize=4_096)
def _compile(source: str, declared: tuple[tuple[str, ValueType], ...]) -> _Compiled:
    environment = cel.NewEnv(variables={name: _CEL_TYPES[kind] for name, kind in declared})
    text, added = source, list[int]()
    for _ in range(_MAX_REPAIRS):
        try:
            program = environment.compile(text)
        except (RuntimeError, ValueError) as error:
            failure = str(error)
        else:
            reads_ = tuple(name for name, _ in declared)
            return _Compiled(program, _result_type(program.return_type()), reads_)
        place = _literal_to_repair(text, failure)
        if place is None:
            raise _compile_error(source, text, failure, added)
        text = f"{text[:place]}.0{text[place:]}"
        added.append(place)
    raise ExpressionError(source=source, message="too many numbers to read; write them as 1.0")


def _literal_to_repair(text: str, failure: str) -> int | None:
    """Where `.0` makes a whole number fit its neighbour; None when the failure is another."""
    found = _PLACE.search(failure)
    mixed = _MIXED.search(failure)
    if found is None or mixed is None:
        return None
    operator = _offset(text, int(found.group(1)), int(found.group(2)))
    tokens = list(_TOKEN.finditer(text))
    if mixed.group(2) == "double, int":
        after = operator + len(mixed.group(1))
        return (
            next(
                (one.end() for one in tokens if one.start() >= after and one.lastgroup == "whole"),
                None,
            )
            if _next_is_whole(tokens, after)
            else None
        )
    before = [one for one in tokens if one.end() <= operator]
    return before[-1].end() if before and before[-1].lastgroup == "whole" else None


def _next_is_whole(tokens: list[re.Match[str]], after: int) -> bool:
    following = [one for one in tokens if one.start() >= after]
    if following and following[0].group() == "-":
        following = following[1:]
    return bool(following) and following[0].lastgroup == "whole"


def _offset(text: str, line: int, column: int) -> int:
    """0-based offset of a 1-based line and column, both in code points."""
    lines = text.split("\n")
    return min(sum(len(one) + 1 for one in lines[: line - 1]) + column - 1, len(text))


def _compile_error(source: str, text: str, failure: str, added: list[int]) -> ExpressionError:
    found = _PLACE.search(failure)
    if found is None:
        return ExpressionError(source=source, message=failure.splitlines()[0][:200])
    place = _offset(text, int(found.group(1)), int(found.group(2)))
    for inserted in reversed(added):
        place -= 2 if inserted < place else 0
    return ExpressionError(source=source, message=_in_words(found.group(3)), position=place)


def _in_words(message: str) -> str:
    """The library's message without its grammar's token lists and internal names."""
    message = message.removesuffix(" (in container '')")
    if mixed := _MIXED.search(message):
        sides = "a whole number and a number with decimals"
        return f"{sides} around {mixed.group(1)!r}: write double(...)"
    if message.startswith("Syntax error:"):
        said = message.removeprefix("Syntax error: ").partition(" expecting ")[0]
        return "the expression ends too early" if "<EOF>" in said else f"does not parse: {said}"
    return re.sub(r"'_(\S+?)_'", r"'\1'", message)


_UNDECLARED = re.compile(r"undeclared reference to '([^']+)'")


def _with_suggestion(error: ExpressionError, types: Mapping[str, ValueType]) -> ExpressionError:
    found = _UNDECLARED.search(error.message)
    if found is None:
        return error
    name = found.group(1)
    called = error.position is not None and _is_call(error.source, error.position)
    message = f"no function {name!r}" if called else f"no variable {name!r}"
    close = [] if called else difflib.get_close_matches(name, types, n=1)
    message += f"; did you mean {close[0]!r}?" if close else ""
    return ExpressionError(source=error.source, message=message, position=error.position)


def _is_call(source: str, position: int) -> bool:
    """Whether the library points at the bracket of a call, as it does for an unknown function."""
    return source[position : position + 1] == "("


def _result_type(kind: object) -> ValueType | None:
    name = str(kind).partition("<")[0]
    return _RESULT_TYPES.get(name)


def _types_of(source: str, variables: Mapping[str, JsonValue]) -> dict[str, ValueType]:
    return {name: _type_of(variables[name]) for name in reads(source, variables)}


def _type_of(value: JsonValue) -> ValueType:
    match value:
        case bool():
            return ValueType.BOOL
        case int():
            return ValueType.INT
        case float():
            return ValueType.NUMBER
        case list():
            return ValueType.LIST
        case dict():
            return ValueType.OBJECT
        case _:
            return ValueType.STRING


def _bound_value(
    source: str, name: str, variables: Mapping[str, JsonValue], kind: ValueType
) -> JsonValue:
    value = variables.get(name)
    if value is None:
        raise ExpressionError(source=source, message=f"variable {name!r} has no value yet")
    if kind is ValueType.NUMBER and isinstance(value, int):
        return float(value)
    return value


def _evaluation_error(source: str, said: str) -> ExpressionError:
    if _STEPS_BOUND in said:
        return ExpressionError(source=source, message="takes too many steps")
    message = said.split("[", maxsplit=1)[0] if said.endswith("]") else said
    return ExpressionError(source=source, message=message.partition(": ")[2].strip() or message)


def _json_value(source: str, plain: object) -> JsonValue:
    match plain:
        case None | bool() | int() | float() | str():
            return plain
        case list():
            return [_json_value(source, one) for one in plain]
        case dict():
            return {_key(source, one): _json_value(source, value) for one, value in plain.items()}
        case datetime():
            return plain.isoformat().replace("+00:00", "Z")
        case timedelta():
            return f"{plain.total_seconds():g}s"
        case _:
            raise ExpressionError(source=source, message="gives something that is no JSON value")


def _key(source: str, key: object) -> str:
    if not isinstance(key, str):
        raise ExpressionError(source=source, message="a key of an object must be text")
    return key
