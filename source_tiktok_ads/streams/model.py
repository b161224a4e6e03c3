"""The kinds of streams: frozen rows from which request, key, cursor, window and schema are derived."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from source_tiktok_ads.streams import fields
from source_tiktok_ads.streams.listing import ADVERTISER_ID, Listing
from source_tiktok_ads.streams.parameters import Params
from source_tiktok_ads.streams.shapes import DATE, ID, LOCAL_TIME, TEXT, TEXTS, Shape

BC_ID = ID("Id of the Business Center that the ad account belongs to.")
CURRENCY = TEXT("Currency of the ad account (ISO 4217); all money of the row is in it.")
PERIOD: Mapping[str, Shape] = {
    "period_start": DATE("First day of the month that the figures cover, in the ad account's own time zone."),
    "period_end": DATE("Last day that the figures cover: the month's last, or the day of reading while it still runs."),
}


@dataclass(frozen=True)
class Level:
    """A level of an account's structure, such as campaigns or ads."""

    name: str
    data_level: str
    """TikTok's name of the level in reports."""
    id: str
    """The column with the id of an object of the level."""
    parents: tuple[str, ...] = ()
    status_filter: str | None = None
    """The filter that adds deleted objects to a report."""
    path: str = ""
    """The endpoint that lists the level's objects."""
    listed_by: str = ""
    """The column that identifies the rows of that list, if an object has several rows."""
    lists: tuple[str, ...] = ()
    """Metrics for which TikTok also returns the values of all creatives of an object, as `<metric>_list`."""

    @property
    def ids_filter(self) -> str:
        """The filter that limits a report to some objects of the level."""
        return self.id.replace("_id", "_ids", 1)


# TikTok: the status filter that shows deleted objects is named after the level; the advertiser level takes none.
ADVERTISER = Level("advertiser", "AUCTION_ADVERTISER", "advertiser_id")
CAMPAIGN = Level("campaign", "AUCTION_CAMPAIGN", "campaign_id", (), "campaign_status", "campaign/get")
ADGROUP = Level("adgroup", "AUCTION_ADGROUP", "adgroup_id", ("campaign_id",), "adgroup_status", "adgroup/get")
AD = Level("ad", "AUCTION_AD", "ad_id", ("campaign_id", "adgroup_id"), "ad_status", "ad/get")
# TikTok: ad_id identifies the creatives of an Upgraded Smart+ campaign, ad_id_v2 its ads. For other campaigns both are
# the same. An upgraded Smart+ ad has several texts, pages and calls to action, which also come as lists.
AD_V2 = Level(
    *("ad_v2", "AUCTION_AD", "ad_id_v2", ("campaign_id", "adgroup_id"), "ad_status", "ad/get"),
    listed_by="ad_id",
    lists=("ad_text", "call_to_action", "ad_profile_image", "ad_url", "image_mode", "profile_image"),
)
# TikTok: reports on playables have no data_level.
PLAYABLE = Level("playable", "", "playable_id")
# TikTok: reports on Business Centers have none either; their rows are the ad accounts of each center.
MEMBER = Level("advertiser", "", "advertiser_id")

BASIC, AUDIENCE, BC, TT_SHOP, CATALOG = "BASIC", "AUDIENCE", "BC", "TT_SHOP", "CATALOG"
"""TikTok's types of reports: with all metrics; by audience; on the ad accounts of Business Centers; on the spend of GMV
Max ads of shops; on the products that ads have shown."""


@dataclass(frozen=True)
class Grain:
    """The time grain of a report."""

    suffix: str
    """The end of stream names with this grain."""
    cursor: str
    """The time column; empty if there is none."""
    dimension: str
    """The dimension that TikTok groups by; empty if there is none."""
    days: int
    """The most days TikTok accepts in one request."""


# TikTok: one request spans 30 days with stat_time_day, both ends included, 1 day with stat_time_hour, and 365 with
# neither; or all time.
DAY = Grain("", "stat_time_day", "stat_time_day", 30)
HOUR = Grain("_hourly", "stat_time_hour", "stat_time_hour", 1)
MONTH = Grain("_monthly", "period_start", "", 365)
LIFETIME = Grain("_lifetime", "", "", 0)


@dataclass(frozen=True)
class Filter:
    """A condition on the objects of a report, with TikTok's names for the field and the comparison."""

    field_name: str
    values: tuple[str, ...]
    filter_type: str = "IN"


@dataclass(frozen=True)
class HiddenCampaigns:
    """A type of campaigns that TikTok omits from lists and reports unless a filter names it."""

    name: str
    listed: Params
    reported: Filter
    adgroups_a_page: int = 1000


# TikTok: TopView cannot be combined with other buying types in a filter, and its ad groups come in small pages.
TOP_VIEW = HiddenCampaigns(
    "TopView",
    {"buying_types": ["RESERVATION_TOP_VIEW"]},
    Filter("buying_type", ("RESERVATION_TOP_VIEW",)),
    adgroups_a_page=100,
)
# TikTok: campaigns that were boosted in its app are hidden unless a filter names their origin.
PROMOTE = HiddenCampaigns(
    "Promote",
    {"campaign_system_origins": ["PROMOTE"]},
    Filter("campaign_system_origins", ("PROMOTE",)),
)
HIDDEN_CAMPAIGNS = (TOP_VIEW, PROMOTE)
# TikTok: sources disagree on the default buying types of lists of campaigns, ad groups and ads: AUCTION alone, or also
# RESERVATION_RF (Reach & Frequency). The filter names both, which no source forbids.
BUYING_TYPES: Params = {"buying_types": ["AUCTION", "RESERVATION_RF"]}

# TikTok: lists of campaigns can be filtered by the type of automation, lists of ads cannot.
SMART_PLUS = HiddenCampaigns(
    "upgraded Smart+",
    {"campaign_automation_type": "UPGRADED_SMART_PLUS"},
    Filter("campaign_automation_type", ("UPGRADED_SMART_PLUS",)),
)
"""Campaigns that the ordinary lists have as well. They are listed separately to find their ads."""


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
    """The parameter and column with the owner of the report."""
    path = "report/integrated/get"
    page_size = 1000
    """The most rows of one page."""

    @property
    def cursor(self) -> str:
        """The time column of the stream; empty if every row covers all time."""
        return self.grain.cursor

    @property
    def incremental(self) -> bool:
        """Whether a sync can continue where the last one ended."""
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
        """The dimensions that rows may have under other names, and these names, the most likely first."""
        # TikTok: a request for interest_category is answered with interest_category_v2.
        names = {name: fields.DIMENSIONS[name].answered_as for name in self.dimensions}
        return {name: others for name, others in names.items() if others}

    @property
    def most_ids(self) -> int:
        """How many objects one request may cover; 0 means any number."""
        # TikTok: requests by interest are blocked if they cover more objects; fewer for more detailed interests.
        return min((most for name in self.by if (most := fields.DIMENSIONS[name].most_ids)), default=0)

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that identify a row: the owner, the object with its parents, the time, the breakdown."""
        ids = dict.fromkeys((self.owner, *self.level.parents, self.level.id))
        return tuple(filter(None, (*ids, self.cursor, *self.by)))

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The requested metrics, with the ids of the parents, which TikTok returns as metrics."""
        if self.chosen:
            return tuple(dict.fromkeys((*self.level.parents, *self.chosen)))
        return fields.standard_metrics(
            self.report_type, self.level.data_level, self.by, self.grain.dimension, self.groups
        )

    def with_groups(self, groups: Sequence[str]) -> Report:
        """The report with the standard metrics and all metrics of these groups that TikTok accepts in it."""
        return replace(self, groups=tuple(groups))

    @property
    def has_totals(self) -> bool:
        """Whether TikTok returns totals with the first page of a request."""
        # TikTok: totals come with one id dimension, and stat_time_day or none, in BASIC reports.
        return self.report_type == BASIC and not self.by and self.grain is not HOUR

    @property
    def takes_filters(self) -> bool:
        """Whether the report can be limited to some objects."""
        # TikTok: the report on GMV Max ads' spend takes no filter, those on Business Centers none by status or id.
        return self.report_type not in (BC, TT_SHOP)

    def hides(self, special: HiddenCampaigns) -> bool:
        """Whether the report omits these campaigns unless a filter names them."""
        # TikTok: an account's own report includes all that the account has spent.
        below = self.level.path and self.report_type in (BASIC, AUDIENCE)
        return bool(below) and special.reported.field_name not in {condition.field_name for condition in self.filters}

    @cached_property
    def additive(self) -> tuple[str, ...]:
        """The metrics whose rows add up to a total."""
        return tuple(name for name in self.metrics if fields.METRICS[name].additive)

    @cached_property
    def metric_columns(self) -> Mapping[str, Shape]:
        """The shapes of the metrics, and of the lists that accompany some of them."""
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
        """The shapes of the dimensions, without an id that is stamped on every row."""
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
        """The parameters for one owner (usually an account) and one window, including both days.

        `only` limits the request to some objects. A report on all time has no days.
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
        # TikTok: reports omit deleted objects unless the filter asks for every status. If the report has its own filter
        # by status, that is used instead.
        chosen = {condition.field_name for condition in self.filters}
        status = self.level.status_filter if include_deleted else None
        every = [Filter(status, ("STATUS_ALL",))] if status and status not in chosen else []
        # A limit to some ids replaces the report's own filter with all ids.
        limited = {condition.field_name for condition in only}
        own = [condition for condition in self.filters if condition.field_name not in limited]
        return [_encode_filter(condition) for condition in (*own, *every, *only)]


@dataclass(frozen=True)
class CenterReport(Report):
    """A report of the level MEMBER, read for each Business Center of the access token.

    The currency is a metric, because the rows are about many accounts.
    """

    report_type: str = BC
    optional: bool = True

    owner = "bc_id"

    @property
    def days(self) -> int:
        """The most days of one request."""
        # TikTok: these reports accept 365 days, even for daily rows.
        return MONTH.days

    @property
    def stamped(self) -> Mapping[str, Shape]:
        """The columns that every row gets because TikTok's rows lack them."""
        return {"bc_id": BC_ID}


def _encode_filter(condition: Filter) -> Mapping[str, str]:
    # TikTok: the value of a report's filter is itself JSON in a text.
    value = json.dumps([*condition.values], separators=(",", ":"))
    return {"field_name": condition.field_name, "filter_type": condition.filter_type, "filter_value": value}


@dataclass(frozen=True)
class Entity:
    """A list of an account's objects of which every version is kept.

    `since` names TikTok's filter for objects that were modified after a moment, if there is one.
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
        """The columns that identify a version of an object."""
        return ("advertiser_id", *self.ids, self.cursor)


@dataclass(frozen=True)
class Accounts:
    """The ad accounts, read whole in every sync from the facts that it needs in any case."""

    name: str
    columns: Mapping[str, Shape]

    path = "advertiser/info"
    page_size = 100
    """The most accounts in one answer."""

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
"""A stream with more columns has no descriptions in its schema, because platforms limit the size of a catalog."""


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
