"""Reads one window of a report: with one request, or in smaller parts if TikTok cannot answer that."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.api.pages import PageInfo, no_day_of, page_info, wrong_account, wrong_days
from source_tiktok_ads.api.retry import TRIES
from source_tiktok_ads.streams.model import HIDDEN_CAMPAIGNS, Report
from source_tiktok_ads.streams.parameters import Params
from source_tiktok_ads.sync import records
from source_tiktok_ads.sync.date_ranges import DateRange
from source_tiktok_ads.sync.pagination import (
    MAX_DIFFERENCES_NAMED,
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
from source_tiktok_ads.sync.totals import Ledger, Sums, Totals

# TikTok: its servers often fail on reports because the request is too large, so it is split after the third failure.
SERVER_ATTEMPTS = 3

MAX_ROWS = 1_000_000
"""How many rows a request should have: a mark of every row is kept in memory, which takes 65 bytes."""

MAX_JOINED = 5_000
"""How many rows parts with different metrics should have, because they are joined in memory."""


NO_TOTALS = "TikTok refuses the totals of this report for the account, so its rows are not compared with them."
"""The sentence for an account whose totals are not compared any more."""

HOPELESS = 3
"""After this many incomplete parts that cannot be split further, incomplete parts of the window are not split."""

Reading = Generator[list[bytes], None, Found]
"""Yields rows page by page; returns their number and sums."""


@dataclass(frozen=True)
class Whole:
    """What TikTok says of a request whose parts are read instead of it."""

    counted: int
    """The number of its rows; below 0 if TikTok gives none."""
    expected: Sums
    """Its totals; empty if TikTok gives none."""


class TooManyToJoin(Exception):
    """Parts with different metrics have more rows than may be joined in memory."""


@dataclass(frozen=True)
class ReportContext:
    """What all windows of a stream share: the conversion of rows, the refusals, and the limits of each account."""

    rows: ReportRows
    refusals: Refusals
    limits: dict[str, RequestLimits] = field(default_factory=dict)
    unreadable: set[tuple[str, str]] = field(default_factory=set)
    without_whole: set[str] = field(default_factory=set)
    """The accounts of which TikTok gives no count and totals for what is read campaign by campaign."""


@dataclass(frozen=True)
class WindowProgress:
    """What was read of a window so far: the rows of a repeated hour, and marks of the rows that were emitted."""

    repeated: RepeatedHour
    emitted: set[int] = field(default_factory=set)


class Window:
    """One window of one account. Each row is emitted once, in however many parts the window is requested."""

    def __init__(self, window_slice: Slice, context: ReportContext) -> None:
        self._slice = window_slice
        self._context = context
        self._stream: Report = window_slice.reader.stream
        self._warn = window_slice.reader.warn_of(window_slice)
        self._splitter = RequestSplitter(
            self._stream, window_slice.account.id, window_slice.reader.sync.campaign_ids, context.limits
        )
        self._merged_pairs = 0
        self._refused_names: set[str] = set()
        self._missing: list[str] = []
        self._with_totals: list[RequestPart] = []

    def rows(self, days: DateRange) -> Iterator[list[bytes]]:
        """The rows page by page, each as the members of a JSON object without braces. Raises TikTokError."""
        try:
            yield from self._read_whole(self._splitter.whole(days), with_hidden=True)
        except Incomplete as error:
            # The list that shows whether the account has hidden campaigns is incomplete.
            self._missing.append(str(error))
        if self._missing:
            self._slice.mark_incomplete(
                " ".join(filter(None, (self._slice.incomplete_reason, self._missing_sentence())))
            )
        self._slice.given_up = self._given_up()
        if self._merged_pairs:
            self._warn(folded(self._merged_pairs))

    def _given_up(self) -> GivenUp | None:
        """What TikTok refused to some request of the window; None if nothing."""
        given_up = self._context.refusals.given_up(self._slice.account.id)
        return replace(given_up, names=frozenset(self._refused_names)) if given_up and self._refused_names else None

    def _missing_sentence(self) -> str:
        """A sentence on what is missing from the window."""
        first, *others = dict.fromkeys(self._missing)
        return f"{first} The same holds for {len(others)} more parts of the window." if others else first

    def _read_whole(self, part: RequestPart, *, with_hidden: bool = False) -> Iterator[list[bytes]]:
        """The rows of a part, each once. The merged rows of a repeated hour come last."""
        progress = WindowProgress(RepeatedHour(self._stream, part.days.first, self._slice.account.zone))
        yield from self._read_part(part, progress)
        if with_hidden:
            yield from self._read_hidden(part, progress)
        self._merged_pairs = max(self._merged_pairs, progress.repeated.pairs)
        yield progress.repeated.rows()

    def _read_hidden(self, part: RequestPart, progress: WindowProgress) -> Iterator[list[bytes]]:
        """The rows of the hidden campaigns of the account, which need requests of their own."""
        hidden = [special for special in HIDDEN_CAMPAIGNS if self._stream.hides(special)]
        found = self._slice.reader.sync.campaign_ids.specials(self._slice.account.id) if hidden else []
        for special in (special for special in found if special in hidden):
            yield from self._read_hidden_type(replace(part, special=special), special.name, progress)

    def _read_hidden_type(self, part: RequestPart, name: str, progress: WindowProgress) -> Iterator[list[bytes]]:
        refusals, account_id = self._context.refusals, self._slice.account.id
        known = refusals.given_up(account_id)
        if known and name in known.names:
            self._refused_names.add(name)
            return
        try:
            yield from read_again(
                partial(self._read_part, part, progress), wrong_parameter, self._slice.reader.sync.client.pause
            )
        except TikTokError as error:
            if not wrong_parameter(error):
                raise
            refusals.hides(account_id, name, error)
            self._refused_names.add(name)

    def _read_part(self, part: RequestPart, progress: WindowProgress) -> Reading:
        """The rows of a part; of smaller parts if TikTok cannot answer it. No request is repeated."""
        error: Exception | None = None
        parts: Sequence[RequestPart] = self._splitter.fitting(part)
        if not parts:
            try:
                return (yield from self._read_request(part, progress, SERVER_ATTEMPTS, READS_BEFORE_SPLIT))
            except (Truncated, TooManyRows, Incomplete, TikTokError) as caught:
                error, parts = caught, self._split(part, caught)
        if not parts:
            return (yield from self._read_unsplittable(part, progress))
        if parts[0].metrics != part.metrics:
            return (yield from self._read_joined(part, parts, progress))
        by_objects = parts[0].days == part.days
        whole = self._whole(part, error, by_objects)
        found = yield from self._read_parts(parts, progress)
        if whole and (less := self._less_than_whole(whole, found)):
            self._report_less(part, less, by_objects)
        return found

    def _whole(self, part: RequestPart, error: Exception | None, by_objects: bool) -> Whole | None:
        """TikTok's count and totals of a part that is read in smaller ones; None if they are not known."""
        if isinstance(error, Incomplete):
            return Whole(error.counted, error.expected)
        return self._ask_whole(part) if by_objects else None

    def _ask_whole(self, part: RequestPart) -> Whole | None:
        """TikTok's count and totals of a part that has to be read campaign by campaign; None if it gives none.

        They take a page of one row, which TikTok may answer although the part is too large for it. The first time it
        does not, the account is not asked again.
        """
        account_id = self._slice.account.id
        if part.by or self._stream.most_ids or account_id in self._context.without_whole:
            return None
        asked = self._context.refusals.asked(account_id)
        try:
            envelope = self._fetch_page(self._splitter.with_some_metrics(part), asked, 1, 1, size=1)
        except (TikTokError, Truncated):
            envelope = Answer(0)
        info, expected = page_info(envelope) or PageInfo(), self._totals().expected(envelope) if asked.totals else {}
        if info.total_number < 0 and not expected:
            self._context.without_whole.add(account_id)
            return None
        return Whole(info.total_number, expected)

    def _split(
        self, part: RequestPart, error: Truncated | TooManyRows | Incomplete | TikTokError
    ) -> Sequence[RequestPart]:
        """The parts to read instead of a part; empty after HOPELESS smallest parts that were incomplete."""
        if isinstance(error, Incomplete) and len(self._missing) >= HOPELESS:
            return []
        try:
            return self._splitter.smaller(part, error)
        except Incomplete as unlisted:
            # The objects to split the part by could not be listed.
            self._missing.append(str(unlisted))
            return []

    def _read_parts(self, parts: Iterable[RequestPart], progress: WindowProgress) -> Reading:
        """The rows of several parts."""
        ledger = Ledger()
        for part in parts:
            found = yield from self._read_part(part, progress)
            ledger.add(found.sums, found.rows)
        return Found(ledger.rows, ledger.sums)

    def _less_than_whole(self, whole: Whole, found: Found) -> str:
        """What the parts of a request have less than TikTok says of the whole; empty if nothing.

        More is accepted, because figures may have grown while the parts were read.
        """
        less = [
            str(difference)
            for difference in self._totals().differences(found.sums, whole.expected, found.rows)
            if difference.found < difference.expected
        ]
        if not whole.expected and found.rows < whole.counted:
            less = [f"rows {found.rows} (TikTok counts {whole.counted})"]
        return ", ".join(less[:MAX_DIFFERENCES_NAMED])

    def _report_less(self, part: RequestPart, less: str, by_objects: bool) -> None:
        """Mark the window as incomplete if its campaigns have less than the whole, and warn if its days have.

        Objects that TikTok does not list are in none of the parts. Days leave nothing out, so the count and totals of
        the days themselves are believed.
        """
        if by_objects:
            self._missing.append(
                f"{_place(part)}: campaigns or ad groups read one by one lack rows of the whole: {less}."
            )
        else:
            self._warn(
                f"{_place(part)}: days read one by one have less than TikTok says of all: {less}; they are taken."
            )

    def _read_unsplittable(self, part: RequestPart, progress: WindowProgress) -> Reading:
        """The rows of a part that cannot be split, read with more attempts. The window may remain incomplete."""
        try:
            return (yield from self._read_request(part, progress, TRIES, MAX_UNSPLIT_READS))
        except Incomplete as error:
            progress.repeated.hold()
            self._missing.append(f"{_place(part)}: {error}")
            return error.found

    def _read_request(
        self, part: RequestPart, progress: WindowProgress, server_attempts: int, readings: int
    ) -> Reading:
        """The rows of a part, read at most `readings` times, without what TikTok refuses.

        Raises TikTokError, Truncated, TooManyRows, TooManyToJoin or Incomplete.
        """
        refusals = self._context.refusals
        account_id = self._slice.account.id
        asked = refusals.asked(account_id)
        # A part whose metrics are all refused sends no request: the other parts have the rows.
        while self._metrics(part, asked):
            attempts = self._attempts(
                partial(self._fetch_page, part, asked, server_attempts), asked.totals, progress, readings
            )
            # To save memory, one set serves both purposes until rows were emitted: there may be a million rows.
            found = set[int]() if progress.emitted else progress.emitted
            try:
                brought = yield from read_until_consistent(
                    attempts, self._warn, self._slice.reader.sync.prefetcher, progress.emitted, found
                )
            except TikTokError as error:
                if not self._slice.reader.learn_page_size(self._slice.account, error):
                    asked = refusals.less(account_id, asked, error, had_totals=part in self._with_totals)
            else:
                progress.repeated.hold()
                if refusals.gives_up_totals(account_id, asked):
                    self._warn(NO_TOTALS)
                self._refused_names |= refusals.lacking(asked)
                return brought
        self._refused_names |= refusals.lacking(asked)
        return Found()

    def _attempts(
        self, fetch: Callable[[int], Answer], with_totals: bool, progress: WindowProgress, readings: int
    ) -> Iterator[Attempt]:
        """The attempts to read one request, each with its own collector of repeated hours."""
        totals = self._totals() if with_totals else None
        pieces = partial(self._context.rows.pieces, on_incomplete=self._slice.mark_incomplete)
        repeated = progress.repeated.asked_for()
        for _ in range(readings):
            repeated.begin()
            yield Attempt(
                fetch, pieces, self._slice.reader.page_size(self._slice.account), totals, repeated.disambiguate
            )

    def _totals(self) -> Totals:
        columns = {name: self._stream.metric_columns[name] for name in self._stream.additive}
        return Totals(columns, self._slice.account.currency, self._warn_of_total)

    def _warn_of_total(self, metric: str, value: Any, instead: Any = None, /) -> None:
        """Warn once for each account and metric that a total cannot be compared. A rounded total can."""
        place = (self._slice.account.id, metric)
        if instead is None and place not in self._context.unreadable:
            self._context.unreadable.add(place)
            self._warn(
                f"TikTok's total of {metric} is {str(value)[:40]!r}, which is no number; for account {place[0]} the "
                "rows are not compared with it."
            )

    def _metrics(self, part: RequestPart, asked: Asked) -> list[str]:
        stream = self._stream
        wanted = {*(part.metrics or stream.metrics), *stream.level.parents} - asked.without
        return [name for name in stream.metrics if name in wanted]

    def _params(self, part: RequestPart, asked: Asked) -> Params:
        params = self._stream.params(self._slice.account.id, part.days.first, part.days.last, asked.deleted, part.only)
        return {**params, "metrics": self._metrics(part, asked)}

    def _fetch_page(
        self, part: RequestPart, asked: Asked, server_attempts: int, page: int, size: int | None = None
    ) -> Any:
        # TikTok: only the first page has totals.
        totals = {"enable_total_metrics": True} if asked.totals and page == 1 else {}
        sized = {"page_size": size} if size else {}
        params = {**self._params(part, asked), **totals, **sized, "page": page}
        ask = partial(
            self._slice.reader.ask,
            self._slice,
            params,
            self._context.rows.decode,
            server_attempts=server_attempts,
            wrong=self._wrong_account,
            unlikely=partial(wrong_days, self._stream.grain.dimension, part.days.first, part.days.last),
        )
        reply = self._context.refusals.answered(self._slice.account.id, asked, ask)
        if reply.cut:
            if self._splitter.fewer_objects(part):
                raise Truncated
            self._missing.append("TikTok looked only at the newest ads of the account; rows of others are missing.")
        if no_day_of(self._stream.grain.dimension, part.days.first, part.days.last, reply.envelope):
            self._missing.append(f"{_place(part)}: all rows of an answer are of other days.")
        if page == 1 and size is None:
            self._check_row_count(part, page_info(reply.envelope) or PageInfo())
        if totals:
            self._with_totals.append(part)
        return reply.envelope

    def _wrong_account(self, answer: Answer) -> str | None:
        """Why an answer belongs to another account; None if not. The report of a Business Center covers many."""
        return wrong_account(self._slice.account.id, answer) if self._stream.owner == "advertiser_id" else None

    def _check_row_count(self, part: RequestPart, info: PageInfo) -> None:
        if info.total_number > MAX_ROWS and self._splitter.fewer_days(part):
            raise TooManyRows
        if part.metrics and info.total_number > MAX_JOINED and self._splitter.fewer_rows(part):
            raise TooManyToJoin

    def _read_joined(self, part: RequestPart, parts: Iterable[RequestPart], progress: WindowProgress) -> Reading:
        """The rows of parts with different metrics, joined. If there are too many, smaller parts are joined."""
        try:
            rows = self._join_rows(parts, progress)
        except TooManyToJoin:
            fewer = self._splitter.fewer_rows(part)
            self._splitter.learn(fewer[0])
            return (yield from self._read_parts(fewer, progress))
        found = Found(len(rows), self._totals().of_members(rows))
        yield rows
        return found

    def _join_rows(self, parts: Iterable[RequestPart], progress: WindowProgress) -> list[bytes]:
        """The rows of parts with different metrics, joined by key. A row that only one part has is kept."""
        rows: dict[bytes, dict[str, Any]] = {}
        for part in parts:
            for members in (row for page in self._read_whole(part) for row in page):
                row = json.loads(b"{%b}" % members)
                rows.setdefault(self._context.rows.key(row), {}).update(row)
        fresh = {key: row for key, row in rows.items() if mark_of(key) not in progress.emitted}
        progress.emitted.update(map(mark_of, fresh))
        return [records.to_json(row)[1:-1] for row in fresh.values()]


def _place(part: RequestPart) -> str:
    """The days and objects of a part, for sentences."""
    days = f"{part.days.first} to {part.days.last}" if part.days.length > 1 else str(part.days.first)
    ids = f", {part.by} {', '.join(part.ids[:3])}{' ...' * (len(part.ids) > 3)}" if part.by else ""
    return f"{days}{ids}"
