"""`python -m benchmarks.pace [SCENARIO …]`: how much of the request budget a read uses, and how soon it recovers.

Each scenario reads from a simulator in a process of its own, at real speed. Those with faults are read beside a clean
run, and have to bring the same records. The README here says how to read the figures.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.read import MAIN, ROOT, records, requests
from integration_tests.simulator import APP_ID, SECRET, TOKEN
from source_tiktok_ads.streams.catalog import BY_NAME, entry

LOCKED_OUT = 40100
FIVE = ("campaigns", "adgroups", "ads", "ad_insights", "campaign_insights")
SMALL = {"advertisers": 2, "campaigns": 2, "adgroups_per": 1, "ads_per": 2, "history_start": "2025-08-01"}
FOUR = {"advertisers": 4, "campaigns": 4, "adgroups_per": 2, "ads_per": 3, "history_start": "2025-10-01"}


@dataclass(frozen=True)
class Read:
    """What one read took: seconds, its requests as the simulator logged them, and its records."""

    seconds: float
    requests: Sequence[Mapping[str, Any]]
    rows: Sequence[str]

    @property
    def moments(self) -> list[float]:
        """When requests arrived."""
        return sorted(request["at"] for request in self.requests)

    @property
    def refused(self) -> int:
        """How many were refused for speed."""
        return sum(request["code"] == LOCKED_OUT for request in self.requests)

    def fullest(self, seconds: float) -> int:
        """The most requests in any so many seconds."""
        at = self.moments
        return max(bisect_left(at, moment + seconds) - place for place, moment in enumerate(at))


@dataclass(frozen=True)
class Scenario:
    """A world and its limits, what the connector is told, the faults of the second run, and the verdict on both."""

    verdict: Callable[[Read, Read], str]
    world: Mapping[str, Any] = field(default_factory=lambda: SMALL)
    switches: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    faults: Sequence[Mapping[str, Any]] = ()
    streams: Sequence[str] = ("ad_insights",)


def _second(read: Read, limit: int) -> str:
    return f"{read.fullest(1.0)} of {limit} in the fullest second, {read.refused} refused"


def _limit_50(clean: Read, _: Read) -> str:
    return f"{clean.fullest(60.0) / 60:.1f} requests/s over 60 s (bound: 48); {_second(clean, 50)}"


def _limit_10(clean: Read, _: Read) -> str:
    ratio = clean.seconds * 10 / len(clean.requests)
    return f"wall {ratio:.3f} x requests / 10 (bound: 1.05); {_second(clean, 10)}"


def _minute(clean: Read, _: Read) -> str:
    lockouts, last = 0, -1000.0
    for request in clean.requests:
        if request["code"] == LOCKED_OUT:
            lockouts += request["at"] > last + 60
            last = request["at"]
    return f"{lockouts} lockouts (bound: 1), {clean.refused} refused"


def _beside(times: float, more: float) -> Callable[[Read, Read], str]:
    def verdict(clean: Read, struck: Read) -> str:
        bound = times * clean.seconds + more
        same = "same records" if sorted(clean.rows) == sorted(struck.rows) else "OTHER RECORDS"
        return f"{struck.seconds:.1f} s beside {clean.seconds:.1f} s (bound: {bound:.1f} s); {same}"

    return verdict


ONCE = {"once_per_request": True}
SCENARIOS: Mapping[str, Scenario] = {
    "limit-50": Scenario(
        _limit_50,
        {**SMALL, "ads_per": 5},
        {"qps_limit": 50, "latency_ms": 200},
        {"api_tier": "Ultimate", "concurrency": 30, "page_size": 1, "start_date": "2025-08-01"},
    ),
    "limit-10": Scenario(
        _limit_10, SMALL, {"qps_limit": 10, "latency_ms": 100}, {"page_size": 1, "start_date": "2025-10-15"}
    ),
    "minute": Scenario(
        _minute, SMALL, {"qpm_limit": 240, "latency_ms": 100}, {"page_size": 1, "start_date": "2025-12-01"}
    ),
    "hang": Scenario(
        _beside(4, 60),
        FOUR,
        {"latency_ms": 100},
        {"page_size": 20, "start_date": "2026-01-01"},
        ({"kind": "hang", "seconds": 100_000, "probability": 0.2, **ONCE},),
        FIVE,
    ),
    "later": Scenario(
        _beside(3, 0),
        FOUR,
        {"latency_ms": 100},
        {"page_size": 20, "start_date": "2026-01-01"},
        ({"kind": "code", "code": 60001, "message": "maintenance", "probability": 1 / 3, **ONCE},),
        FIVE,
    ),
}


@contextmanager
def simulator(folder: Path, scenario: Mapping[str, Any]) -> Iterator[str]:
    """The address of a simulator in a process of its own."""
    path = folder / "scenario.json"
    path.write_text(json.dumps(scenario))
    command = [sys.executable, "-m", "integration_tests.simulator", "--scenario", str(path)]
    with Popen(command, cwd=ROOT, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def read(scenario: Scenario, faults: Sequence[Mapping[str, Any]] = ()) -> Read:
    """One read of the command line; raises CalledProcessError when it fails."""
    world = {"world": dict(scenario.world), "switches": {"signed_urls": False, **scenario.switches}}
    with TemporaryDirectory() as name, simulator(Path(name), {**world, "faults": list(faults)}) as url:
        config, catalog = Path(name, "config.json"), Path(name, "catalog.json")
        credentials = {"auth_type": "oauth2.0", "app_id": APP_ID, "secret": SECRET, "access_token": TOKEN}
        config.write_text(json.dumps({"credentials": credentials, "api_url": url, **scenario.settings}))
        catalog.write_text(json.dumps({"streams": [_configured(stream) for stream in scenario.streams]}))
        began = time.monotonic()
        rows = [
            json.dumps(row, sort_keys=True)
            for row in records([MAIN, "read", "--config", str(config), "--catalog", str(catalog)])
        ]
        return Read(time.monotonic() - began, requests(url), rows)


def _configured(stream: str) -> dict[str, Any]:
    return {
        "stream": entry(BY_NAME[stream], "every"),
        "sync_mode": "full_refresh",
        "destination_sync_mode": "overwrite",
    }


def main(args: Sequence[str]) -> None:
    """Run the scenarios named, or all."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.pace", description=__doc__)
    options.add_argument("scenario", nargs="*", choices=[[], *SCENARIOS], help="; ".join(SCENARIOS))
    for name in options.parse_args(args).scenario or SCENARIOS:
        scenario = SCENARIOS[name]
        clean = read(scenario)
        struck = read(scenario, scenario.faults) if scenario.faults else clean
        took = f"{len(struck.requests)} requests, {len(struck.rows)} rows in {struck.seconds:.1f} s"
        print(f"{name}: {took}: {scenario.verdict(clean, struck)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
