"""The path of a row: the bytes of one answer become ready lines of RECORD messages, a page at a time."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import orjson

from source_tiktok_ads.api.envelope import decoder
from source_tiktok_ads.api.pages import PageInfo
from source_tiktok_ads.streams.model import Accounts, Entity
from source_tiktok_ads.streams.shapes import (
    Cast,
    OnInvalidValue,
    Shape,
    casts,
    nothing,
    time_of,
)

Key = bytes | tuple[bytes, bytes]
"""What tells a row apart from the others of its slice; of an object with versions, what tells the object, the version.
"""

Piece = tuple[Key, bytes | None]
"""A row: its key, and its members as JSON, None where it need not leave."""

OnIncomplete = Callable[[str], None]
"""Is called with a sentence about rows that are missing from a part."""

# A key column is never null. TikTok writes a dash where there is no value, and no row of its is older than this moment.
NO_VALUE = "-"
NO_TIME = "1970-01-01T00:00:00Z"

TIMES = ("moment", "local_time", "date")
"""The kinds of columns that no placeholder may stand in."""


class Page:
    """Ready lines of RECORD messages of one stream, each ending in a newline, and how many there are.

    Without a length on purpose: the CDK's queue loop ends at the first item that is empty.
    """

    __slots__ = ("lines", "rows")

    def __init__(self, lines: bytes, rows: int) -> None:
        self.lines = lines
        self.rows = rows


def page(stream: str, stamp: bytes, rows: Sequence[bytes], emitted_at: int) -> Page:
    """The lines of `rows`, each given as the inside of a JSON object, `stamp` put in front of each.

    `emitted_at` is in milliseconds since the epoch. The bytes equal what the CDK would print for the same records.
    """
    head = b'{"type":"RECORD","record":{"stream":"%b","data":{%b' % (stream.encode(), stamp)
    tail = b'},"emitted_at":%d}}\n' % emitted_at
    return Page(head + (tail + head).join(rows) + tail, len(rows))


def to_json(value: Mapping[str, Any]) -> bytes:
    """The JSON of a record without its top-level nulls, as the CDK's own writer leaves them out.

    Every reader takes it: see `readable`.
    """
    present = {name: item for name, item in value.items() if item is not None}
    try:
        written = orjson.dumps(present)
    except TypeError:
        return orjson.dumps(readable(present))
    # Sought in the bytes, because hardly any record has one.
    return orjson.dumps(readable(present)) if NUL in written else written


NUL = b"\\u0000"
"""The character as JSON writes it. Postgres refuses it."""

DEEPEST = 100
"""Values nested deeper than this leave as JSON text; orjson writes 254 levels and other readers end somewhere too."""


def readable(value: Any, depth: int = 0) -> Any:
    """A value as every reader of JSON takes it.

    Lone surrogates and NUL become U+FFFD, in names too; an integer beyond 64 bits becomes a text of its digits.
    """
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else str(value)
    if isinstance(value, (list, dict)) and depth == DEEPEST:
        return _clean(json.dumps(value, separators=(",", ":")))
    if isinstance(value, list):
        return [readable(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_clean(name): readable(item, depth + 1) for name, item in value.items()}
    return value


def _clean(text: str) -> str:
    """The text with U+FFFD in place of every lone surrogate and NUL."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


RawRows = list[dict[str, Any]]


class Data(msgspec.Struct):
    """The payload of a list answer: its rows, their place among the pages, and their totals where asked for."""

    list: RawRows | None = None
    page_info: PageInfo | None = None
    total_metrics: dict[str, Any] | None = None


class Answer(msgspec.Struct):
    """TikTok's envelope around rows."""

    code: int
    message: str | None = None
    request_id: str | None = None
    data: Data | None = None


decode: Callable[[bytes], Answer] = decoder(Answer)
"""The answer in a body, its rows as plain objects. Raises what the client takes for an unreadable answer."""


class MissingKey(Exception):
    """A row whose key cannot be read: a placeholder would merge it with others, so it does not leave."""

    def __init__(self, column: str, value: Any) -> None:
        super().__init__(column)
        found = "no value" if value is None else f"{value!r:.60}"
        self.sentence = f"rows with no {column} that can be read are left out: TikTok sent {found}."


def ignore_invalid_value(path: str, value: Any, instead: Any = None) -> None:
    """What does not fit a key column is a matter of the whole row, not of one value."""


def unkeyed(row: Mapping[str, Any]) -> Piece:
    """The piece of a row whose key cannot be read: counted as a row of its own, but it does not leave."""
    return b"unkeyed" + to_json(row), None


def disambiguate(pieces: Iterable[Piece], on_incomplete: OnIncomplete) -> list[Piece]:
    """The pieces of one page; rows that share a key only because a value of it is missing are told apart.

    They all leave; but where only one row of a key is kept, the others are missing, so `on_incomplete` hears of them.
    """
    first: dict[Key, bytes] = {}
    found: list[Piece] = []
    for key, members in pieces:
        ids = key if isinstance(key, bytes) else key[0]
        if members is None or not _VALUELESS.search(ids) or first.setdefault(key, members) == members:
            found.append((key, members))
            continue
        on_incomplete(f"several rows have the key {ids.decode()}, in which TikTok gave no value.")
        apart = ids + members
        found.append((apart if isinstance(key, bytes) else (apart, key[1]), members))
    return found


# Where a part of the key is missing, or held characters that could not leave.
_VALUELESS = re.compile(rb':"(?:-|None|NONE)?"|\xef\xbf\xbd')


class Recent:
    """Tells rows that have changed since a moment from older ones.

    `since` is the cursor's moment, None where every row leaves; `newest` is the latest change among rows that left.
    """

    def __init__(self, since: str | None) -> None:
        self.since = since
        self.newest: str | None = None
        self._lock = threading.Lock()

    def leaves(self, changed: str | None) -> bool:
        """Whether a row that was changed then leaves; one without a time always does."""
        if changed and self.since and time_of(changed) < time_of(self.since):
            return False
        if changed:
            with self._lock:
                self.newest = latest(self.newest, changed)
        return True


def latest(*moments: str | None) -> str | None:
    """The latest of some moments, None where there is none."""
    return max(filter(None, moments), key=time_of, default=None)


class EntityRows(Recent):
    """The rows of an entity list of one account: cast, completed, compared with a cursor."""

    def __init__(self, entity: Entity, advertiser_id: str, surprise: OnInvalidValue, since: str | None) -> None:
        super().__init__(since)
        self._entity = entity
        self._advertiser_id = advertiser_id
        self._casts = wire_casts(entity.columns, surprise, quiet=entity.key)
        self._ids = [name for name in entity.key if name != entity.cursor]

    def pieces(
        self,
        rows: Sequence[Any],
        said: str | None = None,
        on_incomplete: OnIncomplete = lambda sentence: None,
        whole: bool = False,
    ) -> Sequence[Piece]:
        """Each row, told apart by ids and last change; `said` is the current_status that the pass tells of its rows.

        Of a `whole` pass all rows leave, whenever they have changed. `on_incomplete` is called for rows whose key
        cannot be read, or equals another row's key because a value is missing.
        """
        return disambiguate([self._piece(row, said, on_incomplete, whole) for row in rows], on_incomplete)

    def _piece(self, row: Mapping[str, Any], said: str | None, on_incomplete: OnIncomplete, whole: bool) -> Piece:
        record = record_of(row, self._casts)
        changed = record.get(self._entity.cursor)
        try:
            self._complete(row, record)
        except MissingKey as odd:
            on_incomplete(odd.sentence)
            return unkeyed(row)
        record["current_status"] = _current_status(record, said)
        ids, version = ({name: record[name] for name in names} for names in (self._ids, (self._entity.cursor,)))
        key = to_json(ids), to_json(version)
        return key, to_json(record)[1:-1] if self.leaves(changed) or whole else None

    def _complete(self, row: Mapping[str, Any], record: dict[str, Any]) -> None:
        """Fill the key columns of a record. Raises Unkeyed where what was sent for one cannot be read."""
        # TikTok: rows of upgraded Smart+ may lack modify_time; they always leave, under their create_time.
        cursor = self._entity.cursor
        record["advertiser_id"] = record.get("advertiser_id") or self._advertiser_id
        own = self._ids[-1]
        if record.get(own) in (None, ""):
            raise MissingKey(own, row.get(own))
        for name in (*self._ids, cursor, *(() if record.get(cursor) else ("create_time",))):
            if record.get(name) is None and not nothing(row.get(name)):
                raise MissingKey(name, row.get(name))
        record[cursor] = record.get(cursor) or record.get("create_time") or NO_TIME
        record.update((name, NO_VALUE) for name in self._ids if record.get(name) is None)


class AccountRows:
    """The rows of the accounts themselves."""

    def __init__(self, stream: Accounts, surprise: OnInvalidValue) -> None:
        self._cursor = stream.cursor
        self._casts = wire_casts(stream.columns, surprise)

    def members(self, facts: Mapping[str, Any]) -> bytes:
        """One account as the inside of a JSON object."""
        record = record_of(facts, self._casts)
        record[self._cursor] = record.get(self._cursor) or NO_TIME
        return to_json(record)[1:-1]

    def created(self, facts: Mapping[str, Any]) -> Any:
        """When the account was created, as the record says it."""
        return record_of(facts, self._casts).get(self._cursor)


# TikTok: these six secondary statuses are the only sign that an object, or its parent, is deleted.
_DELETED = frozenset(
    {
        "CAMPAIGN_STATUS_DELETE",
        "ADGROUP_STATUS_DELETE",
        "ADGROUP_STATUS_CAMPAIGN_DELETE",
        "AD_STATUS_DELETE",
        "AD_STATUS_ADGROUP_DELETE",
        "AD_STATUS_CAMPAIGN_DELETE",
    }
)


def _current_status(record: Mapping[str, Any], said: str | None) -> str | None:
    """DELETE where a status of the row says so, else what the pass tells of its rows, else ACTIVE.

    None where neither the pass nor any status of the row constants.
    """
    secondary, operation = record.get("secondary_status"), record.get("operation_status")
    # TikTok: what stands in operation_status of a deleted object is not documented; the word itself has been seen.
    if secondary in _DELETED or operation in ("DELETE", "DELETED"):
        return "DELETE"
    return said or ("ACTIVE" if secondary or operation else None)


def record_of(row: Mapping[str, Any], columns: Sequence[tuple[str, str, Cast]]) -> dict[str, Any]:
    """The record of one wire row: known columns cast, unknown fields as they are."""
    record = dict(row)
    for name, wire, cast in columns:
        value = row.get(name)
        record[name] = cast(row.get(wire) if value is None else value)
    return record


def wire_casts(
    columns: Mapping[str, Shape], surprise: OnInvalidValue, quiet: Collection[str] = ()
) -> list[tuple[str, str, Cast]]:
    """The cast of each column and the wire field that fills it where its own name does not.

    `surprise` does not hear of the columns that are `quiet`, because whoever asks sees for themselves.
    """
    loud = {name: shape for name, shape in columns.items() if name not in quiet}
    silent = {name: shape for name, shape in columns.items() if name in quiet}
    compiled = [*casts(silent, ignore_invalid_value), *casts(loud, surprise)]
    return [(name, (columns[name].wire or (name,))[0], cast) for name, cast in compiled]
