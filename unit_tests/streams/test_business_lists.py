"""What the lists of products, finance, members, events, rules and reviews ask for, and the records they make."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from source_tiktok_ads.streams.listing import DatedListing, Listing, MalformedRow
from source_tiktok_ads.streams.lists import LISTINGS

BY: Mapping[str, Listing] = {listing.name: listing for listing in LISTINGS}
DAY = date(2026, 3, 1)


def asked(name: str, *rows: Mapping[str, Any]) -> Mapping[str, Any]:
    """What rows of its parent make a list ask for."""
    parent = BY[name].parent
    assert parent is not None
    return parent.params_for(rows)


def records(name: str, row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The records of one row of an answer."""
    make = BY[name].records
    assert make is not None
    return [*make(row)]


def days(name: str, first: date, last: date) -> Mapping[str, Any]:
    """What a window makes a list ask for."""
    listing = BY[name]
    assert isinstance(listing, DatedListing)
    return listing.params_for(first, last)


@pytest.mark.parametrize(
    ("name", "rows", "wanted"),
    [
        ("ad_reviews", [{"ad_id": "1"}, {"ad_id": "2"}], {"ad_ids": ["1", "2"]}),
        ("adgroup_reviews", [{"adgroup_id": "1"}, {"adgroup_id": "2"}], {"adgroup_ids": ["1", "2"]}),
        ("adgroup_diagnoses", [{"adgroup_id": "1"}], {"filtering": {"adgroup_ids": ["1"]}}),
        ("audience_details", [{"audience_id": "1"}, {"audience_id": "2"}], {"custom_audience_ids": ["1", "2"]}),
        ("custom_conversions", [{"pixel_id": "1"}], {"event_source_id": "1"}),
        ("campaign_negative_keywords", [{"campaign_id": "1"}], {"object_id": "1"}),
        ("adgroup_negative_keywords", [{"adgroup_id": "1"}], {"object_id": "1"}),
        ("account_budget_changes", [{"bc_id": "1", "advertiser_id": "2"}], {"bc_id": "1", "advertiser_id": "2"}),
        ("video_performance", [{"material_id": "1"}], {"filtering": {"material_ids": ["1"]}}),
        ("ad_benchmarks", [{"ad_id": "1"}, {"ad_id": "2"}], {"filtering": {"ad_ids": ["1", "2"]}}),
        ("creative_fatigue", [{"ad_id": "1"}], {"ad_id": "1"}),
        (
            "business_center_partner_assets",
            [{"bc_id": "1", "partner_bc_id": "2"}],
            {"bc_id": "1", "partner_id": "2"},
        ),
        ("pixel_links", [{"bc_id": "1", "pixel_id": "2", "pixel_code": "C"}], {"bc_id": "1", "pixel_code": "C"}),
        (
            "catalog_feed_logs",
            [{"bc_id": "1", "catalog_id": "2", "feed_id": "3", "status": "ON"}],
            {"bc_id": "1", "catalog_id": "2", "feed_id": "3"},
        ),
        ("products", [{"bc_id": "1", "catalog_id": "2"}], {"bc_id": "1", "catalog_id": "2"}),
        (
            "shop_products",
            [{"store_id": "1", "store_authorized_bc_id": "2"}],
            {"store_id": "1", "bc_id": "2"},
        ),
    ],
)
def test_requests_come_from_parents(name: str, rows: list[dict[str, Any]], wanted: dict[str, Any]) -> None:
    """A request names its parents under the endpoint's own parameters."""
    assert asked(name, *rows) == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("custom_conversions", {"event_source_type": "PIXEL"}),
        ("campaign_negative_keywords", {"object_type": "CAMPAIGN"}),
        ("adgroup_negative_keywords", {"object_type": "ADGROUP"}),
        ("shop_products", {"filtering": {"ad_creation_eligible": "GMV_MAX"}}),
        ("comments", {"search_field": "ADGROUP_ID"}),
    ],
)
def test_requests_say_what_kind_of_parent_they_name(name: str, wanted: dict[str, Any]) -> None:
    """The same for every parent, beside its id."""
    assert [reading.params for reading in BY[name].passes] == [wanted]


def test_only_shops_of_a_business_center_have_products_to_list() -> None:
    """The request needs the Business Center through which the account may use the shop."""
    parent = BY["shop_products"].parent
    assert parent is not None
    shops = [{"store_id": "1", "store_authorized_bc_id": "2"}, {"store_id": "3"}]
    assert [*filter(parent.keep, shops)] == shops[:1]


def test_windows_are_written_as_each_endpoint_wants_them() -> None:
    """Costs by a day, the runs of rules between two moments."""
    assert days("account_costs", DAY, DAY) == {"filtering": {"start_date": "2026-03-01", "end_date": "2026-03-01"}}
    assert days("automated_rule_results", DAY, date(2026, 3, 30)) == {
        "filtering": {"time": ["2026-03-01 00:00:00", "2026-03-30 23:59:59"]}
    }


def test_the_days_of_transactions_are_sent_in_both_places_that_sources_show() -> None:
    """Where one of them were not read, TikTok would give the last 90 days for every window."""
    span = {"start_date": "2026-03-01", "end_date": "2026-03-30"}
    assert days("account_transactions", DAY, date(2026, 3, 30)) == {**span, "filtering": span}
    kinds = [reading.params["filtering"]["transfer_type"] for reading in BY["account_transactions"].passes]
    assert kinds == [f"TRANS_TYPE_{kind}" for kind in ("TRANSFER", "PAYMENT", "COST", "TAX")]


def test_figures_of_creatives_are_asked_for_by_single_days() -> None:
    """The figures of a request are those of all its days; the end of a span of fatigue is the day after."""
    one = {"start_date": "2026-03-01", "end_date": "2026-03-01"}
    assert days("video_insights_daily", DAY, DAY) == one
    assert [reading.params["lifetime"] for reading in BY["image_insights_daily"].passes] == [False]
    assert days("creative_fatigue", DAY, DAY) == {"filtering": {**one, "end_date": "2026-03-02"}}


def test_a_day_of_fatigue_has_its_figures_at_the_top() -> None:
    """Beside the day and the ad."""
    row = {"ad_id": "1", "date": "2026-03-01", "metrics": {"dnu": 5}}
    assert records("creative_fatigue", row) == [{"ad_id": "1", "date": "2026-03-01", "dnu": 5}]


def test_an_update_of_a_feed_that_has_not_begun_is_no_row_yet() -> None:
    """Its beginning is what tells it apart."""
    status = {"process_status": "SUCCESS", "add_count": 1}
    times = {"start_time": "2026-03-01 00:00:00", "end_time": None}
    assert records("catalog_feed_logs", {"update_status": status, "update_time": times}) == [{**status, **times}]
    assert records("catalog_feed_logs", {"update_status": {"process_status": "WAITING"}}) == []


def test_custom_conversions_of_apps_are_asked_for_where_tiktok_attributes_installs() -> None:
    """By the id that the app has in its store."""
    (apps,) = BY["custom_conversions"].more
    assert apps.parent is not None
    asked_about = [{"app_platform_id": "com.a", "self_attribution_enabled": True}, {"app_platform_id": "com.b"}]
    assert [*filter(apps.parent.keep, asked_about)] == asked_about[:1]
    assert apps.passes[0].params == {"event_source_type": "APP"}
    assert apps.parent.params_for(asked_about[:1]) == {"event_source_id": "com.a"}


def test_links_are_asked_for_of_pixels_whose_code_is_told() -> None:
    """The pixel keeps its id under the name that other streams have for it."""
    parent = BY["pixel_links"].parent
    assert parent is not None
    assert parent.listing.records is not None
    named = parent.listing.records({"bc_id": "1", "asset_id": "2", "pixel_code": "C"})
    assert [*named] == [{"bc_id": "1", "pixel_id": "2", "pixel_code": "C"}]
    assert [*parent.listing.records({"bc_id": "1", "asset_id": "2", "pixel_code": None})] == []


def test_rows_without_an_id_get_one_of_what_they_say() -> None:
    """The same for the same transaction, whatever the account is called by now; another for another amount."""
    row = {"advertiser_id": "1", "date": "2026-03-01 00:00:00", "amount": 1.5, "currency": "USD"}
    first, renamed, other = (
        records("account_transactions", {**row, **change})[0]["row_id"]
        for change in ({}, {"advertiser_name": "New"}, {"amount": 2.5})
    )
    assert first == renamed != other
    assert len(first) == 32


def test_budgets_are_asked_about_where_the_user_has_a_role() -> None:
    """The ids of assigned accounts stand under the name that the request takes."""
    parent = BY["account_budget_changes"].parent
    assert parent is not None
    assert parent.listing.records is not None
    assert [*parent.listing.records({"bc_id": "1", "asset_id": "2"})] == [{"bc_id": "1", "advertiser_id": "2"}]


def test_reviews_are_the_values_of_an_object() -> None:
    """Each review becomes a row; where the object holds something else, the answer is unreadable."""
    answer = {"ad_review_map": {"1": {"ad_id": "1"}, "2": {"ad_id": "2"}}}
    assert records("ad_reviews", answer) == [{"ad_id": "1"}, {"ad_id": "2"}]
    assert records("adgroup_reviews", {"ad_group_review_map": None}) == []
    with pytest.raises(MalformedRow, match="ad_review_map holds something else than objects"):
        records("ad_reviews", {"ad_review_map": {"1": "ALL_AVAILABLE"}})


def test_keys_are_lifted_to_the_top() -> None:
    """The run of a rule and the id of an audience stand deeper in an answer than a key may."""
    summary = {"task_exec_id": "7", "exec_datetime": "2026-03-01 12:00:00"}
    (run,) = records("automated_rule_results", {"rule_id": "1", "last_check_result_summary": summary})
    assert (run["rule_id"], run["task_exec_id"], run["exec_datetime"]) == ("1", "7", "2026-03-01 12:00:00")
    (audience,) = records("audience_details", {"audience_details": {"audience_id": "1"}, "audience_history": []})
    assert audience["audience_id"] == "1"


def test_a_partner_keeps_its_own_id() -> None:
    """In the answer it is called like the Business Center that was asked about."""
    (partner,) = records("business_center_partners", {"bc_id": "2", "bc_name": "Agency"})
    assert partner == {"partner_bc_id": "2", "partner_bc_name": "Agency"}


def test_people_without_an_id_are_not_asked_for() -> None:
    """Nothing tells invitations apart, so rows of theirs would replace one another."""
    (reading,) = BY["business_center_members"].passes
    assert reading.params == {"filtering": {"relation_status": "BOUND"}}


def test_automatic_payments_are_asked_for_by_themselves() -> None:
    """TikTok refuses them beside other types of invoices."""
    assert [reading.params["invoice_types"] for reading in BY["invoices"].passes] == [["RECON", "CREDIT"], ["AUTO_PAY"]]
