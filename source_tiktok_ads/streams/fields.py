"""Every metric and dimension of TikTok's reports, named and typed once; the facts themselves stand in `fields.json`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

import orjson

from source_tiktok_ads.streams.shapes import FLAG, ID, INTEGER, NUMBER, TEXT, Shape

Known = TypeVar("Known")

DATA_LEVELS = ("AUCTION_ADVERTISER", "AUCTION_CAMPAIGN", "AUCTION_ADGROUP", "AUCTION_AD")
"""TikTok's names of the four levels, from the account down; the file writes `ALL` for the four together."""

PARENTS = ("campaign_id", "campaign_name", "adgroup_id", "adgroup_name", "ad_name")
"""The metrics that say what a row is about; they come first in a record."""

GROUPS = (
    "core",
    "conversion",
    "attribution",
    "video",
    "engagement",
    "live",
    "website",
    "app",
    "onsite",
    "shopping",
    "offline",
    "messaging",
    "page",
    "interactive_addon",
    "image",
    "playable",
    "skan",
    "native_growth",
    "gmv_max",
    "creative_legacy",
    "attribute",
    "audience_attribute",
)
"""The groups of metrics in the order in which their columns stand in a record."""

METRIC_GROUPS = tuple(
    # The others belong to other endpoints, or need a dimension that no standard report has.
    group
    for group in GROUPS
    if group not in ("image", "playable", "gmv_max", "creative_legacy", "audience_attribute")
)
"""The groups that can be added to standard reports."""

ABSENT: Mapping[str, Shape] = {
    "cost_per_100_reached": NUMBER("A misspelt name of cost_per_1000_reached, kept for older tables; always null."),
    "user_action": TEXT("Kept for older tables; TikTok never fills it, so it is always null."),
}
"""Report columns that were once published and that nothing fills today."""

_SHAPES: Mapping[str, Shape] = {"integer": INTEGER, "number": NUMBER, "boolean": FLAG, "string": TEXT}


@dataclass(frozen=True)
class Metric:
    """What is known of one metric; `standard` and `standard_audience` name the levels that ask for it unbidden.

    `beside` names, by report type, the dimensions of which it needs one; `times` the time dimensions of which it needs
    one in BASIC reports; `alone` tells that it stands no breakdown and no time but the day.
    """

    name: str
    type: str
    unit: str
    group: str
    report_types: tuple[str, ...]
    data_levels: tuple[str, ...]
    additive: bool
    meaning: str
    standard: tuple[str, ...] = ()
    standard_audience: tuple[str, ...] = ()
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    times: tuple[str, ...] = ()
    alone: bool = False

    @cached_property
    def shape(self) -> Shape:
        """The column the metric fills."""
        return (ID if self.unit == "id" else _SHAPES[self.type])(self.meaning)

    def allowed(self, report_type: str, data_level: str) -> bool:
        """Whether TikTok takes the metric in reports of this type and level."""
        return report_type in self.report_types and data_level in self.data_levels

    def stands(self, report_type: str, by: Collection[str], time: str) -> bool:
        """Whether TikTok takes the metric beside this breakdown and time dimension, `""` for none."""
        needed = self.beside.get(report_type)
        if needed is not None and not {*needed} & {*by}:
            return False
        if self.alone and (by or time not in ("", "stat_time_day")):
            return False
        # TikTok: in reports on Business Centers the same metrics come by any time.
        return report_type != "BASIC" or not self.times or time in self.times


@dataclass(frozen=True)
class Dimension:
    """What is known of one dimension; `times` are the time dimensions it may stand beside, `pairs` other breakdowns.

    `metrics` lists, by report type, all that may be asked with it besides attributes; no entry means no such limit.
    `answered_as` are the names under which rows hold it instead of its own; `most_ids` is how many objects one request
    may be about, 0 for any number.
    """

    name: str
    kind: str
    report_types: tuple[str, ...]
    data_levels: tuple[str, ...]
    meaning: str
    times: tuple[str, ...] = ()
    metrics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pairs: tuple[str, ...] = ()
    answered_as: tuple[str, ...] = ()
    most_ids: int = 0


def _fixed(value: Any) -> Any:
    """What the file says of a metric or dimension, with tuples for lists."""
    if isinstance(value, dict):
        return {name: _fixed(names) for name, names in value.items()}
    if isinstance(value, list):
        return DATA_LEVELS if value == ["ALL"] else tuple(value)
    return value


def _known(kind: Callable[..., Known], part: str) -> Mapping[str, Known]:
    """All metrics or dimensions of the file."""
    return {
        name: kind(name=name, **{key: _fixed(value) for key, value in facts.items()})
        for name, facts in _FILE[part].items()
    }


_FILE: Mapping[str, Mapping[str, Mapping[str, Any]]] = orjson.loads(Path(__file__).with_suffix(".json").read_bytes())
METRICS = _known(Metric, "metrics")
DIMENSIONS = _known(Dimension, "dimensions")


UNASKED = frozenset({"advertiser_id", "currency", "ad_id", "ad_id_v2"})
"""Metrics that no group adds: every row carries account and currency, and the two ids of an ad exclude each other."""


def standard_metrics(
    report_type: str,
    data_level: str,
    by: Collection[str] = (),
    time: str = "stat_time_day",
    groups: Collection[str] = (),
) -> tuple[str, ...]:
    """The metrics a standard report of this type, level, breakdown and time asks for, in the order of its columns.

    `groups` of metrics come on top. TikTok takes at most 100 in one request, and every standard set keeps to that.
    """
    # What an id of the audience stands for comes with it; beside anything else it does not stand.
    names = {*_standard(report_type, data_level), *_of_groups(report_type, data_level, (*groups, "audience_attribute"))}
    for name in by:
        names = _cut(names, DIMENSIONS[name].metrics.get(report_type), report_type, data_level)
    return tuple(sorted((name for name in names if METRICS[name].stands(report_type, by, time)), key=_place))


@cache
def _standard(report_type: str, data_level: str) -> frozenset[str]:
    """The standard set of a level; families of reports that have none take all they can."""
    if report_type == "BASIC":
        return frozenset(name for name, metric in METRICS.items() if data_level in metric.standard)
    if report_type == "AUDIENCE":
        return frozenset(name for name, metric in METRICS.items() if data_level in metric.standard_audience)
    return frozenset(name for name, metric in METRICS.items() if metric.allowed(report_type, data_level))


@cache
def _of_groups(report_type: str, data_level: str, groups: tuple[str, ...]) -> frozenset[str]:
    """The metrics of these groups that a report of this type and level takes."""
    found = (
        name for name, metric in METRICS.items() if metric.group in groups and metric.allowed(report_type, data_level)
    )
    return frozenset(found) - UNASKED


def _cut(names: set[str], takes: Iterable[str] | None, report_type: str, data_level: str) -> set[str]:
    """What is left of a level's standard set beside a dimension that takes only the metrics `takes`."""
    if takes is None:
        return names
    # TikTok: attributes of the object (names, budgets) may be asked for beside any dimension, listed or not.
    attributes = {name for name in names if METRICS[name].group == "attribute"}
    if report_type == "AUDIENCE":
        return attributes | names.intersection(takes)
    return attributes | {name for name in takes if METRICS[name].allowed(report_type, data_level)}


@cache
def _place(name: str) -> tuple[int, int, str]:
    """Where a metric stands in a record: what the row is about first, then group by group."""
    rank = PARENTS.index(name) if name in PARENTS else len(PARENTS)
    return rank, GROUPS.index(METRICS[name].group), name
