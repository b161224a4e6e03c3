"""The streams of an account's structure, with every column they promise; what reports add to them stands elsewhere.

Ids are text wherever they stand, for they outgrow a double; columns TikTok renamed keep their published name and are
filled from today's field.
"""

from collections.abc import Mapping

from source_tiktok_ads.streams.listing import ADVERTISER_ID
from source_tiktok_ads.streams.model import Accounts, Entity
from source_tiktok_ads.streams.shapes import (
    EPOCH,
    FLAG,
    ID,
    INTEGER,
    JSON_TEXT,
    LIST,
    MOMENT,
    NUMBER,
    OBJECT,
    OBJECTS,
    TEXT,
    Shape,
)

TEXTS = LIST(TEXT)
IDS = LIST(ID)
NUMBERS = LIST(NUMBER)
PARAMETERS = OBJECTS(key=TEXT, value=TEXT)
CUSTOM_ACTIONS = OBJECTS(code=TEXT, days=INTEGER)


def columns_of(columns: Mapping[str, Shape], *names: str) -> Mapping[str, Shape]:
    """Some columns of another stream, which mean the same in this one."""
    return {name: columns[name] for name in names}


def same_ids(name: str) -> Shape:
    """The published name of a column of ids."""
    return IDS(f"Published name of {name}, with the same ids.", wire=name)


CREATE_TIME = MOMENT("When it was created, in UTC.")
OPERATION_STATUS = TEXT("The switch set by the user: ENABLE, DISABLE, FROZEN or DELETE.")
CAMPAIGN_ID = ID("Id of the campaign.")
ADGROUP_ID = ID("Id of the ad group.")
ADGROUP_NAME = TEXT("Name of the ad group.")
CATALOG_ID = ID("Id of the catalog the products come from.")
PRODUCT_SET_ID = ID("Id of the set of products shown.")
DEEP_BID_TYPE = TEXT("Bidding strategy for events deeper in the funnel.")
OPTIMIZATION_GOAL = TEXT("What the delivery is optimised for, such as CLICK, CONVERT or REACH.")
OPTIMIZATION_EVENT = TEXT("The event that counts as a conversion.")
BID_TYPE = TEXT("Whether a bid is set (BID_TYPE_CUSTOM) or left to TikTok (BID_TYPE_NO_BID).")
ROAS_BID = NUMBER("Return on ad spend that the bidding aims at.")

CAMPAIGN_NAMES: Mapping[str, Shape] = {
    "campaign_id": CAMPAIGN_ID,
    "campaign_name": TEXT("Name of the campaign."),
}
CAMPAIGN_ORIGIN: Mapping[str, Shape] = {
    "campaign_system_origin": TEXT(
        "Where the campaign was made: TT_ADS_PLATFORM, or PROMOTE for a boost from the TikTok app."
    ),
    "campaign_automation_type": TEXT("How far TikTok runs it by itself: MANUAL, SMART_PLUS or UPGRADED_SMART_PLUS."),
}
ADGROUP_NAMES: Mapping[str, Shape] = {
    "adgroup_id": ADGROUP_ID,
    "adgroup_name": ADGROUP_NAME,
}
STATUSES: Mapping[str, Shape] = {
    "operation_status": OPERATION_STATUS,
    "secondary_status": TEXT("Status that decides delivery, with its reason; the sandbox does not send it."),
}
STATE: Mapping[str, Shape] = {
    "is_new_structure": FLAG("Whether it follows today's structure of ad accounts."),
    "create_time": CREATE_TIME,
    "modify_time": MOMENT("When it was last changed, in UTC; the time of creation where TikTok sends none."),
    **STATUSES,
    "current_status": TEXT(
        "DELETE for what was deleted, ACTIVE for all else, null where nothing tells; set by the connector."
    ),
}
IDENTITY: Mapping[str, Shape] = {
    "identity_id": ID("Id of the identity in whose name the ad is shown."),
    "identity_type": TEXT("Kind of that identity: AUTH_CODE, BC_AUTH_TT, CUSTOMIZED_USER or TT_USER."),
    "identity_authorized_bc_id": ID("Id of the Business Center that lends an identity of the type BC_AUTH_TT."),
}
PHONE: Mapping[str, Shape] = {
    "phone_region_code": TEXT("Region of the telephone number to call."),
    "phone_region_calling_code": TEXT("International prefix of the telephone number to call."),
    "phone_number": TEXT("Telephone number that the ad lets people call."),
}
BUDGETS: Mapping[str, Shape] = {
    "budget": NUMBER("Budget in the currency of the account; 0 where it is unlimited or set on another level."),
    "budget_mode": TEXT("How the budget is meant: by day, in total, by day with leeway, or without limit."),
}
CAMPAIGN_ATTRIBUTION: Mapping[str, Shape] = {
    "disable_skan_campaign": FLAG("Whether attribution by SKAdNetwork is switched off."),
    "bid_align_type": TEXT("Which attribution the bid follows: SAN or SKAN."),
    "postback_window_mode": TEXT("Which of the three postback windows of SKAdNetwork 4 counts."),
    "rta_id": ID("Id of the strategy of TikTok's real-time API."),
    "rta_bid_enabled": FLAG("Whether the real-time API sets bids."),
    "rta_product_selection_enabled": FLAG("Whether the real-time API chooses products."),
    "po_number": TEXT("Number of the purchase order."),
}

CAMPAIGN: Mapping[str, Shape] = {
    "advertiser_id": ADVERTISER_ID,
    **CAMPAIGN_NAMES,
    "campaign_type": TEXT("Whether it is a regular campaign or one dedicated to iOS 14 and later."),
    **CAMPAIGN_ORIGIN,
    "is_smart_performance_campaign": FLAG("Whether it is a Smart+ campaign of the older kind."),
    "is_search_campaign": FLAG("Whether it is a campaign of Search Ads."),
    "is_advanced_dedicated_campaign": FLAG("Whether it is an Advanced Dedicated Campaign for iOS 14 and later."),
    **STATE,
    "objective": TEXT("Older form of the objective: APP or LANDING_PAGE."),
    "objective_type": TEXT("The advertising objective, such as TRAFFIC or WEB_CONVERSIONS."),
    "virtual_objective_type": TEXT("SALES where the merged objective Sales was chosen."),
    "sales_destination": TEXT("Where a campaign for sales leads: TikTok Shop, website, app, or website and app."),
    "app_promotion_type": TEXT("What an app campaign is after: installs, winning back users or pre-registration."),
    "app_id": ID("Id of the promoted app."),
    "campaign_app_profile_page_state": TEXT("Whether the profile page of the app is used: ON, OFF, INVALID or UNSET."),
    "campaign_product_source": TEXT("Where the products come from: CATALOG, STORE or SHOWCASE."),
    "catalog_enabled": FLAG("Whether the campaign uses a catalog."),
    "special_industries": TEXTS("Declared industries with special rules: HOUSING, EMPLOYMENT, CREDIT."),
    **BUDGETS,
    "budget_optimize_on": FLAG("Whether TikTok spreads the campaign's budget over its ad groups; sent only when so."),
    "bid_type": BID_TYPE,
    "deep_bid_type": DEEP_BID_TYPE,
    "roas_bid": ROAS_BID,
    "optimization_goal": OPTIMIZATION_GOAL,
    "rf_campaign_type": TEXT("Kind of reservation: STANDARD, PULSE or TOPVIEW."),
    **CAMPAIGN_ATTRIBUTION,
}

ADGROUP: Mapping[str, Shape] = {
    "advertiser_id": ADVERTISER_ID,
    **CAMPAIGN_NAMES,
    **CAMPAIGN_ORIGIN,
    "is_smart_performance_campaign": FLAG("Whether its campaign is a Smart+ campaign of the older kind."),
    **ADGROUP_NAMES,
    **STATE,
    # What is promoted, and in whose name.
    "promotion_type": TEXT("What is promoted, such as WEBSITE, APP_ANDROID or TIKTOK_SHOP."),
    "promotion_target_type": TEXT("Where a lead campaign sends people: EXTERNAL_WEBSITE or INSTANT_PAGE."),
    "promotion_website_type": TEXT("Whether the landing page is TikTok's own: TIKTOK_NATIVE_PAGE or UNSET."),
    "shopping_ads_type": TEXT("Kind of shopping ads, such as VIDEO, LIVE or PRODUCT_SHOPPING_ADS."),
    **IDENTITY,
    "product_source": TEXT("Where the products come from: CATALOG, STORE or SHOWCASE."),
    "catalog_id": CATALOG_ID,
    "catalog_authorized_bc_id": ID("Id of the Business Center that owns the catalog."),
    "catalog_authorized_bc": ID(
        "Published name of catalog_authorized_bc_id, with the same value.", wire="catalog_authorized_bc_id"
    ),
    "product_set_id": PRODUCT_SET_ID,
    "store_id": ID("Id of the shop in TikTok Shop."),
    "store_authorized_bc_id": ID("Id of the Business Center with access to the shop."),
    "messaging_app_type": TEXT("The messaging app that the ad opens."),
    "messaging_app_account_id": ID("Id of the account in that messaging app."),
    **PHONE,
    "app_id": ID("Id of the promoted app."),
    "app_type": TEXT("System of the promoted app: APP_ANDROID or APP_IOS."),
    "app_download_url": TEXT("Address where the promoted app is downloaded."),
    "app_config": OBJECTS(app_id=ID)("The promoted apps, where there are several."),
    "package": TEXT("Package name of the promoted app; today's API no longer sends it."),
    "adgroup_app_profile_page_state": TEXT("Whether the profile page of the app is used: ON, OFF, INVALID or UNSET."),
    # What counts as a result.
    "pixel_id": ID("Id of the pixel that measures conversions."),
    "optimization_goal": OPTIMIZATION_GOAL,
    "optimization_event": OPTIMIZATION_EVENT,
    "secondary_optimization_event": TEXT("The deeper event that is optimised for as well."),
    "custom_conversion_id": ID("Id of the custom conversion that is optimised for."),
    "message_event_set_id": ID("Id of the set of messaging events."),
    "deep_funnel_optimization_status": TEXT("Whether deeper events of the funnel are optimised for: ON or OFF."),
    "deep_funnel_event_source": TEXT("Where those events come from: PIXEL, OFFLINE or CRM."),
    "deep_funnel_event_source_id": ID("Id of the source of those events."),
    "deep_funnel_optimization_event": TEXT("The deeper event itself."),
    "click_attribution_window": TEXT("How long after a click a conversion is credited to it."),
    "engaged_view_attribution_window": TEXT("How long after an engaged view a conversion is credited to it."),
    "view_attribution_window": TEXT("How long after a view a conversion is credited to it."),
    "attribution_event_count": TEXT("Whether each conversion of a person counts (EVERY) or only the first (ONCE)."),
    "conversion_window": TEXT("Attribution window of conversions in its older form."),
    "statistic_type": TEXT("How conversions are counted."),
    "next_day_retention": NUMBER("Setting for users who are to come back to the app the next day."),
    # Where the ads appear.
    "placement_type": TEXT("Whether TikTok chooses the placements (PLACEMENT_TYPE_AUTOMATIC) or the user."),
    "placements": TEXTS("The placements chosen, such as PLACEMENT_TIKTOK."),
    "tiktok_subplacements": TEXTS("Places inside TikTok, such as IN_FEED or SEARCH_FEED."),
    "feed_type": TEXT("The feed of a reservation: STANDARD_FEED or TOP_FEED."),
    "search_result_enabled": FLAG("Whether the ads may stand among search results."),
    "automated_keywords_enabled": FLAG("Whether TikTok adds search keywords by itself."),
    "search_keywords": OBJECTS(
        keyword=TEXT,
        match_type=TEXT,
        keyword_bid_type=TEXT,
        keyword_bid=NUMBER,
        audit_status=TEXT,
        reject_info=OBJECTS(forbidden_location=TEXT, reject_reasons=OBJECTS(reason=TEXT)),
    )("Keywords bought for search, with match, bid and the outcome of their review."),
    "comment_disabled": FLAG("Whether comments on the ads are switched off."),
    "is_comment_disable": FLAG(
        "Published name of comment_disabled: true when comments are off.", wire="comment_disabled"
    ),
    "video_download_disabled": FLAG("Whether people may not download the videos."),
    "video_download": TEXT("Kept for older tables; TikTok never fills it, so it is always null."),
    "share_disabled": FLAG("Whether the ads may not be shared."),
    "inventory_filter_enabled": FLAG("Whether the inventory filter keeps the ads away from sensitive content."),
    "brand_safety_type": TEXT("How strictly the ads are kept away from sensitive content."),
    "brand_safety_partner": TEXT("The company that checks the content for brand safety."),
    "category_exclusion_ids": IDS("Ids of the content categories that are avoided."),
    "vertical_sensitivity_id": ID("Id of the industry whose sensitive content is avoided."),
    "contextual_tag_ids": IDS("Ids of the kinds of content the ads stand beside."),
    "blocked_pangle_app_ids": IDS("Ids of the apps of the Pangle network that are avoided."),
    "pangle_block_app_list_id": same_ids("blocked_pangle_app_ids"),
    # Whom the ads reach.
    "audience_type": TEXT("Kind of audience that app campaigns for returning users go to."),
    "audience_rule": OBJECT(
        event_source_ids=IDS,
        retention_days=INTEGER,
        filter_set=OBJECT(
            operator=TEXT,
            filters=OBJECTS(
                field=TEXT,
                operator=TEXT,
                value=TEXT,
                case_sensitive=FLAG,
                parameter_filters=OBJECTS(field=TEXT, operator=TEXT, values=TEXTS),
            ),
        ),
    )("The rule on events that says who belongs to the audience."),
    "audience_ids": IDS("Ids of the audiences that are reached."),
    "audience": same_ids("audience_ids"),
    "excluded_audience_ids": IDS("Ids of the audiences that are left out."),
    "excluded_audience": same_ids("excluded_audience_ids"),
    "saved_audience_id": ID("Id of the saved audience the targeting was taken from."),
    "auto_targeting_enabled": FLAG("Whether TikTok chooses the people by itself."),
    "smart_audience_enabled": FLAG("Whether TikTok may go beyond the chosen audiences."),
    "smart_interest_behavior_enabled": FLAG("Whether TikTok may go beyond the chosen interests and behaviours."),
    "targeting_expansion": OBJECT(expansion_enabled=FLAG, expansion_types=TEXTS)(
        "Whether the targeting may be widened, and in which respects."
    ),
    "shopping_ads_retargeting_type": TEXT("Which former visitors shopping ads go to: OFF, LAB1, LAB2 or LAB3."),
    "shopping_ads_retargeting_actions_days": INTEGER("How many days back those visits may lie."),
    "shopping_ads_retargeting_custom_audience_relation": TEXT(
        "Whether visitors must also belong to the custom audience (AND) or need not (OR)."
    ),
    "included_custom_actions": CUSTOM_ACTIONS("Actions whose authors are reached, and within how many days."),
    "excluded_custom_actions": CUSTOM_ACTIONS("Actions whose authors are left out, and within how many days."),
    "location_ids": IDS("Ids of the places whose people are reached."),
    "location": same_ids("location_ids"),
    "zipcode_ids": IDS("Ids of the postal areas whose people are reached."),
    "languages": TEXTS("Codes of the languages of the people reached."),
    "gender": TEXT("Gender of the people reached: GENDER_FEMALE, GENDER_MALE or GENDER_UNLIMITED."),
    "age_groups": TEXTS("Age groups reached, such as AGE_25_34; null when all are."),
    "exclude_age_under_eighteen": FLAG("Whether people under 18 are left out."),
    "spending_power": TEXT("Spending power of the people reached: ALL or HIGH."),
    "household_income": TEXTS("Household incomes reached, such as TOP10."),
    "interest_category_ids": IDS("Ids of the interests of the people reached."),
    "interest_category_v2": same_ids("interest_category_ids"),
    "interest_keyword_ids": IDS("Ids of the interest keywords of the people reached."),
    "interest_keywords": same_ids("interest_keyword_ids"),
    "purchase_intention_keyword_ids": IDS("Ids of the keywords that tell what people intend to buy."),
    "actions": OBJECTS(action_scene=TEXT, action_period=NUMBER, video_user_actions=TEXTS, action_category_ids=IDS)(
        "Behaviour on TikTok by which people are chosen: scene, days back, actions and their categories."
    ),
    "included_pangle_audience_package_ids": IDS("Ids of the audience packages of Pangle that are reached."),
    "pangle_audience_package_include": same_ids("included_pangle_audience_package_ids"),
    "excluded_pangle_audience_package_ids": IDS("Ids of the audience packages of Pangle that are left out."),
    "pangle_audience_package_exclude": same_ids("excluded_pangle_audience_package_ids"),
    "keywords": JSON_TEXT("Keywords of an older kind of targeting; text, or a list as JSON text."),
    "category_id": ID("Id of the category of what is advertised."),
    # On which devices.
    "operating_systems": TEXTS("Operating systems reached: ANDROID, IOS, PC."),
    "min_android_version": TEXT("Oldest version of Android reached."),
    "min_ios_version": TEXT("Oldest version of iOS reached."),
    "ios14_targeting": TEXT("Whether versions of iOS before or from 14 on are reached."),
    "ios14_quota_type": TEXT("Whether a place in the quota of iOS 14 campaigns is taken: OCCUPIED or UNOCCUPIED."),
    "ios_quota_type": TEXT("Published name of ios14_quota_type.", wire="ios14_quota_type"),
    "device_model_ids": IDS("Ids of the device models reached."),
    "device_models": same_ids("device_model_ids"),
    "device_price_ranges": NUMBERS("Lower and upper bound of the price of the devices reached."),
    "network_types": TEXTS("Kinds of connection reached, such as WIFI or 4G."),
    "carrier_ids": IDS("Ids of the mobile carriers reached."),
    "carriers_v2": same_ids("carrier_ids"),
    "isp_ids": IDS("Ids of the internet providers reached."),
    # Money and time.
    **BUDGETS,
    "scheduled_budget": NUMBER("Budget from the next day on, in the currency of the account; 0 when none is set."),
    "pre_discount_budget": NUMBER("Budget of a reservation before the discount, in the currency of the account."),
    "schedule_type": TEXT("Whether it runs from now on (SCHEDULE_FROM_NOW) or within dates (SCHEDULE_START_END)."),
    "schedule_start_time": MOMENT("When the delivery starts, in UTC."),
    "schedule_end_time": MOMENT("When the delivery ends, in UTC; about ten years ahead when left open."),
    "schedule_infos": OBJECTS(
        schedules=OBJECTS(start_time=MOMENT, end_time=MOMENT), expected_orders=NUMBERS, is_draft=FLAG, schedule_id=ID
    )("Schedules of a reservation: their spans, the expected order of the ads, and whether they are drafts."),
    "dayparting": TEXT("336 times 0 or 1: whether it runs in each half hour of the week, from Monday on."),
    "delivery_mode": TEXT("How the ads of a reservation take turns, such as STANDARD or SEQUENCE."),
    "pacing": TEXT("How fast the budget is spent: PACING_MODE_SMOOTH or PACING_MODE_FAST."),
    "billing_event": TEXT("What is paid for: CPC, CPM, OCPM, CPV."),
    "bid_type": BID_TYPE,
    "bid_price": NUMBER("Bid for what is paid for, in the currency of the account."),
    "bid_display_mode": TEXT("How the bid for video views is shown: CPV or CPMV."),
    "conversion_bid_price": NUMBER("Aim for the cost of a conversion, in the currency of the account."),
    "deep_bid_type": DEEP_BID_TYPE,
    "deep_cpa_bid": NUMBER("Aim for the cost of a deeper event, in the currency of the account."),
    "roas_bid": ROAS_BID,
    "vbo_window": TEXT("Within which time the value of a conversion is optimised for."),
    "cpv_video_duration": TEXT("How long a view lasts that is paid for: TWO_SECONDS or SIX_SECONDS."),
    "frequency": INTEGER("How often at most one person sees the ads within frequency_schedule days."),
    "frequency_schedule": INTEGER("Over how many days frequency counts."),
    # Reservations.
    "rf_purchased_type": TEXT("What a reservation buys: FIXED_REACH or FIXED_SHOW."),
    "purchased_impression": NUMBER("Impressions that were reserved."),
    "purchased_reach": NUMBER("People whose reach was reserved."),
    "predict_impression": NUMBER("Impressions that are forecast for a reservation."),
    "rf_estimated_cpr": NUMBER(
        "Estimated cost for a thousand people of a reservation, in the currency of the account."
    ),
    "rf_estimated_frequency": NUMBER("Estimated number of times one person sees a reservation."),
    "topview_reach_range": NUMBERS("Lower and upper estimate of the people a TopView reaches."),
    "cpm": NUMBER("Price for a thousand impressions of a reservation, in the currency of the account."),
    "pre_discount_cpm": NUMBER("That price before the discount, in the currency of the account."),
    "discount_type": TEXT("How the discount is given: BY_AMOUNT, BY_PERCENTAGE or NO_DISCOUNT."),
    "discount_amount": NUMBER("The discount as an amount, in the currency of the account."),
    "discount_percentage": NUMBER("The discount in percent."),
    # The rest.
    "creative_material_mode": TEXT("How the creatives are put together: CUSTOM, DYNAMIC or SMART_CREATIVE."),
    "split_test_group_id": ID("Id of the split test it takes part in."),
    "split_test_status": TEXT("State of that split test."),
    "skip_learning_phase": FLAG("Whether the learning phase is skipped."),
    "is_hfss": FLAG("Whether it advertises food high in fat, salt or sugar."),
    "is_lhf_compliance": FLAG("Whether it is declared to follow the rules on less healthy food."),
}

AD: Mapping[str, Shape] = {
    "advertiser_id": ADVERTISER_ID,
    **CAMPAIGN_NAMES,
    **CAMPAIGN_ORIGIN,
    **ADGROUP_NAMES,
    "ad_id": ID("Id of the ad; in an Upgraded Smart+ campaign, of the creative."),
    "ad_name": TEXT("Name of the ad."),
    "smart_plus_ad_id": ID("Id of the Upgraded Smart+ ad that the creative belongs to."),
    "ad_id_v2": ID("Id of the ad that holds for manual, Smart+ and Upgraded Smart+ ads alike."),
    "is_aco": FLAG("Whether TikTok puts the ad together from several assets."),
    **STATE,
    # In whose name, and what is shown.
    **IDENTITY,
    "display_name": TEXT("Name shown with the ad."),
    "profile_image_url": TEXT("Address of the picture shown beside the name."),
    "avatar_icon_web_uri": TEXT("Image id of the picture shown beside the name."),
    "app_name": TEXT("Name of the promoted app."),
    "ad_format": TEXT("Format of the ad, such as SINGLE_VIDEO or CAROUSEL_ADS."),
    "creative_type": TEXT("Kind of creative, such as CUSTOM_INSTANT_PAGE or SHORT_VIDEO_LIVE."),
    "image_mode": TEXT("Older form of the format; today's API no longer sends it."),
    "video_id": ID("Id of the video file; null for a Spark Ad taken from a TikTok account."),
    "image_ids": IDS("Ids of the images; for a video, of its cover."),
    "carousel_image_index": INTEGER("Place of the picture that the carousel begins with."),
    "music_id": ID("Id of the music."),
    "tiktok_item_id": ID("Id of the TikTok post that a Spark Ad shows."),
    "promotional_music_disabled": FLAG("Whether use of the music for promotion is switched off."),
    "item_duet_status": TEXT("Whether people may make duets with the post: ENABLE or DISABLE."),
    "item_stitch_status": TEXT("Whether people may stitch the post: ENABLE or DISABLE."),
    "dark_post_status": TEXT("Whether the post shows only as an ad and not on the profile: ON or OFF."),
    "branded_content_disabled": FLAG("Whether branded content is switched off for the post."),
    "creative_authorized": FLAG("Whether TikTok may show the ad in its Creative Center."),
    "ad_text": TEXT("Text shown with the ad."),
    "ad_texts": TEXTS("The texts that TikTok chooses from."),
    "call_to_action": TEXT("The ad's button, such as SHOP_NOW."),
    "call_to_action_id": ID("Id of the portfolio of buttons that TikTok chooses from."),
    "card_id": ID("Id of the portfolio of the card shown over the ad."),
    "end_card_cta": TEXT("Button of the card at the end of the video."),
    "playable_url": TEXT("Address of the playable creative."),
    "product_display_field_list": TEXTS("Facts of the product that the ad shows."),
    # Which products.
    "catalog_id": CATALOG_ID,
    "product_specific_type": TEXT("Which products: ALL, PRODUCT_SET or CUSTOMIZED_PRODUCTS."),
    "product_set_id": PRODUCT_SET_ID,
    "item_group_ids": IDS("Ids of the products (SPU) shown."),
    "sku_ids": JSON_TEXT("Ids of the product variants (SKU) shown, as a JSON list in text."),
    "vehicle_ids": IDS("Ids of the vehicles shown."),
    "showcase_products": OBJECTS(item_group_id=ID, store_id=ID, catalog_id=ID)(
        "Products of the showcase, each with its shop and catalog."
    ),
    "dynamic_format": TEXT("Whether the format is chosen for each person: DYNAMIC_CREATIVE or UNSET."),
    "vertical_video_strategy": TEXT("Where the videos of a catalog ad come from, such as CATALOG_VIDEOS."),
    "shopping_ads_video_package_id": ID("Id of the video template of shopping ads."),
    # Where it leads.
    "landing_page_url": TEXT("Address of the landing page."),
    "landing_page_urls": JSON_TEXT("Addresses of the landing pages, as a JSON list in text."),
    "utm_params": PARAMETERS("Parameters added to the address of the landing page."),
    "page_id": ID("Id of the TikTok Instant Page."),
    "cpp_url": TEXT("Address of the custom product page in the app store."),
    "tiktok_page_category": TEXT("Kind of TikTok page, such as PROFILE_PAGE or TIKTOK_INSTANT_PAGE."),
    "dynamic_destination": TEXT("Whether the landing page is chosen for each person: DLP or UNSET."),
    "deeplink": TEXT("Link that opens a place inside the app."),
    "deeplink_type": TEXT("Whether that link works before the app is installed: NORMAL or DEFERRED_DEEPLINK."),
    "deeplink_format_type": TEXT("Form of that link: SCHEME_LINK, UNIVERSAL_OR_APP_LINK or NONE."),
    "deeplink_utm_params": PARAMETERS("Parameters added to that link."),
    "shopping_ads_deeplink_type": TEXT("Which link shopping ads open: SHOPPING_ADS, CUSTOM or NONE."),
    "shopping_deeplink_type": TEXT("Published name of shopping_ads_deeplink_type.", wire="shopping_ads_deeplink_type"),
    "fallback_type": TEXT("Where people go when the link fails: APP_INSTALL, WEBSITE or UNSET."),
    "shopping_ads_fallback_type": TEXT("Where they go from shopping ads when it fails: SHOPPING_ADS, CUSTOM, DEFAULT."),
    **PHONE,
    "auto_message_id": ID("Id of the message that greets people who write."),
    # What must be said.
    "aigc_disclosure_type": TEXT("Whether content made by machine is declared: SELF_DISCLOSURE or NOT_DECLARED."),
    "disclaimer_type": TEXT("Form of the disclaimer: TEXT_ONLY or TEXT_LINK."),
    "disclaimer_text": OBJECT(text=TEXT)("The disclaimer."),
    "disclaimer_clickable_texts": OBJECTS(text=TEXT, url=TEXT)("The disclaimer's links and their texts."),
    "auto_disclaimer_types": TEXTS("Kinds of disclaimer that TikTok adds by itself."),
    # What is measured.
    "optimization_event": OPTIMIZATION_EVENT,
    "tracking_pixel_id": ID("Id of the pixel that measures the ad; 0 without one."),
    "tracking_app_id": ID("Id of the app that is measured."),
    "tracking_offline_event_set_ids": IDS("Ids of the sets of offline events that are measured."),
    "tracking_message_event_set_id": ID("Id of the set of messaging events that is measured."),
    "impression_tracking_url": TEXT("Address called at each impression."),
    "click_tracking_url": TEXT("Address called at each click."),
    "video_view_tracking_url": TEXT("Address called at each view of the video."),
    "vast_moat_enabled": FLAG("Whether Moat verifies the views."),
    "viewability_postbid_partner": TEXT("The company that verifies that the ad was visible."),
    "viewability_vast_url": TEXT("Address that company is called at."),
    "brand_safety_postbid_partner": TEXT("The company that verifies what the ad stood beside."),
    "brand_safety_vast_url": TEXT("Address that company is called at."),
}

ADVERTISER: Mapping[str, Shape] = {
    "advertiser_id": ADVERTISER_ID,
    "name": TEXT("Name of the ad account."),
    "status": TEXT("Status of the account, such as STATUS_ENABLE or STATUS_LIMIT."),
    "role": TEXT("Role of the account, such as ROLE_ADVERTISER or ROLE_AGENT."),
    "advertiser_account_type": TEXT("Whether the account buys by AUCTION or RESERVATION."),
    "owner_bc_id": ID("Id of the Business Center that owns the account; shown to its administrators only."),
    "create_time": EPOCH("When the account was created, in UTC."),
    "currency": TEXT("Currency of the account (ISO 4217)."),
    "balance": NUMBER("Money left in the account, in its currency."),
    "timezone": TEXT("Time zone as a fixed offset with inverted sign (POSIX): Etc/GMT+8 is eight hours behind UTC."),
    "display_timezone": TEXT("Time zone by its IANA name; the days of reports are counted in it."),
    "language": TEXT("Code of the account's language."),
    "company": TEXT("Name of the company."),
    "brand": TEXT("Brand advertised."),
    "industry": TEXT("Code of the industry."),
    "description": TEXT("Description of the account."),
    "country": TEXT("Country the account is registered in."),
    "address": TEXT("Address of the company."),
    "contacter": TEXT("Person to contact; TikTok sends it masked."),
    "email": TEXT("Email address; TikTok sends it masked."),
    "cellphone_number": TEXT("Mobile telephone number; TikTok sends it masked."),
    "telephone_number": TEXT("Telephone number; TikTok sends it masked."),
    "license_no": TEXT("Number of the business licence."),
    "license_url": TEXT("Signed address of the licence's picture; works for about an hour and changes on every read."),
    "license_province": TEXT("Province on the licence."),
    "license_city": TEXT("City on the licence."),
    "promotion_area": TEXT("Code of the area advertised in."),
    "promotion_center_province": TEXT("Province of the promotion centre."),
    "promotion_center_city": TEXT("City of the promotion centre."),
    "rejection_reason": TEXT("Why the account was rejected; empty when it was not."),
    "can_use_custom_identity": FLAG("Whether ads may be shown under a custom name and picture."),
    "ads_only_mode": FLAG("Whether the account is in TikTok's mode for ads only."),
}

ACCOUNTS: tuple[Accounts, ...] = (Accounts("advertisers", ADVERTISER),)

ENTITIES: tuple[Entity, ...] = (
    Entity("campaigns", "campaign/get", ("campaign_id",), CAMPAIGN),
    Entity("adgroups", "adgroup/get", ("campaign_id", "adgroup_id"), ADGROUP),
    Entity("ads", "ad/get", ("campaign_id", "adgroup_id", "ad_id"), AD, since="modified_after"),
)
