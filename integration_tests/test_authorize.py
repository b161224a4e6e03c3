"""The command `authorize` in a process of its own: from a consent to a file that works, no secret on the screen."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from http.client import HTTPConnection
from pathlib import Path
from socket import create_server
from typing import IO
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from .forking import judged
from .reading import MAIN, environment, run
from .simulator import APP_ID, AUTH_CODE, EXPIRED_AUTH_CODE, SECRET, Simulator, World

WORLD = World(advertisers=2, campaigns=1, adgroups_per=1, ads_per=1, history_start=date(2026, 2, 10))
APP = ("--app-id", APP_ID, "--secret", SECRET)
EXCHANGED = "simulated-exchanged-token-0001"
BACK = "https://me.example/cb"
SECONDS = 60


@dataclass(frozen=True)
class Ended:
    """What the command left behind: exit code and what a person saw."""

    code: int
    shown: str


@pytest.fixture
def tiktok() -> Iterator[Simulator]:
    """A TikTok with a code that has not been used."""
    with Simulator(WORLD) as running:
        yield running


def started(tiktok: Simulator, folder: Path, *argv: str, **variables: str) -> subprocess.Popen[str]:
    """The command, started where no terminal is; what it would show on stderr stands on stdout."""
    variables = {**environment(), "TIKTOK_ADS_API_URL": tiktok.url, "PYTHONIOENCODING": "utf-8", **variables}
    line = [sys.executable, str(MAIN), "authorize", *argv]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        line, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True, cwd=folder, env=variables
    )


def ended(command: subprocess.Popen[str], *answers: str) -> Ended:
    """The command, once it was given its answers and has ended; a secret on the screen fails the test."""
    shown, _ = command.communicate("".join(f"{answer}\n" for answer in answers), timeout=SECONDS)
    for secret in (SECRET, AUTH_CODE, EXPIRED_AUTH_CODE, EXCHANGED):
        assert secret not in shown
    return Ended(command.returncode, shown)


def authorize(tiktok: Simulator, folder: Path, *argv: str, answers: tuple[str, ...] = (), **variables: str) -> Ended:
    """Run the command to its end."""
    return ended(started(tiktok, folder, *argv, **variables), *answers)


def untouched(tiktok: Simulator, folder: Path) -> bool:
    """Whether no file was written and the code can still be used."""
    return list(folder.iterdir()) == [] and AUTH_CODE in tiktok.access.codes


def works(tiktok: Simulator, file: Path) -> bool:
    """Whether only its owner may read the file, nothing lies beside it, and the configuration passes check."""
    config = json.loads(file.read_text(encoding="utf-8"))
    credentials = {"auth_type": "oauth2.0", "access_token": EXCHANGED, "app_id": APP_ID, "secret": SECRET}
    outcome = judged(run("check", {**config, "api_url": tiktok.url, "wait_scale": 0.001}))
    assert all(account in "\n".join(outcome.logs) for account in WORLD.advertiser_ids)
    return (
        (config["credentials"], stat.S_IMODE(file.stat().st_mode)) == (credentials, 0o600)
        and [path.name for path in file.parent.iterdir()] == [file.name]
        and outcome.verdict == {"status": "SUCCEEDED"}
    )


def test_a_code_given_as_an_option(tiktok: Simulator, tmp_path: Path) -> None:
    """Nothing is asked; the accounts are shown, the file is written and works at once."""
    done = authorize(tiktok, tmp_path, *APP, "--code", AUTH_CODE, "--output", "mine.json", "--start-date", "2026-03-01")
    accounts = [WORLD.advertiser(account) for account in WORLD.advertiser_ids]
    listed = "".join(f"  {account.advertiser_id}  {account.name}\n" for account in accounts if account)
    assert done == Ended(
        0,
        "\nWrote mine.json (readable by you alone).\n"
        f"It unlocks 2 account(s):\n{listed}"
        "Next: source-tiktok-ads check --config mine.json\n",
    )
    assert json.loads((tmp_path / "mine.json").read_text(encoding="utf-8"))["start_date"] == "2026-03-01"
    assert works(tiktok, tmp_path / "mine.json")


def test_an_address_given_as_an_option(tiktok: Simulator, tmp_path: Path) -> None:
    """The code is taken out of the address after consent; app and secret may come from variables."""
    variables = {"TIKTOK_ADS_APP_ID": APP_ID, "TIKTOK_ADS_SECRET": SECRET}
    done = authorize(tiktok, tmp_path, "--code", f"{BACK}?code=x&auth_code={AUTH_CODE}&state=y", **variables)
    assert done.code == 0
    assert works(tiktok, tmp_path / "config.json")


def consent_page(command: subprocess.Popen[str]) -> tuple[str, dict[str, list[str]]]:
    """The address of the consent page, read from the running command's screen, and its parameters."""
    screen: IO[str] | None = command.stdout
    assert screen is not None
    for line in screen:
        if found := re.search(r"https?://\S+/portal/auth\?\S+", line):
            return found[0], parse_qs(urlsplit(found[0]).query)
    raise AssertionError("no consent page was shown")


@pytest.mark.parametrize("form", ["{code}", "  {code}  ", f"{BACK}?auth_code={{code}}&code={{code}}&state={{state}}"])
def test_a_pasted_answer(tiktok: Simulator, tmp_path: Path, form: str) -> None:
    """The consent page's address is shown; the code, or the address it led to, is pasted."""
    command = started(tiktok, tmp_path, *APP, "--redirect-uri", BACK)
    address, query = consent_page(command)
    assert address.startswith(f"{tiktok.url}/portal/auth?")
    assert (query["app_id"], query["redirect_uri"]) == ([APP_ID], [BACK])
    done = ended(command, form.format(code=quote(AUTH_CODE), state=query["state"][0]))
    assert done.code == 0
    assert works(tiktok, tmp_path / "config.json")


def test_an_address_of_another_consent_page(tiktok: Simulator, tmp_path: Path) -> None:
    """An address with another state is refused, and the code in it is not spent."""
    done = authorize(
        tiktok, tmp_path, *APP, "--redirect-uri", BACK, answers=(f"{BACK}?auth_code={AUTH_CODE}&state=another",)
    )
    assert done.code == 1
    assert "does not belong to the consent page above" in done.shown
    assert untouched(tiktok, tmp_path)


def visit(port: int, path: str) -> int:
    """The status with which the waiting command answers a browser."""
    browser = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    browser.request("GET", path)
    status = browser.getresponse().status
    browser.close()
    return status


def free_port() -> int:
    """A port that nobody listens at."""
    with create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def reached(command: subprocess.Popen[str], port: int) -> None:
    """Return once the command listens: its screen says so just before it does."""
    assert command.stdout is not None
    assert any(f"Waiting at http://127.0.0.1:{port}/" in line for line in command.stdout)
    while command.poll() is None:
        try:
            visit(port, "/favicon.ico")
            return
        except ConnectionRefusedError:
            continue


def test_a_browser_that_is_sent_back(tiktok: Simulator, tmp_path: Path) -> None:
    """With --listen the browser brings the code; whoever comes without this page's state is turned away."""
    port = free_port()
    command = started(tiktok, tmp_path, *APP, "--listen", str(port))
    _, query = consent_page(command)
    assert query["redirect_uri"] == [f"http://127.0.0.1:{port}/"]
    reached(command, port)
    assert visit(port, f"/?auth_code={AUTH_CODE}&state=another") == 400
    assert visit(port, f"/?auth_code={AUTH_CODE}&code={AUTH_CODE}&state={query['state'][0]}") == 200
    done = ended(command)
    assert (done.code, AUTH_CODE in tiktok.access.codes) == (0, False)
    assert works(tiktok, tmp_path / "config.json")


def test_a_port_that_is_taken(tiktok: Simulator, tmp_path: Path) -> None:
    """The sentence says what failed; nothing is spent."""
    with create_server(("127.0.0.1", 0)) as server:
        done = authorize(tiktok, tmp_path, *APP, "--listen", str(server.getsockname()[1]))
    assert done.code == 1
    assert "This failed on this machine: " in done.shown
    assert untouched(tiktok, tmp_path)


@pytest.mark.parametrize("answer", [40110, 40002])
def test_a_used_code(tiktok: Simulator, tmp_path: Path, answer: int) -> None:
    """The second use of a code has its own sentence, whichever of its codes TikTok answers with."""
    tiktok.switches.update({"spent_code_answer": answer})
    tiktok.access.exchange(AUTH_CODE)
    done = authorize(tiktok, tmp_path, *APP, "--code", AUTH_CODE)
    assert done.code == 1
    assert done.shown.startswith("The authorization code was used already or has expired")
    assert f"code {answer}" in done.shown
    assert done.shown.endswith("Nothing was written.\n")
    assert list(tmp_path.iterdir()) == []


def test_an_expired_code(tiktok: Simulator, tmp_path: Path) -> None:
    """So has one that is too old."""
    done = authorize(tiktok, tmp_path, *APP, "--code", EXPIRED_AUTH_CODE)
    assert done.code == 1
    assert done.shown.startswith("The authorization code was used already or has expired")
    assert untouched(tiktok, tmp_path)


def test_a_wrong_secret(tiktok: Simulator, tmp_path: Path) -> None:
    """The app's secret is blamed, and not shown; the code can still be used."""
    done = authorize(tiktok, tmp_path, "--app-id", APP_ID, "--secret", "no-secret-of-ours", "--code", AUTH_CODE)
    assert done.code == 1
    assert "code 40101" in done.shown
    assert "no-secret-of-ours" not in done.shown
    assert untouched(tiktok, tmp_path)


@pytest.mark.parametrize(
    "argv",
    [
        ("--app-id", APP_ID, "--secret", "*****", "--code", AUTH_CODE),
        (*APP, "--code", "two words"),
        (*APP, "--code", AUTH_CODE, "--start-date", "soon"),
        (*APP, "--code", AUTH_CODE, "--output", "no/such/folder.json"),
        APP,
    ],
    ids=["a masked secret", "a code of two words", "a bad date", "a folder that is missing", "nobody to answer"],
)
def test_what_is_wrong_before_the_exchange(tiktok: Simulator, tmp_path: Path, argv: tuple[str, ...]) -> None:
    """Nothing is sent to TikTok, nothing written, and one sentence says why."""
    done = authorize(tiktok, tmp_path, *argv)
    assert done.code == 1
    assert "Traceback" not in done.shown
    assert (tiktok.requests, untouched(tiktok, tmp_path)) == ([], True)


def test_an_existing_file_stays(tiktok: Simulator, tmp_path: Path) -> None:
    """It is replaced only with --force, before which no code is spent, and then belongs to its owner alone."""
    file = tmp_path / "config.json"
    file.write_text("mine", encoding="utf-8")
    os.chmod(file, 0o644)
    done = authorize(tiktok, tmp_path, *APP, "--code", AUTH_CODE)
    assert (done.code, file.read_text(encoding="utf-8"), tiktok.requests) == (1, "mine", [])
    assert done.shown.startswith("config.json exists and stays as it is: ")
    assert authorize(tiktok, tmp_path, *APP, "--code", AUTH_CODE, "--force").code == 0
    assert works(tiktok, file)


def test_the_names_of_the_accounts_are_missing(tiktok: Simulator, tmp_path: Path) -> None:
    """A token is kept though TikTok does not tell what it unlocks: ids stand in, and a refusal shows no secret."""
    tiktok.faults.add("code", path="oauth2/advertiser/get", code=40001, message=f"{EXCHANGED} {quote(SECRET)}", times=1)
    done = authorize(tiktok, tmp_path, *APP, "--code", AUTH_CODE)
    assert done.code == 0
    assert "The names of the accounts are missing: " in done.shown
    assert all(f"  {account}\n" in done.shown for account in WORLD.advertiser_ids)
    assert works(tiktok, tmp_path / "config.json")
