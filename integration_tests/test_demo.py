"""The demo through the real command line, on a small world, and the destination it loads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from . import demo, warehouse
from .demo import ROOT, Connector, Day
from .simulator import TOKEN, Simulator, World

ROWS = warehouse.Table(
    "rows",
    {
        "id": "VARCHAR",
        "day": "TIMESTAMP",
        "moment": "TIMESTAMPTZ",
        "n": "BIGINT",
        "x": "DOUBLE",
        "yes": "BOOLEAN",
        "l": "JSON",
    },
    ("id", "day"),
)
FIRST = {"id": "12345678901234567890", "day": "2026-01-05T00:00:00"}


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database in memory, with the clock of UTC."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        warehouse.create(connection, ROWS)
        yield connection


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A TikTok of one account."""
    with Simulator(World(advertisers=1, campaigns=2, adgroups_per=1, ads_per=2)) as running:
        yield running


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": ["null", "string"]}, "VARCHAR"),
        ({"type": ["null", "integer"]}, "BIGINT"),
        ({"type": ["null", "number"]}, "DOUBLE"),
        ({"type": ["null", "boolean"]}, "BOOLEAN"),
        ({"type": ["null", "string"], "format": "date"}, "DATE"),
        ({"type": ["null", "string"], "format": "date-time"}, "TIMESTAMPTZ"),
        (
            {"type": ["null", "string"], "format": "date-time", "airbyte_type": "timestamp_without_timezone"},
            "TIMESTAMP",
        ),
        ({"type": ["null", "array"], "items": {"type": "string"}}, "JSON"),
        ({"type": ["null", "object"]}, "JSON"),
    ],
)
def test_type_of_a_column(schema: dict[str, object], expected: str) -> None:
    """A column's type follows airbyte_type, then format, then type."""
    assert warehouse.sql_type(schema) == expected


def test_table_of_a_stream() -> None:
    """A stream becomes a table with its columns and its source-defined key."""
    stream = {
        "name": "ads",
        "json_schema": {"properties": {"ad_id": {"type": ["null", "string"]}, "n": {"type": ["null", "integer"]}}},
        "source_defined_primary_key": [["ad_id"]],
    }
    assert warehouse.table_of(stream) == warehouse.Table("ads", {"ad_id": "VARCHAR", "n": "BIGINT"}, ("ad_id",))


def test_values_keep_their_types(db: duckdb.DuckDBPyConnection) -> None:
    """Every value arrives in its column's type; what the catalog does not name stays out."""
    values = {"moment": "2026-01-05T01:02:03Z", "n": 3, "x": 1.5, "yes": True, "l": ["a", 1], "unknown": 1}
    warehouse.upsert(db, ROWS, [{**FIRST, **values}])
    [row] = db.execute("SELECT id, day, epoch(moment)::BIGINT, n, x, yes, l FROM rows").fetchall()
    assert row == (FIRST["id"], datetime.fromisoformat(FIRST["day"]), 1767574923, 3, 1.5, True, '["a",1]')


def test_the_last_record_of_a_key_stands(db: duckdb.DuckDBPyConnection) -> None:
    """A later record replaces the whole row of its key, in the same load and in the next."""
    warehouse.upsert(db, ROWS, [{**FIRST, "n": 1}, {**FIRST, "n": 2}, {**FIRST, "id": "other", "n": 9}])
    warehouse.upsert(db, ROWS, [{**FIRST, "x": 0.5}])
    assert db.execute("SELECT id, n, x FROM rows ORDER BY id").fetchall() == [
        (FIRST["id"], None, 0.5),
        ("other", 9, None),
    ]


def test_nothing_to_load(db: duckdb.DuckDBPyConnection) -> None:
    """A stream without records leaves its table as it is, and creating it again too."""
    warehouse.upsert(db, ROWS, [FIRST])
    warehouse.upsert(db, ROWS, [])
    warehouse.create(db, ROWS)
    assert db.execute("SELECT count(*) FROM rows").fetchall() == [(1,)]


def test_a_value_of_the_wrong_type_is_refused(db: duckdb.DuckDBPyConnection) -> None:
    """A value that its column cannot hold fails the load and never becomes a silent null."""
    with pytest.raises(duckdb.Error, match="abc"):
        warehouse.upsert(db, ROWS, [{**FIRST, "n": "abc"}])


def test_chart() -> None:
    """Bars are as long as the spend is large; new days and later conversions are named."""
    before = {"2026-01-01": Day(10.0, 1), "2026-01-02": Day(20.0, 2)}
    days = {"2026-01-01": Day(10.0, 1), "2026-01-02": Day(20.0, 5), "2026-01-03": Day(0.0, 0)}
    assert [line.split() for line in demo.chart(days, before)[2:]] == [
        ["2026-01-01", "10.00", "#" * 20],
        ["2026-01-02", "20.00", "#" * 40, "+3", "conversions"],
        ["2026-01-03", "0.00", "new"],
    ]


def test_grid() -> None:
    """Numbers stand to the right, texts to the left."""
    assert demo.grid(["name", "n"], [["a", 1000], ["bcdef", 2]]) == [
        "name       n",
        "-----  -----",
        "a      1,000",
        "bcdef      2",
    ]


def test_two_syncs_land_in_the_database(
    simulator: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two syncs through the command line fill every table, and the second brings the new day."""
    simulator.reset()
    with duckdb.connect(str(tmp_path / "tiktok_ads.duckdb")) as db:
        demo.demonstrate(simulator.url, Connector(tmp_path), db)
        tables = {name: rows for name, rows in counts(db).items() if rows}
        days = db.execute("SELECT max(stat_time_day) FROM ad_insights").fetchall()
        for example in ("newest_versions.sql", "campaign_results.sql"):
            db.execute((ROOT / "examples" / example).read_text(encoding="utf-8"))
        results = db.fetchall()
    shown = capsys.readouterr().out
    assert len(tables) == 9
    assert results
    assert days == [(datetime.fromisoformat("2026-03-11"),)]
    for name, rows in tables.items():
        assert f"{name} " in shown
        assert f"{rows:,}\n" in shown
    for word in (
        "first sync",
        "new",
        "conversions",
        "last 7 again",
        "Spend by day",
        str(tmp_path / "tiktok_ads.duckdb"),
        demo.QUERY,
    ):
        assert word in shown


def counts(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows of every table."""
    names = [name for (name,) in db.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
    return {name: db.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in names}


def test_a_failing_check_ends_the_demo(simulator: Simulator, tmp_path: Path) -> None:
    """When check refuses the configuration, the demo says so in the connector's words."""
    simulator.reset()
    simulator.access.revoke(TOKEN)
    connector = Connector(tmp_path)
    connector.write("config", demo.config(simulator.url))
    with pytest.raises(demo.DemoError, match=r"check said: .*40105"):
        demo.check(connector)


def test_a_failing_command_ends_the_demo(tmp_path: Path) -> None:
    """A command that ends with an error ends the demo with the exit code and the connector's sentence."""
    connector = Connector(tmp_path)
    connector.write("config", {"start_date": "yesterday"})
    with pytest.raises(demo.DemoError, match=r"discover ended with exit code 1. .*credentials"):
        demo.discover(connector)


def test_no_report_row(db: duckdb.DuckDBPyConnection) -> None:
    """Without a single report row there is no chart, and that is a failure."""
    warehouse.create(
        db, warehouse.Table("ad_insights", {"advertiser_id": "VARCHAR", "currency": "VARCHAR"}, ("currency",))
    )
    with pytest.raises(demo.DemoError, match="ad_insights"):
        demo.fetched_account(db)


def test_an_unusable_folder_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that can't be made is exit code 1 and a sentence, no traceback."""
    (tmp_path / "file").touch()
    assert demo.main(["--output", str(tmp_path / "file" / "folder")]) == 1
    assert "The demo failed: " in capsys.readouterr().out


def test_an_interrupted_command_is_ended(tmp_path: Path, simulator: Simulator) -> None:
    """Whoever stops listening ends the command too."""
    simulator.reset()
    connector = Connector(tmp_path)
    connector.write("config", demo.config(simulator.url))
    messages = connector.messages("discover", "config")
    assert next(messages)["type"] == "CATALOG"
    messages.close()


def test_the_simulator_ends_with_the_block() -> None:
    """The simulator is a process of its own, answers inside the block and not after it."""
    with demo.simulator() as url:
        assert demo.clock(url) == "2026-03-10T11:00:00+00:00"
        assert demo.clock(url, advance_days=1) == "2026-03-11T11:00:00+00:00"
    with pytest.raises(OSError, match="refused"):
        demo.clock(url)


def test_the_command_says_what_it_does() -> None:
    """`python -m integration_tests.demo` is a command with help."""
    end = subprocess.run(
        [sys.executable, "-m", "integration_tests.demo", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "DuckDB" in end.stdout
