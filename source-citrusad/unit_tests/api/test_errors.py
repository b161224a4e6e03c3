"""What an error means."""

from typing import Any

import pytest

from source_citrusad.api.errors import Meaning, error_of

FILTER = "Cannot query over table '{}' without a filter over column(s) {} that can be used for partition elimination"


def body(reason: str | None, message: str = "no") -> dict[str, Any]:
    """An error as BigQuery writes it."""
    return {"error": {"message": message, "errors": [{"reason": reason, "message": message}]}}


@pytest.mark.parametrize(
    ("status", "content", "meaning"),
    [
        (403, body("rateLimitExceeded"), Meaning.RETRY),
        (403, body("quotaExceeded"), Meaning.QUOTA),
        (429, None, Meaning.RETRY),
        (503, "<html>", Meaning.RETRY),
        (503, body("accessDenied"), Meaning.RETRY),
        (500, body("bytesBilledLimitExceeded"), Meaning.SHORTEN),
        (400, body("resourcesExceeded"), Meaning.SHORTEN),
        (403, body("responseTooLarge"), Meaning.SHORTEN),
        (400, body("jobBackendError"), Meaning.RESTART),
        (401, {"error": "x"}, Meaning.UNAUTHORIZED),
        (403, body(None), Meaning.DENIED),
        (404, body("notFound"), Meaning.MISSING),
        (400, body("invalid", "Invalid page token"), Meaning.GONE),
        (400, body("invalid", "Invalid value for pageToken: BA23"), Meaning.GONE),
        (400, body("invalidQuery"), Meaning.INVALID),
        (400, {"error": {"errors": ["x"]}}, Meaning.INVALID),
    ],
)
def test_meanings(status: int, content: Any, meaning: Meaning) -> None:
    """By the reason first, which says more than the status."""
    assert error_of(status, content).meaning is meaning


def test_an_error_without_a_message() -> None:
    """The status is left."""
    error = error_of(400, None, 3.0)
    assert (error.message, error.reason, error.wait) == ("HTTP 400 without a message", "HTTP 400", 3.0)


@pytest.mark.parametrize("table", ["d.t", "p.d.t", "p:d.t"])
def test_the_columns_of_a_missing_filter(table: str) -> None:
    """With or without the project before the table's name."""
    assert error_of(400, body("invalidQuery", FILTER.format(table, "'a', 'b'"))).filter_columns == ["a", "b"]
    assert error_of(400, body("invalidQuery")).filter_columns == []


def test_names_and_sizes_in_messages() -> None:
    """Those that decide what to do."""
    assert error_of(400, body("invalidQuery", "Unrecognized name: spend at [1:8]")).unknown_column == "spend"
    assert error_of(400, body("invalidQuery")).unknown_column is None
    billed = error_of(400, body("bytesBilledLimitExceeded", "bytes billed: 10. 10485760 or higher required."))
    assert (billed.bytes_required, error_of(400, body("x")).bytes_required) == (10485760, None)
    assert error_of(403, body("accessDenied", "User has no bigquery.jobs.create in x")).may_not_run_jobs
    assert not error_of(403, body("accessDenied")).may_not_run_jobs
