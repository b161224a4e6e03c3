"""The views of the switching guides on tables that a real read has filled: nothing gets lost or counted twice."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from docs.generate import PEERS, SWITCHING
from docs.peers import airbyte, fivetran, singer
from docs.peers.mapping import View

from . import warehouse
from .reading import catalog, read
from .simulator import Simulator, World

LOADED = "_airbyte_extracted_at"
"""The column that Airbyte's destinations add to every table."""


@pytest.fixture(scope="module")
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every table that a view needs, filled by one read of some days, and the views of all guides."""
    streams = sorted({view.stream for peer in PEERS for view in peer.views})
    with Simulator(World(advertisers=2, campaigns=3)) as simulator:
        simulator.switches.country_by_hour = True
        outcome = read(simulator, streams, start_date="2026-03-08")
    assert (outcome.code, outcome.errors) == (0, [])
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; CREATE SCHEMA tiktok; USE tiktok")
        for name in streams:
            table = warehouse.table_of(catalog()[name])
            warehouse.create(connection, table)
            warehouse.upsert(connection, table, outcome.records[name])
            connection.execute(f"ALTER TABLE {name} ADD COLUMN {LOADED} TIMESTAMPTZ DEFAULT now()")
        for peer in PEERS:
            connection.execute((SWITCHING / f"{peer.schema}.sql").read_text(encoding="utf-8"))
        yield connection


def one(db: duckdb.DuckDBPyConnection, query: str) -> object:
    """The only value of a query."""
    [(value,)] = db.execute(query).fetchall()
    return value


def named(view: View) -> str:
    return view.name


REPORTS = [view for view in airbyte.PEER.views if view.metrics]
LISTS = [view for view in airbyte.PEER.views if view.key and not view.metrics]
FIVETRAN_REPORTS = [
    view for view in fivetran.PEER.views if view.stream not in ("advertisers", "campaigns", "adgroups", "ads")
]


@pytest.mark.parametrize("view", REPORTS, ids=named)
def test_reports_of_airbyte(view: View, db: duckdb.DuckDBPyConnection) -> None:
    """A report has a row for each of its old keys, and its metrics add up to ours."""
    ours = f"SELECT count(DISTINCT ({', '.join(view.key)})) FROM tiktok.{view.stream}"
    assert one(db, f"SELECT count(*) FROM airbyte.{view.name}") == one(db, ours)
    assert one(db, ours) != 0
    for metric in ("spend", "impressions", "clicks"):
        shown = one(db, f"SELECT sum(CAST(metrics ->> '{metric}' AS DOUBLE)) FROM airbyte.{view.name}")
        assert shown == pytest.approx(one(db, f"SELECT sum({metric}) FROM tiktok.{view.stream}"))


@pytest.mark.parametrize("view", LISTS, ids=named)
def test_lists_of_airbyte(view: View, db: duckdb.DuckDBPyConnection) -> None:
    """A list shows each of our objects, and campaigns, ad groups and ads in their newest version only."""
    [theirs] = view.key
    [ours] = [column.sql for column in view.columns if column.name == theirs]
    shown = f"SELECT DISTINCT {theirs} FROM airbyte.{view.name} ORDER BY 1"
    assert (
        db.execute(shown).fetchall()
        == db.execute(f"SELECT DISTINCT {ours} FROM tiktok.{view.stream} ORDER BY 1").fetchall()
    )
    if view.newest:
        assert one(db, f"SELECT count(*) = count(DISTINCT {theirs}) FROM airbyte.{view.name}")


def test_pixel_events_of_airbyte(db: duckdb.DuckDBPyConnection) -> None:
    """Each pixel has one row, whose sums are those of our days and events."""
    ours = "tiktok.pixel_event_statistics"
    pixels = one(db, f"SELECT count(DISTINCT (advertiser_id, pixel_id)) FROM {ours}")
    assert one(db, "SELECT count(*) FROM airbyte.pixel_events_statistics") == pixels
    counts = "SELECT unnest(CAST(statistics AS JSON[])) ->> 'total_count' AS n FROM airbyte.pixel_events_statistics"
    shown = one(db, f"SELECT sum(CAST(n AS BIGINT)) FROM ({counts})")
    assert shown == one(db, f"SELECT sum(total_count) FROM {ours}")
    assert shown != 0


@pytest.mark.parametrize("view", FIVETRAN_REPORTS, ids=named)
def test_reports_of_fivetran(view: View, db: duckdb.DuckDBPyConnection) -> None:
    """A report has all our rows, and its metrics add up to ours, whatever they are called."""
    assert one(db, f"SELECT count(*) FROM fivetran.{view.name}") == one(
        db, f"SELECT count(*) FROM tiktok.{view.stream}"
    )
    assert one(db, f"SELECT count(*) FROM fivetran.{view.name}") != 0
    sums = [column for column in view.columns if column.name in ("spend", "clicks", "video_watched_2_s")]
    for column in sums:
        shown = one(db, f"SELECT sum({column.name}) FROM fivetran.{view.name}")
        assert shown == pytest.approx(one(db, f"SELECT sum({column.sql}) FROM tiktok.{view.stream}"))


@pytest.mark.parametrize(("name", "id"), [("campaign", "campaign_id"), ("adgroup", "adgroup_id"), ("ad", "ad_id")])
def test_history_of_fivetran(name: str, id: str, db: duckdb.DuckDBPyConnection) -> None:
    """A history has every version that we have, at its own moment."""
    shown = f"SELECT {id}, updated_at AT TIME ZONE 'UTC' FROM fivetran.{name}_history ORDER BY ALL"
    ours = f"SELECT CAST({id} AS BIGINT), modify_time FROM tiktok.{name}s ORDER BY ALL"
    assert db.execute(shown).fetchall() == db.execute(ours).fetchall()


@pytest.mark.parametrize("view", singer.PEER.views, ids=named)
def test_tables_of_singer(view: View, db: duckdb.DuckDBPyConnection) -> None:
    """A table has all our rows under its old key, which tells them apart."""
    key = ", ".join(view.key)
    counts = f"SELECT (count(*), count(DISTINCT ({key})), count({view.key[0]}))"
    rows = one(db, f"SELECT count(*) FROM tiktok.{view.stream}")
    assert one(db, f"{counts} FROM singer.{view.name}") == (rows, rows, rows)
