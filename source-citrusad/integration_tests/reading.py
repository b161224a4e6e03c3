"""The connector as a user runs it, in a process of its own or inside this one, and what its output says."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
from airbyte_cdk.models import AirbyteMessageSerializer
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_citrusad.incoming import catalog_of, states_of
from source_citrusad.source import Batch, SourceCitrusad

from .server import Server
from .server.columns import Column

MAIN = Path(__file__).resolve().parents[1] / "main.py"
SECONDS = 240
StreamId = tuple[str, str]
"""Namespace and name: names alone are not unique here."""
Record = dict[str, Any]
MIB = 1 << 20


@dataclass(frozen=True)
class Outcome:
    """What a command left behind: exit code, complete lines of stdout, stderr."""

    code: int
    lines: Sequence[bytes]
    stderr: str = ""

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """Every line, parsed; a line that is no message fails the test that looks."""
        return [orjson.loads(line) for line in self.lines]

    @cached_property
    def records(self) -> Mapping[StreamId, list[Record]]:
        """The rows of each stream, in order."""
        found: dict[StreamId, list[Record]] = defaultdict(list)
        for record in self.of("RECORD"):
            found[record["namespace"], record["stream"]].append(record["data"])
        return found

    @cached_property
    def states(self) -> dict[StreamId, dict[str, Any]]:
        """The last state of each stream, as a platform would keep it."""
        return {_id(state["stream"]["stream_descriptor"]): state for state in self.of("STATE")}

    @property
    def state(self) -> list[dict[str, Any]]:
        """What the next sync is started with: platforms hand back the states of incremental streams only."""
        return [state for state in self.states.values() if "version" in state["stream"]["stream_state"]]

    @property
    def warnings(self) -> list[str]:
        """The log lines that warn."""
        return [log["message"] for log in self.of("LOG") if log["level"] == "WARN"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The errors among the traces."""
        return [trace["error"] for trace in self.of("TRACE") if trace["type"] == "ERROR"]

    @property
    def sentences(self) -> str:
        """What the errors tell the user."""
        return "\n".join(error["message"] for error in self.errors)

    @property
    def statuses(self) -> Mapping[StreamId, list[str]]:
        """The statuses of each stream, in order."""
        found: dict[StreamId, list[str]] = defaultdict(list)
        for trace in self.of("TRACE"):
            if trace["type"] == "STREAM_STATUS":
                status = trace["stream_status"]
                found[_id(status["stream_descriptor"])].append(status["status"])
        return found

    @property
    def verdict(self) -> dict[str, Any]:
        """The answer of a check."""
        return next(self.of("CONNECTION_STATUS"))

    @property
    def catalog(self) -> dict[StreamId, dict[str, Any]]:
        """The streams of a discover."""
        return {(s["namespace"], s["name"]): s for s in next(self.of("CATALOG"))["streams"]}

    def of(self, kind: str) -> Iterator[dict[str, Any]]:
        """The bodies of the messages of one type."""
        part = {"CONNECTION_STATUS": "connectionStatus"}.get(kind, kind.lower())
        return (message[part] for message in self.messages if message["type"] == kind)


def _id(descriptor: Mapping[str, Any]) -> StreamId:
    return descriptor["namespace"], descriptor["name"]


def configuration(server: Server, **changes: Any) -> dict[str, Any]:
    """A configuration for the server as of its clock; keyword arguments replace or add fields, None removes one."""
    config = {
        "credentials_json": json.dumps(server.key()),
        "start_date": server.bigquery.store.world.first_day.isoformat(),
        "api_url": server.origin,
        "now": server.clock.text,
        "wait_scale": 0.001,
        **changes,
    }
    return {name: value for name, value in config.items() if value is not None}


def configured(streams: Iterable[Mapping[str, Any]], mode: str = "incremental") -> dict[str, Any]:
    """A catalog that asks for streams as `discover` describes them, whole where they do not know the mode."""
    return {
        "streams": [
            {
                "stream": dict(stream),
                "sync_mode": mode if mode in stream["supported_sync_modes"] else "full_refresh",
                "destination_sync_mode": "append",
            }
            for stream in streams
        ]
    }


def run(verb: str, config: Any, catalog: Any = None, state: Any = None, *options: str) -> Outcome:
    """Run a command in a process of its own to its end."""
    with tempfile.TemporaryDirectory() as folder:
        line = [*command(Path(folder), verb, config, catalog, state), *options]
        done = subprocess.run(line, capture_output=True, timeout=SECONDS, cwd=folder, env=environment(), check=False)
    return Outcome(done.returncode, done.stdout.splitlines(), done.stderr.decode())


def command(folder: Path, verb: str, config: Any, catalog: Any = None, state: Any = None) -> list[str]:
    """The command line, its files written into `folder`; a text is written as it is, all else as JSON."""
    line = [sys.executable, str(MAIN), verb]
    for option, content in (("config", config), ("catalog", catalog), ("state", state)):
        if content is not None:
            path = folder / f"{option}.json"
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
            line += [f"--{option}", str(path)]
    return line


def environment() -> dict[str, str]:
    """This process's own, without a proxy in between and without an emulator set."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CITRUSAD_")}
    return {**own, "NO_PROXY": "127.0.0.1"}


class _Lines(logging.Handler):
    def __init__(self, lines: list[bytes]) -> None:
        super().__init__()
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        level = "WARN" if record.levelname == "WARNING" else record.levelname
        self.lines.append(orjson.dumps({"type": "LOG", "log": {"level": level, "message": record.getMessage()}}))


def inside(verb: str, config: Any, catalog: Any = None, state: Any = None) -> Outcome:
    """Run a command inside this process, which saves starting one; exit code and messages as there."""
    lines: list[bytes] = []
    logger = logging.Logger("inside")
    logger.addHandler(_Lines(lines))
    source = SourceCitrusad()
    code = 0
    try:
        if verb == "check":
            lines.append(_dumped("CONNECTION_STATUS", "connectionStatus", source.check(logger, config)))
        elif verb == "discover":
            lines.append(_dumped("CATALOG", "catalog", source.discover(logger, config)))
        else:
            _read(source, logger, config, catalog, state, lines)
    except AirbyteTracedException as error:
        code = 1
        lines.append(orjson.dumps(AirbyteMessageSerializer.dump(error.as_airbyte_message())))
    return Outcome(code, lines)


def _dumped(kind: str, field: str, body: Any) -> bytes:
    from airbyte_cdk.models import AirbyteMessage, Type

    message = AirbyteMessage(type=Type[kind], **{field: body})
    return orjson.dumps(AirbyteMessageSerializer.dump(message))


def _read(
    source: SourceCitrusad, logger: logging.Logger, config: Any, catalog: Any, state: Any, lines: list[bytes]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, content in (("catalog", catalog), ("state", state or [])):
            paths[name] = Path(folder) / f"{name}.json"
            paths[name].write_text(json.dumps(content), encoding="utf-8")
        asked, states = catalog_of(str(paths["catalog"])), states_of(str(paths["state"]))
    for item in source.batches(logger, config, asked, states):
        if isinstance(item, Batch):
            lines.extend(item.lines.splitlines())
        else:
            lines.append(orjson.dumps(AirbyteMessageSerializer.dump(item)))


def catalog_from(server: Server, *streams: StreamId | str, mode: str = "incremental", **changes: Any) -> dict[str, Any]:
    """A configured catalog of what `discover` finds: all of it, or the streams (or datasets) named."""
    found = inside("discover", configuration(server, **changes)).catalog
    server.bigquery.restart_counters()
    wanted = [stream for id, stream in found.items() if not streams or id in streams or id[0] in streams]
    return configured(wanted, mode)


def ids(catalog: Mapping[str, Any]) -> list[StreamId]:
    """The streams of a configured catalog."""
    return [(entry["stream"]["namespace"], entry["stream"]["name"]) for entry in catalog["streams"]]


# Truth


def whole_day(now: datetime) -> date:
    """The last day that is whole at an instant."""
    return date.fromordinal(now.date().toordinal() - (1 if now.hour >= 12 else 2))


def truth(
    server: Server,
    stream: StreamId,
    *,
    since: date | None = None,
    until: date | None = None,
    nulls: bool = True,
    current: bool = True,
    names: Sequence[str] = (),
    exact: bool = True,
) -> Counter[bytes]:
    """The records that a complete read yields, each with its number, out of DuckDB.

    Days from `since` (the world's first) to `until` (the last whole one) and the rows without a day (`nulls`); of
    tables without days the `current` rows.
    """
    store, now = server.bigquery.store, server.clock.now
    entry = store.tables[stream]
    where = "true"
    if entry.spec.partition:
        first, last = since or store.world.first_day, until or whole_day(now)
        where = f"\"#day\" BETWEEN DATE '{first}' AND DATE '{last}'"
        where = f'({where} OR "#day" IS NULL)' if nulls else where
    elif current and entry.column("is_current"):
        where = "is_current"
    kept = [(n, column) for n, column in enumerate(entry.columns) if not names or column.name in names]
    counter: Counter[bytes] = Counter()
    for row in store.rows(*stream, now, where):
        counter[canonical({column.name: _value(column, row[n], exact) for n, column in kept})] += 1
    return counter


def canonical(record: Mapping[str, Any]) -> bytes:
    """A record as bytes that are equal where records are."""
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


def counted(records: Iterable[Record]) -> Counter[bytes]:
    """Records with their number."""
    return Counter(map(canonical, records))


def difference(found: Counter[bytes], expected: Counter[bytes]) -> str:
    """Nothing where both hold the same rows as often, else a few lines that say how they differ."""
    missing, surplus = expected - found, found - expected
    said = [f"missing {missing.total()}: {[*missing][:2]}"] if missing else []
    said += [f"surplus {surplus.total()}: {[*surplus][:2]}"] if surplus else []
    return "\n".join(said)


def assert_whole(
    server: Server, outcomes: Outcome | Sequence[Outcome], catalog: Mapping[str, Any], **options: Any
) -> None:
    """The records of these reads are the truth as of the server's clock, in every stream of the catalog."""
    together = [outcomes] if isinstance(outcomes, Outcome) else outcomes
    for stream in ids(catalog):
        records = [record for outcome in together for record in outcome.records.get(stream, [])]
        said = difference(counted(records), truth(server, stream, **options))
        assert not said, f"{'.'.join(stream)}: {said}"


def assert_clean(server: Server, outcome: Outcome, code: int = 0) -> None:
    """The exit code, no breach of the contract, and each stream with one beginning and one end."""
    assert server.breaches == []
    assert (outcome.code, outcome.sentences, outcome.stderr) == (code, outcome.sentences if code else "", "")
    for statuses in outcome.statuses.values():
        assert statuses[0] == "STARTED"
        assert statuses[-1] in ("COMPLETE", "INCOMPLETE")


def _value(column: Column, value: Any, exact: bool) -> Any:
    """A value out of DuckDB as a record holds it."""
    if column.mode == "REPEATED":
        return [_value(column.element(), each, exact) for each in value or ()]
    if value is None:
        return None
    if column.fields:
        return {field.name: _value(field, value[field.name], exact) for field in column.fields}
    return _scalar(column.type, value, exact)


def _scalar(kind: str, value: Any, exact: bool) -> Any:
    if kind == "FLOAT64":
        return value if value == value and abs(value) != float("inf") else None
    if kind == "NUMERIC":
        text = f"{value:f}".rstrip("0").rstrip(".") if value else "0"
        return text if exact else float(value)
    if kind == "BIGNUMERIC" and not exact:
        return float(Decimal(value))
    if kind == "BYTES":
        import base64

        return base64.b64encode(value).decode()
    if kind == "TIMESTAMP":
        plain = value.astimezone(timezone.utc).replace(tzinfo=None)
        return f"{plain.isoformat(timespec='microseconds')}Z"
    if kind in ("DATE", "TIME", "DATETIME"):
        return value.isoformat()
    return value
