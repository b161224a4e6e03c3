"""Files that TikTok writes on request: whole reads, kills at each step, tasks that lead to nothing, cut files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from . import forked
from .expected_lists import list_table
from .killing import end
from .reading import Destination, Outcome, by_key, difference, read
from .simulator import TOKEN, Simulator, Switches, World
from .simulator.endpoints import PREFIX, Answer, Request

WORLD = World(advertisers=2, campaigns=1, adgroups_per=1, ads_per=1, history_start=date(2026, 1, 10))
FIRST = WORLD.advertiser_ids[0]
START = "2026-01-20"
STREAM = "change_log"
CREATE, CHECK, DOWNLOAD = (f"changelog/task/{step}" for step in ("create", "check", "download"))
PARAMS = {"advertiser_id": FIRST, "start_time": "2026-03-01 00:00:00", "end_time": "2026-03-31 00:00:00"}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A world of two accounts, listening."""
    with Simulator(WORLD, Switches(signed_urls=False)) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def _forks() -> Iterator[None]:
    """End the processes that forked, when the module is done."""
    yield
    forked.close()


def changes(simulator: Simulator, mode: str = "incremental", state: Any = None, **settings: Any) -> Outcome:
    """A read of the change log."""
    return read(simulator, [STREAM], mode, state, start_date=START, **settings)


def wrong(simulator: Simulator, *outcomes: Outcome) -> str:
    """How what several reads brought differs from the truth."""
    destination = Destination()
    for outcome in outcomes:
        destination.take(outcome)
    return difference(destination.tables[STREAM], list_table(simulator, STREAM, start=START))


def tasks_in(outcome: Outcome) -> Mapping[str, Any]:
    """The tasks under way that the last state names, by account."""
    blob = outcome.states[STREAM]["stream"]["stream_state"] if outcome.states else {"states": []}
    return {
        entry["partition"]["advertiser_id"]: entry["cursor"]["tasks"]
        for entry in blob["states"]
        if "tasks" in entry["cursor"]
    }


def asked(simulator: Simulator, path: str) -> list[dict[str, Any]]:
    """The requests to an endpoint."""
    return [entry for entry in simulator.requests if entry["path"] == path]


@pytest.mark.parametrize("as_json", [False, True], ids=["printed", "JSON"])
def test_every_change_comes_whatever_its_file_is_wrapped_in(simulator: Simulator, as_json: bool) -> None:
    """Over two windows, two equal changes too; and the state knows no task any more."""
    simulator.switches.update({"change_log_as_json": as_json})
    outcome = changes(simulator)
    assert (outcome.code, outcome.warnings, wrong(simulator, outcome)) == (0, [], "")
    assert tasks_in(outcome) == {}
    assert any(row["occurrence"] == 2 for row in outcome.records[STREAM])


@pytest.mark.parametrize("path", [CREATE, CHECK, DOWNLOAD])
def test_a_killed_sync_finds_its_tasks_again(path: str) -> None:
    """Killed before the answer to each step: no row is lost, and tasks that the state names are not created again."""
    with Simulator(WORLD, Switches(signed_urls=False, latency_ms=60)) as simulator:

        def meanwhile(pid: int) -> None:
            while not asked(simulator, path):
                simulator.wait(0.002)
            end(simulator, 0, 0.03, pid)

        killed = forked.read(simulator, [STREAM], start_date=START, meanwhile=meanwhile)
        known = {id for kept in tasks_in(killed).values() for id in kept.values()}
        created, downloaded = len(asked(simulator, CREATE)), len(asked(simulator, DOWNLOAD))
        resumed = changes(simulator, state=killed.state)
        windows = len(simulator.tasks.tasks) - len(known) if path == CREATE else 4
        assert (resumed.code, wrong(simulator, killed, resumed)) == (0, "")
        assert len(asked(simulator, CREATE)) - created <= max(windows, 4 - len(known))
        assert {entry["query"]["task_id"] for entry in asked(simulator, CHECK)[-20:]} >= known
        # On a busy machine all files may have come before the end does.
        assert path == CREATE or known or downloaded == 4
        assert tasks_in(resumed) == {}


@pytest.mark.parametrize("fault", ["failed", "unknown", "cut", "cut inside"])
@pytest.mark.parametrize("times", [1, None], ids=["once", "always"])
def test_a_task_that_leads_to_nothing(simulator: Simulator, fault: str, times: int | None) -> None:
    """One for each file is created anew; where that leads to nothing either, the account is short and not claimed."""
    rules: Mapping[str, dict[str, Any]] = {
        "failed": {"kind": "status", "path": CHECK, "put": "FAILED"},
        "unknown": {"kind": "code", "path": CHECK, "code": 40007, "message": "The task does not exist."},
        "cut": {"kind": "cut_file", "path": DOWNLOAD},
        "cut inside": {"kind": "cut_file", "path": DOWNLOAD, "put": "rows"},
    }
    simulator.faults.add(**rules[fault], advertiser_id=FIRST, times=times)
    outcome = changes(simulator)
    assert outcome.code == 0
    if times:
        assert (wrong(simulator, outcome), outcome.warnings) == ("", [])
        assert len(asked(simulator, CREATE)) == 5
        return
    assert outcome.warnings != []
    for said in outcome.warnings:
        assert FIRST in said
        assert "of 2 tasks for the same file none led to it" in said
    simulator.faults.clear()
    later = changes(simulator, state=outcome.state)
    assert (wrong(simulator, outcome, later), later.warnings) == ("", [])
    full = changes(simulator, "full_refresh")
    assert full.code == 0


def test_a_full_refresh_that_is_short_is_incomplete(simulator: Simulator) -> None:
    """An overwrite would replace a table by a part."""
    simulator.faults.add("cut_file", path=DOWNLOAD, advertiser_id=FIRST)
    outcome = changes(simulator, "full_refresh")
    assert outcome.code == 1
    assert outcome.statuses[STREAM][-1] == "INCOMPLETE"
    assert "its file is not whole" in outcome.sentences


def test_a_task_that_is_never_done_stays_in_the_state(simulator: Simulator) -> None:
    """The sync goes on without it, says so, and the next one asks about the same task."""
    simulator.faults.add("status", path=CHECK, put="PROCESSING", advertiser_id=FIRST)
    outcome = changes(simulator)
    assert outcome.code == 0
    assert "has not finished the task within 30 minutes" in "\n".join(outcome.warnings)
    assert {*tasks_in(outcome)} == {FIRST}
    waiting = set(tasks_in(outcome)[FIRST].values())
    simulator.faults.clear()
    before = len(asked(simulator, CREATE))
    later = changes(simulator, state=outcome.state)
    assert (wrong(simulator, outcome, later), later.warnings, tasks_in(later)) == ("", [], {})
    assert {entry["query"]["task_id"] for entry in asked(simulator, DOWNLOAD)} >= waiting
    assert [entry for entry in asked(simulator, CREATE)[before:] if entry["query"]["advertiser_id"] == FIRST] == []


def test_a_task_of_another_day_is_not_found_again(simulator: Simulator) -> None:
    """Its file ends when it was created; what happened since would be missing for good."""
    simulator.faults.add("status", path=CHECK, put="PROCESSING")
    outcome = changes(simulator, lookback_days=0)
    simulator.faults.clear()
    simulator.clock.advance(days=3)
    later = changes(simulator, state=outcome.state, lookback_days=0)
    assert (wrong(simulator, outcome, later), later.warnings, tasks_in(later)) == ("", [], {})


def test_an_operator_leaves_only_where_personal_data_are_asked_for(simulator: Simulator) -> None:
    """And the id of a row is the same with and without."""
    without, with_them = changes(simulator), changes(simulator, personal_data=True)
    assert b"gmail.com" not in b"".join(without.lines)
    assert all("operator" in row for row in with_them.records[STREAM])
    assert {*by_key(STREAM, without.records[STREAM])} == {*by_key(STREAM, with_them.records[STREAM])}


def test_an_app_without_the_permission_leaves_the_log_out(simulator: Simulator) -> None:
    """With a warning for each account."""
    simulator.access.deny(CREATE, 40125)
    outcome = changes(simulator)
    assert (outcome.code, outcome.records[STREAM]) == (0, [])
    assert len(outcome.warnings) == len(WORLD.advertiser_ids)


LEADS = "leads"


def leads(simulator: Simulator, **settings: Any) -> Outcome:
    """A read of the leads."""
    return read(simulator, [LEADS], "full_refresh", start_date=START, **settings)


def wrong_leads(simulator: Simulator, outcome: Outcome, personal_data: bool = False) -> str:
    """How the leads differ from the truth."""
    return difference(
        by_key(LEADS, outcome.records[LEADS]), list_table(simulator, LEADS, start=START, personal_data=personal_data)
    )


def test_answers_leave_only_where_personal_data_are_asked_for(simulator: Simulator) -> None:
    """Neither in records nor in any other line; the leads themselves are all there."""
    without, with_them = leads(simulator), leads(simulator, personal_data=True)
    for outcome, personal in ((without, False), (with_them, True)):
        assert (outcome.code, outcome.warnings, wrong_leads(simulator, outcome, personal)) == (0, [], "")
        assert (b"example.org" in b"".join(outcome.lines)) == personal
        assert (b"Person " in b"".join(outcome.lines)) == personal


@pytest.mark.parametrize("fault", ["failed", "unknown", "cut"])
def test_leads_whose_task_leads_to_nothing(simulator: Simulator, fault: str) -> None:
    """Once, another is created; always, the stream is incomplete and says so, without a word of what was filled in."""
    rules: Mapping[str, dict[str, Any]] = {
        "failed": {"kind": "status", "path": "page/lead/task", "put": "FAILED", "params": {"task_id": "7"}},
        "unknown": {"kind": "code", "path": "page/lead/task/download", "code": 40007},
        "cut": {"kind": "cut_file", "path": "page/lead/task/download"},
    }
    simulator.faults.add(**rules[fault], times=1)
    once = leads(simulator)
    assert (once.code, once.warnings, wrong_leads(simulator, once)) == (0, [], "")
    simulator.faults.add(**rules[fault])
    always = leads(simulator)
    assert (always.code, always.statuses[LEADS][-1]) == (1, "INCOMPLETE")
    assert "of 2 tasks for the same file none led to it" in always.sentences
    assert b"example.org" not in b"".join(always.lines)


def test_regions_that_are_refused_are_left_out_with_a_warning(simulator: Simulator) -> None:
    """The leads that come without one are all there."""
    simulator.switches.update({"lead_regions": False})
    outcome = leads(simulator)
    truth = list_table(simulator, LEADS, start=START)
    found = by_key(LEADS, outcome.records[LEADS])
    assert 0 < len(found) < len(truth)
    assert {key: truth[key] for key in found} == found
    assert outcome.code == 0
    assert all("page/lead/task adds is left out" in line for line in outcome.warnings)
    assert len(outcome.warnings) >= len(WORLD.advertiser_ids)


# The simulator itself.


def ask(simulator: Simulator, path: str, body: Mapping[str, Any] | None = None, **query: str) -> Answer:
    """TikTok's answer."""
    headers = {"access-token": TOKEN, "content-type": "application/json"}
    sent = {name: [value] for name, value in query.items()}
    method = "GET" if body is None else "POST"
    return simulator.ask(Request(method, f"{PREFIX}{path}/", headers, sent, json.dumps(body).encode() if body else b""))


def test_the_simulated_task_is_done_when_it_was_asked_about_twice(simulator: Simulator) -> None:
    """Before, its file is not ready; after a month, or for another account, nobody knows it."""
    id = ask(simulator, CREATE, PARAMS).data["task_id"]
    assert ask(simulator, DOWNLOAD, advertiser_id=FIRST, task_id=id).code == 40201
    states = [ask(simulator, CHECK, advertiser_id=FIRST, task_id=id).data["status"] for _ in range(2)]
    assert states == ["PROCESSING", "SUCCESS"]
    assert "file_data" in ask(simulator, DOWNLOAD, advertiser_id=FIRST, task_id=id).data["changelog"]
    assert ask(simulator, CHECK, advertiser_id=WORLD.advertiser_ids[1], task_id=id).code == 40007
    simulator.clock.advance(days=31)
    assert ask(simulator, CHECK, advertiser_id=FIRST, task_id=id).code == 40007


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"end_time": "2026-03-31 00:00:01"}, 40002),
        ({"end_time": "2026-02-01 00:00:00"}, 40002),
        ({"end_time": "soon"}, 40002),
        ({"timezone": "Mars"}, 40002),
        ({"module": "COLOUR"}, 40002),
        ({"surprise": "x"}, 40002),
        ({"advertiser_id": None}, 40002),
        ({"advertiser_id": WORLD.unreadable_ids[0]}, 40001),
    ],
)
def test_the_simulator_refuses_what_is_not_documented(
    simulator: Simulator, changed: Mapping[str, Any], code: int
) -> None:
    """Times, zones, modules, parameters and accounts."""
    body = {name: value for name, value in {**PARAMS, **changed}.items() if value is not None}
    assert ask(simulator, CREATE, body).code == code


def test_a_task_is_created_with_a_body(simulator: Simulator) -> None:
    """A query alone is refused, and so is what is no JSON object."""
    assert ask(simulator, CREATE, **PARAMS).code == 40002
    assert ask(simulator, CHECK, PARAMS).code == 40002
    plain = Request("POST", f"{PREFIX}{CREATE}/", {"access-token": TOKEN}, {}, b"[]")
    assert simulator.ask(plain).code == 40002
