"""What becomes of the rows of a list: cast, completed, compared, hidden."""

import json
from dataclasses import replace
from typing import Any

from source_tiktok_ads.streams.listing import Listing, Row
from source_tiktok_ads.streams.shapes import ID, INTEGER, MOMENT, OBJECT, TEXT
from source_tiktok_ads.sync.listed import ListingRows

COLUMNS = {"advertiser_id": ID, "thing_id": ID, "kind": TEXT, "size": INTEGER, "modify_time": MOMENT}
THINGS = Listing("things", "thing/list", ("thing_id",), COLUMNS, cursor="modify_time")
A = {"advertiser_id": "A"}


def rows(listing: Listing = THINGS, since: str | None = None, personal: bool = True) -> ListingRows:
    """Rows in which every value fits."""
    return ListingRows(listing, lambda column, value: None, since, personal)


def records(into: ListingRows, *wire: Row, tells: Row = A) -> list[Any]:
    """The records of wire rows, None for one that need not leave."""
    return [members and json.loads(b"{%b}" % members) for _, members in into.pieces(wire, tells)]


def test_columns_are_cast_and_completed() -> None:
    """The request tells what the rows leave out, and nothing else; unknown fields pass."""
    wire = {"thing_id": 7, "size": "3", "modify_time": "2026-03-01 00:00:00", "new": [1]}
    assert records(rows(), wire, {**wire, "advertiser_id": "own"}) == [
        {"advertiser_id": owner, "thing_id": "7", "size": 3, "modify_time": "2026-03-01T00:00:00Z", "new": [1]}
        for owner in ("A", "own")
    ]


def test_what_is_sent_empty_is_completed_too() -> None:
    """TikTok leaves out some ids by an empty text."""
    assert records(rows(), {"thing_id": "1", "kind": ""}, tells={**A, "kind": "told"}) == [
        {**A, "thing_id": "1", "kind": "told"}
    ]


def test_a_key_is_never_null() -> None:
    """A dash stands where TikTok tells nothing, or an empty text."""
    assert [record["thing_id"] for record in records(rows(), {}, {"thing_id": ""})] == ["-", "-"]


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
    columns = {**COLUMNS, "about": OBJECT({"kind": TEXT, "size": INTEGER})}
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
