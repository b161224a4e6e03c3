"""Accounts that leave the token's list, and accounts chosen by a name that changes: what is read, said and owed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from . import expected
from .reading import Destination, Outcome, by_key, configuration, difference, read, run
from .simulator import Simulator, Switches, World

WORLD = World(advertisers=3, campaigns=3, adgroups_per=1, ads_per=2, history_start=date(2026, 2, 20), specials=False)
FIRST, SECOND, THIRD = WORLD.advertiser_ids
STREAMS = ("advertisers", "campaigns", "ad_insights", "pixels")
TOKENS_ACCOUNTS = "oauth2/advertiser/get"
UNLISTED: Mapping[str, Any] = {"kind": "hidden", "path": TOKENS_ACCOUNTS, "find": SECOND}
EXACT = ("advertisers", "campaigns", "ad_insights")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A TikTok of three accounts."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        yield simulator


def name_of(id: str) -> str:
    """What an account is called at first."""
    account = WORLD.advertiser(id)
    assert account is not None
    return account.name


def rename(simulator: Simulator, id: str) -> None:
    """Another name for an account, in the list and in its facts."""
    simulator.faults.add("replace", find=f'"{name_of(id)}"', put='"Renamed"')


def whole(simulator: Simulator, outcome: Outcome, *accounts: str) -> str:
    """How the rows of these accounts differ from the truth, but for a name that was changed."""
    said = []
    for stream in EXACT:
        rows = [row for row in outcome.records[stream] if row["advertiser_id"] in accounts]
        wanted = expected.table(simulator, stream, accounts=accounts)
        if stream == "advertisers":
            rows, wanted = [{**row, "name": ""} for row in rows], {k: {**row, "name": ""} for k, row in wanted.items()}
        said.append(difference(by_key(stream, rows), wanted))
    return "".join(said)


def states_of(outcome: Outcome, stream: str) -> dict[str, Any]:
    """What a stream's state claims of each account."""
    blob = outcome.states[stream]["stream"]["stream_state"]
    return {entry["partition"]["advertiser_id"]: entry["cursor"] for entry in blob["states"]}


def test_an_account_that_the_token_no_longer_lists_is_named_and_owed(simulator: Simulator) -> None:
    """In a warning and in the table of each stream; its state stays, and its days come when it is listed again."""
    destination = Destination()
    first = read(simulator, STREAMS)
    simulator.clock.advance(days=40)
    rule = simulator.faults.add(**UNLISTED)
    without = read(simulator, STREAMS, state=first.state, lookback_days=2)
    simulator.faults.clear()
    simulator.clock.advance(days=1)
    again = read(simulator, STREAMS, state=without.state, lookback_days=2)
    for outcome in (first, without, again):
        destination.take(outcome)
    assert (without.code, without.errors) == (0, [])
    table = without.logs[-1] if "stream, account" in without.logs[-1] else "\n".join(without.logs)
    for stream in STREAMS:
        (line,) = [line for line in without.warnings if SECOND in line and f" {stream}, " in line]
        assert "no longer lists this account" in line
        assert f"{stream}, {SECOND}, 0, The access token no longer lists this account" in table
        assert states_of(without, stream)[SECOND] == states_of(first, stream)[SECOND]
    assert whole(simulator, without, FIRST) != ""
    assert rule is not None
    days = {row["stat_time_day"] for row in again.records["ad_insights"] if row["advertiser_id"] == SECOND}
    assert len(days) > 35


@pytest.mark.parametrize(("policy", "code"), [("auto", 0), ("warn", 0), ("fail", 1)])
def test_whether_an_unlisted_account_fails_the_sync_is_the_settings_to_say(
    simulator: Simulator, policy: str, code: int
) -> None:
    """As of any account that was found through the token."""
    first = read(simulator, ["campaigns"])
    simulator.faults.add(**UNLISTED)
    outcome = read(simulator, ["campaigns"], state=first.state, on_skipped_accounts=policy)
    assert outcome.code == code
    assert outcome.statuses["campaigns"][-1] == ("INCOMPLETE" if code else "COMPLETE")


def test_an_account_that_nobody_selects_any_more_is_not_missed(simulator: Simulator) -> None:
    """Who takes it out of the configuration knows."""
    first = read(simulator, ["campaigns"])
    outcome = read(simulator, ["campaigns"], state=first.state, accounts=[FIRST, THIRD])
    assert (outcome.code, outcome.warnings) == (0, [])
    assert SECOND in states_of(outcome, "campaigns")


def test_a_renamed_account_is_found_by_the_id_that_the_state_knows(simulator: Simulator) -> None:
    """All accounts are read; one warning has both names, and the next state still knows the id."""
    chosen = [name_of(id) for id in (FIRST, SECOND)]
    first = read(simulator, STREAMS, accounts=chosen)
    assert first.states["ad_insights"]["stream"]["stream_state"]["accounts"] == {
        name_of(FIRST): FIRST,
        name_of(SECOND): SECOND,
    }
    rename(simulator, SECOND)
    state = first.state
    for _ in range(2):
        outcome = read(simulator, STREAMS, state=state, accounts=chosen, lookback_days=364)
        assert (outcome.code, outcome.errors) == (0, [])
        assert [line for line in outcome.warnings if "accounts: " in line] == [
            f'WARN accounts: "{name_of(SECOND)}" is now called "Renamed" ({SECOND}) and is read all the same: '
            "change the name."
        ]
        rows = {row["advertiser_id"] for row in outcome.records["ad_insights"]}
        assert rows == {FIRST, SECOND}
        state = outcome.state


@pytest.mark.parametrize("mode", ["incremental", "full_refresh"])
def test_a_renamed_account_that_no_state_knows_costs_only_itself(simulator: Simulator, mode: str) -> None:
    """The others are read whole; the sync ends with the sentence that says what to do."""
    rename(simulator, SECOND)
    outcome = read(simulator, STREAMS, mode, accounts=[name_of(id) for id in WORLD.advertiser_ids])
    assert outcome.code == 1
    assert whole(simulator, outcome, FIRST, THIRD) == ""
    assert {tuple(statuses)[-1] for statuses in outcome.statuses.values()} == {"INCOMPLETE"}
    assert {error["failure_type"] for error in outcome.errors} == {"config_error"}
    for text in (f'"{name_of(SECOND)}" is none the token can read', f"Renamed ({SECOND})", "Write the account's name"):
        assert text in outcome.sentences
    if mode == "incremental":
        assert {*states_of(outcome, "ad_insights")} == {FIRST, THIRD}


def test_a_renamed_account_only_warns_where_the_settings_say_so(simulator: Simulator) -> None:
    """Exit 0; the table names it."""
    rename(simulator, SECOND)
    chosen = [name_of(id) for id in WORLD.advertiser_ids]
    outcome = read(simulator, ["campaigns"], accounts=chosen, on_skipped_accounts="warn")
    assert outcome.code == 0
    assert any(f"campaigns, {name_of(SECOND)}, 0, accounts: " in line for line in outcome.logs)


def test_check_names_the_account_that_was_renamed(simulator: Simulator) -> None:
    """It has no state to find it by."""
    rename(simulator, SECOND)
    chosen = [name_of(id) for id in WORLD.advertiser_ids]
    outcome = run("check", configuration(simulator, accounts=chosen))
    assert outcome.verdict["status"] == "FAILED"
    assert f'accounts: "{name_of(SECOND)}" is none the token can read' in outcome.verdict["message"]
    assert name_of(FIRST) in "".join(outcome.logs)


def test_where_no_chosen_name_is_found_nothing_is_read(simulator: Simulator) -> None:
    """A configuration that selects nothing is wrong as a whole."""
    rename(simulator, SECOND)
    outcome = read(simulator, ["campaigns"], accounts=[name_of(SECOND)])
    assert (outcome.code, outcome.records) == (1, {})
    assert {error["failure_type"] for error in outcome.errors} == {"config_error"}
