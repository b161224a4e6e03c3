"""Lists that many apps lack the permission for: each is left out by name, and no other stream suffers."""

from __future__ import annotations

from datetime import date

import pytest

from source_tiktok_ads.streams.catalog import BY_NAME
from source_tiktok_ads.streams.listing import Listing

from .reading import Outcome, catalog, configuration, configured, run
from .simulator import Simulator, Switches, World

WORLD = World(advertisers=1, campaigns=5, adgroups_per=1, ads_per=1, history_start=date(2026, 2, 20), unreadable=0)
REFUSED = "advertiser does not grant you /open_api/v1.3/{}/:{} permission"
OPTIONAL = {name: each for name, each in BY_NAME.items() if isinstance(each, Listing) and each.optional}
NEEDED = (
    "advertiser_accounts",
    "advertisers",
    "campaigns",
    "adgroups",
    "ads",
    "ad_insights",
    "campaign_insights_hourly",
)
OTHERS = (*NEEDED, *(name for name, each in BY_NAME.items() if isinstance(each, Listing) and not each.optional))


def read(simulator: Simulator) -> Outcome:
    """All optional lists and some others, each as it is best read."""
    modes = {name: str(catalog()[name]["supported_sync_modes"][-1]) for name in (*OTHERS, *OPTIONAL)}
    entries = [entry for name, mode in modes.items() for entry in configured([name], mode)["streams"]]
    config = configuration(simulator, start_date="2026-03-08", wait_scale=0.0001, personal_data=True)
    return run("read", config, {"streams": entries})


@pytest.fixture(scope="module")
def outcomes() -> tuple[Outcome, Outcome]:
    """A read of an app that may everything, and one of an app without the scopes of the optional lists."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        allowed = read(simulator)
        for path in {each.path for each in OPTIONAL.values()}:
            posted = any(each.path == path and each.task for each in OPTIONAL.values())
            refusal = REFUSED.format(path, "POST" if posted else "GET")
            simulator.faults.add("code", path=path, code=40001, message=refusal)
        return allowed, read(simulator)


@pytest.mark.parametrize("stream", OPTIONAL)
def test_a_list_without_its_scope_is_left_out_by_name(outcomes: tuple[Outcome, Outcome], stream: str) -> None:
    """The sentence names a scope; what is read whole every time is incomplete, the rest goes on well."""
    _, refused = outcomes
    whole = catalog()[stream]["supported_sync_modes"] == ["full_refresh"]
    said = [error["message"] for error in refused.errors] if whole else refused.warnings
    sentences = [text for text in said if f"{stream}, account" in text]
    assert [text for text in sentences if "does not grant you /open_api/v1.3/" in text]
    assert refused.records[stream] == []
    assert refused.statuses[stream][-1] == ("INCOMPLETE" if whole else "COMPLETE")


@pytest.mark.parametrize("stream", OTHERS)
def test_no_other_stream_suffers(outcomes: tuple[Outcome, Outcome], stream: str) -> None:
    """It has the rows that it has for an app with every scope."""
    allowed, refused = outcomes
    assert refused.statuses[stream][-1] == "COMPLETE"
    assert sorted(map(str, refused.records[stream])) == sorted(map(str, allowed.records[stream])) != []
