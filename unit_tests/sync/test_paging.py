"""Pages that prove themselves: whatever moves while a list is read, each row leaves once and is counted."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from source_tiktok_ads.sync.lines import Answer, Data
from source_tiktok_ads.sync.lines import PageInfo as Info
from source_tiktok_ads.sync.paging import READS, Ahead, proven


class Shelf:
    """A list whose readings are told beforehand: for each reading its pages, for each page its rows and the total."""

    def __init__(self, *readings: Sequence[tuple[str, int]]) -> None:
        self.readings = list(readings)
        self.asked: list[int] = []
        self.said: list[str] = []

    def fetch(self, number: int) -> Answer:
        """One page of the reading that is under way; page 1 begins the next, the last one repeats."""
        self.asked.append(number)
        begun = self.asked.count(1)
        pages = self.readings[min(begun, len(self.readings)) - 1]
        rows, total = pages[number - 1]
        info = Info(page=number, page_size=1000, total_number=total, total_page=len(pages))
        return Answer(0, data=Data([{"id": row} for row in rows], info))

    def read(self, sent: set[int] | None = None) -> list[str]:
        """What leaves, page by page."""
        found = proven([self.fetch] * READS, self.pieces, self.said.append, Ahead(1), set() if sent is None else sent)
        return [b"".join(rows).decode() for rows in found]

    @staticmethod
    def pieces(rows: Sequence[Any]) -> list[tuple[bytes, bytes | None]]:
        """A row in small letters is one that need not leave."""
        return [(row["id"].encode(), row["id"].encode() if row["id"].isupper() else None) for row in rows]


def test_rows_that_add_up_are_read_once() -> None:
    """As many different rows as TikTok counts: one reading, page by page, no word."""
    shelf = Shelf([("AB", 3), ("C", 3)])
    assert shelf.read() == ["AB", "C"]
    assert (shelf.asked, shelf.said) == ([1, 2], [])


def test_an_empty_list_is_one_request() -> None:
    """No rows add up to none."""
    shelf = Shelf([("", 0)])
    assert (shelf.read(), shelf.asked, shelf.said) == ([""], [1], [])


def test_a_row_that_slipped_between_two_pages_is_found_on_the_second_reading() -> None:
    """B moved to a page that had been read: the list is read again, and only what had not left leaves."""
    shelf = Shelf([("AC", 4), ("CD", 4)], [("AB", 4), ("CD", 4)])
    assert shelf.read() == ["AC", "D", "B", ""]
    assert shelf.said == []


def test_a_row_on_two_pages_leaves_once() -> None:
    """A repeated row counts once, and once only leaves."""
    shelf = Shelf([("AB", 3), ("BC", 3)])
    assert shelf.read() == ["AB", "C"]
    assert shelf.asked == [1, 2]


def test_a_total_that_changes_while_reading_is_read_again() -> None:
    """Rows came or went meanwhile, so the reading proves nothing even if one of its numbers fits."""
    shelf = Shelf([("AB", 3), ("C", 4)], [("AB", 4), ("CD", 4)])
    assert shelf.read() == ["AB", "C", "", "D"]
    assert shelf.said == []


def test_a_short_page_is_read_again() -> None:
    """A page that gives less than it should is noticed by the total."""
    shelf = Shelf([("A", 3), ("C", 3)], [("AB", 3), ("C", 3)])
    assert shelf.read() == ["A", "C", "B", ""]


def test_more_rows_than_counted_are_noticed_too() -> None:
    """The count may be the wrong one; what was found leaves all the same."""
    shelf = Shelf([("ABC", 2)], [("ABC", 3)])
    assert shelf.read() == ["ABC", ""]
    assert shelf.said == []


def test_readings_are_bounded_and_both_numbers_are_said() -> None:
    """What never adds up is taken as it is, with a warning, and nothing leaves twice."""
    shelf = Shelf([("AB", 5), ("C", 4)])
    assert shelf.read() == ["AB", "C", *["", ""] * (READS - 1)]
    assert shelf.said == ["TikTok counts 5 rows but gave 3 different ones in 3 readings; those are taken."]


def test_what_an_earlier_pass_has_sent_stays_out() -> None:
    """Two passes over one list share what has left."""
    sent: set[int] = set()
    assert Shelf([("AB", 2)]).read(sent) == ["AB"]
    assert Shelf([("BC", 2)]).read(sent) == ["C"]


def test_rows_that_need_not_leave_are_counted() -> None:
    """A row that has not changed since the cursor belongs to the total, and is no reason to read again."""
    shelf = Shelf([("AbC", 3)])
    assert (shelf.read(), shelf.said) == (["AC"], [])


def test_rows_that_are_null_are_none() -> None:
    """A list that is null adds up to nothing."""
    said: list[str] = []
    answer = Answer(0, data=Data(None, Info(total_page=1)))
    assert list(proven([lambda number: answer], Shelf.pieces, said.append, Ahead(1), set())) == [[]]
    assert said == []


def numbered(number: int) -> Answer:
    """A page whose code is its number."""
    return Answer(number)


def test_pages_come_in_order_however_they_are_fetched() -> None:
    """Three at a time, ten in all; the caller's own place in line is kept."""
    assert [answer.code for answer in Ahead(3).pages(numbered, range(2, 12))] == [*range(2, 12)]


def test_pages_are_fetched_while_earlier_ones_are_written() -> None:
    """While the first is in the caller's hands the second comes; a fourth is beyond the two places."""
    fetched = {number: threading.Event() for number in range(1, 5)}

    def fetch(number: int) -> Answer:
        fetched[number].set()
        return numbered(number)

    answers = Ahead(2).pages(fetch, range(1, 5))
    assert next(answers).code == 1
    assert fetched[2].wait(10)
    assert not fetched[4].is_set()
    assert [answer.code for answer in answers] == [2, 3, 4]


def test_without_a_free_place_the_caller_fetches_itself() -> None:
    """Another slice holds the only place: this one goes on in its own thread."""
    ahead = Ahead(1)
    ahead._free.acquire()
    threads = []

    def fetch(number: int) -> Answer:
        threads.append(threading.current_thread())
        return numbered(number)

    assert [answer.code for answer in ahead.pages(fetch, [1, 2])] == [1, 2]
    assert threads == [threading.current_thread()] * 2


def test_an_error_is_raised_in_its_turn_and_gives_every_place_back() -> None:
    """Pages before it leave; those fetched beyond it are forgotten."""

    def fetch(number: int) -> Answer:
        if number == 2:
            raise ValueError("page 2")
        return numbered(number)

    ahead = Ahead(3)
    answers = ahead.pages(fetch, range(1, 9))
    assert next(answers).code == 1
    with pytest.raises(ValueError, match="page 2"):
        next(answers)
    assert [answer.code for answer in ahead.pages(numbered, range(9))] == [*range(9)]


def test_a_reader_that_stops_gives_every_place_back() -> None:
    """A slice that breaks off does not starve the others of their pages."""
    ahead = Ahead(2)
    for _ in range(5):
        answers = ahead.pages(numbered, range(9))
        next(answers)
        answers.close()
    ahead._pool.shutdown()
    assert [ahead._free.acquire(blocking=False) for _ in range(3)] == [True, True, False]
