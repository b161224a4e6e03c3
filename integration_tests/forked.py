"""Reads in forks, as `forking` makes them, several at a time, each with its process id and peak memory.

`python -m integration_tests.forked` is the process that forks.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import forking
from .reading import STREAMS, Outcome, command, configuration, configured, environment
from .simulator import Simulator

ROOT = Path(__file__).resolve().parents[1]
MEBIBYTE = 2**20 if sys.platform == "darwin" else 2**10


@dataclass(frozen=True)
class Measured(Outcome):
    """What a read left behind, and the most memory its process ever held, in MiB."""

    peak: float = 0.0


class Forks:
    """A process that has imported the connector and forks for every command, one at a time."""

    def __init__(self) -> None:
        line = [sys.executable, "-m", __name__]
        self._process = subprocess.Popen(line, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, folder: str, arguments: list[str]) -> int:
        """Start a command that works in `folder`; its process id."""
        assert self._process.stdin is not None
        job = {"folder": folder, "args": arguments, "environ": environment()}
        print(json.dumps(job), file=self._process.stdin, flush=True)
        return int(self._told()["pid"])

    def finish(self, folder: Path) -> Measured:
        """What the command left behind, once it has ended; only whole lines, because it may have been killed."""
        told = self._told()
        text = (folder / "stdout").read_bytes()
        lines = text[: text.rfind(b"\n") + 1].splitlines()
        return Measured(told["code"], lines, (folder / "stderr").read_text(), told["peak"] / MEBIBYTE)

    def _told(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def close(self) -> None:
        """End the process, which goes when nobody speaks to it any more."""
        self._process.communicate()


_idle: list[Forks] = []


@contextmanager
def forks() -> Iterator[Forks]:
    """A process that forks, for one command."""
    found = _idle.pop() if _idle else Forks()
    yield found
    _idle.append(found)


def close() -> None:
    """End the processes that forked."""
    while _idle:
        _idle.pop().close()


def read(
    simulator: Simulator,
    streams: Iterable[str] = STREAMS,
    mode: str = "incremental",
    state: Any = None,
    *,
    meanwhile: Callable[[int], object] = lambda pid: None,
    **changes: Any,
) -> Measured:
    """Run a read against the simulator; `meanwhile` is given its process id. One that hangs is ended, and fails."""
    with tempfile.TemporaryDirectory() as name, forks() as process:
        line = command(Path(name), "read", configuration(simulator, **changes), configured(streams, mode), state)
        meanwhile(process.start(name, line[2:]))
        return process.finish(Path(name))


def main() -> None:
    """Fork for every line of stdin: say the process id, become the command there, say how it ended."""
    importlib.import_module("source_tiktok_ads.entrypoint")
    # A fork that swept through all these objects at its end would copy their memory first.
    gc.freeze()
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            forking.become(json.loads(line))
        print(json.dumps({"pid": pid}), flush=True)
        _, status, usage = os.wait4(pid, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status), "peak": usage.ru_maxrss}), flush=True)


if __name__ == "__main__":
    main()
