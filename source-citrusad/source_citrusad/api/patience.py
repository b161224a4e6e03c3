"""How long and how often a request is tried again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

ATTEMPTS = 6
"""How often a request is sent at most."""
SILENCES = 2
"""How often at most a request is sent that gets no answer in time."""
LONGEST = 90.0
"""Seconds that the waits of one request may last together."""


@dataclass(frozen=True)
class Patience:
    """The waits between attempts: 1, 2, 4, 8, 16 seconds, or what the answer asks for, times `scale`."""

    scale: float = 1.0
    sleep: Callable[[float], None] = time.sleep

    def attempts(self) -> Attempts:
        """The attempts of one request, the first of which has been made."""
        return Attempts(self)


class Attempts:
    """Counts the attempts of one request."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._made = 1
        self._waited = 0.0
        self._silences = 0

    def again(self, asked: float = 0.0, silent: bool = False) -> bool:
        """Wait for the next attempt, `asked` seconds at least; False where the request has been tried enough."""
        wait = max(2.0 ** (self._made - 1), asked)
        self._silences += silent
        if self._made >= ATTEMPTS or self._silences >= SILENCES or self._waited + wait > LONGEST:
            return False
        self._made += 1
        self._waited += wait
        self._patience.sleep(wait * self._patience.scale)
        return True
