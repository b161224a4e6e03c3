"""The examples do what they say: the scripts are run against the simulator, the queries on the tables they fill."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest

from docs.generate import MAIN
from source_tiktok_ads.config import AccessToken, normalise, parse
from source_tiktok_ads.protocol_files import states_of
from source_tiktok_ads.streams.catalog import BY_NAME, entry

from .docker_image import IMAGE, ROOT
from .simulator import APP_ID, REVOKED_TOKEN, SECRET, TOKEN, Simulator, World
from .warehouse import create, table_of, upsert

EXAMPLES = ROOT / "examples"
Row = dict[str, Any]
Rows = dict[str, list[Row]]


def sql(name: str) -> str:
    return (EXAMPLES / name).read_text(encoding="utf-8")


[CUT_OVER] = set(re.findall(r"DATE '([\d-]+)'", sql("old_and_new.sql")))


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A small TikTok, whose clock this module moves forward."""
    with Simulator(World(advertisers=2, campaigns=3)) as running:
        yield running


def configure(folder: Path, start_date: str, token: str = TOKEN) -> None:
    """Write the configuration that the example script expects in its folder."""
    credentials = {"auth_type": "oauth2.0", "access_token": token, "app_id": APP_ID, "secret": SECRET}
    config = json.dumps({"credentials": credentials, "start_date": start_date})
    (folder / "config.json").write_text(config, encoding="utf-8")


# --- sync.sh ----------------------------------------------------------------------------------------------------------

STAND_IN = f"""#!{sys.executable}
import os, sys
words = sys.argv[1:]
assert words[:2] == ["run", "--rm"], words
[folder] = [word.removesuffix(":/secrets:ro") for word in words if word.endswith(":/secrets:ro")]
command = [word.replace("/secrets", folder) for word in words[words.index({IMAGE!r}) + 1 :]]
os.execv(sys.executable, [sys.executable, {str(ROOT / "main.py")!r}, *command])
"""


@pytest.fixture(scope="module")
def sync(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], tuple[int, str]]:
    """Runs the script on a folder, with the connector of this checkout in place of `docker run`."""
    tools = tmp_path_factory.mktemp("bin")
    (tools / "docker").write_text(STAND_IN, encoding="utf-8")
    (tools / "docker").chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    return lambda folder: script(folder, PATH=path, TIKTOK_ADS_API_URL=simulator.url)


def script(folder: Path, **environment: str) -> tuple[int, str]:
    """Exit code and stdout of examples/sync.sh; stderr has to stay empty."""
    command = [str(EXAMPLES / "sync.sh"), str(folder)]
    end = subprocess.run(
        command, env={**os.environ, "IMAGE": IMAGE, **environment}, capture_output=True, text=True, timeout=300
    )
    assert end.stderr == ""
    return end.returncode, end.stdout


def records(path: Path) -> Rows:
    """The rows of a file of record messages, by stream."""
    found: Rows = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)["record"]
        found.setdefault(record["stream"], []).append(record["data"])
    return found


@pytest.fixture(scope="module")
def old(
    simulator: Simulator, sync: Callable[[Path], tuple[int, str]], tmp_path_factory: pytest.TempPathFactory
) -> Rows:
    """What another loader had read by the day of the cut-over: the same rows with its types."""
    folder = tmp_path_factory.mktemp("old")
    configure(folder, "2026-02-20")
    assert sync(folder) == (0, "")
    simulator.clock.advance(days=6)
    found = records(folder / "records.jsonl")
    for row in found["ad_insights"]:
        row["stat_time_day"] += "Z"
    for row in found["adgroups"]:
        row["is_comment_disable"] = not row["is_comment_disable"] if "is_comment_disable" in row else None
    return found


@pytest.fixture(scope="module")
def synced(
    old: Rows, simulator: Simulator, sync: Callable[[Path], tuple[int, str]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, int]:
    """The folder after two syncs with ten days between them, and the rows of the first."""
    assert old
    folder = tmp_path_factory.mktemp("synced")
    configure(folder, CUT_OVER)
    assert sync(folder) == (0, "")
    first = sum(map(len, records(folder / "records.jsonl").values()))
    simulator.clock.advance(days=10)
    assert sync(folder) == (0, "")
    return folder, first


def test_script_goes_on_from_its_state(synced: tuple[Path, int]) -> None:
    """Every stream of the catalog arrives; the second sync appends its rows and keeps one state a stream."""
    folder, first = synced
    rows = records(folder / "records.jsonl")
    second = (folder / "messages.jsonl").read_text(encoding="utf-8").count('{"type":"RECORD"')
    assert set(rows) == set(MAIN)
    assert sum(map(len, rows.values())) == first + second
    states = states_of(str(folder / "state.json"))
    assert sorted(state.stream.stream_descriptor.name for state in states if state.stream) == sorted(MAIN)
    assert min(row["stat_time_day"] for row in rows["ad_insights"])[:10] == CUT_OVER


@pytest.mark.parametrize("arguments", [[], ["one", "two"]])
def test_script_says_how_it_is_used(arguments: list[str]) -> None:
    """Called with anything but one folder the script says what it wants, in one line and nothing else."""
    end = subprocess.run(["examples/sync.sh", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert (end.returncode, end.stdout, end.stderr) == (2, "", "usage: examples/sync.sh FOLDER\n")


def test_script_shows_a_failed_check(sync: Callable[[Path], tuple[int, str]], tmp_path: Path) -> None:
    """Where the check fails the script says why, exits with 1 and reads nothing."""
    configure(tmp_path, CUT_OVER, token=REVOKED_TOKEN)
    code, out = sync(tmp_path)
    assert code == 1
    assert "The access token is wrong or was revoked" in out
    assert not (tmp_path / "records.jsonl").exists()


def test_script_keeps_the_state_of_a_failed_sync(
    simulator: Simulator, sync: Callable[[Path], tuple[int, str]], tmp_path: Path
) -> None:
    """A sync that fails hands on its exit code, and keeps the rows and states that it has sent."""
    configure(tmp_path, CUT_OVER)
    catalog = json.loads((EXAMPLES / "configured_catalog.json").read_text(encoding="utf-8"))
    unknown = {**catalog["streams"][0], "stream": {**catalog["streams"][0]["stream"], "name": "no_such_stream"}}
    catalog["streams"] = [catalog["streams"][0], unknown]
    (tmp_path / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")
    assert sync(tmp_path) == (1, "")
    assert len(records(tmp_path / "records.jsonl")["advertisers"]) == simulator.world.advertisers
    assert len(states_of(str(tmp_path / "state.json"))) == 1


@pytest.mark.docker
@pytest.mark.usefixtures("image")
def test_script_runs_the_image(simulator: Simulator, tmp_path: Path) -> None:
    """With the real `docker run` the script fills the same files."""
    configure(tmp_path, CUT_OVER)
    options = f"--network host --env TIKTOK_ADS_API_URL={simulator.url}"
    assert script(tmp_path, DOCKER_OPTIONS=options) == (0, "")
    assert set(records(tmp_path / "records.jsonl")) == set(MAIN)


# --- SQL --------------------------------------------------------------------------------------------------------------


def load(database: Any, schema: str, stream: str, rows: list[Row], **types: str) -> None:
    """A table with the newest reading of each key, as an upserting destination leaves it."""
    table = table_of(entry(BY_NAME[stream], "every"))
    table = replace(table, columns={**table.columns, **types})
    database.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}; USE {schema}")
    create(database, table)
    upsert(database, table, rows)


@pytest.fixture(scope="module")
def database(old: Rows, synced: tuple[Path, int]) -> Iterator[Any]:
    """Old and new tables side by side, in a session whose own time zone is none of the accounts'."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'America/Los_Angeles'")
        for stream, rows in records(synced[0] / "records.jsonl").items():
            load(connection, "tiktok", stream, rows)
        load(connection, "old_tiktok", "ad_insights", old["ad_insights"], stat_time_day="TIMESTAMPTZ")
        load(connection, "old_tiktok", "adgroups", old["adgroups"])
        connection.execute("CREATE SCHEMA reporting")
        yield connection


def one(database: Any, query: str) -> Any:
    """The only value of a query."""
    return database.execute(query).fetchone()[0]


def test_campaigns_of_one_name_stay_apart(database: Any) -> None:
    """Campaigns are told apart by their id, however they are called: a row for each and day."""
    database.execute(sql("newest_versions.sql"))
    query = sql("campaign_results.sql").rstrip().removesuffix(";")
    days = "SELECT count(DISTINCT (advertiser_id, campaign_id, stat_time_day)) FROM tiktok.ad_insights"
    database.execute("BEGIN")
    try:
        database.execute("UPDATE tiktok.campaigns SET campaign_name = 'Sale', current_status = 'ACTIVE'")
        database.execute("UPDATE tiktok.advertisers SET name = 'Shop'")
        assert one(database, f"SELECT count(*) FROM ({query})") == one(database, days)
        assert one(database, f"SELECT count(DISTINCT campaign_name) FROM ({query})") == 1
    finally:
        database.execute("ROLLBACK")


@pytest.mark.parametrize("name", ["newest_versions.sql", "newest_versions_postgres.sql"])
@pytest.mark.parametrize(("table", "id"), [("campaigns", "campaign_id"), ("adgroups", "adgroup_id"), ("ads", "ad_id")])
def test_newest_versions(database: Any, name: str, table: str, id: str) -> None:
    """Either form of the views has one row per object, its newest, out of tables that hold several."""
    database.execute(sql(name))
    newest = f"SELECT {id}, max(modify_time) FROM tiktok.{table} GROUP BY 1 ORDER BY 1"
    shown = f"SELECT {id}, modify_time FROM tiktok.{table}_now ORDER BY 1"
    assert database.execute(shown).fetchall() == database.execute(newest).fetchall()
    assert one(database, f"SELECT count(*) > count(DISTINCT {id}) FROM tiktok.{table}")


def test_campaign_results(database: Any) -> None:
    """The joins neither lose nor multiply a row, and the click rate is that of the sums."""
    database.execute(sql("newest_versions.sql"))
    query = sql("campaign_results.sql").rstrip().removesuffix(";")
    spend = one(database, "SELECT sum(spend) FROM tiktok.ad_insights")
    assert one(database, f"SELECT sum(spend) FROM ({query})") == pytest.approx(spend)
    assert spend > 0
    assert one(database, f"SELECT count(*) FROM ({query}) WHERE abs(ctr - 100.0 * clicks / impressions) > 1e-9") == 0


def test_old_and_new_reports(database: Any, old: Rows, synced: tuple[Path, int]) -> None:
    """The view has the old rows before the cut-over day and the new ones from it on, each row once, on its own day."""
    database.execute(sql("old_and_new.sql"))
    before = {(row["ad_id"], row["stat_time_day"][:10]) for row in old["ad_insights"]}
    since = {(row["ad_id"], row["stat_time_day"][:10]) for row in records(synced[0] / "records.jsonl")["ad_insights"]}
    expected = {row for row in before if row[1] < CUT_OVER} | since
    shown = database.execute("SELECT ad_id, CAST(day AS VARCHAR) FROM reporting.ad_insights").fetchall()
    assert len(shown) == len(expected)
    assert set(shown) == expected
    assert min(day for _, day in shown) < CUT_OVER < max(day for _, day in shown)


def test_old_and_new_versions(database: Any) -> None:
    """The view has every version of either table once; those that only the old one has come with their flag turned."""
    database.execute(sql("old_and_new.sql"))
    key = "advertiser_id, adgroup_id, modify_time"
    either = f"SELECT {key} FROM tiktok.adgroups UNION SELECT {key} FROM old_tiktok.adgroups ORDER BY ALL"
    shown = f"SELECT {key} FROM reporting.adgroups ORDER BY ALL"
    assert database.execute(shown).fetchall() == database.execute(either).fetchall()
    database.execute(f"CREATE TEMP TABLE gone AS FROM old_tiktok.adgroups ANTI JOIN tiktok.adgroups USING ({key})")
    assert one(database, "SELECT count(*) FROM gone") > 0
    turned = f"FROM gone JOIN reporting.adgroups AS shown USING ({key})"
    assert one(database, f"SELECT count(*) {turned} WHERE gone.is_comment_disable = shown.is_comment_disable") == 0


# --- PyAirbyte --------------------------------------------------------------------------------------------------------


class PyAirbyte:
    """Stands in for the library, which is far too large for a test, and remembers how it was called."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def get_source(self, name: str, **arguments: Any) -> PyAirbyte:
        self.calls.append((name, arguments))
        return self

    def check(self) -> None:
        self.calls.append(("check", {}))

    def select_streams(self, streams: Any) -> None:
        self.calls.append(("select_streams", streams))

    def read(self, cache: Any) -> PyAirbyte:
        self.calls.append(("read", cache))
        return self

    @property
    def streams(self) -> Mapping[str, list[Row]]:
        return {"ad_insights": [{}, {}]}


@pytest.fixture
def pyairbyte(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PyAirbyte:
    """The stand-in as the importable module, and the connector's command on the path."""
    library = PyAirbyte()
    module, caches = ModuleType("airbyte"), ModuleType("airbyte.caches")
    vars(module).update(get_source=library.get_source)
    vars(caches).update(DuckDBCache=dict)
    monkeypatch.setitem(sys.modules, "airbyte", module)
    monkeypatch.setitem(sys.modules, "airbyte.caches", caches)
    monkeypatch.setenv("AIRBYTE_OFFLINE_MODE", "1")
    command = tmp_path / "source-tiktok-ads"
    command.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return library


@pytest.mark.parametrize(
    ("options", "runs", "streams"),
    [
        ([], lambda folder: {"local_executable": str(folder / "source-tiktok-ads")}, "*"),
        (["--image", "some/image:tag"], lambda _: {"docker_image": "some/image:tag"}, "*"),
        (
            ["--streams", "ads", "pixels"],
            lambda folder: {"local_executable": str(folder / "source-tiktok-ads")},
            ["ads", "pixels"],
        ),
    ],
)
def test_pyairbyte_script(
    pyairbyte: PyAirbyte,
    options: list[str],
    runs: Callable[[Path], Row],
    streams: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The script checks, selects the streams and reads them, with a configuration that is accepted."""
    monkeypatch.setattr(sys, "argv", ["sync", str(EXAMPLES / "config.oauth.json"), "tiktok.duckdb", *options])
    runpy.run_path(str(EXAMPLES / "pyairbyte_sync.py"), run_name="__main__")
    (name, arguments), *rest = pyairbyte.calls
    config = arguments.pop("config")
    assert name == "source-tiktok-ads"
    assert arguments == runs(tmp_path)
    assert isinstance(parse(normalise(config)[0], {}).credentials, AccessToken)
    cache = {"db_path": "tiktok.duckdb", "schema_name": "tiktok"}
    assert rest == [("check", {}), ("select_streams", streams), ("read", cache)]
    assert capsys.readouterr().out == "ad_insights: 2 rows\n"


def test_readme_shows_a_script_that_runs(pyairbyte: PyAirbyte, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines of the README run as they stand, on the image and with the configuration of the folder they name."""
    [shown] = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "config.json").write_text('{"start_date": "2024-01-01"}', encoding="utf-8")
    (tmp_path / "readme.py").write_text(shown, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path("readme.py")
    (name, arguments), *rest = pyairbyte.calls
    assert name == "source-tiktok-ads"
    assert arguments == {"config": {"start_date": "2024-01-01"}, "docker_image": "airbyte/source-tiktok-ads:dev"}
    assert [call for call, _ in rest] == ["select_streams", "read"]
    assert {*dict(rest)["select_streams"]} <= {*BY_NAME}
