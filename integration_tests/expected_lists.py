"""The records that the list streams have to yield, worked out from the simulator's rows and facts alone.

Nothing here comes from the connector: keys, columns and their types are stated again, as a second opinion.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import partial
from typing import Any

from .reading import Key, Record, Table
from .simulator import APP_ID, SECRET, Simulator
from .simulator.assets import business_centers
from .simulator.facts import Column
from .simulator.list_facts import FACTS
from .simulator.listed.audiences import INSTANT_PAGE_EVENTS

Query = dict[str, Any]
# Named like moments, but free text.
TEXT_TIMES = ("cutoff_time", "reminder_time", "exec_time", "email_exec_time")
# Times in the zone of the account.
LOCAL_TIMES = ("start_time", "end_time")
# Amounts that TikTok sends as text in some places.
AMOUNTS = ("cash_amount", "grant_amount", "credit_amount", "minimum_amount", "min_price", "max_price")
# TikTok's other page types; lead forms are a stream of their own.
PAGE_TYPES = ("APP_PROFILE_PAGE", "POP_UP_FORM", "SHOP_ADS_PDP", "SHOP_ADS_PLP", "STORE_FRONT", "TIKTOK_INSTANT_PAGE")
LEVELS = ("ADVERTISER", "BC", "PAYMENT_PORTFOLIO")


@dataclass(frozen=True)
class Truth:
    """The simulator at this instant, seen with a connector's settings."""

    simulator: Simulator
    start: date
    include_deleted: bool = True
    personal_data: bool = False
    accounts: tuple[str, ...] = ()

    @property
    def today(self) -> date:
        """The running day, UTC."""
        return self.simulator.clock.now.date()

    @property
    def days(self) -> Iterator[date]:
        """Every day from the start to today."""
        return (self.start + timedelta(days=n) for n in range((self.today - self.start).days + 1))

    def rows(self, path: str, **query: Any) -> list[Record]:
        """All rows of a list; what is no text is sent as JSON."""
        sent = {name: [value if isinstance(value, str) else json.dumps(value)] for name, value in query.items()}
        return self.simulator.truth(path, sent)


Asked = tuple[Query, Record]
"""One request, and what it alone tells of every row."""


def _once(truth: Truth, owner: Query) -> Iterator[Asked]:
    yield {}, {}


def _each(name: str, *values: str, tell: str = "") -> Callable[[Truth, Query], Iterator[Asked]]:
    """One request for each value of a parameter."""

    def asks(truth: Truth, owner: Query) -> Iterator[Asked]:
        for value in values:
            yield {name: value}, ({tell: value} if tell else {})

    return asks


def _every_status(truth: Truth, owner: Query) -> Iterator[Asked]:
    wanted = "STATUS_ALL" if truth.include_deleted else "STATUS_NOT_DELETE"
    yield {"filtering": {"primary_status": wanted}}, {}


def _playables(truth: Truth, owner: Query) -> Iterator[Asked]:
    for status in ("SAVED", "UPLOADED", *(("DELETED",) if truth.include_deleted else ())):
        yield {"operation_status": status}, {}


def _gmv_max(truth: Truth, owner: Query) -> Iterator[Asked]:
    for kind in ("PRODUCT_GMV_MAX", "LIVE_GMV_MAX"):
        for status in ({}, {"primary_status": "STATUS_DELETE"}) if truth.include_deleted else ({},):
            yield {"filtering": {"gmv_max_promotion_types": [kind], **status}}, {"gmv_max_promotion_type": kind}


OWNERS = ("OWNED_BY_CURRENT_BUSINESS_CENTER", "SHARED_BY_OTHER_BUSINESS_CENTER")
# What comes only to those who ask for it.
BALANCE_FIELDS = (
    *("budget_remaining", "budget_frequency_restriction", "budget_amount_restriction"),
    *("max_transferable_amount", "balance_info"),
)


def _transactions(truth: Truth, owner: Query) -> Iterator[Asked]:
    # The window is read in the zone of the account; what lies ahead of its clock has not happened.
    window = {"start_time": truth.start.isoformat(), "end_time": (truth.today + timedelta(days=2)).isoformat()}
    for level in LEVELS:
        filtering = {**window, **({"owner_of_account": OWNERS} if level == "ADVERTISER" else {})}
        yield {"transaction_level": level, "filtering": filtering}, {"transaction_level": level}


def _adgroups(truth: Truth, owner: Query) -> list[Record]:
    status = {"primary_status": "STATUS_ALL" if truth.include_deleted else "STATUS_NOT_DELETE"}
    return truth.rows("adgroup/get", **owner, filtering=status)


def _calls_to_action(truth: Truth, owner: Query) -> Iterator[Asked]:
    status = {"primary_status": "STATUS_ALL" if truth.include_deleted else "STATUS_NOT_DELETE"}
    ads = truth.rows("ad/get", **owner, filtering=status)
    for id in dict.fromkeys(ad.get("call_to_action_id") for ad in ads):
        if id:
            about = {"creative_portfolio_id": id}
            yield about, {**about, "creative_portfolio_type": "CTA"}


def _split_tests(truth: Truth, owner: Query) -> Iterator[Asked]:
    groups = {row.get("split_test_group_id") for row in _adgroups(truth, owner)}
    for group in sorted(filter(None, groups)):
        yield {"split_test_group_id": group}, {"split_test_group_id": group}


def _comments(truth: Truth, owner: Query) -> Iterator[Asked]:
    window = {"start_time": truth.start.isoformat(), "end_time": truth.today.isoformat()}
    for adgroup in _adgroups(truth, owner):
        yield (
            {"search_field": "ADGROUP_ID", "search_value": adgroup["adgroup_id"], **window},
            {"adgroup_id": adgroup["adgroup_id"]},
        )


def _pages(kinds: Query) -> Callable[[Truth, Query], Iterator[Asked]]:
    """The pages of an account, and those of it that a Business Center has taken over."""

    def asks(truth: Truth, owner: Query) -> Iterator[Asked]:
        yield kinds, {}
        for library in truth.rows("page/library/get"):
            if library["advertiser_id"] == owner["advertiser_id"]:
                yield {**kinds, "library_id": library["library_id"]}, {}

    return asks


def _identity_posts(truth: Truth, owner: Query) -> Iterator[Asked]:
    for identity in truth.rows("identity/get", **owner):
        about = {name: identity[name] for name in ("identity_id", "identity_type")}
        center = identity.get("identity_authorized_bc_id")
        lent = {"identity_authorized_bc_id": center} if center else {}
        for kind in ("VIDEO", "CAROUSEL"):
            yield {**about, **lent, "item_type": kind}, {**about, "identity_authorized_bc_id": center}


def _pixel_days(truth: Truth, owner: Query) -> Iterator[Asked]:
    pixels = [row["pixel_id"] for row in truth.rows("pixel/list", **owner)]
    for day in truth.days:
        span = {"start_date": day.isoformat(), "end_date": day.isoformat()}
        for first in range(0, len(pixels), 10):
            yield {"pixel_ids": pixels[first : first + 10], "date_range": span}, {"date": day.isoformat()}


def _instant_pages(truth: Truth, owner: Query) -> Iterator[Asked]:
    """Each pair of objective and goal that an instant page supports."""
    for objectives in INSTANT_PAGE_EVENTS.values():
        for objective, goals in objectives.items():
            for goal in goals:
                pair = {"objective_type": objective, "optimization_goal": goal}
                yield pair, pair


def _product_sets(truth: Truth, owner: Query) -> Iterator[Asked]:
    for catalog in truth.rows("catalog/get", **owner):
        yield {"catalog_id": catalog["catalog_id"]}, {}


def _invoices(truth: Truth, owner: Query) -> Iterator[Asked]:
    for types in (["RECON", "CREDIT"], ["AUTO_PAY"]):
        yield {"invoice_types": types}, {}


def _cost_days(truth: Truth, owner: Query) -> Iterator[Asked]:
    # Accounts ahead of UTC have begun the next day.
    for day in (*truth.days, truth.today + timedelta(days=1)):
        span = {"start_date": day.isoformat(), "end_date": day.isoformat()}
        yield {"filtering": span}, {"date": day.isoformat()}


def _transfers(truth: Truth, owner: Query) -> Iterator[Asked]:
    window = {"start_date": truth.start.isoformat(), "end_date": truth.today.isoformat()}
    for kind in ("TRANSFER", "PAYMENT", "COST", "TAX"):
        yield {"filtering": {**window, "transfer_type": f"TRANS_TYPE_{kind}"}}, {}


def _budgets(truth: Truth, owner: Query) -> Iterator[Asked]:
    window = {"start_date": truth.start.isoformat(), "end_date": truth.today.isoformat()}
    for account in truth.rows("bc/asset/get", **owner, asset_type="ADVERTISER"):
        if account["asset_id"] in truth.accounts:
            about = {"advertiser_id": account["asset_id"]}
            yield {**about, "filtering": window}, about


def _every_catalog(truth: Truth, owner: Query, **more: Any) -> Iterator[Asked]:
    for catalog in truth.rows("catalog/get", **owner):
        yield {"catalog_id": catalog["catalog_id"], **more}, {"catalog_id": catalog["catalog_id"]}


def _shop_products(truth: Truth, owner: Query) -> Iterator[Asked]:
    for store in truth.rows("gmv_max/store/list", **owner):
        asked = {"bc_id": store["store_authorized_bc_id"], "store_id": store["store_id"]}
        yield {**asked, "filtering": {"ad_creation_eligible": "GMV_MAX"}}, {}


def _gmv_one_by_one(*kinds: str) -> Callable[[Truth, Query], Iterator[Asked]]:
    """One request for each GMV Max campaign of some kinds; those that are deleted have no sessions."""

    def asks(truth: Truth, owner: Query) -> Iterator[Asked]:
        for query, told in _gmv_max(truth, owner):
            living = "primary_status" not in query["filtering"]
            if told["gmv_max_promotion_type"] in kinds and (living or len(kinds) > 1):
                for campaign in truth.rows("gmv_max/campaign/get", **owner, **query):
                    yield {"campaign_id": campaign["campaign_id"]}, {"campaign_id": campaign["campaign_id"]}

    return asks


def _every_shop(truth: Truth, owner: Query) -> Iterator[Asked]:
    for store in truth.rows("gmv_max/store/list", **owner):
        yield {name: store[name] for name in ("store_id", "store_authorized_bc_id")}, {"store_id": store["store_id"]}


def _shop_videos(truth: Truth, owner: Query) -> Iterator[Asked]:
    open = {store["store_id"] for store in truth.rows("gmv_max/store/list", **owner) if store["is_gmv_max_available"]}
    for shop, told in _every_shop(truth, owner):
        if shop["store_id"] in open:
            yield {**shop, "need_auth_code_video": True}, told
            for identity in truth.rows("gmv_max/identity/get", **owner, **shop):
                named = [name for name in identity if name.startswith("identity_") or name == "store_id"]
                yield {**shop, "identity_list": [{name: identity[name] for name in named if identity[name]}]}, told


def _smart_plus_ads(truth: Truth, owner: Query) -> Iterator[Asked]:
    wanted = "STATUS_ALL" if truth.include_deleted else "STATUS_NOT_DELETE"
    rows = truth.rows("smart_plus/ad/get", **owner, filtering={"primary_status": wanted})
    extra = {"include_reject_info": True, "include_violation_frame": True}
    for row in rows:
        yield {"smart_plus_ad_ids": [row["smart_plus_ad_id"]], "lang": "en", "extra_info_setting": extra}, {}


def _runs(truth: Truth, owner: Query) -> Iterator[Asked]:
    yield {"filtering": {"time": [f"{truth.start} 00:00:00", f"{truth.today} 23:59:59"]}}, {}


def _every_pixel(truth: Truth, owner: Query) -> Iterator[Asked]:
    for pixel in truth.rows("pixel/list", **owner):
        yield {"event_source_type": "PIXEL", "event_source_id": pixel["pixel_id"]}, {}


def _attributed_apps(truth: Truth, owner: Query) -> Iterator[Asked]:
    for app in truth.rows("app/list", **owner):
        if app["self_attribution_enabled"]:
            yield {"event_source_type": "APP", "event_source_id": app["app_platform_id"]}, {}


def _every_feed(truth: Truth, owner: Query) -> Iterator[Asked]:
    for asked, told in _every_catalog(truth, owner):
        for feed in truth.rows("catalog/feed/get", **owner, **asked):
            about = {"feed_id": feed["feed_id"]}
            yield {**asked, **about}, {**told, **about}


def _every_partner(truth: Truth, owner: Query) -> Iterator[Asked]:
    for partner in truth.rows("bc/partner/get", **owner):
        for kind in ("ADVERTISER", "CATALOG", "TIKTOK_SHOP", "PIXEL"):
            for way in ("SHARED", "SHARING"):
                about = {"asset_type": kind, "share_type": way}
                yield {**about, "partner_id": partner["bc_id"]}, {**about, "partner_bc_id": partner["bc_id"]}


def _every_center_pixel(truth: Truth, owner: Query) -> Iterator[Asked]:
    for pixel in truth.rows("bc/asset/admin/get", **owner, asset_type="PIXEL"):
        code = {"pixel_code": pixel["pixel_code"]}
        yield code, {**code, "pixel_id": pixel["asset_id"]}


def _objects(truth: Truth, owner: Query, kind: str) -> list[str]:
    status = {"primary_status": "STATUS_ALL" if truth.include_deleted else "STATUS_NOT_DELETE"}
    return [row[f"{kind}_id"] for row in truth.rows(f"{kind}/get", **owner, filtering=status)]


def _for_all(kind: str, name: str) -> Callable[[Truth, Query], Iterator[Asked]]:
    """One request for all objects of a kind, whatever their number."""

    def asks(truth: Truth, owner: Query) -> Iterator[Asked]:
        for first in range(0, len(ids := _objects(truth, owner, kind)), 20):
            yield {name: ids[first : first + 20]}, {}

    return asks


def _diagnoses(truth: Truth, owner: Query) -> Iterator[Asked]:
    for asked, told in _for_all("adgroup", "adgroup_ids")(truth, owner):
        yield {"filtering": asked}, told


def _keywords(kind: str) -> Callable[[Truth, Query], Iterator[Asked]]:
    """The negative keywords of each campaign or ad group."""

    def asks(truth: Truth, owner: Query) -> Iterator[Asked]:
        for id in _objects(truth, owner, kind):
            yield {"object_type": kind.upper(), "object_id": id}, {f"{kind}_id": id}

    return asks


def _shown_videos(truth: Truth, owner: Query) -> Iterator[Asked]:
    for row in truth.rows("creative/report/get", **owner, material_type="VIDEO", lifetime=True, page_size=1000):
        id = row["info"]["material_id"]
        yield {"report_type": "VIDEO", "filtering": {"material_ids": [id]}}, {"material_id": id}


def _benchmarks(truth: Truth, owner: Query) -> Iterator[Asked]:
    for days in ("7", "14", "30", "60"):
        asked = {
            "dimensions": ["LOCATION", "PLACEMENT", "AD_CATEGORY", "EXTERNAL_ACTION"],
            "filtering": {"ad_ids": _objects(truth, owner, "ad")},
        }
        yield {**asked, "compare_time_window": days}, {"compare_time_window": days}


def _fatigue_days(truth: Truth, owner: Query) -> Iterator[Asked]:
    account = truth.simulator.world.advertiser(owner["advertiser_id"])
    assert account is not None
    today = date.fromordinal(account.today(truth.simulator.clock.epoch))
    # The day that runs is not told of, nor what lies 60 days back.
    span = {"start_date": max(truth.start, today - timedelta(days=59)).isoformat(), "end_date": today.isoformat()}
    for id in _objects(truth, owner, "ad"):
        yield {"ad_id": id, "filtering": span}, {"currency": account.currency}


def _all_audiences(truth: Truth, owner: Query) -> Iterator[Asked]:
    yield {"custom_audience_ids": [row["audience_id"] for row in truth.rows("dmp/custom_audience/list", **owner)]}, {}


def _identified(*names: str) -> Callable[[Record], list[Record]]:
    """Rows without an id get one out of what they say."""

    def records(row: Record) -> list[Record]:
        said = json.dumps([row.get(name) for name in names])
        return [{**row, "row_id": hashlib.sha256(said.encode("ascii")).hexdigest()[:32]}]

    return records


def _transfer(row: Record) -> list[Record]:
    (record,) = _identified("advertiser_id", "date", "funds_type", "amount", "currency")(row)
    return [{**record, "date": utc(row["date"])}]


def _figures(row: Record) -> list[Record]:
    inner = {name: value for part in ("info", "metrics") for name, value in row.get(part, {}).items()}
    category = {"ad_category": str(inner["ad_category"])} if "ad_category" in inner else {}
    return [{name: value for name, value in row.items() if name not in ("info", "metrics")} | inner | category]


def _update(row: Record) -> list[Record]:
    times = row["update_time"]
    if not times["start_time"]:
        return []
    told = {name: value for name, value in row.items() if not name.startswith("update_")}
    return [{**told, **row["update_status"], **{name: utc(text) for name, text in times.items()}}]


def _partner(row: Record) -> list[Record]:
    # The request's own bc_id is lost under the partner's, so it is told again.
    return [{"partner_bc_id": row["bc_id"], "partner_bc_name": row["bc_name"]}]


def _feed(row: Record) -> list[Record]:
    source = {name: value for name, value in row["last_update_param"]["source"].items() if name != "password"}
    return [{**row, "last_update_param": {**row["last_update_param"], "source": source}}]


def _rule(row: Record) -> list[Record]:
    summary = row.get("last_check_result_summary")
    if not summary:
        return [{**row, "create_datetime": utc(row["create_datetime"])}]
    times = {name: utc(summary[name]) for name in ("check_datetime", "exec_datetime")}
    return [
        {
            **row,
            "create_datetime": utc(row["create_datetime"]),
            "last_check_result_summary": {**summary, **times},
        }
    ]


def _run(row: Record) -> list[Record]:
    (rule,) = _rule(row)
    summary = rule["last_check_result_summary"]
    return [{**rule, "task_exec_id": summary["task_exec_id"], "exec_datetime": summary["exec_datetime"]}]


def _reviewed(name: str) -> Callable[[Record], list[Record]]:
    """The rows that an answer holds as the values of an object."""

    def records(row: Record) -> list[Record]:
        found = row[name].values()
        owner = {name: value for name, value in row.items() if name == "advertiser_id"}
        return [
            {**owner, **one, "last_audit_time": utc(one["last_audit_time"]) if one["last_audit_time"] else None}
            for one in found
        ]

    return records


def _made(*names: str) -> Callable[[Record], list[Record]]:
    """Changes with an id out of what they say, and their time as records write it."""

    def records(row: Record) -> list[Record]:
        (record,) = _identified(*names)(row)
        return [{**record, "time": utc(f"{row['time']}:00")}]

    return records


def _activity_days(truth: Truth, owner: Query) -> Iterator[Asked]:
    yield {"filtering": {"start_date": truth.start.isoformat(), "end_date": truth.today.isoformat()}}, {}


CHANGE = ("time", "object_type", "object_id", "object", "operator", "source", "app_id", "activity_details")


def _listed_in(name: str) -> Callable[[Record], list[Record]]:
    """The rows of one of the lists that an answer holds."""
    return lambda row: [{"advertiser_id": row["advertiser_id"], **one} for one in row[name]]


def _audience(row: Record) -> list[Record]:
    return [{**row, "audience_id": row["audience_details"]["audience_id"]}]


def _creator_campaigns(truth: Truth, owner: Query) -> Iterator[Asked]:
    (answer,) = truth.rows("tto/oauth2/tcm", app_id=APP_ID, secret=SECRET)
    for id in answer["tto_tcm_account_ids"]:
        for kind in ("CAMPAIGN", "BRAND_LINK"):
            yield {"tto_tcm_account_id": id, "campaign_type": kind}, {"tto_tcm_account_id": id}


def _creator_videos(truth: Truth, owner: Query) -> Iterator[Asked]:
    for query, account in _creator_campaigns(truth, owner):
        for campaign in truth.rows("tto/tcm/campaign", **query):
            about = {**account, "campaign_id": campaign["campaign_id"]}
            for code in campaign["country_codes"]:
                yield {**about, "Country-Code": code}, {**about, "country_code": code}


def _creator_video(row: Record) -> list[Record]:
    info = {name: value for name, value in row["video_info"].items() if name != "authorization_code"}
    views = {each["source"]: each["video_views"] for each in row["video_views_by_source"]}
    return [{**row, "video_info": info, "video_id": info["video_id"], "video_views_by_source": views}]


def _itself(row: Record) -> list[Record]:
    return [row]


def _center(row: Record) -> list[Record]:
    return [{**row, "bc_id": row["bc_info"]["bc_id"]}]


def _without_code(row: Record) -> list[Record]:
    return [{name: value for name, value in row.items() if name != "auth_code"}]


def _spark_post(row: Record) -> list[Record]:
    (item,) = _without_code(row["item_info"])
    return [{**row, "item_info": item, "item_id": item["item_id"]}]


def _transaction(row: Record) -> list[Record]:
    local = row["create_time"]
    ahead = timedelta(hours=int(row["timezone"][4:6]), minutes=int(row["timezone"][7:]))
    moment = datetime.fromisoformat(local) + (ahead if row["timezone"][3] == "-" else -ahead)
    return [{**row, "create_time": str(moment), "create_time_local": local.replace(" ", "T")}]


def _comment(row: Record) -> list[Record]:
    when = datetime.fromtimestamp(row["create_time"], timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    app = {"app_id": row["app"]} if row["app"] is not None else {}
    return [{name: value for name, value in row.items() if name != "app"} | app | {"create_time": when}]


def _statistics(row: Record) -> list[Record]:
    return [{"pixel_id": row["pixel_id"], **statistic} for statistic in row["statistics"]]


# Fields of an answer that are no columns: codes of posts, what is taken apart, the app of a comment, which has one name
# in records, and what comes only with pages of one account.
NO_COLUMNS = (
    *("auth_code", "statistics", "ad_review_map", "ad_group_review_map"),
    *("app", "min_transferable_amount", "info", "metrics", "smart_plus_ad_review_infos", "material_review_infos"),
    *("update_status", "update_time"),
)


@dataclass(frozen=True)
class Told:
    """Where a stream's truth stands: the endpoint, whose rows, what is asked, and what a row becomes.

    A column of `dashes` is part of the key and holds a dash where TikTok tells nothing; `renamed` fields have another
    name in the record. `more` asks another endpoint for further rows. The column `numbered` counts rows that agree in
    the rest of the key; `since` names the one that is not before the start.
    """

    path: str
    key: tuple[str, ...]
    asks: Callable[[Truth, Query], Iterable[Asked]] = _once
    owner: str = "advertiser_id"
    records: Callable[[Record], list[Record]] = _itself
    dashes: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    cursor: str = ""
    dated: bool = False
    more: Callable[[Truth, Query], Iterable[Asked]] | None = None
    more_path: str = ""
    numbered: str = ""
    since: str = ""


IDENTITY = ("identity_id", "identity_type", "identity_authorized_bc_id")
COMPARED_IN = ("location", "placement", "ad_category", "external_action")
PIXEL_EVENT = ("pixel_event_type", "custom_event_type")
TOLD: Mapping[str, Told] = {
    "business_centers": Told("bc/get", ("bc_id",), owner="", records=_center),
    "business_center_accounts": Told(
        "bc/asset/admin/get", ("bc_id", "asset_id"), _each("asset_type", "ADVERTISER"), owner="bc_id"
    ),
    "business_center_assets": Told(
        "bc/asset/admin/get",
        ("bc_id", "asset_type", "asset_id"),
        _each("asset_type", "ADVERTISER", "CATALOG", "TIKTOK_SHOP", "PIXEL", tell="asset_type"),
        owner="bc_id",
    ),
    "business_center_balances": Told(
        "advertiser/balance/get",
        ("bc_id", "advertiser_id"),
        lambda *_: [({"fields": BALANCE_FIELDS}, {})],
        owner="bc_id",
        personal=("contact_name", "contact_email"),
    ),
    "business_center_transactions": Told(
        "bc/account/transaction/get",
        ("bc_id", "transaction_level", "transaction_id"),
        _transactions,
        owner="bc_id",
        records=_transaction,
        cursor="create_time",
        dated=True,
    ),
    "smart_plus_campaigns": Told("smart_plus/campaign/get", ("campaign_id",), _every_status, cursor="modify_time"),
    "smart_plus_adgroups": Told(
        "smart_plus/adgroup/get",
        ("campaign_id", "adgroup_id"),
        _every_status,
        cursor="modify_time",
        personal=("phone_info",),
    ),
    "smart_plus_ads": Told(
        "smart_plus/ad/get",
        ("campaign_id", "adgroup_id", "smart_plus_ad_id"),
        _every_status,
        cursor="modify_time",
        personal=("phone_info",),
    ),
    "campaign_labels": Told("campaign_label/get", ("campaign_label_id",), cursor="create_time"),
    "split_tests": Told("split_test/result/get", ("split_test_group_id",), _split_tests),
    "images": Told("file/image/ad/search", ("image_id",), cursor="modify_time"),
    "videos": Told("file/video/ad/search", ("video_id", "material_id"), dashes=("video_id",), cursor="modify_time"),
    "music": Told("file/music/get", ("music_id",), cursor="modify_time"),
    "portfolios": Told(
        "creative/portfolio/list", ("creative_portfolio_id",), more=_calls_to_action, more_path="creative/portfolio/get"
    ),
    "playables": Told("playable/get", ("playable_id",), _playables),
    "identities": Told("identity/get", IDENTITY, dashes=IDENTITY[2:]),
    "identity_posts": Told(
        "identity/video/get", (*IDENTITY, "item_id"), _identity_posts, records=_without_code, dashes=IDENTITY[2:]
    ),
    "spark_posts": Told("tt_video/list", ("item_id",), records=_spark_post, personal=("tiktok_name",)),
    "pages": Told(
        "page/get",
        ("page_id",),
        _pages({"business_types": PAGE_TYPES}),
        cursor="update_time",
        personal=("user_id",),
    ),
    "comments": Told(
        "comment/list",
        ("comment_id",),
        _comments,
        records=_comment,
        personal=("user_id", "user_name", "user_avatar_url"),
        cursor="create_time",
        dated=True,
    ),
    "audiences": Told("dmp/custom_audience/list", ("audience_id",), cursor="create_time"),
    "saved_audiences": Told("dmp/saved_audience/list", ("saved_audience_id",)),
    "pixels": Told("pixel/list", ("pixel_id",), cursor="create_time"),
    "pixel_event_statistics": Told(
        "pixel/event/stats",
        ("pixel_id", "date", *PIXEL_EVENT),
        _pixel_days,
        records=_statistics,
        dashes=PIXEL_EVENT,
        cursor="date",
        dated=True,
    ),
    "pixel_instant_page_events": Told(
        "pixel/instant_page/event", ("business_type", "objective_type", "optimization_goal"), _instant_pages
    ),
    "apps": Told("app/list", ("app_id",)),
    "lead_forms": Told("page/get", ("page_id",), _pages({}), cursor="update_time", personal=("user_id",)),
    "catalogs": Told("catalog/get", ("bc_id", "catalog_id"), owner="bc_id", cursor="update_time"),
    "product_sets": Told("catalog/set/get", ("bc_id", "catalog_id", "product_set_id"), _product_sets, owner="bc_id"),
    "gmv_max_stores": Told("gmv_max/store/list", ("store_id",)),
    "gmv_max_campaigns": Told("gmv_max/campaign/get", ("campaign_id",), _gmv_max, cursor="modify_time"),
    "gmv_max_campaign_settings": Told(
        "campaign/gmv_max/info", ("campaign_id",), _gmv_one_by_one("PRODUCT_GMV_MAX", "LIVE_GMV_MAX")
    ),
    "gmv_max_sessions": Told("campaign/gmv_max/session/list", ("session_id",), _gmv_one_by_one("PRODUCT_GMV_MAX")),
    "gmv_max_videos": Told("gmv_max/video/get", ("store_id", "item_id"), _shop_videos),
    "gmv_max_exclusive_authorizations": Told("gmv_max/exclusive_authorization/get", ("store_id",), _every_shop),
    "products": Told("catalog/product/get", ("bc_id", "catalog_id", "product_id"), _every_catalog, owner="bc_id"),
    "catalog_feeds": Told(
        "catalog/feed/get", ("bc_id", "catalog_id", "feed_id"), _every_catalog, owner="bc_id", records=_feed
    ),
    "catalog_overviews": Told("catalog/overview", ("bc_id", "catalog_id"), _every_catalog, owner="bc_id"),
    "catalog_event_sources": Told(
        "catalog/eventsource_bind/get",
        ("bc_id", "catalog_id", "app_id", "pixel_code"),
        _every_catalog,
        owner="bc_id",
        dashes=("app_id", "pixel_code"),
    ),
    "catalog_diagnostics": Told(
        "diagnostic/catalog",
        ("bc_id", "catalog_id", "issue_id", "issue_category", "issue_product_field"),
        partial(_every_catalog, feed_id="ALL"),
        owner="bc_id",
        dashes=("issue_category", "issue_product_field"),
    ),
    "shop_products": Told("store/product/get", ("store_id", "item_group_id"), _shop_products),
    "invoices": Told(
        "bc/invoice/get", ("bc_id", "invoice_id"), _invoices, owner="bc_id", personal=("address", "emails")
    ),
    "account_costs": Told(
        "bc/account/cost/get",
        ("bc_id", "advertiser_id", "date"),
        _cost_days,
        owner="bc_id",
        cursor="date",
        dated=True,
    ),
    "payment_portfolios": Told("payment_portfolio/get", ("bc_id", "payment_portfolio_id"), owner="bc_id"),
    "account_transactions": Told(
        "advertiser/transaction/get",
        ("bc_id", "transfer_type", "row_id", "occurrence"),
        _transfers,
        owner="bc_id",
        records=_transfer,
        cursor="date",
        dated=True,
        numbered="occurrence",
    ),
    "account_budget_changes": Told(
        "bc/account/budget/changelog/get",
        ("bc_id", "advertiser_id", "row_id", "occurrence"),
        _budgets,
        owner="bc_id",
        records=_identified(
            *("operation_time", "activity_type", "previous_budget", "previous_budget_mode"),
            *("current_budget", "current_budget_mode", "currency", "operator_id"),
        ),
        personal=("operator_name",),
        cursor="operation_time",
        dated=True,
        numbered="occurrence",
    ),
    "business_center_members": Told(
        "bc/member/get",
        ("bc_id", "user_id"),
        lambda *_: [({"filtering": {"relation_status": "BOUND"}}, {})],
        owner="bc_id",
        personal=("user_name", "user_email"),
    ),
    "business_center_partners": Told(
        "bc/partner/get", ("bc_id", "partner_bc_id"), owner="bc_id", records=_partner, renamed=("bc_name",)
    ),
    "business_center_partner_assets": Told(
        "bc/partner/asset/get",
        ("bc_id", "partner_bc_id", "share_type", "asset_type", "asset_id"),
        _every_partner,
        owner="bc_id",
    ),
    "pixel_links": Told(
        "bc/pixel/link/get", ("bc_id", "pixel_id", "advertiser_id"), _every_center_pixel, owner="bc_id"
    ),
    "catalog_feed_logs": Told(
        "catalog/feed/log",
        ("bc_id", "catalog_id", "feed_id", "start_time"),
        _every_feed,
        owner="bc_id",
        records=_update,
        cursor="start_time",
    ),
    "catalog_videos": Told(
        "catalog/video/get",
        ("bc_id", "catalog_id", "catalog_video_id"),
        _every_catalog,
        owner="bc_id",
        cursor="create_time",
    ),
    "business_center_asset_groups": Told("bc/asset_group/list", ("bc_id", "asset_group_id"), owner="bc_id"),
    "offline_event_sets": Told("offline/get", ("event_set_id",), cursor="update_time"),
    "crm_event_sets": Told("crm/list", ("event_set_id",), cursor="create_time"),
    "custom_conversions": Told(
        "custom_conversion/list",
        ("custom_conversion_id",),
        _every_pixel,
        cursor="create_time",
        more=_attributed_apps,
        more_path="custom_conversion/list",
    ),
    "automated_rules": Told("optimizer/rule/list", ("rule_id",), records=_rule),
    "automated_rule_results": Told(
        "optimizer/rule/result/list",
        ("rule_id", "task_exec_id"),
        _runs,
        records=_run,
        cursor="exec_datetime",
        dated=True,
    ),
    "ad_reviews": Told("ad/review_info", ("ad_id",), _for_all("ad", "ad_ids"), records=_reviewed("ad_review_map")),
    "adgroup_reviews": Told(
        "adgroup/review_info",
        ("adgroup_id",),
        _for_all("adgroup", "adgroup_ids"),
        records=_reviewed("ad_group_review_map"),
    ),
    "smart_plus_ad_reviews": Told(
        "smart_plus/ad/review_info",
        ("smart_plus_ad_id",),
        _smart_plus_ads,
        records=_listed_in("smart_plus_ad_review_infos"),
    ),
    "smart_plus_material_reviews": Told(
        "smart_plus/ad/review_info",
        ("smart_plus_ad_id", "ad_material_id"),
        _smart_plus_ads,
        records=_listed_in("material_review_infos"),
    ),
    "adgroup_diagnoses": Told("tool/diagnosis/get", ("adgroup_id",), _diagnoses),
    "campaign_negative_keywords": Told(
        "search_ad/negative_keyword/get", ("campaign_id", "keyword_id"), _keywords("campaign")
    ),
    "adgroup_negative_keywords": Told(
        "search_ad/negative_keyword/get", ("adgroup_id", "keyword_id"), _keywords("adgroup")
    ),
    "change_log": Told(
        "changelog/task/create",
        ("row_id", "occurrence"),
        records=_made(*CHANGE),
        numbered="occurrence",
        personal=("operator",),
        cursor="time",
        dated=True,
        since="time",
    ),
    "business_center_change_log": Told(
        "changelog/get",
        ("bc_id", "row_id", "occurrence"),
        _activity_days,
        owner="bc_id",
        records=_made("time", "activity_type", "operator_id", "activity_log"),
        numbered="occurrence",
        personal=("activity_log",),
        cursor="time",
        dated=True,
    ),
    "leads": Told("page/lead/task", ("lead_id",), personal=("answers",)),
    "audience_details": Told("dmp/custom_audience/get", ("audience_id",), _all_audiences, records=_audience),
    "video_performance": Told(
        "report/video_performance/get", ("material_id", "video_id"), _shown_videos, records=_figures
    ),
    "ad_benchmarks": Told(
        "report/ad_benchmark/get",
        ("ad_id", "compare_time_window", *COMPARED_IN),
        _benchmarks,
        records=_figures,
        dashes=COMPARED_IN,
    ),
    "creative_fatigue": Told(
        "creative_fatigue/get", ("ad_id", "date"), _fatigue_days, records=_figures, cursor="date", dated=True
    ),
    "creator_campaigns": Told(
        "tto/tcm/campaign",
        ("tto_tcm_account_id", "campaign_id"),
        _creator_campaigns,
        owner="",
        personal=("handle_names",),
    ),
    "creator_videos": Told(
        "tto/tcm/report",
        ("tto_tcm_account_id", "campaign_id", "country_code", "video_id"),
        _creator_videos,
        owner="",
        records=_creator_video,
        personal=("creator_info",),
    ),
    "regions": Told("search/region", ("region_id",), owner="any"),
    "languages": Told("tool/language", ("code",), owner="any"),
    "interest_categories": Told("tool/interest_category", ("interest_category_id",), owner="any"),
    "action_categories": Told("tool/action_category", ("action_category_id",), owner="any"),
    "carriers": Told("tool/carrier", ("country_code",), owner="any"),
    "timezones": Told("tool/timezone", ("timezone",), owner="any"),
    "device_models": Told("tool/device_model", ("device_model_id",), owner="any"),
}


def key_of(stream: str) -> tuple[str, ...]:
    """The columns that tell a stream's rows apart."""
    told = TOLD[stream]
    return ("advertiser_id", *told.key) if told.owner == "advertiser_id" else told.key


def list_table(
    simulator: Simulator,
    stream: str,
    *,
    start: str = "2026-02-01",
    include_deleted: bool = True,
    personal_data: bool = False,
    accounts: tuple[str, ...] | None = None,
) -> Table:
    """Every record a list stream holds at this instant, by key."""
    told = TOLD[stream]
    ids = simulator.world.advertiser_ids if accounts is None else accounts
    truth = Truth(simulator, date.fromisoformat(start), include_deleted, personal_data, ids)
    records = _records(told, truth)
    if told.numbered:
        records = _numbered(told, records)
    return {_key(stream, record): record for record in records}


def _numbered(told: Told, records: Iterable[Record]) -> Iterator[Record]:
    """Records with their number among those that agree in the rest of the key."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for record in records:
        same = tuple(record.get(name) for name in told.key)
        counts[same] += 1
        yield {**record, told.numbered: counts[same]}


def _key(stream: str, record: Record) -> Key:
    return tuple(record[name] for name in key_of(stream))


def _records(told: Told, truth: Truth) -> Iterator[Record]:
    for owner in _owners(told, truth):
        stamp = {} if told.owner == "any" else owner
        asked = [(told.path, query, tells) for query, tells in told.asks(truth, owner)]
        asked += [(told.more_path, query, tells) for query, tells in told.more(truth, owner)] if told.more else []
        for path, query, tells in asked:
            # Whoever names a library names no account.
            whose = {} if "library_id" in query else owner
            rows = [row for row in truth.rows(path, **whose, **query) if row.get(told.since, "9") >= str(truth.start)]
            for row in rows:
                for record in told.records({**stamp, **tells, **row}):
                    untold = {name: value for name, value in tells.items() if record.get(name) in (None, "")}
                    yield _finished(told, truth, {**stamp, **record, **untold})


def _owners(told: Told, truth: Truth) -> list[Query]:
    """Whose lists are read: each account's, each Business Center's, one account's for all, or nobody's."""
    if told.owner == "bc_id":
        return [{"bc_id": center.bc_id} for center in business_centers(truth.simulator.world)]
    if not told.owner:
        return [{}]
    owners = [{"advertiser_id": advertiser_id} for advertiser_id in truth.accounts]
    return owners[:1] if told.owner == "any" else owners


def _finished(told: Told, truth: Truth, record: Record) -> Record:
    columns = {**FACTS[told.path].columns, **(FACTS[told.more_path].columns if told.more_path else {})}
    hidden = () if truth.personal_data else told.personal
    written = {name: typed(columns.get(name), value) for name, value in _without(hidden, record).items()}
    dashes = {name: "-" for name in told.dashes if written.get(name) is None}
    return {name: value for name, value in {**written, **dashes}.items() if value is not None}


def _without(hidden: tuple[str, ...], value: Any) -> Any:
    """A value without the members of these names, at any depth."""
    if isinstance(value, list):
        return [_without(hidden, item) for item in value]
    if isinstance(value, dict):
        return {name: _without(hidden, inner) for name, inner in value.items() if name not in hidden}
    return value


def typed(column: Column | None, value: Any) -> Any:
    """A wire value as a record holds it: ids as text, times as UTC, amounts as numbers."""
    if column is None or value is None:
        return value
    if isinstance(value, list):
        return [typed(column, item) for item in value]
    if isinstance(value, dict):
        return {name: typed(column.fields.get(name), inner) for name, inner in value.items()}
    return _scalar(column, value)


def _scalar(column: Column, value: Any) -> Any:
    if column.name in LOCAL_TIMES:
        return value.replace(" ", "T")
    if column.name.endswith("_time") and column.name not in TEXT_TIMES and isinstance(value, str):
        return utc(value) if value else None
    if column.name in AMOUNTS:
        return float(value)
    named = column.name.endswith(("_id", "_ids")) and column.type != "boolean"
    return str(value) if named else value


def utc(text: str) -> str:
    """A moment as records write it."""
    return f"{text[:10]}T{text[11:19]}Z"
