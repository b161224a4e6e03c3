"""selection.py: which streams a configuration has, and which it cannot have."""

from typing import Any, get_args

import pytest
from sync.canned import config

from source_tiktok_ads.config import ConfigError, CustomReport
from source_tiktok_ads.config.model import GROUPS
from source_tiktok_ads.selection import streams
from source_tiktok_ads.streams import rules
from source_tiktok_ads.streams.catalog import BY_NAME
from source_tiktok_ads.streams.fields import METRIC_GROUPS, METRICS
from source_tiktok_ads.streams.listing import Listing
from source_tiktok_ads.streams.model import AD_V2, CAMPAIGN, MONTH, CenterReport, Filter, Report

LEAST = {"name": "mine", "level": "ad", "metrics": ["spend"]}


def refusal(*reports: dict[str, Any], **changes: Any) -> ConfigError:
    """What is said of a configuration with these custom reports, each the least one with changes."""
    with pytest.raises(ConfigError) as refused:
        streams(config(custom_reports=[{**LEAST, **report} for report in reports], **changes))
    return refused.value


def test_the_streams_are_the_standard_rows() -> None:
    """In their order, as they stand in the table."""
    assert [*streams(config(personal_data=True)).items()] == [*BY_NAME.items()]


def test_without_personal_data_its_columns_do_not_exist() -> None:
    """All else is the same."""
    found = streams(config())
    assert [*found] == [*BY_NAME]
    lacking = {name: {*row.columns} - {*found[name].columns} for name, row in BY_NAME.items() if found[name] != row}
    assert lacking == {
        row.name: {*row.personal} & {*row.columns}
        for row in BY_NAME.values()
        if isinstance(row, Listing) and row.personal
    }
    assert "user_name" in lacking["comments"]


def test_metric_groups_widen_the_reports_that_take_them() -> None:
    """Every metric of the group that the report takes is among its columns; other streams stay as they are."""
    found = streams(config(metric_groups=["skan", "live"], personal_data=True))
    skan = {name for name, metric in METRICS.items() if metric.group == "skan"}
    assert skan <= {*found["ad_insights"].columns}
    assert not skan & {*found["ad_insights_by_platform"].columns}
    assert [name for name in BY_NAME if found[name] == BY_NAME[name]] == [
        name for name, row in BY_NAME.items() if not isinstance(row, Report)
    ]


def test_an_unknown_group_is_refused_with_those_there_are() -> None:
    """The setting is named."""
    refused = refusal(metric_groups=["skan", "scan"])
    assert refused.field == "metric_groups"
    assert str(refused) == f"Metric Groups (`metric_groups`) holds scan: write only {', '.join(METRIC_GROUPS)}."


def test_a_custom_report_is_a_stream_of_its_own() -> None:
    """With the level, the grain and all else that it names, behind the standard ones."""
    asked = {
        **LEAST,
        "level": "ad_v2",
        "grain": "month",
        "metrics": ["spend", "ad_name"],
        "breakdowns": ["ad_type"],
        "filters": [{"field_name": "objective_type", "values": ["TRAFFIC"]}],
    }
    *standard, (name, row) = streams(config(custom_reports=[asked])).items()
    assert [name for name, _ in standard] == [*BY_NAME]
    assert (name, row) == (
        "mine",
        Report(
            *("mine", AD_V2, MONTH, ("ad_type",)),
            chosen=("spend", "ad_name"),
            filters=(Filter("objective_type", ("TRAFFIC",)),),
        ),
    )
    assert row.key == ("advertiser_id", "campaign_id", "adgroup_id", "ad_id_v2", "period_start", "ad_type")
    assert {*row.key, "spend", "ad_name", "period_end", "currency"} == {*row.columns}


def test_a_report_on_catalogs_asks_for_no_parents() -> None:
    """Which metrics it takes besides figures is not known, and the ids of parents are metrics."""
    asked = {**LEAST, "report_type": "CATALOG", "breakdowns": ["product_id"]}
    found = streams(config(custom_reports=[asked, {**asked, "name": "other", "level": "campaign"}]))
    mine, other = found["mine"], found["other"]
    assert isinstance(mine, Report)
    assert (mine.metrics, mine.key) == (("spend",), ("advertiser_id", "ad_id", "stat_time_day", "product_id"))
    assert isinstance(other, Report)
    assert other.level is CAMPAIGN


def test_a_report_on_business_centers_is_a_row_of_its_own_kind() -> None:
    """Its rows are told apart by Business Center and account; of the levels it has the account's alone."""
    asked = {**LEAST, "level": "advertiser", "report_type": "BC", "breakdowns": ["placement"]}
    row = streams(config(custom_reports=[asked]))["mine"]
    assert isinstance(row, CenterReport)
    assert row.key == ("bc_id", "advertiser_id", "stat_time_day", "placement")
    assert refusal({**asked, "level": "ad"}).field == "custom_reports[0].level"


def test_a_name_of_a_standard_stream_is_taken() -> None:
    """Two streams of one name cannot be told apart."""
    refused = refusal({}, {"name": "ads"})
    assert refused.field == "custom_reports[1].name"
    assert (
        str(refused) == "Name (`custom_reports[1].name`) is ads, as a stream of the connector: write a name of its own."
    )


def test_every_breach_of_a_custom_report_is_told_at_once() -> None:
    """Each with the setting, the rule and the nearest choice; the first names the field."""
    refused = refusal({}, {"name": "other", "breakdowns": ["age"], "metrics": ["spend", "currency"]})
    assert refused.field == "custom_reports[1].breakdowns"
    assert str(refused) == (
        "Breakdowns (`custom_reports[1].breakdowns`) breaks the rule dimension_of_type: BASIC reports take no age: "
        "write the report_type AUDIENCE, or leave it out. "
        "Metrics (`custom_reports[1].metrics`) breaks the rule metrics_there_already: every row carries currency "
        "unasked: leave it out."
    )


def test_the_words_of_the_configuration_are_those_of_the_rules() -> None:
    """Each word that a custom report may hold stands for something, and nothing is without a word."""
    words = {name: get_args(CustomReport.model_fields[name].annotation) for name in ("level", "grain", "report_type")}
    assert words == {"level": (*rules.LEVELS,), "grain": (*rules.GRAINS,), "report_type": rules.REPORT_TYPES}
    assert {*GROUPS} == {*METRIC_GROUPS}


@pytest.mark.parametrize("level", rules.LEVELS)
@pytest.mark.parametrize("grain", rules.GRAINS)
def test_each_level_and_grain_makes_a_stream(level: str, grain: str) -> None:
    """But for playables, which are reported over months or all time."""
    kind = "PLAYABLE_MATERIAL" if level == "playable" else "BASIC"
    asked = [{**LEAST, "level": level, "grain": grain, "report_type": kind}]
    if level == "playable" and grain in ("day", "hour"):
        assert refusal(asked[0]).field == "custom_reports[0].grain"
    else:
        row = streams(config(custom_reports=asked))["mine"]
        assert isinstance(row, Report)
        assert row.level.name == level
        assert row.incremental is (grain != "lifetime")
