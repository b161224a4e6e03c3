"""Tables and columns of a connector we replace, and how ours fill them: the kinds of rows, their SQL and their text.

The rows themselves stand in the modules beside this one; `docs.generate` writes their pages and their views.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from source_tiktok_ads.streams.catalog import BY_NAME
from source_tiktok_ads.streams.model import key_of

TABLES = "tiktok"
"""The schema that the views expect this connector's tables in."""


@dataclass(frozen=True)
class Column:
    """One of their columns: the expression over ours that fills it, and what is to be said about it."""

    name: str
    sql: str
    note: str = ""


@dataclass(frozen=True)
class View:
    """One of their tables and the stream of ours whose rows fill it.

    `key` is theirs. `newest` makes one row of all versions of an object. `rows` stands in for the stream's table.
    """

    name: str
    stream: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    remark: str = ""
    newest: tuple[str, ...] = ()
    rows: str = ""
    metrics: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counterpart:
    """One of their tables without a view, for its columns are not published or it has another grain."""

    name: str
    streams: tuple[str, ...]
    remark: str


@dataclass(frozen=True)
class Peer:
    """A connector we replace: its name, the schema its views are made in, its tables."""

    title: str
    schema: str
    views: tuple[View, ...]
    others: tuple[Counterpart, ...] = ()


def same(names: str) -> Iterator[Column]:
    """Columns that ours fill under the same name."""
    return (Column(name, name) for name in names.split())


def renamed(names: Mapping[str, str]) -> Iterator[Column]:
    """Columns that ours fill under another name."""
    return (Column(theirs, ours) for theirs, ours in names.items())


def whole(names: str) -> Iterator[Column]:
    """Ids that are numbers there."""
    return (Column(name, f"CAST({name} AS BIGINT)", "number there, text here") for name in names.split())


def in_utc(names: str) -> Iterator[Column]:
    """Moments that stand there without their zone, which is UTC."""
    return (
        Column(name, f"{name} AT TIME ZONE 'UTC'", "UTC without saying so there, with its zone here")
        for name in names.split()
    )


def gone(name: str, why: str, kind: str = "VARCHAR") -> Column:
    """A column that nothing fills any more."""
    return Column(name, f"CAST(NULL AS {kind})", f"null: {why}")


def as_json(names: Mapping[str, str]) -> str:
    """An expression for one JSON object of the named expressions."""
    pairs = ", ".join(f"'{name}', {sql}" for name, sql in names.items())
    return f"json_object({pairs})"


# --- SQL --------------------------------------------------------------------------------------------------------------

OPENING = """\
-- Views under the table names of {title}, filled from this connector's tables.
-- Written by `python -m docs.generate`; do not edit.
-- "{tables}" is the schema of this connector's tables, "{schema}" the one of the views: rename both as you need.
-- For DuckDB and, where docs/switching.md says no other, for any warehouse.
CREATE SCHEMA IF NOT EXISTS {schema};
"""


def script(peer: Peer) -> str:
    """The statements that create every view of a peer."""
    opening = OPENING.format(title=peer.title, schema=peer.schema, tables=TABLES)
    return opening + "".join(f"\n{statement(peer, view)}" for view in peer.views)


def statement(peer: Peer, view: View) -> str:
    """The statement that creates one view."""
    columns = ",\n".join(textwrap.indent(_selected(column), "    ") for column in view.columns)
    rows = view.rows or f"{TABLES}.{view.stream}"
    newest = f"\nQUALIFY {_newest(view.newest)}" if view.newest else ""
    return f"CREATE OR REPLACE VIEW {peer.schema}.{view.name} AS\nSELECT\n{columns}\nFROM {rows}{newest};\n"


def _selected(column: Column) -> str:
    if column.sql == column.name:
        return column.name
    return "\n    ".join(textwrap.wrap(f"{column.sql} AS {column.name}", 108, break_long_words=False))


def _newest(key: Iterable[str]) -> str:
    return f"row_number() OVER (PARTITION BY {', '.join(key)} ORDER BY modify_time DESC) = 1"


# --- Text -------------------------------------------------------------------------------------------------------------


def mapping(peer: Peer) -> str:
    """The tables of a peer's page: which stream is which table, what each view shows, what differs in it."""
    return "\n".join(part for part in (_tables(peer), _columns(peer), _differences(peer), _metrics(peer)) if part)


def _tables(peer: Peer) -> str:
    rows = [
        (_code(view.name), _link(view.stream), _codes(view.key), _codes(_key(view.stream)), view.remark)
        for view in peer.views
    ]
    rows += [(_named(other), _links(other), "", "", other.remark) for other in peer.others]
    return _table(("there", "here", "key there", "key here", "what differs"), rows)


def _columns(peer: Peer) -> str:
    rows = [(_code(view.name), _codes(column.name for column in view.columns)) for view in peer.views]
    return "### Columns of the views\n\n" + _table(("view", "columns"), rows)


def _differences(peer: Peer) -> str:
    having: dict[str, list[str]] = {}
    changed: dict[Column, list[str]] = {}
    for name, column in ((view.name, column) for view in peer.views for column in view.columns):
        having.setdefault(column.name, []).append(name)
        if column.sql != column.name and not column.sql.startswith("json_object("):
            changed.setdefault(column, []).append(name)
    rows = [
        (_code(column.name), _code(column.sql), column.note, "all" if views == having[column.name] else _codes(views))
        for column, views in changed.items()
    ]
    heading = "### Columns with another name or type\n\nEvery other column of a view is ours of the same name.\n\n"
    return heading + _table(("there", "here", "remark", "views"), rows) if rows else ""


def _metrics(peer: Peer) -> str:
    views = sorted((view for view in peer.views if view.metrics), key=lambda view: (view.metrics, view.lost))
    rows = [
        (_codes(view.name for view in group), _codes(metrics), _codes(lost) or "none")
        for (metrics, lost), group in groupby(views, key=lambda view: (view.metrics, view.lost))
    ]
    heading = "### Metrics inside `metrics`\n\n"
    return heading + _table(("views", "metrics", "asked for there, refused by TikTok"), rows) if rows else ""


def coverage(peers: Iterable[Peer]) -> str:
    """Every table of every peer beside the stream of ours that has its data, and the streams that no peer has."""
    rows: list[tuple[str, ...]] = []
    known: set[str] = set()
    for peer in peers:
        known |= {view.stream for view in peer.views} | {stream for other in peer.others for stream in other.streams}
        rows += [(peer.title, _code(view.name), _link(view.stream, "streams.md")) for view in peer.views]
        rows += [(peer.title, _named(other), _links(other, "streams.md") or other.remark) for other in peer.others]
    new = ", ".join(_link(name, "streams.md") for name in BY_NAME if name not in known)
    return f"{_table(('connector', 'there', 'here'), rows)}\nNone of these connectors has: {new}.\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _key(stream: str) -> tuple[str, ...]:
    return key_of(BY_NAME[stream], "every")


def _link(stream: str, page: str = "../streams.md") -> str:
    return f"[{BY_NAME[stream].name}]({page}#{stream})"


def _links(other: Counterpart, page: str = "../streams.md") -> str:
    return ", ".join(_link(stream, page) for stream in other.streams)


def _named(other: Counterpart) -> str:
    return _code(other.name) if other.name.isidentifier() else other.name


def _code(text: str) -> str:
    return f"`{text}`"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(map(_code, names))
