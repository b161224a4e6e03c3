"""The lists of reviews and diagnoses, of negative keywords, and of the details of audiences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from .. import assets as owned
from ..assets import assets
from ..entities import moment, sample
from ..numbers import mix
from ..refusal import bad
from ..world import AD, ADGROUP, CAMPAIGN, DAY, Entity, ad_id_v2
from .scene import Row, Scene, Source


def _asked_for(scene: Scene, kind: str, ids: list[str]) -> list[Entity]:
    known = {entity.id: entity for entity in scene.world.entities(kind, scene.advertiser, scene.epoch)}
    for id in ids:
        if id not in known:
            raise bad(f"{kind}_ids: {id} does not exist.")
    return [known[id] for id in dict.fromkeys(ids)]


def _review(scene: Scene, column: str, entity: Entity) -> Row:
    """The review of an ad or ad group; only what was rejected has a time and reasons (reference page)."""
    row: Row = sample(scene.facts.columns[column], mix(entity.number))
    rejected = entity.number % 3 == 0
    told = {
        f"{entity.kind}_id": entity.id,
        "is_approved": not rejected,
        # Documented as always null for ads.
        "appeal_status": "APPEALING" if rejected and entity.kind == ADGROUP else None,
        "last_audit_time": moment(entity.created + DAY) if rejected else None,
        "reject_info": row["reject_info"] if rejected else [],
    }
    return {**row, **told}


def _reviews(kind: str, column: str) -> Callable[[Scene], list[Row]]:
    def rows(scene: Scene) -> list[Row]:
        found = _asked_for(scene, kind, scene.get(f"{kind}_ids"))
        return [{column: {entity.id: _review(scene, column, entity) for entity in found}}]

    return rows


# Two sources, TikTok's SDK and its reference: one answer holds the reviews of ads and those of their creatives.
def _smart_plus_reviews(scene: Scene) -> list[Row]:
    groups: dict[str, list[Entity]] = {}
    for creative in scene.world.entities(AD, scene.advertiser, scene.epoch):
        if creative.flavour == "UPGRADED_SMART_PLUS":
            groups.setdefault(str(ad_id_v2(creative)), []).append(creative)
    ids = scene.get("smart_plus_ad_ids")
    if lacking := [id for id in ids if id not in groups]:
        raise bad(f"smart_plus_ad_ids: {lacking[0]} does not exist.")
    extra = scene.sent.get("extra_info_setting", {})
    ads = [_smart_plus_review(scene, "smart_plus_ad_review_infos", extra, id, int(id)) for id in ids]
    materials = [
        {
            **_smart_plus_review(scene, "material_review_infos", extra, id, creative.number),
            "ad_material_id": creative.id,
        }
        for id in ids
        for creative in groups[id]
    ]
    return [{"smart_plus_ad_review_infos": ads, "material_review_infos": materials}]


def _smart_plus_review(scene: Scene, column: str, extra: Mapping[str, bool], id: str, number: int) -> Row:
    row: Row = sample(replace(scene.facts.columns[column], type="object"), mix(number))
    told = [reason for reason in row["reject_info"] if extra.get("include_reject_info") and number % 3 == 0]
    if not extra.get("include_violation_frame"):
        told = [{name: value for name, value in reason.items() if name != "violation_frames"} for reason in told]
    return {**row, "smart_plus_ad_id": id, "reject_info": told or None}


def _diagnoses(scene: Scene) -> list[Row]:
    """The ad groups asked for, each with what could be better; all of them unasked."""
    every = scene.world.entities(ADGROUP, scene.advertiser, scene.epoch)
    ids = scene.sent.get("adgroup_ids") or [entity.id for entity in every]
    return [
        {
            "adgroup_id": adgroup.id,
            "adgroup_name": f"Ad group {adgroup.number % 10**6}",
            "diagnosis": sample(scene.facts.columns["diagnosis"], mix(adgroup.number)),
        }
        for adgroup in _asked_for(scene, ADGROUP, ids)
    ]


KINDS = {"CAMPAIGN": CAMPAIGN, "ADGROUP": ADGROUP}


def _keywords(scene: Scene) -> list[Row]:
    (entity,) = _asked_for(scene, KINDS[scene.get("object_type")], [scene.get("object_id")])
    # Some have none, as those beyond search campaigns.
    found = assets(scene.world, owned.KEYWORD, entity.number % 99_991, scene.epoch, entity.seed % 4 * 3)
    return [
        {
            "keyword_id": str(keyword.number * 1000 + entity.number % 1000),
            "name": keyword.name("gratis", keyword.created),
            "match_type": ("BROAD_WORD", "PHRASE_WORD", "PRECISE_WORD")[keyword.index % 3],
        }
        for keyword in found
    ]


def _details(scene: Scene) -> list[Row]:
    known = {audience.id: audience for audience in scene.assets(owned.AUDIENCE)}
    rows = []
    for id in scene.get("custom_audience_ids"):
        if id not in known:
            raise bad(f"custom_audience_ids: {id} does not exist.")
        audience = known[id]
        details = sample(scene.facts.columns["audience_details"], audience.seed)
        told = {"audience_id": id, "name": audience.name("Audience", scene.epoch), "cover_num": 1000 * audience.index}
        history = sample(scene.facts.columns["audience_history"], audience.seed)
        rows.append({"audience_details": {**details, **told}, "audience_history": history})
    return rows


SOURCES: Mapping[str, Source] = {
    "ad/review_info": Source(_reviews(AD, "ad_review_map"), ("ad_ids", "lang")),
    "adgroup/review_info": Source(_reviews(ADGROUP, "ad_group_review_map"), ("adgroup_ids", "lang")),
    "smart_plus/ad/review_info": Source(_smart_plus_reviews, ("smart_plus_ad_ids", "lang", "extra_info_setting")),
    "tool/diagnosis/get": Source(_diagnoses, ("adgroup_ids", "issue_category")),
    "search_ad/negative_keyword/get": Source(_keywords, ("object_type", "object_id")),
    "dmp/custom_audience/get": Source(_details, ("custom_audience_ids", "history_size")),
}
