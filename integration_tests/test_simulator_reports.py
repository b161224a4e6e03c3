"""The simulator's reports beyond BASIC and AUDIENCE: what they take, what they refuse, and that their figures agree."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from .simulator import START, TOKEN, Switches, World, truth_report
from .simulator.access import Access
from .simulator.assets import business_centers
from .simulator.endpoints import PREFIX, Answer, Request, TikTok, answer
from .simulator.facts import DIMENSIONS, METRICS
from .simulator.shop import open_stores

WORLD = World(advertisers=3, campaigns=6)
FIRST = WORLD.advertiser_ids[0]
ACCOUNT = WORLD.advertiser(FIRST)
assert ACCOUNT is not None
EPOCH = int(START.timestamp())
STORE = open_stores(WORLD, ACCOUNT, EPOCH)[0]
CENTER = business_centers(WORLD)[0].bc_id
WEEK = {"start_date": "2026-03-01", "end_date": "2026-03-07", "page_size": 1000}
SHOP = {
    **WEEK,
    "advertiser_id": FIRST,
    "report_type": "TT_SHOP",
    "data_level": "AUCTION_ADVERTISER",
    "dimensions": ["advertiser_id", "country_code", "stat_time_day"],
}
SHOP_CAMPAIGN = {**SHOP, "data_level": "AUCTION_CAMPAIGN", "dimensions": ["campaign_id", "country_code"]}
PLAYABLE = {**WEEK, "advertiser_id": FIRST, "report_type": "PLAYABLE_MATERIAL", "dimensions": ["playable_id"]}
CATALOG = {
    **WEEK,
    "advertiser_id": FIRST,
    "report_type": "CATALOG",
    "data_level": "AUCTION_AD",
    "dimensions": ["ad_id", "product_id", "stat_time_day"],
}
CENTERED = {**WEEK, "bc_id": CENTER, "report_type": "BC", "dimensions": ["advertiser_id", "stat_time_day"]}
GMV = {
    **WEEK,
    "advertiser_id": FIRST,
    # Days on which campaigns that are deleted since were running.
    **{"start_date": "2026-01-05", "end_date": "2026-02-03", "store_ids": [STORE]},
    "dimensions": ["campaign_id", "stat_time_day"],
    "metrics": ["cost", "orders", "gross_revenue", "roi"],
    "filtering": {"gmv_max_promotion_types": ["PRODUCT", "LIVE"]},
}
KINDS = {"gmv_max_promotion_types": ["PRODUCT", "LIVE"]}
CREATIVE = {"advertiser_id": FIRST, "material_type": "VIDEO", "lifetime": "true", "page_size": 1000}
EVERY_STATUS = ["STATUS_DELIVERY_OK", "STATUS_DISABLE", "STATUS_DELETE"]


def ask(path: str, query: dict[str, Any], now: datetime = START, **switches: Any) -> Answer:
    """The answer of an endpoint, without HTTP; a parameter that is None is not sent."""
    tiktok = TikTok(WORLD, Access(WORLD), Switches(**switches))
    sent = {name: [v if isinstance(v, str) else json.dumps(v)] for name, v in query.items() if v is not None}
    request = Request("GET", f"{PREFIX}{path}/", {"access-token": TOKEN}, sent, b"", 1)
    return answer(request, tiktok, int(now.timestamp()))


def report(query: dict[str, Any], **more: Any) -> Answer:
    """The answer of the synchronous report."""
    return ask("report/integrated/get", query, **more)


def gmv(changes: dict[str, Any], **more: Any) -> Answer:
    """The answer of the GMV Max report."""
    return ask("gmv_max/report/get", {**GMV, **changes}, **more)


def creative(changes: dict[str, Any], **more: Any) -> Answer:
    """The answer of the creative report."""
    return ask("creative/report/get", {**CREATIVE, **changes}, **more)


def rows_of(found: Answer) -> list[Any]:
    """The rows of a good answer, of which there are some."""
    assert (found.code, found.message) == (0, "OK")
    rows: list[Any] = found.data["list"]
    assert rows
    return rows


def sums(rows: Iterable[dict[str, dict[str, str]]], *names: str) -> list[Decimal]:
    """Metrics added up over rows."""
    rows = list(rows)
    return [sum((Decimal(row["metrics"][name]) for row in rows), Decimal(0)) for name in names]


def only(field: str, *values: str) -> str:
    """A filter of the synchronous report."""
    return json.dumps([{"field_name": field, "filter_type": "IN", "filter_value": json.dumps(values)}])


def test_all_names_are_known() -> None:
    """Every metric and dimension of the facts is there, whichever report knows it."""
    assert (len(METRICS), len(DIMENSIONS)) == (1187, 57)
    assert all(metric.reports for metric in METRICS.values())
    assert all(dimension.reports for dimension in DIMENSIONS.values())


@pytest.mark.parametrize(
    ("query", "metrics"),
    [
        (SHOP, {"spend", "billed_cost"}),
        ({**SHOP, "dimensions": ["advertiser_id", "country_code"]}, {"spend", "billed_cost"}),
        ({**SHOP, "dimensions": ["advertiser_id"]}, {"spend", "billed_cost"}),
        (SHOP_CAMPAIGN, {"spend", "billed_cost"}),
        ({**SHOP_CAMPAIGN, "dimensions": ["country_code", "stat_time_day", "campaign_id"]}, {"spend", "billed_cost"}),
        (PLAYABLE, {"spend", "impressions"}),
        ({**PLAYABLE, "dimensions": ["playable_id", "country_code"]}, {"spend", "impressions"}),
        ({**PLAYABLE, "query_lifetime": "true", "start_date": None, "end_date": None}, {"spend", "impressions"}),
        (CATALOG, {"spend", "impressions"}),
        ({**CATALOG, "dimensions": ["catalog_id"]}, {"spend", "impressions"}),
        (CENTERED, {name for name, metric in METRICS.items() if "U" in metric.reports}),
        ({**CENTERED, "dimensions": ["advertiser_id", "country_code"]}, set(DIMENSIONS["country_code"].metrics["U"])),
        ({**CENTERED, "dimensions": ["advertiser_id", "placement"]}, set(DIMENSIONS["placement"].metrics["U"])),
    ],
)
def test_groupings_and_their_default_metrics(query: dict[str, Any], metrics: set[str]) -> None:
    """Each documented grouping is taken; without metrics TikTok sends the type's own."""
    row = rows_of(report(query))[0]
    assert list(row["dimensions"]) == query["dimensions"]
    assert set(row["metrics"]) == metrics


@pytest.mark.parametrize(
    "query",
    [
        {**SHOP, "dimensions": ["advertiser_id", "stat_time_day"]},
        {**SHOP, "dimensions": ["country_code"]},
        {**SHOP, "dimensions": ["advertiser_id", "country_code", "stat_time_hour"]},
        {**SHOP, "query_lifetime": "true"},
        {**SHOP_CAMPAIGN, "dimensions": ["campaign_id"]},
        {**SHOP_CAMPAIGN, "dimensions": ["advertiser_id", "country_code"]},
        {**PLAYABLE, "dimensions": ["playable_id", "stat_time_day"]},
        {**PLAYABLE, "dimensions": ["country_code"]},
        {**PLAYABLE, "query_lifetime": "true", "dimensions": ["playable_id", "country_code"]},
        {**CATALOG, "dimensions": ["ad_id", "catalog_id", "sku_id"]},
        {**CATALOG, "dimensions": ["ad_id", "stat_time_hour"]},
        {**CATALOG, "query_lifetime": "true", "dimensions": ["ad_id"]},
        {**CENTERED, "dimensions": ["stat_time_day"]},
        {**CENTERED, "dimensions": ["advertiser_id", "country_code", "placement"]},
        {**CENTERED, "dimensions": ["advertiser_id", "stat_time_hour"]},
    ],
    ids=lambda query: f"{query['report_type']} {query['dimensions']}",
)
def test_other_groupings_conflict(query: dict[str, Any]) -> None:
    """What is not documented for a type answers TikTok's one sentence."""
    found = report(query)
    assert found.code == 40002
    assert found.message == "Conflict occurs. The input params including metrics and dimensions have no relation."


@pytest.mark.parametrize(
    ("query", "code", "text"),
    [
        ({**SHOP, "data_level": "AUCTION_AD"}, 40002, "data_level"),
        ({**SHOP, "metrics": ["spend", "impressions"]}, 40002, "Invalid metric fields: ['impressions']"),
        ({**SHOP, "filtering": only("campaign_ids", "1")}, 40002, "filtering: Not supported in TT_SHOP"),
        ({**SHOP, "start_date": "2026-01-01"}, 40002, "30 days"),
        ({**SHOP, "enable_total_metrics": "true"}, 40002, "enable_total_metrics"),
        ({**PLAYABLE, "metrics": ["clicks", "reach"]}, 40002, "Invalid metric fields: ['reach']"),
        ({**CATALOG, "data_level": None}, 40002, "data_level"),
        ({**CATALOG, "metrics": ["clicks"]}, 40002, "Invalid metric fields: ['clicks']"),
        ({**CENTERED, "bc_id": None}, 40002, "bc_id: Missing"),
        ({**CENTERED, "bc_id": "1"}, 40001, "business center 1"),
        ({**CENTERED, "dimensions": ["advertiser_id", "placement"], "metrics": ["reach"]}, 40002, "['reach']"),
        ({**CENTERED, "dimensions": ["advertiser_id", "country_code"], "metrics": ["account_type"]}, 40002, "account"),
        ({**CENTERED, "start_date": "2025-01-01"}, 40002, "365 days"),
        ({**CENTERED, "dimensions": ["advertiser_id", "stat_time_week"]}, 40002, "not part of the simulation"),
    ],
)
def test_types_are_strict(query: dict[str, Any], code: int, text: str) -> None:
    """Levels, metrics, filters and spans of each type are its own."""
    found = report(query)
    assert found.code == code
    assert text in found.message


def test_shop_days_without_country_are_a_switch() -> None:
    """Nobody knows whether days alone are taken."""
    query = {**SHOP, "dimensions": ["advertiser_id", "stat_time_day"]}
    assert report(query, shop_days_without_country=True).code == 0


def test_shop_sums_agree() -> None:
    """Countries, campaigns and days of the shop's ads add up to the account's sum, which the totals tell too."""
    whole = report({**SHOP, "dimensions": ["advertiser_id"], "enable_total_metrics": "true"})
    wanted = sums(rows_of(whole), "spend", "billed_cost")
    assert [Decimal(whole.data["total_metrics"][name]) for name in ("spend", "billed_cost")] == wanted
    for query in (SHOP, SHOP_CAMPAIGN, {**SHOP, "dimensions": ["advertiser_id", "country_code"]}):
        assert sums(rows_of(report(query)), "spend", "billed_cost") == wanted
    named = rows_of(report({**SHOP_CAMPAIGN, "metrics": ["campaign_name", "spend"]}))
    assert all(row["metrics"]["campaign_name"] for row in named)


def test_playables() -> None:
    """Countries of a playable add up to it, each is described, and ads without one do not count."""
    metrics = ["spend", "playable_name", "orientation"]
    found = rows_of(report({**PLAYABLE, "metrics": metrics}))
    split = rows_of(report({**PLAYABLE, "metrics": metrics, "dimensions": ["playable_id", "country_code"]}))
    assert sums(found, "spend") == sums(split, "spend")
    assert {row["metrics"]["playable_name"][:9] for row in found} == {"Playable "}
    ads = truth_report(
        *(WORLD, FIRST, "AUCTION_ADVERTISER", ["advertiser_id"], ["spend"], date(2026, 3, 1), date(2026, 3, 7)),
        clock=START,
    )
    assert sums(found, "spend") < sums(ads, "spend")


def test_business_center() -> None:
    """A Business Center's report holds each of its accounts, and truth and pages agree."""
    found = rows_of(report({**CENTERED, "metrics": ["spend", "currency", "advertiser_name", "account_type"]}))
    assert {row["dimensions"]["advertiser_id"] for row in found} >= {FIRST, WORLD.advertiser_ids[2]}
    truth = truth_report(
        *(WORLD, CENTER, "", ["advertiser_id", "stat_time_day"], ["spend"], date(2026, 3, 1), date(2026, 3, 7)),
        clock=START,
        report_type="BC",
    )
    assert sums(found, "spend") == sums(truth, "spend")
    shuffled = rows_of(report({**CENTERED, "metrics": ["spend"]}, report_order="shuffled"))
    keys = [sorted(tuple(row["dimensions"].values()) for row in rows) for rows in (shuffled, truth)]
    assert keys[0] == keys[1]


def test_interest_categories_are_incomplete() -> None:
    """TikTok withholds some interests, so their sum stays below the total."""
    common = (WORLD, FIRST, "AUCTION_AD")
    span = (date(2026, 2, 1), date(2026, 2, 28))
    for name in ("interest_category", "interest_category_tier2", "interest_category_tier3", "interest_category_tier4"):
        whole = truth_report(*common, ["ad_id"], ["spend"], *span, clock=START)
        part = truth_report(*common, ["ad_id", name], ["spend"], *span, clock=START, report_type="AUDIENCE")
        assert Decimal(0) < sums(part, "spend")[0] < sums(whole, "spend")[0]


def test_lifetime_is_the_sum_of_days() -> None:
    """Additive metrics of an object's lifetime are those of all its days."""
    common = (WORLD, FIRST, "AUCTION_CAMPAIGN")
    names = ["spend", "impressions", "conversion"]
    whole = truth_report(*common, ["campaign_id"], names, None, None, clock=START)
    span = (WORLD.history_start - timedelta(days=1), START.date() + timedelta(days=1))
    days = truth_report(*common, ["campaign_id", "stat_time_day"], names, *span, clock=START)
    assert sums(whole, *names) == sums(days, *names)


GROUPS = [
    ["campaign_id", "stat_time_day"],
    ["advertiser_id", "stat_time_day"],
    ["campaign_id", "item_group_id", "stat_time_day"],
    ["campaign_id", "item_group_id", "item_id", "stat_time_day"],
    ["campaign_id", "room_id", "stat_time_day"],
]


def limited(dimensions: list[str], ids: list[str]) -> dict[str, list[str]]:
    """The filters that a report of this grouping takes, so that the campaigns of these ids come whole."""
    if "advertiser_id" in dimensions:
        return {}
    if dimensions[0] == "campaign_id" and len(dimensions) < 3 and not {*dimensions} & {"item_group_id", "room_id"}:
        kinds = ["PRODUCT", "LIVE"]
        return {"campaign_statuses": EVERY_STATUS, "campaign_ids": ids, "gmv_max_promotion_types": kinds}
    if "item_id" not in dimensions:
        return {"campaign_ids": ids}
    products = rows_of(gmv({"dimensions": ["item_group_id"], "filtering": {"campaign_ids": ids}, "metrics": ["cost"]}))
    groups = [row["dimensions"]["item_group_id"] for row in products]
    return {"campaign_ids": ids, "item_group_ids": groups}


def campaigns(*kinds: str) -> list[str]:
    """The campaigns of the shop, deleted ones included."""
    filtering = {"campaign_statuses": EVERY_STATUS, "gmv_max_promotion_types": list(kinds)}
    rows = rows_of(gmv({"dimensions": ["campaign_id"], "filtering": filtering, "metrics": ["cost"]}))
    return [row["dimensions"]["campaign_id"] for row in rows]


def test_gmv_max_sums_agree() -> None:
    """Products, posts and rooms add up to their campaigns, campaigns to the shop; each row carries all its ids."""
    named = {"PRODUCT": campaigns("PRODUCT"), "LIVE": campaigns("LIVE")}
    assert named["PRODUCT"]
    assert named["LIVE"]
    found = {}
    for dimensions in GROUPS:
        kinds = ["LIVE"] if "room_id" in dimensions else ["PRODUCT"] if "item_group_id" in dimensions else [*named]
        filtering = limited(dimensions, [id for kind in kinds for id in named[kind]])
        rows = rows_of(gmv({"dimensions": dimensions, "filtering": filtering}))
        assert all(list(row["dimensions"]) == dimensions and all(row["dimensions"].values()) for row in rows)
        found[tuple(dimensions[:-1])] = sums(rows, "cost", "orders", "gross_revenue")
    total = found["campaign_id",]
    assert found["advertiser_id",] == total
    assert found["campaign_id", "item_group_id"] == found["campaign_id", "item_group_id", "item_id"]
    parts = zip(found["campaign_id", "item_group_id"], found["campaign_id", "room_id"], strict=True)
    assert [products + rooms for products, rooms in parts] == total


def test_gmv_max_hides_deleted_campaigns() -> None:
    """Without a status filter the deleted campaigns do not show."""
    alive = rows_of(gmv({"dimensions": ["campaign_id"]}))
    assert 0 < len(alive) < len(campaigns("PRODUCT", "LIVE"))


@pytest.mark.parametrize(
    ("dimensions", "metrics"),
    [
        (["campaign_id"], ["campaign_name", "operation_status", "schedule_start_time", "target_roi_budget"]),
        (["campaign_id", "item_group_id"], ["product_name", "product_status"]),
        (["campaign_id", "item_group_id", "item_id"], ["title", "creative_delivery_status"]),
        (["campaign_id", "room_id"], ["live_name", "live_duration"]),
    ],
)
def test_gmv_max_describes_objects(dimensions: list[str], metrics: list[str]) -> None:
    """What describes an object comes at its own level alone, and of posts only where one product is asked about."""
    kind = "LIVE" if "room_id" in dimensions else "PRODUCT"
    filtering = limited(dimensions, campaigns(kind))
    if "item_id" in dimensions:
        found = gmv({"dimensions": dimensions, "metrics": metrics, "filtering": filtering})
        assert (found.code, found.message) == (40002, f"Invalid metric fields: {metrics}")
        filtering = {name: ids[:1] for name, ids in filtering.items()}
    rows = rows_of(gmv({"dimensions": dimensions, "metrics": metrics, "filtering": filtering}))
    assert all(all(row["metrics"].values()) for row in rows)
    found = gmv({"dimensions": ["advertiser_id"], "metrics": metrics, "filtering": {}})
    assert (found.code, found.message) == (40002, f"Invalid metric fields: {metrics}")


@pytest.mark.parametrize(
    ("dimensions", "filtering", "text"),
    [
        (["campaign_id"], {}, "gmv_max_promotion_types"),
        (["item_group_id"], {}, "campaign_ids"),
        (["room_id"], {}, "campaign_ids"),
        (["room_id"], {"gmv_max_promotion_types": ["LIVE"]}, "'[gmv_max_promotion_types]' are not supported"),
        (["item_group_id"], {"campaign_ids": ["1"], "campaign_statuses": ["STATUS_ALL"]}, "not supported"),
        (["campaign_id", "item_group_id", "item_id"], {"campaign_ids": ["1"]}, "at least 1 campaign ID and 1 item"),
        (["item_id"], {"campaign_ids": ["1"]}, "Conflict"),
    ],
)
def test_gmv_max_takes_the_filters_of_its_level(dimensions: list[str], filtering: dict[str, Any], text: str) -> None:
    """And requires some of them."""
    found = gmv({"dimensions": dimensions, "filtering": filtering, "metrics": ["cost"]})
    assert found.code == 40002
    assert text in found.message


def test_gmv_max_switches() -> None:
    """What single sources say: the product report takes the kind; the one on rooms takes one campaign."""
    ids = campaigns("PRODUCT")
    kinds = {"campaign_ids": ids, "gmv_max_promotion_types": ["PRODUCT"]}
    asked = {"dimensions": ["item_group_id"], "filtering": kinds, "metrics": ["cost"]}
    assert [gmv(asked, product_report_takes_kind=taken).code for taken in (True, False)] == [0, 40002]
    rooms = {"dimensions": ["room_id"], "filtering": {"campaign_ids": [*campaigns("LIVE"), "1"]}, "metrics": ["cost"]}
    assert [gmv(rooms, room_report_of_one_campaign=one).code for one in (True, False)] == [40002, 0]


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"store_ids": None}, 40002, "store_ids"),
        ({"store_ids": [STORE, STORE]}, 40002, "store_ids"),
        ({"store_ids": ["1"]}, 40001, "store 1"),
        ({"advertiser_id": "1"}, 40001, "advertiser 1"),
        ({"dimensions": None}, 40002, "dimensions"),
        ({"dimensions": []}, 40002, "between 1 and 4"),
        ({"dimensions": ["campaign_id", "ad_id"]}, 40002, "['ad_id']"),
        ({"dimensions": ["campaign_id", "duration"]}, 40002, "Conflict"),
        ({"dimensions": ["campaign_id", "stat_time_day", "stat_time_hour"]}, 40002, "Conflict"),
        ({"dimensions": ["item_group_id"]}, 40002, "not supported"),
        ({"metrics": None}, 40002, "metrics"),
        ({"metrics": []}, 40002, "metric"),
        ({"metrics": ["cost", "spend"]}, 40002, "['spend']"),
        ({"start_date": "2026-01-04"}, 40002, "30 days"),
        ({"dimensions": ["campaign_id", "stat_time_hour"]}, 40002, "1 days"),
        ({"end_date": "2026-01-01"}, 40002, "start_date"),
        ({"filtering": []}, 40002, "object"),
        ({"filtering": {"status": "ALL"}}, 40002, "status"),
        ({"filtering": {**KINDS, "campaign_statuses": ["ALL"]}}, 40002, "campaign_statuses"),
        ({"filtering": {**KINDS, "campaign_ids": ["1"] * 101}}, 40011, "campaign_ids"),
        ({"sort_field": "spend"}, 40002, "sort_field"),
        ({"dimensions": ["campaign_id"], "metrics": ["campaign_name"], "sort_field": "campaign_name"}, 40002, "sort"),
        ({"page_size": 1001}, 40002, "page_size"),
        ({"report_type": "GMV_MAX"}, 40002, "report_type"),
    ],
)
def test_gmv_max_is_strict(changes: dict[str, Any], code: int, text: str) -> None:
    """Whatever is not documented is refused, and the message names it."""
    found = gmv(changes)
    assert found.code == code
    assert text in found.message


def test_gmv_max_sorts_and_totals() -> None:
    """A metric sorts the rows; the totals are the sums."""
    found = gmv({"sort_field": "cost", "sort_type": "ASC", "enable_total_metrics": "true"})
    costs = [Decimal(row["metrics"]["cost"]) for row in rows_of(found)]
    assert costs == sorted(costs)
    assert Decimal(found.data["total_metrics"]["cost"]) == sum(costs)


@pytest.mark.parametrize(("kind", "own"), [("VIDEO", "video_id"), ("IMAGE", "image_id"), ("INSTANT_PAGE", "page_id")])
def test_creatives(kind: str, own: str) -> None:
    """Each material has a row with the columns asked for; the days add up to the lifetime."""
    usual = rows_of(creative({"material_type": kind}))
    assert {tuple(row["info"]) for row in usual} == {("material_id", "video_id", "image_id", "page_id")}
    assert all(row["info"][own] for row in usual)
    fields = ["material_id", "related_ad_ids", "num_ads", "total_active_days"]
    whole = rows_of(creative({"material_type": kind, "info_fields": fields}))
    assert {row["info"]["total_active_days"] for row in whole} == {0}
    for row in whole:
        assert len(row["info"]["related_ad_ids"] or ()) == (row["info"]["num_ads"] if kind == "VIDEO" else 0)
    halves = ((WORLD.history_start - timedelta(days=1), date(2026, 2, 1)), (date(2026, 2, 2), date(2026, 3, 12)))
    parts = [
        row
        for start, end in halves
        for row in rows_of(
            creative(
                {
                    **{"material_type": kind, "lifetime": None, "start_date": str(start), "end_date": str(end)},
                    "info_fields": fields,
                }
            )
        )
    ]
    assert 0 not in {row["info"]["total_active_days"] for row in parts}
    assert sums(parts, "spend", "impressions") == sums(whole, "spend", "impressions")


def test_creatives_are_filtered_and_sorted() -> None:
    """Ids narrow the rows and a metric sorts them."""
    rows = rows_of(creative({"info_fields": ["material_id", "related_ad_ids"]}))
    material = rows[-1]["info"]
    alone = rows_of(creative({"filtering": {"material_id": [material["material_id"]]}}))
    assert [row["info"]["material_id"] for row in alone] == [material["material_id"]]
    ad = rows_of(creative({"filtering": {"ad_id": material["related_ad_ids"][:1]}}))
    assert [row["info"]["material_id"] for row in ad] == [material["material_id"]]
    spends = [Decimal(row["metrics"]["spend"]) for row in rows_of(creative({"sort_field": "spend"}))]
    assert spends == sorted(spends, reverse=True)
    clicks = {"metrics_fields": ["cpc"], "sort_field": "cpc", "sort_type": "ASC"}
    assert len(rows_of(creative(clicks))) == len(rows)


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"material_type": None}, 40002, "material_type"),
        ({"material_type": "SPC_VIDEO"}, 40002, "material_type"),
        ({"lifetime": None}, 40002, "start_date"),
        ({"lifetime": None, "start_date": "2026-03-02", "end_date": "2026-03-01"}, 40002, "start_date"),
        ({"info_fields": ["name"]}, 40002, "['name']"),
        ({"metrics_fields": ["spend", "cost"]}, 40002, "['cost']"),
        ({"filtering": []}, 40002, "object"),
        ({"filtering": {"country_code": ["US"]}}, 40002, "country_code"),
        ({"filtering": {"material_id": ["1"] * 11}}, 40011, "material_id"),
        ({"sort_field": "clicks"}, 40002, "sort_field"),
        ({"page_size": 1001}, 40002, "page_size"),
        ({"query_lifetime": "true"}, 40002, "query_lifetime"),
    ],
)
def test_creatives_are_strict(changes: dict[str, Any], code: int, text: str) -> None:
    """Whatever is not documented is refused, and the message names it."""
    found = creative(changes)
    assert found.code == code
    assert text in found.message


def test_every_creative_metric_can_be_read() -> None:
    """All of them are legal, and each value is a text."""
    names = [name for name, metric in METRICS.items() if "R" in metric.reports]
    assert len(names) == 358
    row = rows_of(creative({"metrics_fields": names}))[0]
    assert all(isinstance(row["metrics"][name], str) for name in names)
