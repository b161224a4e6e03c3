"""The model of a list: a stream of what an account, a Business Center or TikTok itself has, as a frozen row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum
from typing import Any

from source_tiktok_ads.streams.parameters import Params
from source_tiktok_ads.streams.shapes import ID, Shape

Row = Mapping[str, Any]
"""One row of a list: as TikTok sends it, or as a record."""


ADVERTISER_ID = ID("Id of the ad account the row belongs to.")
OWNERS = {"advertiser_id": ADVERTISER_ID, "bc_id": ID("Id of the Business Center the row was read from.")}


class MalformedRow(ValueError):
    """A row that does not have the form of its list."""


def inside(row: Row, name: str) -> Row:
    """The object with this name in a row; empty if there is none. Raises MalformedRow for anything else."""
    value = row.get(name) or {}
    if not isinstance(value, dict):
        raise MalformedRow(f"{name} of a row is no object")
    return value


def rows_inside(row: Row, name: str) -> Sequence[Row]:
    """The list of objects with this name in a row; empty if there is none. Raises MalformedRow for anything else."""
    value = row.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise MalformedRow(f"{name} of a row is no list of objects")
    return value


def lifting(*columns: str, out_of: str) -> Callable[[Row], Iterator[Row]]:
    """Makes records with some columns of the object `out_of` at the top as well, where those of a key have to stand."""

    def records(row: Row) -> Iterator[Row]:
        found = inside(row, out_of)
        yield {**row, **{column: found.get(column) for column in columns}}

    return records


class Paging(Enum):
    """How an endpoint divides its rows."""

    PAGES = "by page and page_size; page_info tells how many there are"
    UNCOUNTED = "by page and page_size; what page_info says is not believed: a page that is not full is the last"
    CURSOR = "by cursor and count; has_more tells whether there are more"
    WHOLE = "not at all: one answer holds every row"
    TASK = "not at all: a task writes a file of every row"


class Scope(Enum):
    """Whose rows a list gives, and with that how often it is read."""

    ACCOUNT = "each ad account's own"
    REFERENCE = "the same for every account: read once, through the first that can be read"
    CENTERS = "those of the token's Business Centers: read once, no account is named"
    CREATORS = "those of the token's accounts in the Creator Marketplace: read once, no ad account is named"
    TOKEN = "the token's own, told for app id and secret"


@dataclass(frozen=True)
class Pass:
    """One of the requests that together read a list."""

    params: Params = field(default_factory=dict)
    constants: Row = field(default_factory=dict)
    """Columns that every row has because of the parameters."""


@dataclass(frozen=True)
class File:
    """The rows of a file that a task wrote. `cut` says what is missing, and is empty for a whole file."""

    rows: Sequence[Row] = ()
    cut: str = ""


@dataclass(frozen=True)
class Step:
    """One request about a task: its endpoint, and the parameters that it repeats in addition to the task's id."""

    path: str
    repeats: tuple[str, ...] = ("advertiser_id",)
    post: bool = False


@dataclass(frozen=True)
class Task:
    """How the file of a list is requested: the list's path creates a task, which is checked until it is done."""

    check: Step
    download: Step
    read: Callable[[Any], File]
    """Turns the file into rows."""
    file_at: str = ""
    """The field of the download's answer that has the file; if empty, the answer itself is the file."""
    done: tuple[str, ...] = ("SUCCESS", "SUCCEED")
    failed: tuple[str, ...] = ("FAILED", "CANCELED", "EXPIRED")
    """The states of a failed task. A task in a state that is neither here nor in `done` is still running."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of each request about the task."""


@dataclass(frozen=True)
class Parent:
    """The parent list of a list: its rows become parameters of the requests."""

    listing: Listing
    params_for: Callable[[Sequence[Row]], Params]
    """The parameters of the request for some parent rows."""
    inherits: tuple[str, ...] = ()
    """The columns that a row takes over from its parent."""
    batch_size: int = 1
    """How many parent rows one request is sent for."""
    keep: Callable[[Row], bool] = lambda row: True
    """Whether requests are sent for a parent row."""
    select: Callable[[Sequence[Row]], Sequence[Row]] = lambda rows: rows
    """Turns the parent rows into those that requests are sent for, if these differ."""
    owner: str = ""
    """The column with the account that a row belongs to, if accounts share the list. A row without a value belongs to
    every account."""
    needs: tuple[str, ...] = ()
    """The columns besides the ids that a request needs, for parent rows that are no longer listed."""
    describes: bool = False
    """Whether the rows only describe the parent row, as the details of an audience do, and so vanish with it."""

    @property
    def remembered(self) -> bool:
        """Whether a full refresh also reads for the parent rows of the last one that the list no longer has."""
        return not (self.listing.inborn or self.describes)

    def takes(self, row: Row, account_id: str) -> bool:
        """Whether requests for an account are sent for a parent row."""
        owners = (None, "", "0", "-", account_id)
        return self.keep(row) and (not self.owner or row.get(self.owner) in owners)


@dataclass(frozen=True)
class Listing:
    """A stream of the rows of a list endpoint. The first column is the id of their owner, if the key begins with it."""

    name: str
    path: str
    ids: tuple[str, ...]
    columns: Mapping[str, Shape]
    rows_at: str = "list"
    """The field of an answer that has the rows; if empty, the answer is itself the only row."""
    paging: Paging = Paging.PAGES
    page_size: int = 1000
    cursor: str = ""
    scope: Scope = Scope.ACCOUNT
    passes: tuple[Pass, ...] = (Pass(),)
    with_deleted: tuple[Pass, ...] = ()
    """The passes to read instead if deleted objects are wanted."""
    parent: Parent | None = None
    since: Callable[[str, str], Params] | None = None
    """The filter for what changed between two moments."""
    newest_first: bool = False
    """Whether the rows are sorted by change, newest first."""
    records: Callable[[Row], Iterable[Row]] | None = None
    """Turns a row into records, if a row is not a record itself."""
    containers: tuple[str, ...] = ()
    """The fields of a row with its records: first those of this list, then those of lists with the same answer."""
    personal: tuple[str, ...] = ()
    """The columns, and the fields at any depth, that are only emitted with the setting *personal data*."""
    required: bool = False
    """Whether every account has the list, so that the stream fails if TikTok refuses it. Others are left out with a
    warning."""
    inborn: bool = False
    """Whether its rows are created in the account and stay in its list, so that none appears later with older data of
    its own, and none leaves the list with rows that still exist. A shared shop or pixel may do both."""
    trying: bool = False
    """Whether TikTok may not know some of the passes. Those that it refuses twice as wrong have no rows."""
    also_at: tuple[str, ...] = ()
    """Other names for `rows_at` in the sources."""
    more: tuple[Listing, ...] = ()
    """Further lists with rows of this stream. A row in several lists is emitted once, and a refused list is left out
    with a warning."""
    instead: Listing | None = None
    """The list to read if TikTok refuses this one."""
    most: int = 0
    """The most rows that TikTok returns of the list; 0 if no limit is known."""
    beyond: bool = False
    """Whether this further list is only read if the first one has its most rows."""
    empty_keys: tuple[str, ...] = ()
    """The columns of the key that may be empty."""
    numbered: str = ""
    """The column of the key that numbers the rows of an answer with the same other columns of the key."""
    task: Task | None = None
    """How the file is requested, for `Paging.TASK`."""
    headers: tuple[str, ...] = ()
    """The parameters that are sent as headers. One without a value is not sent."""
    names_app: bool = False
    """Whether the request carries the id and the secret of the app."""

    def __post_init__(self) -> None:
        owner = {name: OWNERS[name] for name in self.key[:1] if name in OWNERS}
        object.__setattr__(self, "columns", {**owner, **self.columns})

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that identify a row. Accounts share assets, so the list of an account has the account's id."""
        return ("advertiser_id", *self.ids) if self.scope is Scope.ACCOUNT else self.ids

    @property
    def optional(self) -> bool:
        """Whether the list is left out with a warning if TikTok refuses it, because many accounts do not have it."""
        return not self.required

    @property
    def incremental(self) -> bool:
        """Whether the list has a cursor."""
        return bool(self.cursor)

    @property
    def cursor_tracks_changes(self) -> bool:
        """Whether the cursor moves with every change of a row. If not, every sync emits every row."""
        return self.cursor in ("modify_time", "update_time")

    @property
    def has_deleted(self) -> bool:
        """Whether deleted objects, or rows that belong to them, come only on request."""
        return (
            bool(self.with_deleted)
            or (self.parent is not None and self.parent.listing.has_deleted)
            or any(listing.has_deleted for listing in self.more if not listing.beyond)
        )

    @property
    def places(self) -> tuple[str, ...]:
        """The fields of an answer that may have the rows; none if the answer is itself the row."""
        return (self.rows_at, *self.also_at) if self.rows_at else ()

    def readings(self, include_deleted: bool) -> tuple[Pass, ...]:
        """The passes that together read every wanted row."""
        return self.with_deleted if include_deleted and self.with_deleted else self.passes

    def impersonal(self) -> Listing:
        """The same list without personal columns and fields."""
        hidden = self.personal
        shown = {name: shape.without(hidden) for name, shape in self.columns.items() if name not in hidden}
        return replace(self, columns=shown)


@dataclass(frozen=True)
class DatedListing(Listing):
    """A list that is read by windows of days, with the look-back of a report."""

    days: int = 30
    """The most days of a window."""
    params_for: Callable[[date, date], Params] = lambda first, last: {}
    """The parameters for the first and last day of a window."""
    day: str = ""
    """The column for the first day of the window."""
    utc: bool = False
    """Whether the days are in UTC instead of the account's time zone."""
    ahead: bool = False
    """Whether each row's day is in the time zone of its account, where it may begin before it does in UTC."""
    ahead_of_time: bool = False
    """Whether answers have rows of hours that have not begun yet. These are not emitted."""
    lag: int = 0
    """The number of most recent days, including today, that cannot be requested yet."""
    back: int = 0
    """The number of days before those that TikTok keeps; 0 if no limit is known."""
    older: bool = False
    """Whether rows may be older than the account that they are requested for."""
