"""The service-account key and the access token that it buys, by google-auth over our own transport."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from google.auth.exceptions import GoogleAuthError
from google.auth.transport import Response
from google.oauth2.service_account import Credentials

from source_citrusad.shell import is_local

from .errors import BigQueryError, KeyRefused, Meaning
from .patience import Patience
from .transport import ConnectionLost, Reply, Transport

# CitrusAd: BigQuery is read with the scope of the whole platform.
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TOKEN_URI = "https://oauth2.googleapis.com/token"
GOOGLE_HOSTS = ("oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com")
SECONDS = 60.0


@dataclass(frozen=True)
class Key:
    """A service-account key that can sign."""

    email: str
    project_id: str
    secrets: tuple[str, ...] = field(repr=False)
    credentials: Credentials = field(repr=False)


def key_of(text: str, emulated: bool) -> Key:
    """The key in a key file's text; where `emulated`, its tokens may come from a local address. Raises KeyRefused."""
    info = _object(text)
    _judge(info, emulated)
    try:
        credentials = Credentials.from_service_account_info(info, scopes=[SCOPE])  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, GoogleAuthError):
        raise KeyRefused(
            "The private_key in credentials_json was cut or changed: paste the whole key file as CitrusAd issued it."
        ) from None
    private = info["private_key"]
    return Key(
        email=info["client_email"],
        project_id=str(info.get("project_id") or ""),
        # A line of the key in a message of a library would give much of it away.
        secrets=(text, private, *(line for line in private.splitlines() if not line.startswith("-----"))),
        credentials=credentials,
    )


def _object(text: str) -> dict[str, Any]:
    try:
        info = json.loads(text)
    except ValueError:
        info = None
    if not isinstance(info, dict):
        raise KeyRefused("credentials_json holds no JSON object: paste the whole key file, not a path or a part of it.")
    return {"token_uri": TOKEN_URI, **info}


def _judge(info: Mapping[str, Any], emulated: bool) -> None:
    kind = info.get("type")
    if kind != "service_account":
        found = f"of the type {json.dumps(kind)[:40]}" if kind else "without a type"
        raise KeyRefused(f"credentials_json is a key {found}: paste the key file of a service account.")
    for name in ("private_key", "client_email"):
        if not isinstance(info.get(name), str) or not info[name]:
            raise KeyRefused(f"credentials_json has no {name}: paste the whole key file of the service account.")
    if not _followed(info["token_uri"], emulated):
        raise KeyRefused(
            "The token_uri in credentials_json is not Google's, so nothing was sent there: paste the key file as "
            "CitrusAd issued it."
        )


def _followed(address: Any, emulated: bool) -> bool:
    try:
        parts = urlsplit(address if isinstance(address, str) else "")
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if "@" in parts.netloc:
        return False
    if parts.scheme == "https" and host in GOOGLE_HOSTS and parts.port in (None, 443):
        return True
    return emulated and parts.scheme in ("http", "https") and is_local(host)


class _Answer(Response):
    """An answer as google-auth reads it."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    @property
    def status(self) -> int:
        return self._reply.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._reply.headers

    @property
    def data(self) -> bytes:
        return self._reply.content


class Token:
    """The access token of a key, bought when it is first needed and again shortly before it ends."""

    def __init__(self, key: Key, transport: Transport, patience: Patience, on_secret: Callable[[str], None]) -> None:
        self._key = key
        self._transport = transport
        self._patience = patience
        self._on_secret = on_secret

    def value(self) -> str:
        """The token. Raises KeyRefused, or BigQueryError where Google can't be reached."""
        if not self._key.credentials.valid:
            self.renew()
        return str(self._key.credentials.token)

    def renew(self) -> None:
        """Buy a new token, whatever became of the last one. Raises as `value` does."""
        try:
            self._key.credentials.refresh(self._request)  # type: ignore[no-untyped-call]
        except GoogleAuthError as error:
            raise KeyRefused(
                f"The service-account key for {self._key.email} was refused ({error.args[0]}): ask CitrusAd for a new "
                "key, unless this machine's clock is wrong."
            ) from None
        self._on_secret(str(self._key.credentials.token))

    def _request(self, url: str, method: str, body: bytes, headers: Mapping[str, str], **_: Any) -> _Answer:
        """One request of google-auth's, tried again as ours are; it never sees an answer that says nothing."""
        for assertion in parse_qs(body.decode()).get("assertion", ()):
            self._on_secret(assertion)
        attempts = self._patience.attempts()
        while True:
            silent, asked = False, 0.0
            try:
                reply = self._transport.send(method, url, headers, body, SECONDS)
                if reply.status < 500 and reply.status != 429 and _is_json(reply.content):
                    return _Answer(reply)
                failed, asked = f"HTTP {reply.status}", reply.retry_after
            except ConnectionLost as lost:
                failed, silent = str(lost), lost.silent
            if not attempts.again(asked, silent):
                raise BigQueryError(Meaning.RETRY, 0, "token", f"{urlsplit(url).hostname} gives no token: {failed}.")


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True
