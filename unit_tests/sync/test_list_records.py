"""What becomes of the rows of a list: cast, completed, compared, hidden."""

import json
from dataclasses import replace
from typing import Any

import pytest

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.catalog import BY_NAME
from source_tiktok_ads.streams.listing import Listing, Row
from source_tiktok_ads.streams.shapes import DATE, ID, INTEGER, MOMENT, OBJECT, TEXT
from source_tiktok_ads.sync.list_records import ListingRows
from source_tiktok_ads.sync.records import ignore_invalid_value

COLUMNS = {"advertiser_id": ID, "thing_id": ID, "kind": TEXT, "size": INTEGER, "modify_time": MOMENT}
THINGS = Listing("things", "thing/list", ("thing_id",), COLUMNS, cursor="modify_time", required=True)
A = {"advertiser_id": "A"}


def rows(listing: Listing = THINGS, since: str | None = None, personal: bool = True) -> ListingRows:
    """Rows in which every value fits."""
    return ListingRows(listing, ignore_invalid_value, since, personal)


def records(into: ListingRows, *wire: Row, constants: Row = A) -> list[Any]:
    """The records of wire rows, None for one that need not leave."""
    return [members and json.loads(b"{%b}" % members) for _, members in into.pieces(wire, constants)]


def test_columns_are_cast_and_completed() -> None:
    """The request tells what the rows leave out, and nothing else; unknown fields pass."""
    wire = {"thing_id": 7, "size": "3", "modify_time": "2026-03-01 00:00:00", "new": [1]}
    assert records(rows(), wire, {**wire, "advertiser_id": "own"}) == [
        {"advertiser_id": owner, "thing_id": "7", "size": 3, "modify_time": "2026-03-01T00:00:00Z", "new": [1]}
        for owner in ("A", "own")
    ]


def test_what_is_sent_empty_is_completed_too() -> None:
    """TikTok leaves out some ids by an empty text."""
    assert records(rows(), {"thing_id": "1", "kind": ""}, constants={**A, "kind": "told"}) == [
        {**A, "thing_id": "1", "kind": "told"}
    ]


PAIRS = replace(THINGS, ids=("thing_id", "kind"))
DAYS = replace(THINGS, ids=("thing_id", "day"), columns={**COLUMNS, "day": DATE}, cursor="day")


def heard(listing: Listing, *wire: Row) -> tuple[list[Any], list[str]]:
    """The records of wire rows, and what is said to be missing."""
    lacks: list[str] = []
    pieces = rows(listing).pieces(wire, A, lacks.append)
    return [members and json.loads(b"{%b}" % members) for _, members in pieces], lacks


def test_a_part_of_a_key_that_has_no_value_is_a_dash() -> None:
    """Another part of the key still tells such rows apart."""
    found, lacks = heard(PAIRS, {"thing_id": "1"}, {"thing_id": "2", "kind": ""}, {"thing_id": "3", "kind": "-"})
    assert ([record["kind"] for record in found], lacks) == (["-", "-", "-"], [])


@pytest.mark.parametrize(
    ("listing", "wire", "column"),
    [
        (THINGS, {}, "thing_id"),
        (THINGS, {"thing_id": ""}, "thing_id"),
        (THINGS, {"thing_id": {"a": 1}}, "thing_id"),
        (PAIRS, {"thing_id": "1", "kind": ["x"]}, "kind"),
        (DAYS, {"thing_id": "1"}, "day"),
        (DAYS, {"thing_id": "1", "day": "-"}, "day"),
        (DAYS, {"thing_id": "1", "day": "18.11.2026"}, "day"),
    ],
)
def test_a_row_whose_key_cannot_be_read_does_not_leave(listing: Listing, wire: Row, column: str) -> None:
    """No placeholder merges it with others; the part is short, and the sentence names column and value."""
    good = {"thing_id": "9", "kind": "a", "day": "2026-11-18"}
    found, lacks = heard(listing, wire, good, {**wire, "size": 2})
    assert [record and record["thing_id"] for record in found] == [None, "9", None]
    sent = f"{wire[column]!r}" if wire.get(column) else "no value" if column not in wire else "''"
    assert lacks[0].startswith(f"rows with no {column} that can be read are left out: TikTok sent ")
    assert lacks[0].endswith(f" {sent}.") or wire.get(column) == "-"


def test_rows_with_unreadable_keys_count_as_rows_of_their_own() -> None:
    """Else a reading would never find as many rows as TikTok counts."""
    first, second = rows().pieces([{"size": 1}, {"size": 2}], A)
    assert first[0] != second[0]


def test_rows_that_share_a_key_for_want_of_a_value_are_told_apart() -> None:
    """Both leave, and the part is short: where one row of a key is kept, the other is missing."""
    emptied = replace(PAIRS, empty_keys=("kind",))
    found, lacks = heard(
        emptied, {"thing_id": "1", "size": 1}, {"thing_id": "1", "size": 2}, {"thing_id": "1", "size": 1}
    )
    assert [record["size"] for record in found] == [1, 2, 1]
    assert lacks == [
        'several rows have the key {"advertiser_id":"A","thing_id":"1","kind":"-"}, in which TikTok gave no value.'
    ]
    keys = [key for key, _ in rows(emptied).pieces([{"thing_id": "1", "size": size} for size in (1, 2, 1)], A)]
    assert keys[0] == keys[2] != keys[1]


def test_a_row_whose_cursor_cannot_be_read_leaves_and_makes_the_part_short() -> None:
    """Its key tells it apart; when it changed is not known, so nothing is claimed."""
    found, lacks = heard(THINGS, {"thing_id": "1", "modify_time": "soon"})
    assert found == [{**A, "thing_id": "1"}]
    assert lacks == ["modify_time cannot be read: TikTok sent 'soon'."]


@pytest.mark.parametrize("wire", [{}, {"kind": None}, {"kind": ""}])
def test_a_column_of_the_key_that_stands_in_no_row_is_an_error(wire: dict[str, Any]) -> None:
    """All rows of an object would be one; but for a column that TikTok may leave empty."""
    found = {**wire, "thing_id": "1"}
    with pytest.raises(TikTokError, match="kind stands in none of 2 rows"):
        rows(PAIRS).pieces([found, found], A)
    assert len(rows(replace(PAIRS, empty_keys=("kind",))).pieces([found], A)) == 1
    assert len(rows(PAIRS).pieces([found], {**A, "kind": "told"})) == 1
    assert rows(PAIRS).pieces([], A) == []


def test_rows_are_told_apart_by_their_key_alone() -> None:
    """An object that changes while it is read is still the same."""
    wire = {"thing_id": "1", "size": 1}
    first, second = rows().pieces([wire, {**wire, "size": 2}], A)
    assert first[0] == second[0] == b'{"advertiser_id":"A","thing_id":"1"}'


def test_rows_changed_before_the_cursor_need_not_leave() -> None:
    """One without a time always does; the newest change among those that left is remembered."""
    into = rows(since="2026-03-01T00:00:00Z")
    times = ("2026-02-28 23:59:59", "2026-03-01 00:00:00", "2026-03-03 00:00:00", "2026-03-02 00:00:00", None)
    wire = [{"thing_id": str(number), "modify_time": time} for number, time in enumerate(times)]
    assert [record and record["thing_id"] for record in records(into, *wire)] == [None, "1", "2", "3", "4"]
    assert into.newest == "2026-03-03T00:00:00Z"


def test_personal_columns_are_hidden_unless_they_are_wanted() -> None:
    """TikTok sends them in any case."""
    listing = replace(THINGS, personal=("kind",))
    wire = {"thing_id": "1", "kind": "a person"}
    assert records(rows(listing, personal=False), wire) == [{**A, "thing_id": "1"}]
    assert records(rows(listing), wire) == [{**A, **wire}]


def test_personal_data_hide_at_no_depth() -> None:
    """Nor under a new name: of a list that tells of persons only the declared columns pass."""
    columns = {**COLUMNS, "about": OBJECT(kind=TEXT, size=INTEGER)}
    listing = replace(THINGS, columns=columns, personal=("kind",))
    wire = {"thing_id": "1", "about": {"size": "2", "kind": "a person", "more": [{"kind": "a person"}]}, "new": 1}
    assert records(rows(listing, personal=False), wire) == [
        {**A, "thing_id": "1", "about": {"size": 2, "more": [{}]}},
    ]
    assert records(rows(listing), wire) == [{**A, **wire, "about": {**wire["about"], "size": 2}}]


def test_codes_of_posts_stay_behind_at_every_depth() -> None:
    """Whoever knows one can advertise the post; all that is not asked for with them passes."""
    code = {"auth_code": "#secret"}
    wire = {**code, "thing_id": "1", "info": {**code, "kept": 1, "deep": [{**code, "kept": 2}, 3]}}
    assert records(rows(), wire) == [{**A, "thing_id": "1", "info": {"kept": 1, "deep": [{"kept": 2}, 3]}}]


def test_a_row_can_become_several_records() -> None:
    """Each is cast and completed by itself."""
    several = replace(THINGS, records=lambda row: [{"thing_id": id} for id in row["ids"]])
    assert records(rows(several), {"ids": [1, 2]}) == [{**A, "thing_id": "1"}, {**A, "thing_id": "2"}]


def test_a_list_without_a_cursor_compares_nothing() -> None:
    """Whatever a field without a name holds."""
    into = rows(replace(THINGS, cursor=""))
    assert records(into, {"thing_id": "1", "": 7}) == [{**A, "thing_id": "1", "": 7}]
    assert into.newest is None


def test_equal_rows_of_an_answer_are_numbered() -> None:
    """They are several rows of which TikTok says the same; each has a key of its own."""
    numbered = replace(THINGS, ids=("thing_id", "nth"), columns={**COLUMNS, "nth": INTEGER}, numbered="nth")
    found = records(rows(numbered), {"thing_id": "1"}, {"thing_id": "2"}, {"thing_id": "1", "size": 3})
    assert [(record["thing_id"], record["nth"]) for record in found] == [("1", 1), ("2", 1), ("1", 2)]


def test_hours_to_come_do_not_leave() -> None:
    """Where an answer tells of a whole day, its rows of later hours are counted and kept back."""
    hourly = BY_NAME["gmv_max_insights_hourly"]
    assert isinstance(hourly, Listing)
    rows = ListingRows(replace(hourly, records=None), ignore_invalid_value, until="2026-03-09T05:59:59")
    told = {"advertiser_id": "1", "store_id": "2", "gmv_max_promotion_type": "LIVE_GMV_MAX"}
    hours = [{"stat_time_hour": f"2026-03-09 0{hour}:00:00", "cost": "0.00"} for hour in (5, 6)]
    now, later = rows.pieces(hours, told)
    assert now[1] is not None
    assert later[1] is None
    assert now[0] != later[0]
