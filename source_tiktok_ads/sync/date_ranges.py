"""Days and windows: which days of an account are still to be read, and in which requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class DateRange:
    """A range of calendar days of an account, both ends included and never empty."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"{self.last} lies before {self.first}")

    @property
    def length(self) -> int:
        """How many days they are."""
        return (self.last - self.first).days + 1


def windows(days: DateRange, width: int) -> Iterator[DateRange]:
    """Cover `days` with windows of at most `width` days, in date order."""
    first = days.first
    while first <= days.last:
        last = min(first + timedelta(days=width - 1), days.last)
        yield DateRange(first, last)
        first = last + ONE_DAY


def months(spans: Iterable[DateRange], today: date) -> list[DateRange]:
    """The whole calendar months that the spans touch, each once and in order; the running one as far as today."""
    starts = {start for days in spans for start in _month_starts(days)}
    return [DateRange(start, min(_next_month(start) - ONE_DAY, today)) for start in sorted(starts)]


def _month_starts(days: DateRange) -> Iterator[date]:
    start = days.first.replace(day=1)
    while start <= days.last:
        yield start
        start = _next_month(start)


def _next_month(start: date) -> date:
    return (start + timedelta(days=31)).replace(day=1)


def missing(wanted: DateRange, known: Iterable[DateRange]) -> list[DateRange]:
    """The parts of `wanted` that no range of `known` holds, in date order."""
    parts = []
    first = wanted.first
    for days in sorted(known):
        if days.first > first:
            parts.append((first, min(days.first - ONE_DAY, wanted.last)))
        first = max(first, days.last + ONE_DAY)
    parts.append((first, wanted.last))
    return [DateRange(a, b) for a, b in parts if a <= b]


def settled(days: DateRange, lookback: int) -> DateRange | None:
    """The part of an earlier read that TikTok no longer restates; the rest is owed another read.

    The last `lookback` days before the end are owed, and the end itself always: it was still running when read.
    """
    last = days.last - timedelta(days=lookback + 1)
    return DateRange(days.first, last) if last >= days.first else None


def to_read(
    known: Iterable[DateRange], wanted: DateRange, lookback: int, owed: Sequence[DateRange] = ()
) -> list[DateRange]:
    """The days of `wanted` a sync reads: what no earlier sync read, and what it read too early to be final.

    `known` holds the ranges of days that have left, as a state tells them; those of them that are `owed` all the same
    are read again, however long ago they were.
    """
    final = [part for days in known if (part := settled(days, lookback))]
    return missing(wanted, less(final, owed))


def less(ranges: Iterable[DateRange], taken: Sequence[DateRange]) -> list[DateRange]:
    """The days of the ranges that are not among the taken ones."""
    return [part for days in ranges for part in missing(days, taken)]


def believed(known: Iterable[DateRange], today: date) -> list[DateRange]:
    """The ranges of days that can have been read by `today`.

    A range that ends later was claimed under a wrong clock or by hand, and where it really ended is not known: all of
    it is to be read again. A single day too many is the end of a range read in a time zone further east.
    """
    tomorrow = today + ONE_DAY
    return [
        DateRange(days.first, min(days.last, today)) for days in known if days.last <= tomorrow and days.first <= today
    ]


def known_after(known: Sequence[DateRange], fresh: Sequence[DateRange], lookback: int) -> list[DateRange]:
    """The ranges a state may claim once the windows `fresh` have left, in date order.

    Ranges that touch become one, unless the earlier one still owes a second read of its end: merged, that debt would
    be forgotten when the process dies before paying it.
    """
    pieces = [(days, False) for days in fresh]
    for days in known:
        done = settled(days, lookback)
        owed = DateRange(done.last + ONE_DAY if done else days.first, days.last)
        pieces += [(part, False) for part in (missing(done, fresh) if done else [])]
        pieces += [(part, True) for part in missing(owed, fresh)]
    return _joined(sorted(pieces))


def _joined(pieces: Sequence[tuple[DateRange, bool]]) -> list[DateRange]:
    joined: list[DateRange] = []
    open_end = True
    for days, owes in pieces:
        if joined and days.first <= joined[-1].last + ONE_DAY and not open_end:
            joined[-1] = DateRange(joined[-1].first, max(joined[-1].last, days.last))
        else:
            joined.append(days)
        open_end = owes
    return joined
