"""One sync: stream after stream, each with its share of the budget, and the usage saved before every call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from source_citrusad.api.client import Attempt
from source_citrusad.api.errors import BigQueryError, KeyRefused, Meaning
from source_citrusad.tables.rows import BadCell

from .budget import NeverEnough, OutOfBudget
from .reader import Checkpoint, Context, NotNow, Reader, Rows, TableError
from .refusals import sentence
from .state import blob_of


@dataclass(frozen=True)
class Stream:
    """A stream of the sync; an `incremental` one has a state."""

    reader: Reader
    incremental: bool


class Status(Enum):
    """How far a stream is."""

    STARTED = "started"
    RUNNING = "running"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"


class Blame(Enum):
    """Who can mend an error."""

    CONFIG = "the user"
    SYSTEM = "the connector's maker"
    TRANSIENT = "time"


@dataclass(frozen=True)
class State:
    """What a stream's state is from now on."""

    blob: Mapping[str, Any]


@dataclass(frozen=True)
class Failure:
    """Why a stream is not complete."""

    text: str
    blame: Blame
    cause: BaseException


Message = tuple[Stream, Status | Rows | State | Failure]


class Session:
    """Reads streams in an order and within a budget that let every one of them come to an end some day."""

    def __init__(self, streams: Sequence[Stream], context: Context) -> None:
        self._context = context
        # Streams without state first: what they miss today they can't catch up. Then whoever has least to catch up.
        self._order = sorted(streams, key=lambda stream: (stream.incremental, stream.reader.days_left()))
        self._carrier = next((stream for stream in self._order if stream.incremental), None)
        self.incomplete: list[str] = []

    def messages(self) -> Iterator[Message]:
        """What happens, stream by stream. Raises KeyRefused, which no other stream would survive either."""
        for number, stream in enumerate(self._order):
            self._context.budget.begin_stream(len(self._order) - number)
            yield stream, Status.STARTED
            failure = None
            try:
                yield from self._read(stream)
            except OutOfBudget as spent:
                failure = self._stopped(stream, str(spent), spent)
            except BigQueryError as error:
                failure = self._failed(stream, error)
            except (NeverEnough, NotNow, TableError, BadCell) as error:
                failure = Failure(str(error), _BLAME.get(type(error), Blame.SYSTEM), error)
            except KeyRefused:
                yield stream, Status.INCOMPLETE
                raise
            yield from self._ended(stream, failure)

    def _read(self, stream: Stream) -> Iterator[Message]:
        running = False
        for event in stream.reader.events():
            if isinstance(event, Rows):
                if not running:
                    yield stream, Status.RUNNING
                    running = True
                yield stream, event
            elif isinstance(event, Attempt) or (isinstance(event, Checkpoint) and stream.incremental):
                yield from self._saved(stream)

    def _saved(self, stream: Stream) -> Iterator[Message]:
        """The usage, in the state of the stream or of one that has a state; nowhere where none has."""
        carrier = stream if stream.incremental else self._carrier
        if carrier:
            yield carrier, State(blob_of(carrier.reader.state, self._shared()))

    def _shared(self) -> dict[str, Any]:
        context = self._context
        return {
            "usage": context.budget.blob(),
            "locations": dict(context.places.known),
            "billing_project": context.queries.project,
        }

    def _ended(self, stream: Stream, failure: Failure | None) -> Iterator[Message]:
        yield from self._saved(stream)
        if failure:
            self.incomplete.append(stream.reader.table.title)
            yield stream, failure
        yield stream, Status.INCOMPLETE if failure else Status.COMPLETE

    def _failed(self, stream: Stream, error: BigQueryError) -> Failure | None:
        reader, queries = stream.reader, self._context.queries
        if error.meaning is Meaning.QUOTA:
            spent = f"{self._context.budget.calls_spent()} Its message: {error.message.rstrip('.')}."
            return self._stopped(stream, spent, error)
        text = sentence(error, reader.table.title, queries.client.email, reader.sql, queries.projects)
        transient = error.meaning is Meaning.RETRY
        return Failure(text, Blame.TRANSIENT if transient else Blame.CONFIG, error)

    def _stopped(self, stream: Stream, spent: str, cause: BaseException) -> Failure | None:
        """Nothing is left for the stream: one with a state goes on another day, one without has failed."""
        reader, budget = stream.reader, self._context.budget
        title = reader.table.title
        if budget.day_calls < 1:
            text = (
                f"daily_calls is {budget.calls}, and check and discover of these datasets need {budget.kept} of them: "
                "raise it if your agreement allows more, or read fewer datasets."
            )
            return Failure(text, Blame.CONFIG, cause)
        if not stream.incremental:
            text = f"{spent} {title} is read whole or not at all, so it is not complete. {_RAISE}"
            return Failure(text, Blame.TRANSIENT, cause)
        self._context.warn(f"{spent} {title} {self._progress(reader)} {_RAISE}")
        return None

    def _progress(self, reader: Reader) -> str:
        left = reader.days_left()
        read = f"is read up to {reader.state.cursor}" if reader.state.cursor else "is not read yet"
        again = ""
        if reader.state.unfinished:
            again = (
                " Rows of a slice have left: a sync within 23 hours goes on behind them, a later one reads them again."
            )
        elif reader.midway:
            again = " Rows of the slice under way have left and will come again."
        syncs = reader.syncs_left()
        return f"{read}; {left} day{'s' * (left != 1)} are left, about {syncs} more sync{'s' * (syncs != 1)}.{again}"


_BLAME = {NeverEnough: Blame.CONFIG, TableError: Blame.CONFIG, NotNow: Blame.TRANSIENT}
_RAISE = "Raise daily_calls or monthly_scan_tb if your agreement allows more."
