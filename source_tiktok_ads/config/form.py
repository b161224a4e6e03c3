"""The form that `spec` shows, generated from the models; `python -m docs.generate` writes it to spec.json."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from source_tiktok_ads.config.model import PRODUCTION, Config

_ONLY_HERE = {"wanted"}
"""What the models say of a field for sentences alone."""


def specification() -> dict[str, Any]:
    """The content of spec.json."""
    return {
        "documentationUrl": "https://business-api.tiktok.com/portal/docs",
        "supportsIncremental": True,
        "connectionSpecification": {
            "$schema": "http://json-schema.org/draft-07/schema#",
            **_published(form()),
        },
        "advanced_auth": _BUTTON,
    }


def _paths(*names: str) -> dict[str, Any]:
    """Fields of the credentials, each with the path at which the platform finds it."""
    return _fields({name: {"type": "string", "path_in_connector_config": ["credentials", name]} for name in names})


def _fields(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


# TikTok: the consent page takes app_id, redirect_uri and state, and sends the browser back with auth_code; the exchange
# takes a JSON body and answers errors with HTTP 200.
_BUTTON = {
    "auth_flow_type": "oauth2.0",
    "predicate_key": ["credentials", "auth_type"],
    "predicate_value": "oauth2.0",
    "oauth_config_specification": {
        "oauth_connector_input_specification": {
            "consent_url": f"{PRODUCTION}/portal/auth?app_id={{{{ client_id_value }}}}&{{{{ redirect_uri_param }}}}"
            "&{{ state_param }}",
            "access_token_url": f"{PRODUCTION}/open_api/v1.3/oauth2/access_token/",
            "access_token_headers": {"Content-Type": "application/json"},
            "access_token_params": {
                "app_id": "{{ client_id_value }}",
                "secret": "{{ client_secret_value }}",
                "auth_code": "{{ auth_code_value }}",
            },
            "client_id_key": "app_id",
            "client_secret_key": "secret",
            "auth_code_key": "auth_code",
        },
        "complete_oauth_output_specification": _fields(
            {
                "access_token": {
                    "type": "string",
                    "path_in_oauth_response": ["data", "access_token"],
                    "path_in_connector_config": ["credentials", "access_token"],
                }
            }
        ),
        "complete_oauth_server_input_specification": _fields(
            {"app_id": {"type": "string"}, "secret": {"type": "string"}}
        ),
        "complete_oauth_server_output_specification": _paths("app_id", "secret"),
    },
}
"""The Authenticate button: a flow that a self-managed Airbyte runs by itself with the app's id and secret."""


@cache
def form() -> dict[str, Any]:
    """The JSON Schema of the settings as Airbyte's forms take it, with the words for sentences.

    Airbyte's forms know neither `$ref` nor `anyOf`, and `oneOf` only with a constant in each alternative.
    """
    schema = Config.model_json_schema()
    found: dict[str, Any] = _plain(schema, schema["$defs"])
    del found["description"]
    return found


def field_at(place: Iterable[int | str], auth_type: str | None = None) -> Mapping[str, Any]:
    """What the form says of the setting at a place; inside of credentials, of the first kind with such a setting."""
    node = form()
    for step in place:
        if isinstance(step, int):
            node = node["items"]
        elif "oneOf" in node:
            kinds = [kind["properties"] for kind in node["oneOf"] if step in kind["properties"]]
            node = next((kind for kind in kinds if kind["auth_type"]["const"] == auth_type), kinds[0])[step]
        else:
            node = node["properties"][step]
    return node


def _plain(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_plain(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        node = {**definitions[node["$ref"].rpartition("/")[2]], **node}
    if "anyOf" in node:
        # An optional field: the other alternative is null, which no form sends.
        node = {**node["anyOf"][0], **node}
    kept = {name: value for name, value in node.items() if not _is_left_out(name, value)}
    if "const" in kept:
        del kept["title"]
    fields = kept.pop("properties", None)
    plain = {name: value if name == "examples" else _plain(value, definitions) for name, value in kept.items()}
    if "description" in plain:
        # Those of the models are docstrings, which go over several lines.
        plain["description"] = " ".join(plain["description"].split())
    if fields:
        plain["properties"] = {
            name: {**_plain(field, definitions), "order": order} for order, (name, field) in enumerate(fields.items())
        }
    return plain


def _is_left_out(name: str, value: Any) -> bool:
    return name in ("$ref", "$defs", "anyOf", "discriminator") or (name == "default" and value in (None, [], ""))


def _published(node: Any) -> Any:
    if isinstance(node, list):
        return [_published(item) for item in node]
    if isinstance(node, dict):
        return {name: _published(value) for name, value in node.items() if name not in _ONLY_HERE}
    return node
