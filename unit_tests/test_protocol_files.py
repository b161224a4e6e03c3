"""What the platform hands in as files: every form that is read, and a sentence for every one that is not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import DestinationSyncMode, FailureType, SyncMode
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_tiktok_ads.protocol_files import DEEPEST, LARGEST, blobs_by_stream, catalog_of, config_of, states_of


@pytest.fixture
def file(tmp_path: Path) -> Callable[[Any], str]:
    """Write something into a file: a text as it is, anything else as JSON."""

    def write(content: Any) -> str:
        path = tmp_path / "content.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return str(path)

    return write


def sentence(read: Callable[[str], Any], path: str) -> str:
    """What the user is told about a file; always an error of the configuration."""
    with pytest.raises(AirbyteTracedException) as raised:
        read(path)
    assert raised.value.failure_type is FailureType.config_error
    return str(raised.value.message).replace(path, "FILE")


READERS = [(config_of, "configuration"), (catalog_of, "catalog"), (states_of, "state")]


@pytest.mark.parametrize(("read", "what"), READERS)
def test_a_file_that_cannot_be_read_is_named(read: Callable[[str], Any], what: str, tmp_path: Path) -> None:
    """With the system's reason."""
    missing = str(tmp_path / "none.json")
    assert sentence(read, missing) == f"The {what} file FILE can't be read: No such file or directory."


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"not JSON"])
@pytest.mark.parametrize(("read", "what"), READERS)
def test_a_file_without_json_is_named(
    read: Callable[[str], Any], what: str, content: bytes, file: Callable[[Any], str]
) -> None:
    """With the place where it breaks."""
    assert sentence(read, file(content)).startswith(f"The {what} file FILE is not valid JSON: ")


@pytest.mark.parametrize("depth", [DEEPEST, 5_000, 1_000_000])
@pytest.mark.parametrize(("read", "what"), READERS)
def test_a_file_that_nests_too_deeply_is_named(
    read: Callable[[str], Any], what: str, depth: int, file: Callable[[Any], str]
) -> None:
    """Whether Python can read it or not: what reads it further on could not follow."""
    path = file(b'{"a":' * depth + b"1" + b"}" * depth)
    assert sentence(read, path) == (
        f"The {what} file FILE nests its values more than {DEEPEST} levels deep: is it the right file?"
    )


@pytest.mark.parametrize(("read", "what"), READERS)
def test_a_file_that_is_too_large_is_named(
    read: Callable[[str], Any], what: str, file: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing more of it is read."""
    monkeypatch.setitem(LARGEST, what, 1 << 20)
    assert read(file(b"{}" + b" " * ((1 << 20) - 2))) is not None if what == "configuration" else True
    assert sentence(read, file(b"{}" + b" " * (1 << 20))) == (
        f"The {what} file FILE is larger than 1 MiB: is it the right file?"
    )


def test_a_configuration_is_an_object(file: Callable[[Any], str]) -> None:
    """Nothing else is one."""
    assert config_of(file({"a": 1})) == {"a": 1}
    assert sentence(config_of, file([1])) == "The configuration file FILE must hold a JSON object."


def test_a_catalog_is_read(file: Callable[[Any], str]) -> None:
    """As the CDK reads it."""
    stream = {"name": "ads", "json_schema": {}, "supported_sync_modes": ["incremental"]}
    entry = {"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append"}
    (read,) = catalog_of(file({"streams": [entry]})).streams
    assert (read.stream.name, read.sync_mode) == ("ads", SyncMode.incremental)


ADS = {"name": "ads", "json_schema": {}, "supported_sync_modes": ["incremental"]}
ENTRY = {"stream": ADS, "sync_mode": "incremental", "destination_sync_mode": "append"}
NO_LIST = "`streams` is missing or no list"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ([], NO_LIST),
        (7, NO_LIST),
        (None, NO_LIST),
        ({"streams": 7}, NO_LIST),
        ({"streams": [{}]}, "entry 1 of `streams`: `stream` is missing or no object"),
        ({"streams": [ENTRY, {"stream": "ads"}]}, "entry 2 of `streams`: `stream` is missing or no object"),
        (
            {"streams": [{**ENTRY, "stream": {**ADS, "name": 7}}]},
            "entry 1 of `streams`: `stream.name` is missing or no text",
        ),
        (
            {"streams": [{**ENTRY, "stream": {"name": "ads"}}]},
            "stream ads: `stream.json_schema` is missing or no object",
        ),
        (
            {"streams": [{**ENTRY, "stream": {**ADS, "supported_sync_modes": ["whole"]}}]},
            'stream ads: `stream.supported_sync_modes` is "whole", not one of full_refresh, incremental',
        ),
        (
            {"streams": [{**ENTRY, "stream": {**ADS, "supported_sync_modes": None}}]},
            "stream ads: `stream.supported_sync_modes` is missing or no list",
        ),
        (
            {"streams": [{**ENTRY, "sync_mode": "whole"}]},
            'stream ads: `sync_mode` is "whole", not one of full_refresh, incremental',
        ),
        (
            {"streams": [{"stream": ADS, "sync_mode": "incremental"}]},
            "stream ads: `destination_sync_mode` is missing, not one of MODES",
        ),
        ({"streams": [{**ENTRY, "primary_key": 7}]}, "one of its optional fields has a value of another type"),
    ],
)
def test_another_catalog_is_refused_with_what_it_needs(content: Any, fault: str, file: Callable[[Any], str]) -> None:
    """With the stream, the field, the value and what it may be."""
    fault = fault.replace("MODES", ", ".join(mode.value for mode in DestinationSyncMode))
    needs = "It needs `streams`, each with `stream`, `sync_mode` and `destination_sync_mode`."
    said = sentence(catalog_of, file(content))
    assert said == f"The catalog file FILE holds no configured catalog: {fault}. {needs}"


def test_a_byte_order_mark_is_no_matter(file: Callable[[Any], str]) -> None:
    """Some editors write one before the JSON."""
    assert config_of(file(b"\xef\xbb\xbf{}")) == {}


@pytest.mark.parametrize(
    "content",
    [
        b'{"type": "STATE"}\n{"type": "STATE"}\n',
        {"type": "STATE", "state": {"type": "STREAM"}},
        {"type": "STREAM", "stream": {"stream_descriptor": {"name": "ads"}}},
    ],
)
def test_states_outside_a_list_are_refused_with_the_way_into_one(content: Any, file: Callable[[Any], str]) -> None:
    """As they stand in a sync's output: one a line, or a single one."""
    said = sentence(states_of, file(content))
    assert said.endswith(" States that stand one a line have to be put into one list: jq -s . FILE")
    assert "jq" not in sentence(config_of, file(b"{} {}"))


OURS = {"version": 1, "states": []}


def stream(name: str, blob: Any = None) -> dict[str, Any]:
    """A stream's part of a state."""
    return {"stream_descriptor": {"name": name}, "stream_state": OURS if blob is None else blob}


@pytest.mark.parametrize("content", [{}, [], None, "", 0, False])
def test_no_state_is_none(content: Any, file: Callable[[Any], str]) -> None:
    """A first sync."""
    assert states_of(file(content)) == []


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "STREAM", "stream": stream("ads")}],
        [{"stream": stream("ads")}],
        [{"type": "STATE", "state": {"type": "STREAM", "stream": stream("ads")}}],
        [{"type": "GLOBAL", "global": {"stream_states": [stream("ads")]}}],
        [{"type": "GLOBAL", "global": {"shared_state": {}, "stream_states": [stream("ads")]}}],
        [{"stream": stream("ads", {"a": 1})}, {"stream": stream("ads")}],
    ],
)
def test_every_form_of_a_state_is_read(content: Any, file: Callable[[Any], str]) -> None:
    """By stream, together, as messages, with or without a type; the last of a name wins."""
    assert blobs_by_stream(states_of(file(content))) == {"ads": OURS}


@pytest.mark.parametrize("blob", [[], {}, "", 0])
def test_an_empty_state_of_a_stream_is_none(blob: Any, file: Callable[[Any], str]) -> None:
    """It is kept as a state that holds nothing."""
    assert blobs_by_stream(states_of(file([{"stream": stream("ads", blob)}]))) == {"ads": {}}


def test_a_stream_without_a_state_has_none(file: Callable[[Any], str]) -> None:
    """A descriptor alone claims nothing; so does a list of no streams."""
    assert blobs_by_stream(states_of(file([{"stream": {"stream_descriptor": {"name": "ads"}}}]))) == {"ads": {}}
    assert states_of(file([{"global": {"stream_states": None}}])) == []


@pytest.mark.parametrize("blob", ["2026-01-05", [1], 7, True])
def test_a_state_that_is_no_object_is_handed_on_as_unreadable(blob: Any, file: Callable[[Any], str]) -> None:
    """It cannot be ours, so the stream will be read whole."""
    assert blobs_by_stream(states_of(file([{"stream": stream("ads", blob)}]))) == {"ads": {"unreadable": blob}}


@pytest.mark.parametrize("content", [{"ads": {"modify_time": "x"}}, "ads", 7, True])
def test_a_state_that_is_no_list_is_refused(content: Any, file: Callable[[Any], str]) -> None:
    """With an example of what is expected."""
    said = sentence(states_of, file(content))
    assert said.startswith("The state file FILE must hold a list of states")
    assert '"stream_descriptor"' in said


@pytest.mark.parametrize(
    "item",
    [
        *(7, "ads", None, [], {}),
        {"type": "LEGACY", "data": {"ads": {}}},
        {"stream": None},
        {"stream": "ads"},
        {"stream": {}},
        {"stream": {"stream_descriptor": "ads"}},
        {"stream": {"stream_descriptor": {}}},
        {"stream": {"stream_descriptor": None}},
        {"stream": [1]},
        {"global": {"stream_states": [7]}},
        {"global": {"stream_states": 7}},
        {"global": "ads"},
        {"state": {"type": "STREAM"}},
    ],
)
def test_an_item_that_is_no_state_is_refused(item: Any, file: Callable[[Any], str]) -> None:
    """It would be dropped silently otherwise, and everything read again."""
    said = sentence(states_of, file([{"stream": stream("ads")}, item]))
    assert said.startswith("The state file FILE holds an item that is no state of a stream")
