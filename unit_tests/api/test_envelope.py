"""Answers as objects."""

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source_tiktok_ads.api.envelope import DECODE_ERRORS, Envelope, decode_envelope, decoder


class Rows(msgspec.Struct):
    """Typed data."""

    list: list[dict[str, Any]]


class RowsEnvelope(Envelope):
    """A typed envelope."""

    data: Rows | None = None


def test_integers_are_exact() -> None:
    """Ids beyond 2^53, and beyond 64 bits, keep every digit."""
    body = b'{"code":0,"data":{"id":1234567890123456789,"more":123456789012345678901234567890}}'
    data = decode_envelope(body).data
    assert data == {"id": 1234567890123456789, "more": 123456789012345678901234567890}


def test_verdict_as_text_is_a_number() -> None:
    """`"code": "40105"` is a refusal, not success."""
    assert decode_envelope(b'{"code":"40105","message":null}') == Envelope(40105, None)


def test_lone_surrogates_are_read() -> None:
    """They are legal JSON text; the quick decoder alone would refuse the page."""
    typed = decoder(RowsEnvelope)(b'{"code":0,"data":{"list":[{"name":"\\ud83d"}]}}')
    assert typed.data == Rows([{"name": "\ud83d"}])


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"code":null}', b'{"data":{}}', b'{"code":0', b"\xff", b"[" * 99999]
)
def test_anything_else_is_unreadable(body: bytes) -> None:
    """What is no envelope raises one of the errors that the client expects."""
    with pytest.raises(DECODE_ERRORS):
        decode_envelope(body)


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_other_error(body: bytes) -> None:
    """Whatever comes is an envelope or unreadable."""
    with contextlib.suppress(DECODE_ERRORS):
        assert isinstance(decode_envelope(body).code, int)
