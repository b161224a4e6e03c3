"""`creative/report/get`: which requests it takes, and the figures of each video, image and instant page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .assets import IMAGE, PAGE, VIDEO, Asset, Kind, assets
from .attributes import attributes
from .entities import moment
from .facts import METRICS
from .metrics import writer
from .numbers import Figures, total
from .refusal import Params, Refusal, bad, texts
from .reports import leaf_figures, lifetime_days
from .world import Advertiser, Leaf, World

CREATIVE_PARAMETERS = frozenset(
    (
        *("advertiser_id", "material_type", "lifetime", "start_date", "end_date", "info_fields", "metrics_fields"),
        *("filtering", "sort_field", "sort_type", "page", "page_size"),
    )
)
KINDS: Mapping[str, Kind] = {"VIDEO": VIDEO, "IMAGE": IMAGE, "INSTANT_PAGE": PAGE}
INFO_FIELDS = (
    *("material_id", "video_id", "image_id", "page_id", "source", "country_code", "placement", "num_ads"),
    *("total_active_days", "related_ad_ids", "adgroup_number", "related_adgroup_ids", "page_status"),
    *("page_biz_type", "page_template_type", "page_thumbnail", "app_profile_country", "app_profile_external_app_id"),
    *("app_profile_icon", "customized_page_external_action", "material_name", "create_time", "tiktok_item_ids"),
    *("video_material_source", "identity", "currency"),
)
USUAL_INFO = ("material_id", "video_id", "image_id", "page_id")
USUAL_METRICS = ("impressions", "spend")
ID_FILTERS = {"campaign_id": "campaign", "adgroup_id": "adgroup", "ad_id": "ad"}
MOST_MATERIALS = 10
Row = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class CreativeQuery:
    """A legal request, paging aside. `start` and `end` are ordinals of local days, both included."""

    advertiser: Advertiser
    material_type: str
    start: int
    end: int
    info: tuple[str, ...]
    metrics: tuple[str, ...]
    ids: tuple[tuple[str, frozenset[str]], ...] = ()
    sort_field: str = ""
    ascending: bool = False
    lifetime: bool = False


def creative_query(params: Params, world: World, advertiser: Advertiser) -> CreativeQuery:
    """The legal request in `params`; raise Refusal for anything TikTok would not take."""
    kind = params.text("material_type", KINDS)
    start, end = lifetime_days(world) if params.flag("lifetime") else _dates(params)
    info = _chosen(params, "info_fields", INFO_FIELDS) or USUAL_INFO
    known = [name for name, metric in METRICS.items() if "R" in metric.reports]
    metrics = _chosen(params, "metrics_fields", known) or USUAL_METRICS
    field = params.text("sort_field", metrics) if "sort_field" in params else ""
    ascending = params.text("sort_type", ("ASC", "DESC"), "DESC") == "ASC"
    lifetime = params.flag("lifetime")
    return CreativeQuery(advertiser, kind, start, end, info, metrics, _filters(params), field, ascending, lifetime)


def _dates(params: Params) -> tuple[int, int]:
    start, end = params.day("start_date").toordinal(), params.day("end_date").toordinal()
    if start > end:
        raise bad("start_date: Must not be later than end_date.")
    return start, end


def _chosen(params: Params, name: str, known: Any) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(params.texts(name)))
    unknown = [field for field in names if field not in known]
    if unknown:
        raise bad(f"{name}: Unknown fields {unknown}.")
    return names


def _filters(params: Params) -> tuple[tuple[str, frozenset[str]], ...]:
    raw = params.parsed("filtering")
    if raw is not None and not isinstance(raw, dict):
        raise bad("filtering: Field must be set to object.")
    found = []
    for name, value in (raw or {}).items():
        if name != "material_id" and name not in ID_FILTERS:
            raise bad(f"filtering: {name}: not part of the simulation.")
        values = texts(name, value)
        if not values or (name == "material_id" and len(values) > MOST_MATERIALS):
            raise Refusal(40011, f"{name}: Length must be between 1 and {MOST_MATERIALS}.")
        found.append((ID_FILTERS.get(name, name), frozenset(values)))
    return tuple(found)


@lru_cache(maxsize=64)
def creative_rows(query: CreativeQuery, world: World, epoch: int) -> list[Row]:
    """Every material that was shown in the time asked for, deleted ads included, newest first."""
    shown: dict[Asset, list[Leaf]] = {}
    for leaf in world.leaves(query.advertiser, epoch):
        material = _material(query, world, leaf)
        if material is not None and _fits(leaf, material, query):
            shown.setdefault(material, []).append(leaf)
    rows = [_row(query, material, leaves, epoch) for material, leaves in shown.items()]
    found = [row for row in rows if row is not None]
    if query.sort_field:
        found.sort(key=lambda row: _number(row["metrics"][query.sort_field]), reverse=not query.ascending)
    else:
        found.sort(key=lambda row: -int(row["info"]["material_id"]))
    return [{"info": {name: row["info"].get(name) for name in query.info}, "metrics": row["metrics"]} for row in found]


def _material(query: CreativeQuery, world: World, leaf: Leaf) -> Asset | None:
    """The material of that type an ad shows; two ads in three have one, each of those the account began with."""
    kind = KINDS[query.material_type]
    if (leaf.seed + kind.base) % 3 == 0:
        return None
    known = assets(world, kind, query.advertiser.index, world.start_epoch)
    return known[leaf.seed // 3 % len(known)]


def _fits(leaf: Leaf, material: Asset, query: CreativeQuery) -> bool:
    ids = {above.kind: above.id for above in leaf.ad.lineage} | {"material_id": material.id}
    return all(ids[name] in wanted for name, wanted in query.ids)


def _row(query: CreativeQuery, material: Asset, leaves: list[Leaf], epoch: int) -> Row | None:
    """The row of a material; none where none of its ads has run on any day."""
    days = range(query.start, min(query.end, query.advertiser.today(epoch)) + 1)
    running = [(leaf, day) for leaf in leaves for day in days if leaf.runs(day)]
    if not running:
        return None
    figures: Figures = total([leaf_figures(leaf, day, epoch) for leaf, day in running])
    known = attributes(query.advertiser, None, epoch)
    metrics = writer(query.metrics, query.advertiser.decimals)(figures, known)
    return {"info": _info(query, material, running, epoch), "metrics": metrics}


def _info(query: CreativeQuery, material: Asset, running: list[tuple[Leaf, int]], epoch: int) -> dict[str, Any]:
    ads = {leaf.ad.number: leaf.ad for leaf, _ in running}
    adgroups = {ad.parent.id for ad in ads.values() if ad.parent is not None}
    common = {
        "material_id": material.id,
        "country_code": [query.advertiser.country],
        "placement": ["PLACEMENT_TIKTOK", "PLACEMENT_PANGLE"][: 1 + material.seed % 2],
        "num_ads": len(ads),
        # One source, TikTok's page on these reports: 0 where all time is asked for.
        "total_active_days": 0 if query.lifetime else len({day for _, day in running}),
        "material_name": material.name("Material", epoch),
        "create_time": moment(material.created),
        "currency": query.advertiser.currency,
    }
    if query.material_type == "VIDEO":
        common |= {
            "related_ad_ids": [str(number) for number in sorted(ads)],
            "adgroup_number": len(adgroups),
            "related_adgroup_ids": sorted(adgroups),
        }
    return common | OWN_INFO[query.material_type](material)


def _video(video: Asset) -> dict[str, Any]:
    return {
        "video_id": f"v10044g50000{video.number}",
        "source": ("UPLOADED", "CREATIVE_TOOL_SMART_VIDEO", "OTHERS")[video.index % 3],
        "video_material_source": ("UPLOADED_TO_TIKTOK_ADS_MANAGER", "QUICK_GENERATION", "OTHER")[video.index % 3],
        "tiktok_item_ids": [str(7_300_000_000_000_000_000 + video.seed % 10**15)] if video.index % 2 else None,
        "identity": f"identity {video.seed % 100}" if video.index % 2 else None,
    }


def _image(image: Asset) -> dict[str, Any]:
    return {
        "image_id": f"tos-useast/{image.number}",
        "source": ("UPLOADED", "CREATIVE_TOOL_OTHERS")[image.index % 2],
    }


def _page(page: Asset) -> dict[str, Any]:
    profile = page.index % 3 == 2
    return {
        "page_id": page.id,
        "source": "OTHERS",
        "page_status": ("PUBLISHED", "EDITED", "READY", "DRAFT")[page.index % 4],
        "page_biz_type": [("CUSTOM", "INSTANT_FORM", "APP_PROFILE")[page.index % 3]],
        "page_template_type": [("CUSTOMIZED", "INTRODUCTION")[page.index % 2]],
        "page_thumbnail": f"https://p16.cdn.example/page/{page.number}",
        "app_profile_country": ["US", "GB"] if profile else None,
        "app_profile_external_app_id": [str(page.seed % 10**10)] if profile else None,
        "app_profile_icon": f"https://p16.cdn.example/icon/{page.number}" if profile else None,
        "customized_page_external_action": ["CONVERT"] if page.index % 2 else None,
    }


OWN_INFO: Mapping[str, Callable[[Asset], dict[str, Any]]] = {
    "VIDEO": _video,
    "IMAGE": _image,
    "INSTANT_PAGE": _page,
}


def _number(text: str) -> float:
    return -1.0 if text == "-" else float(text)
