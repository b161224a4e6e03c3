"""Whether the rows of one request add up to what TikTok itself gives as their totals."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from source_tiktok_ads.api.pages import page_info
from source_tiktok_ads.sync.lines import Answer, Piece
from source_tiktok_ads.sync.paging import Fetch, Pieces

# TikTok: totals cover at most so many objects.
MOST_OBJECTS = 20_000


class Totals:
    """Adds up the rows of a request while they are read, and compares the sums with TikTok's own.

    Stands between who fetches and who reads: a new reading, which begins with page 1, starts from nothing.
    """

    def __init__(self, fetch: Fetch, pieces: Pieces, names: Iterable[str]) -> None:
        self._fetch = fetch
        self._pieces = pieces
        self._values = {name: attrgetter(name) for name in names}
        self._sums: dict[str, float] = {}
        self._rows = self._total = 0
        self._expected: Mapping[str, Any] = {}
        self._lock = threading.Lock()

    def fetch(self, page: int) -> Answer:
        """The answer of a page."""
        answer = self._fetch(page)
        if page == 1:
            self._sums, self._rows, info = dict.fromkeys(self._values, 0.0), 0, page_info(answer)
            self._total = info.total_number if info else 0
            covered = info is not None and info.total_number <= MOST_OBJECTS
            self._expected = (answer.data.total_metrics if answer.data and covered else None) or {}
        return answer

    def pieces(self, rows: Sequence[Any]) -> Sequence[Piece]:
        """The rows' pieces, after adding the rows up; rows that came untyped are not worth the effort of a sum."""
        if self._expected and rows:
            if isinstance(rows[0], dict):
                self._expected = {}
            else:
                self._add([row.metrics for row in rows])
        return self._pieces(rows)

    def _add(self, metrics: Sequence[Any]) -> None:
        sums = {name: sum(filter(None, map(value, metrics))) for name, value in self._values.items()}
        with self._lock:
            self._rows += len(metrics)
            self._sums = {name: self._sums[name] + found for name, found in sums.items()}

    def differences(self) -> list[str]:
        """The metrics whose rows do not add up to TikTok's total, beyond rounding, with both numbers.

        None where rows came twice: they leave once, but the sums hold them twice.
        """
        if self._rows > self._total:
            return []
        return [
            f"{name} {round(self._sums[name], 3)} (TikTok says {self._expected[name]})"
            for name in self._values
            if self._differs(self._sums[name], self._expected.get(name))
        ]

    def _differs(self, found: float, expected: Any) -> bool:
        try:
            total = float(expected)
        except (TypeError, ValueError):
            # TikTok: a total of what cannot be added is a dash.
            return False
        # Amounts have two or three decimals, so each row may be off by half a hundredth, and so may the total.
        return abs(found - total) > 0.005 * (self._rows + 1) + 1e-9 * abs(total)
