"""What a file of leads holds, plain or zipped, and where it is cut."""

import io
import zipfile

import pytest

from source_tiktok_ads.streams.listing import Paging, Scope
from source_tiktok_ads.streams.lists.leads import LEADS, lead_file


def text(*lines: str, head: str = "lead_id,created_time,ad_id,adgroup_id,Name") -> bytes:
    """A file of leads."""
    return "\r\n".join([head, *lines, ""]).encode("utf-8-sig")


def test_ids_times_and_answers() -> None:
    """Ids lose what guards them from spreadsheets, times their zone; each question keeps its own text."""
    (row,) = lead_file(text('71,2026-03-01 10:00:00(UTC+00:00),\'18,"=""19""",Ann Æ')).rows
    assert row == {
        "lead_id": "71",
        "create_time": "2026-03-01 10:00:00",
        "ad_id": "18",
        "adgroup_id": "19",
        "answers": {"Name": "Ann Æ"},
    }


def test_empty_cells_are_null_but_for_answers() -> None:
    """As is a dash in the place of an id."""
    (row,) = lead_file(text("71,,--,,")).rows
    assert row == {"lead_id": "71", "create_time": None, "ad_id": None, "adgroup_id": None, "answers": {"Name": ""}}


def test_heads_in_other_words_and_questions_that_come_twice() -> None:
    """Clients read several names of some columns; two questions with one text stay two."""
    (row,) = lead_file(text("71,73,a,b,c,2", head="Lead ID,page_id,Why?,Why?,Why?,Form Name")).rows
    assert row["answers"] == {"Why?": "a", "Why? (2)": "b", "Why? (3)": "c"}
    assert (row["lead_id"], row["page_id"], row["form_name"]) == ("71", "73", "2")


def test_a_question_may_have_the_name_of_a_column() -> None:
    """What was filled in is among the answers, whatever the question is called."""
    (row,) = lead_file(text("71,yes,no", head="lead_id,answers,Why?")).rows
    assert row["answers"] == {"answers": "yes", "Why?": "no"}


def test_an_archive_without_a_file_is_not_whole() -> None:
    """A form without leads has a file with a head."""
    out = io.BytesIO()
    zipfile.ZipFile(out, "w").close()
    assert lead_file(out.getvalue()).cut == "its zip archive is empty"


def test_archives_hold_several_files() -> None:
    """The leads of all of them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("1.csv", text("71,,,,"))
        archive.writestr("2.csv", text("72,,,,"))
    assert [row["lead_id"] for row in lead_file(out.getvalue()).rows] == ["71", "72"]
    assert "zip archive is broken" in lead_file(out.getvalue()[:60]).cut


@pytest.mark.parametrize(
    ("found", "cut"),
    [
        (text("71,,,,")[:-2], "its last line has no end"),
        (text("71,,"), "1 of its rows have not the 5 columns"),
        (b"error,message\r\n40001,no\r\n", "it has no column lead_id"),
        (b"\xff\xfe", "decode"),
        (b"\r\n", "it has no column lead_id"),
    ],
)
def test_a_file_that_is_cut_is_never_whole(found: bytes, cut: str) -> None:
    """In a line, in the number of columns; errors that TikTok writes into the file have no leads either."""
    assert cut in lead_file(found).cut


def test_a_form_without_leads() -> None:
    """Its file has a head and no row."""
    file = lead_file(text())
    assert (file.cut, [*file.rows]) == ("", [])


def test_each_form_is_asked_for_in_all_regions() -> None:
    """Those of the account, and those that a Business Center has taken over."""
    (leads,) = LEADS
    lists = (leads, *leads.more)
    assert {listing.paging for listing in lists} == {Paging.TASK}
    regions = [listing.task.headers.get("x-lead-region") for listing in lists if listing.task]
    assert regions == [None, "eu", "us", None, "eu", "us"]
    assert [listing.scope for listing in lists] == [*[Scope.ACCOUNT] * 3, *[Scope.CENTERS] * 3]
    forms = [{"page_id": "1", "library_id": "2"}]
    asked = [listing.parent.params_for(forms) for listing in lists if listing.parent]
    assert asked == [*[{"page_id": "1"}] * 3, *[{"library_id": "2", "page_id": "1"}] * 3]
