"""Requests cut into parts that together are the same."""

from datetime import date

from source_tiktok_ads.streams.model import Filter
from source_tiktok_ads.sync.cuts import (
    Cut,
    by_days,
    by_half_of_days,
    by_half_of_ids,
    by_half_of_metrics,
    by_ids,
    by_metrics,
)
from source_tiktok_ads.sync.slices import Days

MARCH = Days(date(2026, 3, 1), date(2026, 3, 5))
DAY = Days(date(2026, 3, 1), date(2026, 3, 1))


def test_days() -> None:
    """Every day once, in order; the first half is the longer one; a single day has no halves."""
    assert [cut.days.length for cut in by_days(Cut(MARCH), 2)] == [2, 2, 1]
    first, second = by_half_of_days(Cut(MARCH, metrics=("spend",)))
    assert (first.days, second.days) == (Days(MARCH.first, date(2026, 3, 3)), Days(date(2026, 3, 4), MARCH.last))
    assert first.metrics == second.metrics == ("spend",)
    assert by_half_of_days(Cut(DAY)) == []


def test_ids() -> None:
    """Every object once; the filter they stand in is named; one object has no halves."""
    cuts = by_ids(Cut(DAY), "campaign_ids", ["1", "2", "3"], 2)
    assert [cut.only for cut in cuts] == [[Filter("campaign_ids", ("1", "2"))], [Filter("campaign_ids", ("3",))]]
    assert [cut.ids for cut in by_half_of_ids(cuts[0])] == [("1",), ("2",)]
    assert by_half_of_ids(cuts[1]) == []
    assert Cut(DAY).only == []


def test_metrics() -> None:
    """Every metric once, of those the cut asks for; one metric has no halves."""
    assert [cut.metrics for cut in by_metrics(Cut(DAY), ["a", "b", "c"], 2)] == [("a", "b"), ("c",)]
    halves = by_half_of_metrics(Cut(DAY), ["a", "b", "c"])
    assert [cut.metrics for cut in halves] == [("a", "b"), ("c",)]
    assert [cut.metrics for cut in by_half_of_metrics(halves[0], ["a", "b", "c"])] == [("a",), ("b",)]
    assert by_half_of_metrics(halves[1], ["a", "b", "c"]) == []
