"""When the next request may leave: one rate limiter for all threads of the process. Pure, because time is passed in.

The limits are TikTok's, per app, a second and a minute. Requests are spread evenly besides being counted: by counting
alone a burst would leave at the start of each second. A request is counted when it is written to its connection, not
when its thread was woken for it: opening a connection may take longer than the distance between two requests.
"""

import math
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

# Any N + 1 requests leave within at least so many seconds, so no second at the server holds them all while their ways
# there differ by at most 20 ms. They are planned a little wider, for threads that wake late: 97 in a hundred are used.
_SECOND = 1.021
_PLANNED_SECOND = 1.027
# Requests that come late may catch up, but no closer than this share of the even distance,
# and not while the pace is lowered: the server's second is then full of somebody else's calls.
_CLOSEST = 0.5
_MINUTE = 60.5
_MINUTE_SHARE = 0.98
# How soon to look again for the end of another thread's write.
_WRITING = 0.002

# Of the requests of the minute before a lockout so many may go a minute from then on. Fewer than a minute's limit can
# be are the doing of another program on the same app: then half of the minute's limit so far is left.
_LEARNED_SHARE = 0.97
_PLAUSIBLE_MINUTE = 25
_LEARNED_BLINDLY = 0.5

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
# A probe without an outcome for so long (its thread died) is forgotten.
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


@dataclass
class _Departure:
    """When a request was written to its connection: `math.inf` while it is being written, `None` before."""

    at: float | None = None


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
    departure: _Departure = field(default_factory=_Departure, compare=False)


class ReservationCancelled(Exception):
    """The pace was lowered, or the app locked out, before the request left: it needs another reservation."""


class _Window:
    """Planned starts and true departures of requests, of which no second and no minute holds more than its limit."""

    def __init__(self, limit: Limit, wait_scale: float, before: "_Window | None" = None) -> None:
        """Keep to this limit, also together with the requests of a window `before` this one."""
        self.limit = limit
        self._wait_scale = wait_scale
        calls, a_minute = max(1, int(limit.qps)), max(1, int(_MINUTE_SHARE * limit.qpm * wait_scale))
        stretch = max(1.0, 1 / limit.qps)
        self._minute = _MINUTE * wait_scale
        self._spans = (calls, _PLANNED_SECOND * stretch), (a_minute, self._minute)
        self._clearances = (calls, _SECOND * stretch), (a_minute, self._minute)
        self._even = _PLANNED_SECOND * stretch / calls
        self._planned: deque[float] = deque(before._planned if before else (), maxlen=max(calls, a_minute))
        self._departures: deque[_Departure] = deque(before._departures if before else (), maxlen=self._planned.maxlen)

    def ready(self, now: float, share: float = 1.0) -> float:
        """The next free start, at this share of the full pace."""
        ready = now
        if self._planned:
            ready = max(ready, self._planned[-1] + self._even * (_CLOSEST if share >= 1 else 1 / share))
        (calls, second), (a_minute, minute) = self._spans
        for number, span in ((calls, second / share), (a_minute, minute)):
            if len(self._planned) >= number:
                ready = max(ready, self._planned[-number] + span)
        return ready

    def plan(self, start: float) -> None:
        """Occupy this start."""
        self._planned.append(start)

    def cancel(self, now: float) -> None:
        """Forget starts that were handed out but will not be used."""
        while self._planned and self._planned[-1] > now:
            self._planned.pop()

    def clear_at(self, now: float) -> float:
        """When a request may be written; now if at once."""
        clear = now
        for number, span in self._clearances:
            if len(self._departures) >= number:
                at = self._departures[-number].at
                clear = max(clear, now + _WRITING if at is None or at == math.inf else at + span)
        return clear

    def depart(self, departure: _Departure) -> None:
        """Count a request that is being written."""
        self._departures.append(departure)

    def limited(self, limit: Limit) -> "_Window":
        """The window from now on, at this limit where it is lower."""
        return _Window(Limit(min(limit.qps, self.limit.qps), min(limit.qpm, self.limit.qpm)), self._wait_scale, self)

    def after_lockout(self, reservation: Reservation, named: float | None) -> "_Window":
        """The window from now on, after this request has been refused for the requests of the minute before it."""
        counted = self.counted(reservation.departure.at or reservation.start) - 1
        learned = self.limit.qpm * _LEARNED_BLINDLY
        if named:
            learned = named * _LEARNED_SHARE
        elif counted >= _PLAUSIBLE_MINUTE:
            learned = min(counted / self._wait_scale, self.limit.qpm) * _LEARNED_SHARE
        return self.limited(Limit(self.limit.qps, learned))

    def counted(self, until: float) -> int:
        """How many requests left in the minute up to then."""
        return sum(until - self._minute < (departure.at or 0.0) <= until for departure in self._departures)


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
    """Says when requests of one app may leave; thread-safe, and it never sleeps."""

    def __init__(
        self,
        qps: float,
        qpm: float | None = None,
        *,
        endpoints: Mapping[str, Limit] | None = None,
        wait_scale: float = 1.0,
    ) -> None:
        """Distances follow the limits; pauses, brakes and the minute itself are times `wait_scale`."""
        limits = endpoint_limits(qps) if endpoints is None else endpoints
        self._scale = wait_scale
        self._endpoints = {path: _Window(limit, wait_scale) for path, limit in limits.items()}
        self._window = _Window(Limit(qps, qpm if qpm is not None else 60 * qps), wait_scale)
        self._lock = threading.Lock()
        self._penalty = _Penalty(wait_scale)
        self._share = 1.0
        self._slowed = -math.inf
        # Until when TikTok asked to be left alone: by path, and by "" for the whole app.
        self._holds: dict[str, float] = {}
        self._brakes: dict[tuple[str, str], _Backoff] = {}
        # Counts lockouts, and everything that cancels starts.
        self._lockout_id = 0
        self._generation = 0
        self._pauses = 0
        self._paused_until = -math.inf
        self._probed = -math.inf

    def reserve(self, now: float, advertiser_id: str | None, path: str) -> Reservation:
        """A start for this request, or the moment to ask again; who got a start sends or calls `on_no_answer`."""
        with self._lock:
            wait = self._lockout(now) or self._held(now, path) or self._braked(now, advertiser_id, path)
            if wait:
                return Reservation(wait[0], False, wait[1], advertiser_id, path, self._lockout_id, self._generation)
            start = self._window.ready(now, min(self._share_at(now), self._penalty.left(now) / self._window.limit.qps))
            self._window.plan(start)
            if path in self._endpoints:
                self._endpoints[path].plan(start)
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

    def on_throttle(
        self, now: float, reservation: Reservation, limit: float | None = None, until: float = -math.inf
    ) -> None:
        """One second was full: nothing leaves before `until`, then go slower and recover.

        The pace is never again quicker than a limit that TikTok names.
        """
        with self._lock:
            self._end_lockout(reservation)
            self._hold("", until)
            if limit and limit < self._window.limit.qps and reservation.path not in self._endpoints:
                self._window = self._window.limited(Limit(limit, 60 * limit))
            # Answers to requests that left before the last drop say nothing about the pace since.
            if reservation.start >= self._slowed:
                drop = _DROP_AGAIN if now - self._slowed < _AGAIN else _DROP
                self._share = max(_SLOWEST, self._share_at(now) * drop)
                self._slowed = now
                self._cancel(now)

    def on_lockout(
        self,
        now: float,
        reservation: Reservation,
        until: float = -math.inf,
        *,
        of_the_minute: bool = True,
        limit: float | None = None,
    ) -> int:
        """The app is locked out: nothing leaves until it ends; the number of lockouts in a row.

        Where it was locked out for the requests of a minute, fewer go a minute from then on: a little less than the
        `limit` that TikTok names, or than were counted. The same pace would lock the app out again.
        """
        with self._lock:
            # Requests that were under way when the lockout began bring the same answer: it counts once.
            if reservation.lockout_id == self._lockout_id:
                if of_the_minute and not self._pauses:
                    self._learn_minute(reservation, limit)
                self._lockout_id += 1
                self._pauses += 1
                pause = min(_LOCKOUT * self._pauses, _LONGEST_LOCKOUT) * self._scale
                self._paused_until = max(now + pause, until)
                self._probed = -math.inf
                self._cancel(now)
            return self._pauses

    def on_scoped_throttle(
        self, now: float, reservation: Reservation, *, endpoint: bool = False, until: float = -math.inf
    ) -> None:
        """One advertiser (or one endpoint) is asked too often: its requests wait, and keep a growing distance."""
        with self._lock:
            self._end_lockout(reservation)
            key = self._keys(reservation.advertiser_id, reservation.path)[endpoint]
            brake = self._brakes.get(key)
            # As above: what left before the last refusal brings no news.
            if brake is None or reservation.start >= brake.since:
                gap = min(2 * brake.gap if brake else _FIRST_BRAKE * self._scale, _LONGEST_BRAKE * self._scale)
                self._brakes[key] = _Backoff(gap, max(now + gap, until), now)

    def hold_endpoint(self, path: str, until: float) -> None:
        """TikTok asked to leave this endpoint alone until then."""
        with self._lock:
            self._hold(path, until)

    def clear_at(self, now: float, reservation: Reservation) -> float:
        """When a reserved request may be written to its connection, now if at once: it is then counted as leaving.

        Raises ReservationCancelled.
        """
        with self._lock:
            if not self.is_valid(reservation):
                raise ReservationCancelled
            windows = self._windows_of(reservation.path)
            clear = max(window.clear_at(now) for window in windows)
            if clear <= now:
                reservation.departure.at = math.inf
                for window in windows:
                    window.depart(reservation.departure)
            return clear

    def on_departure(self, now: float, reservation: Reservation) -> None:
        """A request has been written."""
        reservation.departure.at = now

    def _windows_of(self, path: str) -> list[_Window]:
        return [self._window, self._endpoints[path]] if path in self._endpoints else [self._window]

    def _learn_minute(self, reservation: Reservation, named: float | None) -> None:
        self._window = self._window.after_lockout(reservation, named)
        if reservation.path in self._endpoints:
            self._endpoints[reservation.path] = self._endpoints[reservation.path].after_lockout(reservation, named)

    def _hold(self, what: str, until: float) -> None:
        self._holds[what] = max(until, self._holds.get(what, until))

    def _cancel(self, now: float) -> None:
        self._generation += 1
        for window in (self._window, *self._endpoints.values()):
            window.cancel(now)

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

    def _held(self, now: float, path: str) -> tuple[float, str] | None:
        until = max(self._holds.get("", now), self._holds.get(path, now))
        return (until, "TikTok said how long to wait") if until > now else None

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
