"""What a user reads when BigQuery refuses: what, why, what to do, and what the vendor's support asks for."""

from __future__ import annotations

from collections.abc import Sequence

from source_citrusad.api.errors import BigQueryError, Meaning


def sentence(error: BigQueryError, table: str, email: str, sql: str, projects: Sequence[str]) -> str:
    """The error of a query on a table, as a person needs it."""
    asked = f" SQL: {sql}" if sql else ""
    # CitrusAd: a ticket needs the account, the exact SQL and the message.
    return f"{_what(error, table, email, sql, projects)} Account: {email}. BigQuery: {error.message}{asked}"


def may_not_run_jobs(email: str, projects: Sequence[str]) -> str:
    """What to do where no project lets the account start a query."""
    return (
        f"{email} has no bigquery.jobs.create (roles/bigquery.jobUser) in {' or '.join(projects)}: ask CitrusAd in "
        "which project its queries may run, and write it as billing_project_id."
    )


def _what(error: BigQueryError, table: str, email: str, sql: str, projects: Sequence[str]) -> str:
    if error.may_not_run_jobs:
        return may_not_run_jobs(email, projects)
    if error.unknown_column:
        return (
            f"Column {error.unknown_column} is gone from {table}: refresh the schema. CitrusAd announces removals 12 "
            "weeks ahead."
        )
    if error.filter_columns:
        columns = ", ".join(error.filter_columns)
        if any(f"`{column}` >=" in sql for column in error.filter_columns):
            return (
                f"{table} lets no filter through to its own table, which demands one on {columns}: it can't be read. "
                "Ask CitrusAd, or leave it out under tables."
            )
        return f"{table} needs a filter on {columns}, which the catalog does not say: refresh the schema."
    return _BY_MEANING.get(error.meaning, "{table} can't be read.").format(table=table, email=email)


_BY_MEANING = {
    Meaning.RETRY: "{table} can't be read now: BigQuery has failed again and again. Run the sync again later.",
    Meaning.RESTART: "{table} can't be read now: its query has failed again and again. Run the sync again later.",
    Meaning.DENIED: "{email} may not read {table}: ask CitrusAd to grant it, or leave it out under tables.",
    Meaning.MISSING: "{table} is not there: refresh the schema, which leaves it out where it was removed.",
    Meaning.SHORTEN: "{table} can't be read in queries that are small enough.",
}
