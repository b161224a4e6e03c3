"""Pages that prove themselves: fetched ahead, told apart, counted against TikTok's total, and read again if need be."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Semaphore
from typing import Any, TypeVar

from source_tiktok_ads.api.errors import TimedOut, TooLarge
from source_tiktok_ads.api.pages import PageInfo, page_info
from source_tiktok_ads.sync.lines import Answer, Key, Piece

READS = 3
"""So many readings in a row that find the same rows are believed, whatever TikTok counts."""

LIST_READINGS = 9
"""How often a list whose rows keep changing places is read, from the third time on in pages of another size."""

SMALLEST_PAGE = 10
"""Where TikTok can't answer a page of so many rows, it is not the size."""

IDLE_PAGES = 3
"""How many pages of a reading may bring nothing new, because rows move from page to page."""

Fetch = Callable[[int], Answer]
"""Gives the answer of a page number."""

SizedFetch = Callable[[int, int], Answer]
"""Gives the answer of a page of so many rows: the size, then the number of the page."""

Pieces = Callable[[Sequence[Any]], Sequence[Piece]]
"""Turns the rows of an answer into pieces; called by several threads at once."""

Read = tuple[PageInfo, Sequence[Piece]]
"""The pieces of a page, and where they stand among the pages."""

Result = TypeVar("Result")


class Shifting(Exception):
    """Rows kept changing places: readings found others each time, and together they do not add up.

    The text says how many rows there should be and how many were found.
    """


class Ahead:
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


def proven(
    readings: Sequence[Fetch],
    pieces: Pieces,
    warn: Callable[[str], None],
    ahead: Ahead,
    sent: set[int],
    found: set[int] | None = None,
) -> Iterator[list[bytes]]:
    """The rows of one request, page by page, each told apart once; read until they add up, once by each of `readings`.

    Rows already in `sent` stay out, so that reading again, or another pass, repeats nothing. Where three readings in a
    row find the same rows those stand, and `warn` is told both numbers. Raises Shifting where no three of them do.
    What was found is kept in `found`, to save memory in `sent` itself where that is empty and rows have no versions.
    """
    # TikTok: the lists have no stable order, so a row can move to another page, or between two, while they are read.
    proof = _Proof(set() if found is None else found)
    for fetch in readings:
        seen, totals = proof.found_by_the_next(), set[int]()
        yield from _fresh(_pages(partial(_read, fetch, pieces), ahead), seen, sent, totals)
        if proof.complete(seen, totals):
            return
        if proof.settled:
            warn(f"{proof.told}; those are taken.")
            return
    raise Shifting(f"{proof.told}, other rows each time; some may be missing.")


class Lists:
    """Reads lists in pages as large as TikTok can answer, which is learned for each place."""

    def __init__(self, ahead: Ahead, size: int) -> None:
        self._ahead = ahead
        self._size = size
        self._sizes: dict[str, int] = {}

    def rows(
        self, place: str, fetch: SizedFetch, pieces: Pieces, warn: Callable[[str], None], sent: set[int]
    ) -> Iterator[list[bytes]]:
        """The rows of a list, as `proven` gives them; in smaller pages where TikTok can't answer one.

        The same page is never asked for again in vain. A row that always falls between two pages is found by a
        reading whose pages end elsewhere. Raises Shifting where rows may lack all the same.
        """
        while True:
            size = self._sizes.get(place, self._size)
            try:
                yield from proven(_in_other_pages(fetch, size), pieces, warn, self._ahead, sent)
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


def _in_other_pages(fetch: SizedFetch, size: int) -> list[Fetch]:
    """One fetch for each reading of a list: the same pages once again, then smaller and smaller ones."""
    shares = [LIST_READINGS, *range(LIST_READINGS, 1, -1)]
    return [partial(fetch, max(1, size * share // LIST_READINGS)) for share in shares]


class _Proof:
    """What the readings of one request have found, each by itself and all together.

    Rows come but hardly ever go: where every page of several readings has counted the same, they read the same rows.
    """

    def __init__(self, found: set[int]) -> None:
        self._found = found
        self._totals = set[int]()
        self._finds: list[tuple[int, int]] = []
        self._total = 0

    def found_by_the_next(self) -> set[int]:
        """Where the next reading is to put what it finds."""
        return set() if self._finds else self._found

    def complete(self, seen: set[int], totals: set[int]) -> bool:
        """Whether a reading adds up, or all so far do together: as many different rows as every page has counted."""
        self._found |= seen
        self._totals |= totals
        self._finds.append((len(seen), sum(seen)))
        self._total = max(totals)
        return totals == {len(seen)} or self._totals == {len(self._found)}

    @property
    def settled(self) -> bool:
        """Whether the last readings have found the same rows, so that it is the count that is wrong."""
        last = self._finds[-READS:]
        return len(last) == READS and len(set(last)) == 1

    @property
    def told(self) -> str:
        """Both numbers."""
        found, readings = len(self._found), len(self._finds)
        return f"TikTok counts {self._total} rows but gave {found} different ones in {readings} readings"


def _fresh(pages: Iterator[Read], seen: set[int], sent: set[int], totals: set[int]) -> Iterator[list[bytes]]:
    """What has not left yet of the pages of one reading, which end where they bring nothing new."""
    idle = 0
    for info, rows in pages:
        totals.add(info.total_number)
        before, empty = len(seen), not rows
        fresh = unsent(rows, seen, sent)
        # Whoever takes the rows may empty the list: nothing else may hold them while they are written.
        del rows
        yield fresh
        # A senseless number of pages would never end: an empty page does, and so do some that bring nothing new,
        # one where all rows are there.
        idle += len(seen) == before
        if empty or idle > (IDLE_PAGES if len(seen) < info.total_number else 0):
            return


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


def mark_of(key: Key) -> int:
    """What is kept of a row to know it again: 60 bits, the most that Python holds in 32 bytes."""
    return hash(key) & 0xFFF_FFFF_FFFF_FFFF


def unsent(rows: Sequence[Piece], seen: set[int], sent: set[int]) -> list[bytes]:
    """The rows that are not in `sent` yet, which they enter; `seen` is told all of them."""
    fresh = []
    for key, members in rows:
        mark = mark_of(key)
        if mark not in sent:
            sent.add(mark)
            if members is not None:
                fresh.append(members)
        # Each version leaves, but TikTok counts objects.
        seen.add(mark if isinstance(key, bytes) else mark_of(key[0]))
    return fresh
