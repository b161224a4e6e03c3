"""Facts that nobody could verify: the rows are exact whichever way each of them turns out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from . import expected
from .reading import ENTITIES, Destination, Key, Outcome, Record, Table, by_key, difference, read, repeated, together
from .simulator import Simulator, Switches, World

WORLD = World(advertisers=2, campaigns=4, adgroups_per=2, ads_per=2, history_start=date(2026, 1, 20))
START = "2026-02-01"
REPORTS = ("ad_insights", "ad_insights_by_country", "campaign_insights_by_province")
# Hours between the syncs; the last of the lists' is due for a whole pass, because a status may leak without a trace.
LISTED = (0, 50, 140)
REPORTED = (0, 50)
# Each position that differs from the simulator's usual one, by what it is about.
LISTS: Mapping[str, Mapping[str, Any]] = {
    "usual": {},
    "modified_after includes its moment": {"modified_after_inclusive": True},
    "modified_after refused beside all statuses": {"modified_after_with_all": False},
    "modified_after leaves out rows without modify_time": {"modified_after_returns_null": False},
    "a parent's status moves modify_time": {"status_leak_touches_modify_time": True},
    "Smart+ has modify_time, no legacy columns": {"smart_plus_modify_time": True, "legacy_columns": False},
    "reservation campaigns come only by name": {"reservation_unasked": False},
    "pages beyond the end refused, any number of accounts": {
        "page_beyond_end_empty": False,
        "advertiser_info_limit": None,
    },
}
FIGURES: Mapping[str, Mapping[str, Any]] = {
    "usual": {},
    "numbers": {"report_numbers_as_text": False},
    "shuffled": {"report_order": "shuffled"},
    "no rows of zeros": {"zero_rows": False, "gzip": False},
    "audience takes no status filter": {"audience_status_filter": False},
    "audience hides deleted objects": {"audience_shows_deleted": False},
    "video metrics in few audience reports": {"audience_video_everywhere": False},
    "country takes any metric": {"country_metrics_strict": False, "page_beyond_end_empty": False},
}
# Positions in which TikTok takes less than is asked for, and what the warning says.
TAKES_LESS = {
    "audience takes no status filter": "no status filter",
    "video metrics in few audience reports": "refuses the metrics",
}
SHOWN = ("bid", "budget", "campaign_budget")
# Metrics that TikTok then refuses beside a dimension that does not list them: they are left out, with one warning.
VIDEO = (
    *("video_play_actions", "video_watched_2s", "video_watched_6s", "video_views_p25", "video_views_p50"),
    *("video_views_p75", "video_views_p100", "likes", "comments", "shares", "follows", "profile_visits"),
    *("profile_visits_rate", "clicks_on_music_disc"),
)


@dataclass(frozen=True)
class Story:
    """Syncs under one position of the switches, and the tables after an upsert of all."""

    simulator: Simulator
    outcomes: Sequence[Outcome]
    destination: Destination


def told(positions: Mapping[str, Any], streams: Sequence[str], hours: Sequence[float]) -> Story:
    """Syncs one after the other, the clock moving in between."""
    with Simulator(WORLD, Switches(**{"signed_urls": False, **positions})) as simulator:
        destination, outcomes, state = Destination("latest"), [], None
        for step in hours:
            simulator.clock.advance(hours=step)
            outcome = read(simulator, streams, state=state, start_date=START, page_size=60)
            destination.take(outcome)
            outcomes.append(outcome)
            state = outcome.state
    return Story(simulator, outcomes, destination)


@pytest.fixture(scope="module")
def lists() -> Mapping[str, Story]:
    """The lists under every position."""
    jobs = [partial(told, positions, ENTITIES, LISTED) for positions in LISTS.values()]
    return dict(zip(LISTS, together(jobs), strict=True))


@pytest.fixture(scope="module")
def figures() -> Mapping[str, Story]:
    """The reports under every position."""
    jobs = [partial(told, positions, REPORTS, REPORTED) for positions in FIGURES.values()]
    return dict(zip(FIGURES, together(jobs), strict=True))


@pytest.mark.parametrize("stream", ENTITIES)
@pytest.mark.parametrize("name", LISTS)
def test_lists_are_exact(lists: Mapping[str, Story], name: str, stream: str) -> None:
    """The first read is exact, and after syncs by changes and a whole pass so is the table."""
    story = lists[name]
    assert [(outcome.code, outcome.warnings) for outcome in story.outcomes] == [(0, [])] * len(LISTED)
    truth = expected.table(story.simulator, stream, entity_versions="latest")
    assert difference(story.destination.tables[stream], truth) == ""
    assert repeated(stream, story.outcomes[0].records[stream]) == []
    first = expected.table(story.simulator, stream, clock=WORLD.start)
    assert difference(by_key(stream, story.outcomes[0].records[stream]), first) == ""


@pytest.mark.parametrize("stream", ENTITIES)
@pytest.mark.parametrize("name", LISTS)
def test_no_change_waits_for_the_whole_pass(lists: Mapping[str, Story], name: str, stream: str) -> None:
    """What has a new modify_time leaves with the next sync, not only with the next whole pass."""
    story = lists[name]
    clock = WORLD.start + timedelta(hours=LISTED[1])
    before, after = (expected.table(story.simulator, stream, clock=moment) for moment in (WORLD.start, clock))
    changed = {key for key, row in after.items() if before.get(key, {}).get("modify_time") != row["modify_time"]}
    assert changed
    assert changed <= set(by_key(stream, story.outcomes[1].records[stream]))


@pytest.mark.parametrize("stream", REPORTS)
@pytest.mark.parametrize("name", FIGURES)
def test_reports_are_exact(figures: Mapping[str, Story], name: str, stream: str) -> None:
    """The first read is exact, and after a second sync so is the table; attributes inside the look-back.

    Rows that the first sync read and that TikTok hides by now, for their object was deleted, stay as they were.
    """
    story = figures[name]
    again = {id: expected.today(story.simulator, id, WORLD.start) - timedelta(days=28) for id in WORLD.advertiser_ids}
    destination, wanted = Destination("latest"), dict[Key, Record]()
    for outcome, clock in zip(story.outcomes, (WORLD.start, story.simulator.clock.now), strict=True):
        assert outcome.code == 0
        destination.take(outcome)
        wanted.update(expected.table(story.simulator, stream, clock=clock))
        found, truth = (
            expected.without_attributes(stream, table, again) for table in (destination.tables[stream], wanted)
        )
        if not story.simulator.switches.audience_video_everywhere and stream != "ad_insights":
            truth = _without_video(truth, found)
        if not story.simulator.switches.report_numbers_as_text:
            found, truth = _amounts(found), _amounts(truth)
        assert difference(found, truth) == ""


def _amounts(table: Table) -> Table:
    """The table with amounts that are published as text by their value: a JSON number has lost its zeros at the end."""
    return {
        key: {name: float(value) if name in SHOWN else value for name, value in row.items()}
        for key, row in table.items()
    }


def _without_video(wanted: Table, found: Table) -> Table:
    """The truth without the metrics that TikTok refused, which are null throughout."""
    lacking = {name for name in VIDEO if not any(name in row for row in found.values())}
    return {key: {name: value for name, value in row.items() if name not in lacking} for key, row in wanted.items()}


@pytest.mark.parametrize(("name", "text"), TAKES_LESS.items())
def test_what_lacks_is_said_once(figures: Mapping[str, Story], name: str, text: str) -> None:
    """Where TikTok takes less, each stream says so once a sync and account; every other warning would be wrong."""
    for outcome in figures[name].outcomes:
        warned = [line for line in outcome.warnings if text in line]
        assert warned
        assert len(warned) == len(set(warned)) == len(outcome.warnings)


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in TAKES_LESS])
def test_nothing_else_warns(figures: Mapping[str, Story], name: str) -> None:
    """Any other position of a switch is read without a word."""
    assert [outcome.warnings for outcome in figures[name].outcomes] == [[]] * len(REPORTED)


def test_an_order_that_changes_with_every_request() -> None:
    """Rows in a new order on every page can be told from lost ones: all are found, or a warning says how many lack."""
    with Simulator(WORLD, Switches(signed_urls=False, report_order="unstable")) as simulator:
        outcome = read(simulator, ("ad_insights",), start_date=START, page_size=60)
    truth = expected.table(simulator, "ad_insights", start=START)
    found = by_key("ad_insights", outcome.records["ad_insights"])
    assert set(found) <= set(truth)
    assert all(found[key] == truth[key] for key in found)
    assert set(found) == set(truth) or any("rows" in line for line in outcome.warnings)


def test_without_a_date_header_the_machine_has_the_clock() -> None:
    """Without TikTok's clock today is this machine's today."""
    with Simulator(WORLD, Switches(signed_urls=False, date_header=False)) as simulator:
        outcome = read(simulator, ("campaigns", "ad_insights"), start_date=START, end_date="2026-02-20")
    assert outcome.code == 0
    for stream in ("campaigns", "ad_insights"):
        truth = expected.table(simulator, stream, start=START, end="2026-02-20")
        assert difference(by_key(stream, outcome.records[stream]), truth) == ""
