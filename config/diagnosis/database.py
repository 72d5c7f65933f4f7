"""The database: is it there, does a commit last, are the tables ours, does its clock agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings
from django.db import connection

from config import health
from config.diagnosis.verdict import Verdict, fail, ok, warn
from runtime.clock import now_ms

POSTGRESQL = 150_000
"""The oldest version the tests run on."""
SKEW_WARN_MS = 250
SKEW_FAIL_MS = 2_000
DURABLE = {
    "postgresql": {"fsync": {"on"}, "synchronous_commit": {"on", "local", "remote_apply"}},
    "mysql": {"innodb_flush_log_at_trx_commit": {"1"}, "innodb_doublewrite": {"ON", "1"}},
}
_SETTING = {"postgresql": "SELECT current_setting(%s)", "mysql": "SELECT @@GLOBAL.{}"}
_CLOCK = {
    "postgresql": "SELECT extract(epoch FROM clock_timestamp()) * 1000",
    "mysql": "SELECT UNIX_TIMESTAMP(NOW(6)) * 1000",
}


def database() -> Verdict:
    """Whether it answers, and which it is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    version = _version()
    if connection.vendor == "postgresql" and version < POSTGRESQL:
        return fail("database", f"PostgreSQL {version // 10_000}", "Use PostgreSQL 15 or newer.")
    isolation = _isolation()
    if isolation not in {"", "read committed"}:
        mend = "Leave the isolation level at READ COMMITTED: steps hold themselves true by seq."
        return fail("database", f"{connection.display_name}, {isolation}", mend)
    pool = "with a pool" if _options().get("pool") else "a connection per thread"
    kept = "one file" if connection.vendor == "sqlite" else pool
    return ok("database", f"{connection.display_name} {_shown_version()}, {kept}")


def durability() -> Verdict:
    """Whether what is acknowledged survives a power cut."""
    if connection.vendor == "sqlite":
        check = health.database_mode()
        if not check.ok:
            return fail("durability", check.detail, check.mend)
        return ok("durability", check.detail)
    wanted = DURABLE[connection.vendor]
    found = {name: _setting(name) for name in wanted}
    loose = [f"{name}={value}" for name, value in found.items() if value not in wanted[name]]
    if loose:
        mend = "An acknowledged act may be lost in a power cut: set these as the server's default."
        return fail("durability", ", ".join(loose), mend)
    return ok("durability", ", ".join(f"{name}={value}" for name, value in found.items()))


def migrations() -> Verdict:
    """Whether the tables are those of this code."""
    check = health.migrations()
    if not check.ok:
        return fail("migrations", check.detail, check.mend)
    return ok("migrations", check.detail)


def clock() -> Verdict:
    """Whether the database's clock and this host's agree; times are written by the hosts."""
    ask = _CLOCK.get(connection.vendor)
    if ask is None:
        return ok("clock", "the database is in this process")
    return judge_clock(_skew_ms(ask, now_ms))


def judge_clock(skew_ms: int) -> Verdict:
    """`skew_ms`: how far this host is ahead."""
    detail = f"{skew_ms:+d} ms against the database"
    if abs(skew_ms) < SKEW_WARN_MS:
        return ok("clock", detail)
    mend = "Run a time service (chrony, systemd-timesyncd) on every host: timers follow the clocks."
    return (warn if abs(skew_ms) < SKEW_FAIL_MS else fail)("clock", detail, mend)


def _skew_ms(ask: str, clock_ms: Callable[[], int]) -> int:
    with connection.cursor() as cursor:
        before = clock_ms()
        cursor.execute(ask)
        theirs = float(cursor.fetchone()[0])
        return round((before + clock_ms()) / 2 - theirs)


def _setting(name: str) -> str:
    ask = _SETTING[connection.vendor]
    with connection.cursor() as cursor:
        if "%s" in ask:
            cursor.execute(ask, [name])
        else:
            cursor.execute(ask.format(name))
        return str(cursor.fetchone()[0])


def _isolation() -> str:
    names = {"postgresql": "transaction_isolation", "mysql": "tx_isolation"}
    name = names.get(connection.vendor)
    if name is None:
        return ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {'@@' + name if connection.vendor == 'mysql' else _PG_ISOLATION}")
        return str(cursor.fetchone()[0]).replace("-", " ").lower()


_PG_ISOLATION = "current_setting('transaction_isolation')"


def _version() -> int:
    return int(getattr(connection, "pg_version", 0))


def _shown_version() -> str:
    info = connection.get_database_version()
    return ".".join(str(one) for one in info)


def _options() -> Mapping[str, object]:
    options: Mapping[str, object] = settings.DATABASES["default"].get("OPTIONS", {})
    return options
