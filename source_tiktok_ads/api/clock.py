"""What time it is at TikTok: the `Date` header of its last answer and the time since."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime


def parse_date(header: str) -> datetime | None:
    """A `Date` header as a moment in UTC, `None` where it is missing or unreadable."""
    try:
        date = parsedate_to_datetime(header)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return date.replace(tzinfo=timezone.utc) if date.tzinfo is None else date.astimezone(timezone.utc)


class Clock:
    """TikTok's clock; the machine's until a first answer came. Safe for any number of threads."""

    def __init__(self, monotonic: Callable[[], float], machine_clock: Callable[[], datetime]) -> None:
        self._monotonic = monotonic
        self._machine_clock = machine_clock
        self._last: tuple[datetime, float] | None = None

    def note(self, header: str) -> None:
        """Set the clock by an answer that has just come."""
        date = parse_date(header)
        if date is not None:
            self._last = date, self._monotonic()

    def now(self) -> datetime:
        """This moment; the header counts whole seconds, so it is early rather than late."""
        last = self._last
        return last[0] + timedelta(seconds=self._monotonic() - last[1]) if last else self._machine_clock()
