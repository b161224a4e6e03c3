"""Reads one list page by page, in the way its endpoint is paged, and without the metrics that TikTok refuses."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from source_tiktok_ads.api.envelope import Envelope, decode_envelope
from source_tiktok_ads.api.errors import (
    NO_APP,
    TikTokError,
    TimedOut,
    TooLarge,
    invalid_metrics,
)
from source_tiktok_ads.api.pages import AcceptedOddities, PageCheck, PageInfo, page_info, verdict_in_part
from source_tiktok_ads.config import Config
from source_tiktok_ads.streams.listing import Listing, MalformedRow, Paging, Row
from source_tiktok_ads.streams.parameters import Params
from source_tiktok_ads.streams.shapes import time_of
from source_tiktok_ads.sync.list_requests import NAMES_ACCOUNT, ListClient, ListReading, ListRequest, OnMessage, Place
from source_tiktok_ads.sync.pagination import (
    MAX_IDLE_PAGES,
    MAX_READS,
    Attempt,
    Doubts,
    Incomplete,
    Lists,
    Prefetcher,
    read_until_consistent,
    read_without_doubt,
    smaller_page,
    unsent,
)
from source_tiktok_ads.sync.records import Answer, Data, Piece
from source_tiktok_ads.sync.refusals import (
    NEVER_GIVEN_UP,
    GivenUp,
    confirmed,
    essential,
    nothing_left,
    wrong_parameter,
)
from source_tiktok_ads.sync.shared_answers import SharedAnswers
from source_tiktok_ads.sync.tasks import Tasks

ROWS_PER_BATCH = 1000
"""How many rows of a file are emitted together."""

Pieces = Callable[[Sequence[Any]], Sequence[Piece]]
"""Turns the rows of an answer into keys and records."""


class ListPages:
    """Reads single lists for all streams of a sync, and remembers which metrics TikTok refused to each account."""

    def __init__(
        self, client: ListClient, config: Config, prefetcher: Prefetcher, warn: OnMessage, shared: SharedAnswers
    ) -> None:
        self._client = client
        self._config = config
        self._prefetcher = prefetcher
        self._warn = warn
        self._shared = shared
        self._lock = threading.Lock()
        self._lists: dict[str, Lists] = {}
        self._oddities: dict[str, AcceptedOddities] = {}
        self._given_up: dict[Place, GivenUp] = {}
        self._believed: dict[Place, frozenset[str]] = {}

    def rows(self, reading: ListReading, request: ListRequest) -> Iterator[list[bytes]]:
        """The rows of one list; without the metrics that TikTok refuses by name."""
        while True:
            key = reading.listing.name, request.account.id, request.of
            asked = self._without_given_up(key, request)
            try:
                with self._shared.reading(reading.listing, asked.params) as answers:
                    yield from self._read_by_paging(replace(reading, answers=answers), asked)
            except TikTokError as error:
                self._give_up(key, asked, error)
            else:
                if given_up := self._given_up.get(key):
                    reading.events.on_given_up(given_up)
                return

    def _without_given_up(self, key: Place, request: ListRequest) -> ListRequest:
        given_up = self._given_up.get(key)
        if not given_up:
            return request
        names = {
            name: [metric for metric in request.params[name] if metric not in given_up.names]
            for name in _metrics(request)
        }
        return request.also(names, {})

    def _give_up(self, key: Place, asked: ListRequest, error: TikTokError) -> None:
        """Stop asking for the metrics that TikTok refused twice. Raises the error if none may be left out."""
        named = _refused_metrics(asked, error)
        if named & NEVER_GIVEN_UP:
            raise essential(named & NEVER_GIVEN_UP, error)
        names = named & self._believed.get(key, frozenset())
        if not names:
            raise error
        if names == {metric for name in _metrics(asked) for metric in asked.params[name]}:
            raise nothing_left(error)
        with self._lock:
            before = self._given_up.get(key)
            self._given_up[key] = GivenUp(frozenset(names) | (before.names if before else frozenset()), error)

    def _believe(self, key: Place, names: Set[str]) -> None:
        with self._lock:
            self._believed[key] = self._believed.get(key, frozenset()) | names

    def _read_by_paging(self, reading: ListReading, request: ListRequest) -> Iterator[list[bytes]]:
        listing = reading.listing
        pieces = partial(
            reading.into.pieces,
            constants=request.constants,
            on_incomplete=reading.events.on_incomplete,
            listing=listing,
        )
        if listing.paging is Paging.WHOLE:
            yield from self._read_one_answer(reading, request, pieces)
        elif listing.paging is Paging.TASK:
            yield from self._read_task_file(reading, request, pieces)
        elif listing.paging is Paging.CURSOR:
            yield from read_without_doubt(partial(self._read_cursor_pages, reading, request, pieces))
        elif listing.paging is Paging.UNCOUNTED:
            yield from read_without_doubt(partial(self._read_uncounted_pages, reading, request, pieces))
        else:
            yield from self._read_numbered_pages(reading, request, pieces)

    def _read_one_answer(self, reading: ListReading, request: ListRequest, pieces: Pieces) -> Iterator[list[bytes]]:
        """The rows of a list that comes in one answer; of further pages too if the answer counts more than one."""

        def fetch(page: int) -> Answer:
            at: Params = {"page": page} if page > 1 else {}
            rows, info, envelope = self._fetch_rows(reading, request, at, repeat_timeouts=True)
            return _answer_of(envelope, rows, info)

        attempts = [Attempt(fetch, pieces, sys.maxsize)] * MAX_READS
        yield from read_until_consistent(attempts, reading.events.on_warning, self._prefetcher, reading.sent)

    def _read_task_file(self, reading: ListReading, request: ListRequest, pieces: Pieces) -> Iterator[list[bytes]]:
        """The rows of a file that a task writes. Raises Incomplete if there is no file, or only a part of it."""
        listing, account = reading.listing, request.account.id
        advertiser_id = account if listing.scope in NAMES_ACCOUNT else None
        day = self._client.now().date().isoformat()
        tasks = Tasks(self._client, listing, account, advertiser_id, reading.events.pending, day)
        file = tasks.file(request.params)
        found, doubts = pieces(file.rows), Doubts()
        doubts.compare(found)
        rows = unsent(found, set(), reading.sent)
        for start in range(0, len(rows), ROWS_PER_BATCH):
            yield rows[start : start + ROWS_PER_BATCH]
        if file.cut:
            raise Incomplete(file.cut)
        tasks.done(request.params)
        if doubts:
            raise Incomplete(doubts.sentence)

    def _read_numbered_pages(self, reading: ListReading, request: ListRequest, pieces: Pieces) -> Iterator[list[bytes]]:
        listing = reading.listing

        def fetch(size: int, page: int) -> Answer:
            rows, info, envelope = self._fetch_rows(reading, request, {"page_size": size, "page": page}, page)
            if listing.most and info is not None and info.total_number >= listing.most:
                reading.full.add(listing.name)
                info = _limit_pages(listing, info, size)
            return _answer_of(envelope, rows, info)

        if listing.newest_first and reading.into.since:
            try:
                size = self._page_size(listing)
                order = Order(reading.into.changed)
                yield from _read_until_unchanged(partial(fetch, size), size, pieces, reading.sent, order)
                return
            except (TooLarge, TimedOut, Incomplete):
                # Read the whole list instead, in smaller pages if necessary; rows already emitted stay out.
                pass
        with self._lock:
            lists = self._lists.setdefault(listing.name, Lists(self._prefetcher, self._page_size(listing)))
        yield from lists.rows(request.account.id, fetch, pieces, reading.events.on_warning, reading.sent)

    def _read_uncounted_pages(
        self, reading: ListReading, request: ListRequest, pieces: Pieces, doubts: Doubts
    ) -> Iterator[list[bytes]]:
        """The rows of all pages up to the first one that is not full or has no new rows, read once."""
        size, page, seen = self._page_size(reading.listing), 0, set[int]()
        while True:
            page, before = page + 1, len(seen)
            rows, info, envelope = self._fetch_rows(reading, request, {"page_size": size, "page": page})
            yield unsent(_noted(pieces(rows), envelope, doubts), seen, reading.sent)
            if not (info or PageInfo()).is_full(len(rows), size) or len(seen) == before:
                return

    def _read_cursor_pages(
        self, reading: ListReading, request: ListRequest, pieces: Pieces, doubts: Doubts
    ) -> Iterator[list[bytes]]:
        """The rows of a list that is paged by cursor, read once.

        Raises Incomplete if TikTok announces more rows without a cursor.
        """
        size, idle, probing = self._page_size(reading.listing), 0, False
        seen, cursor = set[int](), None
        while True:
            at: Params = {"cursor": cursor} if cursor is not None else {}
            try:
                rows, _, envelope = self._fetch_rows(reading, request, {"count": size, **at})
            except (TooLarge, TimedOut) as error:
                size = smaller_page(size, error)
                continue
            except TikTokError as error:
                if probing and wrong_parameter(error):
                    return
                raise
            before = len(seen)
            yield unsent(_noted(pieces(rows), envelope, doubts), seen, reading.sent)
            step = Step(len(rows), size, envelope.data.get("has_more"), envelope.data.get("cursor"), cursor)
            if step.is_silent:
                raise Incomplete(f"TikTok gave {len(seen)} rows in full pages, but not whether there are more.")
            if step.is_last or (probing and not step.announces_more):
                return
            probing = not step.announces_more
            idle = 0 if len(seen) > before else idle + 1
            if step.has_no_next or idle > MAX_IDLE_PAGES:
                raise Incomplete(f"TikTok says there are more rows than the {len(seen)} it gave, but not where.")
            cursor = step.cursor

    def _page_size(self, listing: Listing) -> int:
        return min(self._config.page_size, listing.page_size)

    def _fetch_rows(
        self,
        reading: ListReading,
        request: ListRequest,
        at: Params,
        page: int | None = None,
        repeat_timeouts: bool = False,
    ) -> tuple[list[dict[str, Any]], PageInfo | None, Envelope]:
        """The rows of one answer, its page info, and the whole answer.

        Raises Incomplete if the rows are not in their documented place but in another.
        """
        listing = reading.listing
        envelope = self._kept_answer(reading, request, at, page) or self._fetch(
            reading, request, at, self._check_of(listing, request, page), repeat_timeouts
        )
        if elsewhere := displaced(listing, envelope):
            raise Incomplete(f"{elsewhere}; none of these rows can be read.")
        return rows_in(listing, envelope.data), place_of(envelope), envelope

    def _kept_answer(self, reading: ListReading, request: ListRequest, at: Params, page: int | None) -> Envelope | None:
        """The answer that another stream received to the same request; None if this list would not accept it."""
        data = reading.answers.take(at)
        if data is None:
            return None
        kept = Envelope(0, data=data)
        return kept if self._check_of(reading.listing, request, page)(kept) is None else None

    def _fetch(
        self, reading: ListReading, request: ListRequest, at: Params, check: PageCheck[Envelope], repeat_timeouts: bool
    ) -> Envelope:
        """One answer of TikTok. A refusal that names metrics is confirmed."""
        listing, account = reading.listing, request.account.id
        key = listing.name, account, request.of
        params = {**request.params, **self._app_for(listing), **at}
        ask = partial(
            self._client.fetch,
            listing.path,
            {name: value for name, value in params.items() if name not in listing.headers},
            headers={name: str(params[name]) for name in listing.headers if params.get(name)},
            decode=decode_envelope,
            advertiser_id=account if listing.scope in NAMES_ACCOUNT else None,
            accept=check,
            repeat_timeouts=repeat_timeouts,
        )
        reply = confirmed(
            ask,
            lambda error: _refused_metrics(request, error) - self._believed.get(key, frozenset()),
            self._client.pause,
            partial(self._believe, key),
        )
        if reply.envelope.code:
            # What TikTok gave only in part is not for other streams.
            reading.answers.doubted = True
        reading.answers.add(at, reply.envelope.data)
        return reply.envelope

    def _check_of(self, listing: Listing, request: ListRequest, page: int | None) -> PageCheck[Envelope]:
        """What an answer to one request has to be like."""
        wrong, unlikely = partial(misshapen, listing), partial(displaced, listing)
        return PageCheck(page, self._oddities_of(listing), request.account.id, place_of, wrong, unlikely)

    def _app_for(self, listing: Listing) -> Params:
        """The id and secret of the app for a list that takes them. Raises TikTokError if the settings have none."""
        if not listing.names_app:
            return {}
        if self._config.app is None:
            raise TikTokError(NO_APP, message="nothing was sent", path=listing.path)
        app_id, secret = self._config.app
        return {"app_id": app_id, "secret": secret}

    def _oddities_of(self, listing: Listing) -> AcceptedOddities:
        with self._lock:
            warn = partial(_warn_of, self._warn, listing.name)
            return self._oddities.setdefault(listing.name, AcceptedOddities(warn))


def _warn_of(warn: OnMessage, name: str, text: str) -> None:
    warn(f"{name}: {text}")


@dataclass(frozen=True)
class Step:
    """One answer of a list that is paged by cursor."""

    rows: int
    """How many rows the answer has."""
    size: int
    """How many rows were asked for."""
    more: Any
    """The answer's `has_more`."""
    cursor: Any
    """The cursor of the next page."""
    before: Any
    """The cursor of this page."""

    @property
    def announces_more(self) -> bool:
        """Whether the answer says that there are more rows."""
        return self.more in (True, "true", "True", "1")

    @property
    def is_last(self) -> bool:
        """Whether the answer says that it is the last one, and is also short enough to be the last."""
        # A full page may not be the last one, nor may a page without rows that the page before announced. `has_more`
        # may be wrong there, so the next cursor is requested anyway.
        unlikely = self.rows >= self.size or (self.rows == 0 and self.before is not None)
        return not self.announces_more and (self.has_no_next or not unlikely)

    @property
    def is_silent(self) -> bool:
        """Whether the answer is full, but does not say at all whether there are more rows."""
        return self.rows >= self.size and self.more is None and self.has_no_next

    @property
    def has_no_next(self) -> bool:
        """Whether the answer has no cursor of a next page."""
        return self.cursor in (None, "", self.before)


def _limit_pages(listing: Listing, info: PageInfo, size: int) -> PageInfo:
    """The page info of a list of which TikTok gives at most `most` rows, without the pages beyond that limit."""
    most = listing.most
    return PageInfo(info.page, info.page_size, min(info.total_number, most), min(info.total_page, -(-most // size)))


def rows_in(listing: Listing, data: Mapping[str, Any]) -> Any:
    """What an answer has in the documented place of its rows; an empty list if there is nothing."""
    if not listing.places:
        return [data] if data else []
    return next((data[name] for name in listing.places if data.get(name)), [])


def _answer_of(envelope: Envelope, rows: list[dict[str, Any]], info: PageInfo | None) -> Answer:
    """The answer with its rows and page info in the usual places."""
    return Answer(envelope.code, request_id=envelope.request_id, data=Data(rows, info))


def _noted(pieces: Sequence[Piece], envelope: Envelope, doubts: Doubts) -> Sequence[Piece]:
    """The rows of an answer, after noting what speaks against them."""
    doubts.compare(pieces)
    doubts.note(verdict_in_part(envelope))
    return pieces


def place_of(envelope: Envelope) -> PageInfo | None:
    """The page info of an answer; None if it has none."""
    # TikTok: the list of saved audiences is documented with these numbers beside its rows, not in page_info.
    beside = "page_info" not in envelope.data and "total_page" in envelope.data
    return page_info(Envelope(0, data={"page_info": envelope.data})) if beside else page_info(envelope)


def misshapen(listing: Listing, envelope: Envelope) -> str | None:
    """Why an answer cannot belong to this list; None if it can."""
    if not isinstance(envelope.data, dict):
        return "data is no object"
    rows = rows_in(listing, envelope.data)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return f"{listing.rows_at} is no list of objects"
    try:
        for row in rows:
            deque(listing.records(row) if listing.records else (), maxlen=0)
    except MalformedRow as error:
        return str(error)
    return None


def displaced(listing: Listing, envelope: Envelope) -> str | None:
    """Where the rows of an answer are if they are not in their documented place; None if nothing suggests that."""
    data = envelope.data
    if listing.places and all(data.get(name) is None for name in listing.places):
        # TikTok: it leaves out empty lists, but has also renamed some, such as transaction to transaction_list.
        others = [name for name, value in data.items() if _is_list_of_objects(value)]
        return _elsewhere(listing.rows_at, others)
    return _displaced_within(listing, rows_in(listing, data))


def _displaced_within(listing: Listing, rows: Sequence[Row]) -> str | None:
    """The same for lists whose rows are nested in the objects that an answer lists."""
    if not listing.containers or listing.records is None or any(True for row in rows for _ in listing.records(row)):
        return None
    known = {*listing.containers, "page_info"}
    others = {name for row in rows for name, value in row.items() if _holds_objects(value) and name not in known}
    return _elsewhere(f"{listing.containers[0]} with rows", sorted(others))


def _elsewhere(missing: str, others: Sequence[str]) -> str | None:
    return f"TikTok's answer has no {missing}, but {', '.join(others)[:100]}" if others else None


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _holds_objects(value: Any) -> bool:
    return _is_list_of_objects(value) or (isinstance(value, dict) and bool(value))


def _metrics(request: ListRequest) -> list[str]:
    """The parameters that name metrics."""
    return [name for name in ("metrics", "metrics_fields") if name in request.params]


def _refused_metrics(request: ListRequest, error: TikTokError) -> Set[str]:
    """The requested metrics that a refusal names."""
    asked = {metric for name in _metrics(request) for metric in request.params[name]}
    return asked & {*invalid_metrics(error.message)}


class Order:
    """Checks that the rows of a list come in the order of their changes, newest first."""

    def __init__(self, changed: Callable[[Row], str | None]) -> None:
        self._changed = changed
        self._earliest: datetime | None = None

    def check(self, rows: Sequence[Row]) -> None:
        """Add the rows of the next page. Raises Incomplete if a row was changed later than one before it."""
        for change in filter(None, map(self._changed, rows)):
            time = time_of(change)
            if self._earliest and time > self._earliest:
                raise Incomplete(f"TikTok does not sort the rows: {change} comes after {self._earliest}.")
            self._earliest = time


def _read_until_unchanged(
    fetch: Callable[[int], Answer], size: int, pieces: Pieces, sent: set[int], order: Order
) -> Iterator[list[bytes]]:
    """The rows of a list that is sorted by change, newest first, up to the first page with an unchanged row.

    A row that changes meanwhile moves to the front, where the next sync finds it. Raises Incomplete if a page does not
    have as many rows as TikTok's count implies, if there is no count, or if the rows are not sorted: then the whole
    list has to be read.
    """
    page, counts, seen = 0, set[int](), set[int]()
    while True:
        page += 1
        data = fetch(page).data or Data()
        info = data.page_info or PageInfo()
        order.check(data.list or ())
        counts.add(info.total_number)
        before, rows = len(seen), pieces(data.list or ())
        # Decide before yielding: the consumer may take a long time.
        old = any(members is None for _, members in rows)
        yield unsent(rows, seen, sent)
        due = min(size, info.page_size or size, info.total_number - before)
        if len(counts) > 1 or info.total_number < 0 or len(seen) - before < due:
            raise Incomplete(f"TikTok counts {sorted(counts)} rows, {len(seen)} have come by page {page}.")
        if old or len(seen) >= info.total_number:
            return
