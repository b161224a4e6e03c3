"""The image as the platform runs it: every command confined, every line judged by the protocol's own models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from airbyte_protocol.models import AirbyteMessage

from docs.generate import MAIN
from source_tiktok_ads.streams.catalog import BY_NAME

from .docker_image import CONFINED, OFFLINE, ROOT, USER_ID, Finished, Place, inspect, run, running, shared, terminated
from .simulator import Simulator, World

pytestmark = [pytest.mark.docker, pytest.mark.alone]

CONFIG = json.loads((ROOT / "integration_tests" / "configs" / "config.json").read_text(encoding="utf-8"))
# Enough for a row in every stream.
SMALL = World(advertisers=2, campaigns=2)
MEGABYTE = 1_000_000
# The stand-in base has 102 MB, our layers some 57.
LARGEST_OWN_LAYERS = 65 * MEGABYTE


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A TikTok on the machine's loopback, which a container on the host's network reaches."""
    with Simulator(SMALL) as simulated:
        yield simulated


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the configuration, readable by the container's user."""
    return shared(tmp_path_factory.mktemp("secrets"), config=CONFIG)


@pytest.fixture(scope="module")
def online(image: dict[str, Any], simulator: Simulator, folder: Path) -> Place:
    """A container that reaches the simulator and sees the configuration."""
    return Place(("--network", "host", "--env", f"TIKTOK_ADS_API_URL={simulator.url}"), {folder: "/secrets"})


@pytest.fixture(scope="module")
def discovered(online: Place) -> Finished:
    """What `discover` leaves."""
    return run(["discover", "--config", "/secrets/config.json"], online)


@pytest.fixture(scope="module")
def catalog(discovered: Finished, folder: Path) -> dict[str, Any]:
    """The main streams, incremental; also as catalog.json beside the configuration."""
    [found] = discovered.of_type("CATALOG")
    configured = {"streams": [configured_stream(stream) for stream in found["streams"] if stream["name"] in MAIN]}
    shared(folder, catalog=configured)
    return configured


def configured_stream(stream: dict[str, Any]) -> dict[str, Any]:
    """The stream as a user selects it."""
    return {"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append_dedup"}


READ = ("read", "--config", "/secrets/config.json", "--catalog", "/secrets/catalog.json")


@pytest.fixture(scope="module")
def first_read(online: Place, catalog: dict[str, Any]) -> Finished:
    """What a `read` without state leaves."""
    return run(READ, online)


@pytest.fixture(scope="module")
def second_read(online: Place, folder: Path, first_read: Finished) -> Finished:
    """What the next `read` leaves, given the last state of each stream."""
    last = {state["stream"]["stream_descriptor"]["name"]: state for state in first_read.of_type("STATE")}
    shared(folder, state=list(last.values()))
    return run([*READ, "--state", "/secrets/state.json"], online)


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


def test_labels_name_the_release(image: dict[str, Any]) -> None:
    """Name and version of the image are those of metadata.yaml."""
    metadata = yaml.safe_load((ROOT / "metadata.yaml").read_text(encoding="utf-8"))["data"]
    labels = image["Config"]["Labels"]
    assert labels["io.airbyte.name"] == metadata["dockerRepository"]
    assert labels["io.airbyte.version"] == metadata["dockerImageTag"]


def test_platform_starts_the_entry_point(image: dict[str, Any]) -> None:
    """The variable that Airbyte evaluates says what the entry point says, by an absolute path."""
    settings = image["Config"]
    variables = dict(line.split("=", 1) for line in settings["Env"])
    assert variables["AIRBYTE_ENTRYPOINT"] == " ".join(settings["Entrypoint"])
    assert settings["Entrypoint"][1].startswith("/")
    assert settings["User"] == "airbyte"


def test_image_stays_small(image: dict[str, Any]) -> None:
    """What we add to the base stays below its bound."""
    base = inspect(image["Config"]["Labels"]["org.opencontainers.image.base.name"])
    assert image["Size"] - base["Size"] < LARGEST_OWN_LAYERS


@pytest.mark.usefixtures("image")
def test_spec_needs_no_network() -> None:
    """`spec` answers without a network and in little memory."""
    end = run(["spec"], replace(OFFLINE, options=("--network", "none", "--memory", "64m")))
    assert_clean(end)
    assert len(end.of_type("SPEC")) == 1


def test_check_succeeds(online: Place) -> None:
    """`check` says that the connection works."""
    end = run(["check", "--config", "/secrets/config.json"], online)
    assert_clean(end)
    assert [status["status"] for status in end.of_type("CONNECTION_STATUS")] == ["SUCCEEDED"]


def test_discover_gives_every_stream(discovered: Finished) -> None:
    """`discover` answers with one catalog that holds the connector's streams."""
    assert_clean(discovered)
    [found] = discovered.of_type("CATALOG")
    assert {stream["name"] for stream in found["streams"]} == set(BY_NAME)


def test_read_completes_every_stream(first_read: Finished) -> None:
    """A first read brings rows and a state of every stream of the catalog, each from STARTED to COMPLETE."""
    assert_clean(first_read)
    assert set(rows(first_read)) == set(MAIN)
    assert {state["stream"]["stream_descriptor"]["name"] for state in first_read.of_type("STATE")} == set(MAIN)
    assert {tuple(statuses(first_read, name)) for name in MAIN} == {("STARTED", "RUNNING", "COMPLETE")}


def test_read_goes_on_from_its_state(first_read: Finished, second_read: Finished) -> None:
    """A read with state completes too, and brings fewer rows than the first where nothing has changed."""
    assert_clean(second_read)
    assert sum(rows(second_read).values()) < sum(rows(first_read).values())
    assert {statuses(second_read, name)[-1] for name in MAIN} == {"COMPLETE"}


def test_state_counts_every_record(first_read: Finished) -> None:
    """The record counts that the states carry add up to the records that left."""
    counts: dict[str, float] = {}
    for state in first_read.of_type("STATE"):
        name = state["stream"]["stream_descriptor"]["name"]
        counts[name] = counts.get(name, 0) + state["sourceStats"]["recordCount"]
    assert counts == rows(first_read)


@pytest.mark.usefixtures("catalog")
def test_sigterm_ends_a_read(online: Place, simulator: Simulator) -> None:
    """A read that is told to stop ends within a second, with the code that the platform takes for a clean stop."""
    # The first line tells that the command is up; with such latency the read lasts for long after it.
    simulator.switches.update({"latency_ms": 2000})
    with running(READ, online) as container:
        code, seconds = terminated(container)
    simulator.switches.update({"latency_ms": 0})
    assert code == 143
    assert seconds < 1


@pytest.mark.usefixtures("image")
@pytest.mark.parametrize("working_folder", ["/config", "/tmp", "/"])
def test_working_folder_does_not_matter(working_folder: str) -> None:
    """The platform starts the command in folders of its own."""
    assert_clean(run(["spec"], replace(OFFLINE, options=("--network", "none", "--workdir", working_folder))))


def test_platform_wrapper(online: Place, folder: Path) -> None:
    """The shell line with which the platform starts a command works, with the root file system writable as there."""
    line = 'eval "$AIRBYTE_ENTRYPOINT check --config /config/config.json" > /tmp/output.json; cat /tmp/output.json'
    as_there = replace(online, mounts={folder: "/config"}, confinement=CONFINED)
    end = run(["-c", line], replace(as_there, options=(*online.options, "--workdir", "/config")), entrypoint="sh")
    assert_clean(end)
    assert [status["status"] for status in end.of_type("CONNECTION_STATUS")] == ["SUCCEEDED"]


@pytest.mark.usefixtures("image")
def test_confinement_is_what_it_says() -> None:
    """The containers of these tests run as the plain user, and their root file system refuses to be written."""
    end = run(["-c", "id -u; touch /airbyte/x || echo refused"], entrypoint="sh")
    assert end.out.split() == [USER_ID, "refused"]
