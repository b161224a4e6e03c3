"""Syncs that go on from a state: after an upsert the tables equal a full read, whatever happened in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from . import expected
from .reading import (
    ENTITIES,
    REPORTS,
    STREAMS,
    Destination,
    Outcome,
    Record,
    Table,
    by_key,
    configuration,
    configured,
    difference,
    read,
    run,
    together,
)
from .simulator import Simulator, Switches, World

# Accounts in Auckland, Kolkata and Los Angeles.
WORLD = World(advertisers=3, campaigns=4, adgroups_per=2, ads_per=1, history_start=date(2026, 1, 10))
SMALL = World(advertisers=2, campaigns=4, adgroups_per=1, ads_per=2, history_start=date(2026, 1, 20))
START = "2026-02-05"
# Hours between one sync and the next; the last one is due for a whole pass.
STEPS = (0, 33, 41, 50, 209)
LOOKBACK = 28
ID = {"campaigns": "campaign_id", "adgroups": "adgroup_id", "ads": "ad_id"}


@dataclass
class History:
    """What five syncs left behind: the tables, every sync's own output, and what was true at each."""

    simulator: Simulator
    destination: Destination
    outcomes: list[Outcome] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)
    truths: list[Mapping[str, Table]] = field(default_factory=list)


def history(entity_versions: str, streams: Iterable[str]) -> History:
    """Five syncs, the clock moving in between."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        past = History(simulator, Destination(entity_versions))
        state = None
        for hours in STEPS:
            simulator.clock.advance(hours=hours)
            outcome = read(simulator, streams, state=state, start_date=START, entity_versions=entity_versions)
            state = outcome.state
            past.destination.take(outcome)
            past.outcomes.append(outcome)
            past.moments.append(simulator.clock.now)
            past.truths.append({stream: expected.table(simulator, stream, start=START) for stream in ENTITIES})
    return past


@pytest.fixture(scope="module")
def histories() -> Mapping[str, History]:
    """Both settings of entity_versions, side by side; reports do not depend on it."""
    every, latest = together([partial(history, "every", STREAMS), partial(history, "latest", ENTITIES)])
    return {"every": every, "latest": latest}


@pytest.mark.parametrize("entity_versions", ["every", "latest"])
def test_all_five_end_well(histories: Mapping[str, History], entity_versions: str) -> None:
    """Each sync ends with 0, without a warning, with nothing on stderr and nothing refused."""
    past = histories[entity_versions]
    assert [(outcome.code, outcome.warnings, outcome.stderr) for outcome in past.outcomes] == [(0, [], "")] * 5
    assert {entry["code"] for entry in past.simulator.requests} == {0}


def test_things_happen_in_between(histories: Mapping[str, History]) -> None:
    """Between the syncs entities are created, changed and deleted, and figures of past days are restated."""
    truths = histories["every"].truths
    for stream in ENTITIES:
        ids = [{row[ID[stream]] for row in truth[stream].values()} for truth in truths]
        deleted = [
            {row[ID[stream]] for row in truth[stream].values() if row["current_status"] == "DELETE"} for truth in truths
        ]
        assert ids[0] < ids[-1]
        assert set(truths[0][stream]) - set(truths[-1][stream])
        assert deleted[0] < deleted[-1]
        assert (deleted[-1] & ids[0]) - deleted[0]
    outcomes = histories["every"].outcomes
    first, last = (by_key("ad_insights", outcome.records["ad_insights"]) for outcome in (outcomes[0], outcomes[-1]))
    restated = [key for key in first if key in last and first[key]["conversion"] != last[key]["conversion"]]
    assert restated


@pytest.mark.parametrize("stream", REPORTS)
def test_reports_equal_a_full_read(histories: Mapping[str, History], stream: str) -> None:
    """After five syncs the table equals the truth; attributes, which show today's, inside the last look-back only."""
    past = histories["every"]
    truth = expected.table(past.simulator, stream, start=START, clock=past.moments[-1])
    read_again = {
        id: expected.today(past.simulator, id, past.moments[-2]) - timedelta(days=LOOKBACK)
        for id in WORLD.advertiser_ids
    }
    found, truth = (
        expected.without_attributes(stream, rows, read_again) for rows in (past.destination.tables[stream], truth)
    )
    assert difference(found, truth) == ""


@pytest.mark.parametrize("stream", REPORTS)
def test_no_row_is_older_than_the_look_back(histories: Mapping[str, History], stream: str) -> None:
    """A later sync reads from the cursor less the look-back on, and up to the account's own today."""
    past = histories["every"]
    for before, moment, outcome in zip(past.moments, past.moments[1:], past.outcomes[1:], strict=False):
        for id in WORLD.advertiser_ids:
            days = [expected.day(row) for row in outcome.records[stream] if row["advertiser_id"] == id]
            assert min(days) >= expected.today(past.simulator, id, before) - timedelta(days=LOOKBACK)
            assert max(days) <= expected.today(past.simulator, id, moment)


@pytest.mark.parametrize("stream", ENTITIES)
def test_one_row_an_entity_equals_a_full_read(histories: Mapping[str, History], stream: str) -> None:
    """With `latest` the key has no modify_time, and each row is the newest truth."""
    past = histories["latest"]
    truth = by_key(stream, past.truths[-1][stream].values(), "latest")
    assert difference(past.destination.tables[stream], truth) == ""
    assert {len(key) for key in truth} == {len(next(iter(past.truths[-1][stream]))) - 1}


@pytest.mark.parametrize("stream", ENTITIES)
def test_every_version_was_once_the_truth(histories: Mapping[str, History], stream: str) -> None:
    """With `every` the newest version of each id is today's truth; each older one was the truth at an earlier sync."""
    past = histories["every"]
    newest: dict[str, Record] = {}
    for row in past.destination.tables[stream].values():
        known = newest.get(row[ID[stream]])
        if known is None or known["modify_time"] < row["modify_time"]:
            newest[row[ID[stream]]] = row
    truth = {row[ID[stream]]: row for row in past.truths[-1][stream].values()}
    assert difference({(id,): row for id, row in newest.items()}, {(id,): row for id, row in truth.items()}) == ""
    older: Table = {key: row for key, row in past.destination.tables[stream].items() if row not in newest.values()}
    assert older
    lies = [key for key, row in older.items() if row not in [held[stream].get(key) for held in past.truths]]
    assert lies == []


@pytest.mark.parametrize("stream", ENTITIES)
def test_changes_only_between_whole_passes(histories: Mapping[str, History], stream: str) -> None:
    """A sync in between brings changed rows and those without a time of their own; a whole pass brings all."""
    past = histories["every"]
    rows = [len(outcome.records[stream]) for outcome in past.outcomes]
    assert rows[0] == len(past.truths[0][stream])
    assert rows[4] == len(past.truths[4][stream])
    assert all(0 < rows[n] < len(past.truths[n][stream]) for n in (1, 2, 3))


def test_ads_are_asked_for_by_their_changes(histories: Mapping[str, History]) -> None:
    """Between whole passes TikTok filters the ads by their changes; those of upgraded Smart+ come besides."""
    requests = histories["every"].simulator.requests
    filters = [entry["query"].get("filtering", "") for entry in requests if entry["path"] == "ad/get"]
    assert sum("modified_after" in text for text in filters) == 3 * 3
    assert sum("campaign_ids" in text for text in filters) == 3 * 3
    # Those of TopView and of Promote campaigns come whole, every time.
    assert len(filters) == 3 * (1 + 2 + 2 + 2 + 1) + 3 * 5 * 2


def test_the_state_is_small_and_as_promised(histories: Mapping[str, History]) -> None:
    """Version 1, one entry an account, the account's today as a report's cursor, the last whole pass of entities."""
    past = histories["every"]
    state = {name: message["stream"]["stream_state"] for name, message in past.outcomes[-1].states.items()}
    assert set(state) == set(STREAMS)
    for blob in state.values():
        assert blob["version"] == 1
        assert {entry["partition"]["advertiser_id"] for entry in blob["states"]} == set(WORLD.advertiser_ids)
    for entry in state["ad_insights"]["states"]:
        today = expected.today(past.simulator, entry["partition"]["advertiser_id"])
        assert entry["cursor"] == {"start": START, "stat_time_day": today.isoformat()}
    for entry in state["ads"]["states"]:
        assert entry["cursor"]["whole_pass"] == past.moments[-1].date().isoformat()
        assert entry["cursor"]["modify_time"] <= expected.utc(past.moments[-1])


@dataclass(frozen=True)
class Sync:
    """One sync of a story: its output and the requests it made."""

    outcome: Outcome
    requests: list[dict[str, Any]]
    moment: datetime

    def days(self, advertiser_id: str) -> set[date]:
        """The days of an account that reports were asked for."""
        asked = [
            entry["query"]
            for entry in self.requests
            if entry["path"].startswith("report/") and entry["query"]["advertiser_id"] == advertiser_id
        ]
        return {day for query in asked for day in between(query["start_date"], query["end_date"])}


def between(first: str, last: str) -> list[date]:
    """Every day from the first to the last."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


@dataclass
class Story:
    """Syncs of a small world, one after the other, each from the state before; what they bring is upserted."""

    simulator: Simulator
    streams: tuple[str, ...] = ("ad_insights",)
    syncs: list[Sync] = field(default_factory=list)
    destination: Destination = field(default_factory=Destination)

    def sync(self, hours: float = 0, **changes: Any) -> None:
        """Let time pass, and sync."""
        self.simulator.clock.advance(hours=hours)
        seen = len(self.simulator.requests)
        state = self.syncs[-1].outcome.state if self.syncs else None
        outcome = read(self.simulator, self.streams, state=state, **changes)
        self.destination.take(outcome)
        self.syncs.append(Sync(outcome, self.simulator.requests[seen:], self.simulator.clock.now))

    def cursor(self, number: int, advertiser_id: str, stream: str = "ad_insights") -> Any:
        """What the state said of an account after a sync."""
        blob = self.syncs[number].outcome.states[stream]["stream"]["stream_state"]
        found = {entry["partition"]["advertiser_id"]: entry["cursor"] for entry in blob["states"]}
        return found[advertiser_id]


FIRST, SECOND = SMALL.advertiser_ids
STORIES: Mapping[str, tuple[tuple[str, ...], list[dict[str, Any]]]] = {
    "start": (
        ("ad_insights",),
        [
            {"start_date": "2026-02-20", "lookback_days": 3},
            {"hours": 24, "start_date": "2026-02-01", "lookback_days": 3},
            {"hours": 24, "start_date": "2026-03-06", "lookback_days": 3},
            {"hours": 24, "start_date": "2026-02-01", "lookback_days": 3},
        ],
    ),
    "accounts": (
        ("ad_insights", "campaigns"),
        [
            {"accounts": [FIRST], "lookback_days": 3},
            {"hours": 24, "accounts": [FIRST, SECOND], "lookback_days": 3},
            {"hours": 24, "accounts": [SECOND], "lookback_days": 3},
        ],
    ),
    "deleted": (
        ("ad_insights", "campaigns", "ads"),
        [
            {"include_deleted": False, "lookback_days": 3},
            {"hours": 1, "include_deleted": True, "lookback_days": 3},
            {"hours": 1, "entity_versions": "latest", "lookback_days": 3},
        ],
    ),
    "no look-back": (("ad_insights",), [{"lookback_days": 0}, {"hours": 48, "lookback_days": 0}]),
    "longest look-back": (("ad_insights",), [{"lookback_days": 364}, {"hours": 48, "lookback_days": 364}]),
    "end": (
        ("ad_insights",),
        [
            {"end_date": "2026-02-10", "lookback_days": 2},
            {"end_date": "2026-02-20", "lookback_days": 2},
            {"end_date": "2030-01-01", "lookback_days": 2},
        ],
    ),
}


def told(streams: tuple[str, ...], steps: list[dict[str, Any]]) -> Story:
    """A story, told to its end."""
    with Simulator(SMALL, Switches(signed_urls=False)) as simulator:
        story = Story(simulator, streams)
        for step in steps:
            story.sync(**step)
    return story


@pytest.fixture(scope="module")
def stories() -> Mapping[str, Story]:
    """All stories, two at a time."""
    return dict(zip(STORIES, together([partial(told, *story) for story in STORIES.values()]), strict=True))


@pytest.mark.parametrize("name", STORIES)
def test_stories_end_well(stories: Mapping[str, Story], name: str) -> None:
    """Every sync of every story ends with 0 and warns of no more than a changed setting."""
    codes = [sync.outcome.code for sync in stories[name].syncs]
    assert codes == [0] * len(codes)


def test_an_earlier_start_reads_the_missing_days(stories: Mapping[str, Story]) -> None:
    """start_date moved back: the days before are read, and those already there only inside the look-back."""
    story = stories["start"]
    for id in SMALL.advertiser_ids:
        day = expected.today(story.simulator, id) - timedelta(days=3)  # the first sync's
        again = between((day - timedelta(days=3)).isoformat(), (day + timedelta(days=1)).isoformat())
        assert story.syncs[1].days(id) == {*between("2026-02-01", "2026-02-19"), *again}
    truth = expected.table(story.simulator, "ad_insights", clock=story.syncs[3].moment)
    assert set(story.destination.tables["ad_insights"]) == set(truth)


def test_a_later_start_drops_nothing(stories: Mapping[str, Story]) -> None:
    """start_date moved forward and back again: the state keeps the earliest, and no old day is read twice."""
    story = stories["start"]
    for id in SMALL.advertiser_ids:
        assert [story.cursor(number, id)["start"] for number in range(4)] == ["2026-02-20"] + ["2026-02-01"] * 3
        day = expected.today(story.simulator, id)
        for number, back in ((2, 1), (3, 0)):
            first = day - timedelta(days=back + 1 + 3)
            assert min(story.syncs[number].days(id)) == first


def test_a_new_account_starts_at_the_start(stories: Mapping[str, Story]) -> None:
    """An account added later is read from start_date on, the others go on where they were."""
    story = stories["accounts"]
    first = expected.today(story.simulator, FIRST) - timedelta(days=2)
    assert min(story.syncs[1].days(FIRST)) == first - timedelta(days=3)
    assert min(story.syncs[1].days(SECOND)) == date(2026, 2, 1)
    assert len(story.syncs[1].days(SECOND)) == (expected.today(story.simulator, SECOND) - date(2026, 2, 1)).days


def test_an_account_that_left_keeps_its_state(stories: Mapping[str, Story]) -> None:
    """An account taken out is not read, and its entry in the state stays as it was."""
    story = stories["accounts"]
    assert story.syncs[2].days(FIRST) == set()
    for stream in ("ad_insights", "campaigns"):
        assert story.cursor(2, FIRST, stream) == story.cursor(1, FIRST, stream)


def test_turning_deleted_ones_on_starts_again(stories: Mapping[str, Story]) -> None:
    """include_deleted turned on reads the stream whole, so that nothing of the past is missing."""
    story = stories["deleted"]
    for stream in story.streams:
        truth = expected.table(story.simulator, stream, clock=story.syncs[1].moment)
        assert difference(by_key(stream, story.syncs[1].outcome.records[stream]), truth) == ""
    assert len([line for line in story.syncs[1].outcome.warnings if "include_deleted" in line]) == 3


@pytest.mark.parametrize(("name", "days"), [("no look-back", 0), ("longest look-back", 364)])
def test_the_ends_of_the_look_back(stories: Mapping[str, Story], name: str, days: int) -> None:
    """With 0 the cursor's own day is read again; with 364 everything, but never a day before the start."""
    story = stories[name]
    for id in SMALL.advertiser_ids:
        today = expected.today(story.simulator, id)
        first = max(date(2026, 2, 1), today - timedelta(days=2 + days))
        assert story.syncs[1].days(id) == set(between(first.isoformat(), today.isoformat()))


def test_end_date_is_included_and_may_move(stories: Mapping[str, Story]) -> None:
    """Days up to end_date are read; a later end_date goes on from there; one in the future means today."""
    story = stories["end"]
    for id in SMALL.advertiser_ids:
        today = expected.today(story.simulator, id).isoformat()
        assert story.syncs[0].days(id) == set(between("2026-02-01", "2026-02-10"))
        assert story.syncs[1].days(id) == set(between("2026-02-08", "2026-02-20"))
        assert story.syncs[2].days(id) == set(between("2026-02-18", today))
    truth = expected.table(story.simulator, "ad_insights")
    assert difference(story.destination.tables["ad_insights"], truth) == ""


def test_changed_entity_versions_only_say_so(stories: Mapping[str, Story]) -> None:
    """Another entity_versions does not read anew: a log line says that a refresh fills the past."""
    outcomes = [sync.outcome for sync in stories["deleted"].syncs]
    assert len(outcomes[2].records["campaigns"]) < len(outcomes[1].records["campaigns"])
    lines = [line for line in outcomes[2].logs if "entity_versions" in line]
    assert [line.split(":")[0].split()[-1] for line in lines] == ["campaigns", "ads"]


def blob(stream: str, content: Any) -> dict[str, Any]:
    """A state message's inside."""
    return {"type": "STREAM", "stream": {"stream_descriptor": {"name": stream}, "stream_state": content}}


def damaged(cursor: Any) -> dict[str, Any]:
    """A state of ours whose one entry cannot be read."""
    return {
        "version": 1,
        "include_deleted": True,
        "states": [{"partition": {"advertiser_id": FIRST}, "cursor": cursor}],
    }


UNUSABLE: Mapping[str, Any] = {
    "campaigns": {"modify_time": "2026-01-05 00:00:00"},
    "adgroups": {"version": 1, "states": "everything"},
    "ads": damaged({"modify_time": "yesterday"}),
    "ad_insights": damaged({"start": 7}),
    "ad_insights_by_platform": {"states": [{"partition": {"advertiser_id": int(FIRST)}, "cursor": {}}]},
    "campaign_insights_by_province": {"version": True, "states": []},
}
NEWER = {"version": 2, "states": []}


@pytest.fixture(scope="module")
def odd_states() -> Mapping[str, tuple[Simulator, Outcome]]:
    """Reads from states that are not ours, damaged, too new or no states at all."""

    def job(streams: Iterable[str], state: Any, mode: str) -> tuple[Simulator, Outcome]:
        with Simulator(SMALL, Switches(signed_urls=False)) as simulator:
            return simulator, run("read", configuration(simulator), configured(streams, mode), state)

    jobs = {
        "unusable": (tuple(UNUSABLE), [blob(stream, content) for stream, content in UNUSABLE.items()], "incremental"),
        "newer": (("campaigns",), [blob("campaigns", NEWER)], "incremental"),
        "newer, not asked for": (("campaigns",), [blob("campaigns", NEWER)], "full_refresh"),
        "no JSON": (("campaigns",), "[{", "incremental"),
    }
    return dict(zip(jobs, together([partial(job, *arguments) for arguments in jobs.values()]), strict=True))


@pytest.mark.parametrize("stream", UNUSABLE)
def test_states_that_cannot_be_used(odd_states: Mapping[str, tuple[Simulator, Outcome]], stream: str) -> None:
    """Another connector's state, or a damaged one: one warning, and the stream is read whole."""
    simulator, outcome = odd_states["unusable"]
    assert outcome.code == 0
    assert difference(by_key(stream, outcome.records[stream]), expected.table(simulator, stream)) == ""
    assert len([line for line in outcome.warnings if f"The state of {stream} " in line]) == 1
    assert len([line for line in outcome.warnings if "The state of " in line]) == len(UNUSABLE)


@pytest.mark.parametrize("name", ["newer", "no JSON"])
def test_states_that_stop_the_sync(odd_states: Mapping[str, tuple[Simulator, Outcome]], name: str) -> None:
    """A state of a newer version, or bad JSON, is a configuration error before any request."""
    simulator, outcome = odd_states[name]
    assert outcome.code == 1
    assert {error["failure_type"] for error in outcome.errors} == {"config_error"}
    assert "state" in outcome.sentences
    assert "Traceback" not in outcome.sentences
    assert simulator.requests == []


def test_a_full_refresh_ignores_any_state(odd_states: Mapping[str, tuple[Simulator, Outcome]]) -> None:
    """A stream that is read whole does not look at a state, not even at one too new."""
    simulator, outcome = odd_states["newer, not asked for"]
    assert (outcome.code, outcome.warnings) == (0, [])
    assert difference(by_key("campaigns", outcome.records["campaigns"]), expected.table(simulator, "campaigns")) == ""
