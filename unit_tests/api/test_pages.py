"""Where an answer stands among its pages, and whether it is the one that was asked for."""

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from source_tiktok_ads.api.envelope import Envelope
from source_tiktok_ads.api.pages import (
    MISNUMBERED,
    UNCOUNTED,
    AcceptedOddities,
    PageCheck,
    PageInfo,
    first_row,
    no_day_of,
    page_info,
    wrong_account,
    wrong_days,
    wrong_list,
)


class Typed(msgspec.Struct):
    """Data of a typed envelope."""

    page_info: PageInfo | None = None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"page_info": {"page": "2", "total_page": 3, "new": 1}}, PageInfo(page=2, total_page=3)),
        (Typed(PageInfo(total_page=7)), PageInfo(total_page=7)),
        (Typed(), None),
        ({"page_info": "?"}, None),
        ({"page_info": {"page": "\ud800"}}, PageInfo()),
        ({"page_info": {"page": 1, "total_number": 25, "total_page": None}}, PageInfo(page=1, total_number=25)),
        ({"page_info": {"page": [], "page_size": "10", "total_number": "25"}}, PageInfo(page_size=10, total_number=25)),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_page_info(data: Any, expected: PageInfo | None) -> None:
    """Typed or not, numbers as text too; one that cannot be read does not hide the others."""
    assert page_info(Envelope(0, data=data)) == expected


@pytest.mark.parametrize(
    ("info", "last", "tells"),
    [
        (PageInfo(), 1, False),
        (PageInfo(page=1, page_size=10), 1, False),
        (PageInfo(total_number=0), 1, True),
        (PageInfo(total_page=4), 4, True),
        (PageInfo(page_size=10, total_number=25, total_page=3), 3, True),
        (PageInfo(page_size=10, total_number=25, total_page=1), 3, True),
        (PageInfo(page_size=10, total_number=25, total_page=9), 9, True),
        (PageInfo(page_size=0, total_number=25, total_page=2), 2, True),
    ],
)
def test_the_last_page(info: PageInfo, last: int, tells: bool) -> None:
    """By whichever of the numbers says more."""
    assert (info.last_page, info.tells) == (last, tells)


def counted(page: int = 1) -> Envelope:
    """A page of a list."""
    return Envelope(0, data={"list": [], "page_info": {"page": page, "total_page": 3}})


NOT_COUNTED = Envelope(0, data={"list": []})


def test_the_page_that_was_asked_for_is_taken() -> None:
    """One that does not say its number, too; and a list without pages has no numbers."""
    believed = AcceptedOddities(str)
    assert PageCheck(2, believed, "A")(counted(2)) is None
    assert PageCheck(2, believed, "A")(counted(0)) is None
    assert PageCheck(None, believed, "A")(NOT_COUNTED) is None


@pytest.mark.parametrize(("odd", "why"), [(NOT_COUNTED, UNCOUNTED), (counted(3), MISNUMBERED)])
def test_what_is_odd_is_doubted_once_and_then_believed(odd: Envelope, why: str) -> None:
    """For the request, and from then on for its place; another place is doubted anew, and one warning is enough."""
    said: list[str] = []
    believed = AcceptedOddities(said.append)
    first = PageCheck(2, believed, "A")
    assert [first(odd), first(odd)] == [why, None]
    assert PageCheck(2, believed, "A")(odd) is None
    other = PageCheck(2, believed, "B")
    assert [other(odd), other(odd)] == [why, None]
    assert len(said) == int(why == UNCOUNTED)


def test_an_oddity_that_passes_is_not_believed() -> None:
    """The next answer that is odd is doubted again."""
    believed = AcceptedOddities(str)
    assert [PageCheck(2, believed, "A")(answer) for answer in (counted(3), counted(2))] == [MISNUMBERED, None]
    assert PageCheck(2, believed, "A")(counted(3)) == MISNUMBERED


def test_what_the_caller_says_of_an_answer() -> None:
    """What is wrong is never taken, what is odd is if it comes again."""
    wrong = PageCheck[Envelope](1, AcceptedOddities(str), "A", wrong=lambda envelope: "no")
    odd = PageCheck[Envelope](1, AcceptedOddities(str), "A", unlikely=lambda envelope: "hm")
    assert [wrong(counted()), wrong(counted())] == ["no", "no"]
    assert [odd(counted()), odd(counted())] == ["hm", None]


def rows(*given: Any) -> Envelope:
    """An answer with these rows."""
    return Envelope(0, data={"list": [*given]})


def test_the_first_row() -> None:
    """None where there is no list, or an empty one."""
    assert first_row(rows(1, 2)) == 1
    assert [first_row(envelope) for envelope in (rows(), Envelope(0), Envelope(0, data={"list": {"a": 1}}))] == [
        None
    ] * 3


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"advertiser_id": "7"}, None),
        ({"advertiser_id": 7}, None),
        ({"dimensions": {"advertiser_id": "7"}}, None),
        ({"advertiser_id": "8"}, "its rows are of account '8'"),
        ({"dimensions": {"advertiser_id": "8"}}, "its rows are of account '8'"),
        ({"advertiser_id": [8]}, None),
        ({"other": "8"}, None),
        ("odd", None),
    ],
)
def test_rows_of_another_account(row: Any, why: str | None) -> None:
    """Where a row names its account."""
    assert wrong_account("7", rows(row)) == why


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"adgroup_id": "1", "campaign_id": "2"}, None),
        ({"campaign_id": "2"}, "its rows have no adgroup_id"),
        ({"adgroup_id": "1", "ad_id": "3"}, "its rows have ad_id"),
        ("odd", "its rows have no adgroup_id"),
    ],
)
def test_rows_of_another_list(row: Any, why: str | None) -> None:
    """Lists of campaigns, ad groups and ads of one account differ in their ids."""
    assert wrong_list("adgroup_id", ["ad_id"], rows(row)) == why


def test_no_rows_are_of_any_list() -> None:
    """Nothing tells them apart."""
    assert wrong_list("adgroup_id", ["ad_id"], rows()) is None


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("2026-03-01 00:00:00", None),
        ("2026-03-05", None),
        (datetime.fromisoformat("2026-03-05T23:00:00"), None),
        ("2026-03-06 00:00:00", "its rows are of 2026-03-06"),
        (datetime.fromisoformat("2026-02-28"), "its rows are of 2026-02-28"),
        ("soon", None),
        (None, None),
        (7, None),
    ],
)
def test_rows_of_other_days(told: Any, why: str | None) -> None:
    """Whether the page could be typed or not; what is no day says nothing."""
    first, last = date(2026, 3, 1), date(2026, 3, 5)
    for row in ({"dimensions": {"day": told}}, SimpleNamespace(dimensions=SimpleNamespace(day=told))):
        assert wrong_days("day", first, last, rows(row)) == why
        assert no_day_of("day", first, last, rows(row)) == bool(why)
    assert wrong_days("day", first, last, rows()) is None
    assert not no_day_of("day", first, last, rows())


def test_rows_of_other_days_beside_those_asked_for() -> None:
    """One row of the days, or of no day at all, and the answer may be one to the request."""
    first, last = date(2026, 3, 1), date(2026, 3, 5)
    days = [{"dimensions": {"day": told}} for told in ("2026-03-06", "2026-02-28", "2026-03-05", "soon")]
    assert no_day_of("day", first, last, Envelope(0, data={"list": days[:2]}))
    assert not no_day_of("day", first, last, Envelope(0, data={"list": days[:3]}))
    assert not no_day_of("day", first, last, Envelope(0, data={"list": [*days[:2], days[3]]}))
