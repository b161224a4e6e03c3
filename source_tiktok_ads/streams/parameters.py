"""The parameters of requests: those that come from parent rows, and the days of a window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

Params = dict[str, Any]
"""Query parameters of one request. The client turns lists and objects into JSON text."""

ParamsFor = Callable[[Sequence[Mapping[str, Any]]], Params]
"""Makes the parameters of a request for some parent rows."""


def from_row(*names: str, **others: str) -> ParamsFor:
    """The parameters of a request for one parent row: its columns `names`, and those of `others` by parameter."""
    columns = {**{name: name for name in names}, **others}
    return lambda rows: {parameter: rows[0][column] for parameter, column in columns.items()}


def from_rows(**columns: str) -> ParamsFor:
    """The parameters of a request for several parent rows: the values of a column, each once, for each parameter."""
    return lambda rows: {
        parameter: list(dict.fromkeys(row[column] for row in rows)) for parameter, column in columns.items()
    }


def in_filter(params_for: ParamsFor) -> ParamsFor:
    """The same parameters inside the filter of the request."""
    return lambda rows: {"filtering": params_for(rows)}


def span(first: date, last: date) -> Params:
    """The days of a request under their most common names."""
    return {"start_date": first.isoformat(), "end_date": last.isoformat()}


def merged(*parts: Params) -> Params:
    """The parameters of several origins together. If two have an object of the same name, its fields are merged."""
    whole: Params = {}
    for name, value in (item for part in parts for item in part.items()):
        whole[name] = {**whole[name], **value} if isinstance(value, dict) and name in whole else value
    return whole
