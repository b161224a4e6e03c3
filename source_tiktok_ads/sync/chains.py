"""Reading of list endpoints: each way of paging, and the lists first whose rows the requests come from."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from source_tiktok_ads.api.client import Answer as Reply
from source_tiktok_ads.api.envelope import Envelope, decode_envelope
from source_tiktok_ads.api.errors import Action, TikTokError, TimedOut, TooLarge, invalid_metrics
from source_tiktok_ads.api.pages import PageInfo, page_info
from source_tiktok_ads.config import Config
from source_tiktok_ads.streams.listing import Listing, Paging, Parent, Row, Scope, merged
from source_tiktok_ads.streams.model import Params
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.lines import Answer, Data, Piece
from source_tiktok_ads.sync.listed import ListingRows
from source_tiktok_ads.sync.paging import IDLE_PAGES, SMALLEST_PAGE, Ahead, Lists, Shifting, unsent
from source_tiktok_ads.sync.refusals import PARAMETER_REFUSED

Told = Callable[[str], None]
"""Is told a sentence."""

Pieces = Callable[[Sequence[Any]], Sequence[Piece]]


class Asking(Protocol):
    """What this module needs of the client."""

    def fetch(
        self,
        path: str,
        params: Mapping[str, Any],
        *,
        decode: Callable[[bytes], Envelope],
        advertiser_id: str | None = None,
        accept: Callable[[Envelope], str | None] | None = None,
        repeat_timeouts: bool = False,
    ) -> Reply[Envelope]:
        """The decoded answer of one request. Raises TikTokError."""


@dataclass(frozen=True)
class Request:
    """One list to be read: for whom, what is asked for, and what that tells of every row.

    `of` names parent and pass, whatever the window.
    """

    account: Account
    params: Params
    tells: Row
    of: str = ""

    def also(self, params: Params, tells: Row, of: str = "") -> Request:
        """The same with more to ask for and to tell."""
        return Request(self.account, merged(self.params, params), {**self.tells, **tells}, of or self.of)


@dataclass(frozen=True)
class Known:
    """The rows of a list that others come from, and the sentences about what could not be read of it."""

    rows: Sequence[Row]
    lacks: Sequence[str]


class Chains:
    """Reads lists for all streams of a sync; a list that requests come from is read once for each account."""

    def __init__(self, client: Asking, config: Config, ahead: Ahead, warn: Told) -> None:
        self._client = client
        self._config = config
        self._ahead = ahead
        self._warn = warn
        self._lock = threading.Lock()
        self._lists: dict[str, Lists] = {}
        self._known: dict[tuple[str, str], Known] = {}
        self._reading: dict[tuple[str, str], threading.Lock] = {}
        self._refused: dict[str, set[str]] = {}
        self._closed: dict[tuple[str, str, str], str] = {}

    def rows(
        self, listing: Listing, request: Request, into: ListingRows, warn: Told, lacks: Told
    ) -> Iterator[list[bytes]]:
        """The rows of a list of one account, page by page, each once; `lacks` is told what could not be read.

        Raises TikTokError where the account can't be read.
        """
        sent = set[int]()
        for part in self._requests(listing, request, lacks):
            place = listing.name, part.account.id, part.of
            if place in self._closed:
                lacks(self._closed[place])
                continue
            try:
                yield from self._without_refused(listing, part, into, warn, sent)
            except Shifting as error:
                lacks(str(error))
            except TikTokError as error:
                # Whoever may not see one shop or identity may well see the others.
                if listing.parent is None or not lacking(error):
                    raise
                lacks(error.sentence_of_an_option)
                # Another window would only hear the same, unless it is this one's days that TikTok does not take.
                if error.code != PARAMETER_REFUSED:
                    self._closed[place] = error.sentence_of_an_option

    def _requests(self, listing: Listing, request: Request, lacks: Told) -> Iterator[Request]:
        """Everything to ask so that every wanted row comes."""
        own = request.also({"advertiser_id": request.account.id} if listing.scope in _NAMES_ACCOUNT else {}, {})
        for params, tells in self._parents(listing, request.account, lacks):
            for reading in listing.readings(self._config.include_deleted):
                yield own.also(reading.params, reading.tells).also(params, tells, json.dumps([params, reading.params]))

    def _parents(self, listing: Listing, account: Account, lacks: Told) -> Iterator[tuple[Params, Row]]:
        if listing.parent is None:
            yield {}, {}
            return
        known = self._rows_of(listing.parent.listing, account)
        for sentence in known.lacks:
            lacks(sentence)
        yield from asked_by(listing.parent, known.rows)

    def _rows_of(self, listing: Listing, account: Account) -> Known:
        place = listing.name, account.id
        with self._lock:
            reading = self._reading.setdefault(place, threading.Lock())
        with reading:
            if place not in self._known:
                self._known[place] = self._read(listing, account)
            return self._known[place]

    def _read(self, listing: Listing, account: Account) -> Known:
        lacks: list[str] = []

        def warn(text: str) -> None:
            self._warn(f"{listing.path}, account {account.id}: {text}")

        # What does not fit is told by the stream that has these rows.
        rows = ListingRows(listing, lambda column, value: None)
        pages = self.rows(listing, Request(account, {}, {}), rows, warn, lacks.append)
        return Known([json.loads(b"{%b}" % members) for page in pages for members in page], lacks)

    def _without_refused(
        self, listing: Listing, request: Request, into: ListingRows, warn: Told, sent: set[int]
    ) -> Iterator[list[bytes]]:
        """The rows of one list; where TikTok refuses metrics by name, without these."""
        while True:
            asked = self._still_asked(listing, request)
            try:
                yield from self._paged(listing, asked, into, warn, sent)
                return
            except TikTokError as error:
                if error.action is not Action.DROP_METRICS or not self._give_up(listing, asked, error):
                    raise

    def _still_asked(self, listing: Listing, request: Request) -> Request:
        refused = self._refused.get(listing.name)
        if not refused:
            return request
        names = {
            name: [metric for metric in request.params[name] if metric not in refused] for name in _metrics(request)
        }
        return request.also(names, {})

    def _give_up(self, listing: Listing, asked: Request, error: TikTokError) -> bool:
        """Whether there is something among what was asked that can be left out from now on."""
        named = {metric for name in _metrics(asked) for metric in asked.params[name]} & {
            *invalid_metrics(error.message)
        }
        with self._lock:
            refused = self._refused.setdefault(listing.name, set())
            news = named - refused
            refused |= named
        if news:
            names = ", ".join(sorted(news))
            self._warn(f"{listing.name}: TikTok refuses the metrics {names}; they stay null in this sync.")
        return bool(named)

    def _paged(
        self, listing: Listing, request: Request, into: ListingRows, warn: Told, sent: set[int]
    ) -> Iterator[list[bytes]]:
        pieces = partial(into.pieces, tells=request.tells)
        if listing.paging is Paging.WHOLE:
            yield unsent(pieces(self._answer(listing, request, {}, repeat_timeouts=True)[0]), set(), sent)
        elif listing.paging is Paging.CURSOR:
            yield from self._by_cursor(listing, request, pieces, sent)
        else:
            yield from self._by_pages(listing, request, pieces, warn, sent, bool(listing.newest_first and into.since))

    def _by_pages(
        self, listing: Listing, request: Request, pieces: Pieces, warn: Told, sent: set[int], until_old: bool
    ) -> Iterator[list[bytes]]:
        def fetch(size: int, page: int) -> Answer:
            rows, info, _ = self._answer(listing, request, {"page_size": size, "page": page})
            return Answer(0, data=Data(rows, info))

        if until_old:
            try:
                yield from _until_old(partial(fetch, self._size(listing)), pieces, sent)
                return
            except (TooLarge, TimedOut):
                # Then the whole list in smaller pages; what has left stays.
                pass
        with self._lock:
            lists = self._lists.setdefault(listing.name, Lists(self._ahead, self._size(listing)))
        yield from lists.rows(request.account.id, fetch, pieces, warn, sent)

    def _by_cursor(self, listing: Listing, request: Request, pieces: Pieces, sent: set[int]) -> Iterator[list[bytes]]:
        size, idle = self._size(listing), 0
        place: Any = None
        while True:
            at: Params = {"cursor": place} if place is not None else {}
            try:
                rows, _, data = self._answer(listing, request, {"count": size, **at})
            except (TooLarge, TimedOut):
                if size <= SMALLEST_PAGE:
                    raise
                size //= 2
                continue
            yield unsent(pieces(rows), set(), sent)
            if not data.get("has_more"):
                return
            idle, before, place = 0 if rows else idle + 1, place, data.get("cursor")
            if place in (None, "", before) or idle > IDLE_PAGES:
                raise Shifting("TikTok says there are more rows but does not give them.")

    def _size(self, listing: Listing) -> int:
        return min(self._config.page_size, listing.page_size)

    def _answer(
        self, listing: Listing, request: Request, place: Params, repeat_timeouts: bool = False
    ) -> tuple[list[dict[str, Any]], PageInfo, Mapping[str, Any]]:
        """The rows of one answer, where they stand among the pages, and all that came with them."""
        reply = self._client.fetch(
            listing.path,
            {**request.params, **place},
            decode=decode_envelope,
            advertiser_id=request.account.id if listing.scope in _NAMES_ACCOUNT else None,
            accept=partial(misshapen, listing),
            repeat_timeouts=repeat_timeouts,
        )
        data = reply.envelope.data
        return rows_in(listing, data), place_of(reply.envelope) or PageInfo(), data


_NAMES_ACCOUNT = (Scope.ACCOUNT, Scope.REFERENCE)


def lacking(error: TikTokError) -> bool:
    """Whether TikTok refuses just this: not admitted, no permission, not there, or parameters that do not fit."""
    return error.action in (Action.SKIP_ADVERTISER, Action.SKIP_STREAM) or error.code == PARAMETER_REFUSED


def asked_by(parent: Parent, rows: Sequence[Row]) -> Iterator[tuple[Params, Row]]:
    """What the rows of a parent ask for, each once, and what they tell; as many rows at once as a request takes."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in filter(parent.where, rows):
        groups.setdefault(tuple(row.get(name) for name in parent.tells), []).append(row)
    asked: set[str] = set()
    for values, group in groups.items():
        for start in range(0, len(group), parent.at_once):
            params = parent.asks(group[start : start + parent.at_once])
            if (text := json.dumps(params)) not in asked:
                asked.add(text)
                yield params, dict(zip(parent.tells, values, strict=True))


def rows_in(listing: Listing, data: Mapping[str, Any]) -> Any:
    """What an answer holds in the place of the rows; an empty list where there is nothing."""
    if not listing.rows_at:
        return [data] if data else []
    return data.get(listing.rows_at) or []


def place_of(envelope: Envelope) -> PageInfo | None:
    """Where a page stands in its list; None where the answer does not tell."""
    # TikTok: the list of saved audiences is documented with these numbers beside its rows, not in page_info.
    beside = "page_info" not in envelope.data and "total_page" in envelope.data
    return page_info(Envelope(0, data={"page_info": envelope.data})) if beside else page_info(envelope)


def misshapen(listing: Listing, envelope: Envelope) -> str | None:
    """Why an answer can't be one of this list; None where it can."""
    if not isinstance(envelope.data, dict):
        return "data is no object"
    rows = rows_in(listing, envelope.data)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return f"{listing.rows_at} is no list of objects"
    return "page_info is missing" if listing.paging is Paging.PAGES and place_of(envelope) is None else None


def _metrics(request: Request) -> list[str]:
    """The parameters that name metrics."""
    return [name for name in ("metrics", "metrics_fields") if name in request.params]


def _until_old(fetch: Callable[[int], Answer], pieces: Pieces, sent: set[int]) -> Iterator[list[bytes]]:
    """The rows of the first pages, to the first that holds a row which need not leave; the latest changes come first.

    A row that changes meanwhile moves to the front, where the next sync finds it.
    """
    page = 0
    while True:
        page += 1
        data = fetch(page).data or Data()
        rows = pieces(data.list or ())
        # Whoever takes the rows may take their time: what is old is known before.
        old = any(members is None for _, members in rows)
        yield unsent(rows, set(), sent)
        if old or not rows or page >= (data.page_info or PageInfo()).total_page:
            return
