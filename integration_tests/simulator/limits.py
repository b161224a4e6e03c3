"""TikTok's app-wide request limits on a sliding window; time is passed in."""

from __future__ import annotations

import threading
from collections import deque

from .faults import RESTRICTED
from .switches import Switches


class Limits:
    """The requests of the last minute and, after a breach of the minute's limit, the end of the lockout."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._lock = threading.Lock()
        self._seen: deque[float] = deque()
        self._locked_until = float("-inf")

    def refuse(self, now: float, switches: Switches) -> str:
        """Count a request at `now`; the message it has to be refused with, or nothing."""
        if switches.qps_limit is None and switches.qpm_limit is None:
            return ""
        with self._lock:
            while self._seen and self._seen[0] <= now - max(1.0, switches.minute_seconds):
                self._seen.popleft()
            self._seen.append(now)
            return self._verdict(now, switches)

    def _verdict(self, now: float, switches: Switches) -> str:
        if now < self._locked_until:
            return RESTRICTED
        minute = sum(now - switches.minute_seconds < moment <= now for moment in self._seen)
        if switches.qpm_limit is not None and minute > switches.qpm_limit:
            self._locked_until = now + switches.lockout_seconds
            return RESTRICTED
        # Requests are counted by when they came, though a later one may be counted first.
        second = sum(now - 1 < moment <= now for moment in self._seen)
        if switches.qps_limit is not None and second > switches.qps_limit:
            return f"App 7000000000000000500 reaches the QPS limit {switches.qps_limit}, current QPS is {second}"
        return ""
