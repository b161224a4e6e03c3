"""The CDK's own standard suite, in process and against the image, with the local server as BigQuery.

It takes part in a session that loads the suite's plugin: `pytest -p airbyte_cdk.test.standard_tests.pytest_hooks`.
"""

from __future__ import annotations

import atexit
import json
import logging
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.test.standard_tests import SourceTestSuiteBase
from airbyte_cdk.test.standard_tests.source_base import find_catalog_problems

from source_citrusad.source import SourceCitrusad

from .docker_image import ROOT, bridge_address, derived
from .server import Server, standard

pytestmark = [
    pytest.mark.alone,
    # `discover` says `airbyte_type: big_number` of a decimal, which is text with every digit (tables/types.py). The
    # suite's list of types lacks it, so it warns of each such column, and a warning is an error here. That it warns of
    # nothing else, `test_decimals_are_all_that_the_suite_warns_of` holds.
    pytest.mark.filterwarnings("ignore:The discovered catalog has problems"),
]
CONFIG = ROOT / "integration_tests" / "configs" / "config.json"


def host() -> str:
    """Where both this process and a container find the server; this machine alone where no daemon answers."""
    try:
        return bridge_address()
    except (OSError, subprocess.CalledProcessError):
        return "127.0.0.1"


def started() -> Server:
    """A BigQuery whose generated key is the configuration that the suite is about to collect."""
    server = Server(standard(), host=host())
    atexit.register(server.__exit__, None, None, None)
    server.__enter__()
    config = {
        "credentials_json": json.dumps(server.key()),
        "start_date": "2022-09-01",
        "now": server.clock.text,
        "wait_scale": 0.01,
    }
    CONFIG.write_text(json.dumps(config), encoding="utf-8")
    return server


SERVER = started()


@pytest.fixture(autouse=True)
def _server_is_bigquery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITRUSAD_API_URL", SERVER.origin)
    SERVER.bigquery.restart_counters()


def test_decimals_are_all_that_the_suite_warns_of() -> None:
    """What its checks of a catalog find, those included that only warn."""
    catalog = SourceCitrusad().discover(logging.getLogger("standards"), json.loads(CONFIG.read_text(encoding="utf-8")))
    found = [problem for problems in find_catalog_problems(catalog).values() for problem in problems]
    assert found
    assert [problem for problem in found if "unknown airbyte_type 'big_number'" not in problem] == []


@pytest.fixture(scope="module")
def image_that_knows_the_server(image: dict[str, Any]) -> Iterator[str]:
    """The image with the server's address inside: the suite starts containers without any variable."""
    with derived(CITRUSAD_API_URL=SERVER.origin) as tag:
        yield tag


@pytest.fixture
def connector_image_override(image_that_knows_the_server: str) -> str:
    """What the suite takes for the image under test."""
    return image_that_knows_the_server


class TestStandards(SourceTestSuiteBase):
    """Every test of the suite, for each configuration of acceptance-test-config.yml."""

    connector = SourceCitrusad
    # The suite would take the name of the checkout's folder, which may be any.
    connector_name = "source-citrusad"

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        """The connector's folder, wherever the session was started."""
        return ROOT
