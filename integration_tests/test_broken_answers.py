"""Four promises on streams of every kind, each proven by breaking answers: what is missing is never passed over.

Rows that are counted and stand nowhere, a column of the key that comes in no row, a filter that TikTok names as
unsupported, and a column without any value in a whole sync.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import product
from typing import Any

import pytest

from .reading import Outcome, by_key, configuration, configured, run
from .simulator import Simulator, Switches, World

WORLD = World(advertisers=1, campaigns=5, adgroups_per=1, ads_per=2, history_start=date(2026, 2, 10))
START = "2026-03-01"
REPORT = "report/integrated/get"
# The list of ads is read by ways of buying and origin, by which other lists of ads are not asked for.
PASSES = {"filtering": ("AUCTION", "RESERVATION_TOP_VIEW", "PROMOTE")}
CENTER_REPORT = "center_insights"
CUSTOM = {
    **{"name": CENTER_REPORT, "level": "advertiser", "grain": "day", "report_type": "BC"},
    **{"breakdowns": ["placement"], "metrics": ["spend", "impressions"]},
}


@dataclass(frozen=True)
class Broken:
    """A stream, the endpoint whose answers are broken, the name that is meant, and what tells the requests apart.

    Every value of `params` stands for requests of its own.
    """

    stream: str
    path: str
    words: str
    params: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)

    @property
    def requests(self) -> list[Mapping[str, str]]:
        """What the parameters of each kind of its requests contain."""
        return [dict(zip(self.params, values, strict=True)) for values in product(*map(_several, self.params.values()))]


def _several(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def renamed(path: str, name: str, params: Mapping[str, str]) -> Mapping[str, Any]:
    """A fault: a member of that name comes under another one."""
    return {"kind": "replace", "path": path, "find": f'"{name}"', "put": '"renamed"', "params": params}


def no_rows(path: str, name: str, params: Mapping[str, str]) -> Mapping[str, Any]:
    """A fault: the rows stand under another name, or, where no name is given, there are none; the count stays."""
    return renamed(path, name, params) if name else {"kind": "blank", "path": path, "params": params}


def refused(path: str, name: str, params: Mapping[str, str]) -> Mapping[str, Any]:
    """A fault: TikTok names a filter that it does not support."""
    message = f"Invalid filter(s): '[{name}]' are not supported"
    return {"kind": "code", "path": path, "code": 40002, "message": message, "params": params}


Fault = Callable[[str, str, Mapping[str, str]], Mapping[str, Any]]


@dataclass(frozen=True)
class Story:
    """A full refresh under a fault, a sync that goes on under it, and the one after it, when all is well again."""

    refresh: Outcome
    under: Outcome
    after: Outcome


def story(fault: Fault, cases: tuple[Broken, ...]) -> Story:
    """What happens to these streams while the answers of each are broken, and afterwards."""
    names = [case.stream for case in cases]
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        strike(simulator, fault, cases)
        refresh, under = read(simulator, names, "full_refresh"), read(simulator, names, "incremental")
        simulator.faults.clear()
        return Story(refresh, under, read(simulator, names, "incremental", under.state))


def strike(simulator: Simulator, fault: Fault, cases: Iterable[Broken]) -> None:
    """Break the answers of all these streams."""
    for case in cases:
        for params in case.requests:
            simulator.faults.add(**fault(case.path, case.words, params))


def read(simulator: Simulator, names: Iterable[str], mode: str, state: Any = None) -> Outcome:
    """A read of these streams, a custom report perhaps among them."""
    config = configuration(simulator, start_date=START, custom_reports=[CUSTOM], wait_scale=0.0001)
    entries = [*configured([name for name in names if name != CENTER_REPORT], mode)["streams"]]
    if CENTER_REPORT in names:
        entries.append({"stream": center_report(), "sync_mode": mode, "destination_sync_mode": "append"})
    return run("read", config, {"streams": entries}, state)


@lru_cache
def center_report() -> Mapping[str, Any]:
    """The custom report as `discover` describes it."""
    found: Mapping[str, Any] = run("discover", configuration(None, custom_reports=[CUSTOM])).messages[-1]["catalog"]
    return next(stream for stream in found["streams"] if stream["name"] == CENTER_REPORT)


@pytest.fixture(scope="module")
def whole() -> Outcome:
    """What all these streams hold."""
    names = dict.fromkeys(case.stream for case in (*LOST, *UNTOLD, *UNSUPPORTED))
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        return read(simulator, names, "full_refresh")


def assert_loud_and_not_claimed(told: Story, whole: Outcome, stream: str) -> None:
    """A full refresh fails for the stream, a sync that goes on says so and brings the rows the next time."""
    assert told.refresh.code == 1
    assert told.refresh.statuses[stream][-1] == "INCOMPLETE"
    assert [error for error in told.refresh.errors if stream in error["message"]]
    said = [*told.under.warnings, *(error["message"] for error in told.under.errors)]
    assert [text for text in said if stream in text]
    assert (told.refresh.records[stream], told.under.records[stream]) == ([], [])
    assert (told.after.code, told.after.statuses[stream][-1]) == (0, "COMPLETE")
    assert keys(stream, told.after) == keys(stream, whole) != set()


def keys(stream: str, outcome: Outcome) -> set[tuple[Any, ...]]:
    """The keys of the rows that came."""
    if stream != CENTER_REPORT:
        return {*by_key(stream, outcome.records[stream])}
    columns = [path[0] for path in center_report()["source_defined_primary_key"]]
    return {tuple(row[name] for name in columns) for row in outcome.records[stream]}


# --- Rows that TikTok counts and that stand nowhere -------------------------------------------------------------------

# Each kind once: reports (basic, by audience, by hour, on catalogs, on a center), reports of GMV Max and of Smart+, an
# object with versions, lists by page, whole and by cursor, by days, below another list, within rows, a map, a file.
LOST = (
    Broken("ads", "ad/get", "list", PASSES),
    Broken("ad_insights", REPORT, "", {"dimensions": '["ad_id","stat_time_day"]'}),
    Broken("adgroup_insights_by_country", REPORT, "", {"dimensions": '["adgroup_id","country_code"'}),
    Broken("campaign_insights_hourly", REPORT, "list", {"dimensions": '["campaign_id","stat_time_hour"]'}),
    Broken("ad_insights_by_catalog", REPORT, "", {"dimensions": "catalog_id"}),
    Broken(CENTER_REPORT, REPORT, "list", {"report_type": "BC"}),
    Broken("gmv_max_campaign_insights", "gmv_max/report/get", ""),
    Broken("smart_plus_material_insights", "smart_plus/material_report/overview", "list"),
    Broken("smart_plus_adgroups", "smart_plus/adgroup/get", "list"),
    Broken("pixel_links", "bc/pixel/link/get", "list"),
    Broken("playables", "playable/get", ""),
    Broken("apps", "app/list", "apps"),
    Broken("identity_posts", "identity/video/get", "video_list"),
    Broken("comments", "comment/list", ""),
    Broken("campaign_negative_keywords", "search_ad/negative_keyword/get", "", {"object_type": "CAMPAIGN"}),
    Broken("audience_details", "dmp/custom_audience/get", "list"),
    Broken("pixel_event_statistics", "pixel/event/stats", "statistics"),
    Broken("ad_reviews", "ad/review_info", "ad_review_map"),
    Broken("adgroup_reviews", "adgroup/review_info", "ad_group_review_map"),
    Broken("smart_plus_ad_reviews", "smart_plus/ad/review_info", "smart_plus_ad_review_infos"),
    Broken("catalog_feed_logs", "catalog/feed/log", "update_time"),
    Broken("change_log", "changelog/task/download", "changelog"),
)


@pytest.fixture(scope="module")
def lost() -> Story:
    """Syncs without the rows that TikTok counts."""
    return story(no_rows, LOST)


@pytest.mark.parametrize("case", LOST, ids=lambda case: case.stream)
def test_rows_that_are_counted_and_stand_nowhere(lost: Story, whole: Outcome, case: Broken) -> None:
    """They are said to be missing, whatever the place they are lost from."""
    assert_loud_and_not_claimed(lost, whole, case.stream)


# --- A column of the key that comes in no row -------------------------------------------------------------------------

UNTOLD = (
    Broken("ads", "ad/get", "ad_id", PASSES),
    Broken("ad_insights", REPORT, "ad_id", {"dimensions": '["ad_id","stat_time_day"]'}),
    Broken("campaign_insights_hourly", REPORT, "stat_time_hour", {"dimensions": '["campaign_id","stat_time_hour"]'}),
    Broken("ad_insights_by_age_and_gender", REPORT, "gender", {"dimensions": "gender"}),
    Broken("campaign_insights_by_device_brand_monthly", REPORT, "device_brand_id", {"dimensions": "device_brand_id"}),
    Broken("ad_insights_by_catalog", REPORT, "catalog_id", {"dimensions": "catalog_id"}),
    Broken(CENTER_REPORT, REPORT, "placement", {"report_type": "BC"}),
    Broken("gmv_max_campaign_insights", "gmv_max/report/get", "campaign_id"),
    Broken("smart_plus_adgroups", "smart_plus/adgroup/get", "adgroup_id"),
    Broken("playables", "playable/get", "playable_id"),
    Broken("apps", "app/list", "app_id"),
    Broken("identity_posts", "identity/video/get", "item_id"),
    Broken("comments", "comment/list", "comment_id"),
    Broken("campaign_negative_keywords", "search_ad/negative_keyword/get", "keyword_id", {"object_type": "CAMPAIGN"}),
    Broken("pixel_event_statistics", "pixel/event/stats", "pixel_id"),
    Broken("smart_plus_material_reviews", "smart_plus/ad/review_info", "ad_material_id"),
)


@pytest.fixture(scope="module")
def untold() -> Story:
    """Syncs without a column of each key."""
    return story(renamed, UNTOLD)


@pytest.mark.parametrize("case", UNTOLD, ids=lambda case: case.stream)
def test_a_column_of_the_key_that_comes_in_no_row(untold: Story, whole: Outcome, case: Broken) -> None:
    """No row leaves under a placeholder, with which others would merge."""
    assert_loud_and_not_claimed(untold, whole, case.stream)


# --- A filter that TikTok does not support ----------------------------------------------------------------------------

UNSUPPORTED = (
    Broken("ads", "ad/get", "primary_status", PASSES),
    Broken("ad_insights", REPORT, "some_filter", {"dimensions": '["ad_id","stat_time_day"]'}),
    Broken("campaign_insights_by_country", REPORT, "some_filter", {"dimensions": '["campaign_id","country_code"'}),
    Broken("ad_insights_by_catalog", REPORT, "some_filter", {"dimensions": "catalog_id"}),
    Broken("gmv_max_campaign_insights", "gmv_max/report/get", "gmv_max_promotion_types"),
    Broken("smart_plus_material_insights", "smart_plus/material_report/overview", "smart_plus_ad_ids"),
    Broken("smart_plus_adgroups", "smart_plus/adgroup/get", "primary_status"),
    Broken("business_center_transactions", "bc/account/transaction/get", "owner_of_account"),
    Broken("business_center_members", "bc/member/get", "relation_status"),
    Broken("business_center_change_log", "changelog/get", "start_date"),
    Broken("shop_products", "store/product/get", "ad_creation_eligible"),
    Broken("automated_rule_results", "optimizer/rule/result/list", "time"),
    Broken("ad_benchmarks", "report/ad_benchmark/get", "ad_ids"),
    Broken("adgroup_diagnoses", "tool/diagnosis/get", "adgroup_ids"),
)


@pytest.fixture(scope="module")
def unsupported() -> Story:
    """Syncs whose filters are refused."""
    return story(refused, UNSUPPORTED)


@pytest.mark.parametrize("case", UNSUPPORTED, ids=lambda case: case.stream)
def test_a_filter_that_is_not_supported(unsupported: Story, whole: Outcome, case: Broken) -> None:
    """It is a fault of the request, not one shop's or account's refusal, and is named."""
    assert_loud_and_not_claimed(unsupported, whole, case.stream)
    sentences = [*unsupported.refresh.warnings, *(error["message"] for error in unsupported.refresh.errors)]
    assert [text for text in sentences if case.stream in text and case.words in text]


# --- A column without any value ---------------------------------------------------------------------------------------

EMPTY = (
    Broken("ads", "ad/get", "ad_name", PASSES),
    Broken("campaign_insights_hourly", REPORT, "clicks", {"dimensions": '["campaign_id","stat_time_hour"]'}),
    Broken("adgroup_insights_by_country", REPORT, "spend", {"dimensions": '["adgroup_id","country_code"'}),
    Broken("ad_insights_by_catalog", REPORT, "impressions", {"dimensions": "catalog_id"}),
    Broken("gmv_max_campaign_insights", "gmv_max/report/get", "gross_revenue"),
    Broken("smart_plus_material_insights", "smart_plus/material_report/overview", "spend"),
    Broken("smart_plus_campaigns", "smart_plus/campaign/get", "create_time"),
    Broken("playables", "playable/get", "playable_name"),
    Broken("apps", "app/list", "app_name"),
    Broken("campaign_negative_keywords", "search_ad/negative_keyword/get", "name", {"object_type": "CAMPAIGN"}),
    Broken("custom_conversions", "custom_conversion/list", "create_time"),
    Broken("video_insights_daily", "creative/report/get", "impressions", {"material_type": "VIDEO"}),
    Broken("creative_fatigue", "creative_fatigue/get", "spend"),
    Broken("adgroup_diagnoses", "tool/diagnosis/get", "adgroup_name"),
    Broken("gmv_max_campaign_settings", "campaign/gmv_max/info", "campaign_name"),
    Broken("languages", "tool/language", "name"),
)


def test_columns_without_any_value_are_named_in_the_summary() -> None:
    """One line at the end of the log names them and no other; the rows leave all the same."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        strike(simulator, renamed, EMPTY)
        outcome = read(simulator, [case.stream for case in EMPTY], "full_refresh")
    summary = next(line for line in outcome.logs if "skipped because" in line)
    (said,) = [line for line in summary.splitlines() if line.startswith("columns that never had a value: ")]
    named = dict(part.split(": ") for part in said.removeprefix("columns that never had a value: ").split("; "))
    assert named == {case.stream: case.words for case in EMPTY}
    assert [case.stream for case in EMPTY if not outcome.records[case.stream]] == []
