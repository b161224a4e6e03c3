"""What TikTok refuses to give for a report, learned from its answers: metrics it names, a filter it does not take."""

from __future__ import annotations

import threading
from collections.abc import Callable, Set
from dataclasses import dataclass, replace

from source_tiktok_ads.api.errors import Action, TikTokError, invalid_metrics
from source_tiktok_ads.streams.model import BASIC, Report

PARAMETER_REFUSED = 40002


@dataclass(frozen=True)
class Asked:
    """What is asked of a report: its metrics without these; totals; deleted objects, which take a filter."""

    without: frozenset[str] = frozenset()
    deleted: bool = True
    totals: bool = False


# TikTok: asked for no metrics it gives some of its own choice, so there has to be one.
def nothing_left(error: TikTokError) -> TikTokError:
    """What a refusal means that leaves a report no metric."""
    happened, next_step = "TikTok accepts none of the report's metrics", "Choose other metrics, or take the report out."
    rule = replace(error.rule, action=Action.BUG, happened=happened, next_step=next_step)
    return TikTokError(
        rule,
        code=error.code,
        message=error.message,
        request_id=error.request_id,
        path=error.path,
        advertiser_id=error.advertiser_id,
    )


class Refusals:
    """What a report's slices ask, less whatever TikTok has refused to one of them; each refusal is told once."""

    def __init__(self, stream: Report, asked: Asked, warn: Callable[[str], None]) -> None:
        self._stream = stream
        self._warn = warn
        self._lock = threading.Lock()
        self._asked = asked
        self._unfiltered: set[str] = set()
        self._figures = {*stream.metrics} - {*stream.level.parents}

    def asked(self, advertiser_id: str) -> Asked:
        """What is asked of an account."""
        return replace(self._asked, deleted=self._asked.deleted and advertiser_id not in self._unfiltered)

    def less(self, asked: Asked, error: TikTokError) -> Asked:
        """What to ask instead of what was refused. Raises the error where there is nothing to leave out, or all."""
        invalid = invalid_metrics(error.message)
        named = {*invalid} & self._figures
        if named - asked.without:
            self._leave_out(named, error)
            return replace(asked, without=asked.without | named)
        if asked.totals and error.code == PARAMETER_REFUSED and not invalid:
            return replace(asked, totals=False)
        # TikTok: whether other reports than BASIC take a status filter is not documented; without it deleted ones lack.
        if self._stream.report_type != BASIC and asked.deleted and error.code == PARAMETER_REFUSED:
            return replace(asked, deleted=False)
        raise error

    def remember(self, advertiser_id: str, asked: Asked) -> None:
        """Ask other slices for no more than what was answered, and say what that leaves out.

        The filter is given up for the account alone: what else is wrong with one must not cost the others their rows.
        """
        with self._lock:
            self._asked = replace(self._asked, totals=self._asked.totals and asked.totals)
            news = self._asked.deleted and not asked.deleted and advertiser_id not in self._unfiltered
            self._unfiltered |= {advertiser_id} if news else set()
        if news:
            self._warn(
                f"{self._stream.name}: TikTok takes no status filter for account {advertiser_id}; "
                "its deleted objects are missing."
            )

    def _leave_out(self, metrics: Set[str], error: TikTokError) -> None:
        with self._lock:
            if not self._figures - self._asked.without - metrics:
                raise nothing_left(error)
            names = ", ".join(sorted(metrics - self._asked.without))
            self._asked = replace(self._asked, without=self._asked.without | metrics)
        if names:
            self._warn(f"{self._stream.name}: TikTok refuses the metrics {names}; they stay null in this sync.")
