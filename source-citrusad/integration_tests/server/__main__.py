"""`python -m integration_tests.server`: serve a local BigQuery; the first line is JSON with its origin and a key."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from .contract import Contract
from .http import Server
from .world import standard


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM."""
    options = parser().parse_args(arguments)
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    with server_from(options) as server:
        key = server.key()
        if options.key_file:
            options.key_file.write_text(json.dumps(key, indent=2), encoding="utf-8")
        line = {"origin": server.origin, "now": server.clock.text, "credentials_json": json.dumps(key)}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        stop.wait()
    for number, handler in before.items():
        signal.signal(number, handler)
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    options = argparse.ArgumentParser(prog="python -m integration_tests.server", description=__doc__)
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options.add_argument("--key-file", type=Path, help="where to write the generated service-account key as well")
    options.add_argument("--now", type=_moment, help="the clock's first instant, UTC (default: the world's)")
    options.add_argument("--clock-runs", action="store_true", help="let the clock go on by itself")
    options.add_argument("--seed", type=int, default=1, help="the seed of all rows")
    options.add_argument("--per-day", type=int, default=40, help="rows of a fact table in a day")
    options.add_argument("--daily-calls", type=int, default=100)
    options.add_argument("--monthly-bytes", type=int, default=10 * 10**12)
    options.add_argument("--download-bytes", type=int, default=10**9)
    options.add_argument("--count-calls", choices=("requests", "queries"), default="requests")
    options.add_argument("--first-page", type=int, default=10 * 10**6, help="bytes of a query's own answer")
    options.add_argument("--next-page", type=int, default=20 * 10**6, help="bytes of a further page")
    options.add_argument(
        "--fault", action="append", type=json.loads, default=[], help='{"kind": "http", "status": 503}'
    )
    return options


def server_from(options: argparse.Namespace) -> Server:
    """The server that the command line describes."""
    world = standard(options.seed, options.per_day)
    if options.now:
        world = replace(world, start=options.now)
    contract = Contract(options.daily_calls, options.monthly_bytes, options.download_bytes, options.count_calls)
    server = Server(
        world,
        contract,
        host=options.host,
        port=options.port,
        runs=options.clock_runs,
        first_page=options.first_page,
        next_page=options.next_page,
    )
    for rule in options.fault:
        server.bigquery.faults.add(**rule)
    return server


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


if __name__ == "__main__":
    raise SystemExit(main())
