"""The rows of a list: cast, told what the answer leaves out, compared with a cursor."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from source_tiktok_ads.streams.listing import Listing, Row
from source_tiktok_ads.streams.shapes import Surprise
from source_tiktok_ads.sync.lines import NO_VALUE, Piece, record_of, to_json, wire_casts


class ListingRows:
    """Makes records of what a list answers.

    `since` is the cursor's moment, None where every row leaves; `newest` is the latest change among rows that left.
    """

    def __init__(self, listing: Listing, surprise: Surprise, since: str | None = None, personal: bool = True) -> None:
        self._listing = listing
        self._casts = wire_casts(listing.columns, surprise)
        self._hidden = () if personal else listing.personal
        self.since = since
        self.newest: str | None = None
        self._lock = threading.Lock()

    def pieces(self, rows: Sequence[Any], tells: Row) -> Sequence[Piece]:
        """Each record, told apart by its key; `tells` is what the request tells of its rows where they do not."""
        return [self._piece(record) for row in rows for record in self._records(row, tells)]

    def _records(self, row: Mapping[str, Any], tells: Row) -> Iterator[dict[str, Any]]:
        for raw in self._listing.records(row) if self._listing.records else (row,):
            record = record_of(raw, self._casts)
            record.update((name, value) for name, value in tells.items() if record.get(name) is None)
            record.update((name, NO_VALUE) for name in self._listing.key if record.get(name) in (None, ""))
            yield {name: value for name, value in record.items() if name not in self._hidden}

    def _piece(self, record: Mapping[str, Any]) -> Piece:
        key = to_json({name: record[name] for name in self._listing.key})
        changed = record.get(self._listing.cursor)
        if changed and self.since and changed < self.since:
            return key, None
        if changed:
            self._note(changed)
        return key, to_json(record)[1:-1]

    def _note(self, changed: str) -> None:
        with self._lock:
            self.newest = max(filter(None, (self.newest, changed)))
