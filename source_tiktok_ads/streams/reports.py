"""The report streams, one row each; their metrics follow from the facts in `fields.py`."""

from dataclasses import replace

from source_tiktok_ads.streams.model import (
    AD,
    AD_V2,
    ADGROUP,
    ADVERTISER,
    AUDIENCE,
    BASIC,
    CAMPAIGN,
    CATALOG,
    DAY,
    HOUR,
    LIFETIME,
    MONTH,
    TT_SHOP,
    Report,
)

AGE_GENDER = ("age", "gender")
COUNTRY = ("country_code",)
PLATFORM = ("platform",)
PROVINCE = ("province_id",)
LANGUAGE = ("language",)
PLACEMENT = ("placement",)
DMA = ("dma_id",)
AC = ("ac",)
CONTEXT = ("contextual_tag",)
AD_TYPE = ("ad_type",)
# TikTok: by interest and by brand of device there is no time dimension, so these reports are asked for month by month.
INTEREST = ("interest_category",)
INTEREST_2 = ("interest_category_tier2",)
INTEREST_3 = ("interest_category_tier3",)
INTEREST_4 = ("interest_category_tier4",)
BRAND = ("device_brand_id",)
TERM = ("search_terms",)
# TikTok: how closely a search has to match a keyword does not come by day.
KEYWORD = ("search_keyword",)

ADS: tuple[Report, ...] = (
    Report("ad_insights", AD, DAY, absent=("cost_per_100_reached",)),
    Report("ad_insights_hourly", AD, HOUR),
    Report("ad_insights_lifetime", AD, LIFETIME),
    Report("ad_insights_by_age_and_gender", AD, DAY, AGE_GENDER, AUDIENCE, absent=("user_action",)),
    Report("ad_insights_by_country", AD, DAY, COUNTRY, AUDIENCE, absent=("user_action",)),
    Report("ad_insights_by_country_extended", AD, DAY, COUNTRY, BASIC),
    # TikTok: its rules refuse countries by the hour, yet Airbyte's connector has these reports.
    Report("ad_insights_by_country_extended_hourly", AD, HOUR, COUNTRY, BASIC, optional=True),
    Report("ad_insights_by_platform", AD, DAY, PLATFORM, AUDIENCE, absent=("user_action",)),
    Report("ad_insights_by_province", AD, DAY, PROVINCE, AUDIENCE),
    Report("ad_insights_by_language", AD, DAY, LANGUAGE, AUDIENCE),
    Report("ad_insights_by_placement", AD, DAY, PLACEMENT, AUDIENCE),
    Report("ad_insights_by_dma", AD, DAY, DMA, AUDIENCE),
    Report("ad_insights_by_ac", AD, DAY, AC, AUDIENCE),
    Report("ad_insights_by_contextual_tag", AD, DAY, CONTEXT, AUDIENCE, optional=True),
    Report("ad_insights_by_interest_category_monthly", AD, MONTH, INTEREST, AUDIENCE),
    Report("ad_insights_by_interest_category_tier2_monthly", AD, MONTH, INTEREST_2, AUDIENCE),
    Report("ad_insights_by_interest_category_tier3_monthly", AD, MONTH, INTEREST_3, AUDIENCE),
    Report("ad_insights_by_interest_category_tier4_monthly", AD, MONTH, INTEREST_4, AUDIENCE),
    Report("ad_insights_by_device_brand_monthly", AD, MONTH, BRAND, AUDIENCE),
)

# The rows of these are the ads that people know also where upgraded Smart+ makes several creatives of each; ads of
# other campaigns are those of ad_id.
SMART_PLUS_ADS: tuple[Report, ...] = (
    Report("smart_plus_ad_insights_daily", AD_V2, DAY),
    Report("smart_plus_ad_insights_hourly", AD_V2, HOUR),
    Report("smart_plus_ad_insights_lifetime", AD_V2, LIFETIME),
    Report("smart_plus_ad_insights_by_age_and_gender", AD_V2, DAY, AGE_GENDER, AUDIENCE),
    Report("smart_plus_ad_insights_by_country", AD_V2, DAY, COUNTRY, AUDIENCE),
    Report("smart_plus_ad_insights_by_country_extended", AD_V2, DAY, COUNTRY, BASIC),
    Report("smart_plus_ad_insights_by_platform", AD_V2, DAY, PLATFORM, AUDIENCE),
    Report("smart_plus_ad_insights_by_province", AD_V2, DAY, PROVINCE, AUDIENCE),
    Report("smart_plus_ad_insights_by_language", AD_V2, DAY, LANGUAGE, AUDIENCE),
    Report("smart_plus_ad_insights_by_placement", AD_V2, DAY, PLACEMENT, AUDIENCE),
    Report("smart_plus_ad_insights_by_dma", AD_V2, DAY, DMA, AUDIENCE),
    Report("smart_plus_ad_insights_by_ac", AD_V2, DAY, AC, AUDIENCE),
    Report("smart_plus_ad_insights_by_interest_category_monthly", AD_V2, MONTH, INTEREST, AUDIENCE),
    Report("smart_plus_ad_insights_by_interest_category_tier2_monthly", AD_V2, MONTH, INTEREST_2, AUDIENCE),
    Report("smart_plus_ad_insights_by_interest_category_tier3_monthly", AD_V2, MONTH, INTEREST_3, AUDIENCE),
    Report("smart_plus_ad_insights_by_interest_category_tier4_monthly", AD_V2, MONTH, INTEREST_4, AUDIENCE),
    Report("smart_plus_ad_insights_by_device_brand_monthly", AD_V2, MONTH, BRAND, AUDIENCE),
)

ADGROUPS: tuple[Report, ...] = (
    Report("adgroup_insights", ADGROUP, DAY),
    Report("adgroup_insights_hourly", ADGROUP, HOUR),
    Report("adgroup_insights_lifetime", ADGROUP, LIFETIME),
    Report("adgroup_insights_by_age_and_gender", ADGROUP, DAY, AGE_GENDER, AUDIENCE),
    Report("adgroup_insights_by_country", ADGROUP, DAY, COUNTRY, AUDIENCE),
    Report("adgroup_insights_by_country_extended", ADGROUP, DAY, COUNTRY, BASIC),
    Report("adgroup_insights_by_country_extended_hourly", ADGROUP, HOUR, COUNTRY, BASIC, optional=True),
    Report("adgroup_insights_by_platform", ADGROUP, DAY, PLATFORM, AUDIENCE),
    Report("adgroup_insights_by_province", ADGROUP, DAY, PROVINCE, AUDIENCE),
    Report("adgroup_insights_by_language", ADGROUP, DAY, LANGUAGE, AUDIENCE),
    Report("adgroup_insights_by_placement", ADGROUP, DAY, PLACEMENT, AUDIENCE),
    Report("adgroup_insights_by_dma", ADGROUP, DAY, DMA, AUDIENCE),
    Report("adgroup_insights_by_ac", ADGROUP, DAY, AC, AUDIENCE),
    Report("adgroup_insights_by_contextual_tag", ADGROUP, DAY, CONTEXT, AUDIENCE, optional=True),
    Report("adgroup_insights_by_interest_category_monthly", ADGROUP, MONTH, INTEREST, AUDIENCE),
    Report("adgroup_insights_by_interest_category_tier2_monthly", ADGROUP, MONTH, INTEREST_2, AUDIENCE),
    Report("adgroup_insights_by_interest_category_tier3_monthly", ADGROUP, MONTH, INTEREST_3, AUDIENCE),
    Report("adgroup_insights_by_interest_category_tier4_monthly", ADGROUP, MONTH, INTEREST_4, AUDIENCE),
    Report("adgroup_insights_by_device_brand_monthly", ADGROUP, MONTH, BRAND, AUDIENCE),
)

CAMPAIGNS: tuple[Report, ...] = (
    Report("campaign_insights", CAMPAIGN, DAY),
    Report("campaign_insights_hourly", CAMPAIGN, HOUR),
    Report("campaign_insights_lifetime", CAMPAIGN, LIFETIME),
    Report("campaign_insights_by_age_and_gender", CAMPAIGN, DAY, AGE_GENDER, AUDIENCE),
    Report("campaign_insights_by_country", CAMPAIGN, DAY, COUNTRY, AUDIENCE),
    Report("campaign_insights_by_country_extended", CAMPAIGN, DAY, COUNTRY, BASIC),
    Report("campaign_insights_by_platform", CAMPAIGN, DAY, PLATFORM, AUDIENCE),
    Report("campaign_insights_by_province", CAMPAIGN, DAY, PROVINCE, AUDIENCE),
    Report("campaign_insights_by_language", CAMPAIGN, DAY, LANGUAGE, AUDIENCE),
    Report("campaign_insights_by_placement", CAMPAIGN, DAY, PLACEMENT, AUDIENCE),
    Report("campaign_insights_by_dma", CAMPAIGN, DAY, DMA, AUDIENCE),
    Report("campaign_insights_by_ac", CAMPAIGN, DAY, AC, AUDIENCE),
    Report("campaign_insights_by_contextual_tag", CAMPAIGN, DAY, CONTEXT, AUDIENCE, optional=True),
    Report("campaign_insights_by_interest_category_monthly", CAMPAIGN, MONTH, INTEREST, AUDIENCE),
    Report("campaign_insights_by_interest_category_tier2_monthly", CAMPAIGN, MONTH, INTEREST_2, AUDIENCE),
    Report("campaign_insights_by_interest_category_tier3_monthly", CAMPAIGN, MONTH, INTEREST_3, AUDIENCE),
    Report("campaign_insights_by_interest_category_tier4_monthly", CAMPAIGN, MONTH, INTEREST_4, AUDIENCE),
    Report("campaign_insights_by_device_brand_monthly", CAMPAIGN, MONTH, BRAND, AUDIENCE),
)

ADVERTISERS: tuple[Report, ...] = (
    Report("advertiser_insights", ADVERTISER, DAY),
    Report("advertiser_insights_hourly", ADVERTISER, HOUR),
    Report("advertiser_insights_lifetime", ADVERTISER, LIFETIME),
    Report("advertiser_insights_by_age_and_gender", ADVERTISER, DAY, AGE_GENDER, AUDIENCE),
    Report("advertiser_insights_by_country", ADVERTISER, DAY, COUNTRY, AUDIENCE),
    Report("advertiser_insights_by_country_extended", ADVERTISER, DAY, COUNTRY, BASIC),
    Report("advertiser_insights_by_platform", ADVERTISER, DAY, PLATFORM, AUDIENCE),
    Report("advertiser_insights_by_province", ADVERTISER, DAY, PROVINCE, AUDIENCE),
    Report("advertiser_insights_by_language", ADVERTISER, DAY, LANGUAGE, AUDIENCE),
    Report("advertiser_insights_by_placement", ADVERTISER, DAY, PLACEMENT, AUDIENCE),
    Report("advertiser_insights_by_dma", ADVERTISER, DAY, DMA, AUDIENCE),
    Report("advertiser_insights_by_ac", ADVERTISER, DAY, AC, AUDIENCE),
    Report("advertiser_insights_by_contextual_tag", ADVERTISER, DAY, CONTEXT, AUDIENCE, optional=True),
    Report("advertiser_insights_by_interest_category_monthly", ADVERTISER, MONTH, INTEREST, AUDIENCE),
    Report("advertiser_insights_by_interest_category_tier2_monthly", ADVERTISER, MONTH, INTEREST_2, AUDIENCE),
    Report("advertiser_insights_by_interest_category_tier3_monthly", ADVERTISER, MONTH, INTEREST_3, AUDIENCE),
    Report("advertiser_insights_by_interest_category_tier4_monthly", ADVERTISER, MONTH, INTEREST_4, AUDIENCE),
    Report("advertiser_insights_by_device_brand_monthly", ADVERTISER, MONTH, BRAND, AUDIENCE),
)

SEARCHES: tuple[Report, ...] = (
    # TikTok: one source refuses searches at the level of the ad, another asks for them.
    Report("ad_insights_by_search_term_daily", AD, DAY, TERM, optional=True),
    Report("ad_insights_by_search_keyword_daily", AD, DAY, KEYWORD, optional=True),
    Report("adgroup_insights_by_search_term_daily", ADGROUP, DAY, TERM),
    Report("adgroup_insights_by_search_keyword_daily", ADGROUP, DAY, KEYWORD),
    Report("campaign_insights_by_search_term_daily", CAMPAIGN, DAY, TERM),
    Report("campaign_insights_by_search_keyword_daily", CAMPAIGN, DAY, KEYWORD),
    Report("advertiser_insights_by_search_term_daily", ADVERTISER, DAY, TERM),
    Report("advertiser_insights_by_search_keyword_daily", ADVERTISER, DAY, KEYWORD),
)

# What ads show or lead to. TikTok has the figures 16 hours late, and only those metrics that it lists for each.
SHOWN: tuple[Report, ...] = (
    Report("ad_insights_by_post", AD, DAY, ("post_id",), optional=True),
    Report("ad_insights_by_instant_page", AD, DAY, ("page_id",), optional=True),
    Report("ad_insights_by_form_component", AD, DAY, ("component_name",), optional=True),
    Report("ad_insights_by_live_room", AD, DAY, ("room_id",), optional=True),
    Report("adgroup_insights_by_ad_type", ADGROUP, DAY, AD_TYPE, optional=True),
    Report("campaign_insights_by_ad_type", CAMPAIGN, DAY, AD_TYPE, optional=True),
)

# TikTok: of the metrics of these only the two that come unasked are sure; ids of parents are metrics too.
PRODUCT_AD = replace(AD, parents=())
SOLD = ("spend", "impressions")
PRODUCTS: tuple[Report, ...] = (
    Report("ad_insights_by_catalog", PRODUCT_AD, DAY, ("catalog_id",), CATALOG, optional=True, chosen=SOLD),
    Report("ad_insights_by_product_set", PRODUCT_AD, DAY, ("product_set_id",), CATALOG, optional=True, chosen=SOLD),
    Report("ad_insights_by_product", PRODUCT_AD, DAY, ("product_id",), CATALOG, optional=True, chosen=SOLD),
    Report("ad_insights_by_sku", PRODUCT_AD, DAY, ("sku_id",), CATALOG, optional=True, chosen=SOLD),
)

SHOPS: tuple[Report, ...] = (
    # TikTok: this family is being retired for gmv_max/report/get, and accounts without a shop may not have it.
    Report("gmv_max_insights_by_country", ADVERTISER, DAY, COUNTRY, TT_SHOP, optional=True),
    Report("gmv_max_campaign_insights_by_country", CAMPAIGN, DAY, COUNTRY, TT_SHOP, optional=True),
)

REPORTS: tuple[Report, ...] = (
    *ADS,
    *SMART_PLUS_ADS,
    *ADGROUPS,
    *CAMPAIGNS,
    *ADVERTISERS,
    *SEARCHES,
    *SHOWN,
    *PRODUCTS,
    *SHOPS,
)
