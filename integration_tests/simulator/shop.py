"""What GMV Max campaigns promote: products with their posts, or a LIVE room; functions of the campaign's place.

A product or a room stands where an ad group stands and a post where an ad stands, so reports add them up the same way.
"""

from __future__ import annotations

from functools import lru_cache

from .assets import Asset, gmv_campaigns, promotion_type, runs_gmv_max, store_of, stores
from .attributes import CALLS
from .entities import moment
from .numbers import mix
from .world import AD, ADGROUP, CAMPAIGN, DAY, Advertiser, Entity, Leaf, World, leaf_of

LIVE = "LIVE_GMV_MAX"
ITEM_GROUP_BASE = 1_729_000_000_000_000_000
ITEM_BASE = 7_470_000_000_000_000_000
ROOM_BASE = 7_480_000_000_000_000_000
ITEM_GROUPS, ITEMS = 2, 2


def shop_leaves(world: World, advertiser: Advertiser, epoch: int, store_id: str = "") -> list[Leaf]:
    """Every post and room of an account's GMV Max campaigns, or of those for one shop, ready for reports."""
    found = [
        _campaign(advertiser, campaign)
        for campaign in gmv_campaigns(world, advertiser, epoch)
        if store_id in ("", store_of(world, advertiser, campaign).id)
    ]
    return [leaf_of(item) for campaign in found for product in campaign.children for item in product.children]


def open_stores(world: World, advertiser: Advertiser, epoch: int) -> tuple[str, ...]:
    """The ids of the shops whose reports an account may read."""
    return tuple(store.id for store in stores(world, advertiser, epoch) if runs_gmv_max(store))


@lru_cache(maxsize=4096)
def _campaign(advertiser: Advertiser, asset: Asset) -> Entity:
    flavour = promotion_type(asset)
    about = (advertiser, flavour, asset.created, asset.deleted)
    campaign = Entity(CAMPAIGN, asset.number, asset.index, *about)
    place = 1000 * (asset.number - asset.kind.base)
    if flavour == LIVE:
        campaign.children.append(_promoted(campaign, ROOM_BASE + place, 0, 1))
    else:
        products = (_promoted(campaign, ITEM_GROUP_BASE + place + 100 * j, j, ITEMS) for j in range(ITEM_GROUPS))
        campaign.children.extend(products)
    return campaign


def _promoted(campaign: Entity, number: int, index: int, items: int) -> Entity:
    """A product with its posts, or a LIVE room, which is its own and only part."""
    about = (campaign.advertiser, campaign.flavour, campaign.created, None)
    promoted = Entity(ADGROUP, number, index, *about, campaign)
    first = number if campaign.flavour == LIVE else ITEM_BASE + number - ITEM_GROUP_BASE
    promoted.children.extend(Entity(AD, first + m, m, *about, promoted) for m in range(items))
    return promoted


def shop_attributes(entity: Entity, epoch: int) -> dict[str, str]:
    """What describes a GMV Max campaign, product, post or room; which of it a report takes depends on its level."""
    seed, campaign = entity.seed, next(above for above in entity.lineage if above.kind == CAMPAIGN)
    over = campaign.is_deleted(epoch)
    return {
        "operation_status": "DISABLE" if over or seed % 3 == 0 else "ENABLE",
        "bid_type": "CUSTOM" if seed % 2 else "NO_BID",
        "schedule_type": "SCHEDULE_FROM_NOW",
        "schedule_start_time": moment(campaign.created),
        "schedule_end_time": moment(campaign.created + 90 * DAY) if seed % 4 == 1 else "-",
        "target_roi_budget": f"{50 + seed % 400}.00",
        "max_delivery_budget": f"{90 + seed % 900}.00",
        "item_group_id": entity.id,
        "product_name": f"Product {entity.number % 10**6} ✨",
        "product_image_url": f"https://p16.cdn.example/product/{entity.number % 10**6}",
        "product_status": "available" if seed % 4 else "unavailable",
        "item_id": entity.id,
        "title": f"{CALLS[seed % len(CALLS)]}, number {seed % 1000}",
        "shop_content_type": "VIDEO" if seed % 3 else "PRODUCT_CARD",
        "creative_delivery_status": ("IN_QUEUE", "LEARNING", "DELIVERING")[seed % 3],
        "identity_id": str(7_160_000_000_000_000_000 + mix(seed) % 10**6),
        "tt_account_name": f"shop_{campaign.number % 1000}",
        "tt_account_profile_image_url": f"https://p16.cdn.example/avatar/{campaign.number % 997}",
        "tt_account_authorization_type": "TTS_TT",
        "live_name": f"Live {entity.number % 10**6}",
        "live_status": "END" if over else "ONGOING",
        "live_launched_time": moment(campaign.created),
        "live_duration": f"{seed % 9} h",
    }
