"""Shapes of values: one declaration gives a column its JSON Schema and its caster."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from math import isfinite
from typing import Any, Protocol


class OnInvalidValue(Protocol):
    """Is called with the path of a column, a value that did not fit it, and what the record holds instead."""

    def __call__(self, path: str, value: Any, instead: Any = None, /) -> None:
        """`instead` is null where the value could not be read, and a number where it was rounded."""


Cast = Callable[[Any], Any]
"""Turns one wire value into what the record holds."""

LONGEST_INTEGER = 2**63 - 1
"""The largest integer that every reader of JSON, and every warehouse, takes."""

EXACT_BELOW = 1e13
"""Below this a double holds every amount to the third decimal, so that rounding to a double alters no amount."""


class InvalidValue(ValueError):
    """A wire value that its shape cannot hold."""


class Rounded(ValueError):
    """A wire value that its shape can hold only approximately: as `instead`."""

    def __init__(self, instead: int | float) -> None:
        super().__init__(instead)
        self.instead = instead


@dataclass(frozen=True)
class Shape:
    """What one column holds: the kind of value, what is inside it, and what it means to the reader.

    `wire` names the wire fields the value is taken from, in order, when they differ from the column's own name.
    """

    kind: str
    item: Shape | None = None
    fields: tuple[tuple[str, Shape], ...] = ()
    meaning: str = ""
    wire: tuple[str, ...] = ()

    def __call__(self, meaning: str, *, wire: str = "") -> Shape:
        """The same shape with a one-line meaning, and optionally the wire field that fills it today."""
        return Shape(self.kind, self.item, self.fields, meaning, (wire,) if wire else ())

    def without(self, names: Collection[str]) -> Shape:
        """The same shape without the fields of these names, at any depth."""
        item = self.item.without(names) if self.item is not None else None
        fields = tuple((name, shape.without(names)) for name, shape in self.fields if name not in names)
        return replace(self, item=item, fields=fields)

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the column; every column may be null."""
        schema = dict(_SCHEMAS[self.kind])
        if self.item is not None:
            schema["items"] = self.item.schema()
        if self.fields:
            schema["properties"] = {name: shape.schema() for name, shape in self.fields}
        if self.meaning:
            schema["description"] = self.meaning
        return schema

    def cast(self, path: str, surprise: OnInvalidValue) -> Cast:
        """The compiled cast of this column: never raises; `surprise` gets what does not fit, which becomes null."""
        if self.kind == "list" and self.item is not None:
            return _list_cast(path, surprise, self.item.cast(f"{path}[]", surprise))
        if self.kind == "object":
            return _object_cast(path, surprise, casts(dict(self.fields), surprise, path=f"{path}."))
        return _guarded(path, surprise, _CASTS[self.kind])


def LIST(item: Shape) -> Shape:
    """A list whose elements have the shape `item`."""
    return Shape("list", item=item)


def OBJECT(**fields: Shape) -> Shape:
    """An object with the named fields; fields it does not name pass through."""
    return Shape("object", fields=tuple(fields.items()))


def OBJECTS(**fields: Shape) -> Shape:
    """A list of such objects."""
    return LIST(OBJECT(**fields))


TEXT = Shape("text")
ID = Shape("id")
INTEGER = Shape("integer")
NUMBER = Shape("number")
FLAG = Shape("flag")
MOMENT = Shape("moment")
EPOCH = Shape("epoch")
LOCAL_TIME = Shape("local_time")
DATE = Shape("date")
JSON_TEXT = Shape("json_text")
TEXTS = Shape("texts", item=TEXT)
"""A list of texts, however TikTok writes it: as a list, as the JSON of one, or as the one text it would hold."""

_UTC_TIME = {"type": ["null", "string"], "format": "date-time", "airbyte_type": "timestamp_with_timezone"}
_SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "text": {"type": ["null", "string"]},
    "id": {"type": ["null", "string"]},
    "integer": {"type": ["null", "integer"]},
    "number": {"type": ["null", "number"]},
    "flag": {"type": ["null", "boolean"]},
    "moment": _UTC_TIME,
    "epoch": _UTC_TIME,
    "local_time": {"type": ["null", "string"], "format": "date-time", "airbyte_type": "timestamp_without_timezone"},
    "date": {"type": ["null", "string"], "format": "date"},
    "json_text": {"type": ["null", "string"]},
    "list": {"type": ["null", "array"]},
    "texts": {"type": ["null", "array"]},
    "object": {"type": ["null", "object"], "additionalProperties": True},
}


def casts(columns: Mapping[str, Shape], surprise: OnInvalidValue, path: str = "") -> list[tuple[str, Cast]]:
    """The casts of the columns, each with its name."""
    return [(name, shape.cast(path + name, surprise)) for name, shape in columns.items()]


def metric_cast(shape: Shape, path: str, surprise: OnInvalidValue) -> Cast:
    """The cast of a report metric: as the shape's own, but a dash or an empty text is null."""
    cast = shape.cast(path, surprise)
    is_plain, plain = _PLAIN_TEXTS.get(shape.kind, (str, cast))

    def metric(value: Any) -> Any:
        if isinstance(value, str):
            # TikTok: "-" stands for no value in every metric, whatever its type; text metrics are also sent empty.
            if value == "-" or not value:
                return None
            if is_plain(value):
                return plain(value)
        return cast(value)

    return metric


def _guarded(path: str, surprise: OnInvalidValue, convert: Cast) -> Cast:
    def cast(value: Any) -> Any:
        if value is None:
            return None
        try:
            return convert(value)
        except Rounded as rounded:
            surprise(path, value, rounded.instead)
            return rounded.instead
        except (ValueError, ArithmeticError, RecursionError):
            surprise(path, value)
            return None

    return cast


def _list_cast(path: str, surprise: OnInvalidValue, cast_item: Cast) -> Cast:
    def convert(value: Any) -> Any:
        if not isinstance(value, list):
            raise InvalidValue(path)
        return [cast_item(element) for element in value]

    return _guarded(path, surprise, convert)


def _object_cast(path: str, surprise: OnInvalidValue, inner: list[tuple[str, Cast]]) -> Cast:
    def convert(value: Any) -> Any:
        if not isinstance(value, dict):
            raise InvalidValue(path)
        return {**value, **{name: cast(value[name]) for name, cast in inner if name in value}}

    return _guarded(path, surprise, convert)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    raise InvalidValue(value)


def _id(value: Any) -> str:
    # TikTok: ids have up to 19 digits and some endpoints send them as JSON numbers; a float has already lost digits.
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    raise InvalidValue(value)


def nothing(value: Any) -> bool:
    """Whether TikTok says with this value that there is none."""
    # TikTok: "-" and an empty text stand for no value where a number, a flag or a time belongs, as null does.
    return value is None or (isinstance(value, str) and value.lower() in ("", "-", "null"))


# Nearly all numbers are as short as this, and quickly made; what follows makes no difference to them.
_SHORT_INTEGER = re.compile(r"-?[0-9]{1,15}")
_SHORT_NUMBER = re.compile(r"-?[0-9]{1,12}\.[0-9]{1,12}|[0-9]{1,12}")


def _integer(value: Any) -> int | None:
    if isinstance(value, str) and _SHORT_INTEGER.fullmatch(value):
        return int(value)
    if nothing(value):
        return None
    # An integer is exact whatever its length; a decimal is only made of what may have a fraction.
    exact: Decimal | int = value if isinstance(value, int) and not isinstance(value, bool) else _decimal(value)
    if not -LONGEST_INTEGER <= exact <= LONGEST_INTEGER:
        raise InvalidValue(value)
    whole = int(exact if isinstance(exact, int) else exact.to_integral_value(ROUND_HALF_EVEN))
    # What a double does not even tell from the integer is no fraction: the typed decoder reads it so.
    if whole != exact and (abs(whole) >= 2**53 or float(exact) != whole):
        raise Rounded(whole)
    return whole


def _number(value: Any) -> float | None:
    if isinstance(value, str) and _SHORT_NUMBER.fullmatch(value):
        return float(value)
    if nothing(value):
        return None
    exact = value if type(value) in (int, float) else _decimal(value)
    number = float(exact)
    if not isfinite(number):
        raise InvalidValue(value)
    if abs(number) >= EXACT_BELOW and type(value) is not float and Decimal(repr(number)) != exact:
        raise Rounded(number)
    # As the typed decoder reads it.
    return 0.0 if value == "-0" else number


_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")


def _decimal(value: Any) -> Decimal:
    """The exact number in `value`; exponents beyond a double's are refused before they can fill the memory."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)) or "_" in str(value):
        raise InvalidValue(value)
    # TikTok: rates have been seen with a percent sign, and amounts with commas between the thousands.
    text = str(value).strip().removesuffix("%").rstrip()
    try:
        number = Decimal(text.replace(",", "") if _GROUPED.fullmatch(text) else text)
    except InvalidOperation as error:
        raise InvalidValue(value) from error
    if not number.is_finite() or number.adjusted() > 308:
        raise InvalidValue(value)
    return number


_FLAGS: Mapping[Any, bool] = {
    **{True: True, False: False, "1": True, "0": False, "true": True, "false": False},
    # As the typed decoder reads it.
    "-0": False,
}


def _flag(value: Any) -> bool | None:
    # TikTok: flags come as true/false, 1/0 or their text, depending on the endpoint.
    if nothing(value):
        return None
    key = value.lower() if isinstance(value, str) else value
    if isinstance(key, (str, bool, int)) and key in _FLAGS:
        return _FLAGS[key]
    raise InvalidValue(value)


def moment(value: Any) -> str | None:
    """A UTC time as `YYYY-MM-DDTHH:MM:SSZ`, from any notation TikTok has been seen to use.

    Raises ValueError for anything else.
    """
    if nothing(value):
        return None
    # TikTok: entities' times are UTC without saying so; file endpoints add the Z, and others count seconds instead.
    time = _counted(value) or _datetime(value)
    utc = time.astimezone(timezone.utc) if time.tzinfo else time
    return utc.replace(tzinfo=None).isoformat() + "Z"


def time_of(moment: str) -> datetime:
    """The time that a text made by `moment` stands for; such texts do not sort as times where seconds have fractions.

    Raises ValueError for any other text.
    """
    return datetime.fromisoformat(moment.replace("Z", "+00:00"))


def _local_time(value: Any) -> str | None:
    """A report's time as `YYYY-MM-DDTHH:MM:SS`, in the account's own zone; an offset of zero says nothing."""
    if nothing(value):
        return None
    time = _datetime(value)
    if time.utcoffset():
        raise InvalidValue(value)
    return time.replace(tzinfo=None).isoformat()


def _date(value: Any) -> str | None:
    """A day as `YYYY-MM-DD`, whatever time stands beside it."""
    return None if nothing(value) else _datetime(value).date().isoformat()


# TikTok: the notations of a time that its answers have been seen to use, the last of them Go's own.
_TIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ](?P<minute>[0-9]{2}:[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"
    r" ?(?P<zone>Z|z|UTC|[+-][0-9]{2}:?[0-9]{2}(?: [A-Z]{3,5})?)?)?"
)


def _datetime(value: Any) -> datetime:
    """The time that a text tells, with its zone where it names one; a day alone is its first moment."""
    found = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise InvalidValue(value)
    # Digits beyond a microsecond are cut.
    fraction = (found["fraction"] or "")[:6].ljust(6, "0")
    time = datetime.fromisoformat(f"{found['day']}T{found['minute'] or '00:00'}:{found['second'] or '00'}.{fraction}")
    return time.replace(tzinfo=_zone(found["zone"])) if found["zone"] else time


def _zone(name: str) -> timezone:
    if name in ("Z", "z", "UTC"):
        return timezone.utc
    hours, minutes = int(name[1:3]), int(name[3:].lstrip(":")[:2])
    return timezone((-1 if name[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


_SECONDS = re.compile(r"[1-9][0-9]{9}(\.0+)?")


def _counted(value: Any) -> datetime | None:
    """The time that seconds since 1970 stand for, None for what is no such number of ten digits, as all are today."""
    counts = not isinstance(value, bool) and isinstance(value, (int, float, str)) and _SECONDS.fullmatch(str(value))
    return datetime.fromtimestamp(int(float(value)), timezone.utc) if counts else None


def _epoch(value: Any) -> str | None:
    # TikTok: advertiser/info gives create_time as epoch seconds.
    if isinstance(value, str) and _TIME.fullmatch(value.strip()):
        return moment(value)
    if nothing(value):
        return None
    seconds = _decimal(value)
    if not 0 <= seconds < 253402300800:
        raise InvalidValue(value)
    return datetime.fromtimestamp(int(seconds), timezone.utc).replace(tzinfo=None).isoformat() + "Z"


def _json_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _texts(value: Any) -> list[str | None] | None:
    # TikTok: only one source tells how lists of report attributes look, so a text in place of one is taken too.
    if nothing(value):
        return None
    if isinstance(value, str):
        value = json.loads(value) if value.startswith("[") else [value]
    if not isinstance(value, list):
        raise InvalidValue(value)
    return [None if item is None else _json_text(item) for item in value]


_CASTS: Mapping[str, Cast] = {
    "text": _text,
    "id": _id,
    "integer": _integer,
    "number": _number,
    "flag": _flag,
    "moment": moment,
    "epoch": _epoch,
    "local_time": _local_time,
    "date": _date,
    "json_text": _json_text,
    "texts": _texts,
}
_PLAIN_TEXTS: Mapping[str, tuple[Callable[[str], Any], Cast]] = {
    "integer": (_SHORT_INTEGER.fullmatch, int),
    "number": (_SHORT_NUMBER.fullmatch, float),
    "text": (str, str),
    "id": (str, str),
}
"""Of some kinds, which texts are made a value without further ado, and how."""
