"""What a report asks instead of what TikTok can't answer: fewer days, objects, metrics, and never the same again."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_tiktok_ads.api.errors import TikTokError, error_without_code
from source_tiktok_ads.api.retry import TRIES
from source_tiktok_ads.streams.model import AD, ADVERTISER, CAMPAIGN, DAY, Filter, Report
from source_tiktok_ads.sync.date_ranges import DateRange
from source_tiktok_ads.sync.report_split import RequestPart, RequestSplitter
from source_tiktok_ads.sync.report_window import MAX_ROWS

from .canned import A, Canned, Truncated, page, refused
from .test_reports import BASIC, Reading

CAMPAIGNS = ["81", "82", "83", "84"]
ADGROUPS = {id: [f"{id}1", f"{id}2"] for id in CAMPAIGNS}
REPORT = "report/integrated/get"
DAYS = DateRange(date(2026, 3, 1), date(2026, 3, 15))

Params = Mapping[str, Any]


def span(params: Params) -> list[date]:
    """The days of a request."""
    first, last = date.fromisoformat(params["start_date"]), date.fromisoformat(params["end_date"])
    return [first + timedelta(days=day) for day in range((last - first).days + 1)]


def ids(params: Params, name: str) -> list[str]:
    """The ids a request is limited to by one filter."""
    filters = {entry["field_name"]: json.loads(entry["filter_value"]) for entry in params.get("filtering", ())}
    return [*filters.get(name, ())]


def adgroups(params: Params) -> list[str]:
    """The ad groups a request speaks about."""
    campaigns = ids(params, "campaign_ids") or CAMPAIGNS
    return ids(params, "adgroup_ids") or [id for campaign in campaigns for id in ADGROUPS[campaign]]


def row(adgroup: str, day: date, params: Params) -> dict[str, Any]:
    """One ad delivers in each ad group every day; the metrics that were asked for."""
    metrics = {"campaign_id": adgroup[:2], "adgroup_id": adgroup, "spend": "1.5", "clicks": "3", "cpc": "0.5"}
    asked = {name: value for name, value in metrics.items() if name in params["metrics"]}
    return {"dimensions": {"ad_id": f"{adgroup}0", "stat_time_day": f"{day} 00:00:00"}, "metrics": asked}


def world(refuse: Callable[[Params], Any]) -> Callable[[str, Params], Any]:
    """TikTok that answers a report as `refuse` says, with its rows where that says nothing."""

    def answer(path: str, params: Params) -> Any:
        if path == "campaign/get":
            return page([{"campaign_id": id} for id in CAMPAIGNS])
        if path == "adgroup/get":
            return page([{"adgroup_id": id} for id in ADGROUPS[params["filtering"]["campaign_ids"][0]]])
        rows = page([row(adgroup, day, params) for adgroup in adgroups(params) for day in span(params)])
        refusal = refuse(params)
        return Truncated(rows) if refusal is Truncated else refusal or rows

    return answer


def too_large(yes: bool) -> TikTokError | None:
    """Too large, if so."""
    return refused(40067, "The query is too large") if yes else None


WHOLE = {
    (f"{adgroup}0", f"2026-03-{day:02}T00:00:00")
    for id in CAMPAIGNS
    for adgroup in ADGROUPS[id]
    for day in range(1, 16)
}


def read(reading: Reading) -> list[dict[str, Any]]:
    """All rows of the account."""
    return [row for part in reading.slices() for row in reading.rows(part)]


def places(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What tells the rows apart."""
    return sorted((row["ad_id"], row["stat_time_day"]) for row in rows)


def asked(reading: Reading) -> list[Params]:
    """The report's requests."""
    return reading.client.paths(REPORT)


def no_request_twice(reading: Reading) -> bool:
    """Whether every report request was another one."""
    texts = [json.dumps(params, sort_keys=True) for params in asked(reading)]
    return len(texts) == len(set(texts))


TOO_MUCH: Mapping[str, Callable[[Params], Any]] = {
    "days": lambda params: too_large(len(span(params)) > 2),
    "campaigns": lambda params: too_large(len(span(params)) > 1 or len(adgroups(params)) > 2),
    "ad groups": lambda params: too_large(len(span(params)) > 1 or len(adgroups(params)) > 1),
    "metrics": lambda params: too_large(len(params["metrics"]) > 30),
    "all of them": lambda params: too_large(
        len(params["metrics"]) > 60 or len(span(params)) > 1 or len(adgroups(params)) > 1
    ),
    "time": lambda params: error_without_code("timeout", "", REPORT, A) if len(span(params)) > 4 else None,
    "ads": lambda params: Truncated if len(adgroups(params)) > 3 else None,
    "ads of one campaign": lambda params: Truncated if len(adgroups(params)) > 1 else None,
    "a fault of theirs": lambda params: refused(50000) if len(span(params)) > 3 else None,
}


@pytest.mark.parametrize("limit", TOO_MUCH)
def test_the_parts_together_are_the_whole(limit: str) -> None:
    """Every row once and with all its metrics, whatever is too much, and no request goes out twice."""
    reading = Reading(world(TOO_MUCH[limit]))
    rows = read(reading)
    assert places(rows) == sorted(WHOLE)
    assert {(row["campaign_id"], row["spend"], row["clicks"], row["cpc"]) for row in rows} == {
        (id, 1.5, 3, 0.5) for id in CAMPAIGNS
    }
    assert no_request_twice(reading)
    assert reading.said == []


@pytest.mark.parametrize(("widest", "tried"), [(4, {15, 8, 4, 3}), (0, {15, 8, 4, 2, 1})])
def test_more_rows_than_can_be_told_apart_are_read_by_fewer_days(widest: int, tried: set[int]) -> None:
    """Their first page is not taken, nor a second one asked for; a single day is read whatever it counts."""

    def answer(path: str, params: Params) -> Any:
        if path == "campaign/get":
            return page([])
        rows = [row(adgroup, day, params) for adgroup in adgroups(params) for day in span(params)]
        huge = len(span(params)) > widest
        return page(rows, total=MAX_ROWS + 1 if huge else len(rows), pages=2 if huge and len(span(params)) > 1 else 1)

    reading = Reading(answer)
    assert places(read(reading)) == sorted(WHOLE)
    assert {params["page"] for params in asked(reading) if len(span(params)) > 1} == {1}
    assert {len(span(params)) for params in asked(reading)} == tried


def test_what_worked_is_where_the_next_window_begins() -> None:
    """After one window has found its size, the next asks for no more than that at once."""
    reading = Reading(world(TOO_MUCH["campaigns"]), start_date="2026-02-01")
    first, second = reading.slices()
    reading.rows(first)
    before = len(asked(reading))
    reading.rows(second)
    later = asked(reading)[before:]
    assert all(TOO_MUCH["campaigns"](params) is None for params in later)
    assert len(later) == 13 * len(CAMPAIGNS)


def test_metrics_that_had_to_be_divided_are_divided_from_then_on() -> None:
    """And objects are asked for together again, because fewer of them were no remedy."""
    reading = Reading(world(TOO_MUCH["metrics"]), start_date="2026-02-01")
    first, second = reading.slices()
    reading.rows(first)
    before = len(asked(reading))
    assert len(reading.rows(second)) == 13 * 8
    later = asked(reading)[before:]
    assert all(TOO_MUCH["metrics"](params) is None for params in later)
    assert {len(adgroups(params)) for params in later} == {8}


def test_a_window_in_flight_does_not_widen_what_another_has_learned() -> None:
    """Two slices shrink side by side: the narrower lesson stays."""
    reading = Reading(world(lambda params: None), start_date="2026-02-01")
    part, _ = reading.slices()
    reading.client.answer = world(TOO_MUCH["days"])
    reading.rows(part)
    divider = RequestSplitter(BASIC, A, reading.sync.campaign_ids, reading.reader._context.limits)
    divider.smaller(RequestPart(part.window), refused(40067))
    before = len(asked(reading))
    reading.rows(part)
    assert {len(span(params)) for params in asked(reading)[before:]} <= {1, 2}


def test_one_metric_of_one_ad_group_on_one_day_cannot_be_less() -> None:
    """What is refused even then is an error."""
    reading = Reading(world(lambda params: too_large(True)))
    with pytest.raises(TikTokError):
        read(reading)
    assert no_request_twice(reading)


@pytest.mark.parametrize("level", [ADVERTISER, CAMPAIGN])
def test_a_level_is_not_divided_below_itself(level: Any) -> None:
    """An account's total has no campaigns to be asked for, a campaign's no ad groups."""
    reading = Reading(world(lambda params: too_large(True)), Report("spend", level, DAY))
    with pytest.raises(TikTokError):
        read(reading)
    assert "adgroup/get" not in {path for path, _ in reading.client.asked}
    assert ("campaign/get" in {path for path, _ in reading.client.asked}) is (level is CAMPAIGN)


@pytest.mark.parametrize("full", [False, True])
def test_an_answer_that_cannot_be_divided_further_is_short(full: bool) -> None:
    """Its rows leave, but no state claims them, the warning tells, and a full refresh is not complete."""
    reading = Reading(world(lambda params: Truncated))
    reading.reader.full = full
    (part,) = reading.slices()
    rows, failures = [], []
    try:
        rows += [record.data[""].rows for record in reading.reader.read(part)]
    except AirbyteTracedException as error:
        failures.append(str(error))
    assert (len(failures), len(reading.said), part.finished) == (int(full), int(not full), False)
    (told,) = failures or reading.said
    assert told.endswith("TikTok looked only at the newest ads of the account; rows of others are missing.")
    assert told.removeprefix(f"spend, {part.to_slice()}: ") in reading.sync.summary.table()
    assert full or sum(rows) == len(WHOLE)


def test_a_lasting_fault_is_met_with_patience_on_the_smallest_part() -> None:
    """Days and objects are divided after three tries each; the smallest part then gets all the tries."""

    class Counting(Canned):
        """Notes how patient each request is."""

        def fetch(self, path: str, params: Params, **more: Any) -> Any:
            """The decoded answer with its headers."""
            self.attempts.append((len(span(params)) if path == REPORT else 0, more.get("server_attempts", TRIES)))
            return super().fetch(path, params, **more)

    reading = Reading(world(lambda params: refused(50000)))
    counting = Counting(reading.client.answer)
    object.__setattr__(reading.sync, "client", counting)
    with pytest.raises(TikTokError):
        read(reading)
    assert counting.attempts[0] == (15, 3)
    assert counting.attempts[-1] == (1, TRIES)


def test_a_refusal_that_has_nothing_to_do_with_size_divides_nothing() -> None:
    """A forbidden account is forbidden in parts too."""
    reading = Reading(world(lambda params: refused(40001)), BASIC)
    with pytest.raises(TikTokError):
        read(reading)
    assert len(asked(reading)) == 1


def test_an_account_without_campaigns_has_nothing_to_divide() -> None:
    """Then the metrics are what is left."""
    reading = Reading(
        lambda path, params: page([]) if path == "campaign/get" else too_large(len(params["metrics"]) > 60) or page([]),
        Report("spend", AD, DAY),
    )
    assert read(reading) == []


def test_rows_that_left_before_a_page_was_too_large_do_not_leave_again() -> None:
    """The first page has left, the second comes in two halves of its metrics, which bring all rows again."""
    day = date(2026, 3, 15)

    def answer(path: str, params: Params) -> Any:
        if path == "campaign/get":
            return page([])
        rows = [row(adgroup, day, params) for adgroup in ("811", "812")]
        if len(params["metrics"]) <= 60:
            return page(rows)
        return too_large(params["page"] == 2) or page(rows[:1], total=2, pages=2)

    reading = Reading(answer, start_date="2026-03-15")
    assert places(read(reading)) == [("8110", f"{day}T00:00:00"), ("8120", f"{day}T00:00:00")]


def narrowed(field: str, *values: str) -> Report:
    """A custom report with a filter of its own."""
    return Report("mine", AD, DAY, chosen=("spend",), filters=(Filter(field, values),))


@pytest.mark.parametrize(
    ("report", "kind"),
    [
        (narrowed("buying_type", "RESERVATION_TOP_VIEW"), {"buying_types": ["RESERVATION_TOP_VIEW"]}),
        (narrowed("campaign_system_origins", "PROMOTE"), {"campaign_system_origins": ["PROMOTE"]}),
    ],
)
def test_a_report_on_hidden_campaigns_is_divided_by_those_too(report: Report, kind: Params) -> None:
    """TikTok lists them only when asked for their kind; without them the parts would not be the whole."""
    every = world(lambda params: Truncated if not ids(params, "campaign_ids") else None)

    def answer(path: str, params: Params) -> Any:
        if path == "campaign/get":
            shown = kind.items() <= params["filtering"].items()
            return page([{"campaign_id": id} for id in (CAMPAIGNS[:1] if shown else CAMPAIGNS[1:])])
        return every(path, params)

    reading = Reading(answer, report)
    assert places(read(reading)) == sorted(WHOLE)
    assert reading.said == []


@pytest.mark.parametrize("field", ["campaign_ids", "adgroup_ids"])
def test_a_report_on_some_ids_is_divided_among_those(field: str) -> None:
    """Each part asks for some of them, never for others."""
    wanted = CAMPAIGNS[:2] if field == "campaign_ids" else ["811", "821"]
    reading = Reading(world(lambda params: Truncated if len(adgroups(params)) > 1 else None), narrowed(field, *wanted))
    chosen = {f"{id}0" for id in ("811", "821") if field == "adgroup_ids"} or {"8110", "8120", "8210", "8220"}
    assert {row["ad_id"] for row in read(reading)} == chosen
    assert no_request_twice(reading)
    assert reading.said == []


def test_what_adds_up_several_objects_is_not_divided_by_them() -> None:
    """A campaign's row is the sum of the ad groups asked for, an account's that of the campaigns."""
    mine = narrowed("adgroup_ids", "811", "812")
    for report in (replace(mine, level=CAMPAIGN), replace(mine, level=ADVERTISER)):
        assert RequestSplitter(report, A, Reading(world(lambda params: None)).sync.campaign_ids, {}).whole(
            DAYS
        ) == RequestPart(DAYS)
