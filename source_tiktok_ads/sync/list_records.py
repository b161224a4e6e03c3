"""The rows of a list: cast, told what the answer leaves out, compared with a cursor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from source_tiktok_ads.api.errors import missing_column
from source_tiktok_ads.streams.listing import Listing, Row
from source_tiktok_ads.streams.shapes import OnInvalidValue, nothing
from source_tiktok_ads.sync.records import (
    NO_VALUE,
    TIMES,
    MissingKey,
    OnIncomplete,
    Piece,
    Recent,
    disambiguate,
    record_of,
    to_json,
    unkeyed,
    wire_casts,
)

# TikTok: whoever knows the code of a post can advertise it; several lists send it, in several places. Feeds of catalogs
# come with the password of the shop's server.
SECRETS = ("auth_code", "authorization_code", "password")


class ListingRows(Recent):
    """Makes records of what a list answers: cast, completed, compared with a cursor, without what is secret.

    `is_new` tells of records that leave whatever the cursor says; none leaves whose cursor lies after `until`.
    Unless `personal` data are wanted, a list that has them passes only declared columns: a new one may hold them too.
    """

    def __init__(
        self,
        listing: Listing,
        surprise: OnInvalidValue,
        since: str | None = None,
        personal: bool = True,
        is_new: Callable[[Row], bool] = lambda record: False,
        until: str = "",
    ) -> None:
        super().__init__(since)
        self._until = until
        self._is_new = is_new
        self._listing = listing
        self._casts = wire_casts(listing.columns, surprise, quiet=(*listing.key, listing.cursor))
        self._wire = {name: wire for name, wire, _ in self._casts}
        self._cast_of = {name: cast for name, _, cast in self._casts}
        self._times = [name for name in listing.key if name in listing.columns and listing.columns[name].kind in TIMES]
        impersonal = bool(listing.personal) and not personal
        self._hidden = {*SECRETS, *(listing.personal if impersonal else ())}
        self._only = {*listing.columns} if impersonal else None
        self._required = [name for name in listing.key if name not in listing.empty_keys]

    def pieces(
        self,
        rows: Sequence[Any],
        constants: Row,
        on_incomplete: OnIncomplete = lambda sentence: None,
        listing: Listing | None = None,
    ) -> Sequence[Piece]:
        """Each record, told apart by its key; `tells` is what the request tells of its rows where they do not.

        `on_incomplete` hears of rows whose key or cursor can't be read, or whose key is another's for want of a value.
        `listing` is the one among those of the stream that the rows come from. Raises TikTokError where none of the
        rows has a column of the key.
        """
        source = listing or self._listing
        raws = [raw for row in rows for raw in (source.records(row) if source.records else (row,))]
        if self._listing.numbered:
            raws = _numbered(raws, self._listing.ids, self._listing.numbered)
        self._check(raws, constants, source.path)
        return disambiguate([self._piece(raw, constants, on_incomplete) for raw in raws], on_incomplete)

    def _check(self, raws: Sequence[Mapping[str, Any]], constants: Row, path: str) -> None:
        """Raise TikTokError where a column of the key comes in no row: those that share the others would be one."""
        missing = [name for name in self._required if raws and not self._comes(name, raws, constants)]
        if missing and any(self._comes(name, raws, constants) for name in self._listing.ids):
            raise missing_column(missing[0], len(raws), path, constants.get("advertiser_id"))

    def _comes(self, name: str, raws: Sequence[Mapping[str, Any]], constants: Row) -> bool:
        return constants.get(name) not in (None, "") or any(self._sent(raw, name) not in (None, "") for raw in raws)

    def _piece(self, raw: Mapping[str, Any], constants: Row, on_incomplete: OnIncomplete) -> Piece:
        record = record_of(raw, self._casts)
        record.update((name, value) for name, value in constants.items() if record.get(name) in (None, ""))
        try:
            self._complete(raw, record)
        except MissingKey as odd:
            on_incomplete(odd.sentence)
            return unkeyed(raw)
        changed = record.get(self._listing.cursor) if self._listing.cursor else None
        if changed is None and self._listing.cursor and not nothing(sent := self._sent(raw, self._listing.cursor)):
            # The row leaves, whatever the cursor says; it is only not known when it changed.
            on_incomplete(f"{self._listing.cursor} cannot be read: TikTok sent {sent!r:.60}.")
        key = to_json({name: record[name] for name in self._listing.key})
        to_come = bool(self._until and changed) and str(changed) > self._until
        leaves = not to_come and (self.leaves(changed) or self._is_new(record))
        return key, to_json(self._shown(record))[1:-1] if leaves else None

    def _complete(self, raw: Mapping[str, Any], record: dict[str, Any]) -> None:
        """Fill the key columns of a record. Raises Unkeyed where one cannot be read, or nothing tells the row apart."""
        for name in self._listing.key:
            sent = self._sent(raw, name)
            if record.get(name) is None and (name in self._times or not nothing(sent)):
                raise MissingKey(name, sent)
        ids = self._listing.ids
        if all(record.get(name) in (None, "") for name in ids):
            raise MissingKey(ids[0], self._sent(raw, ids[0]))
        record.update((name, NO_VALUE) for name in self._listing.key if record.get(name) in (None, ""))

    def changed(self, raw: Row) -> str | None:
        """When a row was changed, for a list whose cursor is a time of change; None if that cannot be read."""
        change: str | None = self._cast_of[self._listing.cursor](self._sent(raw, self._listing.cursor))
        return change

    def _sent(self, raw: Mapping[str, Any], name: str) -> Any:
        """What TikTok sent for a column."""
        value = raw.get(name)
        return raw.get(self._wire.get(name, name)) if value is None else value

    def _shown(self, record: dict[str, Any]) -> Mapping[str, Any]:
        """The record without what is secret or personal."""
        shown: dict[str, Any] = _without(self._hidden, record)
        return shown if self._only is None else {name: shown[name] for name in shown if name in self._only}


def _numbered(raws: Sequence[Row], ids: Sequence[str], column: str) -> list[Row]:
    """The rows of one answer, each with its number among those that agree in all `ids`.

    Equal rows of one answer are several rows of the list. Where a page ends between two, both get the number 1, so that
    fewer are found than TikTok counts: the list is then read again in pages that end elsewhere.
    """
    counts: Counter[bytes] = Counter()
    found: list[Row] = []
    for raw in raws:
        same = to_json({name: raw.get(name) for name in ids})
        counts[same] += 1
        found.append({**raw, column: counts[same]})
    return found


def _without(hidden: Collection[str], value: Any) -> Any:
    """A value without the members of these names, at any depth."""
    if isinstance(value, list):
        return [_without(hidden, item) for item in value]
    if isinstance(value, dict):
        return {name: _without(hidden, inner) for name, inner in value.items() if name not in hidden}
    return value
