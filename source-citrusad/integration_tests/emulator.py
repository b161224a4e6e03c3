"""A BigQuery emulator that is not ours, out of the package index, in an environment of its own (`make emulator`)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

ENVIRONMENT = Path(__file__).resolve().parents[1] / "build" / "emulator"
SECONDS = 90


def require_environment() -> None:
    """Skip, or with CI=true fail, where `make emulator` has not made the environment: no Python was new enough."""
    if (ENVIRONMENT / "bin" / "bqemulator").exists():
        return
    reason = "the emulator is not installed: make emulator, which needs a Python from 3.11 on"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _variables() -> dict[str, str]:
    # DuckDB looks for its extensions in the home folder, where the environment has put the one that is needed.
    return {**os.environ, "HOME": str(ENVIRONMENT), "NO_PROXY": "127.0.0.1"}


class Emulator:
    """A running emulator."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """GET a resource below /bigquery/v2/, or POST one."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.origin}/bigquery/v2/{path}", data, {"Content-Type": "application/json"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read()[:500]!r}") from None

    def load(self, project: str, dataset: str, table: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
        """Make a dataset and a table in it, and put the rows in."""
        self.ask(f"projects/{project}/datasets", {"datasetReference": {"projectId": project, "datasetId": dataset}})
        tables = f"projects/{project}/datasets/{dataset}/tables"
        self.ask(tables, table)
        answer = self.ask(
            f"{tables}/{table['tableReference']['tableId']}/insertAll", {"rows": [{"json": row} for row in rows]}
        )
        assert not answer.get("insertErrors"), answer["insertErrors"][:2]


@contextmanager
def running(folder: Path) -> Iterator[Emulator]:
    """Start the emulator on loopback and wait until it answers."""
    with socket.create_server(("127.0.0.1", 0)) as chosen:
        port = chosen.getsockname()[1]
    line = [str(ENVIRONMENT / "bin" / "bqemulator"), "start", "--rest-port", str(port), "--grpc-port", "0"]
    log = folder / "emulator.log"
    with log.open("wb") as out, subprocess.Popen(line, stdout=out, stderr=out, cwd=folder, env=_variables()) as process:
        try:
            emulator = Emulator(port)
            _wait(process, emulator, log)
            yield emulator
        finally:
            process.kill()


def _wait(process: subprocess.Popen[bytes], emulator: Emulator, log: Path) -> None:
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends and process.poll() is None:
        with suppress(OSError):
            emulator.ask("projects/none/datasets")
            return
        time.sleep(0.2)
    raise RuntimeError(f"The emulator does not answer: {log.read_text(encoding='utf-8')[-1000:]}")
