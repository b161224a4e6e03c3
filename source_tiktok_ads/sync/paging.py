"""Pages that prove themselves: fetched ahead, told apart, counted against TikTok's total, and read again if need be."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Semaphore
from typing import Any

from source_tiktok_ads.api.pages import further_pages, page_info
from source_tiktok_ads.sync.lines import Answer, Piece

READS = 3
"""How often a request whose rows do not add up is read before its rows are taken as they are."""

Fetch = Callable[[int], Answer]
"""Gives the answer of a page number."""

Pieces = Callable[[Sequence[Any]], Sequence[Piece]]
"""Turns the rows of an answer into pieces."""


class Ahead:
    """Fetches the pages of a slice while earlier ones are written, with as many threads as nobody else needs.

    At most `pages` answers of all slices together are under way or waiting, which bounds the memory they take.
    """

    def __init__(self, pages: int) -> None:
        self._pool = ThreadPoolExecutor(pages, thread_name_prefix="pages")
        self._free = Semaphore(pages)

    def answers(self, fetch: Fetch, numbers: Iterable[int]) -> Iterator[Answer]:
        """The answers of the pages in order. Raises what fetching one raises, when its turn comes."""
        todo, flying = deque(numbers), deque[Future[Answer]]()
        try:
            while todo or flying:
                while todo and self._free.acquire(blocking=False):
                    flying.append(self._pool.submit(fetch, todo.popleft()))
                yield self._landed(flying) if flying else fetch(todo.popleft())
        finally:
            for future in flying:
                future.cancel()
                future.add_done_callback(lambda _: self._free.release())

    def _landed(self, flying: deque[Future[Answer]]) -> Answer:
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
) -> Iterator[list[bytes]]:
    """The rows of one request, page by page, each told apart once.

    Rows already in `sent` stay out, so that reading again, or another pass, repeats nothing. After the third read that
    does not add up the rows found so far stand, and `warn` is told both numbers.
    """
    # TikTok: the lists have no stable order, so a row can move to another page, or between two, while they are read.
    found, total = 0, 0
    for _ in range(READS):
        # The first reading of all sees just what it sends: one set serves both, as there may be a million rows.
        seen = set[int]() if sent else sent
        totals: set[int] = set()

        def unsent(answer: Answer, seen: set[int] = seen, totals: set[int] = totals) -> list[bytes]:
            info, data = page_info(answer), answer.data
            totals.add(info.total_number if info else 0)
            return _unsent(pieces(data.list or () if data else ()), seen, sent)

        # No name holds an answer while its rows are written: it is several times as large as they are.
        yield from map(unsent, _pages(fetch, ahead))
        found, total = len(seen), max(totals)
        if totals == {found}:
            return
    warn(f"TikTok counts {total} rows but gave {found} different ones in {READS} readings; those are taken.")


def _pages(fetch: Fetch, ahead: Ahead) -> Iterator[Answer]:
    first = [fetch(1)]
    rest = further_pages(first[0])
    yield first.pop()
    yield from ahead.answers(fetch, rest)


def _unsent(rows: Sequence[Piece], seen: set[int], sent: set[int]) -> list[bytes]:
    fresh = []
    for key, members in rows:
        mark = hash(key)
        if mark not in sent:
            sent.add(mark)
            if members is not None:
                fresh.append(members)
        seen.add(mark)
    return fresh
