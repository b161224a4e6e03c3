"""The kinds of streams: frozen rows from which request, key, cursor, window and schema are derived."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from source_tiktok_ads.streams import fields
from source_tiktok_ads.streams.shapes import ID, LOCAL_TIME, TEXT, Shape

Params = dict[str, Any]
"""Query parameters of one request; lists and objects are turned into JSON text by the client."""

ADVERTISER_ID = ID("Id of the ad account the row belongs to.")
CURRENCY = TEXT("Currency of the ad account (ISO 4217); all money of the row is in it.")


@dataclass(frozen=True)
class Level:
    """A level of the account's structure: how reports are asked for it and how its rows are told apart.

    `path` is the endpoint that lists the level's objects.
    """

    name: str
    data_level: str
    id: str
    parents: tuple[str, ...] = ()
    status_filter: str | None = None
    path: str = ""


# TikTok: the status filter that shows deleted objects is named after the level; the advertiser level takes none.
ADVERTISER = Level("advertiser", "AUCTION_ADVERTISER", "advertiser_id")
CAMPAIGN = Level("campaign", "AUCTION_CAMPAIGN", "campaign_id", (), "campaign_status", "campaign/get")
ADGROUP = Level("adgroup", "AUCTION_ADGROUP", "adgroup_id", ("campaign_id",), "adgroup_status", "adgroup/get")
AD = Level("ad", "AUCTION_AD", "ad_id", ("campaign_id", "adgroup_id"), "ad_status", "ad/get")


@dataclass(frozen=True)
class Grain:
    """The time dimension of a report and the most days TikTok gives in one request with it."""

    suffix: str
    dimension: str
    days: int


# TikTok: one request spans 30 days with stat_time_day, both ends included, and 1 day with stat_time_hour.
DAY = Grain("", "stat_time_day", 30)
HOUR = Grain("_hourly", "stat_time_hour", 1)


@dataclass(frozen=True)
class Report:
    """A report stream of `report/integrated/get`: one row per object, time and breakdown value.

    `absent` names published columns that TikTok no longer fills: declared, always null.
    """

    name: str
    level: Level
    grain: Grain
    by: tuple[str, ...] = ()
    audience: bool = False
    absent: tuple[str, ...] = ()

    path = "report/integrated/get"
    page_size = 1000
    """The largest page TikTok gives, in rows."""

    @property
    def report_type(self) -> str:
        """TikTok's name for the family of the report."""
        return "AUDIENCE" if self.audience else "BASIC"

    @property
    def cursor(self) -> str:
        """The column that orders the stream in time."""
        return self.grain.dimension

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What TikTok groups the rows by."""
        return (self.level.id, *self.by, self.grain.dimension)

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell rows apart: account, the object with its parents, time, breakdown."""
        ids = dict.fromkeys(("advertiser_id", *self.level.parents, self.level.id))
        return (*ids, self.grain.dimension, *self.by)

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics asked for: the standard set of the level, cut to what the breakdown allows."""
        return fields.standard_metrics(self.report_type, self.level.data_level, self.by)

    @property
    def has_totals(self) -> bool:
        """Whether TikTok gives the totals of a request's rows on its first page."""
        # TikTok: totals come with one id dimension and stat_time_day, in BASIC reports.
        return not self.audience and not self.by and self.grain is DAY

    @cached_property
    def additive(self) -> tuple[str, ...]:
        """The metrics whose rows add up to a total."""
        return tuple(name for name in self.metrics if fields.METRICS[name].additive)

    @cached_property
    def metric_columns(self) -> Mapping[str, Shape]:
        """The shapes of the metrics."""
        return {name: fields.METRICS[name].shape for name in self.metrics}

    @cached_property
    def dimension_columns(self) -> Mapping[str, Shape]:
        """The shapes of the dimensions, but for the account's id, which every row is stamped with."""
        return {
            name: LOCAL_TIME(fields.DIMENSIONS[name].meaning)
            if name == self.grain.dimension
            else TEXT(fields.DIMENSIONS[name].meaning)
            for name in self.dimensions
            if name != "advertiser_id"
        }

    @cached_property
    def columns(self) -> Mapping[str, Shape]:
        """Every column of a record."""
        stamped = {"advertiser_id": ADVERTISER_ID, "currency": CURRENCY}
        absent = {name: fields.ABSENT[name] for name in self.absent}
        return {**stamped, **self.dimension_columns, **self.metric_columns, **absent}

    def params(
        self,
        advertiser_id: str,
        start: date,
        end: date,
        include_deleted: bool,
        only: Mapping[str, Sequence[str]] | None = None,
    ) -> Params:
        """The request for one account and one window, both days included; `only` limits it to ids, by filter."""
        params: Params = {
            "advertiser_id": advertiser_id,
            "service_type": "AUCTION",
            "report_type": self.report_type,
            "data_level": self.level.data_level,
            "dimensions": list(self.dimensions),
            "metrics": list(self.metrics),
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
        }
        # TikTok: deleted objects are left out of reports unless every status is asked for.
        every = {self.level.status_filter: ["STATUS_ALL"]} if include_deleted and self.level.status_filter else {}
        if filters := {**every, **(only or {})}:
            params["filtering"] = [_filter(name, values) for name, values in filters.items()]
        return params


def _filter(name: str, values: Sequence[str]) -> Mapping[str, str]:
    # TikTok: the value of a report's filter is itself JSON in a text.
    return {"field_name": name, "filter_type": "IN", "filter_value": json.dumps([*values], separators=(",", ":"))}


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
    """The most accounts TikTok tells of in one answer."""

    key = ("advertiser_id", "create_time")
    cursor = "create_time"


Stream = Report | Entity | Accounts
"""A row of the stream table."""


def key_of(stream: Stream, entity_versions: str) -> tuple[str, ...]:
    """The stream's key under the setting *Entity versions*: `latest` keeps one row per entity."""
    if isinstance(stream, Entity) and entity_versions == "latest":
        return tuple(name for name in stream.key if name != stream.cursor)
    return stream.key


def json_schema(stream: Stream) -> dict[str, Any]:
    """The JSON Schema of the stream's records; unknown new fields pass through."""
    properties = {name: shape.schema() for name, shape in stream.columns.items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": True,
        "properties": properties,
    }
