"""Whether rows add up to TikTok's own totals."""

import json
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from source_tiktok_ads.sync.lines import Answer, Piece, decode
from source_tiktok_ads.sync.totals import Totals

NAMES = ("spend", "clicks")


def answer(total_metrics: Mapping[str, Any] | None, total: int = 3) -> Answer:
    """A page with totals."""
    info = {"page": 1, "page_size": 10, "total_number": total, "total_page": 1}
    return decode(json.dumps({"code": 0, "data": {"page_info": info, "total_metrics": total_metrics}}).encode())


def rows(*spends: float | None) -> list[Any]:
    """Typed rows, each with a click."""
    return [SimpleNamespace(metrics=SimpleNamespace(spend=spend, clicks=1)) for spend in spends]


def pieces(given: Sequence[Any]) -> Sequence[Piece]:
    """Pieces that tell how many rows there were."""
    return [(b"", None)] * len(given)


def differences(totals: Mapping[str, Any] | None, *pages: list[Any], total: int = 3) -> list[str]:
    """What is told after reading the pages."""
    check = Totals(lambda page: answer(totals, total), pieces, NAMES)
    for number, page in enumerate(pages, 1):
        check.fetch(number)
        assert len(check.pieces(page)) == len(page)
    return check.differences()


def test_rows_that_add_up_say_nothing() -> None:
    """Half a hundredth a row, and of the total, is rounding; a row without a value adds nothing."""
    assert differences({"spend": "3.02", "clicks": "3"}, rows(1.0, None), rows(2.0)) == []


def test_a_difference_is_told_with_both_numbers() -> None:
    """Per metric: what the rows add up to, and what TikTok says."""
    said = differences({"spend": "9.00", "clicks": "3"}, rows(1.0, 2.0, 3.5))
    assert said == ["spend 6.5 (TikTok says 9.00)"]


@pytest.mark.parametrize("totals", [None, {}, {"spend": "-", "clicks": None}, {"spend": [], "likes": "7"}])
def test_what_has_no_total_is_not_compared(totals: Mapping[str, Any] | None) -> None:
    """No totals, a dash, nonsense, a total of something else."""
    assert differences(totals, rows(1.0)) == []


def test_totals_of_too_many_objects_are_not_compared() -> None:
    """Above 20,000 objects TikTok's totals leave some out."""
    assert differences({"spend": "9.00"}, rows(1.0), total=20_001) == []


def test_untyped_rows_are_not_added_up() -> None:
    """A page that took the slow road has no typed values; a comparison of the rest would be wrong."""
    assert differences({"spend": "9.00"}, rows(1.0), [{"metrics": {"spend": "1"}}]) == []


def test_another_reading_starts_from_nothing() -> None:
    """Page 1 begins a reading; what an earlier one added up is forgotten."""
    check = Totals(lambda page: answer({"spend": "1.00"}), pieces, NAMES)
    for _ in range(2):
        check.fetch(1)
        check.pieces(rows(1.0))
    assert check.differences() == []
