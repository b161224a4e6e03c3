"""What the lists of the Creator Marketplace ask for, and the records they make of its answers."""

from typing import Any

import pytest

from source_tiktok_ads.streams.listing import Listing, MalformedRow
from source_tiktok_ads.streams.lists.creators import (
    ACCOUNTS,
    COUNTRIES,
    CREATORS,
    accounts_in,
    by_country,
    of_country,
    video,
    with_codes,
)

IDS = {"tto_tcm_account_id": "1", "campaign_id": "2"}


def test_accounts_are_bare_ids() -> None:
    """An account that has none gets an empty list, or null."""
    assert [*accounts_in({"tto_tcm_account_ids": ["1", "2"]})] == [
        {"tto_tcm_account_id": "1"},
        {"tto_tcm_account_id": "2"},
    ]
    assert [*accounts_in({"tto_tcm_account_ids": None})] == []


@pytest.mark.parametrize("answer", [{"tcm_account_ids": ["1"]}, {}])
def test_an_answer_without_the_ids_is_not_an_answer_without_accounts(answer: dict[str, Any]) -> None:
    """The list may have another name now."""
    with pytest.raises(MalformedRow, match="tto_tcm_account_ids is missing"):
        next(accounts_in(answer))


@pytest.mark.parametrize("ids", ["1", "", 0, False, {}, {"list": ["1"]}])
def test_ids_that_are_no_list_are_refused(ids: Any) -> None:
    """Also those that Python takes for empty."""
    with pytest.raises(MalformedRow, match="tto_tcm_account_ids is no list"):
        next(accounts_in({"tto_tcm_account_ids": ids}))


def test_campaigns_are_asked_about_country_by_country() -> None:
    """One with videos but without a country is asked about without one; one without either has no videos."""
    campaigns = [
        {**IDS, "country_codes": ["US", "CA"], "video_ids": ["3"]},
        {**IDS, "country_codes": [], "video_ids": ["4"]},
        {**IDS, "country_codes": None},
    ]
    found = by_country(campaigns)
    assert [row["country_code"] for row in found] == ["US", "CA", "-"]
    assert [of_country([row]) for row in found] == [{**IDS, "Country-Code": "US"}, {**IDS, "Country-Code": "CA"}, IDS]


@pytest.mark.parametrize("codes", ["US", [7], ["US\r\nX: 1"], [""]])
def test_a_code_that_no_header_can_carry_is_refused(codes: Any) -> None:
    """The codes come from TikTok's answer and become a header."""
    with pytest.raises(MalformedRow, match="country_codes"):
        next(with_codes({**IDS, "country_codes": codes}))


def test_campaigns_with_proper_codes_stay_as_they_are() -> None:
    """With several, with none, without the field."""
    rows: list[dict[str, Any]] = [{"country_codes": ["US", "CA"]}, {"country_codes": []}, {}]
    assert [row for each in rows for row in with_codes(each)] == rows


@pytest.mark.parametrize(
    "sources",
    [{"search": 3, "sound": 1}, [{"source": "search", "video_views": 3}, {"source": "sound", "video_views": 1}]],
)
def test_views_by_source_come_as_an_object_or_a_list(sources: Any) -> None:
    """TikTok's reference describes an object, and its example has a list."""
    (record,) = video({"video_info": {"video_id": "5"}, "video_views_by_source": sources})
    assert record["video_views_by_source"] == {"search": 3, "sound": 1}
    assert record["video_id"] == "5"


def test_a_video_may_have_its_id_at_the_top() -> None:
    """A typed client has it there, too."""
    (record,) = video({"video_id": "5", "video_info": None})
    assert (record["video_id"], record["video_views_by_source"]) == ("5", None)


def test_sources_of_another_form_are_refused() -> None:
    """A list of anything but objects."""
    with pytest.raises(MalformedRow, match="video_views_by_source"):
        next(video({"video_views_by_source": ["search"]}))


def test_the_lists_name_no_ad_account_and_the_first_names_the_app() -> None:
    """The chain from the token to the videos."""
    campaigns, videos = CREATORS
    chain: list[Listing] = [videos, COUNTRIES, ACCOUNTS]
    assert [listing.parent.listing for listing in chain[:2] if listing.parent] == chain[1:]
    assert [listing.names_app for listing in (*chain, campaigns)] == [False, False, True, False]
    assert not [listing.name for listing in chain if "advertiser_id" in listing.key]
