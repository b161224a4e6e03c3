"""Which answers belong to another request: those that came before, by the id that TikTok gives each request."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

KEPT = 1024
"""So many of the latest request_ids are known. A late answer is the one before of its connection."""


class StaleAnswers:
    """Knows the latest answers by TikTok's `request_id`; safe for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Hashable] = OrderedDict()
        self._doubted: set[Hashable] = set()
        self._unique = True

    def is_stale(self, request_id: str, request: Hashable) -> bool:
        """Whether an answer with that id came before for another request.

        Where the same is found when the request is sent again, on a new connection, the ids are not unique and nothing
        is concluded from them any more.
        """
        if not request_id:
            return False
        with self._lock:
            if not self._unique:
                return False
            if self._first(request_id, request):
                self._doubted.discard(request)
                return False
            self._unique = request not in self._doubted
            self._doubted.add(request)
            return self._unique

    def _first(self, request_id: str, request: Hashable) -> bool:
        known = self._known.setdefault(request_id, request)
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return known == request
