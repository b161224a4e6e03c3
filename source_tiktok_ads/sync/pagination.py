"""Reads lists page by page until they are complete. This is the one definition of complete for all streams.

A request is complete when its different rows are as many as TikTok counts and, where TikTok gives totals, add up to
them. Equal readings alone prove nothing: they only show that the answer is stable.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Semaphore
from typing import Any, TypeVar

from source_tiktok_ads.api.errors import Action, TikTokError, TimedOut, TooLarge
from source_tiktok_ads.api.pages import PageInfo, page_info, verdict_in_part
from source_tiktok_ads.sync.records import Answer, Key, Piece
from source_tiktok_ads.sync.totals import Difference, Ledger, Sums, Totals

MAX_READS = 3
"""After this many readings with the same rows, a request counts as incomplete: another reading would not differ."""

READS_BEFORE_SPLIT = 2
"""How often a request is read that can be split into smaller ones."""

MAX_UNSPLIT_READS = 9
"""How often a request that cannot be split is read while its readings differ, because rows keep changing places.

A list is read in pages of another size from the third time on."""

SMALLEST_PAGE = 10
"""If TikTok cannot answer a page of this many rows, the size is not the reason."""

MAX_IDLE_PAGES = 3
"""How many pages in a row may bring nothing new, because rows move from page to page or a page comes empty."""

MAX_DIFFERENCES_NAMED = 3
"""How many metrics a sentence about totals names."""

# TikTok: the verdict on a page beyond the end of some lists, or beyond the depth to which a list may be read.
PAGE_REFUSED = 40002

Fetch = Callable[[int], Answer]
"""Returns the answer for a page number."""

SizedFetch = Callable[[int, int], Answer]
"""Returns the answer for a page: its size, then its number."""

Pieces = Callable[[Sequence[Any]], Sequence[Piece]]
"""Turns the rows of an answer into pieces; called by several threads at once."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Found:
    """The number of different rows of a request, and the sums of their metrics."""

    rows: int = 0
    sums: Sums = field(default_factory=dict)


class Incomplete(Exception):
    """The rows that were read do not agree with TikTok's own count and totals. The text has both numbers.

    `found` is what was read, `counted` and `expected` are TikTok's count and totals.
    """

    def __init__(self, text: str, found: Found | None = None, counted: int = 0, expected: Sums | None = None) -> None:
        super().__init__(text)
        self.found = found or Found()
        self.counted = counted
        self.expected = expected or {}


class Prefetcher:
    """Fetches pages in the background while earlier pages are being written. All slices share it.

    At most `pages` pages are in flight or waiting at any time, which bounds the memory they take.
    """

    def __init__(self, pages: int) -> None:
        self._pool = ThreadPoolExecutor(pages, thread_name_prefix="ahead")
        self._free = Semaphore(pages)

    def pages(self, read: Callable[[int], Result], numbers: Iterable[int]) -> Iterator[Result]:
        """The pages in order. An error of a page is raised when its turn comes."""
        # The numbers are never made a list: an answer may claim any number of pages.
        remaining, in_flight = iter(numbers), deque[Future[Result]]()
        try:
            while True:
                in_flight.extend(self._start_fetches(read, remaining))
                if in_flight:
                    yield self._take_result(in_flight)
                elif (number := next(remaining, None)) is not None:
                    yield read(number)
                else:
                    return
        finally:
            for future in in_flight:
                future.cancel()
                future.add_done_callback(lambda _: self._free.release())

    def _start_fetches(self, read: Callable[[int], Result], remaining: Iterator[int]) -> Iterator[Future[Result]]:
        """Start fetching as many pages as there are free places."""
        while self._free.acquire(blocking=False):
            number = next(remaining, None)
            if number is None:
                self._free.release()
                return
            yield self._pool.submit(read, number)

    def _take_result(self, in_flight: deque[Future[Result]]) -> Result:
        future = in_flight.popleft()
        try:
            return future.result()
        finally:
            self._free.release()


def _unchanged(pieces: Sequence[Piece]) -> Sequence[Piece]:
    return pieces


@dataclass(frozen=True)
class Attempt:
    """How a request is read once."""

    fetch: Fetch
    pieces: Pieces
    size: int
    """How many rows are requested for each page."""
    totals: Totals | None = None
    """Adds up the rows, if TikTok gives totals to compare them with."""
    collect: Callable[[Sequence[Piece]], Sequence[Piece]] = _unchanged
    """Receives the pieces that are used, in the order of the pages and in one thread."""


@dataclass(frozen=True)
class Page:
    """One page of a reading."""

    info: PageInfo
    pieces: Sequence[Piece] = ()
    sums: Sums = field(default_factory=dict)
    """The sums of its rows."""
    expected: Sums = field(default_factory=dict)
    """TikTok's totals for the whole request."""
    refusal: str = ""
    """Why TikTok refuses the page, if it does."""
    in_part: str = ""
    """TikTok's verdict if it gave the page only in part."""


# TikTok: links to files are signed anew for every answer.
_LINK = re.compile(rb'"https?://[^"]*"')


class Doubts:
    """What speaks against one reading of a request, where no count and no totals of TikTok prove it complete."""

    def __init__(self) -> None:
        self.conflicts = 0
        """The number of rows that have the key of another row but differ from it."""
        self.in_part = ""
        """TikTok's verdict if it gave an answer only in part."""
        self._hashes: dict[int, int] = {}

    def __bool__(self) -> bool:
        """Whether anything speaks against the reading."""
        return bool(self.conflicts or self.in_part)

    def compare(self, pieces: Sequence[Piece]) -> None:
        """Count the rows of one answer that differ from another row with the same key, in this answer or before.

        A row of an earlier answer may have other links.
        """
        here: dict[int, bytes] = {}
        for key, members in pieces:
            if members is not None:
                mark, content = mark_of(key), hash(_LINK.sub(b"", members))
                same = here.setdefault(mark, members) == members
                self.conflicts += not (self._hashes.setdefault(mark, content) == content and same)

    def note(self, in_part: str) -> None:
        """Keep TikTok's verdict on an answer, if that came only in part."""
        self.in_part = self.in_part or in_part

    def reasons(self, counted: bool = False) -> list[str]:
        """What speaks against the reading, as parts of a sentence. Where rows are counted, conflicts do not matter."""
        differ = f"{self.conflicts} rows have the key of another row but differ from it, and TikTok counts none"
        parts = f"TikTok answered only in part ({self.in_part}), and nothing proves that no row is missing"
        return [*([differ] if self.conflicts and not counted else ()), *([parts] if self.in_part else ())]

    @property
    def sentence(self) -> str:
        """What speaks against the reading, as a sentence."""
        return f"{as_sentence(self.reasons())}."


def as_sentence(parts: Sequence[str]) -> str:
    """Several reasons as one sentence, without its full stop."""
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]


def read_without_doubt(read: Callable[[Doubts], Iterator[list[bytes]]]) -> Iterator[list[bytes]]:
    """The rows of a request whose rows TikTok does not count. `read` reads it once, and notes what speaks against that.

    It is read at most MAX_READS times, because an object may have changed between two pages. Raises Incomplete.
    """
    doubts = Doubts()
    for _ in range(MAX_READS):
        doubts = Doubts()
        yield from read(doubts)
        if not doubts:
            return
    raise Incomplete(doubts.sentence)


def read_until_consistent(
    attempts: Iterable[Attempt],
    warn: Callable[[str], None],
    prefetcher: Prefetcher,
    sent: set[int],
    found: set[int] | None = None,
) -> Generator[list[bytes], None, Found]:
    """The rows of one request, page by page, each once. The request is read by each of `attempts` until it is complete.

    Rows whose marks are in `sent` are left out, so that another reading or pass repeats nothing. Returns what was
    found. Raises Incomplete after the last attempt. A wrong count alone is accepted, with a warning that has both
    numbers, if the totals agree or if there are more rows than counted.
    The marks of what was found are kept in `found`. To save memory, this can be `sent` itself, if that is empty and
    rows have no versions.
    """
    # TikTok: the lists have no stable order, so a row can move to another page, or between two, while they are read.
    consistency = _Consistency(set() if found is None else found, sent)
    try:
        for attempt in attempts:
            reading = _Reading(attempt, consistency.seen_by_the_next())
            yield from _rows_of_reading(reading, consistency, prefetcher)
            if consistency.complete(reading) or consistency.settled:
                break
    except Exception:
        yield from consistency.release()
        raise
    yield from consistency.release()
    consistency.judge(warn)
    return consistency.found


class Lists:
    """Reads lists in pages as large as TikTok can answer. The size is learned for each place, such as an account."""

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
        """The rows of a list, as `read_until_consistent` returns them, in pages of at most `most` rows.

        If TikTok cannot answer a page, smaller pages are requested instead of the same page again. If a row moves
        between two pages, a reading with other page borders finds it. Raises Incomplete if rows are still missing.
        """
        while True:
            size = min(self._sizes.get(place, self._size), most)
            try:
                yield from read_until_consistent(
                    _attempts_by_page_size(fetch, pieces, size), warn, self._prefetcher, sent
                )
                return
            except (TooLarge, TimedOut) as error:
                self._sizes[place] = smaller_page(size, error)


def smaller_page(size: int, error: TooLarge | TimedOut) -> int:
    """The page size after a page was too large: the limit that TikTok states, else half the size.

    Raises the error if the size is not the reason.
    """
    stated = error.most_rows if isinstance(error, TooLarge) else 0
    if 0 < stated < size:
        return stated
    if size <= SMALLEST_PAGE:
        raise error
    return size // 2


def _attempts_by_page_size(fetch: SizedFetch, pieces: Pieces, size: int) -> Iterator[Attempt]:
    """The attempts to read a list: twice with pages of the full size, then with smaller and smaller pages."""
    for share in (MAX_UNSPLIT_READS, *range(MAX_UNSPLIT_READS, 1, -1)):
        smaller = max(1, size * share // MAX_UNSPLIT_READS)
        yield Attempt(partial(fetch, smaller), pieces, smaller)


class _Reading:
    """What one reading of a request has found, independent of the other readings."""

    def __init__(self, attempt: Attempt, seen: set[int]) -> None:
        self.attempt = attempt
        self.seen = seen
        self.counts: set[int] = set()
        self.ledger = Ledger()
        self.expected: Sums = {}
        self.refusal = ""
        self.copies = 0
        self.doubts = Doubts()
        self._idle = 0
        self._last_is_full = False

    def begin(self, first: Page) -> bool:
        """Take TikTok's totals from the first page. Returns whether it is the only page."""
        self.expected = first.expected
        rows = len(first.pieces)
        full = first.info.is_full(rows, self.attempt.size)
        return first.info.last_page == 1 and not (full and rows > first.info.total_number)

    def take(self, page: Page, new_rows: int, repeated: Sequence[bytes | None]) -> None:
        """Add a page with `new_rows` rows that are new to this reading, and with `repeated` ones."""
        if page.info.total_number >= 0:
            self.counts.add(page.info.total_number)
        self.refusal = page.refusal
        self.doubts.note(page.in_part)
        self._idle = 0 if new_rows else self._idle + 1
        self._last_is_full = page.info.is_full(len(page.pieces), self.attempt.size)
        if self.totals:
            self.ledger.add(page.sums, len(page.pieces))
            self.ledger.add(self.totals.of_members(repeated), len(repeated), -1)

    @property
    def over(self) -> bool:
        """Whether the reading ends here, even if there is another page."""
        # A wrong number of pages could be endless. A few pages in a row without new rows end the reading, or a single
        # one if all counted rows are there.
        whole = bool(self.counts) and len(self.seen) >= max(self.counts)
        return bool(self.refusal) or self._idle > (0 if whole else MAX_IDLE_PAGES)

    @property
    def goes_on(self) -> bool:
        """Whether to try one more page, because TikTok counts no rows, or fewer than have come by now."""
        uncounted = len(self.seen) > max(self.counts, default=0)
        return uncounted and self._last_is_full and not (self._idle or self.refusal)

    @property
    def agrees(self) -> bool:
        """Whether the number of different rows agrees with the count of every page.

        If no page has a count, whether no two different rows have one key, and TikTok gave no page only in part. Totals
        can prove that nothing is missing in such a page.
        """
        if self.counts:
            return self.counts == {len(self.seen)}
        return not (self.doubts.conflicts or (self.doubts.in_part and not self.expected))

    @property
    def totals(self) -> Totals | None:
        """What adds up the rows; None if TikTok gave no totals to compare them with."""
        return self.attempt.totals if self.expected else None

    def differences(self, ledger: Ledger) -> list[Difference]:
        """The metrics whose sums do not agree with this reading's totals."""
        return self.totals.differences(ledger.sums, self.expected, ledger.rows) if self.totals else []


class _Consistency:
    """Combines the readings of one request and decides whether it is complete."""

    def __init__(self, found: set[int], sent: set[int]) -> None:
        self._found = found
        self._sent = sent
        self._ledger = Ledger()
        self._counts = set[int]()
        self._outcomes: list[tuple[int, int]] = []
        self._last: _Reading | None = None
        self._complete = False
        self._held: dict[int, bytes] = {}
        self._emitted = False
        self._identical_copies = 0

    def seen_by_the_next(self) -> set[int]:
        """The set for the marks that the next reading finds."""
        return set() if self._outcomes else self._found

    @property
    def found(self) -> Found:
        """What all readings together have found."""
        return Found(len(self._found), self._ledger.sums)

    def release(self) -> Iterator[list[bytes]]:
        """The rows that were held back until now, if any."""
        rows = [*self._held.values()]
        self._held.clear()
        if rows:
            yield rows

    def take(self, page: Page, reading: _Reading, single: bool) -> list[bytes]:
        """The rows of a page to emit now. Those of a `single` page are held back until the reading is judged."""
        pieces = reading.attempt.collect(page.pieces)
        waiting = self._hold_back(pieces) if single else {}
        self._add_to_sums(pieces, reading)
        if page.info.total_number < 0:
            reading.doubts.compare(pieces)
        if single:
            reading.copies = _identical_copies(pieces)
        repeated: list[bytes | None] = []
        before = len(reading.seen)
        unsent_rows = unsent(pieces, reading.seen, self._sent, repeated)
        reading.take(page, len(reading.seen) - before, repeated)
        self._held.update(waiting)
        self._emitted |= bool(unsent_rows) and not single
        return [] if single else unsent_rows

    def _hold_back(self, pieces: Sequence[Piece]) -> dict[int, bytes]:
        """The rows that were not emitted yet, in the version of the latest reading."""
        marked = ((mark_of(key), members) for key, members in pieces)
        return {
            mark: members
            for mark, members in marked
            if members is not None and (mark in self._held or mark not in self._sent)
        }

    def _add_to_sums(self, pieces: Sequence[Piece], reading: _Reading) -> None:
        """Add the rows that only a later reading has found, so that the sums cover the rows of all readings."""
        if self._outcomes and reading.totals:
            new = {mark_of(key): members for key, members in pieces}
            marks = [mark for mark in new if mark not in self._found and mark not in reading.seen]
            self._ledger.add(reading.totals.of_members(map(new.get, marks)), len(marks))

    def complete(self, reading: _Reading) -> bool:
        """Whether this reading, or all readings together, agree with TikTok's count and totals."""
        if not self._outcomes:
            self._ledger.add(reading.ledger.sums, reading.ledger.rows)
        self._found |= reading.seen
        self._counts |= reading.counts
        self._outcomes.append((len(reading.seen), sum(reading.seen)))
        self._identical_copies = max(self._identical_copies, reading.copies) if len(set(self._outcomes)) == 1 else 0
        proves = self._proves(reading)
        last = self._last = reading if proves or self._last is None else self._last
        together = self._counts == {len(self._found)} and not last.differences(self._ledger)
        self._complete = together or (proves and reading.agrees and not reading.differences(reading.ledger))
        return self._complete

    def _proves(self, reading: _Reading) -> bool:
        """Whether a reading has a count and totals, as far as an earlier one had: without, it cannot outdo that one."""
        counted = bool(reading.counts) or not self._counts
        return counted and (bool(reading.expected) or self._last is None or not self._last.expected)

    @property
    def settled(self) -> bool:
        """Whether the last readings all found the same rows, so that another one would not help."""
        last = self._outcomes[-MAX_READS:]
        return len(last) == MAX_READS and len(set(last)) == 1

    def judge(self, warn: Callable[[str], None]) -> None:
        """Accept what was found, with a warning if only the count is wrong. Raises Incomplete."""
        last = self._last
        assert last is not None  # `complete` has seen every reading, and there is at least one.
        if self._complete:
            self._warn_of_changed_figures(last, warn)
            return
        differences = last.differences(last.ledger)
        sentence = self._disagreement(last, differences)
        if differences or not self._only_miscounted(last):
            raise Incomplete(f"{sentence}.", self.found, max(self._counts, default=0), last.expected)
        warn(f"{sentence}; those are taken, as {self._reason_to_accept(last)}.")

    def _warn_of_changed_figures(self, last: _Reading, warn: Callable[[str], None]) -> None:
        """Warn if rows were emitted with other figures than those of the complete reading."""
        if self._emitted and (changed := last.differences(self._ledger)):
            warn(f"Figures changed while they were read, and rows had left before: {_differences_text(changed)}.")

    def _only_miscounted(self, last: _Reading) -> bool:
        """Whether only the count is wrong: the totals agree, or there are at least as many rows as counted."""
        by_totals = bool(last.expected) and len(last.seen) == len(self._found) > 0
        by_count = len(last.seen) + self._identical_copies >= max(last.counts, default=sys.maxsize)
        # A wrong count proves nothing about an answer that TikTok itself calls a part.
        return by_totals or (by_count and not last.doubts.in_part)

    def _reason_to_accept(self, last: _Reading) -> str:
        if last.expected:
            return "they add up to TikTok's own totals"
        return "some came twice" if self._identical_copies else "there are no fewer than it counts"

    def _disagreement(self, last: _Reading, differences: Sequence[Difference]) -> str:
        """A sentence with what TikTok says and what was found."""
        found, counted, readings = len(self._found), max(self._counts, default=0), len(self._outcomes)
        parts = []
        if self._counts not in (set(), {found}):
            parts.append(f"TikTok counts {counted} rows but gave {found} different ones in {readings} readings")
        parts.extend(last.doubts.reasons(counted=bool(self._counts)))
        if differences:
            wrong = f"the {found} rows do not add up to TikTok's own totals in {readings} readings"
            parts.append(f"{wrong}: {_differences_text(differences)}")
        if last.refusal:
            parts.append(f"TikTok refuses further pages: {last.refusal}")
        return as_sentence(parts)


def _identical_copies(pieces: Sequence[Piece]) -> int:
    """How many rows of an answer are byte-for-byte copies of an earlier row in it."""
    rows = Counter((mark_of(key), members) for key, members in pieces)
    return sum(times - 1 for times in rows.values())


def _differences_text(differences: Sequence[Difference]) -> str:
    """The first few metrics that differ, with both numbers."""
    more = f" and {len(differences) - MAX_DIFFERENCES_NAMED} more" if len(differences) > MAX_DIFFERENCES_NAMED else ""
    return ", ".join(map(str, differences[:MAX_DIFFERENCES_NAMED])) + more


def _rows_of_reading(reading: _Reading, consistency: _Consistency, prefetcher: Prefetcher) -> Iterator[list[bytes]]:
    """The rows of one reading that were not emitted yet, page by page."""
    single = False
    for number, page in enumerate(_pages_of_reading(reading, prefetcher)):
        single = reading.begin(page) if number == 0 else False
        rows = consistency.take(page, reading, single)
        # The consumer empties the list to free memory, so nothing else may hold the rows while they are written.
        del page
        if rows:
            yield rows
        if reading.over:
            return


def _pages_of_reading(reading: _Reading, prefetcher: Prefetcher) -> Iterator[Page]:
    """The pages of a reading, prefetched if the first page says how many there are."""
    first = [_read_page(reading.attempt, 1)]
    number = first[0].info.last_page
    yield first.pop()
    read = partial(_read_page, reading.attempt, adds=reading.totals is not None)
    yield from prefetcher.pages(read, range(2, number + 1))
    while reading.goes_on:
        number += 1
        yield read(number)


def _read_page(attempt: Attempt, number: int, adds: bool = True) -> Page:
    """One page, with the sums of its rows if `adds`.

    Raises TikTokError, but not if TikTok refuses a later page because of its number.
    """
    try:
        answer = attempt.fetch(number)
    except TikTokError as error:
        if number == 1 or error.code != PAGE_REFUSED or error.action is not Action.BUG:
            raise
        return Page(PageInfo(), refusal=f"page {number}, {error.event}")
    # Convert the rows here: an answer takes several times the memory of its pieces while the page waits.
    rows = (answer.data.list if answer.data else None) or ()
    info, pieces = page_info(answer) or PageInfo(), attempt.pieces(rows)
    in_part = verdict_in_part(answer)
    if attempt.totals is None or not adds:
        return Page(info, pieces, in_part=in_part)
    expected = attempt.totals.expected(answer) if number == 1 else {}
    return Page(info, pieces, attempt.totals.of_page(rows, pieces), expected, in_part=in_part)


def mark_of(key: Key) -> int:
    """A hash by which a row is recognised: 60 bits, the most that Python stores in 32 bytes."""
    return hash(key) & 0xFFF_FFFF_FFFF_FFFF


def unsent(
    rows: Sequence[Piece], seen: set[int], sent: set[int], repeated: list[bytes | None] | None = None
) -> list[bytes]:
    """The rows that are not in `sent` yet. Adds marks to `sent` and `seen`, and rows seen before to `repeated`."""
    unsent_rows = []
    repeats = [] if repeated is None else repeated
    for key, members in rows:
        mark = mark_of(key)
        # Each version of an object is emitted, but TikTok counts objects.
        counted = mark if isinstance(key, bytes) else mark_of(key[0])
        # Looked up before `sent` grows, because both may be the same set.
        known = counted in seen
        if mark not in sent:
            sent.add(mark)
            if members is not None:
                unsent_rows.append(members)
        if known:
            repeats.append(members)
        else:
            seen.add(counted)
    return unsent_rows
