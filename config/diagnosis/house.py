"""Settings and secrets: what a site that others reach must not get wrong."""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from config.diagnosis.verdict import Verdict, fail, ok, warn
from runtime.errors import KeyringError
from runtime.keyring import KEY_BYTES, keyring

OTHERS = 0o077
_SECRETS = (
    "secret-key",
    "keyring.json",
    "worker-token*",
    "demo-people.json",
    "tls/*key*",
    "*.token",
)
_HERE = {"localhost", "127.0.0.1", "::1"}


def wrapping_keys() -> Verdict:
    """Whether the keyring is there and opens what it wraps."""
    mend = "Bring back the keyring this site began with: without it sealed runs stay shut."
    try:
        ring = keyring()
        fresh, owner = secrets.token_bytes(KEY_BYTES), b"doctor"
        opens = ring.unwrap(ring.wrap(fresh, owner), owner) == fresh
    except KeyringError as error:
        return fail("keyring", str(error), mend)
    if not opens:
        return fail("keyring", "it does not open what it wraps", mend)
    return ok("keyring", f"key {ring.active} wraps")


def secret_files() -> Verdict:
    """Whether only the site itself may read its secrets."""
    folder = Path(settings.VAR)
    loose = sorted(
        str(path.relative_to(folder))
        for pattern in _SECRETS
        for path in folder.glob(pattern)
        if path.stat().st_mode & OTHERS
    )
    if loose:
        return fail("secret_files", f"others may read {', '.join(loose)}", "chmod 600 them.")
    return ok("secret_files", "only the site may read them")


def debugging() -> Verdict:
    """Whether pages would show the inside to strangers."""
    if settings.DEBUG:
        return fail("debug", "DEBUG is on", "Unset COUNTERFLOW_DEBUG.")
    if settings.DJANGO_VITE["default"]["dev_mode"]:
        mend = "Unset COUNTERFLOW_VITE_DEV."
        return fail("debug", "scripts come from a development server", mend)
    return ok("debug", "off")


def demo() -> Verdict:
    """Whether people with passwords kept in a file may sign in from outside."""
    if settings.DEMO and not _is_local():
        mend = "Use config.settings.production, and take the demo people's memberships away."
        return warn("demo", "demo people may be made on a site that others reach", mend)
    return ok("demo", "only on this machine" if settings.DEMO else "off")


def hosts() -> Verdict:
    """Whether the site answers for its own names, and for no others."""
    if "*" in settings.ALLOWED_HOSTS:
        mend = "Name the site's hosts in COUNTERFLOW_ALLOWED_HOSTS."
        return fail("hosts", "any name is answered for", mend)
    host = urlsplit(settings.SITE_URL).hostname
    if host and not validate_host(host, settings.ALLOWED_HOSTS):
        mend = "Add it to COUNTERFLOW_ALLOWED_HOSTS."
        return fail("hosts", f"{host} of the site's own address is not answered for", mend)
    return ok("hosts", ", ".join(settings.ALLOWED_HOSTS))


def address() -> Verdict:
    """Whether customers' browsers would give camera and microphone at the site's address."""
    parts = urlsplit(settings.SITE_URL)
    if not settings.SITE_URL:
        mend = "Set COUNTERFLOW_SITE_URL to the address customers reach."
        return warn("address", "not set: join links take the address they were made at", mend)
    if parts.scheme != "https" and not _is_local():
        mend = "Browsers give camera and microphone to https only: end TLS before the site."
        return fail("address", settings.SITE_URL, mend)
    if (parts.scheme == "https") != settings.HTTPS:
        mend = (
            "Set COUNTERFLOW_HTTPS=1 where COUNTERFLOW_SITE_URL begins with https, and only there."
        )
        return fail("address", f"{settings.SITE_URL}, HTTPS={settings.HTTPS}", mend)
    return ok("address", settings.SITE_URL)


def _is_local() -> bool:
    return urlsplit(settings.SITE_URL).hostname in {None, *_HERE}
