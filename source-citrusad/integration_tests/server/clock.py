"""The server's clock: it stands still, moves when told, or moves by itself with every call or with real time."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone


class Clock:
    """An instant in UTC. `per_call` seconds pass with each call; a clock that `runs` goes on in real time."""

    def __init__(self, now: datetime, *, runs: bool = False, per_call: float = 0) -> None:
        """Begin at an instant."""
        self.runs = runs
        self.per_call = per_call
        self.set(now)

    def set(self, now: datetime) -> None:
        """Show another instant."""
        self._base = now if now.tzinfo else now.replace(tzinfo=timezone.utc)
        self._since = time.monotonic()

    def advance(self, days: float = 0, hours: float = 0, seconds: float = 0) -> None:
        """Let time pass."""
        self._base += timedelta(days=days, hours=hours, seconds=seconds)

    def tick(self) -> None:
        """A call has come in."""
        if self.per_call:
            self.advance(seconds=self.per_call)

    @property
    def now(self) -> datetime:
        """The instant shown."""
        return self._base + timedelta(seconds=time.monotonic() - self._since if self.runs else 0)

    @property
    def text(self) -> str:
        """The instant as ISO 8601, as the connector's `now` takes it."""
        return self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
