"""Waiting on behalf of requests, with a reason in the log, until the sync has to end."""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from .errors import TikTokError
from .response import Log

_LOG_EVERY = 60.0


@dataclass(frozen=True)
class Runtime:
    """What the client takes from the machine; tests pass their own. Without `sleep` a wait ends when the sync does."""

    sleep: Callable[[float], object] | None = None
    monotonic: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc)
    random: Callable[[], float] = random.random


class Waiter:
    """Waits for any number of threads; `stop` wakes all of them and makes `raise_if_stopped` raise its error."""

    def __init__(self, runtime: Runtime, now: Callable[[], datetime], log: Log) -> None:
        self._stopped = threading.Event()
        # Waiting on the event, so that the end of the sync wakes everybody who waits.
        self._sleep = runtime.sleep or self._stopped.wait
        self._monotonic = runtime.monotonic
        self._now = now
        self._log = log
        self._lock = threading.Lock()
        self._error: TikTokError | None = None
        self._logged_at = -_LOG_EVERY

    def wait(self, seconds: float, why: str) -> None:
        """Wait so long, or until `stop`; a line a minute says why and until when."""
        while seconds > 0 and self._error is None:
            self._log_wait(seconds, why)
            self._sleep(min(seconds, _LOG_EVERY))
            seconds -= _LOG_EVERY

    def wait_while(self, left: Callable[[], float], look_every: float, why: str) -> None:
        """Wait until nothing is `left` of a time that may change meanwhile, or until `stop`."""
        while (seconds := left()) > 0 and self._error is None:
            self._log_wait(seconds, why)
            self._sleep(min(seconds, look_every))

    def stop(self, error: TikTokError) -> None:
        """End everything with this error; the first one stays."""
        with self._lock:
            self._error = self._error or error
        self._stopped.set()

    def raise_if_stopped(self, path: str, advertiser_id: str | None) -> None:
        """Raise the error that ended everything, if any, for a request that is therefore not sent."""
        if self._error is not None:
            raise self._error.repeated_for(path, advertiser_id)

    def _log_wait(self, left: float, why: str) -> None:
        if left <= _LOG_EVERY / 2:
            return
        with self._lock:
            now = self._monotonic()
            if now - self._logged_at < _LOG_EVERY:
                return
            self._logged_at = now
        until = self._now() + timedelta(seconds=left)
        self._log(logging.INFO, f"Waiting until {until:%H:%M:%S} UTC: {why}.")
