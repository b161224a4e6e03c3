"""The records of the reports with endpoints of their own: GMV Max by day, and creatives over all time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import product
from typing import Any

from . import expected
from .reading import Record, Table, by_key
from .simulator import Simulator
from .simulator.assets import gmv_campaigns, promotion_type
from .simulator.shop import LIVE, open_stores, shop_leaves
from .simulator.world import Advertiser

DAY, HOUR = "stat_time_day", "stat_time_hour"
BOTH = ("PRODUCT", "LIVE")
# Stream -> what the rows are grouped by, and the kinds of GMV Max that have it.
GMV_MAX: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "gmv_max_insights": (("advertiser_id", DAY), BOTH),
    "gmv_max_insights_hourly": (("advertiser_id", HOUR), BOTH),
    "gmv_max_campaign_insights": (("campaign_id", DAY), BOTH),
    "gmv_max_campaign_insights_hourly": (("campaign_id", HOUR), BOTH),
    "gmv_max_product_insights": (("campaign_id", "item_group_id", DAY), ("PRODUCT",)),
    "gmv_max_product_insights_hourly": (("campaign_id", "item_group_id", HOUR), ("PRODUCT",)),
    "gmv_max_creative_insights": (("campaign_id", "item_group_id", "item_id", DAY), ("PRODUCT",)),
    "gmv_max_room_insights": (("campaign_id", "room_id", DAY), ("LIVE",)),
    "gmv_max_room_insights_hourly": (("campaign_id", "room_id", HOUR), ("LIVE",)),
}
MATERIALS = {"video_insights": "VIDEO", "image_insights": "IMAGE", "instant_page_insights": "INSTANT_PAGE"}
BY_DAY = {f"{name}_daily": kind for name, kind in MATERIALS.items()}
# Parts of upgraded Smart+ ads: what a stream's rows are about, and whether they come by day.
PARTS = ("main_material_id", "ad_text_entity_id", "call_to_action_entity_id", "interactive_add_on_entity_id")
SMART_PLUS = {"smart_plus_material_insights": PARTS, "smart_plus_material_insights_daily": PARTS[:1]}
NAMES = (*GMV_MAX, *MATERIALS, *BY_DAY, *SMART_PLUS)
INCREMENTAL = (*GMV_MAX, *BY_DAY, "smart_plus_material_insights_daily")
# What TikTok tells of the materials, by the type of each column; all else is a metric.
ABOUT = ("advertiser_id", "currency", "store_id", "gmv_max_promotion_type")
LIVE_ONLY = (
    *("live_views", "cost_per_live_view", "10_second_live_views", "cost_per_10_second_live_view", "live_follows"),
    *("all_shops_orders", "all_shops_cost_per_order", "all_shops_gross_revenue", "all_shops_roi"),
    *("tt_account_name", "tt_account_profile_image_url", "identity_id"),
)
PRODUCT_ONLY = ("roas_bid",)
INFO = (
    *("material_id", "video_id", "image_id", "page_id", "source", "country_code", "placement", "num_ads"),
    *("total_active_days", "related_ad_ids", "adgroup_number", "related_adgroup_ids", "page_status"),
    *("page_biz_type", "page_template_type", "page_thumbnail", "app_profile_country", "app_profile_external_app_id"),
    *("app_profile_icon", "customized_page_external_action"),
)


def table(simulator: Simulator, stream: str, start: str) -> Table:
    """Every record a stream holds now, by key."""
    accounts = [expected.account_of(simulator, id) for id in simulator.world.advertiser_ids]
    kinds = ((GMV_MAX, _gmv_max), (SMART_PLUS, _parts), (MATERIALS, _materials), (BY_DAY, _days_of_materials))
    rows = next(rows for streams, rows in kinds if stream in streams)
    return by_key(stream, [row for account in accounts for row in rows(simulator, stream, account, start)])


def _materials(simulator: Simulator, stream: str, account: Advertiser, start: str) -> Iterator[Record]:
    yield from _materials_in(simulator, stream, account, {"material_type": MATERIALS[stream], "lifetime": "true"})


def _days_of_materials(simulator: Simulator, stream: str, account: Advertiser, start: str) -> Iterator[Record]:
    day, last = date.fromisoformat(start), expected.today(simulator, account.advertiser_id)
    while day <= last:
        asked = {"material_type": BY_DAY[stream], "start_date": str(day), "end_date": str(day)}
        for row in _materials_in(simulator, stream, account, asked):
            yield {**row, "date": str(day)}
        day += timedelta(days=1)


def _materials_in(simulator: Simulator, stream: str, account: Advertiser, span: Mapping[str, str]) -> Iterator[Record]:
    columns = expected.columns(stream)
    info = [name for name in columns if name in INFO]
    metrics = [name for name in columns if name not in (*ABOUT, *INFO, "date")]
    asked = {**span, "info_fields": info, "metrics_fields": metrics}
    for row in _rows(simulator, "creative/report/get", account, asked):
        yield {**_stamp(account), **_typed(row["info"], columns), **_figures(row["metrics"], columns)}


# Columns that are no metrics, or come unasked.
PART = ("smart_plus_ad_id", "dimension", "entity_id", "entity_type", DAY, "main_material_name", "ad_text")
UNASKED = (*PART, "call_to_action", "interactive_add_on_id", "interactive_add_on_name")


def _parts(simulator: Simulator, stream: str, account: Advertiser, start: str) -> Iterator[Record]:
    columns = expected.columns(stream)
    metrics = [name for name in columns if name not in (*ABOUT, *UNASKED)]
    daily = DAY in columns
    listed = {"filtering": {"primary_status": "STATUS_ALL"}}
    ads = [row["smart_plus_ad_id"] for row in _rows(simulator, "smart_plus/ad/get", account, listed)]
    today = expected.today(simulator, account.advertiser_id)
    path = f"smart_plus/material_report/{'breakdown' if daily else 'overview'}"
    when = {"start_date": start, "end_date": today.isoformat()} if daily else {"query_lifetime": True}
    for part, ad in product(SMART_PLUS[stream], ads):
        asked = {"dimensions": [part, DAY if daily else "smart_plus_ad_id"], "metrics": metrics, **when}
        for row in _rows(simulator, path, account, {**asked, "filtering": {"smart_plus_ad_ids": [ad]}}):
            told = row["dimensions"]
            time = {DAY: told[DAY].replace(" ", "T")} if daily else {}
            about = {"entity_id": told[part], "entity_type": told[f"{part.removesuffix('_id')}_type"]}
            lists = {name: value for name, value in row["metrics"].items() if isinstance(value, list)}
            plain = {name: value for name, value in row["metrics"].items() if name not in lists}
            key = {"smart_plus_ad_id": ad, "dimension": part}
            yield {**_stamp(account), **key, **about, **time, **lists, **_figures(plain, columns)}


def _gmv_max(simulator: Simulator, stream: str, account: Advertiser, start: str) -> Iterator[Record]:
    dimensions, kinds = GMV_MAX[stream]
    columns, epoch = expected.columns(stream), simulator.clock.epoch
    for kind, store in product(kinds, open_stores(simulator.world, account, epoch)):
        lacking = (*ABOUT, *dimensions, *(LIVE_ONLY if kind == "PRODUCT" else PRODUCT_ONLY))
        asked = {
            "dimensions": dimensions,
            "metrics": [name for name in columns if name not in lacking],
            "store_ids": [store],
        }
        told = {**_stamp(account), "gmv_max_promotion_type": f"{kind}_GMV_MAX"}
        days = 1 if HOUR in dimensions else 30
        for filtering in _objects(simulator, account, dimensions, kind):
            for span in _spans(date.fromisoformat(start), expected.today(simulator, account.advertiser_id), days):
                query = {**asked, **span, "filtering": filtering}
                for row in _rows(simulator, "gmv_max/report/get", account, query):
                    time = row["dimensions"][dimensions[-1]]
                    if time > f"{simulator.clock.now.astimezone(account.zone):%Y-%m-%d %H:%M:%S}":
                        continue
                    row["dimensions"][dimensions[-1]] = time.replace(" ", "T")
                    yield {**told, "store_id": store, **row["dimensions"], **_figures(row["metrics"], columns)}


def _objects(
    simulator: Simulator, account: Advertiser, dimensions: tuple[str, ...], kind: str
) -> Iterator[Mapping[str, list[str]]]:
    """What a report on one kind of GMV Max is limited to, so that everything comes, deleted or not."""
    if len(dimensions) == 2:
        deleted = {"campaign_statuses": ["STATUS_ALL"]} if "campaign_id" in dimensions else {}
        yield {"gmv_max_promotion_types": [kind], **deleted}
        return
    owned = gmv_campaigns(simulator.world, account, simulator.clock.epoch)
    campaigns = [campaign.id for campaign in owned if promotion_type(campaign) == f"{kind}_GMV_MAX"]
    if "item_id" not in dimensions:
        yield {"campaign_ids": campaigns}
        return
    leaves = shop_leaves(simulator.world, account, simulator.clock.epoch)
    products = {leaf.ad.parent.id for leaf in leaves if leaf.ad.parent and leaf.ad.flavour != LIVE}
    for some in range(0, len(products), 100):
        yield {"campaign_ids": campaigns, "item_group_ids": sorted(products)[some : some + 100]}


def _stamp(account: Advertiser) -> Record:
    return {"advertiser_id": account.advertiser_id, "currency": account.currency}


def _spans(first: date, last: date, days: int) -> Iterator[Mapping[str, str]]:
    while first <= last:
        end = min(first + timedelta(days=days - 1), last)
        yield {"start_date": first.isoformat(), "end_date": end.isoformat()}
        first = end + timedelta(days=1)


def _rows(simulator: Simulator, path: str, account: Advertiser, asked: Mapping[str, Any]) -> list[Any]:
    query = {"advertiser_id": account.advertiser_id, **asked}
    sent = {name: [value if isinstance(value, str) else json.dumps(value)] for name, value in query.items()}
    return simulator.truth(path, sent)


def _typed(row: Mapping[str, Any], columns: Mapping[str, Any]) -> Record:
    found = {name: expected.typed(value, columns[name]) for name, value in row.items()}
    return {name: value for name, value in found.items() if value is not None}


def _figures(metrics: Mapping[str, str], columns: Mapping[str, Any]) -> Record:
    found = {name: _value(text, expected.kind_of(columns[name]), name) for name, text in metrics.items()}
    return {name: value for name, value in found.items() if value is not None}


def _value(text: str, kind: str, name: str) -> Any:
    if kind != "date-time" or text in ("-", ""):
        return expected.figure(text, kind)
    # Schedules are UTC's, the start of a livestream is the account's own time.
    return text.replace(" ", "T") + ("" if name == "live_launched_time" else "Z")
