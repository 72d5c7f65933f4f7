"""What holds for every site; the environment names are read by `config.environment`."""

from __future__ import annotations

import os
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.utils.translation import gettext_lazy as _

from config.databases import database
from config.environment import (
    ROOT,
    flag,
    keyring,
    networks,
    number,
    ports,
    proxy,
    relays,
    secret_key,
    turn_secret,
    var_folder,
    words,
)

VAR = var_folder()
HTTPS = flag("COUNTERFLOW_HTTPS")
DEBUG = flag("COUNTERFLOW_DEBUG")
SECRET_KEY = secret_key(make=VAR / "secret-key")
KEYRING = keyring(make=VAR / "keyring.json")
"""What wraps the data keys of runs: `file`, `keys` or `class` (`runtime.keyring`)."""
ALLOWED_HOSTS = words("COUNTERFLOW_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
SITE_URL = os.environ.get("COUNTERFLOW_SITE_URL", "")
"""Address that customers reach (https://video.bank.example); empty: the one the request came to."""
DEMO = True
"""Whether `manage.py seed_demo` may make people whose passwords are kept in a file."""
TRUSTED_PROXIES = number("COUNTERFLOW_PROXIES", 0)
"""How many proxies of ours stand before the site, each adding one address to X-Forwarded-For."""

INSTALLED_APPS = [
    "config",
    "accounts",
    "components",
    "designer",
    "runtime",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_vite",
    "csp",
    "axes",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.headers",
    "config.middleware.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.sessions.session_limits",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
            ]
        },
    }
]
DATABASES = {"default": database(VAR / "counterflow.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = os.environ.get("COUNTERFLOW_REDIS_URL", "")
"""Carries hints between hosts; empty: the processes of this site share a host."""
CELERY_BROKER_URL = os.environ.get("COUNTERFLOW_BROKER_URL", "")
"""Carries ids of jobs to Celery's workers; empty: dispatchers perform jobs themselves."""
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {"default": {"BACKEND": "runtime.layers.LocalLayer"}}

# People and sessions
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"
SESSION_ABSOLUTE_S = 12 * 3600
SESSION_IDLE_S = 30 * 60
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_S
AXES_FAILURE_LIMIT = 10
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_COOLOFF_TIME = "accounts.signin.cool_off"
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "accounts.addresses.client_ip"
AXES_LOCKOUT_CALLABLE = "accounts.signin.locked_out"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
EGRESS_PRIVATE = networks("COUNTERFLOW_EGRESS_PRIVATE")
"""Private networks that a connection may lead into, when its admin says so too."""
EGRESS_PORTS = ports("COUNTERFLOW_EGRESS_PORTS", "80,443,8080,8443")
"""Ports that a connection may lead to; mail servers have their own besides."""
EGRESS_PROXY = proxy("COUNTERFLOW_EGRESS_PROXY")
"""The forward proxy through which calls leave the house; None when they leave directly."""
TURN_URLS = relays("COUNTERFLOW_TURN")
"""TURN servers by zone."""
TURN_SECRET = turn_secret(is_needed=bool(TURN_URLS))
JOIN_FAILURES_PER_IP = number("COUNTERFLOW_JOIN_FAILURES_PER_IP", 5)
"""Different unusable tokens an address may try in ten minutes before it is refused everything."""

# Cookies. With HTTPS the browser itself binds them to this host and path (`__Host-`).
_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_PREFIX}cf_session"
CSRF_COOKIE_NAME = f"{_PREFIX}csrftoken"
LANGUAGE_COOKIE_NAME = f"{_PREFIX}cf_language"
JOIN_COOKIE_NAME = f"{_PREFIX}cf_join"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
CSRF_TRUSTED_ORIGINS = words("COUNTERFLOW_ORIGINS")
CSRF_FAILURE_VIEW = "config.pages.forged"

# Headers
SECURE_CONTENT_TYPE_NOSNIFF = True
# Not "no-referrer": browsers then post forms with Origin null, which the CSRF check must refuse.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "worker-src": [SELF, "blob:"],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Languages
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [ROOT / "config" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Files
STATIC_URL = "/static/"
DIST = ROOT / "static" / "dist"
STATICFILES_DIRS = [DIST] if DIST.is_dir() else []
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/assets/.+[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$"
DJANGO_VITE = {
    "default": {
        "dev_mode": flag("COUNTERFLOW_VITE_DEV"),
        "manifest_path": DIST / ".vite" / "manifest.json",
    }
}
MEDIA_FOLDER = VAR / "media"
"""Recordings and pictures; never served as static files, only through the API after `can`."""
MEDIA_BUCKET = os.environ.get("COUNTERFLOW_MEDIA_BUCKET", "")
"""`s3://bucket/folder?endpoint=…&region=…` in the folder's place; see `runtime.evidence.bucket`."""

# Interface
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.guard.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.guard.DeclaredAccess"],
    "DEFAULT_PARSER_CLASSES": ["accounts.guard.BoundedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "accounts.answers.answer_error",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Counterflow",
    "DESCRIPTION": "Video business: flows, runs, recordings and their evidence.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["accounts.guard.DeclaredAccess"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ComponentGroupEnum": "components.palette.GROUPS",
        "EndKindEnum": "runtime.api.documents.ENDINGS",
        "ConnectionKindEnum": "runtime.models.connection.Connection.Kind",
        "IncidentChoiceEnum": "runtime.api.documents.CHOICES",
    },
}

LOGGING_CONFIG = "config.logs.set_up"
LOGGING: dict[str, Any] = {"level": "DEBUG" if DEBUG else "INFO"}
