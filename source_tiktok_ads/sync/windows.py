"""How one window of a report is asked for: whole, or in smaller parts where TikTok can't answer that."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.api.pages import PageInfo, page_info
from source_tiktok_ads.api.patience import TRIES
from source_tiktok_ads.streams.model import SPECIALS, Params, Report
from source_tiktok_ads.sync import lines
from source_tiktok_ads.sync.cuts import Cut
from source_tiktok_ads.sync.dividing import Divider, Fit, TooManyRows, Truncated
from source_tiktok_ads.sync.folds import Twins, folded
from source_tiktok_ads.sync.lines import Answer, Piece, ReportRows
from source_tiktok_ads.sync.paging import READS, Shifting, mark_of, proven
from source_tiktok_ads.sync.partition import Slice
from source_tiktok_ads.sync.refusals import Asked, GivenUp, Refusals, read_again, wrong_parameter
from source_tiktok_ads.sync.slices import Days
from source_tiktok_ads.sync.structure import missing
from source_tiktok_ads.sync.totals import Totals

# TikTok: faults of its servers on reports are often requests that are too large; from the third on, ask for less.
SERVER_ATTEMPTS = 3

MOST_ROWS = 1_000_000
"""A mark of every row of a request is kept until they add up, which takes 65 bytes."""

MOST_JOINED = 5_000
"""Parts that differ in their metrics are joined in memory, so they should have no more rows than this."""


NO_TOTALS = "TikTok refuses the totals of this report for the account, so its rows are not compared with them."


class TooManyToJoin(Exception):
    """More rows than should be joined at once."""


@dataclass(frozen=True)
class Lessons:
    """What all windows of a stream share: how rows are read, what TikTok refuses, and what each account can answer."""

    rows: ReportRows
    refusals: Refusals
    fits: dict[str, Fit] = field(default_factory=dict)
    untold: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True)
class Told:
    """What has come of a part of a window: marks of the rows that have left, and the rows of a repeated hour."""

    twins: Twins
    sent: set[int] = field(default_factory=set)


class Window:
    """One window of one account: its rows leave once each, in however many parts they are asked for."""

    def __init__(self, part: Slice, lessons: Lessons) -> None:
        self._part = part
        self._lessons = lessons
        self._stream: Report = part.reader.stream
        self._warn = part.reader.warn_of(part)
        self._divider = Divider(self._stream, part.account.id, part.reader.sync.structure, lessons.fits)
        self._pairs = 0
        self._lacking: set[str] = set()

    def rows(self, days: Days) -> Iterator[list[bytes]]:
        """The rows, page by page, each as the inside of a JSON object. Raises TikTokError."""
        try:
            yield from self._whole(self._divider.whole(days), specials=True)
        except Shifting as error:
            # The objects that the window should be divided by could not be listed.
            self._part.short = str(error)
        self._part.given_up = self._given_up()
        if self._pairs:
            self._warn(folded(self._pairs))

    def _given_up(self) -> GivenUp | None:
        """What some request of the window was answered without."""
        given_up = self._lessons.refusals.given_up(self._part.account.id)
        return replace(given_up, names=frozenset(self._lacking)) if given_up and self._lacking else None

    def _whole(self, cut: Cut, *, specials: bool = False) -> Iterator[list[bytes]]:
        """The rows of a cut, each once; those of an hour that comes twice in the end, as one."""
        told = Told(Twins(self._stream, cut.days.first, self._part.account.zone))
        yield from self._read(cut, told)
        if specials:
            yield from self._specials(cut, told)
        self._pairs = max(self._pairs, told.twins.pairs)
        yield told.twins.rows()

    def _specials(self, cut: Cut, told: Told) -> Iterator[list[bytes]]:
        """The rows of campaigns that have to be asked for by themselves, where the account has such."""
        hidden = [special for special in SPECIALS if self._stream.hides(special)]
        found = self._part.reader.sync.structure.specials(self._part.account.id) if hidden else []
        for special in found:
            if special in hidden and (self._part.account.id, special.name) not in self._lessons.untold:
                yield from self._special(replace(cut, special=special), special.name, told)

    def _special(self, cut: Cut, name: str, told: Told) -> Iterator[list[bytes]]:
        pause = self._part.reader.sync.client.pause
        try:
            yield from read_again(partial(self._read, cut, told), wrong_parameter, pause)
        except TikTokError as error:
            if not wrong_parameter(error):
                raise
            self._lessons.untold.add((self._part.account.id, name))
            self._warn(missing(name, error))

    def _read(self, cut: Cut, told: Told) -> Iterator[list[bytes]]:
        """The rows of a cut; of smaller ones where TikTok can't answer it, never asking the same again."""
        cuts = self._divider.fitting(cut)
        if not cuts:
            try:
                yield from self._asked_for(cut, told, SERVER_ATTEMPTS)
                return
            except (Truncated, TooManyRows, Shifting, TikTokError) as error:
                cuts = self._divider.smaller(cut, error)
        if not cuts:
            yield from self._patiently(cut, told)
        elif cuts[0].metrics != cut.metrics:
            yield from self._joined(cut, cuts, told)
        else:
            for smaller in cuts:
                yield from self._read(smaller, told)

    def _patiently(self, cut: Cut, told: Told) -> Iterator[list[bytes]]:
        """The rows of a cut that cannot be smaller; the window is short where they keep changing places even there."""
        try:
            yield from self._asked_for(cut, told, TRIES)
        except Shifting as error:
            told.twins.hold()
            self._part.short = str(error)

    def _asked_for(self, cut: Cut, told: Told, server_attempts: int) -> Iterator[list[bytes]]:
        """The rows of a cut, without what TikTok refuses to give.

        Raises TikTokError, Truncated, TooManyRows, TooManyToJoin or Shifting.
        """
        refusals = self._lessons.refusals
        account_id = self._part.account.id
        asked = refusals.asked(account_id)
        # A part whose metrics are all refused asks for nothing: the others bring the rows.
        while self._metrics(cut, asked):
            fetch = partial(self._page, cut, asked, server_attempts)
            made = partial(self._lessons.rows.pieces, lacks=self._part.lacks)
            totals = Totals(fetch, made, self._stream.additive if asked.totals else ())
            try:
                yield from self._proven(totals, told)
            except TikTokError as error:
                if not self._part.reader.learn_page_size(self._part.account, error):
                    asked = refusals.less(account_id, asked, error)
            else:
                told.twins.hold()
                if refusals.gives_up_totals(account_id, asked):
                    self._warn(NO_TOTALS)
                self._compare(totals)
                break
        self._lacking |= refusals.lacking(asked)

    def _compare(self, totals: Totals) -> None:
        if differences := ", ".join(totals.differences()):
            self._warn(f"The rows do not add up to TikTok's own totals: {differences}.")

    def _proven(self, totals: Totals, told: Told) -> Iterator[list[bytes]]:
        readings = told.twins.asked_for()

        def fetch(page: int) -> Answer:
            if page == 1:
                readings.begin()
            return totals.fetch(page)

        def pieces(rows: Sequence[Any]) -> Sequence[Piece]:
            return readings.told_apart(totals.pieces(rows))

        # One set serves both where nothing has left yet, as there may be a million rows.
        found = set[int]() if told.sent else told.sent
        return proven([fetch] * READS, pieces, self._warn, self._part.reader.sync.ahead, told.sent, found)

    def _metrics(self, cut: Cut, asked: Asked) -> list[str]:
        stream = self._stream
        wanted = {*(cut.metrics or stream.metrics), *stream.level.parents} - asked.without
        return [name for name in stream.metrics if name in wanted]

    def _params(self, cut: Cut, asked: Asked) -> Params:
        params = self._stream.params(self._part.account.id, cut.days.first, cut.days.last, asked.deleted, cut.only)
        return {**params, "metrics": self._metrics(cut, asked)}

    def _page(self, cut: Cut, asked: Asked, server_attempts: int, page: int) -> Any:
        # TikTok: totals are asked for on the first page.
        totals = {"enable_total_metrics": True} if asked.totals and page == 1 else {}
        params = {**self._params(cut, asked), **totals, "page": page}
        decode, account_id = self._lessons.rows.decode, self._part.account.id
        ask = partial(self._part.reader.ask, self._part, params, decode, server_attempts=server_attempts)
        reply = self._lessons.refusals.answered(account_id, asked, ask)
        if reply.cut:
            if self._divider.fewer_objects(cut):
                raise Truncated
            self._part.short = "TikTok looked only at the newest ads of the account; rows of others are missing."
        if page == 1:
            self._see_how_many(cut, page_info(reply.envelope) or PageInfo())
        return reply.envelope

    def _see_how_many(self, cut: Cut, info: PageInfo) -> None:
        if info.total_number > MOST_ROWS and self._divider.fewer_days(cut):
            raise TooManyRows
        if cut.metrics and info.total_number > MOST_JOINED and self._divider.fewer_rows(cut):
            raise TooManyToJoin

    def _joined(self, cut: Cut, cuts: Iterable[Cut], told: Told) -> Iterator[list[bytes]]:
        """The rows of cuts that differ in their metrics, joined; of fewer rows at a time where they are too many."""
        try:
            yield self._merged(cuts, told)
        except TooManyToJoin:
            fewer = self._divider.fewer_rows(cut)
            self._divider.learn(fewer[0])
            for smaller in fewer:
                yield from self._read(smaller, told)

    def _merged(self, cuts: Iterable[Cut], told: Told) -> list[bytes]:
        """The rows of cuts that differ in their metrics, joined; a row that only one of them has stays."""
        rows: dict[bytes, dict[str, Any]] = {}
        for cut in cuts:
            for members in (row for page in self._whole(cut) for row in page):
                row = json.loads(b"{%b}" % members)
                rows.setdefault(self._lessons.rows.key(row), {}).update(row)
        fresh = {key: row for key, row in rows.items() if mark_of(key) not in told.sent}
        told.sent.update(map(mark_of, fresh))
        return [lines.to_json(row)[1:-1] for row in fresh.values()]
