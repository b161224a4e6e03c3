"""States: written and read back, and what is done with those that are not ours."""

from datetime import date, datetime, timezone
from typing import Any

import pytest

from source_citrusad.api.queries import Job
from source_citrusad.sync.state import Learned, NewerState, StreamState, Unfinished, blob_of, parse
from source_citrusad.tables.sql import Piece

DAY = date(2022, 9, 5)
PIECE = ["2022-09-05", "2022-09-06", True, 0, 1]


def test_a_state_comes_back_as_it_left() -> None:
    """With the parts of a day that are left."""
    parts = (Piece(DAY, date(2022, 9, 6), True, 1, 2),)
    asked_at = datetime(2022, 9, 11, 13, tzinfo=timezone.utc)
    unfinished = Unfinished(parts[0], Job("p", "j", "US"), 3, 9, 2, "t", "s", asked_at)
    state = StreamState(date(2022, 9, 1), date(2022, 9, 4), True, parts, "f", Learned(1.0, 2.0, 3), unfinished)
    blob = blob_of(state, {"usage": {"calls": 1}})
    assert (parse(blob), blob["usage"]) == (state, {"calls": 1})


def test_no_state_is_a_new_one() -> None:
    """Nothing is read yet."""
    assert parse({}) == StreamState()
    assert parse(blob_of(StreamState(), {})) == StreamState()


@pytest.mark.parametrize(
    "blob",
    [
        {"cursor": "2022-09-01"},
        {"version": "x"},
        {"version": 1, "cursor": "soon"},
        {"version": 1, "pieces": [["2022-09-01"]]},
        {"version": 1, "learned": "x"},
        {"version": 1, "unfinished": {"piece": PIECE}},
        {"version": 1, "unfinished": {"piece": PIECE, "compared": 3, "rows": 2, "total": 9}},
    ],
)
def test_a_state_of_another_form(blob: dict[str, Any]) -> None:
    """It is refused; the stream is read anew."""
    with pytest.raises(ValueError, match="not a state of this connector"):
        parse(blob)


def test_a_state_of_a_newer_version() -> None:
    """Nobody guesses what it means."""
    with pytest.raises(NewerState, match="2"):
        parse({"version": 2})
