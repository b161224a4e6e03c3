"""The wire: one request, one whole answer. Nothing here is decoded, retried or counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import requests
import urllib3

CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Reply:
    """An answer of any status, its body unpacked."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def retry_after(self) -> float:
        """The seconds that the answer asks to wait; a date is not read, the backoff does for it."""
        text = {name.lower(): value for name, value in self.headers.items()}.get("retry-after", "")
        return float(text) if text.isdigit() else 0.0


class ConnectionLost(Exception):
    """No whole answer came: the connection failed, broke or stayed silent for too long (`silent`)."""

    def __init__(self, message: str, silent: bool = False) -> None:
        super().__init__(message)
        self.silent = silent


class Transport(Protocol):
    """What sends requests; tests put canned answers in its place."""

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float) -> Reply:
        """Send one request and read its answer, waiting at most `seconds` for any byte. Raises ConnectionLost."""


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class HttpTransport:
    """Requests over one session, with the proxies and certificates that the environment names."""

    def __init__(self) -> None:
        self._session = requests.Session()
        # Without it a .netrc with the host's name would replace the token.
        self._session.auth = _unchanged

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float) -> Reply:
        """Send one request; a redirect is an answer, so that no token or assertion ever follows it."""
        timeout = (CONNECT_SECONDS, seconds)
        try:
            with self._session.request(
                method, url, data=body, headers={**headers}, timeout=timeout, allow_redirects=False, stream=True
            ) as answer:
                # Read whole: in small pieces, as requests does it, a page of 20 MB would stand in memory twice.
                return Reply(answer.status_code, answer.headers, answer.raw.read(decode_content=True))
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise ConnectionLost(f"no answer within {seconds:.0f} s", silent=True) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise ConnectionLost(f"the connection failed: {type(error).__name__}") from error
