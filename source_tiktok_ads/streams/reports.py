"""The report streams, one row each; their metrics follow from the facts in `fields.py`."""

from source_tiktok_ads.streams.model import AD, CAMPAIGN, DAY, Report

REPORTS: tuple[Report, ...] = (
    Report("ad_insights", AD, DAY, absent=("cost_per_100_reached",)),
    Report("ad_insights_by_age_and_gender", AD, DAY, by=("age", "gender"), audience=True, absent=("user_action",)),
    Report("ad_insights_by_country", AD, DAY, by=("country_code",), audience=True, absent=("user_action",)),
    Report("ad_insights_by_platform", AD, DAY, by=("platform",), audience=True, absent=("user_action",)),
    Report("campaign_insights_by_province", CAMPAIGN, DAY, by=("province_id",), audience=True),
)
