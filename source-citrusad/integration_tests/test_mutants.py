"""Faults put into the connector on purpose: each is noticed by the server's truth or by its contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from source_citrusad.api.client import Attempt, Client
from source_citrusad.sync import reader, session
from source_citrusad.sync.budget import Budget
from source_citrusad.sync.sizes import Sizes
from source_citrusad.tables import sql, types

from .reading import Outcome, catalog_from, configuration, counted, ids, inside, truth
from .server import Contract, Dataset, Server, Table, World
from .server.columns import columns

DATASET = "acme_insight_reporting"
FIELDS = "campaign_id STRING, clicks INT64, ad_spend NUMERIC"
WORLD = World(
    (
        Dataset(
            DATASET,
            "US",
            (
                Table("fact", columns(f"ingressed_at DATE, {FIELDS}"), "ingressed_at", 90),
                Table("dim", columns(FIELDS), rows=200),
            ),
        ),
    )
)
FACT = (DATASET, "fact")
LIMITS: dict[str, Any] = {"max_download_gb": 60_000 / 1e9, "daily_calls": 40, "num_as_string": True}
Patch = pytest.MonkeyPatch


def judged(before: str = "2022-09-11T08:00:00Z") -> list[str]:
    """What the truth and the contract say against three syncs: before noon, after it, and again on that day."""
    said: list[str] = []
    contract = Contract(calls=40, download_bytes=60_000)
    with Server(WORLD, contract, first_page=8_000, next_page=16_000, told_bytes="all") as server:
        catalog = catalog_from(server)
        server.bigquery.faults.add("http", op="results", status=503, every=3, times=3)
        outcomes: list[Outcome] = []
        for now in (before, "2022-09-11T13:00:00Z", "2022-09-11T14:00:00Z", "2022-09-12T13:00:00Z"):
            server.control("clock", {"now": now})
            state = outcomes[-1].state if outcomes else None
            asked = server.bigquery.usage.calls[server.clock.now.date()]
            outcomes.append(inside("read", configuration(server, **LIMITS), catalog, state))
            said += unsaid_calls(outcomes[-1], asked, server.bigquery.usage.calls[server.clock.now.date()])
        said += [f"exit {outcome.code}: {outcome.sentences}" for outcome in outcomes if outcome.code]
        said += [breach["kind"] for breach in server.breaches]
        for stream in ids(catalog):
            facts = stream == FACT
            records = [r for outcome in (outcomes if facts else outcomes[-1:]) for r in outcome.records.get(stream, [])]
            said += [] if counted(records) == truth(server, stream) else [f"{stream} differs"]
        said += early_states(server, outcomes[0])
    return said


def unsaid_calls(outcome: Outcome, before: int, after: int) -> list[str]:
    """Whether some call left that no state of an incremental stream had counted: the day's calls before and after."""
    counts = [state["stream"]["stream_state"] for state in outcome.of("STATE")]
    carried = [blob["usage"]["calls"] for blob in counts if "usage" in blob]
    whole = carried == sorted(carried) and len(set(carried)) == carried[-1] - carried[0] + 1
    return [] if whole and carried[-1] == after and {*range(before + 1, after + 1)} <= {*carried} else ["usage"]


def early_states(server: Server, outcome: Outcome) -> list[str]:
    """Whether a cursor was ever ahead of the rows that had left."""
    left = 0
    for message in outcome.messages:
        if message["type"] == "RECORD" and message["record"]["stream"] == "fact":
            left += 1
        elif message["type"] == "STATE" and "cursor" in message["state"]["stream"]["stream_state"]:
            cursor = message["state"]["stream"]["stream_state"]["cursor"]
            if cursor and left < 90 * ((date.fromisoformat(cursor) - date(2022, 9, 1)).days + 1):
                return ["a state before its rows"]
    return []


def last_page_dropped(patch: Patch) -> None:
    """The rows of a query's last page do not leave."""
    rows = reader.Reader._rows

    def short(self: Any, page: Any) -> Iterator[Any]:
        return rows(self, page) if page.token else iter(())

    patch.setattr(reader.Reader, "_rows", short)


def today_read(patch: Patch) -> None:
    """Today counts as whole."""
    patch.setattr(reader, "last_whole_day", lambda now: now.date())


def noon_rule_off(patch: Patch) -> None:
    """Yesterday counts as whole from midnight on."""
    patch.setattr(reader, "last_whole_day", lambda now: now.date() - timedelta(days=1))


def closed_end(patch: Patch) -> None:
    """The day after a slice is read with it."""
    patch.setattr(sql, "_days", _replaced(sql._days, " < ", " <= "))


def wildcard(patch: Patch) -> None:
    """All columns are asked for without naming them."""

    def starred(project: str, table: Any, piece: Any, real: Any = reader.select) -> str:
        text = real(project, table, piece)
        return "SELECT *" + text[text.index(" FROM ") :]

    patch.setattr(reader, "select", starred)


def floats_for_decimals(patch: Patch) -> None:
    """NUMERIC passes through a float."""
    real = types._element_cast

    def floated(column: Any, exact: bool) -> Any:
        return (lambda value: str(float(value))) if column.type == "NUMERIC" else real(column, exact)

    patch.setattr(types, "_element_cast", floated)


def state_before_rows(patch: Patch) -> None:
    """A slice counts as read when it is asked for."""
    real = reader.Reader._whole

    def early(self: Any, piece: Any, *more: Any) -> Any:
        self.state.cursor = piece.end - sql.DAY if piece.end else self.state.cursor
        yield reader.Checkpoint()
        return (yield from real(self, piece, *more))

    patch.setattr(reader.Reader, "_whole", early)


def usage_after_the_request(patch: Patch) -> None:
    """No state leaves before a request."""
    real = session.Session._read

    def silent(self: Any, stream: Any) -> Iterator[Any]:
        events = stream.reader.events
        stream.reader.events = lambda: (event for event in events() if not isinstance(event, Attempt))
        yield from real(self, stream)

    patch.setattr(session.Session, "_read", silent)


def usage_only_in_its_own_state(patch: Patch) -> None:
    """What streams without state use is written nowhere."""

    def own(self: Any, stream: Any, real: Any = session.Session._saved) -> Iterator[Any]:
        if stream.incremental:
            yield from real(self, stream)

    patch.setattr(session.Session, "_saved", own)


def retries_not_counted(patch: Patch) -> None:
    """Only the first attempt counts."""
    real = Client._asked

    def once(self: Any, *asked: Any) -> Any:
        meter, taken = self.meter, []

        class First:
            def take(self, starts_job: bool) -> bool:
                taken.append(starts_job)
                return bool(meter.take(starts_job)) if len(taken) == 1 else False

        self.meter = First()
        try:
            return (yield from real(self, *asked))
        finally:
            self.meter = meter

    patch.setattr(Client, "_asked", once)


def estimate_trusted(patch: Patch) -> None:
    """Whatever the first answer says, its slice is read."""
    patch.setattr(reader.Reader, "_too_large", lambda self, piece, work, page: False)
    patch.setattr(Sizes, "wire_day", property(lambda self: self.learned.scan_day * 0.01))


def calls_not_counted(patch: Patch) -> None:
    """Nothing is counted at all."""
    patch.setattr(Budget, "take", lambda self, starts_job: False)


def _replaced(real: Callable[..., list[str]], find: str, put: str) -> Callable[..., list[str]]:
    return lambda *asked: [text.replace(find, put) for text in real(*asked)]


MUTANTS = (
    last_page_dropped,
    today_read,
    noon_rule_off,
    closed_end,
    wildcard,
    floats_for_decimals,
    state_before_rows,
    usage_after_the_request,
    usage_only_in_its_own_state,
    retries_not_counted,
    estimate_trusted,
    calls_not_counted,
)


def test_the_connector_itself_passes() -> None:
    """What judges the mutants has nothing to say against the connector."""
    assert judged() == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mutant_is_caught(mutant: Callable[[Patch], None], monkeypatch: Patch) -> None:
    """Each of these is caught by at least one of the judges."""
    mutant(monkeypatch)
    assert judged()
