"""The real command in processes forked from one that has imported it, which costs a tenth of a fresh start.

A fork has its own arguments, environment, working folder, stdout, stderr and exit code. What depends on the start of
the interpreter itself is for `reading.run`.
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
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from airbyte_protocol.models import AirbyteMessage

from .reading import Outcome, command, environment

SECONDS = 120


class Forks:
    """A process that waits to be forked; a context manager. `run` is as `reading.run`, one command at a time."""

    def __enter__(self) -> Forks:
        """Start the process, which imports the command meanwhile."""
        line = [sys.executable, "-m", __name__]
        folder = Path(__file__).resolve().parents[1]
        self._parent = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, text=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process, which goes when nobody speaks to it any more."""
        self._parent.communicate()

    def run(
        self,
        verb: str,
        config: Any,
        streams: Mapping[str, Any] | None = None,
        state: Any = None,
        *,
        options: tuple[str, ...] = (),
        **variables: str,
    ) -> Outcome:
        """Run a command to its end, with further options and variables of the environment."""
        with tempfile.TemporaryDirectory() as folder:
            args = [*command(Path(folder), verb, config, streams, state)[2:], *options]
            code = self._fork({"args": args, "folder": folder, "environ": {**environment(), **variables}})
            out, err = (Path(folder, name).read_bytes() for name in ("stdout", "stderr"))
        return Outcome(code, out.splitlines(), err.decode())

    def _fork(self, job: Mapping[str, Any]) -> int:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        print(json.dumps(job), file=self._parent.stdin, flush=True)
        return int(self._parent.stdout.readline())


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
    """Fork for each line of stdin, and answer with the exit code."""
    importlib.import_module("source_tiktok_ads.entrypoint")
    # A fork that swept through all these objects at its end would copy their memory first.
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            become(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
