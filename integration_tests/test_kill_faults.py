"""Kill -9 at any moment while TikTok fails now and then: from the last state on stdout the union is complete."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from typing import Any

import pytest

from . import expected, forked
from .forked import Measured
from .killing import LATER, LOOKBACK, Kill, killed_read, moment, state_after
from .reading import together
from .simulator import Simulator, Switches, World

WORLD = World(advertisers=3, campaigns=3, adgroups_per=2, ads_per=1, history_start=date(2025, 12, 20))
START = "2026-01-05"
REPORTS = ("ad_insights", "ad_insights_by_platform")
STREAMS = ("advertisers", "campaigns", "adgroups", "ads", *REPORTS)
KILLS = 200 if os.environ.get("PROVE") else 8
SETTINGS: Mapping[str, Any] = {"start_date": START, "concurrency": 3, "page_size": 100, "wait_scale": 0.0001}
PASSING = ("busy", "html", "cut", "reset", "empty", "broken_gzip", "data_null", "no_page_info")


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
    before, when = undisturbed(False)[0] if second else None, moment(chance, undisturbed(second)[1])
    with starting(LATER if second else 0) as simulator:
        for kind in chance.sample(PASSING, 3):
            simulator.faults.add(kind, probability=0.05, seed=seed)
        simulator.faults.add("code", code=50000, probability=0.05, seed=seed)
        for kind in ("short", "shift", "total_number"):
            simulator.faults.add(kind, probability=0.1, seed=seed, once_per_request=True, page=2)
        state = before.state if before else None
        killed = killed_read(simulator, STREAMS, state, when, SETTINGS)
        resumed = forked.read(simulator, STREAMS, state=state_after(before, killed), **SETTINGS)
    return Kill(simulator, before, LOOKBACK.days, killed, resumed)


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
    for stream, table in found.union().items():
        assert found.differs(stream, table, truth_of(found.simulator, stream)) == "", stream
    assert {*found.union()} == {*STREAMS}


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
