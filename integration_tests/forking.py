"""The real command in processes forked from one that has imported it, which costs a tenth of a fresh start.

A fork has its own arguments, environment, working folder, stdout, stderr and exit code. What depends on the start of
the interpreter itself is for `reading.run`. `python -m integration_tests.forking` is the process that forks.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from airbyte_protocol.models import AirbyteMessage

from .reading import Outcome, command, environment

SECONDS = 300
ROOT = Path(__file__).resolve().parents[1]
MEBIBYTE = 2**20 if sys.platform == "darwin" else 2**10


@dataclass(frozen=True)
class Measured(Outcome):
    """What a command left behind, and the most memory its process ever held, in MiB."""

    peak: float = 0.0


class Forks:
    """A process that has imported the connector and forks for every command, one at a time; a context manager.

    `mutant` names a fault of `mutants` that is put into the connector first.
    """

    def __init__(self, mutant: str = "") -> None:
        line = [sys.executable, "-m", __name__, *filter(None, [mutant])]
        self._process = subprocess.Popen(line, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Forks:
        """The process imports the command meanwhile."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self.close()

    def close(self) -> None:
        """End the process, which goes when nobody speaks to it any more."""
        self._process.communicate()

    def run(
        self,
        verb: str,
        config: Any,
        streams: Mapping[str, Any] | None = None,
        state: Any = None,
        *,
        options: Sequence[str] = (),
        **variables: str,
    ) -> Measured:
        """Run a command to its end as `reading.run` does, with further options and variables of the environment."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self.start(folder, [*command(folder, verb, config, streams, state)[2:], *options], variables)
            return self.finish(folder)

    def start(self, folder: Path, arguments: Sequence[str], variables: Mapping[str, str]) -> int:
        """Start a command that works in `folder`; its process id. One that hangs is ended."""
        assert self._process.stdin is not None
        job = {"folder": str(folder), "args": [*arguments], "environ": {**environment(), **variables}}
        print(json.dumps(job), file=self._process.stdin, flush=True)
        return int(self._told()["pid"])

    def finish(self, folder: Path) -> Measured:
        """What the command left behind, once it has ended; only whole lines of one that was killed."""
        told = self._told()
        text = (folder / "stdout").read_bytes()
        if told["code"] < 0:
            text = text[: text.rfind(b"\n") + 1]
        return Measured(told["code"], text.splitlines(), (folder / "stderr").read_text(), told["peak"] / MEBIBYTE)

    def _told(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found


def judged(outcome: Outcome) -> Outcome:
    """The outcome, once it is sound: only messages on stdout, nothing on stderr, tracebacks in a stack_trace alone."""
    assert outcome.stderr == ""
    for message in outcome.messages:
        AirbyteMessage.model_validate(message)
    texts = [line for line in outcome.lines if b'"type":"TRACE"' not in line]
    texts += [f"{error['message']} {error.get('internal_message')}".encode() for error in outcome.errors]
    assert b"Traceback" not in b"".join(texts)
    return outcome


def become(job: Mapping[str, Any]) -> None:
    """Turn this fork into the command: its folder, environment and outputs; never returns."""
    from source_tiktok_ads.run import run

    signal.alarm(SECONDS)
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["environ"])
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), number)
    sys.argv[1:] = job["args"]
    run()


def main() -> None:
    """Fork for every line of stdin: say the process id, become the command there, say how it ended."""
    importlib.import_module("source_tiktok_ads.entrypoint")
    for mutant in sys.argv[1:]:
        importlib.import_module("integration_tests.mutants").put_in(mutant)
    # A fork that swept through all these objects at its end would copy their memory first.
    gc.freeze()
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            become(json.loads(line))
        print(json.dumps({"pid": pid}), flush=True)
        _, status, usage = os.wait4(pid, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status), "peak": usage.ru_maxrss}), flush=True)


if __name__ == "__main__":
    main()
