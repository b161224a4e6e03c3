"""How a report is read: account by account and window by window, as far as the state leaves anything to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from source_tiktok_ads.streams.model import MONTH, Report
from source_tiktok_ads.sync import lines
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.lines import ReportRows
from source_tiktok_ads.sync.partition import Reader, Slice, Sync
from source_tiktok_ads.sync.refusals import Asked, Refusals
from source_tiktok_ads.sync.slices import Days, known_after, months, to_read, until, windows
from source_tiktok_ads.sync.state import Coverage, coverage_of, cursor_of_coverage
from source_tiktok_ads.sync.windows import Lessons, Window


class ReportReader(Reader[Report]):
    """Reads one report stream. Raises ForeignState for cursors it cannot read."""

    def __init__(self, stream: Report, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full)
        asked = Asked(deleted=sync.config.include_deleted, totals=stream.has_totals and not sync.config.sandbox)
        self._lessons = Lessons(ReportRows(stream, self.surprise), Refusals(stream, asked, sync.warn))
        self._before = {id: coverage_of(cursor, stream.cursor) for id, cursor in cursors.items()}
        self._coverage: dict[str, Coverage] = {}
        self._fresh: dict[str, list[Days]] = {}

    def stamp(self, part: Slice) -> bytes:
        """The account's id and currency, and the window where it is the period of the figures: TikTok tells neither."""
        told = {"advertiser_id": part.account.id, "currency": part.account.currency}
        if self.stream.grain is MONTH:
            days = _window(part)
            told |= {"period_start": days.first.isoformat(), "period_end": days.last.isoformat()}
        return lines.to_json(told)[1:-1] + b","

    def slices(self, account: Account) -> Iterator[Slice]:
        """The windows still to be read, in date order."""
        today = account.today(self.sync.client.now())
        # All time has no days; the one of reading stands for them.
        found = self._windows(account, today) if self.stream.incremental else [Days(today, today)]
        yield from (Slice(self, account, window) for window in found)

    def _windows(self, account: Account, today: date) -> Iterable[Days]:
        config, monthly = self.sync.config, self.stream.grain is MONTH
        start = config.start_date.replace(day=1) if monthly else config.start_date
        last = min(config.end_date or today, today)
        known = self._before.get(account.id) or Coverage(start)
        coverage = Coverage(min(known.start, start), self._begun(account, known.ranges, today))
        self._coverage[account.id], self._fresh[account.id] = coverage, []
        if coverage.start > last:
            return []
        spans = to_read(coverage.ranges, Days(coverage.start, last), config.lookback_days)
        if monthly:
            return months(spans, today)
        return (window for days in spans for window in windows(days, self.stream.grain.days))

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
        fresh.append(_window(part))
        ranges = known_after(coverage.ranges, fresh, self.sync.config.lookback_days)
        return cursor_of_coverage(Coverage(coverage.start, ranges), self.stream.cursor)

    def rows(self, part: Slice) -> Iterator[list[bytes]]:
        """The rows of one window, page by page."""
        yield from Window(part, self._lessons).rows(_window(part))


def _window(part: Slice) -> Days:
    if part.days is None:
        raise ValueError("a report is read by windows")
    return part.days
