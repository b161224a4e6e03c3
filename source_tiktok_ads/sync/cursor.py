"""The state of one stream while it is read: moves when slices have left, leaves behind their records."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStreamState,
    StreamDescriptor,
    Type,
)
from airbyte_cdk.sources.message import MessageRepository
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor, FinalStateCursor
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record

from source_tiktok_ads.sync.reader import Slice
from source_tiktok_ads.sync.state import StreamState, dump
from source_tiktok_ads.sync.tasks import PendingTasks

SECONDS_BETWEEN_STATES = 1.0


class AccountCursor(Cursor):
    """The cursors of a stream's accounts; an account that is not read keeps what the state said of it.

    `remembered` gives what a sync finds out and every state keeps, whatever the stream.

    Each stream has its own lock: the engine's thread takes it only after the last slice of that stream, so no worker
    that waits on a full queue can hold it then.
    """

    def __init__(
        self,
        stream_name: str,
        state: StreamState,
        emit: Callable[[AirbyteMessage], None],
        monotonic: Callable[[], float],
        kept: PendingTasks,
        remembered: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self._stream_name = stream_name
        self._settings = state.settings
        self._cursors: dict[str, Mapping[str, Any]] = dict(state.cursors)
        self._emit = emit
        self._monotonic = monotonic
        self._remembered = remembered
        self._lock = threading.Lock()
        self._waiting = False
        self._sent_at = -SECONDS_BETWEEN_STATES
        self._kept = kept
        kept.changed = self.send_at_once

    @property
    def state(self) -> dict[str, Any]:
        """The content of the next state message, in objects of its own."""
        return dump(StreamState(self._kept.added(self._cursors), {**self._settings, **self._remembered()}))

    def observe(self, record: Record) -> None:
        """A page has left: send a state that was held back, if its second is over."""
        if self._waiting:
            with self._lock:
                self._send_if_due()

    def close_partition(self, partition: Partition) -> None:
        """All pages of a slice have left: the state claims it, or says it is owed, unless the slice broke off."""
        if isinstance(partition, Slice) and (partition.finished or partition.owed):
            with self._lock:
                self._cursors[partition.account.id] = partition.reader.cursor_after(partition)
                self._waiting = True
                self._send_if_due()

    def send_at_once(self) -> None:
        """A task was created at TikTok: the state names it before anything is known of its rows."""
        with self._lock:
            self._send()

    def ensure_at_least_one_state_emitted(self) -> None:
        """The stream is over: the last state leaves in any case."""
        with self._lock:
            self._send()

    def should_be_synced(self, record: Record) -> bool:
        """Rows are chosen before they become records."""
        return True

    def _send_if_due(self) -> None:
        if self._waiting and self._monotonic() - self._sent_at >= SECONDS_BETWEEN_STATES:
            self._send()

    def _send(self) -> None:
        # Emitted under the lock, so that states leave in the order in which they were made.
        self._waiting, self._sent_at = False, self._monotonic()
        descriptor = StreamDescriptor(name=self._stream_name)
        state = AirbyteStreamState(stream_descriptor=descriptor, stream_state=AirbyteStateBlob(self.state))
        self._emit(
            AirbyteMessage(type=Type.STATE, state=AirbyteStateMessage(type=AirbyteStateType.STREAM, stream=state))
        )


class FullCursor(FinalStateCursor):
    """What a full refresh sends in place of a state: that it is over, and which children it read for in each account.

    The next one reads for these too, so that the rows of a shop or Business Center that is no longer listed are not
    missing without a word.
    """

    def __init__(
        self, stream_name: str, repository: MessageRepository, remembered: Callable[[], Mapping[str, Any]]
    ) -> None:
        super().__init__(stream_name, None, repository)
        self._remembered = remembered

    @property
    def state(self) -> MutableMapping[str, Any]:
        """The content of the state message."""
        return {**super().state, **self._remembered()}
