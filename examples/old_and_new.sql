-- Old tables before the cut-over day, new ones from it on: no gap and no double row.
-- The day is the start_date of the new source. `old_tiktok` holds the old tables, `tiktok` the new ones.
CREATE OR REPLACE VIEW reporting.ad_insights AS
SELECT
    advertiser_id, campaign_id, adgroup_id, ad_id,
    -- The old column is the account's local day under a UTC label: taking the label off gives the day back.
    CAST(stat_time_day AT TIME ZONE 'UTC' AS DATE) AS day,
    spend, impressions, clicks, conversion
FROM old_tiktok.ad_insights
WHERE CAST(stat_time_day AT TIME ZONE 'UTC' AS DATE) < DATE '2026-03-01'
UNION ALL
SELECT
    advertiser_id, campaign_id, adgroup_id, ad_id,
    CAST(stat_time_day AS DATE) AS day,
    spend, impressions, clicks, conversion
FROM tiktok.ad_insights
WHERE CAST(stat_time_day AS DATE) >= DATE '2026-03-01';

-- Versions of ad groups: those of the new table, and from the old one those that the new one never saw.
CREATE OR REPLACE VIEW reporting.adgroups AS
SELECT advertiser_id, campaign_id, adgroup_id, adgroup_name, current_status, is_comment_disable, modify_time
FROM tiktok.adgroups
UNION ALL
SELECT
    advertiser_id, campaign_id, adgroup_id, adgroup_name, current_status,
    -- The old column says the opposite of its name.
    NOT is_comment_disable, modify_time
FROM old_tiktok.adgroups AS old
WHERE NOT EXISTS (
    SELECT 1 FROM tiktok.adgroups AS new
    WHERE new.advertiser_id = old.advertiser_id
        AND new.adgroup_id = old.adgroup_id
        AND new.modify_time = old.modify_time
);
