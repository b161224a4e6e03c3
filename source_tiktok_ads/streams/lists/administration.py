"""The lists of who works in a Business Center, with whom it shares assets, and how these are grouped."""

from collections.abc import Iterator, Mapping
from typing import Any

from source_tiktok_ads.streams.listing import Listing, Pass, Row
from source_tiktok_ads.streams.lists.accounts import BC_ID, OF_CENTER, CenterList
from source_tiktok_ads.streams.shapes import ID, OBJECT, TEXT, Shape

MEMBER: Mapping[str, Shape] = {
    "bc_id": BC_ID,
    "user_id": ID("Id of the user."),
    "user_name": TEXT("Name of the user."),
    "user_email": TEXT("Email address of the user; TikTok masks it for most apps."),
    "user_role": TEXT("Basic role: ADMIN or STANDARD."),
    "ext_user_role": OBJECT({"finance_role": TEXT})("Role in the finances: MANAGER or ANALYST."),
    "relation_status": TEXT("Relation of the user to the Business Center: BOUND."),
}

PARTNER: Mapping[str, Shape] = {
    "bc_id": BC_ID,
    "partner_bc_id": ID("Id of the partner's Business Center."),
    "partner_bc_name": TEXT("Name of the partner's Business Center."),
}

ASSET_GROUP: Mapping[str, Shape] = {
    "bc_id": BC_ID,
    "asset_group_id": ID("Id of the asset group."),
    "asset_group_name": TEXT("Name of the asset group."),
}


def partner(row: Row) -> Iterator[dict[str, Any]]:
    """A partner under names of its own, since `bc_id` is the Business Center the row was read from."""
    yield {"partner_bc_id": row.get("bc_id"), "partner_bc_name": row.get("bc_name")}


ADMINISTRATION: tuple[Listing, ...] = (
    CenterList(
        "business_center_members",
        "bc/member/get",
        ("bc_id", "user_id"),
        MEMBER,
        page_size=20,
        # TikTok: invited people who have not answered have no user id, so nothing tells their rows apart.
        passes=(Pass({"filtering": {"relation_status": "BOUND"}}),),
        parent=OF_CENTER,
        personal=("user_name", "user_email"),
    ),
    CenterList(
        "business_center_partners",
        "bc/partner/get",
        ("bc_id", "partner_bc_id"),
        PARTNER,
        parent=OF_CENTER,
        records=partner,
    ),
    CenterList(
        "business_center_asset_groups",
        "bc/asset_group/list",
        ("bc_id", "asset_group_id"),
        ASSET_GROUP,
        "asset_groups",
        parent=OF_CENTER,
    ),
)
