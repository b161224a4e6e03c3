"""The lists of who works in a Business Center, with whom it shares assets, and how these are grouped."""

from collections.abc import Iterator, Mapping
from typing import Any

from source_tiktok_ads.streams.listing import Listing, Parent, Pass, Row
from source_tiktok_ads.streams.lists.accounts import OF_CENTER, CenterList
from source_tiktok_ads.streams.parameters import from_row
from source_tiktok_ads.streams.shapes import ID, OBJECT, TEXT, Shape

MEMBER: Mapping[str, Shape] = {
    "user_id": ID("Id of the user."),
    "user_name": TEXT("Name of the user."),
    "user_email": TEXT("Email address of the user; TikTok masks it for most apps."),
    "user_role": TEXT("Basic role: ADMIN or STANDARD."),
    "ext_user_role": OBJECT(finance_role=TEXT)("Role in the finances: MANAGER or ANALYST."),
    "relation_status": TEXT("Relation of the user to the Business Center: BOUND."),
}

PARTNER: Mapping[str, Shape] = {
    "partner_bc_id": ID("Id of the partner's Business Center."),
    "partner_bc_name": TEXT("Name of the partner's Business Center."),
}

ASSET_GROUP: Mapping[str, Shape] = {
    "asset_group_id": ID("Id of the asset group."),
    "asset_group_name": TEXT("Name of the asset group."),
}

PARTNER_ASSET: Mapping[str, Shape] = {
    "partner_bc_id": ID("Id of the partner's Business Center."),
    "share_type": TEXT("Whether the partner shares the asset (SHARED) or gets it shared (SHARING)."),
    "asset_type": TEXT("Kind of asset: ADVERTISER, CATALOG, PIXEL or TIKTOK_SHOP."),
    "asset_id": ID("Id of the asset."),
    "asset_name": TEXT("Name of the asset."),
    "advertiser_role": TEXT("Role in an ad account: ADMIN, OPERATOR or ANALYST."),
    "advertiser_account_type": TEXT("Whether an ad account buys by AUCTION or RESERVATION."),
    "catalog_role": TEXT("Role in a catalog: ADMIN or AD_PROMOTE."),
}

PIXEL_LINK: Mapping[str, Shape] = {
    "pixel_id": ID("Id of the pixel."),
    "pixel_code": TEXT("Code of the pixel."),
    "advertiser_id": ID("Id of an ad account that the pixel is linked to."),
}


def partner(row: Row) -> Iterator[dict[str, Any]]:
    """A partner under names of its own, since `bc_id` is the Business Center the row was read from."""
    yield {"partner_bc_id": row.get("bc_id"), "partner_bc_name": row.get("bc_name")}


def shared(kind: str) -> tuple[Pass, ...]:
    """Readings of the assets of one kind: what the partner shares, and what it gets."""
    asked = [{"asset_type": kind, "share_type": way} for way in ("SHARED", "SHARING")]
    return tuple(Pass(params, params) for params in asked)


def partner_assets(name: str, *kinds: str, more: tuple[Listing, ...] = ()) -> Listing:
    """A list of the assets of some kinds that are shared with partners."""
    return CenterList(
        name,
        "bc/partner/asset/get",
        ("bc_id", "partner_bc_id", "share_type", "asset_type", "asset_id"),
        PARTNER_ASSET,
        passes=tuple(reading for kind in kinds for reading in shared(kind)),
        parent=Parent(PARTNERS, from_row("bc_id", partner_id="partner_bc_id"), inherits=("bc_id", "partner_bc_id")),
        more=more,
    )


def pixel(asset: Row) -> Iterator[Row]:
    """A pixel of a Business Center; nothing where its code, by which it is asked about, is not told."""
    if asset.get("pixel_code"):
        yield {"bc_id": asset.get("bc_id"), "pixel_id": asset.get("asset_id"), "pixel_code": asset["pixel_code"]}


PARTNERS = CenterList(
    "business_center_partners", "bc/partner/get", ("bc_id", "partner_bc_id"), PARTNER, parent=OF_CENTER, records=partner
)
PIXELS_OF_CENTERS = CenterList(
    "pixels of Business Centers",
    "bc/asset/admin/get",
    ("bc_id", "pixel_id"),
    {name: PIXEL_LINK[name] for name in ("pixel_id", "pixel_code")},
    passes=(Pass({"asset_type": "PIXEL"}),),
    parent=OF_CENTER,
    records=pixel,
)

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
    PARTNERS,
    # TikTok: its SDK takes ad accounts and catalogs only, newer sources pixels and shops too; those are left out where
    # they are refused.
    partner_assets(
        "business_center_partner_assets",
        "ADVERTISER",
        "CATALOG",
        more=(partner_assets("pixels of partners", "PIXEL"), partner_assets("shops of partners", "TIKTOK_SHOP")),
    ),
    CenterList(
        "business_center_asset_groups",
        "bc/asset_group/list",
        ("bc_id", "asset_group_id"),
        ASSET_GROUP,
        "asset_groups",
        parent=OF_CENTER,
    ),
    CenterList(
        "pixel_links",
        "bc/pixel/link/get",
        ("bc_id", "pixel_id", "advertiser_id"),
        PIXEL_LINK,
        parent=Parent(PIXELS_OF_CENTERS, from_row("bc_id", "pixel_code"), inherits=("bc_id", "pixel_id", "pixel_code")),
    ),
)
