"""The HTTP shell: keep-alive, gzip, faults of the wire, and the control paths."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import zlib
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from .account import key_file
from .api import Answer, BigQuery, Request
from .clock import Clock
from .contract import Contract
from .faults import Rule
from .world import World, standard

CONTROL = "/control/"
HTML = b"<html><head><title>Sign in</title></head><body>Sign in to the network</body></html>"
CHUNK = 64 * 1024


class Server:
    """A running BigQuery on a free loopback port; a context manager."""

    def __init__(
        self,
        world: World | None = None,
        contract: Contract | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        runs: bool = False,
        per_call: float = 0,
        **switches: Any,
    ) -> None:
        """Make the world, without listening yet. `switches` are those of `api.Switches`."""
        made = world or standard()
        self.bigquery = BigQuery(made, contract, clock=Clock(made.start, runs=runs, per_call=per_call))
        self.bigquery.switches.update(switches)
        self.stopped = threading.Event()
        self._address = (host, port)
        self._server: _Server | None = None

    def __enter__(self) -> Server:
        """Listen and serve in a thread."""
        self._server = _Server(self._address, _Handler)
        self._server.owner = self
        self.bigquery.token_address = self.token_uri
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving and free the port."""
        if self._server is not None:
            self.stopped.set()
            self._server.shutdown()
            self._server.server_close()
            self._server.hang_up()
            self._server = None

    @property
    def origin(self) -> str:
        """What stands for https://bigquery.googleapis.com."""
        if self._server is None:
            raise RuntimeError("the server is not running")
        return f"http://{self._address[0]}:{self._server.server_address[1]}"

    @property
    def token_uri(self) -> str:
        """Where the generated key gets its tokens."""
        return f"{self.origin}/token"

    def key(self, **changes: Any) -> dict[str, str]:
        """The service-account key; see `account.key_file` for what may differ."""
        return key_file(self.token_uri, **changes)

    @property
    def clock(self) -> Clock:
        """The server's clock."""
        return self.bigquery.clock

    @property
    def log(self) -> list[dict[str, Any]]:
        """Every request, without secrets."""
        return self.bigquery.log

    @property
    def breaches(self) -> list[dict[str, Any]]:
        """Every step over the contract."""
        return self.bigquery.usage.breaches

    def control(self, path: str, told: Any) -> Any:
        """What a control path answers; see the README."""
        return _CONTROLS[path](self.bigquery, told)


def _clock(bigquery: BigQuery, told: Any) -> Any:
    if "now" in told:
        bigquery.clock.set(datetime.fromisoformat(told["now"].replace("Z", "+00:00")))
    bigquery.clock.advance(told.get("days", 0), told.get("hours", 0), told.get("seconds", 0))
    return {"now": bigquery.clock.text}


def _faults(bigquery: BigQuery, told: Any) -> Any:
    if told == "clear":
        bigquery.faults.clear()
    for rule in told if isinstance(told, list) else [told] if told and told != "clear" else []:
        bigquery.faults.add(**rule)
    return [{"kind": rule.kind, "op": rule.op, "played": rule.played} for rule in bigquery.faults.rules]


def _switches(bigquery: BigQuery, told: Any) -> Any:
    bigquery.switches.update(told or {})
    return vars(bigquery.switches)


def _account(bigquery: BigQuery, told: Any) -> Any:
    for name, position in (told or {}).items():
        if not hasattr(bigquery.account, name):
            raise ValueError(f"an account has no {name}")
        setattr(bigquery.account, name, set(position) if isinstance(position, list) else position)
    return {"email": bigquery.account.email}


def _alter(bigquery: BigQuery, told: Any) -> Any:
    changes = ("add_column", "drop_column", "widen_column", "drop_table", "drop_dataset", "move_dataset", "insert")
    action = dict(told)
    name = action.pop("do")
    if name not in changes:
        raise ValueError(f"nothing is called {name}: {', '.join(changes)}")
    getattr(bigquery.store, name)(**action)
    return {"done": name}


def _contract(bigquery: BigQuery, told: Any) -> Any:
    bigquery.usage.contract = Contract(**told)
    return bigquery.usage.report()


def _restart(bigquery: BigQuery, told: Any) -> Any:
    bigquery.restart_counters()
    return bigquery.usage.report()


_CONTROLS: dict[str, Callable[[BigQuery, Any], Any]] = {
    "clock": _clock,
    "faults": _faults,
    "switches": _switches,
    "account": _account,
    "alter": _alter,
    "contract": _contract,
    "restart": _restart,
    "usage": lambda bigquery, _: bigquery.usage.report(),
    "log": lambda bigquery, _: bigquery.log,
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    owner: Server

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        """Listen, with no connection open yet."""
        super().__init__(address, handler)
        self._open: set[Any] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own and remember it."""
        self._open.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        """Close a connection that is done."""
        self._open.discard(request)
        super().close_request(request)

    def hang_up(self) -> None:
        """End the connections that clients keep alive."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that are killed in the middle are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Keep stderr silent; the log is kept by the server object."""

    def do_GET(self) -> None:
        """Answer any request."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if self.headers.get("Content-Encoding") == "gzip":
            body = zlib.decompress(body, wbits=31)
        if self.path.startswith(CONTROL):
            self._control(body)
            return
        answer = self.server.owner.bigquery.answer(Request(self.command, self.path, self.headers, body))
        if not any(self._play(rule, answer) for rule in answer.rules):
            self._send(answer.status, answer.body, answer.content_type, answer.headers)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _control(self, body: bytes) -> None:
        name = self.path[len(CONTROL) :].strip("/")
        try:
            told = self.server.owner.control(name, json.loads(body) if body else None)
        except (KeyError, TypeError, ValueError) as error:
            self._send(400, json.dumps({"error": str(error)}).encode(), "application/json", {})
            return
        self._send(200, json.dumps(told, default=str).encode(), "application/json", {})

    def _play(self, rule: Rule, answer: Answer) -> bool:
        """Spoil an answer; False where the fault leaves the sending to be done."""
        if rule.kind == "delay":
            self._wait(rule.seconds)
        elif rule.kind in ("reset", "lost", "hang"):
            self._hang_up(rule)
            return True
        elif rule.kind in ("not_json", "empty", "list"):
            bodies = {"not_json": HTML, "empty": b"", "list": b"[1, 2]"}
            self._send(rule.status or 200, bodies[rule.kind], "text/html", {})
            return True
        elif rule.kind in ("cut", "drip"):
            self._slowly(rule, answer)
            return True
        return False

    def _wait(self, seconds: float) -> None:
        self.server.owner.stopped.wait(seconds)

    def _hang_up(self, rule: Rule) -> None:
        if rule.kind == "hang":
            self._wait(rule.seconds)
        # With a linger of zero the connection is reset, not closed.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.close()

    def _slowly(self, rule: Rule, answer: Answer) -> None:
        self._head(answer.status, len(answer.body), answer.content_type, {})
        body = answer.body[: len(answer.body) // 2] if rule.kind == "cut" else answer.body
        parts = 1 if rule.kind == "cut" else 5
        size = max(1, -(-len(body) // parts))
        for start in range(0, len(body), size):
            self.wfile.write(body[start : start + size])
            self.wfile.flush()
            self._wait(rule.seconds / parts if rule.kind == "drip" else 0)
        if rule.kind == "cut":
            self.close_connection = True

    def _head(self, status: int, length: int, content_type: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, status: int, body: bytes, content_type: str, headers: dict[str, str]) -> None:
        packed = self.server.owner.bigquery.switches.gzip and "gzip" in self.headers.get("Accept-Encoding", "")
        if packed and len(body) > 1000:
            packer = zlib.compressobj(1, wbits=31)
            body = packer.compress(body) + packer.flush()
            headers = {**headers, "Content-Encoding": "gzip"}
        self._head(status, len(body), content_type, headers)
        for start in range(0, len(body), CHUNK):
            self.wfile.write(body[start : start + CHUNK])
