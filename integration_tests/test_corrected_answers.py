"""What TikTok's sources say of single endpoints beyond their parameters: how much they give, what they refuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from . import expected, expected_lists
from .reading import Destination, Outcome, by_key, catalog, difference, read
from .simulator import Simulator, Switches, World

SMALL = World(advertisers=1, campaigns=3, adgroups_per=2, ads_per=2, history_start=date(2026, 2, 20), unreadable=0)
(ACCOUNT,) = SMALL.advertiser_ids
START = "2026-03-01"
REPORT = "report/integrated/get"


def synced(*faults: Mapping[str, Any], streams: tuple[str, ...], **settings: Any) -> tuple[Simulator, Outcome]:
    """A read under faults; the simulator no longer runs."""
    with Simulator(SMALL, Switches(signed_urls=False)) as simulator:
        for fault in faults:
            simulator.faults.add(**fault)
        return simulator, read(simulator, streams, **{"start_date": START, **settings})


# A list -> its id, and how ads name it.
SEARCHES = {"videos": ("video_id", "video_id"), "images": ("image_id", "image_ids")}


@pytest.mark.parametrize("stream", SEARCHES)
def test_files_of_ads_are_read_beyond_the_ten_thousand_that_a_search_gives(stream: str) -> None:
    """What no ad uses is missing and is said to be; the ten thousand and the files of ads are there."""
    id, column = SEARCHES[stream]
    with Simulator(replace(SMALL, files=10_100), Switches(signed_urls=False)) as simulator:
        outcome = read(simulator, [stream], "full_refresh", start_date=START)
        ads = simulator.truth("ad/get", {"advertiser_id": [ACCOUNT], "filtering": ['{"primary_status":"STATUS_ALL"}']})
    values = [ad.get(column) for ad in ads]
    used = {file for value in values for file in (value if isinstance(value, list) else [value]) if file}
    found = [row[id] for row in outcome.records[stream]]
    assert used
    assert used <= {*found}
    assert len(found) == 10_000 + len(used)
    assert [line for line in outcome.warnings if "gives at most 10,000 rows" in line] == outcome.warnings != []


def test_a_list_ends_at_the_depth_to_which_tiktok_gives_it() -> None:
    """The page beyond it is not asked for; the sync ends well and says what is missing."""
    with Simulator(replace(SMALL, files=101_000), Switches(signed_urls=False)) as simulator:
        outcome = read(simulator, ["music"], "full_refresh", start_date=START)
        codes = {entry["code"] for entry in simulator.requests}
    assert (outcome.code, codes, len(outcome.records["music"])) == (0, {0}, 100_000)
    assert [line for line in outcome.warnings if "gives at most 100,000 rows" in line] == outcome.warnings != []


def test_ads_are_asked_for_by_filters_that_their_list_has() -> None:
    """The kind of campaign is a filter of campaigns: no request of a second sync is refused, and no row is missing."""
    with Simulator(SMALL, Switches(signed_urls=False)) as simulator:
        first = read(simulator, ["ads"], start_date=START)
        simulator.clock.advance(days=2)
        before = len(simulator.requests)
        second = read(simulator, ["ads"], start_date=START, state=first.state)
        asked = [each for each in simulator.requests[before:] if each["path"] == "ad/get"]
        truth = expected.table(simulator, "ads")
    assert {each["code"] for each in asked} == {0}
    assert [each for each in asked if "campaign_automation_type" in each["query"]["filtering"]] == []
    destination = Destination()
    for outcome in (first, second):
        destination.take(outcome)
    assert {*truth} - {*destination.tables["ads"]} == set()


@pytest.mark.parametrize(("stream", "size"), [("identities", 1), ("split_tests", 1000)])
def test_lists_are_what_tiktok_has(stream: str, size: int) -> None:
    """Identities have a right count by kind alone; the times of split tests are those of the account's zone."""
    with Simulator(World(advertisers=3, campaigns=3, unreadable=0), Switches(signed_urls=False)) as simulator:
        outcome = read(simulator, [stream], "full_refresh", start_date=START, page_size=size, personal_data=True)
        truth = expected_lists.list_table(simulator, stream, start=START)
    rows = by_key(stream, outcome.records[stream])
    assert len(rows) > 3
    assert difference(rows, by_key(stream, truth.values())) == ""


def test_every_column_of_accounts_has_a_value_in_some_row() -> None:
    """One that comes only to requests that ask for nothing else would be null for ever."""
    with Simulator(World(advertisers=5), Switches(signed_urls=False)) as simulator:
        outcome = read(simulator, ["advertisers"])
    filled = {name for row in outcome.records["advertisers"] for name, value in row.items() if value is not None}
    assert {*catalog()["advertisers"]["json_schema"]["properties"]} - filled == set()


def test_rates_with_a_percent_sign_are_numbers() -> None:
    """The figure is the same, and nothing is warned of."""
    simulator, outcome = synced({"kind": "percent", "path": REPORT, "names": ["ctr"]}, streams=("ad_insights",))
    assert (outcome.code, outcome.warnings) == (0, [])
    rows = by_key("ad_insights", outcome.records["ad_insights"])
    assert difference(rows, expected.table(simulator, "ad_insights", start=START)) == ""


CENTERED = {
    "name": "center",
    "level": "advertiser",
    "grain": "day",
    "breakdowns": ["placement"],
    "metrics": ["spend", "impressions"],
    "report_type": "BC",
}


def test_reports_of_business_centers_name_no_kind_of_service() -> None:
    """One source has it that the parameter is not for them: they are read where TikTok refuses it, too."""
    refusal = {"kind": "code", "code": 40002, "message": "service_type: not supported when report_type is BC."}
    fault = {**refusal, "path": REPORT, "params": {"report_type": "BC", "service_type": "AUCTION"}}
    _, outcome = synced(fault, streams=("center",), custom_reports=[CENTERED])
    assert (outcome.code, outcome.sentences) == (0, "")
    assert outcome.records["center"]


RETIRED = ("gmv_max_insights_by_country", "gmv_max_campaign_insights_by_country")


def test_accounts_without_a_shop_cost_no_sync() -> None:
    """Reports that are being retired are left out where TikTok refuses them, and all else is read."""
    refusal = {"kind": "code", "code": 40001, "message": "No permission to operate stores of this advertiser."}
    streams = (*RETIRED, "ad_insights")
    _, outcome = synced({**refusal, "path": REPORT, "params": {"report_type": "TT_SHOP"}}, streams=streams)
    assert outcome.code == 0
    assert outcome.records["ad_insights"]
    assert [name for name in RETIRED if not any(name in line for line in outcome.warnings)] == []
