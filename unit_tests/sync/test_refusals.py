"""What TikTok refuses to give for a report, learned from its answers."""

import pytest

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.model import AD, DAY, Report
from source_tiktok_ads.sync.refusals import Asked, Refusals

from .canned import A, refused

REPORT = Report("spend", AD, DAY)


def test_two_slices_that_learn_the_same_say_it_once() -> None:
    """Both had asked before either knew; each asks again without the metric, one warning tells."""
    said: list[str] = []
    refusals = Refusals(REPORT, Asked(), said.append)
    before = refusals.asked(A)
    for _ in range(2):
        assert refusals.less(before, refused(40002, 'Invalid metric fields: ["ctr"]')).without == {"ctr"}
    assert refusals.asked(A).without == {"ctr"}
    assert said == ["spend: TikTok refuses the metrics ctr; they stay null in this sync."]


def test_a_report_without_any_metric_is_none() -> None:
    """TikTok would give metrics of its own choice; what it refuses bit by bit counts together."""
    report = Report("mine", AD, DAY, chosen=("spend", "clicks"))
    refusals = Refusals(report, Asked(), [].append)
    refusals.less(refusals.asked(A), refused(40002, "Invalid metric fields: [clicks]"))
    with pytest.raises(TikTokError, match=r"TikTok accepts none of the report's metrics .*code 40002.*Choose other"):
        refusals.less(Asked(), refused(40002, "Invalid metric fields: [spend]"))
    assert refusals.asked(A).without == {"clicks"}
