"""What time it is at TikTok: the `Date` headers of its answers, as far as they agree, and the time since."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

# Answers may wait in a queue or a proxy, and machines' clocks are off by some minutes; none of that moves a day.
AGREEMENT = timedelta(minutes=15)


def parse_date(header: str) -> datetime | None:
    """A `Date` header as a moment in UTC, `None` where it is missing or unreadable."""
    try:
        date = parsedate_to_datetime(header)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return date.replace(tzinfo=timezone.utc) if date.tzinfo is None else date.astimezone(timezone.utc)


class Clock:
    """TikTok's clock; the machine's until a first answer came. Safe for any number of threads.

    A single answer whose time differs by more than AGREEMENT from what the others led to expect is passed over: a
    cache or a proxy may have put it there. The clock jumps only where a second answer agrees with it, or where it
    agrees with the machine's clock and the only answer before did not. Where `comparable` is false, answers come from
    something that stands in for TikTok and has a clock of its own, with which the machine's need not agree.
    """

    def __init__(
        self, monotonic: Callable[[], float], machine_clock: Callable[[], datetime], comparable: bool = True
    ) -> None:
        self._monotonic = monotonic
        self._machine_clock = machine_clock
        self._comparable = comparable
        self._lock = threading.Lock()
        self._last: tuple[datetime, float] | None = None
        self._odd: tuple[datetime, float] | None = None
        self._sure = False

    def note(self, header: str) -> None:
        """Set the clock by an answer that has just come."""
        date = parse_date(header)
        if date is None:
            return
        with self._lock:
            at = self._monotonic()
            agrees = self._agrees_with_machine(date)
            expected = self._last is None or _agree(self._last, (date, at))
            if expected or _agree(self._odd, (date, at)) or (agrees and not self._sure):
                self._sure = self._sure or agrees or self._last is not None
                self._last, self._odd = (date, at), None
            else:
                self._odd = date, at

    @property
    def doubtful(self) -> bool:
        """Whether to ask for one more answer: the only one disagrees with the machine's clock, or two disagree."""
        disagrees = self._comparable or self._odd is not None
        return self._last is not None and not self._sure and disagrees

    def now(self) -> datetime:
        """This moment; the header counts whole seconds, so it is early rather than late."""
        last = self._last
        return last[0] + timedelta(seconds=self._monotonic() - last[1]) if last else self._machine_clock()

    def _agrees_with_machine(self, date: datetime) -> bool:
        return self._comparable and abs(date - self._machine_clock()) <= AGREEMENT


def _agree(one: tuple[datetime, float] | None, other: tuple[datetime, float]) -> bool:
    """Whether two answers tell the same time, for all that has passed between them."""
    if one is None:
        return False
    passed = timedelta(seconds=other[1] - one[1])
    return abs(other[0] - one[0] - passed) <= AGREEMENT
