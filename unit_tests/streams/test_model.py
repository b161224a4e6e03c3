"""What a row of the stream table is worth: request, key, cursor, columns and schema follow from it."""

from datetime import date

import pytest

from source_tiktok_ads.streams.model import (
    AD,
    AD_V2,
    ADGROUP,
    ADVERTISER,
    AUDIENCE,
    CAMPAIGN,
    DAY,
    DESCRIBED_COLUMNS,
    HOUR,
    LIFETIME,
    MEMBER,
    MONTH,
    PLAYABLE,
    TT_SHOP,
    Accounts,
    CenterReport,
    Entity,
    Filter,
    Grain,
    Level,
    Report,
    json_schema,
    key_of,
)
from source_tiktok_ads.streams.shapes import ID, MOMENT, TEXT

PIXELS = Entity("things", "thing/get", ("thing_id",), {"thing_id": ID("Id."), "modify_time": MOMENT("Changed.")})
ACCOUNTS = Accounts("accounts", {"name": TEXT("Name.")})


def request(report: Report, include_deleted: bool) -> dict[str, object]:
    return report.params("7000000000000000001", date(2026, 1, 1), date(2026, 1, 30), include_deleted)


def test_request_names_account_level_window_and_fields() -> None:
    """One request covers one account and one window, both days included."""
    report = Report("campaign_insights_by_province", CAMPAIGN, DAY, by=("province_id",), report_type=AUDIENCE)
    assert request(report, include_deleted=False) == {
        "advertiser_id": "7000000000000000001",
        "service_type": "AUCTION",
        "report_type": "AUDIENCE",
        "data_level": "AUCTION_CAMPAIGN",
        "dimensions": ["campaign_id", "province_id", "stat_time_day"],
        "metrics": list(report.metrics),
        "start_date": "2026-01-01",
        "end_date": "2026-01-30",
    }


def test_a_report_on_business_centers_names_one_of_them() -> None:
    """No account and no level; the account is a dimension, the currency a metric, and a year fits into a request."""
    report = CenterReport("mine", MEMBER, DAY, ("placement",), chosen=("spend", "currency"))
    assert request(report, include_deleted=True) == {
        "bc_id": "7000000000000000001",
        "report_type": "BC",
        "dimensions": ["advertiser_id", "placement", "stat_time_day"],
        "metrics": ["spend", "currency"],
        "start_date": "2026-01-01",
        "end_date": "2026-01-30",
    }
    assert report.key == ("bc_id", "advertiser_id", "stat_time_day", "placement")
    assert [*report.columns] == ["bc_id", "advertiser_id", "placement", "stat_time_day", "spend", "currency"]
    assert (report.days, report.has_totals, report.optional) == (365, False, True)


@pytest.mark.parametrize(
    ("level", "field"), [(CAMPAIGN, "campaign_status"), (ADGROUP, "adgroup_status"), (AD, "ad_status")]
)
def test_deleted_objects_are_asked_for_by_the_level_own_filter(level: Level, field: str) -> None:
    """With deleted objects wanted, the request asks for every status of the level it groups by."""
    report = Report("x_insights", level, DAY)
    assert request(report, include_deleted=True)["filtering"] == [
        {"field_name": field, "filter_type": "IN", "filter_value": '["STATUS_ALL"]'}
    ]
    assert "filtering" not in request(report, include_deleted=False)


def test_a_status_of_the_reports_own_stands_in_place_of_every_status() -> None:
    """Two conditions on one field might exclude each other."""
    deleted = Report("x", AD, DAY, filters=(Filter("ad_status", ("STATUS_DELETE",)),))
    assert request(deleted, include_deleted=True)["filtering"] == [
        {"field_name": "ad_status", "filter_type": "IN", "filter_value": '["STATUS_DELETE"]'}
    ]


@pytest.mark.parametrize(("columns", "described"), [(DESCRIBED_COLUMNS, True), (DESCRIBED_COLUMNS + 1, False)])
def test_a_very_wide_schema_says_no_meanings(columns: int, described: bool) -> None:
    """So that a catalog with every group of metrics stays small enough for any platform."""
    wide = Accounts("accounts", {f"column_{number}": TEXT("Meaning.") for number in range(columns)})
    properties = json_schema(wide)["properties"]
    assert len(properties) == columns
    assert {"description" in schema for schema in properties.values()} == {described}


def test_lists_stand_beside_what_was_asked_of_ads_with_creatives() -> None:
    """They are not asked for themselves; a report whose metrics were chosen has those alone."""
    report = Report("x", AD_V2, DAY)
    assert [name for name in report.columns if name.endswith("_list")] == [
        "ad_text_list",
        "call_to_action_list",
        "image_mode_list",
    ]
    assert report.columns["ad_text_list"].schema()["items"] == {"type": ["null", "string"]}
    assert not [name for name in report.metrics if name.endswith("_list")]
    assert "ad_text_list" not in Report("x", AD, DAY).columns
    assert [*Report("x", AD_V2, DAY, chosen=("ad_text",)).metric_columns] == ["campaign_id", "adgroup_id", "ad_text"]


def test_whole_accounts_need_no_filter() -> None:
    """The account's own report hides nothing and takes no status filter."""
    assert "filtering" not in request(Report("advertiser_insights", ADVERTISER, DAY), include_deleted=True)


@pytest.mark.parametrize(
    ("level", "key"),
    [
        (ADVERTISER, ("advertiser_id", "stat_time_hour")),
        (CAMPAIGN, ("advertiser_id", "campaign_id", "stat_time_hour")),
        (ADGROUP, ("advertiser_id", "campaign_id", "adgroup_id", "stat_time_hour")),
        (AD, ("advertiser_id", "campaign_id", "adgroup_id", "ad_id", "stat_time_hour")),
    ],
)
def test_key_of_a_report_is_the_object_with_its_parents_and_the_time(level: Level, key: tuple[str, ...]) -> None:
    """Rows are told apart by account, parents, object and time, none of them twice."""
    report = Report("x_insights_hourly", level, HOUR)
    assert report.key == key
    assert report.cursor == "stat_time_hour"


def test_columns_begin_with_account_object_breakdown_and_time() -> None:
    """A record reads from the account down to the figures; what nothing fills comes last."""
    report = Report("x", AD, DAY, by=("platform",), report_type=AUDIENCE, absent=("user_action",))
    columns = list(report.columns)
    assert columns[:7] == [
        "advertiser_id",
        "currency",
        "ad_id",
        "platform",
        "stat_time_day",
        "campaign_id",
        "campaign_name",
    ]
    assert columns[-1] == "user_action"


def test_account_stands_once_in_its_own_report() -> None:
    """In reports by account the dimension is the stamped id, not a second column."""
    report = Report("advertiser_insights", ADVERTISER, DAY)
    assert list(report.dimension_columns) == ["stat_time_day"]
    assert report.dimensions == ("advertiser_id", "stat_time_day")
    assert report.columns["advertiser_id"].kind == "id"


def test_time_is_local_and_breakdowns_are_text() -> None:
    """A report's day has no zone; a breakdown's value is text, whatever it looks like."""
    report = Report("x", CAMPAIGN, DAY, by=("province_id",), report_type=AUDIENCE)
    assert {name: shape.kind for name, shape in report.dimension_columns.items()} == {
        "campaign_id": "text",
        "province_id": "text",
        "stat_time_day": "local_time",
    }


def test_grains_know_their_window() -> None:
    """TikTok gives 30 days of daily rows or one day of hourly rows at a time, a year without a time, or all of it."""
    grains = {grain.suffix: grain.days for grain in (DAY, HOUR, MONTH, LIFETIME)}
    assert grains == {"": 30, "_hourly": 1, "_monthly": 365, "_lifetime": 0}


def test_a_month_is_no_dimension_but_two_columns() -> None:
    """TikTok is asked for the days; the first of them orders the rows."""
    report = Report("x_monthly", AD, MONTH, by=("device_brand_id",), report_type=AUDIENCE)
    assert report.dimensions == ("ad_id", "device_brand_id")
    assert report.key == ("advertiser_id", "campaign_id", "adgroup_id", "ad_id", "period_start", "device_brand_id")
    assert (report.cursor, report.incremental) == ("period_start", True)
    assert list(report.columns)[:6] == [
        *("advertiser_id", "currency", "ad_id", "device_brand_id"),
        *("period_start", "period_end"),
    ]
    assert "device_brand_name" in report.metrics


def test_all_time_has_no_cursor_and_no_days() -> None:
    """There is one row an object, and nothing to go on from."""
    report = Report("x_lifetime", CAMPAIGN, LIFETIME)
    assert (report.cursor, report.incremental) == ("", False)
    assert report.key == ("advertiser_id", "campaign_id")
    asked = request(report, include_deleted=True)
    assert asked["query_lifetime"] is True
    assert not {"start_date", "end_date"} & set(asked)


@pytest.mark.parametrize(
    ("grain", "by", "told"),
    [(DAY, (), True), (HOUR, (), False), (LIFETIME, (), False), (DAY, ("country_code",), False)],
)
def test_cash_and_vouchers_are_told_by_day_only(grain: Grain, by: tuple[str, ...], told: bool) -> None:
    """They belong to whole days of whole accounts."""
    metrics = Report("x", ADVERTISER, grain, by).metrics
    assert [name in metrics for name in ("cash_spend", "voucher_spend")] == [told, told]


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (Report("x", AD, DAY), True),
        (Report("x", AD, LIFETIME), True),
        (Report("x", AD, HOUR), False),
        (Report("x", AD, DAY, by=("country_code",)), False),
        (Report("x", AD, DAY, by=("age",), report_type=AUDIENCE), False),
    ],
)
def test_totals_come_with_one_object_and_at_most_the_day(report: Report, told: bool) -> None:
    """Elsewhere they are not asked for."""
    assert report.has_totals is told


def test_spend_of_shops_takes_no_filter() -> None:
    """Neither for deleted campaigns nor for anything else."""
    report = Report("x", CAMPAIGN, DAY, by=("country_code",), report_type=TT_SHOP)
    assert "filtering" not in request(report, include_deleted=True)
    assert set(report.metrics) == {"spend", "billed_cost", "campaign_name"}


def test_groups_widen_what_a_report_asks_for() -> None:
    """By what TikTok takes in it, at its level and beside its breakdown; the rest of the row stays."""
    daily = Report("x", AD, DAY)
    wide = daily.with_groups(("skan", "gmv_max"))
    assert set(daily.metrics) < set(wide.metrics)
    assert {name for name in wide.metrics if name.startswith("skan_")} > {"skan_conversion"}
    assert (wide.key, wide.name) == (daily.key, daily.name)
    by_age = Report("x", AD, DAY, by=("age",), report_type=AUDIENCE)
    assert by_age.with_groups(("skan",)).metrics == by_age.metrics


def test_chosen_metrics_come_with_the_parents() -> None:
    """The parents belong to the key; an id that is chosen too stands once."""
    report = Report("mine", AD, DAY, chosen=("spend", "campaign_id"))
    assert report.metrics == ("campaign_id", "adgroup_id", "spend")


def test_own_filters_stand_beside_the_one_for_deleted_objects() -> None:
    """Each in TikTok's words, its values as JSON in a text."""
    report = Report("mine", AD_V2, DAY, chosen=("spend",), filters=(Filter("create_time", ("a", "b"), "BETWEEN"),))
    assert request(report, include_deleted=True)["filtering"] == [
        {"field_name": "create_time", "filter_type": "BETWEEN", "filter_value": '["a","b"]'},
        {"field_name": "ad_status", "filter_type": "IN", "filter_value": '["STATUS_ALL"]'},
    ]
    assert report.dimensions == ("ad_id_v2", "stat_time_day")


def test_playables_have_no_data_level() -> None:
    """What is empty is not sent."""
    report = Report("mine", PLAYABLE, LIFETIME, report_type="PLAYABLE_MATERIAL", chosen=("spend",))
    asked = request(report, include_deleted=True)
    assert not {"data_level", "filtering"} & set(asked)
    assert report.key == ("advertiser_id", "playable_id")


def test_key_of_an_entity_keeps_every_version_unless_only_the_latest_is_wanted() -> None:
    """`latest` drops the cursor from the key of entities, and of entities only."""
    assert key_of(PIXELS, "every") == ("advertiser_id", "thing_id", "modify_time")
    assert key_of(PIXELS, "latest") == ("advertiser_id", "thing_id")
    assert key_of(ACCOUNTS, "latest") == ("advertiser_id", "create_time")
    assert key_of(Report("x", AD, DAY), "latest")[-1] == "stat_time_day"


def test_schema_lists_the_columns_and_lets_new_ones_pass() -> None:
    """The schema is an open object whose properties are the columns, in order."""
    assert json_schema(PIXELS) == {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": True,
        "properties": {
            "thing_id": {"type": ["null", "string"], "description": "Id."},
            "modify_time": {
                "type": ["null", "string"],
                "format": "date-time",
                "airbyte_type": "timestamp_with_timezone",
                "description": "Changed.",
            },
        },
    }
