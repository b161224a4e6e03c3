"""Answers that TikTok gives and should not: short ones, misplaced ones, values in another notation. Pure functions.

Each takes the rule, the request, the answer's data and `ask`, which fetches other pages; `faults.py` says when.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .facts import METRICS

if TYPE_CHECKING:
    from .endpoints import Answer, Request
    from .faults import Rule

Data = dict[str, Any]
Row = dict[str, Any]
Ask = Callable[["Request"], "Answer"]
Change = Callable[["Rule", "Request", Data, Ask], Data]

MOMENT = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d):(\d\d)")
WHOLE = re.compile(r"-?\d{4,}(\.\d+)?")
AMOUNT = re.compile(r"-?\d+(\.\d+)?")
# How a moment was seen written, by the name of the notation.
NOTATIONS: Mapping[str, str] = {
    "T": r"\1T\2:\3",
    "Z": r"\1T\2:\3Z",
    "offset": r"\1T\2:\3+00:00",
    "fraction": r"\1 \2:\3.000",
    "minutes": r"\1 \2",
}


def rows_name(data: Mapping[str, Any]) -> str:
    """Where the rows stand: lists beside the nine streams have names of their own."""
    return next(name for name, value in data.items() if isinstance(value, list))


def has_rows(data: Any) -> bool:
    """Whether there is a list of rows to change."""
    return isinstance(data, dict) and any(isinstance(value, list) for value in data.values())


def page(request: Request, number: int) -> Request:
    """The same request for another page."""
    return replace(request, query={**request.query, "page": [str(number)]})


def page_number(request: Request) -> int:
    """The page that is asked for."""
    return int(request.first("page") or 1)


def ends_early(rule: Rule, request: Request, data: Data, ask: Ask) -> Data:
    """The page says that it is the last one; the count stays."""
    return {**data, "page_info": {**data["page_info"], "total_page": page_number(request)}}


def total_page(rule: Rule, request: Request, data: Data, ask: Ask) -> Data:
    """The number of pages is off by `rows`, so that it contradicts count and page size."""
    info = data["page_info"]
    return {**data, "page_info": {**info, "total_page": max(0, info["total_page"] + rule.rows)}}


def blank(rule: Rule, request: Request, data: Data, ask: Ask) -> Data:
    """The page has no rows; what it says of its place stays."""
    return {**data, rows_name(data): []}


def no_list(rule: Rule, request: Request, data: Data, ask: Ask) -> Data:
    """The name of the rows is not there at all, or, with `put`, its value is null."""
    name = rows_name(data)
    rest = {key: value for key, value in data.items() if key != name}
    return {**rest, name: None} if rule.put == "null" else rest


def container(rule: Rule, request: Request, data: Data, ask: Ask) -> Data:
    """The rows stand under another name, `put`."""
    name = rows_name(data)
    return {rule.put or "items" if key == name else key: value for key, value in data.items()}


def same_rows(rule: Rule, request: Request, data: Data, ask: Ask) -> Data:
    """Every page brings the rows of the first one."""
    name = rows_name(data)
    return {**data, name: ask(page(request, 1)).data[name]}


def other_page(rule: Rule, request: Request, data: Data, ask: Ask) -> Data:
    """The whole answer of the page `rows` further on, as a late answer on a kept connection would be."""
    number = max(1, page_number(request) + rule.rows)
    return data if number > data["page_info"]["total_page"] else ask(page(request, number)).data


def depth(rule: Rule, request: Request, data: Data, ask: Ask) -> Data:
    """Only the first `rows` rows of a list are ever given; the count stays."""
    name, info = rows_name(data), data["page_info"]
    left = rule.rows - (page_number(request) - 1) * info["page_size"]
    return {**data, name: data[name][: max(0, left)]}


def hidden(rule: Rule, request: Request, data: Data, ask: Ask) -> Data:
    """The rows that hold the text `find` are not listed, and nothing says so: a consistent shorter list."""
    name, info = rows_name(data), data.get("page_info")
    if not info:
        return {**data, name: [row for row in data[name] if rule.find not in str(row)]}
    pages = (ask(page(request, number)).data[name] for number in range(1, info["total_page"] + 1))
    rows = [row for listed in pages for row in listed if rule.find not in str(row)]
    size, first = info["page_size"], (page_number(request) - 1) * info["page_size"]
    counts = {"total_number": len(rows), "total_page": -(-len(rows) // size)}
    return {**data, name: rows[first : first + size], "page_info": {**info, **counts}}


def flag(rule: Rule, request: Request, data: Data, ask: Ask) -> Data:
    """The columns `names` are false in the rows that hold the text `find`."""
    name = rows_name(data)
    lost = dict.fromkeys(rule.names, False)
    return {**data, name: [{**row, **lost} if rule.find in str(row) else row for row in data[name]]}


def no_dimension(rule: Rule, request: Request, data: Data, ask: Ask) -> Data:
    """The dimensions `names` are in no row of a report."""
    name = rows_name(data)
    return {**data, name: [_without_dimensions(row, rule.names) for row in data[name]]}


def _without_dimensions(row: Row, names: tuple[str, ...]) -> Row:
    if "dimensions" not in row:
        return row
    return {**row, "dimensions": {name: value for name, value in row["dimensions"].items() if name not in names}}


def dates(rule: Rule, request: Request, data: Data, ask: Ask) -> Data:
    """Moments are written in the notation `put` of NOTATIONS, throughout the rows."""
    pattern = NOTATIONS[rule.put]

    def written(text: str) -> str:
        # A moment that has seconds must not lose them.
        told = MOMENT.fullmatch(text)
        return MOMENT.sub(pattern, text) if told and (rule.put != "minutes" or told[3] == "00") else text

    return _rewritten(data, written)


def thousands(rule: Rule, request: Request, data: Data, ask: Ask) -> Data:
    """The figures of a report are written with a mark between thousands."""

    def written(text: str) -> str:
        whole, dot, rest = text.partition(".")
        return f"{int(whole):,}{dot}{rest}" if WHOLE.fullmatch(text) else text

    return _figures(data, lambda name, text: written(text) if isinstance(text, str) else text)


def percent(rule: Rule, request: Request, data: Data, ask: Ask) -> Data:
    """The figures `names` of a report are written with a percent sign."""
    return _figures(data, lambda name, text: f"{text}%" if name in rule.names and AMOUNT.fullmatch(str(text)) else text)


def numbers(rule: Rule, request: Request, data: Data, ask: Ask) -> Data:
    """The figures of a report are numbers where they were texts."""
    return _figures(data, _number)


def _number(name: str, text: Any) -> Any:
    # Settings such as budgets are display texts, which a number would not hold to the last digit.
    shown = name in METRICS and METRICS[name].attribute
    if not isinstance(text, str) or shown or not AMOUNT.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


def _figures(data: Data, written: Callable[[str, Any], Any]) -> Data:
    name = rows_name(data)
    return {**data, name: [_with_figures(row, written) for row in data[name]]}


def _with_figures(row: Row, written: Callable[[str, Any], Any]) -> Row:
    figures = row.get("metrics")
    if not isinstance(figures, dict):
        return row
    return {
        **row,
        "metrics": {name: value if name.endswith("_id") else written(name, value) for name, value in figures.items()},
    }


def _rewritten(value: Any, written: Callable[[str], str]) -> Any:
    """A JSON value whose texts are all written anew."""
    if isinstance(value, str):
        return written(value)
    if isinstance(value, list):
        return [_rewritten(item, written) for item in value]
    if isinstance(value, dict):
        return {name: _rewritten(item, written) for name, item in value.items()}
    return value


def status(rule: Rule, request: Request, data: Data, ask: Ask) -> Data:
    """A task is in the state `put`."""
    return {**data, "status": rule.put}


def cut_file(rule: Rule, request: Request, data: Any, ask: Ask) -> Any:
    """The file of a task ends in its middle; with `put` rows, what it is wrapped in stays whole."""
    if isinstance(data, bytes):
        return data[: len(data) // 2]
    text = data["changelog"]
    end = text[text.index("', 'file_name'") :] if rule.put == "rows" else ""
    return {**data, "changelog": text[: len(text) // 2] + end}


# Those that need a count or a place among the pages.
OF_PAGES: Mapping[str, Change] = {
    "ends_early": ends_early,
    "total_page": total_page,
    "same_rows": same_rows,
    "other_page": other_page,
    "depth": depth,
}
# Those that need the answer about a task, or its file.
OF_TASKS: Mapping[str, Change] = {"status": status, "cut_file": cut_file}
# Those that need rows only.
OF_ROWS: Mapping[str, Change] = {
    "blank": blank,
    "no_list": no_list,
    "container": container,
    "hidden": hidden,
    "flag": flag,
    "no_dimension": no_dimension,
    "dates": dates,
    "thousands": thousands,
    "percent": percent,
    "numbers": numbers,
}
