"""Every address of the site."""

from django.urls import include, path
from django.views.i18n import set_language

from config import health, pages
from config.documentation import DocumentationView, SchemaView

urlpatterns = [
    path("", pages.home, name="home"),
    path("login", pages.login, name="login"),
    path("language", set_language, name="language"),
    path("designer/", pages.designer, name="designer"),
    path("designer/<uuid:flow_id>/", pages.designer, name="designer_flow"),
    path("desk/", pages.desk, name="desk"),
    path("runs/", pages.runs, name="runs"),
    path("runs/<uuid:run_id>", pages.runs, name="run"),
    path("runs/<uuid:run_id>/erase", pages.erasing, name="run_erasing"),
    path("admin/", pages.admin, name="admin"),
    path("admin/<str:place>", pages.admin, name="admin_place"),
    path("join", pages.join, name="join"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", DocumentationView.as_view(url_name="schema"), name="docs"),
    path("api/v1/", include("accounts.urls")),
    path("api/v1/", include("components.urls")),
    path("api/v1/", include("designer.urls")),
    path("api/v1/", include("runtime.urls")),
]
handler400 = pages.malformed
handler403 = pages.refused
handler404 = pages.missing
handler500 = pages.broken
