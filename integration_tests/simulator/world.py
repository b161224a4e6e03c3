"""Who exists in the simulated TikTok and when: advertisers, campaigns, ad groups and ads, each a function of its place.

Nothing here is random and nothing is stored: the same parameters and the same instant give the same world. The
functions `truth_*` name the exact rows that a complete read has to yield.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from . import numbers
from .clock import START

DAY = 86_400
CAMPAIGN, ADGROUP, AD = "campaign", "adgroup", "ad"

# (IANA zone, currency, decimals of the currency, country)
PLACES = (
    ("Pacific/Auckland", "NZD", 2, "NZ"),
    ("Asia/Kolkata", "INR", 2, "IN"),
    ("America/Los_Angeles", "USD", 2, "US"),
    ("Europe/London", "GBP", 2, "GB"),
    ("UTC", "JPY", 0, "JP"),
)
# What kind of campaign the k-th one is.
FLAVOURS = ("MANUAL_WEB", "MANUAL_APP", "UPGRADED_SMART_PLUS", "SMART_PLUS", "MANUAL_SHOP", "MANUAL_WEB")
HIDDEN_CAMPAIGNS = ("RESERVATION_RF", "RESERVATION_TOP_VIEW", "PROMOTE")
FAMILY = {
    **{"MANUAL_APP": "app", "SMART_PLUS": "app", "MANUAL_SHOP": "shop"},
    **dict.fromkeys(("PRODUCT_GMV_MAX", "LIVE_GMV_MAX"), "shop"),
}
FIRST_REGULAR = 10  # ids below it belong to the special campaigns


@dataclass(frozen=True, eq=False)
class Advertiser:
    """One ad account."""

    index: int
    advertiser_id: str
    name: str
    zone: ZoneInfo
    currency: str
    decimals: int
    country: str
    created: int
    seed: int
    steady: bool

    def today(self, epoch: int) -> int:
        """The ordinal of the local day at `epoch`."""
        return _local_day(self.zone, epoch)


@lru_cache(maxsize=8192)
def _local_day(zone: ZoneInfo, epoch: int) -> int:
    return datetime.fromtimestamp(epoch, tz=zone).toordinal()


@dataclass(frozen=True, eq=False)
class Entity:
    """A campaign, an ad group or an ad. Times are epoch seconds; `deleted` is the moment of its own deletion."""

    kind: str
    number: int
    index: int
    advertiser: Advertiser
    flavour: str
    created: int
    deleted: int | None
    parent: Entity | None = None
    children: list[Entity] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The id as TikTok writes it."""
        return str(self.number)

    @property
    def seed(self) -> int:
        """64 bits that belong to this entity alone."""
        return numbers.mix(self.number)

    @property
    def period(self) -> int:
        """Seconds between two of its changes."""
        return (5 + self.seed % 21) * DAY + self.seed % 40_000

    @property
    def lineage(self) -> Iterator[Entity]:
        """Itself, then its parents upwards."""
        entity: Entity | None = self
        while entity is not None:
            yield entity
            entity = entity.parent

    def version(self, epoch: int) -> int:
        """How many times it was changed until `epoch`; its own deletion ends the changes."""
        until = min(epoch, self.deleted) if self.deleted else epoch
        return max(0, until - self.created) // self.period

    def is_deleted(self, epoch: int) -> bool:
        """Whether it was itself deleted by `epoch`."""
        return self.deleted is not None and self.deleted <= epoch

    def modified(self, epoch: int) -> int:
        """The moment of its own last change, deletion included."""
        if self.deleted is not None and self.deleted <= epoch:
            return self.deleted
        return self.created + self.version(epoch) * self.period

    def is_disabled(self, epoch: int) -> bool:
        """Whether its user has switched it off: every fourth version."""
        return self.version(epoch) % 4 == 3

    def status_changed(self, epoch: int) -> int:
        """The last moment its own status changed in a way that leaks to its children."""
        if self.deleted is not None and self.deleted <= epoch:
            return self.deleted
        version = self.version(epoch)
        return self.created + (version - (version + 1) % 4) * self.period if version >= 3 else self.created


@dataclass(frozen=True, eq=False)
class Leaf:
    """An ad as the reports see it: the days it may run and what its figures hang on."""

    ad: Entity
    seed: int
    family: str
    first_day: int
    last_day: int

    def runs(self, day: int) -> bool:
        """Whether there is delivery on that day."""
        alive = self.first_day <= day <= self.last_day
        return alive and (self.ad.advertiser.steady or numbers.delivers(self.seed, day))

    def idles(self, day: int) -> bool:
        """Whether that day may show a row of zeros."""
        return self.first_day <= day <= self.last_day and numbers.idles(self.seed, day)


@dataclass(frozen=True)
class World:
    """The parameters of a simulated TikTok. Equal parameters are equal worlds.

    `campaigns` x `adgroups_per` x `ads_per` entities per advertiser exist at `start`; later instants create more.
    """

    advertisers: int = 5
    campaigns: int = 4
    adgroups_per: int = 2
    ads_per: int = 3
    history_start: date = date(2025, 12, 1)
    start: datetime = START
    specials: bool = True
    growth_days: int = 3
    unreadable: int = 1  # accounts that exist but that no token may read
    names: tuple[str, ...] = ()  # names of the first accounts, in place of the made-up ones
    fixed_zones: bool = False  # accounts live in a fixed offset and have no display_timezone
    files: int = 0  # further files of each kind of each account; ads then use files that are older than these
    steady: bool = False  # for benchmarks: all exists from the first day on, nothing is deleted, every day delivers

    @property
    def origin(self) -> int:
        """Epoch seconds of the start of history."""
        return int(datetime.combine(self.history_start, datetime.min.time(), tzinfo=timezone.utc).timestamp())

    @property
    def start_epoch(self) -> int:
        """Epoch seconds of the clock's first instant."""
        return int(self.start.timestamp())

    @property
    def advertiser_ids(self) -> tuple[str, ...]:
        """The ids every full token reads, in order."""
        return tuple(advertiser_id(index) for index in range(self.advertisers))

    @property
    def unreadable_ids(self) -> tuple[str, ...]:
        """Ids of accounts that exist but are closed to every token."""
        return tuple(advertiser_id(self.advertisers + index) for index in range(self.unreadable))

    def advertiser(self, advertiser_id: str) -> Advertiser | None:
        """The account with that id, readable or not; None when there is none."""
        if not advertiser_id.isdigit():
            return None
        index, rest = divmod(int(advertiser_id) - ADVERTISER_BASE, ADVERTISER_STEP)
        known = 0 <= index < self.advertisers + self.unreadable and rest == 0
        return _advertiser(self, index) if known else None

    def campaigns_at(self, advertiser: Advertiser, epoch: int) -> tuple[Entity, ...]:
        """The campaigns that were created by `epoch`, oldest id first, deleted ones included."""
        late = max(0, epoch - self.start_epoch) // (self.growth_days * DAY)
        return tuple(c for c in _plan(self, advertiser.index, self.campaigns + late) if c.created <= epoch)

    def entities(self, kind: str, advertiser: Advertiser, epoch: int) -> list[Entity]:
        """All entities of one kind that were created by `epoch`, newest id first, deleted ones included."""
        level = list(self.campaigns_at(advertiser, epoch))
        for step in (ADGROUP, AD):
            if kind == CAMPAIGN or (kind == ADGROUP and step == AD):
                break
            level = [child for parent in level for child in parent.children if child.created <= epoch]
        return sorted(level, key=lambda entity: -entity.number)

    def leaves(self, advertiser: Advertiser, epoch: int) -> list[Leaf]:
        """Every ad that existed by `epoch`, newest id first, ready for reports."""
        return [leaf_of(ad) for ad in self.entities(AD, advertiser, epoch)]


ADVERTISER_BASE = 7_000_000_000_000_000_001
ADVERTISER_STEP = 1_000_003
CAMPAIGN_BASE = 1_700_000_000_000_000_000


def advertiser_id(index: int) -> str:
    """The id of the index-th account."""
    return str(ADVERTISER_BASE + index * ADVERTISER_STEP)


def fixed_zone(zone: ZoneInfo, epoch: int) -> str:
    """The fixed-offset name of a zone that `advertiser/info.timezone` gives."""
    offset = datetime.fromtimestamp(epoch, tz=zone).utcoffset()
    hours = int(offset.total_seconds() // 3600) if offset else 0
    # TikTok: the sign is inverted, Etc/GMT+8 lies west of Greenwich, and half hours get lost.
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


@lru_cache(maxsize=8192)
def _advertiser(world: World, index: int) -> Advertiser:
    place, currency, decimals, country = PLACES[index % len(PLACES)]
    zone = ZoneInfo(place)
    return Advertiser(
        index=index,
        advertiser_id=advertiser_id(index),
        name=world.names[index] if index < len(world.names) else f"Account {index + 1} {country}",
        zone=ZoneInfo(fixed_zone(zone, world.start_epoch)) if world.fixed_zones else zone,
        currency=currency,
        decimals=decimals,
        country=country,
        created=world.origin - (30 + index % 300) * DAY,
        seed=numbers.mix(index + 77),
        steady=world.steady,
    )


@lru_cache(maxsize=256)
def _plan(world: World, index: int, count: int) -> tuple[Entity, ...]:
    """All campaigns of an account up to the count-th, with everything below them, oldest id first."""
    advertiser = _advertiser(world, index)
    special = [_special(world, advertiser, n) for n in range(len(HIDDEN_CAMPAIGNS))] if world.specials else []
    return (*special, *(_campaign(world, advertiser, k) for k in range(count)))


def _special(world: World, advertiser: Advertiser, n: int) -> Entity:
    number = CAMPAIGN_BASE + advertiser.index * 10**11 + n * 10**6
    campaign = Entity(CAMPAIGN, number, n, advertiser, HIDDEN_CAMPAIGNS[n], world.origin + n * 5000, None)
    adgroup = _child(campaign, ADGROUP, 0, 1000, None)
    adgroup.children.append(_child(adgroup, AD, 0, 1, None))
    campaign.children.append(adgroup)
    return campaign


def _campaign(world: World, advertiser: Advertiser, k: int) -> Entity:
    number = CAMPAIGN_BASE + advertiser.index * 10**11 + (k + FIRST_REGULAR) * 10**6
    if world.steady and k < world.campaigns:
        created = world.origin + k
    elif k < world.campaigns:
        # The first two thirds of history see the campaigns of the start come to life, evenly.
        created = world.origin + (world.start_epoch - world.origin) * 2 // 3 * k // max(1, world.campaigns)
    else:
        created = world.start_epoch + (k - world.campaigns + 1) * world.growth_days * DAY - numbers.mix(number) % DAY
    flavour = FLAVOURS[k % len(FLAVOURS)]
    deleted = _campaign_deleted(world, k, created, numbers.mix(number))
    campaign = Entity(CAMPAIGN, number, k, advertiser, flavour, created, deleted)
    campaign.children.extend(_adgroup(world, campaign, j) for j in range(world.adgroups_per))
    return campaign


def _campaign_deleted(world: World, k: int, created: int, seed: int) -> int | None:
    if world.steady:
        return None
    if k >= world.campaigns:
        return created + 3 * DAY + seed % DAY if k % 4 == 1 else None
    if k % 4 == 1:
        return _shortly_before_start(world, created, 12)
    return world.start_epoch + 2 * DAY + seed % (4 * DAY) if k % 8 == 3 else None


def _shortly_before_start(world: World, created: int, days: int) -> int:
    """So many days before the clock's first instant, or half-way to it for what is younger."""
    return max(world.start_epoch - days * DAY, (created + world.start_epoch) // 2)


def _child(
    parent: Entity, kind: str, index: int, offset: int, deleted: int | None, created: int | None = None
) -> Entity:
    born = created if created is not None else parent.created + (600 if kind == ADGROUP else 60) * (index + 1)
    return Entity(kind, parent.number + offset, index, parent.advertiser, parent.flavour, born, deleted, parent)


def _adgroup(world: World, campaign: Entity, j: int) -> Entity:
    late = campaign.created > world.start_epoch or world.steady
    seed = numbers.mix(campaign.number + j)
    deleted: int | None = None
    if j == 1 and not late and campaign.index % 4 == 0:
        deleted = _shortly_before_start(world, campaign.created, 15)
    elif j == 1 and not late and campaign.index % 4 == 3:
        deleted = world.start_epoch + DAY + seed % (3 * DAY)
    adgroup = _child(campaign, ADGROUP, j, 1000 * (j + 1), deleted)
    adgroup.children.extend(_ad(world, adgroup, m) for m in range(world.ads_per))
    if not late and (campaign.index + j) % 3 == 0:
        # An ad that joins an old ad group after the clock's first instant.
        born = world.start_epoch + DAY // 2 + seed % (5 * DAY)
        adgroup.children.append(_child(adgroup, AD, world.ads_per, world.ads_per + 1, None, born))
    return adgroup


def _ad(world: World, adgroup: Entity, m: int) -> Entity:
    campaign = next(iter(list(adgroup.lineage)[1:]))
    deleted: int | None = None
    if campaign.created <= world.start_epoch and adgroup.index == 0 and not world.steady:
        if campaign.index % 4 == 0 and m == 1:
            deleted = _shortly_before_start(world, adgroup.created, 10)
        elif campaign.index % 4 == 2 and m == 2:
            deleted = world.start_epoch + DAY + numbers.mix(adgroup.number) % (3 * DAY)
    return _child(adgroup, AD, m, m + 1, deleted)


@lru_cache(maxsize=65_536)
def leaf_of(ad: Entity) -> Leaf:
    """The reporting view of an ad; it runs from the day after its creation to the day it or a parent is deleted."""
    advertiser = ad.advertiser
    ends = [entity.deleted for entity in ad.lineage if entity.deleted is not None]
    last_day = advertiser.today(min(ends)) if ends else date.max.toordinal()
    family = FAMILY.get(ad.flavour, "web")
    return Leaf(ad, numbers.mix(ad.number * 3), family, advertiser.today(ad.created) + 1, last_day)


def ad_id_v2(ad: Entity) -> int:
    """The id at ad (asset group) level: creatives of upgraded Smart+ share one, all other ads are their own."""
    if ad.flavour != "UPGRADED_SMART_PLUS" or ad.parent is None:
        return ad.number
    return ad.parent.number + 900 + ad.index // 2


def secondary_status(entity: Entity, epoch: int) -> str:
    """The effective status, with what leaks down from parents; a deletion outranks everything."""
    prefix = entity.kind.upper()
    for state, asks in (("DELETE", Entity.is_deleted), ("DISABLE", Entity.is_disabled)):
        for ancestor in entity.lineage:
            if asks(ancestor, epoch):
                origin = "" if ancestor is entity else f"{ancestor.kind.upper()}_"
                return f"{prefix}_STATUS_{origin}{state}"
    return f"{prefix}_STATUS_{'ENABLE' if entity.kind == CAMPAIGN else 'DELIVERY_OK'}"


def is_gone(entity: Entity, epoch: int) -> bool:
    """Whether it counts as deleted, by its own deletion or a parent's."""
    return any(ancestor.is_deleted(epoch) for ancestor in entity.lineage)


STATUS_TESTS: dict[str, Callable[[str], bool]] = {
    "STATUS_ALL": lambda status: True,
    "STATUS_NOT_DELETE": lambda status: not status.endswith("_DELETE"),
    "STATUS_DELETE": lambda status: status.endswith("_DELETE"),
    "STATUS_DELIVERY_OK": lambda status: status.endswith(("_ENABLE", "_DELIVERY_OK")),
    "STATUS_NOT_DELIVERY": lambda status: status.endswith("_NOT_DELIVERY"),
    "STATUS_DISABLE": lambda status: status.endswith("_DISABLE"),
}


def has_status(entity: Entity, wanted: str, epoch: int) -> bool:
    """Whether the entity falls under a primary status; classes this world never shows match nothing."""
    return wanted in STATUS_TESTS and STATUS_TESTS[wanted](secondary_status(entity, epoch))
