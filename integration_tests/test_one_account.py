"""What one account is refused counts for that account only, and only where it is refused again later in the sync."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import pytest

from . import expected
from .reading import Destination, Outcome, by_key, difference, read, together
from .simulator import Simulator, Switches, World

WORLD = World(advertisers=20, campaigns=2, adgroups_per=1, ads_per=1, history_start=date(2026, 1, 20), specials=False)
SMALL = replace(WORLD, advertisers=3)
FIRST, *OTHERS = WORLD.advertiser_ids
SECOND, THIRD = SMALL.advertiser_ids[1:]
STREAM = "ad_insights"
NO_REGISTRATION = {"kind": "metrics", "names": ["registration"], "advertiser_id": FIRST}
AUDIENCE = "ad_insights_by_country"


@dataclass(frozen=True)
class Synced:
    """A sync, and its simulator, which no longer runs."""

    simulator: Simulator
    outcome: Outcome

    def of(self, *accounts: str, stream: str = STREAM) -> Mapping[Any, Any]:
        """The records of some accounts under their key."""
        return by_key(stream, [row for row in self.outcome.records[stream] if row["advertiser_id"] in accounts])

    def cursor(self, account: str, stream: str = STREAM) -> Mapping[str, Any]:
        """What the state says of an account."""
        states = self.outcome.states[stream]["stream"]["stream_state"]["states"]
        return next((entry["cursor"] for entry in states if entry["partition"]["advertiser_id"] == account), {})


def synced(
    *faults: Mapping[str, Any],
    streams: tuple[str, ...] = (STREAM,),
    mode: str = "incremental",
    world: World = SMALL,
    **settings: Any,
) -> Synced:
    """A first sync of a world with faults."""
    with Simulator(world, Switches(signed_urls=False)) as simulator:
        for fault in faults:
            simulator.faults.add(**fault)
        return Synced(simulator, read(simulator, streams, mode, **settings))


@pytest.fixture(scope="module")
def refused() -> Mapping[int, Synced]:
    """The first of twenty accounts refuses a metric; read by one worker and by eight."""
    jobs = [partial(synced, NO_REGISTRATION, world=WORLD, concurrency=workers) for workers in (1, 8)]
    return dict(zip((1, 8), together(jobs), strict=True))


@pytest.mark.parametrize("workers", [1, 8])
def test_a_metric_that_one_account_refuses_comes_for_all_others(refused: Mapping[int, Synced], workers: int) -> None:
    """Whichever slice is read first."""
    sync = refused[workers]
    assert sync.outcome.code == 0
    truth = expected.table(sync.simulator, STREAM, accounts=OTHERS)
    assert difference(sync.of(*OTHERS), truth) == ""
    assert sum(row["registration"] for row in truth.values()) > 0


def test_syncs_do_not_differ_by_which_slice_was_read_first(refused: Mapping[int, Synced]) -> None:
    """One worker and eight bring the same rows."""
    one, eight = (refused[workers].of(*WORLD.advertiser_ids) for workers in (1, 8))
    assert difference(one, eight) == ""
    assert refused[1].cursor(FIRST) == refused[8].cursor(FIRST)


@pytest.mark.parametrize("workers", [1, 8])
def test_only_the_account_that_refuses_goes_without(refused: Mapping[int, Synced], workers: int) -> None:
    """All else of its rows is there; one warning and the summary name account, metric and request_id."""
    sync = refused[workers]
    truth = {
        key: {name: value for name, value in row.items() if name != "registration"}
        for key, row in expected.table(sync.simulator, STREAM, accounts=[FIRST]).items()
    }
    assert difference(sync.of(FIRST), truth) == ""
    (warned,) = sync.outcome.warnings
    assert all(text in warned for text in (STREAM, FIRST, "registration", "request_id"))
    table = next(log for log in sync.outcome.logs if "stream, account, rows" in log)
    assert any(FIRST in line and "registration" in line for line in table.splitlines())
    assert sync.cursor(FIRST)["without"] == {"registration": "2026-02-01"}
    assert "without" not in sync.cursor(OTHERS[0])


def test_the_next_sync_after_the_refusal_is_over_reads_the_truth() -> None:
    """All days of the account are read again, for all were read without the metric."""
    with Simulator(SMALL, Switches(signed_urls=False)) as simulator:
        simulator.faults.add(**NO_REGISTRATION)
        first = read(simulator, (STREAM,), lookback_days=3)
        simulator.clock.advance(days=1)
        second = read(simulator, (STREAM,), lookback_days=3, state=first.state)
        simulator.faults.clear()
        third = read(simulator, (STREAM,), lookback_days=3, state=second.state)
    destination = Destination()
    for outcome in (first, second, third):
        assert outcome.code == 0
        destination.take(outcome)
    found = {key: row for key, row in destination.tables[STREAM].items() if row["advertiser_id"] == FIRST}
    assert difference(found, expected.table(simulator, STREAM, accounts=[FIRST])) == ""
    assert len(second.records[STREAM]) < len(first.records[STREAM])


def test_what_came_before_is_not_claimed_without() -> None:
    """Refused from the second sync on: the state stands still, so that the third brings back what null stands for."""
    with Simulator(SMALL, Switches(signed_urls=False)) as simulator:
        first = read(simulator, (STREAM,))
        simulator.clock.advance(days=1)
        simulator.faults.add(**NO_REGISTRATION)
        second = read(simulator, (STREAM,), state=first.state)
        simulator.faults.clear()
        third = read(simulator, (STREAM,), state=second.state)
    claimed = Synced(simulator, second).cursor(FIRST)
    assert {**Synced(simulator, first).cursor(FIRST), "owed": claimed["owed"]} == claimed
    assert "owed" not in Synced(simulator, third).cursor(FIRST)
    assert Synced(simulator, second).cursor(SECOND) != Synced(simulator, first).cursor(SECOND)
    assert any("the state does not claim what was read" in line and FIRST in line for line in second.warnings)
    destination = Destination()
    for outcome in (first, second, third):
        destination.take(outcome)
    tables = destination.tables[STREAM], expected.table(simulator, STREAM)
    found, truth = ({key: {"registration": row.get("registration")} for key, row in table.items()} for table in tables)
    assert difference(found, truth) == ""


ODD_WORDS = {"kind": "code", "code": 40002, "message": "Conflict occurs in the request"}
ONCE: Mapping[str, Mapping[str, Any]] = {
    "a metric": {"kind": "metrics", "names": ["registration"], "times": 1},
    "spend": {"kind": "metrics", "names": ["spend"], "times": 1},
    "the filter": {"kind": "code", "code": 40002, "message": "ad_status is not supported", "times": 1},
}


@pytest.mark.parametrize("name", ONCE)
def test_one_refusal_alone_costs_nothing(name: str) -> None:
    """The same request is sent again and answered: the rows are exact, nothing is warned of."""
    sync = synced({**ONCE[name], "path": "report/integrated/get"}, streams=(AUDIENCE,))
    assert (sync.outcome.code, sync.outcome.warnings) == (0, [])
    assert difference(sync.of(*SMALL.advertiser_ids, stream=AUDIENCE), expected.table(sync.simulator, AUDIENCE)) == ""


def test_a_refusal_with_other_words_costs_no_row_of_deleted_ads() -> None:
    """The part fails, the state does not claim it, and the next sync brings its rows."""
    with Simulator(SMALL, Switches(signed_urls=False)) as simulator:
        simulator.faults.add(**ODD_WORDS, path="report/integrated/get", advertiser_id=FIRST, times=1)
        first = read(simulator, (AUDIENCE,))
        second = read(simulator, (AUDIENCE,), state=first.state)
    assert first.code == 1
    assert "Conflict occurs in the request" in first.sentences
    destination = Destination()
    destination.take(first)
    destination.take(second)
    assert difference(destination.tables[AUDIENCE], expected.table(simulator, AUDIENCE)) == ""


def test_spend_is_never_given_up() -> None:
    """The account's part fails with TikTok's words; all other accounts are exact."""
    sync = synced({"kind": "metrics", "names": ["spend"], "advertiser_id": FIRST})
    assert sync.outcome.code == 1
    assert all(text in sync.outcome.sentences for text in (FIRST, "Invalid metric fields: ['spend']", "request_id"))
    assert sync.of(FIRST) == {}
    assert sync.cursor(FIRST) == {}
    assert difference(sync.of(SECOND, THIRD), expected.table(sync.simulator, STREAM, accounts=(SECOND, THIRD))) == ""


def test_a_full_refresh_without_a_metric_says_so() -> None:
    """A warning and the summary name it; the stream is complete but for that."""
    sync = synced(NO_REGISTRATION, mode="full_refresh")
    assert sync.outcome.code == 0
    (warned,) = sync.outcome.warnings
    assert all(text in warned for text in (FIRST, "registration", "request_id"))


def test_an_account_whose_every_request_is_refused_does_not_cost_the_others_theirs() -> None:
    """However many windows it has: eight of them failed, and the other accounts are read to the end."""
    fault = {**ODD_WORDS, "path": "report/integrated/get", "advertiser_id": FIRST}
    stream = "ad_insights_hourly"
    sync = synced(fault, streams=(stream,), start_date="2026-02-28", concurrency=1)
    assert sync.outcome.code == 1
    assert (
        difference(
            sync.of(SECOND, THIRD, stream=stream),
            expected.table(sync.simulator, stream, start="2026-02-28", accounts=(SECOND, THIRD)),
        )
        == ""
    )
