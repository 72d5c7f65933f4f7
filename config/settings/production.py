"""A site that others reach: TLS always, a secret from a file, no debugging."""

import os

from django.core.exceptions import ImproperlyConfigured

# Before base is read, because cookie names depend on it.
os.environ["COUNTERFLOW_HTTPS"] = "1"

from config.environment import keyring, secret_key, words
from config.settings.base import *  # noqa: F403 - settings are one flat namespace

DEBUG = False
DEMO = False
SECRET_KEY = secret_key(make=None)
KEYRING = keyring(make=None)
ALLOWED_HOSTS = words("COUNTERFLOW_ALLOWED_HOSTS")
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("COUNTERFLOW_ALLOWED_HOSTS must name the hosts of this site")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
