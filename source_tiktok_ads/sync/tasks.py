"""Asynchronous tasks: requests a file from TikTok, waits until it is written, and downloads it.

Unfinished tasks are kept in the state, so that the sync after a killed one finds its task again. If it does not, it
creates another one, so a lost task costs time but never rows.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from source_tiktok_ads.api.envelope import Envelope, decode_envelope, decode_file
from source_tiktok_ads.api.errors import TikTokError
from source_tiktok_ads.api.pages import verdict_in_part
from source_tiktok_ads.api.response import ApiResponse
from source_tiktok_ads.streams.listing import File, Listing, Row, Step, Task
from source_tiktok_ads.streams.parameters import Params
from source_tiktok_ads.sync.pagination import Incomplete

MOST_CREATED = 2
"""How often a task for one file is created in a sync."""

FIRST_WAIT = 2.0
GROWTH = 1.5
LONGEST_WAIT = 60.0
MAX_WAIT = 1800.0
"""The longest total wait for a task, in seconds. Single waits grow from the first to the longest."""

# TikTok: the answer about an unknown or expired task is not documented; it may be any of these codes. 40200 and 40201
# mean that the task failed or is not ready for download.
LOST = frozenset({40001, 40002, 40007, 40200, 40201})


class TaskClient(Protocol):
    """The methods of the client that tasks need."""

    def fetch(
        self,
        path: str,
        params: Mapping[str, Any],
        *,
        decode: Callable[[bytes], Envelope],
        advertiser_id: str | None = None,
        accept: Callable[[Envelope], str | None] | None = None,
        repeat_timeouts: bool = False,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ApiResponse[Envelope]:
        """The decoded answer of one request. Raises TikTokError."""

    def pause(self, seconds: float, why: str) -> None:
        """Wait before one request is sent again."""


class Lost(Exception):
    """A task does not lead to a whole file: it failed, is unknown, or its file is truncated.

    `rows` are those that could be read from the file.
    """

    def __init__(self, why: str, rows: Sequence[Row] = ()) -> None:
        super().__init__(why)
        self.rows = rows


class PendingTasks:
    """The unfinished tasks of a stream, by account and request, as its state keeps them.

    Tasks of the last state are in the next state only if `find` returned them. `start` is the start in the cursor of an
    account of which nothing was read. `changed` is called after a task was created.
    """

    def __init__(self, cursors: Mapping[str, Mapping[str, Any]], start: str) -> None:
        self._lock = threading.Lock()
        self._before = {id: _tasks_of(cursor) for id, cursor in cursors.items()}
        self._tasks: dict[str, dict[str, str]] = {}
        self._start = start
        self.changed: Callable[[], None] = lambda: None

    def find(self, account_id: str, request: str) -> str | None:
        """The id of the task for a request; None if there is none."""
        with self._lock:
            tasks = self._tasks.setdefault(account_id, {})
            found = self._before.get(account_id, {}).pop(request, None)
            if found is not None:
                tasks[request] = found
            return tasks.get(request)

    def keep(self, account_id: str, request: str, task_id: str) -> None:
        """Remember a task, and emit a state with it."""
        with self._lock:
            self._tasks.setdefault(account_id, {})[request] = task_id
        self.changed()

    def drop(self, account_id: str, request: str) -> None:
        """Forget a task whose rows were emitted, or that has none."""
        with self._lock:
            self._tasks.get(account_id, {}).pop(request, None)

    def added(self, cursors: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
        """The cursors of a state, with the unfinished tasks instead of those of the last state."""
        with self._lock:
            tasks = {id: dict(kept) for id, kept in self._tasks.items() if kept}
        bare = {id: {name: cursor[name] for name in cursor if name != "tasks"} for id, cursor in cursors.items()}
        return {**bare, **{id: {**bare.get(id, {"start": self._start}), "tasks": kept} for id, kept in tasks.items()}}


def _tasks_of(cursor: Mapping[str, Any]) -> dict[str, str]:
    """The tasks in a cursor; none if they cannot be read, because they can be created again."""
    tasks = cursor.get("tasks")
    readable = isinstance(tasks, dict) and all(isinstance(id, str) for id in tasks.values())
    return dict(tasks) if isinstance(tasks, dict) and readable else {}


@dataclass(frozen=True)
class Tasks:
    """The tasks of one list for one account. `day` is today by TikTok's clock; `advertiser_id` is sent if not None."""

    client: TaskClient
    listing: Listing
    account_id: str
    advertiser_id: str | None
    kept: PendingTasks
    day: str

    def key_of(self, params: Params) -> str:
        """The key of a request in the state. A task is found only on the day on which it was created.

        Later its file would lack days that were still running then.
        """
        request = [self.listing.path, params, dict(self._task.headers), self.day]
        return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:12]

    def file(self, params: Params) -> File:
        """The file of a request: whole, or with a note of what is missing. Raises Incomplete or TikTokError.

        The task stays in the state until `done` is called.
        """
        key, created = self.key_of(params), 0
        lost = Lost("")
        while True:
            id = self.kept.find(self.account_id, key)
            if id is None:
                if created == MOST_CREATED:
                    return self._partial_file(lost)
                id, created = self._create(params), created + 1
                self.kept.keep(self.account_id, key, id)
            try:
                self._wait(params, id)
                return self._download(params, id)
            except Lost as found:
                lost = found
                self.kept.drop(self.account_id, key)

    def done(self, params: Params) -> None:
        """Forget the task of a request whose rows were emitted."""
        self.kept.drop(self.account_id, self.key_of(params))

    @property
    def _task(self) -> Task:
        task = self.listing.task
        if task is None:
            raise ValueError(f"{self.listing.name} has no task")
        return task

    def _partial_file(self, lost: Lost) -> File:
        """The part of a file that could be read. Raises Incomplete if that has no rows."""
        sentence = f"{self.listing.path}: of {MOST_CREATED} tasks for the same file none led to it, as {lost}."
        if not lost.rows:
            raise Incomplete(sentence)
        return File(lost.rows, sentence)

    def _create(self, params: Params) -> str:
        return str(self._ask(Step(self.listing.path, post=True), params, accept=_why_no_id).data["task_id"])

    def _wait(self, params: Params, id: str) -> None:
        """Wait until a task is done. Raises Lost, or Incomplete if it is not done in time."""
        waited, wait = 0.0, FIRST_WAIT
        while True:
            status = self._status(params, id)
            if status in self._task.done:
                return
            if status in self._task.failed:
                raise Lost(f"TikTok says {status} of it")
            if waited >= MAX_WAIT:
                raise Incomplete(
                    f"{self.listing.path}: TikTok has not finished the task within {MAX_WAIT / 60:.0f} minutes and "
                    f"says {status[:40]} of it. The next sync asks for it again."
                )
            self.client.pause(wait, "TikTok is writing a file that was asked for")
            waited, wait = waited + wait, min(wait * GROWTH, LONGEST_WAIT)

    def _status(self, params: Params, id: str) -> str:
        return str(self._ask_about_task(self._task.check, params, id, _why_no_status).data["status"])

    def _download(self, params: Params, id: str) -> File:
        task = self._task
        if task.file_at:
            answer = self._ask_about_task(task.download, params, id, _why_no_object)
            file = task.read(answer.data.get(task.file_at))
        else:
            answer = self._ask_about_task(task.download, params, id, decode=decode_file)
            file = task.read(answer.data)
        if answer.code:
            raise Lost(f"TikTok gives its file only in part ({verdict_in_part(answer)})", file.rows)
        if file.cut:
            raise Lost(f"its file is not whole: {file.cut}", file.rows)
        return file

    def _ask_about_task(
        self,
        step: Step,
        params: Params,
        id: str,
        accept: Callable[[Envelope], str | None] | None = None,
        decode: Callable[[bytes], Envelope] = decode_envelope,
    ) -> Envelope:
        """The answer of one step of a task. Raises Lost if TikTok does not know the task, or TikTokError."""
        asked = {name: params[name] for name in step.repeats if name in params}
        try:
            return self._ask(step, {**asked, "task_id": id}, accept, decode)
        except TikTokError as error:
            if error.code in LOST:
                raise Lost(f"TikTok does not give it: {error.event}") from None
            raise

    def _ask(
        self,
        step: Step,
        params: Params,
        accept: Callable[[Envelope], str | None] | None = None,
        decode: Callable[[bytes], Envelope] = decode_envelope,
    ) -> Envelope:
        ask = partial(
            self.client.fetch,
            step.path,
            decode=decode,
            advertiser_id=self.advertiser_id,
            accept=accept,
            repeat_timeouts=True,
            headers=self._task.headers,
        )
        return (ask({}, body=params) if step.post else ask(params)).envelope


def _why_no_object(envelope: Envelope) -> str | None:
    """Why an answer has no members; None if it may have some."""
    return None if isinstance(envelope.data, dict) else "data is no object"


def _why_no_id(envelope: Envelope) -> str | None:
    """Why an answer has no id of the created task; None if it has."""
    id = None if _why_no_object(envelope) else envelope.data.get("task_id")
    named = isinstance(id, str | int) and not isinstance(id, bool) and bool(id)
    return None if named else "it names no task"


def _why_no_status(envelope: Envelope) -> str | None:
    """Why an answer has no status of the task; None if it has."""
    status = None if _why_no_object(envelope) else envelope.data.get("status")
    return None if isinstance(status, str) and status else "it does not say how far the task is"
