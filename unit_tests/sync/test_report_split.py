"""Requests cut into parts that together are the same."""

from datetime import date

from source_tiktok_ads.streams.model import Filter
from source_tiktok_ads.sync.date_ranges import DateRange
from source_tiktok_ads.sync.report_split import (
    RequestPart,
    by_days,
    halve_days,
    halve_ids,
    halve_metrics,
    split_by_ids,
    split_by_metrics,
)

MARCH = DateRange(date(2026, 3, 1), date(2026, 3, 5))
DAY = DateRange(date(2026, 3, 1), date(2026, 3, 1))


def test_days() -> None:
    """Every day once, in order; the first half is the longer one; a single day has no halves."""
    assert [cut.days.length for cut in by_days(RequestPart(MARCH), 2)] == [2, 2, 1]
    first, second = halve_days(RequestPart(MARCH, metrics=("spend",)))
    assert (first.days, second.days) == (
        DateRange(MARCH.first, date(2026, 3, 3)),
        DateRange(date(2026, 3, 4), MARCH.last),
    )
    assert first.metrics == second.metrics == ("spend",)
    assert halve_days(RequestPart(DAY)) == []


def test_ids() -> None:
    """Every object once; the filter they stand in is named; one object has no halves."""
    cuts = split_by_ids(RequestPart(DAY), "campaign_ids", ["1", "2", "3"], 2)
    assert [cut.only for cut in cuts] == [[Filter("campaign_ids", ("1", "2"))], [Filter("campaign_ids", ("3",))]]
    assert [cut.ids for cut in halve_ids(cuts[0])] == [("1",), ("2",)]
    assert halve_ids(cuts[1]) == []
    assert RequestPart(DAY).only == []


def test_metrics() -> None:
    """Every metric once, of those the cut asks for; one metric has no halves."""
    assert [cut.metrics for cut in split_by_metrics(RequestPart(DAY), ["a", "b", "c"], 2)] == [("a", "b"), ("c",)]
    halves = halve_metrics(RequestPart(DAY), ["a", "b", "c"])
    assert [cut.metrics for cut in halves] == [("a", "b"), ("c",)]
    assert [cut.metrics for cut in halve_metrics(halves[0], ["a", "b", "c"])] == [("a",), ("b",)]
    assert halve_metrics(halves[1], ["a", "b", "c"]) == []
