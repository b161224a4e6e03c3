-- Views under the table names of Airbyte TikTok Marketing, filled from this connector's tables.
-- Written by `python -m docs.generate`; do not edit.
-- "tiktok" is the schema of this connector's tables, "airbyte" the one of the views: rename both as you need.
-- For DuckDB and, where docs/switching.md says no other, for any warehouse.
CREATE SCHEMA IF NOT EXISTS airbyte;

CREATE OR REPLACE VIEW airbyte.advertiser_ids AS
SELECT
    advertiser_id,
    advertiser_name
FROM tiktok.advertiser_accounts;

CREATE OR REPLACE VIEW airbyte.advertisers AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    name,
    address,
    company,
    contacter,
    country,
    currency,
    description,
    email,
    industry,
    language,
    license_no,
    license_url,
    cellphone_number,
    promotion_area,
    rejection_reason,
    role,
    status,
    timezone,
    balance,
    telephone_number,
    display_timezone,
    promotion_center_province,
    advertiser_account_type,
    license_city,
    brand,
    license_province,
    promotion_center_city,
    CAST(EXTRACT(EPOCH FROM create_time) AS BIGINT) AS create_time
FROM tiktok.advertisers;

CREATE OR REPLACE VIEW airbyte.campaigns AS
SELECT
    CAST(campaign_id AS BIGINT) AS campaign_id,
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    campaign_name,
    campaign_type,
    budget,
    budget_mode,
    secondary_status,
    operation_status,
    objective,
    objective_type,
    budget_optimize_on,
    bid_type,
    deep_bid_type,
    optimization_goal,
    is_new_structure,
    roas_bid,
    is_smart_performance_campaign,
    is_search_campaign,
    app_promotion_type,
    rf_campaign_type,
    CAST(NULL AS VARCHAR) AS split_test_variable,
    create_time AT TIME ZONE 'UTC' AS create_time,
    modify_time AT TIME ZONE 'UTC' AS modify_time
FROM tiktok.campaigns
QUALIFY row_number() OVER (PARTITION BY advertiser_id, campaign_id ORDER BY modify_time DESC) = 1;

CREATE OR REPLACE VIEW airbyte.ad_groups AS
SELECT
    CAST(adgroup_id AS BIGINT) AS adgroup_id,
    CAST(campaign_id AS BIGINT) AS campaign_id,
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    adgroup_name,
    campaign_name,
    placement_type,
    placements,
    promotion_type,
    promotion_website_type,
    inventory_filter_enabled,
    comment_disabled,
    video_download_disabled,
    share_disabled,
    app_id,
    app_type,
    app_download_url,
    package,
    pixel_id,
    catalog_id,
    product_set_id,
    catalog_authorized_bc_id,
    optimization_goal,
    optimization_event,
    secondary_optimization_event,
    conversion_window,
    statistic_type,
    creative_material_mode,
    audience_type,
    audience_rule,
    audience_ids,
    excluded_audience_ids,
    included_custom_actions,
    excluded_custom_actions,
    shopping_ads_retargeting_type,
    targeting_expansion,
    auto_targeting_enabled,
    location_ids,
    zipcode_ids,
    languages,
    gender,
    age_groups,
    spending_power,
    household_income,
    interest_category_ids,
    interest_keyword_ids,
    actions,
    keywords,
    category_id,
    contextual_tag_ids,
    category_exclusion_ids,
    brand_safety_type,
    brand_safety_partner,
    feed_type,
    blocked_pangle_app_ids,
    included_pangle_audience_package_ids,
    excluded_pangle_audience_package_ids,
    operating_systems,
    min_android_version,
    min_ios_version,
    ios14_targeting,
    ios14_quota_type,
    ios_quota_type,
    device_model_ids,
    device_price_ranges,
    network_types,
    carrier_ids,
    isp_ids,
    budget,
    budget_mode,
    scheduled_budget,
    dayparting,
    schedule_type,
    schedule_infos,
    delivery_mode,
    pacing,
    billing_event,
    bid_type,
    bid_price,
    bid_display_mode,
    conversion_bid_price,
    deep_bid_type,
    deep_cpa_bid,
    roas_bid,
    cpv_video_duration,
    next_day_retention,
    frequency,
    frequency_schedule,
    rf_purchased_type,
    purchased_impression,
    purchased_reach,
    rf_estimated_cpr,
    rf_estimated_frequency,
    secondary_status,
    operation_status,
    is_new_structure,
    is_smart_performance_campaign,
    is_hfss,
    search_result_enabled,
    adgroup_app_profile_page_state,
    CAST(skip_learning_phase AS INTEGER) AS skip_learning_phase,
    json_extract(actions, '$[0].action_category_ids') AS action_category_ids,
    CAST(json_extract(actions, '$[0].action_period') AS BIGINT) AS action_days,
    json_extract(actions, '$[0].video_user_actions') AS video_actions,
    CAST(NULL AS VARCHAR) AS carriers,
    CAST(NULL AS VARCHAR) AS split_test_adgroup_ids,
    schedule_start_time AT TIME ZONE 'UTC' AS schedule_start_time,
    schedule_end_time AT TIME ZONE 'UTC' AS schedule_end_time,
    create_time AT TIME ZONE 'UTC' AS create_time,
    modify_time AT TIME ZONE 'UTC' AS modify_time
FROM tiktok.adgroups
QUALIFY row_number() OVER (PARTITION BY advertiser_id, adgroup_id ORDER BY modify_time DESC) = 1;

CREATE OR REPLACE VIEW airbyte.ads AS
SELECT
    CAST(ad_id AS BIGINT) AS ad_id,
    CAST(adgroup_id AS BIGINT) AS adgroup_id,
    CAST(campaign_id AS BIGINT) AS campaign_id,
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    campaign_name,
    adgroup_name,
    ad_name,
    tracking_app_id,
    tracking_offline_event_set_ids,
    call_to_action,
    call_to_action_id,
    disclaimer_type,
    disclaimer_text,
    disclaimer_clickable_texts,
    card_id,
    secondary_status,
    operation_status,
    is_aco,
    image_ids,
    image_mode,
    ad_format,
    ad_text,
    ad_texts,
    video_id,
    tiktok_item_id,
    app_name,
    landing_page_url,
    display_name,
    profile_image_url,
    impression_tracking_url,
    click_tracking_url,
    tracking_pixel_id,
    deeplink,
    deeplink_type,
    fallback_type,
    playable_url,
    vast_moat_enabled,
    page_id,
    creative_authorized,
    is_new_structure,
    shopping_ads_fallback_type,
    shopping_deeplink_type,
    shopping_ads_deeplink_type,
    shopping_ads_video_package_id,
    promotional_music_disabled,
    item_duet_status,
    item_stitch_status,
    avatar_icon_web_uri,
    brand_safety_postbid_partner,
    brand_safety_vast_url,
    creative_type,
    identity_id,
    identity_type,
    identity_authorized_bc_id,
    phone_region_code,
    phone_region_calling_code,
    phone_number,
    optimization_event,
    carousel_image_index,
    viewability_postbid_partner,
    viewability_vast_url,
    music_id,
    utm_params,
    dark_post_status,
    branded_content_disabled,
    product_specific_type,
    catalog_id,
    item_group_ids,
    product_set_id,
    dynamic_format,
    vertical_video_strategy,
    dynamic_destination,
    showcase_products,
    tiktok_page_category,
    CAST(landing_page_urls AS JSON) AS landing_page_urls,
    CAST(sku_ids AS JSON) AS sku_ids,
    CAST(NULL AS VARCHAR) AS premium_badge_id,
    create_time AT TIME ZONE 'UTC' AS create_time,
    modify_time AT TIME ZONE 'UTC' AS modify_time
FROM tiktok.ads
QUALIFY row_number() OVER (PARTITION BY advertiser_id, ad_id ORDER BY modify_time DESC) = 1;

CREATE OR REPLACE VIEW airbyte.ads_reports_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(ad_id AS BIGINT) AS ad_id,
    stat_time_day,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'secondary_goal_result', secondary_goal_result,
        'cost_per_secondary_goal_result', cost_per_secondary_goal_result, 'secondary_goal_result_rate',
        secondary_goal_result_rate, 'adgroup_id', CAST(adgroup_id AS BIGINT), 'ad_name', ad_name, 'ad_text',
        ad_text, 'complete_payment', complete_payment, 'profile_visits_rate', profile_visits_rate, 'registration',
        registration, 'registration_rate', registration_rate, 'cost_per_app_install', cost_per_app_install,
        'cost_per_registration', cost_per_registration, 'total_purchase_value', total_purchase_value,
        'total_onsite_shopping_value', total_onsite_shopping_value, 'onsite_shopping', onsite_shopping,
        'vta_purchase', vta_purchase, 'vta_conversion', vta_conversion, 'cta_purchase', cta_purchase,
        'cta_conversion', cta_conversion, 'total_pageview', total_pageview, 'value_per_complete_payment',
        value_per_complete_payment, 'total_complete_payment_rate', total_complete_payment_rate, 'sales_lead',
        sales_lead, 'sales_lead_rate', sales_lead_rate, 'cost_per_sales_lead', cost_per_sales_lead,
        'cost_per_total_sales_lead', cost_per_total_sales_lead, 'cost_per_total_app_event_add_to_cart',
        cost_per_total_app_event_add_to_cart, 'total_app_event_add_to_cart', total_app_event_add_to_cart,
        'purchase', purchase, 'purchase_rate', purchase_rate, 'cost_per_purchase', cost_per_purchase, 'spend',
        spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks', clicks, 'ctr', ctr, 'reach', reach,
        'cost_per_1000_reached', cost_per_1000_reached, 'frequency', frequency, 'video_play_actions',
        video_play_actions, 'video_watched_2s', video_watched_2s, 'video_watched_6s', video_watched_6s,
        'average_video_play', average_video_play, 'average_video_play_per_user', average_video_play_per_user,
        'video_views_p25', video_views_p25, 'video_views_p50', video_views_p50, 'video_views_p75', video_views_p75,
        'video_views_p100', video_views_p100, 'profile_visits', profile_visits, 'likes', likes, 'comments',
        comments, 'shares', shares, 'follows', follows, 'clicks_on_music_disc', clicks_on_music_disc,
        'real_time_app_install', real_time_app_install, 'real_time_app_install_cost', real_time_app_install_cost,
        'app_install', app_install) AS metrics,
    json_object('ad_id', CAST(ad_id AS BIGINT), 'stat_time_day', stat_time_day) AS dimensions
FROM tiktok.ad_insights;

CREATE OR REPLACE VIEW airbyte.ads_reports_hourly AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(ad_id AS BIGINT) AS ad_id,
    stat_time_hour,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'secondary_goal_result', secondary_goal_result,
        'cost_per_secondary_goal_result', cost_per_secondary_goal_result, 'secondary_goal_result_rate',
        secondary_goal_result_rate, 'adgroup_id', CAST(adgroup_id AS BIGINT), 'ad_name', ad_name, 'ad_text',
        ad_text, 'complete_payment', complete_payment, 'profile_visits_rate', profile_visits_rate, 'registration',
        registration, 'registration_rate', registration_rate, 'cost_per_app_install', cost_per_app_install,
        'cost_per_registration', cost_per_registration, 'total_purchase_value', total_purchase_value,
        'total_onsite_shopping_value', total_onsite_shopping_value, 'onsite_shopping', onsite_shopping,
        'vta_purchase', vta_purchase, 'vta_conversion', vta_conversion, 'cta_purchase', cta_purchase,
        'cta_conversion', cta_conversion, 'total_pageview', total_pageview, 'value_per_complete_payment',
        value_per_complete_payment, 'total_complete_payment_rate', total_complete_payment_rate, 'sales_lead',
        sales_lead, 'sales_lead_rate', sales_lead_rate, 'cost_per_sales_lead', cost_per_sales_lead,
        'cost_per_total_sales_lead', cost_per_total_sales_lead, 'cost_per_total_app_event_add_to_cart',
        cost_per_total_app_event_add_to_cart, 'total_app_event_add_to_cart', total_app_event_add_to_cart,
        'purchase', purchase, 'purchase_rate', purchase_rate, 'cost_per_purchase', cost_per_purchase, 'spend',
        spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks', clicks, 'ctr', ctr, 'reach', reach,
        'cost_per_1000_reached', cost_per_1000_reached, 'frequency', frequency, 'video_play_actions',
        video_play_actions, 'video_watched_2s', video_watched_2s, 'video_watched_6s', video_watched_6s,
        'average_video_play', average_video_play, 'average_video_play_per_user', average_video_play_per_user,
        'video_views_p25', video_views_p25, 'video_views_p50', video_views_p50, 'video_views_p75', video_views_p75,
        'video_views_p100', video_views_p100, 'profile_visits', profile_visits, 'likes', likes, 'comments',
        comments, 'shares', shares, 'follows', follows, 'clicks_on_music_disc', clicks_on_music_disc,
        'real_time_app_install', real_time_app_install, 'real_time_app_install_cost', real_time_app_install_cost,
        'app_install', app_install) AS metrics,
    json_object('ad_id', CAST(ad_id AS BIGINT), 'stat_time_hour', stat_time_hour) AS dimensions
FROM tiktok.ad_insights_hourly;

CREATE OR REPLACE VIEW airbyte.ads_reports_lifetime AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(ad_id AS BIGINT) AS ad_id,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'secondary_goal_result', secondary_goal_result,
        'cost_per_secondary_goal_result', cost_per_secondary_goal_result, 'secondary_goal_result_rate',
        secondary_goal_result_rate, 'adgroup_id', CAST(adgroup_id AS BIGINT), 'ad_name', ad_name, 'ad_text',
        ad_text, 'complete_payment', complete_payment, 'profile_visits_rate', profile_visits_rate, 'registration',
        registration, 'registration_rate', registration_rate, 'cost_per_app_install', cost_per_app_install,
        'cost_per_registration', cost_per_registration, 'total_purchase_value', total_purchase_value,
        'total_onsite_shopping_value', total_onsite_shopping_value, 'onsite_shopping', onsite_shopping,
        'vta_purchase', vta_purchase, 'vta_conversion', vta_conversion, 'cta_purchase', cta_purchase,
        'cta_conversion', cta_conversion, 'total_pageview', total_pageview, 'value_per_complete_payment',
        value_per_complete_payment, 'total_complete_payment_rate', total_complete_payment_rate, 'sales_lead',
        sales_lead, 'sales_lead_rate', sales_lead_rate, 'cost_per_sales_lead', cost_per_sales_lead,
        'cost_per_total_sales_lead', cost_per_total_sales_lead, 'cost_per_total_app_event_add_to_cart',
        cost_per_total_app_event_add_to_cart, 'total_app_event_add_to_cart', total_app_event_add_to_cart,
        'purchase', purchase, 'purchase_rate', purchase_rate, 'cost_per_purchase', cost_per_purchase, 'spend',
        spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks', clicks, 'ctr', ctr, 'reach', reach,
        'cost_per_1000_reached', cost_per_1000_reached, 'frequency', frequency, 'video_play_actions',
        video_play_actions, 'video_watched_2s', video_watched_2s, 'video_watched_6s', video_watched_6s,
        'average_video_play', average_video_play, 'average_video_play_per_user', average_video_play_per_user,
        'video_views_p25', video_views_p25, 'video_views_p50', video_views_p50, 'video_views_p75', video_views_p75,
        'video_views_p100', video_views_p100, 'profile_visits', profile_visits, 'likes', likes, 'comments',
        comments, 'shares', shares, 'follows', follows, 'clicks_on_music_disc', clicks_on_music_disc,
        'real_time_app_install', real_time_app_install, 'real_time_app_install_cost', real_time_app_install_cost,
        'app_install', app_install) AS metrics,
    json_object('ad_id', CAST(ad_id AS BIGINT)) AS dimensions
FROM tiktok.ad_insights_lifetime;

CREATE OR REPLACE VIEW airbyte.ads_reports_by_country_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(ad_id AS BIGINT) AS ad_id,
    stat_time_day,
    country_code,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'adgroup_id', CAST(adgroup_id AS BIGINT), 'ad_name',
        ad_name, 'ad_text', ad_text, 'complete_payment', complete_payment, 'profile_visits_rate',
        profile_visits_rate, 'registration', registration, 'registration_rate', registration_rate,
        'cost_per_app_install', cost_per_app_install, 'cost_per_registration', cost_per_registration, 'spend',
        spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks', clicks, 'ctr', ctr, 'reach', reach,
        'frequency', frequency, 'video_play_actions', video_play_actions, 'video_watched_2s', video_watched_2s,
        'video_watched_6s', video_watched_6s, 'average_video_play', average_video_play, 'video_views_p25',
        video_views_p25, 'video_views_p50', video_views_p50, 'video_views_p75', video_views_p75, 'video_views_p100',
        video_views_p100, 'profile_visits', profile_visits, 'likes', likes, 'comments', comments, 'shares', shares,
        'follows', follows, 'clicks_on_music_disc', clicks_on_music_disc, 'real_time_app_install',
        real_time_app_install, 'real_time_app_install_cost', real_time_app_install_cost, 'app_install', app_install)
        AS metrics,
    json_object('ad_id', CAST(ad_id AS BIGINT), 'stat_time_day', stat_time_day, 'country_code', country_code) AS
        dimensions
FROM tiktok.ad_insights_by_country_extended;

CREATE OR REPLACE VIEW airbyte.ads_reports_by_country_hourly AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(ad_id AS BIGINT) AS ad_id,
    stat_time_hour,
    country_code,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'adgroup_id', CAST(adgroup_id AS BIGINT), 'ad_name',
        ad_name, 'ad_text', ad_text, 'complete_payment', complete_payment, 'profile_visits_rate',
        profile_visits_rate, 'registration', registration, 'registration_rate', registration_rate,
        'cost_per_app_install', cost_per_app_install, 'cost_per_registration', cost_per_registration, 'spend',
        spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks', clicks, 'ctr', ctr, 'reach', reach,
        'frequency', frequency, 'video_play_actions', video_play_actions, 'video_watched_2s', video_watched_2s,
        'video_watched_6s', video_watched_6s, 'average_video_play', average_video_play, 'video_views_p25',
        video_views_p25, 'video_views_p50', video_views_p50, 'video_views_p75', video_views_p75, 'video_views_p100',
        video_views_p100, 'profile_visits', profile_visits, 'likes', likes, 'comments', comments, 'shares', shares,
        'follows', follows, 'clicks_on_music_disc', clicks_on_music_disc, 'real_time_app_install',
        real_time_app_install, 'real_time_app_install_cost', real_time_app_install_cost, 'app_install', app_install)
        AS metrics,
    json_object('ad_id', CAST(ad_id AS BIGINT), 'stat_time_hour', stat_time_hour, 'country_code', country_code)
        AS dimensions
FROM tiktok.ad_insights_by_country_extended_hourly;

CREATE OR REPLACE VIEW airbyte.ad_groups_reports_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(adgroup_id AS BIGINT) AS adgroup_id,
    stat_time_day,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'secondary_goal_result', secondary_goal_result,
        'cost_per_secondary_goal_result', cost_per_secondary_goal_result, 'secondary_goal_result_rate',
        secondary_goal_result_rate, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks',
        clicks, 'ctr', ctr, 'reach', reach, 'cost_per_1000_reached', cost_per_1000_reached, 'frequency', frequency,
        'video_play_actions', video_play_actions, 'video_watched_2s', video_watched_2s, 'video_watched_6s',
        video_watched_6s, 'average_video_play', average_video_play, 'average_video_play_per_user',
        average_video_play_per_user, 'video_views_p25', video_views_p25, 'video_views_p50', video_views_p50,
        'video_views_p75', video_views_p75, 'video_views_p100', video_views_p100, 'profile_visits', profile_visits,
        'likes', likes, 'comments', comments, 'shares', shares, 'follows', follows, 'clicks_on_music_disc',
        clicks_on_music_disc, 'real_time_app_install', real_time_app_install, 'real_time_app_install_cost',
        real_time_app_install_cost, 'app_install', app_install) AS metrics,
    json_object('adgroup_id', CAST(adgroup_id AS BIGINT), 'stat_time_day', stat_time_day) AS dimensions
FROM tiktok.adgroup_insights;

CREATE OR REPLACE VIEW airbyte.ad_groups_reports_hourly AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(adgroup_id AS BIGINT) AS adgroup_id,
    stat_time_hour,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'secondary_goal_result', secondary_goal_result,
        'cost_per_secondary_goal_result', cost_per_secondary_goal_result, 'secondary_goal_result_rate',
        secondary_goal_result_rate, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks',
        clicks, 'ctr', ctr, 'reach', reach, 'cost_per_1000_reached', cost_per_1000_reached, 'frequency', frequency,
        'video_play_actions', video_play_actions, 'video_watched_2s', video_watched_2s, 'video_watched_6s',
        video_watched_6s, 'average_video_play', average_video_play, 'average_video_play_per_user',
        average_video_play_per_user, 'video_views_p25', video_views_p25, 'video_views_p50', video_views_p50,
        'video_views_p75', video_views_p75, 'video_views_p100', video_views_p100, 'profile_visits', profile_visits,
        'likes', likes, 'comments', comments, 'shares', shares, 'follows', follows, 'clicks_on_music_disc',
        clicks_on_music_disc, 'real_time_app_install', real_time_app_install, 'real_time_app_install_cost',
        real_time_app_install_cost, 'app_install', app_install) AS metrics,
    json_object('adgroup_id', CAST(adgroup_id AS BIGINT), 'stat_time_hour', stat_time_hour) AS dimensions
FROM tiktok.adgroup_insights_hourly;

CREATE OR REPLACE VIEW airbyte.ad_groups_reports_lifetime AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(adgroup_id AS BIGINT) AS adgroup_id,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'secondary_goal_result', secondary_goal_result,
        'cost_per_secondary_goal_result', cost_per_secondary_goal_result, 'secondary_goal_result_rate',
        secondary_goal_result_rate, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks',
        clicks, 'ctr', ctr, 'reach', reach, 'cost_per_1000_reached', cost_per_1000_reached, 'frequency', frequency,
        'video_play_actions', video_play_actions, 'video_watched_2s', video_watched_2s, 'video_watched_6s',
        video_watched_6s, 'average_video_play', average_video_play, 'average_video_play_per_user',
        average_video_play_per_user, 'video_views_p25', video_views_p25, 'video_views_p50', video_views_p50,
        'video_views_p75', video_views_p75, 'video_views_p100', video_views_p100, 'profile_visits', profile_visits,
        'likes', likes, 'comments', comments, 'shares', shares, 'follows', follows, 'clicks_on_music_disc',
        clicks_on_music_disc, 'real_time_app_install', real_time_app_install, 'real_time_app_install_cost',
        real_time_app_install_cost, 'app_install', app_install) AS metrics,
    json_object('adgroup_id', CAST(adgroup_id AS BIGINT)) AS dimensions
FROM tiktok.adgroup_insights_lifetime;

CREATE OR REPLACE VIEW airbyte.ad_groups_reports_by_country_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(adgroup_id AS BIGINT) AS adgroup_id,
    stat_time_day,
    country_code,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions',
        impressions, 'clicks', clicks, 'ctr', ctr, 'reach', reach, 'frequency', frequency, 'video_play_actions',
        video_play_actions, 'video_watched_2s', video_watched_2s, 'video_watched_6s', video_watched_6s,
        'average_video_play', average_video_play, 'video_views_p25', video_views_p25, 'video_views_p50',
        video_views_p50, 'video_views_p75', video_views_p75, 'video_views_p100', video_views_p100, 'profile_visits',
        profile_visits, 'likes', likes, 'comments', comments, 'shares', shares, 'follows', follows,
        'clicks_on_music_disc', clicks_on_music_disc, 'real_time_app_install', real_time_app_install,
        'real_time_app_install_cost', real_time_app_install_cost, 'app_install', app_install) AS metrics,
    json_object('adgroup_id', CAST(adgroup_id AS BIGINT), 'stat_time_day', stat_time_day, 'country_code',
        country_code) AS dimensions
FROM tiktok.adgroup_insights_by_country_extended;

CREATE OR REPLACE VIEW airbyte.ad_groups_reports_by_country_hourly AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(adgroup_id AS BIGINT) AS adgroup_id,
    stat_time_hour,
    country_code,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions',
        impressions, 'clicks', clicks, 'ctr', ctr, 'reach', reach, 'frequency', frequency, 'video_play_actions',
        video_play_actions, 'video_watched_2s', video_watched_2s, 'video_watched_6s', video_watched_6s,
        'average_video_play', average_video_play, 'video_views_p25', video_views_p25, 'video_views_p50',
        video_views_p50, 'video_views_p75', video_views_p75, 'video_views_p100', video_views_p100, 'profile_visits',
        profile_visits, 'likes', likes, 'comments', comments, 'shares', shares, 'follows', follows,
        'clicks_on_music_disc', clicks_on_music_disc, 'real_time_app_install', real_time_app_install,
        'real_time_app_install_cost', real_time_app_install_cost, 'app_install', app_install) AS metrics,
    json_object('adgroup_id', CAST(adgroup_id AS BIGINT), 'stat_time_hour', stat_time_hour, 'country_code',
        country_code) AS dimensions
FROM tiktok.adgroup_insights_by_country_extended_hourly;

CREATE OR REPLACE VIEW airbyte.campaigns_reports_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(campaign_id AS BIGINT) AS campaign_id,
    stat_time_day,
    json_object('campaign_name', campaign_name, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions',
        impressions, 'clicks', clicks, 'ctr', ctr, 'reach', reach, 'cost_per_1000_reached', cost_per_1000_reached,
        'frequency', frequency, 'video_play_actions', video_play_actions, 'video_watched_2s', video_watched_2s,
        'video_watched_6s', video_watched_6s, 'average_video_play', average_video_play,
        'average_video_play_per_user', average_video_play_per_user, 'video_views_p25', video_views_p25,
        'video_views_p50', video_views_p50, 'video_views_p75', video_views_p75, 'video_views_p100',
        video_views_p100, 'profile_visits', profile_visits, 'likes', likes, 'comments', comments, 'shares', shares,
        'follows', follows, 'clicks_on_music_disc', clicks_on_music_disc, 'real_time_app_install',
        real_time_app_install, 'real_time_app_install_cost', real_time_app_install_cost, 'app_install', app_install)
        AS metrics,
    json_object('campaign_id', CAST(campaign_id AS BIGINT), 'stat_time_day', stat_time_day) AS dimensions
FROM tiktok.campaign_insights;

CREATE OR REPLACE VIEW airbyte.campaigns_reports_hourly AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(campaign_id AS BIGINT) AS campaign_id,
    stat_time_hour,
    json_object('campaign_name', campaign_name, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions',
        impressions, 'clicks', clicks, 'ctr', ctr, 'reach', reach, 'cost_per_1000_reached', cost_per_1000_reached,
        'frequency', frequency, 'video_play_actions', video_play_actions, 'video_watched_2s', video_watched_2s,
        'video_watched_6s', video_watched_6s, 'average_video_play', average_video_play,
        'average_video_play_per_user', average_video_play_per_user, 'video_views_p25', video_views_p25,
        'video_views_p50', video_views_p50, 'video_views_p75', video_views_p75, 'video_views_p100',
        video_views_p100, 'profile_visits', profile_visits, 'likes', likes, 'comments', comments, 'shares', shares,
        'follows', follows, 'clicks_on_music_disc', clicks_on_music_disc, 'real_time_app_install',
        real_time_app_install, 'real_time_app_install_cost', real_time_app_install_cost, 'app_install', app_install)
        AS metrics,
    json_object('campaign_id', CAST(campaign_id AS BIGINT), 'stat_time_hour', stat_time_hour) AS dimensions
FROM tiktok.campaign_insights_hourly;

CREATE OR REPLACE VIEW airbyte.campaigns_reports_lifetime AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(campaign_id AS BIGINT) AS campaign_id,
    json_object('campaign_name', campaign_name, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions',
        impressions, 'clicks', clicks, 'ctr', ctr, 'reach', reach, 'cost_per_1000_reached', cost_per_1000_reached,
        'frequency', frequency, 'video_play_actions', video_play_actions, 'video_watched_2s', video_watched_2s,
        'video_watched_6s', video_watched_6s, 'average_video_play', average_video_play,
        'average_video_play_per_user', average_video_play_per_user, 'video_views_p25', video_views_p25,
        'video_views_p50', video_views_p50, 'video_views_p75', video_views_p75, 'video_views_p100',
        video_views_p100, 'profile_visits', profile_visits, 'likes', likes, 'comments', comments, 'shares', shares,
        'follows', follows, 'clicks_on_music_disc', clicks_on_music_disc, 'real_time_app_install',
        real_time_app_install, 'real_time_app_install_cost', real_time_app_install_cost, 'app_install', app_install)
        AS metrics,
    json_object('campaign_id', CAST(campaign_id AS BIGINT)) AS dimensions
FROM tiktok.campaign_insights_lifetime;

CREATE OR REPLACE VIEW airbyte.advertisers_reports_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    stat_time_day,
    json_object('cash_spend', cash_spend, 'voucher_spend', voucher_spend, 'spend', spend, 'cpc', cpc, 'cpm',
        cpm, 'impressions', impressions, 'clicks', clicks, 'ctr', ctr, 'reach', reach, 'cost_per_1000_reached',
        cost_per_1000_reached, 'frequency', frequency, 'video_play_actions', video_play_actions, 'video_watched_2s',
        video_watched_2s, 'video_watched_6s', video_watched_6s, 'average_video_play', average_video_play,
        'average_video_play_per_user', average_video_play_per_user, 'video_views_p25', video_views_p25,
        'video_views_p50', video_views_p50, 'video_views_p75', video_views_p75, 'video_views_p100',
        video_views_p100, 'profile_visits', profile_visits, 'likes', likes, 'comments', comments, 'shares', shares,
        'follows', follows, 'clicks_on_music_disc', clicks_on_music_disc, 'real_time_app_install',
        real_time_app_install, 'real_time_app_install_cost', real_time_app_install_cost, 'app_install', app_install)
        AS metrics,
    json_object('advertiser_id', CAST(advertiser_id AS BIGINT), 'stat_time_day', stat_time_day) AS dimensions
FROM tiktok.advertiser_insights;

CREATE OR REPLACE VIEW airbyte.advertisers_reports_hourly AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    stat_time_hour,
    json_object('spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks', clicks, 'ctr',
        ctr, 'reach', reach, 'cost_per_1000_reached', cost_per_1000_reached, 'frequency', frequency,
        'video_play_actions', video_play_actions, 'video_watched_2s', video_watched_2s, 'video_watched_6s',
        video_watched_6s, 'average_video_play', average_video_play, 'average_video_play_per_user',
        average_video_play_per_user, 'video_views_p25', video_views_p25, 'video_views_p50', video_views_p50,
        'video_views_p75', video_views_p75, 'video_views_p100', video_views_p100, 'profile_visits', profile_visits,
        'likes', likes, 'comments', comments, 'shares', shares, 'follows', follows, 'clicks_on_music_disc',
        clicks_on_music_disc, 'real_time_app_install', real_time_app_install, 'real_time_app_install_cost',
        real_time_app_install_cost, 'app_install', app_install) AS metrics,
    json_object('advertiser_id', CAST(advertiser_id AS BIGINT), 'stat_time_hour', stat_time_hour) AS dimensions
FROM tiktok.advertiser_insights_hourly;

CREATE OR REPLACE VIEW airbyte.advertisers_reports_lifetime AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    json_object('spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks', clicks, 'ctr',
        ctr, 'reach', reach, 'cost_per_1000_reached', cost_per_1000_reached, 'frequency', frequency,
        'video_play_actions', video_play_actions, 'video_watched_2s', video_watched_2s, 'video_watched_6s',
        video_watched_6s, 'average_video_play', average_video_play, 'average_video_play_per_user',
        average_video_play_per_user, 'video_views_p25', video_views_p25, 'video_views_p50', video_views_p50,
        'video_views_p75', video_views_p75, 'video_views_p100', video_views_p100, 'profile_visits', profile_visits,
        'likes', likes, 'comments', comments, 'shares', shares, 'follows', follows, 'clicks_on_music_disc',
        clicks_on_music_disc, 'real_time_app_install', real_time_app_install, 'real_time_app_install_cost',
        real_time_app_install_cost, 'app_install', app_install) AS metrics,
    json_object('advertiser_id', CAST(advertiser_id AS BIGINT)) AS dimensions
FROM tiktok.advertiser_insights_lifetime;

CREATE OR REPLACE VIEW airbyte.ads_audience_reports_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(ad_id AS BIGINT) AS ad_id,
    stat_time_day,
    gender,
    age,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'adgroup_id', CAST(adgroup_id AS BIGINT), 'ad_name',
        ad_name, 'ad_text', ad_text, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks',
        clicks, 'ctr', ctr) AS metrics,
    json_object('ad_id', CAST(ad_id AS BIGINT), 'stat_time_day', stat_time_day, 'gender', gender, 'age', age) AS
        dimensions
FROM tiktok.ad_insights_by_age_and_gender;

CREATE OR REPLACE VIEW airbyte.ads_audience_reports_by_country_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(ad_id AS BIGINT) AS ad_id,
    stat_time_day,
    country_code,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'adgroup_id', CAST(adgroup_id AS BIGINT), 'ad_name',
        ad_name, 'ad_text', ad_text, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks',
        clicks, 'ctr', ctr) AS metrics,
    json_object('ad_id', CAST(ad_id AS BIGINT), 'stat_time_day', stat_time_day, 'country_code', country_code) AS
        dimensions
FROM tiktok.ad_insights_by_country;

CREATE OR REPLACE VIEW airbyte.ads_audience_reports_by_platform_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(ad_id AS BIGINT) AS ad_id,
    stat_time_day,
    platform,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'adgroup_id', CAST(adgroup_id AS BIGINT), 'ad_name',
        ad_name, 'ad_text', ad_text, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks',
        clicks, 'ctr', ctr) AS metrics,
    json_object('ad_id', CAST(ad_id AS BIGINT), 'stat_time_day', stat_time_day, 'platform', platform) AS
        dimensions
FROM tiktok.ad_insights_by_platform;

CREATE OR REPLACE VIEW airbyte.ads_audience_reports_by_province_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(ad_id AS BIGINT) AS ad_id,
    stat_time_day,
    province_id,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'adgroup_id', CAST(adgroup_id AS BIGINT), 'ad_name',
        ad_name, 'ad_text', ad_text, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks',
        clicks, 'ctr', ctr) AS metrics,
    json_object('ad_id', CAST(ad_id AS BIGINT), 'stat_time_day', stat_time_day, 'province_id', province_id) AS
        dimensions
FROM tiktok.ad_insights_by_province;

CREATE OR REPLACE VIEW airbyte.ad_group_audience_reports_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(adgroup_id AS BIGINT) AS adgroup_id,
    stat_time_day,
    gender,
    age,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions',
        impressions, 'clicks', clicks, 'ctr', ctr) AS metrics,
    json_object('adgroup_id', CAST(adgroup_id AS BIGINT), 'stat_time_day', stat_time_day, 'gender', gender,
        'age', age) AS dimensions
FROM tiktok.adgroup_insights_by_age_and_gender;

CREATE OR REPLACE VIEW airbyte.ad_group_audience_reports_by_country_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(adgroup_id AS BIGINT) AS adgroup_id,
    stat_time_day,
    country_code,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions',
        impressions, 'clicks', clicks, 'ctr', ctr) AS metrics,
    json_object('adgroup_id', CAST(adgroup_id AS BIGINT), 'stat_time_day', stat_time_day, 'country_code',
        country_code) AS dimensions
FROM tiktok.adgroup_insights_by_country;

CREATE OR REPLACE VIEW airbyte.ad_group_audience_reports_by_platform_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(adgroup_id AS BIGINT) AS adgroup_id,
    stat_time_day,
    platform,
    json_object('campaign_name', campaign_name, 'campaign_id', CAST(campaign_id AS BIGINT), 'adgroup_name',
        adgroup_name, 'placement_type', placement_type, 'tt_app_id', tt_app_id, 'tt_app_name', tt_app_name,
        'mobile_app_id', mobile_app_id, 'promotion_type', promotion_type, 'dpa_target_audience_type',
        dpa_target_audience_type, 'conversion', conversion, 'cost_per_conversion', cost_per_conversion,
        'conversion_rate', conversion_rate, 'real_time_conversion', real_time_conversion,
        'real_time_cost_per_conversion', real_time_cost_per_conversion, 'real_time_conversion_rate',
        real_time_conversion_rate, 'result', result, 'cost_per_result', cost_per_result, 'result_rate', result_rate,
        'real_time_result', real_time_result, 'real_time_cost_per_result', real_time_cost_per_result,
        'real_time_result_rate', real_time_result_rate, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions',
        impressions, 'clicks', clicks, 'ctr', ctr) AS metrics,
    json_object('adgroup_id', CAST(adgroup_id AS BIGINT), 'stat_time_day', stat_time_day, 'platform', platform)
        AS dimensions
FROM tiktok.adgroup_insights_by_platform;

CREATE OR REPLACE VIEW airbyte.campaigns_audience_reports_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(campaign_id AS BIGINT) AS campaign_id,
    stat_time_day,
    gender,
    age,
    json_object('campaign_name', campaign_name, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions',
        impressions, 'clicks', clicks, 'ctr', ctr) AS metrics,
    json_object('campaign_id', CAST(campaign_id AS BIGINT), 'stat_time_day', stat_time_day, 'gender', gender,
        'age', age) AS dimensions
FROM tiktok.campaign_insights_by_age_and_gender;

CREATE OR REPLACE VIEW airbyte.campaigns_audience_reports_by_country_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(campaign_id AS BIGINT) AS campaign_id,
    stat_time_day,
    country_code,
    json_object('campaign_name', campaign_name, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions',
        impressions, 'clicks', clicks, 'ctr', ctr) AS metrics,
    json_object('campaign_id', CAST(campaign_id AS BIGINT), 'stat_time_day', stat_time_day, 'country_code',
        country_code) AS dimensions
FROM tiktok.campaign_insights_by_country;

CREATE OR REPLACE VIEW airbyte.campaigns_audience_reports_by_platform_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    CAST(campaign_id AS BIGINT) AS campaign_id,
    stat_time_day,
    platform,
    json_object('campaign_name', campaign_name, 'spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions',
        impressions, 'clicks', clicks, 'ctr', ctr) AS metrics,
    json_object('campaign_id', CAST(campaign_id AS BIGINT), 'stat_time_day', stat_time_day, 'platform',
        platform) AS dimensions
FROM tiktok.campaign_insights_by_platform;

CREATE OR REPLACE VIEW airbyte.advertisers_audience_reports_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    stat_time_day,
    gender,
    age,
    json_object('spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks', clicks, 'ctr',
        ctr) AS metrics,
    json_object('advertiser_id', CAST(advertiser_id AS BIGINT), 'stat_time_day', stat_time_day, 'gender',
        gender, 'age', age) AS dimensions
FROM tiktok.advertiser_insights_by_age_and_gender;

CREATE OR REPLACE VIEW airbyte.advertisers_audience_reports_by_country_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    stat_time_day,
    country_code,
    json_object('spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks', clicks, 'ctr',
        ctr) AS metrics,
    json_object('advertiser_id', CAST(advertiser_id AS BIGINT), 'stat_time_day', stat_time_day, 'country_code',
        country_code) AS dimensions
FROM tiktok.advertiser_insights_by_country;

CREATE OR REPLACE VIEW airbyte.advertisers_audience_reports_by_platform_daily AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    stat_time_day,
    platform,
    json_object('spend', spend, 'cpc', cpc, 'cpm', cpm, 'impressions', impressions, 'clicks', clicks, 'ctr',
        ctr) AS metrics,
    json_object('advertiser_id', CAST(advertiser_id AS BIGINT), 'stat_time_day', stat_time_day, 'platform',
        platform) AS dimensions
FROM tiktok.advertiser_insights_by_platform;

CREATE OR REPLACE VIEW airbyte.advertisers_audience_reports_lifetime AS
SELECT
    CAST(advertiser_id AS BIGINT) AS advertiser_id,
    gender,
    age,
    json_object('spend', spend, 'impressions', impressions, 'clicks', clicks, 'cpc', spend / nullif(clicks, 0),
        'cpm', 1000 * spend / nullif(impressions, 0), 'ctr', 100.0 * clicks / nullif(impressions, 0)) AS metrics,
    json_object('advertiser_id', CAST(advertiser_id AS BIGINT), 'gender', gender, 'age', age) AS dimensions
FROM (
    SELECT advertiser_id, gender, age, sum(spend) AS spend, sum(impressions) AS impressions, sum(clicks) AS clicks
    FROM tiktok.advertiser_insights_by_age_and_gender
    GROUP BY 1, 2, 3
) AS all_days;

CREATE OR REPLACE VIEW airbyte.audiences AS
SELECT
    audience_id,
    name,
    audience_type,
    calculate_type,
    cover_num,
    shared,
    is_creator,
    is_valid,
    is_expiring,
    create_time,
    expired_time
FROM tiktok.audiences;

CREATE OR REPLACE VIEW airbyte.creative_assets_images AS
SELECT
    image_id,
    material_id,
    file_name,
    format,
    image_url,
    height,
    width,
    size,
    signature,
    is_carousel_usable,
    displayable,
    create_time,
    modify_time
FROM tiktok.images;

CREATE OR REPLACE VIEW airbyte.creative_assets_videos AS
SELECT
    video_id,
    material_id,
    file_name,
    format,
    preview_url,
    video_cover_url,
    duration,
    height,
    width,
    bit_rate,
    size,
    signature,
    allowed_placements,
    allow_download,
    displayable,
    create_time,
    modify_time,
    preview_url_expire_time AT TIME ZONE 'UTC' AS preview_url_expire_time
FROM tiktok.videos;

CREATE OR REPLACE VIEW airbyte.creative_assets_music AS
SELECT
    music_id,
    material_id,
    name,
    author,
    sources,
    style,
    duration,
    copyright,
    liked,
    url,
    cover_url,
    signature,
    file_name,
    create_time,
    modify_time
FROM tiktok.music;

CREATE OR REPLACE VIEW airbyte.creative_assets_portfolios AS
SELECT
    creative_portfolio_id,
    creative_portfolio_type,
    creative_portfolio_preview_url
FROM tiktok.portfolios;

CREATE OR REPLACE VIEW airbyte.pixels AS
SELECT
    pixel_id,
    pixel_code,
    pixel_name,
    pixel_category,
    pixel_script,
    pixel_setup_mode,
    partner_name,
    create_time,
    advanced_matching_fields,
    asset_ownership,
    events
FROM tiktok.pixels;

CREATE OR REPLACE VIEW airbyte.pixel_instant_page_events AS
SELECT
    business_type,
    instant_page_events
FROM tiktok.pixel_instant_page_events;

CREATE OR REPLACE VIEW airbyte.pixel_events_statistics AS
SELECT
    advertiser_id,
    pixel_id,
    json_group_array(json_object('pixel_event_type', pixel_event_type, 'custom_event_type', custom_event_type,
        'attributed_count', attributed_count, 'preview_count', preview_count, 'total_count', total_count,
        'browser_event_total_count', browser_event_total_count, 'server_event_total_count',
        server_event_total_count)) AS statistics
FROM (
    SELECT
        advertiser_id, pixel_id, pixel_event_type, custom_event_type,
        sum(total_count) AS total_count, sum(attributed_count) AS attributed_count,
        sum(preview_count) AS preview_count, sum(browser_event_total_count) AS browser_event_total_count,
        sum(server_event_total_count) AS server_event_total_count
    FROM tiktok.pixel_event_statistics
    WHERE date > (SELECT max(date) FROM tiktok.pixel_event_statistics) - 30
    GROUP BY 1, 2, 3, 4
) AS events
GROUP BY advertiser_id, pixel_id;

CREATE OR REPLACE VIEW airbyte.spark_ads AS
SELECT
    item_id AS spark_ads_post_id,
    user_info,
    item_info,
    auth_info,
    video_info
FROM tiktok.spark_posts;
