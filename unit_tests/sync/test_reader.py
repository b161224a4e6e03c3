"""What all streams share when read: turns of the accounts, pages, and what goes on when a part fails."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.entities import ACCOUNTS
from source_tiktok_ads.streams.model import ADVERTISER, DAY, Report
from source_tiktok_ads.sync import records
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.date_ranges import DateRange
from source_tiktok_ads.sync.reader import MAX_CONSECUTIVE_FAILURES, Reader, Slice, failure
from source_tiktok_ads.sync.records import Page

from .canned import NOW, A, B, C, Canned, config, informed, page, refused, sync_of

NO_PERMISSION, NO_STREAM, BAD_REQUEST, REVOKED, UNWELL = 40001, 40125, 40000, 40105, 50000


class Plain(Reader[Any]):
    """A stream with slices of one day and scripted rows: lists of rows, or an error."""

    def __init__(
        self, days: Mapping[str, int], *rows: Any, full: bool = False, absent: str = "", **settings: Any
    ) -> None:
        self.client = Canned(informed(lambda path, params: page([]), absent))
        sync, self.said = sync_of(
            self.client, config(accounts=None if settings.pop("found", False) else [*days], **settings)
        )
        self.client.listed = [(id, id) for id in days]
        super().__init__(ACCOUNTS[0], sync, full)
        self.days = days
        self.wanted = list(rows)
        self.read_days: list[str] = []

    def slices(self, account: Account) -> list[Slice]:
        """One slice for each scripted day."""
        days = (date(2026, 3, number + 1) for number in range(self.days[account.id]))
        return [Slice(self, account, DateRange(day, day)) for day in days]

    def rows(self, part: Slice) -> Iterator[list[bytes]]:
        """The next scripted rows."""
        self.read_days.append(place(part))
        for rows in self.wanted.pop(0):
            if isinstance(rows, Exception):
                raise rows
            yield [*rows]

    def cursor_after(self, part: Slice) -> Mapping[str, Any]:
        """Not asked here."""
        return {}

    @property
    def left_out(self) -> list[str]:
        """Why accounts lack, as the sync's summary has it."""
        places = [line for line in self.sync.summary.table().splitlines()[1:] if not line.startswith("columns that")]
        reasons = [line.split(", ", 3)[3] for line in places]
        return [reason for reason in reasons if reason != "-"]

    def run(self) -> list[str]:
        """Read all slices in turn, as the engine does with one worker; the sentences of those that failed."""
        failed = []
        for part in self.generate():
            try:
                list(part.read())
            except AirbyteTracedException as error:
                failed.append(str(error.message))
        return failed


class Stamped(Plain):
    """The same with the account's id in every row."""

    def stamp(self, part: Slice) -> bytes:
        """The id."""
        return b'"id":"%b",' % part.account.id.encode()


class Optional(Plain):
    """A stream that TikTok may refuse altogether."""

    def __init__(self, days: Mapping[str, int], *rows: Any, **settings: Any) -> None:
        super().__init__(days, *rows, **settings)
        self.stream = Report("maybe", ADVERTISER, DAY, optional=True)


def place(part: Slice) -> str:
    """A slice in few letters: the account's last digit and the day."""
    return f"{part.account.id[-1]}.{part.days.last.day if part.days else '-'}"


FINE: list[Any] = [[b'"a":1']]


def error(code: int) -> list[Any]:
    """A slice that ends with a verdict."""
    return [refused(code)]


def test_accounts_take_turns() -> None:
    """A big account does not hold up the others; each account's slices keep their order."""
    reader = Plain({A: 3, B: 1, C: 2})
    assert [place(part) for part in reader.generate()] == ["1.1", "2.1", "3.1", "1.2", "3.2", "1.3"]


def test_slices_are_compared_by_identity() -> None:
    """The engine takes equal partitions for the same one and would lose the second's rows."""
    reader = Plain({A: 1})
    one, other = Slice(reader, Account(A)), Slice(reader, Account(A))
    assert one != other
    assert len({one, other}) == 2
    assert hash(one) == hash(one)


def test_a_slice_says_what_it_is() -> None:
    """Stream, account and window, as they stand in logs."""
    reader = Plain({A: 1})
    (part,) = reader.generate()
    assert (part.stream_name(), part.to_slice()) == (
        "advertisers",
        {"advertiser_id": A, "start_date": "2026-03-01", "end_date": "2026-03-01"},
    )
    assert Slice(reader, Account(A)).to_slice() == {"advertiser_id": A}


def test_a_slice_is_read_by_the_page_and_finished_behind_its_last_row() -> None:
    """An empty page is no record, which would end the engine's loop; a slice left in between is not finished."""
    reader = Plain({A: 2}, [[b'"a":1', b'"a":2'], [], [b'"a":3']], [[b'"a":4'], [b'"a":5']])
    first, second = reader.generate()
    records = list(first.read())
    pages = [record.data[""] for record in records]
    assert [one.rows for one in pages] == [2, 1]
    assert [json.loads(line)["record"]["data"] for one in pages for line in one.lines.splitlines()] == [
        {"a": 1},
        {"a": 2},
        {"a": 3},
    ]
    assert {record.stream_name for record in records} == {"advertisers"}
    next(iter(second.read()))
    assert (first.finished, second.finished) == (True, False)


def test_a_page_carries_the_accounts_stamp_and_the_moment() -> None:
    """Each row begins with the `stamp`."""
    reader = Stamped({A: 1}, FINE)
    (part,) = reader.generate()
    (made,) = (record.data[""] for record in part.read())
    assert isinstance(made, Page)
    line = json.loads(made.lines)["record"]
    assert line["data"] == {"id": A, "a": 1}
    assert line["emitted_at"] > 1_700_000_000_000


POLICIES = [
    # policy, named, full refresh, fails
    *((policy, named, True, True) for policy in ("auto", "fail", "warn") for named in (True, False)),
    ("auto", True, False, True),
    ("auto", False, False, False),
    ("fail", True, False, True),
    ("fail", False, False, True),
    ("warn", True, False, False),
    ("warn", False, False, False),
]


@pytest.mark.parametrize(("policy", "named", "full", "fails"), POLICIES)
def test_a_bad_account_spoils_only_itself(policy: str, named: bool, full: bool, fails: bool) -> None:
    """Its other slices are not asked for; the rest is read; whether the stream fails is a matter of the settings."""
    reader = Plain(
        {A: 3, B: 2}, error(NO_PERMISSION), FINE, FINE, full=full, found=not named, on_skipped_accounts=policy
    )
    sentences = reader.run()
    assert reader.read_days == ["1.1", "2.1", "2.2"]
    (reason,) = reader.left_out
    assert reason.startswith("TikTok gives no permission")
    told = f"advertisers, account {A}: {reason}"
    assert (sentences, reader.said) == (([told], []) if fails else ([], [f"Left out: {told}"]))


@pytest.mark.parametrize(("policy", "failed"), [("auto", 1), ("warn", 0)])
def test_a_stream_of_which_no_account_can_be_read_is_not_complete(policy: str, failed: int) -> None:
    """Accounts found through the token only warn, but the last one that is refused leaves nothing at all."""
    reader = Plain({A: 1, B: 1}, error(NO_PERMISSION), error(NO_PERMISSION), found=True, on_skipped_accounts=policy)
    assert len(reader.run()) == failed
    assert len(reader.said) == 2 - failed


@pytest.mark.parametrize("policy", ["auto", "fail", "warn"])
def test_a_missing_permission_fails_the_stream_whatever_the_policy(policy: str) -> None:
    """One error for the account's part of the stream; the policy is about accounts only."""
    reader = Plain({A: 2, B: 2}, error(NO_STREAM), FINE, FINE, found=True, on_skipped_accounts=policy)
    (sentence,) = reader.run()
    assert "code 40125" in sentence
    assert "req-1" in sentence
    assert reader.read_days == ["1.1", "2.1", "2.2"]


@pytest.mark.parametrize(
    ("code", "policy", "full", "failed"),
    [
        (40001, "auto", False, 0),
        (40001, "auto", True, 1),
        (40118, "fail", False, 0),
        (40118, "fail", True, 1),
        (40125, "fail", False, 0),
        (40125, "fail", True, 1),
        (40002, "fail", False, 0),
        (40002, "fail", True, 0),
    ],
)
def test_an_optional_stream_is_left_out_where_it_is_refused(code: int, policy: str, full: bool, failed: int) -> None:
    """With a warning, asking the account no more; a full refresh would replace a table by nothing, and fails.

    What TikTok does not combine in a report has no rows that could be missing.
    """
    reader = Optional({A: 2, B: 1}, error(code), FINE, full=full, on_skipped_accounts=policy)
    assert len(reader.run()) == failed
    assert reader.read_days == ["1.1", "2.1"]
    assert [text.startswith(f"Left out: maybe, account {A}: ") for text in reader.said] == [True] * (1 - failed)


@pytest.mark.parametrize(
    "rows", [[FINE, error(40002), FINE], [[[b'"a":1'], refused(40002)], FINE, FINE]], ids=["day", "page"]
)
def test_a_full_refresh_fails_for_refused_days_of_an_account_that_was_answered(rows: list[Any]) -> None:
    """The answer shows that the report exists, so the refused days may have rows, which the table would then lack."""
    reader = Optional({A: 3}, *rows, full=True)
    (sentence,) = reader.run()
    assert f"maybe, account {A}: " in sentence
    assert reader.said == []


def test_a_full_refresh_fails_for_refused_days_whichever_day_is_answered_first() -> None:
    """Days are read at the same time, so the answer may come after the refusal."""

    def answered_after_the_other() -> Iterator[list[bytes]]:
        assert list(parts[1].read()) == []
        yield [b'"a":1']

    reader = Optional({A: 2}, answered_after_the_other(), error(40002), full=True)
    parts = [*reader.generate()]
    with pytest.raises(AirbyteTracedException, match="40002"):
        list(parts[0].read())


def test_an_optional_stream_is_asked_of_every_account() -> None:
    """However many refuse it, the next may have it."""
    ids = [str(7_000_000_000_000_000_000 + number) for number in range(MAX_CONSECUTIVE_FAILURES + 1)]
    reader = Optional(dict.fromkeys(ids, 1), *[error(40002)] * MAX_CONSECUTIVE_FAILURES, FINE)
    assert reader.run() == []
    assert len(reader.read_days) == len(ids)


def test_an_optional_stream_fails_like_any_other_for_other_reasons() -> None:
    """A fault is no refusal."""
    assert len(Optional({A: 1}, error(UNWELL)).run()) == 1


@pytest.mark.parametrize("code", [BAD_REQUEST, UNWELL])
def test_a_failing_slice_leaves_the_others_alone(code: int) -> None:
    """A temporary fault or a wrong request only fails its slice, and each is reported."""
    reader = Plain({A: 3}, error(code), FINE, error(code), on_skipped_accounts="warn")
    assert len(reader.run()) == 2
    assert reader.read_days == ["1.1", "1.2", "1.3"]


def test_a_stream_that_only_fails_is_given_up() -> None:
    """After eight accounts in a row for which TikTok's service failed no further one is asked for."""
    ids = [str(7_000_000_000_000_000_000 + number) for number in range(MAX_CONSECUTIVE_FAILURES + 3)]
    reader = Plain(dict.fromkeys(ids, 1), *[error(UNWELL)] * len(ids))
    assert len(reader.run()) == len(reader.read_days) == MAX_CONSECUTIVE_FAILURES
    reader = Plain(dict.fromkeys(ids, 1), *[error(UNWELL)] * 7, FINE, *[error(UNWELL)] * 3)
    assert len(reader.run()) == len(ids) - 1


@pytest.mark.parametrize("code", [BAD_REQUEST, UNWELL])
def test_an_account_that_only_fails_does_not_cost_another_its_rows(code: int) -> None:
    """After eight parts in a row that failed it is not asked for any further, unlike the others."""
    reader = Plain({A: 12, B: 12}, *[error(code), FINE] * 8, *[FINE] * 4)
    assert len(reader.run()) == MAX_CONSECUTIVE_FAILURES
    assert [day for day in reader.read_days if day.startswith("1")] == [f"1.{day}" for day in range(1, 9)]
    assert [day for day in reader.read_days if day.startswith("2")] == [f"2.{day}" for day in range(1, 13)]


def test_a_part_that_is_read_ends_the_row_of_failures() -> None:
    """The next seven may fail."""
    reader = Plain({A: 15}, *[error(BAD_REQUEST)] * 7, FINE, *[error(BAD_REQUEST)] * 7)
    assert (len(reader.run()), len(reader.read_days)) == (14, 15)


def test_requests_that_are_refused_to_many_accounts_are_sent_for_the_next() -> None:
    """However many it were: a refusal is about the account it was given to."""
    ids = [str(7_000_000_000_000_000_000 + number) for number in range(MAX_CONSECUTIVE_FAILURES + 1)]
    reader = Plain(dict.fromkeys(ids, 1), *[error(BAD_REQUEST)] * MAX_CONSECUTIVE_FAILURES, FINE)
    assert len(reader.run()) == MAX_CONSECUTIVE_FAILURES
    assert len(reader.read_days) == len(ids)


def test_accounts_that_are_refused_do_not_cost_the_others_their_rows() -> None:
    """However many of them come one after the other: each is warned of, and the next is read."""
    ids = [str(7_000_000_000_000_000_000 + number) for number in range(MAX_CONSECUTIVE_FAILURES + 1)]
    reader = Plain(dict.fromkeys(ids, 1), *[error(NO_PERMISSION)] * MAX_CONSECUTIVE_FAILURES, FINE, found=True)
    assert reader.run() == []
    assert len(reader.read_days) == len(ids)
    assert len(reader.said) == MAX_CONSECUTIVE_FAILURES


def test_a_verdict_on_the_credentials_ends_the_stream() -> None:
    """No further request is sent for any account, and the error is reported once."""
    reader = Plain({A: 2, B: 2}, FINE, error(REVOKED))
    (sentence,) = reader.run()
    assert "code 40105" in sentence
    assert reader.read_days == ["1.1", "2.1"]


def test_an_error_that_another_slice_has_reported_is_not_repeated() -> None:
    """Slices of one account run side by side: the second to fail for the account's sake says nothing."""
    reader = Plain({A: 2}, [[b'"a":1'], refused(NO_PERMISSION)], error(NO_PERMISSION))
    first, second = reader.generate()
    under_way = iter(first.read())
    next(under_way)
    with pytest.raises(AirbyteTracedException):
        list(second.read())
    assert list(under_way) == []
    assert (first.finished, second.finished, len(reader.left_out)) == (False, False, 1)


def test_a_refused_account_is_one_slice_that_fails_with_its_refusal() -> None:
    """advertiser/info has said already that it cannot be read, so nothing is asked."""
    reader = Plain({A: 3, B: 1}, FINE, absent=A)
    (sentence,) = reader.run()
    assert "the answer leaves this account out" in sentence
    assert reader.read_days == ["2.1"]


def test_accounts_that_cannot_be_found_fail_the_stream() -> None:
    """With TikTok's reason, or with what to change in the configuration."""
    reader = Plain({A: 1})
    reader.sync, _ = sync_of(reader.client, config(accounts=["nobody"]))
    with pytest.raises(AirbyteTracedException, match="nobody") as raised:
        list(reader.generate())
    assert raised.value.failure_type is FailureType.config_error
    reader = Plain({A: 1})
    reader.client.answer = lambda path, params: refused(UNWELL)
    with pytest.raises(AirbyteTracedException, match="advertisers: TikTok reports a system error") as raised:
        list(reader.generate())
    assert raised.value.failure_type is FailureType.transient_error


def test_a_start_that_has_begun_nowhere_is_a_configuration_error() -> None:
    """By TikTok's clock; where it has begun somewhere, what has no days is read for all accounts."""
    reader = Plain({A: 1}, start_date="2026-03-17")
    with pytest.raises(
        AirbyteTracedException, match="start_date: 2026-03-17 lies in the future, TikTok's clock"
    ) as raised:
        list(reader.generate())
    assert raised.value.failure_type is FailureType.config_error
    assert len(list(Plain({A: 1}, start_date="2026-03-16").generate())) == 1


def test_a_start_of_today_that_has_not_begun_west_of_utc_is_none_in_the_future() -> None:
    """Nothing is there to be read yet, but what has no days is read."""
    reader = Plain({A: 1}, FINE, start_date="2026-03-15")
    both = reader.client.answer
    zone = {"display_timezone": "Pacific/Honolulu"}

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        data = both(path, params)
        return {"list": [{**row, **zone} for row in data["list"]]} if path == "advertiser/info" else data

    reader.client.answer = answer
    reader.client.moment = NOW.replace(hour=9)
    assert reader.run() == []
    assert reader.read_days == ["1.1"]


def test_an_invalid_value_is_reported_once_for_each_column() -> None:
    """With the value cut short."""
    reader = Plain({A: 1})
    for column in ("a", "a", "b"):
        reader.surprise(column, ["x" * 100])
    assert [text.split(" that")[0] for text in reader.said] == [
        f"advertisers.{column}: TikTok sent a list ({str(['x' * 100])[:40]!r})" for column in ("a", "b")
    ]


def test_rounding_is_reported_once_for_each_column_and_counted() -> None:
    """With the value and what it became, beside what is null in the same column."""
    reader = Plain({A: 1})
    for value, instead in (("12.5", 12), ("0.5", 0), ("<5", None)):
        reader.surprise("clicks", value, instead)
    assert [text.split("; it is ")[1].split(",")[0] for text in reader.said] == ["rounded to 12", "null"]
    assert "advertisers.clicks: 2 values that TikTok sent were rounded" in reader.sync.summary.table()


@pytest.mark.parametrize(("size", "less", "asked"), [(1000, {}, 100), (50, {}, 50), (50, {"page_size": 7}, 7)])
def test_a_page_is_as_large_as_settings_and_tiktok_allow(size: int, less: dict[str, int], asked: int) -> None:
    """Unless the request wants less; it is asked again where it has no page."""
    reader = Plain({A: 1}, page_size=size)
    reader.client.answer = lambda path, params: page([])
    reader.ask(Slice(reader, Account(A)), {"advertiser_id": A, "page": 3, **less}, records.decode)
    assert reader.client.asked == [("advertiser/info", {"advertiser_id": A, "page": 3, "page_size": asked})]


def test_the_summary_counts_what_has_left() -> None:
    """Rows by stream and account."""
    reader = Plain({A: 1, B: 2}, [[b'"a":1', b'"a":2']], FINE, FINE)
    assert reader.run() == []
    assert reader.sync.summary.table().splitlines()[1:3] == [f"advertisers, {id}, 2, -" for id in (A, B)]


def test_a_warning_names_its_slice() -> None:
    """Stream, account and window."""
    reader = Plain({A: 1})
    reader.warn_of(Slice(reader, Account(A)))("look")
    assert reader.said == [f"advertisers, {{'advertiser_id': '{A}'}}: look"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (REVOKED, FailureType.config_error),
        (UNWELL, FailureType.transient_error),
        (BAD_REQUEST, FailureType.system_error),
    ],
)
def test_a_failure_says_who_has_to_act(code: int, kind: FailureType) -> None:
    """The user's, TikTok's or ours; the sentence is the user's, the verdict the internal message."""
    verdict: TikTokError = refused(code)
    made = failure("what to do", verdict)
    assert (made.message, made.internal_message, made.failure_type) == ("what to do", str(verdict), kind)
