"""Where datasets lie, and what the service remembers of the account."""

from typing import Any

from source_citrusad.connection import result
from source_citrusad.sync.budget import Usage
from source_citrusad.sync.memory import billing_project_of, locations_of, usage_by_jobs
from source_citrusad.sync.places import Places

from ..canned import DATA, NOW, Warehouse, Wire, queries_over, refusal


def places_over(wire: Wire, known: dict[str, str]) -> Places:
    """Places over the canned wire."""
    return Places(queries_over(wire).client, DATA, known)


def test_a_location_is_looked_up_once() -> None:
    """All of them by one call; a dataset that is not seen has none."""
    wire = Wire(Warehouse())
    places = places_over(wire, {})
    assert result(places.of("acme_reporting")) == "US"
    assert result(places.of("other")) is None
    assert len(wire.asked) == 1


def test_a_dataset_that_has_moved() -> None:
    """The new place, once; none where it is the old one."""
    wire = Wire(Warehouse())
    places = places_over(wire, {"acme_reporting": "EU"})
    assert result(places.of("acme_reporting")) == "EU"
    assert result(places.again("acme_reporting")) == "US"
    assert result(places.again("acme_reporting")) is None
    assert len(wire.asked) == 1


def test_what_states_say() -> None:
    """Of places and of the project that queries run in."""
    blobs: list[dict[str, Any]] = [{}, {"locations": {"a": "US"}, "billing_project": "p"}, {"locations": "x"}]
    assert (locations_of(blobs), billing_project_of(blobs)) == ({"a": "US"}, "p")
    assert billing_project_of([]) == ""


def test_what_the_service_remembers() -> None:
    """Jobs of today as calls, of this month as bytes; nothing where it may not be asked."""
    today, before = int(NOW.timestamp() * 1000), int(NOW.timestamp() * 1000) - 5 * 86_400_000
    jobs = [
        {"statistics": {"creationTime": str(today), "query": {"totalBytesBilled": "5"}}},
        {"statistics": {"creationTime": str(before), "query": {"totalBytesBilled": "6"}}},
        {},
    ]
    wire = Wire(Warehouse(listed_jobs=jobs))
    assert result(usage_by_jobs(queries_over(wire).client, "p", NOW)) == Usage("2022-09-11", 1, "2022-09", 11)
    denied = Wire(lambda asked: refusal(403, "accessDenied"))
    assert result(usage_by_jobs(queries_over(denied).client, "p", NOW)) == Usage("2022-09-11", 0, "2022-09", 0)
