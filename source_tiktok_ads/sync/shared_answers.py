"""Keeps the answers to requests that several streams of a sync send, so that TikTok is asked for each only once."""

from __future__ import annotations

import json
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from source_tiktok_ads.streams.listing import DatedListing, Listing, Paging
from source_tiktok_ads.streams.parameters import Params

MOST_BYTES = 32 * 2**20
"""The memory for kept answers, compressed. A list beyond it is asked for by each stream that reads it."""

PATIENCE = 60.0
"""How many seconds a reading waits for another one of the same list; then it sends the requests itself."""


@dataclass
class Answers:
    """The answers that one reading of a list need not ask for, and those that it leaves for later readings.

    Answers are named by the parameters that differ within the reading, such as the number of the page. Each is used
    once, so a reading that doubts an answer and asks again asks TikTok. Several threads may use it.
    """

    earlier: dict[str, bytes] = field(default_factory=dict)
    """The compressed answers of an earlier reading."""
    reserve: Callable[[int], bool] | None = None
    """Whether there is memory for so many bytes, which then are reserved. None if nothing is to be kept."""
    own: dict[str, bytes] = field(default_factory=dict)
    """The compressed answers that came in this reading."""
    doubted: bool = False
    """Whether an answer was asked for twice or does not fit into the memory. Then none are left for others."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, at: Params) -> Any:
        """The data of an earlier answer; None if there is none."""
        packed = self.earlier.pop(_name(at), None)
        return None if packed is None else json.loads(zlib.decompress(packed))

    def add(self, at: Params, data: Any) -> None:
        """Keep the data of an answer that has just come."""
        if self.reserve is None or self.doubted:
            return
        # The standard library keeps lone surrogates as they came.
        packed = zlib.compress(json.dumps(data).encode())
        with self._lock:
            if _name(at) in self.own or not self.reserve(len(packed)):
                self.doubted = True
            else:
                self.own[_name(at)] = packed

    @property
    def size(self) -> int:
        """The bytes that are reserved for it."""
        return sum(map(len, self.own.values()))


def _name(at: Params) -> str:
    return json.dumps(at, sort_keys=True)


class SharedAnswers:
    """The answers to the requests of lists that are read more than once in a sync.

    `readings` says how often each list is read, by its name. Only the answers of a reading that ended without an error
    and that had to ask for nothing twice are kept; after any other, the next reading sends all requests again, so
    refusals and answers that contradict each other are confirmed as if no answer was ever kept.
    """

    def __init__(self, readings: Mapping[str, int], most_bytes: int = MOST_BYTES, patience: float = PATIENCE) -> None:
        self._readings = readings
        self._left = most_bytes
        self._patience = patience
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._kept: dict[str, Mapping[str, bytes]] = {}
        self._uses: dict[str, int] = {}

    @contextmanager
    def reading(self, listing: Listing, params: Params) -> Iterator[Answers]:
        """The answers for one reading of a list. A second reading of the same list waits for the first to end."""
        others = self._readings.get(listing.name, 1) - 1
        if not others:
            yield Answers()
            return
        key = json.dumps([listing.path, params], sort_keys=True)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        # The first may wait for a destination that is slow to take its rows.
        waited = lock.acquire(timeout=self._patience)
        earlier = self._use(key)
        if earlier is None and waited:
            try:
                yield from self._record(key, others)
            finally:
                lock.release()
        else:
            if waited:
                lock.release()
            yield Answers({**(earlier or {})})

    def _record(self, key: str, others: int) -> Iterator[Answers]:
        """The answers of a reading that later ones may use: kept if it ends well, else forgotten."""
        answers = Answers(reserve=self._reserve)
        try:
            yield answers
        except BaseException:
            answers.doubted = True
            raise
        finally:
            with self._lock:
                if answers.doubted:
                    self._left += answers.size
                else:
                    self._kept[key], self._uses[key] = answers.own, others

    def _use(self, key: str) -> Mapping[str, bytes] | None:
        """The answers kept for a list, which are forgotten after the last expected use; None if there are none."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return None
            self._uses[key] -= 1
            if not self._uses[key]:
                del self._kept[key]
                self._left += sum(map(len, kept.values()))
            return kept

    def _reserve(self, size: int) -> bool:
        with self._lock:
            fits = size <= self._left
            self._left -= size if fits else 0
        return fits


def readings_of(streams: Iterable[Listing], parents: Iterable[Listing], include_deleted: bool) -> Mapping[str, int]:
    """How often the requests of each list are sent in a sync of these streams, by the name of the list.

    `parents` are lists that the sync needs beside the parent lists of the streams. Each parent list is read once.
    """
    chosen = [listing for stream in streams for listing in _parts(stream)]
    above = {parent.name: parent for listing in chosen for parent in _parents(listing)}
    above.update((parent.name, parent) for parent in parents)
    lists = [*chosen, *(listing for parent in above.values() for listing in _parts(parent))]
    asked = [(listing.name, request) for listing in lists for request in _requests(listing, include_deleted)]
    counts = Counter(request for _, request in asked)
    found: dict[str, int] = {}
    for name, request in asked:
        found[name] = max(found.get(name, 0), counts[request])
    return found


def _parts(listing: Listing) -> Iterator[Listing]:
    """A list, its further lists, and those that are read in place of refused ones."""
    for part in (listing, *listing.more):
        yield part
        if part.instead:
            yield from _parts(part.instead)


def _parents(listing: Listing) -> Iterator[Listing]:
    """The parent lists that a list needs, at any distance."""
    if listing.parent:
        yield listing.parent.listing
        for part in _parts(listing.parent.listing):
            yield from _parents(part)


def _requests(listing: Listing, include_deleted: bool) -> Iterator[tuple[str, str, str]]:
    """The path, parameters and parent list of a list in each of its passes; none if its answers are never shared.

    A list by days is asked anew because its last day still runs, and a file is asked for by a task of its own. A list
    that is sorted by change may be read only in part.
    """
    if isinstance(listing, DatedListing) or listing.paging is Paging.TASK or listing.newest_first:
        return
    parent = listing.parent.listing.name if listing.parent else ""
    for each in listing.readings(include_deleted):
        yield listing.path, json.dumps(each.params, sort_keys=True), parent
