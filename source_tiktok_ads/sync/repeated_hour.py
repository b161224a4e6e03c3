"""The hour that a day has twice, when the clocks go back: its two rows share one key and leave as one."""

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
"""A record without what it is stamped with."""


def repeated_hours(day: date, zone: tzinfo) -> list[str]:
    """The hours that the zone's clocks show twice on that day, as a record tells them."""
    # Half past: somewhere the clocks go back by half an hour only.
    hours = (datetime.combine(day, time(hour, 30), zone) for hour in range(24))
    return [f"{hour:%Y-%m-%dT%H}:00:00" for hour in hours if _offset(hour) > _offset(hour.replace(fold=1))]


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta()


def folded(pairs: int) -> str:
    """The sentence for rows that stand for two."""
    return (
        f"The clocks went back, and TikTok gave two rows of the repeated hour for {pairs} keys: each pair leaves as "
        "one row of what can be added up; everything else is null in it."
    )


class Readings:
    """The rows of repeated hours that one request brings, each reading's told apart anew."""

    def __init__(self, marks: Sequence[bytes]) -> None:
        self._marks = marks
        self._lock = threading.Lock()
        self._stand: dict[bytes, list[bytes]] = {}
        self._now: dict[bytes, list[bytes]] = {}
        self._apart: set[bytes] = set()
        self._apart_now: set[bytes] = set()

    def begin(self) -> None:
        """What came until now was one reading: of each key the fullest stands, of equally full ones the last."""
        with self._lock:
            self._stand |= {key: rows for key, rows in self._now.items() if len(rows) >= len(self._stand.get(key, ()))}
            self._apart |= self._apart_now
            self._now = {}

    @property
    def rows(self) -> Mapping[bytes, list[bytes]]:
        """The rows that stand, by key."""
        self.begin()
        return self._stand

    def disambiguate(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        """The rows of one page; those of a repeated hour stay here, told apart by counting those of each key."""
        if not self._marks:
            return pieces
        with self._lock:
            page: dict[bytes, list[bytes]] = {}
            told = [self._told_apart(key, members, page) for key, members in pieces]
            for key, rows in page.items():
                self._collect(key, rows)
        return told

    def _told_apart(self, key: Key, members: bytes | None, page: dict[bytes, list[bytes]]) -> Piece:
        if not isinstance(key, bytes) or members is None or not any(mark in key for mark in self._marks):
            return key, members
        rows = page.setdefault(key, [])
        rows.append(members)
        before = len(self._now.get(key, ())) if key in self._apart else 0
        return b"%b#%d" % (key, before + len(rows)), None

    def _collect(self, key: bytes, rows: list[bytes]) -> None:
        before = self._now.get(key, [])
        # Rows of one key on two pages may be one that moved; they are two where an earlier reading saw the same.
        if key in self._apart:
            rows = before + rows
        elif before:
            self._apart_now.add(key)
            rows = max(before, rows, key=len)
        self._now[key] = rows


class RepeatedHour:
    """Keeps the rows of repeated hours until all of a window have come; then there is one for each key."""

    def __init__(self, report: Report, day: date, zone: tzinfo) -> None:
        hours = repeated_hours(day, zone) if report.grain is HOUR else []
        self._marks = [b'"%b":"%b"' % (report.cursor.encode(), hour.encode()) for hour in hours]
        self._report = report
        self._held: dict[bytes, list[bytes]] = {}
        self._readings = Readings(self._marks)

    # TikTok: how it tells the hour that comes twice is not documented; there may be two rows of one key.
    def asked_for(self) -> Readings:
        """A request is made: what the one before has brought counts only where it is held."""
        self._readings = Readings(self._marks)
        return self._readings

    def hold(self) -> None:
        """The last request has brought all it will: keep its rows."""
        self._held |= self._readings.rows

    @property
    def pairs(self) -> int:
        """How many keys have come with more than one row."""
        return sum(len(rows) > 1 for rows in self._held.values())

    def rows(self) -> list[bytes]:
        """What was held back, one row for each key."""
        return [rows[0] if len(rows) == 1 else self._sum(map(_parsed, rows)) for rows in self._held.values()]

    def _sum(self, rows: Iterable[Row]) -> bytes:
        """One row for several: its ids, sums where they make sense, and nothing else."""
        first, *others = rows
        metrics, additive = self._report.metric_columns, self._report.additive
        ids = {name: value for name, value in first.items() if name not in metrics or metrics[name].kind == "id"}
        return to_json({**ids, **{name: _added(name, [first, *others]) for name in additive}})[1:-1]


def _parsed(members: bytes) -> Row:
    row: Row = json.loads(b"{%b}" % members)
    return row


def _added(name: str, rows: Iterable[Row]) -> float | int | None:
    """The sum of what rows hold in a column, to the last digit; null where none holds anything."""
    values = [value for row in rows if (value := row.get(name)) is not None]
    total = sum((Decimal(str(value)) for value in values), Decimal())
    return None if not values else int(total) if all(isinstance(v, int) for v in values) else float(total)
