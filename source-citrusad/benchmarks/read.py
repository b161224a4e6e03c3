"""`python -m benchmarks.read`: CPU seconds of a read by the connector and by Google's client, from the same server."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from integration_tests.reading import MAIN, catalog_from, command, configuration, environment
from integration_tests.server import DATA_PROJECT, KEY_PROJECT, Contract, Dataset, Server, Table, World
from integration_tests.server.columns import columns

DATASET = "acme_insight_reporting"
FIELDS = (
    "ingressed_at DATE, supplier_id STRING, campaign_id STRING, product_code STRING, impressions INT64, clicks INT64, "
    "ad_spend NUMERIC, sales_revenue NUMERIC, position FLOAT64, seen_at TIMESTAMP, tags ARRAY<STRING>, "
    "place STRUCT<slot INT64, page STRING>"
)
DAYS = 10
CLIENT = """
import json, sys
from google.api_core.client_options import ClientOptions
from google.cloud import bigquery
from google.oauth2 import service_account
key, origin, sql, project = json.loads(sys.argv[1])
credentials = service_account.Credentials.from_service_account_info(key)
client = bigquery.Client(project=project, credentials=credentials, client_options=ClientOptions(api_endpoint=origin))
count = 0
for row in client.query_and_wait(sql, location="US"):
    sys.stdout.write("")
    dict(row)
    count += 1
print(count)
"""

# Linux counts the memory of the process that starts another as the other's too, until that has become another program:
# a small process starts it, not this one, which holds the server.
STARTER = """
import json, os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
print(json.dumps([process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024]))
"""


@dataclass(frozen=True)
class Cost:
    """What a process used."""

    cpu: float
    seconds: float
    peak: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both costs and their ratio."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.read", description=__doc__)
    options.add_argument("--rows", type=int, default=120_000)
    rows = options.parse_args(arguments).rows
    ours, theirs = measured(rows)
    for name, cost in (("connector", ours), ("Google client", theirs)):
        sys.stdout.write(f"{name:14} {cost.cpu:7.2f} s CPU beyond its start, {cost.peak / 1e6:.0f} MB at most\n")
    sys.stdout.write(f"ratio          {ours.cpu / theirs.cpu:7.2f}  ({rows} rows of 12 columns)\n")
    return 0


def world(rows: int) -> World:
    """One table of so many rows in ten days."""
    table = Table("fact", columns(FIELDS), "ingressed_at", rows // DAYS)
    return World((Dataset(DATASET, "US", (table,)),), last_day=date(2022, 9, DAYS))


def measured(rows: int) -> tuple[Cost, Cost]:
    """The same rows for the connector, which writes them, and for Google's client, which only reads them.

    CPU is without what a read of no row takes: the start of Python and its libraries.
    """
    with Server(world(rows), Contract(calls=None), gzip=False) as server, tempfile.TemporaryDirectory() as folder:
        catalog = catalog_from(server, mode="full_refresh")
        empty = configuration(server, daily_calls=10_000, start_date=server.clock.now.date().isoformat())
        start = cost(command(Path(folder), "read", empty, catalog), folder)
        ours = cost(command(Path(folder), "read", configuration(server, daily_calls=10_000), catalog), folder)
        names = ", ".join(f"`{name}`" for name in catalog["streams"][0]["stream"]["json_schema"]["properties"])
        table = f"`{DATA_PROJECT}.{DATASET}.fact`"
        begins, theirs = (
            cost([sys.executable, "-c", CLIENT, json.dumps([server.key(), server.origin, sql, KEY_PROJECT])], folder)
            for sql in (
                f"SELECT {names} FROM {table} WHERE `ingressed_at` >= DATE '{day}'"
                for day in ("2031-01-01", "2022-09-01")
            )
        )
    return replace(ours, cpu=ours.cpu - start.cpu), replace(theirs, cpu=theirs.cpu - begins.cpu)


def cost(line: list[str], folder: str) -> Cost:
    """Run a command and measure it alone."""
    begun = time.monotonic()
    started = [sys.executable, "-S", "-c", STARTER, *line]
    done = subprocess.run(started, stdout=subprocess.PIPE, env=environment(), cwd=folder, check=True)
    code, cpu, peak = json.loads(done.stdout)
    if code:
        raise RuntimeError(f"{MAIN.name if str(MAIN) in line else 'the client'} ended with {code}")
    return Cost(cpu, time.monotonic() - begun, peak)


if __name__ == "__main__":
    raise SystemExit(main())
