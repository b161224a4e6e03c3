"""Which reports are legal: by example with the nearest choice, and by many that are made from the facts alone."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

from source_tiktok_ads.streams import fields, rules
from source_tiktok_ads.streams.model import (
    AD,
    AD_V2,
    ADGROUP,
    ADVERTISER,
    AUDIENCE,
    BASIC,
    BC,
    CAMPAIGN,
    CATALOG,
    DAY,
    HOUR,
    LIFETIME,
    MEMBER,
    MONTH,
    PLAYABLE,
    TT_SHOP,
    CenterReport,
    Filter,
    Report,
)
from source_tiktok_ads.streams.rules import PLAYABLE_MATERIAL, RULES, violations

FACTS = json.loads(Path(fields.__file__).with_suffix(".json").read_text("utf-8"))
METRICS, DIMENSIONS = FACTS["metrics"], FACTS["dimensions"]


def report(**changes: Any) -> Report:
    """The spend of ads by day, with changes."""
    given: dict[str, Any] = {"name": "mine", "level": AD, "grain": DAY, "chosen": ("spend",), **changes}
    return Report(**given)


def audience(*by: str, **changes: Any) -> Report:
    """The spend of ads by day and what the people are."""
    return report(by=by, report_type=AUDIENCE, **changes)


def centers(*by: str, **changes: Any) -> Report:
    """The spend of a Business Center's accounts by day, with changes."""
    return CenterReport(**{"name": "mine", "level": MEMBER, "grain": DAY, "by": by, "chosen": ("spend",), **changes})


KINDS = "ac, additional_interests, age, audience_tags, behavior_id, contextual_tag, device_brand_id, dma_id, gender, "
INTERESTS = "hashtag, interest_category, interest_category_tier2, interest_category_tier3, interest_category_tier4, "
REST = "interest_category_v2, language, placement, platform, province_id, purchase_intention, ad_type or country_code"

BROKEN: list[tuple[str, Report, str, Report]] = [
    (
        "level_of_type",
        centers(level=CAMPAIGN),
        "BC reports have no level campaign: write advertiser.",
        centers(chosen=("account_type", "currency", "cash_spend"), grain=MONTH),
    ),
    (
        "dimension_of_type",
        centers("age"),
        "BC reports take no age: write the report_type AUDIENCE, or leave it out.",
        centers("placement"),
    ),
    (
        "one_breakdown",
        centers("country_code", "placement", chosen=("clicks",)),
        'BC reports are split by one dimension, not by country_code and placement: write ["country_code"].',
        centers("country_code", chosen=("clicks",)),
    ),
    (
        "grain_of_type",
        centers(grain=HOUR),
        "BC reports have no stat_time_hour: write the grain day.",
        centers(),
    ),
    ("lifetime", centers(grain=LIFETIME), "BC reports have no lifetime: write the grain month.", centers(grain=MONTH)),
    (
        "metrics_of_type",
        centers(chosen=("spend", "likes")),
        "BC reports take no likes: leave it out, or write the report_type BASIC or AUDIENCE.",
        centers(),
    ),
    (
        "metrics_of_breakdown",
        centers("placement", chosen=("spend", "account_type")),
        "beside placement TikTok takes no account_type: leave it or the breakdown out.",
        centers("placement", chosen=("spend", "currency")),
    ),
    (
        "filters_of_type",
        centers(filters=(Filter("buying_type", ("AUCTION",)),)),
        "BC reports take no filter buying_type: leave it out.",
        centers(),
    ),
    (
        "known_dimensions",
        report(by=("country",)),
        "country is no dimension: write country_code.",
        report(by=("country_code",)),
    ),
    ("known_dimensions", report(by=("xyz",)), "xyz is no dimension: leave it out.", report()),
    ("known_metrics", report(chosen=("spent",)), "spent is no metric: write spend.", report()),
    (
        "known_filters",
        report(filters=(Filter("objective", ("TRAFFIC",)),)),
        "objective is no filter: write objective_type.",
        report(filters=(Filter("objective_type", ("TRAFFIC",)),)),
    ),
    (
        "known_filters",
        report(filters=(Filter("country_code", ("US",)),)),
        "country_code is no filter: write it among the breakdowns.",
        report(by=("country_code",)),
    ),
    (
        "known_filters",
        report(filters=(Filter("ad_ids", ("1",)),)),
        "ad_ids is the connector's own filter: leave it out, and choose the rows where you query them.",
        report(),
    ),
    (
        "level_of_type",
        report(level=PLAYABLE),
        "BASIC reports have no level playable: write advertiser, campaign, adgroup, ad or ad_v2.",
        report(level=AD_V2),
    ),
    (
        "level_of_type",
        report(report_type=PLAYABLE_MATERIAL, grain=MONTH),
        "PLAYABLE_MATERIAL reports have no level ad: write playable.",
        report(report_type=PLAYABLE_MATERIAL, grain=MONTH, level=PLAYABLE),
    ),
    (
        "one_id",
        report(by=("campaign_id",)),
        "campaign_id is an id, and rows are distinguished by one alone, ad_id: every row carries it, so leave it out.",
        report(),
    ),
    (
        "one_id",
        report(by=("ad_id_v2",)),
        "ad_id_v2 is an id, and rows are distinguished by one alone, ad_id: leave it out, or change the level.",
        report(level=AD_V2),
    ),
    (
        "one_time",
        report(by=("stat_time_hour",)),
        "stat_time_hour is a time: leave it out, and write the grain hour.",
        report(grain=HOUR),
    ),
    (
        "one_time",
        report(by=("stat_time_week",)),
        "stat_time_week is a time: leave it out, and write the grain month.",
        report(grain=MONTH),
    ),
    (
        "dimension_of_type",
        report(by=("age",)),
        "BASIC reports take no age: write the report_type AUDIENCE, or leave it out.",
        audience("age"),
    ),
    ("dimension_of_type", report(by=("item_id",)), "BASIC reports take no item_id: leave it out.", report()),
    (
        "dimension_of_level",
        report(by=("search_terms",)),
        "search_terms is not available at the level ad: write advertiser, campaign or adgroup, or leave it out.",
        report(by=("search_terms",), level=ADGROUP),
    ),
    (
        "one_breakdown",
        report(by=("country_code", "ad_type")),
        'BASIC reports are split by one dimension, not by country_code and ad_type: write ["country_code"].',
        report(by=("country_code",)),
    ),
    (
        "one_audience_dimension",
        audience("age", "gender", "country_code", grain=MONTH),
        "AUDIENCE reports are split by one dimension, or by age and gender, not by age, gender and country_code: "
        'write ["age"].',
        audience("age", grain=MONTH),
    ),
    (
        "one_audience_dimension",
        audience(),
        f"AUDIENCE reports are split by one dimension: write {KINDS}{INTERESTS}{REST}.",
        audience("purchase_intention"),
    ),
    (
        "keyword_of_match_type",
        report(by=("match_type",), level=CAMPAIGN, grain=MONTH),
        'match_type tells how a keyword was matched: write ["search_keyword", "match_type"].',
        report(by=("search_keyword", "match_type"), level=CAMPAIGN, grain=MONTH),
    ),
    (
        "shop_by_country",
        report(report_type=TT_SHOP, level=ADVERTISER),
        'TT_SHOP reports by campaign or by day are split by country: write the breakdowns ["country_code"].',
        report(report_type=TT_SHOP, level=ADVERTISER, by=("country_code",)),
    ),
    (
        "grain_of_type",
        audience("age", grain=HOUR),
        "AUDIENCE reports have no stat_time_hour: write the grain day.",
        audience("age"),
    ),
    (
        "grain_of_type",
        report(report_type=PLAYABLE_MATERIAL, level=PLAYABLE),
        "PLAYABLE_MATERIAL reports have no stat_time_day: write the grain month or lifetime.",
        report(report_type=PLAYABLE_MATERIAL, level=PLAYABLE, grain=LIFETIME),
    ),
    (
        "grain_of_dimension",
        audience("interest_category"),
        "interest_category stands beside no stat_time_day: write the grain month.",
        audience("interest_category", grain=MONTH),
    ),
    (
        "grain_of_dimension",
        report(by=("country_code",), grain=HOUR),
        "country_code stands beside no stat_time_hour: write the grain day.",
        report(by=("country_code",)),
    ),
    (
        "lifetime",
        audience("age", grain=LIFETIME),
        "AUDIENCE reports have no lifetime: write the grain month.",
        audience("age", grain=MONTH),
    ),
    (
        "lifetime",
        report(by=("country_code",), grain=LIFETIME),
        "country_code is not available over the lifetime: write the grain month, or leave the breakdown out.",
        report(by=("country_code",), grain=MONTH),
    ),
    (
        "one_ad_id",
        report(chosen=("ad_id_v2", "spend")),
        "ad_id_v2 does not go with the level ad: leave it out, or write the level ad_v2.",
        report(level=AD_V2),
    ),
    (
        "metrics_there_already",
        report(chosen=("ad_id", "currency", "spend")),
        "every row carries ad_id and currency unasked: leave them out.",
        report(),
    ),
    (
        "metrics_of_type",
        audience("age", chosen=("app_install", "spend")),
        "AUDIENCE reports take no app_install: leave it out, or write the report_type BASIC.",
        audience("age"),
    ),
    ("metrics_of_type", report(chosen=("tax_spend",)), "BASIC reports take no tax_spend: leave it out.", report()),
    (
        "metrics_of_level",
        report(chosen=("cash_spend",)),
        "cash_spend is not available at the level ad: leave it out, or write advertiser.",
        report(chosen=("cash_spend",), level=ADVERTISER),
    ),
    (
        "metrics_of_breakdown",
        report(by=("page_id",), chosen=("reach", "frequency", "ad_name")),
        "beside page_id TikTok takes no reach and frequency: leave them or the breakdown out.",
        report(chosen=("reach", "frequency", "ad_name")),
    ),
    (
        "metrics_beside_dimensions",
        audience("age", chosen=("average_video_play_per_user",)),
        'average_video_play_per_user needs a dimension: write the breakdowns ["placement"], or leave it out.',
        audience("placement", chosen=("average_video_play_per_user",)),
    ),
    (
        "metrics_beside_dimensions",
        report(chosen=("cash_spend",), level=ADVERTISER, grain=MONTH),
        "cash_spend comes by day: write the grain day, or leave it out.",
        report(chosen=("cash_spend",), level=ADVERTISER),
    ),
    (
        "metrics_beside_dimensions",
        report(chosen=("paid_engaged_view",), grain=HOUR),
        "paid_engaged_view stands beside no breakdown and no hour: leave the breakdown out and write the grain day, "
        "month or lifetime, or leave it out.",
        report(chosen=("paid_engaged_view",), grain=LIFETIME),
    ),
    (
        "filters_of_type",
        audience("age", filters=(Filter("objective_type", ("TRAFFIC",)),)),
        "AUDIENCE reports take no filter objective_type: leave it out, or filter by campaign_status, adgroup_status, "
        "ad_status or buying_type.",
        audience("age", filters=(Filter("ad_status", ("STATUS_ALL",)),)),
    ),
    (
        "filters_of_type",
        report(report_type=TT_SHOP, level=ADVERTISER, grain=MONTH, filters=(Filter("buying_type", ("AUCTION",)),)),
        "TT_SHOP reports take no filter buying_type: leave it out.",
        report(report_type=TT_SHOP, level=ADVERTISER, grain=MONTH),
    ),
    (
        "filters_of_level",
        report(filters=(Filter("campaign_status", ("STATUS_ALL",)),)),
        "campaign_status is of another level than ad: write ad_status.",
        report(filters=(Filter("ad_status", ("STATUS_ALL",)),)),
    ),
    (
        "filters_of_level",
        report(level=ADVERTISER, filters=(Filter("ad_status", ("STATUS_ALL",)),)),
        "ad_status is of another level than advertiser: leave it out.",
        report(level=ADVERTISER),
    ),
    (
        "one_filter_a_field",
        report(filters=(Filter("objective_type", ("A",)), Filter("objective_type", ("B",)))),
        "objective_type is filtered by twice: write one filter with all its values.",
        report(filters=(Filter("objective_type", ("A", "B")),)),
    ),
    (
        "filters_compare",
        report(filters=(Filter("create_time", ("2024-01-01 00:00:00",)),)),
        "create_time lies in a range: write the filter_type BETWEEN and two values.",
        report(filters=(Filter("create_time", ("2024-01-01 00:00:00", "2024-02-01 00:00:00"), "BETWEEN"),)),
    ),
    (
        "filters_compare",
        report(filters=(Filter("objective_type", ("A", "B"), "BETWEEN"),)),
        "objective_type is one of some values: write the filter_type IN.",
        report(filters=(Filter("objective_type", ("A", "B")),)),
    ),
]


@pytest.mark.parametrize(("rule", "broken", "sentence", "mended"), BROKEN)
def test_a_breach_is_named_with_the_nearest_legal_choice(
    rule: str, broken: Report, sentence: str, mended: Report
) -> None:
    """The rule, what is wrong and what to write; who writes it has a report without a breach."""
    assert [(found.rule, found.sentence) for found in violations(broken)] == [(rule, sentence)]
    assert violations(mended) == []


def test_more_than_four_dimensions_break_other_rules_too() -> None:
    """No legal breakdown is that long; every breach is told, each with the part that has to change."""
    found = violations(report(by=("country_code", "ad_type", "room_id"), chosen=("spend", "currency")))
    assert [(broken.rule, broken.part) for broken in found] == [
        ("one_breakdown", "breakdowns"),
        ("four_dimensions", "breakdowns"),
        ("metrics_there_already", "metrics"),
    ]


def test_every_rule_has_an_example() -> None:
    """None is told of that is never broken."""
    assert {rule for rule, *_ in BROKEN} | {"four_dimensions"} == {rule.name for rule in (*rules.FIRST, *RULES)}


# --- Reports made from the facts, by a judge of their own -------------------------------------------------------------

LEVELS = {
    BASIC: (ADVERTISER, CAMPAIGN, ADGROUP, AD, AD_V2),
    AUDIENCE: (ADVERTISER, CAMPAIGN, ADGROUP, AD, AD_V2),
    CATALOG: (ADVERTISER, CAMPAIGN, ADGROUP, AD, AD_V2),
    PLAYABLE_MATERIAL: (PLAYABLE,),
    BC: (MEMBER,),
    TT_SHOP: (ADVERTISER, CAMPAIGN),
}
ADDED = {"advertiser_id", "currency", "campaign_id", "adgroup_id", "ad_id", "ad_id_v2"}


def taken(fact: dict[str, Any], report_type: str, level: str) -> bool:
    """Whether a line of the facts names this type and this level."""
    return report_type in fact["report_types"] and (not level or {level, "ALL"} & {*fact["data_levels"]} != set())


def breakdowns(report_type: str, level: str) -> list[tuple[str, ...]]:
    """Every breakdown that the facts allow in a report."""
    kinds = ("breakdown", "audience")
    alone = [(n,) for n, f in DIMENSIONS.items() if f["kind"] in kinds and taken(f, report_type, level)]
    if report_type == AUDIENCE:
        return [*alone, ("age", "gender"), ("gender", "age")]
    if ("match_type",) in alone:
        alone = [by for by in alone if by != ("match_type",)] + [("search_keyword", "match_type")]
    return alone if report_type == TT_SHOP and level == "AUCTION_CAMPAIGN" else [(), *alone]


def grains(report_type: str, by: tuple[str, ...]) -> Iterator[Any]:
    """Every grain that the facts allow in a report."""
    yield MONTH
    daily = all("stat_time_day" in DIMENSIONS[name].get("times", ()) for name in by)
    if daily and report_type != PLAYABLE_MATERIAL and (report_type != TT_SHOP or by):
        yield DAY
    if report_type == BASIC and not by:
        yield HOUR
    if report_type in (BASIC, PLAYABLE_MATERIAL) and "country_code" not in by:
        yield LIFETIME


def metric_fits(name: str, made: Report) -> bool:
    """Whether the facts allow a metric in a report."""
    fact, kind = METRICS[name], BASIC if made.report_type == CATALOG else made.report_type
    lists = [DIMENSIONS[by].get("metrics", {}).get(made.report_type) for by in made.by]
    listed = all(names is None or name in names for names in lists)
    return (
        taken(fact, kind, made.level.data_level)
        and name not in ADDED
        and (listed or (fact["group"] == "attribute" and kind != BC))
        and ("beside" not in fact or not {*fact["beside"]} & {kind} or bool({*fact["beside"][kind]} & {*made.by}))
        and ("times" not in fact or kind != BASIC or made.grain is DAY)
        and ("alone" not in fact or (not made.by and made.grain is not HOUR))
    )


@cache
def fitting_metrics(made: Report) -> list[str]:
    """The metrics that the facts allow in a report."""
    return [name for name in METRICS if metric_fits(name, made)]


def filters(random: Random, made: Report) -> tuple[Filter, ...]:
    """A filter that the report takes, or none."""
    some = [Filter("buying_type", ("AUCTION",))]
    if made.level.status_filter:
        some.append(Filter(made.level.status_filter, ("STATUS_ALL",)))
    if made.report_type != AUDIENCE:
        some += [Filter("objective_type", ("TRAFFIC", "REACH")), Filter("create_time", ("2024", "2025"), "BETWEEN")]
    return () if made.report_type in (BC, TT_SHOP) else tuple(random.sample(some, random.randint(0, min(2, len(some)))))


def legal(random: Random) -> Report:
    """A report that the facts allow, of any kind."""
    report_type = random.choice([BASIC, BASIC, BASIC, AUDIENCE, AUDIENCE, CATALOG, PLAYABLE_MATERIAL, BC, TT_SHOP])
    level = random.choice(LEVELS[report_type])
    possible = breakdowns(report_type, level.data_level)
    by = random.choice(possible if random.random() < 0.7 else possible[:1])
    grain = random.choice([*grains(report_type, by)])
    made = (CenterReport if report_type == BC else Report)("mine", level, grain, by, report_type)
    fitting = fitting_metrics(made)
    chosen = random.sample(fitting, random.randint(1, min(len(fitting), 120)))
    return replace(made, chosen=tuple(chosen), filters=filters(random, made))


def spoiled(random: Random, rule: str) -> Report:
    """A legal report with one thing wrong, which the rule forbids."""
    while True:
        made = legal(random)
        if changes := SPOILERS[rule](random, made):
            return replace(made, **changes)


def a_metric(random: Random, made: Report, wrong: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The change that adds a metric which is wrong in this way."""
    names = [name for name, fact in METRICS.items() if name not in ADDED and wrong(fact)]
    return {"chosen": (*made.chosen, random.choice(names))} if names else {}


def a_dimension(random: Random, made: Report, wrong: Callable[[str, dict[str, Any]], bool]) -> dict[str, Any]:
    """The change that adds a dimension which is wrong in this way."""
    names = [name for name, fact in DIMENSIONS.items() if name not in made.by and wrong(name, fact)]
    return {"by": (*made.by, random.choice(names))} if names else {}


def outside_the_list(random: Random, made: Report) -> dict[str, Any]:
    """A metric of the type and level that the list of the breakdown lacks."""
    lists = [DIMENSIONS[name].get("metrics", {}).get(made.report_type) for name in made.by]
    (listed,) = [names for names in lists if names is not None] or [None]
    level = made.level.data_level
    if listed is None:
        return {}
    lacking = {name for name in METRICS if taken(METRICS[name], made.report_type, level)} - {*listed} - ADDED
    figures = sorted(name for name in lacking if METRICS[name]["group"] != "attribute")
    return {"chosen": (*made.chosen, random.choice(figures))} if figures else {}


def added(made: Report, name: str, *values: str) -> dict[str, Any]:
    """The change that adds a filter."""
    return {"filters": (*made.filters, Filter(name, values))}


SPOILERS: dict[str, Callable[[Random, Report], dict[str, Any]]] = {
    "known_dimensions": lambda random, made: {"by": (*made.by, random.choice(["colour", "Age", "campaign"]))},
    "known_metrics": lambda random, made: {"chosen": (*made.chosen, random.choice(["conversions", "video_views"]))},
    "known_filters": lambda random, made: added(made, random.choice(["ad_ids", "country_code", "shoe_size"]), "1"),
    "level_of_type": lambda random, made: {
        "level": random.choice([ADGROUP, AD] if made.report_type in (BC, TT_SHOP, PLAYABLE_MATERIAL) else [PLAYABLE])
    },
    "one_id": lambda random, made: a_dimension(
        random, made, lambda name, fact: fact["kind"] == "id" and name != made.level.id
    ),
    "one_time": lambda random, made: a_dimension(random, made, lambda name, fact: fact["kind"] == "time"),
    "dimension_of_type": lambda random, made: a_dimension(
        random,
        made,
        lambda name, fact: fact["kind"] in ("breakdown", "audience") and made.report_type not in fact["report_types"],
    ),
    "dimension_of_level": lambda random, made: a_dimension(
        random,
        made,
        lambda name, fact: (
            fact["kind"] in ("breakdown", "audience")
            and made.report_type in fact["report_types"]
            and not taken(fact, made.report_type, made.level.data_level)
        ),
    ),
    "one_breakdown": lambda random, made: (
        {"by": ("page_id", "room_id")}
        if made.report_type == BASIC
        else {"by": ("catalog_id", "sku_id")}
        if made.report_type == CATALOG
        else {"by": ("placement", "country_code")}
        if made.report_type == BC
        else {}
    ),
    "one_audience_dimension": lambda random, made: (
        {"by": random.choice([(), ("age", "platform"), ("country_code", "province_id"), ("age", "gender", "ac")])}
        if made.report_type == AUDIENCE
        else {}
    ),
    "keyword_of_match_type": lambda random, made: {"by": ("match_type",)} if made.report_type == BASIC else {},
    "shop_by_country": lambda random, made: {"by": (), "grain": DAY} if made.report_type == TT_SHOP else {},
    "four_dimensions": lambda random, made: {"by": ("age", "gender", "ac", "language")},
    "grain_of_type": lambda random, made: (
        {"grain": random.choice([DAY, HOUR]) if made.report_type == PLAYABLE_MATERIAL else HOUR}
        if made.report_type != BASIC
        else {}
    ),
    "grain_of_dimension": lambda random, made: (
        {"by": ("interest_category",), "grain": DAY}
        if made.report_type == AUDIENCE
        else {"grain": HOUR}
        if made.report_type == BASIC and made.by
        else {}
    ),
    "lifetime": lambda random, made: (
        {"grain": LIFETIME}
        if made.report_type in (AUDIENCE, CATALOG, BC, TT_SHOP)
        else {"by": ("country_code",), "grain": LIFETIME}
    ),
    "one_ad_id": lambda random, made: (
        {"chosen": (*made.chosen, "ad_id" if made.level is AD_V2 else "ad_id_v2")} if made.level in (AD, AD_V2) else {}
    ),
    "metrics_there_already": lambda random, made: {
        "chosen": (made.level.id if made.report_type == BC else "currency", *made.chosen)
    },
    "metrics_of_type": lambda random, made: a_metric(
        random, made, lambda fact: {made.report_type, BASIC} & {*fact["report_types"]} == set()
    ),
    "metrics_of_level": lambda random, made: a_metric(
        random,
        made,
        lambda fact: (
            made.report_type in fact["report_types"] and not taken(fact, made.report_type, made.level.data_level)
        ),
    ),
    "metrics_of_breakdown": outside_the_list,
    "metrics_beside_dimensions": lambda random, made: (
        {"chosen": (*made.chosen, "single_image_ctr"), "by": ()}
        if made.report_type == BASIC
        else {"chosen": (*made.chosen, "behavior_name"), "by": ("platform",)}
        if made.report_type == AUDIENCE
        else {}
    ),
    "filters_of_type": lambda random, made: (
        added(made, "image_mode", "x") if made.report_type in (AUDIENCE, BC, TT_SHOP) else {}
    ),
    "filters_of_level": lambda random, made: added(
        made, "campaign_status" if made.level is not CAMPAIGN else "ad_status", "STATUS_ALL"
    ),
    "one_filter_a_field": lambda random, made: {"filters": (Filter("buying_type", ("AUCTION",)),) * 2},
    "filters_compare": lambda random, made: {"filters": (Filter("create_time", ("2024",)),)},
}


def test_300_legal_reports_are_accepted() -> None:
    """Of every family, level and grain, with any metrics that the facts allow there."""
    random = Random(5)
    made = [legal(random) for _ in range(300)]
    assert {one.report_type for one in made} == {*LEVELS}
    assert {(one.grain.cursor, one.level.name) for one in made} >= {("stat_time_hour", "ad"), ("", "playable")}
    assert [(one, violations(one)) for one in made if violations(one)] == []


def test_300_illegal_reports_are_refused_by_the_right_rule() -> None:
    """Legal ones with one thing wrong: the rule that forbids it is among those named."""
    random = Random(6)
    assert {*SPOILERS} == {rule.name for rule in (*rules.FIRST, *RULES)}
    made = [(rule, spoiled(random, rule)) for rule in islice(cycle(SPOILERS), 300)]
    assert [(rule, one, named(one)) for rule, one in made if rule not in named(one)] == []


def named(one: Report) -> Sequence[str]:
    """The rules that a report is said to break."""
    return [found.rule for found in violations(one)]


def test_words_for_levels_and_grains_are_told_apart() -> None:
    """Each word stands for one level or grain."""
    assert [level.name for level in rules.LEVELS.values()] == [*rules.LEVELS]
    assert len({*rules.GRAINS.values()}) == 4
