"""A canned transport and a virtual clock: what the client meets in tests instead of sockets and time."""

import json
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timezone
from itertools import count
from typing import Any

from source_tiktok_ads.api.client import Client
from source_tiktok_ads.api.rate_limit import RateLimiter
from source_tiktok_ads.api.transport import HttpResponse, TransportError
from source_tiktok_ads.api.waiting import Runtime

MACHINE = datetime(2030, 1, 1, tzinfo=timezone.utc)
TOKEN = "the+token/of=tests"


IDS = count(1)
# Each answer has an id of its own, also where a script gives one again and again.
_ID = re.compile(rb"2026ABC\d+")


def envelope(code: int = 0, message: str = "OK", data: Any = None, request_id: str | None = None) -> bytes:
    """The bytes of an answer, with an id of its own unless one is given."""
    id = f"2026ABC{next(IDS)}" if request_id is None else request_id
    return json.dumps({"code": code, "message": message, "request_id": id, "data": data}).encode()


def ok(data: Any = None, **headers: str) -> HttpResponse:
    """Success with data (an empty object unless told)."""
    return HttpResponse(200, headers, envelope(data={} if data is None else data))


def refused(code: int, message: str = "no") -> HttpResponse:
    """A refusal, as TikTok sends it: HTTP 200."""
    return HttpResponse(200, {}, envelope(code, message, {}))


class Script:
    """A transport that answers with what it was given, one after the other, and keeps what it was asked."""

    def __init__(self, *answers: HttpResponse | TransportError) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, Mapping[str, str], bytes | None]] = []
        self.closed = 0
        self.silences: list[float] = []
        self.takes = 0.0
        self.pass_time: Callable[[float], object] = lambda seconds: None

    def close(self) -> None:
        """Close the idle connections; counts."""
        self.closed += 1

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, **options: Any
    ) -> HttpResponse:
        """The next answer; the last one again and again. It takes its time."""
        self.silences.append(options.get("silence_seconds", 0.0))
        with options.get("departure") or nullcontext():
            self.asked.append((method, url, headers, body))
        self.pass_time(self.takes)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, TransportError):
            raise answer
        return replace(answer, body=_ID.sub(lambda _: f"2026ABC{next(IDS)}".encode(), answer.body))


class Time:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        """Seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds

    def pass_by(self, seconds: float) -> None:
        """Let time pass while a request is under way."""
        self.now += seconds


class Bench:
    """A client on a script and a virtual clock; `log` collects what it says."""

    def __init__(
        self, *answers: HttpResponse | TransportError, limiter: RateLimiter | None = None, wait_scale: float = 1.0
    ) -> None:
        self.script = Script(*answers)
        self.time = Time()
        self.script.pass_time = self.time.pass_by
        self.log: list[tuple[int, str]] = []
        self.client = Client(
            "https://api.test/",
            TOKEN,
            limiter or RateLimiter(50),
            self.script,
            log=lambda level, text: self.log.append((level, text)),
            runtime=Runtime(
                lambda seconds: self.time.sleep(seconds), self.time.monotonic, lambda: MACHINE, lambda: 0.5
            ),
            wait_scale=wait_scale,
        )

    @property
    def texts(self) -> list[str]:
        """What was logged."""
        return [text for _, text in self.log]


def in_thread(act: Any) -> threading.Thread:
    """Start something beside the test."""
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    return thread
