"""The lists of audiences and of what sends events: pixels, apps, offline event sets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timezone

from .. import assets as owned
from ..assets import Asset
from ..entities import moment
from ..numbers import mix
from ..refusal import bad
from ..world import DAY
from .scene import Row, Scene, Source, check_span, day_of


def _audiences(scene: Scene) -> list[Row]:
    return scene.asset_rows(
        scene.assets(owned.AUDIENCE),
        lambda audience: {
            "audience_id": audience.id,
            "name": audience.name("Audience", scene.epoch),
            "audience_type": ("Website Audience", "Lead Generation", "Customer File")[audience.index % 3],
            "cover_num": 1000 * audience.version(scene.epoch),
            "create_time": moment(audience.created),
            "expired_time": moment(audience.created + 400 * DAY),
        },
    )


def _saved_audiences(scene: Scene) -> list[Row]:
    return scene.asset_rows(
        scene.assets(owned.SAVED_AUDIENCE),
        lambda audience: {
            "saved_audience_id": audience.id,
            "saved_audience_name": audience.name("Saved audience", scene.epoch),
        },
    )


def _pixels(scene: Scene) -> list[Row]:
    found = scene.assets(owned.PIXEL)
    return scene.asset_rows(
        found[::-1] if scene.get("order_by") == "EARLIEST_CREATE" else found,
        lambda pixel: {
            "pixel_id": pixel.id,
            "pixel_code": pixel.code,
            "pixel_name": pixel.name("Pixel", scene.epoch),
            "create_time": moment(pixel.created),
        },
    )


PIXEL_EVENTS = ("AddToCart", "Checkout", "")


def _pixel_statistics(scene: Scene) -> list[Row]:
    """What a pixel counted from the first to the last day, both UTC and included; some never count anything."""
    span = scene.get("date_range")
    first, last = day_of("start_date", span["start_date"]), day_of("end_date", span["end_date"])
    check_span(first, last, 30)
    known = {pixel.id: pixel for pixel in scene.assets(owned.PIXEL)}
    wanted = scene.get("pixel_ids")
    for pixel_id in wanted:
        if pixel_id not in known:
            raise bad(f"pixel_ids: {pixel_id} does not exist.")
    return [
        {"pixel_id": pixel_id, "statistics": _counts(scene, known[pixel_id], first, last)}
        for pixel_id in dict.fromkeys(wanted)
    ]


def _counts(scene: Scene, pixel: Asset, first: date, last: date) -> list[Row]:
    if pixel.index % 4 == 3:
        return []
    rows = []
    for salt, event in enumerate(PIXEL_EVENTS):
        total = sum(
            pixel_count(pixel, salt, day, scene.epoch) for day in range(first.toordinal(), last.toordinal() + 1)
        )
        name = {"pixel_event_type": event} if event else {"custom_event_type": "Newsletter"}
        counts = {
            "attributed_count": total // 3,
            "preview_count": total // 2,
            "total_count": total,
            "browser_event_total_count": total - total // 4,
            "server_event_total_count": total // 4,
        }
        rows += [{**name, **counts}] if total else []
    return rows


def pixel_count(pixel: Asset, salt: int, day: int, epoch: int) -> int:
    """How often an event was counted on a UTC day; the running day grows by the hour."""
    start = int(datetime.combine(date.fromordinal(day), datetime.min.time(), timezone.utc).timestamp())
    hours = max(0, min(24, (epoch - start) // 3600))
    return (mix(pixel.number + salt * 97 + day * 7919) % 5) * hours if start >= pixel.created else 0


INSTANT_PAGE_EVENTS = {
    "TIKTOK_INSTANT_PAGE": {
        "WEB_CONVERSIONS": {"CONVERT": ["BUTTON", "PAGE_VISIT"], "VALUE": ["SHOPPING"]},
        "TRAFFIC": {"TRAFFIC_LANDING_PAGE_VIEW": ["LANDING_PAGE_VIEW"]},
    },
    "LEAD_GEN": {"LEAD_GENERATION": {"LEAD_GENERATION": ["FORM"], "CONVERSION_LEADS": ["SALES_LEAD", "CONSULT"]}},
}


def _instant_page_events(scene: Scene) -> list[Row]:
    """What can be optimised for on an instant page; a pair of objective and goal that none has is refused.

    That both are required is what one maintainer saw TikTok answer; which pairs it supports is unverified.
    """
    found = [(business, _pairs(scene, tree)) for business, tree in INSTANT_PAGE_EVENTS.items()]
    rows = [
        {"business_type": business, "instant_page_events": {"objective_types": objectives}}
        for business, objectives in found
        if objectives
    ]
    if not rows:
        raise bad("optimization_goal: Not supported with this objective_type.")
    return rows


def _pairs(scene: Scene, tree: Mapping[str, Mapping[str, list[str]]]) -> list[Row]:
    objective, goal = scene.sent.get("objective_type"), scene.sent.get("optimization_goal")
    rows = []
    for name, goals in tree.items():
        inner = [
            {"optimization_goal": each, "optimization_events": events}
            for each, events in goals.items()
            if goal in (None, each)
        ]
        if objective in (None, name) and inner:
            rows.append({"objective_type": name, "optimization_goals": inner})
    return rows


def _apps(scene: Scene) -> list[Row]:
    return scene.asset_rows(
        scene.assets(owned.APP),
        lambda app: {
            "app_id": app.id,
            "advertiser_id": scene.advertiser.advertiser_id,
            "app_name": app.name("App", scene.epoch),
            "app_platform_id": f"com.app{app.number % 10**9}",
            "self_attribution_enabled": app.index % 2 == 0,
            "icon_url": scene.signed("icon", app.number),
        },
    )


def _event_sets(scene: Scene) -> list[Row]:
    advertiser_id = scene.advertiser.advertiser_id
    return scene.asset_rows(
        scene.assets(owned.EVENT_SET),
        lambda events: {
            "event_set_id": events.id,
            "advertiser_id": advertiser_id,
            "name": events.name("Event set", scene.epoch),
            "create_time": moment(events.created),
            "update_time": moment(events.modified(scene.epoch)),
        },
    )


SOURCES: Mapping[str, Source] = {
    "dmp/custom_audience/list": Source(_audiences),
    "dmp/saved_audience/list": Source(_saved_audiences),
    "pixel/list": Source(_pixels, ("order_by",)),
    "pixel/event/stats": Source(_pixel_statistics, ("pixel_ids", "date_range")),
    "pixel/instant_page/event": Source(_instant_page_events, ("objective_type", "optimization_goal")),
    "app/list": Source(_apps),
    "offline/get": Source(_event_sets),
}
