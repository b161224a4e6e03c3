"""From where on a list is asked for what has changed, and what is read where TikTok does not take that."""

from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.entities import ENTITIES
from source_tiktok_ads.streams.model import Entity
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.entities import EntityReader

from .canned import A, B, Canned, page, refused, sync_of

CAMPAIGNS, _, ADS = ENTITIES
BEGAN = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)


def reader(stream: Entity = ADS) -> EntityReader:
    """A reader of ads, the list that takes a filter for changes."""
    return EntityReader(stream, sync_of(Canned(lambda path, params: page([])))[0], False, {})


def failing(code: int) -> Iterator[list[bytes]]:
    """One page, then a refusal."""
    yield [b"changed"]
    raise refused(code)


@pytest.mark.parametrize(
    ("since", "after"),
    [
        (None, None),
        ("2026-03-10T11:00:00Z", "2026-03-10 10:59:59"),
        ("2025-09-11T12:00:01Z", "2025-09-11 12:00:00"),
        ("2025-09-11T12:00:00Z", None),
    ],
)
def test_changes_are_asked_for_from_a_second_before_the_cursor(since: str | None, after: str | None) -> None:
    """For half a year back; whoever goes on from an older cursor reads everything."""
    assert reader().changed_after(Account(A), since, BEGAN) == after


def test_a_list_without_such_a_filter_is_asked_for_whole() -> None:
    """Its rows are compared with the cursor when they have come."""
    assert reader(CAMPAIGNS).changed_after(Account(A), "2026-03-10T11:00:00Z", BEGAN) is None


def test_a_filter_that_is_refused_is_not_sent_again() -> None:
    """The whole list is read instead, in this account alone: another may take the filter."""
    ads = reader()
    assert [*ads.or_whole(Account(A), failing(40002), iter([[b"all"]]))] == [[b"changed"], [b"all"]]
    assert ads.changed_after(Account(A), "2026-03-10T11:00:00Z", BEGAN) is None
    assert ads.changed_after(Account(B), "2026-03-10T11:00:00Z", BEGAN) == "2026-03-10 10:59:59"


def test_a_filter_is_sent_again_where_the_whole_list_is_refused_too() -> None:
    """Then it was not the filter."""
    ads = reader()
    with pytest.raises(TikTokError):
        list(ads.or_whole(Account(A), failing(40002), failing(40002)))
    assert ads.changed_after(Account(A), "2026-03-10T11:00:00Z", BEGAN)


def test_other_errors_stay_errors() -> None:
    """Nothing else is asked."""
    with pytest.raises(TikTokError, match="40001"):
        list(reader().or_whole(Account(A), failing(40001), iter([[b"all"]])))
