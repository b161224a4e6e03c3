"""Answers that nobody should send: each gives records of the schema or an error with a rule, and nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from source_tiktok_ads.api.client import Client
from source_tiktok_ads.api.rate_limit import RateLimiter
from source_tiktok_ads.api.transport import HttpResponse
from source_tiktok_ads.api.waiting import Runtime
from source_tiktok_ads.config import parse
from source_tiktok_ads.source import READERS
from source_tiktok_ads.streams.catalog import BY_NAME, entry
from source_tiktok_ads.sync.advertisers import Advertisers
from source_tiktok_ads.sync.campaign_ids import CampaignIds
from source_tiktok_ads.sync.pagination import Prefetcher
from source_tiktok_ads.sync.reader import Sync
from source_tiktok_ads.sync.substreams import ParentLists

from .simulator import APP_ID, SECRET, TOKEN, Simulator, Switches, World
from .simulator.endpoints import Request

# 10,000 answers in all; what a batch remembers of its answers goes with it.
BATCH = 500
BATCHES = 20 if os.environ.get("PROVE") else 1
WORLD = World(advertisers=1, campaigns=1, adgroups_per=1, ads_per=2, history_start=date(2026, 2, 20), unreadable=0)
STREAMS = (
    *("ad_insights", "ad_insights_by_platform", "campaigns", "adgroups", "ads", "advertisers"),
    *("ad_insights_hourly", "ad_insights_lifetime", "ad_insights_by_device_brand_monthly"),
    *("videos", "audiences", "pixels", "pixel_event_statistics", "identity_posts", "smart_plus_ads", "languages"),
    *("business_center_transactions", "gmv_max_campaign_insights", "comments", "video_insights"),
)
CONFIG: Mapping[str, Any] = {
    "credentials": {"auth_type": "oauth2.0", "access_token": TOKEN, "app_id": APP_ID, "secret": SECRET},
    "accounts": list(WORLD.advertiser_ids),
    "start_date": "2026-03-08",
    "page_size": 20,
}
# More than any sync of this world may ask, whatever an answer claims.
MOST_REQUESTS = 5_000

Damage = Callable[[bytes], bytes]


class Time:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@dataclass
class Hostile:
    """A transport: the simulator's answers in process, those of one path damaged, `times` of them."""

    simulator: Simulator
    path: str
    damage: Damage
    times: int
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    asked: int = 0

    def close(self) -> None:
        """Close the idle connections: there are none."""

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, **options: Any
    ) -> HttpResponse:
        """The answer to a request."""
        parts = urlsplit(url)
        lower = {name.lower(): value for name, value in headers.items()}
        request = Request(method, parts.path, lower, parse_qs(parts.query, keep_blank_values=True), body or b"")
        answer = self.simulator.ask(request)
        raw = json.dumps(answer.envelope).encode()
        if request.endpoint != self.path:
            return HttpResponse(200, {}, raw)
        self.asked += 1
        assert self.asked < MOST_REQUESTS, "no end"
        if self.asked > self.times:
            return HttpResponse(200, {}, raw)
        return HttpResponse(self.status, self.headers, self.damage(raw))


@dataclass
class Reading:
    """What reading a stream came to: its records, everything that was said, the errors it ended with."""

    records: list[dict[str, Any]]
    texts: list[str]
    errors: list[AirbyteTracedException]


def reading(stream: str, transport: Hostile) -> Reading:
    """Read a stream to its end; only a classified error may come out of it."""
    time, texts = Time(), list[str]()
    client = Client(
        "https://api.test",
        TOKEN,
        RateLimiter(50),
        transport,
        log=lambda level, text: texts.append(text),
        runtime=Runtime(time.sleep, time.monotonic, lambda: transport.simulator.clock.now, lambda: 0.5),
    )
    config = parse(CONFIG, {})
    sync = Sync(
        client,
        config,
        Advertisers(client, config, texts.append),
        CampaignIds(client, AHEAD, texts.append),
        ParentLists(client, config, AHEAD, texts.append),
        AHEAD,
        texts.append,
    )
    found = Reading([], texts, [])
    reader = READERS[type(BY_NAME[stream])](BY_NAME[stream], sync, True, {})
    for part in parts(reader.generate(), found):
        for record in parts(part.read(), found):
            found.records += [json.loads(line)["record"]["data"] for line in record.data[""].lines.splitlines()]
    texts.append(sync.summary.table())
    return found


def parts(items: Iterator[Any], found: Reading) -> Iterator[Any]:
    """The items, until a classified error ends them."""
    try:
        yield from items
    except AirbyteTracedException as error:
        found.errors.append(error)


AHEAD = Prefetcher(1)


@lru_cache(1)
def in_process() -> Simulator:
    """A TikTok that is asked in process."""
    return Simulator(WORLD, Switches(signed_urls=False))


# Values that no column expects.
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, -0.0, 10**18 + 1, 10**30, -(10**400), 1e308, 2**63, "", "-", " ", "0", "-5"),
    *(
        "<5",
        "1e400",
        "NaN",
        "Infinity",
        "1,234.5",
        "12.0",
        "0x10",
        "٣",
        "1_000",
        "9" * 5000,
        "null",
        "2026-02-30 00:00:00",
    ),
    *(
        "2026-03-09 00:00:00",
        "0000-00-00 00:00:00",
        "9999-12-31 23:59:59+14:00",
        "🎯" * 20,
        "\ud800",
        "a\udfffb",
        "\x00",
    ),
    *("x" * 100_000, '","":"', '{"a":1}', [], {}, [[]], [None], {"": None}, {"list": [{}]}, [1, "2", None, {"a": []}]),
)


def nodes(tree: Any) -> list[tuple[Any, Any]]:
    """Every place of a JSON tree: what holds it, and its name or number there."""
    found: list[tuple[Any, Any]] = []
    inner = [tree]
    while inner:
        holder = inner.pop()
        names = list(holder) if isinstance(holder, dict) else range(len(holder))
        found += [(holder, name) for name in names]
        inner += [holder[name] for name in names if isinstance(holder[name], (dict, list))]
    return found


def replaced(chance: random.Random, body: bytes) -> bytes:
    """Some place holds something else."""
    tree = json.loads(body)
    for _ in range(chance.randint(1, 5)):
        places = nodes(tree)
        if places:
            holder, name = chance.choice(places)
            holder[name] = chance.choice(VALUES)
    return json.dumps(tree).encode()


def removed(chance: random.Random, body: bytes) -> bytes:
    """Some place is gone."""
    tree = json.loads(body)
    holder, name = chance.choice(nodes(tree))
    del holder[name]
    return json.dumps(tree).encode()


def of_another_kind(chance: random.Random, body: bytes) -> bytes:
    """Texts that are numbers become numbers, numbers become texts, throughout."""
    tree = json.loads(body)
    for holder, name in nodes(tree):
        value = holder[name]
        if isinstance(value, str) and value.replace(".", "", 1).isdigit():
            holder[name] = float(value) if "." in value else int(value)
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and chance.random() < 0.5:
            holder[name] = str(value)
    return json.dumps(tree).encode()


def unknown(chance: random.Random, body: bytes) -> bytes:
    """Fields that nobody knows, anywhere."""
    tree = json.loads(body)
    holders = [holder for holder, _ in nodes(tree) if isinstance(holder, dict)]
    chance.choice(holders)[chance.choice(("novel", "", "data", "é🎯", "a\ud800", "list"))] = chance.choice(VALUES)
    return json.dumps(tree).encode()


def nulled(chance: random.Random, body: bytes) -> bytes:
    """Rows, or all that is in them, are null."""
    tree = json.loads(body)
    rows = (tree.get("data") or {}).get("list") if isinstance(tree.get("data"), dict) else None
    if isinstance(rows, list) and rows:
        place = chance.randrange(len(rows))
        rows[place] = chance.choice(
            (None, {}, [], "row", 7, dict.fromkeys(rows[place]) if isinstance(rows[place], dict) else 0)
        )
    return json.dumps(tree).encode()


def doubled(chance: random.Random, body: bytes) -> bytes:
    """Rows come again, or in another order."""
    tree = json.loads(body)
    rows = (tree.get("data") or {}).get("list") if isinstance(tree.get("data"), dict) else None
    if isinstance(rows, list):
        rows += rows[: chance.randint(1, 4)] * chance.randint(1, 30)
        chance.shuffle(rows)
    return json.dumps(tree).encode()


def miscounted(chance: random.Random, body: bytes) -> bytes:
    """The place among the pages is nonsense."""
    tree = json.loads(body)
    if isinstance(tree.get("data"), dict):
        numbers = (0, -1, 1, 2, 3, 10**9, 10**30, "7", "x", None, 2.5)
        info = {name: chance.choice(numbers) for name in ("page", "page_size", "total_number", "total_page")}
        tree["data"]["page_info"] = (
            {**(tree["data"].get("page_info") or {}), **info} if chance.random() < 0.9 else [info]
        )
    return json.dumps(tree).encode()


def refused(chance: random.Random, body: bytes) -> bytes:
    """Some verdict, whose words hold what they should not."""
    code = chance.choice(
        (1, -1, 20001, 40001, 40002, 40067, 40100, 40105, 40118, 49999, 50000, 60001, 10**12, "40105", 1.5, None)
    )
    words = (
        "no",
        f"Access-Token {TOKEN}",
        f"secret={SECRET}&app_id={APP_ID}",
        "Invalid metric fields: ['spend']",
        "\ud800",
        "x" * 9999,
        None,
    )
    tree = {
        "code": code,
        "message": chance.choice(words),
        "request_id": chance.choice(words),
        "data": chance.choice(({}, None, [])),
    }
    return json.dumps(tree).encode()


def deep(chance: random.Random, body: bytes) -> bytes:
    """Lists in lists without end, alone or where a value should be."""
    depth = chance.choice((10, 900, 100_000))
    nest = chance.choice((b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth, b"[" * depth))
    return nest if chance.random() < 0.3 else body.replace(b": null", b": " + nest, 1).replace(b'"-"', nest, 1)


def written_oddly(chance: random.Random, body: bytes) -> bytes:
    """JSON that is none, or hardly."""
    old, new = chance.choice(
        (
            (b'"-"', b"NaN"),
            (b'"code": 0', b'"code": 0, "code": 0'),
            (b'"code": 0', b'"code": 00'),
            (b'"code": 0', b'"code": "0"'),
            (b'"code": 0', b'"code": 0.0'),
            (b'"code": 0', b'"code": -0'),
            (b'"list": [', b'"list": [,'),
            (b'"list": [', b'"list": [null,'),
            (b'"data"', b'"DATA"'),
            (b": 1", b": 1" + b"0" * 5000),
            (b": 1", b": 1e999"),
            (b"name", b"\xff\xfe"),
            (b"name", b"\\ud83d"),
            (b"name", b"\\u0000"),
            (b"}", b"} "),
        )
    )
    return body.replace(old, new, chance.choice((1, -1)))


def cut_off(chance: random.Random, body: bytes) -> bytes:
    """Only the beginning."""
    return body[: chance.randrange(len(body) + 1)]


def scratched(chance: random.Random, body: bytes) -> bytes:
    """Some bytes are others."""
    raw = bytearray(body)
    for _ in range(chance.randint(1, 8) if raw else 0):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    return bytes(raw)


def something_else(chance: random.Random, body: bytes) -> bytes:
    """No answer of TikTok's at all."""
    page = f"<html><title>Sign in</title><body>{TOKEN}</body></html>".encode()
    others = (
        b"",
        b" ",
        b"null",
        b"[]",
        b"0",
        b'""',
        b"{}",
        b'{"code":0}',
        page,
        chance.randbytes(300),
        b"\xef\xbb\xbf" + body,
    )
    return chance.choice((*others, body + body, body + b"\n<!-- -->"))


WAYS = (
    *(replaced, replaced, removed, of_another_kind, unknown, nulled, doubled, miscounted, refused, deep),
    *(written_oddly, cut_off, scratched, something_else),
)
# Those that read the answer as JSON, so that they come before the others.
SOUND = {replaced, removed, of_another_kind, unknown, nulled, doubled, miscounted}


def damage_of(ways: list[Any], number: int) -> Damage:
    """All these ways, one after the other."""
    ordered = sorted(ways, key=lambda way: way not in SOUND)

    def damage(body: bytes) -> bytes:
        chance = random.Random(number)
        for way in ordered:
            # What an earlier way has left may have no such place any more.
            with contextlib.suppress(LookupError, TypeError, ValueError, AttributeError):
                body = way(chance, body)
        return body

    return damage


@lru_cache
def validator(stream: str) -> Draft7Validator:
    """Judges the records of a stream."""
    return Draft7Validator(entry(BY_NAME[stream], "every")["json_schema"])


def judge(stream: str, found: Reading) -> None:
    """Records fit their schema and have their keys; errors are classified; no text shows a secret or breaks a log."""
    for record in found.records:
        validator(stream).validate(record)
        assert all(record.get(name) is not None for name in BY_NAME[stream].key)
    said = [*found.texts, *(f"{error.message} {error.internal_message}" for error in found.errors)]
    for text in said:
        text.encode()
        assert TOKEN not in text
        assert SECRET not in text
        assert "Traceback" not in text
    assert all(error.failure_type for error in found.errors)


PATHS = {name: BY_NAME[name].path for name in STREAMS}
HEADERS = ({}, {"x-tt-ads-throttle": "1"}, {"date": "Tue, 10 Mar 2026 11:00:00 GMT"}, {"date": "yesterday"})


@pytest.mark.prove
@pytest.mark.parametrize("batch", range(BATCHES))
def test_hostile_answers(batch: int) -> None:
    """Whatever TikTok answers: records that fit the schema, or an error with a rule; no other exception, no hang."""
    calm = settings(max_examples=BATCH, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    seed(batch)(calm(HOSTILE(answer_is_classified)))()


HOSTILE = given(
    stream=st.sampled_from(STREAMS),
    ways=st.lists(st.sampled_from(WAYS), min_size=1, max_size=3),
    number=st.integers(0, 2**40),
    times=st.sampled_from((1, 2, 10**9)),
    headers=st.sampled_from(HEADERS),
    status=st.sampled_from((200, 200, 200, 200, 204, 301, 400, 404, 429, 500, 503, 504)),
)


def answer_is_classified(
    stream: str, ways: list[Any], number: int, times: int, headers: Mapping[str, str], status: int
) -> None:
    """Read a stream whose answers are damaged in these ways, and judge what came of it."""
    transport = Hostile(in_process(), PATHS[stream], damage_of(ways, number), times, headers, status)
    found = reading(stream, transport)
    judge(stream, found)
    assert transport.asked
    assert found.records or found.errors or found.texts
