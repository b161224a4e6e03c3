"""One look at every row of the stream table: what no stream may get wrong, whoever adds it."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from source_tiktok_ads.streams import fields
from source_tiktok_ads.streams.catalog import BY_NAME, STREAMS, entry
from source_tiktok_ads.streams.listing import Listing, Scope
from source_tiktok_ads.streams.model import Report
from source_tiktok_ads.streams.rules import violations

PUBLISHED = json.loads(Path(__file__).with_name("published.json").read_text("utf-8"))

GRAMMAR = re.compile(
    r"(advertiser|campaign|adgroup|ad|smart_plus_ad)_insights(_by_[a-z2-4_]+?)?(_daily|_hourly|_monthly|_lifetime)?"
)
# TikTok's name of a level where the name of the stream is another.
SPOKEN = {"smart_plus_ad": "ad_v2"}

# Where a published type was given up for a better one.
CHANGED = {
    "ad_insights.cost_per_1000_reached": "number",
    "ad_insights.gross_impressions": "integer",
    "ad_insights_by_age_and_gender.gross_impressions": "integer",
    "ad_insights_by_country.gross_impressions": "integer",
    "ad_insights_by_platform.gross_impressions": "integer",
    "campaign_insights_by_province.gross_impressions": "integer",
    "adgroups.audience": "array<string>",
    "adgroups.carriers_v2": "array<string>",
    "adgroups.catalog_authorized_bc": "string",
    "adgroups.device_models": "array<string>",
    "adgroups.excluded_audience": "array<string>",
    "adgroups.interest_category_v2": "array<string>",
    "adgroups.interest_keywords": "array<string>",
    "adgroups.location": "array<string>",
    "adgroups.pangle_audience_package_exclude": "array<string>",
    "adgroups.pangle_audience_package_include": "array<string>",
    "adgroups.pangle_block_app_list_id": "array<string>",
    "ads.page_id": "string",
    "advertisers.create_time": "date-time",
}

NAMES = tuple(BY_NAME)
# What TikTok gives a page where that is not a thousand rows; some lists come whole and have no pages.
LARGEST_PAGES = {
    "advertiser/info": 100,
    "bc/get": 50,
    "bc/asset/admin/get": 50,
    "advertiser/balance/get": 50,
    "bc/account/transaction/get": 50,
    "smart_plus/ad/get": 100,
    "file/image/ad/search": 100,
    "file/video/ad/search": 100,
    "creative/portfolio/list": 100,
    "playable/get": 100,
    "identity/get": 100,
    "identity/video/get": 20,
    "tt_video/list": 50,
    "changelog/get": 50,
    "comment/list": 100,
    "dmp/custom_audience/list": 100,
    "dmp/saved_audience/list": 100,
    "pixel/list": 20,
    "page/get": 100,
    "gmv_max/campaign/get": 100,
    "gmv_max/video/get": 50,
    "smart_plus/material_report/overview": 100,
    "smart_plus/material_report/breakdown": 100,
    "catalog/get": 100,
    "catalog/product/get": 500,
    "diagnostic/catalog": 20,
    "store/product/get": 100,
    "bc/invoice/get": 50,
    "bc/account/cost/get": 50,
    "bc/partner/asset/get": 50,
    "bc/pixel/link/get": 50,
    "catalog/video/get": 50,
    "report/video_performance/get": 500,
    "report/ad_benchmark/get": 100,
    "creative_fatigue/get": 500,
    "advertiser/transaction/get": 50,
    "bc/account/budget/changelog/get": 50,
    "payment_portfolio/get": 50,
    "bc/member/get": 20,
    "bc/partner/get": 50,
    "bc/asset_group/list": 50,
    "optimizer/rule/list": 100,
    "optimizer/rule/result/list": 100,
    "search_ad/negative_keyword/get": 50,
    "tto/tcm/campaign": 5,
    "tto/tcm/report": 100,
}
REFERENCE = tuple(stream.name for stream in STREAMS if isinstance(stream, Listing) and stream.scope is Scope.REFERENCE)
OF_CENTERS = tuple(stream.name for stream in STREAMS if isinstance(stream, Listing) and stream.scope is Scope.CENTERS)
OF_CREATORS = tuple(stream.name for stream in STREAMS if isinstance(stream, Listing) and stream.scope is Scope.CREATORS)
REPORTS = tuple(stream.name for stream in STREAMS if isinstance(stream, Report))
COUNTRIES_BY_HOUR = tuple(name for name in REPORTS if name.endswith("_by_country_extended_hourly"))
OF_CATALOGS = tuple(stream.name for stream in STREAMS if isinstance(stream, Report) and stream.report_type == "CATALOG")
SEARCHES_BY_AD = ("ad_insights_by_search_term_daily", "ad_insights_by_search_keyword_daily")
BROKEN = {
    **{name: ["grain_of_dimension"] for name in COUNTRIES_BY_HOUR},
    **{name: ["dimension_of_level"] for name in SEARCHES_BY_AD},
}
SHOPS = tuple(name for name in REPORTS if name.startswith("gmv_max_"))


def properties(name: str) -> Mapping[str, Any]:
    columns: Mapping[str, Any] = entry(BY_NAME[name], "every")["json_schema"]["properties"]
    return columns


def written(schema: Mapping[str, Any]) -> str:
    """A type as published.json writes it: objects with their fields by name."""
    if schema.get("format") == "date-time":
        return "date-time"
    kind = next(kind for kind in schema["type"] if kind != "null")
    if kind == "array":
        return f"array<{written(schema['items'])}>"
    if kind == "object":
        inside = sorted(schema["properties"].items())
        return "object<" + ", ".join(f"{name} {written(inner)}" for name, inner in inside) + ">"
    return str(kind)


def keys_anywhere(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema
        for inner in schema.values():
            yield from keys_anywhere(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from keys_anywhere(inner)


def test_each_name_stands_once() -> None:
    """No two streams share a name."""
    assert len(NAMES) == len(STREAMS)


@pytest.mark.parametrize("name", sorted({*REPORTS} - {*SHOPS}))
def test_name_follows_the_grammar(name: str) -> None:
    """A report's name tells its level, its breakdown and its grain."""
    stream = BY_NAME[name]
    match = GRAMMAR.fullmatch(name)
    assert isinstance(stream, Report)
    assert match is not None
    level, breakdown, suffix = match.groups(default="")
    level, suffix = SPOKEN.get(level, level), suffix.removesuffix("_daily")
    assert (level, bool(breakdown), suffix) == (stream.level.name, bool(stream.by), stream.grain.suffix)


@pytest.mark.parametrize("name", NAMES)
def test_name_stands_in_full_in_the_source(name: str) -> None:
    """Whoever searches for a stream's name finds its row, and only that."""
    rooms = Path(fields.__file__).parent
    files = (rooms / "entities.py", rooms / "reports.py", *(rooms / "lists").glob("*.py"))
    assert len(re.findall(rf'\(\s*"{name}",', "".join(file.read_text("utf-8") for file in files))) == 1


@pytest.mark.parametrize("name", NAMES)
def test_key_and_cursor_are_columns(name: str) -> None:
    """What tells rows apart and orders them is in the schema, and no column stands twice in the key."""
    stream = BY_NAME[name]
    assert {*stream.key, *filter(None, [stream.cursor])} <= set(stream.columns)
    assert len(set(stream.key)) == len(stream.key)
    whose = "bc_id" if name in OF_CENTERS else "tto_tcm_account_id" if name in OF_CREATORS else "advertiser_id"
    assert stream.key[0] == whose or name in REFERENCE


@pytest.mark.parametrize("name", NAMES)
def test_every_column_says_what_it_means(name: str) -> None:
    """A description of one line stands in the schema of every column."""
    meanings = [schema.get("description", "") for schema in properties(name).values()]
    assert [text for text in meanings if not re.fullmatch(r"[^\n]{10,}\.", text)] == []


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_whole(name: str) -> None:
    """No schema points elsewhere, and every column has exactly one type that may also be null."""
    schema = entry(BY_NAME[name], "every")["json_schema"]
    assert "$ref" not in set(keys_anywhere(schema))
    assert [column for column, inner in properties(name).items() if len(inner["type"]) != 2] == []
    assert [column for column, inner in properties(name).items() if "null" not in inner["type"]] == []


@pytest.mark.parametrize("name", NAMES)
def test_page_is_as_large_as_tiktok_allows(name: str) -> None:
    """Reports and lists of the account's structure are read in pages of 1,000, other lists as each of them allows."""
    stream = BY_NAME[name]
    assert stream.page_size == LARGEST_PAGES.get(stream.path, 1000)


@pytest.mark.parametrize("groups", [(), fields.METRIC_GROUPS], ids=["standard", "with every group"])
@pytest.mark.parametrize("name", REPORTS)
def test_report_breaks_no_rule(name: str, groups: tuple[str, ...]) -> None:
    """TikTok's rules hold, but where sources contradict them: countries by the hour, searches by the ad."""
    stream = BY_NAME[name]
    assert isinstance(stream, Report)
    broken = [found.rule for found in violations(stream.with_groups(groups))]
    assert broken == BROKEN.get(name, [])


@pytest.mark.parametrize("name", REPORTS)
def test_metrics_are_known_and_legal(name: str) -> None:
    """TikTok takes each metric in this kind of report, at this level and beside this breakdown."""
    stream = BY_NAME[name]
    assert isinstance(stream, Report)
    metrics = [fields.METRICS[metric] for metric in stream.metrics]
    # The metrics of reports on catalogs are a part of the others'.
    kind = "BASIC" if name in OF_CATALOGS else stream.report_type
    assert [m.name for m in metrics if not m.allowed(kind, stream.level.data_level)] == []
    lists = [fields.DIMENSIONS[dimension].metrics.get(stream.report_type) for dimension in stream.dimensions]
    listed = [set(names) for names in lists if names is not None]
    assert [m.name for m in metrics if m.group != "attribute" and not all(m.name in names for names in listed)] == []


@pytest.mark.parametrize("name", REPORTS)
def test_at_most_100_metrics_each_once(name: str) -> None:
    """A request stays within TikTok's 100 metrics; the account and its currency are stamped, never asked for."""
    stream = BY_NAME[name]
    assert isinstance(stream, Report)
    assert 0 < len(stream.metrics) == len(set(stream.metrics)) <= 100
    assert not {"advertiser_id", "currency"} & set(stream.metrics)


@pytest.mark.parametrize("name", REPORTS)
def test_dimensions_are_known_and_legal(name: str) -> None:
    """One id of the level, one time, and a breakdown that this report type takes beside that time."""
    stream = BY_NAME[name]
    assert isinstance(stream, Report)
    dimensions = [fields.DIMENSIONS[dimension] for dimension in stream.dimensions]
    times = ["time"] if stream.grain.dimension else []
    assert sorted(d.kind for d in dimensions if d.name not in stream.by) == ["id", *times]
    assert [d.name for d in dimensions if stream.report_type not in d.report_types] == []
    elsewhere = [d.name for d in dimensions if stream.level.data_level not in d.data_levels]
    assert elsewhere == [*(stream.by if name in SEARCHES_BY_AD else ())]
    # TikTok's own rules refuse countries by the hour; who asks for them all the same has to be ready for that.
    illegal = [d.name for d in dimensions if d.kind != "time" and times and stream.grain.dimension not in d.times]
    assert illegal == (["country_code"] if name in COUNTRIES_BY_HOUR else [])
    assert len(dimensions) <= 4


@pytest.mark.parametrize("name", REPORTS)
def test_breakdown_is_single_but_for_age_with_gender(name: str) -> None:
    """TikTok takes one breakdown, or age with gender; an audience report cannot do without one."""
    stream = BY_NAME[name]
    assert isinstance(stream, Report)
    assert len(stream.by) == 1 or stream.by == (("age", "gender") if stream.report_type == "AUDIENCE" else ())


@pytest.mark.parametrize("name", sorted({*REPORTS} - {*OF_CATALOGS}))
def test_parents_of_the_object_are_columns(name: str) -> None:
    """The ids and names of what the object belongs to stand in every row."""
    stream = BY_NAME[name]
    assert isinstance(stream, Report)
    ids = (*stream.level.parents, stream.level.id)
    names = [f"{column.removesuffix('_v2').removesuffix('_id')}_name" for column in ids if column != "advertiser_id"]
    assert {*ids, *names} <= set(stream.columns)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_columns_stay(name: str) -> None:
    """Whoever comes from the published streams finds every column, of its published type or of the better one here."""
    published = {column: CHANGED.get(f"{name}.{column}", kind) for column, kind in PUBLISHED[name].items()}
    ours = {column: written(properties(name)[column]) for column in published}
    assert ours == published


def test_changed_types_are_real_changes() -> None:
    """The list of given-up types names published columns only, and none that kept its type."""
    kept = [path for path, kind in CHANGED.items() if PUBLISHED[path.partition(".")[0]][path.partition(".")[2]] == kind]
    assert kept == []


def test_the_nine_published_streams_are_offered() -> None:
    """The names people know are all there."""
    assert set(PUBLISHED) <= set(NAMES)
    assert len(PUBLISHED) == 9
