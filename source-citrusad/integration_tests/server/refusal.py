"""How BigQuery says no: status, reason and message."""

from __future__ import annotations

from typing import Any

STATUS = {
    "invalid": 400,
    "invalidQuery": 400,
    "bytesBilledLimitExceeded": 400,
    "resourcesExceeded": 400,
    "jobBackendError": 400,
    "jobInternalError": 400,
    "authError": 401,
    "accessDenied": 403,
    "responseTooLarge": 403,
    "quotaExceeded": 403,
    "rateLimitExceeded": 403,
    "jobRateLimitExceeded": 400,
    "notFound": 404,
    "internalError": 500,
    "badGateway": 502,
    "backendError": 503,
}
"""The usual HTTP status of each reason (Google's table of BigQuery error messages)."""
CODES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
}


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, reason: str, message: str, status: int | None = None) -> None:
        """Take the reason's usual status where none is given."""
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.status = status or STATUS[reason]

    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        first = {"message": self.message, "domain": "global", "reason": self.reason}
        status = CODES.get(self.status, "INTERNAL")
        return {"error": {"code": self.status, "message": self.message, "errors": [first], "status": status}}


def not_found(what: str, location: str = "") -> Refusal:
    """Something that is not there, or not in this location."""
    where = f" was not found in location {location}" if location else ""
    return Refusal("notFound", f"Not found: {what}{where}")
