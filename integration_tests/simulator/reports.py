"""Report rows: which exist, in which order, and what stands in each; every row can be rendered without the others."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from itertools import product
from typing import Any

from . import numbers
from .assets import business_centers, members
from .attributes import attributes, breakdown_attributes, playable_attributes, playable_id
from .facts import DIMENSIONS
from .metrics import totals, writer
from .shop import LIVE, shop_attributes, shop_leaves
from .switches import Switches
from .world import AD, ADGROUP, CAMPAIGN, Advertiser, Entity, Leaf, World, ad_id_v2, has_status

LEVEL_KIND = {"AUCTION_CAMPAIGN": CAMPAIGN, "AUCTION_ADGROUP": ADGROUP, "AUCTION_AD": AD}
# Metrics beside which rows of upgraded Smart+ ads hold lists.
LISTED = ("ad_text", "call_to_action", "ad_profile_image", "ad_url", "image_mode", "profile_image")
SHOP_IDS = ("item_group_id", "item_id", "room_id")
# The kind of entity that an ID dimension names; a product or a room stands where an ad group stands.
ID_KINDS = {
    "campaign_id": CAMPAIGN,
    **dict.fromkeys(("adgroup_id", "playable_id", "item_group_id", "room_id"), ADGROUP),
    **dict.fromkeys(("ad_id", "ad_id_v2", "item_id"), AD),
}
DEPTH = {CAMPAIGN: 1, ADGROUP: 2, AD: 3}
TIMES = ("stat_time_day", "stat_time_hour")
BUYING_TYPES = ("AUCTION", "RESERVATION_RF")
WITHHELD = "withheld"
INTERESTS = ("interest_category", "interest_category_tier2", "interest_category_tier3", "interest_category_tier4")
# Two sources: TikTok's page on synchronous reports, and a client that asks for the one and reads the other.
ANSWERED: Mapping[str, str] = {"interest_category": "interest_category_v2"}
COUNTRIES = ("US", "GB", "DE", "JP", "None")
FIXED_VALUES: Mapping[str, tuple[str, ...]] = {
    "province_id": (*(str(5_279_000 + 37 * n) for n in range(9)), WITHHELD),
    "dma_id": ("0", "501", "803", "602", "504"),
    "language": ("en", "es", "de", "ja", "zh"),
    "placement": ("PLACEMENT_TIKTOK", "PLACEMENT_PANGLE", "PLACEMENT_GLOBAL_APP_BUNDLE"),
    "ad_type": ("Spark Ads", "Non-Spark Ads"),
    "search_terms": ("running shoes", "läufer schuhe", "ランニング", "shoe 👟"),
    "search_keyword": ("shoes", "socks", "laces"),
    "component_name": ("Header", "Form", "Button"),
    "skan_postback_sequence": ("0", "1", "2"),
    "hashtag": ("#run", "#sale"),
}


@dataclass(frozen=True)
class ReportQuery:
    """A legal report request, paging aside. `start` and `end` are ordinals of local days, both included.

    `advertiser_id` is the id of the Business Center where the report is about one.
    """

    advertiser_id: str
    report_type: str
    data_level: str
    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]
    start: int
    end: int
    lifetime: bool = False
    statuses: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (campaign|adgroup|ad, primary statuses)
    ids: tuple[tuple[str, frozenset[str]], ...] = ()  # (campaign_id|adgroup_id|ad_id|ad_id_v2, ids)
    buying_types: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    automation_types: tuple[str, ...] = ()
    store_id: str = ""  # GMV Max: the one shop
    promotion_types: tuple[str, ...] = ()
    order_field: str = ""
    ascending: bool = False

    @cached_property
    def id_dimensions(self) -> tuple[str, ...]:
        """The dimensions that name objects: one at most, but for GMV Max."""
        shop = SHOP_IDS if self.report_type == "GMV_MAX" else ()
        return tuple(name for name in self.dimensions if DIMENSIONS[name].kind == "id" or name in shop)

    @cached_property
    def id_dimension(self) -> str:
        """The first ID dimension, or nothing."""
        return next(iter(self.id_dimensions), "")

    @cached_property
    def kind(self) -> str | None:
        """The kind of entity the rows are about; None for the account as a whole."""
        depths = [ID_KINDS[name] for name in self.id_dimensions if name in ID_KINDS]
        return max(depths, key=DEPTH.__getitem__, default=None)

    @cached_property
    def time_dimension(self) -> str:
        """The time dimension, or nothing."""
        return next((name for name in self.dimensions if name in TIMES), "")

    @cached_property
    def breakdowns(self) -> tuple[str, ...]:
        """The breakdown or audience dimensions, as asked."""
        kinds = ("breakdown", "audience")
        return tuple(n for n in self.dimensions if DIMENSIONS[n].kind in kinds and n not in self.id_dimensions)


@dataclass(frozen=True)
class Group:
    """What one row is about: an entity (or the account) and the ads it is summed over; `ids` name it."""

    ids: tuple[str, ...]
    entity: Entity | None
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True)
class Slot:
    """What time one row is about: local days, or one hour of one day, which may be still to come."""

    label: str
    days: range
    hour: int | None = None
    ahead: bool = False


MORE_ATTRIBUTES: Mapping[str, Callable[[Entity, int], dict[str, str]]] = {
    "PLAYABLE_MATERIAL": playable_attributes,
    "GMV_MAX": shop_attributes,
}
Key = tuple[int, int, int]  # group, slot and breakdown value (-1: none) of a row, as positions


def values_of(dimension: str, advertiser: Advertiser) -> tuple[str, ...]:
    """The values a breakdown can take in an account."""
    if dimension == "country_code":
        return tuple(dict.fromkeys((advertiser.country, *COUNTRIES)))
    if dimension in FIXED_VALUES:
        return FIXED_VALUES[dimension]
    made_up = tuple(f"{n}{sum(dimension.encode()):04d}" for n in range(1, 9))
    return DIMENSIONS[dimension].values or (*made_up, *([WITHHELD] * (dimension in INTERESTS)))


@lru_cache(maxsize=100_000)
def value_marks(seed: int, count: int) -> tuple[int, ...]:
    """Where each breakdown value begins on an ad's scale, plus its end; a value of no width never occurs."""
    marks = [0]
    for n in range(count):
        weight = numbers.mix(seed + n) % 7 if n else 3
        marks.append(marks[-1] + weight)
    return tuple(marks)


class Rowset:
    """All rows of one report at one instant, in TikTok's order, rendered one by one on demand."""

    def __init__(self, query: ReportQuery, world: World, epoch: int, switches: Switches) -> None:
        """Lay out the rows; nothing is rendered yet. The account of the query must exist."""
        advertiser = world.advertiser(query.advertiser_id)
        if advertiser is None:
            raise LookupError(f"no advertiser {query.advertiser_id}")
        if query.report_type == "AUDIENCE" and not switches.audience_shows_deleted:
            query = replace(query, statuses=())
        self.query, self.epoch, self.advertiser = query, epoch, advertiser
        self.today = advertiser.today(epoch)
        self.zero_rows = switches.zero_rows
        # One source: notes of live requests. GMV Max answers with the 24 hours of a day, those to come among them; that
        # the hour that comes twice is one row there follows from that: maintainer's reading.
        self.grid = query.report_type == "GMV_MAX"
        self.merge_repeated = self.grid or not switches.hourly_fold_rows
        self.answered = {} if switches.interest_category_plain else ANSWERED
        self.groups, self.cut = groups(query, world, advertiser, epoch, switches.object_cut)
        self.slots = self._slots()
        self.values = self._values()
        self.write = writer(query.metrics, advertiser.decimals)
        # Half a million rows must fit: each key is packed into one number.
        self._packed = array("q", map(self._pack, self._ordered(self._keys())))

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._packed)

    def keys(self, start: int = 0, stop: int | None = None) -> list[Key]:
        """The places of the rows between two positions."""
        return [self._unpack(packed) for packed in self._packed[start:stop]]

    def _pack(self, key: Key) -> int:
        return (key[0] * len(self.slots) + key[1]) * (len(self.values) + 1) + key[2] + 1

    def _unpack(self, packed: int) -> Key:
        place, value = divmod(packed, len(self.values) + 1)
        return (*divmod(place, len(self.slots)), value - 1)

    def rows(self, start: int = 0, stop: int | None = None) -> list[dict[str, dict[str, Any]]]:
        """The rows between two positions, rendered."""
        seen: dict[int, dict[str, str]] = {}
        return [self.row(key, seen) for key in self.keys(start, stop)]

    def row(self, key: Key, seen: dict[int, dict[str, str]]) -> dict[str, dict[str, Any]]:
        """One row; `seen` keeps the attributes of objects met before."""
        group, slot = self.groups[key[0]], self.slots[key[1]]
        if key[0] not in seen:
            creative = self.query.id_dimension != "ad_id_v2"
            seen[key[0]] = attributes(self.advertiser, group.entity, self.epoch, creative)
        known = seen[key[0]]
        dimensions = {**self._value(key[2]), **self._place(group, slot)}
        if group.entity is not None and self.query.report_type in MORE_ATTRIBUTES:
            known = {**known, **MORE_ATTRIBUTES[self.query.report_type](group.entity, self.epoch)}
        if self.query.breakdowns:
            known = {**known, **breakdown_attributes(self.query.breakdowns[0], dimensions[self.query.breakdowns[0]])}
        metrics = {**self.write(self.figures(key), known), **self._lists(group)}
        if "search_terms" in dimensions or "search_keyword" in dimensions:
            metrics = _veiled(metrics)
        named = {self.answered.get(name, name): dimensions[name] for name in self.query.dimensions}
        return {"dimensions": named, "metrics": metrics}

    # One source: TikTok's page on synchronous reports. The metric itself tells of one creative: maintainer's reading.
    def _lists(self, group: Group) -> dict[str, Any]:
        """What an upgraded Smart+ ad has several of, beside each metric asked for that has a list."""
        smart = group.entity is not None and group.entity.flavour == "UPGRADED_SMART_PLUS"
        if self.query.id_dimension != "ad_id_v2" or not smart:
            return {}
        known = [attributes(self.advertiser, leaf.ad, self.epoch) for leaf in group.leaves]
        values = {name: [each[name] for each in known] for name in LISTED if name in self.query.metrics}
        return {f"{name}_list": [*dict.fromkeys(many)] for name, many in values.items()}

    def figures(self, key: Key) -> numbers.Figures:
        """The sums behind one row."""
        slot = self.slots[key[1]]
        if slot.ahead:
            return numbers.NOTHING
        parts = [
            self._share(leaf, day, slot.hour, key[2])
            for leaf in self.groups[key[0]].leaves
            for day in slot.days
            if leaf.runs(day)
        ]
        return numbers.total(parts)

    def total_metrics(self) -> dict[str, str]:
        """The account-wide sums that `enable_total_metrics` answers."""
        figures = numbers.total([self.figures(key) for key in self.keys()])
        one_goal = self.query.data_level in ("AUCTION_AD", "AUCTION_ADGROUP")
        return totals(self.query.metrics, self.advertiser.decimals, figures, one_goal)

    def _share(self, leaf: Leaf, day: int, hour: int | None, value: int) -> numbers.Figures:
        whole = leaf_figures(leaf, day, self.epoch, hour, self.merge_repeated)
        if value >= 0 and self.values:
            marks = self._marks(leaf)
            whole = numbers.part(whole, marks[value], marks[value + 1], marks[-1])
        return whole

    def _marks(self, leaf: Leaf) -> tuple[int, ...]:
        return value_marks(leaf.seed ^ sum(self.query.breakdowns[0].encode()), len(self.values))

    def _value(self, value: int) -> dict[str, str]:
        return dict(zip(self.query.breakdowns, self.values[value], strict=True)) if self.values else {}

    def _place(self, group: Group, slot: Slot) -> dict[str, str]:
        place = dict(zip(self.query.id_dimensions, group.ids, strict=True))
        return {**place, self.query.time_dimension: slot.label} if self.query.time_dimension else place

    def _values(self) -> list[tuple[str, ...]]:
        breakdowns = self.query.breakdowns
        if "search_keyword" in breakdowns and len(breakdowns) == 2:
            words = values_of("search_keyword", self.advertiser)
            pairs = [(word, ("BROAD", "PHRASE", "EXACT")[n % 3]) for n, word in enumerate(words)]
            return [pair if breakdowns[0] == "search_keyword" else pair[::-1] for pair in pairs]
        return list(product(*(values_of(name, self.advertiser) for name in breakdowns))) if breakdowns else []

    def _slots(self) -> list[Slot]:
        start, end = self.query.start, min(self.query.end, self.today)
        if self.query.time_dimension == "stat_time_day":
            last = end - (end == self.today and self._passed(end) == 0)
            return [Slot(_label(day, 0), range(day, day + 1)) for day in range(start, last + 1)]
        if self.query.time_dimension == "stat_time_hour":
            return [slot for day in range(start, end + 1) for slot in self._hour_slots(day)]
        return [Slot("", range(start, end + 1))]

    def _hour_slots(self, day: int) -> Iterable[Slot]:
        passed, hours = self._passed(day), numbers.hours_of(self.advertiser.zone, day)
        for position, (label, _, again) in enumerate(hours if self.grid else hours[:passed]):
            if not (again and self.merge_repeated):
                yield Slot(_label(day, label), range(day, day + 1), position, ahead=position >= passed)

    def _passed(self, day: int) -> int:
        return numbers.hours_passed(self.advertiser.zone, day, self.epoch)

    def _keys(self) -> Iterable[Key]:
        for g, group in enumerate(self.groups):
            for s, slot in enumerate(self.slots):
                running = [leaf for leaf in group.leaves if any(map(leaf.runs, slot.days))]
                if running:
                    yield from ((g, s, v) for v in self._occurring(running))
                elif not self.values and self.zero_rows and self._shows_zeros(group, slot):
                    yield g, s, -1

    def _occurring(self, leaves: list[Leaf]) -> Iterable[int]:
        if not self.values:
            return (-1,)
        marks = [self._marks(leaf) for leaf in leaves]
        return [
            v for v, value in enumerate(self.values) if value[0] != WITHHELD and any(m[v + 1] > m[v] for m in marks)
        ]

    def _shows_zeros(self, group: Group, slot: Slot) -> bool:
        if self.query.time_dimension == "stat_time_day":
            return any(leaf.idles(day) for leaf in group.leaves for day in slot.days)
        return not self.query.time_dimension and group.entity is not None and group.entity.seed % 3 == 0

    def _ordered(self, keys: Iterable[Key]) -> Iterable[Key]:
        if not self.query.order_field:
            return keys
        seen: dict[int, dict[str, str]] = {}
        return sorted(keys, key=self._sorting(seen), reverse=not self.query.ascending)

    def _sorting(self, seen: dict[int, dict[str, str]]) -> Callable[[Key], float]:
        only = writer((self.query.order_field,), self.advertiser.decimals)

        def value(key: Key) -> float:
            text = only(self.figures(key), attributes(self.advertiser, self.groups[key[0]].entity, self.epoch))
            number = text[self.query.order_field]
            return -1.0 if number == "-" else float(number)

        return value


class CenterRowset:
    """All rows of a report about a Business Center: those of its accounts, one account after the other."""

    cut = False

    def __init__(self, query: ReportQuery, world: World, epoch: int, switches: Switches) -> None:
        """Lay out the rows of every account."""
        self.query = query
        center = next(center for center in business_centers(world) if center.bc_id == query.advertiser_id)
        ids = [account.advertiser_id for account in members(world, center)]
        self.parts = [Rowset(replace(query, advertiser_id=id), world, epoch, switches) for id in ids]

    def __len__(self) -> int:
        """How many rows there are."""
        return sum(map(len, self.parts))

    def keys(self, start: int = 0, stop: int | None = None) -> list[Key]:
        """The places of the rows between two positions: which account, which of its rows."""
        return [(n, row, -1) for n, part in enumerate(self.parts) for row in range(len(part))][start:stop]

    def rows(self, start: int = 0, stop: int | None = None) -> list[dict[str, dict[str, Any]]]:
        """The rows between two positions, rendered."""
        return [self.row(key, {}) for key in self.keys(start, stop)]

    def row(self, key: Key, seen: dict[int, dict[str, str]]) -> dict[str, dict[str, str]]:
        """One row."""
        part = self.parts[key[0]]
        return part.row(part.keys(key[1], key[1] + 1)[0], seen)


def rowset(query: ReportQuery, world: World, epoch: int, switches: Switches) -> Rowset | CenterRowset:
    """All rows of a report at one instant."""
    return (CenterRowset if query.report_type == "BC" else Rowset)(query, world, epoch, switches)


def leaf_figures(
    leaf: Leaf, day: int, epoch: int, hour: int | None = None, merge_repeated: bool = False
) -> numbers.Figures:
    """The figures of an ad on a day, or one of its hours, as they are known at `epoch`."""
    advertiser = leaf.ad.advertiser
    today = advertiser.today(epoch)
    whole = numbers.figures(leaf.seed, leaf.family, day, today - day)
    if hour is None and day != today:
        return whole
    marks = numbers.hour_marks(advertiser.zone, day, leaf.seed)
    if hour is None:
        return numbers.part(whole, 0, marks[numbers.hours_passed(advertiser.zone, day, epoch)], marks[-1])
    hours = numbers.hours_of(advertiser.zone, day)
    last = hour + 1 + (merge_repeated and hour + 1 < len(hours) and hours[hour + 1][2])
    return numbers.part(whole, marks[hour], marks[last], marks[-1])


def _label(day: int, hour: int) -> str:
    return f"{date.fromordinal(day).isoformat()} {hour:02d}:00:00"


def _veiled(metrics: dict[str, Any]) -> dict[str, Any]:
    """TikTok hides small impression counts of search reports behind "<5"."""
    small = "impressions" in metrics and int(metrics["impressions"]) % 4 == 0
    return {**metrics, "impressions": "<5"} if small else metrics


def groups(
    query: ReportQuery, world: World, advertiser: Advertiser, epoch: int, limit: int | None
) -> tuple[list[Group], bool]:
    """The objects a report speaks about, newest first, and whether the newest-ads cut left some out."""
    leaves = _subjects(query, world, advertiser, epoch)
    cut = limit is not None and query.data_level in LEVEL_KIND and len(leaves) > limit
    leaves = leaves[:limit] if cut else leaves
    by_id: dict[tuple[str, ...], list[Leaf]] = {}
    for leaf in leaves:
        by_id.setdefault(tuple(_id(leaf.ad, name) for name in query.id_dimensions), []).append(leaf)
    if query.kind is None:
        ids = tuple(advertiser.advertiser_id for _ in query.id_dimensions)
        return [Group(ids, None, tuple(leaves))], cut
    return [Group(ids, _ancestor(found[0].ad, query.kind), tuple(found)) for ids, found in by_id.items()], cut


def _subjects(query: ReportQuery, world: World, advertiser: Advertiser, epoch: int) -> list[Leaf]:
    """The ads that a report adds up."""
    if query.report_type in ("TT_SHOP", "GMV_MAX"):
        leaves = shop_leaves(world, advertiser, epoch, query.store_id)
        leaves = [leaf for leaf in leaves if _promoted(leaf.ad, query)]
        return leaves if query.report_type == "TT_SHOP" else [leaf for leaf in leaves if _alive(leaf.ad, query, epoch)]
    leaves = world.leaves(advertiser, epoch)
    family = {"PLAYABLE_MATERIAL": "app", "CATALOG": "shop"}.get(query.report_type)
    leaves = [leaf for leaf in leaves if family in (None, leaf.family)]
    leaves = [leaf for leaf in leaves if _bought(leaf.ad, query) and _named(leaf.ad, query)]
    return [leaf for leaf in leaves if _alive(leaf.ad, query, epoch)]


def _promoted(ad: Entity, query: ReportQuery) -> bool:
    """Whether a post or room fits a GMV Max report: rooms are of LIVE campaigns, products and posts of the others."""
    live = ad.flavour == LIVE
    wrong = ("item_group_id", "item_id") if live else ("room_id",)
    if any(name in query.dimensions for name in wrong):
        return False
    if query.promotion_types and ad.flavour not in query.promotion_types:
        return False
    return all(_id(ad, name) in wanted for name, wanted in query.ids)


def _ancestor(ad: Entity, kind: str) -> Entity:
    return next(ancestor for ancestor in ad.lineage if ancestor.kind == kind)


def _id(ad: Entity, dimension: str) -> str:
    """What an ID dimension says of an ad."""
    if dimension == "advertiser_id":
        return ad.advertiser.advertiser_id
    if dimension == "ad_id_v2":
        return str(ad_id_v2(ad))
    entity = _ancestor(ad, ID_KINDS[dimension])
    return playable_id(entity) if dimension == "playable_id" else entity.id


def _bought(ad: Entity, query: ReportQuery) -> bool:
    everything = query.data_level in ("", "AUCTION_ADVERTISER") and not (query.buying_types or query.origins)
    if everything:
        return True
    origin = "PROMOTE" if ad.flavour == "PROMOTE" else "TT_ADS_PLATFORM"
    buying = ad.flavour if ad.flavour.startswith("RESERVATION") else "AUCTION"
    return origin in (query.origins or ("TT_ADS_PLATFORM",)) and buying in (query.buying_types or BUYING_TYPES)


def _named(ad: Entity, query: ReportQuery) -> bool:
    automation = {"SMART_PLUS": "SMART_PLUS", "UPGRADED_SMART_PLUS": "UPGRADED_SMART_PLUS"}.get(ad.flavour, "MANUAL")
    if query.automation_types and automation not in query.automation_types:
        return False
    if not query.ids:
        return True
    names = {f"{ancestor.kind}_id": ancestor.id for ancestor in ad.lineage} | {"ad_id_v2": str(ad_id_v2(ad))}
    return all(names[field] in wanted for field, wanted in query.ids)


def _alive(ad: Entity, query: ReportQuery, epoch: int) -> bool:
    """Each level hides its own deleted objects but counts every ad of the living ones; the account hides nothing."""
    wanted = dict(query.statuses)
    kind = LEVEL_KIND.get(query.data_level)
    if kind is not None:
        wanted.setdefault(kind, ("STATUS_NOT_DELETE",))
    for ancestor in ad.lineage if wanted else ():
        statuses = wanted.get(ancestor.kind)
        if statuses and not any(has_status(ancestor, status, epoch) for status in statuses):
            return False
    return True


def truth_report(
    world: World,
    advertiser_id: str,
    data_level: str,
    dimensions: Iterable[str],
    metrics: Iterable[str],
    start: date | None,
    end: date | None,
    *,
    clock: datetime,
    report_type: str = "BASIC",
    include_deleted: bool = True,
    switches: Switches | None = None,
    **more: Any,
) -> list[dict[str, dict[str, Any]]]:
    """Every row a complete read of this report must yield at `clock`; without dates the lifetime report."""
    kind = LEVEL_KIND.get(data_level)
    statuses = ((kind, ("STATUS_ALL",)),) if kind and include_deleted else ()
    first, last = lifetime_days(world) if start is None or end is None else (start.toordinal(), end.toordinal())
    asked = (advertiser_id, report_type, data_level, tuple(dimensions), tuple(metrics), first, last)
    query = ReportQuery(*asked, statuses=statuses, **more)
    uncut = Switches(**{**(switches or Switches()).positions(), "object_cut": None})
    return rowset(query, world, int(clock.timestamp()), uncut).rows()


def lifetime_days(world: World) -> tuple[int, int]:
    """The first and the last local day a lifetime report could speak about."""
    return world.history_start.toordinal() - 1, date.max.toordinal() - 1
