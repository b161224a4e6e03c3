"""Reads in forks, as `forking` makes them, several at a time; the processes that fork are kept for the next."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .forking import Forks, Measured
from .reading import STREAMS, command, configuration, configured
from .simulator import Simulator

__all__ = ["Measured", "close", "read"]

_idle: dict[str, list[Forks]] = defaultdict(list)


@contextmanager
def forks(mutant: str = "") -> Iterator[Forks]:
    """A process that forks, for one command; of a connector with a fault put in, where one of `mutants` is named."""
    idle = _idle[mutant]
    found = idle.pop() if idle else Forks(mutant)
    yield found
    idle.append(found)


def close() -> None:
    """End the processes that forked."""
    for idle in _idle.values():
        while idle:
            idle.pop().close()


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
