"""How entity lists are read: which rows are emitted after a cursor, in which passes, and the cursor afterwards."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from itertools import count
from typing import Any

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_tiktok_ads.api.errors import TikTokError, error_without_code
from source_tiktok_ads.streams.entities import ACCOUNTS
from source_tiktok_ads.streams.model import BUYING_TYPES, Entity
from source_tiktok_ads.streams.shapes import ID, MOMENT, TEXT
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.entities import AccountReader, EntityReader
from source_tiktok_ads.sync.pagination import MAX_UNSPLIT_READS
from source_tiktok_ads.sync.reader import Slice
from source_tiktok_ads.sync.state import ForeignState

from .canned import NOW, SANDBOX, A, B, Canned, config, informed, page, refused, sync_of
from .canned import facts as facts_of

COLUMNS = {"thing_id": ID, "modify_time": MOMENT, "create_time": MOMENT, "secondary_status": TEXT}
COMPARED = Entity("things", "thing/get", ("thing_id",), COLUMNS)
FILTERED = replace(COMPARED, since="modified_after")
YESTERDAY = {"modify_time": "2026-03-14T00:00:00Z", "whole_pass": "2026-03-14"}
SINCE = {"modified_after": "2026-03-13 23:59:59"}
SMART = {"campaign_automation_type": "UPGRADED_SMART_PLUS"}
ALL = {"primary_status": "STATUS_ALL", **BUYING_TYPES}


def wire(id: str, time: str | None) -> dict[str, Any]:
    """A row as TikTok sends it."""
    return {"thing_id": id, "modify_time": time, "create_time": "2020-01-01 00:00:00"}


OLD, NEW = wire("1", "2026-03-01 00:00:00"), wire("2", "2026-03-15 09:00:00")


class Reading:
    """A reader of one list over canned rows, with what it warned of."""

    def __init__(
        self,
        answer: Any,
        entity: Entity = COMPARED,
        cursor: Mapping[str, Any] | None = None,
        now: datetime = NOW,
        **settings: Any,
    ) -> None:
        rows = answer if callable(answer) else lambda path, params: page(answer)
        self.client = Canned(rows, now)
        self.sync, self.said = sync_of(self.client, config(**settings))
        self.reader = EntityReader(entity, self.sync, False, {A: cursor} if cursor else {})

    def read(self, id: str = A) -> tuple[list[str], Mapping[str, Any]]:
        """The ids of the emitted rows, and the cursor afterwards."""
        (part,) = self.reader.slices(Account(id))
        self.part = part
        self.records = [json.loads(b"{%b}" % row) for rows in self.reader.rows(part) for row in rows]
        return [record["thing_id"] for record in self.records], self.reader.cursor_after(part)

    @property
    def filters(self) -> list[Any]:
        """The filter of every request for the list itself."""
        return [params.get("filtering", {}) for path, params in self.client.asked if path == "thing/get"]


def test_the_first_pass_is_whole_and_asks_for_deleted_objects_too() -> None:
    """Every row is emitted; the cursor is the newest change and the day of the whole pass."""
    reading = Reading([NEW, OLD])
    assert reading.read() == (["2", "1"], {"modify_time": "2026-03-15T09:00:00Z", "whole_pass": "2026-03-15"})
    assert reading.client.asked == [("thing/get", {"advertiser_id": A, "filtering": ALL, "page": 1, "page_size": 1000})]


def test_without_deleted_objects_no_status_is_asked_for() -> None:
    """TikTok omits them by default."""
    reading = Reading([NEW], include_deleted=False)
    reading.read()
    assert reading.filters == [BUYING_TYPES]


def test_later_passes_send_what_changed_since_the_cursor() -> None:
    """Rows changed before the cursor stay here, the whole pass keeps its day."""
    reading = Reading([NEW, OLD, wire("3", "2026-03-14 00:00:00"), wire("4", None)], cursor=YESTERDAY)
    assert reading.read() == (["2", "3", "4"], {"modify_time": "2026-03-15T09:00:00Z", "whole_pass": "2026-03-14"})


def test_another_accounts_cursor_says_nothing() -> None:
    """A new account is read whole."""
    assert Reading([NEW, OLD], cursor=YESTERDAY).read(B)[0] == ["2", "1"]


def test_everything_is_emitted_again_every_seven_days() -> None:
    """A status that comes from a parent does not touch modify_time, so old rows are sent again."""
    week_old = {"modify_time": "2026-03-14T00:00:00Z", "whole_pass": "2026-03-08"}
    assert Reading([NEW, OLD], cursor=week_old).read() == (
        ["2", "1"],
        {"modify_time": "2026-03-15T09:00:00Z", "whole_pass": "2026-03-15"},
    )


def test_the_cursor_never_goes_back() -> None:
    """A pass without newer rows does not move the cursor, nor does a whole pass."""
    week_old = {"modify_time": "2026-03-14T00:00:00Z", "whole_pass": "2026-03-08"}
    assert Reading([OLD], cursor=week_old).read()[1]["modify_time"] == "2026-03-14T00:00:00Z"
    assert Reading([], cursor=YESTERDAY).read()[1] == YESTERDAY


def test_the_cursor_is_never_later_than_the_moment_the_pass_began() -> None:
    """A change that came while the pass ran may have hidden others before it."""
    reading = Reading([wire("1", "2026-03-15 10:00:07")], now=NOW.replace(microsecond=999))
    assert reading.read()[1]["modify_time"] == "2026-03-15T10:00:00Z"


def test_an_account_without_objects_has_only_its_whole_pass() -> None:
    """Nothing was changed, so nothing is compared next time either."""
    assert Reading([]).read() == ([], {"whole_pass": "2026-03-15"})


def test_an_unreadable_cursor_is_foreign() -> None:
    """It is for the source to start the stream again."""
    with pytest.raises(ForeignState):
        Reading([], cursor={"modify_time": "soon"})


def test_a_list_that_knows_changes_is_asked_for_them_only() -> None:
    """The filter begins a second before the cursor; Smart+ rows are requested too. A row in both is emitted once."""
    smart = wire("3", None)
    rows = {"modified_after": [NEW], "campaign_ids": [NEW, smart]}

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "campaign/get":
            return page([{"campaign_id": str(number)} for number in range(101)] if smart_plus(params) else [])
        return page(next(rows[name] for name in rows if name in params["filtering"]))

    reading = Reading(answer, FILTERED, YESTERDAY)
    assert reading.read()[0] == ["2", "3"]
    assert [sorted({*asked} - {*ALL}) for asked in reading.filters] == [
        [name] for name in ("modified_after", *["campaign_ids"] * 2)
    ]
    assert [len(asked["campaign_ids"]) for asked in reading.filters[1:]] == [100, 1]


def smart_plus(params: Mapping[str, Any]) -> bool:
    """Whether campaigns of upgraded Smart+ are asked for."""
    return SMART.items() <= params["filtering"].items()


def test_where_campaigns_may_not_be_listed_all_ads_are_read() -> None:
    """Only changed rows are emitted, and the Smart+ rows without a time of change."""
    reading = Reading(
        lambda path, params: refused(40001) if path == "campaign/get" else page([NEW, OLD]), FILTERED, YESTERDAY
    )
    assert reading.read()[0] == ["2"]
    assert reading.filters[:2] == [{**ALL, **SINCE}, ALL]


def test_smart_plus_campaigns_that_keep_moving_make_the_account_incomplete() -> None:
    """The state does not claim what was not found; a fault of TikTok's ends the account."""
    numbers = iter(range(1000))

    def moving(path: str, params: Mapping[str, Any]) -> Any:
        rows = [{"campaign_id": str(next(numbers))}] if path == "campaign/get" and smart_plus(params) else []
        return page(rows, 99 if rows else 0)

    reading = Reading(moving, FILTERED, YESTERDAY)
    reading.read()
    assert "TikTok counts 99 rows but gave 9 different ones" in reading.part.incomplete_reason
    failing = Reading(
        lambda path, params: refused(50000) if path == "campaign/get" else page([NEW]), FILTERED, YESTERDAY
    )
    with pytest.raises(TikTokError, match="50000"):
        failing.read()


@pytest.mark.parametrize(("days", "filtered"), [(178, True), (181, False)])
def test_a_cursor_older_than_six_months_asks_for_all(days: int, filtered: bool) -> None:
    """TikTok is slow beyond; the rows are compared here instead."""
    since = (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    reading = Reading([NEW], FILTERED, {"modify_time": since, "whole_pass": "2026-03-14"})
    assert reading.read()[0] == ["2"]
    assert "modified_after" in reading.filters[0] or not filtered
    assert filtered or reading.filters == [ALL]


def test_a_whole_pass_over_such_a_list_is_not_filtered() -> None:
    """Nothing may be missing from it."""
    reading = Reading([NEW], FILTERED)
    reading.read()
    assert reading.filters == [ALL]


def unfiltered(path: str, params: Mapping[str, Any]) -> Any:
    """TikTok that does not take modified_after beside a status."""
    return refused(40002) if "modified_after" in params["filtering"] else page([NEW, OLD])


def test_a_filter_that_is_refused_is_given_up_for_the_stream() -> None:
    """The list is read whole, compared here, and other accounts are not asked with the filter again."""
    reading = Reading(unfiltered, FILTERED, YESTERDAY)
    assert reading.read()[0] == ["2"]
    assert reading.read()[0] == ["2"]
    assert reading.filters == [{**ALL, **SINCE}, ALL, ALL]


@pytest.mark.parametrize(("entity", "code"), [(COMPARED, 40002), (FILTERED, 40001)])
def test_other_refusals_are_errors(entity: Entity, code: int) -> None:
    """Where the filter cannot be the reason, nothing else is tried."""
    reading = Reading(lambda path, params: refused(code), entity, YESTERDAY)
    with pytest.raises(TikTokError):
        reading.read()
    assert len(reading.client.asked) == 1


def test_a_filter_is_not_given_up_while_it_was_not_the_reason() -> None:
    """Where the whole list is refused as well, the next account is asked with the filter again."""
    reading = Reading(lambda path, params: refused(40002), FILTERED, YESTERDAY)
    for _ in range(2):
        with pytest.raises(TikTokError):
            reading.read()
    assert reading.filters == [{**ALL, **SINCE}, ALL] * 2


def test_ways_of_buying_are_not_named_to_an_account_that_refuses_that_twice() -> None:
    """It is read as TikTok gives it unasked, with a warning; later requests do not name them again."""

    def untyped(path: str, params: Mapping[str, Any]) -> Any:
        named = "buying_types" in params["filtering"] and params["advertiser_id"] == A
        return refused(40002, "filtering.buying_types: Unknown field.") if named else page([NEW])

    reading = Reading(untyped)
    assert [reading.read(id)[0] for id in (A, A, B)] == [["2"]] * 3
    assert ["buying_types" in asked for asked in reading.filters] == [True, True, False, False, True]
    assert len(reading.client.paused) == 1
    (said,) = reading.said
    assert "so they may be missing" in said


def test_one_refusal_of_buying_types_is_not_accepted() -> None:
    """The same request is sent once more."""
    refusals = [refused(40002, "buying_types: odd")]
    reading = Reading(lambda path, params: refusals.pop() if refusals else page([NEW]))
    assert reading.read()[0] == ["2"]
    assert (["buying_types" in asked for asked in reading.filters], reading.said) == ([True, True], [])


@pytest.mark.parametrize("deleted", [True, False])
def test_in_the_sandbox_passes_tell_what_is_deleted(deleted: bool) -> None:
    """The sandbox has no secondary_status. A row in both passes is emitted once, with the status of the first."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        return page([NEW, OLD] if "filtering" in params else [OLD])

    reading = Reading(answer, include_deleted=deleted, credentials=SANDBOX, accounts=[A])
    reading.read()
    said = {record["thing_id"]: record["current_status"] for record in reading.records}
    assert said == ({"1": "ACTIVE", "2": "DELETE"} if deleted else {"1": "ACTIVE"})
    assert len(reading.records) == len(said)
    assert reading.filters == ([{}, {"primary_status": "STATUS_DELETE"}] if deleted else [{}])


def test_a_warning_about_an_incomplete_list_names_the_account() -> None:
    """More rows than TikTok counts: none is missing, so that is a warning, which names stream and account."""
    reading = Reading(lambda path, params: page([NEW], total=0))
    assert reading.read()[0] == ["2"]
    assert [text.split(":")[0] for text in reading.said] == ["things, {'advertiser_id'"]


def test_the_accounts_come_from_their_facts() -> None:
    """One row an account without any request, the cursor is when it was created; no facts, no row."""
    client = Canned(lambda path, params: page([]))
    sync, _ = sync_of(client)
    reader = AccountReader(ACCOUNTS[0], sync, False, {})
    known = Account(A, facts=facts_of(A, create_time=1700000000))
    made = []
    for account in (known, Account(B)):
        (part,) = reader.slices(account)
        rows = [json.loads(b"{%b}" % row) for rows in reader.rows(part) for row in rows]
        made.append(([row["advertiser_id"] for row in rows], reader.cursor_after(part)))
    assert made == [([A], {"create_time": "2023-11-14T22:13:20Z"}), ([], {})]
    assert client.asked == []


def test_the_accounts_are_incomplete_if_their_facts_are_refused_to_all() -> None:
    """A full refresh would replace the table by nothing. Other streams are read without facts."""
    client = Canned(lambda path, params: refused(40125))
    sync, said = sync_of(client, config())
    with pytest.raises(AirbyteTracedException, match=r"advertisers: .*40125"):
        AccountReader(ACCOUNTS[0], sync, True, {}).accounts()
    assert len(said) == 1
    sync, _ = sync_of(Canned(informed(lambda path, params: None)), config(accounts=[A]))
    assert [account.id for account in AccountReader(ACCOUNTS[0], sync, True, {}).accounts()] == [A]


@pytest.mark.parametrize("error", [refused(40067), error_without_code("timeout", "", "thing/get", A)])
def test_a_page_that_is_too_much_is_asked_for_in_smaller_ones(error: TikTokError) -> None:
    """Half as large until TikTok can answer; what has left stays, other passes begin with what worked."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if params["page_size"] > 50:
            return error
        return page([NEW, OLD])

    reading = Reading(answer, page_size=120)
    assert reading.read()[0] == ["2", "1"]
    assert reading.read()[0] == ["2", "1"]
    assert [params["page_size"] for _, params in reading.client.asked] == [120, 60, 30, 30]


def test_a_page_that_is_too_much_at_its_smallest_is_an_error() -> None:
    """The same request is never sent twice."""
    reading = Reading(lambda path, params: refused(40067), page_size=40)
    with pytest.raises(TikTokError, match="40067"):
        reading.read()
    assert [params["page_size"] for _, params in reading.client.asked] == [40, 20, 10]


def test_the_day_of_a_whole_pass_is_utc() -> None:
    """One clock for all accounts."""
    reading = Reading([], now=datetime(2026, 3, 15, 23, 59, tzinfo=timezone.utc))
    (part,) = reading.reader.slices(Account(A))
    assert isinstance(part, Slice)
    list(reading.reader.rows(part))
    assert part.changes.whole == date(2026, 3, 15)


def test_a_row_between_two_pages_is_found_in_pages_of_another_size() -> None:
    """The last row of the first page is always missing. A page of another size has it, so the readings are complete."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        size, number = params["page_size"], params["page"]
        rows = [wire(str(id), None) for id in range(18)][size * (number - 1) : size * number]
        return page(rows[: -(number == 1)] if number == 1 else rows, 18, number, -(-18 // size))

    reading = Reading(answer, page_size=9)
    assert sorted(map(int, reading.read()[0])) == [*range(18)]
    assert [*dict.fromkeys(params["page_size"] for _, params in reading.client.asked)] == [9, 8]
    assert reading.said == []


@pytest.mark.parametrize("full", [True, False])
def test_a_list_whose_rows_keep_moving_is_incomplete(full: bool) -> None:
    """Rows of a few readings are emitted; the account is not claimed, and a full refresh is incomplete."""
    turn = count()
    client = Canned(lambda path, params: page([wire(str(next(turn)), "2026-03-15 09:00:00")], total=99))
    sync, said = sync_of(client)
    reader = EntityReader(COMPARED, sync, full, {})
    (part,) = reader.slices(Account(A))
    records = part.read()
    rows = next(records).data[""].rows
    told = f"TikTok counts 99 rows but gave {MAX_UNSPLIT_READS} different ones in {MAX_UNSPLIT_READS} readings"
    if full:
        with pytest.raises(AirbyteTracedException, match=told):
            next(records)
    else:
        assert [*records] == []
        assert told in said[-1]
    assert (rows, part.finished) == (MAX_UNSPLIT_READS, False)
    assert f"things, {A}, {MAX_UNSPLIT_READS}, {told}" in sync.summary.table()


def test_an_object_that_changes_meanwhile_counts_once() -> None:
    """TikTok counts one more for good; a row changes after the first reading: two versions of one object leave."""
    turn = count()
    reading = Reading(lambda path, params: page([OLD, NEW if next(turn) else wire("2", "2026-03-02 00:00:00")], 3))
    (part,) = reading.reader.slices(Account(A))
    assert sum(record.data[""].rows for record in reading.reader.read(part)) == 3
    assert part.incomplete_reason == "TikTok counts 3 rows but gave 2 different ones in 3 readings."
