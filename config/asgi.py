"""The site as an ASGI application: HTTP to Django, sockets to `runtime` after the origin check."""

from __future__ import annotations

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
http = get_asgi_application()

# Only now, because models exist only after Django's setup.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 - see above
from channels.sessions import SessionMiddlewareStack  # noqa: E402 - see above

from config.origins import OwnOrigin  # noqa: E402 - see above
from config.serving import complete_server  # noqa: E402 - see above
from runtime.routing import websocket_urlpatterns  # noqa: E402 - see above

routes: Any = websocket_urlpatterns  # its stubs know only HTTP views
sockets = URLRouter(routes)
browsers: Any = SessionMiddlewareStack(sockets)  # who that is, `runtime.standing` asks each time
application = ProtocolTypeRouter(
    {"http": http, "websocket": OwnOrigin(browsers=browsers, workers=sockets)}
)
complete_server()
