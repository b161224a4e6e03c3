"""Reading of list endpoints: each way of paging, and the lists first whose rows the requests come from."""

from __future__ import annotations

import json
import sys
import threading
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from source_tiktok_ads.api.envelope import Envelope, decode_envelope
from source_tiktok_ads.api.errors import (
    Action,
    TikTokError,
    TimedOut,
    TooLarge,
    invalid_metrics,
    unsupported_filters,
)
from source_tiktok_ads.api.pages import AcceptedOddities, PageCheck, PageInfo, page_info
from source_tiktok_ads.config import Config
from source_tiktok_ads.streams.listing import DatedListing, Listing, Misshapen, Paging, Parent, Row, Scope, merged
from source_tiktok_ads.streams.model import Params
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.children import Children, child_id, root_parent
from source_tiktok_ads.sync.lines import Answer, Data, Piece, unheard
from source_tiktok_ads.sync.listed import ListingRows
from source_tiktok_ads.sync.paging import (
    IDLE_PAGES,
    READS,
    Ahead,
    Attempt,
    Incomplete,
    Lists,
    proven,
    smaller_page,
    unsent,
)
from source_tiktok_ads.sync.refusals import (
    CONFIRM_AFTER,
    NEVER_GIVEN_UP,
    PARAMETER_REFUSED,
    GivenUp,
    confirmed,
    essential,
    nothing_left,
)
from source_tiktok_ads.sync.tasks import Kept, TaskClient, Tasks

# TikTok: what it answers where one shop, pixel or Business Center may not be seen, is not there or lacks what is asked
# for. Its other refusals are about the app or the account, so that the next shop would only hear the same.
REFUSALS_OF_ONE = frozenset({40001, PARAMETER_REFUSED, 40007, 40118})
NOT_THERE = 40007

# What speaks of a permission or of a feature that is not there, or calls the request wrong.
REFUSALS = (Action.SKIP_ADVERTISER, Action.SKIP_STREAM)

REFUSALS_IN_A_ROW = 20
"""After so many refusals, and no answer in between, it is not the single shop or pixel that is refused."""

ROWS_AT_ONCE = 1000
"""How many rows of a file leave together."""

Told = Callable[[str], None]
"""Is told a sentence."""

Place = tuple[str, str, str]
"""A list, an account, and a row of the list's parent in one pass."""

Pieces = Callable[[Sequence[Any]], Sequence[Piece]]

_NOTHING: Params = {}

_LATER = "a later sync that is not refused reads its past too"


class Asking(TaskClient, Protocol):
    """What this module needs of the client."""

    def now(self) -> datetime:
        """TikTok's clock, in UTC."""


@dataclass(frozen=True)
class Request:
    """One list to be read: for whom, what is asked for, and what that tells of every row.

    `of` names the pass, and the rows of the parent that it is about, whatever the window.
    """

    account: Account
    params: Params
    tells: Row
    of: str = ""

    def also(self, params: Params, tells: Row, of: str = "") -> Request:
        """The same with more to ask for and to tell."""
        return Request(self.account, merged(self.params, params), {**self.tells, **tells}, of or self.of)


@dataclass(frozen=True)
class Hears:
    """Who is told what is odd in a list, what lacks for now, what is left out and what is given up as refused.

    `refuses` is told of one of several shops, Business Centers or the like, by its name in the state, that TikTok
    refuses it: its rows are missing, those of the others are not. `kept` are the stream's tasks under way.
    """

    warn: Told
    lacks: Told
    leaves_out: Told
    gives_up: Callable[[GivenUp], object]
    refuses: Callable[[str, str], object]
    kept: Kept = field(default_factory=lambda: Kept({}, ""))


@dataclass(frozen=True)
class Reading:
    """A list being read for one account: who makes records of its rows, who is told, which rows have left."""

    listing: Listing
    into: ListingRows
    hears: Hears
    sent: set[int] = field(default_factory=set)
    full: set[str] = field(default_factory=set)
    """The lists that came to the most rows TikTok gives of them."""


@dataclass(frozen=True)
class Known:
    """The rows of a list that others come from, and the sentences about what could not be read of it.

    Packed, because those of all accounts stay until the sync ends. `left_out` holds the sentences about what TikTok
    refuses, which every stream below has to repeat, as it has no rows of that; `refused` holds those about single rows
    of the list at the top of the chain. `children` tells which rows of that list they come from, None where it is that
    list itself.
    """

    packed: bytes
    lacks: Sequence[str]
    children: Children | None = None
    left_out: Sequence[str] = ()
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[Row]:
        """The rows."""
        rows: list[Row] = json.loads(zlib.decompress(self.packed))
        return rows


@dataclass
class Trial:
    """How TikTok has answered about the rows of one account's parent list so far; `doubted` is to be asked again.

    `children` are told what came of those that the rows belong to.
    """

    children: Children
    answered: bool = False
    refused: int = 0
    error: TikTokError | None = None
    doubted: list[tuple[Request, Row]] = field(default_factory=list)

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
        if self.refused == REFUSALS_IN_A_ROW:
            self.end()

    def end(self) -> None:
        """Raises the last error where nothing but errors came: then it is about the account."""
        if self.error and not self.answered:
            raise self.error


class Chains:
    """Reads lists for all streams of a sync; a list that requests come from is read once for each account."""

    def __init__(self, client: Asking, config: Config, ahead: Ahead, warn: Told) -> None:
        self._client = client
        self._config = config
        self._ahead = ahead
        self._warn = warn
        self._lock = threading.Lock()
        self._lists: dict[str, Lists] = {}
        self._oddities: dict[str, AcceptedOddities] = {}
        self._known: dict[tuple[str, str, frozenset[str]], Known] = {}
        self._unreadable: dict[tuple[str, str, frozenset[str]], TikTokError] = {}
        self._reading: dict[tuple[str, str, frozenset[str]], threading.Lock] = {}
        self._given_up: dict[Place, GivenUp] = {}
        self._believed: dict[Place, frozenset[str]] = {}
        self._closed: set[Place] = set()
        self._refused_as: dict[Place, str] = {}
        self._confirmed: set[Place] = set()
        self._doubtful: set[Place] = set()
        self._at_once: dict[tuple[str, str], int] = {}
        self._told: set[tuple[str, str]] = set()

    def rows(
        self, listing: Listing, request: Request, into: ListingRows, hears: Hears, children: Children | None = None
    ) -> Iterator[list[bytes]]:
        """The rows of a list of one account, and of all lists that belong to it, page by page, each once.


        `children` says which rows of the list at the top of its chain are asked about, and is told what came of each.
        Raises TikTokError where the account can't be read.
        """
        reading = Reading(listing, into, hears)
        yield from self._one(reading, request, children)
        if listing.name in reading.full:
            hears.leaves_out(f"{listing.path}: {_at_most(listing)}")
        for more in listing.more:
            if more.beyond and listing.name not in reading.full:
                continue
            yield from self._more(
                replace(reading, listing=more), request if more.since else replace(request, params={})
            )

    def _more(self, reading: Reading, request: Request, last: bool = False) -> Iterator[list[bytes]]:
        """The rows of a further list; where TikTok refuses it, or a part of it, twice, only these are left out."""
        say = partial(self._say_once, reading, request)
        hears = replace(reading.hears, refuses=lambda child, sentence: say(sentence))
        try:
            yield from self._one(replace(reading, hears=hears), request, None)
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

    def _one(self, reading: Reading, request: Request, children: Children | None) -> Iterator[list[bytes]]:
        """The rows of one list, with all of its passes and parents."""
        listing = reading.listing
        own = request.also({"advertiser_id": request.account.id} if listing.scope in _NAMES_ACCOUNT else {}, {})
        passes = [
            own.also(each.params, each.tells, json.dumps(each.params))
            for each in listing.readings(self._config.include_deleted)
        ]
        if listing.parent is None:
            yield from self._passes(reading, passes)
        else:
            below = children or Children(top(listing).listing)
            yield from self._chained(reading, request, passes, listing.parent, below)

    def _passes(self, reading: Reading, passes: Sequence[Request]) -> Iterator[list[bytes]]:
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
        self, reading: Reading, passes: Sequence[Request]
    ) -> Generator[list[bytes], None, tuple[list[Request], TikTokError | None]]:
        """The rows of each pass; in the end those that TikTok refuses as wrong, and its last word about them."""
        refused: list[Request] = []
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
        self, reading: Reading, request: Request, passes: Sequence[Request], parent: Parent, children: Children
    ) -> Iterator[list[bytes]]:
        """The rows that everything the parent holds leads to."""
        found = self._parents(reading, parent, request, children)
        trial = Trial(children)
        most = self._at_once.get((reading.listing.name, request.account.id), parent.at_once)
        for rows, tells in asked_by(replace(parent, at_once=most), found):
            for each in passes:
                yield from self._about(reading, each.also({}, tells), parent, rows, trial)
        trial.end()
        if trial.doubted:
            self._client.pause(CONFIRM_AFTER, "TikTok refused some of the list's requests, which are sent once more")
        for request, row in trial.doubted:
            yield from self._about_again(reading, request, parent, row, trial)

    def _parents(self, reading: Reading, parent: Parent, request: Request, children: Children) -> Sequence[Row]:
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
            for sentence in each.lacks:
                reading.hears.lacks(sentence)
            for sentence in each.left_out:
                self._say_once(reading, request, f"{parent.listing.path}: {sentence}")
            for child, sentence in each.refused.items():
                if children.wants(child):
                    reading.hears.refuses(child, f"{parent.listing.path}: {sentence}")
        return parent.picks(rows)

    def _known_of(self, listing: Listing, request: Request, unlisted: frozenset[str] = frozenset()) -> Known:
        """The rows of a parent's list: those of the same days where it is asked for by days."""
        if isinstance(listing, DatedListing):
            return self._read(listing, request.account, unlisted, request.params)
        return self.known(listing, request.account, unlisted)

    def _about(
        self, reading: Reading, request: Request, parent: Parent, rows: Sequence[Row], trial: Trial
    ) -> Iterator[list[bytes]]:
        """The rows that some of the parent lead to; one of these that is refused does not cost the others theirs."""
        rows = self._open(reading, request, parent, rows, trial)
        if not rows:
            return
        try:
            yield from self._list(reading, about(request, parent, rows))
            self._answered(reading, request, parent, rows, trial)
        except TikTokError as error:
            if error.code not in REFUSALS_OF_ONE or _our_fault(error):
                raise
            if len(rows) == 1:
                self._doubt(reading, request, parent, rows[0], trial, error)
                return
            half, refused = len(rows) // 2, (trial.refused, len(trial.doubted))
            for some in (rows[:half], rows[half:]):
                yield from self._about(reading, request, parent, some, trial)
            if (trial.refused, len(trial.doubted)) == refused:
                self._take_fewer(reading, request, half)

    def _take_fewer(self, reading: Reading, request: Request, half: int) -> None:
        """Both halves of a group were answered: ask about no more at once from now on."""
        place = reading.listing.name, request.account.id
        self._at_once[place] = min(half, self._at_once.get(place, half))

    def _doubt(
        self, reading: Reading, request: Request, parent: Parent, row: Row, trial: Trial, error: TikTokError
    ) -> None:
        """A refusal of one row of the parent: to be asked again, unless that has been done for another window."""
        where = place(reading, request, parent, row)
        if where in self._confirmed:
            self._refuse(reading, request, where, row, error, trial.children)
        else:
            trial.doubted.append((request, row))
        if trial.children.speaks_for_others(row):
            trial.refuse(error)

    def _about_again(
        self, reading: Reading, request: Request, parent: Parent, row: Row, trial: Trial
    ) -> Iterator[list[bytes]]:
        """The rows that one of the parent leads to, which was refused before; left out where it is refused again."""
        try:
            yield from self._list(reading, about(request, parent, [row]))
            self._answered(reading, request, parent, [row], trial)
        except TikTokError as error:
            if error.code not in REFUSALS_OF_ONE or _our_fault(error):
                raise
            self._refuse(reading, request, place(reading, request, parent, row), row, error, trial.children)

    def _open(self, reading: Reading, request: Request, parent: Parent, rows: Sequence[Row], trial: Trial) -> list[Row]:
        """The rows that may be asked about: not those that were refused before in this sync."""
        shut = self._closed if trial.children.only is None else self._closed | self._doubtful
        open_rows = []
        for row in rows:
            where = place(reading, request, parent, row)
            if where in shut:
                child = trial.skip(row)
                if where in self._refused_as:
                    reading.hears.refuses(child, self._refused_as[where])
            else:
                open_rows.append(row)
        return open_rows

    def _answered(self, reading: Reading, request: Request, parent: Parent, rows: Sequence[Row], trial: Trial) -> None:
        trial.answered = True
        if self._doubtful:
            with self._lock:
                self._doubtful -= {place(reading, request, parent, row) for row in rows}

    def _refuse(
        self, reading: Reading, request: Request, closed: Place, row: Row, error: TikTokError, children: Children
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
        self, reading: Reading, request: Request, where: Place, children: Children, child: str, error: TikTokError
    ) -> None:
        """Name the child that is refused; what TikTok does not find has no rows, so nothing is missing without it."""
        sentence = f"{children.root.name} {child}: {error.event}. Only this is left out; {_LATER}."
        if error.code == NOT_THERE:
            self._say_once(reading, request, sentence)
            return
        with self._lock:
            self._refused_as[where] = sentence
        reading.hears.refuses(child, sentence)

    def _say_once(self, reading: Reading, request: Request, sentence: str) -> None:
        """Say what is left out, once for each list and account."""
        # What Business Centers have is the same for every account.
        whose = _center(request) if reading.listing.scope is Scope.CENTERS else request.account.id
        told = reading.listing.name, whose
        with self._lock:
            news = told not in self._told
            self._told.add(told)
        if news:
            reading.hears.leaves_out(sentence)

    def _list(self, reading: Reading, request: Request) -> Iterator[list[bytes]]:
        try:
            yield from self._without_refused(reading, request)
        except Incomplete as error:
            reading.hears.lacks(f"{_center(request)}{error}")
        except TikTokError as error:
            other = reading.listing.instead
            if other is None or _our_fault(error) or error.action not in REFUSALS:
                raise
            told = f"{_center(request)}{error.event}. {other.path} is read in its place, which may give less."
            self._say_once(reading, request, told)
            yield from self._list(replace(reading, listing=other), request)

    def known(self, listing: Listing, account: Account, unlisted: frozenset[str] = frozenset()) -> Known:
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

    def _remembering(self, whose: tuple[str, str, frozenset[str]], listing: Listing, account: Account) -> Known:
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

    def _read(self, listing: Listing, account: Account, unlisted: frozenset[str], params: Params = _NOTHING) -> Known:
        lacks: list[str] = []
        left_out: list[str] = []
        refused: dict[str, str] = {}
        children = Children(top(listing).listing, unlisted, unlisted or None) if listing.parent else None

        def warn(text: str) -> None:
            self._warn(f"{listing.path}, account {account.id}: {text}")

        # What does not fit is told by the stream that has these rows.
        rows = ListingRows(listing, unheard)
        tells = {"advertiser_id": account.id} if listing.scope is Scope.ACCOUNT else {}
        hears = Hears(warn, lacks.append, left_out.append, lambda given_up: warn(given_up.sentence), refused.setdefault)
        pages = self.rows(listing, Request(account, dict(params), tells), rows, hears, children)
        objects = b",".join(b"{%b}" % members for page in pages for members in page)
        return Known(zlib.compress(b"[%b]" % objects), lacks, children, left_out, refused)

    def _without_refused(self, reading: Reading, request: Request) -> Iterator[list[bytes]]:
        """The rows of one list; where TikTok refuses metrics by name, without these."""
        while True:
            whose = reading.listing.name, request.account.id, request.of
            asked = self._still_asked(whose, request)
            try:
                yield from self._paged(reading, asked)
            except TikTokError as error:
                self._give_up(whose, asked, error)
            else:
                if given_up := self._given_up.get(whose):
                    reading.hears.gives_up(given_up)
                return

    def _still_asked(self, whose: Place, request: Request) -> Request:
        given_up = self._given_up.get(whose)
        if not given_up:
            return request
        names = {
            name: [metric for metric in request.params[name] if metric not in given_up.names]
            for name in _metrics(request)
        }
        return request.also(names, {})

    def _give_up(self, whose: Place, asked: Request, error: TikTokError) -> None:
        """Ask for no more than TikTok gives of what was asked. Raises the error where nothing may be left out."""
        named = _refused_metrics(asked, error)
        if named & NEVER_GIVEN_UP:
            raise essential(named & NEVER_GIVEN_UP, error)
        names = named & self._believed.get(whose, frozenset())
        if not names:
            raise error
        if names == {metric for name in _metrics(asked) for metric in asked.params[name]}:
            raise nothing_left(error)
        with self._lock:
            before = self._given_up.get(whose)
            self._given_up[whose] = GivenUp(frozenset(names) | (before.names if before else frozenset()), error)

    def _believe(self, whose: Place, names: Set[str]) -> None:
        with self._lock:
            self._believed[whose] = self._believed.get(whose, frozenset()) | names

    def _paged(self, reading: Reading, request: Request) -> Iterator[list[bytes]]:
        listing = reading.listing
        pieces = partial(reading.into.pieces, tells=request.tells, lacks=reading.hears.lacks, listing=listing)
        if listing.paging is Paging.WHOLE:
            yield from self._in_one_answer(reading, request, pieces)
        elif listing.paging is Paging.TASK:
            yield from self._by_task(reading, request, pieces)
        elif listing.paging is Paging.CURSOR:
            yield from self._by_cursor(listing, request, pieces, reading.sent)
        elif listing.paging is Paging.UNCOUNTED:
            yield from self._by_full_pages(listing, request, pieces, reading.sent)
        else:
            yield from self._by_pages(reading, request, pieces)

    def _in_one_answer(self, reading: Reading, request: Request, pieces: Pieces) -> Iterator[list[bytes]]:
        """The rows of an answer that holds all of them; of its further pages where it counts such all the same."""

        def fetch(page: int) -> Answer:
            at: Params = {"page": page} if page > 1 else {}
            rows, info, _ = self._answer(reading.listing, request, at, repeat_timeouts=True)
            return Answer(0, data=Data(rows, info))

        attempts = [Attempt(fetch, pieces, sys.maxsize)] * READS
        yield from proven(attempts, reading.hears.warn, self._ahead, reading.sent)

    def _by_task(self, reading: Reading, request: Request, pieces: Pieces) -> Iterator[list[bytes]]:
        """The rows of a file that a task writes. Raises Incomplete where there is none, or it is not whole."""
        listing, account = reading.listing, request.account.id
        whose = account if listing.scope in _NAMES_ACCOUNT else None
        day = self._client.now().date().isoformat()
        tasks = Tasks(self._client, listing, account, whose, reading.hears.kept, day)
        file = tasks.file(request.params)
        rows = unsent(pieces(file.rows), set(), reading.sent)
        for start in range(0, len(rows), ROWS_AT_ONCE):
            yield rows[start : start + ROWS_AT_ONCE]
        if file.cut:
            raise Incomplete(file.cut)
        tasks.done(request.params)

    def _by_pages(self, reading: Reading, request: Request, pieces: Pieces) -> Iterator[list[bytes]]:
        listing = reading.listing

        def fetch(size: int, page: int) -> Answer:
            rows, info, _ = self._answer(listing, request, {"page_size": size, "page": page}, page)
            if listing.most and info is not None and info.total_number >= listing.most:
                reading.full.add(listing.name)
                info = _cut(listing, info, size)
            return Answer(0, data=Data(rows, info))

        if listing.newest_first and reading.into.since:
            try:
                size = self._size(listing)
                yield from _until_old(partial(fetch, size), size, pieces, reading.sent)
                return
            except (TooLarge, TimedOut, Incomplete):
                # Then the whole list, where need be in smaller pages; what has left stays.
                pass
        with self._lock:
            lists = self._lists.setdefault(listing.name, Lists(self._ahead, self._size(listing)))
        yield from lists.rows(request.account.id, fetch, pieces, reading.hears.warn, reading.sent)

    def _by_full_pages(
        self, listing: Listing, request: Request, pieces: Pieces, sent: set[int]
    ) -> Iterator[list[bytes]]:
        """The rows of pages up to the first that is not full, or that brings nothing new."""
        size, page, seen = self._size(listing), 0, set[int]()
        while True:
            page, before = page + 1, len(seen)
            rows, _, _ = self._answer(listing, request, {"page_size": size, "page": page})
            yield unsent(pieces(rows), seen, sent)
            if len(rows) < size or len(seen) == before:
                return

    def _by_cursor(self, listing: Listing, request: Request, pieces: Pieces, sent: set[int]) -> Iterator[list[bytes]]:
        """The rows of a list that tells where its next page begins. Raises Incomplete where the next one lacks."""
        size, idle, doubted = self._size(listing), 0, False
        seen, cursor = set[int](), None
        while True:
            at: Params = {"cursor": cursor} if cursor is not None else {}
            try:
                rows, _, data = self._answer(listing, request, {"count": size, **at})
            except (TooLarge, TimedOut) as error:
                size = smaller_page(size, error)
                continue
            except TikTokError as error:
                if doubted and error.code == PARAMETER_REFUSED:
                    return
                raise
            before = len(seen)
            yield unsent(pieces(rows), seen, sent)
            step = Step(len(rows), size, data.get("has_more"), data.get("cursor"), cursor)
            if step.ends or (doubted and not step.goes_on):
                return
            doubted = not step.goes_on
            idle = 0 if len(seen) > before else idle + 1
            if step.stuck or idle > IDLE_PAGES:
                raise Incomplete(f"TikTok says there are more rows than the {len(seen)} it gave, but not where.")
            cursor = step.cursor

    def _size(self, listing: Listing) -> int:
        return min(self._config.page_size, listing.page_size)

    def _answer(
        self,
        listing: Listing,
        request: Request,
        at: Params,
        page: int | None = None,
        repeat_timeouts: bool = False,
    ) -> tuple[list[dict[str, Any]], PageInfo | None, Mapping[str, Any]]:
        """The rows of one answer, where they stand among the pages, and all that came with them.

        Raises Incomplete where there are none in the rows' place but some in another.
        """
        wrong, odd = partial(misshapen, listing), partial(displaced, listing)
        whose = listing.name, request.account.id, request.of
        ask = partial(
            self._client.fetch,
            listing.path,
            {**request.params, **at},
            decode=decode_envelope,
            advertiser_id=request.account.id if listing.scope in _NAMES_ACCOUNT else None,
            accept=PageCheck(page, self._oddities_of(listing), request.account.id, place_of, wrong, odd),
            repeat_timeouts=repeat_timeouts,
        )
        reply = confirmed(
            ask,
            lambda error: _refused_metrics(request, error) - self._believed.get(whose, frozenset()),
            self._client.pause,
            partial(self._believe, whose),
        )
        if elsewhere := odd(reply.envelope):
            raise Incomplete(f"{elsewhere}; none of these rows can be read.")
        data = reply.envelope.data
        return rows_in(listing, data), place_of(reply.envelope), data

    def _oddities_of(self, listing: Listing) -> AcceptedOddities:
        with self._lock:
            warn = partial(_warn_of, self._warn, listing.name)
            return self._oddities.setdefault(listing.name, AcceptedOddities(warn))


def _warn_of(warn: Told, name: str, text: str) -> None:
    warn(f"{name}: {text}")


@dataclass(frozen=True)
class Step:
    """One answer of a list that is read by cursor: its number of rows and how many were asked for, and what it says.

    `more` is its has_more, `cursor` the place of the next answer, `before` that of this one.
    """

    rows: int
    size: int
    more: Any
    cursor: Any
    before: Any

    @property
    def goes_on(self) -> bool:
        """Whether it says that there are more."""
        return self.more in (True, "true", "True", "1")

    @property
    def ends(self) -> bool:
        """Whether it says that this is the last answer, and nothing speaks against that."""
        # One that is full, or has no rows although the one before announced some, may have lost the word of more to
        # come: what its cursor leads to is asked for all the same.
        odd = self.rows >= self.size or (self.rows == 0 and self.before is not None)
        return not self.goes_on and (self.stuck or not odd)

    @property
    def stuck(self) -> bool:
        """Whether it does not say where the next answer begins."""
        return self.cursor in (None, "", self.before)


def _cut(listing: Listing, info: PageInfo, size: int) -> PageInfo:
    """Where a page stands in a list of which TikTok gives no more than `most` rows; what lies beyond is not asked."""
    most = listing.most
    return PageInfo(info.page, info.page_size, min(info.total_number, most), min(info.total_page, -(-most // size)))


def _at_most(listing: Listing) -> str:
    rest = "are read where an ad uses them; all others are missing" if listing.more else "are missing"
    return f"TikTok gives at most {listing.most:,} rows, and that many came; older ones {rest}."


_NAMES_ACCOUNT = (Scope.ACCOUNT, Scope.REFERENCE)


def top(listing: Listing) -> Parent:
    """The parent at the top of a list's chain. Raises ValueError for a list that has none."""
    parent = root_parent(listing)
    if parent is None:
        raise ValueError(f"{listing.name} has no parent")
    return parent


def _our_fault(error: TikTokError) -> bool:
    """Whether TikTok says that the request is wrong for everybody, as it does of a filter that it names."""
    return bool(unsupported_filters(error.message))


def place(reading: Reading, request: Request, parent: Parent, row: Row) -> Place:
    """What a row of the parent asks for, whatever the window."""
    return reading.listing.name, request.account.id, json.dumps([parent.asks([row]), request.of])


def about(request: Request, parent: Parent, rows: Sequence[Row]) -> Request:
    """The request for what some rows of the parent lead to."""
    asks = parent.asks(rows)
    return request.also(asks, {}, json.dumps([asks, request.of]))


def asked_by(parent: Parent, rows: Sequence[Row]) -> Iterator[tuple[Sequence[Row], Row]]:
    """The rows of a parent that are asked about together, as many as a request takes, and what they tell.

    What would ask for the same comes once.
    """
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row.get(name) for name in parent.tells), []).append(row)
    asked: set[str] = set()
    for values, group in groups.items():
        for start in range(0, len(group), parent.at_once):
            some = group[start : start + parent.at_once]
            if (text := json.dumps(parent.asks(some))) not in asked:
                asked.add(text)
                yield some, dict(zip(parent.tells, values, strict=True))


def rows_in(listing: Listing, data: Mapping[str, Any]) -> Any:
    """What an answer holds in the place of the rows; an empty list where there is nothing."""
    if not listing.places:
        return [data] if data else []
    return next((data[name] for name in listing.places if data.get(name)), [])


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
    try:
        for row in rows:
            deque(listing.records(row) if listing.records else (), maxlen=0)
    except Misshapen as error:
        return str(error)
    return None


def displaced(listing: Listing, envelope: Envelope) -> str | None:
    """Where the rows of an answer stand if not where they should; None where nothing speaks for that."""
    data = envelope.data
    if not listing.places or any(name in data for name in listing.places):
        return None
    # TikTok: it leaves out empty lists, but has also renamed some, such as transaction to transaction_list.
    others = [name for name, value in data.items() if isinstance(value, list) and value and isinstance(value[0], dict)]
    return f"TikTok's answer has no {listing.rows_at}, but {', '.join(others)[:100]}" if others else None


def _metrics(request: Request) -> list[str]:
    """The parameters that name metrics."""
    return [name for name in ("metrics", "metrics_fields") if name in request.params]


def _refused_metrics(request: Request, error: TikTokError) -> Set[str]:
    """The metrics that a refusal names, of those that were asked for."""
    asked = {metric for name in _metrics(request) for metric in request.params[name]}
    return asked & {*invalid_metrics(error.message)}


def _until_old(fetch: Callable[[int], Answer], size: int, pieces: Pieces, sent: set[int]) -> Iterator[list[bytes]]:
    """The rows of the first pages, to the first that holds a row which need not leave; the latest changes come first.

    A row that changes meanwhile moves to the front, where the next sync finds it. Raises Incomplete where a page has
    other rows than its place in TikTok's count says, or there is no count: then only the whole list is proof.
    """
    page, counts, seen = 0, set[int](), set[int]()
    while True:
        page += 1
        data = fetch(page).data or Data()
        info = data.page_info or PageInfo()
        counts.add(info.total_number)
        before, rows = len(seen), pieces(data.list or ())
        # Whoever takes the rows may take their time: what is old is known before.
        old = any(members is None for _, members in rows)
        yield unsent(rows, seen, sent)
        due = min(size, info.page_size or size, info.total_number - before)
        if len(counts) > 1 or info.total_number < 0 or len(seen) - before < due:
            raise Incomplete(f"TikTok counts {sorted(counts)} rows, {len(seen)} have come by page {page}.")
        if old or len(seen) >= info.total_number:
            return


def _center(request: Request) -> str:
    """Which Business Center a request is about, as sentences begin that name no account; empty for all other lists."""
    id = request.params.get("bc_id")
    return f"bc_id {id}: " if id else ""
