"""What sources say of single rows: local times, contents in two forms, ids that ads name."""

from typing import Any

import pytest

from source_tiktok_ads.streams.listing import Listing
from source_tiktok_ads.streams.lists import accounts, audiences, creatives


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
    assert creatives.of_videos(creatives.videos_of(ads)) == {"video_ids": ["v"]}
    assert creatives.of_images(creatives.images_of(ads)) == {"image_ids": ["i", "j"]}
    portfolios = creatives.calls_to_action_of(ads)
    assert portfolios == [{"creative_portfolio_id": "7", "creative_portfolio_type": "CTA"}]
    assert creatives.of_portfolio(portfolios) == {"creative_portfolio_id": "7"}


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
    lent = {"identity_type": "BC_AUTH_TT", "identity_authorized_bc_id": "9"}
    assert creatives.of_bc([{"bc_id": "9"}]) == lent
    assert audiences.of_library([{"library_id": "4"}]) == {"library_id": "4"}
    (pages,) = [item for item in audiences.AUDIENCES if item.name == "pages"]
    (moved,) = pages.more
    assert isinstance(moved, Listing)
    assert moved.parent is not None
    row = {"library_id": "4", "advertiser_id": "1"}
    assert [moved.parent.takes({**row, "advertiser_id": of}, "1") for of in ("1", "2", None)] == [True, False, True]
