"""The simulator's answers that are short, misplaced or written in another notation, each as its rule says."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from .simulator import TOKEN, Simulator, Switches, World
from .simulator.answers import NOTATIONS, OF_PAGES, OF_ROWS

WORLD = World(advertisers=1, campaigns=4, adgroups_per=2, ads_per=2, history_start=date(2026, 2, 1), specials=False)
SIZE = 2
REPORT = {
    **{"report_type": "BASIC", "data_level": "AUCTION_AD", "dimensions": '["ad_id","stat_time_day"]'},
    **{"metrics": '["spend","impressions","ctr"]', "start_date": "2026-03-01", "end_date": "2026-03-05"},
}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A small world."""
    with Simulator(WORLD, Switches(signed_urls=False, gzip=False)) as running:
        yield running


def get(simulator: Simulator, path: str = "ad/get", **query: Any) -> tuple[str, dict[str, Any]]:
    """The `Date` header and the body of one request."""
    sent = urllib.parse.urlencode({"advertiser_id": WORLD.advertiser_ids[0], "page_size": SIZE, **query})
    request = urllib.request.Request(f"{simulator.url}/open_api/v1.3/{path}/?{sent}", headers={"Access-Token": TOKEN})
    with urllib.request.urlopen(request) as answer:
        return answer.headers["Date"], json.loads(answer.read())


def data(simulator: Simulator, page: int = 1, path: str = "ad/get", **query: Any) -> dict[str, Any]:
    """The data of one page."""
    found: dict[str, Any] = get(simulator, path, page=page, **query)[1]["data"]
    return found


def ids(answer: dict[str, Any]) -> list[str]:
    """The ads of an answer."""
    return [row["ad_id"] for row in answer["list"]]


def test_every_change_has_a_test() -> None:
    """Each kind is named in this module."""
    text = Path(__file__).read_text(encoding="utf-8")
    assert [kind for kind in (*OF_PAGES, *OF_ROWS) if f'add("{kind}"' not in text] == []


def test_short_answers_leave_the_count(simulator: Simulator) -> None:
    """Rows are missing, or the number of pages is wrong, while the total says what it said."""
    whole = data(simulator)
    assert whole["page_info"]["total_page"] > 2
    simulator.faults.add("ends_early", page=1)
    simulator.faults.add("blank", page=2)
    simulator.faults.add("no_list", page=3)
    first, second, third = (data(simulator, page) for page in (1, 2, 3))
    assert (ids(first), first["page_info"]["total_page"]) == (ids(whole), 1)
    assert (second["list"], second["page_info"]["total_number"]) == ([], whole["page_info"]["total_number"])
    assert "list" not in third
    simulator.faults.clear()
    simulator.faults.add("total_page", rows=-1)
    simulator.faults.add("depth", rows=SIZE + 1)
    assert data(simulator)["page_info"] == {**whole["page_info"], "total_page": whole["page_info"]["total_page"] - 1}
    assert [len(ids(data(simulator, page))) for page in (1, 2, 3)] == [SIZE, 1, 0]


def test_rows_stand_elsewhere(simulator: Simulator) -> None:
    """Under another name, null, on another page, or the first page's again."""
    pages = {page: ids(data(simulator, page)) for page in (1, 2, 3)}
    simulator.faults.add("same_rows", page=2)
    simulator.faults.add("other_page", page=1, rows=2)
    assert ids(data(simulator, 2)) == pages[1]
    assert (ids(data(simulator, 1)), data(simulator, 1)["page_info"]["page"]) == (pages[3], 3)
    simulator.faults.clear()
    simulator.faults.add("no_list", page=1, put="null")
    simulator.faults.add("container", page=2, put="ads")
    assert data(simulator, 1)["list"] is None
    assert [row["ad_id"] for row in data(simulator, 2)["ads"]] == pages[2]


def test_hidden_rows_are_not_counted(simulator: Simulator) -> None:
    """The list without them is one that nothing is wrong with."""
    everything = [ad for page in range(1, 9) for ad in ids(data(simulator, page))]
    simulator.faults.add("hidden", find=everything[1])
    found = data(simulator)
    left = [ad for page in range(1, 9) for ad in ids(data(simulator, page))]
    assert left == [ad for ad in everything if ad != everything[1]]
    assert found["page_info"]["total_number"] == len(left)


def test_a_flag_is_lost(simulator: Simulator) -> None:
    """Only in the rows that the rule speaks of."""
    ad = ids(data(simulator))[0]
    simulator.faults.add("flag", names=["is_aco"], find=ad)
    assert [row["is_aco"] for row in data(simulator)["list"] if row["ad_id"] == ad] == [False]


@pytest.mark.parametrize("notation", NOTATIONS)
def test_moments_in_another_notation(simulator: Simulator, notation: str) -> None:
    """The day and the minute stay; seconds are left out only where they are zero."""
    plain = data(simulator, path="report/integrated/get", **REPORT)["list"][0]["dimensions"]["stat_time_day"]
    simulator.faults.add("dates", put=notation)
    found = data(simulator, path="report/integrated/get", **REPORT)["list"][0]["dimensions"]["stat_time_day"]
    assert found != plain
    assert found.replace("T", " ")[:16] == plain[:16]
    seconds = data(simulator)["list"][0]["modify_time"]
    assert notation != "minutes" or len(seconds) == len("2026-03-01 00:00:01")


def test_figures_in_another_notation(simulator: Simulator) -> None:
    """Numbers, percent signs, marks between thousands; the value is the same."""

    def figures() -> list[dict[str, Any]]:
        return [row["metrics"] for row in data(simulator, path="report/integrated/get", **REPORT)["list"]]

    plain = figures()
    simulator.faults.add("percent", names=["ctr"])
    simulator.faults.add("thousands")
    marked = figures()
    assert [row["ctr"] for row in marked] == [f"{row['ctr']}%" for row in plain]
    assert [row["impressions"].replace(",", "") for row in marked] == [row["impressions"] for row in plain]
    assert any("," in row["impressions"] for row in marked)
    simulator.faults.clear()
    simulator.faults.add("numbers")
    assert [row["impressions"] for row in figures()] == [int(row["impressions"]) for row in plain]


def test_a_dimension_that_no_row_has(simulator: Simulator) -> None:
    """Asked for, and not there."""
    simulator.faults.add("no_dimension", names=["ad_id"])
    assert {*data(simulator, path="report/integrated/get", **REPORT)["list"][0]["dimensions"]} == {"stat_time_day"}


def test_parts_of_a_request_are_refused(simulator: Simulator) -> None:
    """The sentence names what it is about; who asks for less is answered."""
    simulator.faults.add("page_size", path="ad/get", rows=2)
    simulator.faults.add("dimensions", names=["ad_id"])
    simulator.faults.add("filters", names=["primary_status"])
    said = [
        get(simulator, page_size=3)[1],
        get(simulator, "report/integrated/get", **REPORT)[1],
        get(simulator, page_size=2, filtering='{"primary_status":"STATUS_ALL"}')[1],
        get(simulator, page_size=2)[1],
    ]
    assert [answer["code"] for answer in said] == [40002, 40002, 40002, 0]
    assert [answer["message"] for answer in said[:3]] == [
        "page_size: Must be between 1 and 2.",
        "Invalid dimension fields: ['ad_id']",
        "Invalid filter(s): '['primary_status']' are not supported",
    ]


def test_a_date_that_jumps(simulator: Simulator) -> None:
    """One header is off, the next is right again."""
    simulator.faults.add("date", seconds=86_400, times=1)
    assert [get(simulator)[0][:16] for _ in range(2)] == ["Wed, 11 Mar 2026", "Tue, 10 Mar 2026"]
