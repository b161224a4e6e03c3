"""The lists of GMV Max: settings and sessions of campaigns, posts and identities of shops, who holds the right to one.

Two sources for what is asked and answered: TikTok's SDK and its reference. Which campaigns have sessions, and how many
identities a shop has, is made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import assets as owned
from ..assets import Asset, assets
from ..entities import moment, sample
from ..refusal import Refusal, bad
from ..shop import shop_leaves
from ..world import Entity
from .scene import Row, Scene, Source

KINDS = ("TT_USER", "BC_AUTH_TT", "TTS_TT")


def _campaign(scene: Scene) -> Asset:
    known = owned.gmv_campaigns(scene.world, scene.advertiser, scene.epoch)
    found = next((campaign for campaign in known if campaign.id == scene.get("campaign_id")), None)
    if found is None:
        raise bad("campaign_id: The campaign does not exist.")
    return found


def _settings(scene: Scene) -> list[Row]:
    campaign = _campaign(scene)
    days = sample(scene.facts.columns["promotion_days"], campaign.seed)
    known = {
        "advertiser_id": scene.advertiser.advertiser_id,
        "campaign_id": campaign.id,
        "campaign_name": campaign.name("GMV Max", scene.epoch),
        "store_id": owned.store_of(scene.world, scene.advertiser, campaign).id,
        "shopping_ads_type": owned.promotion_type(campaign).removesuffix("_GMV_MAX"),
        # Dates, by TikTok's reference, in the time zone of the account.
        "promotion_days": {**days, "custom_schedule_list": [{"start_time": "2026-03-01", "end_time": "2026-03-03"}]},
    }
    return [scene.filled(known, campaign.number, campaign.index)]


def _sessions(scene: Scene) -> list[Row]:
    campaign = _campaign(scene)
    if owned.promotion_type(campaign) != "PRODUCT_GMV_MAX":
        raise bad("campaign_id: Must be a Product GMV Max campaign.")
    return scene.asset_rows(
        assets(scene.world, owned.GMV_SESSION, campaign.number % 9973, scene.epoch),
        lambda session: {
            "campaign_id": campaign.id,
            "session_id": session.id,
            "schedule_start_time": moment(session.created),
        },
    )


def _shop(scene: Scene) -> Asset:
    known = owned.stores(scene.world, scene.advertiser, scene.epoch)
    found = next((store for store in known if store.id == scene.get("store_id")), None)
    if found is None or scene.get("store_authorized_bc_id") != owned.center_of(scene.world, scene.advertiser).bc_id:
        raise Refusal(40001, f"No permission to operate store {scene.get('store_id')}")
    return found


def _identity_names(scene: Scene, shop: Asset) -> list[dict[str, str]]:
    """The identities of a shop; one has more than a request for posts takes."""
    center = owned.center_of(scene.world, scene.advertiser).bc_id
    found = []
    for n in range(23 if shop.index == 0 else 4):
        kind = KINDS[n % 3]
        lent = {"identity_authorized_bc_id": center} if kind == "BC_AUTH_TT" else {}
        of_shop = {"store_id": shop.id} if kind == "TTS_TT" else {}
        found.append({"identity_id": str(shop.number * 10 + n), "identity_type": kind, **lent, **of_shop})
    return found


def _identities(scene: Scene) -> list[Row]:
    rows = []
    for n, identity in enumerate(_identity_names(scene, _shop(scene))):
        lacking = dict.fromkeys(("identity_authorized_bc_id", "identity_authorized_shop_id", "store_id"))
        known = {**lacking, **identity, "product_gmv_max_available": n % 4 != 3}
        rows.append(scene.filled(known, int(identity["identity_id"]), n))
    return rows


# Both sources: nothing comes to those who name no identity and do not ask for codes.
def _videos(scene: Scene) -> list[Row]:
    shop = _shop(scene)
    named = {(one["identity_id"], one["identity_type"]) for one in scene.sent.get("identity_list", [])}
    for one in scene.sent.get("identity_list", []):
        _check_identity(one)
    codes = scene.sent.get("need_auth_code_video", False)
    usable = [one for n, one in enumerate(_identity_names(scene, shop)) if n % 4 != 3]
    rows = []
    for leaf in shop_leaves(scene.world, scene.advertiser, scene.epoch, shop.id):
        owner = usable[leaf.seed % len(usable)] if leaf.seed % 4 else {"identity_type": "AUTH_CODE", "identity_id": "9"}
        asked = (
            codes if owner["identity_type"] == "AUTH_CODE" else (owner["identity_id"], owner["identity_type"]) in named
        )
        if asked and leaf.ad.flavour == "PRODUCT_GMV_MAX":
            rows.append(_video(scene, leaf.ad, owner))
    return rows


def _check_identity(identity: Mapping[str, Any]) -> None:
    needed = {"BC_AUTH_TT": "identity_authorized_bc_id", "TTS_TT": "store_id"}.get(identity["identity_type"])
    if needed and not identity.get(needed):
        raise bad(f"identity_list.{needed}: Missing data for required field.")


def _video(scene: Scene, post: Entity, owner: Mapping[str, str]) -> Row:
    assert post.parent is not None
    info = sample(scene.facts.columns["identity_info"], post.seed)
    lacking = dict.fromkeys(("identity_authorized_bc_id", "identity_authorized_shop_id", "store_id"))
    known = {"item_id": post.id, "spu_id_list": [post.parent.id], "identity_info": {**info, **lacking, **owner}}
    return scene.filled(known, post.number, post.index)


def _authorization(scene: Scene) -> list[Row]:
    shop = _shop(scene)
    status = ("EFFECTIVE", "INEFFECTIVE", "UNAUTHORIZED")[shop.index % 3]
    known = {
        "store_id": shop.id,
        "advertiser_id": scene.advertiser.advertiser_id,
        "authorization_status": status,
        "advertiser_name": scene.advertiser.name,
        "advertiser_status": "STATUS_ENABLE",
    }
    row = scene.filled(known, shop.number, shop.index)
    told = () if status != "UNAUTHORIZED" else ("advertiser_name", "advertiser_status")
    return [{name: value for name, value in row.items() if name not in told}]


SHOP = ("store_id", "store_authorized_bc_id")
SOURCES: Mapping[str, Source] = {
    "campaign/gmv_max/info": Source(_settings, ("campaign_id",)),
    "campaign/gmv_max/session/list": Source(_sessions, ("campaign_id",)),
    "gmv_max/identity/get": Source(_identities, SHOP),
    "gmv_max/video/get": Source(_videos, (*SHOP, "need_auth_code_video", "identity_list")),
    "gmv_max/exclusive_authorization/get": Source(_authorization, SHOP),
}
