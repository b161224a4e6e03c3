"""One conversation with TikTok: requests are sent under the rate limit, retried, and ended where nothing helps."""

import logging
import math
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from source_tiktok_ads.shell import Redactor

from .clock import Clock
from .envelope import Decode, E, decode_envelope
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
    named_minute_limit,
)
from .maintenance import Maintenance
from .oauth import Token, exchange_code, list_accounts
from .rate_limit import RateLimiter, Reservation, ReservationCancelled
from .request import EncodedRequest, Param, Request
from .response import ApiResponse, Log, ResponseReader
from .response_times import LONGEST, ResponseTimes
from .retry import TRIES, RetryBudget
from .transport import Transport, TransportError
from .waiting import Runtime, Waiter

# Lockouts in a row before the sync ends: 5 + 10 + 15 + 20 + 25 + 30 minutes.
_LOCKOUTS = 6
# A quota that is free again only later than this ends the sync, whose state says where to go on.
_LONGEST_PAUSE = 7200.0
# Failures of the network, of which TikTok knows nothing; and the cheapest request to find out whether it is down.
_NETWORK = ("connect", "cut")
_PROBE: Request[Any] = Request("user/info", decode_envelope)
_PROBE_TRIES = 3
# A host that takes connections and answers nothing for so long ends the sync; it is probed so often meanwhile.
_SILENT_FOR = 240.0
_PROBE_EVERY = 10.0


class Client:
    """One app's conversation with TikTok; safe for any number of threads.

    An error that ends everything (a revoked token, a blocked app, or TikTok out of reach for as long as one request is
    tried) is remembered: every later call, and every thread that waits, raises it at once without a request.
    """

    def __init__(
        self,
        origin: str,
        token: str,
        limiter: RateLimiter,
        transport: Transport,
        *,
        log: Log,
        runtime: Runtime | None = None,
        wait_scale: float = 1.0,
        stand_in: bool = False,
    ) -> None:
        """`origin` is scheme and host; `log` takes a level of `logging` and a text; waits are times `wait_scale`.

        `stand_in` says that the origin is not TikTok's, so that its clock may differ from the machine's.
        """
        runtime = runtime or Runtime()
        self.redact = Redactor()
        self._origin = origin.rstrip("/")
        self._log = log
        self._limiter = limiter
        self._transport = transport
        self._scale = wait_scale
        self._monotonic, self._random = runtime.monotonic, runtime.random
        self._clock = Clock(runtime.monotonic, runtime.wall_clock, not stand_in)
        self._waiter = Waiter(runtime, self.now, self.log)
        self._reader = ResponseReader(self._clock, self.redact, transport.close)
        self._confirming_clock, self._probing = threading.Lock(), threading.Lock()
        self._clock_confirmed = False
        self._answered = -math.inf
        self._response_times = ResponseTimes()
        self._maintenance = Maintenance(wait_scale)
        self.use_token(token)

    def use_token(self, token: str) -> None:
        """Send this token from now on."""
        self._token = token.strip()
        self.redact.learn(self._token)

    def log(self, level: int, text: str) -> None:
        """Log a line, without secrets."""
        self._log(level, self.redact(text))

    def pause(self, seconds: float, why: str) -> None:
        """Wait on behalf of one request, without holding up others; over at once where everything has ended."""
        self._waiter.wait(seconds * self._scale, why)

    def now(self) -> datetime:
        """The moment by TikTok's clock (its last answer plus the time since), the machine's before any answer."""
        return self._clock.now()

    def confirm_clock(self) -> None:
        """Send one more request where the only answer so far has another time than the machine.

        Where no answer comes, the time stays what the first one said.
        """
        with self._confirming_clock:
            if self._clock.doubtful and not self._clock_confirmed:
                self._clock_confirmed = True
                try:
                    self.send(_PROBE, RetryBudget(1, 1))
                except TikTokError as error:
                    self.log(logging.INFO, f"What time it is at TikTok could not be asked once more: {error.event}.")

    def exchange(self, app_id: str, secret: str, auth_code: str) -> Token:
        """Spend an authorization code; see `oauth.exchange_code`."""
        return exchange_code(self, app_id, secret, auth_code)

    def accounts(
        self, app_id: str, secret: str, *, attempts: int = TRIES, repeat_timeouts: bool = True
    ) -> list[tuple[str, str]]:
        """Id and name of every account that the token reads; see `oauth.list_accounts`."""
        return list_accounts(self, app_id, secret, attempts=attempts, repeat_timeouts=repeat_timeouts)

    def get(
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
    ) -> E:
        """The decoded answer to a GET; arguments and errors as those of `Request`, `RetryBudget` and `send`."""
        request = Request(path, decode, params, advertiser_id, accept)
        return self.send(request, RetryBudget(attempts, server_attempts, repeat_timeouts)).envelope

    def fetch(
        self,
        path: str,
        params: Mapping[str, Param],
        *,
        decode: Decode[E],
        advertiser_id: str | None = None,
        accept: Callable[[E], str | None] | None = None,
        server_attempts: int = TRIES,
        repeat_timeouts: bool = False,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ApiResponse[E]:
        """Like `get`, with the answer's headers; a POST where there is a `body`."""
        request = Request(path, decode, params, advertiser_id, accept, body, headers or {})
        return self.send(request, RetryBudget(TRIES, server_attempts, repeat_timeouts))

    def send(self, request: Request[E], budget: RetryBudget) -> ApiResponse[E]:
        """TikTok's answer, asked for until it comes or the budget is spent. Raises TikTokError.

        A request that hangs is sent again at once, on a new connection and with the longest time. A second timeout, and
        an answer too large, raise `TimedOut` or `TooLarge` at once, unless timeouts are to be repeated.
        """
        encoded = request.encode(self._origin, self._authorization() if request.authenticated else {})
        first = self._monotonic()
        while True:
            reservation = self._reserve(request)
            began = self._monotonic()
            silence = LONGEST if budget.hung else self._silence(request)
            try:
                outcome = self._attempt(request, encoded, reservation, silence)
            except ReservationCancelled:
                continue
            budget.seconds += self._monotonic() - began
            self._report_outcome(reservation, outcome, id(budget))
            if isinstance(outcome, ApiResponse):
                if outcome.in_part is None or not self._waits_for_whole(outcome.in_part, budget):
                    return outcome
            elif silence < LONGEST and outcome.kind == "timeout" and not outcome.code:
                self._give_up_connection(outcome, budget, silence)
            else:
                self._wait_or_raise(request, outcome, budget, first)

    def _authorization(self) -> dict[str, str]:
        if not (self._token.isascii() and self._token.isprintable()):
            said = "it holds characters that no header can carry; nothing was sent"
            raise error_from_code(40105, said, "", "-", None)
        # TikTok: the token stands in its own header, not in Authorization.
        return {"Access-Token": self._token}

    def _reserve(self, request: Request[Any]) -> Reservation:
        """Wait for a start that is still valid when it comes."""
        while True:
            self._waiter.raise_if_stopped(request.path, request.advertiser_id)
            reservation = self._limiter.reserve(self._monotonic(), request.advertiser_id, request.path)
            self._waiter.wait(reservation.start - self._monotonic(), reservation.why)
            if reservation.granted and self._limiter.is_valid(reservation):
                self._waiter.raise_if_stopped(request.path, request.advertiser_id)
                return reservation

    def _attempt(
        self, request: Request[E], encoded: EncodedRequest, reservation: Reservation, silence: float = LONGEST
    ) -> ApiResponse[E] | TikTokError:
        """Send the request once; it times out after so many seconds without a byte.

        Raises ReservationCancelled where it must not leave any more.
        """
        departure, began = self._departure(request, reservation), self._monotonic()
        try:
            response = self._transport.send(
                encoded.method, encoded.url, encoded.headers, encoded.body, departure=departure, silence_seconds=silence
            )
        except TransportError as error:
            detail = self.redact(error.detail)
            return error_without_code(error.kind, detail, request.path, request.advertiser_id)
        self._answered = self._monotonic()
        self._response_times.observe(request.path, self._answered - (reservation.departure.at or began))
        return self._reader.read(request, encoded, response)

    def _silence(self, request: Request[Any]) -> float:
        """How long a first attempt may be silent; what writes, such as the exchange of a code, is not sent twice."""
        return self._response_times.silence(request.path) if request.body is None else LONGEST

    @contextmanager
    def _departure(self, request: Request[Any], reservation: Reservation) -> Iterator[None]:
        """Hold a request back until no second at the server can hold too many, and count it when it is written."""
        while (clear := self._limiter.clear_at(now := self._monotonic(), reservation)) > now:
            self._waiter.wait(clear - now, reservation.why)
            self._waiter.raise_if_stopped(request.path, request.advertiser_id)
        try:
            yield
        finally:
            self._limiter.on_departure(self._monotonic(), reservation)

    def _report_outcome(
        self, reservation: Reservation, outcome: ApiResponse[Any] | TikTokError, ticket: Hashable = None
    ) -> None:
        """Let the rate limiter, and whoever waits for the end of a maintenance, learn from an answer."""
        now = self._monotonic()
        self._report_maintenance(now, outcome, ticket)
        if isinstance(outcome, TikTokError) and outcome.retry_after and outcome.action not in THROTTLES:
            self._limiter.hold_endpoint(outcome.path, now + outcome.retry_after * self._scale)
        if isinstance(outcome, TimedOut):
            self._limiter.on_timeout(now, reservation)
        elif isinstance(outcome, TikTokError) and outcome.kind is not None and outcome.action is not Action.SLOW:
            self._limiter.on_no_answer(reservation)
        elif isinstance(outcome, TikTokError) and outcome.action in THROTTLES:
            self._report_throttle(now, reservation, outcome)
        else:
            self._limiter.on_success(reservation)

    def _report_maintenance(self, now: float, outcome: ApiResponse[Any] | TikTokError, ticket: Hashable) -> None:
        if isinstance(outcome, TikTokError) and outcome.rule.shared:
            self._maintenance.on_refusal(now, ticket)
        elif isinstance(outcome, TikTokError) and (outcome.kind or outcome.server_fault or outcome.action in THROTTLES):
            self._maintenance.on_no_answer(ticket)
        else:
            self._maintenance.on_success(now)

    def _report_throttle(self, now: float, reservation: Reservation, error: TikTokError) -> None:
        until = now + error.retry_after * self._scale
        if error.action is Action.SLOW:
            self._limiter.on_throttle(now, reservation, named_limit(error.message), until)
        elif error.action is Action.PAUSE:
            self._report_lockout(now, reservation, error)
        else:
            endpoint = error.action is Action.BRAKE_ENDPOINT
            self._limiter.on_scoped_throttle(now, reservation, endpoint=endpoint, until=until)

    def _report_lockout(self, now: float, reservation: Reservation, error: TikTokError) -> None:
        daily = daily_quota(error.message)
        pause = self._seconds_until_midnight() if daily else error.retry_after
        lockouts = self._limiter.on_lockout(
            now,
            reservation,
            now + pause * self._scale,
            of_the_minute=not daily,
            limit=named_minute_limit(error.message),
        )
        if lockouts > _LOCKOUTS or pause > _LONGEST_PAUSE:
            self._waiter.stop(error.after_retries())

    def _seconds_until_midnight(self) -> float:
        moment = self.now()
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return (midnight - moment).total_seconds()

    def _wait_or_raise(self, request: Request[Any], error: TikTokError, budget: RetryBudget, first: float) -> None:
        """Wait before the next attempt, or raise what ends this request; its first attempt was at `first`."""
        wait = budget.wait_after(error, self._random())
        if wait is None:
            raise self._final_error(request, error.after_retries(), budget, first)
        again = f"asking again in {wait:.0f} s" if wait else "asking again when it is this request's turn"
        self.log(logging.INFO, f"{error.event}; {again}.")
        if error.rule.shared:
            self._wait_for_maintenance(error, budget, wait)
        else:
            self._waiter.wait(wait * self._scale, error.rule.happened)

    def _waits_for_whole(self, error: TikTokError, budget: RetryBudget) -> bool:
        """Wait before a request that was answered only in part is sent again. Returns False if the answer is to do."""
        wait = budget.wait_after(error, self._random())
        if wait is None:
            self.log(logging.WARNING, error.sentence)
            return False
        self.log(logging.INFO, f"{error.event}; asking again in {wait:.0f} s.")
        self._waiter.wait(wait * self._scale, error.rule.happened)
        return True

    def _wait_for_maintenance(self, error: TikTokError, budget: RetryBudget, own_wait: float) -> None:
        """Wait until the request may be sent again: on its own, or with all others while none is answered."""
        refused_at = self._monotonic()

        def left() -> float:
            return self._maintenance.wait(self._monotonic(), id(budget), refused_at, own_wait * self._scale)

        self._waiter.wait_while(left, self._scale, error.rule.happened)
        budget.seconds += max(0.0, self._monotonic() - refused_at - own_wait * self._scale)

    def _give_up_connection(self, error: TikTokError, budget: RetryBudget, silence: float) -> None:
        """Prepare to send a request that hangs once more, on a new connection; idle ones may be as dead."""
        budget.hung = True
        self._transport.close()
        self.log(logging.INFO, f"{error.event}: nothing for {silence:.0f} s; asking again on a new connection.")

    def _final_error(self, request: Request[Any], error: TikTokError, budget: RetryBudget, first: float) -> TikTokError:
        """What to raise for a request that is not sent again; ends everything where nothing else can be read either."""
        # A refused app id, secret or code says nothing about the token, but a blocked region ends everything.
        fatal = error.action is Action.FAIL and (error.rule is REGION or not request.path.startswith("oauth2/"))
        if fatal and error.kind is None and error.rule is not REGION and self._token_works(request):
            return for_one_account(error)
        if fatal or (not budget.interactive and self._nothing_answers(request, error, first)):
            self._waiter.stop(error)
        elif not budget.interactive and budget.hung and error.kind == "timeout" and self._is_silent(request, first):
            error = error_without_code("silent", error.message, request.path, request.advertiser_id).after_retries()
            self._waiter.stop(error)
        return error

    def _nothing_answers(self, request: Request[Any], error: TikTokError, first: float) -> bool:
        """Whether the network is down, or TikTok under maintenance for as long as one request waits for its end."""
        if error.rule.shared:
            if not self._maintenance.succeeded_since(first):
                self._probe(request)
            return not self._maintenance.succeeded_since(first)
        return error.kind in _NETWORK and self._is_down(request, first)

    def _token_works(self, request: Request[Any]) -> bool:
        """Whether TikTok takes the token elsewhere: only what is refused everywhere ends everything."""
        if request.path == _PROBE.path:
            return False
        # One at a time: what the first finds out may be the end for all.
        with self._probing:
            try:
                self.send(_PROBE, RetryBudget(_PROBE_TRIES, _PROBE_TRIES))
            except TikTokError as error:
                return error.kind is None and error.action is not Action.FAIL
            return True

    def _is_down(self, request: Request[Any], since: float) -> bool:
        """Whether no request has had an answer since then, and one more to another endpoint has none either.

        Another endpoint, because connections may break over what one endpoint does with one request.
        """
        if self._answered < since:
            self._probe(request)
        return self._answered < since

    def _is_silent(self, request: Request[Any], since: float) -> bool:
        """Whether the host has answered no request for minutes, and no probe either; one thread probes for all."""
        with self._probing:
            while self._answered < since and self._monotonic() - since < _SILENT_FOR:
                self._probe(request)
                self._waiter.wait(_PROBE_EVERY, "TikTok takes connections but does not answer")
            return self._answered < since

    def _probe(self, request: Request[Any]) -> None:
        """Send the cheapest request in the place of another one."""
        reservation = self._reserve(request)
        encoded, silence = _PROBE.encode(self._origin, self._authorization()), self._response_times.silence(_PROBE.path)
        with suppress(ReservationCancelled):
            self._report_outcome(reservation, self._attempt(_PROBE, encoded, reservation, silence))
