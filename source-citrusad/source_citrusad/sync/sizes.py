"""How much fits into one query: what answers have taught about a table, against the limits of the agreement."""

from __future__ import annotations

import math
from dataclasses import dataclass

from source_citrusad.api.queries import LEAST_BILLED, Page

from .state import Learned

# CitrusAd: how the vendor measures a download is not known; a fifth is kept to spare.
SPARE = 0.8
HEADROOM = 1.25
WIRE_FACTOR = 2.5
"""Bytes of JSON for a scanned byte, before the first answer tells; 1.6 to 1.8 were measured."""
# BigQuery: the first page of a query holds 10 MB.
FIRST_PAGE = 10_000_000
CALLS_TO_SPARE = 0.9
"""The part of the calls left that a slice is planned with; the others are for attempts that fail."""


@dataclass(frozen=True)
class Size:
    """What a whole query brings, known from its first page."""

    wire: int
    pages: int


class Sizes:
    """The sizes of one table, learned from answers; they make queries fit, and are never trusted for rows."""

    def __init__(self, learned: Learned, download_limit: int) -> None:
        self.learned = learned
        self.download = int(download_limit * SPARE)

    @property
    def known(self) -> bool:
        """Whether the size of a day is known."""
        return bool(self.wire_day)

    @property
    def wire_day(self) -> float:
        """Bytes of JSON that a day brings; 0 = not known."""
        return self.learned.wire_day or self.learned.scan_day * WIRE_FACTOR

    @property
    def page(self) -> int:
        """Bytes of a whole page."""
        return self.learned.page or FIRST_PAGE

    def days(self, calls_left: float, scan_left: float) -> float:
        """How many days fit into the next query; infinite where nothing is known of them."""
        if not self.known:
            return math.inf
        fits = self.download / (self.wire_day * HEADROOM)
        pages = max(1.0, calls_left * CALLS_TO_SPARE)
        fits = min(fits, pages * self.page / self.wire_day)
        if self.learned.scan_day:
            fits = min(fits, scan_left / (self.learned.scan_day * HEADROOM))
        return fits

    def guard(self) -> int:
        """The bytes that a query may scan: above them it would bring more than the download limit."""
        factor = WIRE_FACTOR
        if self.learned.wire_day and self.learned.scan_day:
            factor = self.learned.wire_day / self.learned.scan_day
        return max(2 * LEAST_BILLED, int(self.download / factor * HEADROOM))

    def of(self, page: Page) -> Size:
        """What a query brings whose first page with rows this is."""
        if not page.token or not page.rows:
            return Size(page.size, 1)
        wire = page.size * page.total / len(page.rows)
        return Size(int(wire), 1 + math.ceil((wire - page.size) / max(self.learned.page, page.size)))

    def learn_page(self, size: int) -> None:
        """A page that is not the last is as large as pages are."""
        self.learned.page = max(self.learned.page, size)

    def learn_day(self, days: int, scanned: int, wire: int) -> None:
        """A slice of so many days has been read. Half of what was known stays: days differ."""
        if days and scanned:
            self.learned.scan_day = _between(self.learned.scan_day, scanned / days)
        if days:
            self.learned.wire_day = _between(self.learned.wire_day, wire / days)


def _between(before: float, now: float) -> float:
    return (before + now) / 2 if before else now
