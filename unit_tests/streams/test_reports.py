"""What each report stream asks TikTok for, and by what its rows are told apart."""

import pytest

from source_tiktok_ads.streams.reports import REPORTS

ROWS = {report.name: report for report in REPORTS}
AD_KEY = ("advertiser_id", "campaign_id", "adgroup_id", "ad_id", "stat_time_day")


@pytest.mark.parametrize(
    ("name", "report_type", "data_level", "dimensions", "key"),
    [
        ("ad_insights", "BASIC", "AUCTION_AD", ("ad_id", "stat_time_day"), AD_KEY),
        (
            "ad_insights_by_age_and_gender",
            "AUDIENCE",
            "AUCTION_AD",
            ("ad_id", "age", "gender", "stat_time_day"),
            (*AD_KEY, "age", "gender"),
        ),
        (
            "ad_insights_by_country",
            "AUDIENCE",
            "AUCTION_AD",
            ("ad_id", "country_code", "stat_time_day"),
            (*AD_KEY, "country_code"),
        ),
        (
            "ad_insights_by_platform",
            "AUDIENCE",
            "AUCTION_AD",
            ("ad_id", "platform", "stat_time_day"),
            (*AD_KEY, "platform"),
        ),
        (
            "campaign_insights_by_province",
            "AUDIENCE",
            "AUCTION_CAMPAIGN",
            ("campaign_id", "province_id", "stat_time_day"),
            ("advertiser_id", "campaign_id", "stat_time_day", "province_id"),
        ),
    ],
)
def test_row(name: str, report_type: str, data_level: str, dimensions: tuple[str, ...], key: tuple[str, ...]) -> None:
    """A row of the table gives the request and the key that the stream was published with."""
    report = ROWS[name]
    assert (report.report_type, report.level.data_level) == (report_type, data_level)
    assert report.dimensions == dimensions
    assert report.key == key
    assert report.cursor == "stat_time_day"


@pytest.mark.parametrize(
    ("name", "absent"),
    [
        ("ad_insights", ("cost_per_100_reached",)),
        ("ad_insights_by_age_and_gender", ("user_action",)),
        ("ad_insights_by_country", ("user_action",)),
        ("ad_insights_by_platform", ("user_action",)),
        ("campaign_insights_by_province", ()),
    ],
)
def test_columns_nothing_fills_are_declared_but_not_asked_for(name: str, absent: tuple[str, ...]) -> None:
    """A published column that TikTok gave up stays in the schema and out of the request."""
    report = ROWS[name]
    unfilled = set(report.columns) - set(report.metrics) - set(report.dimensions) - {"advertiser_id", "currency"}
    assert unfilled == set(absent)


@pytest.mark.parametrize("name", ROWS)
def test_every_value_that_is_asked_for_has_a_column(name: str) -> None:
    """What the answer holds reaches the record."""
    report = ROWS[name]
    assert {*report.metrics, *report.dimensions} <= set(report.columns)
