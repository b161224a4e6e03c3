"""Lists whose rows come from several endpoints, from parents of the same days, or from a replacement endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from source_tiktok_ads.api.errors import TikTokError, rule_for, unsupported_filters
from source_tiktok_ads.streams.listing import DatedListing, Paging, Parent, Pass, Scope

from .canned import A, B, refused
from .test_substreams import OF_SHOPS, SHOPS, THINGS, WHOLE, Reading, of_shops, things

UNCOUNTED = replace(THINGS, paging=Paging.UNCOUNTED, page_size=2)
MORE = replace(THINGS, name="more things", path="more/list", paging=Paging.WHOLE)


def test_a_page_that_is_not_full_is_the_last() -> None:
    """What page_info says is not believed; a page of nothing new ends the reading too."""
    answers = iter([things("1", "2"), things("3")])
    reading = Reading(lambda path, params: {**next(answers), "page_info": {"total_page": 9}})
    assert reading.read(UNCOUNTED) == ["1", "2", "3"]
    again = Reading({"list": things("1", "2")["list"]})
    assert again.read(UNCOUNTED) == ["1", "2"]
    assert len(again.asked) == 2


def test_a_page_is_full_with_as_many_rows_as_tiktok_gives_at_most() -> None:
    """TikTok may give smaller pages than were asked for."""
    answers = iter([things("1", "2"), things("3", "4"), things("5")])
    reading = Reading(lambda path, params: {**next(answers), "page_info": {"page_size": 2}})
    assert reading.read(replace(UNCOUNTED, page_size=9)) == ["1", "2", "3", "4", "5"]


def test_further_lists_add_rows_each_once() -> None:
    """Also those that only some of them have."""
    reading = Reading(lambda path, params: things("1", "2") if path == "thing/list" else things("2", "3"))
    assert reading.read(replace(WHOLE, more=(MORE,))) == ["1", "2", "3"]


@pytest.mark.parametrize("takes", [False, True])
def test_a_filter_for_changes_goes_to_the_further_lists_that_take_it(takes: bool) -> None:
    """The others are read whole."""
    since = (lambda after, now: {"after": after}) if takes else None
    reading = Reading(things("1"))
    reading.read(replace(WHOLE, more=(replace(MORE, since=since),)), after="x")
    assert ["after" in params for params in reading.asked] == [True, takes]


def test_a_further_list_that_is_refused_twice_is_left_out() -> None:
    """One refusal is not believed, and what else is wrong with it ends the reading."""
    listing = replace(WHOLE, more=(MORE,))
    codes = iter([40001])

    def once(path: str, params: Mapping[str, Any]) -> Any:
        code = next(codes, 0) if path == "more/list" else 0
        return refused(code) if code else things("1" if path == "thing/list" else "2")

    assert Reading(once).read(listing) == ["1", "2"]
    reading = Reading(lambda path, params: refused(40001) if path == "more/list" else things("1"))
    assert reading.read(listing) == ["1"]
    assert "Only what more/list adds is left out" in reading.left_out[0]
    with pytest.raises(TikTokError, match="50000"):
        Reading(lambda path, params: refused(50000) if path == "more/list" else things("1")).read(listing)


def test_what_business_centers_do_not_show_is_asked_for_twice_in_a_sync() -> None:
    """No account need ask again after that; another fault is no refusal."""
    libraries = replace(SHOPS, name="libraries", path="library/list", scope=Scope.CENTERS)
    more = replace(MORE, scope=Scope.CENTERS, parent=Parent(libraries, of_shops))
    listing = replace(WHOLE, more=(more,))
    reading = Reading(lambda path, params: refused(40125) if path == "library/list" else things("1"))
    assert [reading.read(listing, id) for id in (A, B)] == [["1"], ["1"]]
    assert len(reading.client.paths("library/list")) == 2
    assert len(reading.left_out) == 1
    with pytest.raises(TikTokError, match="50000"):
        Reading(lambda path, params: refused(50000) if path == "library/list" else things("1")).read(listing)


@pytest.mark.parametrize(("total", "full"), [(2, False), (3, True), (9, True)])
def test_a_list_at_its_most_rows_is_completed_by_further_ones(total: int, full: bool) -> None:
    """No page beyond is asked for, a sentence says so, and the further list is read only then."""
    listing = replace(THINGS, page_size=10, most=3, more=(replace(MORE, beyond=True),))
    rows = [str(number) for number in range(min(total, 3))]

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        info = {"page": 1, "page_size": 10, "total_number": total, "total_page": 5 if full else 1}
        return {**things(*rows), "page_info": info} if path == "thing/list" else things("old")

    reading = Reading(answer)
    assert reading.read(listing) == [*rows, *(["old"] if full else [])]
    assert bool(reading.left_out) == full
    alone = Reading(answer)
    alone.read(replace(listing, more=()))
    assert not full or "older ones are missing" in alone.left_out[0]


def test_a_refused_list_is_replaced_by_another() -> None:
    """A sentence says so. After other errors, no replacement is read."""
    listing = replace(WHOLE, instead=MORE)
    reading = Reading(lambda path, params: refused(40001) if path == "thing/list" else things("1"))
    assert reading.read(listing) == ["1"]
    assert "more/list is read in its place" in reading.left_out[0]
    with pytest.raises(TikTokError, match="50000"):
        Reading(refused(50000)).read(listing)


def test_a_parent_that_is_asked_for_by_days_is_read_for_the_same_days() -> None:
    """Its rows are those of the window, not of the whole sync."""
    shops = DatedListing("sold", "sold/list", ("shop_id",), SHOPS.columns, "shops", Paging.WHOLE, required=True)
    listing = replace(WHOLE, parent=Parent(shops, of_shops, inherits=("shop_id",)))
    reading = Reading(
        lambda path, params: {"shops": [{"shop_id": params["day"]}]} if path == "sold/list" else things("1")
    )
    for day in ("1", "2"):
        reading.read(listing, day=day)
    assert [params["day"] for params in reading.client.paths("sold/list")] == ["1", "2"]
    assert [params["shop_ids"] for params in reading.client.paths("thing/list")] == [["1"], ["2"]]


def test_what_is_asked_about_need_not_be_the_rows_themselves() -> None:
    """The rows of an account alone are asked about, and those of nobody."""
    parent = Parent(
        SHOPS, of_shops, batch_size=9, select=lambda rows: [{"shop_id": row["name"]} for row in rows], owner="of"
    )
    shops = [
        {"shop_id": str(n), "name": name, "of": of} for n, (name, of) in enumerate([("a", A), ("b", B), ("c", "")])
    ]
    columns = {**SHOPS.columns, "of": SHOPS.columns["shop_id"]}
    listing = replace(WHOLE, parent=replace(parent, listing=replace(SHOPS, columns=columns)))
    reading = Reading(lambda path, params: {"shops": shops} if path == "shop/list" else things("1"))
    reading.read(listing)
    assert reading.client.paths("thing/list")[0]["shop_ids"] == ["a", "c"]


def test_groups_that_are_answered_only_in_parts_are_smaller_from_then_on() -> None:
    """The next window does not ask in vain."""
    shops = {"shops": [{"shop_id": str(number)} for number in range(4)]}

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "shop/list":
            return shops
        return refused(40002) if len(params["shop_ids"]) > 1 else things("of " + params["shop_ids"][0])

    listing = replace(OF_SHOPS, parent=Parent(SHOPS, of_shops, batch_size=4))
    reading = Reading(answer)
    assert len(reading.read(listing)) == 4
    before = len(reading.client.paths("thing/list"))
    reading.read(listing)
    assert (before, len(reading.client.paths("thing/list")) - before) == (7, 4)


NAMED = "Invalid filter(s): '[gmv_max_promotion_types]' are not supported"


def test_a_filter_that_tiktok_names_is_no_refusal_of_one_shop() -> None:
    """Asking about fewer shops is no remedy, and none is left out: the list fails and says so."""
    assert unsupported_filters(NAMED) == ("gmv_max_promotion_types",)
    assert unsupported_filters("store_ids: no.") == ()
    assert "does not support a filter" in rule_for(40002, NAMED).happened
    shops = {"shops": [{"shop_id": "1"}, {"shop_id": "2"}]}
    error = refused(40002, NAMED)
    reading = Reading(lambda path, params: shops if path == "shop/list" else error)
    with pytest.raises(TikTokError, match="not supported"):
        reading.read(replace(OF_SHOPS, parent=Parent(SHOPS, of_shops, batch_size=2)))
    assert len(reading.client.paths("thing/list")) == 1


def test_rows_stand_in_any_of_their_places() -> None:
    """The first that holds any."""
    listing = replace(WHOLE, also_at=("older",), passes=(Pass(),))
    assert Reading({"older": [{"thing_id": "1"}]}).read(listing) == ["1"]
    assert Reading({"list": [{"thing_id": "2"}], "older": []}).read(listing) == ["2"]
