"""Pages that prove themselves: rows told apart and counted against TikTok's own total, read again where they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from source_tiktok_ads.api.pages import page_info, pages
from source_tiktok_ads.sync.lines import Answer, Piece

READS = 3
"""How often a request whose rows do not add up is read before its rows are taken as they are."""


def proven(
    fetch: Callable[[int], Answer],
    pieces: Callable[[Sequence[object]], Sequence[Piece]],
    warn: Callable[[str], None],
    sent: set[int] | None = None,
) -> Iterator[list[bytes]]:
    """The rows of one request, page by page, each told apart once; `fetch` gives the answer of a page number.

    Rows already in `sent` stay out, so that reading again, or another pass, repeats nothing. After the third read that
    does not add up the rows found so far stand, and `warn` is told both numbers.
    """
    # TikTok: the lists have no stable order, so a row can move to another page, or between two, while they are read.
    sent = set() if sent is None else sent
    found, total = 0, 0
    for _ in range(READS):
        seen: set[int] = set()
        totals: set[int] = set()
        for answer in pages(fetch):
            info, data = page_info(answer), answer.data
            totals.add(info.total_number if info else 0)
            yield _unsent(pieces(data.list or () if data else ()), seen, sent)
        found, total = len(seen), max(totals)
        if totals == {found}:
            return
    warn(f"TikTok counts {total} rows but gave {found} different ones in {READS} readings; those are taken.")


def _unsent(rows: Sequence[Piece], seen: set[int], sent: set[int]) -> list[bytes]:
    fresh = []
    for key, members in rows:
        mark = hash(key)
        seen.add(mark)
        if mark not in sent:
            sent.add(mark)
            if members is not None:
                fresh.append(members)
    return fresh
