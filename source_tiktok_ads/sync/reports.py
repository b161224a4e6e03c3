"""How a report is read: account by account and window by window, as far as the state leaves anything to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from source_tiktok_ads.streams.model import MONTH, Report
from source_tiktok_ads.sync import lines
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.days import DayReader
from source_tiktok_ads.sync.lines import ReportRows
from source_tiktok_ads.sync.partition import Slice, Sync
from source_tiktok_ads.sync.refusals import Asked, Refusals
from source_tiktok_ads.sync.slices import Days, months
from source_tiktok_ads.sync.windows import Lessons, Window


class ReportReader(DayReader[Report]):
    """Reads one report stream. Raises ForeignState for cursors it cannot read."""

    def __init__(self, stream: Report, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors)
        asked = Asked(deleted=sync.config.include_deleted, totals=stream.has_totals and not sync.config.sandbox)
        self._lessons = Lessons(ReportRows(stream, self.surprise), Refusals(stream, asked, sync.warn))

    def stamp(self, part: Slice) -> bytes:
        """The account's id and currency, and the window where it is the period of the figures: TikTok tells neither."""
        told = {"advertiser_id": part.account.id, "currency": part.account.currency}
        if self.stream.grain is MONTH:
            told |= {"period_start": part.window.first.isoformat(), "period_end": part.window.last.isoformat()}
        return lines.to_json(told)[1:-1] + b","

    @property
    def start(self) -> date:
        """The first day that is wanted, with its whole month where the figures are a month's."""
        start = self.sync.config.start_date
        return start.replace(day=1) if self.stream.grain is MONTH else start

    def slices(self, account: Account) -> Iterator[Slice]:
        """The windows still to be read, in date order."""
        if self.stream.incremental:
            yield from super().slices(account)
        else:
            # All time has no days; the one of reading stands for them.
            today = self.today(account)
            yield Slice(self, account, Days(today, today))

    def cut(self, spans: Iterable[Days], today: date) -> Iterable[Days]:
        """Windows as wide as TikTok allows, or whole months."""
        return months(spans, today) if self.stream.grain is MONTH else super().cut(spans, today)

    def rows(self, part: Slice) -> Iterator[list[bytes]]:
        """The rows of one window, page by page."""
        yield from Window(part, self._lessons).rows(part.window)
