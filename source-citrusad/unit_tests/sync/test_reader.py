"""Reading a table: every row once, in queries that fit, whole before the state says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import orjson
import pytest

from source_citrusad.api.client import Attempt
from source_citrusad.api.errors import BigQueryError
from source_citrusad.sync.budget import Budget, NeverEnough, OutOfBudget, Usage
from source_citrusad.sync.places import Places
from source_citrusad.sync.reader import Checkpoint, Context, NotNow, Reader, Rows, TableError
from source_citrusad.sync.state import StreamState, blob_of, parse
from source_citrusad.tables.model import Selection

from ..canned import DATA, DAY, FIRST, NOW, Answer, Asked, Table, Warehouse, Wire, ok, once, queries_over, refusal

FACTS = Selection("acme_reporting", "facts", ("ingressed_at", "id", "spend"), "ingressed_at")
WHOLE = Selection("acme_reporting", "facts", ("ingressed_at", "id", "spend"))
GONE = refusal(404, "notFound", "Not found: Job")
WITHOUT_FILTER = refusal(
    400, "invalidQuery", "Cannot query over table 'd.t' without a filter over column(s) 'ingressed_at' that can be used"
)


@dataclass
class Bench:
    """A reader over a canned warehouse, and what comes of it."""

    warehouse: Warehouse = field(default_factory=Warehouse)
    table: Selection = FACTS
    calls: int = 100
    kept: int = 10
    scan: int = 0
    download: int = 10**9
    streams: int = 1
    lookback: int = 0
    resumes: bool = True
    pages_free: bool = False
    now: datetime = NOW
    state: StreamState = field(default_factory=StreamState)
    faults: list[Any] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    attempts: int = 0

    def __post_init__(self) -> None:
        self.wire = Wire(self.warehouse, faults=self.faults)
        self.budget = Budget(
            self.calls, self.scan, self.kept, self.pages_free, lambda: self.now, Usage("").at(self.now)
        )
        self.again()

    def again(self) -> Bench:
        """The next sync, from what the state has become."""
        queries = queries_over(self.wire)
        queries.client.meter = self.budget
        self.budget.begin_stream(self.streams)
        context = Context(
            DATA, queries, self.budget, Places(queries.client, DATA, {"acme_reporting": "US"}), self.download,
            True, lambda: self.now, self.warned.append, self.noted.append,
        )  # fmt: skip
        self.state = parse(orjson.loads(orjson.dumps(blob_of(self.state, {}))))
        self.reader = Reader(self.table, context, self.state, FIRST, self.lookback, self.resumes)
        return self

    def read(self) -> Bench:
        """Read to the end."""
        for _ in self.events():
            pass
        return self

    def events(self) -> Iterator[Any]:
        """Each event, its rows noted."""
        for event in self.reader.events():
            if isinstance(event, Rows):
                self.ids += [orjson.loads(line)["record"]["data"]["id"] for line in event.lines.splitlines()]
                assert event.count
            self.attempts += isinstance(event, Attempt)
            yield event

    def expected(self, last: date) -> list[int]:
        """The numbers of the rows up to a day, and of those in no day."""
        rows, number, found = self.warehouse.tables["facts"].rows, 0, []
        for day, count in rows.items():
            for _ in range(count):
                number += 1
                found += [number] if day is None or FIRST <= day <= last else []
        return found


LAST = date(2022, 9, 10)


def of_a_page(asked: Asked) -> bool:
    """Whether a further page is asked for."""
    return "pageToken" in asked.params


def facts(rows: dict[date | None, int], **table: Any) -> Warehouse:
    """A warehouse of one table."""
    return Warehouse({"facts": Table(rows, **table)})


def week(count: int = 4, **days: int) -> dict[date | None, int]:
    """Twelve days of rows, some with another number, and some rows in no day."""
    rows: dict[date | None, int] = {FIRST + DAY * n: count for n in range(12)}
    rows |= {FIRST + DAY * int(name[1:]): number for name, number in days.items()}
    return {**rows, None: 2}


def test_whole_days_in_one_query() -> None:
    """Rows in no day with them; the days that are not whole show rows and are not read; the size by one dry run."""
    bench = Bench(facts(week())).read()
    assert sorted(bench.ids) == bench.expected(LAST)
    assert (bench.state.cursor, bench.state.since, bench.state.nulls) == (LAST, FIRST, True)
    assert len(bench.wire.asked) == bench.attempts == 2
    assert bench.reader.days_left() == 0


def test_rows_in_no_day_are_read_once_and_that_is_said() -> None:
    """With the first days of an incremental stream; a full refresh reads them by a query of their own, every time."""
    bench = Bench(facts(week()), download=30_000).read()
    assert ["NULL" in sql for sql in bench.wire.queries] == [True] + [False] * (len(bench.wire.queries) - 1)
    [said] = bench.noted
    assert said.startswith("acme_reporting.facts: rows whose ingressed_at is null lie in no day. They are read once")
    whole = Bench(facts(week()), resumes=False).read()
    assert sorted(whole.ids) == whole.expected(LAST)
    assert [sql.partition(" WHERE ")[2] for sql in whole.wire.queries] == [
        "`ingressed_at` >= DATE '2022-09-01' AND `ingressed_at` < DATE '2022-09-11'",
        "`ingressed_at` IS NULL",
    ]
    assert whole.noted == []


def test_nothing_new_takes_no_call() -> None:
    """The second sync of a day."""
    bench = Bench(facts(week())).read()
    before = bench.attempts
    bench.again().read()
    assert bench.attempts == before


def test_a_new_day_takes_one_call() -> None:
    """Its size is known, and the rows in no day are read already."""
    bench = Bench(facts(week())).read()
    bench.now += timedelta(days=1)
    bench.again().read()
    assert (bench.attempts, bench.state.cursor) == (3, LAST + DAY)
    assert sorted(bench.ids) == bench.expected(LAST + DAY)
    assert "NULL" not in bench.wire.queries[-1]


def test_before_the_first_day_nothing_is_read() -> None:
    """A start date of today."""
    bench = Bench(facts(week()), now=datetime(2022, 9, 1, 13, tzinfo=NOW.tzinfo)).read()
    assert (bench.attempts, bench.state.cursor, bench.reader.days_left()) == (0, None, 0)


def test_a_look_back_reads_days_again() -> None:
    """With each new day, and the cursor does not go back."""
    bench = Bench(facts(week()), lookback=3).read()
    bench.now += timedelta(days=1)
    bench.ids.clear()
    bench.again().read()
    assert sorted(bench.ids) == [*range(29, 45)]
    assert bench.state.cursor == LAST + DAY


def test_a_table_without_partition_is_read_whole() -> None:
    """Every time, by one query."""
    bench = Bench(facts(week(), partition=None), table=WHOLE, resumes=False).read()
    assert (len(bench.ids), bench.attempts, bench.state.cursor) == (50, 1, None)


def test_pages() -> None:
    """All of them, each a call, unless pages are free; a page without rows is not the end."""
    bench = Bench(facts(week(100)))
    bench.warehouse.page_rows = 300
    bench.wire.faults.append(once(ok({"jobComplete": True, "pageToken": "300"}), of_a_page))
    bench.read()
    assert sorted(bench.ids) == bench.expected(LAST)
    assert bench.attempts == 1 + 4 + 1
    free = Bench(facts(week(100)), pages_free=True)
    free.warehouse.page_rows = 300
    assert (len(free.read().ids), free.attempts) == (1002, 2)
    assert free.reader.syncs_left() == 1


def test_a_first_page_without_rows() -> None:
    """What is behind it is found before anything is decided."""

    def empty(asked: Asked) -> Answer | None:
        if not asked.sql or asked.body.get("dryRun"):
            return None
        page = orjson.loads(bench.warehouse(asked).content)
        return ok({**page, "rows": [], "pageToken": "0"})

    bench = Bench(facts(week()), faults=[empty])
    bench.read()
    assert sorted(bench.ids) == bench.expected(LAST)


def test_a_first_page_without_rows_whose_job_is_lost() -> None:
    """No row of it has left: the query is run again, and nothing is said."""

    def empty(asked: Asked) -> Answer | None:
        if not asked.sql or asked.body.get("dryRun"):
            return None
        page = orjson.loads(bench.warehouse(asked).content)
        return ok({**page, "rows": [], "pageToken": "0"})

    bench = Bench(facts(week()))
    bench.wire.faults += [short_once(empty), once(refusal(400, "jobBackendError", "try again"), of_a_page)]
    assert sorted(bench.read().ids) == bench.expected(LAST)
    assert (len(bench.wire.queries), bench.warned) == (2, [])


def test_slices_fit_the_download() -> None:
    """By the dry run first, then by what answers teach; no query brings more than the limit."""
    bench = Bench(facts(week(10)), download=60_000).read()
    assert sorted(bench.ids) == bench.expected(LAST)
    assert len(bench.wire.queries) > 2
    assert max(len(rows) for rows in bench.warehouse.jobs.values()) * 1000 < 60_000


def test_a_day_among_smaller_ones() -> None:
    """A guess that is wrong costs a query that is refused, or an answer that is dropped: never a row twice."""
    bench = Bench(facts(week(4, d5=100)), download=60_000)
    bench.warehouse.page_rows = 25
    bench.read()
    assert sorted(bench.ids) == bench.expected(LAST)
    assert any("MOD" in sql for sql in bench.wire.queries)
    assert [text for text in bench.warned if "too large for one query" in text] == [
        "The day 2022-09-06 of acme_reporting.facts is too large for one query: it is read in parts, and each scans it "
        "again."
    ]


def test_estimates_that_are_withheld() -> None:
    """The whole window is tried, and shortened by the first answer."""
    bench = Bench(facts(week(20)), download=60_000)
    bench.warehouse.estimates = False
    bench.warehouse.page_rows = 20
    bench.read()
    assert sorted(bench.ids) == bench.expected(LAST)
    empty = Bench(facts({}))
    empty.read()
    assert (empty.attempts, empty.state.cursor) == (2, LAST)


def test_a_table_without_partition_that_is_too_large() -> None:
    """It is read in parts of its rows."""
    bench = Bench(facts(week(20), partition=None), table=WHOLE, resumes=False, download=60_000)
    bench.warehouse.page_rows = 20
    assert sorted(bench.read().ids) == [*range(1, 243)]
    assert bench.warned == [
        "acme_reporting.facts is too large for one query: it is read in parts, and each scans it again."
    ]


def test_a_scan_above_the_guard_that_nothing_shortens() -> None:
    """The guard goes up to what BigQuery names, as far as the month's scan allows."""
    bench = Bench(facts(week(20_000), partition=None, row_bytes=500), table=WHOLE, resumes=False, download=10**6)
    refused = once(refusal(400, "bytesBilledLimitExceeded", "too much"), lambda asked: bool(asked.sql), times=2)
    bench.wire.faults.append(refused)
    with pytest.raises(NeverEnough, match="monthly_scan_tb allows"):
        Bench(facts(week(20_000), partition=None), table=WHOLE, scan=40_000_000, resumes=False, download=10**6).read()
    with pytest.raises(OutOfBudget, match="TB scanned in September"):
        Bench(
            facts(week(20_000), partition=None), table=WHOLE, scan=10**9, streams=100, resumes=False, download=10**6
        ).read()
    with pytest.raises(OutOfBudget, match=r"takes \d+ calls at once"):
        bench.read()
    limits = [int(asked.body["maximumBytesBilled"]) for asked in bench.wire.asked]
    assert limits == sorted(limits)


def test_what_can_not_be_made_smaller() -> None:
    """The refusal that says so is raised in the end."""
    bench = Bench(facts(week()), faults=[lambda asked: refusal(400, "resourcesExceeded", "too much")])
    bench.reader.state.learned.wire_day = 1.0
    bench.calls = 10**9
    bench.budget = Budget(10**9, 0, 0, False, lambda: NOW, Usage("").at(NOW))
    bench.again()
    bench.state.learned.wire_day = 1.0
    with pytest.raises(BigQueryError, match="too much"):
        bench.read()
    assert "MOD" in bench.wire.queries[-1]


def test_an_answer_that_can_not_be_made_smaller() -> None:
    """Every part says that it brings far too much."""
    huge = {
        "jobReference": {"jobId": "j"}, "rows": [{"f": []}], "pageToken": "t", "totalRows": "100000000000",
    }  # fmt: skip
    bench = Bench(facts(week()), table=WHOLE, faults=[lambda asked: ok(huge)], pages_free=True)
    with pytest.raises(TableError, match="small enough"):
        bench.read()


def test_more_pages_than_calls_are_left() -> None:
    """The answer is dropped before a row leaves, and fewer days are read; the rest waits for another day."""
    bench = Bench(facts(week(100)), calls=18)
    bench.warehouse.page_rows = 60
    with pytest.raises(OutOfBudget):
        bench.read()
    assert 0 < len(bench.ids) == len({*bench.ids})
    assert bench.attempts <= 8
    assert bench.reader.syncs_left() >= 1
    days = 0
    while bench.state.cursor != LAST:
        days += 1
        bench.now += timedelta(days=1)
        bench.again()
        bench.warehouse.tables["facts"].rows = {**week(100), **{FIRST + DAY * n: 0 for n in range(12, 60)}}
        try:
            bench.read()
        except OutOfBudget:
            assert days < 12
        if bench.state.cursor and bench.state.cursor > LAST:
            break
    assert len(bench.ids) == len({*bench.ids})
    assert {*bench.ids} >= {*bench.expected(LAST)}


def test_a_day_that_no_share_of_a_day_reads() -> None:
    """It is read in parts, over days, and each part once."""
    bench = Bench(facts({FIRST: 400, None: 1}), calls=15, now=datetime(2022, 9, 2, 13, tzinfo=NOW.tzinfo))
    bench.warehouse.page_rows = 40
    for _ in range(12):
        try:
            bench.read()
            break
        except OutOfBudget:
            bench.budget = Budget(15, 0, 10, False, lambda: NOW, Usage("").at(NOW))
            bench.again()
    assert sorted(bench.ids) == [*range(1, 402)]
    assert (bench.state.cursor, bench.state.pieces, bench.state.nulls) == (FIRST, (), True)


def stopped(bench: Bench, pages: int = 2) -> Bench:
    """The bench with its read killed before the page after so many; what the last state said is its state."""
    for event in bench.events():
        left = bench.state.unfinished.rows if bench.state.unfinished else 0
        if isinstance(event, (Attempt, Checkpoint)) and left >= pages * bench.warehouse.page_rows:
            break
    return bench


def begun(**changes: Any) -> Bench:
    """A bench over 1,002 rows in pages of 300."""
    bench = Bench(facts(week(100)), **changes)
    bench.warehouse.page_rows = 300
    return bench


@pytest.mark.parametrize("pages_free", [False, True])
def test_a_read_that_was_killed_goes_on_behind_its_rows(pages_free: bool) -> None:
    """The results of its query are still there: no row twice, and no call more than without the kill."""
    bench = stopped(begun(pages_free=pages_free))
    assert bench.state.unfinished
    assert (bench.state.unfinished.rows, bench.state.cursor, len(bench.ids)) == (600, None, 600)
    queries, asked = len(bench.wire.queries), len(bench.wire.asked)
    bench.again().read()
    assert sorted(bench.ids) == bench.expected(LAST)
    assert (len(bench.wire.queries) - queries, len(bench.wire.asked) - asked) == (0, 2)
    assert (bench.state.cursor, bench.state.nulls, bench.state.unfinished, bench.warned) == (LAST, True, None, [])


def test_the_job_that_took_over_is_the_one_that_is_remembered() -> None:
    """Its rows go on where those of the first one were gone, and after a kill too."""
    bench = begun()
    bench.warehouse.cached = True
    bench.wire.faults += [once(GONE, of_a_page), once(GONE, lambda asked: "startIndex" in asked.params)]
    stopped(bench)
    del bench.warehouse.jobs["job0"]
    bench.again().read()
    assert sorted(bench.ids) == bench.expected(LAST)
    assert bench.warned == []


def test_a_new_day_is_read_after_what_is_unfinished() -> None:
    """By a query of its own."""
    bench = stopped(begun(now=NOW - timedelta(hours=5)))
    assert bench.state.unfinished
    assert bench.state.unfinished.piece.end == LAST
    bench.now = NOW
    bench.again().read()
    assert sorted(bench.ids) == bench.expected(LAST)
    assert (bench.state.cursor, bench.warned) == (LAST, [])


def test_no_call_is_left_for_what_is_unfinished() -> None:
    """It stays so: the next sync goes on there."""
    bench = stopped(begun())
    bench.budget = Budget(11, 0, 11, False, lambda: bench.now, Usage("").at(NOW))
    with pytest.raises(OutOfBudget):
        bench.again().read()
    bench.budget = Budget(100, 0, 10, False, lambda: bench.now, Usage("").at(NOW))
    bench.again().read()
    assert sorted(bench.ids) == bench.expected(LAST)


@pytest.mark.parametrize("reason", ["gone", "other rows", "another number", "denied", "late", "columns", "start"])
def test_what_is_unfinished_and_can_not_be_gone_on_with(reason: str) -> None:
    """The slice is read again, so that its rows come twice, which is said."""
    bench = stopped(begun())
    if reason == "gone":
        bench.warehouse.jobs.clear()
    elif reason == "other rows":
        bench.warehouse.jobs = {name: rows[1:] + rows[:1] for name, rows in bench.warehouse.jobs.items()}
    elif reason == "another number":
        bench.warehouse.jobs = {name: rows[:-1] for name, rows in bench.warehouse.jobs.items()}
    elif reason == "denied":
        bench.wire.faults.append(once(refusal(403, "accessDenied"), lambda asked: "startIndex" in asked.params))
    elif reason == "late":
        bench.now += timedelta(hours=23)
    elif reason == "columns":
        bench.table = Selection("acme_reporting", "facts", ("id", "spend"), "ingressed_at")
    else:
        bench.state.cursor = FIRST
    bench.again().read()
    assert {*bench.ids} == {*bench.expected(bench.state.cursor or LAST)}
    assert bench.warned == [
        "600 rows of acme_reporting.facts left in a sync that did not come to the end of their slice, and the results "
        "of their query are gone: the slice is read again, so these rows come twice."
    ]


def test_what_is_unfinished_waits_for_a_service_that_fails() -> None:
    """Its rows are not read again for that."""
    bench = stopped(begun())
    failing = once(refusal(503, "backendError"), lambda asked: "startIndex" in asked.params, times=6)
    bench.wire.faults.append(failing)
    with pytest.raises(BigQueryError):
        bench.again().read()
    bench.again().read()
    assert sorted(bench.ids) == bench.expected(LAST)


def test_a_part_of_a_day_that_is_unfinished() -> None:
    """The state knows the parts before the first of them has left."""
    bench = Bench(facts({FIRST: 400, None: 1}), download=100_000, now=datetime(2022, 9, 2, 13, tzinfo=NOW.tzinfo))
    bench.warehouse.page_rows = 20
    stopped(bench, pages=1)
    assert bench.state.unfinished
    assert bench.state.unfinished.piece == bench.state.pieces[0]
    bench.again().read()
    assert sorted(bench.ids) == [*range(1, 402)]
    assert (bench.state.cursor, bench.state.pieces, bench.state.nulls) == (FIRST, (), True)
    assert not any("twice" in text for text in bench.warned)


def test_with_a_look_back_nothing_is_kept_unfinished() -> None:
    """Its days come again in any case."""
    bench = begun(lookback=2)
    for _ in bench.events():
        assert bench.state.unfinished is None


def test_parts_of_other_columns_are_not_gone_on_with() -> None:
    """The hash is of the columns that are read."""
    bench = Bench(facts(week(100)), calls=15)
    bench.warehouse.page_rows = 20
    with pytest.raises(OutOfBudget):
        bench.read()
    while not bench.state.pieces:
        bench.budget = Budget(15, 0, 10, False, lambda: NOW, Usage("").at(NOW))
        bench.again()
        with pytest.raises(OutOfBudget):
            bench.read()
    bench.budget = Budget(10**6, 0, 10, False, lambda: NOW, Usage("").at(NOW))
    bench.table = Selection("acme_reporting", "facts", ("ingressed_at", "id"), "ingressed_at")
    bench.ids.clear()
    begun = bench.state.pieces[0].start
    bench.again().read()
    assert f"acme_reporting.facts: other columns are selected than when {begun} was begun" in bench.warned[-1]
    assert bench.state.cursor == LAST


def test_what_begins_anew_needs_its_calls_on_one_day() -> None:
    """It is not begun where they do not do."""
    bench = Bench(facts(week(100), partition=None), table=WHOLE, resumes=False, calls=15)
    bench.warehouse.page_rows = 20
    with pytest.raises(OutOfBudget):
        bench.read()
    assert (bench.ids, bench.attempts) == ([], 1)


def test_no_call_is_left() -> None:
    """Nothing leaves."""
    bench = Bench(facts(week()), calls=11, kept=11)
    with pytest.raises(OutOfBudget):
        bench.read()
    assert bench.wire.asked == []


def test_a_day_above_any_months_scan() -> None:
    """Waiting would not help."""
    with pytest.raises(NeverEnough, match="needs a scan of"):
        Bench(facts(week(20_000)), scan=12_000_000).read()


@pytest.mark.parametrize("cached", [True, False])
def test_results_that_are_gone(cached: bool) -> None:
    """The query is run again: from the cache its rows go on, else they come twice, which is said."""
    bench = Bench(facts(week(100)))
    bench.warehouse.page_rows = 300
    gone = once(GONE, of_a_page)
    bench.wire.faults += [gone, once(GONE, lambda asked: "startIndex" in asked.params)]
    bench.warehouse.cached = cached
    bench.read()
    assert {*bench.ids} == {*bench.expected(LAST)}
    assert (len(bench.ids) == len({*bench.ids})) is cached
    assert bool(bench.warned) is not cached


@pytest.mark.parametrize("cached", [True, False])
def test_a_page_that_lacks_a_row_in_the_middle(cached: bool) -> None:
    """The rows behind the last that left are not the missing ones: the slice is read again, and nothing is lost."""
    bench = Bench(facts(week(100)))
    bench.warehouse.page_rows = 300
    bench.warehouse.cached = cached

    def short(asked: Asked) -> Answer | None:
        if not of_a_page(asked) or asked.params["pageToken"] != "300":
            return None
        page = orjson.loads(bench.warehouse(asked).content)
        return ok({**page, "rows": page["rows"][:-1]})

    bench.wire.faults.append(short_once(short))
    bench.read()
    assert {*bench.ids} == {*bench.expected(LAST)}
    assert "are read again from the first, so these rows come twice" in bench.warned[-1]


def short_once(fault: Any) -> Any:
    """A fault that comes to the first request it fits."""
    done: list[Answer] = []

    def first(asked: Asked) -> Answer | None:
        answer = None if done else fault(asked)
        done.extend([answer] if answer else [])
        return answer

    return first


def test_pages_that_are_never_whole() -> None:
    """The slice is not read again for ever."""
    bench = Bench(facts(week(100)))
    bench.warehouse.page_rows = 300

    def short(asked: Asked) -> Answer | None:
        if asked.body.get("dryRun") or not (asked.sql or "/queries/" in asked.path):
            return None
        page = orjson.loads(bench.warehouse(asked).content)
        return ok({**page, "rows": page["rows"][:-1]})

    bench.wire.faults.append(short)
    with pytest.raises(TableError, match="run the sync again"):
        bench.read()
    assert bench.state.cursor is None


@pytest.mark.parametrize("token", ["t", ""])
def test_pages_that_are_empty_for_ever(token: str) -> None:
    """They end too."""
    bench = Bench(facts(week(100)), table=WHOLE)
    empty = {"jobReference": {"jobId": "j"}, "pageToken": token, "totalRows": "5"}
    bench.wire.faults.append(lambda asked: ok(empty))
    with pytest.raises(TableError, match="gave 0 of 5 rows"):
        bench.read()
    assert bench.attempts < 20


def test_an_answer_that_does_not_say_how_many_rows_there_are() -> None:
    """It is asked again, and none of its rows leaves before: whole is only what is counted."""

    def untold(asked: Asked) -> Answer | None:
        if asked.body.get("dryRun") or not asked.sql:
            return None
        page = orjson.loads(bench.warehouse(asked).content)
        return ok({name: value for name, value in page.items() if name != "totalRows"})

    bench = Bench(facts(week()))
    bench.wire.faults.append(untold)
    assert sorted(bench.read().ids) == bench.expected(LAST)
    never = Bench(facts(week()))
    never.wire.faults.append(lambda asked: ok({"jobReference": {"jobId": "j"}, "rows": [{"f": []}]}))
    with pytest.raises(TableError, match="does not say how many rows"):
        never.read()
    assert never.ids == []


def test_a_list_that_lacks_a_region() -> None:
    """The dataset may be there: it is a matter of time."""
    bench = Bench(facts(week()), table=Selection("other", "facts", ("id",)))
    bench.wire.faults.append(once(ok({"unreachable": ["europe-west3"]})))
    with pytest.raises(NotNow, match="lacks those in europe-west3, which did not answer"):
        bench.read()


def test_a_page_that_is_gone() -> None:
    """The job goes on from the row reached, also where pages end early."""
    bench = Bench(facts(week(100)))
    bench.warehouse.page_rows = 300
    token = refusal(400, "invalid", "Invalid page token")
    early = once(ok({"jobComplete": True, "jobReference": {"jobId": "job0"}}), of_a_page)
    bench.wire.faults += [once(token, of_a_page), early]
    bench.read()
    assert sorted(bench.ids) == bench.expected(LAST)
    assert bench.warned == []


def test_rows_that_never_come() -> None:
    """It ends, and says how many are missing."""
    nothing = {"jobComplete": True, "jobReference": {"jobId": "job0"}}
    bench = Bench(facts(week(100)))
    bench.warehouse.page_rows = 300
    bench.warehouse.cached = True
    bench.wire.faults.append(lambda asked: None if asked.sql else ok(nothing))
    with pytest.raises(TableError, match="gave 300 of 1002 rows of"):
        bench.read()
    assert (bench.reader.midway, bench.state.unfinished) == (True, None)


def test_another_refusal_in_the_middle() -> None:
    """It is not about a page that is gone."""
    bench = Bench(facts(week(100)))
    bench.warehouse.page_rows = 300
    bench.wire.faults.append(lambda asked: refusal(403, "accessDenied") if of_a_page(asked) else None)
    with pytest.raises(BigQueryError):
        bench.read()


def test_a_filter_that_null_breaks() -> None:
    """Then the rows in no day are a query of their own."""

    def strict(asked: Asked) -> Answer | None:
        return WITHOUT_FILTER if " OR " in asked.sql else None

    bench = Bench(facts(week()), faults=[strict]).read()
    assert sorted(bench.ids) == bench.expected(LAST)
    assert (bench.state.cursor, bench.state.nulls) == (LAST, True)


def test_many_rows_in_no_day() -> None:
    """A query of their own may be too large too, and is read in parts."""

    def strict(asked: Asked) -> Answer | None:
        return WITHOUT_FILTER if " OR " in asked.sql else None

    bench = Bench(facts({FIRST: 4, None: 100}), download=60_000, faults=[strict])
    bench.warehouse.page_rows = 20
    assert sorted(bench.read().ids) == bench.expected(LAST)
    assert (bench.state.cursor, bench.state.nulls) == (LAST, True)


def test_a_dataset_that_moves_and_one_that_is_gone() -> None:
    """The place is looked up once; then it is an error that names the dataset or the table."""
    bench = Bench(facts(week()))
    bench.warehouse.locations = {"acme_reporting": "EU"}
    assert sorted(bench.read().ids) == bench.expected(LAST)
    lost = Bench(facts(week()))
    lost.warehouse.locations = {}
    with pytest.raises(BigQueryError, match="was not found"):
        lost.read()
    hidden = Bench(facts(week()), table=Selection("other", "facts", ("id",)))
    with pytest.raises(TableError, match="The dataset other is not visible to reader@acme"):
        hidden.read()


def test_no_column_is_selected() -> None:
    """There is no query for that."""
    with pytest.raises(TableError, match=r"No column of acme_reporting.facts is selected"):
        Bench(table=Selection("acme_reporting", "facts", ())).read()


def test_the_state_moves_behind_the_rows() -> None:
    """At every checkpoint all rows up to the cursor have left, and none of a later day is claimed."""
    bench = Bench(facts(week(10)), download=60_000)
    for event in bench.events():
        if isinstance(event, Checkpoint):
            assert bench.state.cursor
            assert {*bench.ids} == {*bench.expected(bench.state.cursor)}
