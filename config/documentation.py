"""The description of the REST interface: the schema, and a page to read it that the CSP allows."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.views import redirect_to_login
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from typing_extensions import override

from config import pages


class SchemaView(SpectacularAPIView):
    """The OpenAPI schema."""

    actions: ClassVar = {"GET": "schema.read"}


class DocumentationView(SpectacularSwaggerSplitView):
    """The schema as a page, so it turns people away as pages do."""

    actions: ClassVar = {"GET": "schema.read"}

    @override
    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, NotAuthenticated):
            return redirect_to_login(self.request.get_full_path())
        if isinstance(exc, PermissionDenied):
            return pages.refused(self.request)
        return super().handle_exception(exc)


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes our session: spectacular knows only DRF's own class."""

    target_class = "accounts.guard.SessionAuthentication"
    name = "session"

    @override
    def get_security_definition(self, _auto_schema: object) -> dict[str, str]:
        """An API key in the session's cookie."""
        # The name without `__Host-`, so that the schema is the same with and without HTTPS.
        return {"type": "apiKey", "in": "cookie", "name": "cf_session"}
