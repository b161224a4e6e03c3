"""Files that TikTok writes on request: tasks are created, asked about, and forgotten after a month.

The simulator's clock stands still while it is asked, so a task is done when it has been asked about often enough.
"""

from __future__ import annotations

import csv
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import count
from typing import TYPE_CHECKING, Any

import orjson

from .assets import CHANGE, LEAD, PAGE, Asset, assets
from .entities import moment
from .list_facts import TASK_LISTS
from .listed.creatives import LIBRARY_BASE, PAGE_TYPES, is_moved
from .lists import check_permission
from .lists import checked as checked_value
from .refusal import Params, Refusal, bad
from .world import DAY, Advertiser, World

if TYPE_CHECKING:
    from .endpoints import Request, TikTok

Row = dict[str, Any]
Sent = Mapping[str, Any]

BASE = 7_602_000_000_000_000_000
LIVES_DAYS = 30
"""How long a task is known: documented for those of reports (reference copy), unverified for others."""

CHECKS = 2
"""How often a task is asked about until it is done."""


@dataclass
class Written:
    """One task: who created it when, what it asks for, and how often it was asked about."""

    path: str
    sent: Sent
    owner: str
    epoch: int
    checks: int = 0


@dataclass
class TaskStore:
    """All tasks, by id."""

    tasks: dict[str, Written] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def create(self, task: Written) -> str:
        """A new task and its id."""
        with self._lock:
            id = str(BASE + next(self._numbers))
            self.tasks[id] = task
        return id

    def find(self, path: str, id: str, owner: str, epoch: int) -> Written:
        """A task of that owner; refused where there is none, or no longer (the code is unverified)."""
        task = self.tasks.get(id)
        known = task is not None and (task.path, task.owner) == (path, owner)
        if task is None or not known or epoch - task.epoch > LIVES_DAYS * DAY:
            raise Refusal(40007, f"task_id: The task {id} does not exist.")
        return task


@dataclass(frozen=True)
class Kind:
    """A kind of task: which rows its file has, how they are written, and what its states are called."""

    rows: Callable[[World, int, Sent, str], list[Row]]
    write: Callable[[list[Row], Any, str], Any]
    running: str
    done: str


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that a request carries. Raises Refusal."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise bad("Content-Type must be application/json.")
    try:
        body = orjson.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise bad("The request body is not a JSON object.")
    return body


def sent_by(path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a new task, checked as strictly as those of lists."""
    params = TASK_LISTS[path].params
    for name in body:
        if name not in params:
            raise bad(f"{name}: Unknown parameter.")
    for name, spec in params.items():
        if spec.required and name not in body:
            raise bad(f"{name}: Missing data for required field.")
    return {name: checked_value(params[name], value) for name, value in body.items()}


def owner_of(account_id: str, request: Request, tiktok: TikTok) -> Advertiser:
    """The account a request names. Raises Refusal where the token does not read it."""
    readable = tiktok.access.readable(request.headers.get("access-token", ""))
    found = tiktok.world.advertiser(account_id)
    if found is None or account_id not in readable:
        raise Refusal(40001, f"No permission to operate advertiser {account_id}")
    return found


def _create(request: Request, tiktok: TikTok, epoch: int, headers: dict[str, str]) -> Any:
    path = request.endpoint
    tiktok.access.readable(request.headers.get("access-token", ""))
    sent = sent_by(path, body_of(request))
    check_permission(path, request, tiktok)
    owner_of(sent["advertiser_id"], request, tiktok)
    KINDS[path].rows(tiktok.world, epoch, sent, sent["advertiser_id"])
    return {"task_id": tiktok.tasks.create(Written(path, sent, sent["advertiser_id"], epoch))}


def _found(path: str, request: Request, tiktok: TikTok, epoch: int) -> Written:
    params = Params(request.query, ("advertiser_id", "task_id"))
    owner = owner_of(params.text("advertiser_id"), request, tiktok).advertiser_id
    return tiktok.tasks.find(path, params.text("task_id"), owner, epoch)


def checked(path: str) -> Callable[[Request, TikTok, int, dict[str, str]], Any]:
    """The endpoint that says how far a task is."""

    def handler(request: Request, tiktok: TikTok, epoch: int, headers: dict[str, str]) -> Any:
        task = _found(path, request, tiktok, epoch)
        task.checks += 1
        return {"status": KINDS[path].done if is_done(task, epoch) else KINDS[path].running}

    return handler


def is_done(task: Written, epoch: int) -> bool:
    """Whether a task has been asked about often enough, or time has passed since it was created."""
    return task.checks >= CHECKS or epoch > task.epoch


def downloaded(path: str) -> Callable[[Request, TikTok, int, dict[str, str]], Any]:
    """The endpoint that gives a task's file; the rows are those of the moment it was created."""

    def handler(request: Request, tiktok: TikTok, epoch: int, headers: dict[str, str]) -> Any:
        task = _found(path, request, tiktok, epoch)
        kind = KINDS[path]
        if not is_done(task, epoch):
            raise Refusal(40201, "The task is not ready.")
        rows = kind.rows(tiktok.world, task.epoch, task.sent, task.owner)
        return kind.write(rows, tiktok.switches, request.first("task_id"))

    return handler


# The change log of an account.

OBJECTS = (("Campaign", "Budget & Schedule"), ("Ad group", "On/Off Status"), ("Ad", "Settings"), ("Ad group", "Bid"))


def _span(sent: Sent) -> tuple[str, str]:
    """The time asked for; both ends are included, and at most 30 days apart (reference copy, one source)."""
    times = []
    for name, usual in (("start_time", "2000-01-01 00:00:00"), ("end_time", "2000-01-31 00:00:00")):
        try:
            times.append(datetime.fromisoformat(sent.get(name, usual)).replace(tzinfo=timezone.utc))
        except ValueError:
            raise bad(f"{name}: Not a valid datetime, write YYYY-MM-DD HH:MM:SS.") from None
    if not 0 <= (times[1] - times[0]).total_seconds() <= 30 * DAY:
        raise bad("The time range must hold at most 30 days.")
    return str(times[0])[:19], str(times[1])[:19]


def changes(world: World, epoch: int, sent: Sent, owner: str) -> list[Row]:
    """The changes of an account in the time asked for, oldest first; every sixth was made twice within a minute."""
    if sent.get("timezone", "UTC") != "UTC":
        raise bad("timezone: not part of the simulation.")
    first, last = _span(sent)
    return [row for at, row in _changes(world, epoch, owner) if first <= at <= last]


def every_change(world: World, epoch: int, query: Mapping[str, list[str]]) -> list[Row]:
    """All changes of an account by now."""
    return [row for _, row in _changes(world, epoch, query["advertiser_id"][0])]


def _changes(world: World, epoch: int, owner: str) -> Iterator[tuple[str, Row]]:
    account = world.advertiser(owner)
    assert account is not None
    for change in assets(world, CHANGE, account.index, epoch)[::-1]:
        yield from [(moment(change.created), _change(change))] * (2 if change.index % 6 == 3 else 1)


def _change(change: Asset) -> Row:
    kind, what = OBJECTS[change.index % len(OBJECTS)]
    made = {"action": "Change ", "name": what, "before_after": [_values(change)]}
    gone = {"action": "Delete", "name": kind}
    return {
        "time": moment(change.created)[:16],
        "object_type": kind,
        "object_id": str(change.number - 10**17),
        "object": what,
        "operator": f"m**{change.index}***t@gmail.com",
        "source": ("Marketing API", "Ads Manager, web")[change.index % 2],
        "app_id": str(BASE + change.index) if change.index % 2 == 0 else None,
        "activity_details": [gone] if change.index % 7 == 6 else [made],
    }


def _values(change: Asset) -> Row:
    if change.index % 4 == 2:
        return {"before": f'Sommar "{change.index}", ø\'s', "after": "Vinter\\2"}
    return {"before": f"{change.seed % 9000 / 100:.2f} USD", "after": f"{change.seed % 7000 / 100:.2f} USD"}


HEADS = ("Time", "log_object_type", "Object ID", "Object", "Operator", "Source", "App ID", "Activity details")
COUNTED = {"Budget changes": "Budget & Schedule", "Bid changes": "Bid", "Status changes": "On/Off Status"}


def change_file(rows: list[Row], switches: Any, id: str) -> Row:
    """The file as it stands in the answer: a printed dictionary of bytes (reference copy and two clients).

    With `change_log_as_json` it is JSON, with the bytes printed inside (a test of bububa/tiktok-business).
    """
    out = io.StringIO(newline="")
    for name, what in COUNTED.items():
        changed = sum(row["object"] == what and "before_after" in row["activity_details"][0] for row in rows)
        out.write(f"{name},{changed}\r\n")
    out.write("\r\n")
    writer = csv.writer(out)
    writer.writerow(HEADS)
    writer.writerows([*map(_cell, row.values())] for row in rows)
    text = out.getvalue()
    if switches.change_log_as_json:
        return {"status": "SUCCESS", "changelog": json.dumps({"file_data": f"b'{text}'", "file_name": f"{id}.csv"})}
    return {"status": "SUCCESS", "changelog": str({"file_data": text.encode(), "file_name": f"{id}.csv"})}


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return json.dumps([{name: _printed(inner) for name, inner in item.items()} for item in value])
    return value or ""


def _printed(value: Any) -> Any:
    """Values before and after a change stand as printed bytes."""
    if isinstance(value, list):
        return [{name: str(inner.encode()) for name, inner in item.items()} for item in value]
    return value


# The leads of a form.

HEADS_OF_LEADS = (
    *("lead_id", "created_time", "ad_id", "ad_name", "adgroup_id", "adgroup_name"),
    *("campaign_id", "campaign_name", "form_id", "form_name", "Name", "Email", "What, when?"),
)
REGIONS = ("", "eu", "us")
LEADS_IN_CSV = 2
"""Files of more leads are zipped; at TikTok, those of more than 10 MB (bububa/tiktok-business)."""


def _owner_of_forms(world: World, sent: Sent) -> tuple[Advertiser, bool]:
    """Whose forms are asked for, and whether a Business Center has taken them over. Raises Refusal."""
    for id in world.advertiser_ids:
        account = world.advertiser(id)
        assert account is not None
        if "advertiser_id" not in sent and sent.get("library_id") == str(LIBRARY_BASE + account.index):
            return account, True
        if sent.get("advertiser_id") == id:
            return account, False
    raise Refusal(40001, "No permission to operate the form library.")


def _forms(world: World, account: Advertiser, epoch: int, moved: bool) -> list[Asset]:
    found = assets(world, PAGE, account.index, epoch)
    return [
        form for form in found if PAGE_TYPES[form.index % len(PAGE_TYPES)] == "LEAD_GEN" and is_moved(form) == moved
    ]


def _leads(world: World, form: Asset, epoch: int) -> list[Asset]:
    return assets(world, LEAD, form.number % 99_991, epoch)


def _lead(form: Asset, lead: Asset) -> Row:
    number = lead.seed % 10**6
    return {
        "lead_id": lead.id,
        "create_time": moment(lead.created),
        "ad_id": str(BASE + number),
        "ad_name": f"Ad {number}",
        "adgroup_id": str(BASE + number + 10**6),
        "adgroup_name": f"Ad group {number}, ø",
        "campaign_id": str(BASE + number + 2 * 10**6),
        "campaign_name": f'Campaign "{number}"',
        "page_id": form.id,
        "form_name": f"Form {form.index}",
        "answers": {
            "Name": f"Person {number} Æ",
            "Email": f"person.{number}@example.org",
            "What, when?": ("", "at noon,\r\nor later", 'a "big" one')[number % 3],
        },
    }


def leads(world: World, epoch: int, sent: Sent, region: str) -> list[Row]:
    """The leads of one form in a region, newest first: which leads come without a region is unverified."""
    account, moved = _owner_of_forms(world, sent)
    form = next((one for one in _forms(world, account, epoch, moved) if one.id == sent.get("page_id")), None)
    if form is None:
        raise bad("page_id: The form does not exist.")
    return [_lead(form, lead) for lead in _leads(world, form, epoch) if REGIONS[lead.index % 3] == region]


def every_lead(world: World, epoch: int, query: Mapping[str, list[str]]) -> list[Row]:
    """All leads of an account's forms, those that a Business Center has taken over among them."""
    account = world.advertiser(query["advertiser_id"][0])
    assert account is not None
    forms = [form for moved in (False, True) for form in _forms(world, account, epoch, moved)]
    return [_lead(form, lead) for form in forms for lead in _leads(world, form, epoch)]


def lead_file(rows: list[Row], switches: Any, id: str) -> bytes:
    """The file itself, with the mark of its encoding in front (a client reads it so); zipped where it is large."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADS_OF_LEADS)
    for row in rows:
        told = {**row, "create_time": f"{row['create_time']}(UTC+00:00)", "ad_id": f"'{row['ad_id']}"}
        writer.writerow([*(told[name] for name in row if name != "answers"), *row["answers"].values()])
    content = out.getvalue().encode("utf-8-sig")
    if len(rows) <= LEADS_IN_CSV:
        return content
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{id}.csv", content)
    return packed.getvalue()


def _lead_task(request: Request, tiktok: TikTok, epoch: int, headers: dict[str, str]) -> Any:
    """Creates a task; with the id of one, says how far it is (reference copy and bububa/tiktok-business)."""
    path = request.endpoint
    tiktok.access.readable(request.headers.get("access-token", ""))
    sent = sent_by(path, body_of(request))
    check_permission(path, request, tiktok)
    if ("advertiser_id" in sent) == ("library_id" in sent) or ("ad_id" in sent) == ("page_id" in sent):
        raise bad("Give advertiser_id or library_id, and ad_id or page_id.")
    owner = _lead_owner(sent, request, tiktok)
    if "task_id" not in sent:
        leads(tiktok.world, epoch, sent, _region(request, tiktok))
        id = tiktok.tasks.create(Written(path, sent, owner, epoch))
        return {"task_id": id, "status": "CREATED"}
    task = tiktok.tasks.find(path, sent["task_id"], owner, epoch)
    task.checks += 1
    done = is_done(task, epoch)
    return {"task_id": sent["task_id"], "status": "SUCCEED" if done else "RUNNING"}


def _region(request: Request, tiktok: TikTok) -> str:
    region = request.headers.get("x-lead-region", "")
    if region not in REGIONS or (region and not tiktok.switches.lead_regions):
        raise bad("x-lead-region: Must be one of: eu, us.")
    return region


def _lead_owner(sent: Sent, request: Request, tiktok: TikTok) -> str:
    """The account or library that a request names, and its region, which the task is known by."""
    if "advertiser_id" in sent:
        owner_of(sent["advertiser_id"], request, tiktok)
    else:
        _owner_of_forms(tiktok.world, sent)
    return f"{sent.get('advertiser_id') or sent['library_id']} {_region(request, tiktok)}"


def _lead_download(request: Request, tiktok: TikTok, epoch: int, headers: dict[str, str]) -> Any:
    params = Params(request.query, ("advertiser_id", "library_id", "task_id"))
    sent = {name: params.text(name) for name in ("advertiser_id", "library_id") if name in params}
    if len(sent) != 1:
        raise bad("Give advertiser_id or library_id.")
    owner = _lead_owner(sent, request, tiktok)
    task = tiktok.tasks.find("page/lead/task", params.text("task_id"), owner, epoch)
    if not is_done(task, epoch):
        raise Refusal(40201, "The task is not ready.")
    rows = leads(tiktok.world, task.epoch, task.sent, _region(request, tiktok))
    return lead_file(rows, tiktok.switches, params.text("task_id"))


KINDS: Mapping[str, Kind] = {
    "changelog/task/create": Kind(changes, change_file, "PROCESSING", "SUCCESS"),
}
EVERY: Mapping[str, Callable[[World, int, Mapping[str, list[str]]], list[Row]]] = {
    "changelog/task/create": every_change,
    "page/lead/task": every_lead,
}
TASK_ENDPOINTS: Mapping[str, tuple[str, Callable[[Request, TikTok, int, dict[str, str]], Any]]] = {
    "changelog/task/create": ("POST", _create),
    "changelog/task/check": ("GET", checked("changelog/task/create")),
    "changelog/task/download": ("GET", downloaded("changelog/task/create")),
    "page/lead/task": ("POST", _lead_task),
    "page/lead/task/download": ("GET", _lead_download),
}
