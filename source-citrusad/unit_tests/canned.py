"""A canned BigQuery behind the transport: a few tables whose rows are known, faults on demand, and no socket."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from source_citrusad.api.client import Client
from source_citrusad.api.patience import Patience
from source_citrusad.api.queries import Queries
from source_citrusad.api.token import Token, key_of
from source_citrusad.api.transport import ConnectionLost, Reply

ORIGIN = "http://127.0.0.1:9"
EMAIL = "reader@acme.iam.gserviceaccount.com"
DATA = "insight-platform-external-iam"
TOKEN = "token-of-tests"
NOW = datetime(2022, 9, 11, 13, tzinfo=timezone.utc)
FIRST = date(2022, 9, 1)
DAY = timedelta(days=1)


@cache
def private_key() -> str:
    """A key that can sign, made once."""
    made = generate_private_key(65537, 2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def key_file(**changes: Any) -> str:
    """A service-account key file, with changes; None leaves a field out."""
    key = {
        "type": "service_account",
        "project_id": "acme",
        "private_key": private_key(),
        "client_email": EMAIL,
        "token_uri": f"{ORIGIN}/token",
        **changes,
    }
    return json.dumps({name: value for name, value in key.items() if value is not None})


def config(**changes: Any) -> dict[str, Any]:
    """A configuration for the canned BigQuery."""
    return {
        "credentials_json": key_file(),
        "start_date": "2022-09-01",
        "api_url": ORIGIN,
        "now": "2022-09-11T13:00:00Z",
        "wait_scale": 0.0,
        **changes,
    }


def ok(content: Any, status: int = 200, **headers: str) -> Reply:
    """An answer with JSON."""
    return Reply(status, headers, json.dumps(content).encode())


def refusal(status: int, reason: str, message: str = "no", **headers: str) -> Reply:
    """BigQuery's way to refuse."""
    error = {"code": status, "message": message, "errors": [{"reason": reason, "message": message}]}
    return ok({"error": error}, status, **headers)


@dataclass(frozen=True)
class Asked:
    """A request, taken apart."""

    method: str
    path: str
    params: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def sql(self) -> str:
        """The query that the request starts; empty for others."""
        return str(self.body.get("query", ""))


Answer = Reply | ConnectionLost
Fault = Callable[[Asked], Answer | None]


@dataclass
class Wire:
    """A transport that buys tokens itself and lets `bigquery` answer; `faults` come before it."""

    bigquery: Callable[[Asked], Answer]
    token: Answer = field(default_factory=lambda: ok({"access_token": TOKEN, "expires_in": 3600}))
    faults: list[Fault] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    tokens: int = 0

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float) -> Reply:
        """Answer one request."""
        parts = urlsplit(url)
        if parts.path == "/token":
            self.tokens += 1
            return given(self.token)
        assert headers["Authorization"] == f"Bearer {TOKEN}"
        params = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        asked = Asked(method, parts.path.removeprefix("/bigquery/v2/"), params, json.loads(body or b"{}"))
        self.asked.append(asked)
        for fault in self.faults:
            answer = fault(asked)
            if answer is not None:
                return given(answer)
        return given(self.bigquery(asked))

    @property
    def queries(self) -> list[str]:
        """The SQL of the queries started, dry runs left out."""
        return [asked.sql for asked in self.asked if asked.sql and not asked.body.get("dryRun")]


def given(answer: Answer) -> Reply:
    """The answer, or its exception."""
    if isinstance(answer, ConnectionLost):
        raise answer
    return answer


def once(answer: Answer, matching: Callable[[Asked], bool] = lambda asked: True, times: int = 1) -> Fault:
    """A fault that comes so often to requests that match."""
    left = [times]

    def fault(asked: Asked) -> Answer | None:
        if not left[0] or not matching(asked):
            return None
        left[0] -= 1
        return answer

    return fault


def queries_over(wire: Wire, projects: Sequence[str] = ("acme", DATA)) -> Queries:
    """Queries over the canned transport."""
    key = key_of(key_file(), emulated=True)
    patience = Patience(0.0)
    return Queries(Client(ORIGIN, key.email, Token(key, wire, patience, lambda _: None), wire, patience), projects)


COLUMNS = (
    {"name": "ingressed_at", "type": "DATE", "mode": "NULLABLE"},
    {"name": "id", "type": "INTEGER", "mode": "NULLABLE"},
    {"name": "spend", "type": "NUMERIC", "mode": "NULLABLE"},
)
_RANGE = re.compile(r">= \w+ '(\d{4}-\d\d-\d\d)[^']*' AND `\w+` < \w+ '(\d{4}-\d\d-\d\d)")
_PART = re.compile(r", (\d+)\)\) = (\d+)")


@dataclass
class Table:
    """A table whose rows are numbered; `rows` says how many lie on a day, under None those on no day."""

    rows: Mapping[date | None, int] = field(default_factory=lambda: {FIRST + DAY * n: 4 for n in range(12)})
    partition: str | None = "ingressed_at"
    row_bytes: int = 1000

    def ids(self, sql: str) -> Iterator[tuple[date | None, int]]:
        """The day and number of the rows that a query reads."""
        bounds, part = _RANGE.search(sql), _PART.search(sql)
        number = 0
        for day, count in self.rows.items():
            for _ in range(count):
                number += 1
                if self._within(day, sql, bounds) and (not part or number % int(part[1]) == int(part[2])):
                    yield day, number

    def _within(self, day: date | None, sql: str, bounds: re.Match[str] | None) -> bool:
        if self.partition is None or "WHERE" not in sql:
            return True
        if day is None:
            return " IS NULL" in sql
        return bool(bounds) and bounds[1] <= day.isoformat() < bounds[2] if bounds else False


@dataclass
class Warehouse:
    """A BigQuery of few tables: pages of `page_rows`, a scan of `row_bytes` for each row of the days asked for."""

    tables: dict[str, Table] = field(default_factory=lambda: {"facts": Table()})
    page_rows: int = 1000
    locations: dict[str, str] = field(default_factory=lambda: {"acme_reporting": "US"})
    estimates: bool = True
    jobs: dict[str, list[tuple[date | None, int]]] = field(default_factory=dict)
    listed_jobs: list[dict[str, Any]] = field(default_factory=list)
    cached: bool = False

    def __call__(self, asked: Asked) -> Answer:
        """Answer one request."""
        if asked.sql:
            return self._query(asked)
        if "/queries/" in asked.path:
            start = int(asked.params.get("startIndex") or asked.params.get("pageToken") or 0)
            return self._page(asked.path.rpartition("/")[2], start)
        if asked.path.endswith("/jobs"):
            return ok({"jobs": self.listed_jobs})
        listed = [{"datasetReference": {"datasetId": name}, "location": at} for name, at in self.locations.items()]
        return ok({"datasets": listed})

    def _query(self, asked: Asked) -> Answer:
        if asked.sql == "SELECT 1":
            return ok({"jobComplete": True, "totalBytesProcessed": "0"})
        found = re.search(r"FROM `[\w-]+\.(\w+)\.(\w+)`", asked.sql)
        assert found
        if self.locations.get(found[1]) != asked.body.get("location"):
            return refusal(404, "notFound", f"Not found: Dataset {found[1]} was not found in location")
        table = self.tables[found[2]]
        rows = [*table.ids(asked.sql)]
        days = re.sub(r"ABS\(.*", "", asked.sql)
        scanned = len([*table.ids(days)]) * table.row_bytes
        if asked.body.get("dryRun"):
            return ok({"jobComplete": True, "totalBytesProcessed": str(scanned if self.estimates else 0)})
        limit = asked.body.get("maximumBytesBilled")
        if limit and scanned > int(limit):
            text = f"Query exceeded limit for bytes billed: {limit}. {scanned} or higher required."
            return refusal(400, "bytesBilledLimitExceeded", text)
        job = f"job{len(self.jobs)}"
        self.jobs[job] = rows
        return self._page(job, 0, scanned, table)

    def _page(self, job: str, start: int, scanned: int = 0, table: Table | None = None) -> Answer:
        if job not in self.jobs:
            return refusal(404, "notFound", "Not found: Job")
        rows, end = self.jobs[job], start + self.page_rows
        wide = "x" * (table or next(iter(self.tables.values()))).row_bytes
        cells = [[day.isoformat() if day else None, str(number), wide] for day, number in rows[start:end]]
        content: dict[str, Any] = {
            "jobComplete": True,
            "jobReference": {"projectId": "acme", "jobId": job, "location": "US"},
            "schema": {"fields": COLUMNS},
            "totalRows": str(len(rows)),
            "totalBytesProcessed": str(scanned if self.estimates else 0),
            "cacheHit": self.cached,
            "rows": [{"f": [{"v": cell} for cell in row]} for row in cells],
        }
        return ok(content | ({"pageToken": str(end)} if end < len(rows) else {}))
