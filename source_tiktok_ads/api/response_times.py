"""How long an endpoint may be silent before a request is taken for lost, by the answers seen on it so far."""

import threading
from collections import defaultdict, deque

LONGEST = 60.0
_SHORTEST = 10.0
# Used before an endpoint's first answer. A request that is given up too early is sent again with the longest time.
_UNKNOWN = 15.0
_FACTOR = 4.0
_KEPT = 50


class ResponseTimes:
    """The latest answers of each endpoint, in seconds; safe for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_KEPT))

    def observe(self, path: str, seconds: float) -> None:
        """Remember how long an answer took."""
        with self._lock:
            self._seen[path].append(seconds)

    def silence(self, path: str) -> float:
        """Seconds without a byte after which the first attempt of a request is given up: 10 to 60.

        A slow answer lifts it for the endpoint, so that reports which take their time are not sent twice.
        """
        with self._lock:
            slowest = max(self._seen[path], default=None)
        return _UNKNOWN if slowest is None else min(LONGEST, max(_SHORTEST, _FACTOR * slowest))
