"""Reads lists with all that belongs to them: their passes, their further lists, and their parents' rows first."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from source_tiktok_ads.api.errors import (
    Action,
    TikTokError,
    unsupported_filters,
)
from source_tiktok_ads.config import Config
from source_tiktok_ads.streams.listing import DatedListing, Listing, Parent, Row, Scope
from source_tiktok_ads.streams.model import Params
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.children import Children, child_id, root_parent
from source_tiktok_ads.sync.list_pages import ListPages
from source_tiktok_ads.sync.list_records import ListingRows
from source_tiktok_ads.sync.list_requests import (
    NAMES_ACCOUNT,
    ListClient,
    ListEvents,
    ListReading,
    ListRequest,
    OnMessage,
    Place,
)
from source_tiktok_ads.sync.pagination import (
    Incomplete,
    Prefetcher,
)
from source_tiktok_ads.sync.records import ignore_invalid_value
from source_tiktok_ads.sync.refusals import (
    CONFIRM_AFTER,
    PARAMETER_REFUSED,
)

# TikTok: what it answers where one shop, pixel or Business Center may not be seen, is not there or lacks what is asked
# for. Its other refusals are about the app or the account, so that the next shop would only hear the same.
REFUSALS_OF_ONE = frozenset({40001, PARAMETER_REFUSED, 40007, 40118})
NOT_THERE = 40007

# What speaks of a permission or of a feature that is not there, or calls the request wrong.
REFUSALS = (Action.SKIP_ADVERTISER, Action.SKIP_STREAM)

MAX_CONSECUTIVE_REFUSALS = 20
"""After so many refusals, and no answer in between, it is not the single shop or pixel that is refused."""


_NOTHING: Params = {}

_LATER = "a later sync that is not refused reads its past too"


@dataclass(frozen=True)
class CachedList:
    """The rows of a list that others come from, and the sentences about what could not be read of it.

    Packed, because those of all accounts stay until the sync ends. `left_out` holds the sentences about what TikTok
    refuses, which every stream below has to repeat, as it has no rows of that; `refused` holds those about single rows
    of the list at the top of the chain. `children` tells which rows of that list they come from, None where it is that
    list itself.
    """

    packed: bytes
    incomplete: Sequence[str]
    children: Children | None = None
    left_out: Sequence[str] = ()
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[Row]:
        """The rows."""
        rows: list[Row] = json.loads(zlib.decompress(self.packed))
        return rows


@dataclass
class RefusalCount:
    """How TikTok has answered about the rows of one account's parent list so far; `doubted` is to be asked again.

    `children` are told what came of those that the rows belong to.
    """

    children: Children
    answered: bool = False
    refused: int = 0
    error: TikTokError | None = None
    doubted: list[tuple[ListRequest, Row]] = field(default_factory=list)

    def skip(self, row: Row) -> str:
        """One row is not asked about, because it was refused before in this sync: the child that it belongs to."""
        child = self.children.of(row)
        self.children.refused.add(child)
        return child

    def refuse(self, error: TikTokError) -> None:
        """One row is refused. Raises the error where so many have been that no other will be answered."""
        # What is not there says nothing of the others.
        if error.code != NOT_THERE:
            self.refused, self.error = self.refused + 1, error
        if self.refused == MAX_CONSECUTIVE_REFUSALS:
            self.end()

    def end(self) -> None:
        """Raises the last error where nothing but errors came: then it is about the account."""
        if self.error and not self.answered:
            raise self.error


class ParentLists:
    """Reads lists for all streams of a sync; a list that requests come from is read once for each account."""

    def __init__(self, client: ListClient, config: Config, prefetcher: Prefetcher, warn: OnMessage) -> None:
        self._client = client
        self._config = config
        self._pages = ListPages(client, config, prefetcher, warn)
        self._warn = warn
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str, frozenset[str]], CachedList] = {}
        self._unreadable: dict[tuple[str, str, frozenset[str]], TikTokError] = {}
        self._reading: dict[tuple[str, str, frozenset[str]], threading.Lock] = {}
        self._closed: set[Place] = set()
        self._refused_as: dict[Place, str] = {}
        self._confirmed: set[Place] = set()
        self._doubtful: set[Place] = set()
        self._batch_sizes: dict[tuple[str, str], int] = {}
        self._told: set[tuple[str, str]] = set()

    def rows(
        self,
        listing: Listing,
        request: ListRequest,
        into: ListingRows,
        events: ListEvents,
        children: Children | None = None,
    ) -> Iterator[list[bytes]]:
        """The rows of a list of one account, and of all lists that belong to it, page by page, each once.


        `children` says which rows of the list at the top of its chain are asked about, and is told what came of each.
        Raises TikTokError where the account can't be read.
        """
        reading = ListReading(listing, into, events)
        yield from self._one(reading, request, children)
        if listing.name in reading.full:
            events.on_skipped(f"{listing.path}: {_at_most(listing)}")
        for more in listing.more:
            if more.beyond and listing.name not in reading.full:
                continue
            yield from self._more(
                replace(reading, listing=more), request if more.since else replace(request, params={})
            )

    def _more(self, reading: ListReading, request: ListRequest, last: bool = False) -> Iterator[list[bytes]]:
        """The rows of a further list; where TikTok refuses it, or a part of it, twice, only these are left out."""
        say = partial(self._say_once, reading, request)
        events = replace(reading.events, on_refused=lambda child, sentence: say(sentence))
        try:
            yield from self._one(replace(reading, events=events), request, None)
            return
        except TikTokError as error:
            if _our_fault(error) or (error.action not in REFUSALS and error.code != PARAMETER_REFUSED):
                raise
            if last or error in self._unreadable.values():
                told = f"{error.event}. Only what {reading.listing.path} adds is left out."
                self._say_once(reading, request, told)
                return
            self._client.pause(CONFIRM_AFTER, error.rule.happened)
        yield from self._more(reading, request, last=True)

    def _one(self, reading: ListReading, request: ListRequest, children: Children | None) -> Iterator[list[bytes]]:
        """The rows of one list, with all of its passes and parents."""
        listing = reading.listing
        own = request.also({"advertiser_id": request.account.id} if listing.scope in NAMES_ACCOUNT else {}, {})
        passes = [
            own.also(each.params, each.constants, json.dumps(each.params))
            for each in listing.readings(self._config.include_deleted)
        ]
        if listing.parent is None:
            yield from self._passes(reading, passes)
        else:
            below = children or Children(top(listing).listing)
            yield from self._chained(reading, request, passes, listing.parent, below)

    def _passes(self, reading: ListReading, passes: Sequence[ListRequest]) -> Iterator[list[bytes]]:
        """The rows of each pass; of a list that tries some out, not of those that TikTok refuses twice.

        Raises the TikTokError of the last one where it refuses them all.
        """
        refused, error = yield from self._tried(reading, passes)
        if error is None:
            return
        self._client.pause(CONFIRM_AFTER, error.rule.happened)
        still, error = yield from self._tried(reading, refused)
        if error and len(still) == len(passes):
            raise error

    def _tried(
        self, reading: ListReading, passes: Sequence[ListRequest]
    ) -> Generator[list[bytes], None, tuple[list[ListRequest], TikTokError | None]]:
        """The rows of each pass; in the end those that TikTok refuses as wrong, and its last word about them."""
        refused: list[ListRequest] = []
        last: TikTokError | None = None
        for each in passes:
            try:
                yield from self._list(reading, each)
            except TikTokError as error:
                if not reading.listing.trying or error.code != PARAMETER_REFUSED:
                    raise
                refused, last = [*refused, each], error
        return refused, last

    def _chained(
        self,
        reading: ListReading,
        request: ListRequest,
        passes: Sequence[ListRequest],
        parent: Parent,
        children: Children,
    ) -> Iterator[list[bytes]]:
        """The rows that everything the parent holds leads to."""
        found = self._parents(reading, parent, request, children)
        refusals = RefusalCount(children)
        most = self._batch_sizes.get((reading.listing.name, request.account.id), parent.batch_size)
        for rows, constants in asked_by(replace(parent, batch_size=most), found):
            for each in passes:
                yield from self._about(reading, each.also({}, constants), parent, rows, refusals)
        refusals.end()
        if refusals.doubted:
            self._client.pause(CONFIRM_AFTER, "TikTok refused some of the list's requests, which are sent once more")
        for request, row in refusals.doubted:
            yield from self._about_again(reading, request, parent, row, refusals)

    def _parents(self, reading: ListReading, parent: Parent, request: ListRequest, children: Children) -> Sequence[Row]:
        """The rows of a parent to ask about, those of children that are no longer listed included."""
        known, id = self._known_of(parent.listing, request), request.account.id
        if known.children is None:
            rows = children.choose(row for row in known.rows if parent.takes(row, id))
            lists = [known]
        else:
            unlisted = children.follow(known.children)
            further = [self._known_of(parent.listing, request, unlisted)] if unlisted else []
            children.gone.update(
                (id, error) for each in further if each.children for id, error in each.children.gone.items()
            )
            lists = [known, *further]
            rows = [row for each in lists for row in each.rows if parent.takes(row, id)]
            rows = [row for row in rows if children.wants(children.of(row))]
        for each in lists:
            for sentence in each.incomplete:
                reading.events.on_incomplete(sentence)
            for sentence in each.left_out:
                self._say_once(reading, request, f"{parent.listing.path}: {sentence}")
            for child, sentence in each.refused.items():
                if children.wants(child):
                    reading.events.on_refused(child, f"{parent.listing.path}: {sentence}")
        return parent.select(rows)

    def _known_of(self, listing: Listing, request: ListRequest, unlisted: frozenset[str] = frozenset()) -> CachedList:
        """The rows of a parent's list: those of the same days where it is asked for by days."""
        if isinstance(listing, DatedListing):
            return self._read(listing, request.account, unlisted, request.params)
        return self.known(listing, request.account, unlisted)

    def _about(
        self, reading: ListReading, request: ListRequest, parent: Parent, rows: Sequence[Row], refusals: RefusalCount
    ) -> Iterator[list[bytes]]:
        """The rows that some of the parent lead to; one of these that is refused does not cost the others theirs."""
        rows = self._open(reading, request, parent, rows, refusals)
        if not rows:
            return
        try:
            yield from self._list(reading, about(request, parent, rows))
            self._answered(reading, request, parent, rows, refusals)
        except TikTokError as error:
            if error.code not in REFUSALS_OF_ONE or _our_fault(error):
                raise
            if len(rows) == 1:
                self._doubt(reading, request, parent, rows[0], refusals, error)
                return
            half, refused = len(rows) // 2, (refusals.refused, len(refusals.doubted))
            for some in (rows[:half], rows[half:]):
                yield from self._about(reading, request, parent, some, refusals)
            if (refusals.refused, len(refusals.doubted)) == refused:
                self._take_fewer(reading, request, half)

    def _take_fewer(self, reading: ListReading, request: ListRequest, half: int) -> None:
        """Both halves of a group were answered: ask about no more at once from now on."""
        place = reading.listing.name, request.account.id
        self._batch_sizes[place] = min(half, self._batch_sizes.get(place, half))

    def _doubt(
        self,
        reading: ListReading,
        request: ListRequest,
        parent: Parent,
        row: Row,
        refusals: RefusalCount,
        error: TikTokError,
    ) -> None:
        """A refusal of one row of the parent: to be asked again, unless that has been done for another window."""
        where = place(reading, request, parent, row)
        if where in self._confirmed:
            self._refuse(reading, request, where, row, error, refusals.children)
        else:
            refusals.doubted.append((request, row))
        if refusals.children.speaks_for_others(row):
            refusals.refuse(error)

    def _about_again(
        self, reading: ListReading, request: ListRequest, parent: Parent, row: Row, refusals: RefusalCount
    ) -> Iterator[list[bytes]]:
        """The rows that one of the parent leads to, which was refused before; left out where it is refused again."""
        try:
            yield from self._list(reading, about(request, parent, [row]))
            self._answered(reading, request, parent, [row], refusals)
        except TikTokError as error:
            if error.code not in REFUSALS_OF_ONE or _our_fault(error):
                raise
            self._refuse(reading, request, place(reading, request, parent, row), row, error, refusals.children)

    def _open(
        self, reading: ListReading, request: ListRequest, parent: Parent, rows: Sequence[Row], refusals: RefusalCount
    ) -> list[Row]:
        """The rows that may be asked about: not those that were refused before in this sync."""
        shut = self._closed if refusals.children.only is None else self._closed | self._doubtful
        open_rows = []
        for row in rows:
            where = place(reading, request, parent, row)
            if where in shut:
                child = refusals.skip(row)
                if where in self._refused_as:
                    reading.events.on_refused(child, self._refused_as[where])
            else:
                open_rows.append(row)
        return open_rows

    def _answered(
        self, reading: ListReading, request: ListRequest, parent: Parent, rows: Sequence[Row], refusals: RefusalCount
    ) -> None:
        refusals.answered = True
        if self._doubtful:
            with self._lock:
                self._doubtful -= {place(reading, request, parent, row) for row in rows}

    def _refuse(
        self,
        reading: ListReading,
        request: ListRequest,
        closed: Place,
        row: Row,
        error: TikTokError,
        children: Children,
    ) -> None:
        """Go on without what is refused; it is said here unless it is a child that is no longer listed."""
        unlisted = children.refuse(row, error)
        with self._lock:
            self._confirmed.add(closed)
            # It may be the days of this window that TikTok does not take.
            if unlisted or error.code != PARAMETER_REFUSED:
                self._closed.add(closed)
            elif children.only is None:
                self._doubtful.add(closed)
        if not unlisted:
            self._say_refused(reading, request, closed, children, children.of(row), error)

    def _say_refused(
        self,
        reading: ListReading,
        request: ListRequest,
        where: Place,
        children: Children,
        child: str,
        error: TikTokError,
    ) -> None:
        """Name the child that is refused; what TikTok does not find has no rows, so nothing is missing without it."""
        sentence = f"{children.root.name} {child}: {error.event}. Only this is left out; {_LATER}."
        if error.code == NOT_THERE:
            self._say_once(reading, request, sentence)
            return
        with self._lock:
            self._refused_as[where] = sentence
        reading.events.on_refused(child, sentence)

    def _say_once(self, reading: ListReading, request: ListRequest, sentence: str) -> None:
        """Say what is left out, once for each list and account."""
        # What Business Centers have is the same for every account.
        whose = _center(request) if reading.listing.scope is Scope.CENTERS else request.account.id
        told = reading.listing.name, whose
        with self._lock:
            news = told not in self._told
            self._told.add(told)
        if news:
            reading.events.on_skipped(sentence)

    def _list(self, reading: ListReading, request: ListRequest) -> Iterator[list[bytes]]:
        try:
            yield from self._pages.rows(reading, request)
        except Incomplete as error:
            reading.events.on_incomplete(f"{_center(request)}{error}")
        except TikTokError as error:
            other = reading.listing.instead
            if other is None or _our_fault(error) or error.action not in REFUSALS:
                raise
            told = f"{_center(request)}{error.event}. {other.path} is read in its place, which may give less."
            self._say_once(reading, request, told)
            yield from self._list(replace(reading, listing=other), request)

    def known(self, listing: Listing, account: Account, unlisted: frozenset[str] = frozenset()) -> CachedList:
        """A list of one account, read once in a sync; for `unlisted` rows of the list at the top, what these lead to.

        Raises TikTokError where it can't be read.
        """
        if listing.scope is Scope.CENTERS:
            # These lists name no account.
            account = Account(listing.scope.name.lower(), named=False)
        whose = listing.name, account.id, unlisted
        with self._lock:
            reading = self._reading.setdefault(whose, threading.Lock())
        with reading:
            if whose in self._unreadable:
                raise self._unreadable[whose]
            if whose not in self._known:
                self._known[whose] = self._remembering(whose, listing, account)
            return self._known[whose]

    def listed(self, listing: Listing, account: Account) -> frozenset[str]:
        """The rows of the list at the top of a list's chain that are asked about, as the state names them.

        Raises TikTokError where that list can't be read.
        """
        parent = top(listing)
        rows = self.known(parent.listing, account).rows
        return frozenset(child_id(parent.listing, row) for row in rows if parent.takes(row, account.id))

    def _remembering(self, whose: tuple[str, str, frozenset[str]], listing: Listing, account: Account) -> CachedList:
        """The rows of a list; where the token may not read what Business Centers have, no account need ask again."""
        unlisted = whose[2]
        try:
            return self._read(listing, account, unlisted)
        except TikTokError as error:
            if listing.scope is not Scope.CENTERS or error.action not in REFUSALS:
                raise
            self._client.pause(CONFIRM_AFTER, error.rule.happened)
        try:
            return self._read(listing, account, unlisted)
        except TikTokError as error:
            self._unreadable[whose] = error
            raise

    def _read(
        self, listing: Listing, account: Account, unlisted: frozenset[str], params: Params = _NOTHING
    ) -> CachedList:
        incomplete: list[str] = []
        left_out: list[str] = []
        refused: dict[str, str] = {}
        children = Children(top(listing).listing, unlisted, unlisted or None) if listing.parent else None

        def warn(text: str) -> None:
            self._warn(f"{listing.path}, account {account.id}: {text}")

        # What does not fit is told by the stream that has these rows.
        rows = ListingRows(listing, ignore_invalid_value)
        constants = {"advertiser_id": account.id} if listing.scope is Scope.ACCOUNT else {}
        events = ListEvents(
            warn, incomplete.append, left_out.append, lambda given_up: warn(given_up.sentence), refused.setdefault
        )
        pages = self.rows(listing, ListRequest(account, dict(params), constants), rows, events, children)
        objects = b",".join(b"{%b}" % members for page in pages for members in page)
        return CachedList(zlib.compress(b"[%b]" % objects), incomplete, children, left_out, refused)


def _at_most(listing: Listing) -> str:
    rest = "are read where an ad uses them; all others are missing" if listing.more else "are missing"
    return f"TikTok gives at most {listing.most:,} rows, and that many came; older ones {rest}."


def top(listing: Listing) -> Parent:
    """The parent at the top of a list's chain. Raises ValueError for a list that has none."""
    parent = root_parent(listing)
    if parent is None:
        raise ValueError(f"{listing.name} has no parent")
    return parent


def _our_fault(error: TikTokError) -> bool:
    """Whether TikTok says that the request is wrong for everybody, as it does of a filter that it names."""
    return bool(unsupported_filters(error.message))


def place(reading: ListReading, request: ListRequest, parent: Parent, row: Row) -> Place:
    """What a row of the parent asks for, whatever the window."""
    return reading.listing.name, request.account.id, json.dumps([parent.params_for([row]), request.of])


def about(request: ListRequest, parent: Parent, rows: Sequence[Row]) -> ListRequest:
    """The request for what some rows of the parent lead to."""
    asks = parent.params_for(rows)
    return request.also(asks, {}, json.dumps([asks, request.of]))


def asked_by(parent: Parent, rows: Sequence[Row]) -> Iterator[tuple[Sequence[Row], Row]]:
    """The rows of a parent that are asked about together, as many as a request takes, and what they tell.

    What would ask for the same comes once.
    """
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row.get(name) for name in parent.inherits), []).append(row)
    asked: set[str] = set()
    for values, group in groups.items():
        for start in range(0, len(group), parent.batch_size):
            some = group[start : start + parent.batch_size]
            if (text := json.dumps(parent.params_for(some))) not in asked:
                asked.add(text)
                yield some, dict(zip(parent.inherits, values, strict=True))


def _center(request: ListRequest) -> str:
    """Which Business Center a request is about, as sentences begin that name no account; empty for all other lists."""
    id = request.params.get("bc_id")
    return f"bc_id {id}: " if id else ""
