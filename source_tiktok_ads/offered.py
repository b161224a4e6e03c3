"""The command `streams`: prints a table of all streams, without network and without the CDK."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from source_tiktok_ads.streams.catalog import STREAMS
from source_tiktok_ads.streams.evidence import sureness
from source_tiktok_ads.streams.model import Stream, key_of
from source_tiktok_ads.streams.purpose import purpose

HEAD = {"stream": "stream", "row": "a row is", "key": "key", "cursor": "cursor", "facts": "facts from"}


def described(stream: Stream) -> dict[str, str]:
    """The line of a stream in the table, by the names in HEAD."""
    return {
        "stream": stream.name,
        "row": purpose(stream),
        "key": ", ".join(key_of(stream, "every")),
        "cursor": stream.cursor or "-",
        "facts": sureness(stream),
    }


def table(streams: Iterable[Stream] = STREAMS) -> str:
    """The table with one line for each stream, in aligned columns."""
    rows: list[Mapping[str, str]] = [HEAD, *map(described, streams)]
    width = {name: max(len(row[name]) for row in rows) for name in HEAD}
    return "\n".join("  ".join(row[name].ljust(width[name]) for name in HEAD).rstrip() for row in rows)
