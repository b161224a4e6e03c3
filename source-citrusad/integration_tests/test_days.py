"""Days: noon, midnight, month and year ends, leap days, a first day of today or later."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timezone

import pytest

from .reading import assert_clean, assert_whole, catalog_from, configuration, counted, difference, inside, truth
from .server import Contract, Dataset, Server, Table, World
from .server.columns import columns

DATASET = "acme_insight_reporting"
STREAMS = tuple((DATASET, f"fact_{kind.lower()}") for kind in ("DATE", "DATETIME", "TIMESTAMP"))


def world(now: datetime) -> World:
    """A table for each type of partition, with rows from ten days before an instant to five days after it."""
    tables = tuple(
        Table(f"fact_{kind.lower()}", columns(f"ingressed_at {kind}, v INT64, t STRING"), "ingressed_at", 25)
        for kind in ("DATE", "DATETIME", "TIMESTAMP")
    )
    first, last = (date.fromordinal(now.toordinal() + days) for days in (-10, 5))
    return World((Dataset(DATASET, "US", tables),), first_day=first, last_day=last, start=now)


EDGES = [
    "2022-09-11T11:59:59",
    "2022-09-11T12:00:00",
    "2022-09-11T00:00:00",
    "2022-09-11T23:59:59",
    "2022-10-01T12:00:00",
    "2022-11-01T11:59:00",
    "2023-01-01T12:00:00",
    "2023-01-01T00:00:01",
    "2023-01-02T11:59:59",
    "2024-02-29T12:00:00",
    "2024-03-01T12:00:00",
    "2024-03-01T11:00:00",
]


@pytest.mark.parametrize("now", EDGES)
def test_whole_days_only_and_all_of_them(now: str) -> None:
    """Up to yesterday from noon on, up to the day before until then; later syncs close the gap."""
    moment = datetime.fromisoformat(now).replace(tzinfo=timezone.utc)
    with Server(world(moment)) as server:
        catalog = catalog_from(server)
        outcomes = [inside("read", configuration(server), catalog)]
        assert_clean(server, outcomes[0])
        assert_whole(server, outcomes[0], catalog)
        last = date.fromordinal(moment.date().toordinal() - (1 if moment.hour >= 12 else 2)).isoformat()
        cursors = {state["stream"]["stream_state"]["cursor"] for state in outcomes[0].state}
        assert cursors == {last}
        for hours in (1, 11, 12, 24):
            server.clock.advance(hours=hours)
            outcomes.append(inside("read", configuration(server), catalog, outcomes[-1].state))
        assert_whole(server, outcomes, catalog)
        assert server.breaches == []


def test_a_first_day_that_is_not_whole_yet() -> None:
    """A start date of today reads nothing until tomorrow's noon, then that day."""
    with Server(world(datetime(2022, 9, 11, 13, tzinfo=timezone.utc))) as server:
        catalog = catalog_from(server)
        settings = {"start_date": "2022-09-11"}
        first = inside("read", configuration(server, **settings), catalog)
        assert_clean(server, first)
        assert not first.records
        assert sum(entry["counted"] for entry in server.log) == 0
        server.clock.set(datetime(2022, 9, 12, 11, 59, tzinfo=timezone.utc))
        second = inside("read", configuration(server, **settings), catalog, first.state)
        assert not second.records
        server.clock.set(datetime(2022, 9, 12, 12, 0, tzinfo=timezone.utc))
        third = inside("read", configuration(server, **settings), catalog, second.state)
        for stream in STREAMS:
            since = date(2022, 9, 11)
            assert not difference(counted(third.records[stream]), truth(server, stream, since=since))


def test_a_first_day_in_the_future() -> None:
    """Check succeeds, and a read brings nothing yet."""
    with Server(world(datetime(2022, 9, 11, 13, tzinfo=timezone.utc))) as server:
        config = configuration(server, start_date="2031-01-01")
        assert inside("check", config).verdict["status"] == "SUCCEEDED"
        catalog = catalog_from(server)
        for mode in ("incremental", "full_refresh"):
            asked = {"streams": [{**entry, "sync_mode": mode} for entry in catalog["streams"]]}
            outcome = inside("read", config, asked)
            assert (outcome.code, dict(outcome.records)) == (0, {})


def test_midnight_in_the_middle_of_a_sync() -> None:
    """Calls after midnight count for the new day: neither day's limit is broken, and nothing is lost."""
    start = datetime(2022, 9, 11, 23, 50, tzinfo=timezone.utc)
    with Server(world(start), Contract(calls=40), per_call=120, first_page=1500, next_page=1500) as server:
        catalog = catalog_from(server)
        server.clock.set(start)
        server.bigquery.restart_counters()
        outcomes = [inside("read", configuration(server, daily_calls=40), catalog)]
        for day in (13, 14, 15, 16):
            server.clock.set(start.replace(day=day, hour=13))
            outcomes.append(inside("read", configuration(server, daily_calls=40), catalog, outcomes[-1].state))
        assert server.breaches == []
        for stream in STREAMS:
            records = [record for outcome in outcomes for record in outcome.records.get(stream, [])]
            assert not difference(counted(records), truth(server, stream, until=date(2022, 9, 15)))


def test_noon_in_the_middle_of_a_sync() -> None:
    """A sync that begins before noon may read the day that becomes whole, and never a part of it."""
    start = datetime(2022, 9, 11, 11, 57, tzinfo=timezone.utc)
    with Server(replace(world(start)), per_call=60) as server:
        catalog = catalog_from(server)
        server.clock.set(start)
        first = inside("read", configuration(server), catalog)
        server.clock.set(start.replace(hour=13))
        second = inside("read", configuration(server), catalog, first.state)
        assert_whole(server, [first, second], catalog)
