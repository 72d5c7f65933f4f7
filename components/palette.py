"""What the designer may drag: the catalogue's components as JSON, grouped and in people's order."""

from __future__ import annotations

from collections.abc import Mapping

from components.registry import Entry, entries
from flow.graph import JsonObject, JsonValue, Outcome, Variable

GROUPS: Mapping[str, Mapping[str, str]] = {
    "entry": {"en": "Entry and access", "zh-Hans": "进入与准入"},
    "consent": {"en": "Consent", "zh-Hans": "同意与告知"},
    "people": {"en": "Queue and people", "zh-Hans": "排队与人员"},
    "media": {"en": "Media", "zh-Hans": "音视频"},
    "identity": {"en": "Identity", "zh-Hans": "身份核验"},
    "script": {"en": "Script and sales", "zh-Hans": "话术与销售"},
    "document": {"en": "Documents, signing", "zh-Hans": "文档与签署"},
    "avatar": {"en": "Digital human", "zh-Hans": "数字人"},
    "logic": {"en": "Logic, integration", "zh-Hans": "逻辑与集成"},
    "review": {"en": "Review and close", "zh-Hans": "审核与结束"},
}


def palette() -> JsonObject:
    """{groups: [{id, title}], components: [...]}; groups without a component are left out."""
    found = sorted(entries().values(), key=_place)
    used = {one.component.manifest.group for one in found}
    groups: list[JsonValue] = [
        {"id": group, "title": dict(title)} for group, title in GROUPS.items() if group in used
    ]
    return {"groups": groups, "components": [_shown(one) for one in found]}


def _place(entry: Entry) -> tuple[int, bool, bool, str]:
    """By group; inside it entries first, those of sub-flows after the others, then by key."""
    manifest = entry.component.manifest
    place = list(GROUPS).index(manifest.group)
    return (place, not manifest.entry, manifest.called, manifest.key)


def _shown(entry: Entry) -> JsonObject:
    manifest, behaviour = entry.component.manifest, entry.component.behaviour
    return {
        "key": manifest.key,
        "version": manifest.version,
        "group": manifest.group,
        "title": dict(manifest.title),
        "summary": dict(manifest.summary),
        "icon": entry.icon,
        "outcomes": [_outcome(one) for one in behaviour.outcomes(entry.defaults)],
        "config_schema": manifest.config_schema,
        "defaults": entry.defaults,
        "panels": {str(role): panel for role, panel in manifest.panels.items()},
        "span": manifest.span,
        "closes": manifest.closes,
        "entry": manifest.entry,
        "end": manifest.end,
        "bounded": manifest.bounded,
        "requires": [*manifest.requires],
        "provides": [*manifest.provides],
        "outputs": [_variable(one) for one in behaviour.outputs(entry.defaults)],
    }


def _outcome(outcome: Outcome) -> JsonObject:
    return {
        "id": outcome.id,
        "polarity": outcome.polarity.value,
        "label": dict(outcome.label),
    }


def _variable(variable: Variable) -> JsonObject:
    return {
        "name": variable.name,
        "type": variable.type.value,
        "privacy": variable.privacy.value,
    }
