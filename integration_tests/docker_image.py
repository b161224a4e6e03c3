"""The connector's image as Airbyte runs it: an unprivileged user, no capabilities, a read-only root, a small /tmp.

Everything goes through the command line `docker`, as it does for a user: its output is the container's own.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
IMAGE = os.environ.get("IMAGE", "airbyte/source-tiktok-ads:dev")
USER_ID = "1000"
READ_ONLY = ("--read-only", "--tmpfs", "/tmp:rw,size=64m,mode=1777")
CONFINED = (
    *("--user", f"{USER_ID}:1000", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    *("--memory", "512m", "--pids-limit", "256"),
)
# Longer than any command of these tests takes, shorter than a CI run.
MAX_WAIT = 300
BODIES = {"CONNECTION_STATUS": "connectionStatus"}


@dataclass(frozen=True)
class Place:
    """Where a container runs: `mounts` are folders and where it sees them, `options` go to `docker run` as they are."""

    options: tuple[str, ...] = ("--network", "none")
    mounts: Mapping[Path, str] | None = None
    confinement: tuple[str, ...] = (*CONFINED, *READ_ONLY)

    @property
    def arguments(self) -> list[str]:
        """The options of `docker run`."""
        mounted = [f"--volume={folder}:{inside}:ro" for folder, inside in (self.mounts or {}).items()]
        return [*self.confinement, *self.options, *mounted]


OFFLINE = Place()


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
        return [message[BODIES.get(kind, kind.lower())] for message in self.messages if message["type"] == kind]


def docker(*arguments: str, stdin: str | None = None) -> str:
    """Run one docker command and give its output; CalledProcessError when it fails."""
    command = ["docker", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True, timeout=MAX_WAIT).stdout


def missing(reason: str) -> None:
    """Skip the test for want of Docker, but fail it where nothing may be skipped."""
    if os.environ.get("CI") == "true" or os.environ.get("REQUIRE_DOCKER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def require_daemon() -> None:
    """Skip or fail the test (`missing`) unless a Docker daemon answers."""
    try:
        docker("info")
    except (OSError, subprocess.CalledProcessError):
        missing("no Docker daemon answers")


def inspect(image: str) -> dict[str, Any]:
    """What the daemon knows of the image; CalledProcessError if it has none of that name."""
    [found] = json.loads(docker("image", "inspect", image))
    return dict(found)


def image_of_this_commit() -> dict[str, Any]:
    """The image under test, refused when it was built from another commit than the one checked out."""
    try:
        image = inspect(IMAGE)
    except subprocess.CalledProcessError:
        missing(f"there is no image {IMAGE}: make image")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    revision = image["Config"]["Labels"].get("org.opencontainers.image.revision")
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


def run(command: Sequence[str], place: Place = OFFLINE, entrypoint: str | None = None) -> Finished:
    """Run the image to its end."""
    replaced = ["--entrypoint", entrypoint] if entrypoint else []
    whole = ["docker", "run", "--rm", *place.arguments, *replaced, IMAGE, *command]
    end = subprocess.run(whole, capture_output=True, text=True, check=False, timeout=MAX_WAIT)
    return Finished(end.returncode, end.stdout, end.stderr)


@contextmanager
def running(command: Sequence[str], place: Place) -> Iterator[str]:
    """The name of a container that runs the image and has written its first line."""
    name = f"source-tiktok-ads-{uuid.uuid4().hex[:12]}"
    whole = ["docker", "run", "--name", name, *place.arguments, IMAGE, *command]
    with subprocess.Popen(whole, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            yield name
        finally:
            docker("rm", "--force", name)
            process.communicate(timeout=MAX_WAIT)


def terminated(container: str) -> tuple[int, float]:
    """Send SIGTERM; the exit code, and the seconds until the container was gone."""
    before = time.monotonic()
    docker("kill", "--signal", "TERM", container)
    code = int(docker("wait", container))
    return code, time.monotonic() - before


@contextmanager
def derived(**environment: str) -> Iterator[str]:
    """An image like the one under test with more variables set, for judges that start it without any."""
    lines = [f"FROM {IMAGE}", *(f'ENV {name}="{value}"' for name, value in environment.items())]
    tag = f"{IMAGE}-derived"
    docker("build", "--tag", tag, "-", stdin="\n".join(lines))
    try:
        yield tag
    finally:
        docker("image", "rm", "--force", tag)


def bridge_address() -> str:
    """The machine's address as containers on the default network see it."""
    [network] = json.loads(docker("network", "inspect", "bridge"))
    settings = network["IPAM"]["Config"][0]
    # The daemon names the gateway only where someone chose it; else it is the network's first address.
    return str(settings.get("Gateway") or next(ip_network(settings["Subnet"]).hosts()))
