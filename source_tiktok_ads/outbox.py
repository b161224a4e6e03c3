"""Messages that do not come from a slice (states, new credentials) on their way to the engine's queue."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from queue import Queue

from airbyte_cdk.models import AirbyteMessage, Level
from airbyte_cdk.sources.message.repository import LogMessage, MessageRepository
from airbyte_cdk.sources.streams.concurrent.partitions.types import QueueItem


class Outbox(MessageRepository):
    """Puts a worker's messages on the queue, behind the worker's records, and keeps the engine's own aside.

    The engine's thread empties the queue, so it must never wait for room in it; what it emits leaves when it asks.
    To be made in the thread that iterates the read.
    """

    def __init__(self, queue: Queue[QueueItem]) -> None:
        self.queue = queue
        self._engine = threading.get_ident()
        self._aside: deque[AirbyteMessage] = deque()

    def emit_message(self, message: AirbyteMessage) -> None:
        """Send a message behind everything that this thread has sent."""
        if threading.get_ident() == self._engine:
            self._aside.append(message)
        else:
            self.queue.put(message)

    def log_message(self, level: Level, message_provider: Callable[[], LogMessage]) -> None:
        """Structured logs of the CDK's own HTTP client, which is not used here."""

    def consume_queue(self) -> Iterator[AirbyteMessage]:
        """What the engine's thread has emitted since it last asked."""
        while self._aside:
            yield self._aside.popleft()
