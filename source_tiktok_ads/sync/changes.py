"""What all lists share whose rows change: how far each account is read, and what is asked for from there on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.listing import Listing
from source_tiktok_ads.streams.model import Entity
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.partition import Reader, Slice, Sync
from source_tiktok_ads.sync.refusals import PARAMETER_REFUSED
from source_tiktok_ads.sync.state import NOTHING_READ, changes_of, cursor_of_changes

# TikTok: lists filtered by modification are slow beyond six months.
LONGEST_SINCE = timedelta(days=180)

Changing = TypeVar("Changing", bound=Entity | Listing)

Pages = Iterator[list[bytes]]
"""Rows, page by page."""


class ChangeReader(Reader[Changing]):
    """Reads a list account by account, as far as it has changed. Raises ForeignState for cursors it cannot read."""

    def __init__(self, stream: Changing, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors.keys())
        self._before = {id: changes_of(cursor, stream.cursor) for id, cursor in cursors.items()}
        self._takes_no_since: set[str] = set()

    def slices(self, account: Account) -> Iterator[Slice]:
        """One slice: the account."""
        known = self._before.get(account.id, NOTHING_READ)
        changes = known.believed(self.sync.client.now())
        if changes is None:
            self.sync.warn(
                f"{self.stream.name}, account {account.id}: its state claims changes of the future "
                f"({known.since or known.whole}), which is not believed: everything is read again."
            )
        yield Slice(self, account, changes=changes or NOTHING_READ)

    def cursor_after(self, part: Slice) -> Mapping[str, Any]:
        """The newest change that left, and the day of the last whole pass."""
        return cursor_of_changes(part.changes, self.stream.cursor)

    def not_after_now(self, began: datetime) -> datetime:
        """When a pass began, by what TikTok's clock says now: one wrong time in an answer may have said otherwise."""
        return min(began, self.sync.client.now())

    def changed_after(self, account: Account, since: str | None, began: datetime) -> str | None:
        """The moment after which to ask for changes, as filters have it; None where everything is to be asked for.

        A second earlier than the cursor, as "after" may leave out the moment itself.
        """
        if since is None or self.stream.since is None or account.id in self._takes_no_since:
            return None
        after = datetime.fromisoformat(since.replace("Z", "+00:00")) - timedelta(seconds=1)
        return None if began - after > LONGEST_SINCE else after.strftime("%Y-%m-%d %H:%M:%S")

    def or_whole(self, account: Account, changed: Pages, whole: Pages) -> Pages:
        """The rows that have `changed`, as TikTok filters them; the `whole` list where the account can't have that."""
        try:
            yield from changed
        except TikTokError as error:
            # TikTok: whether modified_after is taken beside STATUS_ALL is not documented; if not, all rows are asked
            # for, and compared with the cursor here.
            if error.code != PARAMETER_REFUSED:
                raise
            yield from whole
            self._takes_no_since.add(account.id)
