"""The address a request came from, as far as proxies of ours vouch for it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """The client's IP address.

    With N trusted proxies it is the N-th entry of X-Forwarded-For from the right: what stands
    further left was written by the client itself.
    """
    direct = str(request.META.get("REMOTE_ADDR") or "")
    if not settings.TRUSTED_PROXIES:
        return direct
    forwarded = [
        one.strip()
        for one in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if one.strip()
    ]
    if len(forwarded) < settings.TRUSTED_PROXIES:
        return direct
    return str(forwarded[-settings.TRUSTED_PROXIES])
