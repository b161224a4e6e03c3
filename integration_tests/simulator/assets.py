"""What accounts and Business Centers own beside campaigns: pixels, images, posts, each a function of its place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from .numbers import mix
from .world import DAY, Advertiser, World

BC_BASE = 6_900_000_000_000_000_001
BUSINESS_CENTERS = 2
BC_ZONES = ("Etc/GMT+8", "Etc/GMT-9")


@dataclass(frozen=True)
class BusinessCenter:
    """One Business Center; accounts belong to them in turn."""

    index: int
    bc_id: str
    name: str
    timezone: str


@dataclass(frozen=True)
class Kind:
    """A kind of asset: ids start at `base`; `first` exist at the clock's first instant, one joins every `days` days.

    Of kinds that can be deleted, some are before that instant and some after it.
    """

    base: int
    first: int
    days: int
    deletable: bool = False


@dataclass(frozen=True)
class Asset:
    """One asset. Times are epoch seconds."""

    kind: Kind
    number: int
    index: int
    created: int
    deleted: int | None

    @property
    def id(self) -> str:
        """The id as TikTok writes it."""
        return str(self.number)

    @property
    def seed(self) -> int:
        """64 bits that belong to this asset alone."""
        return mix(self.number)

    @property
    def period(self) -> int:
        """Seconds between two of its changes."""
        return (3 + self.seed % 17) * DAY + self.seed % 40_000

    def is_deleted(self, epoch: int) -> bool:
        """Whether it was deleted by `epoch`."""
        return self.deleted is not None and self.deleted <= epoch

    def version(self, epoch: int) -> int:
        """How many times it was changed until `epoch`; its deletion ends the changes."""
        until = min(epoch, self.deleted) if self.deleted else epoch
        return max(0, until - self.created) // self.period

    def modified(self, epoch: int) -> int:
        """The moment of its last change, deletion included."""
        if self.deleted is not None and self.deleted <= epoch:
            return self.deleted
        return self.created + self.version(epoch) * self.period

    @property
    def code(self) -> str:
        """The code by which a website names the asset, if it is a pixel."""
        return f"C{self.seed % 10**12}"

    def name(self, word: str, epoch: int) -> str:
        """What its owner calls it today; every change of it shows."""
        version = self.version(epoch)
        return f"{word} {self.number % 10**9}" + (f" v{version + 1}" if version else "")


IMAGE = Kind(7_110_000_000_000_000_000, 9, 2)
VIDEO = Kind(7_120_000_000_000_000_000, 12, 1)
MUSIC = Kind(7_130_000_000_000_000_000, 8, 3)
PORTFOLIO = Kind(7_140_000_000_000_000_000, 9, 3)
PLAYABLE = Kind(7_150_000_000_000_000_000, 9, 3, deletable=True)
IDENTITY = Kind(7_160_000_000_000_000_000, 9, 6)
POST = Kind(7_170_000_000_000_000_000, 3, 2)
SPARK_POST = Kind(7_180_000_000_000_000_000, 9, 2)
PAGE = Kind(7_190_000_000_000_000_000, 15, 2)
AUDIENCE = Kind(7_220_000_000_000_000_000, 9, 2)
SAVED_AUDIENCE = Kind(7_230_000_000_000_000_000, 9, 3)
PIXEL = Kind(7_240_000_000_000_000_000, 23, 4)
APP = Kind(7_250_000_000_000_000_000, 9, 5)
LABEL = Kind(7_260_000_000_000_000_000, 6, 4)
EVENT_SET = Kind(7_270_000_000_000_000_000, 4, 5)
GMV_CAMPAIGN = Kind(1_800_000_000_000_000_000, 6, 3, deletable=True)
COMMENT = Kind(7_310_000_000_000_000_000, 6, 4)
# These belong to a Business Center.
CATALOG = Kind(7_280_000_000_000_000_000, 6, 4)
PRODUCT_SET = Kind(7_290_000_000_000_000_000, 3, 5)
STORE = Kind(7_490_000_000_000_000_000, 3, 6)
TRANSACTION = Kind(7_320_000_000_000_000_000, 20, 1)
INVOICE = Kind(7_330_000_000_000_000_000, 9, 5)
PAYMENT_PORTFOLIO = Kind(7_340_000_000_000_000_000, 8, 5)
MEMBER = Kind(7_350_000_000_000_000_000, 9, 4)
PARTNER = Kind(7_360_000_000_000_000_000, 8, 6)
ASSET_GROUP = Kind(7_370_000_000_000_000_000, 8, 6)
ACCOUNT_TRANSACTION = Kind(7_460_000_000_000_000_000, 6, 2)
BUDGET_CHANGE = Kind(7_470_000_000_000_000_000, 9, 3)
ACTIVITY = Kind(7_490_100_000_000_000_000, 20, 1)
PARTNER_ASSET = Kind(7_480_000_000_000_000_000, 2, 9)
# These belong to a catalog or a shop.
FEED_LOG = Kind(7_485_000_000_000_000_000, 3, 8)
CATALOG_VIDEO = Kind(7_487_000_000_000_000_000, 8, 5)
PRODUCT = Kind(7_380_000_000_000_000_000, 8, 3)
FEED = Kind(7_390_000_000_000_000_000, 2, 8)
ISSUE = Kind(7_400_000_000_000_000_000, 8, 6)
SHOP_PRODUCT = Kind(1_729_000_000_000_000_000, 9, 3)
# These belong to an account, or to something of it.
RULE = Kind(7_410_000_000_000_000_000, 9, 4)
RULE_RUN = Kind(7_420_000_000_000_000_000, 6, 1)
CRM_SET = Kind(7_430_000_000_000_000_000, 8, 4)
CONVERSION = Kind(7_440_000_000_000_000_000, 2, 6)
GMV_SESSION = Kind(7_500_000_000_000_000_000, 2, 7)
KEYWORD = Kind(7_450_000_000_000_000_000, 1, 9)
LEAD = Kind(7_490_300_000_000_000_000, 4, 3)
CHANGE = Kind(7_490_200_000_000_000_000, 40, 1)
# These belong to an account of the Creator Marketplace, or to a campaign of it.
CREATOR_CAMPAIGN = Kind(7_510_000_000_000_000_000, 17, 4)
CREATOR_VIDEO = Kind(7_520_000_000_000_000_000, 3, 8)


def assets(world: World, kind: Kind, place: int, epoch: int, first: int | None = None) -> list[Asset]:
    """The assets of one kind that the place-th owner has had by `epoch`, newest first, deleted ones included."""
    late = max(0, epoch - world.start_epoch) // (kind.days * DAY) + 1
    many = kind.first if first is None else first
    return [asset for asset in _plan(world, kind, place, many, many + late) if asset.created <= epoch][::-1]


@lru_cache(maxsize=4096)
def _plan(world: World, kind: Kind, place: int, first: int, count: int) -> tuple[Asset, ...]:
    return tuple(_asset(world, kind, place, first, index) for index in range(count))


def _asset(world: World, kind: Kind, place: int, first: int, index: int) -> Asset:
    number = kind.base + place * 10**5 + index
    if index < first:
        created = world.origin + (world.start_epoch - world.origin) * index // first + mix(number) % 3600
    else:
        created = world.start_epoch + (index - first + 1) * kind.days * DAY - mix(number) % DAY
    return Asset(kind, number, index, created, _deleted(world, kind, index, created))


def _deleted(world: World, kind: Kind, index: int, created: int) -> int | None:
    if not kind.deletable or index % 4 not in (1, 3) or created > world.start_epoch:
        return None
    if index % 4 == 1:
        return (created + world.start_epoch) // 2
    return world.start_epoch + DAY + mix(index) % (3 * DAY)


def business_centers(world: World) -> tuple[BusinessCenter, ...]:
    """The Business Centers of the token's user."""
    return tuple(
        BusinessCenter(index, str(BC_BASE + index * 1_000_003), f"Center {index + 1} Ærø", BC_ZONES[index])
        for index in range(BUSINESS_CENTERS)
    )


def center_of(world: World, advertiser: Advertiser) -> BusinessCenter:
    """The Business Center that an account belongs to."""
    return business_centers(world)[advertiser.index % BUSINESS_CENTERS]


def members(world: World, center: BusinessCenter) -> list[Advertiser]:
    """The accounts of a Business Center, those that no token reads included."""
    ids = (*world.advertiser_ids, *world.unreadable_ids)
    accounts = [account for account in map(world.advertiser, ids) if account is not None]
    return [account for account in accounts if center_of(world, account) == center]


def center_pixels(world: World, center: BusinessCenter, epoch: int) -> list[Asset]:
    """The pixels that a Business Center owns: those of its first account, if it has any."""
    return [pixel for account in members(world, center)[:1] for pixel in assets(world, PIXEL, account.index, epoch)]


def is_shared(account: Advertiser) -> bool:
    """Whether another Business Center shares the account with its own."""
    return account.index % 3 == 1


def stores(world: World, advertiser: Advertiser, epoch: int) -> list[Asset]:
    """The TikTok Shops an account may advertise: those of its Business Center, so accounts share them."""
    return assets(world, STORE, center_of(world, advertiser).index, epoch)


def runs_gmv_max(store: Asset) -> bool:
    """Whether GMV Max campaigns run for a shop, or ran while an account held the right to it."""
    return store.index % 3 != 2


def is_gmv_max_available(store: Asset) -> bool:
    """Whether the account holds the exclusive right to a shop now; one in three has gone to another."""
    return store.index % 3 == 0


def gmv_campaigns(world: World, advertiser: Advertiser, epoch: int) -> list[Asset]:
    """The GMV Max campaigns of an account, newest first, deleted ones included."""
    return assets(world, GMV_CAMPAIGN, advertiser.index, epoch)


def promotion_type(campaign: Asset) -> str:
    """What a GMV Max campaign promotes."""
    return "PRODUCT_GMV_MAX" if campaign.index % 2 == 0 else "LIVE_GMV_MAX"


def store_of(world: World, advertiser: Advertiser, campaign: Asset) -> Asset:
    """The shop a GMV Max campaign runs or ran for."""
    early = [store for store in stores(world, advertiser, world.start_epoch) if runs_gmv_max(store)]
    return early[campaign.index // 2 % len(early)]
