"""Ranges of days: which days of an account are still to be read, and the windows to request them in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class DateRange:
    """A range of calendar days, including both ends. It is never empty."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"{self.last} lies before {self.first}")

    @property
    def length(self) -> int:
        """The number of days."""
        return (self.last - self.first).days + 1


def windows(days: DateRange, width: int) -> Iterator[DateRange]:
    """Cover `days` with windows of at most `width` days, in date order."""
    first = days.first
    while first <= days.last:
        last = min(first + timedelta(days=width - 1), days.last)
        yield DateRange(first, last)
        first = last + ONE_DAY


def months(spans: Iterable[DateRange], today: date) -> list[DateRange]:
    """The whole calendar months that the spans touch, each once and in order; the current month until today."""
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
    """The parts of `wanted` that are in no range of `known`, in date order."""
    parts = []
    first = wanted.first
    for days in sorted(known):
        if days.first > first:
            parts.append((first, min(days.first - ONE_DAY, wanted.last)))
        first = max(first, days.last + ONE_DAY)
    parts.append((first, wanted.last))
    return [DateRange(a, b) for a, b in parts if a <= b]


def settled(days: DateRange, lookback: int) -> DateRange | None:
    """The days of an earlier read that are final; None if there are none.

    The last day is never final, because it was still running when it was read, nor are the `lookback` days before it,
    which TikTok may restate.
    """
    last = days.last - timedelta(days=lookback + 1)
    return DateRange(days.first, last) if last >= days.first else None


def to_read(
    known: Iterable[DateRange], wanted: DateRange, lookback: int, owed: Sequence[DateRange] = ()
) -> list[DateRange]:
    """The days of `wanted` that a sync reads: those that no earlier sync read, and those that are not final.

    `known` are the ranges of days in the state. Those that are also `owed` are read again, however old they are.
    """
    final = [part for days in known if (part := settled(days, lookback))]
    return missing(wanted, less(final, owed))


def less(ranges: Iterable[DateRange], taken: Sequence[DateRange]) -> list[DateRange]:
    """The days of the ranges without those in `taken`."""
    return [part for days in ranges for part in missing(days, taken)]


def believed(known: Iterable[DateRange], today: date) -> list[DateRange]:
    """The ranges of days that can have been read by `today`.

    A range that ends later comes from a wrong clock or was edited. Its true end is unknown, so all of it is read again.
    A range that is one day too long was read in a time zone further east, and is cut.
    """
    tomorrow = today + ONE_DAY
    return [
        DateRange(days.first, min(days.last, today)) for days in known if days.last <= tomorrow and days.first <= today
    ]


def known_after(known: Sequence[DateRange], fresh: Sequence[DateRange], lookback: int) -> list[DateRange]:
    """The ranges that a state may claim after the windows `fresh` were read, in date order.

    Adjacent ranges become one, unless the end of the earlier one still has to be read again: merging them would lose
    that if the process ends before the second read.
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
    previous_is_owed = True
    for days, is_owed in pieces:
        if joined and days.first <= joined[-1].last + ONE_DAY and not previous_is_owed:
            joined[-1] = DateRange(joined[-1].first, max(joined[-1].last, days.last))
        else:
            joined.append(days)
        previous_is_owed = is_owed
    return joined
