"""Files of CSV text and zip archives: whole ones, and what is said of those that are cut."""

import io
import zipfile

import pytest

from source_tiktok_ads.streams import tables
from source_tiktok_ads.streams.tables import csv_lines, unzipped, whole_lines


def test_lines_have_their_cells() -> None:
    """Commas, quotes and line breaks inside quotes belong to a cell; blank lines are none."""
    assert csv_lines('a,"b, ""c""\r\nd"\r\n\r\n  \r\ne,f\r\n') == ([["a", 'b, "c"\r\nd'], ["e", "f"]], "")
    assert csv_lines("a,b\r\nc,d") == ([["a", "b"]], "its last line has no end")
    assert csv_lines("") == ([], "its last line has no end")


def test_long_cells_are_read() -> None:
    """The standard library would stop at 131,072 characters."""
    assert csv_lines(f"{'x' * 200_000},b\n") == ([["x" * 200_000, "b"]], "")


def test_lines_that_do_not_fit_their_header_are_counted() -> None:
    """Those that do are kept."""
    assert whole_lines(["a", "b"], [["1", "2"], ["3"], ["4", "5", "6"]]) == (
        [["1", "2"]],
        "2 of its rows have not the 2 columns of its header",
    )
    assert whole_lines(["a"], [["1"]]) == ([["1"]], "")


def archive(*files: bytes) -> bytes:
    """A zip archive of some files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for number, content in enumerate(files):
            packed.writestr(f"{number}.csv", content)
    return out.getvalue()


def test_archives_are_unpacked() -> None:
    """Each file; what is no archive is itself the file."""
    assert [*unzipped(archive(b"one", b"two"))] == [b"one", b"two"]
    assert [*unzipped(b"a,b\r\n")] == [b"a,b\r\n"]


@pytest.mark.parametrize("share", [2, 3])
def test_an_archive_that_is_cut_is_none(share: int) -> None:
    """Its directory stands at its end."""
    body = archive(bytes(range(256)) * 50)
    with pytest.raises(ValueError, match="its zip archive is broken"):
        [*unzipped(body[: len(body) // share])]


def test_an_archive_that_would_fill_the_memory_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the size that its directory tells."""
    monkeypatch.setattr(tables, "LARGEST", 5)
    with pytest.raises(ValueError, match="too large"):
        [*unzipped(archive(b"too long"))]
