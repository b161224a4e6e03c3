"""How sure the facts behind each stream are: how many public sources say the same of its endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import orjson

from source_tiktok_ads.streams.fields import DIMENSIONS
from source_tiktok_ads.streams.listing import Listing
from source_tiktok_ads.streams.model import Report, Stream


@cache
def sources() -> Mapping[str, int]:
    """How many independent public sources tell of each endpoint; `docs/tiktok/facts.json` names them."""
    counts: Mapping[str, int] = orjson.loads(Path(__file__).with_name("sources.json").read_bytes())
    return counts


def sureness(stream: Stream) -> str:
    """`two sources`, `one source` or `unverified`: the least of what holds for the endpoints a stream reads.

    A report that one source refuses and another asks for is unverified.
    """
    if isinstance(stream, Report) and _contradicted(stream):
        return _WORDS[-1]
    return max(map(_sure, _paths(stream)), key=_WORDS.index)


_WORDS = ("two sources", "one source", "unverified")


def _contradicted(report: Report) -> bool:
    """Whether a breakdown is asked for at a level or by a time at which a source refuses it."""
    level, time = report.level.data_level, report.grain.dimension
    found = [DIMENSIONS[name] for name in report.by]
    return any(level not in dimension.data_levels or time not in ("", *dimension.times) for dimension in found)


def _sure(path: str) -> str:
    return _WORDS[2 - min(sources()[path], 2)]


def _paths(stream: Stream) -> set[str]:
    """The endpoint of a stream, and those of the lists that its requests come from."""
    paths = {stream.path}
    if isinstance(stream, Listing) and stream.task:
        paths |= {stream.task.check.path, stream.task.download.path}
    while isinstance(stream, Listing) and stream.parent:
        stream = stream.parent.listing
        paths.add(stream.path)
    return paths
