"""The lists of what an account's structure holds beside campaigns, ad groups and ads: Smart+, labels, split tests."""

from collections.abc import Mapping
from typing import Any

from source_tiktok_ads.streams.entities import (
    ADGROUP,
    ADGROUP_ID,
    BUDGETS,
    CAMPAIGN,
    CAMPAIGN_ATTRIBUTION,
    CREATE_TIME,
    CUSTOM_ACTIONS,
    IDENTITY,
    IDS,
    NUMBERS,
    PARAMETERS,
    STATUSES,
    TEXTS,
    columns_of,
)
from source_tiktok_ads.streams.listing import Listing, Paging, Parent, Pass
from source_tiktok_ads.streams.parameters import Params, from_row, merged
from source_tiktok_ads.streams.shapes import FLAG, ID, INTEGER, LOCAL_TIME, MOMENT, NUMBER, OBJECT, OBJECTS, TEXT, Shape

# TikTok: these lists leave deleted objects out unless every status is asked for.
EVERY_STATUS = (Pass({"filtering": {"primary_status": "STATUS_ALL"}}),)

MODIFY_TIME = MOMENT("When it was last changed, in UTC.")
CURRENT_BUDGET = NUMBER("Budget that is in force today, where TikTok raises it by itself.")
BUDGET_STRATEGY = TEXT("Whether TikTok raises the budget by itself: AUTO_BUDGET_INCREASE or UNSET.")
GAMING_AGREEMENT = TEXT("Whether the rules for advertising games are agreed to: ON or OFF.")
PHONE = OBJECT(phone_region_code=TEXT, phone_region_calling_code=TEXT, phone_number=TEXT)(
    "Telephone number that the ad lets people call."
)

SMART_PLUS_CAMPAIGN: Mapping[str, Shape] = {
    **columns_of(CAMPAIGN, "campaign_id", "campaign_name", "campaign_type"),
    "smart_plus_adgroup_mode": TEXT("Whether it may have one ad group or several: SINGLE or MULTIPLE."),
    "create_time": CREATE_TIME,
    "modify_time": MODIFY_TIME,
    **STATUSES,
    "objective_type": TEXT("The advertising objective, such as WEB_CONVERSIONS."),
    **columns_of(CAMPAIGN, "sales_destination", "app_promotion_type", "app_id", "campaign_app_profile_page_state"),
    "catalog_enabled": FLAG("Whether the campaign uses a catalog."),
    "catalog_type": TEXT("Kind of the catalog, such as ECOM."),
    "special_industries": TEXTS("Declared industries with special rules: HOUSING, EMPLOYMENT, CREDIT."),
    "gaming_ad_compliance_agreement": GAMING_AGREEMENT,
    "is_promotional_campaign": FLAG("Whether it advertises a sale or another event."),
    **columns_of(CAMPAIGN, "budget", "budget_mode", "budget_optimize_on"),
    "budget_auto_adjust_strategy": BUDGET_STRATEGY,
    "current_budget": CURRENT_BUDGET,
    "is_advanced_dedicated_campaign": FLAG("Whether it is an Advanced Dedicated Campaign for iOS 14 and later."),
    **CAMPAIGN_ATTRIBUTION,
}

TARGETING = OBJECT(
    app_targeting_type=TEXT,
    location_ids=IDS,
    zipcode_ids=IDS,
    spc_audience_age=TEXT,
    age_groups=TEXTS,
    gender=TEXT,
    languages=TEXTS,
    operating_systems=TEXTS,
    audience_ids=IDS,
    excluded_audience_ids=IDS,
    saved_audience_id=ID,
    shopping_ads_retargeting_type=TEXT,
    shopping_ads_retargeting_actions_days=INTEGER,
    included_custom_actions=CUSTOM_ACTIONS,
    excluded_custom_actions=CUSTOM_ACTIONS,
    shopping_ads_retargeting_custom_audience_relation=TEXT,
    included_pangle_audience_package_ids=IDS,
    excluded_pangle_audience_package_ids=IDS,
    blocked_pangle_app_ids=IDS,
    interest_category_ids=IDS,
    interest_keyword_ids=IDS,
    purchase_intention_keyword_ids=IDS,
    actions=OBJECTS(action_scene=TEXT, action_period=INTEGER, action_category_ids=IDS, video_user_actions=TEXTS),
    smart_interest_behavior_enabled=FLAG,
    smart_audience_enabled=FLAG,
    spending_power=TEXT,
    household_income=TEXTS,
    min_android_version=TEXT,
    min_ios_version=TEXT,
    device_model_ids=IDS,
    device_price_ranges=NUMBERS,
    network_types=TEXTS,
    carrier_ids=IDS,
    isp_ids=IDS,
    brand_safety_type=TEXT,
    category_exclusion_ids=IDS,
)("Who may see the ads: places, people, devices, interests, audiences.")

SMART_PLUS_ADGROUP: Mapping[str, Shape] = {
    **columns_of(ADGROUP, "campaign_id", "campaign_name", "adgroup_id", "adgroup_name", "create_time"),
    "modify_time": MODIFY_TIME,
    # What is promoted, and in whose name.
    **columns_of(ADGROUP, "promotion_type", "promotion_website_type", "app_id"),
    "app_config": OBJECTS(app_id=ID)("The promoted apps, where they are several."),
    "minis_id": ID("Id of the TikTok mini-app."),
    "gaming_ad_compliance_agreement": GAMING_AGREEMENT,
    **columns_of(ADGROUP, "catalog_id", "catalog_authorized_bc_id"),
    **IDENTITY,
    "messaging_app_type": TEXT("Messaging app that people are led to, such as WHATSAPP."),
    "messaging_app_account_id": ID("Account in that messaging app."),
    "zalo_id_type": TEXT("Kind of the account at Zalo."),
    "message_event_set_id": ID("Id of the set of messaging events."),
    "phone_info": PHONE,
    "movie_premiere_date": TEXT("Day of the film's first showing."),
    # What it is optimised for.
    **columns_of(ADGROUP, "optimization_goal", "optimization_event"),
    "custom_conversion_id": ID("Id of the custom conversion it is optimised for."),
    "pixel_id": ID("Id of the pixel that measures it."),
    "deep_funnel_optimization_status": TEXT("Whether an event deeper in the funnel counts too: ON or OFF."),
    "deep_funnel_event_source": TEXT("What measures that event: PIXEL, OFFLINE or CRM."),
    "deep_funnel_event_source_id": ID("Id of what measures that event."),
    "deep_funnel_optimization_event": TEXT("That event deeper in the funnel."),
    # Bid, budget and time.
    **columns_of(ADGROUP, "bid_type"),
    "bid_price": NUMBER("Bid, in the currency of the account."),
    "conversion_bid_price": NUMBER("Cost of a conversion that the bidding aims at."),
    **columns_of(ADGROUP, "deep_bid_type", "roas_bid"),
    "incentive_offer_type": TEXT("Whether TikTok credits a cost above the target."),
    "billing_event": TEXT("What is paid for, such as CPM or OCPM."),
    "pacing": TEXT("How fast the budget is spent: smoothly or as fast as possible."),
    **BUDGETS,
    "budget_auto_adjust_strategy": BUDGET_STRATEGY,
    "current_budget": CURRENT_BUDGET,
    "min_budget": NUMBER("Smallest budget that may be set."),
    "schedule_type": TEXT("Whether it runs for a set time or from its start on."),
    "schedule_start_time": MOMENT("When it starts, in UTC."),
    "schedule_end_time": MOMENT("When it ends, in UTC; about ten years ahead where no end is set."),
    "dayparting": TEXT("The half hours of the week in which it runs, from Monday on: 336 times 0 or 1."),
    # How conversions are counted.
    "vbo_window": TEXT("Window of value-based optimisation."),
    "click_attribution_window": TEXT("How long after a click a conversion counts."),
    "view_attribution_window": TEXT("How long after a view a conversion counts."),
    "engaged_view_attribution_window": TEXT("How long after a longer view a conversion counts."),
    "attribution_event_count": TEXT("Whether every conversion of a person counts or the first: EVERY or ONCE."),
    # Who sees it, and where.
    "targeting_optimization_mode": TEXT("Who chooses the people: AUTOMATIC or MANUAL."),
    "suggestion_audience_enabled": FLAG("Whether the chosen audience is only a suggestion to TikTok."),
    "targeting_spec": TARGETING,
    "placement_type": TEXTS("Whether TikTok chooses the places: PLACEMENT_TYPE_AUTOMATIC or PLACEMENT_TYPE_NORMAL."),
    "placements": TEXTS("Places where the ads are shown."),
    "tiktok_subplacements": TEXTS("Places inside TikTok where the ads are shown."),
    "search_result_enabled": FLAG("Whether the ads are shown among search results."),
    "is_hfss": FLAG("Whether it advertises food high in fat, salt or sugar."),
    "is_lhf_compliance": FLAG("Whether it keeps to the rules for less healthy food."),
    "comment_disabled": FLAG("Whether comments are switched off."),
    "share_disabled": FLAG("Whether sharing is switched off."),
    "video_download_disabled": FLAG("Whether downloading the video is switched off."),
    "skip_learning_phase": FLAG("Whether the learning phase is skipped."),
}

CREATIVE = OBJECT(
    ad_format=TEXT,
    material_name=TEXT,
    video_info=OBJECT(video_id=ID, file_name=TEXT),
    image_info=OBJECTS(web_uri=TEXT),
    music_info=OBJECT(music_id=ID),
    aigc_disclosure_type=TEXT,
    tiktok_item_id=ID,
    identity_type=TEXT,
    identity_id=ID,
    identity_authorized_bc_id=ID,
)
PRODUCT_INFO = OBJECT(
    product_titles=TEXTS,
    product_image_list=OBJECTS(web_uri=TEXT),
    selling_points=TEXTS,
    catalog_tag_list=TEXTS,
    promo_info_list=OBJECTS(
        discount_type=TEXT,
        discount_value=NUMBER,
        discount_currency=TEXT,
        promo_code=TEXT,
        minimum_purchase_type=TEXT,
        minimum_purchase_value=NUMBER,
        minimum_purchase_currency=TEXT,
        valid_start_time=MOMENT,
        valid_end_time=MOMENT,
    ),
    product_card_type=TEXTS,
)
TRACKING = OBJECT(
    impression_tracking_url=TEXT,
    click_tracking_url=TEXT,
    tracking_app_id=ID,
    tracking_pixel_id=ID,
    tracking_message_event_set_id=ID,
    tracking_offline_event_set_ids=IDS,
    app_tracking_info_list=OBJECTS(app_type=TEXT, app_id=ID, impression_tracking_url=TEXT, click_tracking_url=TEXT),
    viewability_postbid_partner=TEXT,
    viewability_vast_url=TEXT,
    brand_safety_postbid_partner=TEXT,
    brand_safety_vast_url=TEXT,
)

SMART_PLUS_AD: Mapping[str, Shape] = {
    **columns_of(ADGROUP, "campaign_id", "campaign_name", "adgroup_id", "adgroup_name"),
    "smart_plus_ad_id": ID("Id of the ad; its creatives stand as rows of their own in ads."),
    "ad_name": TEXT("Name of the ad."),
    **STATUSES,
    "create_time": CREATE_TIME,
    "modify_time": MODIFY_TIME,
    "creative_list": OBJECTS(ad_material_id=ID, material_operation_status=TEXT, creative_info=CREATIVE)(
        "The creatives that TikTok chooses from, each with its switch and its material."
    ),
    "ad_text_list": OBJECTS(ad_text=TEXT)("The texts that TikTok chooses from."),
    "call_to_action_list": OBJECTS(call_to_action=TEXT)("The buttons that TikTok chooses from."),
    "landing_page_url_list": OBJECTS(landing_page_url=TEXT)("Addresses of the landing pages."),
    "custom_product_page_list": OBJECTS(custom_product_page_url=TEXT)(
        "Addresses of custom product pages in the app store."
    ),
    "deeplink_list": OBJECTS(deeplink=TEXT, deeplink_type=TEXT)("Links into the app."),
    "page_list": OBJECTS(page_id=ID)("The instant pages it leads to."),
    "interactive_add_on_list": OBJECTS(card_id=ID)("The cards and stickers shown over it."),
    "auto_message_list": OBJECTS(auto_message_id=ID)("The messages that greet people who write."),
    "playable_list": OBJECTS(playable_url=TEXT)("Addresses of playable creatives."),
    "disclaimer": OBJECT(
        disclaimer_type=TEXT, disclaimer_text=OBJECT(text=TEXT), disclaimer_clickable_texts=OBJECTS(text=TEXT, url=TEXT)
    )("The disclaimer: its form, its text and its links."),
    "ad_configuration": OBJECT(
        identity_type=TEXT,
        identity_id=ID,
        identity_authorized_bc_id=ID,
        dark_post_status=TEXT,
        product_specific_type=TEXT,
        product_set_id=ID,
        product_ids=IDS,
        catalog_creative_toggle=FLAG,
        catalog_creative_info=OBJECT(catalog_media_settings=TEXTS, catalog_template_video_id=ID),
        creative_auto_add_toggle=FLAG,
        creative_auto_enhancement_strategy_list=TEXTS,
        deeplink_utm_params=PARAMETERS,
        end_card_cta=TEXT,
        product_display_field_list=TEXTS,
        auto_disclaimer_types=TEXTS,
        utm_params=PARAMETERS,
        fallback_type=TEXT,
        product_info=PRODUCT_INFO,
        product_info_enabled=TEXT,
        call_to_action_id=ID,
        phone_info=PHONE,
        tracking_info=TRACKING,
    )(
        "What holds for all creatives of the ad: identity, products, parameters, what is measured; "
        "phone_info only with *Include Personal Data*."
    ),
}

CAMPAIGN_LABEL: Mapping[str, Shape] = {
    "campaign_label_id": ID("Id of the label."),
    "campaign_label_name": TEXT("Name of the label."),
    "campaign_label_type": TEXT("Kind of label: GENERAL or MARKETING_EVENT."),
    "campaign_label_color": TEXT("Colour of the label."),
    "create_time": CREATE_TIME,
}

SPLIT_TEST: Mapping[str, Shape] = {
    "split_test_group_id": ID("Id of the test, as split_test_group_id of ad groups holds it."),
    "split_test_level": TEXT("Level of what is compared."),
    "split_test_status": TEXT("How far the test is."),
    "test_variable": TEXT("What differs between the arms of the test."),
    "key_metric": TEXT("Metric that decides the test."),
    "metric": TEXT("Metric that is compared."),
    "p_value": NUMBER("Probability of the difference under the null hypothesis, from 0 to 1."),
    "p_value_info": OBJECTS()("The same for each pair of arms, as TikTok sends it."),
    # TikTok: unlike the times of other objects, these are not UTC's.
    "start_time": LOCAL_TIME("When the test starts, in the time zone of the account."),
    "end_time": LOCAL_TIME("When the test ends, in the time zone of the account."),
    "object_info": OBJECTS(adgroup_id=ID, adgroup_name=TEXT, optimization_goal=TEXT, cells=OBJECTS(object_ids=IDS))(
        "The arms of the test: their ad groups, goals and objects."
    ),
}


def modified_after(moment: str, now: str) -> Params:
    """The filter for what changed after a moment, which is UTC; it has no end."""
    return {"filtering": {"modified_after": moment}}


def objects(name: str, path: str, columns: Mapping[str, Shape], **more: Any) -> Listing:
    """The objects of an account with some of their columns, of which the first is the id."""
    asked = {"fields": [*columns]}
    deleted = merged(asked, *(every.params for every in EVERY_STATUS))
    return Listing(name, path, (*columns,)[:1], columns, passes=(Pass(asked),), with_deleted=(Pass(deleted),), **more)


ADGROUPS = objects(
    "ad groups", "adgroup/get", {"adgroup_id": ADGROUP_ID, "split_test_group_id": ID("Id of the test.")}, inborn=True
)
ADS = objects(
    "ads of an account",
    "ad/get",
    {
        "ad_id": ID("Id of the ad."),
        "video_id": ID("Id of its video."),
        "image_ids": IDS("Ids of its images."),
        "call_to_action_id": ID("Id of its portfolio of calls to action."),
    },
    inborn=True,
)

STRUCTURE: tuple[Listing, ...] = (
    Listing(
        "smart_plus_campaigns",
        "smart_plus/campaign/get",
        ("campaign_id",),
        SMART_PLUS_CAMPAIGN,
        cursor="modify_time",
        with_deleted=EVERY_STATUS,
    ),
    Listing(
        "smart_plus_adgroups",
        "smart_plus/adgroup/get",
        ("campaign_id", "adgroup_id"),
        SMART_PLUS_ADGROUP,
        cursor="modify_time",
        with_deleted=EVERY_STATUS,
        personal=("phone_info",),
    ),
    Listing(
        "smart_plus_ads",
        "smart_plus/ad/get",
        ("campaign_id", "adgroup_id", "smart_plus_ad_id"),
        SMART_PLUS_AD,
        page_size=100,
        cursor="modify_time",
        with_deleted=EVERY_STATUS,
        since=modified_after,
        personal=("phone_info",),
    ),
    Listing(
        "campaign_labels",
        "campaign_label/get",
        ("campaign_label_id",),
        CAMPAIGN_LABEL,
        cursor="create_time",
        required=True,
    ),
    Listing(
        "split_tests",
        "split_test/result/get",
        ("split_test_group_id",),
        SPLIT_TEST,
        rows_at="",
        paging=Paging.WHOLE,
        parent=Parent(
            ADGROUPS,
            from_row("split_test_group_id"),
            inherits=("split_test_group_id",),
            keep=lambda adgroup: adgroup.get("split_test_group_id") not in (None, "", "0"),
        ),
    ),
)
