"""What several streams of a sync ask for is asked once, unless the first answer cannot be relied on."""

import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.listing import DatedListing, Listing, MalformedRow, Paging, Parent, Pass, Row
from source_tiktok_ads.streams.parameters import Params
from source_tiktok_ads.streams.shapes import ID, NUMBER, TEXT
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.list_records import ListingRows
from source_tiktok_ads.sync.list_requests import ListEvents, ListRequest
from source_tiktok_ads.sync.pagination import Incomplete, Prefetcher
from source_tiktok_ads.sync.shared_answers import Answers, SharedAnswers, readings_of
from source_tiktok_ads.sync.substreams import ParentLists

from .canned import A, B, Canned, config, page, refused

COLUMNS = {"advertiser_id": ID, "shop_id": ID, "name": TEXT, "size": NUMBER}
SHOPS = Listing("shops", "shop/list", ("shop_id",), COLUMNS, page_size=2)
KINDS = replace(SHOPS, name="shops of a kind", passes=(Pass({"kind": "a"}), Pass({"kind": "b"})))
KIND = replace(KINDS, name="shops of kind a", passes=KINDS.passes[:1])


def of_shop(shops: Sequence[Row]) -> Params:
    """A request for the things of one shop."""
    return {"shop_id": shops[0]["shop_id"]}


THINGS = Listing("things", "thing/list", ("thing_id",), {"thing_id": ID}, parent=Parent(SHOPS, of_shop))
OTHERS = replace(THINGS, name="other things")


class Sync:
    """The lists of a sync over a canned client, and what each reading of them says is missing."""

    def __init__(self, answer: Any, *streams: Listing) -> None:
        self.client = Canned(answer)
        self.incomplete: list[str] = []
        self.parent_lists = ParentLists(self.client, config(), Prefetcher(1), self.incomplete.append, streams)

    def pages(self, listing: Listing, id: str = A) -> Iterator[list[bytes]]:
        """The rows of a list of an account, page by page."""
        note = self.incomplete.append
        events = ListEvents(note, note, note, lambda given_up: None, lambda child, sentence: None)
        into = ListingRows(listing, lambda column, value: None)
        return self.parent_lists.rows(listing, ListRequest(Account(id), {}, {"advertiser_id": id}), into, events)

    def read(self, listing: Listing, id: str = A) -> list[bytes]:
        """The rows of a list of an account."""
        return [row for rows in self.pages(listing, id) for row in rows]

    def known(self, listing: Listing) -> list[Row]:
        """The rows of a parent list."""
        return self.parent_lists.known(listing, Account(A)).rows


ROWS = [{"shop_id": str(number), "name": "shop \ud83d", "size": 0.1 + number} for number in range(5)]


def by_page(rows: Sequence[Row]) -> Any:
    """A client's answers that divide rows into pages."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "thing/list":
            return page([{"thing_id": f"thing of {params['shop_id']}"}])
        size, number = params["page_size"], params["page"]
        part = rows[size * (number - 1) : size * number]
        info = {"page": number, "page_size": size, "total_number": len(rows), "total_page": -(-len(rows) // size)}
        return {"list": part, "page_info": info}

    return answer


def asked(sync: Sync, path: str = "shop/list") -> list[Any]:
    """The numbers of the pages that were asked for, in order."""
    return [params.get("page") for params in sync.client.paths(path)]


@pytest.mark.parametrize("stream_first", [True, False])
def test_a_stream_and_the_parent_list_of_another_are_one_reading(stream_first: bool) -> None:
    """Whichever comes first, with every page, value and text as they came."""
    sync = Sync(by_page(ROWS), SHOPS, THINGS, OTHERS)
    order = [lambda: sync.read(SHOPS), lambda: sync.known(SHOPS)]
    found = [read() for read in (order if stream_first else order[::-1])]
    rows, known = found if stream_first else found[::-1]
    assert rows == Sync(by_page(ROWS)).read(SHOPS)
    assert [row["size"] for row in known] == [row["size"] for row in ROWS]
    assert sorted(asked(sync)) == [1, 2, 3]
    assert len(sync.read(THINGS)) == len(sync.read(OTHERS)) == len(ROWS)
    assert len(asked(sync)) == 3
    assert asked(sync, "thing/list") == [1] * 5
    assert sync.incomplete == []


def test_each_account_is_asked_about() -> None:
    """What one account was answered is no answer for another."""
    sync = Sync(by_page(ROWS[:1]), SHOPS, THINGS)
    sync.read(SHOPS)
    sync.read(SHOPS, B)
    assert [params["advertiser_id"] for params in sync.client.paths("shop/list")] == [A, B]


def test_lists_that_are_read_once_keep_nothing() -> None:
    """A stream that no other stream depends on is asked for whenever it is read."""
    sync = Sync(by_page(ROWS[:1]), SHOPS)
    assert sync.read(SHOPS) == sync.read(SHOPS)
    assert asked(sync) == [1, 1]


def test_a_kept_answer_is_used_as_often_as_the_list_is_needed() -> None:
    """Then it is forgotten, and a further reading asks TikTok."""
    sync = Sync(by_page(ROWS[:1]), SHOPS, THINGS)
    for _ in range(3):
        sync.read(SHOPS)
    assert asked(sync) == [1, 1]


def test_a_refusal_is_not_kept() -> None:
    """Each stream that needs a refused list asks for itself, and is refused or answered by itself."""
    outcomes = iter([refused(40001, "no"), by_page(ROWS[:1])("shop/list", {"page_size": 2, "page": 1})])
    sync = Sync(lambda path, params: next(outcomes), SHOPS, THINGS)
    with pytest.raises(TikTokError, match="40001"):
        sync.known(SHOPS)
    assert len(sync.read(SHOPS)) == 1


def test_a_short_list_is_not_kept() -> None:
    """The stream is short for a reason of its own when its parent list was, not because of it."""
    short = {"list": ROWS[:1], "page_info": {"page": 1, "page_size": 2, "total_number": 2, "total_page": 1}}
    sync = Sync(lambda path, params: short, SHOPS, THINGS)
    first = sync.parent_lists.known(SHOPS, Account(A))
    before = len(asked(sync))
    sync.read(SHOPS)
    assert first.incomplete
    assert len(asked(sync)) == 2 * before
    assert len(sync.incomplete) == 1


def test_a_list_that_had_to_be_read_again_is_not_kept() -> None:
    """A count that only the second reading agreed with is no reason to rely on its answers."""
    wrong = {"list": ROWS[:1], "page_info": {"page": 1, "page_size": 2, "total_number": 2, "total_page": 1}}
    answer = by_page(ROWS[:1])
    given = iter([wrong])
    sync = Sync(lambda path, params: next(given, None) or answer(path, params), SHOPS, THINGS)
    assert len(sync.known(SHOPS)) == 1
    assert asked(sync) == [1, 1]
    sync.read(SHOPS)
    assert asked(sync) == [1, 1, 1]


def test_a_reading_that_asks_twice_is_answered_by_tiktok() -> None:
    """A kept answer is used once, so it never confirms itself."""
    shared = SharedAnswers({"shops": 3})
    with shared.reading(SHOPS, {}) as first:
        first.add({"page": 1}, {"list": []})
    with shared.reading(SHOPS, {}) as second:
        assert [second.take({"page": 1}), second.take({"page": 1})] == [{"list": []}, None]
        second.add({"page": 1}, {"list": [1]})
    with shared.reading(SHOPS, {}) as third:
        assert third.take({"page": 1}) == {"list": []}


def test_an_answer_that_the_list_would_not_accept_is_asked_for() -> None:
    """Streams look for different things in an answer; what is in order for one may be damaged for another."""

    def needs_name(row: Row) -> Iterator[Row]:
        if "name" not in row:
            raise MalformedRow("a row has no name")
        yield row

    given = iter([[{"shop_id": "1"}], [{"shop_id": "1", "name": "x"}]])
    picky = replace(SHOPS, name="picky shops", records=needs_name)
    sync = Sync(lambda path, params: page(next(given)), SHOPS, picky)
    assert len(sync.read(SHOPS)) == len(sync.read(picky)) == 1
    assert asked(sync) == [1, 1]


@pytest.mark.parametrize("ending", [Incomplete("short"), KeyboardInterrupt()])
def test_a_reading_that_does_not_end_well_leaves_nothing(ending: BaseException) -> None:
    """The next one begins anew, at once, and its answers are kept."""
    shared = SharedAnswers({"shops": 3}, patience=0)

    def fail() -> None:
        with shared.reading(SHOPS, {}) as first:
            first.add({}, 1)
            raise ending

    with pytest.raises(type(ending)):
        fail()
    with shared.reading(SHOPS, {}) as second:
        assert second.take({}) is None
        second.add({}, 2)
    with shared.reading(SHOPS, {}) as third:
        assert third.take({}) == 2


def test_rows_that_nobody_takes_any_more_hold_up_nobody() -> None:
    """A stream that stops after its first page lets the next one read."""
    sync = Sync(by_page(ROWS), SHOPS, THINGS)
    pages = sync.pages(SHOPS)
    next(pages)
    assert isinstance(pages, Generator)
    pages.close()
    assert len(sync.known(SHOPS)) == len(ROWS)


def test_a_second_reading_waits_for_the_first() -> None:
    """It asks for nothing meanwhile, and then uses what the first was answered."""
    shared, found = SharedAnswers({"shops": 2}), list[Any]()

    def read() -> None:
        with shared.reading(SHOPS, {}) as answers:
            found.append(answers.take({}))

    second = threading.Thread(target=read)
    with shared.reading(SHOPS, {}) as first:
        second.start()
        second.join(0.05)
        assert second.is_alive()
        first.add({}, "answer")
    second.join(10)
    assert found == ["answer"]


def test_nobody_waits_for_ever() -> None:
    """A first reading that is held up, such as by its destination, does not stop the second, which asks by itself."""
    shared = SharedAnswers({"shops": 2}, patience=0.01)
    with shared.reading(SHOPS, {}) as first:
        first.add({}, "answer")
        with shared.reading(SHOPS, {}) as second:
            assert second.take({}) is None
            second.add({}, "of its own")
    with shared.reading(SHOPS, {}) as third:
        assert third.take({}) == "answer"


def test_kept_answers_have_a_limit() -> None:
    """A list beyond it is read by every stream; what is used or forgotten makes room again."""
    shared = SharedAnswers({"shops": 2}, most_bytes=60)
    for wanted in ("first", None, "third"):
        with shared.reading(SHOPS, {"list": wanted}) as large:
            large.add({"page": 1}, wanted or [*range(1000)])
            large.add({"page": 2}, wanted)
        with shared.reading(SHOPS, {"list": wanted}) as other:
            assert other.take({"page": 1}) == wanted
    assert Answers().take({}) is None


def test_how_often_lists_are_read() -> None:
    """Streams, each parent list once, their further lists and those in place of others; the same passes count."""
    assert readings_of([SHOPS], [], False) == {"shops": 1}
    assert readings_of([SHOPS], [SHOPS], False) == {"shops": 2}
    assert readings_of([SHOPS, THINGS, OTHERS], [], False) == {"shops": 2, "things": 2, "other things": 2}
    assert readings_of([KINDS, KIND], [], False) == {"shops of a kind": 2, "shops of kind a": 2}
    assert readings_of([SHOPS, KIND], [], False) == {"shops": 1, "shops of kind a": 1}
    further = replace(
        KIND, more=(replace(THINGS, name="more"),), instead=replace(KIND, name="in its place", path="other/list")
    )
    assert readings_of([further, THINGS], [], False) == {
        **{"shops of kind a": 1, "in its place": 1},
        **{"more": 2, "things": 2, "shops": 1},
    }
    deep = replace(THINGS, name="deep", path="deep/list", parent=Parent(THINGS, of_shop))
    assert readings_of([deep, SHOPS], [], False) == {"deep": 1, "things": 1, "shops": 2}


def test_deleted_objects_are_other_requests() -> None:
    """Only the passes that are read count."""
    deleted = replace(SHOPS, name="with deleted", with_deleted=(Pass({"status": "ALL"}),))
    assert readings_of([SHOPS, deleted], [], False) == {"shops": 2, "with deleted": 2}
    assert readings_of([SHOPS, deleted], [], True) == {"shops": 1, "with deleted": 1}


@pytest.mark.parametrize(
    "listing",
    [
        DatedListing("shops", "shop/list", ("shop_id",), COLUMNS),
        replace(SHOPS, paging=Paging.TASK),
        replace(SHOPS, newest_first=True),
    ],
)
def test_what_is_never_shared(listing: Listing) -> None:
    """Days that still run, files, and lists that are read in part."""
    assert readings_of([listing, listing], [], False) == {}
