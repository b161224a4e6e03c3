"""A table as it is offered, and a table as it is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .keys import CURRENT, key_of
from .types import Column, schema_of, type_of_schema

TIMES = ("DATE", "DATETIME", "TIMESTAMP")
"""The types that a table can be partitioned by, day by day."""
# CitrusAd: the column that partitions the vendor's facts, in its examples and in every table seen.
INGRESSED = "ingressed_at"


@dataclass(frozen=True)
class Table:
    """A table or view that the account can see. `partition` is the column of time that its partitions follow."""

    dataset: str
    name: str
    columns: tuple[Column, ...]
    is_view: bool = False
    partition: str | None = None

    @property
    def times(self) -> list[str]:
        """The columns that could partition a table, the usual one first."""
        found = [column.name for column in self.columns if column.type in TIMES and not column.repeated]
        return sorted(found, key=lambda name: name != INGRESSED)


def stream_of(table: Table, exact: bool, current_only: bool) -> dict[str, Any]:
    """The stream of a table, as the catalog describes it."""
    names = [column.name for column in table.columns]
    stream: dict[str, Any] = {
        "name": table.name,
        "namespace": table.dataset,
        "json_schema": {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {column.name: schema_of(column, exact) for column in table.columns},
            "additionalProperties": True,
        },
        "supported_sync_modes": ["full_refresh"],
        "source_defined_primary_key": [[name] for name in key_of(table.name, names, current_only)],
    }
    if table.partition:
        stream |= {
            "supported_sync_modes": ["full_refresh", "incremental"],
            "source_defined_cursor": True,
            "default_cursor_field": [table.partition],
        }
    return stream


@dataclass(frozen=True)
class Selection:
    """What a sync reads of a table: columns by name, and the column and type of its partitions where it has any."""

    dataset: str
    name: str
    columns: tuple[str, ...]
    partition: str | None = None
    partition_type: str = "DATE"
    current_only: bool = False
    has_key: bool = False

    @property
    def title(self) -> str:
        """The table as a person writes it."""
        return f"{self.dataset}.{self.name}"

    @property
    def fingerprint(self) -> str:
        """Differs where other columns are selected, or in another order."""
        return hashlib.sha256("\n".join(self.columns).encode()).hexdigest()[:16]


def selection_of(
    dataset: str, name: str, json_schema: Mapping[str, Any], cursor: Sequence[str], has_key: bool, current_only: bool
) -> Selection:
    """What a stream of the configured catalog asks for."""
    properties = json_schema.get("properties") or {}
    partition = cursor[0] if cursor else None
    described = properties.get(partition) if partition else None
    return Selection(
        dataset,
        name,
        tuple(properties),
        partition,
        (type_of_schema(described) if isinstance(described, Mapping) else None) or "DATE",
        current_only and partition is None and CURRENT in properties,
        has_key,
    )


def matches(patterns: Sequence[str], *names: str) -> bool:
    """Whether one of the names fits one of the patterns; no pattern fits all."""
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns for name in names)
