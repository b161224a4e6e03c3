"""The HTTP shell around the endpoints: keep-alive, gzip, request log, latency, faults and the control paths."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
import zlib
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from . import faults as failures
from .access import Access
from .clock import Clock
from .endpoints import PREFIX, Answer, Request, TikTok, answer
from .faults import Faults, Rule
from .limits import Limits
from .list_facts import LISTS, TASK_LISTS
from .listed import SOURCES
from .lists import PAGED_LISTS, rows_of
from .switches import Switches
from .tasks import EVERY, TASK_ENDPOINTS, TaskStore, body_of
from .world import World

CONTROL = "/_simulator/"
REDACTED = "***"
HTML = b"<html><head><title>502 Bad Gateway</title></head><body><center><h1>Bad Gateway</h1></center></body></html>"
SECRET_PARAMS = ("secret", "auth_code", "access_token")
REPORTS = ("report/integrated/get", "gmv_max/report/get", "creative/report/get")
SMALL_PAGES = {f"smart_plus/material_report/{kind}": 100 for kind in ("overview", "breakdown")}
PAGED = (*REPORTS, *SMALL_PAGES, "campaign/get", "adgroup/get", "ad/get", *PAGED_LISTS)
PAGE = 1000


class Simulator:
    """A running TikTok on a free loopback port; a context manager that starts in a few milliseconds."""

    def __init__(
        self,
        world: World | None = None,
        switches: Switches | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        cache_pages: bool = False,
    ) -> None:
        """Prepare, without listening yet. `cache_pages` renders each page once, for benchmarks."""
        self.world = world or World()
        self.clock = Clock(self.world.start)
        self.switches = switches or Switches()
        self.access = Access(self.world)
        self.tasks = TaskStore()
        self.faults = Faults()
        self.limits = Limits()
        self.requests: list[dict[str, Any]] = []
        self.stopped = threading.Event()
        self.cache_pages = cache_pages
        self.cache: dict[tuple[str, str, int], tuple[bytes, dict[str, Any]]] = {}
        self._address = (host, port)
        self._calls = count(1)
        self._server: _Server | None = None

    def __enter__(self) -> Simulator:
        """Listen and serve in a thread."""
        self.stopped.clear()
        self._server = _Server(self._address, _Handler)
        self._server.simulator = self
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
    def url(self) -> str:
        """The origin that stands for https://business-api.tiktok.com."""
        if self._server is None:
            raise RuntimeError("the simulator is not running")
        return f"http://{self._address[0]}:{self._server.server_address[1]}"

    @property
    def tiktok(self) -> TikTok:
        """What the endpoints look at."""
        return TikTok(self.world, self.access, self.switches, self.tasks)

    def ask(self, request: Request) -> Answer:
        """TikTok's own answer, without faults and limits."""
        return answer(request, self.tiktok, self.clock.epoch)

    def truth(self, endpoint: str, query: Mapping[str, list[str]]) -> list[Any]:
        """All rows of a list or report, whatever the faults; permissions, bounds and paging do not matter."""
        if endpoint in TASK_LISTS:
            return EVERY[endpoint](self.world, self.clock.epoch, query)
        unbound = {"object_cut": None, "query_budget": None, "list_depth": None}
        everything = TikTok(self.world, Access(self.world), Switches(**{**self.switches.positions(), **unbound}))
        token = {"access-token": next(iter(everything.access.tokens))}
        names = SOURCES[endpoint].headers if endpoint in SOURCES else ()
        token |= {name.lower(): query[name][0] for name in names}
        query = {name: values for name, values in query.items() if name not in names}
        rows: list[Any] = []
        page, pages = 0, 1
        while page < pages:
            page += 1
            size = LISTS[endpoint].largest if endpoint in LISTS else SMALL_PAGES.get(endpoint, PAGE)
            # As the endpoint itself has it: pages of TopView ad groups are small.
            size = 100 if endpoint == "adgroup/get" and "RESERVATION_TOP_VIEW" in str(query) else size
            paging = {"page": [str(page)], "page_size": [str(size)]} if endpoint in PAGED else {}
            request = Request("GET", f"{PREFIX}{endpoint}/", token, {**query, **paging})
            found = answer(request, everything, self.clock.epoch)
            if found.code:
                raise ValueError(f"{endpoint}: {found.message}")
            rows += rows_of(found.data, endpoint)
            pages = found.data.get("page_info", {}).get("total_page", 1)
            if found.data.get("has_more"):
                query, pages = {**query, "cursor": [found.data["cursor"]]}, page + 1
        return rows

    def next_call(self) -> int:
        """The number of a new request."""
        return next(self._calls)

    def wait(self, seconds: float) -> None:
        """Let time pass, unless the simulator stops."""
        if seconds > 0:
            self.stopped.wait(seconds)

    def reset(self) -> None:
        """Back to the first instant: clock, switches, faults, credentials and log; the world stays."""
        self.clock.set(self.world.start)
        self.switches.update(Switches().positions())
        self.faults.clear()
        self.access = Access(self.world)
        self.tasks = TaskStore()
        self.limits = Limits()
        self.requests.clear()
        self.cache.clear()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    simulator: Simulator

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        """Listen, with no connection open yet."""
        super().__init__(address, handler)
        self._open: set[socket.socket] = set()

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

    def do_GET(self) -> None:
        """Answer a GET."""
        self._serve()

    def do_POST(self) -> None:
        """Answer a POST."""
        self._serve()

    def do_DELETE(self) -> None:
        """Answer a DELETE, which only control paths know."""
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep stderr silent; the request log is at `/_simulator/requests`."""

    def _serve(self) -> None:
        simulator = self.server.simulator
        if self.path.startswith(CONTROL):
            self._control()
        elif not self._from_cache(simulator):
            self._tiktok(simulator)

    def _cache_key(self, simulator: Simulator) -> tuple[str, str, int]:
        return self.path, self.headers.get("Access-Token", ""), simulator.clock.epoch

    def _from_cache(self, simulator: Simulator) -> bool:
        if not simulator.cache or simulator.faults:
            return False
        found = simulator.cache.get(self._cache_key(simulator))
        if found is None:
            return False
        started = time.monotonic()
        simulator.wait(simulator.switches.latency_ms / 1000)
        body, entry = found
        simulator.requests.append({**entry, "at": started})
        self._send(200, {"Content-Encoding": "gzip"}, body)
        return True

    def _tiktok(self, simulator: Simulator) -> None:
        started = time.monotonic()
        request = self._request(simulator.next_call())
        simulator.wait(simulator.switches.latency_ms / 1000)
        rules = simulator.faults.fire(request) if simulator.faults else []
        found = self._answer(simulator, request, rules, started)
        # A file comes without the envelope.
        body = found.data if isinstance(found.data, bytes) else orjson.dumps(found.envelope)
        entry = log_entry(request, found, simulator, started) | {"faults": [rule.kind for rule in rules]}
        simulator.requests.append(entry)
        if any(rule.kind in failures.WIRE for rule in rules):
            self._broken(rules, found, body)
            return
        headers = dict(found.headers)
        if simulator.switches.gzip and "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > 500:
            body = gzipped(body)
            headers["Content-Encoding"] = "gzip"
            if simulator.cache_pages and not found.code and not rules and request.endpoint in PAGED:
                simulator.cache[self._cache_key(simulator)] = body, entry
        self._send(found.http, headers, body)

    def _answer(self, simulator: Simulator, request: Request, rules: list[Rule], started: float) -> Answer:
        limit = simulator.limits.refuse(started, simulator.switches)
        if limit:
            return Answer(40100, limit, {}, f"20260310LIMIT{request.call:010d}")
        refused = failures.refused(rules, request)
        if refused is not None:
            return refused
        return failures.changed(rules, request, simulator.ask(request), simulator.ask, simulator.clock.now)

    def _request(self, call: int) -> Request:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length) if length else b""
        return Request(self.command, parts.path, headers, parse_qs(parts.query, keep_blank_values=True), body, call)

    def _send(self, status: int, headers: Mapping[str, str], body: bytes, claimed: int | None = None) -> None:
        lines = [f"HTTP/1.1 {status} {'OK' if status == 200 else 'Error'}", "Server: simulator"]
        simulator = self.server.simulator
        if simulator.switches.date_header and "Date" not in headers:
            lines.append(f"Date: {format_datetime(simulator.clock.now, usegmt=True)}")
        length = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(claimed or len(body))}
        lines += [f"{name}: {value}" for name, value in {**length, **headers}.items()]
        self.connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        self.connection.sendall(body)

    def _broken(self, rules: list[Rule], found: Answer, body: bytes) -> None:
        """Send the answer the way the first wire rule wants; delays and replacements come before it."""
        last: Rule | None = None
        for rule in rules:
            if rule.kind == "delay":
                self.server.simulator.wait(rule.seconds)
            elif rule.kind == "replace":
                body = body.replace(rule.find.encode(), rule.put.encode())
            elif rule.kind in failures.WIRE and last is None:
                last = rule
        if last is None:
            self._send(found.http, found.headers, body)
        else:
            getattr(self, f"_wire_{last.kind}")(last, body)

    def _wire_http(self, rule: Rule, body: bytes) -> None:
        headers = {"Retry-After": rule.retry_after} if rule.retry_after else {}
        self._send(rule.http, {"Content-Type": "text/html", **headers}, HTML)

    def _wire_html(self, rule: Rule, body: bytes) -> None:
        self._send(200, {"Content-Type": "text/html"}, HTML)

    def _wire_empty(self, rule: Rule, body: bytes) -> None:
        self._send(200, {}, b"")

    def _wire_broken_gzip(self, rule: Rule, body: bytes) -> None:
        packed = gzipped(body)
        self._send(200, {"Content-Encoding": "gzip"}, packed[:10] + b"\xff" * 16 + packed[26:])

    def _wire_cut(self, rule: Rule, body: bytes) -> None:
        self._send(200, {}, body[: len(body) // 2], len(body))
        self._hang_up()

    def _wire_hang(self, rule: Rule, body: bytes) -> None:
        self.server.simulator.wait(rule.seconds)
        self._hang_up()

    def _wire_drip(self, rule: Rule, body: bytes) -> None:
        self._send(200, {}, b"", len(body))
        pieces = max(1, min(len(body), 200))
        size = -(-len(body) // pieces)
        for start in range(0, len(body), size):
            self.server.simulator.wait(rule.seconds / pieces)
            self.connection.sendall(body[start : start + size])

    def _wire_reset(self, rule: Rule, body: bytes) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _control(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        query = parse_qs(parts.query, keep_blank_values=True)
        try:
            raw = orjson.loads(body) if body else {}
            found = control(self.server.simulator, self.command, parts.path[len(CONTROL) :].strip("/"), raw, query)
            self._send(200, {}, orjson.dumps(found))
        except (ValueError, TypeError, KeyError) as error:
            self._send(400, {}, orjson.dumps({"error": str(error)}))


def gzipped(body: bytes) -> bytes:
    """The body as one gzip member, quickly."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


CHOOSING = ("x-lead-region", *sorted({name.lower() for source in SOURCES.values() for name in source.headers}))
"""The headers that choose what an answer holds, as parameters do."""


def log_entry(request: Request, found: Answer, simulator: Simulator, started: float) -> dict[str, Any]:
    """What the request log keeps; secrets are never in it."""
    query = {name: REDACTED if name in SECRET_PARAMS else values[0] for name, values in request.query.items()}
    if request.endpoint in TASK_ENDPOINTS and request.body:
        query |= {name: request.first(name) for name in body_of(request)}
    return {
        "at": started,
        "clock": simulator.clock.now.isoformat(),
        "method": request.method,
        "path": request.endpoint,
        "query": query,
        "headers": {name: request.headers[name] for name in CHOOSING if name in request.headers},
        "token": REDACTED if request.headers.get("access-token") else "",
        "code": found.code,
    }


def control(simulator: Simulator, method: str, what: str, raw: Any, query: Mapping[str, list[str]]) -> Any:
    """One command under `/_simulator/`; raise ValueError, TypeError or KeyError for what is none."""
    if what.startswith("truth/"):
        return {"rows": simulator.truth(what.removeprefix("truth/"), query)}
    if what not in CONTROLS:
        raise ValueError(f"no control path {what}; there are {sorted(CONTROLS)} and truth/<endpoint>")
    return CONTROLS[what](simulator, method, raw)


def _control_clock(simulator: Simulator, method: str, raw: Any) -> Any:
    if "now" in raw:
        moment = datetime.fromisoformat(raw["now"].replace("Z", "+00:00"))
        simulator.clock.set(moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc))
    simulator.clock.advance(days=raw.get("advance_days", 0), hours=raw.get("advance_hours", 0))
    return {"now": simulator.clock.now.isoformat()}


def _control_switches(simulator: Simulator, method: str, raw: Any) -> Any:
    simulator.switches.update(raw)
    return simulator.switches.positions()


def _control_faults(simulator: Simulator, method: str, raw: Any) -> Any:
    if method == "DELETE":
        simulator.faults.clear()
    elif method == "POST":
        for rule in raw if isinstance(raw, list) else [raw]:
            simulator.faults.add(**rule)
    return {"any": bool(simulator.faults)}


def _control_requests(simulator: Simulator, method: str, raw: Any) -> Any:
    entries = list(simulator.requests)
    if method == "DELETE":
        simulator.requests.clear()
    return {"requests": entries}


def _control_reset(simulator: Simulator, method: str, raw: Any) -> Any:
    simulator.reset()
    return {"now": simulator.clock.now.isoformat()}


def _control_world(simulator: Simulator, method: str, raw: Any) -> Any:
    access = simulator.access
    return {
        "advertiser_ids": simulator.world.advertiser_ids,
        "unreadable_ids": simulator.world.unreadable_ids,
        "app_id": access.app_id,
        "secret": access.secret,
        "tokens": dict(access.tokens),
        "auth_codes": sorted(access.codes),
    }


def _control_access(simulator: Simulator, method: str, raw: Any) -> Any:
    for token in raw.get("revoke", []):
        simulator.access.revoke(token)
    for advertiser_id in raw.get("forbid", []):
        simulator.access.forbid(advertiser_id)
    for path, code in raw.get("deny", {}).items():
        simulator.access.deny(path, code)
    return {"tokens": len(simulator.access.tokens)}


CONTROLS = {
    "clock": _control_clock,
    "switches": _control_switches,
    "faults": _control_faults,
    "requests": _control_requests,
    "reset": _control_reset,
    "world": _control_world,
    "access": _control_access,
}
