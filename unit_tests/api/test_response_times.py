"""How long an endpoint may be silent."""

import pytest

from source_tiktok_ads.api.response_times import ResponseTimes


@pytest.mark.parametrize(
    ("seen", "silence"), [((), 15), ((0.2,), 10), ((0.2, 5.0), 20), ((5.0, 0.2), 20), ((30.0,), 60), ((14.0, 1.0), 56)]
)
def test_silence(seen: tuple[float, ...], silence: float) -> None:
    """Four times the slowest answer, 10 to 60 seconds; 15 where nothing is known. Each endpoint by itself."""
    times = ResponseTimes()
    times.observe("other/get", 9.0)
    for seconds in seen:
        times.observe("ad/get", seconds)
    assert times.silence("ad/get") == silence


def test_a_slow_answer_is_forgotten_after_fifty() -> None:
    """The endpoint has become quick."""
    times = ResponseTimes()
    times.observe("ad/get", 10.0)
    for _ in range(50):
        times.observe("ad/get", 0.1)
    assert times.silence("ad/get") == 10
