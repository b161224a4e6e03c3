"""Decodes TikTok's answers: the envelope around every body, and its content without any rounding."""

import json
from collections.abc import Callable
from decimal import Decimal
from math import isfinite
from typing import Any, Protocol, TypeVar

import msgspec


class AnyEnvelope(Protocol):
    """The four fields that every decoded answer has, including typed envelopes of callers."""

    @property
    def code(self) -> int:
        """TikTok's code; 0 means success."""
        ...

    @property
    def message(self) -> str | None:
        """TikTok's message."""
        ...

    @property
    def request_id(self) -> str | None:
        """TikTok's log id."""
        ...

    @property
    def data(self) -> Any:
        """The content of the answer; `None` if it has none."""
        ...


E = TypeVar("E", bound=AnyEnvelope)
Decode = Callable[[bytes], E]

# The errors that a decoder raises for an unexpected answer.
DECODE_ERRORS = (msgspec.MsgspecError, ValueError, TypeError, RecursionError)


class Envelope(msgspec.Struct):
    """An answer with untyped data. Integers are exact."""

    code: int
    message: str | None = ""
    request_id: str | None = ""
    data: Any = None


def exact(digits: str) -> float | str:
    """A number of an answer as a double, or as its digits if no double can represent them exactly."""
    number = float(digits)
    return number if isfinite(number) and Decimal(repr(number)) == Decimal(digits) else digits


def decoder(shape: type[E]) -> Decode[E]:
    """A function that decodes bodies into a typed envelope, including lone surrogates, which msgspec's decoder refuses.

    Numbers in texts become numbers. Numbers that no double can represent, NaN and Infinity become texts, so nothing is
    rounded. The function raises one of `DECODE_ERRORS`.
    """
    quick = msgspec.json.Decoder(shape, strict=False, float_hook=exact)

    def decode(body: bytes) -> E:
        try:
            return quick.decode(body)
        except msgspec.MsgspecError:
            # A lone surrogate is legal in JSON but not in UTF-8, and only the standard library accepts it.
            return msgspec.convert(json.loads(body, parse_float=exact, parse_constant=str), shape, strict=False)

    return decode


decode_envelope: Decode[Envelope] = decoder(Envelope)


def decode_file(body: bytes) -> Envelope:
    """A file as the data of an envelope, or TikTok's envelope if that came instead. Raises one of `DECODE_ERRORS`."""
    # TikTok: downloads are the file itself, CSV or zip, without the envelope; most of their errors come in one.
    start = body.lstrip()[:1]
    if start in (b"", b"<"):
        raise ValueError("no file")
    return decode_envelope(body) if start == b"{" else Envelope(0, data=body)
