"""Adds up the rows of a request and compares the sums with the totals that TikTok gives for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum
from operator import attrgetter
from typing import Any

from source_tiktok_ads.api.pages import page_info
from source_tiktok_ads.streams.shapes import Cast, OnInvalidValue, Shape, metric_cast
from source_tiktok_ads.sync.records import Answer, Piece

# TikTok: totals cover at most this many objects.
MAX_OBJECTS = 20_000

WITHOUT_CENTS = frozenset(
    {
        *("BIF", "CLP", "COP", "DJF", "GNF", "HUF", "IDR", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "TWD", "UGX"),
        *("VND", "VUV", "XAF", "XOF", "XPF"),
    }
)
"""Currencies whose amounts may be rounded to whole units: by ISO 4217, or in common use."""


def rounding(currency: str | None) -> float:
    """The largest rounding error of one amount in a currency."""
    # TikTok: which decimals it gives for these currencies is not documented; all others have two or more.
    return 0.5 if currency in WITHOUT_CENTS else 0.005


Sums = Mapping[str, float]
"""The sum of each metric."""


@dataclass(frozen=True)
class Difference:
    """A metric whose sum over the rows is not TikTok's total."""

    metric: str
    found: float
    expected: float

    def __str__(self) -> str:
        return f"{self.metric} {_number_text(self.found)} (TikTok's total is {_number_text(self.expected)})"


def _number_text(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")


class Totals:
    """Adds up the metrics of rows, page by page, and compares the sums with TikTok's totals. Holds no sums itself.

    `on_unreadable` is called with the metric and the value of a total that is no number.
    """

    def __init__(self, metrics: Mapping[str, Shape], currency: str | None, on_unreadable: OnInvalidValue) -> None:
        self._rounding = rounding(currency)
        self._values = {name: attrgetter(name) for name in metrics}
        self._casts: dict[str, Cast] = {
            name: metric_cast(shape, name, on_unreadable) for name, shape in metrics.items()
        }
        self._exact = {name for name, shape in metrics.items() if shape.kind == "integer"}

    def expected(self, answer: Answer) -> Sums:
        """The totals in the answer of a first page; empty if it has none, or if they do not cover all rows."""
        info = page_info(answer)
        if answer.data is None or (info is not None and info.total_number > MAX_OBJECTS):
            return {}
        given = answer.data.total_metrics or {}
        # TikTok: the total of a metric that cannot be added up is a dash.
        totals = {name: cast(given.get(name)) for name, cast in self._casts.items()}
        return {name: total for name, total in totals.items() if total is not None}

    def of_page(self, rows: Sequence[Any], pieces: Sequence[Piece]) -> Sums:
        """The sums of a page: of its rows if they were decoded into types, else of its pieces."""
        if rows and isinstance(rows[0], dict):
            return self.of_members(members for _, members in pieces)
        metrics = [row.metrics for row in rows]
        return {
            name: (sum if name in self._exact else fsum)(filter(None, map(value, metrics)))
            for name, value in self._values.items()
        }

    def of_members(self, rows: Iterable[bytes | None]) -> Sums:
        """The sums of emitted rows, each the members of a JSON object without braces."""
        records = [json.loads(b"{%b}" % members) for members in rows if members]
        return {name: fsum(record.get(name) or 0 for record in records) for name in self._values}

    def differences(self, found: Sums, expected: Sums, rows: int) -> list[Difference]:
        """The metrics whose sums over `rows` rows differ from TikTok's totals.

        Counts have to agree exactly. Amounts may differ by the rounding of each row and of the total, which is half a
        cent each (half a unit in currencies without cents), and by a billionth for adding floating-point numbers.
        More rows than totals cover, which only an answer without a count can have, are not compared.
        """
        if rows > MAX_OBJECTS:
            return []
        return [
            Difference(name, found.get(name, 0.0), total)
            for name, total in expected.items()
            if abs(found.get(name, 0.0) - total) > self._tolerance(name, total, rows)
        ]

    def _tolerance(self, name: str, total: float, rows: int) -> float:
        return 1e-6 if name in self._exact else self._rounding * (rows + 1) + 1e-9 * abs(total)


@dataclass
class Ledger:
    """Running sums of the rows of one reading."""

    sums: dict[str, float] = field(default_factory=dict)
    rows: int = 0

    def add(self, sums: Sums, rows: int, sign: int = 1) -> None:
        """Add rows with their sums, or subtract them if `sign` is -1."""
        self.rows += sign * rows
        for name, value in sums.items():
            self.sums[name] = self.sums.get(name, 0) + sign * value
