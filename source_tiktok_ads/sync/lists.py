"""How lists are read: account by account, once for what all share, by windows of days where they are dated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_tiktok_ads.api.errors import Action, TikTokError
from source_tiktok_ads.streams.listing import DatedListing, Listing, Scope
from source_tiktok_ads.streams.model import Params
from source_tiktok_ads.sync.advertisers import Account, AccountsError
from source_tiktok_ads.sync.chains import Hears, Request
from source_tiktok_ads.sync.changes import ChangeReader, Pages
from source_tiktok_ads.sync.days import DayReader
from source_tiktok_ads.sync.listed import ListingRows
from source_tiktok_ads.sync.paging import unsent
from source_tiktok_ads.sync.partition import FAILURES_IN_A_ROW, Reader, Slice, Sync
from source_tiktok_ads.sync.refusals import GivenUp
from source_tiktok_ads.sync.slices import Days


class ListReader(ChangeReader[Listing]):
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
            self._stand_ins = [account for account in accounts if not account.refusal][1:FAILURES_IN_A_ROW]
        return read_for(self.stream, accounts)

    def rows(self, part: Slice) -> Pages:
        """The changed rows of the account; all of them where the list tells no changes or a whole pass is due."""
        before, began = part.changes, self.sync.client.now()
        whole = not self.stream.tells_changes or before.whole_pass_due(began.date())
        since = None if whole else before.since
        rows = ListingRows(self.stream, self.surprise, since, self.sync.config.personal_data)
        pages = self._pages(part, rows, {})
        if changed := self._changed(part.account, since, began):
            pages = self.or_whole(part.account, self._pages(part, rows, changed), pages)
        yield from pages
        part.changes = before.after(rows.newest, began, whole)

    def _pages(self, part: Slice, rows: ListingRows, params: Params) -> Pages:
        if self.stream.scope is Scope.TOKEN:
            yield unsent(rows.pieces(self._of_token(), {}, part.lacks), set(), set())
        else:
            yield from self._through([part.account, *self._stand_ins], part, rows, params)

    def _through(self, accounts: Sequence[Account], part: Slice, rows: ListingRows, params: Params) -> Pages:
        """The rows of a slice, by the first of the accounts that may read them."""
        first, *others = accounts
        try:
            yield from read(self, part, rows, Request(first, params, {}))
        except TikTokError as error:
            if error.action is not Action.SKIP_ADVERTISER or not others:
                raise
            yield from self._through(others, part, rows, params)

    def _changed(self, account: Account, since: str | None, began: datetime) -> Params:
        after = self.changed_after(account, since, began)
        return self.stream.since(after) if self.stream.since and after else {}

    def _of_token(self) -> list[Mapping[str, Any]]:
        try:
            listed = self.sync.advertisers.listed()
        except AccountsError as error:
            message = f"{self.stream.name}: {error}"
            raise AirbyteTracedException(message=message, failure_type=FailureType.config_error) from None
        return [{"advertiser_id": id, "advertiser_name": name} for id, name in listed]


FURTHEST = timedelta(hours=14)
"""How far the clocks of some islands are ahead of UTC."""


class DatedListReader(DayReader[DatedListing]):
    """Reads one list by windows of days. Raises ForeignState for cursors it cannot read."""

    def __init__(self, stream: DatedListing, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors)
        self._told: set[tuple[str, str]] = set()

    def accounts(self) -> list[Account]:
        """The accounts to read for, as the list's scope has it."""
        return read_for(self.stream, super().accounts())

    def today(self, account: Account) -> date:
        """The last day that can be asked for."""
        now = self.sync.client.now() + (FURTHEST if self.stream.ahead else timedelta())
        return now.date() if self.stream.utc else account.today(now)

    @property
    def lookback(self) -> int:
        """How many days before the cursor are read again."""
        # Where the days are not the account's own, the last may have been running on for a day when it was read; where
        # they are many accounts', it may not even have begun for some.
        return max(self.sync.config.lookback_days, int(self.stream.utc) + int(self.stream.ahead))

    def say_short(self, part: Slice) -> None:
        """What one window has said of the account need not be said of all the others, most of all as an error."""
        with self._lock:
            news = (part.account.id, part.short) not in self._told
            self._told.add((part.account.id, part.short))
        if news:
            super().say_short(part)

    def asks_for(self, name: str) -> bool:
        """Whether the stream asks for what an earlier sync was refused."""
        return True

    def still_refused(self, account: Account, names: Set[str], day: date) -> Set[str]:
        """What TikTok still refuses of what it refused on that day, which is read for it; all where it can't be."""
        part = Slice(self, account, Days(day, day))
        try:
            for page in self.rows(part):
                page.clear()
        except TikTokError:
            return names
        return names & part.given_up.names if part.given_up else set()

    def rows(self, part: Slice) -> Pages:
        """The rows of one window."""
        days = part.window
        rows = ListingRows(self.stream, self.surprise, personal=self.sync.config.personal_data)
        told = {self.stream.day: days.first.isoformat()} if self.stream.day else {}
        yield from read(self, part, rows, Request(part.account, self.stream.asks(days.first, days.last), told))


def read_for(stream: Listing, accounts: list[Account]) -> list[Account]:
    """Those of the accounts a list is read for: all, the first that can be read, or a name for none in particular.

    They are found in any case: a configuration that selects none is wrong for all streams, and TikTok's clock is known.
    """
    if stream.scope is Scope.ACCOUNT:
        return accounts
    if stream.scope is Scope.REFERENCE:
        return [account for account in accounts if not account.refusal][:1] or accounts[:1]
    return [Account(stream.scope.name.lower(), named=False)]


def read(reader: Reader[Any], part: Slice, rows: ListingRows, request: Request) -> Pages:
    """The rows of a slice of a list; what could not be read of it is kept from being claimed."""
    own = {"advertiser_id": part.account.id} if reader.stream.scope is Scope.ACCOUNT else {}
    money = {"currency": part.account.currency} if "currency" in reader.stream.columns and own else {}

    def lacks(sentence: str) -> None:
        part.short = sentence

    def leaves_out(sentence: str) -> None:
        reader.sync.summary.leave_out(reader.stream.name, part.account.id, sentence)
        reader.sync.warn(f"Left out: {reader.stream.name}, account {part.account.id}: {sentence}")

    def gives_up(given_up: GivenUp) -> None:
        before = part.given_up.names if part.given_up else frozenset()
        part.given_up = replace(given_up, names=before | given_up.names)

    hears = Hears(reader.warn_of(part), lacks, leaves_out, gives_up)
    yield from reader.sync.chains.rows(reader.stream, request.also({}, {**own, **money}), rows, hears)
