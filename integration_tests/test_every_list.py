"""Every list stream against the simulated TikTok: whole reads, reads that go on, and three kinds of trouble."""

from __future__ import annotations

import os
import random
import signal
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, partial
from typing import Any

import jsonschema
import pytest

from . import expected, expected_lists, forked
from .expected_lists import NO_COLUMNS, TOLD, list_table
from .reading import (
    Destination,
    Outcome,
    Table,
    by_key,
    catalog,
    configuration,
    configured,
    difference,
    key_of,
    repeated,
    run,
    together,
)
from .simulator import Simulator, Switches, World
from .simulator.list_facts import FACTS
from .simulator.lists import PAGED_LISTS

# Accounts in Auckland, Kolkata and Los Angeles.
WORLD = World(advertisers=3, campaigns=4, adgroups_per=2, ads_per=2, history_start=date(2026, 1, 10))
START = "2026-02-20"
# Smaller than every list, so that each is read in several pages.
PAGE_SIZE = 7
# Hours between one sync and the next; the last one is due for a whole pass.
STEPS = (0, 33, 50, 209)
STREAMS = ("advertiser_accounts", *TOLD)
KILLS = 12 if os.environ.get("PROVE") else 2
CODES = (40001, 40118, 40125) if os.environ.get("PROVE") else (40125,)
# Follow a parent, or nothing at all, without a change of the row itself.
UNTOLD = ("campaign_name", "adgroup_name", "ad_name", "secondary_status")


def read(
    simulator: Simulator, streams: Iterable[str] = STREAMS, mode: str = "", state: Any = None, **changes: Any
) -> Outcome:
    """Run a read; without a mode, each stream goes on from its state if it can."""
    settings = {"start_date": START, "page_size": PAGE_SIZE, **changes}
    return run("read", configuration(simulator, **settings), entries(streams, mode), state)


def entries(streams: Iterable[str], mode: str = "") -> dict[str, Any]:
    """A configured catalog."""
    return {"streams": [entry for name in streams for entry in configured([name], mode or best_mode(name))["streams"]]}


def best_mode(stream: str) -> str:
    """How a stream is best read."""
    return str(catalog()[stream]["supported_sync_modes"][-1])


def truth(simulator: Simulator, stream: str, **how: Any) -> Table:
    """Every record a stream holds now."""
    if stream == "advertiser_accounts":
        accounts = [simulator.world.advertiser(id) for id in simulator.world.advertiser_ids]
        named = [{"advertiser_id": a.advertiser_id, "advertiser_name": a.name} for a in accounts if a is not None]
        return {(row["advertiser_id"],): row for row in named}
    return list_table(simulator, stream, **{"start": START, **how})


def wrong(simulator: Simulator, outcome: Outcome, stream: str, **how: Any) -> str:
    """How a stream of an output differs from the truth."""
    return difference(by_key(stream, outcome.records[stream]), truth(simulator, stream, **how))


# Is asked for by pairs of objective and goal, some of which do not exist.
IN_PAIRS = "pixel/instant_page/event"


def refused(simulator: Simulator) -> set[str]:
    """The endpoints that refused anything but a pair that does not exist."""
    return {entry["path"] for entry in simulator.requests if entry["code"]} - {IN_PAIRS}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A world of three accounts whose signed addresses hold still."""
    with Simulator(WORLD, Switches(signed_urls=False)) as running:
        yield running


@pytest.fixture(scope="module")
def outcomes(simulator: Simulator) -> Mapping[str, Outcome]:
    """Full refreshes of every stream, with other settings each."""
    settings: Mapping[str, dict[str, Any]] = {
        "usual": {},
        "personal": {"personal_data": True, "page_size": 1000, "concurrency": 2},
        "without deleted": {"include_deleted": False, "page_size": 1000},
    }
    found = together([partial(read, simulator, mode="full_refresh", **changes) for changes in settings.values()])
    return dict(zip(settings, found, strict=True))


HOW: Mapping[str, Mapping[str, Any]] = {
    "usual": {},
    "personal": {"personal_data": True},
    "without deleted": {"include_deleted": False},
}


def test_every_list_stream_is_tried() -> None:
    """The streams of these tests are those of the catalog that come from lists."""
    others = {stream for stream in catalog() if "_insights" in stream}
    assert set(catalog()) - others - {"advertisers", "campaigns", "adgroups", "ads"} == set(STREAMS)


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("name", HOW)
def test_every_row_and_nothing_else(
    simulator: Simulator, outcomes: Mapping[str, Outcome], stream: str, name: str
) -> None:
    """No row is missing, none is altered, none comes twice: in small pages, large ones, with and without deleted."""
    assert wrong(simulator, outcomes[name], stream, **HOW[name]) == ""
    assert repeated(stream, outcomes[name].records[stream]) == []


@pytest.mark.parametrize("name", HOW)
def test_the_reads_are_clean(simulator: Simulator, outcomes: Mapping[str, Outcome], name: str) -> None:
    """A read without trouble ends with 0, says nothing on stderr, warns of nothing and is refused nothing."""
    outcome = outcomes[name]
    assert (outcome.code, outcome.stderr, outcome.warnings, outcome.errors) == (0, "", [], [])
    assert refused(simulator) == set()


def test_windows_share_no_rows(simulator: Simulator) -> None:
    """Over more than a year, which takes several requests, no transaction and no comment comes twice."""
    streams = ("business_center_transactions", "comments")
    outcome = read(simulator, streams, "full_refresh", start_date="2024-02-28")
    for stream in streams:
        assert wrong(simulator, outcome, stream, start="2026-01-01") == ""
        assert repeated(stream, outcome.records[stream]) == []


def test_deleted_objects_make_a_difference(simulator: Simulator) -> None:
    """The world holds deleted objects, so the setting is really tried."""
    for stream in ("playables", "gmv_max_campaigns"):
        assert set(truth(simulator, stream, include_deleted=False)) < set(truth(simulator, stream))


@pytest.mark.parametrize("stream", STREAMS)
def test_records_follow_their_schema(outcomes: Mapping[str, Outcome], stream: str) -> None:
    """Rows of the stream are valid by the schema that discover gives."""
    validator = jsonschema.Draft7Validator(catalog()[stream]["json_schema"])
    records = outcomes["usual"].records[stream]
    assert [error.message for record in records[:200] for error in validator.iter_errors(record)] == []


@pytest.mark.parametrize("stream", STREAMS)
def test_declared_columns_are_the_filled_ones(outcomes: Mapping[str, Outcome], stream: str) -> None:
    """Every declared column is filled somewhere, and none is filled that is not declared."""
    filled = {name for record in outcomes["usual"].records[stream] for name in record}
    assert filled == set(expected.columns(stream))


@pytest.mark.parametrize("stream", TOLD)
def test_all_that_tiktok_sends_is_declared(outcomes: Mapping[str, Outcome], stream: str) -> None:
    """Each documented column is there, those about persons with personal_data only."""
    told = TOLD[stream]
    documented = set(FACTS[told.path].columns) - {*NO_COLUMNS, *told.renamed}
    filled = {name for record in outcomes["personal"].records[stream] for name in record}
    assert documented - filled == set()
    assert (
        filled - {name for record in outcomes["usual"].records[stream] for name in record}
        == set(told.personal) & documented
    )


@pytest.mark.parametrize("stream", TOLD)
def test_keys_and_cursors(stream: str) -> None:
    """Keys name their account or Business Center, and a stream is incremental where its rows have an order."""
    entry = catalog()[stream]
    assert key_of(stream) == expected_lists.key_of(stream)
    assert entry.get("default_cursor_field", [""]) == [TOLD[stream].cursor]


@dataclass
class History:
    """What four syncs left behind."""

    simulator: Simulator
    destination: Destination = field(default_factory=Destination)
    outcomes: list[Outcome] = field(default_factory=list)
    truths: list[Mapping[str, Table]] = field(default_factory=list)


@pytest.fixture(scope="module")
def history() -> History:
    """Four syncs, the clock moving in between."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        past = History(simulator)
        state = None
        for hours in STEPS:
            simulator.clock.advance(hours=hours)
            outcome = read(simulator, state=state)
            state = outcome.state
            past.destination.take(outcome)
            past.outcomes.append(outcome)
            past.truths.append({stream: truth(simulator, stream) for stream in STREAMS})
    return past


def test_all_four_end_well(history: History) -> None:
    """Each sync ends with 0, without a warning, with nothing on stderr and nothing refused."""
    assert [(outcome.code, outcome.warnings, outcome.stderr) for outcome in history.outcomes] == [(0, [], "")] * 4
    assert refused(history.simulator) == set()


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("sync", range(len(STEPS)))
def test_the_tables_follow_the_world(history: History, stream: str, sync: int) -> None:
    """After each sync an upserted table equals the truth, but for what only a whole pass can see before that."""
    destination = Destination()
    for outcome in history.outcomes[: sync + 1]:
        destination.take(outcome)
    found, wanted = destination.tables[stream], history.truths[sync][stream]
    if sync < len(STEPS) - 1 or is_dated(stream):
        found, wanted = without(UNTOLD, found), without(UNTOLD, wanted)
    assert difference(found, wanted) == ""


def is_dated(stream: str) -> bool:
    """Whether a stream is asked for by days."""
    return stream in TOLD and TOLD[stream].dated


def without(names: Iterable[str], table: Table) -> Table:
    """The rows without some columns."""
    return {key: {name: row[name] for name in row if name not in names} for key, row in table.items()}


TELLING = [stream for stream, told in TOLD.items() if told.cursor in ("modify_time", "update_time")]


@pytest.mark.parametrize("stream", TELLING)
def test_only_what_changed_comes_again(history: History, stream: str) -> None:
    """Where rows tell when they changed, a later sync brings those that did since; the whole pass brings all."""
    counts = [len(outcome.records[stream]) for outcome in history.outcomes]
    assert counts[3] == len(history.truths[3][stream])
    cursor, owner = TOLD[stream].cursor, TOLD[stream].owner
    newest: dict[str, str] = defaultdict(str)
    for row in history.outcomes[0].records[stream]:
        newest[row[owner]] = max(newest[row[owner]], row.get(cursor, ""))
    again = [row for row in history.outcomes[1].records[stream] if row.get(cursor, "~") < newest[row[owner]]]
    assert again == []
    assert counts[1] <= counts[0]


def test_later_syncs_bring_little(history: History) -> None:
    """Of the streams whose rows tell when they changed, the second sync brings less than half of the first."""
    first, second = (sum(len(outcome.records[stream]) for stream in TELLING) for outcome in history.outcomes[:2])
    assert second < first / 2


def test_videos_are_read_until_the_first_old_one(history: History) -> None:
    """TikTok sorts videos by their change, so a later sync needs no more pages than there is news."""
    asked = [entry for entry in history.simulator.requests if entry["path"] == "file/video/ad/search"]
    moments = sorted({entry["clock"] for entry in asked})
    pages = [sum(entry["clock"] == moment for entry in asked) for moment in moments]
    assert pages[1] < pages[0]


@pytest.mark.parametrize("mode", ["full_refresh", "incremental"])
def test_one_pixel_that_is_refused_costs_only_its_own_rows(mode: str) -> None:
    """One request is about ten of them; all others come, and one warning names it. The next sync reads on from there.

    A full refresh is incomplete: the table would be replaced by one without these rows.
    """
    stream = "pixel_event_statistics"
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        wanted = truth(simulator, stream)
        pixel = sorted({row["pixel_id"] for row in wanted.values()})[0]
        simulator.faults.add("code", code=40001, path="pixel/event/stats", params={"pixel_ids": pixel})
        outcome = read(simulator, [stream], mode)
        asked = len(simulator.requests)
        later = read(simulator, [stream], state=outcome.state, lookback_days=1)
        asked_later = len(simulator.requests) - asked
    others = {key: row for key, row in wanted.items() if row["pixel_id"] != pixel}
    assert len(others) < len(wanted)
    assert difference(by_key(stream, outcome.records[stream]), others) == ""
    assert (outcome.code, len(outcome.warnings)) == (int(mode == "full_refresh"), 1)
    assert f"{stream}, account " in outcome.warnings[0]
    assert f"pixels {pixel}: TikTok gives no permission" in outcome.warnings[0]
    assert mode == "incremental" or f"pixels {pixel}: TikTok gives no permission" in outcome.sentences
    assert later.code == 0
    assert mode == "full_refresh" or asked_later < asked / 2


def test_an_app_without_the_scope_is_told_so_once() -> None:
    """Not once for each ad group and window."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        simulator.access.deny("comment/list", 40125)
        outcome = read(simulator, ["comments"])
        asked = [entry for entry in simulator.requests if entry["path"] == "comment/list"]
    assert len(asked) == len(outcome.warnings) == len(WORLD.advertiser_ids)


def test_smart_plus_ads_come_where_the_filter_for_changes_is_refused() -> None:
    """Whether TikTok takes it together with the one for deleted ads is not documented."""
    stream = "smart_plus_ads"
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        destination = Destination()
        outcome = read(simulator, [stream])
        destination.take(outcome)
        simulator.clock.advance(hours=STEPS[1])
        filtered = {"path": "smart_plus/ad/get", "params": {"filtering": "modified_after"}}
        simulator.faults.add("code", code=40002, message="modified_after: Unknown field.", **filtered)
        outcome = read(simulator, [stream], state=outcome.state)
        destination.take(outcome)
        assert (outcome.code, outcome.warnings) == (0, [])
        tables = destination.tables[stream], truth(simulator, stream)
    assert difference(*(without(UNTOLD, table) for table in tables)) == ""


@pytest.fixture(scope="module")
def faulty() -> Outcome:
    """A read in which every request fails once with 50000."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        simulator.faults.add("code", code=50000, once_per_request=True)
        return read(simulator, mode="full_refresh", page_size=1000)


@pytest.mark.parametrize("stream", STREAMS)
def test_errors_of_tiktok_lose_nothing(simulator: Simulator, faulty: Outcome, stream: str) -> None:
    """With 50000 once per request every row comes all the same, once."""
    assert faulty.code == 0
    assert wrong(simulator, faulty, stream) == ""
    assert repeated(stream, faulty.records[stream]) == []


@pytest.fixture(scope="module")
def shifting() -> tuple[Outcome, int]:
    """A read of small pages in which rows move while lists are read, seen twice or not at all; how often they did."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        for number, path in enumerate(PAGED_LISTS):
            simulator.faults.add("shift", path=path, page=2, rows=1 if number % 2 else -1, times=1)
        outcome = read(simulator, mode="full_refresh")
        return outcome, sum("shift" in entry["faults"] for entry in simulator.requests)


@pytest.mark.parametrize("stream", STREAMS)
def test_rows_that_move_are_neither_lost_nor_doubled(
    simulator: Simulator, shifting: tuple[Outcome, int], stream: str
) -> None:
    """Where a list shifts between its pages every row comes all the same, once."""
    outcome, times = shifting
    assert outcome.code == 0
    assert times >= 10
    assert wrong(simulator, outcome, stream) == ""
    assert repeated(stream, outcome.records[stream]) == []


@dataclass(frozen=True)
class Closed:
    """A read with one account closed to all requests, and one that went on from its state when it was open again."""

    simulator: Simulator
    closed: Outcome
    opened: Outcome


SECOND = WORLD.advertiser_ids[1]
OPEN = tuple(id for id in WORLD.advertiser_ids if id != SECOND)
# Lists of Business Centers that ask about one account after the other.
ABOUT_ACCOUNTS = ("account_budget_changes",)
OF_ACCOUNTS = [stream for stream, told in TOLD.items() if told.owner == "advertiser_id"]


@pytest.fixture(scope="module")
def closed() -> Closed:
    """The second account answers 40001, then it does not any more."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        simulator.faults.add("code", code=40001, message="No permission to operate advertiser", advertiser_id=SECOND)
        first = read(simulator, page_size=1000)
        simulator.faults.clear()
        return Closed(simulator, first, read(simulator, state=first.state, page_size=1000))


@pytest.mark.parametrize("stream", STREAMS)
def test_a_closed_account_spoils_only_itself(closed: Closed, stream: str) -> None:
    """The rows of all others are there; when it opens, its own come, though the others' state has moved on."""
    how = {"accounts": OPEN} if stream in (*OF_ACCOUNTS, *ABOUT_ACCOUNTS) else {}
    assert wrong(closed.simulator, closed.closed, stream, **how) == ""
    destination = Destination()
    destination.take(closed.closed)
    destination.take(closed.opened)
    assert difference(destination.tables[stream], truth(closed.simulator, stream)) == ""
    assert closed.opened.code == 0


def test_a_closed_account_is_named(closed: Closed) -> None:
    """Warnings say which account was left out; full refreshes that are short end INCOMPLETE, incremental ones well."""
    assert [line for line in closed.closed.warnings if SECOND in line] != []
    for stream in OF_ACCOUNTS:
        ended = closed.closed.statuses[stream][-1]
        assert ended == ("INCOMPLETE" if best_mode(stream) == "full_refresh" else "COMPLETE"), stream
    assert closed.closed.code == 1


OPTIONAL = {
    "bc/get": tuple(
        stream for stream, told in TOLD.items() if told.owner in ("", "bc_id") and not told.path.startswith("tto/")
    ),
    "pixel/list": ("pixels", "pixel_event_statistics", "custom_conversions"),
    "identity/get": ("identities", "identity_posts"),
    "gmv_max/store/list": ("gmv_max_stores", "shop_products", "gmv_max_videos", "gmv_max_exclusive_authorizations"),
    "smart_plus/ad/get": ("smart_plus_ads", "smart_plus_ad_reviews", "smart_plus_material_reviews"),
    "tt_video/list": ("spark_posts",),
    "comment/list": ("comments",),
}


@lru_cache
def denied(code: int) -> Outcome:
    """A read in which some lists are not allowed to anybody."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        for path in OPTIONAL:
            simulator.access.deny(path, code)
        return read(simulator, page_size=1000)


@pytest.mark.prove
@pytest.mark.parametrize("code", CODES)
def test_a_missing_permission_spoils_only_its_streams(simulator: Simulator, code: int) -> None:
    """A stream that is not allowed is left out, and a sentence names it; all others are whole.

    Where a stream goes on from a state that is a warning; a full refresh without its rows is INCOMPLETE.
    """
    outcome = denied(code)
    skipped = {name for names in OPTIONAL.values() for name in names}
    for stream in STREAMS:
        if stream not in skipped:
            assert wrong(simulator, outcome, stream) == ""
            continue
        whole = best_mode(stream) == "full_refresh"
        said = outcome.sentences if whole else "\n".join(outcome.warnings)
        assert stream in said
        assert str(code) in said
        assert outcome.records[stream] == []
        assert outcome.statuses[stream][-1] == ("INCOMPLETE" if whole else "COMPLETE"), stream


@dataclass(frozen=True)
class Kill:
    """A read that was killed after so many requests, and the one that went on from its last state.

    `before` is an earlier sync that ran to its end; None for a kill in the first sync of all.
    """

    simulator: Simulator
    before: Outcome | None
    killed: Outcome
    resumed: Outcome


LATER = 50
SLOW = Switches(signed_urls=False, latency_ms=10)
LARGE: Mapping[str, Any] = {"page_size": 100}


@lru_cache
def sync(later: bool) -> tuple[Outcome, int]:
    """The first or a later sync that runs to its end, and how many requests it makes."""
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        simulator.clock.advance(hours=LATER if later else 0)
        return read(simulator, state=sync(False)[0].state if later else None, **LARGE), len(simulator.requests)


def kill(seed: int) -> Kill:
    """Kill a read at a moment drawn by `seed`, every other one in a later sync; then go on from the last states."""
    later = bool(seed % 2)
    before = sync(False)[0] if later else None
    after = random.Random(seed).randint(1, sync(later)[1] * 9 // 10)
    with Simulator(WORLD, SLOW) as simulator:
        simulator.clock.advance(hours=LATER if later else 0)

        def meanwhile(pid: int) -> None:
            while len(simulator.requests) < after:
                simulator.wait(0.005)
            os.kill(pid, signal.SIGKILL)

        states = before.states if before else {}
        settings = {"start_date": START, **LARGE}
        killed = forked.read(simulator, STREAMS, state=list(states.values()), meanwhile=meanwhile, **settings)
        resumed = read(simulator, state=list({**states, **killed.states}.values()), **LARGE)
    return Kill(simulator, before, killed, resumed)


@pytest.fixture(scope="module")
def kills() -> Iterator[list[Kill]]:
    """All kills, one after the other."""
    yield [kill(seed) for seed in range(KILLS)]
    forked.close()


@pytest.mark.prove
@pytest.mark.parametrize("number", range(KILLS))
def test_the_union_of_killed_and_resumed_is_complete(kills: list[Kill], number: int) -> None:
    """Whenever a read is killed, what left and what the next read brings are together every row."""
    found = kills[number]
    assert (found.killed.code, found.resumed.code) == (-signal.SIGKILL, 0)
    destination = Destination()
    for outcome in (found.before, found.killed, found.resumed):
        if outcome:
            destination.take(outcome)
    for stream in STREAMS:
        tables = destination.tables[stream], truth(found.simulator, stream)
        assert difference(*(without(UNTOLD, table) for table in tables)) == "", stream
