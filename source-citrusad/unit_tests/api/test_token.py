"""The key and its tokens: what is wrong with a key is said before anything is sent, and nothing secret is said."""

from typing import Any

import pytest

from source_citrusad.api.errors import BigQueryError, KeyRefused
from source_citrusad.api.patience import Patience
from source_citrusad.api.token import GOOGLE_HOSTS, Token, _Answer, key_of
from source_citrusad.api.transport import ConnectionLost, Reply

from ..canned import EMAIL, ORIGIN, TOKEN, Answer, Wire, key_file, ok, private_key


def token_over(wire: Wire, secrets: list[str] | None = None) -> Token:
    """A token bought over the canned wire."""
    learned = secrets if secrets is not None else []
    return Token(key_of(key_file(), True), wire, Patience(0.0), learned.append)


def wire_with(*answers: Answer) -> Wire:
    """A wire that answers token requests in turn; the last answer stays."""
    wire = Wire(lambda asked: ok({}))
    left = list(answers)

    class Turns(Wire):
        def send(self, *request: Any) -> Reply:
            self.token = left.pop(0) if len(left) > 1 else left[0]
            return super().send(*request)

    return Turns(wire.bigquery)


def test_a_key_that_can_sign() -> None:
    """Its secrets are every line of it."""
    key = key_of(key_file(), emulated=True)
    assert (key.email, key.project_id) == (EMAIL, "acme")
    assert private_key() in key.secrets
    assert private_key().splitlines()[1] in key.secrets
    assert "PRIVATE" not in repr(key)
    assert key_of(key_file(project_id=None), True).project_id == ""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("/secrets/key.json", "credentials_json holds no JSON object: paste the whole key file"),
        ("[]", "credentials_json holds no JSON object"),
        (key_file(type="authorized_user"), 'credentials_json is a key of the type "authorized_user"'),
        (key_file(type=None), "credentials_json is a key without a type"),
        (key_file(private_key=None), "credentials_json has no private_key"),
        (key_file(client_email=""), "credentials_json has no client_email"),
        (key_file(private_key=private_key()[:300]), "private_key in credentials_json was cut or changed"),
        (key_file(token_uri="https://evil.example/token"), "token_uri in credentials_json is not Google's"),
    ],
    # A key in a test's name would be another in each of its runs.
    ids=range(8),
)
def test_a_key_that_is_none(text: str, sentence: str) -> None:
    """Each has its sentence."""
    with pytest.raises(KeyRefused) as error:
        key_of(text, emulated=True)
    assert sentence in str(error.value)
    assert "BEGIN" not in str(error.value)


@pytest.mark.parametrize(
    ("address", "emulated", "followed"),
    [
        *((f"https://{host}/token", False, True) for host in GOOGLE_HOSTS),
        (None, False, True),
        ("http://oauth2.googleapis.com/token", False, False),
        ("https://oauth2.googleapis.com:8443/token", False, False),
        ("https://oauth2.googleapis.com@evil.example/token", False, False),
        ("https://a@oauth2.googleapis.com/token", False, False),
        ("https://[/token", True, False),
        (5, True, False),
        (f"{ORIGIN}/token", False, False),
        (f"{ORIGIN}/token", True, True),
    ],
)
def test_where_an_assertion_may_go(address: Any, emulated: bool, followed: bool) -> None:
    """To Google, or with a stand-in to this machine."""
    text = key_file(token_uri=address)
    if followed:
        key_of(text, emulated)
    else:
        with pytest.raises(KeyRefused, match="token_uri"):
            key_of(text, emulated)


def test_a_token_is_bought_once() -> None:
    """Token and assertion are learned as secrets."""
    wire, secrets = wire_with(ok({"access_token": TOKEN, "expires_in": 3600})), list[str]()
    token = token_over(wire, secrets)
    assert (token.value(), token.value(), wire.tokens) == (TOKEN, TOKEN, 1)
    assert secrets[-1] == TOKEN
    assert secrets[0].count(".") == 2


@pytest.mark.parametrize("bad", [ok({}, 503), Reply(200, {}, b"<html>"), ok({}, 429), ConnectionLost("cut")])
def test_a_token_is_asked_for_again(bad: Answer) -> None:
    """Whatever says nothing about the key."""
    wire = wire_with(bad, bad, ok({"access_token": TOKEN, "expires_in": 3600}))
    assert token_over(wire).value() == TOKEN
    assert wire.tokens == 3


def test_no_token_to_be_had() -> None:
    """After six attempts; silence is not waited for so often."""
    wire = wire_with(ok({}, 503))
    with pytest.raises(BigQueryError, match=r"127.0.0.1 gives no token: HTTP 503"):
        token_over(wire).value()
    assert wire.tokens == 6
    silent = wire_with(ConnectionLost("no answer", silent=True))
    with pytest.raises(BigQueryError, match="no answer"):
        token_over(silent).value()
    assert silent.tokens == 2


def test_a_key_that_is_refused() -> None:
    """With the account, and what Google says."""
    wire = wire_with(ok({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, 400))
    with pytest.raises(KeyRefused) as error:
        token_over(wire).value()
    assert str(error.value) == (
        f"The service-account key for {EMAIL} was refused (invalid_grant: Invalid JWT Signature.): ask CitrusAd for a "
        "new key, unless this machine's clock is wrong."
    )


def test_an_answer_as_google_auth_reads_it() -> None:
    """Status, headers and body."""
    answer = _Answer(Reply(200, {"a": "b"}, b"c"))
    assert (answer.status, answer.headers, answer.data) == (200, {"a": "b"}, b"c")
