"""The parameters of requests, made of parent rows and of days."""

from datetime import date

from source_tiktok_ads.streams.parameters import from_row, from_rows, in_filter, merged, span


def test_parameters_of_several_origins_become_one() -> None:
    """Objects of one name are joined, anything else is replaced by what comes later; nothing given is changed."""
    first = {"filtering": {"a": 1}, "page": 1}
    assert merged(first, {"filtering": {"b": 2}, "page": 2}, {"more": []}) == {
        "filtering": {"a": 1, "b": 2},
        "page": 2,
        "more": [],
    }
    assert first == {"filtering": {"a": 1}, "page": 1}


def test_parameters_of_requests_come_from_parent_rows() -> None:
    """Those of one row by name or under another, those of several as lists, in a filter where the endpoint wants it."""
    rows = [{"a": "1", "b": "2"}, {"a": "3", "b": "2"}]
    assert from_row("a", other="b")(rows) == {"a": "1", "other": "2"}
    assert from_rows(ids="a", others="b")(rows) == {"ids": ["1", "3"], "others": ["2"]}
    assert in_filter(from_rows(ids="a"))(rows) == {"filtering": {"ids": ["1", "3"]}}
    assert span(date(2026, 1, 2), date(2026, 1, 3)) == {"start_date": "2026-01-02", "end_date": "2026-01-03"}
