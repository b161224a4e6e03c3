"""Recognises answers that belong to an earlier request, by the id that TikTok gives to each request."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Hashable

STALE_AT_MOST = 1
"""How often one id can come with a stale answer, as the connection that delivers it is closed then."""

KEPT = 1024
"""How many of the latest request_ids are kept. A late answer is always the previous one of its connection."""


class StaleAnswers:
    """Keeps the latest answers by TikTok's `request_id`. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Hashable] = OrderedDict()
        self._stale: Counter[str] = Counter()
        self._unique = True

    def is_stale(self, request_id: str, request: Hashable) -> bool:
        """Whether an answer with this id was received before for another request.

        Where the same id comes with the answers to several other requests, ids are not unique, and from then on no
        answer counts as stale. One request may meet several stale answers in a row, as many connections may be late.
        """
        if not request_id:
            return False
        with self._lock:
            if not self._unique:
                return False
            if self._is_first(request_id, request):
                return False
            self._stale[request_id] += 1
            self._unique = self._stale[request_id] <= STALE_AT_MOST
            return self._unique

    def _is_first(self, request_id: str, request: Hashable) -> bool:
        known = self._known.setdefault(request_id, request)
        if len(self._known) > KEPT:
            oldest, _ = self._known.popitem(last=False)
            del self._stale[oldest]
        return known == request
