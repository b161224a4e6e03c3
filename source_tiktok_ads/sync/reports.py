"""How a report is read, account by account and window by window, asking for less where TikTok refuses something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from source_tiktok_ads.api.errors import TikTokError, invalid_metrics
from source_tiktok_ads.streams.model import Params, Report
from source_tiktok_ads.sync import lines
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.lines import ReportRows
from source_tiktok_ads.sync.paging import proven
from source_tiktok_ads.sync.partition import Reader, Slice, Sync
from source_tiktok_ads.sync.slices import Days, known_after, to_read, windows
from source_tiktok_ads.sync.state import Coverage, coverage_of, cursor_of_coverage


@dataclass(frozen=True)
class Asked:
    """What is asked of a report, after what TikTok has refused: metrics it named, a filter it does not take."""

    without: frozenset[str] = frozenset()
    filtered: bool = True


class ReportReader(Reader[Report]):
    """Reads one report stream. Raises ForeignState for cursors it cannot read."""

    def __init__(self, stream: Report, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full)
        self._rows = ReportRows(stream, self.surprise)
        self._asked = Asked()
        self._before = {id: coverage_of(cursor, stream.cursor) for id, cursor in cursors.items()}
        self._coverage: dict[str, Coverage] = {}
        self._fresh: dict[str, list[Days]] = {}

    def stamp(self, account: Account) -> bytes:
        """The account's id and currency, which TikTok does not repeat in the rows."""
        return lines.to_json({"advertiser_id": account.id, "currency": account.currency})[1:-1] + b","

    def slices(self, account: Account) -> Iterator[Slice]:
        """The windows still to be read, in date order."""
        config = self.sync.config
        today = account.today(self.sync.client.now())
        last = min(config.end_date or today, today)
        known = self._before.get(account.id) or Coverage(config.start_date)
        coverage = Coverage(min(known.start, config.start_date), known.ranges)
        self._coverage[account.id], self._fresh[account.id] = coverage, []
        if coverage.start <= last:
            for days in to_read(coverage.ranges, Days(coverage.start, last), config.lookback_days):
                yield from (Slice(self, account, window) for window in windows(days, self.stream.grain.days))

    def cursor_after(self, part: Slice) -> Mapping[str, Any]:
        """The days of the account that have left, this window included."""
        coverage, fresh = self._coverage[part.account.id], self._fresh[part.account.id]
        fresh.append(_window(part))
        ranges = known_after(coverage.ranges, fresh, self.sync.config.lookback_days)
        return cursor_of_coverage(Coverage(coverage.start, ranges), self.stream.cursor)

    def rows(self, part: Slice) -> Iterator[list[bytes]]:
        """The rows of one window, page by page."""
        asked, sent = self._asked, set[int]()
        while True:
            fetch = partial(self.ask, part, self._params(part, asked), self._rows.decode)
            try:
                yield from proven(fetch, self._rows.pieces, self.warn_of(part), sent)
                break
            except TikTokError as error:
                asked = self._less(asked, error)
        self._remember(asked)

    def _params(self, part: Slice, asked: Asked) -> Params:
        days = _window(part)
        include_deleted = self.sync.config.include_deleted and asked.filtered
        params = self.stream.params(part.account.id, days.first, days.last, include_deleted)
        return {**params, "metrics": [name for name in params["metrics"] if name not in asked.without]}

    def _less(self, asked: Asked, error: TikTokError) -> Asked:
        """What to ask instead of what TikTok refused. Raises the error where there is nothing to leave out."""
        named = {*invalid_metrics(error.message)} & {*self.stream.metrics} - {*self.stream.level.parents}
        if named - asked.without:
            less = replace(asked, without=asked.without | named)
            self._remember(less)
            return less
        # TikTok: whether audience reports take a status filter is not documented; without it deleted objects lack.
        if self.stream.audience and asked.filtered and error.code == 40002 and self.sync.config.include_deleted:
            return replace(asked, filtered=False)
        raise error

    def _remember(self, asked: Asked) -> None:
        """Ask the same for the stream's other slices, and say once what is left out."""
        with self._lock:
            before = self._asked
            now = Asked(before.without | asked.without, before.filtered and asked.filtered)
            self._asked = now
        if names := ", ".join(sorted(now.without - before.without)):
            self.sync.warn(
                f"{self.stream.name}: TikTok refuses the metrics {names}; their columns stay null in this sync."
            )
        if before.filtered and not now.filtered:
            self.sync.warn(
                f"{self.stream.name}: TikTok takes no status filter here, so rows of deleted objects are missing."
            )


def _window(part: Slice) -> Days:
    if part.days is None:
        raise ValueError("a report is read by windows")
    return part.days
