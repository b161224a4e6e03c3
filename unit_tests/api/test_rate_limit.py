"""The rate limiter, proven on a virtual clock."""

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from source_tiktok_ads.api.rate_limit import (
    Limit,
    RateLimiter,
    Reservation,
    ReservationCancelled,
    endpoint_limits,
)

REPORT = "report/integrated/get"


FULL = 10 / 1.027
"""Requests a second at a limit of ten."""


@dataclass
class Server:
    """A server in virtual time: when requests arrived, and the minute's limit that it locks the app out for."""

    jitter: Callable[[], float] = lambda: 0.0
    a_minute: float = math.inf
    by_the_clock: bool = False
    block: float = 300.0
    arrived: list[float] = field(default_factory=list)
    lockouts: int = 0
    locked_until: float = -math.inf

    def refuses(self, now: float) -> bool:
        """Count a request that left at `now`; whether the app is locked out."""
        at = now + self.jitter()
        self.arrived.append(at)
        first = at // 60 * 60 if self.by_the_clock else at - 60
        if at >= self.locked_until and sum(first < moment <= at for moment in self.arrived) > self.a_minute:
            self.lockouts += 1
            self.locked_until = at + self.block
        return at < self.locked_until


def sent(
    limiter: RateLimiter,
    server: Server,
    seconds: float,
    latency: Callable[[], float],
    late: Callable[[], float] = lambda: 0.0,
    workers: int = 8,
    path: str = REPORT,
    most: float = math.inf,
) -> list[float]:
    """When requests arrive, if every worker sends its next one as soon as its last one is answered.

    `late` is what passes between the start that was planned and the moment when the request could be written.
    """
    events: list[tuple[float, int, Reservation | None]] = [(0.0, worker, None) for worker in range(workers)]
    while events and events[0][0] < seconds and len(server.arrived) < most:
        now, worker, turn = heapq.heappop(events)
        if turn is None:
            turn = limiter.reserve(now, "1", path)
            after = (turn.start + late(), worker, turn) if turn.granted else (turn.start, worker, None)
        else:
            after = _written(limiter, server, now, worker, turn, latency())
        heapq.heappush(events, after)
    return sorted(at for at in server.arrived if at < seconds)


def _written(
    limiter: RateLimiter, server: Server, now: float, worker: int, turn: Reservation, latency: float
) -> tuple[float, int, Reservation | None]:
    try:
        clear = limiter.clear_at(now, turn)
    except ReservationCancelled:
        return now, worker, None
    if clear > now:
        return clear, worker, turn
    limiter.on_departure(now, turn)
    if server.refuses(now):
        limiter.on_lockout(now + latency, turn)
    else:
        limiter.on_success(turn)
    return now + latency, worker, None


def arrivals(
    limiter: RateLimiter,
    seconds: float,
    latency: Callable[[], float],
    jitter: Callable[[], float] = lambda: 0.0,
    workers: int = 8,
    path: str = REPORT,
) -> list[float]:
    """When requests reach the server."""
    return sent(limiter, Server(jitter), seconds, latency, workers=workers, path=path)


def most_in(window: float, at: list[float]) -> int:
    """The highest number of arrivals in any window of so many seconds."""
    first, most = 0, 0
    for last, moment in enumerate(at):
        while at[first] <= moment - window:
            first += 1
        most = max(most, last - first + 1)
    return most


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    qps=st.sampled_from([1, 10, 20, 50]),
    latency=st.floats(0.02, 1.0),
    jitter=st.floats(0.0, 0.02),
    late=st.floats(0.0, 0.3),
    seed=st.integers(0, 10_000),
)
def test_never_above_the_limit(qps: int, latency: float, jitter: float, late: float, seed: int) -> None:
    """In no second more than N requests arrive, however late a thread wakes and its connection opens."""
    chance = random.Random(seed)
    at = sent(
        RateLimiter(qps),
        Server(lambda: chance.uniform(0.0, jitter)),
        60.0,
        latency=lambda: latency * chance.uniform(0.85, 1.15),
        late=lambda: chance.choice((0.0, 0.0, late)),
        workers=12,
    )
    assert most_in(1.0, at) <= qps


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(
    qps=st.sampled_from([1, 10, 20, 50]),
    latency=st.floats(0.02, 1.0),
    late=st.floats(0.0, 0.005),
    seed=st.integers(0, 10_000),
)
def test_the_limit_is_used(qps: int, latency: float, late: float, seed: int) -> None:
    """With enough requests in flight, 95 in a hundred of what the limit allows."""
    chance = random.Random(seed)
    at = sent(
        RateLimiter(qps),
        Server(lambda: chance.uniform(0.0, 0.02)),
        60.0,
        latency=lambda: latency * chance.uniform(0.85, 1.15),
        late=lambda: chance.uniform(0.0, late),
        workers=int(2 * qps * latency) + 2,
    )
    assert most_in(1.0, at) <= qps
    assert len(at) >= 0.95 * qps * 60 - 1


@pytest.mark.parametrize("by_the_clock", [False, True])
@pytest.mark.parametrize(("a_minute", "most"), [(240, 1), (60, 1), (590, 0)])
def test_a_limit_of_the_minute_is_learned(a_minute: int, most: int, by_the_clock: bool) -> None:
    """The pace that led to a lockout is not gone at again; minutes may be counted by the clock or back from now."""
    server = Server(a_minute=a_minute, by_the_clock=by_the_clock)
    at = sent(RateLimiter(10), server, 3600.0, latency=lambda: 0.2, most=786)
    assert len(at) == 786
    assert server.lockouts <= most
    after = [moment for moment in at if moment > 400]
    assert not after or most_in(60.0, after) <= a_minute


def test_a_limit_of_the_minute_is_learned_for_the_rest_of_the_sync() -> None:
    """An hour later the pace is the same, and nearly what the limit allows."""
    server = Server(a_minute=240)
    at = sent(RateLimiter(10), server, 4200.0, latency=lambda: 0.2)
    assert server.lockouts == 1
    assert 0.9 * 240 * 60 <= sum(moment > 600 for moment in at) <= 240 * 60


def test_a_minute_limit_that_tiktok_names_is_kept() -> None:
    """Rather than what was counted: other programs use the same app."""
    limiter = RateLimiter(10)
    limiter.on_lockout(0.0, reserve(limiter, 0.0), limit=100)
    assert 90 <= most_in(60.0, [at for at in arrivals(limiter, 800.0, lambda: 0.1) if at > 300]) <= 97


def test_a_lockout_that_cannot_be_ours_still_lowers_the_pace() -> None:
    """After a few requests another program is likelier; the same pace is not tried again all the same."""
    limiter = RateLimiter(10)
    limiter.on_lockout(0.0, reserve(limiter, 0.0))
    assert 280 <= most_in(60.0, [at for at in arrivals(limiter, 800.0, lambda: 0.1) if at > 300]) <= 300


def test_a_lockout_in_a_row_and_a_quota_of_the_day_teach_nothing() -> None:
    """Nothing has left in between, and a day is no minute."""
    for learned, least, most in ((False, 580, 590), (True, 280, 300)):
        limiter = RateLimiter(10)
        limiter.on_lockout(0.0, reserve(limiter, 0.0), of_the_minute=learned)
        limiter.on_lockout(301.0, limiter.reserve(301.0, "1", REPORT))
        later = [at for at in arrivals(limiter, 1200.0, lambda: 0.1, workers=12) if at > 950]
        assert least <= most_in(60.0, later) <= most


def test_an_endpoint_learns_its_own_minute_beside_the_apps() -> None:
    """Either may have been the reason."""
    limiter = RateLimiter(10)
    server = Server(a_minute=100)
    sent(limiter, server, 1200.0, latency=lambda: 0.1, path="gmv_max/report/get")
    assert server.lockouts == 1
    other = Server(a_minute=100)
    sent(limiter, other, 1200.0, latency=lambda: 0.1)
    assert other.lockouts == 0


def test_what_tiktok_asks_to_wait_holds_the_app_or_the_endpoint() -> None:
    """A refusal for speed holds everything, any other only its own endpoint, an advertiser's only that one."""
    limiter = RateLimiter(10)
    limiter.on_throttle(0.0, reserve(limiter, 0.0), until=8.0)
    waiting = limiter.reserve(1.0, "2", "x")
    assert (waiting.granted, waiting.start, waiting.why) == (False, 8.0, "TikTok said how long to wait")
    limiter.hold_endpoint(REPORT, 20.0)
    assert limiter.reserve(9.0, "1", REPORT).start == 20.0
    limiter.on_scoped_throttle(9.0, reserve(limiter, 9.0, "3", "x"), until=40.0)
    assert limiter.reserve(10.0, "3", "x").start == 40.0
    assert reserve(limiter, 10.0, "1", "x").start == 10.0
    assert reserve(limiter, 20.0).granted


def test_a_request_waits_while_another_is_being_written() -> None:
    """When that arrives is not known before its write has ended; a limit that is lowered counts what has left."""
    limiter = RateLimiter(1)
    first, second = reserve(limiter, 0.0), reserve(limiter, 0.0)
    assert limiter.clear_at(0.0, first) == 0.0
    assert 1.1 < limiter.clear_at(1.1, second) < 1.2
    limiter.on_departure(0.5, first)
    assert limiter.clear_at(1.1, second) == pytest.approx(1.521)
    assert limiter.clear_at(1.53, second) == 1.53


@pytest.mark.parametrize(("qps", "qpm"), [(1, 30), (10, 600), (20, 1200), (10, 200)])
def test_never_above_the_limit_of_a_minute(qps: int, qpm: int) -> None:
    """The sandbox has 1 a second, but only 30 a minute."""
    at = arrivals(RateLimiter(qps, qpm), 600.0, latency=lambda: 0.1)
    assert most_in(60.0, at) <= qpm
    assert len(at) >= 0.9 * qpm * 10


@pytest.mark.parametrize("qps", [0.25, 0.5, 1.5, 2.5])
def test_fractions(qps: float) -> None:
    """A setting of less than one a second, or of no whole number, holds too."""
    at = arrivals(RateLimiter(qps), 400.0, latency=lambda: 0.01)
    assert most_in(1.0, at) <= max(1, int(qps))
    assert len(at) <= qps * 400 + 1
    assert len(at) >= 0.9 * (qps if qps < 1 else int(qps)) * 400


def test_late_calls_catch_up() -> None:
    """A pause shorter than a second costs nothing of the budget."""
    limiter = RateLimiter(10)
    starts = [limiter.reserve(0.0, None, "x").start for _ in range(5)]
    after = [limiter.reserve(starts[-1] + 0.3, None, "x").start for _ in range(5)]
    assert after[1] - after[0] < 0.1


def reserve(limiter: RateLimiter, now: float, advertiser_id: str | None = "1", path: str = REPORT) -> Reservation:
    """A turn that is granted."""
    turn = limiter.reserve(now, advertiser_id, path)
    assert turn.granted
    return turn


def rate(limiter: RateLimiter, now: float) -> float:
    """Calls a second from this moment on."""
    starts = [reserve(limiter, now).start for _ in range(31)]
    return 20 / (starts[-1] - starts[10])


def test_a_refusal_lowers_the_pace_which_recovers() -> None:
    """After a hundred seconds nothing is left of it."""
    limiter = RateLimiter(10)
    limiter.on_throttle(0.0, reserve(limiter, 0.0))
    assert rate(limiter, 0.0) == pytest.approx(FULL * 0.8, rel=0.05)
    assert rate(limiter, 100.0) == pytest.approx(FULL, rel=0.01)


def test_refusals_of_one_burst_count_once() -> None:
    """Answers to what left before the drop say nothing about the limiter since."""
    limiter = RateLimiter(10)
    turns = [reserve(limiter, 0.0) for _ in range(8)]
    for turn in turns:
        limiter.on_throttle(2.0, turn)
    assert rate(limiter, 2.0) == pytest.approx(FULL * 0.8, rel=0.05)
    for round_ in range(200):
        limiter.on_throttle(5.0 + round_, reserve(limiter, 5.0 + round_))
    assert 0.3 < rate(limiter, 206.0) < 1.0


def test_a_second_refusal_soon_after_means_company() -> None:
    """Then the limiter falls faster than after a chance one."""
    alone, beside = RateLimiter(10), RateLimiter(10)
    alone.on_throttle(0.0, reserve(alone, 0.0))
    alone.on_throttle(20.0, reserve(alone, 20.0))
    beside.on_throttle(0.0, reserve(beside, 0.0))
    beside.on_throttle(5.0, reserve(beside, 5.0))
    assert rate(beside, 20.0) < 0.85 * rate(alone, 20.0)


def test_a_lower_pace_takes_back_starts_that_were_given_out() -> None:
    """Else a queue of waiting threads would go on at the old one."""
    limiter = RateLimiter(10)
    turns = [reserve(limiter, 0.0) for _ in range(20)]
    limiter.on_throttle(0.1, turns[0])
    assert not any(limiter.is_valid(turn) for turn in turns)
    again = reserve(limiter, 0.1)
    assert limiter.is_valid(again)
    assert again.start < turns[5].start


def test_beside_another_program_on_the_same_app() -> None:
    """Somebody else takes half: fewer than two in a hundred are refused, and most of the rest is used."""
    chance, limiter, server = random.Random(1), RateLimiter(10), [-math.inf] * 10
    asking = [(0.0, worker) for worker in range(8)]
    sent = refused = 0
    other = 0.0
    while asking[0][0] < 900:
        now, worker = heapq.heappop(asking)
        turn = reserve(limiter, now)
        while other < turn.start:
            server = [*server[1:], other] if server[0] <= other - 1 else server
            other += 0.2 * chance.uniform(0.8, 1.2)
        sent += 1
        if server[0] <= turn.start - 1:
            server = [*server[1:], turn.start]
            limiter.on_success(turn)
            heapq.heappush(asking, (turn.start + 0.2, worker))
        else:
            refused += 1
            limiter.on_throttle(turn.start, turn)
            heapq.heappush(asking, (turn.start + 1.5, worker))
    assert refused / sent < 0.02
    assert sent / 900 > 3.3


def test_a_limit_that_tiktok_names_is_kept() -> None:
    """A tier chosen too high corrects itself; a limit higher than ours changes nothing."""
    limiter = RateLimiter(50, 3000)
    limiter.on_throttle(0.0, reserve(limiter, 0.0), 10)
    limiter.on_throttle(1.0, reserve(limiter, 1.0), 20)
    assert rate(limiter, 500.0) == pytest.approx(FULL, rel=0.01)


def test_a_lockout_stops_everybody_then_one_probes() -> None:
    """Five minutes nobody; then one request; the rest after its answer."""
    limiter = RateLimiter(10)
    first, second = reserve(limiter, 0.0), reserve(limiter, 0.0)
    assert limiter.is_valid(second)
    assert limiter.on_lockout(0.1, first) == 1
    assert not limiter.is_valid(second)
    assert limiter.reserve(200.0, "2", "x") == Reservation(
        300.1, False, "TikTok has locked this app out for too many requests", "2", "x", 1, 1
    )
    probe = reserve(limiter, 301.0)
    waiting = limiter.reserve(301.0, "2", "x")
    assert (waiting.granted, waiting.start) == (False, 302.0)
    limiter.on_success(probe)
    assert reserve(limiter, 302.0).start < 303


def test_a_lockout_counts_once() -> None:
    """What was under way brings the same answer, or a late success, and neither changes anything."""
    limiter = RateLimiter(10)
    turns = [reserve(limiter, 0.0) for _ in range(3)]
    assert [limiter.on_lockout(1.0, turn) for turn in turns[:2]] == [1, 1]
    limiter.on_success(turns[2])
    limiter.on_no_answer(turns[2])
    assert not limiter.reserve(200.0, "1", "x").granted


def test_lockouts_in_a_row_grow() -> None:
    """Attempts make them longer, so we ask less and less often: 5, 10, 15 … 30 minutes."""
    limiter, now, pauses = RateLimiter(10), 0.0, []
    for count in range(1, 9):
        assert limiter.on_lockout(now, reserve(limiter, now)) == count
        until = limiter.reserve(now, "1", "x").start
        pauses.append(until - now)
        now = until
    assert pauses == pytest.approx([300, 600, 900, 1200, 1500, 1800, 1800, 1800])


@pytest.mark.parametrize("how", ["failed", "refused", "braked"])
def test_a_probe_without_news_lets_the_next_go(how: str) -> None:
    """Whatever ends the probe, nobody waits for it any longer."""
    limiter = RateLimiter(10)
    limiter.on_lockout(0.0, reserve(limiter, 0.0))
    probe = reserve(limiter, 300.0)
    if how == "failed":
        limiter.on_no_answer(probe)
    elif how == "refused":
        limiter.on_throttle(300.5, probe)
    else:
        limiter.on_scoped_throttle(300.5, probe)
    assert reserve(limiter, 301.0, "2", "x").start < 303


def test_a_lost_probe_is_forgotten() -> None:
    """A thread that dies with the probe does not stop the others for ever."""
    limiter = RateLimiter(10)
    limiter.on_lockout(0.0, reserve(limiter, 0.0))
    reserve(limiter, 300.0)
    assert limiter.reserve(449.5, "1", "x").start == 450.0
    assert reserve(limiter, 450.0)


def test_a_lockout_until_a_moment() -> None:
    """The quota of a day comes back at midnight, not in five minutes."""
    limiter = RateLimiter(10)
    limiter.on_lockout(0.0, reserve(limiter, 0.0), until=4000.0)
    assert limiter.reserve(3000.0, "1", "x").start == 4000.0


def test_pauses_are_scaled_but_not_the_budget() -> None:
    """Tests wait less, and never send more."""
    limiter = RateLimiter(10, wait_scale=0.01)
    turn = reserve(limiter, 0.0)
    limiter.on_lockout(0.0, turn)
    assert limiter.reserve(0.0, "1", "x").start == 3.0
    assert most_in(1.0, arrivals(RateLimiter(10, wait_scale=0.01), 20.0, latency=lambda: 0.1)) <= 10


def late(limiter: RateLimiter, number: int, within: float = 9.0) -> None:
    """So many requests time out from 0 on, evenly within so many seconds."""
    turn = reserve(limiter, 0.0)
    for n in range(number):
        limiter.on_timeout(n * within / number, turn)


@pytest.mark.parametrize(("number", "least", "most"), [(9, 9, 10), (10, 4, 5), (19, 4, 5), (20, 0.9, 1), (29, 0.9, 1)])
def test_requests_that_time_out_cost_a_part_of_the_budget(number: int, least: float, most: int) -> None:
    """TikTok leaves 5 or 1 a second for five minutes; then the limiter is the full one again."""
    limiter = RateLimiter(10)
    late(limiter, number)
    at = arrivals(limiter, 400.0, latency=lambda: 0.1)
    cut, after = [start for start in at if start < 300], [start for start in at if start > 320]
    assert most_in(1.0, cut) == most
    assert len(cut) >= least * 300
    assert len(after) > 9 * 79


def test_so_many_that_time_out_stop_everybody() -> None:
    """From the thirtieth on TikTok takes nothing for five minutes; starts that were given out do not hold."""
    limiter = RateLimiter(10)
    given = reserve(limiter, 0.0)
    late(limiter, 30)
    assert not limiter.is_valid(given)
    waiting = limiter.reserve(9.0, "1", "x")
    assert (waiting.granted, waiting.start) == (False, pytest.approx(8.7 + 300))
    assert "timed out" in waiting.why
    assert rate(limiter, 309.0) == pytest.approx(FULL, rel=0.05)


def test_requests_that_time_out_now_and_then_cost_nothing() -> None:
    """Only those within ten seconds count together."""
    limiter = RateLimiter(10)
    late(limiter, 30, within=60.0)
    assert rate(limiter, 60.0) == pytest.approx(FULL, rel=0.05)


def test_a_lighter_penalty_does_not_end_a_heavier_one() -> None:
    """Ten more that time out later leave the one a second that twenty have left."""
    limiter = RateLimiter(10)
    late(limiter, 20)
    for _ in range(10):
        limiter.on_timeout(100.0, reserve(limiter, 100.0))
    assert rate(limiter, 200.0) < 1


def test_a_penalty_is_shortened_like_every_wait() -> None:
    """Ten seconds and five minutes become a tenth and three seconds."""
    limiter = RateLimiter(10, 60_000, wait_scale=0.01)
    late(limiter, 10, within=0.09)
    assert rate(limiter, 0.1) < 5
    limiter = RateLimiter(10, 60_000, wait_scale=0.01)
    late(limiter, 10, within=0.09)
    assert rate(limiter, 3.1) == pytest.approx(FULL, rel=0.05)


def test_a_brake_holds_one_advertiser_only() -> None:
    """40133: the others go on at full limiter."""
    limiter = RateLimiter(10)
    limiter.on_scoped_throttle(0.0, reserve(limiter, 0.0, "1"))
    assert limiter.reserve(1.0, "1", "x").start == 2.0
    assert reserve(limiter, 1.0, "2").start == 1.0
    assert reserve(limiter, 2.0, "1").start == 2.0
    assert limiter.reserve(2.5, "1", "x").start == 4.0


def test_a_brake_grows_and_eases() -> None:
    """Refusals double the distance up to a minute, successes shorten it until nothing is left."""
    limiter = RateLimiter(10)
    early = [reserve(limiter, 0.0) for _ in range(3)]
    for turn in early:
        limiter.on_scoped_throttle(1.0, turn)
    now = 3.0
    for _ in range(8):
        turn = reserve(limiter, now)
        limiter.on_scoped_throttle(now, turn)
        now = limiter.reserve(now, "1", REPORT).start
    assert not limiter.reserve(now - 1, "1", REPORT).granted
    for _ in range(30):
        now += 60
        limiter.on_success(reserve(limiter, now))
    assert reserve(limiter, now).start - now < 1
    assert reserve(limiter, now).start - now < 1


def test_a_brake_on_an_endpoint() -> None:
    """Other endpoints of the same advertiser go on."""
    limiter = RateLimiter(10)
    limiter.on_scoped_throttle(0.0, reserve(limiter, 0.0, "1", "a/get"), endpoint=True)
    assert not limiter.reserve(1.0, "2", "a/get").granted
    assert reserve(limiter, 1.0, "1", "b/get")


@pytest.mark.parametrize(("qps", "expected"), [(10, 8), (20, 12), (30, 20), (50, 20)])
def test_endpoints_with_a_limit_of_their_own(qps: int, expected: int) -> None:
    """GMV Max allows less than the app has, whatever its tier; others are not held up."""
    path = "gmv_max/report/get"
    at = arrivals(RateLimiter(qps), 200.0, latency=lambda: 0.05, path=path)
    assert most_in(1.0, at) <= expected
    assert most_in(60.0, at) <= endpoint_limits(qps)[path].qpm
    limiter = RateLimiter(qps, endpoints={path: Limit(1, 60)})
    reserve(limiter, 0.0, path=path)
    assert not limiter.reserve(0.5, "1", path).granted
    assert reserve(limiter, 0.5).start < 0.7
    limiter.on_throttle(0.6, reserve(limiter, 5.0, path=path), 1)
    assert rate(limiter, 500.0) > 9
