"""Reads the files of the Airbyte protocol: configuration, catalog and state. Errors say what is wrong with a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import chain
from typing import Any

from airbyte_cdk.models import (
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStreamState,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    DestinationSyncMode,
    FailureType,
    StreamDescriptor,
    SyncMode,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException


def config_error(sentence: str) -> AirbyteTracedException:
    """An error that the user can fix, with a sentence that says how."""
    return AirbyteTracedException(message=sentence, failure_type=FailureType.config_error)


def config_of(path: str) -> dict[str, Any]:
    """The configuration in a file. Raises a configuration error if the file has none."""
    config = _json_file(path, "configuration")
    if not isinstance(config, dict):
        raise config_error(f"The configuration file {path} must hold a JSON object.")
    return config


def catalog_of(path: str) -> ConfiguredAirbyteCatalog:
    """The configured catalog in a file. Raises a configuration error if the file has none."""
    content = _json_file(path, "catalog")
    fault = _fault(content)
    if fault is None:
        try:
            return ConfiguredAirbyteCatalogSerializer.load(content)
        except Exception:
            fault = "one of its optional fields has a value of another type"
    raise config_error(
        f"The catalog file {path} holds no configured catalog: {fault}. It needs `streams`, each with `stream`, "
        "`sync_mode` and `destination_sync_mode`."
    )


def _fault(content: Any) -> str | None:
    """The first fault in a catalog; None if there is none."""
    entries = _part(content, "streams")
    if not isinstance(entries, list):
        return "`streams` is missing or no list"
    return next((fault for number, entry in enumerate(entries, 1) for fault in _entry_faults(number, entry)), None)


def _entry_faults(number: int, entry: Any) -> Iterator[str]:
    stream = _part(entry, "stream")
    name = _part(stream, "name")
    where = f"stream {name}" if name and isinstance(name, str) else f"entry {number} of `streams`"
    modes = (_mode_faults(field, [_part(entry, field)], modes) for field, modes in _MODES.items())
    yield from (f"{where}: `{field}` {fault}" for field, fault in chain(_stream_faults(stream), *modes))


def _stream_faults(stream: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(stream, dict):
        yield "stream", "is missing or no object"
    for field, kind, wanted in _STREAM_FIELDS:
        if not isinstance(_part(stream, field), kind):
            yield f"stream.{field}", f"is missing or no {wanted}"
    yield from _mode_faults("stream.supported_sync_modes", _part(stream, "supported_sync_modes"), SyncMode)


def _mode_faults(field: str, values: Any, modes: type[Enum]) -> Iterator[tuple[str, str]]:
    allowed = [mode.value for mode in modes]
    for value in values or ():
        if value not in allowed:
            found = "is missing" if value is None else f"is {json.dumps(value)[:60]}"
            yield field, f"{found}, not one of {', '.join(allowed)}"


_STREAM_FIELDS = (("name", str, "text"), ("json_schema", dict, "object"), ("supported_sync_modes", list, "list"))
_MODES: Mapping[str, type[Enum]] = {"sync_mode": SyncMode, "destination_sync_mode": DestinationSyncMode}


def states_of(path: str) -> list[AirbyteStateMessage]:
    """The stream states in a file. Raises a configuration error if the file has no list of states.

    Both forms of the protocol are accepted: one state for each stream, and one global state.
    """
    content = _json_file(path, "state")
    if not content:
        return []
    if not isinstance(content, list):
        raise config_error(
            f"The state file {path} must hold a list of states, as the connector emits them: "
            '[{"type": "STREAM", "stream": {"stream_descriptor": {"name": …}, "stream_state": …}}].'
            + (_one_list(path) if _part(content, "type") in ("STATE", "STREAM", "GLOBAL") else "")
        )
    return [message for item in content for message in _messages(item, path)]


def blobs_by_stream(states: Sequence[AirbyteStateMessage]) -> dict[str, Mapping[str, Any]]:
    """The content of each stream's state, by stream name. The last state of a stream wins."""
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
    # A state that is not an object is not from this connector. It is marked as unreadable, so the stream is read whole.
    content = blob if isinstance(blob, dict) else {"unreadable": blob} if blob else {}
    state = AirbyteStreamState(
        stream_descriptor=StreamDescriptor(name=str(name)), stream_state=AirbyteStateBlob(content)
    )
    return AirbyteStateMessage(type=AirbyteStateType.STREAM, stream=state)


LARGEST: Mapping[str, int] = {"configuration": 1 << 24, "catalog": 1 << 28, "state": 1 << 28}
"""The size limit of each file in bytes: far more than needed, but low enough to protect memory from a wrong file."""

DEEPEST = 100
"""The deepest nesting of values in a file: no valid file is deeper, and later steps could not process it."""


def _json_file(path: str, what: str) -> Any:
    try:
        content = json.loads(_text(path, what))
    except OSError as error:
        raise config_error(f"The {what} file {path} can't be read: {error.strerror}.") from None
    except ValueError as error:
        # The user may have saved the states of a sync as they are emitted, one per line.
        lines = what == "state" and str(error).startswith("Extra data")
        hint = _one_list(path) if lines else ""
        raise config_error(f"The {what} file {path} is not valid JSON: {error}.{hint}") from None
    except RecursionError:
        raise _too_deep(path, what) from None
    if _is_deep(content):
        raise _too_deep(path, what)
    return content


def _text(path: str, what: str) -> str:
    with open(path, "rb") as file:
        raw = file.read(LARGEST[what] + 1)
    if len(raw) > LARGEST[what]:
        raise config_error(f"The {what} file {path} is larger than {LARGEST[what] >> 20} MiB: is it the right file?")
    return raw.decode("utf-8-sig")


def _too_deep(path: str, what: str) -> AirbyteTracedException:
    return config_error(
        f"The {what} file {path} nests its values more than {DEEPEST} levels deep: is it the right file?"
    )


def _is_deep(content: Any) -> bool:
    """Whether values are nested more deeply than DEEPEST."""
    level = [content]
    for _ in range(DEEPEST):
        level = [item for value in level for item in _inside(value)]
    return bool(level)


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _one_list(path: str) -> str:
    return f" States that stand one a line have to be put into one list: jq -s . {path}"
