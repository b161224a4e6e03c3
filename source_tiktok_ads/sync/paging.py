"""Pages that prove themselves: fetched ahead, told apart, counted against TikTok's total, and read again if need be."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Semaphore
from typing import Any, TypeVar

from source_tiktok_ads.api.pages import PageInfo, page_info
from source_tiktok_ads.sync.lines import Answer, Piece

READS = 3
"""How often a request whose rows do not add up is read before its rows are taken as they are."""

IDLE_PAGES = 3
"""How many pages of a reading may bring nothing new, because rows move from page to page."""

Fetch = Callable[[int], Answer]
"""Gives the answer of a page number."""

Pieces = Callable[[Sequence[Any]], Sequence[Piece]]
"""Turns the rows of an answer into pieces; called by several threads at once."""

Read = tuple[PageInfo, Sequence[Piece]]
"""The pieces of a page, and where they stand among the pages."""

Result = TypeVar("Result")


class Shifting(Exception):
    """Rows kept changing places: each reading found others. The text says how many there should be."""


class Ahead:
    """Reads the pages of a slice while earlier ones are written, with as many threads as nobody else needs.

    At most `pages` of all slices together are under way or waiting, which bounds the memory they take.
    """

    def __init__(self, pages: int) -> None:
        self._pool = ThreadPoolExecutor(pages, thread_name_prefix="pages")
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


def proven(
    fetch: Fetch,
    pieces: Pieces,
    warn: Callable[[str], None],
    ahead: Ahead,
    sent: set[int],
    divisible: bool = False,
) -> Iterator[list[bytes]]:
    """The rows of one request, page by page, each told apart once.

    Rows already in `sent` stay out, so that reading again, or another pass, repeats nothing. After the third read that
    does not add up the rows found so far stand, and `warn` is told both numbers. Raises Shifting instead where the
    request is `divisible` and the readings differ: on fewer pages, in the end on one, rows find less room to move.
    """
    # TikTok: the lists have no stable order, so a row can move to another page, or between two, while they are read.
    found, total = 0, 0
    every, sizes = set[int](), set[int]()
    for _ in range(READS):
        # The first reading of all sees just what it sends: one set serves both, as there may be a million rows.
        seen = set[int]() if sent else sent
        totals: set[int] = set()
        idle = 0
        for info, rows in _pages(partial(_read, fetch, pieces), ahead):
            totals.add(info.total_number)
            before, empty = len(seen), not rows
            fresh = _unsent(rows, seen, sent)
            # Whoever takes the rows may empty the list: nothing else may hold them while they are written.
            del rows
            yield fresh
            # A senseless number of pages would never end: an empty page does, and so do some that bring nothing new,
            # one where all rows are there.
            idle += len(seen) == before
            if empty or idle > (IDLE_PAGES if len(seen) < info.total_number else 0):
                break
        found, total = len(seen), max(totals)
        if totals == {found}:
            return
        every = every | seen if every else seen
        sizes.add(found)
    told = f"TikTok counts {total} rows but gave {found} different ones in {READS} readings"
    if divisible and sizes != {len(every)}:
        raise Shifting(told)
    warn(f"{told}; those are taken.")


def _read(fetch: Fetch, pieces: Pieces, number: int) -> Read:
    # Pieces at once: an answer is several times as large, and would wait for its turn.
    answer = fetch(number)
    rows = answer.data.list if answer.data else None
    return page_info(answer) or PageInfo(), pieces(rows or ())


def _pages(read: Callable[[int], Read], ahead: Ahead) -> Iterator[Read]:
    first = [read(1)]
    last = first[0][0].total_page
    yield first.pop()
    yield from ahead.pages(read, range(2, last + 1))


def mark_of(key: bytes) -> int:
    """What is kept of a row to know it again: 60 bits, the most that Python holds in 32 bytes."""
    return hash(key) & 0xFFF_FFFF_FFFF_FFFF


def _unsent(rows: Sequence[Piece], seen: set[int], sent: set[int]) -> list[bytes]:
    fresh = []
    for key, members in rows:
        mark = mark_of(key)
        if mark not in sent:
            sent.add(mark)
            if members is not None:
                fresh.append(members)
        seen.add(mark)
    return fresh
