"""What BigQuery answers when it does not answer: one table decides what an error means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any


class Meaning(Enum):
    """What to do about an error."""

    RETRY = "retry"
    RESTART = "restart the job"
    SHORTEN = "ask for less"
    QUOTA = "stop for today"
    UNAUTHORIZED = "get a new token"
    DENIED = "denied"
    MISSING = "missing"
    GONE = "job or page is gone"
    INVALID = "invalid"


# BigQuery: the reason says more than the HTTP status, which differs for the same reason.
_BY_REASON = {
    "rateLimitExceeded": Meaning.RETRY,
    "backendError": Meaning.RETRY,
    "internalError": Meaning.RETRY,
    "jobRateLimitExceeded": Meaning.RESTART,
    "jobBackendError": Meaning.RESTART,
    "jobInternalError": Meaning.RESTART,
    "bytesBilledLimitExceeded": Meaning.SHORTEN,
    "resourcesExceeded": Meaning.SHORTEN,
    "responseTooLarge": Meaning.SHORTEN,
    "quotaExceeded": Meaning.QUOTA,
    "accessDenied": Meaning.DENIED,
    "notFound": Meaning.MISSING,
}
_BY_STATUS = {
    401: Meaning.UNAUTHORIZED,
    403: Meaning.DENIED,
    404: Meaning.MISSING,
    408: Meaning.RETRY,
    410: Meaning.MISSING,
    429: Meaning.RETRY,
}
# BigQuery: the table stands in quotes, with or without its project; the columns one after another, separated by commas.
_FILTER = re.compile(r"without a filter over column\(s\) ((?:'[^']+'(?:, )?)+)")
_UNKNOWN = re.compile(r"Unrecognized name: `?([^\s`;\[]+)`?")
# BigQuery: the wording is not documented; a token that is refused belongs to a page that is gone.
_PAGE_TOKEN = re.compile(r"page ?token", re.IGNORECASE)
# BigQuery: "Query exceeded limit for bytes billed: 10. 10485760 or higher required."
_REQUIRED = re.compile(r"(\d+) or higher required")


class BigQueryError(Exception):
    """An answer that is none: its meaning, its reason in BigQuery's word, and BigQuery's message."""

    def __init__(self, meaning: Meaning, status: int, reason: str, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.meaning = meaning
        self.status = status
        self.reason = reason
        self.message = message
        self.wait = wait

    @property
    def filter_columns(self) -> list[str]:
        """The columns of which one has to be filtered, where that is what is missing; else nothing."""
        found = _FILTER.search(self.message)
        return re.findall(r"'([^']+)'", found[1]) if found else []

    @property
    def unknown_column(self) -> str | None:
        """The name that a query used and that does not exist."""
        found = _UNKNOWN.search(self.message)
        return found[1] if found else None

    @property
    def bytes_required(self) -> int | None:
        """What `maximumBytesBilled` would have to be."""
        found = _REQUIRED.search(self.message)
        return int(found[1]) if found else None

    @property
    def may_not_run_jobs(self) -> bool:
        """Whether the account may not start a query in the project of the address."""
        return self.meaning is Meaning.DENIED and "bigquery.jobs.create" in self.message


class KeyRefused(Exception):
    """The service-account key can't be used or was refused; the text is a sentence for the user."""


def error_of(status: int, body: Any, wait: float = 0.0) -> BigQueryError:
    """The error in an answer with a status of 300 or more, or without JSON. `wait` is its Retry-After, in seconds."""
    described = body.get("error") if isinstance(body, Mapping) else None
    described = described if isinstance(described, Mapping) else {}
    listed = described.get("errors")
    first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], Mapping) else {}
    reason = str(first.get("reason") or described.get("status") or f"HTTP {status}")
    message = str(described.get("message") or first.get("message") or f"HTTP {status} without a message")
    return BigQueryError(_meaning(status, reason, message), status, reason, message, wait)


def _meaning(status: int, reason: str, message: str) -> Meaning:
    found = _BY_REASON.get(reason)
    if found in (Meaning.SHORTEN, Meaning.RESTART):
        return found
    if status >= 500 or status == 429:
        return Meaning.RETRY
    if found is None and _PAGE_TOKEN.search(message):
        return Meaning.GONE
    return found or _BY_STATUS.get(status, Meaning.INVALID)
