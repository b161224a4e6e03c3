"""What all streams share that are read by windows of days: which windows are left, and what a state claims of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from source_tiktok_ads.streams.listing import DatedListing
from source_tiktok_ads.streams.model import Report
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.partition import Reader, Slice, Sync
from source_tiktok_ads.sync.slices import Days, known_after, to_read, until, windows
from source_tiktok_ads.sync.state import Coverage, coverage_of, cursor_of_coverage

Dated = TypeVar("Dated", bound=Report | DatedListing)


class DayReader(Reader[Dated]):
    """Reads a stream window by window. Raises ForeignState for cursors it cannot read."""

    def __init__(self, stream: Dated, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full)
        self._before = {id: coverage_of(cursor, stream.cursor) for id, cursor in cursors.items()}
        self._coverage: dict[str, Coverage] = {}
        self._fresh: dict[str, list[Days]] = {}
        self._without: dict[str, dict[str, date]] = {}

    @property
    def start(self) -> date:
        """The first day that is wanted."""
        return self.sync.config.start_date

    @property
    def lookback(self) -> int:
        """How many days before the cursor are read again."""
        return self.sync.config.lookback_days

    def today(self, account: Account) -> date:
        """The last day there is."""
        return account.today(self.sync.client.now())

    def cut(self, spans: Iterable[Days], today: date) -> Iterable[Days]:
        """The windows that the days to be read are asked for by."""
        return (window for days in spans for window in windows(days, self.stream.days))

    def slices(self, account: Account) -> Iterator[Slice]:
        """The windows still to be read, in date order."""
        yield from (Slice(self, account, window) for window in self._windows(account, self.today(account)))

    def _windows(self, account: Account, today: date) -> Iterable[Days]:
        last = min(self.sync.config.end_date or today, today)
        known = self._with_what_is_given_again(account, self._before.get(account.id) or Coverage(self.start))
        start = min(known.start, self.start)
        coverage = Coverage(start, self._begun(account, known.ranges, today), known.without)
        self._coverage[account.id], self._fresh[account.id] = coverage, []
        self._without[account.id] = {**known.without}
        if coverage.start > last:
            return []
        return self.cut(to_read(coverage.ranges, Days(coverage.start, last), self.lookback), today)

    def _begun(self, account: Account, known: Sequence[Days], today: date) -> list[Days]:
        begun = until(known, today)
        if begun != [*known]:
            self.sync.warn(
                f"{self.stream.name}, account {account.id}: its state claims days after {today}, which has just begun "
                "by TikTok's clock; they are read when they come."
            )
        return begun

    def cursor_after(self, part: Slice) -> Mapping[str, Any]:
        """The days of the account that have left, this window included."""
        coverage, fresh = self._coverage[part.account.id], self._fresh[part.account.id]
        fresh.append(part.window)
        ranges = known_after(coverage.ranges, fresh, self.lookback)
        without = self._without[part.account.id]
        for name in part.given_up.names if part.given_up else ():
            without.setdefault(name, part.window.first)
        return cursor_of_coverage(Coverage(coverage.start, ranges, without), self.stream.cursor)

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

    def _with_what_is_given_again(self, account: Account, known: Coverage) -> Coverage:
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
