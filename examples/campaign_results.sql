-- Results of each campaign by day of the account, under its newest name and status; rates from sums, never averaged.
-- Needs the views of newest_versions.sql. Grouped by ids: names change, and two campaigns may share one.
SELECT
    insight.advertiser_id,
    account.name AS account,
    insight.campaign_id,
    campaign.campaign_name,
    campaign.current_status,
    CAST(insight.stat_time_day AS DATE) AS day,
    insight.currency,
    sum(insight.spend) AS spend,
    sum(insight.impressions) AS impressions,
    sum(insight.clicks) AS clicks,
    100.0 * sum(insight.clicks) / nullif(sum(insight.impressions), 0) AS ctr,
    sum(insight.spend) / nullif(sum(insight.conversion), 0) AS cost_per_conversion
FROM tiktok.ad_insights AS insight
JOIN tiktok.campaigns_now AS campaign
    ON campaign.advertiser_id = insight.advertiser_id AND campaign.campaign_id = insight.campaign_id
JOIN tiktok.advertisers AS account ON account.advertiser_id = insight.advertiser_id
GROUP BY 1, 2, 3, 4, 5, 6, 7
ORDER BY 2, 6, 4, 3;
