"""Everything that depends on the CDK's concurrent engine: its queue, threads, log and messages.

The streams, cursors and records that it runs are defined in `sync/`.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Queue

from airbyte_cdk.models import AirbyteMessage, AirbyteMessageSerializer, AirbyteStreamStatus, Level
from airbyte_cdk.sources.concurrent_source.concurrent_source import ConcurrentSource
from airbyte_cdk.sources.concurrent_source.thread_pool_manager import ThreadPoolManager
from airbyte_cdk.sources.message.repository import LogMessage, MessageRepository
from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream
from airbyte_cdk.sources.streams.concurrent.partitions.types import QueueItem
from airbyte_cdk.sources.utils.slice_logger import DebugSliceLogger
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_tiktok_ads.sync.records import Page


class QueuedMessages(MessageRepository):
    """Puts a worker's messages on the queue after the worker's records, and keeps those of the engine separately.

    The engine's thread empties the queue, so it must never wait for room in it. Its own messages are returned by
    `consume_queue`. Create this object in the thread that iterates the read.
    """

    def __init__(self, queue: Queue[QueueItem]) -> None:
        self.queue = queue
        self._engine = threading.get_ident()
        self._aside: deque[AirbyteMessage] = deque()

    def emit_message(self, message: AirbyteMessage) -> None:
        """Send a message after everything that this thread has sent."""
        if threading.get_ident() == self._engine:
            self._aside.append(message)
        else:
            self.queue.put(message)

    def log_message(self, level: Level, message_provider: Callable[[], LogMessage]) -> None:
        """Do nothing: only the CDK's HTTP client writes such logs, and it is not used here."""

    def consume_queue(self) -> Iterator[AirbyteMessage]:
        """The messages that the engine's thread has emitted since the last call."""
        while self._aside:
            yield self._aside.popleft()


def read_concurrently(
    streams: Sequence[AbstractStream], concurrency: int, messages: QueuedMessages
) -> Iterator[AirbyteMessage]:
    """The messages of a read of these streams, with `concurrency` slices at a time. Records come as pages.

    Raises AirbyteTracedException at the end if a stream has failed.
    """
    engine = ConcurrentSource(
        _workers(concurrency),
        _engine_logger(),
        DebugSliceLogger(),
        messages.queue,
        messages,
        initial_number_partitions_to_generate=1,
    )
    yield from engine.read([*streams])


def naming_incomplete(messages: Iterator[AirbyteMessage], unknown: Iterable[str]) -> Iterator[AirbyteMessage]:
    """The messages. The engine's last error repeats the errors of the streams; here it only names the streams."""
    incomplete = [*unknown]
    try:
        for message in messages:
            status = message.trace.stream_status if message.trace else None
            if status and status.status is AirbyteStreamStatus.INCOMPLETE:
                incomplete.append(status.stream_descriptor.name)
            yield message
    except AirbyteTracedException as error:
        if error.internal_message == "Concurrent read failure":
            names = ", ".join(dict.fromkeys(incomplete))
            error.message = f"These streams are not complete: {names}. Each one's own error says why and what to do."
        raise


def page_of(message: AirbyteMessage) -> Page | None:
    """The page in a record message; None if it has a single record."""
    page = message.record.data.get("") if message.record else None
    return page if isinstance(page, Page) else None


def expanded(message: AirbyteMessage) -> Iterator[AirbyteMessage]:
    """One message for each record of a page; any other message unchanged."""
    page = page_of(message)
    if page is None:
        yield message
    else:
        for line in page.lines.splitlines():
            yield AirbyteMessageSerializer.load(json.loads(line))


class _EngineFilter(logging.Filter):
    """Drops the engine's record counts, which count pages here, and its errors, which are also in trace messages."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged."""
        record.exc_info = None
        text = record.getMessage()
        return not ((text.startswith("Read ") and " records from " in text) or text.startswith("During the sync, "))


def _workers(concurrency: int) -> ThreadPoolManager:
    """The threads that plan and read slices.

    Planning waits while 10,000 slices are pending. A single thread must not wait, because it also has to read them.
    """
    logger = _engine_logger()
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="workers")
    return ThreadPoolManager(pool, logger, sys.maxsize) if concurrency == 1 else ThreadPoolManager(pool, logger)


def _engine_logger() -> logging.Logger:
    logger = logging.getLogger("airbyte.engine")
    logger.filters = [_EngineFilter()]
    return logger
