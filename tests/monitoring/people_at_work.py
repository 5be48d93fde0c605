"""People who walk, sit and lie, from named physical parameters, and a rule that tells which."""

import numpy as np
from numpy.typing import NDArray

from har.monitoring import folder
from har.monitoring.batch import Batch
from har.monitoring.reference import Reference, build
from har.params import Featurize
from har.signals import features
from har.signals.windows import cut

RATE_HZ = 50.0
STRETCH_S = 45.0  # s of each activity
GAIT_HZ, GAIT_SPREAD = 1.8, 0.06  # steps a second, and how people differ in them (natural logarithm)
BOUNCE, SWAY = 3.0, 1.2  # m/s^2 and rad/s
STRENGTH_SPREAD = 0.12  # natural logarithm
TREMOR, TURNS = 0.03, 0.012  # m/s^2 and rad/s, standard deviation while sitting
TILT = 0.08  # rad, how people's belts differ
ACTIVITIES = ("walking", "sitting", "laying")
FILTERS = Featurize(median_samples=3, noise_cutoff_hz=20.0, gravity_cutoff_hz=0.3)


def samples(person: int, activities: tuple[str, ...] = ACTIVITIES) -> NDArray[np.float64]:
    """One recording of a person, `[t, 6]` in m/s^2 and rad/s."""
    random = np.random.default_rng(person)
    pace = GAIT_HZ * np.exp(GAIT_SPREAD * random.normal())
    strength, looseness = np.exp(STRENGTH_SPREAD * random.normal(size=2))
    tilt = TILT * random.normal(size=2)
    t = np.arange(round(STRETCH_S * RATE_HZ)) / RATE_HZ
    parts = []
    for activity in activities:
        noise = random.normal(size=(len(t), 6)) * ([TREMOR * strength] * 3 + [TURNS * looseness] * 3)
        up = np.array([0.05, 0.1, 1.0]) if activity == "laying" else np.array([1.0, *tilt])
        noise[:, :3] += 9.81 * up / np.linalg.norm(up)
        if activity == "walking":
            steps, strides = (np.sin(2 * np.pi * hz * t)[:, None] for hz in (pace, pace / 2))
            noise[:, :3] += strength * BOUNCE * (steps * [1.0, 0.3, 0.4] + strides * [0.1, 0.4, 0.2])
            noise[:, 3:] += looseness * SWAY * (steps * [0.3, 0.4, 0.6] + strides * [0.8, 0.3, 0.4])
            noise += random.normal(size=noise.shape) * ([0.5] * 3 + [0.15] * 3)
        parts.append(noise)
    return np.concatenate(parts)


def answer(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities `[n, 3]` of `ACTIVITIES`: who is shaken walks, who is upright and is not sits."""
    shaken = windows[..., :3].std(axis=1).max(axis=1) > 1.0
    upright = windows[..., 0].mean(axis=1) > 5.0
    named = np.where(shaken, 0, np.where(upright, 1, 2))
    return (0.9 * np.eye(3)[named] + 0.1 / 3).astype(np.float32)


def batch_of(people: list[int], activities: tuple[str, ...] = ACTIVITIES) -> Batch:
    """Windows of some people, a recording each."""
    windows = [cut(samples(person, activities).astype(np.float32), 128, 64) for person in people]
    x = np.concatenate(windows)
    columns = features.extract(x, RATE_HZ, **FILTERS.model_dump())
    sources = np.repeat([str(person) for person in people], [len(part) for part in windows])
    return Batch(folder.chosen(columns), answer(x), sources, ACTIVITIES)


def reference_of(people: list[int]) -> Reference:
    """What people of these numbers are like."""
    batch = batch_of(people)
    facts = {
        "model_sha256": "a" * 64,
        "data_sha256": "b" * 64,
        "rate_hz": RATE_HZ,
        "window": 128,
        "step": 64,
        "filters": FILTERS.model_dump(),
    }
    return build(batch, batch.sources.astype(int), facts)
