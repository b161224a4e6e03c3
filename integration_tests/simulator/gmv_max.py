"""Which requests `gmv_max/report/get` takes: one shop, the groupings that are documented, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .facts import DIMENSIONS, METRICS
from .legality import DAYS_OF_SPAN, conflict, days
from .refusal import Params, Refusal, bad, texts
from .reports import ReportQuery
from .shop import open_stores
from .switches import Switches
from .world import Advertiser, World

GMV_PARAMETERS = frozenset(
    (
        *("advertiser_id", "store_ids", "start_date", "end_date", "dimensions", "metrics", "filtering"),
        *("sort_field", "sort_type", "enable_total_metrics", "page", "page_size"),
    )
)
PROMOTIONS = {"PRODUCT": "PRODUCT_GMV_MAX", "LIVE": "LIVE_GMV_MAX"}
STATUSES = ("STATUS_DELIVERY_OK", "STATUS_DISABLE", "STATUS_DELETE", "STATUS_NOT_DELIVERY", "STATUS_ALL")
ID_FILTERS = {
    "campaign_ids": "campaign_id",
    "item_group_ids": "item_group_id",
}
MAX_IDS = 100


@dataclass(frozen=True)
class Level:
    """What a level of the reports may be asked: filters (`needs` among them), and what its rows may carry."""

    filters: tuple[str, ...]
    metrics: frozenset[str]
    needs: tuple[str, ...] = ()
    timed_only: bool = False


_FIGURES = ("cost", "orders", "cost_per_order", "gross_revenue", "roi")
_SALES = (*_FIGURES, "net_cost")
_ACCOUNT = ("tt_account_name", "tt_account_profile_image_url")
_CAMPAIGN = (
    *("campaign_id", "campaign_name", "operation_status", "schedule_type", "schedule_start_time", "schedule_end_time"),
    *(*_ACCOUNT, "bid_type", "target_roi_budget", "max_delivery_budget", "roas_bid", "identity_id"),
)
_PRODUCT = ("item_group_id", "product_name", "product_image_url", "product_status", "bid_type")
_POST = (
    *("item_id", "title", "shop_content_type", "creative_delivery_status", "tt_account_authorization_type"),
    *(*_ACCOUNT, "identity_id"),
)
_ROOM = ("live_name", "live_status", "live_launched_time", "live_duration")
_LIVE = (
    *("all_shops_orders", "all_shops_cost_per_order", "all_shops_gross_revenue", "all_shops_roi"),
    *("live_views", "cost_per_live_view", "10_second_live_views", "cost_per_10_second_live_view", "live_follows"),
)
_VIEWS = (
    *("product_impressions", "product_clicks", "product_click_rate", "ad_click_rate", "ad_conversion_rate"),
    *("ad_video_view_rate_2s", "ad_video_view_rate_6s", "ad_video_view_rate_p25", "ad_video_view_rate_p50"),
    *("ad_video_view_rate_p75", "ad_video_view_rate_p100"),
)
# Two sources: TikTok's page on the metrics of GMV Max reports, and notes of live requests that were refused otherwise.
OVERVIEW = Level(("gmv_max_promotion_types",), frozenset(_SALES))
CAMPAIGNS = Level(
    ("gmv_max_promotion_types", "campaign_ids", "campaign_statuses"), frozenset((*_CAMPAIGN, *_SALES, *_LIVE))
)
PRODUCTS = Level(("campaign_ids",), frozenset((*_PRODUCT, *_FIGURES)), ("campaign_ids",))
CREATIVES = Level(
    ("campaign_ids", "item_group_ids"), frozenset((*_POST, *_FIGURES, *_VIEWS)), ("campaign_ids", "item_group_ids")
)
POSTS = replace(CREATIVES, timed_only=True)
ROOMS = Level(("campaign_ids",), frozenset((*_ROOM, *_SALES, *_LIVE)), ("campaign_ids",))
LEVELS: Mapping[frozenset[str], Level] = {
    frozenset(grouping.split("+")): level
    for grouping, level in (
        ("advertiser_id", OVERVIEW),
        ("campaign_id", CAMPAIGNS),
        ("item_group_id", PRODUCTS),
        ("campaign_id+item_group_id", PRODUCTS),
        ("campaign_id+item_group_id+item_id", CREATIVES),
        ("item_id", POSTS),
        ("room_id", ROOMS),
        ("campaign_id+room_id", ROOMS),
    )
}


def gmv_query(params: Params, world: World, advertiser: Advertiser, epoch: int, switches: Switches) -> ReportQuery:
    """The legal request in `params`; raise Refusal for anything TikTok would not take."""
    store = _store(params, world, advertiser, epoch)
    dimensions, level = _dimensions(params)
    metrics = _metrics(params, level)
    start, end = days(params, dimensions, DAYS_OF_SPAN)
    found = _filters(params, level, switches)
    if level is CREATIVES or level is POSTS:
        _check_posts(metrics, dict(found["ids"]))
    if level is ROOMS and switches.room_report_of_one_campaign and len(dict(found["ids"])["campaign_id"]) > 1:
        raise bad("filtering: campaign_ids: Length must be 1.")
    field = params.text("sort_field", metrics) if "sort_field" in params else ""
    if field and METRICS[field].attribute:
        raise bad("sort_field: Not a metric that can be sorted by.")
    ascending = params.text("sort_type", ("ASC", "DESC"), "DESC") == "ASC"
    about = (advertiser.advertiser_id, "GMV_MAX", "", dimensions, metrics, start, end)
    return ReportQuery(*about, store_id=store, order_field=field, ascending=ascending, **found)


def _store(params: Params, world: World, advertiser: Advertiser, epoch: int) -> str:
    ids = params.texts("store_ids", required=True)
    if len(ids) != 1:
        raise bad("store_ids: Length must be 1.")
    if ids[0] not in open_stores(world, advertiser, epoch):
        raise Refusal(40001, f"No permission to operate store {ids[0]}")
    return ids[0]


def _dimensions(params: Params) -> tuple[tuple[str, ...], Level]:
    names = params.texts("dimensions", required=True)
    if not 1 <= len(names) <= 4:
        raise bad("dimensions: Length must be between 1 and 4.")
    unknown = [name for name in names if name not in DIMENSIONS or "G" not in DIMENSIONS[name].reports]
    if unknown:
        raise bad(f"Invalid dimension fields: {unknown}")
    times = [name for name in names if DIMENSIONS[name].kind == "time"]
    level = LEVELS.get(frozenset(names) - frozenset(times))
    if len(set(names)) < len(names) or len(times) > 1 or level is None or (level.timed_only and not times):
        raise conflict()
    return tuple(names), level


def _metrics(params: Params, level: Level) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(params.texts("metrics", required=True)))
    wrong = [name for name in names if name not in level.metrics]
    if wrong or not names:
        raise bad(f"Invalid metric fields: {wrong}")
    return names


def _check_posts(metrics: tuple[str, ...], ids: Mapping[str, frozenset[str]]) -> None:
    described = [name for name in metrics if METRICS[name].attribute]
    if described and any(len(values) > 1 for values in ids.values()):
        raise bad(f"Invalid metric fields: {described}")


def _filters(params: Params, level: Level, switches: Switches) -> dict[str, Any]:
    raw = params.parsed("filtering")
    if raw is not None and not isinstance(raw, dict):
        raise bad("filtering: Field must be set to object.")
    sent = raw or {}
    taken = level.filters
    if level is PRODUCTS and switches.product_report_takes_kind:
        taken = (*taken, "gmv_max_promotion_types")
    if wrong := [name for name in sent if name not in taken]:
        raise bad(f"Invalid filter(s): '[{', '.join(wrong)}]' are not supported")
    if level in (CREATIVES, POSTS) and not all(sent.get(name) for name in level.needs):
        raise bad("Creative level report must have at least 1 campaign ID and 1 item group ID")
    if lacking := [name for name in level.needs if not sent.get(name)]:
        raise bad(f"filtering: {lacking[0]}: Missing data for required field.")
    # Below the campaign the ids say whose rows come, deleted or not.
    statuses = ("STATUS_NOT_DELETE",) if level is CAMPAIGNS else ("STATUS_ALL",)
    promotions: tuple[str, ...] = ()
    ids = []
    for name, value in sent.items():
        if name in ID_FILTERS:
            ids.append((ID_FILTERS[name], frozenset(_listed(name, value))))
        elif name == "campaign_statuses":
            statuses = tuple(_chosen(name, value, STATUSES))
        else:
            promotions = tuple(PROMOTIONS[kind] for kind in _chosen(name, value, tuple(PROMOTIONS)))
    if level is CAMPAIGNS and not promotions:
        raise bad("filtering: gmv_max_promotion_types: Missing data for required field.")
    return {"statuses": (("campaign", statuses),), "promotion_types": promotions, "ids": tuple(ids)}


def _listed(name: str, value: Any) -> list[str]:
    values = texts(name, value)
    if not 1 <= len(values) <= MAX_IDS:
        raise Refusal(40011, f"{name}: Length must be between 1 and {MAX_IDS}.")
    return values


def _chosen(name: str, value: Any, choices: tuple[str, ...]) -> list[str]:
    values = _listed(name, value)
    if not set(values) <= set(choices):
        raise bad(f"{name}: Must be one of: {', '.join(choices)}.")
    return values
