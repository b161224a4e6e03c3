"""A case for each mutant: a small world and the one fault that it would turn into a third outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .random_cases import CUSTOM, Case, Play, Played
from .random_faults import REPORT, Fault
from .simulator import World
from .simulator.assets import PIXEL, assets

WORLD = World(advertisers=2, campaigns=2, adgroups_per=1, ads_per=2, history_start=date(2026, 2, 1), specials=False)
FIRST, SECOND = WORLD.advertiser_ids
LATE_PIXEL = assets(WORLD, PIXEL, 0, WORLD.start_epoch)[-1].id


@dataclass(frozen=True)
class Planned:
    """What is read, and what strikes the first sync; `hours` pass before the clean one."""

    streams: tuple[str, ...]
    faults: tuple[Fault, ...]
    full: bool = False
    hours: int = 0

    @property
    def case(self) -> Case:
        """The case, whose look-back is too short to hide a gap."""
        settings = {
            **{"start_date": "2026-03-03", "page_size": 10, "concurrency": 2, "lookback_days": 0},
            **{"include_deleted": True, "custom_reports": list(CUSTOM), "wait_scale": 0.0001},
        }
        return Case(0, WORLD, {}, settings, self.streams, self.full, False, () if self.full else (0, self.hours))

    def play(self, mutant: str = "") -> Played:
        """Play the case, with a mutant of the connector if one is named."""
        return Play(self.case, mutant, [self.faults]).play()


def _fault(kind: str, **rule: Any) -> Fault:
    return Fault(kind, ({"kind": kind, **rule},))


def _of_first(kind: str, path: str, **rule: Any) -> Fault:
    return _fault(kind, path=path, advertiser_id=FIRST, **rule)


PLANNED: Mapping[str, Planned] = {
    "believe_equal_readings": Planned(("gmv_max_campaigns",), (_of_first("blank", "gmv_max/campaign/get"),), full=True),
    "share_refusals": Planned(("ad_insights_hourly",), (_of_first("metrics", REPORT, names=["likes"]),), full=True),
    "placeholder_keys": Planned(("campaign_days",), (_of_first("no_dimension", REPORT, names=["campaign_id"]),)),
    "claim_short_parts": Planned(("ad_insights_hourly",), (_of_first("no_dimension", REPORT, names=["ad_id"]),)),
    "believe_the_future": Planned(
        ("ad_insights_hourly",),
        (Fault("date", ({"kind": "date", "seconds": 3 * 86_400},), ("ad_insights",)),),
        hours=26,
    ),
    "forget_children": Planned(
        ("pixel_event_statistics",),
        (Fault("child hidden", ({"kind": "hidden", "path": "pixel/list", "find": LATE_PIXEL},), ("pixel_event",)),),
    ),
}
