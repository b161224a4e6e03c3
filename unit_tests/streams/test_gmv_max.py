"""What is asked about shops and campaigns of GMV Max, and about upgraded Smart+ ads and what they are made of."""

from collections.abc import Mapping
from typing import Any

import pytest

from source_tiktok_ads.streams.catalog import BY_NAME
from source_tiktok_ads.streams.listing import DatedListing, Listing
from source_tiktok_ads.streams.lists import gmv_max, materials

SHOP = {"store_id": "7", "store_authorized_bc_id": "8", "is_gmv_max_available": True}


def listing(name: str) -> Listing:
    """The stream of that name."""
    stream = BY_NAME[name]
    assert isinstance(stream, Listing)
    return stream


@pytest.mark.parametrize(
    ("identity", "named"),
    [
        ({"identity_type": "TT_USER", "identity_authorized_bc_id": "9"}, {"identity_type": "TT_USER"}),
        (
            {"identity_type": "BC_AUTH_TT", "identity_authorized_bc_id": "9", "identity_authorized_shop_id": None},
            {"identity_type": "BC_AUTH_TT", "identity_authorized_bc_id": "9"},
        ),
        ({"identity_type": "TTS_TT", "store_id": "6"}, {"identity_type": "TTS_TT", "store_id": "6"}),
        ({"identity_type": "TTS_TT"}, {"identity_type": "TTS_TT", "store_id": "7"}),
    ],
)
def test_identities_are_named_as_their_kind_wants_it(identity: Mapping[str, Any], named: Mapping[str, Any]) -> None:
    """With the Business Center that lends one, or with its shop: its own, or the one that was asked about."""
    (told,) = gmv_max.apart({"identity_id": "1", **identity})
    asked = gmv_max.of_identities([{**told, "store_id": "7", "store_authorized_bc_id": "8"}])
    assert asked == {
        "store_id": "7",
        "store_authorized_bc_id": "8",
        "identity_list": [{"identity_id": "1", **named}],
    }


def test_identities_that_tiktok_does_not_take_are_not_named() -> None:
    """One that may not run GMV Max for products, and one whose posts are asked for by their codes."""
    assert [*gmv_max.apart({"identity_type": "TT_USER", "product_gmv_max_available": False})] == []
    assert [*gmv_max.apart({"identity_type": "AUTH_CODE"})] == []


def test_shops_are_asked_about_through_their_business_center() -> None:
    """Videos of those that the account may advertise now, whether it may of every one that names a center."""
    assert gmv_max.of_code([SHOP]) == {**gmv_max.of_shop([SHOP]), "need_auth_code_video": True}
    assert gmv_max.can_run(SHOP)
    assert not gmv_max.can_run({**SHOP, "is_gmv_max_available": None})
    assert not gmv_max.has_center({**SHOP, "store_authorized_bc_id": ""})


def test_reviews_of_ads_and_of_creatives_stand_in_one_answer() -> None:
    """Each stream takes its own list; either may be missing."""
    answer = {"smart_plus_ad_review_infos": [{"smart_plus_ad_id": "1"}], "material_review_infos": None}
    ads, creatives = (listing(name).records for name in ("smart_plus_ad_reviews", "smart_plus_material_reviews"))
    assert ads is not None
    assert creatives is not None
    assert ([*ads(answer)], [*creatives(answer)]) == ([{"smart_plus_ad_id": "1"}], [])


@pytest.mark.parametrize("name", materials.PARTS)
def test_parts_of_ads_have_the_same_columns_whatever_they_are(name: str) -> None:
    """The id and the kind come under names of their own; an empty metric has no value."""
    kind = f"{name.removesuffix('_id')}_type"
    row = {"dimensions": {"smart_plus_ad_id": "1", name: "2", kind: "text"}, "metrics": {"spend": "3", "clicks": "-"}}
    (record,) = materials.part(row)
    assert record == {"smart_plus_ad_id": "1", "entity_id": "2", "entity_type": "text", "spend": "3"}


def test_a_part_without_an_id_is_left_for_the_key_to_judge() -> None:
    """Nothing is made up."""
    assert [*materials.part({"dimensions": {"smart_plus_ad_id": "1"}})] == [
        {"smart_plus_ad_id": "1", "entity_id": None, "entity_type": None}
    ]


def test_materials_by_day_are_asked_for_ad_by_ad() -> None:
    """For the rows do not tell the ad; over all time they do, and two hundred ads go into a request."""
    whole, daily = listing("smart_plus_material_insights"), listing("smart_plus_material_insights_daily")
    assert whole.parent is not None
    assert daily.parent is not None
    assert (whole.parent.batch_size, daily.parent.batch_size, daily.parent.inherits) == (200, 1, ("smart_plus_ad_id",))
    assert isinstance(daily, DatedListing)
    assert (daily.days, daily.cursor) == (365, "stat_time_day")
    assert {each.constants["dimension"] for each in whole.passes} == {*materials.PARTS}
    assert whole.parent.params_for([{"smart_plus_ad_id": "1"}]) == {"filtering": {"smart_plus_ad_ids": ["1"]}}
