-- One row per object: the newest version of each campaign, ad group and ad.
-- For Snowflake, BigQuery, Databricks, Redshift and DuckDB; newest_versions_postgres.sql is the same for PostgreSQL.
CREATE OR REPLACE VIEW tiktok.campaigns_now AS
SELECT * FROM tiktok.campaigns
QUALIFY row_number() OVER (PARTITION BY advertiser_id, campaign_id ORDER BY modify_time DESC) = 1;

CREATE OR REPLACE VIEW tiktok.adgroups_now AS
SELECT * FROM tiktok.adgroups
QUALIFY row_number() OVER (PARTITION BY advertiser_id, adgroup_id ORDER BY modify_time DESC) = 1;

CREATE OR REPLACE VIEW tiktok.ads_now AS
SELECT * FROM tiktok.ads
QUALIFY row_number() OVER (PARTITION BY advertiser_id, ad_id ORDER BY modify_time DESC) = 1;
