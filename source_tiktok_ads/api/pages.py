"""Page info of answers, and checks whether an answer is the requested page of the requested list."""

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic

import msgspec

from .envelope import AnyEnvelope, E
from .errors import readable


class PageInfo(msgspec.Struct):
    """The page info of an answer. Missing numbers are 0, and a missing row count is -1."""

    page: int = 0
    page_size: int = 0
    total_number: int = -1
    total_page: int = 0

    @property
    def tells(self) -> bool:
        """Whether it has a number of rows or pages."""
        return self.total_number >= 0 or self.total_page > 0

    @property
    def last_page(self) -> int:
        """The number of the last page: the larger one by total_page and by the row count, at least 1."""
        # TikTok: total_page has been seen to contradict total_number and page_size.
        by_rows = -(-self.total_number // self.page_size) if self.page_size > 0 else 0
        return max(self.total_page, by_rows, 1)

    def is_full(self, rows: int, size: int) -> bool:
        """Whether a page with so many rows is full: has as many as asked for, or as it says that a page has at most."""
        return rows >= (min(size, self.page_size) if self.page_size > 0 else size)


def page_info(envelope: AnyEnvelope) -> PageInfo | None:
    """The answer's `page_info`, from typed or untyped data; `None` if it is missing or no object.

    A number in it that cannot be read is missing, the others count.
    """
    info = _part(envelope.data, "page_info")
    if info is None or isinstance(info, PageInfo):
        return info
    if not isinstance(info, dict):
        return None
    numbers = {name: _number(info.get(name)) for name in PageInfo.__struct_fields__}
    return PageInfo(**{name: number for name, number in numbers.items() if number is not None})


def _number(value: Any) -> int | None:
    try:
        return msgspec.convert(value, int, strict=False)
    except (msgspec.ValidationError, UnicodeEncodeError):
        # The encoding error comes from a text with a lone surrogate.
        return None


def verdict_in_part(envelope: AnyEnvelope) -> str:
    """TikTok's code and request_id if it gave an answer only in part; empty if not."""
    # The client returns no answer with another code, but raises an error.
    return f"code {envelope.code}, request_id {readable(envelope.request_id or '-')}" if envelope.code else ""


def first_row(envelope: AnyEnvelope) -> Any:
    """The first row under `list`; `None` if there is none."""
    rows = _part(envelope.data, "list")
    return rows[0] if isinstance(rows, list) and rows else None


def wrong_account(advertiser_id: str, envelope: AnyEnvelope) -> str | None:
    """Why an answer cannot belong to the account: its first row has another id. `None` if it can."""
    row = first_row(envelope)
    named = _part(row, "advertiser_id") or _part(_part(row, "dimensions"), "advertiser_id")
    if not isinstance(named, (str, int)) or str(named) == advertiser_id:
        return None
    return f"its rows are of account {str(named)[:40]!r}"


def wrong_list(id: str, below: Sequence[str], envelope: AnyEnvelope) -> str | None:
    """Why an answer is unlikely to be the list of these objects: its first row lacks the `id`, or has one `below`."""
    row = first_row(envelope)
    if row is None:
        return None
    if _part(row, id) is None:
        return f"its rows have no {id}"
    return next((f"its rows have {name}" for name in below if _part(row, name) is not None), None)


def wrong_days(dimension: str, first: date, last: date, envelope: AnyEnvelope) -> str | None:
    """Why a report is unlikely to be about these days: the time `dimension` of its first row is on another day."""
    day = _day_of(first_row(envelope), dimension)
    return None if day is None or first <= day <= last else f"its rows are of {day}"


def no_day_of(dimension: str, first: date, last: date, envelope: AnyEnvelope) -> bool:
    """Whether a report has rows, but all of them on other days than these."""
    rows = _part(envelope.data, "list") if wrong_days(dimension, first, last, envelope) else None
    days = [_day_of(row, dimension) for row in rows or ()]
    return bool(days) and all(day is not None and not first <= day <= last for day in days)


def _day_of(row: Any, dimension: str) -> date | None:
    time = _part(_part(row, "dimensions"), dimension)
    return time.date() if isinstance(time, datetime) else _day(time)


def _day(time: Any) -> date | None:
    try:
        return date.fromisoformat(time[:10]) if isinstance(time, str) else None
    except ValueError:
        return None


def _part(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, dict) else getattr(data, name, None)


class AcceptedOddities:
    """Unusual features of a list's answers that TikTok has repeated, so that later answers are accepted with them.

    `warn` is called with a sentence the first time that an answer without `page_info` is accepted.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._lock = threading.Lock()
        self._known: set[tuple[Hashable, str]] = set()
        self._warned = False

    def knows(self, place: Hashable, oddity: str) -> bool:
        """Whether the oddity was accepted for the list."""
        return (place, oddity) in self._known

    def learn(self, place: Hashable, oddity: str) -> None:
        """Accept the oddity for the list from now on."""
        with self._lock:
            self._known.add((place, oddity))
            is_new = oddity == UNCOUNTED and not self._warned
            self._warned |= is_new
        if is_new:
            self._warn(
                "TikTok answers without page_info, so there is no count to compare the rows with. Pages are read until "
                "one is not full or brings nothing new."
            )


UNCOUNTED = "page_info is missing"
MISNUMBERED = "page_info names another page"


@dataclass
class PageCheck(Generic[E]):
    """Checks the answers to one request, as the argument `accept` of `Client.get`.

    Without a `number` the list has no pages, and `page_info` is not checked. An answer that `wrong` rejects is never
    accepted. An answer that `unlikely` rejects, or whose `page_info` is missing or has another page number, may be
    damaged or belong to another request, so it is requested once more. If the second answer is the same, it is
    accepted.
    """

    number: int | None
    believed: AcceptedOddities
    place: Hashable
    place_of: Callable[[E], PageInfo | None] = page_info
    wrong: Callable[[E], str | None] = lambda envelope: None
    unlikely: Callable[[E], str | None] = lambda envelope: None
    _rejected_once: set[str] = field(default_factory=set)

    def __call__(self, envelope: E) -> str | None:
        """Why the answer has to be requested again; `None` if it is accepted."""
        if wrong := self.wrong(envelope):
            return wrong
        oddity = self._page_oddity(self.place_of(envelope)) or self.unlikely(envelope)
        if oddity is None or self.believed.knows(self.place, oddity):
            return None
        if oddity in self._rejected_once:
            self.believed.learn(self.place, oddity)
            return None
        self._rejected_once.add(oddity)
        return oddity

    def _page_oddity(self, info: PageInfo | None) -> str | None:
        if self.number is None:
            return None
        if info is None or not info.tells:
            return UNCOUNTED
        return MISNUMBERED if info.page > 0 and info.page != self.number else None
