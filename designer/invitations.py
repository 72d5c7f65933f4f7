"""Join links into runs of what is published: how long they live, their address, their QR code."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import segno
from django.conf import settings

from accounts import audit, links
from accounts.models import JoinLink, User
from designer.checking import graph_of
from designer.errors import NotPublishedError, OnlyCalledError
from designer.models import Flow, FlowVersion
from designer.neighbours import is_called

DEFAULT_TTL_MIN = 60
DEFAULT_USES = 1


def create_link(
    flow: Flow, *, number: int | None, ttl_min: int | None, person: User, now: datetime
) -> links.NewLink:
    """A join link that starts a run of version `number`, or of the newest.

    How long and how often it may be used is what the flow's start says, unless `ttl_min` does.
    Raises NotPublishedError, OnlyCalledError.
    """
    versions = flow.versions.all() if number is None else flow.versions.filter(number=number)
    version = versions.order_by("-number").first()
    if version is None:
        raise NotPublishedError(flow=flow.pk)
    if is_called(version):
        raise OnlyCalledError(flow=flow.pk)
    config = start_config(version)
    ttl = ttl_min or _whole(config.get("ttl_min"), DEFAULT_TTL_MIN)
    new = links.create(
        links.Target(workspace=flow.workspace, kind=JoinLink.Kind.FLOW_VERSION, id=version.pk),
        created_by=person,
        now=now,
        ttl=timedelta(minutes=ttl),
        max_uses=_whole(config.get("max_uses"), DEFAULT_USES),
    )
    audit.append(
        actor=audit.actor_of(person),
        action="link.create",
        target=str(new.link.pk),
        workspace=flow.workspace_id,
        data={"flow": str(flow.pk), "number": version.number},
    )
    return new


def start_config(version: FlowVersion) -> dict[str, object]:
    """The settings of the node where a run of this version begins."""
    graph = graph_of(version.graph)
    return dict(graph.nodes[graph.start].config)


def address_of(new: links.NewLink, *, site: str) -> str:
    """The link as the customer gets it; the fragment with the token is sent to nobody."""
    return f"{(settings.SITE_URL or site).rstrip('/')}/join#{new.token}"


def qr_svg(text: str) -> str:
    """A QR code as an SVG element, black on nothing: size and ground are the page's."""
    drawn = io.BytesIO()
    segno.make_qr(text, error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, dark="#000"
    )
    return drawn.getvalue().decode()


def _whole(value: object, default: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        return default
    return value if value > 0 else default
