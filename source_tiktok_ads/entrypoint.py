"""The commands that need the CDK, on the CDK's entrypoint, with records written by the page."""

from __future__ import annotations

import argparse
import logging
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import is_platform_debug_log_enabled
from airbyte_cdk.models import AirbyteMessage, ConnectorSpecification, FailureType
from airbyte_cdk.sources.connector_state_manager import HashableStreamDescriptor
from airbyte_cdk.utils.memory_monitor import MemoryMonitor
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_tiktok_ads import shell
from source_tiktok_ads.engine import page_of
from source_tiktok_ads.protocol_files import config_error
from source_tiktok_ads.source import SourceTiktokAds

MESSAGES_A_LOOK = 100
"""The CDK's memory monitor checks at every 100th message once memory is 90 % full."""


class Entrypoint(AirbyteEntrypoint):
    """The CDK's entrypoint, with pages instead of records and with the connector's own validation of the settings."""

    def __init__(self, source: SourceTiktokAds) -> None:
        super().__init__(source)
        # The CDK's own monitor checks every 5,000 messages, which are millions of rows here.
        self._page_monitor = MemoryMonitor(check_interval=MESSAGES_A_LOOK)

    @staticmethod
    def validate_connection(source_spec: ConnectorSpecification, config: Mapping[str, Any]) -> None:
        """Do nothing: `check` validates the configuration itself, after it has logged how it was understood."""

    @staticmethod
    def set_up_secret_filter(config: Mapping[str, Any], connection_specification: Mapping[str, Any]) -> None:
        """Do nothing: `configure` has added each secret to the filter, except those too short to be masked.

        The CDK would instead add every field that the form marks as secret, even an app id of one digit.
        """

    @staticmethod
    def handle_record_counts(
        message: AirbyteMessage, stream_message_count: defaultdict[HashableStreamDescriptor, float]
    ) -> AirbyteMessage:
        """Count the records, including those of a page, and write the count into the next state."""
        page = page_of(message)
        if page is None or message.record is None:
            return AirbyteEntrypoint.handle_record_counts(message, stream_message_count)
        stream_message_count[HashableStreamDescriptor(name=message.record.stream, namespace=None)] += page.rows
        return message

    @staticmethod
    def parse_args(args: list[str]) -> argparse.Namespace:
        """The command and its files. Raises SystemExit for an unknown command."""
        try:
            return AirbyteEntrypoint.parse_args(args)
        except SystemExit:
            # The CDK's parser knows only the protocol's commands.
            if args[0] not in ("spec", "check", "discover", "read"):
                print("One command more, authorize, makes a configuration: see authorize --help.", file=sys.stderr)
            raise

    def lines(self, args: argparse.Namespace) -> Iterator[bytes]:
        """The output of a command, in whole lines. Raises the error that ends the command."""
        if args.command is None:
            raise config_error("A command is missing: write one of spec, check, discover, read, authorize.")
        if args.command != "read":
            yield from map(shell.line, self.run(args))
            return
        for message in self._messages(args):
            page = page_of(message)
            if page is None:
                yield shell.line(self.airbyte_message_to_string(message))
            else:
                yield page.lines
                self._look_at_memory()

    def _look_at_memory(self) -> None:
        """Check the memory once. Raises an error if it is full, before the system ends the process."""
        try:
            # The monitor checks at most every 100th message, but a page may have 1,000 rows.
            for _ in range(MESSAGES_A_LOOK):
                self._page_monitor.check_memory_usage()
        except AirbyteTracedException as full:
            sentence = (
                f"Memory is full: {full.message} The sync ends here, and the next one goes on from its last state. "
                "Give the container more memory, or lower concurrency and page_size."
            )
            raise AirbyteTracedException(
                message=sentence, internal_message=full.internal_message, failure_type=FailureType.transient_error
            ) from None

    def _messages(self, args: argparse.Namespace) -> Iterator[AirbyteMessage]:
        if args.debug or is_platform_debug_log_enabled():
            self.logger.setLevel(logging.DEBUG)
        source = self.source
        config = source.configure(source.read_config(args.config), "")
        catalog = source.read_catalog(args.catalog)
        yield from self.read(source.spec(self.logger), config, catalog, source.read_state(args.state))


def launch(args: Sequence[str]) -> int:
    """Run a command and print its messages. Returns the exit code; after `read` or an error, the process ends here."""
    return shell.launch(lambda: Entrypoint(SourceTiktokAds(paged=True)), args)
