"""A request to TikTok: what is asked, and how it is written as method, URL, headers and body."""

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
    """One request: a POST where it has a `body`, else a GET. Its repr hides what may be secret.

    `path` has no slash at either end. `accept` returns why an answer cannot be right, or `None`; with a reason the
    request is sent again. `headers` are sent besides the token, which is left out unless `authenticated`.
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
        """The request as it is written to a connection with that host."""
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
    """Method, URL, headers and body of a request; its repr hides them."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)

    @property
    def identity(self) -> Hashable:
        """What distinguishes this request from others."""
        return self.method, self.url, self.body


def encode_query(params: Mapping[str, Param]) -> str:
    """Parameters as a query string; `None` is left out."""
    # TikTok: lists, objects and booleans stand in the query as JSON text, single ids of a list too.
    texts = {
        name: value if isinstance(value, str) else to_json(value) for name, value in params.items() if value is not None
    }
    # An earlier answer may hold lone surrogates, which no URL can; TikTok refuses the request then.
    return urlencode(texts, quote_via=quote, errors="replace")


def to_json(value: Any) -> str:
    """Compact JSON text, as TikTok takes it in a query or a body."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
