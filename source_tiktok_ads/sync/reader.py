"""One slice → records: what all kinds of streams share when they are read, and what goes on when a part fails."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from airbyte_cdk.models import FailureType
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.streams.concurrent.partitions.partition_generator import PartitionGenerator
from airbyte_cdk.sources.types import Record
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_tiktok_ads.api.errors import Action, TikTokError, TooLarge, unsupported_filters
from source_tiktok_ads.api.pages import AcceptedOddities, PageCheck
from source_tiktok_ads.api.response import ApiResponse
from source_tiktok_ads.api.retry import TRIES
from source_tiktok_ads.config import Config
from source_tiktok_ads.streams.filled import always_filled
from source_tiktok_ads.streams.model import Params, Report, Stream
from source_tiktok_ads.sync import records
from source_tiktok_ads.sync.advertisers import Account, AccountsError, Advertisers
from source_tiktok_ads.sync.campaign_ids import CampaignIds
from source_tiktok_ads.sync.children import Children
from source_tiktok_ads.sync.date_ranges import DateRange
from source_tiktok_ads.sync.pagination import Prefetcher
from source_tiktok_ads.sync.records import Answer, Page
from source_tiktok_ads.sync.refusals import PARAMETER_REFUSED, GivenUp, confirmed
from source_tiktok_ads.sync.state import NOTHING_READ, Changes
from source_tiktok_ads.sync.substreams import ParentLists
from source_tiktok_ads.sync.summary import EmptyColumns, Summary
from source_tiktok_ads.sync.tasks import PendingTasks

MAX_CONSECUTIVE_FAILURES = 8
"""After so many parts of an account that failed, and none that was read in between, the account is asked for no
further; after so many accounts for which TikTok's service failed, and none that was answered, the stream is not."""

MAX_NAMED = 20
"""So many shops, Business Centers or the like of an account are named that TikTok refuses to a stream."""

UNCLAIMED = (
    " Earlier syncs had it, so the state does not claim what was read: the next sync reads it again. "
    "A refresh of the stream goes on without it."
)

# TikTok: what it answers where an account, or the user who authorised the app, lacks a feature, or lacks everything.
NO_PERMISSION = 40001

AnyStream = TypeVar("AnyStream", bound=Stream)


class SyncClient(Protocol):
    """What reading needs of the client."""

    def fetch(
        self,
        path: str,
        params: Mapping[str, Any],
        *,
        decode: Callable[[bytes], Answer],
        advertiser_id: str | None = None,
        accept: Callable[[Answer], str | None] | None = None,
        server_attempts: int = TRIES,
    ) -> ApiResponse[Answer]:
        """The decoded answer of one request, with its headers. Raises TikTokError."""

    def now(self) -> datetime:
        """TikTok's clock, in UTC."""

    def pause(self, seconds: float, why: str) -> None:
        """Wait before one request is sent again."""

    def confirm_clock(self) -> None:
        """Make sure of that clock where one answer alone tells it."""


@dataclass(frozen=True)
class Sync:
    """What all streams of one sync share."""

    client: SyncClient
    config: Config
    advertisers: Advertisers
    campaign_ids: CampaignIds
    parent_lists: ParentLists
    prefetcher: Prefetcher
    warn: Callable[[str], None]
    summary: Summary = field(default_factory=Summary)


@dataclass(eq=False)
class Slice(Partition):
    """What one worker reads at a time: an account, and for reports a window of its days.

    Compared by identity, because the engine would take two equal ones for the same. `finished` is set once every row
    has left. `changes` is how far an entity stream had read the account before, and after reading how far it has now.
    `incomplete_reason` says which rows are missing, and `given_up` what the account was read without; where days that
    the state claims had that before, they are `owed`. `children` are the shops, pixels or the like that it asks about.
    """

    reader: Reader[Any]
    account: Account
    days: DateRange | None = None
    changes: Changes = NOTHING_READ
    finished: bool = False
    owed: bool = False
    incomplete_reason: str = ""
    given_up: GivenUp | None = None
    children: Children | None = None

    def __hash__(self) -> int:
        return id(self)

    @property
    def window(self) -> DateRange:
        """The days of the slice. Raises ValueError for a stream that is not read by windows."""
        if self.days is None:
            raise ValueError(f"{self.stream_name()} is not read by windows")
        return self.days

    def mark_incomplete(self, sentence: str) -> None:
        """Rows of the slice are missing: it is short."""
        self.incomplete_reason = sentence

    def read(self) -> Iterator[Record]:
        """The records of the slice, a page at a time."""
        return self.reader.read(self)

    def to_slice(self) -> Mapping[str, Any]:
        """The slice as it is logged."""
        days = {"start_date": str(self.days.first), "end_date": str(self.days.last)} if self.days else {}
        return {"advertiser_id": self.account.id, **days}

    def stream_name(self) -> str:
        """The stream the slice belongs to."""
        return str(self.reader.stream.name)


class Reader(PartitionGenerator, ABC, Generic[AnyStream]):
    """How one stream is read in one sync: its slices, the rows of each, and what goes on when one fails.

    `full` tells that the stream is read whole, whatever a state says; `known` are the accounts that its state names.
    `children` are the Business Centers, by account, that the last full refresh asked about, and then those of this one.
    """

    def __init__(self, stream: AnyStream, sync: Sync, full: bool, known: Collection[str] = ()) -> None:
        self.stream = stream
        self.sync = sync
        self.full = full
        self._known_accounts = known
        self.kept = PendingTasks({}, "")
        self._lock = threading.Lock()
        self._all = 0
        self._failed: set[str] = set()
        self._dead = False
        self._refused_twice = 0
        self._sizes: dict[str, int] = {}
        self._in_a_row: Counter[str] = Counter()
        self._unanswered: set[str] = set()
        self._told_given_up: set[tuple[str, frozenset[str], bool]] = set()
        self._surprised: set[tuple[str, str]] = set()
        self._named: dict[str, set[str]] = {}
        self._unfilled = EmptyColumns(always_filled(stream))
        sync.summary.watch(stream.name, self._unfilled)
        self.children: Mapping[str, frozenset[str]] = {}
        self._believed = AcceptedOddities(lambda text: sync.warn(f"{stream.name}: {text}"))

    @abstractmethod
    def slices(self, account: Account) -> Iterable[Slice]:
        """The slices of one account, in the order in which they should be read."""

    @abstractmethod
    def rows(self, part: Slice) -> Iterator[list[bytes]]:
        """The rows of a slice, page by page, each as the inside of a JSON object. Raises TikTokError."""

    @abstractmethod
    def cursor_after(self, part: Slice) -> Mapping[str, Any]:
        """What the state says of the account once the slice has left; called for one slice at a time."""

    def stamp(self, part: Slice) -> bytes:
        """What every record of the slice begins with: the inside of a JSON object and a comma, or nothing."""
        return b""

    def generate(self) -> Iterator[Slice]:
        """All slices of the stream; the accounts take turns, so that a big one does not hold up the others."""
        accounts = self.accounts()
        self._all = len(accounts)
        waiting = deque(iter(self._slices_or_refusal(account)) for account in accounts)
        while waiting:
            slices = waiting.popleft()
            if part := next(slices, None):
                yield part
                waiting.append(slices)

    def accounts(self) -> list[Account]:
        """The accounts to read, and those that the state knows and the token no longer lists, as refused.

        Raises an error for the stream where they cannot be found.
        """
        try:
            accounts = [*self.sync.advertisers.all(), *self.sync.advertisers.unlisted(self._known_accounts)]
        except TikTokError as error:
            raise failure(f"{self.stream.name}: {error.sentence}", error) from None
        except AccountsError as error:
            raise AirbyteTracedException(message=str(error), failure_type=FailureType.config_error) from None
        self.sync.client.confirm_clock()
        start, now = self.sync.config.start_date, self.sync.client.now()
        if begun_nowhere(start, now):
            raise AirbyteTracedException(message=future_start(start, now), failure_type=FailureType.config_error)
        return accounts

    def _slices_or_refusal(self, account: Account) -> Iterable[Slice]:
        return [Slice(self, account)] if account.refusal else self.slices(account)

    def read(self, part: Slice) -> Iterator[Record]:
        """The records of one slice, a page at a time; the slice is finished once all of them have been taken."""
        account = part.account
        if self._dead or account.id in self._failed:
            return
        try:
            if account.refusal:
                raise account.refusal
            stamp = self.stamp(part)
            for rows in self.rows(part):
                if rows:
                    self.sync.summary.add(self.stream.name, account.id, len(rows))
                    yield Record({"": self._lines(stamp, rows)}, self.stream.name)
            self._answered(part)
        except TikTokError as error:
            self._leave_out(account, error)
        if part.incomplete_reason:
            self.report_incomplete(part)

    def _answered(self, part: Slice) -> None:
        """A part has been read, which tells that neither its account nor the stream fails throughout."""
        claimed = self.claims(part)
        part.finished = claimed and not part.incomplete_reason
        # The look-back of children's days does not change from sync to sync, so what is not claimed is read again.
        part.owed = not claimed and part.children is None
        with self._lock:
            self._in_a_row[part.account.id] = 0
            self._unanswered.clear()
        if part.given_up:
            self._say_given_up(part.account, part.given_up, claimed)

    def claims(self, part: Slice) -> bool:
        """Whether the state may claim a part for all that was given up for it."""
        return True

    def _say_given_up(self, account: Account, given_up: GivenUp, claimed: bool) -> None:
        """Tell once for each account what it is read without."""
        news = account.id, given_up.names, claimed
        with self._lock:
            known = news in self._told_given_up
            self._told_given_up.add(news)
        if known:
            return
        sentence = given_up.sentence + ("" if claimed else UNCLAIMED)
        self.sync.summary.leave_out(self.stream.name, account.id, sentence)
        message = f"{self.stream.name}, account {account.id}: {sentence}"
        if self.full and given_up.costs_rows:
            raise AirbyteTracedException(message=message, failure_type=FailureType.system_error)
        self.sync.warn(message)

    def _lines(self, stamp: bytes, rows: list[bytes]) -> Page:
        """The rows as lines; takes them out of the list, so that they are not held twice while the page waits."""
        page = records.page(self.stream.name, stamp, rows, time.time_ns() // 1_000_000)
        self._unfilled.look(page.lines)
        rows.clear()
        return page

    def _leave_out(self, account: Account, error: TikTokError) -> None:
        """Go on without this part of the stream: with a warning, or with an error that fails the stream."""
        action, option = error.action, self._refuses_an_option(account, error)
        with self._lock:
            if self._dead or account.id in self._failed:
                return
            self._in_a_row[account.id] += 1
            if error.rule.blame == "transient" and action is not Action.SKIP_ADVERTISER:
                self._unanswered.add(account.id)
            # What one account is refused says nothing of the others; a service that does not work may be everybody's.
            self._dead = action is Action.FAIL or len(self._unanswered) >= MAX_CONSECUTIVE_FAILURES
            skipped = option or action in (Action.SKIP_ADVERTISER, Action.SKIP_STREAM)
            if skipped or self._in_a_row[account.id] >= MAX_CONSECUTIVE_FAILURES:
                self._failed.add(account.id)
        told = error.message_for_optional_stream if option else error.sentence
        sentence = f"{self.stream.name}, account {account.id}: {told}"
        self.sync.summary.leave_out(self.stream.name, account.id, told)
        if self._must_fail(account, error, option):
            raise failure(sentence, error) from None
        self.sync.warn(f"Left out: {sentence}")

    def report_incomplete(self, part: Slice) -> None:
        """What is known to lack is not claimed, and makes a full refresh incomplete."""
        sentence = f"{self.stream.name}, {part.to_slice()}: {part.incomplete_reason}"
        self.sync.summary.leave_out(self.stream.name, part.account.id, part.incomplete_reason)
        if self.full:
            raise AirbyteTracedException(message=sentence, failure_type=FailureType.system_error)
        self.sync.warn(sentence)

    def _must_fail(self, account: Account, error: TikTokError, option: bool) -> bool:
        if option:
            # What TikTok does not combine has no rows; of what is not permitted there may have been some before.
            return self.full and error.code != PARAMETER_REFUSED
        if error.action is not Action.SKIP_ADVERTISER:
            return True
        # A full refresh that is short would replace a whole table by a part; and where every account is refused,
        # nothing at all was read.
        policy, nothing = self.sync.config.on_skipped_accounts, len(self._failed) == self._all
        return self.full or policy == "fail" or (policy == "auto" and (account.named or nothing))

    def _costs_the_rest(self, account: Account, error: TikTokError) -> Set[str]:
        """The stream's name where a refusal would leave out an account and no later sync would bring its rows.

        Nothing once so many accounts were refused twice that the wait for each would take hours.
        """
        rows = self.full and error.code == PARAMETER_REFUSED and self._refuses_an_option(account, error)
        return {self.stream.name} if rows and self._refused_twice < MAX_CONSECUTIVE_FAILURES else set()

    def _believe(self, names: Set[str]) -> None:
        """One more account was refused the stream twice."""
        with self._lock:
            self._refused_twice += bool(names)

    def _refuses_an_option(self, account: Account, error: TikTokError) -> bool:
        if not self.stream.optional or error is account.refusal or unsupported_filters(error.message):
            return False
        if error.code == NO_PERMISSION:
            return self.sync.config.on_skipped_accounts != "fail"
        # TikTok: what a report combines may not exist; of a list the same code says that the request is wrong. So it is
        # of metrics that were chosen.
        absent = error.code == PARAMETER_REFUSED and isinstance(self.stream, Report) and not self.stream.chosen
        return absent or error.action is Action.SKIP_STREAM

    def names(self, account: Account, child: str) -> bool:
        """Whether to say that a shop or the like is refused: once for each, and of the first MOST_NAMED of an account.

        After these one warning says that there are more.
        """
        with self._lock:
            named = self._named.setdefault(account.id, set())
            if child in named or len(named) > MAX_NAMED:
                return False
            named.add(child)
            more = len(named) > MAX_NAMED
        if more:
            where = f"{self.stream.name}, account {account.id}"
            self.sync.warn(f"Left out: {where}: TikTok refuses more than {MAX_NAMED} of them; the rest is not named.")
        return not more

    def surprise(self, column: str, value: Any, instead: Any = None, /) -> None:
        """Warn once for a column whose values do not have its type, and count them for the summary."""
        became = "null" if instead is None else "rounded"
        self.sync.summary.alter(self.stream.name, column, became)
        with self._lock:
            known = (column, became) in self._surprised
            self._surprised.add((column, became))
        if not known:
            self.sync.warn(f"{self.stream.name}.{column}: TikTok sent {_misfit(value, instead)} in this sync.")

    def ask(
        self,
        part: Slice,
        params: Params,
        decode: Callable[[bytes], Answer],
        *,
        server_attempts: int = TRIES,
        wrong: Callable[[Answer], str | None] = lambda answer: None,
        odd: Callable[[Answer], str | None] = lambda answer: None,
    ) -> ApiResponse[Answer]:
        """One page of the slice's request, as large as the settings and TikTok allow unless `params` says less.

        `wrong` says why an answer can't be right, `odd` why it hardly can: such a one is taken if it comes again.
        """
        fetch = partial(
            self.sync.client.fetch,
            self.stream.path,
            {"page_size": self.page_size(part.account), **params},
            advertiser_id=part.account.id,
            decode=decode,
            accept=PageCheck(params["page"], self._believed, part.account.id, wrong=wrong, odd=odd),
            server_attempts=server_attempts,
        )
        costs_the_rest = partial(self._costs_the_rest, part.account)
        return confirmed(fetch, costs_the_rest, self.sync.client.pause, self._believe)

    def page_size(self, account: Account) -> int:
        """How many rows of a page to ask for, as far as is known for the account."""
        return self._sizes.get(account.id, min(self.sync.config.page_size, self.stream.page_size))

    def learn_page_size(self, account: Account, error: TikTokError) -> bool:
        """Whether a refusal states a limit of rows that the account's pages can keep to; they do from now on."""
        stated = error.most_rows if isinstance(error, TooLarge) else 0
        obeyed = 0 < stated < self.page_size(account)
        if obeyed:
            self._sizes[account.id] = stated
        return obeyed

    def warn_of(self, part: Slice) -> Callable[[str], None]:
        """A warning that names the slice it is about."""
        return lambda text: self.sync.warn(f"{self.stream.name}, {part.to_slice()}: {text}")


def failure(sentence: str, error: TikTokError) -> AirbyteTracedException:
    """The error as Airbyte wants it: the sentence for the user, and whose turn it is."""
    kinds = {"config": FailureType.config_error, "transient": FailureType.transient_error}
    kind = kinds.get(error.rule.blame, FailureType.system_error)
    return AirbyteTracedException(message=sentence, internal_message=str(error), failure_type=kind)


def _misfit(value: Any, instead: Any) -> str:
    """What is wrong with a value, and what became of it."""
    sent = f"a {type(value).__name__} ({str(value)[:40]!r})"
    if instead is None:
        return f"{sent} that the column's type cannot hold; it is null, here and wherever this happens again"
    return f"{sent} that the column cannot hold exactly; it is rounded to {instead}, as all such values are"


FURTHEST = timedelta(hours=14)
"""How far the clocks of some islands are ahead of UTC."""


def begun_nowhere(start: date, now: datetime) -> bool:
    """Whether a day has begun nowhere on earth; where it has, accounts further west have nothing to read yet."""
    return start > (now + FURTHEST).date()


def future_start(start: object, now: datetime) -> str:
    """The sentence for a start_date that has begun nowhere."""
    return (
        f"start_date: {start} lies in the future, TikTok's clock says {now:%Y-%m-%d %H:%M} UTC; "
        "write a day that has begun."
    )
