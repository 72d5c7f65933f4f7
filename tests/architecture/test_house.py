"""Rules of the house that no linter sees: upward foreign keys, file sizes, names, clocks."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).parents[2]
FLOORS = ("flow", "accounts", "components", "designer", "runtime", "config")
LIMIT = 400


def sources() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py", "*.ts", "*.tsx"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    return [ROOT / one for one in listed if (ROOT / one).exists()]


def test_no_foreign_key_points_upward():
    height = {label: floor for floor, label in enumerate(FLOORS)}

    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        if model._meta.app_label in height
        for field in model._meta.get_fields()
        if getattr(field, "remote_field", None) and field.concrete and field.related_model
        if height.get(field.related_model._meta.app_label, -1) > height[model._meta.app_label]
    ]

    assert not upward


def test_packages_have_one_address_for_each_name():
    talking = [
        path.relative_to(ROOT)
        for path in sources()
        if path.name == "__init__.py" and path.read_text().strip()
        if path.parent.name != "models"  # where Django looks for tables
    ]

    assert not talking


def test_no_file_outgrows_the_limit():
    generated = {"schema.d.ts"}

    grown = {
        str(path.relative_to(ROOT)): lines
        for path in sources()
        if path.name not in generated and "migrations" not in path.parts
        if (lines := len(path.read_text().splitlines())) > LIMIT
    }

    assert not grown


@pytest.mark.parametrize("word", ["utils", "helpers", "common", "managers", "services"])
def test_no_module_is_named_for_nothing(word: str):
    named = [
        path.relative_to(ROOT)
        for path in sources()
        if word in path.relative_to(ROOT).parts or path.stem == word
    ]

    assert not named


def test_behaviours_have_no_clock_and_no_chance():
    forbidden = {"time", "random", "secrets", "uuid", "os", "socket", "datetime"}

    guilty = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / "components" / "catalogue").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in imported(node)
        if name.split(".")[0] in forbidden
    ]

    assert not guilty


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return []


def test_no_recording_through_the_decoding_path():
    """They decode every packet, 20 times the cost: only the benchmark's baseline may."""
    words = ("MediaRelay", "MediaRecorder")

    users = [
        path.relative_to(ROOT)
        for path in sources()
        if path != Path(__file__) and "bench" not in path.parts
        if any(
            f"import {word}" in path.read_text() or f"{word}(" in path.read_text() for word in words
        )
    ]

    assert not users
