"""Types: the same column from metadata and from an answer, its schema, and what its cells become."""

from typing import Any

import pytest

from source_citrusad.tables.types import (
    Column,
    UnknownType,
    cast_of,
    column_of_field,
    column_of_type,
    schema_of,
    type_of_schema,
)

NESTED = Column(
    "a", "RECORD", True, (Column("order", "INT64"), Column("b", "RECORD", False, (Column("c", "STRING", True),)))
)


@pytest.mark.parametrize(
    ("written", "column"),
    [
        ("INT64", Column("a", "INT64")),
        ("ARRAY<STRING(20)>", Column("a", "STRING", True)),
        ("NUMERIC(10, 2)", Column("a", "NUMERIC")),
        ("RANGE<DATE>", Column("a", "RANGE")),
        ("BOOLEAN", Column("a", "BOOL")),
        ("ARRAY<STRUCT<`order` INT64, b STRUCT<c ARRAY<STRING>>>>", NESTED),
        ("STRUCT<>", Column("a", "RECORD")),
    ],
)
def test_types_as_metadata_writes_them(written: str, column: Column) -> None:
    """Nested to any depth; lengths and precisions say nothing about the record."""
    assert column_of_type("a", written) == column


@pytest.mark.parametrize("written", ["", "ARRAY<INT64", "STRUCT<a INT64 b>", "INT64>"])
def test_a_text_that_is_no_type(written: str) -> None:
    """It is refused, not guessed."""
    with pytest.raises(UnknownType):
        column_of_type("a", written)


def test_fields_of_an_answer() -> None:
    """In the legacy names and with the mode of a list."""
    inner = {"name": "b", "type": "STRUCT", "fields": [{"name": "c", "type": "STRING", "mode": "REPEATED"}]}
    field = {"name": "a", "type": "RECORD", "mode": "REPEATED", "fields": [{"name": "order", "type": "INTEGER"}, inner]}
    assert column_of_field(field) == NESTED


@pytest.mark.parametrize(
    ("kind", "exact", "schema"),
    [
        ("INT64", True, {"type": ["null", "integer"]}),
        ("NUMERIC", True, {"type": ["null", "string"], "airbyte_type": "big_number"}),
        ("BIGNUMERIC", False, {"type": ["null", "number"]}),
        ("DATE", True, {"type": ["null", "string"], "format": "date"}),
        ("JSON", True, {"type": ["null", "string"]}),
    ],
)
def test_schemas(kind: str, exact: bool, schema: dict[str, Any]) -> None:
    """Each may be null."""
    assert schema_of(Column("a", kind), exact) == schema


def test_the_schema_of_a_list_of_records() -> None:
    """With descriptions where there are some."""
    schema = schema_of(column_of_type("a", "ARRAY<STRUCT<b BOOL>>", "what it is"), True)
    items = {"type": ["null", "object"], "properties": {"b": {"type": ["null", "boolean"]}}}
    assert schema == {"type": ["null", "array"], "items": items, "description": "what it is"}


@pytest.mark.parametrize(
    ("kind", "found"),
    [("DATE", "DATE"), ("DATETIME", "DATETIME"), ("TIMESTAMP", "TIMESTAMP"), ("STRING", None)],
)
def test_a_type_of_time_comes_back_from_its_schema(kind: str, found: str | None) -> None:
    """The catalog is all that a read knows of a partition column."""
    assert type_of_schema(schema_of(Column("a", kind), True)) == found


@pytest.mark.parametrize(
    ("kind", "exact", "cell", "value"),
    [
        ("INT64", True, "9223372036854775807", 9223372036854775807),
        ("INT64", True, "-9223372036854775808", -9223372036854775808),
        ("FLOAT64", True, "1.5", 1.5),
        ("FLOAT64", True, "NaN", None),
        ("FLOAT64", True, "-Infinity", None),
        ("NUMERIC", False, "9.37", 9.37),
        ("BOOL", True, "true", True),
        ("BOOL", True, False, False),
        ("TIMESTAMP", True, "1662595200123456", "2022-09-08T00:00:00.123456Z"),
        ("TIMESTAMP", True, "-62135596800000000", "0001-01-01T00:00:00.000000Z"),
        ("TIMESTAMP", True, "253402300799999999", "9999-12-31T23:59:59.999999Z"),
        ("TIMESTAMP", True, "1.662595200123456E9", "2022-09-08T00:00:00.123456Z"),
        ("DATETIME", True, "2022-01-01 10:00:00.5", "2022-01-01T10:00:00.5"),
    ],
)
def test_cells(kind: str, exact: bool, cell: Any, value: Any) -> None:
    """Every digit that came."""
    cast = cast_of(Column("a", kind), exact)
    assert cast is not None
    assert cast(cell) == value


@pytest.mark.parametrize("kind", ["NUMERIC", "STRING", "DATE", "TIME", "BYTES", "JSON", "RANGE"])
def test_cells_that_are_the_value(kind: str) -> None:
    """Text as it came."""
    assert cast_of(Column("a", kind), True) is None


def test_nested_cells() -> None:
    """Nulls in lists stay; an absent list is empty; a record that is null is null."""
    cast = cast_of(NESTED, True)
    assert cast is not None
    record = {"f": [{"v": "1"}, {"v": {"f": [{"v": [{"v": "x"}, {"v": None}]}]}}]}
    empty = {"f": [{"v": None}, {"v": {"f": [{"v": None}]}}]}
    null = {"f": [{"v": "2"}, {"v": None}]}
    assert cast([{"v": record}, {"v": empty}, {"v": null}, {"v": None}]) == [
        {"order": 1, "b": {"c": ["x", None]}},
        {"order": None, "b": {"c": []}},
        {"order": 2, "b": None},
        None,
    ]
