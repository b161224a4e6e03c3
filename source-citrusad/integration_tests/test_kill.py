"""Reads killed at random points and gone on from their last state: complete, and never over the contract."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from .reading import (
    Outcome,
    StreamId,
    catalog_from,
    command,
    configuration,
    counted,
    difference,
    environment,
    ids,
    inside,
    truth,
)
from .server import Contract, Dataset, Server, Table, World
from .server.columns import columns

PROVE = os.environ.get("PROVE") == "1"
DATASET = "acme_insight_reporting"
FIELDS = "campaign_id STRING, clicks INT64, ad_spend NUMERIC"
WORLD = World(
    (
        Dataset(
            DATASET,
            "australia-southeast1",
            (
                Table("fact", columns(f"ingressed_at DATE, {FIELDS}"), "ingressed_at", 120, base="core.fact"),
                Table("other", columns(f"ingressed_at TIMESTAMP, {FIELDS}"), "ingressed_at", 90),
                Table("dim", columns(FIELDS), rows=150),
            ),
        ),
    )
)
PAGES = {"first_page": 6_000, "next_page": 12_000}
LIMITS = {"max_download_gb": 40_000 / 1e9}
"""So that a read takes several slices, and a state comes between them."""


def killed_read(server: Server, catalog: Any, state: Any, requests: int, delay: float, **settings: Any) -> Outcome:
    """A read in a process that is ended with SIGKILL so long after so many requests; its whole lines."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as out:
        line = command(Path(folder), "read", configuration(server, **{**LIMITS, **settings}), catalog, state)
        process = subprocess.Popen(line, stdout=out, stderr=subprocess.DEVNULL, env=environment(), cwd=folder)
        before = len(server.log)
        while process.poll() is None and len(server.log) - before < requests:
            time.sleep(0.002)
        time.sleep(delay)
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
        out.seek(0)
        lines = [line for line in out.read().split(b"\n")[:-1] if line]
    return Outcome(process.returncode, lines)


def last_states(*outcomes: Outcome) -> list[dict[str, Any]]:
    """What a platform keeps of several reads in turn."""
    kept: dict[StreamId, dict[str, Any]] = {}
    for outcome in outcomes:
        kept.update({id: state for id, state in outcome.states.items() if "version" in state["stream"]["stream_state"]})
    return list(kept.values())


def up_to_the_last_state(outcome: Outcome) -> list[dict[str, Any]]:
    """The messages before the last state of each stream: what a destination has committed for certain."""
    last = max((n for n, message in enumerate(outcome.messages) if message["type"] == "STATE"), default=-1)
    return outcome.messages[: last + 1]


def records_of(messages: list[dict[str, Any]], stream: StreamId) -> list[dict[str, Any]]:
    """A stream's records among messages."""
    found = (message["record"] for message in messages if message["type"] == "RECORD")
    return [record["data"] for record in found if (record["namespace"], record["stream"]) == stream]


@pytest.mark.parametrize("seed", range(20 if PROVE else 5))
@pytest.mark.prove
def test_killed_and_resumed(seed: int) -> None:
    """Complete after another sync, counting only what left before the last state, and nothing twice."""
    chance = random.Random(seed)
    with Server(WORLD, Contract(download_bytes=40_000), **PAGES) as server:
        catalog = catalog_from(server)
        killed = killed_read(server, catalog, None, chance.randint(1, 40), chance.random() / 20)
        assert server.breaches == []
        resumed = inside("read", configuration(server, **LIMITS), catalog, last_states(killed))
        assert resumed.code == 0
        assert server.breaches == []
        committed = up_to_the_last_state(killed)
        for stream in ids(catalog):
            expected = truth(server, stream)
            again = resumed.records.get(stream, [])
            if server.bigquery.store.tables[stream].spec.partition:
                said = difference(counted([*records_of(committed, stream), *again]), expected)
                assert not said, f"{stream}: {said}"
            else:
                assert counted(again) == expected


def test_eleven_kills_on_one_day_stay_within_the_contract() -> None:
    """Every run counts what left before it was killed: the day's calls and the month's bytes are never exceeded."""
    chance = random.Random(11)
    limits = Contract(calls=60, month_bytes=400 * (1 << 20), download_bytes=40_000)
    settings = {"daily_calls": 60, "monthly_scan_tb": 400 * (1 << 20) / 1e12}
    with Server(WORLD, limits, **PAGES) as server:
        catalog = catalog_from(server)
        outcomes: list[Outcome] = []
        for _ in range(11):
            state = last_states(*outcomes)
            outcomes.append(killed_read(server, catalog, state, chance.randint(2, 9), chance.random() / 30, **settings))
            assert server.breaches == []
        for _ in range(4):
            server.clock.advance(days=1)
            config = configuration(server, **LIMITS, **settings)
            outcomes.append(inside("read", config, catalog, last_states(*outcomes)))
            assert (outcomes[-1].code, server.breaches) == (0, [])
        for stream in ids(catalog):
            if server.bigquery.store.tables[stream].spec.partition:
                found = counted(record for outcome in outcomes for record in outcome.records.get(stream, []))
                assert not (truth(server, stream) - found)


def test_no_state_before_its_rows() -> None:
    """At every state, the rows of every day up to its cursor have left."""
    with Server(WORLD, **PAGES) as server:
        catalog = catalog_from(server)
        outcome = inside("read", configuration(server, **LIMITS), catalog)
        seen: dict[StreamId, list[dict[str, Any]]] = {}
        checked = 0
        for message in outcome.messages:
            if message["type"] == "RECORD":
                record = message["record"]
                seen.setdefault((record["namespace"], record["stream"]), []).append(record["data"])
            elif message["type"] == "STATE":
                stream = message["state"]["stream"]
                id = (stream["stream_descriptor"]["namespace"], stream["stream_descriptor"]["name"])
                cursor = stream["stream_state"].get("cursor")
                if cursor:
                    days = [row for row in seen[id] if row["ingressed_at"] and row["ingressed_at"][:10] <= cursor]
                    expected = truth(server, id, until=_day(cursor), nulls=False)
                    assert not (expected - counted(days))
                    checked += 1
        assert checked > 6


def _day(text: str) -> Any:
    from datetime import date

    return date.fromisoformat(text)
