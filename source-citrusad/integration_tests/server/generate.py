"""Generated values: SQL that draws them from a row's number and a seed, the usual ones and the awkward ones."""

from __future__ import annotations

from .columns import Column, quoted

EDGES = {
    "INT64": ("9223372036854775807", "-9223372036854775808", "9007199254740993", "0", "-1"),
    "FLOAT64": ("'nan'", "'inf'", "'-inf'", "1.7976931348623157e308", "5e-324", "0.1", "-0.5"),
    "NUMERIC": (
        "'99999999999999999999999999999.999999999'",
        "'-99999999999999999999999999999.999999999'",
        "'0.000000001'",
        "'9.37'",
        "'0'",
    ),
    "BIGNUMERIC": (
        "'578960446186580977117854925043439539266.34992332820282019728792003956564819967'",
        "'-0.00000000000000000000000000000000000001'",
        "'1'",
    ),
    "STRING": (
        "''",
        "' '",
        "'null'",
        r"""'"quoted" \ back'""",
        "'ไทย ünï 🛒'",
        "chr(10) || 'line' || chr(9)",
        "chr(8232)",
    ),
    "BYTES": ("''::BLOB", r"'\x00\xFF'::BLOB", "'abc'::BLOB"),
    "DATE": ("'0001-01-01'", "'9999-12-31'", "'2024-02-29'", "'1970-01-01'"),
    "DATETIME": (
        "'0001-01-01 00:00:00'",
        "'9999-12-31 23:59:59.999999'",
        "'2022-01-01 10:00:00.5'",
        "'1970-01-01 00:00:00'",
    ),
    "TIME": ("'00:00:00'", "'23:59:59.999999'", "'10:00:00.25'"),
    "TIMESTAMP": (
        "'0001-01-01 00:00:00+00'",
        "'9999-12-31 23:59:59.999999+00'",
        "'1969-12-31 23:59:59.999999+00'",
        "'1970-01-01 00:00:00+00'",
        "'2022-09-08 00:00:00.123456+00'",
    ),
    "JSON": ('\'{"a":[1,null,"x"]}\'', "'null'", "'\"text\"'", "'12345678901234567890.123456789'"),
    "GEOGRAPHY": ("'POINT(1 2)'", "'POLYGON((0 0, 1 1, 1 0, 0 0))'", "'GEOMETRYCOLLECTION EMPTY'"),
    "INTERVAL": ("'0-0 0 0:0:0'", "'1-2 3 4:5:6.789'", "'-10000-0 -3660000 -87840000:0:0'"),
    "RANGE": ("'[2020-01-01, 2021-01-01)'", "'[UNBOUNDED, 2020-01-01)'"),
}
_COMMON = {
    "INT64": "CAST({h} % 100000 AS BIGINT)",
    "FLOAT64": "CAST({h} % 1000000007 AS DOUBLE) / 1009",
    "NUMERIC": "CAST(CAST({h} % 10000000000000000 AS DECIMAL(38,0)) / 1000000000 AS DECIMAL(38,9))",
    "BIGNUMERIC": "CAST({h} AS VARCHAR) || '.' || CAST(1 + {h} % 9 AS VARCHAR)",
    "BOOL": "{h} % 2 = 0",
    "STRING": "'v' || CAST({h} % 5000 AS VARCHAR)",
    "BYTES": "CAST(CAST({h} AS VARCHAR) AS BLOB)",
    "DATE": "CAST('2015-01-01' AS DATE) + CAST({h} % 4000 AS INTEGER)",
    "DATETIME": "make_timestamp(CAST(1400000000000000 + {h} % 300000000000000 AS BIGINT))",
    "TIME": "CAST(make_timestamp(CAST({h} % 86400000000 AS BIGINT)) AS TIME)",
    "TIMESTAMP": "make_timestamptz(CAST(1400000000000000 + {h} % 300000000000000 AS BIGINT))",
    "JSON": "'{{\"n\":' || CAST({h} % 1000 AS VARCHAR) || '}}'",
    "GEOGRAPHY": "'POINT(' || CAST({h} % 180 AS VARCHAR) || ' 0)'",
    "INTERVAL": "'0-0 ' || CAST({h} % 30 AS VARCHAR) || ' 0:0:0'",
    "RANGE": "'[2020-01-0' || CAST(1 + {h} % 9 AS VARCHAR) || ', UNBOUNDED)'",
}
EDGE_SHARE = 12
"""One value of so many is one of the awkward ones."""


def value(column: Column, key: str, *, nulls: int = 8, edges: bool = True, path: str = "") -> str:
    """SQL for the column's value in the row numbered `key`; one of `nulls` is null (0: none is)."""
    path = f"{path}.{column.name}"
    if column.mode == "REPEATED":
        each = value(column.element(), f"hash({key}, i)", nulls=0, edges=edges, path=path)
        length = f"hash({key}, '{path}#') % 4"
        return f"list_transform(range(CAST({length} AS BIGINT)), lambda i: {each})"
    drawn = _struct(column, key, nulls, edges, path) if column.fields else _scalar(column, key, edges, path)
    if not nulls or column.mode == "REQUIRED":
        return drawn
    return f"(CASE WHEN hash({key}, '{path}?') % {nulls} = 0 THEN NULL ELSE {drawn} END)"


def _struct(column: Column, key: str, nulls: int, edges: bool, path: str) -> str:
    inner = (f"{quoted(f.name)} := {value(f, key, nulls=nulls, edges=edges, path=path)}" for f in column.fields)
    return f"struct_pack({', '.join(inner)})"


def _scalar(column: Column, key: str, edges: bool, path: str) -> str:
    stored = column.stored()
    common = f"CAST({_COMMON[column.type].format(h=f'hash({key}, {chr(39)}{path}{chr(39)})')} AS {stored})"
    awkward = EDGES.get(column.type) if edges and not column.argument else None
    if not awkward:
        return common
    listed = ", ".join(f"CAST({text} AS {stored})" for text in awkward)
    pick = f"CAST(hash({key}, '{path}!') // {EDGE_SHARE} % {len(awkward)} AS BIGINT) + 1"
    return f"(CASE WHEN hash({key}, '{path}!') % {EDGE_SHARE} = 0 THEN [{listed}][{pick}] ELSE {common} END)"
