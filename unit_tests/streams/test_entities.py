"""What the columns of accounts, campaigns, ad groups and ads promise."""

from collections.abc import Iterator, Mapping

import pytest

from source_tiktok_ads.streams.entities import ACCOUNTS, AD, ADGROUP, ADVERTISER, CAMPAIGN, ENTITIES
from source_tiktok_ads.streams.shapes import Shape

TABLES = {"campaigns": CAMPAIGN, "adgroups": ADGROUP, "ads": AD, "advertisers": ADVERTISER}

RENAMED = {
    "audience": "audience_ids",
    "carriers_v2": "carrier_ids",
    "catalog_authorized_bc": "catalog_authorized_bc_id",
    "device_models": "device_model_ids",
    "excluded_audience": "excluded_audience_ids",
    "interest_category_v2": "interest_category_ids",
    "interest_keywords": "interest_keyword_ids",
    "is_comment_disable": "comment_disabled",
    "location": "location_ids",
    "pangle_audience_package_exclude": "excluded_pangle_audience_package_ids",
    "pangle_audience_package_include": "included_pangle_audience_package_ids",
    "pangle_block_app_list_id": "blocked_pangle_app_ids",
    "ios_quota_type": "ios14_quota_type",
    "shopping_deeplink_type": "shopping_ads_deeplink_type",
}


def walk(columns: Mapping[str, Shape]) -> Iterator[tuple[str, Shape]]:
    """Every named value, however deep, by its own name."""
    for name, shape in columns.items():
        yield name, shape
        inner = shape
        while inner.item is not None:
            inner = inner.item
        yield from walk(dict(inner.fields))


def innermost(shape: Shape) -> str:
    return innermost(shape.item) if shape.item is not None else shape.kind


@pytest.mark.parametrize("table", TABLES)
def test_ids_are_ids_at_every_depth(table: str) -> None:
    """Whatever is called an id or a list of ids is text, also inside arrays and objects."""
    ids = [(name, innermost(shape)) for name, shape in walk(TABLES[table]) if name.endswith(("_id", "_ids"))]
    others = [("sku_ids", "json_text")] if table == "ads" else []
    assert [pair for pair in ids if pair[1] != "id"] == others


@pytest.mark.parametrize("table", TABLES)
def test_times_are_moments_at_every_depth(table: str) -> None:
    """Whatever is called a time is one, in UTC; accounts give theirs as epoch seconds."""
    times = [shape.kind for name, shape in walk(TABLES[table]) if name.endswith("_time")]
    assert set(times) == ({"epoch"} if table == "advertisers" else {"moment"})


@pytest.mark.parametrize("table", TABLES)
def test_what_is_or_is_not_is_a_flag(table: str) -> None:
    """A column named as a statement holds true or false."""
    statements = ("_enabled", "_disabled", "_on", "_authorized", "_editable")
    named = [
        (name, shape.kind)
        for name, shape in walk(TABLES[table])
        if name.startswith(("is_", "can_", "skip_", "disable_", "exclude_")) or name.endswith(statements)
    ]
    assert [pair for pair in named if pair[1] != "flag"] == []
    assert named


def test_renamed_columns_are_filled_from_todays() -> None:
    """Each published name TikTok gave up takes its value, of the same shape, from the name of today."""
    filled = {name: shape.wire for table in TABLES.values() for name, shape in table.items() if shape.wire}
    assert filled == {old: (new,) for old, new in RENAMED.items()}
    columns = {**AD, **ADGROUP}
    assert {old: columns[old].schema()["type"] for old in RENAMED} == {
        old: columns[new].schema()["type"] for old, new in RENAMED.items()
    }


@pytest.mark.parametrize("name", ["landing_page_urls", "sku_ids"])
def test_lists_published_as_text_stay_text(name: str) -> None:
    """The two lists of ads that were published as text arrive as JSON text."""
    assert AD[name].kind == "json_text"


@pytest.mark.parametrize("name", ["campaigns", "adgroups", "ads"])
def test_structure_tells_deleted_from_active(name: str) -> None:
    """The column that tells deleted objects stands in all three streams."""
    assert TABLES[name]["current_status"].kind == "text"


def test_rows() -> None:
    """Accounts come first, then the structure from the top down; only ads can be filtered by time at TikTok."""
    assert [(stream.name, stream.path) for stream in ACCOUNTS] == [("advertisers", "advertiser/info")]
    assert [(stream.name, stream.path, stream.key, stream.since) for stream in ENTITIES] == [
        ("campaigns", "campaign/get", ("advertiser_id", "campaign_id", "modify_time"), None),
        ("adgroups", "adgroup/get", ("advertiser_id", "campaign_id", "adgroup_id", "modify_time"), None),
        ("ads", "ad/get", ("advertiser_id", "campaign_id", "adgroup_id", "ad_id", "modify_time"), "modified_after"),
    ]
    assert [stream.columns for stream in (*ENTITIES, *ACCOUNTS)] == list(TABLES.values())
