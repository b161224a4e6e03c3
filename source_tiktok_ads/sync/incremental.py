"""Incremental reading: lists by what was modified since the cursor, dated streams by the days still to be read."""

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
from source_tiktok_ads.sync.refusals import wrong_parameter
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
    """Reads what has changed in a list, account by account. Raises ForeignState for cursors it cannot read."""

    def __init__(self, stream: Changing, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors.keys())
        self._before = {id: changes_of(cursor, stream.cursor) for id, cursor in cursors.items()}
        self._refuses_since: set[str] = set()

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
        """The newest change that was emitted, and the day of the last whole pass."""
        return cursor_of_changes(part.changes, self.stream.cursor)

    def not_after_now(self, began: datetime) -> datetime:
        """When a pass began, but no later than now: a wrong time in one answer may have set the clock ahead."""
        return min(began, self.sync.client.now())

    def changed_after(self, account: Account, since: str | None, began: datetime) -> str | None:
        """The moment after which to request changes, in the format of filters; None if everything is requested.

        It is a second before the cursor, because "after" may exclude the moment itself.
        """
        if since is None or self.stream.since is None or account.id in self._refuses_since:
            return None
        after = datetime.fromisoformat(since.replace("Z", "+00:00")) - timedelta(seconds=1)
        return None if began - after > LONGEST_SINCE else after.strftime("%Y-%m-%d %H:%M:%S")

    def or_whole(self, account: Account, changed: Pages, whole: Pages) -> Pages:
        """The `changed` rows, as TikTok filters them; the `whole` list if TikTok refuses the filter to the account."""
        try:
            yield from changed
        except TikTokError as error:
            # TikTok: whether modified_after is accepted together with STATUS_ALL is not documented. If it is not, all
            # rows are requested and compared with the cursor here.
            if not wrong_parameter(error):
                raise
            yield from whole
            self._refuses_since.add(account.id)


# Local times differ by up to 26 hours, so up to three calendar days are running at any moment.
DAYS_UNDER_WAY = 2
"""How many days before the last one may also have been running when it was read, in some time zone."""

Dated = TypeVar("Dated", bound=Report | DatedListing)


class DateRangeReader(Reader[Dated]):
    """Reads a stream window by window. Raises ForeignState for cursors it cannot read."""

    def __init__(self, stream: Dated, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors.keys())
        self._before = {id: coverage_of(cursor, stream.cursor) for id, cursor in cursors.items()}
        self._zones = {id: cursor.get("zone") for id, cursor in cursors.items()}
        self._coverage: dict[str, Coverage] = {}
        self._read_windows: dict[str, list[DateRange]] = {}
        self._owed: dict[str, list[DateRange]] = {}
        self._without: dict[str, dict[str, date]] = {}
        self._windows_left: dict[str, int] = {}

    @property
    def start(self) -> date:
        """The first day to read."""
        return self.sync.config.start_date

    @property
    def lookback(self) -> int:
        """How many days before the cursor are read again."""
        return self.sync.config.lookback_days

    @property
    def local(self) -> bool:
        """Whether days are in the account's own time zone."""
        return True

    def lookback_of(self, account: Account) -> int:
        """How many days before the cursor are read again for an account.

        This includes days that may still have been running when they were read. Unless the time zone is known to be
        the same as in the last sync, that may be more than the last day.
        """
        zone = self._zone(account)
        same_zone = not self.local or (zone is not None and zone == self._zones.get(account.id))
        return self.lookback if same_zone else max(self.lookback, DAYS_UNDER_WAY)

    def _zone(self, account: Account) -> str | None:
        """The name of an account's time zone; None if it is unknown."""
        return None if zone_of(account.facts) is None else str(account.zone)

    def today(self, account: Account) -> date:
        """The last day that has begun for the account."""
        return account.today(self.sync.client.now())

    def begun(self, account: Account, today: date) -> date | None:
        """The first day on which the account can have rows; None if TikTok gives none, or a future one."""
        first = account.begun
        return first if first and first <= today else None

    def cut(self, spans: Iterable[DateRange], today: date) -> Iterable[DateRange]:
        """The windows in which to request the days."""
        return (window for days in spans for window in windows(days, self.stream.days))

    def slices(self, account: Account) -> Iterator[Slice]:
        """The windows still to be read, in date order."""
        yield from (Slice(self, account, window) for window in self._plan_windows(account, self.today(account)))

    def _plan_windows(self, account: Account, today: date) -> Iterable[DateRange]:
        last = min(self.sync.config.end_date or today, today)
        known = self.with_what_is_given_again(account, self._before.get(account.id) or Coverage(self.start))
        start = min(known.start, self.start)
        coverage = replace(known, start=start, ranges=self.believed(account, known.ranges, today))
        coverage = coverage.since(self.begun(account, today))
        self._coverage[account.id], self._read_windows[account.id] = coverage, []
        self._owed[account.id] = [*coverage.owed]
        self._without[account.id] = {**known.without}
        if coverage.first > last:
            return []
        owed = to_read(coverage.ranges, DateRange(coverage.first, last), self.lookback_of(account), coverage.owed)
        cuts = [*self.cut(owed, today)]
        self._windows_left[account.id] = len(cuts)
        return cuts

    def believed(self, account: Account, known: Sequence[DateRange], today: date) -> list[DateRange]:
        """The days in a state, without those that cannot have been read by today."""
        possible = believed(known, today)
        if possible != [*known]:
            self.sync.warn(
                f"{self.stream.name}, account {account.id}: its state claims days after {today}, which has just begun "
                "by TikTok's clock. What it claims together with them is not believed and is read again."
            )
        return possible

    def claimable(self, part: Slice) -> DateRange | None:
        """The days of a slice that have begun by now; None if none has.

        A wrong time in one answer may have led to slices of later days.
        """
        today = self.today(part.account)
        return DateRange(part.window.first, min(part.window.last, today)) if part.window.first <= today else None

    def cursor_after(self, part: Slice) -> Mapping[str, Any]:
        """The days of the account that were read. This window is one of them, or if it may not be claimed, owed."""
        account = part.account
        coverage, read_windows = self._coverage[account.id], self._read_windows[account.id]
        self._windows_left[account.id] -= not part.owed
        window = self.claimable(part)
        if window and not part.owed:
            read_windows.append(window)
        ranges = known_after(coverage.ranges, read_windows, self.lookback_of(account))
        owed = self._owed_after(part, window)
        coverage = replace(coverage, ranges=ranges, without=self.without_after(part), owed=owed)
        cursor = cursor_of_coverage(coverage, self.stream.cursor)
        zone = self._zone_after(account)
        return {**cursor, **({"zone": zone} if zone else {})}

    def _owed_after(self, part: Slice, window: DateRange | None) -> Sequence[DateRange]:
        """The days to read again: those of this window too, if it was read without data that the days had before."""
        known = self._owed[part.account.id]
        if window:
            rest = less(known, [window])
            known[:] = sorted([*rest, window]) if part.owed else rest
        return known

    def _zone_after(self, account: Account) -> str | None:
        """The time zone of the cursor's last days; None if the look-back covers a change of the zone anyway."""
        if not self.local or self.lookback >= DAYS_UNDER_WAY:
            return None
        # Until all windows are read, days of the last sync may still be owed in the zone of that sync.
        return self._zones.get(account.id) if self._windows_left[account.id] else self._zone(account)

    def without_after(self, part: Slice) -> Mapping[str, date]:
        """What TikTok refuses to the account, in this slice too, each with a day on which it was refused."""
        without = self._without[part.account.id]
        for name in part.given_up.names if part.given_up and not part.owed else ():
            without.setdefault(name, part.window.first)
        return without

    def claims(self, part: Slice) -> bool:
        """Whether the slice may be claimed: not if it lacks data that earlier syncs had, which would be lost."""
        coverage = self._coverage.get(part.account.id, Coverage(self.start))
        return part.given_up is None or not coverage.ranges or part.given_up.names <= {*coverage.without}

    @abstractmethod
    def asks_for(self, name: str) -> bool:
        """Whether the stream still requests a metric or filter that an earlier sync was refused."""

    @abstractmethod
    def still_refused(self, account: Account, names: Set[str], day: date) -> Set[str]:
        """Those of the names, refused on that day, that TikTok still refuses to the account."""

    def with_what_is_given_again(self, account: Account, known: Coverage) -> Coverage:
        """The coverage in a state; without any days if TikTok now gives something that they were read without."""
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
