"""GMV Max and creative reports, which have endpoints of their own: exact whole, as the clock moves, under faults."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Any

import jsonschema
import pytest

from . import expected, forked
from .expected_insights import INCREMENTAL, NAMES, table
from .killing import end
from .reading import Destination, Key, Outcome, Record, by_key, catalog, difference, key_of, repeated
from .simulator import Simulator, Switches, World
from .simulator.facts import METRICS

# Accounts in Auckland and Kolkata.
WORLD = World(advertisers=2, campaigns=6, adgroups_per=2, ads_per=3, history_start=date(2025, 12, 1))
FIRST, SECOND = WORLD.advertiser_ids
HOURLY = tuple(name for name in NAMES if name.endswith("_hourly"))
# Hours make many rows: a few days of them are enough.
STARTS = {name: "2026-03-07" if name in HOURLY else "2026-01-10" for name in NAMES}
# Hours between one sync and the next.
STEPS = (0, 30, 50, 24 * 9)
SETTINGS: Mapping[str, Any] = {"page_size": 100, "wait_scale": 0.0001}
PATHS = (
    *("gmv_max/report/get", "creative/report/get"),
    *("smart_plus/material_report/overview", "smart_plus/material_report/breakdown"),
)
KILLS = 20 if os.environ.get("PROVE") else 2


@dataclass(frozen=True)
class Story:
    """What syncs left behind, the tables after an upsert of all, and what each of them should have seen.

    Every sync is two: of what is told by the hour, and of the rest.
    """

    simulator: Simulator
    outcomes: Sequence[Outcome]
    destination: Destination
    truth: Mapping[str, Mapping[Key, Record]]

    def first(self, name: str) -> Outcome:
        """What the first sync left of a stream."""
        return self.outcomes[name in HOURLY]


@pytest.fixture(scope="module", autouse=True)
def _forks() -> Iterator[None]:
    """End the processes that forked."""
    yield
    forked.close()


def simulated(**positions: Any) -> Simulator:
    """The world, whose signed addresses hold still."""
    return Simulator(WORLD, Switches(**{"signed_urls": False, **positions}))


def read(simulator: Simulator, mode: str = "incremental", state: Any = None, **how: Any) -> list[Outcome]:
    """Read every stream, those by the hour from a later day on."""
    others = [name for name in NAMES if name not in HOURLY]
    return [
        forked.read(simulator, names, mode, state, start_date=STARTS[names[0]], **SETTINGS, **how)
        for names in (others, HOURLY)
    ]


def story(*steps: float, mode: str = "incremental", fault: Mapping[str, Any] | None = None) -> Story:
    """Syncs one after the other, the clock moving in between, under a fault if there is one."""
    destination, outcomes, state = Destination(), [], None
    truth: dict[str, dict[Key, Record]] = {name: {} for name in NAMES}
    with simulated() as simulator:
        for path in PATHS if fault else ():
            simulator.faults.add(**{"path": path, **(fault or {})})
        for hours in steps:
            simulator.clock.advance(hours=hours)
            now = read(simulator, mode, state)
            for outcome in now:
                destination.take(outcome)
            outcomes += now
            state = [part for outcome in now for part in outcome.state]
            for name in NAMES:
                truth[name].update(table(simulator, name, STARTS[name]))
    return Story(simulator, outcomes, destination, truth)


@lru_cache
def whole() -> Story:
    """One full refresh."""
    return story(0, mode="full_refresh")


@lru_cache
def moving() -> Story:
    """A first sync and three moves of the clock."""
    return story(*STEPS)


@lru_cache
def forbidden() -> Story:
    """A sync in which TikTok refuses one account's reports."""
    return story(0, fault={"kind": "code", "code": 40001, "advertiser_id": SECOND})


@lru_cache
def stumbling() -> Story:
    """A sync in which every request for a report fails the first time."""
    return story(0, fault={"kind": "code", "code": 50000, "once_per_request": True})


def test_reads_are_clean() -> None:
    """They end with 0, warn of nothing and are refused nothing."""
    for found in (whole(), moving()):
        assert [(o.code, o.warnings, o.stderr) for o in found.outcomes] == [(0, [], "")] * len(found.outcomes)
        assert {entry["code"] for entry in found.simulator.requests} == {0}


@pytest.mark.parametrize("name", NAMES)
def test_a_full_read_is_exact(name: str) -> None:
    """No row is missing, none is altered, none comes twice."""
    rows = whole().first(name).records[name]
    assert difference(by_key(name, rows), whole().truth[name]) == ""
    assert repeated(name, rows) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_names_what_is_filled(name: str) -> None:
    """Every declared column is filled somewhere, and every row is valid."""
    rows = whole().first(name).records[name]
    assert {column for row in rows for column in row} == set(expected.columns(name))
    assert all(column in row for row in rows for column in key_of(name))
    validator = jsonschema.Draft7Validator(catalog()[name]["json_schema"])
    assert [error.message for row in rows[::20] for error in validator.iter_errors(row)] == []


@pytest.mark.parametrize("name", NAMES)
def test_modes(name: str) -> None:
    """Days go on from a state; what has no time is read whole."""
    modes = ["full_refresh", "incremental"] if name in INCREMENTAL else ["full_refresh"]
    assert catalog()[name]["supported_sync_modes"] == modes


def figures_of(row: Record) -> Record:
    """A row of GMV Max without names and settings, which TikTok tells as they are on the day of reading."""
    described = {name for name in row if name in METRICS and METRICS[name].attribute and "G" in METRICS[name].reports}
    return {name: value for name, value in row.items() if name not in described}


@pytest.mark.parametrize("name", NAMES)
def test_syncs_keep_up_with_the_clock(name: str) -> None:
    """After three moves of the clock the table equals the truth, but for what describes an object as it was then."""
    found = moving()
    tables = found.destination.tables[name], found.truth[name]
    assert difference(*({key: figures_of(row) for key, row in table.items()} for table in tables)) == ""
    assert found.truth[name] != whole().truth[name]


@pytest.mark.parametrize("name", NAMES)
def test_one_forbidden_account_spoils_only_itself(name: str) -> None:
    """The other account's rows are all there; no state claims anything of it; what has no state is incomplete."""
    found, outcome = forbidden(), forbidden().first(name)
    wanted = {key: row for key, row in found.truth[name].items() if row["advertiser_id"] == FIRST}
    assert difference(found.destination.tables[name], wanted) == ""
    assert any(name in line and SECOND in line for line in (*outcome.warnings, outcome.sentences))
    assert outcome.statuses[name][-1] == ("COMPLETE" if name in INCREMENTAL else "INCOMPLETE")
    if name in INCREMENTAL:
        states = outcome.states[name]["stream"]["stream_state"]["states"]
        assert [entry["partition"]["advertiser_id"] for entry in states] == [FIRST]


@pytest.mark.parametrize("name", NAMES)
def test_a_server_that_fails_once_loses_nothing(name: str) -> None:
    """Each request is made again: every row is there, none twice."""
    found = stumbling()
    assert found.first(name).code == 0
    assert difference(found.destination.tables[name], found.truth[name]) == ""
    assert repeated(name, found.first(name).records[name]) == []


KILL_START = "2026-03-08"


@lru_cache
def undisturbed() -> int:
    """How many requests a short read of every report takes."""
    with simulated() as simulator:
        forked.read(simulator, NAMES, start_date=KILL_START, **SETTINGS)
        return len(simulator.requests)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(KILLS))
def test_a_kill_loses_nothing(seed: int) -> None:
    """Killed anywhere and started again from the last state, both outputs together hold every row."""
    after = random.Random(seed).randint(5, undisturbed() - 10)
    settings = {"start_date": KILL_START, **SETTINGS}
    with simulated(latency_ms=20) as simulator:
        killed = forked.read(simulator, NAMES, meanwhile=partial(end, simulator, after, 0), **settings)
        resumed = forked.read(simulator, NAMES, state=killed.state, **settings)
    assert (killed.code, resumed.code) == (-signal.SIGKILL, 0)
    destination = Destination()
    for outcome in (killed, resumed):
        destination.take(outcome)
    for name in NAMES:
        assert difference(destination.tables[name], table(simulator, name, KILL_START)) == "", name
