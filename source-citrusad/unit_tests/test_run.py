"""The command line: spec without the CDK, byte for byte what the CDK would say; the rest its way."""

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from airbyte_cdk.entrypoint import AirbyteEntrypoint

from source_citrusad import run as command
from source_citrusad import shell
from source_citrusad.source import SourceCitrusad

ROOT = Path(__file__).parent.parent


def test_spec_is_byte_for_byte_the_cdks(capsys: pytest.CaptureFixture[str]) -> None:
    """The CDK reads the same file and adds the same."""
    entrypoint = AirbyteEntrypoint(SourceCitrusad())
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


@pytest.mark.parametrize("installed", [True, False])
def test_version_names_the_connector_the_cdk_and_the_revision(
    installed: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The revision is known to the image; a checkout need not be installed."""

    def version(name: str) -> str:
        if name == "airbyte-cdk" or installed:
            return "1.2.3"
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", version)
    monkeypatch.setenv("CONNECTOR_REVISION", "abc123")
    assert command.main(["--version"]) == 0
    ours = "1.2.3" if installed else "not installed"
    assert capsys.readouterr().out == f"airbyte-source-citrusad {ours} (airbyte-cdk 1.2.3, revision abc123)\n"


def test_the_package_offers_the_connector_by_the_name_that_tools_derive() -> None:
    """Of the folder's name; nothing else is there."""
    import source_citrusad

    assert source_citrusad.SourceCitrusad is SourceCitrusad
    with pytest.raises(AttributeError, match="no attribute 'SourceCitrus'"):
        _ = source_citrusad.SourceCitrus


def test_run_is_the_shells(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its signals and its end."""
    given: list[object] = []
    monkeypatch.setattr(shell, "run", given.append)
    command.run()
    assert given == [command.main]
