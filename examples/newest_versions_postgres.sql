-- One row per object: the newest version of each campaign, ad group and ad.
CREATE OR REPLACE VIEW tiktok.campaigns_now AS
SELECT DISTINCT ON (advertiser_id, campaign_id) * FROM tiktok.campaigns
ORDER BY advertiser_id, campaign_id, modify_time DESC;

CREATE OR REPLACE VIEW tiktok.adgroups_now AS
SELECT DISTINCT ON (advertiser_id, adgroup_id) * FROM tiktok.adgroups
ORDER BY advertiser_id, adgroup_id, modify_time DESC;

CREATE OR REPLACE VIEW tiktok.ads_now AS
SELECT DISTINCT ON (advertiser_id, ad_id) * FROM tiktok.ads
ORDER BY advertiser_id, ad_id, modify_time DESC;
