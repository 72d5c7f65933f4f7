from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import OperationalError, connection
from django.test import Client
from django.utils import translation
from django_vite.core.asset_loader import DjangoViteAssetLoader

from accounts.models import Role, Workspace
from config import health, pages, texts
from tests.accounts.people import person, signed_in

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
FLOW = uuid.UUID(int=7, version=4)


def page_data(answer) -> Any:
    found = re.search(r'<script id="page" type="application/json">(.*?)</script>', text_of(answer))
    assert found
    return json.loads(found[1])


def text_of(answer) -> str:
    return str(answer.content.decode())


def directives(answer) -> dict[str, list[str]]:
    policy = answer.headers["Content-Security-Policy"]
    return {one.split()[0]: one.split()[1:] for one in policy.split(";")}


PAGES: dict[str, set[str]] = {
    "/": set(Role.values),
    "/designer/": {Role.ANALYST, Role.ADMIN, Role.AUDITOR},
    f"/designer/{FLOW}/": {Role.ANALYST, Role.ADMIN, Role.AUDITOR},
    "/desk/": {Role.AGENT, Role.SUPERVISOR},
    "/runs/": set(Role.values),
    f"/runs/{FLOW}/erase": {Role.ADMIN},
    "/admin/": {Role.ADMIN},
    "/admin/keys": {Role.ADMIN},
    f"/runs/{FLOW}": set(Role.values),
}


@pytest.mark.parametrize("role", Role.values)
def test_pages_open_for_their_roles(role: str):
    client = signed_in(person(role))

    opened = {path for path in PAGES if client.get(path).status_code == 200}

    assert opened == {path for path, roles in PAGES.items() if role in roles}


@pytest.mark.parametrize("path", PAGES)
def test_pages_lead_strangers_to_the_login_and_back(client: Client, path: str):
    answer = client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"/login?next={path}")


def test_a_shell_carries_its_entry_and_its_data():
    user = person(Role.AGENT, display_name="</script><b>", locale="en")
    answer = signed_in(user).get("/desk/")

    assert 'src="http://localhost:5173/static/src/desk/main.tsx"' in text_of(answer)
    assert '<div id="root"></div>' in text_of(answer)
    assert page_data(answer)["me"]["user"]["name"] == "</script><b>"
    assert page_data(answer)["csrf"]
    assert "<b>" not in text_of(answer)


def test_the_join_page_needs_no_one_and_spends_nothing(client: Client):
    for answer in (client.get("/join"), client.head("/join")):
        assert answer.status_code == 200
        assert configured.JOIN_COOKIE_NAME not in answer.cookies

    assert set(page_data(client.get("/join"))) == {"csrf", "locale", "brand"}


def test_the_join_page_wears_the_brand_only_where_there_is_one(client: Client):
    brand = {"name": "Riverbank", "color": "#1f5f5b"}
    Workspace.objects.create(name="Riverbank", brand=brand)
    alone = page_data(client.get("/join"))["brand"]
    Workspace.objects.create(name="Hillbank", brand={"name": "Hillbank"})

    assert alone == brand
    assert page_data(client.get("/join"))["brand"] == {}


def test_a_page_without_built_front_end_says_so_plainly(settings, client: Client, monkeypatch):
    loader = DjangoViteAssetLoader.instance()._apps["default"]
    monkeypatch.setattr(loader, "dev_mode", False)
    monkeypatch.setattr(loader.manifest, "_entries", {})

    answer = client.get("/join")

    assert answer.status_code == 503
    assert "The site is being prepared." in text_of(answer)


@pytest.mark.parametrize("path", ["/", "/login", "/join", "/nothing", "/api/v1/me", "/healthz"])
def test_every_answer_carries_the_headers(client: Client, path: str):
    answer = client.get(path)
    policy = directives(answer)

    assert policy["script-src"] == ["'self'"]
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["connect-src"] == ["'self'", "ws://testserver"]
    assert policy["img-src"] == ["'self'", "data:", "blob:"]
    assert policy["media-src"] == policy["worker-src"] == ["'self'", "blob:"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "camera=(self)" in answer.headers["Permissions-Policy"]


def test_no_page_has_a_script_that_the_policy_would_stop(client: Client):
    staff = signed_in(person(*Role.values))
    for answer in (
        *(staff.get(path) for path in [*PAGES, "/api/docs/", "/nothing"]),
        *(client.get(path) for path in ("/login", "/join")),
    ):
        inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", text_of(answer))
        assert all('type="application/json"' in one for one in inline), answer.request["PATH_INFO"]
        assert not re.search(r"\son\w+=", text_of(answer))


def test_the_documentation_is_served_by_ourselves():
    client = signed_in(person(Role.ANALYST))
    answer = client.get("/api/docs/")

    sources = re.findall(r'(?:src|href)="([^"]+)"', text_of(answer))
    assert sources
    assert all(one.startswith("/") for one in sources)
    assert client.get("/api/schema/").status_code == 200


def test_plain_pages_speak_both_languages(client: Client):
    english = client.get("/nothing", headers={"accept-language": "en"})
    chinese = client.get("/nothing", headers={"accept-language": "zh-CN,zh;q=0.9"})

    assert english.status_code == chinese.status_code == 404
    assert '<html lang="en">' in text_of(english)
    assert "Nothing here" in text_of(english)
    assert '<html lang="zh-Hans">' in text_of(chinese)
    assert "没有此页面" in text_of(chinese)


def test_other_failures_are_plain_too(rf):
    request = rf.get("/")
    for view, status, said in (
        (pages.broken, 500, "出了点问题"),
        (pages.refused, 403, "您无权访问"),
        (pages.malformed, 400, "无法识别"),
        (pages.forged, 403, "页面已过期"),
    ):
        with translation.override("zh-hans"):
            answer = view(request)
        assert answer.status_code == status
        assert said in text_of(answer)


def test_a_person_without_the_right_reads_a_plain_page():
    answer = signed_in(person(Role.AGENT)).get("/designer/")

    assert answer.status_code == 403
    assert "You may not open this page." in text_of(answer)


def test_the_language_is_switched_without_a_script(client: Client):
    answer = client.post("/language", {"language": "zh-hans", "next": "/login"})

    assert answer.headers["Location"] == "/login"
    assert '<html lang="zh-Hans">' in text_of(client.get("/login"))
    assert (
        client.post("/language", {"language": "en", "next": "//evil.example"}).headers["Location"]
        == "/"
    )


def test_switching_the_language_keeps_where_one_wanted_to_go(client: Client):
    page = text_of(client.get("/login?next=/desk/"))

    assert 'name="next" value="/login?next=%2Fdesk%2F"' in page
    assert 'name="next" value="/desk/"' in page


def test_every_text_is_translated_and_compiled():
    catalog = texts.read("zh_Hans")
    translated = {one.id for one in catalog if one.id and one.string and not one.fuzzy}

    missing = set(texts.find_texts()) - translated

    assert not missing
    stored = ROOT / "config/locale/zh_Hans/LC_MESSAGES/django.mo"
    assert stored.read_bytes() == texts.compiled(catalog)


def test_health_says_alive(client: Client):
    assert client.get("/healthz").json() == {"status": "ok", "checks": []}


def test_readiness_says_what_is_missing_and_how_to_mend_it(client: Client):
    answer = client.get("/readyz")
    checks = {one["name"]: one for one in answer.json()["checks"]}

    assert set(checks) == {"database", "migrations", "front_end", "media_worker", "disk"}
    # On SQLite the tests' own database is quick and unsafe, and the page must say so.
    assert checks["database"]["ok"] is ("synchronous=0" not in checks["database"]["detail"])
    assert checks["database"]["ok"] is (connection.vendor != "sqlite")
    assert checks["migrations"]["ok"]
    assert (checks["media_worker"]["ok"], answer.status_code) == (False, 503)
    assert all(one["ok"] or one["mend"] for one in checks.values())


def test_readiness_notices_each_fault(settings, tmp_path, monkeypatch):
    settings.DIST = tmp_path
    monkeypatch.setattr(health, "FREE_BYTES", 2**60)

    assert not health.front_end().ok
    assert not health.disk_space().ok
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text("{}")
    assert health.front_end().ok


def test_a_failing_database_is_a_failed_check(monkeypatch):
    def media_workers():
        raise OperationalError("secret address")

    monkeypatch.setattr(health, "CHECKS", (media_workers,))

    (failed,) = health.run_checks()

    assert (failed.name, failed.ok) == ("media_workers", False)
    assert "secret address" not in repr(failed)


def settings_under(environment: dict[str, str], expression: str, module: str = "local") -> str:
    """What the settings say in a process of its own, with this environment."""
    code = f"from config.settings import {module} as s; print({expression})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": "/usr/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_cookies_are_bound_to_the_host_when_there_is_https(tmp_path: Path):
    names = "s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.JOIN_COOKIE_NAME, s.LANGUAGE_COOKIE_NAME"
    flags = "s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY"
    var = {"COUNTERFLOW_VAR": str(tmp_path)}

    secure = settings_under({**var, "COUNTERFLOW_HTTPS": "1"}, f"[{names}], [{flags}]")
    plain = settings_under(var, f"[{names}], [{flags}]")

    assert secure.count("__Host-") == 4
    assert secure.endswith("[True, True, True]")
    assert "__Host-" not in plain
    assert plain.endswith("[False, False, True]")


def test_every_cookie_says_where_it_may_go(client: Client):
    user = person(Role.AGENT)
    client.get("/login")
    client.post("/login", {"username": user.username, "password": "correct horse battery"})

    for name in ("cf_session", "csrftoken", "cf_language"):
        assert client.cookies[name]["samesite"] == "Lax"
        assert client.cookies[name]["path"] == "/"
        assert not client.cookies[name]["domain"]
    assert client.cookies["cf_session"]["httponly"]


def test_production_refuses_to_start_half_configured(tmp_path: Path):
    key = tmp_path / "key"
    key.write_text("k" * 50)
    var = {"COUNTERFLOW_VAR": str(tmp_path)}
    named = {**var, "COUNTERFLOW_SECRET_KEY_FILE": str(key)}

    assert "COUNTERFLOW_SECRET_KEY_FILE" in settings_under(var, "1", "production")
    assert "COUNTERFLOW_KEYRING" in settings_under(named, "1", "production")
    keys = {**named, "COUNTERFLOW_KEYRING_FILE": str(tmp_path / "keyring.json")}
    assert "COUNTERFLOW_ALLOWED_HOSTS" in settings_under(keys, "1", "production")
    whole = {**keys, "COUNTERFLOW_ALLOWED_HOSTS": "video.example"}
    said = "s.SECURE_HSTS_SECONDS, s.SECURE_SSL_REDIRECT, s.DEMO, s.SESSION_COOKIE_NAME"
    assert settings_under(whole, said, "production") == "31536000 True False __Host-cf_session"


def test_a_database_address_becomes_a_pool(tmp_path: Path):
    var = {"COUNTERFLOW_VAR": str(tmp_path)}
    url = {"COUNTERFLOW_DATABASE_URL": "postgresql://me:p%40ss@db.example:5433/calls"}
    entry = "s.DATABASES['default']"

    said = settings_under(
        {**var, **url}, f"[{entry}[k] for k in ('NAME', 'USER', 'PASSWORD', 'PORT')]"
    )
    pool = settings_under({**var, **url}, f"{entry}['OPTIONS']['pool']['max_size']")
    wrong = settings_under({**var, "COUNTERFLOW_DATABASE_URL": "oracle://x"}, "1")

    assert said == "['calls', 'me', 'p@ss', '5433']"
    assert pool == "10"
    assert "expected postgresql, mariadb or sqlite" in wrong


def test_the_secret_is_made_once_and_kept_to_its_owner(tmp_path: Path):
    var = {"COUNTERFLOW_VAR": str(tmp_path)}

    first, second = (settings_under(var, "s.SECRET_KEY") for _ in range(2))

    assert first == second
    assert len(first) > 50
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600
