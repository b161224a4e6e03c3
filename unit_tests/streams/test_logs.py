"""What a file of changes holds, in whatever it is wrapped, and where it is cut."""

import json
from datetime import date
from typing import Any

import pytest

from source_tiktok_ads.streams.lists.logs import HEADS, change_file, changed_between

HEAD = ",".join(HEADS)
COUNTS = "Budget changes,1\r\nBid changes,0\r\nStatus changes,0\r\n\r\n"
VALUES = {"before": "b'50.00 USD'", "after": str("ø".encode())}
DETAILS = [{"action": "Change ", "name": "Budget", "before_after": [VALUES]}]
CELL = json.dumps(DETAILS).replace('"', '""')
LINE = f'2026-03-01 15:20,Ad group,17,Budget & Schedule,m**t@gmail.com,"Ads Manager, web",,"{CELL}"'
TEXT = f"{COUNTS}{HEAD}\r\n{LINE}\r\n"
ROW = {
    "time": "2026-03-01 15:20",
    "object_type": "Ad group",
    "object_id": "17",
    "object": "Budget & Schedule",
    "operator": "m**t@gmail.com",
    "source": "Ads Manager, web",
    "app_id": None,
    "activity_details": [
        {"action": "Change ", "name": "Budget", "before_after": [{"before": "50.00 USD", "after": "ø"}]}
    ],
}


def printed(text: str) -> str:
    """A text as Python prints a dictionary of its bytes."""
    return str({"file_data": text.encode(), "file_name": "7.csv"})


@pytest.mark.parametrize(
    "found",
    [
        printed(TEXT),
        printed(TEXT).replace(", 'file_name'", ", \n    'file_name'"),
        json.dumps({"file_data": f"b'{TEXT}'", "file_name": "7.csv"}),
        json.dumps({"file_data": TEXT, "file_name": "7.csv"}),
        TEXT,
    ],
    ids=["printed", "printed with a line break", "JSON with printed bytes", "JSON", "plain"],
)
def test_a_file_is_read_in_whatever_it_is_wrapped(found: str) -> None:
    """Python's dictionary of bytes, JSON around printed bytes or text, or the bare text: the same row."""
    file = change_file(found)
    assert file.cut == ""
    assert [*file.rows] == [ROW]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_head_is_found_wherever_time_stands_in_it(mark: str) -> None:
    """Behind a byte order mark, or with its columns in another order."""
    assert [*change_file(f"{mark}{HEAD}\r\n{LINE}\r\n").rows] == [ROW]
    assert [*change_file(printed(f"{mark}{HEAD}\r\n{LINE}\r\n")).rows] == [ROW]
    (row,) = change_file(f"{mark}Object ID,Time\r\n17,2026-03-01 15:20\r\n").rows
    assert row == {"object_id": "17", "time": "2026-03-01 15:20", "activity_details": []}


def test_blank_lines_are_no_rows() -> None:
    """An example of TikTok's has such behind each row."""
    file = change_file(TEXT.replace("\r\n", "\n    \r\n"))
    assert (file.cut, len(file.rows)) == ("", 1)


def test_an_account_without_changes() -> None:
    """It has its counts, with or without the head of a table."""
    counts = COUNTS.replace("1", "0")
    assert change_file(printed(counts)) == change_file(printed(f"{counts}{HEAD}\r\n"))
    assert (change_file(printed(counts)).cut, [*change_file(printed(counts)).rows]) == ("", [])


@pytest.mark.parametrize(
    ("found", "cut"),
    [
        (printed(TEXT)[:-30], "it does not end"),
        (printed(TEXT[: len(TEXT) // 2]), "its last line has no end"),
        (printed(f"{TEXT}2026-03-01 15:21,Ad group\r\n"), "1 of its rows have not the 8 columns"),
        (printed(f'{TEXT}2026-03-01 15:21,"Ad group\r\n'), "it cannot be read after line 5"),
        (printed(f"{COUNTS}{HEAD}\r\n"), "it counts 1 changes and has 0"),
        (printed(COUNTS), "it counts 1 changes and has 0"),
        (json.dumps({"file_data": f"b'{TEXT}", "file_name": "7.csv"}), "it does not end"),
        (json.dumps({"file_data": {"logs": []}}), "it does not end"),
        (f"{HEAD}\r\n{LINE}\r\n".replace("Time", "time"), "it has no column Time"),
        ("Error,please try again\r\n", "it has no column Time"),
        ("\n", "it is empty"),
        (None, "it does not end"),
    ],
)
def test_a_file_that_is_cut_is_never_whole(found: Any, cut: str) -> None:
    """In its wrapping, in a line, in the number of columns or in the number of changes that it counts."""
    assert cut in change_file(found).cut


def test_what_could_be_read_of_a_file_that_is_cut_is_there() -> None:
    """The rows before the place where it is cut."""
    assert [*change_file(printed(f"{TEXT}2026-03-01 15:21,Ad group\r\n")).rows] == [ROW]


@pytest.mark.parametrize("cell", ["no JSON", "7", "[1]"])
def test_details_in_another_form_stay_as_text(cell: str) -> None:
    """Nothing is lost, whatever they are."""
    file = change_file(f"{HEAD}\r\n2026-03-01 15:20,Ad,17,Settings,m,API,1,{cell}\r\n")
    assert file.rows[0]["activity_details"] == [{"text": cell}]


def test_a_change_without_details() -> None:
    """It has none, and counts as one change."""
    file = change_file(f"{COUNTS}{HEAD}\r\n2026-03-01 15:20,Ad,17,Settings,m,API,1,\r\n")
    assert (file.cut, file.rows[0]["activity_details"]) == ("", [])


def test_values_of_other_types_and_broken_marks_stay_as_they_are() -> None:
    """Only whole marks of printed bytes are taken off; a column that is not known comes under a name of its own."""
    details = json.dumps([{"name": 7, "before_after": [{"before": "b'open", "after": None}]}]).replace('"', '""')
    file = change_file(f'{HEAD},IP Address\r\n2026-03-01 15:20,Ad,17,Settings,m,API,1,"{details}",::1\r\n')
    (row,) = file.rows
    assert row["ip_address"] == "::1"
    assert row["activity_details"] == [{"name": 7, "before_after": [{"before": "b'open", "after": None}]}]


def test_a_request_asks_for_thirty_days_at_most() -> None:
    """From the first moment of the first day to that of the day after the last, in UTC."""
    assert changed_between(date(2026, 3, 1), date(2026, 3, 30)) == {
        "start_time": "2026-03-01 00:00:00",
        "end_time": "2026-03-31 00:00:00",
        "timezone": "UTC",
    }
