"""What is below an account has a past of its own, and clocks may be wrong: a clean sync at last equals a full read."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import pytest

from .reading import Destination, Outcome, Record, by_key, configuration, configured, read, run, together
from .simulator import Simulator, Switches, World
from .simulator.assets import business_centers

WORLD = World(advertisers=2, campaigns=4, adgroups_per=2, ads_per=1, history_start=date(2026, 1, 20))
FIRST = WORLD.advertiser_ids[0]
CHAINED = (
    *("pixel_event_statistics", "gmv_max_campaign_insights", "gmv_max_product_insights"),
    *("business_center_transactions", "catalogs", "comments"),
)
REPORTS = ("ad_insights", "ad_insights_hourly", "ad_insights_by_device_brand_monthly")
SETTINGS: Mapping[str, Any] = {"start_date": "2026-02-20", "lookback_days": 0}


@dataclass
class Past:
    """Syncs of one world, each from the state before; what they bring is upserted."""

    simulator: Simulator
    streams: tuple[str, ...] = CHAINED
    destination: Destination = field(default_factory=Destination)
    outcomes: list[Outcome] = field(default_factory=list)
    state: Any = None

    def __post_init__(self) -> None:
        """Choose a pixel of an account, a shop that has campaigns, a Business Center and an ad group."""
        shops = self.simulator.truth("gmv_max/store/list", {"advertiser_id": [FIRST]})
        self.children = {
            "pixel": min(self.ids("pixel/list", "pixel_id")),
            "store": min(row["store_id"] for row in shops if row["is_gmv_max_available"]),
            "center": business_centers(WORLD)[0].bc_id,
            "adgroup": min(self.ids("adgroup/get", "adgroup_id")),
        }

    def sync(self, hours: float = 0, *faults: Mapping[str, Any]) -> Outcome:
        """Let time pass, and sync while these faults are in force."""
        self.simulator.clock.advance(hours=hours)
        for fault in faults:
            self.simulator.faults.add(**fault)
        outcome = read(self.simulator, self.streams, state=self.state, **SETTINGS)
        self.simulator.faults.clear()
        self.destination.take(outcome)
        self.outcomes.append(outcome)
        self.state = outcome.state
        return outcome

    def fresh(self) -> Outcome:
        """A full read at this moment."""
        return read(self.simulator, self.streams, "full_refresh", **SETTINGS)

    def ids(self, path: str, column: str) -> list[str]:
        """The ids of a list of the first account."""
        return [str(row[column]) for row in self.simulator.truth(path, {"advertiser_id": [FIRST]})]


def unlisted(children: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """No list has the children; ad groups never leave their account's."""
    lists = {"pixel": "pixel/list", "store": "gmv_max/store/list", "center": "bc/get"}
    return [{"kind": "hidden", "path": path, "find": children[child]} for child, path in lists.items()]


def refusing(children: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """TikTok refuses whatever is asked about the children."""
    asked = (
        ("pixel/event/stats", "pixel_ids", "pixel"),
        ("gmv_max/report/get", "store_ids", "store"),
        ("gmv_max/campaign/get", "filtering", "store"),
        ("bc/account/transaction/get", "bc_id", "center"),
        ("catalog/get", "bc_id", "center"),
        ("comment/list", "search_value", "adgroup"),
    )
    refusal = {"kind": "code", "code": 40001, "message": "No permission to operate."}
    return [{**refusal, "path": path, "params": {name: children[child]}} for path, name, child in asked]


def appears(simulator: Simulator) -> Past:
    """The children appear after the first sync."""
    past = Past(simulator)
    past.sync(0, *unlisted(past.children))
    past.sync(70)
    return past


def refused_twice(simulator: Simulator) -> Past:
    """The children are refused in the second and the third of four syncs."""
    past = Past(simulator)
    past.sync()
    for _ in range(2):
        past.sync(100, *refusing(past.children))
    past.sync(30)
    return past


def lost(simulator: Simulator) -> Past:
    """The children leave their lists, or lose their flag, and TikTok goes on answering about them."""
    past = Past(simulator)
    past.sync()
    flag = {
        "kind": "flag",
        "path": "gmv_max/store/list",
        "names": ["is_gmv_max_available"],
        "find": past.children["store"],
    }
    others = [fault for fault in unlisted(past.children) if fault["path"] != flag["path"]]
    past.sync(100, flag, *others)
    return past


def gone_and_back(simulator: Simulator) -> Past:
    """The children leave and are refused, and come back later."""
    past = Past(simulator)
    past.sync()
    for _ in range(2):
        past.sync(100, *unlisted(past.children), *refusing({**past.children, "adgroup": "none"}))
    past.sync(50)
    return past


def wrong_clock(simulator: Simulator) -> Past:
    """The second answer that TikTok gives says it is June, once; the next sync comes three months later."""
    past = Past(simulator, (*CHAINED, *REPORTS, "ads"))
    past.sync(0, {"kind": "date", "seconds": 100 * 86400, "nth": [2]})
    past.sync(400)
    return past


def edited(simulator: Simulator) -> Past:
    """Somebody has written the future into the state."""
    past = Past(simulator, (*CHAINED, *REPORTS, "ads"))
    past.sync()
    past.state = copy.deepcopy(past.state)
    for entry in (entry for state in past.state for entry in state["stream"]["stream_state"]["states"]):
        for name in ("date", "stat_time_day", "stat_time_hour", "period_start", "create_time", "update_time"):
            if name in entry["cursor"] and name in ("create_time", "update_time"):
                entry["cursor"][name] = "2027-01-01T00:00:00Z"
            elif name in entry["cursor"]:
                entry["cursor"][name] = "2027-01-01"
        if "modify_time" in entry["cursor"]:
            entry["cursor"]["modify_time"] = "2027-01-01T00:00:00Z"
    past.sync(400)
    return past


def zone_unknown(simulator: Simulator) -> Past:
    """In the first sync the time zones have names that nobody knows; for accounts in the west it is yesterday."""
    past = Past(simulator, (*REPORTS, "gmv_max_campaign_insights"))
    past.simulator.clock.advance(hours=-7)
    faults = [
        {"kind": "replace", "path": "advertiser/info", "find": f'"{name}":"', "put": f'"{name}":"Mars/'}
        for name in ("timezone", "display_timezone")
    ]
    past.sync(0, *faults)
    past.sync(24)
    return past


Story = Callable[[Simulator], Past]
STORIES: Mapping[str, Story] = {
    story.__name__: story for story in (appears, refused_twice, lost, gone_and_back, wrong_clock, edited, zone_unknown)
}


@pytest.fixture(scope="module")
def pasts() -> Mapping[str, tuple[Past, Outcome]]:
    """Every story, and a full read at its end."""

    def told(story: Story) -> tuple[Past, Outcome]:
        with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
            past = story(simulator)
            return past, past.fresh()

    return dict(zip(STORIES, together([partial(told, story) for story in STORIES.values()]), strict=True))


def rows(stream: str, records: Iterable[Record]) -> Mapping[Any, Any]:
    """Records by key, of a list with their versions; figures are restated, so those of reports are their keys alone."""
    return dict.fromkeys(by_key(stream, records))


@pytest.mark.parametrize("name", STORIES)
def test_a_clean_sync_at_last_equals_a_full_read(pasts: Mapping[str, tuple[Past, Outcome]], name: str) -> None:
    """Nothing that TikTok has is missing, in no kind of stream."""
    past, fresh = pasts[name]
    assert fresh.code == 0
    assert past.outcomes[-1].code == 0
    for stream in past.streams:
        truth, found = rows(stream, fresh.records[stream]), past.destination.tables[stream]
        assert truth, stream
        assert [key for key in truth if key not in found] == [], stream


def test_a_report_of_half_a_day_is_read_again(pasts: Mapping[str, tuple[Past, Outcome]]) -> None:
    """The figures of the days that were under way then are those of a full read, though there is no look-back."""
    past, fresh = pasts["zone_unknown"]
    for stream in ("ad_insights", "ad_insights_hourly"):
        truth = by_key(stream, fresh.records[stream])
        days = {key: row["impressions"] for key, row in truth.items()}
        found = {key: row["impressions"] for key, row in past.destination.tables[stream].items()}
        assert {key: (found.get(key), days[key]) for key in days if found.get(key) != days[key]} == {}


def test_who_is_refused_or_gone_is_named(pasts: Mapping[str, tuple[Past, Outcome]]) -> None:
    """In a warning of the sync, with the days; not in the next one, which asks no more."""
    past, _ = pasts["gone_and_back"]
    left, after = (" ".join(past.outcomes[number].warnings) for number in (1, 2))
    for child, parent in (("pixel", "pixels"), ("store", "gmv_max_stores"), ("center", "business_centers")):
        said = f"{past.children[child]} is no longer among the {parent}, and TikTok gives no permission"
        assert said in left
        assert said not in after
    assert "Its days from 2026-0" in left
    lost_ones, _ = pasts["lost"]
    assert lost_ones.outcomes[-1].warnings == []


@pytest.mark.parametrize("name", ["wrong_clock", "edited"])
def test_the_future_is_not_believed(pasts: Mapping[str, tuple[Past, Outcome]], name: str) -> None:
    """No state claims a day that has not begun; a state that does so is named."""
    past, _ = pasts[name]
    assert "2027-" not in str(past.state)
    warned = [line for line in past.outcomes[-1].warnings if "its state claims" in line]
    assert bool(warned) is (name == "edited")


def test_a_start_of_today_where_the_day_has_not_begun() -> None:
    """The check succeeds; lists are read, and reports have nothing to read yet."""
    world = World(advertisers=3, campaigns=2, adgroups_per=1, ads_per=1, history_start=date(2026, 2, 20))
    west = world.advertiser_ids[2]
    with Simulator(world) as simulator:
        simulator.clock.advance(hours=12)
        settings = configuration(simulator, start_date="2026-03-11", accounts=[west])
        assert run("check", settings).verdict["status"] == "SUCCEEDED"
        outcome = run("read", settings, configured(["campaigns", "ad_insights"]))
        assert (outcome.code, outcome.warnings) == (0, [])
        assert outcome.records["campaigns"]
        assert outcome.records["ad_insights"] == []
        simulator.clock.advance(hours=10)
        again = run("read", settings, configured(["campaigns", "ad_insights"]), outcome.state)
        assert {row["stat_time_day"][:10] for row in again.records["ad_insights"]} == {"2026-03-11"}
