"""The SQL: columns by name, literal half-open days, nothing else."""

from datetime import date

import pytest

from source_citrusad.tables.model import Selection
from source_citrusad.tables.sql import Piece, columns_query, probe, quoted, select

FACTS = Selection("d", "t", ("ingressed_at", "order"), "ingressed_at")
TEN = Piece(date(2022, 9, 1), date(2022, 9, 11))
FROM = "SELECT `ingressed_at`, `order` FROM `p.d.t`"


@pytest.mark.parametrize(
    ("piece", "where"),
    [
        (TEN, "`ingressed_at` >= DATE '2022-09-01' AND `ingressed_at` < DATE '2022-09-11'"),
        (
            Piece(TEN.start, TEN.end, nulls=True),
            "((`ingressed_at` >= DATE '2022-09-01' AND `ingressed_at` < DATE '2022-09-11') OR `ingressed_at` IS NULL)",
        ),
        (Piece(nulls=True), "`ingressed_at` IS NULL"),
        (
            Piece(nulls=True, part=1, parts=2),
            "`ingressed_at` IS NULL AND "
            "ABS(MOD(FARM_FINGERPRINT(TO_JSON_STRING(STRUCT(`ingressed_at`, `order`))), 2)) = 1",
        ),
    ],
)
def test_a_piece_of_a_table(piece: Piece, where: str) -> None:
    """Days, what lies in none, and parts by a hash."""
    assert select("p", FACTS, piece) == f"{FROM} WHERE {where}"


@pytest.mark.parametrize(
    ("kind", "literal"),
    [("DATETIME", "DATETIME '2022-09-01 00:00:00'"), ("TIMESTAMP", "TIMESTAMP '2022-09-01 00:00:00+00:00'")],
)
def test_the_literal_has_the_columns_type(kind: str, literal: str) -> None:
    """Another type would not reach the partitions."""
    assert f">= {literal} AND" in select("p", Selection("d", "t", ("at",), "at", kind), TEN)


def test_a_table_without_partition() -> None:
    """Whole, or only what is current."""
    assert select("p", Selection("d", "t", ("a",)), Piece()) == "SELECT `a` FROM `p.d.t`"
    current = Selection("d", "t", ("a", "is_current"), current_only=True)
    assert select("p", current, Piece()) == "SELECT `a`, `is_current` FROM `p.d.t` WHERE `is_current`"


def test_names_are_quoted() -> None:
    """A quote inside of one ends nothing."""
    assert quoted("a`b\\c") == "`a\\`b\\\\c`"


def test_pieces_divide_without_gap_and_overlap() -> None:
    """Days in the middle, parts by their remainder; what lies in no day goes with the first."""
    first, rest = Piece(TEN.start, TEN.end, nulls=True).split(4)
    assert (first.days, rest.days, first.end, first.nulls, rest.nulls) == (4, 6, rest.start, True, False)
    parts = [part for half in Piece(nulls=True).divided(2) for part in half.divided(3)]
    assert {(part.part, part.parts) for part in parts} == {(number, 6) for number in range(6)}
    assert [part.part % 2 for part in parts] == [0, 0, 0, 1, 1, 1]


def test_questions_about_tables() -> None:
    """One column, with and without a filter; all columns of a dataset in one query."""
    assert probe("p", "d", "t", "c", null=True) == "SELECT `c` FROM `p.d.t` WHERE `c` IS NULL"
    assert probe("p", "d", "t", "c", null=False) == "SELECT `c` FROM `p.d.t`"
    assert "`p`.`d`.INFORMATION_SCHEMA.COLUMN_FIELD_PATHS" in columns_query("p", "d")
