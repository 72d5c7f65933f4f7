"""`python -m runtime.media`: start one media worker process."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys
from pathlib import Path

import structlog
import uvloop

from runtime.media.worker import Options, Worker

GC_THRESHOLD = (20_000, 10, 10)  # packets are made and dropped without a cycle


def read_options(arguments: list[str]) -> Options:
    """The command line as Options; exits with a message when it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m runtime.media", description=__doc__)
    parser.add_argument(
        "--site", required=True, help="ws:// or wss:// address of the worker socket"
    )
    parser.add_argument(
        "--site-certificate", type=Path, help="PEM to believe at wss:// instead of the authorities"
    )
    parser.add_argument("--worker", required=True, help="the worker's id")
    parser.add_argument("--token-file", required=True, type=Path, help="file with its token")
    parser.add_argument("--token-line", type=int, default=1, help="the line that is its own")
    parser.add_argument("--udp-port", required=True, type=int, help="the one media port")
    parser.add_argument(
        "--advertise",
        required=True,
        action="append",
        help="address told to browsers; repeatable (Firefox does not use loopback ones)",
    )
    parser.add_argument("--spool", required=True, type=Path, help="folder for growing recordings")
    parser.add_argument("--second-spool", type=Path, help="of the second recorder: another disk")
    parser.add_argument("--deliver", type=Path, help="media folder of the site on this host")
    parser.add_argument("--sounds", type=Path, help="folder of own sounds: hold.* is the music")
    parser.add_argument("--zone", default="local")
    parser.add_argument("--region", default="local")
    parser.add_argument("--capacity", type=int, default=40, help="rooms at once")
    parser.add_argument(
        "--standby", action="store_true", help="keep free for rooms of workers that are lost"
    )
    given = parser.parse_args(arguments)
    return Options(
        site=given.site,
        site_certificate=given.site_certificate,
        worker=given.worker,
        token=_read_token(given.token_file, given.token_line),
        udp_port=given.udp_port,
        advertise=tuple(given.advertise),
        spool=given.spool,
        deliver=given.deliver,
        second_spool=given.second_spool,
        sounds=given.sounds,
        zone=given.zone,
        region=given.region,
        capacity=given.capacity,
        is_standby=given.standby,
    )


def _read_token(path: Path, line: int) -> str:
    tokens = path.read_text().split()
    if not 0 < line <= len(tokens):
        raise SystemExit(
            f"{path} has no line {line}: manage.py enrol_worker … --processes writes it"
        )
    return tokens[line - 1]


async def work(options: Options) -> None:
    """Run the worker until SIGTERM or SIGINT."""
    worker = Worker(options)
    gc.collect()
    gc.freeze()  # what the imports made lives as long as we do: no need to walk it again
    gc.set_threshold(*GC_THRESHOLD)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, worker.retire)
    await worker.run()


def main() -> None:
    """Set up logging on standard error and run."""
    level = os.environ.get("COUNTERFLOW_LOG_LEVEL", "INFO").upper()
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    uvloop.run(work(read_options(sys.argv[1:])))


if __name__ == "__main__":
    main()
