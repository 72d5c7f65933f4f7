"""The site as an ASGI application: HTTP to Django, sockets to `runtime`, browsers' sockets after the origin check."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
http = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402 - models exist only after Django's setup
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 - see above

from config.origins import OwnOrigin  # noqa: E402 - see above
from runtime.routing import websocket_urlpatterns  # noqa: E402 - see above

sockets = URLRouter(websocket_urlpatterns)
application = ProtocolTypeRouter(
    {"http": http, "websocket": OwnOrigin(browsers=AuthMiddlewareStack(sockets), workers=sockets)}
)
