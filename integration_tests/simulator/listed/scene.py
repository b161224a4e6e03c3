"""What a source of rows looks at, and how it fills every documented column.

A source names what it knows of a row; the other columns get values of their types, sometimes null and, where TikTok
documents them as conditional, sometimes nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, overload

from .. import assets as owned
from ..assets import Asset, BusinessCenter, Kind, assets
from ..entities import moment, sample
from ..facts import Column
from ..list_facts import ListFacts
from ..numbers import mix
from ..refusal import bad
from ..switches import Switches
from ..world import Advertiser, World

Row = dict[str, Any]
SIGNED = "https://p16.cdn.example"


@dataclass(frozen=True)
class Made(Sequence[Row]):
    """Rows that are made when they are looked at, so that a page of a long list costs no more than its own rows."""

    found: Sequence[Any]
    make: Callable[[Any], Row]

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.found)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        """The row at a place, or those of a slice."""
        return (
            [self.make(each) for each in self.found[place]]
            if isinstance(place, slice)
            else self.make(self.found[place])
        )


@dataclass(frozen=True)
class Scene:
    """What a source looks at: the world at an instant, whose list is asked for and what else was sent."""

    facts: ListFacts
    world: World
    epoch: int
    switches: Switches
    call: int
    sent: Mapping[str, Any]
    owner: Advertiser | None = None
    bc: BusinessCenter | None = None

    def of(self, owner: Advertiser | None, bc_id: str) -> Scene:
        """The same for an account, a Business Center or both."""
        return replace(self, owner=owner, bc=self.centers.get(bc_id))

    @property
    def advertiser(self) -> Advertiser:
        """The account; the endpoint requires one."""
        assert self.owner is not None
        return self.owner

    @property
    def center(self) -> BusinessCenter:
        """The Business Center; the endpoint requires one."""
        assert self.bc is not None
        return self.bc

    @property
    def centers(self) -> Mapping[str, BusinessCenter]:
        """All Business Centers, by id."""
        return {center.bc_id: center for center in owned.business_centers(self.world)}

    def get(self, name: str) -> Any:
        """A parameter as sent, else its documented default."""
        spec = self.facts.params.get(name) or (self.facts.params["filtering"].fields or {})[name]
        return self.sent.get(name, spec.default)

    def signed(self, what: str, number: int) -> str:
        """An address whose signature differs on every call, unless they hold still."""
        call = self.call if self.switches.signed_urls else 0
        return f"{SIGNED}/{what}/{number % 10**9}?x-signature={call}"

    def assets(self, kind: Kind, first: int | None = None) -> list[Asset]:
        """What the account has of a kind, newest first."""
        return assets(self.world, kind, self.advertiser.index, self.epoch, first)

    def filled(self, known: Row, number: int, ordinal: int) -> Row:
        """A whole row: what is known, and every other column by the turn of the ordinal."""
        row: Row = {}
        for position, column in enumerate(self.facts.columns.values()):
            if column.name in known:
                row[column.name] = known[column.name]
            else:
                _fill(row, column, (position + ordinal) % 3, mix(number ^ zlib.crc32(column.name.encode())))
        return row

    def made(self, found: Sequence[Asset], known: Callable[[Asset], Row]) -> Made:
        """The rows of assets, made when they are looked at."""
        return Made(found, lambda asset: self.filled(known(asset), asset.number, asset.index))

    def asset_rows(self, found: Iterable[Asset], known: Callable[[Asset], Row]) -> list[Row]:
        """The rows of assets."""
        return [self.filled(known(asset), asset.number, asset.index) for asset in found]


def _fill(row: Row, column: Column, turn: int, salt: int) -> None:
    if turn == 0 or (turn == 2 and not column.conditional):
        row[column.name] = sample(column, salt)
    elif turn == 1 or not column.conditional:
        row[column.name] = None


@dataclass(frozen=True)
class Source:
    """Where an endpoint's rows come from, which parameters that function reads itself, and how deep pages may go.

    `only_asked` are the columns that come only to those who name them in `fields`, `only_alone` those among them that
    come with pages of one row only. `in_place_of_account` names a parameter that stands in for advertiser_id.
    `answers` may change the answer at the end. `headers` are parameters that come as headers.
    """

    rows: Callable[[Scene], Sequence[Row]]
    reads: tuple[str, ...] = ()
    depth: int = 0
    only_asked: tuple[str, ...] = ()
    only_alone: tuple[str, ...] = ()
    in_place_of_account: str = ""
    answers: Callable[[Scene, Any], Any] = lambda scene, answer: answer
    headers: tuple[str, ...] = ()


def iso(epoch: int) -> str:
    """A time as the lists of files write it."""
    return moment(epoch).replace(" ", "T") + "Z"


def day_of(name: str, text: Any) -> date:
    """A date among the parameters."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise bad(f"{name}: Not a valid date, write YYYY-MM-DD.") from None


def check_span(first: date, last: date, most: int) -> None:
    """Refuse a time range that is empty or too long."""
    if last < first or (last - first).days >= most:
        raise bad(f"The time range must hold between 1 and {most} days.")
