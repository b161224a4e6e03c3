"""The lists of creatives: files, portfolios, identities and posts, comments, and what each material has achieved."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from source_tiktok_ads.streams import fields
from source_tiktok_ads.streams.entities import ADGROUP_NAMES, CAMPAIGN_NAMES, columns_of
from source_tiktok_ads.streams.listing import DatedListing, Listing, Paging, Parent, Pass, Row, inside, lifting
from source_tiktok_ads.streams.lists.accounts import OF_CENTER
from source_tiktok_ads.streams.lists.structure import ADGROUPS, ADS
from source_tiktok_ads.streams.model import CURRENCY
from source_tiktok_ads.streams.parameters import Params, from_row, from_rows
from source_tiktok_ads.streams.shapes import FLAG, ID, INTEGER, LIST, MOMENT, NUMBER, OBJECT, OBJECTS, TEXT, Shape

TEXTS = LIST(TEXT)
IDS = LIST(ID)

MATERIAL_ID = ID("Id of the material, as reports on creatives hold it.")
SIGNATURE = TEXT("MD5 of the file.")
SIZE = INTEGER("Size of the file, in bytes.")
WIDTH = INTEGER("Width, in pixels.")
HEIGHT = INTEGER("Height, in pixels.")
FORMAT = TEXT("Format of the file.")
FILE_NAME = TEXT("Name of the file.")
DISPLAYABLE = FLAG("Whether it is shown in the library of assets.")
CREATE_TIME = MOMENT("When it was created, in UTC.")
MODIFY_TIME = MOMENT("When it was last changed, in UTC.")

LENT_IDENTITY: Mapping[str, Shape] = {
    "identity_id": ID("Id of the identity in whose name ads are shown."),
    "identity_type": TEXT("Kind of that identity: AUTH_CODE, BC_AUTH_TT, CUSTOMIZED_USER or TT_USER."),
    "identity_authorized_bc_id": ID(
        "Id of the Business Center that lends an identity of the type BC_AUTH_TT; a dash for other types."
    ),
}

IMAGE: Mapping[str, Shape] = {
    "image_id": ID("Id of the image, as image_ids of ads hold it."),
    "material_id": MATERIAL_ID,
    "file_name": FILE_NAME,
    "format": FORMAT,
    "size": SIZE,
    "width": WIDTH,
    "height": HEIGHT,
    "signature": SIGNATURE,
    "image_url": TEXT("Signed address of the image; it expires and changes on every read."),
    "url": TEXT("Address of the image, by another of TikTok's names."),
    "displayable": DISPLAYABLE,
    "is_carousel_usable": FLAG("Whether it can be used in carousel ads."),
    "create_time": CREATE_TIME,
    "modify_time": MODIFY_TIME,
}

VIDEO: Mapping[str, Shape] = {
    "video_id": ID("Id of the video, as video_id of ads holds it; a dash for posts that were pulled from TikTok."),
    "material_id": MATERIAL_ID,
    "file_name": FILE_NAME,
    "format": FORMAT,
    "definition": TEXT("Resolution of the video in one word."),
    "size": SIZE,
    "width": WIDTH,
    "height": HEIGHT,
    "duration": NUMBER("Length, in seconds."),
    "bit_rate": INTEGER("Bits a second."),
    "fps": INTEGER("Pictures a second."),
    "signature": SIGNATURE,
    "preview_url": TEXT("Signed address of the video; it expires and changes on every read."),
    "preview_url_expire_time": MOMENT("When that address expires, in UTC."),
    "video_cover_url": TEXT("Signed address of the cover; it changes on every read."),
    "displayable": DISPLAYABLE,
    "allow_download": FLAG("Whether it may be downloaded."),
    "allowed_placements": TEXTS("Places where it can be shown."),
    "fix_task_id": ID("Id of the task that mends the video."),
    "flaw_types": TEXTS("What is wrong with the video, such as LOW_RESOLUTION or NO_BGM."),
    "create_time": CREATE_TIME,
    "modify_time": MODIFY_TIME,
}

MUSIC: Mapping[str, Shape] = {
    "music_id": ID("Id of the piece of music, as music_id of ads holds it."),
    "material_id": MATERIAL_ID,
    "name": TEXT("Name of the piece."),
    "author": TEXT("Who made it."),
    "sources": TEXTS("Where it comes from: SYSTEM or USER."),
    "style": TEXT("Style of the music."),
    "duration": NUMBER("Length, in seconds."),
    "copyright": TEXT("What it may be used for."),
    "liked": FLAG("Whether the account has marked it."),
    "url": TEXT("Signed address of the file; it changes on every read."),
    "cover_url": TEXT("Signed address of the cover; it changes on every read."),
    "signature": SIGNATURE,
    "file_name": FILE_NAME,
    "create_time": CREATE_TIME,
    "modify_time": MODIFY_TIME,
}

PORTFOLIO: Mapping[str, Shape] = {
    "creative_portfolio_id": ID("Id of the portfolio, as card_id or call_to_action_id of ads hold it."),
    "creative_portfolio_type": TEXT("Kind of portfolio, such as CTA, CARD or STICKER; the other columns depend on it."),
    "portfolio_content": OBJECTS(asset_content=TEXT, asset_ids=IDS)("The calls to action of the type CTA."),
    "creative_portfolio_preview_url": TEXT("Signed address of a preview; it expires and changes on every read."),
    "card_type": TEXT("Kind of card."),
    "card_show_price": FLAG("Whether the card shows the price."),
    "card_tags": TEXTS("Labels on the card."),
    "card_image_index": INTEGER("Which of the product's pictures the card shows."),
    "gesture_type": TEXT("Gesture that people make."),
    "image_id": ID("Id of the image."),
    "pop_up_window_image_id": ID("Id of the image in the window that opens."),
    "thumbnail_id": ID("Id of the small picture."),
    "title": TEXT("Title of the card or sticker."),
    "description": TEXT("Description of the product or offer."),
    "selling_points": TEXTS("What speaks for the product."),
    "call_to_action_text": TEXT("Text of the button."),
    "content_url": TEXT("Address of the content."),
    "tags": TEXTS("Labels of the product or offer."),
    "category_label": TEXT("Label of the category."),
    "app_id": ID("Id of the promoted app."),
    "badge_show_time": INTEGER("When the badge appears, in seconds from the start."),
    "badge_position": OBJECT(position_x=NUMBER, position_y=NUMBER, angle=NUMBER)("Where the badge stands."),
    "badge_image_info": OBJECT(image_id=ID)("Image of the badge."),
    "slide_length": NUMBER("Length of the slide."),
    "slide_dimension": OBJECT(dimension_width=NUMBER, dimension_height=NUMBER)("Size of the slide."),
    "interactive_music_id": ID("Id of the music."),
    "layouts": TEXTS("Ways it can be laid out."),
    "sticker_param": OBJECT(
        sticker_type=TEXT,
        title=TEXT,
        giftcode=TEXT,
        cutoff_time=TEXT,
        reminder_time=TEXT,
        color=TEXT,
        display_angle=INTEGER,
        predefined_placement=TEXT,
        position_x=INTEGER,
        position_y=INTEGER,
        size=TEXT,
        opacity=TEXT,
        landing_page_url=TEXT,
        live_tiktok_user_id=ID,
    )("The sticker: kind, text, place and look."),
}

PLAYABLE: Mapping[str, Shape] = {
    "playable_id": ID("Id of the playable creative."),
    "playable_name": TEXT("Name of the playable creative."),
    "playable_orientation": TEXT("How the screen is held."),
    "playable_url": TEXT("Address of the playable creative, as playable_url of ads holds it."),
    "operation_status": TEXT("Whether it is SAVED, merely UPLOADED, or DELETED."),
    "status": TEXT("How far it is checked, such as AUDIT_SUCCESS."),
}

IDENTITY: Mapping[str, Shape] = {
    **LENT_IDENTITY,
    "display_name": TEXT("Name that is shown on ads."),
    "username": TEXT("Name of the TikTok account."),
    "profile_image": TEXT("Address of the profile picture."),
    "available_status": TEXT("Whether it can be used, and if not, why, such as IS_PRIVATE_ACCOUNT."),
    "unavailable_reason": TEXT("Why it can't be used."),
    "ads_only_mode": FLAG("Whether its posts are shown as ads only."),
    "is_gpppa": FLAG("Whether it belongs to a government, politician or party."),
    "can_push_video": FLAG("Whether videos of ads can be posted to it."),
    "can_pull_video": FLAG("Whether its posts can become ads."),
    "can_use_live_ads": FLAG("Whether its livestreams can be advertised."),
    "can_manage_message": FLAG("Whether its messages can be answered."),
    "shop_id": ID("Id of its TikTok Shop."),
    "is_running_custom_shop_ads": FLAG("Whether it runs shop ads outside GMV Max."),
    "product_gmv_max_available": FLAG("Whether it can be used in GMV Max for products."),
    "live_gmv_max_available": FLAG("Whether it can be used in GMV Max for livestreams."),
}

AUTHORISATION = OBJECT(ad_auth_status=TEXT, auth_start_time=MOMENT, auth_end_time=MOMENT, invite_start_time=MOMENT)(
    "Whether the post may be used in ads, from when and until when."
)
ANCHORS = {
    "id": ID,
    "anchor_id": ID,
    "title": TEXT,
    "status": TEXT,
    "url": TEXT,
    "product_regions": TEXTS,
    "spu_id": ID,
    "spu_name": TEXT,
    "store_id": ID,
}
POST_VIDEO = OBJECT(
    video_id=ID,
    file_name=TEXT,
    format=TEXT,
    size=INTEGER,
    width=INTEGER,
    height=INTEGER,
    duration=NUMBER,
    bit_rate=INTEGER,
    signature=TEXT,
    url=TEXT,
    poster_url=TEXT,
    preview_url=TEXT,
)("The video of the post: file, size, length, and signed addresses that change on every read.")
IMAGES = OBJECTS(image_id=ID, image_url=TEXT, image_width=INTEGER, image_height=INTEGER)
POST_MUSIC = OBJECT(music_id=ID, music_url=TEXT, music_duration=INTEGER)
ITEM_ID = ID("Id of the TikTok post, as tiktok_item_id of ads holds it.")

IDENTITY_POST: Mapping[str, Shape] = {
    **LENT_IDENTITY,
    "item_id": ITEM_ID,
    "item_type": TEXT("Kind of post: VIDEO or CAROUSEL."),
    "text": TEXT("Text of the post."),
    "status": TEXT("Who may see the post, or why nobody may."),
    "auth_info": AUTHORISATION,
    "video_info": POST_VIDEO,
    "carousel_info": OBJECT(image_info=IMAGES, music_info=POST_MUSIC)("The images and music of a carousel."),
    "anchor_list": OBJECT(**ANCHORS)("What the post links to, such as a product."),
    "stitch_original_item_id": ID("Id of the post it takes a piece of."),
    "duet_original_item_id": ID("Id of the post it stands beside."),
    "is_multi_duet_stitch": FLAG("Whether it does so with several posts."),
    "mentioned_item_ids": IDS("Ids of the posts it mentions."),
    "exclude_adsonly": FLAG("Whether posts that are shown as ads only are left out."),
}

SPARK_POST: Mapping[str, Shape] = {
    "item_id": ITEM_ID,
    "auth_info": AUTHORISATION,
    "item_info": OBJECT(
        item_id=ID,
        item_type=TEXT,
        text=TEXT,
        status=TEXT,
        stitch_original_item_id=ID,
        duet_original_item_id=ID,
        is_multi_duet_stitch=FLAG,
        mentioned_item_ids=IDS,
        auth_info=AUTHORISATION,
        anchor_list=OBJECTS(**ANCHORS),
        video_info=POST_VIDEO,
        carousel_info=OBJECT(image_info=IMAGES, music_info=LIST(POST_MUSIC)),
        exclude_adsonly=FLAG,
    )("The post: kind, text, status, what it links to, its video or images."),
    "user_info": OBJECT(tiktok_name=TEXT, identity_id=ID, identity_type=TEXT)(
        "Whose post it is; tiktok_name only with *Include Personal Data*."
    ),
    "video_info": POST_VIDEO,
}

COMMENT: Mapping[str, Shape] = {
    "comment_id": ID("Id of the comment."),
    "content": TEXT("Text of the comment."),
    "comment_type": TEXT("Whether it is a COMMENT or a REPLY to one."),
    "comment_status": TEXT("Whether it is PUBLIC or HIDDEN."),
    "create_time": MOMENT("When it was written, in UTC."),
    "likes": INTEGER("How many people like it."),
    "replies": INTEGER("How many replies it has."),
    "original_comment_id": ID("Id of the comment that began the thread."),
    "hit_blockedword": FLAG("Whether it holds a blocked word."),
    "is_pinned": FLAG("Whether it is kept on top."),
    "can_delete": FLAG("Whether it can be deleted."),
    "is_auth_ttba": FLAG("Whether the TikTok account is authorised."),
    "is_auth_comment_manage_scope": FLAG("Whether that includes managing comments."),
    **CAMPAIGN_NAMES,
    "adgroup_id": ID("Id of the ad group under which it stands; of a post that several show, the first of them."),
    **columns_of(ADGROUP_NAMES, "adgroup_name"),
    "ad_id": ID("Id of the ad under which it stands; empty for upgraded Smart+ ads."),
    "ad_name": TEXT("Name of that ad."),
    "ad_text": TEXT("Text of that ad."),
    "app_id": ID("Id of the app that ad promotes."),
    "tiktok_item_id": ID("Id of the TikTok post, for Spark Ads."),
    **columns_of(LENT_IDENTITY, "identity_id", "identity_type"),
    "video_play_url": TEXT("Address of the ad's video."),
    "video_cover_url": TEXT("Signed address of the video's cover; it changes on every read."),
    "user_id": ID("Id of the TikTok user who wrote it."),
    "user_name": TEXT("Name of the TikTok user who wrote it."),
    "user_avatar_url": TEXT("Address of that user's profile picture."),
}

MATERIAL: Mapping[str, Shape] = {
    "material_id": MATERIAL_ID,
    "currency": CURRENCY,
    "source": TEXT("How the material was made, such as UPLOADED."),
    "country_code": TEXTS("Countries where it was shown."),
    "placement": TEXTS("Places where it was shown."),
    "num_ads": INTEGER("How many ads use it."),
}
# TikTok: the ads and ad groups come for videos alone, and the days that a material was shown on only by day.
VIDEO_MATERIAL: Mapping[str, Shape] = {
    **MATERIAL,
    "related_ad_ids": IDS("Ids of the ads that use it."),
    "adgroup_number": INTEGER("How many ad groups use it."),
    "related_adgroup_ids": IDS("Ids of the ad groups that use it."),
    "video_id": ID("Id of the video."),
}
IMAGE_MATERIAL: Mapping[str, Shape] = {**MATERIAL, "image_id": ID("Id of the image.")}
PAGE_MATERIAL: Mapping[str, Shape] = {
    **MATERIAL,
    "page_id": ID("Id of the instant page."),
    "page_status": TEXT("Status of the page: DRAFT, EDITED, PUBLISHED or READY."),
    "page_biz_type": TEXTS("Kinds of page: APP_PROFILE, CUSTOM or INSTANT_FORM."),
    "page_template_type": TEXTS("Kinds of template the page was made of."),
    "page_thumbnail": TEXT("Address of a small picture of the page."),
    "app_profile_country": TEXTS("Countries of an app's profile page."),
    "app_profile_external_app_id": IDS("Ids of the app of such a page in its stores."),
    "app_profile_icon": TEXT("Address of that app's icon."),
    "customized_page_external_action": TEXTS("Call to action of a custom page."),
}

DELIVERY = (
    *("spend", "impressions", "clicks", "ctr", "cpc", "cpm"),
    *("conversion", "cost_per_conversion", "conversion_rate"),
    *("real_time_conversion", "real_time_cost_per_conversion", "real_time_conversion_rate"),
)
EVENTS = (
    *("app_install", "cost_per_app_install", "registration", "cost_per_registration"),
    *("purchase", "cost_per_purchase", "total_purchase", "total_purchase_value"),
    *("complete_payment", "cost_per_complete_payment", "complete_payment_roas"),
    *("form", "cost_per_form", "total_sales_lead", "total_sales_lead_value"),
    *("onsite_shopping", "cost_per_onsite_shopping", "onsite_shopping_roas", "total_onsite_shopping_value"),
)
VIEWS = (
    *("video_play_actions", "average_video_play", "video_watched_2s", "video_watched_6s"),
    *("video_views_p25", "video_views_p50", "video_views_p75", "video_views_p100"),
)
PAGE_EVENTS = (
    *("ix_page_view_count", "cost_per_ix_page_view_count", "ix_page_view_count_rate"),
    *("ix_button_click_count", "cost_per_ix_button_click_count", "ix_button_click_count_rate"),
    *("ix_product_click_count", "cost_per_ix_product_click_count", "ix_product_click_count_rate"),
    *("onsite_form", "cost_per_onsite_form", "onsite_form_rate"),
)


def figures(row: Row) -> Iterator[dict[str, Any]]:
    """One flat record of a report's row: what it is about, and the metrics that have a value."""
    # TikTok: a metric without a value is a dash or an empty text.
    metrics = {name: value for name, value in inside(row, "metrics").items() if value not in ("-", "")}
    yield {**inside(row, "info"), **inside(row, "dimensions"), **metrics}


def creative_report(name: str, material_type: str, about: Mapping[str, Shape], metrics: tuple[str, ...]) -> Listing:
    """The stream of all that the materials of one type have ever achieved."""
    info = [column for column in about if column not in ("advertiser_id", "currency")]
    asked = {"material_type": material_type, "lifetime": True, "info_fields": info, "metrics_fields": [*metrics]}
    columns = {**about, **{metric: fields.METRICS[metric].shape for metric in metrics}}
    return Listing(
        name, "creative/report/get", ("material_id",), columns, passes=(Pass(asked),), records=figures, required=True
    )


def of_identity(identities: Sequence[Row]) -> Params:
    """A request for the posts of one identity."""
    identity = identities[0]
    asked = {name: identity[name] for name in ("identity_id", "identity_type")}
    # TikTok: an identity that a Business Center lends can only be asked about together with it.
    lent = {"identity_authorized_bc_id": identity["identity_authorized_bc_id"]}
    return {**asked, **lent} if identity["identity_type"] == "BC_AUTH_TT" else asked


def has_posts(identity: Row) -> bool:
    """Whether posts of an identity can be asked for."""
    # TikTok: an identity that was made up for ads is a name and a picture, no account that posts.
    return identity.get("identity_type") != "CUSTOMIZED_USER"


def comment(row: Row) -> Iterator[dict[str, Any]]:
    """A comment whose app stands under one name."""
    # TikTok: one source names the field app, another app_id.
    yield {name: value for name, value in row.items() if name != "app"} | {
        "app_id": row.get("app_id") or row.get("app")
    }


def written_between(first: date, last: date) -> Params:
    """The days of a request for comments."""
    return {"start_time": first.isoformat(), "end_time": last.isoformat()}


def identities(name: str, **more: Any) -> Listing:
    """A list of identities."""
    path, ids = "identity/get", ("identity_id", "identity_type", "identity_authorized_bc_id")
    return Listing(
        name, path, ids, IDENTITY, "identity_list", page_size=100, empty_keys=("identity_authorized_bc_id",), **more
    )


# TikTok: what page_info says is right only where the type is named, and the identities that a Business Center lends
# are told for its id. All identities at once are asked for too, because a center may lend some that the token does not
# list.
IDENTITIES = identities(
    "identities",
    passes=tuple(Pass({"identity_type": kind}) for kind in ("CUSTOMIZED_USER", "AUTH_CODE", "TT_USER")),
    more=(
        identities(
            "identities of Business Centers",
            passes=(Pass({"identity_type": "BC_AUTH_TT"}),),
            parent=replace(OF_CENTER, params_for=from_row(identity_authorized_bc_id="bc_id"), inherits=()),
        ),
        identities("identities of all types", paging=Paging.UNCOUNTED),
    ),
)


def videos_of(ads: Sequence[Row]) -> list[Row]:
    """The videos of ads, each once."""
    return [{"video_id": id} for id in dict.fromkeys(ad.get("video_id") for ad in ads) if id]


def images_of(ads: Sequence[Row]) -> list[Row]:
    """The images of ads, each once."""
    return [{"image_id": id} for id in dict.fromkeys(id for ad in ads for id in ad.get("image_ids") or ()) if id]


def calls_to_action_of(ads: Sequence[Row]) -> list[Row]:
    """The portfolios of calls to action of ads, each once."""
    ids = dict.fromkeys(ad.get("call_to_action_id") for ad in ads)
    return [{"creative_portfolio_id": id, "creative_portfolio_type": "CTA"} for id in ids if id not in (None, "", "0")]


def with_contents(portfolio: Row) -> Iterator[dict[str, Any]]:
    """A portfolio whose contents are a list."""
    # TikTok: the page describes one object, its example holds several.
    content = portfolio.get("portfolio_content")
    yield {**portfolio, **({"portfolio_content": [content]} if isinstance(content, dict) else {})}


VIDEO_INSIGHTS = creative_report("video_insights", "VIDEO", VIDEO_MATERIAL, (*DELIVERY, *VIEWS, *EVENTS))
IMAGE_INSIGHTS = creative_report("image_insights", "IMAGE", IMAGE_MATERIAL, (*DELIVERY, *EVENTS))
PAGE_INSIGHTS = creative_report("instant_page_insights", "INSTANT_PAGE", PAGE_MATERIAL, (*DELIVERY, *PAGE_EVENTS))

CREATIVES: tuple[Listing, ...] = (
    Listing(
        "images",
        "file/image/ad/search",
        ("image_id",),
        IMAGE,
        page_size=100,
        cursor="modify_time",
        # TikTok: the search covers the first ten thousand.
        most=10_000,
        more=(
            Listing(
                "images of ads",
                "file/image/ad/info",
                ("image_id",),
                IMAGE,
                paging=Paging.WHOLE,
                parent=Parent(ADS, from_rows(image_ids="image_id"), batch_size=100, select=images_of),
                beyond=True,
            ),
        ),
        required=True,
    ),
    Listing(
        "videos",
        "file/video/ad/search",
        ("video_id", "material_id"),
        VIDEO,
        page_size=100,
        cursor="modify_time",
        passes=(Pass({"sort_field": "MODIFY_TIME"}),),
        newest_first=True,
        empty_keys=("video_id",),
        # TikTok: the search covers the ten thousand that were changed last.
        most=10_000,
        more=(
            Listing(
                "videos of ads",
                "file/video/ad/info",
                ("video_id", "material_id"),
                VIDEO,
                paging=Paging.WHOLE,
                parent=Parent(ADS, from_rows(video_ids="video_id"), batch_size=60, select=videos_of),
                beyond=True,
            ),
        ),
        required=True,
    ),
    # TikTok: page times page_size may not exceed a hundred thousand.
    Listing(
        "music", "file/music/get", ("music_id",), MUSIC, "musics", cursor="modify_time", most=100_000, required=True
    ),
    Listing(
        "portfolios",
        "creative/portfolio/list",
        ("creative_portfolio_id",),
        PORTFOLIO,
        "creative_portfolios",
        page_size=100,
        # TikTok: calls to action are left out of the list and told one by one; their answer need not repeat the id.
        more=(
            Listing(
                "calls to action of ads",
                "creative/portfolio/get",
                ("creative_portfolio_id",),
                PORTFOLIO,
                rows_at="",
                paging=Paging.WHOLE,
                parent=Parent(
                    ADS,
                    from_row("creative_portfolio_id"),
                    inherits=("creative_portfolio_id", "creative_portfolio_type"),
                    select=calls_to_action_of,
                ),
                records=with_contents,
            ),
        ),
        required=True,
    ),
    Listing(
        "playables",
        "playable/get",
        ("playable_id",),
        PLAYABLE,
        page_size=100,
        # TikTok: only saved ones come unless the others are asked for by name.
        passes=(Pass({"operation_status": "SAVED"}), Pass({"operation_status": "UPLOADED"})),
        with_deleted=tuple(Pass({"operation_status": status}) for status in ("SAVED", "UPLOADED", "DELETED")),
        required=True,
    ),
    IDENTITIES,
    Listing(
        "identity_posts",
        "identity/video/get",
        ("identity_id", "identity_type", "identity_authorized_bc_id", "item_id"),
        IDENTITY_POST,
        "video_list",
        Paging.CURSOR,
        page_size=20,
        # TikTok: only videos come unless carousels are asked for by name.
        passes=(Pass({"item_type": "VIDEO"}), Pass({"item_type": "CAROUSEL"})),
        parent=Parent(
            IDENTITIES,
            of_identity,
            inherits=("identity_id", "identity_type", "identity_authorized_bc_id"),
            keep=has_posts,
        ),
        empty_keys=("identity_authorized_bc_id",),
    ),
    Listing(
        "spark_posts",
        "tt_video/list",
        ("item_id",),
        SPARK_POST,
        page_size=50,
        records=lifting("item_id", out_of="item_info"),
        personal=("tiktok_name",),
    ),
    DatedListing(
        "comments",
        "comment/list",
        ("comment_id",),
        COMMENT,
        "comments",
        page_size=100,
        cursor="create_time",
        # TikTok: comments on upgraded Smart+ ads leave the ad group empty, which the request names all the same.
        passes=(Pass({"search_field": "ADGROUP_ID"}),),
        parent=Parent(ADGROUPS, from_row(search_value="adgroup_id"), inherits=("adgroup_id",)),
        records=comment,
        personal=("user_id", "user_name", "user_avatar_url"),
        days=365,
        params_for=written_between,
        utc=True,
        # A post may be older than the account that makes an ad of it.
        older=True,
    ),
    VIDEO_INSIGHTS,
    IMAGE_INSIGHTS,
    PAGE_INSIGHTS,
)
