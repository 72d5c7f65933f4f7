"""The addresses of the three sockets."""

from django.urls import path

from runtime.consumers.desk import DeskSocket
from runtime.consumers.run import RunSocket
from runtime.consumers.worker import WorkerSocket

websocket_urlpatterns = [
    path("ws/run/<uuid:run_id>/", RunSocket.as_asgi()),  # type: ignore[arg-type] # an ASGI application, as URLRouter wants
    path("ws/desk/", DeskSocket.as_asgi()),  # type: ignore[arg-type] # an ASGI application, as URLRouter wants
    path("ws/worker/", WorkerSocket.as_asgi()),  # type: ignore[arg-type] # an ASGI application, as URLRouter wants
]
