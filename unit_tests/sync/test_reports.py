"""How a report is read: its windows by account and state, and what is asked instead of what TikTok refuses."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.model import AD, ADVERTISER, DAY, HOUR, LIFETIME, MONTH, Report
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.date_ranges import DateRange
from source_tiktok_ads.sync.reader import MAX_CONSECUTIVE_FAILURES, Slice
from source_tiktok_ads.sync.refusals import CONFIRM_AFTER
from source_tiktok_ads.sync.report_window import NO_TOTALS
from source_tiktok_ads.sync.reports import ReportReader
from source_tiktok_ads.sync.state import ForeignState

from .canned import NOW, A, B, Canned, config, page, refused, sync_of

BASIC = Report("spend", AD, DAY)
AUDIENCE = Report("spend_by_age", AD, DAY, by=("age",), report_type="AUDIENCE")


def wire(ad: str = "1", day: int = 1, **metrics: Any) -> dict[str, Any]:
    """A row as TikTok sends it."""
    time = f"2026-03-{day:02} 00:00:00"
    return {
        "dimensions": {"ad_id": ad, "stat_time_day": time},
        "metrics": {"campaign_id": "8", "adgroup_id": "9", "spend": "1.5", **metrics},
    }


class Reading:
    """A reader of one report over canned answers, with what it warned of."""

    def __init__(
        self,
        answer: Any,
        report: Report = BASIC,
        cursors: Mapping[str, Mapping[str, Any]] | None = None,
        now: datetime = NOW,
        **settings: Any,
    ) -> None:
        self.client = Canned(answer, now)
        self.sync, self.said = sync_of(self.client, config(**settings))
        self.reader = ReportReader(report, self.sync, False, cursors or {})

    def account(self, id: str = A, zone: str = "Etc/UTC") -> Account:
        """An account of the sync; without a zone it is not known, and UTC stands in."""
        return Account(id, zone=ZoneInfo(zone or "Etc/UTC"), currency="EUR", facts={"timezone": zone})

    def windows(self, id: str = A, zone: str = "Etc/UTC") -> list[tuple[str, str]]:
        """The windows of an account, as they are planned."""
        return [(part["start_date"], part["end_date"]) for part in map(Slice.to_slice, self.slices(id, zone))]

    def slices(self, id: str = A, zone: str = "Etc/UTC") -> list[Slice]:
        """The slices of an account."""
        return [*self.reader.slices(self.account(id, zone))]

    def rows(self, part: Slice) -> list[dict[str, Any]]:
        """The rows of a slice."""
        return [json.loads(b"{%b}" % row) for rows in self.reader.rows(part) for row in rows]

    def metrics(self) -> list[list[str]]:
        """The metrics of every request."""
        return [params["metrics"] for _, params in self.client.asked]

    def filtered(self) -> list[bool]:
        """Whether each request asked for deleted objects."""
        return ["filtering" in params for _, params in self.client.asked]


def nothing(path: str, params: Mapping[str, Any]) -> Any:
    """No rows."""
    return page([])


def test_a_first_sync_reads_from_start_date_to_the_accounts_today() -> None:
    """At ten o'clock UTC on the fifteenth Kiritimati has its sixteenth; at five Los Angeles still its fourteenth."""
    reading = Reading(nothing)
    assert reading.windows() == [("2026-03-01", "2026-03-15")]
    assert reading.windows(B, "Pacific/Kiritimati") == [("2026-03-01", "2026-03-16")]
    early = Reading(nothing, now=datetime(2026, 3, 15, 5, tzinfo=timezone.utc))
    assert early.windows(A, "America/Los_Angeles") == [("2026-03-01", "2026-03-14")]


@pytest.mark.parametrize(("end", "last"), [("2026-03-10", "2026-03-10"), ("2026-12-31", "2026-03-15")])
def test_end_date_is_inclusive_and_cut_at_today(end: str, last: str) -> None:
    """Nothing behind end_date or today is asked for."""
    assert Reading(nothing, end_date=end).windows() == [("2026-03-01", last)]


def test_a_start_that_an_account_has_not_reached_is_no_window() -> None:
    """The day may have begun elsewhere."""
    reading = Reading(nothing, start_date="2026-03-15", now=datetime(2026, 3, 15, 1, tzinfo=timezone.utc))
    assert reading.windows(A, "America/Los_Angeles") == []


@pytest.mark.parametrize(("grain", "count"), [(DAY, 3), (HOUR, 74)])
def test_windows_are_as_wide_as_tiktok_allows(grain: Any, count: int) -> None:
    """Thirty days a request for days, one day for hours."""
    assert len(Reading(nothing, Report("r", AD, grain), start_date="2026-01-01").slices()) == count


def test_a_state_brings_the_look_back_and_the_gap() -> None:
    """From the cursor back by the look-back, and the days of an earlier start that were never read."""
    cursors = {A: {"start": "2026-02-01", "stat_time_day": "2026-03-10"}}
    assert Reading(nothing, cursors=cursors, lookback_days=3).windows() == [("2026-03-07", "2026-03-15")]
    assert Reading(nothing, cursors=cursors, lookback_days=3, start_date="2026-01-30").windows() == [
        ("2026-01-30", "2026-01-31"),
        ("2026-03-07", "2026-03-15"),
    ]


def test_a_state_from_the_future_claims_no_day_that_has_not_begun() -> None:
    """Up to which day was really read nobody knows, so all are read again, however short the look-back; it is said."""
    cursors = {A: {"start": "2026-02-01", "stat_time_day": "2026-04-24"}}
    reading = Reading(nothing, cursors=cursors, lookback_days=3)
    assert reading.windows() == [("2026-02-01", "2026-03-02"), ("2026-03-03", "2026-03-15")]
    (text,) = reading.said
    assert "claims days after 2026-03-15" in text


def test_a_new_account_starts_at_start_date() -> None:
    """The cursor of one account says nothing about another."""
    reading = Reading(nothing, cursors={A: {"start": "2026-03-01", "stat_time_day": "2026-03-14"}}, lookback_days=2)
    assert reading.windows() == [("2026-03-12", "2026-03-15")]
    assert reading.windows(B) == [("2026-03-01", "2026-03-15")]


@pytest.mark.parametrize(
    ("before", "now", "first", "after"),
    [
        ("Asia/Tokyo", "Asia/Tokyo", 14, "Asia/Tokyo"),
        ("Asia/Tokyo", "Etc/UTC", 12, "Etc/UTC"),
        (None, "Etc/UTC", 12, "Etc/UTC"),
        ("Etc/UTC", "", 12, None),
        (None, "", 12, None),
    ],
)
def test_days_that_were_under_way_in_another_zone_are_read_again(
    before: str | None, now: str, first: int, after: str | None
) -> None:
    """Without a look-back only the last day is, unless the zone has changed or is not known, then or now."""
    cursor = {"start": "2026-03-01", "stat_time_day": "2026-03-14", **({"zone": before} if before else {})}
    reading = Reading(nothing, cursors={A: cursor}, lookback_days=0)
    (part,) = reading.slices(zone=now)
    assert part.window == DateRange(date(2026, 3, first), date(2026, 3, 15))
    cursor = {"start": "2026-03-01", "stat_time_day": "2026-03-15", **({"zone": after} if after else {})}
    assert reading.reader.cursor_after(part) == cursor


def test_the_zone_stays_the_old_one_until_all_its_days_are_read() -> None:
    """A sync that is stopped in between owes them still."""
    cursor = {"start": "2026-03-01", "stat_time_hour": "2026-03-14", "zone": "Asia/Tokyo"}
    reading = Reading(nothing, Report("spend", AD, HOUR), {A: cursor}, lookback_days=0)
    *parts, last = reading.slices()
    assert [reading.reader.cursor_after(part).get("zone") for part in parts] == ["Asia/Tokyo"] * 3
    assert reading.reader.cursor_after(last) == {**cursor, "stat_time_hour": "2026-03-15", "zone": "Etc/UTC"}


def test_the_zone_is_not_kept_where_the_look_back_covers_a_change_of_it() -> None:
    """The state stays small."""
    reading = Reading(nothing, lookback_days=2)
    (part,) = reading.slices()
    assert reading.reader.cursor_after(part) == {"start": "2026-03-01", "stat_time_day": "2026-03-15"}


def test_days_that_were_planned_under_a_wrong_clock_are_not_claimed() -> None:
    """One wrong time in an answer: by the end it is known what day it is."""
    reading = Reading(nothing, now=datetime(2026, 5, 1, tzinfo=timezone.utc))
    parts = reading.slices()
    reading.client.moment = NOW
    claims = [reading.reader.cursor_after(part) for part in parts]
    assert claims == [{"start": "2026-03-01", "stat_time_day": "2026-03-15"}] * len(parts)
    assert len(parts) == 3


def test_an_unreadable_cursor_is_foreign() -> None:
    """It is for the source to start the stream again."""
    with pytest.raises(ForeignState):
        Reading(nothing, cursors={A: {"start": "soon"}})


def test_the_cursor_moves_with_the_windows_that_have_left() -> None:
    """A later window alone is a range beyond the gap; with the first the mark moves to the end."""
    reading = Reading(nothing, start_date="2026-01-20")
    first, second = reading.slices()
    assert reading.reader.cursor_after(second) == {"start": "2026-01-20", "ranges": [["2026-02-19", "2026-03-15"]]}
    assert reading.reader.cursor_after(first) == {"start": "2026-01-20", "stat_time_day": "2026-03-15"}


MONTHLY = Report("spend_by_brand", AD, MONTH, by=("device_brand_id",), report_type="AUDIENCE")


def test_months_are_whole_but_for_the_running_one() -> None:
    """A start inside a month moves to its first day, an end inside one to its last; today cuts."""
    months = [("2026-01-01", "2026-01-31"), ("2026-02-01", "2026-02-28")]
    assert Reading(nothing, MONTHLY, start_date="2026-01-20").windows() == [*months, ("2026-03-01", "2026-03-15")]
    assert Reading(nothing, MONTHLY, start_date="2026-01-20", end_date="2026-02-03").windows() == months


def test_months_that_the_look_back_touches_are_read_again() -> None:
    """And the running one always."""
    cursors = {A: {"start": "2025-12-01", "period_start": "2026-03-10"}}
    reading = Reading(nothing, MONTHLY, cursors=cursors, start_date="2025-12-24", lookback_days=9)
    assert reading.windows() == [("2026-03-01", "2026-03-15")]
    reading = Reading(nothing, MONTHLY, cursors=cursors, start_date="2025-12-24", lookback_days=10)
    assert reading.windows() == [("2026-02-01", "2026-02-28"), ("2026-03-01", "2026-03-15")]
    for part in reading.slices():
        cursor = reading.reader.cursor_after(part)
    assert cursor == {"start": "2025-12-01", "period_start": "2026-03-15"}


def test_the_period_of_a_month_stands_in_every_record() -> None:
    """TikTok is asked by dates and tells none in its rows."""
    reading = Reading(lambda path, params: page([month_row()]), MONTHLY)
    (part,) = reading.slices()
    period = b'"period_start":"2026-03-01","period_end":"2026-03-15",'
    assert reading.reader.stamp(part) == b'"advertiser_id":"%b","currency":"EUR",' % A.encode() + period
    (row,) = reading.rows(part)
    assert row == {"ad_id": "1", "device_brand_id": "5", "campaign_id": "8", "adgroup_id": "9", "spend": 1.5}
    ((_, params),) = reading.client.asked
    assert params["dimensions"] == ["ad_id", "device_brand_id"]
    assert (params["start_date"], params["end_date"]) == ("2026-03-01", "2026-03-15")


def month_row() -> dict[str, Any]:
    """A row without a time."""
    metrics = {"campaign_id": "8", "adgroup_id": "9", "spend": "1.5"}
    return {"dimensions": {"ad_id": "1", "device_brand_id": "5"}, "metrics": metrics}


def test_all_time_is_one_slice_an_account() -> None:
    """It names no days; one row per object comes."""
    reading = Reading(lambda path, params: page([wire()]), Report("spend", AD, LIFETIME), start_date="2025-01-01")
    (part,) = reading.slices()
    (row,) = reading.rows(part)
    assert row == {"ad_id": "1", "campaign_id": "8", "adgroup_id": "9", "spend": 1.5}
    ((_, params),) = reading.client.asked
    assert params["query_lifetime"] is True
    assert params["dimensions"] == ["ad_id"]
    assert not {"start_date", "end_date"} & set(params)


def test_a_slice_without_days_is_refused() -> None:
    """A report is read by windows only."""
    reading = Reading(nothing)
    with pytest.raises(ValueError, match="by windows"):
        reading.rows(Slice(reading.reader, reading.account()))


def test_the_request_names_window_metrics_and_page() -> None:
    """One window is one list of pages, as large as the settings allow."""
    reading = Reading(lambda path, params: page([wire()]), page_size=200)
    (part,) = reading.slices()
    assert reading.rows(part) == [
        {"ad_id": "1", "stat_time_day": "2026-03-01T00:00:00", "campaign_id": "8", "adgroup_id": "9", "spend": 1.5}
    ]
    ((path, params),) = reading.client.asked
    assert path == "report/integrated/get"
    window = BASIC.params(A, date(2026, 3, 1), date(2026, 3, 15), True)
    assert params == {**window, "enable_total_metrics": True, "page": 1, "page_size": 200}


def test_every_record_is_stamped_with_account_and_currency() -> None:
    """TikTok does not repeat them in the rows; an unknown currency is left out."""
    reader = Reading(nothing).reader
    assert (
        reader.stamp(Slice(reader, Account(A, currency="EUR")))
        == b'"advertiser_id":"%b","currency":"EUR",' % A.encode()
    )
    assert reader.stamp(Slice(reader, Account(A))) == b'"advertiser_id":"%b",' % A.encode()


def test_pages_that_do_not_add_up_are_told_with_the_slice() -> None:
    """More rows than TikTok counts are a wrong count: the warning names stream, account and window."""
    reading = Reading(lambda path, params: page([wire()], total=0))
    (part,) = reading.slices()
    assert len(reading.rows(part)) == 1
    assert reading.said == [
        f"spend, {part.to_slice()}: TikTok counts 0 rows but gave 1 different ones in 2 readings; those are taken, as "
        "there are no fewer than it counts."
    ]


def refusing(*names: str) -> Any:
    """TikTok that refuses these metrics, all that a request has of them at once."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        bad = [name for name in params["metrics"] if name in names]
        row = wire()
        row["dimensions"]["stat_time_day"] = f"{params['start_date']} 00:00:00"
        return refused(40002, f"Invalid metric fields: {json.dumps(bad)}") if bad else page([row])

    return answer


def test_metrics_that_tiktok_refuses_are_left_out_of_the_account() -> None:
    """The request is sent again before that is believed; the account's other slices do not ask for them any more."""
    reading = Reading(refusing("ctr", "cpc"), start_date="2026-01-20")
    for part in reading.slices():
        assert len(reading.rows(part)) == 1
        assert part.given_up is not None
        assert part.given_up.names == {"ctr", "cpc"}
    assert [{"ctr", "cpc"} & {*names} for names in reading.metrics()] == [*[{"ctr", "cpc"}] * 2, set(), set()]
    (part,) = reading.slices(B)[:1]
    reading.client.answer = refusing()
    assert len(reading.rows(part)) == 1
    assert part.given_up is None
    assert {"ctr", "cpc"} < {*reading.metrics()[-1]}


def test_metrics_that_are_refused_one_by_one_all_go() -> None:
    """Each refusal takes away what it names, until nothing is refused any more."""
    refusals = [refused(40002, f"Invalid metric fields: [{name}]") for name in ("ctr", "ctr", "cpc", "cpc")]
    turns = iter(refusals)
    reading = Reading(lambda path, params: next(turns, None) or page([]))
    assert reading.rows(reading.slices()[0]) == []
    assert {"ctr", "cpc"} & {*reading.metrics()[-1]} == set()


def told(reading: Reading, part: Slice) -> list[str]:
    """What is warned of when a slice is read."""
    before = len(reading.said)
    for _ in part.read():
        pass
    return reading.said[before:]


REFUSED = (
    f'spend, account {A}: TikTok refuses the metrics ctr; they stay null in this sync (code 40002 "Invalid metric '
    'fields: ["ctr"]", request_id req-1).'
)


def test_what_an_account_never_had_is_claimed_without() -> None:
    """It is told once, with account, metric and request_id, in the summary too; the state remembers it."""
    reading = Reading(refusing("ctr"), start_date="2026-01-20")
    first, second = reading.slices()
    assert told(reading, first) == [REFUSED]
    assert told(reading, second) == []
    assert (first.finished, second.finished) == (True, True)
    assert REFUSED.removeprefix(f"spend, account {A}: ") in reading.sync.summary.table()
    cursor = {"start": "2026-01-20", "stat_time_day": "2026-02-18", "without": {"ctr": "2026-01-20"}}
    assert reading.reader.cursor_after(first) == cursor
    assert reading.reader.cursor_after(second) == {**cursor, "stat_time_day": "2026-03-15"}


def test_what_an_account_has_had_is_not_claimed_without() -> None:
    """Its rows leave, but null would stand for good in place of yesterday's value."""
    cursors = {A: {"start": "2026-03-01", "stat_time_day": "2026-03-14"}}
    reading = Reading(refusing("ctr"), cursors=cursors)
    (part,) = reading.slices()
    (said,) = told(reading, part)
    assert said.startswith(REFUSED)
    assert "the state does not claim what was read: the next sync reads it again" in said
    assert (part.finished, part.owed) == (False, True)


def test_days_read_again_without_what_they_had_are_owed_until_they_are_read_with_it() -> None:
    """The zone was another one in one sync, so days before the look-back were read; later ones read them, too."""
    cursors = {A: {"start": "2026-03-01", "stat_time_day": "2026-03-14", "zone": "Etc/UTC"}}
    reading = Reading(refusing("ctr"), cursors=cursors, lookback_days=0)
    (part,) = reading.slices(zone="Asia/Tokyo")
    told(reading, part)
    cursor = reading.reader.cursor_after(part)
    assert cursor == {**cursors[A], "owed": [["2026-03-12", "2026-03-15"]]}
    for _ in range(2):
        reading = Reading(refusing("ctr"), cursors={A: cursor}, lookback_days=0)
        (part,) = reading.slices()
        assert (part.window.first, part.window.last) == (date(2026, 3, 12), date(2026, 3, 15))
        told(reading, part)
        assert reading.reader.cursor_after(part) == cursor
    reading = Reading(refusing(), cursors={A: cursor}, lookback_days=0)
    (part,) = reading.slices()
    assert told(reading, part) == []
    assert reading.reader.cursor_after(part) == {**cursors[A], "stat_time_day": "2026-03-15"}


WITHOUT = {A: {"start": "2026-03-01", "stat_time_day": "2026-03-14", "without": {"ctr": "2026-03-02"}}}


def test_what_was_refused_before_is_asked_for_by_one_request_and_claimed_without_again() -> None:
    """No second refusal is needed to believe it, and the windows do not ask for it."""
    reading = Reading(refusing("ctr"), cursors=WITHOUT, lookback_days=2)
    assert reading.windows() == [("2026-03-12", "2026-03-15")]
    ((_, probe),) = reading.client.asked
    assert (probe["metrics"], probe["start_date"], probe["end_date"]) == (
        ["campaign_id", "adgroup_id", "ctr"],
        "2026-03-02",
        "2026-03-02",
    )
    assert (probe["page_size"], reading.client.paused) == (1, [])
    reading = Reading(refusing("ctr"), cursors=WITHOUT, lookback_days=2)
    (part,) = reading.slices()
    assert told(reading, part) == [REFUSED]
    assert part.finished
    assert reading.reader.cursor_after(part) == {**WITHOUT[A], "stat_time_day": "2026-03-15"}
    assert ["ctr" in names for names in reading.metrics()] == [True, False]


def test_what_is_given_again_is_read_for_all_days() -> None:
    """Those that the state claims were read without."""
    reading = Reading(refusing(), cursors=WITHOUT, lookback_days=2)
    (part,) = reading.slices()
    assert (part.to_slice()["start_date"], part.to_slice()["end_date"]) == ("2026-03-01", "2026-03-15")
    assert told(reading, part) == []
    assert "TikTok refused ctr before and gives it now, so all days are read again" in reading.said[0]
    assert reading.reader.cursor_after(part) == {"start": "2026-03-01", "stat_time_day": "2026-03-15"}


def test_some_of_what_was_refused_may_be_given_again() -> None:
    """Each answer may name only one of the metrics; what can't be found out is still refused."""
    before = {"ctr": "2026-03-02", "cpc": "2026-03-02", "cpm": "2026-03-02"}
    cursors = {A: {**WITHOUT[A], "without": before}}

    def one(path: str, params: Mapping[str, Any]) -> Any:
        bad = [name for name in params["metrics"] if name in ("ctr", "cpc")]
        return refused(40002, f"Invalid metric fields: {bad[:1]}") if bad else page([wire()])

    reading = Reading(one, cursors=cursors)
    (part,) = reading.slices()
    assert len(reading.client.asked) == 3
    assert told(reading, part)
    assert reading.reader.cursor_after(part)["without"] == {"ctr": "2026-03-02", "cpc": "2026-03-02"}
    reading = Reading(lambda path, params: refused(50000), cursors=cursors, lookback_days=2)
    assert reading.windows() == [("2026-03-12", "2026-03-15")]
    assert len(reading.client.asked) == 1


def test_what_the_stream_does_not_ask_for_any_more_is_forgotten() -> None:
    """A metric that is no longer chosen, or deleted objects that are not wanted; nothing is asked or read for it."""
    cursors = {A: {**WITHOUT[A], "without": {"gone": "2026-03-02", "filtering": "2026-03-02"}}}
    reading = Reading(nothing, AUDIENCE, cursors=cursors, include_deleted=False, lookback_days=2)
    (part,) = reading.slices()
    assert reading.client.asked == []
    assert reading.reader.cursor_after(part) == {"start": "2026-03-01", "stat_time_day": "2026-03-15"}


def test_a_filter_that_was_refused_before_is_asked_for_with_one_metric() -> None:
    """By one request for the day on which it was refused."""
    cursors = {A: {**WITHOUT[A], "without": {"filtering": "2026-03-02"}}}
    reading = Reading(unfiltered, AUDIENCE, cursors=cursors, lookback_days=2)
    (part,) = reading.slices()
    ((_, probe),) = reading.client.asked
    assert (len(probe["metrics"]), "filtering" in probe) == (3, True)
    (said,) = told(reading, part)
    assert "no status filter" in said
    assert reading.filtered() == [True, False]


@pytest.mark.parametrize("name", ["campaign_id", "unheard_of"])
def test_a_refusal_that_names_nothing_to_leave_out_is_an_error(name: str) -> None:
    """Parents' ids belong to the key, so they are never left out; nor is the same request asked again."""
    reading = Reading(lambda path, params: refused(40002, f'Invalid metric fields: ["{name}"]'))
    with pytest.raises(TikTokError):
        reading.rows(reading.slices()[0])
    assert len(reading.client.asked) == 1


@pytest.mark.parametrize("message", ["Invalid metric fields: []", "start_date: malformed"])
def test_a_refusal_that_names_no_metric_is_asked_once_more_without_totals(message: str) -> None:
    """Totals are the connector's own wish: only without them is a refusal what it says."""
    reading = Reading(lambda path, params: refused(40002, message))
    with pytest.raises(TikTokError):
        reading.rows(reading.slices()[0])
    assert ["enable_total_metrics" in params for _, params in reading.client.asked] == [True, False]


def test_totals_that_an_account_is_refused_twice_are_not_asked_for_again() -> None:
    """One line says that its rows are not compared with them; another account is asked."""

    def without_totals(path: str, params: Mapping[str, Any]) -> Any:
        bad = "enable_total_metrics" in params and params["advertiser_id"] == A
        return refused(40002) if bad else page([wire()])

    reading = Reading(without_totals, start_date="2025-12-20")
    parts = [*reading.slices(), *reading.slices(B)[:1]]
    assert [len(reading.rows(part)) for part in parts] == [1] * 4
    assert ["enable_total_metrics" in params for _, params in reading.client.asked] == [
        *(True, False),
        *(True, False),
        False,
        True,
    ]
    assert reading.said == [f"spend, {parts[1].to_slice()}: {NO_TOTALS}"]


def in_one_part(answer: Any) -> Any:
    """The answer to each report, of an account whose campaigns are none: its days are all that can be split."""
    return lambda path, params: page([]) if path == "campaign/get" else answer


def test_rows_that_do_not_add_up_to_tiktoks_totals_make_the_window_short() -> None:
    """Day, metric and both numbers are told, the rows leave all the same, and no state claims them."""
    answer = {**page([wire()]), "total_metrics": {"spend": "1000000.00", "impressions": "-"}}
    reading = Reading(in_one_part(answer), end_date="2026-03-01")
    (part,) = reading.slices()
    assert len(reading.rows(part)) == 1
    assert part.incomplete_reason == (
        "2026-03-01: The 1 rows do not add up to TikTok's own totals in 3 readings: spend 1.5 (TikTok's total is "
        "1000000)."
    )
    (part,) = reading.slices()
    assert sum(record.data[""].rows for record in reading.reader.read(part)) == 1
    assert not part.finished


def test_a_count_alone_that_no_reading_confirms_is_a_warning() -> None:
    """The totals agree, so that it is the count that is wrong."""
    answer = {**page([wire()], total=4), "total_metrics": {"spend": "1.50", "clicks": 0}}
    reading = Reading(in_one_part(answer))
    (part,) = reading.slices()
    assert len(reading.rows(part)) == 1
    assert (part.incomplete_reason, len(reading.client.asked)) == ("", 2)
    assert reading.said == [
        f"spend, {part.to_slice()}: TikTok counts 4 rows but gave 1 different ones in 2 readings; those are taken, as "
        "they add up to TikTok's own totals."
    ]


def test_a_total_that_is_no_number_is_told_once_for_each_account() -> None:
    """The other metrics are compared all the same."""
    answer = {**page([wire()]), "total_metrics": {"spend": "1.50", "clicks": "many"}}
    reading = Reading(in_one_part(answer), start_date="2026-01-20")
    for part in reading.slices():
        assert len(reading.rows(part)) == 1
    (said,) = reading.said
    assert f"TikTok's total of clicks is 'many', which is no number; for account {A}" in said


def test_parts_that_never_agree_are_not_split_for_ever() -> None:
    """After three days that are short, the other days of the window are read together; the sentence counts them."""
    row = wire()
    row["dimensions"]["age"] = "AGE_18_24"
    reading = Reading(in_one_part(page([row], total=3)), AUDIENCE)
    (part,) = reading.slices()
    reading.rows(part)
    assert "TikTok counts 3 rows but gave 1 different ones in 3 readings" in part.incomplete_reason
    assert part.incomplete_reason.endswith("more parts of the window.")
    spans = {(params["start_date"], params["end_date"]) for _, params in reading.client.asked if "start_date" in params}
    assert len(spans) < 15


@pytest.mark.parametrize("dimensions", [{}, {"country_code": "DE"}, {"country_code": "-"}])
@pytest.mark.parametrize("spend", ["1.5", "?"])
def test_an_answer_about_another_account_is_never_taken(dimensions: dict[str, str], spend: str) -> None:
    """The account is the dimension of its own report, and shows in whatever way a page is decoded."""
    whole = Report("whole", ADVERTISER, DAY, (*dimensions,))
    dimensions = {**dimensions, "advertiser_id": "7", "stat_time_day": "2026-03-01 00:00:00"}
    row = {"dimensions": dimensions, "metrics": {"spend": spend}}
    reading = Reading(lambda path, params: page([row]), whole)
    with pytest.raises(AssertionError, match="its rows are of account '7'"):
        reading.rows(reading.slices()[0])


def test_an_answer_about_other_days_is_doubted() -> None:
    """It may be a late one to another request. The same again is taken, but the days asked for are not claimed."""
    reading = Reading(lambda path, params: page([wire(day=31)]))
    (part,) = reading.slices()
    assert len(reading.rows(part)) == 1
    assert reading.client.doubts == ["its rows are of 2026-03-31"]
    assert part.incomplete_reason == "2026-03-01 to 2026-03-15: all rows of an answer are of other days."


def test_a_row_of_another_day_beside_others_is_taken() -> None:
    """The answer is one to the request."""
    reading = Reading(lambda path, params: page([wire(day=31), wire(day=2)]))
    (part,) = reading.slices()
    assert (len(reading.rows(part)), part.incomplete_reason) == (2, "")


def test_a_refusal_of_what_was_already_left_out_is_an_error() -> None:
    """A stubborn answer does not make an endless loop."""
    reading = Reading(lambda path, params: refused(40002, "Invalid metric fields: [ctr]"))
    with pytest.raises(TikTokError):
        reading.rows(reading.slices()[0])
    assert len(reading.client.asked) == 3


def unfiltered(path: str, params: Mapping[str, Any]) -> Any:
    """TikTok that takes no status filter."""
    return refused(40002, "filtering is not supported") if "filtering" in params else page([])


def test_an_audience_report_goes_without_the_filter_that_is_refused() -> None:
    """Its rows leave, the missing ones are said once, and the account's later slices do not try the filter again."""
    reading = Reading(unfiltered, AUDIENCE, start_date="2026-01-20")
    said = [text for part in reading.slices() for text in told(reading, part)]
    assert reading.filtered() == [True, True, False, False]
    assert [text.startswith(f"spend_by_age, account {A}: TikTok takes no status filter") for text in said] == [True]


OPTIONAL = replace(BASIC, optional=True)


def test_a_full_refresh_asks_again_before_it_goes_without_an_optional_report() -> None:
    """No later sync would bring its rows; after eight accounts that were refused twice the others are believed."""
    turns = iter([refused(40002, "Invalid parameter.")])
    reading = Reading(lambda path, params: next(turns, None) or page([wire()]), OPTIONAL)
    (part,) = reading.slices()
    assert len(reading.rows(part)) == 1
    assert reading.client.paused == []
    turns = iter([refused(40002, "Invalid parameter.")] * 2)
    full = Reading(lambda path, params: next(turns, None) or page([wire()]), OPTIONAL)
    full.reader.full = True
    (part,) = full.slices()
    assert len(full.rows(part)) == 1
    assert full.client.paused == [CONFIRM_AFTER]
    none = Reading(lambda path, params: refused(40002, "no such report"), replace(OPTIONAL, by=("country_code",)))
    none.reader.full = True
    for number in range(MAX_CONSECUTIVE_FAILURES + 2):
        with pytest.raises(TikTokError):
            none.rows(none.slices(str(number))[0])
    assert none.client.paused == [CONFIRM_AFTER] * MAX_CONSECUTIVE_FAILURES


def test_a_filter_that_one_account_refuses_is_kept_for_the_others() -> None:
    """What is wrong with one account must not cost another its deleted objects."""
    reading = Reading(
        lambda path, params: unfiltered(path, params) if params["advertiser_id"] == A else page([]), AUDIENCE
    )
    for id in (A, B, A, B):
        reading.rows(reading.slices(id)[0])
    assert reading.filtered() == [True, True, False, True, False, True]


@pytest.mark.parametrize(
    ("report", "settings", "code"),
    [(BASIC, {}, 40000), (AUDIENCE, {"include_deleted": False}, 40002), (AUDIENCE, {}, 40000)],
)
def test_a_filter_is_given_up_only_where_it_may_be_the_reason(
    report: Report, settings: dict[str, Any], code: int
) -> None:
    """Elsewhere the refusal is what it says."""
    reading = Reading(lambda path, params: refused(code), report, **settings)
    with pytest.raises(TikTokError):
        reading.rows(reading.slices()[0])
    assert len(reading.client.asked) == 1


def test_a_filter_that_was_not_the_reason_is_not_given_up_for_the_others() -> None:
    """Where the words do not speak of it, nothing is given up and the next slice asks with it again."""
    reading = Reading(lambda path, params: refused(40002), AUDIENCE)
    for _ in range(2):
        with pytest.raises(TikTokError):
            reading.rows(reading.slices()[0])
    assert reading.filtered() == [True, True]
    assert reading.said == []


@pytest.mark.parametrize("id", [A, B])
def test_limits_that_tiktok_states_are_kept_for_the_account(id: str) -> None:
    """Of days and of rows; a limit that the request keeps already is an error."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        days = (date.fromisoformat(params["end_date"]) - date.fromisoformat(params["start_date"])).days + 1
        if params["advertiser_id"] == A and params["page_size"] > 50:
            return refused(40002, "page_size: Must be between 1 and 50")
        return refused(40002, "max time span is 7 days") if days > 7 and params["advertiser_id"] == A else page([])

    reading = Reading(answer, start_date="2026-02-01")
    for part in reading.slices(id):
        reading.rows(part)
    spans = [(params["start_date"][5:], params["end_date"][5:]) for _, params in reading.client.asked]
    whole = [("02-01", "03-02"), ("03-03", "03-15")]
    weeks = [("02-01", "02-07"), ("02-08", "02-14"), ("02-15", "02-21"), ("02-22", "02-28"), ("03-01", "03-02")]
    more = [("03-03", "03-09"), ("03-10", "03-15")]
    assert spans == (whole if id == B else [whole[0], whole[0], *weeks, *more])
    stubborn = Reading(lambda path, params: refused(40002, "max time span is 60 days"))
    with pytest.raises(TikTokError, match="time span"):
        stubborn.rows(stubborn.slices()[0])


def test_rows_that_left_before_a_refusal_do_not_leave_again() -> None:
    """A metric refused on the second page only: the window is asked anew, what was sent stays sent."""
    rows = [wire("1"), wire("2")]

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if params["page"] == 2 and "ctr" in params["metrics"]:
            return refused(40002, "Invalid metric fields: [ctr]")
        return page([rows[params["page"] - 1]], 2, params["page"], 2)

    reading = Reading(answer)
    assert [row["ad_id"] for row in reading.rows(reading.slices()[0])] == ["1", "2"]


CREATED = int(datetime(2026, 3, 10, 5, tzinfo=timezone.utc).timestamp())


def account_of(created: Any, zone: str = "Etc/UTC") -> Account:
    """An account that TikTok says was created then."""
    return Account(A, zone=ZoneInfo(zone), currency="EUR", facts={"timezone": zone, "create_time": created})


def planned(
    created: Any, report: Report = BASIC, cursor: Mapping[str, Any] | None = None, **settings: Any
) -> list[tuple[date, date]]:
    """The windows of an account that was created then."""
    reading = Reading(nothing, report, {A: cursor} if cursor else {}, **{"start_date": "2016-01-01", **settings})
    return [(part.window.first, part.window.last) for part in reading.reader.slices(account_of(created))]


@pytest.mark.parametrize(
    ("report", "first", "count"),
    [
        (BASIC, date(2026, 3, 9), 1),
        (Report("hours", AD, HOUR), date(2026, 3, 9), 7),
        (Report("months", AD, MONTH, ("interest_category",), "AUDIENCE"), date(2026, 3, 1), 1),
    ],
)
def test_days_before_an_account_was_created_are_not_asked_for(report: Report, first: date, count: int) -> None:
    """But for the day before, which may be its own in its time zone; whatever the start."""
    found = planned(CREATED, report)
    assert (found[0][0], found[-1][1], len(found)) == (first, date(2026, 3, 15), count)
    assert planned(CREATED, report, start_date="2026-03-09") == found


@pytest.mark.parametrize("created", [None, "", "soon", {}, True, -5, 4102444800, CREATED + 30 * 86400])
def test_where_no_creation_is_told_that_can_be_true_everything_is_asked_for(created: Any) -> None:
    """A time to come is none."""
    assert planned(created)[0][0] == date(2016, 1, 1)


def test_an_account_that_began_before_the_start_or_after_the_end() -> None:
    """The later of the two days counts; where nothing is left, nothing is asked."""
    assert planned(CREATED, start_date="2026-03-12")[0][0] == date(2026, 3, 12)
    assert planned(CREATED, end_date="2026-02-01") == []
    assert planned(0)[0][0] == date(2016, 1, 1)
    assert planned("0001-01-01 00:00:00")[0][0] == date(2016, 1, 1)


def test_days_that_were_not_asked_for_are_not_lost_if_the_creation_changes() -> None:
    """The state knows the first day that was asked for: all days before are read once an account turns out older."""
    reading = Reading(nothing, start_date="2016-01-01")
    (part,) = reading.reader.slices(account_of(CREATED))
    reading.rows(part)
    part.finished = True
    cursor = reading.reader.cursor_after(part)
    assert cursor == {"start": "2016-01-01", "begun": "2026-03-09", "stat_time_day": "2026-03-15"}
    late = {"cursor": cursor, "lookback_days": 0}
    assert planned(CREATED, **late) == [(date(2026, 3, 13), date(2026, 3, 15))]
    assert planned(CREATED - 5 * 86400, **late)[0] == (date(2026, 3, 4), date(2026, 3, 8))
    assert planned(None, **late)[0][0] == date(2016, 1, 1)
    assert planned(None, **late)[-2][1] == date(2026, 3, 8)
    assert planned(CREATED + 86400, **late) == [(date(2026, 3, 13), date(2026, 3, 15))]


def test_a_state_of_before_that_goes_further_back_is_gone_on_from() -> None:
    """What it claims of days before the creation is nothing, and no gap."""
    cursor = {"start": "2016-01-01", "ranges": [["2017-01-01", "2017-02-01"], ["2026-03-01", "2026-03-14"]]}
    assert planned(CREATED, cursor=cursor, lookback_days=0) == [(date(2026, 3, 12), date(2026, 3, 15))]
