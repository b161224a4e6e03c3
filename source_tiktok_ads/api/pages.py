"""Where an answer stands among the pages of its list, and whether it is the page that was asked for."""

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic

import msgspec

from .envelope import AnyEnvelope, E


class PageInfo(msgspec.Struct):
    """What an answer says about its pages; a number that is not given is 0, a missing row count is -1."""

    page: int = 0
    page_size: int = 0
    total_number: int = -1
    total_page: int = 0

    @property
    def tells(self) -> bool:
        """Whether it says how many rows or pages there are."""
        return self.total_number >= 0 or self.total_page > 0

    @property
    def last_page(self) -> int:
        """The number of the last page, by whichever of the numbers says more; at least 1."""
        # TikTok: total_page has been seen to contradict total_number and page_size.
        by_rows = -(-self.total_number // self.page_size) if self.page_size > 0 else 0
        return max(self.total_page, by_rows, 1)


def page_info(envelope: AnyEnvelope) -> PageInfo | None:
    """The answer's `page_info`, whether its data are typed or not; `None` where it is missing or unreadable."""
    info = _part(envelope.data, "page_info")
    if info is None or isinstance(info, PageInfo):
        return info
    try:
        return msgspec.convert(info, PageInfo, strict=False, from_attributes=True)
    except (msgspec.ValidationError, UnicodeEncodeError):
        # A text with a lone surrogate is not even looked at.
        return None


def first_row(envelope: AnyEnvelope) -> Any:
    """The first row under `list`; `None` where there is none."""
    rows = _part(envelope.data, "list")
    return rows[0] if isinstance(rows, list) and rows else None


def wrong_account(advertiser_id: str, envelope: AnyEnvelope) -> str | None:
    """Why an answer cannot be about that account: its first row names another one, itself or as a dimension."""
    row = first_row(envelope)
    named = _part(row, "advertiser_id") or _part(_part(row, "dimensions"), "advertiser_id")
    if not isinstance(named, (str, int)) or str(named) == advertiser_id:
        return None
    return f"its rows are of account {str(named)[:40]!r}"


def wrong_list(id: str, below: Sequence[str], envelope: AnyEnvelope) -> str | None:
    """Why an answer can hardly be that list of objects: its first row lacks their `id`, or has one of what is below."""
    row = first_row(envelope)
    if row is None:
        return None
    if _part(row, id) is None:
        return f"its rows have no {id}"
    return next((f"its rows have {name}" for name in below if _part(row, name) is not None), None)


def wrong_days(dimension: str, first: date, last: date, envelope: AnyEnvelope) -> str | None:
    """Why a report can hardly be about those days: the first row's `dimension` is the time of another."""
    told = _part(_part(first_row(envelope), "dimensions"), dimension)
    day = told.date() if isinstance(told, datetime) else _day(told)
    return None if day is None or first <= day <= last else f"its rows are of {day}"


def _day(told: Any) -> date | None:
    try:
        return date.fromisoformat(told[:10]) if isinstance(told, str) else None
    except ValueError:
        return None


def _part(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, dict) else getattr(data, name, None)


class AcceptedOddities:
    """Oddities of paging that TikTok has repeated for a list, so that its next answers are not doubted for them.

    `warn` is called with a sentence the first time that an answer without `page_info` is believed.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._lock = threading.Lock()
        self._known: set[tuple[Hashable, str]] = set()
        self._warned = False

    def knows(self, place: Hashable, oddity: str) -> bool:
        """Whether that oddity has been believed at that place."""
        return (place, oddity) in self._known

    def learn(self, place: Hashable, oddity: str) -> None:
        """Believe the oddity from now on."""
        with self._lock:
            self._known.add((place, oddity))
            news = oddity == UNCOUNTED and not self._warned
            self._warned |= news
        if news:
            self._warn(
                "TikTok answers without page_info, so there is no count to compare the rows with. Pages are read until "
                "one is not full or brings nothing new."
            )


UNCOUNTED = "page_info is missing"
MISNUMBERED = "page_info names another page"


@dataclass
class PageCheck(Generic[E]):
    """For one request, `Client.get(accept=...)`: why an answer can't be the page `number` of its list.

    Without a number the list has no pages, and neither `page_info` nor what it says is looked at.

    What `wrong` says of an answer is never believed. What `odd` says of it, a missing `page_info` or one with another
    page's number is doubted once: the answer may have been damaged, or be a late one to another request. The same again
    is TikTok's way.
    """

    number: int | None
    believed: AcceptedOddities
    place: Hashable
    place_of: Callable[[E], PageInfo | None] = page_info
    wrong: Callable[[E], str | None] = lambda envelope: None
    odd: Callable[[E], str | None] = lambda envelope: None
    _doubts: set[str] = field(default_factory=set)

    def __call__(self, envelope: E) -> str | None:
        """Why the answer is to be asked for again; `None` where it is taken."""
        if wrong := self.wrong(envelope):
            return wrong
        oddity = self._misplaced(self.place_of(envelope)) or self.odd(envelope)
        if oddity is None or self.believed.knows(self.place, oddity):
            return None
        if oddity in self._doubts:
            self.believed.learn(self.place, oddity)
            return None
        self._doubts.add(oddity)
        return oddity

    def _misplaced(self, info: PageInfo | None) -> str | None:
        if self.number is None:
            return None
        if info is None or not info.tells:
            return UNCOUNTED
        return MISNUMBERED if info.page > 0 and info.page != self.number else None
