"""Two families for the phone page on phones as people have them: `python benchmarks/page_model.py`, after `dvc repro`.

Shares of windows that the chosen models of `cnn_lstm` and `cnn_lstm_any` name rightly, of six activities: HAPT's
official test subjects as they are, rounded as browsers do (0.1 m/s^2 and 0.1 deg/s; W3C, Device Orientation and
Motion) and with each window turned at random; and all of MotionSense (five of the activities, in trouser pockets) as it
is worn, and turned upright, person by person, so that x points up while walking as in HAPT. MotionSense is downloaded
where it is not there yet (docs/data-card.md).
"""

import numpy as np

from har.files import read_json
from har.models.examples import Predict
from har.models.families import family
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
    activities = np.array(test.activities)
    known = activities[test.y]
    there = np.array(other.activities)[other.y]
    cases = {
        "HAPT": (test.x, known),
        "HAPT, rounded": ((np.round(test.x / STEPS) * STEPS).astype(np.float32), known),
        "HAPT, each window turned": (attitude.randomly_turned(test.x, np.arange(len(test.x)), SEED), known),
        "MotionSense as worn": (other.windows, there),
        "MotionSense, upright": (attitude.upright(other.windows, other.subjects), there),
    }
    models = {name: opened(paths, name) for name in ("cnn_lstm", "cnn_lstm_any")}
    for name, (windows, labels) in cases.items():
        shares = [np.mean(activities[model(windows).argmax(axis=1)] == labels) for model in models.values()]
        found = [f"{model} {share:.2%}" for model, share in zip(models, shares, strict=True)]
        print(f"{name + ':':<26} {'  '.join(found)}")
    still = cases["MotionSense, upright"][0][there == "standing"]
    for name, model in models.items():
        names, counts = np.unique(activities[model(still).argmax(axis=1)], return_counts=True)
        shares = [f"{each} {count / len(still):.0%}" for each, count in zip(names, counts, strict=True)]
        print(f"standing in MotionSense, upright, {name}: {', '.join(shares)}")


def opened(paths: Paths, name: str) -> Predict:
    """The model of the chosen seed of a family."""
    seed = read_json(paths.model(name) / "training.json")["selected"]
    return family(name).load(paths.model(name) / f"seed_{seed}.keras")


if __name__ == "__main__":
    main()
