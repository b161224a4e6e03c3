"""`python -m integration_tests.simulator`: serve a simulated TikTok until interrupted; the first line is its URL."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from .server import Simulator
from .switches import Switches
from .world import World

BENCH_ADVERTISERS = 4
BENCH_DAYS = 30


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM."""
    options = parser().parse_args(arguments)
    simulator = simulator_from(options)
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    with simulator:
        sys.stdout.write(f"{simulator.url}\n")
        sys.stdout.flush()
        stop.wait()
    for number, handler in before.items():
        signal.signal(number, handler)
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    options = argparse.ArgumentParser(prog="python -m integration_tests.simulator", description=__doc__)
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options.add_argument("--scenario", type=Path, help="JSON with any of: world, switches, faults, now")
    options.add_argument("--bench", metavar="rows=N", help="about N wide ad-day rows, each page rendered once and kept")
    options.add_argument("--latency-ms", type=int, default=0)
    return options


def simulator_from(options: argparse.Namespace) -> Simulator:
    """The simulator that the command line describes."""
    scenario = json.loads(options.scenario.read_text(encoding="utf-8")) if options.scenario else {}
    world = bench_world(options.bench) if options.bench else world_from(scenario.get("world", {}))
    switches = Switches()
    switches.update({"latency_ms": options.latency_ms, **scenario.get("switches", {})})
    simulator = Simulator(world, switches, host=options.host, port=options.port, cache_pages=bool(options.bench))
    for rule in scenario.get("faults", []):
        simulator.faults.add(**rule)
    if "now" in scenario:
        simulator.clock.set(_moment(scenario["now"]))
    return simulator


def world_from(raw: dict[str, Any]) -> World:
    """A world from JSON: its parameters by name, dates as text."""
    known = dict(raw)
    if "history_start" in known:
        known["history_start"] = date.fromisoformat(known["history_start"])
    if "start" in known:
        known["start"] = _moment(known["start"])
    return World(**known)


def bench_world(text: str) -> World:
    """A world whose ads all deliver on every day of January 2026: so many rows in four accounts."""
    rows = int(text.removeprefix("rows="))
    ads = -(-rows // (BENCH_ADVERTISERS * BENCH_DAYS))
    campaigns = -(-ads // 50)
    return World(
        advertisers=BENCH_ADVERTISERS,
        campaigns=campaigns,
        adgroups_per=5,
        ads_per=10,
        history_start=date(2025, 12, 25),
        specials=False,
        steady=True,
        unreadable=0,
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


if __name__ == "__main__":
    raise SystemExit(main())
