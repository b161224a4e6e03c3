"""What a row of the stream table is worth: request, key, cursor, columns and schema follow from it."""

from datetime import date

import pytest

from source_tiktok_ads.streams.model import (
    AD,
    ADGROUP,
    ADVERTISER,
    AUDIENCE,
    CAMPAIGN,
    DAY,
    HOUR,
    Accounts,
    Entity,
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
    """TikTok gives 30 days of daily rows or one day of hourly rows at a time."""
    assert [(grain.suffix, grain.days) for grain in (DAY, HOUR)] == [("", 30), ("_hourly", 1)]


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
