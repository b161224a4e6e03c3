"""A small destination: the records of a sync into DuckDB tables, typed by the catalog, upserted by primary key."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

# By airbyte_type, else by format, else by type; whatever is nested stays JSON.
SQL_TYPES: Mapping[str, str] = {
    "timestamp_without_timezone": "TIMESTAMP",
    "timestamp_with_timezone": "TIMESTAMPTZ",
    "date-time": "TIMESTAMPTZ",
    "date": "DATE",
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
}


@dataclass(frozen=True)
class Table:
    """One stream as a table: the SQL type of every column, and the columns of the primary key."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]


def sql_type(schema: Mapping[str, Any]) -> str:
    """The column type for one property of a JSON schema."""
    kinds = [kind for kind in schema["type"] if kind != "null"]
    words = [schema.get("airbyte_type"), schema.get("format"), *kinds]
    return next((SQL_TYPES[word] for word in words if word in SQL_TYPES), "JSON")


def table_of(stream: Mapping[str, Any]) -> Table:
    """The table for a stream of the catalog; nested keys are not for this destination."""
    columns = {name: sql_type(schema) for name, schema in stream["json_schema"]["properties"].items()}
    return Table(stream["name"], columns, tuple(column for (column,) in stream["source_defined_primary_key"]))


def create(db: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Create the table unless it is there."""
    columns = [f"{quoted(name)} {kind}" for name, kind in table.columns.items()]
    key = ", ".join(map(quoted, table.key))
    db.execute(f"CREATE TABLE IF NOT EXISTS {quoted(table.name)} ({', '.join(columns)}, PRIMARY KEY ({key}))")


def upsert(db: duckdb.DuckDBPyConnection, table: Table, records: Iterable[Mapping[str, Any]]) -> None:
    """Insert the records, each in place of the row with its key; the last record of a key wins.

    A column that the catalog does not name is left out. Raises duckdb.Error for a value that its column cannot hold.
    """
    newest = {tuple(record.get(name) for name in table.key): record for record in records}
    if not newest:
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "records.jsonl"
        path.write_text("\n".join(map(json.dumps, newest.values())), encoding="utf-8")
        db.execute(
            f"INSERT OR REPLACE INTO {quoted(table.name)} BY NAME SELECT * FROM "
            "read_json($path, format = 'newline_delimited', columns = $columns)",
            {"path": str(path), "columns": dict(table.columns)},
        )


def quoted(name: str) -> str:
    """The name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
