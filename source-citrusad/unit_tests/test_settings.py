"""Settings: the form, the model behind it, and a sentence for whatever is wrong."""

from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from source_citrusad.settings import SettingsError, settings_of, specification, unknown_settings

from .canned import ORIGIN, config

PACKAGE = Path(__file__).parent.parent / "source_citrusad"
LEAST = {"credentials_json": "{}", "start_date": "2022-09-01"}


def nodes(node: Any) -> list[Any]:
    """Every object in a schema."""
    if isinstance(node, dict):
        return [node, *(part for value in node.values() for part in nodes(value))]
    return [part for value in node for part in nodes(value)] if isinstance(node, list) else []


def test_the_form_is_made_from_the_model() -> None:
    """`make docs` writes spec.yaml; it is never edited."""
    assert yaml.safe_load((PACKAGE / "spec.yaml").read_text(encoding="utf-8")) == specification()


def test_the_form_has_nothing_that_forms_do_not_understand() -> None:
    """No references, no unions; the key is a secret; every field has a title, a description and a place."""
    assert not [node for node in nodes(specification()) if {"$ref", "allOf", "anyOf", "$defs"} & {*node}]
    fields = specification()["connectionSpecification"]["properties"]
    assert fields["credentials_json"]["airbyte_secret"] is True
    assert [field["order"] for field in fields.values()] == [*range(len(fields))]
    assert all(field["title"] and field["description"] and field["type"] for field in fields.values())
    assert [name for name, field in fields.items() if field.get("airbyte_hidden")] == ["api_url", "now", "wait_scale"]
    assert all("default" in field for name, field in fields.items() if name not in LEAST)


def test_defaults() -> None:
    """Those of the agreement that everybody gets."""
    settings = settings_of(LEAST, {})
    assert (settings.start_date, settings.daily_calls, settings.count_calls) == (date(2022, 9, 1), 100, "requests")
    assert (settings.scan_limit, settings.download_limit) == (10**13, 10**9)
    assert (settings.origin, settings.started) == ("https://bigquery.googleapis.com", None)


def test_a_form_left_empty_is_not_filled_in() -> None:
    """Forms send null."""
    assert settings_of({**LEAST, "datasets": None, "billing_project_id": None}, {}).datasets == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"start_date": "soon"}, 'start_date is "soon": write a day as YYYY-MM-DD.'),
        ({"start_date": 20220901}, "start_date is 20220901: write a day as YYYY-MM-DD."),
        ({"start_date": None}, "start_date is missing: write a day as YYYY-MM-DD."),
        ({"daily_calls": 10}, "daily_calls is 10: write a whole number of at least 11."),
        ({"daily_calls": True}, "daily_calls is true: write a whole number of at least 11."),
        ({"count_calls": "pages"}, 'count_calls is "pages": write requests or queries.'),
        ({"monthly_scan_tb": -1}, "monthly_scan_tb is -1: write a number of at least 0, where 0 is no limit."),
        ({"max_download_gb": 0}, "max_download_gb is 0: write a number above 0."),
        ({"lookback_days": -1}, "lookback_days is -1: write a whole number of at least 0."),
        ({"data_project_id": ""}, "data_project_id is \"\": write the project's id as text"),
        ({"datasets": "x" * 70}, "datasets is \"" + "x" * 58 + "…: write a list of names"),
        ({"datasets": [1]}, "datasets is [1]: write a list of names"),
        ({"credentials_json": 5}, "credentials_json can't be used: paste the whole key file, which is JSON."),
        ({"now": "noon", "api_url": ORIGIN}, 'now is "noon": write an instant'),
        ({"now": "2022-09-01"}, "now: only for emulators, so api_url has to be set too."),
        ({"api_url": "https://example.com"}, "api_url is not local, and the token would be sent there"),
        ({"start_date": "x", "daily_calls": 0}, "daily_calls is 0: write a whole number of at least 11."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(changes: dict[str, Any], sentence: str) -> None:
    """The field, what stands there, and what may."""
    with pytest.raises(SettingsError) as error:
        settings_of({**LEAST, **changes}, {})
    assert sentence in str(error.value)


def test_a_key_given_as_an_object_is_its_text() -> None:
    """Who writes the configuration by hand may leave out the quotes."""
    assert settings_of({**LEAST, "credentials_json": {"a": 1}}, {}).credentials_json == '{"a": 1}'


def test_variables_for_emulators() -> None:
    """They count like the settings, which go before them."""
    environ = {
        "CITRUSAD_API_URL": f"{ORIGIN}/",
        "CITRUSAD_NOW": "2022-09-11T15:00:00+02:00",
        "CITRUSAD_WAIT_SCALE": "0.5",
    }
    settings = settings_of({**LEAST, "wait_scale": 0}, environ)
    assert (settings.origin, settings.wait_scale) == (ORIGIN, 0)
    assert settings.started == datetime(2022, 9, 11, 13, tzinfo=timezone.utc)
    assert settings_of(config(now="2022-09-11T13:00:00"), {}).started == settings.started


def test_no_stand_in_in_the_cloud() -> None:
    """There nothing is private."""
    with pytest.raises(SettingsError, match="refused in Airbyte Cloud"):
        settings_of(config(), {"DEPLOYMENT_MODE": "cloud"})


def test_settings_that_do_not_exist() -> None:
    """They are named; the CDK's own are not ours to judge."""
    assert unknown_settings({**LEAST, "dataset": "x", "__injected": 1}) == ["dataset"]
