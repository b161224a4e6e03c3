"""The lists of catalogs, of shops, and of GMV Max with its reports."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from source_tiktok_ads.streams import fields
from source_tiktok_ads.streams.entities import CAMPAIGN_ID, CREATE_TIME, STATUSES
from source_tiktok_ads.streams.listing import DatedListing, Listing, Paging, Parent, Pass, Row, Scope
from source_tiktok_ads.streams.lists.accounts import OF_CENTER
from source_tiktok_ads.streams.lists.creatives import figures
from source_tiktok_ads.streams.model import CURRENCY
from source_tiktok_ads.streams.parameters import Params, from_row, from_rows, in_filter, merged, span
from source_tiktok_ads.streams.shapes import FLAG, ID, INTEGER, LIST, LOCAL_TIME, MOMENT, OBJECT, OBJECTS, TEXT, Shape

TEXTS = LIST(TEXT)
CATALOG_ID = ID("Id of the catalog.")
STORE_ID = ID("Id of the TikTok Shop.")
PROMOTION_TYPE = TEXT("Kind of GMV Max: PRODUCT_GMV_MAX or LIVE_GMV_MAX; from the request, not from TikTok.")

CATALOG: Mapping[str, Shape] = {
    "catalog_id": CATALOG_ID,
    "catalog_name": TEXT("Name of the catalog."),
    "catalog_type": TEXT("Kind of catalog, such as ECOM or HOTEL."),
    "ad_creation_eligible": TEXT("Whether ads can be made with it: AVAILABLE or NOT_AVAILABLE."),
    "create_time": CREATE_TIME,
    "update_time": MOMENT("When it was last changed, in UTC."),
    "bc_info": OBJECT(bc_id=ID, bc_name=TEXT, picture_url=TEXT)("The Business Center that owns it."),
    "catalog_conf": OBJECT(
        country=TEXT,
        region_code=TEXT,
        currency=TEXT,
        channel=TEXT,
        additional_config_list=OBJECTS(region_code=TEXT, currency=TEXT),
    )("Country, currency and channel it is meant for."),
}

PRODUCT_SET: Mapping[str, Shape] = {
    "catalog_id": CATALOG_ID,
    "product_set_id": ID("Id of the set of products, as product_set_id of ads holds it."),
    "product_set_name": TEXT("Name of the set."),
    "product_count": INTEGER("How many products it holds."),
    "conditions": OBJECT()("What a product must be like to belong to it, as TikTok sends it."),
}

STORE: Mapping[str, Shape] = {
    "store_id": STORE_ID,
    "store_name": TEXT("Name of the shop."),
    "store_code": TEXT("Code of the shop."),
    "store_status": TEXT("Status of the shop: ACTIVE, INACTIVE or NEW_CREATE."),
    "store_role": TEXT("Role of the account in the shop."),
    "is_gmv_max_available": FLAG("Whether this account may run GMV Max for the shop now."),
    "targeting_region_codes": TEXTS("Codes of the regions it can be advertised in."),
    "thumbnail_url": TEXT("Address of the shop's picture."),
    "is_owner_bc": FLAG("Whether the Business Center owns the shop."),
    "store_authorized_bc_id": ID("Id of the Business Center that may use the shop."),
    "store_authorized_bc_info": OBJECT(bc_id=ID, bc_name=TEXT, bc_profile_image=TEXT, user_role=TEXT)(
        "That Business Center, and the role of the user in it."
    ),
    "exclusive_authorized_advertiser_info": OBJECT(
        advertiser_id=ID,
        advertiser_name=TEXT,
        advertiser_status=TEXT,
        authorization_status=TEXT,
        store_id=ID,
        identity_id=ID,
    )("The one ad account that may run GMV Max for the shop."),
}

GMV_MAX_CAMPAIGN: Mapping[str, Shape] = {
    "campaign_id": CAMPAIGN_ID,
    "campaign_name": TEXT("Name of the campaign."),
    "gmv_max_promotion_type": PROMOTION_TYPE,
    "create_time": CREATE_TIME,
    "modify_time": MOMENT("When it was last changed, in UTC."),
    **STATUSES,
    "objective_type": TEXT("The advertising objective."),
    "roi_protection_compensation_status": TEXT("Whether TikTok credits a return below the target."),
}

BY_DAY = LOCAL_TIME("The day, in the time zone of the ad account.")
BY_HOUR = LOCAL_TIME("The hour, in the time zone of the ad account.")
OF_CAMPAIGN: Mapping[str, Shape] = {"campaign_id": CAMPAIGN_ID}
ITEM_GROUP_ID = ID("Id of the product (SPU).")
ITEM_ID = ID("Id of the TikTok post that showed the product; -1 for a product card and what no post can be credited.")
ROOM_ID = ID("Id of the livestream.")

FIGURES = ("cost", "orders", "cost_per_order", "gross_revenue", "roi")
SALES = ("cost", "net_cost", "orders", "cost_per_order", "gross_revenue", "roi")
# TikTok: since 2026 the figures of a LIVE campaign without this prefix are those of the shop alone.
ALL_SHOPS = ("all_shops_orders", "all_shops_cost_per_order", "all_shops_gross_revenue", "all_shops_roi")
LIVE = (
    *ALL_SHOPS,
    *("live_views", "cost_per_live_view", "10_second_live_views", "cost_per_10_second_live_view"),
    "live_follows",
)
CREATIVE = (
    *("product_impressions", "product_clicks", "product_click_rate", "ad_click_rate", "ad_conversion_rate"),
    *("ad_video_view_rate_2s", "ad_video_view_rate_6s"),
    *("ad_video_view_rate_p25", "ad_video_view_rate_p50", "ad_video_view_rate_p75", "ad_video_view_rate_p100"),
)
# What describes the object of a row, as it is today; it is asked for like a figure.
SETTINGS = (
    *("campaign_name", "operation_status", "bid_type", "target_roi_budget", "max_delivery_budget"),
    *("schedule_type", "schedule_start_time", "schedule_end_time"),
)
HOST = ("tt_account_name", "tt_account_profile_image_url", "identity_id")
PRODUCT = ("product_name", "product_image_url", "product_status", "bid_type")
TIMES: Mapping[str, Shape] = {
    "schedule_start_time": MOMENT(fields.METRICS["schedule_start_time"].meaning),
    "schedule_end_time": MOMENT(fields.METRICS["schedule_end_time"].meaning),
    "live_launched_time": LOCAL_TIME(fields.METRICS["live_launched_time"].meaning),
}
ROOM = ("live_name", "live_status", "live_launched_time", "live_duration")


def can_advertise(store: Row) -> Iterator[Row]:
    """A shop that the account may run GMV Max for now; nothing for any other."""
    # TikTok: only the account that holds the exclusive right to a shop at the moment may.
    if store.get("is_gmv_max_available") is True:
        yield store


# TikTok: a report of GMV Max is about exactly one shop.
OF_STORE = from_rows(store_ids="store_id")


def of_campaigns(campaigns: Sequence[Row]) -> Params:
    """A report on campaigns of one shop."""
    # TikTok: below the campaign, the ids of campaigns are required, at most 100, and no other filter is taken; neither
    # the kind of campaign nor its status.
    return {**OF_STORE(campaigns), "filtering": from_rows(campaign_ids="campaign_id")(campaigns)}


def of_products(products: Sequence[Row]) -> Params:
    """A report on products of campaigns of one shop."""
    # TikTok: creatives come only for campaigns and products that are both named, at most 100 of each.
    return merged(of_campaigns(products), {"filtering": from_rows(item_group_ids="item_group_id")(products)})


PRODUCT_GMV_MAX, LIVE_GMV_MAX = "PRODUCT_GMV_MAX", "LIVE_GMV_MAX"


def promoting(kind: str, status: str = "") -> Pass:
    """A reading of the campaigns of one kind of GMV Max, which the rows do not tell."""
    filtering = {"gmv_max_promotion_types": [kind], **({"primary_status": status} if status else {})}
    return Pass({"filtering": filtering}, {"gmv_max_promotion_type": kind})


def deleted_too(*kinds: str) -> tuple[Pass, ...]:
    """Readings of the campaigns of some kinds, the deleted ones by themselves."""
    # TikTok: one kind has to be named, and no status for all campaigns is documented here.
    return (*map(promoting, kinds), *(promoting(kind, "STATUS_DELETE") for kind in kinds))


def report_on(kind: str, dimensions: tuple[str, ...], metrics: tuple[str, ...]) -> Pass:
    """A reading of a report on one kind of GMV Max; whoever names campaigns need not name the kind."""
    return Pass({"dimensions": [*dimensions], "metrics": [*metrics]}, {"gmv_max_promotion_type": kind})


def report_of_kind(kind: str, dimensions: tuple[str, ...], metrics: tuple[str, ...], status: str = "") -> Pass:
    """A reading of the report on all campaigns of one kind of GMV Max."""
    named = report_on(kind, dimensions, metrics)
    # TikTok: reports name the kinds PRODUCT and LIVE, lists of campaigns PRODUCT_GMV_MAX and LIVE_GMV_MAX.
    filtering = {"gmv_max_promotion_types": [kind.removesuffix("_GMV_MAX")]}
    # TikTok: deleted campaigns are left out unless every status is asked for.
    statuses = {"campaign_statuses": [status]} if status else {}
    return Pass(merged(named.params, {"filtering": {**filtering, **statuses}}), named.constants)


def insights(
    name: str,
    ids: Mapping[str, Shape],
    passes: Mapping[str, tuple[str, ...]],
    parent: Parent,
    by_hour: bool = False,
) -> DatedListing:
    """A report of GMV Max by what `ids` names and by day or hour; `passes` names the metrics of each kind."""
    time = "stat_time_hour" if by_hour else "stat_time_day"
    dimensions = (*(ids or ("advertiser_id",)), time)
    metrics = dict.fromkeys(metric for names in passes.values() for metric in names)
    # A report that names no objects is asked for by the kind of campaign: the account's own, and that on campaigns.
    of_kind = len(ids) < 2
    columns: Mapping[str, Shape] = {
        **{"store_id": STORE_ID, **ids, time: BY_HOUR if by_hour else BY_DAY},
        **{"currency": CURRENCY, "gmv_max_promotion_type": PROMOTION_TYPE},
        **{metric: TIMES.get(metric, fields.METRICS[metric].shape) for metric in metrics},
    }
    return DatedListing(
        name,
        "gmv_max/report/get",
        ("store_id", *(ids or ("gmv_max_promotion_type",)), time),
        columns,
        cursor=time,
        passes=tuple(
            (report_of_kind if of_kind else report_on)(kind, dimensions, names) for kind, names in passes.items()
        ),
        with_deleted=tuple(report_of_kind(kind, dimensions, names, "STATUS_ALL") for kind, names in passes.items())
        if ids and of_kind
        else (),
        parent=parent,
        records=figures,
        # TikTok: a request by the hour is about one day, and is answered with all hours of it, zeros for those to come.
        days=1 if by_hour else 30,
        ahead_of_time=by_hour,
        params_for=span,
    )


CATALOGS = Listing(
    "catalogs",
    "catalog/get",
    ("bc_id", "catalog_id"),
    CATALOG,
    page_size=100,
    cursor="update_time",
    scope=Scope.CENTERS,
    parent=OF_CENTER,
)
OF_CATALOG = Parent(CATALOGS, from_row("bc_id", "catalog_id"), inherits=("bc_id", "catalog_id"))
STORES = Listing("gmv_max_stores", "gmv_max/store/list", ("store_id",), STORE, "store_list", Paging.WHOLE)
GMV_MAX_CAMPAIGNS = Listing(
    "gmv_max_campaigns",
    "gmv_max/campaign/get",
    ("campaign_id",),
    GMV_MAX_CAMPAIGN,
    page_size=100,
    cursor="modify_time",
    passes=(promoting(PRODUCT_GMV_MAX), promoting(LIVE_GMV_MAX)),
    with_deleted=deleted_too(PRODUCT_GMV_MAX, LIVE_GMV_MAX),
    inborn=True,
)
PRODUCT_CAMPAIGNS_OF_STORES = Listing(
    "GMV Max campaigns for products, by shop",
    "gmv_max/campaign/get",
    ("store_id", "campaign_id"),
    {**GMV_MAX_CAMPAIGN, "store_id": STORE_ID},
    page_size=100,
    passes=(promoting(PRODUCT_GMV_MAX),),
    with_deleted=deleted_too(PRODUCT_GMV_MAX),
    parent=Parent(STORES, in_filter(OF_STORE), inherits=("store_id",)),
)
LIVE_CAMPAIGNS_OF_STORES = replace(
    PRODUCT_CAMPAIGNS_OF_STORES,
    name="GMV Max campaigns for livestreams, by shop",
    passes=(promoting(LIVE_GMV_MAX),),
    with_deleted=deleted_too(LIVE_GMV_MAX),
)
# TikTok: whether a shop can be advertised says who holds the right to it today. Reports tell of the past too, so shops
# that the account has campaigns for are asked about whoever holds it.
STORES_OF_GMV_MAX = replace(
    PRODUCT_CAMPAIGNS_OF_STORES,
    name="GMV Max campaigns, by shop",
    passes=(promoting(PRODUCT_GMV_MAX), promoting(LIVE_GMV_MAX)),
    with_deleted=deleted_too(PRODUCT_GMV_MAX, LIVE_GMV_MAX),
    empty_keys=("campaign_id",),
    more=(
        Listing(
            "shops to be advertised",
            "gmv_max/store/list",
            ("store_id",),
            {"store_id": STORE_ID},
            "store_list",
            Paging.WHOLE,
            records=can_advertise,
        ),
    ),
)
OF_PRODUCT_CAMPAIGNS = Parent(PRODUCT_CAMPAIGNS_OF_STORES, of_campaigns, inherits=("store_id",), batch_size=100)
OF_LIVE_CAMPAIGNS = Parent(LIVE_CAMPAIGNS_OF_STORES, of_campaigns, inherits=("store_id",), batch_size=100)
PRODUCTS_OF_CAMPAIGNS = DatedListing(
    "products of GMV Max campaigns",
    "gmv_max/report/get",
    ("store_id", "campaign_id", "item_group_id"),
    {"store_id": STORE_ID, "campaign_id": CAMPAIGN_ID, "item_group_id": ITEM_GROUP_ID},
    passes=(report_on(PRODUCT_GMV_MAX, ("campaign_id", "item_group_id"), ("cost",)),),
    parent=OF_PRODUCT_CAMPAIGNS,
    records=figures,
)
OF_PRODUCTS = Parent(PRODUCTS_OF_CAMPAIGNS, of_products, inherits=("store_id",), batch_size=100)
OF_STORES = Parent(STORES_OF_GMV_MAX, OF_STORE, inherits=("store_id",))
OF_PRODUCT: Mapping[str, Shape] = {**OF_CAMPAIGN, "item_group_id": ITEM_GROUP_ID}
OF_ROOM: Mapping[str, Shape] = {**OF_CAMPAIGN, "room_id": ROOM_ID}
PRODUCT_FIGURES = {PRODUCT_GMV_MAX: (*PRODUCT, *FIGURES)}
ROOM_FIGURES = {LIVE_GMV_MAX: (*ROOM, *SALES, *LIVE)}
CAMPAIGN_FIGURES: Mapping[str, tuple[str, ...]] = {
    PRODUCT_GMV_MAX: (*SETTINGS, "roas_bid", *SALES),
    LIVE_GMV_MAX: (*SETTINGS, *HOST, *SALES, *LIVE),
}

COMMERCE: tuple[Listing, ...] = (
    CATALOGS,
    Listing(
        "product_sets",
        "catalog/set/get",
        ("bc_id", "catalog_id", "product_set_id"),
        PRODUCT_SET,
        paging=Paging.WHOLE,
        scope=Scope.CENTERS,
        parent=OF_CATALOG,
    ),
    STORES,
    GMV_MAX_CAMPAIGNS,
    insights("gmv_max_insights", {}, dict.fromkeys((PRODUCT_GMV_MAX, LIVE_GMV_MAX), SALES), OF_STORES),
    insights(
        "gmv_max_insights_hourly", {}, dict.fromkeys((PRODUCT_GMV_MAX, LIVE_GMV_MAX), SALES), OF_STORES, by_hour=True
    ),
    insights("gmv_max_campaign_insights", OF_CAMPAIGN, CAMPAIGN_FIGURES, OF_STORES),
    insights("gmv_max_campaign_insights_hourly", OF_CAMPAIGN, CAMPAIGN_FIGURES, OF_STORES, by_hour=True),
    insights("gmv_max_product_insights", OF_PRODUCT, PRODUCT_FIGURES, OF_PRODUCT_CAMPAIGNS),
    insights("gmv_max_product_insights_hourly", OF_PRODUCT, PRODUCT_FIGURES, OF_PRODUCT_CAMPAIGNS, by_hour=True),
    # TikTok: creatives come by day only.
    insights(
        "gmv_max_creative_insights",
        {**OF_PRODUCT, "item_id": ITEM_ID},
        {PRODUCT_GMV_MAX: (*FIGURES, *CREATIVE)},
        OF_PRODUCTS,
    ),
    insights("gmv_max_room_insights", OF_ROOM, ROOM_FIGURES, OF_LIVE_CAMPAIGNS),
    insights("gmv_max_room_insights_hourly", OF_ROOM, ROOM_FIGURES, OF_LIVE_CAMPAIGNS, by_hour=True),
)
