"""How streams continue from a state: lists by what was modified since, dated streams by the days still to be read."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.listing import DatedListing, Listing
from source_tiktok_ads.streams.model import Entity, Report
from source_tiktok_ads.sync.advertisers import Account, zone_of
from source_tiktok_ads.sync.date_ranges import DateRange, believed, known_after, less, to_read, windows
from source_tiktok_ads.sync.reader import Reader, Slice, Sync
from source_tiktok_ads.sync.refusals import PARAMETER_REFUSED
from source_tiktok_ads.sync.state import (
    NOTHING_READ,
    Coverage,
    changes_of,
    coverage_of,
    cursor_of_changes,
    cursor_of_coverage,
)

# TikTok: lists filtered by modification are slow beyond six months.
LONGEST_SINCE = timedelta(days=180)

Changing = TypeVar("Changing", bound=Entity | Listing)

Pages = Iterator[list[bytes]]
"""Rows, page by page."""


class ModifiedReader(Reader[Changing]):
    """Reads a list account by account, as far as it has changed. Raises ForeignState for cursors it cannot read."""

    def __init__(self, stream: Changing, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors.keys())
        self._before = {id: changes_of(cursor, stream.cursor) for id, cursor in cursors.items()}
        self._takes_no_since: set[str] = set()

    def slices(self, account: Account) -> Iterator[Slice]:
        """One slice: the account."""
        known = self._before.get(account.id, NOTHING_READ)
        changes = known.believed(self.sync.client.now())
        if changes is None:
            self.sync.warn(
                f"{self.stream.name}, account {account.id}: its state claims changes of the future "
                f"({known.since or known.whole}), which is not believed: everything is read again."
            )
        yield Slice(self, account, changes=changes or NOTHING_READ)

    def cursor_after(self, part: Slice) -> Mapping[str, Any]:
        """The newest change that left, and the day of the last whole pass."""
        return cursor_of_changes(part.changes, self.stream.cursor)

    def not_after_now(self, began: datetime) -> datetime:
        """When a pass began, by what TikTok's clock says now: one wrong time in an answer may have said otherwise."""
        return min(began, self.sync.client.now())

    def changed_after(self, account: Account, since: str | None, began: datetime) -> str | None:
        """The moment after which to ask for changes, as filters have it; None where everything is to be asked for.

        A second earlier than the cursor, as "after" may leave out the moment itself.
        """
        if since is None or self.stream.since is None or account.id in self._takes_no_since:
            return None
        after = datetime.fromisoformat(since.replace("Z", "+00:00")) - timedelta(seconds=1)
        return None if began - after > LONGEST_SINCE else after.strftime("%Y-%m-%d %H:%M:%S")

    def or_whole(self, account: Account, changed: Pages, whole: Pages) -> Pages:
        """The rows that have `changed`, as TikTok filters them; the `whole` list where the account can't have that."""
        try:
            yield from changed
        except TikTokError as error:
            # TikTok: whether modified_after is taken beside STATUS_ALL is not documented; if not, all rows are asked
            # for, and compared with the cursor here.
            if error.code != PARAMETER_REFUSED:
                raise
            yield from whole
            self._takes_no_since.add(account.id)


# Local times differ by up to 26 hours, so up to three calendar days are under way at any moment.
DAYS_UNDER_WAY = 2
"""How many days before the last one may also have been running when it was read, in whatever time zone."""

Dated = TypeVar("Dated", bound=Report | DatedListing)


class DateRangeReader(Reader[Dated]):
    """Reads a stream window by window. Raises ForeignState for cursors it cannot read."""

    def __init__(self, stream: Dated, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors.keys())
        self._before = {id: coverage_of(cursor, stream.cursor) for id, cursor in cursors.items()}
        self._zones = {id: cursor.get("zone") for id, cursor in cursors.items()}
        self._coverage: dict[str, Coverage] = {}
        self._fresh: dict[str, list[DateRange]] = {}
        self._owed: dict[str, list[DateRange]] = {}
        self._without: dict[str, dict[str, date]] = {}
        self._left: dict[str, int] = {}

    @property
    def start(self) -> date:
        """The first day that is wanted."""
        return self.sync.config.start_date

    @property
    def lookback(self) -> int:
        """How many days before the cursor are read again."""
        return self.sync.config.lookback_days

    @property
    def local(self) -> bool:
        """Whether the days are those of the account's own time zone."""
        return True

    def lookback_of(self, account: Account) -> int:
        """How many days before the cursor are read again for an account.

        The days that may still have been running when they were read are among them: those before the last one too,
        unless the time zone is known to be the one of the last sync.
        """
        zone = self._zone(account)
        sure = not self.local or (zone is not None and zone == self._zones.get(account.id))
        return self.lookback if sure else max(self.lookback, DAYS_UNDER_WAY)

    def _zone(self, account: Account) -> str | None:
        """The name of an account's time zone, None where it is not known."""
        return None if zone_of(account.facts) is None else str(account.zone)

    def today(self, account: Account) -> date:
        """The last day there is."""
        return account.today(self.sync.client.now())

    def cut(self, spans: Iterable[DateRange], today: date) -> Iterable[DateRange]:
        """The windows that the days to be read are asked for by."""
        return (window for days in spans for window in windows(days, self.stream.days))

    def slices(self, account: Account) -> Iterator[Slice]:
        """The windows still to be read, in date order."""
        yield from (Slice(self, account, window) for window in self._windows(account, self.today(account)))

    def _windows(self, account: Account, today: date) -> Iterable[DateRange]:
        last = min(self.sync.config.end_date or today, today)
        known = self.with_what_is_given_again(account, self._before.get(account.id) or Coverage(self.start))
        start = min(known.start, self.start)
        coverage = replace(known, start=start, ranges=self.believed(account, known.ranges, today))
        self._coverage[account.id], self._fresh[account.id] = coverage, []
        self._owed[account.id] = [*coverage.owed]
        self._without[account.id] = {**known.without}
        if coverage.start > last:
            return []
        owed = to_read(coverage.ranges, DateRange(coverage.start, last), self.lookback_of(account), coverage.owed)
        cuts = [*self.cut(owed, today)]
        self._left[account.id] = len(cuts)
        return cuts

    def believed(self, account: Account, known: Sequence[DateRange], today: date) -> list[DateRange]:
        """What a state claims, less what cannot have been read by today."""
        possible = believed(known, today)
        if possible != [*known]:
            self.sync.warn(
                f"{self.stream.name}, account {account.id}: its state claims days after {today}, which has just begun "
                "by TikTok's clock. What it claims together with them is not believed and is read again."
            )
        return possible

    def claimable(self, part: Slice) -> DateRange | None:
        """The days of a slice that have begun by now; one wrong time in an answer may have planned others."""
        today = self.today(part.account)
        return DateRange(part.window.first, min(part.window.last, today)) if part.window.first <= today else None

    def cursor_after(self, part: Slice) -> Mapping[str, Any]:
        """The days of the account that have left, this window included if it may be claimed; else it is owed."""
        account = part.account
        coverage, fresh = self._coverage[account.id], self._fresh[account.id]
        self._left[account.id] -= not part.owed
        window = self.claimable(part)
        if window and not part.owed:
            fresh.append(window)
        ranges = known_after(coverage.ranges, fresh, self.lookback_of(account))
        owed = self._owed_after(part, window)
        cursor = cursor_of_coverage(
            Coverage(coverage.start, ranges, self.without_after(part), owed), self.stream.cursor
        )
        zone = self._zone_after(account)
        return {**cursor, **({"zone": zone} if zone else {})}

    def _owed_after(self, part: Slice, window: DateRange | None) -> Sequence[DateRange]:
        """The days to be read once more although they have left: this window's, if it went without what they had."""
        known = self._owed[part.account.id]
        if window:
            rest = less(known, [window])
            known[:] = sorted([*rest, window]) if part.owed else rest
        return known

    def _zone_after(self, account: Account) -> str | None:
        """The time zone that the cursor's last days were read in, where the look-back alone does not cover a change."""
        if not self.local or self.lookback >= DAYS_UNDER_WAY:
            return None
        # Until all is read, days of the last sync may still be owed in its zone.
        return self._zones.get(account.id) if self._left[account.id] else self._zone(account)

    def without_after(self, part: Slice) -> Mapping[str, date]:
        """What the account is read without, this slice included, each with a day on which it was refused."""
        without = self._without[part.account.id]
        for name in part.given_up.names if part.given_up and not part.owed else ():
            without.setdefault(name, part.window.first)
        return without

    def claims(self, part: Slice) -> bool:
        """Whether what was given up for the part has never come for the account: else good values would be lost."""
        coverage = self._coverage.get(part.account.id, Coverage(self.start))
        return part.given_up is None or not coverage.ranges or part.given_up.names <= {*coverage.without}

    @abstractmethod
    def asks_for(self, name: str) -> bool:
        """Whether the stream asks for what an earlier sync was refused."""

    @abstractmethod
    def still_refused(self, account: Account, names: Set[str], day: date) -> Set[str]:
        """What TikTok still refuses an account of what it refused on that day."""

    def with_what_is_given_again(self, account: Account, known: Coverage) -> Coverage:
        """What a state claims, less all days where they were read without something that TikTok gives by now."""
        without = {name: day for name, day in known.without.items() if self.asks_for(name)}
        names_of: dict[date, set[str]] = {}
        for name, day in without.items():
            names_of.setdefault(day, set()).add(name)
        still = {name for day, names in names_of.items() for name in self.still_refused(account, names, day)}
        refused = {name: day for name, day in without.items() if name in still}
        given = ", ".join(sorted({*without} - still))
        if not given:
            return replace(known, without=refused)
        self.sync.warn(
            f"{self.stream.name}, account {account.id}: TikTok refused {given} before and gives it now, so all days "
            "are read again."
        )
        return Coverage(known.start, (), refused)
