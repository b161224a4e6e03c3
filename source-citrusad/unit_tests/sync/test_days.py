"""Days: which is the last whole one, and clocks."""

from datetime import date, datetime, timedelta, timezone

import pytest

from source_citrusad.sync.days import clock, last_whole_day


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2022-09-11T11:59:59", "2022-09-09"),
        ("2022-09-11T12:00:00", "2022-09-10"),
        ("2022-10-01T12:00:00", "2022-09-30"),
        ("2023-01-01T00:00:00", "2022-12-30"),
        ("2024-03-01T12:00:00", "2024-02-29"),
    ],
)
def test_the_last_whole_day(now: str, day: str) -> None:
    """Yesterday from noon on, the day before until then."""
    assert last_whole_day(datetime.fromisoformat(now).replace(tzinfo=timezone.utc)) == date.fromisoformat(day)


def test_a_clock_goes_on_from_its_start() -> None:
    """By the machine's steady clock; without a start it is the machine's own."""
    seconds = iter([100.0, 130.0])
    start = datetime(2022, 9, 11, tzinfo=timezone.utc)
    assert clock(start, lambda: next(seconds))() == start + timedelta(seconds=30)
    assert abs(clock(None)() - datetime.now(timezone.utc)) < timedelta(minutes=1)
