"""The lists of what creatives achieve: reports by day, videos second by second, benchmarks and fatigue of ads."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from source_tiktok_ads.streams.listing import DatedListing, Listing, Parent, Pass, Row, inside
from source_tiktok_ads.streams.lists.creatives import (
    IMAGE_INSIGHTS,
    MATERIAL_ID,
    PAGE_INSIGHTS,
    VIDEO_INSIGHTS,
    figures,
)
from source_tiktok_ads.streams.lists.reviews import ADS
from source_tiktok_ads.streams.model import CURRENCY
from source_tiktok_ads.streams.parameters import Params, from_row, from_rows, in_filter, span
from source_tiktok_ads.streams.shapes import DATE, FLAG, ID, INTEGER, LIST, NUMBER, TEXT, Shape

AD_ID = ID("Id of the ad.")
COUNTS = LIST(INTEGER)
SHARES = LIST(NUMBER)
SECONDS = "in each second of the video, from the start; from the 60th on, all of the rest"

SECOND_BY_SECOND: Mapping[str, Shape] = {
    "clicks": COUNTS(f"Clicks {SECONDS}."),
    "conversions": COUNTS(f"Conversions {SECONDS}."),
    "drop_off": COUNTS(f"People who stopped watching {SECONDS}."),
    "retain": COUNTS(f"People who went on watching {SECONDS}."),
    "ctr": SHARES(f"Clicks as percent of views {SECONDS}."),
    "cvr": SHARES(f"Conversions as percent of clicks {SECONDS}."),
}
VIDEO_PERFORMANCE: Mapping[str, Shape] = {
    "material_id": MATERIAL_ID,
    "video_id": ID("Id of the video; a dash where TikTok does not tell it."),
    "duration": NUMBER("Length of the video, in seconds."),
    **SECOND_BY_SECOND,
}

COMPARED = {
    **{"cost": "cost", "impression": "impressions", "click": "clicks", "conversion": "conversions"},
    **{"cpa": "cost per conversion", "cpc": "cost per click", "cpm": "cost per thousand impressions"},
    **{"cpv": "cost per view", "ctr": "click rate", "cvr": "conversion rate", "pvr": "page view rate"},
    **{"profile_visits_rate": "rate of visits to the profile", "video_views": "views of the video"},
    **{"video_watched_2s": "views of two seconds", "video_watched_6s": "views of six seconds"},
    **{f"video_views_p{part}": f"views of {part} percent of the video" for part in (25, 50, 75, 100)},
    "average_video_play": "average time of watching",
}
BENCHMARK_DIMENSIONS = {
    "location": TEXT("Country or region that the ad is compared in."),
    "placement": TEXT("Place where ads are shown that the ad is compared in."),
    "ad_category": ID("Id of the category of interest that the ad is compared in."),
    "external_action": TEXT("Conversion event that the ad is compared by."),
}
AD_BENCHMARK: Mapping[str, Shape] = {
    "ad_id": AD_ID,
    "compare_time_window": TEXT(
        "For how many days the ad is compared: 7, 14, 30 or 60; from the request, not from TikTok."
    ),
    **BENCHMARK_DIMENSIONS,
    **{name: NUMBER(f"Share of comparable ads with less {said}, from 0 to 1.") for name, said in COMPARED.items()},
}

CREATIVE_FATIGUE: Mapping[str, Shape] = {
    "ad_id": AD_ID,
    "date": DATE("Day, in the time zone of the ad account."),
    "adgroup_id": ID("Id of the ad group of the ad."),
    "currency": CURRENCY,
    "has_fatigue": FLAG("Whether TikTok finds that people are tired of the ad."),
    "fatigue_index": NUMBER("Degree of fatigue, from what changes from day to day; the higher, the more."),
    "dnu": INTEGER("People whom the ad reached for the first time on that day."),
    "dnu_ratio": NUMBER("The same divided by the most of the last 60 days."),
    "spend": NUMBER("Cost of the ad on that day."),
    "cost_per_conversion": NUMBER("Cost per conversion; 0 for iOS 14 dedicated campaigns."),
    "skan_cost_per_conversion": NUMBER("Cost per conversion by SKAdNetwork; 0 for all other campaigns."),
}


def by_day(name: str, report: Listing) -> DatedListing:
    """The daily stream of a report on all that materials have ever achieved: one request an account and day."""
    (whole,) = report.passes
    return DatedListing(
        name,
        report.path,
        ("material_id", "date"),
        {**report.columns, "date": DATE("Day, in the time zone of the ad account.")},
        cursor="date",
        passes=(Pass({**whole.params, "lifetime": False}),),
        records=report.records,
        required=True,
        # TikTok: the figures of a request are those of all its days together, so each day is asked for by itself.
        days=1,
        params_for=span,
        day="date",
    )


def until(first: date, last: date) -> Params:
    """The days of a request for fatigue."""
    # TikTok: the end is not included.
    return {"filtering": span(first, last + timedelta(days=1))}


def fatigue(row: Row) -> Iterator[dict[str, Any]]:
    """A day of an ad with its figures beside the day."""
    yield {**{name: value for name, value in row.items() if name != "metrics"}, **inside(row, "metrics")}


def compared_over(days: str) -> Pass:
    """A reading of the benchmarks of so many days."""
    asked = {"dimensions": [name.upper() for name in BENCHMARK_DIMENSIONS], "metrics_fields": [*COMPARED]}
    return Pass({"compare_time_window": days, **asked}, {"compare_time_window": days})


SHOWN_VIDEOS = replace(
    VIDEO_INSIGHTS,
    name="videos that were shown",
    # A video that was ever shown stays in a report on all time.
    inborn=True,
    columns={"material_id": MATERIAL_ID},
    passes=(
        Pass({"material_type": "VIDEO", "lifetime": True, "info_fields": ["material_id"], "metrics_fields": ["spend"]}),
    ),
)

CREATIVE_INSIGHTS: tuple[Listing, ...] = (
    by_day("video_insights_daily", VIDEO_INSIGHTS),
    by_day("image_insights_daily", IMAGE_INSIGHTS),
    by_day("instant_page_insights_daily", PAGE_INSIGHTS),
    Listing(
        "video_performance",
        "report/video_performance/get",
        ("material_id", "video_id"),
        VIDEO_PERFORMANCE,
        page_size=500,
        passes=(Pass({"report_type": "VIDEO", "metrics_fields": [*SECOND_BY_SECOND]}),),
        # TikTok: one material or one video a request; without a span, the seconds of all time come.
        parent=Parent(SHOWN_VIDEOS, in_filter(from_rows(material_ids="material_id")), inherits=("material_id",)),
        records=figures,
        empty_keys=("video_id",),
    ),
    Listing(
        "ad_benchmarks",
        "report/ad_benchmark/get",
        ("ad_id", "compare_time_window", *BENCHMARK_DIMENSIONS),
        AD_BENCHMARK,
        page_size=100,
        passes=tuple(compared_over(days) for days in ("7", "14", "30", "60")),
        parent=Parent(ADS, in_filter(from_rows(ad_ids="ad_id")), batch_size=100),
        records=figures,
        # TikTok: an ad that was hardly shown comes without anything else.
        empty_keys=(*BENCHMARK_DIMENSIONS,),
    ),
    DatedListing(
        "creative_fatigue",
        "creative_fatigue/get",
        ("ad_id", "date"),
        CREATIVE_FATIGUE,
        page_size=500,
        cursor="date",
        parent=Parent(ADS, from_row("ad_id")),
        records=fatigue,
        # TikTok: of the last 60 days only, and the end of a span, which is not included, has to be among them.
        days=59,
        back=59,
        lag=1,
        params_for=until,
    ),
)
