"""When the next request may go out: one clock for all threads of the process; pure, because time is passed in.

The budget is TikTok's per app. Calls keep a distance besides being counted: counting alone lets a burst go at
the start of each second, and jitter on the way stacks two bursts into one second of the server's.
"""

import math
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

# N + 1 calls span so many seconds, so no second of the server's holds them all while jitter on the way
# is under 87 ms, whatever N is; 92 in a hundred of the limit are used.
_SPAN = 1.087
# Calls that come late may catch up, but no closer than this share of the even distance,
# and not while the pace is lowered: the server's second is then full of somebody else's calls.
_CLOSEST = 0.5
_MINUTE_SHARE = 0.95
_MINUTE = 61.0

# One refusal may be chance; a second soon after it means that somebody else uses the same budget.
_DROP = 0.8
_DROP_AGAIN = 0.6
_AGAIN = 8.0
_SLOWEST = 0.05
# A share of the full pace a second: a hundred seconds make up for one refusal, so that beside
# another program on the same app fewer than two requests in a hundred are refused.
_RECOVERY = 0.002

# TikTok: a lockout lasts five minutes or more, and further attempts make it longer.
_LOCKOUT = 300.0
_LONGEST_LOCKOUT = 1800.0
# A probe that tells nothing for so long (its thread died) is forgotten.
_PROBE_LIFE = 150.0

# TikTok: so many requests that time out within ten seconds leave the app so many a second for five minutes.
_LATE = ((30, 0.0), (20, 1.0), (10, 5.0))
_LATE_WITHIN = 10.0
_LATE_FOR = 300.0

_FIRST_BRAKE = 2.0
_LONGEST_BRAKE = 60.0


@dataclass(frozen=True)
class Limit:
    """Requests a second and a minute."""

    qps: float
    qpm: float


def endpoint_limits(qps: float) -> dict[str, Limit]:
    """TikTok's own limits of single endpoints, for an app with so many requests a second."""
    # TikTok: the levels of an app are 10, 20, 30 and 50 requests a second; some endpoints have less.
    gmv_max = Limit(8, 240) if qps < 20 else Limit(12, 360) if qps < 30 else Limit(20, 600)
    return {"gmv_max/report/get": gmv_max, "report/task/create": Limit(1, 60)}


@dataclass(frozen=True)
class Reservation:
    """Leave to send at `start` if `granted`, else the moment to ask again, and why."""

    start: float
    granted: bool
    why: str
    advertiser_id: str | None
    path: str
    lockout_id: int
    generation: int


class _Window:
    """Starts in a row: N + 1 of them never share a second, nor more than the minute's number a minute."""

    def __init__(self, limit: Limit) -> None:
        calls = max(1, int(limit.qps))
        self._span = _SPAN * max(1.0, 1 / limit.qps)
        self._even = self._span / calls
        self._second: deque[float] = deque(maxlen=calls)
        self._minute: deque[float] = deque(maxlen=max(1, int(_MINUTE_SHARE * limit.qpm)))

    def ready(self, now: float, share: float = 1.0) -> float:
        """The next free start, at this share of the full pace."""
        ready = now
        if self._second:
            ready = max(ready, self._second[-1] + self._even * (_CLOSEST if share >= 1 else 1 / share))
        if len(self._second) == self._second.maxlen:
            ready = max(ready, self._second[0] + self._span / share)
        if len(self._minute) == self._minute.maxlen:
            ready = max(ready, self._minute[0] + _MINUTE)
        return ready

    def take(self, start: float) -> None:
        """Occupy this start."""
        self._second.append(start)
        self._minute.append(start)

    def clear(self, now: float) -> None:
        """Forget starts that were handed out but will not be used."""
        for starts in (self._second, self._minute):
            while starts and starts[-1] > now:
                starts.pop()


@dataclass
class _Backoff:
    """The distance that one advertiser's, or one endpoint's, requests keep after a refusal."""

    gap: float
    ready: float
    since: float


class _Penalty:
    """What TikTok leaves of an app's requests a second after too many that timed out."""

    def __init__(self, wait_scale: float) -> None:
        self._scale = wait_scale
        self._late: deque[float] = deque(maxlen=_LATE[0][0])
        self._left = math.inf
        self.until = -math.inf

    def left(self, now: float) -> float:
        """Requests a second that TikTok takes, infinite where there is no penalty."""
        return self._left if now < self.until else math.inf

    def timed_out(self, now: float) -> bool:
        """Count one more; whether it leaves less than before."""
        self._late.append(now)
        late = sum(at > now - _LATE_WITHIN * self._scale for at in self._late)
        left = next((qps for number, qps in _LATE if late >= number), math.inf)
        less = left < self.left(now)
        if less or left == self._left:
            self._left, self.until = left, now + _LATE_FOR * self._scale
        return less


class RateLimiter:
    """The governor of one app's budget; thread-safe, and it never sleeps."""

    def __init__(
        self,
        qps: float,
        qpm: float | None = None,
        *,
        endpoints: Mapping[str, Limit] | None = None,
        wait_scale: float = 1.0,
    ) -> None:
        """Spacing follows the limits; pauses and brakes are shortened by `wait_scale`."""
        limits = endpoint_limits(qps) if endpoints is None else endpoints
        self._endpoints = {path: _Window(limit) for path, limit in limits.items()}
        self._limit = Limit(qps, qpm if qpm is not None else 60 * qps)
        self._window = _Window(self._limit)
        self._scale = wait_scale
        self._lock = threading.Lock()
        self._penalty = _Penalty(wait_scale)
        self._share = 1.0
        self._slowed = -math.inf
        self._brakes: dict[tuple[str, str], _Backoff] = {}
        # Counts lockouts, and everything that cancels starts.
        self._lockout_id = 0
        self._generation = 0
        self._pauses = 0
        self._paused_until = -math.inf
        self._probed = -math.inf

    def reserve(self, now: float, advertiser_id: str | None, path: str) -> Reservation:
        """A start for this request, or the moment to ask again; who got a start must use it or say `failed`."""
        with self._lock:
            wait = self._lockout(now) or self._braked(now, advertiser_id, path)
            if wait:
                return Reservation(wait[0], False, wait[1], advertiser_id, path, self._lockout_id, self._generation)
            start = self._window.ready(now, min(self._share_at(now), self._penalty.left(now) / self._limit.qps))
            self._window.take(start)
            if path in self._endpoints:
                self._endpoints[path].take(start)
            for brake in self._brakes_of(advertiser_id, path):
                brake.ready = start + brake.gap
            if self._pauses:
                self._probed = now
            return Reservation(
                start, True, "the app's request budget", advertiser_id, path, self._lockout_id, self._generation
            )

    def is_valid(self, reservation: Reservation) -> bool:
        """Whether a start still holds: a lockout or a lower pace since then cancels it."""
        return reservation.generation == self._generation

    def on_success(self, reservation: Reservation) -> None:
        """TikTok gave a verdict that is no throttle: a lockout is over, brakes ease."""
        with self._lock:
            self._end_lockout(reservation)
            for key in self._keys(reservation.advertiser_id, reservation.path):
                self._ease(key)

    def on_no_answer(self, reservation: Reservation) -> None:
        """No verdict came: if it was the probe after a lockout, another may go."""
        with self._lock:
            if reservation.lockout_id == self._lockout_id:
                self._probed = -math.inf

    def on_timeout(self, now: float, reservation: Reservation) -> None:
        """No answer came in time: as `failed`, and too many of these cost the app a part of its budget."""
        self.on_no_answer(reservation)
        with self._lock:
            if self._penalty.timed_out(now):
                self._cancel(now)

    def on_throttle(self, now: float, reservation: Reservation, limit: float | None = None) -> None:
        """One second was full: go slower and recover; never again quicker than a limit that TikTok names."""
        with self._lock:
            self._end_lockout(reservation)
            if limit and limit < self._limit.qps and reservation.path not in self._endpoints:
                self._limit = Limit(limit, min(60 * limit, self._limit.qpm))
                self._window = _Window(self._limit)
            # Answers to requests that left before the last drop say nothing about the pace since.
            if reservation.start >= self._slowed:
                drop = _DROP_AGAIN if now - self._slowed < _AGAIN else _DROP
                self._share = max(_SLOWEST, self._share_at(now) * drop)
                self._slowed = now
                self._cancel(now)

    def on_lockout(self, now: float, reservation: Reservation, until: float = -math.inf) -> int:
        """The app is locked out: nobody asks until it ends; the number of lockouts in a row."""
        with self._lock:
            # Requests that were under way when the lockout began bring the same answer: it counts once.
            if reservation.lockout_id == self._lockout_id:
                self._lockout_id += 1
                self._pauses += 1
                pause = min(_LOCKOUT * self._pauses, _LONGEST_LOCKOUT) * self._scale
                self._paused_until = max(now + pause, until)
                self._probed = -math.inf
                self._cancel(now)
            return self._pauses

    def on_scoped_throttle(self, now: float, reservation: Reservation, *, endpoint: bool = False) -> None:
        """One advertiser (or one endpoint) is asked too often: its requests keep a growing distance."""
        with self._lock:
            self._end_lockout(reservation)
            key = self._keys(reservation.advertiser_id, reservation.path)[endpoint]
            brake = self._brakes.get(key)
            # As above: what left before the last refusal brings no news.
            if brake is None or reservation.start >= brake.since:
                gap = min(2 * brake.gap if brake else _FIRST_BRAKE * self._scale, _LONGEST_BRAKE * self._scale)
                self._brakes[key] = _Backoff(gap, now + gap, now)

    def _cancel(self, now: float) -> None:
        self._generation += 1
        for window in (self._window, *self._endpoints.values()):
            window.clear(now)

    def _end_lockout(self, reservation: Reservation) -> None:
        if reservation.lockout_id == self._lockout_id:
            self._pauses = 0
            self._probed = -math.inf

    def _share_at(self, now: float) -> float:
        return min(1.0, self._share + _RECOVERY * (now - self._slowed)) if self._share < 1 else 1.0

    def _lockout(self, now: float) -> tuple[float, str] | None:
        if now < self._paused_until:
            return self._paused_until, "TikTok has locked this app out for too many requests"
        if self._penalty.left(now) == 0:
            return self._penalty.until, "too many requests timed out, for which TikTok takes none of this app"
        if self._pauses and now - self._probed < _PROBE_LIFE:
            return min(now + 1.0, self._probed + _PROBE_LIFE), "one request tries whether TikTok's lockout is over"
        return None

    def _braked(self, now: float, advertiser_id: str | None, path: str) -> tuple[float, str] | None:
        ready = max((brake.ready for brake in self._brakes_of(advertiser_id, path)), default=now)
        if ready > now:
            return ready, "TikTok has received too many requests of this kind or for this account"
        if path in self._endpoints and self._endpoints[path].ready(now) > now:
            return self._endpoints[path].ready(now), "TikTok's limit of this endpoint"
        return None

    def _brakes_of(self, advertiser_id: str | None, path: str) -> list[_Backoff]:
        if not self._brakes:
            return []
        return [self._brakes[key] for key in self._keys(advertiser_id, path) if key in self._brakes]

    def _ease(self, key: tuple[str, str]) -> None:
        brake = self._brakes.get(key)
        if brake:
            brake.gap *= 0.8
            if brake.gap < _FIRST_BRAKE * self._scale / 8:
                del self._brakes[key]

    @staticmethod
    def _keys(advertiser_id: str | None, path: str) -> tuple[tuple[str, str], tuple[str, str]]:
        return ("advertiser", advertiser_id or ""), ("endpoint", path)
