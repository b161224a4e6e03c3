"""Faults drawn at random for the requests that a read makes: what TikTok might answer in their place."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .simulator import Simulator
from .simulator.answers import NOTATIONS
from .simulator.list_facts import LISTS

Rule = dict[str, Any]
Asked = Mapping[str, Any]

REPORT = "report/integrated/get"
INFO = "advertiser/info"
TOKENS_ACCOUNTS = "oauth2/advertiser/get"
REFUSALS: Sequence[tuple[int, str]] = (
    (40002, "Something went wrong, please try again."),
    (40002, "Invalid parameter."),
    (40001, "You do not have permission to access this resource."),
    (40105, "Access token is incorrect or has been revoked."),
    (40110, "Auth code has expired or has been used."),
    (40100, "Too many requests by this developer. Please retry in some time."),
    (40118, "The app or advertiser is not in the allowlist of this feature."),
    (40125, "The app does not have the permission of this scope."),
    (40300, "The advertiser is banned."),
    (50000, "System error, please try again later."),
    (51008, "Service error:"),
    (60001, "Downstream error."),
)
PASSING = ("busy", "html", "cut", "reset", "broken_gzip", "empty", "data_null", "no_page_info", "restricted")
# Endpoints whose rows say what other streams are asked for, and those streams.
PARENTS: Mapping[str, tuple[str, ...]] = {
    "gmv_max/store/list": ("gmv_max_", "shop_products"),
    "gmv_max/campaign/get": ("gmv_max_",),
    "pixel/list": ("pixel_event_statistics",),
    "catalog/get": ("product_sets", "products", "catalog_"),
    "identity/get": ("identity_posts",),
    "bc/get": ("business_center_", "catalogs", "product_sets", "products", "catalog_"),
    "adgroup/get": ("comments", "split_tests", "adgroup_negative_keywords", "adgroup_reviews"),
}
# The state remembers the shops, pixels and Business Centers that were asked about, but not the many ad groups, catalogs
# and GMV Max campaigns below: what one of these has while TikTok neither lists nor counts it is beyond notice, and rows
# by day come later within the look-back alone (docs/numbers.md). Here with the streams that lose such rows.
UNREMEMBERED: Mapping[str, tuple[str, ...]] = {
    "adgroup/get": ("comments",),
    "catalog/get": (),
    "gmv_max/campaign/get": PARENTS["gmv_max/campaign/get"],
}
# The streams that are those endpoints' own lists.
OWN = {
    "gmv_max_stores": "gmv_max/store/list",
    "gmv_max_campaigns": "gmv_max/campaign/get",
    "pixels": "pixel/list",
    "catalogs": "catalog/get",
    "identities": "identity/get",
    "business_centers": "bc/get",
    "adgroups": "adgroup/get",
}


@dataclass(frozen=True)
class Fault:
    """One fault: its rules, and the streams whose gap nobody could know of while it lasts.

    What such a stream lacks during the sync is not judged; the clean sync afterwards has to bring it, but not to the
    streams that are `lost` to it.
    """

    name: str
    rules: tuple[Rule, ...]
    hides: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    def blind(self, streams: Iterable[str]) -> Iterator[str]:
        """Those of the streams whose gap nobody could know of."""
        return (stream for stream in streams if stream.startswith(self.hides))

    def __str__(self) -> str:
        return f"{self.name}: {json.dumps(self.rules)}"


class Pool:
    """The requests of a clean read, from which targets are drawn."""

    def __init__(self, simulator: Simulator, streams: Sequence[str], log: Iterable[Mapping[str, Any]]) -> None:
        self.simulator = simulator
        self.streams = streams
        seen = {json.dumps([entry["path"], entry["query"]], sort_keys=True) for entry in log}
        self.asked: list[Asked] = [dict(zip(("path", "query"), json.loads(text), strict=True)) for text in sorted(seen)]

    @cached_property
    def main(self) -> list[Asked]:
        """The requests that are neither for the accounts nor about them."""
        return [asked for asked in self.asked if asked["path"] not in (INFO, TOKENS_ACCOUNTS)] or self.asked

    def of(self, fits: Callable[[Asked], bool]) -> list[Asked]:
        """The requests that fit."""
        return [asked for asked in self.main if fits(asked)]


def paged(asked: Asked) -> bool:
    """Whether the rows are counted and come in pages."""
    return "page" in asked["query"] or "page_size" in asked["query"]


def counted(asked: Asked) -> bool:
    """Whether the answer has a count of its rows."""
    path = asked["path"]
    return paged(asked) and (path not in LISTS or LISTS[path].paging == "page")


def of_reports(asked: Asked) -> bool:
    """Whether figures are asked for."""
    return asked["path"] == REPORT


def same(asked: Asked, chance: random.Random, *, account: float = 0.7, stream: float = 0.5) -> Rule:
    """The conditions of a rule for such requests: the endpoint, often the account, sometimes just this stream."""
    query = asked["query"]
    conditions: Rule = {"path": asked["path"]}
    if "advertiser_id" in query and chance.random() < account:
        conditions["advertiser_id"] = query["advertiser_id"]
    if chance.random() < stream:
        names = ("data_level", "dimensions", "asset_type", "business_types", "store_ids", "bc_id", "material_type")
        conditions["params"] = {name: query[name] for name in names if name in query}
    return conditions


def often(chance: random.Random) -> Rule:
    """How often a rule strikes: once, twice, on the first time of each request, or for the whole sync."""
    return chance.choice(({"times": 1}, {"times": 2}, {"once_per_request": True}, {}, {}))


Draw = Callable[[random.Random, Pool, bool], Fault | None]


def passing(chance: random.Random, pool: Pool, first: bool) -> Fault | None:
    """The wire breaks, or TikTok is busy, for a moment."""
    kind = chance.choice(PASSING)
    asked = chance.choice(pool.asked)
    how = chance.choice(({"times": 1}, {"once_per_request": True}))
    return Fault(f"{kind} for a moment", ({"kind": kind, **same(asked, chance), **how},))


def broken(chance: random.Random, pool: Pool, first: bool) -> Fault | None:
    """The wire is broken for one account all the time."""
    kind = chance.choice(("html", "reset", "empty", "data_null"))
    asked = chance.choice(pool.main)
    return Fault(f"{kind} for good", ({"kind": kind, **same(asked, chance, account=1)},))


def refused(chance: random.Random, pool: Pool, first: bool) -> Fault | None:
    """A verdict that has nothing to do with the request, once or for the whole sync."""
    code, message = chance.choice(REFUSALS)
    asked = chance.choice(pool.asked if chance.random() < 0.2 else pool.main)
    rule = {"kind": "code", "code": code, "message": message, **same(asked, chance, account=0.9), **often(chance)}
    return Fault(f"{code}", (rule,))


def short(chance: random.Random, pool: Pool, first: bool) -> Fault | None:
    """An answer that is short while its count is not."""
    targets = pool.of(counted)
    if not targets:
        return None
    asked = chance.choice(targets)
    kinds: Mapping[str, Rule] = {
        "short": {"rows": chance.randint(1, 4)},
        "blank": {},
        "no_list": {"put": chance.choice(("", "null"))},
        "ends_early": {},
        "total_page": {"rows": chance.choice((-2, -1, 1, 3))},
        "same_rows": {},
        "other_page": {"rows": chance.choice((-1, 1))},
        "depth": {"rows": chance.choice((3, 10, 25))},
        "shift": {"rows": chance.choice((-2, -1, 1, 2))},
        "repeat": {"rows": chance.randint(1, 4)},
        "total_number": {"rows": chance.choice((-3, 2, 7))},
        "no_page_info": {},
        "in_part": {"rows": chance.randint(1, 4)},
        "container": {"put": "items"},
    }
    kind = chance.choice(tuple(kinds))
    page = chance.choice((None, None, 1, 2, int(asked["query"].get("page", 1))))
    where = {"page": page} if page else {}
    return Fault(f"{kind}", ({"kind": kind, **kinds[kind], **same(asked, chance), **where, **often(chance)},))


def renamed(chance: random.Random, pool: Pool, first: bool) -> Fault | None:
    """The rows of a list without pages stand under another name, or some are missing, as TikTok says."""
    targets = pool.of(lambda asked: asked["path"] in LISTS and LISTS[asked["path"]].paging in ("none", "cursor"))
    if not targets:
        return None
    asked = chance.choice(targets)
    rule: Rule = chance.choice(
        ({"kind": "container", "put": "items"}, {"kind": "in_part", "rows": chance.randint(1, 3)})
    )
    return Fault(rule["kind"], ({**rule, **same(asked, chance), **often(chance)},))


def part_refused(chance: random.Random, pool: Pool, first: bool) -> Fault | None:
    """A metric, a dimension, the totals, a filter or a page size that an account does not get."""
    asked = chance.choice(pool.of(lambda asked: "page_size" in asked["query"]) or pool.main)
    query = asked["query"]
    metrics = json.loads(query.get("metrics", "[]"))
    if chance.random() < 0.25 and "page_size" in query:
        rule: Rule = {"kind": "page_size", "rows": chance.choice((5, 10, 15))}
    elif metrics and chance.random() < 0.5:
        rule = {"kind": "metrics", "names": chance.sample(metrics, min(len(metrics), chance.randint(1, 2)))}
    elif "enable_total_metrics" in query and chance.random() < 0.4:
        rule = {
            **{"kind": "code", "code": 40002, "message": "enable_total_metrics: Unknown field."},
            **{"params": {"enable_total_metrics": "true"}},
        }
    elif "filtering" in query:
        names = _filters(json.loads(query["filtering"]))
        if not names:
            return None
        rule = {"kind": "filters", "names": [chance.choice(names)]}
    elif "dimensions" in query:
        rule = {"kind": "dimensions", "names": [chance.choice(json.loads(query["dimensions"]))]}
    else:
        return None
    where = same(asked, chance, account=1, stream=0)
    return Fault(f"{rule['kind']} refused", ({**where, **rule, **often(chance)},))


def _filters(filtering: Any) -> list[str]:
    """The names of a request's filters, which reports write as a list of conditions."""
    if isinstance(filtering, dict):
        return sorted(filtering)
    return sorted({str(condition["field_name"]) for condition in filtering})


def accounts(chance: random.Random, pool: Pool, first: bool) -> Fault | None:
    """The list of the token's accounts holds an odd row."""
    odd = chance.choice(('{"advertiser_name":"nobody"}', '{"advertiser_id":null,"advertiser_name":null}', "null"))
    row = {"kind": "replace", "path": TOKENS_ACCOUNTS, "find": '"list":[{', "put": f'"list":[{odd},{{'}
    return Fault("odd account", (row,))


def notation(chance: random.Random, pool: Pool, first: bool) -> Fault | None:
    """Moments, figures or texts come in another notation."""
    asked = chance.choice(pool.main)
    metrics = json.loads(asked["query"].get("metrics", "[]"))
    rates = [name for name in metrics if name in ("ctr", "conversion_rate", "frequency", "spend")]
    kinds: list[Rule] = [
        {"kind": "dates", "put": chance.choice(tuple(NOTATIONS))},
        {"kind": "replace", "find": '_name":"', "put": '_name":"\\ud83d'},
        {"kind": "replace", "find": '_name":"', "put": '_name":"\\u0000'},
        *([{"kind": "thousands"}, {"kind": "numbers"}] if metrics else []),
        *([{"kind": "percent", "names": rates}] if rates else []),
    ]
    rule = chance.choice(kinds)
    return Fault(f"notation {rule['kind']}", ({**same(asked, chance), **rule, **often(chance)},))


def clock(chance: random.Random, pool: Pool, first: bool) -> Fault | None:
    """One `Date` header, or a few, jump."""
    asked = chance.choice(pool.asked)
    seconds = chance.choice((-86_400, -3600, 3600, 86_400, 30 * 86_400, 400 * 86_400))
    how = chance.choice(({"times": 1}, {"nth": [2]}, {"nth": [1, 3]}))
    return Fault("date", ({"kind": "date", "path": asked["path"], "seconds": seconds, **how},))


def children(chance: random.Random, pool: Pool, first: bool) -> Fault | None:
    """A shop, pixel, catalog, center, post or ad group leaves its parent's list, loses a flag or is refused."""
    own = {OWN[stream] for stream in pool.streams if stream in OWN}
    parents = pool.of(lambda asked: asked["path"] in PARENTS and asked["path"] not in own)
    if not parents:
        return None
    asked = chance.choice(parents)
    found = _child(chance, pool, asked)
    if found is None:
        return None
    where, hides = {"path": asked["path"]}, PARENTS[asked["path"]]
    if asked["path"] == "gmv_max/store/list" and chance.random() < 0.5:
        flag = {"kind": "flag", "names": ["is_gmv_max_available"], "find": found, **where}
        return Fault("flag lost", (flag,), hides if first else ())
    users = pool.of(lambda other: found in str(other["query"]) and other["path"] != asked["path"])
    if users and chance.random() < 0.5:
        name = next(name for name, value in chance.choice(users)["query"].items() if found in str(value))
        code, message = chance.choice(REFUSALS[:3])
        rule = {"kind": "code", "code": code, "message": message, "params": {name: found}}
        return Fault("child refused", (rule,))
    # What no request of the first read names has appeared since, so that no state can know of it yet.
    unknown = first or not users or asked["path"] in UNREMEMBERED
    lost = UNREMEMBERED.get(asked["path"], ())
    return Fault("child hidden", ({"kind": "hidden", "find": found, **where},), hides if unknown else (), lost)


def _child(chance: random.Random, pool: Pool, asked: Asked) -> str | None:
    """The id of one of the rows of a parent's list."""
    paging = ("page", "page_size", "cursor", "count")
    query = {name: [value] for name, value in asked["query"].items() if name not in paging}
    rows = pool.simulator.truth(asked["path"], query)
    ids = [row.get(name) for row in rows for name in IDS if isinstance(row.get(name), str)]
    ids += [row["bc_info"]["bc_id"] for row in rows if "bc_info" in row]
    return chance.choice(sorted(set(ids))) if ids else None


IDS = ("store_id", "pixel_id", "catalog_id", "identity_id", "adgroup_id")


def zone(chance: random.Random, pool: Pool, first: bool) -> Fault | None:
    """The accounts' zone is another one for the time of a sync."""
    put = chance.choice(("Asia/Tokyo", "America/New_York", "Pacific/Kiritimati", "UTC"))
    find = chance.choice(("Pacific/Auckland", "Asia/Kolkata", "America/Los_Angeles"))
    rule = {"kind": "replace", "path": INFO, "find": f'"{find}"', "put": f'"{put}"'}
    # What the day is depends on it, so only the rows that came later can be judged.
    return Fault("zone", (rule,), ("",))


def dimension_lost(chance: random.Random, pool: Pool, first: bool) -> Fault | None:
    """A dimension that was asked for is in no row."""
    targets = pool.of(of_reports)
    if not targets:
        return None
    asked = chance.choice(targets)
    name = chance.choice(json.loads(asked["query"]["dimensions"]))
    where = {**same(asked, chance, stream=0), "params": {"dimensions": asked["query"]["dimensions"]}}
    return Fault("dimension lost", ({"kind": "no_dimension", "names": [name], **where, **often(chance)},))


FAMILIES: Mapping[Draw, int] = {
    passing: 3,
    broken: 1,
    refused: 4,
    short: 8,
    renamed: 1,
    part_refused: 4,
    accounts: 1,
    notation: 4,
    clock: 2,
    children: 3,
    zone: 1,
    dimension_lost: 1,
}


def draw(chance: random.Random, pool: Pool, first: bool) -> list[Fault]:
    """One to three faults; `first` tells that no sync came before, so that nothing is known of what is hidden."""
    found: list[Fault] = []
    many = chance.choice((1, 1, 1, 2, 3))
    while len(found) < many:
        family = chance.choices(tuple(FAMILIES), tuple(FAMILIES.values()))[0]
        fault = family(chance, pool, first)
        found += [fault] if fault and not _beyond_proof([*found, fault]) else []
    return found


def _beyond_proof(faults: Sequence[Fault]) -> bool:
    """Whether an endpoint would give short answers without a count: a single short page is then the whole list."""
    rules = [rule for fault in faults for rule in fault.rules]
    uncounted = {rule["path"] for rule in rules if rule["kind"] == "no_page_info"}
    return any(
        rule["kind"] in ("blank", "short", "no_list", "ends_early") and rule["path"] in uncounted for rule in rules
    )
