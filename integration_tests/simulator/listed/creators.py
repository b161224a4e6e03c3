"""The lists of TikTok One's Creator Marketplace: accounts, campaigns and, for one country at a time, their videos.

Two sources tell of each endpoint: a copy of TikTok's reference (October 2025) and a typed client. That the header
`Country-Code` is required has one source, the reference. What a token without such an account gets is unverified.
"""

from __future__ import annotations

from collections.abc import Mapping

from .. import assets as owned
from ..assets import Asset, assets
from ..entities import moment
from ..refusal import Refusal
from .scene import Row, Scene, Source

ACCOUNTS = ("7600000000000000501", "7600000000000000502")
COUNTRY = "Country-Code"
COUNTRIES = ("US", "CA", "GB")
SOURCES_OF_VIEWS = ("sound", "hashtag", "following", "for_you", "search", "personal_profile", "other")


def _accounts(scene: Scene) -> list[Row]:
    return [{"tto_tcm_account_ids": list(ACCOUNTS)}]


def _place(scene: Scene) -> int:
    wanted = scene.sent["tto_tcm_account_id"]
    if wanted not in ACCOUNTS:
        raise Refusal(40001, f"No permission to operate account {wanted}")
    return ACCOUNTS.index(wanted)


def _campaigns(scene: Scene) -> list[Row]:
    found = assets(scene.world, owned.CREATOR_CAMPAIGN, _place(scene), scene.epoch)
    kind, ids = scene.get("campaign_type"), scene.sent.get("campaign_ids")
    chosen = [each for each in found if _kind(each) == kind and ids in (None, [each.id])]
    return scene.asset_rows(chosen, lambda campaign: _campaign(scene, campaign))


def _kind(campaign: Asset) -> str:
    return "BRAND_LINK" if campaign.index % 3 == 2 else "CAMPAIGN"


def _countries(campaign: Asset) -> list[str]:
    """Where the invited creators are; nowhere while nobody is invited."""
    return list(COUNTRIES[: campaign.index % 4])


def _videos_of(scene: Scene, campaign: Asset) -> list[Asset]:
    place = _place(scene) * 1000 + campaign.index
    return assets(scene.world, owned.CREATOR_VIDEO, place, scene.epoch) if _countries(campaign) else []


def _campaign(scene: Scene, campaign: Asset) -> Row:
    return {
        "campaign_id": campaign.id,
        "campaign_type": _kind(campaign),
        "campaign_name": campaign.name("Creators", scene.epoch),
        "create_time": moment(campaign.created),
        "country_codes": _countries(campaign),
        "video_ids": [video.id for video in _videos_of(scene, campaign)],
    }


def _videos(scene: Scene) -> list[Row]:
    found = assets(scene.world, owned.CREATOR_CAMPAIGN, _place(scene), scene.epoch)
    campaign = next((each for each in found if each.id == scene.sent["campaign_id"]), None)
    if campaign is None or scene.sent[COUNTRY] not in _countries(campaign):
        raise Refusal(40002, f"{COUNTRY}: not a country of the campaign.")
    known = _countries(campaign)
    videos = [each for each in _videos_of(scene, campaign) if known[each.index % len(known)] == scene.sent[COUNTRY]]
    return scene.asset_rows(videos, lambda video: _video(scene, video))


def _video(scene: Scene, video: Asset) -> Row:
    views = [{"source": name, "video_views": (video.seed >> place) % 90} for place, name in enumerate(SOURCES_OF_VIEWS)]
    return {
        "video_info": {
            "create_time": moment(video.created),
            "embed_url": f"https://videos.example/{video.id}",
            "thumbnail_url": scene.signed("thumbnail", video.number),
            "video_id": video.id,
            "authorization_code": f"#code-of-{video.id}",
        },
        "video_views_by_source": views,
        # It grows while the campaign goes on.
        "video_views": 10 * video.version(scene.epoch) + video.seed % 1000,
    }


SOURCES: Mapping[str, Source] = {
    "tto/oauth2/tcm": Source(_accounts, ("app_id", "secret")),
    "tto/tcm/campaign": Source(_campaigns, ("tto_tcm_account_id", "campaign_type", "campaign_ids")),
    "tto/tcm/report": Source(_videos, ("tto_tcm_account_id", "campaign_id", COUNTRY), headers=(COUNTRY,)),
}
