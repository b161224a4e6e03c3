"""Fivetran's tables, as its dbt package and its pages name them, and ours beside them."""

from __future__ import annotations

from docs.peers.mapping import Column, Counterpart, Peer, View, gone, in_utc, renamed, same, whole

SYNCED = Column("_fivetran_synced", "_airbyte_extracted_at", "when the row was loaded, by Airbyte's own column")
UPDATED = Column("updated_at", "modify_time AT TIME ZONE 'UTC'", "UTC without saying so there, with its zone here")
SKAN = "it comes with the group `skan` of the setting `metric_groups` only"
ON_ADS = "TikTok has it on ads today: see `ad_history`"
DBT = "the name that versions of the dbt package read"
VERSIONS = "every version, while `entity_versions` is `every`"

ADVERTISER = View(
    "advertiser",
    "advertisers",
    ("id",),
    (
        Column("id", "CAST(advertiser_id AS BIGINT)", "number there, text here"),
        *same("name address balance company contacter country currency description email industry language license_no"),
        *same("license_url promotion_area role status cellphone_number telephone_number timezone"),
        *renamed({"reason": "rejection_reason"}),
        Column("phone_number", "cellphone_number", "the older name of the same number"),
        Column("telephone", "telephone_number", "the older name of the same number"),
        *in_utc("create_time"),
        SYNCED,
    ),
)
CAMPAIGNS = View(
    "campaign_history",
    "campaigns",
    ("campaign_id", "updated_at"),
    (
        *whole("campaign_id advertiser_id"),
        UPDATED,
        *same("budget budget_mode campaign_name campaign_type is_new_structure objective_type"),
        *renamed({"opt_status": "operation_status", "status": "secondary_status"}),
        gone("split_test_variable", "not among what TikTok's API is known to send today"),
        *in_utc("create_time"),
        SYNCED,
    ),
    VERSIONS,
)
ADGROUPS = View(
    "adgroup_history",
    "adgroups",
    ("adgroup_id", "updated_at"),
    (
        *whole("adgroup_id advertiser_id campaign_id"),
        UPDATED,
        *same("adgroup_name age_groups app_download_url app_id app_type audience audience_type bid_type billing_event"),
        *same("budget budget_mode cpv_video_duration creative_material_mode dayparting deep_bid_type"),
        *same("excluded_audience frequency frequency_schedule gender interest_category_v2 is_comment_disable is_hfss"),
        *same("is_new_structure keywords languages location pacing package pangle_block_app_list_id pixel_id"),
        *same("placement_type schedule_type skip_learning_phase statistic_type"),
        *renamed(
            {
                "android_osv": "min_android_version",
                "bid": "bid_price",
                "carriers": "carriers_v2",
                "category": "category_id",
                "connection_type": "network_types",
                "conversion_bid": "conversion_bid_price",
                "deep_cpabid": "deep_cpa_bid",
                "deep_external_action": "secondary_optimization_event",
                "enable_inventory_filter": "inventory_filter_enabled",
                "external_action": "optimization_event",
                "ios_osv": "min_ios_version",
                "operation_system": "operating_systems",
                "opt_status": "operation_status",
                "optimize_goal": "optimization_goal",
                "placement": "placements",
                "status": "secondary_status",
            }
        ),
        Column("action_categories", "json_extract(actions, '$[0].action_category_ids')", "from the first of `actions`"),
        Column(
            "action_days", "CAST(json_extract(actions, '$[0].action_period') AS BIGINT)", "from the first of `actions`"
        ),
        Column("video_actions", "json_extract(actions, '$[0].video_user_actions')", "from the first of `actions`"),
        Column("interest_category_v_2", "interest_category_v2", DBT),
        Column("age", "age_groups", DBT),
        *in_utc("create_time schedule_end_time schedule_start_time"),
        gone("app_name", ON_ADS),
        gone("click_tracking_url", ON_ADS),
        gone("display_name", ON_ADS),
        gone("fallback_type", ON_ADS),
        gone("impression_tracking_url", ON_ADS),
        gone("landing_page_url", ON_ADS),
        gone("open_url", ON_ADS),
        gone("open_url_type", ON_ADS),
        gone("profile_image", ON_ADS),
        gone("video_download", "its values are no longer sent; `video_download_disabled` says the same as a flag"),
        SYNCED,
    ),
    VERSIONS,
)
ADS = View(
    "ad_history",
    "ads",
    ("ad_id", "updated_at"),
    (
        *whole("ad_id adgroup_id advertiser_id campaign_id"),
        UPDATED,
        *same("ad_name ad_text app_name call_to_action click_tracking_url display_name image_ids"),
        *same("impression_tracking_url is_aco is_new_structure landing_page_url playable_url video_id"),
        *renamed(
            {
                "is_creative_authorized": "creative_authorized",
                "open_url": "deeplink",
                "opt_status": "operation_status",
                "profile_image": "profile_image_url",
                "status": "secondary_status",
            }
        ),
        *in_utc("create_time"),
        SYNCED,
    ),
    VERSIONS,
)

METRICS = (
    *same("spend impressions clicks cpc cpm ctr reach cost_per_1000_reached"),
    *same("conversion cost_per_conversion conversion_rate"),
    *same("real_time_conversion real_time_cost_per_conversion real_time_conversion_rate"),
    *same("result cost_per_result result_rate"),
    *same("real_time_result real_time_cost_per_result real_time_result_rate"),
    *same("secondary_goal_result cost_per_secondary_goal_result secondary_goal_result_rate"),
    *same("video_play_actions"),
    *renamed(
        {
            "video_watched_2_s": "video_watched_2s",
            "video_watched_6_s": "video_watched_6s",
            "video_views_p_25": "video_views_p25",
            "video_views_p_50": "video_views_p50",
            "video_views_p_75": "video_views_p75",
            "video_view_p_100": "video_views_p100",
            "video_views_p_100": "video_views_p100",
        }
    ),
    *same("average_video_play average_video_play_per_user likes comments shares follows"),
    *same("profile_visits profile_visits_rate total_purchase_value total_sales_lead_value"),
)
METRICS_WITH_SKAN = (
    *METRICS,
    gone("skan_conversion", SKAN, "BIGINT"),
    gone("skan_cost_per_conversion", SKAN, "DOUBLE"),
)
COUNTRY_METRICS = tuple(
    same("spend impressions clicks cpc cpm ctr conversion cost_per_conversion conversion_rate real_time_conversion")
)


def report(name: str, stream: str, dimensions: tuple[str, ...], metrics: tuple[Column, ...] = METRICS) -> View:
    """A report there, whose key is the object's id, the time and the breakdown; ours add the account."""
    identity, *others = dimensions
    return View(name, stream, dimensions, (*whole(identity), *same(" ".join(others)), *metrics, SYNCED))


LIFETIME = "no view: its page names groups of metrics, not columns"
BY_AUDIENCE = "no view: its page names no columns"

PEER = Peer(
    "Fivetran",
    "fivetran",
    (
        *(ADVERTISER, CAMPAIGNS, ADGROUPS, ADS),
        report("ad_report_hourly", "ad_insights_hourly", ("ad_id", "stat_time_hour")),
        report("adgroup_report_hourly", "adgroup_insights_hourly", ("adgroup_id", "stat_time_hour")),
        report("campaign_report_hourly", "campaign_insights_hourly", ("campaign_id", "stat_time_hour")),
        report("ad_report_daily", "ad_insights", ("ad_id", "stat_time_day")),
        report("adgroup_report_daily", "adgroup_insights", ("adgroup_id", "stat_time_day"), METRICS_WITH_SKAN),
        report("campaign_report_daily", "campaign_insights", ("campaign_id", "stat_time_day"), METRICS_WITH_SKAN),
        report(
            "ad_country_report",
            "ad_insights_by_country",
            ("ad_id", "stat_time_day", "country_code"),
            (*COUNTRY_METRICS, gone("aeo_type", "TikTok's reports by country have no such field")),
        ),
        report(
            "campaign_country_report",
            "campaign_insights_by_country",
            ("campaign_id", "stat_time_day", "country_code"),
            COUNTRY_METRICS,
        ),
    ),
    (
        Counterpart("ad_report_lifetime", ("ad_insights_lifetime",), LIFETIME),
        Counterpart("adgroup_report_lifetime", ("adgroup_insights_lifetime",), LIFETIME),
        Counterpart("campaign_report_lifetime", ("campaign_insights_lifetime",), LIFETIME),
        Counterpart("ad_age_gender_report", ("ad_insights_by_age_and_gender",), BY_AUDIENCE),
        Counterpart("ad_language_report", ("ad_insights_by_language",), BY_AUDIENCE),
        Counterpart("ad_platform_report", ("ad_insights_by_platform",), BY_AUDIENCE),
        Counterpart("campaign_age_gender_report", ("campaign_insights_by_age_and_gender",), BY_AUDIENCE),
        Counterpart("campaign_language_report", ("campaign_insights_by_language",), BY_AUDIENCE),
        Counterpart("campaign_platform_report", ("campaign_insights_by_platform",), BY_AUDIENCE),
        Counterpart(
            "two GMV Max reports by country",
            ("gmv_max_insights_by_country", "gmv_max_campaign_insights_by_country"),
            BY_AUDIENCE,
        ),
        Counterpart("gmv_max_campaign_history", ("gmv_max_campaigns",), "the newest version only"),
        Counterpart("ad_image", ("ads",), "a table of its own there, the list `image_ids` here"),
        Counterpart("utm_param", ("ads",), "a table of its own there, the list `utm_params` here"),
        Counterpart("pixel_event", ("pixels",), "a table of its own there, the list `events` here"),
        Counterpart("pixel_statistic", ("pixel_event_statistics",), "here by the day"),
        Counterpart("tables of smart_creative_material", (), "not read"),
        Counterpart("custom reports", (), "the setting `custom_reports`: level, breakdowns and metrics of your choice"),
    ),
)
