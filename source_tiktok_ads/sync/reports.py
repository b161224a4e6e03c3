"""How a report is read: account by account and window by window, in smaller parts where TikTok can't answer one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from source_tiktok_ads.api.errors import TikTokError, TimedOut, TooLarge
from source_tiktok_ads.api.patience import TRIES
from source_tiktok_ads.streams.model import ADVERTISER, CAMPAIGN, Params, Report
from source_tiktok_ads.sync import lines
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.cuts import (
    Cut,
    by_days,
    by_half_of_days,
    by_half_of_ids,
    by_half_of_metrics,
    by_ids,
    by_metrics,
)
from source_tiktok_ads.sync.lines import ReportRows
from source_tiktok_ads.sync.paging import READS, Shifting, mark_of, proven
from source_tiktok_ads.sync.partition import Reader, Slice, Sync
from source_tiktok_ads.sync.refusals import Asked, Refusals
from source_tiktok_ads.sync.slices import Days, known_after, to_read, until, windows
from source_tiktok_ads.sync.state import Coverage, coverage_of, cursor_of_coverage
from source_tiktok_ads.sync.totals import Totals

# TikTok: faults of its servers on reports are often requests that are too large; from the third on, ask for less.
SERVER_ATTEMPTS = 3
# TikTok: a filter holds a hundred ids; for campaigns it advises thirty.
CAMPAIGNS_A_REQUEST = 30
ADGROUPS_A_REQUEST = 100


class Truncated(Exception):
    """An answer that covers only the newest ads of the account."""


@dataclass(frozen=True)
class Fit:
    """What TikTok can answer for an account: so many days, campaigns and metrics at a time (0 is all)."""

    days: int
    campaigns: int = 0
    metrics: int = 0


class ReportReader(Reader[Report]):
    """Reads one report stream. Raises ForeignState for cursors it cannot read."""

    def __init__(self, stream: Report, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full)
        self._rows = ReportRows(stream, self.surprise)
        asked = Asked(deleted=sync.config.include_deleted, totals=stream.has_totals and not sync.config.sandbox)
        self._refusals = Refusals(stream, asked, sync.warn)
        self._before = {id: coverage_of(cursor, stream.cursor) for id, cursor in cursors.items()}
        self._coverage: dict[str, Coverage] = {}
        self._fresh: dict[str, list[Days]] = {}
        self._fits: dict[str, Fit] = {}
        # A row's parents belong to its key, so every part of its metrics asks for them.
        self._divisible = [name for name in stream.metrics if name not in stream.level.parents]

    def stamp(self, account: Account) -> bytes:
        """The account's id and currency, which TikTok does not repeat in the rows."""
        return lines.to_json({"advertiser_id": account.id, "currency": account.currency})[1:-1] + b","

    def slices(self, account: Account) -> Iterator[Slice]:
        """The windows still to be read, in date order."""
        config = self.sync.config
        today = account.today(self.sync.client.now())
        last = min(config.end_date or today, today)
        known = self._before.get(account.id) or Coverage(config.start_date)
        coverage = Coverage(min(known.start, config.start_date), self._begun(account, known.ranges, today))
        self._coverage[account.id], self._fresh[account.id] = coverage, []
        if coverage.start <= last:
            for days in to_read(coverage.ranges, Days(coverage.start, last), config.lookback_days):
                yield from (Slice(self, account, window) for window in windows(days, self.stream.grain.days))

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
        try:
            yield from self._read(part, Cut(_window(part)), set())
        except Shifting as error:
            # The objects that the window should be divided by could not be listed.
            part.short = str(error)

    def _read(self, part: Slice, cut: Cut, sent: set[int]) -> Iterator[list[bytes]]:
        """The rows of a cut; of smaller ones where TikTok can't answer it, never asking the same again."""
        cuts = self._fitting(part, cut)
        if not cuts:
            try:
                yield from self._asked_for(part, cut, sent, SERVER_ATTEMPTS)
                return
            except (Truncated, Shifting, TikTokError) as error:
                cuts = self._smaller(part, cut, error)
        if not cuts:
            yield from self._patiently(part, cut, sent)
        elif cuts[0].metrics != cut.metrics:
            yield self._merged(part, cuts, sent)
        else:
            for smaller in cuts:
                yield from self._read(part, smaller, sent)

    def _patiently(self, part: Slice, cut: Cut, sent: set[int]) -> Iterator[list[bytes]]:
        """The rows of a cut that cannot be smaller; the window is short where they keep changing places even there."""
        try:
            yield from self._asked_for(part, cut, sent, TRIES)
        except Shifting as error:
            part.short = str(error)

    def _fitting(self, part: Slice, cut: Cut) -> list[Cut]:
        """The parts of a cut that is larger than what TikTok could answer before; empty where it is not."""
        fit = self._fits.get(part.account.id)
        if fit is None:
            return []
        if fit.days < cut.days.length:
            return by_days(cut, fit.days)
        if fit.campaigns and not cut.by:
            return self._by_campaigns(part, cut, fit.campaigns)
        if cut.by == "campaign_ids" and 0 < fit.campaigns < len(cut.ids):
            return by_ids(cut, cut.by, cut.ids, fit.campaigns)
        if fit.metrics and fit.metrics < len(cut.metrics or self._divisible):
            return by_metrics(cut, self._divisible, fit.metrics)
        return []

    def _asked_for(self, part: Slice, cut: Cut, sent: set[int], server_attempts: int) -> Iterator[list[bytes]]:
        """The rows of a cut, without what TikTok refuses to give. Raises TikTokError, Truncated or Shifting."""
        asked = self._refusals.asked(part.account.id)
        while True:
            fetch = partial(self._page, part, cut, asked, server_attempts)
            totals = Totals(fetch, self._rows.pieces, self.stream.additive if asked.totals else ())
            try:
                readings, warn = [totals.fetch] * READS, self.warn_of(part)
                # One set serves both where nothing has left yet, as there may be a million rows.
                found = set[int]() if sent else sent
                yield from proven(readings, totals.pieces, warn, self.sync.ahead, sent, found)
                break
            except TikTokError as error:
                asked = self._refusals.less(asked, error)
        self._refusals.remember(part.account.id, asked)
        if differences := ", ".join(totals.differences()):
            self.warn_of(part)(f"The rows do not add up to TikTok's own totals: {differences}.")

    def _params(self, part: Slice, cut: Cut, asked: Asked) -> Params:
        params = self.stream.params(part.account.id, cut.days.first, cut.days.last, asked.deleted, cut.only)
        wanted = {*(cut.metrics or self.stream.metrics), *self.stream.level.parents} - asked.without
        return {**params, "metrics": [name for name in self.stream.metrics if name in wanted]}

    def _page(self, part: Slice, cut: Cut, asked: Asked, server_attempts: int, page: int) -> Any:
        # TikTok: totals are asked for on the first page.
        totals = {"enable_total_metrics": True} if asked.totals and page == 1 else {}
        params = {**self._params(part, cut, asked), **totals, "page": page}
        reply = self.ask(part, params, self._rows.decode, server_attempts=server_attempts)
        if reply.cut:
            if self._fewer_objects(part, cut):
                raise Truncated
            part.short = "TikTok looked only at the newest ads of the account; rows of others are missing."
        return reply.envelope

    def _smaller(self, part: Slice, cut: Cut, error: Truncated | Shifting | TikTokError) -> list[Cut]:
        """The parts to read instead of a cut that TikTok could not answer. Raises the error where that is no remedy.

        None are left where a fault of TikTok's servers, or rows that change places, meet the smallest part; then only
        patience helps.
        """
        if isinstance(error, Truncated):
            cuts = self._fewer_objects(part, cut)
        elif isinstance(error, TooLarge | TimedOut):
            cuts = by_half_of_days(cut) or self._fewer_objects(part, cut) or by_half_of_metrics(cut, self._divisible)
        elif isinstance(error, Shifting) or error.server_fault:
            return by_half_of_days(cut) or self._fewer_objects(part, cut)
        else:
            raise error
        if not cuts:
            raise error
        self._learn(part, cuts[0])
        return cuts

    def _fewer_objects(self, part: Slice, cut: Cut) -> list[Cut]:
        if not cut.by:
            return self._by_campaigns(part, cut, CAMPAIGNS_A_REQUEST)
        if len(cut.ids) > 1:
            return by_half_of_ids(cut)
        if cut.by == "campaign_ids" and self.stream.level is not CAMPAIGN:
            adgroups = self.sync.structure.adgroups(part.account.id, cut.ids[0])
            return by_ids(cut, "adgroup_ids", adgroups, ADGROUPS_A_REQUEST)
        return []

    def _by_campaigns(self, part: Slice, cut: Cut, size: int) -> list[Cut]:
        if self.stream.level is ADVERTISER:
            return []
        return by_ids(cut, "campaign_ids", self.sync.structure.campaigns(part.account.id), size)

    def _learn(self, part: Slice, cut: Cut) -> None:
        """Begin the account's next windows with what is about to be tried.

        Where even one ad group's metrics have to be divided, fewer objects were no remedy.
        """
        known = self._fits.get(part.account.id)
        days = min(cut.days.length, known.days) if known else cut.days.length
        campaigns = len(cut.ids) if cut.by == "campaign_ids" else int(bool(cut.by))
        fit = Fit(days, metrics=len(cut.metrics)) if cut.metrics else Fit(days, campaigns)
        self._fits[part.account.id] = fit

    def _merged(self, part: Slice, cuts: Iterable[Cut], sent: set[int]) -> list[bytes]:
        """The rows of cuts that differ in their metrics, joined; a row that only one of them has stays."""
        rows: dict[bytes, dict[str, Any]] = {}
        for cut in cuts:
            for members in (row for page in self._read(part, cut, set()) for row in page):
                row = json.loads(b"{%b}" % members)
                rows.setdefault(self._rows.key(row), {}).update(row)
        fresh = {key: row for key, row in rows.items() if mark_of(key) not in sent}
        sent.update(map(mark_of, fresh))
        return [lines.to_json(row)[1:-1] for row in fresh.values()]


def _window(part: Slice) -> Days:
    if part.days is None:
        raise ValueError("a report is read by windows")
    return part.days
