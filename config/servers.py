"""Private servers of Debian's packages: PostgreSQL, Redis, RabbitMQ, MariaDB, each in a folder.

Nothing of the machine's own servers is touched: each has its data, password and port to itself,
listens on 127.0.0.1 only and is a plain child of our supervisor. Tests and `make cluster` use them.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.supervisor import Child, identity

HOST = "127.0.0.1"
NAME = "counterflow"
"""User and database of ours in each of them."""
_LOOK_LIMIT_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server to be started: its children in order, and what the site must know of it."""

    url: str
    children: tuple[Child, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


def free_port() -> int:
    """A TCP port that nobody listened at a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def postgresql(folder: Path, *, is_durable: bool = True) -> Server:
    """PostgreSQL. Without `is_durable` it flushes nothing: for tests that cut no power."""
    port, home = free_port(), folder / "postgresql"
    password, owner = _password(folder / "postgresql-password"), _owner("postgres")
    kept = [] if is_durable else ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    options = [
        f"port={port}",
        f"listen_addresses={HOST}",
        "unix_socket_directories=",
        "max_connections=200",
        "timezone=UTC",
        "log_timezone=UTC",
        *kept,
    ]
    program = str(_postgresql_programs() / "postgres")
    child = Child(
        name="postgresql",
        argv=[program, "-D", str(home), *(word for one in options for word in ("-c", one))],
        stop_signal=signal.SIGINT,  # SIGTERM would wait for whoever is connected
        stop_limit_s=30,
        user=owner,
        before=lambda: _prepare_postgresql(home, password, owner),
        is_ready=lambda: _says_yes(
            [str(_postgresql_programs() / "pg_isready"), "-h", HOST, "-p", str(port)]
        ),
    )
    url = f"postgresql://{NAME}:{password}@{HOST}:{port}/{NAME}"
    return Server(url=url, children=(child,), environment={"COUNTERFLOW_DATABASE_URL": url})


def _prepare_postgresql(home: Path, password: str, owner: str) -> None:
    if (home / "PG_VERSION").exists():
        return
    _give_folder(home, owner)
    file = home.with_name("postgresql-pwfile")
    _write_for(file, password, owner)
    programs = _postgresql_programs()
    try:
        _run(
            [
                *(str(programs / "initdb"), "-D", str(home), "-U", NAME, "--no-sync"),
                *("--auth=scram-sha-256", f"--pwfile={file}", "--locale=C.UTF-8", "-E", "UTF8"),
            ],
            owner,
        )
    finally:
        file.unlink()
    _run(
        [str(programs / "postgres"), "--single", "-D", str(home), "postgres"],
        owner,
        said=f"CREATE DATABASE {NAME}\n",
    )


def _postgresql_programs() -> Path:
    """Debian keeps them beside the path, one folder per version: the newest."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version_of)
    named = shutil.which("initdb")
    if not found and named is None:
        raise FileNotFoundError("PostgreSQL is not installed (Debian: postgresql)")
    return found[-1].parent if found else Path(str(named)).parent


def _version_of(program: Path) -> float:
    return float(program.parts[-3])


def redis(folder: Path) -> Server:
    """Redis without persistence: what it carries are hints and messages, never the record."""
    port, password = free_port(), _password(folder / "redis-password")
    settings = folder / "redis.conf"
    lines = [
        f"bind {HOST}",
        f"port {port}",
        f"requirepass {password}",
        f"dir {folder}",
        'save ""',
        "appendonly no",
        "daemonize no",
    ]
    child = Child(
        name="redis",
        argv=["redis-server", str(settings)],
        before=lambda: _write_for(settings, "\n".join(lines) + "\n", ""),
        is_ready=lambda: is_listening(port),
    )
    url = f"redis://:{password}@{HOST}:{port}"
    environment = {"COUNTERFLOW_REDIS_URL": f"{url}/0", "COUNTERFLOW_BROKER_URL": f"{url}/1"}
    return Server(url=url, children=(child,), environment=environment)


def rabbitmq(folder: Path) -> Server:
    """RabbitMQ, with a port mapper (epmd) of its own that ends with it."""
    port, mapper, home = free_port(), free_port(), folder / "rabbitmq"
    password = _password(folder / "rabbitmq-password")
    env = {
        "HOME": str(home),
        "ERL_EPMD_PORT": str(mapper),
        "ERL_EPMD_ADDRESS": HOST,
        "RABBITMQ_NODENAME": f"{NAME}@localhost",
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(home / "env.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
            "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"
        ),
    }
    mapping = Child(
        name="epmd",
        argv=["epmd", "-address", HOST, "-port", str(mapper)],
        before=lambda: _prepare_rabbitmq(home, port, password),
        is_ready=lambda: is_listening(mapper),
    )
    broker = Child(
        name="rabbitmq",
        argv=["/usr/lib/rabbitmq/bin/rabbitmq-server"],
        env=env,
        is_ready=lambda: is_listening(port),
    )
    url = f"amqp://{NAME}:{password}@{HOST}:{port}//"
    environment = {"COUNTERFLOW_BROKER_URL": url}
    return Server(url=url, children=(mapping, broker), environment=environment)


def _prepare_rabbitmq(home: Path, port: int, password: str) -> None:
    home.mkdir(mode=0o700, exist_ok=True)
    (home / "env.conf").touch()
    (home / "plugins").write_text("[].\n")
    lines = [f"listeners.tcp.1 = {HOST}:{port}", f"default_user = {NAME}"]
    lines += [f"default_pass = {password}", "disk_free_limit.absolute = 50MB"]
    _write_for(home / "rabbitmq.conf", "\n".join(lines) + "\n", "")


def mariadb(folder: Path, *, is_durable: bool = True) -> Server:
    """MariaDB. Without `is_durable` it flushes nothing: for tests that cut no power."""
    port, home = free_port(), folder / "mariadb"
    password, owner = _password(folder / "mariadb-password"), _owner("mysql")
    kept = [] if is_durable else ["--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0"]
    child = Child(
        name="mariadb",
        argv=[
            *("mariadbd", "--no-defaults", f"--datadir={home}", f"--port={port}"),
            *(f"--bind-address={HOST}", f"--socket={home}/socket", f"--pid-file={home}/pid"),
            *("--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin"),
            *(f"--init-file={home}/first.sql", "--skip-name-resolve", *kept),
        ],
        stop_limit_s=30,
        user=owner,
        before=lambda: _prepare_mariadb(home, password, owner),
        is_ready=lambda: is_listening(port),
    )
    url = f"mysql://{NAME}:{password}@{HOST}:{port}/{NAME}"
    return Server(url=url, children=(child,), environment={"COUNTERFLOW_DATABASE_URL": url})


def _prepare_mariadb(home: Path, password: str, owner: str) -> None:
    if not (home / "mysql").exists():
        _give_folder(home, owner)
        _run(
            [
                *("mariadb-install-db", "--no-defaults", f"--datadir={home}"),
                *("--auth-root-authentication-method=socket", "--skip-test-db"),
                *((f"--user={owner}",) if owner else ()),
            ],
            "",
        )
    orders = [
        f"CREATE DATABASE IF NOT EXISTS {NAME};",
        f"CREATE USER IF NOT EXISTS '{NAME}'@'{HOST}' IDENTIFIED BY '{password}';",
        f"GRANT ALL ON *.* TO '{NAME}'@'{HOST}';",
    ]
    _write_for(home / "first.sql", "\n".join(orders) + "\n", owner)


SERVERS: Mapping[str, Callable[[Path], Server]] = {
    "postgresql": lambda folder: postgresql(folder, is_durable=False),
    "mariadb": lambda folder: mariadb(folder, is_durable=False),
    "redis": redis,
    "rabbitmq": rabbitmq,
}
"""As tests want them: quick, and gone with their folder."""


def _owner(user: str) -> str:
    """PostgreSQL and MariaDB refuse to run as root: then they run as the user of their package."""
    return user if os.geteuid() == 0 else ""


def _password(path: Path) -> str:
    """The password kept in `path`, made at the first start."""
    if not path.exists():
        _write_for(path, secrets.token_hex(16), "")
    return path.read_text().strip()


def _write_for(path: Path, content: str, owner: str) -> None:
    """Only `owner` (ours when empty) may read it."""
    path.touch(mode=0o600)
    path.write_text(content)
    if owner:
        shutil.chown(path, owner)


def _give_folder(path: Path, owner: str) -> None:
    path.mkdir(mode=0o700)
    if owner:
        shutil.chown(path, owner)
        path.parent.chmod(0o711)  # it must get to its folder, not look into ours


def _run(argv: list[str], owner: str, said: str = "") -> None:
    subprocess.run(  # noqa: S603 - our own words
        argv,
        input=said,
        check=True,
        text=True,
        capture_output=True,
        cwd="/",
        **identity(owner),
    )


def is_listening(port: int) -> bool:
    """Whether somebody answers at a TCP port of this host."""
    try:
        socket.create_connection((HOST, port), timeout=_LOOK_LIMIT_S).close()
    except OSError:
        return False
    return True


def _says_yes(argv: list[str]) -> bool:
    """Whether it answers yes, and soon: on a busy host no answer is none yet."""
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            argv, capture_output=True, timeout=_LOOK_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
