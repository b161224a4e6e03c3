"""What the rows of the lists ask for, what they make of an answer, and what they promise."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from source_tiktok_ads.streams import fields
from source_tiktok_ads.streams.catalog import BY_NAME
from source_tiktok_ads.streams.listing import DatedListing, Listing, Paging, Pass, Scope
from source_tiktok_ads.streams.lists import LISTINGS, accounts, audiences, commerce, creatives, structure
from source_tiktok_ads.streams.shapes import Shape

BY = {listing.name: listing for listing in LISTINGS}
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 30)


def walk(columns: Mapping[str, Shape]) -> Iterator[tuple[str, Shape]]:
    """Every named value, however deep, by its own name."""
    for name, shape in columns.items():
        inner = shape
        while inner.item is not None:
            inner = inner.item
        yield name, inner
        yield from walk(dict(inner.fields))


def ancestors(listing: Listing) -> Iterator[Listing]:
    """The lists that a list's requests come from."""
    while listing.parent:
        listing = listing.parent.listing
        yield listing


@pytest.mark.parametrize("name", BY)
def test_ids_are_text_at_every_depth(name: str) -> None:
    """They outgrow a double; that an outside id is there, as of a person for matching, is a flag."""
    ids = [(name, shape.kind) for name, shape in walk(BY[name].columns) if name.endswith(("_id", "_ids"))]
    others = ("external_id", "app_platform_id", "negative_invoice_ids", "positive_invoice_ids", "ad_material_id")
    assert [pair for pair in ids if pair[1] != "id" and pair[0] not in others] == []


@pytest.mark.parametrize("name", BY)
def test_times_are_moments_at_every_depth(name: str) -> None:
    """Whatever is called a time of an object is one, in UTC; a sticker's and a rule's are free text, a badge's and
    those for which a video was watched are seconds.

    Those of split tests and livestreams are the account's own time.
    """
    free = ("cutoff_time", "reminder_time", "badge_show_time", "exec_time", "email_exec_time")
    free += ("start_time", "end_time") if name in ("split_tests", "gmv_max_campaign_settings") else ()
    free += ("total_play_time", "average_view_time") if name == "creator_videos" else ()
    free += ("live_launched_time",) if name.startswith("gmv_max_room_insights") else ()
    times = [(name, shape.kind) for name, shape in walk(BY[name].columns) if name.endswith("_time")]
    assert [pair for pair in times if pair[1] != "moment" and pair[0] not in free] == []


@pytest.mark.parametrize("name", BY)
def test_what_is_or_is_not_is_a_flag(name: str) -> None:
    """A column named as a statement holds true or false."""
    named = [
        (name, shape.kind)
        for name, shape in walk(BY[name].columns)
        if name.startswith(("is_", "can_", "has_", "enable_", "skip_", "disable_")) and name != "enable_retargeting"
    ]
    assert [pair for pair in named if pair[1] != "flag"] == []


@pytest.mark.parametrize("name", BY)
def test_what_is_taken_over_from_a_parent_is_a_column_of_both(name: str) -> None:
    """And the parent is a list whose rows can be asked for in the same scope."""
    listing = BY[name]
    if listing.parent:
        assert {*listing.parent.inherits} <= {*listing.columns} & {*listing.parent.listing.columns}
    assert {parent.scope for parent in ancestors(listing)} <= {listing.scope}


@pytest.mark.parametrize("name", BY)
def test_what_passes_and_windows_tell_are_columns(name: str) -> None:
    """Nothing is told that the schema does not promise."""
    listing = BY[name]
    told = {column for reading in (*listing.passes, *listing.with_deleted) for column in reading.constants}
    told |= {listing.day} if isinstance(listing, DatedListing) and listing.day else set()
    assert told <= {*listing.columns}
    assert {*listing.personal} <= {name for name, _ in walk(listing.columns)} - {*listing.key}


@pytest.mark.parametrize("name", BY)
def test_lists_are_cut_into_pages_or_not(name: str) -> None:
    """Only lists with pages are proven by TikTok's count, and rows that become several ones have none to compare."""
    listing = BY[name]
    assert not listing.newest_first or listing.paging is Paging.PAGES
    assert bool(listing.rows_at) or listing.paging is Paging.WHOLE


def test_scopes() -> None:
    """A list that TikTok does not keep by ad account says so in its row."""
    scoped = {scope: {listing.name for listing in LISTINGS if listing.scope is scope} for scope in Scope}
    assert scoped[Scope.TOKEN] == {"advertiser_accounts"}
    assert scoped[Scope.CENTERS] == {
        *("business_centers", "business_center_accounts", "business_center_balances"),
        *("business_center_transactions", "catalogs", "product_sets"),
        *("products", "catalog_feeds", "catalog_overviews", "catalog_event_sources", "catalog_diagnostics"),
        *("invoices", "account_costs", "payment_portfolios", "account_transactions", "account_budget_changes"),
        *("business_center_members", "business_center_partners", "business_center_asset_groups"),
        "business_center_change_log",
        *("business_center_assets", "business_center_partner_assets", "pixel_links"),
        *("catalog_feed_logs", "catalog_videos"),
    }
    assert scoped[Scope.CREATORS] == {"creator_campaigns", "creator_videos"}
    assert scoped[Scope.REFERENCE] == {
        *("regions", "languages", "interest_categories", "action_categories"),
        *("carriers", "timezones", "device_models"),
    }


def test_personal_columns() -> None:
    """Contact data of people are named in the rows."""
    assert {listing.name: listing.personal for listing in LISTINGS if listing.personal} == {
        "business_center_balances": ("contact_name", "contact_email"),
        "smart_plus_adgroups": ("phone_info",),
        "smart_plus_ads": ("phone_info",),
        "spark_posts": ("tiktok_name",),
        "comments": ("user_id", "user_name", "user_avatar_url"),
        "lead_forms": ("user_id",),
        "pages": ("user_id",),
        "invoices": ("address", "emails"),
        "account_budget_changes": ("operator_name",),
        "business_center_members": ("user_name", "user_email"),
        "change_log": ("operator",),
        "leads": ("answers",),
        "business_center_change_log": ("activity_log",),
        "creator_campaigns": ("handle_names",),
        "creator_videos": ("creator_info",),
    }


def test_metrics_of_other_reports_are_those_that_tiktok_has_there() -> None:
    """Each metric column of GMV Max and of the creative reports is known for that report."""
    reports = {"creative/report/get": "CREATIVE_BASIC", "gmv_max/report/get": "GMV_MAX"}
    asked = [
        (listing.name, metric, reports[listing.path])
        for listing in LISTINGS
        if listing.path in reports
        for reading in listing.passes
        for metric in (*reading.params.get("metrics", ()), *reading.params.get("metrics_fields", ()))
    ]
    assert [row for row in asked if row[2] not in fields.METRICS[row[1]].report_types] == []
    assert [row for row in asked if row[1] not in BY[row[0]].columns] == []
    assert len(asked) > 100


def test_identities_without_posts_are_not_asked_about() -> None:
    """Those that were made up for ads have none."""
    kinds = ("CUSTOMIZED_USER", "TT_USER", "AUTH_CODE", "BC_AUTH_TT")
    assert [creatives.has_posts({"identity_type": kind}) for kind in kinds] == [False, True, True, True]


def test_requests_for_a_parent() -> None:
    """Each chain asks by the ids of the rows it comes from."""
    lent = {"identity_id": "1", "identity_type": "BC_AUTH_TT", "identity_authorized_bc_id": "7"}
    own = {"identity_id": "2", "identity_type": "TT_USER", "identity_authorized_bc_id": "-"}
    assert creatives.of_identity([lent]) == lent
    assert creatives.of_identity([own]) == {"identity_id": "2", "identity_type": "TT_USER"}
    assert commerce.OF_STORES.params_for([{"store_id": "6"}]) == {"store_ids": ["6"]}
    stores = commerce.PRODUCT_CAMPAIGNS_OF_STORES.parent
    assert stores is not None
    assert stores.params_for([{"store_id": "6"}]) == {"filtering": {"store_ids": ["6"]}}
    campaigns = [{"store_id": "6", "campaign_id": "8"}, {"store_id": "6", "campaign_id": "9"}]
    assert commerce.of_campaigns(campaigns) == {"store_ids": ["6"], "filtering": {"campaign_ids": ["8", "9"]}}


def test_which_parents_are_asked_about() -> None:
    """Ad groups inside a split test, shops that GMV Max can advertise."""
    (tests,) = [listing.parent for listing in LISTINGS if listing.name == "split_tests"]
    assert tests is not None
    assert [tests.keep(row) for row in ({"split_test_group_id": "1"}, {"split_test_group_id": ""}, {})] == [
        True,
        False,
        False,
    ]
    assert [len([*commerce.can_advertise({"is_gmv_max_available": flag})]) for flag in (True, False, None)] == [1, 0, 0]


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("pixel_event_statistics", {"date_range": {"start_date": "2026-03-01", "end_date": "2026-03-30"}}),
        ("comments", {"start_time": "2026-03-01", "end_time": "2026-03-30"}),
        ("gmv_max_campaign_insights", {"start_date": "2026-03-01", "end_date": "2026-03-30"}),
        (
            "business_center_transactions",
            {"filtering": {"start_time": "2026-03-01 00:00:00", "end_time": "2026-03-31 00:00:00"}},
        ),
    ],
)
def test_requests_for_a_window(name: str, asked: Mapping[str, Any]) -> None:
    """Each dated list names its days in its own way."""
    listing = BY[name]
    assert isinstance(listing, DatedListing)
    assert listing.params_for(FIRST, LAST) == asked


def test_requests_for_changes() -> None:
    """The moment stands where each endpoint wants it."""
    first, now = "2026-03-01 00:00:00", "2026-03-02 10:00:00"
    assert audiences.updated_since(first, now) == {"update_time_range": {"start": first, "end": now}}
    assert structure.modified_after(first, now) == {"filtering": {"modified_after": first}}


def test_gmv_max_names_its_kinds_in_two_ways() -> None:
    """Lists of campaigns and reports each have their own words."""
    assert commerce.promoting("LIVE_GMV_MAX", "STATUS_DELETE") == Pass(
        {"filtering": {"gmv_max_promotion_types": ["LIVE_GMV_MAX"], "primary_status": "STATUS_DELETE"}},
        {"gmv_max_promotion_type": "LIVE_GMV_MAX"},
    )
    by_day = ("campaign_id", "stat_time_day")
    assert commerce.report_of_kind("LIVE_GMV_MAX", by_day, ("cost",), "STATUS_ALL") == Pass(
        {
            "dimensions": ["campaign_id", "stat_time_day"],
            "metrics": ["cost"],
            "filtering": {"gmv_max_promotion_types": ["LIVE"], "campaign_statuses": ["STATUS_ALL"]},
        },
        {"gmv_max_promotion_type": "LIVE_GMV_MAX"},
    )


@pytest.mark.parametrize(
    ("name", "filters"),
    [
        ("gmv_max_product_insights", {"campaign_ids": ["8"]}),
        ("gmv_max_creative_insights", {"campaign_ids": ["8"], "item_group_ids": ["9"]}),
        ("gmv_max_room_insights", {"campaign_ids": ["8"]}),
    ],
)
def test_below_the_campaign_gmv_max_is_asked_for_by_ids_alone(name: str, filters: Mapping[str, Any]) -> None:
    """TikTok refuses the kind and the status there; deleted campaigns are named among the others."""
    listing = BY[name]
    assert listing.parent is not None
    row = {"store_id": "6", "campaign_id": "8", "item_group_id": "9"}
    assert listing.parent.params_for([row, row]) == {"store_ids": ["6"], "filtering": filters}
    assert all("filtering" not in reading.params for reading in listing.readings(include_deleted=True))
    assert listing.has_deleted
    assert not {"net_cost"} & {*listing.passes[0].params["metrics"]} or name == "gmv_max_room_insights"


def test_ids_that_stand_deep_are_lifted_to_the_top() -> None:
    """A key has to be a column of its own."""
    assert [*accounts.with_id({"bc_info": {"bc_id": "7"}})] == [{"bc_info": {"bc_id": "7"}, "bc_id": "7"}]
    assert [*accounts.with_id({"bc_info": None})] == [{"bc_info": None, "bc_id": None}]


def test_statistics_of_a_pixel_become_rows() -> None:
    """One for each event; a pixel without any has none."""
    row = {"pixel_id": "1", "statistics": [{"pixel_event_type": "Search"}, {"custom_event_type": "mine"}]}
    assert [*audiences.statistics(row)] == [
        {"pixel_id": "1", "pixel_event_type": "Search"},
        {"pixel_id": "1", "custom_event_type": "mine"},
    ]
    assert [*audiences.statistics({"pixel_id": "1"})] == []


def test_figures_become_flat_records() -> None:
    """Metrics without a value are left out; what a row is about stays as it is."""
    report = {"dimensions": {"campaign_id": "1", "item_id": "-"}, "metrics": {"cost": "1.5", "roi": "-", "orders": ""}}
    assert [*creatives.figures(report)] == [{"campaign_id": "1", "item_id": "-", "cost": "1.5"}]
    assert [*creatives.figures({"info": {"material_id": "2"}})] == [{"material_id": "2"}]


def test_the_lists_are_offered() -> None:
    """Each row is a stream."""
    assert {*BY} <= {*BY_NAME}
