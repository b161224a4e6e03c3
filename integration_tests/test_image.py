"""The image as the platform runs it: every command confined, every line judged by the protocol's own models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from airbyte_protocol.models import AirbyteMessage

from .docker_image import CONFINED, ROOT, Finished, finished, run, seconds_to_stop, shared, started
from .simulator import Simulator

pytestmark = pytest.mark.docker

CONFIG = json.loads((ROOT / "integration_tests" / "configs" / "config.json").read_text(encoding="utf-8"))
MEGABYTE = 1_000_000
# The stand-in base has 102 MB, our layers some 57.
LARGEST_OWN_LAYERS = 65 * MEGABYTE


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A TikTok on the machine's loopback, which a container on the host's network reaches."""
    with Simulator() as running:
        yield running


@pytest.fixture(scope="module")
def online(simulator: Simulator) -> dict[str, Any]:
    """Options of a container that may speak with the simulator and nobody else is told of."""
    return {"network_mode": "host", "environment": {"TIKTOK_ADS_API_URL": simulator.url}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the configuration, readable by the container's user."""
    return shared(tmp_path_factory.mktemp("secrets"), config=CONFIG)


@pytest.fixture(scope="module")
def discovered(docker_client: Any, image: Any, folder: Path, online: dict[str, Any]) -> Finished:
    """What `discover` leaves."""
    return run(docker_client, ["discover", "--config", "/secrets/config.json"], mount={folder: "/secrets"}, **online)


@pytest.fixture(scope="module")
def catalog(discovered: Finished, folder: Path) -> dict[str, Any]:
    """Every stream, incremental; also as catalog.json beside the configuration."""
    [found] = discovered.of_type("CATALOG")
    configured = {"streams": [configured_stream(stream) for stream in found["streams"]]}
    shared(folder, catalog=configured)
    return configured


def configured_stream(stream: dict[str, Any]) -> dict[str, Any]:
    """The stream as a user selects it."""
    return {"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append_dedup"}


READ = ("read", "--config", "/secrets/config.json", "--catalog", "/secrets/catalog.json")


@pytest.fixture(scope="module")
def first_read(docker_client: Any, folder: Path, catalog: dict[str, Any], online: dict[str, Any]) -> Finished:
    """What a `read` without state leaves."""
    return run(docker_client, READ, mount={folder: "/secrets"}, **online)


@pytest.fixture(scope="module")
def second_read(docker_client: Any, folder: Path, first_read: Finished, online: dict[str, Any]) -> Finished:
    """What the next `read` leaves, given the last state of each stream."""
    last = {state["stream"]["stream_descriptor"]["name"]: state for state in first_read.of_type("STATE")}
    shared(folder, state=list(last.values()))
    return run(docker_client, [*READ, "--state", "/secrets/state.json"], mount={folder: "/secrets"}, **online)


def assert_clean(end: Finished) -> None:
    """Exit 0, nothing on stderr, and every line a message by the protocol's own models."""
    assert (end.err, end.code) == ("", 0)
    for message in end.messages:
        AirbyteMessage.model_validate(message)


def rows(end: Finished) -> dict[str, int]:
    """Records by stream."""
    counts: dict[str, int] = {}
    for record in end.of_type("RECORD"):
        counts[record["stream"]] = counts.get(record["stream"], 0) + 1
    return counts


def statuses(end: Finished, stream: str) -> list[str]:
    """The stream's statuses in order."""
    traces = [trace["stream_status"] for trace in end.of_type("TRACE") if trace["type"] == "STREAM_STATUS"]
    return [status["status"] for status in traces if status["stream_descriptor"]["name"] == stream]


def test_labels_name_the_release(image: Any) -> None:
    """Name and version of the image are those of metadata.yaml."""
    metadata = yaml.safe_load((ROOT / "metadata.yaml").read_text(encoding="utf-8"))["data"]
    assert image.labels["io.airbyte.name"] == metadata["dockerRepository"]
    assert image.labels["io.airbyte.version"] == metadata["dockerImageTag"]


def test_platform_starts_the_entry_point(image: Any) -> None:
    """The variable that Airbyte evaluates says what the entry point says, by an absolute path."""
    settings = image.attrs["Config"]
    variables = dict(line.split("=", 1) for line in settings["Env"])
    assert variables["AIRBYTE_ENTRYPOINT"] == " ".join(settings["Entrypoint"])
    assert settings["Entrypoint"][1].startswith("/")
    assert settings["User"] == "airbyte"


def test_image_stays_small(docker_client: Any, image: Any) -> None:
    """What we add to the base stays below its bound."""
    base = docker_client.images.get(image.labels["org.opencontainers.image.base.name"])
    assert image.attrs["Size"] - base.attrs["Size"] < LARGEST_OWN_LAYERS


def test_spec_needs_no_network(docker_client: Any, image: Any) -> None:
    """`spec` answers without a network and in little memory."""
    end = run(docker_client, ["spec"], network_mode="none", mem_limit="64m")
    assert_clean(end)
    assert len(end.of_type("SPEC")) == 1


def test_check_succeeds(docker_client: Any, image: Any, folder: Path, online: dict[str, Any]) -> None:
    """`check` says that the connection works."""
    end = run(docker_client, ["check", "--config", "/secrets/config.json"], mount={folder: "/secrets"}, **online)
    assert_clean(end)
    assert [status["status"] for status in end.of_type("CONNECTION_STATUS")] == ["SUCCEEDED"]


def test_discover_gives_every_stream(discovered: Finished) -> None:
    """`discover` answers with one catalog that holds the connector's streams."""
    from source_tiktok_ads.streams.catalog import BY_NAME

    assert_clean(discovered)
    [found] = discovered.of_type("CATALOG")
    assert {stream["name"] for stream in found["streams"]} == set(BY_NAME)


def test_read_completes_every_stream(first_read: Finished, catalog: dict[str, Any]) -> None:
    """A first read brings rows and a state of every stream, each from STARTED to COMPLETE."""
    assert_clean(first_read)
    names = {stream["stream"]["name"] for stream in catalog["streams"]}
    assert set(rows(first_read)) == names
    assert {state["stream"]["stream_descriptor"]["name"] for state in first_read.of_type("STATE")} == names
    assert {tuple(statuses(first_read, name)) for name in names} == {("STARTED", "RUNNING", "COMPLETE")}


def test_read_goes_on_from_its_state(first_read: Finished, second_read: Finished) -> None:
    """A read with state completes too, and brings fewer rows than the first where nothing has changed."""
    assert_clean(second_read)
    assert sum(rows(second_read).values()) < sum(rows(first_read).values())
    assert {statuses(second_read, name)[-1] for name in rows(first_read)} == {"COMPLETE"}


def test_state_counts_every_record(first_read: Finished) -> None:
    """The record counts that the states carry add up to the records that left."""
    counts: dict[str, float] = {}
    for state in first_read.of_type("STATE"):
        name = state["stream"]["stream_descriptor"]["name"]
        counts[name] = counts.get(name, 0) + state["sourceStats"]["recordCount"]
    assert counts == rows(first_read)


def test_sigterm_ends_a_read(
    docker_client: Any, folder: Path, catalog: dict[str, Any], simulator: Simulator, online: dict[str, Any]
) -> None:
    """A read that is told to stop ends within a second, with the code that the platform takes for a clean stop."""
    simulator.switches.update({"latency_ms": 500})
    try:
        with started(docker_client, READ, mount={folder: "/secrets"}, **online) as container:
            # The first line tells that the command is up; with such latency the read lasts for long after it.
            next(container.logs(stream=True, follow=True))
            assert seconds_to_stop(container) < 1
            assert finished(container).code == 143
    finally:
        simulator.switches.update({"latency_ms": 0})


@pytest.mark.parametrize("working_folder", ["/config", "/tmp", "/"])
def test_working_folder_does_not_matter(docker_client: Any, image: Any, working_folder: str) -> None:
    """The platform starts the command in folders of its own."""
    assert_clean(run(docker_client, ["spec"], network_mode="none", working_dir=working_folder))


def test_platform_wrapper(docker_client: Any, image: Any, folder: Path, online: dict[str, Any]) -> None:
    """The shell line with which the platform starts a command works, with the root file system writable as there."""
    line = 'eval "$AIRBYTE_ENTRYPOINT check --config /config/config.json" > /tmp/output.json; cat /tmp/output.json'
    options = {**online, "mount": {folder: "/config"}, "working_dir": "/config", "read_only": False}
    end = run(docker_client, [line], entrypoint=["sh", "-c"], **options)
    assert_clean(end)
    assert [status["status"] for status in end.of_type("CONNECTION_STATUS")] == ["SUCCEEDED"]


def test_confinement_is_what_it_says(docker_client: Any, image: Any) -> None:
    """The containers of these tests run as the plain user, and their root file system refuses to be written."""
    end = run(docker_client, ["id -u; touch /airbyte/x || echo refused"], entrypoint=["sh", "-c"], network_mode="none")
    assert end.out.split() == [CONFINED["user"].split(":")[0], "refused"]
