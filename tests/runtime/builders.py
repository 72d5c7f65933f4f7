"""Runs, people, workers and sockets for the runtime's tests.

Valid by default, named for what they are.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from datetime import timedelta
from importlib import import_module
from typing import Any
from urllib.parse import quote

from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.utils import timezone

from accounts import links, sessions
from accounts.models import JoinLink, Membership, User, Workspace
from designer.models import Flow, FlowVersion
from flow.codec import graph_from_json
from flow.events import ParticipantId, ParticipantJoined
from flow.graph import JsonObject, to_json
from runtime import batches, claims, driver, joining, sealing
from runtime.clock import now_ms
from runtime.models import Job, Participant, Run, RunEvent, Worker

HOST = "testserver"
CONSENT_TEXT = {"en": "May we record?", "zh-Hans": "可以录音录像吗？"}


def workspace(name: str = "Bank") -> Workspace:
    return Workspace.objects.get_or_create(name=name)[0]


def staff(username: str = "wang", *roles: str, of: Workspace | None = None) -> User:
    user = User.objects.create(
        username=username, display_name=username.title(), staff_no=f"A-{username[:4]}"
    )
    for role in roles or ("agent",):
        Membership.objects.create(workspace=of or workspace(), user=user, role=role)
    return user


def node(id_: str, component: str, **config: Any) -> dict[str, Any]:
    return {"id": id_, "component": component, "version": "1.0.0", "title": {}, "config": config}


def edge(source: str, outcome: str, target: str) -> dict[str, Any]:
    return {"from": source, "outcome": outcome, "to": target}


def graph(nodes: list[dict[str, Any]], edges: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "schema": "graph/1",
        "start": nodes[0]["id"],
        "nodes": nodes,
        "edges": edges,
        "variables": [],
        "boundaries": [],
        "settings": {},
        **more,
    }


def published(
    document: dict[str, Any], *, of: Workspace | None = None, key: str = ""
) -> FlowVersion:
    parsed = graph_from_json(document)
    now = timezone.now()
    mark = uuid.uuid4().hex[:6]
    flow = Flow.objects.create(
        workspace=of or workspace(), name=f"Flow {mark}", key=key or f"flow-{mark}", created_at=now
    )
    return FlowVersion.objects.create(
        flow=flow, number=1, hash=parsed.content_hash, graph=to_json(parsed), published_at=now
    )


def end(id_: str = "done", kind: str = "success") -> dict[str, Any]:
    return node(
        id_, f"end.{kind}", reason_code=id_, message={"en": "Done", "zh-Hans": "完成"}, next_step={}
    )


def consent(id_: str = "consent", **config: Any) -> dict[str, Any]:
    texts = {
        "kind": "recording",
        "text_id": "t",
        "text_version": "1",
        "heading": CONSENT_TEXT,
        "text": CONSENT_TEXT,
        "points": [],
        "decline_note": CONSENT_TEXT,
        "min_view_s": 0,
        "timeout_s": 600,
    }
    return node(id_, "consent.ask", **{**texts, **config})


def consent_graph(**config: Any) -> dict[str, Any]:
    """link → consent → done | refused."""
    nodes = [node("link", "entry.link"), consent(**config), end(), end("refused", "reject")]
    edges = [
        edge("link", "ok", "consent"),
        edge("link", "expired", "refused"),
        edge("consent", "ok", "done"),
        edge("consent", "declined", "refused"),
        edge("consent", "timeout", "refused"),
    ]
    return graph(nodes, edges)


def call_graph() -> dict[str, Any]:
    """link → queue → connect → record → picture → consent (as a step to stand in) → stop → done."""
    nodes = [
        node("link", "entry.link"),
        node("queue", "queue.wait", queue="retail", max_wait_s=600),
        node("connect", "people.connect", ring_s=20, reassign_max=2),
        node("record", "rec.start"),
        consent("ask"),
        node("stop", "rec.stop"),
        end(),
        end("away", "defer"),
    ]
    edges = [
        edge("link", "ok", "queue"),
        edge("link", "expired", "away"),
        *(edge("queue", outcome, "away") for outcome in ("timeout", "abandoned", "closed")),
        edge("queue", "assigned", "connect"),
        edge("connect", "ok", "record"),
        *(edge("connect", outcome, "away") for outcome in ("no_answer", "busy", "refused")),
        edge("record", "ok", "ask"),
        edge("record", "fail", "away"),
        edge("ask", "ok", "stop"),
        edge("ask", "declined", "stop"),
        edge("ask", "timeout", "stop"),
        edge("stop", "ok", "done"),
    ]
    return graph(nodes, edges)


def started(document: dict[str, Any] | None = None, *, of: Workspace | None = None) -> Run:
    """A run nobody has come into yet: it waits at its link."""
    return driver.start_run(published(document or consent_graph(), of=of), at_ms=now_ms())


def entered(document: dict[str, Any] | None = None, *, of: Workspace | None = None) -> Run:
    """A run whose customer is there: it stands at the step after the link."""
    run = started(document, of=of)
    enter(run)
    return run


def enter(run: Run) -> None:
    """The customer comes in for the first time."""
    came = ParticipantJoined(
        at_ms=now_ms(), participant=ParticipantId("p1"), role="customer", name="p1"
    )
    driver.advance_run(run.pk, came, key="came", actor="test")
    be_present(run)
    run.refresh_from_db()


def be_present(run: Run, *, here: bool = True) -> Participant:
    """The run's customer, there or away just now; nobody else is told."""
    customer, _ = Participant.objects.get_or_create(run=run, role="customer")
    Participant.objects.filter(pk=customer.pk).update(present=here, seen_at_ms=now_ms())
    return customer


def link_to(version: FlowVersion, *, uses: int = 1) -> str:
    """The token of a fresh join link."""
    target = links.Target(
        workspace=version.flow.workspace, kind=JoinLink.Kind.FLOW_VERSION, id=version.pk
    )
    made = links.create(
        target, created_by=None, now=timezone.now(), ttl=timedelta(hours=1), max_uses=uses
    )
    return made.token


def joined(document: dict[str, Any] | None = None) -> tuple[Run, str]:
    """A run that a customer has come into, and the value of their join cookie."""
    token = link_to(published(document or consent_graph()))
    came = joining.join(token, ip="10.0.0.1", cookie=None, locale="en", now=timezone.now())
    return came.run, links.cookie_of(came.entry)


def seat(run: Run, user: User, role: str = "agent") -> Participant:
    return Participant.objects.create(run=run, user=user, role=role, name=user.shown_name)


def customer_of(run: Run) -> Participant:
    return Participant.objects.get(run=run, role="customer")


def session_store(key: str | None = None) -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore(key)


def session_of(user: User) -> str:
    """The key of a signed-in session."""
    store = session_store()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    sessions.begin(store)
    store.save()
    return str(store.session_key)


def worker(name: str = "local-1", token: str = "a-worker-token") -> Worker:
    return Worker.objects.create(name=name, token_hash=hashlib.sha256(token.encode()).hexdigest())


def live_worker() -> Worker:
    """A worker with room for calls, as if its socket had just been heard."""
    row = worker()
    Worker.objects.filter(pk=row.pk).update(status=Worker.Status.LIVE, seen_at_ms=now_ms())
    return row


def perform_all(now: int | None = None, *, rounds: int = 20) -> list[str]:
    """Perform due jobs until none is left; the kinds in order."""
    kinds = []
    for _ in range(rounds):
        at = now_ms() if now is None else now
        jobs = claim_all(at)
        if not jobs:
            break
        kinds += [job.kind for job in jobs]
        batches.perform(jobs, at)
    return kinds


def claim_all(at_ms: int) -> list[Job]:
    """Due jobs, claimed as the dispatcher does, or as a relay and a worker of Celery do."""
    if not settings.CELERY_BROKER_URL:
        return claims.claim(at_ms, limit=10)
    told = claims.claim(at_ms, limit=10, for_others=True)
    return claims.begin([(job.pk, job.fence) for job in told], at_ms)


def pending_kinds(run: Run) -> list[str]:
    waiting = Job.objects.filter(run=run, status__in=("ready", "waiting", "leased"))
    return sorted(waiting.values_list("kind", flat=True))


class Client(WebsocketCommunicator):
    """A socket at the real ASGI application."""

    def __init__(self, path: str, *, cookies: dict[str, str] | None = None, **headers: str) -> None:
        from config.asgi import application  # noqa: PLC0415 - after Django's setup

        sent = {"host": HOST, "origin": f"http://{HOST}", **headers}
        if cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        encoded = [(name.encode(), value.encode()) for name, value in sent.items() if value]
        super().__init__(application, path, headers=encoded)

    @classmethod
    def of_customer(cls, run: Run, cookie: str) -> Client:
        return cls(f"/ws/run/{run.pk}/", cookies={settings.JOIN_COOKIE_NAME: cookie})

    @classmethod
    def of_staff(cls, path: str, session: str) -> Client:
        return cls(path, cookies={settings.SESSION_COOKIE_NAME: session})

    @classmethod
    def of_worker(cls, token: str = "a-worker-token") -> Client:
        return cls("/ws/worker/", origin="", authorization=f"Bearer {token}")

    async def say(self, kind: str, /, **content: Any) -> None:
        await self.send_json_to({"type": kind, **content})

    async def hello(self, *, seq: int = 0, tab: str = "", **more: Any) -> dict[str, Any]:
        """Connect and say hello; the welcome."""
        accepted, _ = await self.connect(timeout=5)
        assert accepted
        tab = tab or str(uuid.uuid4())
        await self.say("hello", protocol=1, seq=seq, locale="en", tab=tab, **more)
        return await self.expect("welcome")

    async def expect(self, kind: str, *, timeout_s: float = 5, **content: Any) -> dict[str, Any]:
        """The next message of this kind (with this content), passing over others."""
        async with asyncio.timeout(timeout_s):
            while True:
                message = await self.receive_json_from(timeout=timeout_s)
                fits = all(message.get(key) == value for key, value in content.items())
                if message["type"] == kind and fits:
                    return dict(message)

    async def expect_close(self, timeout_s: float = 5) -> int:
        """The code the socket is closed with, passing over messages."""
        async with asyncio.timeout(timeout_s):
            while True:
                output = await self.receive_output(timeout=timeout_s)
                if output["type"] == "websocket.close":
                    return int(output.get("code", 1000))

    async def act(self, activity: str, action: str, **data: Any) -> str:
        id_ = str(uuid.uuid4())
        await self.say("act", id=id_, activity=activity, action=action, data=data)
        return id_


def own_site() -> dict[str, str]:
    """What the environment of a process must say to stand on the tests' own database."""
    entry = connection.settings_dict
    name = quote(str(entry["NAME"]))
    user, password = quote(entry["USER"], safe=""), quote(entry["PASSWORD"], safe="")
    url = f"{user}:{password}@{entry['HOST']}:{entry['PORT']}/{name}"
    scheme = {"sqlite": "sqlite", "postgresql": "postgresql", "mysql": "mariadb"}[connection.vendor]
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "COUNTERFLOW_VAR": str(settings.VAR),
        "COUNTERFLOW_DATABASE_URL": f"{scheme}://{name if scheme == 'sqlite' else url}",
    }


def as_json(value: Any) -> str:
    return json.dumps(value)


def said_by(event: RunEvent) -> JsonObject:
    """What an event says, unsealed."""
    return sealing.seal_for(event.run_id).open_event(event)


def payload_of(job: Job) -> Any:
    """What a job asks, unsealed."""
    sealing.open_job(job)
    return job.payload
