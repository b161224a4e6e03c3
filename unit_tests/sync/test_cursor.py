"""The state of a stream while it is read: what it claims, when it is emitted, and that each message is complete."""

from collections.abc import Iterator, Mapping
from queue import Queue
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteMessage, Type
from airbyte_cdk.sources.types import Record

from source_tiktok_ads.engine import QueuedMessages
from source_tiktok_ads.streams.entities import ACCOUNTS
from source_tiktok_ads.streams.model import Accounts
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.cursor import SECONDS_BETWEEN_STATES, AccountCursor, FullCursor
from source_tiktok_ads.sync.reader import Reader, Slice
from source_tiktok_ads.sync.state import NO_CURSOR, StreamState, parse
from source_tiktok_ads.sync.tasks import PendingTasks

from .canned import A, B, C, Canned, page, sync_of

ROW = Record({"a": 1}, "things")


class Counting(Reader[Accounts]):
    """A stream whose cursor counts the finished slices of an account."""

    def __init__(self) -> None:
        super().__init__(ACCOUNTS[0], sync_of(Canned(lambda path, params: page([])))[0], False)
        self.left: dict[str, int] = {}

    def slices(self, account: Account) -> Iterator[Slice]:
        """One."""
        yield Slice(self, account)

    def rows(self, part: Slice) -> Iterator[list[bytes]]:
        """None."""
        yield from ()

    def cursor_after(self, part: Slice) -> Mapping[str, Any]:
        """The count."""
        self.left[part.account.id] = self.left.get(part.account.id, 0) + 1
        return {"left": self.left[part.account.id]}


class Watched:
    """A cursor on a virtual clock, with what it has sent."""

    def __init__(self, state: StreamState | None = None) -> None:
        self.sent: list[AirbyteMessage] = []
        self.now = 100.0
        self.reader = Counting()
        self.kept = PendingTasks({}, "2026-03-01")
        self.cursor = AccountCursor("things", state or StreamState(), self.sent.append, lambda: self.now, self.kept)

    def close(self, id: str = A, finished: bool = True, owed: bool = False) -> None:
        """A slice of an account ends."""
        self.cursor.close_partition(Slice(self.reader, Account(id), finished=finished, owed=owed))

    @property
    def states(self) -> list[dict[str, int]]:
        """The counts that each sent state claims."""
        blobs = [message.state.stream.stream_state.__dict__ for message in self.sent]
        return [{id: cursor["left"] for id, cursor in parse(blob).cursors.items()} for blob in blobs]


def test_a_finished_slice_sends_a_state_of_its_stream() -> None:
    """The first state is emitted without delay, as a STREAM state with the settings."""
    watched = Watched(StreamState({}, {"include_deleted": True}))
    watched.close()
    (message,) = watched.sent
    assert message.type is Type.STATE
    assert message.state.stream.stream_descriptor.name == "things"
    assert message.state.stream.stream_state.__dict__ == {
        "version": 1,
        "include_deleted": True,
        "states": [{"partition": {"advertiser_id": A}, "cursor": {"left": 1}}],
    }


def test_a_slice_that_broke_off_is_not_claimed() -> None:
    """Its rows have not all left, so its account's cursor stays, and nothing is sent."""
    watched = Watched(StreamState({A: {"left": 7}}))
    watched.close(finished=False)
    assert watched.sent == []
    watched.close(B)
    assert watched.states == [{A: 7, B: 1}]


def test_a_slice_with_owed_days_emits_a_state_that_says_so() -> None:
    """Else what the last state claims would be believed."""
    watched = Watched(StreamState({A: {"left": 7}}))
    watched.close(finished=False, owed=True)
    assert watched.states == [{A: 1}]


def test_states_within_a_second_are_held_back_until_the_next_slice() -> None:
    """At most one state a second is emitted, and the next one includes those that were held back."""
    watched = Watched()
    watched.close()
    watched.now += SECONDS_BETWEEN_STATES / 2
    watched.close()
    watched.close(B)
    assert watched.states == [{A: 1}]
    watched.now += SECONDS_BETWEEN_STATES / 2
    watched.close()
    assert watched.states == [{A: 1}, {A: 3, B: 1}]


def test_a_state_that_was_held_back_is_emitted_with_the_next_page() -> None:
    """A long slice does not keep it waiting; a page brings no state of its own."""
    watched = Watched()
    watched.close()
    watched.close()
    watched.cursor.observe(ROW)
    assert watched.states == [{A: 1}]
    watched.now += SECONDS_BETWEEN_STATES
    watched.cursor.observe(ROW)
    watched.cursor.observe(ROW)
    assert watched.states == [{A: 1}, {A: 2}]


@pytest.mark.parametrize("closed", [0, 2])
def test_the_last_state_is_emitted_in_any_case(closed: int) -> None:
    """At the end of the stream, held back or not, read or not."""
    watched = Watched(StreamState({C: {"left": 9}}))
    for _ in range(closed):
        watched.close()
    watched.cursor.ensure_at_least_one_state_emitted()
    assert watched.states[-1] == {C: 9, **({A: 2} if closed else {})}


def test_accounts_that_are_not_read_stay_in_the_state() -> None:
    """An account that left the configuration keeps its cursor, untouched."""
    watched = Watched(StreamState({C: {"left": 9}}))
    watched.close()
    assert watched.states == [{C: 9, A: 1}]


def test_a_sent_state_does_not_move_any_more() -> None:
    """The engine writes it later, when more slices have ended."""
    watched = Watched()
    watched.close()
    watched.now += SECONDS_BETWEEN_STATES
    watched.close()
    watched.close(B)
    assert watched.states == [{A: 1}, {A: 2}]
    assert watched.cursor.state["states"] == [
        {"partition": {"advertiser_id": A}, "cursor": {"left": 2}},
        {"partition": {"advertiser_id": B}, "cursor": {"left": 1}},
    ]


def test_records_are_never_filtered_by_the_cursor() -> None:
    """Rows are chosen before they become records."""
    assert Watched().cursor.should_be_synced(ROW)


def test_a_state_keeps_what_the_sync_has_found_out() -> None:
    """They are taken when the state is emitted."""
    sent: list[AirbyteMessage] = []
    known: dict[str, Any] = {}
    cursor = AccountCursor(
        "things",
        StreamState({}, {"include_deleted": True}),
        sent.append,
        lambda: 0.0,
        PendingTasks({}, ""),
        lambda: known,
    )
    cursor.ensure_at_least_one_state_emitted()
    known["accounts"] = {"Acme": A}
    cursor.ensure_at_least_one_state_emitted()
    blobs = [message.state.stream.stream_state.__dict__ for message in sent]
    assert [blob.get("accounts") for blob in blobs] == [None, {"Acme": A}]


@pytest.mark.parametrize("remembered", [{}, {"children": {"centers": ["7", "8"]}}])
def test_a_full_refresh_ends_with_the_children_that_it_read_for(remembered: dict[str, Any]) -> None:
    """They stand beside the CDK's own word that there is no cursor."""
    outbox = QueuedMessages(Queue())
    FullCursor("things", outbox, lambda: remembered).ensure_at_least_one_state_emitted()
    (message,) = outbox.consume_queue()
    blob = message.state.stream.stream_state.__dict__
    assert blob == {NO_CURSOR: True, **remembered}


def test_a_task_is_in_the_state_as_soon_as_it_is_created() -> None:
    """Within the second of another state too; what the state says of the account beside that stays."""
    watched = Watched(StreamState({A: {"left": 4}}))
    watched.close("B")
    watched.kept.keep(A, "of-a", "71")
    watched.kept.keep("C", "of-c", "72")
    blob = watched.sent[-1].state.stream.stream_state.__dict__
    assert len(watched.sent) == 3
    assert parse(blob).cursors == {
        A: {"left": 4, "tasks": {"of-a": "71"}},
        "B": {"left": 1},
        "C": {"start": "2026-03-01", "tasks": {"of-c": "72"}},
    }
