"""The connector's image as Airbyte runs it: an unprivileged user, no capabilities, a read-only root, a small /tmp."""

from __future__ import annotations

import io
import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import DockerException, ImageNotFound

ROOT = Path(__file__).resolve().parents[1]
IMAGE = os.environ.get("IMAGE", "airbyte/source-tiktok-ads:dev")
CONFINED: Mapping[str, Any] = {
    "user": "1000:1000",
    "read_only": True,
    "tmpfs": {"/tmp": "rw,size=64m,mode=1777"},
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "mem_limit": "512m",
    "pids_limit": 256,
}


@dataclass(frozen=True)
class Finished:
    """What a container left behind."""

    code: int
    out: str
    err: str

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Every line of stdout as JSON; a line that is not JSON raises ValueError."""
        return [json.loads(line) for line in self.out.splitlines()]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of the messages of one type, such as "RECORD"."""
        return [message[kind.lower()] for message in self.messages if message["type"] == kind]


def missing(reason: str) -> None:
    """Skip the test for want of Docker, but fail it where nothing may be skipped."""
    if os.environ.get("CI") == "true" or os.environ.get("REQUIRE_DOCKER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def daemon() -> docker.DockerClient:
    """A client whose daemon answers; without one the test is skipped or failed (`missing`)."""
    try:
        client = docker.from_env(timeout=60)
    except DockerException as error:
        missing(f"no Docker daemon answers: {error}")
    client.ping()
    return client


def image_of_this_commit(client: docker.DockerClient) -> Any:
    """The image under test, refused when it was built from another commit than the one checked out."""
    try:
        image = client.images.get(IMAGE)
    except ImageNotFound:
        missing(f"there is no image {IMAGE}: make image")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    revision = image.labels.get("org.opencontainers.image.revision")
    if revision != head.stdout.strip():
        missing(f"image {IMAGE} was built from {revision}, not from the commit checked out: make image")
    return image


def shared(folder: Path, **contents: Any) -> Path:
    """Write each value as NAME.json into the folder, all readable by the container's user; give the folder back."""
    folder.chmod(0o755)
    for name, content in contents.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        path.chmod(0o644)
    return folder


@contextmanager
def started(client: docker.DockerClient, command: Sequence[str] | None, **options: Any) -> Iterator[Any]:
    """A confined container of the image under test; `mount` is a folder shown to it, the rest goes to Docker."""
    mount: Mapping[Path, str] = options.pop("mount", {})
    volumes = {str(folder): {"bind": inside, "mode": "ro"} for folder, inside in mount.items()}
    container = client.containers.run(IMAGE, command, detach=True, volumes=volumes, **{**CONFINED, **options})
    try:
        yield container
    finally:
        container.remove(force=True)


def finished(container: Any, seconds: float = 120) -> Finished:
    """Wait for the container's end and collect what it wrote."""
    code = container.wait(timeout=seconds)["StatusCode"]
    out = container.logs(stdout=True, stderr=False).decode()
    return Finished(code, out, container.logs(stdout=False, stderr=True).decode())


def run(client: docker.DockerClient, command: Sequence[str] | None, **options: Any) -> Finished:
    """Run the image to its end; the options are those of `started`."""
    with started(client, command, **options) as container:
        return finished(container)


def seconds_to_stop(container: Any) -> float:
    """Send SIGTERM and measure how long the container still lives."""
    before = time.monotonic()
    container.kill("SIGTERM")
    container.wait(timeout=30)
    return time.monotonic() - before


@contextmanager
def derived(client: docker.DockerClient, **environment: str) -> Iterator[str]:
    """An image like the one under test with more variables set, for judges that start it without any."""
    lines = [f"FROM {IMAGE}", *(f'ENV {name}="{value}"' for name, value in environment.items())]
    tag = f"{IMAGE}-derived"
    client.images.build(fileobj=io.BytesIO("\n".join(lines).encode()), tag=tag, rm=True)
    try:
        yield tag
    finally:
        client.images.remove(tag, force=True)


def bridge_address(client: docker.DockerClient) -> str:
    """The machine's address as containers on the default network see it."""
    return str(client.networks.get("bridge").attrs["IPAM"]["Config"][0]["Gateway"])
