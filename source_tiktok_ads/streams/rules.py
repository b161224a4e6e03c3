"""Which reports TikTok takes: every rule by name, how a report breaks it, and the nearest choice that does not.

Nothing is asked of TikTok here. A report without a violation may still be refused, where no source tells the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from source_tiktok_ads.streams.fields import DIMENSIONS, METRICS
from source_tiktok_ads.streams.model import (
    AD,
    AD_V2,
    ADGROUP,
    ADVERTISER,
    AUDIENCE,
    BASIC,
    BC,
    CAMPAIGN,
    CATALOG,
    DAY,
    HOUR,
    LIFETIME,
    MONTH,
    PLAYABLE,
    TT_SHOP,
    Level,
    Report,
)

PLAYABLE_MATERIAL = "PLAYABLE_MATERIAL"
REPORT_TYPES = (BASIC, AUDIENCE, PLAYABLE_MATERIAL, CATALOG, BC, TT_SHOP)
"""The families of reports that there are."""

LEVELS = {level.name: level for level in (ADVERTISER, CAMPAIGN, ADGROUP, AD, AD_V2, PLAYABLE)}
GRAINS = {"day": DAY, "hour": HOUR, "month": MONTH, "lifetime": LIFETIME}

ID_FILTERS = ("campaign_ids", "adgroup_ids", "ad_ids", "ad_ids_v2")
STATUS_FILTERS = ("campaign_status", "adgroup_status", "ad_status")
FILTERS = (
    *STATUS_FILTERS,
    *("buying_type", "campaign_system_origins", "campaign_automation_type", "campaign_label_ids", "create_time"),
    *("objective_type", "promotion_type", "optimization_goal", "billing_event", "bid_strategy", "image_mode"),
    "playable_status",
)
"""What the objects of a report may be chosen by."""


@dataclass(frozen=True)
class Violation:
    """A rule that a report breaks: its name, the part of the report at fault, and what to write instead."""

    rule: str
    part: str
    sentence: str


@dataclass(frozen=True)
class Rule:
    """One rule: `broken` gives a sentence for each breach. `part` is the part of a report that has to change."""

    name: str
    part: str
    broken: Callable[[Report], Iterable[str]]


def violations(report: Report) -> list[Violation]:
    """Every rule the report breaks, in the order of the tables; one that hides other breaches comes alone."""
    for rules in (FIRST, RULES):
        found = [Violation(rule.name, rule.part, sentence) for rule in rules for sentence in rule.broken(report)]
        if found:
            return found
    return []


# --- Names ------------------------------------------------------------------------------------------------------------


def _unknown_dimensions(report: Report) -> Iterator[str]:
    for name in report.by:
        if name not in DIMENSIONS:
            yield f"{name} is no dimension: {_meant(name, DIMENSIONS)}."


def _unknown_metrics(report: Report) -> Iterator[str]:
    for name in report.chosen:
        if name not in METRICS:
            yield f"{name} is no metric: {_meant(name, METRICS)}."


def _unknown_filters(report: Report) -> Iterator[str]:
    for name in (filter.field_name for filter in report.filters):
        if name in ID_FILTERS:
            # The connector's own requests are limited by ids where TikTok would cut an answer short.
            yield f"{name} is the connector's own filter: leave it out, and choose the rows where you query them."
        elif name in DIMENSIONS:
            # TikTok: what a report is grouped by is no filter; country_code is refused there by name.
            yield f"{name} is no filter: write it among the breakdowns."
        elif name not in FILTERS:
            yield f"{name} is no filter: {_meant(name, FILTERS)}."


# --- Level and breakdown ----------------------------------------------------------------------------------------------


def _level_of_type(report: Report) -> Iterator[str]:
    if not _takes(report.report_type, report.level):
        levels = [name for name, level in LEVELS.items() if _takes(report.report_type, level)]
        yield f"{report.report_type} reports have no level {report.level.name}: write {_or(levels)}."


def _types_of(level: Level) -> list[str]:
    return [known for known in REPORT_TYPES if _takes(known, level)]


def _takes(report_type: str, level: Level) -> bool:
    return report_type in DIMENSIONS[level.id].report_types


# TikTok: one id dimension a request, that of the data level; the ids of parents are asked for as metrics.
def _one_id(report: Report) -> Iterator[str]:
    for name in _of_kind(report, "id"):
        parent = name in report.level.parents
        remedy = "every row carries it, so leave it out" if parent else "leave it out, or change the level"
        yield f"{name} is an id, and rows are distinguished by one alone, {report.level.id}: {remedy}."


def _one_time(report: Report) -> Iterator[str]:
    times = {grain.dimension: name for name, grain in GRAINS.items() if grain.dimension}
    for name in _of_kind(report, "time"):
        yield f"{name} is a time: leave it out, and write the grain {times.get(name, 'month')}."


def _four_dimensions(report: Report) -> Iterator[str]:
    if len(report.dimensions) > 4:
        yield f"TikTok groups by at most 4 dimensions, these are {len(report.dimensions)}: {_first_only(report)}."


def _dimension_of_type(report: Report) -> Iterator[str]:
    for name in _breakdowns(report):
        types = [known for known in _types_of(report.level) if known in DIMENSIONS[name].report_types]
        if report.report_type not in types:
            remedy = f"write the report_type {_or(types)}, or leave it out" if types else "leave it out"
            yield f"{report.report_type} reports take no {name}: {remedy}."


def _dimension_of_level(report: Report) -> Iterator[str]:
    for name in _breakdowns(report):
        taken = DIMENSIONS[name].data_levels
        if report.report_type in DIMENSIONS[name].report_types and not _at(report.level, taken):
            levels = [word for word, level in LEVELS.items() if level.data_level in taken]
            yield f"{name} is not available at the level {report.level.name}: write {_or(levels)}, or leave it out."


# TikTok: one breakdown a request; only a bought keyword may also be told by how it was matched.
def _one_breakdown(report: Report) -> Iterator[str]:
    names = _breakdowns(report)
    if report.report_type != AUDIENCE and len(names) > 1 and not _is_pair(names):
        yield f"{report.report_type} reports are split by one dimension, not by {_and(names)}: {_first_only(report)}."


def _keyword_of_match_type(report: Report) -> Iterator[str]:
    if "match_type" in report.by and "search_keyword" not in report.by:
        yield 'match_type tells how a keyword was matched: write ["search_keyword", "match_type"].'


# TikTok: an audience report is split by exactly one dimension; age with gender is the only pair.
def _one_audience_dimension(report: Report) -> Iterator[str]:
    names = _breakdowns(report)
    if report.report_type != AUDIENCE or len(names) == 1 or _is_pair(names):
        return
    if names:
        remedy = _first_only(report)
        yield f"AUDIENCE reports are split by one dimension, or by age and gender, not by {_and(names)}: {remedy}."
    else:
        known = [name for name, dimension in DIMENSIONS.items() if dimension.kind == "audience"]
        yield f"AUDIENCE reports are split by one dimension: write {_or([*known, 'ad_type', 'country_code'])}."


# TikTok: GMV Max spend comes by account, or by country; by campaign or by day only together with the country.
def _shop_by_country(report: Report) -> Iterator[str]:
    finer = report.level is not ADVERTISER or report.grain.dimension
    if report.report_type == TT_SHOP and finer and "country_code" not in report.by:
        yield 'TT_SHOP reports by campaign or by day are split by country: write the breakdowns ["country_code"].'


# --- Time -------------------------------------------------------------------------------------------------------------


def _grain_of_type(report: Report) -> Iterator[str]:
    time = report.grain.dimension
    if time and report.report_type not in DIMENSIONS[time].report_types:
        nearest = "day" if report.report_type in DIMENSIONS[DAY.dimension].report_types else "month or lifetime"
        yield f"{report.report_type} reports have no {time}: write the grain {nearest}."


def _grain_of_dimension(report: Report) -> Iterator[str]:
    time = report.grain.dimension
    if not time or report.report_type not in DIMENSIONS[time].report_types:
        return
    for name in _breakdowns(report):
        times = DIMENSIONS[name].times
        if time not in times:
            nearest = "day" if DAY.dimension in times else "month"
            yield f"{name} stands beside no {time}: write the grain {nearest}."


# TikTok: figures over all time come in two families of reports, and never by country or by what people are.
def _lifetime(report: Report) -> Iterator[str]:
    if report.grain is LIFETIME and report.report_type not in (BASIC, PLAYABLE_MATERIAL):
        yield f"{report.report_type} reports have no lifetime: write the grain month."
    elif report.grain is LIFETIME and "country_code" in report.by:
        yield "country_code is not available over the lifetime: write the grain month, or leave the breakdown out."


# --- Metrics ----------------------------------------------------------------------------------------------------------


def _metrics_there_already(report: Report) -> Iterator[str]:
    there = {*report.stamped, *report.dimensions}
    if names := [name for name in report.chosen if name in there]:
        yield f"every row carries {_and(names)} unasked: leave {_it(names)} out."


# TikTok: the two ids of an ad exclude each other, as dimension and as metric.
def _one_ad_id(report: Report) -> Iterator[str]:
    for level, other in ((AD, AD_V2), (AD_V2, AD)):
        if report.level.id == level.id and other.id in report.chosen:
            yield f"{other.id} does not go with the level {level.name}: leave it out, or write the level {other.name}."


def _metrics_of_type(report: Report) -> Iterator[str]:
    if names := _of_other_type(report, report.metrics):
        others = [
            known for known in _types_of(report.level) if all(known in METRICS[name].report_types for name in names)
        ]
        remedy = f", or write the report_type {_or(others)}" if others else ""
        yield f"{report.report_type} reports take no {_and(names)}: leave {_it(names)} out{remedy}."


def _metrics_of_level(report: Report) -> Iterator[str]:
    for name in _of_other_level(report, report.metrics):
        levels = [word for word, level in LEVELS.items() if level.data_level in METRICS[name].data_levels]
        yield f"{name} is not available at the level {report.level.name}: leave it out, or write {_or(levels)}."


def _metrics_of_breakdown(report: Report) -> Iterator[str]:
    if names := _unlisted(report, report.metrics):
        yield f"beside {_and(report.by)} TikTok takes no {_and(names)}: leave {_it(names)} or the breakdown out."


def _metrics_beside_dimensions(report: Report) -> Iterator[str]:
    for name in _misplaced(report, report.metrics):
        yield f"{name} {_place_of(name, report.report_type)}, or leave it out."


def _place_of(name: str, report_type: str) -> str:
    metric = METRICS[name]
    if metric.alone:
        return (
            "stands beside no breakdown and no hour: leave the breakdown out and write the grain day, month or lifetime"
        )
    if metric.times:
        return "comes by day: write the grain day"
    return f"needs a dimension: write the breakdowns {_listed(metric.beside[report_type])}"


def _of_other_type(report: Report, names: Iterable[str]) -> list[str]:
    # No source tells which metrics the reports on catalogs take; TikTok itself says so when asked.
    type = BASIC if report.report_type == CATALOG else report.report_type
    return [name for name in names if type not in METRICS[name].report_types]


def _of_other_level(report: Report, names: Iterable[str]) -> list[str]:
    typed = {*names} - {*_of_other_type(report, names)}
    return [name for name in names if name in typed and not _at(report.level, METRICS[name].data_levels)]


def _unlisted(report: Report, names: Iterable[str]) -> list[str]:
    """The metrics that are not on the list of a breakdown which takes only those of its list."""
    lists = [DIMENSIONS[name].metrics[report.report_type] for name in report.by if _has_list(name, report)]
    # TikTok: attributes of the object (names, budgets) may be asked for beside any dimension, listed or not; the lists
    # of reports on Business Centers name them.
    typed = {*names} - {*_of_other_type(report, names)}
    bound = report.report_type == BC
    figures = [name for name in names if name in typed and (bound or METRICS[name].group != "attribute")]
    return [name for name in figures if not all(name in listed for listed in lists)]


def _has_list(dimension: str, report: Report) -> bool:
    return report.report_type in DIMENSIONS[dimension].metrics


def _misplaced(report: Report, names: Iterable[str]) -> list[str]:
    return [name for name in names if not METRICS[name].stands(report.report_type, report.by, report.grain.dimension)]


# --- Filters ----------------------------------------------------------------------------------------------------------


# TikTok: reports on GMV Max spend take no filter, those on Business Centers none of these; for audience reports only
# status and buying type are known to work.
def _filters_of_type(report: Report) -> Iterator[str]:
    taken = {BC: (), TT_SHOP: (), AUDIENCE: (*STATUS_FILTERS, "buying_type")}.get(report.report_type, FILTERS)
    for name in (filter.field_name for filter in report.filters):
        if name not in taken:
            remedy = f"leave it out, or filter by {_or(taken)}" if taken else "leave it out"
            yield f"{report.report_type} reports take no filter {name}: {remedy}."


def _filters_of_level(report: Report) -> Iterator[str]:
    own = report.level.status_filter
    for name in (filter.field_name for filter in report.filters):
        if name in STATUS_FILTERS and name != own:
            yield f"{name} is of another level than {report.level.name}: {f'write {own}' if own else 'leave it out'}."


def _one_filter_a_field(report: Report) -> Iterator[str]:
    names = [filter.field_name for filter in report.filters]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield f"{name} is filtered by twice: write one filter with all its values."


def _filters_compare(report: Report) -> Iterator[str]:
    for filter in report.filters:
        ranged = filter.field_name == "create_time"
        if ranged and (filter.filter_type != "BETWEEN" or len(filter.values) != 2):
            yield "create_time lies in a range: write the filter_type BETWEEN and two values."
        elif not ranged and filter.filter_type != "IN":
            yield f"{filter.field_name} is one of some values: write the filter_type IN."


FIRST = (
    Rule("known_dimensions", "breakdowns", _unknown_dimensions),
    Rule("known_metrics", "metrics", _unknown_metrics),
    Rule("known_filters", "filters", _unknown_filters),
    Rule("level_of_type", "level", _level_of_type),
)
"""What has to hold before anything else can be told."""

RULES = (
    Rule("one_id", "breakdowns", _one_id),
    Rule("one_time", "breakdowns", _one_time),
    Rule("dimension_of_type", "breakdowns", _dimension_of_type),
    Rule("dimension_of_level", "breakdowns", _dimension_of_level),
    Rule("one_breakdown", "breakdowns", _one_breakdown),
    Rule("one_audience_dimension", "breakdowns", _one_audience_dimension),
    Rule("keyword_of_match_type", "breakdowns", _keyword_of_match_type),
    Rule("shop_by_country", "breakdowns", _shop_by_country),
    Rule("four_dimensions", "breakdowns", _four_dimensions),
    Rule("grain_of_type", "grain", _grain_of_type),
    Rule("grain_of_dimension", "grain", _grain_of_dimension),
    Rule("lifetime", "grain", _lifetime),
    Rule("one_ad_id", "metrics", _one_ad_id),
    Rule("metrics_there_already", "metrics", _metrics_there_already),
    Rule("metrics_of_type", "metrics", _metrics_of_type),
    Rule("metrics_of_level", "metrics", _metrics_of_level),
    Rule("metrics_of_breakdown", "metrics", _metrics_of_breakdown),
    Rule("metrics_beside_dimensions", "metrics", _metrics_beside_dimensions),
    Rule("filters_of_type", "filters", _filters_of_type),
    Rule("filters_of_level", "filters", _filters_of_level),
    Rule("one_filter_a_field", "filters", _one_filter_a_field),
    Rule("filters_compare", "filters", _filters_compare),
)
"""TikTok's other rules for reports, as far as a source documents them."""


# --- Words ------------------------------------------------------------------------------------------------------------


def _of_kind(report: Report, kind: str) -> list[str]:
    return [name for name in report.by if DIMENSIONS[name].kind == kind]


def _breakdowns(report: Report) -> list[str]:
    return [name for name in report.by if DIMENSIONS[name].kind not in ("id", "time")]


def _is_pair(names: Collection[str]) -> bool:
    return len(names) == 2 and all({*names} - {name} <= {*DIMENSIONS[name].pairs} for name in names)


def _at(level: Level, data_levels: Collection[str]) -> bool:
    return not level.data_level or level.data_level in data_levels


def _meant(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, [*known], 3, cutoff=0.6)
    return f"write {_or(close)}" if close else "leave it out"


def _first_only(report: Report) -> str:
    return f"write {_listed(_breakdowns(report)[:1])}"


def _listed(names: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _or(words: Collection[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _and(words: Collection[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _it(words: Collection[str]) -> str:
    return "it" if len(words) == 1 else "them"
