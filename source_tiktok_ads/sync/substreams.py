"""Reads a list in all its passes, together with its further lists, after the rows of the parent lists it depends on."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from source_tiktok_ads.api.errors import (
    NO_APP,
    Action,
    TikTokError,
    unsupported_filters,
)
from source_tiktok_ads.config import Config
from source_tiktok_ads.streams.listing import DatedListing, Listing, Parent, Row, Scope
from source_tiktok_ads.streams.parameters import Params
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.children import Children, KnownChildren, child_id, root_parent
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
    wrong_parameter,
)
from source_tiktok_ads.sync.shared_answers import SharedAnswers, readings_of

# TikTok: it answers with these codes where the token may not see one shop, pixel or Business Center, or where that one
# does not exist or does not have the requested feature. Its other refusals are about the app or the account, so they
# would be the same for the next shop.
REFUSALS_OF_ONE = frozenset({40001, PARAMETER_REFUSED, 40007, 40118})
NOT_THERE = 40007

# Refusals because of a missing permission or feature, or because the request is wrong.
REFUSALS = (Action.SKIP_ADVERTISER, Action.SKIP_STREAM)

MAX_CONSECUTIVE_REFUSALS = 20
"""After this many refusals without an answer in between, the whole account is refused, not single shops or pixels."""


_NOTHING: Params = {}
_NOBODY: Mapping[str, Children] = {}
_ALL_LISTED: KnownChildren = {}

_LATER = "a later sync that is not refused reads its past too"


CacheKey = tuple[str, str, str]
"""A parent list, the account, and the unlisted children that it was read for."""


@dataclass(frozen=True)
class CachedList:
    """The rows of a parent list, and the sentences about the parts of it that could not be read."""

    packed: bytes
    """The rows as compressed JSON, because the rows of all accounts stay in memory until the sync ends."""
    incomplete: Sequence[str]
    children: Children | None = None
    """The rows of the list at the top of the chain that these rows belong to; None for that list itself."""
    left_out: Sequence[str] = ()
    """What TikTok refuses. Every child stream repeats these sentences, because its own rows are missing as well."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Sentences about refused rows of the list at the top of the chain, by the name of the row in the state."""

    @property
    def rows(self) -> list[Row]:
        """The rows."""
        rows: list[Row] = json.loads(zlib.decompress(self.packed))
        return rows


@dataclass
class RefusalCount:
    """Counts what TikTok has answered and refused so far for the parent rows of one account."""

    children: Children
    answered: bool = False
    refused: int = 0
    error: TikTokError | None = None
    unconfirmed: list[tuple[ListRequest, Row]] = field(default_factory=list)
    """Requests that were refused once and will be sent again."""

    def skip(self, row: Row, error: TikTokError | None) -> str:
        """Mark the child of a row that was refused earlier in this sync as refused. Returns the child.

        The error is that of a child that was no longer listed.
        """
        child = self.children.of(row)
        if error:
            self.children.refuse(row, error)
        self.children.refused.add(child)
        return child

    def refuse(self, error: TikTokError) -> None:
        """Count a refused row. Raises the error after MAX_CONSECUTIVE_REFUSALS."""
        # A row that does not exist says nothing about the others.
        if error.code != NOT_THERE:
            self.refused, self.error = self.refused + 1, error
        if self.refused == MAX_CONSECUTIVE_REFUSALS:
            self.end()

    def end(self) -> None:
        """Raises the last error if no request was answered: the refusal is then about the account."""
        if self.error and not self.answered:
            raise self.error


class ParentLists:
    """Reads the lists of all streams of a sync. A parent list is read once for each account and kept.

    `streams` are the selected lists, and `parents` further lists that the sync needs. What several of them and of their
    parent lists ask for is asked once.
    """

    def __init__(
        self,
        client: ListClient,
        config: Config,
        prefetcher: Prefetcher,
        warn: OnMessage,
        streams: Iterable[Listing] = (),
        parents: Iterable[Listing] = (),
    ) -> None:
        self._client = client
        self._config = config
        shared = SharedAnswers(readings_of(streams, parents, config.include_deleted))
        self._pages = ListPages(client, config, prefetcher, warn, shared)
        self._warn = warn
        self._lock = threading.Lock()
        self._cached: dict[CacheKey, CachedList] = {}
        self._unreadable: dict[CacheKey, TikTokError] = {}
        self._list_locks: dict[CacheKey, threading.Lock] = {}
        self._refused_for_good: set[Place] = set()
        self._refused_as: dict[Place, str] = {}
        self._gone_with: dict[Place, TikTokError] = {}
        self._confirmed: set[Place] = set()
        self._refused_in_a_window: set[Place] = set()
        self._batch_sizes: dict[tuple[str, str], int] = {}
        self._reported: set[tuple[str, str]] = set()

    def rows(
        self,
        listing: Listing,
        request: ListRequest,
        into: ListingRows,
        events: ListEvents,
        children: Children | None = None,
        further: Mapping[str, Children] = _NOBODY,
    ) -> Iterator[list[bytes]]:
        """The rows of one account's list and of its further lists, page by page, each row once.

        `children` selects the rows of the list at the top of the chain to read for, and records the outcome of each;
        `further` does so for the further lists, by their names.
        Raises TikTokError if the account cannot be read.
        """
        reading = ListReading(listing, into, events)
        yield from self._read_passes_of(reading, request, children)
        if listing.name in reading.full:
            events.on_skipped(f"{listing.path}: {_limit_sentence(listing)}")
        for more in listing.more:
            if more.beyond and listing.name not in reading.full:
                continue
            own = request if more.since else replace(request, params={})
            yield from self._read_further_list(replace(reading, listing=more), own, further.get(more.name))

    def _read_further_list(
        self, reading: ListReading, request: ListRequest, children: Children | None, last: bool = False
    ) -> Iterator[list[bytes]]:
        """The rows of a further list. If TikTok refuses it or a part of it twice, only that is left out."""
        say = partial(self._report_once, reading, request)
        events = replace(reading.events, on_refused=lambda child, sentence: say(sentence))
        try:
            yield from self._read_passes_of(replace(reading, events=events), request, children)
            return
        except TikTokError as error:
            if _is_wrong_request(error) or (error.action not in REFUSALS and not wrong_parameter(error)):
                raise
            if last or error in self._unreadable.values():
                sentence = f"{error.event}. Only what {reading.listing.path} adds is left out."
                self._report_once(reading, request, sentence)
                return
            self._client.pause(CONFIRM_AFTER, error.rule.happened)
        yield from self._read_further_list(reading, request, children, last=True)

    def _read_passes_of(
        self, reading: ListReading, request: ListRequest, children: Children | None
    ) -> Iterator[list[bytes]]:
        """The rows of one list in all its passes, for the parent rows that it depends on."""
        listing = reading.listing
        own = request.also({"advertiser_id": request.account.id} if listing.scope in NAMES_ACCOUNT else {}, {})
        passes = [
            own.also(each.params, each.constants, json.dumps(each.params))
            for each in listing.readings(self._config.include_deleted)
        ]
        if listing.parent is None:
            yield from self._read_passes(reading, passes)
        else:
            below = children or Children.below(top(listing))
            yield from self._read_below_parent(reading, request, passes, listing.parent, below)

    def _read_passes(self, reading: ListReading, passes: Sequence[ListRequest]) -> Iterator[list[bytes]]:
        """The rows of each pass. A list may have optional passes, which are skipped if TikTok refuses them twice.

        Raises the TikTokError of the last pass if TikTok refuses all of them.
        """
        refused, error = yield from self._try_passes(reading, passes)
        if error is None:
            return
        self._client.pause(CONFIRM_AFTER, error.rule.happened)
        still, error = yield from self._try_passes(reading, refused)
        if error and len(still) == len(passes):
            raise error

    def _try_passes(
        self, reading: ListReading, passes: Sequence[ListRequest]
    ) -> Generator[list[bytes], None, tuple[list[ListRequest], TikTokError | None]]:
        """The rows of each pass. Returns the passes that TikTok refuses as wrong, and the last error about them."""
        refused: list[ListRequest] = []
        last: TikTokError | None = None
        for each in passes:
            try:
                yield from self._read_pages(reading, each)
            except TikTokError as error:
                if not reading.listing.trying or not wrong_parameter(error):
                    raise
                refused, last = [*refused, each], error
        return refused, last

    def _read_below_parent(
        self,
        reading: ListReading,
        request: ListRequest,
        passes: Sequence[ListRequest],
        parent: Parent,
        children: Children,
    ) -> Iterator[list[bytes]]:
        """The rows that belong to the rows of the parent list."""
        found = self._select_parent_rows(reading, parent, request, children)
        refusals = RefusalCount(children)
        most = self._batch_sizes.get((reading.listing.name, request.account.id), parent.batch_size)
        for rows, constants in asked_by(replace(parent, batch_size=most), found):
            for each in passes:
                yield from self._read_for(reading, each.also({}, constants), parent, rows, refusals)
        refusals.end()
        if refusals.unconfirmed:
            self._client.pause(CONFIRM_AFTER, "TikTok refused some of the list's requests, which are sent once more")
        for request, row in refusals.unconfirmed:
            yield from self._retry_refused_row(reading, request, parent, row, refusals)

    def _select_parent_rows(
        self, reading: ListReading, parent: Parent, request: ListRequest, children: Children
    ) -> Sequence[Row]:
        """The parent rows to read for, including those of children that are no longer listed."""
        known, id = self._parent_list(parent.listing, request), request.account.id
        if known.children is None:
            rows = children.choose(row for row in known.rows if parent.takes(row, id))
            lists = [known]
        else:
            unlisted = children.follow(known.children)
            further = [self._parent_list(parent.listing, request, unlisted)] if unlisted else []
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
                self._report_once(reading, request, f"{parent.listing.path}: {sentence}")
            for child, sentence in each.refused.items():
                if children.wants(child):
                    reading.events.on_refused(child, f"{parent.listing.path}: {sentence}")
        return parent.select(rows)

    def _parent_list(self, listing: Listing, request: ListRequest, unlisted: KnownChildren = _ALL_LISTED) -> CachedList:
        """The rows of a parent list; of the same days if the parent is read by days."""
        if isinstance(listing, DatedListing):
            return self._read_parent_list(listing, request.account, unlisted, request.params)
        return self.known(listing, request.account, unlisted)

    def _read_for(
        self, reading: ListReading, request: ListRequest, parent: Parent, rows: Sequence[Row], refusals: RefusalCount
    ) -> Iterator[list[bytes]]:
        """The rows that belong to some parent rows. A refused group is halved until the refused row stands alone."""
        rows = self._without_refused(reading, request, parent, rows, refusals)
        if not rows:
            return
        try:
            yield from self._read_pages(reading, request_for(request, parent, rows))
            self._note_answer(reading, request, parent, rows, refusals)
        except TikTokError as error:
            if not _refuses_one(error):
                raise
            if len(rows) == 1:
                self._note_refusal(reading, request, parent, rows[0], refusals, error)
                return
            half, refused = len(rows) // 2, (refusals.refused, len(refusals.unconfirmed))
            for batch in (rows[:half], rows[half:]):
                yield from self._read_for(reading, request, parent, batch, refusals)
            if (refusals.refused, len(refusals.unconfirmed)) == refused:
                self._limit_batch_size(reading, request, half)

    def _limit_batch_size(self, reading: ListReading, request: ListRequest, half: int) -> None:
        """Limit requests to `half` parent rows from now on, because both halves of a refused group were answered."""
        key = reading.listing.name, request.account.id
        self._batch_sizes[key] = min(half, self._batch_sizes.get(key, half))

    def _note_refusal(
        self,
        reading: ListReading,
        request: ListRequest,
        parent: Parent,
        row: Row,
        refusals: RefusalCount,
        error: TikTokError,
    ) -> None:
        """Note that one parent row was refused. It is requested again, unless that was done for another window."""
        where = request_place(reading, request, parent, row)
        if where in self._confirmed:
            self._leave_out(reading, request, where, row, error, refusals.children)
        else:
            refusals.unconfirmed.append((request, row))
        if refusals.children.speaks_for_others(row):
            refusals.refuse(error)

    def _retry_refused_row(
        self, reading: ListReading, request: ListRequest, parent: Parent, row: Row, refusals: RefusalCount
    ) -> Iterator[list[bytes]]:
        """The rows that belong to a parent row that was refused once; left out if it is refused again."""
        try:
            yield from self._read_pages(reading, request_for(request, parent, [row]))
            self._note_answer(reading, request, parent, [row], refusals)
        except TikTokError as error:
            if not _refuses_one(error):
                raise
            self._leave_out(
                reading, request, request_place(reading, request, parent, row), row, error, refusals.children
            )

    def _without_refused(
        self, reading: ListReading, request: ListRequest, parent: Parent, rows: Sequence[Row], refusals: RefusalCount
    ) -> list[Row]:
        """The parent rows to ask for, without those that were refused earlier in this sync."""
        refused = (
            self._refused_for_good
            if refusals.children.only is None
            else self._refused_for_good | self._refused_in_a_window
        )
        allowed = []
        for row in rows:
            where = request_place(reading, request, parent, row)
            if where in refused:
                # The parent list of one stream may be the list of another, which has to report the child too.
                child = refusals.skip(row, self._gone_with.get(where))
                if where in self._refused_as:
                    reading.events.on_refused(child, self._refused_as[where])
            else:
                allowed.append(row)
        return allowed

    def _note_answer(
        self, reading: ListReading, request: ListRequest, parent: Parent, rows: Sequence[Row], refusals: RefusalCount
    ) -> None:
        refusals.answered = True
        if self._refused_in_a_window:
            with self._lock:
                self._refused_in_a_window -= {request_place(reading, request, parent, row) for row in rows}

    def _leave_out(
        self,
        reading: ListReading,
        request: ListRequest,
        where: Place,
        row: Row,
        error: TikTokError,
        children: Children,
    ) -> None:
        """Go on without a parent row that was refused twice, and report it unless its child is no longer listed."""
        unlisted = children.refuse(row, error)
        with self._lock:
            self._confirmed.add(where)
            if unlisted:
                self._gone_with[where] = error
            # TikTok may refuse only the days of this window, so other windows still ask for the row.
            if unlisted or not wrong_parameter(error):
                self._refused_for_good.add(where)
            elif children.only is None:
                self._refused_in_a_window.add(where)
        if not unlisted:
            self._report_refused(reading, request, where, children, children.of(row), error)

    def _report_refused(
        self,
        reading: ListReading,
        request: ListRequest,
        where: Place,
        children: Children,
        child: str,
        error: TikTokError,
    ) -> None:
        """Report a refused child. If TikTok does not find it, it has no rows and so none are missing."""
        sentence = f"{children.root.name} {child}: {error.event}. Only this is left out; {_LATER}."
        if error.code == NOT_THERE:
            self._report_once(reading, request, sentence)
            return
        with self._lock:
            self._refused_as[where] = sentence
        reading.events.on_refused(child, sentence)

    def _report_once(self, reading: ListReading, request: ListRequest, sentence: str) -> None:
        """Report what is left out, once for each list and account."""
        # The lists of Business Centers are the same for every account.
        owner = _center(request) if reading.listing.scope is Scope.CENTERS else request.account.id
        key = reading.listing.name, owner
        with self._lock:
            is_new = key not in self._reported
            self._reported.add(key)
        if is_new:
            reading.events.on_skipped(sentence)

    def _read_pages(self, reading: ListReading, request: ListRequest) -> Iterator[list[bytes]]:
        try:
            yield from self._pages.rows(reading, request)
        except Incomplete as error:
            reading.events.on_incomplete(f"{_center(request)}{error}")
        except TikTokError as error:
            other = reading.listing.instead
            if other is None or _is_wrong_request(error) or error.action not in REFUSALS:
                raise
            sentence = f"{_center(request)}{error.event}. {other.path} is read in its place, which may give less."
            self._report_once(reading, request, sentence)
            yield from self._read_pages(replace(reading, listing=other), request)

    def known(self, listing: Listing, account: Account, unlisted: KnownChildren = _ALL_LISTED) -> CachedList:
        """A list of one account, read once per sync; with `unlisted`, only the rows that belong to these children.

        Raises TikTokError if the list cannot be read.
        """
        if listing.scope not in NAMES_ACCOUNT:
            # Such a list is the same for every account.
            account = Account(listing.scope.name.lower(), named=False)
        key = listing.name, account.id, json.dumps(unlisted, sort_keys=True)
        with self._lock:
            lock = self._list_locks.setdefault(key, threading.Lock())
        with lock:
            if key in self._unreadable:
                raise self._unreadable[key]
            if key not in self._cached:
                self._cached[key] = self._read_and_keep(key, listing, account, unlisted)
            return self._cached[key]

    def listed(self, listing: Listing, account: Account) -> frozenset[str]:
        """The rows at the top of a list's chain of parents that the list is read for, by their names in the state.

        Raises TikTokError if the list at the top cannot be read.
        """
        parent = top(listing)
        rows = self.known(parent.listing, account).rows
        return frozenset(child_id(parent.listing, row) for row in rows if parent.takes(row, account.id))

    def _read_and_keep(self, key: CacheKey, listing: Listing, account: Account, unlisted: KnownChildren) -> CachedList:
        """The rows of a list. A second refusal of a list that names no account is kept, so it is not read again."""
        try:
            return self._read_parent_list(listing, account, unlisted)
        except TikTokError as error:
            if listing.scope in NAMES_ACCOUNT or error.action not in REFUSALS or error.rule is NO_APP:
                raise
            self._client.pause(CONFIRM_AFTER, error.rule.happened)
        try:
            return self._read_parent_list(listing, account, unlisted)
        except TikTokError as error:
            self._unreadable[key] = error
            raise

    def _read_parent_list(
        self, listing: Listing, account: Account, unlisted: KnownChildren, params: Params = _NOTHING
    ) -> CachedList:
        incomplete: list[str] = []
        left_out: list[str] = []
        refused: dict[str, str] = {}
        children = Children.below(top(listing), unlisted, {*unlisted} or None) if listing.parent else None

        def warn(text: str) -> None:
            self._warn(f"{listing.path}, account {account.id}: {text}")

        # The stream that emits these rows reports their invalid values.
        rows = ListingRows(listing, ignore_invalid_value)
        constants = {"advertiser_id": account.id} if listing.scope is Scope.ACCOUNT else {}
        events = ListEvents(
            warn, incomplete.append, left_out.append, lambda given_up: warn(given_up.sentence), refused.setdefault
        )
        pages = self.rows(listing, ListRequest(account, dict(params), constants), rows, events, children)
        objects = b",".join(b"{%b}" % members for page in pages for members in page)
        return CachedList(zlib.compress(b"[%b]" % objects), incomplete, children, left_out, refused)


def _limit_sentence(listing: Listing) -> str:
    rest = "are read where an ad uses them; all others are missing" if listing.more else "are missing"
    return f"TikTok gives at most {listing.most:,} rows, and that many came; older ones {rest}."


def top(listing: Listing) -> Parent:
    """The parent at the top of a list's chain of parents. Raises ValueError for a list without a parent."""
    parent = root_parent(listing)
    if parent is None:
        raise ValueError(f"{listing.name} has no parent")
    return parent


def _refuses_one(error: TikTokError) -> bool:
    """Whether TikTok refuses one row of a parent's list, so that the others may still be answered."""
    refused = error.code in REFUSALS_OF_ONE and error.rule.blame != "transient"
    return refused and not _is_wrong_request(error)


def _is_wrong_request(error: TikTokError) -> bool:
    """Whether TikTok refuses the request for every account, as it does when it names an unsupported filter."""
    return bool(unsupported_filters(error.message))


def request_place(reading: ListReading, request: ListRequest, parent: Parent, row: Row) -> Place:
    """Identifies the request for one parent row, independent of the window."""
    return reading.listing.name, request.account.id, json.dumps([parent.params_for([row]), request.of])


def request_for(request: ListRequest, parent: Parent, rows: Sequence[Row]) -> ListRequest:
    """The request for the rows that belong to some parent rows."""
    params = parent.params_for(rows)
    return request.also(params, {}, json.dumps([params, request.of]))


def asked_by(parent: Parent, rows: Sequence[Row]) -> Iterator[tuple[Sequence[Row], Row]]:
    """Batches of parent rows for one request each, with the columns that their rows inherit from the parent.

    A batch whose request would equal an earlier one is left out.
    """
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row.get(name) for name in parent.inherits), []).append(row)
    asked: set[str] = set()
    for values, group in groups.items():
        for start in range(0, len(group), parent.batch_size):
            batch = group[start : start + parent.batch_size]
            if (text := json.dumps(parent.params_for(batch))) not in asked:
                asked.add(text)
                yield batch, dict(zip(parent.inherits, values, strict=True))


def _center(request: ListRequest) -> str:
    """The Business Center of a request, as the beginning of a sentence; empty for lists of accounts."""
    id = request.params.get("bc_id")
    return f"bc_id {id}: " if id else ""
