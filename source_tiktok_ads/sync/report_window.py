"""How one window of a report is asked for: whole, or in smaller parts where TikTok can't answer that."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.api.pages import PageInfo, page_info, wrong_account, wrong_days
from source_tiktok_ads.api.retry import TRIES
from source_tiktok_ads.streams.model import HIDDEN_CAMPAIGNS, Params, Report
from source_tiktok_ads.sync import records
from source_tiktok_ads.sync.date_ranges import DateRange
from source_tiktok_ads.sync.pagination import (
    MAX_UNSPLIT_READS,
    READS_BEFORE_SPLIT,
    Attempt,
    Found,
    Incomplete,
    mark_of,
    read_until_consistent,
)
from source_tiktok_ads.sync.reader import Slice
from source_tiktok_ads.sync.records import Answer
from source_tiktok_ads.sync.refusals import Asked, GivenUp, Refusals, read_again, wrong_parameter
from source_tiktok_ads.sync.repeated_hour import RepeatedHour, folded
from source_tiktok_ads.sync.report_records import ReportRows
from source_tiktok_ads.sync.report_split import RequestLimits, RequestPart, RequestSplitter, TooManyRows, Truncated
from source_tiktok_ads.sync.totals import Ledger, Totals

# TikTok: faults of its servers on reports are often requests that are too large; from the third on, ask for less.
SERVER_ATTEMPTS = 3

MAX_ROWS = 1_000_000
"""A mark of every row of a request is kept until they add up, which takes 65 bytes."""

MAX_JOINED = 5_000
"""Parts that differ in their metrics are joined in memory, so they should have no more rows than this."""


NO_TOTALS = "TikTok refuses the totals of this report for the account, so its rows are not compared with them."
"""The sentence for an account whose totals are not compared any more."""

HOPELESS = 3
"""After so many incomplete parts that can't be smaller, a window's others are not split any more to complete them."""

Reading = Generator[list[bytes], None, Found]
"""Rows, page by page, and in the end what they come to."""


class TooManyToJoin(Exception):
    """More rows than should be joined at once."""


@dataclass(frozen=True)
class ReportContext:
    """What all windows of a stream share: how rows are read, what TikTok refuses, and what each account can answer."""

    rows: ReportRows
    refusals: Refusals
    limits: dict[str, RequestLimits] = field(default_factory=dict)
    unreadable: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True)
class WindowProgress:
    """What has come of a part of a window: marks of the rows that have left, and the rows of a repeated hour."""

    repeated: RepeatedHour
    emitted: set[int] = field(default_factory=set)


class Window:
    """One window of one account: its rows leave once each, in however many parts they are asked for."""

    def __init__(self, part: Slice, context: ReportContext) -> None:
        self._part = part
        self._context = context
        self._stream: Report = part.reader.stream
        self._warn = part.reader.warn_of(part)
        self._divider = RequestSplitter(self._stream, part.account.id, part.reader.sync.campaign_ids, context.limits)
        self._pairs = 0
        self._lacking: set[str] = set()
        self._shorts: list[str] = []

    def rows(self, days: DateRange) -> Iterator[list[bytes]]:
        """The rows, page by page, each as the inside of a JSON object. Raises TikTokError."""
        try:
            yield from self._whole(self._divider.whole(days), specials=True)
        except Incomplete as error:
            # Whether the account has special campaigns could not be listed.
            self._shorts.append(str(error))
        if self._shorts:
            self._part.mark_incomplete(" ".join(filter(None, (self._part.incomplete_reason, self._short()))))
        self._part.given_up = self._given_up()
        if self._pairs:
            self._warn(folded(self._pairs))

    def _given_up(self) -> GivenUp | None:
        """What some request of the window was answered without."""
        given_up = self._context.refusals.given_up(self._part.account.id)
        return replace(given_up, names=frozenset(self._lacking)) if given_up and self._lacking else None

    def _short(self) -> str:
        """What is known to be missing from the window."""
        first, *others = dict.fromkeys(self._shorts)
        return f"{first} The same holds for {len(others)} more parts of the window." if others else first

    def _whole(self, cut: RequestPart, *, specials: bool = False) -> Iterator[list[bytes]]:
        """The rows of a cut, each once; those of an hour that comes twice in the end, as one."""
        progress = WindowProgress(RepeatedHour(self._stream, cut.days.first, self._part.account.zone))
        yield from self._read(cut, progress)
        if specials:
            yield from self._specials(cut, progress)
        self._pairs = max(self._pairs, progress.repeated.pairs)
        yield progress.repeated.rows()

    def _specials(self, cut: RequestPart, progress: WindowProgress) -> Iterator[list[bytes]]:
        """The rows of campaigns that have to be asked for by themselves, where the account has such."""
        hidden = [special for special in HIDDEN_CAMPAIGNS if self._stream.hides(special)]
        found = self._part.reader.sync.campaign_ids.specials(self._part.account.id) if hidden else []
        for special in (special for special in found if special in hidden):
            yield from self._special(replace(cut, special=special), special.name, progress)

    def _special(self, cut: RequestPart, name: str, progress: WindowProgress) -> Iterator[list[bytes]]:
        refusals, account_id = self._context.refusals, self._part.account.id
        known = refusals.given_up(account_id)
        if known and name in known.names:
            self._lacking.add(name)
            return
        try:
            yield from read_again(
                partial(self._read, cut, progress), wrong_parameter, self._part.reader.sync.client.pause
            )
        except TikTokError as error:
            if not wrong_parameter(error):
                raise
            refusals.hides(account_id, name, error)
            self._lacking.add(name)

    def _read(self, cut: RequestPart, progress: WindowProgress) -> Reading:
        """The rows of a cut; of smaller ones where TikTok can't answer it, never asking the same again."""
        error: Exception | None = None
        cuts: Sequence[RequestPart] = self._divider.fitting(cut)
        if not cuts:
            try:
                return (yield from self._asked_for(cut, progress, SERVER_ATTEMPTS, READS_BEFORE_SPLIT))
            except (Truncated, TooManyRows, Incomplete, TikTokError) as caught:
                error, cuts = caught, self._smaller(cut, caught)
        if not cuts:
            return (yield from self._patiently(cut, progress))
        if cuts[0].metrics != cut.metrics:
            return (yield from self._joined(cut, cuts, progress))
        found = yield from self._each(cuts, progress)
        if isinstance(error, Incomplete) and cuts[0].days == cut.days:
            self._compare_with_whole(cut, error, found)
        return found

    def _smaller(
        self, cut: RequestPart, error: Truncated | TooManyRows | Incomplete | TikTokError
    ) -> Sequence[RequestPart]:
        """What to read instead of a cut; nothing where it is incomplete and so are the smallest parts of others."""
        if isinstance(error, Incomplete) and len(self._shorts) >= HOPELESS:
            return []
        try:
            return self._divider.smaller(cut, error)
        except Incomplete as unlisted:
            # The objects that the cut should be split by could not be listed.
            self._shorts.append(str(unlisted))
            return []

    def _each(self, cuts: Iterable[RequestPart], progress: WindowProgress) -> Reading:
        """The rows of several cuts."""
        ledger = Ledger()
        for cut in cuts:
            found = yield from self._read(cut, progress)
            ledger.add(found.sums, found.rows)
        return Found(ledger.rows, ledger.sums)

    def _compare_with_whole(self, cut: RequestPart, whole: Incomplete, found: Found) -> None:
        """The window is short where the parts of a cut have less than TikTok says of the whole.

        Objects that TikTok does not list are in none of the parts. Figures may have grown while the parts were read.
        """
        less = [
            difference
            for difference in self._totals().differences(found.sums, whole.expected, found.rows)
            if difference.found < difference.expected
        ]
        if less:
            named = ", ".join(map(str, less[:3]))
            self._shorts.append(
                f"{_place(cut)}: campaigns or ad groups read one by one lack rows of the whole: {named}."
            )
        elif not whole.expected and found.rows < whole.counted:
            self._shorts.append(
                f"{_place(cut)}: TikTok counts {whole.counted} rows, but campaigns or ad groups read one by one have "
                f"{found.rows}."
            )

    def _patiently(self, cut: RequestPart, progress: WindowProgress) -> Reading:
        """The rows of a cut that cannot be smaller; the window is short where they are incomplete even there."""
        try:
            return (yield from self._asked_for(cut, progress, TRIES, MAX_UNSPLIT_READS))
        except Incomplete as error:
            progress.repeated.hold()
            self._shorts.append(f"{_place(cut)}: {error}")
            return error.found

    def _asked_for(self, cut: RequestPart, progress: WindowProgress, server_attempts: int, readings: int) -> Reading:
        """The rows of a cut, without what TikTok refuses to give, read at most so many times.

        Raises TikTokError, Truncated, TooManyRows, TooManyToJoin or Incomplete.
        """
        refusals = self._context.refusals
        account_id = self._part.account.id
        asked = refusals.asked(account_id)
        # A part whose metrics are all refused asks for nothing: the others bring the rows.
        while self._metrics(cut, asked):
            attempts = self._attempts(
                partial(self._page, cut, asked, server_attempts), asked.totals, progress, readings
            )
            # One set serves both where nothing has left yet, as there may be a million rows.
            found = set[int]() if progress.emitted else progress.emitted
            try:
                brought = yield from read_until_consistent(
                    attempts, self._warn, self._part.reader.sync.prefetcher, progress.emitted, found
                )
            except TikTokError as error:
                if not self._part.reader.learn_page_size(self._part.account, error):
                    asked = refusals.less(account_id, asked, error)
            else:
                progress.repeated.hold()
                if refusals.gives_up_totals(account_id, asked):
                    self._warn(NO_TOTALS)
                self._lacking |= refusals.lacking(asked)
                return brought
        self._lacking |= refusals.lacking(asked)
        return Found()

    def _attempts(
        self, fetch: Callable[[int], Answer], with_totals: bool, progress: WindowProgress, readings: int
    ) -> Iterator[Attempt]:
        """So many readings of one request, each with collectors of its own."""
        totals = self._totals() if with_totals else None
        pieces = partial(self._context.rows.pieces, on_incomplete=self._part.mark_incomplete)
        repeated = progress.repeated.asked_for()
        for _ in range(readings):
            repeated.begin()
            yield Attempt(fetch, pieces, self._part.reader.page_size(self._part.account), totals, repeated.disambiguate)

    def _totals(self) -> Totals:
        columns = {name: self._stream.metric_columns[name] for name in self._stream.additive}
        return Totals(columns, self._part.account.currency, self._unreadable)

    def _unreadable(self, metric: str, value: Any, instead: Any = None, /) -> None:
        """Say once for each account that a total cannot be compared; one that is rounded can."""
        place = (self._part.account.id, metric)
        if instead is None and place not in self._context.unreadable:
            self._context.unreadable.add(place)
            self._warn(
                f"TikTok's total of {metric} is {str(value)[:40]!r}, which is no number; for account {place[0]} the "
                "rows are not compared with it."
            )

    def _metrics(self, cut: RequestPart, asked: Asked) -> list[str]:
        stream = self._stream
        wanted = {*(cut.metrics or stream.metrics), *stream.level.parents} - asked.without
        return [name for name in stream.metrics if name in wanted]

    def _params(self, cut: RequestPart, asked: Asked) -> Params:
        params = self._stream.params(self._part.account.id, cut.days.first, cut.days.last, asked.deleted, cut.only)
        return {**params, "metrics": self._metrics(cut, asked)}

    def _page(self, cut: RequestPart, asked: Asked, server_attempts: int, page: int) -> Any:
        # TikTok: totals are asked for on the first page.
        totals = {"enable_total_metrics": True} if asked.totals and page == 1 else {}
        params = {**self._params(cut, asked), **totals, "page": page}
        ask = partial(
            self._part.reader.ask,
            self._part,
            params,
            self._context.rows.decode,
            server_attempts=server_attempts,
            wrong=self._of_another,
            odd=partial(wrong_days, self._stream.grain.dimension, cut.days.first, cut.days.last),
        )
        reply = self._context.refusals.answered(self._part.account.id, asked, ask)
        if reply.cut:
            if self._divider.fewer_objects(cut):
                raise Truncated
            self._shorts.append("TikTok looked only at the newest ads of the account; rows of others are missing.")
        if page == 1:
            self._see_how_many(cut, page_info(reply.envelope) or PageInfo())
        return reply.envelope

    def _of_another(self, answer: Answer) -> str | None:
        """Why an answer is about another account; a Business Center's report is about many."""
        return wrong_account(self._part.account.id, answer) if self._stream.owner == "advertiser_id" else None

    def _see_how_many(self, cut: RequestPart, info: PageInfo) -> None:
        if info.total_number > MAX_ROWS and self._divider.fewer_days(cut):
            raise TooManyRows
        if cut.metrics and info.total_number > MAX_JOINED and self._divider.fewer_rows(cut):
            raise TooManyToJoin

    def _joined(self, cut: RequestPart, cuts: Iterable[RequestPart], progress: WindowProgress) -> Reading:
        """The rows of cuts that differ in their metrics, joined; of fewer rows at a time where they are too many."""
        try:
            rows = self._merged(cuts, progress)
        except TooManyToJoin:
            fewer = self._divider.fewer_rows(cut)
            self._divider.learn(fewer[0])
            return (yield from self._each(fewer, progress))
        found = Found(len(rows), self._totals().of_members(rows))
        yield rows
        return found

    def _merged(self, cuts: Iterable[RequestPart], progress: WindowProgress) -> list[bytes]:
        """The rows of cuts that differ in their metrics, joined; a row that only one of them has stays."""
        rows: dict[bytes, dict[str, Any]] = {}
        for cut in cuts:
            for members in (row for page in self._whole(cut) for row in page):
                row = json.loads(b"{%b}" % members)
                rows.setdefault(self._context.rows.key(row), {}).update(row)
        fresh = {key: row for key, row in rows.items() if mark_of(key) not in progress.emitted}
        progress.emitted.update(map(mark_of, fresh))
        return [records.to_json(row)[1:-1] for row in fresh.values()]


def _place(cut: RequestPart) -> str:
    """Which part of a window a cut is, in words."""
    days = f"{cut.days.first} to {cut.days.last}" if cut.days.length > 1 else str(cut.days.first)
    ids = f", {cut.by} {', '.join(cut.ids[:3])}{' ...' * (len(cut.ids) > 3)}" if cut.by else ""
    return f"{days}{ids}"
