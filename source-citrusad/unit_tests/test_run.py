"""The command line: spec without the CDK, byte for byte what the CDK would say; the rest its way."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from airbyte_cdk.entrypoint import AirbyteEntrypoint

from source_citrusad import run as command
from source_citrusad import shell
from source_citrusad.source import SourceCitrusAd

ROOT = Path(__file__).parent.parent


def test_spec_is_byte_for_byte_the_cdks(capsys: pytest.CaptureFixture[str]) -> None:
    """The CDK reads the same file and adds the same."""
    entrypoint = AirbyteEntrypoint(SourceCitrusAd())
    [line] = [*entrypoint.run(entrypoint.parse_args(["spec"]))]
    assert command.main(["spec"]) == 0
    assert capsys.readouterr().out == f"{line}\n"


def test_spec_imports_neither_the_cdk_nor_pydantic() -> None:
    """Which cost more than everything else it does."""
    script = (
        "import sys; from source_citrusad import run; code = run.main(['spec']); "
        "assert not {'airbyte_cdk', 'pydantic', 'requests'} & {*sys.modules}; sys.exit(code)"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["type"] == "SPEC"


def test_the_long_way_gives_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is."""
    given: list[Sequence[str]] = []

    def launch(args: Sequence[str]) -> int:
        given.append(args)
        return 7

    monkeypatch.setattr("source_citrusad.entrypoint.launch", launch)
    assert command.main(["check", "--config", "c"]) == 7
    assert given == [["check", "--config", "c"]]


def test_run_is_the_shells(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its signals and its end."""
    given: list[object] = []
    monkeypatch.setattr(shell, "run", given.append)
    command.run()
    assert given == [command.main]
