"""Every stream the connector offers, in the order it offers them, and the catalog that `discover` answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from source_tiktok_ads.streams.entities import ACCOUNTS, ENTITIES
from source_tiktok_ads.streams.lists import LISTINGS
from source_tiktok_ads.streams.model import Stream, json_schema, key_of
from source_tiktok_ads.streams.reports import REPORTS

STREAMS: tuple[Stream, ...] = (*ACCOUNTS, *ENTITIES, *REPORTS, *LISTINGS)

BY_NAME: Mapping[str, Stream] = {stream.name: stream for stream in STREAMS}


def catalog(entity_versions: str, streams: Iterable[Stream] = STREAMS) -> list[dict[str, Any]]:
    """The streams as `discover` lists them under the setting *Entity Versions*."""
    return [entry(stream, entity_versions) for stream in streams]


def entry(stream: Stream, entity_versions: str) -> dict[str, Any]:
    """One stream of the catalog, in the words of Airbyte's protocol."""
    described: dict[str, Any] = {
        "name": stream.name,
        "json_schema": json_schema(stream),
        "supported_sync_modes": ["full_refresh", "incremental"] if stream.incremental else ["full_refresh"],
    }
    if stream.incremental:
        described |= {"source_defined_cursor": True, "default_cursor_field": [stream.cursor]}
    key = [[column] for column in key_of(stream, entity_versions)]
    return {**described, "source_defined_primary_key": key, "is_resumable": stream.incremental, "is_file_based": False}
