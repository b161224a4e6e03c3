"""What check proves: accounts listed and reached, a report allowed, and soon."""

import logging
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import pytest
from sync.canned import SANDBOX, A, B, Canned, config, facts, informed, page, refused

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.check import TRIES, CheckClient, described, run_checks
from source_tiktok_ads.streams.fields import METRICS
from source_tiktok_ads.sync.advertisers import Account, AccountsError

REPORT = "report/integrated/get"


class Check:
    """A check over canned answers: what it logs, what it asked."""

    def __init__(self, caplog: pytest.LogCaptureFixture, answer: Any, *absent: str, **settings: Any) -> None:
        self.client = Canned(informed(answer, *absent), listed=[(A, "Acme"), (B, "Bob")])
        self.caplog = caplog
        self.config = config(**settings)

    def run(self) -> list[str]:
        """The lines of the log; raises what is wrong."""
        logger = logging.getLogger("check")
        with self.caplog.at_level(logging.INFO, "check"):
            run_checks(CheckClient(self.client), self.config, logger)
        return self.lines

    @property
    def lines(self) -> list[str]:
        """The lines of the log."""
        return [record.getMessage() for record in self.caplog.records]

    @property
    def proven_on(self) -> list[str]:
        """The accounts on which a report was tried."""
        return [params["advertiser_id"] for params in self.client.paths(REPORT)]


def fine(path: str, params: Mapping[str, Any]) -> Any:
    """Reports are allowed."""
    return page([])


def test_every_account_is_logged_and_one_report_is_proof(caplog: pytest.LogCaptureFixture) -> None:
    """Id, name, time zone, currency and status; one row of today of one account is asked for."""
    check = Check(caplog, fine, accounts=None)
    assert check.run() == [
        f"Account {A}: Name 1, Etc/UTC, EUR, status unknown",
        f"Account {B}: Name 2, Etc/UTC, EUR, status unknown",
    ]
    (params,) = check.client.paths(REPORT)
    assert params["advertiser_id"] == A
    assert (params["start_date"], params["end_date"], params["page"], params["page_size"]) == (
        *("2026-03-15", "2026-03-15"),
        *(1, 1),
    )


def test_nothing_is_asked_for_long(caplog: pytest.LogCaptureFixture) -> None:
    """Who checks is waiting, be it for the list of accounts, their facts or a report."""
    check = Check(caplog, fine, accounts=None)
    check.run()
    assert check.client.attempts == [(TRIES, TRIES)] * 3


def test_the_day_is_the_accounts_own(caplog: pytest.LogCaptureFixture) -> None:
    """In Kiritimati it is tomorrow already."""
    check = Check(caplog, fine)
    check.client.answer = lambda path, params: (
        {"list": [facts(A, timezone="Pacific/Kiritimati")]} if path == "advertiser/info" else page([])
    )
    check.run()
    assert check.client.paths(REPORT)[0]["start_date"] == "2026-03-16"


@pytest.mark.parametrize(
    ("settings", "fails"),
    [
        ({"accounts": [A, B]}, True),
        ({"accounts": [A, B], "on_skipped_accounts": "warn"}, False),
        ({"accounts": None}, False),
        ({"accounts": None, "on_skipped_accounts": "fail"}, True),
    ],
)
def test_an_account_that_cannot_be_reached_fails_by_the_policy(
    settings: dict[str, Any], fails: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Logged in any case; named accounts fail the check, found ones do not, unless the settings say so."""
    check = Check(caplog, fine, A, **settings)
    if fails:
        with pytest.raises(AccountsError, match=f"^Account {A} can't be read: The account is missing"):
            check.run()
        assert check.proven_on == []
    else:
        check.run()
        assert check.proven_on == [B]
    assert check.lines[0].startswith(f"Account {A} can't be read: ")


def test_no_readable_account_fails_whatever_the_policy(caplog: pytest.LogCaptureFixture) -> None:
    """There is nothing to sync; each account's reason is told."""
    check = Check(caplog, fine, A, B, accounts=[A, B], on_skipped_accounts="warn")
    with pytest.raises(AccountsError, match=rf"Account {A} can't.*Account {B} can't"):
        check.run()


def test_a_start_in_the_future_fails_by_tiktoks_clock(caplog: pytest.LogCaptureFixture) -> None:
    """Only where it has begun nowhere: for accounts further west there is nothing to read yet."""
    check = Check(caplog, fine, start_date="2026-03-16")
    check.client.moment = datetime(2026, 3, 15, 9, 59, tzinfo=timezone.utc)
    with pytest.raises(AccountsError, match="start_date: 2026-03-16 lies in the future"):
        check.run()
    check.client.moment = datetime(2026, 3, 15, 10, tzinfo=timezone.utc)
    check.run()


def test_the_first_account_with_reports_is_proof_enough(caplog: pytest.LogCaptureFixture) -> None:
    """An account that refuses reports spoils only itself."""
    check = Check(
        caplog, lambda path, params: refused(40001) if params["advertiser_id"] == A else page([]), accounts=None
    )
    check.run()
    assert check.proven_on == [A, B]


def test_without_any_report_the_first_refusal_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Every account was tried."""
    check = Check(
        caplog,
        lambda path, params: refused(40001, "first" if params["advertiser_id"] == A else "second"),
        accounts=None,
    )
    with pytest.raises(TikTokError, match="first"):
        check.run()
    assert check.proven_on == [A, B]


@pytest.mark.parametrize("code", [40105, 40125, 50000])
def test_another_refusal_ends_the_check(code: int, caplog: pytest.LogCaptureFixture) -> None:
    """The next account would not fare better."""
    check = Check(caplog, lambda path, params: refused(code), accounts=None)
    with pytest.raises(TikTokError, match=str(code)):
        check.run()
    assert check.proven_on == [A]


def without(*names: str) -> Any:
    """A TikTok that knows no such metrics, of which it names one at a time."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        bad = [name for name in names if name in params["metrics"]]
        return refused(40002, f"Invalid metric fields: [{bad[0]}]") if bad else page([])

    return answer


def test_a_refused_metric_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    """A read leaves it out with a warning."""
    check = Check(caplog, without("ctr"))
    assert len(check.run()) == 1


MINE = {"name": "mine", "level": "campaign", "metrics": ["spend", "clicks"], "grain": "lifetime"}
OTHER = {"name": "other", "level": "ad", "metrics": ["spend"], "breakdowns": ["ad_type"]}


def test_each_custom_report_is_proven_by_one_request(caplog: pytest.LogCaptureFixture) -> None:
    """An empty answer tells that TikTok takes it."""
    check = Check(caplog, fine, custom_reports=[MINE, OTHER])
    check.run()
    first, mine, other = check.client.paths(REPORT)
    assert first["metrics"] != mine["metrics"] == ["spend", "clicks"]
    assert (mine["query_lifetime"], mine["dimensions"], mine["page_size"]) == (True, ["campaign_id"], 1)
    assert other["dimensions"] == ["ad_id", "ad_type", "stat_time_day"]


def only_custom(error: TikTokError) -> Any:
    """A TikTok that refuses every report but the standard one."""
    return lambda path, params: error if "query_lifetime" in params else page([])


def test_a_custom_report_that_tiktok_refuses_fails_the_check(caplog: pytest.LogCaptureFixture) -> None:
    """By its name, with what TikTok says."""
    check = Check(caplog, only_custom(refused(40002, "Conflict occurs")), custom_reports=[MINE])
    with pytest.raises(AccountsError) as told:
        check.run()
    said = str(told.value)
    assert said.startswith("TikTok refuses the custom report mine: Conflict occurs (code 40002, request req-")
    assert said.endswith("). Change it, or take it out.")


def test_another_failure_of_a_custom_report_is_told_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """It is not about the report."""
    check = Check(caplog, only_custom(refused(40105)), custom_reports=[MINE])
    with pytest.raises(TikTokError, match="40105"):
        check.run()


def test_metrics_of_a_custom_report_that_tiktok_refuses_are_named(caplog: pytest.LogCaptureFixture) -> None:
    """A sync goes on without them, so the check only warns."""
    check = Check(caplog, without("clicks"), custom_reports=[MINE])
    assert check.run()[-1] == "mine: TikTok refuses the metrics clicks; a sync leaves them out."


def test_a_custom_report_without_any_metric_that_tiktok_takes_fails_the_check(caplog: pytest.LogCaptureFixture) -> None:
    """A sync would have nothing to read."""
    check = Check(caplog, without("clicks", "spend"), custom_reports=[MINE])
    with pytest.raises(AccountsError, match="TikTok accepts none of the metrics of the custom report mine"):
        check.run()


def test_every_metric_of_a_custom_report_is_proven(caplog: pytest.LogCaptureFixture) -> None:
    """By as few requests as TikTok takes them all in, a hundred in each."""
    names = [name for name, metric in METRICS.items() if metric.stands("BASIC", (), "")]
    many = [name for name in names if METRICS[name].group in ("app", "core")][:201]
    check = Check(caplog, without(many[-1]), custom_reports=[{**MINE, "metrics": many}])
    assert check.run()[-1] == f"mine: TikTok refuses the metrics {many[-1]}; a sync leaves them out."
    _, *proofs = check.client.paths(REPORT)
    assert [name for params in proofs for name in params["metrics"]] == many
    assert [len(params["metrics"]) for params in proofs] == [100, 100, 1]


OF_CENTERS = {"name": "centers", "level": "advertiser", "metrics": ["spend"], "report_type": "BC"}


def seeing(centers: Any, report: Any = None) -> Any:
    """A TikTok whose answers about Business Centers are these."""

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        if path == "bc/get":
            return centers
        return report if report and "bc_id" in params else page([])

    return answer


def test_a_report_on_business_centers_is_proven_on_one_of_them(caplog: pytest.LogCaptureFixture) -> None:
    """The first that the token sees; no account is named."""
    check = Check(caplog, seeing(page([{"bc_info": {"bc_id": "7"}}, {"bc_info": {}}])), custom_reports=[OF_CENTERS])
    check.run()
    _, params = check.client.paths(REPORT)
    assert (params["bc_id"], params["report_type"], "advertiser_id" in params) == ("7", "BC", False)


@pytest.mark.parametrize("centers", [page([]), None, page([{"bc_info": "7"}])])
def test_without_a_business_center_there_is_nothing_to_prove(centers: Any, caplog: pytest.LogCaptureFixture) -> None:
    """One line says so, also where the answer does not have its form."""
    check = Check(caplog, seeing(centers), custom_reports=[OF_CENTERS])
    assert check.run()[-1] == "centers: the access token sees no Business Center, so there is nothing to prove."


def test_business_centers_that_may_not_be_read_only_warn(caplog: pytest.LogCaptureFixture) -> None:
    """A sync leaves the report out, too, and reads the rest."""
    check = Check(caplog, seeing(refused(40001)), custom_reports=[OF_CENTERS])
    assert check.run()[-1] == f"centers: {refused(40001).message_for_optional_stream}"
    check = Check(caplog, seeing(page([{"bc_info": {"bc_id": "7"}}]), refused(40001)), custom_reports=[OF_CENTERS])
    assert check.run()[-1] == f"centers: {refused(40001).message_for_optional_stream}"


def test_another_failure_about_business_centers_fails_the_check(caplog: pytest.LogCaptureFixture) -> None:
    """It is not about what they lack."""
    check = Check(caplog, seeing(refused(40105)), custom_reports=[OF_CENTERS])
    with pytest.raises(TikTokError, match="40105"):
        check.run()


def test_a_sandbox_without_facts_is_proven_in_utc(caplog: pytest.LogCaptureFixture) -> None:
    """With the warning that explains what will lack."""
    check = Check(caplog, fine, credentials=SANDBOX, accounts=None)
    check.client.answer = lambda path, params: refused(40001) if path == "advertiser/info" else page([])
    warning, account = check.run()
    assert "UTC days" in warning
    assert account == f"Account {A}: no name, UTC, no currency, status unknown"


def test_an_account_is_described_in_one_line() -> None:
    """With its status as TikTok says it."""
    account = Account(A, name="Acme", currency="USD", facts={"status": "STATUS_ENABLE"})
    assert described(account) == f"Account {A}: Acme, UTC, USD, STATUS_ENABLE"
