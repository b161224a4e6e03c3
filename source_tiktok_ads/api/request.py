"""Requests to TikTok, and their encoding as method, URL, headers and body."""

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic
from urllib.parse import quote, urlencode

from .envelope import Decode, E

Param = str | int | list[Any] | tuple[Any, ...] | dict[str, Any] | None

VERSION = "open_api/v1.3"


@dataclass(frozen=True)
class Request(Generic[E]):
    """One request: a POST if it has a `body`, else a GET. Its repr hides what may be secret.

    `path` has no slash at either end. `accept` returns why an answer cannot be right, or `None`; with a reason the
    request is sent again. `headers` are sent in addition to the token, which is only sent if `authenticated`.
    """

    path: str
    decode: Decode[E] = field(repr=False)
    params: Mapping[str, Param] = field(default_factory=dict, repr=False)
    advertiser_id: str | None = None
    accept: Callable[[E], str | None] | None = field(default=None, repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    authenticated: bool = True

    def encode(self, origin: str, authorization: Mapping[str, str]) -> "EncodedRequest":
        """The encoded request for a host."""
        address = f"{origin}/{VERSION}/{self.path}/"
        content_type = {} if self.body is None else {"Content-Type": "application/json"}
        return EncodedRequest(
            method="GET" if self.body is None else "POST",
            url=f"{address}?{encode_query(self.params)}" if self.params else address,
            headers={**content_type, **self.headers, **(authorization if self.authenticated else {})},
            body=None if self.body is None else to_json(self.body).encode(),
        )


@dataclass(frozen=True)
class EncodedRequest:
    """Method, URL, headers and body of a request. Its repr shows the method only."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)

    @property
    def identity(self) -> Hashable:
        """Identifies the request: equal requests have equal identities."""
        return self.method, self.url, tuple(sorted(self.headers.items())), self.body


def encode_query(params: Mapping[str, Param]) -> str:
    """Parameters as a query string, without those that are `None`."""
    # TikTok: lists, objects and booleans are JSON text in the query, even a list of one id.
    texts = {
        name: value if isinstance(value, str) else to_json(value) for name, value in params.items() if value is not None
    }
    # A value from an earlier answer may have lone surrogates, which a URL cannot have. TikTok then refuses the request.
    return urlencode(texts, quote_via=quote, errors="replace")


def to_json(value: Any) -> str:
    """Compact JSON text for a query or a body."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
