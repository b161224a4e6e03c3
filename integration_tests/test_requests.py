"""What is asked of TikTok: as few requests as the rows need, all of them legal, never more a second than allowed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from . import expected
from .reading import ENTITIES, REPORTS, STREAMS, Outcome, configuration, configured, read, run
from .simulator import Simulator, Switches, World

WORLD = World(advertisers=3, campaigns=5, adgroups_per=2, ads_per=2, history_start=date(2026, 1, 10), specials=False)
# Whether an account has TopView or Promote campaigns takes a look at each kind.
LOOKS = 2
START = "2026-01-25"
PAGE = 40
DAYS_A_WINDOW = 30


@dataclass(frozen=True)
class Asked:
    """A first read, and the requests it made."""

    simulator: Simulator
    outcome: Outcome

    @property
    def counts(self) -> dict[str, int]:
        """How many requests went to each path."""
        paths = [entry["path"] for entry in self.simulator.requests]
        return {path: paths.count(path) for path in paths}


@pytest.fixture(scope="module")
def first() -> Iterator[Asked]:
    """A first read of all streams, the accounts found by the token, in small pages."""
    with Simulator(WORLD) as simulator:
        yield Asked(simulator, read(simulator, start_date=START, page_size=PAGE))


def pages(rows: int) -> int:
    """The requests that so many rows need."""
    return max(1, -(-rows // PAGE))


def test_reports_need_one_request_a_page(first: Asked) -> None:
    """Reports: for each account, report and window of 30 days as many requests as there are pages, one if empty."""
    needed = 0
    for stream in REPORTS:
        rows = expected.table(first.simulator, stream, start=START).values()
        for id in WORLD.advertiser_ids:
            days = (expected.today(first.simulator, id) - date.fromisoformat(START)).days
            counts = [0] * (days // DAYS_A_WINDOW + 1)
            for row in rows:
                if row["advertiser_id"] == id:
                    counts[(expected.day(row) - date.fromisoformat(START)).days // DAYS_A_WINDOW] += 1
            needed += sum(map(pages, counts))
    assert first.outcome.code == 0
    assert first.counts["report/integrated/get"] == needed


@pytest.mark.parametrize("stream", ENTITIES)
def test_lists_need_one_request_a_page(first: Asked, stream: str) -> None:
    """Campaigns, ad groups, ads: for each account as many requests as there are pages, and a look for special ones."""
    rows = list(expected.table(first.simulator, stream).values())
    needed = [pages(len([row for row in rows if row["advertiser_id"] == id])) for id in WORLD.advertiser_ids]
    looks = LOOKS * len(needed) if stream == "campaigns" else 0
    assert first.counts[f"{stream.removesuffix('s')}/get"] == sum(needed) + looks


def test_accounts_need_two_requests(first: Asked) -> None:
    """One request finds the accounts of the token, one of a hundred gives their facts and the stream advertisers."""
    assert (first.counts["oauth2/advertiser/get"], first.counts["advertiser/info"]) == (1, 1)
    assert len(first.counts) == 6


def test_every_request_is_legal(first: Asked) -> None:
    """The simulator refuses what is not documented: it refused nothing."""
    assert {entry["code"] for entry in first.simulator.requests} == {0}


def test_what_a_report_asks(first: Asked) -> None:
    """Windows of at most 30 days, at most 100 metrics, every status asked for at the report's own level."""
    asked = [entry["query"] for entry in first.simulator.requests if entry["path"] == "report/integrated/get"]
    for query in asked:
        days = (date.fromisoformat(query["end_date"]) - date.fromisoformat(query["start_date"])).days + 1
        assert 1 <= days <= DAYS_A_WINDOW
        assert len(json.loads(query["metrics"])) <= 100
        level = query["data_level"].removeprefix("AUCTION_").lower()
        status = {"field_name": f"{level}_status", "filter_type": "IN", "filter_value": '["STATUS_ALL"]'}
        assert json.loads(query["filtering"]) == [status]


@pytest.mark.parametrize(("accounts", "listing"), [(["7000000000000000001"], 0), (["  account 1 nz "], 1)])
def test_named_accounts(accounts: list[str], listing: int) -> None:
    """Accounts given by id cost no request for the list, those given by name one; then only these are read."""
    with Simulator(WORLD) as simulator:
        outcome = read(simulator, ("advertisers",), accounts=accounts)
    found = [entry["path"] for entry in simulator.requests]
    assert (outcome.code, found) == (0, ["oauth2/advertiser/get"] * listing + ["advertiser/info"])
    assert [row["advertiser_id"] for row in outcome.records["advertisers"]] == ["7000000000000000001"]


def test_the_facts_of_many_accounts_come_by_the_hundred() -> None:
    """150 accounts need two requests for their facts."""
    many = World(advertisers=150, campaigns=1, adgroups_per=1, ads_per=1, history_start=date(2026, 3, 1))
    with Simulator(many) as simulator:
        outcome = read(simulator, ("advertisers",))
    found = [entry["path"] for entry in simulator.requests]
    assert found == ["oauth2/advertiser/get", "advertiser/info", "advertiser/info"]
    assert len(outcome.records["advertisers"]) == 150


def test_the_pace_stays_within_the_tier() -> None:
    """At Basic, nothing shortened: ten requests a second, and not many fewer while there is enough to ask.

    Looked at over three seconds, because on a busy machine a request that left in time may arrive a little late.
    """
    with Simulator(WORLD, Switches(latency_ms=20)) as simulator:
        outcome = read(simulator, ("ad_insights", *ENTITIES), start_date=START, page_size=25, wait_scale=1)
    moments = sorted(entry["at"] for entry in simulator.requests)
    assert outcome.code == 0
    assert len(moments) > 50
    assert max(sum(start <= moment < start + 3 for moment in moments) for start in moments) <= 30
    assert moments[-1] - moments[0] > len(moments) / 10 - 1


@pytest.mark.parametrize(("verb", "catalog"), [("check", None), ("discover", None), ("read", configured([]))])
def test_commands_that_ask_little(verb: str, catalog: Mapping[str, Any] | None) -> None:
    """A check asks three things; discover and a read of nothing ask none."""
    with Simulator(WORLD) as simulator:
        outcome = run(verb, configuration(simulator), catalog)
    wanted = ["oauth2/advertiser/get", "advertiser/info", "report/integrated/get"] if verb == "check" else []
    assert (outcome.code, [entry["path"] for entry in simulator.requests]) == (0, wanted)


def test_a_state_asks_again_for_no_more_than_it_must() -> None:
    """The second read, a minute later: per account one request a report's look-back, and ads by their changes."""
    with Simulator(WORLD) as simulator:
        state = read(simulator, STREAMS, start_date=START, lookback_days=1).state
        simulator.requests.clear()
        simulator.clock.advance(minutes=1)
        read(simulator, STREAMS, start_date=START, lookback_days=1, state=state)
    counts = Asked(simulator, Outcome(0, [])).counts
    assert counts == {
        "oauth2/advertiser/get": 1,
        "advertiser/info": 1,
        # The ads of upgraded Smart+, whose changes need not show, are asked for by their campaigns, listed once.
        "campaign/get": 3 + LOOKS * 3 + 3,
        "adgroup/get": 3,
        "ad/get": 2 * 3,
        "report/integrated/get": len(REPORTS) * 3,
    }


YOUNG = World(advertisers=2, campaigns=2, adgroups_per=1, ads_per=1, history_start=date(2026, 2, 25))
BY_DAYS = (
    *("ad_insights", "ad_insights_by_country", "ad_insights_by_interest_category_monthly", "change_log"),
    *("gmv_max_insights", "gmv_max_campaign_insights", "video_insights_daily"),
)


def test_a_start_long_before_the_accounts_costs_no_request() -> None:
    """Days before an account was created are not asked for, whatever kind of stream it is."""
    counts, found = [], []
    for start in ("2016-09-01", "2026-01-22"):
        with Simulator(YOUNG) as simulator:
            outcome = read(simulator, BY_DAYS, start_date=start)
        assert outcome.code == 0
        counts.append(Asked(simulator, outcome).counts)
        found.append({stream: len(rows) for stream, rows in outcome.records.items()})
    assert counts[0] == counts[1]
    assert found[0] == found[1]
