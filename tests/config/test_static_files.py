"""Static files: what is there is served, what a new build has removed is missing, not broken."""

from __future__ import annotations

import pytest
from django.test import Client


@pytest.fixture
def served(settings, tmp_path):
    """A built file that the site has already listed."""
    settings.STATICFILES_DIRS = [tmp_path]
    settings.WHITENOISE_AUTOREFRESH = False
    built = tmp_path / "assets" / "join-Dx81kq2A.js"
    built.parent.mkdir()
    built.write_text("export {}")
    return built


def test_a_file_that_a_new_build_removed_is_missing(served, db):
    browser = Client(raise_request_exception=False)
    path = f"/static/assets/{served.name}"
    before = browser.get(path)

    served.unlink()
    after = browser.get(path)

    assert before.status_code == 200
    assert b"".join(before) == b"export {}"
    assert after.status_code == 404


def test_a_file_that_never_was_is_missing(served, db):
    assert Client(raise_request_exception=False).get("/static/nothing.js").status_code == 404
