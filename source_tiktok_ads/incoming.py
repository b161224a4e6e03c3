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
            f"The catalog file {path} holds no configured catalog ({type(error).__name__}): it needs `streams`, each "
            "with `stream`, `sync_mode` and `destination_sync_mode`."
        ) from None


def states_of(path: str) -> list[AirbyteStateMessage]:
    """The stream states in a file. Raises a configuration error where it holds no list of states.

    Both forms of the protocol are read: a list of one state a stream, and one state of all streams together.
    """
    content = _json_file(path, "state")
    if not content:
        return []
    if not isinstance(content, list):
        raise config_error(
            f"The state file {path} must hold a list of states, as the connector emits them: "
            '[{"type": "STREAM", "stream": {"stream_descriptor": {"name": …}, "stream_state": …}}].'
        )
    return [message for item in content for message in _messages(item, path)]


def blobs_by_stream(states: Sequence[AirbyteStateMessage]) -> dict[str, Mapping[str, Any]]:
    """What each stream's state holds; the last one of a name wins."""
    return {
        state.stream.stream_descriptor.name: dict(state.stream.stream_state.__dict__)
        for state in states
        if state.stream and state.stream.stream_state
    }


def _messages(item: Any, path: str) -> list[AirbyteStateMessage]:
    if isinstance(item, dict) and isinstance(item.get("state"), dict):
        item = item["state"]
    together = item.get("global") if isinstance(item, dict) else None
    streams = together.get("stream_states") if isinstance(together, dict) else [_part(item, "stream")]
    try:
        return [_message(stream) for stream in streams or ()]
    except (KeyError, TypeError) as error:
        raise config_error(
            f"The state file {path} holds an item that is no state of a stream: each needs a stream_descriptor with "
            "a name, and a stream_state."
        ) from error


def _part(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, dict) else None


def _message(stream: Any) -> AirbyteStateMessage:
    name, blob = stream["stream_descriptor"]["name"], stream.get("stream_state")
    # A state that is no object cannot be ours: handed on as one that says so, the stream is read whole.
    content = blob if isinstance(blob, dict) else {"unreadable": blob} if blob else {}
    state = AirbyteStreamState(
        stream_descriptor=StreamDescriptor(name=str(name)), stream_state=AirbyteStateBlob(content)
    )
    return AirbyteStateMessage(type=AirbyteStateType.STREAM, stream=state)


def _json_file(path: str, what: str) -> Any:
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise config_error(f"The {what} file {path} can't be read: {error.strerror}.") from None
    except ValueError as error:
        raise config_error(f"The {what} file {path} is not valid JSON: {error}.") from None
