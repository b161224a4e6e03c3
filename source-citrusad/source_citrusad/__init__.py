"""An Airbyte source connector for CitrusAd: retail-media reporting, read from BigQuery within its contract."""

from typing import Any


def __getattr__(name: str) -> Any:
    """The connector's class, imported only where it is asked for: it needs the CDK, which `spec` does without."""
    if name != "SourceCitrusad":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from source_citrusad.source import SourceCitrusad

    return SourceCitrusad
