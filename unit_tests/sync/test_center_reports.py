"""How a report on Business Centers is read: for each that the token sees, and what is said where there is none."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_tiktok_ads.streams.model import DAY, MEMBER, CenterReport
from source_tiktok_ads.sync.reader import Slice
from source_tiktok_ads.sync.reports import CenterReportReader

from .canned import A, Canned, config, informed, page, refused, sync_of

REPORT = CenterReport("mine", MEMBER, DAY, chosen=("spend",))
CENTERS = page([{"bc_info": {"bc_id": "7"}}, {"bc_info": {"bc_id": "8"}}])
ROW = {"dimensions": {"advertiser_id": A, "stat_time_day": "2026-03-01 00:00:00"}, "metrics": {"spend": "1.5"}}


class Reading:
    """A reader of the report over canned answers, with what it warned of."""

    def __init__(
        self, centers: Any, report: Any = None, full: bool = False, known: bool = True, **settings: Any
    ) -> None:
        self.client = Canned(informed(self._answer))
        self.sync, self.said = sync_of(self.client, config(**settings))
        self.centers, self.report = centers, report or page([ROW])
        self.cursors: Mapping[str, Any] = {"7": {"start": "2026-03-01", "stat_time_day": "2026-03-15"}}
        self.reader = CenterReportReader(REPORT, self.sync, full, self.cursors if known and not full else {})

    def _answer(self, path: str, params: Mapping[str, Any]) -> Any:
        centers = self.centers() if callable(self.centers) else self.centers
        report = self.report(params) if callable(self.report) else self.report
        return centers if path == "bc/get" else report

    def read(self) -> list[Slice]:
        """The slices, read."""
        slices = [*self.reader.generate()]
        self.records = [record for part in slices for record in part.read()]
        return slices


def test_each_business_center_has_slices_and_a_state_of_its_own() -> None:
    """The list is asked for once, no account is named, and yesterday is read again whatever the look-back."""
    row = {**ROW, "dimensions": {"advertiser_id": A, "stat_time_day": "2026-03-15 00:00:00"}}
    reading = Reading(CENTERS, page([row]), lookback_days=0)
    slices = reading.read()
    assert [(part.account.id, str(part.window.first), str(part.window.last)) for part in slices] == [
        ("7", "2026-03-14", "2026-03-15"),
        ("8", "2026-03-01", "2026-03-15"),
    ]
    assert [params["bc_id"] for params in reading.client.paths("report/integrated/get")] == ["7", "8"]
    assert all("advertiser_id" not in params for params in reading.client.paths("report/integrated/get"))
    assert len(reading.client.paths("bc/get")) == 1
    assert reading.reader.cursor_after(slices[1]) == {"start": "2026-03-01", "stat_time_day": "2026-03-15"}
    assert reading.said == []


def test_rows_tell_their_business_center_and_account() -> None:
    """The first is stamped, the second is TikTok's."""
    reading = Reading(CENTERS)
    reading.read()
    (first, *_) = [line for record in reading.records for line in record.data[""].lines.splitlines()]
    assert json.loads(first)["record"]["data"] == {
        "bc_id": "7",
        "advertiser_id": A,
        "stat_time_day": "2026-03-01T00:00:00",
        "spend": 1.5,
    }


def test_without_a_business_center_the_stream_is_empty() -> None:
    """With one warning."""
    reading = Reading(page([]), known=False)
    assert reading.read() == []
    assert reading.said == ["mine: the access token sees no Business Center, so there are no rows."]


def test_business_centers_that_may_not_be_listed_are_left_out() -> None:
    """With a warning; nothing is claimed."""
    reading = Reading(refused(40001))
    (part,) = reading.read()
    assert not part.finished
    (said,) = reading.said
    assert said == f"Left out: mine, account centers: {refused(40001).message_for_optional_stream}"


def test_a_full_refresh_without_the_list_of_business_centers_is_incomplete() -> None:
    """Else nothing would replace the whole table."""
    with pytest.raises(AirbyteTracedException, match="40001"):
        Reading(refused(40001), full=True).read()


def test_an_incomplete_list_of_business_centers_is_reported() -> None:
    """The Business Centers that are known are read; what the others lack is not claimed."""
    numbers = iter(range(100))
    reading = Reading(lambda: page([{"bc_info": {"bc_id": str(next(numbers))}}], total=99))
    *known, lacking = reading.read()
    assert (known[0].account.id, known[0].finished, lacking.finished) == ("0", True, False)
    assert "TikTok counts 99 rows" in lacking.incomplete_reason
    assert lacking.incomplete_reason in reading.said[-1]


def test_a_business_center_that_the_token_no_longer_sees_is_asked_for() -> None:
    """From where the state left it, as long as TikTok answers."""
    reading = Reading(page([{"bc_info": {"bc_id": "8"}}]))
    assert [(part.account.id, part.finished) for part in reading.read()] == [("8", True), ("7", True)]
    assert reading.said == []


@pytest.mark.parametrize("code", [40001, 40002])
def test_a_missing_business_center_is_named_once_it_is_refused(code: int) -> None:
    """Its days are not claimed, and the others are read."""
    reading = Reading(page([{"bc_info": {"bc_id": "8"}}]))
    reading.report = lambda params: refused(code) if params.get("bc_id") == "7" else page([ROW])
    assert [(part.account.id, part.finished) for part in reading.read()] == [("8", True), ("7", False)]
    assert all("mine, account 7" in text for text in reading.said)
    assert len(reading.said) == 1


def test_metrics_of_ones_own_that_tiktok_refuses_fail_the_stream() -> None:
    """A wrong request is no lack of a permission."""
    with pytest.raises(AirbyteTracedException, match="40002"):
        Reading(CENTERS, refused(40002, "Conflict occurs")).read()
