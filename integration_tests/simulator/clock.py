"""The simulator's clock: it stands still until somebody moves it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

START = datetime(2026, 3, 10, 11, 0, 0, tzinfo=timezone.utc)


class Clock:
    """One UTC instant with second precision, shared by all requests."""

    def __init__(self, now: datetime = START) -> None:
        """Start at `now`, which must be aware."""
        self._now = now.astimezone(timezone.utc).replace(microsecond=0)

    @property
    def now(self) -> datetime:
        """The present moment, UTC."""
        return self._now

    @property
    def epoch(self) -> int:
        """The present moment in seconds since 1970."""
        return int(self._now.timestamp())

    def set(self, now: datetime) -> None:
        """Jump to `now`, forwards or backwards."""
        self._now = now.astimezone(timezone.utc).replace(microsecond=0)

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Move forward by the given amount."""
        self.set(self._now + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))
