"""Memory stays bounded, however many pages a read has; the fault matrix looks at every run of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from . import forked
from .simulator import Simulator, Switches
from .simulator.__main__ import bench_world

PROVE = bool(os.environ.get("PROVE"))
MEMORY = 300


pytestmark = pytest.mark.alone


@pytest.fixture(scope="module", autouse=True)
def _forks() -> Iterator[None]:
    """End the processes that forked, when the module is done."""
    yield
    forked.close()


@pytest.mark.prove
@pytest.mark.parametrize("mode", ["full_refresh", "incremental"])
def test_many_pages(mode: str) -> None:
    """Tens of thousands of wide rows in pages of a thousand, as fast as they come: under 300 MB."""
    rows = 60_000 if PROVE else 6_000
    with Simulator(bench_world(f"rows={rows}"), Switches(), cache_pages=True) as simulator:
        asked = {"start_date": "2026-01-01", "end_date": "2026-01-30", "wait_scale": 0.0001}
        outcome = forked.read(simulator, ("ad_insights",), mode, **asked)
    print(f"{mode}: {len(outcome.records['ad_insights'])} rows, {outcome.peak:.0f} MiB")
    assert outcome.code == 0
    assert len(outcome.records["ad_insights"]) >= rows
    assert outcome.peak < MEMORY
