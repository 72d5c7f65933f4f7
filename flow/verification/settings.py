"""Are the settings of each node complete, and does what they read exist.

Settings are checked against the component's own JSON Schema (draft 2020-12). Keywords of ours in
it: `x-cel` ("bool" or "any") marks an expression, `x-template` a text with `{{name}}` places,
`x-variable` the name of a variable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from flow import expressions
from flow.component import Component
from flow.errors import ExpressionError
from flow.graph import FRESH_SESSION, RESUME, JsonObject, JsonValue, Node, ValueType
from flow.shapes import member
from flow.verification.finding import Finding, said
from flow.verification.subject import Subject

_PLACE = re.compile(r"\{\{\s*([a-z][a-z0-9_.]*)\s*\}\}")
_ReadKind: TypeAlias = Literal["expression", "template", "name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A spot of a node's settings that reads variables."""

    kind: _ReadKind
    text: str
    field: str
    wants: ValueType | None = None
    """What an expression must give; None for anything."""
    before: frozenset[str] = frozenset()
    """Texts of the items before it in its list: a variable named there is set before this."""


def check_settings(subject: Subject) -> Iterator[Finding]:
    """FLOW-07 (settings), FLOW-08 (expressions and names)."""
    yield from _check_flow(subject)
    schemas = {key: json.dumps(one.manifest.config_schema) for key, one in _kinds(subject).items()}
    for node in subject.graph.nodes.values():
        manifest = subject.manifest(node.id)
        if manifest is None:
            continue
        faults = _validated(schemas[node.component, node.version], json.dumps(node.config))
        for field, fault in faults:
            yield _settings_finding(subject, node, field, fault)
        if not faults and node.id in subject.unusable:
            yield _settings_finding(subject, node, "", _Fault("", "Settings", "设置"))
        for reading in readings(manifest.config_schema, node.config):
            yield from _check_reading(subject, node, reading)


_LIMITS = {
    "resume_window_s": ("Back within", "重连时限"),
    "max_duration_s": ("At most", "最长时长"),
    "sla_s": ("Late after", "超时提醒"),
}


def _check_flow(subject: Subject) -> Iterator[Finding]:
    """The settings of the flow itself."""
    settings = subject.graph.settings
    for key, (en, zh) in _LIMITS.items():
        value = settings.get(key, 0)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            message = said(
                f"“{en}” of the flow must be a number of seconds.", f"流程的“{zh}”须为秒数。"
            )
            yield Finding(rule="FLOW-07", message=message, field=f"/settings/{key}")
    if settings.get("drop_policy", RESUME) not in (RESUME, FRESH_SESSION):
        message = said(
            "“After a lost connection” of the flow is not one of the choices.",
            "流程的“断线之后”不在可选范围内。",
        )
        yield Finding(rule="FLOW-07", message=message, field="/settings/drop_policy")
    yield from _check_places(settings)


_PLACES = {"media_zones": ("Zones of media", "媒体区域"), "media_regions": ("Regions", "地区")}
_PLACE_LENGTH = 40


def _check_places(settings: Mapping[str, JsonValue]) -> Iterator[Finding]:
    for key, (en, zh) in _PLACES.items():
        names = settings.get(key, [])
        fits = isinstance(names, list | tuple) and all(
            isinstance(one, str) and 0 < len(one) <= _PLACE_LENGTH for one in names
        )
        if not fits:
            message = said(
                f"“{en}” of the flow must be a list of names.", f"流程的“{zh}”须为名称列表。"
            )
            yield Finding(rule="FLOW-07", message=message, field=f"/settings/{key}")


def readings(schema: JsonObject, config: Mapping[str, JsonValue]) -> Iterator[Reading]:
    """Every marked spot, in the order of the settings."""
    yield from _read(schema, dict(config), "", frozenset())


def names_read(reading: Reading, types: Mapping[str, ValueType]) -> tuple[str, ...]:
    """The known variables the spot reads."""
    match reading.kind:
        case "expression":
            return expressions.reads(reading.text, types)
        case "template":
            return tuple(sorted({one for one in _PLACE.findall(reading.text) if one in types}))
        case "name":
            return (reading.text,) if reading.text in types else ()


def _read(
    schema: JsonValue, value: JsonValue, path: str, before: frozenset[str]
) -> Iterator[Reading]:
    if not isinstance(schema, dict):
        return
    match value:
        case str():
            yield from _marked(schema, value, path, before)
        case list():
            yield from _read_list(schema.get("items"), value, path, before)
        case dict():
            yield from _read_members(schema, value, path, before)


def _read_members(
    schema: JsonObject, value: JsonObject, path: str, before: frozenset[str]
) -> Iterator[Reading]:
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    rest = schema.get("additionalProperties")
    inherited = _inherited(schema)
    for key, one in value.items():
        below = known.get(key, rest)
        if isinstance(below, dict):
            yield from _read({**inherited, **below}, one, member(path, key), before)


def _inherited(schema: JsonObject) -> JsonObject:
    """A text in several languages is marked as a whole."""
    return {"x-template": True} if schema.get("x-template") is True else {}


def _read_list(
    schema: JsonValue, items: list[JsonValue], path: str, before: frozenset[str]
) -> Iterator[Reading]:
    for index, one in enumerate(items):
        yield from _read(schema, one, f"{path}/{index}", before)
        if isinstance(one, dict):
            before |= {text for text in one.values() if isinstance(text, str)}


def _marked(schema: JsonObject, text: str, path: str, before: frozenset[str]) -> Iterator[Reading]:
    if (wants := schema.get("x-cel")) is not None:
        kind = ValueType.BOOL if wants == "bool" else None
        yield Reading(kind="expression", text=text, field=path, wants=kind, before=before)
    if schema.get("x-template") is True:
        yield Reading(kind="template", text=text, field=path, before=before)
    if schema.get("x-variable") is True and text:
        yield Reading(kind="name", text=text, field=path, before=before)


def _check_reading(subject: Subject, node: Node, reading: Reading) -> Iterator[Finding]:
    if reading.kind == "expression":
        yield from _check_expression(subject, node, reading)
        return
    names = _PLACE.findall(reading.text) if reading.kind == "template" else [reading.text]
    for name in names:
        if name not in subject.types:
            message = said(
                f"“{subject.title(node.id, 'en')}” reads “{name}”, but no step sets it.",
                f"“{subject.title(node.id, 'zh-Hans')}”读取“{name}”，但没有步骤设置它。",
            )
            yield Finding(rule="FLOW-08", message=message, node=node.id, field=reading.field)


def _check_expression(subject: Subject, node: Node, reading: Reading) -> Iterator[Finding]:
    en, zh = subject.title(node.id, "en"), subject.title(node.id, "zh-Hans")
    try:
        gives = expressions.check(reading.text, subject.types)
    except ExpressionError as error:
        at, at_zh = _position(error)
        message = said(
            f"The expression of “{en}” cannot be understood{at}: {error.message}.",
            f"“{zh}”的表达式无法理解{at_zh}：{_in_chinese(error.message)}。",
        )
        yield Finding(rule="FLOW-08", message=message, node=node.id, field=reading.field)
        return
    if reading.wants is not None and gives is not None and gives is not reading.wants:
        message = said(
            f"The expression of “{en}” must be true or false, but gives {_TYPES[gives][0]}.",
            f"“{zh}”的表达式应为真或假，但结果是{_TYPES[gives][1]}。",
        )
        yield Finding(rule="FLOW-08", message=message, node=node.id, field=reading.field)


_CHINESE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"no variable ('.*?'); did you mean ('.*?')\?"), r"没有变量 \1，是否指 \2"),
    (re.compile(r"no variable ('.*?')"), r"没有变量 \1"),
    (re.compile(r"no function ('.*?')"), r"没有函数 \1"),
    (re.compile(r"nothing is written here"), "尚未填写"),
    (re.compile(r"the expression ends too early"), "表达式不完整"),
    (re.compile(r"does not parse: .*"), "语法错误"),
    (re.compile(r"longer than (\d+) characters"), r"超过 \1 个字符"),
    (
        re.compile(r"a whole number and .* around ('.*?'): .*"),
        r"\1 两侧的整数与小数须用 double(...) 统一",
    ),
    (re.compile(r".*no matching overload for ('.*?') .*"), r"\1 不能用于这些类型的值"),
)


def _in_chinese(message: str) -> str:
    """What `flow.expressions` says, in Chinese; what it only passes on is left as it is."""
    for pattern, chinese in _CHINESE:
        if pattern.fullmatch(message):
            return pattern.sub(chinese, message)
    return message


def _position(error: ExpressionError) -> tuple[str, str]:
    if error.position is None:
        return "", ""
    return f" at character {error.position + 1}", f"（第 {error.position + 1} 个字符）"


_TYPES: Mapping[ValueType, tuple[str, str]] = {
    ValueType.STRING: ("a text", "文本"),
    ValueType.INT: ("a whole number", "整数"),
    ValueType.NUMBER: ("a number", "数字"),
    ValueType.BOOL: ("true or false", "真或假"),
    ValueType.LIST: ("a list", "列表"),
    ValueType.OBJECT: ("a group of values", "一组值"),
}


@dataclass(frozen=True, slots=True)
class _Fault:
    """Which rule of the schema a setting breaks, and what people call the setting."""

    keyword: str
    title: str
    title_zh: str


def _settings_finding(subject: Subject, node: Node, field: str, fault: _Fault) -> Finding:
    en, zh = subject.title(node.id, "en"), subject.title(node.id, "zh-Hans")
    what, what_zh = _FAULTS.get(fault.keyword, ("is not valid", "无效"))
    message = said(f"“{fault.title}” of “{en}” {what}.", f"“{zh}”的“{fault.title_zh}”{what_zh}。")
    return Finding(rule="FLOW-07", message=message, node=node.id, field=field)


_FAULTS: Mapping[str, tuple[str, str]] = {
    "required": ("is missing", "未填写"),
    "minLength": ("is empty or too short", "为空或过短"),
    "minItems": ("has too few entries", "条目过少"),
    "maxLength": ("is too long", "过长"),
    "maxItems": ("has too many entries", "条目过多"),
    "minimum": ("is too small", "数值过小"),
    "maximum": ("is too large", "数值过大"),
    "exclusiveMinimum": ("is too small", "数值过小"),
    "exclusiveMaximum": ("is too large", "数值过大"),
    "enum": ("is not one of the choices", "不在可选范围内"),
    "const": ("is not one of the choices", "不在可选范围内"),
    "oneOf": ("is not one of the choices", "不在可选范围内"),
    "anyOf": ("is not one of the choices", "不在可选范围内"),
    "pattern": ("is not written as it should be", "格式不正确"),
    "format": ("is not written as it should be", "格式不正确"),
    "uniqueItems": ("holds the same entry twice", "有重复条目"),
    "additionalProperties": ("is no setting of this step", "不是此步骤的设置项"),
    "type": ("is of the wrong kind", "类型不正确"),
}


def _kinds(subject: Subject) -> Mapping[tuple[str, str], Component]:
    """Each component once, by the key and version its nodes name."""
    nodes = subject.graph.nodes
    return {
        (nodes[key].component, nodes[key].version): one for key, one in subject.components.items()
    }


@lru_cache(maxsize=8_192)
def _validated(schema: str, config: str) -> tuple[tuple[str, _Fault], ...]:
    """Faults by JSON pointer, cached by content: from look to look one node changes."""
    return tuple(
        fault
        for error in _validator(schema).iter_errors(json.loads(config))
        for fault in _in_words(error)
    )


@lru_cache(maxsize=512)
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema))


def _in_words(error: ValidationError) -> Iterator[tuple[str, _Fault]]:
    path = "".join(member("", part) for part in error.absolute_path)
    schema = error.schema if isinstance(error.schema, dict) else {}
    for name in _members_meant(error):
        below = schema.get("properties", {}).get(name, {}) if name else schema
        title = below.get("title") or name or _last_name(error)
        title_zh = below.get("x-i18n", {}).get("zh-Hans", {}).get("title") or title
        field = member(path, name) if name else path
        yield field, _Fault(str(error.validator), title, title_zh)


def _members_meant(error: ValidationError) -> list[str]:
    """The members a fault of an object is about; [""] for a fault of the value itself."""
    value = error.instance
    if not isinstance(value, dict):
        return [""]
    if error.validator == "required" and isinstance(error.validator_value, list):
        return [one for one in error.validator_value if one not in value]
    if error.validator == "additionalProperties" and isinstance(error.schema, dict):
        known = error.schema.get("properties", {})
        return [one for one in value if one not in known]
    return [""]


def _last_name(error: ValidationError) -> str:
    names = [str(part) for part in error.absolute_path if isinstance(part, str)]
    return names[-1] if names else "settings"
