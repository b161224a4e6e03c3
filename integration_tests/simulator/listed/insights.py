"""The lists of what creatives achieve: videos second by second, benchmarks and fatigue of ads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from .. import assets as owned
from ..numbers import mix
from ..refusal import Refusal, bad
from ..world import AD, Entity
from .scene import Row, Scene, Source, day_of

METRICS = ("clicks", "conversions", "drop_off", "retain")


def _seconds(scene: Scene) -> list[Row]:
    """The seconds of one video; two sources: a typed client and a copy of TikTok's reference. Ads are not simulated."""
    wanted = scene.get("material_ids")
    if scene.sent.get("report_type") != "VIDEO" or not wanted or len(wanted) != 1:
        raise bad("filtering: exactly one of material_ids is needed for the report type VIDEO.")
    videos = [video for video in scene.assets(owned.VIDEO) if video.id == wanted[0]]
    if not videos:
        raise bad("material_ids: The material does not exist.")
    (video,) = videos
    # What comes after the 60th second is added to it.
    length = min(60, 5 + video.seed % 80)
    counts = {name: [mix(video.seed + n + len(name)) % 500 for n in range(length)] for name in METRICS}
    shares = {name: [mix(video.seed + n) % 1000 / 10 for n in range(length)] for name in ("ctr", "cvr")}
    info = {"video_id": f"v10044g50000{video.number}", "duration": 5 + video.seed % 80}
    return [{"info": info, "metrics": _asked(scene, {**counts, **shares})}]


def _asked(scene: Scene, metrics: Row) -> Row:
    wanted = scene.sent.get("metrics_fields")
    return {name: value for name, value in metrics.items() if wanted is None or name in wanted}


def _ads(scene: Scene, ids: list[str]) -> list[Entity]:
    known = {ad.id: ad for ad in scene.world.entities(AD, scene.advertiser, scene.epoch)}
    for id in ids:
        if id not in known:
            raise bad(f"ad_id: {id} does not exist.")
    return [known[id] for id in ids]


def _benchmarks(scene: Scene) -> list[Row]:
    """How ads compare with others; an ad that was hardly shown has its id alone (two copies of the reference)."""
    dimensions = scene.get("dimensions")
    rows: list[Row] = []
    for ad in _ads(scene, scene.sent.get("ad_ids") or []):
        if ad.number % 4 == 0:
            rows.append({"info": {"ad_id": ad.id}})
            continue
        for n, country in enumerate(("VN", "TH")[: 1 + ad.number % 2]):
            about = {
                "LOCATION": country,
                "PLACEMENT": "TIKTOK",
                "AD_CATEGORY": ad.number % 7,
                "EXTERNAL_ACTION": "FORM_BUTTON",
            }
            salt = ad.number + n + int(scene.get("compare_time_window"))
            metrics = {
                name: mix(salt + place) % 11 / 10
                for place, name in enumerate(scene.facts.params["metrics_fields"].enum)
            }
            info = {name.lower(): value for name, value in about.items() if name in dimensions}
            rows.append({"info": {"ad_id": ad.id, **info}, "metrics": _asked(scene, metrics)})
    return rows


MOST_DAYS_BACK = 60


def _fatigue(scene: Scene) -> list[Row]:
    """The days of one ad on which it ran, the last day asked for not among them; two copies of the reference."""
    (ad,) = _ads(scene, [scene.get("ad_id")])
    first, end = _span(scene)
    leaves = [leaf for leaf in scene.world.leaves(scene.advertiser, scene.epoch) if leaf.ad.id == ad.id]
    days = [day for day in range(first, end) if any(leaf.runs(day) for leaf in leaves)]
    return [
        {
            "adgroup_id": ad.parent.id if ad.parent else None,
            "ad_id": ad.id,
            "date": date.fromordinal(day).isoformat(),
            "metrics": {
                "has_fatigue": mix(ad.number + day) % 3 == 0,
                "fatigue_index": mix(ad.number + day) % 100 / 100,
                "dnu": mix(ad.number + day) % 30_000,
                "dnu_ratio": mix(ad.number * 3 + day) % 101 / 100,
                "spend": mix(ad.number * 5 + day) % 20_000 / 100,
                "cost_per_conversion": mix(ad.number * 7 + day) % 2_000 / 100,
                "skan_cost_per_conversion": 0.0,
            },
        }
        for day in days
    ]


def _span(scene: Scene) -> tuple[int, int]:
    first = day_of("start_date", scene.get("start_date")).toordinal()
    end = day_of("end_date", scene.get("end_date")).toordinal()
    today = scene.advertiser.today(scene.epoch)
    if not today - MOST_DAYS_BACK < first < end <= today:
        raise Refusal(40002, "filtering: Only dates within the last 60 days can be specified.")
    return first, end


SOURCES: Mapping[str, Source] = {
    "report/video_performance/get": Source(
        _seconds, ("report_type", "metrics_fields", "material_ids", "sort_field", "sort_type")
    ),
    "report/ad_benchmark/get": Source(
        _benchmarks, ("compare_time_window", "dimensions", "metrics_fields", "ad_ids", "sort_field", "sort_type")
    ),
    "creative_fatigue/get": Source(_fatigue, ("ad_id", "start_date", "end_date")),
}
