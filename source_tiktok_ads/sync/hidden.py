"""Campaigns that TikTok leaves out of lists and reports unless it is asked for their kind: TopView and Promote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from source_tiktok_ads.streams.model import Report


@dataclass(frozen=True)
class Hidden:
    """A kind of campaign: the filter of lists that shows it, that of reports, their value, the largest page of lists.

    `name` is for people.
    """

    name: str
    list_filter: str
    report_filter: str
    value: str
    page_size: int

    @property
    def listed(self) -> Mapping[str, Sequence[str]]:
        """The filter of a list that shows only this kind."""
        return {self.list_filter: [self.value]}

    @property
    def reported(self) -> Mapping[str, Sequence[str]]:
        """The filter of a report that shows this kind, as the limits of a request are written."""
        return {self.report_filter: (self.value,)}


# TikTok: lists refuse TopView beside other buying types, and give a hundred of its ad groups a page.
TOP_VIEW = Hidden("TopView", "buying_types", "buying_type", "RESERVATION_TOP_VIEW", 100)
# TikTok: Promote campaigns are posts that were boosted in the app.
PROMOTE = Hidden("Promote", "campaign_system_origins", "campaign_system_origins", "PROMOTE", 1000)
KINDS = (TOP_VIEW, PROMOTE)


def kinds_in(report: Report) -> list[Hidden | None]:
    """The kinds of campaigns a report may speak about by its own filters; None stands for all that are not hidden."""
    filtered = {condition.field_name for condition in report.filters}
    return [None, *(kind for kind in KINDS if kind.report_filter in filtered)]
