"""The attribute metrics of a report row: today's names, budgets and states as display text."""

from __future__ import annotations

from . import numbers
from .world import AD, ADGROUP, CAMPAIGN, Advertiser, Entity, ad_id_v2

AUTOMATION = {"SMART_PLUS": "SMART_PLUS", "UPGRADED_SMART_PLUS": "UPGRADED_SMART_PLUS"}
OBJECTIVE_TEXT = {
    "MANUAL_WEB": "Website Conversions",
    "MANUAL_APP": "App promotion",
    "MANUAL_SHOP": "Product sales",
    "SMART_PLUS": "App promotion",
    "UPGRADED_SMART_PLUS": "Website Conversions",
    "RESERVATION_RF": "Reach",
    "RESERVATION_TOP_VIEW": "Reach",
    "PROMOTE": "Video views",
    "PRODUCT_GMV_MAX": "Product sales",
    "LIVE_GMV_MAX": "Product sales",
}
APP_FLAVOURS = ("MANUAL_APP", "SMART_PLUS")
CALLS = ("Learn more", "Shop now", "Sign up", "Download now")


def display_name(entity: Entity, epoch: int) -> str:
    """The entity's name today; every change of it shows."""
    version = entity.version(epoch)
    kind = {CAMPAIGN: "Campaign", ADGROUP: "Ad group", AD: "Ad"}[entity.kind]
    return f"{kind} {entity.number % 10**9}" + (f" v{version + 1}" if version else "")


def budget(entity: Entity, epoch: int) -> int:
    """The budget today, in whole units of the account currency."""
    return 50 + entity.seed % 450 + 10 * entity.version(epoch)


def has_second_goal(adgroup: Entity) -> bool:
    """Whether the ad group optimises for a second goal."""
    return adgroup.seed % 3 == 0


def _goals(advertiser: Advertiser, entity: Entity | None) -> dict[str, str]:
    """Empty text stands for no: the result families of mixed goals are dashes. Every other account has one goal."""
    if entity is None:
        one = "y" * (advertiser.index % 2)
        return {"one goal": one, "second goal": one}
    if entity.kind == CAMPAIGN:
        one = (entity.seed >> 9) % 2 == 0
        return {"one goal": "y" * one, "second goal": "y" * (one and all(map(has_second_goal, entity.children)))}
    adgroup = entity if entity.kind == ADGROUP else entity.parent
    return {"one goal": "y", "second goal": "y" * (adgroup is not None and has_second_goal(adgroup))}


def _account(advertiser: Advertiser) -> dict[str, str]:
    return {
        "advertiser_id": advertiser.advertiser_id,
        "advertiser_name": advertiser.name,
        "currency": advertiser.currency,
        "account_type": "AUCTION",
        "timezone": str(advertiser.zone),
    }


def _campaign(campaign: Entity, epoch: int) -> dict[str, str]:
    app = campaign.flavour in APP_FLAVOURS
    return {
        "campaign_id": campaign.id,
        "campaign_name": display_name(campaign, epoch),
        "campaign_budget": f"{budget(campaign, epoch)}.00",
        "campaign_dedicate_type": "iOS14 dedicated campaign" if campaign.seed % 5 == 0 and app else "Regular campaign",
        "campaign_automation_type": AUTOMATION.get(campaign.flavour, "MANUAL"),
        "objective_type": OBJECTIVE_TEXT[campaign.flavour],
        "split_test": "Split test" if campaign.seed % 7 == 0 else "-",
        "rf_campaign_type": {"RESERVATION_RF": "STANDARD", "RESERVATION_TOP_VIEW": "TOPVIEW"}.get(
            campaign.flavour, "-"
        ),
        "app_promotion_type": "APP_INSTALL" if app else "UNSET",
    }


def _adgroup(adgroup: Entity, epoch: int) -> dict[str, str]:
    app = adgroup.flavour in APP_FLAVOURS
    seed = adgroup.seed
    return {
        "adgroup_id": adgroup.id,
        "adgroup_name": display_name(adgroup, epoch),
        "adgroup_download_url": "https://apps.example/download" if app else "-",
        "aeo_type": "-",
        "bid": f"{seed % 9}.{seed % 100:02d}",
        "bid_secondary_goal": "0.00",
        "bid_strategy": "Cost Cap" if seed % 2 else "Lowest cost",
        "billing_event": "Clicks" if seed % 3 else "Impression",
        "budget": f"{budget(adgroup, epoch)}.000",
        "dpa_target_audience_type": "Retargeting" if seed % 5 == 0 else "-",
        "is_aco": "true" if seed % 4 == 0 else "false",
        "mobile_app_id": str(seed % 10**9) if app else "0",
        "opt_status": "Delivering" if seed % 2 else "-",
        "placement_type": "Automatic Placement" if seed % 2 else "Select Placement",
        "pricing_category": "-",
        "profile_image": "-",
        "promotion_type": "App" if app else "Website",
        "smart_target": "Conversion" if seed % 2 else "Click",
        "tt_app_id": str(seed % 10**12) if app else "0",
        "tt_app_name": f"App {seed % 90}" if app else "0",
    }


def _ad(ad: Entity, epoch: int) -> dict[str, str]:
    seed = ad.seed
    return {
        "ad_id": ad.id,
        "ad_id_v2": str(ad_id_v2(ad)),
        "ad_name": display_name(ad, epoch),
        "ad_profile_image": "-",
        "ad_text": f"Try it today, number {seed % 1000} ✨",
        "ad_url": "https://shop.example/landing" if seed % 2 else "-",
        "call_to_action": CALLS[seed % len(CALLS)],
        "image_mode": "Video" if seed % 3 else "-",
        "is_smart_creative": ("true", "false", "1", "0")[seed % 4],
    }


WRITERS = {CAMPAIGN: _campaign, ADGROUP: _adgroup, AD: _ad}


def attributes(advertiser: Advertiser, entity: Entity | None, epoch: int, creative: bool = True) -> dict[str, str]:
    """Every attribute metric legal for a row about `entity` (None: the account; not `creative`: its asset group)."""
    found = {**_account(advertiser), **_goals(advertiser, entity)}
    for ancestor in entity.lineage if entity is not None else ():
        found |= WRITERS[ancestor.kind](ancestor, epoch)
    if creative and entity is not None and entity.kind == AD and entity.flavour == "UPGRADED_SMART_PLUS":
        found["campaign_automation_type"] = "UPGRADED_SMART_PLUS_CREATIVE"
    return found


def breakdown_attributes(dimension: str, value: str) -> dict[str, str]:
    """The metrics that explain a behaviour or a device brand."""
    if dimension == "behavior_id":
        salt = numbers.mix(sum(value.encode()))
        return {
            "behavior_name": f"Behavior {salt % 100}",
            "action_category": "Games",
            "action_scene": "VIDEO_RELATED",
            "user_action": "LIKED",
            "action_period": "15",
        }
    return {"device_brand_name": f"Brand {value}"} if dimension == "device_brand_id" else {}


def playable_id(adgroup: Entity) -> str:
    """The id of the playable that the ads of an ad group show."""
    return str(7_350_000_000_000_000_000 + adgroup.seed % 10**15)


def playable_attributes(adgroup: Entity, epoch: int) -> dict[str, str]:
    """The metrics that describe the playable of an ad group."""
    seed = adgroup.seed
    return {
        "playable_name": f"Playable {seed % 1000}",
        "playable_status": "DELIVERING" if seed % 2 else "-",
        "playable_url": f"https://play.example/{seed % 1000}/index.html",
        "preview_url": f"https://play.example/{seed % 1000}/preview",
        "orientation": "VERTICAL" if seed % 3 else "HORIZONTAL",
        "associated_adgroup_count": "1",
    }
