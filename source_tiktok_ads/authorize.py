"""The command `authorize`: leads through TikTok's consent page and writes a configuration file. It shows no secrets."""

from __future__ import annotations

import argparse
import json
import os
import webbrowser
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timezone
from getpass import getpass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from secrets import token_urlsafe
from tempfile import mkstemp
from typing import Any, Protocol, TextIO
from urllib.parse import urlencode

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.config import (
    AuthorizationCode,
    Config,
    ConfigError,
    normalise,
    origin,
    parse,
    redirected,
    with_access_token,
)
from source_tiktok_ads.shell import Redactor


class Token(Protocol):
    """The parts of TikTok's answer to a code that this command needs."""

    @property
    def access_token(self) -> str:
        """The long-term token."""

    @property
    def advertiser_ids(self) -> Sequence[str]:
        """The accounts that the token can read."""


Exchange = Callable[[str, str, str], Token]
Accounts = Callable[[str, str, str], Sequence[tuple[str, str]]]


class _Stop(Exception):
    """The command cannot continue. The text is for the user."""


@dataclass(frozen=True)
class _Console:
    """The command's connections to the outside: output, input, browser, network and environment."""

    out: TextIO
    ask: Callable[[str], str]
    ask_secret: Callable[[str], str]
    open_page: Callable[[str], object]
    listen: Callable[[int, str], str]
    environ: Mapping[str, str]

    def say(self, text: str) -> None:
        print(text, file=self.out, flush=True)


def consent_address(api_origin: str, app_id: str, redirect_uri: str, state: str) -> str:
    """The address of the consent page. TikTok then redirects the browser to redirect_uri with auth_code and state."""
    # TikTok: the page takes no scope, because permissions belong to the app. redirect_uri has to be registered there.
    return f"{api_origin}/portal/auth?{urlencode({'app_id': app_id, 'state': state, 'redirect_uri': redirect_uri})}"


def listen(port: int, state: str, server: Callable[..., HTTPServer] = HTTPServer) -> str:
    """Wait until the consent page redirects the browser to 127.0.0.1, and return the code.

    Raises OSError if the port is taken.
    """
    codes: list[str] = []

    class Redirect(BaseHTTPRequestHandler):
        timeout = 10  # browsers open connections in advance and may not use them

        def do_GET(self) -> None:
            code = code_of(self.path, state)
            codes.extend(filter(None, [code]))
            self.send_response(200 if code else 400)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(b"Consent received: go back to the terminal." if code else b"Not the awaited consent.")

        def log_message(self, format: str, *args: Any) -> None:
            """Do nothing: the line would contain the code."""

    with server(("127.0.0.1", port), Redirect) as waiting:
        while not codes:
            waiting.handle_request()
    return codes[0]


def code_of(address: str, state: str) -> str | None:
    """The code in an address after consent; None if it has no code or belongs to another consent page."""
    code, came_back = redirected(address)
    return code if came_back == state and code else None


def main(
    argv: Sequence[str],
    out: TextIO,
    ask: Callable[[str], str],
    exchange: Exchange,
    accounts: Accounts,
    *,
    ask_secret: Callable[[str], str] = getpass,
    open_page: Callable[[str], object] = webbrowser.open,
    listen: Callable[[int, str], str] = listen,
    environ: Mapping[str, str] = os.environ,
) -> int:
    """Run the command. Returns 0 if the file was written, 1 after an error with a sentence, 130 when interrupted.

    `exchange(app_id, secret, code)` and `accounts(access_token, app_id, secret)` call TikTok and raise TikTokError.
    """
    console = _Console(out, ask, ask_secret, open_page, listen, environ)
    try:
        _authorize(_options(argv), console, exchange, accounts)
    except (_Stop, ConfigError) as error:
        console.say(str(error))
    except EOFError:
        console.say("An answer was needed and none came: give it as an option (see --help).")
    except OSError as error:
        console.say(f"This failed on this machine: {error}.")
    except KeyboardInterrupt:
        console.say("\nStopped.")
        return 130
    else:
        return 0
    return 1


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("source-tiktok-ads authorize", description=_DESCRIPTION)
    parser.add_argument("--app-id", help="id of your developer app (or the variable TIKTOK_ADS_APP_ID; else asked for)")
    parser.add_argument("--secret", help="its secret (better the variable TIKTOK_ADS_SECRET; else asked for, unseen)")
    parser.add_argument("--redirect-uri", help="redirect address registered in the app (with --listen: the local one)")
    parser.add_argument("--listen", type=int, metavar="PORT", help="wait for the code at http://127.0.0.1:PORT/")
    parser.add_argument("--open", action="store_true", help="open the consent page in the browser")
    parser.add_argument("--code", help="a code, or the address it came with, from a consent already given")
    parser.add_argument("--output", default="config.json", help="file to write, readable by you alone (%(default)s)")
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    parser.add_argument("--start-date", default=_start_of_last_year(), help="first day of reports (%(default)s)")
    return parser.parse_args(argv)


_DESCRIPTION = "Get an access token through TikTok's consent page and write a configuration that is ready to use."


def _start_of_last_year() -> str:
    return date(datetime.now(timezone.utc).year - 1, 1, 1).isoformat()


def _authorize(options: argparse.Namespace, console: _Console, exchange: Exchange, accounts: Accounts) -> None:
    # A code works only once, so everything that can be validated is validated before the exchange.
    path = Path(options.output)
    _check_free(path, options.force)
    app_id = options.app_id or console.environ.get("TIKTOK_ADS_APP_ID") or console.ask("App ID: ")
    secret = (
        options.secret or console.environ.get("TIKTOK_ADS_SECRET") or console.ask_secret("App secret (not shown): ")
    )
    app = _code_of(parse(_form(app_id, secret, "not-yet-known", options.start_date), console.environ))
    code = redirected(options.code)[0] if options.code else _consent(options, app.app_id, console)
    form = _form(app_id, secret, code, options.start_date)
    with _new_file(path) as file:
        settings = parse(form, console.environ)
        token = _exchange_code(_code_of(settings), exchange)
        _write(file, json.dumps(with_access_token({}, settings, token.access_token), indent=2) + "\n")
    console.say(f"\nWrote {path} (readable by you alone).")
    _show_accounts(token, app, console, accounts)
    console.say(f"Next: source-tiktok-ads check --config {path}")


def _check_free(path: Path, force: bool) -> None:
    if path.is_dir():
        raise _Stop(f"{path} is a folder: name a file with --output.")
    if path.exists() and not force:
        raise _Stop(f"{path} exists and stays as it is: name another file with --output, or replace it with --force.")


def _form(app_id: str, secret: str, code: str, start_date: str) -> dict[str, Any]:
    credentials = {"auth_type": "authorization_code", "app_id": app_id, "secret": secret, "auth_code": code}
    return normalise({"credentials": credentials, "start_date": start_date})[0]


def _code_of(settings: Config) -> AuthorizationCode:
    assert isinstance(settings.credentials, AuthorizationCode)  # `_form` builds no other
    return settings.credentials


def _consent(options: argparse.Namespace, app_id: str, console: _Console) -> str:
    """The code of a new consent. Raises _Stop if the pasted address belongs to another consent page."""
    local = f"http://127.0.0.1:{options.listen}/" if options.listen else None
    redirect_uri = options.redirect_uri or local or console.ask("Redirect address registered in the app: ").strip()
    state = token_urlsafe(24)
    address = consent_address(origin(console.environ), app_id, redirect_uri, state)
    console.say(f"\nOpen this address, log in and allow the access:\n\n  {address}\n")
    if options.open:
        console.open_page(address)
    if options.listen:
        console.say(f"Waiting at {local} for the answer (Ctrl-C stops) …")
        return console.listen(options.listen, state)
    return _code_in_pasted(console.ask("Paste the address the page led to, or the auth_code in it: "), state)


def _code_in_pasted(text: str, state: str) -> str:
    if "auth_code=" not in text:
        return text
    code = code_of(text, state)
    if code is None:
        raise _Stop(
            "The pasted address does not belong to the consent page above (its state differs). Nothing was sent to "
            "TikTok or written: run the command again and use the address it prints."
        )
    return code


# More bytes than any configuration that this command writes.
_RESERVED = 1 << 16


@contextmanager
def _new_file(path: Path) -> Iterator[TextIO]:
    """A file of mode 600 that exists at `path` after the block, or nowhere if the block raises an error.

    Its space is reserved before the block begins, because the code works only once and must not be lost to a full disk.
    """
    handle, draft = mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            _write(file, " " * _RESERVED)
            yield file
    except BaseException:
        os.unlink(draft)
        raise
    try:
        os.replace(draft, path)
    except OSError as error:
        raise _Stop(
            f"The configuration, with the token, is in {draft}, but can't be moved to {path}: {error}."
        ) from None


def _write(file: TextIO, content: str) -> None:
    """Replace the content of a file, and wait until it is on the disk."""
    try:
        file.seek(0)
        file.write(content)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
        raise _Stop(f"The new file can't be written: {error}. A code that was exchanged is spent.") from None


def _exchange_code(credentials: AuthorizationCode, exchange: Exchange) -> Token:
    try:
        return exchange(credentials.app_id, credentials.secret, credentials.auth_code)
    except TikTokError as error:
        hide = Redactor([credentials.secret, credentials.auth_code])
        raise _Stop(hide(f"{error.sentence} Nothing was written.")) from None


def _show_accounts(token: Token, app: AuthorizationCode, console: _Console, accounts: Accounts) -> None:
    """List the accounts of the token; only their ids if TikTok refuses the names, as the token is already saved."""
    try:
        listed = accounts(token.access_token, app.app_id, app.secret)
    except TikTokError as error:
        console.say(
            Redactor([token.access_token, app.secret])(f"The names of the accounts are missing: {error.sentence}")
        )
        listed = [(advertiser_id, "") for advertiser_id in token.advertiser_ids]
    console.say(f"It unlocks {len(listed)} account(s):" if listed else _NO_ACCOUNTS)
    for advertiser_id, name in listed:
        console.say(f"  {advertiser_id}  {name}".rstrip())


_NO_ACCOUNTS = "It unlocks no account: choose the accounts on the consent page, and run the command again with --force."
