"""The queue of messages: states behind their records, the engine's own messages when it asks, and no one waits."""

import threading
from queue import Queue
from typing import Any

from airbyte_cdk.models import AirbyteLogMessage, AirbyteMessage, Level, Type

from source_tiktok_ads.engine import QueuedMessages


def message(text: str) -> AirbyteMessage:
    """Any message."""
    return AirbyteMessage(type=Type.LOG, log=AirbyteLogMessage(level=Level.INFO, message=text))


def test_a_workers_message_stands_behind_what_the_worker_has_queued() -> None:
    """The queue keeps the order: a state never overtakes its records."""
    queue: Queue[Any] = Queue()
    messages = QueuedMessages(queue)

    def work() -> None:
        queue.put("record")
        messages.emit_message(message("state"))

    worker = threading.Thread(target=work)
    worker.start()
    worker.join(10)
    assert [queue.get_nowait(), queue.get_nowait()] == ["record", message("state")]
    assert [*messages.consume_queue()] == []


def test_the_engines_thread_never_waits_for_the_queue_it_empties() -> None:
    """With a full queue its messages go aside, and leave once, in order, when it asks."""
    queue: Queue[Any] = Queue(1)
    queue.put("record")
    messages = QueuedMessages(queue)
    messages.emit_message(message("one"))
    messages.emit_message(message("two"))
    assert [*messages.consume_queue()] == [message("one"), message("two")]
    assert [*messages.consume_queue()] == []
    assert queue.qsize() == 1


def test_a_message_that_comes_while_the_others_leave_leaves_too() -> None:
    """Nothing is left behind."""
    messages = QueuedMessages(Queue())
    messages.emit_message(message("one"))
    leaving = messages.consume_queue()
    assert next(leaving) == message("one")
    messages.emit_message(message("two"))
    assert [*leaving] == [message("two")]


def test_structured_logs_of_the_cdks_client_are_not_ours() -> None:
    """They are dropped without being made."""
    messages = QueuedMessages(Queue())
    messages.log_message(Level.INFO, lambda: {"made": 1 / 0})
    assert [*messages.consume_queue()] == []
