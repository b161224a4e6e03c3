"""Each fault of the service alone, and with a seed in pairs: no row lost, none altered, or a loud end."""

from __future__ import annotations

import os
import random
import time
from typing import Any

import pytest

from .reading import (
    Outcome,
    StreamId,
    assert_whole,
    catalog_from,
    configuration,
    counted,
    difference,
    ids,
    inside,
    truth,
)
from .server import Contract, Dataset, Server, Table, World
from .server.columns import columns

PROVE = os.environ.get("PROVE") == "1"
DATASET = "acme_insight_reporting"
FACT: StreamId = (DATASET, "fact")
FIELDS = "campaign_id STRING, clicks INT64, ad_spend NUMERIC, tags ARRAY<STRING>"
WORLD = World(
    (
        Dataset(
            DATASET,
            "australia-southeast1",
            (
                Table("fact", columns(f"ingressed_at DATE, {FIELDS}"), "ingressed_at", 60, base="core.fact"),
                Table("other", columns(f"ingressed_at TIMESTAMP, {FIELDS}"), "ingressed_at", 40),
                Table("dim", columns(FIELDS), rows=150),
            ),
        ),
    )
)
PAGES = {"first_page": 12_000, "next_page": 24_000}
ANY = "query|dry_run|results|datasets.list"

# What is retried, shortened or repaired: the sync ends clean and whole.
MENDED: dict[str, dict[str, Any]] = {
    "503": {"kind": "http", "status": 503, "op": ANY},
    "502 html": {"kind": "http", "status": 502, "op": ANY},
    "500": {"kind": "http", "status": 500, "op": ANY},
    "429": {"kind": "http", "status": 429, "op": ANY, "headers": {"Retry-After": "1"}},
    "429 rate": {"kind": "reason", "reason": "rateLimitExceeded", "status": 429, "op": ANY},
    "403 rate": {"kind": "reason", "reason": "rateLimitExceeded", "op": ANY},
    "backend": {"kind": "reason", "reason": "backendError", "op": ANY},
    "internal": {"kind": "reason", "reason": "internalError", "op": ANY},
    "bad gateway": {"kind": "reason", "reason": "badGateway", "op": ANY},
    "job backend": {"kind": "reason", "reason": "jobBackendError", "op": "query|results"},
    "job internal": {"kind": "reason", "reason": "jobInternalError", "op": "query|results"},
    "resources": {"kind": "reason", "reason": "resourcesExceeded", "op": "query", "sql": "fact"},
    "too large": {"kind": "reason", "reason": "responseTooLarge", "op": "query", "sql": "fact"},
    "cut": {"kind": "cut", "op": ANY},
    "lost": {"kind": "lost", "op": ANY},
    "reset": {"kind": "reset", "op": ANY},
    "hang": {"kind": "hang", "seconds": 0.2, "op": ANY},
    "no JSON": {"kind": "not_json", "op": ANY},
    "empty": {"kind": "empty", "op": ANY},
    "list": {"kind": "list", "op": ANY},
    "401": {"kind": "unauthorized", "op": ANY},
    "token 503": {"kind": "http", "status": 503, "op": "token"},
    "token cut": {"kind": "cut", "op": "token"},
    "job gone": {"kind": "job_gone", "op": "results"},
    "token gone": {"kind": "token_gone", "op": "results"},
    "early end": {"kind": "end_early", "op": "query|results"},
    "empty page": {"kind": "empty_page", "op": "query|results"},
    "short": {"kind": "short", "op": "query|results"},
    "pending": {"kind": "pending", "op": "query", "polls": 3},
    "slow": {"kind": "drip", "seconds": 0.3, "op": ANY},
}


def play(*rules: dict[str, Any], mode: str = "incremental", **timing: Any) -> tuple[Server, Outcome, dict[str, Any]]:
    """A read of the whole world during which these faults happen."""
    with Server(WORLD, Contract(calls=100), **PAGES) as server:
        catalog = catalog_from(server, mode=mode)
        for rule in rules:
            server.bigquery.faults.add(**{**rule, **timing})
        outcome = inside("read", configuration(server), catalog)
    return server, outcome, catalog


def assert_nothing_lost(server: Server, outcome: Outcome, catalog: dict[str, Any]) -> None:
    """Clean, within the contract, and every row there; more only where a warning says that rows come twice."""
    assert (outcome.code, outcome.sentences) == (0, "")
    assert server.breaches == []
    for stream in ids(catalog):
        found, expected = counted(outcome.records[stream]), truth(server, stream)
        assert not difference(found & expected, expected), stream
        if any("twice" in warning for warning in outcome.warnings):
            assert set(found) == set(expected)
        else:
            assert found == expected


@pytest.mark.parametrize("name", MENDED)
@pytest.mark.parametrize("nth", [1, 2])
def test_each_fault_alone(name: str, nth: int) -> None:
    """One fault, on the first or the second request that it can befall, changes no row."""
    server, outcome, catalog = play(MENDED[name], nth=nth)
    # Not every request comes twice.
    assert nth > 1 or any(entry["faults"] for entry in server.log)
    assert_nothing_lost(server, outcome, catalog)


def pairs(number: int) -> list[tuple[str, str, int]]:
    """Pairs of faults, drawn with a seed, and the seed of each."""
    chance = random.Random(12)
    return [(*chance.sample(sorted(MENDED), 2), seed) for seed in range(number)]


@pytest.mark.prove
@pytest.mark.parametrize(("one", "two", "seed"), pairs(400 if PROVE else 24))
def test_faults_in_pairs(one: str, two: str, seed: int) -> None:
    """Two kinds at once, each on some of the requests, change no row either."""
    chance = random.Random(seed)
    rules = [{**MENDED[name], "nth": chance.randint(1, 4), "times": chance.randint(1, 2)} for name in (one, two)]
    server, outcome, catalog = play(*rules, mode=chance.choice(["incremental", "full_refresh"]))
    assert_nothing_lost(server, outcome, catalog)


DOWN: dict[str, dict[str, Any]] = {
    name: {**MENDED[name], "times": None}
    for name in ("503", "429", "backend", "403 rate", "lost", "reset", "cut", "no JSON", "empty", "list", "job backend")
}


@pytest.mark.parametrize("name", DOWN)
def test_down_for_good(name: str) -> None:
    """A fault that never ends ends the sync loudly, soon, and without a wrong state."""
    begun = time.monotonic()
    server, outcome, catalog = play({**DOWN[name], "op": "query|dry_run|results"})
    assert time.monotonic() - begun < 120
    assert outcome.code == 1
    assert outcome.sentences
    assert {statuses[-1] for statuses in outcome.statuses.values()} == {"INCOMPLETE"}
    assert not any(outcome.records.values())
    assert server.breaches == []
    assert {state["stream"]["stream_state"]["cursor"] for state in outcome.state} == {None}
    assert len(ids(catalog)) == 3


@pytest.mark.parametrize("kind", ["end_early", "empty_page", "job_gone", "token_gone", "short", "no_total"])
def test_pages_that_are_never_whole(kind: str) -> None:
    """Pages that lack rows for good end loudly or whole, but never quietly short."""
    with Server(WORLD, Contract(calls=100), **PAGES) as server:
        catalog = catalog_from(server, FACT)
        server.bigquery.faults.add(kind, op="query|results", times=None)
        outcome = inside("read", configuration(server), catalog)
        assert server.breaches == []
        if outcome.code:
            assert outcome.statuses[FACT][-1] == "INCOMPLETE"
            assert outcome.sentences
        server.bigquery.faults.clear()
        server.clock.advance(days=1)
        later = inside("read", configuration(server), catalog, outcome.state)
        found = counted([*outcome.records[FACT], *later.records[FACT]])
        assert later.code == 0
        assert not (truth(server, FACT) - found)


def test_a_key_that_is_revoked_ends_everything() -> None:
    """401 after 401: one new token, then a stop that says to ask for a new key."""
    with Server(WORLD, Contract(calls=100), **PAGES) as server:
        catalog = catalog_from(server)
        server.bigquery.faults.add("unauthorized", op="query|dry_run|results", times=None)
        outcome = inside("read", configuration(server), catalog)
        assert outcome.code == 1
        assert "new key" in outcome.sentences
        assert len([entry for entry in server.log if entry["op"] == "token"]) == 2
        assert len([entry for entry in server.log if entry["status"] == 401]) == 2


def test_a_token_that_runs_out_is_renewed() -> None:
    """A sync longer than its token goes on with another."""
    with Server(WORLD, Contract(calls=100), **PAGES) as server:
        catalog = catalog_from(server)
        server.bigquery.faults.add("unauthorized", op="results", nth=2)
        outcome = inside("read", configuration(server), catalog)
        assert outcome.code == 0
        assert_whole(server, outcome, catalog)


def test_a_lost_answer_is_not_scanned_twice() -> None:
    """A query whose answer is lost is asked again by its request id: the service answers with the same job."""
    with Server(WORLD, Contract(calls=100), **PAGES) as server:
        catalog = catalog_from(server, FACT)
        server.bigquery.faults.add("lost", op="query")
        outcome = inside("read", configuration(server), catalog)
        assert_whole(server, outcome, catalog)
        assert sum(entry["billed"] for entry in server.log if entry["op"] == "query") <= 2 * 10 * (1 << 20)
