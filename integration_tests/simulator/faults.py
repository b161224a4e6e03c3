"""Failures on demand: rules that say which requests go wrong and how. Pure but for the counters of the rules."""

from __future__ import annotations

import threading
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from . import answers
from .answers import Ask, rows_name
from .endpoints import THROTTLE_HEADER, Answer, Request
from .numbers import mix

RESTRICTED = "Due to too many requests, requests from App 7000000000000000500 are temporarily restricted"
TOO_MANY = "Too many requests by this developer. Please retry in some time."
WORDINGS = {
    "qps": (40100, "App 7000000000000000500 reaches the QPS limit 10, current QPS is 11"),
    "restricted": (40100, RESTRICTED),
    "busy": (40100, TOO_MANY),
}
# What happens on the wire; the rest changes the answer itself.
WIRE = ("http", "html", "cut", "broken_gzip", "empty", "hang", "drip", "reset", "delay", "replace")
# Refusals of a part of what is asked: the parameter, and the sentence that names what is refused.
PARTS = {
    "metrics": ("metrics", "Invalid metric fields: {}"),
    "dimensions": ("dimensions", "Invalid dimension fields: {}"),
    "filters": ("filtering", "Invalid filter(s): '{}' are not supported"),
}
ANSWERS = ("code", "page_size", "time_span", *PARTS, *WORDINGS)
CHANGES = (
    *("data_null", "in_part", "no_page_info", "total_number", "shift", "short", "repeat", "throttle", "date"),
    *answers.OF_PAGES,
    *answers.OF_ROWS,
    *answers.OF_TASKS,
)
KINDS = (*ANSWERS, *CHANGES, *WIRE)


@dataclass(frozen=True)
class Rule:
    """One failure: `kind` says how, the other fields which requests; every given condition must hold.

    `path` is an endpoint such as `ad/get`; `params` maps a query parameter to a text it must contain. Of the matching
    requests, numbered from 1, `nth` picks some, `every` each k-th, `probability` some by a hash of `seed` and request;
    `once_per_request` fires on the first time each distinct request comes; `times` bounds how often in all.
    `retry_after` is a header of refusals and of kind `http`: RFC 9110 has it, that TikTok sends it is unverified.
    """

    kind: str
    path: str = ""
    advertiser_id: str = ""
    page: int | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    nth: tuple[int, ...] = ()
    every: int = 0
    probability: float | None = None
    seed: int = 0
    once_per_request: bool = False
    times: int | None = None
    code: int = 50000
    message: str = "System error, please try again later."
    http: int = 502
    seconds: float = 0.0
    rows: int = 1
    names: tuple[str, ...] = ()
    find: str = ""
    put: str = ""
    retry_after: str = ""

    def __post_init__(self) -> None:
        """Refuse a kind that does not exist."""
        if self.kind not in KINDS:
            raise ValueError(f"no fault of kind {self.kind}")

    def matches(self, request: Request) -> bool:
        """Whether the request is one this rule speaks about."""
        wanted = not self.path or request.endpoint == self.path.strip("/")
        account = (request.first("advertiser_id"), request.first("advertiser_ids"))
        wanted = wanted and (not self.advertiser_id or any(self.advertiser_id in text for text in account))
        wanted = wanted and (self.page is None or request.first("page") == str(self.page))
        wanted = wanted and all(text in request.first(name) for name, text in self.params.items())
        if self.kind == "page_size":
            return wanted and int(request.first("page_size") or 0) > self.rows
        if self.kind == "time_span":
            return wanted and _days(request) > self.rows
        return wanted and (self.kind not in PARTS or bool(self.named(request)))

    def named(self, request: Request) -> list[str]:
        """Those of `names` that the request asks for, of a rule that refuses a part of what is asked."""
        asked = request.first(PARTS[self.kind][0])
        return [name for name in self.names if f'"{name}"' in asked]


def _days(request: Request) -> int:
    """How many days a request is about, 0 where it tells none."""
    first, last = request.first("start_date"), request.first("end_date")
    return (date.fromisoformat(last) - date.fromisoformat(first)).days + 1 if first and last else 0


def rule_from(raw: Mapping[str, Any]) -> Rule:
    """A rule from JSON; raise ValueError or TypeError for what is none."""
    known = {spec.name for spec in fields(Rule)}
    unknown = set(raw) - known
    if unknown:
        raise ValueError(f"unknown fields of a fault: {sorted(unknown)}")
    lists = {name: tuple(raw[name]) for name in ("nth", "names") if name in raw}
    return Rule(**{**raw, **lists})


class Faults:
    """The rules in force and how often each has met its requests."""

    def __init__(self) -> None:
        """Start without any rule."""
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._met: Counter[int] = Counter()
        self._fired: Counter[int] = Counter()
        self._seen: Counter[tuple[int, int]] = Counter()

    def __bool__(self) -> bool:
        """Whether there is any rule."""
        return bool(self._rules)

    def add(self, kind: str, **conditions: Any) -> Rule:
        """Put a rule in force and return it."""
        rule = rule_from({"kind": kind, **conditions})
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Drop all rules and counters."""
        with self._lock:
            self._rules.clear()
            self._met.clear()
            self._fired.clear()
            self._seen.clear()

    def fired(self, rule: Rule) -> int:
        """How often a rule has struck."""
        return self._fired[id(rule)]

    def fire(self, request: Request) -> list[Rule]:
        """The rules that strike this request; counts it."""
        with self._lock:
            return [rule for rule in self._rules if rule.matches(request) and self._strikes(rule, request)]

    def _strikes(self, rule: Rule, request: Request) -> bool:
        self._met[id(rule)] += 1
        met = self._met[id(rule)]
        signature = zlib.crc32(f"{request.path}{sorted(request.query.items())}{request.body!r}".encode())
        strikes = not rule.nth or met in rule.nth
        strikes &= not rule.every or met % rule.every == 0
        seen = self._seen[id(rule), signature]
        if rule.probability is not None:
            # By request and repetition, so that the order in which threads arrive does not matter.
            chance = mix(rule.seed * 7919 + signature * 31 + seen) % 1_000_000
            strikes &= chance < rule.probability * 1_000_000
        strikes &= not (rule.once_per_request and seen > 0)
        strikes &= rule.times is None or self._fired[id(rule)] < rule.times
        self._seen[id(rule), signature] += 1
        self._fired[id(rule)] += strikes
        return strikes


def refused(rules: list[Rule], request: Request) -> Answer | None:
    """The answer that takes the place of TikTok's own, if a rule wants one."""
    for rule in rules:
        if rule.kind in WORDINGS:
            return _answer(*WORDINGS[rule.kind], request, rule)
        if rule.kind == "code":
            return _answer(rule.code, rule.message, request, rule)
        if rule.kind == "page_size":
            return _answer(40002, f"page_size: Must be between 1 and {rule.rows}.", request, rule)
        if rule.kind == "time_span":
            return _answer(40002, f"max time span is {rule.rows} days", request, rule)
        if rule.kind in PARTS:
            return _answer(40002, PARTS[rule.kind][1].format(rule.named(request)), request, rule)
    return None


def _answer(code: int, message: str, request: Request, rule: Rule) -> Answer:
    headers = {"Retry-After": rule.retry_after} if rule.retry_after else {}
    return Answer(code, message, {}, f"20260310FAULT{mix(request.call):016X}", headers=headers)


def changed(rules: list[Rule], request: Request, answer: Answer, ask: Ask, now: datetime) -> Answer:
    """The answer, given `now`, after all changes that rules make to it; `ask` fetches neighbouring pages."""
    for rule in rules:
        if rule.kind == "throttle":
            answer = replace(answer, headers={**answer.headers, THROTTLE_HEADER: "1"})
        elif rule.kind == "date":
            answer = replace(answer, headers={**answer.headers, "Date": _date(now + timedelta(seconds=rule.seconds))})
        elif rule.kind == "data_null":
            answer = replace(answer, data=None)
        elif rule.kind == "in_part":
            kept = _short(rule, request, answer.data, ask) if answers.has_rows(answer.data) else answer.data
            answer = replace(answer, code=20001, message="Partial success.", data=kept)
        elif rule.kind in CHANGERS and _has_what_changes(rule.kind, answer.data):
            answer = replace(answer, data=CHANGERS[rule.kind](rule, request, answer.data, ask))
    return answer


def _date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _has_what_changes(kind: str, data: Any) -> bool:
    if kind in answers.OF_TASKS:
        return isinstance(data, bytes) or (isinstance(data, dict) and (kind == "status") != ("changelog" in data))
    paged = isinstance(data, dict) and "page_info" in data
    return answers.has_rows(data) and (paged or kind in answers.OF_ROWS)


def _no_page_info(rule: Rule, request: Request, data: dict[str, Any], ask: Ask) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "page_info"}


def _total_number(rule: Rule, request: Request, data: dict[str, Any], ask: Ask) -> dict[str, Any]:
    info = data["page_info"]
    return {**data, "page_info": {**info, "total_number": info["total_number"] + rule.rows}}


def _short(rule: Rule, request: Request, data: dict[str, Any], ask: Ask) -> dict[str, Any]:
    name = rows_name(data)
    return {**data, name: data[name][: -rule.rows]}


def _repeat(rule: Rule, request: Request, data: dict[str, Any], ask: Ask) -> dict[str, Any]:
    name = rows_name(data)
    return {**data, name: [*data[name], *data[name][: rule.rows]]}


def _shift(rule: Rule, request: Request, data: dict[str, Any], ask: Ask) -> dict[str, Any]:
    """Rows move while pages are read: down by `rows` when something was created, up when something went away."""
    page, rows, name = int(request.first("page") or 1), rule.rows, rows_name(data)
    neighbour = replace(request, query={**request.query, "page": [str(page - 1 if rows > 0 else page + 1)]})
    if rows > 0:
        before = ask(neighbour).data[name] if page > 1 else []
        return {**data, name: [*before[-rows:], *data[name]][: data["page_info"]["page_size"]]}
    after = ask(neighbour).data.get(name, [])
    return {**data, name: [*data[name][-rows:], *after[:-rows]]}


CHANGERS: Mapping[str, Callable[[Rule, Request, dict[str, Any], Ask], dict[str, Any]]] = {
    "no_page_info": _no_page_info,
    "total_number": _total_number,
    "short": _short,
    "repeat": _repeat,
    "shift": _shift,
    **answers.OF_PAGES,
    **answers.OF_ROWS,
    **answers.OF_TASKS,
}
