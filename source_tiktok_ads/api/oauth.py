"""TikTok's OAuth endpoints: exchange an authorization code, and list the accounts that a token can read."""

import logging
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from source_tiktok_ads.shell import Redactor

from .envelope import Envelope, decode_envelope, decoder
from .errors import TimedOut, incomplete_account_list, readable
from .request import Request, to_json
from .response import ApiResponse
from .retry import TRIES, RetryBudget

ACCOUNT_LIST = "oauth2/advertiser/get"
"""The list of the accounts that a token can read."""

# A user waits for the exchange, and the platform ends a command after nine minutes.
_EXCHANGE_TRIES = 3


@dataclass(frozen=True)
class Token:
    """The result of exchanging an authorization code. Its repr hides the token."""

    access_token: str = field(repr=False)
    advertiser_ids: tuple[str, ...]
    scope: tuple[int, ...]


class OAuthClient(Protocol):
    """The parts of the client that these endpoints need."""

    @property
    def redact(self) -> Redactor:
        """Masks the secrets that it has learned."""
        ...

    def send(self, request: Request[Any], budget: RetryBudget) -> ApiResponse[Any]:
        """The answer of one request. Raises TikTokError."""
        ...

    def log(self, level: int, text: str) -> None:
        """Log a line without secrets."""
        ...


class _Grant(msgspec.Struct):
    access_token: str
    advertiser_ids: list[str | int] | None = None
    scope: list[int] | None = None


class _GrantEnvelope(Envelope):
    data: _Grant | None = None


_decode_grant = decoder(_GrantEnvelope)


def exchange_code(client: OAuthClient, app_id: str, secret: str, auth_code: str) -> Token:
    """Exchange an authorization code, which works only once and within an hour, for a token. Raises TikTokError."""
    client.redact.learn(secret, auth_code)
    body = {"app_id": app_id, "secret": secret, "auth_code": auth_code}
    try:
        grant = _exchange(client, body)
    except TimedOut:
        # TikTok: with thousands of accounts the answer takes too long, unless it leaves them out.
        grant = _exchange(client, {**body, "return_advertiser_ids": False})
    client.redact.learn(grant.access_token)
    ids = tuple(str(advertiser_id) for advertiser_id in grant.advertiser_ids or ())
    return Token(grant.access_token, ids, tuple(grant.scope or ()))


def _exchange(client: OAuthClient, body: dict[str, Any]) -> _Grant:
    request = Request("oauth2/access_token", _decode_grant, body=body, authenticated=False)
    grant = client.send(request, RetryBudget(_EXCHANGE_TRIES, _EXCHANGE_TRIES)).envelope.data
    assert isinstance(grant, _Grant)  # the client refuses answers without data
    return grant


def list_accounts(
    client: OAuthClient, app_id: str, secret: str, *, attempts: int = TRIES, repeat_timeouts: bool = True
) -> list[tuple[str, str]]:
    """Id and name of every account that the token can read, in TikTok's order.

    An account that TikTok lists under several names comes once for each. A row without an id is left out with a
    warning. Raises TikTokError, also if TikTok gives only a part of the list.
    """
    client.redact.learn(secret)
    request = Request(ACCOUNT_LIST, decode_envelope, {"app_id": app_id, "secret": secret}, accept=_why_no_account_list)
    answer = client.send(request, RetryBudget(attempts, attempts, repeat_timeouts))
    if answer.in_part:
        # Nothing counts the accounts, and of one that is missing no stream could say that its rows are missing.
        raise incomplete_account_list(answer.in_part)
    found: dict[str, list[str]] = {}
    for row in answer.envelope.data.get("list") or ():
        if account := _account_of(row):
            found.setdefault(account[0], []).append(account[1])
        else:
            row_text = readable(client.redact(to_json(row)))
            client.log(logging.WARNING, f"TikTok lists an account without an id, which can't be read: {row_text}.")
    return [(id, name) for id, names in found.items() for name in dict.fromkeys(filter(None, names)) or ("",)]


def _why_no_account_list(envelope: Envelope) -> str | None:
    """Why an answer is not a list of accounts; None if it is one. A null list is accepted."""
    data = envelope.data
    listed = data.get("list") or [] if isinstance(data, dict) else data
    return None if isinstance(listed, list) and isinstance(data, dict) else "list is no list of accounts"


def _account_of(row: Any) -> tuple[str, str] | None:
    """Id and name in a row of the account list; None if it has no id. A name that is not a text becomes empty."""
    id = row.get("advertiser_id") if isinstance(row, dict) else None
    if isinstance(id, bool) or not isinstance(id, str | int) or not str(id).strip():
        return None
    name = row.get("advertiser_name")
    return str(id).strip(), name if isinstance(name, str) else ""
