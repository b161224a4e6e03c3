"""TikTok's answer as an object: the envelope around every body, and exact decoding of what lies in it."""

import json
from collections.abc import Callable
from decimal import Decimal
from math import isfinite
from typing import Any, Protocol, TypeVar

import msgspec


class AnyEnvelope(Protocol):
    """What the client reads of any decoded answer; a typed envelope of a caller's has these four."""

    @property
    def code(self) -> int:
        """0 is success."""
        ...

    @property
    def message(self) -> str | None:
        """TikTok's words."""
        ...

    @property
    def request_id(self) -> str | None:
        """TikTok's log id."""
        ...

    @property
    def data(self) -> Any:
        """What was asked for; `None` is no answer."""
        ...


E = TypeVar("E", bound=AnyEnvelope)
Decode = Callable[[bytes], E]

# What a decoder raises on an answer that is not what it expects.
DECODE_ERRORS = (msgspec.MsgspecError, ValueError, TypeError, RecursionError)


class Envelope(msgspec.Struct):
    """The verdict and the data, untyped; integers are exact."""

    code: int
    message: str | None = ""
    request_id: str | None = ""
    data: Any = None


def exact(digits: str) -> float | str:
    """The double that a number of an answer stands for; the digits themselves where no double holds all of them."""
    number = float(digits)
    return number if isfinite(number) and Decimal(repr(number)) == Decimal(digits) else digits


def decoder(shape: type[E]) -> Decode[E]:
    """Decodes bodies into a typed envelope, lone surrogates too (which the quick decoder refuses).

    Numbers as text are taken as numbers. Numbers that no double holds are texts, and so is what is no number at all
    (NaN, Infinity): nothing is rounded here. Raises one of `DECODE_ERRORS`.
    """
    quick = msgspec.json.Decoder(shape, strict=False, float_hook=exact)

    def decode(body: bytes) -> E:
        try:
            return quick.decode(body)
        except msgspec.MsgspecError:
            # A lone surrogate is legal JSON text, but no UTF-8: only the standard library reads it.
            return msgspec.convert(json.loads(body, parse_float=exact, parse_constant=str), shape, strict=False)

    return decode


decode_envelope: Decode[Envelope] = decoder(Envelope)


def decode_file(body: bytes) -> Envelope:
    """A file, in the place of data; or TikTok's own envelope where that came instead. Raises one of `DECODE_ERRORS`."""
    # TikTok: downloads are the file itself, CSV or zip, without the envelope; most of their errors come in one.
    start = body.lstrip()[:1]
    if start in (b"", b"<"):
        raise ValueError("no file")
    return decode_envelope(body) if start == b"{" else Envelope(0, data=body)
