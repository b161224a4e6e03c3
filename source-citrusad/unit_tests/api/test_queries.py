"""Queries: started once, waited for, read page by page."""

from typing import Any

import pytest

from source_citrusad.api.errors import BigQueryError
from source_citrusad.api.queries import LEAST_BILLED, POLLS, RESTARTS
from source_citrusad.connection import result

from ..canned import DATA, Wire, ok, once, queries_over, refusal

NO_JOBS = refusal(403, "accessDenied", "User does not have bigquery.jobs.create permission in project acme.")


def answer(**changes: Any) -> dict[str, Any]:
    """A page of one row."""
    return {
        "jobComplete": True,
        "jobReference": {"projectId": "acme", "jobId": "j", "location": "EU"},
        "schema": {"fields": [{"name": "a", "type": "STRING"}]},
        "rows": [{"f": [{"v": "x"}]}],
        "totalRows": "1",
        "totalBytesProcessed": "5",
        **changes,
    }


def test_a_query_names_location_and_limit_and_standard_sql() -> None:
    """And an id, by which an attempt that is repeated starts nothing twice."""
    wire = Wire(lambda asked: ok(answer()), faults=[once(refusal(503, "backendError"))])
    page = result(queries_over(wire).run("SELECT 1", "EU", 77))
    assert (page.total, len(page.rows), page.job.location, page.billed) == (1, 1, "EU", LEAST_BILLED)
    first, second = (asked.body for asked in wire.asked)
    assert first == second
    assert (first["useLegacySql"], first["location"], first["maximumBytesBilled"]) == (False, "EU", "77")
    assert first["formatOptions"] == {"useInt64Timestamp": True}
    assert wire.asked[0].path == "projects/acme/queries"


@pytest.mark.parametrize(
    ("changes", "billed"),
    [
        ({"totalBytesBilled": "12"}, 12),
        ({"totalBytesProcessed": "99999999"}, 99999999),
        ({"cacheHit": True}, 0),
    ],
)
def test_what_is_billed(changes: dict[str, Any], billed: int) -> None:
    """As the answer says, else by the rule; nothing for what came from the cache."""
    assert result(queries_over(Wire(lambda asked: ok(answer(**changes)))).run("SELECT 1", None)).billed == billed


def test_a_query_that_takes_its_time_is_asked_for() -> None:
    """With the location of its job; an emulator may leave that out."""
    waiting = {"jobComplete": False, "jobReference": {"jobId": "j"}}
    wire = Wire(lambda asked: ok(answer()), faults=[once(ok(waiting), times=3)])
    page = result(queries_over(wire).run("SELECT 1", "US"))
    assert (page.total, [asked.method for asked in wire.asked]) == (1, ["POST", "GET", "GET", "GET"])
    assert wire.asked[1].path == "projects/acme/queries/j"
    assert wire.asked[1].params["location"] == "US"
    never = Wire(lambda asked: ok(waiting))
    with pytest.raises(BigQueryError, match="not done"):
        result(queries_over(never).run("SELECT 1", None))
    assert len(never.asked) == 1 + POLLS


def test_a_job_that_fails_for_no_reason_of_ours_is_started_again() -> None:
    """With an id of its own, some times."""
    wire = Wire(lambda asked: ok(answer()), faults=[once(refusal(400, "jobBackendError"))])
    assert result(queries_over(wire).run("SELECT 1", "EU")).total == 1
    assert wire.asked[0].body["requestId"] != wire.asked[1].body["requestId"]
    wire = Wire(lambda asked: refusal(400, "jobInternalError"))
    with pytest.raises(BigQueryError):
        result(queries_over(wire).run("SELECT 1", "EU"))
    assert len(wire.asked) == 1 + RESTARTS


def test_a_job_that_is_gone_while_it_is_waited_for_is_started_again() -> None:
    """Nothing else can be missing in that answer: the job is what BigQuery no longer knows."""
    waiting = ok(answer(jobComplete=False))
    gone = refusal(404, "notFound", "Not found: Job acme:EU.j")
    wire = Wire(lambda asked: ok(answer()), faults=[once(waiting), once(gone)])
    page = result(queries_over(wire).run("SELECT 1", "EU"))
    assert (page.total, [asked.method for asked in wire.asked]) == (1, ["POST", "GET", "POST"])


def test_the_project_in_which_queries_may_run() -> None:
    """The second where the first does not let them; both are named where neither does."""
    wire = Wire(lambda asked: NO_JOBS if "/acme/" in asked.path else ok(answer()))
    queries = queries_over(wire)
    assert result(queries.dry_run("SELECT 1", None)) == 5
    assert (queries.project, queries.projects) == (DATA, ("acme", DATA))
    assert result(queries.dry_run("SELECT 1", None)) == 5
    assert len(wire.asked) == 3
    with pytest.raises(BigQueryError):
        result(queries_over(Wire(lambda asked: NO_JOBS)).dry_run("SELECT 1", None))


def test_further_pages() -> None:
    """By token, or from a row on."""
    wire = Wire(lambda asked: ok(answer(pageToken="t") if asked.sql else answer()))
    queries = queries_over(wire)
    page = result(queries.run("SELECT 1", "EU"))
    result(queries.following(page))
    result(queries.from_row(page.job, 7))
    assert [asked.params.get("pageToken") for asked in wire.asked] == [None, "t", None]
    assert wire.asked[2].params["startIndex"] == "7"
    assert wire.asked[2].params["formatOptions.useInt64Timestamp"] == "true"
