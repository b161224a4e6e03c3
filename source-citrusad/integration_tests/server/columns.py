"""Columns: their BigQuery types, how they are stored in DuckDB, what they weigh, and how a value looks on the wire."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

STORED = {
    "INT64": "BIGINT",
    "FLOAT64": "DOUBLE",
    "NUMERIC": "DECIMAL(38,9)",
    # DuckDB's decimals end at 38 digits.
    "BIGNUMERIC": "VARCHAR",
    "BOOL": "BOOLEAN",
    "STRING": "VARCHAR",
    "BYTES": "BLOB",
    "DATE": "DATE",
    "DATETIME": "TIMESTAMP",
    "TIME": "TIME",
    "TIMESTAMP": "TIMESTAMPTZ",
    "JSON": "VARCHAR",
    "GEOGRAPHY": "VARCHAR",
    "INTERVAL": "VARCHAR",
    "RANGE": "VARCHAR",
}
OLD_NAMES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN", "STRUCT": "RECORD"}
"""REST answers spell these types the old way; INFORMATION_SCHEMA and SQL the new way."""
DAYS = ("DATE", "DATETIME", "TIMESTAMP")
_WEIGHT = {"BOOL": 1, "NUMERIC": 16, "BIGNUMERIC": 32, "INTERVAL": 16, "RANGE": 16}
_TEXTS = ("STRING", "JSON", "GEOGRAPHY")


@dataclass(frozen=True)
class Column:
    """A column or a field of a record. `argument` is what stands in brackets behind the type, such as `10, 2`."""

    name: str
    type: str
    mode: str = "NULLABLE"
    fields: tuple[Column, ...] = ()
    argument: str = ""
    description: str = ""

    def resource(self) -> dict[str, Any]:
        """The column as an answer's schema shows it."""
        shown: dict[str, Any] = {
            "name": self.name,
            "type": OLD_NAMES.get(self.type, self.type),
            "mode": self.mode,
        }
        if self.fields:
            shown["fields"] = [field.resource() for field in self.fields]
        if self.description:
            shown["description"] = self.description
        if self.type == "RANGE":
            shown["rangeElementType"] = {"type": self.argument}
        elif self.argument and self.type in ("NUMERIC", "BIGNUMERIC"):
            shown.update(zip(("precision", "scale"), self.argument.replace(" ", "").split(","), strict=False))
        elif self.argument:
            shown["maxLength"] = self.argument
        return shown

    def sql_type(self) -> str:
        """The type as INFORMATION_SCHEMA spells it: `ARRAY<STRUCT<a INT64>>`, `NUMERIC(10, 2)`, `RANGE<DATE>`."""
        inner = self.type
        if self.fields:
            inner = f"STRUCT<{', '.join(f'{field.name} {field.sql_type()}' for field in self.fields)}>"
        elif self.argument:
            left, right = "<>" if self.type == "RANGE" else "()"
            inner = f"{self.type}{left}{self.argument}{right}"
        return f"ARRAY<{inner}>" if self.mode == "REPEATED" else inner

    def stored(self) -> str:
        """The DuckDB type that holds it."""
        inner = STORED.get(self.type) or f"STRUCT({', '.join(f'{quoted(f.name)} {f.stored()}' for f in self.fields)})"
        return f"{inner}[]" if self.mode == "REPEATED" else inner

    def paths(self, prefix: str = "") -> Iterator[tuple[str, Column]]:
        """Itself and every field below it with its path, as COLUMN_FIELD_PATHS lists them."""
        path = f"{prefix}{self.name}"
        yield path, self
        for field in self.fields:
            yield from field.paths(f"{path}.")

    def element(self) -> Column:
        """One element of a repeated column."""
        return replace(self, mode="NULLABLE")


def quoted(name: str) -> str:
    """A DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def columns(text: str, descriptions: Mapping[str, str] | None = None) -> tuple[Column, ...]:
    """Columns from `name TYPE, name ARRAY<STRUCT<a INT64, b NUMERIC(10, 2)>>, name STRING NOT NULL`."""
    told = descriptions or {}
    return tuple(replace(column, description=told.get(column.name, "")) for column in map(_column, _split(text)))


def _split(text: str) -> list[str]:
    depth, parts, start = 0, [], 0
    for at, letter in enumerate(text):
        depth += (letter in "<(") - (letter in ">)")
        if letter == "," and not depth:
            parts.append(text[start:at])
            start = at + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def _column(text: str) -> Column:
    name, spelled = text.split(None, 1)
    required = spelled.upper().endswith(" NOT NULL")
    column = _typed(name, spelled[: -len(" NOT NULL")].strip() if required else spelled.strip())
    return replace(column, mode="REQUIRED") if required else column


def _typed(name: str, spelled: str) -> Column:
    found = re.fullmatch(r"(\w+)(?:[<(](.*)[>)])?", spelled, re.DOTALL)
    if not found:
        raise ValueError(f"no type: {spelled}")
    kind, inner = found[1].upper(), found[2] or ""
    if kind == "ARRAY":
        return replace(_typed(name, inner), mode="REPEATED")
    if kind == "STRUCT":
        return Column(name, "STRUCT", fields=columns(inner))
    if kind not in STORED:
        raise ValueError(f"unknown type: {spelled}")
    return Column(name, kind, argument=inner)


def weight(column: Column, value: str) -> str:
    """SQL for the logical bytes of a value, by BigQuery's table of data type sizes; null weighs nothing."""
    if column.mode == "REPEATED":
        each = weight(column.element(), "e")
        return f"coalesce(list_sum(list_transform({value}, lambda e: {each})), 0)"
    if column.fields:
        return "(" + " + ".join(weight(f, f"{value}.{quoted(f.name)}") for f in column.fields) + ")"
    if column.type in _TEXTS:
        return f"coalesce(2 + strlen({value}), 0)"
    if column.type == "BYTES":
        return f"coalesce(2 + octet_length({value}), 0)"
    return f"(CASE WHEN {value} IS NULL THEN 0 ELSE {_WEIGHT.get(column.type, 8)} END)"


def cell(column: Column, value: str, timestamps: str = "float", depth: int = 0) -> str:
    """SQL for the JSON text of a cell, `{"v": …}`; `timestamps` is `float`, `int` or `text`."""
    return f"""'{{"v":' || {_value(column, value, timestamps, depth)} || '}}'"""


def row(cells: list[str]) -> str:
    """SQL for the JSON text of a row or a record out of its cells."""
    return """'{"f":[' || """ + " || ',' || ".join(cells) + " || ']}'"


def _value(column: Column, value: str, timestamps: str, depth: int) -> str:
    if column.mode == "REPEATED":
        name = f"e{depth}"
        each = cell(column.element(), name, timestamps, depth + 1)
        return f"""('[' || coalesce(array_to_string(list_transform({value}, lambda {name}: {each}), ','), '') || ']')"""
    if column.fields:
        inner = row([cell(f, f"{value}.{quoted(f.name)}", timestamps, depth) for f in column.fields])
        return f"(CASE WHEN {value} IS NULL THEN 'null' ELSE {inner} END)"
    return f"coalesce({_scalar(column.type, value, timestamps)}, 'null')"


def _scalar(kind: str, value: str, timestamps: str) -> str:
    if kind == "TIMESTAMP":
        return f"""'"' || {_moment(value, timestamps)} || '"'"""
    plain = _PLAIN.get(kind)
    return (
        f"""'"' || {plain.format(v=value)} || '"'""" if plain else f"CAST(to_json(CAST({value} AS VARCHAR)) AS VARCHAR)"
    )


def _moment(value: str, timestamps: str) -> str:
    if timestamps == "int":
        return f"CAST(epoch_us({value}) AS VARCHAR)"
    if timestamps == "text":
        return f"strftime({value} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
    # BigQuery: seconds as a float of 16 digits, `1.662595200123456E9`; far from today that loses microseconds.
    number = f"printf('%.15E', epoch_us({value}) / 1000000.0)"
    return f"regexp_replace(replace({number}, 'E+', 'E'), 'E(-?)0', 'E\\1')"


_FRACTION = "(CASE WHEN microsecond({v}) % 1000000 = 0 THEN '' ELSE strftime({d}, '.%f') END)"
_PLAIN = {
    "INT64": "CAST({v} AS VARCHAR)",
    "FLOAT64": "(CASE WHEN isnan({v}) THEN 'NaN' WHEN isinf({v}) THEN (CASE WHEN {v} > 0 THEN 'Infinity' "
    "ELSE '-Infinity' END) ELSE CAST({v} AS VARCHAR) END)",
    "NUMERIC": "rtrim(rtrim(CAST({v} AS VARCHAR), '0'), '.')",
    "BIGNUMERIC": "{v}",
    "BOOL": "CAST({v} AS VARCHAR)",
    "BYTES": "base64({v})",
    "DATE": "CAST({v} AS VARCHAR)",
    "DATETIME": "strftime({v}, '%Y-%m-%dT%H:%M:%S') || " + _FRACTION.replace("{d}", "{v}"),
    # BigQuery: a fraction of a second has six digits or none.
    "TIME": "(CASE WHEN microsecond({v}) % 1000000 = 0 THEN CAST({v} AS VARCHAR) "
    "ELSE rpad(CAST({v} AS VARCHAR), 15, '0') END)",
}
