"""A first read of all streams sends no request twice, but for those that are listed here with the reason."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from .reading import Outcome, catalog, configuration, configured, run
from .simulator import Simulator, Switches, World

WORLD = World(advertisers=2, campaigns=3, adgroups_per=1, ads_per=1, history_start=date(2026, 3, 1))
# Of a refusal that is doubted: it may have been a fault of the moment.
CONFIRMED = 2
REFUSED = {
    # Which pairs of objective and goal exist is not documented; those that do not are refused.
    "pixel/instant_page/event",
    # Breakdowns that this account does not have: each window that is under way is refused by itself.
    "report/integrated/get",
}
# Whether a task is done is asked until it is.
TASKS = {"changelog/task/check", "page/lead/task"}

Asked = tuple[str, str, str, str]


@pytest.fixture(scope="module")
def first() -> Iterator[tuple[Simulator, Outcome]]:
    """A first read of all streams as tables that are replaced, in pages of a few rows."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        settings = configuration(simulator, start_date="2026-03-08", page_size=10)
        yield simulator, run("read", settings, configured(catalog(), "full_refresh"))


def answers(simulator: Simulator) -> Mapping[Asked, list[int]]:
    """The codes of the answers to each different request: method, path, parameters and the headers that choose."""
    found: dict[Asked, list[int]] = defaultdict(list)
    for entry in simulator.requests:
        parameters = json.dumps(entry["query"], sort_keys=True)
        headers = json.dumps(entry["headers"], sort_keys=True)
        found[entry["method"], entry["path"], parameters, headers].append(entry["code"])
    return found


def task_of(asked: Asked) -> Any:
    """The task that a request asks about; None for any other request."""
    return json.loads(asked[2]).get("task_id") if asked[1] in TASKS else None


def test_the_read_is_whole(first: tuple[Simulator, Outcome]) -> None:
    """All streams are read to their end, nearly all of them with rows."""
    _, outcome = first
    assert outcome.code == 0, outcome.sentences
    assert len(outcome.records) > 0.9 * len(catalog())
    assert {statuses[-1] for statuses in outcome.statuses.values()} == {"COMPLETE"}


def test_nothing_is_asked_twice_without_a_reason(first: tuple[Simulator, Outcome]) -> None:
    """What was answered is not asked for again, whichever streams and parent lists need it."""
    simulator, _ = first
    repeated = {asked: codes for asked, codes in answers(simulator).items() if len(codes) > 1}
    assert [(asked, codes) for asked, codes in repeated.items() if 0 in codes and task_of(asked) is None] == []


def test_what_is_asked_twice(first: tuple[Simulator, Outcome]) -> None:
    """Refusals, once each, and tasks that were not done when they were asked about first."""
    simulator, _ = first
    repeated = {asked: codes for asked, codes in answers(simulator).items() if len(codes) > 1}
    refusals = {asked: codes for asked, codes in repeated.items() if task_of(asked) is None}
    assert {asked[1] for asked in refusals} <= REFUSED
    assert {len(codes) for codes in refusals.values()} == {CONFIRMED}
    polls = Counter(asked[1] for asked in repeated if task_of(asked) is not None)
    assert polls.keys() <= TASKS
