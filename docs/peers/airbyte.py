"""The 44 streams of Airbyte's TikTok Marketing connector, as its version 4.7 declares them, and ours beside them."""

from __future__ import annotations

from docs.peers.mapping import Column, Peer, View, as_json, gone, in_utc, same, whole

CORE = ("spend", "cpc", "cpm", "impressions", "clicks", "ctr")
BASIC = (
    *CORE,
    *("reach", "cost_per_1000_reached", "frequency"),
    *("video_play_actions", "video_watched_2s", "video_watched_6s"),
    *("average_video_play", "average_video_play_per_user"),
    *("video_views_p25", "video_views_p50", "video_views_p75", "video_views_p100"),
    *("profile_visits", "likes", "comments", "shares", "follows", "clicks_on_music_disc"),
    *("real_time_app_install", "real_time_app_install_cost", "app_install"),
)
MONEY = ("cash_spend", "voucher_spend")
CAMPAIGN = ("campaign_name",)
ADGROUP = (
    *("campaign_name", "campaign_id", "adgroup_name", "placement_type", "tt_app_id", "tt_app_name", "mobile_app_id"),
    *("promotion_type", "dpa_target_audience_type"),
    *("conversion", "cost_per_conversion", "conversion_rate"),
    *("real_time_conversion", "real_time_cost_per_conversion", "real_time_conversion_rate"),
    *("result", "cost_per_result", "result_rate"),
    *("real_time_result", "real_time_cost_per_result", "real_time_result_rate"),
)
SECONDARY = ("secondary_goal_result", "cost_per_secondary_goal_result", "secondary_goal_result_rate")
AD = ("adgroup_id", "ad_name", "ad_text")
EVENTS = (
    *("complete_payment", "profile_visits_rate", "registration", "registration_rate"),
    *("cost_per_app_install", "cost_per_registration"),
)
REFUSED_BY_COUNTRY = ("cost_per_1000_reached", "average_video_play_per_user", *SECONDARY)
EVENTS_REFUSED_BY_COUNTRY = (
    *("total_purchase_value", "total_onsite_shopping_value", "onsite_shopping"),
    *("vta_purchase", "vta_conversion", "cta_purchase", "cta_conversion", "total_pageview"),
    *("value_per_complete_payment", "total_complete_payment_rate", "sales_lead", "sales_lead_rate"),
    *("cost_per_sales_lead", "cost_per_total_sales_lead"),
    *("cost_per_total_app_event_add_to_cart", "total_app_event_add_to_cart"),
)
PURCHASES = ("purchase", "purchase_rate", "cost_per_purchase")

AD_BASIC = (*ADGROUP, *SECONDARY, *AD, *EVENTS, *EVENTS_REFUSED_BY_COUNTRY, *PURCHASES, *BASIC)
ADGROUP_BASIC = (*ADGROUP, *SECONDARY, *BASIC)
CAMPAIGN_BASIC = (*CAMPAIGN, *BASIC)
AD_AUDIENCE = (*ADGROUP, *AD, *CORE)
ADGROUP_AUDIENCE = (*ADGROUP, *CORE)
CAMPAIGN_AUDIENCE = (*CAMPAIGN, *CORE)

DAY = ("stat_time_day",)
HOUR = ("stat_time_hour",)
IDS = ("advertiser_id", "campaign_id", "adgroup_id", "ad_id")


def report(
    name: str,
    stream: str,
    dimensions: tuple[str, ...],
    metrics: tuple[str, ...],
    lost: tuple[str, ...] = (),
    remark: str = "",
) -> View:
    """A report there: its dimensions at the top level and again as one object, its metrics as another."""
    given = tuple(name for name in metrics if name not in lost)
    ids = dict.fromkeys(("advertiser_id", dimensions[0]))
    others = (name for name in dimensions if name not in IDS)
    columns = (
        *whole(" ".join(ids)),
        *same(" ".join(others)),
        Column("metrics", as_json({name: _number(name) for name in given})),
        Column("dimensions", as_json({name: _number(name) for name in dimensions})),
    )
    return View(name, stream, dimensions, columns, remark, metrics=given, lost=lost)


def _number(name: str) -> str:
    return f"CAST({name} AS BIGINT)" if name in IDS else name


AGE = ("gender", "age")
COUNTRY = ("country_code",)
PLATFORM = ("platform",)
PROVINCE = ("province_id",)
OPTIONAL = (
    "optional here: TikTok's rules refuse countries by the hour, and an account whose report is refused is skipped"
)
BY_COUNTRY = (*ADGROUP, *SECONDARY, *AD, *EVENTS, *EVENTS_REFUSED_BY_COUNTRY, *BASIC)
AD_REFUSED = (*REFUSED_BY_COUNTRY, *EVENTS_REFUSED_BY_COUNTRY)
FOCUSED = "focused views, which newer versions add, come here with `metric_groups`"

REPORTS: tuple[View, ...] = (
    report("ads_reports_daily", "ad_insights", ("ad_id", *DAY), AD_BASIC, remark=FOCUSED),
    report("ads_reports_hourly", "ad_insights_hourly", ("ad_id", *HOUR), AD_BASIC, remark=FOCUSED),
    report("ads_reports_lifetime", "ad_insights_lifetime", ("ad_id",), AD_BASIC, remark=FOCUSED),
    report(
        "ads_reports_by_country_daily",
        "ad_insights_by_country_extended",
        ("ad_id", *DAY, *COUNTRY),
        BY_COUNTRY,
        AD_REFUSED,
    ),
    report(
        "ads_reports_by_country_hourly",
        "ad_insights_by_country_extended_hourly",
        ("ad_id", *HOUR, *COUNTRY),
        BY_COUNTRY,
        AD_REFUSED,
        OPTIONAL,
    ),
    report("ad_groups_reports_daily", "adgroup_insights", ("adgroup_id", *DAY), ADGROUP_BASIC),
    report("ad_groups_reports_hourly", "adgroup_insights_hourly", ("adgroup_id", *HOUR), ADGROUP_BASIC),
    report("ad_groups_reports_lifetime", "adgroup_insights_lifetime", ("adgroup_id",), ADGROUP_BASIC),
    report(
        "ad_groups_reports_by_country_daily",
        "adgroup_insights_by_country_extended",
        ("adgroup_id", *DAY, *COUNTRY),
        ADGROUP_BASIC,
        REFUSED_BY_COUNTRY,
    ),
    report(
        "ad_groups_reports_by_country_hourly",
        "adgroup_insights_by_country_extended_hourly",
        ("adgroup_id", *HOUR, *COUNTRY),
        ADGROUP_BASIC,
        REFUSED_BY_COUNTRY,
        OPTIONAL,
    ),
    report("campaigns_reports_daily", "campaign_insights", ("campaign_id", *DAY), CAMPAIGN_BASIC),
    report("campaigns_reports_hourly", "campaign_insights_hourly", ("campaign_id", *HOUR), CAMPAIGN_BASIC),
    report("campaigns_reports_lifetime", "campaign_insights_lifetime", ("campaign_id",), CAMPAIGN_BASIC),
    report("advertisers_reports_daily", "advertiser_insights", ("advertiser_id", *DAY), (*MONEY, *BASIC)),
    report("advertisers_reports_hourly", "advertiser_insights_hourly", ("advertiser_id", *HOUR), BASIC),
    report("advertisers_reports_lifetime", "advertiser_insights_lifetime", ("advertiser_id",), BASIC),
    report("ads_audience_reports_daily", "ad_insights_by_age_and_gender", ("ad_id", *DAY, *AGE), AD_AUDIENCE),
    report("ads_audience_reports_by_country_daily", "ad_insights_by_country", ("ad_id", *DAY, *COUNTRY), AD_AUDIENCE),
    report(
        "ads_audience_reports_by_platform_daily", "ad_insights_by_platform", ("ad_id", *DAY, *PLATFORM), AD_AUDIENCE
    ),
    report(
        "ads_audience_reports_by_province_daily", "ad_insights_by_province", ("ad_id", *DAY, *PROVINCE), AD_AUDIENCE
    ),
    report(
        "ad_group_audience_reports_daily",
        "adgroup_insights_by_age_and_gender",
        ("adgroup_id", *DAY, *AGE),
        ADGROUP_AUDIENCE,
    ),
    report(
        "ad_group_audience_reports_by_country_daily",
        "adgroup_insights_by_country",
        ("adgroup_id", *DAY, *COUNTRY),
        ADGROUP_AUDIENCE,
    ),
    report(
        "ad_group_audience_reports_by_platform_daily",
        "adgroup_insights_by_platform",
        ("adgroup_id", *DAY, *PLATFORM),
        ADGROUP_AUDIENCE,
    ),
    report(
        "campaigns_audience_reports_daily",
        "campaign_insights_by_age_and_gender",
        ("campaign_id", *DAY, *AGE),
        CAMPAIGN_AUDIENCE,
    ),
    report(
        "campaigns_audience_reports_by_country_daily",
        "campaign_insights_by_country",
        ("campaign_id", *DAY, *COUNTRY),
        CAMPAIGN_AUDIENCE,
    ),
    report(
        "campaigns_audience_reports_by_platform_daily",
        "campaign_insights_by_platform",
        ("campaign_id", *DAY, *PLATFORM),
        CAMPAIGN_AUDIENCE,
    ),
    report(
        "advertisers_audience_reports_daily",
        "advertiser_insights_by_age_and_gender",
        ("advertiser_id", *DAY, *AGE),
        CORE,
    ),
    report(
        "advertisers_audience_reports_by_country_daily",
        "advertiser_insights_by_country",
        ("advertiser_id", *DAY, *COUNTRY),
        CORE,
    ),
    report(
        "advertisers_audience_reports_by_platform_daily",
        "advertiser_insights_by_platform",
        ("advertiser_id", *DAY, *PLATFORM),
        CORE,
    ),
)

SUMS = ("spend", "impressions", "clicks")
RATES = {
    "cpc": "spend / nullif(clicks, 0)",
    "cpm": "1000 * spend / nullif(impressions, 0)",
    "ctr": "100.0 * clicks / nullif(impressions, 0)",
}
ALL_DAYS = """\
(
    SELECT advertiser_id, gender, age, sum(spend) AS spend, sum(impressions) AS impressions, sum(clicks) AS clicks
    FROM tiktok.advertiser_insights_by_age_and_gender
    GROUP BY 1, 2, 3
) AS all_days"""
AUDIENCE_LIFETIME = View(
    "advertisers_audience_reports_lifetime",
    "advertiser_insights_by_age_and_gender",
    ("advertiser_id", *AGE),
    (
        *whole("advertiser_id"),
        *same("gender age"),
        Column("metrics", as_json({**{name: name for name in SUMS}, **RATES})),
        Column("dimensions", as_json({name: _number(name) for name in ("advertiser_id", *AGE)})),
    ),
    "the sum of our daily report, for TikTok has none over all time; there at most the last 365 days",
    rows=ALL_DAYS,
    metrics=(*SUMS, *RATES),
)

# --- Lists ------------------------------------------------------------------------------------------------------------

NEWEST = "the newest version of each"
IN_ACTIONS = "today inside `actions`, whose first entry it is taken from"
UNSENT = "not among what TikTok's API is known to send today"

ADVERTISERS = View(
    "advertisers",
    "advertisers",
    ("advertiser_id",),
    (
        *whole("advertiser_id"),
        *same("name address company contacter country currency description email industry language license_no"),
        *same("license_url cellphone_number promotion_area rejection_reason role status timezone balance"),
        *same("telephone_number display_timezone promotion_center_province advertiser_account_type license_city"),
        *same("brand license_province promotion_center_city"),
        Column("create_time", "CAST(EXTRACT(EPOCH FROM create_time) AS BIGINT)", "seconds there, a moment here"),
    ),
)
CAMPAIGNS = View(
    "campaigns",
    "campaigns",
    ("campaign_id",),
    (
        *whole("campaign_id advertiser_id"),
        *same("campaign_name campaign_type budget budget_mode secondary_status operation_status objective"),
        *same("objective_type budget_optimize_on bid_type deep_bid_type optimization_goal is_new_structure roas_bid"),
        *same("is_smart_performance_campaign is_search_campaign app_promotion_type rf_campaign_type"),
        gone("split_test_variable", UNSENT),
        *in_utc("create_time modify_time"),
    ),
    NEWEST,
    newest=("advertiser_id", "campaign_id"),
)
AD_GROUPS = View(
    "ad_groups",
    "adgroups",
    ("adgroup_id",),
    (
        *whole("adgroup_id campaign_id advertiser_id"),
        *same("adgroup_name campaign_name placement_type placements promotion_type promotion_website_type"),
        *same("inventory_filter_enabled comment_disabled video_download_disabled share_disabled"),
        *same("app_id app_type app_download_url package pixel_id catalog_id product_set_id catalog_authorized_bc_id"),
        *same("optimization_goal optimization_event secondary_optimization_event conversion_window statistic_type"),
        *same("creative_material_mode audience_type audience_rule audience_ids excluded_audience_ids"),
        *same("included_custom_actions excluded_custom_actions shopping_ads_retargeting_type targeting_expansion"),
        *same("auto_targeting_enabled location_ids zipcode_ids languages gender age_groups spending_power"),
        *same("household_income interest_category_ids interest_keyword_ids actions keywords category_id"),
        *same("contextual_tag_ids category_exclusion_ids brand_safety_type brand_safety_partner feed_type"),
        *same("blocked_pangle_app_ids included_pangle_audience_package_ids excluded_pangle_audience_package_ids"),
        *same("operating_systems min_android_version min_ios_version ios14_targeting ios14_quota_type"),
        *same("ios_quota_type device_model_ids device_price_ranges network_types carrier_ids isp_ids"),
        *same("budget budget_mode scheduled_budget dayparting schedule_type schedule_infos delivery_mode pacing"),
        *same("billing_event bid_type bid_price bid_display_mode conversion_bid_price deep_bid_type deep_cpa_bid"),
        *same("roas_bid cpv_video_duration next_day_retention frequency frequency_schedule rf_purchased_type"),
        *same("purchased_impression purchased_reach rf_estimated_cpr rf_estimated_frequency secondary_status"),
        *same("operation_status is_new_structure is_smart_performance_campaign is_hfss search_result_enabled"),
        *same("adgroup_app_profile_page_state"),
        Column("skip_learning_phase", "CAST(skip_learning_phase AS INTEGER)", "0 and 1 there, false and true here"),
        Column("action_category_ids", "json_extract(actions, '$[0].action_category_ids')", IN_ACTIONS),
        Column("action_days", "CAST(json_extract(actions, '$[0].action_period') AS BIGINT)", IN_ACTIONS),
        Column("video_actions", "json_extract(actions, '$[0].video_user_actions')", IN_ACTIONS),
        gone("carriers", "replaced by `carrier_ids`"),
        gone("split_test_adgroup_ids", UNSENT),
        *in_utc("schedule_start_time schedule_end_time create_time modify_time"),
    ),
    NEWEST,
    newest=("advertiser_id", "adgroup_id"),
)
ADS = View(
    "ads",
    "ads",
    ("ad_id",),
    (
        *whole("ad_id adgroup_id campaign_id advertiser_id"),
        *same("campaign_name adgroup_name ad_name tracking_app_id tracking_offline_event_set_ids call_to_action"),
        *same("call_to_action_id disclaimer_type disclaimer_text disclaimer_clickable_texts card_id"),
        *same("secondary_status operation_status is_aco image_ids image_mode ad_format ad_text ad_texts video_id"),
        *same("tiktok_item_id app_name landing_page_url display_name profile_image_url impression_tracking_url"),
        *same("click_tracking_url tracking_pixel_id deeplink deeplink_type fallback_type playable_url"),
        *same("vast_moat_enabled page_id creative_authorized is_new_structure shopping_ads_fallback_type"),
        *same("shopping_deeplink_type shopping_ads_deeplink_type shopping_ads_video_package_id"),
        *same("promotional_music_disabled item_duet_status item_stitch_status avatar_icon_web_uri"),
        *same("brand_safety_postbid_partner brand_safety_vast_url creative_type identity_id identity_type"),
        *same("identity_authorized_bc_id phone_region_code phone_region_calling_code phone_number"),
        *same("optimization_event carousel_image_index viewability_postbid_partner viewability_vast_url music_id"),
        *same("utm_params dark_post_status branded_content_disabled product_specific_type catalog_id item_group_ids"),
        *same("product_set_id dynamic_format vertical_video_strategy dynamic_destination showcase_products"),
        *same("tiktok_page_category"),
        Column("landing_page_urls", "CAST(landing_page_urls AS JSON)", "a list there, the list as JSON text here"),
        Column("sku_ids", "CAST(sku_ids AS JSON)", "a list there, the list as JSON text here"),
        gone("premium_badge_id", UNSENT),
        *in_utc("create_time modify_time"),
    ),
    f"{NEWEST}; Smart+ ads without `modify_time`, which are dropped there, too",
    newest=("advertiser_id", "ad_id"),
)
ADVERTISER_IDS = View(
    "advertiser_ids",
    "advertiser_accounts",
    ("advertiser_id",),
    tuple(same("advertiser_id advertiser_name")),
)
AUDIENCES = View(
    "audiences",
    "audiences",
    ("audience_id",),
    tuple(
        same(
            "audience_id name audience_type calculate_type cover_num shared is_creator is_valid is_expiring create_time"
            " expired_time"
        )
    ),
    "one row an account that shares it",
)
IMAGES = View(
    "creative_assets_images",
    "images",
    ("image_id",),
    tuple(
        same(
            "image_id material_id file_name format image_url height width size signature is_carousel_usable displayable"
            " create_time modify_time"
        )
    ),
    "one row an account that shares it",
)
VIDEOS = View(
    "creative_assets_videos",
    "videos",
    ("video_id",),
    (
        *same("video_id material_id file_name format preview_url video_cover_url duration height width bit_rate size"),
        *same("signature allowed_placements allow_download displayable create_time modify_time"),
        *in_utc("preview_url_expire_time"),
    ),
    "one row an account that shares it",
)
MUSIC = View(
    "creative_assets_music",
    "music",
    ("music_id",),
    tuple(
        same(
            "music_id material_id name author sources style duration copyright liked url cover_url signature file_name"
            " create_time modify_time"
        )
    ),
    "one row an account that shares it",
)
PORTFOLIOS = View(
    "creative_assets_portfolios",
    "portfolios",
    ("creative_portfolio_id",),
    tuple(same("creative_portfolio_id creative_portfolio_type creative_portfolio_preview_url")),
    "here with what the portfolio holds",
)
PIXELS = View(
    "pixels",
    "pixels",
    ("pixel_id",),
    tuple(
        same(
            "pixel_id pixel_code pixel_name pixel_category pixel_script pixel_setup_mode partner_name create_time"
            " advanced_matching_fields asset_ownership events"
        )
    ),
    "one row an account that shares it",
)
PAGE_EVENTS = View(
    "pixel_instant_page_events",
    "pixel_instant_page_events",
    (),
    tuple(same("business_type instant_page_events")),
    "without a key there",
)
EVENTS_30_DAYS = """\
(
    SELECT
        advertiser_id, pixel_id, pixel_event_type, custom_event_type,
        sum(total_count) AS total_count, sum(attributed_count) AS attributed_count,
        sum(preview_count) AS preview_count, sum(browser_event_total_count) AS browser_event_total_count,
        sum(server_event_total_count) AS server_event_total_count
    FROM tiktok.pixel_event_statistics
    WHERE date > (SELECT max(date) FROM tiktok.pixel_event_statistics) - 30
    GROUP BY 1, 2, 3, 4
) AS events
GROUP BY advertiser_id, pixel_id"""
COUNTS = ("attributed_count", "preview_count", "total_count", "browser_event_total_count", "server_event_total_count")
EVENT = as_json({name: name for name in ("pixel_event_type", "custom_event_type", *COUNTS)})
PIXEL_STATISTICS = View(
    "pixel_events_statistics",
    "pixel_event_statistics",
    (),
    (
        *same("advertiser_id pixel_id"),
        Column("statistics", f"json_group_array({EVENT})", "the sums of our rows of the newest 30 days"),
    ),
    "one row a pixel with a list of sums there; here a row for each day and event, so any days can be added up",
    rows=EVENTS_30_DAYS,
)
SPARK_ADS = View(
    "spark_ads",
    "spark_posts",
    ("spark_ads_post_id",),
    (Column("spark_ads_post_id", "item_id"), *same("user_info item_info auth_info video_info")),
    "without the authorisation code of the post, which is a secret",
)

PEER = Peer(
    "Airbyte TikTok Marketing",
    "airbyte",
    (
        *(ADVERTISER_IDS, ADVERTISERS, CAMPAIGNS, AD_GROUPS, ADS, *REPORTS, AUDIENCE_LIFETIME),
        *(AUDIENCES, IMAGES, VIDEOS, MUSIC, PORTFOLIOS, PIXELS, PAGE_EVENTS, PIXEL_STATISTICS, SPARK_ADS),
    ),
)
