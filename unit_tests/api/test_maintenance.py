"""When what was told to come later is sent again, on a virtual clock."""

from source_tiktok_ads.api.maintenance import Maintenance


def test_one_probe_for_all_at_growing_distances() -> None:
    """Those that were under way together count once; while one asks, the others look again."""
    later = Maintenance(1.0)
    for request in "abc":
        later.on_refusal(0.0, request)
    assert later.wait(0.5, "a", 0.0, 1.5) == 1.0
    assert later.wait(1.5, "b", 0.0, 1.5) == 0
    assert later.wait(1.5, "a", 0.0, 1.5) == 1.0
    later.on_refusal(2.0, "b")
    assert later.wait(2.0, "a", 0.0, 1.5) == 3.0
    assert later.wait(5.0, "c", 0.0, 1.5) == 0
    later.on_success(5.1)
    assert later.wait(5.1, "a", 0.0, 1.5) == later.wait(5.1, "b", 2.0, 3.0) == 0


def test_where_others_are_answered_each_waits_on_its_own() -> None:
    """And keeps nobody."""
    later = Maintenance(1.0)
    later.on_refusal(0.0, "a")
    later.on_success(0.1)
    assert later.wait(0.2, "a", 0.0, 96.0) == 95.8
    later.on_refusal(0.3, "b")
    assert later.wait(0.4, "b", 0.3, 1.5) == 1.4


def test_distances_grow_to_five_minutes_and_are_scaled() -> None:
    """Ten refusals in a row."""
    later, now, distances = Maintenance(0.1), 0.0, []
    later.on_refusal(now, "a")
    for _ in range(10):
        distances.append(round(later.wait(now, "a", 0.0, 1.5), 2))
        now += distances[-1]
        assert later.wait(now + 1e-9, "a", 0.0, 1.5) == 0
        later.on_refusal(now, "a")
    assert distances == [0.15, 0.3, 0.6, 1.2, 2.4, 4.8, 9.6, 19.2, 30.0, 30.0]


def test_a_probe_that_ends_otherwise_or_never_is_replaced() -> None:
    """By the next that waits."""
    later = Maintenance(1.0)
    later.on_refusal(0.0, "a")
    assert later.wait(2.0, "a", 0.0, 1.5) == 0
    later.on_no_answer("b")
    assert later.wait(2.0, "b", 0.0, 1.5) == 1.0
    later.on_no_answer("a")
    assert later.wait(2.0, "b", 0.0, 1.5) == 0
    assert later.wait(153.0, "c", 0.0, 1.5) == 0
