"""The switching guides: every table of the connectors we replace is mapped, and every view shows what is promised."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest

from docs.generate import PEERS, SWITCHING
from docs.peers import airbyte, fivetran, mapping, singer
from docs.peers.mapping import Counterpart, Peer, View
from integration_tests.warehouse import Table, create, sql_type
from source_tiktok_ads.streams.catalog import BY_NAME, STREAMS
from source_tiktok_ads.streams.model import json_schema, key_of
from unit_tests.test_docs import ROOT, section, table, text

PUBLISHED: Mapping[str, Mapping[str, str]] = json.loads(
    (Path(__file__).parent / "streams" / "published.json").read_text(encoding="utf-8")
)
EXAMPLES = ROOT / "examples"
LOADED = "_airbyte_extracted_at"
"""The column that Airbyte's destinations add to every table."""

each_peer = pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.schema)


def codes(cell: str) -> list[str]:
    """The words that a cell shows as code."""
    return re.findall(r"`([^`]+)`", cell)


def page(peer: Peer) -> Path:
    return SWITCHING / f"{peer.schema}.md"


@pytest.fixture(scope="module")
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with an empty table for every stream of ours, as a destination would make it of the catalog."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; CREATE SCHEMA tiktok; USE tiktok")
        for stream in STREAMS:
            properties = json_schema(stream)["properties"]
            columns = {name: sql_type(schema) for name, schema in properties.items()}
            create(connection, Table(stream.name, {**columns, LOADED: "TIMESTAMPTZ"}, key_of(stream, "every")))
        yield connection


@pytest.fixture
def db(warehouse: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database for one test, which leaves no trace in it."""
    warehouse.begin()
    yield warehouse
    warehouse.rollback()


def run(db: duckdb.DuckDBPyConnection, peer: Peer) -> None:
    """Make the views of a peer, as its users would: with the file beside its page."""
    db.execute(text(page(peer).with_suffix(".sql")))


def described(db: duckdb.DuckDBPyConnection, peer: Peer, view: str) -> dict[str, str]:
    """The columns of a view and their types."""
    return {row[0]: row[1] for row in db.execute(f"DESCRIBE {peer.schema}.{view}").fetchall()}


# --- Nothing is left out ----------------------------------------------------------------------------------------------

THEIRS: Mapping[str, Mapping[str, str]] = json.loads((Path(__file__).parent / "peers.json").read_text(encoding="utf-8"))
"""What the connectors themselves declare: metrics by report, columns by table."""


def test_every_stream_of_airbyte_is_mapped() -> None:
    """All 44 streams have a view: 30 reports with their metrics as one object, 14 lists."""
    assert (len(THEIRS["airbyte_metrics"]), len(THEIRS["airbyte_columns"])) == (30, 14)
    mapped = {view.name: view for view in airbyte.PEER.views}
    assert set(mapped) == {*THEIRS["airbyte_metrics"], *THEIRS["airbyte_columns"]}
    for name, metrics in THEIRS["airbyte_metrics"].items():
        assert {*mapped[name].metrics, *mapped[name].lost} == {*metrics.split()}, name
    for name, columns in THEIRS["airbyte_columns"].items():
        assert {column.name for column in mapped[name].columns} - {"advertiser_id"} == (
            {*columns.split()} - {"advertiser_id"}
        ), name


def test_metrics_called_refused_are_not_ours() -> None:
    """A metric that a guide calls refused is no column of our stream, else the view could show it."""
    refused = {(view.stream, name) for view in airbyte.PEER.views for name in view.lost}
    assert {(stream, name) for stream, name in refused if name in BY_NAME[stream].columns} == set()


def test_every_column_of_fivetran_is_mapped() -> None:
    """The tables whose columns are known have a view with all of them, in every spelling; the others stand beside."""
    mapped = {view.name: {column.name for column in view.columns} for view in fivetran.PEER.views}
    assert set(mapped) == set(THEIRS["fivetran_columns"])
    spelled_otherwise = {"_fivetran_synced", "create_time", "interest_category_v_2", "age"}
    spelled_otherwise |= {"video_view_p_100", "video_views_p_100", "total_purchase_value", "total_sales_lead_value"}
    for name, columns in THEIRS["fivetran_columns"].items():
        assert mapped[name] >= {*columns.split()}, name
        assert mapped[name] - {*columns.split()} <= spelled_otherwise, name
    named = {*mapped, *(other.name for other in fivetran.PEER.others)}
    for level in ("ad", "adgroup", "campaign"):
        assert {f"{level}_report_{grain}" for grain in ("daily", "hourly", "lifetime")} <= named
    for level in ("ad", "campaign"):
        assert {f"{level}_{by}_report" for by in ("age_gender", "country", "language", "platform")} <= named


def test_every_column_of_singer_is_mapped() -> None:
    """The nine tables have exactly the columns that the tap publishes."""
    assert {view.name: {column.name for column in view.columns} for view in singer.PEER.views} == {
        stream: set(columns) for stream, columns in PUBLISHED.items()
    }


# --- The pages promise what the views show ----------------------------------------------------------------------------


@each_peer
def test_streams_named_exist(peer: Peer) -> None:
    """Every stream that a row of the mapping names is one of ours."""
    named = {view.stream for view in peer.views} | {stream for other in peer.others for stream in other.streams}
    assert named <= set(BY_NAME)


@each_peer
def test_page_maps_every_table(peer: Peer) -> None:
    """The first table of the page has each of their tables with our stream and both keys."""
    rows = table(section(page(peer), "## Tables and views"), "there")
    assert [row[0].strip("`") for row in rows] == [item.name for item in (*peer.views, *peer.others)]
    for row, view in zip(rows, peer.views, strict=False):
        assert view.stream in row[1]
        assert (codes(row[2]), codes(row[3])) == ([*view.key], [*key_of(BY_NAME[view.stream], "every")])


@each_peer
def test_views_show_the_columns_promised(peer: Peer, db: duckdb.DuckDBPyConnection) -> None:
    """Every view runs on tables made of the catalog and has exactly the columns that the page lists for it."""
    run(db, peer)
    promised = {codes(view)[0]: codes(columns) for view, columns in table(text(page(peer)), "view")}
    made = db.execute("SELECT view_name FROM duckdb_views() WHERE schema_name = $1", [peer.schema]).fetchall()
    assert {name for (name,) in made} == set(promised) == {view.name for view in peer.views}
    assert {name: [*described(db, peer, name)] for name in promised} == promised


@each_peer
def test_page_explains_every_column_that_differs(peer: Peer) -> None:
    """A column with another name, another type, or nothing in it stands in the page's table with its expression."""
    rows = table(section(page(peer), "### Columns with another name or type"), "there")
    everywhere = {codes(row[0])[0] for row in rows if row[3] == "all"}
    explained = {(codes(row[0])[0], view) for row in rows for view in codes(row[3])}
    for view in peer.views:
        explained |= {(column.name, view.name) for column in view.columns if column.name in everywhere}
        for column in view.columns:
            objects = column.sql.startswith("json_object(")
            assert ((column.name, view.name) in explained) == (column.sql != column.name and not objects)
            assert column.note or not column.sql.startswith("CAST(NULL")


def test_coverage_names_every_table_once() -> None:
    """The overview has one row for each table of each connector: 9, 44, and Fivetran's."""
    rows = table(section(SWITCHING.parent / "switching.md", "## Every table of theirs"), "connector")
    shown = [(row[0], row[1].strip("`")) for row in rows]
    assert shown == [(peer.title, item.name) for peer in PEERS for item in (*peer.views, *peer.others)]
    assert [sum(peer == title for title, _ in shown) for peer in (p.title for p in PEERS)][:2] == [9, 44]


@pytest.mark.parametrize(("stream", "column"), [("ads", "no_such_column"), ("no_such_stream", "ad_id")])
def test_a_column_that_is_gone_fails(stream: str, column: str, db: duckdb.DuckDBPyConnection) -> None:
    """A view of a column or a stream that we lack can't be made: the guides can't promise it."""
    view = View("v", stream, (), tuple(mapping.same(column)))
    with pytest.raises(duckdb.Error, match="no_such"):
        db.execute(mapping.script(Peer("Peer", "peer", (view,))))


def test_a_table_without_a_stream_says_why() -> None:
    """A table that nothing of ours replaces stands in both tables with the reason."""
    peer = Peer("Peer", "peer", (), (Counterpart("theirs", (), "why"),))
    assert "| `theirs` |  |  |  | why |" in mapping.mapping(peer)
    assert "| Peer | `theirs` | why |" in mapping.coverage([peer])


# --- Types and values -------------------------------------------------------------------------------------------------

OLD_TYPES = {"string": "VARCHAR", "number": "DOUBLE", "integer": "BIGINT", "boolean": "BOOLEAN"}


def test_types_of_singer(db: duckdb.DuckDBPyConnection) -> None:
    """The views have the published types: dates with the zone they claim, text where the tap wrote text."""
    run(db, singer.PEER)
    for view, columns in PUBLISHED.items():
        shown = described(db, singer.PEER, view)
        for name, kind in columns.items():
            if kind in OLD_TYPES and name not in ("page_id", "catalog_authorized_bc"):
                assert (view, name, shown[name]) == (view, name, OLD_TYPES[kind])
        times = {"stat_time_day", "modify_time"} & set(columns)
        assert {shown[name] for name in times} <= {"TIMESTAMP WITH TIME ZONE"}


def insert(db: duckdb.DuckDBPyConnection, stream: str, **values: object) -> None:
    """A row of a table; columns that are not given stay null."""
    marks = ", ".join("?" for _ in values)
    db.execute(f"INSERT INTO tiktok.{stream} ({', '.join(values)}) VALUES ({marks})", [*values.values()])


AD = {"advertiser_id": "7000000000000000001", "campaign_id": "1", "adgroup_id": "2", "ad_id": "1790000000000000003"}
JANUARY_5 = "2026-01-05 00:00:00"


def test_values_of_singer(db: duckdb.DuckDBPyConnection) -> None:
    """A local day carries the label UTC again, and the flag of comments its old meaning."""
    insert(db, "ad_insights", **AD, stat_time_day=JANUARY_5, gross_impressions=5)
    ids = {name: AD[name] for name in ("advertiser_id", "campaign_id", "adgroup_id")}
    insert(db, "adgroups", **ids, modify_time="2026-01-05 10:00:00Z", comment_disabled=True, is_comment_disable=True)
    run(db, singer.PEER)
    shown = db.execute("SELECT CAST(stat_time_day AS VARCHAR), gross_impressions FROM singer.ad_insights").fetchall()
    assert shown == [("2026-01-05 00:00:00+00", "5")]
    assert db.execute("SELECT is_comment_disable FROM singer.adgroups").fetchall() == [(False,)]


def test_values_of_airbyte(db: duckdb.DuckDBPyConnection) -> None:
    """Metrics and dimensions are objects again, ids numbers, and an object has one row, its newest version."""
    insert(db, "ad_insights", **AD, stat_time_day=JANUARY_5, spend=1.5, clicks=3)
    insert(db, "ads", **AD, modify_time="2026-01-05 10:00:00Z", ad_name="old")
    insert(db, "ads", **AD, modify_time="2026-01-06 10:00:00Z", ad_name="new", landing_page_urls='["https://a"]')
    insert(db, "advertisers", advertiser_id=AD["advertiser_id"], create_time="2026-01-05 00:00:00Z")
    run(db, airbyte.PEER)
    [(ad_id, metrics, dimensions)] = db.execute(
        "SELECT ad_id, metrics, dimensions FROM airbyte.ads_reports_daily"
    ).fetchall()
    [view] = [view for view in airbyte.PEER.views if view.name == "ads_reports_daily"]
    assert ad_id == int(AD["ad_id"])
    assert {name: value for name, value in json.loads(metrics).items() if value is not None} == {
        "spend": 1.5,
        "clicks": 3,
        "campaign_id": 1,
        "adgroup_id": 2,
    }
    assert [*json.loads(metrics)] == [*view.metrics]
    assert json.loads(dimensions) == {"ad_id": ad_id, "stat_time_day": JANUARY_5}
    shown = db.execute("SELECT ad_name, CAST(modify_time AS VARCHAR), landing_page_urls FROM airbyte.ads").fetchall()
    assert shown == [("new", "2026-01-06 10:00:00", '["https://a"]')]
    assert db.execute("SELECT create_time FROM airbyte.advertisers").fetchall() == [(1767571200,)]


def test_audience_over_all_time(db: duckdb.DuckDBPyConnection) -> None:
    """The lifetime report by age and gender is the sum of the days, its rates those of the sums."""
    group = {"advertiser_id": "1", "age": "AGE_18_24", "gender": "MALE"}
    for day, spend, clicks in (("2026-01-05", 1.0, 1), ("2026-01-06", 3.0, 3)):
        insert(
            db,
            "advertiser_insights_by_age_and_gender",
            **group,
            stat_time_day=day,
            spend=spend,
            clicks=clicks,
            impressions=100,
        )
    run(db, airbyte.PEER)
    [(metrics,)] = db.execute("SELECT metrics FROM airbyte.advertisers_audience_reports_lifetime").fetchall()
    sums = {"spend": 4.0, "impressions": 200, "clicks": 4}
    assert json.loads(metrics) == {**sums, "cpc": 1.0, "cpm": 20.0, "ctr": 2.0}


def test_pixel_events_of_30_days(db: duckdb.DuckDBPyConnection) -> None:
    """A pixel has one row again, with one sum for each event of the newest 30 days."""
    event = {"advertiser_id": "1", "pixel_id": "2", "pixel_event_type": "AddToCart", "custom_event_type": "-"}
    for day, count in (("2026-01-31", 1), ("2026-01-02", 2), ("2026-01-01", 4)):
        insert(db, "pixel_event_statistics", **event, date=day, total_count=count)
    run(db, airbyte.PEER)
    [(pixel, statistics)] = db.execute("SELECT pixel_id, statistics FROM airbyte.pixel_events_statistics").fetchall()
    [counted] = json.loads(statistics)
    assert (pixel, counted["pixel_event_type"], counted["total_count"]) == ("2", "AddToCart", 3)


def test_values_of_fivetran(db: duckdb.DuckDBPyConnection) -> None:
    """Metrics have their split names, versions their own rows, and the time of loading its old name."""
    insert(db, "ad_insights_hourly", **AD, stat_time_hour=JANUARY_5, video_watched_2s=7, video_views_p100=1)
    ids = {name: AD[name] for name in ("advertiser_id", "campaign_id", "adgroup_id")}
    actions = '[{"action_scene": "VIDEO_RELATED", "action_period": 15, "action_category_ids": ["9"]}]'
    for day in (5, 6):
        insert(db, "adgroups", **ids, modify_time=f"2026-01-0{day} 10:00:00Z", actions=actions, bid_price=day)
    insert(db, "campaigns", advertiser_id="1", campaign_id="2", modify_time=JANUARY_5, _airbyte_extracted_at=JANUARY_5)
    run(db, fivetran.PEER)
    shown = db.execute("SELECT ad_id, video_watched_2_s, video_view_p_100 FROM fivetran.ad_report_hourly").fetchall()
    assert shown == [(int(AD["ad_id"]), 7, 1)]
    versions = "SELECT CAST(updated_at AS VARCHAR), bid, action_days, action_categories FROM fivetran.adgroup_history"
    assert db.execute(f"{versions} ORDER BY 1").fetchall() == [
        ("2026-01-05 10:00:00", 5.0, 15, '["9"]'),
        ("2026-01-06 10:00:00", 6.0, 15, '["9"]'),
    ]


# --- Cutting over -----------------------------------------------------------------------------------------------------

BEFORE, CUT, AFTER = "2026-02-28", "2026-03-01", "2026-03-02"


@pytest.fixture
def two_sources(db: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Old tables up to the day after the cut-over day, new ones from it on, and the joined views of both pages."""
    for day in (CUT, AFTER):
        insert(db, "ad_insights", **AD, stat_time_day=day, spend=2.0)
        insert(db, "campaign_insights_hourly", advertiser_id="1", campaign_id="1", stat_time_hour=day, spend=2.0)
    for ad in ("3", "4"):
        insert(db, "ads", **{**AD, "ad_id": ad}, modify_time=CUT, ad_name="new")
    insert(db, "campaigns", advertiser_id="1", campaign_id="1", modify_time=CUT, campaign_name="new")
    db.execute("CREATE SCHEMA reporting")
    for peer in (airbyte.PEER, fivetran.PEER):
        run(db, peer)
        db.execute(f"CREATE SCHEMA old_{peer.schema}")
    db.execute(f"""
        CREATE TABLE old_airbyte.ads_reports_daily AS
        SELECT ad_id, day AS stat_time_day, '{{"spend": "1.0"}}'::JSON AS metrics
        FROM airbyte.ads_reports_daily, unnest(['{BEFORE}'::TIMESTAMP, '{CUT}'::TIMESTAMP]) AS days(day)
        WHERE stat_time_day = '{CUT}';
        CREATE TABLE old_airbyte.ads AS FROM airbyte.ads WHERE ad_id = 3;
        INSERT INTO old_airbyte.ads BY NAME SELECT 5 AS ad_id, 'old' AS ad_name;
        CREATE TABLE old_fivetran.campaign_report_hourly AS
        SELECT * REPLACE (day AS stat_time_hour, 1.0 AS spend)
        FROM fivetran.campaign_report_hourly, unnest(['{BEFORE}'::TIMESTAMP, '{CUT}'::TIMESTAMP]) AS days(day)
        WHERE stat_time_hour = '{CUT}';
        CREATE TABLE old_fivetran.campaign_history AS FROM fivetran.campaign_history;
        INSERT INTO old_fivetran.campaign_history BY NAME
        SELECT 1 AS campaign_id, '{BEFORE}'::TIMESTAMP AS updated_at""")
    for peer in (airbyte.PEER, fivetran.PEER):
        db.execute(text(EXAMPLES / f"old_and_new_{peer.schema}.sql"))
    return db


def test_cut_over_from_airbyte(two_sources: duckdb.DuckDBPyConnection) -> None:
    """Old days come from the old table, the others from the new one, none twice; so do objects."""
    days = "SELECT CAST(stat_time_day AS DATE)::VARCHAR, CAST(metrics ->> 'spend' AS DOUBLE)"
    shown = two_sources.execute(f"{days} FROM reporting.ads_reports_daily ORDER BY 1").fetchall()
    assert shown == [(BEFORE, 1.0), (CUT, 2.0), (AFTER, 2.0)]
    ads = two_sources.execute("SELECT ad_id, ad_name FROM reporting.ads ORDER BY 1").fetchall()
    assert ads == [(3, "new"), (4, "new"), (5, "old")]


def test_cut_over_from_fivetran(two_sources: duckdb.DuckDBPyConnection) -> None:
    """Old hours come from the old table, the others from the new one, none twice; a version counts once."""
    hours = "SELECT CAST(stat_time_hour AS DATE)::VARCHAR, spend FROM reporting.campaign_report_hourly ORDER BY 1"
    assert two_sources.execute(hours).fetchall() == [(BEFORE, 1.0), (CUT, 2.0), (AFTER, 2.0)]
    versions = "SELECT CAST(updated_at AS DATE)::VARCHAR FROM reporting.campaign_history ORDER BY 1"
    assert two_sources.execute(versions).fetchall() == [(BEFORE,), (CUT,)]
