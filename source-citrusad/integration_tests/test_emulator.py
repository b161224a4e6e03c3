"""The connector against an emulator that is not ours: check, discover, and 1,000 rows of all types that it has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from .emulator import Emulator, require_environment, running
from .reading import configured, counted, difference, run
from .server import DATA_PROJECT, Dataset, Server, World

DATASET, TABLE = "acme_insight_reporting", "realised_ad_agg"
ROWS = 1_000
# The emulator makes no BIGNUMERIC column and no record within a record, and takes no row with a RANGE.
FIELDS = [
    {"name": "ingressed_at", "type": "DATE"},
    {"name": "order", "type": "INT64"},
    {"name": "spend", "type": "NUMERIC"},
    {"name": "share", "type": "FLOAT64"},
    {"name": "active", "type": "BOOL"},
    {"name": "title", "type": "STRING"},
    {"name": "digest", "type": "BYTES"},
    {"name": "planned", "type": "DATETIME"},
    {"name": "time", "type": "TIME"},
    {"name": "seen_at", "type": "TIMESTAMP"},
    {"name": "extra", "type": "JSON"},
    {"name": "span", "type": "INTERVAL"},
    {"name": "shape", "type": "GEOGRAPHY"},
    {"name": "tags", "type": "STRING", "mode": "REPEATED"},
    {
        "name": "place",
        "type": "RECORD",
        "fields": [
            {"name": "slot", "type": "INT64"},
            {"name": "page", "type": "STRING"},
            {"name": "seen", "type": "TIMESTAMP", "mode": "REPEATED"},
        ],
    },
    {
        "name": "items",
        "type": "RECORD",
        "mode": "REPEATED",
        "fields": [{"name": "code", "type": "STRING"}, {"name": "price", "type": "NUMERIC"}],
    },
]


def row(number: int) -> dict[str, Any]:
    """A row as it is put in and as a record should show it, but for the sign of UTC and the writing of a point."""
    moment = datetime(2022, 9, 1) + timedelta(minutes=number, microseconds=123_457)  # noqa: DTZ001
    full = {
        "order": 2**53 + 1 + number,
        "spend": f"{number}.123456789",
        "share": number / 8,
        "active": number % 2 == 0,
        "title": f'ünï "{number}" \\ 🛒\n',
        "digest": "AP8=",
        "planned": moment.isoformat(),
        "time": moment.time().isoformat(),
        "seen_at": f"{moment.isoformat()}Z",
        "extra": f'{{"n":{number}}}',
        "span": f"0-0 {1 + number % 20} 0:0:0",
        "shape": f"POINT (1 {number % 90})",
        "place": {"slot": number, "page": "home", "seen": [f"{moment.isoformat()}Z"] * (number % 2)},
    }
    missing = [*full][number % len(full)] if number % 3 == 0 else ""
    values = {name: None if name == missing else value for name, value in full.items()}
    return {
        "ingressed_at": f"2022-09-0{1 + number % 9}",
        **values,
        "tags": [f"t{n}" for n in range(number % 3)],
        "items": [{"code": None if n else "a", "price": f"{n + 1}.000000001"} for n in range(number % 4)],
    }


def sent(values: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON takes it: integers above 2^53 as text."""
    order = values["order"]
    return {**values, "order": order if order is None else str(order)}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator with the table in it."""
    require_environment()
    table = {
        "tableReference": {"projectId": DATA_PROJECT, "datasetId": DATASET, "tableId": TABLE},
        "schema": {"fields": FIELDS},
        "timePartitioning": {"type": "DAY", "field": "ingressed_at"},
    }
    with running(tmp_path_factory.mktemp("emulator")) as started:
        started.load(DATA_PROJECT, DATASET, table, [sent(row(number)) for number in range(ROWS)])
        yield started


@pytest.fixture(scope="module")
def config(emulator: Emulator) -> Iterator[dict[str, Any]]:
    """The configuration; the emulator gives no tokens, so they come from the local server."""
    with Server(World((Dataset(DATASET, "US", ()),))) as tokens:
        yield {
            "credentials_json": json.dumps(tokens.key()),
            "start_date": "2022-09-01",
            "api_url": emulator.origin,
            "now": "2022-09-12T13:00:00Z",
            "wait_scale": 0.01,
        }


def test_check_discover_and_read(config: dict[str, Any]) -> None:
    """The connector finds the table, its columns and its partition, and every value comes back as it was put in."""
    checked = run("check", config)
    assert checked.verdict["status"] == "SUCCEEDED", checked.verdict
    stream = run("discover", config).catalog[DATASET, TABLE]
    assert {*stream["json_schema"]["properties"]} == {field["name"] for field in FIELDS}
    assert stream["default_cursor_field"] == ["ingressed_at"]
    expected = counted(row(number) for number in range(ROWS))
    for mode in ("full_refresh", "incremental"):
        outcome = run("read", config, configured([stream], mode))
        assert (outcome.code, outcome.sentences, outcome.stderr) == (0, "", "")
        said = difference(counted(outcome.records[DATASET, TABLE]), expected)
        assert not said, f"{mode}: {said}"
    [state] = outcome.state
    assert state["stream"]["stream_state"]["cursor"] == "2022-09-11"
