"""What TikTok was found to answer beside what the connector asks: requests of drawn streams, and broken answers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date

import pytest

from . import expected
from .compared import FACTS, compared, drawn
from .reading import by_key, difference, read
from .simulator import Simulator, Switches, World

SMALL = World(advertisers=1, campaigns=3, adgroups_per=2, ads_per=2, history_start=date(2026, 2, 20), unreadable=0)
START = "2026-03-01"
# All streams where PROVE is set, else some.
DRAWN = drawn(198 if os.environ.get("PROVE") else 30, seed=10)


def test_requests_of_drawn_streams_are_those_of_the_table() -> None:
    """Each logged request beside the facts of its endpoint: no parameter, filter, page size or span differs."""
    with Simulator(SMALL) as simulator:
        outcome = read(simulator, DRAWN, "full_refresh", start_date=START)
        requests = list(simulator.requests)
    assert outcome.code == 0
    assert {entry["path"] for entry in requests} <= {*FACTS, "user/info"}
    assert {place: found for place, found in compared(requests).items() if found.differences} == {}


MANY = World(advertisers=1, campaigns=10, adgroups_per=4, ads_per=4, history_start=date(2026, 2, 1))
INTERESTS = (
    "ad_insights_by_interest_category_monthly",
    "ad_insights_by_interest_category_tier4_monthly",
    "adgroup_insights_by_interest_category_tier2_monthly",
)


@pytest.mark.parametrize("plain", [False, True])
def test_reports_by_interest_are_whole_above_the_limits_of_ids(plain: bool) -> None:
    """160 ads where TikTok takes 100 a request; rows name the interest in either of two ways."""
    with Simulator(MANY, Switches(interest_category_plain=plain)) as simulator:
        outcome = read(simulator, INTERESTS, "full_refresh", start_date=START)
        assert (outcome.code, outcome.warnings) == (0, [])
        assert {entry["code"] for entry in simulator.requests} == {0}
        for name in INTERESTS:
            assert difference(by_key(name, outcome.records[name]), expected.table(simulator, name, start=START)) == ""


# A stream -> the text of its answers to be replaced, so that a column of the key comes in no row. Other kinds of
# streams are in test_broken_answers.py.
UNTOLD: Mapping[str, str] = {
    "ad_insights_by_interest_category_monthly": '"interest_category_v2"',
    "gmv_max_product_insights": '"item_group_id"',
    "gmv_max_room_insights": '"room_id"',
}
PATHS = {"gmv_max_insights_by_country": "report/integrated/get"}


def path_of(stream: str) -> str:
    """The endpoint of a stream."""
    usual = "gmv_max/report/get" if stream.startswith("gmv_max") else "report/integrated/get"
    return PATHS.get(stream, usual)


@pytest.mark.parametrize("stream", UNTOLD)
def test_a_dimension_that_comes_in_no_row_is_loud_and_not_claimed(stream: str) -> None:
    """Rows are not merged under a placeholder; the sync fails for the stream, and its state claims no day."""
    with Simulator(SMALL) as simulator:
        simulator.faults.add("replace", path=path_of(stream), find=UNTOLD[stream], put='"renamed"')
        outcome = read(simulator, [stream], start_date=START)
    assert outcome.code == 1
    assert UNTOLD[stream].strip('"').removesuffix("_v2") in outcome.sentences
    assert outcome.statuses[stream][-1] == "INCOMPLETE"
    assert outcome.records[stream] == []


UNSUPPORTED = (
    "gmv_max_insights_by_country",
    "gmv_max_product_insights",
    "gmv_max_room_insights",
    "gmv_max_creative_insights",
)


@pytest.mark.parametrize("stream", UNSUPPORTED)
def test_a_filter_that_tiktok_names_is_loud_and_not_claimed(stream: str) -> None:
    """Nothing is left out for it, as if one shop or one account were refused."""
    message = "Invalid filter(s): '[some_filter]' are not supported"
    with Simulator(SMALL) as simulator:
        simulator.faults.add("code", path=path_of(stream), code=40002, message=message)
        outcome = read(simulator, [stream], start_date=START)
        asked = [entry for entry in simulator.requests if entry["path"] == path_of(stream)]
    assert outcome.code == 1
    assert "some_filter" in outcome.sentences
    assert outcome.statuses[stream][-1] == "INCOMPLETE"
    assert outcome.records[stream] == []
    assert len(asked) < 12


@pytest.mark.parametrize("misspelt", [False, True])
def test_transactions_are_found_in_both_places(misspelt: bool) -> None:
    """The list that sources agree on, and the one that a client's type has."""
    with Simulator(SMALL, Switches(transactions_misspelt=misspelt)) as simulator:
        outcome = read(simulator, ["business_center_transactions"], "full_refresh", start_date=START)
    assert outcome.code == 0
    rows = outcome.records["business_center_transactions"]
    assert rows
    assert all(row["create_time"].endswith("Z") and "create_time_local" in row for row in rows)


@pytest.mark.parametrize("one", [False, True])
def test_rooms_are_read_whether_or_not_campaigns_may_be_asked_about_together(one: bool) -> None:
    """One source says that each takes a request of its own."""
    stream, world = "gmv_max_room_insights", World(advertisers=1, history_start=date(2025, 12, 1))
    with Simulator(world, Switches(room_report_of_one_campaign=one)) as simulator:
        outcome = read(simulator, [stream], "full_refresh", start_date="2026-01-10")
    assert outcome.code == 0
    assert len({row["campaign_id"] for row in outcome.records[stream]}) > 1
