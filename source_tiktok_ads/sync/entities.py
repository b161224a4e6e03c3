"""How lists of entities are read, account by account and pass by pass; the accounts themselves from their facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.api.pages import wrong_account, wrong_list
from source_tiktok_ads.streams.model import (
    AD,
    ADGROUP,
    BUYING_TYPES,
    CAMPAIGN,
    SMART_PLUS,
    Accounts,
    Entity,
    HiddenCampaigns,
    Params,
)
from source_tiktok_ads.sync import records
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.campaign_ids import UNLISTABLE, missing, refuses_types, unnamed_types
from source_tiktok_ads.sync.incremental import ModifiedReader, Pages
from source_tiktok_ads.sync.pagination import Incomplete, Lists
from source_tiktok_ads.sync.reader import Reader, Slice, Sync
from source_tiktok_ads.sync.records import AccountRows, Answer, EntityRows
from source_tiktok_ads.sync.refusals import read_again, wrong_parameter

Filtering = Mapping[str, Any]
"""The filter of one request for a list."""

OWED = "The next sync that is not refused reads all of them."
"""What becomes of campaigns that a sync was refused."""

# TikTok: a filter holds so many ids.
CAMPAIGNS_PER_FILTER = 100


UNNAMED = "ways of buying"
"""Stands among what an account is read without for a list whose filter may not name ways of buying."""


@dataclass(frozen=True)
class Passes:
    """One account while its list is read, pass by pass.

    `sent` marks the rows that have left, and `refused` names the passes that TikTok refuses.
    """

    part: Slice
    rows: EntityRows
    sent: set[int] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def owes(self, name: str) -> bool:
        """Whether the last sync was refused the pass, so that all rows of it are to leave."""
        return name in self.part.changes.without


class EntityReader(ModifiedReader[Entity]):
    """Reads one entity list. Raises ForeignState for cursors it cannot read."""

    def __init__(self, stream: Entity, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors)
        self._lists = Lists(sync.prefetcher, min(sync.config.page_size, stream.page_size))
        self._untyped: set[str] = set()
        # Lists of one account and page differ in the ids of their rows alone.
        below = [level.id for level in (CAMPAIGN, ADGROUP, AD) if level.id not in stream.ids]
        self._other_list = partial(wrong_list, stream.ids[-1], below)

    def rows(self, part: Slice) -> Pages:
        """The changed rows of the account, or all of them where a whole pass is due."""
        before, began = part.changes, self.sync.client.now()
        whole = before.whole_pass_due(began.date())
        rows = EntityRows(self.stream, part.account.id, self.surprise, None if whole else before.since)
        passes = Passes(part, rows)
        yield from self._passes(passes, began)
        changes = before.after(rows.newest, self.not_after_now(began), whole)
        part.changes = replace(changes, without=frozenset(passes.refused))

    def _passes(self, passes: Passes, began: datetime) -> Pages:
        """Every pass over the list; a row that two of them bring leaves once."""
        part = passes.part
        for status, said in self._statuses():
            whole = self._by_types(passes, status, said)
            since = self._filter(part.account, passes.rows.since, began)
            if since and not passes.owes(UNNAMED):
                filters = self._changed(part, status, since)
                changed = (page for one in filters for page in self._by_types(passes, one, said))
                yield from self.or_whole(part.account, changed, whole)
            else:
                yield from whole
            for special in self._specials(part):
                yield from self._special(passes, special, status, said)

    def _by_types(self, passes: Passes, filtering: Filtering, said: str | None) -> Pages:
        """One pass over what is bought in the usual ways, which are named unless TikTok refuses the account that."""
        # TikTok: whether the sandbox knows ways of buying is not documented.
        if self.sync.config.sandbox:
            yield from self._pass(passes, filtering, said)
            return
        if passes.part.account.id not in self._untyped:
            named = partial(self._pass, passes, {**filtering, **BUYING_TYPES}, said, whole=passes.owes(UNNAMED))
            try:
                yield from self._confirmed(named)
                return
            except TikTokError as error:
                if not refuses_types(error):
                    raise
                self._untyped.add(passes.part.account.id)
                self.warn_of(passes.part)(unnamed_types(error))
        passes.refused.add(UNNAMED)
        yield from self._pass(passes, filtering, said)

    def _confirmed(self, read: Callable[[], Pages]) -> Pages:
        """The rows of a pass that names ways of buying; asked for once more where that is refused."""
        return read_again(read, refuses_types, self.sync.client.pause)

    def _special(self, passes: Passes, special: HiddenCampaigns, status: Filtering, said: str | None) -> Pages:
        """One pass over campaigns that have to be asked for by themselves."""
        most = special.adgroups_a_page if self.stream.path == ADGROUP.path else self.stream.page_size
        whole = passes.owes(special.name)
        read = partial(self._pass, passes, {**status, **special.listed}, said, most, whole)
        try:
            yield from read_again(read, wrong_parameter, self.sync.client.pause)
        except TikTokError as error:
            # Without that filter the same was answered just now.
            if not wrong_parameter(error):
                raise
            passes.refused.add(special.name)
            self._lacks_special(passes.part, missing(special.name, error))

    def _lacks_special(self, part: Slice, sentence: str) -> None:
        """Say what is missing: a full refresh is short of it, and the state says that it is owed."""
        if self.full:
            part.mark_incomplete(sentence)
            return
        self.sync.summary.leave_out(self.stream.name, part.account.id, sentence)
        self.warn_of(part)(f"{sentence} {OWED}")

    def _specials(self, part: Slice) -> Sequence[HiddenCampaigns]:
        try:
            return self.sync.campaign_ids.specials(part.account.id)
        except Incomplete as error:
            part.incomplete_reason = str(error)
            return self.sync.campaign_ids.kinds

    def _pass(
        self,
        passes: Passes,
        filtering: Filtering,
        said: str | None,
        most: int = Entity.page_size,
        whole: bool = False,
    ) -> Pages:
        """One pass over the list, `most` rows a page; of a whole one all rows leave."""
        part = passes.part
        params: Params = {"advertiser_id": part.account.id, **({"filtering": dict(filtering)} if filtering else {})}
        fetch = partial(self._page, part, params)
        pieces = partial(passes.rows.pieces, said=said, on_incomplete=part.mark_incomplete, whole=whole)
        try:
            yield from self._lists.rows(part.account.id, fetch, pieces, self.warn_of(part), passes.sent, most)
        except Incomplete as error:
            part.incomplete_reason = str(error)

    def _page(self, part: Slice, params: Params, size: int, page: int) -> Answer:
        asked, whose = {**params, "page_size": size, "page": page}, partial(wrong_account, part.account.id)
        return self.ask(part, asked, records.decode, wrong=whose, odd=self._other_list).envelope

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
            campaigns = self.sync.campaign_ids.campaigns(part.account.id, SMART_PLUS)
        except Incomplete as error:
            part.incomplete_reason = str(error)
            return
        except TikTokError as error:
            if error.action not in UNLISTABLE:
                raise
            # Whose campaigns may not be listed, all ads of that account are read.
            yield status
            return
        for start in range(0, len(campaigns), CAMPAIGNS_PER_FILTER):
            yield {**status, "campaign_ids": campaigns[start : start + CAMPAIGNS_PER_FILTER]}


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
