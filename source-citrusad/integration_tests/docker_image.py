"""The connector's image as Airbyte runs it: an unprivileged user, no capabilities, a read-only root, a small /tmp."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
IMAGE = os.environ.get("CITRUSAD_IMAGE", "airbyte/source-citrusad:dev")
CONFINED = (
    *("--user", "1000:1000", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", "512m"),
    *("--pids-limit", "256", "--read-only", "--tmpfs", "/tmp:rw,size=64m,mode=1777"),
)
# Longer than any command of these tests takes, shorter than a CI run.
PATIENCE = 300


def docker(*arguments: str, stdin: str | None = None) -> str:
    """Run one docker command and give its output; CalledProcessError when it fails."""
    command = ["docker", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout


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


def image_of_this_commit() -> dict[str, Any]:
    """The image under test, refused when it was built from another commit than the one checked out."""
    try:
        [image] = json.loads(docker("image", "inspect", IMAGE))
    except subprocess.CalledProcessError:
        missing(f"there is no image {IMAGE}: make image-citrusad")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    revision = image["Config"]["Labels"].get("org.opencontainers.image.revision")
    if revision != head.stdout.strip():
        missing(f"image {IMAGE} was built from {revision}, not from the commit checked out: make image-citrusad")
    return dict(image)


def shared(folder: Path, **contents: Any) -> Path:
    """Write each value as NAME.json into the folder, all readable by the container's user; give the folder back."""
    folder.chmod(0o755)
    for name, content in contents.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        path.chmod(0o644)
    return folder


def arguments(command: Sequence[str], folder: Path | None, *options: str) -> list[str]:
    """The command line that runs the image confined, with a folder as /secrets, on the machine's network or none."""
    mounted = [f"--volume={folder}:/secrets:ro", "--network", "host"] if folder else ["--network", "none"]
    return ["docker", "run", *CONFINED, *mounted, *options, IMAGE, *command]


def run(command: Sequence[str], folder: Path | None = None) -> tuple[int, list[dict[str, Any]], str]:
    """Run the image to its end: exit code, messages, stderr."""
    whole = arguments(command, folder, "--rm")
    end = subprocess.run(whole, capture_output=True, check=False, timeout=PATIENCE)
    return end.returncode, [json.loads(line) for line in end.stdout.splitlines()], end.stderr.decode()


@contextmanager
def derived(**environment: str) -> Iterator[str]:
    """An image like the one under test with more variables set, for judges that start it without any."""
    lines = [f"FROM {IMAGE}", *(f"ENV {name}={value}" for name, value in environment.items())]
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
