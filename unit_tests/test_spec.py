"""spec.json: the form holds to Airbyte's rules and promises exactly what is accepted."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from source_tiktok_ads.config import Config, ConfigError, parse
from source_tiktok_ads.config.form import specification
from source_tiktok_ads.config.model import TIERS
from source_tiktok_ads.streams.fields import METRIC_GROUPS

SPEC = json.loads((Path(__file__).resolve().parents[1] / "source_tiktok_ads" / "spec.json").read_text("utf-8"))
FORM = SPEC["connectionSpecification"]
FIELDS = FORM["properties"]
BRANCHES = {branch["properties"]["auth_type"]["const"]: branch for branch in FIELDS["credentials"]["oneOf"]}
REPORT = FIELDS["custom_reports"]["items"]
FILTER = REPORT["properties"]["filters"]["items"]
LEAST = {
    "credentials": {"auth_type": "oauth2.0", "access_token": "token"},
    "accounts": ["7123456789012345678"],
    "start_date": "2024-01-31",
}


def nodes(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every object of the form, the form itself first."""
    if isinstance(node, Mapping):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from nodes(item)


def titled() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every field a person sees, with its name."""
    yield from FIELDS.items()
    for branch in BRANCHES.values():
        yield from ((name, field) for name, field in branch["properties"].items() if name != "auth_type")
    for form in (REPORT, FILTER):
        yield from form["properties"].items()


def accepted(**changes: Any) -> bool:
    """Whether the connector takes the least configuration with these changes."""
    try:
        parse({**LEAST, "api_url": "http://127.0.0.1", "api_tier": "Ultimate", **changes}, {})
    except ConfigError:
        return False
    return True


@pytest.mark.filterwarnings("ignore:This class is experimental")  # the CDK warns of its own classes on import
def test_loads_as_the_cdk_reads_it() -> None:
    """The CDK takes the file as a specification of an incremental source."""
    from airbyte_cdk.models import ConnectorSpecification, ConnectorSpecificationSerializer

    spec = ConnectorSpecificationSerializer.load(SPEC)
    assert isinstance(spec, ConnectorSpecification)
    assert spec.supportsIncremental
    Draft7Validator.check_schema(FORM)


def test_no_forbidden_keyword() -> None:
    """The platform's forms and acceptance rules take none of these."""
    used = {key for node in nodes(FORM) for key in node}
    assert used.isdisjoint({"$ref", "allOf", "not", "anyOf"})
    assert all(node.get("additionalProperties", True) is True for node in nodes(FORM))


@pytest.mark.parametrize("fields", [form["properties"] for form in (FORM, *BRANCHES.values(), REPORT, FILTER)])
def test_order_is_unique(fields: Mapping[str, Any]) -> None:
    """Fields stand in one order, counted from 0 without a gap, as they are written."""
    assert [field["order"] for field in fields.values()] == list(range(len(fields)))


def test_credentials_are_told_apart_by_auth_type() -> None:
    """Each kind of credentials starts with its constant auth_type, which it requires, and none is like another."""
    assert list(BRANCHES) == ["oauth2.0", "access_token", "authorization_code", "sandbox_access_token"]
    for branch in BRANCHES.values():
        assert next(iter(branch["properties"])) == "auth_type"
        assert branch["type"] == "object"
        assert "auth_type" in branch["required"]


def test_every_field_is_explained() -> None:
    """Every field has a title and whole sentences on what it means."""
    for name, field in titled():
        assert field["title"], name
        assert field["description"].rstrip().endswith("."), name


def test_secrets_are_marked() -> None:
    """Exactly the token, the app's id and secret and the code are kept in the platform's secret store."""
    secrets = {"access_token", "app_id", "secret", "auth_code"}
    assert {name for name, field in titled() if field.get("airbyte_secret")} == secrets
    assert all(f.get("airbyte_secret") for name, f in titled() if name in secrets)


def test_settings_that_say_how_are_hidden() -> None:
    """Only what says how to read, not what, and what is for tests is left out of the form; a file may set it."""
    hidden = {name for name, field in titled() if field.get("airbyte_hidden")}
    assert hidden == {"concurrency", "page_size", "api_url", "wait_scale"}


def test_fields_lie_in_cards() -> None:
    """Each card has a title, the fields of a card stand together in the order of the cards, and none has no card."""
    cards = [card["id"] for card in FORM["groups"]]
    assert [card["title"] for card in FORM["groups"]] == [
        "Sign in",
        "What to read",
        "Extra data",
        "Limits and behaviour",
    ]
    places = [cards.index(field["group"]) for field in FIELDS.values()]
    assert places == sorted(places)
    assert {*places} == {*range(len(cards))}
    shown = {
        card: [n for n, f in FIELDS.items() if f["group"] == card and not f.get("airbyte_hidden")] for card in cards
    }
    assert shown == {
        "sign_in": ["credentials"],
        "what_to_read": ["accounts", "start_date", "end_date", "include_deleted"],
        "extra_data": ["metric_groups", "custom_reports", "personal_data", "entity_versions"],
        "limits": ["api_tier", "requests_per_second", "lookback_days", "on_skipped_accounts"],
    }


SMALL = {"a", "an", "and", "for", "in", "of", "per", "with", "your"}


def test_titles_are_in_title_case() -> None:
    """Every word but small ones begins with a capital, the first one always."""
    titles = [field["title"] for _, field in titled()] + [branch["title"] for branch in BRANCHES.values()]
    for title in titles:
        first, *others = title.split()
        assert first[0].isupper(), title
        assert all(word[0].isupper() or word in SMALL for word in others), title


def test_descriptions_are_short() -> None:
    """A form shows them under the field: 240 characters at most, links included."""
    described = [node for node in nodes(FORM) if isinstance(node.get("description"), str)]
    assert [node["description"] for node in described if len(node["description"]) > 240] == []


def test_descriptions_lead_to_where_a_value_is_found() -> None:
    """Each field of the credentials links to a page of TikTok's."""
    for branch in BRANCHES.values():
        for name, field in branch["properties"].items():
            assert name == "auth_type" or '<a href="https://business-api.tiktok.com/portal/' in field["description"], (
                name
            )


def test_every_choice_of_words_is_explained() -> None:
    """The description of a choice that is no name of TikTok's says what each of its words does."""
    for name in ("entity_versions", "on_skipped_accounts"):
        assert all(f"{word}:" in FIELDS[name]["description"] for word in FIELDS[name]["enum"])


def test_every_pattern_is_described() -> None:
    """Where a value does not fit its pattern, the form says so in words."""
    assert [
        node for node in nodes(FORM) if isinstance(node.get("pattern"), str) and not node["pattern_descriptor"]
    ] == []


@pytest.mark.parametrize("branch", BRANCHES.values(), ids=BRANCHES)
def test_the_first_view_suffices(branch: Mapping[str, Any]) -> None:
    """What is required or always shown has an example, and filled in by the examples it is a configuration."""
    seen = {name: field for name, field in FIELDS.items() if name in FORM["required"] or field.get("always_show")}
    given = {name: field["examples"][0] for name, field in seen.items() if name != "credentials"}
    inner = {name: branch["properties"][name] for name in branch["required"]}
    given["credentials"] = {name: field.get("const") or field["examples"][0] for name, field in inner.items()}
    assert list(Draft7Validator(FORM).iter_errors(given)) == []
    assert parse(given, {}).start_date == date(2024, 1, 31)


@pytest.mark.parametrize("name", ["start_date", "end_date"])
def test_dates_have_format_and_pattern(name: str) -> None:
    """A date field is a day, by format and by pattern."""
    field = FIELDS[name]
    assert (field["format"], field["pattern"]) == ("date", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    assert list(Draft7Validator(field).iter_errors("01/31/2024")) != []


def test_examples_and_defaults_fit_their_fields() -> None:
    """What the form shows as example or default is what it would accept."""
    for name, field in titled():
        for value in [*field.get("examples", []), *([field["default"]] if "default" in field else [])]:
            assert list(Draft7Validator(field).iter_errors(value)) == [], name


def test_every_field_does_something() -> None:
    """Each field of the form changes the Config, and each field of the Config but the API's own has one."""
    other = {
        "credentials": {"auth_type": "sandbox_access_token", "access_token": "t", "advertiser_id": "7" * 18},
        "accounts": ["7" * 18],
        "start_date": "2020-01-01",
        "end_date": "2024-12-31",
        "include_deleted": False,
        "metric_groups": ["skan"],
        "custom_reports": [{"name": "mine", "level": "ad", "metrics": ["spend"]}],
        "personal_data": True,
        "entity_versions": "latest",
        "api_tier": "Premium",
        "requests_per_second": 1,
        "lookback_days": 1,
        "on_skipped_accounts": "fail",
        "concurrency": 1,
        "page_size": 1,
        "api_url": "http://127.0.0.1:1",
        "wait_scale": 0.5,
    }
    assert list(other) == list(FIELDS)
    least = {**LEAST, "api_url": "http://127.0.0.1"}
    for name, value in other.items():
        changed = {key: v for key, v in least.items() if name != "credentials" or key != "accounts"} | {name: value}
        assert parse(changed, {}) != parse(least, {}), name


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if "default" in field])
def test_defaults_agree(name: str) -> None:
    """A default that the form shows is the one that holds when the field is left out."""
    assert getattr(parse(LEAST, {}), name) == FIELDS[name]["default"]


def test_generated_from_the_models() -> None:
    """`python -m docs.generate` writes spec.json; it is never edited."""
    assert specification() == SPEC


def one_report(**changes: Any) -> dict[str, Any]:
    """The least custom report, with changes; None takes a field out."""
    given = {"name": "mine", "level": "ad", "metrics": ["spend"], **changes}
    return {name: value for name, value in given.items() if value is not None}


def one_filter(**changes: Any) -> list[dict[str, Any]]:
    """The least filter of a custom report, with changes; None takes a field out."""
    given = {"field_name": "objective_type", "values": ["TRAFFIC"], **changes}
    return [{name: value for name, value in given.items() if value is not None}]


def test_custom_reports_agree() -> None:
    """What the form requires of a custom report, and the words and defaults it shows, are those of the Config."""
    for form, given in ((REPORT, one_report), (FILTER, lambda **changes: one_report(filters=one_filter(**changes)))):
        for name, field in form["properties"].items():
            taken = accepted(custom_reports=[given(**{name: None})])
            assert taken == (name not in form["required"]), name
            assert all(accepted(custom_reports=[given(**{name: word})]) for word in field.get("enum", []))
            assert not field.get("enum") or not accepted(custom_reports=[given(**{name: "nothing"})])
    (plain,) = parse({**LEAST, "custom_reports": [one_report(filters=one_filter())]}, {}).custom_reports
    assert plain.filters[0].filter_type == FILTER["properties"]["filter_type"]["default"]
    defaults = {name: field["default"] for name, field in REPORT["properties"].items() if "default" in field}
    assert {name: getattr(plain, name) for name in defaults} == defaults


def test_choices_agree() -> None:
    """Every word the form offers is accepted, and the tiers and groups are all that are known."""
    assert {*FIELDS["metric_groups"]["items"]["enum"]} == {*METRIC_GROUPS}
    for name, field in FIELDS.items():
        assert all(accepted(**{name: word}) for word in field.get("enum", []))
    assert FIELDS["api_tier"]["enum"] == list(TIERS)


def test_the_lowest_pace_agrees() -> None:
    """A lower one would never end."""
    low, high = FIELDS["requests_per_second"]["minimum"], FIELDS["requests_per_second"]["maximum"]
    assert [accepted(requests_per_second=n) for n in (low - 0.01, low, high, high + 0.01)] == [False, True, True, False]


@pytest.mark.parametrize("name", ["lookback_days", "concurrency", "page_size"])
def test_whole_number_bounds_agree(name: str) -> None:
    """Both ends the form allows are accepted, and the next numbers beyond are not."""
    low, high = FIELDS[name]["minimum"], FIELDS[name]["maximum"]
    assert [accepted(**{name: n}) for n in (low - 1, low, high, high + 1)] == [False, True, True, False]


@pytest.mark.parametrize("name", ["wait_scale"])
def test_number_bounds_agree(name: str) -> None:
    """The open lower and the closed upper bound of the form are those of the Config."""
    low, high = FIELDS[name]["exclusiveMinimum"], FIELDS[name]["maximum"]
    assert [accepted(**{name: n}) for n in (low, low + 0.01, high, high + 0.01)] == [False, True, True, False]


@pytest.mark.parametrize("auth_type", list(BRANCHES))
def test_credentials_agree(auth_type: str) -> None:
    """What a kind of credentials requires in the form is what the Config requires.

    A sign-in that was saved without the app reads accounts by id, as it always has.
    """
    branch = BRANCHES[auth_type]
    values = dict.fromkeys(branch["properties"], "7" * 18) | {"auth_type": auth_type}
    accounts = [] if auth_type == "sandbox_access_token" else LEAST["accounts"]
    for left_out in values:
        given = {name: value for name, value in values.items() if name != left_out}
        still_taken = auth_type == "oauth2.0" and left_out in ("app_id", "secret")
        needed = left_out in branch["required"] and not still_taken
        assert accepted(credentials=given, accounts=accounts) == (not needed), left_out


def test_required_fields_agree() -> None:
    """Credentials and a start are all a person has to fill in."""
    assert FORM["required"] == ["credentials", "start_date"]
    config = parse({name: LEAST[name] for name in FORM["required"]} | {"accounts": LEAST["accounts"]}, {})
    assert isinstance(config, Config)
    assert config.start_date == date(2024, 1, 31)
