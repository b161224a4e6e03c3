"""The lists of who works in a Business Center, of its partners, and of its asset groups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from .. import assets as owned
from ..assets import Asset, assets
from ..entities import moment
from ..refusal import bad
from .scene import Row, Scene, Source, check_span, day_of


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


def _activities(scene: Scene) -> list[Row]:
    """What was done in the days asked for, UTC's, of the last seven unasked; every fifth was done twice in a second."""
    today = datetime.fromtimestamp(scene.epoch, timezone.utc).date()
    first = day_of("start_date", scene.sent.get("start_date", str(today - timedelta(days=6))))
    last = day_of("end_date", scene.sent.get("end_date", str(today)))
    check_span(first, last, 10**6)
    if ("start_date" in scene.sent) != ("end_date" in scene.sent):
        raise bad("filtering: start_date and end_date go together.")
    rows = [
        row
        for activity in _of_center(scene, owned.ACTIVITY)
        for row in [_activity(activity)] * (2 if activity.index % 5 == 4 else 1)
        if first.isoformat() <= row["time"][:10] <= last.isoformat()
        and scene.get("activity_type") in ("ALL", row["activity_type"])
    ]
    return rows[::-1] if scene.get("sort_type") == "ASC" else rows


def _activity(activity: Asset) -> Row:
    return {
        "time": moment(activity.created),
        "activity_type": ("USER", "ACCOUNT", "ASSET", "BUSINESS")[activity.index % 4],
        "operator_id": str(activity.number % 10**12),
        "activity_log": f"Member n**{activity.index}@example.com was invited, it's said \u201cø\u201d",
    }


ASSET_TYPES = ("ADVERTISER", "CATALOG", "TIKTOK_SHOP", "PIXEL")


def _partner_assets(scene: Scene) -> list[Row]:
    """What is shared with a partner, of one kind and in one direction; two sources."""
    found = [partner for partner in _of_center(scene, owned.PARTNER) if partner.id == scene.get("partner_id")]
    if not found:
        raise bad("partner_id: The partner does not exist.")
    kind = scene.get("asset_type")
    way = ASSET_TYPES.index(kind) * 2 + (scene.get("share_type") == "SHARED")
    place = (scene.center.index * 1000 + found[0].index) * 10 + way
    return scene.asset_rows(
        assets(scene.world, owned.PARTNER_ASSET, place, scene.epoch),
        lambda asset: {"asset_id": asset.id, "asset_type": kind, "asset_name": asset.name("Asset", scene.epoch)},
    )


def _pixel_links(scene: Scene) -> list[Row]:
    """The ad accounts of a pixel; two sources."""
    code = scene.get("pixel_code")
    found = [pixel for pixel in owned.center_pixels(scene.world, scene.center, scene.epoch) if pixel.code == code]
    if not found:
        raise bad("pixel_code: The pixel does not exist.")
    accounts = owned.members(scene.world, scene.center)
    return [{"advertiser_id": account.advertiser_id} for account in accounts[: 1 + found[0].index % 3]]


SOURCES: Mapping[str, Source] = {
    "bc/member/get": Source(_members),
    # The centre of the request is no column: a partner's own id is called bc_id too.
    "bc/partner/get": Source(_partners),
    "bc/asset_group/list": Source(_asset_groups),
    "changelog/get": Source(
        _activities, ("start_date", "end_date", "activity_type", "lang", "sort_field", "sort_type")
    ),
    "bc/partner/asset/get": Source(_partner_assets, ("partner_id", "asset_type", "share_type")),
    "bc/pixel/link/get": Source(_pixel_links, ("pixel_code",)),
}
