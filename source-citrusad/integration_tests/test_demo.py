"""The demo plays to its end and says what it should."""

from pathlib import Path

import duckdb
import pytest

from . import demo


def test_the_demo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two syncs, rows in the file, nothing broken."""
    assert demo.main(["--output", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "Nothing of the contract was broken." in said
    assert "acme_eu2_analytics.fact_realised_ad_agg" in said
    with duckdb.connect(str(tmp_path / "citrusad.duckdb")) as warehouse:
        sql = "SELECT max(ingressed_at), count(DISTINCT ingressed_at) FROM acme_eu2_analytics.fact_realised_ad_agg"
        last, days = warehouse.sql(sql).fetchall()[0]
    assert (str(last), days) == ("2022-09-11", 11)


def test_a_step_that_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1, with a sentence."""
    monkeypatch.setattr(demo, "START_DATE", "soon")
    assert demo.main(["--output", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("The demo stopped: ")
