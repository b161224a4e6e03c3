"""Kill -9 at any moment: going on from the last state on stdout, the union of both outputs holds every row."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from typing import Any

import pytest

from . import expected, forked
from .killing import LATER, Kill, killed_read, moment, state_after
from .reading import ENTITIES, Key, Outcome, Record, Table, by_key, key_of, read, together
from .simulator import Simulator, Switches, World

WORLD = World(advertisers=3, campaigns=4, adgroups_per=2, ads_per=1, history_start=date(2025, 11, 20))
START = "2025-12-01"
WINDOW = 30
STREAMS = ("advertisers", *ENTITIES, "ad_insights", "ad_insights_by_platform", "campaign_insights_by_province")
REPORTS = STREAMS[4:]
WORKERS = 3
LATENCY = 60
KILLS = 30 if os.environ.get("PROVE") else 10
SETTINGS: Mapping[str, Any] = {"start_date": START, "concurrency": WORKERS, "page_size": 150}


@pytest.fixture(scope="module", autouse=True)
def _forks() -> Iterator[None]:
    """End the processes that forked, when the module is done."""
    yield
    forked.close()


def starting(clock_hours: float) -> Simulator:
    """A slow simulator at its first instant or later."""
    simulator = Simulator(WORLD, Switches(signed_urls=False, latency_ms=LATENCY))
    simulator.clock.advance(hours=clock_hours)
    return simulator


@lru_cache
def first_sync() -> Outcome:
    """A first sync that ran to its end."""
    with starting(0) as simulator:
        return read(simulator, STREAMS, **SETTINGS)


def kill(seed: int) -> Kill:
    """Kill a read at a moment drawn by `seed`: every other one in the first sync, the others in the second."""
    before = first_sync() if seed % 2 else None
    lookback = 28 if before else 2
    with starting(LATER if before else 0) as simulator:
        asked = {**SETTINGS, "lookback_days": lookback}
        state = before.state if before else None
        when = moment(random.Random(seed), requests_of_a_read(before is None))
        killed = killed_read(simulator, STREAMS, state, when, asked)
        resumed = read(simulator, STREAMS, state=state_after(before, killed), **asked)
    return Kill(simulator, before, lookback, killed, resumed)


@lru_cache
def requests_of_a_read(first: bool) -> int:
    """How many requests such a read makes, to draw a moment from."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        simulator.clock.advance(hours=0 if first else LATER)
        read(simulator, STREAMS, state=None if first else first_sync().state, **SETTINGS)
        return len(simulator.requests)


@pytest.fixture(scope="module")
def kills() -> Sequence[Kill]:
    """All kills, two at a time."""
    for first in (True, False):
        requests_of_a_read(first)
    return together([partial(kill, seed) for seed in range(KILLS)])


@pytest.mark.prove
@pytest.mark.parametrize("number", range(KILLS))
def test_the_union_is_complete(kills: Sequence[Kill], number: int) -> None:
    """Killed and resumed, every row is there with today's truth; attributes as of the last look-back."""
    found = kills[number]
    assert found.resumed.code == 0
    for stream, table in found.union().items():
        assert found.differs(stream, table, truth_of(found.simulator, stream)) == "", stream
    assert {*found.union()} == {*STREAMS}


@pytest.mark.prove
@pytest.mark.parametrize("number", range(KILLS))
def test_what_repeats_was_not_claimed_for_good(kills: Sequence[Kill], number: int) -> None:
    """What both reads bring is what the last state did not claim, and the look-back before what it did."""
    found = kills[number]
    states = blobs(found.state)
    count = 0
    for stream in STREAMS[1:]:
        first, second = (by_key(stream, outcome.records[stream]) for outcome in (found.killed, found.resumed))
        again = [first[key] for key in first if key in second]
        count += len(again)
        claims = Claims(states.get(stream), found.lookback)
        if stream in REPORTS:
            assert [row for row in again if claims.final(row)] == []
        else:
            assert [row for row in again if claims.passed(row, found.simulator.clock.now) and not undated(row)] == []
    print(f"kill {number}: {count} rows repeated")


def undated(row: Record) -> bool:
    """Whether it may lack a time of change and then always leaves: a creative of upgraded Smart+, or of Promote."""
    smart = str(row.get("campaign_automation_type")).startswith("UPGRADED")
    return smart or row.get("campaign_system_origin") == "PROMOTE"


@pytest.mark.prove
@pytest.mark.parametrize("number", range(KILLS))
def test_at_most_one_slice_a_worker_is_lost(kills: Sequence[Kill], number: int) -> None:
    """What left before a stream's last state and is not claimed by it belongs to slices under way: one a worker."""
    found = kills[number]
    for stream in REPORTS if not found.before else ():
        sent, claims = before_last_state(found.killed, stream), Claims(blobs(found.state).get(stream), found.lookback)
        under_way = {
            (row["advertiser_id"], (expected.day(row) - date.fromisoformat(START)).days // WINDOW)
            for row in sent
            if not claims.holds(row)
        }
        assert len(under_way) <= WORKERS


@pytest.mark.prove
@pytest.mark.parametrize("number", range(KILLS))
def test_no_state_claims_what_has_not_left(kills: Sequence[Kill], number: int) -> None:
    """At every state of both reads: all that it claims stands before it, and what is final has its final value."""
    found = kills[number]
    tables: dict[str, Table] = {}
    check_states(None, found.before, tables, found.lookback)
    checked = [check_states(found, outcome, tables, found.lookback) for outcome in (found.killed, found.resumed)]
    assert sum(checked) > len(REPORTS)


def test_no_state_of_a_whole_read_claims_too_much() -> None:
    """The same for the states of a read that nobody disturbs, many of them on the way."""
    whole = Kill(Simulator(WORLD, Switches(signed_urls=False)), None, 28, first_sync(), first_sync())
    assert check_states(whole, whole.killed, {}, whole.lookback) > len(STREAMS)


def check_states(kill: Kill | None, outcome: Outcome | None, tables: dict[str, Table], lookback: int) -> int:
    """Go through an output line by line, upsert into `tables`, compare at each state; how many there were.

    Without a kill, for the sync before it, nothing is compared.
    """
    number = 0
    for message in outcome.messages if outcome else ():
        if message["type"] == "RECORD":
            stream, row = message["record"]["stream"], message["record"]["data"]
            tables.setdefault(stream, {})[tuple(row[name] for name in key_of(stream, "latest"))] = row
        elif message["type"] == "STATE" and kill:
            number += 1
            stream = message["state"]["stream"]["stream_descriptor"]["name"]
            claims = Claims(message["state"]["stream"]["stream_state"], lookback)
            assert unsent(kill, stream, claims, tables.get(stream, {})) == []
    return number


def unsent(kill: Kill, stream: str, claims: Claims, sent: Mapping[Key, Record]) -> list[Key]:
    """Keys of rows that are claimed but have not left, or that left with a value that is not the final one.

    The day that was still running when the sync before read it may have rows by now that nobody could send then.
    """
    names = expected.attributes(stream) if stream in REPORTS else set()
    return [
        key
        for key, row in truth_of(kill.simulator, stream).items()
        if claims.holds(row)
        and not (stream in REPORTS and kill.before and expected.day(row) == kill.running[row["advertiser_id"]])
        and (key not in sent or (claims.final(row) and not same(sent[key], row, names)))
    ]


def same(found: Record, row: Record, names: set[str]) -> bool:
    """Whether two rows are equal but for some columns."""
    return all(found.get(name) == row.get(name) for name in {*found, *row} - names)


_truths: dict[tuple[str, str], Table] = {}


def truth_of(simulator: Simulator, stream: str) -> Table:
    """The truth at the simulator's instant, worked out once."""
    key = simulator.clock.now.isoformat(), stream
    if key not in _truths:
        _truths[key] = expected.table(simulator, stream, start=START, entity_versions="latest")
    return _truths[key]


class Claims:
    """What a state says has left: days of accounts, or changes up to a moment.

    Final are the days that no later sync reads again: all but the last `lookback` days before the end of a range,
    and that end itself.
    """

    def __init__(self, blob: Mapping[str, Any] | None, lookback: int) -> None:
        entries = blob["states"] if blob else []
        self.cursors = {entry["partition"]["advertiser_id"]: entry["cursor"] for entry in entries}
        self.lookback = lookback

    def holds(self, row: Record) -> bool:
        """Whether the state says that this row has left."""
        cursor = self.cursors.get(row["advertiser_id"], {})
        if "stat_time_day" in row:
            return any(first <= expected.day(row) <= last for first, last in ranges(cursor))
        since = cursor.get("modify_time") or cursor.get("create_time") or ""
        return str(row.get("modify_time") or row["create_time"]) <= str(since)

    def passed(self, row: Record, now: datetime) -> bool:
        """Whether the row of a list was changed before the last change known, and no whole pass is due to bring it."""
        cursor = self.cursors.get(row["advertiser_id"], {})
        passed = str(row["modify_time"]) < str(cursor.get("modify_time", ""))
        return passed and now.date() - date.fromisoformat(cursor["whole_pass"]) < timedelta(days=7)

    def final(self, row: Record) -> bool:
        """Whether no sync after this state reads the row's day again."""
        if "stat_time_day" not in row:
            return False
        back = timedelta(days=self.lookback + 1)
        days = ranges(self.cursors.get(row["advertiser_id"], {}))
        return any(first <= expected.day(row) <= last - back for first, last in days)


def ranges(cursor: Mapping[str, Any]) -> Iterator[tuple[date, date]]:
    """The ranges of days that a report's cursor claims."""
    if "stat_time_day" in cursor:
        yield date.fromisoformat(cursor["start"]), date.fromisoformat(cursor["stat_time_day"][:10])
    for first, last in cursor.get("ranges", []):
        yield date.fromisoformat(first), date.fromisoformat(last)


def blobs(state: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What each stream's state holds."""
    return {item["stream"]["stream_descriptor"]["name"]: item["stream"]["stream_state"] for item in state}


def before_last_state(outcome: Outcome, stream: str) -> list[Record]:
    """The rows of a stream that left before its last state; none without a state."""
    rows: list[Record] = []
    found: list[Record] = []
    for message in outcome.messages:
        if message["type"] == "RECORD" and message["record"]["stream"] == stream:
            rows.append(message["record"]["data"])
        elif message["type"] == "STATE" and message["state"]["stream"]["stream_descriptor"]["name"] == stream:
            found = list(rows)
    return found
