"""The simulated lists: strict about every request, exact in their pages, moved by the clock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from . import expected_lists
from .simulator import APP_ID, SECRET, TOKEN, Simulator, Switches, World
from .simulator.assets import business_centers
from .simulator.endpoints import PREFIX, Answer, Request
from .simulator.list_facts import FACTS, LISTS, Param
from .simulator.listed import SOURCES
from .simulator.listed.creators import ACCOUNTS
from .simulator.lists import PAGED_LISTS, rows_of

WORLD = World(advertisers=3, campaigns=4, adgroups_per=2, ads_per=2, history_start=date(2026, 1, 10))
FIRST = WORLD.advertiser_ids[0]
CENTER = business_centers(WORLD)[0].bc_id
SPAN = {"start_date": "2026-02-20", "end_date": "2026-03-10"}
DAYS = {"start_time": "2025-12-01", "end_time": "2026-03-10"}
PARAMS = [(path, name) for path, facts in LISTS.items() for name in facts.params]
LISTED = [(path, name) for path, name in PARAMS if LISTS[path].params[name].type.startswith("array")]


@pytest.fixture
def simulator() -> Simulator:
    """A world of three accounts whose signed addresses hold still; nothing listens."""
    return Simulator(WORLD, Switches(signed_urls=False))


def ask(simulator: Simulator, path: str, query: Mapping[str, Any], token: str = TOKEN) -> Answer:
    """TikTok's answer; what is no text travels as JSON."""
    sent = {name: [value if isinstance(value, str) else json.dumps(value)] for name, value in query.items()}
    told = {name: sent.pop(name)[0] for name in (SOURCES[path].headers if path in SOURCES else ()) if name in sent}
    headers = {"access-token": token, **{name.lower(): value for name, value in told.items()}}
    return simulator.ask(Request("GET", f"{PREFIX}{path}/", headers, sent))


def rows(simulator: Simulator, path: str, query: Mapping[str, Any]) -> list[Any]:
    """The rows of an answer that must be fine."""
    found = ask(simulator, path, query)
    assert (found.code, found.message) == (0, "OK")
    return rows_of(found.data, path)


def legal(simulator: Simulator, path: str) -> dict[str, Any]:
    """A request for the first account, or the first Business Center, with all that the endpoint requires."""
    params = LISTS[path].params
    query: dict[str, Any] = {"advertiser_id": FIRST} if "advertiser_id" in params else {}
    if "bc_id" in params and params["bc_id"].required:
        query["bc_id"] = CENTER
    return query | REQUIRED.get(path, lambda _: {})(simulator)


def adgroups(simulator: Simulator) -> list[Any]:
    """The ad groups of the first account."""
    return rows(simulator, "adgroup/get", {"advertiser_id": FIRST, "page_size": 1000})


def an_identity(simulator: Simulator) -> dict[str, Any]:
    """An identity with many posts."""
    found = rows(simulator, "identity/get", {"advertiser_id": FIRST, "identity_type": "TT_USER"})[0]
    return {name: found[name] for name in ("identity_id", "identity_type")}


def ids_of(simulator: Simulator, path: str, name: str) -> list[str]:
    """The ids in the first rows of a list of the first account."""
    return [row[name] for row in rows(simulator, path, {"advertiser_id": FIRST}) if row.get(name)]


def some_pixels(simulator: Simulator) -> dict[str, Any]:
    """What asks for the statistics of four pixels."""
    found = rows(simulator, "pixel/list", {"advertiser_id": FIRST, "page_size": 4})
    return {"pixel_ids": [row["pixel_id"] for row in found], "date_range": SPAN}


def an_object_with_keywords(simulator: Simulator) -> dict[str, Any]:
    """What asks for the negative keywords of an ad group that has some."""
    path = "search_ad/negative_keyword/get"
    asked = [{"object_type": "ADGROUP", "object_id": row["adgroup_id"]} for row in adgroups(simulator)]
    return next(query for query in asked if rows(simulator, path, {"advertiser_id": FIRST, **query}))


def an_ad_that_ran(simulator: Simulator) -> dict[str, Any]:
    """What asks for the fatigue of an ad that ran last month."""
    today = simulator.clock.now.date()
    span = {"start_date": str(today - timedelta(days=40)), "end_date": str(today - timedelta(days=1))}
    asked = [{"ad_id": id, "filtering": span} for id in ids_of(simulator, "ad/get", "ad_id")]
    return next(query for query in asked if rows(simulator, "creative_fatigue/get", {"advertiser_id": FIRST, **query}))


def a_catalog(simulator: Simulator) -> dict[str, Any]:
    """A catalog of the first Business Center."""
    return {"catalog_id": rows(simulator, "catalog/get", {"bc_id": CENTER})[0]["catalog_id"]}


def a_shop(simulator: Simulator) -> dict[str, Any]:
    """A shop of the first account, with the Business Center that it is asked about through."""
    shop = rows(simulator, "gmv_max/store/list", {"advertiser_id": FIRST})[-1]
    return {name: shop[name] for name in ("store_id", "store_authorized_bc_id")}


def a_creator_campaign(simulator: Simulator) -> dict[str, Any]:
    """What asks for the videos of a Creator Marketplace campaign in its only country."""
    account = {"tto_tcm_account_id": ACCOUNTS[0]}
    found = next(row for row in rows(simulator, "tto/tcm/campaign", account) if len(row["country_codes"]) == 1)
    return {**account, "campaign_id": found["campaign_id"], "Country-Code": found["country_codes"][0]}


def a_gmv_max_campaign(simulator: Simulator) -> dict[str, Any]:
    """A GMV Max campaign for products."""
    filtering = {"gmv_max_promotion_types": ["PRODUCT_GMV_MAX"]}
    found = rows(simulator, "gmv_max/campaign/get", {"advertiser_id": FIRST, "filtering": filtering})
    return {"campaign_id": found[0]["campaign_id"]}


REQUIRED: Mapping[str, Any] = {
    "tto/oauth2/tcm": lambda _: {"app_id": APP_ID, "secret": SECRET},
    "tto/tcm/campaign": lambda _: {"tto_tcm_account_id": ACCOUNTS[0]},
    "tto/tcm/report": a_creator_campaign,
    "campaign/gmv_max/info": a_gmv_max_campaign,
    "campaign/gmv_max/session/list": a_gmv_max_campaign,
    "gmv_max/identity/get": a_shop,
    "gmv_max/video/get": lambda simulator: {**a_shop(simulator), "need_auth_code_video": True},
    "gmv_max/exclusive_authorization/get": a_shop,
    "smart_plus/ad/review_info": lambda simulator: {
        "smart_plus_ad_ids": ids_of(simulator, "smart_plus/ad/get", "smart_plus_ad_id"),
        "lang": "en",
    },
    "bc/asset/get": lambda _: {"asset_type": "ADVERTISER"},
    "bc/asset/admin/get": lambda _: {"asset_type": "ADVERTISER"},
    "file/image/ad/info": lambda simulator: {"image_ids": ids_of(simulator, "file/image/ad/search", "image_id")},
    "file/video/ad/info": lambda simulator: {"video_ids": ids_of(simulator, "file/video/ad/search", "video_id")},
    "creative/portfolio/get": lambda simulator: {
        "creative_portfolio_id": next(filter(None, ids_of(simulator, "ad/get", "call_to_action_id")))
    },
    "split_test/result/get": lambda simulator: {
        "split_test_group_id": next(
            row["split_test_group_id"] for row in adgroups(simulator) if row.get("split_test_group_id")
        )
    },
    "identity/video/get": an_identity,
    "comment/list": lambda simulator: {
        "search_field": "ADGROUP_ID",
        "search_value": adgroups(simulator)[0]["adgroup_id"],
        **DAYS,
    },
    "pixel/event/stats": some_pixels,
    "pixel/instant_page/event": lambda _: {"objective_type": "WEB_CONVERSIONS", "optimization_goal": "CONVERT"},
    "catalog/set/get": a_catalog,
    "gmv_max/campaign/get": lambda _: {"filtering": {"gmv_max_promotion_types": ["PRODUCT_GMV_MAX"]}},
    "bc/invoice/get": lambda _: {"invoice_types": ["RECON", "CREDIT"]},
    "catalog/product/get": a_catalog,
    "catalog/feed/get": a_catalog,
    "catalog/overview": a_catalog,
    "catalog/eventsource_bind/get": a_catalog,
    "diagnostic/catalog": a_catalog,
    "store/product/get": lambda simulator: {
        "store_id": rows(simulator, "gmv_max/store/list", {"advertiser_id": FIRST})[0]["store_id"]
    },
    "custom_conversion/list": lambda simulator: {
        "event_source_type": "PIXEL",
        "event_source_id": rows(simulator, "pixel/list", {"advertiser_id": FIRST})[0]["pixel_id"],
    },
    "bc/account/budget/changelog/get": lambda _: {"filtering": {"start_date": "2026-01-01", "end_date": "2026-02-28"}},
    "report/video_performance/get": lambda simulator: {
        "report_type": "VIDEO",
        "filtering": {"material_ids": ids_of(simulator, "file/video/ad/search", "material_id")[:1]},
    },
    "report/ad_benchmark/get": lambda simulator: {
        "dimensions": ["LOCATION", "AD_CATEGORY", "EXTERNAL_ACTION", "PLACEMENT"],
        "filtering": {"ad_ids": ids_of(simulator, "ad/get", "ad_id")},
    },
    "creative_fatigue/get": an_ad_that_ran,
    "catalog/feed/log": lambda simulator: {
        **a_catalog(simulator),
        "feed_id": rows(simulator, "catalog/feed/get", {"bc_id": CENTER, **a_catalog(simulator)})[-1]["feed_id"],
    },
    "catalog/video/get": a_catalog,
    "bc/partner/asset/get": lambda simulator: {
        "partner_id": rows(simulator, "bc/partner/get", {"bc_id": CENTER})[0]["bc_id"],
        "asset_type": "CATALOG",
        "share_type": "SHARED",
    },
    "bc/pixel/link/get": lambda simulator: {
        "pixel_code": rows(simulator, "bc/asset/admin/get", {"bc_id": CENTER, "asset_type": "PIXEL"})[0]["pixel_code"]
    },
    "ad/review_info": lambda simulator: {
        "ad_ids": [row["ad_id"] for row in rows(simulator, "ad/get", {"advertiser_id": FIRST, "page_size": 100})]
    },
    "adgroup/review_info": lambda simulator: {"adgroup_ids": [row["adgroup_id"] for row in adgroups(simulator)[:20]]},
    "search_ad/negative_keyword/get": an_object_with_keywords,
    "dmp/custom_audience/get": lambda simulator: {
        "custom_audience_ids": [
            row["audience_id"] for row in rows(simulator, "dmp/custom_audience/list", {"advertiser_id": FIRST})
        ]
    },
}


@pytest.mark.parametrize("path", LISTS)
def test_a_legal_request_is_answered(simulator: Simulator, path: str) -> None:
    """What is required is enough, rows come, and no column is one that TikTok does not document."""
    found = rows(simulator, path, legal(simulator, path))
    assert found
    assert {name for row in found for name in row} <= set(LISTS[path].columns)


@pytest.mark.parametrize("path", LISTS)
def test_unknown_parameters_are_refused(simulator: Simulator, path: str) -> None:
    """A parameter that is not documented, and one given twice, get 40002."""
    found = ask(simulator, path, {**legal(simulator, path), "filters": "[]"})
    assert (found.code, found.message) == (40002, "filters: Unknown parameter.")


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, name in PARAMS if LISTS[path].params[name].required])
def test_required_parameters_are_missed(simulator: Simulator, path: str, name: str) -> None:
    """Without what is required a request gets 40002, which names it."""
    query = legal(simulator, path)
    del query[name]
    found = ask(simulator, path, query)
    assert (found.code, found.message) == (40002, f"{name}: Missing data for required field.")


@pytest.mark.parametrize(("path", "name"), LISTED)
def test_lists_must_be_arrays(simulator: Simulator, path: str, name: str) -> None:
    """A bare value in place of a list gets 40002."""
    found = ask(simulator, path, {**legal(simulator, path), name: "7000000000000000001"})
    assert (found.code, found.message) == (40002, f"{name}: Field must be set to array.")


@pytest.mark.parametrize("path", [path for path, name in PARAMS if name == "filtering"])
def test_filters_are_checked(simulator: Simulator, path: str) -> None:
    """An unknown field of a filter, a value of another type and a filter that is no object get 40002."""
    query = legal(simulator, path)
    usual = query.get("filtering", {})
    unknown = ask(simulator, path, {**query, "filtering": {**usual, "modified_since": "2026-01-01 00:00:00"}})
    assert (unknown.code, unknown.message) == (40002, "filtering: Unknown field modified_since.")
    assert ask(simulator, path, {**query, "filtering": "[]"}).message == "filtering: Field must be set to object."
    fields = LISTS[path].params["filtering"].fields
    assert fields
    for name, spec in fields.items():
        found = ask(simulator, path, {**query, "filtering": {**usual, name: {"wrong": spec.type}}})
        assert (found.code, name in found.message) == (40002, True)


@pytest.mark.parametrize("path", PAGED_LISTS)
def test_pages_are_no_larger_than_documented(simulator: Simulator, path: str) -> None:
    """The largest page is taken, a larger one, none and a page before the first get 40002."""
    query = legal(simulator, path)
    largest = LISTS[path].largest
    assert ask(simulator, path, {**query, "page_size": str(largest)}).code == 0
    for wrong in ({"page_size": str(largest + 1)}, {"page_size": "0"}, {"page": "0"}, {"page": "first"}):
        assert ask(simulator, path, {**query, **wrong}).code == 40002


@pytest.mark.parametrize("path", PAGED_LISTS)
def test_pages_hold_every_row_once(simulator: Simulator, path: str) -> None:
    """Pages of two rows together are the list, and page_info says how many there are; beyond the end there is none."""
    query = legal(simulator, path)
    whole = simulator.truth(path, {name: [v if isinstance(v, str) else json.dumps(v)] for name, v in query.items()})
    found: list[Any] = []
    for page in range(1, -(-len(whole) // 2) + 1):
        answer = ask(simulator, path, {**query, "page": str(page), "page_size": "2"})
        pages = -(-len(whole) // 2)
        told = {"page": page, "page_size": 2, "total_number": len(whole), "total_page": pages}
        if path == "identity/get":
            # Where the type is not named, page_info speaks of the page alone.
            told |= {"total_number": len(rows_of(answer.data, path)), "total_page": 1}
        assert answer.data["page_info"] == told
        found += rows_of(answer.data, path)
    assert found == whole
    assert rows(simulator, path, {**query, "page": "999", "page_size": "2"}) == []


@pytest.mark.parametrize("path", [path for path, facts in LISTS.items() if "advertiser_id" in facts.params])
def test_accounts_must_be_readable(simulator: Simulator, path: str) -> None:
    """Another's account gets 40001, an unknown token 40105, none at all 40104."""
    query = legal(simulator, path)
    for closed in (WORLD.unreadable_ids[0], "12"):
        assert ask(simulator, path, {**query, "advertiser_id": closed}).code == 40001
    assert ask(simulator, path, query, token="another").code == 40105
    assert ask(simulator, path, query, token="").code == 40104


@pytest.mark.parametrize("path", [path for path, name in PARAMS if name == "bc_id"])
def test_business_centers_must_be_the_users(simulator: Simulator, path: str) -> None:
    """A Business Center the user does not belong to gets 40001."""
    assert ask(simulator, path, {**legal(simulator, path), "bc_id": "6900000000000009999"}).code == 40001


@pytest.mark.parametrize("code", [40001, 40118, 40125])
def test_a_list_can_be_closed(simulator: Simulator, code: int) -> None:
    """A denied list answers its code to everybody, or to one owner only; the others answer."""
    second = WORLD.advertiser_ids[1]
    simulator.access.deny("pixel/list", code)
    simulator.access.deny("app/list", code, FIRST)
    simulator.access.deny("catalog/get", code, CENTER)
    assert ask(simulator, "pixel/list", {"advertiser_id": second}).code == code
    assert ask(simulator, "app/list", {"advertiser_id": FIRST}).code == code
    assert ask(simulator, "app/list", {"advertiser_id": second}).code == 0
    assert ask(simulator, "catalog/get", {"bc_id": CENTER}).code == code
    simulator.reset()
    assert ask(simulator, "pixel/list", {"advertiser_id": second}).code == 0


@pytest.mark.parametrize(("path", "name"), PARAMS)
def test_values_are_among_the_documented(simulator: Simulator, path: str, name: str) -> None:
    """A value that an enumeration does not hold, and a list that is too long or empty, are refused."""
    spec = LISTS[path].params[name]
    for value in wrong_values(spec):
        assert ask(simulator, path, {**legal(simulator, path), name: value}).code in (40002, 40011)


def wrong_values(spec: Param) -> list[Any]:
    """Values that a parameter must not take."""
    found: list[Any] = [["NONSENSE"] if spec.type.startswith("array") else "NONSENSE"] if spec.enum else []
    if spec.type.startswith("array"):
        found += [[], [1.5 if spec.type == "array<string>" else "x"]]
    if spec.longest:
        found.append(["1"] * (spec.longest + 1))
    return found + {"integer": ["x"], "boolean": ["maybe"], "object": ["x"]}.get(spec.type, [])


def test_a_cursor_leads_through_every_post(simulator: Simulator) -> None:
    """Posts of an identity come twenty at a time; the cursor leads on while has_more says so; another is refused."""
    query = {"advertiser_id": FIRST, **an_identity(simulator)}
    found, cursor, more = [], {}, True
    while more:
        answer = ask(simulator, "identity/video/get", {**query, **cursor, "count": "20"})
        found += answer.data["video_list"]
        cursor, more = {"cursor": answer.data["cursor"]}, answer.data["has_more"]
    assert len(found) == len({row["item_id"] for row in found}) > 20
    assert {row["item_type"] for row in found} == {"VIDEO"}
    for wrong in ({"cursor": "20"}, {"cursor": "x"}, {"count": "21"}, {"page": "2"}):
        assert ask(simulator, "identity/video/get", {**query, **wrong}).code == 40002


def test_borrowed_identities_want_their_center(simulator: Simulator) -> None:
    """Neither the list nor the posts of BC_AUTH_TT identities come without their Business Center."""
    query = {"advertiser_id": FIRST, "identity_type": "BC_AUTH_TT"}
    assert ask(simulator, "identity/get", query).code == 40002
    found = rows(simulator, "identity/get", {**query, "identity_authorized_bc_id": CENTER})[0]
    assert found["identity_authorized_bc_id"] == CENTER
    posts = {**query, "identity_id": found["identity_id"]}
    assert ask(simulator, "identity/video/get", posts).code == 40002
    assert len(rows(simulator, "identity/video/get", {**posts, "identity_authorized_bc_id": CENTER})) == 16
    assert ask(simulator, "identity/video/get", {**posts, "identity_type": "TT_USER"}).code == 40002


def test_only_saved_playables_come_unasked(simulator: Simulator) -> None:
    """Deleted and uploaded playables come to those who ask for them."""
    query = {"advertiser_id": FIRST, "page_size": "100"}
    assert {row["operation_status"] for row in rows(simulator, "playable/get", query)} == {"SAVED"}
    for status in ("SAVED", "UPLOADED", "DELETED"):
        found = rows(simulator, "playable/get", {**query, "operation_status": status})
        assert {row["operation_status"] for row in found} == {status}


def test_deleted_campaigns_of_gmv_max_are_asked_for(simulator: Simulator) -> None:
    """Deleted GMV Max campaigns stay out unless asked for; shops and kinds filter."""
    kinds = {"gmv_max_promotion_types": ["PRODUCT_GMV_MAX", "LIVE_GMV_MAX"]}

    def status(**filtering: Any) -> set[str]:
        query = {"advertiser_id": FIRST, "filtering": {**kinds, **filtering}, "page_size": "100"}
        return {row["secondary_status"] for row in rows(simulator, "gmv_max/campaign/get", query)}

    assert status() == {"CAMPAIGN_STATUS_ENABLE"}
    assert status(primary_status="STATUS_DELETE") == {"CAMPAIGN_STATUS_DELETE"}
    assert status(primary_status="STATUS_DISABLE") == status(store_ids=["1"]) == set()


def test_deleted_smart_plus_rows_are_asked_for() -> None:
    """Smart+ lists leave deleted rows out unless asked for, and modified_after bounds ads."""
    simulator = Simulator(World(advertisers=1, campaigns=12), Switches(signed_urls=False))
    simulator.clock.advance(days=8)
    for path in ("smart_plus/campaign/get", "smart_plus/adgroup/get", "smart_plus/ad/get"):
        query: dict[str, Any] = {"advertiser_id": FIRST, "page_size": "100"}
        kept = rows(simulator, path, query)
        every = rows(simulator, path, {**query, "filtering": {"primary_status": "STATUS_ALL"}})
        gone = rows(simulator, path, {**query, "filtering": {"primary_status": "STATUS_DELETE"}})
        assert len(kept) + len(gone) == len(every)
        assert rows(simulator, path, {**query, "filtering": {"primary_status": "STATUS_DISABLE"}}) == []
    moments = sorted(row["modify_time"] for row in every)
    later = rows(
        simulator, path, {**query, "filtering": {"modified_after": moments[0], "primary_status": "STATUS_ALL"}}
    )
    assert 0 < len(later) < len(every)
    assert min(row["modify_time"] for row in later) > moments[0]


def test_videos_can_be_sorted_by_their_change(simulator: Simulator) -> None:
    """Newest first, by creation or, when asked, by the last change."""
    query = {"advertiser_id": FIRST, "page_size": "100"}
    for field, column in (("CREATE_TIME", "create_time"), ("MODIFY_TIME", "modify_time")):
        found = [row[column] for row in rows(simulator, "file/video/ad/search", {**query, "sort_field": field})]
        assert found == sorted(found, reverse=True)


def test_statistics_of_pixels_are_bounded(simulator: Simulator) -> None:
    """At most ten pixels of the account and thirty days; the days of a range add up."""
    query = legal(simulator, "pixel/event/stats")
    thirty = {"start_date": "2026-02-09", "end_date": "2026-03-10"}
    assert ask(simulator, "pixel/event/stats", {**query, "date_range": thirty}).code == 0
    longer = {**thirty, "start_date": "2026-02-08"}
    backwards = {"start_date": "2026-03-10", "end_date": "2026-03-09"}
    for wrong in ({"date_range": longer}, {"date_range": backwards}, {"date_range": {"start_date": "today"}}):
        assert ask(simulator, "pixel/event/stats", {**query, **wrong}).code == 40002
    for wrong in ({"pixel_ids": ["1"]}, {"date_range": {"start_date": "2026-3-1", "end_date": "2026-03-10"}}):
        assert ask(simulator, "pixel/event/stats", {**query, **wrong}).code == 40002

    def total(first: str, last: str) -> int:
        span = {"start_date": first, "end_date": last}
        found = rows(simulator, "pixel/event/stats", {**query, "date_range": span})
        return sum(event["total_count"] for row in found for event in row["statistics"])

    assert (
        total("2026-03-01", "2026-03-03") + total("2026-03-04", "2026-03-04") == total("2026-03-01", "2026-03-04") > 0
    )


def test_instant_page_events_by_objective(simulator: Simulator) -> None:
    """A pair of objective and goal narrows the tree; one that no page has is refused, and so is half a pair."""
    query = {"advertiser_id": FIRST, "objective_type": "LEAD_GENERATION", "optimization_goal": "CONVERSION_LEADS"}
    (found,) = rows(simulator, "pixel/instant_page/event", query)
    assert found["business_type"] == "LEAD_GEN"
    assert ask(simulator, "pixel/instant_page/event", {**query, "optimization_goal": "CLICK"}).code == 40002
    for name in ("objective_type", "optimization_goal"):
        half = {other: value for other, value in query.items() if other != name}
        answer = ask(simulator, "pixel/instant_page/event", half)
        assert (answer.code, answer.message) == (40002, f"{name}: Missing data for required field.")


def test_transactions_have_a_window(simulator: Simulator) -> None:
    """Ninety days unasked, at most 365, both ends or none; the three levels have rows of their own."""
    path, query = "bc/account/transaction/get", {"bc_id": CENTER, "page_size": "50"}
    levels = [
        {row["transaction_id"] for row in rows(simulator, path, {**query, "transaction_level": level})}
        for level in ("ADVERTISER", "BC", "PAYMENT_PORTFOLIO")
    ]
    assert levels[0]
    assert levels[1]
    assert levels[0].isdisjoint(levels[1])
    assert not levels[2]
    year = {"start_time": "2025-03-11 00:00:00", "end_time": "2026-03-10 00:00:00"}
    assert ask(simulator, path, {**query, "filtering": year}).code == 0
    for wrong in ({**year, "start_time": "2025-03-10"}, {"start_time": "2026-03-01"}, {**year, "end_time": "never"}):
        assert ask(simulator, path, {**query, "filtering": wrong}).code == 40002


def test_comments_have_a_window(simulator: Simulator) -> None:
    """Days bound comments, kinds and order are as asked, and an ad group that is not the account's is refused."""
    query = legal(simulator, "comment/list")
    found = [row["create_time"] for row in rows(simulator, "comment/list", {**query, "page_size": "100"})]
    assert found == sorted(found, reverse=True)
    assert rows(simulator, "comment/list", {**query, "page_size": "100", "sort_type": "ASC"})[0] != found[0]
    early = rows(simulator, "comment/list", {**query, "end_time": "2026-02-20", "page_size": "100"})
    assert 0 < len(early) < len(found)
    replies = rows(simulator, "comment/list", {**query, "comment_type": ["REPLY"], "page_size": "100"})
    assert {row["comment_type"] for row in replies} == {"REPLY"}
    assert ask(simulator, "comment/list", {**query, "search_value": "1"}).code == 40002


def test_pages_have_kinds_and_changes(simulator: Simulator) -> None:
    """Lead forms come unasked, other kinds by name; a range of changes bounds them; ids are text or numbers."""
    query = {"advertiser_id": FIRST, "page_size": "100"}
    forms = rows(simulator, "page/get", query)
    others = rows(simulator, "page/get", {**query, "business_types": ["TIKTOK_INSTANT_PAGE", "STORE_FRONT"]})
    assert {type(row["page_id"]) for row in [*forms, *others]} == {int, str}
    assert not {row["page_id"] for row in forms} & {row["page_id"] for row in others}
    newest = max(row["update_time"] for row in forms)
    assert [
        row["update_time"]
        for row in rows(simulator, "page/get", {**query, "update_time_range": {"start": newest, "end": newest}})
    ]
    assert ask(simulator, "page/get", {**query, "update_time_range": {"start": newest}}).code == 40002
    library = rows(simulator, "page/library/get", {})[0]
    moved = rows(simulator, "page/get", {"library_id": library["library_id"], "page_size": "100"})
    assert moved
    assert not {row["page_id"] for row in forms} & {row["page_id"] for row in moved}


def test_what_does_not_exist_is_refused(simulator: Simulator) -> None:
    """Tests and catalogs that are not there, and filters the simulation leaves out, are refused."""
    assert ask(simulator, "split_test/result/get", {"advertiser_id": FIRST, "split_test_group_id": "1"}).code == 40007
    assert ask(simulator, "catalog/set/get", {"bc_id": CENTER, "catalog_id": "1"}).code == 40002
    found = ask(simulator, "identity/get", {"advertiser_id": FIRST, "filtering": {"keyword": "x"}})
    assert found.message == "keyword: not part of the simulation."
    assert rows(simulator, "bc/asset/get", {"bc_id": CENTER, "asset_type": "LEAD"}) == []
    assert len(rows(simulator, "bc/get", {"bc_id": CENTER})) == 1


def test_ids_and_fields_narrow_a_list(simulator: Simulator) -> None:
    """A filter by id leaves its rows, `fields` their columns."""
    kinds = {"filtering": {"gmv_max_promotion_types": ["PRODUCT_GMV_MAX"]}}
    query = {"advertiser_id": FIRST, "page_size": "100"}
    some = rows(simulator, "pixel/list", {"advertiser_id": FIRST})[0]["pixel_id"]
    assert [row["pixel_id"] for row in rows(simulator, "pixel/list", {"advertiser_id": FIRST, "pixel_id": some})] == [
        some
    ]
    labels = [row["campaign_label_id"] for row in rows(simulator, "campaign_label/get", query)][:2]
    assert len(rows(simulator, "campaign_label/get", {**query, "campaign_label_ids": labels})) == 2
    narrow = rows(simulator, "gmv_max/campaign/get", {**query, **kinds, "fields": ["campaign_id"]})
    assert {tuple(row) for row in narrow} == {("campaign_id",)}


def test_some_columns_come_only_to_those_who_ask(simulator: Simulator) -> None:
    """Of a balance, these are told where they are named, one of them only for one account a page."""
    asked = ["budget_remaining", "min_transferable_amount"]
    usual = rows(simulator, "advertiser/balance/get", {"bc_id": CENTER})[0]
    more = rows(simulator, "advertiser/balance/get", {"bc_id": CENTER, "fields": asked})[0]
    assert {*more} - {*usual} == {"budget_remaining"}
    alone = {"bc_id": CENTER, "fields": asked, "page_size": "1"}
    names = {
        name
        for page in "12"
        for row in rows(simulator, "advertiser/balance/get", {**alone, "page": page})
        for name in row
    }
    assert {*asked} <= names


def test_music_is_not_read_for_ever(simulator: Simulator) -> None:
    """Page times page size has its bound."""
    assert ask(simulator, "file/music/get", {"advertiser_id": FIRST, "page": "101", "page_size": "1000"}).code == 40002


@pytest.mark.parametrize("stream", expected_lists.TOLD)
def test_every_column_is_filled_somewhere(simulator: Simulator, stream: str) -> None:
    """The truth of a stream fills every documented column it has under that name, and its key is never null."""
    table = expected_lists.list_table(simulator, stream, personal_data=True)
    told = expected_lists.TOLD[stream]
    filled = {name for record in table.values() for name in record}
    assert set(FACTS[told.path].columns) - filled - {*expected_lists.NO_COLUMNS, *told.renamed} == set()
    assert all(None not in key for key in table)


MOVING = [stream for stream, told in expected_lists.TOLD.items() if told.cursor or stream == "portfolios"]


@pytest.mark.parametrize("stream", MOVING)
def test_the_clock_moves_the_lists(simulator: Simulator, stream: str) -> None:
    """Rows join, and none that stood there is lost; where rows tell their change, changed ones say when."""
    before = expected_lists.list_table(simulator, stream)
    simulator.clock.advance(days=14)
    after = expected_lists.list_table(simulator, stream)
    assert set(before) <= set(after)
    assert len(after) > len(before) or stream.startswith("smart_plus")
    if expected_lists.TOLD[stream].cursor in ("modify_time", "update_time"):
        assert [key for key in before if before[key] != after[key]]
