import numpy as np
import pytest
from motion import G, sitting, walking, window
from numpy.typing import NDArray

from har.models.layers import Representation, arcsinh, normalise

SCALES = {"acceleration_scale": 0.01 * G, "angular_scale": 0.01}


def channels(*windows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(Representation(**SCALES)(np.stack(windows)))


def test_arcsinh_is_numpys_over_the_sensors_range() -> None:
    x = np.concatenate([-np.geomspace(1e-4, 1e4, 50), [0], np.geomspace(1e-4, 1e4, 50)]).astype(np.float32)
    np.testing.assert_allclose(np.asarray(arcsinh(x)), np.arcsinh(x), rtol=1e-5, atol=1e-7)


def test_raw_samples_and_gravity_pass_through() -> None:
    w = window(gravity=(9.0, 3.0, 2.0), tremor=0.1, turn_rate=0.1)
    found = channels(w)[0]
    np.testing.assert_array_equal(found[:, :6], w)
    np.testing.assert_allclose(found[:, 6:9], np.tile(w[:, :3].mean(axis=0), (128, 1)), rtol=1e-5)


def test_micro_motion_a_hundred_times_weaker_than_walking_is_plain_to_see() -> None:
    calm, restless, steps = channels(window(), window(tremor=0.02), walking(0))
    movement = [np.abs(c[:, 9:12]).max() for c in (calm, restless, steps)]
    assert movement[0] < 1e-3
    assert movement[1] > 0.2  # 0.02 m/s^2 of noise: raw, a thousandth of gravity
    assert movement[2] < 20 * movement[1]


def test_magnitudes_do_not_depend_on_how_the_phone_is_turned() -> None:
    upright = window(tremor=0.3, turn_rate=0.2)
    swapped = upright[:, [1, 2, 0, 4, 5, 3]]  # a third of a turn about the diagonal
    a, b = channels(upright, swapped)
    np.testing.assert_allclose(a[:, 15:17], b[:, 15:17], rtol=1e-4, atol=1e-5)
    assert np.abs(a[:, 9:12] - b[:, 9:12]).max() > 0.1


def test_normalised_channels_have_mean_0_and_variance_1_over_the_windows_they_were_fitted_on() -> None:
    windows = np.stack([maker(seed) for seed in range(20) for maker in (sitting, walking)])
    representation = Representation(**SCALES)
    found = np.asarray(normalise(representation, windows)(representation(windows))).reshape(-1, 17)
    assert found.mean(axis=0) == pytest.approx(np.zeros(17), abs=1e-3)
    assert found.std(axis=0)[[0, 3, 9, 12, 15, 16]] == pytest.approx(np.ones(6), abs=1e-2)
