"""The site itself, as a Django app."""

from django.apps import AppConfig
from django.conf import settings
from typing_extensions import override


class SiteConfig(AppConfig):
    """The roof as an app: pages, texts and commands of the whole site."""

    name = "config"
    verbose_name = "Site"

    @override
    def ready(self) -> None:
        if settings.CELERY_BROKER_URL:
            from config import celery  # noqa: F401, PLC0415 - half a second that others save
