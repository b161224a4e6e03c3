"""`python -m benchmarks.read`: what a row costs the real command, beside the floor of the same run.

One stream of wide rows is read from the simulator's pre-rendered pages by the connector's command line and by
`benchmarks.floor`, in turn. The README here says how to read the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from integration_tests.simulator import APP_ID, SECRET, TOKEN
from source_tiktok_ads.streams.catalog import BY_NAME, entry
from source_tiktok_ads.streams.model import Report
from source_tiktok_ads.streams.shapes import Shape

ROOT = Path(__file__).resolve().parents[1]
STREAM = "ad_insights"
MAIN = str(ROOT / "main.py")
START_UP_RUNS = 5


@dataclass(frozen=True)
class Usage:
    """What a process took: seconds of CPU (user and system) and of time, and the most memory it ever held."""

    cpu: float
    wall: float
    peak_mib: float


@dataclass(frozen=True)
class Job:
    """The same rows for both sides: how each is asked for them, and how many there are of each account."""

    connector: Sequence[str]
    floor: Sequence[str]
    rows: Mapping[tuple[str, str], int]

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.rows.values())

    @property
    def least_requests(self) -> int:
        """The pages of each account's window, and the two requests that tell which accounts there are."""
        page = BY_NAME[STREAM].page_size
        return sum(max(1, -(-rows // page)) for rows in self.rows.values()) + -(-len(self.rows) // 100) + 1


def usage(command: Sequence[str]) -> Usage:
    """Run a command to its end, its output thrown away; raises RuntimeError when it fails."""
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, spent = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with exit code {process.returncode}")
    return Usage(spent.ru_utime + spent.ru_stime, time.monotonic() - began, spent.ru_maxrss / 1024)


@contextmanager
def simulator(rows: int) -> Iterator[str]:
    """The address of a simulator in a process of its own, with about so many rows in thirty days."""
    command = [sys.executable, "-m", "integration_tests.simulator", "--bench", f"rows={rows}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def job(url: str, folder: Path) -> Job:
    """Read once with the connector, which renders every page, and give the floor the same requests."""
    report = BY_NAME[STREAM]
    assert isinstance(report, Report)
    config = _written(folder / "config.json", configuration(url))
    catalog = _written(folder / "catalog.json", {"streams": [configured(report)]})
    connector = [MAIN, "read", "--config", config, "--catalog", catalog]
    requests(url, forget=True)
    rows = Counter((data["advertiser_id"], data["currency"]) for data in records(connector))
    asked = [request for request in requests(url) if request["path"] == report.path]
    plan = _written(folder / "plan.json", floor_plan(url, report, asked, dict(rows)))
    return Job(connector, ["-m", "benchmarks.floor", plan], rows)


def configuration(url: str) -> dict[str, Any]:
    """What the connector is told; waits are shortened so that the request budget, kept on purpose, doesn't count."""
    app = {"app_id": APP_ID, "secret": SECRET, "access_token": TOKEN}
    days = {"start_date": "2026-01-01", "end_date": "2026-01-30"}
    return {"credentials": {"auth_type": "oauth2.0", **app}, **days, "api_url": url, "wait_scale": 0.0001}


def configured(report: Report) -> dict[str, Any]:
    """The stream as a platform configures it."""
    stream = entry(report, "every")
    return {
        "stream": stream,
        "sync_mode": "incremental",
        "destination_sync_mode": "append_dedup",
        "cursor_field": stream["default_cursor_field"],
        "primary_key": stream["source_defined_primary_key"],
    }


def floor_plan(
    url: str, report: Report, asked: Sequence[Mapping[str, Any]], accounts: Mapping[tuple[str, str], int]
) -> dict[str, Any]:
    """What `benchmarks.floor` needs to know: requests with what stands in front of their rows, and the columns."""
    stamps = {id: f'"advertiser_id":"{id}","currency":"{currency}",' for id, currency in accounts}
    requests = [
        {
            "url": f"{url}/open_api/v1.3/{report.path}/?{urlencode(request['query'], quote_via=quote)}",
            "stamp": stamps[request["query"]["advertiser_id"]],
        }
        for request in asked
    ]
    columns = {"dimensions": _kinds(report.dimension_columns), "metrics": _kinds(report.metric_columns)}
    return {"token": TOKEN, "stream": report.name, "requests": requests, **columns}


def records(command: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The data of every record that a command sends; raises CalledProcessError when it fails."""
    whole = [sys.executable, *command]
    with subprocess.Popen(whole, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(b'{"type":"RECORD"'):
                yield orjson.loads(line)["record"]["data"]
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, whole)


def requests(url: str, *, forget: bool = False) -> list[dict[str, Any]]:
    """The requests that the simulator has answered."""
    request = urllib.request.Request(f"{url}/_simulator/requests", method="DELETE" if forget else "GET")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return list(orjson.loads(answer.read())["requests"])


def main(arguments: Sequence[str] = ()) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.read", description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--pairs", type=int, default=3, help="how often each side runs (%(default)s)")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        say_start_up(Path(folder))
        with simulator(options.rows) as url:
            say(f"\nRendering the pages of {options.rows:,} rows ...")
            work = job(url, Path(folder))
            say_rows(work, options.pairs, url)


def say_start_up(folder: Path) -> None:
    """CPU of what every command begins with."""
    config = _written(folder / "offline.json", configuration("http://127.0.0.1:9"))
    commands = {
        "python alone": ["-c", "pass"],
        "import airbyte_cdk": ["-c", "import airbyte_cdk"],
        "spec": [MAIN, "spec"],
        "discover": [MAIN, "discover", "--config", config],
    }
    say("CPU s (median of 5):")
    for name, command in commands.items():
        say(f"  {name:20} {median(usage(command).cpu for _ in range(START_UP_RUNS)):.3f}")


def say_rows(work: Job, pairs: int, url: str) -> None:
    """Both sides in turn, then their medians and what they say."""
    say(f"{work.total:,} rows of {STREAM}.\n")
    say(f"{'':12}{'CPU us/row':>12}{'rows/s':>10}{'peak MiB':>10}")
    taken: dict[str, list[Usage]] = {"floor": [], "connector": []}
    for _ in range(pairs):
        for side, command in (("floor", work.floor), ("connector", work.connector)):
            requests(url, forget=True)
            taken[side].append(usage(command))
            say(f"{side:12}{_figures(work, taken[side][-1:])}")
    asked = len(requests(url))
    for side, runs in taken.items():
        say(f"{side:9} = {_figures(work, runs)}   median")
    ratios = [mine.cpu / floor.cpu for floor, mine in zip(taken["floor"], taken["connector"], strict=True)]
    say(f"\nCPU, connector to floor: {median(ratios):.2f} (pairs: {', '.join(f'{ratio:.2f}' for ratio in ratios)})")
    say(f"Requests of the connector: {asked}; least possible: {work.least_requests}")


def _figures(work: Job, runs: Sequence[Usage]) -> str:
    cpu = median(run.cpu for run in runs) / work.total * 1e6
    speed = work.total / median(run.wall for run in runs)
    return f"{cpu:12.1f}{speed:10,.0f}{median(run.peak_mib for run in runs):10.0f}"


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


def _kinds(columns: Mapping[str, Shape]) -> dict[str, str]:
    return {name: "text" if shape.kind == "id" else shape.kind for name, shape in columns.items()}


def _written(path: Path, content: Any) -> str:
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


if __name__ == "__main__":
    main(sys.argv[1:])
