"""What earlier syncs left behind: the states of all streams, and what the service itself remembers of the account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from source_citrusad.api.client import Asked, Client
from source_citrusad.api.errors import BigQueryError

from .budget import OutOfBudget, Usage


def locations_of(blobs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Where datasets lie, as the states say."""
    known: dict[str, str] = {}
    for blob in blobs:
        places = blob.get("locations")
        known |= {str(name): str(place) for name, place in places.items()} if isinstance(places, dict) else {}
    return known


def billing_project_of(blobs: Iterable[Mapping[str, Any]]) -> str:
    """The project in which queries have run; empty where no state says so."""
    return next((str(blob["billing_project"]) for blob in blobs if blob.get("billing_project")), "")


def usage_by_jobs(client: Client, project: str, now: datetime) -> Asked[Usage]:
    """The account's own jobs of this month, as one call lists them; nothing where that call is not allowed.

    Only an approximation: pages don't show, and the list ends with its first page.
    """
    day, month = now.date().isoformat(), now.strftime("%Y-%m")
    since = datetime(now.year, now.month, 1, tzinfo=timezone.utc)
    params = {"maxResults": "1000", "projection": "full", "minCreationTime": str(int(since.timestamp() * 1000))}
    try:
        jobs = yield from client.one_page(f"projects/{project}/jobs", params, "jobs")
    except (BigQueryError, OutOfBudget):
        return Usage(day, 0, month, 0)
    midnight = datetime(now.year, now.month, now.day, tzinfo=timezone.utc).timestamp() * 1000
    told = [job.get("statistics") or {} for job in jobs]
    return Usage(
        day,
        sum(_number(job.get("creationTime")) >= midnight for job in told),
        month,
        sum(_number((job.get("query") or {}).get("totalBytesBilled")) for job in told),
    )


def _number(value: Any) -> int:
    return int(value) if str(value).isdigit() else 0
