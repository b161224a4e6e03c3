"""What the platform hands in as files: configuration, catalog and state, with a sentence for whatever is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from airbyte_cdk.models import (
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStreamState,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    FailureType,
    StreamDescriptor,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

StreamId = tuple[str, str]
"""A stream's namespace and name, which is the dataset and the table: two datasets may hold the same table."""


def config_error(sentence: str) -> AirbyteTracedException:
    """An error that the user can mend, with the sentence that says how."""
    return AirbyteTracedException(message=sentence, failure_type=FailureType.config_error)


def config_of(path: str) -> dict[str, Any]:
    """The configuration in a file. Raises a configuration error where it holds none."""
    config = _json_file(path, "configuration")
    if not isinstance(config, dict):
        raise config_error(f"The configuration file {path} must hold a JSON object.")
    return config


def catalog_of(path: str) -> ConfiguredAirbyteCatalog:
    """The configured catalog in a file. Raises a configuration error where it holds none."""
    content = _json_file(path, "catalog")
    try:
        return ConfiguredAirbyteCatalogSerializer.load(content)
    except Exception as error:
        raise config_error(
            f"The catalog file {path} holds no configured catalog ({type(error).__name__}). It needs `streams`, each "
            "with `stream`, `sync_mode` and `destination_sync_mode`."
        ) from None


def states_of(path: str) -> list[AirbyteStateMessage]:
    """The stream states in a file. Raises a configuration error where it holds no list of states."""
    content = _json_file(path, "state")
    if not content:
        return []
    try:
        return [_message(item.get("state") or item) for item in content]
    except (AttributeError, KeyError, TypeError):
        raise config_error(
            f"The state file {path} must hold a list of states, as the connector emits them: "
            '[{"type": "STREAM", "stream": {"stream_descriptor": {"name": …, "namespace": …}, "stream_state": …}}].'
        ) from None


def blobs_by_stream(states: Sequence[AirbyteStateMessage]) -> dict[StreamId, Mapping[str, Any]]:
    """What each stream's state holds; the last one of a stream wins."""
    return {
        stream_id(state.stream.stream_descriptor): dict(state.stream.stream_state.__dict__)
        for state in states
        if state.stream and state.stream.stream_state
    }


def stream_id(described: Any) -> StreamId:
    """The namespace and name of a stream or of a stream's descriptor."""
    return described.namespace or "", described.name


def _message(item: Mapping[str, Any]) -> AirbyteStateMessage:
    described = item["stream"]["stream_descriptor"]
    blob = item["stream"].get("stream_state")
    state = AirbyteStreamState(
        stream_descriptor=StreamDescriptor(name=str(described["name"]), namespace=described.get("namespace")),
        stream_state=AirbyteStateBlob(blob if isinstance(blob, dict) else {}),
    )
    return AirbyteStateMessage(type=AirbyteStateType.STREAM, stream=state)


def _json_file(path: str, what: str) -> Any:
    try:
        return json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise config_error(f"The {what} file {path} can't be read: {error.strerror}.") from None
    except ValueError as error:
        raise config_error(f"The {what} file {path} is not valid JSON: {error}.") from None
