"""Business Centers and identities that are once not listed: what a full refresh, which has no state, makes of it."""

from __future__ import annotations

from datetime import date

import pytest

from .reading import by_key, difference, read
from .simulator import Simulator, Switches, World

WORLD = World(advertisers=2, campaigns=1, adgroups_per=1, ads_per=1, history_start=date(2026, 2, 20), specials=False)
STREAMS = ("catalog_diagnostics", "product_sets", "business_center_members", "business_center_accounts")


@pytest.mark.parametrize("refused", [False, True])
def test_a_full_refresh_does_not_miss_a_business_center_in_silence(refused: bool) -> None:
    """It asks for those that the last one has read: their rows are there, or each stream names who is gone."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        first = read(simulator, STREAMS, "full_refresh")
        gone = max(row["bc_id"] for row in first.records["business_center_members"])
        simulator.faults.add("hidden", path="bc/get", find=gone)
        if refused:
            simulator.faults.add("code", code=40001, message="No permission", params={"bc_id": gone})
        second = read(simulator, STREAMS, "full_refresh", first.state)
        third = read(simulator, STREAMS, "full_refresh", second.state)
    assert (first.code, second.code, third.code) == (0, 0, 0)
    for stream in STREAMS:
        rows = [row for row in first.records[stream] if not refused or row["bc_id"] != gone]
        assert difference(by_key(stream, second.records[stream]), by_key(stream, rows)) == ""
        left = f"{gone} is no longer among the business_centers"
        assert len([line for line in second.warnings if f" {stream}, " in line and left in line]) == refused
    assert not refused or gone not in str(third.warnings)


def test_a_full_refresh_does_not_miss_an_identity() -> None:
    """It reads for those that the last full refresh read for."""
    stream = "identity_posts"
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        first = read(simulator, [stream], "full_refresh")
        hidden = max(row["identity_id"] for row in first.records[stream])
        simulator.faults.add("hidden", path="identity/get", find=hidden)
        second = read(simulator, [stream], "full_refresh", first.state)
    assert (first.code, second.code, second.warnings) == (0, 0, [])
    assert difference(by_key(stream, second.records[stream]), by_key(stream, first.records[stream])) == ""
