"""The registry reads what is on disk, and says where a manifest is wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from components.errors import FaultyManifestError
from components.registry import (
    CATALOGUE,
    catalogue,
    check_manifest,
    components_of,
    entries,
    get_component,
    get_entry,
    read_entry,
)
from flow.codec import graph_from_json
from flow.errors import UnknownComponentError

CONSENT = CATALOGUE / "consent" / "ask"


def consent() -> Any:
    return json.loads((CONSENT / "manifest.json").read_text(encoding="utf-8"))


def test_every_folder_of_the_catalogue_is_a_component():
    folders = {path.parent for path in CATALOGUE.glob("*/*/behaviour.py")}

    assert len(folders) == len(entries()) == len(catalogue())
    assert {(path / "manifest.json").is_file() for path in folders} == {True}


def test_components_are_found_by_key_and_version():
    assert get_component("consent.ask", "1.0.0").manifest.title["zh-Hans"] == "征得同意"
    assert catalogue()[("consent.ask", "1.0.0")] is get_component("consent.ask", "1.0.0")


@pytest.mark.parametrize(("key", "version"), [("consent.ask", "9.0.0"), ("consent.beg", "1.0.0")])
def test_what_is_not_there_is_named(key: str, version: str):
    with pytest.raises(UnknownComponentError) as raised:
        get_entry(key, version)

    assert (raised.value.component, raised.value.version) == (key, version)


def test_a_graph_gets_the_components_of_its_nodes_and_no_others():
    node: dict[str, Any] = {"title": {}, "config": {}, "version": "1.0.0"}
    graph = graph_from_json(
        {
            "schema": "graph/1",
            "start": "a",
            "nodes": [
                {**node, "id": "a", "component": "entry.link"},
                {**node, "id": "b", "component": "acme.otp"},
            ],
            "edges": [],
            "variables": [],
            "boundaries": [],
            "settings": {},
        }
    )

    assert components_of(graph) == {"a": get_component("entry.link", "1.0.0")}


def test_defaults_fill_settings_a_node_does_not_have():
    behaviour = get_component("consent.ask", "1.0.0").behaviour

    assert next(one.name for one in behaviour.outputs({})) == "consent.recording.at"
    assert next(one.name for one in behaviour.outputs({"kind": "ai"})) == "consent.ai.at"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/schema", "component/2"),
        ("/key", "Consent"),
        ("/version", "1.0"),
        ("/group", "misc"),
        ("/title", {"en": "Only English"}),
        ("/outcomes/0/polarity", "good"),
        ("/outcomes", []),
        ("/panels", {"robot": {"kind": "consent"}}),
        ("/requires", ["coffee"]),
        ("/runtime", {}),
        ("/outputs/consent.{kind}.at/type", "date"),
    ],
)
def test_a_faulty_manifest_is_refused_with_its_place(path: str, value: Any):
    document = consent()
    *way, last = path.strip("/").split("/")
    spot = document
    for part in way:
        spot = spot[int(part)] if isinstance(spot, list) else spot[part]
    spot[int(last) if isinstance(spot, list) else last] = value

    with pytest.raises(FaultyManifestError) as raised:
        check_manifest(document)

    assert raised.value.path.startswith(path) or path.startswith(raised.value.path)


def test_an_unknown_member_is_refused():
    with pytest.raises(FaultyManifestError, match="colour"):
        check_manifest({**consent(), "colour": "red"})


def test_defaults_must_fit_the_settings():
    document = consent()
    document["config"]["defaults"]["min_view_s"] = "long"

    with pytest.raises(FaultyManifestError) as raised:
        check_manifest(document)

    assert raised.value.path == "/config/defaults/min_view_s"


def test_an_end_has_no_outcomes_and_only_an_end():
    with pytest.raises(FaultyManifestError):
        check_manifest({**consent(), "end": True})


def test_the_behaviour_named_must_be_there(tmp_path: Path):
    folder = tmp_path / "consent" / "ask"
    shutil.copytree(CONSENT, folder)
    document = {**consent(), "runtime": {"behaviour": "Missing"}}
    (folder / "manifest.json").write_text(json.dumps(document), encoding="utf-8")

    with pytest.raises(FaultyManifestError) as raised:
        read_entry(folder)

    assert raised.value.path == "/runtime/behaviour"
