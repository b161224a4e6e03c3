"""The lists of who works in a Business Center, of its partners, and of its asset groups."""

from __future__ import annotations

from collections.abc import Mapping

from .. import assets as owned
from ..assets import Asset, assets
from .scene import Row, Scene, Source


def _of_center(scene: Scene, kind: owned.Kind) -> list[Asset]:
    return assets(scene.world, kind, scene.center.index, scene.epoch)


def _members(scene: Scene) -> list[Row]:
    """Members, and people who have not answered their invitation: these have no id and no name (reference page)."""
    found = [scene.filled(_member(scene, one), one.number, one.index) for one in _of_center(scene, owned.MEMBER)]
    invited = {"user_id": None, "user_name": None, "relation_status": "PENDING", "ext_user_role": None}
    return [*found, *(scene.filled({**invited, "user_email": f"n**w{n}@example.com"}, n, n) for n in range(2))]


def _member(scene: Scene, member: Asset) -> Row:
    return {
        "user_id": member.id,
        "user_name": member.name("Member", scene.epoch),
        "user_email": f"m**{member.index}@example.com",
        "relation_status": "BOUND",
    }


def _partners(scene: Scene) -> list[Row]:
    return [
        {"bc_id": partner.id, "bc_name": partner.name("Partner", scene.epoch)}
        for partner in _of_center(scene, owned.PARTNER)
    ]


def _asset_groups(scene: Scene) -> list[Row]:
    return [
        {"asset_group_id": group.id, "asset_group_name": group.name("Group", scene.epoch)}
        for group in _of_center(scene, owned.ASSET_GROUP)
    ]


SOURCES: Mapping[str, Source] = {
    "bc/member/get": Source(_members),
    # The centre of the request is no column: a partner's own id is called bc_id too.
    "bc/partner/get": Source(_partners),
    "bc/asset_group/list": Source(_asset_groups),
}
