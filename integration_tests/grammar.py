"""What each report stream asks TikTok for, read off its name by the grammar of names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

LEVELS: Mapping[str, tuple[str, str]] = {
    "advertiser": ("AUCTION_ADVERTISER", "advertiser_id"),
    "campaign": ("AUCTION_CAMPAIGN", "campaign_id"),
    "adgroup": ("AUCTION_ADGROUP", "adgroup_id"),
    "ad": ("AUCTION_AD", "ad_id"),
}
BREAKDOWNS: Mapping[str, tuple[str, ...]] = {
    "age_and_gender": ("age", "gender"),
    "country": ("country_code",),
    "country_extended": ("country_code",),
    "platform": ("platform",),
    "province": ("province_id",),
    "language": ("language",),
    "placement": ("placement",),
    "dma": ("dma_id",),
    "ac": ("ac",),
    "interest_category": ("interest_category",),
    "interest_category_tier2": ("interest_category_tier2",),
    "interest_category_tier3": ("interest_category_tier3",),
    "interest_category_tier4": ("interest_category_tier4",),
    "device_brand": ("device_brand_id",),
    "catalog": ("catalog_id",),
    "product_set": ("product_set_id",),
    "product": ("product_id",),
    "sku": ("sku_id",),
    "search_term": ("search_terms",),
    "search_keyword": ("search_keyword",),
    "contextual_tag": ("contextual_tag",),
    "post": ("post_id",),
    "instant_page": ("page_id",),
    "form_component": ("component_name",),
    "live_room": ("room_id",),
    "ad_type": ("ad_type",),
}
# Ads with all their creatives.
SMART_PLUS: Mapping[str, tuple[str, str]] = {"smart_plus_ad": ("AUCTION_AD", "ad_id_v2")}
# Levels that custom reports know besides.
OTHER_LEVELS: Mapping[str, tuple[str, str]] = {"ad_v2": ("AUCTION_AD", "ad_id_v2"), "playable": ("", "playable_id")}
GRAINS = {"day": "stat_time_day", "hour": "stat_time_hour", "month": "period_start", "lifetime": ""}
# The column that tells the times of a report's rows apart, by the suffix of its name.
TIMES = {
    "": "stat_time_day",
    "daily": "stat_time_day",
    "hourly": "stat_time_hour",
    "monthly": "period_start",
    "lifetime": "",
}
NAME = re.compile(
    r"(?P<level>advertiser|campaign|adgroup|ad|smart_plus_ad)_insights"
    r"(_by_(?P<by>.+?))?(_(?P<grain>daily|hourly|monthly|lifetime))?"
)
SHOP = {"gmv_max_insights_by_country": "advertiser", "gmv_max_campaign_insights_by_country": "campaign"}

DAILY = ("", "_by_age_and_gender", "_by_country", "_by_country_extended", "_by_platform", "_by_province")
DAILY_TOO = ("_by_language", "_by_placement", "_by_dma", "_by_ac")
INTERESTS = ("interest_category", "interest_category_tier2", "interest_category_tier3", "interest_category_tier4")
MONTHLY = tuple(f"_by_{name}_monthly" for name in (*INTERESTS, "device_brand"))
# TikTok's rules refuse them, and yet other connectors ask for them.
COUNTRIES_BY_HOUR = ("adgroup_insights_by_country_extended_hourly", "ad_insights_by_country_extended_hourly")
SEARCHES_BY_AD = ("ad_insights_by_search_term_daily", "ad_insights_by_search_keyword_daily")
# What ads show or lead to, and the content that they stand beside.
SHOWN = (
    *(f"ad_insights_by_{name}" for name in ("post", "instant_page", "form_component", "live_room")),
    *(f"{level}_insights_by_ad_type" for level in ("adgroup", "campaign")),
)
CONTEXTS = tuple(f"{level}_insights_by_contextual_tag" for level in LEVELS)
# The simulator refuses these, as TikTok's rules have it.
REFUSED = (*COUNTRIES_BY_HOUR, *SEARCHES_BY_AD)
# What ads have shown of catalogs; no source tells of a metric that names the parents of an ad.
PRODUCTS = tuple(f"ad_insights_by_{name}" for name in ("catalog", "product_set", "product", "sku"))
# Small counts are veiled there.
SEARCHES = tuple(f"{level}{name.removeprefix('ad')}" for level in LEVELS for name in SEARCHES_BY_AD)
# Every report stream there has to be.
NAMES = (
    *(f"{level}_insights{rest}" for level in LEVELS for rest in (*DAILY, *DAILY_TOO, "_hourly", "_lifetime", *MONTHLY)),
    *(f"smart_plus_ad_insights{rest}" for rest in ("_daily", *DAILY[1:], *DAILY_TOO, "_hourly", "_lifetime", *MONTHLY)),
    *COUNTRIES_BY_HOUR,
    *SEARCHES,
    *SHOWN,
    *CONTEXTS,
    *PRODUCTS,
    *SHOP,
)


@dataclass(frozen=True)
class Asked:
    """A report as TikTok is asked for it; `time` is the column that tells times apart, empty where none does."""

    data_level: str
    report_type: str
    id_dimension: str
    by: tuple[str, ...] = ()
    time: str = "stat_time_day"

    @property
    def monthly(self) -> bool:
        """Whether it is asked for month by month."""
        return self.time == "period_start"

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What the rows are grouped by."""
        times = (self.time,) if self.time.startswith("stat_time") else ()
        return (self.id_dimension, *self.by, *times)


@lru_cache
def asked(stream: str) -> Asked | None:
    """The report behind a stream's name; None for a name that is no report's."""
    if stream in SHOP:
        level, id_dimension = LEVELS[SHOP[stream]]
        return Asked(level, "TT_SHOP", id_dimension, BREAKDOWNS["country"])
    told = NAME.fullmatch(stream)
    if told is None or (told["by"] and told["by"] not in BREAKDOWNS):
        return None
    level, id_dimension = {**LEVELS, **SMART_PLUS}[told["level"]]
    basic = told["by"] in (None, "country_extended", "search_term", "search_keyword") or stream in SHOWN
    by = BREAKDOWNS[told["by"]] if told["by"] else ()
    kind = "CATALOG" if stream in PRODUCTS else "BASIC" if basic else "AUDIENCE"
    return Asked(level, kind, id_dimension, by, TIMES[told["grain"] or ""])


def report(stream: str) -> Asked:
    """The report behind a stream's name. Raises LookupError where there is none."""
    found = asked(stream)
    if found is None:
        raise LookupError(f"{stream} is not the name of a report")
    return found
