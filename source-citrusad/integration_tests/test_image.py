"""The image as the platform runs it: every command confined, its lines judged by the protocol's own models."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airbyte_protocol.models import AirbyteMessage

from source_citrusad.settings import specification

from .docker_image import PATIENCE, arguments, docker, run, shared
from .server import Server, standard

pytestmark = [pytest.mark.docker, pytest.mark.alone]

MEGABYTE = 1_000_000
# The stand-in base has 102 MB, our layers some 62.
LARGEST_OWN_LAYERS = 70 * MEGABYTE


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A BigQuery on the machine's loopback, which a container on the host's network reaches."""
    with Server(standard()) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, server: Server, image: dict[str, Any]) -> Path:
    """A folder with configuration and catalog, readable by the container's user."""
    config = {
        "credentials_json": json.dumps(server.key()),
        "start_date": "2022-09-01",
        "api_url": server.origin,
        "now": server.clock.text,
        "wait_scale": 0.01,
    }
    secrets = shared(tmp_path_factory.mktemp("secrets"), config=config)
    code, messages, _ = run(["discover", "--config", "/secrets/config.json"], secrets)
    assert code == 0
    [catalog] = [message["catalog"] for message in messages if message["type"] == "CATALOG"]
    streams = [
        {"stream": stream, "sync_mode": stream["supported_sync_modes"][-1], "destination_sync_mode": "append"}
        for stream in catalog["streams"]
    ]
    return shared(secrets, catalog={"streams": streams})


READ = ("read", "--config", "/secrets/config.json", "--catalog", "/secrets/catalog.json")


def test_labels_and_user(image: dict[str, Any]) -> None:
    """Who made what of which commit, run by nobody special, started in the same way by everyone."""
    settings = image["Config"]
    assert settings["Labels"]["io.airbyte.name"] == "airbyte/source-citrusad"
    assert settings["User"] == "airbyte"
    assert f"AIRBYTE_ENTRYPOINT={' '.join(settings['Entrypoint'])}" in settings["Env"]


def test_our_layers_are_small(image: dict[str, Any]) -> None:
    """What lies above the base."""
    base = json.loads(docker("image", "inspect", image["Config"]["Labels"]["org.opencontainers.image.base.name"]))
    assert image["Size"] - base[0]["Size"] < LARGEST_OWN_LAYERS


def test_spec_without_a_network(image: dict[str, Any]) -> None:
    """The form that the settings make."""
    code, [message], err = run(["spec"])
    assert (code, err) == (0, "")
    assert message["spec"]["connectionSpecification"] == specification()["connectionSpecification"]


def test_check_and_read(folder: Path) -> None:
    """Each line is a message; nothing on stderr; every stream complete."""
    code, messages, err = run(["check", "--config", "/secrets/config.json"], folder)
    assert (code, err, messages[-1]["connectionStatus"]["status"]) == (0, "", "SUCCEEDED")
    code, messages, err = run(READ, folder)
    assert (code, err) == (0, "")
    for message in messages:
        AirbyteMessage.model_validate(message)
    traces = [message["trace"] for message in messages if message["type"] == "TRACE"]
    ended = [trace["stream_status"]["status"] for trace in traces if trace["type"] == "STREAM_STATUS"]
    assert ended.count("COMPLETE") == ended.count("STARTED") > 5
    assert len([message for message in messages if message["type"] == "RECORD"]) > 1000


def test_sigterm_ends_a_read_at_once(folder: Path, server: Server) -> None:
    """With the code that says so."""
    server.bigquery.faults.add(kind="hang", seconds=20, times=None)
    name = f"source-citrusad-{uuid.uuid4().hex[:12]}"
    command = arguments(READ, folder, "--name", name)
    try:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            before = time.monotonic()
            docker("kill", "--signal", "TERM", name)
            code = int(docker("wait", name))
            seconds = time.monotonic() - before
            process.communicate(timeout=PATIENCE)
    finally:
        docker("rm", "--force", name)
        server.bigquery.faults.clear()
    assert (code, seconds < 5) == (143, True)
