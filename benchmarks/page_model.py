"""The two exported files on phones as people have them: `python benchmarks/page_model.py`, after `dvc repro`.

Shares of windows that `models/har.tflite` and `models/har-web.tflite` name rightly, of six activities: HAPT's official
test subjects as they are, rounded as browsers do (0.1 m/s^2 and 0.1 deg/s; W3C, Device Orientation and Motion) and with
each window turned at random; and all of MotionSense (five of the activities, in trouser pockets) as it is worn, and
turned upright, person by person, so that x points up while walking as in HAPT. MotionSense is downloaded where it is
not there yet (docs/data-card.md).
"""

import numpy as np
from numpy.typing import NDArray

from har.export.runtime import Runner
from har.params import load
from har.paths import Paths
from har.signals import attitude
from har.stages import inputs
from har.studies import corpus

STEPS = np.repeat((0.1, np.deg2rad(0.1)), 3)  # m/s^2 and rad/s, of each channel
SEED = 20


def main() -> None:
    params, paths = load(), Paths()
    test = inputs.read(params, paths, "windows").side("test")
    other = corpus.load(params, paths, ("motionsense",), "shared", features=False)
    known = np.array(test.activities)[test.y]
    there = np.array(other.activities)[other.y]
    cases = {
        "HAPT": (test.x, known),
        "HAPT, rounded": ((np.round(test.x / STEPS) * STEPS).astype(np.float32), known),
        "HAPT, each window turned": (attitude.randomly_turned(test.x, np.arange(len(test.x)), SEED), known),
        "MotionSense as worn": (other.windows, there),
        "MotionSense, upright": (attitude.upright(other.windows, other.subjects), there),
    }
    models = {path.name: Runner(path) for path in (paths.tflite, paths.tflite_web)}
    for name, (windows, labels) in cases.items():
        found = "  ".join(f"{model} {right(runner, windows, labels):.2%}" for model, runner in models.items())
        print(f"{name + ':':<26} {found}")
    for model, runner in models.items():
        still = there == "standing"
        print(f"standing in MotionSense, upright, {model}: {mix(runner, cases['MotionSense, upright'][0][still])}")


def named(runner: Runner, windows: NDArray[np.float32]) -> NDArray[np.str_]:
    """The activity of each window."""
    return np.array(runner.metadata.activities)[runner.probabilities(windows).argmax(axis=1)]


def right(runner: Runner, windows: NDArray[np.float32], labels: NDArray[np.str_]) -> float:
    """Share of the windows that are named as they are labelled."""
    return float(np.mean(named(runner, windows) == labels))


def mix(runner: Runner, windows: NDArray[np.float32]) -> str:
    """What the windows are named, in percent."""
    names, counts = np.unique(named(runner, windows), return_counts=True)
    return ", ".join(f"{name} {count / len(windows):.0%}" for name, count in zip(names, counts, strict=True))


if __name__ == "__main__":
    main()
