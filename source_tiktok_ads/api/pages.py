"""Page after page, the same for every endpoint that counts its pages."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from .envelope import E, Verdict
from .errors import failure


class PageInfo(msgspec.Struct):
    """Where a page stands in its list."""

    page: int = 1
    page_size: int = 0
    total_number: int = 0
    total_page: int = 0


def page_info(envelope: Verdict) -> PageInfo | None:
    """The answer's `page_info`, whether its data are typed or not; `None` where it is missing or unreadable."""
    info = _part(envelope.data, "page_info")
    if info is None or isinstance(info, PageInfo):
        return info
    try:
        return msgspec.convert(info, PageInfo, strict=False, from_attributes=True)
    except (msgspec.ValidationError, UnicodeEncodeError):
        # A text with a lone surrogate is not even looked at.
        return None


def unpaged(envelope: Verdict) -> str | None:
    """Why an answer is no page, for `Client.get(accept=unpaged)`, which then asks again."""
    return None if page_info(envelope) else "page_info is missing"


def listed(envelope: Verdict) -> int:
    """The rows of a page that stand under `list`."""
    return len(_part(envelope.data, "list") or ())


def pages(fetch: Callable[[int], E], rows: Callable[[E], int] = listed) -> Iterator[E]:
    """Pages 1 to `total_page` as `fetch` answers them; an empty page is the last.

    `rows` counts the rows of a page where they do not stand under `list`. Raises `Unreachable` for an answer
    without `page_info`; fetch with `accept=unpaged`, and it is asked for again first.
    """
    number = 1
    while True:
        envelope = fetch(number)
        info = page_info(envelope)
        if info is None:
            raise failure("garbled", "page_info is missing", f"page {number}", None)
        yield envelope
        # TikTok: what a page beyond the end answers is not documented, and the total may change while we read.
        if number >= info.total_page or not rows(envelope):
            return
        number += 1


def _part(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, dict) else getattr(data, name, None)
