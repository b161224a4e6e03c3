"""The lists of what is sold: products and feeds of catalogs, their review and issues, products of shops."""

from __future__ import annotations

from collections.abc import Mapping

from .. import assets as owned
from ..assets import Asset, assets
from ..entities import moment, sample
from ..refusal import bad
from .scene import Row, Scene, Source


def _catalog(scene: Scene) -> Asset:
    """The catalog of the request."""
    for catalog in assets(scene.world, owned.CATALOG, scene.center.index, scene.epoch):
        if catalog.id == scene.get("catalog_id"):
            return catalog
    raise bad("catalog_id: The catalog does not exist.")


def _of_catalog(scene: Scene, kind: owned.Kind) -> list[Asset]:
    return assets(scene.world, kind, scene.center.index * 1000 + _catalog(scene).index, scene.epoch)


def _products(scene: Scene) -> list[Row]:
    return scene.asset_rows(
        _of_catalog(scene, owned.PRODUCT),
        lambda product: {
            "product_id": product.id,
            "sku_id": f"SKU-{product.number % 10**9}",
            "title": product.name("Prødukt", scene.epoch),
        },
    )


def _feeds(scene: Scene) -> list[Row]:
    return scene.asset_rows(
        _of_catalog(scene, owned.FEED),
        lambda feed: {
            "feed_id": feed.id,
            "feed_name": feed.name("Feed", scene.epoch),
            "last_update_param": {
                "source": {"uri": "https://shop.example/feed.csv", "username": "feed", "password": "feed-password"},
                "interval_type": "DAILY",
                "interval_count": 1,
                "timezone": "Africa/Accra",
                "day_of_month": None,
                "hour": feed.index % 24,
                "minute": 30,
            },
        },
    )


def _feed_log(scene: Scene) -> list[Row]:
    """The last ten updates of a feed (two sources); of some, one that has not begun, which is a reading of WAITING."""
    found = [feed for feed in _of_catalog(scene, owned.FEED) if feed.id == scene.get("feed_id")]
    if not found:
        raise bad("feed_id: The feed does not exist.")
    place = (scene.center.index * 1000 + _catalog(scene).index) * 100 + found[0].index
    waiting = {"update_status": {"process_status": "WAITING"}, "update_time": {"start_time": None, "end_time": None}}
    rows = [
        {
            "update_status": sample(scene.facts.columns["update_status"], update.seed),
            "update_time": {"start_time": moment(update.created), "end_time": moment(update.created + 90)},
        }
        for update in assets(scene.world, owned.FEED_LOG, place, scene.epoch)
    ]
    return [*([waiting] if found[0].index % 2 else []), *rows][:10]


def _videos(scene: Scene) -> list[Row]:
    return scene.asset_rows(
        _of_catalog(scene, owned.CATALOG_VIDEO),
        lambda video: {
            "catalog_video_id": f"{video.number}_{video.index}",
            "video_name": video.name("Video", scene.epoch),
            "create_time": moment(video.created),
        },
    )


def _overview(scene: Scene) -> list[Row]:
    products = len(_of_catalog(scene, owned.PRODUCT))
    return [
        {
            "approved": products - products // 4,
            "rejected": products // 4,
            "processing": 0,
            "organic_approved": products // 2,
            "organic_rejected": 1,
            "organic_processing": 2,
        }
    ]


def _event_sources(scene: Scene) -> list[Row]:
    number = _catalog(scene).number
    return [
        {"event_source_name": "Shop app", "app_id": str(number + 7)},
        {"event_source_name": "Shop pixel", "app_id": None, "pixel_code": f"C{number % 10**12}"},
    ]


def _issues(scene: Scene) -> list[Row]:
    """Issues of the default feed, and those of the other feeds only where all of them are asked for."""
    every = scene.sent.get("feed_id") == "ALL"
    found = [issue for issue in _of_catalog(scene, owned.ISSUE) if every or issue.index % 2 == 0]
    return scene.asset_rows(
        found,
        lambda issue: {
            "issue_id": str(100 + issue.index),
            "issue_title": issue.name("Issue", scene.epoch),
            "affected_product_count": issue.version(scene.epoch) + 1,
        },
    )


def _shop_products(scene: Scene) -> list[Row]:
    wanted = scene.get("store_id")
    stores = assets(scene.world, owned.STORE, scene.center.index, scene.epoch)
    found = [store for store in stores if store.id == wanted]
    if not found:
        raise bad("store_id: The shop does not exist.")
    eligible = scene.sent.get("ad_creation_eligible")
    place = scene.center.index * 1000 + found[0].index
    rows = scene.asset_rows(
        assets(scene.world, owned.SHOP_PRODUCT, place, scene.epoch),
        lambda product: {
            "store_id": wanted,
            "item_group_id": product.id,
            "title": product.name("Vare", scene.epoch),
            "min_price": f"{product.seed % 900 / 10 + 1}",
            "max_price": f"{product.seed % 900 / 10 + 5}",
            "gmv_max_ads_status": ("OCCUPIED", "UNOCCUPIED")[product.index % 2],
            "is_running_custom_shop_ads": product.index % 3 == 0,
            "product_image_url": scene.signed("product", product.number),
        },
    )
    # TikTok: how GMV Max and Shopping Ads use a product comes only where eligibility is asked for.
    shown = {"gmv_max_ads_status": bool(eligible), "is_running_custom_shop_ads": eligible == "GMV_MAX"}
    return [{name: value for name, value in row.items() if shown.get(name, True)} for row in rows]


SOURCES: Mapping[str, Source] = {
    "catalog/product/get": Source(_products, ("catalog_id",), depth=100_000),
    "catalog/feed/get": Source(_feeds, ("catalog_id",)),
    "catalog/feed/log": Source(_feed_log, ("catalog_id", "feed_id")),
    "catalog/video/get": Source(_videos, ("catalog_id",)),
    "catalog/overview": Source(_overview, ("catalog_id",)),
    "catalog/eventsource_bind/get": Source(_event_sources, ("catalog_id",)),
    "diagnostic/catalog": Source(_issues, ("catalog_id", "feed_id", "lang")),
    "store/product/get": Source(_shop_products, ("store_id", "ad_creation_eligible")),
}
