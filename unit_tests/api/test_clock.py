"""TikTok's clock."""

from datetime import datetime, timezone

import pytest

from source_tiktok_ads.api.clock import Clock, parse_date

from .canned import MACHINE, Time

DATE = "Sun, 22 Nov 2026 03:00:00 GMT"
MOMENT = datetime(2026, 11, 22, 3, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (DATE, MOMENT),
        ("Sun, 22 Nov 2026 03:00:00 -0000", MOMENT),
        ("Sun, 22 Nov 2026 04:00:00 +0100", MOMENT),
        ("", None),
        ("yesterday", None),
        ("Sun, 99 Nov 2026 03:00:00 GMT", None),
    ],
)
def test_parse_date(header: str, expected: datetime | None) -> None:
    """Every zone becomes UTC; nonsense is no date."""
    assert parse_date(header) == expected


def test_runs_on_from_the_last_answer() -> None:
    """The machine's clock counts only before the first answer; nonsense is no answer."""
    time = Time()
    clock = Clock(time.monotonic, lambda: MACHINE)
    assert clock.now() == MACHINE
    clock.note(DATE)
    time.sleep(90)
    assert clock.now() == MOMENT.replace(minute=1, second=30)
    clock.note("Sun, 22 Nov 2026 05:00:00 GMT")
    clock.note("nonsense")
    assert clock.now() == MOMENT.replace(hour=5)
