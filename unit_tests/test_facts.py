"""The streams beside a table of what public sources say of TikTok's endpoints: no difference, and how sure each is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from source_tiktok_ads.offered import HEAD, described, table
from source_tiktok_ads.run import main
from source_tiktok_ads.streams.catalog import BY_NAME, STREAMS
from source_tiktok_ads.streams.evidence import sources, sureness
from source_tiktok_ads.streams.listing import DatedListing, Listing, Paging, Step
from source_tiktok_ads.streams.lists import commerce
from source_tiktok_ads.streams.model import Report, Stream

TABLE = json.loads((Path(__file__).parent.parent / "docs" / "tiktok" / "facts.json").read_text("utf-8"))
FACTS: Mapping[str, Mapping[str, Any]] = {fact["endpoint"]: fact for fact in TABLE["endpoints"]}


def lists_of(stream: Stream | Listing) -> Iterator[Stream | Listing]:
    """A stream, and every list that its rows or requests come from."""
    yield stream
    if isinstance(stream, Listing):
        parent = [stream.parent.listing] if stream.parent else []
        for other in (*stream.more, *([stream.instead] if stream.instead else ()), *parent):
            yield from lists_of(other)


LISTS = {f"{listing.name} ({listing.path})": listing for stream in STREAMS for listing in lists_of(stream)}
DOCUMENTED = [name for name, listing in LISTS.items() if "parameters" in FACTS[listing.path]]
STEPS = [
    step
    for listing in LISTS.values()
    if isinstance(listing, Listing) and listing.task
    for step in (listing.task.check, listing.task.download)
]
READ_IN_PAGES = ("page", "page_size")


def asked(listing: Any) -> dict[str, Any]:
    """What a list or a report asks for, whatever the account and the days."""
    if isinstance(listing, Report):
        return listing.params("1", date(2026, 3, 1), date(2026, 3, 2), include_deleted=True)
    if not isinstance(listing, Listing):
        return {}
    passes = (*listing.passes, *listing.with_deleted)
    whole: dict[str, Any] = {name: value for each in passes for name, value in each.params.items()}
    if listing.paging in (Paging.PAGES, Paging.UNCOUNTED):
        whole |= dict.fromkeys(READ_IN_PAGES, 1)
    if listing.since:
        whole |= listing.since("2026-03-01 00:00:00", "2026-03-02 00:00:00")
    return whole


def test_every_endpoint_is_in_the_table() -> None:
    """Each with the names of its sources; nothing else stands there."""
    steps = {step.path for step in STEPS}
    assert {listing.path for listing in LISTS.values()} | steps == set(FACTS)
    assert {path: len(fact["sources"]) for path, fact in FACTS.items()} == sources()


@pytest.mark.parametrize("name", DOCUMENTED)
def test_parameters_and_filters_are_those_of_the_table(name: str) -> None:
    """A parameter or a filter that no source knows is asked for nowhere."""
    fact, found = FACTS[LISTS[name].path], asked(LISTS[name])
    assert set(found) - set(fact["parameters"]) == set()
    assert set(fact.get("required", ())) <= set(found)
    filtering = found.get("filtering")
    if isinstance(filtering, dict):
        assert set(filtering) - set(fact["filters"]) == set()


@pytest.mark.parametrize("name", [name for name, item in LISTS.items() if isinstance(item, Listing) and item.headers])
def test_headers_are_those_of_the_table(name: str) -> None:
    """A header that no source knows is sent nowhere."""
    listing = LISTS[name]
    assert isinstance(listing, Listing)
    assert [*listing.headers] == FACTS[listing.path]["headers"]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.path)
def test_what_is_asked_about_a_task_is_in_the_table(step: Step) -> None:
    """The task's id, and what of the task's own parameters is said again."""
    assert {*step.repeats, "task_id"} <= {*FACTS[step.path]["parameters"]}


@pytest.mark.parametrize("name", [name for name, item in LISTS.items() if isinstance(item, Listing)])
def test_rows_are_looked_for_where_any_source_shows_them(name: str) -> None:
    """Where two sources name two places, both are read."""
    listing = LISTS[name]
    assert isinstance(listing, Listing)
    assert set(FACTS[listing.path].get("containers", ())) - {""} <= set(listing.places)
    assert ("" in FACTS[listing.path].get("containers", ())) <= (not listing.places)


@pytest.mark.parametrize("name", LISTS)
def test_pages_and_windows_are_no_larger_than_the_table_says(name: str) -> None:
    """TikTok refuses larger ones."""
    listing = LISTS[name]
    fact = FACTS[listing.path]
    if not isinstance(listing, Listing) or listing.paging in (Paging.PAGES, Paging.UNCOUNTED):
        assert listing.page_size <= fact.get("page_size", listing.page_size)
    if isinstance(listing, DatedListing) and listing.params_for:
        assert listing.days <= max(fact.get("days", {"none": listing.days}).values())
    if isinstance(listing, Report) and listing.days:
        assert listing.days <= fact["days"][listing.grain.dimension or "none"]


@pytest.mark.parametrize("name", [name for name, item in LISTS.items() if "most" in FACTS[item.path]])
def test_lists_know_how_many_rows_tiktok_gives_of_them(name: str) -> None:
    """What lies beyond is read in another way, or said to be missing."""
    listing = LISTS[name]
    assert isinstance(listing, Listing)
    assert listing.most == FACTS[listing.path]["most"]


@pytest.mark.parametrize("name", [stream.name for stream in STREAMS if "key" in FACTS[stream.path]])
def test_keys_hold_what_tells_rows_apart(name: str) -> None:
    """The ids that the sources name, as far as the stream has them."""
    stream = BY_NAME[name]
    assert {*FACTS[stream.path]["key"]} & {*stream.columns} <= {*stream.key}


@pytest.mark.parametrize("level", TABLE["gmv_max_levels"], ids=lambda level: "+".join(level["grouping"]))
def test_each_level_of_gmv_max_names_the_filters_it_needs(level: Mapping[str, Any]) -> None:
    """And no other."""
    (stream,) = [
        listing
        for listing in commerce.COMMERCE
        if listing.path == level["endpoint"]
        and all([*level["grouping"], "stat_time_day"] == each.params["dimensions"] for each in listing.passes)
    ]
    assert stream.parent is not None
    rows = [{"store_id": "1", "campaign_id": "2", "item_group_id": "3"}]
    for each in stream.readings(include_deleted=True):
        filters = {**each.params.get("filtering", {}), **stream.parent.params_for(rows).get("filtering", {})}
        assert {*level["required"]} <= {*filters} <= {*level["filters"]}


def test_the_sureness_of_a_stream_is_that_of_its_weakest_endpoint() -> None:
    """A list that the requests come from counts too."""
    assert sureness(BY_NAME["ad_insights"]) == "two sources"
    assert sureness(BY_NAME["music"]) == "one source"
    assert sureness(BY_NAME["adgroup_insights_by_search_term_daily"]) == "two sources"
    assert sureness(BY_NAME["ad_insights_by_search_term_daily"]) == "unverified"
    assert sureness(BY_NAME["ad_insights_by_country_extended_hourly"]) == "unverified"
    assert sureness(BY_NAME["split_tests"]) == "unverified"
    assert sureness(BY_NAME["gmv_max_creative_insights"]) == "two sources"


def test_the_command_streams_lists_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    """One line each under a head; an argument is refused with a sentence."""
    assert main(["streams"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == table().splitlines()
    assert [line.split()[0] for line in lines] == ["stream", *BY_NAME]
    assert set(described(BY_NAME["ads"])) == set(HEAD)
    assert main(["streams", "--wide"]) == 2
    assert "takes no arguments, not --wide" in capsys.readouterr().err


def test_the_command_streams_loads_nothing_of_the_cdk() -> None:
    """It answers at once, without network."""
    code = (
        "from source_tiktok_ads.run import main; import sys; main(['streams']); sys.exit('airbyte_cdk' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
