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
    clock.note("Sun, 22 Nov 2026 03:01:32 GMT")
    clock.note("nonsense")
    assert clock.now() == MOMENT.replace(minute=1, second=32)


WRONG, OTHER = "Sun, 22 Nov 2037 03:00:00 GMT", "Sun, 22 Nov 2015 03:00:00 GMT"


@pytest.mark.parametrize(
    ("machine", "headers", "expected", "doubtful"),
    [
        # The machine agrees with the first answer, or with the second.
        (MOMENT, (DATE,), DATE, False),
        (MOMENT, (WRONG, DATE), DATE, False),
        (MOMENT, (WRONG,), WRONG, True),
        # Answers that jump, once or several times, each to another time.
        (MOMENT, (DATE, WRONG), DATE, False),
        (MOMENT, (DATE, WRONG, OTHER, DATE, WRONG), DATE, False),
        # TikTok's answers agree with each other, though not with the machine.
        (MACHINE, (DATE, DATE), DATE, False),
        (MACHINE, (DATE, DATE, WRONG, DATE), DATE, False),
        (MACHINE, (DATE, WRONG, WRONG), WRONG, False),
        # A machine whose clock is wrong is no proof against answers that agree.
        (parse_date(WRONG), (DATE, DATE, WRONG), DATE, False),
        (parse_date(WRONG), (DATE, DATE, WRONG, WRONG), WRONG, False),
    ],
)
def test_one_answer_that_jumps_is_not_tiktoks_clock(
    machine: datetime, headers: tuple[str, ...], expected: str, doubtful: bool
) -> None:
    """It has to agree with the machine's clock or with another answer."""
    clock = Clock(Time().monotonic, lambda: machine)
    assert not clock.doubtful
    for header in headers:
        clock.note(header)
    assert (clock.now(), clock.doubtful) == (parse_date(expected), doubtful)


def test_answers_agree_for_all_the_time_between_them() -> None:
    """An hour later an answer tells an hour more."""
    time = Time()
    clock = Clock(time.monotonic, lambda: MACHINE)
    clock.note(DATE)
    time.sleep(3600)
    clock.note("Sun, 22 Nov 2026 04:00:10 GMT")
    assert (clock.now(), clock.doubtful) == (MOMENT.replace(hour=4, second=10), False)


def test_what_stands_in_for_tiktok_has_a_clock_of_its_own() -> None:
    """The machine's is not compared with it."""
    clock = Clock(Time().monotonic, lambda: MOMENT, comparable=False)
    clock.note(WRONG)
    assert (clock.now(), clock.doubtful) == (parse_date(WRONG), False)


def test_two_answers_of_a_stand_in_that_disagree_leave_the_time_open() -> None:
    """A third one decides between them; the first alone would move a day."""
    clock = Clock(Time().monotonic, lambda: MOMENT, comparable=False)
    for header, doubtful in ((WRONG, False), (DATE, True), (DATE, False)):
        clock.note(header)
        assert clock.doubtful == doubtful
    assert clock.now() == MOMENT
