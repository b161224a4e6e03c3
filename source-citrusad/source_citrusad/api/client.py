"""Requests to BigQuery: token, attempts, errors. What counts as a call is counted and announced before it leaves."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urlencode

import msgspec
import orjson

from .errors import BigQueryError, KeyRefused, Meaning, error_of
from .patience import Attempts, Patience
from .token import Token
from .transport import ConnectionLost, Transport

T = TypeVar("T")
SECONDS = 60.0
# BigQuery: the same reason tells of quotas of a day and of quotas of a minute.
QUOTA_WAIT = 60.0
"""Seconds before the one attempt that follows where BigQuery says that a quota is used up."""


@dataclass(frozen=True)
class Attempt:
    """A request that counts is about to leave: who drives the generator may first save what has been counted."""


Asked = Generator[Attempt, None, T]
"""An answer of type T, which may take attempts."""


@dataclass(frozen=True)
class Listed:
    """The items of a list, and the locations whose items it lacks because they did not answer."""

    items: list[dict[str, Any]]
    unreachable: tuple[str, ...] = ()

    @property
    def gap(self) -> str:
        """The sentence on what is missing; empty where nothing is."""
        where = ", ".join(self.unreachable)
        return f"BigQuery's list of datasets lacks those in {where}, which did not answer." if where else ""


class Meter(Protocol):
    """Counts the requests that the agreement counts."""

    def take(self, starts_job: bool) -> bool:
        """Count a request about to leave; whether it counts. Raises where there is none left."""

    def suspend(self) -> bool:
        """Note that the service says that a quota is used up; whether the request may be sent once more."""


class Unmetered:
    """Counts nothing: check and discover have no state to keep a count in."""

    def take(self, starts_job: bool) -> bool:
        """Nothing is counted."""
        return False

    def suspend(self) -> bool:
        """Nobody waits for a check: it says at once what is wrong."""
        return False


class Client:
    """Sends requests to one origin as one account. Every method is a generator, see `Attempt`."""

    def __init__(self, origin: str, email: str, token: Token, transport: Transport, patience: Patience) -> None:
        self.email = email
        self._base = f"{origin}/bigquery/v2/"
        self._token = token
        self._transport = transport
        self._patience = patience
        self.meter: Meter = Unmetered()

    def get(
        self, path: str, params: Mapping[str, str], decode: Callable[[bytes], T], seconds: float = SECONDS
    ) -> Asked[T]:
        """Ask for a resource. Raises BigQueryError, KeyRefused and what the meter raises."""
        return (yield from self._asked("GET", f"{quote(path)}?{urlencode(params)}", None, decode, False, seconds))

    def post_query(
        self, project: str, body: Mapping[str, Any], decode: Callable[[bytes], T], seconds: float
    ) -> Asked[T]:
        """Start a query in a project, the only thing that is ever posted. Raises as `get` does."""
        path = f"projects/{quote(project)}/queries"
        return (yield from self._asked("POST", path, orjson.dumps(body), decode, True, seconds))

    def one_page(self, path: str, params: Mapping[str, str], key: str) -> Asked[list[dict[str, Any]]]:
        """The items of a list's first page. Raises as `get` does."""
        page = yield from self.get(path, params, decode_object)
        return _items(page, key)

    def all_pages(self, path: str, key: str) -> Asked[Listed]:
        """The items of a list, page after page. Raises as `get` does."""
        items: list[dict[str, Any]] = []
        silent: list[str] = []
        params = {"maxResults": "1000"}
        while True:
            page = yield from self.get(path, params, decode_object)
            items += _items(page, key)
            silent += page.get("unreachable") or []
            following = page.get("nextPageToken")
            # A token that comes again would be followed for ever.
            if not following or following == params.get("pageToken"):
                return Listed(items, tuple(dict.fromkeys(silent)))
            params = {**params, "pageToken": str(following)}

    def _asked(
        self, method: str, path: str, body: bytes | None, decode: Callable[[bytes], T], starts_job: bool, seconds: float
    ) -> Asked[T]:
        attempts, renewed = self._patience.attempts(), False
        while True:
            token = self._token.value()
            if self.meter.take(starts_job):
                yield Attempt()
            try:
                return self._sent(method, path, body, decode, token, seconds)
            except BigQueryError as error:
                if error.meaning is Meaning.UNAUTHORIZED and not renewed:
                    renewed = True
                    self._token.renew()
                elif error.meaning is Meaning.UNAUTHORIZED:
                    raise KeyRefused(
                        f"BigQuery refuses the tokens of {self.email} ({error.message}): ask CitrusAd for a new key."
                    ) from None
                elif not self._may_repeat(error, attempts):
                    raise

    def _may_repeat(self, error: BigQueryError, attempts: Attempts) -> bool:
        """Whether a request is sent again after an error, once the time for it has come."""
        if error.meaning is Meaning.QUOTA:
            return self.meter.suspend() and attempts.again(max(error.wait, QUOTA_WAIT))
        return error.meaning is Meaning.RETRY and attempts.again(error.wait, error.reason == SILENT)

    def _sent(
        self, method: str, path: str, body: bytes | None, decode: Callable[[bytes], T], token: str, seconds: float
    ) -> T:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            reply = self._transport.send(method, self._base + path, headers, body, seconds)
        except ConnectionLost as lost:
            reason = SILENT if lost.silent else "connection"
            raise BigQueryError(Meaning.RETRY, 0, reason, f"BigQuery does not answer: {lost}.") from None
        if not 200 <= reply.status < 300:
            raise error_of(reply.status, _json_or_nothing(reply.content), reply.retry_after)
        try:
            return decode(reply.content)
        except (msgspec.MsgspecError, ValueError):
            raise BigQueryError(
                Meaning.RETRY, reply.status, "answer", "BigQuery's answer is not the JSON that was asked for."
            ) from None


SILENT = "silence"


def _items(page: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = page.get(key) or []
    return [item for item in found if isinstance(item, dict)]


def decode_object(content: bytes) -> dict[str, Any]:
    found = orjson.loads(content)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _json_or_nothing(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except ValueError:
        return None
