"""Features against independent computations, on windows of a walk and of a phone lying on a table."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from har.errors import HarError
from har.signals.features import catalogue, extract, markdown, names
from har.signals.filters import deglitch, remove_noise, separate_gravity

RATE_HZ = 50.0
FILTERS = {"median_samples": 3, "noise_cutoff_hz": 20.0, "gravity_cutoff_hz": 0.3}
GAIT_HZ, STEP_MS2, SWING_RADS = 1.8, 2.5, 0.8  # cadence, vertical acceleration, turn of the hip
NOISE_MS2, NOISE_RADS = 0.02, 0.005  # standard deviation of a phone's sensors
ROOT = Path(__file__).resolve().parents[2]


def make_windows(n: int = 20, seed: int = 0) -> np.ndarray:
    """Windows `[n, 128, 6]`, m/s^2 and rad/s, upright: every second one walks."""
    random = np.random.default_rng(seed)
    seconds = np.arange(128) / RATE_HZ
    phase = random.uniform(0, 2 * np.pi, (n, 1))
    swing = np.sin(2 * np.pi * GAIT_HZ * seconds + phase) * (np.arange(n) % 2)[:, None]
    windows = random.normal(size=(n, 128, 6)) * ([NOISE_MS2] * 3 + [NOISE_RADS] * 3)
    windows[:, :, 1] += 9.80665 + STEP_MS2 * swing
    windows[:, :, 4] += SWING_RADS * swing
    return windows.astype(np.float32)


@pytest.fixture(scope="module")
def windows() -> np.ndarray:
    return make_windows()


@pytest.fixture(scope="module")
def table(windows: np.ndarray) -> dict[str, np.ndarray]:
    return dict(zip(names(), extract(windows, RATE_HZ, **FILTERS).T, strict=True))


@pytest.fixture(scope="module")
def signals(windows: np.ndarray) -> dict[str, np.ndarray]:
    """A few series `[n, 128]`, made step by step."""
    clean = remove_noise(deglitch(windows, 3), RATE_HZ, 20.0)
    body, gravity = separate_gravity(clean[..., :3], RATE_HZ, 0.3)
    up = gravity.mean(axis=1) / np.linalg.norm(gravity.mean(axis=1), axis=1, keepdims=True)
    jerk = np.diff(body[..., 1]) * RATE_HZ
    return {
        "body_acc_y": body[..., 1],
        "gravity_x": gravity[..., 0],
        "gyro_y": clean[..., 4],
        "body_jerk_y": np.concatenate([jerk, jerk[:, -1:]], axis=1),
        "body_acc_mag": np.linalg.norm(body, axis=-1),
        "body_acc_up": (body @ up[:, :, None])[..., 0],
    }


SERIES = ["body_acc_y", "gravity_x", "gyro_y", "body_jerk_y", "body_acc_mag", "body_acc_up"]


@pytest.mark.parametrize("series", SERIES)
@pytest.mark.parametrize(
    ("kind", "compute"),
    [
        ("mean", lambda x: x.mean(-1)),
        ("std", lambda x: x.std(-1)),
        ("mad", lambda x: stats.median_abs_deviation(x, axis=-1)),
        ("max", lambda x: x.max(-1)),
        ("min", lambda x: x.min(-1)),
        ("energy", lambda x: (x**2).mean(-1)),
        ("iqr", lambda x: stats.iqr(x, axis=-1)),
        ("entropy", lambda x: stats.entropy(x**2, axis=-1, base=128)),
        ("skewness", lambda x: stats.skew(x, axis=-1)),
        ("kurtosis", lambda x: stats.kurtosis(x, axis=-1)),
    ],
)
def test_time_features_are_those_of_scipy(table, signals, series, kind, compute) -> None:
    np.testing.assert_allclose(table[f"{series}_{kind}"], compute(signals[series]), rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize("series", ["body_acc_y", "gyro_y", "body_acc_mag"])
def test_spectral_features_are_those_of_a_periodogram(table, signals, series) -> None:
    x = signals[series] - signals[series].mean(-1, keepdims=True)
    power = 2 * np.abs(np.fft.rfft(x)[:, 1:] / 128) ** 2
    power[:, -1] /= 2
    amplitude, hertz = np.sqrt(power), np.arange(1, 65) * RATE_HZ / 128

    np.testing.assert_allclose(table[f"{series}_spectrum_peak"], hertz[amplitude.argmax(-1)], rtol=1e-6)
    centre = (amplitude * hertz).sum(-1) / amplitude.sum(-1)
    np.testing.assert_allclose(table[f"{series}_spectrum_centre"], centre, rtol=1e-3)
    np.testing.assert_allclose(table[f"{series}_spectrum_kurtosis"], stats.kurtosis(amplitude, axis=-1), rtol=1e-3)
    third_band = np.log10(np.sqrt(power[:, 2]))
    np.testing.assert_allclose(table[f"{series}_log_band_3"], third_band, atol=1e-4)
    bands = np.stack([10 ** table[f"{series}_log_band_{i + 1}"] for i in range(12)])
    np.testing.assert_allclose((bands**2).sum(0), x.var(-1), rtol=1e-3)


def test_a_walk_peaks_at_its_cadence(table) -> None:
    peak = table["body_acc_y_spectrum_peak"][1::2]
    assert np.abs(peak - GAIT_HZ).max() < RATE_HZ / 128


def test_autoregression_is_what_a_window_was_made_with() -> None:
    from har.signals.features.statistics import autoregression

    random = np.random.default_rng(0)
    x = np.zeros((3, 20_000))
    for t in range(2, x.shape[1]):
        x[:, t] = 1.2 * x[:, t - 1] - 0.6 * x[:, t - 2] + random.normal(size=3)
    expected = np.broadcast_to([-1.2, 0.6, 0.0, 0.0], (3, 4))
    np.testing.assert_allclose(autoregression(x - x.mean(-1, keepdims=True)), expected, atol=0.05)


def test_correlation_and_angles() -> None:
    seconds = np.arange(128) / RATE_HZ
    window = np.zeros((1, 128, 6))
    window[0, :, 2] = 9.80665  # lying face up
    window[0, :, 3] = np.sin(2 * np.pi * GAIT_HZ * seconds)
    window[0, :, 4] = -0.5 * window[0, :, 3]

    values = dict(zip(names(), extract(window, RATE_HZ, **FILTERS)[0], strict=True))

    assert values["gyro_correlation_xy"] == pytest.approx(-1.0, abs=1e-5)
    assert values["gyro_correlation_xz"] == 0.0
    assert values["axis_z_angle"] == pytest.approx(0.0, abs=1e-5)
    assert values["axis_x_angle"] == pytest.approx(np.pi / 2, abs=1e-5)


def test_micro_motion_shows_where_a_linear_scale_does_not(windows) -> None:
    """Trembling twice as strongly is 0.3 on the log scale, as it is for walking twice as hard."""
    still = windows[::2].astype(np.float64)
    middle = np.array([0, 9.80665, 0, 0, 0, 0])
    lively = middle + 2 * (still - middle)
    column = names().index("gyro_x_log_std")
    change = (extract(lively, RATE_HZ, **FILTERS) - extract(still, RATE_HZ, **FILTERS))[:, column]
    np.testing.assert_allclose(change, np.log10(2), atol=1e-3)


def test_the_stillest_quarter_of_a_window_is_found() -> None:
    window = make_windows(1)
    window[0, 64:96, 0] += 5 * np.sin(np.arange(32))
    values = dict(zip(names(), extract(window, RATE_HZ, **FILTERS)[0], strict=True))
    ranges = [values[f"body_jerk_x_log_segment_range_{i}"] for i in (1, 2, 3, 4)]
    assert ranges == sorted(ranges)
    assert ranges[3] - ranges[0] > 1  # more than ten times livelier


def test_a_window_has_the_same_features_alone_and_in_any_batch() -> None:
    windows = make_windows(150)
    together = extract(windows, RATE_HZ, **FILTERS)
    order = np.random.default_rng(1).permutation(150)
    np.testing.assert_array_equal(extract(windows[order], RATE_HZ, **FILTERS), together[order])
    for i in (0, 63, 64, 149):
        np.testing.assert_array_equal(extract(windows[i : i + 1], RATE_HZ, **FILTERS)[0], together[i])


def test_features_are_the_same_every_time_and_leave_the_windows_alone(windows) -> None:
    before = windows.copy()
    np.testing.assert_array_equal(extract(windows, RATE_HZ, **FILTERS), extract(windows, RATE_HZ, **FILTERS))
    np.testing.assert_array_equal(windows, before)


@pytest.mark.parametrize("level", [0.0, 9.80665, -1 / 3, 1e-30, 1e30])
def test_constant_windows_have_finite_and_silent_features(level: float) -> None:
    values = dict(zip(names(), extract(np.full((2, 128, 6), level), RATE_HZ, **FILTERS)[0], strict=True))
    assert np.isfinite(list(values.values())).all()
    for name in ("gyro_x_std", "gravity_mag_skewness", "body_acc_x_ar_1", "gyro_correlation_xy", "gyro_y_spectrum_max"):
        assert values[name] == 0.0


@settings(max_examples=40, deadline=None)
@given(arrays(np.float32, (2, 128, 6), elements=st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_every_finite_window_has_finite_features(windows: np.ndarray) -> None:
    assert np.isfinite(extract(windows, RATE_HZ, **FILTERS)).all()


@pytest.mark.parametrize("length", [32, 100, 127, 256])
def test_windows_of_other_lengths(length: int) -> None:
    windows = np.random.default_rng(0).normal(size=(3, length, 6))
    features = extract(windows, RATE_HZ, **FILTERS)
    assert features.shape == (3, len(names()))
    assert np.isfinite(features).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_what_is_not_finite_is_named(bad: float) -> None:
    windows = make_windows(5).astype(np.float64)
    windows[3, 17, 4] = bad
    with pytest.raises(HarError, match="window 3, sample 17, channel 4"):
        extract(windows, RATE_HZ, **FILTERS)


@pytest.mark.parametrize("shape", [(128, 6), (2, 128, 9), (2, 31, 6), (2, 6, 128)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(HarError, match="windows of shape"):
        extract(np.zeros(shape), RATE_HZ, **FILTERS)


def test_no_windows_have_no_features() -> None:
    features = extract(np.empty((0, 128, 6)), RATE_HZ, **FILTERS)
    assert features.shape == (0, len(names()))
    assert features.dtype == np.float32


def test_names_are_unique_and_at_least_500() -> None:
    assert len(set(names())) == len(names()) >= 500
    assert names() == tuple(feature.name for feature in catalogue())
    assert all(feature.formula and feature.source for feature in catalogue())


def test_the_page_on_features_is_the_catalogue() -> None:
    page = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
    assert page == markdown(), "run: python -m har.signals.features > docs/features.md"
    assert str(len(names())) in page
