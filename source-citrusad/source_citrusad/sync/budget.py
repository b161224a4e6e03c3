"""What the agreement allows: calls a UTC day and bytes scanned a UTC month, counted before they are used."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

# CitrusAd: calls and bytes that check and discover may need, which have no state to count in.
KEPT_CALLS = 10
KEPT_SCAN = 0.01


class OutOfBudget(Exception):
    """What is left today, or this month, does not do for the next step; the text says what is used up."""


class NeverEnough(Exception):
    """A whole day's calls, or a whole month's scan, would not do: waiting does not help; the text is a sentence."""


@dataclass(frozen=True)
class Usage:
    """What has been used on a day (UTC) and in its month."""

    day: str
    calls: int = 0
    month: str = ""
    bytes: int = 0

    def at(self, now: datetime) -> Usage:
        """The usage as it counts at an instant: nothing is left of another day's calls, or another month's bytes."""
        day, month = now.date().isoformat(), now.strftime("%Y-%m")
        return Usage(day, self.calls if day == self.day else 0, month, self.bytes if month == self.month else 0)


def usage_of(blobs: Iterable[Any], now: datetime) -> Usage:
    """The most that any state has counted for today and this month."""
    found = [_parsed(blob).at(now) for blob in blobs if isinstance(blob, dict)]
    day = Usage("").at(now)
    return replace(
        day,
        calls=max((usage.calls for usage in found), default=0),
        bytes=max((usage.bytes for usage in found), default=0),
    )


def _parsed(blob: dict[str, Any]) -> Usage:
    calls, scanned = (blob.get(name) if isinstance(blob.get(name), int) else 0 for name in ("calls", "bytes"))
    return Usage(str(blob.get("day")), calls or 0, str(blob.get("month")), scanned or 0)


class Budget:
    """Counts calls and bytes against the agreement, and gives each stream its share of what is left.

    `calls` and `scan` (0 = no limit) are the agreement's, `kept` the calls kept for check and discover. Only what
    starts a query counts where `pages_free`.
    """

    def __init__(
        self, calls: int, scan: int, kept: int, pages_free: bool, clock: Callable[[], datetime], used: Usage
    ) -> None:
        self.calls = calls
        self.kept = kept
        self.pages_free = pages_free
        self._scan = scan
        self._clock = clock
        self._usage = used
        self._closed = ""
        self._once_more = False
        self._streams = 1
        self.fair_calls = self._calls_ceiling = 0
        self._scan_ceiling = 0.0
        self.begin_stream(1)

    @property
    def usage(self) -> Usage:
        """What has been used today and this month."""
        now = self._usage.at(self._clock())
        if now.day != self._usage.day:
            self._usage = now
            self.begin_stream(self._streams)
        return self._usage

    @property
    def day_calls(self) -> int:
        """The calls of a whole day that reads may use."""
        return max(0, self.calls - self.kept)

    @property
    def month_scan(self) -> float:
        """The bytes of a whole month that reads may scan."""
        return self._scan * (1 - KEPT_SCAN) if self._scan else math.inf

    def begin_stream(self, streams: int) -> None:
        """Give the next stream its share; `streams` are still to be read, this one included.

        `fair_calls` is the share that it has of a whole day.
        """
        self._streams = streams
        self.fair_calls = max(1, self.day_calls // streams)
        used, left = self._usage, self.day_calls - self._usage.calls
        # One call at least, where there is one: a share of less would never read anything.
        self._calls_ceiling = used.calls + max(min(1, left), left // streams)
        self._scan_ceiling = used.bytes + (self.month_scan - used.bytes) / streams

    @property
    def calls_left(self) -> int:
        """The calls that the stream may still use today."""
        return 0 if self.closed else self._calls_ceiling - self.usage.calls

    @property
    def closed(self) -> bool:
        """Whether nothing more may be asked today, because the service said that a quota is used up."""
        return self._closed == self.usage.day

    @property
    def scan_left(self) -> float:
        """The bytes that the stream may still scan this month."""
        usage = self.usage
        return max(0.0, self._scan_ceiling - usage.bytes)

    def suspend(self) -> bool:
        """Allow nothing more today but one call, which asks again: the service says that a quota is used up.

        Whether that call may leave. The state says from now on that the whole day is used up, so that no sync that
        follows on this day asks anything either.
        """
        self._once_more = self.calls_left > 0
        self._closed = self._usage.day
        return self._once_more

    def take(self, starts_job: bool) -> bool:
        """Count a request about to leave; whether it counts. Raises OutOfBudget where none is left."""
        allowed, self._once_more = self._once_more, False
        if self.closed and not allowed:
            raise OutOfBudget(self.calls_spent())
        if self.pages_free and not starts_job:
            return False
        if self.calls_left < 1 and not allowed:
            raise OutOfBudget(self.calls_spent())
        self._usage = replace(self._usage, calls=self._usage.calls + 1)
        return True

    def add(self, told: Usage) -> None:
        """Count what another source tells of today and this month, where it is more than is known."""
        usage, seen = self.usage, told.at(self._clock())
        self._usage = replace(usage, calls=usage.calls + seen.calls, bytes=max(usage.bytes, seen.bytes))

    def reserve(self, size: int) -> None:
        """Count bytes that a query about to leave may scan."""
        self._usage = replace(self.usage, bytes=self._usage.bytes + size)

    def settle(self, reserved: int, billed: int) -> None:
        """Count what was billed in place of what was reserved."""
        self._usage = replace(self.usage, bytes=max(0, self._usage.bytes - reserved + billed))

    def calls_spent(self) -> str:
        """How many calls are used, or that the service allows no more, as a sentence's beginning."""
        usage, day = self.usage, self._clock().date()
        if self.closed:
            return (
                f"BigQuery says that a quota is used up, perhaps by somebody else with this key: nothing more is asked "
                f"on {day.day} {day:%B} (UTC)."
            )
        return (
            f"Stopped after {usage.calls} of {self.calls} calls for {day.day} {day:%B} (UTC), {self.kept} kept for "
            "check and discover."
        )

    def scan_spent(self) -> str:
        """How many bytes are used, as a sentence's beginning."""
        usage = self.usage
        return (
            f"Stopped after {usage.bytes / 1e12:.6g} of {self._scan / 1e12:.6g} TB scanned in {self._clock():%B} "
            "(UTC), 1 % kept for check and discover."
        )

    def blob(self) -> dict[str, Any]:
        """The usage as a state holds it."""
        usage = self.usage
        return asdict(replace(usage, calls=max(usage.calls, self.day_calls)) if self.closed else usage)
