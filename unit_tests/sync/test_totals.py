"""Whether rows add up to TikTok's own totals."""

import json
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from source_tiktok_ads.streams.shapes import INTEGER, NUMBER
from source_tiktok_ads.sync.records import Answer, decode
from source_tiktok_ads.sync.totals import MAX_OBJECTS, Ledger, Totals, rounding

METRICS = {"spend": NUMBER("Money."), "clicks": INTEGER("Clicks.")}


def answer(total_metrics: Any, total: int = 3) -> Answer:
    """A page with totals."""
    info = {"page": 1, "page_size": 10, "total_number": total, "total_page": 1}
    return decode(json.dumps({"code": 0, "data": {"page_info": info, "total_metrics": total_metrics}}).encode())


def rows(*spends: float | None) -> list[Any]:
    """Typed rows, each with a click."""
    return [SimpleNamespace(metrics=SimpleNamespace(spend=spend, clicks=1)) for spend in spends]


def differences(
    totals: Mapping[str, Any] | None, *pages: Sequence[Any], total: int = 3, currency: str | None = "EUR"
) -> list[str]:
    """What is told after reading the pages."""
    check, ledger = Totals(METRICS, currency, lambda name, value: None), Ledger()
    for page in pages:
        ledger.add(check.of_page(page, ()), len(page))
    return [str(one) for one in check.differences(ledger.sums, check.expected(answer(totals, total)), ledger.rows)]


def test_rows_that_add_up_say_nothing() -> None:
    """Half a hundredth a row, and of the total, is rounding; a row without a value adds nothing."""
    assert differences({"spend": "3.02", "clicks": "3"}, rows(1.0, None), rows(2.0)) == []
    assert differences({"spend": "3.03", "clicks": "3"}, rows(1.0, None), rows(2.0)) == [
        "spend 3 (TikTok's total is 3.03)"
    ]


def test_a_difference_is_told_with_both_numbers() -> None:
    """Per metric: what the rows add up to, and what TikTok says."""
    said = differences({"spend": "9.00", "clicks": "3"}, rows(1.0, 2.0, 3.5))
    assert said == ["spend 6.5 (TikTok's total is 9)"]


def test_counts_agree_exactly() -> None:
    """A single click among millions is a row that lacks."""
    check = Totals(METRICS, "EUR", lambda name, value: None)
    assert check.differences({"clicks": 10**15}, {"clicks": 10**15}, 1000) == []
    (one,) = check.differences({"clicks": 10**12 + 1}, {"clicks": 10**12}, 1000)
    assert str(one) == "clicks 1000000000001 (TikTok's total is 1000000000000)"


def test_totals_do_not_cover_more_objects_than_tiktok_says() -> None:
    """Where no count shows that beforehand, the number of rows does."""
    check = Totals(METRICS, "EUR", lambda name, value: None)
    assert check.differences({"clicks": 2}, {"clicks": 1}, MAX_OBJECTS) != []
    assert check.differences({"clicks": 2}, {"clicks": 1}, MAX_OBJECTS + 1) == []


@pytest.mark.parametrize("given", ["3", 3, 3.0, "3.0"])
def test_the_notation_of_a_total_does_not_matter(given: Any) -> None:
    """A number or a text, whole or with a fraction of nothing; metrics that nobody asked for are passed over."""
    assert differences({"clicks": given, "unknown": {}}, rows(1.0, 1.0, 1.0)) == []
    assert differences({"clicks": given}, rows(1.0, 1.0)) == ["clicks 2 (TikTok's total is 3)"]


def test_rows_of_any_notation_are_added_up() -> None:
    """A page that could not be typed is added up as it leaves; empty rows add nothing."""
    check = Totals(METRICS, "EUR", lambda name, value: None)
    pieces = [(b"a", b'"ad_id":"1","spend":1.25,"clicks":2'), (b"b", b'"spend":2'), (b"c", None)]
    assert check.of_page([{"metrics": {}}] * 3, pieces) == {"spend": 3.25, "clicks": 2}


@pytest.mark.parametrize("totals", [None, {}, {"spend": "-", "clicks": None}, {"spend": "", "likes": "7"}])
def test_what_has_no_total_is_not_compared(totals: Mapping[str, Any] | None) -> None:
    """No totals, a dash, a total of something else."""
    assert differences(totals, rows(1.0)) == []


def test_a_total_that_is_no_number_is_told() -> None:
    """It is not compared; whoever reads is told."""
    said: list[tuple[str, Any]] = []
    check = Totals(METRICS, "EUR", lambda name, value: said.append((name, value)))
    assert check.expected(answer({"spend": [], "clicks": "many"})) == {}
    assert said == [("spend", []), ("clicks", "many")]


def test_totals_that_may_not_cover_all_rows_are_not_compared() -> None:
    """Above 20,000 objects TikTok's totals leave some out; without a count nobody knows how many there are."""
    check = Totals(METRICS, "EUR", lambda name, value: None)
    assert differences({"spend": "9.00"}, rows(1.0), total=20_001) == []
    assert check.expected(Answer(0)) == {}


@pytest.mark.parametrize(("currency", "half"), [("EUR", 0.005), ("JPY", 0.5), (None, 0.005)])
def test_money_without_cents_may_be_rounded_to_whole_units(currency: str | None, half: float) -> None:
    """So each row may be off by half a unit."""
    assert rounding(currency) == half
    assert (differences({"spend": "4"}, rows(1.0, 2.0), currency=currency) == []) is (half == 0.5)
