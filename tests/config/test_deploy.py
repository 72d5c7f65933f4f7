"""What is shipped to deploy with: read as far as it can be without Docker and Kubernetes."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import tomllib
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


BUCKET = "storage.bucket=s3://media/bank?endpoint=https://s3.bank.example"


def rendered(*values: str) -> list[dict[str, Any]]:
    """The chart's documents as helm makes them for a site that has said what it must."""
    said = ["site.host=video.bank.example", "site.tlsSecret=tls", *values]
    command = [str(Path(sys.executable).parent / "helm"), "template", "bank", str(CHART)]
    done = subprocess.run(
        [*command, *(word for one in said for word in ("--set", one))],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [one for one in yaml.safe_load_all(done.stdout) if one]


@pytest.fixture(scope="module", params=["volume", "bucket"])
def documents(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return rendered(BUCKET) if request.param == "bucket" else rendered()


def pods_of(documents: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(name, what selects it, the pod's template) of everything that runs pods."""
    return [
        (
            f"{one['kind']} {one['metadata']['name']}",
            one["spec"].get("selector", {}).get("matchLabels", {}),
            one["spec"]["template"],
        )
        for one in documents
        if "template" in one["spec"]
    ]


def test_chart_has_one_of_each_that_a_site_needs(documents: list[dict[str, Any]]) -> None:
    kinds = sorted(one["kind"] for one in documents if one["kind"] != "PersistentVolumeClaim")

    assert kinds == sorted(
        [
            *("Deployment", "Service", "PodDisruptionBudget"),  # web
            *("Deployment", "Deployment", "Deployment"),  # relay, Celery's workers of both sorts
            *("StatefulSet", "PodDisruptionBudget"),  # media
            *("Ingress", "Job"),
        ]
    )


def test_pods_are_found_by_what_selects_them(documents: list[dict[str, Any]]) -> None:
    for name, selector, pod in pods_of(documents):
        assert selector.items() <= pod["metadata"].get("labels", {}).items(), name


def test_pods_mount_what_they_declare(documents: list[dict[str, Any]]) -> None:
    claims = {
        one["metadata"]["name"] for one in documents if one["kind"] == "PersistentVolumeClaim"
    }
    kept = {"spool"}  # the claim template of media
    for name, _, pod in pods_of(documents):
        volumes = {one["name"]: one for one in pod["spec"].get("volumes", [])}
        for container in pod["spec"]["containers"]:
            mounted = {one["name"] for one in container.get("volumeMounts", [])}
            assert mounted <= volumes.keys() | kept, name
        claimed = {
            one["persistentVolumeClaim"]["claimName"]
            for one in volumes.values()
            if "persistentVolumeClaim" in one
        }
        assert claimed <= claims, name


def test_pods_run_as_nobody_special(documents: list[dict[str, Any]]) -> None:
    for name, _, pod in pods_of(documents):
        assert pod["spec"]["securityContext"]["runAsNonRoot"], name
        for container in pod["spec"]["containers"]:
            assert not container["securityContext"]["allowPrivilegeEscalation"], name


def test_secrets_are_those_that_the_values_tell_of(documents: list[dict[str, Any]]) -> None:
    told = (CHART / "values.yaml").read_text()
    asked = set(re.findall(r"'secretKeyRef': \{[^}]*'key': '([^']+)'", str(documents)))

    assert asked >= {"database-url", "redis-url", "broker-url"}
    assert {one for one in asked if one not in told} == set()


def test_media_workers_of_the_chart_understand_their_command(tmp_path: Path) -> None:
    (media,) = (pod for name, _, pod in pods_of(rendered()) if name.startswith("StatefulSet"))
    token = tmp_path / "token"
    token.write_text("t")
    words = media["spec"]["containers"][0]["args"]

    options = read_options(
        [f"--token-file={token}" if "token-file" in one else one for one in words]
    )

    assert options.site == "wss://video.bank.example/ws/worker/"
    assert options.deliver is None


def test_bucket_takes_the_place_of_the_volume() -> None:
    documents = rendered(BUCKET)

    assert not [one for one in documents if one["kind"] == "PersistentVolumeClaim"]
    assert "COUNTERFLOW_MEDIA_BUCKET" in str(documents)


def test_site_that_does_not_say_its_name_is_told() -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        rendered("site.host=")

    assert "site.host must be said" in failed.value.stderr


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
