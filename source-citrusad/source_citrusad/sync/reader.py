"""Reads one table: query after query, each known to fit before a row of it leaves, and whole before it counts."""

from __future__ import annotations

import hashlib
import math
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from source_citrusad.api.client import Asked, Attempt
from source_citrusad.api.errors import BigQueryError, Meaning
from source_citrusad.api.queries import LEAST_BILLED, Job, Page, Queries
from source_citrusad.tables.model import Selection
from source_citrusad.tables.rows import RecordLines, compiled
from source_citrusad.tables.sql import DAY, Piece, select

from .budget import Budget, NeverEnough, OutOfBudget
from .days import last_whole_day
from .places import Places
from .sizes import CALLS_TO_SPARE, HEADROOM, Sizes
from .state import StreamState, Unfinished

T = TypeVar("T")
ROWS_AT_ONCE = 2_000
MOST_PARTS = 10_000
ROWS_COMPARED = 50
"""How many rows that have left are compared with a job's, before what is behind them is believed to follow."""
# BigQuery: the results of a query are kept for about 24 hours.
KEPT_RESULTS = timedelta(hours=23)
REPAIRS = 3
"""How often in a row the rest of a slice is asked for again without a new row."""


class TableError(Exception):
    """A table can't be read; the text is a sentence for the user."""


class NotNow(Exception):
    """A table can't be read at the moment; the text is a sentence for the user."""


@dataclass(frozen=True)
class Rows:
    """Records on their way out: whole lines, and how many they are."""

    lines: bytes
    count: int


@dataclass(frozen=True)
class Checkpoint:
    """What has left up to here is whole: the state may say so."""


Event = Attempt | Rows | Checkpoint
Events = Generator[Event, None, None]


@dataclass
class Context:
    """What all tables of a sync share."""

    project: str
    queries: Queries
    budget: Budget
    places: Places
    download_limit: int
    exact: bool
    clock: Callable[[], datetime]
    warn: Callable[[str], None]
    note: Callable[[str], None]


class Reader:
    """Reads one table as its state says, and moves the state; `events` is what a sync drives.

    Where `resumes`, parts of a day and the days themselves are remembered over syncs; a full refresh starts anew.
    """

    def __init__(
        self, table: Selection, context: Context, state: StreamState, start: date, lookback: int, resumes: bool
    ) -> None:
        self.table = table
        self.state = state
        self.sql = ""
        self._context = context
        self._start = start
        self._lookback = lookback
        self._resumes = resumes
        self._sizes = Sizes(state.learned, context.download_limit)
        self._least_guard = 0
        self._fields: Sequence[object] = ()
        self._lines: RecordLines | None = None
        self._tail: list[bytes] = []
        self._asked_at = context.clock()
        self.midway = False

    # --- Days ---------------------------------------------------------------------------------------------------------

    @property
    def last_day(self) -> date:
        """The last day that may be read now."""
        return last_whole_day(self._context.clock())

    def days_left(self) -> int:
        """How many whole days are not read yet."""
        after = self.state.cursor + DAY if self.state.cursor else self._start
        return max(0, (self.last_day - after).days + 1) if self.table.partition else 0

    def syncs_left(self) -> int:
        """How many more syncs, each on a day of its own, the days left will about take."""
        if self._context.budget.pages_free:
            return 1
        pages = self.days_left() * self._sizes.wire_day / self._sizes.page
        return max(1, math.ceil(pages / self._context.budget.fair_calls))

    def _pieces(self, unfinished: Unfinished | None) -> list[Piece]:
        """What is to be read: everything where the table has no partition, else the days that are new and whole.

        What is unfinished comes first.
        """
        if self.table.partition is None:
            return [Piece()]
        state, end = self.state, self.last_day + DAY
        if unfinished and unfinished.piece.parts == 1:
            after = unfinished.piece.end
            return [unfinished.piece, Piece(after, end)] if after and after < end else [unfinished.piece]
        if state.cursor is None:
            return self._first_pieces(end) if self._start < end else []
        if state.cursor >= self.last_day:
            return []
        begun = self._begun()
        if begun:
            after = begun[0].end
            return [*begun, Piece(after, end)] if after and after < end else begun
        first = max(self._start, state.cursor + DAY - self._lookback * DAY)
        return [Piece(first, end, nulls=not state.nulls)]

    def _first_pieces(self, end: date) -> list[Piece]:
        """All days, and the rows that lie in no day: a query of their own, or once with the first days read."""
        if not self._resumes:
            return [Piece(self._start, end), Piece(nulls=True)]
        self._context.note(
            f"{self.table.title}: rows whose {self.table.partition} is null lie in no day. They are read once, with "
            "the first days; such rows that come later are seen by a full refresh only."
        )
        return [Piece(self._start, end, nulls=True)]

    def _begun(self) -> list[Piece]:
        """The parts left of a day that an earlier sync has begun."""
        state = self.state
        if state.pieces and state.fingerprint != self.table.fingerprint:
            self._context.warn(
                f"{self.table.title}: other columns are selected than when {state.pieces[0].start} was begun, so that "
                "day is read again from its start."
            )
            return []
        return [*state.pieces]

    # --- Reading ------------------------------------------------------------------------------------------------------

    def events(self) -> Events:
        """Read. Raises OutOfBudget, NeverEnough, TableError, BigQueryError, KeyRefused and BadCell."""
        if not self.table.columns:
            raise TableError(f"No column of {self.table.title} is selected: select some, or leave the stream out.")
        if self.state.since is None:
            self.state.since = self._start
        unfinished = self._unfinished()
        work = deque(self._pieces(unfinished))
        yield from self._measure(work)
        while work:
            piece = work.popleft() if unfinished else self._fitting(work)
            if (yield from self._whole(piece, work, unfinished)):
                self._advance(piece, work)
                yield Checkpoint()
            unfinished = None

    def _measure(self, work: deque[Piece]) -> Events:
        """Learn the size of a day by a dry run over all days, where it is not known and there are some."""
        if not work or self._sizes.known or work[0].days < 2:
            return
        whole = replace(work[0], nulls=False)
        scanned = yield from self._placed(lambda location: self._context.queries.dry_run(self._select(whole), location))
        self._sizes.learned.scan_day = scanned / whole.days

    def _fitting(self, work: deque[Piece]) -> Piece:
        """Take the first days that should fit from the work, or its first part. Raises OutOfBudget, NeverEnough."""
        piece = work.popleft()
        budget = self._context.budget
        if budget.calls_left < 1:
            raise OutOfBudget(budget.calls_spent())
        self._afford(max(LEAST_BILLED, int(self._sizes.learned.scan_day)))
        fits = self._sizes.days(math.inf if budget.pages_free else budget.calls_left, budget.scan_left)
        if piece.days > 1 and fits < piece.days and piece.parts == 1:
            piece, rest = piece.split(max(1, int(fits)))
            work.appendleft(rest)
        return piece

    def _afford(self, scan: int) -> None:
        """Raise where so many bytes can't be scanned any more: OutOfBudget this month, NeverEnough in any."""
        budget = self._context.budget
        if scan > budget.month_scan:
            raise NeverEnough(
                f"{self.table.title} needs a scan of {scan / 1e9:.3g} GB at once, and monthly_scan_tb allows "
                f"{budget.month_scan / 1e9:.3g} GB a month: raise it if your agreement allows more, or leave the "
                "table out."
            )
        if scan > budget.scan_left:
            raise OutOfBudget(budget.scan_spent())

    def _first_page(self, piece: Piece, work: deque[Piece]) -> Asked[Page | None]:
        """The first page of a piece, with rows if it has any; None where it is asked for in smaller pieces instead."""
        budget = self._context.budget
        guard = int(min(max(self._sizes.guard(), self._least_guard), budget.scan_left))
        budget.reserve(guard)
        try:
            page = yield from self._placed(
                lambda location: self._context.queries.run(self._select(piece), location, guard)
            )
            self._tail, self._asked_at = [], self._context.clock()
        except BigQueryError as error:
            # What no answer was heard of may have been billed.
            budget.settle(guard, guard if error.meaning is Meaning.RETRY else 0)
            self._refused(piece, work, error, guard)
            return None
        budget.settle(guard, page.billed)
        page = yield from self._with_rows(page)
        if page.total < 0:
            raise TableError(f"BigQuery does not say how many rows {self.table.title} gives: run the sync again.")
        return None if self._too_large(piece, work, page) else page

    def _with_rows(self, page: Page) -> Asked[Page]:
        """A query's first page that has rows and says how many there are, or the last that was asked for."""
        for _ in range(REPAIRS):
            if page.total >= 0 and (page.rows or not page.token):
                break
            try:
                if page.total >= 0:
                    page = yield from self._context.queries.following(page)
                else:
                    page = yield from self._context.queries.from_row(page.job, 0)
            except BigQueryError as error:
                # No row has left yet: the query may be run again.
                _only_lost(error)
                page, _ = yield from self._again(page, 0)
        return page

    def _placed(self, ask: Callable[[str], Asked[T]]) -> Asked[T]:
        """Ask where the dataset lies, and once more where it has moved to."""
        places, dataset = self._context.places, self.table.dataset
        location = yield from places.of(dataset)
        if location is None and places.gap:
            raise NotNow(f"The dataset {dataset} is not seen. {places.gap} Run the sync again later.")
        if location is None:
            raise TableError(
                f"The dataset {dataset} is not visible to {self._context.queries.client.email}: ask CitrusAd to grant "
                "it, or leave its tables out."
            )
        try:
            return (yield from ask(location))
        except BigQueryError as error:
            moved = (yield from places.again(dataset)) if error.meaning is Meaning.MISSING else None
            if moved is None:
                raise
        return (yield from ask(moved))

    def _select(self, piece: Piece) -> str:
        self.sql = select(self._context.project, self.table, piece)
        return self.sql

    # --- Smaller pieces -----------------------------------------------------------------------------------------------

    def _refused(self, piece: Piece, work: deque[Piece], error: BigQueryError, guard: int) -> None:
        """Put smaller pieces into the work, or the same with a higher guard. Raises the error where neither helps."""
        if error.filter_columns and piece.nulls and piece.days:
            # Whether BigQuery takes "or null" for a filter on partitions is not documented.
            work.extendleft((replace(piece, nulls=False), Piece(nulls=True)))
        elif error.meaning is not Meaning.SHORTEN:
            raise error
        elif error.reason != "bytesBilledLimitExceeded":
            self._shorten(piece, work, 0.5, error)
        elif piece.days > 1 and piece.parts == 1:
            self._shorten(piece, work, min(0.5, guard / (error.bytes_required or 2 * guard)), error)
        else:
            # Fewer rows would scan as much: only a higher guard helps.
            needed = int(HEADROOM * (error.bytes_required or 4 * guard))
            self._afford(needed)
            self._least_guard = max(needed, 2 * guard)
            work.appendleft(piece)

    def _too_large(self, piece: Piece, work: deque[Piece], page: Page) -> bool:
        """Whether a query brings more than may be downloaded or than calls are left for; then smaller pieces wait."""
        size, budget = self._sizes.of(page), self._context.budget
        fits = min(1.0, self._sizes.download / max(1, size.wire))
        calls = budget.calls_left
        if not budget.pages_free and size.pages - 1 > calls:
            self._sizes.learn_day(piece.days if piece.parts == 1 else 0, page.scanned, size.wire)
            # What begins anew needs all its calls on one day; a single day is read in parts only where a whole day's
            # share would not do for it either.
            waits = not self._resumes or (piece.days <= 1 and size.pages <= budget.fair_calls)
            if calls < 1 or waits:
                raise OutOfBudget(f"{budget.calls_spent()} {self.table.title} takes {size.pages} calls at once.")
            fits = min(fits, (calls if piece.days > 1 else budget.fair_calls) * CALLS_TO_SPARE / size.pages)
        if fits == 1.0:
            return False
        self._sizes.learn_day(piece.days if piece.parts == 1 else 0, page.scanned, size.wire)
        self._shorten(piece, work, fits, None)
        return True

    def _shorten(self, piece: Piece, work: deque[Piece], fits: float, error: BigQueryError | None) -> None:
        """Put pieces into the work of which each should bring `fits` of what the piece would. Raises the error."""
        if piece.days > 1 and piece.parts == 1:
            work.extendleft(reversed(piece.split(max(1, min(piece.days - 1, int(piece.days * fits * 0.95))))))
            return
        number = math.ceil(1.1 / fits)
        if piece.parts * number > MOST_PARTS:
            raise error or TableError(f"{self.table.title} can't be read in parts that are small enough.")
        if piece.parts == 1:
            what = f"The day {piece.start} of {self.table.title}" if piece.days else self.table.title
            self._context.warn(f"{what} is too large for one query: it is read in parts, and each scans it again.")
        work.extendleft(reversed(piece.divided(number)))

    # --- Rows ---------------------------------------------------------------------------------------------------------

    def _whole(self, piece: Piece, work: deque[Piece], unfinished: Unfinished | None) -> Generator[Event, None, bool]:
        """All rows of a piece, or those that are unfinished, as many as its query said there are.

        Whether they were read; if not, the work holds what to ask instead. Raises TableError, BadCell.
        """
        # Asked for here, not by the caller, whose frame would keep the first page in memory beside all others.
        page = yield from (self._behind_unfinished(unfinished, work) if unfinished else self._first_page(piece, work))
        if page is None:
            return False
        if piece.parts > 1:
            # So that the state knows the parts before a row of the first one leaves.
            self._advance(piece, deque([piece, *work]))
        first, reached, wire, idle, repeated = page, unfinished.rows if unfinished else 0, 0, 0, 0
        while True:
            yield from self._rows(page)
            reached += len(page.rows)
            wire += page.size
            self.midway = reached > 0
            self._tail = [bytes(row) for row in page.rows[-ROWS_COMPARED:]] or self._tail
            idle = 0 if page.rows else idle + 1
            # A page's rows are bytes of its whole body, which would stay in memory beside the next one's.
            page, first = replace(page, rows=()), replace(first, rows=())
            if reached >= first.total:
                break
            yield from self._remember(piece, page.job, first.total, reached)
            if idle > REPAIRS or repeated > REPAIRS:
                raise self._never_whole(reached, first.total)
            page, begun = yield from self._next(first, page, reached)
            if begun < reached:
                first, reached, wire, repeated = page, begun, 0, repeated + 1
        self.midway, self.state.unfinished = False, None
        if piece.parts == 1 and not unfinished:
            self._sizes.learn_day(piece.days, first.scanned, wire)
        return True

    def _never_whole(self, reached: int, total: int) -> TableError:
        """The error of a query whose rows do not come; the state forgets the query, so that the next sync asks anew."""
        self.state.unfinished = None
        return TableError(
            f"BigQuery gave {reached} of {total} rows of {self.table.title} and no more: run the sync again, which "
            "reads them from the first."
        )

    def _rows(self, page: Page) -> Iterator[Rows]:
        now = int(time.time() * 1000)
        writer = self._writer(page)
        for start in range(0, len(page.rows), ROWS_AT_ONCE):
            rows = page.rows[start : start + ROWS_AT_ONCE]
            yield Rows(writer.lines(rows, now), len(rows))

    def _writer(self, page: Page) -> RecordLines:
        """What writes the rows of a page, made anew only where the answer's columns are others."""
        if self._lines is None or self._fields != page.fields:
            record = compiled(page.fields, self._context.exact)
            self._fields, self._lines = page.fields, RecordLines(self.table.name, self.table.dataset, record)
        return self._lines

    def _next(self, first: Page, page: Page, reached: int) -> Asked[tuple[Page, int]]:
        """The page after so many rows, and the rows that are then behind: none where the slice begins anew."""
        if page.token:
            self._sizes.learn_page(page.size)
            try:
                return (yield from self._context.queries.following(page)), reached
            except BigQueryError as error:
                _only_lost(error)
        # The token is gone, or the pages have ended early: the job still has its rows, in the same order.
        try:
            rest = yield from self._behind(page.job, reached)
            if rest and rest.rows:
                return rest, reached
        except BigQueryError as error:
            _only_lost(error)
        return (yield from self._again(first, reached))

    def _behind(self, job: Job, reached: int) -> Asked[Page | None]:
        """The rows of a job from those on that have left; None where the last that left are not the ones before them.

        Then rows are missing in the middle, or the job's order is another.
        """
        tail = self._tail
        page = yield from self._context.queries.from_row(job, reached - len(tail))
        if [bytes(row) for row in page.rows[: len(tail)]] != tail:
            return None
        return replace(page, rows=page.rows[len(tail) :])

    def _again(self, first: Page, reached: int) -> Asked[tuple[Page, int]]:
        """Run the query again: from the cache its rows come in the same order, else the slice begins anew."""
        budget, queries = self._context.budget, self._context.queries
        guard = int(HEADROOM * max(first.scanned, 2 * LEAST_BILLED))
        self._afford(guard)
        budget.reserve(guard)
        sql = self.sql
        page = yield from self._placed(lambda location: queries.run(sql, location, guard))
        self._asked_at = self._context.clock()
        budget.settle(guard, page.billed)
        if reached and page.cached and page.total == first.total:
            rest = yield from self._behind(page.job, reached)
            if rest:
                return rest, reached
        if reached:
            self._context.warn(
                f"The results of a query on {self.table.title} were not whole after {reached} rows: they are read "
                "again from the first, so these rows come twice."
            )
        return page, 0

    # --- What an earlier sync has begun -------------------------------------------------------------------------------

    def _unfinished(self) -> Unfinished | None:
        """The query that an earlier sync was reading when it ended, where this one can go on behind its rows."""
        found = self.state.unfinished
        if not found:
            return None
        due = self.state.cursor + DAY if self.state.cursor else self._start
        next_part = found.piece.parts == 1 or self.state.pieces[:1] == (found.piece,)
        same = found.piece.start == due and next_part and found.sql == _hash([self._select(found.piece).encode()])
        if same and self._context.clock() - found.asked_at < KEPT_RESULTS:
            return found
        self._given_up(found)
        return None

    def _behind_unfinished(self, unfinished: Unfinished, work: deque[Piece]) -> Asked[Page | None]:
        """The rows of that query behind those that have left; None, its piece at work again, where they are gone."""
        self._select(unfinished.piece)
        compared = unfinished.compared
        try:
            page = yield from self._context.queries.from_row(unfinished.job, unfinished.rows - compared)
        except BigQueryError as error:
            if error.meaning in (Meaning.RETRY, Meaning.QUOTA):
                raise
            page = None
        if page and page.total == unfinished.total:
            self._tail, self._asked_at = [bytes(row) for row in page.rows[:compared]], unfinished.asked_at
            if _hash(self._tail) == unfinished.tail:
                return replace(page, rows=page.rows[compared:])
        self._given_up(unfinished)
        work.appendleft(unfinished.piece)
        return None

    def _given_up(self, unfinished: Unfinished) -> None:
        self.state.unfinished = None
        self._context.warn(
            f"{unfinished.rows} rows of {self.table.title} left in a sync that did not come to the end of their slice, "
            "and the results of their query are gone: the slice is read again, so these rows come twice."
        )

    def _remember(self, piece: Piece, job: Job, total: int, reached: int) -> Iterator[Checkpoint]:
        """Keep in the state how many rows of a query have left, so that another sync can go on behind them."""
        # With a look-back days come again in any case, and they may have changed.
        if not self._resumes or not piece.days or not reached or self._lookback:
            return
        self.state.unfinished = Unfinished(
            piece,
            job,
            reached,
            total,
            len(self._tail),
            _hash(self._tail),
            _hash([self.sql.encode()]),
            self._asked_at,
        )
        # A page that counts is announced, and the state leaves with that; one that is free is not.
        if self._context.budget.pages_free:
            yield Checkpoint()

    # --- State --------------------------------------------------------------------------------------------------------

    def _advance(self, piece: Piece, work: deque[Piece]) -> None:
        """Move the state over a piece whose rows have all left."""
        if self.table.partition is None:
            return
        state = self.state
        state.nulls = state.nulls or not any(waiting.nulls for waiting in work)
        following = work[0].start if work else piece.end
        if following:
            state.cursor = max(state.cursor or date.min, following - DAY)
        parts = [waiting for waiting in work if waiting.parts > 1 and waiting.start and waiting.start == following]
        state.pieces, state.fingerprint = tuple(parts), self.table.fingerprint


def _only_lost(error: BigQueryError) -> None:
    """Raise an error that is not about a page or job that is gone."""
    if error.meaning not in (Meaning.GONE, Meaning.MISSING, Meaning.RESTART):
        raise error


def _hash(parts: Sequence[bytes]) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return found.hexdigest()[:32]
