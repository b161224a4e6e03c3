"""A client that answers from a function, and the settings, accounts and errors that reading is tested with."""

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from source_tiktok_ads.api.errors import TikTokError, error_from_code
from source_tiktok_ads.api.response import ApiResponse
from source_tiktok_ads.api.retry import TRIES
from source_tiktok_ads.api.transport import HttpResponse
from source_tiktok_ads.config import Config, parse
from source_tiktok_ads.streams.model import HiddenCampaigns
from source_tiktok_ads.sync.advertisers import Advertisers
from source_tiktok_ads.sync.campaign_ids import CampaignIds
from source_tiktok_ads.sync.pagination import Prefetcher
from source_tiktok_ads.sync.reader import Sync
from source_tiktok_ads.sync.substreams import ParentLists

A, B, C = "7000000000000000001", "7000000000000000002", "7000000000000000003"
NOW = datetime(2026, 3, 15, 10, tzinfo=timezone.utc)
MAPPING: Mapping[str, Any] = {
    "credentials": {"auth_type": "oauth2.0", "access_token": "tok-of-tests", "app_id": "77", "secret": "sec-of-tests"},
    "accounts": [A],
    "start_date": "2026-03-01",
}
SANDBOX = {"auth_type": "sandbox_access_token", "access_token": "tok-of-tests", "advertiser_id": A}

Data = dict[str, Any]
Call = Callable[[str, Mapping[str, Any]], Any]


def config(**changes: Any) -> Config:
    """Settings of a run over account A; `None` removes a setting."""
    return parse({name: value for name, value in {**MAPPING, **changes}.items() if value is not None}, {})


def refused(code: int, message: str = "no", advertiser_id: str | None = None) -> TikTokError:
    """A verdict of TikTok."""
    return error_from_code(code, message, "req-1", "some/path", advertiser_id)


def page(rows: Sequence[Any], total: int | None = None, number: int = 1, pages: int = 1) -> Data:
    """The data of a list answer."""
    info = {"page": number, "page_size": 1000, "total_number": len(rows) if total is None else total}
    return {"list": list(rows), "page_info": {**info, "total_page": pages}}


def facts(id: str, **more: Any) -> Data:
    """What advertiser/info tells of an account."""
    return {"advertiser_id": id, "name": f"Name {id[-1]}", "currency": "EUR", "timezone": "Etc/UTC", **more}


class InPart(dict[str, Any]):
    """Data that TikTok calls only a part of the answer."""


class Truncated(dict[str, Any]):
    """Data that covers only the newest ads of the account, as a header says."""


class Canned:
    """A client; `answer` gives the data of each request, or the error it ends with."""

    def __init__(self, answer: Call, now: datetime = NOW, listed: Sequence[tuple[str, str]] = ()) -> None:
        self.answer = answer
        self.moment = now
        self.listed = list(listed)
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.attempts: list[tuple[int, int]] = []
        self.headers: list[Mapping[str, str]] = []
        self.doubts: list[str] = []
        self.paused: list[float] = []

    def get(
        self,
        path: str,
        params: Mapping[str, Any],
        *,
        decode: Callable[[bytes], Any],
        advertiser_id: str | None = None,
        accept: Callable[[Any], str | None] | None = None,
        attempts: int = TRIES,
        server_attempts: int = TRIES,
        repeat_timeouts: bool = False,
    ) -> Any:
        """The decoded answer."""
        self.attempts.append((attempts, server_attempts))
        return self.fetch(path, params, decode=decode, advertiser_id=advertiser_id, accept=accept).envelope

    def fetch(
        self,
        path: str,
        params: Mapping[str, Any],
        *,
        decode: Callable[[bytes], Any],
        advertiser_id: str | None = None,
        accept: Callable[[Any], str | None] | None = None,
        server_attempts: int = TRIES,
        repeat_timeouts: bool = False,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ApiResponse[Any]:
        """The decoded answer with its headers."""
        params = params if body is None else body
        self.asked.append((path, dict(params)))
        self.headers.append(dict(headers or {}))
        data = self.answer(path, params)
        if isinstance(data, Exception):
            raise data
        told = {"x-tt-ads-throttle": "1"} if isinstance(data, Truncated) else {}
        head = {"code": 20001 if isinstance(data, InPart) else 0, "message": "OK", "request_id": "req-9"}
        # A file comes without the envelope.
        sent = data if isinstance(data, bytes) else json.dumps({**head, "data": data}).encode()
        envelope = decode(sent)
        # The real client asks again for what is doubted, and gets the same here.
        if accept is not None and (doubt := accept(envelope)) is not None:
            self.doubts.append(doubt)
            assert accept(envelope) is None, doubt
        return ApiResponse(envelope, told)

    def accounts(
        self, app_id: str, secret: str, *, attempts: int = TRIES, repeat_timeouts: bool = True
    ) -> Sequence[tuple[str, str]]:
        """The accounts of the token."""
        self.attempts.append((attempts, attempts))
        self.asked.append(("accounts", {"app_id": app_id, "secret": secret}))
        return self.listed

    def now(self) -> datetime:
        """TikTok's clock."""
        return self.moment

    def pause(self, seconds: float, why: str) -> None:
        """Waits are over at once."""
        self.paused.append(seconds)

    def confirm_clock(self) -> None:
        """It is sure."""

    def paths(self, path: str) -> list[Mapping[str, Any]]:
        """What was asked of one path."""
        return [params for asked, params in self.asked if asked == path]


def informed(answer: Call, *absent: str) -> Call:
    """`answer`, with advertiser/info answered for every account that is asked about, but for the absent ones."""

    def both(path: str, params: Mapping[str, Any]) -> Any:
        if path == "advertiser/info":
            return {"list": [facts(id) for id in params["advertiser_ids"] if id not in absent]}
        return answer(path, params)

    return both


class Wire:
    """A transport that answers as `answer` does, by TikTok's clock of NOW; what it was asked, and with which token."""

    def __init__(self, answer: Call) -> None:
        self.answer = answer
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.tokens: list[str | None] = []

    def close(self) -> None:
        """Close the idle connections: there are none."""

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, **options: Any
    ) -> HttpResponse:
        """The answer to one request."""
        parts = urlsplit(url)
        path = parts.path.removeprefix("/open_api/v1.3/").rstrip("/")
        params = json.loads(body) if body else {name: _value(text) for name, text in parse_qsl(parts.query)}
        self.asked.append((path, params))
        self.tokens.append(headers.get("Access-Token"))
        data = self.answer(path, params)
        id = f"req-{zlib.crc32(url.encode()) % 10_000}"
        said: Mapping[str, Any] = {
            "code": 0,
            "message": "OK",
            "request_id": id,
            "data": data,
        }
        if isinstance(data, TikTokError):
            said = {
                "code": data.code,
                "message": data.message,
                "request_id": id,
                "data": {},
            }
        return HttpResponse(200, {"date": format_datetime(NOW, usegmt=True)}, json.dumps(said).encode())


def _value(text: str) -> Any:
    return json.loads(text) if text.startswith(("[", "{")) else text


def sync_of(
    client: Canned, settings: Config | None = None, specials: Sequence[HiddenCampaigns] = ()
) -> tuple[Sync, list[str]]:
    """A sync over a client, and the warnings it will have given; it knows of these special campaigns."""
    said: list[str] = []
    settings = settings or config()
    found = Advertisers(client, settings, said.append)
    prefetcher = Prefetcher(1)
    campaign_ids = CampaignIds(client, prefetcher, said.append, specials)
    parent_lists = ParentLists(client, settings, prefetcher, said.append)
    return Sync(client, settings, found, campaign_ids, parent_lists, prefetcher, said.append), said
