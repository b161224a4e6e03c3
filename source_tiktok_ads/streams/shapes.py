"""Shapes of values: one declaration gives a column its JSON Schema and its caster."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

Surprise = Callable[[str, Any], None]
"""Told the path of a column and the value that did not fit it; the value becomes null."""

Cast = Callable[[Any], Any]
"""Turns one wire value into what the record holds."""


class Misfit(ValueError):
    """A wire value that its shape cannot hold."""


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
        return replace(self, meaning=meaning, wire=(wire,) if wire else ())

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

    def cast(self, path: str, surprise: Surprise) -> Cast:
        """The compiled cast of this column: never raises; what does not fit is told to `surprise` and becomes null."""
        if self.item is not None:
            return _list_cast(path, surprise, self.item.cast(f"{path}[]", surprise))
        if self.kind == "object":
            return _object_cast(path, surprise, casts(dict(self.fields), surprise, path=f"{path}."))
        return _guarded(path, surprise, _CASTS[self.kind])

    @property
    def plain(self) -> bool:
        """Whether every value passes unchanged, so that no cast is needed."""
        return self.kind == "any"


def LIST(item: Shape) -> Shape:
    """A list whose elements have the shape `item`."""
    return Shape("list", item=item)


def OBJECT(fields: Mapping[str, Shape]) -> Shape:
    """An object with the named fields; fields it does not name pass through."""
    return Shape("object", fields=tuple(fields.items()))


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
ANY = Shape("any")

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
    "object": {"type": ["null", "object"], "additionalProperties": True},
    "any": {},
}


def casts(columns: Mapping[str, Shape], surprise: Surprise, path: str = "") -> list[tuple[str, Cast]]:
    """The casts of the columns that need one, by column name."""
    return [(name, shape.cast(path + name, surprise)) for name, shape in columns.items() if not shape.plain]


def metric_cast(shape: Shape, path: str, surprise: Surprise) -> Cast:
    """The cast of a report metric: as the shape's own, but a dash or an empty text is null."""
    cast = shape.cast(path, surprise)
    # TikTok: "-" stands for no value in every metric, whatever its type; text metrics are also sent empty.
    return lambda value: None if value in ("-", "") else cast(value)


def _guarded(path: str, surprise: Surprise, convert: Cast) -> Cast:
    def cast(value: Any) -> Any:
        if value is None:
            return None
        try:
            return convert(value)
        except (ValueError, ArithmeticError, RecursionError):
            surprise(path, value)
            return None

    return cast


def _list_cast(path: str, surprise: Surprise, cast_item: Cast) -> Cast:
    def convert(value: Any) -> Any:
        if not isinstance(value, list):
            raise Misfit(path)
        return [cast_item(element) for element in value]

    return _guarded(path, surprise, convert)


def _object_cast(path: str, surprise: Surprise, inner: list[tuple[str, Cast]]) -> Cast:
    def convert(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Misfit(path)
        return {**value, **{name: cast(value[name]) for name, cast in inner if name in value}}

    return _guarded(path, surprise, convert)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    raise Misfit(value)


def _id(value: Any) -> str:
    # TikTok: ids have up to 19 digits and some endpoints send them as JSON numbers; a float has already lost digits.
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    raise Misfit(value)


def _integer(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if value == "":
        return None
    number = _decimal(value)
    if number != number.to_integral_value():
        raise Misfit(value)
    return int(number)


def _number(value: Any) -> int | float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number: int | float = value
    elif value == "":
        return None
    else:
        number = float(_decimal(value))
    if not isfinite(number):
        raise Misfit(value)
    return number


def _decimal(value: Any) -> Decimal:
    """The exact number in `value`; exponents beyond a double's are refused before they can fill the memory."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)) or "_" in str(value):
        raise Misfit(value)
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise Misfit(value) from error
    if not number.is_finite() or number.adjusted() > 308:
        raise Misfit(value)
    return number


_FLAGS: Mapping[Any, bool] = {True: True, False: False, "1": True, "0": False, "true": True, "false": False}


def _flag(value: Any) -> bool | None:
    # TikTok: flags come as true/false, 1/0 or their text, depending on the endpoint.
    if value == "":
        return None
    key = value.lower() if isinstance(value, str) else value
    if isinstance(key, (str, bool, int)) and key in _FLAGS:
        return _FLAGS[key]
    raise Misfit(value)


def moment(value: Any) -> str | None:
    """A UTC time as `YYYY-MM-DDTHH:MM:SSZ`, from TikTok's `YYYY-MM-DD HH:MM:SS` or any ISO form.

    Raises ValueError for anything else.
    """
    if value == "":
        return None
    # TikTok: entities' times are UTC without saying so; file endpoints add the Z.
    time = _datetime(value)
    utc = time.astimezone(timezone.utc) if time.tzinfo else time
    return utc.replace(tzinfo=None).isoformat() + "Z"


def _local_time(value: Any) -> str | None:
    """A report's time as `YYYY-MM-DDTHH:MM:SS`, in the account's own zone."""
    time = _datetime(value)
    if time.tzinfo:
        raise Misfit(value)
    return time.isoformat()


def _date(value: Any) -> str | None:
    """A day as `YYYY-MM-DD`, whatever time is told with it."""
    if value == "":
        return None
    if not isinstance(value, str):
        raise Misfit(value)
    return date.fromisoformat(value[:10]).isoformat()


def _datetime(value: Any) -> datetime:
    if not isinstance(value, str) or len(value) < 19:
        raise Misfit(value)
    return datetime.fromisoformat(value.replace("Z", "+00:00").replace("z", "+00:00"))


def _epoch(value: Any) -> str | None:
    # TikTok: advertiser/info gives create_time as epoch seconds.
    seconds = _integer(value)
    if seconds is None:
        return None
    if not 0 <= seconds < 253402300800:
        raise Misfit(value)
    return datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None).isoformat() + "Z"


def _json_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


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
    "any": lambda value: value,
}
