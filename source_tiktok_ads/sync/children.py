"""Shops, pixels and Business Centers: which of these children a slice reads for, and which days of each are read.

A child is a row of the list at the top of a stream's chain of parents. The state keeps the days of each child, because
a child that appears later has none of the days that the others have.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.listing import Listing, Parent, Row
from source_tiktok_ads.sync.date_ranges import DateRange, known_after, missing, to_read
from source_tiktok_ads.sync.state import Coverage, ForeignState, coverage_of, cursor_of_coverage

KnownChildren = Mapping[str, Row]
"""Children by their names in the state, each with the columns that a request needs besides the ids."""

EVERYBODY: frozenset[str] = frozenset({"*"})
"""The group of every child that no other group names, for lists whose children never appear with a past."""


def root_parent(listing: Listing) -> Parent | None:
    """The parent at the top of a list's chain, such as shops for the report on their campaigns' products."""
    parent = listing.parent
    while parent and parent.listing.parent:
        parent = parent.listing.parent
    return parent


def child_id(root: Listing, row: Row) -> str:
    """The name in the state of the child that a row is or belongs to."""
    return "/".join(str(row.get(name) or "") for name in root.ids)


def row_of(root: Listing, child: str) -> Row:
    """A row with the ids in a child's name in the state, which are enough for a request."""
    return dict(zip(root.ids, child.split("/", len(root.ids) - 1), strict=True))


@dataclass
class Children:
    """The children that one slice reads for, and the outcome of each."""

    root: Listing
    """The list at the top of the chain of parents."""
    known: Collection[str] = frozenset()
    """The children in the state. They are read for even if the list no longer has them or says they have no rows."""
    only: Collection[str] | None = None
    """The children that the slice is limited to; None means all."""
    needs: tuple[str, ...] = ()
    """The columns besides the ids that a request for a child needs."""
    columns: dict[str, Row] = field(default_factory=dict)
    """These columns of each child, if there are any."""
    asked: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)
    """The known children that are no longer listed."""
    gone: dict[str, TikTokError] = field(default_factory=dict)
    """The unlisted children that TikTok refuses as well."""

    @classmethod
    def below(
        cls, parent: Parent, known: KnownChildren | Collection[str] = frozenset(), only: Collection[str] | None = None
    ) -> Children:
        """The children of a parent at the top of a chain."""
        columns = dict(known) if isinstance(known, Mapping) else {}
        return cls(parent.listing, {*known}, only, parent.needs, columns)

    def of(self, row: Row) -> str:
        """The child that a row belongs to."""
        return child_id(self.root, row)

    def choose(self, rows: Iterable[Row]) -> list[Row]:
        """The rows of the list at the top to read for: those that the slice wants, and the known ones."""
        wanted = [row for row in rows if self.wants(self.of(row))]
        listed = {self.of(row) for row in wanted}
        self.unlisted |= {child for child in self.known if child not in listed and self.wants(child)}
        self.asked |= listed | self.unlisted
        if self.needs:
            self.columns.update((self.of(row), {name: row.get(name) for name in self.needs}) for row in wanted)
        return [*wanted, *(self._row_of(child) for child in sorted(self.unlisted))]

    def _row_of(self, child: str) -> Row:
        """A row of an unlisted child. What a state does not have of it is empty, so TikTok refuses the request."""
        known = self.columns.get(child, {})
        return {**row_of(self.root, child), **{name: known.get(name, "") for name in self.needs}}

    def follow(self, above: Children) -> KnownChildren:
        """Copy the outcomes of `above`, the children of the parent's own list, which was read for all listed ones.

        Returns the known children that are not listed.
        """
        listed = {child for child in above.asked if self.wants(child)}
        self.unlisted |= {child for child in self.known if child not in above.asked and self.wants(child)}
        self.asked |= listed | self.unlisted
        self.refused |= above.refused & listed
        self.columns.update((child, row) for child, row in above.columns.items() if child in listed)
        return {child: self.columns.get(child, {}) for child in self.unlisted}

    def wants(self, child: str) -> bool:
        """Whether the slice reads for a child."""
        return self.only is None or child in self.only

    def speaks_for_others(self, row: Row) -> bool:
        """Whether a refusal may concern the whole account: not for a child that may no longer exist."""
        return self.only is None and self.of(row) not in self.unlisted

    def refuse(self, row: Row, error: TikTokError) -> bool:
        """Note that TikTok refuses the child of a row. Returns whether the child is no longer listed."""
        child = self.of(row)
        self.refused.add(child)
        if child in self.unlisted:
            self.gone[child] = error
        return child in self.unlisted

    @property
    def read(self) -> set[str]:
        """The children that were read completely."""
        return self.asked - self.refused - {*self.gone}

    @property
    def to_remember(self) -> KnownChildren:
        """The children that the next full refresh reads for: all but those that are neither listed nor answered."""
        kept = self.asked - {*self.gone} - (self.unlisted & self.refused)
        return {child: self.columns.get(child, {}) for child in kept}


@dataclass(frozen=True)
class Group:
    """Children with the same days: those read before this sync, and the windows that this sync has read."""

    children: frozenset[str]
    before: Coverage
    fresh: tuple[DateRange, ...] = ()

    def owed(self, last: date, lookback: int) -> list[DateRange]:
        """The days up to `last` that are still to be read."""
        start = self.before.first
        return to_read(self.before.ranges, DateRange(start, last), lookback) if start <= last else []

    def claimed(self, lookback: int) -> Coverage:
        """The days that the state may claim now."""
        return replace(self.before, ranges=known_after(self.before.ranges, self.fresh, lookback))


@dataclass(frozen=True)
class Groups:
    """The children of one account, grouped by the days that were read of them.

    `base` has the days for which the whole account was read. Its children are EVERYBODY if the children of the list
    never appear with a past; otherwise it names them, as the `others` do.
    """

    base: Group
    others: tuple[Group, ...] = ()

    @property
    def named(self) -> frozenset[str]:
        """The children that the state names."""
        named = {child for group in (self.base, *self.others) for child in group.children}
        return frozenset(named - EVERYBODY)

    def beginning(self, start: date) -> Groups:
        """The groups with `start`, if that is earlier than the start in the state."""
        return self._each(lambda known: replace(known, start=min(known.start, start)))

    def mapped(self, believed: Callable[[Sequence[DateRange]], list[DateRange]]) -> Groups:
        """The groups with the days of each replaced by those that are plausible."""
        return self._each(lambda known: replace(known, ranges=believed(known.ranges)))

    def since(self, begun: date | None) -> Groups:
        """The groups of an account that has no rows before `begun`."""
        return self._each(lambda known: known.since(begun))

    def _each(self, change: Callable[[Coverage], Coverage]) -> Groups:
        base, *others = (replace(group, before=change(group.before)) for group in (self.base, *self.others))
        return Groups(base, tuple(others))

    def without(self, refused: Mapping[str, date]) -> Groups:
        """The groups with a note of what TikTok refuses to the account."""
        return replace(self, base=replace(self.base, before=replace(self.base.before, without=refused)))

    def late(self, listed: Collection[str], start: date) -> Groups:
        """The groups, and one more for listed children that the state does not know, which begin at `start`."""
        new = frozenset(listed) - self.named
        if self.base.children == EVERYBODY or not new:
            return self
        return replace(self, others=(*self.others, Group(new, Coverage(start, begun=self.base.before.begun))))

    def extra(self, last: date, lookback: int) -> Iterator[tuple[frozenset[str], list[DateRange]]]:
        """The days that other groups still have to be read for, without those that are read for all children."""
        common = self.base.owed(last, lookback)
        for group in self.others:
            owed = [part for days in group.owed(last, lookback) for part in missing(days, common)]
            if owed:
                yield group.children, owed

    def owed_from(self, child: str, last: date, lookback: int) -> date | None:
        """The first day up to `last` that a child is still to be read for; None if there is none."""
        group = next((group for group in self.others if child in group.children), self.base)
        return next((days.first for days in group.owed(last, lookback)), None)

    def after(self, window: DateRange | None, children: Children, start: date) -> Groups:
        """The groups after a window of a slice was read. The window is None if none of its days may be claimed."""
        known = self._without(children.gone).late(children.read, start)
        if window is None:
            return known
        base, left = known._split_base(children, window)
        others = [part for group in known.others for part in _split_group(group, children, window)]
        return Groups(base, (*left, *others))

    def _split_base(self, children: Children, window: DateRange) -> tuple[Group, list[Group]]:
        """The base with a window that was read for the account; children without it move to a group of their own."""
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


def _split_group(group: Group, children: Children, window: DateRange) -> list[Group]:
    read = group.children & children.read
    parts = [Group(read, group.before, (*group.fresh, window)), Group(group.children - read, group.before, group.fresh)]
    return [part for part in parts if part.children]


def groups_of(cursor: Mapping[str, Any], name: str, inborn: bool) -> Groups | None:
    """The children in the cursor of an account; None if it has none.

    Raises ForeignState if the cursor cannot be read.
    """
    coverage = coverage_of(cursor, name)
    if coverage is None or (not inborn and "children" not in cursor):
        return None
    try:
        base = EVERYBODY if inborn else _parse_names(cursor["children"])
        others = [(_parse_names(other["children"]), coverage_of(other, name)) for other in cursor.get("others", [])]
    except (KeyError, TypeError, AttributeError) as error:
        raise ForeignState("its children or others cannot be read") from error
    return Groups(Group(base, coverage), tuple(Group(ids, covered) for ids, covered in others if covered))


def _parse_names(ids: Any) -> frozenset[str]:
    if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
        raise TypeError("children are a list of texts")
    return frozenset(ids)


def cursor_of_groups(groups: Groups, name: str, lookback: int) -> dict[str, Any]:
    """A cursor: the days of the account, the children with all of these days, and the others grouped by their days."""
    base = groups.base.claimed(lookback)
    alike: dict[tuple[date, tuple[DateRange, ...]], set[str]] = {}
    for group in groups.others:
        claimed = group.claimed(lookback)
        alike.setdefault((claimed.start, tuple(claimed.ranges)), set()).update(group.children)
    agreeing = alike.pop((base.start, tuple(base.ranges)), set())
    named = {} if groups.base.children == EVERYBODY else {"children": sorted(groups.base.children | agreeing)}
    others = [
        {"children": sorted(ids), **cursor_of_coverage(Coverage(*covered, begun=base.begun), name)}
        for covered, ids in alike.items()
    ]
    return {**cursor_of_coverage(base, name), **named, **({"others": others} if others else {})}


def beginning(start: date, inborn: bool, ranges: Sequence[DateRange] = ()) -> Groups:
    """The groups of an account without a state."""
    return Groups(Group(EVERYBODY if inborn else frozenset(), Coverage(start, ranges)))
