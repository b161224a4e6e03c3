"""The verbs, from files to messages, over a canned BigQuery."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.utils.airbyte_secrets_utils import update_secrets

from source_citrusad.api.transport import Reply
from source_citrusad.entrypoint import Entrypoint, launch
from source_citrusad.source import SourceCitrusad

from .canned import COLUMNS, DATA, EMAIL, FIRST, TOKEN, Table, Warehouse, Wire, config, key_file, ok, once, refusal

Message = dict[str, Any]
SCHEMA = {
    "type": "object",
    "properties": {
        "ingressed_at": {"type": ["null", "string"], "format": "date"},
        "id": {"type": ["null", "integer"]},
        "spend": {"type": ["null", "string"], "airbyte_type": "big_number"},
    },
}
NO_JOBS = refusal(403, "accessDenied", "User does not have bigquery.jobs.create permission")


CUT = {"jobReference": {"jobId": "j"}, "schema": {"fields": COLUMNS}, "rows": [{"f": []}], "totalRows": "1"}


def invalid(message: str) -> Reply:
    """A query that is refused for what it says."""
    return refusal(400, "invalidQuery", message)


class Left(BaseException):
    """The process has ended at once."""


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """A canned BigQuery behind the command, and an end of the process that the test survives."""

    def leave(code: int) -> None:
        raise Left(code)

    wire, level = Wire(Warehouse()), logging.getLogger("airbyte").level
    monkeypatch.setattr("source_citrusad.source.HttpTransport", lambda: wire)
    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    for name in ("LOG_LEVEL", "DEPLOYMENT_MODE", "CITRUSAD_API_URL", "CITRUSAD_NOW", "CITRUSAD_WAIT_SCALE"):
        monkeypatch.delenv(name, raising=False)
    yield wire
    update_secrets([])
    logging.getLogger("airbyte").setLevel(level)


Command = Callable[..., tuple[int, list[Message]]]


@pytest.fixture
def command(wire: Wire, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Command:
    """Run a command with files; gives the exit code and every message."""

    def run(verb: str, *more: str, **files: Any) -> tuple[int, list[Message]]:
        args = [verb, *more]
        for name, content in {"config": config(), **files}.items():
            path = tmp_path / f"{name}.json"
            path.write_text(content if isinstance(content, str) else json.dumps(content))
            args += [f"--{name}", str(path)]
        try:
            code = launch(args)
        except Left as end:
            code = end.args[0]
        out, err = capfd.readouterr()
        assert err == ""
        assert not [secret for secret in (TOKEN, "PRIVATE KEY") if secret in out]
        return code, [json.loads(line) for line in out.splitlines()]

    return run


def stream(
    name: str = "facts", namespace: str | None = "acme_reporting", mode: str = "incremental", **changes: Any
) -> Message:
    """A stream as a user selects it."""
    described = {
        "name": name,
        "namespace": namespace,
        "json_schema": SCHEMA,
        "supported_sync_modes": ["full_refresh", "incremental"],
        "default_cursor_field": ["ingressed_at"],
        **changes,
    }
    return {"stream": described, "sync_mode": mode, "destination_sync_mode": "append"}


def catalog(*streams: Message) -> Message:
    """A configured catalog, of the facts unless told."""
    return {"streams": [*(streams or (stream(),))]}


def state_of(**blob: Any) -> Message:
    """A state of the facts."""
    descriptor = {"name": "facts", "namespace": "acme_reporting"}
    return {"type": "STREAM", "stream": {"stream_descriptor": descriptor, "stream_state": blob}}


def of(messages: list[Message], kind: str) -> list[Message]:
    """The bodies of the messages of a type."""
    return [message[kind.lower()] for message in messages if message["type"] == kind]


def logs(messages: list[Message]) -> list[str]:
    """What was logged as a warning."""
    return [log["message"] for log in of(messages, "LOG") if log["level"] == "WARN"]


def errors(messages: list[Message]) -> list[Message]:
    """The errors."""
    return [trace["error"] for trace in of(messages, "TRACE") if trace["type"] == "ERROR"]


def statuses(messages: list[Message]) -> list[str]:
    """The statuses, with their streams."""
    found = [trace["stream_status"] for trace in of(messages, "TRACE") if trace["type"] == "STREAM_STATUS"]
    return [f"{status['stream_descriptor']['name']} {status['status']}" for status in found]


def verdict(messages: list[Message]) -> tuple[str, str]:
    """What check says."""
    [status] = [message["connectionStatus"] for message in messages if message["type"] == "CONNECTION_STATUS"]
    return status["status"], status.get("message", "")


# --- check ------------------------------------------------------------------------------------------------------------


def test_check_takes_two_calls(command: Command, wire: Wire) -> None:
    """And scans nothing."""
    code, messages = command("check")
    assert (code, verdict(messages)) == (0, ("SUCCEEDED", ""))
    assert len(wire.asked) == 2
    assert wire.asked[1].body["dryRun"] is True


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"start_date": "soon"}, 'start_date is "soon": write a day as YYYY-MM-DD.'),
        ({"credentials_json": "/secrets/key.json"}, "credentials_json holds no JSON object"),
        ({"credentials_json": key_file(token_uri="https://evil.example/")}, "token_uri in credentials_json"),
        ({"datasets": ["acme_reporting", "other"]}, f"datasets: {EMAIL} sees no dataset other, but acme_reporting."),
    ],
)  # fmt: skip
def test_check_says_what_is_wrong(changes: Message, sentence: str, command: Command) -> None:
    """Failed, in a sentence."""
    code, messages = command("check", config=config(**changes))
    status, said = verdict(messages)
    assert (code, status) == (0, "FAILED")
    assert sentence in said


def test_check_when_nothing_is_visible_or_nothing_may_run(command: Command, wire: Wire) -> None:
    """Each has a sentence with the account."""
    wire.faults.append(once(ok({"unreachable": ["EU"]})))
    messages = command("check")[1]
    assert logs(messages)[0].startswith("BigQuery's list of datasets lacks those in EU, which did not answer. Run this")
    assert verdict(messages)[1] == f"{EMAIL} sees no dataset in {DATA}: ask CitrusAd to grant it access."
    wire.faults.append(lambda asked: NO_JOBS if asked.sql else None)
    said = verdict(command("check")[1])[1]
    assert f"{EMAIL} has no bigquery.jobs.create (roles/bigquery.jobUser) in acme or {DATA}" in said
    wire.faults[:] = [lambda asked: refusal(400, "invalidQuery", "odd") if asked.sql else None]
    assert verdict(command("check")[1])[1] == "BigQuery refuses: odd"
    wire.token = ok({"error": "invalid_grant", "error_description": "account not found"}, 400)
    assert "was refused (invalid_grant: account not found)" in verdict(command("check")[1])[1]


def test_settings_that_do_not_exist_are_named(command: Command) -> None:
    """With the one that was meant."""
    messages = command("check", config=config(start_dat="x", zzz=1))[1]
    assert logs(messages) == [
        "Settings that this connector does not have are ignored: start_dat (did you mean start_date?), zzz."
    ]


# --- discover ---------------------------------------------------------------------------------------------------------


def described(*rows: tuple[str | None, ...]) -> Message:
    """An answer of INFORMATION_SCHEMA."""
    cells = [{"f": [{"v": cell} for cell in row]} for row in rows]
    return {"jobReference": {"jobId": "i"}, "rows": cells, "totalRows": str(len(rows))}


def test_discover(command: Command, wire: Wire) -> None:
    """Tables with their partition, views with that of their table, what can't be queried left out with a warning."""
    rows = described(
        ("facts", "BASE TABLE", "ingressed_at", "DATE", "YES", "the day"),
        ("facts", "BASE TABLE", "odd", "STRUCT<", "NO", None),
        ("shown", "VIEW", "ingressed_at", "DATETIME", "NO", None),
    )
    more = described(
        ("plain", "VIEW", "id", "INT64", "NO", None),
        ("named", "VIEW", "day", "DATE", "NO", None),
        ("renamed", "VIEW", "id", "INT64", "NO", None),
        ("renamed", "VIEW", "first", "DATE", "NO", None),
        ("renamed", "VIEW", "second", "TIMESTAMP", "NO", None),
        ("hidden", "VIEW", "id", "INT64", "NO", None),
        ("broken", "VIEW", "id", "INT64", "NO", None),
        ("worse", "VIEW", "day", "DATE", "NO", None),
        ("skipped", "VIEW", "id", "INT64", "NO", None),
    )

    def needs(column: str) -> Any:
        text = f"Cannot query over table 'd.t' without a filter over column(s) '{column}' that can be used"
        return refusal(400, "invalidQuery", text)

    def answer(asked: Any) -> Any:
        if asked.params.get("pageToken"):
            return ok(more)
        if "INFORMATION_SCHEMA" in asked.sql:
            return ok({**rows, "pageToken": "t"})
        if ".named`" in asked.sql:
            return needs("day")
        if ".renamed`" in asked.sql and "`second` IS NULL" not in asked.sql:
            return needs("ingressed_at")
        if ".hidden`" in asked.sql:
            return needs("ingressed_at")
        if ".broken`" in asked.sql or "`day` IS NULL" in asked.sql:
            return refusal(400, "invalidQuery", "view is broken")
        if ".worse`" in asked.sql:
            return needs("ingressed_at")
        return ok({"totalBytesProcessed": "0"}) if asked.sql else None

    wire.faults.append(answer)
    code, messages = command("discover", config=config(tables=["[!as]*", "acme_reporting.shown"]))
    [found] = of(messages, "CATALOG")
    cursors = {entry["name"]: entry.get("default_cursor_field") for entry in found["streams"]}
    assert code == 0
    assert cursors == {
        "facts": ["ingressed_at"], "shown": ["ingressed_at"], "plain": None, "named": ["day"], "renamed": ["second"],
    }  # fmt: skip
    properties = found["streams"][0]["json_schema"]["properties"]
    assert properties["ingressed_at"]["description"] == "the day"
    assert logs(messages) == [
        "acme_reporting.facts: the type of odd is not known (STRUCT<): its values are read as text.",
        "acme_reporting.hidden is left out: it needs a filter on a column that it does not show.",
        "acme_reporting.broken is left out: it can't be queried (view is broken)",
        "acme_reporting.worse is left out: it can't be queried (view is broken)",
    ]


def test_discover_without_information_schema(command: Command, wire: Wire) -> None:
    """Table by table; where that is denied too, the dataset is left out and named."""
    wire.bigquery = Warehouse(locations={"acme_reporting": "US", "closed": "EU"})
    table = {"type": "TABLE", "schema": {"fields": COLUMNS}, "timePartitioning": {"field": "ingressed_at"}}
    listed = {"tables": [{"tableReference": {"tableId": name}} for name in ("facts", "empty", "dim_x")]}

    def answer(asked: Any) -> Any:
        if asked.sql:
            return refusal(403, "accessDenied")
        if "closed/tables" in asked.path:
            return refusal(403, "accessDenied", "closed")
        if asked.path.endswith("/tables"):
            return ok(listed)
        if asked.path.endswith("/empty"):
            return ok({"type": "VIEW"})
        return ok(table) if "/tables/" in asked.path else None

    wire.faults.append(answer)
    _, messages = command("discover", config=config(tables=["facts", "empty"]))
    [found] = of(messages, "CATALOG")
    assert [entry["name"] for entry in found["streams"]] == ["empty", "facts"]
    assert found["streams"][1]["default_cursor_field"] == ["ingressed_at"]
    assert logs(messages) == [f"closed is left out: {EMAIL} may not see its tables (closed)"]


def test_discover_where_information_schema_shows_nothing(command: Command, wire: Wire) -> None:
    """The tables are asked for one by one: an answer without rows does not prove that a dataset is empty."""
    listed = {"tables": [{"tableReference": {"tableId": "facts"}}]}
    table = {"type": "TABLE", "schema": {"fields": COLUMNS}, "timePartitioning": {"field": "ingressed_at"}}

    def answer(asked: Any) -> Any:
        if asked.sql:
            return ok(described())
        if asked.path.endswith("/tables"):
            return ok(listed)
        return ok(table) if "/tables/" in asked.path else None

    wire.faults.append(answer)
    code, messages = command("discover")
    [found] = of(messages, "CATALOG")
    assert (code, logs(messages)) == (0, [])
    assert [(entry["name"], entry["default_cursor_field"]) for entry in found["streams"]] == [
        ("facts", ["ingressed_at"])
    ]
    wire.asked.clear()
    listed["tables"] = []
    code, messages = command("discover")
    assert (code, of(messages, "CATALOG")[0]["streams"], len(wire.asked)) == (0, [], 3)


def test_a_list_of_columns_that_is_not_whole(command: Command, wire: Wire) -> None:
    """A schema without some of its columns would lose them."""
    short = described(("facts", "BASE TABLE", "id", "INT64", "NO", None))
    wire.faults.append(lambda asked: ok({**short, "totalRows": "2"}) if asked.sql else None)
    code, messages = command("discover")
    assert (code, "1 of 2 columns came" in errors(messages)[0]["message"]) == (1, True)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (NO_JOBS, "has no bigquery.jobs.create"),
        (refusal(503, "backendError"), "BigQuery has failed again and again"),
        (ok({"datasets": []}), "sees no dataset"),
    ],
)
def test_discover_that_fails(fault: Any, sentence: str, command: Command, wire: Wire) -> None:
    """With a sentence."""
    wire.faults.append(lambda asked: fault if asked.sql or "datasets" in fault.content.decode() else None)
    code, messages = command("discover")
    assert code == 1
    assert sentence in errors(messages)[0]["message"]


# --- read -------------------------------------------------------------------------------------------------------------


def states(messages: list[Message]) -> list[Message]:
    """The states, as a platform hands the last of each stream back."""
    last = {message["stream"]["stream_descriptor"]["name"]: message for message in of(messages, "STATE")}
    return [{"type": "STREAM", "stream": message["stream"]} for message in last.values()]


def usage(message: Message) -> int:
    """The calls that a state has counted."""
    return message["stream"]["stream_state"]["usage"]["calls"]


def test_a_read(command: Command, wire: Wire) -> None:
    """Statuses, rows with their namespace, states behind them; the usage before each call that it counts."""
    code, messages = command("read", catalog=catalog())
    assert (code, statuses(messages)) == (0, ["facts STARTED", "facts RUNNING", "facts COMPLETE"])
    records = of(messages, "RECORD")
    assert len(records) == 40
    assert {(record["namespace"], record["stream"]) for record in records} == {("acme_reporting", "facts")}
    found = of(messages, "STATE")
    assert [usage(state) for state in found] == [1, 2, 3, 3, 3]
    assert sum(state["sourceStats"]["recordCount"] for state in found) == 40
    assert found[-1]["stream"]["stream_state"]["cursor"] == "2022-09-10"
    first = next(n for n, message in enumerate(messages) if message["type"] == "RECORD")
    before = [message for message in messages[:first] if message["type"] == "STATE"]
    assert all(message["state"]["stream"]["stream_state"]["cursor"] is None for message in before)
    wire.asked.clear()
    code, messages = command("read", catalog=catalog(), state=states(messages))
    assert (code, statuses(messages), wire.asked) == (0, ["facts STARTED", "facts COMPLETE"], [])
    assert usage(of(messages, "STATE")[-1]) == 3


def test_the_plain_way_says_the_same(command: Command, tmp_path: Path, wire: Wire) -> None:
    """Record by record, as the CDK's own tools read."""
    messages = command("read", catalog=catalog(stream(), stream(mode="full_refresh", name="facts")))[1]
    entrypoint = AirbyteEntrypoint(SourceCitrusad())
    args = ["read", "--config", str(tmp_path / "config.json"), "--catalog", str(tmp_path / "catalog.json")]
    plain = [json.loads(line) for line in entrypoint.run(entrypoint.parse_args(args))]
    assert [record["data"] for record in of(plain, "RECORD")] == [record["data"] for record in of(messages, "RECORD")]
    assert statuses(plain) == statuses(messages)


def test_streams_without_state_come_first(command: Command, wire: Wire) -> None:
    """Their calls are counted in the state of a stream that has one."""
    wire.bigquery = Warehouse({"facts": Table(), "dim": Table(partition=None)})
    dim = stream("dim", mode="full_refresh", default_cursor_field=None, supported_sync_modes=["full_refresh"])
    messages = command("read", catalog=catalog(stream(), dim))[1]
    assert statuses(messages)[:4] == ["dim STARTED", "dim RUNNING", "dim COMPLETE", "facts STARTED"]
    named = [(state["stream"]["stream_descriptor"]["name"]) for state in of(messages, "STATE")]
    assert named[:4] == ["facts", "facts", "facts", "dim"]
    [finished] = [state for state in of(messages, "STATE") if state["stream"]["stream_descriptor"]["name"] == "dim"]
    assert finished["stream"]["stream_state"] == {"__ab_no_cursor_state_message": True}


def test_a_catalog_without_memory(command: Command, wire: Wire) -> None:
    """Says so once, and counts what the service remembers."""
    wire.bigquery = Warehouse(page_rows=20)
    messages = command("read", catalog=catalog(stream(mode="full_refresh")))[1]
    assert wire.asked[0].path == "projects/acme/jobs"
    assert [text for text in logs(messages) if "not remembered from sync to sync" in text]
    assert len(of(messages, "RECORD")) == 40


def test_out_of_calls(command: Command, wire: Wire) -> None:
    """A stream with a state stops well; one without is not complete; both say what is used and what is left."""
    used = {"usage": {"day": "2022-09-11", "calls": 88, "month": "2022-09", "bytes": 0}, "version": 1}
    state = [
        {
            "type": "STREAM",
            "stream": {"stream_descriptor": {"name": "facts", "namespace": "acme_reporting"}, "stream_state": used},
        }
    ]
    code, messages = command("read", catalog=catalog(), state=state)
    assert (code, statuses(messages)) == (0, ["facts STARTED", "facts COMPLETE"])
    assert logs(messages) == [
        "Stopped after 90 of 100 calls for 11 September (UTC), 10 kept for check and discover. acme_reporting.facts is "
        "not read yet; 10 days are left, about 1 more sync. Raise daily_calls or monthly_scan_tb if your agreement "
        "allows more."
    ]
    code, messages = command("read", catalog=catalog(stream("other", mode="full_refresh"), stream()), state=state)
    assert code == 1
    assert statuses(messages)[1] == "other INCOMPLETE"
    [error, last] = errors(messages)
    assert "acme_reporting.other is read whole or not at all" in error["message"]
    assert error["failure_type"] == "transient_error"
    assert error["stream_descriptor"] == {"name": "other", "namespace": "acme_reporting"}
    assert last["message"].startswith("These streams are not complete: acme_reporting.other.")


def test_a_budget_that_can_never_do(command: Command) -> None:
    """Eleven calls and more datasets than they can discover."""
    many = [stream("facts", f"d{number}") for number in range(20)]
    whole = [{**each, "sync_mode": "full_refresh"} for each in many]
    for streams in (many, whole):
        code, messages = command("read", catalog=catalog(*streams), config=config(daily_calls=11))
        assert code == 1
    assert errors(messages)[0]["message"].startswith("daily_calls is 11, and check and discover of these datasets need")


def test_a_scan_that_can_never_do(command: Command, wire: Wire) -> None:
    """One day is more than a month allows."""
    wire.bigquery = Warehouse({"facts": Table({FIRST: 20_000, FIRST + timedelta(days=1): 20_000})})
    code, messages = command("read", catalog=catalog(), config=config(monthly_scan_tb=0.000012))
    assert (code, errors(messages)[0]["failure_type"]) == (1, "config_error")


def test_the_services_own_quota(command: Command, wire: Wire) -> None:
    """One call more leaves that day, then nothing, of no stream; the state is kept and says so."""
    wire.faults.append(lambda asked: refusal(403, "quotaExceeded", "used up.") if asked.sql else None)
    two = catalog(stream(), stream("more"))
    code, messages = command("read", catalog=two)
    assert (code, len(wire.queries)) == (0, 0)
    assert len([asked for asked in wire.asked if asked.sql]) == 2
    said = (
        "BigQuery says that a quota is used up, perhaps by somebody else with this key: nothing more is asked on 11 "
        "September (UTC)."
    )
    assert logs(messages)[0].startswith(f"{said} Its message: used up. acme_reporting.facts is not read yet; 10 days")
    assert logs(messages)[1].startswith(f"{said} acme_reporting.more is not read yet")
    assert statuses(messages)[-1] == "more COMPLETE"
    wire.asked.clear()
    command("read", catalog=two, state=states(messages))
    assert wire.asked == []


def test_what_the_one_call_after_a_quota_brings_is_used(command: Command, wire: Wire) -> None:
    """The request that was refused is sent again, and its answer may end a slice; then nothing more leaves."""
    wire.faults.append(
        once(refusal(403, "quotaExceeded"), lambda asked: bool(asked.sql) and "dryRun" not in asked.body)
    )
    code, messages = command("read", catalog=catalog(stream(), stream("more")))
    assert (code, len(of(messages, "RECORD"))) == (0, 40)
    assert statuses(messages)[-1] == "more COMPLETE"
    assert [log.partition(" perhaps")[0] for log in logs(messages)] == ["BigQuery says that a quota is used up,"]
    assert "acme_reporting.more is not read yet" in logs(messages)[0]
    assert [asked.sql.partition(" WHERE")[0][-6:] for asked in wire.asked if asked.sql] == ["facts`"] * 3


@pytest.mark.parametrize(
    ("fault", "sentence", "kind"),
    [
        (refusal(403, "accessDenied"), f"{EMAIL} may not read acme_reporting.facts: ask CitrusAd", "config_error"),
        (invalid("Unrecognized name: spend at [1:8]"), "Column spend is gone from acme_rep", "config_error"),
        (invalid("without a filter over column(s) 'day' that"), "needs a filter on day", "config_error"),
        (refusal(503, "backendError", "no"), "BigQuery has failed again and again", "transient_error"),
        (refusal(400, "invalidQuery", "odd"), "acme_reporting.facts can't be read.", "config_error"),
        (NO_JOBS, "has no bigquery.jobs.create", "config_error"),
        (ok(CUT), "A row has 0 cells", "system_error"),
    ],
)  # fmt: skip
def test_an_error_of_one_stream(fault: Any, sentence: str, kind: str, command: Command, wire: Wire) -> None:
    """Says what, why, what to do, with account, SQL and message; the others go on."""
    wire.bigquery = Warehouse({"facts": Table(), "more": Table()})
    wire.faults.append(lambda asked: fault if ".facts`" in asked.sql and not asked.body.get("dryRun") else None)
    code, messages = command("read", catalog=catalog(stream(), stream("more")))
    error, _ = errors(messages)
    assert (code, error["failure_type"]) == (1, kind)
    assert sentence in error["message"]
    assert "facts INCOMPLETE" in statuses(messages)
    assert "more COMPLETE" in statuses(messages)
    if kind != "system_error":
        assert f"Account: {EMAIL}." in error["message"]
        assert "SQL: SELECT" in error["message"]


def test_a_key_that_is_refused_ends_all(command: Command, wire: Wire) -> None:
    """No other stream would fare better."""
    wire.faults.append(lambda asked: refusal(401, "authError", "revoked"))
    code, messages = command("read", catalog=catalog(stream(), stream("more")))
    assert (code, statuses(messages)) == (1, ["facts STARTED", "facts INCOMPLETE"])
    assert "refuses the tokens" in errors(messages)[0]["message"]
    code, messages = command("read", catalog=catalog(), config=config(credentials_json="x"))
    assert (code, errors(messages)[0]["failure_type"]) == (1, "config_error")


def test_states_of_other_kinds(command: Command) -> None:
    """What can't be used is said, and read anew; what is newer is refused; an earlier start is not read silently."""

    messages = command("read", catalog=catalog(), state=[state_of(cursor="2022-09-09")])[1]
    assert "it is not a state of this connector" in logs(messages)[0]
    assert len(of(messages, "RECORD")) == 40
    code, messages = command("read", catalog=catalog(), state=[state_of(version=2)])
    assert (code, "upgrade the connector" in errors(messages)[0]["message"]) == (1, True)
    later = state_of(version=1, since="2022-09-05", cursor="2022-09-10")
    messages = command("read", catalog=catalog(), state=[later])[1]
    assert logs(messages) == [
        "start_date is earlier than 2022-09-05, the first day that acme_reporting.facts was read from: reset the "
        "stream to read the earlier days."
    ]


def test_what_is_said_before_a_read(command: Command) -> None:
    """A start that has not come, days that are read again without a key, a catalog of nothing."""
    messages = command("read", catalog=catalog(), config=config(start_date="2030-01-01", lookback_days=1))[1]
    said = [log["message"] for log in of(messages, "LOG")]
    assert "start_date is 2030-01-01: no day is read before it has come." in said
    assert "lookback_days reads days again: tables without a key keep both versions of their rows." in said
    code, messages = command("read", catalog={"streams": []})
    assert (code, of(messages, "LOG")[0]["message"]) == (0, "The catalog selects no stream: nothing to read.")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"config": "[]"}, "must hold a JSON object"),
        ({"config": "{"}, "is not valid JSON"),
        ({"catalog": "[]"}, "holds no configured catalog"),
        ({"state": '{"a": 1}'}, "must hold a list of states"),
        ({"state": "[{}]"}, "must hold a list of states"),
    ],
)
def test_files_that_are_not_what_they_should_be(files: dict[str, str], sentence: str, command: Command) -> None:
    """Each has its sentence."""
    code, messages = command("read", **{"catalog": catalog(), **files})
    assert code == 1
    assert sentence in errors(messages)[0]["message"]


def test_files_that_are_not_there_or_empty(command: Command, tmp_path: Path) -> None:
    """No state is none; no configuration is an error. A state as it stands in an output is read too."""
    assert command("read", catalog=catalog(), state="{}")[0] == 0
    messages = command("read", catalog=catalog())[1]
    lines = [message for message in messages if message["type"] == "STATE"]
    assert of(command("read", catalog=catalog(), state=lines)[1], "RECORD") == []
    args = ["check", "--config", str(tmp_path / "none.json")]
    with pytest.raises(Left):
        launch(args)


def test_a_state_that_is_no_object_is_none(command: Command) -> None:
    """The stream is read whole."""
    state = [{"type": "STREAM", "stream": {"stream_descriptor": {"name": "facts"}, "stream_state": 5}}]
    assert len(of(command("read", catalog=catalog(), state=state)[1], "RECORD")) == 40


def test_a_wish_to_debug_and_no_command(command: Command, wire: Wire) -> None:
    """The first shows no secret either; the second is an error of the user."""
    assert command("read", "--debug", catalog=catalog())[0] == 0
    logging.getLogger("airbyte.source-citrusad").setLevel(logging.NOTSET)
    entrypoint = Entrypoint(SourceCitrusad())
    with pytest.raises(Exception, match="A command is missing"):
        next(entrypoint.lines(entrypoint.parse_args([])))


@pytest.mark.parametrize(
    ("lookback", "said"),
    [
        (0, "Rows of a slice have left: a sync within 23 hours goes on behind them, a later one reads them again."),
        (1, "Rows of the slice under way have left and will come again."),
    ],
)
def test_rows_of_a_slice_that_has_not_ended_are_announced(
    lookback: int, said: str, command: Command, wire: Wire
) -> None:
    """Out of calls in the middle of a slice: its rows have left, and the cursor does not claim them."""
    warehouse = Warehouse({"facts": Table({FIRST: 200})}, page_rows=100)
    wire.bigquery = warehouse
    wire.faults.append(once(refusal(503, "backendError"), lambda asked: "pageToken" in asked.params, times=3))
    used = {"usage": {"day": "2022-09-11", "calls": 86, "month": "2022-09", "bytes": 0}, "version": 1}
    state = [state_of(**used)]
    changed = config(lookback_days=lookback)
    code, messages = command("read", catalog=catalog(), state=state, config=changed)
    assert (code, len(of(messages, "RECORD"))) == (0, 100)
    assert said in logs(messages)[-1]
    assert states(messages)[-1]["stream"]["stream_state"]["cursor"] is None
