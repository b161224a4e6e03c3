"""Parents that are no longer listed: a full refresh, which has no cursor, reads their rows or names them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product

import pytest

from source_tiktok_ads.streams.catalog import STREAMS
from source_tiktok_ads.streams.listing import Listing
from source_tiktok_ads.sync.children import root_parent

from .reading import Outcome, by_key, difference, read
from .simulator import Simulator, Switches, World

WORLD = World(advertisers=2, campaigns=2, adgroups_per=1, ads_per=1, history_start=date(2026, 2, 20), specials=False)
START = "2026-02-26"


@dataclass(frozen=True)
class Kind:
    """A list at the top of a chain of parents: its id, and the parameters that name one of its rows in requests."""

    name: str
    id: str
    parameters: tuple[str, ...]
    named_by: str = ""
    """The column that requests have instead of the id."""


KINDS: Mapping[str, Kind] = {
    "app/list": Kind("apps", "app_id", ("event_source_id",), "app_platform_id"),
    "bc/get": Kind("business_centers", "bc_id", ("bc_id", "identity_authorized_bc_id")),
    "gmv_max/store/list": Kind("gmv_max_stores", "store_id", ("store_id", "store_ids", "filtering")),
    "identity/get": Kind("identities", "identity_id", ("identity_id",)),
    "page/get": Kind("lead forms of the account", "page_id", ("page_id",)),
    "page/library/get": Kind("libraries of pages", "library_id", ("library_id",)),
    "pixel/list": Kind("pixels", "pixel_id", ("pixel_ids", "event_source_id")),
    "tto/oauth2/tcm": Kind("Creator Marketplace accounts", "tto_tcm_account_id", ("tto_tcm_account_id",)),
}


def below() -> dict[str, set[str]]:
    """The streams below each list whose rows may leave it, by the path of that list."""
    found: dict[str, set[str]] = defaultdict(set)
    for stream in STREAMS:
        for each in (stream, *stream.more) if isinstance(stream, Listing) else ():
            if (parent := root_parent(each)) and parent.remembered:
                found[parent.listing.path].add(stream.name)
    return found


BELOW = below()
WITHOUT_LOSS = {"identities", "pages"}
"""Streams that lose no row in this world: a list without parents has all identities too, and only lead forms are in
libraries. They have to name who has left all the same."""


def refresh(simulator: Simulator, path: str, before: Outcome | None = None) -> Outcome:
    """A full refresh of all streams below a list."""
    state = before.state if before else None
    return read(simulator, sorted(BELOW[path]), "full_refresh", state, start_date=START, end_date="2026-02-28")


def tables_differ(stream: str, found: Outcome, expected: Outcome) -> str:
    """How the rows of a stream differ between two syncs."""
    return difference(by_key(stream, found.records[stream]), by_key(stream, expected.records[stream]))


def test_every_list_whose_rows_may_leave_it_is_tried() -> None:
    """A new stream below another list needs a line in the table."""
    assert {*KINDS} == {*BELOW}


@pytest.mark.parametrize("path", sorted(KINDS))
def test_a_full_refresh_misses_no_row_of_a_parent_in_silence(path: str) -> None:
    """It reads for those that the last one has read for: their rows are there, or each stream names who has left."""
    kind = KINDS[path]
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        first = refresh(simulator, path)
        gone = chosen(kind, path, first)
        for child in gone:
            simulator.faults.add("hidden", path=path, find=child)
        blind, second = refresh(simulator, path), refresh(simulator, path, first)
        for parameter, name in product(kind.parameters, gone.values()):
            simulator.faults.add("code", code=40001, message="No permission", params={parameter: name})
        refused = refresh(simulator, path, first)
        third = refresh(simulator, path, refused)
    for outcome in (first, blind, second, refused, third):
        assert (outcome.code, outcome.errors) == (0, [])
    for stream in sorted(BELOW[path]):
        assert (tables_differ(stream, blind, first) == "") == (stream in WITHOUT_LOSS)
        assert tables_differ(stream, second, first) == ""
        assert tables_differ(stream, refused, blind) == ""
        assert tables_differ(stream, third, blind) == ""
        said = [line for line in refused.warnings if f" {stream}, " in line]
        left = {*map(who_left(kind), said)} - {""}
        assert left != set()
        assert left <= {*gone}
    assert [line for line in third.warnings if who_left(kind)(line)] == []


def who_left(kind: Kind) -> Callable[[str], str]:
    """The function that finds the row of a list that a warning is about; empty if it is about something else."""
    sentence = re.compile(rf": ([^ :]+) is no longer among the {kind.name}, and ")
    return lambda line: found[1].split("/")[0] if (found := sentence.search(line)) else ""


def chosen(kind: Kind, path: str, first: Outcome) -> dict[str, str]:
    """Rows of a list, so that each stream has rows below one of them: by id, how requests name each."""
    known = {stream: remembered(kind, path, stream, first) for stream in sorted(BELOW[path])}
    names = {child: name for some in known.values() for child, name in some.items()}
    having = {
        child: {stream for stream in known if child in known[stream] and name in str(first.records[stream])}
        for child, name in names.items()
    }
    found: dict[str, str] = {}
    left = {*known}
    for child in sorted(names, key=lambda child: (-len(having[child]), child)):
        if not found or having[child] & left:
            found[child] = names[child]
            left -= having[child]
    return names if left else found


def remembered(kind: Kind, path: str, stream: str, outcome: Outcome) -> dict[str, str]:
    """The rows of a list in the state of a full refresh, by id: how requests name each."""
    state = outcome.states[stream]["stream"]["stream_state"]
    own = next(each for each in STREAMS if each.name == stream)
    parent = root_parent(own) if isinstance(own, Listing) else None
    lists = state["children"] if parent and parent.listing.path == path else state["further"][path]
    entries = [
        entry if isinstance(entry, dict) else {kind.id: entry.split("/")[0]}
        for each in lists.values()
        for entry in each
    ]
    return {entry[kind.id]: entry[kind.named_by or kind.id] for entry in entries}
