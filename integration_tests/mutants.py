"""The connector with a fault put in, to prove that the promise's test would find it. Patches this process for good."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def believe_equal_readings() -> None:
    """What several readings agree on is whole, whatever TikTok counts and adds up."""
    from source_tiktok_ads.sync import pagination

    pagination._Consistency.judge = lambda self, warn: None  # type: ignore[method-assign]


def share_refusals() -> None:
    """What one account is refused, no account is asked for."""
    from source_tiktok_ads.sync.refusals import Refusals

    own: Mapping[str, Callable[..., Any]] = {
        name: getattr(Refusals, name)
        for name in ("asked", "refused_before", "answered", "less", "gives_up_totals", "given_up")
    }
    for name, method in own.items():
        setattr(Refusals, name, lambda self, account, *rest, method=method, **named: method(self, "", *rest, **named))


def placeholder_keys() -> None:
    """A key column that can't be read gets a dash."""
    from source_tiktok_ads.sync import records, report_records

    def present(wire: Row, columns: Sequence[tuple[str, Any]], needed: Any) -> dict[str, Any]:
        return {name: records.NO_VALUE if (value := cast(wire.get(name))) is None else value for name, cast in columns}

    report_records._present = present


def claim_short_parts() -> None:
    """The state claims a part whatever is missing of it, which a warning still says."""
    from source_tiktok_ads.sync.reader import Reader

    say = Reader.report_incomplete

    def claiming(self: Any, part: Any) -> None:
        part.finished = True
        say(self, part)

    Reader.report_incomplete = claiming  # type: ignore[method-assign]


def believe_the_future() -> None:
    """What a state claims is believed, also of days that have not begun."""
    from source_tiktok_ads.sync import incremental

    incremental.believed = lambda known, today: [*known]


def forget_children() -> None:
    """A shop, pixel or Business Center that appears later has the past of those that were there before."""
    from source_tiktok_ads.sync.children import Groups

    Groups.late = lambda self, listed, start: self  # type: ignore[method-assign]


MUTANTS: Mapping[str, Callable[[], None]] = {
    mutant.__name__: mutant
    for mutant in (
        *(believe_equal_readings, share_refusals, placeholder_keys, claim_short_parts),
        *(believe_the_future, forget_children),
    )
}


def put_in(name: str) -> None:
    """Put the fault of that name into the connector of this process."""
    MUTANTS[name]()
