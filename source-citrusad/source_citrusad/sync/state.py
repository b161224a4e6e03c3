"""What a sync remembers: of each stream its days and sizes, of all of them the usage and where things are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

from source_citrusad.api.queries import Job
from source_citrusad.tables.sql import Piece

VERSION = 1


class NewerState(ValueError):
    """A state that a newer version of the connector wrote."""


@dataclass
class Learned:
    """Sizes that answers have taught, in bytes; 0 = not known. They make requests fit, never rows."""

    scan_day: float = 0.0
    wire_day: float = 0.0
    page: int = 0


@dataclass(frozen=True)
class Unfinished:
    """A query of which the first `rows` of `total` rows have left.

    `piece` is what it reads, `sql` a hash of its text, `asked_at` the instant (UTC) before which it ran. The last rows
    that left, `compared` in number, have the hash `tail`.
    """

    piece: Piece
    job: Job
    rows: int
    total: int
    compared: int
    tail: str
    sql: str
    asked_at: datetime


@dataclass
class StreamState:
    """How far a stream is read: every day from `since` to `cursor`, and the rows that lie in no day if `nulls`.

    `pieces` are the parts of the day after `cursor` that are still to be read, where it is read by parts of its rows;
    they hold for the columns of `fingerprint` only. `unfinished` is the query whose rows are leaving.
    """

    since: date | None = None
    cursor: date | None = None
    nulls: bool = False
    pieces: tuple[Piece, ...] = ()
    fingerprint: str = ""
    learned: Learned = field(default_factory=Learned)
    unfinished: Unfinished | None = None


def parse(blob: Mapping[str, Any]) -> StreamState:
    """The state in a blob. Raises NewerState, and ValueError where the blob is not one of ours."""
    version = blob.get("version")
    if not blob:
        return StreamState()
    if isinstance(version, int) and version > VERSION:
        raise NewerState(str(version))
    try:
        if version != VERSION:
            raise ValueError("no version")
        sizes = blob.get("learned") or {}
        return StreamState(
            _day(blob.get("since")),
            _day(blob.get("cursor")),
            bool(blob.get("nulls")),
            tuple(_piece(piece) for piece in blob.get("pieces") or ()),
            str(blob.get("fingerprint") or ""),
            Learned(float(sizes.get("scan_day", 0)), float(sizes.get("wire_day", 0)), int(sizes.get("page", 0))),
            _unfinished(blob.get("unfinished")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError("it is not a state of this connector") from error


def blob_of(state: StreamState, shared: Mapping[str, Any]) -> dict[str, Any]:
    """The state as it leaves, with what all streams share."""
    learned = state.learned
    return {
        "version": VERSION,
        "since": _text(state.since),
        "cursor": _text(state.cursor),
        "nulls": state.nulls,
        "pieces": [[_text(piece.start), piece.nulls, piece.part, piece.parts] for piece in state.pieces],
        "fingerprint": state.fingerprint,
        "learned": {"scan_day": round(learned.scan_day), "wire_day": round(learned.wire_day), "page": learned.page},
        **({"unfinished": _blob(state.unfinished)} if state.unfinished else {}),
        **shared,
    }


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _piece(saved: Any) -> Piece:
    text, nulls, part, parts = saved
    start = date.fromisoformat(text)
    return Piece(start, start + timedelta(days=1), bool(nulls), int(part), int(parts))


def _unfinished(saved: Any) -> Unfinished | None:
    if not saved:
        return None
    start, end, nulls, part, parts = saved["piece"]
    if not 0 <= saved["compared"] <= saved["rows"] < saved["total"]:
        raise ValueError("rows that can't be")
    return Unfinished(
        Piece(date.fromisoformat(start), date.fromisoformat(end), bool(nulls), int(part), int(parts)),
        Job(*map(str, saved["job"])),
        int(saved["rows"]),
        int(saved["total"]),
        int(saved["compared"]),
        str(saved["tail"]),
        str(saved["sql"]),
        datetime.fromisoformat(saved["asked_at"]).astimezone(timezone.utc),
    )


def _blob(unfinished: Unfinished) -> dict[str, Any]:
    piece, job = unfinished.piece, unfinished.job
    return {
        "piece": [_text(piece.start), _text(piece.end), piece.nulls, piece.part, piece.parts],
        "job": [job.project, job.id, job.location],
        "rows": unfinished.rows,
        "total": unfinished.total,
        "compared": unfinished.compared,
        "tail": unfinished.tail,
        "sql": unfinished.sql,
        "asked_at": unfinished.asked_at.isoformat(),
    }
