"""The request for one list of one account, the events while it is read, and the state of that reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from source_tiktok_ads.streams.listing import Listing, Row, Scope
from source_tiktok_ads.streams.parameters import Params, merged
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.list_records import ListingRows
from source_tiktok_ads.sync.refusals import (
    GivenUp,
)
from source_tiktok_ads.sync.shared_answers import Answers
from source_tiktok_ads.sync.tasks import PendingTasks, TaskClient

NAMES_ACCOUNT = (Scope.ACCOUNT, Scope.REFERENCE)
"""The scopes whose requests name an account."""

OnMessage = Callable[[str], None]
"""Receives a sentence for the log."""

Place = tuple[str, str, str]
"""Identifies a request: a list, an account, and the parent row and pass that it is sent for."""


class ListClient(TaskClient, Protocol):
    """The methods of the client that reading lists needs."""

    def now(self) -> datetime:
        """TikTok's clock, in UTC."""


@dataclass(frozen=True)
class ListRequest:
    """A request for one list of one account."""

    account: Account
    params: Params
    constants: Row
    """Columns that have the same value in every row, because of the parameters."""
    of: str = ""
    """Names the pass and the parent rows of the request, independent of the window."""

    def also(self, params: Params, constants: Row, of: str = "") -> ListRequest:
        """The same request with more parameters and constants."""
        return ListRequest(self.account, merged(self.params, params), {**self.constants, **constants}, of or self.of)


@dataclass(frozen=True)
class ListEvents:
    """Callbacks for what happens while a list is read."""

    on_warning: OnMessage
    """An answer is unusual, but no rows are missing."""
    on_incomplete: OnMessage
    """Rows are missing; a later sync reads them."""
    on_skipped: OnMessage
    """A part of the list is left out for good."""
    on_given_up: Callable[[GivenUp], object]
    """TikTok refuses metrics, so the list is read without them."""
    on_refused: Callable[[str, str], object]
    """TikTok refuses one shop, Business Center or other child, so its rows are missing: its name in the state and a
    sentence."""
    pending: PendingTasks = field(default_factory=lambda: PendingTasks({}, ""))
    """The tasks of the stream that TikTok has not finished."""


@dataclass(frozen=True)
class ListReading:
    """The state of reading one list of one account."""

    listing: Listing
    into: ListingRows
    """Turns rows into records."""
    events: ListEvents
    sent: set[int] = field(default_factory=set)
    """Marks of the rows that were emitted."""
    full: set[str] = field(default_factory=set)
    """The lists that reached the most rows TikTok gives."""
    answers: Answers = field(default_factory=Answers)
    """Answers that need not be asked for again, and those left for other streams."""
