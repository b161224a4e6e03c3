"""Answers that come a second time are known by their request_id."""

from source_tiktok_ads.api.stale_answers import KEPT, StaleAnswers


def test_an_answer_that_came_for_another_request() -> None:
    """The same request may be answered the same way again, and an answer without an id tells nothing."""
    repeats = StaleAnswers()
    told = [("a", 1), ("b", 2), ("a", 1), ("a", 2), ("c", 2), ("b", 3), ("", 4), ("", 5)]
    assert [repeats.is_stale(id, request) for id, request in told] == [
        *(False, False, False),
        *(True, False, True),
        *(False, False),
    ]


def test_ids_that_are_not_unique_tell_nothing() -> None:
    """The request was sent again, and another one's id came again."""
    repeats = StaleAnswers()
    assert [repeats.is_stale("same", request) for request in (1, 2, 2, 3, 4)] == [False, True, False, False, False]


def test_a_request_that_was_answered_since_is_doubted_anew() -> None:
    """Twice late in a sync is no habit."""
    repeats = StaleAnswers()
    told = [("a", 1), ("a", 2), ("b", 2), ("a", 2), ("c", 2), ("a", 3)]
    assert [repeats.is_stale(id, request) for id, request in told] == [False, True, False, True, False, True]


def test_only_the_latest_answers_are_known() -> None:
    """A sync has millions."""
    repeats = StaleAnswers()
    for number in range(KEPT + 1):
        repeats.is_stale(f"id {number}", number)
    assert not repeats.is_stale("id 0", "another")
    assert repeats.is_stale(f"id {KEPT}", "one more")
