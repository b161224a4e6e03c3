"""The lists about campaigns' structure: upgraded Smart+, labels, split tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone

from .. import assets as owned
from ..attributes import budget, display_name
from ..entities import OBJECTIVES, entity_row, moment, sample
from ..numbers import mix
from ..refusal import Refusal
from ..world import AD, ADGROUP, CAMPAIGN, DAY, Entity, ad_id_v2, is_gone, secondary_status
from .scene import Row, Scene, Source


def _upgraded(scene: Scene, kind: str) -> list[Entity]:
    """The upgraded Smart+ entities of an account, newest first, deleted ones included."""
    found = scene.world.entities(kind, scene.advertiser, scene.epoch)
    return [entity for entity in found if entity.flavour == "UPGRADED_SMART_PLUS"]


def _shown(scene: Scene, entity: Entity) -> bool:
    """Whether the status filters let an entity through."""
    wanted = scene.get("primary_status") or "STATUS_NOT_DELETE"
    if scene.sent.get("secondary_status", "").endswith("_STATUS_ALL"):
        wanted = "STATUS_ALL"
    tests = {"STATUS_ALL": True, "STATUS_NOT_DELETE": not is_gone(entity, scene.epoch)}
    return tests.get(wanted, is_gone(entity, scene.epoch) and wanted == "STATUS_DELETE")


def _lineage(entity: Entity, scene: Scene) -> Row:
    known: Row = {
        "advertiser_id": entity.advertiser.advertiser_id,
        "create_time": moment(entity.created),
        "modify_time": moment(entity.modified(scene.epoch)),
        "secondary_status": secondary_status(entity, scene.epoch),
        "operation_status": "DELETE" if entity.is_deleted(scene.epoch) else "ENABLE",
        "objective_type": OBJECTIVES[entity.flavour],
        "budget": float(budget(entity, scene.epoch)),
    }
    for ancestor in entity.lineage:
        known[f"{ancestor.kind}_id"] = ancestor.id
        known[f"{ancestor.kind}_name"] = display_name(ancestor, scene.epoch)
    return known


def _ordinal(entity: Entity) -> int:
    return sum(ancestor.index for ancestor in entity.lineage) + entity.advertiser.index


def _smart_plus(kind: str) -> Callable[[Scene], list[Row]]:
    def rows(scene: Scene) -> list[Row]:
        shown = [entity for entity in _upgraded(scene, kind) if _shown(scene, entity)]
        return [scene.filled(_lineage(entity, scene), entity.number, _ordinal(entity)) for entity in shown]

    return rows


def _smart_plus_ads(scene: Scene) -> list[Row]:
    """One row for all creatives of an asset group; it changes when one of them does, and goes with the last."""
    groups: dict[int, list[Entity]] = {}
    for creative in _upgraded(scene, AD):
        groups.setdefault(ad_id_v2(creative), []).append(creative)
    rows = [
        _smart_plus_ad(scene, number, creatives)
        for number, creatives in groups.items()
        if _shown(scene, _standing(scene, creatives))
    ]
    after = scene.sent.get("modified_after", "")
    return [row for row in rows if row["modify_time"] > after]


def _standing(scene: Scene, creatives: Sequence[Entity]) -> Entity:
    """The creative whose status is that of the whole: one that is not deleted, if there is any."""
    return next((creative for creative in creatives if not is_gone(creative, scene.epoch)), creatives[0])


def _smart_plus_ad(scene: Scene, number: int, creatives: Sequence[Entity]) -> Row:
    columns = scene.facts.columns["creative_list"]
    materials = [
        {**sample(replace(columns, type="object"), creative.seed), "ad_material_id": creative.id}
        for creative in creatives
    ]
    known = {
        **_lineage(_standing(scene, creatives), scene),
        "smart_plus_ad_id": str(number),
        "creative_list": materials,
        "create_time": moment(min(creative.created for creative in creatives)),
        "modify_time": moment(max(creative.modified(scene.epoch) for creative in creatives)),
    }
    return scene.filled(known, number, _ordinal(creatives[-1]))


def _labels(scene: Scene) -> list[Row]:
    return scene.asset_rows(
        scene.assets(owned.LABEL),
        lambda label: {
            "campaign_label_id": label.id,
            "campaign_label_name": label.name("Label", scene.epoch),
            "create_time": moment(label.created),
        },
    )


def split_test_arms(scene: Scene, group: str) -> list[Entity]:
    """The ad groups of an account that say they are in that test."""
    found = scene.world.entities(ADGROUP, scene.advertiser, scene.epoch)
    return [a for a in found if entity_row(a, scene.epoch, scene.switches).get("split_test_group_id") == group]


def _clock_time(scene: Scene, epoch: int) -> str:
    """A time in the zone of the account, as TikTok's reference has it for these two."""
    zone = timezone.utc if scene.switches.split_test_utc else scene.advertiser.zone
    return datetime.fromtimestamp(epoch, tz=zone).strftime("%Y-%m-%d %H:%M:%S")


def _split_test(scene: Scene) -> list[Row]:
    group = scene.get("split_test_group_id")
    arms = split_test_arms(scene, group)
    if not arms:
        raise Refusal(40007, f"split_test_group_id: {group} does not exist.")
    salt = mix(int(group))
    known: Row = {
        "object_info": [
            {
                "optimization_goal": "CLICK",
                "adgroup_name": display_name(arm, scene.epoch),
                "adgroup_id": arm.id,
                "cells": [{"object_ids": [child.id for child in arm.children if child.created <= scene.epoch]}],
            }
            for arm in arms
        ],
        "p_value_info": [{"metric": "ctr", "p_value": salt % 100 / 100}],
        "start_time": _clock_time(scene, arms[0].created),
        "end_time": _clock_time(scene, arms[0].created + 14 * DAY),
    }
    return [scene.filled(known, salt, _ordinal(arms[0]))]


STATUSES = ("primary_status", "secondary_status")
SOURCES: Mapping[str, Source] = {
    "smart_plus/campaign/get": Source(_smart_plus(CAMPAIGN), STATUSES),
    "smart_plus/adgroup/get": Source(_smart_plus(ADGROUP), STATUSES),
    "smart_plus/ad/get": Source(_smart_plus_ads, (*STATUSES, "modified_after")),
    "campaign_label/get": Source(_labels),
    "split_test/result/get": Source(_split_test, ("split_test_group_id",)),
}
