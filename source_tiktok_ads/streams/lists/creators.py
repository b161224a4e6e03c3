"""The lists of TikTok One's Creator Marketplace: campaigns with creators, and the figures of their videos."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from source_tiktok_ads.streams.listing import Listing, MalformedRow, Paging, Parent, Pass, Row, Scope, inside
from source_tiktok_ads.streams.parameters import Params, from_row
from source_tiktok_ads.streams.shapes import FLAG, ID, INTEGER, LIST, MOMENT, NUMBER, OBJECT, OBJECTS, TEXT, Shape

ACCOUNT_IDS = "tto_tcm_account_ids"
COUNTRY_HEADER = "Country-Code"
CODE = re.compile(r"[A-Za-z0-9_-]+")

ACCOUNT_ID = ID("Id of the Creator Marketplace account.")
CAMPAIGN_ID = ID("Id of the Creator Marketplace campaign.")
CAMPAIGN_TYPE = TEXT("What the invite link belongs to: CAMPAIGN or BRAND_LINK (the brand).")
COUNTRY_CODE = TEXT("Code of the country or region that the figures are about.")

CAMPAIGN: Mapping[str, Shape] = {
    "tto_tcm_account_id": ACCOUNT_ID,
    "campaign_id": CAMPAIGN_ID,
    "campaign_type": CAMPAIGN_TYPE,
    "campaign_name": TEXT("Name of the campaign."),
    "campaign_description": TEXT("Description of the campaign."),
    "brand_profile_id": ID("Id of the brand's profile."),
    "brand_name": TEXT("Name of the brand."),
    "handle_names": LIST(TEXT)("Handles of the creators that the campaign is for."),
    "anchor_id": ID("Id of the anchor, a link that the videos show."),
    "video_ids": LIST(ID)("Ids of the videos that are linked to the campaign."),
    "advertiser_ids": LIST(ID)("Ad accounts that may use the videos in Spark Ads."),
    "spark_ads_requested_authorization_days": INTEGER("For how many days videos are authorised for Spark Ads."),
    "invite_link": TEXT("Link by which creators join the campaign."),
    "create_time": MOMENT("When the campaign was created, in UTC."),
    "country_codes": LIST(TEXT)("Countries or regions of the invited creators."),
    "dm_info": OBJECT(business_account_handle=TEXT, dm_allowed=FLAG)("Whether direct messages are allowed."),
}


def _shares(name: str) -> Shape:
    """How an audience is divided by one attribute."""
    return OBJECTS(**{name: TEXT}, percentage=NUMBER)


VIDEO: Mapping[str, Shape] = {
    "tto_tcm_account_id": ACCOUNT_ID,
    "campaign_id": CAMPAIGN_ID,
    "country_code": COUNTRY_CODE,
    "video_id": ID("Id of the video."),
    "video_info": OBJECT(video_id=ID, create_time=MOMENT, embed_url=TEXT, thumbnail_url=TEXT)(
        "When the video was published, in UTC, and its addresses; that of the thumbnail expires."
    ),
    "creator_info": OBJECT(display_name=TEXT, handle_name=TEXT)("Name and handle of the creator."),
    "anchor_id": ID("Id of the anchor, a link that the video shows."),
    "anchor_metrics": OBJECT(
        anchor_views=NUMBER, anchor_clicks=NUMBER, anchor_unique_views=NUMBER, anchor_unique_clicks=NUMBER
    )("How often the anchor was seen and clicked, and by how many people."),
    "ad_cost": NUMBER("What ads with the video have cost."),
    "ad_impressions": INTEGER("How often ads with the video were shown."),
    "ad_clicks": NUMBER("Clicks on ads with the video."),
    "ad_conversions": NUMBER("Conversions of ads with the video."),
    "ad_cpa": NUMBER("Cost per conversion."),
    "ad_cpc": NUMBER("Cost per click."),
    "ad_cpm": NUMBER("Cost per thousand impressions."),
    "ad_ctr": NUMBER("Clicks per impression."),
    "ad_cvr": NUMBER("Conversions per impression."),
    "ad_roas": NUMBER("Return on ad spend."),
    "video_views": INTEGER("Views, paid and organic."),
    "video_views_organic": INTEGER("Organic views."),
    "video_views_paid": INTEGER("Views through Spark Ads."),
    "reach": INTEGER("Estimated number of people who saw the video."),
    "engagement_count": INTEGER("Likes, shares and comments."),
    "engagement_rate": NUMBER("Likes, shares and comments per view."),
    "engagement_rate_organic": NUMBER("The same of organic views."),
    "engagement_rate_paid": NUMBER("The same of views through Spark Ads."),
    "video_completion_rate": NUMBER("Completed views per view."),
    "likes": INTEGER("Likes, paid and organic."),
    "likes_organic": INTEGER("Organic likes."),
    "likes_paid": INTEGER("Likes through Spark Ads."),
    "comments": INTEGER("Comments, paid and organic."),
    "comments_organic": INTEGER("Organic comments."),
    "comments_paid": INTEGER("Comments through Spark Ads."),
    "shares": INTEGER("Shares, paid and organic."),
    "shares_organic": INTEGER("Organic shares."),
    "shares_paid": INTEGER("Shares through Spark Ads."),
    "total_play_time": INTEGER("Seconds for which the video was watched in total."),
    "average_view_time": NUMBER("Average seconds per view."),
    "two_seconds_views": NUMBER("Views of more than two seconds per view."),
    "six_seconds_views": NUMBER("Views of more than six seconds per view."),
    "video_view_retention": LIST(NUMBER)("Share of the viewers who still watch, for each second."),
    "video_views_by_source": OBJECT(
        for_you=INTEGER,
        hashtag=INTEGER,
        sound=INTEGER,
        personal_profile=INTEGER,
        search=INTEGER,
        following=INTEGER,
        other=INTEGER,
    )("Views by the place where the video was found."),
    "audience_genders_distribution": _shares("gender")("Viewers by gender."),
    "audience_countries_distribution": _shares("country")("Views by country or region."),
    "audience_age_distribution": _shares("age")("Viewers by age, from 1 (13 to 17) to 6 (55 and older)."),
    "audience_device_distribution": _shares("device")("Viewers by operating system."),
    "audience_locale_distribution": _shares("locale")("Viewers by state, in the US only."),
    "audience_interest_distribution": _shares("interest_tag")("Viewers by interest category."),
}


def accounts_in(answer: Row) -> Iterator[dict[str, Any]]:
    """The accounts of an answer, which lists bare ids; null if there are none.

    Raises MalformedRow for anything else, also for an answer without the list, because its name may have changed.
    """
    if ACCOUNT_IDS not in answer:
        raise MalformedRow(f"{ACCOUNT_IDS} is missing")
    ids = [] if answer[ACCOUNT_IDS] is None else answer[ACCOUNT_IDS]
    if not isinstance(ids, list):
        raise MalformedRow(f"{ACCOUNT_IDS} is no list")
    yield from ({"tto_tcm_account_id": id} for id in ids)


def with_codes(campaign: Row) -> Iterator[Row]:
    """A campaign whose country codes can each be a header, which takes no other characters."""
    codes = campaign.get("country_codes") or []
    if not isinstance(codes, list) or not all(isinstance(code, str) and CODE.fullmatch(code) for code in codes):
        raise MalformedRow("country_codes of a row is no list of codes")
    yield campaign


def by_country(campaigns: Sequence[Row]) -> Sequence[Row]:
    """Each campaign once for each of its countries; one with videos but no country is requested without one."""
    return [
        {**campaign, "country_code": code}
        for campaign in campaigns
        for code in campaign.get("country_codes") or (["-"] if campaign.get("video_ids") else [])
    ]


def of_country(countries: Sequence[Row]) -> Params:
    """A request for the videos of one campaign in one country."""
    row = countries[0]
    country = {} if row["country_code"] == "-" else {COUNTRY_HEADER: row["country_code"]}
    return {"tto_tcm_account_id": row["tto_tcm_account_id"], "campaign_id": row["campaign_id"], **country}


def video(row: Row) -> Iterator[dict[str, Any]]:
    """A video with its id at the top and its views by source as one object."""
    # TikTok: its reference describes the sources as an object, and its example shows them as a list.
    sources = row.get("video_views_by_source")
    if isinstance(sources, list):
        if not all(isinstance(each, dict) for each in sources):
            raise MalformedRow("video_views_by_source of a row is no list of objects")
        sources = {str(each.get("source")): each.get("video_views") for each in sources}
    id = inside(row, "video_info").get("video_id") or row.get("video_id")
    yield {**row, "video_id": id, "video_views_by_source": sources}


ACCOUNTS = Listing(
    "Creator Marketplace accounts",
    "tto/oauth2/tcm",
    ("tto_tcm_account_id",),
    {"tto_tcm_account_id": ACCOUNT_ID},
    rows_at="",
    paging=Paging.WHOLE,
    scope=Scope.CREATORS,
    records=accounts_in,
    names_app=True,
)
CREATOR_CAMPAIGNS = Listing(
    "creator_campaigns",
    "tto/tcm/campaign",
    ("tto_tcm_account_id", "campaign_id"),
    CAMPAIGN,
    "campaigns",
    page_size=5,
    scope=Scope.CREATORS,
    # TikTok: without a type, only campaigns with an invite link of their own come.
    passes=(Pass({"campaign_type": "CAMPAIGN"}), Pass({"campaign_type": "BRAND_LINK"})),
    parent=Parent(ACCOUNTS, from_row("tto_tcm_account_id"), inherits=("tto_tcm_account_id",)),
    personal=("handle_names",),
)
COUNTRIES = replace(
    CREATOR_CAMPAIGNS,
    name="countries of creator campaigns",
    columns={**CAMPAIGN, "country_code": COUNTRY_CODE},
    records=with_codes,
)

CREATORS: tuple[Listing, ...] = (
    CREATOR_CAMPAIGNS,
    # TikTok: figures are given for one country at a time, which a header names.
    Listing(
        "creator_videos",
        "tto/tcm/report",
        ("tto_tcm_account_id", "campaign_id", "country_code", "video_id"),
        VIDEO,
        "videos",
        page_size=100,
        scope=Scope.CREATORS,
        parent=Parent(
            COUNTRIES, of_country, inherits=("tto_tcm_account_id", "campaign_id", "country_code"), select=by_country
        ),
        records=video,
        personal=("creator_info",),
        headers=(COUNTRY_HEADER,),
    ),
)
