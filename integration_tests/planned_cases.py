"""Small cases with chosen faults: one for each mutant, which it would turn into a third outcome, and others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from .random_cases import CUSTOM, Case, Play, Played
from .random_faults import REPORT, Fault
from .simulator import World
from .simulator.assets import PIXEL, assets

WORLD = World(advertisers=2, campaigns=2, adgroups_per=1, ads_per=2, history_start=date(2026, 2, 1), specials=False)
SPECIAL = replace(WORLD, campaigns=4, specials=True)
FIRST, SECOND = WORLD.advertiser_ids
LATE_PIXEL = assets(WORLD, PIXEL, 0, WORLD.start_epoch)[-1].id


@dataclass(frozen=True)
class Planned:
    """What is read, and what strikes the first sync; `hours` pass before the clean one.

    With `clean_first` an undisturbed sync comes before, and so many hours.
    """

    streams: tuple[str, ...]
    faults: tuple[Fault, ...]
    full: bool = False
    hours: int = 0
    clean_first: bool = False
    world: World = WORLD

    @property
    def case(self) -> Case:
        """The case, whose look-back is too short to hide a gap."""
        settings = {
            **{"start_date": "2026-03-03", "page_size": 10, "concurrency": 2, "lookback_days": 0},
            **{"include_deleted": True, "custom_reports": list(CUSTOM), "wait_scale": 0.0001},
        }
        hours = (self.hours if self.clean_first else 0, self.hours)
        return Case(0, self.world, {}, settings, self.streams, self.full, self.clean_first, () if self.full else hours)

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


ZONE = Fault(
    "zone",
    (
        {"kind": "replace", "path": "advertiser/info", "find": '"Pacific/Auckland"', "put": '"Pacific/Kiritimati"'},
        {"kind": "replace", "path": "advertiser/info", "find": '"Asia/Kolkata"', "put": '"Pacific/Kiritimati"'},
    ),
    ("",),
)


def _filters(path: str, *names: str) -> Fault:
    return _fault("filters", path=path, names=list(names))


def _hidden(*streams: str, fault: Fault, full: bool = False, clean_first: bool = False) -> Planned:
    return Planned(streams, (fault,), full, 5 if clean_first else 0, clean_first, SPECIAL)


REFUSED: Mapping[str, Planned] = {
    f"{name}, {how}": replace(
        planned, full=how == "full refresh", **({"clean_first": True, "hours": 26} if late else {})
    )
    for how, late in (("full refresh", False), ("first sync", False), ("later sync", True))
    for name, planned in {
        "ways of buying of ad groups": _hidden("adgroups", fault=_filters("adgroup/get", "buying_types")),
        "ways of buying of campaigns": _hidden("campaigns", fault=_filters("campaign/get", "buying_types")),
        "origins of ads": _hidden("ads", fault=_filters("ad/get", "campaign_system_origins")),
        "origins of campaigns": _hidden("campaigns", fault=_filters("campaign/get", "campaign_system_origins")),
        "origins in a report": _hidden("ad_insights_hourly", fault=_filters(REPORT, "campaign_system_origins")),
        "ways of buying in a report": _hidden("adgroup_insights_by_country", fault=_filters(REPORT, "buying_type")),
        "status in a report": Planned(("ad_insights_by_country",), (_filters(REPORT, "ad_status"),)),
        "a metric": Planned(("ad_insights_hourly",), (_fault("metrics", path=REPORT, names=["likes"]), ZONE)),
        "all of an optional report, once": Planned(
            ("gmv_max_campaign_insights_by_country",),
            (_fault(*("code",), code=40002, message="Invalid parameter.", path=REPORT, once_per_request=True),),
        ),
    }.items()
}
"""What TikTok refuses for one sync, in both modes and in a sync that goes on from a clean one."""
