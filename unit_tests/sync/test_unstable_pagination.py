"""Rows that keep changing places are read in smaller parts, until a part fits on one page."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_tiktok_ads.streams.catalog import BY_NAME
from source_tiktok_ads.streams.model import HIDDEN_CAMPAIGNS, Report
from source_tiktok_ads.sync.pagination import (
    MAX_READS,
    MAX_UNSPLIT_READS,
    READS_BEFORE_SPLIT,
    Attempt,
    Incomplete,
    Prefetcher,
    read_until_consistent,
)
from source_tiktok_ads.sync.records import Answer, decode
from source_tiktok_ads.sync.reports import ReportReader

from .canned import A, Canned, Truncated, config, informed, page, refused, sync_of

STREAM = BY_NAME["campaign_insights_by_province"]


def answers(*readings: Sequence[str]) -> list[Answer]:
    """One page a reading, each of which claims three rows."""
    return [decode(json.dumps({"code": 0, "data": page(rows, total=3)}).encode()) for rows in readings]


def pieces(rows: Sequence[Any]) -> list[tuple[bytes, bytes]]:
    """Rows that are their own keys."""
    return [(str(row).encode(), str(row).encode()) for row in rows]


@pytest.mark.parametrize("readings", [[0, 1, 0], [0, 0, 0]])
@pytest.mark.parametrize("sent", [[], [7]])
def test_rows_that_are_fewer_than_counted_are_never_complete(readings: Sequence[int], sent: Sequence[int]) -> None:
    """Neither other rows every time nor the same ones prove anything: they only show how stable the answer is."""
    row = {"a": 1}, {"b": 1}
    given = iter(answers(*([row[number]] for number in readings)))
    attempts = [Attempt(lambda number: next(given), pieces, 1000)] * MAX_READS
    left: list[list[bytes]] = []
    with pytest.raises(
        Incomplete, match=f"TikTok counts 3 rows but gave {len({*readings})} different ones in {MAX_READS}"
    ):
        left.extend(read_until_consistent(attempts, str, Prefetcher(1), {*sent}))
    assert sum(map(len, left)) == 0 or len(left[-1]) == len({*readings})


def test_readings_that_add_up_together_are_proof() -> None:
    """As many different rows as every page counts: it does not matter that no single reading had them all."""
    said: list[str] = []
    moving = iter(answers([{"a": 1}], [{"b": 1}], [{"a": 1}, {"c": 1}]))
    left = read_until_consistent(
        [Attempt(lambda number: next(moving), pieces, 1000)] * MAX_READS, said.append, Prefetcher(1), set()
    )
    assert [len(rows) for rows in left] == [3]
    assert said == []


def test_readings_that_count_differently_prove_nothing_together() -> None:
    """Rows came or went between the readings, so what they have found together may be some of those that went."""
    row = {"a": 1}, {"b": 1}, {"c": 1}
    more = [decode(json.dumps({"code": 0, "data": page([row[2]], total=4)}).encode())]
    moving = iter([*answers([row[0]], [row[1]]), *more])
    with pytest.raises(Incomplete, match="TikTok counts 4 rows but gave 3"):
        list(
            read_until_consistent(
                [Attempt(lambda number: next(moving), pieces, 1000)] * MAX_READS, str, Prefetcher(1), set()
            )
        )


@pytest.mark.parametrize("total", [MAX_UNSPLIT_READS, MAX_UNSPLIT_READS + 1])
def test_a_part_that_can_be_no_smaller_is_read_until_no_row_is_missing(total: int) -> None:
    """One day of one campaign whose rows move: all that was found leaves; the window is claimed if it is all."""
    turn = count()

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "campaign/get":
            return page([{"campaign_id": "1"}])
        return page([province(next(turn), date(2026, 3, 12))], total=total)

    sync, said = sync_of(Canned(informed(answer)), config(start_date="2026-03-12", end_date="2026-03-12"))
    assert isinstance(STREAM, Report)
    (part,) = ReportReader(STREAM, sync, False, {}).generate()
    rows = [row for record in part.read() for row in record.data[""].lines.splitlines()]
    whole = total == MAX_UNSPLIT_READS
    assert (len(rows), part.finished) == (2 * READS_BEFORE_SPLIT + MAX_UNSPLIT_READS, whole)
    short = f"2026-03-12, campaign_ids 1: TikTok counts {total} rows but gave 9 different ones in 9 readings."
    assert any(short in sentence for sentence in said) != whole


def test_a_window_whose_objects_cannot_be_listed_is_short() -> None:
    """A campaign that lacks would cost the report its rows: the window is not claimed, and the list is named."""
    turn = count()

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "campaign/get":
            return page([{"campaign_id": str(next(turn))}], total=99)
        return Truncated(page([]))

    sync, said = sync_of(Canned(informed(answer)), config(start_date="2026-03-12", end_date="2026-03-12"))
    assert isinstance(STREAM, Report)
    (part,) = ReportReader(STREAM, sync, False, {}).generate()
    assert [*part.read(), part.finished] == [False]
    assert f"campaign/get of account {A}, read to divide a report: TikTok counts 99 rows" in said[-1]


def special(params: Mapping[str, Any]) -> bool:
    """Whether a request is about TopView or Promote campaigns."""
    return "RESERVATION_TOP_VIEW" in str(params) or "campaign_system_origins" in str(params)


def one_day(stream: Report, answer: Any) -> tuple[int, bool, list[str]]:
    """How many rows of one day leave, whether the window is finished, and what is warned of."""
    sync, said = sync_of(
        Canned(informed(answer)), config(start_date="2026-03-12", end_date="2026-03-12"), HIDDEN_CAMPAIGNS
    )
    (part,) = ReportReader(stream, sync, False, {}).generate()
    rows = [row for record in part.read() for row in record.data[""].lines.splitlines()]
    return len(rows), part.finished, said


def test_campaigns_read_one_by_one_make_up_for_a_whole_that_is_short() -> None:
    """The whole has one row of two, each campaign its own: together they are as many as were counted."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "campaign/get":
            return page([] if special(params) else [{"campaign_id": "1"}, {"campaign_id": "2"}])
        if "filtering" not in params or "campaign_ids" not in str(params["filtering"]):
            return page([province(1, date(2026, 3, 12))], total=2)
        chosen = [number for number in (1, 2) if f'"{number}"' in str(params["filtering"])]
        return page([province(number, date(2026, 3, 12)) for number in chosen])

    assert isinstance(STREAM, Report)
    rows, finished, said = one_day(STREAM, answer)
    assert (rows, finished, said) == (2, True, [])


def test_totals_of_the_whole_show_what_campaigns_read_one_by_one_lack() -> None:
    """A campaign that TikTok does not list is in none of the parts: the window is short by its spend."""
    stream = BY_NAME["campaign_insights"]
    assert isinstance(stream, Report)

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "campaign/get":
            return page([] if special(params) else [{"campaign_id": "1"}])
        key = {"campaign_id": "1", "stat_time_day": "2026-03-12 00:00:00"}
        row = {"dimensions": key, "metrics": {"spend": "1.00", "impressions": "10", "clicks": "1"}}
        if "campaign_ids" in str(params.get("filtering")):
            return {**page([row]), "total_metrics": {"spend": "1.00", "impressions": "10", "clicks": "1"}}
        return {**page([row], total=2), "total_metrics": {"spend": "3.00", "impressions": "30", "clicks": "3"}}

    rows, finished, said = one_day(stream, answer)
    assert (rows, finished) == (1, False)
    assert "campaigns or ad groups read one by one lack rows of the whole" in said[-1]


def test_a_window_is_short_where_special_campaigns_cannot_be_listed() -> None:
    """Whether the account has any is not known, so their rows may be missing."""
    stream = BY_NAME["campaign_insights"]
    assert isinstance(stream, Report)

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        return page([], total=9) if path == "campaign/get" else page([])

    rows, finished, said = one_day(stream, answer)
    assert (rows, finished) == (0, False)
    assert "campaign/get" in said[-1]


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


def too_large_unless(params: Mapping[str, Any], whole: Any) -> Any:
    """One campaign's row; for all campaigns together `whole` where a single row is asked for, else a refusal."""
    if "campaign_ids" in str(params.get("filtering")):
        return page([province(1, date.fromisoformat(params["start_date"]))])
    return whole if params["page_size"] == 1 else refused(40067)


@pytest.mark.parametrize(("total", "whole"), [(1, True), (2, False)])
def test_campaigns_of_a_part_that_is_too_large_are_compared_with_the_whole(total: int, whole: bool) -> None:
    """A page of one row tells how many there are, so a campaign that TikTok does not list is missed."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "campaign/get":
            return page([] if special(params) else [{"campaign_id": "1"}])
        return too_large_unless(params, page([province(1, date(2026, 3, 12))], total=total, pages=total))

    assert isinstance(STREAM, Report)
    rows, finished, said = one_day(STREAM, answer)
    assert (rows, finished) == (1, whole)
    assert any("lack rows of the whole: rows 1 (TikTok counts 2)" in sentence for sentence in said) != whole


def test_where_the_whole_cannot_be_counted_an_account_is_asked_for_it_once() -> None:
    """TikTok refuses even a page of one row: the campaigns are read, and nothing shows whether they are all."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "campaign/get":
            return page([] if special(params) else [{"campaign_id": "1"}])
        return too_large_unless(params, refused(40067))

    client = Canned(informed(answer))
    sync, said = sync_of(client, config(start_date="2026-02-01", end_date="2026-03-12"))
    assert isinstance(STREAM, Report)
    parts = [*ReportReader(STREAM, sync, False, {}).generate()]
    rows = [row for part in parts for record in part.read() for row in record.data[""].lines.splitlines()]
    assert len(parts) == 2
    assert len(rows) > 0
    assert all(part.finished for part in parts)
    assert said == []
    assert len([params for params in client.paths("report/integrated/get") if params["page_size"] == 1]) == 1


def test_days_that_have_less_than_the_whole_are_taken_with_a_warning() -> None:
    """Each day has the rows that TikTok counts for it, so nothing shows what else the count of all days means."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        first, last = (date.fromisoformat(params[name]) for name in ("start_date", "end_date"))
        return page(
            [province(1, first), *([province(1, last)] if last > first else [])], total=3 if last > first else 1
        )

    sync, said = sync_of(Canned(informed(answer)), config(start_date="2026-03-12", end_date="2026-03-13"))
    assert isinstance(STREAM, Report)
    (part,) = ReportReader(STREAM, sync, False, {}).generate()
    rows = [row for record in part.read() for row in record.data[""].lines.splitlines()]
    assert (len(rows), part.finished) == (2, True)
    (sentence,) = said
    assert "2026-03-12 to 2026-03-13: days read one by one have less than TikTok says of all: rows 2" in sentence


def test_totals_that_disagreed_are_not_forgotten_where_tiktok_refuses_them_next() -> None:
    """The first reading lacks a row by its totals. A refusal of the second one that names nothing ends the part."""
    stream = BY_NAME["campaign_insights"]
    assert isinstance(stream, Report)
    turn = count()

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "campaign/get":
            return page([])
        if "enable_total_metrics" in params and next(turn):
            return refused(40002, "something is wrong")
        key = {"campaign_id": "1", "stat_time_day": "2026-03-12 00:00:00"}
        row = {"dimensions": key, "metrics": {"spend": "1.00", "impressions": "10", "clicks": "1"}}
        return {**page([row]), "total_metrics": {"spend": "3.00", "impressions": "30", "clicks": "3"}}

    with pytest.raises(AirbyteTracedException, match="something is wrong"):
        one_day(stream, answer)
