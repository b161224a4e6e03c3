"""The children that a full refresh keeps in its state for the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from source_tiktok_ads.streams.catalog import STREAMS
from source_tiktok_ads.streams.listing import Listing, Parent
from source_tiktok_ads.streams.shapes import ID
from source_tiktok_ads.sync.children import Children, root_parent
from source_tiktok_ads.sync.remembered import RememberedChildren
from source_tiktok_ads.sync.state import NO_CURSOR

from .canned import A, refused

SHOPS = Listing("shops", "shop/list", ("shop_id", "kind"), {"shop_id": ID, "kind": ID, "owner": ID})
OF_SHOPS = Parent(SHOPS, lambda rows: {}, needs=("owner",))
THINGS = Listing("things", "thing/list", ("thing_id",), {"thing_id": ID}, parent=OF_SHOPS)
BELOW = [stream for stream in STREAMS if isinstance(stream, Listing)]


def read_for(*names: str, refuse: str = "") -> Children:
    """Children that are not listed, of which TikTok refuses one."""
    children = Children.below(OF_SHOPS, {name: {"owner": "9"} for name in names})
    for row in children.choose([]):
        if children.of(row) == refuse:
            children.refuse(row, refused(40001))
    return children


@pytest.mark.parametrize(
    ("told", "known"),
    [
        (["1/a", 2], {"1/a": {}, "2": {}}),
        ([{"shop_id": "1", "kind": "a", "owner": "9", "odd": 1}], {"1/a": {"owner": "9"}}),
        ([{"shop_id": 1, "kind": ""}], {"1/": {}}),
        ([{"owner": "9"}, {"shop_id": None, "kind": "a"}], {}),
        ("1/a", {}),
        (None, {}),
    ],
)
def test_the_children_of_the_last_full_refresh(told: Any, known: Mapping[str, Any]) -> None:
    """A child is its name or an object; what is neither says nothing."""
    blob = {NO_CURSOR: True, "children": {A: told}}
    assert RememberedChildren(THINGS, blob).of(OF_SHOPS, A) == known


@pytest.mark.parametrize("blob", [{}, {NO_CURSOR: True}, {"children": ["1"]}, {"further": 7}, {"further": {"x": {}}}])
def test_a_state_without_children(blob: Mapping[str, Any]) -> None:
    """The first full refresh, or one of a version that kept none."""
    remembered = RememberedChildren(THINGS, blob)
    assert (remembered.of(OF_SHOPS, A), remembered.blob()) == ({}, {})
    assert RememberedChildren(STREAMS[0], blob).blob() == {}


def test_the_children_of_this_full_refresh_are_added() -> None:
    """Those that were not read for this time stay; one that is refused and not listed goes."""
    remembered = RememberedChildren(THINGS, {"children": {A: ["3/c", "2/b"]}})
    remembered.keep(A, [read_for("1/a", "2/b", refuse="2/b")])
    one = {"shop_id": "1", "kind": "a", "owner": "9"}
    assert remembered.blob() == {"children": {A: [one, "3/c"]}}
    assert RememberedChildren(THINGS, remembered.blob()).blob() == remembered.blob()
    remembered.keep(A, [])
    assert remembered.blob() == {"children": {A: [one, "3/c"]}}


def test_a_child_that_one_of_several_lists_is_answered_for_stays() -> None:
    """It is only forgotten when none of the stream's lists has rows of it."""
    remembered = RememberedChildren(THINGS)
    remembered.keep(A, [read_for("1/a", refuse="1/a"), read_for("1/a")])
    assert [entry["shop_id"] for entry in remembered.blob()["children"][A]] == ["1"]
    remembered.keep(A, [read_for("1/a", refuse="1/a")])
    assert remembered.blob() == {}


@pytest.mark.parametrize("change", [{"listing": replace(SHOPS, inborn=True)}, {"describes": True}])
def test_parents_whose_rows_vanish_with_them_are_not_kept(change: dict[str, Any]) -> None:
    """Objects that never leave the list of their account, and those whose rows only describe them."""
    remembered = RememberedChildren(replace(THINGS, parent=replace(OF_SHOPS, **change)))
    remembered.keep(A, [read_for("1/a")])
    assert remembered.blob() == {}


NOT_REMEMBERED = {
    "ad groups": "its rows never leave the list: deleted ones are listed too",
    "ad ids": "its rows never leave the list",
    "ads of an account": "its rows never leave the list",
    "audiences": "the rows are the audience's own details",
    "campaign ids": "its rows never leave the list",
    "gmv_max_campaigns": "its rows never leave the list",
    "GMV Max campaigns for products": "ended sessions are not listed, and those of deleted campaigns have ended",
    "ids of upgraded Smart+ ads": "its rows never leave the list",
    "videos that were shown": "a video that was ever shown stays in a report on all time",
}


def test_every_parent_list_is_remembered_or_has_a_reason_not_to_be() -> None:
    """So that no full refresh misses the rows below a parent in silence."""
    parents = [parent for stream in BELOW for each in (stream, *stream.more) if (parent := root_parent(each))]
    assert {parent.listing.name for parent in parents if not parent.remembered} == {*NOT_REMEMBERED}
    assert {parent.listing.name for parent in parents if parent.remembered} & {*NOT_REMEMBERED} == set()


@pytest.mark.parametrize("stream", [stream for stream in BELOW if stream.more], ids=lambda stream: stream.name)
def test_further_lists_below_the_same_list_need_the_same_columns(stream: Listing) -> None:
    """The state has one entry for each child. Their names differ, because the outcomes are kept by them."""
    needs: dict[str, tuple[str, ...]] = {}
    for each in (stream, *stream.more):
        if parent := root_parent(each):
            assert needs.setdefault(parent.listing.path, parent.needs) == parent.needs
    assert len({more.name for more in stream.more}) == len(stream.more)
