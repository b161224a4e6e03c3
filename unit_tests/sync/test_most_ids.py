"""Reports are divided to what TikTok takes, so many objects a request; those by interest before they are asked for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.model import (
    AD,
    AD_V2,
    ADGROUP,
    ADVERTISER,
    AUDIENCE,
    CAMPAIGN,
    MONTH,
    HiddenCampaigns,
    Level,
    Report,
)
from source_tiktok_ads.sync.campaign_ids import CampaignIds
from source_tiktok_ads.sync.date_ranges import DateRange
from source_tiktok_ads.sync.pagination import Prefetcher
from source_tiktok_ads.sync.refusals import Asked, Refusals
from source_tiktok_ads.sync.report_split import RequestPart, RequestSplitter

from .canned import A, Canned, page, refused

MAY = RequestPart(DateRange(date(2026, 5, 1), date(2026, 5, 31)))


class Objects(CampaignIds):
    """An account with so many objects at every level."""

    def __init__(self, many: int, error: TikTokError | None = None) -> None:
        super().__init__(Canned(lambda path, params: page([])), Prefetcher(1), lambda text: None)
        self._many, self._error = many, error

    def objects(self, level: Level, advertiser_id: str, special: HiddenCampaigns | None = None) -> list[str]:
        """Their ids."""
        if self._error:
            raise self._error
        return [] if special else [str(number) for number in range(self._many)]

    def campaigns(self, advertiser_id: str, special: HiddenCampaigns | None = None) -> list[str]:
        """The ids of campaigns."""
        return self.objects(CAMPAIGN, advertiser_id, special)

    def adgroups(self, advertiser_id: str, campaign_id: str, special: HiddenCampaigns | None = None) -> list[str]:
        """The ids of a campaign's ad groups."""
        return self.objects(ADGROUP, advertiser_id, special)


def parts(
    level: Level, by: str, many: int, cut: RequestPart = MAY, error: TikTokError | None = None
) -> Sequence[RequestPart]:
    """Into what a month's report by that interest is divided."""
    return RequestSplitter(Report("r", level, MONTH, (by,), AUDIENCE), A, Objects(many, error), {}).fitting(cut)


@pytest.mark.parametrize("level", [AD, AD_V2, ADGROUP, CAMPAIGN])
@pytest.mark.parametrize(
    ("by", "many", "sizes"),
    [
        ("interest_category", 3000, []),
        ("interest_category", 3001, [100] * 30 + [1]),
        ("interest_category_tier2", 150, []),
        ("interest_category_tier2", 151, [100, 51]),
        ("interest_category_tier4", 101, [100, 1]),
        ("age", 5000, []),
    ],
)
def test_requests_are_about_no_more_objects_than_tiktok_takes(
    level: Level, by: str, many: int, sizes: list[int]
) -> None:
    """Of the report's own level, each once."""
    found = parts(level, by, many)
    assert [len(cut.ids) for cut in found] == sizes
    assert {cut.by for cut in found} <= {"ad_ids_v2" if level is AD_V2 else f"{level.id}s"}
    assert len({id for cut in found for id in cut.ids}) == (many if sizes else 0)


def test_what_is_not_divided() -> None:
    """An account's own report, a part that has its ids, and an account whose objects may not be listed."""
    by = "interest_category_tier4"
    assert parts(ADVERTISER, by, 500) == []
    assert parts(AD, by, 500, RequestPart(MAY.days, "ad_ids", ("1",))) == []
    assert parts(AD, by, 500, error=refused(40001)) == []
    with pytest.raises(TikTokError, match="50000"):
        parts(AD, by, 500, error=refused(50000))


def test_all_objects_of_a_level_are_listed() -> None:
    """Deleted ones too, once in a sync."""
    client = Canned(lambda path, params: page([{"ad_id": "1"}, {"ad_id": "2"}]))
    campaign_ids = CampaignIds(client, Prefetcher(1), lambda text: None)
    assert [campaign_ids.objects(AD, A) for _ in range(2)] == [["1", "2"]] * 2
    assert [params["filtering"]["primary_status"] for params in client.paths("ad/get")] == ["STATUS_ALL"]


@pytest.mark.parametrize(("named", "totals"), [("buying_type", True), ("ad_status", False)])
def test_a_filter_that_tiktok_names_gives_up_nothing_else(named: str, totals: bool) -> None:
    """Neither the totals nor deleted objects are blamed for it, unless it is the filter for these."""
    report = Report("r", AD, MONTH, ("age",), AUDIENCE)
    refusals = Refusals(report, Asked(totals=True), lambda seconds, why: None)
    error: Any = refused(40002, f"Invalid filter(s): '[{named}]' are not supported")
    assert bool(refusals.named(Asked(totals=True), error)) is not totals
    if totals:
        with pytest.raises(TikTokError, match="not supported"):
            refusals.less(A, Asked(totals=True), error)


def test_a_report_that_is_too_much_is_divided_by_campaigns_and_then_by_ad_groups() -> None:
    """Thirty campaigns a request, as TikTok advises; a hundred ad groups, as many as a filter holds."""
    splitter = RequestSplitter(Report("r", AD, MONTH, ("age",), AUDIENCE), A, Objects(201), {})
    of_campaigns = splitter.fewer_objects(MAY)
    assert [len(part.ids) for part in of_campaigns] == [30] * 6 + [21]
    assert {part.by for part in of_campaigns} == {"campaign_ids"}
    of_adgroups = splitter.fewer_objects(replace(MAY, by="campaign_ids", ids=("7",)))
    assert [(part.by, len(part.ids)) for part in of_adgroups] == [("adgroup_ids", size) for size in (100, 100, 1)]


def test_a_request_asks_for_a_hundred_metrics() -> None:
    """The ids of a row's parents, which each request asks for, are among them."""
    chosen = tuple(f"metric_{number}" for number in range(205))
    splitter = RequestSplitter(Report("r", AD, MONTH, chosen=chosen), A, Objects(0), {})
    found = splitter.fitting(MAY)
    assert [len(part.metrics) + len(AD.parents) for part in found] == [100, 100, 205 - 2 * 100 + 3 * len(AD.parents)]
    assert [name for part in found for name in part.metrics] == [*chosen]
