"""The local BigQuery, judged by Google's own client: lists, queries, dry runs, pages and the right exceptions."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.auth import exceptions as auth_exceptions
from google.cloud import bigquery
from google.oauth2 import service_account

from .server import DATA_PROJECT, KEY_PROJECT, Contract, Dataset, Server, Table, World, standard
from .server.columns import columns
from .server.generate import EDGES

HERE = Path(__file__).resolve().parent.parent
SYDNEY, FRANKFURT, IOWA = "australia-southeast1", "europe-west3", "us-central1"
REALISED = f"`{DATA_PROJECT}.acme_insight_reporting.realised_ad_agg`"
ATTRIBUTION = f"`{DATA_PROJECT}.acme_insight_reporting.enhanced_attribution`"
ORDERS = f"`{DATA_PROJECT}.acme_eu2_analytics.fact_order`"
TEAMS = f"`{DATA_PROJECT}.acme_eu2_analytics.dim_team`"
DAY = "`ingressed_at` >= DATE '2022-09-03' AND `ingressed_at` < DATE '2022-09-04'"
MIB = 1 << 20

ALL_TYPES = ", ".join(f"c_{kind.lower()} {kind}{'<DATE>' if kind == 'RANGE' else ''}" for kind in EDGES)
EVERYTHING = Table(
    "everything",
    columns(
        f"day DATE, {ALL_TYPES}, flag BOOL, tags ARRAY<STRING>, deep STRUCT<a INT64, list ARRAY<STRUCT<b NUMERIC>>>"
    ),
    "day",
    300,
)


@pytest.fixture
def server() -> Iterator[Server]:
    """A fresh server with the standard world and no limits but the vendor's."""
    with Server(standard()) as running:
        yield running


def client(server: Server, project: str = KEY_PROJECT, **key: Any) -> bigquery.Client:
    """Google's client with the server's key."""
    credentials = service_account.Credentials.from_service_account_info(server.key(**key))
    options = ClientOptions(api_endpoint=server.origin)
    return bigquery.Client(project=project, credentials=credentials, client_options=options)


def rows(server: Server, sql: str, location: str, **options: Any) -> list[dict[str, Any]]:
    """All rows of a query, through Google's client."""
    return [dict(row) for row in client(server).query_and_wait(sql, location=location, retry=None, **options)]


def dry(server: Server, sql: str, location: str) -> int:
    """The bytes that a dry run tells."""
    config = bigquery.QueryJobConfig(dry_run=True)
    job = client(server).query(sql, location=location, job_config=config, retry=None, job_retry=None)
    return int(job.total_bytes_processed)


def post(server: Server, body: dict[str, Any], project: str = KEY_PROJECT) -> requests.Response:
    """A query as plain REST, with a token that is good."""
    headers = {"Authorization": f"Bearer {token(server)}"}
    url = f"{server.origin}/bigquery/v2/projects/{project}/queries"
    return requests.post(url, json={"useLegacySql": False, **body}, headers=headers, timeout=20)


def token(server: Server) -> str:
    """A token from the server's token endpoint."""
    from google.auth.transport.requests import Request

    scope = "https://www.googleapis.com/auth/cloud-platform"
    credentials = service_account.Credentials.from_service_account_info(server.key(), scopes=[scope])
    credentials.refresh(Request())
    return str(credentials.token)


def test_lists_datasets_and_tables_page_by_page(server: Server) -> None:
    """Lists come in pages, with locations, kinds and partitions; a view shows no partition."""
    server.bigquery.switches.list_page = 2
    google = client(server)
    found = list(google.list_datasets(DATA_PROJECT))
    assert [each.dataset_id for each in found] == ["acme_eu2_analytics", "acme_insight_reporting", "acme_us_analytics"]
    assert [each._properties["location"] for each in found] == [FRANKFURT, SYDNEY, IOWA]
    assert len([entry for entry in server.log if entry["op"] == "datasets.list"]) == 2
    tables = {each.table_id: each.table_type for each in google.list_tables(f"{DATA_PROJECT}.acme_insight_reporting")}
    assert tables == {"campaign": "VIEW", "enhanced_attribution": "VIEW", "realised_ad_agg": "VIEW"}
    orders = google.get_table(f"{DATA_PROJECT}.acme_eu2_analytics.fact_order")
    assert orders.time_partitioning.field == "ingressed_at"
    assert orders.require_partition_filter is True
    assert [(f.name, f.field_type, f.mode) for f in orders.schema[4].fields] == [
        ("product_code", "STRING", "NULLABLE"),
        ("quantity", "INTEGER", "NULLABLE"),
        ("price", "NUMERIC", "NULLABLE"),
        ("tags", "STRING", "REPEATED"),
    ]
    view = google.get_table(f"{DATA_PROJECT}.acme_insight_reporting.realised_ad_agg")
    assert (view.time_partitioning, view.require_partition_filter, view.num_bytes) == (None, None, None)


def test_no_dataset_and_regions_out_of_reach(server: Server) -> None:
    """A list without entries has no field; regions that do not answer are named."""
    server.bigquery.account.hidden = set(server.bigquery.store.locations)
    assert list(client(server).list_datasets(DATA_PROJECT)) == []
    server.bigquery.account.hidden = set()
    server.bigquery.switches.unreachable = (FRANKFURT,)
    found = [each.dataset_id for each in client(server).list_datasets(DATA_PROJECT)]
    assert found == ["acme_insight_reporting", "acme_us_analytics"]


def test_google_s_client_reads_every_value_exactly() -> None:
    """Every type, null and nested field comes through pages of Google's client as it stands in DuckDB."""
    world = World((Dataset("d", "US", (EVERYTHING,)),), first_day=standard().first_day)
    with Server(world, first_page=30_000, next_page=60_000) as server:
        names = ", ".join(
            f"`{column.name}`" for column in EVERYTHING.columns if column.type not in ("RANGE", "INTERVAL")
        )
        # The client makes floats of timestamps unless they are asked for as integers, which it does by itself.
        sql = f"SELECT {names} FROM `{DATA_PROJECT}.d.everything` WHERE `day` < DATE '2022-09-05'"
        got = [tuple(row.values()) for row in client(server).query_and_wait(sql, retry=None)]
        kept = [n for n, column in enumerate(EVERYTHING.columns) if column.type not in ("RANGE", "INTERVAL")]
        truth = server.bigquery.store.rows("d", "everything", world.start, "day < DATE '2022-09-05'")
        expected = [_as_google(tuple(row[n] for n in kept)) for row in truth]
        assert len(got) == 1200
        assert sorted(map(repr, map(_comparable, got))) == sorted(map(repr, map(_comparable, expected)))


def _as_google(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """DuckDB's values as Google's client gives them: BIGNUMERIC as a decimal, JSON decoded, arrays never null."""
    shown = [column for column in EVERYTHING.columns if column.type not in ("RANGE", "INTERVAL")]
    made = []
    for column, value in zip(shown, row, strict=True):
        if column.mode == "REPEATED" and value is None:
            made.append([])
        elif column.type == "BIGNUMERIC" and value is not None:
            made.append(Decimal(value))
        elif column.type == "JSON" and value is not None:
            made.append(json.loads(value))
        else:
            made.append(value)
    return tuple(made)


def _comparable(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_comparable(each) for each in value]
    if isinstance(value, dict):
        return {name: [] if name == "list" and each is None else _comparable(each) for name, each in value.items()}
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(timezone.utc).isoformat()
    return value


def test_the_order_of_rows_belongs_to_a_job(server: Server) -> None:
    """Two jobs give the same rows in different orders; a cache hit repeats its origin's order and costs nothing."""
    sql = f"SELECT `campaign_id`, `clicks`, `ad_spend` FROM {REALISED} WHERE {DAY}"
    first, second = rows(server, sql, SYDNEY), rows(server, sql, SYDNEY)
    assert first == second
    assert [entry["cache_hit"] for entry in server.log if entry["op"] == "query"] == [False, True]
    assert [entry["billed"] for entry in server.log if entry["op"] == "query"] == [10 * MIB, 0]
    uncached = bigquery.QueryJobConfig(use_query_cache=False)
    third = rows(server, sql, SYDNEY, job_config=uncached)
    assert third != first
    assert sorted(map(repr, third)) == sorted(map(repr, first))


def test_pages_are_cut_by_bytes_and_hold_every_row_once(server: Server) -> None:
    """Each page but the last is as full as its limit allows; together they hold all rows in one order."""
    server.bigquery.switches.first_page, server.bigquery.switches.next_page = 3000, 6000
    sql = f"SELECT `campaign_id`, `clicks`, `ad_spend` FROM {REALISED} WHERE `ingressed_at` >= DATE '2022-09-01'"
    answer = post(server, {"query": sql, "location": SYDNEY}).json()
    pages = [answer["rows"]]
    while "pageToken" in answer:
        url = f"{server.origin}/bigquery/v2/projects/{KEY_PROJECT}/queries/{answer['jobReference']['jobId']}"
        params = {"pageToken": answer["pageToken"], "location": SYDNEY}
        headers = {"Authorization": f"Bearer {token(server)}"}
        answer = requests.get(url, params=params, headers=headers, timeout=20).json()
        pages.append(answer["rows"])
    sizes = [entry["size"] for entry in server.log if entry["op"] in ("query", "results")]
    assert sizes[0] <= 3000
    assert all(5500 < size <= 6000 for size in sizes[1:-1])
    assert int(answer["totalRows"]) == sum(map(len, pages)) == len(_truth(server))
    from_row = requests.get(url, params={"startIndex": "7", "location": SYDNEY}, headers=headers, timeout=20).json()
    assert from_row["rows"][0] == pages[0][7]


def _truth(server: Server) -> list[Any]:
    return server.bigquery.store.rows("acme_insight_reporting", "realised_ad_agg", server.clock.now)


def test_dry_runs_tell_the_bytes_of_the_named_columns_and_days(server: Server) -> None:
    """Figures add up over days and columns; what is billed is rounded up and has a least amount."""
    days = [
        dry(server, f"SELECT clicks FROM {REALISED} WHERE ingressed_at = DATE '2022-09-0{n}'", SYDNEY)
        for n in (1, 2, 3)
    ]
    assert all(days)
    three = f"FROM {REALISED} WHERE ingressed_at >= '2022-09-01' AND ingressed_at < '2022-09-04'"
    assert dry(server, f"SELECT clicks {three}", SYDNEY) == sum(days)
    assert dry(server, f"SELECT clicks, category {three}", SYDNEY) > sum(days)
    assert dry(server, f"SELECT clicks FROM {REALISED} WHERE ingressed_at IS NULL", SYDNEY) == 0
    assert dry(server, "SELECT 1", "US") == 0
    assert server.bigquery.usage.bytes == {}


def test_bytes_that_are_withheld(server: Server) -> None:
    """A dry run may say 0, and so may the answer; what counts against the contract stays."""
    sql = f"SELECT clicks FROM {REALISED} WHERE {DAY}"
    server.bigquery.switches.told_bytes = "none"
    assert dry(server, sql, SYDNEY) == 0
    answer = post(server, {"query": sql, "location": SYDNEY}).json()
    assert answer["totalBytesProcessed"] == "0"
    assert "totalBytesBilled" not in answer
    assert server.bigquery.usage.bytes == {(2022, 9): 10 * MIB}


def test_maximum_bytes_billed_refuses_at_no_charge(server: Server) -> None:
    """The refusal says what would be needed; with that much the query runs."""
    sql = f"SELECT clicks FROM {REALISED} WHERE {DAY}"
    low = post(server, {"query": sql, "location": SYDNEY, "maximumBytesBilled": "1000"})
    assert low.status_code == 400
    error = low.json()["error"]
    assert error["errors"][0]["reason"] == "bytesBilledLimitExceeded"
    assert error["message"] == f"Query exceeded limit for bytes billed: 1000. {10 * MIB} or higher required."
    assert server.bigquery.usage.bytes == {}
    assert post(server, {"query": sql, "location": SYDNEY, "maximumBytesBilled": str(10 * MIB)}).ok


@pytest.mark.parametrize("named", [True, False])
def test_a_filter_over_the_partition_is_demanded(server: Server, named: bool) -> None:
    """The error names the table behind a view and that table's column, with or without its project."""
    server.bigquery.switches.project_in_errors = named
    table = ("insight-platform-core." if named else "") + "acme_core.enhanced_attribution_2"
    wanted = f"Cannot query over table '{table}' without a filter over column.s. 'ingressed_at' that can be used"
    for where in ("", " WHERE `campaign_id` = 'v1'", " WHERE CAST(`report_day` AS STRING) = '2022-09-03'"):
        with pytest.raises(exceptions.BadRequest, match=wanted):
            dry(server, f"SELECT `campaign_id` FROM {ATTRIBUTION}{where}", SYDNEY)
    with pytest.raises(exceptions.BadRequest, match="Unrecognized name: ingressed_at"):
        dry(server, f"SELECT `campaign_id` FROM {ATTRIBUTION} WHERE `ingressed_at` IS NULL", SYDNEY)
    assert dry(server, f"SELECT `campaign_id` FROM {ATTRIBUTION} WHERE `report_day` IS NULL", SYDNEY) == 0


def test_a_literal_of_another_type_is_refused(server: Server) -> None:
    """A DATE column is not compared with a TIMESTAMP."""
    with pytest.raises(exceptions.BadRequest, match="No matching signature"):
        dry(server, f"SELECT `clicks` FROM {REALISED} WHERE `ingressed_at` >= TIMESTAMP '2022-09-03'", SYDNEY)
    start = "`ingressed_at` >= TIMESTAMP '2022-09-03 00:00:00+00'"
    within = rows(server, f"SELECT `total` FROM {ORDERS} WHERE {start}", FRANKFURT)
    whole = server.bigquery.store.rows("acme_eu2_analytics", "fact_order", server.clock.now)
    assert len(within) == sum(1 for row in whole if row[0] >= datetime(2022, 9, 3, tzinfo=timezone.utc))


@pytest.mark.parametrize(
    ("sql", "location", "error", "words"),
    [
        (f"SELECT `clicks` FROM {REALISED} WHERE {DAY}", "US", exceptions.NotFound, "was not found in location US"),
        (f"SELECT `gone` FROM {TEAMS}", FRANKFURT, exceptions.BadRequest, "Unrecognized name: gone"),
        (
            f"SELECT a FROM `{DATA_PROJECT}.acme_eu2_analytics.nope`",
            FRANKFURT,
            exceptions.NotFound,
            "nope was not found",
        ),
        ("SELECT a FROM `acme_core.realised_ad_agg`", SYDNEY, exceptions.NotFound, "Dataset"),
        ("SELEC 1", "US", exceptions.BadRequest, "Syntax error"),
    ],
)
def test_refused_queries(server: Server, sql: str, location: str, error: type[Exception], words: str) -> None:
    """Google's client raises what it raises for the real service."""
    with pytest.raises(error, match=words):
        rows(server, sql, location)
    assert server.breaches == []


def test_nothing_but_reading_is_allowed(server: Server) -> None:
    """A write, a job with a destination and another verb are refused and recorded; a wildcard is recorded."""
    google = client(server)
    with pytest.raises(exceptions.Forbidden):
        rows(server, f"DELETE FROM {TEAMS} WHERE true", FRANKFURT)
    with pytest.raises(exceptions.Forbidden):
        rows(server, f"SELECT 1; DROP TABLE {TEAMS}", FRANKFURT)
    with pytest.raises(exceptions.Forbidden):
        google.delete_table(f"{DATA_PROJECT}.acme_eu2_analytics.dim_team")
    config = bigquery.QueryJobConfig(destination=f"{DATA_PROJECT}.acme_eu2_analytics.copy")
    with pytest.raises(exceptions.Forbidden):
        google.query(
            f"SELECT `team_id` FROM {TEAMS}", location=FRANKFURT, job_config=config, retry=None, job_retry=None
        )
    assert [breach["kind"] for breach in server.breaches] == ["write"] * 4
    rows(server, f"SELECT * FROM {TEAMS}", FRANKFURT)
    assert server.breaches[-1]["kind"] == "wildcard"
    assert rows(server, f"SELECT COUNT(*) AS n FROM {TEAMS}", FRANKFURT)[0]["n"] > 0
    assert len(server.breaches) == 5


def test_a_call_too_many_is_refused_and_recorded() -> None:
    """Call 4 of 3 is refused; the next UTC day brings three more."""
    with Server(standard(), Contract(calls=3)) as server:
        google = client(server)
        for _ in range(3):
            list(google.list_datasets(DATA_PROJECT))
        with pytest.raises(exceptions.Forbidden, match="Quota exceeded"):
            google._connection.api_request(method="GET", path=f"/projects/{DATA_PROJECT}/datasets")
        assert [breach["kind"] for breach in server.breaches] == ["calls"]
        server.clock.advance(hours=11)
        list(google.list_datasets(DATA_PROJECT))
        assert len(server.breaches) == 1


def test_pages_may_be_free() -> None:
    """Where only jobs count, lists and pages do not."""
    with Server(standard(), Contract(calls=1, count="queries"), first_page=1000, next_page=1000) as server:
        list(client(server).list_datasets(DATA_PROJECT))
        assert len(rows(server, f"SELECT `clicks`, `category` FROM {REALISED} WHERE {DAY}", SYDNEY)) == 40
        assert server.breaches == []
        with pytest.raises(exceptions.Forbidden):
            rows(server, "SELECT 1", "US")


def test_a_scan_too_many_is_refused_and_recorded() -> None:
    """Bytes count by calendar month, each table with 10 MiB at least; the next month begins anew."""
    with Server(standard(), Contract(month_bytes=25 * MIB)) as server:
        for column in ("clicks", "impressions"):
            rows(server, f"SELECT `{column}` FROM {REALISED} WHERE {DAY}", SYDNEY)
        with pytest.raises(exceptions.Forbidden):
            rows(server, f"SELECT `category` FROM {REALISED} WHERE {DAY}", SYDNEY)
        assert [breach["kind"] for breach in server.breaches] == ["bytes"]
        server.clock.advance(days=20)
        assert rows(server, f"SELECT `category` FROM {REALISED} WHERE {DAY}", SYDNEY)


def test_a_download_too_large_is_refused_and_recorded() -> None:
    """The page with which a query's rows exceed the limit is refused, not those before."""
    with Server(standard(), Contract(download_bytes=10_000), first_page=6000, next_page=6000) as server:
        with pytest.raises(exceptions.Forbidden, match="Response too large"):
            rows(server, f"SELECT `clicks`, `category` FROM {REALISED} WHERE `ingressed_at` >= '2022-09-01'", SYDNEY)
        assert [breach["kind"] for breach in server.breaches] == ["download"]
        assert [entry["status"] for entry in server.log if entry["op"] in ("query", "results")] == [200, 403]


def test_a_day_fills_until_noon_of_the_next(server: Server) -> None:
    """Today shows some rows, yesterday all from 12:00 UTC on and not a minute before."""
    sql = f"SELECT COUNT(*) AS n FROM {REALISED} WHERE `ingressed_at` = DATE '2022-09-11'"

    def shown(now: str) -> int:
        server.control("clock", {"now": now})
        return int(rows(server, sql, SYDNEY)[0]["n"])

    assert shown("2022-09-11T05:00:00Z") == 0
    assert 0 < shown("2022-09-11T20:00:00Z") < 40
    assert shown("2022-09-12T11:59:59Z") < 40
    assert shown("2022-09-12T12:00:00Z") == 40


def test_information_schema_tells_columns_kinds_and_fields(server: Server) -> None:
    """One query joins the three views; a view's partition column is not marked as one."""
    name = f"{DATA_PROJECT}.acme_eu2_analytics.INFORMATION_SCHEMA"
    sql = (
        "SELECT c.table_name, t.table_type, c.column_name, c.is_partitioning_column, f.field_path, f.data_type "
        f"FROM `{name}.COLUMNS` AS c JOIN `{name}.TABLES` AS t ON c.table_name = t.table_name "
        f"JOIN `{name}.COLUMN_FIELD_PATHS` AS f ON f.table_name = c.table_name AND f.column_name = c.column_name "
        "WHERE c.table_name = 'fact_order' ORDER BY c.ordinal_position, f.field_path"
    )
    found = rows(server, sql, FRANKFURT)
    assert {row["table_type"] for row in found} == {"BASE TABLE"}
    assert {row["column_name"] for row in found if row["is_partitioning_column"] == "YES"} == {"ingressed_at"}
    items = {row["field_path"]: row["data_type"] for row in found if row["column_name"] == "items"}
    assert items == {
        "items": "ARRAY<STRUCT<product_code STRING, quantity INT64, price NUMERIC, tags ARRAY<STRING>>>",
        "items.price": "NUMERIC",
        "items.product_code": "STRING",
        "items.quantity": "INT64",
        "items.tags": "ARRAY<STRING>",
    }
    assert server.log[-1]["billed"] == 30 * MIB
    server.bigquery.account.no_information = {"acme_eu2_analytics"}
    with pytest.raises(exceptions.Forbidden, match="Access Denied"):
        rows(server, sql, FRANKFURT)


def test_what_an_account_may_not_do(server: Server) -> None:
    """Jobs only in projects that allow them, tables only where granted, lists only where permitted."""
    account = server.bigquery.account
    account.job_projects = {DATA_PROJECT}
    with pytest.raises(exceptions.Forbidden, match=r"bigquery\.jobs\.create permission in project citrusad-service"):
        rows(server, "SELECT 1", "US")
    assert list(client(server, DATA_PROJECT).query_and_wait("SELECT 1", location="US", retry=None))
    account.job_projects.add(KEY_PROJECT)
    account.denied = {"acme_eu2_analytics.dim_team"}
    with pytest.raises(exceptions.Forbidden, match="does not have permission to query table"):
        rows(server, f"SELECT `team_id` FROM {TEAMS}", FRANKFURT)
    account.no_metadata = {"*"}
    with pytest.raises(exceptions.Forbidden):
        list(client(server).list_tables(f"{DATA_PROJECT}.acme_eu2_analytics"))
    account.may_list_jobs = False
    with pytest.raises(exceptions.Forbidden):
        list(client(server).list_jobs())


def test_jobs_list_tells_what_was_billed(server: Server) -> None:
    """The account's own jobs, newest first, with their figures."""
    rows(server, f"SELECT `clicks` FROM {REALISED} WHERE {DAY}", SYDNEY)
    rows(server, "SELECT 1", "US")
    billed = [job.total_bytes_billed for job in client(server).list_jobs()]
    assert billed == [0, 10 * MIB]


def test_keys_and_tokens_that_are_refused(server: Server) -> None:
    """Another key, another account, a revoked one: no token; a token that ran out: 401, and a new one is given."""
    for key in ({"number": 1}, {"email": "nobody@example.iam.gserviceaccount.com"}):
        with pytest.raises(auth_exceptions.RefreshError, match="invalid_grant"):
            list(client(server, **key).list_datasets(DATA_PROJECT))
    google = client(server)
    list(google.list_datasets(DATA_PROJECT))
    server.bigquery.account.expire_tokens()
    list(google.list_datasets(DATA_PROJECT))
    assert [entry["status"] for entry in server.log if entry["op"] == "datasets.list"] == [200, 401, 200]
    server.bigquery.account.revoked = True
    with pytest.raises(auth_exceptions.RefreshError, match="invalid_grant"):
        list(google.list_datasets(DATA_PROJECT))


def test_a_job_that_takes_its_time(server: Server) -> None:
    """`jobComplete: false` first, rows later; Google's client waits."""
    server.bigquery.faults.add("pending", op="query", polls=2)
    assert len(rows(server, f"SELECT `clicks` FROM {REALISED} WHERE {DAY}", SYDNEY)) == 40
    assert len([entry for entry in server.log if entry["op"] == "results"]) >= 2


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"kind": "http", "status": 503}, exceptions.ServiceUnavailable),
        ({"kind": "http", "status": 500}, exceptions.InternalServerError),
        ({"kind": "reason", "reason": "rateLimitExceeded", "status": 429}, exceptions.TooManyRequests),
        ({"kind": "reason", "reason": "rateLimitExceeded"}, exceptions.Forbidden),
        ({"kind": "reason", "reason": "quotaExceeded"}, exceptions.Forbidden),
        ({"kind": "reason", "reason": "backendError"}, exceptions.ServiceUnavailable),
        ({"kind": "reason", "reason": "jobBackendError"}, exceptions.BadRequest),
        ({"kind": "reason", "reason": "resourcesExceeded"}, exceptions.BadRequest),
        ({"kind": "reason", "reason": "responseTooLarge"}, exceptions.Forbidden),
        ({"kind": "unauthorized", "times": None}, exceptions.Unauthorized),
        ({"kind": "reset"}, requests.ConnectionError),
        ({"kind": "lost"}, requests.ConnectionError),
        ({"kind": "cut"}, (requests.exceptions.ChunkedEncodingError, requests.ConnectionError)),
        ({"kind": "not_json"}, requests.exceptions.JSONDecodeError),
        ({"kind": "list"}, AttributeError),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_faults_reach_google_s_client(server: Server, rule: dict[str, Any], error: Any) -> None:
    """Each fault is what it says it is, and ends when it has been played."""
    google = client(server)
    fault = server.bigquery.faults.add(**{"op": "datasets.list", **rule})
    with pytest.raises(error):
        list(google.list_datasets(DATA_PROJECT, retry=None))
    assert fault.played
    server.bigquery.faults.clear()
    assert list(google.list_datasets(DATA_PROJECT, retry=None))


def test_faults_of_pages(server: Server) -> None:
    """Pages that end early, are empty, lack a row, or belong to a job or token that is gone."""
    server.bigquery.switches.first_page = server.bigquery.switches.next_page = 600
    sql = f"SELECT `clicks`, `category` FROM {REALISED} WHERE {DAY}"
    for kind, expected in (("end_early", False), ("empty_page", True), ("short", False)):
        server.bigquery.faults.add(kind, op="results")
        assert (len(rows(server, sql, SYDNEY)) == 40) is expected, kind
    for kind, error in (("job_gone", exceptions.NotFound), ("token_gone", exceptions.BadRequest)):
        server.bigquery.faults.add(kind, op="results")
        with pytest.raises(error):
            rows(server, sql, SYDNEY)


def test_what_changes_under_a_reader(server: Server) -> None:
    """Columns come, go and widen, tables go, datasets move."""
    store = server.bigquery.store
    sql = f"SELECT `clicks` FROM {REALISED} WHERE {DAY}"
    before = sum(row["clicks"] or 0 for row in rows(server, sql, SYDNEY))
    store.widen_column("acme_insight_reporting", "realised_ad_agg", "clicks NUMERIC")
    assert sum(row["clicks"] or 0 for row in rows(server, sql, SYDNEY)) == Decimal(before)
    store.add_column("acme_insight_reporting", "realised_ad_agg", "extra STRING")
    assert len(rows(server, f"SELECT `extra` FROM {REALISED} WHERE {DAY}", SYDNEY)) == 40
    store.drop_column("acme_insight_reporting", "realised_ad_agg", "clicks")
    with pytest.raises(exceptions.BadRequest, match="Unrecognized name: clicks"):
        rows(server, sql, SYDNEY)
    store.move_dataset("acme_insight_reporting", "EU")
    with pytest.raises(exceptions.NotFound, match="was not found in location australia-southeast1"):
        rows(server, sql, SYDNEY)
    store.drop_table("acme_insight_reporting", "realised_ad_agg")
    with pytest.raises(exceptions.NotFound, match="realised_ad_agg"):
        rows(server, sql, "EU")


def test_results_are_gone_after_a_day(server: Server) -> None:
    """A page of a job of yesterday is not found, and its answer is no longer a cache hit."""
    sql = f"SELECT `clicks` FROM {REALISED} WHERE {DAY}"
    answer = post(server, {"query": sql, "location": SYDNEY}).json()
    server.clock.advance(hours=25)
    url = f"{server.origin}/bigquery/v2/projects/{KEY_PROJECT}/queries/{answer['jobReference']['jobId']}"
    headers = {"Authorization": f"Bearer {token(server)}"}
    assert requests.get(url, params={"location": SYDNEY}, headers=headers, timeout=20).status_code == 404
    assert post(server, {"query": sql, "location": SYDNEY}).json()["cacheHit"] is False


def test_rendered_answers_that_were_dropped_come_back_the_same(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Little memory changes no row: an answer is rendered again in the same order."""
    monkeypatch.setattr("integration_tests.server.jobs.KEPT_BYTES", 1000)
    server.bigquery.switches.first_page = server.bigquery.switches.next_page = 1500
    sql = f"SELECT `clicks`, `category` FROM {REALISED} WHERE {DAY}"
    first = post(server, {"query": sql, "location": SYDNEY}).json()
    rows(server, f"SELECT `clicks` FROM {REALISED} WHERE {DAY}", SYDNEY)
    assert rows(server, sql, SYDNEY)[0]["clicks"] == int(first["rows"][0]["f"][0]["v"])


def test_run_as_a_program(tmp_path: Path) -> None:
    """One line with the origin and a key that works; control paths move it; it leaves on SIGTERM."""
    key_file = tmp_path / "key.json"
    command = [sys.executable, "-m", "integration_tests.server", "--daily-calls", "2", "--key-file", str(key_file)]
    process = subprocess.Popen([*command, "--now", "2022-09-20T12:00:00Z"], cwd=HERE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = json.loads(process.stdout.readline())
        assert line["now"] == "2022-09-20T12:00:00Z"
        assert json.loads(key_file.read_text()) == json.loads(line["credentials_json"])
        credentials = service_account.Credentials.from_service_account_info(json.loads(line["credentials_json"]))
        options = ClientOptions(api_endpoint=line["origin"])
        google = bigquery.Client(project=KEY_PROJECT, credentials=credentials, client_options=options)
        assert len(list(google.list_datasets(DATA_PROJECT))) == 3
        control = f"{line['origin']}/control/"
        assert requests.get(f"{control}usage", timeout=20).json()["calls"] == {"2022-09-20": 1}
        moved = requests.post(f"{control}clock", json={"days": 1}, timeout=20).json()
        assert moved == {"now": "2022-09-21T12:00:00Z"}
        requests.post(f"{control}faults", json={"kind": "http", "status": 503}, timeout=20)
        requests.post(f"{control}switches", json={"list_page": 1}, timeout=20)
        requests.post(f"{control}account", json={"denied": ["acme_eu2_analytics"]}, timeout=20)
        altered = {"do": "drop_table", "dataset": "acme_eu2_analytics", "table": "dim_team"}
        assert requests.post(f"{control}alter", json=altered, timeout=20).ok
        assert requests.post(f"{control}alter", json={"do": "nothing"}, timeout=20).status_code == 400
        log = requests.get(f"{control}log", timeout=20).json()
        assert [entry["op"] for entry in log] == ["token", "datasets.list"]
        assert requests.post(f"{control}restart", timeout=20).json()["calls"] == {}
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_its_packages_import_nothing_of_the_connector() -> None:
    """An independent witness shares no line with what it judges."""
    for path in (HERE / "integration_tests" / "server").glob("*.py"):
        assert "source_citrusad" not in path.read_text(encoding="utf-8"), path.name


def test_the_clock_may_move_with_every_call() -> None:
    """A server whose clock moves by itself crosses midnight in the middle of a sync."""
    with Server(standard(), per_call=3600) as server:
        before = server.clock.now
        for _ in range(3):
            list(client(server).list_datasets(DATA_PROJECT))
        # Each client asks for a token of its own.
        assert server.clock.now - before == timedelta(hours=6)
