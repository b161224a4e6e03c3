"""Airbyte source connector for TikTok Ads; run.py is the entry point."""

from typing import Any


def __getattr__(name: str) -> Any:
    """The connector's class, imported only where it is asked for: it needs the CDK, which `spec` does without."""
    if name != "SourceTiktokAds":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from source_tiktok_ads.source import SourceTiktokAds

    return SourceTiktokAds
