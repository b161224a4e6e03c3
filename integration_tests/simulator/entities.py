"""Rows of accounts, campaigns, ad groups and ads as of an instant; every documented column occurs somewhere."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from .attributes import APP_FLAVOURS, budget, display_name
from .facts import LISTINGS, Column
from .numbers import mix
from .switches import Switches
from .world import (
    AD,
    ADGROUP,
    CAMPAIGN,
    Advertiser,
    Entity,
    World,
    ad_id_v2,
    fixed_zone,
    is_gone,
    secondary_status,
)

PATHS = {CAMPAIGN: "campaign/get", ADGROUP: "adgroup/get", AD: "ad/get"}
# Columns whose value differs on every call.
VOLATILE = {"advertiser/info": ("license_url", "balance"), "ad/get": ("profile_image_url",)}
OBJECTIVES = {
    "MANUAL_WEB": "WEB_CONVERSIONS",
    "MANUAL_APP": "APP_PROMOTION",
    "MANUAL_SHOP": "PRODUCT_SALES",
    "SMART_PLUS": "APP_PROMOTION",
    "UPGRADED_SMART_PLUS": "WEB_CONVERSIONS",
    "RESERVATION_RF": "RF_REACH",
    "RESERVATION_TOP_VIEW": "TOPVIEW_REACH",
    "PROMOTE": "VIDEO_VIEWS",
}
# TikTok tells almost nothing about campaigns boosted from the mobile app.
PROMOTE_COLUMNS = {
    CAMPAIGN: ("campaign_id", "campaign_name", "create_time", "operation_status", "secondary_status"),
    ADGROUP: (
        *("adgroup_id", "adgroup_name", "campaign_id", "create_time", "operation_status", "secondary_status"),
        *("budget", "budget_mode", "schedule_type", "schedule_start_time", "schedule_end_time"),
    ),
    AD: (
        *("ad_id", "ad_name", "adgroup_id", "adgroup_name", "campaign_id", "campaign_name", "create_time"),
        *("operation_status", "secondary_status"),
    ),
}
RESERVATION_ONLY = frozenset(
    (
        *("schedule_infos", "predict_impression", "topview_reach_range", "pre_discount_cpm", "cpm", "discount_type"),
        *("discount_amount", "discount_percentage", "pre_discount_budget", "delivery_mode", "feed_type"),
        *("rf_purchased_type", "purchased_impression", "purchased_reach", "rf_estimated_cpr"),
        *("rf_estimated_frequency", "frequency", "frequency_schedule"),
    )
)
ZERO_WHEN_UNUSED = ("bid_price", "conversion_bid_price", "deep_cpa_bid", "scheduled_budget")
# Documented as numbers, and always whole.
WHOLE_NUMBERS = (
    *("frequency", "frequency_schedule", "action_period", "bit_rate", "likes", "replies", "level", "product_count"),
    *("cover_num", "recharge_count"),
)
EMPTY_TEXT_WHEN_UNUSED = ("app_name", "deeplink", "playable_url", "rejection_reason")
LEGACY_EVERY = 2


def moment(epoch: int) -> str:
    """A time as the core lists write it, UTC."""
    return datetime.fromtimestamp(epoch, tz=timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def modify_epoch(entity: Entity, epoch: int, switches: Switches) -> int | None:
    """The moment behind `modify_time`; None where TikTok leaves it out."""
    if entity.kind == AD and entity.flavour == "UPGRADED_SMART_PLUS" and not switches.smart_plus_modify_time:
        return None if entity.index % 2 == 0 else entity.modified(epoch)
    own = entity.modified(epoch)
    if not switches.status_leak_touches_modify_time:
        return own
    parents = list(entity.lineage)[1:]
    return max([own, *(parent.status_changed(epoch) for parent in parents)])


def entity_row(entity: Entity, epoch: int, switches: Switches, call: int = 0) -> dict[str, Any]:
    """One row of `<kind>/get` without any `fields` selection; `call` makes signed URLs differ."""
    known = _shared(entity, epoch, switches) | EXPLICIT[entity.kind](entity, epoch)
    if entity.flavour == "PROMOTE":
        known["campaign_system_origin"] = "PROMOTE"
        row = {name: known[name] for name in (*PROMOTE_COLUMNS[entity.kind], "campaign_system_origin")}
    else:
        row = _filled(entity, known, switches)
    if switches.signed_urls and "profile_image_url" in row:
        row["profile_image_url"] = f"https://p16.cdn.example/avatar/{entity.seed % 997}?x-signature={call}"
    if switches.sandbox:
        row.pop("secondary_status", None)
    return row


def _filled(entity: Entity, known: Mapping[str, Any], switches: Switches) -> dict[str, Any]:
    filled = {**_lasting(entity, switches.legacy_columns), **known}
    return {name: value for name, value in filled.items() if value is not ABSENT}


@lru_cache(maxsize=4096)
def _lasting(entity: Entity, legacy: bool) -> dict[str, Any]:
    """The columns that never change: all those without a rule of their own."""
    ordinal = sum(ancestor.index for ancestor in entity.lineage)
    row: dict[str, Any] = {}
    for position, column in enumerate(LISTINGS[PATHS[entity.kind]].columns.values()):
        if column.legacy and not (legacy and ordinal % LEGACY_EVERY == 0):
            continue
        if column.name in RESERVATION_ONLY and not entity.flavour.startswith("RESERVATION"):
            row[column.name] = None
        else:
            _generic(row, column, (position + ordinal) % 3, entity)
    return row


class _Absent:
    """The mark of a column that this row does not have."""


ABSENT = _Absent()


def _generic(row: dict[str, Any], column: Column, turn: int, entity: Entity) -> None:
    """Fill a column without a rule of its own: a value, sometimes null, and sometimes absent if it is conditional."""
    if entity.flavour == "RESERVATION_RF" or turn == 0 or (turn == 2 and not column.conditional):
        row[column.name] = sample(column, mix(entity.number ^ zlib.crc32(column.name.encode())))
    elif turn == 1 or not column.conditional:
        row[column.name] = _unused(column)


def _unused(column: Column) -> Any:
    if column.name in ZERO_WHEN_UNUSED:
        return 0
    if column.name in EMPTY_TEXT_WHEN_UNUSED:
        return ""
    return [] if column.type.startswith("array") and not column.seen_null and len(column.name) % 2 else None


def sample(column: Column, salt: int) -> Any:
    """A plausible value of the column's type; the same salt gives the same value."""
    kind = column.type
    if kind.startswith("array<"):
        inner = Column(column.name, kind[6:-1], column.enum, fields=column.fields)
        return [sample(inner, salt + n * 7) for n in range(1 + salt % 2)]
    if kind == "object":
        return {name: sample(field, salt + n) for n, (name, field) in enumerate(column.fields.items())}
    if kind == "number" and column.name in WHOLE_NUMBERS:
        return salt % 30
    return SAMPLES.get(kind, _sample_text)(column, salt)


def _sample_text(column: Column, salt: int) -> str:
    if column.enum:
        return column.enum[salt % len(column.enum)]
    if column.name.endswith(("_id", "_ids")):
        return str(10**17 + salt % 10**17)
    if column.name.endswith(("url", "urls")):
        return f"https://site.example/{column.name}/{salt % 10_000}"
    if column.name.endswith("_amount"):
        return f"{salt % 10_000}.5"
    if column.name.endswith("_time"):
        return moment(1_760_000_000 + salt % 10_000_000)
    return f"{column.name.replace('_', ' ')} {salt % 1000}"


SAMPLES: Mapping[str, Callable[[Column, int], Any]] = {
    "boolean": lambda column, salt: bool(salt & 1),
    "integer": lambda column, salt: salt % 1000,
    "number": lambda column, salt: salt % 10_000 / 10,
    "any": lambda column, salt: salt % 1000,
}


def _shared(entity: Entity, epoch: int, switches: Switches) -> dict[str, Any]:
    modified = modify_epoch(entity, epoch, switches)
    known = {
        "advertiser_id": entity.advertiser.advertiser_id,
        "create_time": moment(entity.created),
        "modify_time": None if modified is None else moment(modified),
        "secondary_status": secondary_status(entity, epoch),
        "operation_status": _operation_status(entity, epoch),
        "campaign_automation_type": _automation(entity),
        "campaign_system_origin": ABSENT,
        "is_new_structure": True,
    }
    for ancestor in entity.lineage:
        known[f"{ancestor.kind}_id"] = ancestor.id
        known[f"{ancestor.kind}_name"] = display_name(ancestor, epoch)
    return known


def _operation_status(entity: Entity, epoch: int) -> str:
    if entity.is_deleted(epoch):
        return "DELETE"
    return "DISABLE" if entity.is_disabled(epoch) else "ENABLE"


def _automation(entity: Entity) -> str:
    smart = entity.flavour if entity.flavour.endswith("SMART_PLUS") else "MANUAL"
    return "UPGRADED_SMART_PLUS_CREATIVE" if smart == "UPGRADED_SMART_PLUS" and entity.kind == AD else smart


def _campaign(campaign: Entity, epoch: int) -> dict[str, Any]:
    app = campaign.flavour in APP_FLAVOURS
    unlimited = campaign.seed % 3 == 0
    rf_type = {"RESERVATION_RF": "STANDARD", "RESERVATION_TOP_VIEW": "TOPVIEW"}.get(campaign.flavour)
    return {
        "objective_type": OBJECTIVES[campaign.flavour],
        "objective": "APP" if app else "LANDING_PAGE",
        "campaign_type": "IOS14_CAMPAIGN" if app and campaign.seed % 5 == 0 else "REGULAR_CAMPAIGN",
        "is_smart_performance_campaign": campaign.flavour == "SMART_PLUS",
        "is_search_campaign": False,
        "rf_campaign_type": rf_type,
        "budget_mode": "BUDGET_MODE_INFINITE" if unlimited else "BUDGET_MODE_DAY",
        "budget": 0 if unlimited else budget(campaign, epoch) + 0.5,
        "budget_optimize_on": True if campaign.seed % 2 else ABSENT,
    }


def _adgroup(adgroup: Entity, epoch: int) -> dict[str, Any]:
    app = adgroup.flavour in APP_FLAVOURS
    seed = adgroup.seed
    ages = None if seed % 3 == 0 else ["AGE_18_24", "AGE_25_34"][: 1 + seed % 2]
    return {
        "is_smart_performance_campaign": adgroup.flavour == "SMART_PLUS",
        "promotion_type": "APP_ANDROID" if app else "WEBSITE",
        "budget_mode": "BUDGET_MODE_INFINITE" if seed % 2 else "BUDGET_MODE_DAY",
        "budget": 0.0 if seed % 2 else float(budget(adgroup, epoch)),
        "schedule_type": "SCHEDULE_FROM_NOW" if seed % 2 else "SCHEDULE_START_END",
        "schedule_start_time": moment(adgroup.created + 3600),
        "schedule_end_time": moment(adgroup.created + (3650 if seed % 2 else 90) * 86_400),
        "dayparting": "1" * 336,
        "age_groups": ages,
        # TikTok: documented as a boolean, sent as a number.
        "skip_learning_phase": seed % 2,
        "category_id": 0,
    }


def _ad(ad: Entity, epoch: int) -> dict[str, Any]:
    seed = ad.seed
    upgraded = ad.flavour == "UPGRADED_SMART_PLUS"
    return {
        "ad_id_v2": str(ad_id_v2(ad)),
        "smart_plus_ad_id": str(ad_id_v2(ad)) if upgraded else None,
        # TikTok: these two ids are JSON numbers, and larger than what a float can hold.
        "page_id": (None, 0, 7_100_000_000_000_000_000 + seed % 10**15)[seed % 3],
        "tracking_pixel_id": 0 if seed % 2 else 7_200_000_000_000_000_000 + seed % 10**15,
        "video_id": None if seed % 5 == 0 else f"v10044g50000{seed % 10**10:010d}",
        "tiktok_item_id": str(7_300_000_000_000_000_000 + seed % 10**15) if seed % 5 == 0 else ABSENT,
        "image_ids": [f"tos-useast/{seed % 10**9}"],
        "ad_text": f"Try it today, number {seed % 1000} ✨",
        "landing_page_urls": None if seed % 2 else ["https://shop.example/a", f"https://shop.example/{seed % 99}"],
    }


EXPLICIT: Mapping[str, Callable[[Entity, int], dict[str, Any]]] = {CAMPAIGN: _campaign, ADGROUP: _adgroup, AD: _ad}


def buying_type(entity: Entity) -> str:
    """How the campaign above was bought."""
    return entity.flavour if entity.flavour.startswith("RESERVATION") else "AUCTION"


def system_origin(entity: Entity) -> str:
    """Where the campaign above was made."""
    return "PROMOTE" if entity.flavour == "PROMOTE" else "TT_ADS_PLATFORM"


def advertiser_row(
    world: World, advertiser: Advertiser, epoch: int, switches: Switches, call: int = 0
) -> dict[str, Any]:
    """One row of `advertiser/info`."""
    known = {
        "advertiser_id": advertiser.advertiser_id,
        "name": advertiser.name,
        "currency": advertiser.currency,
        "country": advertiser.country,
        "timezone": str(advertiser.zone) if world.fixed_zones else fixed_zone(advertiser.zone, world.start_epoch),
        "display_timezone": None if world.fixed_zones else str(advertiser.zone),
        "create_time": advertiser.created,
        "status": "STATUS_ENABLE" if advertiser.index % 4 else "STATUS_LIMIT",
        "industry": str(290_000 + advertiser.index),
        "promotion_area": str(advertiser.index % 3),
        "email": f"a***{advertiser.index}@company.example",
        "contacter": "A***",
        "telephone_number": "+1*****34",
        "cellphone_number": "+1*****56",
        "company": f"Company {advertiser.index} Øresund & Søn",
        "license_url": f"https://p16.cdn.example/licence?x-expires={epoch}&call={call if switches.signed_urls else 0}",
        "balance": 1000.5 + advertiser.index + (call if switches.signed_urls else 0),
        "advertiser_account_type": "AUCTION",
        "role": "ROLE_ADVERTISER",
    }
    row: dict[str, Any] = {}
    for position, column in enumerate(LISTINGS["advertiser/info"].columns.values()):
        if column.name in known:
            row[column.name] = known[column.name]
        elif (position + advertiser.index) % 3 == 1:
            row[column.name] = _unused(column)
        elif not (column.conditional and (position + advertiser.index) % 3 == 2):
            row[column.name] = sample(column, mix(advertiser.seed ^ position))
    return row


def truth_entities(
    world: World,
    kind: str,
    advertiser_id: str,
    *,
    clock: datetime,
    include_deleted: bool = True,
    switches: Switches | None = None,
    specials: bool = False,
) -> list[dict[str, Any]]:
    """Every row a complete read of `<kind>/get` yields at `clock`, newest id first.

    TopView and Promote come with `specials` only, as they are read by requests of their own.
    """
    advertiser = world.advertiser(advertiser_id)
    if advertiser is None:
        raise LookupError(f"no advertiser {advertiser_id}")
    epoch = int(clock.timestamp())
    shown = [
        entity
        for entity in world.entities(kind, advertiser, epoch)
        if (specials or entity.flavour not in ("RESERVATION_TOP_VIEW", "PROMOTE"))
        and (include_deleted or not is_gone(entity, epoch))
    ]
    return [entity_row(entity, epoch, switches or Switches()) for entity in shown]


def truth_advertisers(world: World, *, clock: datetime, switches: Switches | None = None) -> list[dict[str, Any]]:
    """Every row of `advertiser/info` over all readable accounts."""
    found = [world.advertiser(advertiser_id) for advertiser_id in world.advertiser_ids]
    epoch = int(clock.timestamp())
    return [advertiser_row(world, account, epoch, switches or Switches()) for account in found if account is not None]
