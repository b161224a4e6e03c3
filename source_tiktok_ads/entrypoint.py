"""The command line's long way: check, discover and read on the CDK's entrypoint, records written by the page."""

from __future__ import annotations

import argparse
import logging
import os
import select
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import PRINT_BUFFER, is_platform_debug_log_enabled
from airbyte_cdk.models import AirbyteMessage, ConnectorSpecification
from airbyte_cdk.sources.connector_state_manager import HashableStreamDescriptor
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets
from airbyte_cdk.utils.memory_monitor import MemoryMonitor
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_tiktok_ads.incoming import config_error
from source_tiktok_ads.source import SourceTiktokAds, page_of

PAGES_BETWEEN_MEMORY_CHECKS = 20
STDOUT = 1


class Entrypoint(AirbyteEntrypoint):
    """The CDK's entrypoint with pages in place of records, and our sentences in place of the schema's."""

    def __init__(self, source: SourceTiktokAds) -> None:
        super().__init__(source)
        # The CDK's own monitor looks every 5,000 messages, which are millions of rows here.
        self._page_monitor = MemoryMonitor(check_interval=PAGES_BETWEEN_MEMORY_CHECKS)

    @staticmethod
    def validate_connection(source_spec: ConnectorSpecification, config: Mapping[str, Any]) -> None:
        """Nothing: `check` judges by its own sentences, after it has said how the configuration was understood."""

    @staticmethod
    def handle_record_counts(
        message: AirbyteMessage, stream_message_count: defaultdict[HashableStreamDescriptor, float]
    ) -> AirbyteMessage:
        """Count the records, those of a page too, and write the count over the next state."""
        page = page_of(message)
        if page is None or message.record is None:
            return AirbyteEntrypoint.handle_record_counts(message, stream_message_count)
        stream_message_count[HashableStreamDescriptor(name=message.record.stream, namespace=None)] += page.rows
        return message

    def lines(self, args: argparse.Namespace) -> Iterator[bytes]:
        """The output of a command, in whole lines. Raises what ends the command early."""
        if args.command is None:
            raise config_error("A command is missing: write one of spec, check, discover, read, authorize.")
        if args.command != "read":
            yield from map(_line, self.run(args))
            return
        for message in self._messages(args):
            page = page_of(message)
            if page is None:
                yield _line(self.airbyte_message_to_string(message))
            else:
                yield page.lines
                self._page_monitor.check_memory_usage()

    def _messages(self, args: argparse.Namespace) -> Iterator[AirbyteMessage]:
        if args.debug or is_platform_debug_log_enabled():
            self.logger.setLevel(logging.DEBUG)
        source = self.source
        config = source.configure(source.read_config(args.config), "")
        catalog = source.read_catalog(args.catalog)
        yield from self.read(source.spec(self.logger), config, catalog, source.read_state(args.state))


def launch(args: Sequence[str]) -> int:
    """Run a command and print its messages; returns the exit code, or leaves at once where threads may still wait."""
    # Its monitors announce themselves, which says nothing to a user and would stand before new credentials.
    logging.disable(logging.INFO)
    entrypoint = Entrypoint(SourceTiktokAds(paged=True))
    logging.disable(logging.NOTSET)
    parsed = _parsed(entrypoint, args)
    if parsed.command == "read":
        threading.Thread(target=leave_when_nobody_reads, args=(STDOUT,), name="reader gone", daemon=True).start()
    with PRINT_BUFFER:
        code = _printed(entrypoint, parsed)
        if code or parsed.command == "read":
            # Workers may wait for room in a queue that nobody empties any more, and pages that nobody wants any more
            # may be under way: neither may keep the process alive.
            os._exit(code)
    return code


def _printed(entrypoint: Entrypoint, args: argparse.Namespace) -> int:
    """Print the command's output, and in the end what broke it off; returns the exit code."""
    try:
        for lines in entrypoint.lines(args):
            _write(lines)
        PRINT_BUFFER.flush()
    except BrokenPipeError:
        return 1
    except Exception as error:
        with suppress(BrokenPipeError):
            _write(_line(entrypoint.airbyte_message_to_string(_traced(error).as_airbyte_message())))
        return 1
    return 0


def leave_when_nobody_reads(output: int) -> None:
    """End the process as soon as the other end of its output is closed: a wait for TikTok writes nothing for minutes.

    Does nothing for a file, which nobody has to read, and where the system has no such news.
    """
    if hasattr(select, "poll"):
        news = select.poll()
        # Of errors and hang-ups one is told without asking, and nothing else is asked for.
        news.register(output, 0)
        if any(event & (select.POLLERR | select.POLLHUP) for _, event in news.poll()):
            os._exit(1)


def _parsed(entrypoint: Entrypoint, args: Sequence[str]) -> argparse.Namespace:
    try:
        return entrypoint.parse_args(list(args))
    except SystemExit:
        # The CDK's parser knows only the protocol's commands.
        if args[0] not in ("spec", "check", "discover", "read"):
            print("One command more, authorize, makes a configuration: see authorize --help.", file=sys.stderr)
        raise


def _traced(error: Exception) -> AirbyteTracedException:
    if isinstance(error, AirbyteTracedException):
        return error
    sentence = (
        f"Unexpected {type(error).__name__}: this looks like a fault of the connector, report it with this trace."
    )
    return AirbyteTracedException.from_exception(error, message=sentence)


def _line(text: str) -> bytes:
    """One message as a line without secrets, but for the new credentials that a control message is there to carry."""
    return (text if text.startswith('{"type":"CONTROL"') else filter_secrets(text)).encode() + b"\n"


def _write(lines: bytes) -> None:
    """Whole lines to stdout, behind whatever the CDK's buffer holds."""
    with PRINT_BUFFER.lock:
        PRINT_BUFFER.flush()
        out = sys.__stdout__.buffer if sys.__stdout__ else sys.stdout.buffer
        out.write(lines)
        out.flush()
