"""Airbyte source connector for TikTok Ads; run.py is the entry point."""

from typing import Any


def __getattr__(name: str) -> Any:
    """Import the connector's class on first use, because it needs the CDK and `spec` does not."""
    if name != "SourceTiktokAds":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from source_tiktok_ads.source import SourceTiktokAds

    return SourceTiktokAds
