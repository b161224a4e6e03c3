"""The records that a sync has to yield, worked out from the simulator's wire truth: a second opinion on every value."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from .grammar import Asked, report
from .reading import ENTITIES, Key, Record, Table, by_key, catalog
from .simulator import Simulator, truth_advertisers, truth_entities, truth_report
from .simulator.facts import METRICS, Metric
from .simulator.world import Advertiser

STAMPED = ("advertiser_id", "currency", "period_start", "period_end")
# Published, declared and never filled.
ABSENT = ("user_action", "video_download", "cost_per_100_reached")
# Columns under their published name -> the field that carries the value today.
RENAMED = {
    "audience": "audience_ids",
    "excluded_audience": "excluded_audience_ids",
    "location": "location_ids",
    "interest_category_v2": "interest_category_ids",
    "interest_keywords": "interest_keyword_ids",
    "device_models": "device_model_ids",
    "carriers_v2": "carrier_ids",
    "pangle_block_app_list_id": "blocked_pangle_app_ids",
    "pangle_audience_package_include": "included_pangle_audience_package_ids",
    "pangle_audience_package_exclude": "excluded_pangle_audience_package_ids",
    "catalog_authorized_bc": "catalog_authorized_bc_id",
    "is_comment_disable": "comment_disabled",
    "shopping_deeplink_type": "shopping_ads_deeplink_type",
    "ios_quota_type": "ios14_quota_type",
}
# Rows hold a dimension under another name than it was asked by.
ANSWERED = {"interest_category_v2": "interest_category"}
JSON_TEXTS = ("landing_page_urls", "sku_ids")
FLAGS = {"true": True, "false": False, "1": True, "0": False}


# What a report is asked by itself for, besides what it tells unasked.
HIDDEN_CAMPAIGNS: tuple[Mapping[str, Any], ...] = (
    {"buying_types": ("RESERVATION_TOP_VIEW",)},
    {"origins": ("PROMOTE",)},
)


def columns(stream: str) -> Mapping[str, dict[str, Any]]:
    """The schema of each column of a stream."""
    found: Mapping[str, dict[str, Any]] = catalog()[stream]["json_schema"]["properties"]
    return found


def metrics(stream: str) -> list[str]:
    """The columns of a report that TikTok is asked for as metrics."""
    others = {*STAMPED, *report(stream).dimensions, *ABSENT}
    return [name for name in columns(stream) if name not in others]


def attributes(stream: str) -> set[str]:
    """The columns of a report that show today's names and settings; ids belong to the row itself."""
    lists = {name for name in metrics(stream) if name not in METRICS}
    return lists | {name for name in metrics(stream) if name in METRICS and _describes(METRICS[name])}


def _describes(metric: Metric) -> bool:
    return metric.attribute and metric.unit != "id"


def kind_of(schema: Mapping[str, Any]) -> str:
    """The type a schema allows beside null; date-time for times."""
    types = [name for name in schema["type"] if name != "null"]
    return str(schema.get("format", types[0]))


def table(
    simulator: Simulator,
    stream: str,
    *,
    start: str = "2026-02-01",
    end: str | None = None,
    include_deleted: bool = True,
    entity_versions: str = "every",
    accounts: tuple[str, ...] | None = None,
    clock: datetime | None = None,
) -> Table:
    """Every record a stream holds at this instant, by key."""
    truth = Truth(simulator, clock or simulator.clock.now, include_deleted)
    ids = accounts or simulator.world.advertiser_ids
    if stream == "advertisers":
        found = [row for row in truth.advertisers() if row["advertiser_id"] in ids]
    elif stream in ENTITIES:
        found = [row for advertiser_id in ids for row in truth.entities(stream, advertiser_id)]
    else:
        found = [row for id in ids for row in truth.report(stream, id, date.fromisoformat(start), end)]
    return by_key(stream, found, entity_versions)


class Truth:
    """The simulator's world at an instant, written as records."""

    def __init__(self, simulator: Simulator, clock: datetime, include_deleted: bool) -> None:
        self.simulator, self.clock, self.include_deleted = simulator, clock, include_deleted

    def advertisers(self) -> list[Record]:
        """The accounts."""
        rows = truth_advertisers(self.simulator.world, clock=self.clock, switches=self.simulator.switches)
        shapes = columns("advertisers")
        return [
            {**present(row, shapes), "create_time": utc(datetime.fromtimestamp(row["create_time"], timezone.utc))}
            for row in rows
        ]

    def entities(self, stream: str, advertiser_id: str) -> list[Record]:
        """The campaigns, ad groups or ads of an account."""
        rows = truth_entities(
            self.simulator.world,
            stream.removesuffix("s"),
            advertiser_id,
            clock=self.clock,
            include_deleted=self.include_deleted,
            switches=self.simulator.switches,
            specials=not self.simulator.switches.sandbox,
        )
        gone = self._gone(stream, advertiser_id)
        return [self._entity(stream, {"advertiser_id": advertiser_id, **row}, gone) for row in rows]

    def report(self, stream: str, advertiser_id: str, start: date, end: str | None) -> list[Record]:
        """The rows of a report of an account, its own days from `start` to `end` or today."""
        kinds = {name: kind_of(columns(stream)[name]) for name in metrics(stream)}
        return self.figures(report(stream), kinds, advertiser_id, start, end)

    def figures(
        self,
        asked: Asked,
        kinds: Mapping[str, str],
        advertiser_id: str,
        start: date,
        end: str | None = None,
        **filters: Any,
    ) -> list[Record]:
        """The same for any report; `kinds` holds the type of each metric's column."""
        account = account_of(self.simulator, advertiser_id)
        today = self.clock.astimezone(account.zone).date()
        last = min(date.fromisoformat(end), today) if end else today
        stamp = {"advertiser_id": advertiser_id, "currency": account.currency}
        if asked.monthly:
            return [
                {**stamp, **_period(first, until), **row}
                for first, until in months(start, last, today)
                for row in self._rows(asked, kinds, advertiser_id, first, until, **filters)
            ]
        span = (start, last) if asked.time else (None, None)
        return [stamp | row for row in self._rows(asked, kinds, advertiser_id, *span, **filters)]

    def center_figures(
        self, asked: Asked, kinds: Mapping[str, str], bc_id: str, start: date, **filters: Any
    ) -> list[Record]:
        """The rows of a report on a Business Center, whose days end with UTC's."""
        today = self.clock.astimezone(timezone.utc).date()
        spans = months(start, today, today) if asked.monthly else [(start, today)]
        return [
            {"bc_id": bc_id, **(_period(first, last) if asked.monthly else {}), **row}
            for first, last in spans
            for row in self._rows(asked, kinds, bc_id, first, last, **filters)
        ]

    def _rows(
        self,
        asked: Asked,
        kinds: Mapping[str, str],
        advertiser_id: str,
        start: date | None,
        end: date | None,
        **filters: Any,
    ) -> list[Record]:
        rows = [
            row
            for special in ({}, *self._hidden(asked, filters))
            for row in truth_report(
                self.simulator.world,
                advertiser_id,
                asked.data_level,
                asked.dimensions,
                tuple(name for name in kinds if name in METRICS),
                start,
                end,
                clock=self.clock,
                report_type=asked.report_type,
                include_deleted=self.include_deleted and self._filtered(asked.report_type),
                switches=self.simulator.switches,
                **special,
                **filters,
            )
        ]
        found = [_report_row(row, kinds) for row in rows]
        return folded(asked, found) if asked.time == "stat_time_hour" else found

    def _hidden(self, asked: Asked, filters: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """What the report has to be asked for by itself; one that filters by the same means what it says."""
        below = asked.data_level not in ("", "AUCTION_ADVERTISER") and asked.report_type in ("BASIC", "AUDIENCE")
        hides = below and not self.simulator.switches.sandbox
        return [special for special in HIDDEN_CAMPAIGNS if hides and not {*special} & {*filters}]

    def _filtered(self, report_type: str) -> bool:
        return report_type == "BASIC" or self.simulator.switches.audience_status_filter

    def _gone(self, stream: str, advertiser_id: str) -> set[str]:
        """The ids of what is deleted, its own deletion or a parent's."""
        world, epoch = self.simulator.world, int(self.clock.timestamp())
        account = account_of(self.simulator, advertiser_id)
        entities = world.entities(stream.removesuffix("s"), account, epoch)
        return {entity.id for entity in entities if any(above.is_deleted(epoch) for above in entity.lineage)}

    def _entity(self, stream: str, row: Mapping[str, Any], gone: set[str]) -> Record:
        record = present(row, columns(stream))
        record.setdefault("modify_time", record["create_time"])
        record["current_status"] = "DELETE" if record[f"{stream.removesuffix('s')}_id"] in gone else "ACTIVE"
        return record


def present(row: Mapping[str, Any], shapes: Mapping[str, Mapping[str, Any]]) -> Record:
    """A list's row as a record: renamed columns filled, every value of its column's type, nulls left out."""
    named = {name: row[today] for name, today in RENAMED.items() if name in shapes and today in row}
    wire = {**row, **{name: value for name, value in named.items() if row.get(name) is None}}
    written = {name: _written(name, value, shapes.get(name, {"type": []})) for name, value in wire.items()}
    return {name: value for name, value in written.items() if value is not None}


def _written(name: str, value: Any, schema: Mapping[str, Any]) -> Any:
    if name in JSON_TEXTS and isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return typed(value, schema)


def typed(value: Any, schema: Mapping[str, Any]) -> Any:
    """A wire value as its column's schema wants it."""
    if isinstance(value, list) and "items" in schema:
        return [typed(item, schema["items"]) for item in value]
    if isinstance(value, dict) and "properties" in schema:
        return {name: typed(item, schema["properties"].get(name, {})) for name, item in value.items()}
    if value is None or not schema.get("type"):
        return value
    kind = kind_of(schema)
    if kind == "date-time":
        return f"{value[:10]}T{value[11:19]}Z" if isinstance(value, str) and value else None
    if kind == "boolean":
        return FLAGS[str(value).lower()]
    if kind in ("integer", "number"):
        return value if value != "" else None
    return str(value) if isinstance(value, int | float) else value


def _report_row(row: Mapping[str, Mapping[str, str]], kinds: Mapping[str, str]) -> Record:
    told = {
        ANSWERED.get(name, name): value.replace(" ", "T") if name.startswith("stat_time") else value
        for name, value in row["dimensions"].items()
    }
    wire = row["metrics"]
    # Lists come unasked, and beside some metrics of some ads only.
    figures = {n: wire.get(n) if kind == "array" else figure(wire[n], kind) for n, kind in kinds.items()}
    return {**told, **{name: value for name, value in figures.items() if value is not None}}


def figure(text: Any, kind: str) -> Any:
    """What a metric's text, or number, stands for in a column of that type; nothing for a dash."""
    # TikTok: a small count of a search report is a text such as <5.
    if text in ("-", "") or (str(text).startswith("<") and kind in ("integer", "number")):
        return None
    if kind == "boolean":
        return FLAGS[text]
    return round(Decimal(text)) if kind == "integer" else float(Decimal(text)) if kind == "number" else text


def folded(asked: Asked, rows: Iterable[Record]) -> list[Record]:
    """The rows of hours, both of an hour that comes twice as one: what adds up is added, ids stay, all else is null."""
    found: dict[Key, Record] = {}
    for row in rows:
        key = tuple(row[name] for name in asked.dimensions)
        found[key] = _sum(found[key], row) if key in found else row
    return list(found.values())


def _sum(first: Record, second: Record) -> Record:
    named = {
        name: value
        for name, value in first.items()
        if not name.endswith("_list") and (name not in METRICS or METRICS[name].unit == "id")
    }
    added = {
        name: round(value + second[name], 2)
        for name, value in first.items()
        if name not in named and name in METRICS and METRICS[name].additive and name in second
    }
    return named | added


def _period(first: date, last: date) -> Record:
    return {"period_start": first.isoformat(), "period_end": last.isoformat()}


def months(start: date, last: date, today: date) -> list[tuple[date, date]]:
    """The calendar months that hold a day from `start` to `last`, whole but for the one that runs today."""
    found, first = [], start.replace(day=1)
    while first <= last:
        following = (first + timedelta(days=31)).replace(day=1)
        found.append((first, min(following - timedelta(days=1), today)))
        first = following
    return found


def account_of(simulator: Simulator, advertiser_id: str) -> Advertiser:
    """The account with that id, which must exist."""
    account = simulator.world.advertiser(advertiser_id)
    assert account is not None
    return account


def utc(moment: datetime) -> str:
    """A moment as records write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def day(record: Record) -> date:
    """The day a report's row speaks about, or begins with."""
    times = (record[name] for name in ("stat_time_day", "stat_time_hour", "period_start") if name in record)
    return date.fromisoformat(next(times)[:10])


def today(simulator: Simulator, advertiser_id: str, moment: datetime | None = None) -> date:
    """The account's own day, now or at a moment."""
    return (moment or simulator.clock.now).astimezone(account_of(simulator, advertiser_id).zone).date()


def without_attributes(stream: str, table: Mapping[Key, Record], before: Mapping[str, date]) -> Table:
    """The rows of a report, those of days before the account's date in `before` without names and settings.

    TikTok shows today's names and settings on every day's row, so they stand as they were when the row was read last.
    """
    names = attributes(stream)
    return {
        key: {name: value for name, value in row.items() if name not in names}
        if day(row) < before[row["advertiser_id"]]
        else row
        for key, row in table.items()
    }
