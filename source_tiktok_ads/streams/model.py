"""The kinds of streams: frozen rows from which request, key, cursor, window and schema are derived."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from source_tiktok_ads.streams import fields
from source_tiktok_ads.streams.listing import Listing
from source_tiktok_ads.streams.shapes import DATE, ID, LOCAL_TIME, TEXT, TEXTS, Shape

Params = dict[str, Any]
"""Query parameters of one request; lists and objects are turned into JSON text by the client."""

ADVERTISER_ID = ID("Id of the ad account the row belongs to.")
BC_ID = ID("Id of the Business Center that the ad account belongs to.")
CURRENCY = TEXT("Currency of the ad account (ISO 4217); all money of the row is in it.")
PERIOD: Mapping[str, Shape] = {
    "period_start": DATE("First day of the month that the figures cover, in the ad account's own time zone."),
    "period_end": DATE("Last day that the figures cover: the month's last, or the day of reading while it still runs."),
}


@dataclass(frozen=True)
class Level:
    """A level of the account's structure: how reports are asked for it and how its rows are distinguished.

    `path` is the endpoint that lists the level's objects; `listed_by` is what tells the rows of that list apart, where
    an object has several. `lists` are metrics beside which rows of the level hold, unasked, the values of all creatives
    of an object, under the metric's name with `_list`.
    """

    name: str
    data_level: str
    id: str
    parents: tuple[str, ...] = ()
    status_filter: str | None = None
    path: str = ""
    listed_by: str = ""
    lists: tuple[str, ...] = ()

    @property
    def ids_filter(self) -> str:
        """The filter that limits a report to some of the level's objects."""
        return self.id.replace("_id", "_ids", 1)


# TikTok: the status filter that shows deleted objects is named after the level; the advertiser level takes none.
ADVERTISER = Level("advertiser", "AUCTION_ADVERTISER", "advertiser_id")
CAMPAIGN = Level("campaign", "AUCTION_CAMPAIGN", "campaign_id", (), "campaign_status", "campaign/get")
ADGROUP = Level("adgroup", "AUCTION_ADGROUP", "adgroup_id", ("campaign_id",), "adgroup_status", "adgroup/get")
AD = Level("ad", "AUCTION_AD", "ad_id", ("campaign_id", "adgroup_id"), "ad_status", "ad/get")
# TikTok: ad_id tells the creatives of an Upgraded Smart+ campaign apart, ad_id_v2 its ads; others are the same in both.
# An upgraded Smart+ ad has several texts, pages and calls to action; they come as lists beside what is asked for.
AD_V2 = Level(
    *("ad_v2", "AUCTION_AD", "ad_id_v2", ("campaign_id", "adgroup_id"), "ad_status", "ad/get"),
    listed_by="ad_id",
    lists=("ad_text", "call_to_action", "ad_profile_image", "ad_url", "image_mode", "profile_image"),
)
# TikTok: reports on playables have no data_level.
PLAYABLE = Level("playable", "", "playable_id")
# TikTok: nor have reports on Business Centers, whose rows are the ad accounts of each.
MEMBER = Level("advertiser", "", "advertiser_id")

BASIC, AUDIENCE, BC, TT_SHOP, CATALOG = "BASIC", "AUDIENCE", "BC", "TT_SHOP", "CATALOG"
"""TikTok's names for families of reports: all metrics; by what is known of the people; the ad accounts of Business
Centers; spend on a shop's GMV Max; the products that ads have shown."""


@dataclass(frozen=True)
class Grain:
    """What the rows of a report are divided by in time, and the most days TikTok gives in one request.

    `cursor` is the column that tells the times apart, `dimension` what TikTok is asked to group by; empty where there
    is none.
    """

    suffix: str
    cursor: str
    dimension: str
    days: int


# TikTok: one request spans 30 days with stat_time_day, both ends included, 1 day with stat_time_hour, and 365 with
# neither; or all time.
DAY = Grain("", "stat_time_day", "stat_time_day", 30)
HOUR = Grain("_hourly", "stat_time_hour", "stat_time_hour", 1)
MONTH = Grain("_monthly", "period_start", "", 365)
LIFETIME = Grain("_lifetime", "", "", 0)


@dataclass(frozen=True)
class Filter:
    """A condition on the objects of a report, in TikTok's words for the field and for the comparison."""

    field_name: str
    values: tuple[str, ...]
    filter_type: str = "IN"


@dataclass(frozen=True)
class HiddenCampaigns:
    """Campaigns that TikTok omits, from lists and from reports, unless a filter names them."""

    name: str
    listed: Params
    reported: Filter
    adgroups_a_page: int = 1000


# TikTok: TopView may stand beside no other way of buying, and its ad groups come in small pages.
TOP_VIEW = HiddenCampaigns(
    "TopView",
    {"buying_types": ["RESERVATION_TOP_VIEW"]},
    Filter("buying_type", ("RESERVATION_TOP_VIEW",)),
    adgroups_a_page=100,
)
# TikTok: what is boosted in its app is hidden unless its origin is asked for.
PROMOTE = HiddenCampaigns(
    "Promote",
    {"campaign_system_origins": ["PROMOTE"]},
    Filter("campaign_system_origins", ("PROMOTE",)),
)
HIDDEN_CAMPAIGNS = (TOP_VIEW, PROMOTE)
# TikTok: sources disagree on what lists of campaigns, ad groups and ads give unasked, AUCTION alone or RESERVATION_RF
# (Reach & Frequency) too; both are named, which no source forbids.
BUYING_TYPES: Params = {"buying_types": ["AUCTION", "RESERVATION_RF"]}

# TikTok: lists of campaigns can be filtered by how far a campaign is automated, lists of ads cannot.
SMART_PLUS = HiddenCampaigns(
    "upgraded Smart+",
    {"campaign_automation_type": "UPGRADED_SMART_PLUS"},
    Filter("campaign_automation_type", ("UPGRADED_SMART_PLUS",)),
)
"""Campaigns that the usual lists hold, too, found by themselves for the sake of their ads."""


@dataclass(frozen=True)
class Report:
    """A report stream of `report/integrated/get`: one row per object, time and breakdown value.

    `absent` names published columns that TikTok no longer fills: declared, always null. `optional` tells that TikTok
    may refuse the whole report. `chosen` metrics stand in place of the standard ones, which `groups` of metrics widen.
    """

    name: str
    level: Level
    grain: Grain
    by: tuple[str, ...] = ()
    report_type: str = BASIC
    absent: tuple[str, ...] = ()
    optional: bool = False
    groups: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()

    owner = "advertiser_id"
    """The parameter, and the column, that tells whose the report is."""
    path = "report/integrated/get"
    page_size = 1000
    """The largest page TikTok gives, in rows."""

    @property
    def cursor(self) -> str:
        """The column that orders the stream in time, empty where every row covers all time."""
        return self.grain.cursor

    @property
    def incremental(self) -> bool:
        """Whether a sync can go on where the last one ended."""
        return bool(self.cursor)

    @property
    def days(self) -> int:
        """The most days of one request."""
        return self.grain.days

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What TikTok groups the rows by."""
        return tuple(filter(None, (self.level.id, *self.by, self.grain.dimension)))

    @property
    def answered_as(self) -> Mapping[str, tuple[str, ...]]:
        """The dimensions that rows may hold under other names, and these names, the likeliest first."""
        # TikTok: rows hold interest_category_v2 where interest_category is asked for.
        names = {name: fields.DIMENSIONS[name].answered_as for name in self.dimensions}
        return {name: others for name, others in names.items() if others}

    @property
    def most_ids(self) -> int:
        """How many objects one request may be about, 0 for any number."""
        # TikTok: requests by interest that are about more objects are blocked, the fewer the finer the interest.
        return min((most for name in self.by if (most := fields.DIMENSIONS[name].most_ids)), default=0)

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell rows apart: whose they are, the object with its parents, time, breakdown."""
        ids = dict.fromkeys((self.owner, *self.level.parents, self.level.id))
        return tuple(filter(None, (*ids, self.cursor, *self.by)))

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics asked for, with the ids of the parents, which TikTok gives as metrics."""
        if self.chosen:
            return tuple(dict.fromkeys((*self.level.parents, *self.chosen)))
        return fields.standard_metrics(
            self.report_type, self.level.data_level, self.by, self.grain.dimension, self.groups
        )

    def with_groups(self, groups: Sequence[str]) -> Report:
        """The report with all metrics of these groups that TikTok takes in it, besides the standard ones."""
        return replace(self, groups=tuple(groups))

    @property
    def has_totals(self) -> bool:
        """Whether TikTok gives the totals of a request's rows on its first page."""
        # TikTok: totals come with one id dimension, and stat_time_day or none, in BASIC reports.
        return self.report_type == BASIC and not self.by and self.grain is not HOUR

    @property
    def takes_filters(self) -> bool:
        """Whether the report can be limited to some objects."""
        # TikTok: the report on GMV Max ads' spend takes no filter, those on Business Centers none by status or id.
        return self.report_type not in (BC, TT_SHOP)

    def hides(self, special: HiddenCampaigns) -> bool:
        """Whether the report leaves out these campaigns as long as they are not asked for by themselves."""
        # TikTok: an account's own report includes all that the account has spent.
        below = self.level.path and self.report_type in (BASIC, AUDIENCE)
        return bool(below) and special.reported.field_name not in {condition.field_name for condition in self.filters}

    @cached_property
    def additive(self) -> tuple[str, ...]:
        """The metrics whose rows add up to a total."""
        return tuple(name for name in self.metrics if fields.METRICS[name].additive)

    @cached_property
    def metric_columns(self) -> Mapping[str, Shape]:
        """The shapes of the metrics, and of the lists that come beside some of them."""
        lists = () if self.chosen else [name for name in self.level.lists if name in self.metrics]
        return {
            **{name: fields.METRICS[name].shape for name in self.metrics},
            **{f"{name}_list": TEXTS(f"{name} of each creative of an upgraded Smart+ ad.") for name in lists},
        }

    @property
    def stamped(self) -> Mapping[str, Shape]:
        """The columns that every row gets because TikTok's rows lack them."""
        return {"advertiser_id": ADVERTISER_ID, "currency": CURRENCY}

    @cached_property
    def dimension_columns(self) -> Mapping[str, Shape]:
        """The shapes of the dimensions, but for an id that every row is stamped with."""
        return {
            name: LOCAL_TIME(fields.DIMENSIONS[name].meaning)
            if name == self.grain.dimension
            else TEXT(fields.DIMENSIONS[name].meaning)
            for name in self.dimensions
            if name not in self.stamped
        }

    @cached_property
    def columns(self) -> Mapping[str, Shape]:
        """Every column of a record."""
        period = PERIOD if self.grain is MONTH else {}
        absent = {name: fields.ABSENT[name] for name in self.absent}
        return {**self.stamped, **self.dimension_columns, **period, **self.metric_columns, **absent}

    def params(
        self,
        id: str,
        start: date,
        end: date,
        include_deleted: bool,
        only: Sequence[Filter] = (),
    ) -> Params:
        """The request for one owner, mostly an account, and one window, both days included.

        `only` limits it to some objects. A report on all time names no days.
        """
        days = {"start_date": start.isoformat(), "end_date": end.isoformat()}
        params: Params = {
            self.owner: id,
            # TikTok: reports on Business Centers do not take it; AUCTION is what comes without it.
            "service_type": "" if self.report_type == BC else "AUCTION",
            "report_type": self.report_type,
            "data_level": self.level.data_level,
            "dimensions": list(self.dimensions),
            "metrics": list(self.metrics),
            **({"query_lifetime": True} if self.grain is LIFETIME else days),
        }
        if filtering := self._filtering(include_deleted, only):
            params["filtering"] = filtering
        return {name: value for name, value in params.items() if value != ""}

    def _filtering(self, include_deleted: bool, only: Sequence[Filter]) -> list[Mapping[str, str]]:
        if not self.takes_filters:
            return []
        # TikTok: deleted objects are left out of reports unless every status is asked for.
        # A report's own choice of status stands in place of every status.
        chosen = {condition.field_name for condition in self.filters}
        status = self.level.status_filter if include_deleted else None
        every = [Filter(status, ("STATUS_ALL",))] if status and status not in chosen else []
        # Some of the ids that a report is limited to stand in place of all of them.
        limited = {condition.field_name for condition in only}
        own = [condition for condition in self.filters if condition.field_name not in limited]
        return [_on_the_wire(condition) for condition in (*own, *every, *only)]


@dataclass(frozen=True)
class CenterReport(Report):
    """A report of the level MEMBER, read for each Business Center of the access token.

    The currency is a metric, for the figures of many accounts come together.
    """

    report_type: str = BC
    optional: bool = True

    owner = "bc_id"

    @property
    def days(self) -> int:
        """The most days of one request."""
        # TikTok: it takes 365 days here even where the rows are by day.
        return MONTH.days

    @property
    def stamped(self) -> Mapping[str, Shape]:
        """The columns that every row gets because TikTok's rows lack them."""
        return {"bc_id": BC_ID}


def _on_the_wire(condition: Filter) -> Mapping[str, str]:
    # TikTok: the value of a report's filter is itself JSON in a text.
    value = json.dumps([*condition.values], separators=(",", ":"))
    return {"field_name": condition.field_name, "filter_type": condition.filter_type, "filter_value": value}


@dataclass(frozen=True)
class Entity:
    """A list of an account's objects, of which every change is wanted.

    `since` names the server-side filter for what was modified after a moment, where TikTok has one.
    """

    name: str
    path: str
    ids: tuple[str, ...]
    columns: Mapping[str, Shape]
    since: str | None = None

    cursor = "modify_time"
    incremental = True
    optional = False
    page_size = 1000
    """The largest page TikTok gives, in rows."""

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell every version of every object apart."""
        return ("advertiser_id", *self.ids, self.cursor)


@dataclass(frozen=True)
class Accounts:
    """The ad accounts themselves, read whole every time from the facts a sync needs anyway."""

    name: str
    columns: Mapping[str, Shape]

    path = "advertiser/info"
    page_size = 100
    """The most accounts in one answer of TikTok's."""

    key = ("advertiser_id", "create_time")
    cursor = "create_time"
    incremental = True
    optional = False


Stream = Report | Entity | Accounts | Listing
"""A row of the stream table."""


def key_of(stream: Stream, entity_versions: str) -> tuple[str, ...]:
    """The stream's key under the setting *Entity Versions*: `latest` keeps one row per entity."""
    if isinstance(stream, Entity) and entity_versions == "latest":
        return tuple(name for name in stream.key if name != stream.cursor)
    return stream.key


DESCRIBED_COLUMNS = 400
"""The most columns whose schema says what each means: platforms limit a catalog's size, and the docs say it too."""


def json_schema(stream: Stream) -> dict[str, Any]:
    """The JSON Schema of the stream's records; unknown new fields pass through."""
    properties = {name: shape.schema() for name, shape in stream.columns.items()}
    if len(properties) > DESCRIBED_COLUMNS:
        for schema in properties.values():
            schema.pop("description", None)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": True,
        "properties": properties,
    }
