"""Splits the request of a report by days, objects or metrics, down to what TikTok can answer for the account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from source_tiktok_ads.api.errors import TikTokError, TimedOut, TooLarge
from source_tiktok_ads.streams.model import CAMPAIGN, HIDDEN_CAMPAIGNS, Filter, HiddenCampaigns, Report
from source_tiktok_ads.sync.campaign_ids import UNLISTABLE, CampaignIds
from source_tiktok_ads.sync.date_ranges import DateRange, windows
from source_tiktok_ads.sync.pagination import Incomplete

# TikTok: a filter holds a hundred ids; for campaigns it advises thirty.
CAMPAIGNS_PER_REQUEST = 30
ADGROUPS_PER_REQUEST = 100
IDS_PER_FILTER = 100
# TikTok: a request takes a hundred metrics.
METRICS_PER_REQUEST = 100


class Truncated(Exception):
    """The answer covers only the newest ads of the account."""


class TooManyRows(Exception):
    """A request of several days has more rows than may be deduplicated in memory."""


Unanswered = Truncated | TooManyRows | Incomplete | TikTokError
"""Why a part could not be read, or not completely."""


@dataclass(frozen=True)
class RequestLimits:
    """How many days, campaigns and metrics TikTok can answer in one request of an account; 0 means all."""

    days: int = 0
    campaigns: int = 0
    metrics: int = 0


@dataclass(frozen=True)
class RequestPart:
    """A part of a window that one request asks for."""

    days: DateRange
    by: str = ""
    """The filter of the ids."""
    ids: tuple[str, ...] = ()
    """The objects it is limited to; empty means all."""
    metrics: tuple[str, ...] = ()
    """The metrics it asks for; empty means all."""
    special: HiddenCampaigns | None = None
    """The hidden type of campaigns that it is limited to; None means the ordinary ones."""

    @property
    def only(self) -> list[Filter]:
        """The filters that limit the request to the part's objects."""
        special = [self.special.reported] if self.special else []
        return [*special, *([Filter(self.by, self.ids)] if self.by else [])]


def by_days(part: RequestPart, width: int) -> list[RequestPart]:
    """The part, split into parts of at most `width` days."""
    return [replace(part, days=days) for days in windows(part.days, width)]


def halve_days(part: RequestPart) -> list[RequestPart]:
    """The part, split into two halves of its days; empty for a single day."""
    return by_days(part, (part.days.length + 1) // 2) if part.days.length > 1 else []


def split_by_ids(part: RequestPart, by: str, ids: Sequence[str], size: int) -> list[RequestPart]:
    """The part, split into parts of at most `size` of the objects in `ids`."""
    return [replace(part, by=by, ids=tuple(ids[start : start + size])) for start in range(0, len(ids), size)]


def halve_ids(part: RequestPart) -> list[RequestPart]:
    """The part, split into two halves of its objects; empty if it has fewer than two."""
    return split_by_ids(part, part.by, part.ids, (len(part.ids) + 1) // 2) if len(part.ids) > 1 else []


def split_by_metrics(part: RequestPart, metrics: Sequence[str], size: int) -> list[RequestPart]:
    """The part, split into parts of at most `size` of its metrics. A part that asks for all has those in `metrics`."""
    asked = part.metrics or tuple(metrics)
    return [replace(part, metrics=asked[start : start + size]) for start in range(0, len(asked), size)]


def halve_metrics(part: RequestPart, metrics: Sequence[str]) -> list[RequestPart]:
    """The part, split into two halves of its metrics; empty if it has fewer than two."""
    asked = part.metrics or tuple(metrics)
    return split_by_metrics(part, metrics, (len(asked) + 1) // 2) if len(asked) > 1 else []


class RequestSplitter:
    """Splits the requests of one stream for one account. `limits` has what was learned for each account so far."""

    def __init__(
        self, stream: Report, account_id: str, campaign_ids: CampaignIds, limits: dict[str, RequestLimits]
    ) -> None:
        self._stream = stream
        self._account_id = account_id
        self._campaign_ids = campaign_ids
        self._limits = limits
        # The campaigns that a report selects by its own filter are also missing from lists that do not name their type.
        filtered = {condition.field_name for condition in stream.filters}
        self._specials = tuple(special for special in HIDDEN_CAMPAIGNS if special.reported.field_name in filtered)
        # The ids of a row's parents belong to its key, so every part of its metrics requests them.
        parents = stream.level.parents
        self._divisible = [name for name in stream.metrics if name not in parents]
        self._most_metrics = METRICS_PER_REQUEST - len(parents)

    def whole(self, days: DateRange) -> RequestPart:
        """The part for the whole report on these days, limited to the objects of the report's own filter, if any."""
        filters = {condition.field_name: condition.values for condition in self._stream.filters}
        names = ("adgroup_ids", "campaign_ids") if self._stream.level is not CAMPAIGN else ("campaign_ids",)
        by = next((name for name in names if name in filters and self._stream.level.path), "")
        return RequestPart(days, by, filters.get(by, ()))

    def with_some_metrics(self, part: RequestPart) -> RequestPart:
        """The part, limited to as many metrics as one request takes."""
        asked = part.metrics or tuple(self._divisible)
        return replace(part, metrics=asked[: self._most_metrics]) if len(asked) > self._most_metrics else part

    def fitting(self, part: RequestPart) -> list[RequestPart]:
        """The parts to read instead of a part that exceeds what TikTok could answer before; empty if it does not."""
        if self._stream.most_ids and (parts := self._split_to_most_ids(part)):
            return parts
        limits = self._limits.get(self._account_id, RequestLimits())
        if 0 < limits.days < part.days.length:
            return by_days(part, limits.days)
        if limits.campaigns and not part.by:
            return self._split_by_campaigns(part, limits.campaigns)
        if part.by == "campaign_ids" and 0 < limits.campaigns < len(part.ids):
            return split_by_ids(part, part.by, part.ids, limits.campaigns)
        most = limits.metrics or self._most_metrics
        return split_by_metrics(part, self._divisible, most) if most < len(part.metrics or self._divisible) else []

    def _split_to_most_ids(self, part: RequestPart) -> list[RequestPart]:
        """The parts to read instead of a part with more objects than TikTok accepts beside the report's breakdown.

        Empty if it has no more, or if the objects may not be listed. Raises TikTokError or Incomplete.
        """
        level, most = self._stream.level, self._stream.most_ids
        if part.by or not level.path:
            return []
        try:
            found = [
                id
                for kind in self._campaign_types(part)
                for id in self._campaign_ids.objects(level, self._account_id, kind)
            ]
        except TikTokError as error:
            if error.action not in UNLISTABLE:
                raise
            return []
        ids = [*dict.fromkeys(found)]
        return split_by_ids(part, level.ids_filter, ids, min(most, IDS_PER_FILTER)) if len(ids) > most else []

    def smaller(self, part: RequestPart, error: Unanswered) -> list[RequestPart]:
        """The parts to read instead of a part that TikTok could not answer. Raises the error if splitting cannot help.

        Empty if the smallest part meets a fault of TikTok's servers or is incomplete: then only more attempts help.
        """
        if isinstance(error, TooLarge) and error.most_days | error.most_rows:
            parts = self._split_to_stated_days(part, error.most_days)
        elif isinstance(error, Truncated):
            parts = self.fewer_objects(part)
        elif isinstance(error, TooManyRows):
            parts = self.fewer_days(part)
        elif isinstance(error, TooLarge | TimedOut):
            parts = self.fewer_rows(part) or halve_metrics(part, self._divisible)
        elif isinstance(error, Incomplete) or error.server_fault:
            return self.fewer_rows(part)
        else:
            raise error
        if not parts:
            raise error
        self.learn(parts[0])
        return parts

    def _split_to_stated_days(self, part: RequestPart, days: int) -> list[RequestPart]:
        """Parts of at most `days` days, a limit that TikTok states; empty if the part keeps to it or has no days."""
        return by_days(part, days) if self._stream.grain.dimension and 0 < days < part.days.length else []

    def fewer_rows(self, part: RequestPart) -> list[RequestPart]:
        """Smaller parts, split by days or else by objects; empty if neither is possible."""
        return self.fewer_days(part) or self.fewer_objects(part)

    def fewer_days(self, part: RequestPart) -> list[RequestPart]:
        """Both halves of the days; empty if the days cannot be split."""
        # Rows without a time dimension are sums over all days, which two halves do not have.
        return halve_days(part) if self._stream.grain.dimension else []

    def fewer_objects(self, part: RequestPart) -> list[RequestPart]:
        """Parts with fewer campaigns or ad groups; empty if there are none. Raises TikTokError or Incomplete."""
        if not part.by:
            return self._split_by_campaigns(part, CAMPAIGNS_PER_REQUEST)
        if len(part.ids) > 1:
            return halve_ids(part)
        if part.by == "campaign_ids" and self._stream.level is not CAMPAIGN:
            campaign, list_ids = part.ids[0], self._campaign_ids.adgroups
            adgroups = [id for kind in self._campaign_types(part) for id in list_ids(self._account_id, campaign, kind)]
            return split_by_ids(part, "adgroup_ids", [*dict.fromkeys(adgroups)], ADGROUPS_PER_REQUEST)
        return []

    def _split_by_campaigns(self, part: RequestPart, size: int) -> list[RequestPart]:
        if not self._stream.level.path or not self._stream.takes_filters:
            return []
        list_ids = self._campaign_ids.campaigns
        campaigns = [id for kind in self._campaign_types(part) for id in list_ids(self._account_id, kind)]
        return split_by_ids(part, "campaign_ids", [*dict.fromkeys(campaigns)], size)

    def _campaign_types(self, part: RequestPart) -> Sequence[HiddenCampaigns | None]:
        """The types of campaigns that a part may have; None for the ordinary ones."""
        return (part.special,) if part.special else (None, *self._specials)

    def learn(self, part: RequestPart) -> None:
        """Remember the size of a part, so that the account's next windows begin with parts of this size.

        If metrics had to be split, fewer objects did not help, so the objects are not limited.
        """
        known = self._limits.get(self._account_id, RequestLimits())
        days = min(part.days.length, known.days or part.days.length) if self._stream.grain.dimension else 0
        campaigns = len(part.ids) if part.by == "campaign_ids" else int(bool(part.by))
        limits = RequestLimits(days, metrics=len(part.metrics)) if part.metrics else RequestLimits(days, campaigns)
        self._limits[self._account_id] = limits
