"""How lists are read: account by account, once for what all share, by windows of days where they are dated."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_tiktok_ads.api.errors import Action, TikTokError, TooLarge
from source_tiktok_ads.streams.listing import DatedListing, Listing, Row, Scope
from source_tiktok_ads.streams.model import CURRENCY, Params
from source_tiktok_ads.sync.advertisers import Account, AccountsError
from source_tiktok_ads.sync.children import Children, Groups, beginning, cursor_of_groups, groups_of, root_parent
from source_tiktok_ads.sync.date_ranges import DateRange, windows
from source_tiktok_ads.sync.incremental import DAYS_UNDER_WAY, DateRangeReader, ModifiedReader, Pages
from source_tiktok_ads.sync.list_records import ListingRows
from source_tiktok_ads.sync.list_requests import ListEvents, ListRequest
from source_tiktok_ads.sync.pagination import unsent
from source_tiktok_ads.sync.reader import FURTHEST, MAX_CONSECUTIVE_FAILURES, Reader, Slice, Sync
from source_tiktok_ads.sync.refusals import GivenUp
from source_tiktok_ads.sync.state import Changes
from source_tiktok_ads.sync.substreams import top
from source_tiktok_ads.sync.tasks import PendingTasks


class ListReader(ModifiedReader[Listing]):
    """Reads one list. Raises ForeignState for cursors it cannot read.

    Where all accounts share one, `_stand_ins` are those it can be read through as well.
    """

    def __init__(self, stream: Listing, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors)
        self._stand_ins: list[Account] = []

    def accounts(self) -> list[Account]:
        """The accounts to read for, as the list's scope has it."""
        accounts = super().accounts()
        if self.stream.scope is Scope.REFERENCE:
            self._stand_ins = [account for account in accounts if not account.refusal][1:MAX_CONSECUTIVE_FAILURES]
        return read_for(self.stream, accounts)

    def rows(self, part: Slice) -> Pages:
        """The changed rows of the account; all of them where the list tells no changes or a whole pass is due."""
        before, began = part.changes, self.sync.client.now()
        whole = not self.stream.cursor_tracks_changes or before.whole_pass_due(began.date())
        since = None if whole else before.since
        if parent := root_parent(self.stream):
            part.children = Children(parent.listing, before.children or self.children.get(part.account.id, frozenset()))
        rows = ListingRows(self.stream, self.surprise, since, self.sync.config.personal_data, self._is_new(part))
        pages = self._pages(part, rows, {})
        if changed := self._changed(part.account, since, began):
            pages = self.or_whole(part.account, self._pages(part, rows, changed), pages)
        yield from pages
        part.changes = self._with_children(part, before.after(rows.newest, self.not_after_now(began), whole))

    def _is_new(self, part: Slice) -> Callable[[Row], bool]:
        """Whether a row belongs to a child that the state does not know: then it leaves, whenever it has changed."""
        children = part.children
        return (lambda row: children.of(row) not in children.known) if children else (lambda row: False)

    def _with_children(self, part: Slice, changes: Changes) -> Changes:
        """The children of which all changes up to now have left; one that is refused is read whole when it answers."""
        if part.children is None:
            return changes
        for child, error in sorted(part.children.gone.items()):
            say_gone(self, part, child, error)
        if part.children.root.scope is Scope.CENTERS:
            self.children = {**self.children, part.account.id: frozenset(part.children.asked - {*part.children.gone})}
        return replace(changes, children=frozenset(part.children.read))

    def _pages(self, part: Slice, rows: ListingRows, params: Params) -> Pages:
        if self.stream.scope is Scope.TOKEN:
            yield unsent(rows.pieces(self._of_token(), {}, part.mark_incomplete), set(), set())
        else:
            yield from self._through([part.account, *self._stand_ins], part, rows, params)

    def _through(self, accounts: Sequence[Account], part: Slice, rows: ListingRows, params: Params) -> Pages:
        """The rows of a slice, by the first of the accounts that may read them."""
        first, *others = accounts
        try:
            yield from read(self, part, rows, ListRequest(first, params, {}))
        except TikTokError as error:
            if error.action is not Action.SKIP_ADVERTISER or not others:
                raise
            yield from self._through(others, part, rows, params)

    def _changed(self, account: Account, since: str | None, began: datetime) -> Params:
        # What belongs to a new shop or the like is wanted whole.
        after = None if self.stream.parent else self.changed_after(account, since, began)
        return self.stream.since(after, f"{began:%Y-%m-%d %H:%M:%S}") if self.stream.since and after else {}

    def _of_token(self) -> list[Mapping[str, Any]]:
        try:
            listed = self.sync.advertisers.listed()
        except AccountsError as error:
            message = f"{self.stream.name}: {error}"
            raise AirbyteTracedException(message=message, failure_type=FailureType.config_error) from None
        return [{"advertiser_id": id, "advertiser_name": name} for id, name in listed]


class DatedListReader(DateRangeReader[DatedListing]):
    """Reads one list by windows of days. Raises ForeignState for cursors it cannot read.

    A list that has a parent is read for each of the shops, pixels or the like at the top of its chain from the day
    that the state says of these, and from the start for those that it does not know.
    """

    def __init__(self, stream: DatedListing, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors)
        self.kept = PendingTasks(cursors, self.start.isoformat())
        self._told: set[tuple[str, str]] = set()
        self._groups: dict[str, Groups] = {}
        self._begins: dict[str, Groups] = {}
        top = root_parent(stream)
        self._root = top.listing if top else None
        self._inborn = self._root is not None and self._root.inborn
        known = {id: groups_of(cursor, stream.cursor, self._inborn) for id, cursor in cursors.items()} if top else {}
        self._known = {id: groups for id, groups in known.items() if groups}
        self._most_days: dict[str, int] = {}

    def accounts(self) -> list[Account]:
        """The accounts to read for, as the list's scope has it."""
        return read_for(self.stream, super().accounts())

    def today(self, account: Account) -> date:
        """The last day that can be asked for."""
        now = self.sync.client.now() + (FURTHEST if self.stream.ahead else timedelta())
        today = now.date() if self.stream.utc else account.today(now)
        return today - timedelta(days=self.stream.lag)

    def cut(self, spans: Iterable[DateRange], today: date) -> Iterable[DateRange]:
        """The windows that the days to be read are asked for by, without days that TikTok no longer tells of."""
        if self.stream.back:
            oldest = today - timedelta(days=self.stream.back - 1)
            spans = [DateRange(max(days.first, oldest), days.last) for days in spans if days.last >= oldest]
        return super().cut(spans, today)

    @property
    def lookback(self) -> int:
        """How many days before the cursor are read again."""
        # Where the days are UTC's, whose they are is known, and the last may have been running on for a day when it was
        # read; where they are many accounts', or one's whose zone may change, more of them may have been under way.
        return max(self.sync.config.lookback_days, 1 if self.stream.utc and not self.stream.ahead else DAYS_UNDER_WAY)

    @property
    def local(self) -> bool:
        """Whether the look-back depends on the time zone of the last sync."""
        return False

    def slices(self, account: Account) -> Iterator[Slice]:
        """The windows still to be read, in date order; then those that only some children owe."""
        if self._root is None:
            yield from super().slices(account)
            return
        today = self.today(account)
        last = min(self.sync.config.end_date or today, today)
        groups = self._begins[account.id] = self._groups[account.id] = self._begun(account, today)
        for window in self.cut(groups.base.owed(last, self.lookback), today):
            yield Slice(self, account, window, children=Children(self._root, groups.named))
        for some, owed in groups.late(self._listed(account), self._start_of(account)).extra(last, self.lookback):
            for window in self.cut(owed, today):
                yield Slice(self, account, window, children=Children(self._root, groups.named & some, some))

    def _start_of(self, account: Account) -> date:
        """Where a child of an account begins that the state does not know."""
        before = self._before.get(account.id)
        # A state that knows no children by name goes back as far for all of them.
        return min(self.start, before.start) if before and account.id not in self._known else self.start

    def _begun(self, account: Account, today: date) -> Groups:
        """What the state says of the children of an account, as far as it can be true."""
        groups = self._known_of(account)
        before = self._before.get(account.id) or groups.base.before
        given = self.with_what_is_given_again(account, before)
        self._without[account.id] = {**given.without}
        if before.ranges and not given.ranges:
            groups = beginning(self._start_of(account), self._inborn)
        groups = groups.mapped(lambda ranges: self.believed(account, ranges, today))
        self._coverage[account.id] = replace(groups.base.before, without=given.without)
        return groups

    def _known_of(self, account: Account) -> Groups:
        """The children that the state knows; nothing, with a warning, where it was written before it named them."""
        if known := self._known.get(account.id):
            return known.beginning(self.start)
        if self._before.get(account.id):
            self.sync.warn(
                f"{self.stream.name}, account {account.id}: its state does not say for which of "
                f"{top(self.stream).listing.name} it holds, so all days are read once more."
            )
        return beginning(self._start_of(account), self._inborn)

    def _listed(self, account: Account) -> Collection[str]:
        """The children that the account has now; none where that can't be read, which the slices say."""
        try:
            left_out = self._inborn or self._dead or account.id in self._failed
            return () if left_out else self.sync.parent_lists.listed(self.stream, account)
        except TikTokError:
            return ()

    def cursor_after(self, part: Slice) -> Mapping[str, Any]:
        """The days of the account that have left, this window included."""
        if part.children is None:
            return super().cursor_after(part)
        id = part.account.id
        groups, start = self._groups[id], self._start_of(part.account)
        self._groups[id] = groups.after(self.claimable(part), part.children, start)
        return cursor_of_groups(self._groups[id].without(self.without_after(part)), self.stream.cursor, self.lookback)

    def report_incomplete(self, part: Slice) -> None:
        """What one window has said of the account need not be said of all the others, most of all as an error."""
        with self._lock:
            news = (part.account.id, part.incomplete_reason) not in self._told
            self._told.add((part.account.id, part.incomplete_reason))
        if news:
            super().report_incomplete(part)

    def asks_for(self, name: str) -> bool:
        """Whether the stream asks for what an earlier sync was refused."""
        return True

    def still_refused(self, account: Account, names: Set[str], day: date) -> Set[str]:
        """What TikTok still refuses of what it refused on that day, which is read for it; all where it can't be."""
        part = Slice(self, account, DateRange(day, day))
        try:
            for page in self.rows(part):
                page.clear()
        except TikTokError:
            return names
        return names & part.given_up.names if part.given_up else set()

    def rows(self, part: Slice) -> Pages:
        """The rows of one window, in parts of as many days as TikTok gives the account in one request."""
        width = self._most_days.get(part.account.id, self.stream.days)
        try:
            for days in windows(part.window, width):
                yield from self._rows_of(part, days)
        except TooLarge as error:
            if not 0 < error.most_days < min(width, part.window.length):
                raise
            self._most_days[part.account.id] = error.most_days
            yield from self.rows(part)

    def _rows_of(self, part: Slice, days: DateRange) -> Pages:
        rows = ListingRows(self.stream, self.surprise, personal=self.sync.config.personal_data, until=self._until(part))
        told = {self.stream.day: days.first.isoformat()} if self.stream.day else {}
        yield from read(
            self, part, rows, ListRequest(part.account, self.stream.params_for(days.first, days.last), told)
        )
        if part.children:
            self._say_gone(part, part.children)

    def _until(self, part: Slice) -> str:
        """The last time of the account of which a row may leave, where the list tells of times to come."""
        now = self.sync.client.now().astimezone(part.account.zone)
        return f"{now:%Y-%m-%dT%H:%M:%S}" if self.stream.ahead_of_time else ""

    def _say_gone(self, part: Slice, children: Children) -> None:
        """Name each child that is no longer listed and refused once, with the days that are not read of it."""
        account = part.account
        with self._lock:
            news = {child: error for child, error in children.gone.items() if (account.id, child) not in self._told}
            self._told |= {(account.id, child) for child in news}
        begun = self._begins[account.id]
        for child, error in sorted(news.items()):
            first = begun.owed_from(child, self.today(account), self.lookback)
            say_gone(self, part, child, error, f" Its days from {first} on are not read.")


def read_for(stream: Listing, accounts: list[Account]) -> list[Account]:
    """Those of the accounts a list is read for: all, the first that can be read, or a name for none in particular.

    They are found in any case: a configuration that selects none is wrong for all streams, and TikTok's clock is known.
    """
    if stream.scope is Scope.ACCOUNT:
        return accounts
    if stream.scope is Scope.REFERENCE:
        return [account for account in accounts if not account.refusal][:1] or accounts[:1]
    return [Account(stream.scope.name.lower(), named=False)]


def read(reader: Reader[Any], part: Slice, rows: ListingRows, request: ListRequest) -> Pages:
    """The rows of a slice of a list; what could not be read of it is kept from being claimed."""
    own = {"advertiser_id": part.account.id} if reader.stream.scope is Scope.ACCOUNT else {}
    # A currency of the row's own, such as that of a shop's prices, is not the account's where TikTok leaves it out.
    money = {"currency": part.account.currency} if reader.stream.columns.get("currency") is CURRENCY else {}

    def on_incomplete(sentence: str) -> None:
        part.incomplete_reason = also_short(part.incomplete_reason, sentence)

    def on_skipped(sentence: str) -> None:
        say_left_out(reader, part, sentence)

    def on_refused(child: str, sentence: str) -> None:
        if reader.names(part.account, child):
            say_left_out(reader, part, sentence)
            if reader.full:
                # The table would be replaced by one without these rows.
                part.incomplete_reason = f"{part.incomplete_reason} {sentence}".strip()

    def on_given_up(given_up: GivenUp) -> None:
        before = part.given_up.names if part.given_up else frozenset()
        part.given_up = replace(given_up, names=before | given_up.names)

    events = ListEvents(reader.warn_of(part), on_incomplete, on_skipped, on_given_up, on_refused, reader.kept)
    request = request.also({}, {**own, **money})
    yield from reader.sync.parent_lists.rows(reader.stream, request, rows, events, part.children)


def say_gone(reader: Reader[Any], part: Slice, child: str, error: TikTokError, days: str = "") -> None:
    """Name a child that is no longer listed and that TikTok refuses: the next sync does not ask for it."""
    parent = top(reader.stream).listing.name
    say_left_out(reader, part, f"{child} is no longer among the {parent}, and {error.event}.{days}")


def say_left_out(reader: Reader[Any], part: Slice, sentence: str) -> None:
    """Name what is left out of an account, beside what may be left out of it already."""
    reader.sync.summary.leave_out(reader.stream.name, part.account.id, sentence, beside=True)
    reader.sync.warn(f"Left out: {reader.stream.name}, account {part.account.id}: {sentence}")


MAX_SENTENCE = 500
"""Once so many characters are said of what one slice lacks, nothing is added."""


def also_short(known: str, sentence: str) -> str:
    """What is known to lack and one thing more: a slice is about several Business Centers, shops or pixels."""
    if sentence in known or len(known) > MAX_SENTENCE:
        return known
    return f"{known} {sentence}".strip()
