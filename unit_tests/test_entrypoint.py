"""The command's long way: whole lines out, pages counted and watched, nothing secret, and a way out of every end."""

import json
import logging
import os
import select
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteMessage, AirbyteRecordMessage, AirbyteStreamStatus, Type
from airbyte_cdk.sources.connector_state_manager import HashableStreamDescriptor
from airbyte_cdk.utils import memory_monitor
from airbyte_cdk.utils.airbyte_secrets_utils import update_secrets
from airbyte_cdk.utils.memory_monitor import MemoryMonitor
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from sync.canned import MAPPING, A, Wire, facts, page

from source_tiktok_ads.entrypoint import Entrypoint, launch
from source_tiktok_ads.shell import _write, exit_when_stdout_closes
from source_tiktok_ads.source import SourceTiktokAds
from source_tiktok_ads.sync.records import Page

LOCAL = {**MAPPING, "api_url": "http://127.0.0.1:9", "wait_scale": 0.0001, "concurrency": 1}


class Left(BaseException):
    """The process has ended at once."""


@pytest.fixture(autouse=True)
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """A canned TikTok behind the command, and an end of the process that the test survives."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "oauth2/access_token":
            return {"access_token": "new-token-of-tests"}
        return {"list": [facts(A, create_time=5)]} if path == "advertiser/info" else page([])

    def leave(code: int) -> None:
        raise Left(code)

    wire = Wire(answer)
    monkeypatch.setattr("source_tiktok_ads.source.HttpTransport", lambda pool: wire)
    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    for name in ("LOG_LEVEL", "DEPLOYMENT_MODE", "TIKTOK_ADS_API_URL"):
        monkeypatch.delenv(name, raising=False)
    yield wire
    update_secrets([])


def read_args(folder: Path, **config: Any) -> list[str]:
    """The arguments of a read of the accounts."""
    stream = {"name": "advertisers", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
    entry = {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
    files = {"config": {**LOCAL, **config}, "catalog": {"streams": [entry]}}
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return ["read", *(word for name in files for word in (f"--{name}", str(folder / f"{name}.json")))]


def launched(args: list[str], capfd: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, Any]]]:
    """The exit code and the messages that are no log lines."""
    try:
        code = launch(args)
    except Left as end:
        code = end.args[0]
    out, err = capfd.readouterr()
    assert err == ""
    messages = [json.loads(line) for line in out.splitlines()]
    return code, [message for message in messages if message["type"] != "LOG"]


def test_check_answers_on_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The CDK's own way, through our writer."""
    code, (message,) = launched(["check", *read_args(tmp_path)[1:3]], capfd)
    assert (code, message["connectionStatus"]["status"]) == (0, "SUCCEEDED")


def test_a_read_writes_its_rows(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Between the statuses, with the state last but one."""
    code, messages = launched(read_args(tmp_path), capfd)
    assert (code, [message["type"] for message in messages]) == (0, ["TRACE", "TRACE", "RECORD", "STATE", "TRACE"])
    assert messages[2]["record"]["data"]["advertiser_id"] == A
    assert messages[3]["state"]["sourceStats"] == {"recordCount": 1.0}
    assert messages[4]["trace"]["stream_status"]["status"] == AirbyteStreamStatus.COMPLETE.value


def test_new_credentials_are_written_whole_and_nothing_else_shows_them(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The control message is there to carry the token; it is the first line."""
    code = {"auth_type": "authorization_code", "app_id": "77", "secret": "sec-of-tests", "auth_code": "code-of-tests"}
    with pytest.raises(Left) as left:
        launch(read_args(tmp_path, credentials=code))
    assert left.value.args == (0,)
    lines = [line for line in capfd.readouterr().out.splitlines() if "MemoryMonitor" not in line]
    assert json.loads(lines[0])["type"] == "CONTROL"
    assert "new-token-of-tests" in lines[0]
    assert not [line for line in lines[1:] if "of-tests" in line]


def test_an_error_of_the_configuration_is_a_trace_and_exit_code_1(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], wire: Wire
) -> None:
    """With the sentence, before any request."""
    code, (message,) = launched(read_args(tmp_path, start_date="soon"), capfd)
    error = message["trace"]["error"]
    assert (code, error["failure_type"]) == (1, "config_error")
    assert error["message"].startswith('Start Date (`start_date`) is "soon"')
    assert wire.asked == []


def test_an_unexpected_error_is_a_trace_without_secrets(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what it is and that it is ours."""
    written = Entrypoint.lines

    def lines(self: Entrypoint, args: Any) -> Iterator[bytes]:
        yield from written(self, args)
        raise ValueError("token tok-of-tests")

    monkeypatch.setattr(Entrypoint, "lines", lines)
    code, messages = launched(read_args(tmp_path), capfd)
    error = messages[-1]["trace"]["error"]
    assert (code, error["failure_type"]) == (1, "system_error")
    assert error["message"].startswith("Unexpected ValueError: this looks like a fault of the connector")
    assert "tok-of-tests" not in json.dumps(messages)


def test_a_reader_that_has_gone_ends_the_command(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody could read a message about it, and threads may wait on a full queue."""

    def write(lines: bytes) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("source_tiktok_ads.shell._write", write)
    assert launched(["check", *read_args(tmp_path)[1:3]], capfd) == (1, [])


def test_lines_go_to_the_standard_output_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the interpreter has none of its own, the one in its place."""
    out = BytesIO()
    monkeypatch.setattr(sys, "__stdout__", None)
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(out, write_through=True))
    monkeypatch.setattr("airbyte_cdk.logger.PRINT_BUFFER.flush", lambda: None)
    _write(b"line\n")
    assert out.getvalue() == b"line\n"


def test_a_wish_to_debug_is_heard(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """As by the CDK."""
    logger = logging.getLogger("airbyte")
    before = logger.level
    try:
        assert launched([*read_args(tmp_path), "--debug"], capfd)[0] == 0
        assert logging.getLogger("airbyte.source-tiktok-ads").level == logging.DEBUG
    finally:
        logger.setLevel(before)
        logging.getLogger("airbyte.source-tiktok-ads").setLevel(logging.NOTSET)


def record(data: dict[str, Any]) -> AirbyteMessage:
    """A record message."""
    return AirbyteMessage(type=Type.RECORD, record=AirbyteRecordMessage(stream="ads", data=data, emitted_at=1))


def test_a_page_counts_as_its_rows() -> None:
    """Beside single records, until a state carries the count away."""
    counts: defaultdict[HashableStreamDescriptor, float] = defaultdict(float)
    whole = record({"": Page(b"", 5)})
    assert Entrypoint.handle_record_counts(whole, counts) is whole
    Entrypoint.handle_record_counts(record({"a": 1}), counts)
    assert dict(counts) == {HashableStreamDescriptor(name="ads", namespace=None): 6.0}


class Memory:
    """The files in which the system tells a container's memory: of a hundred bytes so many are used."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.looks = 0
        for name in ("current", "max", "stat"):
            monkeypatch.setattr(memory_monitor, f"_CGROUP_V2_{name.upper()}", folder / name)
        monkeypatch.setattr(MemoryMonitor, "_read_memory", self.counted(MemoryMonitor._read_memory))
        (folder / "max").write_text("100")
        self.use(50)

    def use(self, percent: int) -> None:
        """Fill it so far, with what is the process's own."""
        (self.folder / "current").write_text(str(percent))
        (self.folder / "stat").write_text(f"anon {percent}")

    def counted(self, read: Any) -> Any:
        """The reading of the files, counted."""

        def reading(monitor: MemoryMonitor) -> Any:
            self.looks += 1
            return read(monitor)

        return reading


def test_memory_is_looked_at_at_every_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However full it is: a page may be a thousand rows, and the CDK's own monitor counts messages."""
    entrypoint = Entrypoint(SourceTiktokAds(paged=True))
    memory = Memory(tmp_path, monkeypatch)
    for percent in (50, 91, 92, 93):
        memory.use(percent)
        entrypoint._look_at_memory()
    assert memory.looks == 4
    memory.use(96)
    with pytest.raises(AirbyteTracedException, match=r"^Memory is full: .* \(96% of container limit\)"):
        entrypoint._look_at_memory()


def test_a_full_memory_ends_the_sync_with_a_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the page that filled it, and not by a kill without a word."""
    files = tmp_path / "files"
    files.mkdir()
    Memory(files, monkeypatch).use(97)
    code, messages = launched(read_args(tmp_path), capfd)
    (error,) = [message["trace"]["error"] for message in messages if "error" in message.get("trace", {})]
    assert (code, error["failure_type"]) == (1, "transient_error")
    assert "the next one goes on from its last state" in error["message"]
    assert "RECORD" in [message["type"] for message in messages]


def test_the_configuration_is_judged_by_our_sentences(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Not by the schema's; before the verdict stands what was ignored, and what is missing names it."""
    assert launch(["check", *read_args(tmp_path, start_date=None, startdate="2026-01-01")[1:3]]) == 0
    messages = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    ignored = "Settings that this connector does not have are ignored: startdate (did you mean start_date?)."
    assert {"type": "LOG", "log": {"level": "WARN", "message": ignored}} in messages[:-1]
    said = messages[-1]["connectionStatus"]
    assert said["status"] == "FAILED"
    assert said["message"].startswith("Start Date (`start_date`) is missing: ")
    assert said["message"].endswith(ignored)


def test_no_command_is_an_error_of_the_user(capfd: pytest.CaptureFixture[str]) -> None:
    """It names the commands there are."""
    code, (message,) = launched([], capfd)
    error = message["trace"]["error"]
    sentence = "A command is missing: write one of spec, check, discover, read, authorize."
    assert (code, error["failure_type"], error["message"]) == (1, "config_error", sentence)


@pytest.mark.parametrize(("args", "code", "told"), [(["--help"], 0, True), (["reed"], 2, True), (["read"], 2, False)])
def test_help_names_the_command_that_the_cdk_does_not_know(
    args: list[str], code: int, told: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where the commands are listed; the exit code is the parser's."""
    with pytest.raises(SystemExit) as ended:
        launch(args)
    assert ended.value.code == code
    assert ("authorize --help" in capfd.readouterr().err) is told


def test_a_failed_read_ends_with_the_streams_that_are_not_complete(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], wire: Wire
) -> None:
    """By their names, without a class; the engine's own line of them is not logged."""
    wire.answer = lambda path, params: {"list": "none"}
    with pytest.raises(Left):
        launch(read_args(tmp_path))
    *others, last = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    error = last["trace"]["error"]
    sentence = "These streams are not complete: advertisers. Each one's own error says why and what to do."
    assert (error["message"], error["failure_type"]) == (sentence, "config_error")
    assert "During the sync, " not in json.dumps(others)


def test_a_reader_that_is_gone_also_misses_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wire: Wire
) -> None:
    """Nothing can be told any more, and nothing keeps the process alive."""

    def gone(lines: bytes) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("source_tiktok_ads.shell._write", gone)
    for settings in ({}, {"start_date": "soon"}):
        with pytest.raises(Left) as left:
            launch(read_args(tmp_path, **settings))
        assert left.value.args == (1,)


def test_a_reader_that_goes_while_nothing_is_written() -> None:
    """The process ends at once: it may wait for TikTok, and not write a line for minutes."""
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(Left) as left:
        exit_when_stdout_closes(writer)
    assert left.value.args == (1,)
    os.close(writer)
    exit_when_stdout_closes(writer)


def test_a_system_without_such_news(monkeypatch: pytest.MonkeyPatch) -> None:
    """There the next line finds out."""
    monkeypatch.delattr(select, "poll")
    exit_when_stdout_closes(1)
