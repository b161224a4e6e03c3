"""The reports on what upgraded Smart+ ads are made of: main creatives, texts, calls to action, interactive add-ons."""

from collections.abc import Iterator, Mapping
from typing import Any

from source_tiktok_ads.streams import fields
from source_tiktok_ads.streams.listing import DatedListing, Listing, Parent, Pass, Row
from source_tiktok_ads.streams.lists.commerce import BY_DAY
from source_tiktok_ads.streams.lists.creatives import VIEWS, figures
from source_tiktok_ads.streams.lists.reviews import SMART_PLUS_ADS
from source_tiktok_ads.streams.model import CURRENCY
from source_tiktok_ads.streams.parameters import from_rows, in_filter, span
from source_tiktok_ads.streams.shapes import ID, TEXT, TEXTS, Shape

MAIN = "main_material_id"
# TikTok: the parts of an ad come by one of these at a time.
PARTS = (MAIN, "ad_text_entity_id", "call_to_action_entity_id", "interactive_add_on_entity_id")

MATERIAL: Mapping[str, Shape] = {
    "smart_plus_ad_id": ID("Id of the upgraded Smart+ ad."),
    "dimension": TEXT(f"What the row is about: {', '.join(PARTS)}; from the request, not from TikTok."),
    "entity_id": ID("Id of the creative, text, call to action or add-on; of a post or a catalog where it is one."),
    "entity_type": TEXT("Its kind, such as VIDEO_SPARK_ADS, text or dynamic_call_to_action."),
    "currency": CURRENCY,
    "main_material_name": TEXT("Name of a main creative."),
}
# What comes unasked of the other parts.
OTHERS: Mapping[str, Shape] = {
    "ad_text": TEXT("The text, where the row is about one."),
    "call_to_action": TEXT("The call to action, where the row is about one."),
    "interactive_add_on_id": ID("Id of the add-on in the library, where the row is about one."),
    "interactive_add_on_name": TEXT("Name of the add-on, where the row is about one."),
}
STATUS: Mapping[str, Shape] = {
    "ad_material_id": TEXTS("Ids of it within the ad, as reviews hold them."),
    "material_primary_status": TEXT("Primary status of it in the ad."),
    "material_second_status_list": TEXTS("Secondary statuses of it in the ad."),
    "operation_status": TEXT("Whether it is switched on: ENABLE, DISABLE or FROZEN."),
}
METRICS = (
    *("spend", "impressions", "gross_impressions", "clicks", "ctr", "cpc", "cpm"),
    *("conversion", "cost_per_conversion", "conversion_rate_v2"),
    *("real_time_conversion", "real_time_cost_per_conversion", "real_time_conversion_rate_v2"),
    *VIEWS,
    *("engaged_view", "engaged_view_15s", "engagements", "engagement_rate", "follows", "likes", "comments", "shares"),
    *("profile_visits", "profile_visits_rate", "clicks_on_music_disc"),
)
FIGURES: Mapping[str, Shape] = {name: fields.METRICS[name].shape for name in METRICS}


def part(row: Row) -> Iterator[dict[str, Any]]:
    """One flat record, in which the part has the same columns whatever it is."""
    for record in figures(row):
        found = next((name for name in PARTS if record.get(name) is not None), MAIN)
        kind = f"{found.removesuffix('_id')}_type"
        rest = {name: value for name, value in record.items() if name not in (found, kind)}
        yield {**rest, "entity_id": record.get(found), "entity_type": record.get(kind)}


def overview(name: str) -> Pass:
    """A reading of the report over all time on one kind of parts of ads."""
    asked = {
        "dimensions": ["smart_plus_ad_id", name],
        "metrics": [*METRICS, *STATUS],
        "query_lifetime": True,
    }
    return Pass(asked, {"dimension": name})


OF_ADS = in_filter(from_rows(smart_plus_ad_ids="smart_plus_ad_id"))
MATERIALS: tuple[Listing, ...] = (
    Listing(
        "smart_plus_material_insights",
        "smart_plus/material_report/overview",
        ("smart_plus_ad_id", "dimension", "entity_id"),
        {**MATERIAL, **OTHERS, **STATUS, **FIGURES},
        page_size=100,
        passes=tuple(map(overview, PARTS)),
        parent=Parent(SMART_PLUS_ADS, OF_ADS, batch_size=200),
        records=part,
    ),
    # TikTok: by day the rows do not tell the ad, so one request is about one ad.
    DatedListing(
        "smart_plus_material_insights_daily",
        "smart_plus/material_report/breakdown",
        ("smart_plus_ad_id", "dimension", "entity_id", "stat_time_day"),
        {**MATERIAL, "stat_time_day": BY_DAY, **FIGURES},
        page_size=100,
        cursor="stat_time_day",
        passes=(Pass({"dimensions": [MAIN, "stat_time_day"], "metrics": [*METRICS]}, {"dimension": MAIN}),),
        parent=Parent(SMART_PLUS_ADS, OF_ADS, inherits=("smart_plus_ad_id",)),
        records=part,
        days=365,
        params_for=span,
    ),
)
