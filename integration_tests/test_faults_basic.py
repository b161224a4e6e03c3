"""Answers that go wrong once are healed without a row lost; the protocol's frame holds whatever happens."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from . import expected
from .reading import (
    Outcome,
    by_key,
    command,
    configuration,
    configured,
    difference,
    environment,
    read,
    repeated,
    run,
    together,
)
from .simulator import REVOKED_TOKEN, Simulator, Switches, World

WORLD = World(advertisers=2, campaigns=4, adgroups_per=2, ads_per=2, history_start=date(2026, 1, 20))
STREAMS = ("campaigns", "ads", "ad_insights")
PAGES: Mapping[str, Any] = {"page_size": 50}
Fault = Mapping[str, Any]
# Each strikes every request once, the first time it comes.
HEALED: Mapping[str, Fault] = {
    "a server's error": {"kind": "code", "code": 50000},
    "too quick": {"kind": "qps", "path": "report/integrated/get"},
    "busy": {"kind": "busy"},
    "locked out": {"kind": "restricted", "path": "report/integrated/get", "page": 1},
    "HTTP 429": {"kind": "http", "http": 429},
    "HTTP 502": {"kind": "http", "http": 502},
    "cut": {"kind": "cut"},
    "reset": {"kind": "reset"},
    "broken gzip": {"kind": "broken_gzip"},
    "HTML": {"kind": "html"},
    "empty body": {"kind": "empty"},
    "null data": {"kind": "data_null"},
    "in part": {"kind": "in_part", "rows": 3},
    "no page_info": {"kind": "no_page_info"},
}
# Rows that move while they are read, the first time a page is asked for.
SHIFTED: Mapping[str, Fault] = {
    "down": {"kind": "shift", "rows": 3, "page": 2},
    "up": {"kind": "shift", "rows": -3, "page": 1},
    "short": {"kind": "short", "rows": 2, "page": 1},
    "twice": {"kind": "repeat", "rows": 2, "page": 1},
}
REFUSED = ("reach", "likes")


def struck(fault: Fault, **changes: Any) -> tuple[Simulator, Outcome]:
    """A read under a fault."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        simulator.faults.add(**{"once_per_request": True, **fault})
        return simulator, read(simulator, STREAMS, **{**PAGES, **changes})


@pytest.fixture(scope="module")
def reads() -> Mapping[str, tuple[Simulator, Outcome]]:
    """A read under each fault, two at a time."""
    faults = {**HEALED, **SHIFTED}
    return dict(zip(faults, together([partial(struck, fault) for fault in faults.values()]), strict=True))


@pytest.mark.parametrize("name", HEALED)
def test_what_goes_wrong_once_is_healed(reads: Mapping[str, tuple[Simulator, Outcome]], name: str) -> None:
    """Every request fails once in this way: the sync ends with 0, every row is there, none twice."""
    simulator, outcome = reads[name]
    assert (outcome.code, outcome.stderr) == (0, "")
    assert any(entry["faults"] for entry in simulator.requests)
    for stream in STREAMS:
        assert difference(by_key(stream, outcome.records[stream]), expected.table(simulator, stream)) == ""
        assert repeated(stream, outcome.records[stream]) == []


@pytest.mark.parametrize("name", SHIFTED)
def test_rows_that_move_between_pages_are_found(reads: Mapping[str, tuple[Simulator, Outcome]], name: str) -> None:
    """Rows that slip to another page, are left out or come twice: counted against the total and read again."""
    simulator, outcome = reads[name]
    assert outcome.code == 0
    for stream in STREAMS:
        assert difference(by_key(stream, outcome.records[stream]), expected.table(simulator, stream)) == ""
        assert repeated(stream, outcome.records[stream]) == []


def test_a_wrong_total_does_not_loop() -> None:
    """A total that no reading reaches: a few readings, then the rows stand, and a warning names both numbers.

    Each account has three passes, for ordinary, TopView and Promote campaigns, and a look for each of the latter.
    """
    simulator, outcome = struck({"kind": "total_number", "rows": 5, "path": "campaign/get", "once_per_request": False})
    asked = [entry for entry in simulator.requests if entry["path"] == "campaign/get"]
    assert outcome.code == 0
    assert len(asked) <= 5 * (3 + 2) * len(WORLD.advertiser_ids)
    told = [line for line in outcome.warnings if line.startswith("WARN campaigns")]
    assert len(told) == len(WORLD.advertiser_ids)
    assert all("TikTok counts" in line for line in told)
    table = expected.table(simulator, "campaigns")
    assert difference(by_key("campaigns", outcome.records["campaigns"]), table) == ""


def test_a_row_between_two_pages_is_found_in_other_pages() -> None:
    """A row that lacks in every reading of such pages comes in pages of another size; there is nothing to warn of."""
    fault = {"kind": "shift", "rows": 1, "page": 2, "path": "ad/get", "once_per_request": False}
    simulator, outcome = struck(fault, page_size=6)
    assert outcome.code == 0
    assert difference(by_key("ads", outcome.records["ads"]), expected.table(simulator, "ads")) == ""
    assert repeated("ads", outcome.records["ads"]) == []
    assert [line for line in outcome.warnings if "TikTok counts" in line] == []


@pytest.mark.parametrize("mode", ["full_refresh", "incremental"])
def test_a_list_that_cannot_be_proven_is_short(mode: str) -> None:
    """Other rows in each reading, a count that none reaches: no state claims the account, no refresh is complete."""
    stricken, sound = WORLD.advertiser_ids
    account = {"path": "ad/get", "advertiser_id": stricken}
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        simulator.faults.add("total_number", rows=7, **account)
        simulator.faults.add("short", page=1, every=2, **account)
        outcome = read(simulator, ["ads"], mode=mode)
    full = mode == "full_refresh"
    told = [error["message"] for error in outcome.errors] if full else outcome.warnings
    assert outcome.code == int(full)
    assert outcome.statuses["ads"][-1] == ("INCOMPLETE" if full else "COMPLETE")
    assert any(stricken in text and "different ones in" in text for text in told)
    assert difference(by_key("ads", outcome.records["ads"]), expected.table(simulator, "ads")) == ""
    if not full:
        states = outcome.state[-1]["stream"]["stream_state"]["states"]
        assert [entry["partition"]["advertiser_id"] for entry in states] == [sound]


@pytest.mark.parametrize("mode", ["full_refresh", "incremental"])
def test_what_tiktok_calls_a_part_is_counted(mode: str) -> None:
    """Code 20001: the data are taken with a warning where TikTok's count proves that no row is missing."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        simulator.faults.add("replace", find='"code":0', put='"code":20001', path="ad/get")
        simulator.faults.add("short", rows=2, page=1, once_per_request=True, path="ad/get")
        outcome = read(simulator, ["ads"], mode=mode, **PAGES)
    assert (outcome.code, outcome.statuses["ads"][-1]) == (0, "COMPLETE")
    assert difference(by_key("ads", outcome.records["ads"]), expected.table(simulator, "ads")) == ""
    told = [line for line in outcome.warnings if "TikTok answered only in part" in line and "code 20001" in line]
    assert all(any(id in line for line in told) for id in WORLD.advertiser_ids)


@pytest.mark.parametrize(
    ("stream", "path", "mode"),
    [
        ("apps", "app/list", "full_refresh"),
        ("identity_posts", "identity/video/get", "full_refresh"),
        ("pixel_event_statistics", "pixel/event/stats", "incremental"),
    ],
)
def test_a_part_of_a_list_that_nothing_counts_is_incomplete(stream: str, path: str, mode: str) -> None:
    """Code 20001 in one answer and by cursor: no refresh is complete, no state claims it, what is missing is named."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        simulator.faults.add("in_part", path=path)
        outcome = read(simulator, [stream], mode=mode, start_date="2026-02-25", **PAGES)
    full = mode == "full_refresh"
    assert (outcome.code, outcome.statuses[stream][-1]) == (int(full), "INCOMPLETE" if full else "COMPLETE")
    said = "\n".join([outcome.sentences, *outcome.warnings])
    assert "TikTok answered only in part (code 20001" in said
    assert "and nothing proves that no row is missing" in said


def test_an_outage_is_waited_for_once() -> None:
    """No connection holds any more: one request's patience for each worker, then every stream says so; exit 1."""
    midway = {"kind": "reset", "nth": tuple(range(6, 9999)), "once_per_request": False}
    simulator, outcome = struck(midway, concurrency=2, start_date="2025-02-01")
    # Two that read and one that reads ahead, each ten times and once elsewhere.
    assert len([entry for entry in simulator.requests if entry["faults"]]) <= 3 * 11
    assert outcome.code == 1
    assert outcome.statuses["ad_insights"][-1] == "INCOMPLETE"
    assert "The connection to TikTok broke" in outcome.sentences


def test_an_endpoint_out_of_reach_costs_no_other() -> None:
    """With one worker, which meets nothing but broken connections for as long as reports last: the lists are whole."""
    broken = {"kind": "reset", "path": "report/integrated/get", "once_per_request": False}
    simulator, outcome = struck(broken, concurrency=1)
    assert outcome.statuses["ad_insights"][-1] == "INCOMPLETE"
    for stream in ("campaigns", "ads"):
        assert outcome.statuses[stream][-1] == "COMPLETE"
        assert difference(by_key(stream, outcome.records[stream]), expected.table(simulator, stream)) == ""


def test_a_reader_that_goes_during_a_lockout(tmp_path: Path) -> None:
    """All threads wait for minutes and nothing is written: the process ends all the same, at once and with 1."""
    with Simulator(WORLD) as simulator:
        simulator.faults.add("restricted", path="report/integrated/get")
        config = configuration(simulator, wait_scale=1)
        line = command(tmp_path, "read", config, configured(["ad_insights"]))
        with subprocess.Popen(line, stdout=subprocess.PIPE, env=environment()) as process:
            assert process.stdout is not None
            assert any(b"locked this app out" in line for line in process.stdout)
            process.stdout.close()
            assert process.wait(20) == 1


def test_refused_metrics_are_dropped_with_one_warning_an_account() -> None:
    """A 40002 that names metrics twice drops just those for the rest of the sync; every other value is there."""
    simulator, outcome = struck({"kind": "metrics", "names": REFUSED, "once_per_request": False}, concurrency=2)
    truth = {
        key: {name: value for name, value in row.items() if name not in REFUSED}
        for key, row in expected.table(simulator, "ad_insights").items()
    }
    assert outcome.code == 0
    assert difference(by_key("ad_insights", outcome.records["ad_insights"]), truth) == ""
    accounts = len(WORLD.advertiser_ids)
    assert len([line for line in outcome.warnings if all(name in line for name in REFUSED)]) == accounts
    # Each account is asked twice, and both workers may have asked before the first refusal came.
    assert len([entry for entry in simulator.requests if entry["code"] == 40002]) <= 2 * 2 * accounts


@pytest.mark.parametrize("name", [*HEALED, *SHIFTED])
def test_statuses_and_counts(reads: Mapping[str, tuple[Simulator, Outcome]], name: str) -> None:
    """STARTED, RUNNING, COMPLETE in this order, and the counts of the states add up to the rows."""
    _, outcome = reads[name]
    assert dict(outcome.statuses) == {stream: ["STARTED", "RUNNING", "COMPLETE"] for stream in STREAMS}
    counts: Counter[str] = Counter()
    for message in outcome.messages:
        if message["type"] == "STATE":
            stream = message["state"]["stream"]["stream_descriptor"]["name"]
            counts[stream] += message["state"]["sourceStats"]["recordCount"]
    assert counts == {stream: len(outcome.records[stream]) for stream in STREAMS}


@pytest.fixture(scope="module")
def frames() -> Mapping[str, Outcome]:
    """Commands that end early, or have little to do."""
    no_token = {"auth_type": "oauth2.0", "access_token": REVOKED_TOKEN}
    ids = list(WORLD.advertiser_ids)
    jobs: Mapping[str, tuple[str, dict[str, Any], Any]] = {
        "unknown stream": ("read", {}, configured(["campaigns", "campaign_dreams"])),
        "nothing selected": ("read", {}, configured([])),
        "token refused": ("read", {"credentials": no_token, "accounts": ids}, configured(STREAMS)),
        "broken configuration": ("discover", {"start_date": "yesterday"}, None),
        "broken configuration, read": ("read", {"start_date": "yesterday"}, configured(STREAMS)),
        "broken configuration, check": ("check", {"start_date": "yesterday"}, None),
    }

    def job(verb: str, changes: dict[str, Any], streams: Any) -> Outcome:
        with Simulator(WORLD) as simulator:
            return run(verb, configuration(simulator, **changes), streams)

    return dict(zip(jobs, together([partial(job, *arguments) for arguments in jobs.values()]), strict=True))


def test_an_unknown_stream_leaves_the_rest(frames: Mapping[str, Outcome]) -> None:
    """A stream that does not exist ends INCOMPLETE with a configuration error; the others are read; exit 1."""
    outcome = frames["unknown stream"]
    assert outcome.code == 1
    assert outcome.statuses["campaign_dreams"] == ["STARTED", "INCOMPLETE"]
    assert outcome.statuses["campaigns"][-1] == "COMPLETE"
    assert {error["failure_type"] for error in outcome.errors} == {"config_error"}
    assert "campaign_dreams" in outcome.sentences
    assert outcome.records["campaigns"]


def test_an_empty_selection_reads_nothing(frames: Mapping[str, Outcome]) -> None:
    """No stream selected is no error."""
    outcome = frames["nothing selected"]
    assert (outcome.code, dict(outcome.records), outcome.errors) == (0, {}, [])


def test_a_refused_token(frames: Mapping[str, Outcome]) -> None:
    """Each stream is STARTED and INCOMPLETE with an error of its own, one error stands at the end; exit 1."""
    outcome = frames["token refused"]
    assert outcome.code == 1
    assert dict(outcome.statuses) == {stream: ["STARTED", "INCOMPLETE"] for stream in STREAMS}
    assert len(outcome.errors) == len(STREAMS) + 1
    assert {error["failure_type"] for error in outcome.errors} == {"config_error"}
    assert dict(outcome.records) == {}


@pytest.mark.parametrize("name", ["broken configuration", "broken configuration, read"])
def test_a_broken_configuration(frames: Mapping[str, Outcome], name: str) -> None:
    """One configuration error that names the field and what to write, and exit 1."""
    outcome = frames[name]
    assert outcome.code == 1
    assert [error["failure_type"] for error in outcome.errors] == ["config_error"]
    assert all(text in outcome.sentences for text in ("start_date", "yesterday", "YYYY-MM-DD"))


def test_a_broken_configuration_in_check(frames: Mapping[str, Outcome]) -> None:
    """A check says FAILED, names the field, and ends with 0."""
    outcome = frames["broken configuration, check"]
    assert (outcome.code, outcome.verdict["status"]) == (0, "FAILED")
    assert "start_date" in outcome.verdict["message"]


@pytest.mark.parametrize("name", ["unknown stream", "nothing selected", "token refused", "broken configuration"])
def test_stderr_stays_empty(frames: Mapping[str, Outcome], name: str) -> None:
    """Nothing is written beside the messages, and no traceback outside the trace's own place for it."""
    outcome = frames[name]
    assert outcome.stderr == ""
    assert not any("Traceback" in text for text in [*outcome.logs, outcome.sentences])
