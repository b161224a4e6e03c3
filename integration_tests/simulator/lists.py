"""The lists beside campaigns, ad groups and ads: one mechanism that reads requests strictly and pages the rows.

Which rows there are, each endpoint's row of the table in `listed/` says; what it may be asked, `lists.json`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .list_facts import LISTS, ListFacts, Param
from .listed import SOURCES
from .listed.scene import Made, Row, Scene, Source
from .refusal import Params, Refusal, bad
from .world import Advertiser

if TYPE_CHECKING:
    from .endpoints import Request, TikTok

PAGED_LISTS = tuple(path for path, facts in LISTS.items() if facts.paging == "page")
DENIALS = {
    40001: "You do not have permission to access this resource.",
    40118: "The app or advertiser is not in the allowlist of this feature.",
    40125: "The app does not have the permission of this scope.",
}
# No part of what a row is matched against.
HOW = ("advertiser_id", "bc_id", "fields", "language")


def list_endpoint(path: str) -> Callable[[Request, TikTok, int, dict[str, str]], Any]:
    """The endpoint that answers one of `LISTS`."""
    facts, source = LISTS[path], SOURCES[path]

    def handler(request: Request, tiktok: TikTok, epoch: int, headers: dict[str, str]) -> Any:
        readable = tiktok.access.readable(request.headers.get("access-token", ""))
        params = _params(facts, source, request)
        sent = {name: _sent(spec, params) for name, spec in facts.params.items() if spec.required or name in params}
        limits = _limits(facts, source, params, sent)
        if "advertiser_id" in facts.params and not (source.in_place_of_account and source.in_place_of_account in sent):
            params.text("advertiser_id")
        check_permission(path, request, tiktok)
        if "secret" in sent:
            tiktok.access.check_app(sent["app_id"], sent["secret"])
        scene = Scene(facts, tiktok.world, epoch, tiktok.switches, request.call, flat(sent))
        scene = scene.of(_advertiser(request, readable, tiktok), _center(request, scene))
        rows = Made(_matching(source, scene), lambda row: _selected(source, row, sent.get("fields"), limits[1]))
        answer = PAGERS[facts.paging](facts, rows, limits)
        return source.answers(scene, answer)

    return handler


def _params(facts: ListFacts, source: Source, request: Request) -> Params:
    """The parameters of a request, those that come as headers among them."""
    known = [*facts.params, *PAGING[facts.paging]]
    Params(request.query, [name for name in known if name not in source.headers])
    sent = {name: [request.headers[name.lower()]] for name in source.headers if name.lower() in request.headers}
    return Params({**request.query, **sent}, known)


def rows_of(data: Mapping[str, Any], path: str) -> list[Any]:
    """The rows in an answer; the answer itself where it is the only one."""
    name = LISTS[path].rows if path in LISTS else "list"
    return list(data[name]) if name else [data]


def check_permission(path: str, request: Request, tiktok: TikTok) -> None:
    """Refuse a list that is closed to everybody or to the owner a request names."""
    for owner in ("", request.first("advertiser_id"), request.first("bc_id")):
        code = tiktok.access.denied.get((path, owner))
        if code is not None:
            raise Refusal(code, DENIALS[code])


def _advertiser(request: Request, readable: tuple[str, ...], tiktok: TikTok) -> Advertiser | None:
    wanted = request.first("advertiser_id")
    if not wanted:
        return None
    found = tiktok.world.advertiser(wanted)
    if found is None or wanted not in readable:
        raise Refusal(40001, f"No permission to operate advertiser {wanted}")
    return found


def _center(request: Request, scene: Scene) -> str:
    wanted = request.first("bc_id")
    if wanted and wanted not in scene.centers:
        raise Refusal(40001, f"No permission to operate business center {wanted}")
    return wanted


def _sent(spec: Param, params: Params) -> Any:
    """The value of a parameter in a query, after a check."""
    if spec.type == "string":
        return params.text(spec.name, spec.enum)
    if spec.type == "integer":
        return params.whole(spec.name, spec.low, spec.high, 0)
    if spec.type == "boolean":
        return params.flag(spec.name)
    if spec.name not in params:
        raise bad(f"{spec.name}: Missing data for required field.")
    return checked(spec, params.parsed(spec.name))


def checked(spec: Param, value: Any) -> Any:
    """A JSON value that a parameter, or a field of one, takes."""
    if spec.type.startswith("array"):
        if not isinstance(value, list):
            raise bad(f"{spec.name}: Field must be set to array.")
        if not value or (spec.longest is not None and len(value) > spec.longest):
            raise Refusal(40011, f"{spec.name}: Length must be between 1 and {spec.longest}.")
        element = Param(spec.name, spec.type[6:-1], enum=spec.enum, fields=spec.fields)
        return [checked(element, item) for item in value]
    if spec.type == "object":
        return _object(spec, value)
    if not TYPES[spec.type](value):
        raise bad(f"{spec.name}: Not a valid {spec.type}.")
    if spec.enum and value not in spec.enum:
        raise bad(f"{spec.name}: Must be one of: {', '.join(spec.enum)}.")
    return value


TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}


def _object(spec: Param, value: Any) -> dict[str, Any]:
    fields = spec.fields or {}
    if not isinstance(value, dict):
        raise bad(f"{spec.name}: Field must be set to object.")
    for name in value:
        if name not in fields:
            raise bad(f"{spec.name}: Unknown field {name}.")
    for name, field in fields.items():
        if field.required and name not in value:
            raise bad(f"{spec.name}.{name}: Missing data for required field.")
    return {name: checked(fields[name], inner) for name, inner in value.items()}


def flat(sent: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, the fields of `filtering` beside the other parameters."""
    outer = {name: value for name, value in sent.items() if name != "filtering"}
    return {**outer, **sent.get("filtering", {})}


def _matching(source: Source, scene: Scene) -> Sequence[Row]:
    """The rows that fit every parameter the source does not look at itself."""
    rows = source.rows(scene)
    for name, wanted in scene.sent.items():
        if name in HOW or name in source.reads:
            continue
        column = next((column for column in (name, name.removesuffix("s")) if column in scene.facts.columns), None)
        if column is None:
            raise bad(f"{name}: not part of the simulation.")
        rows = [row for row in rows if _fits(row.get(column), wanted)]
    return rows


def _fits(value: Any, wanted: Any) -> bool:
    return value in wanted if isinstance(wanted, list) else bool(value == wanted)


def _selected(source: Source, row: Row, wanted: list[str] | None, size: int) -> Row:
    if source.only_asked:
        left_out = {*source.only_asked} - {*(wanted or ())} | ({*source.only_alone} if size > 1 else set())
        return {name: value for name, value in row.items() if name not in left_out}
    return row if wanted is None else {name: row[name] for name in wanted if name in row}


Limits = tuple[int, int]
"""The first row of the page, counted from 0, and how many rows it may hold."""
PAGING = {
    "page": ("page", "page_size"),
    "bare": ("page", "page_size"),
    "cursor": ("cursor", "count"),
    "none": (),
    "object": (),
}


def _limits(facts: ListFacts, source: Source, params: Params, sent: Mapping[str, Any]) -> Limits:
    if facts.paging in ("page", "bare"):
        page, size = params.whole("page", 1, 10**9, 1), params.whole("page_size", 1, facts.largest, facts.usual)
        if source.depth and page * size > source.depth:
            raise bad(f"page: page multiplied by page_size must not exceed {source.depth}.")
        return (page - 1) * size, size
    if facts.paging == "cursor":
        start = _position(params.text("cursor")) if "cursor" in params else 0
        return start, params.whole("count", 1, facts.largest, facts.usual)
    return 0, 10**9


def cursor_at(position: int) -> str:
    """The opaque text that stands for a position in a list."""
    return base64.urlsafe_b64encode(f"at {position}".encode()).decode()


def _position(cursor: str) -> int:
    try:
        told = re.fullmatch(r"at (\d+)", base64.urlsafe_b64decode(cursor).decode())
    except ValueError:
        told = None
    if told is None:
        raise bad("cursor: Not a valid cursor.")
    return int(told[1])


def _pages(facts: ListFacts, rows: Sequence[Row], limits: Limits) -> Any:
    start, size = limits
    total = len(rows)
    info = {"page": start // size + 1, "page_size": size, "total_number": total, "total_page": -(-total // size)}
    return {facts.rows: rows[start : start + size], "page_info": info}


def _bare(facts: ListFacts, rows: Sequence[Row], limits: Limits) -> Any:
    """A page of an answer that is documented without page_info."""
    start, size = limits
    return {facts.rows: rows[start : start + size]}


def _cursors(facts: ListFacts, rows: Sequence[Row], limits: Limits) -> Any:
    start, size = limits
    more = start + size < len(rows)
    return {facts.rows: rows[start : start + size], "cursor": cursor_at(start + size), "has_more": more}


def _whole(facts: ListFacts, rows: Sequence[Row], limits: Limits) -> Any:
    return {facts.rows: rows[:]}


def _only(facts: ListFacts, rows: Sequence[Row], limits: Limits) -> Any:
    return rows[0]


PAGERS: Mapping[str, Callable[[ListFacts, Sequence[Row], Limits], Any]] = {
    "page": _pages,
    "bare": _bare,
    "cursor": _cursors,
    "none": _whole,
    "object": _only,
}
LIST_ENDPOINTS = {path: ("GET", list_endpoint(path)) for path in LISTS}
