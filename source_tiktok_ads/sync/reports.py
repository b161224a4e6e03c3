"""Reads reports: for each account, the windows that are not in the state yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from typing import Any

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.lists.accounts import BUSINESS_CENTERS
from source_tiktok_ads.streams.model import HIDDEN_CAMPAIGNS, MONTH, Filter, HiddenCampaigns, Report
from source_tiktok_ads.sync import records
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.date_ranges import DateRange, months
from source_tiktok_ads.sync.incremental import DateRangeReader
from source_tiktok_ads.sync.reader import Slice, Sync
from source_tiktok_ads.sync.refusals import FILTER, HIDDEN, Asked, Refusals
from source_tiktok_ads.sync.report_records import ReportRows
from source_tiktok_ads.sync.report_window import ReportContext, Window
from source_tiktok_ads.sync.substreams import REFUSALS_OF_ONE


class ReportReader(DateRangeReader[Report]):
    """Reads one report stream. Raises ForeignState for cursors it cannot read."""

    def __init__(self, stream: Report, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors)
        asked = Asked(deleted=sync.config.include_deleted, totals=stream.has_totals and not sync.config.sandbox)
        self._context = ReportContext(ReportRows(stream, self.surprise), Refusals(stream, asked, sync.client.pause))

    def stamp(self, part: Slice) -> bytes:
        """The account and currency of every row, and for monthly figures the first and last day of the period."""
        columns = {self.stream.owner: part.account.id, "currency": part.account.currency}
        if self.stream.grain is MONTH:
            columns |= {"period_start": part.window.first.isoformat(), "period_end": part.window.last.isoformat()}
        return records.to_json(columns)[1:-1] + b","

    @property
    def start(self) -> date:
        """The first day to read; for monthly figures, the first day of its month."""
        start = self.sync.config.start_date
        return start.replace(day=1) if self.stream.grain is MONTH else start

    def slices(self, account: Account) -> Iterator[Slice]:
        """The windows still to be read, in date order."""
        if self.stream.incremental:
            yield from super().slices(account)
        else:
            # A report on all time has no days, so its slice has the day of reading.
            today = self.today(account)
            yield Slice(self, account, DateRange(today, today))

    def cut(self, spans: Iterable[DateRange], today: date) -> Iterable[DateRange]:
        """Windows as wide as TikTok allows, or whole months."""
        return months(spans, today) if self.stream.grain is MONTH else super().cut(spans, today)

    def rows(self, part: Slice) -> Iterator[list[bytes]]:
        """The rows of one window, page by page."""
        yield from Window(part, self._context).rows(part.window)

    def asks_for(self, name: str) -> bool:
        """Whether the stream requests a metric, deleted objects (FILTER) or a hidden type of campaigns."""
        if name in HIDDEN:
            return True
        return self.sync.config.include_deleted if name == FILTER else name in self.stream.metrics

    def still_refused(self, account: Account, names: Set[str], day: date) -> Set[str]:
        """Which of the metrics, the filter or the hidden types of campaigns TikTok still refuses on that day.

        Sends one request, one more for each hidden type, and one more for each answer that names only some of the
        metrics. What cannot be determined counts as refused.
        """
        refused = {
            special.name
            for special in HIDDEN_CAMPAIGNS
            if special.name in names and self._still_hides(account, special, day)
        }
        left = {*names} - HIDDEN
        while left:
            error = self._request_refusal(account, left, day)
            if error is None:
                break
            named = self._context.refusals.named(Asked(), error) & left
            self._context.refusals.refused_before(account.id, named or left, error)
            refused |= named or left
            left -= named or left
        return refused

    def _still_hides(self, account: Account, special: HiddenCampaigns, day: date) -> bool:
        """Whether TikTok still refuses the account's campaigns of a hidden type on that day."""
        error = self._request_refusal(account, set(), day, [special.reported])
        if error:
            self._context.refusals.refused_before(account.id, {special.name}, error)
        return error is not None

    def _request_refusal(
        self, account: Account, names: Set[str], day: date, only: Sequence[Filter] = ()
    ) -> TikTokError | None:
        wanted = {*(names - {FILTER} or {self.stream.metrics[-1]}), *self.stream.level.parents}
        params = {
            **self.stream.params(account.id, day, day, FILTER in names, only),
            "metrics": [name for name in self.stream.metrics if name in wanted],
            "page": 1,
            "page_size": 1,
        }
        try:
            self.ask(Slice(self, account, DateRange(day, day)), params, self._context.rows.decode)
        except TikTokError as error:
            return error
        return None


CENTERS = Account(BUSINESS_CENTERS.scope.name.lower(), named=False)
"""A placeholder for all Business Centers: its slice reports if the list of them could not be read completely."""


class CenterReportReader(ReportReader):
    """Reads a report for each Business Center instead of each account. Raises ForeignState for unreadable cursors."""

    def __init__(self, stream: Report, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors)
        self._unlisted: TikTokError | str = ""
        self._gone: set[str] = set()

    def accounts(self) -> list[Account]:
        """The Business Centers, including those in the state that the access token no longer sees.

        CENTERS is among them if the list of Business Centers could not be read completely.
        """
        super().accounts()
        try:
            known = self.sync.parent_lists.known(BUSINESS_CENTERS, CENTERS)
        except TikTokError as error:
            self._unlisted = error
            return [CENTERS]
        self._unlisted = " ".join(known.incomplete)
        listed = [center["bc_id"] for center in known.rows]
        self._gone = self._before.keys() - {*listed}
        centers = [Account(id, named=False) for id in (*listed, *sorted(self._gone))]
        if self._unlisted:
            return [*centers, CENTERS]
        if not centers:
            self.sync.warn(f"{self.stream.name}: the access token sees no Business Center, so there are no rows.")
        return centers

    def _must_fail(self, account: Account, error: TikTokError, option: bool) -> bool:
        # A Business Center that the access token no longer sees has no rows to expect. A warning names it.
        left = account.id in self._gone and error.code in REFUSALS_OF_ONE
        return not left and super()._must_fail(account, error, option)

    # TikTok: the time zone of these days is not documented; an account may be half a day behind UTC.
    @property
    def lookback(self) -> int:
        """How many days before the cursor are read again."""
        return max(super().lookback, 1)

    @property
    def local(self) -> bool:
        """Whether the days are those of the account's own time zone."""
        return False

    def slices(self, account: Account) -> Iterator[Slice]:
        """The windows still to be read, in date order."""
        yield from [Slice(self, account)] if account is CENTERS else super().slices(account)

    def rows(self, part: Slice) -> Iterator[list[bytes]]:
        """The rows of one window, page by page."""
        if part.account is not CENTERS:
            yield from super().rows(part)
        elif isinstance(self._unlisted, TikTokError):
            raise self._unlisted
        else:
            part.incomplete_reason = self._unlisted
