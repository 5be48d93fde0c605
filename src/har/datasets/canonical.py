"""From what a recording's file holds to canonical samples: units, axes, rate, and a check that they are plausible."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from har.datasets.recording_file import RecordingFile
from har.datasets.schema import STANDARD_GRAVITY
from har.errors import HarError

ACCELERATION: Final = {"m/s^2": 1.0, "g": STANDARD_GRAVITY}  # stated unit -> m/s^2
ANGULAR_VELOCITY: Final = {"rad/s": 1.0, "deg/s": float(np.pi / 180)}  # stated unit -> rad/s
AXES: Final = {
    "android": 1.0,
    "ios": -1.0,
}  # sign of acceleration; Core Motion's gravity points down (Apple, CMDeviceMotion)

MIN_RATE_HZ, MAX_RATE_HZ = 20.0, 200.0
RATE_TOLERANCE: Final = 0.01  # phones keep 200 Hz to about a percent
MAX_GAP_S: Final = 1.0
MIN_PRESENT: Final = 0.5  # share of the time that the samples at the median step must fill
ON_GRID: Final = 0.01  # share of a sample's time by which a time may miss the model's grid and still count as on it

# Median |acceleration| (m/s^2) is 9.2 to 17.3 over the recordings of HAPT and MotionSense, jogging included, so a
# factor of g (9.8) too much or too little is unmistakable.
GRAVITY_LIKE: Final = (5.0, 25.0)
# rad/s; the 95th percentile of |angular velocity| is at most 8.3 over the same recordings (jogging), and at least 76
# where somebody walks and degrees are taken for radians.
MAX_TURNING: Final = 20.0


@dataclass(frozen=True)
class Stated:
    """What is known of a recording beyond its numbers; None leaves it to the file's header, then to the default.

    rate_hz: Hz, needed only without a column of times. acceleration: `m/s^2` (default) or `g`, gravity included.
    angular_velocity: `rad/s` (default) or `deg/s`. axes: `android` (default) or `ios`, which points gravity down.
    """

    rate_hz: float | None = None
    acceleration: str | None = None
    angular_velocity: str | None = None
    axes: str | None = None


NOTHING_STATED: Final = Stated()


def samples(recording: RecordingFile, rate_hz: float, stated: Stated) -> NDArray[np.float64]:
    """Canonical samples `[m, 6]` (m/s^2 with gravity, rad/s, Android's axes) at `rate_hz` (Hz) of a recording.

    Raises `HarError`, with the file, for an unknown unit or axes, what `clock` refuses, and values that cannot be in
    the stated unit.
    """
    acceleration = _choice(recording, "acceleration", stated.acceleration, ACCELERATION)
    angular_velocity = _choice(recording, "angular_velocity", stated.angular_velocity, ANGULAR_VELOCITY)
    axes = _choice(recording, "axes", stated.axes, AXES)
    factors = [ACCELERATION[acceleration] * AXES[axes]] * 3 + [ANGULAR_VELOCITY[angular_velocity]] * 3
    canonical = recording.samples * factors
    _check_acceleration(recording, canonical[:, :3], acceleration)
    _check_angular_velocity(recording, canonical[:, 3:], angular_velocity)
    return _at_rate(canonical, clock(recording, stated), rate_hz)


def _choice(recording: RecordingFile, key: str, option: str | None, known: dict[str, float]) -> str:
    """The stated word for `key`: the option, else the header's, else the first (default) of `known`."""
    default = next(iter(known))
    word = recording.header.get(key, default) if option is None else option
    if word not in known:
        where = "its header" if option is None else "the option"
        raise HarError(f"{recording.path}: {where} states {key} {word!r}: it must be {' or '.join(known)}.")
    return word


def clock(recording: RecordingFile, stated: Stated) -> NDArray[np.float64]:
    """Times `[n]` in s from the first sample: the file's own, else evenly spaced at the stated rate.

    Raises `HarError`, with the file, for a rate outside 20-200 Hz, a gap of more than 1 s, and times that leave out
    most of the time.
    """
    path, times = recording.path, recording.times
    if times is None:
        rate = _stated_rate(recording, stated)
        _check_rate(recording, rate, "states")
        return np.arange(len(recording.samples)) / rate
    steps = np.diff(times)
    if not len(steps):
        raise HarError(f"{path} has one row: record for a few seconds at least.")
    _check_rate(recording, 1 / float(np.median(steps)), "has times that make")
    widest = int(np.argmax(steps))
    if steps[widest] > MAX_GAP_S:
        raise HarError(
            f"{path}: row {widest + 2} comes {steps[widest]:.2f} s after the row before, more than {MAX_GAP_S:g} s: "
            "cut the file there into two recordings."
        )
    _check_present(recording, steps)
    return times


def _check_present(recording: RecordingFile, steps: NDArray[np.float64]) -> None:
    """Refuse steps `[n]` (s) of which few long ones make up most of the time: what is resampled would be made up."""
    median, mean = float(np.median(steps)), float(np.mean(steps))
    if median < MIN_PRESENT * mean:
        raise HarError(
            f"{recording.path}: most of the time is missing: the median step is {median:.3g} s and the mean "
            f"{mean:.3g} s, so record without pauses."
        )


def _stated_rate(recording: RecordingFile, stated: Stated) -> float:
    text = recording.header.get("rate_hz") if stated.rate_hz is None else stated.rate_hz
    if text is None:
        raise HarError(
            f"{recording.path} has no column t (s) or timestamp (ms) and no rate_hz in its header: "
            "state the rate with --rate-hz."
        )
    try:
        return float(text)
    except ValueError as error:
        raise HarError(f"{recording.path}: its header states rate_hz {text!r}: it must be a number in Hz.") from error


def _check_rate(recording: RecordingFile, rate_hz: float, verb: str) -> None:
    if not MIN_RATE_HZ * (1 - RATE_TOLERANCE) <= rate_hz <= MAX_RATE_HZ * (1 + RATE_TOLERANCE):
        hint = "record at such a rate" if verb == "states" else "t must be in s, timestamp in ms"
        raise HarError(
            f"{recording.path} {verb} a rate of {rate_hz:.4g} Hz, outside {MIN_RATE_HZ:g}-{MAX_RATE_HZ:g} Hz: {hint}."
        )


def _check_acceleration(recording: RecordingFile, acceleration: NDArray[np.float64], unit: str) -> None:
    """Refuse acceleration `[n, 3]` (m/s^2) whose median length is far from gravity's."""
    median = float(np.median(np.linalg.norm(acceleration, axis=1)))
    low, high = GRAVITY_LIKE
    if low <= median <= high:
        return
    if unit == "m/s^2" and low <= median * STANDARD_GRAVITY <= high:
        advice = "it looks like g: use --acceleration g"
    elif unit == "g" and low <= median / STANDARD_GRAVITY <= high:
        advice = "it looks like m/s^2: use --acceleration m/s^2"
    else:
        advice = "record acceleration with gravity included, in m/s^2 or g"
    raise HarError(
        f"{recording.path}: columns acc_x, acc_y, acc_z taken as {unit} have a median length of {median:.3g} m/s^2 "
        f"where gravity makes about 9.81: {advice}."
    )


def _check_angular_velocity(recording: RecordingFile, turning: NDArray[np.float64], unit: str) -> None:
    """Refuse angular velocity `[n, 3]` (rad/s) that no wearer reaches."""
    length = float(np.percentile(np.linalg.norm(turning, axis=1), 95))
    if length > MAX_TURNING:
        advice = "it looks like deg/s: use --angular-velocity deg/s" if unit == "rad/s" else "check its unit"
        raise HarError(
            f"{recording.path}: columns gyro_x, gyro_y, gyro_z taken as {unit} reach {length:.3g} rad/s in one "
            f"sample of twenty, more than a wearer does: {advice}."
        )


def _at_rate(values: NDArray[np.float64], times: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """`values [n, 6]` at `times [n]` (s), resampled `[m, 6]` unless they are on the grid of `rate_hz` already."""
    if np.abs(times * rate_hz - np.arange(len(times))).max() <= ON_GRID:
        return values
    from har.signals.resample import resample  # brings scipy.signal, which costs more than the rest together

    return resample(times, values, rate_hz, max_gap_s=MAX_GAP_S)
