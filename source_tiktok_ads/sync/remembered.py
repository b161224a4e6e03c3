"""The children that a full refresh reads for, as its last state names them for the next one.

A full refresh has no cursor. Without this memory, the rows of a shop or Business Center that has left its list would be
missing from the table without a word.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from source_tiktok_ads.streams.listing import Listing, Parent, Row
from source_tiktok_ads.streams.model import Stream
from source_tiktok_ads.sync.children import Children, KnownChildren, child_id, root_parent, row_of

OWN, FURTHER = "children", "further"
"""The fields of the state: children of the list's own parents by account, and those of further lists by path too."""

NOBODY: KnownChildren = {}


class RememberedChildren:
    """The children that the last full refresh of a stream read for, by account; `keep` adds those of this one.

    Children are those of the list at the top of a chain of parents. A stream with further lists may have several such
    lists, which are told apart by their paths.
    """

    def __init__(self, stream: Stream, blob: Mapping[str, Any] = NOBODY) -> None:
        lists = (stream, *stream.more) if isinstance(stream, Listing) else ()
        found = [parent for each in lists if (parent := root_parent(each)) and parent.remembered]
        self._roots = {parent.listing.path: parent for parent in reversed(found)}
        own = root_parent(stream) if isinstance(stream, Listing) else None
        self._own = own.listing.path if own else ""
        self._known: dict[tuple[str, str], dict[str, Row]] = {}
        self._lock = threading.Lock()
        further = blob.get(FURTHER)
        for path, parent in self._roots.items():
            told = blob.get(OWN) if path == self._own else further.get(path) if isinstance(further, dict) else None
            for id, entries in told.items() if isinstance(told, dict) else ():
                if isinstance(entries, list):
                    self._known[path, id] = dict(_parse(parent, entries))

    def of(self, parent: Parent, account_id: str) -> KnownChildren:
        """The children of a parent list at the top of a chain that were read for in an account."""
        return self._known.get((parent.listing.path, account_id), NOBODY)

    def keep(self, account_id: str, read: Sequence[Children]) -> None:
        """Keep the children that were read for, without those that are neither listed nor answered any more."""
        with self._lock:
            for path in self._roots:
                some = [children for children in read if children.root.path == path]
                kept = {child: row for children in some for child, row in children.to_remember.items()}
                asked = {child for children in some for child in children.asked}
                before = self._known.get((path, account_id), NOBODY)
                rest = {child: row for child, row in before.items() if child not in asked}
                self._known[path, account_id] = {**rest, **kept}

    def blob(self) -> dict[str, Any]:
        """The content of the state: a child is its id, or an object with its ids and the columns a request needs."""
        lists: dict[str, dict[str, Any]] = {}
        with self._lock:
            for (path, id), children in sorted(self._known.items()):
                if children:
                    root = self._roots[path]
                    lists.setdefault(path, {})[id] = [_entry(root, *each) for each in sorted(children.items())]
        own = lists.pop(self._own, None)
        return {**({OWN: own} if own else {}), **({FURTHER: lists} if lists else {})}


def _entry(root: Parent, child: str, columns: Row) -> Any:
    return {**row_of(root.listing, child), **columns} if columns else child


def _parse(root: Parent, entries: Sequence[Any]) -> Iterable[tuple[str, Row]]:
    """The children of a list in a state, each with the columns that a request needs."""
    for entry in entries:
        if not isinstance(entry, dict):
            yield str(entry), {}
        elif all(entry.get(name) is not None for name in root.listing.ids):
            yield child_id(root.listing, entry), {name: entry[name] for name in root.needs if name in entry}
