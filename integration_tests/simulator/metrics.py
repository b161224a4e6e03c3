"""How each of TikTok's thousand report metrics follows from the figures of `numbers.py`, and how it is written.

A metric is a small Python expression over `b` (the figures of the row) and `a` (the attributes of its object). The
expressions of one request are compiled into one function, because a page holds a hundred thousand of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from .facts import METRICS, Metric
from .numbers import CLICKS, CONVERSIONS, ENGAGED, FAMILIES, IMPRESSIONS, REAL_TIME, SPEND, TOUCHED

Row = Mapping[str, str]
DASH = "-"

# Counts with a meaning of their own; every other count is a fixed mixture of its family's figures.
COUNTS = {
    "impressions": "b[1]",
    "gross_impressions": "b[1]+b[3]",
    "clicks": "b[2]",
    "conversion": "b[4]",
    "result": "b[4]",
    "real_time_conversion": "b[5]",
    "real_time_result": "b[5]",
    "reach": "b[1]*(60+b[1]%30)//100",
    "video_views_p100": "b[6]",
    "video_views_p75": "b[6]+b[7]",
    "video_views_p50": "b[6]+b[7]+b[8]",
    "video_views_p25": "b[6]+b[7]+b[8]+b[9]",
    "video_watched_6s": "b[6]+b[7]+b[8]",
    "video_watched_2s": "b[6]+b[7]+b[8]+b[9]+b[10]",
    "video_play_actions": "b[1]+b[3]+b[10]",
    "engagements": "b[2]+b[11]+b[12]",
}
MONEY = {"spend": "b[0]", "billed_cost": "b[0]-b[13]", "cash_spend": "b[0]-b[13]", "voucher_spend": "b[13]"}
# Families of conversion events, by metric group. Groups that are missing count what happens on TikTok itself.
GROUP_FAMILY = {
    **dict.fromkeys(("app", "skan"), "app"),
    **dict.fromkeys(("website", "page", "offline", "attribution"), "web"),
    **dict.fromkeys(("shopping", "onsite", "messaging", "native_growth", "live"), "shop"),
}
RATES = {
    "ctr": (COUNTS["clicks"], "b[1]"),
    "conversion_rate": ("b[4]", "b[1]"),
    "conversion_rate_v2": ("b[4]", "b[1]"),
    "result_rate": ("b[4]", "b[1]"),
    "real_time_conversion_rate": ("b[5]", "b[1]"),
    "real_time_conversion_rate_v2": ("b[5]", "b[1]"),
    "real_time_result_rate": ("b[5]", "b[1]"),
    "secondary_goal_result_rate": ("b[15]+b[18]+b[21]", "b[1]"),
    "engagement_rate": ("b[2]+b[11]+b[12]", "b[1]"),
}
PRICES = {
    "cpc": ("b[0]", "b[2]"),
    "cpm": ("b[0]*1000", "b[1]"),
    "cost_per_1000_reached": ("b[0]*1000", COUNTS["reach"]),
    "real_time_app_install_cost": ("b[0]", "{real_time_app_install}"),
}
RESULTS = ("result", "cost_per_result", "result_rate")
MIXED = frozenset(RESULTS) | {"real_time_result", "real_time_cost_per_result", "real_time_result_rate"}
SECONDARY = frozenset(("secondary_goal_result", "cost_per_secondary_goal_result", "secondary_goal_result_rate"))


def _family(metric: Metric) -> tuple[int, int, int]:
    """The figures a metric is mixed from: two counts and a value."""
    family = GROUP_FAMILY.get(metric.group)
    if family is None:
        return ENGAGED, TOUCHED, SPEND
    first = FAMILIES[family]
    if metric.name.startswith("real_time_"):
        return (REAL_TIME, TOUCHED, first + 2) if family == "web" else (first, first + 1, first + 2)
    return first, first + 1, first + 2


def count(name: str) -> str:
    """The expression of a count; for a name that is no count, of the count that belongs to it."""
    if name in COUNTS:
        return COUNTS[name]
    if name == "secondary_goal_result":
        return "b[15]+b[18]+b[21]"
    salt = zlib.crc32(name.encode())
    first, second, _ = _family(METRICS[name])
    return f"{1 + salt % 3}*b[{first}]+{salt // 3 % 3}*b[{second}]"


def money(name: str) -> str:
    """The expression of an amount that adds up, in the smallest unit of the currency."""
    if name in MONEY:
        return MONEY[name]
    return f"{1 + zlib.crc32(name.encode()) % 3}*b[{_family(METRICS[name])[2]}]"


def _counted(name: str) -> str:
    """The count a cost, rate or value per event speaks about: the metric of that name, else its own mixture."""
    for prefix in ("cost_per_", "value_per_", "real_time_cost_per_"):
        if name.startswith(prefix):
            event = ("real_time_" if prefix.startswith("real") else "") + name.removeprefix(prefix)
            return count(event) if event in METRICS else count(name)
    event = name.removesuffix("_rate")
    return count(event) if event in METRICS else count(name)


def _price(metric: Metric) -> str:
    if metric.name in PRICES:
        top, below = PRICES[metric.name]
        return f"price({top},{count('real_time_app_install') if below.startswith('{') else below})"
    top = money(metric.name) if metric.name.startswith("value_per_") else f"b[{SPEND}]"
    return f"price({top},{_counted(metric.name)})"


def _rate(metric: Metric) -> str:
    top, below = RATES.get(metric.name, (_counted(metric.name), f"b[{CLICKS}]"))
    return f"share({top},{below})"


def _ratio(metric: Metric) -> str:
    if metric.name == "frequency":
        return f"ratio(b[{IMPRESSIONS}],{COUNTS['reach']})"
    return f"ratio({money(metric.name)},b[{SPEND}])"


def _plain(metric: Metric) -> str:
    if metric.attribute:
        return f"a[{metric.name!r}]"
    if metric.unit == "currency":
        return f"money({money(metric.name)})" if metric.additive else _price(metric)
    if metric.unit == "percent":
        return _rate(metric)
    if metric.unit == "ratio":
        return _ratio(metric)
    if metric.unit == "seconds":
        return f"ratio(b[{ENGAGED}]+b[{CONVERSIONS}],9)"
    return f"str({count(metric.name)})"


def expression(name: str) -> str:
    """The Python expression that writes a metric as TikTok would."""
    plain = _plain(METRICS[name])
    if name in MIXED:
        return f"({plain} if a['one goal'] else '-')"
    return f"({plain} if a['second goal'] else '-')" if name in SECONDARY else plain


def _money(decimals: int) -> Callable[[int], str]:
    if decimals == 0:
        return str
    return lambda cents: f"{cents // 100}.{cents % 100:02d}"


def _ratio_text(top: int, below: int) -> str:
    if not top or not below:
        return "0.00"
    hundredths = (200 * top + below) // (2 * below)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _share_text(top: int, below: int) -> str:
    return _ratio_text(100 * top, below)


def _price_text(write: Callable[[int], str]) -> Callable[[int, int], str]:
    return lambda top, below: write((2 * top + below) // (2 * below)) if below else DASH


@lru_cache(maxsize=512)
def writer(metrics: tuple[str, ...], decimals: int) -> Callable[[tuple[int, ...], Mapping[str, str]], dict[str, str]]:
    """A function from figures and attributes to the `metrics` object of a row."""
    write = _money(decimals)
    names: dict[str, Any] = {"money": write, "price": _price_text(write), "share": _share_text, "ratio": _ratio_text}
    body = ",".join(f"{name!r}:{expression(name)}" for name in metrics)
    compiled: Callable[[tuple[int, ...], Mapping[str, str]], dict[str, str]] = eval(f"lambda b, a: {{{body}}}", names)
    return compiled


def totals(metrics: tuple[str, ...], decimals: int, figures: tuple[int, ...], one_goal: bool) -> dict[str, str]:
    """What `enable_total_metrics` answers: sums of what may be summed, dashes for the rest."""
    row = writer(tuple(name for name in metrics if METRICS[name].additive), decimals)(
        figures, {"one goal": "y" * one_goal, "second goal": ""}
    )
    return {name: row.get(name, DASH) for name in metrics}
