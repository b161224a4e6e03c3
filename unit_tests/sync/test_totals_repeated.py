"""Rows that come twice leave once, so sums that hold them twice prove nothing."""

from types import SimpleNamespace

from source_tiktok_ads.sync.lines import decode
from source_tiktok_ads.sync.totals import Totals

ANSWER = decode(
    b'{"code":0,"data":{"page_info":{"page":1,"page_size":10,"total_number":2,"total_page":1},'
    b'"total_metrics":{"spend":"3.00"}}}'
)


def test_a_row_that_came_twice_is_no_difference() -> None:
    """More rows than TikTok counts: nothing is compared; as many as it counts: the sum is."""
    check = Totals(lambda page: ANSWER, lambda rows: [(b"", None)] * len(rows), ("spend",))
    one, two = (SimpleNamespace(metrics=SimpleNamespace(spend=spend)) for spend in (1.0, 2.0))
    check.fetch(1)
    check.pieces([one, two, two])
    assert check.differences() == []
    check.fetch(1)
    check.pieces([one, one])
    assert check.differences() == ["spend 2.0 (TikTok says 3.00)"]
