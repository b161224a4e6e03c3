"""Reads in forks, as `forking` makes them, several at a time; the processes that fork are kept for the next."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .forking import Forks, Measured
from .reading import STREAMS, command, configuration, configured
from .simulator import Simulator

__all__ = ["Measured", "close", "read"]

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
        folder = Path(name)
        line = command(folder, "read", configuration(simulator, **changes), configured(streams, mode), state)
        meanwhile(process.start(folder, line[2:], {}))
        return process.finish(folder)
