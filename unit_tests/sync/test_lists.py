"""How lists are read: for which accounts, since when, in which windows, and what is claimed afterwards."""

import json
import re
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta, timezone
from typing import Any

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.catalog import BY_NAME
from source_tiktok_ads.streams.listing import DatedListing, Listing, Paging, Parent, Pass, Scope
from source_tiktok_ads.streams.model import CURRENCY
from source_tiktok_ads.streams.shapes import DATE, ID, MOMENT, TEXT
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.date_ranges import DateRange
from source_tiktok_ads.sync.lists import MAX_SENTENCE, DatedListReader, ListReader, also_short
from source_tiktok_ads.sync.reader import MAX_NAMED, Slice
from source_tiktok_ads.sync.remembered import RememberedChildren
from source_tiktok_ads.sync.state import ForeignState

from .canned import NOW, SANDBOX, A, B, C, Canned, config, facts, informed, page, refused, sync_of

COLUMNS = {"advertiser_id": ID, "thing_id": ID, "currency": CURRENCY, "owner": TEXT, "modify_time": MOMENT}
THINGS = Listing(
    "things", "thing/list", ("thing_id",), COLUMNS, cursor="modify_time", personal=("owner",), required=True
)
DATED = DatedListing(
    "days",
    "day/list",
    ("date",),
    {"date": DATE},
    paging=Paging.WHOLE,
    cursor="date",
    days=30,
    day="date",
    required=True,
)
DATED = replace(DATED, params_for=lambda first, last: {"first": str(first), "last": str(last)})
YESTERDAY = {"modify_time": "2026-03-14T00:00:00Z", "whole_pass": "2026-03-14"}
OLD = {"thing_id": "1", "modify_time": "2026-03-01 00:00:00"}
NEW = {"thing_id": "2", "modify_time": "2026-03-15 09:00:00", "owner": "a person"}


class Reading:
    """A reader of one list over canned rows, with what it warned of."""

    def __init__(
        self,
        answer: Any,
        listing: Listing = THINGS,
        cursor: Mapping[str, Any] | None = None,
        full: bool = False,
        **settings: Any,
    ) -> None:
        rows = answer if callable(answer) else lambda path, params: page(answer)
        self.client = Canned(informed(rows), NOW, [(A, "one"), (B, "two"), (C, "three")])
        self.sync, self.said = sync_of(self.client, config(**settings))
        make = DatedListReader if isinstance(listing, DatedListing) else ListReader
        self.reader: Any = make(listing, self.sync, full, {A: cursor} if cursor else {})

    def read(self, account: Account | None = None) -> tuple[list[Mapping[str, Any]], Mapping[str, Any]]:
        """The emitted records, and the cursor after the last slice."""
        self.slices: list[Slice] = list(self.reader.slices(account or Account(A, currency="EUR")))
        pages = (rows for part in self.slices for rows in self.reader.rows(part))
        records = [json.loads(b"{%b}" % row) for rows in pages for row in rows]
        return records, [self.reader.cursor_after(part) for part in self.slices][-1]

    @property
    def asked(self) -> list[Mapping[str, Any]]:
        """The parameters of every request for the list."""
        return [params for path, params in self.client.asked if path != "advertiser/info"]


def test_the_first_read_is_whole() -> None:
    """Every row leaves, told the account and its currency; the cursor is the newest change."""
    records, cursor = Reading([NEW, OLD]).read()
    assert [record["thing_id"] for record in records] == ["2", "1"]
    assert {(record["advertiser_id"], record["currency"]) for record in records} == {(A, "EUR")}
    assert cursor == {"modify_time": "2026-03-15T09:00:00Z", "whole_pass": "2026-03-15"}


def test_later_reads_send_what_has_changed() -> None:
    """The whole pass keeps its day until it is a week old."""
    records, cursor = Reading([NEW, OLD], cursor=YESTERDAY).read()
    assert [record["thing_id"] for record in records] == ["2"]
    assert cursor == {"modify_time": "2026-03-15T09:00:00Z", "whole_pass": "2026-03-14"}
    week_old = {**YESTERDAY, "whole_pass": "2026-03-08"}
    assert len(Reading([NEW, OLD], cursor=week_old).read()[0]) == 2


def test_a_list_that_does_not_tell_changes_is_sent_whole() -> None:
    """Its cursor only orders the rows."""
    listing = replace(THINGS, cursor="create_time", columns={**COLUMNS, "create_time": MOMENT})
    rows = [{"thing_id": str(day), "create_time": f"2026-03-0{day} 00:00:00"} for day in (1, 2)]
    cursor = {"create_time": "2026-03-02T00:00:00Z", "whole_pass": "2026-03-14"}
    records, after = Reading(rows, listing, cursor).read()
    assert [record["thing_id"] for record in records] == ["1", "2"]
    assert after == {"create_time": "2026-03-02T00:00:00Z", "whole_pass": "2026-03-15"}


def test_a_list_that_knows_changes_is_asked_for_them_only() -> None:
    """A second before the cursor; a whole pass, or a cursor older than six months, asks for all."""
    listing = replace(THINGS, since=lambda moment, now: {"after": moment})
    reading = Reading([NEW], listing, YESTERDAY)
    reading.read()
    assert reading.asked[0]["after"] == "2026-03-13 23:59:59"
    for cursor in (None, {**YESTERDAY, "modify_time": "2025-03-14T00:00:00Z"}):
        whole = Reading([NEW], listing, cursor)
        whole.read()
        assert "after" not in whole.asked[0]


CHANGED = replace(THINGS, since=lambda moment, now: {"after": moment})


def test_a_list_that_does_not_take_the_filter_for_changes_is_read_whole() -> None:
    """Only changes are emitted in any case, and the filter is not sent again for the account."""
    reading = Reading(
        lambda path, params: refused(40002) if "after" in params else page([NEW, OLD]), CHANGED, YESTERDAY
    )
    for _ in range(2):
        records, cursor = reading.read()
        assert [record["thing_id"] for record in records] == ["2"]
        assert cursor["modify_time"] == "2026-03-15T09:00:00Z"
    assert ["after" in params for params in reading.asked] == [True, False, False]


@pytest.mark.parametrize(("code", "asked"), [(40001, 1), (40002, 2)])
def test_a_list_that_is_refused_without_the_filter_too(code: int, asked: int) -> None:
    """Or for another reason: the filter is not to blame, and goes on being sent."""
    reading = Reading(lambda path, params: refused(code), CHANGED, YESTERDAY)
    for _ in range(2):
        with pytest.raises(TikTokError, match=str(code)):
            reading.read()
    assert ["after" in params for params in reading.asked] == [True, False][:asked] * 2


def test_a_whole_list_that_is_refused_is_asked_for_once() -> None:
    """There is no filter to leave out."""
    reading = Reading(lambda path, params: refused(40002), CHANGED)
    with pytest.raises(TikTokError, match="40002"):
        reading.read()
    assert len(reading.asked) == 1


def test_personal_data_are_sent_where_they_are_wanted() -> None:
    """Else the column is left out of the rows too."""
    assert "owner" not in Reading([NEW]).read()[0][0]
    assert Reading([NEW], personal_data=True).read()[0][0]["owner"] == "a person"


def test_an_unreadable_cursor_is_foreign() -> None:
    """It is for the source to start the stream again."""
    with pytest.raises(ForeignState):
        Reading([], cursor={"modify_time": "soon"})


def ids(accounts: list[Account]) -> list[str]:
    """Of whom a list is read."""
    return [account.id for account in accounts]


def test_for_whom_a_list_is_read() -> None:
    """Every account, the first that can be read, or once for all that the token sees."""
    reading = Reading([], accounts=None)
    assert ids(reading.reader.accounts()) == [A, B, C]
    for scope, found in ((Scope.REFERENCE, [A]), (Scope.CENTERS, ["centers"]), (Scope.TOKEN, ["token"])):
        for listing in (replace(THINGS, scope=scope), replace(DATED, scope=scope)):
            assert ids(Reading([], listing, accounts=None).reader.accounts()) == found


def test_a_reference_list_is_read_through_an_account_that_can_be_read() -> None:
    """Where none can, the first one's refusal says why."""
    for refusing, found in (({A}, [B]), ({A, B, C}, [A])):

        def answer(path: str, params: Mapping[str, Any], refusing: Any = refusing) -> Any:
            if refusing & {*params["advertiser_ids"]}:
                return refused(40001)
            return {"list": [facts(id) for id in params["advertiser_ids"]]}

        client = Canned(answer, NOW, [(A, "one"), (B, "two"), (C, "three")])
        sync, _ = sync_of(client, config(accounts=None))
        reader = ListReader(replace(THINGS, scope=Scope.REFERENCE), sync, False, {})
        assert ids(reader.accounts()) == found


LANGUAGES = replace(THINGS, scope=Scope.REFERENCE, cursor="")


@pytest.mark.parametrize("full", [False, True])
def test_a_reference_list_is_read_through_the_next_account_where_one_is_refused(full: bool) -> None:
    """It is the same for all accounts, so no rows are missing."""
    reading = Reading(
        lambda path, params: page([NEW]) if params["advertiser_id"] == C else refused(40001),
        LANGUAGES,
        full=full,
        accounts=None,
    )
    (part,) = reading.reader.generate()
    assert len(list(part.read())) == 1
    assert (part.finished, reading.said) == (True, [])
    assert [params["advertiser_id"] for params in reading.client.paths("thing/list")] == [A, B, C]


@pytest.mark.parametrize(("code", "asked"), [(40001, [A, B, C]), (40125, [A])])
def test_a_reference_list_that_no_account_may_read(code: int, asked: list[str]) -> None:
    """It fails: without the permission of the app, another account would not help."""
    reading = Reading(lambda path, params: refused(code), LANGUAGES, accounts=None)
    (part,) = reading.reader.generate()
    with pytest.raises(AirbyteTracedException, match=str(code)):
        list(part.read())
    assert [params["advertiser_id"] for params in reading.client.paths("thing/list")] == asked


def test_the_accounts_of_the_token() -> None:
    """They come by app id and secret, whatever accounts are configured."""
    columns = {"advertiser_id": ID, "advertiser_name": TEXT}
    listing = Listing(
        "mine", "some/path", ("advertiser_id",), columns, paging=Paging.WHOLE, scope=Scope.TOKEN, required=True
    )
    reading = Reading([], listing)
    (part,) = reading.reader.slices(Account("token"))
    assert [json.loads(b"{%b}" % row) for rows in reading.reader.rows(part) for row in rows] == [
        {"advertiser_id": A, "advertiser_name": "one"},
        {"advertiser_id": B, "advertiser_name": "two"},
        {"advertiser_id": C, "advertiser_name": "three"},
    ]


def test_an_account_of_the_token_with_two_names_is_missing_one() -> None:
    """One row of its key is kept, so the stream is not complete."""
    columns = {"advertiser_id": ID, "advertiser_name": TEXT}
    listing = Listing("mine", "some/path", ("advertiser_id",), columns, paging=Paging.WHOLE, scope=Scope.TOKEN)
    reading = Reading([], listing)
    reading.client.listed = [(A, "one"), (A, "other"), (B, "two")]
    (part,) = reading.reader.slices(Account("token"))
    assert [len(rows) for rows in reading.reader.rows(part)] == [2]
    assert part.incomplete_reason.startswith("1 rows have the key of another row but differ from it")


def test_the_accounts_of_a_token_that_cannot_list_them() -> None:
    """The sandbox has no such list: the stream fails with what to do."""
    listing = replace(THINGS, scope=Scope.TOKEN)
    reading = Reading([], listing, credentials=SANDBOX, accounts=None)
    (part,) = reading.reader.slices(Account("token"))
    with pytest.raises(AirbyteTracedException) as caught:
        list(reading.reader.rows(part))
    assert caught.value.message == (
        "things: Listing the accounts needs app_id and secret: fill them in, or name the accounts by id."
    )


def test_windows() -> None:
    """From the start to today. Each request has its days, and each row the first of them."""
    reading = Reading(lambda path, params: {"list": [{}]}, DATED, start_date="2026-02-01")
    records, cursor = reading.read()
    assert [(params["first"], params["last"]) for params in reading.asked] == [
        ("2026-02-01", "2026-03-02"),
        ("2026-03-03", "2026-03-15"),
    ]
    assert records == [{"advertiser_id": A, "date": day} for day in ("2026-02-01", "2026-03-03")]
    assert cursor == {"start": "2026-02-01", "date": "2026-03-15"}


def week(path: str, params: Mapping[str, Any]) -> Any:
    """TikTok that gives an account seven days at most."""
    days = (date.fromisoformat(params["last"]) - date.fromisoformat(params["first"])).days + 1
    wide = days > 7 and params["advertiser_id"] == A
    return refused(40002, "max time span is 7 days") if wide else {"list": [{}]}


def test_a_limit_of_days_that_tiktok_states_is_kept() -> None:
    """For the account it was stated for; one that the request keeps already is an error."""
    reading = Reading(week, DATED, start_date="2026-03-01")
    assert [row["date"] for row in reading.read()[0]] == ["2026-03-01", "2026-03-08", "2026-03-15"]
    assert len(reading.asked) == 4
    reading.read()
    assert len(reading.asked) == 7
    assert [row["date"] for row in reading.read(Account(B))[0]] == ["2026-03-01"]
    with pytest.raises(TikTokError, match="time span"):
        Reading(lambda path, params: refused(40002, "max time span is 30 days"), DATED).read()


FIGURES = replace(DATED, passes=(Pass({"metrics": ["cost", "roi"]}),))


def no_roi(path: str, params: Mapping[str, Any]) -> Any:
    """TikTok that refuses a metric."""
    bad = "roi" in params["metrics"]
    return refused(40002, "Invalid metric fields: [roi]") if bad else {"list": [{}]}


def test_a_window_that_a_metric_is_refused_for_is_claimed_without() -> None:
    """Where it never came; the state remembers it, and the next sync asks for a day of it to see if it comes now."""
    reading = Reading(no_roi, FIGURES, start_date="2026-02-01")
    _, cursor = reading.read()
    assert [part.given_up.names for part in reading.slices if part.given_up] == [{"roi"}, {"roi"}]
    assert cursor == {"start": "2026-02-01", "date": "2026-03-15", "without": {"roi": "2026-02-01"}}
    again = Reading(no_roi, FIGURES, cursor, start_date="2026-02-01", lookback_days=1)
    assert again.read()[1] == cursor
    assert [(params["first"], params["last"]) for params in again.asked[1:]] == [
        ("2026-02-01", "2026-02-01"),
        ("2026-02-01", "2026-02-01"),
        ("2026-03-13", "2026-03-15"),
    ]


@pytest.mark.parametrize(("answer", "first"), [({"list": [{}]}, "2026-02-01"), (refused(50000), "2026-03-13")])
def test_a_metric_of_windows_that_comes_again(answer: Any, first: str) -> None:
    """All days are read again; what can't be found out is still refused."""
    cursor = {"start": "2026-02-01", "date": "2026-03-15", "without": {"roi": "2026-02-01"}}
    reading = Reading(lambda path, params: answer, FIGURES, cursor, start_date="2026-02-01", lookback_days=1)
    assert str(next(reading.reader.slices(Account(A))).window.first) == first


def test_windows_told_nothing() -> None:
    """Where the rows have their own time."""
    reading = Reading(
        lambda path, params: {"list": [{"date": "2026-03-02"}]}, replace(DATED, day="", empty_keys=("date",))
    )
    assert [record["date"] for record in reading.read()[0]] == ["2026-03-02"]


@pytest.mark.parametrize(
    ("utc", "lookback", "first", "last"),
    [(False, 0, 12, 16), (True, 0, 13, 15), (False, 3, 11, 16), (True, 3, 11, 15)],
)
def test_days_of_utc_end_with_utcs_today(utc: bool, lookback: int, first: int, last: int) -> None:
    """Its cursor's day may have been running for a day longer than the account's, whose zone may have changed."""
    cursor = {"start": "2026-03-01", "date": "2026-03-14"}
    reading = Reading(lambda path, params: {"list": []}, replace(DATED, utc=utc), cursor, lookback_days=lookback)
    slices = list(reading.reader.slices(Account(A, zone=timezone(timedelta(hours=14)))))
    assert [part.days for part in slices] == [DateRange(date(2026, 3, first), date(2026, 3, last))]


@pytest.mark.parametrize(
    ("start", "first"), [("2026-02-01", "2026-03-08"), ("2026-03-09", "2026-03-09"), ("2026-03-15", "")]
)
def test_days_that_are_too_old_or_too_new_are_not_requested(start: str, first: str) -> None:
    """For a list of the seven days before today, the state does not claim days that were not requested."""
    listing = replace(DATED, days=7, back=7, lag=1)
    reading = Reading(lambda path, params: {"list": [{}]}, listing, start_date=start)
    slices = [part.days for part in reading.reader.slices(Account(A))]
    assert slices == ([DateRange(date.fromisoformat(first), date(2026, 3, 14))] if first else [])
    if first:
        cursor = reading.read()[1]
        assert cursor.get("ranges", [[start, cursor.get("date")]]) == [[first, "2026-03-14"]]


@pytest.mark.parametrize(("hour", "last"), [(9, 15), (11, 16)])
def test_days_of_many_accounts_end_where_the_day_has_begun_for_one(hour: int, last: int) -> None:
    """And two days are read again at least, for the last may not have begun for others."""
    cursor = {"start": "2026-03-01", "date": "2026-03-14"}
    listing = replace(DATED, utc=True, ahead=True)
    reading = Reading(lambda path, params: {"list": []}, listing, cursor, lookback_days=0)
    reading.client.moment = NOW.replace(hour=hour)
    slices = list(reading.reader.slices(Account(A)))
    assert [part.days for part in slices] == [DateRange(date(2026, 3, 12), date(2026, 3, last))]


SHOPS = Listing("shops", "shop/list", ("shop_id",), {"shop_id": ID}, paging=Paging.WHOLE, required=True)
OF_SHOPS = Parent(SHOPS, lambda rows: {"shop": rows[0]["shop_id"]})


def one_shop_refused(path: str, params: Mapping[str, Any]) -> Any:
    """Two shops, of which one may not be seen."""
    if path == "shop/list":
        return {"list": [{"shop_id": "1"}, {"shop_id": "2"}]}
    return refused(40001) if params["shop"] == "1" else {"list": [{**NEW, "date": "2026-01-05"}]}


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    "listing", [replace(THINGS, paging=Paging.WHOLE), replace(DATED, day="", empty_keys=("date",))]
)
def test_a_shop_that_is_refused_is_left_out_with_one_warning(full: bool, listing: Listing) -> None:
    """The state claims the others, and the table names what is missing. A full refresh is incomplete, reported once."""
    reading = Reading(one_shop_refused, replace(listing, parent=OF_SHOPS), full=full, start_date="2026-01-01")
    parts = list(reading.reader.slices(Account(A)))
    pages, failed = 0, []
    for part in parts:
        try:
            for _ in part.read():
                pages += 1
        except AirbyteTracedException as error:
            failed.append(str(error.message))
    assert pages == len(parts)
    assert [bool(re.search(f"{listing.name}.*shops 1: TikTok gives no permission", text)) for text in failed] == (
        [True] if full else []
    )
    assert full or [(part.finished, part.incomplete_reason) for part in parts] == [(True, "")] * len(parts)
    assert [text.split(":")[:2] for text in reading.said] == [["Left out", f" {listing.name}, account {A}"]]
    assert "TikTok gives no permission" in reading.sync.summary.table()


SHOP_DAYS = replace(DATED, day="", parent=replace(OF_SHOPS, inherits=("shop_id",)))


class Shops:
    """Syncs of a stream under a list of shops, each from the state before."""

    def __init__(self, listing: Listing = SHOP_DAYS, **settings: Any) -> None:
        self.listing, self.settings = listing, settings
        self.listed: list[str] | None = ["1", "2"]
        self.refused, self.code = set[str](), 40001
        self.cursor: Any = None
        self.row: Mapping[str, Any] = {"date": "2026-03-01"}

    def answer(self, path: str, params: Mapping[str, Any]) -> Any:
        """The shops, or a row of one."""
        if path == "shop/list":
            return refused(40125) if self.listed is None else {"list": [{"shop_id": id} for id in self.listed]}
        row = {"thing_id": params["shop"], **self.row}
        return refused(self.code) if params["shop"] in self.refused else {"list": [row]}

    def sync(self, now: int = 15) -> dict[str, list[tuple[str, str]]]:
        """The windows that were asked for of each shop."""
        self.reading = Reading(self.answer, self.listing, self.cursor, **{"lookback_days": 2, **self.settings})
        self.reading.client.moment = NOW.replace(day=now)
        parts = [*self.reading.reader.slices(Account(A))]
        self.rows = [record for part in parts for record in part.read()]
        for part in parts:
            if part.finished:
                self.cursor = self.reading.reader.cursor_after(part)
        asked: dict[str, list[tuple[str, str]]] = {}
        for _, params in (
            each for each in self.reading.client.asked if each[0] not in ("shop/list", "advertiser/info")
        ):
            asked.setdefault(params["shop"], []).append((params.get("first", "")[5:], params.get("last", "")[5:]))
        return asked


ALL, LATER, AGAIN = ("03-01", "03-15"), ("03-13", "03-16"), ("03-15", "03-18")
DONE = {"start": "2026-03-01", "date": "2026-03-16", "children": ["1", "2", "3"]}


def test_a_shop_that_appears_later_is_read_from_the_start() -> None:
    """As a new account is; the others go on from their cursor, and then all agree."""
    shops = Shops()
    assert shops.sync() == {"1": [ALL], "2": [ALL]}
    assert shops.cursor == {**DONE, "date": "2026-03-15", "children": ["1", "2"]}
    shops.listed = ["1", "2", "3"]
    assert shops.sync(16) == {"1": [LATER], "2": [LATER], "3": [LATER, ("03-01", "03-12")]}
    assert (shops.cursor, shops.reading.said) == (DONE, [])


@pytest.mark.parametrize("code", [40001, 40002])
def test_the_days_of_a_shop_that_was_refused_for_a_while_are_read_later(code: int) -> None:
    """It keeps the days it had; each sync says that it is left out, and asks about it once, and once more."""
    shops = Shops()
    shops.sync()
    shops.refused, shops.code = {"2"}, code
    for now in (16, 17):
        assert shops.sync(now)["2"] == [(f"03-{now - 3}", f"03-{now}")] * 2
        assert len(shops.reading.said) == 1
    assert shops.cursor["others"] == [{"children": ["2"], "start": "2026-03-01", "date": "2026-03-15"}]
    shops.refused = set()
    assert shops.sync(18)["2"] == [AGAIN, ("03-13", "03-14")]
    assert shops.cursor == {"start": "2026-03-01", "date": "2026-03-18", "children": ["1", "2"]}


def test_a_shop_that_is_no_longer_listed_is_asked_for_until_it_is_refused() -> None:
    """Then one warning names it and its days, and it is forgotten: should it return it is new."""
    shops = Shops(start_date="2026-02-10")
    shops.sync()
    shops.listed = ["1"]
    assert shops.sync(16)["2"] == [LATER]
    assert shops.reading.said == []
    shops.refused = {"2"}
    assert shops.sync(17)["2"] == [("03-14", "03-17")] * 2
    (said,) = shops.reading.said
    assert said == (
        f"Left out: days, account {A}: 2 is no longer among the shops, and {refused(40001).event}. "
        "Its days from 2026-03-14 on are not read."
    )
    assert "2 is no longer among the shops" in shops.reading.sync.summary.table()
    assert shops.cursor["children"] == ["1"]
    assert "2" not in shops.sync(18)
    shops.listed, shops.refused = ["1", "2"], set()
    assert shops.sync(18)["2"] == [("03-16", "03-18"), ("02-10", "03-11"), ("03-12", "03-15")]


def test_a_missing_shop_is_reported_once_for_many_windows() -> None:
    """Of a list further down, too, whose shops are asked about for each window."""
    things = replace(THINGS, paging=Paging.WHOLE, path="thing/list", parent=replace(OF_SHOPS, inherits=("shop_id",)))
    things = replace(things, columns={**COLUMNS, "shop_id": ID})
    further = replace(SHOP_DAYS, parent=Parent(things, lambda rows: {"shop": rows[0]["shop_id"]}), days=1)
    shops = Shops(further)
    shops.row = {"date": "2026-03-01", "thing_id": "x"}
    shops.sync()
    shops.listed, shops.refused = ["1"], {"2"}
    shops.sync(16)
    assert len(shops.reading.said) == 1
    assert shops.cursor["children"] == ["1"]


def test_a_state_that_does_not_tell_its_shops_is_read_once_more() -> None:
    """It was written by an earlier version: a shop that had just appeared would lose its past."""
    shops = Shops()
    shops.cursor = {"start": "2026-02-20", "date": "2026-03-14"}
    assert shops.sync()["1"] == [("02-20", "03-15")]
    (said,) = shops.reading.said
    assert said.endswith("its state does not say for which of shops it holds, so all days are read once more.")
    assert shops.cursor == {"start": "2026-02-20", "date": "2026-03-15", "children": ["1", "2"]}
    shops.sync()
    assert shops.reading.said == []


def test_shops_that_are_made_in_the_account_need_not_be_told() -> None:
    """Only one that is refused is, until its days are read."""
    inborn = replace(SHOP_DAYS, parent=replace(OF_SHOPS, listing=replace(SHOPS, inborn=True)))
    shops = Shops(inborn)
    shops.cursor = {"start": "2026-03-01", "date": "2026-03-14"}
    shops.refused = {"2"}
    shops.sync()
    assert shops.cursor == {
        "start": "2026-03-01",
        "date": "2026-03-15",
        "others": [{"children": ["2"], "start": "2026-03-01", "date": "2026-03-14"}],
    }
    shops.refused = set()
    assert shops.sync(18) == {"1": [("03-13", "03-18")], "2": [("03-13", "03-18"), ("03-12", "03-12")]}
    assert shops.cursor == {"start": "2026-03-01", "date": "2026-03-18"}


@pytest.mark.parametrize("given", [False, True])
def test_what_shops_are_read_without_is_kept_until_it_is_given(given: bool) -> None:
    """Then all days of all shops are read again."""
    listing = replace(FIGURES, parent=replace(OF_SHOPS, inherits=("shop_id",)))
    cursor = {"start": "2026-02-01", "date": "2026-03-15", "children": ["1", "2"], "without": {"roi": "2026-02-01"}}

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        shops = {"list": [{"shop_id": "1"}, {"shop_id": "2"}]}
        return shops if path == "shop/list" else {"list": [{}]} if given else no_roi(path, params)

    reading = Reading(answer, listing, cursor, start_date="2026-02-01", lookback_days=2)
    _, after = reading.read()
    assert str(reading.slices[0].window.first) == ("2026-02-01" if given else "2026-03-13")
    without = {} if given else {"without": {"roi": "2026-02-01"}}
    assert after == {"start": "2026-02-01", "date": "2026-03-15", "children": ["1", "2"], **without}


def test_future_days_of_shops_are_ignored() -> None:
    """Of none of the groups."""
    shops = Shops()
    others = [{"children": ["2"], "start": "2026-03-01", "date": "2026-03-10"}]
    shops.cursor = {"start": "2026-03-01", "date": "2027-03-15", "children": ["1"], "others": others}
    assert shops.sync() == {"1": [ALL], "2": [ALL]}
    assert ["not believed" in text for text in shops.reading.said] == [True]


def test_shops_that_cannot_be_listed_are_left_out_as_a_whole() -> None:
    """The slices that all share say so; nothing is claimed."""
    shops = Shops(replace(SHOP_DAYS, required=False))
    shops.sync()
    before, shops.listed = shops.cursor, None
    assert shops.sync(16) == {}
    assert (shops.cursor, len(shops.reading.said)) == (before, 1)
    shops.settings = {"end_date": "2026-03-10", "on_skipped_accounts": "warn"}
    assert shops.sync(16) == {}


CHANGES = replace(THINGS, paging=Paging.WHOLE, parent=replace(OF_SHOPS, inherits=("shop_id",)))
CHANGES = replace(CHANGES, columns={**COLUMNS, "shop_id": ID})


def test_all_rows_of_a_new_shop_are_emitted_however_old() -> None:
    """And what one has that was refused for a while, or that the state of an earlier version does not tell."""
    shops = Shops(CHANGES)
    shops.row = {"modify_time": OLD["modify_time"]}
    shops.sync()
    assert shops.cursor == {"modify_time": "2026-03-01T00:00:00Z", "whole_pass": "2026-03-15", "children": ["1", "2"]}
    shops.cursor = {**shops.cursor, "modify_time": "2026-03-14T00:00:00Z"}
    shops.sync(16)
    assert shops.rows == []
    shops.listed, shops.refused = ["1", "2", "3"], {"2"}
    shops.sync(16)
    assert (len(shops.rows), shops.cursor["children"]) == (1, ["1", "3"])
    shops.listed, shops.refused = ["1", "3"], {"3"}
    shops.sync(16)
    assert (shops.rows, shops.cursor["children"]) == ([], ["1"])
    shops.listed, shops.refused = ["1"], set()
    del shops.cursor["children"]
    shops.sync(16)
    assert (len(shops.rows), shops.cursor["children"]) == (1, ["1"])


def test_a_shop_that_has_left_is_named_once() -> None:
    """Of a list that is not read by days there are no days to name."""
    shops = Shops(CHANGES)
    shops.row = OLD
    shops.sync()
    shops.listed, shops.refused = ["1"], {"2"}
    shops.sync(16)
    (said,) = shops.reading.said
    assert said == f"Left out: things, account {A}: 2 is no longer among the shops, and {refused(40001).event}."


@pytest.mark.parametrize("cursor", [{**YESTERDAY, "modify_time": "2026-03-15T10:00:01Z"}, {"whole_pass": "2026-03-16"}])
def test_future_changes_are_ignored(cursor: Mapping[str, Any]) -> None:
    """Everything is read again, with a warning."""
    reading = Reading([NEW, OLD], cursor=cursor)
    records, after = reading.read()
    assert len(records) == 2
    assert after == {"modify_time": "2026-03-15T09:00:00Z", "whole_pass": "2026-03-15"}
    assert "claims changes of the future" in reading.said[0]


def test_a_pass_that_began_under_a_wrong_clock_claims_no_later_change() -> None:
    """By its end it is known what time it is."""
    reading = Reading([NEW, OLD])
    (part,) = reading.reader.slices(Account(A))
    reading.client.moment = NOW.replace(year=2027)
    pages = reading.reader.rows(part)
    next(pages)
    reading.client.moment = NOW
    assert list(pages) == []
    assert reading.reader.cursor_after(part)["whole_pass"] == "2026-03-15"


@pytest.mark.parametrize("full", [False, True])
def test_rows_missing_in_every_window_are_reported_once(full: bool) -> None:
    """As a warning, or as the error that makes a full refresh incomplete; no window is claimed."""
    numbers = iter(range(1000))

    def moving(path: str, params: Mapping[str, Any]) -> Any:
        return page([{"shop_id": str(next(numbers))}], 99) if path == "shop/list" else {"list": [{}]}

    listing = replace(DATED, parent=replace(OF_SHOPS, listing=replace(SHOPS, paging=Paging.PAGES)))
    reading = Reading(moving, listing, full=full, start_date="2026-01-01")
    first, *others = reading.reader.slices(Account(A))
    if full:
        with pytest.raises(AirbyteTracedException, match="TikTok counts 99 rows"):
            list(first.read())
    else:
        list(first.read())
    assert [len(list(part.read())) for part in others] == [1, 1]
    assert [part.finished for part in (first, *others)] == [False, False, False]
    assert len(reading.said) == int(not full)


def test_the_slice_of_a_stream_without_windows_has_none() -> None:
    """Code that asks for it has mixed up two kinds of streams."""
    (part,) = Reading([]).reader.slices(Account(A))
    with pytest.raises(ValueError, match="things is not read by windows"):
        _ = part.window


OPTIONAL = replace(THINGS, required=False)


@pytest.mark.parametrize("code", [40001, 40007, 40008, 40009, 40013, 40014, 40118, 40125, 41001])
def test_an_optional_list_that_is_refused_is_left_out_with_its_sentence(code: int) -> None:
    """Nothing is claimed of the account; the others are read, however many are refused before them."""
    reading = Reading(lambda path, params: page([NEW]) if params["advertiser_id"] == B else refused(code), OPTIONAL)
    lacking = [Slice(reading.reader, Account(f"{n}")) for n in range(20)]
    (part,) = reading.reader.slices(Account(B))
    assert [list(each.read()) for each in lacking] == [[]] * 20
    assert [each.finished for each in lacking] == [False] * 20
    assert len(list(part.read())) == 1
    assert part.finished
    assert reading.said[0] == (
        "Left out: things, account 0: " + refused(code).event + ". Many accounts lack this; give app and user the "
        "permission, or deselect the stream."
    )


@pytest.mark.parametrize(("code", "policy"), [(40002, "warn"), (40001, "fail")])
def test_an_optional_list_that_fails_all_the_same(code: int, policy: str) -> None:
    """A wrong request is no lack of a feature, and an account without permission is what the policy is about."""
    reading = Reading(lambda path, params: refused(code), OPTIONAL, on_skipped_accounts=policy)
    (part,) = reading.reader.slices(Account(A))
    with pytest.raises(AirbyteTracedException, match=str(code)):
        list(part.read())


def test_a_full_refresh_of_an_optional_list_that_is_refused_is_incomplete() -> None:
    """Else a part would replace the whole table."""
    reading = Reading(lambda path, params: refused(40125), OPTIONAL, full=True)
    (part,) = reading.reader.slices(Account(A))
    with pytest.raises(AirbyteTracedException, match="40125"):
        list(part.read())


def test_an_account_that_cannot_be_read_at_all_is_judged_as_in_every_stream() -> None:
    """It is named in the configuration, so the sync fails."""
    reading = Reading([NEW], OPTIONAL)
    with pytest.raises(AirbyteTracedException, match="40001"):
        list(Slice(reading.reader, Account(A, refusal=refused(40001))).read())


def test_transactions_of_one_id_at_several_levels_are_all_emitted() -> None:
    """Money that moves between levels may have one id at both; the rows tell their level."""

    def answer(path: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if path == "bc/get":
            return page([{"bc_info": {"bc_id": "7"}}])
        amount = {"ADVERTISER": 5, "BC": -5}.get(params["transaction_level"])
        rows = [{"transaction_id": "1", "amount": amount}] if amount else []
        return {"transaction": rows, "page_info": page(rows)["page_info"]}

    transactions = BY_NAME["business_center_transactions"]
    assert isinstance(transactions, DatedListing)
    records, _ = Reading(answer, transactions, start_date="2026-03-01").read()
    assert [(row["transaction_level"], row["amount"]) for row in records] == [("ADVERTISER", 5), ("BC", -5)]


@pytest.mark.parametrize("full", [False, True])
def test_many_shops_that_are_refused_are_not_all_named(full: bool) -> None:
    """Twenty are, and one line says that there are more; the table at the end has those that are named."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "shop/list":
            return {"list": [{"shop_id": str(number)} for number in range(40)]}
        return {"list": []} if params["shop"] == "0" else refused(40001)

    reading = Reading(answer, replace(THINGS, paging=Paging.WHOLE, parent=OF_SHOPS), full=full)
    (part,) = reading.reader.slices(Account(A))
    with pytest.raises(AirbyteTracedException) if full else nullcontext():
        list(part.read())
    assert len(reading.said) == MAX_NAMED + 1
    assert reading.said[-1].endswith("TikTok refuses more than 20 of them; the rest is not named.")
    assert "shops 1: " in reading.sync.summary.table()


@pytest.mark.parametrize("full", [False, True])
def test_a_shop_that_does_not_exist_is_named_and_lacks_nothing(full: bool) -> None:
    """Nothing of it can be missing, so a full refresh is complete without it."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "shop/list":
            return {"list": [{"shop_id": "1"}, {"shop_id": "2"}]}
        return {"list": []} if params["shop"] == "2" else refused(40007)

    reading = Reading(answer, replace(THINGS, paging=Paging.WHOLE, parent=OF_SHOPS), full=full)
    (part,) = reading.reader.slices(Account(A))
    list(part.read())
    assert part.incomplete_reason == ""
    assert ["shops 1: " in text for text in reading.said] == [True]


@pytest.mark.parametrize("code", [0, 40001])
def test_a_full_refresh_asks_for_business_centers_that_are_not_listed_for_once(code: int) -> None:
    """Those that the last one asked about: they are read, or one warning names them and they are forgotten."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "shop/list":
            return {"list": [{"shop_id": "1"}]}
        return refused(code) if code and params["shop"] == "2" else {"list": [{"thing_id": params["shop"]}]}

    centers = replace(SHOPS, scope=Scope.CENTERS)
    things = replace(THINGS, paging=Paging.WHOLE, cursor="", scope=Scope.CENTERS)
    listing = replace(things, parent=replace(OF_SHOPS, listing=centers))
    reading = Reading(answer, listing, full=True)
    reading.reader.remembered = RememberedChildren(listing, {"children": {"centers": ["1", "2"]}})
    (part,) = reading.reader.slices(Account("centers"))
    pages = list(part.read())
    assert len(pages) == (1 if code else 2)
    assert reading.reader.remembered.blob() == {"children": {"centers": ["1"] if code else ["1", "2"]}}
    assert ["2 is no longer among the shops" in text for text in reading.said] == [True] * bool(code)


@pytest.mark.parametrize("code", [0, 40001])
def test_a_full_refresh_by_days_reads_for_children_that_are_no_longer_listed(code: int) -> None:
    """In every window; once TikTok refuses one, a single warning names it with its days, and it is forgotten."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "shop/list":
            return {"list": [{"shop_id": "1"}]}
        return refused(code) if code and params["shop"] == "2" else {"list": [{"date": "2026-03-01"}]}

    reading = Reading(answer, SHOP_DAYS, full=True, start_date="2026-01-01")
    reading.reader.remembered = RememberedChildren(SHOP_DAYS, {"children": {A: ["2"], B: ["9"]}})
    parts = [*reading.reader.slices(Account(A))]
    assert len(parts) == 3
    for part in parts:
        assert len([*part.read()]) == 1
    # What TikTok refuses is requested twice in the first window, and in no other.
    assert [params["shop"] for params in reading.asked if "shop" in params].count("2") == (2 if code else 3)
    kept = {"children": {A: ["1"] if code else ["1", "2"], B: ["9"]}}
    assert reading.reader.remembered.blob() == kept
    said = [text for text in reading.said if "2 is no longer among the shops" in text]
    assert [text.endswith("Its days from 2026-01-01 on are not read.") for text in said] == [True] * bool(code)


OWNED_SHOPS = replace(SHOPS, columns={"shop_id": ID, "owner": ID})
OF_OWNED = Parent(
    OWNED_SHOPS,
    lambda rows: {"shop": rows[0]["shop_id"], "owner": rows[0]["owner"]},
    keep=lambda row: bool(row["owner"]),
    needs=("owner",),
)
OF_OWNED_THINGS = replace(THINGS, name="parts", path="part/list", paging=Paging.WHOLE, cursor="")
MIDDLE = replace(
    OF_OWNED_THINGS,
    name="middle",
    path="middle/list",
    columns={**THINGS.columns, "shop_id": ID},
    parent=replace(OF_OWNED, inherits=("shop_id",)),
)


@pytest.mark.parametrize("chained", [False, True])
@pytest.mark.parametrize("owner", ["8", ""])
def test_a_child_is_requested_with_the_columns_that_the_state_has_of_it(chained: bool, owner: str) -> None:
    """It has left the list or is listed without them. Columns that no state has are empty, so that TikTok refuses."""
    asked = []

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "shop/list":
            return {"list": [{"shop_id": "1", "owner": "7"}, {"shop_id": "3", "owner": ""}]}
        if "owner" in params:
            asked.append((params["shop"], params["owner"]))
        return {"list": [{"thing_id": params.get("shop", "5")}]} if params.get("owner", "7") else refused(40001)

    below = Parent(MIDDLE, lambda rows: {"thing": rows[0]["thing_id"]})
    listing = replace(OF_OWNED_THINGS, parent=below if chained else OF_OWNED)
    reading = Reading(answer, listing, full=True)
    known = [{"shop_id": id, "owner": owner} if owner else id for id in ("1", "2", "3")]
    reading.reader.remembered = RememberedChildren(listing, {"children": {A: known}})
    (part,) = reading.reader.slices(Account(A))
    list(part.read())
    assert {*asked} == {("1", "7"), ("2", owner), ("3", owner)}
    kept = ["1", "2", "3"] if owner else ["1"]
    entries = reading.reader.remembered.blob()["children"][A]
    assert entries == [{"shop_id": id, "owner": "7" if id == "1" else owner} for id in kept]
    assert len([text for text in reading.said if "no longer among the shops" in text]) == 3 - len(kept)


@pytest.mark.parametrize("own", [0, 40001])
@pytest.mark.parametrize("lists", [("shop/list",), ("shop/list", "center/list")])
def test_a_further_list_reads_for_children_that_are_no_longer_listed_too(lists: tuple[str, ...], own: int) -> None:
    """A child that only a further list is refused for is named with that list; its name comes once in a sync."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path in ("shop/list", "center/list"):
            return {"list": [{"shop_id": "1"}]}
        wrong = params["shop"] == "2" and (path == "more/list" or own)
        return refused(40001) if wrong else {"list": [{"thing_id": params["shop"]}]}

    root = replace(SHOPS, name="centers", path="center/list") if len(lists) == 2 else SHOPS
    more = replace(THINGS, name="more things", path="more/list", paging=Paging.WHOLE, cursor="")
    more = replace(more, parent=replace(OF_SHOPS, listing=root))
    listing = replace(THINGS, paging=Paging.WHOLE, cursor="", parent=OF_SHOPS, more=(more,))
    reading = Reading(answer, listing, full=True)
    blob = {"children": {A: ["2"]}, **({"further": {root.path: {A: ["2"]}}} if len(lists) == 2 else {})}
    reading.reader.remembered = RememberedChildren(listing, blob)
    (part,) = reading.reader.slices(Account(A))
    list(part.read())
    said = [text for text in reading.said if f"2 is no longer among the {root.name}" in text]
    by_more = len(lists) == 2 or not own
    assert [text.endswith("What is missing are its more things.") for text in said] == [by_more]
    kept = ["1"] if own else ["1", "2"]
    further = {"further": {root.path: {A: ["1"]}}} if len(lists) == 2 else {}
    assert reading.reader.remembered.blob() == {"children": {A: kept}, **further}


def test_a_list_reports_a_child_that_it_was_refused_for_as_the_parent_list_of_another_stream() -> None:
    """It does not request the child again."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "shop/list":
            return {"list": []}
        return refused(40001) if params.get("shop") == "2" else {"list": []}

    own = replace(THINGS, paging=Paging.WHOLE, cursor="", columns={**THINGS.columns, "shop_id": ID}, parent=OF_SHOPS)
    below = replace(OF_OWNED_THINGS, parent=Parent(own, lambda rows: {}))
    reading = Reading(answer, below, full=True)
    for listing in (below, own):
        reader = ListReader(listing, reading.sync, True, {})
        reader.remembered = RememberedChildren(listing, {"children": {A: ["2"]}})
        (part,) = reader.slices(Account(A))
        list(part.read())
    said = [text for text in reading.said if "2 is no longer among the shops" in text]
    assert [text.split(",")[0] for text in said] == ["Left out: parts", "Left out: things"]
    assert [params.get("shop") for params in reading.asked].count("2") == 2


def test_missing_rows_of_several_centers_are_all_reported() -> None:
    """Each thing once, as far as a sentence goes."""
    assert also_short("", "a.") == "a."
    assert also_short("a. b.", "b.") == "a. b."
    assert also_short("a.", "b.") == "a. b."
    assert also_short("a" * (MAX_SENTENCE + 1), "b.") == "a" * (MAX_SENTENCE + 1)


@pytest.mark.parametrize(("older", "first"), [(False, "2026-03-09"), (True, "2025-12-01")])
def test_a_dated_list_is_not_asked_for_days_before_the_account(older: bool, first: str) -> None:
    """Unless its rows may be older than the account."""
    reading = Reading([], replace(DATED, older=older), start_date="2025-12-01")
    reading.read(Account(A, facts={"create_time": 1773120000}))
    assert reading.asked[0]["first"] == first
