"""What a shape makes of a wire value: what fits is kept, what does not is null and told, nothing ever raises."""

import json
import math
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from source_tiktok_ads.streams.shapes import (
    DATE,
    EPOCH,
    FLAG,
    ID,
    INTEGER,
    JSON_TEXT,
    LIST,
    LOCAL_TIME,
    MOMENT,
    NUMBER,
    OBJECT,
    OBJECTS,
    TEXT,
    TEXTS,
    Shape,
    casts,
    metric_cast,
    moment,
    nothing,
    time_of,
)

KINDS = {
    "text": TEXT,
    "id": ID,
    "integer": INTEGER,
    "number": NUMBER,
    "flag": FLAG,
    "moment": MOMENT,
    "epoch": EPOCH,
    "local_time": LOCAL_TIME,
    "date": DATE,
    "json_text": JSON_TEXT,
    "texts": TEXTS,
    "list": LIST(ID),
    "object": OBJECT(id=ID, days=INTEGER, tags=LIST(TEXT)),
    "deep": OBJECTS(inner=OBJECT(at=MOMENT), rows=LIST(LIST(NUMBER))),
}

# Whatever JSON can hold, and what Python's reader makes of it: any integer, NaN, infinities, lone surrogates.
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(
        [
            *("", "-", "NaN", "Infinity", "1e400", "1e-400", "1_000", " 12 ", "12.0", "<5", "1,234.5", "0x10", "+7"),
            *(
                "2026-01-05 00:00:00",
                "2026-01-05T00:00:00+09:00",
                "0001-01-01T00:00:00+14:00",
                "9999-12-31T23:59:59-14:00",
            ),
            *("2026-02-30 00:00:00", "2026-01-05", "20260105T000000", "\ud800", "9" * 400),
            *(10**30, 10**400, -(10**400), 2**63, 253402300800),
        ]
    )
)
NAMES = st.sampled_from(["id", "days", "tags", "inner", "at", "rows"]) | st.text(max_size=3)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)

# Enough to meet every kind of value for every shape; other work on the machine must not fail a test.
HOSTILE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Told(list[tuple[Any, ...]]):
    """Remembers what was told as a surprise."""

    def __call__(self, path: str, value: Any, instead: Any = None, /) -> None:
        self.append((path, value) if instead is None else (path, value, instead))


def cast(shape: Shape, value: Any) -> tuple[Any, list[tuple[Any, ...]]]:
    """The value in the record, and the surprises told on the way."""
    told = Told()
    return shape.cast("column", told)(value), told


def fits(shape: Shape, value: Any) -> bool:
    return jsonschema.Draft7Validator(shape.schema()).is_valid(value)


@pytest.mark.parametrize("kind", KINDS)
@HOSTILE
@given(value=VALUES)
@example(value=[[[[]]]])
def test_a_cast_never_raises_and_its_result_fits_the_schema(kind: str, value: Any) -> None:
    """Hostile values end as null or as what the column promises; no number that JSON lacks is made."""
    result, told = cast(KINDS[kind], value)
    assert fits(KINDS[kind], result)
    assert not (isinstance(result, float) and not math.isfinite(result))
    assert result is not None or nothing(value) or told


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"epoch"}))
@HOSTILE
@given(value=VALUES)
def test_a_cast_value_is_cast_to_itself(kind: str, value: Any) -> None:
    """What a record holds is already of its type: casting it again changes nothing (epoch seconds become a text)."""
    once, _ = cast(KINDS[kind], value)
    twice, _ = cast(KINDS[kind], once)
    assert json.dumps(twice) == json.dumps(once)


@pytest.mark.parametrize(
    ("kind", "wire", "expected"),
    [
        ("text", "Summer 😀", "Summer 😀"),
        ("text", 12, "12"),
        ("text", 1.5, "1.5"),
        ("text", True, "true"),
        ("text", False, "false"),
        ("text", "", ""),
        ("text", "-", "-"),
        ("id", "1700000000000000001", "1700000000000000001"),
        ("id", 1700000000000000001, "1700000000000000001"),
        ("id", 0, "0"),
        ("id", 7.0, "7"),
        ("id", "", ""),
        ("integer", "5830", 5830),
        ("integer", "1.0", 1),
        ("integer", 1.0, 1),
        ("integer", "-3", -3),
        ("integer", "9007199254740993", 9007199254740993),
        ("integer", "", None),
        ("number", "12.34", 12.34),
        ("number", "0.290", 0.29),
        ("number", "20", 20.0),
        ("number", 7, 7.0),
        ("number", 0.1, 0.1),
        ("number", "1,234.5", 1234.5),
        ("number", "-1,234,567", -1234567.0),
        ("number", "1.21%", 1.21),
        ("number", " 5 % ", 5.0),
        ("number", "9999999999999.99", 9999999999999.99),
        ("number", "0.3333333333333333333", 1 / 3),
        ("number", 2**53, float(2**53)),
        ("number", "-", None),
        ("number", "null", None),
        ("integer", "1,234", 1234),
        ("integer", "5%", 5),
        ("integer", "1e-400", 0),
        ("integer", "12.00000000000000001", 12),
        ("integer", "9,007,199,254,740,993.0", 9007199254740993),
        ("integer", 2**63 - 1, 2**63 - 1),
        ("integer", "-", None),
        ("integer", "NULL", None),
        ("flag", "-", None),
        ("number", "", None),
        ("flag", True, True),
        ("flag", 0, False),
        ("flag", "1", True),
        ("flag", "0", False),
        ("flag", "TRUE", True),
        ("flag", "", None),
        ("moment", "2026-01-05 06:07:08", "2026-01-05T06:07:08Z"),
        ("moment", "2026-01-05T06:07:08Z", "2026-01-05T06:07:08Z"),
        ("moment", "2026-01-05T06:07:08z", "2026-01-05T06:07:08Z"),
        ("moment", "2026-01-05T06:07:08+09:00", "2026-01-04T21:07:08Z"),
        ("moment", "2026-01-05T06:07:08.250000", "2026-01-05T06:07:08.250000Z"),
        ("moment", "", None),
        ("moment", "-", None),
        ("moment", "2026-11-18", "2026-11-18T00:00:00Z"),
        ("moment", "2026-11-18 07:08", "2026-11-18T07:08:00Z"),
        ("moment", "2026-11-18 07:08:09.5", "2026-11-18T07:08:09.500000Z"),
        ("moment", "2026-11-18 07:08:09.000", "2026-11-18T07:08:09Z"),
        ("moment", "2026-11-18T07:08:09.123456789Z", "2026-11-18T07:08:09.123456Z"),
        ("moment", "2026-11-18 07:08:09 +0000 UTC", "2026-11-18T07:08:09Z"),
        ("moment", "2026-11-18 07:08:09.25 +0800 CST", "2026-11-17T23:08:09.250000Z"),
        ("moment", "2026-11-18 07:08:09 UTC", "2026-11-18T07:08:09Z"),
        ("moment", "2026-11-18T07:08:09-00:30", "2026-11-18T07:38:09Z"),
        ("moment", 1630087995, "2021-08-27T18:13:15Z"),
        ("moment", "1630087995", "2021-08-27T18:13:15Z"),
        ("moment", 1630087995.0, "2021-08-27T18:13:15Z"),
        ("epoch", 1630087995, "2021-08-27T18:13:15Z"),
        ("epoch", "1630087995", "2021-08-27T18:13:15Z"),
        ("epoch", 0, "1970-01-01T00:00:00Z"),
        ("epoch", "", None),
        ("epoch", "1630087995.9", "2021-08-27T18:13:15Z"),
        ("epoch", "2021-08-27 18:13:15", "2021-08-27T18:13:15Z"),
        ("local_time", "2026-01-05 00:00:00", "2026-01-05T00:00:00"),
        ("local_time", "2026-01-05 13:00:00", "2026-01-05T13:00:00"),
        ("local_time", "", None),
        ("local_time", "-", None),
        ("local_time", "2026-11-18", "2026-11-18T00:00:00"),
        ("local_time", "2026-11-18 00:00", "2026-11-18T00:00:00"),
        ("local_time", "2026-11-18 00:00:00.000", "2026-11-18T00:00:00"),
        ("local_time", "2026-11-18T00:00:00", "2026-11-18T00:00:00"),
        ("local_time", "2026-11-18T00:00:00Z", "2026-11-18T00:00:00"),
        ("local_time", "2026-11-18 00:00:00+00:00", "2026-11-18T00:00:00"),
        ("local_time", "2026-11-18 13:00:00 +0000 UTC", "2026-11-18T13:00:00"),
        ("date", "2026-01-05", "2026-01-05"),
        ("date", "-", None),
        ("date", "2026-01-05T00:00:00Z", "2026-01-05"),
        ("date", "2026-01-05 13:00:00", "2026-01-05"),
        ("date", "", None),
        ("json_text", ["https://a.example", "ü"], '["https://a.example","ü"]'),
        ("json_text", "as it is", "as it is"),
        ("json_text", [], "[]"),
        ("texts", ["a", "ü"], ["a", "ü"]),
        ("texts", '["a", "b"]', ["a", "b"]),
        ("texts", "a", ["a"]),
        ("texts", [5, None, {"image_id": "1"}], ["5", None, '{"image_id":"1"}']),
        ("texts", [], []),
        ("texts", "-", None),
        ("list", [1, "2"], ["1", "2"]),
        ("list", [], []),
        ("object", {"id": 1, "days": "7", "new": [True]}, {"id": "1", "days": 7, "new": [True]}),
        ("object", {}, {}),
        ("deep", [{"inner": {"at": "2026-01-05 06:07:08"}}], [{"inner": {"at": "2026-01-05T06:07:08Z"}}]),
    ],
)
def test_what_fits_is_kept(kind: str, wire: Any, expected: Any) -> None:
    """Each kind takes every form in which TikTok sends it, and says nothing about it."""
    result, told = cast(KINDS[kind], wire)
    assert (result, type(result), told) == (expected, type(expected), [])


@pytest.mark.parametrize(
    ("kind", "wire"),
    [
        ("text", ["a"]),
        ("text", {"a": 1}),
        ("id", 1.5),
        ("id", 2.0**60),
        ("id", True),
        ("id", []),
        ("integer", "<5"),
        ("integer", True),
        ("integer", "1_000"),
        ("integer", [1]),
        ("integer", "1e400"),
        ("number", "NaN"),
        ("number", float("inf")),
        ("number", "9e308"),
        ("number", False),
        ("number", 10**400),
        ("flag", 2),
        ("flag", "maybe"),
        ("flag", 1.0),
        ("flag", []),
        ("moment", "2026-02-30 00:00:00"),
        ("moment", "0001-01-01T00:00:00+14:00"),
        ("epoch", -1),
        ("epoch", 253402300800),
        ("epoch", "soon"),
        ("local_time", "2026-01-05T00:00:00+09:00"),
        ("local_time", "18.11.2026"),
        ("local_time", 1630087995),
        ("moment", 20260105),
        ("moment", "20260105"),
        ("moment", "2026-01-05 25:00:00"),
        ("moment", "2026-01-05 10:00:00+99:00"),
        ("moment", True),
        ("integer", "1,23"),
        ("integer", 2**63),
        ("integer", str(-(2**63))),
        ("number", "1.234,5"),
        ("number", "12,34,567"),
        ("number", "%"),
        ("date", "2026-02-30"),
        ("date", 20260105),
        ("list", "a"),
        ("texts", 7),
        ("texts", "[1"),
        ("list", {"a": 1}),
        ("object", [1]),
        ("object", "a"),
    ],
)
def test_what_does_not_fit_is_null_and_told(kind: str, wire: Any) -> None:
    """A value that the column can't hold becomes null, and is told once with the column's path."""
    assert cast(KINDS[kind], wire) == (None, [("column", wire)])


@pytest.mark.parametrize(
    ("kind", "wire", "instead"),
    [
        ("integer", "12.5", 12),
        ("integer", "13.5", 14),
        ("integer", 0.7, 1),
        ("integer", "-1,000.9", -1001),
        ("integer", "9007199254740994.1", 9007199254740994),
        ("number", "12345678901234567.89", 12345678901234568.0),
        ("number", 2**60 + 1, float(2**60)),
        ("number", "10000000000000.0051", 10000000000000.006),
    ],
)
def test_what_fits_only_roughly_is_rounded_and_told(kind: str, wire: Any, instead: Any) -> None:
    """A count with a fraction goes to the nearest integer, a half to the even one; an amount to the nearest double."""
    assert cast(KINDS[kind], wire) == (instead, [("column", wire, instead)])


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-01-05 10:00:00", "2026-01-05 10:00:00.5"),
        ("2026-01-05 10:00:00.25", "2026-01-05 10:00:00.5"),
        ("2026-01-05 10:00:00.999", "2026-01-05 10:00:01"),
    ],
)
def test_moments_are_compared_as_times(earlier: str, later: str) -> None:
    """A fraction of a second sorts behind its second, which the texts do not."""
    first, second = moment(earlier), moment(later)
    assert first
    assert second
    assert time_of(first) < time_of(second)


@pytest.mark.parametrize("kind", KINDS)
def test_null_is_null_and_no_surprise(kind: str) -> None:
    """What TikTok sends as null stays null without a word."""
    assert cast(KINDS[kind], None) == (None, [])


def test_surprise_inside_tells_the_path_and_spares_the_rest() -> None:
    """One bad value deep inside is null there; its neighbours stay, and the path leads to it."""
    shape = OBJECTS(id=ID, inner=OBJECT(days=INTEGER))
    result, told = cast(shape, [{"id": 1, "inner": {"days": "x", "more": 2}}, "bad"])
    assert result == [{"id": "1", "inner": {"days": None, "more": 2}}, None]
    assert told == [("column[].inner.days", "x"), ("column[]", "bad")]


def test_a_value_too_deep_to_write_is_null_and_told() -> None:
    """JSON text of a value nested beyond what can be written is a surprise like any other."""
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    result, told = cast(JSON_TEXT, value)
    assert result is None
    assert [path for path, _ in told] == ["column"]


def test_the_wire_value_is_not_touched() -> None:
    """Casting makes new objects: the row it came from stays as TikTok sent it."""
    wire = {"id": 1, "tags": [2]}
    result, _ = cast(KINDS["object"], wire)
    assert wire == {"id": 1, "tags": [2]}
    assert result == {"id": "1", "tags": ["2"]}


@pytest.mark.parametrize("wire", ["-", ""])
@pytest.mark.parametrize("kind", KINDS)
def test_metric_without_a_value_is_null(kind: str, wire: str) -> None:
    """A dash or nothing in a metric means no value, and is no surprise."""
    told = Told()
    assert metric_cast(KINDS[kind], "column", told)(wire) is None
    assert told == []


def test_metric_with_a_value_is_cast_as_its_shape() -> None:
    """Anything else in a metric goes the way of its shape."""
    told = Told()
    spend = metric_cast(NUMBER, "spend", told)
    assert [spend("0.50"), spend("<5"), spend(None)] == [0.5, None, None]
    assert told == [("spend", "<5")]


def test_casts_names_columns_by_their_path() -> None:
    """Each column has its cast, under its own name and with its path in what is reported."""
    told = Told()
    [(name, cast_a)] = casts({"a": INTEGER}, told, path="row.")
    assert (name, cast_a("x")) == ("a", None)
    assert told == [("row.a", "x")]


def test_a_shape_takes_a_meaning_and_a_source() -> None:
    """Giving a shape its meaning leaves the original as it was; so does naming the field that fills it."""
    shape = LIST(ID)("Ids.", wire="today_ids")
    assert (shape.meaning, shape.wire, shape.item) == ("Ids.", ("today_ids",), ID)
    assert (LIST(ID)("Ids.").wire, LIST(ID).meaning) == ((), "")


def test_schema_of_a_nested_shape() -> None:
    """A schema follows the shape inward; objects stay open for what TikTok adds."""
    assert OBJECTS(at=MOMENT, n=NUMBER("How many."))("Rows.").schema() == {
        "type": ["null", "array"],
        "items": {
            "type": ["null", "object"],
            "additionalProperties": True,
            "properties": {
                "at": {
                    "type": ["null", "string"],
                    "format": "date-time",
                    "airbyte_type": "timestamp_with_timezone",
                },
                "n": {"type": ["null", "number"], "description": "How many."},
            },
        },
        "description": "Rows.",
    }


def test_schemas_are_not_shared() -> None:
    """Changing one schema leaves the next one alone."""
    INTEGER.schema()["type"] = "changed"
    assert INTEGER.schema() == {"type": ["null", "integer"]}


def test_moment_refuses_by_value_error() -> None:
    """Outside a cast, a text that is no time raises ValueError."""
    with pytest.raises(ValueError, match="tomorrow"):
        moment("tomorrow")
