"""The repeated hour at the end of daylight saving time: which hour it is, and how its two rows are merged."""

import json
from collections.abc import Mapping
from datetime import date
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from source_tiktok_ads.streams.model import AD, ADVERTISER, DAY, HOUR, Report
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.date_ranges import DateRange
from source_tiktok_ads.sync.reader import Slice
from source_tiktok_ads.sync.repeated_hour import repeated_hours

from .canned import A, page, refused
from .test_reports import Reading

NEW_YORK = ZoneInfo("America/New_York")
BACK = date(2026, 11, 1)
TWICE, ONCE = "2026-11-01 01:00:00", "2026-11-01 02:00:00"
HOURLY = Report("spend_hourly", AD, HOUR)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", BACK, ["2026-11-01T01:00:00"]),
        ("Europe/Berlin", date(2026, 10, 25), ["2026-10-25T02:00:00"]),
        ("Australia/Lord_Howe", date(2026, 4, 5), ["2026-04-05T01:00:00"]),
        ("America/New_York", date(2026, 3, 8), []),
        ("America/New_York", date(2026, 11, 2), []),
        ("Etc/UTC", BACK, []),
    ],
)
def test_the_hours_that_come_twice(zone: str, day: date, hours: list[str]) -> None:
    """Only where clocks go back, by whatever they do; where they go forward an hour is missing, none repeated."""
    assert repeated_hours(day, ZoneInfo(zone)) == hours


def wire(ad: str = "1", hour: str = TWICE, **metrics: Any) -> dict[str, Any]:
    """A row as TikTok sends it."""
    known = {"campaign_id": "8", "adgroup_id": "9", "ad_name": "Ad", "spend": "0.10", "ctr": "2.0", "reach": "3"}
    return {"dimensions": {"ad_id": ad, "stat_time_hour": hour}, "metrics": {**known, **metrics}}


def told(ad: str = "1", hour: str = TWICE, **metrics: Any) -> dict[str, Any]:
    """The record that rows become."""
    key = {"ad_id": ad, "stat_time_hour": hour.replace(" ", "T"), "campaign_id": "8", "adgroup_id": "9"}
    return {**key, **metrics}


ALONE: Mapping[str, Any] = {"ad_name": "Ad", "spend": 0.1, "ctr": 2.0, "reach": 3}


class Night(Reading):
    """The reading of the day on which the clocks of New York go back."""

    def __init__(self, answer: Any, report: Report = HOURLY, day: date = BACK) -> None:
        super().__init__(answer, report)
        self.part = Slice(self.reader, Account(A, zone=NEW_YORK), DateRange(day, day))

    def read(self) -> list[dict[str, Any]]:
        """The rows of the day, the least first."""
        return sorted(self.rows(self.part), key=lambda row: json.dumps(row, sort_keys=True))


def test_two_rows_of_one_key_are_added_up() -> None:
    """Money and counts are sums to the last digit, ids stay, all else is null; it is said once."""
    night = Night(lambda path, params: page([wire(spend="0.10", likes="4"), wire(spend="0.20"), wire(hour=ONCE)]))
    assert night.read() == sorted(
        [told(spend=0.3, likes=4), told(hour=ONCE, **ALONE)], key=lambda row: json.dumps(row, sort_keys=True)
    )
    (text,) = night.said
    assert "two rows of the repeated hour for 1 keys" in text


def test_equal_rows_are_two_rows() -> None:
    """Where both hours went alike, neither is taken for a repetition of the other."""
    night = Night(lambda path, params: page([wire(), wire()]))
    assert night.read() == [told(spend=0.2)]


def test_one_row_stays_as_it_is() -> None:
    """TikTok may also tell both hours as one."""
    night = Night(lambda path, params: page([wire(), wire("2")]))
    assert night.read() == [told("1", **ALONE), told("2", **ALONE)]
    assert night.said == []


def test_rows_on_different_pages_find_each_other() -> None:
    """The repeated hour is emitted after all pages."""
    rows = [wire(spend="0.10"), wire(spend="0.25")]
    night = Night(lambda path, params: page([rows[params["page"] - 1]], 2, params["page"], 2))
    assert night.read() == [told(spend=0.35)]


def test_equal_rows_on_different_pages_are_two_where_two_readings_see_them() -> None:
    """At first the second may be the first once more, moved to the next page; nothing is warned of but the pair."""
    night = Night(lambda path, params: page([wire()], 2, params["page"], 2))
    assert night.read() == [told(spend=0.2)]
    assert [request["page"] for _, request in night.client.asked] == [1, 2, 1, 2]
    assert len(night.said) == 1


def test_a_row_that_moved_to_the_next_page_is_not_its_own_twin() -> None:
    """It hides that another slipped to the page before, so the day is read again."""
    readings = iter([["1", "1"], ["1", "2"]])
    pages: list[str] = []

    def moving(path: str, params: Mapping[str, Any]) -> Any:
        pages.extend(next(readings) if params["page"] == 1 else [])
        return page([wire(pages.pop(0))], 2, params["page"], 2)

    night = Night(moving)
    assert night.read() == [told("1", **ALONE), told("2", **ALONE)]
    assert night.said == []


def test_figures_that_move_between_two_readings_are_not_added_up() -> None:
    """The later version stands for the earlier one, and no version fills the place of a row that lacks."""
    spent = count(1)
    night = Night(
        lambda path, params: (
            page([]) if path == "campaign/get" else page([wire(spend=f"{next(spent)}.00"), wire("2")], 3)
        )
    )
    assert night.read() == [told("1", **{**ALONE, "spend": 5.0}), told("2", **ALONE)]
    assert "TikTok counts 3 rows but gave 2 different ones in 3 readings" in night.part.incomplete_reason


def test_the_reading_with_most_rows_of_a_key_is_kept() -> None:
    """Two readings that together bring every row prove the window; one of them may lack a twin."""
    readings = iter([[wire(spend="0.10"), wire(spend="0.25")], [wire(spend="0.10"), wire("2")]])
    night = Night(lambda path, params: page(next(readings), 3))
    assert night.read() == [told("1", spend=0.35), told("2", **ALONE)]


def test_rows_that_never_add_up_are_emitted_anyway() -> None:
    """The window is short, and whatever came of the repeated hour is in it."""
    ads = count(1)
    night = Night(lambda path, params: page([]) if path == "campaign/get" else page([wire(str(next(ads)))], 50))
    assert {row["ad_id"] for row in night.read()} >= {"3", "4", "5"}
    assert "TikTok counts 50 rows" in night.part.incomplete_reason


def test_on_other_days_one_key_is_one_row() -> None:
    """A row that came twice because it moved to another page is emitted once."""
    night = Night(lambda path, params: page([wire(hour="2026-11-02 01:00:00")] * 2, 1), day=date(2026, 11, 2))
    assert night.read() == [told(hour="2026-11-02 01:00:00", **ALONE)]


def test_days_are_not_folded() -> None:
    """A daily report has no hour that comes twice."""
    row = {"dimensions": {"stat_time_day": "2026-11-01 00:00:00"}, "metrics": {"spend": "1"}}
    night = Night(lambda path, params: page([row]), Report("spend", ADVERTISER, DAY))
    assert night.read() == [{"stat_time_day": "2026-11-01T00:00:00", "spend": 1.0}]


def test_parts_of_the_metrics_are_folded_before_they_are_joined() -> None:
    """The warning comes once all the same, and a row that was held back before a refusal is not counted twice."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "campaign/get":
            return page([])
        asked = [wire(spend="0.10", likes="1"), wire(spend="0.25", likes="2")]
        rows = [
            {**row, "metrics": {n: v for n, v in row["metrics"].items() if n in params["metrics"]}} for row in asked
        ]
        if len(params["metrics"]) <= 60:
            return page(rows)
        return refused(40067) if params["page"] == 2 else page(rows[:1], 2, 1, 2)

    night = Night(answer)
    assert night.read() == [told(spend=0.35, likes=3)]
    assert len(night.said) == 1
