"""Addresses of the runtime's REST, under /api/v1/."""

from django.urls import path

from runtime.api import (
    compositions,
    connections,
    decisions,
    erasing,
    joining,
    keyring,
    media,
    parties,
    routes,
    runs,
    workers,
)

urlpatterns = [
    path("join", joining.JoinView.as_view(), name="api_join"),
    path("runs", runs.RunsView.as_view(), name="api_runs"),
    path("runs/<uuid:run_id>", runs.OneRunView.as_view(), name="api_run"),
    path("runs/<uuid:run_id>/events", runs.EventsView.as_view(), name="api_run_events"),
    path("runs/<uuid:run_id>/incident", decisions.IncidentView.as_view(), name="api_incident"),
    path("runs/<uuid:run_id>/suspend", decisions.SuspendView.as_view(), name="api_suspend"),
    path("runs/<uuid:run_id>/resume", decisions.ResumeView.as_view(), name="api_resume"),
    path("runs/<uuid:run_id>/cancel", decisions.CancelView.as_view(), name="api_cancel"),
    path("runs/<uuid:run_id>/step-in", decisions.StepInView.as_view(), name="api_step_in"),
    path("runs/<uuid:run_id>/migration", decisions.MigrationView.as_view(), name="api_migration"),
    path(
        "runs/<uuid:run_id>/callback",
        decisions.CallbackAddressView.as_view(),
        name="api_callback_address",
    ),
    path("callbacks/<str:token>", decisions.CallbackView.as_view(), name="api_callback"),
    path("runs/<uuid:run_id>/guests", parties.GuestsView.as_view(), name="api_guests"),
    path("runs/<uuid:run_id>/oversee", parties.OverseeView.as_view(), name="api_oversee"),
    path(
        "runs/<uuid:run_id>/parties/<uuid:participant_id>",
        parties.PartyView.as_view(),
        name="api_party",
    ),
    path("runs/<uuid:run_id>/route", routes.RouteView.as_view(), name="api_route"),
    path("runs/<uuid:run_id>/move", routes.MoveView.as_view(), name="api_move"),
    path("runs/<uuid:run_id>/erase", erasing.EraseView.as_view(), name="api_erase"),
    path(
        "runs/<uuid:run_id>/erase/agree", erasing.AgreeToEraseView.as_view(), name="api_agree_erase"
    ),
    path("runs/<uuid:run_id>/verify", runs.VerifyRunView.as_view(), name="api_run_verify"),
    path(
        "runs/<uuid:run_id>/recordings/<uuid:file_id>/grant",
        media.GrantView.as_view(),
        name="api_recording_grant",
    ),
    path(
        "runs/<uuid:run_id>/compositions",
        compositions.CompositionsView.as_view(),
        name="api_compositions",
    ),
    path(
        "runs/<uuid:run_id>/compositions/<uuid:composition_id>",
        compositions.OneCompositionView.as_view(),
        name="api_composition",
    ),
    path("media/play/<str:token>", media.PlayView.as_view(), name="api_play"),
    path(
        "media/<uuid:run_id>/<int:generation>/<str:name>",
        media.DeliverView.as_view(),
        name="api_deliver",
    ),
    path("connections", connections.ConnectionsView.as_view(), name="api_connections"),
    path(
        "connections/<uuid:connection_id>",
        connections.OneConnectionView.as_view(),
        name="api_connection",
    ),
    path(
        "connections/<uuid:connection_id>/check",
        connections.CheckConnectionView.as_view(),
        name="api_check_connection",
    ),
    path("keyring", keyring.KeyringView.as_view(), name="api_keyring"),
    path("keyring/rotation", keyring.RotationView.as_view(), name="api_rotation"),
    path("workers", workers.WorkersView.as_view(), name="api_workers"),
    path("workers/<uuid:worker_id>/drain", workers.DrainView.as_view(), name="api_drain_worker"),
    path("evidence/<uuid:evidence_id>", runs.PictureView.as_view(), name="api_evidence"),
]
