"""Answers that come a second time are known by their request_id."""

from dataclasses import replace

from source_tiktok_ads.api.envelope import decode_envelope
from source_tiktok_ads.api.request import Request
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
    """One id keeps coming with the answers to all requests."""
    repeats = StaleAnswers()
    told = [repeats.is_stale("same", request) for request in (1, 2, 2, 3, 4)]
    assert told == [False, True, False, False, False]


def test_a_request_may_meet_stale_answers_again_and_again() -> None:
    """Each connection that is late delivers another one: all of them are known, however many there are."""
    repeats = StaleAnswers()
    for number in range(20):
        assert not repeats.is_stale(f"id {number}", number)
        assert repeats.is_stale(f"id {number}", "the same request")
    assert not repeats.is_stale("its own", "the same request")


def test_only_the_latest_answers_are_known() -> None:
    """A sync has millions."""
    repeats = StaleAnswers()
    for number in range(KEPT + 1):
        repeats.is_stale(f"id {number}", number)
    assert not repeats.is_stale("id 0", "another")
    assert repeats.is_stale(f"id {KEPT}", "one more")


def test_requests_that_differ_in_a_header_are_two() -> None:
    """Some endpoints take a parameter as a header."""
    request = Request("some/path", decode_envelope, {"a": "1"})
    us, again, ca = (replace(request, headers={"Country-Code": code}).encode("", {}) for code in ("US", "US", "CA"))
    assert us.identity == again.identity != ca.identity
