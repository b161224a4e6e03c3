"""Shops, pixels and Business Centers: which of them a slice asks about, and which days of each have left."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.listing import Listing, Parent, Row
from source_tiktok_ads.sync.date_ranges import DateRange, known_after, missing, to_read
from source_tiktok_ads.sync.state import Coverage, ForeignState, coverage_of, cursor_of_coverage

EVERYBODY: frozenset[str] = frozenset({"*"})
"""Stands for every child that no other group names, where none appears with a past."""


def root_parent(listing: Listing) -> Parent | None:
    """The parent at the top of a list's chain, such as shops for the report on their campaigns' products."""
    parent = listing.parent
    while parent and parent.listing.parent:
        parent = parent.listing.parent
    return parent


def child_id(root: Listing, row: Row) -> str:
    """How the state names a row of the list at the top, or a row further down by the one it belongs to."""
    return "/".join(str(row.get(name) or "") for name in root.ids)


def row_of(root: Listing, child: str) -> Row:
    """A row of the list at the top as far as its name in the state tells it, which is enough to ask about it."""
    return dict(zip(root.ids, child.split("/", len(root.ids) - 1), strict=True))


@dataclass
class Children:
    """The rows of the list at the top of a chain that one slice asks about, and what came of each.

    `known` are those the state knows: they are asked for even where the list no longer has them or says that there is
    nothing to ask for. `only` limits the slice to some; None means all. `gone` are those of the known that are no
    longer listed and that TikTok refuses.
    """

    root: Listing
    known: Collection[str] = frozenset()
    only: Collection[str] | None = None
    asked: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)
    gone: dict[str, TikTokError] = field(default_factory=dict)

    def of(self, row: Row) -> str:
        """The child that a row belongs to."""
        return child_id(self.root, row)

    def choose(self, rows: Iterable[Row]) -> list[Row]:
        """The rows of the list at the top to ask about: those of the list that are wanted, and the known ones."""
        wanted = [row for row in rows if self.wants(self.of(row))]
        listed = {self.of(row) for row in wanted}
        self.unlisted |= {child for child in self.known if child not in listed and self.wants(child)}
        self.asked |= listed | self.unlisted
        return [*wanted, *(row_of(self.root, child) for child in sorted(self.unlisted))]

    def follow(self, above: Children) -> frozenset[str]:
        """Take over what came of the children when the parent's own list was read for all that are listed.

        The known ones that are not listed are the result.
        """
        listed = {child for child in above.asked if self.wants(child)}
        self.unlisted |= {child for child in self.known if child not in above.asked and self.wants(child)}
        self.asked |= listed | self.unlisted
        self.refused |= above.refused & listed
        return frozenset(self.unlisted)

    def wants(self, child: str) -> bool:
        """Whether the slice is about a child."""
        return self.only is None or child in self.only

    def speaks_for_others(self, row: Row) -> bool:
        """Whether a refusal of what a row leads to may be about the account: not where the child may be gone."""
        return self.only is None and self.of(row) not in self.unlisted

    def refuse(self, row: Row, error: TikTokError) -> bool:
        """Note that TikTok refuses what a row leads to; whether that is a child that is no longer listed."""
        child = self.of(row)
        self.refused.add(child)
        if child in self.unlisted:
            self.gone[child] = error
        return child in self.unlisted

    @property
    def read(self) -> set[str]:
        """Those of which everything was answered."""
        return self.asked - self.refused - {*self.gone}


@dataclass(frozen=True)
class Group:
    """Children that agree: the days of theirs that had left before this sync, and the windows that have left since."""

    children: frozenset[str]
    before: Coverage
    fresh: tuple[DateRange, ...] = ()

    def owed(self, last: date, lookback: int) -> list[DateRange]:
        """The days up to the last that are to be read."""
        start = self.before.start
        return to_read(self.before.ranges, DateRange(start, last), lookback) if start <= last else []

    def claimed(self, lookback: int) -> Coverage:
        """The days that the state may claim by now."""
        return replace(self.before, ranges=known_after(self.before.ranges, self.fresh, lookback))


@dataclass(frozen=True)
class Groups:
    """The children of one account; `base` has the days that the account as such has been asked for.

    The base has every child (EVERYBODY) that `others` do not name where no child appears with a past; else it names
    its children too.
    """

    base: Group
    others: tuple[Group, ...] = ()

    @property
    def named(self) -> frozenset[str]:
        """The children that the state knows by name."""
        named = {child for group in (self.base, *self.others) for child in group.children}
        return frozenset(named - EVERYBODY)

    def beginning(self, start: date) -> Groups:
        """The groups where an earlier start may be wanted than the state knows."""
        return self._each(lambda known: replace(known, start=min(known.start, start)))

    def mapped(self, believed: Callable[[Sequence[DateRange]], list[DateRange]]) -> Groups:
        """The groups with what is believed of each one's days."""
        return self._each(lambda known: replace(known, ranges=believed(known.ranges)))

    def _each(self, change: Callable[[Coverage], Coverage]) -> Groups:
        base, *others = (replace(group, before=change(group.before)) for group in (self.base, *self.others))
        return Groups(base, tuple(others))

    def without(self, refused: Mapping[str, date]) -> Groups:
        """The groups of an account that is read without what is refused."""
        return replace(self, base=replace(self.base, before=replace(self.base.before, without=refused)))

    def late(self, listed: Collection[str], start: date) -> Groups:
        """With a group for those that are listed and not known, which begin at `start`."""
        new = frozenset(listed) - self.named
        if self.base.children == EVERYBODY or not new:
            return self
        return replace(self, others=(*self.others, Group(new, Coverage(start))))

    def extra(self, last: date, lookback: int) -> Iterator[tuple[frozenset[str], list[DateRange]]]:
        """What the others owe beside the days that all are asked for."""
        common = self.base.owed(last, lookback)
        for group in self.others:
            owed = [part for days in group.owed(last, lookback) for part in missing(days, common)]
            if owed:
                yield group.children, owed

    def owed_from(self, child: str, last: date, lookback: int) -> date | None:
        """The first day up to the last that a child is still to be read for; None where there is no such day."""
        group = next((group for group in self.others if child in group.children), self.base)
        return next((days.first for days in group.owed(last, lookback)), None)

    def after(self, window: DateRange | None, children: Children, start: date) -> Groups:
        """The groups once a window of a slice has left; None where no day of it may be claimed."""
        known = self._without(children.gone).late(children.read, start)
        if window is None:
            return known
        base, left = known._divided(children, window)
        others = [part for group in known.others for part in _parts(group, children, window)]
        return Groups(base, (*left, *others))

    def _divided(self, children: Children, window: DateRange) -> tuple[Group, list[Group]]:
        """The base with a window that the account was asked for; who lacks it becomes a group without it."""
        base = self.base
        if children.only is not None:
            return base, []
        everybody = base.children == EVERYBODY
        left = frozenset(children.refused) - self.named if everybody else base.children - children.read
        rest = [Group(left, base.before, base.fresh)] if left else []
        return replace(base, children=base.children - left, fresh=(*base.fresh, window)), rest

    def _without(self, gone: Collection[str]) -> Groups:
        others = (replace(group, children=group.children - {*gone}) for group in self.others)
        base = replace(self.base, children=self.base.children - {*gone})
        return Groups(base, tuple(group for group in others if group.children))


def _parts(group: Group, children: Children, window: DateRange) -> list[Group]:
    read = group.children & children.read
    parts = [Group(read, group.before, (*group.fresh, window)), Group(group.children - read, group.before, group.fresh)]
    return [part for part in parts if part.children]


def groups_of(cursor: Mapping[str, Any], name: str, inborn: bool) -> Groups | None:
    """What a cursor claims of the children of an account, None where it does not know them.

    Raises ForeignState where it cannot be read.
    """
    coverage = coverage_of(cursor, name)
    if coverage is None or (not inborn and "children" not in cursor):
        return None
    try:
        base = EVERYBODY if inborn else _named(cursor["children"])
        others = [(_named(other["children"]), coverage_of(other, name)) for other in cursor.get("others", [])]
    except (KeyError, TypeError, AttributeError) as error:
        raise ForeignState("its children or others cannot be read") from error
    return Groups(Group(base, coverage), tuple(Group(ids, covered) for ids, covered in others if covered))


def _named(ids: Any) -> frozenset[str]:
    if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
        raise TypeError("children are a list of texts")
    return frozenset(ids)


def cursor_of_groups(groups: Groups, name: str, lookback: int) -> dict[str, Any]:
    """A cursor: the days of the account, its children that have them all, and the others, in groups that agree."""
    base = groups.base.claimed(lookback)
    alike: dict[tuple[date, tuple[DateRange, ...]], set[str]] = {}
    for group in groups.others:
        claimed = group.claimed(lookback)
        alike.setdefault((claimed.start, tuple(claimed.ranges)), set()).update(group.children)
    agreeing = alike.pop((base.start, tuple(base.ranges)), set())
    named = {} if groups.base.children == EVERYBODY else {"children": sorted(groups.base.children | agreeing)}
    others = [
        {"children": sorted(ids), **cursor_of_coverage(Coverage(*covered), name)} for covered, ids in alike.items()
    ]
    return {**cursor_of_coverage(base, name), **named, **({"others": others} if others else {})}


def beginning(start: date, inborn: bool, ranges: Sequence[DateRange] = ()) -> Groups:
    """The groups of an account of which nothing is known."""
    return Groups(Group(EVERYBODY if inborn else frozenset(), Coverage(start, ranges)))
