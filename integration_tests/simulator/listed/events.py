"""The lists of sets of CRM events and of custom conversions."""

from __future__ import annotations

from collections.abc import Mapping

from .. import assets as owned
from ..assets import assets
from ..entities import moment
from ..refusal import bad
from .scene import Row, Scene, Source, iso


def _crm_sets(scene: Scene) -> list[Row]:
    return [
        {"event_set_id": events.id, "name": events.name("CRM events", scene.epoch), "create_time": iso(events.created)}
        for events in scene.assets(owned.CRM_SET)
    ]


def _conversions(scene: Scene) -> list[Row]:
    """The custom conversions of a pixel, or of an app whose installs TikTok attributes itself; two sources."""
    kind, wanted = scene.get("event_source_type"), scene.get("event_source_id")
    if kind == "PIXEL":
        found = [pixel for pixel in scene.assets(owned.PIXEL) if pixel.id == wanted]
    else:
        apps = [app for app in scene.assets(owned.APP) if app.index % 2 == 0]
        found = [app for app in apps if f"com.app{app.number % 10**9}" == wanted]
    if not found:
        raise bad("event_source_id: The event source does not exist.")
    place = (scene.advertiser.index * 2 + (kind == "APP")) * 100 + found[0].index
    return scene.asset_rows(
        assets(scene.world, owned.CONVERSION, place, scene.epoch),
        lambda conversion: {
            "custom_conversion_id": conversion.id,
            "name": conversion.name("Conversion", scene.epoch),
            "event_source_type": kind,
            "event_source_id": wanted,
            "create_time": moment(conversion.created),
            "update_time": moment(conversion.modified(scene.epoch)),
        },
    )


SOURCES: Mapping[str, Source] = {
    "crm/list": Source(_crm_sets),
    "custom_conversion/list": Source(
        _conversions, ("event_source_type", "event_source_id", "search_keyword", "sort_field", "sort_type")
    ),
}
