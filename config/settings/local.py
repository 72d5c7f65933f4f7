"""One machine, everything embedded: what `make run` uses. Nothing here is looser than elsewhere but the hosts."""

from config.settings.base import *  # noqa: F403 - settings are one flat namespace
