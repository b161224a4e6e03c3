"""Reads one slice: what all kinds of streams share, and what happens if a slice fails."""

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
from source_tiktok_ads.streams.model import Report, Stream
from source_tiktok_ads.streams.parameters import Params
from source_tiktok_ads.sync import records
from source_tiktok_ads.sync.advertisers import Account, AccountsError, Advertisers
from source_tiktok_ads.sync.campaign_ids import CampaignIds
from source_tiktok_ads.sync.children import Children
from source_tiktok_ads.sync.date_ranges import DateRange
from source_tiktok_ads.sync.pagination import Prefetcher
from source_tiktok_ads.sync.records import Answer, Page
from source_tiktok_ads.sync.refusals import GivenUp, confirmed, wrong_parameter
from source_tiktok_ads.sync.remembered import RememberedChildren
from source_tiktok_ads.sync.state import NOTHING_READ, Changes
from source_tiktok_ads.sync.substreams import ParentLists
from source_tiktok_ads.sync.summary import EmptyColumns, Summary
from source_tiktok_ads.sync.tasks import PendingTasks

MAX_CONSECUTIVE_FAILURES = 8
"""After this many consecutive failed slices of an account, the account is left out. After this many accounts for which
TikTok's service failed, without an answer in between, the stream is given up."""

MAX_NAMED = 20
"""How many refused shops, Business Centers or the like of an account are named in a stream's warnings."""

UNCLAIMED = (
    " Earlier syncs had it, so the state does not claim what was read: the next sync reads it again. "
    "A refresh of the stream goes on without it."
)

# TikTok: it answers with this code if the account, or the user who authorised the app, has no access to a feature, or
# no access at all.
NO_PERMISSION = 40001

AnyStream = TypeVar("AnyStream", bound=Stream)


class SyncClient(Protocol):
    """The methods of the client that reading needs."""

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
        """Request the time once more if it is based on a single answer that may be wrong."""


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

    Slices are compared by identity, because the engine would treat two equal ones as the same.
    """

    reader: Reader[Any]
    account: Account
    days: DateRange | None = None
    changes: Changes = NOTHING_READ
    """How far a list has been read for the account: first as in the state, and after reading as of now."""
    finished: bool = False
    """Whether every row was emitted."""
    owed: bool = False
    """Whether the days have to be read again, because the slice lacks data that earlier syncs had."""
    incomplete_reason: str = ""
    """Which rows are missing; empty if none are."""
    given_up: GivenUp | None = None
    """What TikTok refused to the account."""
    children: Children | None = None
    """The shops, pixels or the like that the slice reads for."""
    further: dict[str, Children] = field(default_factory=dict)
    """Those that the further lists of the stream are read for, by the name of the list."""

    def __hash__(self) -> int:
        return id(self)

    @property
    def window(self) -> DateRange:
        """The days of the slice. Raises ValueError for a stream that is not read by windows."""
        if self.days is None:
            raise ValueError(f"{self.stream_name()} is not read by windows")
        return self.days

    def mark_incomplete(self, sentence: str) -> None:
        """Note that rows of the slice are missing, and why."""
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
    """Reads one stream in one sync: its slices, the rows of each, and what happens if one fails.

    `full` means that the stream is read whole, whatever a state says. `known` are the accounts in its state.
    `remembered` are the shops, Business Centers or the like of the last full refresh, and later of this one.
    """

    def __init__(self, stream: AnyStream, sync: Sync, full: bool, known: Collection[str] = ()) -> None:
        self.stream = stream
        self.sync = sync
        self.full = full
        self._known_accounts = known
        self.kept = PendingTasks({}, "")
        self._lock = threading.Lock()
        self._account_count = 0
        self._left_out: set[str] = set()
        self._answered: set[str] = set()
        self._taken_for_empty: dict[str, TikTokError] = {}
        self._stopped = False
        self._refused_twice = 0
        self._sizes: dict[str, int] = {}
        self._consecutive_failures: Counter[str] = Counter()
        self._accounts_without_service: set[str] = set()
        self._reported_given_up: set[tuple[str, frozenset[str], bool]] = set()
        self._reported_columns: set[tuple[str, str]] = set()
        self._named_children: dict[str, set[str]] = {}
        self._empty_columns = EmptyColumns(always_filled(stream))
        sync.summary.watch(stream.name, self._empty_columns)
        self.remembered = RememberedChildren(stream)
        self._believed = AcceptedOddities(lambda text: sync.warn(f"{stream.name}: {text}"))

    @abstractmethod
    def slices(self, account: Account) -> Iterable[Slice]:
        """The slices of one account, in the order in which they should be read."""

    @abstractmethod
    def rows(self, part: Slice) -> Iterator[list[bytes]]:
        """The rows of a slice page by page, each as the members of a JSON object without braces. Raises TikTokError."""

    @abstractmethod
    def cursor_after(self, part: Slice) -> Mapping[str, Any]:
        """The cursor of the account after the slice was read. Called for one slice at a time."""

    def stamp(self, part: Slice) -> bytes:
        """The columns that every record of the slice begins with, as JSON members and a comma, or nothing."""
        return b""

    def generate(self) -> Iterator[Slice]:
        """All slices of the stream. Accounts take turns, so that a large account does not delay the others."""
        accounts = self.accounts()
        self._account_count = len(accounts)
        waiting = deque(iter(self._slices_or_refusal(account)) for account in accounts)
        while waiting:
            slices = waiting.popleft()
            if part := next(slices, None):
                yield part
                waiting.append(slices)

    def accounts(self) -> list[Account]:
        """The accounts to read, and as refused ones those in the state that the token no longer lists.

        Raises an error for the stream if the accounts cannot be determined.
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
        """The records of one slice, a page at a time. The slice is finished once all records have been consumed."""
        account = part.account
        if self._stopped or account.id in self._left_out:
            return
        try:
            if account.refusal:
                raise account.refusal
            stamp = self.stamp(part)
            for rows in self.rows(part):
                if rows:
                    self._answered.add(account.id)
                    self.sync.summary.add(self.stream.name, account.id, len(rows))
                    yield Record({"": self._to_page(stamp, rows)}, self.stream.name)
            self._note_success(part)
        except TikTokError as error:
            self._skip_or_fail(account, error)
        else:
            self._fail_if_taken_for_empty(account)
        if part.incomplete_reason:
            self.report_incomplete(part)

    def _note_success(self, part: Slice) -> None:
        """Note that a slice was read, so neither its account nor the stream fails all the time."""
        claimed = self.claims(part)
        part.finished = claimed and not part.incomplete_reason
        # The look-back for children is the same in every sync, so days that are not claimed are read again anyway.
        part.owed = not claimed and part.children is None
        with self._lock:
            self._consecutive_failures[part.account.id] = 0
            self._accounts_without_service.clear()
            self._answered.add(part.account.id)
        if part.given_up:
            self._report_given_up(part.account, part.given_up, claimed)

    def claims(self, part: Slice) -> bool:
        """Whether the state may claim a slice although data was given up for it."""
        return True

    def _report_given_up(self, account: Account, given_up: GivenUp, claimed: bool) -> None:
        """Report once for each account what TikTok refuses to it."""
        key = account.id, given_up.names, claimed
        with self._lock:
            known = key in self._reported_given_up
            self._reported_given_up.add(key)
        if known:
            return
        sentence = given_up.sentence + ("" if claimed else UNCLAIMED)
        self.sync.summary.leave_out(self.stream.name, account.id, sentence)
        message = f"{self.stream.name}, account {account.id}: {sentence}"
        if self.full and given_up.costs_rows:
            raise AirbyteTracedException(message=message, failure_type=FailureType.system_error)
        self.sync.warn(message)

    def _to_page(self, stamp: bytes, rows: list[bytes]) -> Page:
        """The rows as lines. Empties the list, so that the rows are not in memory twice while the page waits."""
        page = records.page(self.stream.name, stamp, rows, time.time_ns() // 1_000_000)
        self._empty_columns.look(page.lines)
        rows.clear()
        return page

    def _skip_or_fail(self, account: Account, error: TikTokError) -> None:
        """Go on without this slice, with a warning. Raises an error if the stream has to fail."""
        action, option = error.action, self._is_optional_refusal(account, error)
        with self._lock:
            if self._stopped or account.id in self._left_out:
                return
            self._consecutive_failures[account.id] += 1
            if error.rule.blame == "transient" and action is not Action.SKIP_ADVERTISER:
                self._accounts_without_service.add(account.id)
            # A refusal to one account says nothing about the others, but a failing service may affect all of them.
            self._stopped = action is Action.FAIL or len(self._accounts_without_service) >= MAX_CONSECUTIVE_FAILURES
            skipped = option or action in (Action.SKIP_ADVERTISER, Action.SKIP_STREAM)
            if skipped or self._consecutive_failures[account.id] >= MAX_CONSECUTIVE_FAILURES:
                self._left_out.add(account.id)
        reason = error.message_for_optional_stream if option else error.sentence
        sentence = f"{self.stream.name}, account {account.id}: {reason}"
        self.sync.summary.leave_out(self.stream.name, account.id, reason)
        if self._must_fail(account, error, option):
            raise failure(sentence, error) from None
        self.sync.warn(f"Left out: {sentence}")

    def _take_for_empty(self, account: Account, error: TikTokError) -> bool:
        """Whether a refusal means that the account has no rows: not if TikTok has answered the account."""
        with self._lock:
            if account.id in self._answered:
                return False
            self._taken_for_empty[account.id] = error
            return True

    def _fail_if_taken_for_empty(self, account: Account) -> None:
        """Fail a full refresh if a slice is answered after another one's refusal was taken for a sign of no rows."""
        with self._lock:
            error = self._taken_for_empty.pop(account.id, None)
        if error:
            raise failure(f"{self.stream.name}, account {account.id}: {error.sentence}", error) from None

    def report_incomplete(self, part: Slice) -> None:
        """Report that rows of a slice are missing. Raises an error in a full refresh, which has to be complete."""
        sentence = f"{self.stream.name}, {part.to_slice()}: {part.incomplete_reason}"
        self.sync.summary.leave_out(self.stream.name, part.account.id, part.incomplete_reason)
        if self.full:
            raise AirbyteTracedException(message=sentence, failure_type=FailureType.system_error)
        self.sync.warn(sentence)

    def _must_fail(self, account: Account, error: TikTokError, option: bool) -> bool:
        if option:
            # A combination that does not exist has no rows, but data that is no longer permitted may have had some.
            return self.full and not (wrong_parameter(error) and self._take_for_empty(account, error))
        if error.action is not Action.SKIP_ADVERTISER:
            return True
        # An incomplete full refresh would replace a whole table by a part of it. If every account is refused, nothing
        # was read at all.
        policy, nothing = self.sync.config.on_skipped_accounts, len(self._left_out) == self._account_count
        return self.full or policy == "fail" or (policy == "auto" and (account.named or nothing))

    def _would_lose_account(self, account: Account, error: TikTokError) -> Set[str]:
        """The stream's name if a refusal would leave out an account whose rows no later sync would read.

        Empty after MAX_CONSECUTIVE_FAILURES accounts were refused twice, because the waits would take hours.
        """
        rows = self.full and wrong_parameter(error) and self._is_optional_refusal(account, error)
        return {self.stream.name} if rows and self._refused_twice < MAX_CONSECUTIVE_FAILURES else set()

    def _count_refused_twice(self, names: Set[str]) -> None:
        """Count an account to which TikTok refused the stream twice."""
        with self._lock:
            self._refused_twice += bool(names)

    def _is_optional_refusal(self, account: Account, error: TikTokError) -> bool:
        if not self.stream.optional or error is account.refusal or unsupported_filters(error.message):
            return False
        if error.code == NO_PERMISSION:
            return self.sync.config.on_skipped_accounts != "fail"
        # TikTok: for a report, this code may mean that the combination of level and breakdown does not exist. For a
        # list, or for metrics that the user chose, it means that the request is wrong.
        absent = wrong_parameter(error) and isinstance(self.stream, Report) and not self.stream.chosen
        return absent or error.action is Action.SKIP_STREAM

    def names(self, account: Account, child: str) -> bool:
        """Whether to report that a shop or the like is refused: once each, for the first MAX_NAMED of an account.

        After these, one warning says that there are more.
        """
        with self._lock:
            named = self._named_children.setdefault(account.id, set())
            if child in named or len(named) > MAX_NAMED:
                return False
            named.add(child)
            more = len(named) > MAX_NAMED
        if more:
            where = f"{self.stream.name}, account {account.id}"
            self.sync.warn(f"Left out: {where}: TikTok refuses more than {MAX_NAMED} of them; the rest is not named.")
        return not more

    def surprise(self, column: str, value: Any, instead: Any = None, /) -> None:
        """Warn once for each column with values of another type, and count these values for the summary."""
        became = "null" if instead is None else "rounded"
        self.sync.summary.alter(self.stream.name, column, became)
        with self._lock:
            known = (column, became) in self._reported_columns
            self._reported_columns.add((column, became))
        if not known:
            self.sync.warn(f"{self.stream.name}.{column}: TikTok sent {_invalid_value(value, instead)} in this sync.")

    def ask(
        self,
        part: Slice,
        params: Params,
        decode: Callable[[bytes], Answer],
        *,
        server_attempts: int = TRIES,
        wrong: Callable[[Answer], str | None] = lambda answer: None,
        unlikely: Callable[[Answer], str | None] = lambda answer: None,
    ) -> ApiResponse[Answer]:
        """One page of a request, as large as the settings and TikTok allow, unless `params` has a page size.

        `wrong` returns why an answer cannot be right. `unlikely` returns why it is probably wrong: such an answer is
        accepted if it comes again.
        """
        fetch = partial(
            self.sync.client.fetch,
            self.stream.path,
            {"page_size": self.page_size(part.account), **params},
            advertiser_id=part.account.id,
            decode=decode,
            accept=PageCheck(params["page"], self._believed, part.account.id, wrong=wrong, unlikely=unlikely),
            server_attempts=server_attempts,
        )
        would_lose_account = partial(self._would_lose_account, part.account)
        return confirmed(fetch, would_lose_account, self.sync.client.pause, self._count_refused_twice)

    def page_size(self, account: Account) -> int:
        """The page size for the account."""
        return self._sizes.get(account.id, min(self.sync.config.page_size, self.stream.page_size))

    def learn_page_size(self, account: Account, error: TikTokError) -> bool:
        """Use the page size that a refusal states from now on. Returns whether it states a smaller one."""
        stated = error.most_rows if isinstance(error, TooLarge) else 0
        obeyed = 0 < stated < self.page_size(account)
        if obeyed:
            self._sizes[account.id] = stated
        return obeyed

    def warn_of(self, part: Slice) -> Callable[[str], None]:
        """A function that warns with the name of the slice."""
        return lambda text: self.sync.warn(f"{self.stream.name}, {part.to_slice()}: {text}")


def failure(sentence: str, error: TikTokError) -> AirbyteTracedException:
    """The error for Airbyte: the sentence for the user, and the kind of failure, which says who has to act."""
    kinds = {"config": FailureType.config_error, "transient": FailureType.transient_error}
    kind = kinds.get(error.rule.blame, FailureType.system_error)
    return AirbyteTracedException(message=sentence, internal_message=str(error), failure_type=kind)


def _invalid_value(value: Any, instead: Any) -> str:
    """What is wrong with a value, and what the record has instead."""
    sent = f"a {type(value).__name__} ({str(value)[:40]!r})"
    if instead is None:
        return f"{sent} that the column's type cannot hold; it is null, here and wherever this happens again"
    return f"{sent} that the column cannot hold exactly; it is rounded to {instead}, as all such values are"


FURTHEST = timedelta(hours=14)
"""How far the clocks of some islands are ahead of UTC."""


def begun_nowhere(start: date, now: datetime) -> bool:
    """Whether a day has not begun anywhere on earth. Once it has begun somewhere, an account there can be read."""
    return start > (now + FURTHEST).date()


def future_start(start: object, now: datetime) -> str:
    """The sentence for a start_date that has not begun anywhere."""
    return (
        f"start_date: {start} lies in the future, TikTok's clock says {now:%Y-%m-%d %H:%M} UTC; "
        "write a day that has begun."
    )
