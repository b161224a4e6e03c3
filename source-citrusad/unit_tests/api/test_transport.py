"""The wire: whole answers, and a name for every way in which none comes."""

import io
from collections.abc import Callable
from typing import Any

import pytest
import requests
import urllib3
from requests.adapters import BaseAdapter

from source_citrusad.api.transport import ConnectionLost, HttpTransport, Reply


class Canned(BaseAdapter):
    """Answers in place of the network."""

    def __init__(self, answer: Callable[[], bytes]) -> None:
        super().__init__()
        self.answer = answer
        self.sent: list[tuple[requests.PreparedRequest, Any]] = []

    def send(self, request: requests.PreparedRequest, *_: Any, timeout: Any = None, **__: Any) -> requests.Response:
        """One answer, its body behind a raw response."""
        self.sent.append((request, timeout))
        response = requests.Response()
        response.status_code = 200
        answer = self.answer

        class Raw(urllib3.HTTPResponse):
            def read(self, *_: Any, **__: Any) -> bytes:
                return answer()

        response.raw = Raw(io.BytesIO())
        return response

    def close(self) -> None:
        """Nothing is open."""


def transport_with(answer: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch) -> tuple[HttpTransport, Canned]:
    """A transport over a canned adapter."""
    canned = Canned(answer)
    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: canned)
    return HttpTransport(), canned


def test_a_redirect_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """No token follows it."""
    seen: dict[str, Any] = {}

    def request(self: requests.Session, *_: Any, **options: Any) -> requests.Response:
        seen.update(options)
        raise requests.ConnectionError

    monkeypatch.setattr(requests.Session, "request", request)
    with pytest.raises(ConnectionLost):
        HttpTransport().send("GET", "http://127.0.0.1/x", {}, None, 5)
    assert seen["allow_redirects"] is False


def test_a_whole_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A .netrc does not replace the token."""
    transport, canned = transport_with(lambda: b"body", monkeypatch)
    reply = transport.send("POST", "http://127.0.0.1/x", {"Authorization": "Bearer t"}, b"{}", 5)
    assert (reply.status, reply.content) == (200, b"body")
    request, timeout = canned.sent[0]
    assert (request.headers["Authorization"], timeout) == ("Bearer t", (10.0, 5))


@pytest.mark.parametrize(
    ("raised", "silent"),
    [
        (requests.ConnectionError("x"), False),
        (requests.ReadTimeout("x"), True),
        (urllib3.exceptions.ReadTimeoutError(None, "x", "y"), True),
        (urllib3.exceptions.ProtocolError("x"), False),
        (OSError("x"), False),
    ],
)
def test_no_whole_answer(raised: Exception, silent: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is told apart: it takes long."""

    def fail() -> bytes:
        raise raised

    transport, _ = transport_with(fail, monkeypatch)
    with pytest.raises(ConnectionLost) as error:
        transport.send("GET", "http://127.0.0.1/x", {}, None, 5)
    assert error.value.silent is silent


def test_how_long_an_answer_asks_to_wait() -> None:
    """In seconds; a date is left to the backoff."""
    assert Reply(503, {"Retry-After": "7"}, b"").retry_after == 7.0
    assert Reply(503, {"Retry-After": "Fri, 31 Dec"}, b"").retry_after == 0.0
