from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from har.datasets.canonical import NOTHING_STATED, Stated, samples
from har.datasets.recording_file import RecordingFile
from har.datasets.schema import STANDARD_GRAVITY
from har.errors import HarError
from phone import canonical_samples

CANONICAL = canonical_samples(50.0)


def recording(
    values: NDArray[np.float64] = CANONICAL, times: NDArray[np.float64] | None = None, **header: str
) -> RecordingFile:
    return RecordingFile(Path("walk.csv"), header, times, values)


def times(rate_hz: float, count: int = len(CANONICAL)) -> NDArray[np.float64]:
    return np.arange(count) / rate_hz


IOS = CANONICAL * ([-1 / STANDARD_GRAVITY] * 3 + [180 / np.pi] * 3)  # g pointing down, deg/s
BURSTS = np.cumsum(np.where(np.arange(len(CANONICAL)) % 100 < 51, 0.005, 0.9))  # s; 51 % of the steps are short
NO_GRAVITY = [0.001] * 3 + [1.0] * 3


def test_header_states_units_and_axes() -> None:
    found = samples(
        recording(IOS, times(50), acceleration="g", angular_velocity="deg/s", axes="ios"), 50, NOTHING_STATED
    )
    np.testing.assert_allclose(found, CANONICAL, atol=1e-12)


def test_options_override_the_header() -> None:
    wrong = recording(IOS, acceleration="m/s^2", angular_velocity="rad/s", axes="android", rate_hz="100")
    found = samples(wrong, 50, Stated(rate_hz=50, acceleration="g", angular_velocity="deg/s", axes="ios"))
    np.testing.assert_allclose(found, CANONICAL, atol=1e-12)


def test_on_the_grid_nothing_is_interpolated() -> None:
    np.testing.assert_array_equal(samples(recording(times=times(50)), 50, NOTHING_STATED), CANONICAL)
    np.testing.assert_array_equal(samples(recording(rate_hz="50"), 50, NOTHING_STATED), CANONICAL)


@pytest.mark.parametrize("rate_hz", [20.0, 33.0, 100.0, 200.0])
def test_other_rates_are_resampled_to_the_same_signal(rate_hz: float) -> None:
    values = canonical_samples(rate_hz)[: round(9 * rate_hz)]  # standing: constant, so exact at any rate
    for source in (recording(values, times(rate_hz, len(values))), recording(values, rate_hz=str(rate_hz))):
        found = samples(source, 50, NOTHING_STATED)
        assert len(found) == pytest.approx(450, abs=3)
        np.testing.assert_allclose(found, np.broadcast_to(CANONICAL[0], found.shape), atol=1e-9)


@pytest.mark.parametrize(
    ("source", "stated", "message"),
    [
        (recording(rate_hz="50", acceleration="ft/s^2"), NOTHING_STATED, r"header states acceleration 'ft/s\^2'"),
        (recording(rate_hz="50"), Stated(angular_velocity="rpm"), r"the option states angular_velocity 'rpm'"),
        (recording(rate_hz="50", axes="windows"), NOTHING_STATED, r"axes 'windows': it must be android or ios"),
        (recording(), NOTHING_STATED, r"no rate_hz in its header: state the rate with --rate-hz"),
        (recording(rate_hz="fast"), NOTHING_STATED, r"states rate_hz 'fast'"),
        (recording(rate_hz="10"), NOTHING_STATED, r"states a rate of 10 Hz, outside 20-200 Hz"),
        (recording(rate_hz="nan"), NOTHING_STATED, r"states a rate of nan Hz"),
        (recording(), Stated(rate_hz=0.0), r"states a rate of 0 Hz"),
        (recording(times=times(250)), NOTHING_STATED, r"times that make a rate of 250 Hz"),
        (recording(times=times(0.05)), NOTHING_STATED, r"rate of 0\.05 Hz.*timestamp in ms"),
        (recording(CANONICAL[:1], times(50, 1)), NOTHING_STATED, r"has one row"),
        (recording(times=times(50) + 1.5 * (np.arange(1500) >= 700)), NOTHING_STATED, r"row 701 comes 1\.52 s after"),
        (recording(times=BURSTS), NOTHING_STATED, r"most of the time is missing: the median step is 0\.005 s"),
        (recording(IOS, times(50), angular_velocity="deg/s"), NOTHING_STATED, r"like g: use --acceleration g"),
        (recording(rate_hz="50", acceleration="g"), NOTHING_STATED, r"looks like m/s\^2: use --acceleration m/s\^2"),
        (recording(CANONICAL * NO_GRAVITY, rate_hz="50"), NOTHING_STATED, r"with gravity included"),
        (
            recording(IOS, times(50), acceleration="g"),
            NOTHING_STATED,
            r"looks like deg/s: use --angular-velocity deg/s",
        ),
    ],
)
def test_a_fault_is_named(source: RecordingFile, stated: Stated, message: str) -> None:
    with pytest.raises(HarError, match=rf"^walk\.csv.*{message}") as caught:
        samples(source, 50, stated)
    assert "\n" not in str(caught.value)
