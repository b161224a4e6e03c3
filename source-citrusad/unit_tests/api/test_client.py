"""Requests: attempts, tokens, lists, and what counts."""

import pytest

from source_citrusad.api.client import Attempt, Client, Listed, decode_object
from source_citrusad.api.errors import BigQueryError, KeyRefused, Meaning
from source_citrusad.api.patience import LONGEST, Patience
from source_citrusad.api.transport import ConnectionLost, Reply
from source_citrusad.connection import result

from ..canned import Answer, Wire, ok, once, queries_over, refusal


def client_over(wire: Wire) -> Client:
    """A client over the canned wire."""
    return queries_over(wire).client


class Counting:
    """A meter that counts everything."""

    def __init__(self, allows: int = 0) -> None:
        self.taken: list[bool] = []
        self.allows = allows

    def take(self, starts_job: bool) -> bool:
        """Count."""
        self.taken.append(starts_job)
        return True

    def suspend(self) -> bool:
        """Allow so many more calls."""
        self.allows -= 1
        return self.allows >= 0


QUOTA = refusal(403, "quotaExceeded", "used up")


@pytest.mark.parametrize("refusals", [1, 2])
def test_a_quota_is_asked_about_once_more(refusals: int) -> None:
    """After a minute, and only where the meter allows it: it may have been a quota of a minute."""
    waits: list[float] = []
    wire = Wire(lambda asked: ok({"a": 1}), faults=[once(QUOTA, times=refusals)])
    client, counting = client_over(wire), Counting(allows=1)
    client.meter, client._patience = counting, Patience(1.0, waits.append)
    if refusals == 1:
        assert result(client.get("x", {}, decode_object)) == {"a": 1}
    else:
        with pytest.raises(BigQueryError, match="used up"):
            result(client.get("x", {}, decode_object))
    assert (len(wire.asked), waits) == (2, [60.0])


def test_a_check_does_not_wait_for_a_quota() -> None:
    """It says at once that it is used up."""
    wire = Wire(lambda asked: ok({}), faults=[once(QUOTA)])
    with pytest.raises(BigQueryError, match="used up"):
        result(client_over(wire).get("x", {}, decode_object))
    assert len(wire.asked) == 1


@pytest.mark.parametrize(
    "bad",
    [
        refusal(503, "backendError"),
        refusal(403, "rateLimitExceeded"),
        Reply(500, {}, b"<html>"),
        Reply(200, {}, b'{"cut'),
        Reply(200, {}, b"[]"),
        ConnectionLost("cut"),
    ],
)
def test_what_says_nothing_is_asked_again(bad: Answer) -> None:
    """Each attempt counts and is announced before it leaves."""
    wire = Wire(lambda asked: ok({"a": 1}), faults=[once(bad, times=2)])
    client, counting = client_over(wire), Counting()
    client.meter = counting
    asked = client.get("x", {"p": "1 2"}, decode_object)
    for sent in range(3):
        assert next(asked) == Attempt()
        assert len(wire.asked) == sent
    with pytest.raises(StopIteration) as end:
        next(asked)
    assert end.value.value == {"a": 1}
    assert (counting.taken, wire.asked[0].params) == ([False] * 3, {"p": "1 2"})


def test_it_ends_after_six_attempts() -> None:
    """And after two that nothing came of in time."""
    wire = Wire(lambda asked: refusal(503, "backendError", "later"))
    with pytest.raises(BigQueryError, match="later"):
        result(client_over(wire).get("x", {}, decode_object))
    assert len(wire.asked) == 6
    silent = Wire(lambda asked: ConnectionLost("nothing", silent=True))
    with pytest.raises(BigQueryError, match="nothing"):
        result(client_over(silent).get("x", {}, decode_object))
    assert len(silent.asked) == 2


def test_waits_grow_and_end() -> None:
    """What an answer asks for is waited for, but all waits of a request together have an end."""
    slept: list[float] = []
    attempts = Patience(0.5, slept.append).attempts()
    assert [attempts.again(asked) for asked in (0.0, 7.0, LONGEST)] == [True, True, False]
    assert slept == [0.5, 3.5]


def test_a_token_that_is_refused_is_bought_anew_once() -> None:
    """Then the key is to blame."""
    wire = Wire(lambda asked: ok({}), faults=[once(refusal(401, "authError"))])
    assert result(client_over(wire).get("x", {}, decode_object)) == {}
    assert wire.tokens == 2
    wire = Wire(lambda asked: refusal(401, "authError", "expired"))
    with pytest.raises(KeyRefused, match=r"refuses the tokens of .* \(expired\)"):
        result(client_over(wire).get("x", {}, decode_object))
    assert len(wire.asked) == 2


def test_what_is_refused_is_not_asked_again() -> None:
    """A refusal stays one."""
    wire = Wire(lambda asked: refusal(403, "accessDenied"))
    with pytest.raises(BigQueryError) as error:
        result(client_over(wire).get("x", {}, decode_object))
    assert (error.value.meaning, len(wire.asked)) == (Meaning.DENIED, 1)


def test_lists_are_read_to_their_end() -> None:
    """A token that comes again ends them; what is no object is no item."""
    pages = {
        None: ok({"a": [{"n": 1}, 2], "nextPageToken": "t"}),
        "t": ok({"nextPageToken": "t", "unreachable": ["EU", "EU"]}),
    }
    wire = Wire(lambda asked: pages[asked.params.get("pageToken")])
    assert result(client_over(wire).all_pages("x", "a")) == Listed([{"n": 1}], ("EU",))
    assert len(wire.asked) == 2
