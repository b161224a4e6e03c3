"""The shell: signals, an end when nobody reads, lines without secrets, and which addresses are local."""

import io
import logging
import os
import select
import signal
import sys
from argparse import Namespace
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.utils.airbyte_secrets_utils import update_secrets

from source_citrusad import shell


class Left(BaseException):
    """The process has ended at once."""


@pytest.fixture(autouse=True)
def left(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The codes of ends that the test survives."""
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        raise Left(code)

    monkeypatch.setattr(os, "_exit", leave)
    yield codes
    update_secrets([])
    logging.disable(logging.NOTSET)


class Saying:
    """A command that says lines, or fails."""

    def __init__(self, *said: bytes | Exception) -> None:
        self.said = said

    def parse_args(self, args: list[str]) -> Namespace:
        """The command is the first word."""
        return Namespace(command=args[0])

    def lines(self, args: Namespace) -> Iterator[bytes]:
        """What is to be said."""
        for part in self.said:
            if isinstance(part, Exception):
                raise part
            yield part


@pytest.mark.parametrize("process", [1, 77])
def test_the_process_ends_with_the_exit_code(process: int, monkeypatch: pytest.MonkeyPatch, left: list[int]) -> None:
    """A container's first process ends by itself on a signal, with the code a shell says; any other dies of it."""
    handlers: dict[int, Any] = {}
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    monkeypatch.setattr(os, "getpid", lambda: process)
    monkeypatch.setattr(sys, "argv", ["command", "spec"])
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "__stdout__", sys.__stdout__)
    with pytest.raises(SystemExit) as ended:
        shell.run(lambda args: len(args) + 6)
    assert ended.value.code == 7
    if process != 1:
        assert [*handlers.values()] == [signal.SIG_DFL, signal.SIG_DFL]
        return
    for number, handle in handlers.items():
        with pytest.raises(Left):
            handle(number, None)
    assert left == [143, 130]


def test_an_output_that_can_not_be_written(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], left: list[int], tmp_path: Path
) -> None:
    """It ends the process: closed, a reader that has gone, a full disk."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "__stdout__", None)
    with pytest.raises(Left):
        shell.run(lambda args: 0)
    assert "The output can't be written (it is closed)" in capfd.readouterr().err
    reader, writer = os.pipe()
    out = shell.watched(writer)
    os.close(reader)
    out.write("x")
    with pytest.raises(Left):
        out.flush()
    assert capfd.readouterr().err == ""
    os.dup2(os.open("/dev/full", os.O_WRONLY), writer)
    with pytest.raises(Left):
        shell._Watched(io.FileIO(writer, "wb", closefd=False), 1).write(b"x" * 10_000)
    assert "The output can't be written (No space left on device)" in capfd.readouterr().err
    assert left == [1, 1, 1]
    # What is still held back would be written once more when the objects go.
    os.dup2(os.open(tmp_path / "sink", os.O_WRONLY | os.O_CREAT), writer)
    out.close()


def test_a_reader_that_goes(monkeypatch: pytest.MonkeyPatch, left: list[int]) -> None:
    """The process ends, where the system tells."""
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(Left):
        shell.exit_when_stdout_closes(writer)
    os.close(writer)
    shell.exit_when_stdout_closes(writer)
    monkeypatch.delattr(select, "poll")
    shell.exit_when_stdout_closes(1)
    assert left == [1]


def test_lines_go_out_whole(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """To the standard output that there is."""
    assert shell.launch(lambda: Saying(b"a\n", b"b\n"), ["check"]) == 0
    assert capfd.readouterr().out == "a\nb\n"
    out = BytesIO()
    monkeypatch.setattr(sys, "__stdout__", None)
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(out, write_through=True))
    monkeypatch.setattr("airbyte_cdk.logger.PRINT_BUFFER.flush", lambda: None)
    shell._write(b"line\n")
    assert out.getvalue() == b"line\n"


def test_an_unexpected_error_is_a_trace_without_secrets(capfd: pytest.CaptureFixture[str], left: list[int]) -> None:
    """A reader that has gone hears nothing any more."""
    update_secrets(["secret-of-tests"])
    with pytest.raises(Left):
        shell.launch(lambda: Saying(ValueError("secret-of-tests")), ["read"])
    out = capfd.readouterr().out
    assert "Unexpected ValueError: this looks like a fault of the connector" in out
    assert "secret-of-tests" not in out
    with pytest.raises(Left):
        shell.launch(lambda: Saying(BrokenPipeError()), ["check"])
    assert (left, capfd.readouterr().out) == ([1, 1], "")


def test_secrets_in_every_spelling() -> None:
    """Known ones, named ones, and passwords in addresses; too short is no secret."""
    redact = shell.Redactor(["a b+c", "xyz"])
    assert redact("a b+c a+b%2Bc xyz") == "**** **** xyz"
    assert redact("access_token=abc http://me:pass@host/") == "access_token=**** http://****@host/"
    assert shell.Redactor()("plain") == "plain"


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("https://[::1]", "https://[::1]"),
        ("http://localhost", "http://localhost"),
        ("http://example.com", None),
        ("http://8.8.8.8", None),
        ("http://127.0.0.1/path", None),
        ("http://127.0.0.1:port", None),
        ("ftp://127.0.0.1", None),
    ],
)
def test_origins_that_may_stand_in(text: str, origin: str | None) -> None:
    """Loopback and private ones, and nothing behind them."""
    assert shell.local_origin(text) == origin


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("spec.json", '{"connectionSpecification": {"type": "object"}}'),
        ("spec.yaml", "connectionSpecification: {type: object}"),
    ],
)
def test_a_specification_is_json_or_yaml(name: str, text: str, tmp_path: Path) -> None:
    """Either is read, and both come out as the CDK sends them."""
    (tmp_path / name).write_text(text)
    added = {"supportsNormalization": False, "supportsDBT": False}
    assert shell.specification(tmp_path / name) == {"connectionSpecification": {"type": "object"}, **added}
