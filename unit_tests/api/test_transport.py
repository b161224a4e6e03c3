"""Whole answers and kinds of failure; the sockets are stood in for by an adapter."""

import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from source_tiktok_ads.api.transport import (
    LARGEST,
    HttpTransport,
    RawBodyAdapter,
    TransportError,
    prepare,
    transport_error,
    unpack,
)

from .canned import Time

URL = "https://api.test/open_api/v1.3/x/?secret=s3cr3t"
POOL: Any = SimpleNamespace(host="api.test")


class Canned(HTTPAdapter):
    """Answers without a network, or fails as told."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        super().__init__()
        self.answer = answer
        self.seen: list[tuple[requests.PreparedRequest, dict[str, Any]]] = []

    def send(self, request: requests.PreparedRequest, **settings: Any) -> requests.Response:  # type: ignore[override]
        """What RawBodyAdapter would make of the answer."""
        self.seen.append((request, settings))
        return RawBodyAdapter().build_response(request, self.answer())


def response(body: Any, status: int = 200, **headers: str) -> urllib3.HTTPResponse:
    """An answer as it comes off the wire."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    stream = io.BytesIO(body) if isinstance(body, bytes) else body
    return urllib3.HTTPResponse(
        stream, named, status, preload_content=False, decode_content=False, request_method="GET"
    )


def transport(answer: Callable[[], Any], **settings: Any) -> HttpTransport:
    """A transport over a canned adapter."""
    return HttpTransport(adapter=Canned(answer), **settings)


def fail(error: Exception) -> Callable[[], Any]:
    """An answer that never comes."""

    def answer() -> Any:
        raise error

    return answer


def test_a_whole_answer() -> None:
    """Status, lower-case headers, unpacked body."""
    packed = gzip.compress(b'{"code":0}', mtime=0)
    found = transport(lambda: response(packed, Content_Encoding="GZIP", Date="now")).send("GET", URL, {}, None)
    assert (found.status, found.headers["date"], found.body) == (200, "now", b'{"code":0}')


def test_a_redirect_is_handed_over() -> None:
    """Following one would carry the token to another host."""
    assert transport(lambda: response(b"", 302, Location="http://evil.test/")).send("GET", URL, {}, None).status == 302


def test_a_cut_body() -> None:
    """Fewer bytes than promised."""
    with pytest.raises(TransportError, match="cut"):
        transport(lambda: response(b"abc", Content_Length="100")).send("GET", URL, {}, None)


class Drip(io.RawIOBase):
    """One byte at a time, each after a while."""

    def __init__(self, time: Time, seconds: float) -> None:
        self.time, self.seconds = time, seconds

    def read1(self, _amount: int) -> bytes:
        """The next byte."""
        self.time.sleep(self.seconds)
        return b"x"


@pytest.mark.parametrize("connection", [None, SimpleNamespace(close=lambda: None), HTTPConnection("api.test")])
def test_a_dripping_answer_is_cut_by_our_own_clock(connection: Any) -> None:
    """A read timeout alone would let it drip for ever."""
    time = Time()
    raw = response(Drip(time, 7.0), Content_Length="1000")
    raw._connection = connection
    with pytest.raises(TransportError, match="not whole after 120 s") as caught:
        transport(lambda: raw, monotonic=time.monotonic).send("GET", URL, {}, None)
    assert caught.value.kind == "timeout"
    assert 120 <= time.now - 1000 < 128


def test_the_last_silence_does_not_outlast_the_whole() -> None:
    """With 57 s left, the socket waits 57 s and not 60."""
    time, set_to = Time(), []
    connection = HTTPConnection("api.test")
    connection.sock = SimpleNamespace(settimeout=set_to.append, close=lambda: None)  # type: ignore[assignment]
    raw = response(Drip(time, 63.0), Content_Length="1000")
    raw._connection = connection
    with pytest.raises(TransportError, match="timeout"):
        transport(lambda: raw, monotonic=time.monotonic).send("GET", URL, {}, None)
    assert set_to == [57.0]


def retry(reason: Exception) -> MaxRetryError:
    """How urllib3 wraps what happened before a request left."""
    return MaxRetryError(POOL, URL, reason)


LOGIN = OSError("Tunnel connection failed: 407 Proxy Authentication Required, s3cr3t")
CASES = [
    (requests.exceptions.ConnectTimeout(retry(ConnectTimeoutError())), "connect"),
    (requests.exceptions.ConnectionError(retry(NewConnectionError(POOL, URL))), "connect"),
    (requests.exceptions.ProxyError(retry(urllib3.exceptions.ProxyError("no", OSError()))), "connect"),
    (requests.exceptions.ProxyError(retry(urllib3.exceptions.ProxyError("no", LOGIN))), "proxy"),
    (requests.exceptions.SSLError(retry(urllib3.exceptions.SSLError("EOF"))), "connect"),
    (requests.exceptions.SSLError(retry(urllib3.exceptions.SSLError("certificate verify failed"))), "trust"),
    (OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /x"), "trust"),
    (requests.exceptions.ReadTimeout(ReadTimeoutError(POOL, URL, "s3cr3t")), "timeout"),
    (ReadTimeoutError(POOL, URL, "s3cr3t"), "timeout"),
    (requests.exceptions.ConnectionError(ProtocolError("aborted", ConnectionResetError())), "cut"),
    (ProtocolError("broken", ConnectionResetError()), "cut"),
    (ConnectionResetError(), "cut"),
    (requests.exceptions.InvalidURL(URL), "connect"),
    (ValueError("Invalid header value b's3cr3t'"), "connect"),
]


@pytest.mark.parametrize(("error", "kind"), CASES)
def test_kinds_of_failure(error: Exception, kind: str) -> None:
    """Everything network-like has a kind, and none of its text, which may hold the address."""
    with pytest.raises(TransportError) as caught:
        transport(fail(error)).send("GET", URL, {"Access-Token": "s3cr3t"}, None)
    assert caught.value.kind == kind
    assert "s3cr3t" not in repr(caught.value)
    assert "s3cr3t" not in "".join(map(repr, [caught.value.__cause__, caught.value.args]))
    assert caught.value.__context__ is None


def test_fault_of_an_error_without_arguments() -> None:
    """Its own name is all that is known."""
    assert transport_error(OSError()).detail == "OSError"


@pytest.mark.parametrize(
    ("body", "encoding", "expected"),
    [(b"x", "", b"x"), (b"x", "identity", b"x"), (b"", "gzip", b""), (gzip.compress(b"x", mtime=0), "x-gzip", b"x")],
)
def test_unpack(body: bytes, encoding: str, expected: bytes) -> None:
    """Gzip, or nothing."""
    assert unpack(body, encoding) == expected


@pytest.mark.parametrize("sizes", [(3, 5), (4, 4), (0, 7, 0), (1 << 20, 1), (1, 1 << 20)])
def test_several_members_are_one_answer(sizes: tuple[int, ...]) -> None:
    """Each is unpacked, in whatever sizes a server or a gateway packs them."""
    contents = [bytes([65 + place]) * size for place, size in enumerate(sizes)]
    assert unpack(b"".join(gzip.compress(content, mtime=0) for content in contents), "gzip") == b"".join(contents)


def test_a_small_packing_of_a_large_answer_is_refused() -> None:
    """It is not unpacked any further than what can be taken, alone or in several members."""
    half = gzip.compress(bytes(LARGEST // 2 + 1), 1, mtime=0)
    for body in (gzip.compress(bytes(LARGEST + 1), 1, mtime=0), half + half):
        with pytest.raises(TransportError, match="huge: more than 128 MiB"):
            unpack(body, "gzip")


def test_more_members_than_any_answer_has() -> None:
    """Each costs a copy of what follows it."""
    with pytest.raises(TransportError, match="garbled"):
        unpack(gzip.compress(b"x", mtime=0) * 1001, "gzip")


class Endless(io.RawIOBase):
    """As much as one asks for, without end."""

    def read1(self, amount: int) -> bytes:
        """Some of it."""
        return bytes(amount)


def test_an_answer_without_end_is_cut() -> None:
    """Before it fills the memory."""
    with pytest.raises(TransportError, match="huge") as caught:
        transport(lambda: response(Endless())).send("GET", URL, {}, None)
    assert caught.value.kind == "huge"


EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
ANSWER = b'HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 10\r\n\r\n{"code":0}'


class Wire:
    """A socket that has received some bytes."""

    def __init__(self, received: bytes) -> None:
        self.received = received

    def makefile(self, _mode: str) -> io.BytesIO:
        """The bytes."""
        return io.BytesIO(self.received)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "manager", [lambda: RawBodyAdapter().poolmanager, lambda: RawBodyAdapter().proxy_manager_for("http://p.test:1")]
)
def test_what_comes_before_the_final_answer_is_passed_over(scheme: str, manager: Callable[[], Any]) -> None:
    """Hints, any number of them, and no header of theirs; directly and through a proxy, secured or not."""
    pool = manager().pool_classes_by_scheme[scheme]
    found = pool.ConnectionCls.response_class(Wire(EARLY + EARLY + ANSWER), method="GET")
    found.begin()
    assert (found.status, found.headers["Date"], found.headers["Link"], found.read()) == (
        200,
        "now",
        None,
        b'{"code":0}',
    )


class Opened(io.BytesIO):
    """A connection that has just been opened; keeps what is written to it, by its first word."""

    def __init__(self, events: list[str]) -> None:
        super().__init__()
        self.events = events

    def sendall(self, data: bytes) -> None:
        """Keep what is written."""
        self.events.append(data.split()[0].decode())

    def makefile(self, _mode: str) -> io.BytesIO:
        """What a proxy answers."""
        return io.BytesIO(b"HTTP/1.1 200 OK\r\n\r\n")

    def setsockopt(self, *_: int) -> None:
        """Options do not matter."""


@pytest.mark.parametrize("tunnel", [False, True])
def test_a_request_departs_when_its_connection_is_open(tunnel: bool) -> None:
    """Opening it, and a tunnel through a proxy, take their time before that; a second write belongs to the same one."""
    events: list[str] = []

    class Opening(RawBodyAdapter().poolmanager.pool_classes_by_scheme["http"].ConnectionCls):  # type: ignore[misc]
        def _new_conn(self) -> Opened:
            events.append("open")
            return Opened(events)

    class Sending(Canned):
        def send(self, request: requests.PreparedRequest, **settings: Any) -> requests.Response:  # type: ignore[override]
            connection = Opening("api.test")
            if tunnel:
                connection.set_tunnel("api.test", 443)
            connection.request("GET", "/x")
            connection.send(b"more")
            return super().send(request, **settings)

    @contextmanager
    def departure() -> Iterator[None]:
        events.append("departs")
        yield
        events.append("departed")

    HttpTransport(adapter=Sending(lambda: response(b""))).send("GET", URL, {}, None, departure=departure())
    tunnelled = ["CONNECT"] if tunnel else []
    assert events == ["open", *tunnelled, "departs", "GET", "departed", "more"]


def test_silence_may_be_shorter_than_usual() -> None:
    """Never longer."""
    adapter = Canned(lambda: response(b""))
    sender = HttpTransport(adapter=adapter)
    for silence in (None, 12.0, 99.0):
        sender.send("GET", URL, {}, None, silence_seconds=silence)
    assert [settings["timeout"] for _, settings in adapter.seen] == [(10, 60), (10, 12), (10, 60)]


def test_a_change_of_protocol_is_no_hint() -> None:
    """Nothing follows it, so it is the final answer, which nobody takes for one of TikTok's."""
    wire = Wire(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
    found = RawBodyAdapter().poolmanager.pool_classes_by_scheme["http"].ConnectionCls.response_class(wire, method="GET")
    found.begin()
    assert found.status == 101


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"junk", "gzip"),
        (gzip.compress(b"x", mtime=0) + gzip.compress(b"x" * 99, mtime=0)[:-9], "gzip"),
        (gzip.compress(b"x" * 99, mtime=0)[:-9], "gzip"),
        (gzip.compress(b"x" * 99, mtime=0)[:-4] + b"\xff" * 4, "gzip"),
        (b"x", "br"),
        (b"x", "deflate"),
    ],
)
def test_unpack_refuses(body: bytes, encoding: str) -> None:
    """Broken, cut, or packed in a way that was not asked for."""
    with pytest.raises(TransportError, match="garbled"):
        unpack(body, encoding)


def test_prepared() -> None:
    """Gzip is asked for, and nothing is guessed."""
    get = prepare("GET", URL, {"Access-Token": "t"}, None)
    assert (get.method, get.url, get.body) == ("GET", URL, None)
    assert get.headers["accept-encoding"] == "gzip"
    assert "Content-Length" not in get.headers
    assert prepare("POST", URL, {}, b"{}").headers["Content-Length"] == "2"


@pytest.mark.parametrize(
    ("environ", "verify"),
    [
        ({}, True),
        ({"SSL_CERT_FILE": "/a"}, "/a"),
        ({"REQUESTS_CA_BUNDLE": "/b", "SSL_CERT_FILE": "/a"}, "/b"),
        ({"REQUESTS_CA_BUNDLE": "", "SSL_CERT_FILE": "/a"}, "/a"),
    ],
)
def test_certificates(environ: dict[str, str], verify: bool | str) -> None:
    """The variables that companies set for their inspecting proxies."""
    adapter = Canned(lambda: response(b""))
    HttpTransport(adapter=adapter, environ=environ).send("GET", URL, {}, None)
    assert adapter.seen[0][1]["verify"] == verify
    assert adapter.seen[0][1]["timeout"] == (10.0, 60.0)


def test_proxies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """HTTPS_PROXY and NO_PROXY hold, a .netrc does not."""
    (tmp_path / ".netrc").write_text("machine api.test login a password b")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:1")
    monkeypatch.setenv("NO_PROXY", "inside.test")
    adapter = Canned(lambda: response(b""))
    sender = HttpTransport(adapter=adapter)
    for url in (URL, URL, "https://inside.test/"):
        sender.send("GET", url, {}, None)
    assert [settings["proxies"].get("https") for _, settings in adapter.seen] == ["http://proxy.test:1"] * 2 + [None]
    assert "Authorization" not in adapter.seen[0][0].headers


def test_the_pool_holds_every_thread() -> None:
    """Too small a pool would open a connection for each request."""
    sender = HttpTransport(pool=33)
    assert sender._adapter.poolmanager.connection_pool_kw["maxsize"] == 33
    sender.close()
