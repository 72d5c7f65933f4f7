"""The description of the REST interface: the schema, and a page to read it that the CSP allows."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from typing_extensions import override


class SchemaView(SpectacularAPIView):
    """The OpenAPI schema."""

    actions: ClassVar = {"GET": "schema.read"}


class DocumentationView(SpectacularSwaggerSplitView):
    """The schema as a page."""

    actions: ClassVar = {"GET": "schema.read"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes our session: spectacular knows only DRF's own class."""

    target_class = "accounts.guard.SessionAuthentication"
    name = "session"

    @override
    def get_security_definition(self, _auto_schema: object) -> dict[str, str]:
        """An API key in the session's cookie."""
        # The name without `__Host-`, so that the schema is the same with and without HTTPS.
        return {"type": "apiKey", "in": "cookie", "name": "cf_session"}
