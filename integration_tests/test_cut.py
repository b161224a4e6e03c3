"""The cut at the newest ads: a report that TikTok shortens is read in parts, whole, with few requests more."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date

import pytest

from . import expected, forked
from .forked import Measured
from .reading import by_key, difference, repeated
from .simulator import Simulator, Switches, World

PROVE = bool(os.environ.get("PROVE"))
SMALL = World(advertisers=1, campaigns=8, adgroups_per=3, ads_per=4, history_start=date(2026, 1, 20), unreadable=0)
LARGE = World(advertisers=1, campaigns=50, adgroups_per=10, ads_per=50, history_start=date(2026, 1, 20), unreadable=0)
STREAM = "ad_insights"
REPORT, CAMPAIGNS = "report/integrated/get", "campaign/get"
# Whether an account has TopView or Promote campaigns takes a look at each kind.
LOOKS = 2


@pytest.fixture(scope="module", autouse=True)
def _forks() -> Iterator[None]:
    """End the processes that forked, when the module is done."""
    yield
    forked.close()


def read(world: World, cut: int, start: str, page_size: int) -> tuple[Simulator, Measured]:
    """A read of a world in which only so many ads are looked at."""
    with Simulator(world, Switches(signed_urls=False, object_cut=cut)) as simulator:
        asked = {"start_date": start, "page_size": page_size, "wait_scale": 0.0001}
        return simulator, forked.read(simulator, (STREAM,), "full_refresh", **asked)


def is_whole(simulator: Simulator, outcome: Measured, start: str) -> None:
    """Every row once, and nothing to warn of."""
    rows = outcome.records[STREAM]
    assert outcome.code == 0
    assert outcome.warnings == []
    assert repeated(STREAM, rows) == []
    assert difference(by_key(STREAM, rows), expected.table(simulator, STREAM, start=start)) == ""


@pytest.mark.prove
def test_more_ads_than_tiktok_looks_at() -> None:
    """25,000 ads, of which TikTok looks at 20,000 (ordinarily 99 and 60): all rows, and hardly more than their pages.

    The least possible are the pages of all rows, two requests that find the account, the one whose answer tells of
    the cut, and the list of campaigns; each part may end in a page that is not full. TopView and Promote campaigns take
    a look and a request each.
    """
    world, cut, start, size = (LARGE, 20_000, "2026-03-10", 1000) if PROVE else (SMALL, 60, "2026-03-05", 50)
    simulator, outcome = read(world, cut, start, size)
    is_whole(simulator, outcome, start)
    reports = [entry["query"] for entry in simulator.requests if entry["path"] == REPORT]
    parts = {query["filtering"] for query in reports}
    least = -(-len(outcome.records[STREAM]) // size) + 4 + 2 * LOOKS
    print(f"{len(outcome.records[STREAM])} rows in {len(simulator.requests)} requests, least possible {least}")
    assert len(simulator.requests) <= least + len(parts)
    assert sum(entry["path"] == CAMPAIGNS for entry in simulator.requests) == 1 + LOOKS
    assert outcome.peak < 300


@pytest.mark.parametrize("cut", [30, 13, 5])
def test_parts_as_small_as_they_need_to_be(cut: int) -> None:
    """Half of the campaigns, a campaign, an ad group: whatever fits below the cut, over several windows."""
    simulator, outcome = read(SMALL, cut, "2026-01-25", 200)
    is_whole(simulator, outcome, "2026-01-25")


def test_what_no_part_can_tell_makes_a_full_refresh_incomplete() -> None:
    """Where a single ad group has more ads than TikTok looks at, the rows leave, but nobody calls them all."""
    _, outcome = read(SMALL, 2, "2026-03-09", 1000)
    assert outcome.code == 1
    assert outcome.records[STREAM]
    assert any("newest ads" in json.dumps(error) for error in outcome.errors)
    assert outcome.statuses[STREAM][-1] == "INCOMPLETE"
