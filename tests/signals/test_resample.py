"""Resampling a 1.8 Hz gait that was recorded at other rates with jittered time stamps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from har.errors import HarError
from har.signals.resample import _decimate, _makima, resample

GAIT_HZ = 1.8
RATE_HZ = 50.0


def stamps(rate_hz: float, seconds: float, jitter: float, seed: int = 0) -> np.ndarray:
    """Times `[n]`, s, from 100 s on, each off by up to `jitter` of the interval."""
    n = int(seconds * rate_hz)
    return 100.0 + (np.arange(n) + np.random.default_rng(seed).uniform(-jitter, jitter, n)) / rate_hz


def gait(times: np.ndarray) -> np.ndarray:
    return np.stack([np.sin(2 * np.pi * GAIT_HZ * times), 9.80665 + np.cos(2 * np.pi * GAIT_HZ * times)], axis=1)


@pytest.mark.parametrize("source_hz", [20.0, 33.0, 50.0, 60.0, 100.0, 200.0])
def test_a_gait_comes_out_at_50_hz_as_it_was(source_hz: float) -> None:
    times = stamps(source_hz, 20.0, jitter=0.2)

    samples = resample(times, gait(times), RATE_HZ)

    grid = times[0] + np.arange(len(samples)) / RATE_HZ
    assert times[-1] - 1 / RATE_HZ < grid[-1] <= times[-1]
    # The filter against aliasing has nothing to look at beyond the ends: a few samples there are worse.
    error = np.abs(samples - gait(grid))[10:-10]
    assert error.max() < 0.05


def test_even_stamps_at_the_same_rate_pass_through() -> None:
    times = np.arange(500) / RATE_HZ
    x = np.random.default_rng(0).normal(size=(500, 6))
    np.testing.assert_allclose(resample(times, x, RATE_HZ), x, atol=1e-9)


@pytest.mark.parametrize("source_hz", [100.0, 200.0])
def test_what_is_too_fast_for_the_new_rate_does_not_come_back_as_something_slow(source_hz: float) -> None:
    times = stamps(source_hz, 20.0, jitter=0.0)
    buzz = np.sin(2 * np.pi * 40.0 * times)[:, None]  # would alias to 10 Hz, in the middle of the signal
    assert resample(times, buzz, RATE_HZ)[25:-25].std() < 0.02


@pytest.mark.parametrize("source_hz", [20.0, 50.0, 200.0])
def test_a_constant_stays(source_hz: float) -> None:
    times = stamps(source_hz, 5.0, jitter=0.3)
    still = np.full((len(times), 3), [0.0, 9.80665, -0.2])
    samples = resample(times, still, RATE_HZ)
    np.testing.assert_allclose(samples, np.broadcast_to(still[0], samples.shape), atol=1e-12)


def test_two_stamps_that_nearly_coincide_do_not_throw_the_curve_off() -> None:
    times = np.sort(np.append(np.arange(200) / RATE_HZ, 2.0 + 1e-5))
    noise = np.random.default_rng(4).normal(scale=0.05, size=(201, 1))
    assert np.abs(resample(times, noise, RATE_HZ)).max() < 0.5


@given(st.integers(2, 60), st.floats(20, 200), st.integers(0, 1000))
def test_the_grid_ends_inside_the_recording(n: int, source_hz: float, seed: int) -> None:
    times = stamps(source_hz, (n + 0.5) / source_hz, jitter=0.3, seed=seed)
    samples = resample(times, gait(times), RATE_HZ)
    assert np.isfinite(samples).all()
    assert len(samples) == int(np.floor((times[-1] - times[0]) * RATE_HZ + 1e-6)) + 1


def broken(row: int, time: float | None = None, value: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    times = np.arange(100) / RATE_HZ
    samples = gait(times)
    if time is not None:
        times[row] = time
    if value is not None:
        samples[row, 1] = value
    return times, samples


@pytest.mark.parametrize(
    ("times", "samples", "message"),
    [
        pytest.param(*broken(40, time=0.78), "does not increase at row 40", id="repeated"),
        pytest.param(*broken(40, time=0.1), "does not increase at row 40", id="backwards"),
        pytest.param(*broken(99, time=5.0), r"gap of 3.04 s before row 99", id="gap"),
        pytest.param(*broken(7, time=np.nan), "row 7 is not finite", id="no time"),
        pytest.param(*broken(8, value=np.inf), "row 8 is not finite", id="no value"),
        pytest.param(np.zeros(1), np.zeros((1, 6)), "at least 2", id="one row"),
        pytest.param(np.zeros(0), np.zeros((0, 6)), "at least 2", id="no rows"),
        pytest.param(np.zeros(3), np.zeros((2, 6)), "do not belong together", id="other length"),
    ],
)
def test_broken_recordings_are_refused_by_row(times: np.ndarray, samples: np.ndarray, message: str) -> None:
    with pytest.raises(HarError, match=message):
        resample(times, samples, RATE_HZ)


@pytest.mark.parametrize("rate_hz", [0.0, -50.0, np.nan, np.inf])
def test_an_impossible_rate_is_refused(rate_hz: float) -> None:
    times, samples = broken(0)
    with pytest.raises(HarError, match="rate_hz"):
        resample(times, samples, rate_hz)


def test_longer_gaps_can_be_allowed() -> None:
    times, samples = broken(99, time=5.0)
    assert len(resample(times, samples, RATE_HZ, max_gap_s=4.0)) == 251


def test_splines_and_low_pass_equal_those_of_scipy() -> None:
    from scipy.interpolate import Akima1DInterpolator
    from scipy.signal import resample_poly

    generator = np.random.default_rng(5)
    times = np.cumsum(generator.uniform(0.001, 0.02, 400))
    samples = np.round(generator.normal(0, 3, (400, 6)), 1)
    samples[100:140] = samples[100]
    grid = np.linspace(times[0], times[-1], 1001)
    spline = Akima1DInterpolator(times, samples, axis=0, method="makima")(grid)
    np.testing.assert_allclose(_makima(times, samples, grid), spline, atol=1e-9)
    for factor in (2, 3, 4):
        expected = resample_poly(samples, 1, factor, axis=0, padtype="line")
        np.testing.assert_allclose(_decimate(samples, factor), expected, atol=1e-9)
