"""Airbyte source connector for TikTok Ads; run.py is the entry point."""
