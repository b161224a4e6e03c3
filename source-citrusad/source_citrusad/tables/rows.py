"""Rows of an answer to lines of records, by casts compiled from the answer's own schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import orjson

from .types import Cast, Column, cast_of, column_of_field


class BadCell(ValueError):
    """A cell that its column's type can't hold; the text is a sentence."""


class _Cell(msgspec.Struct, gc=False):
    v: Any


class _Row(msgspec.Struct, gc=False):
    f: list[_Cell]


_row = msgspec.json.Decoder(_Row).decode


def compiled(fields: Sequence[Mapping[str, Any]], exact: bool) -> Callable[[bytes], dict[str, Any]]:
    """What turns a row of an answer with these fields into a record. It raises BadCell."""
    columns = [column_of_field(field) for field in fields]
    parts: list[tuple[str, Cast | None, list[Any] | None]] = [
        (column.name, cast_of(column, exact), [] if column.repeated else None) for column in columns
    ]
    names = [column.name for column in columns]

    def record(row: bytes) -> dict[str, Any]:
        try:
            cells = _row(row).f
            if len(cells) != len(names):
                raise BadCell(f"A row has {len(cells)} cells, and its table {len(names)} columns.")
            return {
                name: absent if (value := cell.v) is None else value if cast is None else cast(value)
                for (name, cast, absent), cell in zip(parts, cells, strict=True)
            }
        except BadCell:
            raise
        except Exception:
            raise BadCell(_bad_cell(row, columns, [cast for _, cast, _ in parts])) from None

    return record


def _bad_cell(row: bytes, columns: Sequence[Column], casts: Sequence[Cast | None]) -> str:
    """The sentence on the first cell that can't be read."""
    try:
        cells = _row(row).f
    except msgspec.MsgspecError:
        return "A row of the answer has no cells."
    parts = zip(columns, casts, cells, strict=True)
    column, cell = next((column, cell) for column, cast, cell in parts if not _readable(cast, cell))
    return f"Column {column.name} holds a value that is no {column.type}: {str(cell.v)[:40]}"


def _readable(cast: Cast | None, cell: _Cell) -> bool:
    try:
        if cast and cell.v is not None:
            cast(cell.v)
    except Exception:
        return False
    return True


class RecordLines:
    """Writes rows of one stream as lines, many at once."""

    def __init__(self, stream: str, namespace: str, record: Callable[[bytes], dict[str, Any]]) -> None:
        head = orjson.dumps({"type": "RECORD", "record": {"stream": stream}})
        self._before = head[: -len(b"}}")] + b',"data":'
        self._namespace = orjson.dumps(namespace)
        self._record = record

    def lines(self, rows: Sequence[bytes | msgspec.Raw], emitted_at: int) -> bytes:
        """The lines of these rows. Raises BadCell."""
        before, record, dumps = self._before, self._record, orjson.dumps
        after = b',"emitted_at":%d,"namespace":%s}}\n' % (emitted_at, self._namespace)
        parts: list[bytes] = []
        for row in rows:
            parts += (before, dumps(record(row)), after)
        return b"".join(parts)
