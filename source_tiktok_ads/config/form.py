"""The form that `spec` shows, generated from the models; `python -m docs.generate` writes it to spec.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from source_tiktok_ads.config.model import Config

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
    }


def form() -> dict[str, Any]:
    """The JSON Schema of the settings as Airbyte's forms take it, with the words for sentences.

    Airbyte's forms know neither `$ref` nor `anyOf`, and `oneOf` only with a constant in each alternative.
    """
    schema = Config.model_json_schema()
    found: dict[str, Any] = _plain(schema, schema["$defs"])
    del found["description"]
    return found


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
