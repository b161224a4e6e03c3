"""Jobs: a query's answer rendered once inside DuckDB in an order of its own, and cut into pages by bytes."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import numpy

from .columns import cell, row
from .query import Plan, refused
from .refusal import Refusal
from .store import Store

KEPT_BYTES = 700 * 10**6
"""Rendered answers beyond this are made again when a page of them is asked for."""


@dataclass
class Job:
    """A query that has run. `seed` decides the order of its rows; a cache hit shares its origin's."""

    number: int
    id: str
    project: str
    location: str
    sql: str
    plan: Plan
    created: datetime
    seed: int
    cache_hit: bool = False
    processed: int = 0
    billed: int = 0
    pending: int = 0
    version: int = 0
    """The store's, when it ran."""
    sizes: dict[str, Any] = field(default_factory=dict)
    """Bytes of each row as JSON, by the format of timestamps."""
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many rows the answer has."""
        return len(next(iter(self.sizes.values())))

    def reference(self) -> dict[str, str]:
        """What names the job in an answer."""
        return {"projectId": self.project, "jobId": self.id, "location": self.location}


class Results:
    """The answers of jobs as rendered rows; the newest stay in DuckDB, older ones are made again."""

    def __init__(self, store: Store) -> None:
        """Keep nothing yet."""
        self.store = store
        self.kept: dict[tuple[int, str], int] = {}

    def run(self, job: Job, timestamps: str) -> None:
        """Render the answer, so that the number and the sizes of its rows are known."""
        self._rendered(job, timestamps)

    def size(self, job: Job, start: int, end: int, timestamps: str) -> int:
        """Bytes of some rows as JSON."""
        self._rendered(job, timestamps)
        return int(job.sizes[timestamps][start:end].sum())

    def page(self, job: Job, start: int, room: int, most: int | None, timestamps: str) -> tuple[bytes, int]:
        """The rows from `start` that fit into `room` bytes (at least one) as JSON, and where the next page begins."""
        table = self._rendered(job, timestamps)
        if start >= job.total:
            return b"", job.total
        ends = numpy.cumsum(job.sizes[timestamps][start:] + 1)
        fitting = max(1, int(numpy.searchsorted(ends, room, side="right")))
        end = min(job.total, start + (min(fitting, most) if most else fitting))
        with self.store.lock:
            texts = self.store.db.execute(
                f"SELECT j FROM {table} WHERE rowid >= {start} AND rowid < {end} ORDER BY rowid"
            ).fetchnumpy()["j"]
        return ",".join(texts.tolist()).encode(), end

    def _rendered(self, job: Job, timestamps: str) -> str:
        table = f"j{job.number}_{timestamps}"
        key = (job.number, timestamps)
        with self.store.lock:
            if key not in self.kept:
                self._render(job, table, timestamps)
                self.kept[key] = int(job.sizes[timestamps].sum())
                self._drop_oldest(key)
        return table

    def _render(self, job: Job, table: str, timestamps: str) -> None:
        rendered = row([cell(column, f"c{n}", timestamps) for n, column in enumerate(job.plan.fields)])
        inner = job.plan.sql.removesuffix("SELECT * FROM result") + f"SELECT {rendered} AS j FROM result"
        db = self.store.db
        try:
            if job.plan.ordered:
                db.execute(f"CREATE TABLE {table} AS {inner}")
            else:
                # BigQuery promises no order: each job has one of its own, the same for all its pages.
                db.execute(f"CREATE TEMP TABLE unordered AS {inner}")
                db.execute(f"CREATE TABLE {table} AS SELECT j FROM unordered ORDER BY hash(rowid, {job.seed})")
                db.execute("DROP TABLE unordered")
        except duckdb.Error as error:
            raise refused(error) from error
        sizes = db.execute(f"SELECT strlen(j) AS n FROM {table} ORDER BY rowid").fetchnumpy()["n"]
        job.sizes[timestamps] = numpy.asarray(sizes, dtype=numpy.int64)

    def _drop_oldest(self, newest: tuple[int, str]) -> None:
        while sum(self.kept.values()) > KEPT_BYTES and len(self.kept) > 1:
            oldest = next(key for key in self.kept if key != newest)
            self.store.db.execute(f"DROP TABLE j{oldest[0]}_{oldest[1]}")
            del self.kept[oldest]


def page_token(job: Job, start: int) -> str:
    """An opaque token for the page that begins at a row."""
    return base64.urlsafe_b64encode(json.dumps([job.id, start]).encode()).decode()


def page_start(job: Job, token: str) -> int:
    """The row at which a token's page begins; a refusal where the token is not this job's."""
    try:
        owner, start = json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError:
        owner, start = "", 0
    if owner != job.id:
        raise Refusal("invalid", f"Invalid value for pageToken: {token[:20]}")
    return int(start)
