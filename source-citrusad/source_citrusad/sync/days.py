"""Which days are whole, and what time it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

# CitrusAd: the nightly refresh ends 12 hours after 00:00 UTC at the latest.
REFRESHED = 12


def last_whole_day(now: datetime) -> date:
    """The last day (UTC) whose rows are all there."""
    return now.date() - timedelta(days=1 if now.hour >= REFRESHED else 2)


def clock(started: datetime | None, monotonic: Callable[[], float] = time.monotonic) -> Callable[[], datetime]:
    """A clock (UTC) that goes on from an instant, or the machine's where there is none."""
    if started is None:
        return lambda: datetime.now(timezone.utc)
    begun = monotonic()
    return lambda: started + timedelta(seconds=monotonic() - begun)
