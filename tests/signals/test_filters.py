"""Filters against signals made from named physical parameters: a person walking at 1.8 Hz with the phone upright."""

import numpy as np
import pytest
from scipy.ndimage import median_filter
from scipy.signal import butter, freqz_sos

from har.errors import HarError
from har.signals.filters import MATRIX_SAMPLES, deglitch, remove_noise, separate_gravity

RATE_HZ = 50.0
GRAVITY = np.array([0.0, 9.80665, 0.0])  # m/s^2, phone upright
GAIT_HZ, GAIT_AMPLITUDE = 1.8, 2.0  # Hz, m/s^2


def walk(samples: int) -> np.ndarray:
    """Acceleration `[samples, 3]`, m/s^2, of a regular gait along the vertical."""
    seconds = np.arange(samples) / RATE_HZ
    acc = np.tile(GRAVITY, (samples, 1))
    acc[:, 1] += GAIT_AMPLITUDE * np.sin(2 * np.pi * GAIT_HZ * seconds)
    return acc


@pytest.mark.parametrize("spike", [0, 60, 127])
def test_a_single_sample_glitch_goes_and_the_gait_stays(spike: int) -> None:
    clean, dirty = walk(128), walk(128)
    dirty[spike, 1] += 30.0

    repaired = deglitch(dirty, 3)

    # The gait changes by at most 0.45 m/s^2 from one sample to the next.
    assert np.abs(repaired - clean).max() < 0.5


@pytest.mark.parametrize("samples", [1, 3, 5, 7])
def test_deglitch_is_the_running_median(samples: int) -> None:
    x = np.random.default_rng(0).normal(size=(4, 50, 6))
    expected = median_filter(x, size=(1, samples, 1), mode="mirror")
    np.testing.assert_array_equal(deglitch(x, samples), expected)


@pytest.mark.parametrize("samples", [0, 2, -3])
def test_an_even_median_is_refused(samples: int) -> None:
    with pytest.raises(HarError, match="odd number"):
        deglitch(walk(128), samples)


def test_deglitch_leaves_its_input_alone() -> None:
    x = walk(128)
    before = x.copy()
    result = deglitch(x, 1)
    result[:] = 0
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(("frequency_hz", "kept"), [(1.8, (0.999, 1.001)), (24.0, (0.0, 0.3))])
def test_noise_removal_keeps_gait_and_drops_what_is_above_the_cutoff(
    frequency_hz: float, kept: tuple[float, float]
) -> None:
    seconds = np.arange(1000) / RATE_HZ
    wave = np.sin(2 * np.pi * frequency_hz * seconds)[:, None]
    inner = slice(100, 900)

    smooth = remove_noise(wave, RATE_HZ, 20.0)[inner]

    ratio = smooth.std() / wave[inner].std()
    assert kept[0] < ratio < kept[1]
    # Forwards and backwards: the square of the filter's gain, and no shift in time.
    _, gain = freqz_sos(butter(3, 20.0, fs=RATE_HZ, output="sos"), worN=[frequency_hz], fs=RATE_HZ)
    np.testing.assert_allclose(smooth, np.abs(gain[0]) ** 2 * wave[inner], atol=1e-6)


@pytest.mark.parametrize("phase", np.linspace(0, 2 * np.pi, 8, endpoint=False))
def test_gravity_of_a_window_of_walking_is_gravity(phase: float) -> None:
    seconds = np.arange(128) / RATE_HZ
    acc = np.tile(GRAVITY, (128, 1))
    acc[:, 1] += GAIT_AMPLITUDE * np.sin(2 * np.pi * GAIT_HZ * seconds + phase)

    _, gravity = separate_gravity(acc, RATE_HZ, 0.3)

    assert np.abs(gravity - GRAVITY).max() < 0.12 * GAIT_AMPLITUDE


def test_gravity_follows_a_slow_turn() -> None:
    angle = np.linspace(0, np.pi / 2, 1500)  # from upright to lying, in 30 s
    acc = 9.80665 * np.stack([np.sin(angle), np.cos(angle), np.zeros_like(angle)], axis=1)

    body, _ = separate_gravity(acc, RATE_HZ, 0.3)

    assert np.abs(body[200:-200]).max() < 0.01


@pytest.mark.parametrize("samples", [1, 2, 128, MATRIX_SAMPLES + 1])
def test_a_constant_is_all_gravity_and_no_noise(samples: int) -> None:
    acc = np.full((3, samples, 3), [0.1, -9.7, 1 / 3])
    body, gravity = separate_gravity(acc, RATE_HZ, 0.3)
    np.testing.assert_array_equal(gravity, acc)
    np.testing.assert_array_equal(body, np.zeros_like(acc))
    np.testing.assert_array_equal(remove_noise(acc, RATE_HZ, 20.0), acc)


def test_body_and_gravity_add_up_to_the_input() -> None:
    acc = (walk(128) + np.random.default_rng(1).normal(size=(20, 128, 3))).astype(np.float32)
    body, gravity = separate_gravity(acc, RATE_HZ, 0.3)
    np.testing.assert_allclose(body + gravity, acc, rtol=0, atol=4e-15)


def test_short_and_long_series_go_through_the_same_filter() -> None:
    x = np.random.default_rng(2).normal(size=(MATRIX_SAMPLES + 1, 2))
    whole = remove_noise(x, RATE_HZ, 20.0)
    part = remove_noise(x[:MATRIX_SAMPLES], RATE_HZ, 20.0)
    # Away from the cut the filter does not see whether it takes the matrix's way or the recursion's.
    np.testing.assert_allclose(part[:-100], whole[: MATRIX_SAMPLES - 100], atol=1e-9)


@pytest.mark.parametrize("cutoff_hz", [0.0, -1.0, 25.0, 60.0])
def test_an_impossible_cutoff_is_named(cutoff_hz: float) -> None:
    with pytest.raises(HarError, match="noise_cutoff_hz"):
        remove_noise(walk(128), RATE_HZ, cutoff_hz)
    with pytest.raises(HarError, match="gravity_cutoff_hz"):
        separate_gravity(walk(128), RATE_HZ, cutoff_hz)


def test_a_window_is_filtered_on_its_own() -> None:
    x = np.random.default_rng(3).normal(size=(40, 128, 3))
    alone = separate_gravity(x[17], RATE_HZ, 0.3)[1]
    np.testing.assert_array_equal(separate_gravity(x, RATE_HZ, 0.3)[1][17], alone)


def test_no_samples_are_refused() -> None:
    with pytest.raises(HarError, match="at least one sample"):
        remove_noise(np.empty((0, 3)), RATE_HZ, 20.0)
