"""The kind of stream that lists what an account, a Business Center or TikTok itself has: one frozen row each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any

from source_tiktok_ads.streams.shapes import Shape

if TYPE_CHECKING:
    from source_tiktok_ads.streams.model import Params

Row = Mapping[str, Any]
"""One row of a list: as TikTok sends it, or as a record."""


class MalformedRow(ValueError):
    """A row that does not have the form of its list."""


def inside(row: Row, name: str) -> Row:
    """The object of that name in a row, empty where there is none. Raises MalformedRow for anything else."""
    value = row.get(name) or {}
    if not isinstance(value, dict):
        raise MalformedRow(f"{name} of a row is no object")
    return value


def rows_inside(row: Row, name: str) -> Sequence[Row]:
    """The list of objects of that name in a row, empty where there is none. Raises MalformedRow for anything else."""
    value = row.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise MalformedRow(f"{name} of a row is no list of objects")
    return value


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
    TOKEN = "the token's own, told for app id and secret"


@dataclass(frozen=True)
class Pass:
    """One reading of a list: its parameters, and the columns they make constant in every row."""

    params: Params = field(default_factory=dict)
    constants: Row = field(default_factory=dict)


@dataclass(frozen=True)
class File:
    """The rows of a file that a task wrote; `cut` says what is missing from it, and is empty where nothing is."""

    rows: Sequence[Row] = ()
    cut: str = ""


@dataclass(frozen=True)
class Step:
    """One request about a task: its endpoint, and which parameters of the task it repeats beside the task's id."""

    path: str
    repeats: tuple[str, ...] = ("advertiser_id",)
    post: bool = False


@dataclass(frozen=True)
class Task:
    """How the file of a list is made: its path creates a task, which is checked until it is done, then downloaded.

    `file_at` names the member of the download's answer that holds the file; empty, the answer itself is the file.
    `read` turns the file into rows. `done` and `failed` are the states that end a task; every other one means that it
    still runs. `headers` are sent with each of the requests.
    """

    check: Step
    download: Step
    read: Callable[[Any], File]
    file_at: str = ""
    done: tuple[str, ...] = ("SUCCESS", "SUCCEED")
    failed: tuple[str, ...] = ("FAILED", "CANCELED", "EXPIRED")
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Parent:
    """The list whose rows the requests come from, `batch_size` of them a request.

    `params_for` makes parameters of them; `inherits` names the columns that a row takes over from its parent; `keep`
    decides which of them are asked about. `select` makes what is asked about from the rows, where that is not the rows
    themselves. `owner` names the column that says whose account a row is about, where several accounts share the list;
    a row that names none belongs to every account.
    """

    listing: Listing
    params_for: Callable[[Sequence[Row]], Params]
    inherits: tuple[str, ...] = ()
    batch_size: int = 1
    keep: Callable[[Row], bool] = lambda row: True
    select: Callable[[Sequence[Row]], Sequence[Row]] = lambda rows: rows
    owner: str = ""

    def takes(self, row: Row, account_id: str) -> bool:
        """Whether a row of the parent's list is asked about for an account."""
        anybody = (None, "", "0", "-", account_id)
        return self.keep(row) and (not self.owner or row.get(self.owner) in anybody)


@dataclass(frozen=True)
class Listing:
    """A list endpoint: where its rows stand, how they are divided, what tells them apart.

    `rows_at` names their place in the answer; where it is empty the answer is itself the one row. `also_at` are the
    other names of that place that sources show. `with_deleted` stands in for `passes` where deleted objects are wanted.
    `since` makes a filter for what changed between two moments; `newest_first` tells that the latest changes come
    first. `records` makes records of a row that is none yet; `containers` are the members of a row in which it finds
    them, the first its own, the others those of lists that share the answer. `personal` names the columns, and the
    fields at any depth, that only the setting *personal data* adds. Where TikTok refuses a list that is `optional`, it
    is left out with a warning, for many accounts lack what it is about.

    `more` are further lists whose rows belong to this one: each row leaves once, whichever list brings it, and what is
    refused of them is left out with a warning. `instead` is read where TikTok refuses this list. `most` is how many
    rows TikTok gives of a list at all, 0 where no such limit is known; the further lists that are marked as `beyond`
    are read only where that many came. `empty_keys` are the columns of the key that TikTok leaves empty in some rows.
    `numbered` names the column of the key that numbers the rows of one answer that agree in the rest of the key.

    `trying` tells that TikTok knows only some of the passes: those it refuses as wrong, and refuses again some time
    later, have no rows.
    `task` tells how the file is made that holds the rows of a list with `Paging.TASK`.

    `inborn` tells that its rows are made in the account itself, so that none appears later with a past of its own, as a
    shop or a pixel does that is shared with the account.
    """

    name: str
    path: str
    ids: tuple[str, ...]
    columns: Mapping[str, Shape]
    rows_at: str = "list"
    paging: Paging = Paging.PAGES
    page_size: int = 1000
    cursor: str = ""
    scope: Scope = Scope.ACCOUNT
    passes: tuple[Pass, ...] = (Pass(),)
    with_deleted: tuple[Pass, ...] = ()
    parent: Parent | None = None
    since: Callable[[str, str], Params] | None = None
    newest_first: bool = False
    records: Callable[[Row], Iterable[Row]] | None = None
    containers: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    optional: bool = False
    inborn: bool = False
    trying: bool = False
    also_at: tuple[str, ...] = ()
    more: tuple[Listing, ...] = ()
    instead: Listing | None = None
    most: int = 0
    beyond: bool = False
    empty_keys: tuple[str, ...] = ()
    numbered: str = ""
    task: Task | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell rows apart; accounts share assets, so an account's list has the account's id."""
        return ("advertiser_id", *self.ids) if self.scope is Scope.ACCOUNT else self.ids

    @property
    def incremental(self) -> bool:
        """Whether the rows have an order in time."""
        return bool(self.cursor)

    @property
    def cursor_tracks_changes(self) -> bool:
        """Whether the cursor moves with every change of a row; else every row leaves every time."""
        return self.cursor in ("modify_time", "update_time")

    @property
    def has_deleted(self) -> bool:
        """Whether deleted objects, or what belongs to them, come only on request."""
        return (
            bool(self.with_deleted)
            or (self.parent is not None and self.parent.listing.has_deleted)
            or any(listing.has_deleted for listing in self.more if not listing.beyond)
        )

    @property
    def places(self) -> tuple[str, ...]:
        """The names under which the rows may stand in an answer; none where the answer is itself the row."""
        return (self.rows_at, *self.also_at) if self.rows_at else ()

    def readings(self, include_deleted: bool) -> tuple[Pass, ...]:
        """The passes that together bring every row that is wanted."""
        return self.with_deleted if include_deleted and self.with_deleted else self.passes

    def impersonal(self) -> Listing:
        """The same without the columns, and what is inside columns, that hold personal data."""
        hidden = self.personal
        shown = {name: shape.without(hidden) for name, shape in self.columns.items() if name not in hidden}
        return replace(self, columns=shown)


@dataclass(frozen=True)
class DatedListing(Listing):
    """A list that is asked for by windows of at most `days` days and read again like a report.

    `params_for` makes a window's first and last day parameters; `day` names the column that is filled with the first.
    `utc` tells that the days are not one account's own, but UTC's; `ahead`, that each row's is the one of its account,
    which may have begun before UTC's. `ahead_of_time` tells that an answer has rows of hours that have not begun yet:
    those do not leave. `lag` is for how many days, today included, nothing can be asked yet; `back`, of how many days
    before those TikTok tells anything, 0 where no such limit is known. `older` tells that rows may be older than the
    account that they are asked for.
    """

    days: int = 30
    params_for: Callable[[date, date], Params] = lambda first, last: {}
    day: str = ""
    utc: bool = False
    ahead: bool = False
    ahead_of_time: bool = False
    lag: int = 0
    back: int = 0
    older: bool = False


def merged(*parts: Params) -> Params:
    """Parameters of several origins as one; where two hold an object of one name, it has the fields of both."""
    whole: Params = {}
    for name, value in (item for part in parts for item in part.items()):
        whole[name] = {**whole[name], **value} if isinstance(value, dict) and name in whole else value
    return whole
