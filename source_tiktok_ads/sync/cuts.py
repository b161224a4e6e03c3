"""A report's request cut into parts that together are the same: by days, by objects, by metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from source_tiktok_ads.streams.model import Filter, Special
from source_tiktok_ads.sync.slices import Days, windows


@dataclass(frozen=True)
class Cut:
    """A part of a window: its days, the objects it is limited to, the metrics it asks for; empty means all.

    `by` is the filter that `ids` stand in. A part with `special` campaigns has no others.
    """

    days: Days
    by: str = ""
    ids: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    special: Special | None = None

    @property
    def only(self) -> list[Filter]:
        """The limit to objects, as a report's request takes it."""
        special = [self.special.reported] if self.special else []
        return [*special, *([Filter(self.by, self.ids)] if self.by else [])]


def by_days(cut: Cut, width: int) -> list[Cut]:
    """The cut once for every `width` of its days."""
    return [replace(cut, days=days) for days in windows(cut.days, width)]


def by_half_of_days(cut: Cut) -> list[Cut]:
    """The cut in two halves of its days; empty where it is a single day."""
    return by_days(cut, (cut.days.length + 1) // 2) if cut.days.length > 1 else []


def by_ids(cut: Cut, by: str, ids: Sequence[str], size: int) -> list[Cut]:
    """The cut once for every `size` of the objects."""
    return [replace(cut, by=by, ids=tuple(ids[start : start + size])) for start in range(0, len(ids), size)]


def by_half_of_ids(cut: Cut) -> list[Cut]:
    """The cut in two halves of its objects; empty where it has less than two."""
    return by_ids(cut, cut.by, cut.ids, (len(cut.ids) + 1) // 2) if len(cut.ids) > 1 else []


def by_metrics(cut: Cut, metrics: Sequence[str], size: int) -> list[Cut]:
    """The cut once for every `size` of the metrics it asks for, which are `metrics` where it asks for all."""
    asked = cut.metrics or tuple(metrics)
    return [replace(cut, metrics=asked[start : start + size]) for start in range(0, len(asked), size)]


def by_half_of_metrics(cut: Cut, metrics: Sequence[str]) -> list[Cut]:
    """The cut in two halves of its metrics; empty where it has less than two."""
    asked = cut.metrics or tuple(metrics)
    return by_metrics(cut, metrics, (len(asked) + 1) // 2) if len(asked) > 1 else []
