"""GMV Max in the simulated TikTok: stores, campaigns, products with their posts, LIVE rooms; functions of their place.

A product stands where an ad group stands and a post where an ad stands, so that reports add them up the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from . import numbers
from .world import AD, ADGROUP, CAMPAIGN, DAY, Advertiser, Entity, Leaf, World, leaf_of

PRODUCT, LIVE = "PRODUCT_GMV_MAX", "LIVE_GMV_MAX"
STORE_BASE = 7_495_000_000_000_000_000
CAMPAIGN_BASE = 1_840_000_000_000_000_000
ITEM_GROUP_BASE = 1_729_000_000_000_000_000
ITEM_BASE = 7_470_000_000_000_000_000
ROOM_BASE = 7_480_000_000_000_000_000
STORES = (3, 2, 0)  # by the account's place, over and over; the last store of an account is closed to GMV Max
CAMPAIGNS, ITEM_GROUPS, ITEMS = 5, 2, 2


@dataclass(frozen=True)
class Store:
    """A TikTok Shop that an account sells from."""

    advertiser: Advertiser
    index: int
    open: bool

    @property
    def store_id(self) -> str:
        """The id as TikTok writes it."""
        return str(STORE_BASE + self.advertiser.index * 10**9 + self.index * 10**6)

    @property
    def name(self) -> str:
        """What the shop is called."""
        return f"Shop {self.index + 1} of {self.advertiser.name}"


def stores(advertiser: Advertiser) -> tuple[Store, ...]:
    """The shops of an account; every third account has none."""
    count = STORES[advertiser.index % len(STORES)]
    return tuple(Store(advertiser, index, open=index < count - 1) for index in range(count))


def store_of(advertiser: Advertiser, store_id: str) -> Store | None:
    """The account's shop with that id."""
    return next((store for store in stores(advertiser) if store.store_id == store_id), None)


def campaigns(world: World, store: Store, epoch: int) -> list[Entity]:
    """The GMV Max campaigns of a shop that were created by `epoch`, newest id first, deleted ones included."""
    planned = _plan(world, store) if store.open else ()
    return [campaign for campaign in reversed(planned) if campaign.created <= epoch]


def shop_leaves(world: World, advertiser: Advertiser, epoch: int) -> list[Leaf]:
    """Every post and room of an account's GMV Max campaigns, ready for reports."""
    return [leaf for store in stores(advertiser) for leaf in store_leaves(world, store, epoch)]


def store_leaves(world: World, store: Store, epoch: int) -> list[Leaf]:
    """Every post and room of a shop's campaigns, ready for reports."""
    return [
        leaf_of(item)
        for campaign in campaigns(world, store, epoch)
        for product in campaign.children
        for item in product.children
    ]


@lru_cache(maxsize=1024)
def _plan(world: World, store: Store) -> tuple[Entity, ...]:
    return tuple(_campaign(world, store, k) for k in range(CAMPAIGNS))


def _campaign(world: World, store: Store, k: int) -> Entity:
    """The k-th campaign: the second is deleted before the clock's first instant, the last is born after it."""
    place = store.advertiser.index * 10**11 + store.index * 10**9 + k * 10**6
    created = world.origin + k * 2 * DAY
    if k == CAMPAIGNS - 1:
        created = world.start_epoch + DAY + numbers.mix(place) % DAY
    deleted = (created + world.start_epoch) // 2 if k == 1 else None
    flavour = LIVE if k % 3 == 2 else PRODUCT
    campaign = Entity(CAMPAIGN, CAMPAIGN_BASE + place, k, store.advertiser, flavour, created, deleted)
    if flavour == LIVE:
        campaign.children.append(_product(campaign, ROOM_BASE + place, 0, 1))
    else:
        bases = (ITEM_GROUP_BASE + place + 1000 * j for j in range(ITEM_GROUPS))
        campaign.children.extend(_product(campaign, base, j, ITEMS) for j, base in enumerate(bases))
    return campaign


def _product(campaign: Entity, number: int, index: int, items: int) -> Entity:
    """A product with its posts, or a LIVE room, which is its own and only part."""
    about = (campaign.advertiser, campaign.flavour, campaign.created, None)
    product = Entity(ADGROUP, number, index, *about, campaign)
    first = number if campaign.flavour == LIVE else ITEM_BASE + number % 10**15
    product.children.extend(Entity(AD, first + m, m, *about, product) for m in range(items))
    return product
