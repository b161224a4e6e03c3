"""The CDK's own standard suite, in process and against the image, with the simulator as TikTok.

It takes part in a session that loads the suite's plugin: `pytest -p airbyte_cdk.test.standard_tests.pytest_hooks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.test.standard_tests import SourceTestSuiteBase

from source_tiktok_ads.source import SourceTiktokAds

from .docker_image import ROOT, bridge_address, derived
from .simulator import Simulator, Switches, World

# Enough for a row in every stream, those of catalogs and countries by the hour too.
SMALL = World(advertisers=1, campaigns=5, adgroups_per=1, ads_per=1, unreadable=0)
GENEROUS = Switches(country_by_hour=True, search_by_ad=True)

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A TikTok for the commands that run in process."""
    with Simulator(SMALL, GENEROUS) as running:
        yield running


@pytest.fixture(autouse=True)
def _simulator_is_tiktok(monkeypatch: pytest.MonkeyPatch, simulator: Simulator) -> None:
    monkeypatch.setenv("TIKTOK_ADS_API_URL", simulator.url)


@pytest.fixture(scope="module")
def image_that_knows_the_simulator(image: dict[str, Any]) -> Iterator[str]:
    """The image with the simulator's address inside: the suite starts containers without any variable."""
    with Simulator(SMALL, GENEROUS, host=bridge_address()) as running, derived(TIKTOK_ADS_API_URL=running.url) as tag:
        yield tag


@pytest.fixture
def connector_image_override(image_that_knows_the_simulator: str) -> str:
    """What the suite takes for the image under test."""
    return image_that_knows_the_simulator


class TestStandards(SourceTestSuiteBase):
    """Every test of the suite, for each configuration of acceptance-test-config.yml."""

    connector = SourceTiktokAds
    # The suite would take the name of the checkout's folder, which may be any.
    connector_name = "source-tiktok-ads"

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        """The repository, wherever the session was started."""
        return ROOT
