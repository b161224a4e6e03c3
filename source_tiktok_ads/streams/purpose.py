"""What one row of each stream stands for, in words."""

from __future__ import annotations

from collections.abc import Mapping

from source_tiktok_ads.streams.listing import Listing
from source_tiktok_ads.streams.model import Entity, Report, Stream


def purpose(stream: Stream) -> str:
    """What one row of the stream stands for."""
    if isinstance(stream, Report):
        by = " by " + " and ".join(f"`{name}`" for name in stream.by) if stream.by else ""
        return f"the figures of one {_spoken(stream.level.id)} {SPANS[stream.grain.suffix]}{by}"
    if isinstance(stream, Entity):
        return f"one version of one {_spoken(stream.ids[-1])}"
    if isinstance(stream, Listing):
        return LISTED.get(stream.name) or f"one {_singular(stream.name)}"
    return "one ad account"


LISTED: Mapping[str, str] = {
    "creator_campaigns": "one campaign of TikTok One's Creator Marketplace",
    "creator_videos": "the figures of one creator's video in one Creator Marketplace campaign and country",
    "advertiser_accounts": "one ad account that the access token can read",
    "business_center_accounts": "one ad account of one Business Center",
    "business_center_balances": "the money of one ad account of one Business Center",
    "music": "one piece of music",
    "identity_posts": "one TikTok post of one identity",
    "spark_posts": "one TikTok post that may be used in ads by its code",
    "video_insights": "the figures of one video over all time",
    "image_insights": "the figures of one image over all time",
    "instant_page_insights": "the figures of one instant page over all time",
    "video_insights_daily": "the figures of one video in one day",
    "image_insights_daily": "the figures of one image in one day",
    "instant_page_insights_daily": "the figures of one instant page in one day",
    "video_performance": "the figures of one video in each of its seconds",
    "ad_benchmarks": "how one ad compares with others over some days",
    "creative_fatigue": "how tired people are of one ad in one day",
    "business_center_assets": "one ad account, catalog, shop, pixel or the like of one Business Center",
    "business_center_partner_assets": "one asset that one Business Center shares with a partner, or gets shared",
    "pixel_links": "one ad account that one pixel of a Business Center is linked to",
    "catalog_feed_logs": "one update of one feed",
    "pixel_event_statistics": "how often one event of one pixel happened in one day",
    "pixel_instant_page_events": "the events of one kind of instant page",
    "pages": "one page that is no lead form",
    "gmv_max_stores": "one TikTok Shop",
    "gmv_max_insights": "the figures of one kind of GMV Max of one shop in one day",
    "gmv_max_insights_hourly": "the figures of one kind of GMV Max of one shop in one hour",
    "gmv_max_campaign_insights": "the figures of one GMV Max campaign in one day",
    "gmv_max_campaign_insights_hourly": "the figures of one GMV Max campaign in one hour",
    "gmv_max_product_insights_hourly": "the figures of one product in one GMV Max campaign in one hour",
    "gmv_max_room_insights_hourly": "the figures of one livestream in one GMV Max campaign in one hour",
    "gmv_max_product_insights": "the figures of one product in one GMV Max campaign in one day",
    "gmv_max_creative_insights": "the figures of one post in one GMV Max campaign in one day",
    "gmv_max_room_insights": "the figures of one livestream in one GMV Max campaign in one day",
    "change_log": "one change in an ad account: who changed what, when, and the values before and after",
    "business_center_change_log": "one activity in a Business Center: who did what, and when",
    "gmv_max_campaign_settings": "the settings of one GMV Max campaign, which takes one request each",
    "gmv_max_sessions": "one running or coming session of one GMV Max campaign, which takes one request each",
    "gmv_max_videos": "one TikTok post that GMV Max can use for one TikTok Shop",
    "gmv_max_exclusive_authorizations": "whether one ad account may run GMV Max for one TikTok Shop",
    "smart_plus_material_insights": "the figures over all time of one creative, text or the like of one Smart+ ad",
    "smart_plus_material_insights_daily": "the figures in one day of one creative of one Smart+ ad; one request an ad",
    "smart_plus_ad_reviews": "the review of one upgraded Smart+ ad",
    "smart_plus_material_reviews": "the review of one creative of one upgraded Smart+ ad",
    "leads": "one lead: what one person filled into one form",
    "carriers": "the mobile carriers of one country",
}


def _singular(name: str) -> str:
    words = name.replace("_", " ").replace("smart plus", "Smart+").replace("adgroup", "ad group")
    words = words.replace("gmv max", "GMV Max").replace("business center", "Business Center")
    return words.removesuffix("ies") + "y" if words.endswith("ies") else words.removesuffix("s")


SPANS: Mapping[str, str] = {
    "": "in one day",
    "_hourly": "in one hour",
    "_monthly": "in one month",
    "_lifetime": "over all time",
}


def _spoken(column: str) -> str:
    if column == "ad_id_v2":
        return "ad with all its creatives"
    return column.removesuffix("_id").replace("adgroup", "ad group")
