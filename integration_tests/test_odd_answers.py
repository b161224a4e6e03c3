"""Odd answers that a whole sync has to get right: unreadable keys, refused tokens, stated limits, other notations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from . import expected, expected_lists
from .reading import Destination, Outcome, by_key, difference, read
from .simulator import Simulator, Switches, World

WORLD = World(advertisers=3, campaigns=2, adgroups_per=1, ads_per=2, history_start=date(2026, 2, 1), specials=False)
FIRST, *OTHERS = WORLD.advertiser_ids
REPORT = "report/integrated/get"
STREAM = "ad_insights"
START = "2026-03-01"


def synced(
    *faults: Mapping[str, Any], stream: str = STREAM, mode: str = "incremental", **settings: Any
) -> tuple[Simulator, Outcome]:
    """A first sync of one stream with faults; the simulator no longer runs."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        for fault in faults:
            simulator.faults.add(**fault)
        return simulator, read(simulator, [stream], mode, **{"start_date": START, **settings})


def exact(simulator: Simulator, outcome: Outcome, accounts: list[str]) -> bool:
    """Whether the rows of these accounts are the truth."""
    rows = [row for row in outcome.records[STREAM] if row["advertiser_id"] in accounts]
    return difference(by_key(STREAM, rows), expected.table(simulator, STREAM, start=START, accounts=accounts)) == ""


UNREADABLE = {
    "kind": "replace",
    "path": REPORT,
    "advertiser_id": FIRST,
    "find": '"2026-03-05 00:00:00"',
    "put": '"soon"',
}


@pytest.mark.parametrize("mode", ["incremental", "full_refresh"])
def test_a_key_that_cannot_be_read_makes_its_part_short(mode: str) -> None:
    """No placeholder merges rows: they stay away, column and value are named once, and nothing is claimed."""
    simulator, outcome = synced(UNREADABLE, mode=mode)
    truth = expected.table(simulator, STREAM, start=START, accounts=[FIRST])
    lost = [key for key, row in truth.items() if row["stat_time_day"].startswith("2026-03-05")]
    found = by_key(STREAM, [row for row in outcome.records[STREAM] if row["advertiser_id"] == FIRST])
    assert lost
    assert set(truth) - set(found) == set(lost)
    assert len(found) == len(outcome.records[STREAM]) - len(
        expected.table(simulator, STREAM, start=START, accounts=OTHERS)
    )
    said = [line for line in (*outcome.warnings, *outcome.sentences.splitlines()) if "stat_time_day" in line]
    named = [line for line in said if FIRST in line and "soon" in line]
    assert len(named) == 1
    assert exact(simulator, outcome, OTHERS)
    assert outcome.code == (0 if mode == "incremental" else 1)
    if mode == "incremental":
        states = outcome.states[STREAM]["stream"]["stream_state"]["states"]
        assert {entry["partition"]["advertiser_id"] for entry in states} == {*OTHERS}


def test_rows_whose_key_could_not_be_read_come_with_the_next_sync() -> None:
    """Their part was not claimed."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        simulator.faults.add(**UNREADABLE)
        first = read(simulator, [STREAM], start_date=START, lookback_days=0)
        simulator.faults.clear()
        second = read(simulator, [STREAM], start_date=START, lookback_days=0, state=first.state)
    destination = Destination()
    for outcome in (first, second):
        destination.take(outcome)
    assert difference(destination.tables[STREAM], expected.table(simulator, STREAM, start=START)) == ""


@pytest.mark.parametrize("code", [40105, 40110])
def test_a_token_that_one_account_refuses_costs_that_account_alone(code: int) -> None:
    """The others are read to the end; nobody is told of a code that nobody entered."""
    words = {"kind": "code", "code": code, "message": "Auth code has expired or has been used."}
    simulator, outcome = synced({**words, "advertiser_id": FIRST, "path": REPORT})
    assert exact(simulator, outcome, OTHERS)
    assert not any(row["advertiser_id"] == FIRST for row in outcome.records[STREAM])
    said = [line for line in (*outcome.warnings, outcome.sentences) if FIRST in line]
    assert said
    assert all(str(code) in line and "auth_code" not in line for line in said)
    assert not any(other in line for line in said for other in OTHERS)


def test_a_limit_of_rows_that_tiktok_states_is_kept_by_that_endpoint_and_account() -> None:
    """One refusal is enough to know it; other accounts, and other endpoints, go on with large pages."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        simulator.faults.add("page_size", path=REPORT, advertiser_id=FIRST, rows=50)
        outcome = read(simulator, [STREAM, "ads"], start_date="2026-02-01", concurrency=1)
        sizes = {
            (entry["path"], entry["query"]["advertiser_id"]): []
            for entry in simulator.requests
            if "page_size" in entry["query"]
        }
        for entry in simulator.requests:
            if "page_size" in entry["query"]:
                sizes[entry["path"], entry["query"]["advertiser_id"]].append(int(entry["query"]["page_size"]))
    assert (outcome.code, outcome.warnings) == (0, [])
    assert difference(by_key(STREAM, outcome.records[STREAM]), expected.table(simulator, STREAM)) == ""
    first = sizes.pop((REPORT, FIRST))
    assert (first[0], set(first[1:])) == (1000, {50})
    assert {size for each in sizes.values() for size in each} == {1000}


def test_a_limit_of_days_that_tiktok_states_is_kept_by_that_account() -> None:
    """Longer windows are divided from then on, for this account alone."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        simulator.faults.add("time_span", path=REPORT, advertiser_id=FIRST, rows=7)
        outcome = read(simulator, [STREAM], start_date=START, concurrency=1)
        spans: dict[str, list[int]] = {id: [] for id in WORLD.advertiser_ids}
        for entry in simulator.requests:
            if entry["path"] == REPORT:
                query = entry["query"]
                days = date.fromisoformat(query["end_date"]) - date.fromisoformat(query["start_date"])
                spans[query["advertiser_id"]].append(days.days + 1)
    assert (outcome.code, outcome.warnings) == (0, [])
    assert exact(simulator, outcome, [FIRST, *OTHERS])
    assert all(max(spans[id]) > 7 for id in WORLD.advertiser_ids)
    assert sorted(spans[FIRST])[-2] == 7


ODD_ACCOUNTS = {
    "no id": '{"advertiser_name":"nobody"}',
    "no id and no name": '{"advertiser_id":null,"advertiser_name":null}',
    "nothing": "null",
}


@pytest.mark.parametrize("odd", ODD_ACCOUNTS)
def test_an_odd_row_among_the_accounts_costs_nobody_else(odd: str) -> None:
    """Those that can be read are read, and the odd one is named."""
    put = f'"list":[{ODD_ACCOUNTS[odd]},{{'
    simulator, outcome = synced({"kind": "replace", "path": "oauth2/advertiser/get", "find": '"list":[{', "put": put})
    assert exact(simulator, outcome, [FIRST, *OTHERS])
    assert outcome.code == 0
    (said,) = outcome.warnings
    assert "TikTok lists an account without an id, which can't be read" in said


@pytest.mark.parametrize(
    ("switch", "stream"),
    [
        ("comment_time_as_text", "comments"),
        ("split_test_utc", "split_tests"),
        ("identity_pages_told", "identities"),
    ],
)
def test_facts_that_sources_tell_in_two_ways(switch: str, stream: str) -> None:
    """The rows are the truth with the switch in either position."""
    big = replace(WORLD, advertisers=1, campaigns=4)
    for position in (False, True):
        with Simulator(big, Switches(signed_urls=False, **{switch: position})) as simulator:
            outcome = read(simulator, [stream], "full_refresh", start_date=START, page_size=3)
            # The truth is worked out from the default notation.
            simulator.switches.update({"comment_time_as_text": False})
            truth = expected_lists.list_table(simulator, stream, start=START)
        assert (outcome.code, outcome.warnings) == (0, [])
        assert truth
        assert difference(by_key(stream, outcome.records[stream]), truth) == ""
