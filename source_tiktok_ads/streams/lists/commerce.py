"""The lists of catalogs, of shops, and of GMV Max with its reports."""

from collections.abc import Mapping, Sequence
from datetime import date

from source_tiktok_ads.streams import fields
from source_tiktok_ads.streams.entities import CAMPAIGN_ID, CREATE_TIME, OPERATION_STATUS, SECONDARY_STATUS
from source_tiktok_ads.streams.listing import DatedListing, Listing, Paging, Parent, Pass, Row, Scope, merged
from source_tiktok_ads.streams.lists.accounts import BC_ID, OF_CENTER
from source_tiktok_ads.streams.lists.creatives import figures
from source_tiktok_ads.streams.model import ADVERTISER_ID, CURRENCY, Params
from source_tiktok_ads.streams.shapes import FLAG, ID, INTEGER, LIST, LOCAL_TIME, MOMENT, OBJECT, TEXT, Shape

TEXTS = LIST(TEXT)
CATALOG_ID = ID("Id of the catalog.")
STORE_ID = ID("Id of the TikTok Shop.")
PROMOTION_TYPE = TEXT("Kind of GMV Max: PRODUCT_GMV_MAX or LIVE_GMV_MAX; told by the request.")

CATALOG: Mapping[str, Shape] = {
    "bc_id": BC_ID,
    "catalog_id": CATALOG_ID,
    "catalog_name": TEXT("Name of the catalog."),
    "catalog_type": TEXT("Kind of catalog, such as ECOM or HOTEL."),
    "ad_creation_eligible": TEXT("Whether ads can be made with it: AVAILABLE or NOT_AVAILABLE."),
    "create_time": CREATE_TIME,
    "update_time": MOMENT("When it was last changed, in UTC."),
    "bc_info": OBJECT({"bc_id": ID, "bc_name": TEXT, "picture_url": TEXT})("The Business Center that owns it."),
    "catalog_conf": OBJECT(
        {
            "country": TEXT,
            "region_code": TEXT,
            "currency": TEXT,
            "channel": TEXT,
            "additional_config_list": LIST(OBJECT({"region_code": TEXT, "currency": TEXT})),
        }
    )("Country, currency and channel it is meant for."),
}

PRODUCT_SET: Mapping[str, Shape] = {
    "bc_id": BC_ID,
    "catalog_id": CATALOG_ID,
    "product_set_id": ID("Id of the set of products, as product_set_id of ads holds it."),
    "product_set_name": TEXT("Name of the set."),
    "product_count": INTEGER("How many products it holds."),
    "conditions": OBJECT({})("What a product must be like to belong to it, as TikTok sends it."),
}

STORE: Mapping[str, Shape] = {
    "advertiser_id": ADVERTISER_ID,
    "store_id": STORE_ID,
    "store_name": TEXT("Name of the shop."),
    "store_code": TEXT("Code of the shop."),
    "store_status": TEXT("Status of the shop: ACTIVE, INACTIVE or NEW_CREATE."),
    "store_role": TEXT("Role of the account in the shop."),
    "is_gmv_max_available": FLAG("Whether GMV Max can advertise its products."),
    "targeting_region_codes": TEXTS("Codes of the regions it can be advertised in."),
    "thumbnail_url": TEXT("Address of the shop's picture."),
    "is_owner_bc": FLAG("Whether the Business Center owns the shop."),
    "store_authorized_bc_id": ID("Id of the Business Center that may use the shop."),
    "store_authorized_bc_info": OBJECT({"bc_id": ID, "bc_name": TEXT, "bc_profile_image": TEXT, "user_role": TEXT})(
        "That Business Center, and the role of the user in it."
    ),
    "exclusive_authorized_advertiser_info": OBJECT(
        {
            "advertiser_id": ID,
            "advertiser_name": TEXT,
            "advertiser_status": TEXT,
            "authorization_status": TEXT,
            "store_id": ID,
            "identity_id": ID,
        }
    )("The one ad account that may run GMV Max for the shop."),
}

GMV_MAX_CAMPAIGN: Mapping[str, Shape] = {
    "advertiser_id": ADVERTISER_ID,
    "campaign_id": CAMPAIGN_ID,
    "campaign_name": TEXT("Name of the campaign."),
    "gmv_max_promotion_type": PROMOTION_TYPE,
    "create_time": CREATE_TIME,
    "modify_time": MOMENT("When it was last changed, in UTC."),
    "operation_status": OPERATION_STATUS,
    "secondary_status": SECONDARY_STATUS,
    "objective_type": TEXT("The advertising objective."),
    "roi_protection_compensation_status": TEXT("Whether TikTok credits a return below the target."),
}

INSIGHT: Mapping[str, Shape] = {
    "advertiser_id": ADVERTISER_ID,
    "store_id": STORE_ID,
    "campaign_id": CAMPAIGN_ID,
    "stat_time_day": LOCAL_TIME("The day, in the time zone of the ad account."),
    "currency": CURRENCY,
    "gmv_max_promotion_type": PROMOTION_TYPE,
}
ITEM_GROUP_ID = ID("Id of the product (SPU).")
ITEM_ID = ID("Id of the TikTok post that showed the product.")
ROOM_ID = ID("Id of the livestream.")

SALES = ("cost", "net_cost", "orders", "cost_per_order", "gross_revenue", "roi")
LIVE = (
    *("live_views", "cost_per_live_view", "10_second_live_views", "cost_per_10_second_live_view"),
    "live_follows",
)
CREATIVE = (
    *("product_impressions", "product_clicks", "product_click_rate", "ad_click_rate", "ad_conversion_rate"),
    *("ad_video_view_rate_2s", "ad_video_view_rate_6s"),
    *("ad_video_view_rate_p25", "ad_video_view_rate_p50", "ad_video_view_rate_p75", "ad_video_view_rate_p100"),
)


def of_catalog(catalogs: Sequence[Row]) -> Params:
    """A request for one catalog."""
    return {"bc_id": catalogs[0]["bc_id"], "catalog_id": catalogs[0]["catalog_id"]}


def can_advertise(store: Row) -> bool:
    """Whether there are reports on a shop."""
    # TikTok: only for shops whose products GMV Max can advertise.
    return store.get("is_gmv_max_available") is True


def of_store(stores: Sequence[Row]) -> Params:
    """A report on one shop."""
    # TikTok: a report of GMV Max is about exactly one shop.
    return {"store_ids": [stores[0]["store_id"]]}


def of_store_campaigns(stores: Sequence[Row]) -> Params:
    """A request for the campaigns of one shop."""
    return {"filtering": {"store_ids": [stores[0]["store_id"]]}}


def of_campaigns(campaigns: Sequence[Row]) -> Params:
    """A report on campaigns of one shop."""
    # TikTok: what a campaign sells is only told for campaigns that the filter names.
    ids = [campaign["campaign_id"] for campaign in campaigns]
    return {"store_ids": [campaigns[0]["store_id"]], "filtering": {"campaign_ids": ids}}


def from_to(first: date, last: date) -> Params:
    """The days of a report."""
    return {"start_date": first.isoformat(), "end_date": last.isoformat()}


def promoting(kind: str, status: str = "") -> Pass:
    """A reading of the campaigns of one kind of GMV Max, which the rows do not tell."""
    filtering = {"gmv_max_promotion_types": [kind], **({"primary_status": status} if status else {})}
    return Pass({"filtering": filtering}, {"gmv_max_promotion_type": kind})


def report_pass(kind: str, dimensions: tuple[str, ...], metrics: tuple[str, ...]) -> Pass:
    """A reading of a report on one kind of GMV Max."""
    asked = {"dimensions": [*dimensions, "stat_time_day"], "metrics": [*metrics]}
    # TikTok: reports name the kinds PRODUCT and LIVE, lists of campaigns PRODUCT_GMV_MAX and LIVE_GMV_MAX.
    filtering = {"filtering": {"gmv_max_promotion_types": [kind.removesuffix("_GMV_MAX")]}}
    return Pass(merged(asked, filtering), {"gmv_max_promotion_type": kind})


PRODUCT_GMV_MAX, LIVE_GMV_MAX = "PRODUCT_GMV_MAX", "LIVE_GMV_MAX"


def of_deleted(living: Pass) -> Pass:
    """The same reading of what deleted campaigns have achieved."""
    # TikTok: reports leave deleted campaigns out unless their status is asked for; whether a status for all of them
    # exists is not documented.
    return Pass(merged(living.params, {"filtering": {"campaign_statuses": ["STATUS_DELETE"]}}), living.tells)


def insights(
    name: str, ids: Mapping[str, Shape], passes: Mapping[str, tuple[str, ...]], parent: Parent
) -> DatedListing:
    """A daily report of GMV Max by the campaign and what `ids` adds; `passes` names the metrics of each kind."""
    metrics = dict.fromkeys(metric for names in passes.values() for metric in names)
    dimensions = ("campaign_id", *ids)
    living = tuple(report_pass(kind, dimensions, names) for kind, names in passes.items())
    return DatedListing(
        name,
        "gmv_max/report/get",
        ("store_id", *dimensions, "stat_time_day"),
        {**INSIGHT, **ids, **{metric: fields.METRICS[metric].shape for metric in metrics}},
        cursor="stat_time_day",
        passes=living,
        with_deleted=(*living, *map(of_deleted, living)),
        parent=parent,
        records=figures,
        optional=True,
        asks=from_to,
    )


CATALOGS = Listing(
    "catalogs",
    "catalog/get",
    ("bc_id", "catalog_id"),
    CATALOG,
    cursor="update_time",
    scope=Scope.CENTERS,
    parent=OF_CENTER,
    optional=True,
)
STORES = Listing(
    "gmv_max_stores", "gmv_max/store/list", ("store_id",), STORE, "store_list", Paging.WHOLE, optional=True
)
# TikTok: one kind has to be named, and whether all statuses can be asked for at once is not documented.
KINDS = (promoting(PRODUCT_GMV_MAX), promoting(LIVE_GMV_MAX))
DELETED_TOO = (*KINDS, *(promoting(kind, "STATUS_DELETE") for kind in (PRODUCT_GMV_MAX, LIVE_GMV_MAX)))
GMV_MAX_CAMPAIGNS = Listing(
    "gmv_max_campaigns",
    "gmv_max/campaign/get",
    ("campaign_id",),
    GMV_MAX_CAMPAIGN,
    page_size=100,
    cursor="modify_time",
    passes=KINDS,
    with_deleted=DELETED_TOO,
    optional=True,
)
PRODUCT_CAMPAIGNS_OF_STORES = Listing(
    "GMV Max campaigns of shops",
    "gmv_max/campaign/get",
    ("store_id", "campaign_id"),
    {**GMV_MAX_CAMPAIGN, "store_id": STORE_ID},
    page_size=100,
    passes=KINDS[:1],
    with_deleted=(KINDS[0], promoting(PRODUCT_GMV_MAX, "STATUS_DELETE")),
    parent=Parent(STORES, of_store_campaigns, tells=("store_id",), where=can_advertise),
)

OF_STORE = Parent(STORES, of_store, tells=("store_id",), where=can_advertise)
OF_CAMPAIGNS = Parent(PRODUCT_CAMPAIGNS_OF_STORES, of_campaigns, tells=("store_id",), at_once=100)

COMMERCE: tuple[Listing, ...] = (
    CATALOGS,
    Listing(
        "product_sets",
        "catalog/set/get",
        ("bc_id", "catalog_id", "product_set_id"),
        PRODUCT_SET,
        paging=Paging.WHOLE,
        scope=Scope.CENTERS,
        parent=Parent(CATALOGS, of_catalog, tells=("bc_id", "catalog_id")),
        optional=True,
    ),
    STORES,
    GMV_MAX_CAMPAIGNS,
    insights("gmv_max_campaign_insights", {}, {PRODUCT_GMV_MAX: SALES, LIVE_GMV_MAX: (*SALES, *LIVE)}, OF_STORE),
    insights("gmv_max_product_insights", {"item_group_id": ITEM_GROUP_ID}, {PRODUCT_GMV_MAX: SALES}, OF_CAMPAIGNS),
    insights("gmv_max_creative_insights", {"item_id": ITEM_ID}, {PRODUCT_GMV_MAX: (*SALES, *CREATIVE)}, OF_CAMPAIGNS),
    insights("gmv_max_room_insights", {"room_id": ROOM_ID}, {LIVE_GMV_MAX: (*SALES, *LIVE)}, OF_STORE),
)
