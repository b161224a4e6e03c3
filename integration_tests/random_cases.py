"""Random worlds, catalogs and faults, each from one whole number, and the judgement of what a sync made of them.

`python -m integration_tests.random_cases 17 18` plays the cases 17 and 18 again and says what came of them.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import orjson

from . import expected, expected_insights, expected_lists, forked, grammar, random_faults
from .forking import Measured
from .random_faults import Fault
from .reading import ENTITIES, Key, Outcome, Record, Table, command, configuration, run
from .simulator import Simulator, Switches, World

CUSTOM: Sequence[Mapping[str, Any]] = (
    {"name": "campaign_days", "level": "campaign", "grain": "day", "metrics": ["spend", "clicks", "conversion"]},
    {
        **{"name": "ad_placements", "level": "ad", "grain": "day", "report_type": "AUDIENCE"},
        **{"breakdowns": ["placement"], "metrics": ["spend", "impressions", "clicks"]},
    },
)
# The streams by what has to be asked for them, so that every kind comes equally often.
LISTS = tuple(expected_lists.TOLD)
CHAINED = ("split_tests", "comments", "identity_posts", "pixel_event_statistics", "product_sets")
OF_CENTERS = ("business_center_accounts", "business_center_balances", "business_center_transactions", "catalogs")
STREAM_KINDS: Mapping[str, tuple[str, ...]] = {
    "entities": ENTITIES,
    "accounts": ("advertisers", "advertiser_accounts"),
    "daily": tuple(
        name
        for name in grammar.NAMES
        if not name.endswith(("_hourly", "_lifetime", "_monthly"))
        and "gmv" not in name
        and name not in grammar.SEARCHES
    ),
    "hourly": tuple(name for name in grammar.NAMES if name.endswith("_hourly") and name not in grammar.REFUSED),
    "other grains": tuple(name for name in grammar.NAMES if name.endswith(("_lifetime", "_monthly"))),
    "shop": (*grammar.SHOP, *(name for name in expected_insights.GMV_MAX if not name.endswith("_hourly"))),
    "materials": tuple(expected_insights.MATERIALS),
    "lists": tuple(name for name in LISTS if name not in (*CHAINED, *OF_CENTERS)),
    "chained": CHAINED,
    "centers": ("business_centers", *OF_CENTERS),
    "custom": tuple(str(report["name"]) for report in CUSTOM),
}
# Columns that follow a parent, or nothing at all, without a change of the row itself.
UNTOLD = ("campaign_name", "adgroup_name", "ad_name", "secondary_status", "current_status")
AT_ONCE = 2
# What stands for a part of a text that cannot leave as it came.
REPLACED = str.maketrans("", "", "\ufffd\x00")

Switched = Mapping[str, Any]
SWITCHES: Sequence[Switched] = (
    *({} for _ in range(6)),
    {"report_numbers_as_text": False},
    {"report_order": "shuffled"},
    {"report_order": "unstable"},
    {"zero_rows": False},
    {"decimal_counts": True},
    {"page_beyond_end_empty": False},
    {"modified_after_with_all": False},
    {"modified_after_inclusive": True},
    {"smart_plus_modify_time": True},
    {"legacy_columns": False},
    {"gzip": False},
)


@dataclass(frozen=True)
class Case:
    """What is read of what, and when: `hours` pass before each sync that faults strike, and before the clean last one.

    `clean_first` tells that an undisturbed sync comes before them all.
    """

    seed: int
    world: World
    switches: Switched
    settings: Mapping[str, Any]
    streams: tuple[str, ...]
    full: bool
    clean_first: bool
    hours: tuple[int, ...]

    def __str__(self) -> str:
        mode = "full refresh" if self.full else f"incremental, hours {self.hours}, clean first: {self.clean_first}"
        settings = {name: value for name, value in self.settings.items() if name != "custom_reports"}
        return f"case {self.seed}: {', '.join(self.streams)}; {mode}; {dict(self.switches)}, {settings}"


def case(seed: int) -> Case:
    """The case of a number; always the same."""
    chance = random.Random(seed)
    world = World(
        advertisers=chance.choice((1, 2, 2, 3)),
        campaigns=chance.randint(1, 4),
        adgroups_per=chance.randint(1, 2),
        ads_per=chance.randint(1, 2),
        history_start=date(2026, chance.choice((1, 2)), chance.randint(1, 20)),
        unreadable=chance.randint(0, 1),
        specials=chance.random() < 0.3,
    )
    streams = tuple(
        dict.fromkeys(
            chance.choice(STREAM_KINDS[chance.choice(tuple(STREAM_KINDS))])
            for _ in range(chance.choice((1, 1, 2, 2, 3, 5)))
        )
    )
    settings = {
        "start_date": f"2026-03-{chance.randint(1, 9):02}",
        "page_size": chance.choice((10, 20, 50, 1000)),
        "concurrency": chance.choice((1, 2, 8)),
        "lookback_days": chance.choice((0, 1, 2, 28)),
        "include_deleted": chance.random() < 0.85,
        "custom_reports": list(CUSTOM),
        "wait_scale": 0.0001,
    }
    full = chance.random() < 0.3
    clean_first = not full and chance.random() < 0.4
    disturbed = 1 if full else chance.choice((1, 1, 2))
    moving = clean_first or chance.random() < 0.35
    passing = [chance.choice((1, 5, 26, 50, 200)) if moving else 0 for _ in range(disturbed)]
    hours = (passing[0] if clean_first else 0, *passing[1:], passing[0])
    return Case(seed, world, chance.choice(SWITCHES), settings, streams, full, clean_first, () if full else hours)


@lru_cache
def catalog() -> Mapping[str, dict[str, Any]]:
    """Each stream as `discover` describes it, custom reports too."""
    outcome = run("discover", configuration(None, custom_reports=list(CUSTOM)))
    return {stream["name"]: stream for stream in outcome.messages[-1]["catalog"]["streams"]}


def key_of(stream: str) -> tuple[str, ...]:
    """The columns of a stream's key, without the version of an entity."""
    path = [names[0] for names in catalog()[stream]["source_defined_primary_key"]]
    return tuple(name for name in path if not (stream in ENTITIES and name == "modify_time"))


def configured(streams: Iterable[str], full: bool) -> dict[str, Any]:
    """A configured catalog; each stream goes on from its state if it can."""
    modes = {name: "full_refresh" if full else catalog()[name]["supported_sync_modes"][-1] for name in streams}
    return {
        "streams": [
            {"stream": catalog()[name], "sync_mode": mode, "destination_sync_mode": "append"}
            for name, mode in modes.items()
        ]
    }


Tables = Mapping[str, Table]


def tables(outcome: Outcome, streams: Iterable[str]) -> Tables:
    """The rows of an output by stream and key; texts without what stands for their unreadable parts."""
    return {name: _by_key(name, outcome.records[name]) for name in streams}


def _by_key(stream: str, records: Iterable[Record]) -> Table:
    key = key_of(stream)
    cleaned = (_readable(record) for record in records)
    return {tuple(record.get(name) for name in key): record for record in cleaned}


def _readable(value: Any) -> Any:
    if isinstance(value, str):
        return value.translate(REPLACED)
    if isinstance(value, list):
        return [_readable(item) for item in value]
    if isinstance(value, dict):
        return {name: _readable(item) for name, item in value.items()}
    return value


def upserted(before: Tables, outcome: Tables) -> Tables:
    """The tables after these rows have replaced those of the same key."""
    return {name: {**before.get(name, {}), **rows} for name, rows in outcome.items()}


@dataclass
class Sync:
    """One sync: when it ran, under which faults, what it left behind."""

    hours: int
    faults: Sequence[Fault]
    outcome: Measured
    struck: int = 0

    def spares(self, part: str) -> bool:
        """Whether every fault is about some account, and none about this one."""
        about = [rule.get("advertiser_id") for fault in self.faults for rule in fault.rules]
        return part.startswith("70") and None not in about and part not in about


@dataclass
class Played:
    """A case that has been played, and what is wrong with it: one line for each third outcome."""

    case: Case
    syncs: list[Sync] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def struck(self) -> int:
        """How many answers the faults changed."""
        return sum(sync.struck for sync in self.syncs)

    def __str__(self) -> str:
        faults = [f"  sync {n}: {fault}" for n, sync in enumerate(self.syncs) for fault in sync.faults]
        again = f"  again: python -m integration_tests.random_cases {self.case.seed}"
        return "\n".join([str(self.case), *faults, *(f"  WRONG {line}" for line in self.wrong), again])


class Play:
    """Plays one case: the disturbed syncs, the same ones undisturbed, and fresh reads of every moment."""

    def __init__(self, case: Case, mutant: str = "", planned: Sequence[Sequence[Fault]] | None = None) -> None:
        """The faults of each sync are drawn, unless they are `planned`."""
        self.case = case
        self._planned = planned
        self.played = Played(case)
        self.simulator = Simulator(case.world, Switches(**{"signed_urls": False, **case.switches}))
        self._mutant = mutant
        self._fresh: dict[int, Measured] = {}
        self._hours = self._gap = 0
        self._lost: set[str] = set()

    def play(self) -> Played:
        """Play the case to its end, or to a line of output that is no JSON."""
        with self.simulator:
            try:
                pool = self._requests()
                (self._full if self.case.full else self._incremental)(pool)
            except orjson.JSONDecodeError as error:
                self._wrong("the output", f"has a line that no reader takes: {error}")
        return self.played

    def _read(self, full: bool, states: Iterable[Any] | None = None) -> Measured:
        with tempfile.TemporaryDirectory() as name, forked.forks(self._mutant) as process:
            folder = Path(name)
            settings = configuration(self.simulator, **self.case.settings)
            state = list(states) if states is not None else None
            line = command(folder, "read", settings, configured(self.case.streams, full), state)
            process.start(folder, line[2:], {})
            return process.finish(folder)

    def fresh(self) -> Tables:
        """What a first read yields now, which faults do not strike."""
        if self._hours not in self._fresh:
            outcome = self._read(self.case.full)
            self._fresh[self._hours] = outcome
            if outcome.code or outcome.errors:
                self._wrong("a read that nothing disturbs", f"fails: {outcome.sentences[:300]}")
        return tables(self._fresh[self._hours], self.case.streams)

    def _requests(self) -> random_faults.Pool:
        """What a clean read asks, so that every fault has something to strike; checks that read against the oracle."""
        first = self.fresh()
        for stream in self.case.streams:
            truth = oracle(self.simulator, self.case, stream)
            # Numbers on the wire are written otherwise in a column that is text; the tests of reports judge that.
            plain = self.case.switches.get("report_numbers_as_text", True)
            if truth is not None and plain and (said := different(first[stream], [truth])):
                self._wrong(f"{stream}: a clean read and the simulator's truth", said)
        pool = random_faults.Pool(self.simulator, self.case.streams, list(self.simulator.requests))
        self.simulator.requests.clear()
        return pool

    def _full(self, pool: random_faults.Pool) -> None:
        sync = self._disturbed(pool, 0, True, None)
        truth = tables(self._fresh[0], self.case.streams)
        self._judge(sync, tables(sync.outcome, self.case.streams), [truth])

    def _incremental(self, pool: random_faults.Pool) -> None:
        control = self.fresh()
        moments, control_states = [control], self._fresh[0].states
        found, states = (control, dict(control_states)) if self.case.clean_first else ({}, {})
        *before, finally_ = self.case.hours
        for hours in before:
            control, control_states = self._later(hours, control, control_states)
            moments.append(self.fresh())
            sync = self._disturbed(pool, len(self.played.syncs), False, states.values())
            states |= sync.outcome.states
            found = upserted(found, tables(sync.outcome, self.case.streams))
            self._judge(sync, found, [control, *moments])
        control, _ = self._later(finally_, control, control_states)
        moments.append(self.fresh())
        last = self._read(False, states.values())
        found = upserted(found, tables(last, self.case.streams))
        if last.code:
            self._wrong("the clean sync afterwards", f"ends with {last.code}: {last.sentences[:300]}")
        for stream in self.case.streams:
            if stream in self._lost:
                continue
            wanted = [control[stream], *(moment[stream] for moment in moments)]
            if said := different(found[stream], wanted, self._restated):
                self._wrong(f"{stream}: after the clean sync", said)

    def _later(self, hours: int, control: Tables, states: Mapping[str, Any]) -> tuple[Tables, Mapping[str, Any]]:
        """Let time pass, and what an undisturbed destination holds then."""
        if not hours:
            return control, states
        self._hours, self._gap = self._hours + hours, hours
        self.simulator.clock.advance(hours=hours)
        outcome = self._read(False, states.values())
        return upserted(control, tables(outcome, self.case.streams)), {**states, **outcome.states}

    def _disturbed(self, pool: random_faults.Pool, number: int, full: bool, states: Iterable[Any] | None) -> Sync:
        first = number == 0 and not self.case.clean_first
        if self._planned is not None:
            drawn = self._planned[number]
        else:
            drawn = random_faults.draw(random.Random(self.case.seed * 31 + number), pool, first)
        rules = [self.simulator.faults.add(**rule) for fault in drawn for rule in fault.rules]
        outcome = self._read(full, states if states is not None and not first else None)
        sync = Sync(self._hours, drawn, outcome, sum(self.simulator.faults.fired(rule) for rule in rules))
        self.simulator.faults.clear()
        self._lost |= {stream for fault in drawn for stream in self.case.streams if stream.startswith(fault.lost)}
        self.played.syncs.append(sync)
        return sync

    def _judge(self, sync: Sync, found: Tables, allowed: Sequence[Tables]) -> None:
        """Every part equals the truth or is named; whatever came is true."""
        said, came = Said(sync.outcome), tables(sync.outcome, self.case.streams)
        number = len(self.played.syncs) - 1
        blind = {stream for fault in sync.faults for stream in fault.blind(self.case.streams)} | self._lost
        for stream in self.case.streams:
            if stream in blind:
                continue
            candidates = [tables[stream] for tables in allowed]
            for part in sorted({part_of(row) for row in (*candidates[0].values(), *found[stream].values())}):
                new, rows, *wanted = (_of_part(table, part) for table in (came[stream], found[stream], *candidates))
                told = different(rows, wanted, self._restated)
                if told and not said.names(stream, part):
                    self._wrong(f"{stream}, {part}, sync {number}: not said", told)
                elif told and sync.spares(part):
                    self._wrong(f"{stream}, {part}, sync {number}: goes without, though no fault strikes it", told)
                elif told and (lie := false_rows(_of_its_own(stream, new), wanted, self._restated)):
                    self._wrong(f"{stream}, {part}, sync {number}: false rows", lie)
                elif told and missing(rows, wanted) and self.case.full and not said.incomplete(stream):
                    self._wrong(f"{stream}, {part}, sync {number}: COMPLETE though rows are missing", told)
        if sync.outcome.code not in (0, 1) or sync.outcome.stderr:
            self._wrong(f"sync {number}", f"ended with {sync.outcome.code}: {sync.outcome.stderr[-300:]}")

    @property
    def _restated(self) -> date:
        """Figures of days before it are not read again by a sync that goes on from a state."""
        earlier = (self.simulator.clock.now - timedelta(hours=self._gap)).date()
        # An account's day may begin up to a day before or after that of UTC.
        return earlier - timedelta(days=int(self.case.settings["lookback_days"]) - 1) if self._gap else date.min

    def _wrong(self, where: str, what: str) -> None:
        self.played.wrong.append(f"{where}: {what}")


@dataclass(frozen=True)
class Said:
    """What a sync says of itself."""

    outcome: Outcome

    @cached_property
    def lines(self) -> list[str]:
        """Everything that says that something is missing: warnings, errors, and lines of the summary with a reason."""
        summary = next((line for line in self.outcome.logs if "stream, account, rows" in line), "")
        places = [line for line in summary.splitlines()[1:] if not line.startswith("columns that never")]
        reasons = [line for line in places if not line.endswith(", -")]
        return [*self.outcome.warnings, *(error["message"] for error in self.outcome.errors), *reasons]

    def names(self, stream: str, part: str) -> bool:
        """Whether a line names the stream and the part or all parts, or the stream has failed with a sentence.

        Where the Business Centers themselves can't be listed, nobody knows their ids.
        """
        named = [line for line in self.lines if stream in line]
        of_part = any(part in line or f"{stream}, account centers:" in line for line in named)
        return of_part or (self.incomplete(stream) and bool(named))

    def incomplete(self, stream: str) -> bool:
        """Whether the stream ended INCOMPLETE, and the sync with 1."""
        return self.outcome.code == 1 and self.outcome.statuses[stream][-1:] == ["INCOMPLETE"]


# Columns that only the list has which is read where TikTok refuses the other.
ELSEWHERE: Mapping[str, tuple[str, ...]] = {"business_center_accounts": ("tt_account_roles",)}


def _of_its_own(stream: str, table: Table) -> Table:
    """The rows without what the list that is read in the place of a refused one tells besides."""
    other = ELSEWHERE.get(stream, ())
    return {key: {name: row[name] for name in row if name not in other} for key, row in table.items()}


def part_of(row: Record) -> str:
    """Whose row it is: an account's, a Business Center's, or nobody's."""
    return str(row.get("advertiser_id") or row.get("bc_id") or "")


def _of_part(table: Table, part: str) -> Table:
    return {key: row for key, row in table.items() if part_of(row) == part}


def missing(found: Table, wanted: Sequence[Table]) -> list[Key]:
    """The keys that are not there, of those that an undisturbed destination holds and a fresh read still yields."""
    return [key for key in wanted[0] if key in wanted[-1] and key not in found]


def different(found: Table, wanted: Sequence[Table], restated: date = date.min) -> str:
    """Nothing where every row is as the first of the wanted tables has it, or as one that may stand for it."""
    lacking = missing(found, wanted)
    surplus = [key for key in found if not any(key in table for table in wanted)]
    altered = [(key, wrong) for key, row in found.items() if (wrong := _altered(key, row, wanted, restated))]
    said = [f"missing {len(lacking)} of {len(wanted[0])}: {lacking[:2]}"] if lacking else []
    said += [f"surplus {len(surplus)}: {surplus[:2]}"] if surplus else []
    said += [f"altered {len(altered)}: {altered[:2]}"] if altered else []
    return "; ".join(said)


def false_rows(found: Table, wanted: Sequence[Table], restated: date) -> str:
    """Rows that never were, or whose values are others: a null is no lie, where it is named."""
    surplus = [key for key in found if not any(key in table for table in wanted)]
    nulls = ((key, _altered(key, row, wanted, restated)) for key, row in found.items())
    altered = [(key, wrong) for key, wrong in nulls if any(pair[0] is not None for pair in wrong.values())]
    said = [f"surplus {len(surplus)}: {surplus[:2]}"] if surplus else []
    return "; ".join([*said, *([f"altered {len(altered)}: {altered[:2]}"] if altered else [])])


def _altered(key: Key, row: Record, wanted: Sequence[Table], restated: date) -> dict[str, tuple[Any, Any]]:
    """The columns that differ: from what an undisturbed destination holds where that is also today's truth, else from
    every row of that key at any of the moments; the figures of days before `restated` are not read again."""
    rows = [table[key] for table in wanted if key in table]
    if not rows or row in rows[:1]:
        return {}
    first, last = rows[0], rows[-1]
    told, names = {}, sorted({name for each in (row, *rows) for name in each})
    old = _day(row) < restated.isoformat()
    for name in names:
        settled = first.get(name) == last.get(name) and name not in UNTOLD and not old
        possible = rows[:1] if settled else rows
        if row.get(name) not in [each.get(name) for each in possible]:
            told[name] = row.get(name), first.get(name)
    return told


def _day(row: Record) -> str:
    """The day of a dated row; after all days for others."""
    named = (row[name] for name in ("stat_time_day", "stat_time_hour", "period_end", "date") if name in row)
    return str(next(named, "9999"))[:10]


def oracle(simulator: Simulator, case: Case, stream: str) -> Table | None:
    """The simulator's own truth of a stream now, by the tests' second opinion; None for a custom report."""
    start, deleted = str(case.settings["start_date"]), bool(case.settings["include_deleted"])
    if stream in STREAM_KINDS["custom"] or stream == "advertiser_accounts":
        return None
    if stream in expected_insights.NAMES:
        return expected_insights.table(simulator, stream, start) if deleted else None
    if stream in expected_lists.TOLD:
        found = expected_lists.list_table(simulator, stream, start=start, include_deleted=deleted)
        return _by_key(stream, found.values())
    if stream in grammar.REFUSED:
        return {}
    found = expected.table(simulator, stream, start=start, include_deleted=deleted, entity_versions="latest")
    return _by_key(stream, found.values())


def play(seed: int, mutant: str = "") -> Played:
    """Play the case of a number."""
    return Play(case(seed), mutant).play()


def main(arguments: Sequence[str]) -> int:
    """Play cases, by number or from..to; returns 1 if any has a third outcome."""
    seeds = [seed for argument in arguments for seed in _seeds(argument)]
    bad = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for seed, played in zip(seeds, pool.map(play, seeds), strict=True):
            bad += bool(played.wrong)
            print(played if played.wrong or len(seeds) == 1 else f"case {seed}: {played.struck} struck", flush=True)
    if len(seeds) == 1:
        for number, sync in enumerate(played.syncs):
            print(f"-- sync {number}: exit {sync.outcome.code}", *sync.outcome.logs, sync.outcome.sentences, sep="\n")
    forked.close()
    print(f"{len(seeds)} cases, {bad} with a third outcome")
    return int(bool(bad))


def _seeds(argument: str) -> Iterator[int]:
    first, _, last = argument.partition("..")
    yield from range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
