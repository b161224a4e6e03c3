"""Which requests `report/integrated/get` takes: everything documented about its report types, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .facts import DIMENSIONS, LEVEL_LETTERS, METRICS, Dimension, Metric
from .refusal import Params, Refusal, bad, texts
from .reports import DEPTH, LEVEL_KIND, ReportQuery, lifetime_days
from .switches import Switches
from .world import World

PARAMETERS = frozenset(
    (
        *("advertiser_id", "service_type", "report_type", "data_level", "dimensions", "metrics", "start_date"),
        *("end_date", "query_lifetime", "lifetime", "enable_total_metrics", "order_field", "order_type", "filtering"),
        *("query_mode", "page", "page_size", "bc_id"),
    )
)
NOT_SIMULATED = frozenset(("advertiser_ids", "multi_adv_report_in_utc_time"))
CONFLICT = "Conflict occurs. The input params including metrics and dimensions have no relation."
STATUSES = ("STATUS_ALL", "STATUS_NOT_DELETE", "STATUS_DELETE", "STATUS_DELIVERY_OK", "STATUS_NOT_DELIVERY")
STATUS_VALUES = frozenset((*STATUSES, "STATUS_DISABLE"))
STATUS_FIELDS = {"campaign_status": "campaign", "adgroup_status": "adgroup", "ad_status": "ad"}
ID_FIELDS = {
    "campaign_ids": "campaign_id",
    "adgroup_ids": "adgroup_id",
    "ad_ids": "ad_id",
    "ad_ids_v2": "ad_id_v2",
}
CHOICE_FIELDS = {
    "buying_type": frozenset(("AUCTION", "RESERVATION_RF", "RESERVATION_TOP_VIEW")),
    "campaign_system_origins": frozenset(("TT_ADS_PLATFORM", "PROMOTE")),
    "campaign_automation_type": frozenset(("MANUAL", "SMART_PLUS", "UPGRADED_SMART_PLUS")),
}
FILTER_TYPES = ("IN", "NOT_IN", "CONTAIN_ANY_OF", "MATCH", "GREATER_EQUAL", "GREATER_THAN", "LOWER_EQUAL")
FILTER_KEYS = {"field_name", "filter_type", "filter_value"}
MAX_IDS = 100
DAYS_OF_SPAN = {"stat_time_day": 30, "stat_time_hour": 1, "": 365}
BC_DAYS_OF_SPAN = {"": 365}


@dataclass(frozen=True)
class ReportType:
    """What sets one report type apart: whose it is, its levels, whether it knows lifetime, filters and totals.

    `sets` are the only groupings it takes, time aside; empty: the rules of BASIC and AUDIENCE hold.
    """

    letter: str
    levels: tuple[str, ...] = tuple(LEVEL_LETTERS)
    owner: str = "advertiser_id"
    lifetime: bool = False
    filters: bool = True
    totals: bool = False
    spans: Mapping[str, int] = field(default_factory=lambda: DAYS_OF_SPAN)
    sets: tuple[frozenset[str], ...] = ()
    default: tuple[str, ...] = ("spend", "impressions")


def _sets(*groupings: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(grouping.split("+")) for grouping in groupings)


REPORT_TYPES = {
    "BASIC": ReportType("B", lifetime=True, totals=True),
    "AUDIENCE": ReportType("A"),
    "PLAYABLE_MATERIAL": ReportType("P", (), lifetime=True, sets=_sets("playable_id", "playable_id+country_code")),
    "CATALOG": ReportType("C"),
    "BC": ReportType(
        *("U", (), "bc_id"),
        filters=False,
        spans=BC_DAYS_OF_SPAN,
        sets=_sets("advertiser_id", "advertiser_id+country_code", "advertiser_id+placement"),
        default=tuple(name for name, metric in METRICS.items() if "U" in metric.reports),
    ),
    "TT_SHOP": ReportType(
        *("T", ("AUCTION_ADVERTISER", "AUCTION_CAMPAIGN")),
        filters=False,
        totals=True,
        sets=_sets("advertiser_id", "advertiser_id+country_code", "campaign_id+country_code"),
        default=("spend", "billed_cost"),
    ),
}
# Nothing tells which metrics a catalog report takes but that these two are its default.
CATALOG_METRICS = frozenset(("spend", "impressions"))
ONE_ID_AND_DAY = frozenset(
    (
        *("paid_engaged_view", "paid_engaged_view_15s", "paid_engagement_engaged_view"),
        *("paid_engagement_engaged_view_15s", "cost_per_consideration"),
        *("new_consideration_rate", "new_consideration_size"),
    )
)
BY_IMAGE = frozenset(("single_image_impressions", "single_image_impression_rate", "single_image_ctr"))
BY_DIMENSION = {
    **dict.fromkeys(
        ("behavior_name", "action_category", "action_scene", "action_period", "user_action"), "behavior_id"
    ),
    "device_brand_name": "device_brand_id",
}
PLACEMENT_ONLY = frozenset(("average_video_play_per_user", "ix_page_duration_avg", "ix_page_viewrate_avg"))
AUDIENCE_VIDEO = frozenset(
    (
        *("video_play_actions", "video_watched_2s", "video_watched_6s", "video_views_p25", "video_views_p50"),
        *("video_views_p75", "video_views_p100", "likes", "comments", "shares", "follows", "profile_visits"),
        *("profile_visits_rate", "clicks_on_music_disc"),
    )
)


def conflict() -> Refusal:
    """The refusal for dimensions that do not go together."""
    return Refusal(40002, CONFLICT)


def report_query(params: Params, world: World, switches: Switches) -> ReportQuery:
    """The legal request in `params`; raise Refusal for anything TikTok would not take."""
    params.text("service_type", ("AUCTION",), "AUCTION")
    params.text("query_mode", ("REGULAR",), "REGULAR")
    report_type = params.text("report_type", REPORT_TYPES)
    kind = REPORT_TYPES[report_type]
    level = params.text("data_level", kind.levels) if kind.levels else ""
    lifetime = params.flag("query_lifetime")
    dimensions = _dimensions(params, report_type, level, lifetime, switches)
    metrics = _metrics(params, report_type, level, dimensions, lifetime, switches)
    start, end = lifetime_days(world) if lifetime else days(params, dimensions, kind.spans)
    _check_budget(metrics, dimensions, end - start + 1, lifetime, switches)
    order = _order(params)
    found = _filters(params, report_type, level, dimensions, switches)
    owner = params.text(kind.owner)
    return _with_order(
        ReportQuery(owner, report_type, level, dimensions, metrics, start, end, lifetime, **found), *order
    )


def wants_totals(params: Params, query: ReportQuery, switches: Switches) -> bool:
    """Whether total metrics are asked for; refuse where they do not exist."""
    if not params.flag("enable_total_metrics"):
        return False
    plain = not query.breakdowns and query.time_dimension != "stat_time_hour"
    if not (REPORT_TYPES[query.report_type].totals and plain):
        raise bad("enable_total_metrics: Only with one ID dimension and/or stat_time_day in BASIC or TT_SHOP reports.")
    return not switches.sandbox


def _dimensions(params: Params, report_type: str, level: str, lifetime: bool, switches: Switches) -> tuple[str, ...]:
    names = params.texts("dimensions", required=True)
    if not 1 <= len(names) <= 4:
        raise bad("dimensions: Length must be between 1 and 4.")
    unknown = [name for name in names if name not in DIMENSIONS]
    if unknown:
        raise bad(f"Invalid dimension fields: {unknown}")
    if len(set(names)) < len(names) or not all(
        _belongs(DIMENSIONS[name], report_type, level, switches) for name in names
    ):
        raise conflict()
    _check_mixture(tuple(names), report_type, lifetime, switches)
    return tuple(names)


def _belongs(dimension: Dimension, report_type: str, level: str, switches: Switches) -> bool:
    """Whether a report type knows the dimension, at that level if it has levels."""
    known = REPORT_TYPES[report_type].letter in dimension.reports
    search = dimension.name in ("search_terms", "search_keyword") and switches.search_by_ad
    return known and (not level or search or LEVEL_LETTERS[level] in dimension.levels)


def _check_mixture(names: tuple[str, ...], report_type: str, lifetime: bool, switches: Switches) -> None:
    kinds: dict[str, list[str]] = {"id": [], "time": [], "breakdown": [], "audience": []}
    for name in names:
        kinds[DIMENSIONS[name].kind].append(name)
    by = kinds["breakdown"] + kinds["audience"]
    kind = REPORT_TYPES[report_type]
    wrong = len(kinds["id"]) > 1 or len(kinds["time"]) > 1
    wrong |= bool(kinds["time"]) and not all(DIMENSIONS[name].timed for name in names)
    wrong |= lifetime and (not kind.lifetime or bool(kinds["time"]) or "country_code" in by)
    wrong |= not _grouping_ok(names, by, report_type, switches)
    hourly = "stat_time_hour" in names
    wrong |= hourly and bool(by) and not (switches.country_by_hour and by == ["country_code"])
    if wrong:
        raise conflict()
    if "stat_time_week" in names or "stat_time_month" in names:
        raise bad("stat_time_week and stat_time_month: not part of the simulation.")


def _grouping_ok(names: tuple[str, ...], by: list[str], report_type: str, switches: Switches) -> bool:
    kind = REPORT_TYPES[report_type]
    if not kind.sets:
        return _audience_ok(by) if report_type == "AUDIENCE" else _breakdown_ok(by)
    timed = any(DIMENSIONS[name].kind == "time" for name in names)
    # TikTok: days of GMV Max ads come by country; whether also without is not known.
    if report_type == "TT_SHOP" and timed and not by and not switches.shop_days_without_country:
        return False
    return frozenset(name for name in names if DIMENSIONS[name].kind != "time") in kind.sets


def _audience_ok(by: list[str]) -> bool:
    return len(by) == 1 or sorted(by) == ["age", "gender"]


def _breakdown_ok(by: list[str]) -> bool:
    if "match_type" in by:
        return sorted(by) == ["match_type", "search_keyword"]
    return len(by) <= 1


def _metrics(
    params: Params, report_type: str, level: str, dimensions: tuple[str, ...], lifetime: bool, switches: Switches
) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(params.texts("metrics"))) or _default_metrics(report_type, dimensions)
    if switches.metrics_limit is not None and len(names) > switches.metrics_limit:
        raise bad(f"metrics: Length must be between 1 and {switches.metrics_limit}.")
    wrong = [name for name in names if not _takes(name, report_type, level, dimensions, lifetime, switches)]
    if wrong:
        raise bad(f"Invalid metric fields: {wrong}")
    if ("ad_id_v2" in dimensions and "ad_id" in names) or ("ad_id" in dimensions and "ad_id_v2" in names):
        raise conflict()
    return names


def _default_metrics(report_type: str, dimensions: tuple[str, ...]) -> tuple[str, ...]:
    letter = REPORT_TYPES[report_type].letter
    lists = [DIMENSIONS[name].metrics[letter] for name in dimensions if letter in DIMENSIONS[name].metrics]
    return tuple(name for name in REPORT_TYPES[report_type].default if all(name in listed for listed in lists))


def _takes(
    name: str, report_type: str, level: str, dimensions: tuple[str, ...], lifetime: bool, switches: Switches
) -> bool:
    metric = METRICS.get(name)
    if metric is None or (level and LEVEL_LETTERS[level] not in metric.levels):
        return False
    if not _in_report(metric, report_type, dimensions, switches):
        return False
    if metric.attribute and not any(DIMENSIONS[d].kind == "id" for d in dimensions):
        return False
    if BY_DIMENSION.get(name, dimensions[0]) not in dimensions or (name in BY_IMAGE and "image_id" not in dimensions):
        return False
    if report_type == "BASIC" and name in ("cash_spend", "voucher_spend") and "stat_time_day" not in dimensions:
        return False
    extra = any(DIMENSIONS[d].kind in ("breakdown", "audience") for d in dimensions) or "stat_time_hour" in dimensions
    return not (name in ONE_ID_AND_DAY and extra)


def _in_report(metric: Metric, report_type: str, dimensions: tuple[str, ...], switches: Switches) -> bool:
    letter = REPORT_TYPES[report_type].letter
    if report_type == "CATALOG":
        return metric.name in CATALOG_METRICS
    if report_type == "AUDIENCE":
        special = _audience_special(metric.name, dimensions, switches)
        if special is not None:
            return special
    if letter not in metric.reports:
        return False
    for name in dimensions:
        allowed = DIMENSIONS[name].metrics.get(letter)
        loose = name == "country_code" and not switches.country_metrics_strict
        # Attributes of the object are always taken, but for a Business Center's, whose lists name them.
        free = loose or (metric.attribute and report_type != "BC")
        if allowed is not None and not free and metric.name not in allowed:
            return False
    return True


def _audience_special(name: str, dimensions: tuple[str, ...], switches: Switches) -> bool | None:
    if name in PLACEMENT_ONLY:
        return "placement" in dimensions
    if name in ("reach", "frequency"):
        return switches.audience_reach and "country_code" in dimensions
    listed = any("A" in DIMENSIONS[d].metrics for d in dimensions)
    if name in AUDIENCE_VIDEO and not listed:
        return switches.audience_video_everywhere
    return None


def days(params: Params, dimensions: tuple[str, ...], spans: Mapping[str, int]) -> tuple[int, int]:
    """The first and the last day asked for; `spans` holds the most days by time dimension."""
    start, end = params.day("start_date").toordinal(), params.day("end_date").toordinal()
    if start > end:
        raise bad("start_date: Must not be later than end_date.")
    most = spans[next((name for name in dimensions if name in spans), "")]
    if end - start >= most:
        raise bad(f"The time span must not exceed {most} days.")
    return start, end


def _check_budget(
    metrics: tuple[str, ...], dimensions: tuple[str, ...], days: int, lifetime: bool, switches: Switches
) -> None:
    if switches.query_budget is None or lifetime:
        return
    if len(metrics) * len(dimensions) * days > switches.query_budget:
        raise Refusal(40067, "The query is too large, please narrow the date range or the number of metrics.")


def _order(params: Params) -> tuple[str, bool]:
    ascending = params.text("order_type", ("ASC", "DESC"), "DESC") == "ASC"
    if "order_field" not in params:
        return "", ascending
    field = params.text("order_field")
    if field not in METRICS or METRICS[field].attribute:
        raise bad("order_field: Not a metric that can be sorted by.")
    return field, ascending


def _with_order(query: ReportQuery, field: str, ascending: bool) -> ReportQuery:
    if field and field not in query.metrics:
        raise bad("order_field: Must be one of the requested metrics.")
    return replace(query, order_field=field, ascending=ascending)


def _filters(
    params: Params, report_type: str, level: str, dimensions: tuple[str, ...], switches: Switches
) -> dict[str, Any]:
    raw = params.parsed("filtering")
    if raw is None:
        return {}
    if not isinstance(raw, list):
        raise bad("filtering: Field must be set to array.")
    if raw and not REPORT_TYPES[report_type].filters:
        raise bad(f"filtering: Not supported in {report_type} reports.")
    found: dict[str, Any] = {"statuses": (), "ids": ()}
    for entry in raw:
        name, values = _entry(entry)
        if name in STATUS_FIELDS:
            found["statuses"] += (_status(name, values, report_type, level, switches),)
        elif name in ID_FIELDS:
            found["ids"] += (_ids(name, values, level, dimensions),)
        else:
            found |= _choice(name, values, switches)
    return found


def _entry(entry: Any) -> tuple[str, list[str]]:
    if not isinstance(entry, dict) or set(entry) != FILTER_KEYS:
        raise bad("filtering: Each filter takes field_name, filter_type and filter_value.")
    name = entry["field_name"]
    if name not in STATUS_FIELDS and name not in ID_FIELDS and name not in CHOICE_FIELDS:
        raise bad(f"{name} is not supported")
    if entry["filter_type"] not in FILTER_TYPES:
        raise bad("filter_type: Unknown filter type.")
    if entry["filter_type"] != "IN":
        raise bad(f"filter_type: {name} takes IN.")
    if not isinstance(entry["filter_value"], str):
        raise bad("filter_value: Not a valid string.")
    return name, _listed(entry["filter_value"])


def _listed(text: str) -> list[str]:
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    values = texts("filter_value", value)
    if not values:
        raise bad("filter_value: Must not be empty.")
    return values


def _status(
    name: str, values: Iterable[str], report_type: str, level: str, switches: Switches
) -> tuple[str, tuple[str, ...]]:
    kind = STATUS_FIELDS[name]
    if level not in LEVEL_KIND or DEPTH[kind] > DEPTH[LEVEL_KIND[level]]:
        raise bad(f"{name} is not supported at {level}")
    if report_type == "AUDIENCE" and not switches.audience_status_filter:
        raise bad(f"{name} is not supported in AUDIENCE reports")
    if not STATUS_VALUES.issuperset(values):
        raise bad(f"{name}: Must be one of: {', '.join(sorted(STATUS_VALUES))}.")
    return kind, tuple(values)


def _ids(name: str, values: list[str], level: str, dimensions: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    field = ID_FIELDS[name]
    if level not in LEVEL_KIND or DEPTH[field.split("_")[0]] > DEPTH[LEVEL_KIND[level]]:
        raise bad(f"{name} is not supported at {level}")
    if (field == "ad_id" and "ad_id_v2" in dimensions) or (field == "ad_id_v2" and "ad_id_v2" not in dimensions):
        raise conflict()
    if len(values) > MAX_IDS:
        raise Refusal(40011, f"{name}: Length must be between 1 and {MAX_IDS}.")
    return field, frozenset(values)


def _choice(name: str, values: list[str], switches: Switches) -> dict[str, Any]:
    if not CHOICE_FIELDS[name].issuperset(values):
        raise bad(f"{name}: Must be one of: {', '.join(sorted(CHOICE_FIELDS[name]))}.")
    mixed = "RESERVATION_TOP_VIEW" in values and len(set(values)) > 1
    if mixed and not switches.topview_with_other_buying_types:
        raise bad("buying_type: RESERVATION_TOP_VIEW can not be combined with other buying types.")
    target = {"buying_type": "buying_types", "campaign_system_origins": "origins"}.get(name, "automation_types")
    return {target: tuple(values)}
