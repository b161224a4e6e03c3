"""Into which parts a report's request is divided where TikTok can't answer it whole, and what is learned from that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from source_tiktok_ads.api.errors import TikTokError, TimedOut, TooLarge
from source_tiktok_ads.streams.model import CAMPAIGN, SPECIALS, Report, Special
from source_tiktok_ads.sync.cuts import (
    Cut,
    by_days,
    by_half_of_days,
    by_half_of_ids,
    by_half_of_metrics,
    by_ids,
    by_metrics,
)
from source_tiktok_ads.sync.paging import Incomplete
from source_tiktok_ads.sync.slices import Days
from source_tiktok_ads.sync.structure import UNTOLD, Structure

# TikTok: a filter holds a hundred ids; for campaigns it advises thirty.
CAMPAIGNS_A_REQUEST = 30
ADGROUPS_A_REQUEST = 100
IDS_A_FILTER = 100
# TikTok: a request takes a hundred metrics.
METRICS_A_REQUEST = 100


class Truncated(Exception):
    """An answer that covers only the newest ads of the account."""


class TooManyRows(Exception):
    """A request of several days whose rows are more than should be told apart at once."""


Unanswered = Truncated | TooManyRows | Incomplete | TikTokError
"""Why a cut brought no rows, or not all."""


@dataclass(frozen=True)
class Fit:
    """What TikTok can answer for an account: so many days, campaigns and metrics at a time (0 is all)."""

    days: int = 0
    campaigns: int = 0
    metrics: int = 0


class Divider:
    """Divides the requests of one stream for one account; `fits` is what all accounts have taught so far."""

    def __init__(self, stream: Report, account_id: str, structure: Structure, fits: dict[str, Fit]) -> None:
        self._stream = stream
        self._account_id = account_id
        self._structure = structure
        self._fits = fits
        # Campaigns that a report asks for by a filter of its own are listed only where they are asked for, too.
        filtered = {condition.field_name for condition in stream.filters}
        self._specials = tuple(special for special in SPECIALS if special.reported.field_name in filtered)
        # A row's parents belong to its key, so every part of its metrics asks for them.
        parents = stream.level.parents
        self._divisible = [name for name in stream.metrics if name not in parents]
        self._most_metrics = METRICS_A_REQUEST - len(parents)

    def whole(self, days: Days) -> Cut:
        """All that the report speaks about on those days: the objects of its own filter, where they can be divided."""
        own = {condition.field_name: condition.values for condition in self._stream.filters}
        names = ("adgroup_ids", "campaign_ids") if self._stream.level is not CAMPAIGN else ("campaign_ids",)
        by = next((name for name in names if name in own and self._stream.level.path), "")
        return Cut(days, by, own.get(by, ()))

    def fitting(self, cut: Cut) -> list[Cut]:
        """The parts of a cut that is larger than what TikTok could answer before; empty where it is not."""
        if self._stream.most_ids and (few := self._few_enough(cut)):
            return few
        fit = self._fits.get(self._account_id, Fit())
        if 0 < fit.days < cut.days.length:
            return by_days(cut, fit.days)
        if fit.campaigns and not cut.by:
            return self._by_campaigns(cut, fit.campaigns)
        if cut.by == "campaign_ids" and 0 < fit.campaigns < len(cut.ids):
            return by_ids(cut, cut.by, cut.ids, fit.campaigns)
        most = fit.metrics or self._most_metrics
        return by_metrics(cut, self._divisible, most) if most < len(cut.metrics or self._divisible) else []

    def _few_enough(self, cut: Cut) -> list[Cut]:
        """The parts of a cut that is about more objects than TikTok takes beside the report's breakdown.

        Empty where it is not, and where the objects may not be listed. Raises TikTokError or Incomplete.
        """
        level, most = self._stream.level, self._stream.most_ids
        if cut.by or not level.path:
            return []
        try:
            found = [id for kind in self._kinds(cut) for id in self._structure.objects(level, self._account_id, kind)]
        except TikTokError as error:
            if error.action not in UNTOLD:
                raise
            return []
        ids = [*dict.fromkeys(found)]
        return by_ids(cut, level.ids_filter, ids, min(most, IDS_A_FILTER)) if len(ids) > most else []

    def smaller(self, cut: Cut, error: Unanswered) -> list[Cut]:
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
            cuts = self.fewer_rows(cut) or by_half_of_metrics(cut, self._divisible)
        elif isinstance(error, Incomplete) or error.server_fault:
            return self.fewer_rows(cut)
        else:
            raise error
        if not cuts:
            raise error
        self.learn(cuts[0])
        return cuts

    def _within(self, cut: Cut, days: int) -> list[Cut]:
        """Parts of at most so many days, as TikTok states; empty where the cut keeps to that limit, or can't."""
        return by_days(cut, days) if self._stream.grain.dimension and 0 < days < cut.days.length else []

    def fewer_rows(self, cut: Cut) -> list[Cut]:
        """Parts that have fewer rows, by days or by objects; empty where there are none."""
        return self.fewer_days(cut) or self.fewer_objects(cut)

    def fewer_days(self, cut: Cut) -> list[Cut]:
        """Both halves of the days; empty where there are none."""
        # Where the rows are not told apart by time, those of two halves are not those of the whole.
        return by_half_of_days(cut) if self._stream.grain.dimension else []

    def fewer_objects(self, cut: Cut) -> list[Cut]:
        """Parts with fewer campaigns or ad groups; empty where there are none. Raises TikTokError or Incomplete."""
        if not cut.by:
            return self._by_campaigns(cut, CAMPAIGNS_A_REQUEST)
        if len(cut.ids) > 1:
            return by_half_of_ids(cut)
        if cut.by == "campaign_ids" and self._stream.level is not CAMPAIGN:
            campaign, list_of = cut.ids[0], self._structure.adgroups
            adgroups = [id for kind in self._kinds(cut) for id in list_of(self._account_id, campaign, kind)]
            return by_ids(cut, "adgroup_ids", [*dict.fromkeys(adgroups)], ADGROUPS_A_REQUEST)
        return []

    def _by_campaigns(self, cut: Cut, size: int) -> list[Cut]:
        if not self._stream.level.path or not self._stream.takes_filters:
            return []
        list_of = self._structure.campaigns
        campaigns = [id for kind in self._kinds(cut) for id in list_of(self._account_id, kind)]
        return by_ids(cut, "campaign_ids", [*dict.fromkeys(campaigns)], size)

    def _kinds(self, cut: Cut) -> Sequence[Special | None]:
        """The kinds of campaigns that a cut may be about, None for the ordinary ones."""
        return (cut.special,) if cut.special else (None, *self._specials)

    def learn(self, cut: Cut) -> None:
        """Begin the account's next windows with what is about to be tried.

        Where even one ad group's metrics have to be divided, fewer objects were no remedy.
        """
        known = self._fits.get(self._account_id, Fit())
        days = min(cut.days.length, known.days or cut.days.length) if self._stream.grain.dimension else 0
        campaigns = len(cut.ids) if cut.by == "campaign_ids" else int(bool(cut.by))
        fit = Fit(days, metrics=len(cut.metrics)) if cut.metrics else Fit(days, campaigns)
        self._fits[self._account_id] = fit
