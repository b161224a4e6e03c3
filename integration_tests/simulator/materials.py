"""`smart_plus/material_report/overview` and `/breakdown`: which requests they take, and the figures of parts of ads.

Two sources for what is asked and answered: TikTok's SDK and its reference, of which only the reference tells which
dimensions go together. How often parts are shared among ads is made up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from . import numbers
from .attributes import CALLS, attributes
from .facts import METRICS
from .legality import conflict, days
from .metrics import writer
from .refusal import Params, Refusal, bad, texts
from .reports import leaf_figures, lifetime_days
from .world import Advertiser, Leaf, World, ad_id_v2

MATERIAL_PARAMETERS = frozenset(
    (
        *("advertiser_id", "dimensions", "metrics", "filtering", "query_lifetime", "start_date", "end_date"),
        *("sort_field", "sort_type", "page", "page_size"),
    )
)
AD = "smart_plus_ad_id"
DAY = "stat_time_day"
MOST_ADS = 200
MOST_DAYS = {"": 365, DAY: 365}
TYPES = ("VIDEO_NON_SPARK_ADS", "VIDEO_SPARK_ADS", "CAROUSEL_NON_SPARK_ADS", "SINGLE_IMAGE_NON_SPARK_ADS")
STATUS = ("ad_material_id", "material_primary_status", "material_second_status_list", "operation_status")


@dataclass(frozen=True)
class Part:
    """A kind of part of an ad: where its ids begin, and which of them an ad's creative has, None for none."""

    base: int
    of: Callable[[Leaf], int | None]
    tells: Callable[[int], Mapping[str, str]]
    type: Callable[[int], str]


PARTS: Mapping[str, Part] = {
    "main_material_id": Part(
        7_600_000_000_000_000_000,
        lambda leaf: leaf.seed % 7,
        lambda n: {"main_material_name": f"Material {n} ✨"},
        lambda n: TYPES[n % len(TYPES)],
    ),
    "ad_text_entity_id": Part(
        7_610_000_000_000_000_000,
        lambda leaf: leaf.seed // 7 % 3,
        lambda n: {"ad_text": f"Try it today, number {n} ✨"},
        lambda n: "text",
    ),
    "call_to_action_entity_id": Part(
        7_620_000_000_000_000_000,
        lambda leaf: leaf.seed // 21 % 3,
        lambda n: {"call_to_action": CALLS[n]},
        lambda n: ("manual_call_to_action", "dynamic_call_to_action")[n % 2],
    ),
    "interactive_add_on_entity_id": Part(
        7_630_000_000_000_000_000,
        lambda leaf: leaf.seed // 63 % 4 or None,
        lambda n: {"interactive_add_on_id": str(7_640 * 10**15 + n), "interactive_add_on_name": f"Add-on {n}"},
        lambda n: "add_on",
    ),
}


@dataclass(frozen=True)
class MaterialQuery:
    """A legal request, paging aside. `start` and `end` are ordinals of local days, both included."""

    advertiser: Advertiser
    part: str
    by_ad: bool
    metrics: tuple[str, ...]
    start: int
    end: int
    ads: frozenset[str]


def material_query(params: Params, world: World, advertiser: Advertiser, by_ad: bool) -> MaterialQuery:
    """The legal request in `params`; raise Refusal for anything TikTok would not take."""
    names = params.texts("dimensions", required=True)
    part = next((name for name in names if name in PARTS), "")
    if sorted(names) != sorted((part, AD if by_ad else DAY)):
        raise conflict()
    known = {name for name, metric in METRICS.items() if "S" in metric.reports}
    metrics = tuple(dict.fromkeys(params.texts("metrics"))) or ("spend", "impressions")
    if wrong := [name for name in metrics if name not in known]:
        raise bad(f"Invalid metric fields: {wrong}")
    lifetime = by_ad and params.flag("query_lifetime")
    start, end = lifetime_days(world) if lifetime else days(params, tuple(names), MOST_DAYS)
    return MaterialQuery(advertiser, part, by_ad, metrics, start, end, _ads(params))


def _ads(params: Params) -> frozenset[str]:
    raw = params.parsed("filtering") or {}
    if not isinstance(raw, dict) or set(raw) - {"smart_plus_ad_ids"}:
        raise bad("filtering: not part of the simulation.")
    ids = texts("smart_plus_ad_ids", raw["smart_plus_ad_ids"]) if raw else []
    if raw and not 1 <= len(ids) <= MOST_ADS:
        raise Refusal(40011, f"smart_plus_ad_ids: Length must be between 1 and {MOST_ADS}.")
    return frozenset(ids)


@lru_cache(maxsize=256)
def material_rows(query: MaterialQuery, world: World, epoch: int) -> list[dict[str, Any]]:
    """Every part of the ads asked for that was shown: by ad, or by day."""
    part = PARTS[query.part]
    shown: dict[tuple[int, str], list[tuple[Leaf, int]]] = {}
    for leaf in world.leaves(query.advertiser, epoch):
        number, ad = part.of(leaf), str(ad_id_v2(leaf.ad))
        wanted = leaf.ad.flavour == "UPGRADED_SMART_PLUS" and (not query.ads or ad in query.ads)
        if wanted and number is not None:
            for day in filter(leaf.runs, _days(query, epoch)):
                shown.setdefault((number, ad if query.by_ad else _time(day)), []).append((leaf, day))
    return [_row(query, number, place, running, epoch) for (number, place), running in shown.items()]


def _days(query: MaterialQuery, epoch: int) -> range:
    today = query.advertiser.today(epoch)
    begun = numbers.hours_passed(query.advertiser.zone, today, epoch) > 0
    return range(query.start, min(query.end, today if begun else today - 1) + 1)


def _time(day: int) -> str:
    return f"{date.fromordinal(day).isoformat()} 00:00:00"


def _row(query: MaterialQuery, number: int, place: str, running: list[tuple[Leaf, int]], epoch: int) -> dict[str, Any]:
    part, advertiser = PARTS[query.part], query.advertiser
    figures = numbers.total([leaf_figures(leaf, day, epoch) for leaf, day in running])
    known = attributes(advertiser, None, epoch)
    write = writer(tuple(name for name in query.metrics if name not in STATUS), advertiser.decimals)
    creatives = list(dict.fromkeys(leaf.ad.id for leaf, _ in running))
    # Told of a part of an ad only.
    status = {
        "ad_material_id": creatives,
        "material_primary_status": "STATUS_DELIVERY_OK" if number % 2 else "STATUS_DISABLE",
        "material_second_status_list": ["AD_MATERIAL_STATUS_OK"],
        "operation_status": "ENABLE" if number % 2 else "DISABLE",
    }
    asked = {name: status[name] if query.by_ad else "" for name in query.metrics if name in STATUS}
    return {
        "dimensions": {
            query.part: str(part.base + advertiser.index * 1000 + number),
            f"{query.part.removesuffix('_id')}_type": part.type(number),
            AD if query.by_ad else DAY: place,
        },
        "metrics": {**write(figures, known), **asked, **part.tells(number)},
    }
