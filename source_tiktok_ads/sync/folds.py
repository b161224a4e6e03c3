"""The hour that a day has twice, when the clocks go back: its two rows share one key and leave as one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from source_tiktok_ads.streams.fields import METRICS
from source_tiktok_ads.streams.model import HOUR, Report
from source_tiktok_ads.sync.lines import Key, Piece, to_json

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


class Twins:
    """Holds back the rows of repeated hours until all of a window have come; then there is one for each key."""

    def __init__(self, report: Report, day: date, zone: tzinfo, key: Callable[[Row], bytes]) -> None:
        hours = repeated_hours(day, zone) if report.grain is HOUR else []
        self._marks = [b'"%b":"%b"' % (report.cursor.encode(), hour.encode()) for hour in hours]
        self._report = report
        self._key = key
        self._held: dict[bytes, list[bytes]] = {}

    # TikTok: how it tells the hour that comes twice is not documented; there may be two rows of one key.
    def told_apart(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        """The rows of one answer; those of a repeated hour told apart by all they hold, and equal ones by counting."""
        if not self._marks:
            return pieces
        equal = Counter[bytes]()
        return [self._told_apart(key, members, equal) for key, members in pieces]

    def _told_apart(self, key: Key, members: bytes | None, equal: Counter[bytes]) -> Piece:
        if members is None or not self._twice(members):
            return key, members
        equal[members] += 1
        return b"%b#%d" % (members, equal[members]), members

    def _twice(self, members: bytes) -> bool:
        return any(mark in members for mark in self._marks)

    def held_back(self, rows: list[bytes], *, joined: bool = False) -> list[bytes]:
        """The rows that can leave at once; a `joined` row stands for all that have come with its key."""
        if not self._marks:
            return rows
        for row in filter(self._twice, rows):
            key = self._key(_parsed(row))
            self._held[key] = [row] if joined else [*self._held.get(key, ()), row]
        return [row for row in rows if not self._twice(row)]

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
        ids = {name: value for name, value in first.items() if name not in metrics or METRICS[name].unit == "id"}
        return to_json({**ids, **{name: _added(name, [first, *others]) for name in additive}})[1:-1]


def _parsed(members: bytes) -> Row:
    row: Row = json.loads(b"{%b}" % members)
    return row


def _added(name: str, rows: Iterable[Row]) -> float | int | None:
    """The sum of what rows hold in a column, to the last digit; null where none holds anything."""
    values = [value for row in rows if (value := row.get(name)) is not None]
    total = sum((Decimal(str(value)) for value in values), Decimal())
    return None if not values else int(total) if all(isinstance(v, int) for v in values) else float(total)
