"""Addresses of the designer's REST, under /api/v1/."""

from django.urls import path

from designer import api

urlpatterns = [
    path("templates", api.TemplatesView.as_view(), name="templates"),
    path("flows", api.FlowsView.as_view(), name="flows"),
    path("flows/<uuid:flow_id>", api.OneFlowView.as_view(), name="flow"),
    path("flows/<uuid:flow_id>/draft", api.DraftView.as_view(), name="draft"),
    path("flows/<uuid:flow_id>/publish", api.PublishView.as_view(), name="publish"),
    path("flows/<uuid:flow_id>/versions/<int:number>", api.VersionView.as_view(), name="version"),
    path("flows/<uuid:flow_id>/links", api.LinksView.as_view(), name="links"),
    path("verify", api.VerifyView.as_view(), name="verify"),
]
