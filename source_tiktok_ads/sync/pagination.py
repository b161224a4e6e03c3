"""Reads lists page by page until what was read is complete: the one definition of complete for all streams.

A request is complete when its different rows are as many as TikTok counts and, where TikTok gives totals, add up to
them. Equal readings alone prove nothing: they only show that the answer is stable.
"""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Semaphore
from typing import Any, TypeVar

from source_tiktok_ads.api.errors import Action, TikTokError, TimedOut, TooLarge
from source_tiktok_ads.api.pages import PageInfo, page_info
from source_tiktok_ads.sync.records import Answer, Key, Piece
from source_tiktok_ads.sync.totals import Difference, Ledger, Sums, Totals

MAX_READS = 3
"""After so many readings that all found the same rows, a request counts as incomplete: another would find them too."""

READS_BEFORE_SPLIT = 2
"""How often a request is read that can be split into smaller ones."""

MAX_UNSPLIT_READS = 9
"""How often a request that cannot be split is read while its readings differ, because rows keep changing places.

A list is read in pages of another size from the third time on."""

SMALLEST_PAGE = 10
"""Where TikTok can't answer a page of so many rows, it is not the size."""

MAX_IDLE_PAGES = 3
"""How many pages in a row may bring nothing new, because rows move from page to page or a page comes empty."""

MAX_DIFFERENCES_NAMED = 3
"""How many metrics a sentence about totals names."""

# TikTok: the verdict on a page beyond the end of some lists, or beyond the depth to which a list may be read.
PAGE_REFUSED = 40002

Fetch = Callable[[int], Answer]
"""Gives the answer of a page number."""

SizedFetch = Callable[[int, int], Answer]
"""Gives the answer of a page of so many rows: the size, then the number of the page."""

Pieces = Callable[[Sequence[Any]], Sequence[Piece]]
"""Turns the rows of an answer into pieces; called by several threads at once."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Found:
    """What a request has brought: its number of different rows, and the sums of their metrics."""

    rows: int = 0
    sums: Sums = field(default_factory=dict)


class Incomplete(Exception):
    """What was read is less, or other, than TikTok's own count and totals say. The text has both numbers.

    `found` is what was read, `counted` and `expected` are TikTok's count and totals.
    """

    def __init__(self, text: str, found: Found | None = None, counted: int = 0, expected: Sums | None = None) -> None:
        super().__init__(text)
        self.found = found or Found()
        self.counted = counted
        self.expected = expected or {}


class Prefetcher:
    """Reads the pages of a slice while earlier ones are written, with as many threads as nobody else needs.

    At most `pages` of all slices together are under way or waiting, which bounds the memory they take.
    """

    def __init__(self, pages: int) -> None:
        self._pool = ThreadPoolExecutor(pages, thread_name_prefix="ahead")
        self._free = Semaphore(pages)

    def pages(self, read: Callable[[int], Result], numbers: Iterable[int]) -> Iterator[Result]:
        """The pages in order. Raises what reading one raises, when its turn comes."""
        # Never a list of the numbers: an answer may claim any.
        todo, flying = iter(numbers), deque[Future[Result]]()
        try:
            while True:
                flying.extend(self._started(read, todo))
                if flying:
                    yield self._landed(flying)
                elif (number := next(todo, None)) is not None:
                    yield read(number)
                else:
                    return
        finally:
            for future in flying:
                future.cancel()
                future.add_done_callback(lambda _: self._free.release())

    def _started(self, read: Callable[[int], Result], todo: Iterator[int]) -> Iterator[Future[Result]]:
        """As many pages as there are free places."""
        while self._free.acquire(blocking=False):
            number = next(todo, None)
            if number is None:
                self._free.release()
                return
            yield self._pool.submit(read, number)

    def _landed(self, flying: deque[Future[Result]]) -> Result:
        future = flying.popleft()
        try:
            return future.result()
        finally:
            self._free.release()


def _as_they_are(pieces: Sequence[Piece]) -> Sequence[Piece]:
    return pieces


@dataclass(frozen=True)
class Attempt:
    """One reading of a request: how a page is fetched and turned into pieces, how many rows were asked for a page.

    `collect` sees the pieces in the order of the pages, in one thread, and only those that are used. `totals` adds up
    the rows where TikTok gives totals; its sums belong to this attempt alone.
    """

    fetch: Fetch
    pieces: Pieces
    size: int
    totals: Totals | None = None
    collect: Callable[[Sequence[Piece]], Sequence[Piece]] = _as_they_are


@dataclass(frozen=True)
class Page:
    """One page as it came: its place, its pieces, the sums of its rows, the totals it gives; or why it is refused."""

    info: PageInfo
    pieces: Sequence[Piece] = ()
    sums: Sums = field(default_factory=dict)
    expected: Sums = field(default_factory=dict)
    refusal: str = ""


def read_until_consistent(
    attempts: Iterable[Attempt],
    warn: Callable[[str], None],
    prefetcher: Prefetcher,
    sent: set[int],
    found: set[int] | None = None,
) -> Generator[list[bytes], None, Found]:
    """The rows of one request, page by page, each once, read until they are complete; once by each of `attempts`.

    Rows already in `sent` stay out, so that reading again, or another pass, repeats nothing. Returns what was found.
    Raises Incomplete after the last attempt. A count alone that no reading confirms is accepted, and `warn` is told
    both numbers: where the totals agree all the same, or where more rows came than were counted.
    What was found is kept in `found`, to save memory in `sent` itself where that is empty and rows have no versions.
    """
    # TikTok: the lists have no stable order, so a row can move to another page, or between two, while they are read.
    proof = _Consistency(set() if found is None else found, sent)
    try:
        for attempt in attempts:
            reading = _Reading(attempt, proof.seen_by_the_next())
            yield from _rows(reading, proof, prefetcher)
            if proof.complete(reading) or proof.settled:
                break
    except Exception:
        yield from proof.release()
        raise
    yield from proof.release()
    proof.judge(warn)
    return proof.found


class Lists:
    """Reads lists in pages as large as TikTok can answer, which is learned for each place."""

    def __init__(self, prefetcher: Prefetcher, size: int) -> None:
        self._prefetcher = prefetcher
        self._size = size
        self._sizes: dict[str, int] = {}

    def rows(
        self,
        place: str,
        fetch: SizedFetch,
        pieces: Pieces,
        warn: Callable[[str], None],
        sent: set[int],
        most: int = sys.maxsize,
    ) -> Iterator[list[bytes]]:
        """The rows of a list, as `read_until_consistent` gives them, `most` at once.

        Pages are made smaller where TikTok cannot answer one.

        The same page is never asked for again in vain. A row that always falls between two pages is found by a
        reading whose pages end elsewhere. Raises Incomplete where rows are missing all the same.
        """
        while True:
            size = min(self._sizes.get(place, self._size), most)
            try:
                yield from read_until_consistent(_in_other_pages(fetch, pieces, size), warn, self._prefetcher, sent)
                return
            except (TooLarge, TimedOut) as error:
                self._sizes[place] = smaller_page(size, error)


def smaller_page(size: int, error: TooLarge | TimedOut) -> int:
    """The size of the next page where one was too large: what TikTok states, else the half. Raises the error."""
    stated = error.most_rows if isinstance(error, TooLarge) else 0
    if 0 < stated < size:
        return stated
    if size <= SMALLEST_PAGE:
        raise error
    return size // 2


def _in_other_pages(fetch: SizedFetch, pieces: Pieces, size: int) -> Iterator[Attempt]:
    """One attempt for each reading of a list: the same pages once again, then smaller and smaller ones."""
    for share in (MAX_UNSPLIT_READS, *range(MAX_UNSPLIT_READS, 1, -1)):
        smaller = max(1, size * share // MAX_UNSPLIT_READS)
        yield Attempt(partial(fetch, smaller), pieces, smaller)


class _Reading:
    """What one reading of a request has found, kept apart from what all others have."""

    def __init__(self, attempt: Attempt, seen: set[int]) -> None:
        self.attempt = attempt
        self.seen = seen
        self.counts: set[int] = set()
        self.ledger = Ledger()
        self.expected: Sums = {}
        self.refusal = ""
        self.copies = 0
        self._counted = True
        self._idle = 0
        self._rows_of_last = 0

    def begin(self, first: Page) -> bool:
        """Take TikTok's totals from the first page; whether that is the only one."""
        self._counted, self.expected = first.info.tells, first.expected
        return first.info.last_page == 1 and (self._counted or len(first.pieces) < self.attempt.size)

    def take(self, page: Page, news: int, repeated: Sequence[bytes | None]) -> None:
        """A page has brought so many rows that are new to this reading, and some `repeated` ones."""
        if page.info.total_number >= 0:
            self.counts.add(page.info.total_number)
        self.refusal = page.refusal
        self._idle = 0 if news else self._idle + 1
        self._rows_of_last = len(page.pieces)
        if self.totals:
            self.ledger.add(page.sums, len(page.pieces))
            self.ledger.add(self.totals.of_members(repeated), len(repeated), -1)

    @property
    def over(self) -> bool:
        """Whether the next page, if there is one, is not worth asking for."""
        # A senseless number of pages would never end: some that bring nothing new do, one where all rows are there.
        whole = bool(self.counts) and len(self.seen) >= max(self.counts)
        return bool(self.refusal) or self._idle > (0 if whole else MAX_IDLE_PAGES)

    @property
    def goes_on(self) -> bool:
        """Whether to try the page after the last one, as nothing tells how many there are."""
        return not (self._counted or self._idle or self.refusal) and self._rows_of_last >= self.attempt.size

    @property
    def agrees(self) -> bool:
        """Whether there are as many different rows as every page counts, or no page counts any."""
        return self.counts in (set(), {len(self.seen)})

    @property
    def totals(self) -> Totals | None:
        """What adds up the rows, where TikTok has given totals to compare them with."""
        return self.attempt.totals if self.expected else None

    def differences(self, ledger: Ledger) -> list[Difference]:
        """The metrics whose sums do not agree with this reading's totals."""
        return self.totals.differences(ledger.sums, self.expected, ledger.rows) if self.totals else []


class _Consistency:
    """What the readings of one request have found together, and what follows from that."""

    def __init__(self, found: set[int], sent: set[int]) -> None:
        self._found = found
        self._sent = sent
        self._ledger = Ledger()
        self._counts = set[int]()
        self._finds: list[tuple[int, int]] = []
        self._last: _Reading | None = None
        self._complete = False
        self._held: dict[int, bytes] = {}
        self._left = False
        self._copies = 0

    def seen_by_the_next(self) -> set[int]:
        """Where the next reading is to put what it finds."""
        return set() if self._finds else self._found

    @property
    def found(self) -> Found:
        """What all readings have found together."""
        return Found(len(self._found), self._ledger.sums)

    def release(self) -> Iterator[list[bytes]]:
        """The rows that waited for the verdict, if any, to leave now."""
        rows = [*self._held.values()]
        self._held.clear()
        if rows:
            yield rows

    def take(self, page: Page, reading: _Reading, single: bool) -> list[bytes]:
        """The rows of a page that leave at once; those of a `single` page wait until the reading is judged."""
        pieces = reading.attempt.collect(page.pieces)
        waiting = self._waiting(pieces) if single else {}
        self._add_new(pieces, reading)
        if single:
            reading.copies = _copies(pieces)
        repeated: list[bytes | None] = []
        before = len(reading.seen)
        fresh = unsent(pieces, reading.seen, self._sent, repeated)
        reading.take(page, len(reading.seen) - before, repeated)
        self._held.update(waiting)
        self._left |= bool(fresh) and not single
        return [] if single else fresh

    def _waiting(self, pieces: Sequence[Piece]) -> dict[int, bytes]:
        """The rows that have not left yet, each as the latest reading has it."""
        marked = ((mark_of(key), members) for key, members in pieces)
        return {
            mark: members
            for mark, members in marked
            if members is not None and (mark in self._held or mark not in self._sent)
        }

    def _add_new(self, pieces: Sequence[Piece], reading: _Reading) -> None:
        """Add up the rows that only a later reading has found, so that the sums are those of all rows together."""
        if self._finds and reading.totals:
            new = {mark_of(key): members for key, members in pieces}
            marks = [mark for mark in new if mark not in self._found and mark not in reading.seen]
            self._ledger.add(reading.totals.of_members(map(new.get, marks)), len(marks))

    def complete(self, reading: _Reading) -> bool:
        """Whether a reading is complete, or all so far are together: by its rows, by TikTok's count and totals."""
        if not self._finds:
            self._ledger.add(reading.ledger.sums, reading.ledger.rows)
        self._found |= reading.seen
        self._counts |= reading.counts
        self._finds.append((len(reading.seen), sum(reading.seen)))
        self._copies = max(self._copies, reading.copies) if len(set(self._finds)) == 1 else 0
        self._last = reading
        together = self._counts == {len(self._found)} and not reading.differences(self._ledger)
        self._complete = together or (reading.agrees and not reading.differences(reading.ledger))
        return self._complete

    @property
    def settled(self) -> bool:
        """Whether the last readings have all found the same rows, so that another would as well."""
        last = self._finds[-MAX_READS:]
        return len(last) == MAX_READS and len(set(last)) == 1

    def judge(self, warn: Callable[[str], None]) -> None:
        """Accept what was found, with a warning where only the count is wrong. Raises Incomplete."""
        last = self._last
        assert last is not None  # `complete` has seen every reading, and there is at least one.
        if self._complete:
            self._compare_with_what_left(last, warn)
            return
        differences = last.differences(last.ledger)
        sentence = self._sentence(last, differences)
        if differences or not self._only_miscounted(last):
            raise Incomplete(f"{sentence}.", self.found, max(self._counts, default=0), last.expected)
        warn(f"{sentence}; those are taken, as {self._why(last)}.")

    def _compare_with_what_left(self, last: _Reading, warn: Callable[[str], None]) -> None:
        """Warn where rows left with other figures than those that were found to be complete in the end."""
        if self._left and (changed := last.differences(self._ledger)):
            warn(f"Figures changed while they were read, and rows had left before: {_named(changed)}.")

    def _only_miscounted(self, last: _Reading) -> bool:
        """Whether the rows are all there although TikTok counts others: by its totals, or because there are more."""
        by_totals = bool(last.expected) and len(last.seen) == len(self._found) > 0
        return by_totals or len(last.seen) + self._copies >= max(last.counts)

    def _why(self, last: _Reading) -> str:
        if last.expected:
            return "they add up to TikTok's own totals"
        return "some came twice" if self._copies else "there are no fewer than it counts"

    def _sentence(self, last: _Reading, differences: Sequence[Difference]) -> str:
        """What TikTok says and what was found, with both numbers."""
        found, counted, readings = len(self._found), max(self._counts, default=0), len(self._finds)
        parts = []
        if self._counts not in (set(), {found}):
            parts.append(f"TikTok counts {counted} rows but gave {found} different ones in {readings} readings")
        if differences:
            wrong = f"the {found} rows do not add up to TikTok's own totals in {readings} readings"
            parts.append(f"{wrong}: {_named(differences)}")
        if last.refusal:
            parts.append(f"TikTok refuses further pages: {last.refusal}")
        text = "; ".join(parts)
        return text[:1].upper() + text[1:]


def _copies(pieces: Sequence[Piece]) -> int:
    """How many rows of an answer are the same as an earlier one of it, to the last byte."""
    rows = Counter((mark_of(key), members) for key, members in pieces)
    return sum(times - 1 for times in rows.values())


def _named(differences: Sequence[Difference]) -> str:
    """The first few of the metrics that differ, with both numbers."""
    more = f" and {len(differences) - MAX_DIFFERENCES_NAMED} more" if len(differences) > MAX_DIFFERENCES_NAMED else ""
    return ", ".join(map(str, differences[:MAX_DIFFERENCES_NAMED])) + more


def _rows(reading: _Reading, proof: _Consistency, prefetcher: Prefetcher) -> Iterator[list[bytes]]:
    """What has not left yet of the pages of one reading, which ends where they bring nothing new."""
    single = False
    for number, page in enumerate(_pages(reading, prefetcher)):
        single = reading.begin(page) if number == 0 else False
        rows = proof.take(page, reading, single)
        # Whoever takes the rows may empty the list: nothing else may hold them while they are written.
        del page
        if rows:
            yield rows
        if reading.over:
            return


def _pages(reading: _Reading, prefetcher: Prefetcher) -> Iterator[Page]:
    """The pages of a reading, fetched ahead where the first tells how many there are."""
    first = [_read(reading.attempt, 1)]
    number = first[0].info.last_page
    yield first.pop()
    read = partial(_read, reading.attempt, adds=reading.totals is not None)
    yield from prefetcher.pages(read, range(2, number + 1))
    while reading.goes_on:
        number += 1
        yield read(number)


def _read(attempt: Attempt, number: int, adds: bool = True) -> Page:
    """One page; `adds` tells that its rows are to be added up.

    Raises TikTokError, but not for a later page that TikTok refuses as such.
    """
    try:
        answer = attempt.fetch(number)
    except TikTokError as error:
        if number == 1 or error.code != PAGE_REFUSED or error.action is not Action.BUG:
            raise
        return Page(PageInfo(), refusal=f"page {number}, {error.event}")
    # Pieces at once: an answer is several times as large, and would wait for its turn.
    rows = (answer.data.list if answer.data else None) or ()
    info, pieces = page_info(answer) or PageInfo(), attempt.pieces(rows)
    if attempt.totals is None or not adds:
        return Page(info, pieces)
    expected = attempt.totals.expected(answer) if number == 1 else {}
    return Page(info, pieces, attempt.totals.of_page(rows, pieces), expected)


def mark_of(key: Key) -> int:
    """What is kept of a row to know it again: 60 bits, the most that Python holds in 32 bytes."""
    return hash(key) & 0xFFF_FFFF_FFFF_FFFF


def unsent(
    rows: Sequence[Piece], seen: set[int], sent: set[int], repeated: list[bytes | None] | None = None
) -> list[bytes]:
    """The rows that are not in `sent` yet, which they enter; all enter `seen`, and `repeated` those that were there."""
    fresh = []
    again = [] if repeated is None else repeated
    for key, members in rows:
        mark = mark_of(key)
        # Each version leaves, but TikTok counts objects.
        counted = mark if isinstance(key, bytes) else mark_of(key[0])
        # Asked first, as both sets may be the same one.
        known = counted in seen
        if mark not in sent:
            sent.add(mark)
            if members is not None:
                fresh.append(members)
        if known:
            again.append(members)
        else:
            seen.add(counted)
    return fresh
