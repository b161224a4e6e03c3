"""The ids of an account's campaigns and ad groups, for requests that are limited to some of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from source_tiktok_ads.api.errors import Action, TikTokError
from source_tiktok_ads.api.pages import AcceptedOddities, PageCheck
from source_tiktok_ads.streams.model import ADGROUP, BUYING_TYPES, CAMPAIGN, HIDDEN_CAMPAIGNS, HiddenCampaigns, Level
from source_tiktok_ads.streams.parameters import Params
from source_tiktok_ads.sync.pagination import Incomplete, Lists, Prefetcher
from source_tiktok_ads.sync.records import Answer, Piece, decode
from source_tiktok_ads.sync.refusals import CONFIRM_AFTER, wrong_parameter

# TikTok: the lists of campaigns and ad groups have at most this many rows a page.
LARGEST_PAGE = 1000

# Errors on listing an account's campaigns that another attempt would not change.
UNLISTABLE = frozenset({Action.SKIP_ADVERTISER, Action.SKIP_STREAM, Action.BUG})


def missing(kind: str, error: TikTokError) -> str:
    """The sentence for hidden campaigns that an endpoint refuses to give."""
    return f"{kind} campaigns are missing, TikTok does not tell of them here: {error.event}."


def refuses_types(error: TikTokError) -> bool:
    """Whether TikTok refuses buying types in the filter of a list."""
    return wrong_parameter(error) and "buying_type" in error.message


def unnamed_types(error: TikTokError) -> str:
    """The sentence for a list that is read without a filter of buying types."""
    return (
        f"{error.event}. It is asked without naming ways of buying; whether that gives reservation (Reach & Frequency) "
        "campaigns is not documented, so they may be missing."
    )


class CampaignsClient(Protocol):
    """The methods of the client that this module needs."""

    def pause(self, seconds: float, why: str) -> None:
        """Wait before one request is sent again."""

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


class CampaignIds:
    """The ids of the objects of an account. Each list is read once per sync until complete, with deleted objects."""

    def __init__(
        self,
        client: CampaignsClient,
        prefetcher: Prefetcher,
        warn: Callable[[str], None],
        specials: Sequence[HiddenCampaigns] = HIDDEN_CAMPAIGNS,
    ) -> None:
        self._client = client
        self._lists = Lists(prefetcher, LARGEST_PAGE)
        self._warn = warn
        self._specials = specials
        self._lock = threading.Lock()
        self._locks: dict[tuple[str, ...], threading.Lock] = {}
        self._cached: dict[tuple[str, ...], list[str]] = {}
        self._unlistable: set[str] = set()
        self._without_buying_types: set[str] = set()
        self._believed = AcceptedOddities(lambda text: warn(f"Lists read to divide a report: {text}"))

    @property
    def kinds(self) -> Sequence[HiddenCampaigns]:
        """The hidden types of campaigns that an account may have."""
        return self._specials

    def specials(self, advertiser_id: str) -> Sequence[HiddenCampaigns]:
        """The hidden types of campaigns that the account has.

        All types if the app may not list campaigns: the requests for them then show whether there are any. Raises
        TikTokError or Incomplete.
        """
        if advertiser_id in self._unlistable:
            return self._specials
        try:
            return [special for special in self._specials if self.campaigns(advertiser_id, special)]
        except TikTokError as error:
            if error.action not in UNLISTABLE:
                raise
            self._unlistable.add(advertiser_id)
            return self._specials

    def campaigns(self, advertiser_id: str, special: HiddenCampaigns | None = None) -> list[str]:
        """The ids of all campaigns of the account, or of those of a hidden type. Raises TikTokError or Incomplete."""
        return self._ids(CAMPAIGN, advertiser_id, "", special)

    def adgroups(self, advertiser_id: str, campaign_id: str, special: HiddenCampaigns | None = None) -> list[str]:
        """The ids of all ad groups of the campaign, which may be of a hidden type. Raises TikTokError or Incomplete."""
        return self._ids(ADGROUP, advertiser_id, campaign_id, special)

    def objects(self, level: Level, advertiser_id: str, special: HiddenCampaigns | None = None) -> list[str]:
        """The ids of all objects at a level, or of those of a hidden type. Raises TikTokError or Incomplete."""
        return self._ids(level, advertiser_id, "", special)

    def _ids(self, level: Level, advertiser_id: str, campaign_id: str, special: HiddenCampaigns | None) -> list[str]:
        key = (level.name, advertiser_id, campaign_id, special.name if special else "")
        filtering: Params = {"primary_status": "STATUS_ALL", **(special.listed if special else {})}
        if campaign_id:
            filtering["campaign_ids"] = [campaign_id]
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._cached:
                most = special.adgroups_a_page if special and level is ADGROUP else LARGEST_PAGE
                list_ids = self._list_ids if special else self._list_ids_by_buying_types
                self._cached[key] = list_ids(level, advertiser_id, filtering, most)
            return self._cached[key]

    def _list_ids_by_buying_types(self, level: Level, advertiser_id: str, filtering: Params, most: int) -> list[str]:
        """The ids of ordinary objects. The filter names their buying types, unless TikTok refuses that."""
        # Without hidden types, as in the sandbox, the filter of buying types is not available either.
        if self._specials and advertiser_id not in self._without_buying_types:
            try:
                return self._retry_refused_filter(
                    partial(self._list_ids, level, advertiser_id, {**filtering, **BUYING_TYPES}, most)
                )
            except TikTokError as error:
                if not refuses_types(error):
                    raise
                self._without_buying_types.add(advertiser_id)
                self._warn(f"{level.path} of account {advertiser_id}: {unnamed_types(error)}")
        return self._list_ids(level, advertiser_id, filtering, most)

    def _retry_refused_filter(self, read: Callable[[], list[str]]) -> list[str]:
        """The ids of a list with a filter of buying types; read once more if TikTok refuses the filter."""
        try:
            return read()
        except TikTokError as error:
            if not refuses_types(error):
                raise
            self._client.pause(CONFIRM_AFTER, error.rule.happened)
            return read()

    def _list_ids(self, level: Level, advertiser_id: str, filtering: Params, most: int) -> list[str]:
        row_id = level.listed_by or level.id
        fields = [*dict.fromkeys((row_id, level.id))]
        params = {"advertiser_id": advertiser_id, "fields": fields, "filtering": filtering}

        def fetch(size: int, page: int) -> Answer:
            asked = {**params, "page_size": size, "page": page}
            check = PageCheck[Answer](page, self._believed, (level.path, advertiser_id))
            return self._client.get(level.path, asked, advertiser_id=advertiser_id, decode=decode, accept=check)

        def pieces(rows: Sequence[Mapping[str, Any]]) -> Sequence[Piece]:
            ids = [(row.get(row_id), row.get(level.id) or row.get(row_id)) for row in rows]
            return [(str(own).encode(), str(id).encode()) for own, id in ids if own is not None]

        place = f"{level.path} of account {advertiser_id}, read to divide a report"
        pages = self._lists.rows(place, fetch, pieces, lambda text: self._warn(f"{place}: {text}"), set(), most)
        try:
            return [*dict.fromkeys(id.decode() for page in pages for id in page)]
        except Incomplete as error:
            raise Incomplete(f"{place}: {error}") from None
