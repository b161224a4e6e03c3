"""Which requests `gmv_max/report/get` takes: one shop, the groupings that are documented, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .facts import DIMENSIONS, METRICS
from .legality import DAYS_OF_SPAN, conflict, days
from .refusal import Params, Refusal, bad, texts
from .reports import ReportQuery
from .shop import open_stores
from .world import Advertiser, World

GMV_PARAMETERS = frozenset(
    (
        *("advertiser_id", "store_ids", "start_date", "end_date", "dimensions", "metrics", "filtering"),
        *("sort_field", "sort_type", "enable_total_metrics", "page", "page_size"),
    )
)
GROUPINGS = frozenset(
    frozenset(grouping.split("+"))
    for grouping in (
        *("advertiser_id", "campaign_id", "campaign_id+room_id", "room_id"),
        *("campaign_id+item_group_id", "item_group_id", "campaign_id+item_group_id+item_id"),
        *("campaign_id+item_id", "item_group_id+item_id", "item_id"),
    )
)
PROMOTIONS = {"PRODUCT": "PRODUCT_GMV_MAX", "LIVE": "LIVE_GMV_MAX"}
STATUSES = ("STATUS_DELIVERY_OK", "STATUS_DISABLE", "STATUS_DELETE")
ID_FILTERS = {
    "campaign_ids": "campaign_id",
    "item_group_ids": "item_group_id",
    "item_ids": "item_id",
    "room_ids": "room_id",
}
MAX_IDS = 100
# What describes an object comes beside the id of such an object.
_CAMPAIGN = ("campaign_id", "campaign_name", "operation_status", "schedule_type", "schedule_start_time")
_PRODUCT = ("item_group_id", "product_name", "product_image_url", "product_status", "bid_type")
_ACCOUNT = ("tt_account_name", "tt_account_profile_image_url")
_POST = ("item_id", "title", "shop_content_type", "creative_delivery_status", "tt_account_authorization_type")
ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "campaign_id": frozenset(
        (
            *(*_CAMPAIGN, *_ACCOUNT, "schedule_end_time", "bid_type", "target_roi_budget", "max_delivery_budget"),
            "identity_id",
        )
    ),
    "item_group_id": frozenset(_PRODUCT),
    "item_id": frozenset((*_POST, *_ACCOUNT, "identity_id")),
    "room_id": frozenset(("live_name", "live_status", "live_launched_time", "live_duration")),
}


def gmv_query(params: Params, world: World, advertiser: Advertiser, epoch: int) -> ReportQuery:
    """The legal request in `params`; raise Refusal for anything TikTok would not take."""
    store = _store(params, world, advertiser, epoch)
    dimensions = _dimensions(params)
    metrics = _metrics(params, dimensions)
    start, end = days(params, dimensions, DAYS_OF_SPAN)
    found = _filters(params)
    if "item_group_id" in dimensions and "campaign_id" not in dict(found["ids"]):
        raise bad("filtering: campaign_ids: Missing data for required field.")
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


def _dimensions(params: Params) -> tuple[str, ...]:
    names = params.texts("dimensions", required=True)
    if not 1 <= len(names) <= 4:
        raise bad("dimensions: Length must be between 1 and 4.")
    unknown = [name for name in names if name not in DIMENSIONS or "G" not in DIMENSIONS[name].reports]
    if unknown:
        raise bad(f"Invalid dimension fields: {unknown}")
    times = [name for name in names if DIMENSIONS[name].kind == "time"]
    if len(set(names)) < len(names) or len(times) > 1 or frozenset(names) - frozenset(times) not in GROUPINGS:
        raise conflict()
    return tuple(names)


def _metrics(params: Params, dimensions: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(params.texts("metrics", required=True)))
    ids = [name for name in dimensions if DIMENSIONS[name].kind != "time"]
    described = ATTRIBUTES.get(ids[0], frozenset()) if len(ids) == 1 else frozenset()
    wrong = [name for name in names if not _takes(name, described)]
    if wrong or not names:
        raise bad(f"Invalid metric fields: {wrong}")
    return names


def _takes(name: str, described: frozenset[str]) -> bool:
    metric = METRICS.get(name)
    return metric is not None and "G" in metric.reports and (not metric.attribute or name in described)


def _filters(params: Params) -> dict[str, Any]:
    raw = params.parsed("filtering")
    if raw is not None and not isinstance(raw, dict):
        raise bad("filtering: Field must be set to object.")
    statuses: tuple[str, ...] = ("STATUS_NOT_DELETE",)
    promotions: tuple[str, ...] = ()
    ids = []
    for name, value in (raw or {}).items():
        if name in ID_FILTERS:
            ids.append((ID_FILTERS[name], frozenset(_listed(name, value))))
        elif name == "campaign_statuses":
            statuses = tuple(_chosen(name, value, STATUSES))
        elif name == "gmv_max_promotion_types":
            promotions = tuple(PROMOTIONS[kind] for kind in _chosen(name, value, tuple(PROMOTIONS)))
        else:
            raise bad(f"filtering: Unknown field {name}.")
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
