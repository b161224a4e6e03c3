"""The client: what it sends, what it makes of answers, when it asks again and when never more."""

import json
import logging
import threading
import time
from datetime import datetime, timedelta, timezone
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from source_tiktok_ads.api.client import Client
from source_tiktok_ads.api.envelope import Envelope, decode_envelope, decode_file, decoder
from source_tiktok_ads.api.errors import Action, TikTokError, TimedOut, TooLarge, Unreachable
from source_tiktok_ads.api.oauth import Token
from source_tiktok_ads.api.rate_limit import RateLimiter
from source_tiktok_ads.api.request import Request, encode_query
from source_tiktok_ads.api.response import ApiResponse, retry_after
from source_tiktok_ads.api.retry import RetryBudget
from source_tiktok_ads.api.transport import HttpResponse, TransportError

from .canned import MACHINE, TOKEN, Bench, Script, envelope, in_thread, ok, refused

REPORT = "report/integrated/get"
QPS = "App 7 reaches the QPS limit 10, current QPS is 11"
RESTRICTED = "Due to too many requests, requests from App 7 are temporarily restricted"
DATE = "Sun, 22 Nov 2026 22:30:00 GMT"


def get(bench: Bench, **more: Any) -> Envelope:
    """A report of account 1."""
    return bench.client.get(REPORT, {"page": 1}, **{"advertiser_id": "1", "decode": decode_envelope, **more})


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"page": 1, "a": "x y", "none": None}, {"page": "1", "a": "x y"}),
        ({"query_lifetime": True, "b": False}, {"query_lifetime": "true", "b": "false"}),
        ({"advertiser_ids": ["1"], "t": ("a", "ü")}, {"advertiser_ids": '["1"]', "t": '["a","ü"]'}),
        ({"filtering": {"primary_status": "STATUS_ALL"}}, {"filtering": '{"primary_status":"STATUS_ALL"}'}),
    ],
)
def test_query(params: dict[str, Any], expected: dict[str, str]) -> None:
    """Text as it is, everything else as compact JSON."""
    assert dict(parse_qsl(encode_query(params))) == expected


def test_an_answer_to_another_request_is_not_taken() -> None:
    """Known by the id that it has in common with an earlier one; the connection is not used again."""
    first, second = (HttpResponse(200, {}, envelope(data={"n": n}, request_id=f"id {n}")) for n in (1, 2))
    bench = Bench(first, first, second)
    assert [
        bench.client.get("a/get", {}, decode=decode_envelope).data,
        bench.client.get("b/get", {}, decode=decode_envelope).data,
    ] == [{"n": 1}, {"n": 2}]
    assert bench.script.closed == 1
    assert len(bench.script.asked) == 3


def test_query_takes_what_no_address_can_hold() -> None:
    """A lone surrogate out of an earlier answer, alone or in a list."""
    assert encode_query({"cursor": "a\ud800", "ids": ["\udfff"]}) == "cursor=a%3F&ids=%5B%22%3F%22%5D"


def test_query_encodes_spaces_as_percent() -> None:
    """A plus is not a space everywhere."""
    assert encode_query({"a": "x y/z"}) == "a=x%20y%2Fz"


def test_what_is_sent() -> None:
    """Path with a trailing slash under the version, token in its own header."""
    bench = Bench(ok({"list": []}))
    assert get(bench).data == {"list": []}
    method, url, headers, body = bench.script.asked[0]
    assert (method, url, body) == ("GET", f"https://api.test/open_api/v1.3/{REPORT}/?page=1", None)
    assert headers == {"Access-Token": TOKEN}
    bench.client.get("user/info", {}, decode=decode_envelope)
    assert urlsplit(bench.script.asked[1][1]).path == "/open_api/v1.3/user/info/"


def test_post() -> None:
    """A JSON body, with the token or without."""
    bench = Bench(ok({"task_id": "1"}))
    created = bench.client.send(Request("report/task/create", decode_envelope, body={"a": [1]}), RetryBudget())
    assert created.envelope.data == {"task_id": "1"}
    bench.client.send(Request("oauth2/access_token", decode_envelope, body={}, authenticated=False), RetryBudget())
    (method, _, headers, body), (_, _, bare, _) = bench.script.asked
    assert (method, body, headers["Access-Token"]) == ("POST", b'{"a":[1]}', TOKEN)
    assert bare == {"Content-Type": "application/json"}


def test_a_token_that_no_header_can_carry() -> None:
    """It is refused like a wrong one, before it is sent, and its text stays out of the message."""
    bench = Bench(ok())
    bench.client.use_token("line\nbreak")
    with pytest.raises(TikTokError, match="nothing was sent") as caught:
        get(bench)
    assert caught.value.action is Action.FAIL
    assert "break" not in str(caught.value)
    assert bench.script.asked == []
    bench.client.use_token(f" {TOKEN}\n")
    assert get(bench).code == 0


def test_fetch_brings_the_headers() -> None:
    """The sole sign of a report over a part of the ads is a header."""
    bench = Bench(HttpResponse(200, {"x-tt-ads-throttle": "1"}, envelope(data={})), ok())
    answers = [bench.client.fetch(REPORT, {}, decode=decoder(Envelope)) for _ in range(2)]
    assert [answer.cut for answer in answers] == [True, False]
    assert isinstance(answers[0], ApiResponse)


class Rows(msgspec.Struct):
    """Typed data with a field that refusals lack."""

    list: list[int]


class RowsEnvelope(Envelope):
    """A typed envelope."""

    data: Rows | None = None


def test_typed_answers() -> None:
    """The caller's decoder decides the type."""
    assert get(Bench(ok({"list": [1, "2"]})), decode=decoder(RowsEnvelope)).data == Rows([1, 2])


def test_a_refusal_is_read_though_the_typed_decoder_chokes_on_it() -> None:
    """`data` is an empty object on errors."""
    with pytest.raises(TikTokError) as caught:
        get(Bench(refused(40001)), decode=decoder(RowsEnvelope))
    assert caught.value.code == 40001


TRANSIENT = [
    HttpResponse(200, {}, b"<html>busy</html>"),
    HttpResponse(200, {}, b""),
    HttpResponse(200, {}, envelope(data=None)),
    HttpResponse(200, {}, envelope()[:-5]),
    HttpResponse(204, {}, b""),
    HttpResponse(500, {}, b"oops"),
    HttpResponse(502, {}, b""),
    HttpResponse(403, {}, b"<html>"),
    HttpResponse(200, {}, envelope(20001, "partly", None)),
    refused(50000),
    refused(51234),
    refused(40202),
    refused(60001),
    refused(40016),
    refused(40133),
    refused(40100, QPS),
    refused(40100, RESTRICTED),
    refused(40100, "Internal service timed out. Please retry in sometime."),
    HttpResponse(429, {}, b""),
    HttpResponse(429, {}, envelope(40100, QPS, {})),
    TransportError("connect", "NewConnectionError"),
    TransportError("trust", "SSLError"),
    TransportError("cut", "ProtocolError"),
    TransportError("garbled", "broken gzip"),
]


@pytest.mark.parametrize("trouble", TRANSIENT)
def test_transient_trouble_is_asked_again(trouble: HttpResponse | TransportError) -> None:
    """The same request, after a wait that is told in the log."""
    bench = Bench(trouble, ok({"list": [1]}))
    assert get(bench).data == {"list": [1]}
    assert bench.script.asked[0] == bench.script.asked[1]
    assert sum(bench.time.slept) > 0
    assert any("account 1, report/integrated/get" in text and "asking again" in text for text in bench.texts)


@pytest.mark.parametrize("trouble", [t for t in TRANSIENT if t not in (TRANSIENT[12], TRANSIENT[16])])
def test_patience_ends(trouble: HttpResponse | TransportError) -> None:
    """Trouble that stays is an error that names the account, and never an endless loop."""
    bench = Bench(trouble)
    with pytest.raises(TikTokError, match="account 1") as caught:
        get(bench)
    assert caught.value.action in (Action.GIVE_UP, Action.FAIL)
    assert len(bench.script.asked) <= 60


def test_a_typed_shape_that_never_fits() -> None:
    """A success of another shape is asked for again, then given up."""
    with pytest.raises(Unreachable, match="unexpected shape"):
        get(Bench(ok({"list": "?"})), decode=decoder(RowsEnvelope))


def test_what_the_caller_does_not_accept() -> None:
    """A page without `page_info` is asked for again, on a new connection: it may answer another request."""
    bench = Bench(ok({"list": []}), ok({"list": [], "page_info": {"total_page": 1}}))

    def accept(envelope: Envelope) -> str | None:
        return None if "page_info" in envelope.data else "no page"

    assert get(bench, accept=accept).data["page_info"] == {"total_page": 1}
    assert bench.script.closed == 1


def test_bounds_of_the_caller() -> None:
    """Reports hand back the third fault of TikTok's side, so that less can be asked for."""
    bench = Bench(refused(50000))
    with pytest.raises(TikTokError) as caught:
        get(bench, server_attempts=3)
    assert caught.value.server_fault
    assert len(bench.script.asked) == 3
    with pytest.raises(TikTokError):
        get(bench, attempts=1)
    assert len(bench.script.asked) == 4


HANGS = TransportError("timeout", "no byte")


@pytest.mark.parametrize("trouble", [HttpResponse(504, {}, b"<html>"), HttpResponse(408, {}, b"")])
def test_a_timeout_that_is_answered_is_never_repeated(trouble: HttpResponse) -> None:
    """Repeating it lowers the app's limit; the caller asks for less."""
    bench = Bench(trouble)
    with pytest.raises(TimedOut) as caught:
        get(bench)
    assert caught.value.action is Action.SHRINK
    assert len(bench.script.asked) == 1


def test_a_request_that_hangs_is_sent_once_more_at_once() -> None:
    """On a new connection and with all patience; only then the caller asks for less."""
    bench = Bench(HANGS, ok({"list": [1]}), HANGS, HANGS, ok())
    assert get(bench).data == {"list": [1]}
    assert (bench.script.silences, bench.script.closed) == ([15, 60], 1)
    assert sum(bench.time.slept) < 1
    assert "nothing for 15 s; asking again on a new connection" in bench.texts[0]
    with pytest.raises(TimedOut) as caught:
        get(bench)
    assert caught.value.action is Action.SHRINK
    assert bench.script.silences[2:] == [10, 60]


def test_slow_answers_lift_the_time_in_which_a_request_may_be_silent() -> None:
    """Reports that take half a minute are not given up, and what then times out is not sent twice."""
    bench = Bench(ok(), HANGS, ok())
    bench.script.takes = 30.0
    get(bench)
    with pytest.raises(TimedOut):
        get(bench)
    assert bench.script.silences == [15, 60]


def test_what_writes_is_not_sent_twice_for_its_silence() -> None:
    """An authorization code is spent by the request that hangs."""
    bench = Bench(HANGS, ok())
    with pytest.raises(TimedOut):
        bench.client.send(
            Request("oauth2/access_token", decode_envelope, body={}, authenticated=False), RetryBudget(3, 3)
        )
    assert bench.script.silences == [60]


def test_a_host_that_never_answers_ends_the_sync_after_minutes() -> None:
    """One sentence, and no request of any other slice; a probe that is answered in between ends the suspicion."""
    bench = Bench(HANGS)
    bench.script.takes = 15.0
    began = bench.time.now
    with pytest.raises(Unreachable, match=r"account 1.*silent.* takes connections but|takes connections but") as caught:
        get(bench)
    assert caught.value.action is Action.GIVE_UP
    assert 240 <= bench.time.now - began < 300
    asked = len(bench.script.asked)
    with pytest.raises(Unreachable, match="account 2"):
        bench.client.get("ad/get", {}, decode=decode_envelope, advertiser_id="2")
    assert len(bench.script.asked) == asked
    bench = Bench(HANGS, HANGS, HANGS, ok())
    with pytest.raises(TimedOut):
        get(bench)
    assert get(bench).code == 0


def test_who_waits_for_a_check_is_not_kept_by_a_silent_host() -> None:
    """Two attempts, no probe."""
    bench = Bench(HANGS)
    with pytest.raises(TimedOut):
        get(bench, attempts=3)
    assert len(bench.script.asked) == 2


def test_maintenance_is_over_within_seconds_where_it_lasts_no_longer() -> None:
    """60001 once costs seconds, not a minute."""
    bench = Bench(refused(60001), ok())
    get(bench)
    assert 1 < sum(bench.time.slept) < 3


def test_one_request_asks_for_all_whether_maintenance_is_over() -> None:
    """Eight wait, one asks ever more seldom, and all go on when it is answered."""
    lock = threading.Lock()

    class Closed(Script):
        def send(self, *request: Any, **options: Any) -> HttpResponse:
            with lock:
                self.answers = [refused(60001) if time.monotonic() < ends else ok()]
                return super().send(*request, **options)

    script, ends = Closed(ok()), time.monotonic() + 1.0
    client = Client("https://api.test", TOKEN, RateLimiter(1000), script, log=lambda *_: None, wait_scale=0.05)
    threads = [in_thread(lambda: client.get("ad/get", {}, decode=decode_envelope)) for _ in range(8)]
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    assert len(script.asked) <= 8 + 6 + 8


def test_maintenance_that_never_ends_ends_everything() -> None:
    """After two hours, where nothing else is answered either; one endpoint's maintenance is its own matter."""
    bench = Bench(refused(60001))
    with pytest.raises(TikTokError, match="under maintenance") as caught:
        get(bench)
    assert caught.value.action is Action.GIVE_UP
    assert 7000 < sum(bench.time.slept) < 7700
    asked = len(bench.script.asked)
    with pytest.raises(TikTokError, match="account 2"):
        bench.client.get("ad/get", {}, decode=decode_envelope, advertiser_id="2")
    assert len(bench.script.asked) == asked
    bench = Bench(*[refused(51021)] * 10, refused(40001), ok())
    with pytest.raises(TikTokError, match="51021"):
        get(bench)
    assert get(bench).code == 0


def test_others_that_are_answered_leave_each_refusal_its_own_wait() -> None:
    """One endpoint in maintenance is asked ever more seldom although all others answer."""
    bench = Bench(ok())
    send = bench.script.send

    def one_closed(method: str, url: str, *more: Any, **options: Any) -> HttpResponse:
        bench.script.answers = [refused(60001) if "/ad/get" in url else ok()]
        return send(method, url, *more, **options)

    real = bench.time.sleep

    def sleep(seconds: float) -> None:
        real(seconds)
        if len(bench.time.slept) % 2:
            bench.client.get("user/info", {}, decode=decode_envelope)

    bench.script.send, bench.time.sleep = one_closed, sleep  # type: ignore[method-assign]
    with pytest.raises(TikTokError, match="60001"):
        bench.client.get("ad/get", {}, decode=decode_envelope)
    assert sum("/ad/get" in url for _, url, _, _ in bench.script.asked) < 40
    assert get(bench).code == 0


def test_timeouts_lower_the_pace() -> None:
    """TikTok leaves an app little after many of them within ten seconds."""
    bench = Bench(HttpResponse(504, {}, b""), limiter=RateLimiter(10))
    for _ in range(30):
        with pytest.raises(TimedOut):
            get(bench)
    assert sum(bench.time.slept[:9]) < 1
    assert sum(bench.time.slept) > 3


def test_a_timeout_is_repeated_where_nothing_can_shrink() -> None:
    """If the caller says so, with long pauses."""
    bench = Bench(HttpResponse(504, {}, b""), ok())
    assert get(bench, repeat_timeouts=True).code == 0
    assert bench.time.slept[0] == 60


def test_too_large() -> None:
    """40067 goes back at once."""
    bench = Bench(refused(40067))
    with pytest.raises(TooLarge):
        get(bench, repeat_timeouts=True)
    assert len(bench.script.asked) == 1


def test_a_redirect_is_an_error() -> None:
    """Whatever its body says."""
    with pytest.raises(Unreachable, match="redirect"):
        get(Bench(HttpResponse(302, {"location": "http://evil.test/"}, envelope(data={}))))


def test_the_code_outranks_the_status() -> None:
    """A verdict beside HTTP 400 or 500 is TikTok's."""
    with pytest.raises(TikTokError) as caught:
        get(Bench(HttpResponse(500, {}, envelope(40001, "no", {}))))
    assert caught.value.code == 40001


PARTLY = HttpResponse(200, {}, envelope(20001, "partly", {"list": [1]}))


def test_an_answer_in_part_is_asked_for_again_and_then_taken_with_a_warning() -> None:
    """20001 brings data, and the answer keeps its code, so that a reader sees that rows may be missing."""
    bench = Bench(PARTLY, PARTLY, PARTLY, ok({"list": [1, 2]}))
    answer = get(bench)
    assert (answer.code, answer.data) == (20001, {"list": [1]})
    assert len(bench.script.asked) == 3
    assert [level for level, _ in bench.log] == [logging.INFO, logging.INFO, logging.WARNING]
    assert "20001" in bench.texts[-1]


def test_an_answer_in_part_is_followed_by_the_whole_one() -> None:
    """Nothing is warned of then."""
    bench = Bench(PARTLY, ok({"list": [1, 2]}))
    answer = get(bench)
    assert (answer.code, answer.data) == (0, {"list": [1, 2]})
    assert [level for level, _ in bench.log] == [logging.INFO]


def test_a_part_of_the_account_list_is_an_error() -> None:
    """No stream could say that the rows of an account are missing that is in no list."""
    with pytest.raises(TikTokError, match=r"answered only in part .*20001.*name the accounts by id") as caught:
        Bench(PARTLY, PARTLY, PARTLY).client.accounts("7", "app-secret")
    assert caught.value.action is Action.GIVE_UP


def test_a_revoked_token_ends_everything_at_once() -> None:
    """Once another request with it is refused as well, not one more is sent; each later call says so."""
    bench = Bench(refused(40105, "Access token is incorrect"))
    for account in ("1", "2"):
        with pytest.raises(TikTokError) as caught:
            bench.client.get("ad/get", {}, decode=decode_envelope, advertiser_id=account)
        assert (caught.value.code, caught.value.advertiser_id) == (40105, account)
        assert caught.value.action is Action.FAIL
    assert [urlsplit(url).path.split("/")[3] for _, url, _, _ in bench.script.asked] == ["ad", "user"]


@pytest.mark.parametrize("code", [40102, 40105, 40110, 40113, 40115, 40131])
@pytest.mark.parametrize("elsewhere", [ok(), refused(40001)])
def test_a_token_that_one_account_does_not_take_is_that_accounts_matter(code: int, elsewhere: HttpResponse) -> None:
    """Where TikTok answers another request with it, all others go on; nothing is said of an authorization code."""
    bench = Bench(refused(code, "no"), elsewhere, ok({"list": [1]}))
    with pytest.raises(TikTokError, match="for this account or endpoint, though it answers others") as caught:
        bench.client.get("ad/get", {}, decode=decode_envelope, advertiser_id="1")
    assert (caught.value.code, caught.value.action) == (code, Action.SKIP_ADVERTISER)
    assert "authorization code" not in caught.value.sentence
    assert get(bench).data == {"list": [1]}


def test_a_region_that_is_blocked_is_not_asked_from_again() -> None:
    """Not even once more, wherever it is said."""
    for code in (-1, 41000):
        bench = Bench(refused(code, "Client IP address is in banned Country list"), ok())
        for _ in range(2):
            with pytest.raises(TikTokError, match=f"blocks the region .*code {code}") as caught:
                bench.client.accounts("7", "some-secret")
            assert caught.value.action is Action.FAIL
        assert len(bench.script.asked) == 1


def test_a_token_that_cannot_be_tried_elsewhere_ends_everything() -> None:
    """The network broke just then."""
    bench = Bench(refused(40105), TransportError("cut", "ProtocolError"))
    with pytest.raises(TikTokError) as caught:
        bench.client.get("ad/get", {}, decode=decode_envelope, advertiser_id="1")
    assert caught.value.action is Action.FAIL


def test_a_refused_secret_ends_nothing_else() -> None:
    """It says nothing about the token."""
    bench = Bench(refused(40101), ok())
    with pytest.raises(TikTokError):
        bench.client.accounts("7", "some-secret")
    assert get(bench).code == 0


def test_a_proxy_that_wants_a_login_ends_everything_at_once() -> None:
    """No try can be luckier; the sentence says where user and password belong."""
    bench = Bench(TransportError("proxy", "HTTP 407"), ok())
    for _ in range(2):
        with pytest.raises(TikTokError, match=r"The proxy wants a login .*password of the proxy into HTTPS_PROXY"):
            get(bench)
    assert len(bench.script.asked) == 1


@pytest.mark.parametrize("kind", ["connect", "cut"])
def test_an_outage_is_waited_for_once(kind: Literal["connect", "cut"]) -> None:
    """Once a request has spent its patience, and TikTok is out of reach elsewhere too, later calls don't wait."""
    bench = Bench(TransportError(kind, "ConnectionError"))
    with pytest.raises(Unreachable, match="account 1") as caught:
        get(bench)
    asked, slept = len(bench.script.asked), sum(bench.time.slept)
    assert caught.value.action is Action.GIVE_UP
    assert urlsplit(bench.script.asked[-1][1]).path == "/open_api/v1.3/user/info/"
    assert (asked, slept > 600) == (11, True)
    with pytest.raises(Unreachable, match=r"account 2, ad/get.* See whether this machine and its proxy"):
        bench.client.get("ad/get", {}, decode=decode_envelope, advertiser_id="2")
    assert (len(bench.script.asked), sum(bench.time.slept)) == (asked, slept)


@pytest.mark.parametrize("answer", [ok(), refused(40001), HttpResponse(502, {}, b"")])
def test_one_endpoint_out_of_reach_is_no_outage(answer: HttpResponse) -> None:
    """Any answer elsewhere, be it a refusal, shows that TikTok can be reached: other calls are made."""
    bench = Bench(*[TransportError("cut", "ProtocolError")] * 10, answer, ok())
    with pytest.raises(Unreachable):
        get(bench)
    assert get(bench).code == 0


def test_an_answer_to_somebody_else_is_no_outage() -> None:
    """While another thread is answered nothing has to be asked: only this request is out of reach."""
    bench = Bench(*[TransportError("connect", "refused")] * 4, ok(), *[TransportError("connect", "refused")] * 6, ok())
    sleep = bench.time.sleep

    def asleep(seconds: float) -> None:
        sleep(seconds)
        if len(bench.script.asked) == 4:
            bench.client.get("ad/get", {}, decode=decode_envelope)

    bench.time.sleep = asleep
    with pytest.raises(Unreachable):
        get(bench)
    assert len(bench.script.asked) == 11
    assert get(bench).code == 0


def test_one_account_ends_nothing_else() -> None:
    """40001 is about one account."""
    bench = Bench(refused(40001), ok())
    with pytest.raises(TikTokError):
        get(bench)
    assert get(bench).code == 0


def test_the_end_wakes_who_waits() -> None:
    """A thread in a long wait learns at once that the token is gone."""
    script, errors = Script(refused(60001), refused(40105)), []
    waiting = threading.Event()
    client = Client("https://api.test", TOKEN, RateLimiter(50), script, log=lambda _level, _text: waiting.set())

    def read() -> None:
        try:
            client.get("ad/get", {}, decode=decode_envelope)
        except TikTokError as error:
            errors.append(error.code)

    thread = in_thread(read)
    assert waiting.wait(10)
    read()
    thread.join(10)
    assert errors == [40105, 40105]
    assert len(script.asked) == 3


def test_a_lockout_pauses_and_logs_once_a_minute() -> None:
    """Five minutes without a request, and a line a minute that says why and until when."""
    bench = Bench(ok(date=DATE), refused(40100, RESTRICTED), ok())
    get(bench)
    get(bench)
    assert sum(bench.time.slept) >= 300
    waiting = [text for text in bench.texts if text.startswith("Waiting until 22:35:0")]
    assert len(waiting) == 5
    assert all("locked this app out" in text for text in waiting)


def test_a_lockout_that_never_ends_ends_the_sync() -> None:
    """After six pauses, 105 minutes: the state says where to go on; later calls don't wait again."""
    bench = Bench(refused(40100, RESTRICTED))
    with pytest.raises(TikTokError, match="locked this app out") as caught:
        get(bench)
    assert caught.value.action is Action.GIVE_UP
    assert 6300 <= sum(bench.time.slept) <= 6400
    asked = len(bench.script.asked)
    with pytest.raises(TikTokError):
        get(bench)
    assert len(bench.script.asked) == asked == 7


def test_a_quota_of_the_day_waits_for_midnight_when_it_is_near() -> None:
    """At 22:30 that is 90 minutes."""
    bench = Bench(ok(date=DATE), refused(40100, "App reaches the QPD limit"), ok())
    get(bench)
    get(bench)
    assert sum(bench.time.slept) == pytest.approx(5400, abs=2)


def test_a_quota_of_the_day_ends_the_sync_when_midnight_is_far() -> None:
    """Nobody waits half a day."""
    bench = Bench(ok(date="Sun, 22 Nov 2026 09:00:00 GMT"), refused(40100, "App reaches the QPD limit"))
    get(bench)
    with pytest.raises(TikTokError, match="00:00 UTC"):
        get(bench)
    assert sum(bench.time.slept) < 1


def test_a_lockout_cancels_starts_that_were_given_out() -> None:
    """A request that waits for its start when the lockout comes does not go."""
    limiter = RateLimiter(1)
    bench = Bench(ok(), limiter=limiter)
    first = limiter.reserve(bench.time.now, "9", "x")
    real, locked = bench.time.sleep, []

    def sleep(seconds: float) -> None:
        if not locked:
            locked.append(limiter.on_lockout(bench.time.now, first))
        real(seconds)

    bench.time.sleep = sleep
    get(bench)
    assert bench.time.now >= 1300


@pytest.mark.parametrize(
    "trouble",
    [
        HttpResponse(429, {"retry-after": "8"}, b""),
        HttpResponse(503, {"retry-after": " 8 "}, b"<html>"),
        HttpResponse(200, {"retry-after": "8"}, envelope(40100, QPS, {})),
        HttpResponse(200, {"retry-after": "8"}, envelope(40133, "slow down", {})),
        HttpResponse(429, {"retry-after": "Sun, 22 Nov 2026 22:30:08 GMT", "date": DATE}, b""),
        HttpResponse(429, {"retry-after": "Tue, 01 Jan 2030 00:00:08 GMT"}, b""),
    ],
)
def test_what_a_response_asks_to_wait_is_waited(trouble: HttpResponse) -> None:
    """In seconds or as a date, by the response's clock or TikTok's; others on the same endpoint wait as well."""
    bench = Bench(trouble, ok(), ok())
    began = bench.time.now
    get(bench)
    assert 8 <= bench.time.now - began < 12


def test_another_account_waits_on_the_endpoint_that_asks_for_it() -> None:
    """Where one request gives up at once, the next one still keeps the time; another endpoint is free."""
    bench = Bench(HttpResponse(504, {"retry-after": "8"}, b""), ok())
    began = bench.time.now
    with pytest.raises(TimedOut):
        get(bench)
    bench.client.get("ad/get", {}, decode=decode_envelope, advertiser_id="2")
    assert bench.time.now - began < 1
    get(bench)
    assert bench.time.now - began >= 8


@pytest.mark.parametrize(("seconds", "budget"), [("7201", RetryBudget()), ("61", RetryBudget(3))])
def test_too_long_a_wait_ends_the_request(seconds: str, budget: RetryBudget) -> None:
    """Nobody waits half a day for one answer, and a user who waits for a check no more than a minute."""
    bench = Bench(HttpResponse(503, {"retry-after": seconds}, b""))
    with pytest.raises(TikTokError):
        bench.client.send(Request("ad/get", decode_envelope), budget)
    assert sum(bench.time.slept) == 0


@pytest.mark.parametrize("value", ["", "soon", "-5", "1.5", "Sun, 22 Nov 2026 22:29:00 GMT", "²"])
def test_an_unreadable_wait_is_none(value: str) -> None:
    """A date in the past, or what is no number of seconds."""
    moment = datetime(2026, 11, 22, 22, 30, tzinfo=timezone.utc)
    assert retry_after({"retry-after": value}, moment) == 0


def test_a_lockout_is_learned_from_its_words() -> None:
    """The number of requests a minute that they state holds for the rest of the sync."""
    bench = Bench(refused(40100, "App 7 reaches the QPM limit 60, current QPM is 61"), *[ok()] * 200)
    get(bench)
    began = bench.time.now
    for _ in range(120):
        get(bench)
    assert bench.time.now - began >= 60


def test_a_reservation_that_is_cancelled_at_the_last_moment_is_made_anew() -> None:
    """A lockout came while the connection was being opened."""
    limiter = RateLimiter(10)
    bench = Bench(ok(), limiter=limiter)
    locked = limiter.reserve(bench.time.now, "9", "x")
    send = bench.script.send

    def opening(*request: Any, **options: Any) -> HttpResponse:
        if bench.time.now < 1300:
            limiter.on_lockout(bench.time.now, locked)
        return send(*request, **options)

    bench.script.send = opening  # type: ignore[method-assign]
    get(bench)
    assert bench.time.now >= 1300
    assert len(bench.script.asked) == 1


def test_a_request_that_leaves_too_early_is_held_back() -> None:
    """Others have left later than planned, so that the second is full when its connection is open."""
    limiter = RateLimiter(1)
    bench = Bench(ok(), limiter=limiter)
    early = limiter.reserve(bench.time.now - 1.02, None, "x")
    limiter.clear_at(bench.time.now, early)
    limiter.on_departure(bench.time.now + 5, early)
    began = bench.time.now
    get(bench)
    assert bench.time.now - began >= 6


def test_a_brake_leaves_other_accounts_alone() -> None:
    """40133 holds only its own account."""
    bench = Bench(refused(40133), ok())
    get(bench)
    assert 1.9 < sum(bench.time.slept) < 2.5


def test_an_endpoint_has_a_brake_too() -> None:
    """40016 the same way."""
    bench = Bench(refused(40016), ok())
    get(bench)
    assert 1.9 < sum(bench.time.slept) < 2.5


def test_waits_are_scaled() -> None:
    """Tests shorten them all; the number of tries stays."""
    bench = Bench(refused(50000), wait_scale=0.001)
    with pytest.raises(TikTokError):
        get(bench)
    assert sum(bench.time.slept) < 1.5
    assert len(bench.script.asked) == 10


def test_a_pause_before_one_request_is_scaled_too() -> None:
    """It ends at once where everything has ended."""
    bench = Bench(refused(40105), wait_scale=0.5)
    bench.client.pause(20, "once more")
    assert sum(bench.time.slept) == 10
    with pytest.raises(TikTokError):
        get(bench)
    slept = sum(bench.time.slept)
    bench.client.pause(20, "once more")
    assert sum(bench.time.slept) == slept


def test_the_clock_is_tiktoks() -> None:
    """The machine's before any answer; an answer that is none of TikTok's does not count."""
    bench = Bench(HttpResponse(502, {"date": "Mon, 01 Jan 2001 00:00:00 GMT"}, b"gateway"), ok(date=DATE))
    assert bench.client.now() == MACHINE
    get(bench)
    moment = datetime(2026, 11, 22, 22, 30, tzinfo=timezone.utc)
    assert bench.client.now() == moment
    bench.time.sleep(30)
    assert bench.client.now() - moment == timedelta(seconds=30)


def test_one_more_answer_settles_what_time_it_is() -> None:
    """Once, where the only one disagrees with the machine; what it answers itself does not matter."""
    for answer, year in ((ok(date=DATE), 2026), (HttpResponse(500, {}, b""), 2026), (ok(), 2026)):
        bench = Bench(ok(date=DATE), answer)
        bench.client.confirm_clock()
        assert bench.script.asked == []
        get(bench)
        for _ in range(2):
            bench.client.confirm_clock()
        assert ["user/info" in url for _, url, _, _ in bench.script.asked] == [False, True]
        assert bench.client.now().year == year


def test_a_refusal_has_a_date_too() -> None:
    """Also where the typed decoder chokes."""
    bench = Bench(HttpResponse(200, {"date": DATE}, envelope(40001, "no", {})))
    with pytest.raises(TikTokError):
        get(bench, decode=decoder(RowsEnvelope))
    assert bench.client.now().year == 2026


GRANT = {"access_token": "new-token", "advertiser_ids": ["1", 2], "scope": [1, 2]}


def test_exchange() -> None:
    """A code becomes a token, without the old token being sent; its repr hides it."""
    bench = Bench(ok(GRANT))
    token = bench.client.exchange("7", "app-secret", "auth-code")
    assert token == Token("new-token", ("1", "2"), (1, 2))
    assert "new-token" not in repr(token)
    _, url, headers, body = bench.script.asked[0]
    assert url.endswith("/open_api/v1.3/oauth2/access_token/")
    assert "Access-Token" not in headers
    assert json.loads(body or b"") == {"app_id": "7", "secret": "app-secret", "auth_code": "auth-code"}
    assert bench.client.redact("new-token app-secret auth-code") == "**** **** ****"


def test_exchange_without_the_accounts_where_they_take_too_long() -> None:
    """Thousands of accounts time out; the token alone does not."""
    bench = Bench(TransportError("timeout", ""), ok({"access_token": "new-token"}))
    assert bench.client.exchange("7", "app-secret", "auth-code") == Token("new-token", (), ())
    assert json.loads(bench.script.asked[1][3] or b"")["return_advertiser_ids"] is False


def test_exchange_of_a_used_code() -> None:
    """Its own sentence, and no second try."""
    bench = Bench(refused(40110))
    with pytest.raises(TikTokError, match="used already or has expired"):
        bench.client.exchange("7", "app-secret", "auth-code")
    assert len(bench.script.asked) == 1


def test_accounts() -> None:
    """Ids as text, names as they are."""
    rows = [{"advertiser_id": 7000000000000000001, "advertiser_name": "A \ud83d"}, {"advertiser_id": "2"}]
    bench = Bench(ok({"list": rows}))
    assert bench.client.accounts("7", "app-secret") == [("7000000000000000001", "A \ud83d"), ("2", "")]
    assert "secret=app-secret" in bench.script.asked[0][1]


@pytest.mark.parametrize("data", [{}, {"list": None}, {"list": []}])
def test_a_token_without_accounts(data: dict[str, Any]) -> None:
    """However TikTok writes that there are none."""
    assert Bench(ok(data)).client.accounts("7", "app-secret") == []


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"advertiser_id": None},
        {"advertiser_id": " "},
        {"advertiser_id": True},
        {"advertiser_id": [1]},
        "text",
        None,
    ],
)
def test_an_odd_row_of_the_account_list_costs_only_itself(odd: Any) -> None:
    """It is named in a warning, without secrets; the others are read."""
    bench = Bench(ok({"list": [{"advertiser_id": "1", "advertiser_name": None}, odd, {"advertiser_id": "2"}]}))
    assert bench.client.accounts("7", "app-secret") == [("1", ""), ("2", "")]
    ((level, text),) = bench.log
    assert level == logging.WARNING
    assert f"an account without an id, which can't be read: {json.dumps(odd, separators=(',', ':'))}." in text


def test_an_account_that_is_listed_several_times_comes_once_for_each_name() -> None:
    """Whoever wants one row an account sees that there are two; a row without a name is no other."""
    rows = [{"advertiser_id": 1}, {"advertiser_id": "2", "advertiser_name": "b"}, {"advertiser_id": "1"}]
    rows += [{"advertiser_id": "1", "advertiser_name": "a"}, {"advertiser_id": "1", "advertiser_name": "c"}]
    assert Bench(ok({"list": rows})).client.accounts("7", "app-secret") == [("1", "a"), ("1", "c"), ("2", "b")]


@pytest.mark.parametrize("data", [{"list": "x"}, {"list": {"advertiser_id": 1}}, []])
def test_what_is_no_list_of_accounts_is_asked_for_again(data: Any) -> None:
    """Then given up."""
    bench = Bench(ok(data), ok({"list": [{"advertiser_id": "1"}]}))
    assert bench.client.accounts("7", "app-secret") == [("1", "")]
    with pytest.raises(Unreachable, match="no list of accounts"):
        Bench(ok(data)).client.accounts("7", "app-secret", attempts=3)


@pytest.mark.parametrize(("kind", "tries"), [("connect", 3), ("timeout", 2)])
def test_accounts_for_somebody_who_waits(kind: Literal["connect", "timeout"], tries: int) -> None:
    """The list of accounts is given up as soon as its caller wants."""
    bench = Bench(*[TransportError(kind, "gone")] * 10)
    with pytest.raises(TikTokError):
        bench.client.accounts("7", "app-secret", attempts=3, repeat_timeouts=False)
    assert len(bench.script.asked) == tries


SPELLINGS = [TOKEN, quote(TOKEN, safe=""), "access_token=abcdef"]


@pytest.mark.parametrize("secret", SPELLINGS)
@pytest.mark.parametrize("code", [40105, 40002, 50000, 20001])
def test_no_secret_in_what_is_said(code: int, secret: str) -> None:
    """An answer that repeats a secret does not get it into log, message or repr."""
    bench = Bench(HttpResponse(200, {}, envelope(code, f"bad {secret}", {}, f"id {secret}")))
    said = ""
    try:
        get(bench)
    except TikTokError as error:
        said = f"{error} {error!r} {error.sentence} {vars(error)}"
    assert secret.removeprefix("access_token=") not in said + repr(bench.log) + repr(bench.client)
    assert said or bench.log


def test_fifty_threads_share_budget_and_end() -> None:
    """Every call is answered once; nobody sends after the end."""
    bench = Bench(*[ok()] * 100, refused(40105))
    codes: list[int] = []
    lock = threading.Lock()

    def read() -> None:
        for _ in range(4):
            try:
                code = get(bench).code
            except TikTokError as error:
                code = error.code
            with lock:
                codes.append(code)

    threads = [in_thread(read) for _ in range(50)]
    for thread in threads:
        thread.join(30)
    assert codes.count(0) == 100
    assert codes.count(40105) == 100
    assert len(bench.script.asked) <= 151


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
HOSTILE = st.builds(
    lambda status, body: HttpResponse(status, {}, body),
    st.sampled_from([200, 200, 200, 204, 301, 400, 403, 429, 500, 504]),
    st.binary(max_size=40)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.builds(
        lambda code, message, data: json.dumps({"code": code, "message": message, "data": data}).encode(),
        st.sampled_from([0, 20001, 40001, 40002, 40100, 40105, 50000, 60001]) | JSON,
        st.sampled_from(["OK", QPS, RESTRICTED, "Invalid metric fields: ['x']", TOKEN]) | JSON,
        JSON,
    ),
)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(HOSTILE, min_size=1, max_size=4))
def test_hostile_answers_are_classified(replies: list[HttpResponse]) -> None:
    """Whatever comes is an answer or a `TikTokError`; no traceback, no hang, no secret."""
    bench = Bench(*replies)
    try:
        said = repr(get(bench, decode=decoder(RowsEnvelope)).code)
    except TikTokError as error:
        said = str(error)
    assert TOKEN not in said + repr(bench.log)
    assert sum(bench.time.slept) < 10_000


@pytest.mark.parametrize("body", [b'{"code":502,"message":"Bad Gateway"}', b'{"code":502,"data":{"list":7}}'])
def test_json_of_a_gateway_is_no_verdict(body: bytes) -> None:
    """What stands between us and TikTok may speak JSON too; its failure passes like any other of a gateway."""
    bench = Bench(HttpResponse(502, {}, body), ok())
    assert get(bench).code == 0
    assert len(bench.script.asked) == 2


def test_a_body_makes_a_post_with_the_headers_of_the_request() -> None:
    """Beside the token, which nothing replaces."""
    bench = Bench(ok({"task_id": "1"}))
    headers = {"x-lead-region": "eu", "Access-Token": "another"}
    bench.client.fetch("a/task", {}, decode=decode_envelope, advertiser_id="7", body={"page_id": "1"}, headers=headers)
    ((method, url, sent, body),) = bench.script.asked
    assert (method, url, body) == ("POST", "https://api.test/open_api/v1.3/a/task/", b'{"page_id":"1"}')
    assert sent == {"Content-Type": "application/json", "x-lead-region": "eu", "Access-Token": TOKEN}


def test_a_file_is_the_answer_itself() -> None:
    """A refusal in its place is one, and neither an empty answer nor a page of a gateway is a file."""
    none = (HttpResponse(200, {}, b""), HttpResponse(200, {}, b"<html>"), HttpResponse(502, {}, b"bad"))
    bench = Bench(*none, HttpResponse(200, {}, b"a,b\r\n"))
    found = bench.client.fetch("a/download", {"task_id": "1"}, decode=decode_file)
    assert found.envelope.data == b"a,b\r\n"
    assert len(bench.script.asked) == 4
    with pytest.raises(TikTokError) as caught:
        Bench(refused(40125)).client.fetch("a/download", {}, decode=decode_file)
    assert caught.value.code == 40125
