"""What a sync has read and left out, as a table for the end of the log."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable

import orjson

LONGEST_TABLE = 100
"""Above so many lines only what was left out is listed by account, the rest by stream."""

Place = tuple[str, str]
"""A stream and an account."""


SEARCHED_WHOLE = 32
"""So many pages of a stream are searched for the columns that no row has filled yet; then one page in as many."""


class EmptyColumns:
    """The columns of a stream that should have a value in every row, and have had none so far; used by all workers."""

    def __init__(self, columns: Iterable[str]) -> None:
        # A column without a value is not in the line of its row; a quote inside a text is escaped.
        self._marks = {name: b'"%b":' % name.encode() for name in columns}
        self._pages = 0

    def look(self, lines: bytes) -> None:
        """Rows have left: what has a value in one of them is not looked for any more."""
        self._pages += 1
        # A search through a page for what is not there costs as much as three of a hundred rows.
        if self._pages > SEARCHED_WHOLE and self._pages % SEARCHED_WHOLE:
            return
        for name, mark in list(self._marks.items()):
            # A field inside another column may have the same name: the rows themselves decide.
            if mark in lines and any(name in orjson.loads(line)["record"]["data"] for line in lines.splitlines()):
                # Another worker may have found it meanwhile.
                self._marks.pop(name, None)

    @property
    def columns(self) -> list[str]:
        """The columns, in order."""
        return [*self._marks]


class Summary:
    """Rows by stream and account, and why a part was left out; filled by all workers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: Counter[Place] = Counter()
        self._reasons: dict[Place, str] = {}
        self._altered: Counter[tuple[str, str, str]] = Counter()
        self._unfilled: dict[str, EmptyColumns] = {}

    def add(self, stream: str, account: str, rows: int) -> None:
        """Rows have left."""
        with self._lock:
            self._rows[stream, account] += rows

    def leave_out(self, stream: str, account: str, reason: str, beside: bool = False) -> None:
        """A part, or all, of an account's rows could not be read; `beside` keeps the reasons given before."""
        with self._lock:
            before = self._reasons.get((stream, account), "") if beside else ""
            self._reasons[stream, account] = f"{before} {reason}".strip()
            self._rows[stream, account] += 0

    def alter(self, stream: str, column: str, became: str) -> None:
        """A value of a column left as something else than what TikTok sent: null, or rounded."""
        with self._lock:
            self._altered[stream, column, became] += 1

    def watch(self, stream: str, unfilled: EmptyColumns) -> None:
        """At the end, tell which of these columns of a stream have never had a value."""
        self._unfilled[stream] = unfilled

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
        """One line with the columns that were null in every row although TikTok always fills them; none if none."""
        read = {stream for (stream, _), rows in self._rows.items() if rows}
        named = [
            f"{stream}: {', '.join(unfilled.columns)}"
            for stream, unfilled in sorted(self._unfilled.items())
            if stream in read and unfilled.columns
        ]
        return [f"columns that never had a value: {'; '.join(named)}"] if named else []

    def _alterations(self) -> list[str]:
        """One line per column whose values did not leave as they came."""
        return [
            f"{stream}.{column}: {values} values that TikTok sent {_BECAME[became]}"
            for (stream, column, became), values in sorted(self._altered.items())
        ]


_BECAME = {"null": "could not be read and are null", "rounded": "were rounded to what the column holds"}
