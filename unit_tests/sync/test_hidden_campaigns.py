"""TopView and Promote campaigns: asked for by themselves, where the account has such, and nowhere else."""

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.entities import ENTITIES
from source_tiktok_ads.streams.model import (
    AD,
    ADVERTISER,
    CAMPAIGN,
    DAY,
    HIDDEN_CAMPAIGNS,
    PROMOTE,
    TOP_VIEW,
    Filter,
    Report,
)
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.campaign_ids import CampaignIds
from source_tiktok_ads.sync.entities import EntityReader
from source_tiktok_ads.sync.pagination import Prefetcher
from source_tiktok_ads.sync.reader import Slice
from source_tiktok_ads.sync.refusals import CONFIRM_AFTER
from source_tiktok_ads.sync.reports import ReportReader

from .canned import A, B, Canned, config, page, refused, sync_of

Params = Mapping[str, Any]
DAILY = Report("spend", AD, DAY)


def kind(params: Params) -> str:
    """Which campaigns a request is about: the special kind's name, nothing for all others."""
    filtering = params.get("filtering", {})
    if isinstance(filtering, list):
        filtering = {entry["field_name"]: json.loads(entry["filter_value"]) for entry in filtering}
    if "RESERVATION_TOP_VIEW" in filtering.get("buying_types", filtering.get("buying_type", ())):
        return TOP_VIEW.name
    return PROMOTE.name if filtering.get("campaign_system_origins") else ""


def told(path: str, params: Params) -> Any:
    """An account with one ad of each kind."""
    number = {"": "1", TOP_VIEW.name: "2", PROMOTE.name: "3"}[kind(params)]
    if path == "report/integrated/get":
        metrics = {"campaign_id": number, "adgroup_id": number, "spend": "1.5"}
        key = {"ad_id": number, "stat_time_day": "2026-03-01 00:00:00"}
        return page([{"dimensions": key, "metrics": metrics}])
    ids = {f"{name}_id": number for name in ("campaign", "adgroup", "ad")}
    return page([{**ids, "create_time": "2026-01-01 00:00:00"}])


def only(name: str) -> Any:
    """An account with such campaigns and none of another special kind."""

    def answer(path: str, params: Params) -> Any:
        return told(path, params) if kind(params) in ("", name) else page([])

    return answer


class Reading:
    """A reader over canned answers, of a sync that knows of special campaigns."""

    def __init__(
        self,
        answer: Any,
        stream: Any = DAILY,
        cursors: Mapping[str, Params] | None = None,
        full: bool = False,
        **settings: Any,
    ) -> None:
        self.client = Canned(answer)
        self.sync, self.said = sync_of(self.client, config(**settings), HIDDEN_CAMPAIGNS)
        make: Any = ReportReader if isinstance(stream, Report) else EntityReader
        self.reader = make(stream, self.sync, full, cursors or {})
        self.part: Slice
        (self.part, *_) = self.reader.slices(Account(A))

    def goes_on(self, answer: Any, **settings: Any) -> "Reading":
        """The next sync, which goes on from what this one's state says."""
        return Reading(answer, self.reader.stream, {A: self.reader.cursor_after(self.part)}, **settings)

    def read(self, column: str = "ad_id") -> list[str]:
        """The ids of the first slice, which is judged when they have left."""
        lines = [line for record in self.part.read() for line in record.data[""].lines.splitlines()]
        return [json.loads(line)["record"]["data"][column] for line in lines]

    def ids(self, column: str = "ad_id") -> list[str]:
        """The ids of the rows of the first slice."""
        return [json.loads(b"{%b}" % row)[column] for rows in self.reader.rows(self.part) for row in rows]

    def asked(self, path: str) -> list[str]:
        """The kinds that were asked for."""
        return [kind(params) for params in self.client.paths(path)]


def test_special_campaigns_have_rows_in_reports() -> None:
    """Whether there are any is looked up once for all windows and streams."""
    reading = Reading(told)
    assert reading.ids() == ["1", "2", "3"]
    assert reading.ids() == ["1", "2", "3"]
    assert reading.asked("campaign/get") == ["TopView", "Promote"]
    assert reading.asked("report/integrated/get") == ["", "TopView", "Promote"] * 2


@pytest.mark.parametrize(("name", "ids"), [("TopView", ["1", "2"]), ("Promote", ["1", "3"]), ("none", ["1"])])
def test_only_what_the_account_has_is_asked_for(name: str, ids: list[str]) -> None:
    """An account without special campaigns costs no further request for its reports."""
    reading = Reading(only(name))
    assert reading.ids() == ids
    assert len(reading.asked("report/integrated/get")) == len(ids)


@pytest.mark.parametrize(
    "report",
    [Report("spend", ADVERTISER, DAY), Report("gmv", CAMPAIGN, DAY, by=("country_code",), report_type="TT_SHOP")],
)
def test_some_reports_hide_nothing(report: Report) -> None:
    """A whole account's report has all spend in it, that of the shops takes no filter."""
    reading = Reading(lambda path, params: page([]), report)
    assert reading.ids() == []
    assert reading.asked("campaign/get") == []


def test_a_report_with_a_filter_of_its_own_means_what_it_says() -> None:
    """Who asks for one way of buying is given no other."""
    filters = (Filter("buying_type", ("AUCTION",)),)
    report = Report("mine", AD, DAY, filters=filters)
    assert [report.hides(special) for special in HIDDEN_CAMPAIGNS] == [False, True]
    reading = Reading(told, report)
    assert reading.ids() == ["1", "3"]
    assert reading.asked("report/integrated/get") == ["", "Promote"]


def test_a_report_that_does_not_know_special_campaigns_is_asked_once() -> None:
    """It is reported, and the other rows are kept."""

    def answer(path: str, params: Params) -> Any:
        report = path == "report/integrated/get"
        return refused(40002) if report and kind(params) == "Promote" else told(path, params)

    reading = Reading(answer)
    assert [reading.read(), reading.read()] == [["1", "2"], ["1", "2"]]
    # Totals are given up first, which may be the reason of a refusal.
    assert reading.asked("report/integrated/get").count("Promote") == 4
    assert reading.client.paused == [CONFIRM_AFTER]
    (said,) = reading.said
    assert said.startswith(
        f"spend, account {A}: Promote campaigns are missing, TikTok does not tell of them here (code"
    )
    assert said.removeprefix(f"spend, account {A}: ") in reading.sync.summary.table()


def hidden(path: str, params: Params) -> Any:
    """A TikTok that refuses Promote campaigns in lists of ads and in reports."""
    asked = path in ("report/integrated/get", "ad/get") and kind(params) == "Promote"
    return refused(40002) if asked else told(path, params)


def test_a_report_reads_all_days_of_campaigns_that_were_refused_before() -> None:
    """The state remembers what it was read without; each sync asks by one request whether that is given by now."""
    first = Reading(hidden, lookback_days=0)
    assert first.read() == ["1", "2"]
    cursor = first.reader.cursor_after(first.part)
    assert (cursor["stat_time_day"], cursor["without"]) == ("2026-03-15", {"Promote": "2026-03-01"})
    again = first.goes_on(hidden, lookback_days=0)
    assert again.asked("report/integrated/get") == ["Promote"]
    assert again.read() == ["1", "2"]
    assert again.asked("report/integrated/get") == ["Promote", "", "TopView"]
    assert again.reader.cursor_after(again.part) == cursor
    given = again.goes_on(told, lookback_days=0)
    assert given.read() == ["1", "2", "3"]
    assert given.part.to_slice()["start_date"] == "2026-03-01"
    assert "without" not in given.reader.cursor_after(given.part)


def test_a_report_does_not_claim_days_of_campaigns_that_it_had_before() -> None:
    """Their rows may have changed."""
    reading = Reading(hidden, cursors={A: {"start": "2026-03-01", "stat_time_day": "2026-03-14"}})
    assert reading.read() == ["1", "2"]
    assert not reading.part.finished
    assert reading.reader.cursor_after(reading.part)["owed"] == [["2026-03-01", "2026-03-15"]]


@pytest.mark.parametrize("stream", [DAILY, ENTITIES[2]], ids=lambda stream: str(stream.name))
def test_a_full_refresh_without_special_campaigns_is_incomplete(stream: Any) -> None:
    """It would replace a whole table by one without them."""
    reading = Reading(hidden, stream, full=True)
    with pytest.raises(AirbyteTracedException, match="Promote campaigns are missing"):
        reading.read()
    assert "Promote campaigns are missing" in reading.sync.summary.table()


def test_a_list_sends_all_special_campaigns_that_were_refused_before() -> None:
    """Also those that have not changed since; the state says of which it has none, and goes on with the others."""
    ads = ENTITIES[2]
    first = Reading(hidden, ads)
    assert first.read() == ["1", "2"]
    assert first.part.finished
    (said,) = first.said
    assert "The next sync that is not refused reads all of them." in said
    cursor = first.reader.cursor_after(first.part)
    assert (cursor["without"], cursor["whole_pass"]) == (["Promote"], "2026-03-15")
    quiet = {A: {**cursor, "modify_time": "2026-03-15T00:00:00Z"}}
    given = Reading(changed_long_ago, ads, quiet)
    assert given.read() == ["3"]
    assert given.reader.cursor_after(given.part) == {"modify_time": "2026-03-15T00:00:00Z", "whole_pass": "2026-03-15"}


def test_special_campaigns_stay_owed_while_the_account_seems_to_have_none() -> None:
    """TikTok may leave them out of the list of campaigns for once; then no request shows that they are given."""
    owed = {A: {"modify_time": "2026-03-15T00:00:00Z", "whole_pass": "2026-03-15", "without": ["Promote"]}}

    def without_promote(path: str, params: Params) -> Any:
        return page([]) if path == "campaign/get" and kind(params) == "Promote" else changed_long_ago(path, params)

    silent = Reading(without_promote, ENTITIES[2], owed)
    assert silent.read() == []
    assert silent.reader.cursor_after(silent.part) == owed[A]
    given = silent.goes_on(changed_long_ago)
    assert given.read() == ["3"]
    assert "without" not in given.reader.cursor_after(given.part)


def changed_long_ago(path: str, params: Params) -> Any:
    """Ads that tell when they were changed."""
    data = told(path, params)
    return {**data, "list": [{**row, "modify_time": "2026-01-01 00:00:00"} for row in data["list"]]}


def test_a_list_is_sent_whole_once_ways_of_buying_may_be_named_again() -> None:
    """What TikTok left out unasked may have been there for long; a list still refused goes on with its changes."""
    quiet = {A: {"modify_time": "2026-03-15T00:00:00Z", "whole_pass": "2026-03-15", "without": ["ways of buying"]}}

    def untyped(path: str, params: Params) -> Any:
        named = path == "ad/get" and "AUCTION" in params["filtering"].get("buying_types", ())
        return refused(40002, "buying_types: Unknown field.") if named else changed_long_ago(path, params)

    refusing = Reading(untyped, ENTITIES[2], quiet)
    assert refusing.read() == []
    assert refusing.reader.cursor_after(refusing.part) == quiet[A]
    given = refusing.goes_on(changed_long_ago)
    assert given.read() == ["1"]
    assert "without" not in given.reader.cursor_after(given.part)


@pytest.mark.parametrize("stream", [DAILY, ENTITIES[1]], ids=lambda stream: str(stream.name))
def test_special_campaigns_that_are_refused_once_are_read(stream: Any) -> None:
    """The same is sent once more some time later; only a second refusal is believed."""
    path = "report/integrated/get" if stream is DAILY else stream.path
    turns = iter([refused(40002, "no")] * (2 if stream is DAILY else 1))

    def answer(asked: str, params: Params) -> Any:
        special = asked == path and kind(params) == "Promote"
        return (next(turns, None) if special else None) or told(asked, params)

    reading = Reading(answer, stream)
    assert reading.ids(stream.level.id if stream is DAILY else "adgroup_id") == ["1", "2", "3"]
    assert reading.said == []


def test_other_errors_of_a_special_request_are_errors() -> None:
    """What could not be read is not claimed."""

    def answer(path: str, params: Params) -> Any:
        return refused(40001) if path == "report/integrated/get" and kind(params) else told(path, params)

    with pytest.raises(TikTokError):
        Reading(answer).ids()


def test_shards_of_special_campaigns_are_special_ones() -> None:
    """Where a request is too large it is divided by the campaigns it is about."""

    def answer(path: str, params: Params) -> Any:
        if path == "report/integrated/get" and kind(params) and len(params["filtering"]) < 3:
            return refused(40067)
        return told(path, params)

    reading = Reading(answer, start_date="2026-03-15")
    assert reading.ids() == ["1", "2", "3"]
    last = reading.client.paths("report/integrated/get")[-1]["filtering"]
    assert {entry["field_name"]: entry["filter_value"] for entry in last} == {
        "ad_status": '["STATUS_ALL"]',
        "campaign_system_origins": '["PROMOTE"]',
        "campaign_ids": '["3"]',
    }


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_special_campaigns_have_rows_in_lists(entity: Any) -> None:
    """With deleted ones, in pages no larger than TikTok gives."""
    reading = Reading(told, entity)
    assert reading.ids(entity.ids[-1]) == ["1", "2", "3"]
    asked = [params for params in reading.client.paths(entity.path) if "fields" not in params]
    assert [params["filtering"].get("primary_status") for params in asked] == ["STATUS_ALL"] * 3
    small = 100 if entity.name == "adgroups" else 1000
    assert [params["page_size"] for params in asked] == [1000, small, 1000]


@pytest.mark.parametrize("stream", [DAILY, ENTITIES[1]], ids=lambda stream: str(stream.name))
@pytest.mark.parametrize("code", [40001, 40125, 40002])
def test_an_app_that_may_not_list_campaigns_asks_for_special_ones_all_the_same(code: int, stream: Any) -> None:
    """Nothing would bring them later, once the state has passed them by; the look itself is not repeated."""
    reading = Reading(lambda path, params: refused(code) if path == "campaign/get" else told(path, params), stream)
    column = stream.level.id if stream is DAILY else "adgroup_id"
    assert [reading.ids(column), reading.ids(column)] == [["1", "2", "3"], ["1", "2", "3"]]
    assert reading.asked("campaign/get") == ["TopView"]
    assert reading.said == []


def test_a_list_that_does_not_know_special_campaigns_is_told() -> None:
    """The other rows stay."""

    def answer(path: str, params: Params) -> Any:
        return refused(40002) if kind(params) else told(path, params)

    reading = Reading(answer, ENTITIES[1])
    assert reading.ids("adgroup_id") == ["1"]
    assert ["campaigns are missing" in text for text in reading.said] == [True, True]
    assert [name in text for name, text in zip(("TopView", "Promote"), reading.said, strict=True)] == [True, True]


def test_other_errors_of_a_special_list_are_errors() -> None:
    """What could not be read is not claimed."""

    def answer(path: str, params: Params) -> Any:
        return refused(40001) if path == "adgroup/get" and kind(params) else told(path, params)

    with pytest.raises(TikTokError, match="40001"):
        Reading(answer, ENTITIES[1]).ids("adgroup_id")


def test_a_fault_while_campaigns_are_listed_is_a_fault() -> None:
    """The next sync may find some."""
    with pytest.raises(TikTokError):
        Reading(lambda path, params: refused(50000) if path == "campaign/get" else told(path, params)).ids()


def test_ad_groups_of_a_topview_campaign_come_in_small_pages() -> None:
    """TikTok gives a hundred at most."""
    client = Canned(told)
    campaign_ids = CampaignIds(client, Prefetcher(1), [].append)
    assert campaign_ids.adgroups(A, "2", TOP_VIEW) == ["2"]
    ((_, params),) = client.asked
    assert (params["page_size"], params["filtering"]["campaign_ids"]) == (100, ["2"])


def test_what_one_account_is_refused_is_asked_for_in_others() -> None:
    """What is wrong with one must not cost the others their rows."""

    def answer(path: str, params: Params) -> Any:
        report = path == "report/integrated/get" and params["advertiser_id"] == A
        return refused(40002) if report and kind(params) else told(path, params)

    reading = Reading(answer)
    assert reading.ids() == ["1"]
    (reading.part, *_) = reading.reader.slices(Account(B))
    assert reading.ids() == ["1", "2", "3"]


def test_a_list_of_special_campaigns_that_cannot_be_proven_makes_lists_short() -> None:
    """Every kind is asked for by itself, and the account is not claimed."""
    number = count()

    def answer(path: str, params: Params) -> Any:
        return page([{"campaign_id": str(next(number))}], 99) if "fields" in params else told(path, params)

    reading = Reading(answer, ENTITIES[0])
    assert reading.ids("campaign_id") == ["1", "2", "3"]
    assert "TikTok counts 99 rows" in reading.part.incomplete_reason
