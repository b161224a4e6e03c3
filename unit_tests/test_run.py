"""The command line: spec and discover without the CDK, byte for byte what the CDK would say, the rest its way."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from sync.canned import MAPPING

from source_tiktok_ads import run as command
from source_tiktok_ads.source import SourceTiktokAds

ROOT = Path(__file__).parent.parent
FLAT = {"access_token": "tok-of-tests", "accounts": "7000000000000000001", "start_date": "2026-01-01"}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Write a configuration that answers quickly, with changes; a text is written as it is."""
    monkeypatch.delenv("LOG_LEVEL", raising=False)

    def write(text: str | None = None, **changes: Any) -> str:
        path = tmp_path / "config.json"
        path.write_text(json.dumps({**MAPPING, **changes}) if text is None else text)
        return str(path)

    return write


def long_way(*args: str) -> list[str]:
    """What the CDK's own entrypoint prints for a command."""
    entrypoint = AirbyteEntrypoint(SourceTiktokAds())
    return [*entrypoint.run(entrypoint.parse_args([*args]))]


def test_spec_is_byte_for_byte_the_cdks() -> None:
    """The CDK reads the same file and adds the same."""
    assert [command.quick_answer(["spec"])] == long_way("spec")


@pytest.mark.parametrize("versions", ["every", "latest"])
def test_discover_is_byte_for_byte_the_cdks(versions: str, config: Callable[..., str]) -> None:
    """The catalog under each setting of the keys."""
    args = ["discover", "--config", config(entity_versions=versions)]
    assert [command.quick_answer(args)] == long_way(*args)


def test_no_plugin_of_pydantic_sees_the_settings(config: Callable[..., str]) -> None:
    """One that is installed beside the connector is not even imported, because settings hold secrets."""
    script = (
        "import importlib.metadata as metadata; from source_tiktok_ads import run;"
        "names = []; found = metadata.entry_points;"
        "metadata.entry_points = lambda **wanted: names.append(wanted) or found(**wanted);"
        "run.main(['discover', '--config', 'PATH']); print(names)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYDANTIC_DISABLE_PLUGINS"}
    arguments = [sys.executable, "-c", script.replace("PATH", config())]
    ended = subprocess.run(arguments, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


def test_discover_of_more_streams_is_byte_for_byte_the_cdks(config: Callable[..., str]) -> None:
    """Custom reports and wider ones, with personal data."""
    report = {"name": "mine", "level": "ad", "metrics": ["spend"], "grain": "lifetime"}
    args = ["discover", "--config", config(metric_groups=["skan"], custom_reports=[report], personal_data=True)]
    (line,) = long_way(*args)
    assert command.quick_answer(args) == line
    assert json.loads(line)["catalog"]["streams"][-1]["name"] == "mine"


CODE = {"auth_type": "authorization_code", "app_id": "77", "secret": "sec-of-tests", "auth_code": "code-of-tests"}


@pytest.mark.parametrize(
    "changes",
    [
        {"start_date": "soon"},
        {"metric_groups": ["scan"]},
        {"unheard_of": 1},
        {"credentials": CODE},
        {"text": "{"},
        {"text": "[]"},
        {"text": json.dumps(FLAT)},
    ],
)
def test_a_configuration_that_takes_a_word_goes_the_long_way(
    changes: dict[str, Any], config: Callable[..., str]
) -> None:
    """Errors, notes and a code to be exchanged are the CDK's to report."""
    assert command.quick_answer(["discover", "--config", config(**changes)]) is None


def test_a_missing_file_and_a_wish_to_debug_go_the_long_way(
    config: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is an error, the second a flood of log lines."""
    path = config()
    assert command.quick_answer(["discover", "--config", path + ".none"]) is None
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    assert command.quick_answer(["discover", "--config", path]) is None


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["spec", "--debug"],
        ["check", "--config", "c"],
        ["discover"],
        ["discover", "--debug", "x"],
        ["read", "-h", "x"],
    ],
)
def test_other_commands_go_the_long_way(args: Sequence[str]) -> None:
    """Only two have a short one."""
    assert command.quick_answer(args) is None


def test_an_answer_is_printed_and_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    """One line on stdout."""
    assert command.main(["spec"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["type"] == "SPEC"


def test_the_long_way_gives_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is."""
    given: list[Sequence[str]] = []

    def launch(args: Sequence[str]) -> int:
        given.append(args)
        return 7

    monkeypatch.setattr("source_tiktok_ads.entrypoint.launch", launch)
    assert command.main(["check", "--config", "c"]) == 7
    assert given == [["check", "--config", "c"]]


def test_authorize_is_a_command_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets its arguments, the terminal, and ways to exchange a code and to list accounts."""
    given: list[Any] = []

    def main(*parts: Any) -> int:
        given.extend(parts)
        return 3

    asked: list[Any] = []

    class Talking:
        def __init__(self, origin: str, token: str, *_: Any, **__: Any) -> None:
            asked.append((origin, token))

        def exchange(self, *app: str) -> str:
            return "token"

        def accounts(self, *app: str, **patience: Any) -> Sequence[tuple[str, str]]:
            return [app]  # type: ignore[list-item]

    monkeypatch.setenv("TIKTOK_ADS_API_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("source_tiktok_ads.authorize.main", main)
    monkeypatch.setattr("source_tiktok_ads.api.client.Client", Talking)
    assert command.main(["authorize", "--out", "f"]) == 3
    args, out, ask, exchange, accounts = given
    assert (args, out, ask) == (["--out", "f"], sys.stdout, input)
    assert exchange("id", "secret", "code") == "token"
    assert accounts("tok", "id", "secret") == [("id", "secret")]
    assert asked == [("http://127.0.0.1:9", ""), ("http://127.0.0.1:9", "tok")]


@pytest.mark.parametrize("process", [1, 77])
def test_run_ends_the_process_with_the_exit_code(process: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's first process ends by itself on a signal, with the code a shell says; any other dies of it."""
    handlers: dict[int, Any] = {}
    left: list[int] = []
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    monkeypatch.setattr(os, "getpid", lambda: process)
    monkeypatch.setattr(os, "_exit", left.append)
    monkeypatch.setattr(sys, "argv", ["source-tiktok-ads", "spec"])
    for name in ("stdout", "__stdout__"):
        monkeypatch.setattr(sys, name, getattr(sys, name))
    with pytest.raises(SystemExit) as ended:
        command.run()
    assert ended.value.code == 0
    assert {*handlers} == {signal.SIGTERM, signal.SIGINT}
    if process != 1:
        assert {*handlers.values()} == {signal.SIG_DFL}
        return
    for number, handle in handlers.items():
        handle(number, None)
    assert left == [143, 130]


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
    assert capsys.readouterr().out == f"airbyte-source-tiktok-ads {ours} (airbyte-cdk 1.2.3, revision abc123)\n"


def test_the_package_offers_the_connector_by_the_name_that_tools_derive() -> None:
    """Of the folder's name; nothing else is there."""
    import source_tiktok_ads

    assert source_tiktok_ads.SourceTiktokAds is SourceTiktokAds
    with pytest.raises(AttributeError, match="no attribute 'SourceTiktok'"):
        _ = source_tiktok_ads.SourceTiktok


@pytest.mark.parametrize("verb", ["spec", "discover"])
def test_neither_imports_the_cdk(verb: str, config: Callable[..., str]) -> None:
    """Which costs more than everything else they do."""
    args = ["spec"] if verb == "spec" else ["discover", "--config", config()]
    script = (
        f"import sys; from source_tiktok_ads import run; code = run.main({args!r}); "
        "assert not [name for name in sys.modules if name.split('.')[0] == 'airbyte_cdk']; sys.exit(code)"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(ended.stdout.splitlines()) == 1


@pytest.mark.parametrize("verb", ["spec", "discover", "check", "read"])
@pytest.mark.parametrize("output", ["full", "closed", "unread"])
def test_an_output_that_cannot_be_written_ends_the_command(
    verb: str, output: str, config: Callable[..., str], tmp_path: Path
) -> None:
    """At once, with exit code 1 and a sentence, but none where the reader has gone; never with a trace."""
    path = config(api_url="http://127.0.0.1:9", wait_scale=0.0001)
    catalog = tmp_path / "catalog.json"
    catalog.write_text('{"streams": []}')
    files = {"spec": [], "read": ["--config", path, "--catalog", str(catalog)]}.get(verb, ["--config", path])
    script = "import sys; sys.argv[0] = 'x'; from source_tiktok_ads.run import run; run()"
    command = [sys.executable, "-c", script, verb, *files]
    ended = subprocess.run(
        ["sh", "-c", f'exec "$@" {REDIRECTED[output]}', "sh", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    code, said = (ended.returncode, ended.stderr) if output != "unread" else _unread(command)
    assert code == 1
    assert said == SAID[output]


REDIRECTED = {"full": "> /dev/full", "closed": ">&-", "unread": ""}
ENDS = "it ends in the middle, so nothing after it was read.\n"
SAID = {
    "full": f"The output can't be written (No space left on device): {ENDS}",
    "closed": f"The output can't be written (it is closed): {ENDS}",
    "unread": "",
}


def _unread(command: Sequence[str]) -> tuple[int, str]:
    """The exit code and the words of a command whose reader has gone before it begins."""
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True) as process:
        os.close(writing)
        said = process.communicate(timeout=60)[1]
    return process.returncode, said
