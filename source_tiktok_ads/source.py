"""The protocol's verbs: check, discover and read, assembled from the rooms that know how."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from difflib import get_close_matches
from queue import Queue
from typing import Any

from airbyte_cdk.config_observation import create_connector_config_control_message
from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteLogMessage,
    AirbyteMessage,
    AirbyteStateMessage,
    AirbyteStreamStatus,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    Level,
    Status,
    StreamDescriptor,
    SyncMode,
    Type,
)
from airbyte_cdk.models.airbyte_protocol_serializers import AirbyteCatalogSerializer
from airbyte_cdk.sources import Source
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor, CursorField
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.utils.airbyte_secrets_utils import add_to_secrets, filter_secrets, update_secrets
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message as status_message
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_tiktok_ads import protocol_files
from source_tiktok_ads.api.client import Client
from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.api.rate_limit import RateLimiter
from source_tiktok_ads.api.transport import HttpTransport
from source_tiktok_ads.check import CheckClient, run_checks
from source_tiktok_ads.config import (
    PRODUCTION,
    SANDBOX,
    AuthorizationCode,
    Config,
    ConfigError,
    exchanged,
    explained,
    normalise,
    parse,
    secrets_in,
    warns,
    with_access_token,
)
from source_tiktok_ads.engine import QueuedMessages, expanded, naming_incomplete, read_concurrently
from source_tiktok_ads.protocol_files import blobs_by_stream, config_error
from source_tiktok_ads.selection import streams
from source_tiktok_ads.shell import spellings
from source_tiktok_ads.streams.catalog import catalog
from source_tiktok_ads.streams.listing import DatedListing, Listing
from source_tiktok_ads.streams.lists.accounts import BUSINESS_CENTERS
from source_tiktok_ads.streams.model import HIDDEN_CAMPAIGNS, Accounts, CenterReport, Entity, Report, Stream
from source_tiktok_ads.sync import state
from source_tiktok_ads.sync.advertisers import AccountsError, Advertisers
from source_tiktok_ads.sync.campaign_ids import CampaignIds
from source_tiktok_ads.sync.cursor import AccountCursor, FullCursor
from source_tiktok_ads.sync.entities import AccountReader, EntityReader
from source_tiktok_ads.sync.lists import DatedListReader, ListReader
from source_tiktok_ads.sync.pagination import Prefetcher
from source_tiktok_ads.sync.reader import Reader, Sync, failure
from source_tiktok_ads.sync.remembered import RememberedChildren
from source_tiktok_ads.sync.reports import CenterReportReader, ReportReader
from source_tiktok_ads.sync.substreams import ParentLists

READERS: Mapping[type[Stream], type[Reader[Any]]] = {
    Report: ReportReader,
    CenterReport: CenterReportReader,
    Entity: EntityReader,
    Accounts: AccountReader,
    Listing: ListReader,
    DatedListing: DatedListReader,
}


class SourceTiktokAds(Source):
    """The connector. If `paged`, `read` yields pages of records, which `page_of` returns, instead of single records."""

    check_config_against_spec = False

    def __init__(self, *, paged: bool = False) -> None:
        self.message_repository = QueuedMessages(Queue())
        self._paged = paged

    @property
    def name(self) -> str:
        """The connector's name in logs."""
        return "source-tiktok-ads"

    @staticmethod
    def read_config(config_path: str) -> MutableMapping[str, Any]:
        """The user's configuration. Raises a configuration error if the file has none."""
        return protocol_files.config_of(config_path)

    @classmethod
    def read_catalog(cls, catalog_path: str) -> ConfiguredAirbyteCatalog:
        """The configured catalog. Raises a configuration error if the file has none."""
        return protocol_files.catalog_of(catalog_path)

    @classmethod
    def read_state(cls, state_path: str | None) -> list[AirbyteStateMessage]:
        """The states of an earlier sync. Raises a configuration error if the file has no list of states."""
        return protocol_files.states_of(state_path) if state_path else []

    def configure(self, config: Mapping[str, Any], temp_dir: str) -> Mapping[str, Any]:
        """The unchanged configuration. Its secrets are masked from now on, and nothing is written to disk."""
        update_secrets([])
        _mask_secrets(config)
        return config

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Whether the configuration works, tested by read-only requests."""
        try:
            settings, _ = understood(config, self._log_notes)
            if isinstance(settings.credentials, AuthorizationCode):
                logger.info(
                    "The authorization code works only once, so check leaves it alone: the first discover or read "
                    "exchanges it for an access token. Everything else in the configuration is valid."
                )
            else:
                run_checks(CheckClient(client_for(settings, logger)), settings, logger)
        except (AirbyteTracedException, TikTokError, AccountsError) as error:
            return _failed(str(error))
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def discover(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteCatalog:
        """Every stream. The only request is the exchange of an authorization code, if the configuration has one."""
        _, settings, offered = self._with_token(config, logger)
        return AirbyteCatalogSerializer.load({"streams": catalog(settings.entity_versions, offered.values())})

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """The messages of a sync."""
        messages = self._messages(logger, config, catalog, state or [])
        return messages if self._paged else (single for message in messages for single in expanded(message))

    def _messages(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        states: Sequence[AirbyteStateMessage],
    ) -> Iterator[AirbyteMessage]:
        client, settings, offered = self._with_token(config, logger)
        yield from self.message_repository.consume_queue()
        if not catalog.streams:
            logger.info("The catalog selects no stream: nothing to read.")
        known = {entry.stream.name: entry for entry in catalog.streams if entry.stream.name in offered}
        unknown = [entry for entry in catalog.streams if entry.stream.name not in offered]
        for entry in unknown:
            yield from _report_unknown_stream(entry, offered)
        if known:
            chosen = [(offered[name], entry) for name, entry in known.items()]
            synced = self._sync_streams(logger, client, settings, chosen, blobs_by_stream(states))
            yield from naming_incomplete(synced, [entry.stream.name for entry in unknown])
        if unknown:
            raise config_error(f"Streams that do not exist were not read: {_names(unknown)}.")

    def _sync_streams(
        self,
        logger: logging.Logger,
        client: Client,
        settings: Config,
        chosen: Sequence[tuple[Stream, ConfiguredAirbyteStream]],
        blobs: Mapping[str, Mapping[str, Any]],
    ) -> Iterator[AirbyteMessage]:
        self.message_repository = QueuedMessages(Queue(max(2, settings.concurrency // 2)))
        prefetcher, warn = Prefetcher(max(1, settings.concurrency // 4)), logger.warning
        # TikTok: the sandbox has neither TopView nor Promote.
        campaign_ids = CampaignIds(client, prefetcher, warn, () if settings.sandbox else HIDDEN_CAMPAIGNS)
        advertisers = Advertisers(client, settings, warn, state.account_names(blobs.values()))
        lists = [row for row, _ in chosen if isinstance(row, Listing)]
        centers = [BUSINESS_CENTERS] if any(isinstance(row, CenterReport) for row, _ in chosen) else []
        parent_lists = ParentLists(client, settings, prefetcher, warn, lists, centers)
        sync = Sync(client, settings, advertisers, campaign_ids, parent_lists, prefetcher, warn)
        read = [self._stream(row, entry, sync, blobs.get(row.name, {}), logger) for row, entry in chosen]
        try:
            yield from read_concurrently(read, settings.concurrency, self.message_repository)
        finally:
            logger.info(sync.summary.table())

    def _stream(
        self,
        stream: Stream,
        entry: ConfiguredAirbyteStream,
        sync: Sync,
        blob: Mapping[str, Any],
        logger: logging.Logger,
    ) -> DefaultStream:
        full = entry.sync_mode == SyncMode.full_refresh or not stream.incremental
        reader, known = _reader(stream, sync, full, {} if full else blob)
        cursor: Cursor
        if full:
            reader.remembered = RememberedChildren(stream, blob)
            cursor = FullCursor(stream.name, self.message_repository, reader.remembered.blob)
        else:
            emit = self.message_repository.emit_message
            remembered = sync.advertisers.remembered
            cursor = AccountCursor(stream.name, known, emit, time.monotonic, reader.kept, remembered)
        field = CursorField(stream.cursor) if stream.incremental else None
        return DefaultStream(reader, stream.name, {}, [*stream.key], field, logger, cursor)

    def _with_token(
        self, config: Mapping[str, Any], logger: logging.Logger
    ) -> tuple[Client, Config, Mapping[str, Stream]]:
        """A client with a token, the settings and their streams. Exchanges an authorization code and emits the token.

        The notes on how the configuration was understood are logged last, because new credentials come first.
        """
        self.message_repository = QueuedMessages(Queue())
        notes: list[str] = []
        settings, offered = understood(config, notes.extend)
        client = client_for(settings, logger)
        code = settings.credentials
        if isinstance(code, AuthorizationCode):
            try:
                token = client.exchange(code.app_id, code.secret, code.auth_code).access_token
            except TikTokError as error:
                raise failure(error.sentence, error) from None
            renewed = with_access_token(config, settings, token)
            _mask_secrets(renewed)
            client.use_token(token)
            self.message_repository.emit_message(create_connector_config_control_message({**renewed}))
            settings = _with_exchanged_token(settings, token)
            self._log(Level.WARN, _SPENT)
        self._log_notes(notes)
        return client, settings, offered

    def _log_notes(self, notes: Iterable[str]) -> None:
        for note in notes:
            self._log(Level.WARN if warns(note) else Level.INFO, note)

    def _log(self, level: Level, text: str) -> None:
        log = AirbyteLogMessage(level=level, message=filter_secrets(text))
        self.message_repository.emit_message(AirbyteMessage(type=Type.LOG, log=log))


_SPENT = (
    "The authorization code is spent; the new access token left in the control message: put it into the configuration "
    "unless the platform keeps it."
)


def understood(
    config: Mapping[str, Any], take_notes: Callable[[Sequence[str]], None]
) -> tuple[Config, Mapping[str, Stream]]:
    """The settings and their streams. `take_notes` receives how the configuration was translated, even before errors.

    Raises a configuration error that names the field, and what was ignored.
    """
    _mask_secrets(config)
    ours, notes = normalise(config)
    take_notes(notes)
    try:
        settings = parse(ours, os.environ)
        return settings, streams(settings)
    except ConfigError as error:
        raise config_error(explained(error, notes)) from None


def _with_exchanged_token(settings: Config, access_token: str) -> Config:
    """The settings with the token of a code. Raises a configuration error if the token cannot be sent in a header."""
    try:
        return exchanged(settings, access_token)
    except ConfigError as error:
        raise config_error(str(error)) from None


def client_for(settings: Config, logger: logging.Logger) -> Client:
    """The client that all threads of a run share."""
    credentials = settings.credentials
    token = "" if isinstance(credentials, AuthorizationCode) else credentials.access_token
    # Tests against a local API shorten every wait, including the interval between two requests.
    quicker = 1 / max(settings.wait_scale, 1e-4)
    second, minute = settings.budget
    client = Client(
        settings.api_url,
        token,
        RateLimiter(second * quicker, minute * quicker, wait_scale=settings.wait_scale),
        HttpTransport(2 * settings.concurrency),
        log=logger.log,
        wait_scale=settings.wait_scale,
        stand_in=settings.api_url not in (PRODUCTION, SANDBOX),
    )
    client.redact.learn(*(settings.app or ()))
    return client


def _reader(stream: Stream, sync: Sync, full: bool, blob: Mapping[str, Any]) -> tuple[Reader[Any], state.StreamState]:
    """The stream's reader and the state that it starts from, which is empty if the state cannot be used."""
    make: Callable[..., Reader[Any]] = READERS[type(stream)]
    settings = state.settings(stream, sync.config)
    changes: list[str] = []
    try:
        known = state.parse(blob).under(settings, stream.name, changes.append)
        reader = make(stream, sync, full, known.cursors)
    except state.NewerState as error:
        raise config_error(
            f"The state of {stream.name} was written by a newer version of this connector (state version {error}): "
            "upgrade the connector, or reset the stream."
        ) from None
    except state.ForeignState as error:
        sync.warn(f"The state of {stream.name} can't be used ({error}): the stream is read whole again.")
        return make(stream, sync, full, {}), state.StreamState({}, settings)
    # Changed settings only matter if the state can be used.
    for change in changes:
        sync.warn(change)
    return reader, known


def _mask_secrets(config: Mapping[str, Any]) -> None:
    """Add every spelling of the configuration's secrets to the CDK's filter."""
    for secret in secrets_in(config):
        for form in sorted(spellings(secret), key=len, reverse=True):
            add_to_secrets(form)


def _failed(sentence: str) -> AirbyteConnectionStatus:
    return AirbyteConnectionStatus(status=Status.FAILED, message=filter_secrets(sentence))


def _report_unknown_stream(entry: ConfiguredAirbyteStream, offered: Iterable[str]) -> Iterator[AirbyteMessage]:
    """The messages for a stream in the catalog that does not exist."""
    name = entry.stream.name
    close = ", ".join(get_close_matches(name, offered, 5))
    sentence = f"There is no stream {name}: refresh the source's schema or remove it from the catalog." + (
        f" Streams of a like name: {close}." if close else ""
    )
    yield status_message(entry.stream, AirbyteStreamStatus.STARTED)
    yield config_error(sentence).as_airbyte_message(stream_descriptor=StreamDescriptor(name=name))
    yield status_message(entry.stream, AirbyteStreamStatus.INCOMPLETE)


def _names(entries: Sequence[ConfiguredAirbyteStream]) -> str:
    return ", ".join(entry.stream.name for entry in entries)
