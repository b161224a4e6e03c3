"""Turns an HTTP response into TikTok's answer or an error."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic

from source_tiktok_ads.shell import Redactor

from .clock import Clock, parse_date
from .envelope import DECODE_ERRORS, AnyEnvelope, E, decode_envelope
from .errors import Action, TikTokError, error_from_code, error_without_code
from .request import EncodedRequest, Request
from .stale_answers import StaleAnswers
from .transport import HttpResponse

Log = Callable[[int, str], object]


@dataclass(frozen=True)
class ApiResponse(Generic[E]):
    """A decoded answer and the headers of its response, with names in lower case."""

    envelope: E
    headers: Mapping[str, str]
    in_part: TikTokError | None = None
    """TikTok's verdict if it answered only in part."""

    @property
    def cut(self) -> bool:
        """Whether a report covers only a part of the account's ads."""
        # TikTok: with more than 20,000 ads, a report covers only the newest. This header is the only sign of it.
        return "x-tt-ads-throttle" in self.headers


class ResponseReader:
    """Reads HTTP responses, sets the clock by their dates, and closes connections that delivered a wrong answer."""

    def __init__(self, clock: Clock, redact: Redactor, close_connections: Callable[[], None]) -> None:
        self._clock = clock
        self._redact = redact
        self._close_connections = close_connections
        self._stale_answers = StaleAnswers()

    def read(
        self, request: Request[E], encoded: EncodedRequest, response: HttpResponse
    ) -> ApiResponse[E] | TikTokError:
        """TikTok's answer to the request, or the error that the response means."""
        outcome = self._read(request, encoded, response)
        if isinstance(outcome, TikTokError):
            outcome.retry_after = retry_after(response.headers, self._clock.now())
        return outcome

    def _read(
        self, request: Request[E], encoded: EncodedRequest, response: HttpResponse
    ) -> ApiResponse[E] | TikTokError:
        if 300 <= response.status < 400:
            return _status_error(request, response)
        try:
            envelope = request.decode(response.body)
        except DECODE_ERRORS:
            return self._undecodable(request, response)
        # A downloaded file has no code, so a response with an error status is not the file.
        if _is_from_gateway(response, envelope.code) or (response.status >= 400 and isinstance(envelope.data, bytes)):
            return _status_error(request, response)
        self._clock.note(response.headers.get("date", ""))
        # TikTok: each request has its own id. A connection may deliver its last answer a second time.
        if self._stale_answers.is_stale(envelope.request_id or "", encoded.identity):
            self._close_connections()
            return _garbled(request, "the answer to another request, once more")
        verdict = self._refusal(request, envelope) if envelope.code else None
        if verdict and verdict.rule.then is not Action.TAKE:
            return verdict
        return self._fault_in(request, envelope) or ApiResponse(envelope, response.headers, verdict)

    def _fault_in(self, request: Request[E], envelope: E) -> TikTokError | None:
        """The error for an answer that has no data, or not those of the request."""
        # TikTok: success without data is a fault of its servers, not an empty answer.
        if envelope.data is None:
            return _garbled(request, "no data")
        if request.accept is None or (wrong := request.accept(envelope)) is None:
            return None
        # It may be a late answer to another request, with the answer to this request still to come on the connection.
        self._close_connections()
        return _garbled(request, wrong)

    def _undecodable(self, request: Request[Any], response: HttpResponse) -> TikTokError:
        """The error for a body that cannot be decoded: a refusal without the typed data, a status, or a wrong shape."""
        try:
            plain = decode_envelope(response.body)
        except DECODE_ERRORS:
            plain = None
        if plain is None or _is_from_gateway(response, plain.code):
            if response.status != 200:
                return _status_error(request, response)
            return _garbled(request, "no JSON" if response.body else "empty body")
        self._clock.note(response.headers.get("date", ""))
        return self._refusal(request, plain) if plain.code else _garbled(request, "unexpected shape of data")

    def _refusal(self, request: Request[Any], envelope: AnyEnvelope) -> TikTokError:
        message, request_id = self._redact(envelope.message or ""), self._redact(envelope.request_id or "")
        return error_from_code(envelope.code, message, request_id, request.path, request.advertiser_id)


def _status_error(request: Request[Any], response: HttpResponse) -> TikTokError:
    return error_without_code("status", "", request.path, request.advertiser_id, response.status)


def _garbled(request: Request[Any], detail: str) -> TikTokError:
    return error_without_code("garbled", detail, request.path, request.advertiser_id)


def _is_from_gateway(response: HttpResponse, code: int) -> bool:
    """Whether an error in JSON comes from a gateway or proxy: TikTok's own codes have five digits."""
    return response.status >= 400 and 0 < code < 1000


def retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """How many seconds a response asks to wait (RFC 9110: in seconds or as a date); 0 if it does not.

    A date is compared with the date of the response, or with `now` if it has none.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    until = parse_date(value)
    sent = parse_date(headers.get("date", "")) or now
    return max(0.0, (until - sent).total_seconds()) if until else 0.0
