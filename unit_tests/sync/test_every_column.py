"""Whatever stands in whatever column of whatever stream: every line that leaves is one that every reader takes."""

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import orjson
import pytest
from jsonschema import Draft7Validator, FormatChecker

from source_tiktok_ads.api.envelope import decode_envelope
from source_tiktok_ads.streams.catalog import STREAMS, entry
from source_tiktok_ads.streams.listing import Listing
from source_tiktok_ads.streams.model import AD, DAY, MONTH, Accounts, Entity, Report, Stream
from source_tiktok_ads.streams.shapes import Shape
from source_tiktok_ads.sync.list_records import ListingRows
from source_tiktok_ads.sync.records import AccountRows, EntityRows, Piece, decode, page, to_json
from source_tiktok_ads.sync.report_records import ReportRows, without_surrogates

from .canned import A

DEEP: Any = "inside"
for _ in range(120):
    DEEP = [DEEP]

HOSTILE: Sequence[Any] = (
    *(None, "", "-", "None", "null", "NULL", True, False, "true", "FALSE", "1", "0", 0, 1, -1, 1.5, -0.0, "-0"),
    *("12", "12.0", "12.5", "1,234.5", "1,234", "1.21%", "%", "<5", "05", "+7", " 12 ", "1_000", "0x10", "1e3", ".5"),
    *(
        "NaN",
        "Infinity",
        "-inf",
        "1e400",
        "1e-400",
        float("nan"),
        float("inf"),
        1e308,
        "9" * 400,
        "12345678901234567.89",
    ),
    *(2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), 10**30, str(2**63), "9007199254740993.0"),
    *("2026-11-18", "2026-11-18 00:00", "2026-11-18 00:00:00", "2026-11-18 00:00:00.5", "2026-11-18T00:00:00Z"),
    *("2026-11-18 00:00:00 +0000 UTC", "2026-11-18T00:00:00+09:00", "2026-02-30", "18.11.2026", "20261118"),
    *(1763424000, "1763424000", 1763424000.0, 1763424000000, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    *("\ud83e", "cut \udfff", "a\0b", "\\u0000", "\u2028\x7f\x1f", "🦊", '"', "\\", '":"-"', "x" * 5000),
    *([], {}, [[]], [None], {"a": 1}, {"a\0": "\ud800"}, [10**30, "\0"], {"": None}, DEEP),
)


def drawn(chance: random.Random, shape: Shape) -> Any:
    """Something hostile for a column, or inside of what the column holds."""
    if chance.random() < 0.5:
        if shape.item is not None:
            return [drawn(chance, shape.item) for _ in range(chance.randrange(3))]
        if shape.fields:
            return {name: drawn(chance, inner) for name, inner in shape.fields if chance.random() < 0.7}
    return chance.choice(HOSTILE)


def answer(*rows: Any) -> bytes:
    """An answer with these rows, written as tightly as TikTok writes."""
    info = {"page": 1, "page_size": 1000, "total_number": len(rows), "total_page": 1}
    body = {"code": 0, "message": "OK", "request_id": "r", "data": {"list": rows, "page_info": info}}
    return json.dumps(body, separators=(",", ":")).encode()


class Heard(list[str]):
    """What was told on the way, as text, so that one NaN equals the other."""

    def __call__(self, path: str, value: Any = None, instead: Any = None, /) -> None:
        self.append(f"{path} {value!r} {instead!r}")


def refuse(text: str) -> Any:
    """JSON has no such constant."""
    raise AssertionError(text)


def once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object, each of which has a name of its own."""
    assert len({name for name, _ in members}) == len(members)
    return dict(members)


FORMATS = FormatChecker(formats=())
FORMATS.checks("date-time")(
    lambda text: text is None or bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z?", text))
)
FORMATS.checks("date")(lambda text: text is None or bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)))


def validator(stream: Stream) -> Draft7Validator:
    """Judges the records of a stream, formats too."""
    return Draft7Validator(entry(stream, "every")["json_schema"], format_checker=FORMATS)


def judge(stream: Stream, stamp: bytes, members: Sequence[bytes | None]) -> list[dict[str, Any]]:
    """The records of rows that leave, after every reader has read their lines and their schema has judged them."""
    leaving = [row for row in members if row is not None]
    records, judges = [], validator(stream)
    for line in page(stream.name, stamp, leaving, 5).lines.splitlines() if leaving else ():
        read = json.loads(line, parse_constant=refuse, object_pairs_hook=once)
        assert read == orjson.loads(line) == msgspec.json.decode(line)
        assert b"\\u0000" not in line.replace(b"\\\\", b"")
        record = read["record"]["data"]
        judges.validate(record)
        assert all(-(2**63) < value < 2**63 for value in integers(stream, record))
        records.append(record)
    return records


def integers(stream: Stream, record: Mapping[str, Any]) -> Iterator[int]:
    """What a record holds in its integer columns."""
    for name, shape in stream.columns.items():
        if shape.kind == "integer" and record.get(name) is not None:
            yield record[name]


def stamped(stream: Stream) -> bytes:
    """What every record of a stream begins with."""
    if not isinstance(stream, Report):
        return b""
    days = {"period_start": "2026-01-01", "period_end": "2026-01-31"} if stream.grain is MONTH else {}
    return to_json({**dict.fromkeys(stream.stamped, A), **days})[1:-1] + b","


def wire(report: Report, columns: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a report that holds these values, beside ordinary ids and days."""
    dimensions = dict.fromkeys(report.dimensions, "17") | {report.grain.dimension: "2026-01-05 00:00:00"}
    metrics = dict.fromkeys(report.level.parents, "15")
    for name, value in columns.items():
        (dimensions if name in report.dimension_columns else metrics)[name] = value
    return {"dimensions": dimensions, "metrics": metrics}


def by(rows: ReportRows, told: Heard, read: Callable[[bytes], Any], body: bytes) -> tuple[list[Piece], list[str]]:
    """The pieces that one way of decoding makes of an answer, and all that is said of it."""
    told.clear()
    pieces = list(rows.pieces(read(body).data.list or (), told))
    return pieces, list(told)


def slowly(body: bytes) -> Any:
    """The answer for the slow path."""
    return decode(without_surrogates(body))


def report_rows(report: Report, pages: Sequence[Sequence[Mapping[str, Any]]]) -> Iterator[bytes | None]:
    """What leaves of pages of a report, which is the same, byte for byte, whichever way they are decoded."""
    told = Heard()
    rows = ReportRows(report, told)
    for columns in pages:
        body = answer(*(wire(report, row) for row in columns))
        (fast, first), (slow, second) = (by(rows, told, read, body) for read in (rows.decode, slowly))
        assert fast == slow
        assert first == second
        yield from (members for _, members in fast)


def pages(chance: random.Random, report: Report) -> Iterator[list[dict[str, Any]]]:
    """Pages with one hostile value, which the fast path may take, and one with a hostile value in every column."""
    columns = {**report.dimension_columns, **report.metric_columns}
    for name in chance.sample(sorted(columns), min(12, len(columns))):
        yield [{}, {name: drawn(chance, columns[name])}]
    yield [{name: drawn(chance, shape) for name, shape in columns.items()} for _ in range(3)]


def rows_of(chance: random.Random, stream: Stream) -> list[bytes | None]:
    """What leaves of rows with hostile values in all columns, once alone and once beside readable keys."""
    if isinstance(stream, Report):
        return list(report_rows(stream, list(pages(chance, stream))))
    columns = {**stream.columns, "unknown": Shape("any")}
    raw = [{name: drawn(chance, shape) for name, shape in columns.items()} for _ in range(8)]
    keyed = [{**row, **{name: good(columns[name]) for name in stream.key}} for row in raw]
    # Whose facts they are is known before there is a row of an account.
    body = answer(*(keyed if isinstance(stream, Accounts) else raw), *keyed)
    return [members for _, members in made(stream, body)]


def good(shape: Shape) -> Any:
    """A value of a key column."""
    return "2026-01-05 00:00:00" if shape.kind in ("moment", "local_time", "date", "epoch") else "17"


def made(stream: Stream, body: bytes) -> Sequence[Piece]:
    """The pieces of an answer of a list."""
    told = Heard()
    rows = decode_envelope(body).data["list"]
    if isinstance(stream, Listing):
        return ListingRows(replace(stream, records=None), told).pieces(rows, {}, told)
    if isinstance(stream, Entity):
        return EntityRows(stream, A, told, None).pieces(decode(body).data.list or (), None, told)
    assert isinstance(stream, Accounts)
    accounts = AccountRows(stream, told)
    return [(b"", accounts.members(row)) for row in rows]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_line_is_read_alike_and_passes_its_schema(stream: Stream) -> None:
    """orjson, msgspec and the standard library read the same, and each value is one that its column declares."""
    chance = random.Random(stream.name)
    records = judge(stream, stamped(stream), rows_of(chance, stream))
    assert len(records) >= 4
    for record in records:
        assert all(record.get(name) is not None for name in stream.key)


def test_every_value_in_every_kind_of_metric() -> None:
    """Of one report, all of them, one by one: so nearly every page takes the fast path up to that value."""
    report = Report("r", AD, DAY)
    first = {shape.kind: name for name, shape in reversed(report.metric_columns.items())}
    assert {*first} >= {"integer", "number", "flag", "text", "id"}
    judge(
        report,
        stamped(report),
        list(report_rows(report, [[{name: value}] for name in first.values() for value in HOSTILE])),
    )


@pytest.mark.parametrize("column", ["ad_id", "stat_time_day", "campaign_id", "age"])
def test_every_value_in_every_kind_of_key(column: str) -> None:
    """No value of a key column merges rows: each leaves under its own key, or not at all."""
    report = Report("r", AD, DAY, ("age",))
    rows = [{column: value, "clicks": str(number)} for number, value in enumerate(HOSTILE)]
    records = judge(report, stamped(report), list(report_rows(report, [[row] for row in rows])))
    keys = {json.dumps([record[name] for name in report.key]) for record in records}
    merged = len(records) - len(keys)
    # One day in several notations, one id as number and as text, and what has no value, are the same.
    assert merged < len(HOSTILE) / 2
