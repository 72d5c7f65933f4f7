"""The documentation is true: links lead somewhere, names exist, tables are whole, examples work."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import dropwhile, takewhile
from pathlib import Path

import pytest

from components.registry import MANIFEST_SCHEMA
from config.health import CHECKS
from runtime.media.__main__ import read_options
from tests.architecture.states import BETWEEN, PAGE, drawn

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")])
NAMES = [str(one.relative_to(ROOT)) for one in PAGES]
EXAMPLE = "docs/writing-components.md"
PROTOCOL = "docs/protocol.md"
FIGURES = ("docs/engine-figures.md", "docs/media-figures.md")  # their names are those of measures
FOREIGN = re.compile(
    r"/work/|/tmp/|/root/|/home/|\b\d{1,3}(?:\.\d{1,3}){2}\.(?!\d{1,3}\.)\d{4,}"
    r"|\bissue #?\d|\bsession \d|\bTODO\b|\bmirror\b|\bassistant\b|\bprompt\b"
    r"|registry\.npmjs|pypi\.org|pythonhosted|github\.com/[a-z]+/counterflow",
    re.IGNORECASE,
)
"""Words about machines, registries and tools that are not the project's."""
SUFFIXES = {"py", "ts", "tsx", "json", "md", "svg", "html", "log", "pem"}
MADE_LATER = ("docs/pictures/", "var/", "static/dist/", ".venv/")
"""What a page may name although a fresh clone has it not yet."""


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose(name: str) -> str:
    """The page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", text_of(name), flags=re.DOTALL | re.MULTILINE)


def tracked() -> list[str]:
    return subprocess.run(
        ["git", "ls-files"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()


def table_after(name: str, heading: str) -> list[list[str]]:
    """Cells of the first table below the heading, without its head."""
    section = text_of(name).split(f"{heading}\n", 1)[1].splitlines()
    body = dropwhile(lambda line: not line.startswith("|"), section)
    rows = takewhile(lambda line: line.startswith("|"), body)
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows][2:]


@pytest.mark.parametrize("name", NAMES)
def test_relative_links_resolve(name: str):
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(name))
    local = [one.partition("#") for one in targets if "://" not in one]
    places = [((ROOT / name).parent / path if path else ROOT / name, at) for path, _, at in local]

    missing = [str(path) for path, at in places if not path.exists() or not has_heading(path, at)]

    assert not missing


def has_heading(page: Path, anchor: str) -> bool:
    """Whether a link to `page#anchor` lands somewhere; a link without an anchor does."""
    if not anchor:
        return True
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return anchor in {re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("name", NAMES)
def test_make_targets_that_are_named_exist(name: str):
    targets = set(re.findall(r"^([a-z][a-z-]*):", text_of("Makefile"), re.MULTILINE))

    named = set(re.findall(r"\bmake ([a-z][a-z-]+)\b", "\n".join(code_of(name))))

    assert named <= targets


def code_of(name: str) -> Iterator[str]:
    """Everything set in code: blocks, and words between backticks."""
    text = text_of(name)
    yield from re.findall(r"^```.*?^```$", text, re.DOTALL | re.MULTILINE)
    yield from re.findall(r"`([^`\n]+)`", prose(name))


@pytest.mark.parametrize("name", NAMES)
def test_files_that_are_named_exist(name: str):
    known = tracked()
    folders = {str(parent) for one in known for parent in Path(one).parents}
    tops = {one.partition("/")[0] for one in known if "/" in one}
    words = re.findall(r"`([a-z_.]+/[A-Za-z0-9_./-]+)`", prose(name))
    paths = [one.rstrip("/") for one in words if one.partition("/")[0] in tops]

    missing = [
        one
        for one in paths
        if one not in known and one not in folders and not one.startswith(MADE_LATER)
    ]

    assert [one for one in missing if "/rating" not in one] == []


@pytest.mark.parametrize("name", [one for one in NAMES if one not in (EXAMPLE, PROTOCOL, *FIGURES)])
def test_names_of_the_code_exist(name: str):
    """`driver.advance_run` is a name in a module `driver`, whatever floor that is on."""
    sources = {one: text_of(one) for one in tracked() if one.endswith(".py")}
    modules: dict[str, str] = {}
    for path, source in sources.items():
        modules[Path(path).stem] = modules.get(Path(path).stem, "") + source
    named = re.findall(r"`(?:[a-z_]+\.)*([a-z_]+)\.([A-Za-z_]+)(?:\(.*?\))?`", prose(name))

    missing = [
        f"{module}.{attribute}"
        for module, attribute in named
        if module in modules
        if not re.search(rf"^\s*(?:async )?(?:def|class) {attribute}\b", modules[module], re.M)
        and not re.search(rf"^{attribute}\b.* = ", modules[module], re.M)
    ]

    assert [one for one in missing if one.rpartition(".")[2] not in SUFFIXES] == []


def test_architecture_names_every_module():
    page = text_of("docs/architecture.md")
    modules = [
        one
        for one in tracked()
        if re.fullmatch(r"(flow|accounts|components|designer|runtime|config)/.*\.py", one)
        and not re.search(r"/(migrations|catalogue/[a-z]+)/|/__init__\.py$|/apps\.py$", one)
        and (ROOT / one).exists()
    ]

    missing = [one for one in modules if not re.search(rf"`{place_of(one)}`", page)]

    assert not missing


def place_of(module: str) -> str:
    """How the page names a module: as it is called inside its floor."""
    return re.escape(module.partition("/")[2])


def test_diagram_of_states_is_fresh():
    page = PAGE.read_text(encoding="utf-8")

    assert BETWEEN.search(page)
    assert drawn(page) == page, "run python -m tests.architecture.states"


def test_environment_table_is_whole():
    table = table_after("docs/operations.md", "## Environment")
    told = {re.findall(r"`([A-Z_]+)", row[0])[0] for row in table}
    sources = [
        one
        for one in tracked()
        if re.match(r"(flow|accounts|components|designer|runtime|config)/.*\.py$", one)
    ]

    used = {
        found
        for one in sources
        if (ROOT / one).exists()
        for found in re.findall(r"\bCOUNTERFLOW_[A-Z_]+\b", text_of(one))
    }

    assert used
    assert {one for one in told if one.startswith("COUNTERFLOW_")} == used


def test_checks_of_readiness_are_told():
    told = [row[0].strip("`") for row in table_after("docs/operations.md", "## Health")]
    names = {"database_mode": "database", "media_workers": "media_worker", "disk_space": "disk"}

    assert told == [names.get(check.__name__, check.__name__) for check in CHECKS]


def test_options_of_the_worker_are_told(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        read_options(["--help"])
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}

    rows = table_after("docs/operations.md", "## Workers on another host")
    told = {option for row in rows for option in re.findall(r"--[a-z-]+", row[0])}

    assert told == known


def test_manifest_table_names_every_field():
    schema = json.loads(MANIFEST_SCHEMA.read_text(encoding="utf-8"))
    fields = {*schema["properties"], *schema["properties"]["config"]["properties"]}
    rows = table_after(EXAMPLE, "## The manifest, field by field")

    told = {
        word.removeprefix("config.") for row in rows for word in re.findall(r"`([^`]+)`", row[0])
    }

    assert told == fields - {"config"}


def test_marks_of_settings_are_told():
    told = {row[0].strip("`") for row in table_after(EXAMPLE, "### Marks in the config schema")}
    manifests = (ROOT / "components" / "catalogue").rglob("manifest.json")
    read = set(re.findall(r'"(x-[a-z0-9]+)"', text_of("static/src/designer/schema.ts")))

    used = {
        mark
        for path in manifests
        for mark in re.findall(r'"(x-[a-z0-9]+)":', path.read_text(encoding="utf-8"))
    }

    assert told == used | read


def example_blocks() -> dict[str, str]:
    """Path -> content of each block of the page that a path stands above."""
    found = re.findall(
        r"^`([A-Za-z_./]+)`\n\n```[a-z]*\n(.*?)^```$",
        text_of(EXAMPLE),
        re.DOTALL | re.MULTILINE,
    )
    return dict(found)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the floors a component stands on, with the page's example built into it."""
    leave = shutil.ignore_patterns("__pycache__")
    for part in ("flow", "components", "tests/catalogue", "tests/flow"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=leave)
    for name, content in example_blocks().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if not name.endswith("ways.py"):
            (tmp_path / name).write_text(content, encoding="utf-8")
    ways = tmp_path / "tests/catalogue/ways.py"
    first = "WAYS: Mapping[str, tuple[Way, ...]] = {\n"
    assert first in ways.read_text(encoding="utf-8")
    more = first + example_blocks()["tests/catalogue/ways.py"]
    ways.write_text(ways.read_text(encoding="utf-8").replace(first, more), encoding="utf-8")
    own = re.search(r"```python\n(def test_.*?)```", text_of(EXAMPLE), re.DOTALL)
    assert own
    test = f"from tests.catalogue.stage import Stage\n\n\n{own[1]}"
    (tmp_path / "tests/catalogue/test_review_rating.py").write_text(test, encoding="utf-8")
    for folder in ("review", "review/rating"):
        (tmp_path / "components/catalogue" / folder / "__init__.py").touch()
    return tmp_path


@pytest.mark.timeout(120)
def test_example_component_passes_the_contract(house: Path):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "--rootdir", str(house)),
            *("-p", "no:django", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly"),
            *("--import-mode=importlib", "-k", "rating", "tests/catalogue"),
        ],
        cwd=house,
        env={"PYTHONPATH": str(house), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) > 30


@pytest.mark.parametrize("rule", [("check",), ("format", "--check")], ids=" ".join)
def test_example_is_written_in_the_style_of_the_house(house: Path, rule: tuple[str, ...]):
    source = house / "components/catalogue/review/rating/behaviour.py"

    done = subprocess.run(
        [sys.executable, "-m", "ruff", *rule, "--config", str(ROOT / "pyproject.toml"), source],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_pages_speak_of_the_project_only(name: str):
    assert FOREIGN.findall(text_of(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_pages_say_what_is_missing_in_one_place_only(name: str):
    said = re.findall(r"\bnot yet (?:built|there|done|supported|implemented)\b", prose(name))

    assert not said
