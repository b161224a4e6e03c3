"""The benchmark compares like with like: the same rows on both sides, and not one request too many."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from benchmarks import read

ROWS = 2_400


pytestmark = pytest.mark.alone


def test_connector_and_floor_write_the_same_rows(tmp_path: Path) -> None:
    """What the floor writes are the connector's records, row by row, and the connector asks for nothing twice."""
    with read.simulator(ROWS) as url:
        work = read.job(url, tmp_path)
        read.requests(url, forget=True)
        mine = list(read.records(work.connector))
        asked = len(read.requests(url))
        floor = list(read.records(work.floor))
    assert work.total == len(mine) >= ROWS
    # And it looks whether each account has TopView or Promote campaigns.
    assert asked == work.least_requests + 2 * len(work.rows)
    assert sorted(map(canonical, floor)) == sorted(map(canonical, mine))


def test_a_failing_side_is_no_figure(tmp_path: Path) -> None:
    """A command that fails ends the benchmark, measured or not."""
    command = ["-c", "raise SystemExit(3)"]
    with pytest.raises(RuntimeError, match="exit code 3"):
        read.usage(command)
    with pytest.raises(subprocess.CalledProcessError):
        list(read.records(command))


def canonical(record: dict[str, Any]) -> str:
    """The record as text that doesn't depend on the order of its columns."""
    return json.dumps(record, sort_keys=True)
