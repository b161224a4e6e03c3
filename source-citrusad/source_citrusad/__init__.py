"""An Airbyte source connector for CitrusAd: retail-media reporting, read from BigQuery within its contract."""
