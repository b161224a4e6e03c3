"""How reports of more metrics than one request takes are read: in parts that are joined on what tells rows apart."""

from collections.abc import Mapping
from typing import Any

import pytest

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.model import AD, ADVERTISER, CAMPAIGN, DAY, MONTH, Report
from source_tiktok_ads.sync import report_window
from source_tiktok_ads.sync.report_split import METRICS_PER_REQUEST

from .canned import page, refused
from .test_reports import Reading
from .test_smaller_pages import CAMPAIGNS, WHOLE, adgroups, asked, places, read, row, span, world

WIDE = Report("spend", AD, DAY).with_groups(("app", "skan", "shopping"))
PARTS = -(-(len(WIDE.metrics) - 2) // 98)


def test_no_request_asks_for_more_metrics_than_tiktok_takes() -> None:
    """Each metric is asked for once, the parents in every part, and every row comes once with all its metrics."""
    reading = Reading(world(lambda params: None), WIDE)
    rows = read(reading)
    assert places(rows) == sorted(WHOLE)
    assert {(row["spend"], row["clicks"], row["cpc"]) for row in rows} == {(1.5, 3, 0.5)}
    assert len(asked(reading)) == PARTS > 2
    assert max(len(metrics) for metrics in reading.metrics()) == METRICS_PER_REQUEST
    parts = [name for metrics in reading.metrics() for name in metrics if name not in AD.parents]
    assert sorted(parts) == sorted({*WIDE.metrics} - {*AD.parents})


def test_a_row_that_one_part_lacks_stays() -> None:
    """TikTok drops empty rows, and what is empty may differ from part to part."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        name = "spend" if "spend" in params["metrics"] else "skan_conversion"
        if name not in params["metrics"]:
            return page([])
        ids = {"campaign_id": "8", "adgroup_id": "9"}
        key = {"ad_id": name, "stat_time_day": "2026-03-01 00:00:00"}
        return page([{"dimensions": key, "metrics": {**ids, name: "2"}}])

    rows = read(Reading(answer, WIDE))
    assert [(row["ad_id"], row.get("spend"), row.get("skan_conversion")) for row in rows] == [
        ("spend", 2.0, None),
        ("skan_conversion", None, 2),
    ]


def test_a_part_whose_metrics_are_all_refused_is_not_asked_for() -> None:
    """TikTok would answer with metrics that nobody chose; the rows come with the other parts."""
    wide = Report("spend", CAMPAIGN, DAY).with_groups(("app", "skan", "shopping"))
    refusable = {*wide.metrics[100:]}

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if bad := refusable.intersection(params["metrics"]):
            return refused(40002, f"Invalid metric fields: {sorted(bad)[:5]}")
        key = {"campaign_id": "8", "stat_time_day": "2026-03-01 00:00:00"}
        return page([{"dimensions": key, "metrics": {params["metrics"][0]: "2"}}])

    reading = Reading(answer, wide)
    (row,) = read(reading)
    assert not refusable & {*row}
    assert all(reading.metrics())


def test_a_smaller_part_is_not_divided_into_more_than_fits() -> None:
    """Where TikTok has taken fewer metrics before, the next window begins with those."""
    reading = Reading(world(lambda params: refused(40067) if len(params["metrics"]) > 60 else None), WIDE)
    assert places(read(reading)) == sorted(WHOLE)


@pytest.mark.parametrize("most", [5, 100])
def test_more_rows_than_should_be_joined_at_once_are_read_in_fewer(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """By days, then by campaigns; the next window begins with as few."""
    monkeypatch.setattr(report_window, "MAX_JOINED", most)
    reading = Reading(world(lambda params: None), WIDE, start_date="2026-02-01")
    first, second = reading.slices()
    reading.rows(first)
    before = len(asked(reading))
    assert len(reading.rows(second)) == 13 * len(CAMPAIGNS) * 2
    assert max(len(params["metrics"]) for params in asked(reading)) <= METRICS_PER_REQUEST
    read_rows = [params for params in asked(reading)[before:] if params["page_size"] > 1]
    assert all(len(adgroups(params)) * len(span(params)) <= most for params in read_rows)


def test_what_cannot_be_fewer_is_joined_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account's months have neither days nor campaigns to be divided by."""
    monkeypatch.setattr(report_window, "MAX_JOINED", 0)
    brands = Report("spend", ADVERTISER, MONTH, by=("device_brand_id",), report_type="AUDIENCE")
    key = {"device_brand_id": "5"}

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if len(params["metrics"]) > 20:
            return refused(40067)
        return page([{"dimensions": key, "metrics": {"spend": "2"} if "spend" in params["metrics"] else {}}])

    assert read(Reading(answer, brands)) == [{**key, "spend": 2.0}]


def test_months_are_never_divided_by_days() -> None:
    """Two half months would be two rows of one key."""
    monthly = Report("spend", AD, MONTH, by=("device_brand_id",), report_type="AUDIENCE")
    reading = Reading(world(lambda params: refused(40067)), monthly)
    with pytest.raises(TikTokError):
        read(reading)
    assert {len(span(params)) for params in asked(reading)} == {15}
    assert len({str(adgroups(params)) for params in asked(reading)}) > 1


def test_what_a_month_has_taught_holds_for_a_longer_one() -> None:
    """February's number of days is no limit."""
    monthly = Report("spend", AD, MONTH, by=("device_brand_id",), report_type="AUDIENCE")

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "campaign/get":
            return page([{"campaign_id": id} for id in CAMPAIGNS])
        ids = adgroups(params)
        if len(ids) > 2:
            return refused(40067)
        rows = [row(id, span(params)[0], params) for id in ids]
        return page(
            [{**one, "dimensions": {"ad_id": one["dimensions"]["ad_id"], "device_brand_id": "5"}} for one in rows]
        )

    reading = Reading(answer, monthly, start_date="2026-02-01", end_date="2026-03-10")
    assert len(read(reading)) == 2 * 8


def test_a_report_that_takes_no_filter_is_not_divided_by_objects() -> None:
    """What TikTok cuts is short then."""
    shop = Report("gmv", CAMPAIGN, DAY, by=("country_code",), report_type="TT_SHOP")
    reading = Reading(world(lambda params: refused(40067)), shop)
    with pytest.raises(TikTokError):
        read(reading)
    assert {path for path, _ in reading.client.asked} == {"report/integrated/get"}
    assert not any(reading.filtered())
