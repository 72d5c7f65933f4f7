"""People and access, as a Django app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the app with Django."""

    name = "accounts"
    verbose_name = "People and access"
