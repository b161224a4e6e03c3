"""The lists of GMV Max beside its campaigns and reports: settings, sessions, videos of shops, who holds the right."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from source_tiktok_ads.streams.entities import CAMPAIGN_ID, OPERATION_STATUS
from source_tiktok_ads.streams.listing import Listing, Paging, Parent, Row
from source_tiktok_ads.streams.lists.commerce import (
    GMV_MAX_CAMPAIGNS,
    PRODUCT_GMV_MAX,
    STORE_ID,
    STORES,
    TEXTS,
    promoting,
)
from source_tiktok_ads.streams.parameters import Params, from_row
from source_tiktok_ads.streams.shapes import DATE, FLAG, ID, INTEGER, LIST, MOMENT, NUMBER, OBJECT, OBJECTS, TEXT, Shape

OWNER_ID = ID("Id of the Business Center that may use the shop.")
IDENTITY = {
    "identity_id": ID,
    "identity_type": TEXT,
    "identity_authorized_bc_id": ID,
    "identity_authorized_shop_id": ID,
    "store_id": ID,
}
BUDGET_RISES = {
    "budget_increase_percentage": INTEGER,
    "increase_limit": INTEGER,
    "current_budget": NUMBER,
    "next_increase": NUMBER,
    "remained_times": INTEGER,
    "maximum_budget": NUMBER,
}
VIDEO = {
    "video_id": ID,
    "video_cover_url": TEXT,
    "preview_url": TEXT,
    "height": INTEGER,
    "width": INTEGER,
    "bit_rate": INTEGER,
    "duration": NUMBER,
    "size": INTEGER,
    "signature": TEXT,
    "format": TEXT,
    "definition": TEXT,
    "fps": NUMBER,
}
SCHEDULE: Mapping[str, Shape] = {
    "schedule_type": TEXT("SCHEDULE_FROM_NOW, or SCHEDULE_START_END where it ends."),
    "schedule_start_time": MOMENT("When it starts, in UTC."),
    "schedule_end_time": MOMENT("When it ends, in UTC."),
}

SETTINGS: Mapping[str, Shape] = {
    "campaign_id": CAMPAIGN_ID,
    "campaign_name": TEXT("Name of the campaign."),
    "operation_status": OPERATION_STATUS,
    "store_id": STORE_ID,
    "store_authorized_bc_id": OWNER_ID,
    "shopping_ads_type": TEXT("What is promoted: PRODUCT or LIVE."),
    "product_specific_type": TEXT("Which products: ALL, CUSTOMIZED_PRODUCTS or UNSET."),
    "item_group_ids": LIST(ID)("Ids of the products (SPU), where they were chosen one by one."),
    "optimization_goal": TEXT("What is optimised for: VALUE."),
    "roi_protection_enabled": FLAG("Whether TikTok credits a return below the target."),
    "deep_bid_type": TEXT("Bid strategy: VO_MIN_ROAS."),
    "roas_bid": NUMBER("Target of gross revenue per cost."),
    "budget": NUMBER("Daily budget."),
    "promotion_days": OBJECT(
        is_enabled=FLAG,
        auto_schedule_enabled=FLAG,
        custom_schedule_list=OBJECTS(start_time=DATE, end_time=DATE),
        roas_bid_multiplier=NUMBER,
        adjusted_roas_bid=NUMBER,
        **BUDGET_RISES,
        estimated_gross_revenue_increase=TEXT,
    )("What changes on promotion days, whose dates are in the time zone of the ad account."),
    "auto_budget": OBJECT(auto_budget_enabled=FLAG, **BUDGET_RISES)("How the budget rises on other days."),
    "auto_budget_enabled": FLAG("Whether the budget rises by itself; TikTok is about to drop it for auto_budget."),
    **SCHEDULE,
    "placements": TEXTS("Apps that the ads are shown in."),
    "location_ids": LIST(ID)("Ids of the targeted regions."),
    "age_groups": TEXTS("Targeted age groups."),
    "product_video_specific_type": TEXT("How videos are chosen: AUTO_SELECTION, CUSTOM_SELECTION or UNSET."),
    "accelerate_testing_for_new_videos": TEXT("Whether new videos are tested first: ON or OFF."),
    "identity_list": OBJECTS(**IDENTITY)("TikTok accounts of the campaign."),
    "affiliate_posts_enabled": FLAG("Whether posts of affiliates are used."),
    "item_list": OBJECTS(
        item_id=ID,
        text=TEXT,
        spu_id_list=LIST(ID),
        identity_info=OBJECT(**IDENTITY, profile_image=TEXT, user_name=TEXT),
        video_info=OBJECT(**VIDEO),
    )("TikTok posts of the campaign."),
    "campaign_custom_anchor_video_id": ID("Id of the campaign's collection of posts with links of their own."),
    "custom_anchor_video_list": OBJECTS(item_id=ID, spu_id_list=LIST(ID), identity_info=OBJECT(**IDENTITY))(
        "Posts with links to products that were added for the campaign."
    ),
}

SESSION: Mapping[str, Shape] = {
    "campaign_id": CAMPAIGN_ID,
    "session_id": ID("Id of the session."),
    "bid_type": TEXT("NO_BID: a session of max delivery; CREATIVE_NO_BID: one that boosts a video."),
    "budget": NUMBER("Daily budget of the session."),
    "product_list": OBJECTS(spu_id=ID)("Products (SPU) of the session."),
    **SCHEDULE,
}

SHOP_VIDEO: Mapping[str, Shape] = {
    "store_id": STORE_ID,
    "item_id": ID("Id of the TikTok post."),
    "text": TEXT("Caption of the post."),
    "spu_id_list": LIST(ID)("Ids of the products (SPU) that the post links to."),
    "can_change_anchor": FLAG("Whether another link to a product can be set for a campaign."),
    "identity_info": OBJECT(**IDENTITY, profile_image=TEXT, display_name=TEXT)("The TikTok account of the post."),
    "video_info": OBJECT(**VIDEO)("The video; its addresses expire within hours."),
}

AUTHORIZATION: Mapping[str, Shape] = {
    "store_id": STORE_ID,
    "authorization_status": TEXT(
        "Whether the account may run GMV Max for the shop: EFFECTIVE, INEFFECTIVE (no more) or UNAUTHORIZED (never)."
    ),
    "advertiser_name": TEXT("Name of the ad account, unless it was never authorised."),
    "advertiser_status": TEXT("Status of the ad account, unless it was never authorised."),
    "identity_id": ID("Id of the shop's official TikTok account."),
}


def of_shop(shops: Sequence[Row]) -> Params:
    """A request about one shop, or an identity of it."""
    return {name: shops[0][name] for name in ("store_id", "store_authorized_bc_id")}


def has_center(shop: Row) -> bool:
    """Whether it is known through which Business Center a shop can be asked about."""
    return bool(shop.get("store_authorized_bc_id"))


def can_run(shop: Row) -> bool:
    """Whether the account may run GMV Max for a shop now."""
    return has_center(shop) and shop.get("is_gmv_max_available") is True


def of_code(shops: Sequence[Row]) -> Params:
    """A request for the posts of a shop that were authorised by a code."""
    return {**of_shop(shops), "need_auth_code_video": True}


def apart(identity: Row) -> Iterator[dict[str, Any]]:
    """An identity that TikTok takes here; the shop it belongs to stands apart from the shop that was asked about."""
    if identity.get("product_gmv_max_available") is not False and identity.get("identity_type") != "AUTH_CODE":
        own = {"own_store_id": identity.get("store_id")}
        yield {**{name: value for name, value in identity.items() if name != "store_id"}, **own}


def of_identities(identities: Sequence[Row]) -> Params:
    """A request for the posts of some identities of one shop."""
    return {**of_shop(identities), "identity_list": [*map(_named, identities)]}


def _named(identity: Row) -> Params:
    # TikTok: identities of a Business Center go with its id, and the shop's if it has one; official ones with the shop.
    kind = identity["identity_type"]
    others = ("identity_authorized_bc_id", "identity_authorized_shop_id") if kind == "BC_AUTH_TT" else ()
    told = {name: identity[name] for name in ("identity_id", "identity_type", *others) if identity.get(name)}
    own = identity.get("own_store_id") or identity["store_id"]
    return {**told, "store_id": own} if kind == "TTS_TT" else told


CENTER = ("store_authorized_bc_id",)
SHOPS = Parent(STORES, of_shop, inherits=("store_id", *CENTER), keep=can_run, needs=CENTER)
IDENTITIES = Listing(
    "identities of shops for GMV Max",
    "gmv_max/identity/get",
    ("store_id", "identity_id", "identity_type", "identity_authorized_bc_id"),
    {"store_id": STORE_ID, "store_authorized_bc_id": OWNER_ID, **IDENTITY, "own_store_id": ID},
    "identity_list",
    Paging.WHOLE,
    parent=SHOPS,
    records=apart,
    empty_keys=("identity_authorized_bc_id",),
)


def shop_videos(name: str, parent: Parent, more: tuple[Listing, ...] = ()) -> Listing:
    """The TikTok posts that GMV Max can use for a shop, as far as `parent` asks for them."""
    ids = ("store_id", "item_id")
    return Listing(*(name, "gmv_max/video/get", ids, SHOP_VIDEO, "item_list"), page_size=50, parent=parent, more=more)


GMV_MAX: tuple[Listing, ...] = (
    Listing(
        "gmv_max_campaign_settings",
        "campaign/gmv_max/info",
        ("campaign_id",),
        SETTINGS,
        rows_at="",
        paging=Paging.WHOLE,
        parent=Parent(GMV_MAX_CAMPAIGNS, from_row("campaign_id"), inherits=("campaign_id",)),
    ),
    # TikTok: sessions belong to campaigns for products; those that have ended are not listed.
    Listing(
        "gmv_max_sessions",
        "campaign/gmv_max/session/list",
        ("session_id",),
        SESSION,
        "session_list",
        Paging.WHOLE,
        parent=Parent(
            replace(
                GMV_MAX_CAMPAIGNS,
                name="GMV Max campaigns for products",
                passes=(promoting(PRODUCT_GMV_MAX),),
                with_deleted=(),
            ),
            from_row("campaign_id"),
            inherits=("campaign_id",),
        ),
    ),
    # TikTok: posts come only to those who name identities, twenty at most, or ask for codes.
    shop_videos(
        "gmv_max_videos",
        Parent(IDENTITIES, of_identities, inherits=("store_id",), batch_size=20),
        (shop_videos("posts of shops by code", replace(SHOPS, params_for=of_code, inherits=("store_id",))),),
    ),
    Listing(
        "gmv_max_exclusive_authorizations",
        "gmv_max/exclusive_authorization/get",
        ("store_id",),
        AUTHORIZATION,
        rows_at="",
        paging=Paging.WHOLE,
        parent=Parent(STORES, of_shop, inherits=("store_id",), keep=has_center, needs=CENTER),
    ),
)
