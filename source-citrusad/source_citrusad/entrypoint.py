"""The command line's long way: check, discover and read on the CDK's entrypoint, records written many at once."""

from __future__ import annotations

import argparse
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import is_platform_debug_log_enabled
from airbyte_cdk.models import ConnectorSpecification
from airbyte_cdk.sources.connector_state_manager import HashableStreamDescriptor
from airbyte_cdk.utils.memory_monitor import MemoryMonitor

from source_citrusad import shell
from source_citrusad.incoming import config_error
from source_citrusad.source import Batch, SourceCitrusad

BATCHES_BETWEEN_MEMORY_CHECKS = 10


class Entrypoint(AirbyteEntrypoint):
    """The CDK's entrypoint with batches in place of records, and our sentences in place of the schema's."""

    source: SourceCitrusad

    def __init__(self, source: SourceCitrusad) -> None:
        super().__init__(source)
        # The CDK's own monitor looks every 5,000 messages, which are millions of rows here.
        self._batch_monitor = MemoryMonitor(check_interval=BATCHES_BETWEEN_MEMORY_CHECKS)

    @staticmethod
    def validate_connection(source_spec: ConnectorSpecification, config: Mapping[str, Any]) -> None:
        """Nothing: `check` judges by its own sentences."""

    def lines(self, args: argparse.Namespace) -> Iterator[bytes]:
        """The output of a command, in whole lines. Raises what ends the command early."""
        if args.command is None:
            raise config_error("A command is missing: write one of spec, check, discover, read.")
        if args.command == "read":
            yield from self._read_lines(args)
        else:
            yield from map(shell.line, self.run(args))

    def _read_lines(self, args: argparse.Namespace) -> Iterator[bytes]:
        if args.debug or is_platform_debug_log_enabled():
            self.logger.setLevel(logging.DEBUG)
        source = self.source
        config = source.configure(source.read_config(args.config), "")
        catalog, states = source.read_catalog(args.catalog), source.read_state(args.state)
        self.set_up_secret_filter(config, source.spec(self.logger).connectionSpecification)
        counts: defaultdict[HashableStreamDescriptor, float] = defaultdict(float)
        for item in source.batches(self.logger, config, catalog, states):
            if isinstance(item, Batch):
                counts[HashableStreamDescriptor(name=item.stream, namespace=item.namespace)] += item.count
                yield item.lines
                self._batch_monitor.check_memory_usage()
            else:
                yield shell.line(self.airbyte_message_to_string(self.handle_record_counts(item, counts)))


def launch(args: Sequence[str]) -> int:
    """Run a command and print its messages; returns the exit code, or leaves at once after a read."""
    return shell.launch(lambda: Entrypoint(SourceCitrusad()), args)
