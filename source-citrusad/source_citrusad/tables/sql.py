"""The only SQL that is ever sent: SELECT of columns by name, of literal days, so that asked again it is a cache hit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from .keys import CURRENT
from .model import Selection

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Piece:
    """The rows of a table that one query reads: days from `start` to before `end`, or all where there are none.

    `nulls`: also the rows that lie in no day, alone where there are no days. `part` of `parts`: one of the parts into
    which a hash divides these rows.
    """

    start: date | None = None
    end: date | None = None
    nulls: bool = False
    part: int = 0
    parts: int = 1

    @property
    def days(self) -> int:
        """How many days it covers; 0 where it is not bounded by days."""
        return (self.end - self.start).days if self.start and self.end else 0

    def split(self, days: int) -> list[Piece]:
        """The first days, with what lies in no day, and the rest. Only for a piece of more days that is no part."""
        assert self.start is not None
        middle = self.start + days * DAY
        return [replace(self, end=middle), replace(self, start=middle, nulls=False)]

    def divided(self, number: int) -> list[Piece]:
        """Parts of the same rows, by a hash."""
        # A row of the part k of n has a hash that is k modulo n, which divides by n * number too.
        return [replace(self, part=self.part + self.parts * step, parts=self.parts * number) for step in range(number)]


def quoted(name: str) -> str:
    """A name as SQL takes it: columns may be called `order`."""
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def select(project: str, table: Selection, piece: Piece) -> str:
    """The query for a piece of a table."""
    columns = ", ".join(map(quoted, table.columns))
    conditions = [*_days(table, piece), *_hash(table, piece)]
    if table.current_only:
        conditions.append(quoted(CURRENT))
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {columns} FROM {quoted(f'{project}.{table.dataset}.{table.name}')}{where}"


def _days(table: Selection, piece: Piece) -> list[str]:
    if table.partition is None:
        return []
    column = quoted(table.partition)
    null = f"{column} IS NULL"
    if not (piece.start and piece.end):
        return [null]
    first, after = (literal(table.partition_type, day) for day in (piece.start, piece.end))
    days = f"{column} >= {first} AND {column} < {after}"
    return [f"(({days}) OR {null})" if piece.nulls else days]


def _hash(table: Selection, piece: Piece) -> list[str]:
    if piece.parts == 1:
        return []
    row = f"TO_JSON_STRING(STRUCT({', '.join(map(quoted, table.columns))}))"
    # BigQuery: the least INT64 has no absolute value, so the remainder comes first.
    return [f"ABS(MOD(FARM_FINGERPRINT({row}), {piece.parts})) = {piece.part}"]


def literal(kind: str, day: date) -> str:
    """The beginning of a day (UTC) in the type of a column: a filter of another type does not reach its partitions."""
    text = {"DATETIME": f"{day} 00:00:00", "TIMESTAMP": f"{day} 00:00:00+00:00"}.get(kind, str(day))
    return f"{kind} '{text}'"


def probe(project: str, dataset: str, table: str, column: str, null: bool) -> str:
    """A query for dry runs: does a table demand a filter, and does it take one on this column?"""
    where = f" WHERE {quoted(column)} IS NULL" if null else ""
    return f"SELECT {quoted(column)} FROM {quoted(f'{project}.{dataset}.{table}')}{where}"


def columns_query(project: str, dataset: str) -> str:
    """The columns of all tables and views of a dataset."""

    def view(name: str) -> str:
        return f"{quoted(project)}.{quoted(dataset)}.INFORMATION_SCHEMA.{name}"

    return (
        "SELECT c.table_name, t.table_type, c.column_name, c.data_type, c.is_partitioning_column, p.description "
        f"FROM {view('COLUMNS')} AS c "
        f"JOIN {view('TABLES')} AS t ON t.table_name = c.table_name "
        f"LEFT JOIN {view('COLUMN_FIELD_PATHS')} AS p ON p.table_name = c.table_name "
        "AND p.column_name = c.column_name AND p.field_path = c.column_name "
        "ORDER BY c.table_name, c.ordinal_position"
    )
