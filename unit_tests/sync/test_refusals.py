"""What TikTok refuses to give for a report, learned from its answers."""

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
