"""The nine tables of the Singer tap, which Stitch and Qlik Talend Cloud load, and ours of the same names."""

from __future__ import annotations

from collections.abc import Iterator

from docs.peers.mapping import Column, Peer, View, same

LOCAL_DAY = Column(
    "stat_time_day", "stat_time_day AT TIME ZONE 'UTC'", "the account's day; labelled UTC there, without a zone here"
)


def texts(names: str) -> Iterator[Column]:
    """Columns that are text there."""
    return (Column(name, f"CAST({name} AS VARCHAR)", "text there") for name in names.split())


AD_INSIGHTS = View(
    "ad_insights",
    "ad_insights",
    ("advertiser_id", "ad_id", "adgroup_id", "campaign_id", "stat_time_day"),
    (
        LOCAL_DAY,
        *same("advertiser_id ad_id ad_name ad_text adgroup_id adgroup_name campaign_id campaign_name"),
        *same("placement_type spend cpc cpm impressions clicks ctr reach cost_per_100_reached conversion"),
        *same("cost_per_conversion conversion_rate real_time_conversion real_time_cost_per_conversion"),
        *same("real_time_conversion_rate result cost_per_result result_rate real_time_result"),
        *same("real_time_cost_per_result real_time_result_rate secondary_goal_result"),
        *same("cost_per_secondary_goal_result secondary_goal_result_rate frequency video_play_actions"),
        *same("video_watched_2s video_watched_6s average_video_play average_video_play_per_user video_views_p25"),
        *same("video_views_p50 video_views_p75 video_views_p100 profile_visits profile_visits_rate likes comments"),
        *same("shares follows clicks_on_music_disc tt_app_id tt_app_name mobile_app_id promotion_type"),
        *same("dpa_target_audience_type is_smart_creative conversion_rate_v2 real_time_conversion_rate_v2"),
        *same("objective_type app_promotion_type split_test campaign_budget campaign_dedicate_type opt_status"),
        *same("budget smart_target bid_strategy bid call_to_action image_mode billing_event"),
        *texts("cost_per_1000_reached gross_impressions"),
    ),
)
AD_INSIGHTS_BY_AGE_AND_GENDER = View(
    "ad_insights_by_age_and_gender",
    "ad_insights_by_age_and_gender",
    ("advertiser_id", "ad_id", "adgroup_id", "campaign_id", "stat_time_day", "age", "gender"),
    (
        LOCAL_DAY,
        *same("advertiser_id ad_id ad_name ad_text adgroup_id adgroup_name campaign_id campaign_name age gender"),
        *same("user_action spend cpc cpm impressions clicks ctr conversion cost_per_conversion conversion_rate"),
        *same("real_time_conversion real_time_cost_per_conversion real_time_conversion_rate result"),
        *same("cost_per_result result_rate real_time_result real_time_cost_per_result real_time_result_rate"),
        *same("tt_app_id tt_app_name mobile_app_id promotion_type dpa_target_audience_type is_smart_creative"),
        *same("conversion_rate_v2 real_time_conversion_rate_v2 objective_type split_test campaign_budget"),
        *same("campaign_dedicate_type opt_status budget smart_target bid_strategy bid call_to_action"),
        *same("billing_event rf_campaign_type"),
        *texts("gross_impressions"),
    ),
)
AD_INSIGHTS_BY_COUNTRY = View(
    "ad_insights_by_country",
    "ad_insights_by_country",
    ("advertiser_id", "ad_id", "adgroup_id", "campaign_id", "stat_time_day", "country_code"),
    (
        LOCAL_DAY,
        *same("advertiser_id ad_id ad_name ad_text adgroup_id adgroup_name campaign_id campaign_name country_code"),
        *same("user_action spend cpc cpm impressions clicks ctr conversion cost_per_conversion conversion_rate"),
        *same("real_time_conversion real_time_cost_per_conversion real_time_conversion_rate result"),
        *same("cost_per_result result_rate real_time_result real_time_cost_per_result real_time_result_rate"),
        *same("tt_app_id tt_app_name mobile_app_id promotion_type dpa_target_audience_type is_smart_creative"),
        *same("conversion_rate_v2 real_time_conversion_rate_v2 objective_type split_test campaign_budget"),
        *same("campaign_dedicate_type opt_status budget smart_target bid_strategy bid call_to_action"),
        *same("billing_event rf_campaign_type"),
        *texts("gross_impressions"),
    ),
)
AD_INSIGHTS_BY_PLATFORM = View(
    "ad_insights_by_platform",
    "ad_insights_by_platform",
    ("advertiser_id", "ad_id", "adgroup_id", "campaign_id", "stat_time_day", "platform"),
    (
        LOCAL_DAY,
        *same("advertiser_id ad_id ad_name ad_text adgroup_id adgroup_name campaign_id campaign_name platform"),
        *same("user_action spend cpc cpm impressions clicks ctr conversion cost_per_conversion conversion_rate"),
        *same("real_time_conversion real_time_cost_per_conversion real_time_conversion_rate result"),
        *same("cost_per_result result_rate real_time_result real_time_cost_per_result real_time_result_rate"),
        *same("tt_app_id tt_app_name mobile_app_id promotion_type dpa_target_audience_type is_smart_creative"),
        *same("conversion_rate_v2 real_time_conversion_rate_v2 objective_type split_test campaign_budget"),
        *same("campaign_dedicate_type opt_status budget smart_target bid_strategy bid call_to_action"),
        *same("billing_event rf_campaign_type"),
        *texts("gross_impressions"),
    ),
)
CAMPAIGN_INSIGHTS_BY_PROVINCE = View(
    "campaign_insights_by_province",
    "campaign_insights_by_province",
    ("advertiser_id", "campaign_id", "stat_time_day", "province_id"),
    (
        LOCAL_DAY,
        *same("advertiser_id campaign_id campaign_name province_id spend cpc cpm impressions clicks ctr"),
        *same("conversion cost_per_conversion conversion_rate real_time_conversion real_time_cost_per_conversion"),
        *same("real_time_conversion_rate result cost_per_result result_rate real_time_result"),
        *same("real_time_cost_per_result real_time_result_rate conversion_rate_v2 real_time_conversion_rate_v2"),
        *same("campaign_budget campaign_dedicate_type objective_type split_test rf_campaign_type"),
        *texts("gross_impressions"),
    ),
)
ADGROUPS = View(
    "adgroups",
    "adgroups",
    ("advertiser_id", "campaign_id", "adgroup_id", "modify_time"),
    (
        *same("advertiser_id adgroup_id campaign_id adgroup_name placement_type placements"),
        *same("inventory_filter_enabled app_id promotion_type app_download_url package pixel_id"),
        *same("optimization_event secondary_optimization_event creative_material_mode audience excluded_audience"),
        *same("audience_type location is_hfss interest_category_v2 interest_keywords age_groups gender languages"),
        *same("operating_systems network_types device_price_ranges min_android_version ios14_targeting"),
        *same("device_models min_ios_version budget_mode budget schedule_type schedule_start_time"),
        *same("schedule_end_time dayparting optimization_goal cpv_video_duration conversion_window pacing"),
        *same("billing_event skip_learning_phase bid_type bid_price conversion_bid_price deep_bid_type"),
        *same("deep_cpa_bid secondary_status operation_status frequency frequency_schedule statistic_type"),
        *same("carriers_v2 video_download pangle_block_app_list_id actions rf_purchased_type purchased_impression"),
        *same("purchased_reach rf_estimated_cpr rf_estimated_frequency pangle_audience_package_include"),
        *same("pangle_audience_package_exclude is_new_structure catalog_id product_set_id catalog_authorized_bc"),
        *same("shopping_ads_retargeting_type brand_safety_type brand_safety_partner promotion_website_type"),
        *same("ios_quota_type roas_bid targeting_expansion create_time modify_time next_day_retention"),
        *same("share_disabled adgroup_app_profile_page_state delivery_mode included_custom_actions"),
        *same("excluded_custom_actions current_status"),
        Column("is_comment_disable", "NOT comment_disabled", "true there where comments are allowed"),
    ),
)
ADS = View(
    "ads",
    "ads",
    ("advertiser_id", "campaign_id", "adgroup_id", "ad_id", "modify_time"),
    (
        *same("advertiser_id campaign_id campaign_name adgroup_id adgroup_name ad_id ad_name call_to_action"),
        *same("card_id secondary_status operation_status is_aco image_ids image_mode ad_format ad_text video_id"),
        *same("tiktok_item_id app_name landing_page_url landing_page_urls display_name profile_image_url"),
        *same("impression_tracking_url click_tracking_url deeplink deeplink_type fallback_type playable_url"),
        *same("page_id vast_moat_enabled creative_authorized is_new_structure create_time modify_time"),
        *same("shopping_ads_fallback_type shopping_deeplink_type shopping_ads_video_package_id"),
        *same("promotional_music_disabled item_duet_status item_stitch_status product_specific_type catalog_id"),
        *same("item_group_ids product_set_id sku_ids dynamic_format vertical_video_strategy dynamic_destination"),
        *same("brand_safety_vast_url viewability_postbid_partner viewability_vast_url tracking_app_id music_id"),
        *same("tracking_offline_event_set_ids carousel_image_index utm_params showcase_products current_status"),
    ),
)
ADVERTISERS = View(
    "advertisers",
    "advertisers",
    ("advertiser_id", "create_time"),
    (
        *same("advertiser_id name address company contacter country currency description email industry language"),
        *same("license_no license_url cellphone_number promotion_area promotion_center_city"),
        *same("promotion_center_province rejection_reason role status telephone_number timezone balance"),
        *same("advertiser_account_type"),
        *texts("create_time"),
    ),
)
CAMPAIGNS = View(
    "campaigns",
    "campaigns",
    ("advertiser_id", "campaign_id", "modify_time"),
    (
        *same("advertiser_id campaign_id campaign_name campaign_type budget budget_mode secondary_status"),
        *same("operation_status objective objective_type budget_optimize_on bid_type optimization_goal"),
        *same("is_new_structure create_time modify_time campaign_app_profile_page_state special_industries app_id"),
        *same("rf_campaign_type campaign_product_source is_smart_performance_campaign app_promotion_type"),
        *same("deep_bid_type roas_bid current_status"),
    ),
)

PEER = Peer(
    "Singer tap, Stitch, Qlik Talend Cloud",
    "singer",
    (
        AD_INSIGHTS,
        AD_INSIGHTS_BY_AGE_AND_GENDER,
        AD_INSIGHTS_BY_COUNTRY,
        AD_INSIGHTS_BY_PLATFORM,
        CAMPAIGN_INSIGHTS_BY_PROVINCE,
        ADGROUPS,
        ADS,
        ADVERTISERS,
        CAMPAIGNS,
    ),
)
