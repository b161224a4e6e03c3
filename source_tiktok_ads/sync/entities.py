"""How lists of entities are read, account by account and pass by pass; the accounts themselves from their facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.api.pages import of_another_account
from source_tiktok_ads.streams.model import ADGROUP, BUYING_TYPES, SMART_PLUS, Accounts, Entity, Params, Special
from source_tiktok_ads.sync import lines
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.changes import ChangeReader, Pages
from source_tiktok_ads.sync.lines import AccountRows, Answer, EntityRows
from source_tiktok_ads.sync.paging import Incomplete, Lists
from source_tiktok_ads.sync.partition import Reader, Slice, Sync
from source_tiktok_ads.sync.refusals import read_again, wrong_parameter
from source_tiktok_ads.sync.structure import UNTOLD, missing, refuses_types, unnamed_types

Filtering = Mapping[str, Any]
"""The filter of one request for a list."""

# TikTok: a filter holds so many ids.
CAMPAIGNS_A_FILTER = 100


class EntityReader(ChangeReader[Entity]):
    """Reads one entity list. Raises ForeignState for cursors it cannot read."""

    def __init__(self, stream: Entity, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors)
        self._lists = Lists(sync.ahead, min(sync.config.page_size, stream.page_size))
        self._untyped: set[str] = set()

    def rows(self, part: Slice) -> Pages:
        """The changed rows of the account, or all of them where a whole pass is due."""
        before, began = part.changes, self.sync.client.now()
        whole = before.whole_pass_due(began.date())
        rows = EntityRows(self.stream, part.account.id, self.surprise, None if whole else before.since)
        yield from self._passes(part, rows, began)
        part.changes = before.after(rows.newest, self.not_after_now(began), whole)

    def _passes(self, part: Slice, rows: EntityRows, began: datetime) -> Pages:
        """Every pass over the list; a row that two of them bring leaves once."""
        sent = set[int]()
        for status, said in self._statuses():
            whole = self._by_types(part, rows, sent, status, said)
            if since := self._filter(part.account, rows.since, began):
                filters = self._changed(part, status, since)
                changed = (page for one in filters for page in self._by_types(part, rows, sent, one, said))
                yield from self.or_whole(part.account, changed, whole)
            else:
                yield from whole
            for special in self._specials(part):
                yield from self._special(part, rows, sent, special, status, said)

    def _by_types(self, part: Slice, rows: EntityRows, sent: set[int], filtering: Filtering, said: str | None) -> Pages:
        """One pass over what is bought in the usual ways, which are named unless TikTok refuses the account that."""
        account = part.account.id
        # TikTok: whether the sandbox knows ways of buying is not documented.
        if not self.sync.config.sandbox and account not in self._untyped:
            try:
                yield from self._confirmed(partial(self._pass, part, rows, sent, {**filtering, **BUYING_TYPES}, said))
                return
            except TikTokError as error:
                if not refuses_types(error):
                    raise
                self._untyped.add(account)
                self.warn_of(part)(unnamed_types(error))
        yield from self._pass(part, rows, sent, filtering, said)

    def _confirmed(self, read: Callable[[], Pages]) -> Pages:
        """The rows of a pass that names ways of buying; asked for once more where that is refused."""
        return read_again(read, refuses_types, self.sync.client.pause)

    def _special(
        self, part: Slice, rows: EntityRows, sent: set[int], special: Special, status: Filtering, said: str | None
    ) -> Pages:
        """One pass over campaigns that have to be asked for by themselves."""
        most = special.adgroups_a_page if self.stream.path == ADGROUP.path else self.stream.page_size
        read = partial(self._pass, part, rows, sent, {**status, **special.listed}, said, most)
        try:
            yield from read_again(read, wrong_parameter, self.sync.client.pause)
        except TikTokError as error:
            # Without that filter the same was answered just now.
            if not wrong_parameter(error):
                raise
            self.warn_of(part)(missing(special.name, error))

    def _specials(self, part: Slice) -> Sequence[Special]:
        try:
            return self.sync.structure.specials(part.account.id)
        except Incomplete as error:
            part.short = str(error)
            return self.sync.structure.kinds

    def _pass(
        self,
        part: Slice,
        rows: EntityRows,
        sent: set[int],
        filtering: Filtering,
        said: str | None,
        most: int = Entity.page_size,
    ) -> Pages:
        """One pass over the list, `most` rows a page."""
        params: Params = {"advertiser_id": part.account.id, **({"filtering": dict(filtering)} if filtering else {})}
        fetch = partial(self._page, part, params)
        pieces = partial(rows.pieces, said=said, lacks=part.lacks)
        try:
            yield from self._lists.rows(part.account.id, fetch, pieces, self.warn_of(part), sent, most)
        except Incomplete as error:
            part.short = str(error)

    def _page(self, part: Slice, params: Params, size: int, page: int) -> Answer:
        asked, whose = {**params, "page_size": size, "page": page}, partial(of_another_account, part.account.id)
        return self.ask(part, asked, lines.decode, wrong=whose).envelope

    def _statuses(self) -> list[tuple[Filtering, str | None]]:
        """The passes by status, each with the `current_status` it tells of its rows, None where the rows tell."""
        deleted = self.sync.config.include_deleted
        # TikTok: the sandbox has no secondary_status, so only the filter of a pass tells what is deleted.
        if self.sync.config.sandbox:
            living: list[tuple[Filtering, str | None]] = [({}, "ACTIVE")]
            return [*living, ({"primary_status": "STATUS_DELETE"}, "DELETE")] if deleted else living
        return [({"primary_status": "STATUS_ALL"} if deleted else {}, None)]

    def _filter(self, account: Account, since: str | None, began: datetime) -> Filtering:
        """The filter for what changed since the cursor; empty where all is read."""
        after = self.changed_after(account, since, began)
        return {self.stream.since: after} if self.stream.since and after else {}

    def _changed(self, part: Slice, status: Filtering, since: Filtering) -> Iterator[Filtering]:
        """The filters that together bring every change. Raises TikTokError where campaigns can't be listed."""
        # TikTok: whether "after" includes the moment itself is not documented.
        yield {**status, **since}
        # TikTok: creatives of upgraded Smart+ ads may have no modify_time to be found by.
        try:
            campaigns = self.sync.structure.campaigns(part.account.id, SMART_PLUS)
        except Incomplete as error:
            part.short = str(error)
            return
        except TikTokError as error:
            if error.action not in UNTOLD:
                raise
            # Whose campaigns may not be listed, all ads of that account are read.
            yield status
            return
        for start in range(0, len(campaigns), CAMPAIGNS_A_FILTER):
            yield {**status, "campaign_ids": campaigns[start : start + CAMPAIGNS_A_FILTER]}


class AccountReader(Reader[Accounts]):
    """Reads the accounts themselves, from the facts that the sync has anyway."""

    def __init__(self, stream: Accounts, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors.keys())
        self._rows = AccountRows(stream, self.surprise)

    def slices(self, account: Account) -> Iterator[Slice]:
        """One slice: the account."""
        yield Slice(self, account)

    def cursor_after(self, part: Slice) -> Mapping[str, Any]:
        """When the account was created; the next sync reads it again all the same."""
        return {self.stream.cursor: created} if (created := self._rows.created(part.account.facts)) else {}

    def rows(self, part: Slice) -> Pages:
        """The account's row, none where TikTok gave no facts."""
        if part.account.facts:
            yield [self._rows.members(part.account.facts)]
