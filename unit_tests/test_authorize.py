"""authorize.py: consent becomes a file only its owner reads, and nothing secret is ever shown."""

import io
import json
import os
import re
import socketserver
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from http.server import HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from source_tiktok_ads.api.errors import Action, Rule, TikTokError
from source_tiktok_ads.authorize import code_of, consent_address, listen, main
from source_tiktok_ads.config import parse

TOKEN, APP, SECRET, CODE = "tok/4f1c", "7011111111111111111", "sec/9d2e", "cod-77aa"
ID = "7123456789012345678"
USED = Rule(Action.FAIL, "config", "The authorization code was used before or has expired", "Ask for a new one.")


@dataclass(frozen=True)
class Token:
    """What TikTok answers to a code."""

    access_token: str = TOKEN
    advertiser_ids: tuple[str, ...] = (ID,)


class Desk:
    """The command with everything around it played by the test: what was asked, opened, exchanged and shown."""

    def __init__(self, folder: Path, *answers: str) -> None:
        self.file = folder / "config.json"
        self.answers = list(answers)
        self.out = io.StringIO()
        self.opened: list[str] = []
        self.exchanged: list[tuple[str, str, str]] = []
        self.token = Token()
        self.accounts: Callable[[str, str, str], Sequence[tuple[str, str]]] = lambda *_: [
            (ID, "Acme"),
            ("7" * 18, "Bob's"),
        ]
        self.environ: Mapping[str, str] = {}
        self.failure: BaseException | None = None

    def ask(self, question: str) -> str:
        """The next answer; one with {state} gets the state of the address shown."""
        if not self.answers:
            raise EOFError
        return self.answers.pop(0).replace("{state}", self.state())

    def state(self) -> str:
        """The state in the consent address shown last."""
        return "".join(re.findall(r"[?&]state=([^&]*)", self.shown)[-1:])

    @property
    def shown(self) -> str:
        """All that was printed."""
        return self.out.getvalue()

    def exchange(self, app_id: str, secret: str, code: str) -> Token:
        """TikTok's answer to a code."""
        self.exchanged.append((app_id, secret, code))
        if self.failure:
            raise self.failure
        return self.token

    def listen(self, port: int, state: str) -> str:
        """The code that came to the local address."""
        assert state == self.state()
        return f"from-{port}"

    def run(self, *argv: str) -> int:
        """Run the command with these options and check that no secret was shown."""
        code = main(
            ["--output", str(self.file), *argv],
            self.out,
            self.ask,
            self.exchange,
            lambda *given: self.accounts(*given),
            ask_secret=self.ask,
            open_page=self.opened.append,
            listen=self.listen,
            environ=self.environ,
        )
        spellings = [f(secret) for secret in (TOKEN, SECRET, CODE) for f in (str, lambda s: quote(s, safe=""))]
        assert not any(secret in self.shown for secret in spellings)
        return code

    def left(self) -> list[str]:
        """The files in the folder."""
        return sorted(path.name for path in self.file.parent.iterdir())


def test_pasted_code(tmp_path: Path) -> None:
    """App, secret, redirect address and code are asked for; a file that can be used at once is written, mode 600."""
    desk = Desk(tmp_path, APP, SECRET, "https://me.example/cb", f" {CODE} ")
    assert desk.run("--start-date", "01/31/2024") == 0
    assert desk.exchanged == [(APP, SECRET, CODE)]
    written = json.loads(desk.file.read_text())
    assert written == {
        "credentials": {"auth_type": "oauth2.0", "access_token": TOKEN, "app_id": APP, "secret": SECRET},
        "start_date": "2024-01-31",
    }
    assert parse(written, {}).start_date.isoformat() == "2024-01-31"
    assert stat.S_IMODE(desk.file.stat().st_mode) == 0o600
    assert desk.left() == ["config.json"]


def test_what_is_shown(tmp_path: Path) -> None:
    """A person reads the consent address, the file, the accounts it unlocks and the next command."""
    desk = Desk(tmp_path, "https://me.example/cb?x=1", CODE)
    assert desk.run("--app-id", APP, "--secret", SECRET) == 0
    address = (
        f"https://business-api.tiktok.com/portal/auth?app_id={APP}&state={desk.state()}"
        "&redirect_uri=https%3A%2F%2Fme.example%2Fcb%3Fx%3D1"
    )
    assert desk.shown == (
        f"\nOpen this address, log in and allow the access:\n\n  {address}\n\n"
        f"\nWrote {desk.file} (readable by you alone).\n"
        f"It unlocks 2 account(s):\n  {ID}  Acme\n  {'7' * 18}  Bob's\n"
        f"Next: source-tiktok-ads check --config {desk.file}\n"
    )


def test_pasted_address(tmp_path: Path) -> None:
    """The whole address after consent does as well, if it carries the state of this consent page."""
    desk = Desk(tmp_path, "https://me.example/cb", f"https://me.example/cb?auth_code={CODE}&state={{state}}")
    assert desk.run("--app-id", APP, "--secret", SECRET) == 0
    assert desk.exchanged == [(APP, SECRET, CODE)]


@pytest.mark.parametrize("tail", ["&state=another", ""])
def test_address_of_another_consent_page(tmp_path: Path, tail: str) -> None:
    """An address with another state, or none, is refused before anything is sent."""
    desk = Desk(tmp_path, "https://me.example/cb", f"https://me.example/cb?auth_code={CODE}{tail}")
    assert desk.run("--app-id", APP, "--secret", SECRET) == 1
    assert desk.shown.endswith(
        "The pasted address does not belong to the consent page above (its state differs). Nothing was sent to TikTok "
        "or written: run the command again and use the address it prints.\n"
    )
    assert (desk.exchanged, desk.left()) == ([], [])


def test_states_differ(tmp_path: Path) -> None:
    """Every consent page has a state of its own that cannot be guessed."""
    desks = [Desk(tmp_path, "https://me.example/cb", CODE) for _ in range(2)]
    assert [desk.run("--app-id", APP, "--secret", SECRET, "--force") for desk in desks] == [0, 0]
    assert desks[0].state() != desks[1].state()
    assert min(len(desk.state()) for desk in desks) == 32


def test_options_and_variables_ask_nothing(tmp_path: Path) -> None:
    """App and secret may come from variables, the code (or its address) from an option: then nothing is asked."""
    desk = Desk(tmp_path)
    desk.environ = {"TIKTOK_ADS_APP_ID": APP, "TIKTOK_ADS_SECRET": SECRET}
    assert desk.run("--code", f"https://me.example/cb?auth_code={CODE}&state=old") == 0
    assert desk.exchanged == [(APP, SECRET, CODE)]
    assert "portal/auth" not in desk.shown


def test_start_date_unless_given(tmp_path: Path) -> None:
    """Without a start date, reports begin with the last calendar year."""
    desk = Desk(tmp_path)
    assert desk.run("--app-id", APP, "--secret", SECRET, "--code", CODE) == 0
    years = {f"{datetime.now(timezone.utc).year - back}-01-01" for back in (0, 1)}
    assert json.loads(desk.file.read_text())["start_date"] in years


def test_listening(tmp_path: Path) -> None:
    """With --listen the redirect address is the local one and the code is taken there; --open opens the page."""
    desk = Desk(tmp_path)
    assert desk.run("--app-id", APP, "--secret", SECRET, "--listen", "8765", "--open") == 0
    query = parse_qs(urlsplit(desk.opened[0]).query)
    assert query == {"app_id": [APP], "state": [desk.state()], "redirect_uri": ["http://127.0.0.1:8765/"]}
    assert desk.exchanged == [(APP, SECRET, "from-8765")]
    assert "Waiting at http://127.0.0.1:8765/" in desk.shown


def test_listening_behind_another_address(tmp_path: Path) -> None:
    """A redirect address of one's own wins over the local one."""
    desk = Desk(tmp_path)
    assert (
        desk.run("--app-id", APP, "--secret", SECRET, "--listen", "8765", "--redirect-uri", "https://me.example/") == 0
    )
    assert "redirect_uri=https%3A%2F%2Fme.example%2F" in desk.shown


def test_another_origin(tmp_path: Path) -> None:
    """The variable that stands in for TikTok's address moves the consent page too."""
    desk = Desk(tmp_path, "https://me.example/cb", CODE)
    desk.environ = {"TIKTOK_ADS_API_URL": "http://127.0.0.1:9"}
    assert desk.run("--app-id", APP, "--secret", SECRET) == 0
    assert "  http://127.0.0.1:9/portal/auth?app_id=" in desk.shown


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (
            ("--app-id", "two words", "--secret", SECRET),
            "App ID (`credentials.app_id`) cannot be used: write the id of the developer app, as text.",
        ),
        (
            ("--app-id", APP, "--secret", "*****"),
            "App Secret (`credentials.secret`) cannot be used: write the app's secret as TikTok issued it, without "
            "spaces and not the asterisks that Airbyte shows for it.",
        ),
        (
            ("--app-id", APP, "--secret", SECRET, "--start-date", "soon"),
            'Start Date (`start_date`) is "soon": write a date as YYYY-MM-DD, from the year 2000 on, such as '
            "2024-01-31.",
        ),
        (
            ("--app-id", APP, "--secret", SECRET, "--code", "two words"),
            "Authorization Code (`credentials.auth_code`) cannot be used: write the code of the consent page, or the "
            "whole address that the page led to.",
        ),
        (
            ("--app-id", APP),
            "An answer was needed and none came: give it as an option (see --help).",
        ),
    ],
)
def test_refused_before_the_code_is_spent(tmp_path: Path, argv: tuple[str, ...], sentence: str) -> None:
    """What can be known to be wrong is said before TikTok is asked, and no file is left."""
    desk = Desk(tmp_path)
    assert desk.run(*argv) == 1
    assert desk.shown == f"{sentence}\n"
    assert (desk.exchanged, desk.left()) == ([], [])


def test_an_existing_file_stays(tmp_path: Path) -> None:
    """A file that exists is replaced only on demand, and then read by its owner alone."""
    desk = Desk(tmp_path)
    desk.file.write_text("mine")
    desk.file.chmod(0o644)
    argv = ("--app-id", APP, "--secret", SECRET, "--code", CODE)
    assert desk.run(*argv) == 1
    assert desk.shown == (
        f"{desk.file} exists and stays as it is: name another file with --output, or replace it with --force.\n"
    )
    assert (desk.exchanged, desk.file.read_text()) == ([], "mine")
    assert desk.run(*argv, "--force") == 0
    assert json.loads(desk.file.read_text())["credentials"]["access_token"] == TOKEN
    assert stat.S_IMODE(desk.file.stat().st_mode) == 0o600


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """A folder is refused even with --force, before the code is spent."""
    desk = Desk(tmp_path)
    desk.file.mkdir()
    assert desk.run("--app-id", APP, "--secret", SECRET, "--code", CODE, "--force") == 1
    assert desk.shown == f"{desk.file} is a folder: name a file with --output.\n"
    assert desk.exchanged == []


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    """Where nothing can be written the code is not spent."""
    desk = Desk(tmp_path / "none")
    assert desk.run("--app-id", APP, "--secret", SECRET, "--code", CODE) == 1
    assert desk.shown.startswith("This failed on this machine: [Errno 2] No such file or directory")
    assert desk.exchanged == []


def test_a_used_code(tmp_path: Path) -> None:
    """TikTok's refusal is told in its sentence, without what was sent; a file that stood there stands as before."""
    desk = Desk(tmp_path)
    desk.file.write_text("mine")
    desk.failure = TikTokError(
        USED,
        code=40110,
        message=f"auth_code {CODE} of {quote(SECRET, safe='')}",
        request_id="r1",
        path="oauth2/access_token",
    )
    assert desk.run("--app-id", APP, "--secret", SECRET, "--code", CODE, "--force") == 1
    assert desk.shown.startswith("The authorization code was used before or has expired (oauth2/access_token: ")
    assert "40110" in desk.shown
    assert desk.shown.endswith("request_id r1). Ask for a new one. Nothing was written.\n")
    assert (desk.left(), desk.file.read_text()) == (["config.json"], "mine")


def test_a_full_disk_costs_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The room for the file is taken, and on the disk, before the code is spent."""

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    desk = Desk(tmp_path)
    assert desk.run("--app-id", APP, "--secret", SECRET, "--code", CODE) == 1
    assert (desk.exchanged, desk.left()) == ([], [])
    assert desk.shown.startswith("The new file can't be written: [Errno 28] No space left on device.")


def test_the_file_is_on_the_disk_before_and_after_the_exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First as large as it can get, then as it is to be."""
    desk, sizes = Desk(tmp_path), []
    monkeypatch.setattr(os, "fsync", lambda handle: sizes.append((len(desk.exchanged), os.fstat(handle).st_size)))
    assert desk.run("--app-id", APP, "--secret", SECRET, "--code", CODE) == 0
    assert sizes == [(0, 1 << 16), (1, desk.file.stat().st_size)]


def test_a_file_that_cannot_be_moved_stays_with_its_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code is spent, so the sentence says where the token is."""

    def stuck(source: str, target: Path) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "replace", stuck)
    desk = Desk(tmp_path)
    assert desk.run("--app-id", APP, "--secret", SECRET, "--code", CODE) == 1
    (draft,) = desk.left()
    assert f"is in {tmp_path / draft}, but can't be moved to {desk.file}" in desk.shown
    assert TOKEN in (tmp_path / draft).read_text()


def test_an_interruption(tmp_path: Path) -> None:
    """Ctrl-C ends the command with 130 and leaves no file."""
    desk = Desk(tmp_path)
    desk.failure = KeyboardInterrupt()
    assert desk.run("--app-id", APP, "--secret", SECRET, "--code", CODE) == 130
    assert (desk.shown, desk.left()) == ("\nStopped.\n", [])


def test_accounts_without_names(tmp_path: Path) -> None:
    """If the names cannot be read the token is saved all the same, and its accounts are shown by id."""
    desk = Desk(tmp_path)

    def refuse(access_token: str, app_id: str, secret: str) -> Sequence[tuple[str, str]]:
        rule = Rule(Action.FAIL, "system", "TikTok is away", "Try later.")
        raise TikTokError(rule, message=f"no {access_token} {secret}", path="oauth2/advertiser/get")

    desk.accounts = refuse
    assert desk.run("--app-id", APP, "--secret", SECRET, "--code", CODE) == 0
    assert desk.file.exists()
    assert "The names of the accounts are missing: TikTok is away" in desk.shown
    assert f"It unlocks 1 account(s):\n  {ID}\nNext:" in desk.shown


def test_a_token_without_accounts(tmp_path: Path) -> None:
    """A consent that chose no account is told with what to do."""
    desk = Desk(tmp_path)
    desk.accounts = lambda *_: []
    assert desk.run("--app-id", APP, "--secret", SECRET, "--code", CODE) == 0
    assert (
        "It unlocks no account: choose the accounts on the consent page, and run the command again with --force.\nNext:"
        in desk.shown
    )


def test_consent_address() -> None:
    """The address names app, state and redirect address, each encoded, and no scope."""
    assert consent_address("https://x.example", "a&b", "http://127.0.0.1:1/", "s=") == (
        "https://x.example/portal/auth?app_id=a%26b&state=s%3D&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2F"
    )


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/?auth_code=abc&code=abc&state=right", "abc"),
        ("/?auth_code=abc&state=wrong", None),
        ("/?auth_code=abc", None),
        ("/?auth_code=&state=right", None),
        ("/?error=denied&state=right", None),
        ("/favicon.ico", None),
    ],
)
def test_code_of(address: str, code: str | None) -> None:
    """Only a code that comes with the state of this consent page counts."""
    assert code_of(address, "right") == code


class Wire:
    """A browser's connection that holds one request and keeps the answer."""

    def __init__(self, path: str) -> None:
        self.request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        self.answer = b""

    def makefile(self, *_: Any) -> io.BytesIO:
        """The request, to be read."""
        return io.BytesIO(self.request)

    def settimeout(self, seconds: float) -> None:
        """A silent connection is given up."""
        assert seconds == 10

    def sendall(self, data: bytes) -> None:
        """A part of the answer."""
        self.answer += data


class Server:
    """A server that a browser visits at the given paths, one after the other."""

    def __init__(self, *paths: str) -> None:
        self.wires = [Wire(path) for path in paths]
        self.waiting = list(self.wires)
        self.closed = False

    def __call__(self, address: tuple[str, int], handler: Callable[..., socketserver.BaseRequestHandler]) -> HTTPServer:
        self.address, self.handler = address, handler
        return self  # type: ignore[return-value]  # plays the part that listen() uses

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def handle_request(self) -> None:
        """Answer the next visit."""
        self.handler(self.waiting.pop(0), ("127.0.0.1", 1), self)


def test_listen(capfd: pytest.CaptureFixture[str]) -> None:
    """Other visits are turned away, the right one ends the wait, the door is on loopback, nothing is logged."""
    server = Server("/favicon.ico", "/?auth_code=abc&state=wrong", f"/?auth_code={CODE}&state=right", "/late")
    assert listen(8765, "right", server) == CODE
    assert [wire.answer.partition(b" ")[2][:3] for wire in server.wires] == [b"400", b"400", b"200", b""]
    assert server.wires[2].answer.endswith(b"\r\n\r\nConsent received: go back to the terminal.")
    assert (server.address, server.closed) == (("127.0.0.1", 8765), True)
    assert capfd.readouterr() == ("", "")
