"""What TikTok documents about metrics, dimensions and entity columns, read once from `facts.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LEVEL_LETTERS = {"AUCTION_ADVERTISER": "V", "AUCTION_CAMPAIGN": "C", "AUCTION_ADGROUP": "G", "AUCTION_AD": "A"}
# What describes a row though it stands among figures.
DESCRIBING_UNITS = frozenset(("id", "text", "enum", "enum_text", "url", "datetime"))
DESCRIBING = frozenset(("max_delivery_budget", "target_roi_budget"))


@dataclass(frozen=True)
class Metric:
    """One metric; `levels` holds the letters above, `reports` those of `legality.REPORT_TYPES`.

    Reports with an endpoint of their own have G for GMV_MAX, R for CREATIVE_BASIC, S for SMART_PLUS_CREATIVE and L for
    SMART_PLUS_MATERIAL_LEGACY.
    """

    name: str
    group: str
    unit: str
    levels: str
    reports: str
    dash: bool
    additive: bool

    @property
    def attribute(self) -> bool:
        """Whether the metric describes the object instead of counting anything."""
        if self.group == "gmv_max":
            return self.unit in DESCRIBING_UNITS or self.name in DESCRIBING
        return self.group in ("attribute", "audience_attribute")


@dataclass(frozen=True)
class Dimension:
    """One dimension: its kind (id, time, breakdown, audience), where it is legal and which metrics it takes."""

    name: str
    kind: str
    reports: str
    levels: str
    timed: bool
    metrics: Mapping[str, frozenset[str]]
    values: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """One column of an entity row."""

    name: str
    type: str
    enum: tuple[str, ...] = ()
    conditional: bool = False
    legacy: bool = False
    seen_null: bool = False
    fields: Mapping[str, Column] = field(default_factory=dict)


@dataclass(frozen=True)
class Filter:
    """One field of a list endpoint's `filtering` object."""

    name: str
    type: str
    enum: tuple[str, ...] = ()
    max: int | None = None


@dataclass(frozen=True)
class Listing:
    """An entity endpoint: its columns in order and the filters it knows."""

    columns: Mapping[str, Column]
    filters: Mapping[str, Filter]


def _metric(name: str, raw: list[Any]) -> Metric:
    group, unit, levels, reports, dash, additive = raw
    return Metric(name, group, unit, levels, reports, bool(dash), bool(additive))


def _dimension(name: str, raw: Mapping[str, Any]) -> Dimension:
    metrics = {report: frozenset(names) for report, names in raw.get("metrics", {}).items()}
    values = tuple(raw.get("values", ()))
    return Dimension(name, raw["kind"], raw["reports"], raw["levels"], bool(raw["timed"]), metrics, values)


def column(name: str, raw: Mapping[str, Any]) -> Column:
    """A column as the fact files write it."""
    flags = {flag: bool(raw.get(flag)) for flag in ("conditional", "legacy", "seen_null")}
    fields = {inner: column(inner, spec) for inner, spec in raw.get("fields", {}).items()}
    return Column(name, raw["type"], tuple(raw.get("enum", ())), fields=fields, **flags)


def _listing(raw: Mapping[str, Any]) -> Listing:
    filters = raw.get("filters", {})
    return Listing(
        {name: column(name, spec) for name, spec in raw["columns"].items()},
        {name: Filter(name, f["type"], tuple(f.get("enum", ())), f.get("max")) for name, f in filters.items()},
    )


_RAW: Mapping[str, Any] = json.loads((Path(__file__).parent / "facts.json").read_text(encoding="utf-8"))
METRICS: Mapping[str, Metric] = {name: _metric(name, raw) for name, raw in _RAW["metrics"].items()}
DIMENSIONS: Mapping[str, Dimension] = {name: _dimension(name, raw) for name, raw in _RAW["dimensions"].items()}
LISTINGS: Mapping[str, Listing] = {path: _listing(raw) for path, raw in _RAW["listings"].items()}
