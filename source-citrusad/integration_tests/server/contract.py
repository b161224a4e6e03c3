"""What the contract allows, what was used of it, and every step over it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from .refusal import Refusal


@dataclass(frozen=True)
class Contract:
    """Calls a UTC day, bytes billed a calendar month, bytes of rows a query; None is no limit.

    `count` says what a call is: every request to BigQuery (`requests`) or what starts a job (`queries`).
    """

    calls: int | None = 100
    month_bytes: int | None = 10 * 10**12
    download_bytes: int | None = 10**9
    count: str = "requests"


class Usage:
    """What was used, by day and month, and the breaches: what the connector must never bring about."""

    def __init__(self, contract: Contract) -> None:
        """Nothing used yet."""
        self.contract = contract
        self.calls: dict[date, int] = defaultdict(int)
        self.bytes: dict[tuple[int, int], int] = defaultdict(int)
        self.breaches: list[dict[str, Any]] = []

    def call(self, now: datetime, starts_job: bool) -> bool:
        """Count a request, answered or not; False where it does not count; a refusal above the limit."""
        if self.contract.count == "queries" and not starts_job:
            return False
        day = now.date()
        self.calls[day] += 1
        limit = self.contract.calls
        if limit is not None and self.calls[day] > limit:
            self.breach("calls", now, f"call {self.calls[day]} of {limit}")
            raise Refusal("quotaExceeded", "Quota exceeded: Your account exceeded its number of API calls per day.")
        return True

    def bill(self, now: datetime, billed: int) -> None:
        """Count a query's bytes; a refusal, at no charge, where the month has not so many left."""
        month = (now.year, now.month)
        limit = self.contract.month_bytes
        if limit is not None and self.bytes[month] + billed > limit:
            self.breach("bytes", now, f"{self.bytes[month] + billed} of {limit}")
            raise Refusal("quotaExceeded", "Custom quota exceeded: Your usage exceeded the quota for bytes scanned.")
        self.bytes[month] += billed

    def download(self, now: datetime, size: int) -> None:
        """Refuse a page with which a query's rows exceed what one query may download."""
        limit = self.contract.download_bytes
        if limit is not None and size > limit:
            self.breach("download", now, f"{size} of {limit}")
            raise Refusal("responseTooLarge", "Response too large to return.")

    def breach(self, kind: str, now: datetime, detail: str) -> None:
        """Record a step over the contract: `calls`, `bytes`, `download`, `write` or `wildcard`."""
        self.breaches.append({"kind": kind, "at": now.isoformat(), "detail": detail})

    def report(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "contract": asdict(self.contract),
            "calls": {day.isoformat(): calls for day, calls in self.calls.items()},
            "bytes": {f"{year}-{month:02}": size for (year, month), size in self.bytes.items()},
            "breaches": self.breaches,
        }
