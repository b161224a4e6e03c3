"""The state of a stream: what it says, what it refuses to understand, and what a change of settings makes of it."""

import json
from datetime import date, datetime, timezone
from typing import Any

import pytest

from source_tiktok_ads.selection import streams
from source_tiktok_ads.streams.catalog import BY_NAME
from source_tiktok_ads.sync.date_ranges import DateRange
from source_tiktok_ads.sync.state import (
    NO_CURSOR,
    Changes,
    Coverage,
    ForeignState,
    NewerState,
    StreamState,
    account_names,
    changes_of,
    coverage_of,
    cursor_of_changes,
    cursor_of_coverage,
    dump,
    fingerprint,
    parse,
    settings,
)

from .canned import A, B, config

JAN = [date(2026, 1, number) for number in range(1, 32)]


@pytest.mark.parametrize("blob", [{}, {NO_CURSOR: True}])
def test_no_state_is_an_empty_one(blob: dict[str, Any]) -> None:
    """Nothing, and what the CDK sends after a full refresh, mean that nothing was read."""
    assert parse(blob) == StreamState()


def test_a_state_comes_back_as_it_left() -> None:
    """Cursors and remembered settings survive the journey through JSON, also of accounts not read today."""
    state = StreamState({A: {"modify_time": "2026-01-05T00:00:00Z"}, B: {}}, {"include_deleted": True})
    assert dump(state) == {
        "version": 1,
        "include_deleted": True,
        "states": [
            {"partition": {"advertiser_id": A}, "cursor": {"modify_time": "2026-01-05T00:00:00Z"}},
            {"partition": {"advertiser_id": B}, "cursor": {}},
        ],
    }
    assert parse(json.loads(json.dumps(dump(state)))) == state


def test_a_dumped_state_shares_nothing_with_the_living_one() -> None:
    """The message is written later, in another thread, so it must not move with the cursor."""
    cursors = {A: {"day": "2026-01-05"}}
    dumped = dump(StreamState(cursors))
    cursors[A]["day"] = "2027-01-01"
    cursors[B] = {}
    assert dumped["states"] == [{"partition": {"advertiser_id": A}, "cursor": {"day": "2026-01-05"}}]


@pytest.mark.parametrize("version", [2, 99])
def test_a_newer_version_is_told_apart(version: int) -> None:
    """A state of a later version of ours is no reason to read all again, but to upgrade."""
    with pytest.raises(NewerState, match=str(version)):
        parse({"version": version, "states": []})


@pytest.mark.parametrize(
    ("blob", "sentence"),
    [
        ({"stat_time_day": "2026-01-05"}, "no version"),
        ({"version": 1}, "no version"),
        ({"version": True, "states": []}, "no version"),
        ({"version": "1", "states": []}, "no version"),
        ({"version": 2, "states": {}}, "no version"),
        ({"version": 0, "states": []}, "no version"),
        ({"use_global_cursor": False, "states": [], "lookback_window": 1}, "no version"),
        ({"version": 1, "states": {"a": 1}}, "no version"),
        ({"version": 1, "states": [{}]}, "no advertiser_id"),
        ({"version": 1, "states": ["x"]}, "no advertiser_id"),
        ({"version": 1, "states": [None]}, "no advertiser_id"),
        ({"version": 1, "states": [{"partition": {"advertiser_id": A}}]}, "no cursor"),
        ({"version": 1, "states": [{"partition": {"advertiser_id": 7}, "cursor": {}}]}, "another type"),
        ({"version": 1, "states": [{"partition": {"advertiser_id": A}, "cursor": []}]}, "another type"),
    ],
)
def test_a_foreign_state_is_refused(blob: dict[str, Any], sentence: str) -> None:
    """Whatever has not our shape is called foreign, with the reason, and never ends in another error."""
    with pytest.raises(ForeignState, match=sentence):
        parse(blob)


def under(before: dict[str, Any], now: dict[str, Any], cursors: dict[str, Any] | None = None) -> tuple[Any, list[str]]:
    """The state to go on from, and what was said."""
    said: list[str] = []
    state = StreamState({A: {}} if cursors is None else cursors, before).under(now, "ads", said.append)
    return state, said


def test_a_first_sync_takes_todays_settings_without_a_word() -> None:
    """Without cursors nothing can have changed."""
    assert under({}, {"include_deleted": True}, {}) == (StreamState({}, {"include_deleted": True}), [])


def test_deleted_objects_turned_on_start_the_stream_again() -> None:
    """Rows that were left out lie in the past, so only a new start brings them."""
    state, said = under({"include_deleted": False}, {"include_deleted": True})
    assert state == StreamState({}, {"include_deleted": True})
    assert said == ["ads: include_deleted was turned on, so the stream is read from its start again."]


@pytest.mark.parametrize("now", [{"include_deleted": False}, {"include_deleted": True}])
def test_deleted_objects_turned_off_or_kept_change_nothing(now: dict[str, Any]) -> None:
    """What was read with them stays."""
    assert under({"include_deleted": True}, now) == (StreamState({A: {}}, now), [])


@pytest.mark.parametrize("name", ["metrics", "entity_versions"])
def test_another_form_of_the_rows_is_only_told(name: str) -> None:
    """Other metrics or versions go on from the state; the log says that the past keeps its form."""
    state, said = under({name: "a"}, {name: "b"})
    assert state == StreamState({A: {}}, {name: "b"})
    assert said == [
        "ads: metrics, entity_versions or personal_data have changed; rows read before keep their form until a refresh."
    ]


def test_a_fingerprint_depends_on_the_names_not_their_order() -> None:
    """Eight hex digits, the same for the same set."""
    assert fingerprint(["b", "a"]) == fingerprint(["a", "b"]) != fingerprint(["a", "c"])
    assert len(fingerprint([])) == 8


@pytest.mark.parametrize(
    ("coverage", "cursor"),
    [
        (Coverage(JAN[0]), {"start": "2026-01-01"}),
        (Coverage(JAN[0], [DateRange(JAN[0], JAN[9])]), {"start": "2026-01-01", "day": "2026-01-10"}),
        (
            Coverage(JAN[0], [DateRange(JAN[4], JAN[9])]),
            {"start": "2026-01-01", "ranges": [["2026-01-05", "2026-01-10"]]},
        ),
        (
            Coverage(JAN[0], [DateRange(JAN[0], JAN[2]), DateRange(JAN[4], JAN[9])]),
            {"start": "2026-01-01", "day": "2026-01-03", "ranges": [["2026-01-05", "2026-01-10"]]},
        ),
        (
            Coverage(JAN[0], [DateRange(JAN[0], JAN[9])], owed=(DateRange(JAN[2], JAN[4]),)),
            {"start": "2026-01-01", "day": "2026-01-10", "owed": [["2026-01-03", "2026-01-05"]]},
        ),
    ],
)
def test_a_reports_cursor_is_a_mark_and_the_ranges_beyond_the_first_gap(
    coverage: Coverage, cursor: dict[str, Any]
) -> None:
    """The mark is the last day with nothing missing since the start; it can be read back."""
    assert cursor_of_coverage(coverage, "day") == cursor
    back = coverage_of(cursor, "day")
    assert back is not None
    assert (back.start, [*back.ranges], back.owed) == (coverage.start, [*coverage.ranges], coverage.owed)


def test_a_mark_may_carry_a_time() -> None:
    """A mark written as a time counts as its day."""
    assert coverage_of({"start": "2026-01-01", "day": "2026-01-03T00:00:00"}, "day") == Coverage(
        JAN[0], [DateRange(JAN[0], JAN[2])]
    )


def test_an_empty_cursor_claims_nothing() -> None:
    """An account that was never read begins at start_date."""
    assert coverage_of({}, "day") is None


@pytest.mark.parametrize(
    "cursor",
    [
        {"day": "2026-01-03"},
        {"start": None},
        {"start": "soon"},
        {"start": "2026-01-01", "day": 5},
        {"start": "2026-01-05", "day": "2026-01-03"},
        {"start": "2026-01-01", "ranges": 7},
        {"start": "2026-01-01", "ranges": [["2026-01-05"]]},
        {"start": "2026-01-01", "ranges": [["2026-01-05", "2026-01-04"]]},
        {"start": "2026-01-01", "ranges": [[1, 2]]},
        {"start": "2026-01-01", "without": ["ctr"]},
        {"start": "2026-01-01", "without": {"ctr": None}},
        {"start": "2026-01-01", "owed": [["2026-01-05"]]},
    ],
)
def test_an_unreadable_report_cursor_is_foreign(cursor: dict[str, Any]) -> None:
    """A cursor that makes no sense means a whole read, never a crash or a gap."""
    with pytest.raises(ForeignState, match="day, start, begun, ranges, without or owed"):
        coverage_of(cursor, "day")


@pytest.mark.parametrize(
    ("changes", "cursor"),
    [
        (Changes(), {}),
        (Changes("2026-01-05T00:00:00Z"), {"modify_time": "2026-01-05T00:00:00Z"}),
        (
            Changes("2026-01-05T00:00:00Z", JAN[2]),
            {"modify_time": "2026-01-05T00:00:00Z", "whole_pass": "2026-01-03"},
        ),
        (Changes(None, JAN[2]), {"whole_pass": "2026-01-03"}),
        (Changes(children=frozenset()), {"children": []}),
        (Changes(children=frozenset("ba")), {"children": ["a", "b"]}),
        (Changes(without=frozenset(("TopView", "Promote"))), {"without": ["Promote", "TopView"]}),
    ],
)
def test_an_entitys_cursor_is_the_newest_change_and_the_last_whole_pass(
    changes: Changes, cursor: dict[str, Any]
) -> None:
    """What is not known is left out; it can be read back."""
    assert cursor_of_changes(changes, "modify_time") == cursor
    assert changes_of(cursor, "modify_time") == changes


@pytest.mark.parametrize(
    "cursor",
    [
        {"modify_time": 5},
        {"modify_time": "yesterday"},
        {"whole_pass": "soon"},
        {"whole_pass": 7},
        {"children": 7},
        {"without": 7},
    ],
)
def test_an_unreadable_entity_cursor_is_foreign(cursor: dict[str, Any]) -> None:
    """As for reports: a whole read."""
    with pytest.raises(ForeignState, match="modify_time, whole_pass, children or without"):
        changes_of(cursor, "modify_time")


@pytest.mark.parametrize(
    ("changes", "possible"),
    [
        (Changes(), True),
        (Changes("2026-01-10T10:00:00Z", JAN[9]), True),
        (Changes("2026-01-10T10:00:01Z", JAN[9]), False),
        (Changes("2026-01-10T10:00:00.5Z", JAN[9]), False),
        (Changes("2026-01-05T00:00:00Z", JAN[10]), False),
    ],
)
def test_changes_of_the_future_are_not_believed(changes: Changes, possible: bool) -> None:
    """It is ten o'clock on the tenth of January."""
    assert changes.believed(datetime(2026, 1, 10, 10, tzinfo=timezone.utc)) == (changes if possible else None)


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        (Changes(), True),
        (Changes("2026-01-05T00:00:00Z"), True),
        (Changes(None, JAN[9]), True),
        (Changes("2026-01-05T00:00:00Z", JAN[3]), False),
        (Changes("2026-01-05T00:00:00Z", JAN[2]), True),
    ],
)
def test_a_whole_pass_is_due_at_first_and_every_seventh_day(changes: Changes, due: bool) -> None:
    """Today is the tenth of January."""
    assert changes.whole_pass_due(JAN[9]) is due


@pytest.mark.parametrize(
    ("stream", "remembered"),
    [
        ("advertisers", set()),
        ("ads", {"include_deleted", "entity_versions"}),
        ("ad_insights", {"include_deleted", "metrics"}),
        ("images", set()),
        ("smart_plus_ads", {"include_deleted", "personal_data"}),
        ("gmv_max_campaigns", {"include_deleted"}),
        ("gmv_max_room_insights", {"include_deleted"}),
        ("comments", {"include_deleted", "personal_data"}),
    ],
)
def test_a_state_remembers_the_settings_that_shaped_its_rows(stream: str, remembered: set[str]) -> None:
    """Each kind of stream remembers what a change of would matter for it."""
    assert set(settings(BY_NAME[stream], config())) == remembered


MINE = {"name": "mine", "level": "ad", "metrics": ["spend", "clicks"], "breakdowns": ["ad_type"]}
FILTER = {"field_name": "objective_type", "values": ["TRAFFIC"]}


def memory(**changes: Any) -> dict[str, Any]:
    """What the state of the custom report remembers after these changes of it."""
    settled = config(custom_reports=[{**MINE, **changes}])
    return settings(streams(settled)["mine"], settled)


@pytest.mark.parametrize(
    "changes",
    [
        {"level": "campaign"},
        {"grain": "lifetime"},
        {"grain": "month"},
        {"metrics": ["spend"]},
        {"breakdowns": []},
        {"breakdowns": ["room_id"]},
        {"filters": [FILTER]},
    ],
)
def test_a_changed_custom_report_starts_again(changes: dict[str, Any]) -> None:
    """Its state remembers what it was; a standard stream of that name before is another report, too."""
    said: list[str] = []
    old = StreamState({A: {"stat_time_day": "2026-01-05"}}, memory())
    assert old.under(memory(**changes), "mine", said.append).cursors == {}
    assert said == ["mine: the custom report was changed, so the stream is read from its start again."]
    assert StreamState(old.cursors, {"include_deleted": True}).under(memory(), "mine", said.append).cursors == {}


def test_a_custom_report_is_the_same_in_another_order() -> None:
    """The order of its metrics changes no row."""
    said: list[str] = []
    old = StreamState({A: {"stat_time_day": "2026-01-05"}}, memory())
    assert old.under(memory(metrics=["clicks", "spend"]), "mine", said.append).cursors == old.cursors
    assert said == []


def test_states_say_which_account_a_name_stands_for() -> None:
    """Those of all streams together; what has another form is left, and states from before say nothing."""
    blobs = [{"version": 1}, {"accounts": {"Acme": A, "Odd": 7}}, {"accounts": [1]}, {"accounts": {"Other": "2"}}]
    assert account_names(blobs) == {"Acme": A, "Other": "2"}


def test_a_state_that_knows_names_is_read_like_any_other() -> None:
    """The names stand beside the accounts' entries."""
    blob = {"version": 1, "accounts": {"Acme": A}, "states": [{"partition": {"advertiser_id": A}, "cursor": {"n": 1}}]}
    assert parse(blob).cursors == {A: {"n": 1}}
