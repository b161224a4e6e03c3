"""Reads lists: account by account, or once if all accounts share a list, or by windows of days."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_tiktok_ads.api.errors import Action, TikTokError, TooLarge
from source_tiktok_ads.streams.listing import DatedListing, Listing, Row, Scope
from source_tiktok_ads.streams.model import CURRENCY
from source_tiktok_ads.streams.parameters import Params
from source_tiktok_ads.sync.advertisers import Account, AccountsError
from source_tiktok_ads.sync.children import Children, Groups, beginning, cursor_of_groups, groups_of, root_parent
from source_tiktok_ads.sync.date_ranges import DateRange, windows
from source_tiktok_ads.sync.incremental import DAYS_UNDER_WAY, DateRangeReader, ModifiedReader, Pages
from source_tiktok_ads.sync.list_records import ListingRows
from source_tiktok_ads.sync.list_requests import ListEvents, ListRequest
from source_tiktok_ads.sync.pagination import Doubts, unsent
from source_tiktok_ads.sync.reader import FURTHEST, MAX_CONSECUTIVE_FAILURES, Reader, Slice, Sync
from source_tiktok_ads.sync.refusals import GivenUp
from source_tiktok_ads.sync.state import Changes
from source_tiktok_ads.sync.substreams import top
from source_tiktok_ads.sync.tasks import PendingTasks


class ListReader(ModifiedReader[Listing]):
    """Reads one list. Raises ForeignState for cursors it cannot read."""

    def __init__(self, stream: Listing, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors)
        # If all accounts share the list: further accounts to request it through.
        self._stand_ins: list[Account] = []

    def accounts(self) -> list[Account]:
        """The accounts to read for, according to the scope of the list."""
        accounts = super().accounts()
        if self.stream.scope is Scope.REFERENCE:
            self._stand_ins = [account for account in accounts if not account.refusal][1:MAX_CONSECUTIVE_FAILURES]
        return read_for(self.stream, accounts)

    def rows(self, part: Slice) -> Pages:
        """The changed rows of the account; all rows if the list has no times of change or a whole pass is due."""
        before, began = part.changes, self.sync.client.now()
        whole = not self.stream.cursor_tracks_changes or before.whole_pass_due(began.date())
        since = None if whole else before.since
        if parent := root_parent(self.stream):
            known = before.children or self.remembered.of(parent, part.account.id)
            part.children = Children.below(parent, known)
        part.further = further_children(self, part.account)
        rows = ListingRows(self.stream, self.surprise, since, self.sync.config.personal_data, self._is_new(part))
        pages = self._pages(part, rows, {})
        if changed := self._changes_filter(part.account, since, began):
            pages = self.or_whole(part.account, self._pages(part, rows, changed), pages)
        yield from pages
        part.changes = self._changes_with_children(part, before.after(rows.newest, self.not_after_now(began), whole))

    def _is_new(self, part: Slice) -> Callable[[Row], bool]:
        """Whether a row belongs to a child that the state does not know. Such rows are always emitted."""
        children = part.children
        return (lambda row: children.of(row) not in children.known) if children else (lambda row: False)

    def _changes_with_children(self, part: Slice, changes: Changes) -> Changes:
        """The changes with the children that were read completely. A refused child is read whole by a later sync."""
        report_gone(self, part)
        read = [part.children] if part.children else []
        self.remembered.keep(part.account.id, [*read, *part.further.values()])
        if part.children is None:
            return changes
        return replace(changes, children=frozenset(part.children.read))

    def _pages(self, part: Slice, rows: ListingRows, params: Params) -> Pages:
        if self.stream.scope is Scope.TOKEN:
            yield self._rows_of_token(part, rows)
        else:
            yield from self._read_through_first([part.account, *self._stand_ins], part, rows, params)

    def _rows_of_token(self, part: Slice, rows: ListingRows) -> list[bytes]:
        """The rows of the token's accounts. Several that TikTok lists under one id are reported: one is kept."""
        found, doubts = rows.pieces(self._accounts_of_token(), {}, part.mark_incomplete), Doubts()
        doubts.compare(found)
        if doubts:
            part.mark_incomplete(doubts.sentence)
        return unsent(found, set(), set())

    def _read_through_first(self, accounts: Sequence[Account], part: Slice, rows: ListingRows, params: Params) -> Pages:
        """The rows of a slice, requested through the first of the accounts that may read them."""
        first, *others = accounts
        try:
            yield from read(self, part, rows, ListRequest(first, params, {}))
        except TikTokError as error:
            if error.action is not Action.SKIP_ADVERTISER or not others:
                raise
            yield from self._read_through_first(others, part, rows, params)

    def _changes_filter(self, account: Account, since: str | None, began: datetime) -> Params:
        # A list with parents has no filter by time, because a new child has to be read whole.
        after = None if self.stream.parent else self.changed_after(account, since, began)
        return self.stream.since(after, f"{began:%Y-%m-%d %H:%M:%S}") if self.stream.since and after else {}

    def _accounts_of_token(self) -> list[Mapping[str, Any]]:
        try:
            listed = self.sync.advertisers.listed()
        except AccountsError as error:
            message = f"{self.stream.name}: {error}"
            raise AirbyteTracedException(message=message, failure_type=FailureType.config_error) from None
        return [{"advertiser_id": id, "advertiser_name": name} for id, name in listed]


class DatedListReader(DateRangeReader[DatedListing]):
    """Reads one list by windows of days. Raises ForeignState for cursors it cannot read.

    A list with a parent is read for each child (a shop, pixel or the like at the top of its chain of parents): from
    the day in the state, or from the start for children that the state does not know.
    """

    def __init__(self, stream: DatedListing, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors)
        self.kept = PendingTasks(cursors, self.start.isoformat())
        self._reported: set[tuple[str, str]] = set()
        self._groups: dict[str, Groups] = {}
        self._groups_at_start: dict[str, Groups] = {}
        top = root_parent(stream)
        self._root = top.listing if top else None
        self._inborn = self._root is not None and self._root.inborn
        known = {id: groups_of(cursor, stream.cursor, self._inborn) for id, cursor in cursors.items()} if top else {}
        self._known = {id: groups for id, groups in known.items() if groups}
        self._most_days: dict[str, int] = {}

    def accounts(self) -> list[Account]:
        """The accounts to read for, according to the scope of the list."""
        return read_for(self.stream, super().accounts())

    def today(self, account: Account) -> date:
        """The last day that can be requested."""
        now = self.sync.client.now() + (FURTHEST if self.stream.ahead else timedelta())
        today = now.date() if self.stream.utc else account.today(now)
        return today - timedelta(days=self.stream.lag)

    def begun(self, account: Account, today: date) -> date | None:
        """The first day on which the account can have rows, None where that is not known."""
        return None if self.stream.older else super().begun(account, today)

    def cut(self, spans: Iterable[DateRange], today: date) -> Iterable[DateRange]:
        """The windows in which to request the days, without days that TikTok no longer keeps."""
        if self.stream.back:
            oldest = today - timedelta(days=self.stream.back - 1)
            spans = [DateRange(max(days.first, oldest), days.last) for days in spans if days.last >= oldest]
        return super().cut(spans, today)

    @property
    def lookback(self) -> int:
        """How many days before the cursor are read again."""
        # Days in UTC have a known end, so only the last one may have been running when it was read. Otherwise the time
        # zones of several accounts, or a changed zone, may have left more days running.
        return max(self.sync.config.lookback_days, 1 if self.stream.utc and not self.stream.ahead else DAYS_UNDER_WAY)

    @property
    def local(self) -> bool:
        """Whether the look-back depends on the time zone of the last sync, which it does not for lists."""
        return False

    def slices(self, account: Account) -> Iterator[Slice]:
        """The windows still to be read, in date order; then those that only some children still need."""
        if self._root is None:
            yield from super().slices(account)
            return
        today = self.today(account)
        last = min(self.sync.config.end_date or today, today)
        groups = self._groups_at_start[account.id] = self._groups[account.id] = self._plausible_groups(account, today)
        for window in self.cut(groups.base.owed(last, self.lookback), today):
            yield Slice(self, account, window, children=self._children_to_read(account, groups))
        for some, owed in groups.late(self._listed_children(account), self._start_of(account)).extra(
            last, self.lookback
        ):
            for window in self.cut(owed, today):
                yield Slice(self, account, window, children=Children(self._root, groups.named & some, some))

    def _children_to_read(self, account: Account, groups: Groups) -> Children:
        """The children that a window is read for: in a full refresh, those of the last one too."""
        root = top(self.stream)
        return Children.below(root, self.remembered.of(root, account.id) if self.full else groups.named)

    def _start_of(self, account: Account) -> date:
        """The first day to read for children of the account that the state does not know."""
        before = self._before.get(account.id)
        # A state without names of children holds for all of them.
        return min(self.start, before.start) if before and account.id not in self._known else self.start

    def _plausible_groups(self, account: Account, today: date) -> Groups:
        """The children of an account in the state, with their plausible days."""
        groups = self._groups_in_state(account)
        before = self._before.get(account.id) or groups.base.before
        given = self.with_what_is_given_again(account, before)
        self._without[account.id] = {**given.without}
        if before.ranges and not given.ranges:
            groups = beginning(self._start_of(account), self._inborn)
        groups = groups.mapped(lambda ranges: self.believed(account, ranges, today)).since(self.begun(account, today))
        self._coverage[account.id] = replace(groups.base.before, without=given.without)
        return groups

    def _groups_in_state(self, account: Account) -> Groups:
        """The children in the state; none, with a warning, if the state was written before it named children."""
        if known := self._known.get(account.id):
            return known.beginning(self.start)
        if self._before.get(account.id):
            self.sync.warn(
                f"{self.stream.name}, account {account.id}: its state does not say for which of "
                f"{top(self.stream).listing.name} it holds, so all days are read once more."
            )
        return beginning(self._start_of(account), self._inborn)

    def _listed_children(self, account: Account) -> Collection[str]:
        """The children that the account has now; none if that cannot be read, which the slices then report."""
        try:
            left_out = self._inborn or self._stopped or account.id in self._left_out
            return () if left_out else self.sync.parent_lists.listed(self.stream, account)
        except TikTokError:
            return ()

    def cursor_after(self, part: Slice) -> Mapping[str, Any]:
        """The days of the account that were read, including this window."""
        if part.children is None:
            return super().cursor_after(part)
        id = part.account.id
        groups, start = self._groups[id], self._start_of(part.account)
        self._groups[id] = groups.after(self.claimable(part), part.children, start)
        return cursor_of_groups(self._groups[id].without(self.without_after(part)), self.stream.cursor, self.lookback)

    def report_incomplete(self, part: Slice) -> None:
        """Report each reason once for an account, not again for each of its windows."""
        with self._lock:
            is_new = (part.account.id, part.incomplete_reason) not in self._reported
            self._reported.add((part.account.id, part.incomplete_reason))
        if is_new:
            super().report_incomplete(part)

    def asks_for(self, name: str) -> bool:
        """Whether the stream still requests what an earlier sync was refused: a list always does."""
        return True

    def still_refused(self, account: Account, names: Set[str], day: date) -> Set[str]:
        """Those of the names that TikTok still refuses on that day, which is read to see; all if that fails."""
        part = Slice(self, account, DateRange(day, day))
        try:
            for page in self.rows(part):
                page.clear()
        except TikTokError:
            return names
        return names & part.given_up.names if part.given_up else set()

    def rows(self, part: Slice) -> Pages:
        """The rows of one window, requested in parts of as many days as TikTok allows the account."""
        width = self._most_days.get(part.account.id, self.stream.days)
        try:
            for days in windows(part.window, width):
                yield from self._read_days(part, days)
        except TooLarge as error:
            if not 0 < error.most_days < min(width, part.window.length):
                raise
            self._most_days[part.account.id] = error.most_days
            yield from self.rows(part)

    def _read_days(self, part: Slice, days: DateRange) -> Pages:
        rows = ListingRows(self.stream, self.surprise, personal=self.sync.config.personal_data, until=self._until(part))
        constants = {self.stream.day: days.first.isoformat()} if self.stream.day else {}
        params = self.stream.params_for(days.first, days.last)
        yield from read(self, part, rows, ListRequest(part.account, params, constants))
        if part.children:
            self._report_gone(part, part.children)
            self.remembered.keep(part.account.id, [part.children])

    def _until(self, part: Slice) -> str:
        """The current time of the account, if the list has rows of future times, which are not emitted; else empty."""
        now = self.sync.client.now().astimezone(part.account.zone)
        return f"{now:%Y-%m-%dT%H:%M:%S}" if self.stream.ahead_of_time else ""

    def _report_gone(self, part: Slice, children: Children) -> None:
        """Report once each child that is no longer listed and refused, with the days that are not read."""
        account = part.account
        with self._lock:
            new = {child: error for child, error in children.gone.items() if (account.id, child) not in self._reported}
            self._reported |= {(account.id, child) for child in new}
        begun = self._groups_at_start[account.id]
        for child, error in sorted(new.items()):
            first = begun.owed_from(child, self.today(account), self.lookback)
            say_gone(self, part, children.root.name, child, error, f" Its days from {first} on are not read.")


def read_for(stream: Listing, accounts: list[Account]) -> list[Account]:
    """The accounts that a list is read for: all, the first readable one, or a placeholder if it names no account.

    The accounts are listed in any case, because a configuration that selects none is wrong for all streams, and
    because the answers set the clock.
    """
    if stream.scope is Scope.ACCOUNT:
        return accounts
    if stream.scope is Scope.REFERENCE:
        return [account for account in accounts if not account.refusal][:1] or accounts[:1]
    return [Account(stream.scope.name.lower(), named=False)]


def read(reader: Reader[Any], part: Slice, rows: ListingRows, request: ListRequest) -> Pages:
    """The rows of a slice of a list. Marks the slice if rows are missing, so that the state does not claim it."""
    own = {"advertiser_id": part.account.id} if reader.stream.scope is Scope.ACCOUNT else {}
    # A list with its own currency, such as that of a shop's prices, does not fall back to the account's currency.
    money = {"currency": part.account.currency} if reader.stream.columns.get("currency") is CURRENCY else {}

    def on_incomplete(sentence: str) -> None:
        part.incomplete_reason = also_short(part.incomplete_reason, sentence)

    def on_skipped(sentence: str) -> None:
        say_left_out(reader, part, sentence)

    def on_refused(child: str, sentence: str) -> None:
        if reader.names(part.account, child):
            say_left_out(reader, part, sentence)
            if reader.full:
                # A full refresh replaces the table, which would then lack these rows.
                part.incomplete_reason = f"{part.incomplete_reason} {sentence}".strip()

    def on_given_up(given_up: GivenUp) -> None:
        before = part.given_up.names if part.given_up else frozenset()
        part.given_up = replace(given_up, names=before | given_up.names)

    events = ListEvents(reader.warn_of(part), on_incomplete, on_skipped, on_given_up, on_refused, reader.kept)
    request = request.also({}, {**own, **money})
    yield from reader.sync.parent_lists.rows(reader.stream, request, rows, events, part.children, part.further)


def further_children(reader: ListReader, account: Account) -> dict[str, Children]:
    """The children of an account that each further list of a stream is read for, by the name of that list."""
    found = ((more.name, root_parent(more)) for more in reader.stream.more)
    return {name: Children.below(parent, reader.remembered.of(parent, account.id)) for name, parent in found if parent}


def report_gone(reader: ListReader, part: Slice) -> None:
    """Report each child that is no longer listed and refused, by the stream's own list or only by a further one."""
    own = [("", part.children)] if part.children else []
    reported: set[tuple[str, str]] = set()
    for name, children in (*own, *part.further.items()):
        what = f" What is missing are its {name}." if name else ""
        for child, error in sorted(children.gone.items()):
            if (children.root.name, child) not in reported:
                reported.add((children.root.name, child))
                say_gone(reader, part, children.root.name, child, error, what)


def say_gone(reader: Reader[Any], part: Slice, parent: str, child: str, error: TikTokError, what: str = "") -> None:
    """Report a child that is no longer listed and that TikTok refuses. The next sync does not request it."""
    say_left_out(reader, part, f"{child} is no longer among the {parent}, and {error.event}.{what}")


def say_left_out(reader: Reader[Any], part: Slice, sentence: str) -> None:
    """Report what is left out of an account, in addition to what was reported before."""
    reader.sync.summary.leave_out(reader.stream.name, part.account.id, sentence, beside=True)
    reader.sync.warn(f"Left out: {reader.stream.name}, account {part.account.id}: {sentence}")


MAX_SENTENCE = 500
"""Once the reasons why a slice is incomplete have this many characters, no further reason is added."""


def also_short(known: str, sentence: str) -> str:
    """The reasons why a slice is incomplete, with one more: it may cover several Business Centers, shops or pixels."""
    if sentence in known or len(known) > MAX_SENTENCE:
        return known
    return f"{known} {sentence}".strip()
