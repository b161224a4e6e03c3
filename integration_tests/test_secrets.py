"""No secret leaves in any output, of any command, in any failure; and no request leaves for any host but the one."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from .forking import Forks, judged
from .reading import Outcome, configured, run
from .simulator import APP_ID, EXPIRED_AUTH_CODE, Simulator, World

WORLD = World(advertisers=2, campaigns=1, adgroups_per=1, ads_per=1, history_start=date(2026, 2, 10))
ACCOUNT = WORLD.advertiser_ids[0]
# Of every kind of character that a token may hold, so that each way of writing it looks different.
TOKEN = 'tok/en+51d0=b8"4f\\c1%7e'
SECRET = "se&cret~3f9a?7c#20'd1"
CODE = "co:de@e1b2{c3}|77,aa"
EXCHANGED = "simulated-exchanged-token-0001"
SECRETS = (TOKEN, SECRET, CODE, EXCHANGED, EXPIRED_AUTH_CODE)
OAUTH = {"auth_type": "oauth2.0", "access_token": TOKEN, "app_id": APP_ID, "secret": SECRET}
CONSENT = {"auth_type": "authorization_code", "app_id": APP_ID, "secret": SECRET, "auth_code": CODE}
STREAMS = configured(["advertisers", "campaigns", "ad_insights"], "full_refresh")


def spellings(secret: str) -> set[str]:
    """Every way in which a text may carry a secret: plain, escaped, URL-encoded, base64 wherever it begins."""
    raw = secret.encode()
    found = {secret, json.dumps(secret)[1:-1], json.dumps(json.dumps(secret))[3:-3], repr(secret)[1:-1]}
    found |= {quote(secret), quote(secret, safe=""), quote_plus(secret), quote(quote(secret, safe=""), safe="")}
    found |= {text.lower() for text in found}
    for code in (base64.b64encode, base64.urlsafe_b64encode):
        # Whatever stands before it shifts the letters; those that depend on the neighbours are cut off.
        found |= {code(b"x" * shift + raw)[(4 * shift + 2) // 3 :][:-4].decode() for shift in range(3)}
    return found


FORMS = {form: secret for secret in SECRETS for form in spellings(secret)}


def leaks(text: str) -> list[str]:
    """The secrets that a text carries, in whatever form."""
    return [f"{secret} as {form}" for form, secret in FORMS.items() if form in text]


def clean(outcome: Outcome, *, control: bool = False) -> Outcome:
    """The outcome, once it is sound and carries no secret; a control message may, where one is expected."""
    lines = [line for line in outcome.lines if not line.startswith(b'{"type":"CONTROL"')]
    assert leaks(b"\n".join(lines).decode() + outcome.stderr) == []
    assert len(outcome.lines) - len(lines) == int(control)
    return judged(outcome)


def ours(**changes: Any) -> dict[str, Any]:
    """A configuration whose secrets are hard to hide."""
    return {"credentials": OAUTH, "start_date": "2026-03-01", "wait_scale": 0.001, **changes}


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    """The command, imported."""
    with Forks() as running:
        yield running


@pytest.fixture
def tiktok() -> Iterator[Simulator]:
    """Two accounts behind credentials of our own choice."""
    with Simulator(WORLD) as running:
        access = running.access
        access.secret, access.codes[CODE], access.tokens[TOKEN] = SECRET, WORLD.advertiser_ids, WORLD.advertiser_ids
        yield running


def every_verb(forks: Forks, config: Any, **variables: str) -> list[Outcome]:
    """check, discover and read with a configuration, all of them clean."""
    given: tuple[tuple[Any, ...], ...] = (("check", config), ("discover", config), ("read", config, STREAMS))
    return [clean(forks.run(*arguments, **variables)) for arguments in given]


# --- The search itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "written",
    [
        lambda secret: f"Access-Token: {secret}",
        lambda secret: json.dumps({"access_token": secret}),
        lambda secret: json.dumps({"message": json.dumps({"secret": secret})}),
        lambda secret: f"?secret={quote(secret, safe='')}&x=1",
        lambda secret: f"?secret={quote_plus(secret)}",
        lambda secret: base64.b64encode(f"{secret}".encode()).decode(),
        lambda secret: base64.b64encode(f"u:{secret}:".encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(f"{{{secret}}}".encode()).decode(),
        lambda secret: f"{ {'secret': secret} }",
    ],
)
def test_the_search_finds_what_it_looks_for(secret: str, written: Callable[[str], str]) -> None:
    """Each spelling of each secret would be found."""
    assert leaks(written(secret))
    assert leaks("nothing secret here: app_id and tokens in general") == []


# --- Success ----------------------------------------------------------------------------------------------------------


def test_success(forks: Forks, tiktok: Simulator) -> None:
    """Where all goes well nothing secret is said; the secrets were really sent."""
    check, discover, read = every_verb(forks, ours(api_url=tiktok.url))
    assert (check.verdict, discover.code, read.code) == ({"status": "SUCCEEDED"}, 0, 0)
    assert read.records["campaigns"]
    assert {entry["token"] for entry in tiktok.requests} == {"***"}
    assert "***" in {entry["query"].get("secret") for entry in tiktok.requests}


@pytest.mark.parametrize("verb", ["discover", "read"])
def test_only_the_control_message_carries_new_credentials(forks: Forks, tiktok: Simulator, verb: str) -> None:
    """It carries the exchanged token and the app's secret, no longer the code; nothing else carries any."""
    config = ours(api_url=tiktok.url, credentials=CONSENT)
    outcome = clean(forks.run(verb, config, *([STREAMS] if verb == "read" else [])), control=True)
    assert outcome.code == 0
    renewed = outcome.messages[0]["control"]["connectorConfig"]["config"]
    assert renewed == {**config, "credentials": {**OAUTH, "access_token": EXCHANGED}}
    assert CODE not in outcome.lines[0].decode()


def test_check_hands_over_nothing(forks: Forks, tiktok: Simulator) -> None:
    """A check leaves the code alone and shows it to nobody."""
    outcome = clean(forks.run("check", ours(api_url=tiktok.url, credentials=CONSENT)))
    assert (outcome.verdict, tiktok.requests) == ({"status": "SUCCEEDED"}, [])


@pytest.mark.parametrize(
    ("options", "variables"), [(("--debug",), {}), ((), {"LOG_LEVEL": "DEBUG"}), (("--debug",), {"LOG_LEVEL": "TRACE"})]
)
@pytest.mark.parametrize("verb", ["check", "discover", "read"])
def test_debugging(
    forks: Forks, tiktok: Simulator, verb: str, options: tuple[str, ...], variables: Mapping[str, str]
) -> None:
    """The most talkative level says more, and no secret."""
    given = [STREAMS] if verb == "read" else []
    for credentials in (OAUTH, CONSENT):
        config = ours(api_url=tiktok.url, credentials=credentials)
        spent = credentials is CONSENT and verb != "check"
        outcome = forks.run(verb, config, *given, options=options, **variables)
        # The CDK writes its own debug lines as objects that are no messages; the platform logs them as they are.
        debug = [line for line in outcome.lines if line.startswith(b'{"type": "DEBUG"')]
        assert leaks(b"\n".join(debug).decode()) == []
        lines = [line for line in outcome.lines if line not in debug]
        assert clean(replace(outcome, lines=lines), control=spent).code == 0


def test_debugging_a_fresh_process(tiktok: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same from the start of the interpreter, as the platform sets it, in success and failure."""
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    assert clean(run("read", ours(api_url=tiktok.url), STREAMS)).code == 0
    tiktok.access.revoke(TOKEN)
    assert clean(run("read", ours(api_url=tiktok.url), STREAMS)).code == 1
    assert clean(run("check", ours(api_url=tiktok.url))).verdict["status"] == "FAILED"


def test_spec(forks: Forks) -> None:
    """The form shows no secret, and marks each field that takes one."""
    outcome = clean(run("spec", None))
    kinds = outcome.messages[0]["spec"]["connectionSpecification"]["properties"]["credentials"]["oneOf"]
    marked = {name for kind in kinds for name, field in kind["properties"].items() if field.get("airbyte_secret")}
    assert marked == {"access_token", "app_id", "secret", "auth_code"}


# --- TikTok's refusals, and a network that fails ----------------------------------------------------------------------

ECHO = f"token {TOKEN}, secret={quote(SECRET, safe='')}, {base64.b64encode(TOKEN.encode()).decode()}"
FAULTS: dict[str, dict[str, Any]] = {
    "a token that is refused": {"kind": "code", "code": 40105},
    "no permission for the account": {"kind": "code", "code": 40001},
    "a code nobody knows": {"kind": "code", "code": 49999},
    "an app that is blocked": {"kind": "code", "code": 40113},
    "a stream that is not allowed": {"kind": "code", "code": 40125},
    "a request that is wrong": {"kind": "code", "code": 40002},
    "a fault of TikTok's": {"kind": "code", "code": 50000},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("path", ["", "oauth2/advertiser/get", "campaign/get", "report/integrated/get"])
def test_a_message_that_echoes_secrets(forks: Forks, tiktok: Simulator, fault: Mapping[str, Any], path: str) -> None:
    """Whatever TikTok repeats of a request in its message is masked, in traces, logs and verdicts."""
    tiktok.faults.add(**fault, path=path, message=ECHO)
    check, discover, read = every_verb(forks, ours(api_url=tiktok.url))
    assert (discover.code, read.code) == (0, 1)
    assert "****" in read.sentences
    assert (check.verdict["status"] == "FAILED") == (path != "campaign/get")


def test_a_request_id_that_echoes_secrets(forks: Forks, tiktok: Simulator) -> None:
    """The request_id comes from TikTok too."""
    tiktok.faults.add("replace", find='"request_id":"', put=f'"request_id":{json.dumps(TOKEN)[:-1]}-')
    tiktok.access.revoke(TOKEN)
    check, _, read = every_verb(forks, ours(api_url=tiktok.url))
    assert "request_id ****-" in check.verdict["message"]
    assert "request_id ****-" in read.sentences


@pytest.mark.parametrize("answer", [40110, 40002, 40101, 50000])
@pytest.mark.parametrize("verb", ["discover", "read"])
def test_a_code_that_is_refused(forks: Forks, tiktok: Simulator, verb: str, answer: int) -> None:
    """A refused exchange tells why without what was sent, and hands over nothing."""
    tiktok.faults.add("code", path="oauth2/access_token", code=answer, message=f"{EXPIRED_AUTH_CODE} {SECRET}")
    config = ours(api_url=tiktok.url, credentials={**CONSENT, "auth_code": EXPIRED_AUTH_CODE})
    outcome = clean(forks.run(verb, config, *([STREAMS] if verb == "read" else [])))
    assert (outcome.code, outcome.records) == (1, {})
    assert f"code {answer}" in outcome.sentences


@pytest.mark.parametrize("kind", ["html", "empty", "cut", "reset", "broken_gzip", "http", "data_null"])
def test_a_broken_answer(forks: Forks, tiktok: Simulator, kind: str) -> None:
    """Answers that cannot be read end in a sentence without the request's address."""
    tiktok.faults.add(kind, path="oauth2/advertiser/get")
    check, discover, read = every_verb(forks, ours(api_url=tiktok.url))
    assert (check.verdict["status"], discover.code, read.code) == ("FAILED", 0, 1)


def test_a_connection_that_is_refused(forks: Forks) -> None:
    """Nobody listens: the sentence says so, and not with which address."""
    with Simulator(WORLD) as gone:
        url = gone.url
    check, discover, read = every_verb(forks, ours(api_url=url))
    assert (check.verdict["status"], discover.code, read.code) == ("FAILED", 0, 1)
    assert "TikTok could not be reached" in check.verdict["message"]
    for verb in ("discover", "read"):
        config = ours(api_url=url, credentials=CONSENT)
        assert clean(forks.run(verb, config, *([STREAMS] if verb == "read" else []))).code == 1


# --- Where requests go ------------------------------------------------------------------------------------------------


class Recorder:
    """A server that is not TikTok: it answers with one status and Location, and keeps what it was asked."""

    def __init__(self, status: int = 404, location: str = "") -> None:
        asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                asked.append(f"{self.command} {self.path} {self.headers}")
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(status)
                self.send_header("Location", location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = do_CONNECT = answer

            def log_message(self, format: str, *args: Any) -> None:
                """Keep stderr silent."""

        self.asked = asked
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Recorder:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("credentials", [OAUTH, CONSENT], ids=["token", "code"])
def test_redirects_are_not_followed(forks: Forks, status: int, credentials: Mapping[str, Any]) -> None:
    """An answer that sends elsewhere ends the request; the other host never hears of it."""
    with Recorder() as elsewhere, Recorder(status, f"{elsewhere.url}/open_api/v1.3/?secret={quote(SECRET)}") as here:
        config = ours(api_url=here.url, credentials=credentials)
        read = clean(forks.run("read", config, STREAMS))
        check = clean(forks.run("check", config))
        assert (read.code, elsewhere.asked) == (1, [])
        assert here.asked
        assert "The answer was a redirect, which the connector never follows" in read.sentences
        assert (check.verdict["status"] == "FAILED") == (credentials is OAUTH)


def test_only_the_configured_host_is_called(forks: Forks, tiktok: Simulator) -> None:
    """Every connection of check, discover and read goes to the one address: a proxy for all others stays unasked."""
    with Recorder() as proxy:
        around = {"HTTP_PROXY": proxy.url, "HTTPS_PROXY": proxy.url, "ALL_PROXY": proxy.url, "NO_PROXY": "127.0.0.1"}
        outcomes = every_verb(forks, ours(api_url=tiktok.url), **around)
        assert [outcome.code for outcome in outcomes] == [0, 0, 0]
        assert proxy.asked == []
    assert tiktok.requests


def test_production_is_the_default(forks: Forks) -> None:
    """Without an address for tests only TikTok's host is asked for, through HTTPS_PROXY, which sees nothing more."""
    config = {"credentials": OAUTH, "accounts": [ACCOUNT], "start_date": "2026-03-01"}
    with Recorder(407) as proxy:
        address = proxy.url.replace("//", "//me:pass-word-of-mine@")
        outcome = clean(forks.run("check", config, HTTPS_PROXY=address, TIKTOK_ADS_API_URL=""))
        assert outcome.verdict["status"] == "FAILED"
        assert "The proxy wants a login" in outcome.verdict["message"]
        assert len(proxy.asked) == 1
        assert b"pass-word-of-mine" not in b"".join(outcome.lines)
        assert {line.split()[1] for line in proxy.asked} == {"business-api.tiktok.com:443"}
        assert leaks("".join(proxy.asked)) == []


def test_a_proxy_is_used_unless_told_otherwise(forks: Forks, tiktok: Simulator) -> None:
    """HTTP_PROXY takes the request where NO_PROXY does not except the host."""
    with Recorder(502) as proxy:
        config = ours(api_url=tiktok.url)
        variables = {"HTTP_PROXY": proxy.url, "http_proxy": proxy.url, "NO_PROXY": "", "no_proxy": ""}
        assert clean(forks.run("check", config, **variables)).verdict["status"] == "FAILED"
        assert proxy.asked[0].startswith(f"GET {tiktok.url}/open_api/v1.3/oauth2/advertiser/get/?")
        assert tiktok.requests == []
        exempt = {**variables, "NO_PROXY": "127.0.0.1"}
        exempt.pop("no_proxy")
        assert clean(forks.run("check", config, **exempt)).verdict == {"status": "SUCCEEDED"}


# --- Configurations that are wrong ------------------------------------------------------------------------------------

MALFORMED: dict[str, Mapping[str, Any]] = {
    "a token in a list": ours(credentials={**OAUTH, "access_token": [TOKEN]}),
    "a token in an object": ours(credentials={**OAUTH, "access_token": {"value": TOKEN}}),
    "a token with its scheme": ours(credentials={**OAUTH, "access_token": f"Bearer {TOKEN}"}),
    "a secret in a list": ours(credentials={**OAUTH, "secret": [SECRET]}),
    "a code in an object": ours(credentials={**CONSENT, "auth_code": {"code": CODE}}),
    "credentials in a list": ours(credentials=[OAUTH]),
    "credentials of text": ours(credentials=TOKEN),
    "credentials as JSON text": ours(credentials=json.dumps(OAUTH)),
    "no auth_type": ours(credentials={"access_token": TOKEN, "secret": SECRET}),
    "a token for an auth_type": ours(credentials={**OAUTH, "auth_type": TOKEN}),
    "a wrong date besides": ours(start_date="soon"),
    "a token for a date": ours(start_date=TOKEN),
    "a token for an account": ours(credentials={"auth_type": "oauth2.0", "access_token": TOKEN}, accounts=[TOKEN]),
    "an address with a password": ours(api_url=f"http://me:{quote(SECRET, safe='')}@127.0.0.1:1"),
    "an address with a token": ours(api_url=f"https://example.com/?access_token={quote(TOKEN, safe='')}"),
    "Singer's, its date wrong": {"access_token": TOKEN, "start_date": "soon", "accounts": ACCOUNT},
    "Singer's, its token in a list": {"access_token": [TOKEN], "start_date": "2026-03-01", "accounts": ACCOUNT},
    "Qlik's, its date wrong": {"App ID": APP_ID, "App secret": SECRET, "Authorization code": CODE, "Start Date": "x"},
    "Airbyte's first form, its date wrong": {
        "environment": {"app_id": APP_ID, "secret": SECRET},
        "access_token": TOKEN,
        "start_date": "soon",
    },
}


@pytest.mark.parametrize("config", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_configuration(forks: Forks, config: Mapping[str, Any]) -> None:
    """The sentence about a wrong configuration shows none of its secrets, wherever they stand."""
    variables = {} if "api_url" in config else {"TIKTOK_ADS_API_URL": "http://127.0.0.1:1"}
    check, discover, read = every_verb(forks, config, **variables)
    assert (check.code, check.verdict["status"]) == (0, "FAILED")
    assert (discover.code, read.code) == (1, 1)


def test_secrets_under_names_of_nobody(forks: Forks, tiktok: Simulator) -> None:
    """Settings that are ignored are named, never shown, and their values are hidden where their name says secret."""
    strange = {"client_secret": SECRET, "tokens": [TOKEN], "auth": {"code": CODE}}
    config = ours(api_url=tiktok.url, **strange)
    check, discover, read = every_verb(forks, config)
    assert (check.verdict["status"], discover.code, read.code) == ("SUCCEEDED", 0, 0)
    assert "are ignored: client_secret, tokens, auth." in "\n".join(check.logs)


@pytest.mark.parametrize(
    "text", [f'{{"access_token": "{TOKEN}"', f"access_token: {TOKEN}", f'["{SECRET}"]', f'"{CODE}"']
)
def test_a_file_that_is_no_configuration(forks: Forks, text: str) -> None:
    """What is not even JSON is not quoted."""
    assert [outcome.code for outcome in every_verb(forks, text)] == [1, 1, 1]


def test_a_state_and_a_catalog_with_secrets(forks: Forks, tiktok: Simulator) -> None:
    """Secrets that strayed into a state or a catalog are not repeated."""
    config = ours(api_url=tiktok.url)
    blob = {"stream_descriptor": {"name": "campaigns"}, "stream_state": {"access_token": TOKEN}}
    outcome = clean(forks.run("read", config, configured(["campaigns"]), [{"type": "STREAM", "stream": blob}]))
    assert outcome.code == 0
    assert clean(forks.run("read", config, configured([TOKEN]))).code == 1
    assert clean(forks.run("read", config, {"streams": [TOKEN]})).code == 1
    assert clean(forks.run("read", config, STREAMS, {"access_token": TOKEN})).code == 1
