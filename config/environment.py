"""What the environment says about this site: folders, secret, numbers, hosts."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from runtime.keyring import write_first
from runtime.tunnel import Proxy, proxy_of

ROOT = Path(__file__).parents[1]
KEY_LENGTH = 32
_KEYRING = {
    "class": "COUNTERFLOW_KEYRING_CLASS",
    "keys": "COUNTERFLOW_KEYRING",
    "file": "COUNTERFLOW_KEYRING_FILE",
}


def flag(name: str) -> bool:
    """True for 1, true, yes, on; False when unset, empty, 0, false, no or off."""
    value = os.environ.get(name, "").strip().lower()
    if value in {"", "0", "false", "no", "off"}:
        return False
    if value in {"1", "true", "yes", "on"}:
        return True
    raise ImproperlyConfigured(f"{name} is {value!r}; expected 1 or 0")


def words(name: str, default: str = "") -> list[str]:
    """The comma-separated words of a variable, without blanks."""
    return [one.strip() for one in os.environ.get(name, default).split(",") if one.strip()]


def number(name: str, default: int) -> int:
    """A whole number, 0 or more."""
    value = os.environ.get(name, "")
    if not value:
        return default
    if not value.isdigit():
        raise ImproperlyConfigured(f"{name} is {value!r}; expected a whole number")
    return int(value)


def networks(name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """The comma-separated networks of a variable, in CIDR form."""
    try:
        return tuple(ip_network(one) for one in words(name))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must hold networks like 10.1.0.0/16") from error


def ports(name: str, default: str) -> frozenset[int]:
    """The comma-separated ports of a variable."""
    found = words(name, default)
    if not all(one.isdigit() for one in found):
        raise ImproperlyConfigured(f"{name} must hold ports like 443,8443")
    return frozenset(int(one) for one in found)


def proxy(name: str) -> Proxy | None:
    """The forward proxy `http://[user:password@]host:port` of a variable; None for none."""
    value = os.environ.get(name, "")
    try:
        return proxy_of(value) if value else None
    except ValueError as error:  # which says nothing of the value: it may hold a password
        raise ImproperlyConfigured(f"{name} must be http://[user:password@]host:port") from error


def relays(name: str) -> dict[str, tuple[str, ...]]:
    """TURN addresses by zone: comma-separated `ZONE=turns:host:443?transport=tcp`, `*` for any."""
    found: dict[str, tuple[str, ...]] = {}
    for one in words(name):
        zone, _, url = one.partition("=")
        if not url.startswith(("turn:", "turns:")):
            raise ImproperlyConfigured(f"{name} must hold zone=turn:host:port, not {one!r}")
        found[zone] = (*found.get(zone, ()), url)
    return found


def turn_secret(*, is_needed: bool) -> str:
    """What we share with the TURN servers, from `COUNTERFLOW_TURN_SECRET_FILE`.

    Raises ImproperlyConfigured when it is needed and missing, or too short to keep anybody out.
    """
    named = os.environ.get("COUNTERFLOW_TURN_SECRET_FILE")
    if not is_needed:
        return ""
    path = Path(named) if named else None
    secret = path.read_text().strip() if path is not None and path.exists() else ""
    if len(secret) < KEY_LENGTH:
        raise ImproperlyConfigured(
            f"COUNTERFLOW_TURN_SECRET_FILE must name a file with {KEY_LENGTH} characters or more"
        )
    return secret


def var_folder() -> Path:
    """Where the site keeps what it writes: `COUNTERFLOW_VAR`, else `var/` beside the code."""
    folder = Path(os.environ.get("COUNTERFLOW_VAR") or ROOT / "var").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def secret_key(*, make: Path | None) -> str:
    """The key that signs cookies and grants, from `COUNTERFLOW_SECRET_KEY_FILE`.

    Without the variable, the file `make` is read, and first written (mode 600) when missing.
    Raises ImproperlyConfigured when there is no file, or it holds fewer than KEY_LENGTH characters.
    """
    named = os.environ.get("COUNTERFLOW_SECRET_KEY_FILE")
    path = Path(named) if named else make
    if path is None:
        raise ImproperlyConfigured(
            "COUNTERFLOW_SECRET_KEY_FILE must name the file with the secret key"
        )
    if not named and not path.exists():
        _write_secret(path)
    key = path.read_text().strip() if path.exists() else ""
    if len(key) < KEY_LENGTH:
        raise ImproperlyConfigured(f"{path} must hold a secret of at least {KEY_LENGTH} characters")
    return key


def keyring(*, make: Path | None) -> Mapping[str, str]:
    """What wraps the data keys of runs, for `runtime.keyring`: a class, keys, or a file of keys.

    Without any of the three variables it is the file `make`, first written (mode 600) when missing.
    Raises ImproperlyConfigured when nothing is named and none may be made.
    """
    for kind in ("class", "keys", "file"):
        named = os.environ.get(_KEYRING[kind], "").strip()
        if named:
            return {kind: named}
    if make is None:
        names = ", ".join(_KEYRING.values())
        raise ImproperlyConfigured(f"one of {names} must say what wraps the keys of runs")
    write_first(make)
    return {"file": str(make)}


def _write_secret(path: Path) -> None:
    """Write a new secret whole or not at all; of two processes at once, one writes it."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as sink:
        sink.write(secrets.token_urlsafe(64))
    try:
        os.link(fresh, path)
    except FileExistsError:
        return
    finally:
        fresh.unlink()
