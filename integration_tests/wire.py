"""A server between connector and simulator that answers in rarer ways of HTTP, or sends an answer a second time."""

from __future__ import annotations

import gzip
import http.client
import socketserver
import threading
from types import TracebackType
from typing import Any

from .simulator import Simulator

HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
HOP = ("connection", "content-length", "transfer-encoding", "content-encoding")


class Wire:
    """Passes requests on to a simulator; a context manager that listens on a free loopback port.

    `hints` come before each answer and `members` is into how many packed pieces its body is cut. Before the answer of
    each `late`-th request of a connection the one before comes a second time, 0 for never.
    """

    def __init__(self, simulator: Simulator, *, hints: int = 0, members: int = 0, late: int = 0) -> None:
        self.simulator = simulator
        self.hints, self.members, self.late = hints, members, late
        self.repeated = 0
        self._lock = threading.Lock()
        self._server: _Server | None = None

    def __enter__(self) -> Wire:
        """Listen and serve in threads."""
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self._server.wire = self
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving and free the port."""
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, request: bytes, headers: dict[str, str]) -> bytes:
        """The simulator's answer, as it stands on the wire."""
        method, target, _ = request.decode().split(" ", 2)
        host = self.simulator.url.removeprefix("http://")
        upstream = http.client.HTTPConnection(host, timeout=60)
        upstream.request(method, target, headers=headers)
        response = upstream.getresponse()
        body = response.read()
        packed = response.headers.get("content-encoding") == "gzip"
        kept = [f"{name}: {value}" for name, value in response.headers.items() if name.lower() not in HOP]
        upstream.close()
        if self.members:
            body, packed = self._in_members(gzip.decompress(body) if packed else body), True
        lines = [f"HTTP/1.1 {response.status} OK", *kept, f"Content-Length: {len(body)}"]
        lines += ["Content-Encoding: gzip"] if packed else []
        return HINTS * self.hints + "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _in_members(self, body: bytes) -> bytes:
        size = len(body) // self.members + 1
        return b"".join(gzip.compress(body[start : start + size]) for start in range(0, len(body), size))

    def is_repeated(self, number: int) -> bool:
        """Whether the answer before that request of a connection comes once more; counts it."""
        repeated = bool(self.late) and number % self.late == 0
        with self._lock:
            self.repeated += repeated
        return repeated


class _Connection(socketserver.StreamRequestHandler):
    """One kept connection."""

    server: _Server

    def handle(self) -> None:
        """Answer request after request until the other side hangs up."""
        wire, before, number = self.server.wire, b"", 0
        while request := self.rfile.readline().strip():
            headers: dict[str, str] = {}
            while line := self.rfile.readline().strip():
                name, value = line.decode().split(":", 1)
                headers[name] = value.strip()
            number += 1
            now = wire.answer(request, headers)
            late = before if before and wire.is_repeated(number) else b""
            try:
                self.wfile.write(late + now)
            except OSError:
                # The other side no longer trusts the connection.
                return
            before = now


class _Server(socketserver.ThreadingTCPServer):
    wire: Wire
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that was reset is what the tests provoke."""
