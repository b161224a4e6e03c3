"""The lists of the Creator Marketplace where the token, the app or an account of it lacks something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .expected_lists import list_table
from .reading import Outcome, by_key, configuration, configured, difference, run
from .simulator import APP_ID, SECRET, TOKEN, Simulator, Switches, World
from .simulator.listed.creators import ACCOUNTS

WORLD = World(advertisers=1, campaigns=2, adgroups_per=1, ads_per=1, unreadable=0)
CREATORS = ("creator_campaigns", "creator_videos")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A world whose signed addresses hold still."""
    with Simulator(WORLD, Switches(signed_urls=False)) as running:
        yield running


def read(simulator: Simulator, **changes: Any) -> Outcome:
    """A full refresh of the two lists and of the campaigns."""
    settings = configuration(simulator, wait_scale=0.0001, **changes)
    return run("read", settings, configured([*CREATORS, "campaigns"], "full_refresh"))


def asked(simulator: Simulator) -> set[str]:
    """The endpoints of the Creator Marketplace that were asked."""
    return {entry["path"] for entry in simulator.requests if entry["path"].startswith("tto/")}


@pytest.mark.parametrize("code", [40001, 40105, 40118, 40125])
def test_a_token_that_no_creator_marketplace_account_has_authorised(simulator: Simulator, code: int) -> None:
    """Its lists are left out by name, whatever code TikTok uses, and the other streams are read."""
    simulator.faults.add("code", path="tto/oauth2/tcm", code=code)
    outcome = read(simulator)
    for stream in CREATORS:
        assert [error for error in outcome.errors if f"{stream}, account creators: " in error["message"]] != []
        assert (outcome.records[stream], outcome.statuses[stream][-1]) == ([], "INCOMPLETE")
    assert outcome.statuses["campaigns"][-1] == "COMPLETE"
    assert outcome.records["campaigns"] != []
    assert asked(simulator) == {"tto/oauth2/tcm"}


def test_a_token_without_its_app(simulator: Simulator) -> None:
    """Nothing is sent, and the sentence says what to enter."""
    bare = {"auth_type": "access_token", "access_token": TOKEN}
    outcome = read(simulator, credentials=bare, accounts=[*WORLD.advertiser_ids])
    said = "This list is only given for the id and secret of the app, which the credentials do not have"
    assert [sum(said in error["message"] for error in outcome.errors if name in error["message"]) for name in CREATORS]
    assert outcome.statuses["campaigns"][-1] == "COMPLETE"
    assert asked(simulator) == set()


def test_a_token_without_creator_marketplace_accounts(simulator: Simulator) -> None:
    """An empty list is no fault."""
    simulator.faults.add("replace", path="tto/oauth2/tcm", find=f'["{ACCOUNTS[0]}","{ACCOUNTS[1]}"]', put="[]")
    outcome = read(simulator)
    assert (outcome.code, outcome.errors, outcome.warnings) == (0, [], [])
    assert [outcome.records[stream] for stream in CREATORS] == [[], []]


def test_one_account_that_may_not_be_read(simulator: Simulator) -> None:
    """The rows of the other come, and the refused one is named."""
    for path in ("tto/tcm/campaign", "tto/tcm/report"):
        simulator.faults.add("code", code=40001, path=path, params={"tto_tcm_account_id": ACCOUNTS[0]})
    outcome = read(simulator)
    for stream in CREATORS:
        others = {key: row for key, row in list_table(simulator, stream).items() if key[0] != ACCOUNTS[0]}
        assert difference(by_key(stream, outcome.records[stream]), others) == ""
        assert outcome.statuses[stream][-1] == "INCOMPLETE"
    assert f"Creator Marketplace accounts {ACCOUNTS[0]}: TikTok gives no permission" in outcome.sentences


def test_the_secret_of_the_app_is_in_no_output(simulator: Simulator) -> None:
    """Not even where TikTok repeats it in a refusal."""
    simulator.faults.add("code", path="tto/oauth2/tcm", code=40001, message=f"app_id={APP_ID}, key {SECRET} is unknown")
    outcome = read(simulator, accounts=[*WORLD.advertiser_ids])
    assert SECRET not in str(outcome)
