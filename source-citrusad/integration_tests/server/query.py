"""A query before it runs: what it may be, which tables it names, its partition filters, its bytes and its columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import duckdb
import sqlglot
from sqlglot import exp

from .columns import DAYS, Column, columns, quoted
from .refusal import Refusal, not_found
from .store import DAY, Entry, Store
from .world import DATA_PROJECT

MIB = 1 << 20
LEAST_BYTES = 10 * MIB
COMPARISONS = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Is)
_OF_A_TABLE = "table_catalog STRING, table_schema STRING, table_name STRING, "
INFORMATION = {
    "COLUMNS": _OF_A_TABLE
    + "column_name STRING, ordinal_position INT64, is_nullable STRING, data_type STRING, is_hidden STRING, "
    "is_system_defined STRING, is_partitioning_column STRING, clustering_ordinal_position INT64",
    "TABLES": _OF_A_TABLE + "table_type STRING, is_insertable_into STRING",
    "COLUMN_FIELD_PATHS": _OF_A_TABLE + "column_name STRING, field_path STRING, data_type STRING, description STRING",
}
"""Views of INFORMATION_SCHEMA and their columns (BigQuery's documentation of each)."""
FROM_DUCKDB = {
    "BIGINT": "INT64",
    "INTEGER": "INT64",
    "HUGEINT": "INT64",
    "DOUBLE": "FLOAT64",
    "BOOLEAN": "BOOL",
    "BLOB": "BYTES",
    "DATE": "DATE",
    "TIME": "TIME",
    "TIMESTAMP": "DATETIME",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
}


@dataclass
class Named:
    """A table that a query names: the SQL behind it, its columns, and what reading it weighs."""

    relation: str
    columns: tuple[Column, ...]
    processed: int
    entry: Entry | None = None


@dataclass
class Plan:
    """A query ready to run: DuckDB's SQL, the columns of its answer, bytes it processes and is billed for."""

    sql: str
    fields: tuple[Column, ...]
    processed: int
    billed: int
    wildcard: bool
    ordered: bool
    cacheable: bool
    tables: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Reader:
    """Who asks, and what the server is set to say: see `Switches` for the meaning of each."""

    may_read: Callable[[str, str], bool]
    may_list: Callable[[str], bool]
    project_in_errors: bool = True
    least_bytes: int = LEAST_BYTES


class Planner:
    """Plans queries over a store at an instant."""

    def __init__(self, store: Store, instant: datetime, reader: Reader) -> None:
        """Hold what every query needs."""
        self.store = store
        self.instant = instant
        self.reader = reader

    def plan(self, sql: str, location: str, project: str, default: str = "") -> Plan:
        """The plan, or the refusal that BigQuery would give."""
        tree = parse(sql)
        named = self._tables(tree, location, project, default)
        described = self._described(tree, named)
        prefix = ", ".join(f'"{name}" AS NOT MATERIALIZED ({table.relation})' for name, (_, table) in named.items())
        for name, (node, table) in named.items():
            alias = node.alias or (table.entry.spec.name if table.entry else name)
            shown = exp.Table(this=exp.to_identifier(name, quoted=True))
            shown.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
            node.replace(shown)
        body = tree.sql("duckdb")
        names = [f"c{n}" for n in range(len(described or self._width(prefix, body)))]
        outer = f"result({', '.join(names)}) AS ({body})"
        text = f"WITH {prefix}{', ' if prefix else ''}{outer} SELECT * FROM result"
        fields = self._fields(text, described)
        processed = sum(table.processed for _, table in named.values())
        billed = sum(_billed(table.processed, self.reader.least_bytes) for _, table in named.values())
        return Plan(
            text,
            fields,
            processed,
            billed,
            wildcard=any(_is_wildcard(star) for star in tree.find_all(exp.Star)),
            ordered=tree.args.get("order") is not None,
            cacheable=not tree.find(exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentDatetime, exp.Rand),
            tables=[f"{t.entry.dataset}.{t.entry.spec.name}" for _, t in named.values() if t.entry],
        )

    def _tables(
        self, tree: exp.Expression, location: str, project: str, default: str
    ) -> dict[str, tuple[exp.Table, Named]]:
        within = {cte.alias for cte in tree.find_all(exp.CTE)}
        nodes = [node for node in tree.find_all(exp.Table) if node.db or node.name not in within]
        found: dict[str, tuple[exp.Table, Named]] = {}
        for number, node in enumerate(nodes):
            found[f"#{number}"] = node, self._named(node, location, project, default)
        return found

    def _named(self, node: exp.Table, location: str, project: str, default: str) -> Named:
        owner, dataset, name = node.catalog or project, node.db or default, node.name
        if not dataset:
            raise Refusal("invalid", f'Table "{name}" must be qualified with a dataset (e.g. dataset.table).')
        if owner != DATA_PROJECT or dataset not in self.store.locations:
            raise not_found(f"Dataset {owner}:{dataset}", location)
        if self.store.locations[dataset] != location:
            raise not_found(f"Dataset {owner}:{dataset}", location)
        if name.upper().startswith("INFORMATION_SCHEMA."):
            return self._information(dataset, name.upper().split(".", 1)[1])
        entry = self.store.tables.get((dataset, name))
        if entry is None:
            raise not_found(f"Table {owner}:{dataset}.{name}", location)
        if not self.reader.may_read(dataset, name):
            what = f"{owner}:{dataset}.{name}"
            raise Refusal(
                "accessDenied",
                f"Access Denied: Table {what}: User does not have permission to query table {what}, "
                "or perhaps it does not exist.",
            )
        return self._table(node, entry)

    def _table(self, node: exp.Table, entry: Entry) -> Named:
        if entry.spec.broken == "missing":
            raise not_found(f"Table {entry.project()}:{entry.full_name()}", self.store.locations[entry.dataset])
        select = node.find_ancestor(exp.Select)
        names = _names(select, node, entry)
        weights = self.store.weights(entry, self.instant)
        days = self._days(select, entry, list(weights))
        processed = sum(weights[day][name] for day in days for name in names)
        return Named(self.store.relation(entry, self.instant), entry.columns, processed, entry)

    def _days(self, select: exp.Select | None, entry: Entry, days: list[date | None]) -> list[date | None]:
        """The partitions that the query's filter leaves; a refusal where it needs a filter and has none."""
        column = entry.partition
        where = select.args.get("where") if select else None
        usable = [part for part in _conjuncts(where) if column and _filters(part, column)]
        if entry.spec.broken == "window":
            usable = []
        hidden = bool(entry.spec.partition) and not usable
        if hidden and entry.spec.require_filter:
            table = entry.full_name()
            if self.reader.project_in_errors:
                table = f"{entry.project()}.{table}"
            raise Refusal(
                "invalidQuery",
                f"Cannot query over table '{table}' without a filter over column(s) '{entry.spec.partition}' "
                "that can be used for partition elimination",
            )
        return self._left(usable, column, days) if usable and column else days

    def _left(self, usable: list[exp.Expression], column: Column, days: list[date | None]) -> list[date | None]:
        filters = [_over_days(part) for part in usable]
        first = " AND ".join(f"({part.replace(PLACE, _edge(column.type, '00:00:00'))})" for part in filters)
        last = " AND ".join(f"({part.replace(PLACE, _edge(column.type, '23:59:59.999999'))})" for part in filters)
        listed = ", ".join(f"(DATE '{day}')" if day else "(CAST(NULL AS DATE))" for day in days)
        if not listed:
            return []
        with self.store.lock:
            rows = self.store.db.execute(
                f"SELECT {DAY} FROM (VALUES {listed}) AS d({DAY}) WHERE ({first}) OR ({last})"
            ).fetchall()
        return [row[0] for row in rows]

    def _information(self, dataset: str, view: str) -> Named:
        if view not in INFORMATION:
            raise not_found(f"Table {DATA_PROJECT}:{dataset}.INFORMATION_SCHEMA.{view}")
        if not self.reader.may_list(dataset):
            what = f"{DATA_PROJECT}:{dataset}.INFORMATION_SCHEMA.{view}"
            raise Refusal(
                "accessDenied",
                f"Access Denied: Table {what}: User does not have permission to query table {what}, "
                "or perhaps it does not exist.",
            )
        shown = columns(INFORMATION[view])
        entries = [entry for (owner, _), entry in sorted(self.store.tables.items()) if owner == dataset]
        rows = [row for entry in entries for row in _ABOUT[view](entry)]
        casts = ", ".join(f"CAST({quoted(c.name)} AS {c.stored()}) AS {quoted(c.name)}" for c in shown)
        names = ", ".join(quoted(column.name) for column in shown)
        listed = ", ".join(f"({', '.join(_literal(cell) for cell in row)})" for row in rows)
        nothing = f"({', '.join('NULL' for _ in shown)})"
        where = "" if rows else " WHERE false"
        relation = f"SELECT {casts} FROM (VALUES {listed or nothing}) AS i({names}){where}"
        return Named(relation, shown, self.reader.least_bytes)

    def _described(self, tree: exp.Expression, named: dict[str, tuple[exp.Table, Named]]) -> list[Column | str]:
        """A column for each projection that is one of a table's, else the projection's name."""
        select = tree if isinstance(tree, exp.Select) else None
        if select is None:
            return []
        tables = [
            (node.alias or node.name, table)
            for node, table in named.values()
            if node.find_ancestor(exp.Select) is select
        ]
        described: list[Column | str] = []
        for number, projection in enumerate(select.expressions):
            if isinstance(projection, exp.Star):
                described += [column for _, table in tables for column in table.columns]
            else:
                described.append(_projected(projection, number, tables))
        return described

    def _width(self, prefix: str, body: str) -> list[str]:
        with self.store.lock:
            return [row[0] for row in self._run(f"DESCRIBE {'WITH ' + prefix if prefix else ''} ({body})")]

    def _fields(self, text: str, described: list[Column | str]) -> tuple[Column, ...]:
        rows = self._run(f"DESCRIBE {text}")
        fields = []
        for number, row in enumerate(rows):
            known = described[number] if number < len(described) else f"f{number}_"
            kind = "NUMERIC" if row[1].startswith("DECIMAL") else FROM_DUCKDB.get(row[1], "STRING")
            fields.append(known if isinstance(known, Column) else Column(known, kind))
        return tuple(fields)

    def _run(self, sql: str) -> list[tuple[str, ...]]:
        with self.store.lock:
            try:
                return self.store.db.execute(sql).fetchall()
            except duckdb.Error as error:
                raise refused(error) from error


def parse(sql: str) -> exp.Expression:
    """The tree of one SELECT; everything else is refused."""
    try:
        trees = [tree for tree in sqlglot.parse(sql, read="bigquery") if tree is not None]
    except sqlglot.errors.SqlglotError as error:
        raise Refusal("invalidQuery", f"Syntax error: {str(error).splitlines()[0]}") from error
    if len(trees) != 1 or not isinstance(trees[0], (exp.Select, exp.SetOperation)):
        raise Refusal("accessDenied", f"Access Denied: Project {DATA_PROJECT}: this data may only be read.")
    return trees[0]


def refused(error: duckdb.Error) -> Refusal:
    """DuckDB's refusal in BigQuery's words, where it is about a name."""
    message = str(error).splitlines()[0]
    unknown = re.search(r'(?:column|named) "?([^"\s]+)"? (?:was )?not found', message)
    return Refusal("invalidQuery", f"Unrecognized name: {unknown[1]} at [1:8]" if unknown else message)


def _names(select: exp.Select | None, node: exp.Table, entry: Entry) -> set[str]:
    """The columns of a table that a SELECT mentions; a refusal where it mentions one that is in no table of it."""
    assert select is not None
    if any(_is_wildcard(star) for star in select.find_all(exp.Star)):
        return {column.name for column in entry.columns}
    alone = sum(1 for _ in select.find_all(exp.Table)) == 1 and not select.find(exp.Subquery)
    shown = {column.name.lower(): column.name for column in entry.columns}
    own = {(node.alias or node.name).lower(), ""}
    aliases = {projection.alias.lower() for projection in select.expressions if isinstance(projection, exp.Alias)}
    names = set()
    for mention in select.find_all(exp.Column):
        name = (mention.name if mention.table.lower() in own else mention.table).lower()
        if name in shown:
            names.add(shown[name])
        elif alone and name not in aliases:
            raise Refusal("invalidQuery", f"Unrecognized name: {mention.name} at [1:{_place(select, mention.name)}]")
    return names


def _place(select: exp.Select, name: str) -> int:
    return max(1, select.sql("bigquery").find(name))


def _is_wildcard(star: exp.Star) -> bool:
    return not isinstance(star.parent, exp.Count)


def _conjuncts(where: exp.Where | None) -> Iterable[exp.Expression]:
    if where is None:
        return []
    condition = where.this.unnest()
    return [part.unnest() for part in condition.flatten()] if isinstance(condition, exp.And) else [condition]


def _filters(part: exp.Expression, column: Column) -> bool:
    """Whether a condition is over the partition column alone and compares it with constants."""
    mentions = list(part.find_all(exp.Column))
    if not mentions or any(mention.name.lower() != column.name.lower() for mention in mentions):
        return False
    for mention in mentions:
        above = mention.parent
        while isinstance(above, exp.Paren):
            above = above.parent
        if not isinstance(above, COMPARISONS):
            return False
        _same_type(above, column)
    return True


def _same_type(comparison: exp.Expression, column: Column) -> None:
    """BigQuery compares a DATE with a DATE: only text, and a DATE for a DATETIME, are turned into the column's type."""
    allowed = {column.type, *(["DATE"] if column.type == "DATETIME" else [])}
    names = {exp.DType.TIMESTAMPTZ: "TIMESTAMP", exp.DType.TIMESTAMP: "DATETIME", exp.DType.DATETIME: "DATETIME"}
    for literal in comparison.find_all(exp.Cast):
        kind = names.get(literal.to.this, getattr(literal.to.this, "value", str(literal.to.this)))
        if kind in DAYS and kind not in allowed:
            raise Refusal(
                "invalidQuery",
                f"No matching signature for operator {comparison.key.upper()} "
                f"for argument types: {column.type}, {kind}",
            )


PLACE = '"#partition"'


def _over_days(part: exp.Expression) -> str:
    copied = part.copy()
    for mention in list(copied.find_all(exp.Column)):
        mention.replace(exp.Column(this=exp.to_identifier("#partition", quoted=True)))
    return copied.sql("duckdb")


def _edge(kind: str, time: str) -> str:
    if kind == "DATE":
        return DAY
    moment = f"({DAY} + TIME '{time}')"
    return f"({moment} AT TIME ZONE 'UTC')" if kind == "TIMESTAMP" else moment


def _billed(processed: int, least: int) -> int:
    return max(least, -(-processed // MIB) * MIB)


def _projected(projection: exp.Expression, number: int, tables: list[tuple[str, Named]]) -> Column | str:
    inner = projection.unalias()
    name = projection.alias or (inner.name if isinstance(inner, exp.Column) else f"f{number}_")
    if not isinstance(inner, exp.Column):
        return name
    for alias, table in tables:
        if inner.table.lower() in ("", alias.lower()):
            for column in table.columns:
                if column.name.lower() == inner.name.lower():
                    return replace(column, name=name, argument=column.argument)
    return name


def _about_columns(entry: Entry) -> list[list[object]]:
    partition = None if entry.is_view else entry.partition
    return [
        [
            *_owner(entry),
            column.name,
            number,
            "NO" if column.mode == "REQUIRED" else "YES",
            column.sql_type(),
            "NO",
            "NO",
            "YES" if column is partition else "NO",
            None,
        ]
        for number, column in enumerate(entry.columns, start=1)
    ]


def _about_tables(entry: Entry) -> list[list[object]]:
    return [[*_owner(entry), "VIEW" if entry.is_view else "BASE TABLE", "NO" if entry.is_view else "YES"]]


def _about_fields(entry: Entry) -> list[list[object]]:
    return [
        [*_owner(entry), column.name, path, part.sql_type(), part.description or None]
        for column in entry.columns
        for path, part in column.paths()
    ]


_ABOUT = {"COLUMNS": _about_columns, "TABLES": _about_tables, "COLUMN_FIELD_PATHS": _about_fields}


def _owner(entry: Entry) -> list[object]:
    return [DATA_PROJECT, entry.dataset, entry.spec.name]


def _literal(cell: object) -> str:
    if cell is None:
        return "NULL"
    return str(cell) if isinstance(cell, int) else "'" + str(cell).replace("'", "''") + "'"
