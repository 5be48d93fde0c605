"""Faults of recordings, each named by what gives it away in window features: units, a stuck axis, a turn, a wrong rate.

Every recording is looked at by itself, since one phone of many may be at fault.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from har.datasets.schema import STANDARD_GRAVITY
from har.monitoring import motion
from har.monitoring.batch import Batch
from har.monitoring.finding import Finding, level
from har.monitoring.reference import Reference
from har.params import Monitor

DEGREES: Final = 180 / np.pi
FEW: Final = 10  # windows of a recording below which it is not looked at by itself
ALIKE: Final = 2.0  # a factor is taken for that of a unit if it is within so much of it
APART: Final = 1.6  # steps so many times faster or slower at equal strength are nobody's: who runs shakes harder
STUCK: Final = 0.1  # share of the windows with movement
AXES: Final = ("x", "y", "z")


@dataclass(frozen=True)
class Symptom:
    """A fault of one recording: its name, what is said of it, what to do, and the figure behind it."""

    name: str
    sentence: str
    advice: str
    figure: float


Check = Callable[[Batch, Reference, Monitor], Symptom | None]


def find(batch: Batch, reference: Reference, knobs: Monitor) -> list[Finding]:
    """All faults, each once with the recordings that have it; its sentence is about the middle one of them."""
    found: dict[str, list[tuple[str, int, Symptom]]] = {}
    for source, part in batch.by_source():
        if len(part) >= FEW:
            for symptom in _symptoms(part, reference, knobs):
                found.setdefault(symptom.name, []).append((source, len(part), symptom))
    return [_finding(cases, len(batch), knobs) for cases in found.values()]


def _symptoms(part: Batch, reference: Reference, knobs: Monitor) -> Iterator[Symptom]:
    for check in CHECKS:
        if (symptom := check(part, reference, knobs)) is not None:
            yield symptom


def _finding(cases: list[tuple[str, int, Symptom]], windows: int, knobs: Monitor) -> Finding:
    affected = sum(count for _, count, _ in cases) / windows
    _, _, shown = sorted(cases, key=lambda case: case[2].figure)[len(cases) // 2]
    return Finding(
        shown.name,
        level(affected, knobs.fault_share),
        shown.sentence,
        shown.advice,
        tuple(source for source, _, _ in cases),
        {"figure": shown.figure, "share_of_windows": affected},
    )


def _gravity(part: Batch, reference: Reference, knobs: Monitor) -> Symptom | None:
    found = motion.gravity(part)
    factor = found / reference.gravity
    if abs(found - reference.gravity) <= max(knobs.margin * reference.most_gravity, 0.15 * reference.gravity):
        return None
    said = f"gravity is {found:.2f} m/s^2 long where the training had {reference.gravity:.2f}"
    if motion.motionless(part)[:3].max() >= STUCK:
        return None  # the axis that carried gravity is stuck, and is named as such
    if _like(factor, 1 / STANDARD_GRAVITY):
        return Symptom("acceleration_unit", f"{said}: in g?", "State `acceleration: g` in the header.", factor)
    if _like(factor, STANDARD_GRAVITY):
        return Symptom(
            "acceleration_unit", f"{said}: m/s^2 taken for g?", "State `acceleration: m/s^2` in the header.", factor
        )
    if factor < 0.2:
        return Symptom(
            "no_gravity", f"{said}: acceleration without gravity?", "Record acceleration with gravity included.", factor
        )
    return Symptom("acceleration_scale", f"{said}.", "Calibrate the accelerometer.", factor)


def _turning(part: Batch, reference: Reference, knobs: Monitor) -> Symptom | None:
    change = motion.turning(part) - reference.turning
    if abs(change) <= max(knobs.margin * reference.most_turning, np.log10(4)):
        return None
    if abs(motion.gravity(part) / reference.gravity - 1) > 0.15 or motion.motionless(part)[3:].all():
        return None  # the acceleration is what is wrong, or the gyroscope is dead: either is named as such
    factor = 10.0**change
    times = f"{factor:.0f}" if factor >= 3 else f"{factor:.2g}"
    said = f"the angular velocity is about {times} times the training's at equal shaking"
    if _like(factor, DEGREES):
        return Symptom("gyroscope_unit", f"{said}: deg/s?", "State `angular_velocity: deg/s` in the header.", factor)
    if _like(factor, 1 / DEGREES):
        advice = "State `angular_velocity: rad/s` in the header."
        return Symptom("gyroscope_unit", f"{said}: rad/s taken for deg/s?", advice, factor)
    return Symptom("gyroscope_scale", f"{said}.", "Check the unit and the range of the gyroscope.", factor)


def _stuck(part: Batch, _reference: Reference, _knobs: Monitor) -> Symptom | None:
    shares = motion.motionless(part)
    stuck = [axis.replace("body_acc", "acc") for axis, share in zip(motion.AXES, shares, strict=True) if share >= STUCK]
    if not stuck:
        return None
    most = float(shares.max())
    verb = "holds" if len(stuck) == 1 else "hold"
    said = f"{' and '.join(stuck)} {verb} one value in {most:.0%} of the windows with movement"
    return Symptom("stuck_axis", f"{said}: stuck?", "Replace the sensor or the app that reads it.", most)


def _turned(part: Batch, reference: Reference, knobs: Monitor) -> Symptom | None:
    direction = motion.up(part)
    if direction is None or motion.motionless(part)[:3].max() >= STUCK:
        return None
    usual = np.array(reference.up)
    angle = motion.degrees(direction, usual)
    if angle <= max(knobs.margin * reference.most_degrees, 30.0):
        return None
    sentence = (
        f"the phone is turned by {angle:.0f} degrees: gravity while moving points along {axis(direction)} "
        f"where it pointed along {axis(usual)} in the training."
    )
    return Symptom("rotation", sentence, "Carry the phone as in training, or train with `orientation: any`.", angle)


def _tempo(part: Batch, reference: Reference, _knobs: Monitor) -> Symptom | None:
    found = motion.pace(part)
    if found is None or motion.motionless(part)[:3].max() >= STUCK:
        return None
    factor, effort = found[0] / reference.pace[0], found[1] / reference.pace[1]
    if 1 / APART < factor < APART or not 1 / APART < effort < APART:
        return None
    meaning = "fewer" if factor > 1 else "more"
    sentence = (
        f"steps repeat {found[0]:.1f} times a second where the training had {reference.pace[0]:.1f}, "
        f"{factor:.1f} times as fast at equal strength: {meaning} samples a second than stated?"
    )
    rate = reference.rate_hz / factor
    return Symptom("tempo", sentence, f"Check `rate_hz` and the times: about {rate:.0f} Hz would fit.", factor)


CHECKS: Final[tuple[Check, ...]] = (_gravity, _turning, _stuck, _turned, _tempo)


def axis(direction: NDArray[np.float64]) -> str:
    """The axis that a direction is nearest to, with its sign: `+x`."""
    which = int(np.abs(direction).argmax())
    return f"{'-' if direction[which] < 0 else '+'}{AXES[which]}"


def _like(factor: float, unit: float) -> bool:
    return 1 / ALIKE < factor / unit < ALIKE
