"""Merges the rows of the hour that occurs twice when daylight saving time ends: two rows with the same key."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from source_tiktok_ads.streams.model import HOUR, Report
from source_tiktok_ads.sync.records import Key, Piece, to_json

Row = Mapping[str, Any]
"""A record without the columns of its stamp."""


def repeated_hours(day: date, zone: tzinfo) -> list[str]:
    """The hours that occur twice in the zone on that day, as records write them."""
    # Half past the hour, because in some places the clocks go back by half an hour only.
    hours = (datetime.combine(day, time(hour, 30), zone) for hour in range(24))
    return [f"{hour:%Y-%m-%dT%H}:00:00" for hour in hours if _offset(hour) > _offset(hour.replace(fold=1))]


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta()


def folded(pairs: int) -> str:
    """The sentence for merged rows."""
    return (
        f"The clocks went back, and TikTok gave two rows of the repeated hour for {pairs} keys: each pair leaves as "
        "one row of what can be added up; everything else is null in it."
    )


class Readings:
    """The rows of repeated hours of one request, counted separately for each reading."""

    def __init__(self, marks: Sequence[bytes]) -> None:
        self._marks = marks
        self._lock = threading.Lock()
        self._kept: dict[bytes, list[bytes]] = {}
        self._current: dict[bytes, list[bytes]] = {}
        self._repeated_keys: set[bytes] = set()
        self._repeated_in_current: set[bytes] = set()

    def begin(self) -> None:
        """Start another reading. Of each key, the reading with most rows is kept; of equal ones, the last."""
        with self._lock:
            self._kept |= {
                key: rows for key, rows in self._current.items() if len(rows) >= len(self._kept.get(key, ()))
            }
            self._repeated_keys |= self._repeated_in_current
            self._current = {}

    @property
    def rows(self) -> Mapping[bytes, list[bytes]]:
        """The kept rows, by key."""
        self.begin()
        return self._kept

    def disambiguate(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        """The pieces of one page. Rows of a repeated hour are kept back, and get a key that counts the rows per key."""
        if not self._marks:
            return pieces
        with self._lock:
            page: dict[bytes, list[bytes]] = {}
            distinct = [self._number_piece(key, members, page) for key, members in pieces]
            for key, rows in page.items():
                self._add_rows(key, rows)
        return distinct

    def _number_piece(self, key: Key, members: bytes | None, page: dict[bytes, list[bytes]]) -> Piece:
        if not isinstance(key, bytes) or members is None or not any(mark in key for mark in self._marks):
            return key, members
        rows = page.setdefault(key, [])
        rows.append(members)
        before = len(self._current.get(key, ())) if key in self._repeated_keys else 0
        return b"%b#%d" % (key, before + len(rows)), None

    def _add_rows(self, key: bytes, rows: list[bytes]) -> None:
        before = self._current.get(key, [])
        # Rows of one key on two pages may be one row that moved. They are two if an earlier reading saw the same.
        if key in self._repeated_keys:
            rows = before + rows
        elif before:
            self._repeated_in_current.add(key)
            rows = max(before, rows, key=len)
        self._current[key] = rows


class RepeatedHour:
    """Keeps the rows of repeated hours until a window is read, and then merges them to one row for each key."""

    def __init__(self, report: Report, day: date, zone: tzinfo) -> None:
        hours = repeated_hours(day, zone) if report.grain is HOUR else []
        self._marks = [b'"%b":"%b"' % (report.cursor.encode(), hour.encode()) for hour in hours]
        self._report = report
        self._held: dict[bytes, list[bytes]] = {}
        self._readings = Readings(self._marks)

    # TikTok: how it reports the repeated hour is not documented; there may be two rows of one key.
    def asked_for(self) -> Readings:
        """Start a request. The rows of the request before are dropped unless `hold` was called."""
        self._readings = Readings(self._marks)
        return self._readings

    def hold(self) -> None:
        """Keep the rows of the last request, which is finished."""
        self._held |= self._readings.rows

    @property
    def pairs(self) -> int:
        """How many keys have more than one row."""
        return sum(len(rows) > 1 for rows in self._held.values())

    def rows(self) -> list[bytes]:
        """The rows that were held back, merged to one row for each key."""
        return [rows[0] if len(rows) == 1 else self._merge(map(_parsed, rows)) for rows in self._held.values()]

    def _merge(self, rows: Iterable[Row]) -> bytes:
        """One row for several: their ids and the sums of additive metrics."""
        first, *others = rows
        metrics, additive = self._report.metric_columns, self._report.additive
        ids = {name: value for name, value in first.items() if name not in metrics or metrics[name].kind == "id"}
        return to_json({**ids, **{name: _sum_of(name, [first, *others]) for name in additive}})[1:-1]


def _parsed(members: bytes) -> Row:
    row: Row = json.loads(b"{%b}" % members)
    return row


def _sum_of(name: str, rows: Iterable[Row]) -> float | int | None:
    """The exact sum of a column; None if no row has a value."""
    values = [value for row in rows if (value := row.get(name)) is not None]
    total = sum((Decimal(str(value)) for value in values), Decimal())
    return None if not values else int(total) if all(isinstance(v, int) for v in values) else float(total)
