"""Headers of every answer (own sockets in the CSP, features pages use), and static files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from typing_extensions import override
from whitenoise.middleware import WhiteNoiseMiddleware

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


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise has no types
    """WhiteNoise, for files that may go while the site runs: a new build removes the old one's."""

    @staticmethod
    @override
    def serve(static_file: Any, request: HttpRequest) -> HttpResponseBase:
        try:
            response: HttpResponseBase = WhiteNoiseMiddleware.serve(static_file, request)
        except FileNotFoundError as error:
            raise Http404 from error
        return response
