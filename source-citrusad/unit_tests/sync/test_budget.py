"""The budget: counted before it is used, shared among streams, kept for check and discover, new each day."""

import math
from datetime import datetime, timedelta

import pytest

from source_citrusad.sync.budget import Budget, OutOfBudget, Usage, usage_of

from ..canned import NOW


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The instant."""
        return self.now


def budget(
    calls: int = 20, scan: int = 0, kept: int = 10, pages_free: bool = False, used: Usage | None = None,
    clock: Clock | None = None,
) -> Budget:  # fmt: skip
    """A budget of ten calls."""
    now = clock or Clock()
    return Budget(calls, scan, kept, pages_free, now, used or Usage("").at(now()))


def test_calls_are_counted_to_the_last_that_is_not_kept() -> None:
    """Then nothing leaves any more."""
    counted = budget()
    assert [counted.take(False) for _ in range(10)] == [True] * 10
    with pytest.raises(OutOfBudget) as error:
        counted.take(True)
    assert str(error.value) == ("Stopped after 10 of 20 calls for 11 September (UTC), 10 kept for check and discover.")
    assert counted.usage.calls == 10


def test_pages_may_be_free() -> None:
    """Then only what starts a query counts."""
    counted = budget(pages_free=True)
    assert (counted.take(False), counted.take(True), counted.usage.calls) == (False, True, 1)


def test_streams_share_what_is_left() -> None:
    """One call each at least, as long as there is one; what one leaves the next may use."""
    counted = budget()
    counted.begin_stream(3)
    assert (counted.calls_left, counted.fair_calls) == (3, 3)
    counted.begin_stream(2)
    assert counted.calls_left == 5
    counted.begin_stream(40)
    assert (counted.calls_left, counted.fair_calls) == (1, 1)
    for _ in range(10):
        counted.begin_stream(1)
        counted.take(True)
    counted.begin_stream(5)
    assert counted.calls_left == 0


def test_a_new_day_gives_new_calls_and_a_new_month_a_new_scan() -> None:
    """In the middle of a sync too."""
    clock = Clock(datetime(2022, 9, 30, 23, 59, tzinfo=NOW.tzinfo))
    counted = budget(scan=1000, clock=clock)
    counted.reserve(500)
    counted.take(True)
    clock.now += timedelta(minutes=2)
    assert (counted.calls_left, counted.usage) == (10, Usage("2022-10-01", 0, "2022-10", 0))
    assert counted.scan_left == 990


def test_scans_are_reserved_and_settled() -> None:
    """What may be billed counts until it is known what was."""
    counted = budget(scan=1000)
    counted.begin_stream(2)
    assert counted.scan_left == 495
    counted.reserve(400)
    counted.settle(400, 100)
    assert (counted.usage.bytes, counted.scan_left) == (100, 395)
    assert "0 of 0 TB" not in counted.scan_spent()
    assert counted.scan_spent().startswith("Stopped after 1e-10 of 1e-09 TB scanned in September (UTC), 1 % kept")
    assert budget(scan=0).scan_left == math.inf


def test_the_service_may_close_the_day() -> None:
    """Somebody else uses the key: one call more leaves today, and the state says meanwhile that none does."""
    clock = Clock()
    counted = budget(clock=clock)
    counted.take(True)
    assert counted.suspend()
    assert (counted.calls_left, counted.blob()["calls"], counted.take(True)) == (0, 10, True)
    with pytest.raises(OutOfBudget, match="perhaps by somebody else with this key: nothing more is asked on 11 Sept"):
        counted.take(False)
    assert not counted.suspend()
    assert (counted.calls_left, counted.usage.calls, counted.blob()["calls"]) == (0, 2, 10)
    clock.now += timedelta(days=1)
    assert (counted.calls_left, counted.blob()["calls"]) == (10, 0)


def test_the_service_closes_the_day_for_free_pages_too() -> None:
    """And where no call is left, none is made to ask again."""
    counted = budget(pages_free=True)
    assert counted.suspend()
    assert not counted.take(False)
    with pytest.raises(OutOfBudget):
        counted.take(False)
    spent = budget(used=Usage("2022-09-11", 10, "2022-09", 0))
    assert not spent.suspend()


def test_the_most_that_any_state_has_counted() -> None:
    """Of today and of this month; what is no usage counts nothing."""
    blobs = [
        {"day": "2022-09-11", "calls": 3, "month": "2022-09", "bytes": 7},
        {"day": "2022-09-10", "calls": 90, "month": "2022-09", "bytes": 9},
        {"day": "2022-09-11", "calls": "many", "month": "2022-08", "bytes": 99},
        None,
    ]
    assert usage_of(blobs, NOW) == Usage("2022-09-11", 3, "2022-09", 9)
    assert usage_of([], NOW) == Usage("2022-09-11", 0, "2022-09", 0)


def test_what_others_tell_is_added() -> None:
    """Calls that no state has counted."""
    counted = budget()
    counted.take(True)
    counted.add(Usage("2022-09-11", 4, "2022-09", 50))
    assert counted.blob() == {"day": "2022-09-11", "calls": 5, "month": "2022-09", "bytes": 50}
