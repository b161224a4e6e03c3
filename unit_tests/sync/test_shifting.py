"""Rows that keep changing places are read in smaller parts, until a part fits on one page."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest

from source_tiktok_ads.streams.catalog import BY_NAME
from source_tiktok_ads.streams.model import Report
from source_tiktok_ads.sync.lines import Answer, decode
from source_tiktok_ads.sync.paging import READS, Ahead, Shifting, proven
from source_tiktok_ads.sync.reports import ReportReader

from .canned import A, Canned, config, informed, page, sync_of

STREAM = BY_NAME["campaign_insights_by_province"]


def answers(*readings: Sequence[str]) -> list[Answer]:
    """One page a reading, each of which claims three rows."""
    return [decode(json.dumps({"code": 0, "data": page(rows, total=3)}).encode()) for rows in readings]


def pieces(rows: Sequence[Any]) -> list[tuple[bytes, bytes]]:
    """Rows that are their own keys."""
    return [(str(row).encode(), str(row).encode()) for row in rows]


def test_readings_that_differ_are_told_from_a_total_that_is_wrong() -> None:
    """Other rows every time: smaller parts may help. The same every time: TikTok counts wrongly, which is a warning."""
    row = {"a": 1}, {"b": 1}, {"c": 1}
    moving = iter(answers([row[0]], [row[1]], [row[0], row[2]]))
    with pytest.raises(Shifting, match=f"TikTok counts 3 rows but gave 2 different ones in {READS} readings"):
        list(proven(lambda number: next(moving), pieces, str, Ahead(1), set(), divisible=True))
    for sent in (set[int](), {7}):
        said: list[str] = []
        same = iter(answers([row[0]], [row[0]], [row[0]]))
        left = list(proven(lambda number, same=same: next(same), pieces, said.append, Ahead(1), sent, divisible=True))
        assert [len(rows) for rows in left] == [1, 0, 0]
        assert len(said) == 1


def province(campaign: int, day: date) -> dict[str, Any]:
    """A row of the report."""
    dimensions = {"campaign_id": str(campaign), "province_id": "1", "stat_time_day": f"{day} 00:00:00"}
    return {"dimensions": dimensions, "metrics": {"spend": "1.00"}}


def test_a_report_is_read_in_parts_until_no_row_can_move() -> None:
    """Four days of two campaigns in pages of two, in another order at each request: days, one a part, are exact."""
    turn = count()

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        first, last = date.fromisoformat(params["start_date"]), date.fromisoformat(params["end_date"])
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        rows = [province(campaign, day) for day in days for campaign in (1, 2)]
        start = next(turn) * 3 % len(rows)
        rows = [*rows[start:], *rows[:start]] if len(rows) > 2 else rows
        number = params["page"]
        return page(rows[2 * number - 2 : 2 * number], len(rows), number, len(rows) // 2)

    client = Canned(informed(answer))
    sync, said = sync_of(client, config(start_date="2026-03-12", end_date="2026-03-15"))
    assert isinstance(STREAM, Report)
    reader = ReportReader(STREAM, sync, True, {})
    (part,) = reader.generate()
    left = [json.loads(line)["record"]["data"] for record in part.read() for line in record.data[""].lines.splitlines()]
    assert len(left) == len({(row["campaign_id"], row["stat_time_day"]) for row in left}) == 8
    assert {row["advertiser_id"] for row in left} == {A}
    assert said == []
