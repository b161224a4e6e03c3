"""Rows of an answer as lines of records."""

import json
from typing import Any

import pytest

from source_citrusad.tables.rows import BadCell, RecordLines, compiled

FIELDS = [
    {"name": "id", "type": "INTEGER"},
    {"name": "name", "type": "STRING"},
    {"name": "tags", "type": "STRING", "mode": "REPEATED"},
]


def row(*cells: Any) -> bytes:
    """A row as BigQuery writes it."""
    return json.dumps({"f": [{"v": cell} for cell in cells]}).encode()


def test_lines_are_messages() -> None:
    """With stream, namespace and time; the answer's own schema decides how a cell is read."""
    lines = RecordLines("t", "d", compiled(FIELDS, True)).lines([row("1", "a", None), row(None, None, [{"v": "x"}])], 7)
    records = [json.loads(line) for line in lines.splitlines()]
    assert [record["record"]["data"] for record in records] == [
        {"id": 1, "name": "a", "tags": []},
        {"id": None, "name": None, "tags": ["x"]},
    ]
    assert records[0]["type"] == "RECORD"
    assert {**records[0]["record"], "data": None} == {"stream": "t", "namespace": "d", "data": None, "emitted_at": 7}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (row("1.5", "a", None), "Column id holds a value that is no INT64: 1.5"),
        (row("1", "a"), "A row has 2 cells, and its table 3 columns."),
        (b"{}", "A row of the answer has no cells."),
        (row("1", "a", [{"w": 1}]), "Column tags holds a value that is no STRING: [{'w': 1}]"),
    ],
)
def test_a_cell_that_can_not_be_read_is_named(text: bytes, sentence: str) -> None:
    """Nothing is guessed and nothing dropped."""
    with pytest.raises(BadCell) as error:
        compiled(FIELDS, True)(text)
    assert str(error.value) == sentence
