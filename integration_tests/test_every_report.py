"""Every report stream there is: read whole, read on from a state, and read under faults, row by row as it is true."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache, partial
from typing import Any

import jsonschema
import pytest

from . import expected, forked, grammar
from .grammar import COUNTRIES_BY_HOUR, NAMES, PRODUCTS, SEARCHES, SEARCHES_BY_AD
from .killing import end
from .reading import Destination, Key, Outcome, Record, by_key, catalog, difference, key_of, repeated
from .simulator import Simulator, Switches, World

# Accounts in Auckland and Kolkata; the second has one goal, so that results are there at the level of the account.
WORLD = World(advertisers=2, campaigns=5, adgroups_per=1, ads_per=2, history_start=date(2026, 1, 20))
FIRST, SECOND = WORLD.advertiser_ids
LIFETIME = tuple(name for name in NAMES if not grammar.report(name).time)
HOURLY = tuple(name for name in NAMES if grammar.report(name).time == "stat_time_hour")
OTHERS = tuple(name for name in NAMES if name not in HOURLY)
INCREMENTAL = tuple(name for name in NAMES if name not in LIFETIME)
# Hours make many rows: a few days of them are enough.
START, START_HOURLY = "2026-02-27", "2026-03-09"
# Hours between one sync and the next.
STEPS = (0, 26, 30, 45)
SETTINGS: Mapping[str, Any] = {"page_size": 500, "wait_scale": 0.0001}
LOOKBACK = 28
KILLS = 20 if os.environ.get("PROVE") else 1
Truths = Mapping[str, Mapping[Key, Record]]


def simulated(**positions: Any) -> Simulator:
    """The world, in which countries by the hour are taken unless a switch says otherwise."""
    return Simulator(
        WORLD, Switches(**{"signed_urls": False, "country_by_hour": True, "search_by_ad": True, **positions})
    )


def start_of(name: str) -> str:
    """The first day of a stream's reads."""
    return START_HOURLY if name in HOURLY else START


def truths(simulator: Simulator) -> Truths:
    """The truth of every report now."""
    return {name: expected.table(simulator, name, start=start_of(name)) for name in NAMES}


def read(
    simulator: Simulator, mode: str = "incremental", names: Iterable[str] = NAMES, state: Any = None, **changes: Any
) -> Sequence[Outcome]:
    """Read reports, those by the hour and the others each in a sync of their own."""
    groups = [(START, [name for name in names if name in OTHERS]), (START_HOURLY, [n for n in names if n in HOURLY])]
    return [
        forked.read(simulator, group, mode, of(state, group), **{"start_date": start, **SETTINGS, **changes})
        for start, group in groups
        if group
    ]


def of(state: Any, names: Sequence[str]) -> Any:
    """The part of a state that is about some streams."""
    return state and [part for part in state if part["stream"]["stream_descriptor"]["name"] in names]


@dataclass(frozen=True)
class Story:
    """What syncs left behind, oldest first; the tables after an upsert of all; and what is true."""

    simulator: Simulator
    syncs: Sequence[Sequence[Outcome]]
    destination: Destination
    truth: Truths

    @property
    def outcomes(self) -> list[Outcome]:
        """Every output."""
        return [outcome for sync in self.syncs for outcome in sync]

    @property
    def state(self) -> list[dict[str, Any]]:
        """The state after the last sync."""
        return [part for outcome in self.syncs[-1] for part in outcome.state]

    def rows(self, name: str) -> list[Record]:
        """The rows of a stream in the last sync."""
        return [row for outcome in self.syncs[-1] for row in outcome.records[name]]


def told(simulator: Simulator, *syncs: Sequence[Outcome], truth: Truths | None = None) -> Story:
    """A story of these syncs."""
    destination = Destination()
    for outcome in (outcome for sync in syncs for outcome in sync):
        destination.take(outcome)
    return Story(simulator, syncs, destination, truths(simulator) if truth is None else truth)


@pytest.fixture(scope="module", autouse=True)
def _forks() -> Iterator[None]:
    """End the processes that forked."""
    yield
    forked.close()


@lru_cache
def whole() -> Story:
    """One full refresh of every report."""
    with simulated() as simulator:
        return told(simulator, read(simulator, "full_refresh"))


@lru_cache
def moving() -> Story:
    """A first sync and three moves of the clock, all within the look-back."""
    syncs: list[Sequence[Outcome]] = []
    state = None
    with simulated() as simulator:
        for hours in STEPS:
            simulator.clock.advance(hours=hours)
            syncs.append(read(simulator, state=state, lookback_days=LOOKBACK))
            state = [part for outcome in syncs[-1] for part in outcome.state]
        return told(simulator, *syncs)


@lru_cache
def short_look_back() -> Story:
    """One more sync at the instant of the last one, with a look-back of two days."""
    with simulated() as simulator:
        simulator.clock.set(moving().simulator.clock.now)
        return told(simulator, read(simulator, names=INCREMENTAL, state=moving().state, lookback_days=2), truth={})


def unveiled(outcome: Outcome) -> list[str]:
    """What an output warns of, but for counts of which TikTok tells only that they are small."""
    return [line for line in outcome.warnings if not any(line.startswith(f"WARN {name}") for name in SEARCHES)]


@pytest.mark.parametrize("name", SEARCHES)
def test_small_counts_are_told(name: str) -> None:
    """Where TikTok veils impressions they are null, and one warning of the stream says so."""
    assert any("impressions" not in row for row in whole().rows(name))
    (line,) = [line for outcome in whole().outcomes for line in outcome.warnings if line.startswith(f"WARN {name}")]
    assert "impressions" in line


def test_there_is_every_report() -> None:
    """The reports that discover tells of are those of the grammar, no more and no fewer."""
    assert {name for name in catalog() if grammar.asked(name)} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_keys_and_modes(name: str) -> None:
    """The key names the account, the object with its parents, the time and the breakdown; the time is the cursor."""
    asked, stream = grammar.report(name), catalog()[name]
    levels = [id for _, id in grammar.LEVELS.values()]
    times = [asked.time] if asked.time else []
    known = {"ad_id_v2": [*levels[:3], "ad_id_v2"], **{id: levels[: n + 1] for n, id in enumerate(levels)}}
    ids = ["advertiser_id", "ad_id"] if name in PRODUCTS else known[asked.id_dimension]
    assert list(key_of(name)) == [*ids, *times, *asked.by]
    assert stream.get("default_cursor_field", []) == times
    assert stream["supported_sync_modes"] == ["full_refresh", *(["incremental"] if times else [])]


def test_the_full_read_is_clean() -> None:
    """It ends with 0, warns of nothing and is refused nothing."""
    found = [(o.code, o.stderr, unveiled(o), o.errors) for o in whole().outcomes]
    assert found == [(0, "", [], [])] * 2
    assert {entry["code"] for entry in whole().simulator.requests} == {0}


@pytest.mark.parametrize("name", NAMES)
def test_a_full_read_is_exact(name: str) -> None:
    """No row is missing, none is altered, none comes twice."""
    rows = whole().rows(name)
    assert difference(by_key(name, rows), whole().truth[name]) == ""
    assert repeated(name, rows) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_names_what_is_filled(name: str) -> None:
    """Every declared column is filled somewhere, but for three published ones, and every row is valid."""
    rows = whole().rows(name)
    assert {column for row in rows for column in row} == set(expected.columns(name)) - {*expected.ABSENT}
    assert all(column in row for row in rows for column in key_of(name))
    validator = jsonschema.Draft7Validator(catalog()[name]["json_schema"])
    sample = rows[:: max(1, len(rows) // 20)]
    assert [error.message for row in sample for error in validator.iter_errors(row)] == []


def test_the_syncs_are_clean() -> None:
    """Each ends with 0 and without a warning; nothing is refused."""
    found = [(outcome.code, unveiled(outcome), outcome.stderr) for outcome in moving().outcomes]
    assert found == [(0, [], "")] * 2 * len(STEPS)
    assert {entry["code"] for entry in moving().simulator.requests} == {0}


@pytest.mark.parametrize("name", NAMES)
def test_syncs_keep_up_with_the_clock(name: str) -> None:
    """After three moves of the clock the table equals the truth."""
    story = moving()
    assert difference(story.destination.tables[name], story.truth[name]) == ""
    assert story.truth[name] != whole().truth[name]


@pytest.mark.parametrize("name", INCREMENTAL)
def test_a_later_sync_reads_the_look_back_only(name: str) -> None:
    """With a state, no day before the look-back is read again; of a month its first day counts."""
    story = short_look_back()
    rows = story.rows(name)
    assert rows
    for row in rows:
        first = expected.today(story.simulator, row["advertiser_id"]) - timedelta(days=2)
        assert expected.day(row) >= (first.replace(day=1) if grammar.report(name).monthly else first)


# Auckland's clocks go back on the morning of 5 April 2026.
BACK = World(
    advertisers=1,
    campaigns=3,
    adgroups_per=1,
    ads_per=2,
    history_start=date(2026, 3, 20),
    start=datetime(2026, 4, 6, 12, tzinfo=timezone.utc),
)
BACK_START = "2026-04-04"


@lru_cache
def back(hourly_fold_rows: bool) -> tuple[Simulator, Outcome]:
    """Reports by the hour over the night in which an hour comes twice, as two rows or as one."""
    switches = Switches(signed_urls=False, country_by_hour=True, hourly_fold_rows=hourly_fold_rows)
    with Simulator(BACK, switches) as simulator:
        return simulator, forked.read(simulator, HOURLY, "full_refresh", start_date=BACK_START, **SETTINGS)


@pytest.mark.parametrize("name", HOURLY)
@pytest.mark.parametrize("hourly_fold_rows", [True, False])
def test_an_hour_that_comes_twice(name: str, hourly_fold_rows: bool) -> None:
    """Two rows of one key leave as one, added up, with one warning; one row leaves as it is."""
    simulator, outcome = back(hourly_fold_rows)
    rows = outcome.records[name]
    assert difference(by_key(name, rows), expected.table(simulator, name, start=BACK_START)) == ""
    assert repeated(name, rows) == []
    assert any(row["stat_time_hour"] == "2026-04-05T02:00:00" for row in rows)
    assert len([line for line in outcome.warnings if line.startswith(f"WARN {name},")]) == int(hourly_fold_rows)
    assert len(outcome.warnings) == len(HOURLY) * int(hourly_fold_rows)


@pytest.mark.parametrize(
    ("switch", "names"), [("country_by_hour", COUNTRIES_BY_HOUR), ("search_by_ad", SEARCHES_BY_AD)]
)
def test_what_sources_disagree_on_may_be_refused(switch: str, names: Sequence[str]) -> None:
    """Where TikTok keeps to the stricter rule, these reports are left out with a sentence, and nothing else is."""
    asked = [name for name in NAMES if name in HOURLY or name in SEARCHES]
    with simulated(**{switch: False}) as simulator:
        outcomes = read(simulator, names=asked)
    assert [outcome.code for outcome in outcomes] == [0, 0]
    for name in asked:
        outcome = outcomes[name in HOURLY]
        wanted = {} if name in names else whole().truth[name]
        assert difference(by_key(name, outcome.records[name]), wanted) == ""
        assert any(f"Left out: {name}," in line for line in outcome.warnings) == (name in names)


@lru_cache
def forbidden() -> Story:
    """A sync in which TikTok refuses one account's reports."""
    with simulated() as simulator:
        simulator.faults.add("code", path="report/integrated/get", advertiser_id=SECOND, code=40001)
        return told(simulator, read(simulator), truth=whole().truth)


@pytest.mark.parametrize("name", NAMES)
def test_one_forbidden_account_spoils_only_itself(name: str) -> None:
    """The other account's rows are all there; no state claims anything of it; what has no state is incomplete."""
    story = forbidden()
    wanted = {key: row for key, row in story.truth[name].items() if row["advertiser_id"] == FIRST}
    assert difference(story.destination.tables[name], wanted) == ""
    outcome = story.syncs[0][name in HOURLY]
    assert outcome.statuses[name][-1] == ("INCOMPLETE" if name in LIFETIME else "COMPLETE")
    assert any(SECOND in line for line in (*outcome.warnings, outcome.sentences))
    if name in INCREMENTAL:
        states = outcome.states[name]["stream"]["stream_state"]["states"]
        assert [entry["partition"]["advertiser_id"] for entry in states] == [FIRST]


@lru_cache
def stumbling() -> Story:
    """A sync in which every request fails the first time."""
    with simulated() as simulator:
        simulator.faults.add("code", code=50000, once_per_request=True)
        return told(simulator, read(simulator), truth=whole().truth)


@pytest.mark.parametrize("name", NAMES)
def test_a_server_that_fails_once_loses_nothing(name: str) -> None:
    """Each request is made again: every row is there, none twice."""
    story = stumbling()
    assert [outcome.code for outcome in story.outcomes] == [0, 0]
    assert difference(story.destination.tables[name], story.truth[name]) == ""
    assert repeated(name, story.rows(name)) == []


KILL_START = "2026-03-09"


@lru_cache
def undisturbed() -> int:
    """How many requests a short read of every report takes."""
    with simulated() as simulator:
        forked.read(simulator, NAMES, start_date=KILL_START, **SETTINGS)
        return len(simulator.requests)


@lru_cache
def kill(seed: int) -> tuple[forked.Measured, forked.Measured, Simulator]:
    """A short read of every report that is killed at a moment drawn by `seed`, and one that goes on from its state."""
    after = random.Random(seed).randint(undisturbed() // 4, undisturbed() - 10)
    with simulated(latency_ms=10) as simulator:
        ending = partial(end, simulator, after, 0)
        killed = forked.read(simulator, NAMES, start_date=KILL_START, meanwhile=ending, **SETTINGS)
        resumed = forked.read(simulator, NAMES, start_date=KILL_START, state=killed.state, **SETTINGS)
    return killed, resumed, simulator


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(KILLS))
def test_a_kill_loses_nothing(seed: int) -> None:
    """Killed anywhere and started again from the last state, both outputs together hold every row of every report."""
    killed, resumed, simulator = kill(seed)
    assert (killed.code, resumed.code) == (-signal.SIGKILL, 0)
    destination = Destination()
    for outcome in (killed, resumed):
        destination.take(outcome)
    for name in NAMES:
        truth = expected.table(simulator, name, start=KILL_START)
        assert difference(destination.tables[name], truth) == "", name
