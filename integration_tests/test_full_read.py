"""A full read yields exactly the rows that the simulator's world holds, each value of its column's type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import jsonschema
import pytest

from . import expected
from .reading import (
    ENTITIES,
    REPORTS,
    STREAMS,
    Outcome,
    by_key,
    catalog,
    difference,
    key_of,
    read,
    repeated,
    together,
)
from .simulator import SANDBOX_TOKEN, VOLATILE, Simulator, Switches, World
from .simulator.facts import LISTINGS, METRICS

WORLD = World(advertisers=3, campaigns=6, adgroups_per=2, ads_per=2, history_start=date(2026, 1, 10))
TINY = World(advertisers=2, campaigns=4, adgroups_per=2, ads_per=2, history_start=date(2026, 1, 20))
RECENT = "2026-02-18"
# TikTok sends this one for campaigns boosted from its app only.
PROMOTE_ONLY = ("campaign_system_origin",)
# Figures that every class of metric carries, by the simulator's own facts.
TYPES = {"count": "integer", "currency": "number", "percent": "number", "ratio": "number", "seconds": "number"}
# Amounts that were published as the text TikTok shows.
SHOWN = ("bid", "budget", "campaign_budget")
SANDBOX = {"auth_type": "sandbox_access_token", "access_token": SANDBOX_TOKEN, "advertiser_id": TINY.advertiser_ids[0]}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A world of three accounts whose signed addresses hold still."""
    with Simulator(WORLD, Switches(signed_urls=False)) as running:
        yield running


@pytest.fixture(scope="module")
def outcome(simulator: Simulator) -> Outcome:
    """One full refresh of every stream."""
    return read(simulator, mode="full_refresh")


@pytest.mark.parametrize("stream", STREAMS)
def test_every_row_and_nothing_else(simulator: Simulator, outcome: Outcome, stream: str) -> None:
    """No row is missing, none is altered, none comes twice."""
    assert difference(by_key(stream, outcome.records[stream]), expected.table(simulator, stream)) == ""
    assert repeated(stream, outcome.records[stream]) == []


def test_the_read_is_clean(simulator: Simulator, outcome: Outcome) -> None:
    """A read without trouble ends with 0, says nothing on stderr, warns of nothing and is refused nothing."""
    assert (outcome.code, outcome.stderr, outcome.warnings, outcome.errors) == (0, "", [], [])
    assert {entry["code"] for entry in simulator.requests} == {0}


@pytest.mark.parametrize("stream", STREAMS)
def test_records_follow_their_schema(outcome: Outcome, stream: str) -> None:
    """Rows of the stream are valid by the schema that discover gives."""
    validator = jsonschema.Draft7Validator(catalog()[stream]["json_schema"])
    records = outcome.records[stream]
    sample = records if stream not in REPORTS else records[:: max(1, len(records) // 200)]
    assert [error.message for record in sample for error in validator.iter_errors(record)] == []


@pytest.mark.parametrize("stream", STREAMS)
def test_every_value_has_the_type_of_its_column(outcome: Outcome, stream: str) -> None:
    """Each value of each row is of its column's Python type, so true is never 1 and no figure stays text."""
    kinds: dict[str, set[type]] = {
        "string": {str},
        "date-time": {str},
        "integer": {int},
        "number": {int, float},
        "boolean": {bool},
        "array": {list},
        "object": {dict},
    }
    allowed = {name: kinds[expected.kind_of(schema)] for name, schema in expected.columns(stream).items()}
    found: dict[str, set[type]] = {}
    for record in outcome.records[stream]:
        for name, value in record.items():
            found.setdefault(name, set()).add(type(value))
    wrong = {name: types for name, types in found.items() if name in allowed and not types.issubset(allowed[name])}
    assert wrong == {}


@pytest.mark.parametrize("stream", STREAMS)
def test_declared_columns_are_the_filled_ones(outcome: Outcome, stream: str) -> None:
    """Every declared column is filled somewhere, but for the published ones that nothing fills any more."""
    filled = {name for record in outcome.records[stream] for name in record}
    unfilled = set(expected.columns(stream)) - filled
    assert unfilled - {*expected.ABSENT, *PROMOTE_ONLY} == set()
    assert filled.isdisjoint(expected.ABSENT)


@pytest.mark.parametrize("stream", STREAMS)
def test_all_that_tiktok_sends_today_is_declared(stream: str) -> None:
    """A column of today's lists, or a metric, is declared with the type that the facts give it."""
    declared = {name: expected.kind_of(schema) for name, schema in expected.columns(stream).items()}
    if stream in REPORTS:
        units = {name: METRICS[name].unit for name in expected.metrics(stream) if name not in SHOWN}
        wanted = {name: TYPES.get(unit, "boolean" if unit == "flag" else "string") for name, unit in units.items()}
        assert {name: declared[name] for name in units} == wanted
    else:
        path = "advertiser/info" if stream == "advertisers" else f"{stream.removesuffix('s')}/get"
        today = {name for name, column in LISTINGS[path].columns.items() if not column.legacy}
        # Asked for beside others it hides them, so it is no column.
        assert today - set(declared) - {"company_name_editable"} == set()


@pytest.mark.parametrize("stream", STREAMS)
def test_no_part_of_a_key_is_null(outcome: Outcome, stream: str) -> None:
    """Every row carries every column of its key."""
    assert all(name in record for record in outcome.records[stream] for name in key_of(stream))


def test_rows_without_a_change_stand_under_their_creation(simulator: Simulator, outcome: Outcome) -> None:
    """Creatives of upgraded Smart+ without modify_time are there, under create_time."""
    truth = [row for id in WORLD.advertiser_ids for row in simulator.truth("ad/get", status_all(id))]
    bare = {row["ad_id"]: row["create_time"] for row in truth if row["modify_time"] is None}
    found = {row["ad_id"]: row["modify_time"] for row in outcome.records["ads"] if row["ad_id"] in bare}
    assert found == {id: f"{time.replace(' ', 'T')}Z" for id, time in bare.items()}
    assert bare


def status_all(advertiser_id: str) -> Mapping[str, list[str]]:
    """A query for a list with deleted rows."""
    return {"advertiser_id": [advertiser_id], "filtering": ['{"primary_status":"STATUS_ALL"}']}


@pytest.fixture(scope="module")
def variants() -> Mapping[str, tuple[Simulator, Outcome]]:
    """Other reads of a small world, each against its own simulator, which stays for its truth."""
    still = Switches(signed_urls=False)
    jobs: dict[str, tuple[Switches, dict[str, Any]]] = {
        "moving": (Switches(), {}),
        "moving again": (Switches(), {}),
        "without deleted": (still, {"include_deleted": False}),
        "small pages": (still, {"page_size": 7}),
        "two workers": (still, {"concurrency": 2}),
        "one day": (still, {"start_date": "2026-03-02", "end_date": "2026-03-02"}),
        "sandbox": (replace(still, sandbox=True), {"credentials": SANDBOX}),
        "sandbox without facts": (
            replace(still, sandbox=True, sandbox_advertiser_info=False),
            {"credentials": SANDBOX},
        ),
        "sandbox without deleted": (
            replace(still, sandbox=True),
            {"credentials": SANDBOX, "include_deleted": False},
        ),
    }

    def job(switches: Switches, changes: dict[str, Any]) -> tuple[Simulator, Outcome]:
        with Simulator(TINY, switches) as simulator:
            return simulator, read(simulator, mode="full_refresh", **{"start_date": RECENT, **changes})

    found = together([partial(job, *arguments) for arguments in jobs.values()])
    return dict(zip(jobs, found, strict=True))


def table_difference(simulator: Simulator, outcome: Outcome, stream: str, **how: Any) -> str:
    """How a stream of an output differs from the truth."""
    return difference(
        by_key(stream, outcome.records[stream]), expected.table(simulator, stream, **{"start": RECENT, **how})
    )


def test_twice_in_a_row_is_the_same(variants: Mapping[str, tuple[Simulator, Outcome]]) -> None:
    """Two reads differ in signed addresses and the balance only."""
    moving = {name for names in VOLATILE.values() for name in names}
    for stream in STREAMS:
        first, second = (by_key(stream, variants[name][1].records[stream]) for name in ("moving", "moving again"))
        differing = {
            name
            for key in {*first, *second}
            for name in {*first[key], *second[key]}
            if first[key].get(name) != second[key].get(name)
        }
        assert differing <= moving


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("name", ["small pages", "two workers"])
def test_page_size_and_concurrency_change_nothing(
    variants: Mapping[str, tuple[Simulator, Outcome]], stream: str, name: str
) -> None:
    """Pages of seven rows, or two workers, bring the same rows."""
    simulator, outcome = variants[name]
    assert outcome.code == 0
    assert table_difference(simulator, outcome, stream) == ""
    assert repeated(stream, outcome.records[stream]) == []


def test_pages_are_as_small_as_asked(variants: Mapping[str, tuple[Simulator, Outcome]]) -> None:
    """page_size reaches TikTok, and no more pages are asked for than the rows need."""
    asked = [entry for entry in variants["small pages"][0].requests if "page_size" in entry["query"]]
    # Whether an account has special campaigns is seen on one page.
    asked = [entry for entry in asked if "fields" not in entry["query"]]
    assert {entry["query"]["page_size"] for entry in asked} == {"7"}
    assert max(int(entry["query"]["page"]) for entry in asked) > 1


@pytest.mark.parametrize("stream", STREAMS)
def test_deleted_objects_stay_out_when_unwanted(variants: Mapping[str, tuple[Simulator, Outcome]], stream: str) -> None:
    """Without include_deleted neither deleted objects nor their report rows come."""
    simulator, outcome = variants["without deleted"]
    assert (outcome.code, table_difference(simulator, outcome, stream, include_deleted=False)) == (0, "")


def test_deleted_objects_make_a_difference(variants: Mapping[str, tuple[Simulator, Outcome]]) -> None:
    """The world holds deleted objects of every kind, so the setting is really tried."""
    simulator, _ = variants["without deleted"]
    for stream in (*ENTITIES, *REPORTS):
        whole, part = (
            expected.table(simulator, stream, start=RECENT, include_deleted=wanted) for wanted in (True, False)
        )
        assert set(part) < set(whole)


def test_one_day_is_one_day(variants: Mapping[str, tuple[Simulator, Outcome]]) -> None:
    """A range whose start is its end holds that day of every account, no more."""
    simulator, outcome = variants["one day"]
    for stream in REPORTS:
        assert table_difference(simulator, outcome, stream, start="2026-03-02", end="2026-03-02") == ""


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("deleted", [True, False])
def test_the_sandbox(variants: Mapping[str, tuple[Simulator, Outcome]], stream: str, deleted: bool) -> None:
    """The sandbox sends no secondary_status: two passes tell what is deleted, and nothing else changes."""
    simulator, outcome = variants["sandbox" if deleted else "sandbox without deleted"]
    how = {"accounts": TINY.advertiser_ids[:1], "include_deleted": deleted}
    assert (outcome.code, table_difference(simulator, outcome, stream, **how)) == (0, "")
    assert repeated(stream, outcome.records[stream]) == []


def test_a_sandbox_that_refuses_the_accounts_facts(variants: Mapping[str, tuple[Simulator, Outcome]]) -> None:
    """Days are UTC days, currency is null, advertisers is empty, one warning says so; every list is read."""
    simulator, outcome = variants["sandbox without facts"]
    assert outcome.code == 0
    assert outcome.records["advertisers"] == []
    assert [line for line in outcome.warnings if "advertiser/info" in line] == outcome.warnings
    assert len(outcome.warnings) == 1
    for stream in ENTITIES:
        assert table_difference(simulator, outcome, stream, accounts=TINY.advertiser_ids[:1]) == ""
    rows = outcome.records["ad_insights"]
    assert {"currency" in row for row in rows} == {False}
    # The account's own day, in Auckland, is already the next one.
    assert max(expected.day(row) for row in rows) == simulator.clock.now.date()
