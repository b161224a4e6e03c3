"""Queries and their results: start, wait, page after page. What a row holds is left undecoded."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from .client import Asked, Client
from .errors import BigQueryError, Meaning

# BigQuery: a query answers with its first page when it is done, or without one after this many milliseconds; about
# 200 seconds are the most that it waits.
WAIT_MS = 180_000
SECONDS = 200.0
RESTARTS = 3
POLLS = 40
# BigQuery: a scan is billed with 10 MB for every table at least.
LEAST_BILLED = 10 * 1024 * 1024


class _Answer(msgspec.Struct, rename="camel", gc=False):
    job_complete: bool = True
    job_reference: dict[str, Any] = {}
    schema: dict[str, Any] | None = None
    # Rows stay bytes of the body until each is read: decoded all at once, a page would take ten times its size.
    rows: list[msgspec.Raw] = []
    total_rows: int | str | None = None
    page_token: str | None = None
    total_bytes_processed: int | str | None = None
    total_bytes_billed: int | str | None = None
    cache_hit: bool = False


_decode = msgspec.json.Decoder(_Answer).decode


@dataclass(frozen=True)
class Job:
    """Where a query's results lie."""

    project: str
    id: str
    location: str


@dataclass(frozen=True)
class Page:
    """A part of a query's rows, as JSON; `size` is the bytes of the body, `total` all rows there are, -1 if untold."""

    job: Job
    fields: Sequence[dict[str, Any]]
    rows: Sequence[msgspec.Raw]
    total: int
    token: str
    size: int
    scanned: int
    billed: int
    cached: bool = field(default=False)


class Queries:
    """Runs queries in the first of `projects` in which the account may, all over one client."""

    def __init__(self, client: Client, projects: Sequence[str]) -> None:
        self.client = client
        self.projects = tuple(dict.fromkeys(filter(None, projects)))
        self._chosen = 0

    @property
    def project(self) -> str:
        """The project that queries run in, as far as is known."""
        return self.projects[self._chosen]

    def dry_run(self, sql: str, location: str | None) -> Asked[int]:
        """The bytes that a query would scan, as BigQuery estimates them; 0 also means unknown. Raises BigQueryError."""
        page = yield from self._started(sql, location, {"dryRun": True})
        return page.scanned

    def run(self, sql: str, location: str | None, most_bytes: int | None = None) -> Asked[Page]:
        """The first page of a query. Raises BigQueryError: SHORTEN where it would bill more than `most_bytes`."""
        restarts = 0
        limit = {} if most_bytes is None else {"maximumBytesBilled": str(most_bytes)}
        while True:
            try:
                # BigQuery: a request sent again with its id does not start a second query.
                return (yield from self._started(sql, location, {**limit, "requestId": uuid.uuid4().hex}))
            except BigQueryError as error:
                restarts += 1
                if error.meaning not in (Meaning.RESTART, Meaning.GONE) or restarts > RESTARTS:
                    raise

    def following(self, page: Page) -> Asked[Page]:
        """The page after a page that has a token. Raises BigQueryError."""
        return (yield from self._results(page.job, {"pageToken": page.token}))

    def from_row(self, job: Job, row: int) -> Asked[Page]:
        """The page that begins with a row, counted from 0, of a query that has been run. Raises BigQueryError."""
        return (yield from self._results(job, {"startIndex": str(row)}))

    def _started(self, sql: str, location: str | None, options: dict[str, Any]) -> Asked[Page]:
        body = {
            "query": sql,
            "useLegacySql": False,
            "timeoutMs": WAIT_MS,
            # BigQuery: by default timestamps come as floats of seconds, which lose microseconds far from today.
            "formatOptions": {"useInt64Timestamp": True},
            **({"location": location} if location else {}),
            **options,
        }
        while True:
            try:
                content = yield from self.client.post_query(self.project, body, _sized, SECONDS)
            except BigQueryError as error:
                if not error.may_not_run_jobs or self._chosen + 1 == len(self.projects):
                    raise
                self._chosen += 1
            else:
                break
        page, complete = _page(*content, Job(self.project, "", location or ""))
        return page if complete else (yield from self._results(page.job, {}))

    def _results(self, job: Job, params: dict[str, str]) -> Asked[Page]:
        asked = {
            **({"location": job.location} if job.location else {}),
            "timeoutMs": str(WAIT_MS),
            "formatOptions.useInt64Timestamp": "true",
            **params,
        }
        path = f"projects/{job.project}/queries/{job.id}"
        for _ in range(POLLS):
            try:
                content = yield from self.client.get(path, asked, _sized, SECONDS)
            except BigQueryError as error:
                # BigQuery: what is not found here is the job, never a table.
                if error.meaning is Meaning.MISSING:
                    error.meaning = Meaning.GONE
                raise
            page, complete = _page(*content, job)
            if complete:
                return page
        raise BigQueryError(Meaning.INVALID, 200, "jobComplete", f"The query is not done after {POLLS} polls.")


def _sized(content: bytes) -> tuple[_Answer, int]:
    return _decode(content), len(content)


def _page(answer: _Answer, size: int, job: Job) -> tuple[Page, bool]:
    """The page in an answer, and whether the query is done. An emulator may leave out parts of the job's reference."""
    reference = answer.job_reference
    found = Job(job.project, str(reference.get("jobId") or job.id), str(reference.get("location") or job.location))
    scanned = int(answer.total_bytes_processed or 0)
    billed = answer.total_bytes_billed
    page = Page(
        job=found,
        fields=(answer.schema or {}).get("fields") or [],
        rows=answer.rows,
        total=-1 if answer.total_rows is None else int(answer.total_rows),
        token=answer.page_token or "",
        size=size,
        scanned=scanned,
        billed=0 if answer.cache_hit else int(billed) if billed is not None else max(LEAST_BILLED, scanned),
        cached=answer.cache_hit,
    )
    return page, answer.job_complete
