"""The catalog without the CDK is the CDK's own."""

import json
import logging
from typing import Any

import pytest

from source_tiktok_ads.streams.catalog import BY_NAME, STREAMS, catalog
from source_tiktok_ads.streams.model import Stream, json_schema, key_of


def cdk_message(entity_versions: str) -> Any:
    """The answer of `discover` that the CDK's own stream class and serialiser make of the table.

    The CDK is imported here because it warns about classes of its own while it is imported.
    """
    from airbyte_cdk.models import AirbyteCatalog, AirbyteMessage, AirbyteMessageSerializer, Type
    from airbyte_cdk.sources.message import InMemoryMessageRepository
    from airbyte_cdk.sources.streams.concurrent.cursor import CursorField, FinalStateCursor
    from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
    from airbyte_cdk.sources.streams.concurrent.partitions.partition_generator import PartitionGenerator

    class Nothing(PartitionGenerator):
        def generate(self) -> Any:
            yield from ()

    def described(stream: Stream) -> DefaultStream:
        return DefaultStream(
            partition_generator=Nothing(),
            name=stream.name,
            json_schema=json_schema(stream),
            primary_key=list(key_of(stream, entity_versions)),
            cursor_field=CursorField(stream.cursor) if stream.incremental else None,
            logger=logging.getLogger("airbyte"),
            cursor=FinalStateCursor(stream.name, None, InMemoryMessageRepository()),
        )

    theirs = AirbyteCatalog(streams=[described(stream).as_airbyte_stream() for stream in STREAMS])
    return AirbyteMessageSerializer.dump(AirbyteMessage(type=Type.CATALOG, catalog=theirs))


@pytest.mark.filterwarnings("ignore:This class is experimental")
@pytest.mark.parametrize("entity_versions", ["every", "latest"])
def test_catalog_equals_the_cdk_own(entity_versions: str) -> None:
    """What `discover` says without the CDK is, word for word, what the CDK would say."""
    ours = {"type": "CATALOG", "catalog": {"streams": catalog(entity_versions)}}
    assert json.dumps(ours) == json.dumps(cdk_message(entity_versions))


def test_order_of_the_streams() -> None:
    """Accounts and structure come before figures, so that every id has its row early."""
    assert [stream.name for stream in STREAMS][:5] == ["advertisers", "campaigns", "adgroups", "ads", "ad_insights"]
    assert [BY_NAME[stream.name] for stream in STREAMS] == list(STREAMS)
