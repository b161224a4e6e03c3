-- Old days from the old table, the others through the view of the same name: no gap and no double row.
CREATE OR REPLACE VIEW reporting.campaign_report_hourly AS
SELECT campaign_id, stat_time_hour, spend, impressions, clicks, conversion, video_watched_2_s
FROM old_fivetran.campaign_report_hourly
WHERE stat_time_hour < TIMESTAMP '2026-03-01'
UNION ALL
SELECT campaign_id, stat_time_hour, spend, impressions, clicks, conversion, video_watched_2_s
FROM fivetran.campaign_report_hourly
WHERE stat_time_hour >= TIMESTAMP '2026-03-01';

-- Versions: those of the new table, and from the old one those that the new one never saw.
CREATE OR REPLACE VIEW reporting.campaign_history AS
SELECT campaign_id, updated_at, advertiser_id, campaign_name, status
FROM fivetran.campaign_history
UNION ALL
SELECT campaign_id, updated_at, advertiser_id, campaign_name, status
FROM old_fivetran.campaign_history AS old
WHERE NOT EXISTS (
    SELECT 1 FROM fivetran.campaign_history AS new
    WHERE new.campaign_id = old.campaign_id AND new.updated_at = old.updated_at
);
