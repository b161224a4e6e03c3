"""What the facts about metrics and dimensions promise, and which of them a standard report asks for."""

import json
import re
from pathlib import Path

import pytest

from source_tiktok_ads.streams import fields
from source_tiktok_ads.streams.fields import DIMENSIONS, METRICS, standard_metrics

FILE = Path(fields.__file__).with_suffix(".json")
REPORT_TYPES = ("AUDIENCE", "BASIC")
BREAKDOWNS = tuple(name for name, dimension in DIMENSIONS.items() if dimension.kind in ("audience", "breakdown"))


def test_file_is_one_line_a_name_in_order() -> None:
    """A change of one fact is a change of one line, and each name is easy to find."""
    lines = FILE.read_text("utf-8").splitlines()
    names = [match[1] for line in lines if (match := re.match(r'  "(\w+)": \{', line))]
    facts = json.loads("\n".join(lines))
    assert names == [*sorted(facts["metrics"]), *sorted(facts["dimensions"])]
    assert max(map(len, lines)) < 4000


def test_every_name_of_tiktoks_is_known() -> None:
    """All metrics and dimensions that any source tells of are here."""
    assert (len(METRICS), len(DIMENSIONS)) == (1187, 57)


def test_metrics_are_described() -> None:
    """Every metric has a meaning of one sentence, a group whose place is known, and a type with a shape."""
    metrics = METRICS.values()
    assert [m.name for m in metrics if not re.fullmatch(r"[A-Z0-9][^\n]+\.", m.meaning)] == []
    assert [m.name for m in metrics if m.shape.meaning != m.meaning] == []
    assert {m.group for m in metrics} == {*fields.GROUPS}
    assert [name for name, m in METRICS.items() if m.name != name] == []


def test_what_is_told_in_percent_is_a_percentage() -> None:
    """Its meaning, unit and type agree, and percentages are never added up."""
    told = [m for m in METRICS.values() if "in percent" in m.meaning]
    assert [m.name for m in told if m.unit != "percent"] == []
    assert [m.name for m in METRICS.values() if m.unit == "percent" and (m.shape.kind != "number" or m.additive)] == []


def test_metrics_are_standard_only_where_tiktok_takes_them() -> None:
    """No standard set asks for a metric at a level or in a report type that refuses it."""
    metrics = METRICS.values()
    assert [m.name for m in metrics if not all(m.allowed("BASIC", level) for level in m.standard)] == []
    assert [m.name for m in metrics if not all(m.allowed("AUDIENCE", level) for level in m.standard_audience)] == []


def test_what_a_metric_needs_is_known() -> None:
    """The dimensions and times a metric depends on are dimensions of that kind, in a report type that takes it."""
    needed = [(m, report, name) for m in METRICS.values() for report, names in m.beside.items() for name in names]
    assert [m.name for m, report, name in needed if report not in DIMENSIONS[name].report_types] == []
    assert [m.name for m, report, _ in needed if report not in m.report_types] == []
    assert {time for m in METRICS.values() for time in m.times} == {"stat_time_day"}


@pytest.mark.parametrize(
    ("name", "report_type", "by", "time", "stands"),
    [
        ("spend", "BASIC", ("country_code",), "stat_time_hour", True),
        ("cash_spend", "BASIC", (), "stat_time_day", True),
        ("cash_spend", "BASIC", (), "stat_time_hour", False),
        ("cash_spend", "BASIC", (), "", False),
        ("paid_engaged_view", "BASIC", (), "stat_time_day", True),
        ("paid_engaged_view", "BASIC", (), "", True),
        ("paid_engaged_view", "BASIC", (), "stat_time_hour", False),
        ("paid_engaged_view", "BASIC", ("ad_type",), "", False),
        ("user_action", "AUDIENCE", ("behavior_id",), "stat_time_day", True),
        ("user_action", "AUDIENCE", ("platform",), "stat_time_day", False),
        ("average_video_play_per_user", "AUDIENCE", ("platform",), "stat_time_day", False),
        ("average_video_play_per_user", "AUDIENCE", ("placement",), "stat_time_day", True),
        ("average_video_play_per_user", "BASIC", (), "stat_time_day", True),
    ],
)
def test_what_a_metric_stands_beside(name: str, report_type: str, by: tuple[str, ...], time: str, stands: bool) -> None:
    """Some metrics need one dimension, some a day, some the object's id alone."""
    assert METRICS[name].stands(report_type, by, time) is stands


@pytest.mark.parametrize("name", DIMENSIONS)
def test_dimension_is_described(name: str) -> None:
    """Every dimension has a meaning of one sentence, and lists only metrics that are known."""
    dimension = DIMENSIONS[name]
    assert re.fullmatch(r"[A-Z][^\n]+\.", dimension.meaning)
    assert dimension.name == name
    assert [metric for names in dimension.metrics.values() for metric in names if metric not in METRICS] == []
    assert [time for time in dimension.times if DIMENSIONS[time].kind != "time"] == []
    assert [other for other in dimension.pairs if name not in DIMENSIONS[other].pairs] == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("impressions", "integer"),
        ("gross_impressions", "integer"),
        ("spend", "number"),
        ("cost_per_1000_reached", "number"),
        ("is_smart_creative", "flag"),
        ("campaign_id", "id"),
        ("campaign_name", "text"),
        ("campaign_budget", "text"),
    ],
)
def test_shape_follows_type_and_unit(name: str, kind: str) -> None:
    """Counts are integers, money and rates numbers, ids and budgets text."""
    assert METRICS[name].shape.kind == kind


def test_all_levels_are_spelled_out() -> None:
    """What the file writes as ALL is the four levels to a reader."""
    assert METRICS["spend"].data_levels == fields.DATA_LEVELS
    assert METRICS["ad_name"].data_levels == ("AUCTION_AD",)


def test_allowed_asks_for_both_type_and_level() -> None:
    """A metric is legal only where both the report type and the level take it."""
    assert METRICS["ad_name"].allowed("AUDIENCE", "AUCTION_AD")
    assert not METRICS["ad_name"].allowed("AUDIENCE", "AUCTION_CAMPAIGN")
    assert not METRICS["app_install"].allowed("AUDIENCE", "AUCTION_AD")


def test_unknown_names_are_refused() -> None:
    """A name that is no metric, and a breakdown that is no dimension, raise KeyError."""
    with pytest.raises(KeyError):
        METRICS["conversions"]
    with pytest.raises(KeyError):
        standard_metrics("BASIC", "AUCTION_AD", ("country",))


@pytest.mark.parametrize(
    ("report_type", "data_level", "count"),
    [
        ("BASIC", "AUCTION_AD", 100),
        ("BASIC", "AUCTION_ADGROUP", 100),
        ("BASIC", "AUCTION_CAMPAIGN", 100),
        ("BASIC", "AUCTION_ADVERTISER", 96),
        ("AUDIENCE", "AUCTION_AD", 60),
        ("AUDIENCE", "AUCTION_ADGROUP", 55),
        ("AUDIENCE", "AUCTION_CAMPAIGN", 41),
        ("AUDIENCE", "AUCTION_ADVERTISER", 35),
    ],
)
def test_standard_sets_are_complete(report_type: str, data_level: str, count: int) -> None:
    """Each level asks for as many metrics as were chosen for it."""
    assert len(standard_metrics(report_type, data_level)) == count


@pytest.mark.parametrize("by", [(), *((name,) for name in BREAKDOWNS)])
@pytest.mark.parametrize("data_level", fields.DATA_LEVELS)
@pytest.mark.parametrize("report_type", REPORT_TYPES)
def test_standard_sets_are_legal(report_type: str, data_level: str, by: tuple[str, ...]) -> None:
    """No standard set breaks TikTok's 100 metrics, asks for one twice, or for what the level refuses."""
    names = standard_metrics(report_type, data_level, by)
    assert len(set(names)) == len(names) <= 100
    assert [name for name in names if not METRICS[name].allowed(report_type, data_level)] == []


def test_parents_come_first_then_group_by_group() -> None:
    """A record begins with what the row is about; its figures keep together by group."""
    names = standard_metrics("BASIC", "AUCTION_AD")
    places = [fields.GROUPS.index(METRICS[name].group) for name in names[5:]]
    assert names[:5] == ("campaign_id", "campaign_name", "adgroup_id", "adgroup_name", "ad_name")
    assert places == sorted(places)


def test_audience_breakdown_cuts_to_what_it_takes() -> None:
    """Beside a breakdown with a list, an audience report keeps the listed metrics and the level's attributes."""
    taken = set(DIMENSIONS["country_code"].metrics["AUDIENCE"])
    whole = set(standard_metrics("AUDIENCE", "AUCTION_ADGROUP"))
    attributes = {name for name in whole if METRICS[name].group == "attribute"}
    assert set(standard_metrics("AUDIENCE", "AUCTION_ADGROUP", ("country_code",))) == (whole & taken) | attributes
    assert "placement_type" in attributes - taken


def test_cut_leaves_out_what_the_breakdown_refuses() -> None:
    """A standard metric that is not listed for the breakdown is not asked for."""
    names = fields._cut({"spend", "likes", "campaign_name"}, ("spend",), "AUDIENCE", "AUCTION_CAMPAIGN")
    assert names == {"spend", "campaign_name"}


def test_basic_breakdown_takes_all_it_can() -> None:
    """Beside a breakdown with a list, a basic report asks for the whole list, standard or not, and the attributes."""
    names = set(standard_metrics("BASIC", "AUCTION_CAMPAIGN", ("country_code",)))
    attributes = {n for n in standard_metrics("BASIC", "AUCTION_CAMPAIGN") if METRICS[n].group == "attribute"}
    assert names == set(DIMENSIONS["country_code"].metrics["BASIC"]) | attributes


def test_breakdown_without_a_list_changes_nothing() -> None:
    """Age, gender, platform and province take the standard set as it is."""
    whole = standard_metrics("AUDIENCE", "AUCTION_CAMPAIGN")
    assert standard_metrics("AUDIENCE", "AUCTION_CAMPAIGN", ("province_id",)) == whole
