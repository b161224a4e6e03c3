"""The lists of audiences, of what measures events, and of lead forms."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from source_tiktok_ads.streams.listing import DatedListing, Listing, Paging, Parent, Pass, Row, Scope, rows_inside
from source_tiktok_ads.streams.parameters import Params, from_row, from_rows, span
from source_tiktok_ads.streams.shapes import DATE, FLAG, ID, INTEGER, LIST, MOMENT, NUMBER, OBJECT, OBJECTS, TEXT, Shape

TEXTS = LIST(TEXT)
IDS = LIST(ID)
PIXEL_ID = ID("Id of the pixel.")

AUDIENCE: Mapping[str, Shape] = {
    "audience_id": ID("Id of the audience, as audience_ids of ad groups hold it."),
    "name": TEXT("Name of the audience."),
    "audience_type": TEXT("Kind of audience, in words for people, such as Website Audience."),
    "calculate_type": TEXT("What people of an uploaded file are recognised by; null for other audiences."),
    "cover_num": INTEGER("About how many people it holds; 0 where they are too few or not counted yet."),
    "create_time": MOMENT("When it was created, in UTC."),
    "expired_time": MOMENT("When it can no longer be used, in UTC."),
    "is_valid": FLAG("Whether it can be used now."),
    "is_expiring": FLAG("Whether it soon can't be used any more."),
    "is_creator": FLAG("Whether this account made it."),
    "shared": FLAG("Whether another account shares it with this one."),
}

SAVED_AUDIENCE: Mapping[str, Shape] = {
    "saved_audience_id": ID("Id of the saved audience."),
    "saved_audience_name": TEXT("Name of the saved audience."),
    "location_ids": IDS("Ids of the regions where people are."),
    "gender": TEXT("Gender: GENDER_FEMALE, GENDER_MALE or GENDER_UNLIMITED."),
    "age_groups": TEXTS("Age groups, such as AGE_25_34; null for all ages."),
    "languages": TEXTS("Codes of the languages people use."),
    "audience_ids": IDS("Ids of the audiences people belong to."),
    "excluded_audience_ids": IDS("Ids of the audiences people must not belong to."),
    "interest_category_ids": IDS("Ids of the categories people are interested in."),
    "interest_keyword_ids": IDS("Ids of the keywords people are interested in."),
    "actions": OBJECTS(action_scene=TEXT, action_period=INTEGER, action_category_ids=IDS, video_user_actions=TEXTS)(
        "What people did: with what, in how many days, of which categories."
    ),
    "operating_systems": TEXTS("Operating systems people use."),
    "min_android_version": TEXT("Oldest version of Android."),
    "min_ios_version": TEXT("Oldest version of iOS."),
    "device_model_ids": IDS("Ids of the device models people use."),
    "device_price_ranges": LIST(NUMBER)("Lowest and highest price of the device, in US dollars."),
    "network_types": TEXTS("Kinds of connection, such as WIFI or 4G."),
    "carrier_ids": IDS("Ids of the mobile carriers people use."),
}

PIXEL: Mapping[str, Shape] = {
    "pixel_id": PIXEL_ID,
    "pixel_code": TEXT("Code by which the website names the pixel."),
    "pixel_name": TEXT("Name of the pixel."),
    "pixel_category": TEXT("What kind of website it measures, such as ONLINE_STORE."),
    "pixel_setup_mode": TEXT("How it was set up: DEVELOPER or STANDARD."),
    "pixel_script": TEXT("The script to be placed on the website."),
    "partner_name": TEXT("Name of the platform that placed the pixel."),
    "create_time": MOMENT("When it was created, in UTC."),
    "advanced_matching_fields": OBJECT(phone_number=FLAG, email=FLAG)(
        "What people are recognised by where the website passes it on."
    ),
    "automatic_advanced_matching_fields": OBJECT(
        phone_number=FLAG, email=FLAG, name=FLAG, address=FLAG, external_id=FLAG
    )("What people are recognised by where the pixel finds it on the page."),
    "enable_first_party_cookies": FLAG("Whether it sets cookies of the website."),
    "enable_expanded_data_sharing": FLAG("Whether more data is shared with TikTok."),
    "asset_ownership": OBJECT(asset_relation_status=TEXT, ownership_status=FLAG, owner_bc_id=ID)(
        "Which Business Center owns it, and whether it is shared."
    ),
    "events": OBJECTS(
        event_id=ID,
        event_code=TEXT,
        event_type=TEXT,
        custom_event_type=TEXT,
        optimization_event=TEXT,
        name=TEXT,
        currency=TEXT,
        currency_value=TEXT,
        statistic_type=TEXT,
        deprecated=FLAG,
        rules=OBJECTS(operator=TEXT, trigger=TEXT, value=TEXT, variable=TEXT),
    )("The events it measures, each with what sets it off and how it is counted."),
}

PIXEL_EVENT_STATISTIC: Mapping[str, Shape] = {
    "pixel_id": PIXEL_ID,
    "date": DATE("The day the events happened, in UTC."),
    "pixel_event_type": TEXT("The event, such as AddToCart; a dash for a custom event."),
    "custom_event_type": TEXT("The event where it is one's own; a dash for TikTok's events."),
    "total_count": INTEGER("How many times it was received."),
    "attributed_count": INTEGER("How many times it was put down to an ad."),
    "preview_count": INTEGER("How many of them were tests."),
    "browser_event_total_count": INTEGER("How many the browser sent."),
    "server_event_total_count": INTEGER("How many the website's server sent."),
}

PIXEL_INSTANT_PAGE_EVENT: Mapping[str, Shape] = {
    "business_type": TEXT("Kind of instant page, such as TIKTOK_INSTANT_PAGE."),
    "objective_type": TEXT("The objective that was asked for; TikTok may answer with the events of a like one."),
    "optimization_goal": TEXT("The optimisation goal that was asked for."),
    "instant_page_events": OBJECT(
        objective_types=OBJECTS(
            objective_type=TEXT, optimization_goals=OBJECTS(optimization_goal=TEXT, optimization_events=TEXTS)
        )
    )("The events that may be optimised for on it, by objective and goal."),
}

# TikTok: the goals of each objective, as its page on budgets of campaigns and its reference of lead generation have
# them. Which of them instant pages support, only its answers tell; others are refused with 40002.
GOALS: Mapping[str, Sequence[str]] = {
    "WEB_CONVERSIONS": ("CONVERT", "VALUE", "AUTOMATIC_VALUE_OPTIMIZATION"),
    "LEAD_GENERATION": ("LEAD_GENERATION", "CONVERSION_LEADS"),
    "TRAFFIC": ("CLICK", "TRAFFIC_LANDING_PAGE_VIEW"),
    "PRODUCT_SALES": ("CONVERT", "VALUE", "INSTALL", "IN_APP_EVENT"),
    "APP_PROMOTION": ("INSTALL", "IN_APP_EVENT", "VALUE"),
    "ENGAGEMENT": ("FOLLOWERS", "PAGE_VISIT"),
    "VIDEO_VIEWS": ("ENGAGED_VIEW", "ENGAGED_VIEW_FIFTEEN"),
    "REACH": ("REACH",),
}


def of_goal(objective: str, goal: str) -> Pass:
    """What is asked for one pair of objective and goal, which the rows do not tell by themselves."""
    pair = {"objective_type": objective, "optimization_goal": goal}
    return Pass(pair, pair)


APP: Mapping[str, Shape] = {
    "app_id": ID("Id of the app at TikTok, as campaigns and ad groups hold it."),
    "tiktok_app_id": ID("Id of the app that TikTok gives it besides."),
    "app_name": TEXT("Name of the app."),
    "app_platform_id": TEXT("Id of the app in its store."),
    "app_type": TEXT("Kind of app."),
    "platform": TEXT("Operating system the app runs on."),
    "download_url": TEXT("Address of the app in its store."),
    "icon_url": TEXT("Address of the app's icon."),
    "partner_id": ID("Id of the partner that measures the app."),
    "partner_name": TEXT("Name of the partner that measures the app."),
    "enable_retargeting": TEXT("Whether people who have the app may be targeted."),
    "skan_allowed": FLAG("Whether it is measured by SKAdNetwork."),
    "self_attribution_enabled": FLAG("Whether TikTok itself attributes installs."),
    "advanced_dedicated_campaign_allowed": FLAG("Whether it may have Advanced Dedicated Campaigns."),
    "tracking_url": OBJECT(
        click_url=TEXT, impression_url=TEXT, retargeting_click_url=TEXT, retargeting_impression_url=TEXT
    )("Addresses called at clicks and impressions."),
}

PAGE: Mapping[str, Shape] = {
    "page_id": ID("Id of the page, as page_id of ads holds it."),
    "title": TEXT("Title of the page."),
    "status": TEXT("Status of the page: DRAFT, EDITED, PUBLISHED or READY."),
    "create_time": MOMENT("When it was created, in UTC."),
    "update_time": MOMENT("When it was last changed, in UTC."),
    "publish_time": MOMENT("When it was published, in UTC."),
    "preview_url": TEXT("Signed address of a preview; it expires and changes on every read."),
    "thumbnail": TEXT("Address of a small picture of the page."),
    "template_id": ID("Id of the template it was made of."),
    "template_name": TEXT("Name of the template it was made of."),
    "supported_objectives": TEXTS("Advertising objectives it may be used for."),
    "app_id": ID("Id of the app it is about."),
    "has_cpp": FLAG("Whether it has a custom product page in the app store."),
    "destination_urls": TEXTS("Addresses the page leads to."),
    "message_app_type": TEXT("Messaging app the page leads to, such as WHATSAPP."),
    "message_app_account_id": ID("Account in that messaging app."),
    "messaging_app_type": TEXT("Messaging app the page leads to, by another of TikTok's names."),
    "messaging_app_account_id": ID("Account in that messaging app, by another of TikTok's names."),
    "transfer_status": TEXT("Whether the page is being handed over to another account."),
    "user_id": ID("Id of the TikTok user who made the page."),
    "is_associated": FLAG("Whether it is linked with the account."),
    "duplicate_id": ID("Id of the page it is a copy of."),
}

LEAD_FORMS: Params = {"business_type": "LEAD_GEN"}
# TikTok: page/get gives lead forms unless other kinds of business are asked for by name.
OTHER_BUSINESS_TYPES = [
    "APP_PROFILE_PAGE",
    "POP_UP_FORM",
    "SHOP_ADS_PDP",
    "SHOP_ADS_PLP",
    "STORE_FRONT",
    "TIKTOK_INSTANT_PAGE",
]


def updated_since(moment: str, now: str) -> Params:
    """The filter for pages changed from a moment on until now, both UTC."""
    # TikTok: the range takes both of its ends or none.
    return {"update_time_range": {"start": moment, "end": now}}


def within(first: date, last: date) -> Params:
    """The days of a request for the statistics of pixels."""
    return {"date_range": span(first, last)}


def statistics(pixel: Row) -> Iterator[dict[str, Any]]:
    """One record for each event of a pixel."""
    for statistic in rows_inside(pixel, "statistics"):
        yield {"pixel_id": pixel.get("pixel_id"), **statistic}


LIBRARY: Mapping[str, Shape] = {
    "library_id": ID("Id of the library, one for each Business Center that has taken over pages."),
    "library_name": TEXT("Name of the library."),
    "advertiser_id": ID("Id of the ad account its pages came from."),
    "create_time": MOMENT("When it was created, in UTC."),
    "update_time": MOMENT("When it was last changed, in UTC."),
}
# TikTok: the answer is documented without page_info.
LIBRARIES = Listing(
    "libraries of pages",
    "page/library/get",
    ("library_id",),
    LIBRARY,
    paging=Paging.UNCOUNTED,
    page_size=100,
    scope=Scope.CENTERS,
)


def page_list(name: str, kinds: Params, **more: Any) -> Listing:
    """A list of the pages of some kinds of business."""
    return Listing(name, "page/get", ("page_id",), PAGE, page_size=100, passes=(Pass(kinds),), **more)


def pages(name: str, kinds: Params) -> Listing:
    """The stream of the pages of some kinds of business, those that a Business Center has taken over among them."""
    # TikTok: a page that was moved to a Business Center is listed in its library alone, which names no account.
    of_library = Parent(LIBRARIES, from_row("library_id"), owner="advertiser_id")
    moved = page_list(f"{name} of Business Centers", kinds, scope=Scope.CENTERS, parent=of_library, since=updated_since)
    return page_list(name, kinds, cursor="update_time", since=updated_since, personal=("user_id",), more=(moved,))


PIXELS = Listing("pixels", "pixel/list", ("pixel_id",), PIXEL, "pixels", page_size=20, cursor="create_time")

AUDIENCE_LIST = Listing(
    "audiences",
    "dmp/custom_audience/list",
    ("audience_id",),
    AUDIENCE,
    page_size=100,
    cursor="create_time",
    required=True,
)

APPS = Listing("apps", "app/list", ("app_id",), APP, "apps", paging=Paging.WHOLE, required=True)

AUDIENCES: tuple[Listing, ...] = (
    AUDIENCE_LIST,
    Listing(
        "saved_audiences",
        "dmp/saved_audience/list",
        ("saved_audience_id",),
        SAVED_AUDIENCE,
        "saved_audiences",
        page_size=100,
        required=True,
    ),
    PIXELS,
    DatedListing(
        "pixel_event_statistics",
        "pixel/event/stats",
        ("pixel_id", "date", "pixel_event_type", "custom_event_type"),
        PIXEL_EVENT_STATISTIC,
        paging=Paging.WHOLE,
        cursor="date",
        parent=Parent(PIXELS, from_rows(pixel_ids="pixel_id"), batch_size=10),
        records=statistics,
        containers=("statistics",),
        empty_keys=("pixel_event_type", "custom_event_type"),
        # TikTok: the counts of a request are of all its days together, so each day is asked for by itself.
        days=1,
        params_for=within,
        day="date",
        utc=True,
        # A pixel can be handed on from another account.
        older=True,
    ),
    Listing(
        "pixel_instant_page_events",
        "pixel/instant_page/event",
        ("business_type", "objective_type", "optimization_goal"),
        PIXEL_INSTANT_PAGE_EVENT,
        paging=Paging.WHOLE,
        passes=tuple(of_goal(objective, goal) for objective, goals in GOALS.items() for goal in goals),
        trying=True,
    ),
    APPS,
    pages("lead_forms", LEAD_FORMS),
    pages("pages", {"business_types": OTHER_BUSINESS_TYPES}),
)
