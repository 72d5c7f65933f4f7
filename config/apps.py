"""The site itself, as a Django app."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The roof as an app: pages, texts and commands of the whole site."""

    name = "config"
    verbose_name = "Site"
