"""`python -m integration_tests.demo`: two syncs of a simulated TikTok into a local DuckDB file, and what they brought.

Everything goes through the connector's command line, as a platform would run it. Exit code 1, with a sentence, when a
step fails; nothing is left running.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from . import warehouse
from .simulator import APP_ID, SECRET, TOKEN

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "demo-output"
MAIN = ROOT / "examples" / "configured_catalog.json"
START_DATE = "2026-02-01"
# Ordinarily 28; less makes the second sync show what incremental means.
LOOKBACK_DAYS = 7
BAR = 40
DAYS_SHOWN = 14

# The account with the most rows: money of different currencies doesn't add up.
ACCOUNT = """
SELECT advertiser_id, any_value(currency) FROM ad_insights GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"""

DAYS = """
SELECT CAST(stat_time_day AS DATE), sum(spend), sum(conversion) FROM ad_insights
WHERE advertiser_id = ? GROUP BY 1 ORDER BY 1 DESC LIMIT ?"""

# By ids, because names change and two campaigns may share one; the name is that of the newest version.
QUERY = """\
SELECT a.name AS account, c.name AS campaign, i.currency,
       round(sum(i.spend), 2) AS spend, sum(i.clicks) AS clicks, sum(i.conversion) AS conversions
FROM tiktok.ad_insights i
JOIN tiktok.advertisers a USING (advertiser_id)
JOIN (SELECT advertiser_id, campaign_id, arg_max(campaign_name, modify_time) AS name
      FROM tiktok.campaigns GROUP BY 1, 2) c USING (advertiser_id, campaign_id)
WHERE i.stat_time_day >= DATE '2026-03-01'
GROUP BY i.advertiser_id, i.campaign_id, a.name, c.name, i.currency
ORDER BY conversions DESC, campaign LIMIT 5"""


class DemoError(Exception):
    """A step failed; the text is for the person who watches."""


@dataclass(frozen=True)
class Connector:
    """The command line and the files it is given."""

    folder: Path

    def write(self, name: str, content: Any) -> None:
        """Keep what a command is to be given."""
        (self.folder / f"{name}.json").write_text(json.dumps(content, indent=2), encoding="utf-8")

    def messages(self, verb: str, *names: str) -> Generator[dict[str, Any], None, None]:
        """The messages of one command, given these files; raises DemoError with the connector's own words."""
        given = [part for name in names for part in (f"--{name}", str(self.folder / f"{name}.json"))]
        command = [sys.executable, str(ROOT / "main.py"), verb, *given]
        said = ""
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    message = json.loads(line)
                    said = _complaint(message) or said
                    yield message
            except BaseException:
                process.terminate()
                raise
        if process.returncode:
            raise DemoError(f"{verb} ended with exit code {process.returncode}. {said}".strip())


@dataclass(frozen=True)
class Day:
    """What one account spent on a day, and what that had brought when it was read."""

    spend: float
    conversions: int


@dataclass
class Received:
    """What a read has sent so far: the records and the last state of every stream."""

    records: defaultdict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    states: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """The number of records."""
        return sum(map(len, self.records.values()))

    def take(self, message: Mapping[str, Any]) -> None:
        """Keep what the message brings."""
        if message["type"] == "RECORD":
            self.records[message["record"]["stream"]].append(message["record"]["data"])
        elif message["type"] == "STATE":
            self.states[message["state"]["stream"]["stream_descriptor"]["name"]] = message["state"]


def main(arguments: Sequence[str] = ()) -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m integration_tests.demo", description=__doc__)
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder for the database and the files around it")
    folder = parser.parse_args(arguments).output
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tiktok_ads.duckdb").unlink(missing_ok=True)
        with simulator() as url, duckdb.connect(str(folder / "tiktok_ads.duckdb")) as db:
            demonstrate(url, Connector(folder), db)
    except (DemoError, duckdb.Error, OSError, ValueError) as error:
        say(f"\nThe demo failed: {error}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
        return 130
    return 0


@contextmanager
def simulator() -> Iterator[str]:
    """The address of a simulated TikTok in a process of its own, which ends with the block."""
    command = [sys.executable, "-m", "integration_tests.simulator"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            if not url:
                raise DemoError("the simulator did not start.")
            yield url
        finally:
            process.terminate()


def demonstrate(url: str, connector: Connector, db: duckdb.DuckDBPyConnection) -> None:
    """The whole demo, against the TikTok at `url`; the tables go into the schema that the examples speak of."""
    db.execute("CREATE SCHEMA tiktok; USE tiktok")
    say(f"[1/6] simulator: a TikTok of five accounts answers at {url}; its clock says {clock(url)}")
    connector.write("config", config(url))
    with watched("[2/6] check: may this configuration read?"):
        check(connector)
    with watched("[3/6] discover: which streams are there?"):
        tables = discover(connector)
    connector.write("state", [])
    first = sync(f"[4/6] first sync: everything since {START_DATE}", connector, tables, db)
    before = days_shown(db)
    say(f"[5/6] a day passes: the simulator's clock says {clock(url, advance_days=1)}")
    title = f"[6/6] second sync, from the first one's state: new days, and the last {LOOKBACK_DAYS} again (look-back)"
    second = sync(title, connector, tables, db)
    say_tables(db, tables, first, second)
    say_spend(db, before)
    say_where(db, connector.folder / "tiktok_ads.duckdb")


def config(url: str) -> dict[str, Any]:
    """A configuration for the simulator; against TikTok itself it has no api_url."""
    app = {"app_id": APP_ID, "secret": SECRET, "access_token": TOKEN}
    credentials = {"auth_type": "oauth2.0", **app}
    return {"credentials": credentials, "start_date": START_DATE, "lookback_days": LOOKBACK_DAYS, "api_url": url}


def clock(url: str, **move: float) -> str:
    """The simulator's clock, after moving it."""
    request = urllib.request.Request(f"{url}/_simulator/clock", json.dumps(move).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(json.load(answer)["now"])


def check(connector: Connector) -> None:
    """Raises DemoError unless the connector may read."""
    [status] = [m["connectionStatus"] for m in connector.messages("check", "config") if "connectionStatus" in m]
    if status["status"] != "SUCCEEDED":
        raise DemoError(f"check said: {status.get('message')}")


def discover(connector: Connector) -> list[warehouse.Table]:
    """The tables for the main streams, which the connector is asked for incrementally from now on."""
    main = {entry["stream"]["name"] for entry in json.loads(MAIN.read_text(encoding="utf-8"))["streams"]}
    [found] = [m["catalog"]["streams"] for m in connector.messages("discover", "config") if "catalog" in m]
    streams = [stream for stream in found if stream["name"] in main]
    connector.write("catalog", {"streams": [configured(stream) for stream in streams]})
    return [warehouse.table_of(stream) for stream in streams]


def configured(stream: Mapping[str, Any]) -> dict[str, Any]:
    """A stream of the catalog as a platform configures it: incremental, upserted by its key."""
    return {
        "stream": stream,
        "sync_mode": "incremental",
        "destination_sync_mode": "append_dedup",
        "cursor_field": stream["default_cursor_field"],
        "primary_key": stream["source_defined_primary_key"],
    }


def sync(
    title: str, connector: Connector, tables: Sequence[warehouse.Table], db: duckdb.DuckDBPyConnection
) -> dict[str, int]:
    """One read into the database, from the state of the one before; the number of records of each stream."""
    received = Received()
    with watched(title, received):
        for message in connector.messages("read", "config", "catalog", "state"):
            received.take(message)
        for table in tables:
            warehouse.create(db, table)
            warehouse.upsert(db, table, received.records[table.name])
    # Only now: a state claims what lies in the database.
    connector.write("state", [{"type": "STREAM", **state} for state in received.states.values()])
    return {table.name: len(received.records[table.name]) for table in tables}


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


@contextmanager
def watched(title: str, received: Received | None = None) -> Iterator[None]:
    """Say what begins, every two seconds that it goes on, and how long it took."""
    say(title)
    began, done = time.monotonic(), threading.Event()

    def progress() -> str:
        rows = f"{received.rows:,} rows, " if received else ""
        return f"{rows}{time.monotonic() - began:.1f} s"

    def watch() -> None:
        while not done.wait(2):
            say(f"      ... {progress()}")

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
    say(f"      done: {progress()}")


def days_shown(db: duckdb.DuckDBPyConnection) -> dict[str, Day]:
    """The last days of the account shown, in order."""
    account, _ = fetched_account(db)
    rows = db.execute(DAYS, [account, DAYS_SHOWN]).fetchall()
    return {str(day): Day(spend, conversions) for day, spend, conversions in reversed(rows)}


def fetched_account(db: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """Id and currency of the account shown. Raises DemoError where no report row came."""
    found = db.execute(ACCOUNT).fetchone()
    if found is None:
        raise DemoError("no row of ad_insights arrived.")
    return found[0], found[1]


def say_tables(db: duckdb.DuckDBPyConnection, tables: Sequence[warehouse.Table], *syncs: Mapping[str, int]) -> None:
    """How many records each sync brought, and what is in the tables now."""
    rows = []
    for table in tables:
        [(stored,)] = db.execute(f"SELECT count(*) FROM {warehouse.quoted(table.name)}").fetchall()
        rows.append([table.name, *(counts[table.name] for counts in syncs), stored])
    totals = ["all", *(sum(row[place] for row in rows) for place in (1, 2, 3))]
    say("\nRecords of both syncs, and rows in the tables after upsert by primary key:\n")
    say("\n".join(grid(["stream", "first sync", "second sync", "rows now"], [*rows, totals])))


def say_spend(db: duckdb.DuckDBPyConnection, before: Mapping[str, Day]) -> None:
    """The spend of one account by day, and what the second sync changed."""
    account, currency = fetched_account(db)
    say(f"\nSpend by day of account {account} in {currency}, and what the second sync brought later:\n")
    say("\n".join(chart(days_shown(db), before)))


def chart(days: Mapping[str, Day], before: Mapping[str, Day]) -> list[str]:
    """A bar for each day's spend, and a word on those that differ from `before`."""
    longest = max((day.spend for day in days.values()), default=0.0) or 1.0
    rows = [
        [date, day.spend, "#" * round(BAR * day.spend / longest), change(before.get(date), day)]
        for date, day in days.items()
    ]
    return grid(["day", "spend", "", ""], rows)


def change(before: Day | None, now: Day) -> str:
    """What the second sync made of a day; TikTok counts conversions for days after the click."""
    if before is None:
        return "new"
    later = now.conversions - before.conversions
    return f"{later:+,} conversions" if later else ""


def say_where(db: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Where the database lies, and a query to try with its answer."""
    say(f"\nThe database: {path}\nA query to try, and its answer:\n\n{QUERY};\n")
    answer = db.execute(QUERY)
    say("\n".join(grid([column[0] for column in answer.description or ()], answer.fetchall())))
    say(f"\nMore: {sys.executable} -c \"import duckdb; duckdb.connect('{path}').sql('FROM tiktok.ads').show()\"")
    say("Of examples/, newest_versions.sql and then campaign_results.sql run on it as they are.")
    say(f"{path.parent / 'config.json'} names a simulator that ends now: it is there to be read, not to be used again.")


def grid(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A table of text: numbers to the right, everything else to the left."""
    cells = [[*header], *([_text(value) for value in row] for row in rows)]
    right = [all(isinstance(value, (int, float)) for value in column) for column in zip(*rows, strict=True)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["-" * width for width in widths])
    places = [f"{{:{'>' if to_right else '<'}{width}}}" for to_right, width in zip(right, widths, strict=True)]
    return ["  ".join(places).format(*line).rstrip() for line in cells]


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _complaint(message: Mapping[str, Any]) -> str:
    """The sentence of a trace of an error, nothing for other messages."""
    return str(message.get("trace", {}).get("error", {}).get("message", ""))


if __name__ == "__main__":
    # Ending like an error ends the simulator too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main(sys.argv[1:]))
