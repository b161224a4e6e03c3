"""CSV files, plain or zipped, as rows; pure functions that say what is missing where a file is cut."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence

LARGEST = 1 << 28
"""Files whose content is longer than this many bytes are not unpacked: they would fill the memory."""

csv.field_size_limit(LARGEST)


def csv_lines(text: str) -> tuple[list[list[str]], str]:
    """The whole lines of a CSV text, the header among them, and what is wrong where the text is cut."""
    lines: list[list[str]] = []
    try:
        lines += (line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if "".join(line).strip())
    except csv.Error as error:
        return lines, f"it cannot be read after line {len(lines)}: {error}"
    if not text.endswith(("\n", "\r")):
        # What is left of that line may look like a row.
        return lines[:-1], "its last line has no end"
    return lines, ""


def whole_lines(header: Sequence[str], lines: Sequence[Sequence[str]]) -> tuple[list[Sequence[str]], str]:
    """The lines that are as long as the header, and what is wrong where some are not."""
    fitting = [line for line in lines if len(line) == len(header)]
    others = len(lines) - len(fitting)
    return fitting, f"{others} of its rows have not the {len(header)} columns of its header" if others else ""


def unzipped(body: bytes) -> Iterator[bytes]:
    """The files of a zip archive, the body itself where it is none. Raises ValueError where the archive is cut."""
    if not body.startswith(b"PK"):
        yield body
        return
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                raise ValueError("it is too large to be unpacked")
            for member in archive.infolist():
                yield archive.read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"its zip archive is broken: {error}") from error
