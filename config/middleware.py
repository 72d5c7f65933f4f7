"""Headers of every answer: sockets of this very host in the CSP, and which features pages use."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

PERMISSIONS = (
    "camera=(self), microphone=(self), display-capture=(self), autoplay=(self), "
    "geolocation=(), payment=(), usb=()"
)


def headers(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: complete the headers of each answer."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        scheme = "wss" if request.is_secure() else "ws"
        # 'self' does not cover ws: in every browser (WebKit before 15.4).
        own = f"{scheme}://{request.get_host()}"
        response._csp_update = {"connect-src": [own]}  # type: ignore[attr-defined]
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response

    return respond
