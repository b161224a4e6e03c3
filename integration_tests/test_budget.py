"""The request budget in real time, as a server sees it: never above the limit, hardly refused, also in company."""

from __future__ import annotations

import os
import threading
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest

from . import expected, forked
from .forked import Measured
from .reading import by_key, difference
from .simulator import Simulator, Switches, World

WORLD = World(advertisers=2, campaigns=2, adgroups_per=1, ads_per=2, history_start=date(2025, 12, 10))
PROVE = bool(os.environ.get("PROVE"))
STREAM = "ad_insights"
START = "2025-12-15"
# Pages so small that the read takes as many requests as the proof needs.
PAGE_SIZE = 1 if PROVE else 5
# Where other programs hold up threads, requests bunch on their way; the proof wants a machine of its own.
SLACK = 0 if PROVE else 4


pytestmark = pytest.mark.alone


@pytest.fixture(scope="module", autouse=True)
def _forks() -> Iterator[None]:
    """End the processes that forked, when the module is done."""
    yield
    forked.close()


def most_in_a_second(moments: Sequence[float]) -> int:
    """The highest number of requests in any second."""
    ordered = sorted(moments)
    return max(bisect_right(ordered, moment + 0.999_999) - place for place, moment in enumerate(ordered))


def refusals(simulator: Simulator) -> float:
    """The share of requests that were refused."""
    return sum(entry["code"] == 40100 for entry in simulator.requests) / len(simulator.requests)


def read(simulator: Simulator, qps: int) -> Measured:
    """A read at real speed."""
    asked: dict[str, Any] = {"start_date": START, "page_size": PAGE_SIZE, "wait_scale": 1, "api_tier": "Ultimate"}
    return forked.read(simulator, (STREAM,), "full_refresh", requests_per_second=qps, **asked)


def whole(simulator: Simulator, outcome: Measured) -> str:
    """Nothing, where the read brought every row."""
    found = by_key(STREAM, outcome.records[STREAM])
    return difference(found, expected.table(simulator, STREAM, start=START))


@pytest.mark.prove
@pytest.mark.parametrize("qps", [10, 20])
def test_the_server_sees_no_more_than_the_limit(qps: int) -> None:
    """In no second of the server's more than the limit, and, proved, no request is refused."""
    with Simulator(WORLD, Switches(signed_urls=False, qps_limit=qps, latency_ms=60)) as simulator:
        outcome = read(simulator, qps)
    moments = [entry["at"] for entry in simulator.requests]
    pace = len(moments) / (max(moments) - min(moments))
    print(
        f"limit {qps}: {len(moments)} requests, {most_in_a_second(moments)} in the fullest second, {pace:.2f} a second"
    )
    print(f"refused {refusals(simulator):.3%}")
    assert outcome.code == 0
    assert whole(simulator, outcome) == ""
    assert most_in_a_second(moments) <= qps + SLACK
    assert refusals(simulator) <= (0 if PROVE else 0.05)


@pytest.mark.prove
def test_in_company() -> None:
    """Another client takes half of the budget: the sync completes, and fewer than 2 in 100 requests are refused."""
    qps, over = 20, threading.Event()
    with Simulator(WORLD, Switches(signed_urls=False, qps_limit=qps, latency_ms=60)) as simulator:

        def other() -> None:
            while not over.wait(2 / qps):
                simulator.limits.refuse(time.monotonic(), simulator.switches)

        company = threading.Thread(target=other)
        company.start()
        outcome = read(simulator, qps)
        over.set()
        company.join()
    print(f"in company: {len(simulator.requests)} requests, refused {refusals(simulator):.3%}")
    assert outcome.code == 0
    assert outcome.warnings == []
    assert whole(simulator, outcome) == ""
    # What it takes to find out that there is company weighs more in a short read.
    assert refusals(simulator) < (0.02 if PROVE else 0.15)


def test_a_lockout_stops_all_threads_and_one_probes() -> None:
    """After "temporarily restricted" nobody asks for five minutes (here 3 s), then one request, then the others."""
    with Simulator(WORLD, Switches(signed_urls=False, latency_ms=200)) as simulator:
        rule = simulator.faults.add("restricted", nth=(8,))
        outcome = forked.read(simulator, (STREAM,), "full_refresh", start_date=START, page_size=3, wait_scale=0.01)
    assert simulator.faults.fired(rule) == 1
    assert outcome.code == 0
    assert whole(simulator, outcome) == ""
    moments = [entry["at"] for entry in simulator.requests]
    refused = next(entry["at"] for entry in simulator.requests if entry["faults"])
    # Answered 0.2 s later; what was already on its way comes until then, on a busy machine a little later.
    later = sorted(moment for moment in moments if moment > refused + 1)
    assert later[0] >= refused + 3.0
    assert later[1] >= later[0] + 0.19
    assert later[4] < later[1] + 2


def test_a_limit_of_the_minute_locks_the_app_out_once() -> None:
    """The pace that led to it is not gone at again: some 600 requests, 240 in a minute of 3 s, locked out for 15 s."""
    limits = Switches(signed_urls=False, qpm_limit=240, minute_seconds=3.0, lockout_seconds=15.0)
    with Simulator(WORLD, limits) as simulator:
        asked: dict[str, Any] = {"start_date": START, "page_size": 1, "concurrency": 20, "wait_scale": 0.05}
        outcome = forked.read(simulator, (STREAM,), "full_refresh", api_tier="Ultimate", **asked)
    began = [entry["at"] for entry in simulator.requests if entry["code"] == 40100]
    print(f"{len(simulator.requests)} requests, {len(began)} refused")
    assert outcome.code == 0
    assert whole(simulator, outcome) == ""
    assert len(simulator.requests) >= 600
    # Whatever was under way when the lockout began is refused with it.
    assert 1 <= len(began) <= 30
    assert max(began) - min(began) < 3


@pytest.mark.parametrize("kind", [{"kind": "http", "http": 429}, {"kind": "qps"}, {"kind": "http", "http": 503}])
def test_a_wait_that_the_answer_asks_for_is_kept(kind: dict[str, Any]) -> None:
    """Eight seconds by its header, here 0.8: nobody asks that endpoint before."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        simulator.faults.add(**kind, path="report/integrated/get", nth=(3,), retry_after="8")
        outcome = forked.read(simulator, (STREAM,), "full_refresh", start_date=START, page_size=9, wait_scale=0.1)
    assert outcome.code == 0
    assert whole(simulator, outcome) == ""
    struck = next(entry["at"] for entry in simulator.requests if entry["faults"])
    later = [entry["at"] for entry in simulator.requests if entry["at"] > struck + 0.2]
    assert min(later) >= struck + 0.8
