"""TikTok's clock: the `Date` headers of its answers, as far as they agree, plus the time since then."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

# Answers may be delayed by a queue or a proxy, and the machine's clock may be some minutes wrong.
AGREEMENT = timedelta(minutes=15)


def parse_date(header: str) -> datetime | None:
    """A `Date` header as a moment in UTC; `None` if it is missing or unreadable."""
    try:
        date = parsedate_to_datetime(header)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return date.replace(tzinfo=timezone.utc) if date.tzinfo is None else date.astimezone(timezone.utc)


class Clock:
    """TikTok's clock, and the machine's clock until the first answer. Thread-safe.

    A single answer whose time differs by more than AGREEMENT from the expected time is ignored, because a cache or a
    proxy may have set it. The clock follows such an answer only if a second answer agrees with it, or if it agrees with
    the machine's clock and the only earlier answer did not. If `comparable` is false, the answers come from a test
    server with its own clock, which may differ from the machine's.
    """

    def __init__(
        self, monotonic: Callable[[], float], machine_clock: Callable[[], datetime], comparable: bool = True
    ) -> None:
        self._monotonic = monotonic
        self._machine_clock = machine_clock
        self._comparable = comparable
        self._lock = threading.Lock()
        self._last: tuple[datetime, float] | None = None
        self._deviating: tuple[datetime, float] | None = None
        self._confirmed = False

    def note(self, header: str) -> None:
        """Set the clock by the header of an answer that was just received."""
        date = parse_date(header)
        if date is None:
            return
        with self._lock:
            at = self._monotonic()
            agrees = self._agrees_with_machine(date)
            expected = self._last is None or _agree(self._last, (date, at))
            if expected or _agree(self._deviating, (date, at)) or (agrees and not self._confirmed):
                self._confirmed = self._confirmed or agrees or self._last is not None
                self._last, self._deviating = (date, at), None
            else:
                self._deviating = date, at

    @property
    def doubtful(self) -> bool:
        """Whether another answer is needed: the only one disagrees with the machine's clock, or two disagree."""
        disagrees = self._comparable or self._deviating is not None
        return self._last is not None and not self._confirmed and disagrees

    def now(self) -> datetime:
        """The current time. Headers have whole seconds, so it may be up to a second early but never late."""
        last = self._last
        return last[0] + timedelta(seconds=self._monotonic() - last[1]) if last else self._machine_clock()

    def _agrees_with_machine(self, date: datetime) -> bool:
        return self._comparable and abs(date - self._machine_clock()) <= AGREEMENT


def _agree(one: tuple[datetime, float] | None, other: tuple[datetime, float]) -> bool:
    """Whether two answers agree on the time, given the time that passed between them."""
    if one is None:
        return False
    passed = timedelta(seconds=other[1] - one[1])
    return abs(other[0] - one[0] - passed) <= AGREEMENT
