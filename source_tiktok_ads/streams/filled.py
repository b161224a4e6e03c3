"""Which columns of a stream TikTok fills in every row, so that one without any value in a whole sync is a fault."""

from __future__ import annotations

from source_tiktok_ads.streams.model import Stream

FIGURES = ("spend", "impressions", "clicks", "cost", "orders", "gross_revenue")
"""The figures that TikTok's reports always have: those on ads and creatives, and those on GMV Max."""

TIMES = ("create_time", "modify_time", "update_time")


def always_filled(stream: Stream) -> tuple[str, ...]:
    """Key, cursor, times and names of the stream's objects, and the figures that its kind of report always has.

    A single row may lack one of them all the same; that none has it was never seen where the column exists.
    """
    columns = stream.columns
    names = [f"{name.removesuffix('_id')}_name" for name in stream.key if name.endswith("_id")]
    wanted = dict.fromkeys((*stream.key, stream.cursor, *TIMES, "name", *names, *FIGURES))
    return tuple(name for name in wanted if name in columns)
