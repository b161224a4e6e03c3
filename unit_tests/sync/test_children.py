"""The children of an account: which days of each are still to be read when it appears, is refused or comes back."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source_tiktok_ads.streams.catalog import STREAMS
from source_tiktok_ads.streams.listing import Listing, Parent, Row
from source_tiktok_ads.streams.shapes import ID
from source_tiktok_ads.sync.children import (
    EVERYBODY,
    Children,
    Group,
    Groups,
    beginning,
    child_id,
    cursor_of_groups,
    groups_of,
    root_parent,
    row_of,
)
from source_tiktok_ads.sync.date_ranges import DateRange, windows
from source_tiktok_ads.sync.state import Coverage, ForeignState, StreamState, dump

from .canned import refused as refused_by_tiktok

ZERO = date(2026, 1, 1)
SHOPS = Listing("shops", "shop/list", ("shop_id",), {"shop_id": ID}, required=True)
CHAINED = [
    stream
    for stream in STREAMS
    if isinstance(stream, Listing) and (parent := root_parent(stream)) and (stream.incremental or parent.remembered)
]


def day(number: int) -> date:
    """A day by its distance from a first one."""
    return ZERO + timedelta(days=number)


def ids(names: str) -> frozenset[str]:
    """Children named by single letters."""
    return frozenset(names)


def asked(names: str, refused: str = "", only: str | None = None, gone: str = "") -> Children:
    """What came of a slice."""
    children = Children(SHOPS, only=None if only is None else ids(only), asked={*names}, refused={*refused})
    children.gone.update((child, refused_by_tiktok(40001)) for child in gone)
    return children


def test_the_children_of_an_account_owe_no_days_before_it_began() -> None:
    """Those that appear later neither; should the account turn out older, the days in between are read."""
    groups = Groups(Group(ids("a"), Coverage(day(0))), (Group(ids("b"), Coverage(day(0))),)).since(day(40))
    assert groups.base.owed(day(50), 0) == [DateRange(day(40), day(50))]
    known = groups.late({"a", "b", "c"}, day(0))
    assert [group.owed(day(50), 0) for group in known.others] == [[DateRange(day(40), day(50))]] * 2
    left = known.after(DateRange(day(40), day(50)), asked("abc", refused="b"), day(0))
    cursor = cursor_of_groups(left, "day", 0)
    assert (cursor["begun"], cursor["day"], cursor["children"]) == (str(day(40)), str(day(50)), ["a", "c"])
    before = groups_of(cursor, "day", inborn=False)
    assert before
    assert before.since(day(40)).base.owed(day(50), 0) == [DateRange(day(50), day(50))]
    assert before.since(day(30)).base.owed(day(50), 0)[0] == DateRange(day(30), day(39))
    assert before.since(None).base.owed(day(50), 0)[0] == DateRange(day(0), day(39))


@pytest.mark.parametrize("stream", CHAINED, ids=lambda stream: stream.name)
def test_every_list_of_a_chain_that_has_a_state_can_be_asked_by_what_it_keeps(stream: Listing) -> None:
    """A child that is no longer listed is requested by its id, and each row below it has the id of the child."""
    top = root_parent(stream)
    assert top
    row: Row = row_of(top.listing, "/".join(f"{number}" for number, _ in enumerate(top.listing.ids)))
    row = {**row, **dict.fromkeys(top.needs, "7")}
    assert set(top.inherits) <= {*row}
    assert top.params_for([row])
    parent = stream.parent
    while parent and parent is not top:
        assert {*top.listing.ids} <= {*parent.listing.columns}
        parent = parent.listing.parent
    assert (stream.since, stream.newest_first) == (None, False)
    # The cursor of an incremental stream has the ids alone.
    assert not (stream.incremental and top.needs)


def test_a_child_is_named_by_its_ids() -> None:
    """Also one that has several, some of them empty."""
    listing = replace(SHOPS, ids=("a", "b", "c"))
    assert child_id(listing, {"a": 1, "b": None, "d": "x"}) == "1//"
    assert row_of(listing, "1//2") == {"a": "1", "b": "", "c": "2"}


def test_known_children_are_asked_for_though_they_are_not_listed() -> None:
    """After the others, and only where the slice is about them."""
    rows = [{"shop_id": "1", "name": "one"}, {"shop_id": "2"}]
    children = Children(SHOPS, {"2", "3"})
    assert children.choose(rows) == [*rows, {"shop_id": "3"}]
    assert (children.asked, children.unlisted) == ({"1", "2", "3"}, {"3"})
    some = Children(SHOPS, {"2", "3"}, {"2"})
    assert (some.choose(rows), some.unlisted) == ([{"shop_id": "2"}], set())


def test_a_refused_child_that_is_not_listed_is_gone() -> None:
    """Else it is only refused for now."""
    children = Children(SHOPS, {"3"})
    children.choose([{"shop_id": "1"}, {"shop_id": "2"}])
    error = refused_by_tiktok(40001)
    assert [children.refuse({"shop_id": child}, error) for child in ("1", "3")] == [False, True]
    assert (children.read, children.gone) == ({"2"}, {"3": error})


def test_a_child_list_takes_over_the_outcomes_of_its_parent_list() -> None:
    """It takes over the listed and the refused children, and returns the known ones that are not listed."""
    above = Children(SHOPS, asked={"1", "2", "4"}, refused={"2"})
    below = Children(SHOPS, {"1", "3"}, {"1", "2", "3"})
    assert below.follow(above) == {"3": {}}
    assert (below.asked, below.refused, below.read) == ({"1", "2", "3"}, {"2"}, {"1", "3"})


def test_groups_that_agree_become_one() -> None:
    """Children that have the days of the account stand beside them; the others by what they have."""
    covered = Coverage(day(0), [DateRange(day(0), day(9))])
    others = (Group(ids("b"), covered), Group(ids("c"), Coverage(day(0))), Group(ids("d"), Coverage(day(0))))
    groups = Groups(Group(ids("a"), covered), others)
    assert cursor_of_groups(groups, "day", 3) == {
        "start": "2026-01-01",
        "day": "2026-01-10",
        "children": ["a", "b"],
        "others": [{"children": ["c", "d"], "start": "2026-01-01"}],
    }


def test_an_account_without_children_has_its_days() -> None:
    """So that the next sync does not begin again."""
    groups = beginning(day(0), inborn=False).after(DateRange(day(0), day(5)), asked(""), day(0))
    cursor = cursor_of_groups(groups, "day", 0)
    assert cursor == {"start": "2026-01-01", "day": "2026-01-06", "children": []}
    assert groups_of(cursor, "day", inborn=False) == Groups(
        Group(ids(""), Coverage(day(0), [DateRange(day(0), day(5))]))
    )


@pytest.mark.parametrize("cursor", [{}, {"start": "2026-01-01", "day": "2026-01-06"}])
def test_a_state_that_does_not_tell_its_children_claims_nothing_of_them(cursor: Mapping[str, Any]) -> None:
    """But of those that are made in the account it need not."""
    assert groups_of(cursor, "day", inborn=False) is None
    assert (groups_of(cursor, "day", inborn=True) is None) == (not cursor)


@pytest.mark.parametrize(
    "more",
    [
        {"children": 7},
        {"children": [7]},
        {"children": [], "others": 7},
        {"children": [], "others": [{"start": "2026-01-01"}]},
        {"children": [], "others": [{"children": ["a"], "start": "soon"}]},
        {"children": [], "others": ["a"]},
    ],
)
def test_children_that_cannot_be_read_are_foreign(more: Mapping[str, Any]) -> None:
    """As any state that makes no sense: a whole read."""
    with pytest.raises(ForeignState):
        groups_of({"start": "2026-01-01", **more}, "day", inborn=False)


def test_a_refused_child_gets_its_own_group_even_if_the_others_are_not_named() -> None:
    """It keeps its days, and is not split off twice."""
    before = Groups(Group(EVERYBODY, Coverage(day(0), [DateRange(day(0), day(5))])))
    once = before.after(DateRange(day(5), day(7)), asked("ab", refused="b"), day(0))
    twice = once.after(DateRange(day(8), day(9)), asked("ab", refused="b"), day(0))
    assert cursor_of_groups(twice, "day", 0) == {
        "start": "2026-01-01",
        "day": "2026-01-10",
        "others": [{"children": ["b"], "start": "2026-01-01", "day": "2026-01-06"}],
    }
    assert twice.owed_from("b", day(9), 0) == day(5)
    assert twice.owed_from("a", day(4), 9) == day(0)
    assert twice.late({"a", "z"}, day(0)) == twice


def test_a_child_that_is_gone_is_forgotten() -> None:
    """Should it come back it is as new as any other."""
    before = beginning(day(0), inborn=False).after(DateRange(day(0), day(5)), asked("ab"), day(0))
    after = before.after(None, asked("ab", gone="b"), day(0))
    assert (before.named, after.named) == (ids("ab"), ids("a"))
    assert beginning(day(0), inborn=False).owed_from("a", day(-1), 0) is None


FEW = st.frozensets(st.sampled_from("abcd"))


@dataclass
class Account:
    """An account whose children are read under a state, and by how late a sync each day of each was last read."""

    inborn: bool
    state: dict[str, Any] = field(default_factory=dict)
    read: dict[str, dict[date, int]] = field(default_factory=lambda: defaultdict(dict))

    def sync(self, today: int, lookback: int, listed: Collection[str], refused: Collection[str], stop: int) -> None:
        """One sync on a day that is stopped after some slices. The state of that moment is kept."""
        groups = groups_of(self.state, "day", self.inborn) or beginning(ZERO, self.inborn)
        plan: list[tuple[Collection[str] | None, DateRange]] = [
            (None, days) for days in groups.base.owed(day(today), lookback)
        ]
        late = groups.late(listed, ZERO)
        plan += [(some, days) for some, owed in late.extra(day(today), lookback) for days in owed]
        slices = [(some, window) for some, days in plan for window in windows(days, 5)]
        named = groups.named
        for some, window in slices[:stop]:
            children = Children(SHOPS, named, some)
            rows = children.choose({"shop_id": child} for child in sorted(listed))
            for row in rows:
                if row["shop_id"] in refused:
                    children.refuse(row, refused_by_tiktok(40001))
            for child in children.read:
                self.read[child].update((window.first + timedelta(days=n), today) for n in range(window.length))
            groups = groups.after(window, children, ZERO)
        self.state = json.loads(json.dumps(cursor_of_groups(groups, "day", lookback)))


@settings(max_examples=300, deadline=None)
@given(
    st.booleans(),
    st.integers(0, 3),
    st.lists(st.tuples(st.integers(0, 9), FEW, FEW, st.integers(0, 4)), max_size=6),
)
def test_in_the_end_every_child_is_read_completely(
    inborn: bool, lookback: int, syncs: list[tuple[int, frozenset[str], frozenset[str], int]]
) -> None:
    """Children appear, are refused, leave and return, syncs are stopped: a clean sync at last has every day of each.

    Each day is read as late as the look-back wants it, so that it is final.
    """
    account, today = Account(inborn), 3
    there = ids("abcd")
    for passed, listed, refused, stop in syncs:
        today += passed
        # Those that are made in the account are in its list as long as they are there.
        account.sync(today, lookback, there if inborn else listed, refused, stop)
    today += 1
    account.sync(today, lookback, there, (), 10**6)
    for child in there:
        read = account.read[child]
        assert {day(number) for number in range(today + 1)} <= {*read}
        assert all(late >= min((when - ZERO).days + lookback, today) for when, late in read.items())
    named = {} if inborn else {"children": [*"abcd"]}
    assert account.state == {"start": "2026-01-01", "day": day(today).isoformat(), **named}


def size(cursor: Mapping[str, Any], accounts: int) -> int:
    """The size in bytes of the state of `many` accounts with the same days."""
    cursors = {str(7_123_456_789_012_345_678 + number): cursor for number in range(accounts)}
    return len(json.dumps(dump(StreamState(cursors, {"include_deleted": True}))))


def many(children: int) -> frozenset[str]:
    """A number of ids."""
    return frozenset(str(7_240_000_000_000_000_000 + number) for number in range(children))


def test_the_state_of_a_thousand_accounts_or_children_is_small() -> None:
    """At most 200 KB, even where half of the children lag behind."""
    covered = Coverage(day(0), [DateRange(day(0), day(300))])
    behind = Coverage(day(0), [DateRange(day(0), day(100)), DateRange(day(200), day(300))])
    two = Groups(Group(many(2), covered))
    assert size(cursor_of_groups(two, "stat_time_day", 28), 1000) < 200_000
    half, all_of_them = many(500), many(1000)
    lagging = Groups(Group(half, covered), (Group(all_of_them - half, behind),))
    assert size(cursor_of_groups(lagging, "stat_time_day", 28), 1) < 30_000
    everybody = Groups(Group(EVERYBODY, covered), (Group(many(20), behind),))
    assert size(cursor_of_groups(everybody, "create_time", 28), 1) < 1000


def test_a_parent_may_have_a_chain_of_its_own() -> None:
    """The state knows the list at its top."""
    campaigns = replace(SHOPS, name="campaigns", parent=Parent(SHOPS, lambda rows: {}))
    top = root_parent(replace(SHOPS, parent=Parent(campaigns, lambda rows: {})))
    assert top
    assert top.listing is SHOPS
    assert root_parent(SHOPS) is None
