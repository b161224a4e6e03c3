"""BigQuery's REST API, version 2, as one object that turns a request into an answer."""

from __future__ import annotations

import base64
import itertools
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from .account import Account, TokenRefusal
from .clock import Clock
from .contract import Contract, Usage
from .faults import BEFORE, Faults, Rule
from .jobs import Job, Results, page_start, page_token
from .query import LEAST_BYTES, Plan, Planner, Reader
from .refusal import Refusal, not_found
from .store import Entry, Store
from .world import DATA_PROJECT, World

PREFIX = "/bigquery/v2/"
OPERATIONS = (
    "token",
    "datasets.list",
    "datasets.get",
    "tables.list",
    "tables.get",
    "query",
    "dry_run",
    "results",
    "jobs.insert",
    "jobs.get",
    "jobs.list",
    "other",
)
STARTS_JOB = ("query", "dry_run", "jobs.insert")
ROUTES = (
    ("GET", r"projects/(?P<project>[^/]+)/datasets", "datasets.list"),
    ("GET", r"projects/(?P<project>[^/]+)/datasets/(?P<dataset>[^/]+)", "datasets.get"),
    ("GET", r"projects/(?P<project>[^/]+)/datasets/(?P<dataset>[^/]+)/tables", "tables.list"),
    ("GET", r"projects/(?P<project>[^/]+)/datasets/(?P<dataset>[^/]+)/tables/(?P<table>[^/]+)", "tables.get"),
    ("POST", r"projects/(?P<project>[^/]+)/queries", "query"),
    ("GET", r"projects/(?P<project>[^/]+)/queries/(?P<job>[^/]+)", "results"),
    ("POST", r"projects/(?P<project>[^/]+)/jobs", "jobs.insert"),
    ("GET", r"projects/(?P<project>[^/]+)/jobs", "jobs.list"),
    ("GET", r"projects/(?P<project>[^/]+)/jobs/(?P<job>[^/]+)", "jobs.get"),
)
QUERY_FIELDS = {
    "query", "useLegacySql", "location", "dryRun", "maximumBytesBilled", "maxResults", "timeoutMs", "useQueryCache",
    "requestId", "formatOptions", "defaultDataset", "labels", "jobCreationMode", "kind", "priority", "jobTimeoutMs",
    "parameterMode", "queryParameters", "createSession", "connectionProperties", "preserveNulls",
}  # fmt: skip
"""What a query's body may hold (BigQuery v2 discovery document, QueryRequest)."""
MULTI_REGIONS = ("US", "EU")
RESULTS_LAST = timedelta(hours=24)


@dataclass
class Switches:
    """What differs between accounts, or what no source settles."""

    first_page: int = 10 * 10**6
    """Bytes of a query's own answer."""
    next_page: int = 20 * 10**6
    """Bytes of a further page."""
    list_page: int = 50
    """Datasets, tables or jobs in one answer."""
    least_bytes: int = LEAST_BYTES
    """The least that a query is billed for each table it names."""
    told_bytes: str = "all"
    """Where byte figures are given: `all`, `answers` (a dry run says 0), `none` (withheld everywhere)."""
    billed_in_answers: bool = True
    """Whether an answer gives totalBytesBilled."""
    project_in_errors: bool = True
    """Whether the error of a missing partition filter names the table with its project."""
    job_location: bool = True
    """Whether an answer's jobReference gives the location."""
    unreachable: tuple[str, ...] = ()
    """Locations that do not answer a list of datasets."""
    gzip: bool = True
    """Whether answers are packed for those who accept it."""
    jobs_last: bool = True
    """Whether results are gone after 24 hours."""

    def update(self, positions: Mapping[str, Any]) -> None:
        """Set some by name."""
        known = {each.name for each in fields(self)}
        for name, position in positions.items():
            if name not in known:
                raise ValueError(f"no switch is called {name}")
            setattr(self, name, tuple(position) if isinstance(position, list) else position)


@dataclass
class Request:
    """What came in."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass
class Answer:
    """What goes out; `rules` are the faults that the shell has still to play."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=UTF-8"
    rules: list[Rule] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Call:
    """One request while it is being answered."""

    op: str
    path: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]
    rules: list[Rule]
    entry: dict[str, Any]

    def rule(self, kind: str) -> Rule | None:
        """The fault of this kind that befalls it."""
        return next((rule for rule in self.rules if rule.kind == kind), None)


class BigQuery:
    """A world, its clock, its contract, its one account, and all that was asked."""

    def __init__(
        self,
        world: World,
        contract: Contract | None = None,
        switches: Switches | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Nothing has been asked yet."""
        self.store = Store(world)
        self.clock = clock or Clock(world.start)
        self.switches = switches or Switches()
        self.account = Account()
        self.usage = Usage(contract or Contract())
        self.faults = Faults()
        self.results = Results(self.store)
        self.jobs: dict[str, Job] = {}
        self.log: list[dict[str, Any]] = []
        self.token_address = ""
        self._numbers = itertools.count(1)
        self._requests: dict[str, Job] = {}
        self._answers: dict[str, Callable[[Call], dict[str, Any]]] = {
            "datasets.list": self._datasets,
            "datasets.get": self._dataset,
            "tables.list": self._tables,
            "tables.get": self._table,
            "query": self._query,
            "dry_run": self._query,
            "results": self._results,
            "jobs.insert": self._insert,
            "jobs.get": self._job,
            "jobs.list": self._jobs,
        }

    def restart_counters(self) -> None:
        """Forget what was used and asked; the contract, clock and data stay."""
        self.usage = Usage(self.usage.contract)
        self.log.clear()

    def answer(self, request: Request) -> Answer:
        """The answer to a request, counted and logged."""
        parts = urlsplit(request.target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/token":
            return self._token(request)
        op, path = _route(request.method, parts.path)
        body = _json(request.body)
        if op == "query" and body.get("dryRun"):
            op = "dry_run"
        sql = _sql(op, body)
        entry = self._logged(request.method, parts.path, op, sql, path)
        with self.store.lock:
            return self._api(Call(op, path, query, body, [], entry), request)

    def _logged(self, method: str, path: str, op: str, sql: str, parts: Mapping[str, str]) -> dict[str, Any]:
        self.clock.tick()
        entry: dict[str, Any] = {
            "n": len(self.log) + 1,
            "clock": self.clock.now.isoformat(),
            "at": time.monotonic(),
            "method": method,
            "path": path,
            "op": op,
            "project": parts.get("project", ""),
            "sql": sql,
            "counted": False,
            "status": 0,
            "reason": "",
            "billed": 0,
            "size": 0,
            "rows": 0,
            "cache_hit": False,
            "faults": [],
        }
        self.log.append(entry)
        return entry

    def _api(self, call: Call, request: Request) -> Answer:
        entry = call.entry
        try:
            entry["counted"] = self._count(call.op)
            call.rules = self.faults.due(call.op, entry["sql"] or self._sql_of(call))
            entry["faults"] = [rule.kind for rule in call.rules]
            spoiled = self._before(call)
            if spoiled:
                entry["status"] = spoiled.status
                return spoiled
            self.account.check(request.headers.get("Authorization", ""))
            body = self._answer(call)
        except Refusal as refusal:
            entry.update(status=refusal.status, reason=refusal.reason)
            return Answer(refusal.status, json.dumps(refusal.body()).encode(), rules=call.rules)
        entry["status"] = 200
        rows = body.pop("rows_json", None)
        text = json.dumps(body).encode()
        if rows:
            text = text[:-1] + b', "rows": [' + rows + b"]}"
        return Answer(200, text, rules=call.rules)

    def _count(self, op: str) -> bool:
        return self.usage.call(self.clock.now, op in STARTS_JOB)

    def _sql_of(self, call: Call) -> str:
        job = self.jobs.get(call.path.get("job", ""))
        return job.sql if job else ""

    def _before(self, call: Call) -> Answer | None:
        """What happens before the request is looked at."""
        for rule in call.rules:
            if rule.kind == "http":
                page = f"<html><head><title>Error {rule.status}</title></head><body>Error {rule.status}</body></html>"
                return Answer(rule.status, page.encode(), "text/html; charset=UTF-8", headers=rule.headers)
            if rule.kind == "reason":
                refusal = Refusal(rule.reason, rule.message or f"{rule.reason}: try again.", rule.status or None)
                call.entry["reason"] = rule.reason
                return Answer(refusal.status, json.dumps(refusal.body()).encode(), headers=rule.headers)
            if rule.kind == "unauthorized":
                raise Refusal("authError", "Request had invalid authentication credentials.")
            if rule.kind == "job_gone":
                raise not_found(f"Job {call.path.get('project')}:{call.path.get('job')}")
            if rule.kind == "token_gone":
                raise Refusal("invalid", f"Invalid value for pageToken: {call.query.get('pageToken', '')[:20]}")
            if rule.kind in BEFORE:
                return Answer(0, b"", rules=[rule])
        return None

    def _answer(self, call: Call) -> dict[str, Any]:
        if call.op == "other":
            self.usage.breach("write", self.clock.now, f"{call.entry['method']} {call.entry['path']}")
            raise Refusal("accessDenied", "Access Denied: this data may only be read.")
        return self._answers[call.op](call)

    def _token(self, request: Request) -> Answer:
        """The token endpoint; its requests are no calls."""
        entry = self._logged(request.method, "/token", "token", "", {})
        rules = self.faults.due("token", "")
        call = Call("token", {}, {}, {}, rules, entry)
        entry["faults"] = [rule.kind for rule in rules]
        try:
            spoiled = self._before(call)
        except Refusal as refusal:
            spoiled = Answer(refusal.status, json.dumps(refusal.body()).encode())
        if spoiled:
            entry["status"] = spoiled.status
            return spoiled
        form = {name: values[-1] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        try:
            given = json.dumps(self.account.token(form, self.token_address)).encode()
        except TokenRefusal as refusal:
            entry["status"] = 400
            return Answer(400, refusal.body, rules=rules)
        entry["status"] = 200
        return Answer(200, given, rules=rules)

    # Lists

    def _datasets(self, call: Call) -> dict[str, Any]:
        visible = (
            [] if call.path["project"] != DATA_PROJECT else sorted(set(self.store.locations) - self.account.hidden)
        )
        reached = [name for name in visible if self.store.locations[name] not in self.switches.unreachable]
        resources = [self._dataset_resource(name) for name in reached]
        answer = {"kind": "bigquery#datasetList", **self._listed("datasets", resources, call)}
        if self.switches.unreachable:
            answer["unreachable"] = list(self.switches.unreachable)
        return answer

    def _listed(self, name: str, resources: list[Any], call: Call) -> dict[str, Any]:
        """A page of a list; an empty one leaves its field out."""
        start = _list_start(call.query.get("pageToken", ""))
        size = min(int(call.query.get("maxResults") or self.switches.list_page), self.switches.list_page)
        page: dict[str, Any] = {"etag": "etag"}
        if resources[start : start + size] and not call.rule("empty_page"):
            page[name] = resources[start : start + size]
        if start + size < len(resources) and not call.rule("end_early"):
            page["nextPageToken"] = base64.urlsafe_b64encode(f"list {start + size}".encode()).decode()
        if call.rule("empty_page"):
            # A token of its own: one that comes again would lead round for ever.
            page["nextPageToken"] = base64.urlsafe_b64encode(f"list {start:06}".encode()).decode()
        return page

    def _dataset_resource(self, name: str) -> dict[str, Any]:
        return {
            "kind": "bigquery#dataset",
            "id": f"{DATA_PROJECT}:{name}",
            "datasetReference": {"datasetId": name, "projectId": DATA_PROJECT},
            "location": self.store.locations[name],
        }

    def _known(self, call: Call) -> str:
        """The dataset of a path, if the account sees it."""
        name = call.path["dataset"]
        if call.path["project"] != DATA_PROJECT or name not in self.store.locations or name in self.account.hidden:
            raise not_found(f"Dataset {call.path['project']}:{name}")
        return name

    def _dataset(self, call: Call) -> dict[str, Any]:
        return self._dataset_resource(self._known(call))

    def _tables(self, call: Call) -> dict[str, Any]:
        name = self._known(call)
        self._check_metadata(name)
        entries = [entry for (dataset, _), entry in sorted(self.store.tables.items()) if dataset == name]
        resources = [_brief(entry) for entry in entries]
        return {
            "kind": "bigquery#tableList",
            "totalItems": len(resources),
            **self._listed("tables", resources, call),
        }

    def _check_metadata(self, dataset: str) -> None:
        if not self.account.may_see(dataset):
            raise Refusal(
                "accessDenied",
                f"Access Denied: Dataset {DATA_PROJECT}:{dataset}: Permission bigquery.tables.list denied on dataset "
                f"{DATA_PROJECT}:{dataset} (or it may not exist).",
            )

    def _table(self, call: Call) -> dict[str, Any]:
        dataset = self._known(call)
        self._check_metadata(dataset)
        entry = self.store.tables.get((dataset, call.path["table"]))
        if entry is None:
            raise not_found(f"Table {DATA_PROJECT}:{dataset}.{call.path['table']}")
        resource = _brief(entry)
        resource["schema"] = {"fields": [column.resource() for column in entry.columns]}
        resource["location"] = self.store.locations[dataset]
        if entry.spec.description:
            resource["description"] = entry.spec.description
        if not entry.is_view:
            weights = self.store.weights(entry, self.clock.now)
            resource["numBytes"] = str(sum(sum(sizes.values()) for sizes in weights.values()))
            if entry.partition:
                resource["requirePartitionFilter"] = entry.spec.require_filter
        return resource

    # Queries

    def _planner(self) -> Planner:
        reader = Reader(
            lambda dataset, table: self.account.may_read(dataset, table) and dataset not in self.account.hidden,
            lambda dataset: self.account.may_list(dataset) and dataset not in self.account.hidden,
            self.switches.project_in_errors,
            self.switches.least_bytes,
        )
        return Planner(self.store, self.clock.now, reader)

    def _planned(self, call: Call, config: Mapping[str, Any]) -> tuple[Plan, str]:
        """The plan of a query and its location; what BigQuery or the contract forbids is refused."""
        project = call.path["project"]
        self.account.check_project(project)
        if config.get("useLegacySql", True):
            raise Refusal("invalidQuery", "Legacy SQL: table names in back quotes are not understood.")
        if config.get("queryParameters"):
            raise Refusal("invalid", "Query parameters are not known to this server.")
        default = (config.get("defaultDataset") or {}).get("datasetId", "")
        location = config.get("location") or self._placed(str(config.get("query", "")))
        try:
            plan = self._planner().plan(str(config.get("query", "")), location, project, default)
        except Refusal as refusal:
            if "may only be read" in refusal.message:
                self.usage.breach("write", self.clock.now, str(config.get("query")))
            raise
        if plan.wildcard:
            self.usage.breach("wildcard", self.clock.now, str(config.get("query")))
        return plan, location

    def _placed(self, sql: str) -> str:
        """Where a query runs that names no location: with the first dataset that it names."""
        found = [(sql.find(name), location) for name, location in self.store.locations.items() if name in sql]
        return min(found)[1] if found else "US"

    def _query(self, call: Call) -> dict[str, Any]:
        unknown = set(call.body) - QUERY_FIELDS
        if unknown:
            raise Refusal(
                "invalid", f'Invalid JSON payload received. Unknown name "{min(unknown)}": Cannot find field.'
            )
        plan, location = self._planned(call, call.body)
        if call.body.get("dryRun"):
            return self._dry(call, plan, location)
        job = self._started(call, plan, location, call.body, str(call.body.get("requestId", "")))
        options = call.body.get("formatOptions") or {}
        timestamps = _timestamps({name: str(value) for name, value in options.items()})
        self._render(job, timestamps)
        answer = {
            "kind": "bigquery#queryResponse",
            "jobReference": self._reference(job),
            "queryId": job.id,
            **self._bytes(job),
        }
        if job.pending:
            return {**answer, "jobComplete": False}
        most = int(call.body["maxResults"]) if "maxResults" in call.body else None
        return {**answer, **self._page(call, job, 0, self.switches.first_page, most, timestamps)}

    def _dry(self, call: Call, plan: Plan, location: str) -> dict[str, Any]:
        told = plan.processed if self.switches.told_bytes == "all" else 0
        call.entry["processed"] = plan.processed
        return {
            "kind": "bigquery#queryResponse",
            "jobReference": {"projectId": call.path["project"], **self._location(location)},
            "jobComplete": True,
            "cacheHit": False,
            "schema": {"fields": [column.resource() for column in plan.fields]},
            "totalBytesProcessed": str(told),
        }

    def _render(self, job: Job, timestamps: str) -> None:
        self.results.run(job, timestamps)

    def _started(self, call: Call, plan: Plan, location: str, config: Mapping[str, Any], request_id: str) -> Job:
        """The job of a query: a new one, or that of the same request; billed unless its answer is cached."""
        if request_id and request_id in self._requests and self._requests[request_id].sql == config["query"]:
            return self._requests[request_id]
        origin = self._cached(call, plan, location, config)
        cap = config.get("maximumBytesBilled")
        if not origin and cap is not None and plan.billed > int(cap):
            raise Refusal(
                "bytesBilledLimitExceeded",
                f"Query exceeded limit for bytes billed: {cap}. {plan.billed} or higher required.",
            )
        billed = 0 if origin else plan.billed
        self.usage.bill(self.clock.now, billed)
        number = next(self._numbers)
        job = Job(
            number=number,
            id=f"job_{number:06}_{self.store.world.seed}",
            project=call.path["project"],
            location=location,
            sql=str(config["query"]),
            plan=plan,
            created=self.clock.now,
            seed=origin.seed if origin else number,
            cache_hit=bool(origin),
            processed=0 if origin else plan.processed,
            billed=billed,
            version=self.store.version,
            labels=dict(config.get("labels") or {}),
        )
        if origin:
            job.plan = origin.plan
        pending = call.rule("pending")
        job.pending = pending.polls if pending else 0
        self.jobs[job.id] = job
        if request_id:
            self._requests[request_id] = job
        call.entry.update(billed=job.billed, processed=job.processed, cache_hit=job.cache_hit, job=job.id)
        return job

    def _cached(self, call: Call, plan: Plan, location: str, config: Mapping[str, Any]) -> Job | None:
        """A job of the last 24 hours with the same text over the same rows."""
        if config.get("useQueryCache") is False or not plan.cacheable or not plan.tables:
            return None
        for job in reversed(self.jobs.values()):
            same = job.sql == config["query"] and job.location == location and job.project == call.path["project"]
            fresh = job.version == self.store.version and self.clock.now - job.created < RESULTS_LAST
            if same and fresh and not job.cache_hit and job.plan.sql == plan.sql:
                return job
        return None

    def _bytes(self, job: Job) -> dict[str, Any]:
        told = self.switches.told_bytes != "none"
        answer: dict[str, Any] = {"totalBytesProcessed": str(job.processed if told else 0), "cacheHit": job.cache_hit}
        if self.switches.billed_in_answers and told:
            answer["totalBytesBilled"] = str(job.billed)
        return answer

    def _location(self, location: str) -> dict[str, str]:
        return {"location": location} if self.switches.job_location else {}

    def _reference(self, job: Job) -> dict[str, str]:
        return {"projectId": job.project, "jobId": job.id, **self._location(job.location)}

    def _page(self, call: Call, job: Job, start: int, room: int, most: int | None, timestamps: str) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "jobComplete": True,
            "schema": {"fields": [column.resource() for column in job.plan.fields]},
            "totalRows": str(job.total),
        }
        if call.rule("no_total"):
            del answer["totalRows"]
        if call.rule("empty_page"):
            return {**answer, "pageToken": page_token(job, start)}
        if most == 0:
            return {**answer, **({"pageToken": page_token(job, start)} if job.total > start else {})}
        rows, end = self.results.page(job, start, room, most, timestamps)
        if call.rule("short") and rows:
            rows, _ = self.results.page(job, start, room, max(1, end - start - 1), timestamps)
        self.usage.download(self.clock.now, self.results.size(job, 0, end, timestamps))
        call.entry.update(size=len(rows), rows=end - start)
        if end < job.total and not call.rule("end_early"):
            answer["pageToken"] = page_token(job, end)
        return {**answer, "rows_json": rows}

    def _found(self, call: Call) -> Job:
        """The job of a path, in the location that the request names."""
        job = self.jobs.get(call.path["job"])
        location = call.query.get("location", "")
        wanted = {job.location, *(("",) if job.location in MULTI_REGIONS else ())} if job else set()
        expired = job and self.switches.jobs_last and self.clock.now - job.created > RESULTS_LAST
        if job is None or expired or job.project != call.path["project"] or location not in wanted:
            where = f":{location}" if location else ""
            raise not_found(f"Job {call.path['project']}{where}.{call.path['job']}")
        return job

    def _results(self, call: Call) -> dict[str, Any]:
        job = self._found(call)
        answer = {
            "kind": "bigquery#getQueryResultsResponse",
            "etag": "etag",
            "jobReference": self._reference(job),
            **self._bytes(job),
        }
        if job.pending:
            job.pending -= 1
            return {**answer, "jobComplete": False}
        token = call.query.get("pageToken", "")
        start = page_start(job, token) if token else int(call.query.get("startIndex", 0))
        most = int(call.query["maxResults"]) if "maxResults" in call.query else None
        options = {name.removeprefix("formatOptions."): value for name, value in call.query.items()}
        return {**answer, **self._page(call, job, start, self.switches.next_page, most, _timestamps(options))}

    # Jobs

    def _insert(self, call: Call) -> dict[str, Any]:
        configuration = call.body.get("configuration") or {}
        query = configuration.get("query")
        reference = call.body.get("jobReference") or {}
        if not query:
            self.usage.breach("write", self.clock.now, f"a job of another kind: {sorted(configuration)}")
            raise Refusal("accessDenied", "Access Denied: this data may only be read.")
        if query.get("destinationTable"):
            self.usage.breach("write", self.clock.now, "a destination table")
            raise Refusal("accessDenied", "Access Denied: Permission bigquery.tables.create denied.")
        config = {**query, "location": reference.get("location", ""), "labels": configuration.get("labels")}
        plan, location = self._planned(call, config)
        if configuration.get("dryRun"):
            dry = self._dry(call, plan, location)
            statistics = {
                "totalBytesProcessed": dry["totalBytesProcessed"],
                "query": {
                    "totalBytesProcessed": dry["totalBytesProcessed"],
                    "totalBytesProcessedAccuracy": "PRECISE",
                    "schema": dry["schema"],
                    "cacheHit": False,
                },
            }
            return {
                "kind": "bigquery#job",
                "jobReference": dry["jobReference"],
                "configuration": configuration,
                "status": {"state": "DONE"},
                "statistics": statistics,
            }
        job = self._started(call, plan, location, config, str(reference.get("jobId", "")))
        if reference.get("jobId") and job.id != reference["jobId"]:
            del self.jobs[job.id]
            job.id = reference["jobId"]
            self.jobs[job.id] = job
        self._render(job, "int")
        return self._job_resource(job)

    def _job_resource(self, job: Job) -> dict[str, Any]:
        moment = str(int(job.created.timestamp() * 1000))
        billed = self._bytes(job)
        return {
            "kind": "bigquery#job",
            "id": f"{job.project}:{job.location}.{job.id}",
            "jobReference": self._reference(job),
            "user_email": self.account.email,
            "configuration": {
                "jobType": "QUERY",
                "labels": job.labels,
                "query": {"query": job.sql, "useLegacySql": False},
            },
            "status": {"state": "RUNNING" if job.pending else "DONE"},
            "statistics": {
                "creationTime": moment,
                "startTime": moment,
                "endTime": moment,
                "totalBytesProcessed": billed["totalBytesProcessed"],
                "query": {**billed, "statementType": "SELECT"},
            },
        }

    def _job(self, call: Call) -> dict[str, Any]:
        job = self._found(call)
        resource = self._job_resource(job)
        job.pending = max(0, job.pending - 1)
        return resource

    def _jobs(self, call: Call) -> dict[str, Any]:
        project = call.path["project"]
        if not self.account.may_list_jobs:
            raise Refusal("accessDenied", f"Access Denied: Project {project}: Permission bigquery.jobs.list denied.")
        self.account.check_project(project)
        since = int(call.query.get("minCreationTime", 0))
        own = [job for job in reversed(self.jobs.values()) if job.project == project]
        recent = [job for job in own if job.created.timestamp() * 1000 >= since]
        return {"kind": "bigquery#jobList", **self._listed("jobs", [self._listed_job(job) for job in recent], call)}

    def _listed_job(self, job: Job) -> dict[str, Any]:
        return {**self._job_resource(job), "state": "RUNNING" if job.pending else "DONE"}


def _route(method: str, path: str) -> tuple[str, dict[str, str]]:
    if path.startswith(PREFIX):
        for verb, pattern, op in ROUTES:
            found = re.fullmatch(pattern, path[len(PREFIX) :])
            if found and method == verb:
                return op, {name: unquote(value) for name, value in found.groupdict().items()}
    return "other", {}


def _json(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body) if body else {}
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _sql(op: str, body: Mapping[str, Any]) -> str:
    if op == "jobs.insert":
        return str(((body.get("configuration") or {}).get("query") or {}).get("query", ""))
    return str(body.get("query", "")) if op in ("query", "dry_run") else ""


def _list_start(token: str) -> int:
    if not token:
        return 0
    try:
        word, start = base64.urlsafe_b64decode(token.encode()).decode().split()
    except ValueError:
        word, start = "", "0"
    if word != "list":
        raise Refusal("invalid", "Invalid page token.")
    return int(start)


def _timestamps(options: Mapping[str, str]) -> str:
    if options.get("timestampOutputFormat") == "ISO8601_STRING":
        return "text"
    if options.get("useInt64Timestamp", "").lower() == "true" or options.get("timestampOutputFormat") == "INT64":
        return "int"
    return "float"


def _brief(entry: Entry) -> dict[str, Any]:
    name = entry.spec.name
    brief: dict[str, Any] = {
        "kind": "bigquery#table",
        "id": f"{DATA_PROJECT}:{entry.dataset}.{name}",
        "tableReference": {"projectId": DATA_PROJECT, "datasetId": entry.dataset, "tableId": name},
        "type": "VIEW" if entry.is_view else "TABLE",
        "creationTime": str(int(datetime(2020, 1, 1, tzinfo=timezone.utc).timestamp() * 1000)),
    }
    if entry.is_view:
        brief["view"] = {"useLegacySql": False}
    elif entry.partition:
        brief["timePartitioning"] = {"type": "DAY", "field": entry.partition.name}
    return brief
