"""Keeps track of what TikTok refuses to each account: metrics it names, the status filter, totals."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, replace
from typing import TypeVar

from source_tiktok_ads.api.errors import Action, TikTokError, TooLarge, invalid_metrics, unsupported_filters
from source_tiktok_ads.streams.model import AUDIENCE, BASIC, HIDDEN_CAMPAIGNS, Report

PARAMETER_REFUSED = 40002

# TikTok: the same request within about ten seconds may be refused as a duplicate.
CONFIRM_AFTER = 20.0
"""Seconds until a request is sent again whose refusal would cost data. A single refusal is not accepted."""

REFUSALS_BELIEVED = 2
"""After this many requests of an account that were answered only without totals, no more totals are requested."""

FILTER = "filtering"
"""The name, among those of metrics, of the status filter. Without it, rows of deleted objects are missing."""

HIDDEN = frozenset(special.name for special in HIDDEN_CAMPAIGNS)
"""The names of campaign types that TikTok omits unless a filter names them, and may refuse even then."""

# TikTok: every BASIC and AUDIENCE report has these three, so a refusal of one of them is a fault.
NEVER_GIVEN_UP = frozenset({"spend", "impressions", "clicks"})

_FILTER_WORDS = re.compile(r"filter|status", re.IGNORECASE)

Answer = TypeVar("Answer")

Pause = Callable[[float, str], None]
"""Waits a number of seconds, and logs the reason if the wait is long."""


@dataclass(frozen=True)
class Asked:
    """The optional parts of a report's request."""

    without: frozenset[str] = frozenset()
    """The metrics that are not requested."""
    deleted: bool = True
    """Whether deleted objects are requested, which takes a filter."""
    totals: bool = False


@dataclass(frozen=True)
class GivenUp:
    """What TikTok refuses to one account in this sync."""

    names: frozenset[str]
    """Names of metrics, FILTER, and names in HIDDEN."""
    error: TikTokError
    """The last refusal."""

    @property
    def sentence(self) -> str:
        """A sentence with what is missing and TikTok's message."""
        metrics, hidden = (", ".join(sorted(some)) for some in (self._metrics, self.names & HIDDEN))
        parts = [f"TikTok refuses the metrics {metrics}; they stay null in this sync"] if metrics else []
        if FILTER in self.names:
            parts.append("TikTok takes no status filter; rows of deleted objects are missing in this sync")
        if hidden:
            parts.append(f"{hidden} campaigns are missing, TikTok does not tell of them here")
        return f"{', and '.join(parts)} ({self.error.verdict})."

    @property
    def costs_rows(self) -> bool:
        """Whether rows are missing, not only figures of rows."""
        return self.names != self._metrics

    @property
    def _metrics(self) -> frozenset[str]:
        return self.names - HIDDEN - {FILTER}


def with_text(error: TikTokError, happened: str, next_step: str) -> TikTokError:
    """The same refusal as an error that ends the slice, with another sentence."""
    rule = replace(error.rule, action=Action.BUG, happened=happened, next_step=next_step)
    return TikTokError(
        rule,
        code=error.code,
        message=error.message,
        request_id=error.request_id,
        path=error.path,
        advertiser_id=error.advertiser_id,
    )


# TikTok: a request without metrics returns some by TikTok's own choice, so at least one has to be requested.
def nothing_left(error: TikTokError) -> TikTokError:
    """The error for a refusal that leaves a report without metrics."""
    happened, next_step = "TikTok accepts none of the report's metrics", "Choose other metrics, or take the report out."
    return with_text(error, happened, next_step)


def essential(names: Iterable[str], error: TikTokError) -> TikTokError:
    """The error for a refusal of metrics that every report has."""
    happened = f"TikTok refuses {', '.join(sorted(names))}, which every report has, so nothing is given up for it"
    next_step = "Run the sync again later; should it persist, send the request_id to TikTok's support."
    return with_text(error, happened, next_step)


def confirmed(
    ask: Callable[[], Answer],
    costly: Callable[[TikTokError], Set[str]],
    pause: Pause,
    believe: Callable[[Set[str]], object],
) -> Answer:
    """The answer of a request. If it is refused and `costly` names data that would be lost, it is sent once more later.

    `believe` receives the names that both refusals have in common. Raises TikTokError.
    """
    try:
        return ask()
    except TikTokError as error:
        first = costly(error)
        if not first:
            raise
        pause(CONFIRM_AFTER, error.rule.happened)
    try:
        return ask()
    except TikTokError as error:
        believe(first & costly(error))
        raise


def read_again(
    read: Callable[[], Iterator[Answer]], costly: Callable[[TikTokError], bool], pause: Pause
) -> Iterator[Answer]:
    """The pages of a reading. If it is refused and that would be `costly`, all pages are read once more later.

    Raises the TikTokError of the second reading.
    """
    try:
        yield from read()
    except TikTokError as error:
        if not costly(error):
            raise
        pause(CONFIRM_AFTER, error.rule.happened)
        yield from read()


def wrong_parameter(error: TikTokError) -> bool:
    """Whether TikTok refuses a parameter of the request."""
    return error.code == PARAMETER_REFUSED and error.rule.blame != "transient"


class Refusals:
    """What a report requests for each account, without what TikTok has refused to that account twice."""

    def __init__(self, stream: Report, asked: Asked, pause: Pause) -> None:
        self._stream = stream
        self._pause = pause
        self._lock = threading.Lock()
        self._asked = asked
        self._believed: dict[str, frozenset[str]] = {}
        self._given_up: dict[str, GivenUp] = {}
        self._no_totals: dict[str, int] = {}
        self._figures = {*stream.metrics} - {*stream.level.parents}
        self._essential = NEVER_GIVEN_UP if stream.report_type in (BASIC, AUDIENCE) else frozenset()

    def asked(self, advertiser_id: str) -> Asked:
        """What to request for an account."""
        given_up = self._given_up.get(advertiser_id)
        names = given_up.names if given_up else frozenset()
        totals = self._asked.totals and self._no_totals.get(advertiser_id, 0) < REFUSALS_BELIEVED
        deleted = self._asked.deleted and FILTER not in names
        return Asked(self._asked.without | names - HIDDEN - {FILTER}, deleted, totals)

    def refused_before(self, advertiser_id: str, names: Set[str], error: TikTokError) -> None:
        """Stop requesting what an earlier sync and this one were both refused for the account."""
        self._believe(advertiser_id, names)
        with contextlib.suppress(TikTokError):
            # If no metric is left, the first window raises the error.
            self._give_up(advertiser_id, names, error)

    def named(self, asked: Asked, error: TikTokError) -> Set[str]:
        """The requested metrics that a refusal names, or FILTER: data would be missing without them."""
        if metrics := {*invalid_metrics(error.message)} & self._figures - asked.without:
            return metrics
        if self._other_filters(error):
            return frozenset()
        # TikTok: whether other reports than BASIC take a status filter is not documented.
        filtered = self._stream.report_type != BASIC and asked.deleted and wrong_parameter(error)
        return {FILTER} if filtered and _FILTER_WORDS.search(error.message) else frozenset()

    def _other_filters(self, error: TikTokError) -> Set[str]:
        """The filters that TikTok names as unsupported, except the one for deleted objects."""
        return {*unsupported_filters(error.message)} - {self._stream.level.status_filter or ""}

    def answered(self, advertiser_id: str, asked: Asked, ask: Callable[[], Answer]) -> Answer:
        """The answer of a request. If TikTok refuses a part of it that is data, it is sent again later.

        Raises TikTokError.
        """

        def costly(error: TikTokError) -> Set[str]:
            return self.named(asked, error) - self._believed.get(advertiser_id, frozenset())

        return confirmed(ask, costly, self._pause, lambda names: self._believe(advertiser_id, names))

    def less(self, advertiser_id: str, asked: Asked, error: TikTokError, had_totals: bool = False) -> Asked:
        """What to request after a refusal, without what was refused.

        Raises the error if nothing may be left out, or if nothing would be left. A request that was answered with
        totals before (`had_totals`) is not refused for them: the rows may have disagreed with them.
        """
        named = self.named(asked, error)
        if named & self._essential:
            raise essential(named & self._essential, error)
        if names := named & self._believed.get(advertiser_id, frozenset()):
            self._give_up(advertiser_id, names, error)
            return replace(self.asked(advertiser_id), totals=asked.totals)
        named_else = invalid_metrics(error.message) or self._other_filters(error)
        explained = named_else or isinstance(error, TooLarge)
        if asked.totals and not had_totals and wrong_parameter(error) and not explained:
            # Totals only serve as a check, so no row is missing without them.
            return replace(asked, totals=False)
        raise error

    def gives_up_totals(self, advertiser_id: str, answered: Asked) -> bool:
        """Count a request that was answered only without totals. Returns whether no more totals will be requested."""
        if answered.totals or not self.asked(advertiser_id).totals:
            return False
        with self._lock:
            self._no_totals[advertiser_id] = self._no_totals.get(advertiser_id, 0) + 1
            return self._no_totals[advertiser_id] == REFUSALS_BELIEVED

    def lacking(self, answered: Asked) -> Set[str]:
        """The names of what a request left out although the stream wants it."""
        filtered = {FILTER} if self._asked.deleted and not answered.deleted else set()
        return (answered.without - self._asked.without) | filtered

    def hides(self, advertiser_id: str, name: str, error: TikTokError) -> None:
        """Stop requesting the account's campaigns of a hidden type."""
        self._give_up(advertiser_id, {name}, error)

    def given_up(self, advertiser_id: str) -> GivenUp | None:
        """What TikTok refuses to the account; None if nothing."""
        return self._given_up.get(advertiser_id)

    def _believe(self, advertiser_id: str, names: Set[str]) -> None:
        with self._lock:
            self._believed[advertiser_id] = self._believed.get(advertiser_id, frozenset()) | names

    def _give_up(self, advertiser_id: str, names: Set[str], error: TikTokError) -> None:
        with self._lock:
            before = self._given_up.get(advertiser_id)
            all_names = frozenset(names) | (before.names if before else frozenset())
            if self._figures <= all_names:
                raise nothing_left(error)
            self._given_up[advertiser_id] = GivenUp(all_names, error)
