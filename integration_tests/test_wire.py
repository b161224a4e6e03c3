"""What HTTP allows though TikTok seldom does it: hints before an answer, packed pieces, an answer that comes twice."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from . import expected, expected_lists
from .reading import by_key, difference, read
from .simulator import Simulator, Switches, World
from .wire import Wire

WORLD = World(advertisers=2, campaigns=3, adgroups_per=2, ads_per=2, history_start=date(2026, 2, 1))
STREAMS = ("campaigns", "adgroups", "ads", "ad_insights", "ad_insights_by_country", "campaign_insights_by_province")
LISTS = ("pixels", "images")
START = "2026-03-01"


def exact(mode: str, **ways: int) -> int:
    """Read through such a wire and compare every row; returns how many answers came twice."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator, Wire(simulator, **ways) as wire:
        asked: dict[str, Any] = {"start_date": START, "page_size": 10, "concurrency": 2, "api_url": wire.url}
        outcome = read(simulator, [*STREAMS, *LISTS], mode, **asked)
        truth = {stream: expected.table(simulator, stream, start=START) for stream in STREAMS}
        truth |= {stream: expected_lists.list_table(simulator, stream, start=START) for stream in LISTS}
    wrong = {stream: difference(by_key(stream, outcome.records[stream]), truth[stream]) for stream in truth}
    assert {stream: told for stream, told in wrong.items() if told} == {}
    assert (outcome.code, outcome.warnings) == (0, [])
    return wire.repeated


def test_hints_before_an_answer_are_passed_over() -> None:
    """Any number of them, on kept connections."""
    exact("full_refresh", hints=2)


@pytest.mark.parametrize("members", [1, 3])
def test_a_body_of_several_packed_pieces_is_one_answer(members: int) -> None:
    """As the standard of gzip has it."""
    exact("full_refresh", members=members)


@pytest.mark.parametrize("late", [2, 5])
def test_an_answer_that_comes_twice_is_nobody_elses(late: int) -> None:
    """The next request of the connection is given the same answer again first; no row of it is taken for its own."""
    assert exact("full_refresh", late=late) > 5
