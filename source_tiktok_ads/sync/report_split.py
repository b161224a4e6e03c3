"""Splits a report's request into smaller ones: by days, objects or metrics, to the limits TikTok has shown so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from source_tiktok_ads.api.errors import TikTokError, TimedOut, TooLarge
from source_tiktok_ads.streams.model import CAMPAIGN, HIDDEN_CAMPAIGNS, Filter, HiddenCampaigns, Report
from source_tiktok_ads.sync.campaign_ids import UNTOLD, CampaignIds
from source_tiktok_ads.sync.date_ranges import DateRange, windows
from source_tiktok_ads.sync.pagination import Incomplete

# TikTok: a filter holds a hundred ids; for campaigns it advises thirty.
CAMPAIGNS_PER_REQUEST = 30
ADGROUPS_PER_REQUEST = 100
IDS_PER_FILTER = 100
# TikTok: a request takes a hundred metrics.
METRICS_PER_REQUEST = 100


class Truncated(Exception):
    """An answer that covers only the newest ads of the account."""


class TooManyRows(Exception):
    """A request of several days whose rows are more than should be told apart at once."""


Unanswered = Truncated | TooManyRows | Incomplete | TikTokError
"""Why a cut brought no rows, or not all."""


@dataclass(frozen=True)
class RequestLimits:
    """What TikTok can answer for an account: so many days, campaigns and metrics at a time (0 is all)."""

    days: int = 0
    campaigns: int = 0
    metrics: int = 0


@dataclass(frozen=True)
class RequestPart:
    """A part of a window: its days, the objects it is limited to, the metrics it asks for; empty means all.

    `by` is the filter that `ids` stand in. A part with `special` campaigns has no others.
    """

    days: DateRange
    by: str = ""
    ids: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    special: HiddenCampaigns | None = None

    @property
    def only(self) -> list[Filter]:
        """The limit to objects, as a report's request takes it."""
        special = [self.special.reported] if self.special else []
        return [*special, *([Filter(self.by, self.ids)] if self.by else [])]


def by_days(cut: RequestPart, width: int) -> list[RequestPart]:
    """The cut once for every `width` of its days."""
    return [replace(cut, days=days) for days in windows(cut.days, width)]


def halve_days(cut: RequestPart) -> list[RequestPart]:
    """The cut in two halves of its days; empty where it is a single day."""
    return by_days(cut, (cut.days.length + 1) // 2) if cut.days.length > 1 else []


def split_by_ids(cut: RequestPart, by: str, ids: Sequence[str], size: int) -> list[RequestPart]:
    """The cut once for every `size` of the objects."""
    return [replace(cut, by=by, ids=tuple(ids[start : start + size])) for start in range(0, len(ids), size)]


def halve_ids(cut: RequestPart) -> list[RequestPart]:
    """The cut in two halves of its objects; empty where it has less than two."""
    return split_by_ids(cut, cut.by, cut.ids, (len(cut.ids) + 1) // 2) if len(cut.ids) > 1 else []


def split_by_metrics(cut: RequestPart, metrics: Sequence[str], size: int) -> list[RequestPart]:
    """The cut once for every `size` of the metrics it asks for, which are `metrics` where it asks for all."""
    asked = cut.metrics or tuple(metrics)
    return [replace(cut, metrics=asked[start : start + size]) for start in range(0, len(asked), size)]


def halve_metrics(cut: RequestPart, metrics: Sequence[str]) -> list[RequestPart]:
    """The cut in two halves of its metrics; empty where it has less than two."""
    asked = cut.metrics or tuple(metrics)
    return split_by_metrics(cut, metrics, (len(asked) + 1) // 2) if len(asked) > 1 else []


class RequestSplitter:
    """Splits the requests of one stream for one account; `limits` holds what their answers have shown so far."""

    def __init__(
        self, stream: Report, account_id: str, campaign_ids: CampaignIds, limits: dict[str, RequestLimits]
    ) -> None:
        self._stream = stream
        self._account_id = account_id
        self._campaign_ids = campaign_ids
        self._limits = limits
        # Campaigns that a report asks for by a filter of its own are listed only where they are asked for, too.
        filtered = {condition.field_name for condition in stream.filters}
        self._specials = tuple(special for special in HIDDEN_CAMPAIGNS if special.reported.field_name in filtered)
        # A row's parents belong to its key, so every part of its metrics asks for them.
        parents = stream.level.parents
        self._divisible = [name for name in stream.metrics if name not in parents]
        self._most_metrics = METRICS_PER_REQUEST - len(parents)

    def whole(self, days: DateRange) -> RequestPart:
        """All that the report speaks about on those days: the objects of its own filter, where they can be divided."""
        own = {condition.field_name: condition.values for condition in self._stream.filters}
        names = ("adgroup_ids", "campaign_ids") if self._stream.level is not CAMPAIGN else ("campaign_ids",)
        by = next((name for name in names if name in own and self._stream.level.path), "")
        return RequestPart(days, by, own.get(by, ()))

    def fitting(self, cut: RequestPart) -> list[RequestPart]:
        """The parts of a cut that is larger than what TikTok could answer before; empty where it is not."""
        if self._stream.most_ids and (few := self._few_enough(cut)):
            return few
        fit = self._limits.get(self._account_id, RequestLimits())
        if 0 < fit.days < cut.days.length:
            return by_days(cut, fit.days)
        if fit.campaigns and not cut.by:
            return self._by_campaigns(cut, fit.campaigns)
        if cut.by == "campaign_ids" and 0 < fit.campaigns < len(cut.ids):
            return split_by_ids(cut, cut.by, cut.ids, fit.campaigns)
        most = fit.metrics or self._most_metrics
        return split_by_metrics(cut, self._divisible, most) if most < len(cut.metrics or self._divisible) else []

    def _few_enough(self, cut: RequestPart) -> list[RequestPart]:
        """The parts of a cut that is about more objects than TikTok takes beside the report's breakdown.

        Empty where it is not, and where the objects may not be listed. Raises TikTokError or Incomplete.
        """
        level, most = self._stream.level, self._stream.most_ids
        if cut.by or not level.path:
            return []
        try:
            found = [
                id for kind in self._kinds(cut) for id in self._campaign_ids.objects(level, self._account_id, kind)
            ]
        except TikTokError as error:
            if error.action not in UNTOLD:
                raise
            return []
        ids = [*dict.fromkeys(found)]
        return split_by_ids(cut, level.ids_filter, ids, min(most, IDS_PER_FILTER)) if len(ids) > most else []

    def smaller(self, cut: RequestPart, error: Unanswered) -> list[RequestPart]:
        """The parts to read instead of a cut that TikTok could not answer. Raises the error where that is no remedy.

        None are left where a fault of TikTok's servers, or rows that change places, meet the smallest part; then only
        patience helps.
        """
        if isinstance(error, TooLarge) and error.most_days | error.most_rows:
            cuts = self._within(cut, error.most_days)
        elif isinstance(error, Truncated):
            cuts = self.fewer_objects(cut)
        elif isinstance(error, TooManyRows):
            cuts = self.fewer_days(cut)
        elif isinstance(error, TooLarge | TimedOut):
            cuts = self.fewer_rows(cut) or halve_metrics(cut, self._divisible)
        elif isinstance(error, Incomplete) or error.server_fault:
            return self.fewer_rows(cut)
        else:
            raise error
        if not cuts:
            raise error
        self.learn(cuts[0])
        return cuts

    def _within(self, cut: RequestPart, days: int) -> list[RequestPart]:
        """Parts of at most so many days, as TikTok states; empty where the cut keeps to that limit, or can't."""
        return by_days(cut, days) if self._stream.grain.dimension and 0 < days < cut.days.length else []

    def fewer_rows(self, cut: RequestPart) -> list[RequestPart]:
        """Parts that have fewer rows, by days or by objects; empty where there are none."""
        return self.fewer_days(cut) or self.fewer_objects(cut)

    def fewer_days(self, cut: RequestPart) -> list[RequestPart]:
        """Both halves of the days; empty where there are none."""
        # Where the rows are not told apart by time, those of two halves are not those of the whole.
        return halve_days(cut) if self._stream.grain.dimension else []

    def fewer_objects(self, cut: RequestPart) -> list[RequestPart]:
        """Parts with fewer campaigns or ad groups; empty where there are none. Raises TikTokError or Incomplete."""
        if not cut.by:
            return self._by_campaigns(cut, CAMPAIGNS_PER_REQUEST)
        if len(cut.ids) > 1:
            return halve_ids(cut)
        if cut.by == "campaign_ids" and self._stream.level is not CAMPAIGN:
            campaign, list_of = cut.ids[0], self._campaign_ids.adgroups
            adgroups = [id for kind in self._kinds(cut) for id in list_of(self._account_id, campaign, kind)]
            return split_by_ids(cut, "adgroup_ids", [*dict.fromkeys(adgroups)], ADGROUPS_PER_REQUEST)
        return []

    def _by_campaigns(self, cut: RequestPart, size: int) -> list[RequestPart]:
        if not self._stream.level.path or not self._stream.takes_filters:
            return []
        list_of = self._campaign_ids.campaigns
        campaigns = [id for kind in self._kinds(cut) for id in list_of(self._account_id, kind)]
        return split_by_ids(cut, "campaign_ids", [*dict.fromkeys(campaigns)], size)

    def _kinds(self, cut: RequestPart) -> Sequence[HiddenCampaigns | None]:
        """The kinds of campaigns that a cut may be about, None for the ordinary ones."""
        return (cut.special,) if cut.special else (None, *self._specials)

    def learn(self, cut: RequestPart) -> None:
        """Begin the account's next windows with what is about to be tried.

        Where even one ad group's metrics have to be divided, fewer objects were no remedy.
        """
        known = self._limits.get(self._account_id, RequestLimits())
        days = min(cut.days.length, known.days or cut.days.length) if self._stream.grain.dimension else 0
        campaigns = len(cut.ids) if cut.by == "campaign_ids" else int(bool(cut.by))
        fit = RequestLimits(days, metrics=len(cut.metrics)) if cut.metrics else RequestLimits(days, campaigns)
        self._limits[self._account_id] = fit
