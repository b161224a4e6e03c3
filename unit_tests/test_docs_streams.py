"""The written-out stream table: the page for users and the snapshot for reviewers say what the source says."""

from pathlib import Path

import pytest

from docs import generate
from source_tiktok_ads.streams.catalog import STREAMS


@pytest.mark.parametrize("path", generate.TARGETS, ids=lambda path: path.name)
def test_file_is_up_to_date(path: Path) -> None:
    """A change of a stream comes with its page and its snapshot: run `python -m docs.generate`."""
    assert path.read_text("utf-8") == generate.TARGETS[path]()


def test_snapshot_has_a_line_for_every_column() -> None:
    """A reviewer sees each column that comes, goes or changes."""
    lines = generate.snapshot().splitlines()
    assert len(lines) == sum(1 + len(stream.columns) for stream in STREAMS)
    assert "ad_insights.stat_time_day timestamp_without_timezone key cursor" in lines
    assert "ads.utm_params array<object<key string, value string>>" in lines


def test_snapshot_tells_the_key_of_the_latest_version() -> None:
    """Where the setting changes the key, the snapshot shows both."""
    lines = [line for line in generate.snapshot().splitlines() if ": " in line]
    assert [line.partition(":")[0] for line in lines if "key of the latest version" in line] == [
        "campaigns",
        "adgroups",
        "ads",
    ]


def test_page_names_every_stream_and_column() -> None:
    """A user finds each stream with key, cursor and endpoint, and each column with type and meaning."""
    sections = generate.streams_page().split("\n## ")[1:]
    assert [section.partition("\n")[0] for section in sections] == [stream.name for stream in STREAMS]
    for stream, section in zip(STREAMS, sections, strict=True):
        rows = [line for line in section.splitlines() if line.startswith("| ")][2:]
        assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == list(stream.columns)
        assert f"- TikTok endpoint: `{stream.path}`" in section


def test_page_says_what_a_row_is() -> None:
    """Each stream is introduced by what one row of it stands for."""
    assert [generate.purpose(stream) for stream in STREAMS][:8] == [
        "one ad account",
        "one version of one campaign",
        "one version of one ad group",
        "one version of one ad",
        "the figures of one ad in one day",
        "the figures of one ad in one hour",
        "the figures of one ad over all time",
        "the figures of one ad in one day by `age` and `gender`",
    ]


def test_check_names_stale_files_and_writing_mends_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` changes nothing and fails; without it the file is written, and then the check passes."""
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "TARGETS", {tmp_path / "docs" / "page.md": lambda: "text"})
    assert generate.main(["--check"]) == 1
    assert not (tmp_path / "docs").exists()
    assert generate.main([]) == 0
    assert (tmp_path / "docs" / "page.md").read_text("utf-8") == "text"
    assert generate.main(["--check"]) == 0
    assert capsys.readouterr().out == f"{Path('docs/page.md')} is out of date: run python -m docs.generate\n"


def test_the_guide_says_how_many_streams_there_are() -> None:
    """In the table of versions."""
    guide = (generate.ROOT / "docs" / "tiktok-ads.md").read_text("utf-8")
    assert f"First version: {len(STREAMS)} streams" in guide
