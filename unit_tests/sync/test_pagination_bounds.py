"""However many pages an answer claims, a reading ends."""

import json
from collections.abc import Sequence
from typing import Any

from source_tiktok_ads.sync.pagination import MAX_READS, Attempt, Incomplete, Prefetcher, read_until_consistent
from source_tiktok_ads.sync.records import Answer, decode


def claiming(rows: list[str], total: int, pages: int) -> Answer:
    """A page of rows that claims so many rows and pages in all."""
    info = {"page": 1, "page_size": 2, "total_number": total, "total_page": pages}
    return decode(json.dumps({"code": 0, "data": {"list": [{"id": row} for row in rows], "page_info": info}}).encode())


def read(answers: dict[int, Answer], otherwise: Answer) -> tuple[list[bytes], list[int], list[str]]:
    """The rows that left, the pages asked for, what was warned of."""
    asked: list[int] = []
    said: list[str] = []

    def fetch(number: int) -> Answer:
        asked.append(number)
        return answers.get(number, otherwise)

    def pieces(rows: Sequence[Any]) -> list[tuple[bytes, bytes]]:
        return [(row["id"].encode(), row["id"].encode()) for row in rows]

    left: list[bytes] = []
    try:
        for page in read_until_consistent([Attempt(fetch, pieces, 2)] * MAX_READS, said.append, Prefetcher(2), set()):
            left += page
    except Incomplete as error:
        said.append(str(error))
    return left, asked, said


def test_empty_pages_end_a_reading() -> None:
    """Beyond the rows there is nothing: a billion pages are not asked for, and both numbers are told."""
    left, asked, said = read({1: claiming(["a"], 10**9, 10**9)}, claiming([], 10**9, 10**9))
    assert left == [b"a"]
    assert len(asked) <= MAX_READS * 6
    assert said == ["TikTok counts 1000000000 rows but gave 1 different ones in 3 readings."]


def test_pages_that_repeat_end_a_reading() -> None:
    """The same page under every number is one page, even where its total is right."""
    left, asked, said = read({}, claiming(["a", "b"], 2, 10**30))
    assert (left, said) == ([b"a", b"b"], [])
    assert len(asked) <= 4


def test_a_few_empty_pages_are_read_past() -> None:
    """Three in a row; what stands behind a fourth lacks."""
    first, empty, last = claiming(["a"], 2, 9), claiming([], 2, 9), claiming(["b"], 2, 9)
    assert read({1: first, 5: last}, empty)[0] == [b"a", b"b"]
    assert read({1: first, 6: last}, empty)[0] == [b"a"]
