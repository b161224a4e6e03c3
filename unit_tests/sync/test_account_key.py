"""The key of an account's row is never null."""

import json

import pytest

from source_tiktok_ads.streams.catalog import BY_NAME
from source_tiktok_ads.streams.model import Accounts
from source_tiktok_ads.sync.records import NO_TIME, AccountRows


@pytest.mark.parametrize("time", [None, "", "yesterday", -1])
def test_an_account_without_a_time_has_the_earliest(time: object) -> None:
    """What is no moment of creation stands as the earliest moment, and the state claims none."""
    stream = BY_NAME["advertisers"]
    assert isinstance(stream, Accounts)
    rows = AccountRows(stream, lambda column, value: None)
    facts = {"advertiser_id": "7", "create_time": time}
    assert json.loads(b"{%b}" % rows.members(facts)) == {"advertiser_id": "7", "create_time": NO_TIME}
    assert rows.created(facts) is None
