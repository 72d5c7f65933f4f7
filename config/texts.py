"""The texts that Django renders: found in code and templates, kept in `locale/`, compiled.

For developers only (`manage.py texts`): Babel is not there at run time, the compiled files are.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from config.environment import ROOT

FOLDER = ROOT / "config" / "locale"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
PACKAGES = ("accounts", "components", "designer", "runtime", "config")
KEYWORDS = ("gettext", "gettext_lazy", "gettext_noop", "_", "pgettext", "ngettext")


def find_texts() -> dict[str, str]:
    """Each text with the file (relative, sorted first) in which it stands."""
    found: dict[str, str] = {}
    for path in _sources():
        for text in _texts_in(path):
            found.setdefault(text, str(path.relative_to(ROOT)))
    return found


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))
        yield from sorted((ROOT / package / "templates").rglob("*.html"))


def _texts_in(path: Path) -> Iterator[str]:
    source = path.read_text(encoding="utf-8")
    code = source
    if path.suffix == ".html":
        # Calls on lines of their own; the indentation of HTML means nothing to Python.
        code = "\n".join(line.strip() for line in templatize(source).splitlines())
    words = dict.fromkeys(KEYWORDS)
    for _line, text, _comments, _context in extract("python", io.BytesIO(code.encode()), words):
        yield text if isinstance(text, str) else text[0]


def read(locale: str) -> Catalog:
    """The catalogue of Django's locale folder name, e.g. zh_Hans."""
    with (_folder(locale) / "django.po").open("rb") as source:
        return read_po(source, locale=locale)


def update(locale: str) -> None:
    """Add texts that are new, drop those that are gone, keep the translations; then compile."""
    known = {one.id: one.string for one in read(locale) if one.id}
    fresh = Catalog(
        locale=locale,
        project="Counterflow",
        header_comment="# Kept by manage.py texts; write the translations here.",
        fuzzy=False,
        charset="utf-8",
        # The history of this file is in git: a date would change it at every run.
        creation_date=SINCE,
        revision_date=SINCE,
    )
    for text, place in find_texts().items():
        fresh.add(text, known.get(text, ""), locations=[(place, 0)])
    with (_folder(locale) / "django.po").open("wb") as sink:
        write_po(sink, fresh, sort_output=True, width=100, omit_header=False)
    (_folder(locale) / "django.mo").write_bytes(compiled(fresh))


def compiled(catalog: Catalog) -> bytes:
    """The .mo file that Django reads at run time."""
    sink = io.BytesIO()
    write_mo(sink, catalog)
    return sink.getvalue()


def _folder(locale: str) -> Path:
    return FOLDER / locale / "LC_MESSAGES"
