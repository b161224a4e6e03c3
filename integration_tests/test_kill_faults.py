"""Kill -9 at any moment while TikTok fails now and then: from the last state on stdout the union is complete."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, partial
from typing import Any

import pytest

from . import expected, forked
from .forked import Measured
from .reading import Destination, Outcome, difference, together
from .simulator import Simulator, Switches, World

WORLD = World(advertisers=3, campaigns=3, adgroups_per=2, ads_per=1, history_start=date(2025, 12, 20))
START = "2026-01-05"
LOOKBACK = timedelta(days=28)
REPORTS = ("ad_insights", "ad_insights_by_platform")
STREAMS = ("advertisers", "campaigns", "adgroups", "ads", *REPORTS)
KILLS = 200 if os.environ.get("PROVE") else 8
# The next whole pass of entities is due, so that every row may be compared.
LATER = 24 * 8
SETTINGS: Mapping[str, Any] = {"start_date": START, "concurrency": 3, "page_size": 100, "wait_scale": 0.0001}
PASSING = ("busy", "html", "cut", "reset", "empty", "broken_gzip", "data_null", "no_page_info")


@dataclass(frozen=True)
class Kill:
    """A read that was killed, the one that went on from its state, and a sync that ran to its end before, if any."""

    simulator: Simulator
    before: Outcome | None
    killed: Measured
    resumed: Measured


@pytest.fixture(scope="module", autouse=True)
def _forks() -> Iterator[None]:
    """End the processes that forked, when the module is done."""
    yield
    forked.close()


def starting(hours: float) -> Simulator:
    """A slow simulator at its first instant or later."""
    simulator = Simulator(WORLD, Switches(signed_urls=False, latency_ms=25))
    simulator.clock.advance(hours=hours)
    return simulator


@lru_cache
def undisturbed(second: bool) -> tuple[Measured, int]:
    """A sync that runs to its end, and how many requests it takes."""
    with starting(LATER if second else 0) as simulator:
        outcome = forked.read(simulator, STREAMS, state=undisturbed(False)[0].state if second else None, **SETTINGS)
        return outcome, len(simulator.requests)


def kill(seed: int) -> Kill:
    """Kill a read under faults at a moment drawn by `seed`: every other one in the first sync of all."""
    chance, second = random.Random(seed), bool(seed % 2)
    before = undisturbed(False)[0] if second else None
    after, delay = chance.randint(1, undisturbed(second)[1]), chance.random() / 10
    with starting(LATER if second else 0) as simulator:
        for kind in chance.sample(PASSING, 3):
            simulator.faults.add(kind, probability=0.05, seed=seed)
        simulator.faults.add("code", code=50000, probability=0.05, seed=seed)
        for kind in ("short", "shift", "total_number"):
            simulator.faults.add(kind, probability=0.1, seed=seed, once_per_request=True, page=2)
        ending = partial(end, simulator, after, delay)
        states = dict(before.states) if before else {}
        killed = forked.read(simulator, STREAMS, state=[*states.values()], meanwhile=ending, **SETTINGS)
        states |= killed.states
        resumed = forked.read(simulator, STREAMS, state=[*states.values()], **SETTINGS)
    return Kill(simulator, before, killed, resumed)


def end(simulator: Simulator, after: int, delay: float, pid: int) -> None:
    """Kill the process after so many requests and a part of a second; faults may have made it shorter."""
    patience = time.monotonic() + 60
    while len(simulator.requests) < after and time.monotonic() < patience:
        time.sleep(0.005)
    time.sleep(delay)
    os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def kills() -> Sequence[Kill]:
    """All kills, two at a time."""
    undisturbed(True)
    return together([partial(kill, seed) for seed in range(KILLS)])


@pytest.mark.prove
@pytest.mark.parametrize("number", range(KILLS))
def test_the_union_is_complete(kills: Sequence[Kill], number: int) -> None:
    """Every row is there with today's truth, and the second read needed no help."""
    found = kills[number]
    assert found.resumed.code == 0
    assert found.resumed.errors == []
    destination = Destination("latest")
    for outcome in filter(None, (found.before, found.killed, found.resumed)):
        destination.take(outcome)
    hours = LATER if found.before else 0
    first = found.simulator.clock.now - timedelta(hours=hours)
    again = {id: expected.today(found.simulator, id, first) - LOOKBACK for id in WORLD.advertiser_ids}
    for stream in STREAMS:
        truth = truth_of(found.simulator, stream)
        table = destination.tables[stream]
        if stream in REPORTS and found.before:
            table, truth = (expected.without_attributes(stream, rows, again) for rows in (table, truth))
        assert difference(table, truth) == "", stream


@pytest.mark.prove
def test_most_were_killed_in_the_middle(kills: Sequence[Kill]) -> None:
    """The moments are spread: most kills left some rows out, and some came after the first state."""
    assert all(found.killed.code == -signal.SIGKILL for found in kills)
    short = [found for found in kills if len(found.killed.records["ad_insights"]) < rows(found)]
    assert len(short) > KILLS // 2
    assert any(found.killed.states for found in kills)


def rows(found: Kill) -> int:
    """How many rows an undisturbed read brings."""
    return len(undisturbed(found.before is not None)[0].records["ad_insights"])


_truths: dict[tuple[str, str], Any] = {}


def truth_of(simulator: Simulator, stream: str) -> Any:
    """The truth at the simulator's instant, worked out once."""
    key = simulator.clock.now.isoformat(), stream
    if key not in _truths:
        _truths[key] = expected.table(simulator, stream, start=START, entity_versions="latest")
    return _truths[key]
