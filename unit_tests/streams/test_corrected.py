"""What sources say of single rows: local times, contents in two forms, ids that ads name."""

from typing import Any

import pytest

from source_tiktok_ads.streams.catalog import BY_NAME
from source_tiktok_ads.streams.listing import Listing
from source_tiktok_ads.streams.lists import accounts, audiences, creatives
from source_tiktok_ads.streams.model import SMART_PLUS
from source_tiktok_ads.streams.parameters import merged


@pytest.mark.parametrize(
    ("local", "zone", "utc"),
    [
        ("2026-03-01 10:00:00", "UTC+07:00", "2026-03-01T03:00:00+00:00"),
        ("2026-03-01 10:00:00", "UTC-03:30", "2026-03-01T13:30:00+00:00"),
        ("2026-03-01 10:00:00", "UTC", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01 10:00:00", "America/Lima", "2026-03-01T15:00:00+00:00"),
        ("2026-03-01 10:00:00", "nowhere", None),
        ("2026-03-01 10:00:00", "UTC+99:00", None),
        ("2026-03-01 10:00:00", None, None),
        ("soon", "UTC", "soon"),
        (None, "UTC", None),
    ],
)
def test_a_transaction_is_told_in_utc_and_as_it_came(local: Any, zone: Any, utc: Any) -> None:
    """TikTok tells the time of the account; without a readable zone there is no moment."""
    (record,) = accounts.transaction({"create_time": local, "timezone": zone, "amount": 1})
    assert record == {"create_time": utc, "create_time_local": local, "timezone": zone, "amount": 1}


def test_money_is_asked_for_by_level_and_owner() -> None:
    """Accounts that another Business Center shares come only by name."""
    (listing,) = [item for item in accounts.ACCOUNT_LISTS if item.name == "business_center_transactions"]
    owners = [each.params.get("filtering", {}).get("owner_of_account") for each in listing.passes]
    assert owners == [["OWNED_BY_CURRENT_BUSINESS_CENTER"], ["SHARED_BY_OTHER_BUSINESS_CENTER"], None, None]
    assert listing.places == ("transaction_list", "transaction")


def test_what_ads_name_is_asked_about_once_each() -> None:
    """Videos, images and calls to action; what is no id is left out."""
    ads = [
        {"video_id": "v", "image_ids": ["i", "j"], "call_to_action_id": "7"},
        {"video_id": "v", "image_ids": None, "call_to_action_id": "0"},
        {"video_id": None, "image_ids": ["i"], "call_to_action_id": ""},
    ]
    assert creatives.videos_of(ads) == [{"video_id": "v"}]
    assert creatives.images_of(ads) == [{"image_id": "i"}, {"image_id": "j"}]
    portfolio = {"creative_portfolio_id": "7", "creative_portfolio_type": "CTA"}
    assert creatives.calls_to_action_of(ads) == [portfolio]


@pytest.mark.parametrize(
    ("content", "kept"),
    [({"asset_content": "Buy"}, [{"asset_content": "Buy"}]), ([{"asset_content": "Buy"}], [{"asset_content": "Buy"}])],
)
def test_contents_of_a_portfolio_are_a_list(content: Any, kept: Any) -> None:
    """TikTok's page describes one object, its example holds several."""
    assert [*creatives.with_contents({"portfolio_content": content})] == [{"portfolio_content": kept}]
    assert [*creatives.with_contents({"title": "x"})] == [{"title": "x"}]


@pytest.mark.parametrize("wire", [{"app": "5"}, {"app_id": "5"}, {"app": "5", "app_id": None}])
def test_the_app_of_a_comment_has_one_name(wire: dict[str, Any]) -> None:
    """One source calls it app, another app_id."""
    assert [*creatives.comment({"comment_id": "1", **wire})] == [{"comment_id": "1", "app_id": "5"}]


def test_requests_for_what_business_centers_have() -> None:
    """Identities that one lends, pages that one has taken over."""
    lent = creatives.IDENTITIES.more[0]
    assert lent.parent is not None
    asked = merged(lent.passes[0].params, lent.parent.params_for([{"bc_id": "9"}]))
    assert asked == {"identity_type": "BC_AUTH_TT", "identity_authorized_bc_id": "9"}
    (pages,) = [item for item in audiences.AUDIENCES if item.name == "pages"]
    (moved,) = pages.more
    assert isinstance(moved, Listing)
    assert moved.parent is not None
    row = {"library_id": "4", "advertiser_id": "1"}
    assert [moved.parent.takes({**row, "advertiser_id": of}, "1") for of in ("1", "2", None)] == [True, False, True]


@pytest.mark.parametrize(
    ("stream", "columns"),
    [
        # TikTok gives it only to requests about days, and only for videos the ads and ad groups of a creative.
        ("video_insights", {"total_active_days"}),
        ("image_insights", {"total_active_days", "related_ad_ids", "related_adgroup_ids", "adgroup_number"}),
        ("instant_page_insights", {"total_active_days", "related_ad_ids", "related_adgroup_ids", "adgroup_number"}),
        # It comes with a page size of 1 alone.
        ("business_center_balances", {"min_transferable_amount"}),
        # No response rule has them.
        ("business_center_accounts", {"is_business_verified", "operating_region_code", "tt_asset_handle"}),
        ("comments", {"reply_to_comment_id"}),
        # Whoever asks for it gets nothing else.
        ("advertisers", {"company_name_editable"}),
    ],
)
def test_columns_that_tiktok_never_fills_are_not_declared(stream: str, columns: set[str]) -> None:
    """A column that is always null, or always 0, says what is wrong."""
    assert columns & {*BY_NAME[stream].columns} == set()


@pytest.mark.parametrize("stream", ["videos", "images", "music"])
def test_lists_of_which_tiktok_gives_only_the_first_know_how_many(stream: str) -> None:
    """So that the end of what is given is not taken for the end of the list."""
    listing = BY_NAME[stream]
    assert isinstance(listing, Listing)
    assert listing.most == {"music": 100_000}.get(stream, 10_000)
    assert [each.beyond for each in listing.more] == ([] if stream == "music" else [True])


def test_changed_pages_are_asked_for_between_two_moments() -> None:
    """Both are required."""
    pages = BY_NAME["pages"]
    assert isinstance(pages, Listing)
    assert pages.since is not None
    assert pages.since("a", "b") == {"update_time_range": {"start": "a", "end": "b"}}


def test_accounts_of_a_center_are_all_of_its_own_with_what_only_that_list_tells() -> None:
    """Not only those of whoever authorised the app; where that is refused, these."""
    listing = BY_NAME["business_center_accounts"]
    assert isinstance(listing, Listing)
    assert listing.instead is not None
    assert (listing.path, listing.instead.path) == ("bc/asset/admin/get", "bc/asset/get")
    assert {"relation_type", "relation_status", "advertiser_status"} <= {*listing.columns}


def test_balances_name_the_columns_that_come_only_so() -> None:
    """The others come in any case."""
    (balances,) = (each for each in accounts.ACCOUNT_LISTS if each.name == "business_center_balances")
    assert {*balances.passes[0].params["fields"]} <= {*balances.columns}


def test_times_of_split_tests_are_the_accounts_own() -> None:
    """They have no zone of their own."""
    columns = BY_NAME["split_tests"].columns
    assert {columns[name].kind for name in ("start_time", "end_time")} == {"local_time"}


def test_smart_plus_is_a_filter_of_campaigns() -> None:
    """Lists of ads do not know it: their ads are asked for by the campaigns' ids."""
    assert SMART_PLUS.listed == {"campaign_automation_type": "UPGRADED_SMART_PLUS"}


def test_reports_that_are_being_retired_are_optional() -> None:
    """An account without a shop does not fail the sync."""
    for name in ("gmv_max_insights_by_country", "gmv_max_campaign_insights_by_country"):
        assert getattr(BY_NAME[name], "optional", False)
