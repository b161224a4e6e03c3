"""When requests that TikTok told to come later are sent again. Pure, because time is passed in."""

import math
import threading
from collections.abc import Hashable

FIRST_WAIT = 1.5
_LONGEST_WAIT = 300.0
_GROWTH = 2.0
# How soon to look again whether another thread's probe has been answered.
_LOOK = 1.0
# A probe without an outcome for so long (its thread died) is forgotten.
_PROBE_LIFE = 150.0


class Maintenance:
    """Whether TikTok is under maintenance for all requests or only for some; safe for any number of threads.

    While other requests succeed, a request that was told to come later waits on its own. While none does, one request
    at a time is sent for all that wait, at growing distances; its success lets all of them go.
    """

    def __init__(self, wait_scale: float) -> None:
        self._scale = wait_scale
        self._lock = threading.Lock()
        self._succeeded = -math.inf
        self._refusals = 0
        self._next_probe = -math.inf
        self._probe: Hashable | None = None
        self._probe_began = -math.inf

    def on_success(self, now: float) -> None:
        """Some request was answered."""
        with self._lock:
            self._succeeded = now
            self._refusals = 0
            self._next_probe = -math.inf
            self._probe = None

    def on_refusal(self, now: float, request: Hashable) -> None:
        """A request was told to come later. Of those that were under way together the first one counts."""
        with self._lock:
            if self._probe == request or (self._probe is None and now >= self._next_probe):
                wait = min(FIRST_WAIT * _GROWTH ** min(self._refusals, 20), _LONGEST_WAIT)
                self._next_probe = now + wait * self._scale
                self._refusals += 1
            self.on_no_answer(request)

    def on_no_answer(self, request: Hashable) -> None:
        """A request ended without success: if it was the probe, another one may be."""
        if self._probe == request:
            self._probe = None

    def succeeded_since(self, moment: float) -> bool:
        """Whether any request was answered since then."""
        return self._succeeded >= moment

    def wait(self, now: float, request: Hashable, refused_at: float, own_wait: float) -> float:
        """Seconds to wait, or until the next look; 0 where the request may be sent again, as the probe if need be.

        `own_wait` is how long it waits after its refusal where other requests are answered.
        """
        with self._lock:
            if self.succeeded_since(refused_at):
                return max(0.0, refused_at + own_wait - now)
            if self._probe is not None and now - self._probe_began < _PROBE_LIFE:
                return _LOOK * self._scale
            if now < self._next_probe:
                return self._next_probe - now
            self._probe, self._probe_began = request, now
            return 0.0
