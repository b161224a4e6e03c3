"""The rows of a list: cast, told what the answer leaves out, compared with a cursor."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from source_tiktok_ads.streams.listing import Listing, Row
from source_tiktok_ads.streams.shapes import Surprise
from source_tiktok_ads.sync.lines import NO_VALUE, Piece, Recent, record_of, to_json, wire_casts

# TikTok: whoever knows the code of a post can advertise it; several lists send it, in several places.
SECRET = "auth_code"


class ListingRows(Recent):
    """Makes records of what a list answers: cast, completed, compared with a cursor, without what is secret.

    Unless `personal` data are wanted, a list that has them passes only declared columns: a new one may hold them too.
    """

    def __init__(self, listing: Listing, surprise: Surprise, since: str | None = None, personal: bool = True) -> None:
        super().__init__(since)
        self._listing = listing
        self._casts = wire_casts(listing.columns, surprise)
        impersonal = bool(listing.personal) and not personal
        self._hidden = {SECRET, *(listing.personal if impersonal else ())}
        self._only = {*listing.columns} if impersonal else None

    def pieces(self, rows: Sequence[Any], tells: Row) -> Sequence[Piece]:
        """Each record, told apart by its key; `tells` is what the request tells of its rows where they do not."""
        return [self._piece(record) for row in rows for record in self._records(row, tells)]

    def _records(self, row: Mapping[str, Any], tells: Row) -> Iterator[dict[str, Any]]:
        for raw in self._listing.records(row) if self._listing.records else (row,):
            record = record_of(raw, self._casts)
            record.update((name, value) for name, value in tells.items() if record.get(name) in (None, ""))
            record.update((name, NO_VALUE) for name in self._listing.key if record.get(name) in (None, ""))
            shown = _without(self._hidden, record)
            yield shown if self._only is None else {name: shown[name] for name in shown if name in self._only}

    def _piece(self, record: Mapping[str, Any]) -> Piece:
        key = to_json({name: record[name] for name in self._listing.key})
        changed = record.get(self._listing.cursor) if self._listing.cursor else None
        return key, to_json(record)[1:-1] if self.leaves(changed) else None


def _without(hidden: Collection[str], value: Any) -> Any:
    """A value without the members of these names, at any depth."""
    if isinstance(value, list):
        return [_without(hidden, item) for item in value]
    if isinstance(value, dict):
        return {name: _without(hidden, inner) for name, inner in value.items() if name not in hidden}
    return value
