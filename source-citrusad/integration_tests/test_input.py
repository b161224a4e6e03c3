"""Bad input: check says it in one or two sentences, a read ends as a configuration error, and no secret is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .reading import Outcome, catalog_from, configuration, inside, run
from .server import EMAIL, Server, standard

Change = Callable[[Server], dict[str, Any]]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for all: nothing here changes it."""
    with Server(standard()) as running:
        yield running


def key(**changes: Any) -> Change:
    """A key file with changes; None removes a field."""

    def changed(server: Server) -> dict[str, Any]:
        made = {**server.key(), **changes}
        return {"credentials_json": json.dumps({name: value for name, value in made.items() if value is not None})}

    return changed


def setting(**changes: Any) -> Change:
    """Settings that replace the usual ones."""
    return lambda server: changes


def cut_key(server: Server) -> dict[str, Any]:
    """A key file whose private key lacks its middle."""
    made = server.key()
    pem = made["private_key"]
    return {"credentials_json": json.dumps({**made, "private_key": pem[:200] + pem[260:]})}


def other_key(server: Server) -> dict[str, Any]:
    """The key of another account's making: its signature is not the one that the service knows."""
    return {"credentials_json": json.dumps(server.key(number=1))}


def unknown_account(server: Server) -> dict[str, Any]:
    """An account that the service does not know."""
    return {"credentials_json": json.dumps(server.key(email="nobody@x.iam.gserviceaccount.com"))}


ROWS: dict[str, tuple[Change, list[str]]] = {
    "no JSON": (setting(credentials_json="{nonsense"), ["credentials_json", "JSON", "paste the whole key file"]),
    "a path": (setting(credentials_json="/home/me/key.json"), ["credentials_json", "JSON", "paste the whole key file"]),
    "a list": (setting(credentials_json="[1]"), ["credentials_json", "paste the whole key file"]),
    "no private key": (key(private_key=None), ["private_key"]),
    "another type": (key(type="authorized_user"), ["service account"]),
    "cut": (cut_key, ["cut or changed"]),
    "another key": (other_key, [EMAIL, "new key"]),
    "unknown account": (unknown_account, ["nobody@x.iam.gserviceaccount.com", "new key"]),
    "foreign token_uri": (key(token_uri="https://evil.example/token"), ["token_uri"]),
    "no such dataset": (setting(datasets=["nope"]), ["nope", "acme_insight_reporting", "acme_us_analytics"]),
    "bad date": (setting(start_date="yesterday"), ["start_date", "YYYY-MM-DD"]),
    "no date": (setting(start_date=None), ["start_date"]),
    "few calls": (setting(daily_calls=10), ["daily_calls", "11"]),
    "count": (setting(count_calls="both"), ["count_calls", "requests", "queries"]),
    "negative scan": (setting(monthly_scan_tb=-1), ["monthly_scan_tb", "0"]),
    "no download": (setting(max_download_gb=0), ["max_download_gb", "above 0"]),
    "negative days": (setting(lookback_days=-1), ["lookback_days", "0"]),
}


@pytest.mark.parametrize("name", ROWS)
def test_bad_input_is_said(server: Server, name: str) -> None:
    """FAILED with a sentence that names the field and what to do; a read fails as the user's to mend."""
    change, words = ROWS[name]
    config = configuration(server, **change(server))
    checked = inside("check", config)
    assert checked.verdict["status"] == "FAILED"
    said = checked.verdict["message"]
    assert all(word in said for word in words), said
    assert "Traceback" not in said
    assert len(said) < 600
    read = inside("read", config, catalog_from(server, "acme_us_analytics"))
    if name != "no such dataset":
        assert read.code == 1
        assert {error["failure_type"] for error in read.errors} == {"config_error"}
    for outcome in (checked, read):
        assert_no_secret(outcome, server)


def test_nothing_is_sent_to_a_foreign_token_address() -> None:
    """A forged key must not send a signed assertion elsewhere, and nothing reaches the service either."""
    with Server(standard()) as server:
        inside("check", configuration(server, **key(token_uri="http://203.0.113.9/token")(server)))
        assert server.log == []


def test_an_account_that_sees_nothing_or_may_run_nothing() -> None:
    """Its name, or the permission and the projects tried."""
    with Server(standard()) as server:
        server.bigquery.account.job_projects = set()
        said = inside("check", configuration(server)).verdict["message"]
        for word in ("bigquery.jobs.create", "roles/bigquery.jobUser", "citrusad-service-accounts", "insight-platform"):
            assert word in said
        server.bigquery.account.hidden = set(server.bigquery.store.locations)
        said = inside("check", configuration(server)).verdict["message"]
        assert EMAIL in said
        server.bigquery.account.revoked = True
        said = inside("check", configuration(server)).verdict["message"]
        assert "new key" in said


def secrets(server: Server) -> list[str]:
    """What no output may hold: every line of the private key, and every token given."""
    lines = [line for line in server.key()["private_key"].splitlines() if len(line) > 40]
    return [*lines, *server.bigquery.account.tokens, "eyJ"]


def assert_no_secret(outcome: Outcome, server: Server) -> None:
    """No line of stdout or stderr holds a secret in plain or escaped form."""
    everything = b"\n".join(outcome.lines).decode() + outcome.stderr
    for secret in secrets(server):
        assert secret not in everything


@pytest.mark.parametrize("verb", ["check", "discover", "read"])
def test_no_secret_with_debug(server: Server, verb: str) -> None:
    """Neither where the libraries underneath log all they do, nor where the service answers with what it was sent."""
    catalog = catalog_from(server, "acme_us_analytics") if verb == "read" else None
    server.bigquery.faults.add("reason", reason="invalidQuery", message=server.key()["private_key"], op="query")
    outcome = run(verb, configuration(server), catalog, None, "--debug")
    server.bigquery.faults.clear()
    assert outcome.lines
    assert_no_secret(outcome, server)
