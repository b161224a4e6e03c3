"""What TikTok refuses to give for a report, learned from its answers for one account at a time."""

from collections.abc import Iterator

import pytest

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.model import AD, DAY, Report
from source_tiktok_ads.sync.refusals import CONFIRM_AFTER, FILTER, HIDDEN, Asked, GivenUp, Refusals, wrong_parameter

from .canned import A, B, refused

REPORT = Report("spend", AD, DAY)
AUDIENCE = Report("spend_by_age", AD, DAY, by=("age",), report_type="AUDIENCE")
NO_CTR = refused(40002, 'Invalid metric fields: ["ctr"]')
NO_FILTER = refused(40002, "ad_status is not supported in AUDIENCE reports")


class RefusalCount:
    """The refusals of one report, and an answer that is refused as often as there are errors."""

    def __init__(self, report: Report, *errors: TikTokError) -> None:
        self.paused: list[float] = []
        self.refusals = Refusals(report, Asked(), lambda seconds, why: self.paused.append(seconds))
        self.errors: Iterator[TikTokError] = iter(errors)

    def ask(self) -> str:
        """The answer, or the next error."""
        if error := next(self.errors, None):
            raise error
        return "fine"

    def answered(self, id: str = A) -> str:
        """The answer of one request of an account."""
        return self.refusals.answered(id, self.refusals.asked(id), self.ask)

    def less(self, error: TikTokError, id: str = A) -> Asked:
        """What is asked after a request was refused."""
        with pytest.raises(TikTokError):
            self.answered(id)
        return self.refusals.less(id, self.refusals.asked(id), error)


def test_one_refusal_is_not_accepted() -> None:
    """The same request is sent once more some time later, and answered."""
    trial = RefusalCount(REPORT, NO_CTR)
    assert trial.answered() == "fine"
    assert trial.paused == [CONFIRM_AFTER]
    assert trial.refusals.given_up(A) is None


def test_a_metric_that_is_refused_twice_is_given_up_for_that_account_alone() -> None:
    """Another one is asked for it, and has to be refused twice itself."""
    trial = RefusalCount(REPORT, NO_CTR, NO_CTR)
    assert trial.less(NO_CTR).without == {"ctr"}
    assert trial.refusals.asked(A).without == {"ctr"}
    assert trial.refusals.asked(B) == Asked()
    assert trial.refusals.lacking(trial.refusals.asked(A)) == {"ctr"}
    assert trial.refusals.lacking(trial.refusals.asked(B)) == set()


def test_refusals_that_name_different_metrics_are_not_accepted() -> None:
    """Only what both name is given up; where that is nothing, the second one is an error."""
    no_cpc = refused(40002, "Invalid metric fields: [cpc]")
    trial = RefusalCount(REPORT, NO_CTR, no_cpc)
    with pytest.raises(TikTokError):
        trial.less(no_cpc)
    both = refused(40002, "Invalid metric fields: [ctr, cpc]")
    assert RefusalCount(REPORT, both, NO_CTR).less(NO_CTR).without == {"ctr"}


def test_a_refusal_that_names_nothing_requested_is_an_error_without_a_retry() -> None:
    """A refusal for another reason gives nothing up, and is not sent again."""
    other = refused(40002, "Conflict occurs in the request")
    trial = RefusalCount(AUDIENCE, other)
    with pytest.raises(TikTokError):
        trial.less(other)
    assert trial.paused == []
    assert trial.refusals.asked(A).deleted


@pytest.mark.parametrize("name", ["spend", "impressions", "clicks"])
def test_what_every_report_has_is_never_given_up(name: str) -> None:
    """The part fails with TikTok's words, also where other metrics are refused beside it."""
    error = refused(40002, f"Invalid metric fields: [ctr, {name}]")
    with pytest.raises(TikTokError, match=f"TikTok refuses {name}, which every report has.*Invalid metric fields"):
        RefusalCount(REPORT, error, error).less(error)


def test_a_filter_that_is_refused_twice_is_given_up_for_that_account_alone() -> None:
    """Where the words speak of it."""
    trial = RefusalCount(AUDIENCE, NO_FILTER, NO_FILTER)
    assert not trial.less(NO_FILTER).deleted
    assert (trial.refusals.asked(A).deleted, trial.refusals.asked(B).deleted) == (False, True)
    assert trial.refusals.lacking(trial.refusals.asked(A)) == {FILTER}


def test_a_refusal_of_an_earlier_sync_is_accepted_when_it_is_repeated() -> None:
    """And not asked for any more."""
    trial = RefusalCount(AUDIENCE)
    trial.refusals.refused_before(A, {"ctr", FILTER}, NO_CTR)
    assert trial.refusals.asked(A) == Asked(frozenset({"ctr"}), deleted=False)


def test_totals_are_given_up_after_two_requests_were_answered_only_without() -> None:
    """For that account alone."""
    refusals = Refusals(REPORT, Asked(totals=True), lambda seconds, why: None)
    assert [refusals.gives_up_totals(A, Asked(totals=totals)) for totals in (True, False, False, False)] == [
        False,
        False,
        True,
        False,
    ]
    assert (refusals.asked(A).totals, refusals.asked(B).totals) == (False, True)


def test_a_report_without_any_metric_is_none() -> None:
    """TikTok would give metrics of its own choice; what it refuses bit by bit counts together."""
    report = Report("mine", AD, DAY, chosen=("ctr", "cpc"))
    no_cpc = refused(40002, "Invalid metric fields: [cpc]")
    trial = RefusalCount(report, NO_CTR, NO_CTR, no_cpc, no_cpc)
    trial.less(NO_CTR)
    with pytest.raises(TikTokError, match=r"TikTok accepts none of the report's metrics .*code 40002.*Choose other"):
        trial.less(no_cpc)
    assert trial.refusals.asked(A).without == {"ctr"}
    trial.refusals.refused_before(A, {"cpc"}, no_cpc)
    assert trial.refusals.asked(A).without == {"ctr"}


def test_what_is_given_up_is_said_with_tiktoks_words() -> None:
    """Metrics by name, the filter by what is missing without it."""
    verdict = 'code 40002 "Invalid metric fields: ["ctr"]", request_id req-1'
    metrics, rows = (
        "TikTok refuses the metrics ctr; they stay null in this sync",
        "TikTok takes no status filter; rows of deleted objects are missing in this sync",
    )
    assert GivenUp(frozenset({"ctr"}), NO_CTR).sentence == f"{metrics} ({verdict})."
    assert GivenUp(frozenset({FILTER}), NO_CTR).sentence == f"{rows} ({verdict})."
    assert GivenUp(frozenset({FILTER, "ctr"}), NO_CTR).sentence == f"{metrics}, and {rows} ({verdict})."
    hidden = "Promote, TopView campaigns are missing, TikTok does not tell of them here"
    assert GivenUp(HIDDEN, NO_CTR).sentence == f"{hidden} ({verdict})."
    costs = {name: GivenUp(frozenset({name, "ctr"}), NO_CTR).costs_rows for name in (FILTER, "TopView", "ctr")}
    assert costs == {FILTER: True, "TopView": True, "ctr": False}


@pytest.mark.parametrize(
    ("message", "refuses"),
    [("filtering: Invalid field.", True), ("Something went wrong, please try again.", False), ("System error", False)],
)
def test_a_fault_behind_the_code_for_wrong_parameters_refuses_nothing(message: str, refuses: bool) -> None:
    """Otherwise an optional stream would count as one that the account lacks, and a full refresh as complete."""
    assert wrong_parameter(refused(40002, message)) == refuses
