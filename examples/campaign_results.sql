-- Results of each campaign under its name and status of today, by day of the account; rates from sums, never averaged.
SELECT
    account.name AS account,
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
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 4, 2;
