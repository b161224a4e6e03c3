"""Days and windows: each day read, read again while it moves, and left alone afterwards, whatever ends a sync early."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source_tiktok_ads.sync.date_ranges import (
    DateRange,
    believed,
    known_after,
    missing,
    months,
    settled,
    to_read,
    windows,
)
from source_tiktok_ads.sync.state import Coverage, coverage_of, cursor_of_coverage

ZERO = date(2026, 1, 1)


def day(number: int) -> date:
    """A day by its distance from a first one."""
    return ZERO + timedelta(days=number)


def days(first: int, last: int) -> DateRange:
    """A range of such days."""
    return DateRange(day(first), day(last))


def numbers(ranges: list[DateRange]) -> list[tuple[int, int]]:
    """Ranges as numbers."""
    return [((part.first - ZERO).days, (part.last - ZERO).days) for part in ranges]


def each(part: DateRange) -> list[date]:
    """The days of a range."""
    return [part.first + timedelta(days=n) for n in range((part.last - part.first).days + 1)]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], []),
        ([days(10, 10)], [(0, 30)]),
        ([days(30, 31)], [(0, 30), (31, 58)]),
        ([days(0, 3), days(20, 25), days(88, 95)], [(0, 30), (59, 89), (90, 99)]),
    ],
)
def test_months_are_whole_and_each_comes_once(spans: list[DateRange], expected: list[tuple[int, int]]) -> None:
    """Whatever part of a month is wanted; the running one ends today, a tenth of April."""
    assert numbers(months(spans, day(99))) == expected


def test_days_are_never_empty() -> None:
    """A range that ends before it begins is refused."""
    with pytest.raises(ValueError, match="2026-01-01 lies before 2026-01-02"):
        days(1, 0)


@pytest.mark.parametrize(
    ("last", "width", "expected"),
    [
        (0, 30, [(0, 0)]),
        (29, 30, [(0, 29)]),
        (30, 30, [(0, 29), (30, 30)]),
        (2, 1, [(0, 0), (1, 1), (2, 2)]),
    ],
)
def test_windows_cover_the_range_in_order(last: int, width: int, expected: list[tuple[int, int]]) -> None:
    """Windows are as wide as allowed, the last one as wide as what remains; both ends belong to the range."""
    assert numbers([*windows(days(0, last), width)]) == expected


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([], [(10, 20)]),
        ([(10, 20)], []),
        ([(5, 30)], []),
        ([(0, 9)], [(10, 20)]),
        ([(21, 30)], [(10, 20)]),
        ([(12, 13), (10, 10)], [(11, 11), (14, 20)]),
        ([(9, 12), (11, 15)], [(16, 20)]),
        ([(18, 40)], [(10, 17)]),
    ],
)
def test_missing_is_what_no_range_holds(known: list[tuple[int, int]], expected: list[tuple[int, int]]) -> None:
    """The gaps of a range, in date order, whatever the order and overlap of what is known."""
    assert numbers(missing(days(10, 20), [days(*part) for part in known])) == expected


@pytest.mark.parametrize(("lookback", "expected"), [(0, (0, 9)), (3, (0, 6)), (9, (0, 0)), (10, None), (364, None)])
def test_the_end_of_an_earlier_read_is_owed_again(lookback: int, expected: tuple[int, int] | None) -> None:
    """The last day and the look-back before it may still move; with no look-back the last day alone."""
    assert settled(days(0, 10), lookback) == (days(*expected) if expected else None)


def test_a_second_sync_reads_the_look_back_and_what_is_new() -> None:
    """Every incremental read goes back by the look-back before the cursor."""
    assert numbers(to_read([days(0, 60)], days(0, 61), 28)) == [(32, 61)]


def test_days_that_are_owed_are_read_however_long_ago_they_were() -> None:
    """Among those that are settled; others are read in any case."""
    assert numbers(to_read([days(0, 60)], days(0, 61), 2, [days(5, 7), days(59, 60)])) == [(5, 7), (58, 61)]


def test_an_earlier_start_reads_the_missing_days_only() -> None:
    """Days before what is known are read; what is settled is not."""
    assert numbers(to_read([days(10, 60)], days(0, 60), 5)) == [(0, 9), (55, 60)]


def test_ranges_that_owe_their_end_are_not_merged_with_later_ones() -> None:
    """A state after a broken second sync still knows which days the first one read too early."""
    known = known_after([days(0, 20)], [days(21, 30)], 5)
    assert numbers(known) == [(0, 20), (21, 30)]
    assert numbers(to_read(known, days(0, 30), 5)) == [(15, 20), (25, 30)]


def test_ranges_become_one_once_nothing_is_owed_between_them() -> None:
    """The state stays small: all windows of a sync done, one range is left."""
    assert numbers(known_after([days(0, 20)], [days(15, 30)], 5)) == [(0, 30)]


@dataclass
class Account:
    """An account that is synced again and again: its state, and at which days each day was read."""

    state: dict[str, object] = field(default_factory=dict)
    reads: dict[date, list[date]] = field(default_factory=lambda: defaultdict(list))

    def sync(self, today: date, start: date, lookback: int, order: st.DataObject | None, width: int) -> bool:
        """One sync on one day, killed after some windows in some order where `order` draws; whether it ended well."""
        known = coverage_of(json.loads(json.dumps(self.state)), "day") or Coverage(start)
        coverage = Coverage(min(known.start, start), known.ranges)
        if coverage.start > today:
            return True
        parts = to_read(coverage.ranges, DateRange(coverage.start, today), lookback)
        planned = [window for part in parts for window in windows(part, width)]
        fresh: list[DateRange] = []
        done = planned
        if order:
            shuffled = order.draw(st.permutations(planned))
            done = shuffled[: order.draw(st.integers(0, len(planned)))]
        for window in done:
            fresh.append(window)
            for read in each(window):
                self.reads[read].append(today)
            ranges = known_after(coverage.ranges, fresh, lookback)
            self.state = cursor_of_coverage(Coverage(coverage.start, ranges), "day")
        return len(done) == len(planned)


SYNCS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 30), st.integers(0, 8), st.booleans()), min_size=1, max_size=7
)


@settings(max_examples=300, deadline=None)
@given(SYNCS, st.integers(1, 9), st.data())
def test_whatever_is_killed_every_day_is_read_and_read_again_late_enough(
    syncs: list[tuple[int, int, int, bool]], width: int, data: st.DataObject
) -> None:
    """Syncs on moving days, killed after any windows in any order, with changing start_date and look-back.

    At the end every wanted day was read, and read once when it was older than the least look-back in force.
    """
    account, now = Account(), 30
    for forward, start, lookback, killed in syncs:
        now += forward
        account.sync(day(now), day(start), lookback, data if killed else None, width)
    least = min(lookback for _, _, lookback, _ in syncs)
    earliest = min(start for _, start, _, _ in syncs)
    assert account.sync(day(now + 10), day(earliest), least, None, width)
    for wanted in each(days(earliest, now)):
        assert any(read - wanted > timedelta(days=least) for read in account.reads[wanted]), wanted


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 30)), min_size=2, max_size=6), st.integers(0, 8))
def test_without_kills_nothing_settled_is_read_again(syncs: list[tuple[int, int]], lookback: int) -> None:
    """A day is not asked for again once it was read older than the look-back, and the state is one mark."""
    account, now = Account(), 30
    for forward, start in syncs:
        now += forward
        assert account.sync(day(now), day(start), lookback, None, 7)
        assert set(account.state) == {"start", "day"}
    for wanted, reads in account.reads.items():
        late = [read for read in reads if read - wanted > timedelta(days=lookback)]
        assert len(late) <= 1, (wanted, reads)
        assert late == reads[-1:] or not late


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([(0, 9)], [(0, 9)]),
        ([(0, 10)], [(0, 10)]),
        ([(0, 11)], [(0, 10)]),
        ([(0, 12)], []),
        ([(0, 4), (6, 30)], [(0, 4)]),
        ([(11, 11)], []),
    ],
)
def test_a_range_that_ends_in_the_future_is_not_believed(
    known: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    """Where it really ended nobody knows; a single day too many, on the tenth, was read in a zone further east."""
    assert numbers(believed([days(*part) for part in known], day(10))) == expected
