"""How list endpoints are read: in which requests, with which parents, and what goes on when one is refused."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from source_tiktok_ads.api.envelope import Envelope
from source_tiktok_ads.api.errors import NO_APP, TikTokError, error_without_code
from source_tiktok_ads.streams.listing import Listing, Paging, Parent, Pass, Row, Scope, inside
from source_tiktok_ads.streams.parameters import Params
from source_tiktok_ads.streams.shapes import ID, MOMENT, TEXT
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.children import Children
from source_tiktok_ads.sync.list_pages import misshapen, place_of, rows_in
from source_tiktok_ads.sync.list_records import ListingRows
from source_tiktok_ads.sync.list_requests import ListEvents, ListRequest
from source_tiktok_ads.sync.pagination import Prefetcher
from source_tiktok_ads.sync.refusals import CONFIRM_AFTER
from source_tiktok_ads.sync.substreams import (
    CachedList,
    ParentLists,
    asked_by,
    top,
)

from .canned import A, B, Canned, InPart, config, page, refused

COLUMNS = {"advertiser_id": ID, "shop_id": ID, "thing_id": ID, "modify_time": MOMENT}
THINGS = Listing("things", "thing/list", ("thing_id",), COLUMNS, page_size=100, required=True)
WHOLE = replace(THINGS, paging=Paging.WHOLE)
CURSOR = replace(THINGS, paging=Paging.CURSOR, page_size=20)
SHOPS = Listing("shops", "shop/list", ("shop_id",), {"shop_id": ID, "name": TEXT}, "shops", Paging.WHOLE, required=True)


def of_shops(shops: Sequence[Row]) -> Params:
    """A request for the things of some shops."""
    return {"shop_ids": [shop["shop_id"] for shop in shops]}


OF_SHOPS = replace(WHOLE, parent=Parent(SHOPS, of_shops, inherits=("shop_id",)))


class Reading:
    """Chains over a canned client, with what they warned of and what they said that lacks."""

    def __init__(self, answer: Any, **settings: Any) -> None:
        self.client = Canned(answer if callable(answer) else lambda path, params: answer)
        self.said: list[str] = []
        self.lacks: list[str] = []
        self.left_out: list[str] = []
        self.refused: dict[str, str] = {}
        self.given_up: list[str] = []
        self.parent_lists = ParentLists(self.client, config(**settings), Prefetcher(1), self.said.append)

    def read(
        self, listing: Listing, id: str = A, since: str | None = None, children: Children | None = None, **more: Any
    ) -> list[str]:
        """The ids of the rows that leave."""
        request = ListRequest(Account(id), more, {"advertiser_id": id})
        into = ListingRows(listing, lambda column, value: None, since)
        events = ListEvents(
            self.said.append,
            self.lacks.append,
            self.left_out.append,
            lambda what: self.given_up.append(what.sentence),
            self.refused.setdefault,
        )
        pages = self.parent_lists.rows(listing, request, into, events, children)
        self.records = [json.loads(b"{%b}" % row) for rows in pages for row in rows]
        return [record["thing_id"] for record in self.records]

    @property
    def asked(self) -> list[Mapping[str, Any]]:
        """The parameters of every request."""
        return [params for _, params in self.client.asked]


def things(*ids: str, **more: Any) -> dict[str, Any]:
    """The data of an answer with these things."""
    return {**page([{"thing_id": id} for id in ids]), **more}


def test_pages() -> None:
    """As large as the list and the settings allow, proven by the count."""
    reading = Reading(things("1", "2"))
    assert reading.read(THINGS, more="x") == ["1", "2"]
    assert reading.asked == [{"advertiser_id": A, "more": "x", "page_size": 100, "page": 1}]
    small = Reading(things("1"), page_size=50)
    small.read(THINGS)
    assert small.asked[0]["page_size"] == 50


TRYING = replace(WHOLE, passes=tuple(Pass({"kind": kind}) for kind in "abc"), trying=True)


def test_passes_that_tiktok_does_not_know_have_no_rows() -> None:
    """Each refusal is doubted, all of them together after one wait; nothing is said of what is refused again."""
    doubtful = iter([refused(40002, "kind: odd")])

    def answer(path: str, params: Params) -> Any:
        if params["kind"] == "b":
            return next(doubtful, None) or things("2")
        return refused(40002, "kind: Not supported.") if params["kind"] == "c" else things("1")

    reading = Reading(answer)
    assert reading.read(TRYING) == ["1", "2"]
    assert [params["kind"] for params in reading.asked] == ["a", "b", "c", "b", "c"]
    assert reading.client.paused == [CONFIRM_AFTER]
    assert (reading.said, reading.lacks, reading.left_out) == ([], [], [])


@pytest.mark.parametrize(("listing", "code", "requests"), [(TRYING, 40002, 6), (TRYING, 40001, 1), (WHOLE, 40002, 1)])
def test_a_list_of_which_every_pass_is_refused_is_an_error(listing: Listing, code: int, requests: int) -> None:
    """It is not about the passes then; so are other refusals, and those of lists that try nothing out."""
    reading = Reading(refused(code, "no"))
    with pytest.raises(TikTokError, match=str(code)):
        reading.read(listing)
    assert len(reading.asked) == requests


def test_pages_that_are_too_much_get_smaller() -> None:
    """As with every other list."""
    reading = Reading(lambda path, params: refused(40067) if params["page_size"] > 50 else things("1"))
    assert reading.read(THINGS) == ["1"]
    assert [params["page_size"] for params in reading.asked] == [100, 50]


@pytest.mark.parametrize("listing", [THINGS, CURSOR])
def test_a_limit_of_rows_that_tiktok_states_is_kept(listing: Listing) -> None:
    """From then on, for this list and account; one that the request keeps already is an error."""
    reading = Reading(
        lambda path, params: things("1") if params.get("page_size", params.get("count")) <= 7 else limit(7)
    )
    assert reading.read(listing) == ["1"]
    assert [params.get("page_size", params.get("count")) for params in reading.asked] == [listing.page_size, 7]
    with pytest.raises(TikTokError, match="page_size"):
        Reading(lambda path, params: limit(2000)).read(replace(listing, page_size=5))


def limit(rows: int) -> TikTokError:
    """A refusal that states how many rows a page may have."""
    return refused(40002, f"page_size: Must be between 1 and {rows}")


def test_rows_that_keep_moving_are_said_to_lack() -> None:
    """Nothing is claimed of what cannot be proven."""
    numbers = iter(range(100))
    reading = Reading(lambda path, params: {**things(str(next(numbers))), "page_info": page([], 99)["page_info"]})
    reading.read(THINGS)
    assert "TikTok counts 99 rows" in reading.lacks[0]


def test_a_business_center_whose_list_is_short_is_named() -> None:
    """No account stands for it in the sentence."""
    numbers = iter(range(100))
    reading = Reading(lambda path, params: {**things(str(next(numbers))), "page_info": page([], 99)["page_info"]})
    reading.read(THINGS, bc_id="7")
    assert reading.lacks[0].startswith("bc_id 7: TikTok counts 99 rows")


def test_a_whole_answer() -> None:
    """No page is asked for, and a row that stands twice leaves once."""
    reading = Reading({"list": [{"thing_id": "1"}, {"thing_id": "1"}]})
    assert reading.read(WHOLE) == ["1"]
    assert reading.asked == [{"advertiser_id": A}]


@pytest.mark.parametrize("data", [{}, {"list": None}, {"list": []}])
def test_an_answer_without_rows(data: Mapping[str, Any]) -> None:
    """TikTok leaves the list out where it is empty."""
    assert Reading(data).read(WHOLE) == []


def test_an_object_that_is_itself_the_row() -> None:
    """None where it is empty."""
    listing = replace(WHOLE, rows_at="")
    assert Reading({"thing_id": "1"}).read(listing) == ["1"]
    assert Reading({}).read(listing) == []


def test_cursors() -> None:
    """Each answer says where to go on, the last that there is no more."""
    answers = iter([things("1", cursor=20, has_more=True), things("2", has_more=False)])
    reading = Reading(lambda path, params: next(answers))
    assert reading.read(CURSOR) == ["1", "2"]
    assert reading.asked == [{"advertiser_id": A, "count": 20}, {"advertiser_id": A, "count": 20, "cursor": 20}]


def test_a_few_answers_without_rows_are_read_past() -> None:
    """Three in a row; what comes after a fourth lacks."""
    for empty, ids, lacks in ((3, ["1", "2"], 0), (4, ["1"], 1)):
        between = [things(cursor=at, has_more=True) for at in range(2, 2 + empty)]
        answers = iter([things("1", cursor=1, has_more=True), *between, things("2", has_more=False)])
        reading = Reading(partial(lambda left, path, params: next(left), answers))
        assert reading.read(CURSOR) == ids
        assert len(reading.lacks) == lacks


@pytest.mark.parametrize("cursors", [("", ""), ("a", "a"), (None, None), tuple("abcdef")])
def test_cursors_that_lead_nowhere(cursors: Sequence[Any]) -> None:
    """There is more, says TikTok, but gives none of it: that lacks."""
    answers = (things(cursor=cursor, has_more=True) for cursor in cursors)
    reading = Reading(lambda path, params: next(answers))
    assert reading.read(CURSOR) == []
    assert reading.lacks == ["TikTok says there are more rows than the 0 it gave, but not where."]


@pytest.mark.parametrize(("code", "ids"), [(40002, 20), (50000, None)])
def test_a_full_last_answer_by_cursor_is_doubted(code: int, ids: int | None) -> None:
    """What its cursor leads to is asked for all the same: a refusal of that place ends the list, a fault does not."""
    last = things(*map(str, range(20)), cursor=20, has_more=False)
    reading = Reading(lambda path, params: refused(code) if "cursor" in params else last)
    if ids is None:
        with pytest.raises(TikTokError, match=str(code)):
            reading.read(CURSOR)
    else:
        assert len(reading.read(CURSOR)) == ids


@pytest.mark.parametrize(("more", "lacks"), [({}, 1), ({"has_more": False}, 0)])
def test_a_full_answer_that_does_not_say_whether_there_is_more(more: dict[str, Any], lacks: int) -> None:
    """Without has_more and a cursor, nothing shows that it is the last one."""
    reading = Reading(things(*map(str, range(20)), **more))
    assert len(reading.read(CURSOR)) == 20
    assert reading.lacks == ["TikTok gave 20 rows in full pages, but not whether there are more."][:lacks]


UNCOUNTED = replace(THINGS, paging=Paging.UNCOUNTED, page_size=2)


def paged(listing: Listing, *readings: Sequence[Sequence[tuple[str, str]]], part: int = 0) -> Reading:
    """A list whose readings have these pages, with the id and the time of each row; the first `part` are in part."""
    turns, now, read = iter(readings), list[Any](), list[int]()

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        at = int(params.get("cursor", params.get("page", 1) - 1))
        if at == 0:
            now[:] = next(turns)
            read.append(1)
        rows = [{"thing_id": id, "modify_time": time} for id, time in (now[at] if at < len(now) else ())]
        data = {"list": rows, "has_more": at + 1 < len(now), "cursor": at + 1}
        return InPart(data) if len(read) <= part else data

    return Reading(answer)


OLD, NEW = "2026-03-01 00:00:00", "2026-03-02 00:00:00"
SAME = [[("1", OLD), ("2", OLD)], [("3", OLD)]]
OTHER = [[("1", OLD), ("2", OLD)], [("1", NEW)]]
CONFLICT = "1 rows have the key of another row but differ from it, and TikTok counts none."
PART = "TikTok answered only in part (code 20001, request_id req-9), and nothing proves that no row is missing."


@pytest.mark.parametrize("listing", [replace(CURSOR, page_size=2), UNCOUNTED])
def test_different_rows_of_one_key_are_read_again_and_then_lack(listing: Listing) -> None:
    """An object may have changed between two pages; then the next reading has it once. No row leaves twice."""
    changed = paged(listing, OTHER, SAME)
    assert (changed.read(listing), changed.lacks) == (["1", "2", "3"], [])
    merged = paged(listing, *[OTHER] * 3)
    assert (merged.read(listing), merged.lacks) == (["1", "2"], [CONFLICT])
    copies = paged(listing, [[("1", OLD), ("2", OLD)], [("1", OLD)]])
    assert (copies.read(listing), copies.lacks) == (["1", "2"], [])


@pytest.mark.parametrize("listing", [replace(CURSOR, page_size=2), UNCOUNTED])
def test_a_part_of_a_list_that_nothing_counts_lacks(listing: Listing) -> None:
    """It is read again, until TikTok gives all of it."""
    healed = paged(listing, SAME[:1], SAME, part=1)
    assert (healed.read(listing), healed.lacks) == (["1", "2", "3"], [])
    short = paged(listing, *[SAME] * 3, part=9)
    assert (short.read(listing), short.lacks) == (["1", "2", "3"], [PART])


def test_a_part_of_a_list_is_not_kept_for_other_streams() -> None:
    """They ask for it themselves."""
    data = {"list": [{"thing_id": "1"}]}
    answers = iter([*[InPart(data)] * 3, data])
    reading = Reading(lambda path, params: next(answers))
    reading.parent_lists = ParentLists(
        reading.client, config(), Prefetcher(1), reading.said.append, [WHOLE, replace(WHOLE, name="others")]
    )
    assert (reading.read(WHOLE), reading.lacks) == (["1"], [PART])
    assert (reading.read(replace(WHOLE, name="others")), len(reading.lacks)) == (["1"], 1)


@pytest.mark.parametrize("old", [{}, {"list": None}])
def test_rows_in_another_place_are_no_empty_list(old: dict[str, Any]) -> None:
    """TikTok has renamed places before; whoever reads such an answer as empty loses every row."""
    reading = Reading({**old, "other_things": [{"thing_id": "1"}]})
    assert reading.read(WHOLE) == []
    assert reading.lacks == ["TikTok's answer has no list, but other_things; none of these rows can be read."]


@pytest.mark.parametrize("elsewhere", [{"others": [{"thing_id": "1"}]}, {"others": {"1": {"thing_id": "1"}}}])
def test_rows_within_rows_that_stand_elsewhere_are_no_empty_list(elsewhere: dict[str, Any]) -> None:
    """The same one level below; a row that holds nothing, or another list's share of the answer, has no rows."""
    listing = replace(WHOLE, records=lambda row: row.get("parts") or (), containers=("parts", "shared"))
    reading = Reading({"list": [{"name": "n", **elsewhere}]})
    assert reading.read(listing) == []
    assert reading.lacks == ["TikTok's answer has no parts with rows, but others; none of these rows can be read."]
    for well in ({"parts": []}, {"shared": [{"thing_id": "1"}]}, {"texts": ["a"]}, {"parts": [{"thing_id": "2"}]}):
        reading = Reading({"list": [{"name": "n", **well}]})
        reading.read(listing)
        assert reading.lacks == []


def test_pages_without_a_count_are_warned_of_once() -> None:
    """A single page that is not full is the whole list."""
    reading = Reading({"list": [{"thing_id": "1"}]})
    assert reading.read(THINGS) == ["1"]
    assert reading.read(THINGS, B) == ["1"]
    (sentence,) = reading.said
    assert sentence.startswith("things: TikTok answers without page_info")


def test_answers_by_cursor_that_are_too_much_get_smaller() -> None:
    """Until they are small enough, or can't be smaller."""
    reading = Reading(lambda path, params: refused(40067) if params["count"] > 10 else things("1"))
    assert reading.read(CURSOR) == ["1"]
    with pytest.raises(TikTokError, match="40067"):
        Reading(lambda path, params: refused(40067)).read(CURSOR)


def stamped(*rows: tuple[str, str]) -> list[dict[str, Any]]:
    """Things, each with its day of change."""
    return [{"thing_id": id, "modify_time": f"2026-03-{day} 00:00:00"} for id, day in rows]


RECENT = replace(THINGS, cursor="modify_time", newest_first=True, page_size=2)
PAGES = [stamped(("1", "09"), ("2", "08")), stamped(("3", "07"), ("4", "04")), stamped(("5", "03"))]
SINCE = "2026-03-05T00:00:00Z"


def numbered(path: str, params: Mapping[str, Any]) -> Any:
    """The page that is asked for."""
    return page(PAGES[params["page"] - 1], 5, params["page"], len(PAGES))


def test_a_list_with_the_latest_changes_first_is_read_until_they_are_old() -> None:
    """Later pages hold older ones only; a whole pass reads all."""
    reading = Reading(numbered)
    assert reading.read(RECENT, since=SINCE) == ["1", "2", "3"]
    assert [params["page"] for params in reading.asked] == [1, 2]
    assert Reading(numbered).read(RECENT) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("order", [("04", "09", "03", "08"), ("03", "04", "08", "09")], ids=["mixed", "oldest first"])
def test_a_list_that_turns_out_not_to_be_sorted_is_read_whole(order: Sequence[str]) -> None:
    """If TikTok ignores the order that was requested, changes may be on any page."""
    rows = stamped(*((str(number), day) for number, day in enumerate(order, 1)))
    reading = Reading(lambda path, params: page(rows[2 * params["page"] - 2 :][:2], 4, params["page"], 2))
    changed = [str(number) for number, day in enumerate(order, 1) if day > "05"]
    assert reading.read(RECENT, since=SINCE) == changed


def test_a_list_with_recent_changes_only_ends_with_its_last_page() -> None:
    """Or with the first that is empty."""
    assert Reading(page(PAGES[0])).read(RECENT, since=SINCE) == ["1", "2"]
    assert Reading({**page([], 0, 1, 9), "list": None}).read(RECENT, since=SINCE) == []


def test_a_page_of_changes_that_is_too_much_leads_to_smaller_ones() -> None:
    """The list is read whole then, without repeating what has left."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        big = params["page"] == 2 and params["page_size"] > 10
        return error_without_code("timeout", "", path, A) if big else counted(path, params)

    def counted(path: str, params: Mapping[str, Any]) -> Any:
        found = numbered(path, params)
        return {**found, "page_info": {**found["page_info"], "page_size": 2}}

    reading = Reading(answer)
    assert reading.read(replace(RECENT, page_size=20), since=SINCE) == ["1", "2", "3"]
    assert [params["page_size"] for params in reading.asked] == [20, 20, 20, 20, 10, 10, 10]


def test_a_row_that_goes_while_changes_are_read_leads_to_the_whole_list() -> None:
    """The later ones move up, one of them to a page that has been read."""
    before, after = PAGES, [PAGES[0][1:] + PAGES[1][:1], [PAGES[1][1], *PAGES[2]]]
    pages = iter([page(before[0], 5, 1, 3), page(after[1], 4, 2, 2), page(after[0], 4, 1, 2), page(after[1], 4, 2, 2)])
    reading = Reading(lambda path, params: next(pages))
    assert reading.read(RECENT, since=SINCE) == ["1", "2", "3"]


def test_passes() -> None:
    """Each is a reading of its own that tells something of its rows; a row of two leaves once."""
    passes = (
        Pass({"filtering": {"kind": "a"}}, {"shop_id": "a"}),
        Pass({"filtering": {"kind": "b"}}, {"shop_id": "b"}),
    )
    reading = Reading(lambda path, params: things(params["filtering"]["kind"], "both"))
    assert reading.read(replace(THINGS, passes=passes), filtering={"more": 1}) == ["a", "both", "b"]
    assert [record["shop_id"] for record in reading.records] == ["a", "a", "b"]
    assert [params["filtering"] for params in reading.asked] == [{"more": 1, "kind": "a"}, {"more": 1, "kind": "b"}]


def test_deleted_objects_are_asked_for_where_they_are_wanted() -> None:
    """By the passes that the row has for them."""
    listing = replace(WHOLE, with_deleted=(Pass({"deleted": True}),))
    every, living = Reading(things("1")), Reading(things("1"), include_deleted=False)
    every.read(listing)
    living.read(listing)
    assert (every.asked, living.asked) == ([{"advertiser_id": A, "deleted": True}], [{"advertiser_id": A}])


@pytest.mark.parametrize("scope", [Scope.CENTERS, Scope.REFERENCE])
def test_who_is_named_in_the_request(scope: Scope) -> None:
    """Business Centers' lists name no account."""
    reading = Reading(things("1"))
    reading.read(replace(WHOLE, scope=scope))
    assert reading.asked == [{"advertiser_id": A} if scope is Scope.REFERENCE else {}]


CODED = replace(WHOLE, scope=Scope.CREATORS, headers=("Country-Code",))


def test_parameters_that_are_headers() -> None:
    """They stand in no query; one without a value is not sent."""
    reading = Reading(things("1"))
    reading.read(CODED, **{"Country-Code": "US", "more": "x"})
    reading.read(CODED, more="x")
    assert reading.asked == [{"more": "x"}, {"more": "x"}]
    assert reading.client.headers == [{"Country-Code": "US"}, {}]


OF_APP = replace(SHOPS, scope=Scope.CREATORS, names_app=True)
OF_APPS_SHOPS = replace(OF_SHOPS, scope=Scope.CREATORS, parent=Parent(OF_APP, of_shops, inherits=("shop_id",)))


def test_a_list_for_the_app_carries_its_id_and_secret() -> None:
    """The lists below do not; it is read once, whatever accounts there are."""
    reading = Reading(shop_things)
    assert reading.read(OF_APPS_SHOPS) == reading.read(OF_APPS_SHOPS, B) == ["thing of 1", "thing of 2"]
    assert reading.client.paths("shop/list") == [{"app_id": "77", "secret": "sec-of-tests"}]
    assert {name for params in reading.client.paths("thing/list") for name in params} == {"shop_ids"}


def test_a_list_for_the_app_is_left_out_where_the_settings_have_none() -> None:
    """Nothing is sent, and no time is lost by another try."""
    reading = Reading(shop_things, credentials={"auth_type": "access_token", "access_token": "tok-of-tests"})
    with pytest.raises(TikTokError) as caught:
        reading.read(OF_APPS_SHOPS)
    assert caught.value.rule is NO_APP
    assert (reading.asked, reading.client.paused) == ([], [])


def shop_things(path: str, params: Mapping[str, Any]) -> Any:
    """Two shops, each with a thing of its own."""
    if path == "shop/list":
        return {"shops": [{"shop_id": 1, "name": "one"}, {"shop_id": 2}]}
    return things(*(f"thing of {id}" for id in params["shop_ids"]))


def test_chains() -> None:
    """Every row of the parent is asked about and told; the parent is read once for each account."""
    reading = Reading(shop_things)
    assert reading.read(OF_SHOPS) == ["thing of 1", "thing of 2"]
    assert [record["shop_id"] for record in reading.records] == ["1", "2"]
    reading.read(OF_SHOPS)
    reading.read(OF_SHOPS, B)
    assert [params["advertiser_id"] for params in reading.client.paths("shop/list")] == [A, B]


def refusing(code: int, *shops: str) -> Any:
    """An answer of TikTok that refuses every request about one of these shops."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        return refused(code) if {*shops} & {*params.get("shop_ids", ())} else shop_things(path, params)

    return answer


def test_a_shop_that_may_not_be_seen_does_not_hide_the_others() -> None:
    """It is left out with one sentence, and so is what it would have led to; nothing else is said to lack."""
    of_things = replace(WHOLE, name="parts", path="part/list", parent=Parent(OF_SHOPS, lambda rows: {"of": rows[0]}))

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        return refused(40001) if params.get("shop_ids") == ["1"] else shop_things(path, {"shop_ids": ["3"], **params})

    reading = Reading(answer)
    assert reading.read(OF_SHOPS) == ["thing of 2"]
    assert reading.read(of_things) == reading.read(of_things) == ["thing of 3"]
    assert (reading.lacks, reading.left_out, reading.said) == ([], [], [])
    assert reading.refused == {
        "1": f"shops 1: {refused(40001).event}. Only this is left out; "
        "a later sync that is not refused reads its past too."
    }


def test_what_is_left_out_of_a_parent_list_is_left_out_of_the_stream_below() -> None:
    """It has no rows of that shop either, and its sentence names the list that was refused."""
    of_things = replace(WHOLE, name="parts", path="part/list", parent=Parent(OF_SHOPS, lambda rows: {"of": rows[0]}))

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        return things("part") if path == "part/list" else refusing(40001, "1")(path, params)

    reading = Reading(answer)
    assert reading.read(of_things) == ["part"]
    assert {child: text[:40] for child, text in reading.refused.items()} == {
        "1": "thing/list: shops 1: TikTok gives no per"
    }


def test_what_does_not_exist_in_a_parent_list_is_said_of_the_stream_below() -> None:
    """It is not missing, so nothing is refused; the sentence names the list."""
    of_things = replace(WHOLE, name="parts", path="part/list", parent=Parent(OF_SHOPS, lambda rows: {"of": rows[0]}))

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        return things("part") if path == "part/list" else refusing(40007, "1")(path, params)

    reading = Reading(answer)
    assert reading.read(of_things) == ["part"]
    assert [text[:20] for text in reading.left_out] == ["thing/list: shops 1:"]
    assert reading.refused == {}


def test_a_refusal_in_a_parent_list_is_told_only_of_the_children_asked_for() -> None:
    """A slice of other children has nothing to do with it."""
    of_things = replace(WHOLE, name="parts", path="part/list", parent=Parent(OF_SHOPS, lambda rows: {"of": rows[0]}))

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        return things("part") if path == "part/list" else refusing(40001, "1")(path, params)

    reading = Reading(answer)
    assert reading.read(of_things, children=Children(SHOPS, (), {"2"})) == ["part"]
    assert reading.refused == {}
    assert reading.read(of_things, children=Children(SHOPS, (), {"1"})) == []
    assert [*reading.refused] == ["1"]


@pytest.mark.parametrize(("code", "again"), [(40001, 0), (40007, 0), (40118, 0), (40002, 2)])
def test_a_shop_that_was_refused_is_not_asked_about_again(code: int, again: int) -> None:
    """Other windows are told the same, unless it may be the days of this one that TikTok does not take."""
    reading = Reading(refusing(code, "1"))
    for _ in range(3):
        reading.refused.clear()
        assert reading.read(OF_SHOPS) == ["thing of 2"]
        assert [*reading.refused] == (["1"] if code != 40007 else [])
    assert len(reading.left_out) == (code == 40007)
    asked = [params["shop_ids"] for params in reading.client.paths("thing/list")]
    assert (asked.count(["1"]), asked.count(["2"])) == (2 + again, 3)
    assert reading.client.paused == [CONFIRM_AFTER]


def test_a_shop_that_is_refused_once_is_read() -> None:
    """The same request is sent again later in the sync, after all others, and only a second refusal is believed."""
    turns = iter([refused(40001)])

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        first = params.get("shop_ids") == ["1"]
        return (next(turns, None) if first else None) or shop_things(path, params)

    reading = Reading(answer)
    assert reading.read(OF_SHOPS) == ["thing of 2", "thing of 1"]
    assert (reading.left_out, reading.lacks) == ([], [])


def test_a_fault_when_a_shop_is_asked_about_again_is_a_fault() -> None:
    """Only refusals leave it out."""
    turns = iter([refused(40001), refused(50000)])
    reading = Reading(
        lambda path, params: next(turns) if params.get("shop_ids") == ["1"] else shop_things(path, params)
    )
    with pytest.raises(TikTokError, match="50000"):
        reading.read(OF_SHOPS)


def shops(count: int, answer: Any) -> Any:
    """So many shops, and what is answered about them."""
    listed = [{"shop_id": str(number)} for number in range(count)]
    return lambda path, params: {"shops": listed} if path == "shop/list" else answer(path, params)


def test_one_shop_of_several_in_a_request_costs_only_itself() -> None:
    """The request is halved until the refused one stands alone; the next goes without it."""
    together = replace(WHOLE, parent=Parent(SHOPS, of_shops, batch_size=10))
    reading = Reading(shops(10, refusing(40001, "3")))
    wanted = [f"thing of {number}" for number in range(10) if number != 3]
    assert sorted(reading.read(together)) == wanted
    asked = len(reading.client.paths("thing/list"))
    assert asked == 10
    assert reading.read(together) == wanted
    assert len(reading.client.paths("thing/list")) == asked + 1


def about(reading: Reading) -> list[Any]:
    """The shops that things were asked about, request by request."""
    return [params["shop_ids"] for params in reading.client.paths("thing/list")]


def test_a_known_shop_is_asked_about_though_it_is_no_longer_listed() -> None:
    """As long as TikTok answers."""
    children, reading = Children(SHOPS, {"2", "3"}), Reading(shop_things)
    assert reading.read(OF_SHOPS, children=children) == ["thing of 1", "thing of 2", "thing of 3"]
    assert [record["shop_id"] for record in reading.records] == ["1", "2", "3"]
    assert (children.read, children.gone) == ({"1", "2", "3"}, {})


@pytest.mark.parametrize("code", [40001, 40002, 40007, 40118])
def test_a_known_shop_that_is_neither_listed_nor_answered_is_gone(code: int) -> None:
    """It says nothing of the others, nor of the account where there are no others, and is not asked about again."""
    reading = Reading(refusing(code, "3"))
    children = Children(SHOPS, {"3"})
    assert reading.read(OF_SHOPS, children=children) == ["thing of 1", "thing of 2"]
    assert (children.read, [*children.gone], reading.left_out) == ({"1", "2"}, ["3"], [])
    again = Children(SHOPS, {"3"})
    reading.read(OF_SHOPS, children=again)
    assert (again.read, about(reading).count(["3"])) == ({"1", "2"}, 2)
    alone = Reading(lambda path, params: {} if path == "shop/list" else refused(code))
    assert alone.read(OF_SHOPS, children=Children(SHOPS, {"3"})) == []


PARTS = replace(
    WHOLE,
    name="parts",
    path="part/list",
    parent=Parent(OF_SHOPS, lambda rows: {"of": rows[0]["thing_id"]}, inherits=("shop_id",)),
)


def parts(*shops: str) -> Any:
    """Parts of the things of shops; TikTok refuses to tell the things of these."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        return things(f"part of {params['of']}") if path == "part/list" else refusing(40001, *shops)(path, params)

    return answer


def test_a_known_shop_that_is_not_listed_is_asked_about_further_down_too() -> None:
    """What it has is listed for it alone, once in a sync."""
    children, reading = Children(SHOPS, {"3"}), Reading(parts())
    found = [f"part of thing of {shop}" for shop in (1, 2, 3)]
    assert reading.read(PARTS, children=children) == found
    assert reading.read(PARTS, children=Children(SHOPS, {"3"})) == found
    assert (children.read, about(reading)) == ({"1", "2", "3"}, [["1"], ["2"], ["3"]])
    some = Children(SHOPS, {"3"}, {"2"})
    assert reading.read(PARTS, children=some) == found[1:2]
    assert (some.asked, len(about(reading))) == ({"2"}, 3)


def test_a_shop_that_is_refused_further_up_is_not_read_further_down() -> None:
    """A known one that is not listed is gone."""
    children, reading = Children(SHOPS, {"3"}), Reading(parts("1", "3"))
    assert reading.read(PARTS, children=children) == ["part of thing of 2"]
    assert (children.read, children.refused, [*children.gone]) == ({"2"}, {"1"}, ["3"])


def test_a_shop_that_was_refused_and_never_answered_is_not_asked_about_for_its_own_days() -> None:
    """A wrong request may be about the days; where later days are answered, its own are asked for."""
    refusals = [True, False]

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        return refused(40002) if params.get("shop_ids") == ["1"] and refusals[0] else shop_things(path, params)

    reading = Reading(answer)
    reading.read(OF_SHOPS)
    own = Children(SHOPS, {"1"}, {"1"})
    assert reading.read(OF_SHOPS, children=own) == []
    assert (own.read, about(reading).count(["1"])) == (set(), 2)
    refusals.pop(0)
    reading.read(OF_SHOPS)
    own = Children(SHOPS, {"1"}, {"1"})
    assert reading.read(OF_SHOPS, children=own) == ["thing of 1"]
    refusals.insert(0, True)
    own = Children(SHOPS, {"1"}, {"1"})
    assert reading.read(OF_SHOPS, children=own) == []
    assert (own.refused, [*reading.refused]) == ({"1"}, ["1"])


def test_the_children_that_are_listed() -> None:
    """Those that the parent lets pass, whatever lies between them and the list."""
    reading = Reading(shop_things)
    of_two = replace(OF_SHOPS, parent=Parent(SHOPS, of_shops, keep=lambda row: row["shop_id"] != "1"))
    for listing in (of_two, replace(PARTS, parent=Parent(of_two, lambda rows: {}))):
        assert reading.parent_lists.listed(listing, Account(A)) == {"2"}
    with pytest.raises(ValueError, match="things has no parent"):
        top(WHOLE)


def test_a_pass_that_one_shop_does_not_have() -> None:
    """The others of the shop are read."""
    listing = replace(OF_SHOPS, passes=(Pass({"kind": "a"}), Pass({"kind": "b"})))

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        return refused(40118) if params.get("kind") == "b" else shop_things(path, params)

    reading = Reading(answer)
    assert reading.read(listing) == ["thing of 1", "thing of 2"]
    assert ([*reading.refused], reading.left_out, reading.lacks) == (["1", "2"], [], [])


@pytest.mark.parametrize("code", [40008, 40125, 40106, 51008])
def test_a_refusal_of_the_app_or_account_ends_the_list_at_once(code: int) -> None:
    """However many shops there are: the next would only hear the same."""
    reading = Reading(shops(500, lambda path, params: refused(code)))
    with pytest.raises(TikTokError, match=str(code)):
        reading.read(OF_SHOPS)
    assert len(reading.client.paths("thing/list")) == 1


@pytest.mark.parametrize(("count", "asked"), [(1, 1), (500, 20)])
@pytest.mark.parametrize("code", [40001, 40002, 40118])
def test_where_every_shop_is_refused_it_is_the_account(code: int, count: int, asked: int) -> None:
    """After some, or after all there are."""
    reading = Reading(shops(count, lambda path, params: refused(code)))
    with pytest.raises(TikTokError, match=str(code)):
        reading.read(OF_SHOPS)
    assert len(reading.client.paths("thing/list")) == asked


def test_many_refused_shops_behind_one_that_answers() -> None:
    """Each may be another case."""
    refused_ones = [str(number) for number in range(1, 50)]
    reading = Reading(shops(51, refusing(40001, *refused_ones)))
    assert reading.read(OF_SHOPS) == ["thing of 0", "thing of 50"]


def test_shops_that_are_not_there() -> None:
    """They say nothing of the account, even if there is no other."""
    reading = Reading(shops(50, lambda path, params: refused(40007)))
    assert reading.read(OF_SHOPS) == []
    assert len(reading.left_out) == 1


def test_rows_that_keep_moving_in_a_parents_list_lack_where_they_lead() -> None:
    """Each time they are asked for."""
    numbers = iter(range(10_000))

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "shop/list":
            return {"shops": [{"shop_id": next(numbers)}], "page_info": page([], 99)["page_info"]}
        return things("1")

    reading = Reading(answer)
    listing = replace(OF_SHOPS, parent=Parent(replace(SHOPS, paging=Paging.PAGES), of_shops))
    for times in (1, 2):
        assert reading.read(listing) == ["1"]
        assert ["TikTok counts 99 rows" in text for text in reading.lacks] == [True] * times


def test_what_is_known_of_parents_takes_little_room() -> None:
    """Those of all accounts stay until the sync ends."""
    reading = Reading(shops(5000, lambda path, params: things("1")))
    known = reading.parent_lists.known(SHOPS, Account(A))
    assert isinstance(known, CachedList)
    assert (len(known.rows), known.rows[-1]["shop_id"]) == (5000, "4999")
    assert len(known.packed) < 20 * 5000


@pytest.mark.parametrize("code", [40001, 40002, 40007, 40118, 40125])
def test_what_is_refused_to_the_account_itself_is_for_the_stream_to_judge(code: int) -> None:
    """The list has no parent that could be left out, or the parent itself is refused."""
    for listing in (WHOLE, OF_SHOPS):
        with pytest.raises(TikTokError, match=str(code)):
            Reading(lambda path, params: refused(code)).read(listing)


def test_a_fault_of_one_shop_is_not_a_refusal() -> None:
    """Patience was used up: the account fails, the next sync tries again."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        return shop_things(path, params) if path == "shop/list" else refused(50000)

    with pytest.raises(TikTokError, match="50000"):
        Reading(answer).read(OF_SHOPS)


def test_what_is_wrong_with_a_parents_list_is_warned_of() -> None:
    """With its endpoint and the account."""
    shops = replace(SHOPS, paging=Paging.PAGES)
    count = page([{"shop_id": 1}], 0)["page_info"]

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        return {"shops": [{"shop_id": 1}], "page_info": count} if path == "shop/list" else things("1")

    reading = Reading(answer)
    reading.read(replace(OF_SHOPS, parent=Parent(shops, of_shops)))
    assert reading.said[0].startswith(f"shop/list, account {A}: TikTok counts 0 rows but gave 1")


ROWS = [{"id": "1", "of": "a"}, {"id": "2", "of": "b"}, {"id": "3", "of": "a"}, {"id": "1", "of": "a"}]


def ids(rows: Sequence[Row]) -> Params:
    """What rows ask for."""
    return {"ids": [row["id"] for row in rows]}


def test_parents_are_asked_about_together() -> None:
    """As many as a request takes, but only those that tell the same."""
    assert [*asked_by(Parent(THINGS, ids, ("of",), batch_size=2), ROWS)] == [
        ([ROWS[0], ROWS[2]], {"of": "a"}),
        ([ROWS[3]], {"of": "a"}),
        ([ROWS[1]], {"of": "b"}),
    ]


def test_the_same_is_not_asked_twice() -> None:
    """Several rows may ask for one thing."""
    assert [*asked_by(Parent(THINGS, ids), ROWS)] == [([ROWS[0]], {}), ([ROWS[1]], {}), ([ROWS[2]], {})]


def test_rows_that_lead_to_nothing_are_not_asked_about() -> None:
    """The parent says which."""
    parent = Parent(SHOPS, of_shops, inherits=("shop_id",), keep=lambda row: row["shop_id"] != "2")
    assert Reading(shop_things).read(replace(WHOLE, parent=parent)) == ["thing of 1"]


REPORT = replace(WHOLE, passes=(Pass({"metrics": ["spend", "odd", "bad"]}),))


def bad_metrics(*names: str) -> Any:
    """An answer of TikTok that refuses these metrics, one a time."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        wrong = [name for name in params["metrics"] if name in names]
        return refused(40002, f'Invalid metric fields: ["{wrong[0]}"]') if wrong else things("1")

    return answer


def test_metrics_that_tiktok_refuses_by_name_twice_are_left_out() -> None:
    """Each request is sent again later before the refusal is believed; later requests of the account go without."""
    reading = Reading(bad_metrics("odd", "bad"))
    assert reading.read(REPORT) == reading.read(REPORT) == ["1"]
    assert [params["metrics"] for params in reading.asked] == [
        *[["spend", "odd", "bad"]] * 2,
        *[["spend", "bad"]] * 2,
        ["spend"],
        ["spend"],
    ]
    assert reading.client.paused == [CONFIRM_AFTER] * 2
    sentence = (
        "TikTok refuses the metrics bad, odd; they stay null in this sync "
        '(code 40002 "Invalid metric fields: ["bad"]", request_id req-1).'
    )
    assert (reading.given_up, reading.said) == ([sentence] * 2, [])


def test_what_one_account_or_shop_is_refused_another_is_asked_for() -> None:
    """In lists that come from a parent each of its rows is by itself."""
    reading = Reading(bad_metrics("odd"))
    reading.read(REPORT)
    reading.client.answer = bad_metrics()
    reading.read(REPORT, B)
    assert reading.asked[-1]["metrics"] == ["spend", "odd", "bad"]

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        first = params.get("shop_ids") == ["1"] and "odd" in params["metrics"]
        return refused(40002, "Invalid metric fields: [odd]") if first else shop_things(path, params)

    reading = Reading(answer)
    of_shops = replace(OF_SHOPS, passes=REPORT.passes)
    assert reading.read(of_shops) == ["thing of 1", "thing of 2"]
    assert [("odd" in params["metrics"]) for params in reading.client.paths("thing/list")] == [True, True, False, True]


def test_a_metric_of_a_parents_list_that_is_refused_is_warned_of() -> None:
    """With its endpoint and the account, for no stream reads it."""
    shops = replace(SHOPS, passes=REPORT.passes)

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        bad = "odd" in params.get("metrics", ())
        return refused(40002, "Invalid metric fields: [odd]") if bad else shop_things(path, params)

    reading = Reading(answer)
    assert len(reading.read(replace(OF_SHOPS, parent=Parent(shops, of_shops)))) == 2
    assert reading.said[0].startswith(f"shop/list, account {A}: TikTok refuses the metrics odd")


@pytest.mark.parametrize(("named", "told"), [("spend", "TikTok refuses spend, which every report has")])
def test_spend_is_never_given_up(named: str, told: str) -> None:
    """The account fails with TikTok's words; a refusal that does not come again is none."""
    with pytest.raises(TikTokError, match=told):
        Reading(bad_metrics(named)).read(REPORT)
    turns = iter([refused(40002, "Invalid metric fields: [spend]")])
    assert Reading(lambda path, params: next(turns, None) or things("1")).read(REPORT) == ["1"]


def test_a_list_of_which_every_metric_is_refused_fails() -> None:
    """TikTok would give some of its own choice."""
    with pytest.raises(TikTokError, match="accepts none of the report's metrics"):
        Reading(bad_metrics("odd")).read(replace(REPORT, passes=(Pass({"metrics": ["odd"]}),)))


def test_a_refusal_of_metrics_that_were_not_asked_for_is_an_error() -> None:
    """Nothing can be left out."""
    with pytest.raises(TikTokError, match="40002"):
        Reading(lambda path, params: refused(40002, 'Invalid metric fields: ["else"]')).read(REPORT)


NESTED = replace(WHOLE, records=lambda row: [inside(row, "inner")])


@pytest.mark.parametrize(
    ("listing", "data", "why"),
    [
        (WHOLE, [], "data is no object"),
        (WHOLE, {"list": {"thing_id": "1"}}, "list is no list of objects"),
        (WHOLE, {"list": ["1"]}, "list is no list of objects"),
        (WHOLE, {"list": []}, None),
        (THINGS, page([]), None),
        (THINGS, {"list": [], "page": 1, "total_number": 0, "total_page": 0}, None),
        (NESTED, {"list": [{"inner": 7}]}, "inner of a row is no object"),
        (NESTED, {"list": [{"inner": {"thing_id": "1"}}, {}]}, None),
    ],
)
def test_answers_that_cannot_be_right(listing: Listing, data: Any, why: str | None) -> None:
    """They are asked for again."""
    assert misshapen(listing, Envelope(0, data=data)) == why


def test_pages_may_be_counted_beside_the_rows() -> None:
    """One list is documented so."""
    info = place_of(Envelope(0, data={"list": [], "page": 2, "total_number": 3, "total_page": 4}))
    assert info is not None
    assert (info.page, info.total_number, info.total_page) == (2, 3, 4)


def test_where_rows_stand() -> None:
    """Under the name that the row of the stream has, or nowhere but in the answer itself."""
    assert rows_in(SHOPS, {"shops": [1], "list": [2]}) == [1]
    assert rows_in(replace(SHOPS, rows_at=""), {"shops": [1]}) == [{"shops": [1]}]
