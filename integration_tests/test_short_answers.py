"""Answers that say less than there is, to every kind of stream: exact rows, or a sentence and nothing claimed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

import pytest

from . import expected, expected_insights
from .expected_lists import list_table
from .reading import ENTITIES, Destination, Outcome, Table, catalog, configuration, configured, run, together
from .simulator import Simulator, Switches, World

WORLD = World(advertisers=2, campaigns=3, adgroups_per=2, ads_per=2, history_start=date(2026, 2, 20), unreadable=0)
START = "2026-03-01"
REPORTS = ("ad_insights", "ad_insights_by_platform", "campaign_insights_hourly")
# With pages, latest changes first, all at once, by cursor, by days, below another list, of GMV Max, of creatives.
LISTS = (
    *("audiences", "videos", "pixels", "apps", "identity_posts", "business_center_transactions"),
    *("pixel_event_statistics", "gmv_max_campaigns", "video_insights"),
)
STREAMS = (*REPORTS, *ENTITIES, *LISTS)
SETTINGS: Mapping[str, Any] = {"start_date": START, "page_size": 4, "wait_scale": 0.0001, "lookback_days": 0}

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "pages end early": {"kind": "ends_early", "page": 1},
    "too few pages are told": {"kind": "total_page", "rows": -1},
    "too many pages are told": {"kind": "total_page", "rows": 5},
    "an empty page in the middle": {"kind": "blank", "page": 2},
    "no list": {"kind": "no_list", "page": 1},
    "the list has another name": {"kind": "container", "put": "renamed"},
    "no page info": {"kind": "no_page_info"},
    "the same rows again": {"kind": "same_rows"},
    "the wrong page once": {"kind": "other_page", "rows": 1, "once_per_request": True},
    "a bounded depth": {"kind": "depth", "rows": 6},
    "a wrong count": {"kind": "total_number", "rows": 2},
    "an empty page once": {"kind": "blank", "once_per_request": True, "page": 1},
    "numbers for texts": {"kind": "numbers"},
}
SOME = FAULTS if os.environ.get("PROVE") else dict(list(FAULTS.items())[::3])
HEALED = ("pages end early", "too few pages are told", "too many pages are told", "the wrong page once")


def read(simulator: Simulator, state: Any = None) -> Outcome:
    """Read all streams, each as it is best read."""
    modes = {name: catalog()[name]["supported_sync_modes"][-1] for name in STREAMS}
    streams = [entry for name in STREAMS for entry in configured([name], modes[name])["streams"]]
    return run("read", configuration(simulator, **SETTINGS), {"streams": streams}, state)


def truth(simulator: Simulator, stream: str) -> Table:
    """Every record a stream holds now."""
    if stream == "video_insights":
        return expected_insights.table(simulator, stream, START)
    if stream in LISTS:
        return list_table(simulator, stream, start=START)
    return expected.table(simulator, stream, start=START)


def story(fault: str) -> tuple[Outcome, Outcome, Mapping[str, Table]]:
    """A sync under a fault, the one after it, and what all of it should come to."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        simulator.faults.add(**FAULTS[fault])
        under = read(simulator)
        simulator.faults.clear()
        after = read(simulator, under.state)
        return under, after, {stream: truth(simulator, stream) for stream in STREAMS}


@pytest.fixture(scope="module")
def stories() -> Mapping[str, tuple[Outcome, Outcome, Mapping[str, Table]]]:
    """The stories of all faults, two at a time."""
    return dict(zip(SOME, together([partial(story, fault) for fault in SOME]), strict=True))


def table(*outcomes: Outcome) -> Mapping[str, Table]:
    """What a destination holds after these syncs."""
    destination = Destination()
    for outcome in outcomes:
        destination.take(outcome)
    return destination.tables


@pytest.mark.prove
@pytest.mark.parametrize("fault", SOME)
def test_rows_are_there_or_are_said_to_be_missing(stories: Mapping[str, Any], fault: str) -> None:
    """No row is altered or made up; a stream without all of its rows is named in a warning or an error."""
    under, _, wanted = stories[fault]
    found = table(under)
    said = [*under.warnings, *(error["message"] for error in under.errors)]
    for stream in STREAMS:
        assert {key: wanted[stream].get(key) for key in found[stream]} == found[stream], stream
        if found[stream] != wanted[stream]:
            assert [text for text in said if stream in text], stream
    if fault in HEALED:
        assert (under.code, {stream: found[stream] for stream in STREAMS}) == (0, wanted)


@pytest.mark.prove
@pytest.mark.parametrize("fault", SOME)
def test_the_next_sync_brings_what_was_missing(stories: Mapping[str, Any], fault: str) -> None:
    """Nothing that was missing has been claimed."""
    under, after, wanted = stories[fault]
    assert (after.code, after.errors) == (0, [])
    found = table(under, after)
    assert {stream: found[stream] for stream in STREAMS} == wanted
