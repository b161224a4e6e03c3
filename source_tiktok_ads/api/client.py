"""`get(path, params)` → answer: one request after another under the budget, retried, judged and remembered."""

import json
import logging
import math
import random
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, Generic, overload
from urllib.parse import quote, urlencode

import msgspec

from source_tiktok_ads.shell import Redactor

from .clock import Clock
from .envelope import DECODE_ERRORS, AnyEnvelope, Decode, E, Envelope, decode_envelope, decoder
from .errors import (
    REGION,
    THROTTLES,
    Action,
    TikTokError,
    TimedOut,
    daily_quota,
    error_from_code,
    error_without_code,
    for_one_account,
    named_limit,
    readable,
)
from .rate_limit import RateLimiter, Reservation
from .retry import TRIES, RetryBudget
from .stale_answers import StaleAnswers
from .transport import HttpResponse, Transport, TransportError

Log = Callable[[int, str], object]
Param = str | int | list[Any] | tuple[Any, ...] | dict[str, Any] | None

_VERSION = "open_api/v1.3"
# Lockouts in a row before the sync ends: 5 + 10 + 15 + 20 + 25 + 30 minutes.
_LOCKOUTS = 6
# A quota that is free again only later than this ends the sync, whose state says where to go on.
_LONGEST_PAUSE = 7200.0
_LOG_EVERY = 60.0
# What the network does, of which TikTok knows nothing; and the cheapest question to ask whether it does so everywhere.
_NETWORK = ("connect", "cut")
_PROBE = "user/info"
# Somebody waits for an exchange, and a platform gives a command nine minutes.
_EXCHANGE_TRIES = 3


@dataclass(frozen=True)
class ApiResponse(Generic[E]):
    """A decoded body and the headers it came with (names in lower case)."""

    envelope: E
    headers: Mapping[str, str]

    @property
    def cut(self) -> bool:
        """Whether the report covers only a part of the account's ads."""
        # TikTok: with more than 20,000 ads only the newest are looked at; this header is the sole sign.
        return "x-tt-ads-throttle" in self.headers


@dataclass(frozen=True)
class Token:
    """What an authorization code was exchanged for; its repr hides the token."""

    access_token: str = field(repr=False)
    advertiser_ids: tuple[str, ...]
    scope: tuple[int, ...]


def query(params: Mapping[str, Param]) -> str:
    """Parameters as a query string; `None` is left out."""
    # TikTok: lists, objects and booleans stand in the query as JSON text, single ids of a list too.
    texts = {
        name: value if isinstance(value, str) else _json(value) for name, value in params.items() if value is not None
    }
    # What an earlier answer gave may hold lone surrogates, which no address can; TikTok refuses what is asked then.
    return urlencode(texts, quote_via=quote, errors="replace")


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True)
class _Ask(Generic[E]):
    """One request and how patient to be with it; its repr hides what may be secret."""

    method: str
    path: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    decode: Decode[E]
    advertiser_id: str | None = None
    accept: Callable[[E], str | None] | None = None

    @property
    def sent(self) -> Hashable:
        """What tells it from other requests."""
        return self.method, self.url, self.body


class _Grant(msgspec.Struct):
    access_token: str
    advertiser_ids: list[str | int] | None = None
    scope: list[int] | None = None


class _Granted(Envelope):
    data: _Grant | None = None


_decode_grant = decoder(_Granted)


class Client:
    """One app's conversation with TikTok; safe for any number of threads.

    A verdict that ends everything (a revoked token, a blocked app), or TikTok out of reach for as long as one request
    is patient, is remembered: every later call, and every wait of another thread, raises it at once without a request.
    """

    def __init__(
        self,
        origin: str,
        token: str,
        limiter: RateLimiter,
        transport: Transport,
        *,
        log: Log,
        sleep: Callable[[float], object] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        machine_clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        chance: Callable[[], float] = random.random,
        wait_scale: float = 1.0,
        stand_in: bool = False,
    ) -> None:
        """`origin` is scheme and host; `log` takes a level of `logging` and a text; waits are times `wait_scale`.

        `stand_in` tells that the origin is not TikTok's, so that its clock may be any.
        """
        self.redact = Redactor()
        self._base = f"{origin.rstrip('/')}/{_VERSION}/"
        self._token = ""
        self._limiter = limiter
        self._transport = transport
        self._repeats = StaleAnswers()
        self._log = log
        self._over = threading.Event()
        # Waiting on the event, so that the end of everything wakes whoever waits.
        self._sleep = sleep or self._over.wait
        self._monotonic = monotonic
        self._clock = Clock(monotonic, machine_clock, not stand_in)
        self._settling = threading.Lock()
        self._settled = False
        self._chance = chance
        self._scale = wait_scale
        self._lock = threading.Lock()
        self._probing = threading.Lock()
        self._end: TikTokError | None = None
        self._logged_wait = -_LOG_EVERY
        self._answered = -math.inf
        self.use(token)

    def use(self, token: str) -> None:
        """Send this token from now on."""
        self._token = token.strip()
        self.redact.learn(self._token)

    def pause(self, seconds: float, why: str) -> None:
        """Wait on behalf of one request, without holding up others; over at once where everything has ended."""
        self._wait(seconds * self._scale, why)

    def now(self) -> datetime:
        """The moment by TikTok's clock (its last answer plus the time since), the machine's before any answer."""
        return self._clock.now()

    def confirm_clock(self) -> None:
        """Ask for one more answer where the only one so far tells another time than the machine.

        Where none comes, the time stays what that one told.
        """
        with self._settling:
            if self._clock.doubtful and not self._settled:
                self._settled = True
                try:
                    self.get(_PROBE, {}, attempts=1, server_attempts=1)
                except TikTokError as error:
                    self._say(logging.INFO, f"What time it is at TikTok could not be asked once more: {error.event}.")

    @overload
    def get(
        self,
        path: str,
        params: Mapping[str, Param],
        *,
        advertiser_id: str | None = None,
        accept: Callable[[Envelope], str | None] | None = None,
        attempts: int = TRIES,
        server_attempts: int = TRIES,
        repeat_timeouts: bool = False,
    ) -> Envelope: ...

    @overload
    def get(
        self,
        path: str,
        params: Mapping[str, Param],
        *,
        advertiser_id: str | None = None,
        decode: Decode[E],
        accept: Callable[[E], str | None] | None = None,
        attempts: int = TRIES,
        server_attempts: int = TRIES,
        repeat_timeouts: bool = False,
    ) -> E: ...

    def get(
        self,
        path: str,
        params: Mapping[str, Param],
        *,
        advertiser_id: str | None = None,
        decode: Decode[Any] = decode_envelope,
        accept: Callable[[Any], str | None] | None = None,
        attempts: int = TRIES,
        server_attempts: int = TRIES,
        repeat_timeouts: bool = False,
    ) -> Any:
        """The decoded answer of `path` (no slash at either end); raises `TikTokError`.

        `accept` says why an answer can't be right (`None`: it is right): it is then asked for again.
        A timeout or an answer too large raises `TimedOut` or `TooLarge` at once, unless `repeat_timeouts`.
        """
        return self.fetch(
            path,
            params,
            advertiser_id=advertiser_id,
            decode=decode,
            accept=accept,
            attempts=attempts,
            server_attempts=server_attempts,
            repeat_timeouts=repeat_timeouts,
        ).envelope

    def fetch(
        self,
        path: str,
        params: Mapping[str, Param],
        *,
        decode: Decode[E],
        advertiser_id: str | None = None,
        accept: Callable[[E], str | None] | None = None,
        attempts: int = TRIES,
        server_attempts: int = TRIES,
        repeat_timeouts: bool = False,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ApiResponse[E]:
        """Like `get`, with the answer's headers; a POST where there is a `body`. `headers` are sent besides."""
        url = f"{self._base}{path}/?{query(params)}" if params else f"{self._base}{path}/"
        kind = {} if body is None else {"Content-Type": "application/json"}
        return self._call(
            _Ask(
                method="GET" if body is None else "POST",
                path=path,
                url=url,
                headers={**kind, **(headers or {}), **self._auth()},
                body=None if body is None else _json(body).encode(),
                advertiser_id=advertiser_id,
                decode=decode,
                accept=accept,
            ),
            RetryBudget(attempts, server_attempts, repeat_timeouts),
        )

    @overload
    def post(self, path: str, body: Mapping[str, Any], *, auth: bool = True, attempts: int = TRIES) -> Envelope: ...

    @overload
    def post(
        self, path: str, body: Mapping[str, Any], *, auth: bool = True, attempts: int = TRIES, decode: Decode[E]
    ) -> E: ...

    def post(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        auth: bool = True,
        attempts: int = TRIES,
        decode: Decode[Any] = decode_envelope,
    ) -> Any:
        """The decoded answer to a JSON body, sent without the token unless `auth`; raises `TikTokError`."""
        return self._call(
            _Ask(
                method="POST",
                path=path,
                url=f"{self._base}{path}/",
                headers={"Content-Type": "application/json", **(self._auth() if auth else {})},
                body=_json(body).encode(),
                decode=decode,
            ),
            RetryBudget(attempts, attempts),
        ).envelope

    def exchange(self, app_id: str, secret: str, auth_code: str) -> Token:
        """Spend an authorization code, which works once and for an hour; to send the token, `use` it."""
        self.redact.learn(secret, auth_code)
        body = {"app_id": app_id, "secret": secret, "auth_code": auth_code}
        spend = partial(self.post, "oauth2/access_token", auth=False, attempts=_EXCHANGE_TRIES, decode=_decode_grant)
        try:
            grant = spend(body).data
        except TimedOut:
            # TikTok: with thousands of accounts the answer takes too long, unless it may leave them out.
            grant = spend({**body, "return_advertiser_ids": False}).data
        assert grant is not None  # the client refuses answers without data
        self.redact.learn(grant.access_token)
        ids = tuple(str(advertiser_id) for advertiser_id in grant.advertiser_ids or ())
        return Token(grant.access_token, ids, tuple(grant.scope or ()))

    def accounts(
        self, app_id: str, secret: str, *, attempts: int = TRIES, repeat_timeouts: bool = True
    ) -> list[tuple[str, str]]:
        """Id and name of every account that the token reads, each once and in TikTok's order.

        A row without an id is warned of and left out.
        """
        self.redact.learn(secret)
        data = self.get(
            "oauth2/advertiser/get",
            {"app_id": app_id, "secret": secret},
            accept=_no_account_list,
            attempts=attempts,
            server_attempts=attempts,
            repeat_timeouts=repeat_timeouts,
        ).data
        found: dict[str, str] = {}
        for row in data.get("list") or ():
            if account := _account_of(row):
                found[account[0]] = found.get(account[0]) or account[1]
            else:
                odd = readable(self.redact(_json(row)))
                self._say(logging.WARNING, f"TikTok lists an account without an id, which can't be read: {odd}.")
        return [*found.items()]

    def _auth(self) -> dict[str, str]:
        if not (self._token.isascii() and self._token.isprintable()):
            raise error_from_code(
                40105, "it holds characters that no header can carry; nothing was sent", "", "-", None
            )
        # TikTok: the token stands in its own header, not in Authorization.
        return {"Access-Token": self._token}

    def _call(self, ask: _Ask[E], effort: RetryBudget) -> ApiResponse[E]:
        first = self._monotonic()
        while True:
            turn = self._turn(ask)
            began = self._monotonic()
            outcome = self._attempt(ask)
            effort.seconds += self._monotonic() - began
            self._report_outcome(turn, outcome)
            if isinstance(outcome, ApiResponse):
                return outcome
            self._again_or_raise(ask, outcome, effort, first)

    def _attempt(self, ask: _Ask[E]) -> ApiResponse[E] | TikTokError:
        try:
            response = self._transport.send(ask.method, ask.url, ask.headers, ask.body)
        except TransportError as fault:
            return error_without_code(fault.kind, self.redact(fault.detail), ask.path, ask.advertiser_id)
        self._answered = self._monotonic()
        return self._judged(ask, response)

    def _judged(self, ask: _Ask[E], response: HttpResponse) -> ApiResponse[E] | TikTokError:
        if 300 <= response.status < 400:
            return error_without_code("status", "", ask.path, ask.advertiser_id, response.status)
        try:
            envelope = ask.decode(response.body)
        except DECODE_ERRORS:
            return self._unreadable(ask, response)
        # A file has no verdict of its own: whatever came with the status of a failure is none.
        if _from_a_gateway(response, envelope.code) or (response.status >= 400 and isinstance(envelope.data, bytes)):
            return error_without_code("status", "", ask.path, ask.advertiser_id, response.status)
        self._clock.note(response.headers.get("date", ""))
        # TikTok: each request has an id of its own. A connection may bring the last answer a second time.
        if self._repeats.is_stale(envelope.request_id or "", ask.sent):
            self._transport.close()
            return error_without_code(
                "garbled", "the answer to another request, once more", ask.path, ask.advertiser_id
            )
        refused = self._verdict(ask, envelope)
        if refused is None:
            return ApiResponse(envelope, response.headers)
        return refused

    def _verdict(self, ask: _Ask[E], envelope: E) -> TikTokError | None:
        if envelope.code:
            error = self._refusal(ask, envelope)
            if error.action is not Action.TAKE:
                return error
            self._say(logging.WARNING, error.sentence)
        # TikTok: success without data is a fault of its servers, not an empty answer.
        if envelope.data is None:
            return error_without_code("garbled", "no data", ask.path, ask.advertiser_id)
        if ask.accept is None or (wrong := ask.accept(envelope)) is None:
            return None
        # It may have been a late answer to another request, and this one's own be still to come on that connection.
        self._transport.close()
        return error_without_code("garbled", wrong, ask.path, ask.advertiser_id)

    def _unreadable(self, ask: _Ask[E], response: HttpResponse) -> TikTokError:
        """A refusal has no data, so a typed decoder may choke on it; else status or shape are wrong."""
        try:
            plain = decode_envelope(response.body)
        except DECODE_ERRORS:
            plain = None
        if plain is None or _from_a_gateway(response, plain.code):
            if response.status != 200:
                return error_without_code("status", "", ask.path, ask.advertiser_id, response.status)
            return error_without_code(
                "garbled", "no JSON" if response.body else "empty body", ask.path, ask.advertiser_id
            )
        self._clock.note(response.headers.get("date", ""))
        if plain.code:
            return self._refusal(ask, plain)
        return error_without_code("garbled", "unexpected shape of data", ask.path, ask.advertiser_id)

    def _refusal(self, ask: _Ask[Any], envelope: AnyEnvelope) -> TikTokError:
        message, request_id = self.redact(envelope.message or ""), self.redact(envelope.request_id or "")
        return error_from_code(envelope.code, message, request_id, ask.path, ask.advertiser_id)

    def _report_outcome(self, turn: Reservation, outcome: ApiResponse[Any] | TikTokError) -> None:
        now = self._monotonic()
        if isinstance(outcome, TimedOut):
            self._limiter.on_timeout(now, turn)
        elif isinstance(outcome, TikTokError) and outcome.kind is not None and outcome.action is not Action.SLOW:
            self._limiter.on_no_answer(turn)
        elif isinstance(outcome, TikTokError) and outcome.action in THROTTLES:
            self._throttled(now, turn, outcome)
        else:
            self._limiter.on_success(turn)

    def _throttled(self, now: float, turn: Reservation, error: TikTokError) -> None:
        if error.action is Action.SLOW:
            self._limiter.on_throttle(now, turn, named_limit(error.message))
        elif error.action is Action.PAUSE:
            self._locked_out(now, turn, error)
        else:
            self._limiter.on_scoped_throttle(now, turn, endpoint=error.action is Action.BRAKE_ENDPOINT)

    def _locked_out(self, now: float, turn: Reservation, error: TikTokError) -> None:
        pause = self._until_midnight() if daily_quota(error.message) else 0.0
        lockouts = self._limiter.on_lockout(now, turn, now + pause * self._scale)
        if lockouts > _LOCKOUTS or pause > _LONGEST_PAUSE:
            self._remember(error.after_retries())

    def _until_midnight(self) -> float:
        moment = self.now()
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return (midnight - moment).total_seconds()

    def _again_or_raise(self, ask: _Ask[Any], error: TikTokError, effort: RetryBudget, first: float) -> None:
        """Wait before the next try, or raise what ends this request; its first try was at `first`."""
        wait = effort.wait_after(error, self._chance())
        if wait is None:
            settled = error.after_retries()
            # A refused app id, secret or code says nothing about the token, but where requests may come from does.
            refused = settled.action is Action.FAIL and (settled.rule is REGION or not ask.path.startswith("oauth2/"))
            if refused and settled.kind is None and settled.rule is not REGION and self._token_works(ask):
                raise for_one_account(settled)
            gone = settled.kind in _NETWORK and not effort.interactive and self._is_down(ask, first)
            if refused or gone:
                self._remember(settled)
            raise settled
        again = f"asking again in {wait:.0f} s" if wait else "asking again when it is this request's turn"
        self._say(logging.INFO, f"{error.event}; {again}.")
        self._wait(wait * self._scale, error.rule.happened)

    def _token_works(self, ask: _Ask[Any]) -> bool:
        """Whether TikTok takes the token elsewhere: only what is refused everywhere ends everything."""
        if ask.path == _PROBE:
            return False
        # One at a time: what the first finds out may be the end for all.
        with self._probing:
            try:
                self._call(self._probe(), RetryBudget(_EXCHANGE_TRIES, _EXCHANGE_TRIES))
            except TikTokError as error:
                return error.kind is None and error.action is not Action.FAIL
            return True

    def _probe(self) -> _Ask[Envelope]:
        return _Ask("GET", _PROBE, f"{self._base}{_PROBE}/", self._auth(), None, decode_envelope)

    def _is_down(self, ask: _Ask[Any], since: float) -> bool:
        """Whether nobody has had an answer since then, whatever was asked, and one more question has none either.

        That question goes elsewhere, because connections may break over what one endpoint does with one request.
        """
        if self._answered < since:
            turn = self._turn(ask)
            self._report_outcome(turn, self._attempt(self._probe()))
        return self._answered < since

    def _turn(self, ask: _Ask[Any]) -> Reservation:
        """Wait for a start that holds."""
        while True:
            self._raise_end(ask)
            turn = self._limiter.reserve(self._monotonic(), ask.advertiser_id, ask.path)
            self._wait(turn.start - self._monotonic(), turn.why)
            if turn.granted and self._limiter.is_valid(turn):
                self._raise_end(ask)
                return turn

    def _wait(self, seconds: float, why: str) -> None:
        while seconds > 0 and self._end is None:
            if seconds > _LOG_EVERY / 2:
                self._log_wait(seconds, why)
            self._sleep(min(seconds, _LOG_EVERY))
            seconds -= _LOG_EVERY

    def _log_wait(self, left: float, why: str) -> None:
        with self._lock:
            now = self._monotonic()
            if now - self._logged_wait < _LOG_EVERY:
                return
            self._logged_wait = now
        until = self.now() + timedelta(seconds=left)
        self._say(logging.INFO, f"Waiting until {until:%H:%M:%S} UTC: {why}.")

    def _say(self, level: int, text: str) -> None:
        self._log(level, self.redact(text))

    def _remember(self, error: TikTokError) -> None:
        with self._lock:
            self._end = self._end or error
        self._over.set()

    def _raise_end(self, ask: _Ask[Any]) -> None:
        if self._end is not None:
            raise self._end.repeated_for(ask.path, ask.advertiser_id)


def _no_account_list(envelope: Envelope) -> str | None:
    """Why an answer is no list of accounts; None where it is one, though it be null."""
    data = envelope.data
    listed = data.get("list") or [] if isinstance(data, dict) else data
    return None if isinstance(listed, list) and isinstance(data, dict) else "list is no list of accounts"


def _account_of(row: Any) -> tuple[str, str] | None:
    """Id and name of a row of the account list, None where it has no id; a name that is none is empty."""
    id = row.get("advertiser_id") if isinstance(row, dict) else None
    if isinstance(id, bool) or not isinstance(id, str | int) or not str(id).strip():
        return None
    name = row.get("advertiser_name")
    return str(id).strip(), name if isinstance(name, str) else ""


def _from_a_gateway(response: HttpResponse, code: int) -> bool:
    """Whether a failure in JSON is the word of something in between: TikTok's own codes have five digits."""
    return response.status >= 400 and 0 < code < 1000
