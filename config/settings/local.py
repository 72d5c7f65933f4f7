"""One machine, everything embedded: what `make run` uses."""

from config.settings.base import *  # noqa: F403 - settings are one flat namespace
