"""The simulated TikTok itself: strict, deterministic, exact in its sums, and faulty only on demand."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import requests
import urllib3

from .simulator import (
    APP_ID,
    AUTH_CODE,
    EXPIRED_AUTH_CODE,
    REVOKED_TOKEN,
    SANDBOX_TOKEN,
    SECRET,
    START,
    TOKEN,
    VOLATILE,
    Clock,
    Rule,
    Simulator,
    Switches,
    World,
    truth_advertisers,
    truth_entities,
    truth_report,
)
from .simulator.__main__ import bench_world, main, parser, simulator_from, world_from
from .simulator.access import Access
from .simulator.endpoints import PREFIX, Answer, Request, TikTok, answer
from .simulator.entities import entity_row
from .simulator.facts import DIMENSIONS, LISTINGS, METRICS
from .simulator.limits import Limits
from .simulator.reports import ReportQuery, Rowset
from .simulator.world import Advertiser, secondary_status

WORLD = World()
FIRST = WORLD.advertiser_ids[0]
US, GB, JP = WORLD.advertiser_ids[2:5]
ALL_ADS = json.dumps([{"field_name": "ad_status", "filter_type": "IN", "filter_value": '["STATUS_ALL"]'}])
BASIC = {
    "advertiser_id": FIRST,
    "report_type": "BASIC",
    "data_level": "AUCTION_AD",
    "dimensions": ["ad_id", "stat_time_day"],
    "metrics": ["spend", "impressions"],
    "start_date": "2026-03-01",
    "end_date": "2026-03-10",
}
AUDIENCE = {**BASIC, "report_type": "AUDIENCE", "dimensions": ["ad_id", "stat_time_day", "platform"]}
ADDITIVE = ("spend", "impressions", "clicks", "conversion", "complete_payment", "total_purchase_value", "likes")
KINDS = ("campaign", "adgroup", "ad")
ID_OF = {"AUCTION_ADVERTISER": "advertiser_id", "AUCTION_CAMPAIGN": "campaign_id", "AUCTION_ADGROUP": "adgroup_id"}


def account(advertiser_id: str, world: World = WORLD) -> Advertiser:
    """The account, which must exist."""
    found = world.advertiser(advertiser_id)
    assert found is not None
    return found


def written(value: Any) -> str:
    """A parameter as it travels in a query."""
    return value if isinstance(value, str) else json.dumps(value)


def ask(
    path: str,
    query: dict[str, Any] | None = None,
    *,
    token: str = TOKEN,
    method: str = "GET",
    body: Any = None,
    tiktok: TikTok | None = None,
    now: datetime = START,
    call: int = 1,
    **switches: Any,
) -> Answer:
    """The answer of one endpoint, without HTTP."""
    tiktok = tiktok or TikTok(WORLD, Access(WORLD), Switches(**switches))
    headers = {"access-token": token, "content-type": "application/json"}
    asked = {name: [written(value)] for name, value in (query or {}).items()}
    raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return answer(Request(method, f"{PREFIX}{path}/", headers, asked, raw, call), tiktok, int(now.timestamp()))


def report(changes: dict[str, Any] | None = None, base: dict[str, Any] | None = None, **more: Any) -> Answer:
    """The answer to the plain report request with some parameters changed; None drops one."""
    query = {name: value for name, value in {**(base or BASIC), **(changes or {})}.items() if value is not None}
    return ask("report/integrated/get", query, **more)


def rows_of(found: Answer) -> list[Any]:
    """The rows of a good answer."""
    assert (found.code, found.message) == (0, "OK")
    rows: list[Any] = found.data["list"]
    return rows


def sums(rows: list[dict[str, dict[str, str]]]) -> dict[str, Decimal]:
    """The additive metrics summed over all rows."""
    return {name: sum((Decimal(row["metrics"][name]) for row in rows), Decimal(0)) for name in ADDITIVE}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A fresh simulator."""
    with Simulator() as running:
        yield running


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """A client that holds the token."""
    with requests.Session() as session:
        session.headers["Access-Token"] = TOKEN
        yield session


def url(simulator: Simulator, path: str) -> str:
    """The address of an endpoint."""
    return f"{simulator.url}{PREFIX}{path}/"


# ---------------------------------------------------------------------------------------------------- transport


def test_envelope_and_date(simulator: Simulator, http: requests.Session) -> None:
    """Each answer has the envelope and the simulator's clock as its date; failures come with HTTP 200."""
    good = http.get(url(simulator, "user/info"))
    assert set(good.json()) == {"code", "message", "request_id", "data"}
    assert good.headers["Date"] == "Tue, 10 Mar 2026 11:00:00 GMT"
    bad = http.get(url(simulator, "user/info"), headers={"Access-Token": REVOKED_TOKEN})
    assert (bad.status_code, bad.json()["code"], bad.json()["data"]) == (200, 40105, {})
    simulator.switches.date_header = False
    assert "Date" not in http.get(url(simulator, "user/info")).headers


def test_one_connection_and_gzip(simulator: Simulator, http: requests.Session) -> None:
    """Connections stay open, long answers are packed, and a stopped simulator ends what is open."""
    with urllib3.connection_from_url(simulator.url) as pool:
        for _ in range(3):
            assert pool.request("GET", f"{PREFIX}user/info/", headers={"Access-Token": TOKEN}).status == 200
        assert (pool.num_connections, pool.num_requests) == (1, 3)
    found = http.get(url(simulator, "ad/get"), params={"advertiser_id": FIRST})
    assert found.headers["Content-Encoding"] == "gzip"
    assert len(found.json()["data"]["list"]) == 10
    simulator.switches.gzip = False
    assert "Content-Encoding" not in http.get(url(simulator, "ad/get"), params={"advertiser_id": FIRST}).headers
    address = simulator.url
    simulator.__exit__(None, None, None)
    with pytest.raises(requests.ConnectionError):
        http.get(f"{address}{PREFIX}user/info/")
    with pytest.raises(RuntimeError, match="not running"):
        _ = simulator.url
    simulator.__exit__(None, None, None)


def test_log_keeps_no_secret(simulator: Simulator, http: requests.Session) -> None:
    """The log tells path, parameters and code of every request, never a credential."""
    http.get(url(simulator, "oauth2/advertiser/get"), params={"app_id": APP_ID, "secret": SECRET})
    body = {"app_id": APP_ID, "secret": SECRET, "auth_code": AUTH_CODE}
    http.post(url(simulator, "oauth2/access_token"), json=body)
    log = http.get(f"{simulator.url}/_simulator/requests").json()["requests"]
    assert [(entry["path"], entry["code"]) for entry in log] == [
        ("oauth2/advertiser/get", 0),
        ("oauth2/access_token", 0),
    ]
    assert not [secret for secret in simulator.access.secrets if secret in json.dumps(log)]
    http.delete(f"{simulator.url}/_simulator/requests")
    assert simulator.requests == []


def test_paths_and_methods() -> None:
    """A missing slash, an unknown path and a wrong method are refused."""
    tiktok = TikTok(WORLD, Access(WORLD), Switches())
    request = Request("GET", f"{PREFIX}user/info", {"access-token": TOKEN}, {})
    assert answer(request, tiktok, 0).code == 40008
    assert ask("user/nothing").code == 40008
    posted = ask("report/integrated/get", method="POST")
    assert (posted.http, posted.code) == (405, 40002)


# ---------------------------------------------------------------------------------------------------- credentials


@pytest.mark.parametrize(("token", "code"), [("", 40104), ("guess", 40105), (REVOKED_TOKEN, 40105), (TOKEN, 0)])
def test_tokens(token: str, code: int) -> None:
    """A missing and a wrong token have codes of their own."""
    assert ask("user/info", token=token).code == code
    assert ask("campaign/get", {"advertiser_id": FIRST}, token=token).code == code


def test_codes_are_spent_once() -> None:
    """A code buys one token, which works at once; used, expired and foreign codes are refused."""
    tiktok = TikTok(WORLD, Access(WORLD), Switches())
    body = {"app_id": APP_ID, "secret": SECRET, "auth_code": AUTH_CODE}

    def exchange(changes: dict[str, Any]) -> Answer:
        return ask("oauth2/access_token", method="POST", body={**body, **changes}, tiktok=tiktok)

    assert exchange({"secret": "wrong"}).code == 40101
    assert exchange({"auth_code": EXPIRED_AUTH_CODE}).code == 40110
    first = exchange({}).data
    assert (first["advertiser_ids"], bool(first["scope"])) == (list(WORLD.advertiser_ids), True)
    assert ask("user/info", token=first["access_token"], tiktok=tiktok).code == 0
    assert exchange({}).code == 40110
    tiktok.switches.spent_code_answer = 40002
    assert exchange({}).code == 40002
    tiktok.access.revoke(first["access_token"])
    assert ask("user/info", token=first["access_token"], tiktok=tiktok).code == 40105


@pytest.mark.parametrize(
    "body",
    [b"{", [], {"app_id": APP_ID, "secret": SECRET}, {"app_id": APP_ID, "secret": SECRET, "auth_code": "x", "more": 1}],
)
def test_exchange_refuses_other_bodies(body: Any) -> None:
    """The body is a JSON object with exactly the documented fields, declared as JSON."""
    assert ask("oauth2/access_token", method="POST", body=body).code == 40002
    request = Request("POST", f"{PREFIX}oauth2/access_token/", {}, {}, b"{}")
    assert answer(request, TikTok(WORLD, Access(WORLD), Switches()), 0).code == 40002


def test_account_list() -> None:
    """The account list wants the app's id and secret and names exactly the readable accounts."""
    asked = {"app_id": APP_ID, "secret": SECRET}
    found = rows_of(ask("oauth2/advertiser/get", asked))
    assert [row["advertiser_id"] for row in found] == list(WORLD.advertiser_ids)
    assert ask("oauth2/advertiser/get", {**asked, "secret": "x"}).code == 40101
    assert ask("oauth2/advertiser/get", {"app_id": APP_ID}).code == 40002
    assert ask("oauth2/advertiser/get", asked, sandbox=True).code == 40014


def test_forbidden_accounts() -> None:
    """One account can be taken away; accounts nobody may read, that do not exist or are no number answer 40001."""
    tiktok = TikTok(WORLD, Access(WORLD), Switches())
    tiktok.access.forbid(FIRST)
    for wanted in (FIRST, WORLD.unreadable_ids[0], "7000000000000000002", "x"):
        found = ask("campaign/get", {"advertiser_id": wanted}, tiktok=tiktok)
        assert (found.code, found.message) == (40001, f"No permission to operate advertiser {wanted}")
    assert ask("campaign/get", {"advertiser_id": US}, tiktok=tiktok).code == 0
    assert ask("campaign/get", {"advertiser_id": US}, token=SANDBOX_TOKEN).code == 40001


# ---------------------------------------------------------------------------------------------------- accounts


def test_advertiser_info() -> None:
    """All accounts at once, in order, with both time zones; one bad id spoils the call."""
    rows = rows_of(ask("advertiser/info", {"advertiser_ids": list(WORLD.advertiser_ids)}))
    assert [(row["timezone"], row["display_timezone"], row["currency"]) for row in rows] == [
        ("Etc/GMT-13", "Pacific/Auckland", "NZD"),
        ("Etc/GMT-5", "Asia/Kolkata", "INR"),
        ("Etc/GMT+7", "America/Los_Angeles", "USD"),
        ("UTC", "Europe/London", "GBP"),
        ("UTC", "UTC", "JPY"),
    ]
    steady = {name: value for name, value in rows[0].items() if name not in VOLATILE["advertiser/info"]}
    truth = truth_advertisers(WORLD, clock=START)
    assert steady == {name: value for name, value in truth[0].items() if name not in VOLATILE["advertiser/info"]}
    assert ask("advertiser/info", {"advertiser_ids": [FIRST, WORLD.unreadable_ids[0]]}).code == 40001


def test_advertiser_info_is_strict() -> None:
    """A bare id, no id, too many ids and unknown fields are refused; the limit and the sandbox are switches."""
    many = World(advertisers=101)
    tiktok = TikTok(many, Access(many), Switches())
    assert "set to array" in ask("advertiser/info", {"advertiser_ids": FIRST}).message
    assert ask("advertiser/info", {"advertiser_ids": f"[{FIRST}]"}).code == 40002
    assert ask("advertiser/info").code == 40002
    assert ask("advertiser/info", {"advertiser_ids": []}).code == 40002
    assert ask("advertiser/info", {"advertiser_ids": list(many.advertiser_ids)}, tiktok=tiktok).code == 40002
    tiktok.switches.advertiser_info_limit = None
    assert len(rows_of(ask("advertiser/info", {"advertiser_ids": list(many.advertiser_ids)}, tiktok=tiktok))) == 101
    asked = {"advertiser_ids": [FIRST]}
    assert ask("advertiser/info", {**asked, "fields": ["nothing"]}).code == 40002
    assert rows_of(ask("advertiser/info", {**asked, "fields": ["name"]})) == [{"name": "Account 1 NZ"}]
    only = rows_of(ask("advertiser/info", {**asked, "fields": ["name", "company_name_editable"]}))
    assert list(only[0]) == ["advertiser_id", "company_name_editable"]
    assert ask("advertiser/info", asked, sandbox=True).code == 0
    assert ask("advertiser/info", asked, sandbox=True, sandbox_advertiser_info=False).code == 40014


# ---------------------------------------------------------------------------------------------------- entities


def listed(kind: str, filtering: dict[str, Any] | None = None, **more: Any) -> list[dict[str, Any]]:
    """The rows of one page of a list endpoint."""
    query: dict[str, Any] = {"advertiser_id": more.pop("advertiser_id", FIRST), "page_size": 100}
    return rows_of(ask(f"{kind}/get", query if filtering is None else {**query, "filtering": filtering}, **more))


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_occurs(kind: str) -> None:
    """Over all accounts each documented column has a value somewhere, and no other column exists."""
    seen: set[str] = set()
    for advertiser_id in WORLD.advertiser_ids:
        for row in truth_entities(WORLD, kind, advertiser_id, clock=START):
            seen |= {name for name, value in row.items() if value is not None}
    promoted = listed(kind, {"campaign_system_origins": ["PROMOTE"]})
    assert seen | set(promoted[0]) == set(LISTINGS[f"{kind}/get"].columns)


@pytest.mark.parametrize("kind", KINDS)
def test_lists_hide_deleted(kind: str) -> None:
    """Deleted rows come only on demand; all three passes agree with the truth, newest id first."""
    everything = listed(kind, {"primary_status": "STATUS_ALL"})
    deleted = listed(kind, {"primary_status": "STATUS_DELETE"})
    assert listed(kind, {"secondary_status": f"{kind.upper()}_STATUS_ALL"}) == everything
    ids = [int(row[f"{kind}_id"]) for row in everything]
    assert ids == sorted(ids, reverse=True)
    assert len(listed(kind)) + len(deleted) == len(everything)
    assert deleted
    unsigned = Switches(signed_urls=False)
    truth = truth_entities(WORLD, kind, FIRST, clock=START, switches=unsigned)
    assert listed(kind, {"primary_status": "STATUS_ALL"}, signed_urls=False) == truth
    kept = truth_entities(WORLD, kind, FIRST, clock=START, include_deleted=False, switches=unsigned)
    assert listed(kind, signed_urls=False) == kept


def test_all_deleted_states_exist() -> None:
    """Own deletions and those of parents are both there at the start."""
    statuses = {row["secondary_status"] for kind in KINDS for row in truth_entities(WORLD, kind, FIRST, clock=START)}
    assert {status for status in statuses if status.endswith("DELETE")} == {
        *("CAMPAIGN_STATUS_DELETE", "ADGROUP_STATUS_DELETE", "ADGROUP_STATUS_CAMPAIGN_DELETE"),
        *("AD_STATUS_DELETE", "AD_STATUS_ADGROUP_DELETE", "AD_STATUS_CAMPAIGN_DELETE"),
    }


def test_paging() -> None:
    """Pages cover the list once; the page beyond the end is empty or refused; empty lists have no page."""
    query = {"advertiser_id": FIRST, "page_size": 4}
    pages = [ask("ad/get", {**query, "page": page}) for page in range(1, 6)]
    infos = [page.data["page_info"] for page in pages]
    assert infos[0] == {"page": 1, "page_size": 4, "total_number": 15, "total_page": 4}
    assert [len(rows_of(page)) for page in pages] == [4, 4, 4, 3, 0]
    assert len({row["ad_id"] for page in pages for row in rows_of(page)}) == 15
    assert ask("ad/get", {**query, "page": 5}, page_beyond_end_empty=False).code == 40002
    none = ask("ad/get", {**query, "filtering": {"ad_ids": ["1"]}}, page_beyond_end_empty=False)
    assert none.data == {"list": [], "page_info": {"page": 1, "page_size": 4, "total_number": 0, "total_page": 0}}
    assert ask("ad/get", {**query, "page": 3}, list_depth=11).code == 40002
    assert ask("ad/get", {**query, "page": 2}, list_depth=11).code == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"page_size": 1001}, "page_size"),
        ({"page_size": 0}, "page_size"),
        ({"page": 0}, "page"),
        ({"page": "-1"}, "page"),
        ({"page": "two"}, "page"),
        ({"advertiser_id": ""}, "advertiser_id"),
        ({"modified_after": "2026-01-01 00:00:00"}, "modified_after"),
        ({"fields": ["nothing"]}, "nothing"),
        ({"exclude_field_types_in_response": ["ZERO"]}, "NULL_FIELD"),
        ({"filtering": []}, "object"),
        ({"filtering": {"status": "STATUS_ALL"}}, "status"),
        ({"filtering": {"primary_status": "ALL"}}, "primary_status"),
        ({"filtering": {"secondary_status": "CAMPAIGN_STATUS_ALL"}}, "secondary_status"),
        ({"filtering": {"campaign_ids": "1"}}, "campaign_ids"),
        ({"filtering": {"buying_types": ["AUCTION", "RESERVATION_TOP_VIEW"]}}, "buying_types"),
        ({"filtering": {"modified_after": "2026-01-01"}}, "modified_after"),
    ],
)
def test_lists_are_strict(changes: dict[str, Any], message: str) -> None:
    """Unknown parameters, filters and values are refused, and the message names them."""
    found = ask("ad/get", {"advertiser_id": FIRST, **changes})
    assert found.code == 40002
    assert message in found.message


def test_lists_refuse_too_many_ids_and_doubles() -> None:
    """At most 100 ids, a boolean where one is due, no parameter twice."""
    ids = [str(n) for n in range(101)]
    assert ask("ad/get", {"advertiser_id": FIRST, "filtering": {"ad_ids": ids}}).code == 40011
    flag = {"is_smart_performance_campaign": "yes"}
    assert ask("campaign/get", {"advertiser_id": FIRST, "filtering": flag}).code == 40002
    request = Request("GET", f"{PREFIX}ad/get/", {"access-token": TOKEN}, {"advertiser_id": [FIRST, US]})
    assert answer(request, TikTok(WORLD, Access(WORLD), Switches()), 0).code == 40002


def test_filters_select() -> None:
    """Each kind of filter keeps exactly the rows that fit."""
    every = listed("ad", {"primary_status": "STATUS_ALL"})
    one = every[0]

    def chosen(**filtering: Any) -> list[str]:
        return [row["ad_id"] for row in listed("ad", {"primary_status": "STATUS_ALL", **filtering})]

    def where(column: str, value: Any) -> list[str]:
        return [row["ad_id"] for row in every if row.get(column) == value]

    assert chosen(ad_ids=[one["ad_id"]]) == [one["ad_id"]]
    assert chosen(adgroup_ids=[one["adgroup_id"]]) == where("adgroup_id", one["adgroup_id"])
    assert chosen(campaign_ids=[one["campaign_id"]]) == where("campaign_id", one["campaign_id"])
    middle = every[9]["create_time"]
    assert chosen(creation_filter_start_time=middle) == [row["ad_id"] for row in every if row["create_time"] >= middle]
    assert chosen(creation_filter_end_time=middle) == [row["ad_id"] for row in every if row["create_time"] <= middle]
    smart = {"campaign_automation_type": "UPGRADED_SMART_PLUS"}
    found = [row for row in listed("campaign") if row["campaign_automation_type"] == "UPGRADED_SMART_PLUS"]
    assert listed("campaign", smart) == found
    assert ask("ad/get", {"advertiser_id": FIRST, "filtering": smart}).code == 40002
    apps = [row["campaign_id"] for row in listed("campaign", {"objective_type": "APP_PROMOTION"})]
    assert apps == [row["campaign_id"] for row in listed("campaign") if row["objective_type"] == "APP_PROMOTION"]
    assert len(listed("campaign", {"campaign_name": one["campaign_name"]})) == 1
    assert len(listed("campaign", {"is_smart_performance_campaign": True})) == 1
    events = [row for row in listed("adgroup") if row["billing_event"] in ("CPC", "CPM")]
    assert listed("adgroup", {"billing_events": ["CPC", "CPM"]}) == events
    paused = f"AD_STATUS_{next(s for s in (row['secondary_status'] for row in every) if 'DISABLE' in s)[10:]}"
    assert [row["ad_id"] for row in listed("ad", {"secondary_status": paused})] == where("secondary_status", paused)


def test_fields_and_null_fields() -> None:
    """Only the wanted fields come, and nulls can be left out."""
    query = {"advertiser_id": FIRST, "page_size": 100}
    rows = rows_of(ask("ad/get", {**query, "fields": ["ad_id", "page_id"]}))
    assert all(list(row) == ["ad_id", "page_id"] for row in rows)
    assert None in {row["page_id"] for row in rows}
    without = rows_of(ask("ad/get", {**query, "exclude_field_types_in_response": ["NULL_FIELD"]}))
    assert not [row for row in without if None in row.values()]


def test_top_view_and_promote() -> None:
    """TopView and Promote appear only when asked for, Promote rows are thin, TopView pages are small."""
    plain = {row["rf_campaign_type"] for row in listed("campaign")}
    assert plain == {None, "STANDARD"}
    top = listed("campaign", {"buying_types": ["RESERVATION_TOP_VIEW"]})
    assert [row["rf_campaign_type"] for row in top] == ["TOPVIEW"]
    big = {"advertiser_id": FIRST, "filtering": {"buying_types": ["RESERVATION_TOP_VIEW"]}, "page_size": 101}
    assert ask("adgroup/get", big).code == 40002
    assert ask("campaign/get", big).code == 0
    promoted = listed("ad", {"campaign_system_origins": ["PROMOTE"]})
    assert [len(row) for row in promoted] == [10]
    assert listed("campaign", tiktok=TikTok(World(specials=False), Access(WORLD), Switches())) != listed("campaign")


def test_smart_plus_rows() -> None:
    """Creatives of upgraded Smart+ share their ad, some lack modify_time, and ad_ids_v2 turns them into ads."""
    smart = [row["campaign_id"] for row in listed("campaign", {"campaign_automation_type": "UPGRADED_SMART_PLUS"})]
    rows = listed("ad", {"campaign_ids": smart, "primary_status": "STATUS_ALL"})
    assert {row["campaign_automation_type"] for row in rows} == {"UPGRADED_SMART_PLUS_CREATIVE"}
    assert max(Counter(row["smart_plus_ad_id"] for row in rows).values()) == 2
    assert {row["modify_time"] is None for row in rows} == {True, False}
    asset_group = rows[-1]["smart_plus_ad_id"]
    as_ads = listed("ad", {"ad_ids_v2": [asset_group]})
    assert [(row["ad_id"], row["campaign_automation_type"]) for row in as_ads] == [(asset_group, "UPGRADED_SMART_PLUS")]
    manual = next(row for row in listed("ad") if row["campaign_automation_type"] == "MANUAL")
    assert listed("ad", {"ad_ids_v2": [manual["ad_id"]]})[0]["campaign_automation_type"] == "MANUAL"
    carried = listed("ad", {"campaign_ids": smart}, smart_plus_modify_time=True)
    assert None not in {row["modify_time"] for row in carried}


def test_modified_after() -> None:
    """The filter is strictly later or inclusive, passes rows without modify_time or not, refuses STATUS_ALL or not."""
    every = listed("ad", {"primary_status": "STATUS_ALL"})
    mark = sorted(row["modify_time"] for row in every if row["modify_time"])[10]
    asked = {"primary_status": "STATUS_ALL", "modified_after": mark}

    def times(**switches: bool) -> set[str | None]:
        return {row["modify_time"] for row in listed("ad", asked, **switches)}

    assert None in times()
    assert None not in times(modified_after_returns_null=False)
    assert mark not in times()
    assert mark in times(modified_after_inclusive=True)
    assert min(time for time in times() if time) > mark
    refused = ask("ad/get", {"advertiser_id": FIRST, "filtering": asked}, modified_after_with_all=False)
    assert refused.code == 40002
    living = {"modified_after": mark}
    assert ask("ad/get", {"advertiser_id": FIRST, "filtering": living}, modified_after_with_all=False).code == 0


def test_status_leak_and_modify_time() -> None:
    """A parent's deletion deletes the children; whether it touches their modify_time is a switch."""
    owner = account(FIRST)
    ads = WORLD.entities("ad", owner, WORLD.start_epoch)
    leaked = next(ad for ad in ads if secondary_status(ad, WORLD.start_epoch) == "AD_STATUS_CAMPAIGN_DELETE")
    *_, campaign = leaked.lineage
    assert campaign.deleted is not None
    before, after = campaign.deleted - 1, campaign.deleted
    quiet, loud = Switches(), Switches(status_leak_touches_modify_time=True)
    assert entity_row(leaked, before, quiet)["modify_time"] == entity_row(leaked, after, quiet)["modify_time"]
    moved = datetime.fromtimestamp(campaign.deleted, tz=timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    assert entity_row(leaked, after, loud)["modify_time"] == moved
    assert "_CAMPAIGN_DELETE" not in secondary_status(leaked, before)


def test_sandbox_rows_have_no_secondary_status() -> None:
    """In the sandbox nothing tells a deleted row."""
    rows = listed("campaign", {"primary_status": "STATUS_ALL"}, sandbox=True)
    assert not [row for row in rows if "secondary_status" in row]
    thin = listed("ad", {"campaign_system_origins": ["PROMOTE"]}, sandbox=True)
    assert "secondary_status" not in thin[0]


def test_ids_that_are_numbers() -> None:
    """Two ids of ads are JSON numbers larger than a float can hold; a documented boolean is 0 or 1."""
    ads = listed("ad", {"primary_status": "STATUS_ALL"})
    assert max(row["page_id"] or 0 for row in ads) > 2**53
    assert max(row["tracking_pixel_id"] for row in ads) > 2**53
    assert {row["skip_learning_phase"] for row in listed("adgroup")} <= {0, 1}


def test_only_signed_urls_differ_between_calls() -> None:
    """Two reads of the same instant are equal but for the volatile columns."""
    first, second = (listed("ad", call=call) for call in (1, 2))
    assert first != second
    for one, other in zip(first, second, strict=True):
        assert {name for name in one if one[name] != other[name]} == set(VOLATILE["ad/get"])
    assert listed("ad", signed_urls=False, call=1) == listed("ad", signed_urls=False, call=2)


def test_legacy_columns_can_be_off() -> None:
    """Columns only older clients know can be left out."""
    legacy = {name for name, column in LISTINGS["adgroup/get"].columns.items() if column.legacy}
    assert legacy & {name for row in listed("adgroup") for name in row}
    assert not legacy & {name for row in listed("adgroup", legacy_columns=False) for name in row}


def test_time_creates_modifies_and_deletes() -> None:
    """Moving the clock brings new rows, changes and deletions, and the past can be visited again."""
    later = START + timedelta(days=7)
    for kind in KINDS:
        before = {row[f"{kind}_id"]: row for row in truth_entities(WORLD, kind, FIRST, clock=START)}
        after = {row[f"{kind}_id"]: row for row in truth_entities(WORLD, kind, FIRST, clock=later)}
        assert set(before) < set(after)
        changed = [key for key, row in before.items() if after[key]["modify_time"] != row["modify_time"]]
        assert changed
        gone = [key for key in before if "DELETE" in after[key]["secondary_status"]]
        assert len(gone) > len([row for row in before.values() if "DELETE" in row["secondary_status"]])
        assert before == {row[f"{kind}_id"]: row for row in truth_entities(World(), kind, FIRST, clock=START)}
        late = later.strftime("%Y-%m-%d %H:%M:%S")
        assert all(row["modify_time"] <= late for row in after.values() if row["modify_time"])


# ---------------------------------------------------------------------------------------------------- reports


def test_report_equals_truth_page_by_page() -> None:
    """Pages of any size cover exactly the rows of the truth."""
    truth = truth_report(
        *(WORLD, FIRST, "AUCTION_AD", ["ad_id", "stat_time_day"], ["spend", "impressions"]),
        *(date(2026, 3, 1), date(2026, 3, 10)),
        clock=START,
    )
    query = {"filtering": ALL_ADS, "page_size": 40}
    pages = [rows_of(report({**query, "page": page})) for page in range(1, -(-len(truth) // 40) + 2)]
    assert [row for page in pages for row in page] == truth
    assert [row for page in pages for row in page] != []
    info = report(query).data["page_info"]
    assert (info["total_number"], info["total_page"]) == (len(truth), -(-len(truth) // 40))


@pytest.mark.parametrize(
    ("level", "dimensions", "report_type"),
    [
        ("AUCTION_ADGROUP", ["adgroup_id", "stat_time_day"], "BASIC"),
        ("AUCTION_CAMPAIGN", ["campaign_id", "stat_time_day"], "BASIC"),
        ("AUCTION_AD", ["ad_id", "stat_time_day", "country_code"], "BASIC"),
        ("AUCTION_AD", ["ad_id_v2", "stat_time_day"], "BASIC"),
        ("AUCTION_AD", ["ad_id", "stat_time_day", "age", "gender"], "AUDIENCE"),
        ("AUCTION_AD", ["ad_id"], "BASIC"),
        ("AUCTION_AD", ["stat_time_day"], "BASIC"),
        ("AUCTION_AD", ["platform"], "AUDIENCE"),
        ("AUCTION_ADGROUP", ["search_keyword", "match_type", "stat_time_day"], "BASIC"),
        ("AUCTION_ADGROUP", ["match_type", "search_keyword"], "BASIC"),
    ],
)
def test_sums_agree(level: str, dimensions: list[str], report_type: str) -> None:
    """Whatever the level and the breakdown, additive metrics add up to the same totals."""
    days = (date(2026, 2, 9), date(2026, 3, 10))

    def total(level: str, dimensions: list[str], report_type: str) -> dict[str, Decimal]:
        rows = truth_report(WORLD, US, level, dimensions, ADDITIVE, *days, clock=START, report_type=report_type)
        for row in rows:
            row["metrics"]["impressions"] = row["metrics"]["impressions"].replace("<5", "0")
        return sums(rows)

    found, expected = (
        total(level, dimensions, report_type),
        total("AUCTION_AD", ["ad_id", "stat_time_day"], "BASIC"),
    )
    hidden = {"impressions"} if "search_keyword" in dimensions else set()
    assert {n: v for n, v in found.items() if n not in hidden} == {n: v for n, v in expected.items() if n not in hidden}
    assert min(expected.values()) > 0


@pytest.mark.parametrize(
    ("advertiser_id", "day", "hours"),
    [(US, date(2026, 3, 7), 24), (US, date(2026, 3, 8), 23), (US, date(2025, 11, 2), 25), (JP, date(2026, 3, 10), 11)],
)
def test_hours_add_up_to_days(advertiser_id: str, day: date, hours: int) -> None:
    """Hours sum to their day, also where clocks change and on the day that is not over."""
    world = World(history_start=date(2025, 10, 1))
    daily, hourly = (
        truth_report(
            *(world, advertiser_id, "AUCTION_AD", ["ad_id", time], ADDITIVE, day, day),
            clock=START,
            switches=Switches(zero_rows=False),
        )
        for time in ("stat_time_day", "stat_time_hour")
    )
    assert sums(hourly) == sums(daily)
    assert len(hourly) == hours * len(daily) > 0


def test_repeated_hour_is_a_switch() -> None:
    """The hour that comes twice gives two rows of one key, or one that holds both."""
    world = World(history_start=date(2025, 10, 1))
    day = date(2025, 11, 2)
    twice, once = (
        truth_report(
            *(world, US, "AUCTION_AD", ["ad_id", "stat_time_hour"], ADDITIVE, day, day),
            clock=START,
            switches=Switches(hourly_fold_rows=repeated, zero_rows=False),
        )
        for repeated in (True, False)
    )
    assert Counter(tuple(row["dimensions"].values()) for row in twice).most_common(1)[0][1] == 2
    assert Counter(tuple(row["dimensions"].values()) for row in once).most_common(1)[0][1] == 1
    assert sums(twice) == sums(once)


def test_days_are_the_accounts_own() -> None:
    """At one instant it is a later day in Auckland than in Los Angeles."""
    newest = {
        advertiser_id: max(
            row["dimensions"]["stat_time_day"]
            for row in truth_report(
                *(WORLD, advertiser_id, "AUCTION_ADVERTISER", ["advertiser_id", "stat_time_day"], ["spend"]),
                *(date(2026, 3, 1), date(2026, 3, 30)),
                clock=datetime(2026, 3, 10, 2, 0, tzinfo=timezone.utc),
            )
        )
        for advertiser_id in (FIRST, US)
    }
    assert newest == {FIRST: "2026-03-10 00:00:00", US: "2026-03-09 00:00:00"}


def test_conversions_of_a_day_grow_for_28_days() -> None:
    """Conversions are restated upwards until the 28th day after, spend is not; then nothing moves any more."""

    def on(age: int) -> dict[str, Decimal]:
        clock = datetime(2026, 2, 1, 23, 59, 59, tzinfo=timezone.utc) + timedelta(days=age)
        day = date(2026, 2, 1)
        return sums(
            truth_report(*(World(), JP, "AUCTION_AD", ["ad_id", "stat_time_day"], ADDITIVE, day, day), clock=clock)
        )

    ages = [on(age) for age in range(1, 31)]
    conversions = [known["conversion"] for known in ages]
    assert conversions == sorted(conversions)
    assert conversions[0] < conversions[26] < conversions[27] == conversions[29]
    assert {known["spend"] for known in ages} == {ages[0]["spend"]}
    assert on(0)["spend"] <= ages[0]["spend"]


def test_today_grows_by_the_hour() -> None:
    """The running day holds the hours that are over; before the first one is over there is no row."""
    spends = []
    for hour in range(0, 24, 6):
        clock = datetime(2026, 3, 10, hour, 30, tzinfo=timezone.utc)
        day = date(2026, 3, 10)
        spends.append(
            sums(truth_report(WORLD, JP, "AUCTION_AD", ["ad_id", "stat_time_day"], ADDITIVE, day, day, clock=clock))[
                "spend"
            ]
        )
    assert spends[0] == 0 < spends[1] < spends[2] < spends[3]


def test_values_are_text_in_the_accounts_currency() -> None:
    """Money has the currency's decimals, yen have none; undefined prices are dashes; all is text unless switched."""
    metrics = [
        "spend",
        "cpc",
        "ctr",
        "clicks",
        "cost_per_conversion",
        "secondary_goal_result",
        "campaign_id",
        "frequency",
    ]
    dollars, yen = (
        [row["metrics"] for row in rows_of(report({"metrics": metrics, "advertiser_id": a, "page_size": 1000}))]
        for a in (US, JP)
    )
    assert all(isinstance(value, str) for row in dollars for value in row.values())
    assert all(len(row["spend"].split(".")[1]) == 2 for row in dollars)
    assert not [row for row in yen if "." in row["spend"]]
    assert {row["cost_per_conversion"] == "-" for row in dollars} == {True, False}
    assert {row["secondary_goal_result"] == "-" for row in dollars} == {True, False}
    numbers = rows_of(report({"metrics": metrics, "page_size": 1000}, report_numbers_as_text=False))
    decimal = rows_of(report({"metrics": ["clicks", "spend", "campaign_id"]}, decimal_counts=True))[0]["metrics"]
    assert (decimal["clicks"][-2:], "." in decimal["campaign_id"]) == (".0", False)
    kinds = {name: {type(row["metrics"][name]) for row in numbers} for name in metrics}
    assert (kinds["clicks"], kinds["campaign_id"], kinds["ctr"]) == ({int}, {str}, {float})


def test_breakdown_values() -> None:
    """Unknown countries and ages are texts of their own; TikTok withholds a province."""
    common = (WORLD, US, "AUCTION_CAMPAIGN")
    span = (date(2026, 2, 9), date(2026, 3, 10))

    def values(dimension: str, report_type: str) -> set[str]:
        asked = ["campaign_id", "stat_time_day", dimension]
        rows = truth_report(*common, asked, ADDITIVE[:4], *span, clock=START, report_type=report_type)
        return {row["dimensions"][dimension] for row in rows}

    assert {"None", "US"} <= values("country_code", "BASIC")
    assert values("age", "AUDIENCE") == set(DIMENSIONS["age"].values)
    assert "withheld" not in values("province_id", "AUDIENCE")
    asked = {"dimensions": ["province_id"], "report_type": "AUDIENCE"}
    assert [list(row["dimensions"]) for row in rows_of(report(asked))] == [["province_id"]] * 9


def test_explaining_metrics() -> None:
    """Behaviours and device brands bring their names, Promote and Smart+ rows their kind."""
    behaviour = rows_of(report({"dimensions": ["ad_id", "behavior_id"], "metrics": ["behavior_name"]}, base=AUDIENCE))
    assert behaviour[0]["metrics"]["behavior_name"].startswith("Behavior")
    brand = rows_of(
        report({"dimensions": ["ad_id", "device_brand_id"], "metrics": ["device_brand_name"]}, base=AUDIENCE)
    )
    assert brand[0]["metrics"]["device_brand_name"].startswith("Brand")
    kinds = {
        dimension: {
            row["metrics"]["campaign_automation_type"]
            for row in rows_of(
                report({"dimensions": [dimension], "metrics": ["campaign_automation_type"], "page_size": 1000})
            )
        }
        for dimension in ("ad_id", "ad_id_v2")
    }
    assert kinds["ad_id"] == {"MANUAL", "SMART_PLUS", "UPGRADED_SMART_PLUS_CREATIVE"}
    assert kinds["ad_id_v2"] == {"MANUAL", "SMART_PLUS", "UPGRADED_SMART_PLUS"}
    words = rows_of(
        report({"data_level": "AUCTION_CAMPAIGN", "dimensions": ["campaign_id", "search_terms"], "page_size": 1000})
    )
    assert "<5" in {row["metrics"]["impressions"] for row in words}
    plain = rows_of(report({"data_level": "AUCTION_CAMPAIGN", "dimensions": ["search_terms"], "metrics": ["spend"]}))
    assert list(plain[0]["metrics"]) == ["spend"]


def filtered(field: str, *values: str) -> str:
    """One report filter."""
    return json.dumps([{"field_name": field, "filter_type": "IN", "filter_value": json.dumps(values)}])


def test_status_filters_of_reports() -> None:
    """Each level hides its own deleted objects unless asked; the account hides nothing and takes no such filter."""

    def ids(level: str, dimension: str, filtering: str | None = None, **more: Any) -> set[str]:
        changes = {"data_level": level, "dimensions": [dimension], "filtering": filtering, "page_size": 1000}
        return {
            row["dimensions"][dimension] for row in rows_of(report({**changes, "start_date": "2026-01-01"}, **more))
        }

    levels = (("AUCTION_AD", "ad"), ("AUCTION_ADGROUP", "adgroup"), ("AUCTION_CAMPAIGN", "campaign"))
    for level, kind in levels:
        every = ids(level, f"{kind}_id", filtered(f"{kind}_status", "STATUS_ALL"))
        living = ids(level, f"{kind}_id")
        gone = ids(level, f"{kind}_id", filtered(f"{kind}_status", "STATUS_DELETE"))
        assert living | gone == every
        assert not living & gone
        assert gone
    assert (
        report({"data_level": "AUCTION_ADVERTISER", "dimensions": ["advertiser_id"], "filtering": ALL_ADS}).code
        == 40002
    )
    spent = rows_of(
        report({"data_level": "AUCTION_ADVERTISER", "dimensions": ["advertiser_id"], "metrics": list(ADDITIVE)})
    )
    ads = rows_of(report({"dimensions": ["ad_id"], "filtering": ALL_ADS, "metrics": list(ADDITIVE), "page_size": 1000}))
    specials = [
        row
        for field, value in (("buying_type", "RESERVATION_TOP_VIEW"), ("campaign_system_origins", "PROMOTE"))
        for row in rows_of(
            report({"dimensions": ["ad_id"], "metrics": list(ADDITIVE), "filtering": filtered(field, value)})
        )
    ]
    assert len(specials) == 2
    assert sums(spent) == sums(ads + specials)


def test_status_filters_of_audience_reports() -> None:
    """Whether AUDIENCE takes the status filter, and whether it then shows deleted objects, are switches."""
    asked = {"filtering": ALL_ADS, "page_size": 1000, "start_date": "2026-02-10"}
    every, living = (rows_of(report(changes, base=AUDIENCE)) for changes in (asked, {**asked, "filtering": None}))
    assert len(every) > len(living) > 0
    assert report(asked, base=AUDIENCE, audience_status_filter=False).code == 40002
    assert rows_of(report(asked, base=AUDIENCE, audience_shows_deleted=False)) == living


def test_id_filters_of_reports() -> None:
    """Ids narrow a report to those objects, also by asset group and automation."""
    rows = rows_of(report({"dimensions": ["ad_id"], "metrics": ["campaign_id", "adgroup_id"], "page_size": 1000}))
    for field in ("campaign_id", "adgroup_id"):
        wanted = rows[0]["metrics"][field]
        found = rows_of(
            report({"dimensions": ["ad_id"], "metrics": [field], "filtering": filtered(f"{field}s", wanted)})
        )
        assert {row["metrics"][field] for row in found} == {wanted}
    ad = rows[0]["dimensions"]["ad_id"]
    assert [
        r["dimensions"]["ad_id"]
        for r in rows_of(report({"dimensions": ["ad_id"], "filtering": filtered("ad_ids", ad)}))
    ] == [ad]
    both = {"dimensions": ["ad_id_v2"], "filtering": filtered("ad_ids_v2", ad)}
    assert [row["dimensions"]["ad_id_v2"] for row in rows_of(report(both))] == [ad]
    smart = {"dimensions": ["ad_id"], "filtering": filtered("campaign_automation_type", "SMART_PLUS")}
    assert 0 < len(rows_of(report({**smart, "page_size": 1000}))) < len(rows)


def test_zero_rows_are_a_switch() -> None:
    """Rows of zeros occur by day and without a time dimension; they can be dropped."""
    for dimensions in (["ad_id", "stat_time_day"], ["ad_id"]):
        changes = {"dimensions": dimensions, "start_date": "2026-02-10", "page_size": 1000}
        future = {**changes, "start_date": "2026-03-10", "end_date": "2026-03-10"}
        with_zeros = rows_of(report(changes)) + rows_of(report({**future, "advertiser_id": US}))
        without = rows_of(report(changes, zero_rows=False))
        without += rows_of(report({**future, "advertiser_id": US}, zero_rows=False))
        zeros = [row for row in with_zeros if row["metrics"]["impressions"] == "0"]
        assert zeros
        assert len(without) == len(with_zeros) - len(zeros)
    hourly = {"dimensions": ["ad_id", "stat_time_hour"], "start_date": "2026-03-09", "end_date": "2026-03-09"}
    assert not [row for row in rows_of(report(hourly)) if row["metrics"]["impressions"] == "0"]


def test_lifetime() -> None:
    """Lifetime reports cover all of history and take neither dates nor time nor country."""
    asked = {"query_lifetime": "true", "dimensions": ["ad_id"], "start_date": None, "end_date": None, "page_size": 1000}
    metrics = list(ADDITIVE)
    lifetime = rows_of(report({**asked, "metrics": metrics}))
    dated = rows_of(
        report({"dimensions": ["ad_id"], "metrics": metrics, "start_date": "2025-11-01", "page_size": 1000})
    )
    assert sums(lifetime) == sums(dated)
    assert lifetime == truth_report(
        WORLD, FIRST, "AUCTION_AD", ["ad_id"], metrics, None, None, clock=START, include_deleted=False
    )
    for wrong in (["ad_id", "stat_time_day"], ["ad_id", "country_code"]):
        assert "Conflict" in report({**asked, "dimensions": wrong}).message
    assert report({**asked, "dimensions": ["ad_id", "age"]}, base=AUDIENCE).code == 40002
    assert (
        report(
            {**asked, "metrics": ["cash_spend"], "data_level": "AUCTION_ADVERTISER", "dimensions": ["advertiser_id"]}
        ).code
        == 40002
    )


def test_total_metrics() -> None:
    """Totals equal the sums of all rows; what can't be added is a dash; the sandbox has none."""
    metrics = [*ADDITIVE, "ctr", "campaign_id", "result"]
    asked = {"metrics": metrics, "enable_total_metrics": "true", "page_size": 5}
    found = report(asked).data["total_metrics"]
    rows = rows_of(report({"metrics": metrics, "page_size": 1000}))
    assert {name: Decimal(found[name]) for name in ADDITIVE} == sums(rows)
    assert (found["ctr"], found["campaign_id"]) == ("-", "-")
    assert found["result"] == found["conversion"]
    assert "total_metrics" not in report({**asked, "page": 2}).data
    assert "total_metrics" not in report(asked, sandbox=True).data
    by_country = {**asked, "metrics": ["spend"], "dimensions": ["ad_id", "country_code"]}
    assert "enable_total_metrics" in report(by_country).message


def test_order() -> None:
    """Rows can be sorted by a metric, shuffled alike on all pages, or anew on every request."""
    asked = {"order_field": "spend", "metrics": ["spend", "cost_per_conversion"], "page_size": 1000}
    down = [float(row["metrics"]["spend"]) for row in rows_of(report(asked))]
    assert down == sorted(down, reverse=True)
    up = [float(row["metrics"]["spend"]) for row in rows_of(report({**asked, "order_type": "ASC"}))]
    assert up == down[::-1]
    dashes = [
        row["metrics"]["cost_per_conversion"]
        for row in rows_of(report({**asked, "order_field": "cost_per_conversion"}))
    ]
    assert dashes[-1] == "-"
    pages = {
        order: [str(rows_of(report({"page_size": 1000}, report_order=order, call=call))) for call in (1, 2)]
        for order in ("listed", "shuffled", "unstable")
    }
    assert pages["listed"][0] == pages["listed"][1] != pages["shuffled"][0] == pages["shuffled"][1]
    assert pages["unstable"][0] != pages["unstable"][1]


def test_newest_ads_cut() -> None:
    """Beyond the bound only the newest ads count, the header tells, and narrower requests are whole."""
    asked = {"dimensions": ["ad_id"], "metrics": ["campaign_id"], "page_size": 1000, "filtering": ALL_ADS}
    whole = report(asked)
    assert "x-tt-ads-throttle" not in whole.headers
    cut = report(asked, object_cut=10)
    assert cut.headers["x-tt-ads-throttle"]
    assert rows_of(cut) == rows_of(whole)[: len(rows_of(cut))]
    assert len(rows_of(cut)) < len(rows_of(whole))
    campaign = rows_of(whole)[0]["metrics"]["campaign_id"]
    assert (
        "x-tt-ads-throttle"
        not in report({**asked, "filtering": filtered("campaign_ids", campaign)}, object_cut=10).headers
    )
    assert "x-tt-ads-throttle" not in report(asked, object_cut=None).headers


CONFLICTS = [
    {"dimensions": ["campaign_id", "stat_time_day"]},
    {"dimensions": ["ad_id", "ad_id"]},
    {"dimensions": ["ad_id", "ad_id_v2"]},
    {"dimensions": ["ad_id", "stat_time_day", "stat_time_hour"]},
    {"dimensions": ["ad_id", "age"]},
    {"dimensions": ["ad_id", "placement"]},
    {"dimensions": ["ad_id", "country_code", "page_id"]},
    {"dimensions": ["ad_id", "stat_time_hour", "country_code"]},
    {"dimensions": ["ad_id", "search_terms"]},
    {"dimensions": ["advertiser_id", "ad_type"], "data_level": "AUCTION_ADVERTISER"},
    {"dimensions": ["campaign_id", "match_type"], "data_level": "AUCTION_CAMPAIGN"},
    {"dimensions": ["ad_id", "stat_time_day"], "report_type": "AUDIENCE"},
    {"dimensions": ["ad_id", "age", "platform"], "report_type": "AUDIENCE"},
    {"dimensions": ["ad_id", "country_code", "province_id"], "report_type": "AUDIENCE"},
    {"dimensions": ["ad_id", "stat_time_hour", "age"], "report_type": "AUDIENCE"},
    {"dimensions": ["ad_id", "stat_time_day", "interest_category"], "report_type": "AUDIENCE"},
    {"dimensions": ["ad_id", "stat_time_day", "device_brand_id"], "report_type": "AUDIENCE"},
    {"dimensions": ["ad_id_v2"], "metrics": ["ad_id"]},
    {"dimensions": ["ad_id"], "metrics": ["ad_id_v2"]},
    {"dimensions": ["ad_id"], "filtering": filtered("ad_ids_v2", "1")},
    {"dimensions": ["ad_id_v2"], "filtering": filtered("ad_ids", "1")},
]


@pytest.mark.parametrize("changes", CONFLICTS, ids=lambda changes: json.dumps(changes["dimensions"]))
def test_conflicts(changes: dict[str, Any]) -> None:
    """Dimensions that do not go together answer TikTok's one sentence."""
    found = report(changes)
    assert found.code == 40002
    assert found.message == "Conflict occurs. The input params including metrics and dimensions have no relation."


@pytest.mark.parametrize(
    ("changes", "culprits"),
    [
        ({"metrics": ["spend", "nothing", "spent"]}, ["nothing", "spent"]),
        ({"metrics": ["cash_spend"]}, ["cash_spend"]),
        (
            {"metrics": ["voucher_spend"], "data_level": "AUCTION_ADVERTISER", "dimensions": ["advertiser_id"]},
            ["voucher_spend"],
        ),
        ({"metrics": ["ad_name"], "data_level": "AUCTION_ADGROUP", "dimensions": ["adgroup_id"]}, ["ad_name"]),
        ({"metrics": ["campaign_name"], "dimensions": ["country_code"]}, ["campaign_name"]),
        ({"metrics": ["skan_conversion"], "dimensions": ["ad_id", "country_code"]}, ["skan_conversion"]),
        ({"metrics": ["paid_engaged_view"], "dimensions": ["ad_id", "country_code"]}, ["paid_engaged_view"]),
        (
            {"metrics": ["paid_engaged_view"], "dimensions": ["ad_id", "stat_time_hour"], "start_date": "2026-03-10"},
            ["paid_engaged_view"],
        ),
        ({"metrics": ["single_image_ctr"]}, ["single_image_ctr"]),
        ({"metrics": ["rf_campaign_type"]}, ["rf_campaign_type"]),
        ({**AUDIENCE, "metrics": ["behavior_name"]}, ["behavior_name"]),
        ({**AUDIENCE, "metrics": ["complete_payment", "spend"]}, ["complete_payment"]),
        ({**AUDIENCE, "metrics": ["reach"]}, ["reach"]),
        ({**AUDIENCE, "metrics": ["average_video_play_per_user"]}, ["average_video_play_per_user"]),
    ],
)
def test_invalid_metrics(changes: dict[str, Any], culprits: list[str]) -> None:
    """One illegal metric spoils the request, and the message names all of them."""
    found = report(changes)
    assert (found.code, found.message) == (40002, f"Invalid metric fields: {culprits}")


def test_metrics_by_switch() -> None:
    """Disputed metrics are refused or taken, as switched."""
    country = {"dimensions": ["ad_id", "country_code"], "metrics": ["skan_conversion"]}
    assert report(country, country_metrics_strict=False).code == 0
    reach = {**AUDIENCE, "dimensions": ["ad_id", "country_code"], "metrics": ["reach", "frequency"]}
    assert report(reach, audience_reach=True).code == 0
    video = {**AUDIENCE, "metrics": ["likes", "video_play_actions"]}
    assert report(video).code == 0
    assert report(video, audience_video_everywhere=False).code == 40002
    assert report({**video, "dimensions": ["ad_id", "country_code"]}, audience_video_everywhere=False).code == 0
    hourly = {"dimensions": ["ad_id", "stat_time_hour", "country_code"], "start_date": "2026-03-10"}
    assert report(hourly, country_by_hour=True).code == 0
    placed = {**AUDIENCE, "dimensions": ["ad_id", "placement"], "metrics": ["average_video_play_per_user"]}
    assert report(placed).code == 0
    assert report({"dimensions": ["ad_id", "image_id"], "metrics": ["single_image_ctr"]}).code == 0
    days = {
        "data_level": "AUCTION_ADVERTISER",
        "dimensions": ["advertiser_id", "stat_time_day"],
        "metrics": ["cash_spend"],
    }
    assert report(days).code == 0
    names = [name for name, metric in METRICS.items() if not metric.attribute and "B" in metric.reports]
    plenty = [name for name in names if "V" in metric_levels(name)][:101]
    assert report({"metrics": plenty}).code == 40002
    assert report({"metrics": [*plenty[:99], plenty[0]]}).code in (0, 40002)
    both = {"filtering": filtered("buying_type", "AUCTION", "RESERVATION_TOP_VIEW")}
    assert report(both).code == 40002
    assert report(both, topview_with_other_buying_types=True).code == 0


def metric_levels(name: str) -> str:
    """The levels a metric is legal at."""
    return METRICS[name].levels


def test_every_basic_metric_can_be_read() -> None:
    """Each of the documented metrics of an ad is legal by day, and its value is a text."""
    needs = {"single_image_impressions", "single_image_impression_rate", "single_image_ctr", "ad_id_v2"}
    names = [n for n, m in METRICS.items() if "B" in m.reports and "A" in m.levels and n not in needs]
    for start in range(0, len(names), 100):
        for row in rows_of(report({"metrics": names[start : start + 100], "page_size": 3})):
            assert all(isinstance(value, str) and value for value in row["metrics"].values())


def test_query_budget() -> None:
    """A request too large for the bound answers 40067; a day of it passes; lifetime has no such bound."""
    assert report(query_budget=39).code == 40067
    assert report(query_budget=40).code == 0
    assert report({"start_date": "2026-03-10"}, query_budget=5).code == 0
    assert report({"query_lifetime": "true", "dimensions": ["ad_id"]}, query_budget=1).code == 0


ONE_FILTER = {"field_name": "ad_status", "filter_type": "IN", "filter_value": '["STATUS_ALL"]'}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"filters": []}, "filters"),
        ({"advertiser_ids": [FIRST]}, "not part of the simulation"),
        ({"service_type": "RESERVATION"}, "service_type"),
        ({"query_mode": "CHUNK"}, "query_mode"),
        ({"report_type": "GMV_MAX"}, "report_type"),
        ({"report_type": None}, "report_type"),
        ({"data_level": "AD"}, "data_level"),
        ({"query_lifetime": "no"}, "query_lifetime"),
        ({"dimensions": None}, "dimensions"),
        ({"dimensions": []}, "dimensions"),
        ({"dimensions": "ad_id"}, "array"),
        ({"dimensions": ["ad_id", "week"]}, "week"),
        ({"dimensions": ["ad_id", "stat_time_day", "age", "gender", "ac"]}, "between 1 and 4"),
        ({"metrics": [1]}, "metrics"),
        ({"start_date": None}, "start_date"),
        ({"start_date": "2026-3-01"}, "start_date"),
        ({"start_date": "2026-02-30"}, "start_date"),
        ({"start_date": "2026-03-11"}, "later than"),
        ({"start_date": "2026-02-08"}, "30 days"),
        ({"dimensions": ["ad_id", "stat_time_hour"]}, "1 days"),
        ({"dimensions": ["ad_id"], "start_date": "2025-03-10"}, "365 days"),
        ({"page_size": 1001}, "page_size"),
        ({"order_field": "ad_name"}, "order_field"),
        ({"order_field": "clicks"}, "order_field"),
        ({"order_type": "UP"}, "order_type"),
        ({"filtering": {}}, "array"),
        ({"filtering": [{"field_name": "ad_status", "filter_type": "IN"}]}, "field_name"),
        ({"filtering": [{**ONE_FILTER, "field_name": "country_code"}]}, "country_code is not supported"),
        ({"filtering": [{**ONE_FILTER, "filter_type": "IS"}]}, "filter_type"),
        ({"filtering": [{**ONE_FILTER, "filter_type": "NOT_IN"}]}, "takes IN"),
        ({"filtering": [{**ONE_FILTER, "filter_value": ["STATUS_ALL"]}]}, "filter_value"),
        ({"filtering": [{**ONE_FILTER, "filter_value": "STATUS_ALL"}]}, "array"),
        ({"filtering": [{**ONE_FILTER, "filter_value": "[]"}]}, "empty"),
        ({"filtering": [{**ONE_FILTER, "filter_value": '["ALL"]'}]}, "ad_status"),
        ({"filtering": filtered("buying_type", "CPM")}, "buying_type"),
        ({"data_level": "AUCTION_CAMPAIGN", "dimensions": ["campaign_id"], "filtering": ALL_ADS}, "ad_status"),
        (
            {"data_level": "AUCTION_CAMPAIGN", "dimensions": ["campaign_id"], "filtering": filtered("ad_ids", "1")},
            "ad_ids",
        ),
    ],
)
def test_reports_are_strict(changes: dict[str, Any], message: str) -> None:
    """Whatever is not documented is refused with 40002, and the message names it."""
    found = report(changes)
    assert found.code == 40002
    assert message in found.message


def test_report_accepts_what_peers_send() -> None:
    """White space in lists, the ignored old name of query_lifetime and a metric sent twice are fine."""
    assert (
        report(
            {"lifetime": "false", "dimensions": '[\n "ad_id",\n "stat_time_day"]', "metrics": ["spend", "spend"]}
        ).code
        == 0
    )
    assert rows_of(report({"metrics": None}))[0]["metrics"].keys() == {"spend", "impressions"}
    assert report({"start_date": "2026-02-09"}).code == 0
    assert report({"filtering": filtered("ad_ids", *map(str, range(101)))}).code == 40011
    assert report({"start_date": "2027-01-01", "end_date": "2027-01-02"}).data["page_info"]["total_page"] == 0


# ---------------------------------------------------------------------------------------------------- control


def control(http: requests.Session, simulator: Simulator, what: str, body: Any = None) -> Any:
    """What a control path answers; POST with a body, else GET."""
    address = f"{simulator.url}/_simulator/{what}"
    found = http.get(address) if body is None else http.post(address, json=body)
    assert found.status_code == 200, found.text
    return found.json()


def test_control_paths(simulator: Simulator, http: requests.Session) -> None:
    """Clock, switches, faults and credentials can be moved from outside, and all of it taken back."""
    assert control(http, simulator, "clock", {"now": "2026-03-11T00:00:00Z"}) == {"now": "2026-03-11T00:00:00+00:00"}
    assert control(http, simulator, "clock", {"now": "2026-03-11T00:00:00"}) == {"now": "2026-03-11T00:00:00+00:00"}
    control(http, simulator, "clock", {"advance_hours": 24})
    assert simulator.clock.now == datetime(2026, 3, 12, tzinfo=timezone.utc)
    assert control(http, simulator, "switches", {"zero_rows": False})["zero_rows"] is False
    control(http, simulator, "faults", [{"kind": "busy", "times": 1}])
    assert http.get(url(simulator, "user/info")).json()["code"] == 40100
    assert control(http, simulator, "faults") == {"any": True}
    assert http.delete(f"{simulator.url}/_simulator/faults").json() == {"any": False}
    told = control(http, simulator, "world")
    assert told["advertiser_ids"] == list(WORLD.advertiser_ids)
    control(http, simulator, "access", {"forbid": [FIRST], "revoke": [SANDBOX_TOKEN]})
    assert http.get(url(simulator, "ad/get"), params={"advertiser_id": FIRST}).json()["code"] == 40001
    control(http, simulator, "reset", {})
    assert (simulator.clock.now, simulator.switches, simulator.requests) == (START, Switches(), [])
    assert http.get(url(simulator, "ad/get"), params={"advertiser_id": FIRST}).json()["code"] == 0


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("nothing", {}),
        ("switches", {"no_such": 1}),
        ("faults", {"kind": "fire"}),
        ("faults", {"kind": "code", "when": 1}),
    ],
)
def test_control_paths_are_strict(simulator: Simulator, http: requests.Session, what: str, body: Any) -> None:
    """A command that does not exist is an error, not silence."""
    assert http.post(f"{simulator.url}/_simulator/{what}", json=body).status_code == 400


def test_truth_over_http(simulator: Simulator, http: requests.Session) -> None:
    """The truth of any list or report can be asked from outside, whatever the faults and the cut."""
    simulator.faults.add("code")
    simulator.switches.object_cut = 3
    query = {name: written(value) for name, value in BASIC.items()} | {"filtering": ALL_ADS}
    found = http.get(f"{simulator.url}/_simulator/truth/report/integrated/get", params=query).json()["rows"]
    metrics = ["spend", "impressions"]
    assert found == truth_report(
        *(
            simulator.world,
            FIRST,
            "AUCTION_AD",
            ["ad_id", "stat_time_day"],
            metrics,
            date(2026, 3, 1),
            date(2026, 3, 10),
        ),
        clock=START,
    )
    query |= {"report_type": "AUDIENCE", "dimensions": '["ad_id", "stat_time_day", "age", "gender"]'}
    long = simulator.truth("report/integrated/get", {name: [value] for name, value in query.items()})
    assert len(long) > 1000
    assert len({json.dumps(row["dimensions"]) for row in long}) == len(long)
    assert simulator.truth("advertiser/info", {"advertiser_ids": [json.dumps([FIRST])]})[0]["advertiser_id"] == FIRST
    wrong = http.get(f"{simulator.url}/_simulator/truth/ad/get", params={"advertiser_id": "1"})
    assert "No permission" in wrong.json()["error"]


# ---------------------------------------------------------------------------------------------------- faults


def probe(simulator: Simulator, http: requests.Session, **query: Any) -> Any:
    """The answer to a list request of two pages."""
    found = http.get(url(simulator, "ad/get"), params={"advertiser_id": FIRST, "page_size": 10, **query}, timeout=5)
    return found.json()


def test_fault_conditions(simulator: Simulator, http: requests.Session) -> None:
    """Rules pick requests by path, account, page, text, number, rhythm, chance and first sight."""
    faults = simulator.faults

    def codes(count: int, **query: Any) -> list[int]:
        found = [probe(simulator, http, **query)["code"] for _ in range(count)]
        faults.clear()
        return found

    faults.add("code", path="campaign/get")
    assert codes(1) == [0]
    faults.add("code", path="ad/get/", advertiser_id=FIRST, code=50002)
    assert codes(1) == [50002]
    faults.add("code", advertiser_id=US)
    assert codes(1) == [0]
    rule = faults.add("code", page=2)
    assert [probe(simulator, http, page=page)["code"] for page in (1, 2, 3)] == [0, 50000, 0]
    assert faults.fired(rule) == 1
    faults.clear()
    faults.add("code", params={"filtering": "STATUS_ALL"})
    assert codes(1, filtering='{"primary_status":"STATUS_ALL"}') == [50000]
    faults.add("code", nth=[2, 3])
    assert codes(4) == [0, 50000, 50000, 0]
    faults.add("code", every=2)
    assert codes(4) == [0, 50000, 0, 50000]
    faults.add("code", probability=0.5, seed=3)
    drawn = codes(40)
    assert 10 < drawn.count(50000) < 30
    faults.add("code", probability=0.5, seed=3)
    assert codes(40) == drawn
    faults.add("code", once_per_request=True)
    assert [probe(simulator, http, page=page)["code"] for page in (1, 1, 2, 2)] == [50000, 0, 50000, 0]
    faults.clear()
    faults.add("code", times=2)
    assert codes(3) == [50000, 50000, 0]


def test_faults_of_the_answer(simulator: Simulator, http: requests.Session) -> None:
    """Codes, wordings, refused metrics, missing data and wrong totals replace the answer."""
    faults = simulator.faults
    for kind, text in (("qps", "QPS limit 10"), ("restricted", "temporarily restricted"), ("busy", "this developer")):
        faults.add(kind, times=1)
        found = probe(simulator, http)
        assert (found["code"], text in found["message"]) == (40100, True)
    faults.clear()
    faults.add("metrics", names=["spend", "reach"])
    asked = {name: written(value) for name, value in BASIC.items()}
    found = http.get(url(simulator, "report/integrated/get"), params=asked).json()
    assert found["message"] == "Invalid metric fields: ['spend']"
    asked["metrics"] = '["clicks"]'
    assert http.get(url(simulator, "report/integrated/get"), params=asked).json()["code"] == 0
    faults.clear()
    faults.add("data_null", times=1)
    assert probe(simulator, http)["data"] is None
    faults.add("in_part", rows=2, times=1)
    found = probe(simulator, http)
    assert (found["code"], len(found["data"]["list"]), found["data"]["page_info"]["total_number"]) == (20001, 8, 15)
    faults.add("in_part", times=1)
    assert http.get(url(simulator, "user/info")).json()["code"] == 20001
    faults.add("no_page_info", times=1)
    assert set(probe(simulator, http)["data"]) == {"list"}
    faults.add("total_number", rows=3, times=1)
    assert probe(simulator, http)["data"]["page_info"]["total_number"] == 18
    faults.add("short", rows=2, times=1)
    assert len(probe(simulator, http)["data"]["list"]) == 8
    faults.add("repeat", rows=2, times=1)
    assert len(probe(simulator, http)["data"]["list"]) == 12
    faults.add("short", times=1)
    assert http.get(url(simulator, "user/info")).json()["data"]["core_user_id"]
    faults.add("throttle", times=1)
    assert http.get(url(simulator, "ad/get"), params={"advertiser_id": FIRST}).headers["x-tt-ads-throttle"]


@pytest.mark.parametrize(("rows", "lost", "doubled"), [(1, 0, 1), (-1, 1, 0)])
def test_rows_shift_between_pages(
    simulator: Simulator, http: requests.Session, rows: int, lost: int, doubled: int
) -> None:
    """A row that appears pushes one over the page's edge (seen twice), a row that goes pulls one back (not seen)."""
    before = [row["ad_id"] for page in (1, 2) for row in probe(simulator, http, page=page)["data"]["list"]]
    simulator.faults.add("shift", rows=rows, page=2)
    after = [row["ad_id"] for page in (1, 2) for row in probe(simulator, http, page=page)["data"]["list"]]
    missing = set(before) - set(after)
    assert len(missing) == lost
    assert len(after) - len(set(after)) == doubled
    assert len(after) == len(before) + doubled - lost
    simulator.faults.clear()
    simulator.faults.add("shift", rows=1, page=1)
    assert probe(simulator, http, page=1)["data"]["list"][0]["ad_id"] == before[0]


def test_faults_of_the_wire(simulator: Simulator, http: requests.Session) -> None:
    """Bad gateways, HTML, cut, damaged, empty and late bodies, resets and hanging reach the client as such."""
    faults = simulator.faults
    address, asked = url(simulator, "ad/get"), {"advertiser_id": FIRST}

    def once(kind: str, **fields: Any) -> requests.Response:
        faults.clear()
        faults.add(kind, times=1, **fields)
        return http.get(address, params=asked, timeout=5)

    assert once("http", http=504).status_code == 504
    assert once("html").text.startswith("<html>")
    assert once("empty").content == b""
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        once("cut")
    with pytest.raises(requests.exceptions.ContentDecodingError):
        once("broken_gzip")
    with pytest.raises(requests.ConnectionError):
        once("reset")
    with pytest.raises(requests.ConnectionError):
        once("hang", seconds=0.01)
    assert once("drip", seconds=0.02).json()["code"] == 0
    assert once("delay", seconds=0.01).json()["code"] == 0
    assert once("replace", find='"code":0', put='"code":7').json()["code"] == 7
    faults.add("http", times=1)
    faults.add("html", times=1)
    assert http.get(address, params=asked).status_code == 502


def test_a_stop_ends_waiting(http: requests.Session) -> None:
    """A hanging answer does not outlive the simulator."""
    with Simulator() as simulator:
        simulator.faults.add("hang", seconds=3600)
        with pytest.raises(requests.RequestException):
            http.get(url(simulator, "user/info"), timeout=0.05)


def test_limits() -> None:
    """Requests beyond the second's limit are told so; a breach of the minute's locks out for a while."""
    limits, switches = Limits(), Switches(qps_limit=2)
    assert [limits.refuse(0.1 * n, switches) for n in range(2)] == ["", ""]
    assert "reaches the QPS limit 2, current QPS is 3" in limits.refuse(0.3, switches)
    assert limits.refuse(1.5, switches) == ""
    limits, switches = Limits(), Switches(qpm_limit=3, lockout_seconds=100)
    assert [bool(limits.refuse(10.0 * n, switches)) for n in range(4)] == [False, False, False, True]
    assert "temporarily restricted" in limits.refuse(129, switches)
    assert limits.refuse(200, switches) == ""
    assert Limits().refuse(0, Switches()) == ""


def test_limits_over_http(simulator: Simulator, http: requests.Session) -> None:
    """The limit holds for all endpoints together."""
    simulator.switches.qps_limit = 3
    codes = [http.get(url(simulator, "user/info")).json()["code"] for _ in range(5)]
    assert codes == [0, 0, 0, 40100, 40100]


# ---------------------------------------------------------------------------------------------------- worlds


def test_worlds_are_equal_or_not() -> None:
    """The same parameters give the same truth; other parameters do not."""

    def ads(world: World) -> list[str]:
        return [row["ad_id"] for row in truth_entities(world, "ad", world.advertiser_ids[0], clock=START)]

    assert ads(World()) == ads(World())
    assert len(ads(World(campaigns=2, specials=False))) == 12
    assert len(World(advertisers=1000).advertiser_ids) == 1000
    for wrong in (truth_entities, truth_report):
        arguments: tuple[Any, ...] = (
            ("ad", "1") if wrong is truth_entities else ("1", "AUCTION_AD", ["ad_id"], [], None, None)
        )
        with pytest.raises(LookupError):
            wrong(WORLD, *arguments, clock=START)  # type: ignore[operator]


def test_large_world_is_lazy() -> None:
    """A page of a report over 25,000 ads costs one page's rendering, and the cut shows."""
    world = World(advertisers=1, campaigns=250, adgroups_per=10, ads_per=10, specials=False)
    tiktok = TikTok(world, Access(world), Switches())
    one_day = {"start_date": "2026-03-09", "end_date": "2026-03-09", "filtering": ALL_ADS, "page_size": 10}
    found = report(one_day, tiktok=tiktok)
    assert found.headers == {"x-tt-ads-throttle": "1"}
    uncut = TikTok(world, Access(world), Switches(object_cut=None))
    assert report(one_day, tiktok=uncut).data["page_info"]["total_number"] > found.data["page_info"]["total_number"]
    every = {"advertiser_id": FIRST, "filtering": {"primary_status": "STATUS_ALL"}}
    assert ask("ad/get", every, tiktok=tiktok).data["page_info"]["total_number"] == 25_000


def test_bench_world_has_so_many_rows() -> None:
    """The benchmark's world holds the wanted rows: every ad on every day, in four accounts."""
    world = bench_world("rows=12000")
    counts = [
        len(Rowset(bench_query(advertiser_id), world, world.start_epoch, Switches()))
        for advertiser_id in world.advertiser_ids
    ]
    assert counts == [3000] * 4


def bench_query(advertiser_id: str) -> ReportQuery:
    """January 2026 by ad and day."""
    days = date(2026, 1, 1).toordinal(), date(2026, 1, 30).toordinal()
    return ReportQuery(advertiser_id, "BASIC", "AUCTION_AD", ("ad_id", "stat_time_day"), ("spend",), *days)


def test_pages_are_cached_for_benchmarks() -> None:
    """A cached page is the same bytes again, still logged, and faults or a moved clock bypass it."""
    asked = {name: written(value) for name, value in BASIC.items()}
    with Simulator(cache_pages=True) as simulator, urllib3.PoolManager() as pool:
        address = url(simulator, "report/integrated/get")
        headers = {"Access-Token": TOKEN, "Accept-Encoding": "gzip"}

        def page() -> bytes:
            return pool.request("GET", address, fields=asked, headers=headers, decode_content=False).data

        first = page()
        assert page() == first
        assert [entry["path"] for entry in simulator.requests] == ["report/integrated/get"] * 2
        simulator.clock.advance(minutes=1, seconds=1)
        assert page() != first
        simulator.faults.add("code", times=1)
        assert page() != first
        pool.request("GET", url(simulator, "user/info"), headers=headers)
        assert len(simulator.cache) == 2


def test_command_line(tmp_path: Any) -> None:
    """A scenario file sets world, switches, faults and clock; --bench and --latency-ms do what they say."""
    scenario = tmp_path / "scenario.json"
    scenario.write_text(
        json.dumps(
            {
                "world": {"advertisers": 2, "history_start": "2026-01-01", "start": "2026-02-01T00:00:00Z"},
                "switches": {"zero_rows": False},
                "faults": [{"kind": "busy"}],
                "now": "2026-02-02T00:00:00",
            }
        )
    )
    simulator = simulator_from(parser().parse_args(["--scenario", str(scenario), "--latency-ms", "7"]))
    assert simulator.world == World(
        advertisers=2, history_start=date(2026, 1, 1), start=datetime(2026, 2, 1, tzinfo=timezone.utc)
    )
    assert (simulator.switches.zero_rows, simulator.switches.latency_ms, bool(simulator.faults)) == (False, 7, True)
    assert simulator.clock.now == datetime(2026, 2, 2, tzinfo=timezone.utc)
    bench = simulator_from(parser().parse_args(["--bench", "rows=6000"]))
    assert (bench.world.steady, bench.cache_pages) == (True, True)
    assert world_from({}) == World()


def test_rules_and_clock_stand_alone() -> None:
    """A rule of no known kind is refused; a clock can be set to any zone's time."""
    with pytest.raises(ValueError, match="no fault"):
        Rule("fire")
    clock = Clock()
    clock.set(datetime(2026, 3, 10, 13, 0, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now == START
    clock.advance(days=1, hours=-24)
    assert clock.now == START


def test_old_days_stay_as_they_were() -> None:
    """What is older than the look-back never changes, though entities are created, modified and deleted meanwhile."""
    asked = ("AUCTION_AD", ["ad_id", "stat_time_day"], ADDITIVE, date(2025, 12, 1), date(2026, 2, 9))
    for advertiser_id in WORLD.advertiser_ids:
        first, second = (
            truth_report(WORLD, advertiser_id, *asked, clock=START + timedelta(days=days)) for days in (0, 40)
        )
        assert first == second != []


def test_accounts_can_be_shaped() -> None:
    """Accounts may have given names, and may live in a fixed offset without display_timezone."""
    world = World(names=("Shop", "Shop"), fixed_zones=True)
    rows = truth_advertisers(world, clock=START)
    assert [row["name"] for row in rows[:3]] == ["Shop", "Shop", "Account 3 US"]
    assert [(row["timezone"], row["display_timezone"]) for row in rows[:3]] == [
        ("Etc/GMT-13", None),
        ("Etc/GMT-5", None),
        ("Etc/GMT+7", None),
    ]


def test_command_serves_until_told_to_stop(capsys: pytest.CaptureFixture[str]) -> None:
    """The first line is the address of a running TikTok; SIGTERM ends it cleanly."""
    codes: list[int] = []

    def visit() -> None:
        address = ""
        while not address:
            threading.Event().wait(0.01)
            address = capsys.readouterr().out.strip()
        codes.append(
            requests.get(f"{address}{PREFIX}user/info/", headers={"Access-Token": TOKEN}, timeout=5).json()["code"]
        )
        os.kill(os.getpid(), signal.SIGTERM)

    visitor = threading.Thread(target=visit)
    visitor.start()
    assert main([]) == 0
    visitor.join()
    assert codes == [0]
