"""Fixtures of all integration tests: the image under test, and which tests count as tests of the image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from . import docker_image

CDK_SUITE = "airbyte_cdk.test.standard_tests.pytest_hooks"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the CDK's suite out of a session that was not started with its plugin (`-p`)."""
    if collection_path.name == "test_airbyte_standards.py" and not config.pluginmanager.hasplugin(CDK_SUITE):
        return True
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the CDK's tests of the image as ours are marked, and note the mark in the report."""
    for item in items:
        if item.get_closest_marker("image_tests"):
            item.add_marker("docker")
        if item.get_closest_marker("docker"):
            item.user_properties.append(("docker", "1"))


@pytest.fixture(scope="session")
def image() -> dict[str, Any]:
    """The image under test, built from the commit checked out; skipped or failed where there is none."""
    docker_image.require_daemon()
    return docker_image.image_of_this_commit()
