"""What an account sees: regions, lists, denials, views, projects, and tables that are named alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from .reading import assert_clean, assert_whole, catalog_from, configuration, ids, inside
from .server import CUSTOMER_PROJECT, DATA_PROJECT, KEY_PROJECT, Dataset, Server, Table, World, standard
from .server.columns import columns

FACT = columns("ingressed_at DATE, campaign_id STRING, clicks INT64")
RENAMED = columns("made DATE, noted TIMESTAMP, report_day DATE, clicks INT64")
NAMES = ("acme_insight_reporting", "acme_eu2_analytics", "acme_us_analytics")


def test_three_regions_and_equal_names() -> None:
    """Each query runs where its dataset lies; streams of one name and two namespaces are never mixed."""
    with Server(standard()) as server:
        catalog = catalog_from(server)
        outcome = inside("read", configuration(server), catalog)
        assert_clean(server, outcome)
        assert_whole(server, outcome, catalog)
        alike = [id for id in ids(catalog) if id[1] == "fact_realised_ad_agg"]
        assert len(alike) == 2
        assert len({str(outcome.records[id][0]) for id in alike}) == 2
        assert not any(entry["status"] == 404 for entry in server.log)


def test_lists_in_pages_of_two() -> None:
    """Datasets, and tables where INFORMATION_SCHEMA is denied, come in pages."""
    with Server(standard(), list_page=2) as server:
        found = set(ids(catalog_from(server)))
        server.bigquery.account.no_information = {"*"}
        listed = inside("discover", configuration(server))
        assert set(listed.catalog) == found
        assert len([entry for entry in server.log if entry["op"] == "tables.list"]) == 8


def test_lists_with_pages_that_hold_nothing() -> None:
    """A page without entries but with a token is not the end of a list."""
    with Server(standard(), list_page=1) as server:
        server.bigquery.faults.add("empty_page", op="datasets.list", nth=2)
        assert {namespace for namespace, _ in inside("discover", configuration(server)).catalog} == set(NAMES)


@pytest.mark.parametrize("denied", [{"acme_eu2_analytics"}, {"*"}])
def test_without_information_schema(denied: set[str]) -> None:
    """Tables are then described one by one, and the read is the same."""
    with Server(standard()) as server:
        usual = catalog_from(server)
        server.bigquery.account.no_information = denied
        catalog = catalog_from(server)
        assert catalog == usual
        assert_whole(server, inside("read", configuration(server), catalog), catalog)


def test_a_dataset_that_may_not_be_looked_at() -> None:
    """It is left out with a warning that names it; the others are found."""
    with Server(standard()) as server:
        server.bigquery.account.denied = {"acme_eu2_analytics"}
        outcome = inside("discover", configuration(server))
        assert {namespace for namespace, _ in outcome.catalog} == set(NAMES) - {"acme_eu2_analytics"}
        assert any("acme_eu2_analytics" in warning for warning in outcome.warnings)


def test_an_empty_dataset() -> None:
    """It brings no stream and no error."""
    world = standard()
    with Server(replace(world, datasets=(*world.datasets, Dataset("acme_empty", "EU")))) as server:
        outcome = inside("discover", configuration(server))
        assert outcome.code == 0
        assert {namespace for namespace, _ in outcome.catalog} == set(NAMES)


def test_a_dataset_that_moves() -> None:
    """Its new location is looked up once and kept; nothing is read twice."""
    with Server(standard()) as server:
        catalog = catalog_from(server)
        first = inside("read", configuration(server), catalog)
        server.bigquery.store.move_dataset("acme_eu2_analytics", "EU")
        server.clock.advance(days=1)
        server.bigquery.log.clear()
        second = inside("read", configuration(server), catalog, first.state)
        assert second.code == 0
        assert len([entry for entry in server.log if entry["op"] == "datasets.list"]) == 1
        facts = {"streams": [entry for entry in catalog["streams"] if entry["stream"].get("source_defined_cursor")]}
        assert_whole(server, [first, second], facts)
        server.clock.advance(days=1)
        server.bigquery.log.clear()
        inside("read", configuration(server), catalog, second.state)
        assert {entry["status"] for entry in server.log} == {200}
        assert not any(entry["op"] == "datasets.list" for entry in server.log)


def test_one_denied_table_stops_no_other() -> None:
    """Its error names account, table and SQL; every other stream is whole."""
    with Server(standard()) as server:
        catalog = catalog_from(server)
        server.bigquery.account.denied = {"acme_eu2_analytics.fact_order"}
        outcome = inside("read", configuration(server), catalog)
        assert outcome.code == 1
        denied = ("acme_eu2_analytics", "fact_order")
        assert outcome.statuses[denied][-1] == "INCOMPLETE"
        [error] = [error for error in outcome.errors if error.get("stream_descriptor", {}).get("name") == "fact_order"]
        for part in (server.bigquery.account.email, "acme_eu2_analytics.fact_order", "SELECT `", "Access Denied"):
            assert part in error["message"]
        others = {
            "streams": [e for e in catalog["streams"] if (e["stream"]["namespace"], e["stream"]["name"]) != denied]
        }
        assert_whole(server, outcome, others)


@pytest.mark.parametrize("named", [True, False])
def test_a_renamed_partition_column(named: bool) -> None:
    """The view's own column of time that passes is found, whether the error names the project or not."""
    renamed = {"report_day": "ingressed_at"}
    table = Table("view", RENAMED, "ingressed_at", 20, base="core.base", renamed=renamed)
    world = World((Dataset("acme_views", "US", (table,)),))
    with Server(world, project_in_errors=named) as server:
        catalog = catalog_from(server)
        [stream] = [entry["stream"] for entry in catalog["streams"]]
        assert stream["default_cursor_field"] == ["report_day"]
        outcome = inside("read", configuration(server), catalog)
        assert_clean(server, outcome)
        assert_whole(server, outcome, catalog)
        assert not any(entry["status"] == 400 for entry in server.log)


def test_views_that_cannot_be_queried() -> None:
    """A view over a missing table is left out; one that lets no filter through fails alone; each is named."""
    broken = (
        Table("gone", RENAMED, "made", 5, base="core.gone", broken="missing"),
        Table("ranked", RENAMED, "made", 5, base="core.ranked", broken="window"),
        Table("fine", FACT, "ingressed_at", 5, base="core.fine"),
    )
    with Server(World((Dataset("acme_views", "US", broken),))) as server:
        discovered = inside("discover", configuration(server))
        assert ("acme_views", "gone") not in discovered.catalog
        assert any("acme_views.gone" in warning for warning in discovered.warnings)
        catalog = catalog_from(server)
        outcome = inside("read", configuration(server), catalog)
        fine = ("acme_views", "fine")
        assert outcome.statuses[fine][-1] == "COMPLETE"
        only = {"streams": [entry for entry in catalog["streams"] if entry["stream"]["name"] == "fine"]}
        assert_whole(server, outcome, only)
        if ("acme_views", "ranked") in discovered.catalog:
            assert outcome.code == 1
            assert "lets no filter through" in outcome.sentences
            assert "refresh the schema" not in outcome.sentences


@pytest.mark.parametrize(
    ("allowed", "setting"),
    [
        ({KEY_PROJECT}, None),
        ({DATA_PROJECT}, None),
        ({CUSTOMER_PROJECT}, CUSTOMER_PROJECT),
    ],
)
def test_billing_projects(allowed: set[str], setting: str | None) -> None:
    """The key's own project, else the data project, else the one set; what worked is kept in state."""
    with Server(standard()) as server:
        server.bigquery.account.job_projects = allowed
        config = configuration(server, billing_project_id=setting)
        assert inside("check", config).verdict["status"] == "SUCCEEDED"
        catalog = catalog_from(server, billing_project_id=setting)
        outcome = inside("read", config, catalog)
        assert_clean(server, outcome)
        assert_whole(server, outcome, catalog)
        server.bigquery.log.clear()
        server.clock.advance(days=1)
        again = inside("read", configuration(server, billing_project_id=setting), catalog, outcome.state)
        assert again.code == 0
        assert {entry["status"] for entry in server.log} == {200}


@pytest.mark.parametrize("location_told", [True, False])
def test_answers_without_a_location(location_told: bool) -> None:
    """An answer whose jobReference names no location is paged all the same."""
    with Server(standard(), first_page=3000, next_page=3000, job_location=location_told) as server:
        catalog = catalog_from(server, ("acme_insight_reporting", "realised_ad_agg"))
        assert_whole(server, inside("read", configuration(server), catalog), catalog)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"datasets": ["acme_*_analytics"]}, {"acme_eu2_analytics", "acme_us_analytics"}),
        ({"datasets": ["acme_us_analytics"], "tables": ["dim_*"]}, {"acme_us_analytics"}),
        ({"tables": ["acme_eu2_analytics.fact_*"]}, {"acme_eu2_analytics"}),
    ],
)
def test_datasets_and_tables_are_chosen(settings: dict[str, Any], expected: set[str]) -> None:
    """Names and globs choose what is discovered, and datasets left out are not asked about."""
    with Server(standard()) as server:
        found = inside("discover", configuration(server, **settings)).catalog
        assert {namespace for namespace, _ in found} == expected
        if "datasets" in settings:
            asked = {name for name in NAMES for entry in server.log if name in entry["sql"]}
            assert asked == expected


def test_regions_that_do_not_answer() -> None:
    """A list that lacks a region says so; a sync that knows the location already goes on."""
    with Server(standard()) as server:
        catalog = catalog_from(server)
        first = inside("read", configuration(server), catalog)
        server.bigquery.switches.unreachable = ("europe-west3",)
        server.clock.advance(days=1)
        second = inside("read", configuration(server), catalog, first.state)
        assert second.code == 0
        outcome = inside("discover", configuration(server))
        assert any("europe-west3" in warning for warning in outcome.warnings)
