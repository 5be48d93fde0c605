"""What browsers' rounding of motion costs: `python benchmarks/rounding.py`, after `dvc repro`.

Browsers round acceleration to 0.1 m/s^2 and angular velocity to 0.1 deg/s (W3C, Device Orientation and Motion). Both
exported files answer the windows of HAPT's official test subjects as they are and so rounded.
"""

import numpy as np

from har.export.runtime import Runner
from har.params import load
from har.paths import Paths
from har.stages import inputs

STEPS = np.repeat((0.1, np.deg2rad(0.1)), 3)  # m/s^2 and rad/s, of each channel


def main() -> None:
    params, paths = load(), Paths()
    test = inputs.read(params, paths, "windows").side("test")
    rounded = (np.round(test.x / STEPS) * STEPS).astype(np.float32)
    for path in (paths.tflite, paths.tflite_web):
        runner = Runner(path)
        shares = [np.mean(runner.probabilities(x).argmax(axis=1) == test.y) for x in (test.x, rounded)]
        print(f"{path}: right on {shares[0]:.2%} of {len(test.y):,} windows, rounded on {shares[1]:.2%}")


if __name__ == "__main__":
    main()
