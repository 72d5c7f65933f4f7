"""Expressions: what they may read, what they give, and how a fault is told."""

from __future__ import annotations

import pytest

from flow.errors import ExpressionError
from flow.expressions import MAX_SOURCE, check, evaluate, reads
from flow.graph import JsonObject, JsonValue, ValueType

TYPES = {
    "form.amount": ValueType.NUMBER,
    "form.name": ValueType.STRING,
    "count": ValueType.INT,
    "agreed": ValueType.BOOL,
    "images": ValueType.LIST,
    "card": ValueType.OBJECT,
}
VALUES: JsonObject = {
    "form.amount": 12,
    "form.name": "Anna",
    "count": 3,
    "agreed": True,
    "images": ["a", "b"],
    "card": {"ok": True, "score": [0.5, None]},
}


@pytest.mark.parametrize(
    ("source", "gives", "value"),
    [
        ("form.amount > 10.5", ValueType.BOOL, True),
        ("form.amount > 10", ValueType.BOOL, True),
        ("100 < form.amount", ValueType.BOOL, False),
        ("form.amount * 2 + 1", ValueType.NUMBER, 25.0),
        ("form.amount > -1 && form.amount < 20 && count == 3", ValueType.BOOL, True),
        ("double(count) < form.amount", ValueType.BOOL, True),
        ("form.name + '!'", ValueType.STRING, "Anna!"),
        ("form.name == 'form.amount'", ValueType.BOOL, False),
        ("form.name.startsWith('A') || false", ValueType.BOOL, True),
        ("size(images)", ValueType.INT, 2),
        ("images.exists(one, one == 'b')", ValueType.BOOL, True),
        ("card.ok", None, True),
        ("card.score[0]", None, 0.5),
        ("has(card.missing)", ValueType.BOOL, False),
        ("agreed ? 1 : 2", ValueType.INT, 1),
        ("[1, 2]", ValueType.LIST, [1, 2]),
        ("{'a': count}", ValueType.OBJECT, {"a": 3}),
        ("timestamp('2026-01-02T03:04:05Z')", ValueType.STRING, "2026-01-02T03:04:05Z"),
        ("duration('90s')", ValueType.STRING, "90s"),
        ("count > 1 // form.nothing", ValueType.BOOL, True),
        ("null", None, None),
    ],
)
def test_an_expression_gives_its_type_and_value(
    source: str, gives: ValueType | None, value: JsonValue
) -> None:
    assert check(source, TYPES) is gives
    assert evaluate(source, VALUES, TYPES) == value


@pytest.mark.parametrize(
    ("source", "message", "position"),
    [
        ("", "nothing is written here", 0),
        ("count +", "the expression ends too early", 7),
        ("count + * 2", "does not parse", 8),
        ("'中文' + * 2", "does not parse", 7),
        ("form.amont > 10.0", "did you mean 'form.amount'?", 4),
        ("nobody == 1", "no variable 'nobody'", 0),
        ("frobnicate(count)", "no function 'frobnicate'", 10),
        ("count == 'a'", "no matching overload for '=='", 6),
        ("form.amount > count", "write double(...)", 12),
        ("count\n > 'a'", "no matching overload", 7),
        ("form.amount > 1 && form.nam == 'x'", "no variable 'form.nam'", 23),
        ("x" * (MAX_SOURCE + 1), "longer than", MAX_SOURCE),
    ],
)
def test_a_fault_is_found_when_drawn_and_located(source: str, message: str, position: int) -> None:
    with pytest.raises(ExpressionError) as error:
        check(source, TYPES)

    assert message in error.value.message
    assert error.value.position == position


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / (count - 3) > 1", "divide by zero"),
        ("card.missing", "missing"),
        ("images[7]", "index"),
        ("b'abc'", "no JSON value"),
        ("{1: 2}", "key of an object"),
        ("count + 9223372036854775807", "overflow"),
        ("form.name > 'a' && nothing.here", "no variable"),
    ],
)
def test_a_fault_of_evaluation_is_told(source: str, message: str) -> None:
    with pytest.raises(ExpressionError) as error:
        evaluate(source, VALUES, TYPES)

    assert message in error.value.message


def test_a_variable_without_value_is_a_fault_and_not_false() -> None:
    with pytest.raises(ExpressionError) as error:
        evaluate("form.amount > 10", {"form.amount": None}, TYPES)

    assert error.value.message == "variable 'form.amount' has no value yet"


def test_a_value_of_another_type_than_declared_is_a_fault() -> None:
    with pytest.raises(ExpressionError):
        evaluate("count > 1", {"count": "three"}, TYPES)


def test_work_without_bound_is_cut_off() -> None:
    ten = "[0,1,2,3,4,5,6,7,8,9]"
    source = "true"
    for name in "abcdef":
        source = f"{ten}.all({name}, {source})"

    with pytest.raises(ExpressionError) as error:
        evaluate(source, {}, {})

    assert error.value.message == "takes too many steps"


def test_nesting_without_bound_is_refused() -> None:
    with pytest.raises(ExpressionError):
        check("(" * 500 + "1" + ")" * 500, {})


def test_without_declared_types_values_speak_for_themselves() -> None:
    assert (
        evaluate(
            "a > 1.5 && b == 'x' && c && size(d) == 1 && e.f == 2",
            {
                "a": 2.0,
                "b": "x",
                "c": True,
                "d": [1],
                "e": {"f": 2},
                "g": None,
            },
        )
        is True
    )


def test_reads_names_the_variables_and_nothing_else() -> None:
    source = "form.amount > 1.0 && form.name == 'count' && card.ok.deep // agreed"

    assert reads(source, TYPES) == ("card", "form.amount", "form.name")


def test_the_longest_name_is_the_one_that_is_read() -> None:
    assert reads("a.b.c + a.x", {"a", "a.b"}) == ("a", "a.b")


def test_numbers_are_read_only_so_often() -> None:
    source = " && ".join(["form.amount > 1"] * 200)

    with pytest.raises(ExpressionError) as error:
        check(source, TYPES)

    assert "too many numbers" in error.value.message


def test_whole_numbers_speak_for_themselves_too() -> None:
    assert evaluate("a + 1", {"a": 1}) == 2
