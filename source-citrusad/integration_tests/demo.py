"""`python -m integration_tests.demo`: two syncs, a day apart, of a local BigQuery into DuckDB, and what they cost.

Everything goes through the connector's command line, as a platform would run it. Exit code 1, with a sentence, when a
step fails; nothing is left running.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from .server import Contract, Server, standard

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "demo-output"
START_DATE = "2022-09-01"
CALLS, SCAN = 100, 10 * 10**12
StreamId = tuple[str, str]
Message = Mapping[str, Any]

QUERY = """\
SELECT campaign_id AS campaign, sum(impressions) AS impressions, sum(clicks) AS clicks,
       round(sum(CAST(ad_spend AS DOUBLE)), 2) AS ad_spend
FROM acme_eu2_analytics.fact_realised_ad_agg
GROUP BY campaign_id
ORDER BY ad_spend DESC, campaign LIMIT 5"""


class DemoError(Exception):
    """A step failed; the text is for the person who watches."""


@dataclass(frozen=True)
class Sync:
    """What a read left: rows and the last state of each stream."""

    rows: Mapping[StreamId, Sequence[Message]]
    states: Mapping[StreamId, Message]


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the demo; 1 when a step failed."""
    parser = argparse.ArgumentParser(prog="python -m integration_tests.demo", description=__doc__)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    output = parser.parse_args(arguments).output
    try:
        play(output)
    except DemoError as error:
        print(f"The demo stopped: {error}", file=sys.stderr)
        return 1
    return 0


def play(output: Path) -> None:
    """Two syncs with a day between them, into a file that is made anew."""
    began = time.monotonic()
    output.mkdir(parents=True, exist_ok=True)
    database = output / "citrusad.duckdb"
    database.unlink(missing_ok=True)
    with Server(standard(), Contract(CALLS, SCAN)) as server, duckdb.connect(str(database)) as warehouse:
        print(f"A local BigQuery with three datasets in three regions. Its clock says {server.clock.text}.")
        command(output, server, "check")
        catalog = configured(command(output, server, "discover"))
        write(output, "catalog", catalog)
        print(f"discover: {len(catalog['streams'])} streams.")
        first = synced(output, server, warehouse, catalog, None)
        server.clock.advance(days=1)
        print(f"\nThe next day: {server.clock.text}.")
        second = synced(output, server, warehouse, catalog, first)
        show(first, second)
        print(f"\nThe best campaigns, from {database}:\n{warehouse.sql(QUERY)}")
        broken = server.breaches
        if broken:
            raise DemoError(f"the contract was broken: {broken[0]}")
    print(f"Nothing of the contract was broken. {time.monotonic() - began:.0f} seconds.")


def write(output: Path, name: str, content: Any) -> None:
    """A JSON file beside the database."""
    (output / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


def command(output: Path, server: Server, verb: str, *more: str) -> list[Message]:
    """Run one command of the connector. Raises DemoError where it fails."""
    config = {
        "credentials_json": json.dumps(server.key()),
        "start_date": START_DATE,
        "api_url": server.origin,
        "now": server.clock.text,
        "daily_calls": CALLS,
        "monthly_scan_tb": SCAN / 1e12,
    }
    write(output, "config", config)
    line = [sys.executable, str(ROOT / "main.py"), verb, "--config", str(output / "config.json"), *more]
    ended = subprocess.run(line, capture_output=True, check=False, timeout=240)
    messages = [json.loads(text) for text in ended.stdout.splitlines()]
    for message in messages:
        if message["type"] == "LOG" and message["log"]["level"] == "WARN":
            print(f"  {message['log']['message']}")
    if ended.returncode or ended.stderr:
        raise DemoError(f"{verb} ended with {ended.returncode}: {(ended.stderr or ended.stdout[-500:]).decode()}")
    return messages


def configured(messages: Sequence[Message]) -> Message:
    """Every stream that was discovered, incremental where it can be."""
    [catalog] = [message["catalog"] for message in messages if message["type"] == "CATALOG"]
    return {
        "streams": [
            {"stream": stream, "sync_mode": stream["supported_sync_modes"][-1], "destination_sync_mode": "append"}
            for stream in catalog["streams"]
        ]
    }


def synced(
    output: Path, server: Server, warehouse: duckdb.DuckDBPyConnection, catalog: Message, before: Sync | None
) -> Sync:
    """Read, with the states of the sync before, and load the rows."""
    more = ["--catalog", str(output / "catalog.json")]
    if before:
        write(output, "state", [{"type": "STREAM", "stream": state} for state in before.states.values()])
        more += ["--state", str(output / "state.json")]
    messages = command(output, server, "read", *more)
    rows: dict[StreamId, list[Message]] = defaultdict(list)
    states: dict[StreamId, Message] = {}
    for message in messages:
        if message["type"] == "RECORD":
            rows[message["record"]["namespace"], message["record"]["stream"]].append(message["record"]["data"])
        elif message["type"] == "STATE":
            described = message["state"]["stream"]["stream_descriptor"]
            states[described["namespace"], described["name"]] = message["state"]["stream"]
    for entry in catalog["streams"]:
        stream = entry["stream"]
        name = stream["namespace"], stream["name"]
        load(output, warehouse, name, rows[name], append=entry["sync_mode"] == "incremental" and before is not None)
    usages = [state["stream_state"]["usage"] for state in states.values() if "usage" in state["stream_state"]]
    used = max(usages, key=lambda usage: (usage["day"], usage["calls"]))
    print(f"read: {sum(map(len, rows.values())):,} rows.")
    scanned = f"{used['bytes'] / 1e12:.6f} of {SCAN / 1e12:g} TB"
    print(f"  {used['calls']} of {CALLS} calls of {used['day']}, {scanned} of the month.")
    return Sync(rows, states)


def load(
    output: Path, warehouse: duckdb.DuckDBPyConnection, stream: StreamId, rows: Sequence[Message], append: bool
) -> None:
    """Put rows into the stream's table: behind those that are there, or in their place."""
    if not rows:
        return
    path = output / "rows.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    schema, table = (f'"{name}"' for name in stream)
    warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    source = f"read_json_auto('{path}', format = 'newline_delimited', sample_size = -1)"
    if append:
        warehouse.execute(f"INSERT INTO {schema}.{table} BY NAME SELECT * FROM {source}")
    else:
        warehouse.execute(f"CREATE OR REPLACE TABLE {schema}.{table} AS SELECT * FROM {source}")
    path.unlink()


def show(first: Sync, second: Sync) -> None:
    """The rows of each stream in both syncs."""
    print(f"\n{'stream':55}{'first sync':>12}{'a day later':>12}  read up to")
    for stream in sorted(first.rows):
        blob = second.states.get(stream, {}).get("stream_state", {})
        upto = blob.get("cursor") or "whole, each time"
        print(f"{'.'.join(stream):55}{len(first.rows[stream]):>12,}{len(second.rows[stream]):>12,}  {upto}")


if __name__ == "__main__":
    sys.exit(main())
