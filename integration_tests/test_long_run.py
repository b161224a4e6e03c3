"""A day of hourly syncs in a world that moves, while TikTok fails now and then: the tables end as the truth."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from . import expected, forked
from .reading import Destination, difference
from .simulator import Simulator, Switches, World
from .simulator.faults import Rule

WORLD = World(advertisers=2, campaigns=4, adgroups_per=2, ads_per=1, history_start=date(2026, 1, 15), growth_days=1)
HOURS = 24 if os.environ.get("PROVE") else 6
START = "2026-01-25"
LOOKBACK = timedelta(days=28)
REPORTS = ("ad_insights", "ad_insights_by_platform")
STREAMS = ("advertisers", "campaigns", "adgroups", "ads", *REPORTS)
SETTINGS: Mapping[str, Any] = {"start_date": START, "page_size": 80, "wait_scale": 0.0001}
# A parent's new name is no change of what lies below it; it comes with the next whole pass.
OF_PARENTS = {"adgroups": {"campaign_name"}, "ads": {"campaign_name", "adgroup_name"}}
PASSING = ("busy", "html", "cut", "reset", "empty", "broken_gzip", "data_null", "no_page_info", "restricted")
PATHS = ("report/integrated/get", "ad/get", "adgroup/get", "campaign/get")


@pytest.fixture(scope="module", autouse=True)
def _forks() -> Iterator[None]:
    """End the processes that forked, when the module is done."""
    yield
    forked.close()


def strike(simulator: Simulator, chance: random.Random) -> Rule | None:
    """Faults for the coming hour; the one that does not pass, if there is one."""
    simulator.faults.clear()
    seed = chance.randrange(10**6)
    for kind in chance.sample(PASSING, 3):
        simulator.faults.add(kind, probability=0.05, seed=seed)
    for kind in ("short", "shift", "total_number"):
        simulator.faults.add(kind, probability=0.1, seed=seed, once_per_request=True, page=2)
    if chance.random() < 0.4:
        return None
    where = {"path": chance.choice(PATHS), "advertiser_id": chance.choice((*WORLD.advertiser_ids, ""))}
    return simulator.faults.add("code", code=chance.choice((40001, 40002, 40105, 40125, 40300, 50000)), **where)


@pytest.mark.prove
@pytest.mark.parametrize("seed", [3])
def test_the_tables_end_as_the_truth(seed: int) -> None:
    """After every hour's upsert, whatever failed on the way, one sync that nothing disturbs leaves nothing open."""
    chance, destination = random.Random(seed), Destination("latest")
    states: dict[str, Any] = {}
    failed = 0
    switches = Switches(signed_urls=False, status_leak_touches_modify_time=True)
    with Simulator(WORLD, switches) as simulator:
        for _ in range(HOURS):
            lasting = strike(simulator, chance)
            outcome = forked.read(simulator, STREAMS, state=list(states.values()), **SETTINGS)
            destination.take(outcome)
            states |= outcome.states
            failed += outcome.code
            assert outcome.code == 0 or (lasting and simulator.faults.fired(lasting))
            assert (
                not (lasting and simulator.faults.fired(lasting)) or outcome.code or "Left out" in str(outcome.warnings)
            )
            assert outcome.peak < 300
            simulator.clock.advance(hours=1)
        simulator.faults.clear()
        last = forked.read(simulator, STREAMS, state=list(states.values()), **SETTINGS)
    destination.take(last)
    assert (last.code, last.warnings) == (0, [])
    assert 0 < failed < HOURS
    print(f"{HOURS} hours, {failed} of the syncs failed, {len(simulator.requests)} requests")
    again = {id: expected.today(simulator, id) - LOOKBACK for id in WORLD.advertiser_ids}
    for stream in STREAMS:
        truth = expected.table(simulator, stream, start=START, entity_versions="latest")
        found = destination.tables[stream]
        if stream in REPORTS:
            truth, found = (expected.without_attributes(stream, rows, again) for rows in (truth, found))
        names = OF_PARENTS.get(stream, set())
        truth, found = (
            {key: {name: row[name] for name in row if name not in names} for key, row in rows.items()}
            for rows in (truth, found)
        )
        assert difference(found, truth) == "", stream
