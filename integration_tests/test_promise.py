"""Whatever TikTok answers: a sync delivers the truth, or says what is not complete and does not claim it.

Random worlds, catalogs and faults, each from one number; `python -m integration_tests.random_cases NUMBER` plays one
again. The clean sync that follows equals the truth. Faults put into the connector show that the sample finds them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial

import pytest

from . import forked
from .mutants import MUTANTS
from .planned_cases import PLANNED, REFUSED
from .random_cases import Played, play
from .reading import together

PROVE = bool(os.environ.get("PROVE"))
SAMPLE = tuple(range(1, 65))
SEEDS = tuple(range(1, 2001)) if PROVE else SAMPLE


@pytest.fixture(scope="module", autouse=True)
def _forks() -> Iterator[None]:
    """End the processes that forked, when the module is done."""
    yield
    forked.close()


@pytest.fixture(scope="module")
def played() -> Mapping[int, Played]:
    """The cases that are looked at, two at a time."""
    return dict(zip(SEEDS, together([partial(play, seed) for seed in SEEDS]), strict=True))


@pytest.mark.prove
@pytest.mark.parametrize("seed", SEEDS)
def test_no_third_outcome(played: Mapping[int, Played], seed: int) -> None:
    """Each part equals the truth or is named and not claimed; afterwards a clean sync leaves nothing open."""
    assert not played[seed].wrong, f"\n{played[seed]}"


def test_the_sample_is_worth_its_time(played: Mapping[int, Played]) -> None:
    """Nearly every case is struck, by faults of all kinds, in both modes."""
    cases = [played[seed] for seed in SAMPLE]
    names = Counter(fault.name for case in cases for sync in case.syncs for fault in sync.faults)
    assert sum(case.struck > 0 for case in cases) > 0.9 * len(cases)
    assert len(names) >= 25
    assert {case.case.full for case in cases} == {True, False}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_sync_is_refused_is_named_and_comes_later(name: str) -> None:
    """Ways of buying, origins, a status, a metric: rows are missing from no full refresh that is complete."""
    played = REFUSED[name].play()
    assert played.struck
    assert not played.wrong, f"\n{played}"


@pytest.mark.parametrize("name", PLANNED)
def test_what_the_mutants_are_caught_by(name: str) -> None:
    """The connector itself has no third outcome in the cases that catch its mutants."""
    played = PLANNED[name].play()
    assert played.struck
    assert not played.wrong, f"\n{played}"


@pytest.mark.parametrize("mutant", MUTANTS)
def test_mutants_are_caught(mutant: str) -> None:
    """A connector with this fault put in has a third outcome."""
    assert PLANNED[mutant].play(mutant).wrong
