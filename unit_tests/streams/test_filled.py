"""Which columns TikTok fills in every row."""

import pytest

from source_tiktok_ads.streams.catalog import BY_NAME, STREAMS
from source_tiktok_ads.streams.filled import always_filled


@pytest.mark.parametrize(
    ("stream", "columns"),
    [
        ("ad_insights", {"spend", "impressions", "clicks", "ad_name", "campaign_name", "stat_time_day"}),
        ("campaigns", {"campaign_name", "create_time", "modify_time"}),
        ("gmv_max_campaign_insights", {"cost", "orders", "gross_revenue"}),
        ("business_center_transactions", {"create_time"}),
        ("video_insights", {"spend", "impressions", "clicks"}),
    ],
)
def test_keys_times_names_and_figures(stream: str, columns: set[str]) -> None:
    """What tells a row apart, when it changed, what it is called, and what every report counts."""
    assert columns <= {*always_filled(BY_NAME[stream])}


def test_every_stream_has_only_columns_of_its_own() -> None:
    """Its key is among them, and nothing stands twice."""
    for stream in STREAMS:
        filled = always_filled(stream)
        assert {*stream.key} <= {*filled} <= {*stream.columns}
        assert len({*filled}) == len(filled)
