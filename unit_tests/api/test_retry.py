"""How long one request is tried."""

import pytest

from source_tiktok_ads.api.errors import TikTokError, error_from_code, error_without_code
from source_tiktok_ads.api.retry import RetryBudget


def verdict(code: int, message: str = "no") -> TikTokError:
    """A refusal of some report."""
    return error_from_code(code, message, "", "report/integrated/get", None)


def waits(effort: RetryBudget, error: TikTokError, chance: float = 0.5) -> list[float]:
    """The waits until patience ends."""
    found: list[float] = []
    while (wait := effort.wait_after(error, chance)) is not None:
        found.append(wait)
    return found


def test_transient_waits_grow_and_end_after_ten_tries() -> None:
    """Nine waits between ten tries, doubling to five minutes."""
    assert waits(RetryBudget(), verdict(50000)) == [2, 4, 8, 16, 32, 64, 128, 256, 300]


@pytest.mark.parametrize(("chance", "first"), [(0.0, 1.5), (1.0, 2.5)])
def test_jitter(chance: float, first: float) -> None:
    """A quarter more or less, so that threads part."""
    assert RetryBudget().wait_after(verdict(50000), chance) == first


def test_half_an_hour_is_enough() -> None:
    """Slow failures end by time before they end by number."""
    effort = RetryBudget(seconds=1799.0)
    assert effort.wait_after(verdict(50000), 0.5) == 2
    assert effort.wait_after(verdict(50000), 0.5) is None


def test_maintenance_has_two_hours() -> None:
    """60001 is waited out for longer than anything else."""
    found = waits(RetryBudget(), verdict(60001))
    assert 7200 <= sum(found) < 7200 + 300


@pytest.mark.parametrize(("code", "message"), [(60001, "maintenance"), (40100, "are temporarily restricted")])
def test_who_waits_for_an_answer_is_told_soon(code: int, message: str) -> None:
    """With fewer attempts than usual neither maintenance nor a lockout is sat out."""
    assert sum(waits(RetryBudget(attempts=3), verdict(code, message))) <= 200
    assert RetryBudget(attempts=3).wait_after(verdict(40100, "are temporarily restricted"), 0.5) is None


@pytest.mark.parametrize(("code", "tries"), [(40050, 2), (40200, 3), (40700, 3), (51008, 3), (40202, 10)])
def test_a_rule_may_know_better(code: int, tries: int) -> None:
    """Codes that seldom cure themselves get fewer tries."""
    assert len(waits(RetryBudget(), verdict(code))) == tries - 1


def test_a_duplicate_waits_out_the_ten_seconds() -> None:
    """40050 clears only then."""
    assert waits(RetryBudget(), verdict(40050), chance=0.0)[0] > 10


def test_callers_bounds() -> None:
    """Reports ask for less after the third fault of TikTok's side, and for nobody else's."""
    assert len(waits(RetryBudget(attempts=4), verdict(50000))) == 3
    assert len(waits(RetryBudget(server_attempts=3), verdict(51234))) == 2
    assert len(waits(RetryBudget(server_attempts=3), error_without_code("cut", "", "x", None))) == 9


def test_throttles_only_delay() -> None:
    """They are no tries; the waits are short, and still bounded."""
    effort = RetryBudget(attempts=1)
    found = waits(effort, verdict(40100, "reaches the QPS limit 10, current QPS is 11"))
    assert 1 <= found[0] <= 2
    assert max(found) == 30
    assert len(found) == 59
    assert effort.tries == 0


@pytest.mark.parametrize("code", [40133, 40016, 40132])
def test_brakes_leave_the_wait_to_the_governor(code: int) -> None:
    """No wait of their own, so that other advertisers' requests are not held up."""
    assert RetryBudget().wait_after(verdict(code), 0.5) == 0.0


def test_a_timeout_is_not_repeated_unless_asked() -> None:
    """And then a minute apart at least, because the same request timing out thrice gets blocked."""
    late = error_without_code("timeout", "", "x", None)
    assert RetryBudget().wait_after(late, 0.5) is None
    assert RetryBudget(repeat_timeouts=True).wait_after(late, 0.5) == 60
    assert RetryBudget(repeat_timeouts=True).wait_after(verdict(40067), 0.5) is None


@pytest.mark.parametrize("code", [40000, 40001, 40002, 40105, 49999])
def test_nothing_else_is_repeated(code: int) -> None:
    """A refusal stays one."""
    assert RetryBudget().wait_after(verdict(code), 0.5) is None
