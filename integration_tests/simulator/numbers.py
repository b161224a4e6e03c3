"""Delivery figures as pure functions of an ad, a day and an hour: no random state, sums that add up exactly.

Every additive metric is a whole-number combination of the figures below, so the rows of ads add up to those of their
campaign, hours to their day and breakdown values to their total.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
SPEND, IMPRESSIONS, CLICKS, INVALID, CONVERSIONS, REAL_TIME = range(6)
VIDEO_100, VIDEO_75, VIDEO_50, VIDEO_25, VIDEO_2S = range(6, 11)
ENGAGED, TOUCHED, VOUCHER = range(11, 14)
FAMILIES = {"web": 14, "app": 17, "shop": 20}
WIDTH = 23
NOTHING = (0,) * WIDTH
RESTATED_FOR_DAYS = 28
# Conversions arrive late: the share of the final count that is known so many days after the day of the ad.
MATURITY = tuple(40 + 60 * age // RESTATED_FOR_DAYS for age in range(RESTATED_FOR_DAYS + 1))

Figures = tuple[int, ...]


def mix(value: int) -> int:
    """Scramble 64 bits (the finaliser of splitmix64)."""
    value &= MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def day_hash(seed: int, day: int) -> int:
    """The 64 bits from which everything about one ad on one day (a proleptic ordinal) follows."""
    return mix(seed + day * GOLDEN)


def delivers(seed: int, day: int) -> bool:
    """Whether an ad ran on that day at all: nine days in sixteen."""
    return day_hash(seed, day) & 15 < 9


def idles(seed: int, day: int) -> bool:
    """Whether a day without delivery still shows up as a row of zeros."""
    return day_hash(seed, day) & 63 == 9


def figures(seed: int, family: str, day: int, age: int) -> Figures:
    """All figures of one delivering ad and day, as known `age` days later."""
    h = day_hash(seed, day)
    known = MATURITY[min(age, RESTATED_FOR_DAYS)]
    impressions = 400 + (h >> 12) % 19_600
    clicks = impressions * ((h >> 26) % 40) // 1000
    spend = impressions * (200 + (h >> 32) % 900) // 1000
    conversions = clicks * ((h >> 42) % 40) // 100
    g = mix(h ^ GOLDEN)
    numbers = [
        spend,
        impressions,
        clicks,
        g & 7,
        conversions * known // 100,
        conversions * 19 // 20,
        impressions >> 4,
        (g >> 3) & 127,
        (g >> 10) & 255,
        (g >> 18) & 255,
        impressions >> 2,
        (g >> 26) & 63,
        (g >> 32) & 31,
        spend // 9,
    ] + [0] * 9
    start = FAMILIES[family]
    numbers[start] = conversions * (3 + (g >> 40) % 5) * known // 800
    numbers[start + 1] = (conversions + ((g >> 45) & 3)) * known // 100
    numbers[start + 2] = conversions * (500 + (g >> 48) % 4000) * known // 100
    return tuple(numbers)


def part(whole: Figures, low: int, high: int, total: int) -> Figures:
    """The share of `whole` between two marks on a scale of `total`; neighbouring shares add up to the whole."""
    return tuple([x * high // total - x * low // total for x in whole])


def total(figures_list: list[Figures]) -> Figures:
    """The element-wise sum."""
    if len(figures_list) == 1:
        return figures_list[0]
    return tuple(map(sum, zip(*figures_list, strict=True))) if figures_list else NOTHING


# Eight ways a day can be spread over its 24 hours, as running sums (doubled, so that a repeated hour can be halved).
def _profile(number: int) -> tuple[int, ...]:
    weights = [1 + (hour * (number + 3) + number) % 11 for hour in range(24)]
    return tuple(2 * sum(weights[:hour]) for hour in range(25))


PROFILES = tuple(_profile(number) for number in range(8))


@lru_cache(maxsize=4096)
def hours_of(zone: ZoneInfo, day: int) -> tuple[tuple[int, int, bool], ...]:
    """The hours a local day really has: (wall-clock hour, start in epoch seconds, is a repetition)."""
    midnight = datetime.fromordinal(day).replace(tzinfo=zone)
    end = int((midnight + timedelta(days=1)).timestamp())
    starts = range(int(midnight.timestamp()), end, 3600)
    labels = [datetime.fromtimestamp(start, tz=zone).hour for start in starts]
    before = [-1, *labels]
    return tuple(
        (label, start, label == before[i]) for i, (label, start) in enumerate(zip(labels, starts, strict=True))
    )


def hour_marks(zone: ZoneInfo, day: int, seed: int) -> tuple[int, ...]:
    """Where each hour of the day begins on the ad's scale, plus the end of the scale."""
    profile = PROFILES[seed & 7]
    hours = hours_of(zone, day)
    marks = [profile[label] + (profile[label + 1] - profile[label]) // 2 * again for label, _, again in hours]
    return (0, *marks[1:], profile[24])


def hours_passed(zone: ZoneInfo, day: int, epoch: int) -> int:
    """How many hours of the local day are over at `epoch`."""
    return sum(start + 3600 <= epoch for _, start, _ in hours_of(zone, day))
