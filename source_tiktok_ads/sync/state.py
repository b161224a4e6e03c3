"""The state of a stream, as it stands in a state message: per advertiser, small, versioned."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from source_tiktok_ads.config import Config
from source_tiktok_ads.streams.listing import Listing
from source_tiktok_ads.streams.model import Entity, Report, Stream
from source_tiktok_ads.streams.shapes import moment, time_of
from source_tiktok_ads.sync.date_ranges import DateRange

VERSION = 1
WHOLE_PASS_EVERY = timedelta(days=7)
NO_CURSOR = "__ab_no_cursor_state_message"
"""What the CDK sends in place of a state after a full refresh."""


class NewerState(ValueError):
    """A state that a newer version of this connector has written."""


class ForeignState(ValueError):
    """A state that this connector has not written or that cannot be read."""


@dataclass(frozen=True)
class StreamState:
    """What a stream's state says: the cursor of each advertiser, and the settings that shaped its rows."""

    cursors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def under(self, settings: Mapping[str, Any], name: str, log: Callable[[str], None]) -> StreamState:
        """The state to go on from under today's settings; `log` is told what a change of them means for the past."""
        if not self.cursors:
            return StreamState({}, settings)
        if settings.get("include_deleted") and not self.settings.get("include_deleted"):
            log(f"{name}: include_deleted was turned on, so the stream is read from its start again.")
            return StreamState({}, settings)
        if settings.get("definition") != self.settings.get("definition"):
            log(f"{name}: the custom report was changed, so the stream is read from its start again.")
            return StreamState({}, settings)
        if any(settings.get(key) != self.settings.get(key) for key in ("metrics", "entity_versions", "personal_data")):
            what = "metrics, entity_versions or personal_data"
            log(f"{name}: {what} have changed; rows read before keep their form until a refresh.")
        return StreamState(self.cursors, settings)


def parse(blob: Mapping[str, Any]) -> StreamState:
    """What a state message holds. Raises NewerState, or ForeignState where it is not ours."""
    if not blob or NO_CURSOR in blob:
        return StreamState()
    version = blob.get("version")
    if isinstance(version, int) and version > VERSION and isinstance(blob.get("states"), list):
        raise NewerState(version)
    if version != VERSION or isinstance(version, bool) or not isinstance(blob.get("states"), list):
        raise ForeignState("it has no version of this connector")
    cursors = dict(_entry(entry) for entry in blob["states"])
    settings = {name: value for name, value in blob.items() if name not in ("version", "states")}
    return StreamState(cursors, settings)


def _entry(entry: Any) -> tuple[str, Mapping[str, Any]]:
    try:
        advertiser_id, cursor = entry["partition"]["advertiser_id"], entry["cursor"]
    except (TypeError, KeyError) as error:
        raise ForeignState("an entry has no advertiser_id or no cursor") from error
    if not isinstance(advertiser_id, str) or not isinstance(cursor, dict):
        raise ForeignState("an entry has an advertiser_id or a cursor of another type")
    return advertiser_id, cursor


def dump(state: StreamState) -> dict[str, Any]:
    """The state message's content; fresh objects throughout, because it is serialised later in another thread."""
    states = [{"partition": {"advertiser_id": id}, "cursor": dict(cursor)} for id, cursor in state.cursors.items()]
    return {"version": VERSION, **state.settings, "states": states}


def account_names(blobs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Which account each configured name stands for, as the states of the streams say; what can't be read is left."""
    told = (blob.get("accounts") for blob in blobs)
    items = (item for names in told if isinstance(names, dict) for item in names.items())
    return {name: id for name, id in items if isinstance(id, str)}


def fingerprint(names: Iterable[str]) -> str:
    """Eight hex digits that tell whether the set of names has changed."""
    return f"{zlib.crc32(','.join(sorted(names)).encode()):08x}"


@dataclass(frozen=True)
class Coverage:
    """The days of an advertiser that have left: the first day ever wanted, and the ranges read, earliest first.

    `without` names what TikTok refused when they were read, each with a day on which it did. `owed` are days that have
    left, but were read again without what they had before, so they are to be read once more. `begun` is the first day
    on which the advertiser can have rows, None where that is not known.
    """

    start: date
    ranges: Sequence[DateRange] = ()
    without: Mapping[str, date] = field(default_factory=dict)
    owed: Sequence[DateRange] = ()
    begun: date | None = None

    @property
    def first(self) -> date:
        """The first day that is asked for."""
        return max(self.start, self.begun or self.start)

    def since(self, begun: date | None) -> Coverage:
        """The same where there are no rows before `begun`: earlier days are neither asked for nor claimed."""
        if begun is None:
            return replace(self, begun=None)
        ranges, owed = (
            [DateRange(max(days.first, begun), days.last) for days in some if days.last >= begun]
            for some in (self.ranges, self.owed)
        )
        return replace(self, ranges=ranges, owed=owed, begun=begun)


def coverage_of(cursor: Mapping[str, Any], name: str) -> Coverage | None:
    """What a report's cursor claims, None where it claims nothing. Raises ForeignState where it cannot be read."""
    if not cursor:
        return None
    try:
        start = date.fromisoformat(cursor["start"])
        mark = date.fromisoformat(cursor[name][:10]) if name in cursor else None
        first = max(start, date.fromisoformat(cursor.get("begun", cursor["start"])))
        ranges, owed = (_days_of(cursor.get(key, [])) for key in ("ranges", "owed"))
        without = {str(what): date.fromisoformat(day) for what, day in cursor.get("without", {}).items()}
        return Coverage(start, ([DateRange(first, mark)] if mark else []) + sorted(ranges), without, tuple(owed))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ForeignState(f"its {name}, start, begun, ranges, without or owed cannot be read") from error


def _days_of(pairs: Iterable[Sequence[str]]) -> list[DateRange]:
    return [DateRange(date.fromisoformat(first), date.fromisoformat(last)) for first, last in pairs]


def _pairs_of(ranges: Iterable[DateRange]) -> list[list[str]]:
    return [[days.first.isoformat(), days.last.isoformat()] for days in ranges]


def cursor_of_coverage(coverage: Coverage, name: str) -> dict[str, Any]:
    """A report's cursor: the last day with nothing missing since `start`, the ranges beyond the first gap, refusals.

    Also the days that are owed although they are among those, and the first day that was asked for where the advertiser
    began after `start`: should it turn out to have begun earlier, the days before are read.
    """
    ranges = list(coverage.ranges)
    cursor: dict[str, Any] = {"start": coverage.start.isoformat()}
    if ranges and ranges[0].first <= coverage.first:
        cursor[name] = ranges.pop(0).last.isoformat()
        if coverage.first > coverage.start:
            cursor["begun"] = coverage.first.isoformat()
    if ranges:
        cursor["ranges"] = _pairs_of(ranges)
    if coverage.without:
        cursor["without"] = {what: day.isoformat() for what, day in sorted(coverage.without.items())}
    if coverage.owed:
        cursor["owed"] = _pairs_of(coverage.owed)
    return cursor


@dataclass(frozen=True)
class Changes:
    """How far an entity stream has read an advertiser: the newest change that left, and the last whole pass.

    `children` are the shops, Business Centers or the like that this holds for, None where it holds for all. `without`
    names the passes that TikTok refused, whose rows have never left or may have changed since.
    """

    since: str | None = None
    whole: date | None = None
    children: frozenset[str] | None = None
    without: frozenset[str] = frozenset()

    def believed(self, now: datetime) -> Changes | None:
        """What can have been read by now; None for a change or a pass in the future: then nothing can be known."""
        changed = self.since is None or time_of(self.since) <= now
        return self if changed and (self.whole is None or self.whole <= now.date()) else None

    def whole_pass_due(self, today: date) -> bool:
        """Whether everything is to be read and sent again: at first, and once in seven days."""
        return self.since is None or self.whole is None or today - self.whole >= WHOLE_PASS_EVERY

    def after(self, newest: str | None, began: datetime, whole: bool) -> Changes:
        """How far it is read after a pass that began then and sent changes up to `newest`; never claims later ones."""
        newest = max(filter(None, (self.since, newest)), key=time_of, default=None)
        latest = moment(began.replace(microsecond=0).isoformat())
        since = min(filter(None, (newest, latest)), key=time_of) if newest else None
        return replace(self, since=since, whole=began.date() if whole else self.whole)


NOTHING_READ = Changes()


def changes_of(cursor: Mapping[str, Any], name: str) -> Changes:
    """What an entity's cursor says. Raises ForeignState where it cannot be read."""
    try:
        since = moment(cursor[name]) if cursor.get(name) else None
        whole = date.fromisoformat(cursor["whole_pass"]) if cursor.get("whole_pass") else None
        children = frozenset(map(str, cursor["children"])) if "children" in cursor else None
        without = frozenset(map(str, cursor.get("without", ())))
    except (TypeError, ValueError) as error:
        raise ForeignState(f"its {name}, whole_pass, children or without cannot be read") from error
    return Changes(since, whole, children, without)


def cursor_of_changes(changes: Changes, name: str) -> dict[str, Any]:
    """An entity's cursor."""
    whole = {"whole_pass": changes.whole.isoformat()} if changes.whole else {}
    children = {} if changes.children is None else {"children": sorted(changes.children)}
    without = {"without": sorted(changes.without)} if changes.without else {}
    return {**({name: changes.since} if changes.since else {}), **whole, **children, **without}


def settings(stream: Stream, config: Config) -> dict[str, Any]:
    """What a stream's state remembers of the settings that shaped its rows."""
    remembered: dict[str, Any] = {}
    if isinstance(stream, Entity | Report) or (isinstance(stream, Listing) and stream.has_deleted):
        remembered["include_deleted"] = config.include_deleted
    if isinstance(stream, Entity):
        remembered["entity_versions"] = config.entity_versions
    if isinstance(stream, Report) and stream.chosen:
        remembered["definition"] = _definition(stream)
    elif isinstance(stream, Report):
        remembered["metrics"] = fingerprint(stream.metrics)
    if isinstance(stream, Listing) and stream.personal:
        remembered["personal_data"] = config.personal_data
    return remembered


def _definition(report: Report) -> str:
    """What tells whether a custom report is still the same, in whatever order its metrics are written."""
    filters = (f"{item.field_name} {item.filter_type} {' '.join(item.values)}" for item in report.filters)
    grain = report.grain.cursor or report.grain.suffix
    return fingerprint((report.report_type, report.level.name, grain, *report.by, *report.chosen, *filters))
