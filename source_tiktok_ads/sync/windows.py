"""How one window of a report is asked for: whole, or in smaller parts where TikTok can't answer that."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from source_tiktok_ads.api.errors import TikTokError, TimedOut, TooLarge
from source_tiktok_ads.api.patience import TRIES
from source_tiktok_ads.streams.model import CAMPAIGN, Params, Report
from source_tiktok_ads.sync import lines
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
from source_tiktok_ads.sync.partition import Slice
from source_tiktok_ads.sync.refusals import Asked, Refusals
from source_tiktok_ads.sync.slices import Days
from source_tiktok_ads.sync.totals import Totals

# TikTok: faults of its servers on reports are often requests that are too large; from the third on, ask for less.
SERVER_ATTEMPTS = 3
# TikTok: a filter holds a hundred ids; for campaigns it advises thirty.
CAMPAIGNS_A_REQUEST = 30
ADGROUPS_A_REQUEST = 100
# TikTok: a request takes a hundred metrics.
METRICS_A_REQUEST = 100

MOST_JOINED = 5_000
"""Parts that differ in their metrics are joined in memory, so they should have no more rows than this."""


class Truncated(Exception):
    """An answer that covers only the newest ads of the account."""


class TooMany(Exception):
    """More rows than should be joined at once."""


@dataclass(frozen=True)
class Fit:
    """What TikTok can answer for an account: so many days, campaigns and metrics at a time (0 is all)."""

    days: int = 0
    campaigns: int = 0
    metrics: int = 0


@dataclass(frozen=True)
class Lessons:
    """What all windows of a stream share: how rows are read, what TikTok refuses, and what each account can answer."""

    rows: ReportRows
    refusals: Refusals
    fits: dict[str, Fit] = field(default_factory=dict)


class Window:
    """One window of one account: its rows leave once each, in however many parts they are asked for."""

    def __init__(self, part: Slice, lessons: Lessons) -> None:
        self._part = part
        self._lessons = lessons
        self._stream: Report = part.reader.stream
        self._sync = part.reader.sync
        # A row's parents belong to its key, so every part of its metrics asks for them.
        parents = self._stream.level.parents
        self._divisible = [name for name in self._stream.metrics if name not in parents]
        self._most_metrics = METRICS_A_REQUEST - len(parents)

    def rows(self, days: Days) -> Iterator[list[bytes]]:
        """The rows, page by page, each as the inside of a JSON object. Raises TikTokError."""
        try:
            yield from self._read(Cut(days), set())
        except Shifting as error:
            # The objects that the window should be divided by could not be listed.
            self._part.short = str(error)

    def _read(self, cut: Cut, sent: set[int]) -> Iterator[list[bytes]]:
        """The rows of a cut; of smaller ones where TikTok can't answer it, never asking the same again."""
        cuts = self._fitting(cut)
        if not cuts:
            try:
                yield from self._asked_for(cut, sent, SERVER_ATTEMPTS)
                return
            except (Truncated, Shifting, TikTokError) as error:
                cuts = self._smaller(cut, error)
        if not cuts:
            yield from self._patiently(cut, sent)
        elif cuts[0].metrics != cut.metrics:
            yield from self._joined(cut, cuts, sent)
        else:
            for smaller in cuts:
                yield from self._read(smaller, sent)

    def _patiently(self, cut: Cut, sent: set[int]) -> Iterator[list[bytes]]:
        """The rows of a cut that cannot be smaller; the window is short where they keep changing places even there."""
        try:
            yield from self._asked_for(cut, sent, TRIES)
        except Shifting as error:
            self._part.short = str(error)

    def _fitting(self, cut: Cut) -> list[Cut]:
        """The parts of a cut that is larger than what TikTok could answer before; empty where it is not."""
        fit = self._lessons.fits.get(self._part.account.id, Fit())
        if 0 < fit.days < cut.days.length:
            return by_days(cut, fit.days)
        if fit.campaigns and not cut.by:
            return self._by_campaigns(cut, fit.campaigns)
        if cut.by == "campaign_ids" and 0 < fit.campaigns < len(cut.ids):
            return by_ids(cut, cut.by, cut.ids, fit.campaigns)
        most = fit.metrics or self._most_metrics
        return by_metrics(cut, self._divisible, most) if most < len(cut.metrics or self._divisible) else []

    def _asked_for(self, cut: Cut, sent: set[int], server_attempts: int) -> Iterator[list[bytes]]:
        """The rows of a cut, without what TikTok refuses to give. Raises TikTokError, Truncated or Shifting."""
        refusals, warn = self._lessons.refusals, self._part.reader.warn_of(self._part)
        asked = refusals.asked(self._part.account.id)
        while True:
            fetch = partial(self._page, cut, asked, server_attempts)
            totals = Totals(fetch, self._lessons.rows.pieces, self._stream.additive if asked.totals else ())
            try:
                # One set serves both where nothing has left yet, as there may be a million rows.
                found = set[int]() if sent else sent
                yield from proven([totals.fetch] * READS, totals.pieces, warn, self._sync.ahead, sent, found)
                break
            except TikTokError as error:
                asked = refusals.less(asked, error)
        refusals.remember(self._part.account.id, asked)
        if differences := ", ".join(totals.differences()):
            warn(f"The rows do not add up to TikTok's own totals: {differences}.")

    def _params(self, cut: Cut, asked: Asked) -> Params:
        stream = self._stream
        params = stream.params(self._part.account.id, cut.days.first, cut.days.last, asked.deleted, cut.only)
        wanted = {*(cut.metrics or stream.metrics), *stream.level.parents} - asked.without
        return {**params, "metrics": [name for name in stream.metrics if name in wanted]}

    def _page(self, cut: Cut, asked: Asked, server_attempts: int, page: int) -> Any:
        # TikTok: totals are asked for on the first page.
        totals = {"enable_total_metrics": True} if asked.totals and page == 1 else {}
        params = {**self._params(cut, asked), **totals, "page": page}
        reply = self._part.reader.ask(self._part, params, self._lessons.rows.decode, server_attempts=server_attempts)
        if reply.cut:
            if self._fewer_objects(cut):
                raise Truncated
            self._part.short = "TikTok looked only at the newest ads of the account; rows of others are missing."
        if cut.metrics and page == 1:
            self._see_whether_to_join(cut, reply.envelope)
        return reply.envelope

    def _see_whether_to_join(self, cut: Cut, answer: lines.Answer) -> None:
        info = answer.data.page_info if answer.data else None
        if info and info.total_number > MOST_JOINED and self._fewer_rows(cut):
            raise TooMany

    def _smaller(self, cut: Cut, error: Truncated | Shifting | TikTokError) -> list[Cut]:
        """The parts to read instead of a cut that TikTok could not answer. Raises the error where that is no remedy.

        None are left where a fault of TikTok's servers, or rows that change places, meet the smallest part; then only
        patience helps.
        """
        if isinstance(error, Truncated):
            cuts = self._fewer_objects(cut)
        elif isinstance(error, TooLarge | TimedOut):
            cuts = self._fewer_rows(cut) or by_half_of_metrics(cut, self._divisible)
        elif isinstance(error, Shifting) or error.server_fault:
            return self._fewer_rows(cut)
        else:
            raise error
        if not cuts:
            raise error
        self._learn(cuts[0])
        return cuts

    def _fewer_rows(self, cut: Cut) -> list[Cut]:
        # Where the rows are not told apart by time, those of two halves are not those of the whole.
        return (by_half_of_days(cut) if self._stream.grain.dimension else []) or self._fewer_objects(cut)

    def _fewer_objects(self, cut: Cut) -> list[Cut]:
        if not cut.by:
            return self._by_campaigns(cut, CAMPAIGNS_A_REQUEST)
        if len(cut.ids) > 1:
            return by_half_of_ids(cut)
        if cut.by == "campaign_ids" and self._stream.level is not CAMPAIGN:
            adgroups = self._sync.structure.adgroups(self._part.account.id, cut.ids[0])
            return by_ids(cut, "adgroup_ids", adgroups, ADGROUPS_A_REQUEST)
        return []

    def _by_campaigns(self, cut: Cut, size: int) -> list[Cut]:
        if not self._stream.level.path or not self._stream.takes_filters:
            return []
        return by_ids(cut, "campaign_ids", self._sync.structure.campaigns(self._part.account.id), size)

    def _learn(self, cut: Cut) -> None:
        """Begin the account's next windows with what is about to be tried.

        Where even one ad group's metrics have to be divided, fewer objects were no remedy.
        """
        known = self._lessons.fits.get(self._part.account.id, Fit())
        days = min(cut.days.length, known.days or cut.days.length) if self._stream.grain.dimension else 0
        campaigns = len(cut.ids) if cut.by == "campaign_ids" else int(bool(cut.by))
        fit = Fit(days, metrics=len(cut.metrics)) if cut.metrics else Fit(days, campaigns)
        self._lessons.fits[self._part.account.id] = fit

    def _joined(self, cut: Cut, cuts: Iterable[Cut], sent: set[int]) -> Iterator[list[bytes]]:
        """The rows of cuts that differ in their metrics, joined; of fewer rows at a time where they are too many."""
        try:
            yield self._merged(cuts, sent)
        except TooMany:
            fewer = self._fewer_rows(cut)
            self._learn(fewer[0])
            for smaller in fewer:
                yield from self._read(smaller, sent)

    def _merged(self, cuts: Iterable[Cut], sent: set[int]) -> list[bytes]:
        """The rows of cuts that differ in their metrics, joined; a row that only one of them has stays."""
        rows: dict[bytes, dict[str, Any]] = {}
        for cut in cuts:
            for members in (row for page in self._read(cut, set()) for row in page):
                row = json.loads(b"{%b}" % members)
                rows.setdefault(self._lessons.rows.key(row), {}).update(row)
        fresh = {key: row for key, row in rows.items() if mark_of(key) not in sent}
        sent.update(map(mark_of, fresh))
        return [lines.to_json(row)[1:-1] for row in fresh.values()]
