"""The connector as a user runs it: the real command in a process of its own, and what its output says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar

import orjson

from .simulator import APP_ID, SECRET, TOKEN, Simulator

MAIN = Path(__file__).resolve().parents[1] / "main.py"
SECONDS = 240
ENTITIES = ("campaigns", "adgroups", "ads")
AUDIENCES = ("ad_insights_by_age_and_gender", "ad_insights_by_country", "ad_insights_by_platform")
REPORTS = ("ad_insights", *AUDIENCES, "campaign_insights_by_province")
STREAMS = ("advertisers", *ENTITIES, *REPORTS)
Record = dict[str, Any]
Key = tuple[Any, ...]
Table = dict[Key, Record]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome:
    """What a process left behind: exit code, complete lines of stdout, stderr."""

    code: int
    lines: Sequence[bytes]
    stderr: str = ""

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """Every line, parsed; a line that is no message fails the test that looks."""
        return [orjson.loads(line) for line in self.lines]

    @cached_property
    def records(self) -> Mapping[str, list[Record]]:
        """The rows of each stream, in order."""
        found: dict[str, list[Record]] = defaultdict(list)
        for message in self._of("RECORD"):
            found[message["stream"]].append(message["data"])
        return found

    @cached_property
    def states(self) -> dict[str, dict[str, Any]]:
        """The last state of each stream, as a platform would keep it."""
        return {state["stream"]["stream_descriptor"]["name"]: state for state in self._of("STATE")}

    @property
    def state(self) -> list[dict[str, Any]]:
        """What the next sync is started with."""
        return list(self.states.values())

    @property
    def logs(self) -> list[str]:
        """Every log line, its level in front."""
        return [f"{log['level']} {log['message']}" for log in self._of("LOG")]

    @property
    def warnings(self) -> list[str]:
        """The log lines that warn."""
        return [line for line in self.logs if line.startswith("WARN ")]

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The errors among the traces."""
        return [trace["error"] for trace in self._of("TRACE") if trace["type"] == "ERROR"]

    @property
    def sentences(self) -> str:
        """What the errors tell the user."""
        return "\n".join(error["message"] for error in self.errors)

    @property
    def statuses(self) -> Mapping[str, list[str]]:
        """The statuses of each stream, in order."""
        found: dict[str, list[str]] = defaultdict(list)
        for trace in self._of("TRACE"):
            if trace["type"] == "STREAM_STATUS":
                status = trace["stream_status"]
                found[status["stream_descriptor"]["name"]].append(status["status"])
        return found

    @property
    def verdict(self) -> dict[str, Any]:
        """The answer of a check."""
        return next(self._of("CONNECTION_STATUS"))

    def _of(self, kind: str) -> Iterator[dict[str, Any]]:
        part = {"CONNECTION_STATUS": "connectionStatus"}.get(kind, kind.lower())
        return (message[part] for message in self.messages if message["type"] == kind)


def configuration(simulator: Simulator | None, **changes: Any) -> dict[str, Any]:
    """A configuration for the simulator; keyword arguments replace or add fields."""
    credentials = {"auth_type": "oauth2.0", "access_token": TOKEN, "app_id": APP_ID, "secret": SECRET}
    where = {"api_url": simulator.url, "wait_scale": 0.001} if simulator else {}
    return {"credentials": credentials, "start_date": "2026-02-01", **where, **changes}


@lru_cache
def catalog(entity_versions: str = "every") -> Mapping[str, dict[str, Any]]:
    """Each stream as `discover` describes it."""
    outcome = run("discover", configuration(None, entity_versions=entity_versions))
    return {stream["name"]: stream for stream in outcome.messages[-1]["catalog"]["streams"]}


def key_of(stream: str, entity_versions: str = "every") -> tuple[str, ...]:
    """The columns of a stream's key."""
    return tuple(path[0] for path in catalog(entity_versions)[stream]["source_defined_primary_key"])


def configured(streams: Iterable[str], mode: str = "incremental") -> dict[str, Any]:
    """A catalog that asks for these streams; one that does not exist is asked for by its bare name.

    A stream that does not know the mode is read whole.
    """
    known = catalog()
    asked = [known.get(name, {**known["campaigns"], "name": name}) for name in streams]
    return {
        "streams": [
            {
                "stream": stream,
                "sync_mode": mode if mode in stream["supported_sync_modes"] else "full_refresh",
                "destination_sync_mode": "append",
            }
            for stream in asked
        ]
    }


def command(
    folder: Path, verb: str, config: Any, streams: Mapping[str, Any] | None = None, state: Any = None
) -> list[str]:
    """The command line, its files written into `folder`; a text is written as it is, all else as JSON."""
    line = [sys.executable, str(MAIN), verb]
    for option, content in (("config", config), ("catalog", streams), ("state", state)):
        if content is not None:
            path = folder / f"{option}.json"
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
            line += [f"--{option}", str(path)]
    return line


def run(verb: str, config: Any, streams: Mapping[str, Any] | None = None, state: Any = None) -> Outcome:
    """Run a command to its end."""
    with tempfile.TemporaryDirectory() as folder:
        line = command(Path(folder), verb, config, streams, state)
        done = subprocess.run(line, capture_output=True, timeout=SECONDS, cwd=folder, env=environment(), check=False)
    return Outcome(done.returncode, done.stdout.splitlines(), done.stderr.decode())


def read(
    simulator: Simulator, streams: Iterable[str] = STREAMS, mode: str = "incremental", state: Any = None, **changes: Any
) -> Outcome:
    """Run a read against the simulator."""
    return run("read", configuration(simulator, **changes), configured(streams, mode), state)


def environment() -> dict[str, str]:
    """This process's own, without a proxy in between."""
    return {**os.environ, "NO_PROXY": "127.0.0.1"}


def together(jobs: Iterable[Callable[[], Result]], at_once: int = 2) -> list[Result]:
    """The results of jobs that mostly wait for processes, some at a time, in order."""
    with ThreadPoolExecutor(at_once) as pool:
        return [future.result() for future in [pool.submit(job) for job in jobs]]


@dataclass
class Destination:
    """Tables that keep the newest record of each key, as an upsert does."""

    entity_versions: str = "every"
    tables: dict[str, Table] = field(default_factory=lambda: defaultdict(dict))

    def take(self, outcome: Outcome) -> None:
        """Upsert every record of an output."""
        for stream, records in outcome.records.items():
            self.tables[stream].update(by_key(stream, records, self.entity_versions))


def by_key(stream: str, records: Iterable[Record], entity_versions: str = "every") -> Table:
    """Records under their key; the last one wins."""
    key = key_of(stream, entity_versions)
    return {tuple(record[name] for name in key): record for record in records}


def difference(found: Mapping[Key, Record], expected: Mapping[Key, Record]) -> str:
    """Nothing where both tables are equal, else a few lines that say how they differ."""
    missing = [key for key in expected if key not in found]
    surplus = [key for key in found if key not in expected]
    altered = [(key, found[key], expected[key]) for key in expected if key in found and found[key] != expected[key]]
    said = [f"missing {len(missing)}: {missing[:3]}"] if missing else []
    said += [f"surplus {len(surplus)}: {surplus[:3]}"] if surplus else []
    said += [f"altered {len(altered)}: {[(key, _columns(a, b)) for key, a, b in altered[:3]]}"] if altered else []
    return "\n".join(said)


def _columns(found: Record, expected: Record) -> dict[str, tuple[Any, Any]]:
    names = sorted({*found, *expected})
    return {name: (found.get(name), expected.get(name)) for name in names if found.get(name) != expected.get(name)}


def repeated(stream: str, records: Sequence[Record]) -> list[Key]:
    """Keys that occur more than once."""
    key = key_of(stream)
    counts = Counter(tuple(record[name] for name in key) for record in records)
    return [found for found, count in counts.items() if count > 1]
