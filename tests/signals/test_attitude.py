import numpy as np
import pytest
from numpy.typing import NDArray

from har.signals import attitude, invariants


@pytest.fixture
def windows() -> NDArray[np.float32]:
    """Two people: four windows of walking, four of sitting (gravity 60 degrees from where it is while walking)."""
    generator = np.random.default_rng(3)
    time = np.arange(128) / 50
    found = generator.normal(0, 0.02, (16, 128, 6))
    found[..., 1] += 9.81
    walks = np.arange(16) % 8 < 4
    found[walks, :, 1] += 3 * np.sin(2 * np.pi * 2 * time)
    found[walks, :, 2] += 1.5 * np.cos(2 * np.pi * time)
    found[walks, :, 5] += np.sin(2 * np.pi * time)
    found[~walks, :, 1], found[~walks, :, 2] = found[~walks, :, 1] * 0.5, found[~walks, :, 1] * np.sqrt(3) / 2
    return found.astype(np.float32)


PEOPLE = np.repeat([7, 9], 8)
WALKS = np.arange(16) % 8 < 4


def test_only_walking_is_moving(windows: NDArray[np.float32]) -> None:
    np.testing.assert_array_equal(attitude.moving(windows), WALKS)


def test_upright_shows_the_same_inclination_however_the_phone_sat(windows: NDArray[np.float32]) -> None:
    for seed in (None, 0, 1):
        shown = windows if seed is None else attitude.randomly_turned(windows, PEOPLE, seed)
        angles = attitude.inclination(attitude.upright(shown, PEOPLE))
        np.testing.assert_allclose(angles[WALKS], 0, atol=1)
        np.testing.assert_allclose(angles[~WALKS], 60, atol=1)


def test_a_phone_upside_down_is_set_upright(windows: NDArray[np.float32]) -> None:
    around = np.tile(np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]), (16, 1, 1))  # gravity from y to -x
    shown = attitude.upright(attitude.turn(windows, around), PEOPLE)
    np.testing.assert_allclose(attitude.inclination(shown)[WALKS], 0, atol=1)


def test_who_never_moves_stays_as_they_are(windows: NDArray[np.float32]) -> None:
    still = windows[~WALKS]
    np.testing.assert_array_equal(attitude.upright(still, PEOPLE[~WALKS]), still)


def test_random_turns_keep_lengths_differ_between_groups_and_repeat(windows: NDArray[np.float32]) -> None:
    turned = attitude.randomly_turned(windows, PEOPLE, 5)
    for part in (slice(0, 3), slice(3, 6)):
        before, after = (np.linalg.norm(x[..., part], axis=2) for x in (windows, turned))
        np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-4)
    up = attitude.vertical(turned[WALKS])
    np.testing.assert_allclose(up[:4] @ up[0], 1, atol=1e-3)
    assert up[0] @ up[4] < 0.99
    np.testing.assert_array_equal(turned, attitude.randomly_turned(windows, PEOPLE, 5))


def test_features_do_not_change_with_the_orientation(windows: NDArray[np.float32]) -> None:
    plain = invariants.extract(windows[WALKS])
    turned = invariants.extract(attitude.randomly_turned(windows[WALKS], np.arange(8), 2))
    assert np.isfinite(plain).all()
    np.testing.assert_allclose(turned, plain, atol=0.02)


def test_features_of_a_window_depend_on_it_alone_and_tell_paces_apart(windows: NDArray[np.float32]) -> None:
    together = invariants.extract(windows)
    np.testing.assert_array_equal(invariants.extract(windows[3:4])[0], together[3])
    assert np.abs(together[0] - together[4]).max() > 1


def test_features_of_a_phone_at_perfect_rest_are_finite() -> None:
    still = np.zeros((1, 128, 6))
    still[..., 2] = 9.81
    assert np.isfinite(invariants.extract(still)).all()


def test_windows_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="for \\[n, 128, 6\\]"):
        invariants.extract(np.zeros((2, 64, 6)))
