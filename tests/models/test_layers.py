import numpy as np
import pytest
from motion import G, sitting, walking, window
from numpy.typing import NDArray

from har.models.augmentation import turn
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


def test_without_micro_motion_only_the_raw_samples_and_gravity_are_left() -> None:
    w = np.stack([walking(0)])
    found = np.asarray(Representation(**SCALES, micro_motion=False)(w))
    np.testing.assert_array_equal(found, channels(w[0])[..., :9])


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


@pytest.mark.parametrize("micro_motion", [True, False])
def test_with_any_orientation_no_turn_of_the_phone_changes_a_channel(micro_motion: bool) -> None:
    layer = Representation(**SCALES, micro_motion=micro_motion, orientation="any")
    windows = np.stack([walking(0), sitting(1), window(tremor=0.02, turn_rate=0.3)])
    plain, turned = (np.asarray(layer(x)) for x in (windows, turned_by(2.0, (1, 2, -1), windows)))
    assert plain.shape[-1] == (16 if micro_motion else 8)
    np.testing.assert_allclose(turned, plain, atol=2e-2)
    assert np.abs(plain[0] - plain[1]).max() > 1


def test_upright_adds_the_inclination_which_a_turn_about_x_leaves_alone() -> None:
    layer = Representation(**SCALES, orientation="upright")
    windows = np.stack([window(gravity=(9.0, 3.0, 2.0), tremor=0.1, turn_rate=0.1)])
    plain, about_x, about_y = (
        np.asarray(layer(x)) for x in (windows, turned_by(1.0, (1, 0, 0), windows), turned_by(1.0, (0, 1, 0), windows))
    )
    assert plain.shape[-1] == 18
    np.testing.assert_allclose(about_x, plain, atol=2e-2)
    up = np.array([9.0, np.hypot(3.0, 2.0)]) / np.linalg.norm((9.0, 3.0, 2.0))
    np.testing.assert_allclose(plain[0, 0, 8:10], up, atol=1e-2)
    assert np.abs(about_y[..., 8:10] - plain[..., 8:10]).max() > 0.2


def turned_by(angle: float, axis: tuple[float, float, float], windows: NDArray[np.float32]) -> NDArray[np.float32]:
    n = len(windows)
    return np.asarray(turn(windows, np.tile(np.float32(axis), (n, 1)), np.full(n, np.float32(angle))))
