"""Custom reports drawn at random: the legal ones are exact, the illegal ones refused by name, a refused metric heals.

The simulator is the judge of what is legal; it knows the facts on its own.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

import pytest

from . import expected
from .forking import Forks
from .grammar import GRAINS, LEVELS, OTHER_LEVELS, Asked
from .reading import Outcome, Table, configuration, difference
from .simulator import START, TOKEN, Simulator, Switches, World
from .simulator.access import Access
from .simulator.assets import business_centers
from .simulator.endpoints import PREFIX, Answer, Request, TikTok, answer
from .simulator.facts import DIMENSIONS, METRICS
from .simulator.legality import REPORT_TYPES

PROVE = bool(os.environ.get("PROVE"))
LEGAL, ILLEGAL, HEALED = (300, 300, 50) if PROVE else (20, 20, 5)
BATCH = 20
WORLD = World(advertisers=2, campaigns=5, adgroups_per=1, ads_per=2, history_start=date(2026, 1, 20))
FROM = "2026-03-07"
EVERY_LEVEL = {**LEVELS, **OTHER_LEVELS}
LEVELS_OF = {
    **dict.fromkeys(("BASIC", "AUDIENCE", "CATALOG"), (*LEVELS, "ad_v2")),
    "PLAYABLE_MATERIAL": ("playable",),
    "BC": ("advertiser",),
    "TT_SHOP": ("advertiser", "campaign"),
}
CENTERS = [center.bc_id for center in business_centers(WORLD)]
# Every row carries its ids and the currency unasked.
CARRIED = ("advertiser_id", "currency", "campaign_id", "adgroup_id", "ad_id", "ad_id_v2")
PARENTS = {"ad": ("campaign_id", "adgroup_id"), "ad_v2": ("campaign_id", "adgroup_id"), "adgroup": ("campaign_id",)}
CONFLICT = "Conflict occurs"
INVALID = "Invalid metric fields: "


@dataclass(frozen=True)
class Wish:
    """A custom report as a user writes it down."""

    name: str
    level: str
    grain: str
    breakdowns: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    report_type: str = "BASIC"
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def written(self) -> dict[str, Any]:
        """The report in the configuration."""
        filters = [{"field_name": name, "values": [*values]} for name, values in self.filters.items()]
        told = {"level": self.level, "grain": self.grain, "breakdowns": [*self.breakdowns], "filters": filters}
        return {"name": self.name, **told, "metrics": [*self.metrics], "report_type": self.report_type}

    @property
    def asked(self) -> Asked:
        """The report as TikTok is asked for it."""
        level, id_dimension = EVERY_LEVEL[self.level]
        level = level if self.report_type != "BC" else ""
        return Asked(level, self.report_type, id_dimension, self.breakdowns, GRAINS[self.grain])

    @property
    def all_metrics(self) -> tuple[str, ...]:
        """The metrics with the parents' ids, which are metrics too; catalog reports are not known to take them."""
        parents = PARENTS.get(self.level, ()) if self.report_type != "CATALOG" else ()
        return (*parents, *self.metrics)


def judged(wish: Wish) -> Answer:
    """What TikTok says of a wish."""
    days = {"start_date": "2026-03-09", "end_date": "2026-03-09"} if wish.grain != "lifetime" else {}
    query = {
        **({"bc_id": CENTERS[0]} if wish.report_type == "BC" else {"advertiser_id": WORLD.advertiser_ids[0]}),
        "report_type": wish.report_type,
        "dimensions": json.dumps(wish.asked.dimensions),
        "metrics": json.dumps(wish.all_metrics),
        **({"data_level": wish.asked.data_level} if wish.asked.data_level else {}),
        **(days or {"query_lifetime": "true"}),
        **({"filtering": json.dumps([*map(_condition, wish.filters.items())])} if wish.filters else {}),
    }
    sent = {name: [value] for name, value in query.items()}
    request = Request("GET", f"{PREFIX}report/integrated/get/", {"access-token": TOKEN}, sent)
    return answer(request, TikTok(WORLD, Access(WORLD), Switches()), int(START.timestamp()))


def _condition(item: tuple[str, tuple[str, ...]]) -> Mapping[str, str]:
    return {"field_name": item[0], "filter_type": "IN", "filter_value": json.dumps(item[1])}


def legal(chance: random.Random, name: str, least: int = 1) -> Wish:
    """A wish that TikTok takes, with at least so many metrics."""
    while True:
        wish = _drawn(chance, name)
        told = judged(wish)
        if told.message.startswith(INVALID):
            wrong = told.message.removeprefix(INVALID)
            wish = replace(wish, metrics=tuple(name for name in wish.metrics if f"'{name}'" not in wrong))
            told = judged(wish)
        if told.code == 0 and len(wish.metrics) >= least:
            return wish
        assert told.code == 0 or told.message.startswith((CONFLICT, INVALID)), told


def _drawn(chance: random.Random, name: str) -> Wish:
    report_type = chance.choice(("BASIC", "BASIC", "BASIC", "AUDIENCE", "AUDIENCE", *LEVELS_OF))
    level = chance.choice(LEVELS_OF[report_type])
    by = chance.choice(_groupings(report_type))
    grain = chance.choice(("day", "day", "day", "month", "month", "lifetime", "hour"))
    letter = REPORT_TYPES[report_type].letter
    known = [n for n, m in METRICS.items() if n not in CARRIED and (letter in m.reports or report_type == "CATALOG")]
    listed = [n for d in by for n in sorted(DIMENSIONS[d].metrics.get(letter, ())) if n in known]
    metrics = chance.sample(listed or known, min(len(listed or known), chance.randint(2, 30)))
    if report_type == "CATALOG":
        metrics = [*dict.fromkeys(("spend", "impressions", *metrics))]
    filters = {"buying_type": ("AUCTION",)} if report_type in ("BASIC", "AUDIENCE") and chance.random() < 0.2 else {}
    return Wish(name, level, grain, by, tuple(metrics), report_type, filters)


def _groupings(report_type: str) -> Sequence[tuple[str, ...]]:
    """No breakdown, and each one that the facts know for a type; the pairs are the two that there are."""
    kinds = ("audience", "breakdown")
    letter = REPORT_TYPES[report_type].letter
    single = [(name,) for name, fact in DIMENSIONS.items() if fact.kind in kinds and letter in fact.reports]
    pairs = {"BASIC": ("search_keyword", "match_type"), "AUDIENCE": ("age", "gender")}
    return [(), *single, *([pairs[report_type]] if report_type in pairs else [])]


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    """A process that forks."""
    with Forks() as running:
        yield running


def settings(simulator: Simulator, wishes: Sequence[Wish]) -> dict[str, Any]:
    """A configuration with custom reports."""
    return configuration(simulator, start_date=FROM, custom_reports=[wish.written for wish in wishes])


def read(
    forks: Forks, simulator: Simulator, wishes: Sequence[Wish], mode: str = "full_refresh", state: Any = None
) -> tuple[Outcome, Mapping[str, Any]]:
    """A sync of custom reports, and how discover describes them."""
    config = settings(simulator, wishes)
    streams = {s["name"]: s for s in forks.run("discover", config).messages[-1]["catalog"]["streams"]}
    asked = [{"stream": streams[wish.name], "sync_mode": mode, "destination_sync_mode": "overwrite"} for wish in wishes]
    return forks.run("read", config, {"streams": asked}, state), streams


def truth(simulator: Simulator, wish: Wish, schema: Mapping[str, Any], lacking: str = "") -> Table:
    """Every record of a custom report, by key; `lacking` is a metric that TikTok refuses."""
    columns = schema["json_schema"]["properties"]
    kinds = {name: expected.kind_of(columns[name]) for name in wish.all_metrics if name != lacking}
    known = expected.Truth(simulator, simulator.clock.now, include_deleted=True)
    filters = {"buying_types": wish.filters["buying_type"]} if wish.filters else {}
    start = date.fromisoformat(FROM)
    if wish.report_type == "BC":
        return keyed([row for id in CENTERS for row in known.center_figures(wish.asked, kinds, id, start)], schema)
    rows = [row for id in WORLD.advertiser_ids for row in known.figures(wish.asked, kinds, id, start, None, **filters)]
    return keyed(rows, schema)


def keyed(rows: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]) -> Table:
    """Records under their key; none comes twice."""
    key = [path[0] for path in schema["source_defined_primary_key"]]
    found = {tuple(row[name] for name in key): dict(row) for row in rows}
    assert len(found) == len(rows)
    return found


@lru_cache
def wishes() -> Sequence[Wish]:
    """Legal custom reports."""
    chance = random.Random(7)
    return [legal(chance, f"wish_{number}") for number in range(LEGAL)]


@pytest.mark.prove
@pytest.mark.parametrize("batch", range(LEGAL // BATCH))
def test_legal_ones_are_exact(forks: Forks, batch: int) -> None:
    """What TikTok takes is accepted and read: every row, and a schema of just the columns asked for."""
    some = wishes()[batch * BATCH :][:BATCH]
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        outcome, streams = read(forks, simulator, some)
        for wish in some:
            told = keyed(outcome.records[wish.name], streams[wish.name])
            assert difference(told, truth(simulator, wish, streams[wish.name])) == "", wish
            period = ("period_start", "period_end") if wish.grain == "month" else ()
            stamp = "bc_id" if wish.report_type == "BC" else "currency"
            columns = {"advertiser_id", stamp, *wish.asked.dimensions, *wish.all_metrics, *period}
            assert set(streams[wish.name]["json_schema"]["properties"]) == columns
    assert (outcome.code, outcome.stderr) == (0, "")
    assert [line for line in outcome.warnings if "<5" not in line] == []
    assert {entry["code"] for entry in simulator.requests} == {0}


def test_a_report_on_topview_is_divided_by_its_campaigns_too(forks: Forks) -> None:
    """Where TikTok looks only at the newest ads, each part names campaigns; those of TopView are listed apart."""
    bought = {"buying_type": ("AUCTION", "RESERVATION_TOP_VIEW")}
    wish = Wish("bought", "ad", "day", metrics=("spend", "impressions"), filters=bought)
    with Simulator(WORLD, Switches(object_cut=4, topview_with_other_buying_types=True)) as simulator:
        outcome, streams = read(forks, simulator, [wish])
        told = keyed(outcome.records["bought"], streams["bought"])
        assert difference(told, truth(simulator, wish, streams["bought"])) == ""
    assert (outcome.code, outcome.warnings) == (0, [])
    assert "RESERVATION_TOP_VIEW" in {ad for entry in simulator.requests for ad in _bought(entry)}


def test_a_report_on_business_centers_goes_on_where_it_ended(forks: Forks) -> None:
    """By day and by month it equals the truth after each move of the clock, by requests that name no account."""
    metrics = ("spend", "impressions", "conversion", "currency")
    some = [
        Wish("center_days", "advertiser", "day", ("placement",), metrics, "BC"),
        Wish("center_months", "advertiser", "month", metrics=(*metrics, "account_type"), report_type="BC"),
    ]
    tables: dict[str, dict[Any, Any]] = {wish.name: {} for wish in some}
    state: Any = None
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        for hours in (0, 30, 50):
            simulator.clock.advance(hours=hours)
            outcome, streams = read(forks, simulator, some, "incremental", state)
            assert (outcome.code, outcome.warnings) == (0, [])
            state = outcome.state
            for wish in some:
                tables[wish.name] |= keyed(outcome.records[wish.name], streams[wish.name])
                assert difference(tables[wish.name], truth(simulator, wish, streams[wish.name])) == ""
        reports = [entry["query"] for entry in simulator.requests if entry["path"] == "report/integrated/get"]
    assert {query["bc_id"] for query in reports} == {*CENTERS}
    assert not any("advertiser_id" in query or "data_level" in query for query in reports)


def _bought(entry: Mapping[str, Any]) -> Sequence[str]:
    """The ways of buying that a list of campaigns is asked for."""
    filtering = json.loads(entry["query"].get("filtering", "{}")) if entry["path"] == "campaign/get" else {}
    return filtering.get("buying_types", ())


# How a legal wish becomes an illegal one, by the rule that it then breaks; nothing where it does not fit.
Spoiler = Callable[[random.Random, Wish], Wish | None]


def metric(wish: Wish, name: str) -> Wish:
    """The wish with one more metric."""
    return replace(wish, metrics=(*wish.metrics, name))


def by(wish: Wish, *names: str) -> Wish:
    """The wish with more breakdowns."""
    return replace(wish, breakdowns=(*wish.breakdowns, *names))


def _of_other_type(chance: random.Random, wish: Wish) -> Wish | None:
    letter = REPORT_TYPES["BASIC" if wish.report_type == "CATALOG" else wish.report_type].letter
    names = [name for name, fact in METRICS.items() if letter not in fact.reports]
    return metric(wish, chance.choice(names))


def _of_other_level(chance: random.Random, wish: Wish) -> Wish | None:
    names = {"advertiser": ("campaign_name", "ad_name"), "campaign": ("adgroup_name",), "adgroup": ("ad_name",)}
    fits = wish.report_type == "BASIC" and wish.level in names
    return metric(wish, chance.choice(names[wish.level])) if fits else None


def _unlisted(chance: random.Random, wish: Wish) -> Wish | None:
    listed = [DIMENSIONS[name].metrics["B"] for name in wish.breakdowns if "B" in DIMENSIONS[name].metrics]
    names = [
        name
        for name, fact in METRICS.items()
        if "B" in fact.reports and fact.levels == "VCGA" and not fact.attribute and name.startswith("skan_")
    ]
    names = [name for name in names if not all(name in some for some in listed)]
    return metric(wish, chance.choice(names)) if wish.report_type == "BASIC" and names else None


def _spoil(**changes: Any) -> Callable[[Wish], Wish]:
    return lambda wish: replace(wish, **changes)


def _when(fits: Callable[[Wish], bool], spoil: Callable[[Wish], Wish]) -> Spoiler:
    return lambda chance, wish: spoil(wish) if fits(wish) else None


def basic(wish: Wish) -> bool:
    """Whether it is a BASIC report without a breakdown, so that one alone can be added."""
    return wish.report_type == "BASIC" and not wish.breakdowns


def audience(wish: Wish) -> bool:
    """Whether it is an AUDIENCE report."""
    return wish.report_type == "AUDIENCE"


SPOILERS: Mapping[str, Spoiler] = {
    "known_metrics": lambda chance, wish: metric(wish, chance.choice(("spent", "video_views", "conversions"))),
    "known_dimensions": lambda chance, wish: by(wish, chance.choice(("country", "week", "device"))),
    "known_filters": lambda chance, wish: replace(wish, filters={chance.choice(("country_code", "spend")): ("US",)}),
    "level_of_type": _when(lambda wish: wish.report_type == "TT_SHOP", _spoil(level="ad")),
    "one_id": _when(lambda wish: wish.level in ("ad", "adgroup"), lambda wish: by(wish, "campaign_id")),
    "one_time": _when(
        lambda wish: wish.grain == "day" and len(wish.breakdowns) < 2, lambda wish: by(wish, "stat_time_hour")
    ),
    "dimension_of_type": _when(basic, lambda wish: by(wish, "age")),
    "dimension_of_level": _when(
        lambda wish: basic(wish) and wish.level == "ad", lambda wish: by(wish, "search_keyword")
    ),
    "one_breakdown": _when(
        lambda wish: wish.report_type == "BASIC" and wish.breakdowns == ("page_id",), lambda wish: by(wish, "room_id")
    ),
    "one_audience_dimension": _when(audience, lambda wish: by(wish, *({"ac", "language"} - {*wish.breakdowns}))),
    "keyword_of_match_type": _when(
        lambda wish: basic(wish) and wish.level in ("campaign", "adgroup") and wish.grain == "month",
        lambda wish: replace(by(wish, "match_type"), metrics=("spend", "clicks")),
    ),
    "shop_by_country": _when(
        lambda wish: wish.report_type == "TT_SHOP" and wish.level == "campaign", _spoil(breakdowns=())
    ),
    "grain_of_type": _when(lambda wish: wish.report_type in ("AUDIENCE", "CATALOG", "TT_SHOP"), _spoil(grain="hour")),
    "grain_of_dimension": _when(
        lambda wish: wish.report_type == "BASIC" and wish.breakdowns == ("country_code",), _spoil(grain="hour")
    ),
    "lifetime": _when(lambda wish: wish.report_type in ("AUDIENCE", "CATALOG", "TT_SHOP"), _spoil(grain="lifetime")),
    "one_ad_id": _when(lambda wish: wish.level == "ad" and basic(wish), lambda wish: metric(wish, "ad_id_v2")),
    "metrics_of_type": _of_other_type,
    "metrics_of_level": _of_other_level,
    "metrics_of_breakdown": _unlisted,
    "metrics_beside_dimensions": _when(
        lambda wish: wish.report_type == "BASIC" and bool(wish.breakdowns),
        lambda wish: replace(metric(wish, "paid_engaged_view"), breakdowns=("custom_event_type",)),
    ),
    "filters_of_type": _when(lambda wish: wish.report_type == "TT_SHOP", _spoil(filters={"buying_type": ("AUCTION",)})),
    "filters_of_level": _when(
        lambda wish: wish.report_type == "BASIC" and wish.level == "campaign",
        _spoil(filters={"ad_status": ("STATUS_ALL",)}),
    ),
}


def illegal(number: int) -> tuple[str, Wish]:
    """A wish that breaks one rule by intent, and that rule."""
    chance = random.Random(number)
    rule, spoil = [*SPOILERS.items()][number % len(SPOILERS)]
    while True:
        spoiled = spoil(chance, legal(chance, f"spoiled_{number}"))
        if spoiled is not None:
            return rule, spoiled


@pytest.mark.prove
@pytest.mark.parametrize("number", range(ILLEGAL))
def test_illegal_ones_are_refused_by_name(forks: Forks, number: int) -> None:
    """TikTok would refuse it; the connector does so before any request, and names the rule and the report."""
    rule, wish = illegal(number)
    assert judged(wish).code == 40002
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        outcome = forks.run("check", settings(simulator, [wish]))
        assert simulator.requests == []
    assert outcome.verdict["status"] == "FAILED"
    assert f"breaks the rule {rule}:" in outcome.verdict["message"]
    assert "custom_reports[0]" in outcome.verdict["message"]


@pytest.mark.prove
@pytest.mark.parametrize("number", range(HEALED))
def test_a_metric_that_tiktok_refuses_is_left_out(forks: Forks, number: int) -> None:
    """TikTok names one metric as invalid: a warning of each account says so, every other value of every row is there.

    Those that every report has are never given up.
    """
    chance = random.Random(1000 + number)
    refusable: list[str] = []
    while not refusable:
        wish = legal(chance, f"healed_{number}", least=2)
        refusable = [metric for metric in wish.metrics if metric not in ("spend", "impressions", "clicks")]
    lacking = chance.choice(refusable)
    with Simulator(WORLD, Switches(signed_urls=False)) as simulator:
        simulator.faults.add("metrics", names=[lacking])
        outcome, streams = read(forks, simulator, [wish])
        told = keyed(outcome.records[wish.name], streams[wish.name])
        assert difference(told, truth(simulator, wish, streams[wish.name], lacking)) == "", wish
    assert outcome.code == 0
    warned = [line for line in outcome.warnings if lacking in line and wish.name in line]
    assert len(warned) == len(WORLD.advertiser_ids)
