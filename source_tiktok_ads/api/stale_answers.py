"""Recognises answers that belong to an earlier request, by the id that TikTok gives to each request."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

KEPT = 1024
"""How many of the latest request_ids are kept. A late answer is always the previous one of its connection."""


class StaleAnswers:
    """Keeps the latest answers by TikTok's `request_id`. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Hashable] = OrderedDict()
        self._repeated: set[Hashable] = set()
        self._unique = True

    def is_stale(self, request_id: str, request: Hashable) -> bool:
        """Whether an answer with this id was received before for another request.

        If that is still so after the request was repeated on a new connection, ids are not unique, and from then on no
        answer counts as stale.
        """
        if not request_id:
            return False
        with self._lock:
            if not self._unique:
                return False
            if self._is_first(request_id, request):
                self._repeated.discard(request)
                return False
            self._unique = request not in self._repeated
            self._repeated.add(request)
            return self._unique

    def _is_first(self, request_id: str, request: Hashable) -> bool:
        known = self._known.setdefault(request_id, request)
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return known == request
