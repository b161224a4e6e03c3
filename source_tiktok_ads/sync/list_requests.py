"""What reading one list of one account needs: its request, where its rows go, and its events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from source_tiktok_ads.streams.listing import Listing, Row, Scope, merged
from source_tiktok_ads.streams.model import Params
from source_tiktok_ads.sync.advertisers import Account
from source_tiktok_ads.sync.list_records import ListingRows
from source_tiktok_ads.sync.refusals import (
    GivenUp,
)
from source_tiktok_ads.sync.tasks import PendingTasks, TaskClient

NAMES_ACCOUNT = (Scope.ACCOUNT, Scope.REFERENCE)
"""The scopes whose requests name an account."""

OnMessage = Callable[[str], None]
"""Receives a sentence for the log."""

Place = tuple[str, str, str]
"""A list, an account, and a row of the list's parent in one pass."""


class ListClient(TaskClient, Protocol):
    """What this module needs of the client."""

    def now(self) -> datetime:
        """TikTok's clock, in UTC."""


@dataclass(frozen=True)
class ListRequest:
    """One list of one account: its parameters, and the columns that they make constant in every row.

    `of` names the pass, and the rows of the parent that it is about, whatever the window.
    """

    account: Account
    params: Params
    constants: Row
    of: str = ""

    def also(self, params: Params, constants: Row, of: str = "") -> ListRequest:
        """The same request with more parameters and constants."""
        return ListRequest(self.account, merged(self.params, params), {**self.constants, **constants}, of or self.of)


@dataclass(frozen=True)
class ListEvents:
    """What happens while a list is read: oddities, missing rows, parts skipped for good and metrics given up.

    `on_refused` takes the name in the state of a shop, Business Center or the like that TikTok refuses, and a sentence:
    its rows are missing, those of the others are not. `pending` are the stream's tasks at TikTok.
    """

    on_warning: OnMessage
    on_incomplete: OnMessage
    on_skipped: OnMessage
    on_given_up: Callable[[GivenUp], object]
    on_refused: Callable[[str, str], object]
    pending: PendingTasks = field(default_factory=lambda: PendingTasks({}, ""))


@dataclass(frozen=True)
class ListReading:
    """A list being read for one account: where its rows become records, its events, and marks of the rows that left."""

    listing: Listing
    into: ListingRows
    events: ListEvents
    sent: set[int] = field(default_factory=set)
    full: set[str] = field(default_factory=set)
    """The lists that came to the most rows TikTok gives of them."""
