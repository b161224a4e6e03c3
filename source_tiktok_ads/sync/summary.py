"""The summary of a sync at the end of the log: a table of the rows that were read and the parts that were left out."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable

import orjson

LONGEST_TABLE = 100
"""A longer table lists only what was left out by account, and the rest by stream."""

Place = tuple[str, str]
"""A stream and an account."""


SEARCHED_WHOLE = 32
"""The first pages of a stream that are searched for columns without a value. After these, every 32nd page is."""


class EmptyColumns:
    """The columns of a stream that should always have a value but have not had one yet. Shared by all workers."""

    def __init__(self, columns: Iterable[str]) -> None:
        # A line has no columns without values, and quotes inside of texts are escaped.
        self._marks = {name: b'"%b":' % name.encode() for name in columns}
        self._pages = 0

    def look(self, lines: bytes) -> None:
        """Remove the columns that have a value in one of these lines."""
        self._pages += 1
        # A search through a page for what is not there costs as much as three of a hundred rows.
        if self._pages > SEARCHED_WHOLE and self._pages % SEARCHED_WHOLE:
            return
        for name, mark in list(self._marks.items()):
            # A field inside another column may have the same name, so the rows are decoded to be sure.
            if mark in lines and any(name in orjson.loads(line)["record"]["data"] for line in lines.splitlines()):
                # Another worker may have removed the column meanwhile.
                self._marks.pop(name, None)

    @property
    def columns(self) -> list[str]:
        """The columns, in order."""
        return [*self._marks]


class Summary:
    """Counts rows by stream and account, and keeps why parts were left out. Shared by all workers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: Counter[Place] = Counter()
        self._reasons: dict[Place, str] = {}
        self._altered: Counter[tuple[str, str, str]] = Counter()
        self._empty_columns: dict[str, EmptyColumns] = {}

    def add(self, stream: str, account: str, rows: int) -> None:
        """Count emitted rows."""
        with self._lock:
            self._rows[stream, account] += rows

    def leave_out(self, stream: str, account: str, reason: str, beside: bool = False) -> None:
        """Note why rows of an account could not be read. `beside` keeps the reasons given before."""
        with self._lock:
            before = self._reasons.get((stream, account), "") if beside else ""
            self._reasons[stream, account] = f"{before} {reason}".strip()
            self._rows[stream, account] += 0

    def alter(self, stream: str, column: str, became: str) -> None:
        """Count a value that was emitted as null or rounded instead of as TikTok sent it."""
        with self._lock:
            self._altered[stream, column, became] += 1

    def watch(self, stream: str, unfilled: EmptyColumns) -> None:
        """Include in the table which of these columns of a stream have never had a value."""
        self._empty_columns[stream] = unfilled

    def table(self) -> str:
        """One line per stream and account; per stream alone where that would be too long."""
        places = list(self._rows)
        if len(places) > LONGEST_TABLE:
            places = list(self._reasons)
        lines = [self._line(place) for place in sorted(places)]
        return "\n".join(
            [
                "stream, account, rows, skipped because",
                *lines,
                *self._totals(),
                *self._alterations(),
                *self._never_filled(),
            ]
        )

    def _line(self, place: Place) -> str:
        stream, account = place
        return f"{stream}, {account}, {self._rows[place]}, {self._reasons.get(place, '-')}"

    def _totals(self) -> list[str]:
        totals: Counter[str] = Counter()
        for (stream, _), rows in self._rows.items():
            totals[stream] += rows
        return [f"{stream}, all accounts, {rows}, -" for stream, rows in sorted(totals.items())]

    def _never_filled(self) -> list[str]:
        """One line with the columns that were null in every row although TikTok always fills them, if any."""
        read = {stream for (stream, _), rows in self._rows.items() if rows}
        named = [
            f"{stream}: {', '.join(unfilled.columns)}"
            for stream, unfilled in sorted(self._empty_columns.items())
            if stream in read and unfilled.columns
        ]
        return [f"columns that never had a value: {'; '.join(named)}"] if named else []

    def _alterations(self) -> list[str]:
        """One line per column with values that were emitted as null or rounded."""
        return [
            f"{stream}.{column}: {values} values that TikTok sent {_BECAME[became]}"
            for (stream, column, became), values in sorted(self._altered.items())
        ]


_BECAME = {"null": "could not be read and are null", "rounded": "were rounded to what the column holds"}
