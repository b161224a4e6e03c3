"""One bad account spoils only itself: what is read all the same, who is named, and how the sync ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import pytest

from . import expected
from .reading import Destination, Outcome, by_key, configuration, difference, read, run, together
from .simulator import REVOKED_TOKEN, SECRET, TOKEN, Simulator, Switches, World

WORLD = World(advertisers=3, campaigns=4, adgroups_per=1, ads_per=2, history_start=date(2026, 1, 20), specials=False)
FIRST, BAD, LAST = WORLD.advertiser_ids
CLOSED = WORLD.unreadable_ids[0]
SOUND = (FIRST, LAST)
STREAMS = ("advertisers", "campaigns", "ad_insights")
Fault = Mapping[str, Any]
NO_PERMISSION: Fault = {"kind": "code", "code": 40001, "message": "No permission to operate advertiser"}
EVERYWHERE: Fault = {**NO_PERMISSION, "advertiser_id": BAD}
IN_REPORTS: Fault = {**EVERYWHERE, "path": "report/integrated/get"}
NO_SCOPE: Fault = {"kind": "code", "code": 40125, "message": "The app has no scope", "path": "campaign/get"}
REVOKED: Fault = {"kind": "code", "code": 40105, "message": "Access token is incorrect", "nth": range(6, 10_000)}


@dataclass(frozen=True)
class Case:
    """A sync with faults and settings of its own."""

    faults: Sequence[Fault]
    settings: Mapping[str, Any]
    mode: str = "incremental"


NAMED = {"accounts": list(WORLD.advertiser_ids)}
CASES = {
    "found": Case([EVERYWHERE], {}),
    "named": Case([EVERYWHERE], NAMED),
    "named, warn": Case([EVERYWHERE], {**NAMED, "on_skipped_accounts": "warn"}),
    "found, fail": Case([EVERYWHERE], {"on_skipped_accounts": "fail"}),
    "found, full refresh": Case([EVERYWHERE], {}, "full_refresh"),
    "reports only": Case([IN_REPORTS], {}),
    "no scope": Case([NO_SCOPE], {}),
    "revoked": Case([REVOKED], {"page_size": 20, "concurrency": 4}),
}
QUIET = ("found", "named, warn", "reports only")
LOUD = ("named", "found, fail", "found, full refresh")


def synced(case: Case) -> tuple[Simulator, Outcome]:
    """The sync of a case, and its simulator, which no longer runs."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        for fault in case.faults:
            simulator.faults.add(**fault)
        return simulator, read(simulator, STREAMS, case.mode, **case.settings)


@pytest.fixture(scope="module")
def syncs() -> Mapping[str, tuple[Simulator, Outcome]]:
    """Every case, two at a time."""
    return dict(zip(CASES, together([partial(synced, case) for case in CASES.values()]), strict=True))


@pytest.mark.parametrize("name", [*QUIET, *LOUD])
def test_the_others_are_read_to_the_end(syncs: Mapping[str, tuple[Simulator, Outcome]], name: str) -> None:
    """Whatever becomes of the sync, the rows of the sound accounts are all there."""
    simulator, outcome = syncs[name]
    for stream in STREAMS:
        found = by_key(stream, [row for row in outcome.records[stream] if row["advertiser_id"] in SOUND])
        assert difference(found, expected.table(simulator, stream, accounts=SOUND)) == ""


@pytest.mark.parametrize("name", QUIET)
def test_a_warned_account_does_not_fail_the_sync(syncs: Mapping[str, tuple[Simulator, Outcome]], name: str) -> None:
    """An account found through the token, or any with `warn`, is named with its code, and the exit code is 0."""
    _, outcome = syncs[name]
    assert (outcome.code, outcome.errors) == (0, [])
    assert any(BAD in line and "40001" in line and "request_id" in line for line in outcome.warnings)
    assert {tuple(statuses)[-1] for statuses in outcome.statuses.values()} == {"COMPLETE"}


@pytest.mark.parametrize("name", LOUD)
def test_an_account_that_matters_fails_the_sync(syncs: Mapping[str, tuple[Simulator, Outcome]], name: str) -> None:
    """A named account, any with `fail`, any in a full refresh: INCOMPLETE, exit 1, and what to do about which one."""
    _, outcome = syncs[name]
    assert outcome.code == 1
    assert {tuple(statuses)[-1] for statuses in outcome.statuses.values()} == {"INCOMPLETE"}
    assert {error["failure_type"] for error in outcome.errors} == {"config_error"}
    assert all(text in outcome.sentences for text in (BAD, "40001", "request_id", "Business Center"))


@pytest.mark.parametrize("name", [*QUIET, "named", "found, fail"])
def test_the_state_of_what_failed_stands_still(syncs: Mapping[str, tuple[Simulator, Outcome]], name: str) -> None:
    """The state tells of the sound accounts and nothing of the other."""
    _, outcome = syncs[name]
    states = outcome.states["ad_insights"]["stream"]["stream_state"]["states"]
    assert {entry["partition"]["advertiser_id"] for entry in states} == set(SOUND)


def test_no_permission_for_reports_leaves_the_lists(syncs: Mapping[str, tuple[Simulator, Outcome]]) -> None:
    """An account that is closed to reports only is read everywhere else."""
    simulator, outcome = syncs["reports only"]
    for stream in ("advertisers", "campaigns"):
        assert difference(by_key(stream, outcome.records[stream]), expected.table(simulator, stream)) == ""


def test_a_missing_permission_spoils_one_stream(syncs: Mapping[str, tuple[Simulator, Outcome]]) -> None:
    """A permission that the app lacks fails its stream; the others are whole."""
    simulator, outcome = syncs["no scope"]
    ends = {stream: statuses[-1] for stream, statuses in outcome.statuses.items()}
    assert ends == {"advertisers": "COMPLETE", "campaigns": "INCOMPLETE", "ad_insights": "COMPLETE"}
    assert outcome.code == 1
    assert "40125" in outcome.sentences
    for stream in ("advertisers", "ad_insights"):
        assert difference(by_key(stream, outcome.records[stream]), expected.table(simulator, stream)) == ""


def test_a_revoked_token_ends_the_asking(syncs: Mapping[str, tuple[Simulator, Outcome]]) -> None:
    """After the first 40105 only requests already under way arrive, and one that tries the token elsewhere; exit 1."""
    simulator, outcome = syncs["revoked"]
    codes = [entry["code"] for entry in simulator.requests]
    assert codes.count(40105) <= 4 + 1
    assert len(codes) <= 5 + 4 + 1
    assert outcome.code == 1
    assert "40105" in outcome.sentences
    assert outcome.statuses["ad_insights"][-1] == "INCOMPLETE"


def test_the_account_is_read_whole_once_it_may_be_read() -> None:
    """Access given back, the next sync reads the account from start_date on: nothing of it lacks."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        simulator.faults.add(**EVERYWHERE)
        destination = Destination()
        first = read(simulator, STREAMS)
        simulator.faults.clear()
        second = read(simulator, STREAMS, state=first.state)
    destination.take(first)
    destination.take(second)
    for stream in STREAMS:
        assert difference(destination.tables[stream], expected.table(simulator, stream)) == ""


def checked(changes: Mapping[str, Any]) -> tuple[Simulator, Outcome]:
    """A check with such settings."""
    with Simulator(WORLD) as simulator:
        return simulator, run("check", configuration(simulator, **changes))


CREDENTIALS = {"auth_type": "oauth2.0", "access_token": TOKEN}
CHECKS: Mapping[str, Mapping[str, Any]] = {
    "good": {},
    "closed": {"accounts": [FIRST, CLOSED]},
    "closed, warn": {"accounts": [FIRST, CLOSED], "on_skipped_accounts": "warn"},
    "no such name": {"accounts": ["Account 7"]},
    "names without app": {"credentials": CREDENTIALS, "accounts": ["Account 1 NZ"]},
    "revoked": {"credentials": {**CREDENTIALS, "access_token": REVOKED_TOKEN}, "accounts": [FIRST]},
    "future": {"start_date": "2027-01-01"},
}


@pytest.fixture(scope="module")
def checks() -> Mapping[str, tuple[Simulator, Outcome]]:
    """Every check, two at a time."""
    return dict(zip(CHECKS, together([partial(checked, changes) for changes in CHECKS.values()]), strict=True))


def test_check_lists_the_accounts(checks: Mapping[str, tuple[Simulator, Outcome]]) -> None:
    """Id, name, time zone, currency and status of every account stand in the log."""
    _, outcome = checks["good"]
    assert (outcome.code, outcome.verdict["status"]) == (0, "SUCCEEDED")
    for index, id in enumerate(WORLD.advertiser_ids):
        account = WORLD.advertiser(id)
        assert account is not None
        status = "STATUS_ENABLE" if index % 4 else "STATUS_LIMIT"
        line = next(line for line in outcome.logs if id in line)
        assert all(text in line for text in (account.name, str(account.zone), account.currency, status))


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("closed", [CLOSED, "40001", "request_id", "Business Center"]),
        ("no such name", ["Account 7", "Account 1 NZ", FIRST]),
        ("names without app", ["app_id", "secret", "Account 1 NZ"]),
        ("revoked", ["40105", "request_id", "Authorise"]),
        ("future", ["start_date", "2027-01-01", "2026-03-10"]),
    ],
)
def test_check_says_what_is_wrong(
    checks: Mapping[str, tuple[Simulator, Outcome]], name: str, texts: Sequence[str]
) -> None:
    """A failed check names the account, TikTok's code and request_id, and the next step; it ends with 0."""
    _, outcome = checks[name]
    assert (outcome.code, outcome.verdict["status"]) == (0, "FAILED")
    assert [text for text in texts if text not in outcome.verdict["message"]] == []


def test_check_lets_a_warned_account_pass(checks: Mapping[str, tuple[Simulator, Outcome]]) -> None:
    """With `warn` an account that can't be reached is named in the log, and the check succeeds."""
    _, outcome = checks["closed, warn"]
    assert outcome.verdict["status"] == "SUCCEEDED"
    assert any(CLOSED in line and "40001" in line for line in outcome.logs)


def test_names_without_an_app_ask_nothing(checks: Mapping[str, tuple[Simulator, Outcome]]) -> None:
    """What the configuration alone shows to be wrong costs no request."""
    assert checks["names without app"][0].requests == []


def test_no_secret_in_any_output(
    syncs: Mapping[str, tuple[Simulator, Outcome]], checks: Mapping[str, tuple[Simulator, Outcome]]
) -> None:
    """Neither token nor secret stands in any line or on stderr."""
    for _, outcome in [*syncs.values(), *checks.values()]:
        text = b"\n".join(outcome.lines).decode() + outcome.stderr
        assert not any(secret in text for secret in (TOKEN, SECRET, REVOKED_TOKEN))
