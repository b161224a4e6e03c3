"""Every fault in a full refresh and in a second sync, of a report and of a list: exact rows, or a name for each gap."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from itertools import product
from typing import Any

import pytest

from source_tiktok_ads.api.errors import RULES

from . import expected, forked
from .forked import Measured
from .reading import Destination, Key, Outcome, Table, by_key, difference, repeated, together
from .simulator import SECRET, TOKEN, Simulator, Switches, World
from .simulator.answers import NOTATIONS, OF_PAGES, OF_ROWS
from .simulator.faults import KINDS

WORLD = World(advertisers=2, campaigns=4, adgroups_per=2, ads_per=2, history_start=date(2026, 1, 20))
STRICKEN, SOUND = WORLD.advertiser_ids
START = "2026-01-25"
REPORT, ENTITY = "ad_insights", "ads"
PATHS = {REPORT: "report/integrated/get", ENTITY: "ad/get"}
FULL, INCREMENTAL = "full_refresh", "incremental"
SETTINGS: Mapping[str, Any] = {"start_date": START, "page_size": 60, "wait_scale": 0.0001}
# Hours until the second sync: soon enough that it asks the lists for changes only.
LATER = 50
LOOKBACK = timedelta(days=28)
PROVE = bool(os.environ.get("PROVE"))
SAMPLE = 20
NOTED_SAMPLE = 4
STORMS = 4
MEMORY = 300
# Eight that read, and the pages that they fetch ahead.
WORKERS = 8 + 4

# Faults of asynchronous tasks: `test_tasks` plays them.
OF_TASKS = {"status", "cut_file"}
# Faults of answers that say less or other than they should: `test_promise` plays them on all kinds of streams. Stated
# limits, of rows and of days, are those of `test_odd_answers`.
ELSEWHERE = {*OF_PAGES, *OF_ROWS, *OF_TASKS, "page_size", "dimensions", "filters", "time_span"} - {
    *("dates", "thousands", "numbers", "percent")
}

# What becomes of the part that a fault strikes.
HEALED = "nothing lacks"
WARNED = "the rows are there, a warning says what TikTok did"
SHORT = "TikTok withholds rows: the part is not claimed, a sentence says how many"
UNPROVEN = "the rows are there, but TikTok counts more: the part is not claimed, a sentence says how many"
NULLED = "columns are null, a warning names them"
ACCOUNT = "the account is left out of the stream"
STREAM = "the account's part fails the stream"
END = "the sync ends"
LACKING = (ACCOUNT, STREAM, END)
UNCLAIMED = (SHORT, UNPROVEN)


@dataclass(frozen=True)
class Fault:
    """One way to fail: the rule, what becomes of the part it strikes, and the text that has to name it.

    `blame` is the type of the error; `streams` are those that the fault can strike.
    """

    name: str
    kind: str
    fate: str = HEALED
    named: str = ""
    blame: str = ""
    streams: tuple[str, ...] = (REPORT, ENTITY)
    rule: Mapping[str, Any] = field(default_factory=dict)


def once(kind: str, name: str = "", fate: str = HEALED, **rule: Any) -> Fault:
    """A fault of the first time that each request comes."""
    return Fault(f"{name or kind} once", kind, fate, rule={"once_per_request": True, **rule})


def twice(kind: str, name: str = "", **rule: Any) -> Fault:
    """A fault of the first two requests for one account: whoever asks for less gets an answer."""
    return Fault(f"{name or kind} twice", kind, rule={"times": 2, "advertiser_id": STRICKEN, **rule})


def always(
    kind: str,
    fate: str,
    named: str,
    blame: str = "",
    name: str = "",
    streams: tuple[str, ...] = (REPORT, ENTITY),
    **rule: Any,
) -> Fault:
    """A fault of every request for one account."""
    return Fault(f"{name or kind} always", kind, fate, named, blame, streams, {"advertiser_id": STRICKEN, **rule})


def code_always(code: int, fate: str, blame: str, message: str = "no luck today") -> Fault:
    """A verdict that every request for one account meets."""
    # Of a code that the connector does not know, TikTok's words come first.
    said = "" if code == UNKNOWN_CODE else f' "{message}"'
    named = f"code {code}{said}, request_id 20260310FAULT"
    return always("code", fate, named, f"{blame}_error", str(code), code=code, message=message)


DELAYING = (40016, 40050, 40132, 40133, 40200, 40201, 40202, 40700)
SERVER = (50000, 50002, 50099, 51021, 51065, 51305, 60001)
OF_ACCOUNTS = (40001, 40106, 40119, 40300, 40301)
OF_STREAMS = (40007, 40008, 40009, 40013, 40014, 40118, 40125, 41001)
UNKNOWN_CODE = 49999
OF_REQUESTS = (40000, 40002, 40006, 40010, 40011, 40051, 40900, 41002, UNKNOWN_CODE)
OF_CREDENTIALS = (40101, 40102, 40103, 40104, 40105, 40107, 40110, 40113, 40115, 40124, 40131, 41000)
UNREADABLE = "TikTok's answer could not be read"
BROKEN = "The connection to TikTok broke"

PASSING = (
    *(once("code", str(code), code=code) for code in (*DELAYING, *SERVER, 51008)),
    twice("code", "40067", code=40067),
    once("code", "hidden fault", code=40100, message="Internal service timed out. Please retry in sometime."),
    once("code", "full minute", code=40016, message="App reaches the QPM limit 600"),
    once("in_part", rows=2),
    *(once(kind) for kind in ("qps", "restricted", "busy")),
    *(once(kind) for kind in ("data_null", "no_page_info", "html", "empty", "cut", "broken_gzip", "reset")),
    *(once("http", f"http {status}", http=status) for status in (401, 403, 429, 500, 502, 503)),
    *(twice("http", f"http {status}", http=status) for status in (408, 413, 414, 431, 504)),
    *(once(kind, advertiser_id=STRICKEN, page=2) for kind in ("shift", "total_number", "repeat")),
    once("shift", "shift up", rows=-2, advertiser_id=STRICKEN, page=1),
    once("short", rows=3, advertiser_id=STRICKEN, page=1),
    once("delay", seconds=0.3),
    once("drip", seconds=0.3),
    once("hang", seconds=0.2),
    Fault("throttle once", "throttle", rule={"times": 1, "advertiser_id": STRICKEN}),
    Fault("repeat always", "repeat", rule={"rows": 5}),
    Fault(
        "ids as numbers",
        "replace",
        rule={"find": f'"advertiser_id":"{STRICKEN}"', "put": f'"advertiser_id":{STRICKEN}'},
    ),
)
LASTING = (
    *(code_always(code, ACCOUNT, "config") for code in OF_ACCOUNTS),
    code_always(51008, ACCOUNT, "transient", "Service error:"),
    *(code_always(code, STREAM, "config") for code in OF_STREAMS),
    *(code_always(code, STREAM, "system") for code in OF_REQUESTS),
    *(code_always(code, STREAM, "transient") for code in (40016, *DELAYING[1:], *SERVER, 40100)),
    code_always(40067, STREAM, "system"),
    # What TikTok says of the credentials to one account alone is no verdict on them.
    *(code_always(code, ACCOUNT, "config") for code in OF_CREDENTIALS[:-1]),
    code_always(41000, END, "config"),
    always("busy", STREAM, "Too many requests by this developer", "transient_error"),
    always("restricted", END, "temporarily restricted", "transient_error"),
    *(always(kind, STREAM, UNREADABLE, "transient_error") for kind in ("data_null", "html", "empty")),
    always("no_page_info", WARNED, "TikTok answers without page_info"),
    always("broken_gzip", STREAM, UNREADABLE, "transient_error"),
    *(always(kind, STREAM, BROKEN, "transient_error") for kind in ("cut", "reset", "hang")),
    *(
        always("http", STREAM, f"HTTP {status}", blame, f"http {status}", http=status)
        for status, blame in {403: "transient_error", 404: "system_error", 502: "transient_error"}.items()
    ),
    always("http", STREAM, "did not answer in time", "transient_error", "http 504", http=504),
    always("http", STREAM, "was a redirect", "system_error", "http 302", http=302),
    always("http", END, "The proxy wants a login", "config_error", "http 407", http=407),
    always("total_number", WARNED, "TikTok counts", streams=(REPORT,), rows=7),
    always("total_number", UNPROVEN, "TikTok counts", streams=(ENTITY,), rows=7),
    always("short", SHORT, "TikTok counts", page=1, rows=4),
    always("shift", SHORT, "TikTok counts", name="shift up", page=1, rows=-2),
    always("replace", WARNED, "code 20001", name="20001", find='"code":0', put='"code":20001'),
    always("in_part", SHORT, "TikTok answered only in part (code 20001", page=1, rows=4),
    Fault(
        "metrics always",
        "metrics",
        NULLED,
        "reach, video_play_actions",
        rule={"names": ("reach", "video_play_actions")},
        streams=(REPORT,),
    ),
)
# Other notations of what is right, and a clock that jumps once.
NOTED = (
    *(Fault(f"dates as {put} always", "dates", rule={"put": put}) for put in NOTATIONS),
    *(Fault(f"{kind} always", kind, streams=(REPORT,)) for kind in ("thousands", "numbers")),
    Fault("percent always", "percent", streams=(REPORT,), rule={"names": ("ctr", "conversion_rate")}),
    *(
        Fault(f"date by {seconds} s", "date", rule={"seconds": seconds, "nth": (2,)})
        for seconds in (-86_400, 86_400, 30 * 86_400)
    ),
)
FAULTS = (*PASSING, *LASTING, *NOTED)


@dataclass(frozen=True)
class Cell:
    """One place of the matrix; `named` tells that the configuration names the accounts."""

    fault: Fault
    mode: str
    stream: str
    named: bool = False

    def __str__(self) -> str:
        return f"{self.fault.name}-{self.stream}-{self.mode}{'-named' * self.named}"

    @property
    def fails(self) -> bool:
        """Whether the stream has to end INCOMPLETE, and the sync with 1."""
        left_out = self.fault.fate == ACCOUNT and (self.mode == FULL or self.named)
        left_out |= self.fault.fate in UNCLAIMED and self.mode == FULL
        return left_out or self.fault.fate in (STREAM, END)


CELLS = [
    Cell(fault, mode, stream, named)
    for fault, mode, named in product((*PASSING, *LASTING), (FULL, INCREMENTAL), (False, True))
    for stream in fault.streams
    if not named or (fault.fate == ACCOUNT and mode == INCREMENTAL)
]
NOTED_CELLS = [
    Cell(fault, mode, stream) for fault, mode in product(NOTED, (FULL, INCREMENTAL)) for stream in fault.streams
]


@dataclass(frozen=True)
class Storm:
    """Facts nobody could verify in another position, while faults of all kinds strike now and then."""

    name: str
    mode: str
    switches: Mapping[str, Any]
    streams: tuple[str, ...] = (REPORT, ENTITY)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name}-{self.mode}"


# Today is the machine's where answers have no date, so the days are given.
FIXED = {"end_date": "2026-03-05"}
POSITIONS: Sequence[tuple[Mapping[str, Any], tuple[str, ...], Mapping[str, Any]]] = (
    ({"modified_after_inclusive": True}, (REPORT, ENTITY), {}),
    ({"modified_after_with_all": False}, (REPORT, ENTITY), {}),
    ({"modified_after_returns_null": False}, (REPORT, ENTITY), {}),
    ({"status_leak_touches_modify_time": True}, (REPORT, ENTITY), {}),
    ({"smart_plus_modify_time": True}, (REPORT, ENTITY), {}),
    ({"legacy_columns": False}, (REPORT, ENTITY), {}),
    ({"page_beyond_end_empty": False}, (REPORT, ENTITY), {}),
    ({"decimal_counts": True}, (REPORT, ENTITY), {}),
    ({"report_order": "shuffled"}, (REPORT, ENTITY), {}),
    ({"report_order": "unstable"}, (REPORT, ENTITY), {}),
    ({"zero_rows": False}, (REPORT, ENTITY), {}),
    ({"gzip": False}, (REPORT, ENTITY), {}),
    ({"query_budget": 1500}, (REPORT, ENTITY), {}),
    ({"object_cut": 9}, (REPORT, ENTITY), {}),
    ({"audience_status_filter": False}, ("ad_insights_by_platform", ENTITY), {}),
    ({"audience_shows_deleted": False}, ("ad_insights_by_platform", ENTITY), {}),
    ({"country_metrics_strict": False}, ("ad_insights_by_country", ENTITY), {}),
    ({"date_header": False}, (REPORT, ENTITY), FIXED),
)
STORM_CELLS = [
    Storm(" ".join(f"{name}={value}" for name, value in switches.items()), mode, switches, streams, settings)
    for (switches, streams, settings), mode in product(POSITIONS, (FULL, INCREMENTAL))
    # Where deleted objects can't be read, those deleted since an earlier sync stay as that one read them.
    if mode == FULL or not any(name.startswith("audience_s") for name in switches)
]
SEVERAL = ("busy", "cut", "html", "data_null", "reset", "broken_gzip", "empty", "no_page_info")


@dataclass(frozen=True)
class Story:
    """What was read under a fault, and what goes on from its state afterwards, if anything lacked."""

    simulator: Simulator
    before: Outcome | None
    outcome: Measured
    after: Measured | None = None

    @property
    def state(self) -> list[dict[str, Any]]:
        """What the next sync starts with."""
        return list({**(self.before.states if self.before else {}), **self.outcome.states}.values())

    def cursors(self, stream: str) -> Mapping[str, Any]:
        """The cursor of each account after the read."""
        (state,) = (item["stream"] for item in self.state if item["stream"]["stream_descriptor"]["name"] == stream)
        return {entry["partition"]["advertiser_id"]: entry["cursor"] for entry in state["stream_state"]["states"]}


def starting(hours: float, switches: Iterable[tuple[str, Any]] = ()) -> Simulator:
    """A simulator so many hours after its first instant."""
    simulator = Simulator(WORLD, Switches(**{"signed_urls": False, **dict(switches)}))
    simulator.clock.advance(hours=hours)
    return simulator


@lru_cache
def first_sync(
    switches: tuple[tuple[str, Any], ...], streams: tuple[str, ...], settings: tuple[tuple[str, Any], ...]
) -> Outcome:
    """A sync that nothing disturbs."""
    with starting(0, switches) as simulator:
        return forked.read(simulator, streams, **{**SETTINGS, **dict(settings)})


def told(
    mode: str,
    rules: Iterable[Mapping[str, Any]],
    switches: Mapping[str, Any],
    streams: tuple[str, ...],
    settings: Mapping[str, Any],
    lacking: bool,
) -> Story:
    """Read under these rules; where something may lack, go on once they are gone."""
    positions = tuple(switches.items())
    before = (
        first_sync(positions, streams, tuple(FIXED.items()) if "end_date" in settings else ())
        if mode == INCREMENTAL
        else None
    )
    with starting(LATER if before else 0, positions) as simulator:
        for rule in rules:
            simulator.faults.add(**rule)
        asked = {**SETTINGS, **settings}
        outcome = forked.read(simulator, streams, mode, before.state if before else None, **asked)
        story = Story(simulator, before, outcome)
        if not before or not lacking:
            return story
        simulator.faults.clear()
        return Story(simulator, before, outcome, forked.read(simulator, streams, mode, story.state, **asked))


def under_fault(cell: Cell) -> Story:
    """The story of one place of the matrix."""
    rule = {"kind": cell.fault.kind, "path": PATHS[cell.stream], **cell.fault.rule}
    settings = {"accounts": list(WORLD.advertiser_ids)} if cell.named else {}
    return told(cell.mode, [rule], {}, (REPORT, ENTITY), settings, cell.fault.fate in (*LACKING, *UNCLAIMED))


def in_a_storm(storm: Storm) -> Story:
    """The story of other facts and many faults."""
    seed = sum(map(ord, storm.name))
    rules = [{"kind": kind, "probability": 0.04, "seed": seed + n} for n, kind in enumerate(SEVERAL)]
    rules += [{"kind": "code", "code": 50000, "probability": 0.04, "seed": seed - 1, "path": PATHS[REPORT]}]
    for kind in ("short", "shift", "total_number"):
        rules.append({"kind": kind, "probability": 0.1, "seed": seed, "once_per_request": True, "page": 2})
    return told(storm.mode, rules, storm.switches, storm.streams, storm.settings, False)


@pytest.fixture(scope="module", autouse=True)
def _forks() -> Iterator[None]:
    """End the processes that forked, when the module is done."""
    yield
    forked.close()


CHANCE = random.Random(4)
SOME_CELLS = CELLS if PROVE else CHANCE.sample(CELLS, SAMPLE)
SOME_STORMS = STORM_CELLS if PROVE else CHANCE.sample(STORM_CELLS, STORMS)
SOME_CELLS = [*SOME_CELLS, *(NOTED_CELLS if PROVE else CHANCE.sample(NOTED_CELLS, NOTED_SAMPLE))]


@pytest.fixture(scope="module")
def stories() -> Mapping[str, Story]:
    """The stories of all places that are looked at, two at a time."""
    jobs = [partial(under_fault, cell) for cell in SOME_CELLS]
    return dict(zip(map(str, SOME_CELLS), together(jobs), strict=True))


@pytest.fixture(scope="module")
def storms() -> Mapping[str, Story]:
    """The stories of all storms that are looked at, two at a time."""
    jobs = [partial(in_a_storm, storm) for storm in SOME_STORMS]
    return dict(zip(map(str, SOME_STORMS), together(jobs), strict=True))


def test_the_matrix_is_whole() -> None:
    """Every kind of fault that the simulator knows and every code of the connector's table has its place."""
    assert {fault.kind for fault in FAULTS} == set(KINDS) - ELSEWHERE
    assert {fault.rule.get("code") for fault in FAULTS} >= set(RULES) - {20001}


@pytest.mark.prove
@pytest.mark.parametrize("cell", SOME_CELLS, ids=str)
def test_what_comes_is_exact(stories: Mapping[str, Story], cell: Cell) -> None:
    """Nothing is missing, altered or repeated but what the fault took away, and nothing of what it did not strike."""
    story = stories[str(cell)]
    for stream in (REPORT, ENTITY):
        assert repeated(stream, story.outcome.records[stream]) == []
        found, truth = tables(story, stream, (story.before, story.outcome))
        if stream == cell.stream and cell.fault.fate in LACKING:
            assert [row for row in story.outcome.records[stream] if row["advertiser_id"] == STRICKEN] == []
            found, truth = of_account(found, SOUND), of_account(truth, SOUND)
        if cell.fault.fate == END:
            continue
        if stream == cell.stream and cell.fault.fate == SHORT:
            brought = current(story, stream)
            assert {key: row for key, row in truth_now(story, stream).items() if key in brought} == brought
            assert len(brought) > len(of_account(brought, SOUND)) or story.before
            found, truth = of_account(found, SOUND), of_account(truth, SOUND)
        if stream == cell.stream and cell.fault.fate == NULLED:
            truth = {key: without(row, cell.fault.rule["names"]) for key, row in truth.items()}
            found = {
                key: without(row, () if key in current(story, stream) else cell.fault.rule["names"])
                for key, row in found.items()
            }
        assert difference(found, truth) == "", stream


@pytest.mark.prove
@pytest.mark.parametrize("cell", SOME_CELLS, ids=str)
def test_what_lacks_is_named(stories: Mapping[str, Story], cell: Cell) -> None:
    """Exit code, statuses, errors, warnings and summary say what was left out; nothing else is said to lack."""
    outcome, fault = stories[str(cell)].outcome, cell.fault
    other = REPORT if cell.stream == ENTITY else ENTITY
    assert outcome.code == int(cell.fails)
    assert outcome.statuses[cell.stream][-1] == ("INCOMPLETE" if cell.fails else "COMPLETE")
    if fault.fate != END:
        assert outcome.statuses[other][-1] == "COMPLETE"
    if fault.fate in LACKING:
        assert any(
            line.startswith(f"{cell.stream}, {STRICKEN}, 0, ") and fault.named in line for line in table(outcome)
        )
    if fault.fate in UNCLAIMED:
        assert any(line.startswith(f"{cell.stream}, {STRICKEN}, ") and fault.named in line for line in table(outcome))
    if fault.fate in UNCLAIMED and cell.fails:
        place = f"{cell.stream}, {{'advertiser_id': '{STRICKEN}'"
        errors = [error for error in outcome.errors if error["message"].startswith(place)]
        assert {error["failure_type"] for error in errors} == {"system_error"}
        assert all(fault.named in error["message"] for error in errors)
    elif cell.fails:
        place = f"{cell.stream}, account {STRICKEN}: "
        errors = [error for error in outcome.errors if error["message"].startswith(place)]
        assert {error["failure_type"] for error in errors} == {fault.blame}
        assert all(fault.named in error["message"] for error in errors)
    elif fault.fate != HEALED:
        lines = [line for line in outcome.warnings if fault.named in line]
        assert lines
        assert fault.fate in (NULLED, WARNED) or all(STRICKEN in line and cell.stream in line for line in lines)
    else:
        assert outcome.warnings == []
    if not cell.fails:
        assert outcome.errors == []


@pytest.mark.prove
@pytest.mark.parametrize("cell", [cell for cell in SOME_CELLS if cell.mode == INCREMENTAL], ids=str)
def test_states_say_what_has_left(stories: Mapping[str, Story], cell: Cell) -> None:
    """The cursor of what failed stays where it was, the others move; without the fault the next sync brings all."""
    story, fate = stories[str(cell)], cell.fault.fate
    first = Story(story.simulator, None, story.before) if story.before else story
    before, after = first.cursors(cell.stream), story.cursors(cell.stream)
    if fate in LACKING:
        assert after[STRICKEN] == before[STRICKEN]
        assert story.after
        assert story.after.code == 0
    if fate in (*LACKING, *UNCLAIMED):
        assert story.after
        for stream in (REPORT, ENTITY):
            assert difference(*tables(story, stream, (story.before, story.outcome, story.after))) == ""
    if fate != END:
        assert after[SOUND] != before[SOUND]
        assert fate in (*LACKING, SHORT) or (after[STRICKEN] != before[STRICKEN]) is (fate != UNPROVEN)


@pytest.mark.prove
@pytest.mark.parametrize("cell", SOME_CELLS, ids=str)
def test_nothing_leaks_or_grows(stories: Mapping[str, Story], cell: Cell) -> None:
    """No secret and no traceback in what a person reads, and memory stays bounded."""
    outcome = stories[str(cell)].outcome
    text = b"\n".join(outcome.lines).decode() + outcome.stderr
    assert not any(secret in text for secret in (TOKEN, SECRET))
    assert "Traceback" not in outcome.sentences + "".join(outcome.logs)
    assert outcome.peak < MEMORY


@pytest.mark.parametrize("mode", [FULL, INCREMENTAL])
def test_a_token_revoked_midway(mode: str) -> None:
    """Nobody asks any more but who was asking already; both streams fail and say so, and the next sync brings all."""
    revoked = {"kind": "code", "code": 40105, "nth": tuple(range(8, 1000))}
    story = told(mode, [revoked], {}, (REPORT, ENTITY), {}, True)
    outcome, requests = story.outcome, story.simulator.requests
    first = next(n for n, entry in enumerate(requests) if entry["faults"])
    assert sum(bool(entry["faults"]) for entry in requests[first:]) <= WORKERS
    assert outcome.code == 1
    failed = [stream for stream in (REPORT, ENTITY) if outcome.statuses[stream][-1] == "INCOMPLETE"]
    assert REPORT in failed
    for stream in (REPORT, ENTITY):
        brought, truth = current(story, stream), truth_now(story, stream)
        assert {key: truth[key] for key in brought} == brought
        assert stream in failed or difference(*tables(story, stream, (story.before, outcome))) == ""
        assert stream not in failed or f"{stream}, account " in outcome.sentences
        if story.after:
            assert difference(*tables(story, stream, (story.before, outcome, story.after))) == ""
    assert "code 40105" in outcome.sentences
    assert "20260310FAULT" in outcome.sentences


@pytest.mark.prove
@pytest.mark.parametrize("storm", SOME_STORMS, ids=str)
def test_storms(storms: Mapping[str, Story], storm: Storm) -> None:
    """Whatever TikTok's habits, faults that pass cost nothing: no row missing, altered or repeated."""
    story = storms[str(storm)]
    assert story.outcome.code == 0
    assert story.outcome.errors == []
    assert any(entry["faults"] for entry in story.simulator.requests)
    for stream in storm.streams:
        assert repeated(stream, story.outcome.records[stream]) == []
        found, truth = tables(story, stream, (story.before, story.outcome), storm.settings.get("end_date"))
        assert difference(found, truth) == "", stream
    assert story.outcome.peak < MEMORY


def tables(
    story: Story, stream: str, outcomes: Iterable[Outcome | None], end: str | None = None
) -> tuple[Table, Table]:
    """What a destination holds and what it should: after a full refresh every column, else the newest of each row."""
    now = story.simulator.clock.now
    if not story.before:
        return by_key(stream, story.outcome.records[stream]), truth_of(story, stream, now, "every", end)
    destination = Destination("latest")
    for outcome in filter(None, outcomes):
        destination.take(outcome)
    found, truth = destination.tables[stream], truth_of(story, stream, now, "latest", end)
    earlier = now - timedelta(hours=LATER)
    if stream == ENTITY:
        return found, unless_changed(truth, truth_of(story, stream, earlier, "latest", end), found)
    again = {id: expected.today(story.simulator, id, earlier) - LOOKBACK for id in WORLD.advertiser_ids}
    return expected.without_attributes(stream, found, again), expected.without_attributes(stream, truth, again)


def unless_changed(truth: Table, before: Table, found: Table) -> Table:
    """The truth, where an object that did not change itself may stand as it was: a parent's new name is no change."""

    def stale(key: Key) -> bool:
        row = before.get(key, {})
        return row.get("modify_time") == truth[key]["modify_time"] and found.get(key) == row

    return {key: before[key] if stale(key) else row for key, row in truth.items()}


_truths: dict[tuple[Any, ...], Table] = {}


def truth_of(story: Story, stream: str, moment: datetime, versions: str, end: str | None) -> Table:
    """The simulator's truth, worked out once for every position of its switches."""
    key = stream, moment, versions, end, tuple(story.simulator.switches.positions().items())
    if key not in _truths:
        _truths[key] = expected.table(
            story.simulator, stream, start=START, end=end, entity_versions=versions, clock=moment
        )
    return _truths[key]


def truth_now(story: Story, stream: str) -> Table:
    """What the read under the fault should have brought."""
    return truth_of(story, stream, story.simulator.clock.now, "latest" if story.before else "every", None)


def current(story: Story, stream: str) -> Table:
    """What the read under the fault brought."""
    return by_key(stream, story.outcome.records[stream], "every" if not story.before else "latest")


def of_account(rows: Table, advertiser_id: str) -> Table:
    """The rows of one account."""
    return {key: row for key, row in rows.items() if row["advertiser_id"] == advertiser_id}


def without(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """A row without some columns."""
    return {name: value for name, value in row.items() if name not in names}


def table(outcome: Outcome) -> list[str]:
    """The summary at the end of the log."""
    return next(line for line in outcome.logs if "stream, account, rows" in line).splitlines()
