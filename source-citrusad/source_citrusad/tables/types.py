"""BigQuery's types: read from metadata and from answers, shown as JSON Schema, and read from a cell."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

# BigQuery: legacy names and aliases, which answers and metadata use beside the standard ones.
_ALIASES = {
    "INTEGER": "INT64",
    "INT": "INT64",
    "SMALLINT": "INT64",
    "BIGINT": "INT64",
    "TINYINT": "INT64",
    "BYTEINT": "INT64",
    "FLOAT": "FLOAT64",
    "BOOLEAN": "BOOL",
    "STRUCT": "RECORD",
    "DECIMAL": "NUMERIC",
    "BIGDECIMAL": "BIGNUMERIC",
}
_SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "INT64": {"type": ["null", "integer"]},
    "BOOL": {"type": ["null", "boolean"]},
    "FLOAT64": {"type": ["null", "number"]},
    "DATE": {"type": ["null", "string"], "format": "date"},
    "DATETIME": {"type": ["null", "string"], "format": "date-time", "airbyte_type": "timestamp_without_timezone"},
    "TIMESTAMP": {"type": ["null", "string"], "format": "date-time", "airbyte_type": "timestamp_with_timezone"},
}
_DECIMALS = ("NUMERIC", "BIGNUMERIC")
_EXACT = {"type": ["null", "string"], "airbyte_type": "big_number"}
_NUMBER = {"type": ["null", "number"]}
_TEXT = {"type": ["null", "string"]}

Cast = Callable[[Any], Any]
"""Turns what a cell holds, never null, into what the record holds."""


class UnknownType(ValueError):
    """The text of a type that can't be read."""


@dataclass(frozen=True)
class Column:
    """A column or a field of one: its type in BigQuery's standard name, RECORD with its fields."""

    name: str
    type: str
    repeated: bool = False
    fields: tuple[Column, ...] = ()
    description: str = ""


def column_of_field(field: Mapping[str, Any]) -> Column:
    """The column that a field of an answer's schema, or of a table's, describes."""
    written = str(field.get("type") or "STRING").upper()
    return Column(
        name=str(field.get("name") or ""),
        type=_ALIASES.get(written, written),
        repeated=str(field.get("mode") or "").upper() == "REPEATED",
        fields=tuple(column_of_field(part) for part in field.get("fields") or ()),
        description=str(field.get("description") or ""),
    )


def column_of_type(name: str, text: str, description: str = "") -> Column:
    """The column of a type as INFORMATION_SCHEMA writes it, such as ARRAY<STRUCT<a INT64>>. Raises UnknownType."""
    scanner = _Scanner(text)
    column = scanner.type(name)
    if scanner.rest:
        raise UnknownType(text)
    return replace(column, description=description)


class _Scanner:
    """Reads the text of a type from its beginning."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.rest = text.strip()

    def type(self, name: str) -> Column:
        """The type at the beginning, as the column of a name."""
        word = self._take(r"\w+").upper()
        if word == "ARRAY":
            self._take("<")
            element = self.type(name)
            self._take(">")
            return replace(element, repeated=True)
        if word == "STRUCT":
            return Column(name, "RECORD", fields=tuple(self._fields()))
        if word == "RANGE":
            self._take(r"<[^>]*>")
        if self.rest.startswith("("):
            self._take(r"\([^)]*\)")
        return Column(name, _ALIASES.get(word, word))

    def _fields(self) -> Sequence[Column]:
        self._take("<")
        fields = []
        while not self.rest.startswith(">"):
            fields.append(self.type(self._take(r"`[^`]+`|\w+").strip("`")))
            if not self.rest.startswith(">"):
                self._take(",")
        self._take(">")
        return fields

    def _take(self, pattern: str) -> str:
        found = re.match(pattern, self.rest)
        if not found:
            raise UnknownType(self._text)
        self.rest = self.rest[found.end() :].lstrip()
        return found[0]


def schema_of(column: Column, exact: bool) -> dict[str, Any]:
    """A column's JSON Schema; decimals are text where `exact`."""
    element = _element_schema(column, exact)
    schema = {"type": ["null", "array"], "items": element} if column.repeated else element
    return {**schema, **({"description": column.description} if column.description else {})}


def _element_schema(column: Column, exact: bool) -> dict[str, Any]:
    if column.type == "RECORD":
        properties = {field.name: schema_of(field, exact) for field in column.fields}
        return {"type": ["null", "object"], "properties": properties}
    if column.type in _DECIMALS:
        return dict(_EXACT if exact else _NUMBER)
    return dict(_SCHEMAS.get(column.type, _TEXT))


def type_of_schema(schema: Mapping[str, Any]) -> str | None:
    """The type of time that a column of this JSON Schema has: DATE, DATETIME or TIMESTAMP; None for any other."""
    if schema.get("format") == "date":
        return "DATE"
    if schema.get("format") == "date-time":
        return "DATETIME" if schema.get("airbyte_type") == "timestamp_without_timezone" else "TIMESTAMP"
    return None


def cast_of(column: Column, exact: bool) -> Cast | None:
    """How a column's cells are read, None where they are the value. An absent array is [], which no cast decides."""
    element = _element_cast(column, exact)
    return _list_cast(element) if column.repeated else element


def _element_cast(column: Column, exact: bool) -> Cast | None:
    if column.type == "RECORD":
        return _record_cast(column.fields, exact)
    if column.type in _DECIMALS:
        return None if exact else _number
    return _CASTS.get(column.type)


def _list_cast(element: Cast | None) -> Cast:
    def cast(cells: Any) -> list[Any]:
        values = [cell["v"] for cell in cells]
        return values if element is None else [None if value is None else element(value) for value in values]

    return cast


def _record_cast(fields: Sequence[Column], exact: bool) -> Cast:
    parts = [(field.name, cast_of(field, exact), field.repeated) for field in fields]

    def cast(record: Any) -> dict[str, Any]:
        return {
            name: ([] if repeated else None) if (value := cell["v"]) is None else value if part is None else part(value)
            for (name, part, repeated), cell in zip(parts, record["f"], strict=True)
        }

    return cast


def _number(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


_TRUTHS = {"true": True, "false": False}


def _boolean(value: Any) -> bool:
    return _TRUTHS[str(value).lower()]


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (the zone is written behind it)


def _timestamp(value: Any) -> str:
    text = str(value)
    # An emulator may not know integer microseconds and answer with seconds; as a decimal they lose nothing more.
    micros = int(text) if text.lstrip("-").isdigit() else int(Decimal(text) * 1_000_000)
    return f"{(_EPOCH + timedelta(microseconds=micros)).isoformat(timespec='microseconds')}Z"


def _datetime(value: Any) -> str:
    return str(value).replace(" ", "T", 1)


_CASTS: Mapping[str, Cast] = {
    "INT64": int,
    "BOOL": _boolean,
    "FLOAT64": _number,
    "TIMESTAMP": _timestamp,
    "DATETIME": _datetime,
}
