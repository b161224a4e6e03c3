"""The protocol verbs: check, discover and read. A stream is its namespace and its name, everywhere."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteMessageSerializer,
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStreamState,
    AirbyteStreamStatus,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    FailureType,
    StreamDescriptor,
    SyncMode,
    Type,
)
from airbyte_cdk.models import Status as Verdict
from airbyte_cdk.models.airbyte_protocol_serializers import AirbyteCatalogSerializer
from airbyte_cdk.sources import Source
from airbyte_cdk.utils.airbyte_secrets_utils import add_to_secrets, filter_secrets, update_secrets
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message as status_message
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_citrusad import incoming
from source_citrusad.api.errors import BigQueryError, KeyRefused
from source_citrusad.api.queries import Queries
from source_citrusad.api.transport import HttpTransport
from source_citrusad.connection import NoProject, connected, prove, result
from source_citrusad.discovery import Discovery, NothingVisible
from source_citrusad.incoming import StreamId, blobs_by_stream, config_error
from source_citrusad.settings import Settings, SettingsError, settings_of, unknown_settings
from source_citrusad.shell import spellings
from source_citrusad.sync import state
from source_citrusad.sync.budget import KEPT_CALLS, Budget, usage_of
from source_citrusad.sync.days import clock
from source_citrusad.sync.memory import billing_project_of, locations_of, usage_by_jobs
from source_citrusad.sync.places import Places
from source_citrusad.sync.reader import Context, Reader, Rows
from source_citrusad.sync.refusals import sentence
from source_citrusad.sync.session import Blame, Failure, Session, State, Status, Stream
from source_citrusad.tables.model import INGRESSED, Selection, selection_of, stream_of

NO_STATE = {"__ab_no_cursor_state_message": True}
"""What the CDK writes as the state of a full refresh."""
_BLAME = {
    Blame.CONFIG: FailureType.config_error,
    Blame.SYSTEM: FailureType.system_error,
    Blame.TRANSIENT: FailureType.transient_error,
}
_STATUS = {
    Status.STARTED: AirbyteStreamStatus.STARTED,
    Status.RUNNING: AirbyteStreamStatus.RUNNING,
    Status.COMPLETE: AirbyteStreamStatus.COMPLETE,
    Status.INCOMPLETE: AirbyteStreamStatus.INCOMPLETE,
}


@dataclass(frozen=True)
class Batch:
    """Records of one stream as whole lines."""

    namespace: str
    stream: str
    lines: bytes
    count: int


class SourceCitrusad(Source):
    """The connector. `read` gives ordinary messages; `batches` is the same with the records as lines."""

    check_config_against_spec = False

    @property
    def name(self) -> str:
        """The connector's name, as loggers carry it."""
        return "source-citrusad"

    @staticmethod
    def read_config(config_path: str) -> MutableMapping[str, Any]:
        """The user's configuration. Raises a configuration error where the file holds none."""
        return incoming.config_of(config_path)

    @classmethod
    def read_catalog(cls, catalog_path: str) -> ConfiguredAirbyteCatalog:
        """The configured catalog. Raises a configuration error where the file holds none."""
        return incoming.catalog_of(catalog_path)

    @classmethod
    def read_state(cls, state_path: str | None) -> list[AirbyteStateMessage]:
        """The states of an earlier sync. Raises a configuration error where the file holds no list of states."""
        return incoming.states_of(state_path) if state_path else []

    def configure(self, config: Mapping[str, Any], temp_dir: str) -> Mapping[str, Any]:
        """The configuration as it is; nothing is written to disk."""
        update_secrets([])
        return config

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Whether the configuration can be read with, by two calls that scan nothing."""
        try:
            settings = self._settings(logger, config)
            result(prove(settings, _connected(settings), logger.warning))
        except AirbyteTracedException as error:
            return AirbyteConnectionStatus(status=Verdict.FAILED, message=filter_secrets(str(error.message)))
        except (KeyRefused, NothingVisible, NoProject) as error:
            return AirbyteConnectionStatus(status=Verdict.FAILED, message=filter_secrets(str(error)))
        except BigQueryError as error:
            said = f"BigQuery refuses: {error.message}"
            return AirbyteConnectionStatus(status=Verdict.FAILED, message=filter_secrets(said))
        return AirbyteConnectionStatus(status=Verdict.SUCCEEDED)

    def discover(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteCatalog:
        """The tables and views that the account sees and the settings name."""
        settings = self._settings(logger, config)
        queries = _connected(settings)
        try:
            tables = result(Discovery(settings, queries, logger.warning).tables())
        except NothingVisible as error:
            raise config_error(str(error)) from None
        except BigQueryError as error:
            email = queries.client.email
            raise config_error(sentence(error, "the schema", email, "", queries.projects)) from None
        exact, current = settings.num_as_string, settings.current_dimensions_only
        return AirbyteCatalogSerializer.load({"streams": [stream_of(table, exact, current) for table in tables]})

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """The messages of a sync."""
        for item in self.batches(logger, config, catalog, state or []):
            if isinstance(item, Batch):
                for line in item.lines.splitlines():
                    yield AirbyteMessageSerializer.load(json.loads(line))
            else:
                yield item

    def batches(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        states: Sequence[AirbyteStateMessage],
    ) -> Iterator[AirbyteMessage | Batch]:
        """The messages of a sync, records in batches. Raises what ends the sync early."""
        settings = self._settings(logger, config)
        if not catalog.streams:
            logger.info("The catalog selects no stream: nothing to read.")
            return
        blobs = blobs_by_stream(states)
        queries = _connected(settings, billing_project_of(blobs.values()))
        try:
            yield from _synced(logger, settings, catalog, blobs, queries)
        except KeyRefused as error:
            raise config_error(str(error)) from None

    def _settings(self, logger: logging.Logger, config: Mapping[str, Any]) -> Settings:
        try:
            settings = settings_of(config, os.environ)
        except SettingsError as error:
            raise config_error(str(error)) from None
        unknown = unknown_settings(config)
        if unknown:
            known = [get_close_matches(name, Settings.model_fields, 1) for name in unknown]
            meant = [f" (did you mean {close[0]}?)" if close else "" for close in known]
            named = ", ".join(name + hint for name, hint in zip(unknown, meant, strict=True))
            logger.warning(f"Settings that this connector does not have are ignored: {named}.")
        return settings


def _hide(secret: str) -> None:
    """Teach the CDK's filter every spelling of a secret."""
    for form in sorted(spellings(secret), key=len, reverse=True):
        add_to_secrets(form)


def _connected(settings: Settings, known_project: str = "") -> Queries:
    try:
        return connected(settings, HttpTransport(), _hide, known_project)
    except KeyRefused as error:
        raise config_error(str(error)) from None


def _synced(
    logger: logging.Logger,
    settings: Settings,
    catalog: ConfiguredAirbyteCatalog,
    blobs: Mapping[StreamId, Mapping[str, Any]],
    queries: Queries,
) -> Iterator[AirbyteMessage | Batch]:
    selections = [_selection(entry, settings) for entry in catalog.streams]
    incremental = [_is_incremental(entry) for entry in catalog.streams]
    context = _context(logger, settings, blobs, queries, _kept(selections))
    _say_first(logger, settings, selections, context.clock())
    if not any(incremental):
        _without_memory(logger, context)
    streams = [
        _stream(selection, is_incremental, context, settings, blobs)
        for selection, is_incremental in zip(selections, incremental, strict=True)
    ]
    session = Session(streams, context)
    for stream, event in session.messages():
        yield from _messages(stream, event)
    if session.incomplete:
        names = ", ".join(session.incomplete)
        raise config_error(f"These streams are not complete: {names}. Each one's own error says why and what to do.")


def _context(
    logger: logging.Logger,
    settings: Settings,
    blobs: Mapping[StreamId, Mapping[str, Any]],
    queries: Queries,
    kept: int,
) -> Context:
    """What all streams share: the budget, of which `kept` calls are not for reads, and what the states remember."""
    now = clock(settings.started)
    used = usage_of([blob.get("usage") for blob in blobs.values()], now())
    pages_free = settings.count_calls == "queries"
    budget = Budget(settings.daily_calls, settings.scan_limit, kept, pages_free, now, used)
    queries.client.meter = budget
    return Context(
        project=settings.data_project_id,
        queries=queries,
        budget=budget,
        places=Places(queries.client, settings.data_project_id, locations_of(blobs.values())),
        download_limit=settings.download_limit,
        exact=settings.num_as_string,
        clock=now,
        warn=logger.warning,
        note=logger.info,
    )


def _say_first(logger: logging.Logger, settings: Settings, selections: Sequence[Selection], now: datetime) -> None:
    """What the settings mean for these tables, where that may surprise."""
    if settings.start_date > now.date():
        logger.info(f"start_date is {settings.start_date}: no day is read before it has come.")
    if settings.lookback_days and not all(selection.has_key for selection in selections if selection.partition):
        logger.warning("lookback_days reads days again: tables without a key keep both versions of their rows.")


def _selection(entry: ConfiguredAirbyteStream, settings: Settings) -> Selection:
    stream = entry.stream
    cursor = stream.default_cursor_field or []
    key = entry.primary_key or stream.source_defined_primary_key
    return selection_of(
        stream.namespace or "",
        stream.name,
        stream.json_schema,
        cursor,
        bool(key),
        settings.current_dimensions_only,
    )


def _is_incremental(entry: ConfiguredAirbyteStream) -> bool:
    return entry.sync_mode == SyncMode.incremental and bool(entry.stream.default_cursor_field)


def _kept(selections: Sequence[Selection]) -> int:
    """The calls kept for one check and one discover of what the catalog names."""
    datasets = {selection.dataset for selection in selections}
    # Which of them are views the catalog does not say: each without the usual column may be one.
    views = [selection for selection in selections if INGRESSED not in selection.columns]
    return max(KEPT_CALLS, 2 + 1 + len(datasets) + len(views))


def _without_memory(logger: logging.Logger, context: Context) -> None:
    """Say that no state will keep the usage, and count what the service remembers itself."""
    logger.warning(
        "No stream of this catalog is incremental, so calls and scans are not remembered from sync to sync: more syncs "
        "on one day may go over the agreement."
    )
    budget, queries = context.budget, context.queries
    told = result(usage_by_jobs(queries.client, queries.project, context.clock()))
    budget.add(told)


def _stream(
    selection: Selection,
    incremental: bool,
    context: Context,
    settings: Settings,
    blobs: Mapping[StreamId, Mapping[str, Any]],
) -> Stream:
    known = state.StreamState()
    if incremental:
        try:
            known = state.parse(blobs.get((selection.dataset, selection.name), {}))
        except state.NewerState as error:
            raise config_error(
                f"The state of {selection.title} was written by a newer version of this connector (state version "
                f"{error}): upgrade the connector, or reset the stream."
            ) from None
        except ValueError as error:
            context.warn(f"The state of {selection.title} can't be used ({error}): the stream is read whole again.")
    if known.since and settings.start_date < known.since:
        context.warn(
            f"start_date is earlier than {known.since}, the first day that {selection.title} was read from: reset the "
            "stream to read the earlier days."
        )
    return Stream(
        Reader(selection, context, known, settings.start_date, settings.lookback_days, incremental), incremental
    )


def _messages(stream: Stream, event: Status | Rows | State | Failure) -> Iterator[AirbyteMessage | Batch]:
    table = stream.reader.table
    descriptor = StreamDescriptor(name=table.name, namespace=table.dataset)
    if isinstance(event, Rows):
        yield Batch(table.dataset, table.name, event.lines, event.count)
    elif isinstance(event, State):
        yield _state(descriptor, event.blob)
    elif isinstance(event, Failure):
        error = AirbyteTracedException.from_exception(
            event.cause, message=event.text, failure_type=_BLAME[event.blame], stream_descriptor=descriptor
        )
        yield error.as_sanitized_airbyte_message()
    else:
        if event is Status.COMPLETE and not stream.incremental:
            yield _state(descriptor, NO_STATE)
        yield status_message(descriptor, _STATUS[event])


def _state(descriptor: StreamDescriptor, blob: Mapping[str, Any]) -> AirbyteMessage:
    stream = AirbyteStreamState(stream_descriptor=descriptor, stream_state=AirbyteStateBlob(**blob))
    return AirbyteMessage(type=Type.STATE, state=AirbyteStateMessage(type=AirbyteStateType.STREAM, stream=stream))
