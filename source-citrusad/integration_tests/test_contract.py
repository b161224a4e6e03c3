"""The contract: no call, byte or download too many, whatever happens, and everything read in the end."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from .reading import (
    MIB,
    Outcome,
    StreamId,
    assert_clean,
    assert_whole,
    catalog_from,
    configuration,
    counted,
    difference,
    ids,
    inside,
    truth,
)
from .server import Contract, Dataset, Server, Table, World, standard
from .server.columns import columns

DATASET = "acme_insight_reporting"
FACT: StreamId = (DATASET, "fact")
OTHER: StreamId = (DATASET, "other")
FIELDS = columns("ingressed_at DATE, campaign_id STRING, clicks INT64, ad_spend NUMERIC")
PAGES = {"first_page": 10_000, "next_page": 20_000}
DAYS = timedelta(days=1)


def world(per_day: int = 50, **table: Any) -> World:
    """Two fact tables of the same size; one is a view."""
    fact = Table("fact", FIELDS, "ingressed_at", per_day, **table)
    other = replace(fact, name="other", base="acme_core.other")
    return World((Dataset(DATASET, "australia-southeast1", (fact, other)),))


def sync(server: Server, catalog: Mapping[str, Any], state: Any = None, **changes: Any) -> Outcome:
    """One sync."""
    return inside("read", configuration(server, **changes), catalog, state)


def sync_to_the_end(server: Server, catalog: Mapping[str, Any], most: int, **changes: Any) -> list[Outcome]:
    """Syncs a day apart until the backlog of the first day is read; more than `most` fail."""
    last = server.clock.now.date() - DAYS
    outcomes: list[Outcome] = []
    while len(outcomes) < most:
        outcomes.append(sync(server, catalog, outcomes[-1].state if outcomes else None, **changes))
        assert (outcomes[-1].code, outcomes[-1].sentences) == (0, "")
        if all(cursor(outcomes[-1], stream) >= last for stream in ids(catalog)):
            return outcomes
        server.clock.advance(days=1)
    pytest.fail(f"{most} syncs did not do: {[cursor(outcomes[-1], stream) for stream in ids(catalog)]}")


def cursor(outcome: Outcome, stream: StreamId) -> date:
    """How far a stream is read."""
    text = outcome.states[stream]["stream"]["stream_state"]["cursor"]
    return date.fromisoformat(text) if text else date.min


def together(outcomes: list[Outcome], stream: StreamId) -> Counter[bytes]:
    """All records of a stream."""
    return counted(record for outcome in outcomes for record in outcome.records.get(stream, []))


def assert_read_up_to_its_cursor(server: Server, outcomes: list[Outcome], catalog: Mapping[str, Any]) -> None:
    """Each stream holds every row up to its cursor once, and none twice."""
    for stream in ids(catalog):
        said = difference(together(outcomes, stream), truth(server, stream, until=cursor(outcomes[-1], stream)))
        assert not said, f"{stream}: {said}"
    assert server.breaches == []


def test_a_first_read_takes_as_few_calls_as_its_pages_need() -> None:
    """At most 1.15 times the pages of all streams, a dry run for each partitioned one, and the list of datasets."""
    with Server(standard(per_day=150), Contract(calls=None), first_page=20_000, next_page=40_000) as server:
        catalog = catalog_from(server)
        outcome = sync(server, catalog, daily_calls=100_000)
        assert_clean(server, outcome)
        assert_whole(server, outcome, catalog)
        jobs: dict[str, int] = Counter()
        for entry in server.log:
            if entry["op"] in ("query", "results"):
                jobs[entry["path"].rsplit("/", 1)[-1] if entry["op"] == "results" else entry["job"]] += entry["size"]
        needed = sum(max(1, -(-size // 40_000)) for size in jobs.values())
        partitioned = sum(1 for entry in catalog["streams"] if entry["stream"].get("source_defined_cursor"))
        calls = sum(entry["counted"] for entry in server.log)
        assert len(jobs) == len(ids(catalog))
        assert calls <= 1.15 * needed + partitioned + 1


def test_check_and_discover_are_cheap() -> None:
    """Two calls for check; for discover one, one for each dataset and one for each view without the usual column."""
    with Server(standard()) as server:
        assert inside("check", configuration(server)).verdict["status"] == "SUCCEEDED"
        assert sum(entry["counted"] for entry in server.log) <= 2
        server.bigquery.restart_counters()
        inside("discover", configuration(server))
        probes = [entry for entry in server.log if entry["op"] == "dry_run"]
        assert sum(entry["counted"] for entry in server.log) <= 1 + 3 + len(probes)
        # `campaign` has no partition; `enhanced_attribution` shows one date column beside its name.
        assert len(probes) <= 3


def test_a_second_sync_of_a_day_asks_facts_nothing() -> None:
    """Nothing new: no call at all for facts, one query for each table without days."""
    with Server(standard()) as server:
        catalog = catalog_from(server)
        first = sync(server, catalog)
        server.bigquery.log.clear()
        second = sync(server, catalog, first.state)
        plain = [entry for entry in catalog["streams"] if not entry["stream"].get("source_defined_cursor")]
        assert sum(entry["counted"] for entry in server.log) == len(plain)
        assert not any(second.records.get(id) for id in ids(catalog) if server.bigquery.store.tables[id].spec.partition)
        assert_clean(server, second)


@pytest.mark.parametrize("count", ["requests", "queries"])
def test_a_backlog_of_ten_days_calls_ends_within_twelve_syncs(count: str) -> None:
    """Each sync ends clean with a warning while days are left; no gap, no row twice, no call too many."""
    calls = 30
    with Server(world(per_day=230), Contract(calls=calls, count=count), first_page=3_000, next_page=6_000) as server:
        server.bigquery.store.world = replace(server.bigquery.store.world, first_day=date(2022, 9, 1))
        server.clock.set(server.clock.now.replace(day=20))
        catalog = catalog_from(server)
        settings = {"daily_calls": calls, "count_calls": count}
        outcomes = sync_to_the_end(server, catalog, 12, **settings)
        assert_read_up_to_its_cursor(server, outcomes, catalog)
        if count == "requests":
            size = sum(entry["size"] for entry in server.log)
            assert size / 6_000 > 5 * (calls - 10)
            assert all(f"of {calls} calls" in outcome.warnings[0] for outcome in outcomes[:-1])
            assert "about" in outcomes[0].warnings[0]
        else:
            assert len(outcomes) == 1


def test_calls_of_one_day_are_shared_by_its_syncs() -> None:
    """What several syncs of one day use together stays within the day's calls, check and discover included."""
    with Server(world(per_day=230), Contract(calls=25), first_page=3_000, next_page=6_000) as server:
        catalog = catalog_from(server)
        server.clock.set(server.clock.now.replace(day=20))
        outcomes: list[Outcome] = []
        for _ in range(5):
            outcomes.append(sync(server, catalog, outcomes[-1].state if outcomes else None, daily_calls=25))
        for verb in ("check", "discover"):
            inside(verb, configuration(server, daily_calls=25))
        assert_read_up_to_its_cursor(server, outcomes, catalog)


@pytest.mark.parametrize(
    "trouble",
    [
        {},
        {"faults": {"kind": "http", "status": 503, "probability": 0.34, "times": None, "seed": 5}},
        {"faults": {"kind": "lost", "probability": 0.2, "times": None, "seed": 6}},
        {"told_bytes": "answers"},
        {"told_bytes": "none"},
        {"billed_in_answers": False},
    ],
    ids=lambda trouble: "-".join(map(str, trouble)) or "nothing",
)
def test_a_day_a_hundred_times_its_neighbours(trouble: dict[str, Any]) -> None:
    """Nothing goes over where one day is huge, a third of all answers fail, or estimates are withheld."""
    heavy = {date(2022, 9, 5): 3_000}
    limits = Contract(calls=200, month_bytes=1_500 * MIB, download_bytes=150_000)
    switches = {name: value for name, value in trouble.items() if name != "faults"}
    with Server(world(30, days=heavy), limits, **PAGES, **switches) as server:
        catalog = catalog_from(server)
        if "faults" in trouble:
            server.bigquery.faults.add(op="query|results|dry_run", **trouble["faults"])
        settings = {"daily_calls": 200, "monthly_scan_tb": 1_500 * MIB / 1e12, "max_download_gb": 150_000 / 1e9}
        outcomes = sync_to_the_end(server, catalog, 8, **settings)
        assert_read_up_to_its_cursor(server, outcomes, catalog)


def test_the_scan_of_a_month_is_kept() -> None:
    """A small scan budget stops a sync cleanly, with bytes and month in the warning; the next month goes on."""
    limits = Contract(month_bytes=80 * MIB)
    with Server(world(), limits, **PAGES) as server:
        catalog = catalog_from(server)
        server.bigquery.restart_counters()
        settings = {"monthly_scan_tb": 80 * MIB / 1e12}
        outcomes = [sync(server, catalog, **settings)]
        for _ in range(24):
            server.clock.advance(days=1)
            outcomes.append(sync(server, catalog, outcomes[-1].state, **settings))
        assert {outcome.code for outcome in outcomes} == {0}
        assert any("TB scanned in September (UTC)" in warning for outcome in outcomes for warning in outcome.warnings)
        assert_read_up_to_its_cursor(server, outcomes, catalog)
        assert cursor(outcomes[-1], FACT) >= date(2022, 9, 30)


def test_a_budget_that_never_carries_a_day_is_an_error() -> None:
    """Waiting would not help, so it is said: the sync fails with what to raise."""
    with Server(world(), Contract(), **PAGES) as server:
        catalog = catalog_from(server, FACT)
        server.control("contract", {"month_bytes": 12 * MIB})
        outcome = sync(server, catalog, monthly_scan_tb=5 * MIB / 1e12)
        assert outcome.code == 1
        assert "monthly_scan_tb" in outcome.sentences
        assert server.breaches == []


def test_a_full_refresh_that_is_short_fails() -> None:
    """It ends INCOMPLETE with exit code 1, or an overwrite would replace a table by a part of it."""
    with Server(world(per_day=400), Contract(calls=20), first_page=2_000, next_page=2_000) as server:
        catalog = catalog_from(server, FACT, mode="full_refresh")
        outcome = sync(server, catalog, daily_calls=20)
        assert (outcome.code, outcome.statuses[FACT][-1]) == (1, "INCOMPLETE")
        assert "calls" in outcome.sentences
        assert server.breaches == []


def test_a_catalog_without_memory_asks_for_the_jobs() -> None:
    """No incremental stream, no state: it is said once, and the queries of earlier syncs are counted all the same."""
    with Server(world(per_day=10), Contract(calls=25, count="queries")) as server:
        catalog = catalog_from(server, mode="full_refresh")
        settings = {"daily_calls": 25, "count_calls": "queries", "start_date": "2022-09-10"}
        outcomes = [sync(server, catalog, **settings) for _ in range(12)]
        assert all(sum("not remembered" in text for text in outcome.warnings) == 1 for outcome in outcomes)
        assert len([entry for entry in server.log if entry["op"] == "jobs.list"]) == 12
        assert (outcomes[0].code, outcomes[-1].code) == (0, 1)
        assert server.breaches == []


def test_jobs_that_may_not_be_listed_stop_nothing() -> None:
    """Where the list of jobs is denied, a catalog without memory is read all the same."""
    with Server(world(per_day=10)) as server:
        catalog = catalog_from(server, mode="full_refresh")
        server.bigquery.account.may_list_jobs = False
        outcome = sync(server, catalog)
        assert_clean(server, outcome)
        assert_whole(server, outcome, catalog)


def test_a_quota_that_others_used_up_ends_the_day() -> None:
    """At most one more call leaves; the sync is clean, the state kept, and the next day goes on."""
    with Server(world(per_day=230), Contract(calls=None), first_page=3_000, next_page=6_000) as server:
        catalog = catalog_from(server)
        server.bigquery.faults.add("reason", reason="quotaExceeded", op="query|results|dry_run", nth=4, times=None)
        outcomes = [sync(server, catalog)]
        server.bigquery.faults.clear()
        spoiled = [entry["n"] for entry in server.log if entry["faults"]]
        assert len(server.log) - spoiled[0] <= 1
        assert outcomes[0].code == 0
        assert any("quota" in warning.lower() for warning in outcomes[0].warnings)
        outcomes.append(sync(server, catalog, outcomes[0].state))
        server.clock.advance(days=1)
        outcomes.append(sync(server, catalog, outcomes[-1].state))
        for stream in ids(catalog):
            said = difference(truth(server, stream, until=cursor(outcomes[-1], stream)), together(outcomes, stream))
            assert not said.startswith("surplus"), said
            assert cursor(outcomes[-1], stream) == date(2022, 9, 11)


def test_the_usage_leaves_before_the_request_it_counts() -> None:
    """Before each counted call stands a state whose usage includes it, also for streams without a state."""
    with Server(standard()) as server:
        catalog = catalog_from(server)
        outcome = sync(server, catalog)
        counts = [
            state["stream"]["stream_state"]["usage"]["calls"]
            for state in outcome.of("STATE")
            if "usage" in state["stream"]["stream_state"]
        ]
        calls = sum(entry["counted"] for entry in server.log)
        assert max(counts) == calls
        assert set(range(1, calls + 1)) <= set(counts)
        assert all(later >= earlier for earlier, later in itertools.pairwise(counts))
