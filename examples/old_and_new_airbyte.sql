-- Old days from the old table, the others through the view of the same name: no gap and no double row.
CREATE OR REPLACE VIEW reporting.ads_reports_daily AS
SELECT ad_id, stat_time_day, metrics
FROM old_airbyte.ads_reports_daily
WHERE stat_time_day < TIMESTAMP '2026-03-01'
UNION ALL
SELECT ad_id, stat_time_day, metrics
FROM airbyte.ads_reports_daily
WHERE stat_time_day >= TIMESTAMP '2026-03-01';

-- Objects: the new row where there is one, the old one for those that can no longer be read.
CREATE OR REPLACE VIEW reporting.ads AS
SELECT ad_id, adgroup_id, campaign_id, advertiser_id, ad_name, secondary_status, modify_time
FROM airbyte.ads
UNION ALL
SELECT ad_id, adgroup_id, campaign_id, advertiser_id, ad_name, secondary_status, modify_time
FROM old_airbyte.ads AS old
WHERE NOT EXISTS (SELECT 1 FROM airbyte.ads AS new WHERE new.ad_id = old.ad_id);
