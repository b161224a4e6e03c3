"""Files that TikTok writes on request: found again, waited for, asked for once more, never short without a word."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.streams.listing import DatedListing, File, Paging, Step, Task
from source_tiktok_ads.streams.shapes import DATE, ID
from source_tiktok_ads.sync.lists import DatedListReader
from source_tiktok_ads.sync.pagination import Incomplete
from source_tiktok_ads.sync.tasks import FIRST_WAIT, LONGEST_WAIT, MAX_WAIT, PendingTasks, Tasks

from .canned import A, Canned, InPart, config, informed, refused, sync_of

TASK = Task(
    Step("thing/check"),
    Step("thing/download"),
    read=lambda found: found if isinstance(found, File) else File([{"thing_id": id} for id in found or ""], ""),
    file_at="file",
    headers={"x-region": "eu"},
)
THINGS = DatedListing(
    "things",
    "thing/create",
    ("thing_id",),
    {"advertiser_id": ID, "thing_id": ID, "day": DATE},
    paging=Paging.TASK,
    cursor="day",
    task=TASK,
    params_for=lambda first, last: {"first": str(first), "last": str(last)},
    utc=True,
    required=True,
)
PARAMS = {"advertiser_id": A, "first": "2026-03-01"}
PATHS = ("thing/create", "thing/check", "thing/download")


class TikTok:
    """Answers about tasks: the states that each task goes through, and the files, in the order they are asked for."""

    def __init__(self, states: Sequence[Any] = ("SUCCESS",), files: Sequence[Any] = ("ab",)) -> None:
        self._states, self._files = iter(states), iter(files)
        self.created = 0
        self.client = Canned(self)

    def __call__(self, path: str, params: Mapping[str, Any]) -> Any:
        if path == "thing/create":
            self.created += 1
            return {"task_id": self.created}
        answer = next(self._states if path == "thing/check" else self._files)
        if isinstance(answer, TikTokError):
            return answer
        return {"status": answer} if path == "thing/check" else {"file": answer}

    @property
    def steps(self) -> list[str]:
        """What was asked, in one word each."""
        return [path.partition("/")[2] for path, _ in self.client.asked]


def tasks(
    tiktok: TikTok, kept: PendingTasks | None = None, listing: DatedListing = THINGS, day: str = "2026-03-15"
) -> Tasks:
    return Tasks(tiktok.client, listing, A, A, kept or PendingTasks({}, "2026-03-01"), day)


def test_a_task_is_created_waited_for_and_downloaded() -> None:
    """Each request names the account and, after the first, the task; waits grow."""
    tiktok = TikTok(("QUEUING", "PROCESSING", "SUCCESS"))
    assert [*tasks(tiktok).file(PARAMS).rows] == [{"thing_id": "a"}, {"thing_id": "b"}]
    assert tiktok.client.asked == [
        ("thing/create", PARAMS),
        *[("thing/check", {"advertiser_id": A, "task_id": "1"})] * 3,
        ("thing/download", {"advertiser_id": A, "task_id": "1"}),
    ]
    assert tiktok.client.headers == [{"x-region": "eu"}] * 5
    assert tiktok.client.paused == [FIRST_WAIT, FIRST_WAIT * 1.5]


@pytest.mark.parametrize(
    ("states", "files"),
    [
        (("FAILED", "SUCCESS"), ("ab",)),
        ((refused(40007), "SUCCESS"), ("ab",)),
        ((refused(40200), "SUCCESS"), ("ab",)),
        (("SUCCESS", "SUCCESS"), (refused(40002), "ab")),
    ],
    ids=["failed", "unknown", "failed by its code", "not given"],
)
def test_a_task_that_leads_to_nothing_is_created_once_more(states: Sequence[Any], files: Sequence[Any]) -> None:
    """It failed, is not known, or its file is not given."""
    tiktok = TikTok(states, files)
    assert len(tasks(tiktok).file(PARAMS).rows) == 2
    assert tiktok.created == 2


def test_two_tasks_that_lead_to_nothing_are_enough() -> None:
    """The part is short, and the sentence says why; nothing of it stays in the state."""
    kept = PendingTasks({}, "2026-03-01")
    tiktok = TikTok(("FAILED", "CANCELED"))
    with pytest.raises(Incomplete, match="of 2 tasks for the same file none led to it, as TikTok says CANC"):
        tasks(tiktok, kept).file(PARAMS)
    assert tiktok.created == 2
    assert kept.added({}) == {}


def test_a_file_that_is_cut_twice_gives_what_could_be_read_of_it() -> None:
    """And says that it is not whole."""
    cut = File([{"thing_id": "a"}], "its last line has no end")
    file = tasks(TikTok(("SUCCESS",) * 2, "xy"), listing=replaced(read=lambda found: cut)).file(PARAMS)
    assert [*file.rows] == [{"thing_id": "a"}]
    assert "its file is not whole: its last line has no end" in file.cut


def replaced(**changes: Any) -> DatedListing:
    """The list with other facts about its task."""
    return replace(THINGS, task=replace(TASK, **changes))


def test_a_task_that_is_never_done_is_given_up_in_time() -> None:
    """The waits add up to the patience, none is longer than the longest, and the state still knows the task."""
    kept = PendingTasks({}, "2026-03-01")
    tiktok = TikTok(("PROCESSING",) * 1000)
    with pytest.raises(Incomplete, match="has not finished the task within 30 minutes and says PROCESSING of it"):
        tasks(tiktok, kept).file(PARAMS)
    assert MAX_WAIT <= sum(tiktok.client.paused) < MAX_WAIT + LONGEST_WAIT
    assert max(tiktok.client.paused) == LONGEST_WAIT
    assert kept.added({}) == {A: {"start": "2026-03-01", "tasks": {tasks(tiktok).key_of(PARAMS): "1"}}}


def test_other_errors_are_no_matter_of_the_task() -> None:
    """They end the part as everywhere."""
    with pytest.raises(TikTokError):
        tasks(TikTok((refused(40105),))).file(PARAMS)


def test_a_task_of_the_last_sync_is_found_again() -> None:
    """On the day it was created; on the next, days that were under way would be missing from its file."""
    key = tasks(TikTok()).key_of(PARAMS)
    state = {A: {"start": "2026-03-01", "tasks": {key: "77"}}}
    tiktok = TikTok()
    tasks(tiktok, PendingTasks(state, "2026-03-01")).file(PARAMS)
    assert tiktok.steps == ["check", "download"]
    assert tiktok.client.asked[0][1]["task_id"] == "77"
    later = TikTok()
    tasks(later, PendingTasks(state, "2026-03-01"), day="2026-03-16").file(PARAMS)
    assert later.steps == ["create", "check", "download"]


def test_a_task_of_the_last_sync_that_is_gone_is_created_anew() -> None:
    """And once more, if that fails too."""
    key = tasks(TikTok()).key_of(PARAMS)
    tiktok = TikTok((refused(40007), "FAILED", "SUCCESS"))
    assert len(tasks(tiktok, PendingTasks({A: {"tasks": {key: "77"}}}, "2026-03-01")).file(PARAMS).rows) == 2
    assert tiktok.created == 2


def test_the_state_names_a_task_from_its_creation_until_its_rows_have_left() -> None:
    """Beside what it says of the account anyway; tasks of the last sync that were not asked for are not taken over."""
    kept = PendingTasks({A: {"day": "2026-03-02", "start": "2026-03-01", "tasks": {"old": "7"}}, "B": {}}, "2026-03-01")
    told: list[Any] = []
    kept.changed = lambda: told.append(kept.added({A: {"day": "2026-03-02", "start": "2026-03-01", "tasks": {}}}))
    asked = tasks(TikTok(), kept)
    asked.file(PARAMS)
    key = asked.key_of(PARAMS)
    assert told == [{A: {"day": "2026-03-02", "start": "2026-03-01", "tasks": {key: "1"}}}]
    asked.done(PARAMS)
    assert kept.added({A: {"day": "2026-03-02"}}) == {A: {"day": "2026-03-02"}}


@pytest.mark.parametrize("tasks_of", [None, [], {"a": 1}, "text"])
def test_tasks_that_cannot_be_read_are_no_matter(tasks_of: Any) -> None:
    """They can be created again."""
    assert PendingTasks({A: {"tasks": tasks_of}}, "2026-03-01").find(A, "a") is None


def test_a_check_may_be_a_post_and_a_file_may_be_the_answer() -> None:
    """As with leads: the task's own parameters are said again, and the file comes without the envelope."""
    step = Step("thing/create", ("advertiser_id", "first"), post=True)
    listing = replaced(check=step, file_at="")
    asked: list[tuple[str, Mapping[str, Any]]] = []

    def answer(path: str, params: Mapping[str, Any]) -> Any:
        asked.append((path, params))
        if path == "thing/download":
            return b"abc"
        return {"task_id": "5", "status": "SUCCEED"}

    found = Tasks(Canned(answer), listing, A, A, PendingTasks({}, ""), "2026-03-15").file(PARAMS)
    assert len(found.rows) == 3
    assert asked[1] == ("thing/create", {**PARAMS, "task_id": "5"})


@pytest.mark.parametrize(
    ("path", "answers"),
    [
        ("thing/create", ([], {}, {"task_id": ""}, {"task_id": True})),
        ("thing/check", ([], {}, {"status": 7}, {"status": ""})),
        ("thing/download", ([], "text")),
    ],
)
def test_answers_in_another_form_are_asked_for_again(path: str, answers: Sequence[Any]) -> None:
    """The client doubts what names no task, no state or no members."""
    good = {"thing/create": {"task_id": "1"}, "thing/check": {"status": "SUCCESS"}, "thing/download": {"file": "ab"}}
    for bad in answers:
        client = Canned(lambda asked, params, bad=bad: bad if asked == path else good[asked])
        with pytest.raises(AssertionError):
            Tasks(client, THINGS, A, A, PendingTasks({}, ""), "2026-03-15").file(PARAMS)
        assert len(client.doubts) == 1


def test_a_list_without_a_task_has_none() -> None:
    """It is said, not guessed."""
    with pytest.raises(ValueError, match="things has no task"):
        tasks(TikTok(), listing=replace(THINGS, task=None)).file(PARAMS)


def windows(tiktok: TikTok, listing: DatedListing = THINGS) -> Iterator[Any]:
    """A reader of the list, and each slice of account A with its rows."""
    client = Canned(informed(tiktok))
    sync, _ = sync_of(client, config())
    reader = DatedListReader(listing, sync, False, {})
    for account in reader.accounts():
        for part in reader.slices(account):
            yield reader, part, [row for page in reader.rows(part) for row in page]


def test_a_stream_reads_its_windows_by_tasks() -> None:
    """Its rows leave, the days are claimed, and the task is forgotten."""
    ((reader, part, rows),) = windows(TikTok(files=("abc",)))
    assert len(rows) == 3
    assert part.incomplete_reason == ""
    assert reader.cursor_after(part)["day"] == "2026-03-15"
    assert reader.kept.added({}) == {}


def test_a_window_whose_file_is_cut_is_short() -> None:
    """The rows that came leave, the window is not claimed, and its task is forgotten."""
    cut = File([{"thing_id": "a"}], "its last line has no end")
    ((_, part, rows),) = windows(TikTok(("SUCCESS",) * 2, "xy"), replaced(read=lambda found: cut))
    assert len(rows) == 1
    assert "its file is not whole" in part.incomplete_reason


def test_different_rows_of_one_key_in_a_file_are_missing() -> None:
    """One of them leaves, the window is not claimed, and the next sync has another file written. Copies are one row."""
    twice = [{"thing_id": "a", "name": "x"}, {"thing_id": "a", "name": "y"}]
    ((reader, part, rows),) = windows(TikTok(), replaced(read=lambda found: File(twice)))
    assert len(rows) == 1
    assert part.incomplete_reason.startswith("1 rows have the key of another row but differ from it")
    assert reader.kept.added({}) == {}
    ((_, part, rows),) = windows(TikTok(), replaced(read=lambda found: File(twice[:1] * 2)))
    assert (len(rows), part.incomplete_reason) == (1, "")


@pytest.mark.parametrize("at", ["file", ""])
def test_a_file_that_tiktok_gives_only_in_part_is_short(at: str) -> None:
    """However it comes; another task is created first."""
    tiktok = TikTok(("SUCCESS",) * 2, ("ab",) * 2)
    client = Canned(
        lambda path, params: InPart(tiktok(path, params)) if path == "thing/download" else tiktok(path, params)
    )
    listing = replaced(file_at=at, read=lambda found: File([{"thing_id": "a"}]))
    file = Tasks(client, listing, A, A, PendingTasks({}, "2026-03-01"), "2026-03-15").file(PARAMS)
    assert (tiktok.created, len(file.rows)) == (2, 1)
    assert "TikTok gives its file only in part (code 20001, request_id req-9)" in file.cut


def test_many_rows_leave_in_pages() -> None:
    """A thousand at a time."""
    sync, _ = sync_of(Canned(informed(TikTok(files=([*range(2500)],)))), config())
    reader = DatedListReader(THINGS, sync, False, {})
    (part,) = [part for account in reader.accounts() for part in reader.slices(account)]
    assert [len(page) for page in reader.rows(part)] == [1000, 1000, 500]
