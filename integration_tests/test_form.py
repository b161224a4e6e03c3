"""The form: its first view can be filled in as it stands, and its Authenticate button gives a token that reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import pytest
import requests
from jinja2 import StrictUndefined, Template
from jsonschema import Draft7Validator

from .forking import judged
from .reading import configured, run
from .simulator import APP_ID, AUTH_CODE, SECRET, Simulator, World

WORLD = World(advertisers=2, campaigns=1, adgroups_per=1, ads_per=1, history_start=date(2026, 2, 10))
SPEC = run("spec", None).messages[-1]["spec"]
FORM = SPEC["connectionSpecification"]
BRANCHES = {kind["properties"]["auth_type"]["const"]: kind for kind in FORM["properties"]["credentials"]["oneOf"]}


@pytest.fixture
def tiktok() -> Iterator[Simulator]:
    """A TikTok with a code that has not been used."""
    with Simulator(WORLD) as running:
        yield running


def at(tiktok: Simulator, config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration that a form gave, for the simulator in place of TikTok."""
    return {**config, "api_url": tiktok.url, "wait_scale": 0.001}


# --- The first view ---------------------------------------------------------------------------------------------------


def first_view(form: Mapping[str, Any]) -> dict[str, Any]:
    """What a person sees before anything is unfolded, filled with the first example of each field."""
    fields = form["properties"].items()
    shown = {name: field for name, field in fields if name in form["required"] or field.get("always_show")}
    return {name: field.get("const") or field["examples"][0] for name, field in shown.items() if "oneOf" not in field}


@pytest.mark.parametrize("auth_type", BRANCHES)
def test_the_first_view_filled_by_its_examples_passes_check(auth_type: str, tiktok: Simulator) -> None:
    """Nothing that is folded away has to be opened, whichever kind of credentials is chosen."""
    credentials = first_view(BRANCHES[auth_type])
    account, other = WORLD.advertiser_ids
    if "advertiser_id" in credentials:
        credentials["advertiser_id"] = account
    config = {**first_view(FORM), "accounts": [account], "credentials": credentials}
    # TikTok knows what the examples name.
    tiktok.access.app_id = credentials.get("app_id", APP_ID)
    tiktok.access.secret = credentials.get("secret", SECRET)
    if "access_token" in credentials:
        tiktok.access.tokens[credentials["access_token"]] = (account, other)
    assert list(Draft7Validator(FORM).iter_errors(config)) == []
    assert judged(run("check", at(tiktok, config))).verdict == {"status": "SUCCEEDED"}


def test_a_token_saved_without_its_app_goes_on_working(tiktok: Simulator) -> None:
    """The form of today asks for the app; a configuration saved before it did reads accounts by id as ever."""
    tiktok.access.tokens["saved-token"] = WORLD.advertiser_ids
    saved = {"auth_type": "oauth2.0", "access_token": "saved-token"}
    config = at(tiktok, {"credentials": saved, "accounts": [*WORLD.advertiser_ids], "start_date": "2026-02-10"})
    assert judged(run("check", config)).verdict == {"status": "SUCCEEDED"}
    assert judged(run("read", config, configured(["campaigns"]))).statuses["campaigns"][-1] == "COMPLETE"


# --- The Authenticate button ------------------------------------------------------------------------------------------

BUTTON = SPEC["advanced_auth"]
FLOW = BUTTON["oauth_config_specification"]
DECLARED = FLOW["oauth_connector_input_specification"]
REDIRECT = "https://airbyte.example/auth_flow"
STATE = "state of/the platform"


@dataclass(frozen=True)
class Platform:
    """A self-managed Airbyte that runs the declared flow for the app that was filled into the form."""

    form: Mapping[str, Any]
    origin: str

    def rendered(self, template: str, **more: str) -> str:
        """A template of the declaration with the values that the platform knows; an unknown one fails."""
        app = {key: self.value(path) for key, path in self.app_paths.items()}
        known = {
            "client_id_value": app[DECLARED["client_id_key"]],
            "client_secret_value": app[DECLARED["client_secret_key"]],
            "redirect_uri_value": REDIRECT,
            "redirect_uri_param": f"redirect_uri={quote(REDIRECT, safe='')}",
            "state_value": STATE,
            "state_param": f"state={quote(STATE, safe='')}",
        }
        return Template(template, undefined=StrictUndefined).render(known | more)

    @property
    def app_paths(self) -> dict[str, list[str]]:
        """Where the form holds what identifies the app."""
        fields = FLOW["complete_oauth_server_output_specification"]["properties"]
        return {name: field["path_in_connector_config"] for name, field in fields.items()}

    def value(self, path: list[str]) -> Any:
        """What stands at a path of the form."""
        node: Any = self.form
        for step in path:
            node = node[step]
        return node

    def consent_page(self) -> str:
        """The address that the button opens."""
        return self.rendered(DECLARED["consent_url"])

    def answer_to(self, redirected: str) -> requests.Response:
        """TikTok's answer to the exchange of the code with which the browser came back."""
        query = parse_qs(urlsplit(redirected).query)
        assert query["state"] == [STATE]
        code = query[DECLARED["auth_code_key"]][0]
        params = DECLARED["access_token_params"].items()
        body = {self.rendered(key): self.rendered(value, auth_code_value=code) for key, value in params}
        address = urlsplit(self.rendered(DECLARED["access_token_url"]))
        assert address.netloc == "business-api.tiktok.com"
        url = f"{self.origin}{address.path}"
        return requests.post(url, data=json.dumps(body), headers=DECLARED["access_token_headers"], timeout=30)

    def completed(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The form with what the answer holds at the declared paths. Raises KeyError where it holds nothing there."""
        done: dict[str, Any] = json.loads(json.dumps(self.form))
        for field in FLOW["complete_oauth_output_specification"]["properties"].values():
            value: Any = answer
            for step in field["path_in_oauth_response"]:
                value = value[step]
            *folders, last = field["path_in_connector_config"]
            node = done
            for folder in folders:
                node = node[folder]
            node[last] = value
        return done


def consented(address: str) -> str:
    """Where TikTok's consent page sends the browser once an advertiser has allowed the access."""
    page = urlsplit(address)
    assert (page.scheme, page.netloc, page.path) == ("https", "business-api.tiktok.com", "/portal/auth")
    asked = dict(parse_qsl(page.query, strict_parsing=True))
    assert asked == {"app_id": APP_ID, "redirect_uri": REDIRECT, "state": STATE}
    return f"{asked['redirect_uri']}?{urlencode({'auth_code': AUTH_CODE, 'code': AUTH_CODE, 'state': asked['state']})}"


def filled(secret: str = SECRET) -> dict[str, Any]:
    """The form before the button is pressed."""
    credentials: dict[str, Any] = {"app_id": APP_ID, "secret": secret}
    form: dict[str, Any] = {"credentials": credentials, "start_date": "2026-02-10"}
    folder, field = BUTTON["predicate_key"]
    form[folder][field] = BUTTON["predicate_value"]
    return form


def test_the_button_yields_a_configuration_that_syncs(tiktok: Simulator) -> None:
    """Consent, exchange and form, as the specification declares them: then check, discover and read work."""
    platform = Platform(filled(), tiktok.url)
    answer = platform.answer_to(consented(platform.consent_page()))
    config = platform.completed(answer.json())
    assert list(Draft7Validator(FORM).iter_errors(config)) == []
    assert judged(run("check", at(tiktok, config))).verdict == {"status": "SUCCEEDED"}
    assert judged(run("discover", at(tiktok, config))).code == 0
    outcome = judged(run("read", at(tiktok, config), configured(["advertisers", "campaigns"])))
    assert {name: states[-1] for name, states in outcome.statuses.items()} == {
        "advertisers": "COMPLETE",
        "campaigns": "COMPLETE",
    }


def test_a_wrong_secret_brings_no_token(tiktok: Simulator) -> None:
    """TikTok says so with HTTP 200 and a code, so the platform finds nothing where the token should be."""
    platform = Platform(filled(secret="another"), tiktok.url)
    answer = platform.answer_to(consented(platform.consent_page()))
    assert (answer.status_code, answer.json()["code"]) == (200, 40101)
    with pytest.raises(KeyError):
        platform.completed(answer.json())


def test_every_field_of_the_flow_is_one_of_the_form() -> None:
    """What the flow reads and writes lies in the kind of credentials it is for, and is marked as secret there."""
    fields = BRANCHES[BUTTON["predicate_value"]]["properties"]
    for part in ("complete_oauth_output_specification", "complete_oauth_server_output_specification"):
        for field in FLOW[part]["properties"].values():
            folder, name = field["path_in_connector_config"]
            assert folder == "credentials"
            assert fields[name]["airbyte_secret"]
    taken = set(FLOW["complete_oauth_server_input_specification"]["properties"])
    assert taken == {DECLARED["client_id_key"], DECLARED["client_secret_key"]}
