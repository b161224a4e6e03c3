"""Reading pages until they are complete: each row is emitted once and counted, even if rows move meanwhile."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from source_tiktok_ads.api.errors import TikTokError, error_from_code
from source_tiktok_ads.streams.shapes import NUMBER
from source_tiktok_ads.sync.pagination import (
    MAX_IDLE_PAGES,
    MAX_READS,
    Attempt,
    Doubts,
    Found,
    Incomplete,
    Prefetcher,
    read_until_consistent,
)
from source_tiktok_ads.sync.records import Answer, Data
from source_tiktok_ads.sync.records import PageInfo as Info
from source_tiktok_ads.sync.totals import Totals


class Shelf:
    """A list with scripted readings: for each reading its pages, for each page its rows and the total."""

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
        """The emitted rows, page by page."""
        attempts = [Attempt(self.fetch, self.pieces, 1000)] * MAX_READS
        found = read_until_consistent(attempts, self.said.append, Prefetcher(1), set() if sent is None else sent)
        return [b"".join(rows).decode() for rows in found if rows]

    @staticmethod
    def pieces(rows: Sequence[Any]) -> list[tuple[bytes, bytes | None]]:
        """A row in small letters is counted but not emitted."""
        return [(row["id"].encode(), row["id"].encode() if row["id"].isupper() else None) for row in rows]


def test_rows_that_add_up_are_read_once() -> None:
    """As many different rows as TikTok counts: one reading, page by page, no word."""
    shelf = Shelf([("AB", 3), ("C", 3)])
    assert shelf.read() == ["AB", "C"]
    assert (shelf.asked, shelf.said) == ([1, 2], [])


def test_an_empty_list_is_one_request() -> None:
    """No rows add up to none."""
    shelf = Shelf([("", 0)])
    assert (shelf.read(), shelf.asked, shelf.said) == ([], [1], [])


def test_a_row_that_slipped_between_two_pages_is_found_on_the_second_reading() -> None:
    """B moved to a page that had been read: the list is read again, and only rows not emitted before are emitted."""
    shelf = Shelf([("AC", 4), ("CD", 4)], [("AB", 4), ("CD", 4)])
    assert shelf.read() == ["AC", "D", "B"]
    assert shelf.said == []


def test_a_row_on_two_pages_is_emitted_once() -> None:
    """A repeated row is counted and emitted only once."""
    shelf = Shelf([("AB", 3), ("BC", 3)])
    assert shelf.read() == ["AB", "C"]
    assert shelf.asked == [1, 2]


def test_a_total_that_changes_while_reading_is_read_again() -> None:
    """Rows came or went meanwhile, so the reading proves nothing even if one of its numbers fits."""
    shelf = Shelf([("AB", 3), ("C", 4)], [("AB", 4), ("CD", 4)])
    assert shelf.read() == ["AB", "C", "D"]
    assert shelf.said == []


def test_a_short_page_is_read_again() -> None:
    """A page that gives less than it should is noticed by the total."""
    shelf = Shelf([("A", 3), ("C", 3)], [("AB", 3), ("C", 3)])
    assert shelf.read() == ["A", "C", "B"]


def test_more_rows_than_counted_are_noticed_too() -> None:
    """The count may be wrong, so the rows that were found are emitted."""
    shelf = Shelf([("ABC", 2)], [("ABC", 3)])
    assert shelf.read() == ["ABC"]
    assert shelf.said == []


def test_readings_are_bounded_and_both_numbers_are_said() -> None:
    """A list that never adds up is incomplete, even if its readings agree. No row is emitted twice."""
    shelf = Shelf([("AB", 5), ("C", 4)])
    with pytest.raises(Incomplete, match=f"^TikTok counts 5 rows but gave 3 different ones in {MAX_READS} readings.$"):
        shelf.read()
    assert (len(shelf.asked), shelf.said) == (2 * MAX_READS, [])


def test_what_an_earlier_pass_has_sent_stays_out() -> None:
    """Two passes over one list share what has left."""
    sent: set[int] = set()
    assert Shelf([("AB", 2)]).read(sent) == ["AB"]
    assert Shelf([("BC", 2)]).read(sent) == ["C"]


def test_rows_that_are_not_emitted_are_counted() -> None:
    """A row that has not changed since the cursor belongs to the total, and is no reason to read again."""
    shelf = Shelf([("AbC", 3)])
    assert (shelf.read(), shelf.said) == (["AC"], [])


def test_rows_that_are_null_are_none() -> None:
    """A list that is null adds up to nothing."""
    said: list[str] = []
    answer = Answer(0, data=Data(None, Info(total_page=1)))
    attempts = [Attempt(lambda number: answer, Shelf.pieces, 1000)]
    assert [*filter(None, read_until_consistent(attempts, said.append, Prefetcher(1), set()))] == []
    assert said == []


class Book:
    """A list by page numbers: what each page answers, None for a refusal; pages beyond it are empty."""

    def __init__(self, *pages: tuple[str, dict[str, int]] | None) -> None:
        self.pages = pages
        self.asked: list[int] = []
        self.said: list[str] = []

    def fetch(self, number: int) -> Answer:
        """One page."""
        self.asked.append(number)
        found = self.pages[number - 1] if number <= len(self.pages) else ("", self.pages[0][1] if self.pages[0] else {})
        if found is None:
            raise error_from_code(40002, "page: too deep", "req-1", "thing/get", None)
        rows, info = found
        return Answer(0, data=Data([{"id": row} for row in rows], Info(**info) if info else None))

    def read(self, readings: int = MAX_READS, size: int = 2) -> str:
        """All emitted rows."""
        attempts = [Attempt(self.fetch, Shelf.pieces, size)] * readings
        return b"".join(
            row for rows in read_until_consistent(attempts, self.said.append, Prefetcher(1), set()) for row in rows
        ).decode()


def told(total: int, pages: int, size: int = 2) -> dict[str, int]:
    """What a page says of its list."""
    return {"page_size": size, "total_number": total, "total_page": pages}


def test_pages_go_on_where_the_number_of_pages_contradicts_the_count() -> None:
    """Five rows in pages of two are three pages, whatever total_page says; and no more than that, if it says more."""
    pages = [("AB", told(5, 1)), ("CD", told(5, 1)), ("E", told(5, 1))]
    assert Book(*pages).read() == "ABCDE"
    many = Book(("AB", told(4, 1000)), ("CD", told(4, 1000)))
    assert many.read() == "ABCD"
    assert len(many.asked) <= 4


def test_an_empty_page_in_the_middle_is_not_the_end() -> None:
    """The pages behind it are read; what it hid is found by the next reading, or missing."""
    book = Book(("AB", told(6, 3)), ("", told(6, 3)), ("EF", told(6, 3)))
    with pytest.raises(Incomplete, match="TikTok counts 6 rows but gave 4 different ones in 3 readings"):
        book.read()
    assert book.asked == [1, 2, 3] * MAX_READS


def test_the_same_page_again_and_again_is_incomplete() -> None:
    """The first page's rows under every number: they are no others."""
    book = Book(*[("AB", told(6, 3))] * 3)
    with pytest.raises(Incomplete, match="TikTok counts 6 rows but gave 2 different ones"):
        book.read()


def test_a_page_that_is_refused_ends_a_reading() -> None:
    """The rows before it are emitted; the sentence has TikTok's message, unless all rows were there."""
    deep = Book(("AB", told(6, 3)), ("CD", told(6, 3)), None)
    with pytest.raises(Incomplete, match=r"gave 4 different ones.*refuses further pages: page 3, .*page: too deep"):
        deep.read()
    assert Book(("AB", told(2, 2)), None).read() == "AB"


def test_a_refusal_of_the_first_page_is_an_error() -> None:
    """It is about the request."""
    with pytest.raises(TikTokError, match="too deep"):
        Book(None).read()


@pytest.mark.parametrize(
    ("pages", "rows", "asked"),
    [
        ([("A", {})], "A", [1]),
        ([("", {})], "", [1]),
        ([("AB", {}), ("C", {})], "ABC", [1, 2]),
        ([("AB", {}), ("CD", {})], "ABCD", [1, 2, 3]),
        ([("AB", {}), ("AB", {}), ("CD", {})], "AB", [1, 2]),
        ([("ABC", {}), ("", {})], "ABC", [1, 2]),
        ([("AB", {}), None], "AB", [1, 2]),
    ],
)
def test_without_a_count_pages_are_read_until_one_is_not_full(pages: list[Any], rows: str, asked: list[int]) -> None:
    """Or brings nothing new, or is refused; a first page that is not full is the whole list."""
    book = Book(*pages)
    assert (book.read(), book.asked) == (rows, asked)


@pytest.mark.parametrize(
    "info", [{"page_size": 2, "total_number": 1, "total_page": 1}, {"total_page": 1}, {"page_size": 2}]
)
def test_full_pages_beyond_the_count_are_read_on(info: dict[str, int]) -> None:
    """A full page with more rows than TikTok counts says that the count is wrong; without a count none is known."""
    for size in (2, 9) if "page_size" in info else (2,):
        book = Book(("AB", info), ("CD", info), ("E", info))
        assert book.read(size=size) == "ABCDE"


def test_a_reading_without_a_count_does_not_outdo_one_that_has_it() -> None:
    """What an earlier reading has counted and nobody has found is missing, even if a later answer has no count."""
    books = iter([Book(("AB", told(5, 1, 9))), *[Book(("AB", {}))] * 2])
    attempts = (Attempt(book.fetch, Shelf.pieces, 9) for book in books)
    with pytest.raises(Incomplete, match="TikTok counts 5 rows but gave 2 different ones in 3 readings"):
        list(read_until_consistent(attempts, str, Prefetcher(1), set()))
    books = iter([Book(("AB", told(3, 1, 9))), Book(("BC", {}))])
    attempts = (Attempt(book.fetch, Shelf.pieces, 9) for book in books)
    assert [*filter(None, read_until_consistent(attempts, str, Prefetcher(1), set()))] == [[b"A", b"B", b"C"]]


@pytest.mark.parametrize("pages", [["a1a2"], ["a1b1", "a2"]])
def test_without_a_count_different_rows_of_one_key_are_missing(pages: list[str]) -> None:
    """On one page or on two. If another reading has one of them, it had only changed; the same row twice is one."""

    def read(*readings: list[str]) -> list[bytes]:
        turn, now = iter(readings), list[str]()

        def fetch(number: int) -> Answer:
            now[:] = next(turn) if number == 1 else now
            rows = now[number - 1]
            return Answer(0, data=Data([{"id": rows[at : at + 2]} for at in range(0, len(rows), 2)]))

        def pieces(rows: Sequence[Any]) -> list[tuple[bytes, bytes | None]]:
            return [(row["id"][:1].encode(), row["id"].encode()) for row in rows]

        attempts = [Attempt(fetch, pieces, 2 if len(pages) > 1 else 9)] * len(readings)
        return [row for rows in read_until_consistent(attempts, str, Prefetcher(1), set()) for row in rows]

    with pytest.raises(Incomplete, match=r"^1 rows have the key of another row but differ from it, and TikTok count"):
        read(pages, pages, pages)
    same = [page.replace("a2", "a1") for page in pages]
    assert read(same)[0] == b"a1"
    assert read(pages, same)[0] == b"a1"


def answer(rows: str, counted: int | None = None, code: int = 20001) -> Answer:
    """The only page of a list, of which TikTok says that it is only a part unless the code is 0."""
    info = None if counted is None else Info(**told(counted, 1, 9))
    return Answer(code, request_id="req-9", data=Data([{"id": row} for row in rows], info))


def read_once_each(*answers: Answer) -> bytes:
    """All rows of a list of one page that is read as often as there are answers."""
    turns = iter(answers)
    attempts = [Attempt(lambda number: next(turns), Shelf.pieces, 9)] * len(answers)
    return b"".join(row for rows in read_until_consistent(attempts, str, Prefetcher(1), set()) for row in rows)


def test_a_part_of_an_answer_is_incomplete_unless_the_count_proves_it_whole() -> None:
    """Without a count it is read again, until TikTok gives all of it."""
    assert read_once_each(answer("AB", 2)) == b"AB"
    assert read_once_each(answer("A"), answer("AB", code=0)) == b"AB"
    with pytest.raises(Incomplete, match=r"^TikTok answered only in part \(code 20001, request_id req-9\), and noth"):
        read_once_each(*[answer("A")] * MAX_READS)
    with pytest.raises(Incomplete, match=r"TikTok counts 1 rows but gave 2 different.*; TikTok answered only in part"):
        read_once_each(*[answer("AB", 1)] * MAX_READS)


def test_a_part_of_an_answer_is_complete_where_totals_prove_it() -> None:
    """Even if nothing counts its rows."""
    totals = Totals({"spend": NUMBER("Money.")}, "EUR", lambda name, value: None)

    def read(total: int) -> list[bytes]:
        answer = Answer(20001, data=Data([{"id": "A", "spend": 1}], None, {"spend": total}))
        attempts = [Attempt(lambda number: answer, lambda rows: [(b"A", b'"spend":1')], 9, totals)] * MAX_READS
        return [row for rows in read_until_consistent(attempts, str, Prefetcher(1), set()) for row in rows]

    assert read(1) == [b'"spend":1']
    with pytest.raises(Incomplete, match=r"TikTok answered only in part.*do not add up to TikTok's own totals"):
        read(2)


def test_links_that_are_signed_anew_make_no_other_row() -> None:
    """On another page; two rows of one page were signed together."""
    one, other = (b'"id":1,"url":"https://cdn.example/%b"' % sign for sign in (b"a?x=1", b"b?x=2"))
    doubts = Doubts()
    doubts.compare([(b"1", one)])
    doubts.compare([(b"1", other), (b"2", None)])
    assert not doubts
    doubts.compare([(b"1", one), (b"1", other)])
    assert doubts.conflicts == 1


def test_rows_that_come_twice_in_one_answer_are_a_list_that_has_them_twice() -> None:
    """As many as TikTok counts, the same to the last byte in every reading: nothing is missing, which is said."""
    book = Book(("AAB", told(3, 1, 3)))
    assert book.read() == "AB"
    assert book.said == [
        "TikTok counts 3 rows but gave 2 different ones in 3 readings; those are taken, as some came twice."
    ]


def test_a_reading_that_was_given_up_adds_nothing_to_the_next() -> None:
    """Pages still under way when the first reading ends belong to it alone: the totals of the second agree."""
    late, first = threading.Event(), threading.Event()

    def fetch(number: int) -> Answer:
        rows = {1: "AB"}.get(number, "")
        if number == 2 + MAX_IDLE_PAGES + 1 and not first.is_set():
            first.set()
            late.wait(10)
            rows = "Z"
        if number == 1 and first.is_set():
            late.set()
        known = [{"id": row} for row in rows]
        more = told(2, 9) if first.is_set() else told(3, 9)
        return Answer(0, data=Data(known, Info(**more), {"spend": 2}))

    def pieces(rows: Sequence[Any]) -> list[tuple[bytes, bytes | None]]:
        return [(row["id"].encode(), b'"id":"%b","spend":1' % row["id"].encode()) for row in rows]

    totals = Totals({"spend": NUMBER("Money.")}, "EUR", lambda name, value: None)
    attempts = [Attempt(fetch, pieces, 2, totals)] * 2
    found: list[Found] = []

    def read() -> Iterator[list[bytes]]:
        found.append((yield from read_until_consistent(attempts, str, Prefetcher(2), set())))

    assert sum(map(len, read())) == 2
    assert found == [Found(2, {"spend": 2})]


def spending(*readings: Sequence[tuple[str, float]], total: float, pages: int = 1) -> tuple[list[str], list[str]]:
    """The emitted rows and warnings of readings with metrics, with one row a page or all rows on one page."""
    turn = iter(readings)
    now: list[tuple[str, float]] = []

    def fetch(number: int) -> Answer:
        if number == 1:
            now[:] = next(turn)
        rows = [{"id": id, "spend": spend} for id, spend in (now if pages == 1 else now[number - 1 : number])]
        info = Info(page_size=1000 if pages == 1 else 1, total_number=len(now), total_page=pages)
        return Answer(0, data=Data(rows, info, {"spend": total}))

    def pieces(rows: Sequence[Any]) -> list[tuple[bytes, bytes | None]]:
        return [(row["id"].encode(), b'"id":"%b","spend":%d' % (row["id"].encode(), row["spend"])) for row in rows]

    totals = Totals({"spend": NUMBER("Money.")}, "EUR", lambda name, value: None)
    said: list[str] = []
    attempts = [Attempt(fetch, pieces, 1000, totals)] * len(readings)
    left = read_until_consistent(attempts, said.append, Prefetcher(1), set())
    return [row.decode() for rows in left for row in rows], said


def test_rows_have_to_add_up_to_the_totals_too() -> None:
    """The right count is not enough: there is another reading, and its version of a single page is emitted."""
    left, said = spending([("A", 1), ("B", 7)], [("A", 1), ("B", 2)], total=3)
    assert (left, said) == (['"id":"A","spend":1', '"id":"B","spend":2'], [])
    with pytest.raises(Incomplete, match=r"The 2 rows do not add up .* in 2 readings: spend 8 \(TikTok's total is 3\)"):
        spending(*[[("A", 1), ("B", 7)]] * 2, total=3)


@pytest.mark.parametrize("info", [Info(total_number=2, total_page=1), None])
def test_a_reading_without_totals_does_not_outdo_one_that_has_them(info: Info | None) -> None:
    """The sums of the first reading are wrong, and no other shows right ones. Totals need no count beside them."""
    given = iter([{"spend": 5}, None, None])

    def fetch(number: int) -> Answer:
        return Answer(0, data=Data([{"id": "A"}, {"id": "B"}], info, next(given)))

    def pieces(rows: Sequence[Any]) -> list[tuple[bytes, bytes | None]]:
        return [(row["id"].encode(), b'"id":"%b","spend":1' % row["id"].encode()) for row in rows]

    totals = Totals({"spend": NUMBER("Money.")}, "EUR", lambda name, value: None)
    with pytest.raises(Incomplete, match=r"The 2 rows do not add up .*: spend 2 \(TikTok's total is 5\)"):
        list(read_until_consistent([Attempt(fetch, pieces, 9, totals)] * 3, str, Prefetcher(1), set()))


def test_figures_that_changed_after_rows_were_emitted_are_reported() -> None:
    """Pages are emitted as they come: if only the second reading adds up, a warning says that the first was emitted."""
    left, (said,) = spending([("A", 1), ("B", 7)], [("A", 1), ("B", 2)], total=3, pages=2)
    assert left == ['"id":"A","spend":1', '"id":"B","spend":7']
    assert said == "Figures changed while they were read, and rows had left before: spend 8 (TikTok's total is 3)."


def test_readings_with_different_missing_rows_are_complete_together() -> None:
    """A repeated row is added up once, whether it repeats in one reading or in two."""
    left, said = spending([("A", 1), ("A", 1)], [("B", 2), ("B", 2)], total=3, pages=2)
    assert (left, said) == (['"id":"A","spend":1', '"id":"B","spend":2'], [])


def test_many_differences_are_not_all_named() -> None:
    """Three, and how many more."""
    names = "abcde"
    answer = Answer(0, data=Data([], Info(total_number=0, total_page=0), dict.fromkeys(names, 1)))
    totals = Totals({name: NUMBER("A number.") for name in names}, "EUR", lambda name, value: None)
    attempts = [Attempt(lambda number: answer, lambda rows: [], 9, totals)]
    with pytest.raises(Incomplete, match=r"a 0 .*, b 0 .*, c 0 .* and 2 more"):
        list(read_until_consistent(attempts, str, Prefetcher(1), set()))


def test_an_error_in_a_later_reading_loses_no_row() -> None:
    """Rows that were held back are emitted before the error is raised."""
    calls = iter([0])

    def fetch(number: int) -> Answer:
        if next(calls, None) is None:
            raise ValueError("gone")
        return Answer(0, data=Data([{"id": "A"}], Info(**told(2, 1))))

    left: list[list[bytes]] = []
    with pytest.raises(ValueError, match="gone"):
        left.extend(read_until_consistent([Attempt(fetch, Shelf.pieces, 2)] * 2, str, Prefetcher(1), set()))
    assert left == [[b"A"]]


def numbered(number: int) -> Answer:
    """A page whose code is its number."""
    return Answer(number)


def test_pages_come_in_order_however_they_are_fetched() -> None:
    """Three at a time, ten in all; the caller's own place in line is kept."""
    assert [answer.code for answer in Prefetcher(3).pages(numbered, range(2, 12))] == [*range(2, 12)]


def test_pages_are_fetched_while_earlier_ones_are_written() -> None:
    """While the first is in the caller's hands the second comes; a fourth is beyond the two places."""
    fetched = {number: threading.Event() for number in range(1, 5)}

    def fetch(number: int) -> Answer:
        fetched[number].set()
        return numbered(number)

    answers = Prefetcher(2).pages(fetch, range(1, 5))
    assert next(answers).code == 1
    assert fetched[2].wait(10)
    assert not fetched[4].is_set()
    assert [answer.code for answer in answers] == [2, 3, 4]


def test_without_a_free_place_the_caller_fetches_itself() -> None:
    """Another slice holds the only place: this one goes on in its own thread."""
    prefetcher = Prefetcher(1)
    prefetcher._free.acquire()
    threads = []

    def fetch(number: int) -> Answer:
        threads.append(threading.current_thread())
        return numbered(number)

    assert [answer.code for answer in prefetcher.pages(fetch, [1, 2])] == [1, 2]
    assert threads == [threading.current_thread()] * 2


def test_an_error_is_raised_in_its_turn_and_gives_every_place_back() -> None:
    """Pages before it are emitted; pages that were fetched after it are dropped."""

    def fetch(number: int) -> Answer:
        if number == 2:
            raise ValueError("page 2")
        return numbered(number)

    prefetcher = Prefetcher(3)
    answers = prefetcher.pages(fetch, range(1, 9))
    assert next(answers).code == 1
    with pytest.raises(ValueError, match="page 2"):
        next(answers)
    assert [answer.code for answer in prefetcher.pages(numbered, range(9))] == [*range(9)]


def test_a_reader_that_stops_gives_every_place_back() -> None:
    """A slice that breaks off does not starve the others of their pages."""
    prefetcher = Prefetcher(2)
    for _ in range(5):
        answers = prefetcher.pages(numbered, range(9))
        next(answers)
        answers.close()
    prefetcher._pool.shutdown()
    assert [prefetcher._free.acquire(blocking=False) for _ in range(3)] == [True, True, False]
