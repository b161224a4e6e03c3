"""The tables in DuckDB: what exists, which rows show at an instant, what a column weighs on a day, and what changes."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import duckdb

from .columns import Column, columns, quoted, weight
from .generate import value
from .world import BASE_PROJECT, DATA_PROJECT, Dataset, Table, World

DAY, FROM, UNTIL = quoted("#day"), quoted("#from"), quoted("#until")
"""Hidden columns: a row's partition, and the instants at which it shows and is replaced."""
NOON = timedelta(hours=36)
"""A day is whole at noon of the next."""
VERSIONS = 3


@dataclass
class Entry:
    """A table or view as it is now. `stored` is its DuckDB table, `columns` what it shows."""

    dataset: str
    spec: Table
    stored: str
    columns: tuple[Column, ...]
    renamed: dict[str, str] = field(default_factory=dict)

    @property
    def is_view(self) -> bool:
        """Whether metadata calls it a view."""
        return bool(self.spec.base)

    @property
    def partition(self) -> Column | None:
        """The partition column under the name that this table or view shows, if it shows it."""
        for column in self.columns:
            if self.spec.partition and self.stored_name(column.name) == self.spec.partition:
                return column
        return None

    def stored_name(self, shown: str) -> str:
        """How the stored table calls a column."""
        return self.renamed.get(shown, shown)

    def column(self, name: str) -> Column | None:
        """The column of this name; BigQuery ignores case."""
        return next((column for column in self.columns if column.name.lower() == name.lower()), None)

    def full_name(self) -> str:
        """The name of the table that holds the rows, without its project."""
        return self.spec.base or f"{self.dataset}.{self.spec.name}"

    def project(self) -> str:
        """The project of that table."""
        return BASE_PROJECT if self.spec.base else DATA_PROJECT


class Store:
    """A world in one DuckDB database; every method may be called from any thread."""

    def __init__(self, world: World) -> None:
        """Make and fill all tables."""
        self.world = world
        self.lock = threading.RLock()
        self.db = duckdb.connect(config={"threads": 2})
        self.db.execute("SET TimeZone = 'UTC'")
        made = _made(world)
        if made:
            self.db.execute(f"ATTACH '{made}' AS made (READ_ONLY)")
            self.db.execute("COPY FROM DATABASE made TO memory")
            self.db.execute("DETACH made")
        self._filled = bool(made)
        # BigQuery: the real function is another one; what matters is a stable 64-bit number, negative ones among them.
        self.db.execute(
            "CREATE MACRO farm_fingerprint(x) AS CAST(CAST(hash(x) AS HUGEINT) - 9223372036854775808 AS BIGINT)"
        )
        self.version = 0
        self.locations: dict[str, str] = {}
        self.tables: dict[tuple[str, str], Entry] = {}
        self._numbers = count(1)
        self._weights: dict[tuple[str, datetime, int], dict[date | None, dict[str, int]]] = {}
        for dataset in world.datasets:
            self.add_dataset(dataset)
        if not made:
            _keep(world, self.db)
        self._filled = False

    def add_dataset(self, dataset: Dataset) -> None:
        """Make a dataset with its tables."""
        self.locations[dataset.name] = dataset.location
        for table in dataset.tables:
            self.add_table(dataset.name, table)

    def add_table(self, dataset: str, spec: Table) -> Entry:
        """Make a table and its rows."""
        with self.lock:
            entry = Entry(dataset, spec, f"s{next(self._numbers)}", spec.columns, dict(spec.renamed))
            self.tables[dataset, spec.name] = entry
            self.version += 1
            if self._filled:
                return entry
            stored = [replace(c, name=entry.stored_name(c.name)) for c in spec.columns]
            fields = [f"{quoted(column.name)} {column.stored()}" for column in stored]
            hidden = [f"{DAY} DATE", f"{FROM} TIMESTAMP", f"{UNTIL} TIMESTAMP"]
            self.db.execute(f"CREATE TABLE {entry.stored} ({', '.join([*fields, *hidden])})")
            for rows in self._rows(entry, stored):
                self.db.execute(f"INSERT INTO {entry.stored} {rows}")
            return entry

    def insert(self, dataset: str, table: str, rows: Sequence[str]) -> None:
        """Add rows written as DuckDB tuples, each ending with its day or NULL; they show at once."""
        with self.lock:
            self._insert(self.tables[dataset, table].stored, rows)
            self.version += 1

    def _insert(self, stored: str, rows: Iterable[str]) -> None:
        for literal in rows:
            self.db.execute(f"INSERT INTO {stored} VALUES ({literal}, TIMESTAMP '0001-01-01', NULL)")

    def _rows(self, entry: Entry, stored: list[Column]) -> list[str]:
        spec = entry.spec
        if spec.literal:
            self._insert(entry.stored, spec.literal)
            return []
        if spec.partition:
            return self._facts(entry, stored)
        return self._versions(entry, stored) if entry.column("is_current") else [self._things(entry, stored)]

    def _values(self, entry: Entry, stored: list[Column], key: str, special: dict[str, str]) -> str:
        path = f"{self.world.seed} {entry.full_name()} "
        shown = entry.spec
        drawn = (special.get(c.name) or value(c, key, nulls=shown.nulls, edges=shown.edges, path=path) for c in stored)
        return ", ".join(f"{text} AS {quoted(c.name)}" for text, c in zip(drawn, stored, strict=True))

    def _facts(self, entry: Entry, stored: list[Column]) -> list[str]:
        spec = entry.spec
        counts = [(day, spec.days.get(day, spec.per_day)) for day in self.world.days()]
        days = ", ".join(f"(DATE '{day}', {rows})" for day, rows in counts if rows)
        # One row of thirteen equals the one before it in every column: without a key both are rows.
        key = "hash(day, n - CAST(n % 13 = 1 AS BIGINT))"
        kind = next(c.type for c in stored if c.name == spec.partition)
        special = {spec.partition: _within(kind, key)}
        values = self._values(entry, stored, key, special)
        arrives = "day + INTERVAL 6 HOUR + INTERVAL 1 SECOND * CAST(hash(day, n) % 107999 AS BIGINT)"
        # The first row of a day is its last to arrive, a second before noon of the next day.
        arrives = f"(CASE WHEN n = 0 THEN day + INTERVAL 36 HOUR - INTERVAL 1 SECOND ELSE {arrives} END)"
        source = f"FROM (VALUES {days}) AS d(day, rows), range(rows) AS r(n)"
        again = "day + INTERVAL 108 HOUR"
        gone = f"(CASE WHEN n % 5 = 2 THEN {again} END)" if spec.restated else "CAST(NULL AS TIMESTAMP)"
        parts = [f"SELECT {values}, day, {arrives}, {gone} {source}"] if days else []
        if spec.restated and days:
            other = self._values(entry, stored, "hash(day, n, 'restated')", {spec.partition: _within(kind, key)})
            parts.append(f"SELECT {other}, day, {again}, CAST(NULL AS TIMESTAMP) {source} WHERE n % 5 = 2")
        if spec.without_day:
            nothing = self._values(
                entry, stored, "hash(n, 'no day')", {spec.partition: f"CAST(NULL AS {kind_of(kind)})"}
            )
            parts.append(f"SELECT {nothing}, NULL, TIMESTAMP '0001-01-01', NULL FROM range({spec.without_day}) AS r(n)")
        return parts

    def _things(self, entry: Entry, stored: list[Column]) -> str:
        values = self._values(entry, stored, "hash(n)", _unique(entry.spec))
        return f"SELECT {values}, NULL, TIMESTAMP '0001-01-01', NULL FROM range({entry.spec.rows}) AS r(n)"

    def _versions(self, entry: Entry, stored: list[Column]) -> list[str]:
        """Each thing has versions that begin on different days; the last one begun is the current one."""
        first = f"TIMESTAMP '{self.world.first_day}'"
        begins = f"{first} + INTERVAL 1 DAY * CAST(hash(n) % 17 AS BIGINT) * k"
        ends = f"{first} + INTERVAL 1 DAY * CAST(hash(n) % 17 AS BIGINT) * (k + 1)"
        source = f"FROM range({entry.spec.rows}) AS r(n), range(1 + CAST(hash(n, 'v') % {VERSIONS} AS BIGINT)) AS v(k)"
        last = f"k = CAST(hash(n, 'v') % {VERSIONS} AS BIGINT)"
        parts = []
        for current, since, until, where in (
            ("true", begins, f"(CASE WHEN NOT ({last}) THEN {ends} END)", "true"),
            ("false", ends, "CAST(NULL AS TIMESTAMP)", f"NOT ({last})"),
        ):
            values = self._values(entry, stored, "hash(n, k)", {**_unique(entry.spec), "is_current": current})
            parts.append(f"SELECT {values}, NULL, {since}, {until} {source} WHERE {where}")
        return parts

    def relation(self, entry: Entry, instant: datetime) -> str:
        """SQL for the rows that a table or view shows at an instant, under the names it shows."""
        shown = ", ".join(f"{quoted(entry.stored_name(c.name))} AS {quoted(c.name)}" for c in entry.columns)
        return f"SELECT {shown} FROM {entry.stored} WHERE {visible(instant)}"

    def weights(self, entry: Entry, instant: datetime) -> dict[date | None, dict[str, int]]:
        """Logical bytes per day and column, under the names that the table or view shows."""
        with self.lock:
            key = (entry.stored, instant, self.version)
            if key not in self._weights:
                sums = ", ".join(f"sum({weight(c, quoted(entry.stored_name(c.name)))})" for c in entry.columns)
                rows = self.db.execute(
                    f"SELECT {DAY}, {sums} FROM {entry.stored} WHERE {visible(instant)} GROUP BY ALL"
                ).fetchall()
                names = [column.name for column in entry.columns]
                self._weights[key] = {
                    row[0]: {name: int(size or 0) for name, size in zip(names, row[1:], strict=True)} for row in rows
                }
            return self._weights[key]

    def rows(self, dataset: str, table: str, instant: datetime, where: str = "true") -> list[tuple[Any, ...]]:
        """The oracle: a table's rows at an instant as Python values, read straight from DuckDB."""
        with self.lock:
            entry = self.tables[dataset, table]
            names = ", ".join(quoted(entry.stored_name(c.name)) for c in entry.columns)
            return self.db.execute(
                f"SELECT {names} FROM {entry.stored} WHERE {visible(instant)} AND ({where})"
            ).fetchall()

    def add_column(self, dataset: str, table: str, text: str) -> None:
        """Add a column, `name TYPE`, with generated values."""
        with self.lock:
            entry = self.tables[dataset, table]
            (added,) = columns(text)
            drawn = value(added, "hash(rowid)", path=f"{self.world.seed} added")
            self.db.execute(f"ALTER TABLE {entry.stored} ADD COLUMN {quoted(added.name)} {added.stored()}")
            self.db.execute(f"UPDATE {entry.stored} SET {quoted(added.name)} = {drawn}")
            entry.columns += (added,)
            self.version += 1

    def drop_column(self, dataset: str, table: str, name: str) -> None:
        """Show a column no longer."""
        with self.lock:
            entry = self.tables[dataset, table]
            entry.columns = tuple(column for column in entry.columns if column.name != name)
            self.version += 1

    def widen_column(self, dataset: str, table: str, text: str) -> None:
        """Give a column another type, `name TYPE`; its values are cast."""
        with self.lock:
            entry = self.tables[dataset, table]
            (wider,) = columns(text)
            stored = entry.stored_name(wider.name)
            self.db.execute(f"ALTER TABLE {entry.stored} ALTER {quoted(stored)} TYPE {wider.stored()}")
            entry.columns = tuple(wider if column.name == wider.name else column for column in entry.columns)
            self.version += 1

    def drop_table(self, dataset: str, table: str) -> None:
        """Remove a table or view."""
        with self.lock:
            entry = self.tables.pop((dataset, table))
            self.db.execute(f"DROP TABLE {entry.stored}")
            self.version += 1

    def drop_dataset(self, dataset: str) -> None:
        """Remove a dataset with all that is in it."""
        for name in [table for owner, table in self.tables if owner == dataset]:
            self.drop_table(dataset, name)
        del self.locations[dataset]

    def move_dataset(self, dataset: str, location: str) -> None:
        """Copy a dataset to another location and remove it from its own."""
        self.locations[dataset] = location
        self.version += 1


_KEPT: dict[str, str] = {}
_DIRECTORY = tempfile.TemporaryDirectory(prefix="bigquery-")
"""Worlds that this process has made before, as DuckDB files: reading one takes a tenth of the time of making it."""


def _world_key(world: World) -> str:
    return repr((world.datasets, world.seed, world.first_day, world.last_day))


def _made(world: World) -> str:
    return _KEPT.get(_world_key(world), "")


def _keep(world: World, db: duckdb.DuckDBPyConnection) -> None:
    path = f"{_DIRECTORY.name}/{len(_KEPT)}.duckdb"
    db.execute(f"ATTACH '{path}' AS kept")
    for (name,) in db.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'memory'").fetchall():
        db.execute(f"CREATE TABLE kept.{name} AS SELECT * FROM {name}")
    db.execute("DETACH kept")
    _KEPT[_world_key(world)] = path


def visible(instant: datetime) -> str:
    """SQL: does a row show at this instant? New rows show on the hour."""
    hour = f"TIMESTAMP '{instant:%Y-%m-%d %H}:00:00'"
    return f"({FROM} <= {hour} AND ({UNTIL} IS NULL OR {UNTIL} > {hour}))"


def kind_of(kind: str) -> str:
    """The DuckDB type of a partition column."""
    return Column("", kind).stored()


def _unique(spec: Table) -> dict[str, str]:
    return {spec.unique: f"'{spec.unique}-' || CAST(n AS VARCHAR)"} if spec.unique else {}


def _within(kind: str, key: str) -> str:
    """A moment of the row's day: some on the stroke of midnight, some in the last microsecond."""
    if kind == "DATE":
        return "day"
    micro = f"(CASE {key} % 9 WHEN 0 THEN 0 WHEN 1 THEN 86399999999 ELSE CAST({key} % 86400000000 AS BIGINT) END)"
    moment = f"epoch_us(CAST(day AS TIMESTAMP)) + {micro}"
    return f"make_timestamptz({moment})" if kind == "TIMESTAMP" else f"make_timestamp({moment})"
