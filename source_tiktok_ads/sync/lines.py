"""The path of a row: the bytes of one answer become ready lines of RECORD messages, a page at a time."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
import orjson

from source_tiktok_ads.api.envelope import decoder
from source_tiktok_ads.api.pages import PageInfo
from source_tiktok_ads.streams.model import Accounts, Entity, Report
from source_tiktok_ads.streams.shapes import Cast, Shape, Surprise, casts, metric_cast

Key = bytes | tuple[bytes, bytes]
"""What tells a row apart from the others of its slice; of an object with versions, what tells the object, the version.
"""

Piece = tuple[Key, bytes | None]
"""A row: its key, and its members as JSON, None where it need not leave."""

# A key column is never null. TikTok writes a dash where there is no value, and no row of its is older than this moment.
NO_VALUE = "-"
NO_TIME = "1970-01-01T00:00:00Z"


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
    """The JSON of a record without its top-level nulls, as the CDK's own writer leaves them out."""
    present = {name: item for name, item in value.items() if item is not None}
    try:
        return orjson.dumps(present)
    except TypeError:
        # Lone surrogates and integers beyond 64 bits: only the standard library writes them.
        return json.dumps(present, separators=(",", ":")).encode()


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


class ReportRows:
    """The rows of a report, on two roads with one result.

    The fast road decodes a page into typed structs and writes them back without a Python object per step. A page with
    anything unusual in it is refused by the typed decoder and takes the slow road, value by value.
    """

    def __init__(self, report: Report, surprise: Surprise) -> None:
        own = report.level.parents
        metrics = report.metric_columns
        self._decode = msgspec.json.Decoder(_typed_answer(report), strict=False).decode
        self._keys = casts(report.dimension_columns, surprise)
        self._parents = casts({name: metrics[name] for name in own}, surprise)
        self._values = [(name, metric_cast(metrics[name], name, surprise)) for name in metrics if name not in own]

    def decode(self, body: bytes) -> Any:
        """The answer in `body`, typed where every value has its type; raises as the plain `decode` does."""
        # TikTok: a metric without a value is a dash or an empty text. Neither pattern can occur inside a JSON text,
        # where a quote is escaped.
        nulled = body.replace(b'":"-"', b'":null').replace(b'":""', b'":null')
        try:
            return self._decode(nulled)
        except msgspec.MsgspecError:
            return decode(body)

    def pieces(self, rows: Sequence[Any]) -> Sequence[Piece]:
        """Each row, told apart by its dimensions."""
        if rows and isinstance(rows[0], dict):
            return [self._slow(row) for row in rows]
        encode = msgspec.json.encode
        return [_joined(encode(row.dimensions), encode(row.metrics)) for row in rows]

    def key(self, record: Mapping[str, Any]) -> bytes:
        """What tells a record apart, as the piece it came from has it."""
        return to_json({name: record.get(name) for name, _ in self._keys})

    def _slow(self, row: Mapping[str, Any]) -> Piece:
        dimensions, metrics = (
            part if isinstance(part := row.get(name), dict) else {} for name in ("dimensions", "metrics")
        )
        parents = _present(metrics, self._parents)
        return _joined(
            to_json(_present(dimensions, self._keys)),
            to_json({**parents, **{name: cast(metrics.get(name)) for name, cast in self._values}}),
        )


def _present(wire: Mapping[str, Any], columns: Sequence[tuple[str, Cast]]) -> dict[str, Any]:
    """The columns of a key, each with a value."""
    return {name: NO_VALUE if (value := cast(wire.get(name))) is None else value for name, cast in columns}


def _joined(key: bytes, values: bytes) -> Piece:
    if values == b"{}":
        # All time of an account that has never delivered: the row would say nothing but whose it is.
        return key, key[1:-1] or None
    return key, values[1:-1] if key == b"{}" else b"%b,%b" % (key[1:-1], values[1:-1])


class _TypedData(msgspec.Struct, kw_only=True):
    """What an answer's data hold beside typed rows."""

    page_info: PageInfo | None = None
    total_metrics: dict[str, Any] | None = None


_LocalTime = Annotated[datetime, msgspec.Meta(tz=False)]
_TYPES: Mapping[str, Any] = {
    "text": str,
    "id": str,
    "integer": int,
    "number": float,
    "flag": bool,
    "local_time": _LocalTime,
}


def _typed_answer(report: Report) -> type[msgspec.Struct]:
    """An answer whose rows have the types of the report's columns; whatever belongs to the key must be there."""
    metrics = report.metric_columns
    own = [(name, _TYPES[metrics[name].kind]) for name in report.level.parents]
    other = [(name, _TYPES[metrics[name].kind] | None, None) for name in metrics if name not in report.level.parents]
    key = [(name, _TYPES[shape.kind]) for name, shape in report.dimension_columns.items()]
    dimensions = msgspec.defstruct("Dimensions", key, omit_defaults=True, gc=False)
    values = msgspec.defstruct("Metrics", [*own, *other], omit_defaults=True, gc=False)
    row = msgspec.defstruct("Row", [("dimensions", dimensions), ("metrics", values)], gc=False)
    rows: tuple[str, Any, Any] = ("list", list[row], msgspec.field(default_factory=list))  # type: ignore[valid-type]
    data = msgspec.defstruct("TypedData", [rows], bases=(_TypedData,))
    return msgspec.defstruct("TypedAnswer", [("data", data | None, None)], bases=(Answer,))


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
        if changed and self.since and changed < self.since:
            return False
        if changed:
            with self._lock:
                self.newest = max(filter(None, (self.newest, changed)))
        return True


class EntityRows(Recent):
    """The rows of an entity list of one account: cast, completed, compared with a cursor."""

    def __init__(self, entity: Entity, advertiser_id: str, surprise: Surprise, since: str | None) -> None:
        super().__init__(since)
        self._entity = entity
        self._advertiser_id = advertiser_id
        self._casts = wire_casts(entity.columns, surprise)
        self._ids = [name for name in entity.key if name != entity.cursor]

    def pieces(self, rows: Sequence[Any], said: str | None = None) -> Sequence[Piece]:
        """Each row, told apart by ids and last change; `said` is the current_status that the pass tells of its rows."""
        return [self._piece(row, said) for row in rows]

    def _piece(self, row: Mapping[str, Any], said: str | None) -> Piece:
        record = record_of(row, self._casts)
        changed = record.get(self._entity.cursor)
        # TikTok: rows of upgraded Smart+ may lack modify_time; they always leave, under their create_time.
        record[self._entity.cursor] = changed or record.get("create_time") or NO_TIME
        record["advertiser_id"] = record.get("advertiser_id") or self._advertiser_id
        record["current_status"] = said or _current_status(record)
        record.update((name, NO_VALUE) for name in self._entity.key if record.get(name) is None)
        ids, version = ({name: record[name] for name in names} for names in (self._ids, (self._entity.cursor,)))
        key = to_json(ids), to_json(version)
        return key, to_json(record)[1:-1] if self.leaves(changed) else None


class AccountRows:
    """The rows of the accounts themselves."""

    def __init__(self, stream: Accounts, surprise: Surprise) -> None:
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


def _current_status(record: Mapping[str, Any]) -> str:
    return "DELETE" if record.get("secondary_status") in _DELETED else "ACTIVE"


def record_of(row: Mapping[str, Any], columns: Sequence[tuple[str, str, Cast]]) -> dict[str, Any]:
    """The record of one wire row: known columns cast, unknown fields as they are."""
    record = dict(row)
    for name, wire, cast in columns:
        value = row.get(name)
        record[name] = cast(row.get(wire) if value is None else value)
    return record


def wire_casts(columns: Mapping[str, Shape], surprise: Surprise) -> list[tuple[str, str, Cast]]:
    """The cast of each column and the wire field that fills it where its own name does not."""
    return [(name, (columns[name].wire or (name,))[0], cast) for name, cast in casts(columns, surprise)]
