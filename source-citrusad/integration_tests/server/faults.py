"""Faults on demand: which requests they befall, and what then happens."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Any

from .refusal import STATUS

BEFORE = ("http", "reason", "reset", "job_gone", "token_gone", "unauthorized", "hang")
"""The request is never looked at: nothing runs, nothing is billed."""
AFTER = ("cut", "lost", "not_json", "empty", "list", "drip")
"""The request is served, billed and all, and its answer is spoiled."""
IN = ("pending", "end_early", "empty_page", "no_total", "short", "delay")
"""The answer itself is another one: see `Rule`."""
KINDS = (*BEFORE, *AFTER, *IN)


@dataclass
class Rule:
    """One fault.

    Before the request is looked at, so that nothing runs and nothing is billed: `http` answers `status` with a page of
    HTML, `reason` with a BigQuery error (`reason`, and `status` and `message` where given), `unauthorized` with 401,
    `job_gone` and `token_gone` as if the job or page token were unknown; `reset` resets the connection, `hang` says
    nothing for `seconds` and hangs up.
    After it was served: `cut` sends half of the body, `lost` ends the connection before the answer, `not_json` answers
    200 with HTML, `empty` without a body, `list` with JSON that is a list; `drip` spreads the body over `seconds`.
    In the answer: `pending` says `jobComplete: false` for `polls` answers, `end_early` leaves the page's token out,
    `empty_page` sends a token but no rows, `no_total` leaves totalRows out, `short` leaves the page's last row out,
    `delay` is late by `seconds`.
    Conditions, all of which must hold: `op` (one of `api.OPERATIONS`, or several with `|`), `sql` (a regular
    expression found in the query), `nth` (the n-th request that the others match, from 1), `every`, `probability` with
    `seed`, `times` (at most so often; None for ever).
    """

    kind: str
    op: str = ""
    sql: str = ""
    nth: int = 0
    every: int = 0
    probability: float = 1.0
    seed: int = 0
    times: int | None = 1
    status: int = 0
    reason: str = ""
    message: str = ""
    seconds: float = 1.0
    polls: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    matched: int = 0
    played: int = 0

    def __post_init__(self) -> None:
        """Refuse what would never happen."""
        if self.kind not in KINDS:
            raise ValueError(f"no fault is called {self.kind}")
        if self.kind == "reason" and self.reason not in STATUS:
            raise ValueError(f"no reason is called {self.reason}")
        self._random = random.Random(self.seed)

    def befalls(self, op: str, sql: str) -> bool:
        """Whether this request is one of those, counting it."""
        if (self.op and op not in self.op.split("|")) or (self.sql and not re.search(self.sql, sql)):
            return False
        if self.times is not None and self.played >= self.times:
            return False
        self.matched += 1
        if (self.nth and self.matched != self.nth) or (self.every and self.matched % self.every):
            return False
        if self.probability < 1 and self._random.random() >= self.probability:
            return False
        self.played += 1
        return True


class Faults:
    """The faults that are set."""

    def __init__(self) -> None:
        """None."""
        self.rules: list[Rule] = []

    def add(self, kind: str, **conditions: Any) -> Rule:
        """Set one more."""
        self.rules.append(Rule(kind, **conditions))
        return self.rules[-1]

    def clear(self) -> None:
        """Set none."""
        self.rules.clear()

    def due(self, op: str, sql: str) -> list[Rule]:
        """Those that befall a request."""
        return [rule for rule in self.rules if rule.befalls(op, sql)]
