"""TikTok's endpoints as one pure function from a request and an instant to an answer, strict about everything.

The only things that change are those that change at TikTok: spent codes and issued tokens (`Access`).
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson

from .access import SCOPE, Access
from .assets import business_centers
from .creatives import CREATIVE_PARAMETERS, creative_query, creative_rows
from .entities import (
    OBJECTIVES,
    PATHS,
    advertiser_row,
    buying_type,
    entity_row,
    modify_epoch,
    moment,
    system_origin,
)
from .facts import LISTINGS, METRICS, Filter
from .gmv_max import GMV_PARAMETERS, gmv_query
from .legality import NOT_SIMULATED, PARAMETERS, report_query, wants_totals
from .lists import LIST_ENDPOINTS
from .materials import MATERIAL_PARAMETERS, material_query, material_rows
from .numbers import mix
from .refusal import Params, Refusal, bad, texts
from .reports import CenterRowset, Key, ReportQuery, Rowset, rowset
from .switches import Switches
from .tasks import TASK_ENDPOINTS, TaskStore
from .world import AD, Advertiser, Entity, World, ad_id_v2, has_status, secondary_status

PREFIX = "/open_api/v1.3/"
THROTTLE_HEADER = "x-tt-ads-throttle"
MAX_PAGE = 1000
LIST_SWITCHES = (
    *("modified_after_inclusive", "modified_after_with_all", "modified_after_returns_null"),
    *("status_leak_touches_modify_time", "smart_plus_modify_time", "reservation_unasked"),
)
ROW_SWITCHES = ("zero_rows", "hourly_fold_rows", "object_cut", "audience_shows_deleted")


@dataclass(frozen=True)
class Request:
    """One request, decoded; `call` counts all requests so that signed URLs can differ."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: bytes = b""
    call: int = 0

    @property
    def endpoint(self) -> str:
        """The path without prefix and trailing slash."""
        return self.path.removeprefix(PREFIX).strip("/")

    def first(self, name: str) -> str:
        """The first value of a query parameter, or what the body says of it, or nothing."""
        if name in self.query:
            return self.query[name][0]
        told = _members(self.body).get(name, "")
        return told if isinstance(told, str) else orjson.dumps(told).decode()


@dataclass(frozen=True)
class Answer:
    """What goes back: TikTok's envelope, the HTTP status around it and extra headers."""

    code: int
    message: str
    data: Any
    request_id: str
    http: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def envelope(self) -> dict[str, Any]:
        """The JSON body."""
        return {"code": self.code, "message": self.message, "request_id": self.request_id, "data": self.data}


@dataclass
class TikTok:
    """Everything an endpoint may look at."""

    world: World
    access: Access
    switches: Switches
    tasks: TaskStore = field(default_factory=TaskStore)


def _members(body: bytes) -> dict[str, Any]:
    """The members of a body that is a JSON object; none of anything else."""
    try:
        parsed = orjson.loads(body) if body else {}
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def answer(request: Request, tiktok: TikTok, epoch: int) -> Answer:
    """TikTok's answer at that instant; never raises for anything a client can send."""
    request_id = request_id_of(request, epoch)
    try:
        handler = _handler(request)
        headers: dict[str, str] = {}
        data = handler(request, tiktok, epoch, headers)
    except Refusal as refusal:
        return Answer(refusal.code, refusal.message, {}, request_id, refusal.http)
    return Answer(0, "OK", data, request_id, headers=headers)


def request_id_of(request: Request, epoch: int) -> str:
    """The log id; the same request in the same place of a run gets the same id."""
    salt = zlib.crc32(f"{request.path}{sorted(request.query.items())}".encode())
    return f"{moment(epoch).translate(str.maketrans('', '', '- :'))}{mix(salt + request.call):016X}"


Handler = Callable[[Request, TikTok, int, dict[str, str]], Any]


def _handler(request: Request) -> Handler:
    # TikTok: the path needs its trailing slash.
    if not request.path.startswith(PREFIX) or not request.path.endswith("/") or request.endpoint not in ENDPOINTS:
        raise Refusal(40008, "The requested endpoint does not exist.")
    method, handler = ENDPOINTS[request.endpoint]
    if request.method != method:
        raise Refusal(40002, "Method not allowed.", http=405)
    return handler


def _readable(request: Request, tiktok: TikTok) -> tuple[str, ...]:
    return tiktok.access.readable(request.headers.get("access-token", ""))


def _advertiser(params: Params, request: Request, tiktok: TikTok) -> Advertiser:
    readable = _readable(request, tiktok)
    wanted = params.text("advertiser_id")
    return _permitted(wanted, readable, tiktok)


def _center(params: Params, request: Request, tiktok: TikTok) -> str:
    _readable(request, tiktok)
    wanted = params.text("bc_id")
    if wanted not in {center.bc_id for center in business_centers(tiktok.world)}:
        raise Refusal(40001, f"No permission to operate business center {wanted}")
    return wanted


def _permitted(wanted: str, readable: tuple[str, ...], tiktok: TikTok) -> Advertiser:
    found = tiktok.world.advertiser(wanted)
    if found is None or wanted not in readable:
        raise Refusal(40001, f"No permission to operate advertiser {wanted}")
    return found


def _user_info(request: Request, tiktok: TikTok, epoch: int, headers: dict[str, str]) -> dict[str, Any]:
    _readable(request, tiktok)
    Params(request.query, ())
    return {
        "display_name": "Simulated user",
        "email": "s***d@company.example",
        "core_user_id": "7050000000000000001",
        "create_time": tiktok.world.origin,
        "avatar_url": f"https://p16.cdn.example/avatar/user?x-signature={request.call}",
    }


def _advertiser_info(request: Request, tiktok: TikTok, epoch: int, headers: dict[str, str]) -> dict[str, Any]:
    switches = tiktok.switches
    readable = _readable(request, tiktok)
    if switches.sandbox and not switches.sandbox_advertiser_info:
        raise Refusal(40014, "This feature is not available in the sandbox.")
    params = Params(request.query, ("advertiser_ids", "fields"))
    ids = params.texts("advertiser_ids", required=True)
    if not ids or (switches.advertiser_info_limit is not None and len(ids) > switches.advertiser_info_limit):
        raise bad(f"advertiser_ids: Length must be between 1 and {switches.advertiser_info_limit}.")
    accounts = [_permitted(wanted, readable, tiktok) for wanted in dict.fromkeys(ids)]
    wanted = _fields(params, "advertiser/info")
    rows = [advertiser_row(tiktok.world, account, epoch, switches, request.call) for account in accounts]
    return {"list": [_account_fields(row, wanted) for row in rows]}


def _account_fields(row: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    # TikTok: whoever asks for company_name_editable gets nothing else but the id.
    if "company_name_editable" in wanted:
        wanted = ["advertiser_id", "company_name_editable"]
    return _selected(row, wanted)


def _account_list(request: Request, tiktok: TikTok, epoch: int, headers: dict[str, str]) -> dict[str, Any]:
    readable = _readable(request, tiktok)
    if tiktok.switches.sandbox:
        raise Refusal(40014, "This feature is not available in the sandbox.")
    params = Params(request.query, ("app_id", "secret"))
    tiktok.access.check_app(params.text("app_id"), params.text("secret"))
    accounts = [tiktok.world.advertiser(wanted) for wanted in readable]
    return {"list": [{"advertiser_id": a.advertiser_id, "advertiser_name": a.name} for a in accounts if a is not None]}


def _access_token(request: Request, tiktok: TikTok, epoch: int, headers: dict[str, str]) -> dict[str, Any]:
    Params(request.query, ())
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise bad("Content-Type must be application/json.")
    body = _json_object(request.body)
    unknown = set(body) - {"app_id", "secret", "auth_code", "return_advertiser_ids"}
    if unknown:
        raise bad(f"{min(unknown)}: Unknown parameter.")
    for name in ("app_id", "secret", "auth_code"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise bad(f"{name}: Missing data for required field.")
    tiktok.access.check_app(body["app_id"], body["secret"])
    token, accounts = tiktok.access.exchange(body["auth_code"], tiktok.switches.spent_code_answer)
    ids = list(accounts) if body.get("return_advertiser_ids", True) else []
    return {"access_token": token, "advertiser_ids": ids, "scope": SCOPE}


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        parsed = orjson.loads(body)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise bad("The request body is not a JSON object.")
    return parsed


def _fields(params: Params, path: str) -> list[str]:
    wanted = params.texts("fields")
    unknown = [name for name in wanted if name not in LISTINGS[path].columns]
    if unknown:
        raise bad(f"fields: Unknown fields {unknown}.")
    return wanted


def _selected(row: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    return {name: row[name] for name in wanted if name in row} if wanted else row


def _entities(kind: str) -> Handler:
    def handler(request: Request, tiktok: TikTok, epoch: int, headers: dict[str, str]) -> dict[str, Any]:
        known = ("advertiser_id", "fields", "exclude_field_types_in_response", "filtering", "page", "page_size")
        params = Params(request.query, known)
        advertiser = _advertiser(params, request, tiktok)
        wanted = _fields(params, PATHS[kind])
        without_nulls = _without_nulls(params)
        filters = _entity_filters(params, kind)
        # TikTok: pages of TopView ad groups are small.
        top_view = filters.get("buying_types") == ["RESERVATION_TOP_VIEW"] and kind == "adgroup"
        page, size = _paging(params, 100 if top_view else MAX_PAGE)
        _check_depth(page, size, tiktok.switches)
        found = _matching(Search(kind, advertiser, orjson.dumps(filters), epoch), tiktok)
        shown = _page(found, page, size, tiktok.switches)
        rows = [entity_row(entity, epoch, tiktok.switches, request.call) for entity in shown]
        if "ad_ids_v2" in filters:
            rows = [_as_asset_group(row) for row in rows]
        return _paged([_trimmed(row, wanted, without_nulls) for row in rows], page, size, len(found))

    return handler


def _as_asset_group(row: dict[str, Any]) -> dict[str, Any]:
    smart = row["campaign_automation_type"] == "UPGRADED_SMART_PLUS_CREATIVE"
    return {**row, "ad_id": row["ad_id_v2"], "campaign_automation_type": "UPGRADED_SMART_PLUS"} if smart else row


def _without_nulls(params: Params) -> bool:
    kinds = params.texts("exclude_field_types_in_response")
    if any(kind != "NULL_FIELD" for kind in kinds):
        raise bad("exclude_field_types_in_response: Must be one of: NULL_FIELD.")
    return bool(kinds)


def _trimmed(row: dict[str, Any], wanted: list[str], without_nulls: bool) -> dict[str, Any]:
    row = _selected(row, wanted)
    return {name: value for name, value in row.items() if value is not None} if without_nulls else row


def _paging(params: Params, largest: int) -> tuple[int, int]:
    return params.whole("page", 1, 10**9, 1), params.whole("page_size", 1, largest, 10)


def _check_depth(page: int, size: int, switches: Switches) -> None:
    if switches.list_depth is not None and page * size > switches.list_depth:
        raise bad(f"page: page multiplied by page_size must not exceed {switches.list_depth}.")


def _page(rows: list[Any], page: int, size: int, switches: Switches) -> list[Any]:
    _check_page(len(rows), page, size, switches)
    return rows[(page - 1) * size : page * size]


def _check_page(total: int, page: int, size: int, switches: Switches) -> None:
    if page > max(1, -(-total // size)) and not switches.page_beyond_end_empty:
        raise bad("page: Exceeds the total number of pages.")


def _paged(rows: list[Any], page: int, size: int, total: int) -> dict[str, Any]:
    info = {"page": page, "page_size": size, "total_number": total, "total_page": -(-total // size)}
    return {"list": rows, "page_info": info}


def _entity_filters(params: Params, kind: str) -> dict[str, Any]:
    raw = params.parsed("filtering")
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise bad("filtering: Field must be set to object.")
    known = LISTINGS[PATHS[kind]].filters
    for name, value in raw.items():
        if name not in known:
            raise bad(f"filtering: Unknown field {name}.")
        _check_filter(known[name], value)
    return raw


def _check_filter(spec: Filter, value: Any) -> None:
    if spec.type.startswith("array"):
        values = texts(spec.name, value)
        if not values or (spec.max is not None and len(values) > spec.max):
            raise Refusal(40011, f"{spec.name}: Length must be between 1 and {spec.max}.")
    elif spec.type == "boolean":
        values = []
        if not isinstance(value, bool):
            raise bad(f"{spec.name}: Not a valid boolean.")
    else:
        values = texts(spec.name, [value])
    if spec.enum and not set(values) <= set(spec.enum):
        raise bad(f"{spec.name}: Must be one of: {', '.join(spec.enum)}.")
    if spec.name == "buying_types" and "RESERVATION_TOP_VIEW" in values and len(set(values)) > 1:
        raise bad("buying_types: RESERVATION_TOP_VIEW can not be combined with other buying types.")
    if spec.name.endswith(("_time", "_after")):
        _epoch_text(spec.name, value)


def _epoch_text(name: str, value: str) -> str:
    """The text itself, after a check: such times compare as text."""
    digits = value.translate(str.maketrans("0123456789", "9" * 10))
    if digits != "9999-99-99 99:99:99":
        raise bad(f"{name}: Not a valid datetime, write YYYY-MM-DD HH:MM:SS.")
    return value


@dataclass(frozen=True)
class Search:
    """What a list request looks for; `filtering` is its JSON."""

    kind: str
    advertiser: Advertiser
    filtering: bytes
    epoch: int


def _matching(search: Search, tiktok: TikTok) -> list[Entity]:
    return _found(search, tiktok.world, _positions(tiktok.switches, LIST_SWITCHES))


def _positions(switches: Switches, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(switches, name) for name in names)


@lru_cache(maxsize=64)
def _found(search: Search, world: World, habits: tuple[Any, ...]) -> list[Entity]:
    """All entities that a search yields, in order; `habits` are the switches that matter to it."""
    switches = Switches(**dict(zip(LIST_SWITCHES, habits, strict=True)))
    kind, epoch, filters = search.kind, search.epoch, orjson.loads(search.filtering)
    status = _status_of(kind, filters)
    if "modified_after" in filters and status != "STATUS_NOT_DELETE" and not switches.modified_after_with_all:
        raise bad("modified_after: Can not be combined with this status.")
    unasked = ["AUCTION", *(["RESERVATION_RF"] if switches.reservation_unasked else [])]
    buying = filters.get("buying_types", unasked)
    origins = filters.get("campaign_system_origins", ["TT_ADS_PLATFORM"])
    found = [
        entity
        for entity in world.entities(kind, search.advertiser, epoch)
        if buying_type(entity) in buying and system_origin(entity) in origins and _has(entity, status, epoch)
    ]
    found = [entity for entity in found if _passes(entity, filters, epoch, switches)]
    return _one_per_asset_group(found) if "ad_ids_v2" in filters else found


def _one_per_asset_group(ads: list[Entity]) -> list[Entity]:
    return list({ad_id_v2(ad): ad for ad in ads}.values())


def _status_of(kind: str, filters: Mapping[str, Any]) -> str:
    """The primary status asked for, or an exact secondary one; STATUS_NOT_DELETE by default."""
    secondary = filters.get("secondary_status")
    if secondary is None:
        return str(filters.get("primary_status", "STATUS_NOT_DELETE"))
    if not secondary.startswith(f"{kind.upper()}_STATUS_"):
        raise bad("secondary_status: Not a valid status.")
    return "STATUS_ALL" if secondary == f"{kind.upper()}_STATUS_ALL" else str(secondary)


def _has(entity: Entity, status: str, epoch: int) -> bool:
    return has_status(entity, status, epoch) or secondary_status(entity, epoch) == status


ID_FILTERS = {"campaign_ids": "campaign", "adgroup_ids": "adgroup", "ad_ids": "ad"}
HANDLED = frozenset(("primary_status", "secondary_status", "buying_types", "campaign_system_origins", *ID_FILTERS))
COLUMN_OF = {"billing_events": "billing_event", "split_test_enabled": "split_test_group_id"}


def _passes(entity: Entity, filters: Mapping[str, Any], epoch: int, switches: Switches) -> bool:
    """Whether an entity fits all filters but status, buying type and origin."""
    ids = {ancestor.kind: ancestor.id for ancestor in entity.lineage}
    for name, wanted in filters.items():
        if name in ID_FILTERS and ids[ID_FILTERS[name]] not in wanted:
            return False
        if name not in HANDLED and not _fits(entity, name, wanted, epoch, switches):
            return False
    return True


def _fits(entity: Entity, name: str, wanted: Any, epoch: int, switches: Switches) -> bool:
    if name == "modified_after":
        modified = modify_epoch(entity, epoch, switches)
        if modified is None:
            return switches.modified_after_returns_null
        return moment(modified) > wanted or (switches.modified_after_inclusive and moment(modified) == wanted)
    if name == "creation_filter_start_time":
        return moment(entity.created) >= str(wanted)
    if name == "creation_filter_end_time":
        return moment(entity.created) <= str(wanted)
    if name == "ad_ids_v2":
        return str(ad_id_v2(entity)) in wanted
    if name == "campaign_automation_type":
        smart = entity.flavour if entity.flavour.endswith("SMART_PLUS") else "MANUAL"
        return smart == str(wanted)
    if name == "objective_type":
        return OBJECTIVES[entity.flavour] == str(wanted)
    return _fits_column(entity_row(entity, epoch, switches).get(COLUMN_OF.get(name, name)), name, wanted)


def _fits_column(value: Any, name: str, wanted: Any) -> bool:
    if name.endswith("_name"):
        return str(wanted) in str(value)
    if isinstance(wanted, bool):
        return bool(value) == wanted
    return bool(value in wanted if isinstance(wanted, list) else value == wanted)


_laying_out = threading.Lock()


def _rowset(query: ReportQuery, world: World, epoch: int, switches: Switches) -> Rowset | CenterRowset:
    # One at a time: many pages of one report that come at once lay it out only once.
    with _laying_out:
        return _laid_out(query, world, epoch, _positions(switches, ROW_SWITCHES))


@lru_cache(maxsize=12)
def _laid_out(query: ReportQuery, world: World, epoch: int, habits: tuple[Any, ...]) -> Rowset | CenterRowset:
    return rowset(query, world, epoch, Switches(**dict(zip(ROW_SWITCHES, habits, strict=True))))


def _report(request: Request, tiktok: TikTok, epoch: int, headers: dict[str, str]) -> dict[str, Any]:
    switches = tiktok.switches
    if any(name in NOT_SIMULATED for name in request.query):
        raise bad("advertiser_ids: not part of the simulation.")
    params = Params(request.query, PARAMETERS)
    if request.first("report_type") == "BC":
        _center(params, request, tiktok)
    else:
        _advertiser(params, request, tiktok)
    query = report_query(params, tiktok.world, switches)
    return _answered(query, wants_totals(params, query, switches), request, tiktok, epoch, headers)


def _gmv_report(request: Request, tiktok: TikTok, epoch: int, headers: dict[str, str]) -> dict[str, Any]:
    params = Params(request.query, GMV_PARAMETERS)
    query = gmv_query(params, tiktok.world, _advertiser(params, request, tiktok), epoch, tiktok.switches)
    return _answered(query, params.flag("enable_total_metrics"), request, tiktok, epoch, headers)


def _creative_report(request: Request, tiktok: TikTok, epoch: int, headers: dict[str, str]) -> dict[str, Any]:
    params = Params(request.query, CREATIVE_PARAMETERS)
    query = creative_query(params, tiktok.world, _advertiser(params, request, tiktok))
    page, size = _paging(params, MAX_PAGE)
    rows = creative_rows(query, tiktok.world, epoch)
    return _paged(_page(rows, page, size, tiktok.switches), page, size, len(rows))


def _material_report(by_ad: bool) -> Handler:
    def handler(request: Request, tiktok: TikTok, epoch: int, headers: dict[str, str]) -> dict[str, Any]:
        params = Params(request.query, MATERIAL_PARAMETERS)
        query = material_query(params, tiktok.world, _advertiser(params, request, tiktok), by_ad)
        page, size = _paging(params, 100)
        rows = material_rows(query, tiktok.world, epoch)
        return _paged(_page(rows, page, size, tiktok.switches), page, size, len(rows))

    return handler


# TikTok's page on report performance; which code and message such a request gets is not public.
MOST_IDS = {
    "interest_category": 3000,
    "interest_category_tier2": 150,
    "interest_category_tier3": 100,
    "interest_category_tier4": 100,
    "behavior_id": 200,
}


def _check_ids(query: ReportQuery, found: Rowset | CenterRowset, switches: Switches) -> None:
    most = min((MOST_IDS[name] for name in query.breakdowns if name in MOST_IDS), default=0)
    if switches.interest_ids and most and isinstance(found, Rowset) and len(found.groups) > most:
        raise bad(f"The request is about {len(found.groups)} ids, at most {most} are allowed.")


def _answered(
    query: ReportQuery, totals: bool, request: Request, tiktok: TikTok, epoch: int, headers: dict[str, str]
) -> dict[str, Any]:
    """The page of a legal report request that `request` asks for."""
    params, switches = Params(request.query, request.query), tiktok.switches
    page, size = _paging(params, MAX_PAGE)
    found = _rowset(query, tiktok.world, epoch, switches)
    if found.cut:
        headers[THROTTLE_HEADER] = "1"
    _check_ids(query, found, switches)
    _check_page(len(found), page, size, switches)
    data = _paged(_report_rows(found, request, page, size, switches), page, size, len(found))
    if totals and page == 1 and isinstance(found, Rowset):
        data["total_metrics"] = found.total_metrics()
    return data


def _report_rows(found: Rowset | CenterRowset, request: Request, page: int, size: int, switches: Switches) -> list[Any]:
    first, last = (page - 1) * size, page * size
    if switches.report_order == "listed" or found.query.order_field:
        rows = found.rows(first, last)
    else:
        # TikTok promises no order at all without order_field.
        salt = request.call if switches.report_order == "unstable" else 0
        rows = [found.row(key, {}) for key in _shuffled(found, salt)[first:last]]
    if switches.decimal_counts:
        rows = [_rewritten(row, _decimal_count) for row in rows]
    return rows if switches.report_numbers_as_text else [_rewritten(row, _number) for row in rows]


def _shuffled(found: Rowset | CenterRowset, salt: int) -> list[Key]:
    """The rows in another order; each salt gives its own."""
    return sorted(found.keys(), key=lambda key: mix(salt * 7919 + key[0] * 1_000_003 + key[1] * 1009 + key[2]))


def _rewritten(row: dict[str, dict[str, Any]], write: Callable[[str, str], Any]) -> dict[str, Any]:
    texts = {name: write(name, text) for name, text in row["metrics"].items() if isinstance(text, str)}
    return {**row, "metrics": {**row["metrics"], **texts}}


def _decimal_count(name: str, text: str) -> str:
    return f"{text}.0" if METRICS[name].unit == "count" and text.isdigit() else text


def _number(name: str, text: str) -> Any:
    if name.endswith("_id") or not text.replace(".", "", 1).isdigit() or not text.isascii():
        return text
    return float(text) if "." in text else int(text)


ENDPOINTS: Mapping[str, tuple[str, Handler]] = {
    "oauth2/access_token": ("POST", _access_token),
    "oauth2/advertiser/get": ("GET", _account_list),
    "advertiser/info": ("GET", _advertiser_info),
    "user/info": ("GET", _user_info),
    "campaign/get": ("GET", _entities("campaign")),
    "adgroup/get": ("GET", _entities("adgroup")),
    "ad/get": ("GET", _entities(AD)),
    "report/integrated/get": ("GET", _report),
    **LIST_ENDPOINTS,
    **TASK_ENDPOINTS,
    "gmv_max/report/get": ("GET", _gmv_report),
    "creative/report/get": ("GET", _creative_report),
    "smart_plus/material_report/overview": ("GET", _material_report(by_ad=True)),
    "smart_plus/material_report/breakdown": ("GET", _material_report(by_ad=False)),
}
