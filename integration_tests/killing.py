"""Reads that are killed at a moment drawn by chance, and what is complete once another has gone on from their state."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from . import expected, forked
from .forked import Measured
from .reading import Destination, Outcome, Table, difference
from .simulator import Simulator

# Enough for figures to be restated, for entities to change, and for the next whole pass of entities to be due.
LATER = 24 * 8
# How far back figures are read again by default: what does not change them there is as it was.
LOOKBACK = timedelta(days=28)
MAX_WAIT = 60.0


@dataclass(frozen=True)
class Kill:
    """One read that was killed after so many requests, and the one that went on from its last state.

    `before` is an earlier sync that ran to its end, eight days ago; None for a kill in the first sync of all.
    """

    simulator: Simulator
    before: Outcome | None
    lookback: int
    killed: Outcome
    resumed: Outcome

    @property
    def running(self) -> Mapping[str, date]:
        """Each account's today at the sync before."""
        moment = self.simulator.clock.now - timedelta(hours=LATER)
        return {id: expected.today(self.simulator, id, moment) for id in self.simulator.world.advertiser_ids}

    @property
    def state(self) -> list[dict[str, Any]]:
        """What the second read was started with."""
        return state_after(self.before, self.killed)

    def union(self) -> Mapping[str, Table]:
        """What a destination holds after all reads."""
        destination = Destination("latest")
        for outcome in filter(None, (self.before, self.killed, self.resumed)):
            destination.take(outcome)
        return destination.tables

    def differs(self, stream: str, table: Table, truth: Table) -> str:
        """How the union's table differs from today's truth; attributes of a report's rows as of the last look-back."""
        if "_insights" in stream and self.before:
            again = {id: running - LOOKBACK for id, running in self.running.items()}
            table, truth = (expected.without_attributes(stream, rows, again) for rows in (table, truth))
        return difference(table, truth)


def state_after(before: Outcome | None, killed: Outcome) -> list[dict[str, Any]]:
    """What a read that goes on from a killed one is started with."""
    return list({**(before.states if before else {}), **killed.states}.values())


Moment = tuple[int, float]
"""So many requests, and then so many seconds."""


def moment(chance: random.Random, requests: int) -> Moment:
    """When to kill a read that takes so many requests."""
    return chance.randint(1, requests), chance.random() / 10


def killed_read(
    simulator: Simulator, streams: Iterable[str], state: Any, when: Moment, settings: Mapping[str, Any]
) -> Measured:
    """A read that is ended with SIGKILL at that moment; its whole lines."""
    return forked.read(simulator, streams, state=state, meanwhile=partial(end, simulator, *when), **settings)


def end(simulator: Simulator, after: int, delay: float, pid: int) -> None:
    """Kill the process after so many requests and a part of a second, unless it has ended by itself."""
    patience = time.monotonic() + MAX_WAIT
    with suppress(ProcessLookupError):
        while len(simulator.requests) < after and time.monotonic() < patience:
            time.sleep(0.005)
            os.kill(pid, 0)
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)
