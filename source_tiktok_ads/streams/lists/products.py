"""The lists of what is sold: products of catalogs and shops, where they come from, and what is wrong with them."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from source_tiktok_ads.streams.listing import Listing, Paging, Parent, Pass, Row, Scope, inside
from source_tiktok_ads.streams.lists.commerce import CATALOG_ID, OF_CATALOG, STORE_ID, STORES
from source_tiktok_ads.streams.parameters import from_row
from source_tiktok_ads.streams.shapes import FLAG, ID, INTEGER, LIST, MOMENT, NUMBER, OBJECT, OBJECTS, TEXT, Shape

TEXTS = LIST(TEXT)

PRODUCT: Mapping[str, Shape] = {
    "catalog_id": CATALOG_ID,
    "product_id": ID("Id of the product at TikTok."),
    "sku_id": ID("Id of the product in the shop: its SKU."),
    "item_group_id": ID("Id of the group of variants the product belongs to (SPU)."),
    "title": TEXT("Title of the product."),
    "description": TEXT("Description of the product."),
    "brand": TEXT("Brand of the product."),
    "availability": TEXT("Stock: IN_STOCK, AVAILABLE_FOR_ORDER, PREORDER, OUT_OF_STOCK or DISCONTINUED."),
    "active_status": TEXT("Whether the advertiser has it on sale: ACTIVATED or DEACTIVATED."),
    "ad_creation_eligible": TEXT("Whether ads can be made with it: AVAILABLE or NOT_AVAILABLE."),
    "audit": OBJECT(
        audit_status=TEXT,
        reject_info=OBJECTS(reason=TEXT, suggestion=TEXT, affected_placement=TEXTS, affected_country=TEXTS),
    )("Result of TikTok's review, with the reasons where it was rejected."),
    "image_url": TEXT("Address of the main picture."),
    "image_status": TEXT("Whether TikTok has copied the picture: PROCESSING, SUCCESS, FAIL or FILTERED."),
    "additional_image_urls": TEXTS("Addresses of further pictures."),
    "video_url": TEXT("Address of the video."),
    "google_product_category": TEXT("Category in Google's taxonomy."),
    "global_trade_item_number": TEXT("Global Trade Item Number (GTIN)."),
    "manufacturer_part_number": TEXT("Part number of the manufacturer (MPN)."),
    "price_info": OBJECT(price=NUMBER, currency=TEXT, sale_price=NUMBER, sale_price_effective_date=TEXT)(
        "Price, currency and sale price."
    ),
    "landing_page": OBJECT(landing_page_url=TEXT, ios_url=TEXT, android_url=TEXT, android_package=TEXT)(
        "Addresses that an ad with the product leads to."
    ),
    "extra_info": OBJECT(**{f"custom_label_{number}": TEXT for number in range(5)})("Custom labels of the product."),
    "profession": OBJECT()("Details of the product's line of business, as TikTok sends them."),
}

FEED: Mapping[str, Shape] = {
    "catalog_id": CATALOG_ID,
    "feed_id": ID("Id of the feed."),
    "feed_name": TEXT("Name of the feed."),
    "status": TEXT("Whether scheduled updates are ON or OFF."),
    "number_of_products": INTEGER("Number of products in the feed."),
    "next_update_time": MOMENT("When the next scheduled update starts, in UTC."),
    "last_update_param": OBJECT(
        source=OBJECT(uri=TEXT, username=TEXT),
        interval_type=TEXT,
        interval_count=INTEGER,
        timezone=TEXT,
        day_of_month=INTEGER,
        hour=INTEGER,
        minute=INTEGER,
    )("Source and schedule of the last update; the password of the source is never passed on."),
}

FEED_LOG: Mapping[str, Shape] = {
    "catalog_id": CATALOG_ID,
    "feed_id": ID("Id of the feed."),
    "start_time": MOMENT("When the update began; TikTok names no time zone, so it is read as UTC."),
    "end_time": MOMENT("When the update ended, likewise."),
    "process_status": TEXT("How far the update is: PROCESSING, SUCCESS or FAILED."),
    "add_count": INTEGER("Number of products that were added."),
    "update_count": INTEGER("Number of products that were updated."),
    "remove_count": INTEGER("Number of products that were removed."),
    "error_count": INTEGER("Number of products that could not be added, updated or removed."),
    "warn_count": INTEGER("Number of warnings."),
}

CATALOG_VIDEO: Mapping[str, Shape] = {
    "catalog_id": CATALOG_ID,
    "catalog_video_id": ID("Id of the video in the catalog."),
    "video_name": TEXT("Name of the video."),
    "video_link": TEXT("Address the video was uploaded from."),
    "sku_id_list": TEXTS("SKUs of the products that the video belongs to."),
    "category": TEXT("Category of these products."),
    "brand": TEXT("Brand of these products."),
    "creator": TEXT("Who made the video."),
    "video_type": TEXT("Kind of video."),
    "description": TEXT("Description of the video."),
    "landing_page_url": TEXT("Address where the products can be bought."),
    **{f"custom_label_{number}": TEXT("Custom label of the video.") for number in range(5)},
    "video_id": ID("Id of the video at TikTok."),
    "video_signature": TEXT("MD5 of the video."),
    "status": TEXT("How far the video is processed, such as SUCCESS."),
    "active_status": TEXT("Whether the advertiser has switched it on."),
    "create_time": MOMENT("When the upload was complete, in UTC."),
    "preview_url": TEXT("Address of a preview."),
}

OVERVIEW: Mapping[str, Shape] = {
    "catalog_id": CATALOG_ID,
    "approved": INTEGER("Number of products that passed the review."),
    "rejected": INTEGER("Number of products that were rejected."),
    "processing": INTEGER("Number of products in review."),
    "organic_approved": INTEGER("Number of approved products linked with TikTok Shopping."),
    "organic_rejected": INTEGER("Number of rejected products linked with TikTok Shopping."),
    "organic_processing": INTEGER("Number of products in review linked with TikTok Shopping."),
}

EVENT_SOURCE: Mapping[str, Shape] = {
    "catalog_id": CATALOG_ID,
    "app_id": ID("Id of the app that sends the events; a dash for a pixel."),
    "pixel_code": TEXT("Code of the pixel that sends the events; a dash for an app."),
    "event_source_name": TEXT("Name of the app or pixel."),
}

DIAGNOSTIC: Mapping[str, Shape] = {
    "catalog_id": CATALOG_ID,
    "issue_id": ID("Id of the issue."),
    "issue_title": TEXT("Short description of the issue."),
    "issue_level": TEXT("Severity: CRITICAL or WARNING."),
    "issue_category": TEXT("What it is about, such as PRODUCT_ATTRIBUTES or PRODUCT_REVIEW."),
    "issue_product_field": TEXT("Field of the products that the issue is in."),
    "reason_and_suggestion": TEXT("What the issue is, and how to solve it."),
    "affected_product_count": INTEGER("Number of products with the issue."),
    "affected_product_percentage": NUMBER("Share of the catalog's products with the issue, from 0 to 100."),
    "example_affected_products": OBJECTS(product_id=ID, sku_id=ID, title=TEXT)("Up to ten products with the issue."),
}

SHOP_PRODUCT: Mapping[str, Shape] = {
    "store_id": STORE_ID,
    "item_group_id": ID("Id of the product (SPU)."),
    "title": TEXT("Title of the product."),
    "category": TEXT("Category of the product."),
    "status": TEXT("Whether ads can use the product: AVAILABLE or NOT_AVAILABLE."),
    "min_price": NUMBER("Lowest price among its variants."),
    "max_price": NUMBER("Highest price among its variants."),
    "currency": TEXT("Currency of the prices (ISO 4217)."),
    "historical_sales": INTEGER("How many times it has been sold so far."),
    "product_image_url": TEXT("Address of the picture."),
    "catalog_id": ID("Id of the catalog; TikTok has sent null since June 2024."),
    "gmv_max_ads_status": TEXT("Whether an enabled GMV Max campaign promotes it: OCCUPIED or UNOCCUPIED."),
    "is_running_custom_shop_ads": FLAG("Whether enabled Video or Product Shopping Ads promote it."),
}


def update(entry: Row) -> Iterator[dict[str, Any]]:
    """An update of a feed as one flat row; nothing before it has begun, for only its beginning tells it apart."""
    times = inside(entry, "update_time")
    if times.get("start_time"):
        yield {**inside(entry, "update_status"), **times}


OfCatalog = partial(Listing, scope=Scope.CENTERS, parent=OF_CATALOG)
FEEDS = OfCatalog(
    "catalog_feeds", "catalog/feed/get", ("bc_id", "catalog_id", "feed_id"), FEED, "feed_list", paging=Paging.WHOLE
)

PRODUCTS: tuple[Listing, ...] = (
    # TikTok: page * page_size may not exceed 100,000.
    OfCatalog("products", "catalog/product/get", ("bc_id", "catalog_id", "product_id"), PRODUCT, page_size=500),
    FEEDS,
    Listing(
        "catalog_feed_logs",
        "catalog/feed/log",
        ("bc_id", "catalog_id", "feed_id", "start_time"),
        FEED_LOG,
        "feed_logs",
        # TikTok: the last ten updates of each feed.
        paging=Paging.WHOLE,
        cursor="start_time",
        scope=Scope.CENTERS,
        parent=Parent(FEEDS, from_row("bc_id", "catalog_id", "feed_id"), inherits=("bc_id", "catalog_id", "feed_id")),
        records=update,
        containers=("update_time", "update_status"),
    ),
    OfCatalog(
        "catalog_videos",
        "catalog/video/get",
        ("bc_id", "catalog_id", "catalog_video_id"),
        CATALOG_VIDEO,
        "videos",
        page_size=50,
        cursor="create_time",
    ),
    OfCatalog(
        "catalog_overviews", "catalog/overview", ("bc_id", "catalog_id"), OVERVIEW, rows_at="", paging=Paging.WHOLE
    ),
    OfCatalog(
        "catalog_event_sources",
        "catalog/eventsource_bind/get",
        ("bc_id", "catalog_id", "app_id", "pixel_code"),
        EVENT_SOURCE,
        "event_sources",
        paging=Paging.WHOLE,
        empty_keys=("app_id", "pixel_code"),
    ),
    OfCatalog(
        "catalog_diagnostics",
        "diagnostic/catalog",
        ("bc_id", "catalog_id", "issue_id", "issue_category", "issue_product_field"),
        DIAGNOSTIC,
        "issues",
        page_size=20,
        # TikTok: unless all feeds are asked for, only the issues of the default feed come.
        passes=(Pass({"feed_id": "ALL"}),),
        empty_keys=("issue_category", "issue_product_field"),
    ),
    Listing(
        "shop_products",
        "store/product/get",
        ("store_id", "item_group_id"),
        SHOP_PRODUCT,
        "store_products",
        page_size=100,
        # TikTok: gmv_max_ads_status and is_running_custom_shop_ads come only where this filter is set.
        passes=(Pass({"filtering": {"ad_creation_eligible": "GMV_MAX"}}),),
        parent=Parent(
            STORES,
            from_row("store_id", bc_id="store_authorized_bc_id"),
            inherits=("store_id",),
            keep=lambda store: bool(store.get("store_authorized_bc_id")),
            needs=("store_authorized_bc_id",),
        ),
    ),
)
