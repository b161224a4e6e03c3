"""How sure the facts behind each stream are: how many public sources say the same of its endpoint."""

from __future__ import annotations

from source_tiktok_ads.streams.fields import DIMENSIONS
from source_tiktok_ads.streams.listing import Listing
from source_tiktok_ads.streams.model import Report, Stream

TWO_SOURCES = frozenset(
    (
        "ad/get",
        "adgroup/get",
        "advertiser/balance/get",
        "advertiser/info",
        "advertiser/transaction/get",
        "bc/account/budget/changelog/get",
        "bc/account/cost/get",
        "bc/account/transaction/get",
        "bc/asset/admin/get",
        "bc/asset/get",
        "bc/asset_group/list",
        "bc/get",
        "bc/member/get",
        "bc/partner/asset/get",
        "bc/partner/get",
        "bc/pixel/link/get",
        "campaign/get",
        "campaign/gmv_max/info",
        "campaign/gmv_max/session/list",
        "campaign_label/get",
        "catalog/eventsource_bind/get",
        "catalog/feed/get",
        "catalog/feed/log",
        "catalog/get",
        "catalog/overview",
        "catalog/set/get",
        "changelog/get",
        "changelog/task/check",
        "changelog/task/create",
        "changelog/task/download",
        "catalog/video/get",
        "comment/list",
        "creative/portfolio/get",
        "creative/portfolio/list",
        "creative/report/get",
        "creative_fatigue/get",
        "custom_conversion/list",
        "dmp/custom_audience/get",
        "dmp/saved_audience/list",
        "file/image/ad/info",
        "file/image/ad/search",
        "file/video/ad/info",
        "file/video/ad/search",
        "gmv_max/campaign/get",
        "gmv_max/exclusive_authorization/get",
        "gmv_max/identity/get",
        "gmv_max/report/get",
        "gmv_max/store/list",
        "gmv_max/video/get",
        "identity/get",
        "identity/video/get",
        "optimizer/rule/list",
        "optimizer/rule/result/list",
        "page/lead/task",
        "page/lead/task/download",
        "pixel/event/stats",
        "pixel/instant_page/event",
        "pixel/list",
        "report/ad_benchmark/get",
        "report/integrated/get",
        "report/video_performance/get",
        "smart_plus/ad/get",
        "smart_plus/ad/review_info",
        "smart_plus/adgroup/get",
        "smart_plus/campaign/get",
        "smart_plus/material_report/breakdown",
        "smart_plus/material_report/overview",
        "store/product/get",
        "tool/action_category",
        "tool/carrier",
        "tool/diagnosis/get",
        "tt_video/list",
    )
)
"""Endpoints of which two or more independent public sources tell; `docs/tiktok/facts.json` names them."""

ONE_SOURCE = frozenset(
    (
        "ad/review_info",
        "adgroup/review_info",
        "app/list",
        "bc/invoice/get",
        "catalog/product/get",
        "crm/list",
        "diagnostic/catalog",
        "dmp/custom_audience/list",
        "file/music/get",
        "offline/get",
        "page/get",
        "page/library/get",
        "payment_portfolio/get",
        "playable/get",
        "search/region",
        "search_ad/negative_keyword/get",
        "tool/device_model",
        "tool/interest_category",
        "tool/language",
        "tool/timezone",
    )
)
"""Endpoints of which one public source tells."""


def sureness(stream: Stream) -> str:
    """`two sources`, `one source` or `unverified`: the least of what holds for the endpoints a stream reads.

    A report that one source refuses and another asks for is unverified.
    """
    if isinstance(stream, Report) and _contradicted(stream):
        return _WORDS[-1]
    return max(map(_sure, _paths(stream)), key=_WORDS.index)


_WORDS = ("two sources", "one source", "unverified")


def _contradicted(report: Report) -> bool:
    """Whether a breakdown is asked for at a level or by a time at which a source refuses it."""
    level, time = report.level.data_level, report.grain.dimension
    found = [DIMENSIONS[name] for name in report.by]
    return any(level not in dimension.data_levels or time not in ("", *dimension.times) for dimension in found)


def _sure(path: str) -> str:
    return _WORDS[0] if path in TWO_SOURCES else _WORDS[1] if path in ONE_SOURCE else _WORDS[2]


def _paths(stream: Stream) -> set[str]:
    """The endpoint of a stream, and those of the lists that its requests come from."""
    paths = {stream.path}
    if isinstance(stream, Listing) and stream.task:
        paths |= {stream.task.check.path, stream.task.download.path}
    while isinstance(stream, Listing) and stream.parent:
        stream = stream.parent.listing
        paths.add(stream.path)
    return paths
