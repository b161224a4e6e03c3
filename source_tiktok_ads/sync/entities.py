"""Reads the lists of entities, account by account and pass by pass, and the accounts from their facts."""

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
)
from source_tiktok_ads.streams.parameters import Params
from source_tiktok_ads.sync import records
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.campaign_ids import UNLISTABLE, missing, refuses_types, unnamed_types
from source_tiktok_ads.sync.incremental import ModifiedReader, Pages
from source_tiktok_ads.sync.pagination import Incomplete, Lists
from source_tiktok_ads.sync.reader import Reader, Slice, Sync, failure
from source_tiktok_ads.sync.records import AccountRows, Answer, EntityRows
from source_tiktok_ads.sync.refusals import read_again, wrong_parameter

Filtering = Mapping[str, Any]
"""The filter of one request for a list."""

OWED = "The next sync that is not refused reads all of them."
"""The sentence on when campaigns are read that TikTok refused."""

# TikTok: a filter holds at most this many ids.
CAMPAIGNS_PER_FILTER = 100


UNNAMED = "ways of buying"
"""The name in a state for passes that TikTok refuses to filter by buying types."""


@dataclass(frozen=True)
class Passes:
    """The state of reading the list of one account, pass by pass."""

    part: Slice
    rows: EntityRows
    sent: set[int] = field(default_factory=set)
    """Marks of the rows that were emitted."""
    refused: set[str] = field(default_factory=set)
    """The names of the passes that TikTok refuses."""
    answered: set[str] = field(default_factory=set)
    """The names of the passes that TikTok answers."""

    def owes(self, name: str) -> bool:
        """Whether TikTok refused the pass to the last sync, so that all of its rows have to be emitted."""
        return name in self.part.changes.without

    @property
    def still_owed(self) -> frozenset[str]:
        """The passes whose rows a later sync has to emit: also those that this sync had no reason to request."""
        return frozenset(self.refused | (self.part.changes.without - self.answered))


class EntityReader(ModifiedReader[Entity]):
    """Reads one entity list. Raises ForeignState for cursors it cannot read."""

    def __init__(self, stream: Entity, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors)
        self._lists = Lists(sync.prefetcher, min(sync.config.page_size, stream.page_size))
        self._without_buying_types: set[str] = set()
        # The answers of two lists for the same account and page differ only in the ids of their rows.
        below = [level.id for level in (CAMPAIGN, ADGROUP, AD) if level.id not in stream.ids]
        self._other_list = partial(wrong_list, stream.ids[-1], below)

    def rows(self, part: Slice) -> Pages:
        """The changed rows of the account; all rows if a whole pass is due."""
        before, began = part.changes, self.sync.client.now()
        whole = before.whole_pass_due(began.date())
        rows = EntityRows(self.stream, part.account.id, self.surprise, None if whole else before.since)
        passes = Passes(part, rows)
        yield from self._read_passes(passes, began)
        changes = before.after(rows.newest, self.not_after_now(began), whole)
        part.changes = replace(changes, without=passes.still_owed)

    def _read_passes(self, passes: Passes, began: datetime) -> Pages:
        """The rows of every pass over the list. A row in two passes is emitted once."""
        part = passes.part
        for status, status_of_rows in self._status_filters():
            whole = self._read_by_buying_types(passes, status, status_of_rows)
            since = self._since_filter(part.account, passes.rows.since, began)
            if since and not passes.owes(UNNAMED):
                filters = self._change_filters(part, status, since)
                changed = (page for one in filters for page in self._read_by_buying_types(passes, one, status_of_rows))
                yield from self.or_whole(part.account, changed, whole)
            else:
                yield from whole
            for special in self._hidden_types(part):
                yield from self._read_hidden(passes, special, status, status_of_rows)

    def _read_by_buying_types(self, passes: Passes, filtering: Filtering, status_of_rows: str | None) -> Pages:
        """One pass over ordinary objects. The filter names their buying types, unless TikTok refuses that."""
        # TikTok: whether the sandbox supports the filter of buying types is not documented.
        if self.sync.config.sandbox:
            yield from self._read_pass(passes, filtering, status_of_rows)
            return
        if passes.part.account.id not in self._without_buying_types:
            named = partial(
                self._read_pass, passes, {**filtering, **BUYING_TYPES}, status_of_rows, whole=passes.owes(UNNAMED)
            )
            try:
                yield from self._retry_refused_filter(named)
                passes.answered.add(UNNAMED)
                return
            except TikTokError as error:
                if not refuses_types(error):
                    raise
                self._without_buying_types.add(passes.part.account.id)
                self.warn_of(passes.part)(unnamed_types(error))
        passes.refused.add(UNNAMED)
        yield from self._read_pass(passes, filtering, status_of_rows)

    def _retry_refused_filter(self, read: Callable[[], Pages]) -> Pages:
        """The rows of a pass with a filter of buying types; read once more if TikTok refuses the filter."""
        return read_again(read, refuses_types, self.sync.client.pause)

    def _read_hidden(
        self, passes: Passes, special: HiddenCampaigns, status: Filtering, status_of_rows: str | None
    ) -> Pages:
        """One pass over campaigns of a hidden type."""
        most = special.adgroups_a_page if self.stream.path == ADGROUP.path else self.stream.page_size
        whole = passes.owes(special.name)
        read = partial(self._read_pass, passes, {**status, **special.listed}, status_of_rows, most, whole)
        try:
            yield from read_again(read, wrong_parameter, self.sync.client.pause)
            passes.answered.add(special.name)
        except TikTokError as error:
            # The same request without this filter was answered just now, so the filter is what TikTok refuses.
            if not wrong_parameter(error):
                raise
            passes.refused.add(special.name)
            self._report_missing_hidden(passes.part, missing(special.name, error))

    def _report_missing_hidden(self, part: Slice, sentence: str) -> None:
        """Report hidden campaigns that are missing: a full refresh is incomplete, and the state notes them as owed."""
        if self.full:
            part.mark_incomplete(sentence)
            return
        self.sync.summary.leave_out(self.stream.name, part.account.id, sentence)
        self.warn_of(part)(f"{sentence} {OWED}")

    def _hidden_types(self, part: Slice) -> Sequence[HiddenCampaigns]:
        try:
            return self.sync.campaign_ids.specials(part.account.id)
        except Incomplete as error:
            part.incomplete_reason = str(error)
            return self.sync.campaign_ids.kinds

    def _read_pass(
        self,
        passes: Passes,
        filtering: Filtering,
        status_of_rows: str | None,
        most: int = Entity.page_size,
        whole: bool = False,
    ) -> Pages:
        """One pass over the list, with `most` rows a page. If `whole`, unchanged rows are emitted too."""
        part = passes.part
        params: Params = {"advertiser_id": part.account.id, **({"filtering": dict(filtering)} if filtering else {})}
        fetch = partial(self._fetch_page, part, params)
        pieces = partial(passes.rows.pieces, said=status_of_rows, on_incomplete=part.mark_incomplete, whole=whole)
        try:
            yield from self._lists.rows(part.account.id, fetch, pieces, self.warn_of(part), passes.sent, most)
        except Incomplete as error:
            part.incomplete_reason = str(error)

    def _fetch_page(self, part: Slice, params: Params, size: int, page: int) -> Answer:
        asked, whose = {**params, "page_size": size, "page": page}, partial(wrong_account, part.account.id)
        return self.ask(part, asked, records.decode, wrong=whose, unlikely=self._other_list).envelope

    def _status_filters(self) -> list[tuple[Filtering, str | None]]:
        """The filters by status, each with the `current_status` of its rows; None if the rows have it themselves."""
        deleted = self.sync.config.include_deleted
        # TikTok: the sandbox has no secondary_status, so only the filter of a pass shows what is deleted.
        if self.sync.config.sandbox:
            living: list[tuple[Filtering, str | None]] = [({}, "ACTIVE")]
            return [*living, ({"primary_status": "STATUS_DELETE"}, "DELETE")] if deleted else living
        return [({"primary_status": "STATUS_ALL"} if deleted else {}, None)]

    def _since_filter(self, account: Account, since: str | None, began: datetime) -> Filtering:
        """The filter for what changed since the cursor; empty if everything is read."""
        after = self.changed_after(account, since, began)
        return {self.stream.since: after} if self.stream.since and after else {}

    def _change_filters(self, part: Slice, status: Filtering, since: Filtering) -> Iterator[Filtering]:
        """The filters that together cover every change. Raises TikTokError if campaigns cannot be listed."""
        # TikTok: whether "after" includes the moment itself is not documented.
        yield {**status, **since}
        # TikTok: creatives of upgraded Smart+ ads may have no modify_time, so a filter by time does not find them.
        try:
            campaigns = self.sync.campaign_ids.campaigns(part.account.id, SMART_PLUS)
        except Incomplete as error:
            part.incomplete_reason = str(error)
            return
        except TikTokError as error:
            if error.action not in UNLISTABLE:
                raise
            # If the account's campaigns may not be listed, all of its ads are read.
            yield status
            return
        for start in range(0, len(campaigns), CAMPAIGNS_PER_FILTER):
            yield {**status, "campaign_ids": campaigns[start : start + CAMPAIGNS_PER_FILTER]}


class AccountReader(Reader[Accounts]):
    """Reads the accounts from the facts that the sync has in any case."""

    def __init__(self, stream: Accounts, sync: Sync, full: bool, cursors: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stream, sync, full, cursors.keys())
        self._rows = AccountRows(stream, self.surprise)

    def accounts(self) -> list[Account]:
        """The accounts to read. Raises an error for the stream if TikTok refuses the facts about all accounts."""
        accounts = super().accounts()
        if refusal := next(filter(None, (account.facts_refusal for account in accounts)), None):
            raise failure(f"{self.stream.name}: {refusal.sentence}", refusal)
        return accounts

    def slices(self, account: Account) -> Iterator[Slice]:
        """One slice: the account."""
        yield Slice(self, account)

    def cursor_after(self, part: Slice) -> Mapping[str, Any]:
        """The creation time of the account. The next sync reads the account again in any case."""
        return {self.stream.cursor: created} if (created := self._rows.created(part.account.facts)) else {}

    def rows(self, part: Slice) -> Pages:
        """The account's row; none if TikTok gave no facts."""
        if part.account.facts:
            yield [self._rows.members(part.account.facts)]
