"""What a row of a list says, and what is derived from it."""

from dataclasses import replace

import pytest

from source_tiktok_ads.streams.listing import (
    ADVERTISER_ID,
    DatedListing,
    Listing,
    MalformedRow,
    Parent,
    Pass,
    Row,
    Scope,
    inside,
    rows_inside,
)
from source_tiktok_ads.streams.shapes import ID, LIST, MOMENT, OBJECT, TEXT

THINGS = Listing("things", "thing/list", ("thing_id",), {"thing_id": ID, "user_name": TEXT, "modify_time": MOMENT})


def test_the_account_is_part_of_the_key_where_each_has_its_own_list() -> None:
    """Assets are shared between accounts, reference lists are the same for all."""
    assert THINGS.key == ("advertiser_id", "thing_id")
    assert replace(THINGS, scope=Scope.REFERENCE).key == ("thing_id",)
    assert replace(THINGS, scope=Scope.CENTERS, ids=("bc_id", "thing_id")).key == ("bc_id", "thing_id")


def test_a_cursor_makes_a_list_incremental() -> None:
    """A time of creation orders rows, but only a time of change tells which of them to leave out."""
    created, changed = replace(THINGS, cursor="create_time"), replace(THINGS, cursor="modify_time")
    assert [listing.incremental for listing in (THINGS, created, changed)] == [False, True, True]
    assert [listing.cursor_tracks_changes for listing in (THINGS, created, changed)] == [False, False, True]


def test_deleted_objects_have_their_own_passes() -> None:
    """Where the row names none, the list holds them anyway or never."""
    every, living = Pass({"status": "ALL"}), Pass()
    both = replace(THINGS, passes=(living,), with_deleted=(every,))
    assert both.readings(include_deleted=True) == (every,)
    assert both.readings(include_deleted=False) == (living,)
    assert THINGS.readings(include_deleted=True) == (Pass(),)


def test_personal_columns_can_be_left_out() -> None:
    """All others stay, in their order."""
    assert [*replace(THINGS, personal=("user_name",)).impersonal().columns] == [
        "advertiser_id",
        "thing_id",
        "modify_time",
    ]
    assert THINGS.impersonal() == THINGS


def test_personal_fields_can_be_left_out_at_every_depth() -> None:
    """The column around them stays."""
    around, bare = OBJECT(kept=TEXT, phone=OBJECT(number=TEXT)), OBJECT(kept=TEXT)
    listing = replace(THINGS, columns={"one": around("Meaning."), "many": LIST(around)}, personal=("phone",))
    shown = {"advertiser_id": ADVERTISER_ID, "one": bare("Meaning."), "many": LIST(bare)}
    assert listing.impersonal().columns == shown


def test_only_lists_of_an_account_begin_with_its_id() -> None:
    """A Business Center's rows are about many accounts, or about none."""
    assert [*replace(THINGS, scope=Scope.CENTERS, columns={"a": ID}).columns] == ["a"]
    assert replace(THINGS, columns={"a": ID}).columns == {"advertiser_id": ADVERTISER_ID, "a": ID}


def test_a_dated_list_is_a_list_of_its_own_kind() -> None:
    """Its reader is found by the kind."""
    assert type(DatedListing("a", "b", ("c",), {})) is not Listing
    assert DatedListing("a", "b", ("c",), {}).days == 30


def test_what_belongs_to_deleted_objects_comes_only_on_request_too() -> None:
    """However far up the chain the deleted ones are."""
    adgroups = replace(THINGS, with_deleted=(Pass({"status": "ALL"}),))
    child = replace(THINGS, parent=Parent(adgroups, lambda rows: {}))
    assert [listing.has_deleted for listing in (THINGS, adgroups, child)] == [False, True, True]
    assert replace(THINGS, parent=Parent(child, lambda rows: {})).has_deleted


@pytest.mark.parametrize("absent", [{}, {"part": None}, {"part": ""}])
def test_a_row_may_lack_a_part(absent: Row) -> None:
    """It is empty then."""
    assert inside(absent, "part") == {}
    assert [*rows_inside(absent, "part")] == []


def test_a_part_of_a_row_has_its_form() -> None:
    """An object, or a list of objects; anything else cannot be right."""
    assert inside({"part": {"a": 1}}, "part") == {"a": 1}
    assert rows_inside({"part": [{"a": 1}]}, "part") == [{"a": 1}]
    with pytest.raises(MalformedRow, match="part of a row is no object"):
        inside({"part": [1]}, "part")
    for wrong in ({"a": 1}, [{"a": 1}, 2]):
        with pytest.raises(MalformedRow, match="part of a row is no list of objects"):
            rows_inside({"part": wrong}, "part")
