"""The ids of an account's campaigns and ad groups: which there are, to limit requests to some of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from source_tiktok_ads.api.pages import unpaged
from source_tiktok_ads.streams.model import ADGROUP, CAMPAIGN, Level
from source_tiktok_ads.sync.hidden import Hidden
from source_tiktok_ads.sync.lines import Answer, Piece, decode
from source_tiktok_ads.sync.paging import Ahead, Lists, Shifting

# TikTok: the lists of campaigns and ad groups have at most so many rows a page.
LARGEST_PAGE = 1000


class Asking(Protocol):
    """What this module needs of the client."""

    def get(
        self,
        path: str,
        params: Mapping[str, Any],
        *,
        advertiser_id: str | None = None,
        decode: Callable[[bytes], Answer],
        accept: Callable[[Answer], str | None] | None = None,
    ) -> Answer:
        """The decoded answer of one request. Raises TikTokError."""


class Structure:
    """What lies below an account; each list is read once a sync, deleted objects included, and proven complete."""

    def __init__(self, client: Asking, ahead: Ahead, warn: Callable[[str], None]) -> None:
        self._client = client
        self._lists = Lists(ahead, LARGEST_PAGE)
        self._warn = warn
        self._known: dict[tuple[str, str, Hidden | None], list[str]] = {}

    def campaigns(self, advertiser_id: str, kinds: Sequence[Hidden | None] = (None,)) -> list[str]:
        """The ids of all campaigns of the account that are of these kinds. Raises TikTokError or Shifting."""
        return self._ids(CAMPAIGN, advertiser_id, kinds)

    def adgroups(self, advertiser_id: str, campaign_id: str, kinds: Sequence[Hidden | None] = (None,)) -> list[str]:
        """The ids of all ad groups of the campaign, which is of these kinds. Raises TikTokError or Shifting."""
        return self._ids(ADGROUP, advertiser_id, kinds, campaign_id)

    def _ids(
        self, level: Level, advertiser_id: str, kinds: Sequence[Hidden | None], campaign_id: str = ""
    ) -> list[str]:
        found = (self._of_kind(level, advertiser_id, kind, campaign_id) for kind in kinds)
        return [*dict.fromkeys(id for ids in found for id in ids)]

    def _of_kind(self, level: Level, advertiser_id: str, kind: Hidden | None, campaign_id: str) -> list[str]:
        place = (advertiser_id, campaign_id, kind)
        if place not in self._known:
            campaign = {"campaign_ids": [campaign_id]} if campaign_id else {}
            filtering = {"primary_status": "STATUS_ALL", **campaign, **(kind.listed if kind else {})}
            self._known[place] = self._listed(level, advertiser_id, filtering, kind.page_size if kind else LARGEST_PAGE)
        return self._known[place]

    def _listed(self, level: Level, advertiser_id: str, filtering: Mapping[str, Any], most: int) -> list[str]:
        params = {"advertiser_id": advertiser_id, "fields": [level.id], "filtering": filtering}

        def fetch(size: int, page: int) -> Answer:
            asked = {**params, "page_size": min(size, most), "page": page}
            return self._client.get(level.path, asked, advertiser_id=advertiser_id, decode=decode, accept=unpaged)

        def pieces(rows: Sequence[Mapping[str, Any]]) -> Sequence[Piece]:
            ids = [str(row[level.id]).encode() for row in rows if row.get(level.id) is not None]
            return [(id, id) for id in ids]

        place = f"{level.path} of account {advertiser_id}, read to divide a report"
        pages = self._lists.rows(place, fetch, pieces, lambda text: self._warn(f"{place}: {text}"), set())
        try:
            return [id.decode() for page in pages for id in page]
        except Shifting as error:
            raise Shifting(f"{place}: {error}") from None
