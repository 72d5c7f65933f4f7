"""What is shipped to deploy with: read as far as it can be without Docker and Kubernetes."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from typing_extensions import override

from runtime import tasks
from runtime.media.__main__ import read_options

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm"
TEMPLATES = sorted((CHART / "templates").glob("*.yaml"))
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def words_of_deploy() -> dict[str, set[str]]:
    """Environment variables of ours that each file names."""
    files = [one for one in DEPLOY.rglob("*") if one.is_file()]
    found = {
        str(one.relative_to(ROOT)): set(re.findall(r"\bCOUNTERFLOW_[A-Z_]+\b", one.read_text()))
        for one in files
    }
    return {name: words for name, words in found.items() if words}


def test_every_variable_is_one_that_the_site_reads():
    page = (ROOT / "docs" / "operations.md").read_text()
    table = page.split("## Environment\n", 1)[1].split("\n## ", 1)[0]
    told = set(re.findall(r"`(COUNTERFLOW_[A-Z_]+)`", table))

    unknown = {name: words - told for name, words in words_of_deploy().items() if words - told}

    assert len(words_of_deploy()) >= 3
    assert not unknown


def test_compose_names_what_it_declares():
    volumes = {
        source
        for one in SERVICES.values()
        for source in (volume.partition(":")[0] for volume in one.get("volumes", []))
        if not source.startswith(".")
    }
    secrets = {name for one in SERVICES.values() for name in one.get("secrets", [])}
    awaited = {name for one in SERVICES.values() for name in one.get("depends_on", {})}

    assert volumes == set(COMPOSE["volumes"])
    assert secrets == set(COMPOSE["secrets"])
    assert awaited <= set(SERVICES)


def test_compose_awaits_health_only_of_who_can_tell():
    for one in SERVICES.values():
        for name, how in one.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                asked = SERVICES[name].get("healthcheck", {"image": "has one of its own"})
                assert "disable" not in asked, name


@pytest.mark.parametrize(
    "text", [(DEPLOY / "compose.yaml").read_text(), "helm"], ids=["compose", "helm"]
)
def test_both_sorts_of_jobs_are_performed(text):
    if text == "helm":
        text = (CHART / "templates" / "jobs.yaml").read_text()

    assert tasks.QUEUE in text
    assert tasks.OUTSIDE_QUEUE in text


@pytest.mark.parametrize("name", ["media-1", "media-2"])
def test_media_workers_understand_their_command(name, tmp_path):
    token = tmp_path / "token"
    token.write_text("t")
    command = [
        str(token) if "worker-token" in word else word for word in SERVICES[name]["command"][3:]
    ]

    options = read_options(command)

    assert options.worker == name
    assert f"{options.udp_port}:{options.udp_port}/udp" in SERVICES[name]["ports"]


def test_the_image_copies_what_is_there_and_runs_as_nobody_special():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = [
        word
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    ]
    extras = set(re.findall(r"--extra (\w+)", "\n".join(lines)))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert [one for one in copied if not (ROOT / one).exists()] == []
    assert extras <= set(project["optional-dependencies"])
    assert "USER counterflow" in lines
    assert any(line.startswith("HEALTHCHECK") for line in lines)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
def test_chart_refers_to_values_that_are_there(template: Path):
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    named = re.findall(r"\.Values\.([A-Za-z.]+)", template.read_text())

    missing = [one for one in named if not has(values, one.rstrip("."))]

    assert not missing


def has(values: Any, path: str) -> bool:
    first, _, rest = path.partition(".")
    return first in values and (not rest or has(values[first], rest))


@pytest.mark.parametrize(
    "template", [*TEMPLATES, CHART / "templates" / "_parts.tpl"], ids=lambda one: one.name
)
def test_chart_opens_and_closes_its_blocks(template: Path):
    text = template.read_text()
    opened = re.findall(r"\{\{-? *(?:if|range|with|define)\b", text)

    assert len(opened) == len(re.findall(r"\{\{-? *end *-?\}\}", text))
    assert text.count("{{") == len(re.findall(r"\{\{.*?\}\}", text))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
def test_chart_includes_parts_that_are_defined(template: Path):
    parts = (CHART / "templates" / "_parts.tpl").read_text()
    defined = set(re.findall(r'define "([a-z.]+)"', parts))

    assert set(re.findall(r'include "([a-z.]+)"', template.read_text())) <= defined


def test_chart_has_one_of_each_that_a_site_needs():
    kinds = sorted(one["kind"] for template in TEMPLATES for one in without_templating(template))

    assert kinds == sorted(
        [
            *("Deployment", "Service", "PodDisruptionBudget"),  # web
            "Deployment",  # relay and Celery's workers, one after the other
            *("StatefulSet", "PodDisruptionBudget"),  # media
            *("Ingress", "Job", "PersistentVolumeClaim"),
        ]
    )


def without_templating(template: Path) -> Iterator[dict[str, Any]]:
    """The documents of a template with every expression replaced by a word."""
    lines = [
        re.sub(r"\{\{.*?\}\}", "word", line)
        for line in template.read_text().splitlines()
        if not re.fullmatch(r"\s*\{\{.*\}\}\s*", line)
    ]
    yield from (one for one in yaml.safe_load_all("\n".join(lines)) if one)


class Answers(BaseHTTPRequestHandler):
    """A web process that knows one name."""

    def do_GET(self) -> None:
        self.send_response(200 if self.headers["Host"] == "bank.example" else 400)
        self.end_headers()

    @override
    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


@pytest.mark.parametrize(("host", "code"), [("bank.example,web", 0), ("other.example", 1)])
def test_the_health_check_asks_under_the_site_s_own_name(host, code):
    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    done = subprocess.run(
        [sys.executable, str(DEPLOY / "healthcheck.py"), str(server.server_port)],
        env={"COUNTERFLOW_ALLOWED_HOSTS": host},
        capture_output=True,
        check=False,
    )
    server.shutdown()
    server.server_close()

    assert done.returncode == code
