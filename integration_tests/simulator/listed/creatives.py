"""The lists of creatives: files, portfolios, playables, identities and their posts, pages, comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from functools import lru_cache, partial
from zlib import crc32

from .. import assets as owned
from ..assets import Asset, assets
from ..attributes import display_name
from ..entities import entity_row, moment, sample
from ..refusal import Refusal, bad
from ..world import AD, ADGROUP, CAMPAIGN, DAY, Advertiser, Entity, World
from .scene import Row, Scene, Source, check_span, day_of, iso

# So many images, and of the videos those changed last, are all that the searches cover (a copy of TikTok's pages).
SEARCHED = 10_000


def _images(scene: Scene) -> Sequence[Row]:
    found = scene.assets(owned.IMAGE, owned.IMAGE.first + scene.world.files)
    return scene.made(found[:SEARCHED], partial(_image, scene))


def _image(scene: Scene, image: Asset) -> Row:
    return {
        "image_id": f"tos-useast/{image.number}",
        "material_id": image.id,
        "file_name": image.name("Image", scene.epoch),
        "image_url": scene.signed("image", image.number),
        "width": 720,
        "displayable": image.index % 4 != 3,
        "create_time": iso(image.created),
        "modify_time": iso(image.modified(scene.epoch)),
    }


def _videos(scene: Scene) -> Sequence[Row]:
    latest = _latest(scene.world, scene.advertiser.index, scene.epoch)
    by_change = scene.sent.get("sort_field") == "MODIFY_TIME"
    found = latest if by_change else sorted(latest, key=lambda video: -video.number)
    return scene.made(found, partial(_video, scene))


@lru_cache(maxsize=64)
def _latest(world: World, place: int, epoch: int) -> list[Asset]:
    """The videos that were changed last, newest change first."""
    found = assets(world, owned.VIDEO, place, epoch, owned.VIDEO.first + world.files)
    return sorted(found, key=lambda video: (-video.modified(epoch), video.number))[:SEARCHED]


def _video(scene: Scene, video: Asset) -> Row:
    return {
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
    }


def _expiry(scene: Scene, video: Asset) -> int:
    """When a signed address expires: six hours from now, unless addresses hold still."""
    return (scene.epoch if scene.switches.signed_urls else video.created) + 6 * 3600


def _music(scene: Scene) -> Sequence[Row]:
    return scene.made(
        scene.assets(owned.MUSIC, owned.MUSIC.first + scene.world.files),
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


def _images_by_id(scene: Scene) -> list[Row]:
    """The images of these ids that are in the library; others are ignored."""
    wanted = scene.get("image_ids")
    return [row for row in (*_images(scene), *_old_files(scene, "image_ids", "image_id")) if row["image_id"] in wanted]


def _videos_by_id(scene: Scene) -> list[Row]:
    """The videos of these ids that are in the library; others are ignored."""
    wanted = scene.get("video_ids")
    return [row for row in (*_videos(scene), *_old_files(scene, "video_id", "video_id")) if row["video_id"] in wanted]


def _old_files(scene: Scene, named: str, column: str) -> list[Row]:
    """Where there are further files: those that ads use, which are older than all that the searches give."""
    if not scene.world.files:
        return []
    ads = scene.world.entities(AD, scene.advertiser, scene.epoch)
    told = [entity_row(ad, scene.epoch, scene.switches).get(named) for ad in ads]
    ids = [id for value in told for id in (value if isinstance(value, list) else [value])]
    return [_old_file(scene, column, id) for id in dict.fromkeys(ids) if id]


def _old_file(scene: Scene, column: str, id: str) -> Row:
    number = crc32(id.encode())
    changed = iso(scene.world.origin - DAY)
    known = {column: id, "material_id": str(number), "create_time": changed, "modify_time": changed}
    return scene.filled(known, number, number)


def _call_to_action(scene: Scene) -> list[Row]:
    """A portfolio of calls to action, which the list leaves out: those that ads name."""
    wanted = scene.get("creative_portfolio_id")
    ads = scene.world.entities(AD, scene.advertiser, scene.epoch)
    named = {entity_row(ad, scene.epoch, scene.switches).get("call_to_action_id") for ad in ads}
    if wanted not in named:
        raise Refusal(40007, f"creative_portfolio_id: {wanted} does not exist.")
    texts = ("Learn More", "Shop Now", "Visit Store")
    content = [{"asset_content": text, "asset_ids": [str(int(wanted) % 10**6 + n)]} for n, text in enumerate(texts)]
    # The id is not repeated in the example of TikTok's reference.
    return [{"creative_portfolio_type": "CTA", "portfolio_content": content}]


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


def _identity_pages(scene: Scene, answer: Row) -> Row:
    """What page_info says is right only where the type is named (two sources); else it tells of this page alone."""
    if "identity_type" not in scene.sent and not scene.switches.identity_pages_told:
        answer["page_info"] |= {"total_number": len(answer["identity_list"]), "total_page": 1}
    return answer


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


LIBRARY_BASE = 7_330_000_000_000_000_000


def _library_id(account: Advertiser) -> str:
    """The library that a Business Center keeps the pages of an account in, once it has taken them over."""
    return str(LIBRARY_BASE + account.index)


def _accounts(scene: Scene) -> list[Advertiser]:
    found = [scene.world.advertiser(id) for id in scene.world.advertiser_ids]
    return [account for account in found if account is not None]


def _libraries(scene: Scene) -> list[Row]:
    return [
        {
            "library_id": _library_id(account),
            "library_name": f"Forms of {account.name}",
            "advertiser_id": account.advertiser_id,
            "create_time": moment(account.created),
            "update_time": moment(account.created),
        }
        for account in _accounts(scene)
    ]


def is_moved(page: Asset) -> bool:
    """Whether a Business Center has taken a page over: then only its library lists it."""
    return page.index % 7 == 5


def _instant_pages(scene: Scene) -> list[Row]:
    wanted = scene.sent.get("business_types") or [scene.get("business_type")]
    library = scene.sent.get("library_id")
    owners = [account for account in _accounts(scene) if library == _library_id(account)]
    if library and not owners:
        raise Refusal(40001, f"No permission to operate library {library}")
    here = replace(scene, owner=owners[0]) if library else scene
    found = [page for page in here.assets(owned.PAGE) if PAGE_TYPES[page.index % len(PAGE_TYPES)] in wanted]
    found = [page for page in found if is_moved(page) == bool(library)]
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
    rows = [row for row in rows if first <= _day(row["create_time"]) <= last]
    kept = [row for row in rows if {"ALL", row["comment_type"]} & set(scene.get("comment_type"))]
    kept.sort(key=lambda row: (row["create_time"], row["comment_id"]), reverse=scene.get("sort_type") == "DESC")
    return [{**row, "create_time": _comment_time(scene, row["create_time"])} for row in kept]


def _day(epoch: int) -> date:
    return datetime.fromtimestamp(epoch, timezone.utc).date()


def _comment_time(scene: Scene, epoch: int) -> int | str:
    """Epoch seconds, as a typed client of 2026 has it, or the text of TikTok's example."""
    return f"{moment(epoch)} +0000 UTC" if scene.switches.comment_time_as_text else epoch


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
                "create_time": comment.created,
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
    "file/image/ad/info": Source(_images_by_id, ("image_ids",)),
    "file/video/ad/info": Source(_videos_by_id, ("video_ids",)),
    "creative/portfolio/list": Source(_portfolios),
    "creative/portfolio/get": Source(_call_to_action, ("creative_portfolio_id",)),
    "playable/get": Source(_playables, ("operation_status",)),
    "identity/get": Source(_identities, answers=_identity_pages),
    "identity/video/get": Source(
        _identity_posts, ("identity_id", "identity_type", "identity_authorized_bc_id", "item_type")
    ),
    "tt_video/list": Source(_spark_posts, ("item_types",)),
    "page/library/get": Source(_libraries),
    "page/get": Source(
        _instant_pages,
        ("business_type", "business_types", "update_time_range", "library_id"),
        in_place_of_account="library_id",
    ),
    "comment/list": Source(
        _comments, ("search_field", "search_value", "start_time", "end_time", "comment_type", "sort_field", "sort_type")
    ),
}
