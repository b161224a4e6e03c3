"""The rows of a report: pages decoded with the types of their columns, and what is done where a value has another."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any

import msgspec

from source_tiktok_ads.api.envelope import exact
from source_tiktok_ads.api.errors import missing_column
from source_tiktok_ads.api.pages import PageInfo
from source_tiktok_ads.streams.model import HOUR, Report
from source_tiktok_ads.streams.shapes import EXACT_BELOW, Cast, OnInvalidValue, casts, metric_cast, nothing
from source_tiktok_ads.sync.records import (
    NO_VALUE,
    NUL,
    Answer,
    MissingKey,
    OnIncomplete,
    Piece,
    decode,
    disambiguate,
    ignore_invalid_value,
    to_json,
    unkeyed,
)

_LocalTime = Annotated[datetime, msgspec.Meta(tz=False)]
# What a double does not hold exactly is cast by itself; so are texts that stand for infinity or for no number.
_Integer = Annotated[int, msgspec.Meta(gt=-(2**53), lt=2**53)]
_Number = Annotated[float, msgspec.Meta(gt=-EXACT_BELOW, lt=EXACT_BELOW)]
_TYPES: Mapping[str, Any] = {
    "text": str,
    "id": str,
    "integer": _Integer,
    "number": _Number,
    "flag": bool,
    "local_time": _LocalTime,
    "texts": list[str],
}
# An empty text in a metric is no value.
_METRIC_TYPES = {**_TYPES, **dict.fromkeys(("text", "id"), Annotated[str, msgspec.Meta(min_length=1)])}

_OTHER_EXPONENT = 1e16

Column = tuple[str, str]
"""Where a column stands in a row, in its dimensions or its metrics, and its name."""


@dataclass(frozen=True)
class Layout:
    """How the pages of a report are decoded: typed, but for the columns in `raw`, where values had another type.

    `absent` are the ways in which metrics without a value have been written.
    """

    report: Report
    raw: frozenset[Column] = frozenset()
    absent: tuple[bytes, ...] = (b'":"-"',)

    @property
    def keys_are_raw(self) -> bool:
        """Whether a column of the key, or a parent's id, is cast by itself; then all of them are."""
        keys = {*self.report.dimension_columns, *self.report.level.parents}
        return any(name in keys for _, name in self.raw)

    @cached_property
    def raw_metrics(self) -> Collection[str]:
        """The metrics that are cast by themselves, other than the ids of parents."""
        parents = self.report.level.parents
        return [name for name in self.report.metric_columns if ("metrics", name) in self.raw and name not in parents]

    @cached_property
    def decoder(self) -> msgspec.json.Decoder[Any]:
        """Decodes an answer in which dashes are null; whatever belongs to the key must be there, unless it is raw."""
        columns, parents = self.report.metric_columns, self.report.level.parents
        metrics = [self._metric(name, columns[name].kind, name in parents) for name in columns]
        values = msgspec.defstruct("Metrics", metrics, omit_defaults=True, gc=False, kw_only=True)
        if self.keys_are_raw:
            return _decoder([("metrics", values)])
        key = [(name, _TYPES[shape.kind]) for name, shape in self.report.dimension_columns.items()]
        # Whose the rows are stands there, too, to be compared with whom the request was about.
        key += [(name, Any, None) for name in self.stamped]  # type: ignore[misc]
        dimensions = msgspec.defstruct("Dimensions", key, omit_defaults=True, gc=False)
        return _decoder([("dimensions", dimensions), ("metrics", values)])

    @cached_property
    def stamped(self) -> Collection[str]:
        """The dimensions that are no columns of the rows, because every record is stamped with them."""
        return [name for name in self.report.dimensions if name not in self.report.dimension_columns]

    def _metric(self, name: str, kind: str, parent: bool) -> tuple[Any, ...]:
        if ("metrics", name) in self.raw or (parent and self.keys_are_raw):
            return name, Any, None
        return (name, _TYPES[kind]) if parent else (name, _METRIC_TYPES[kind] | None, None)

    @cached_property
    def sent(self) -> msgspec.json.Decoder[Any]:
        """Decodes the dimensions, the parents and the raw columns of an answer as TikTok sent them."""
        names = [name for name in self.report.metric_columns if ("metrics", name) in self.raw]
        metrics = dict.fromkeys((*self.report.level.parents, *names))
        values = msgspec.defstruct("SentMetrics", [(name, Any, None) for name in metrics])
        return _decoder([("dimensions", dict[str, Any]), ("metrics", values)])

    def null(self, body: bytes) -> bytes:
        """The answer with null in place of texts that stand for no value."""
        for written in self.absent:
            body = body.replace(written, b'":null')
        return body

    def nests(self, rows: Sequence[Any]) -> bool:
        """Whether objects stand in raw columns, in which a dash is no missing metric."""
        return any(_nests(getattr(row.metrics, name)) for name in self.raw_metrics for row in rows)

    def after(self, error: msgspec.ValidationError, body: bytes) -> Layout | None:
        """A layout that fits an answer better which this one has refused; None where nothing more can be learned."""
        if absent := tuple(written for written in _ABSENT if written in body and written not in self.absent):
            return replace(self, absent=(*self.absent, *absent))
        found = _MISFIT.search(str(error))
        column = found and (found["part"], found["absent"] or found["name"])
        return replace(self, raw=self.raw | {column}) if column and column not in self.raw else None


# TikTok: a metric without a value is a dash or an empty text. None of these can occur inside a JSON text, where a quote
# is escaped.
_ABSENT = (b'":"-"', b'":""', b'": "-"', b'": ""')

_MISFIT = re.compile(
    r"(?:missing required field `(?P<absent>\w+)` - at )?"
    r"`\$\.data\.list\[[0-9.]+\]\.(?P<part>dimensions|metrics)(?(absent)|\.(?P<name>\w+)[^`]*)`$"
)
"""Where the decoder names a column whose value does not have its type, or that is missing from a row."""


def _nests(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, (dict, list)) for one in value))


class _TypedData(msgspec.Struct, kw_only=True):
    """What an answer's data hold beside typed rows."""

    page_info: PageInfo | None = None
    total_metrics: dict[str, Any] | None = None


class _Row(msgspec.Struct, gc=False):
    """A row whose key has been cast."""

    dimensions: dict[str, Any]
    metrics: Any


def _decoder(row: Sequence[Any]) -> msgspec.json.Decoder[Any]:
    """Decodes an answer whose rows have these parts; floats without a type are exact."""
    rows: tuple[str, Any, Any] = (
        "list",
        list[msgspec.defstruct("Row", row, gc=False)],  # type: ignore[misc]
        msgspec.field(default_factory=list),
    )
    data = msgspec.defstruct("TypedData", [rows], bases=(_TypedData,))
    answer = msgspec.defstruct("TypedAnswer", [("data", data | None, None)], bases=(Answer,))
    return msgspec.json.Decoder(answer, strict=False, float_hook=exact)


class ReportRows:
    """The rows of a report, on two paths with one result.

    The fast path decodes a page into typed structs and writes them back without a Python object per step. A column
    whose values do not have its type is cast by itself from then on. A page that is odd in another way takes the slow
    path, value by value.
    """

    def __init__(self, report: Report, surprise: OnInvalidValue) -> None:
        own = report.level.parents
        metrics = report.metric_columns
        self._path, self._by = report.path, report.by
        self._answered_as = report.answered_as
        self._keys = casts(report.dimension_columns, ignore_invalid_value)
        self._parents = casts({name: metrics[name] for name in own}, ignore_invalid_value)
        self._values = {name: metric_cast(metrics[name], name, surprise) for name in metrics if name not in own}
        self._columns = [*metrics]
        # TikTok: a breakdown may have no value, an object's id and the time have to have one.
        self._needed = frozenset({report.level.id, report.grain.dimension})
        self._repeats = report.grain is HOUR
        # What stands under another name is no part of the types.
        self._layout = Layout(report, frozenset(("dimensions", name) for name in report.answered_as))
        self._lock = threading.Lock()

    def decode(self, body: bytes) -> Any:
        """The answer in `body`, typed where every value has its type; raises as the plain `decode` does."""
        while True:
            layout = self._layout
            try:
                answer = layout.decoder.decode(layout.null(body))
            except msgspec.ValidationError as error:
                if not self._learn(layout, error, body):
                    return decode(without_surrogates(body))
            except msgspec.MsgspecError:
                if (repaired := without_surrogates(body)) == body:
                    return decode(body)
                body = repaired
            else:
                return answer if self._complete(layout, answer, body) else decode(without_surrogates(body))

    def _learn(self, layout: Layout, error: msgspec.ValidationError, body: bytes) -> bool:
        """Whether the page is worth another try, with what its refusal has taught."""
        with self._lock:
            if self._layout is layout:
                learned = layout.after(error, body)
                self._layout = learned or layout
                return learned is not None
        return True

    def _complete(self, layout: Layout, answer: Any, body: bytes) -> bool:
        """Whether the rows of an answer could be given what has to be read as TikTok sent it."""
        rows = answer.data.list if answer.data else []
        if not rows or not (layout.keys_are_raw or layout.nests(rows)):
            return True
        try:
            sent = layout.sent.decode(body).data.list
            answer.data.list = [self._as_sent(layout, row, one) for row, one in zip(rows, sent, strict=True)]
        except (msgspec.MsgspecError, MissingKey):
            return False
        return self._absent([one.dimensions for one in sent]) is None

    def _as_sent(self, layout: Layout, row: Any, sent: Any) -> _Row:
        """A row with its key, and with the values of raw columns as TikTok sent them. Raises MissingKey."""
        key = _present(self._named(sent.dimensions), self._keys, self._needed)
        key |= {name: sent.dimensions.get(name) for name in layout.stamped}
        parents = _present(msgspec.structs.asdict(sent.metrics), self._parents, self._needed)
        for name, value in parents.items():
            setattr(row.metrics, name, value)
        for name in layout.raw_metrics:
            setattr(row.metrics, name, getattr(sent.metrics, name))
        return _Row(key, row.metrics)

    def pieces(self, rows: Sequence[Any], on_incomplete: OnIncomplete = lambda sentence: None) -> Sequence[Piece]:
        """Each row with its key; `on_incomplete` is called for rows whose keys cannot be read or are the same.

        Raises TikTokError where none of the rows has one of the columns of the key.
        """
        if rows and isinstance(rows[0], dict):
            self._check(rows)
            pieces = [self._slow(row, on_incomplete) for row in rows]
        else:
            self._strip(rows)
            if self._cast(rows):
                return self.pieces(msgspec.to_builtins(rows), on_incomplete)
            pieces = [self._fast(row, on_incomplete) for row in rows]
        # The hour that a day has twice comes in two rows of one key, whatever their breakdown.
        if self._repeats or len({key for key, _ in pieces}) == len(pieces):
            return pieces
        return disambiguate(pieces, on_incomplete)

    def _fast(self, row: Any, on_incomplete: OnIncomplete) -> Piece:
        key, members = _joined(_encode(row.dimensions), _encode(row.metrics))
        # Hardly any row holds a backslash, and one byte is found much faster than several.
        if members and b"\\" in members and NUL in members:
            return self._slow(msgspec.to_builtins(row), on_incomplete)
        return key, members

    def _strip(self, rows: Sequence[Any]) -> None:
        """Take away what is no column of the rows."""
        for name in self._layout.stamped:
            for dimensions in (row.dimensions for row in rows):
                if isinstance(dimensions, dict):
                    dimensions.pop(name, None)
                else:
                    setattr(dimensions, name, None)

    def _cast(self, rows: Sequence[Any]) -> bool:
        """Cast the values of raw columns, those that have their column's type stay; whether one is written otherwise.

        That is a number so large that the encoder of the fast path writes another exponent than the slow one's.
        """
        columns = [(name, self._values[name]) for name in self._layout.raw_metrics]
        large = False
        for metrics in (row.metrics for row in rows if columns):
            for name, cast in columns:
                if (value := getattr(metrics, name)) is not None:
                    setattr(metrics, name, made := cast(value))
                    large = large or (isinstance(made, float) and abs(made) >= _OTHER_EXPONENT)
        return large

    def key(self, record: Mapping[str, Any]) -> bytes:
        """What tells a record apart, as the piece it came from has it."""
        return to_json({name: record.get(name) for name, _ in self._keys})

    def _check(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Raise TikTokError where a breakdown was asked for and comes in no row: those of an object would be one."""
        absent = self._absent([row.get("dimensions") for row in rows])
        if absent is not None:
            raise missing_column(absent, len(rows), self._path, None)

    def _absent(self, dimensions: Sequence[Any]) -> str | None:
        """A breakdown that was asked for and comes in no row, None if there is none."""
        found = {name for inner in dimensions if isinstance(inner, dict) for name in inner}
        return next((name for name in self._by if not found & {name, *self._answered_as.get(name, ())}), None)

    def _named(self, dimensions: Mapping[str, Any]) -> Mapping[str, Any]:
        """The dimensions of a row under the names they were asked by."""
        if not self._answered_as:
            return dimensions
        named = {
            name: next((dimensions[other] for other in (*others, name) if dimensions.get(other) is not None), None)
            for name, others in self._answered_as.items()
        }
        return {**dimensions, **named}

    def _slow(self, row: Mapping[str, Any], on_incomplete: OnIncomplete) -> Piece:
        dimensions, metrics = (
            part if isinstance(part := row.get(name), dict) else {} for name in ("dimensions", "metrics")
        )
        try:
            key, parents = (
                _present(wire, columns, self._needed)
                for wire, columns in ((self._named(dimensions), self._keys), (metrics, self._parents))
            )
        except MissingKey as odd:
            on_incomplete(odd.sentence)
            return unkeyed(row)
        for name, cast in self._values.items():
            if (value := metrics.get(name)) is not None:
                parents[name] = cast(value)
        return _joined(to_json(key), to_json({name: parents[name] for name in self._columns if name in parents}))


_encode = msgspec.json.Encoder().encode


def without_surrogates(body: bytes) -> bytes:
    """An answer with U+FFFD in place of the surrogates that stand alone, as records have it."""
    if b"\\u" not in body:
        return body
    return _ESCAPED.sub(lambda found: b"\\ufffd" if found["alone"] else found[0], body)


_ESCAPED = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<alone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""Everything that is escaped in JSON, each time as a whole."""


def _present(wire: Mapping[str, Any], columns: Sequence[tuple[str, Cast]], needed: Collection[str]) -> dict[str, Any]:
    """The columns of a key, each with a value. Raises MissingKey where one is needed and missing, or can't be read."""
    found = {}
    for name, cast in columns:
        value = cast(sent := wire.get(name))
        if value is None and (name in needed or not nothing(sent)):
            raise MissingKey(name, sent)
        found[name] = NO_VALUE if value is None else value
    return found


def _joined(key: bytes, values: bytes) -> Piece:
    if values == b"{}":
        # All time of an account that has never delivered: the row would say nothing but whose it is.
        return key, key[1:-1] or None
    return key, values[1:-1] if key == b"{}" else b"%b,%b" % (key[1:-1], values[1:-1])
