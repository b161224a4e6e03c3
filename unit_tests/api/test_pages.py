"""Page after page."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from source_tiktok_ads.api.envelope import Envelope
from source_tiktok_ads.api.errors import Unreachable
from source_tiktok_ads.api.pages import PageInfo, page_info, pages, unpaged


def page(number: int, total: int, rows: int = 1) -> Envelope:
    """An answer of a paged endpoint."""
    info = {"page": number, "page_size": 1, "total_number": total, "total_page": total}
    return Envelope(0, data={"list": [number] * rows, "page_info": info})


def book(*answers: Envelope) -> tuple[Callable[[int], Envelope], list[int]]:
    """A fetch over fixed pages, and the numbers it was asked for."""
    asked: list[int] = []

    def fetch(number: int) -> Envelope:
        asked.append(number)
        return answers[number - 1]

    return fetch, asked


def test_reads_to_the_last_page() -> None:
    """Every page once, in order."""
    fetch, asked = book(page(1, 3), page(2, 3), page(3, 3))
    assert [p.data["list"] for p in pages(fetch)] == [[1], [2], [3]]
    assert asked == [1, 2, 3]


def test_the_newest_total_counts() -> None:
    """A list that grows while it is read is read to its new end."""
    fetch, asked = book(page(1, 1), page(2, 2))
    assert len(list(pages(fetch))) == 1
    fetch, asked = book(page(1, 2), page(2, 3), page(3, 3))
    assert len(list(pages(fetch))) == 3
    assert asked == [1, 2, 3]


def test_an_empty_page_is_the_last() -> None:
    """A total that promises too much does not loop."""
    fetch, asked = book(page(1, 99), page(2, 99, rows=0))
    assert len(list(pages(fetch))) == 2
    assert asked == [1, 2]


def test_rows_elsewhere() -> None:
    """An endpoint that puts rows under another name says how to count them."""
    answers = [Envelope(0, data={"pixels": [n], "page_info": {"total_page": 2}}) for n in (1, 2)]
    fetch, _ = book(*answers)
    assert len(list(pages(fetch, rows=lambda envelope: len(envelope.data["pixels"])))) == 2


def test_a_page_without_page_info_is_an_error() -> None:
    """It is never taken for the last page."""
    fetch, _ = book(Envelope(0, data={"list": [1]}))
    with pytest.raises(Unreachable, match="page_info"):
        list(pages(fetch))


class Typed(msgspec.Struct):
    """Data of a typed envelope."""

    page_info: PageInfo | None = None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"page_info": {"page": "2", "total_page": 3, "new": 1}}, PageInfo(page=2, total_page=3)),
        (Typed(PageInfo(total_page=7)), PageInfo(total_page=7)),
        (Typed(), None),
        ({"page_info": "?"}, None),
        ({"page_info": {"page": "\ud800"}}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_page_info(data: Any, expected: PageInfo | None) -> None:
    """Typed or not, numbers as text too; anything else is none."""
    envelope = Envelope(0, data=data)
    assert page_info(envelope) == expected
    assert (unpaged(envelope) is None) == (expected is not None)
