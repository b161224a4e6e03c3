"""The only place with sockets: one request out, one whole answer in; no retry, no redirect, no cookie, no verdict."""

import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPResponse
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, ProxyError, ReadTimeoutError

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 60.0
WHOLE_SECONDS = 120.0
LARGEST = 1 << 27
"""An answer of more bytes than this, packed or not, is not taken: it would fill the memory."""

_CHUNK = 1 << 20
_GZIP = 31
_MEMBER = b"\x1f\x8b\x08"
# No packing holds more than so many times its own length, whatever it claims; so these hold half a gigabyte at worst.
_DENSEST = 1032
_UNPACKED_AT_ONCE = 1 << 19
_MEMBERS = 1000


@dataclass(frozen=True)
class HttpResponse:
    """A whole answer, unpacked; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TransportError(Exception):
    """No whole answer came.

    Kinds: `connect` (the request never left), `proxy` (it wants a login), `trust` (certificate), `timeout` (sent, no
    answer in time), `cut` (the connection broke), `garbled` (the packing is broken), `huge` (more than can be taken).
    """

    def __init__(
        self, kind: Literal["connect", "proxy", "trust", "timeout", "cut", "garbled", "huge"], detail: str
    ) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


class Transport(Protocol):
    """What the client needs; tests pass a canned one."""

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        departure: AbstractContextManager[object] | None = None,
        silence_seconds: float | None = None,
    ) -> HttpResponse:
        """The answer, or a `TransportError`. The request is written to its open connection within `departure`.

        `silence_seconds` is how long no byte may come, where less than usual.
        """
        ...

    def close(self) -> None:
        """Close the idle connections, so that the next request goes out on a new one."""
        ...


# Ours to repair: an address, header or handshake that never let the request out.
_NEVER_SENT = (requests.exceptions.SSLError, ValueError)


class _Final(HTTPResponse):
    """The final answer to a request: what comes before it, such as `103 Early Hints`, is passed over."""

    def begin(self) -> None:
        """Read status and headers. Python itself passes over nothing but `100 Continue`."""
        super().begin()
        while 100 < self.status < 200 and self.status != HTTPStatus.SWITCHING_PROTOCOLS:
            vars(self).update(headers=None, msg=None)
            super().begin()


_departing = threading.local()


class _Departing(HTTPConnection):
    """Lets whoever sends know the moment when the connection is open and the request is written to it."""

    response_class = _Final
    _connecting = False

    def connect(self) -> None:
        """Open the connection; what a tunnel through a proxy needs is no request yet."""
        self._connecting = True
        try:
            super().connect()
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        """Write a part of a request, the first one at the moment that `HttpTransport.send` was given."""
        if self.sock is None:
            self.connect()
        moment = None if self._connecting else vars(_departing).pop("moment", None)
        with moment or nullcontext():
            super().send(data)


class _Connection(_Departing):
    pass


class _SafeConnection(_Departing, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SafePool(HTTPSConnectionPool):
    ConnectionCls = _SafeConnection


_POOLS = {"http": _Pool, "https": _SafePool}


class RawBodyAdapter(HTTPAdapter):
    """Leaves the body to us: requests would unpack it in small pieces, and knows no limit for a whole answer."""

    def init_poolmanager(self, *args: Any, **settings: Any) -> None:
        """Make connections that wait for the final answer."""
        super().init_poolmanager(*args, **settings)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **settings: Any) -> urllib3.ProxyManager:
        """The same through a proxy."""
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **settings)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def build_response(self, req: requests.PreparedRequest, resp: urllib3.BaseHTTPResponse) -> requests.Response:
        """Status, headers and the unread answer."""
        response = requests.Response()
        response.status_code = resp.status
        response.raw = resp
        return response


class HttpTransport:
    """Sends through one pool for all threads, and honours the proxy and certificate variables of the environment."""

    def __init__(
        self,
        pool: int = 50,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        silence_seconds: float = SILENCE_SECONDS,
        whole_seconds: float = WHOLE_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
        environ: Mapping[str, str] = os.environ,
        adapter: HTTPAdapter | None = None,
    ) -> None:
        """`pool` is at least the number of threads, else connections are thrown away; `adapter` is for tests."""
        self._adapter = adapter or RawBodyAdapter(pool_connections=2, pool_maxsize=pool)
        self._connect, self._silence = connect_seconds, silence_seconds
        self._whole = whole_seconds
        self._monotonic = monotonic
        bundles = (environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"))
        self._verify: bool | str = next((bundle for bundle in bundles if bundle), True)
        self._proxies: dict[str, dict[str, str]] = {}

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        departure: AbstractContextManager[object] | None = None,
        silence_seconds: float | None = None,
    ) -> HttpResponse:
        """The whole answer; raises `TransportError`, whose detail holds no address and no header.

        The request is written to its open connection within `departure`, which may wait, or raise to prevent it.
        `silence_seconds` is how long no byte may come, where less than usual.
        """
        _departing.moment = departure
        try:
            return self._exchange(method, url, headers, body, min(silence_seconds or self._silence, self._silence))
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            fault = transport_error(error)
        # Raised outside of the handler: the library's own error, whose text holds the address, must not hang on to it.
        raise fault

    def close(self) -> None:
        """Close the idle connections, so that the next request goes out on a new one."""
        self._adapter.close()

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, silence: float
    ) -> HttpResponse:
        deadline = self._monotonic() + self._whole
        response = self._adapter.send(
            prepare(method, url, headers, body),
            timeout=(self._connect, silence),
            verify=self._verify,
            proxies=self._proxies_for(url),
        )
        raw = response.raw
        answer = {name.lower(): value for name, value in raw.headers.items()}
        return HttpResponse(
            response.status_code,
            answer,
            unpack(self._read(raw, deadline, silence), answer.get("content-encoding", "").lower()),
        )

    def _read(self, raw: urllib3.HTTPResponse, deadline: float, silence: float) -> bytes:
        chunks, size = [], 0
        while chunk := raw.read1(_CHUNK, decode_content=False):
            chunks.append(chunk)
            size += len(chunk)
            if size > LARGEST:
                raw.close()
                raise _huge()
            left = deadline - self._monotonic()
            if left <= 0:
                raw.close()
                raise TransportError("timeout", f"the answer was not whole after {self._whole:.0f} s")
            # The last silence may not outlast the whole; a closing connection keeps its socket to itself.
            if left < silence and isinstance(raw.connection, HTTPConnection) and raw.connection.sock:
                raw.connection.sock.settimeout(left)
        return b"".join(chunks)

    def _proxies_for(self, url: str) -> dict[str, str]:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._proxies:
            self._proxies[origin] = get_environ_proxies(origin, no_proxy=None)
        return self._proxies[origin]


def prepare(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> requests.PreparedRequest:
    """A request of which nothing is guessed: no cookies, no .netrc, no second encoding of the address."""
    request = requests.PreparedRequest()
    request.method, request.url, request.body = method, url, body
    request.headers = CaseInsensitiveDict({"Accept-Encoding": "gzip", "User-Agent": "source-tiktok-ads", **headers})
    if body is not None:
        request.headers["Content-Length"] = str(len(body))
    return request


def unpack(body: bytes, encoding: str) -> bytes:
    """The body without gzip; `TransportError` where it is cut, broken, or packed in a way that was not asked for."""
    if encoding in ("", "identity") or not body:
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise TransportError("garbled", f"content encoding {encoding!r} was not asked for")
    try:
        # A packing ends with the length of its content: a buffer of that size spares copying the content once more.
        claimed = int.from_bytes(body[-4:], "little")
        if len(body) <= _UNPACKED_AT_ONCE and claimed <= LARGEST and body.find(_MEMBER, 1) < 0:
            return zlib.decompress(body, _GZIP, min(claimed, _DENSEST * len(body)))
        return b"".join(_members(body))
    except zlib.error:
        raise TransportError("garbled", "broken gzip") from None


def _members(body: bytes) -> Iterator[bytes]:
    """What is packed in each member, for a packing may have several, one behind the other."""
    left = LARGEST
    for _ in range(_MEMBERS):
        member = zlib.decompressobj(_GZIP)
        content = member.decompress(body, left + 1)
        left -= len(content)
        if left < 0:
            raise _huge()
        if not member.eof:
            raise zlib.error("cut")
        yield content
        body = member.unused_data
        if not body:
            return
    raise zlib.error("too many members")


def _huge() -> TransportError:
    return TransportError("huge", f"more than {LARGEST >> 20} MiB")


def transport_error(error: Exception) -> TransportError:
    """The fault behind a library's error; its text is left behind, because it may hold the address."""
    inner = error.args[0] if error.args else None
    cause = getattr(inner, "reason", inner)
    cause = cause if isinstance(cause, Exception) else error
    name = type(cause).__name__
    if isinstance(error, (requests.exceptions.ReadTimeout, ReadTimeoutError)):
        return TransportError("timeout", "no byte came in time")
    if isinstance(error, (requests.exceptions.SSLError, OSError)) and "certificate" in str(error).lower():
        return TransportError("trust", name)
    # A proxy that is asked for a tunnel says its status in this error's text alone.
    if isinstance(cause, ProxyError) and " 407 " in str(cause.original_error):
        return TransportError("proxy", "HTTP 407")
    # ConnectTimeoutError is also the parent of refused connections and of names that don't resolve.
    if isinstance(cause, (ConnectTimeoutError, ProxyError)) or isinstance(error, _NEVER_SENT):
        return TransportError("connect", name)
    return TransportError("cut", name)
