"""The lists of who changed what: in an ad account, which a task writes to a file, and in a Business Center."""

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from source_tiktok_ads.streams.listing import DatedListing, File, Paging, Pass, Scope, Step, Task
from source_tiktok_ads.streams.lists.accounts import OF_CENTER
from source_tiktok_ads.streams.lists.finance import MADE_ID, identified, on_days
from source_tiktok_ads.streams.parameters import Params
from source_tiktok_ads.streams.shapes import ID, MOMENT, OBJECTS, TEXT, Shape
from source_tiktok_ads.streams.tables import csv_lines, whole_lines

CHANGE: Mapping[str, Shape] = {
    **MADE_ID,
    "time": MOMENT("When the change was made, in UTC, to the minute."),
    "object_type": TEXT("What was changed, such as Campaign, Ad group or Ad."),
    "object_id": ID("Id of what was changed."),
    "object": TEXT("What about it was changed, such as Budget & Schedule or On/Off Status."),
    "operator": TEXT("Who changed it: an email address, of which TikTok shows the first and last letters."),
    "source": TEXT("Where the change was made, such as Marketing API."),
    "app_id": ID("Id of the app that made it."),
    "activity_details": OBJECTS(action=TEXT, name=TEXT, before_after=OBJECTS(before=TEXT, after=TEXT))(
        "Each change: what was done, to which setting, and its values before and after."
    ),
}

CENTER_CHANGE: Mapping[str, Shape] = {
    **MADE_ID,
    "time": MOMENT("When it was done, in UTC."),
    "activity_type": TEXT("Kind of activity: USER, ACCOUNT, ASSET or BUSINESS."),
    "operator_id": ID("Id of the user who did it."),
    "activity_log": TEXT("What was done, in words; may name persons."),
}

# TikTok: the columns of the file, by their heads (client bububa/tiktok-business and an example of the reference).
HEADS: Mapping[str, str] = {
    "Time": "time",
    "log_object_type": "object_type",
    "Object ID": "object_id",
    "Object": "object",
    "Operator": "operator",
    "Source": "source",
    "App ID": "app_id",
    "Activity details": "activity_details",
}

# TikTok: the file stands in the answer as Python prints a dictionary of bytes, or as JSON that holds printed bytes.
_PRINTED = re.compile(
    r"""\{\s*(['"])file_data\1\s*:\s*(.*?)\s*,\s*(['"])file_name\3\s*:\s*(['"])[^'"]*\4\s*\}\s*""", re.DOTALL
)
_BYTES = re.compile(r"""b(['"])(.*)\1""", re.DOTALL)
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|[\\'\"nrt])")
_ESCAPED: Mapping[bytes, bytes] = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def changed_between(first: date, last: date) -> Params:
    """The time that a task is about."""
    # TikTok: at most 30 days lie between the two; whether the end is included is not documented, so it is the next
    # day's start. The zone is that of the times in the file.
    end = last + timedelta(days=1)
    return {"start_time": f"{first} 00:00:00", "end_time": f"{end} 00:00:00", "timezone": "UTC"}


def change_file(found: Any) -> File:
    """The rows of a change log, whatever it is wrapped in.

    It is cut where its wrapping, a line or a row does not end, or where it counts more changes than it has.
    """
    text = _unwrapped(found)
    if text is None:
        return File(cut="it does not end, or is no file of changes")
    lines, cut = csv_lines(text)
    start = next((place for place, line in enumerate(lines) if "Time" in line), len(lines))
    counts = [int(line[1]) for line in lines[:start] if len(line) == 2 and line[1].isdecimal()]
    header, wholes = (lines[start], lines[start + 1 :]) if start < len(lines) else ([], [])
    whole, short = whole_lines(header, wholes)
    rows = [_change(dict(zip(header, line, strict=True))) for line in whole]
    made = sum(max(1, len(row["activity_details"])) for row in rows)
    fewer = f"it counts {sum(counts)} changes and has {made}" if sum(counts) > made else ""
    # Without the head of the table, an account without changes has nothing but its counts.
    none = "" if header or len(counts) == len(lines) else "it has no column Time"
    return File(rows, cut or short or fewer or none or ("" if lines else "it is empty"))


def _unwrapped(found: Any) -> str | None:
    """The CSV text inside what TikTok answers; None where that does not end, or holds none."""
    if not isinstance(found, str):
        return None
    text = found.strip(" ")
    if text.startswith("{"):
        told = _PRINTED.fullmatch(text)
        try:
            inner = json.loads(text).get("file_data")
        except ValueError:
            inner = told[2] if told else None
        if not isinstance(inner, str):
            return None
        text = inner
    plain = _unprinted(text)
    return None if plain is None else plain.removeprefix("\ufeff")


def _unprinted(text: str) -> str | None:
    """The text behind b'...', as Python prints bytes; the text itself where it is none, None where it does not end."""
    if not text.startswith(("b'", 'b"')):
        return text
    told = _BYTES.fullmatch(text)
    if told is None:
        return None
    # Bytes are printed without line breaks of their own: where such are, nothing was escaped.
    if "\n" in told[2] and "\\n" not in told[2]:
        return told[2]
    content = told[2].encode("utf-8", "replace")
    return _ESCAPE.sub(lambda found: _plain(found[1]), content).decode("utf-8", "replace")


def _plain(escape: bytes) -> bytes:
    """The byte behind an escape, without its backslash."""
    return bytes.fromhex(escape[1:].decode()) if escape[:1] == b"x" else _ESCAPED.get(escape, escape)


def _change(cells: Mapping[str, str]) -> dict[str, Any]:
    """One change under the names of its columns; empty cells are null."""
    row: dict[str, Any] = {HEADS.get(head, _name_of(head)): value or None for head, value in cells.items()}
    return {**row, "activity_details": _details(row.get("activity_details"))}


def _name_of(head: str) -> str:
    """The name of a column that is not known, in the style of the others."""
    return re.sub(r"\W+", "_", head.strip()).lower()


def _details(text: str | None) -> list[Any]:
    """The changes that a cell holds as JSON, values as text; a cell that is no JSON as one change with its text."""
    if text is None:
        return []
    try:
        details = json.loads(text)
    except ValueError:
        details = None
    if not isinstance(details, list) or not all(isinstance(item, dict) for item in details):
        return [{"text": text}]
    return [{name: _values(value) for name, value in item.items()} for item in details]


def _values(value: Any) -> Any:
    """A value of a change without the marks of printed bytes; what is around it stays."""
    if isinstance(value, list):
        return [_values(item) for item in value]
    if isinstance(value, dict):
        return {name: _values(inner) for name, inner in value.items()}
    if isinstance(value, str):
        plain = _unprinted(value)
        return value if plain is None else plain
    return value


LOGS: tuple[DatedListing, ...] = (
    DatedListing(
        "change_log",
        "changelog/task/create",
        ("row_id", "occurrence"),
        CHANGE,
        paging=Paging.TASK,
        cursor="time",
        personal=("operator",),
        records=identified(*HEADS.values()),
        numbered="occurrence",
        task=Task(Step("changelog/task/check"), Step("changelog/task/download"), read=change_file, file_at="changelog"),
        params_for=changed_between,
        utc=True,
    ),
    DatedListing(
        "business_center_change_log",
        "changelog/get",
        ("bc_id", "row_id", "occurrence"),
        CENTER_CHANGE,
        "changelog_list",
        page_size=50,
        cursor="time",
        scope=Scope.CENTERS,
        # In the order of time, so that what is done meanwhile moves no row to another page.
        passes=(Pass({"sort_type": "ASC"}),),
        parent=OF_CENTER,
        personal=("activity_log",),
        records=identified("time", "activity_type", "operator_id", "activity_log"),
        numbered="occurrence",
        # TikTok: ranges of up to six months are recommended.
        days=180,
        params_for=on_days,
        utc=True,
    ),
)
