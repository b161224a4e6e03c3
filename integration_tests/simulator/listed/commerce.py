"""The lists of commerce: catalogs, shops, GMV Max campaigns."""

from __future__ import annotations

from collections.abc import Mapping

from .. import assets as owned
from ..assets import Asset, assets
from ..entities import moment
from ..refusal import bad
from .scene import Row, Scene, Source


def _catalogs(scene: Scene) -> list[Row]:
    center = scene.center
    return scene.asset_rows(
        assets(scene.world, owned.CATALOG, center.index, scene.epoch),
        lambda catalog: {
            "catalog_id": catalog.id,
            "catalog_name": catalog.name("Catalog", scene.epoch),
            "create_time": moment(catalog.created),
            "update_time": moment(catalog.modified(scene.epoch)),
            "bc_info": {
                "bc_id": center.bc_id,
                "bc_name": center.name,
                "picture_url": scene.signed("bc", center.index),
            },
        },
    )


def _product_sets(scene: Scene) -> list[Row]:
    found = [
        catalog
        for catalog in assets(scene.world, owned.CATALOG, scene.center.index, scene.epoch)
        if catalog.id == scene.get("catalog_id")
    ]
    if not found:
        raise bad("catalog_id: The catalog does not exist.")
    place = scene.center.index * 1000 + found[0].index
    return scene.asset_rows(
        assets(scene.world, owned.PRODUCT_SET, place, scene.epoch),
        lambda chosen: {
            "product_set_id": chosen.id,
            "catalog_id": found[0].id,
            "product_set_name": chosen.name("Set", scene.epoch),
            "product_count": chosen.seed % 500,
            "conditions": {"and": [{"field": "brand", "operation": "IS_ANY", "values": ["Nørd"]}]},
        },
    )


def _stores(scene: Scene) -> list[Row]:
    center = owned.center_of(scene.world, scene.advertiser)
    inner = {"bc_id": center.bc_id, "bc_name": center.name, "user_role": "ADMIN", "bc_profile_image": None}
    return scene.asset_rows(
        owned.stores(scene.world, scene.advertiser, scene.epoch),
        lambda store: {
            "store_id": store.id,
            "store_name": store.name("Store", scene.epoch),
            "is_gmv_max_available": owned.is_gmv_max_available(store),
            "store_authorized_bc_id": center.bc_id,
            "store_authorized_bc_info": inner,
            "thumbnail_url": scene.signed("store", store.number),
        },
    )


def _gmv_campaigns(scene: Scene) -> list[Row]:
    found = [
        campaign
        for campaign in owned.gmv_campaigns(scene.world, scene.advertiser, scene.epoch)
        if owned.promotion_type(campaign) in scene.get("gmv_max_promotion_types") and _gmv_shown(scene, campaign)
    ]
    return scene.asset_rows(
        found,
        lambda campaign: {
            "advertiser_id": scene.advertiser.advertiser_id,
            "campaign_id": campaign.id,
            "campaign_name": campaign.name("GMV Max", scene.epoch),
            "objective_type": "PRODUCT_SALES",
            "operation_status": "DELETE" if campaign.is_deleted(scene.epoch) else "ENABLE",
            "secondary_status": gmv_status(campaign, scene.epoch),
            "create_time": moment(campaign.created),
            "modify_time": moment(campaign.modified(scene.epoch)),
        },
    )


def gmv_status(campaign: Asset, epoch: int) -> str:
    """The effective status of a GMV Max campaign."""
    return "CAMPAIGN_STATUS_DELETE" if campaign.is_deleted(epoch) else "CAMPAIGN_STATUS_ENABLE"


def _gmv_shown(scene: Scene, campaign: Asset) -> bool:
    if scene.sent.get("store_ids") and _gmv_store(scene, campaign) not in scene.sent["store_ids"]:
        return False
    wanted = scene.sent.get("primary_status", "STATUS_DELIVERY_OK")
    return wanted == ("STATUS_DELETE" if campaign.is_deleted(scene.epoch) else "STATUS_DELIVERY_OK")


def _gmv_store(scene: Scene, campaign: Asset) -> str:
    return owned.store_of(scene.world, scene.advertiser, campaign).id


SOURCES: Mapping[str, Source] = {
    "catalog/get": Source(_catalogs),
    "catalog/set/get": Source(_product_sets, ("catalog_id", "return_product_count")),
    "gmv_max/store/list": Source(_stores),
    "gmv_max/campaign/get": Source(_gmv_campaigns, ("gmv_max_promotion_types", "store_ids", "primary_status")),
}
