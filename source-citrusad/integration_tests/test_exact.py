"""Records equal a direct read of DuckDB: random schemas over all types, nulls, equal rows, full and day by day."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from .reading import (
    Outcome,
    assert_clean,
    assert_whole,
    canonical,
    catalog_from,
    command,
    configuration,
    counted,
    difference,
    environment,
    ids,
    inside,
    run,
    truth,
    whole_day,
)
from .server import Contract, Dataset, Server, Table, World, standard
from .server.columns import STORED, Column, columns

PROVE = os.environ.get("PROVE") == "1"
PARTITIONS = ("DATE", "DATETIME", "TIMESTAMP")
DATASET = "acme_insight_reporting"
NAMES = ("order", "group", "select", "from", "a", "B", "c_1", "Value", "hash", "date")
LARGE = 1_000_000 if PROVE else 50_000


def random_columns(chance: random.Random, depth: int = 2, least: int = 4) -> tuple[Column, ...]:
    """Columns of all kinds, records down to so many levels below."""
    names = chance.sample(NAMES, chance.randint(least, len(NAMES)))
    made = []
    for name in names:
        repeated = chance.random() < 0.2
        mode = "REPEATED" if repeated else "NULLABLE"
        if depth and chance.random() < 0.3:
            made.append(Column(name, "STRUCT", mode, random_columns(chance, depth - 1, 1)))
        else:
            kind = chance.choice([*STORED])
            made.append(Column(name, kind, mode, argument="DATE" if kind == "RANGE" else ""))
    return tuple(made)


def random_world(seed: int) -> World:
    """A world of four tables with random columns: three partitioned, one not, one of them a view."""
    chance = random.Random(seed)
    tables = [
        Table(
            f"fact_{kind.lower()}",
            (*columns(f"ingressed_at {kind}"), *random_columns(chance)),
            "ingressed_at",
            chance.randint(1, 40),
            without_day=chance.randint(0, 3),
            base=f"core.fact_{kind.lower()}" if chance.random() < 0.5 else "",
        )
        for kind in PARTITIONS
    ]
    plain = Table("plain", random_columns(chance), rows=chance.randint(0, 40))
    last = date(2022, 9, 16)
    return World((Dataset(DATASET, "australia-southeast1", (*tables, plain)),), seed=seed, last_day=last)


@pytest.fixture(params=[1, 2, 3, 4] if not PROVE else range(1, 41))
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server with random tables and small pages."""
    with Server(random_world(request.param), Contract(calls=None), first_page=8_000, next_page=16_000) as running:
        yield running


def test_full_refresh_of_random_tables(server: Server) -> None:
    """Every row once, every value exact, whatever the columns."""
    catalog = catalog_from(server, mode="full_refresh")
    outcome = inside("read", configuration(server, daily_calls=1000), catalog)
    assert_clean(server, outcome)
    assert_whole(server, outcome, catalog)


def test_five_days_of_random_tables(server: Server) -> None:
    """Five syncs a day apart bring together what one full read on the last day brings."""
    catalog = catalog_from(server)
    outcomes = [inside("read", configuration(server, daily_calls=1000), catalog)]
    for _ in range(4):
        server.clock.advance(days=1)
        outcomes.append(inside("read", configuration(server, daily_calls=1000), catalog, outcomes[-1].state))
    for stream in ids(catalog):
        if server.bigquery.store.tables[stream].spec.partition:
            records = [record for outcome in outcomes for record in outcome.records[stream]]
            assert not difference(counted(records), truth(server, stream)), stream
            for outcome in outcomes[1:]:
                assert len(outcome.records[stream]) == server.bigquery.store.tables[stream].spec.per_day
        else:
            assert counted(outcomes[-1].records[stream]) == truth(server, stream)
    assert server.breaches == []


def test_decimals_as_numbers() -> None:
    """With num_as_string off decimals are JSON numbers, of the nearest float."""
    with Server(random_world(3), Contract(calls=None)) as server:
        catalog = catalog_from(server, mode="full_refresh", num_as_string=False)
        outcome = inside("read", configuration(server, num_as_string=False, daily_calls=1000), catalog)
        assert_whole(server, outcome, catalog, exact=False)


def test_the_standard_world_in_processes() -> None:
    """The command line brings what the truth says, three regions and equal names of tables included."""
    with Server(standard(seed=7)) as server:
        catalog = catalog_from(server)
        outcome = run("read", configuration(server), catalog)
        assert_clean(server, outcome)
        assert_whole(server, outcome, catalog)


def test_selected_columns_alone_are_read() -> None:
    """A catalog with fewer columns asks for these, and no other is scanned."""
    with Server(standard()) as server:
        catalog = catalog_from(server, ("acme_eu2_analytics", "fact_order"))
        properties = catalog["streams"][0]["stream"]["json_schema"]["properties"]
        kept = ("ingressed_at", "order", "items")
        catalog["streams"][0]["stream"]["json_schema"]["properties"] = {name: properties[name] for name in kept}
        outcome = inside("read", configuration(server), catalog)
        assert_whole(server, outcome, catalog, names=kept)
        assert not any("payload" in entry["sql"] for entry in server.log)


def test_history_of_dimensions_where_it_is_wanted() -> None:
    """With current_dimensions_only off every version of a dimension comes."""
    with Server(standard()) as server:
        changes = {"current_dimensions_only": False}
        catalog = catalog_from(server, ("acme_eu2_analytics", "dim_campaign"), **changes)
        outcome = inside("read", configuration(server, **changes), catalog)
        assert_whole(server, outcome, catalog, current=False)
        assert len(outcome.records["acme_eu2_analytics", "dim_campaign"]) > 20


def test_days_are_read_again_with_a_lookback() -> None:
    """Restated rows arrive with lookback_days, each new day bringing the days before it again; a warning says so."""
    table = Table("fact", columns("ingressed_at DATE, v INT64"), "ingressed_at", 30, restated=True)
    world = World((Dataset(DATASET, "US", (table,)),))
    with Server(world) as server:
        catalog = catalog_from(server)
        first = inside("read", configuration(server, lookback_days=5), catalog)
        assert any("lookback_days" in warning for warning in first.warnings)
        server.clock.advance(days=1)
        second = inside("read", configuration(server, lookback_days=5), catalog, first.state)
        records = second.records[DATASET, "fact"]
        assert not difference(counted(records), truth(server, (DATASET, "fact"), since=date(2022, 9, 6)))
        assert {record["ingressed_at"] for record in records} == {f"2022-09-{day:02}" for day in range(6, 12)}


@pytest.mark.prove
def test_a_large_table(tmp_path: Path) -> None:
    """One table of a million rows (50,000 ordinarily), full and in two syncs, in processes of their own."""
    kinds = ", ".join(f"c_{kind.lower()} {kind}{'<DATE>' if kind == 'RANGE' else ''}" for kind in STORED)
    spec = columns(f"ingressed_at DATE, {kinds}, tags ARRAY<STRING>, deep STRUCT<a INT64, b STRUCT<c NUMERIC>>")
    world = World(
        (Dataset(DATASET, "US", (Table("fact", spec, "ingressed_at", LARGE // 10),)),), last_day=date(2022, 9, 12)
    )
    with Server(world, Contract(calls=None), gzip=False) as server:
        catalog = catalog_from(server)
        config = configuration(server, daily_calls=100_000)
        expected = truth_in_digests(server, world.first_day)
        assert expected.total() >= LARGE
        whole, rows = read_in_digests(tmp_path, config, configured_full(catalog))
        assert_clean(server, whole)
        assert rows == expected
        server.clock.advance(days=-1)
        first, rows = read_in_digests(tmp_path, configuration(server, daily_calls=100_000), catalog)
        server.clock.advance(days=1)
        second, more = read_in_digests(tmp_path, config, catalog, first.state)
        assert_clean(server, second)
        assert rows + more == expected


def read_in_digests(folder: Path, config: Any, catalog: Any, state: Any = None) -> tuple[Outcome, Counter[bytes]]:
    """Read in a process of its own: what it said beside its records, and of each record a digest with its number."""
    said: list[bytes] = []
    rows: Counter[bytes] = Counter()
    with (folder / "out.jsonl").open("w+b") as out, (folder / "err.txt").open("w+b") as err:
        line = command(folder, "read", config, catalog, state)
        done = subprocess.run(line, stdout=out, stderr=err, cwd=folder, env=environment(), check=False)
        out.seek(0)
        for text in out:
            if text.startswith(b'{"type":"RECORD"'):
                rows[digest(canonical(orjson.loads(text)["record"]["data"]))] += 1
            else:
                said.append(text)
        err.seek(0)
        return Outcome(done.returncode, said, err.read().decode()), rows


def truth_in_digests(server: Server, first: date) -> Counter[bytes]:
    """Of each row of the table a digest with its number; day after day, as Python's values of all would not fit."""
    rows: Counter[bytes] = Counter()
    for number in range((whole_day(server.clock.now) - first).days + 1):
        day = first + timedelta(days=number)
        for row, times in truth(server, (DATASET, "fact"), since=day, until=day, nulls=not number).items():
            rows[digest(row)] += times
    return rows


def digest(row: bytes) -> bytes:
    """A row in 16 bytes."""
    return hashlib.blake2b(row, digest_size=16).digest()


def configured_full(catalog: dict[str, object]) -> dict[str, object]:
    """The same streams, whole."""
    streams = catalog["streams"]
    assert isinstance(streams, list)
    return {"streams": [{**entry, "sync_mode": "full_refresh"} for entry in streams]}
