"""What TikTok documents about the lists beside campaigns, ad groups and ads, read once from `lists.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .facts import Column, column


@dataclass(frozen=True)
class Param:
    """One parameter of a request, or one field of an object among them."""

    name: str
    type: str
    required: bool = False
    enum: tuple[str, ...] = ()
    low: int = 0
    high: int = 10**9
    longest: int | None = None
    default: Any = None
    fields: Mapping[str, Param] | None = None


@dataclass(frozen=True)
class ListFacts:
    """One endpoint: where its rows stand, how it is paged, what it takes and gives.

    It is paged as page, bare, cursor, none, object, or not at all: task.
    """

    path: str
    rows: str
    paging: str
    largest: int
    usual: int
    params: Mapping[str, Param]
    columns: Mapping[str, Column]


def _param(name: str, raw: Mapping[str, Any]) -> Param:
    fields = raw.get("fields")
    return Param(
        name,
        raw["type"],
        bool(raw.get("required")),
        tuple(raw.get("enum", ())),
        raw.get("min", 0),
        # For a list, the largest number of its elements.
        10**9 if raw["type"].startswith("array") else raw.get("max", 10**9),
        raw.get("max") if raw["type"].startswith("array") else None,
        raw.get("default"),
        None if fields is None else {inner: _param(inner, spec) for inner, spec in fields.items()},
    )


def _list(path: str, raw: Mapping[str, Any]) -> ListFacts:
    return ListFacts(
        path,
        raw["rows"],
        raw["paging"],
        raw.get("max", 0),
        raw.get("default", 0),
        {name: _param(name, spec) for name, spec in raw["params"].items()},
        {name: column(name, spec) for name, spec in raw["columns"].items()},
    )


def _read(name: str) -> Mapping[str, ListFacts]:
    raw: Mapping[str, Any] = json.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return {path: _list(path, facts) for path, facts in raw.items()}


LISTS: Mapping[str, ListFacts] = _read("lists.json")
TASK_LISTS: Mapping[str, ListFacts] = _read("tasks.json")
"""Those whose rows a task writes to a file, by the endpoint that creates it."""

FACTS: Mapping[str, ListFacts] = {**LISTS, **TASK_LISTS}
