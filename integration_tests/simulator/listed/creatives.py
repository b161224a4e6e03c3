"""The lists of creatives: files, portfolios, playables, identities and their posts, pages, comments."""

from __future__ import annotations

from collections.abc import Mapping

from .. import assets as owned
from ..assets import Asset, assets
from ..attributes import display_name
from ..entities import moment, sample
from ..refusal import bad
from ..world import ADGROUP, CAMPAIGN, DAY, Entity
from .scene import Row, Scene, Source, check_span, day_of, iso


def _images(scene: Scene) -> list[Row]:
    return scene.asset_rows(
        scene.assets(owned.IMAGE),
        lambda image: {
            "image_id": f"tos-useast/{image.number}",
            "material_id": image.id,
            "file_name": image.name("Image", scene.epoch),
            "image_url": scene.signed("image", image.number),
            "width": 720,
            "displayable": image.index % 4 != 3,
            "create_time": iso(image.created),
            "modify_time": iso(image.modified(scene.epoch)),
        },
    )


def _videos(scene: Scene) -> list[Row]:
    found = scene.assets(owned.VIDEO)
    if scene.get("sort_field") == "MODIFY_TIME":
        found.sort(key=lambda video: (-video.modified(scene.epoch), video.number))
    return scene.asset_rows(
        found,
        lambda video: {
            # TikTok: documented as conditional, so some have none.
            "video_id": None if video.index % 6 == 5 else f"v10044g50000{video.number}",
            "material_id": video.id,
            "file_name": video.name("Video", scene.epoch),
            "preview_url": scene.signed("video", video.number),
            "preview_url_expire_time": moment(_expiry(scene, video)),
            "video_cover_url": scene.signed("cover", video.number),
            "duration": video.seed % 600 / 10,
            "displayable": video.index % 5 != 4,
            "create_time": iso(video.created),
            "modify_time": iso(video.modified(scene.epoch)),
        },
    )


def _expiry(scene: Scene, video: Asset) -> int:
    """When a signed address expires: six hours from now, unless addresses hold still."""
    return (scene.epoch if scene.switches.signed_urls else video.created) + 6 * 3600


def _music(scene: Scene) -> list[Row]:
    return scene.asset_rows(
        scene.assets(owned.MUSIC),
        lambda piece: {
            "music_id": piece.id,
            "material_id": str(piece.number + 10**9),
            "name": piece.name("Music", scene.epoch),
            "url": scene.signed("music", piece.number),
            "sources": ["USER" if piece.index % 2 else "SYSTEM"],
            # TikTok: documented as conditional, so some lack both.
            **_music_times(piece, scene.epoch),
        },
    )


def _music_times(piece: Asset, epoch: int) -> Row:
    bare = {"create_time": None, "modify_time": None}
    return bare if piece.index % 4 == 3 else {**_iso_times(piece, epoch)}


def _iso_times(asset: Asset, epoch: int) -> Row:
    return {"create_time": iso(asset.created), "modify_time": iso(asset.modified(epoch))}


def _portfolios(scene: Scene) -> list[Row]:
    return scene.asset_rows(
        scene.assets(owned.PORTFOLIO),
        lambda portfolio: {
            "creative_portfolio_id": portfolio.id,
            "creative_portfolio_preview_url": scene.signed("portfolio", portfolio.number),
        },
    )


def _playables(scene: Scene) -> list[Row]:
    # TikTok: deleted and merely uploaded ones come only to those who ask for them.
    rows = scene.asset_rows(
        scene.assets(owned.PLAYABLE),
        lambda playable: {
            "playable_id": playable.id,
            "advertiser_id": scene.advertiser.advertiser_id,
            "playable_name": playable.name("Playable", scene.epoch),
            "playable_url": f"https://playable.example/{playable.number}",
            "operation_status": _playable_status(playable, scene.epoch),
            "status": ("VALIDATE_SUCCESS", "AUDIT_SUCCESS", "AUDIT_FAIL")[playable.index % 3],
        },
    )
    return [row for row in rows if row["operation_status"] == scene.get("operation_status")]


def _playable_status(playable: Asset, epoch: int) -> str:
    if playable.is_deleted(epoch):
        return "DELETED"
    return "UPLOADED" if playable.index % 4 == 2 else "SAVED"


IDENTITY_TYPES = ("CUSTOMIZED_USER", "AUTH_CODE", "TT_USER", "BC_AUTH_TT")


def identity_type(identity: Asset) -> str:
    """Identities take the four types in turn."""
    return IDENTITY_TYPES[identity.index % 4]


def _identities(scene: Scene) -> list[Row]:
    bc_id = owned.center_of(scene.world, scene.advertiser).bc_id
    _check_identity_center(scene)
    return scene.asset_rows(
        scene.assets(owned.IDENTITY),
        lambda identity: {
            "identity_id": identity.id,
            "identity_type": identity_type(identity),
            "identity_authorized_bc_id": bc_id if identity_type(identity) == "BC_AUTH_TT" else None,
            "display_name": identity.name("Shop", scene.epoch),
            "profile_image": scene.signed("avatar", identity.number),
        },
    )


def _check_identity_center(scene: Scene) -> None:
    if scene.get("identity_type") == "BC_AUTH_TT" and not scene.sent.get("identity_authorized_bc_id"):
        raise bad("identity_authorized_bc_id: Missing data for required field.")


def _identity_posts(scene: Scene) -> list[Row]:
    _check_identity_center(scene)
    identity = _identity(scene)
    many = (0, 3, 45, 20)[identity.index % 4]
    place = scene.advertiser.index * 1000 + identity.index
    found = assets(scene.world, owned.POST, place, scene.epoch, many) if many else []
    rows = scene.asset_rows(found, lambda post: _post(scene, post))
    return [row for row in rows if row["item_type"] == scene.get("item_type")]


def _identity(scene: Scene) -> Asset:
    wanted = (scene.get("identity_id"), scene.get("identity_type"))
    found = [each for each in scene.assets(owned.IDENTITY) if (each.id, identity_type(each)) == wanted]
    if not found:
        raise bad("identity_id: The identity does not exist.")
    return found[0]


def _post(scene: Scene, post: Asset) -> Row:
    return {
        "item_id": post.id,
        "item_type": "CAROUSEL" if post.index % 5 == 4 else "VIDEO",
        "text": post.name("Post", scene.epoch),
        "auth_info": _authorisation(post),
    }


def _authorisation(post: Asset) -> Row:
    return {
        "ad_auth_status": "AUTHORIZED",
        "auth_end_time": moment(post.created + 365 * DAY),
        "auth_start_time": moment(post.created),
        "invite_start_time": moment(post.created - DAY),
    }


def _spark_posts(scene: Scene) -> list[Row]:
    rows = [_spark_post(scene, post) for post in scene.assets(owned.SPARK_POST)]
    return [row for row in rows if row["item_info"]["item_type"] in scene.get("item_types")]


def _spark_post(scene: Scene, post: Asset) -> Row:
    info = sample(scene.facts.columns["item_info"], post.seed)
    user = {"tiktok_name": post.name("Creator", scene.epoch), "identity_id": post.id, "identity_type": "AUTH_CODE"}
    item = {**info, **_post(scene, post), "auth_code": f"#{post.seed % 10**12}"}
    return scene.filled(
        {"item_info": item, "auth_info": _authorisation(post), "user_info": user}, post.number, post.index
    )


PAGE_TYPES = ("LEAD_GEN", "TIKTOK_INSTANT_PAGE", "LEAD_GEN", "STORE_FRONT", "APP_PROFILE_PAGE")


def _instant_pages(scene: Scene) -> list[Row]:
    wanted = scene.sent.get("business_types") or [scene.get("business_type")]
    found = [page for page in scene.assets(owned.PAGE) if PAGE_TYPES[page.index % len(PAGE_TYPES)] in wanted]
    rows = scene.asset_rows(found, lambda page: _instant_page(scene, page))
    span = scene.sent.get("update_time_range", {})
    first, last = span.get("start", ""), span.get("end", "9999")
    return [row for row in rows if first <= row["update_time"] <= last]


def _instant_page(scene: Scene, page: Asset) -> Row:
    return {
        # TikTok: an id that is sometimes a JSON number.
        "page_id": page.number if page.index % 2 else page.id,
        "title": page.name("Page", scene.epoch),
        "preview_url": scene.signed("page", page.number),
        "thumbnail": scene.signed("thumbnail", page.number),
        "create_time": moment(page.created),
        "update_time": moment(page.modified(scene.epoch)),
        "publish_time": moment(page.created + 600),
    }


def _comments(scene: Scene) -> list[Row]:
    """The comments on the ads of one ad group; days are UTC's."""
    first, last = day_of("start_time", scene.get("start_time")), day_of("end_time", scene.get("end_time"))
    check_span(first, last, 10**6)
    wanted = scene.get("search_value")
    found = [a for a in scene.world.entities(ADGROUP, scene.advertiser, scene.epoch) if a.id == wanted]
    if not found:
        raise bad("search_value: The ad group does not exist.")
    rows = [row for ad in found[0].children if ad.created <= scene.epoch for row in _comments_on(scene, ad)]
    rows = [row for row in rows if first.isoformat() <= row["create_time"][:10] <= last.isoformat()]
    kept = [row for row in rows if {"ALL", row["comment_type"]} & set(scene.get("comment_type"))]
    kept.sort(key=lambda row: (row["create_time"], row["comment_id"]), reverse=scene.get("sort_type") == "DESC")
    return kept


def _comments_on(scene: Scene, ad: Entity) -> list[Row]:
    place = (ad.number - 1_700_000_000_000_000_000) % 10**12
    spoken = [c for c in assets(scene.world, owned.COMMENT, place, scene.epoch) if c.created > ad.created]
    # TikTok: comments on upgraded Smart+ ads do not say on which.
    silent = ad.flavour == "UPGRADED_SMART_PLUS"
    told = {
        f"{above.kind}_{what}": value
        for above in ad.lineage
        for what, value in (("id", above.id), ("name", display_name(above, scene.epoch)))
    }
    hidden = {name: "" for name in told if silent and not name.startswith(CAMPAIGN)}
    return [
        scene.filled(
            {
                **told,
                **hidden,
                "comment_id": comment.id,
                "content": f"Så fint! {comment.seed % 1000} ✨",
                "comment_type": ("COMMENT", "REPLY")[comment.index % 2],
                "create_time": moment(comment.created),
                "video_cover_url": scene.signed("cover", comment.number),
            },
            comment.number,
            comment.index + ad.number,
        )
        for comment in spoken
    ]


SOURCES: Mapping[str, Source] = {
    "file/image/ad/search": Source(_images),
    "file/video/ad/search": Source(_videos, ("sort_field",)),
    "file/music/get": Source(_music, ("music_scene",), depth=100_000),
    "creative/portfolio/list": Source(_portfolios),
    "playable/get": Source(_playables, ("operation_status",)),
    "identity/get": Source(_identities),
    "identity/video/get": Source(
        _identity_posts, ("identity_id", "identity_type", "identity_authorized_bc_id", "item_type")
    ),
    "tt_video/list": Source(_spark_posts, ("item_types",)),
    "page/get": Source(_instant_pages, ("business_type", "business_types", "update_time_range")),
    "comment/list": Source(
        _comments, ("search_field", "search_value", "start_time", "end_time", "comment_type", "sort_field", "sort_type")
    ),
}
